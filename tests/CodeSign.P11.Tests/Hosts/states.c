/* Sessions and logins: what each state answers (PKCS#11 v3.0 sections 5.5 and 5.6). */
#include "host.h"

struct CK_SESSION_INFO { CK_SLOT_ID slot; CK_ULONG state; CK_FLAGS flags; CK_ULONG error; };

static CK_ULONG state_of(CK_SESSION_HANDLE session)
{
    CK_SESSION_INFO info;
    OK(p11->C_GetSessionInfo(session, &info));
    TRUE_THAT(info.slot == token_slot && (info.flags & 4));
    return info.state;
}

static CK_ULONG count_of(CK_SESSION_HANDLE session, CK_ULONG class)
{
    CK_ATTRIBUTE template[] = { { 0, &class, sizeof class } };
    CK_OBJECT_HANDLE objects[64];
    CK_ULONG count = 0;
    OK(p11->C_FindObjectsInit(session, template, 1));
    IS(p11->C_FindObjectsInit(session, template, 1), 0x90);
    OK(p11->C_FindObjects(session, objects, 64, &count));
    OK(p11->C_FindObjectsFinal(session));
    IS(p11->C_FindObjectsFinal(session), 0x91);
    IS(p11->C_FindObjects(session, objects, 64, &count), 0x91);
    return count;
}

int main(void)
{
    CK_SESSION_HANDLE read, write, other;
    CK_UTF8CHAR *pin = (CK_UTF8CHAR *)getenv("CODESIGN_PIN");
    CK_ULONG pin_bytes = strlen((char *)pin), count = 0;
    CK_ULONG private_class = CKO_PRIVATE;
    CK_ATTRIBUTE class_template = { 0, &private_class, sizeof private_class };
    alarm(60);
    p11 = load(module_path());
    OK(p11->C_Initialize(NULL));
    find_slot();
    IS(p11->C_OpenSession(token_slot, 2, NULL, NULL, &read), 0xb4);
    IS(p11->C_OpenSession(token_slot + 1, 4, NULL, NULL, &read), 3);
    IS(p11->C_OpenSession(token_slot, 4, NULL, NULL, NULL), CKR_ARGUMENTS_BAD);
    OK(p11->C_OpenSession(token_slot, 4, NULL, NULL, &read));
    OK(p11->C_OpenSession(token_slot, 6, NULL, NULL, &write));
    TRUE_THAT(read != write && state_of(read) == 0 && state_of(write) == 2);
    TRUE_THAT(count_of(read, CKO_PRIVATE) == 0 && count_of(read, CKO_PUBLIC) > 0 && count_of(read, 1) > 0);
    TRUE_THAT(count_of(read, 9) == 4 && count_of(read, 0xce534353) == 0);

    IS(p11->C_Logout(read), 0x101);
    IS(p11->C_Login(read, 7, pin, pin_bytes), 0x103);
    IS(p11->C_Login(read, 1, NULL, 4), CKR_ARGUMENTS_BAD);
    IS(p11->C_Login(read, 1, pin, 0), 0xa0);
    IS(p11->C_Login(read, 1, NULL, 0), 0xa0);
    IS(p11->C_Login(read, 1, (CK_UTF8CHAR *)"not the PIN", 11), 0xa0);
    IS(p11->C_Login(read, 0, pin, pin_bytes), 0xb7);
    IS(p11->C_Login(read, 2, pin, pin_bytes), 0x91);
    OK(p11->C_Login(read, 1, pin, pin_bytes));
    TRUE_THAT(state_of(read) == 1 && state_of(write) == 3);
    IS(p11->C_Login(write, 1, pin, pin_bytes), CKR_USER_ALREADY_LOGGED_IN);
    IS(p11->C_Login(write, 1, (CK_UTF8CHAR *)"not the PIN", 11), CKR_USER_ALREADY_LOGGED_IN);
    IS(p11->C_Login(write, 0, pin, pin_bytes), 0x104);
    TRUE_THAT(count_of(write, CKO_PRIVATE) > 0);
    signing_key = find(write, CKO_PRIVATE, "p256");
    OK(sign(write));
    OK(sign(read));

    OK(p11->C_Logout(write));
    TRUE_THAT(state_of(read) == 0 && count_of(read, CKO_PRIVATE) == 0);
    IS(sign(read), 0x60);
    IS(p11->C_GetAttributeValue(read, signing_key, &class_template, 1), 0x82);
    OK(p11->C_Login(read, 1, pin, pin_bytes));
    IS(p11->C_GetAttributeValue(read, signing_key, &class_template, 1), 0x82);
    IS(sign(read), 0x60);
    signing_key = find(write, CKO_PRIVATE, "p256");
    OK(sign(read));

    /* The last session ends the login; the handles of objects stay. */
    OK(p11->C_CloseSession(read));
    IS(p11->C_CloseSession(read), 0xb3);
    IS(sign(read), 0xb3);
    TRUE_THAT(state_of(write) == 3);
    OK(p11->C_CloseAllSessions(token_slot));
    IS(p11->C_CloseSession(write), 0xb3);
    OK(p11->C_OpenSession(token_slot, 4, NULL, NULL, &other));
    TRUE_THAT(state_of(other) == 0);
    IS(p11->C_Login(other, 1, (CK_UTF8CHAR *)"not the PIN", 11), 0xa0);
    OK(p11->C_Login(other, 1, pin, pin_bytes));
    OK(sign(other));
    IS(p11->C_SetPIN(other, pin, pin_bytes, pin, pin_bytes), 0xb5);
    IS(p11->C_WaitForSlotEvent(1, &token_slot, NULL), 8);
    IS(p11->C_GetMechanismList(token_slot, NULL, NULL), CKR_ARGUMENTS_BAD);
    OK(p11->C_GetMechanismList(token_slot, NULL, &count));
    TRUE_THAT(count > 20);
    OK(p11->C_Finalize(NULL));
    return 0;
}
