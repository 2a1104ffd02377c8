/* The last session is closed while another thread logs in through it: nobody is logged in afterwards. */
#include "host.h"

struct CK_SESSION_INFO { CK_SLOT_ID slot; CK_ULONG state; CK_FLAGS flags; CK_ULONG error; };

static CK_SESSION_HANDLE session;

static void *log_in(void *unused)
{
    (void)unused;
    const char *pin = getenv("CODESIGN_PIN");
    CK_RV rv = p11->C_Login(session, 1, (CK_UTF8CHAR *)pin, strlen(pin));
    if (rv != CKR_OK && rv != 0xb0 && rv != 0xb3)
        fail("C_Login answered 0x%lx", rv);
    return NULL;
}

int main(int count, char **arguments)
{
    TRUE_THAT(count == 2);
    int rounds = atoi(arguments[1]);
    alarm(120);
    p11 = load(module_path());
    OK(p11->C_Initialize(NULL));
    find_slot();
    for (int i = 0; i < rounds; i++) {
        pthread_t thread;
        CK_SESSION_INFO info;
        OK(p11->C_OpenSession(token_slot, CKF_RW_SERIAL, NULL, NULL, &session));
        OK(p11->C_GetSessionInfo(session, &info));
        TRUE_THAT(info.state == 2);
        /* Nothing is remembered: the login is a round trip, and takes its time. */
        log_in(NULL);
        OK(p11->C_Logout(session));
        start_threads(&thread, 1, log_in);
        sleep_ms(i % 6);
        OK(p11->C_CloseAllSessions(token_slot));
        pthread_join(thread, NULL);
        OK(p11->C_OpenSession(token_slot, CKF_RW_SERIAL, NULL, NULL, &session));
        OK(p11->C_GetSessionInfo(session, &info));
        if (info.state != 2)
            fail("round %d: a login outlived the last session", i);
        OK(p11->C_CloseAllSessions(token_slot));
    }
    printf("%d logins raced\n", rounds);
    OK(p11->C_Finalize(NULL));
    return 0;
}
