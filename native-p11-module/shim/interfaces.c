/* The function lists and interfaces (PKCS#11 v3.0 section 5.4): known before C_Initialize, without the runtime. */
#include <string.h>
#include "shim.h"

#define DECLARE(name, parameters, arguments) CK_RV shim_##name parameters;
CRYPTOKI_ALL(DECLARE, DECLARE)

/* C_GetInfo tells the version of the list it was called through. */
static CK_RV get_info(CK_INFO *info, CK_BYTE major, CK_BYTE minor)
{
    CK_RV rv;
    const struct managed_row *rows = shim_enter(&rv);
    if (!rows)
        return rv;
    rv = ((CK_RV (*)(CK_INFO *))rows[ROW_C_GetInfo].function)(info);
    shim_leave();
    if (rv == CKR_OK) {
        info->cryptokiVersion.major = major;
        info->cryptokiVersion.minor = minor;
    }
    return rv;
}

CK_RV shim_C_GetInfo(CK_INFO *info) { return get_info(info, 2, 40); }
static CK_RV shim_C_GetInfo_3_0(CK_INFO *info) { return get_info(info, 3, 0); }
static CK_RV shim_C_GetInfo_3_2(CK_INFO *info) { return get_info(info, 3, 2); }

#define MEMBER(name, parameters, arguments) CK_RV (*name) parameters;
#define VALUE(name, parameters, arguments) .name = shim_##name,

struct CK_FUNCTION_LIST { CK_VERSION version; CRYPTOKI_2_40(MEMBER, MEMBER) };
struct function_list_3_0 { CK_VERSION version; CRYPTOKI_2_40(MEMBER, MEMBER) CRYPTOKI_3_0(MEMBER, MEMBER) };
struct function_list_3_2 { CK_VERSION version; CRYPTOKI_ALL(MEMBER, MEMBER) };

static struct CK_FUNCTION_LIST list_2_40 = { .version = { 2, 40 }, CRYPTOKI_2_40(VALUE, VALUE) };
static struct function_list_3_0 list_3_0 = { .version = { 3, 0 }, CRYPTOKI_2_40(VALUE, VALUE) CRYPTOKI_3_0(VALUE, VALUE) };
static struct function_list_3_2 list_3_2 = { .version = { 3, 2 }, CRYPTOKI_ALL(VALUE, VALUE) };

static CK_UTF8CHAR standard_name[] = "PKCS 11";

/*
 * The newest first: it is also the default. CKF_INTERFACE_FORK_SAFE is not set: it would promise that sessions and logins live on
 * in a forked child, which starts anew here.
 */
static CK_INTERFACE interfaces[] = {
    { standard_name, &list_3_2, 0 },
    { standard_name, &list_3_0, 0 },
    { standard_name, &list_2_40, 0 },
};
#define INTERFACES (sizeof interfaces / sizeof interfaces[0])

/* The own C_GetInfo of the newer lists is put in when the library is loaded: a designated initialiser may not name it twice. */
__attribute__((constructor)) static void complete_lists(void)
{
    list_3_0.C_GetInfo = shim_C_GetInfo_3_0;
    list_3_2.C_GetInfo = shim_C_GetInfo_3_2;
}

CK_RV shim_C_GetFunctionList(CK_FUNCTION_LIST **list)
{
    if (!list)
        return CKR_ARGUMENTS_BAD;
    shim_remember_file();
    *list = &list_2_40;
    return CKR_OK;
}

CK_RV shim_C_GetInterfaceList(CK_INTERFACE *list, CK_ULONG *count)
{
    if (!count)
        return CKR_ARGUMENTS_BAD;
    shim_remember_file();
    if (list && *count < INTERFACES) {
        *count = INTERFACES;
        return CKR_BUFFER_TOO_SMALL;
    }
    *count = INTERFACES;
    if (list)
        memcpy(list, interfaces, sizeof interfaces);
    return CKR_OK;
}

CK_RV shim_C_GetInterface(CK_UTF8CHAR *name, CK_VERSION *version, CK_INTERFACE **interface, CK_FLAGS flags)
{
    if (!interface)
        return CKR_ARGUMENTS_BAD;
    shim_remember_file();
    for (size_t i = 0; i < INTERFACES; i++) {
        const CK_VERSION *has = (const CK_VERSION *)interfaces[i].pFunctionList;
        if (name && strcmp((const char *)name, (const char *)interfaces[i].pInterfaceName) != 0)
            continue;
        if (version && (version->major != has->major || version->minor != has->minor))
            continue;
        if ((flags & interfaces[i].flags) != flags)
            continue;
        *interface = &interfaces[i];
        return CKR_OK;
    }
    return CKR_FUNCTION_FAILED;
}
