/*
 * Works where there is nothing but the module: no /proc, no /dev, no /etc. Argument: enter: the root folder is the one of JAIL from
 * C_Initialize on; leave: C_Initialize comes before, and a child forked inside is refused, because a second copy of the module can't
 * be loaded there.
 */
#include "host.h"
#include <sched.h>

static int go_to_jail(void)
{
    const char *jail = getenv("JAIL");
    return (chroot(jail) == 0 || (unshare(CLONE_NEWUSER) == 0 && chroot(jail) == 0)) && chdir("/") == 0;
}

static void *work_a_while(void *unused)
{
    (void)unused;
    CK_SESSION_HANDLE session = open_session();
    for (int i = 0; i < 40; i++)
        OK(work(session));
    return NULL;
}

int main(int count, char **arguments)
{
    pthread_t threads[8];
    TRUE_THAT(count == 2);
    int enters = strcmp(arguments[1], "enter") == 0;
    alarm(60);
    p11 = load(module_path());
    if (enters && !go_to_jail())
        return 77;
    OK(p11->C_Initialize(NULL));
    CK_SESSION_HANDLE session = open_session();
    OK(work(session));
    if (!enters && !go_to_jail())
        return 77;
    TRUE_THAT(access("/proc", F_OK) != 0 && access("/dev", F_OK) != 0 && access("/etc", F_OK) != 0);
    start_threads(threads, 8, work_a_while);
    for (int i = 0; i < 100; i++)
        OK(work(session));
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    pid_t child = fork();
    TRUE_THAT(child >= 0);
    if (child == 0) {
        IS(p11->C_Initialize(NULL), CKR_FUNCTION_FAILED);
        IS(p11->C_OpenSession(0, CKF_RW_SERIAL, NULL, NULL, &session), CKR_CRYPTOKI_NOT_INITIALIZED);
        exit(0);
    }
    wait_well(child, "fork", 0);
    OK(work(session));
    OK(p11->C_Finalize(NULL));
    return 0;
}
