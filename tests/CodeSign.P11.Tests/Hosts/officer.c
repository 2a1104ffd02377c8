/* The SO of a token that wants no login from its users: sees and makes no private objects all the same. */
#include "host.h"
#include "objects.h"

int main(void)
{
    const char *so_pin = getenv("CODESIGN_SO_PIN");
    CK_ATTRIBUTE secret[] = { NUMBER(CKA_CLASS, data_class), NUMBER(CKA_PRIVATE, yes), NUMBER(CKA_TOKEN, yes), BYTES(CKA_LABEL, "secret") };
    CK_OBJECT_HANDLE made, again, none = NOWHERE;
    CK_ULONG count;
    alarm(60);
    p11 = load(module_path());
    OK(p11->C_Initialize(NULL));
    find_slot();
    CK_SESSION_HANDLE session = open_with(p11, CKF_RW_SERIAL);
    OK(p11->C_CreateObject(session, secret, 4, &made));
    TRUE_THAT(count_of(p11, session, "secret") == 1);
    OK(p11->C_Login(session, 0, (CK_UTF8CHAR *)so_pin, strlen(so_pin)));
    TRUE_THAT(count_of(p11, session, "secret") == 0);
    IS(get(p11, session, made, CKA_LABEL), CKR_OBJECT_HANDLE_INVALID);
    IS(p11->C_CreateObject(session, secret, 4, &none), CKR_USER_NOT_LOGGED_IN);
    TRUE_THAT(none == NOWHERE);
    OK(p11->C_DestroyObject(session, make_data(p11, session, "public", &yes)));
    OK(p11->C_Logout(session));
    IS(p11->C_DestroyObject(session, made), CKR_OBJECT_HANDLE_INVALID);
    OK(p11->C_FindObjectsInit(session, &secret[3], 1));
    OK(p11->C_FindObjects(session, &again, 1, &count));
    OK(p11->C_FindObjectsFinal(session));
    TRUE_THAT(count == 1 && again != made);
    OK(p11->C_DestroyObject(session, again));
    OK(p11->C_Finalize(NULL));
    return 0;
}
