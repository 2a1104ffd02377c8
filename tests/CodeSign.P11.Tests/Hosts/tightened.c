/* A token that took any PIN, and wants the right one from TIGHTEN on: whoever was let in before has to log in, and can. */
#include "host.h"

int main(void)
{
    const char *pin = getenv("CODESIGN_PIN");
    alarm(60);
    p11 = load(module_path());
    OK(p11->C_Initialize(NULL));
    find_slot();
    CK_SESSION_HANDLE session;
    OK(p11->C_OpenSession(token_slot, CKF_RW_SERIAL, NULL, NULL, &session));
    OK(p11->C_Login(session, 1, (CK_UTF8CHAR *)"any will do", 11));
    signing_key = find(session, CKO_PRIVATE, "p256");
    OK(sign(session));
    TRUE_THAT(system(getenv("TIGHTEN")) == 0);
    IS(sign(session), 0x101);
    IS(p11->C_Login(session, 1, (CK_UTF8CHAR *)"any will do", 11), 0xa0);
    OK(p11->C_Login(session, 1, (CK_UTF8CHAR *)pin, strlen(pin)));
    OK(sign(session));
    OK(p11->C_Finalize(NULL));
    return 0;
}
