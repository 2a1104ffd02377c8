/* Reads attribute types, one a line in hexadecimal, and prints for each object its class, its key type, and those it has. */
#include "host.h"

#define TYPES_MAX 512

int main(void)
{
    static CK_ULONG types[TYPES_MAX];
    int count = 0;
    CK_OBJECT_HANDLE objects[256];
    CK_ULONG found = 0;
    alarm(60);
    while (count < TYPES_MAX && scanf("%lx", &types[count]) == 1)
        count++;
    TRUE_THAT(count > 0 && count < TYPES_MAX);
    p11 = load(module_path());
    OK(p11->C_Initialize(NULL));
    CK_SESSION_HANDLE session = open_session();
    OK(p11->C_FindObjectsInit(session, NULL, 0));
    OK(p11->C_FindObjects(session, objects, 256, &found));
    TRUE_THAT(found > 0 && found < 256);
    for (CK_ULONG i = 0; i < found; i++) {
        CK_ULONG class = 0, key_type = ~0UL;
        CK_ATTRIBUTE class_of = { 0, &class, sizeof class }, key_type_of = { 0x100, &key_type, sizeof key_type };
        OK(p11->C_GetAttributeValue(session, objects[i], &class_of, 1));
        p11->C_GetAttributeValue(session, objects[i], &key_type_of, 1);
        printf("%lx %lx", class, key_type);
        for (int t = 0; t < count; t++) {
            CK_ATTRIBUTE one = { types[t], NULL, 0 };
            CK_RV rv = p11->C_GetAttributeValue(session, objects[i], &one, 1);
            if (rv == CKR_OK)
                printf(" %lx", types[t]);
            else if (rv == 0x11)
                printf(" %lx!", types[t]);
            else
                IS(rv, CKR_ATTRIBUTE_TYPE_INVALID);
        }
        printf("\n");
    }
    OK(p11->C_Finalize(NULL));
    return 0;
}
