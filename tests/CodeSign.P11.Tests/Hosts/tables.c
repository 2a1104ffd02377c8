/* The function lists: known before C_Initialize, whole, and every function but the three that list answers from C. */
#include "host.h"

typedef CK_RV (*any)(CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG);

#define NAME(name, parameters, arguments) #name,
static const char *names[] = { CRYPTOKI_ALL(NAME, NAME) };

static void check_list(void *list, CK_BYTE major, CK_BYTE minor, int functions)
{
    CK_VERSION *version = list;
    any *table = (any *)((char *)list + sizeof(void *));
    TRUE_THAT(version->major == major && version->minor == minor);
    for (int i = 0; i < functions; i++) {
        if (!table[i])
            fail("%s has no function in the list %d.%d", names[i], major, minor);
        if (strcmp(names[i], "C_Initialize") == 0 || strncmp(names[i], "C_GetInterface", 14) == 0
            || strcmp(names[i], "C_GetFunctionList") == 0)
            continue;
        CK_RV rv = table[i](0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        if (rv != CKR_CRYPTOKI_NOT_INITIALIZED)
            fail("%s answered 0x%lx before C_Initialize", names[i], rv);
    }
}

int main(void)
{
    CK_INTERFACE list[8], *one;
    CK_ULONG count = 0;
    CK_INFO info;
    CK_VERSION version = { 3, 0 }, unknown = { 3, 1 };
    CK_RV (*get_list)(CK_INTERFACE *, CK_ULONG *);
    CK_RV (*get)(CK_UTF8CHAR *, CK_VERSION *, CK_INTERFACE **, CK_FLAGS);
    alarm(30);
    p11 = load(module_path());
    *(void **)&get_list = dlsym(p11_handle, "C_GetInterfaceList");
    *(void **)&get = dlsym(p11_handle, "C_GetInterface");
    check_list(p11, 2, 40, 68);
    IS(get_list(NULL, NULL), CKR_ARGUMENTS_BAD);
    OK(get_list(NULL, &count));
    TRUE_THAT(count == 3);
    count = 2;
    IS(get_list(list, &count), CKR_BUFFER_TOO_SMALL);
    OK(get_list(list, &count));
    check_list(list[0].pFunctionList, 3, 2, 104);
    check_list(list[1].pFunctionList, 3, 0, 92);
    check_list(list[2].pFunctionList, 2, 40, 68);
    OK(get(NULL, NULL, &one, 0));
    TRUE_THAT(one->pFunctionList == list[0].pFunctionList);
    OK(get((CK_UTF8CHAR *)"PKCS 11", &version, &one, 0));
    TRUE_THAT(one->pFunctionList == list[1].pFunctionList);
    IS(get((CK_UTF8CHAR *)"PKCS 11", &unknown, &one, 0), CKR_FUNCTION_FAILED);
    IS(get((CK_UTF8CHAR *)"Vendor", NULL, &one, 0), CKR_FUNCTION_FAILED);
    IS(get(NULL, NULL, &one, 1), CKR_FUNCTION_FAILED);
    IS(get(NULL, NULL, NULL, 0), CKR_ARGUMENTS_BAD);

    OK(p11->C_Initialize(NULL));
    OK(p11->C_GetInfo(&info));
    TRUE_THAT(info.cryptokiVersion.major == 2 && info.cryptokiVersion.minor == 40);
    OK(((CK_FUNCTION_LIST *)list[0].pFunctionList)->C_GetInfo(&info));
    TRUE_THAT(info.cryptokiVersion.major == 3 && info.cryptokiVersion.minor == 2);
    TRUE_THAT(memcmp(info.manufacturerID, "CodeSign                        ", 32) == 0);
    IS(p11->C_GetInfo(NULL), CKR_ARGUMENTS_BAD);
    /* NULL for everything: an answer, never a crash. */
    any *table = (any *)((char *)list[0].pFunctionList + sizeof(void *));
    for (int i = 0; i < 104; i++)
        if (strcmp(names[i], "C_Finalize") != 0 && table[i](0, 0, 0, 0, 0, 0, 0, 0, 0, 0) == CKR_OK
            && strcmp(names[i], "C_CloseAllSessions") != 0)
            fail("%s takes nothing for something", names[i]);
    OK(p11->C_Finalize(NULL));
    return 0;
}
