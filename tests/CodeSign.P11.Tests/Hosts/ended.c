/*
 * A login that ends at the appliance while the application goes on: somebody changes the PIN elsewhere. CHANGE and CHANGE_BACK are
 * commands that do so; CODESIGN_PIN is the PIN at first, OTHER_PIN the one after CHANGE.
 */
#include "host.h"

struct CK_SESSION_INFO { CK_SLOT_ID slot; CK_ULONG state; CK_FLAGS flags; CK_ULONG error; };

static CK_UTF8CHAR *first, *second;

static CK_ULONG state_of(CK_SESSION_HANDLE session)
{
    CK_SESSION_INFO info;
    OK(p11->C_GetSessionInfo(session, &info));
    return info.state;
}

static CK_ULONG private_keys(CK_SESSION_HANDLE session)
{
    CK_ULONG class = CKO_PRIVATE, count = 0;
    CK_ATTRIBUTE template[] = { { 0, &class, sizeof class } };
    CK_OBJECT_HANDLE objects[64];
    OK(p11->C_FindObjectsInit(session, template, 1));
    OK(p11->C_FindObjects(session, objects, 64, &count));
    OK(p11->C_FindObjectsFinal(session));
    return count;
}

static CK_RV login(CK_SESSION_HANDLE session, CK_UTF8CHAR *pin) { return p11->C_Login(session, 1, pin, strlen((char *)pin)); }

static void run(const char *variable) { TRUE_THAT(system(getenv(variable)) == 0); }

int main(void)
{
    CK_SESSION_HANDLE session;
    struct timespec start, now;
    alarm(90);
    first = (CK_UTF8CHAR *)getenv("CODESIGN_PIN");
    second = (CK_UTF8CHAR *)getenv("OTHER_PIN");
    p11 = load(module_path());
    OK(p11->C_Initialize(NULL));
    find_slot();
    OK(p11->C_OpenSession(token_slot, CKF_RW_SERIAL, NULL, NULL, &session));
    OK(login(session, first));
    TRUE_THAT(private_keys(session) == 1);
    signing_key = find(session, CKO_PRIVATE, "p256");
    OK(sign(session));

    /* A search learns it: nobody is logged in, and C_Login works. */
    run("CHANGE");
    TRUE_THAT(private_keys(session) == 0 && state_of(session) == 2);
    IS(login(session, first), 0xa0);
    OK(login(session, second));
    TRUE_THAT(private_keys(session) == 1 && state_of(session) == 3);
    OK(sign(session));

    /* A signature learns it. */
    run("CHANGE_BACK");
    IS(sign(session), 0x101);
    TRUE_THAT(state_of(session) == 2);
    OK(login(session, first));
    OK(sign(session));

    /* Between two sessions: the old PIN is good for a moment at most, and never to see or use a key. */
    OK(p11->C_CloseAllSessions(token_slot));
    run("CHANGE");
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (;;) {
        OK(p11->C_OpenSession(token_slot, CKF_RW_SERIAL, NULL, NULL, &session));
        CK_RV rv = login(session, first);
        if (rv == 0xa0)
            break;
        OK(rv);
        clock_gettime(CLOCK_MONOTONIC, &now);
        TRUE_THAT(now.tv_sec - start.tv_sec < 20);
        OK(p11->C_CloseAllSessions(token_slot));
    }
    OK(login(session, second));

    /* C_SetPIN keeps its caller logged in, with the new PIN alone. */
    OK(p11->C_SetPIN(session, second, strlen((char *)second), first, strlen((char *)first)));
    TRUE_THAT(state_of(session) == 3);
    OK(sign(session));
    OK(p11->C_Logout(session));
    IS(login(session, second), 0xa0);
    OK(login(session, first));
    signing_key = find(session, CKO_PRIVATE, "p256");
    OK(sign(session));
    OK(p11->C_Finalize(NULL));
    return 0;
}
