/*
 * Forks while threads are inside the module. Arguments: what the child does, how many threads the parent has, how many forks.
 * exit0, exit, exec: it only ends. uninitialised: it gets the standard's answer. work: it initialises and works. threads: it
 * does so with new threads of its own, whose stacks were those of the vanished ones. raw: forked behind the C library's back. What
 * the parent's threads do must go on meanwhile. ending: the parent's thread is one that initialises and finalises without end.
 */
#include "host.h"
#include <sys/syscall.h>

static void be_child(const char *what)
{
    alarm(30);
    if (strcmp(what, "exit0") == 0)
        _exit(0);
    if (strcmp(what, "exit") == 0)
        exit(0);
    if (strcmp(what, "exec") == 0) {
        execl("/bin/true", "true", (char *)NULL);
        _exit(9);
    }
    CK_SESSION_HANDLE session = 0;
    CK_INFO info;
    if (strcmp(what, "ending") == 0) {
        OK(p11->C_Initialize(NULL));
        OK(p11->C_Finalize(NULL));
        exit(0);
    }
    if (strcmp(what, "raw") != 0)
        IS(p11->C_GetInfo(&info), CKR_CRYPTOKI_NOT_INITIALIZED);
    IS(p11->C_OpenSession(token_slot, CKF_RW_SERIAL, NULL, NULL, &session), CKR_CRYPTOKI_NOT_INITIALIZED);
    IS(p11->C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
    if (strcmp(what, "uninitialised") == 0)
        exit(0);
    OK(p11->C_Initialize(NULL));
    IS(p11->C_Initialize(NULL), CKR_CRYPTOKI_ALREADY_INITIALIZED);
    session = open_session();
    for (int i = 0; i < 50; i++)
        OK(work(session));
    for (int round = 0; strcmp(what, "threads") == 0 && round < 3; round++) {
        pthread_t threads[12];
        stop_working = 0;
        start_threads(threads, 12, work_until_stopped);
        sleep_ms(50);
        stop_working = 1;
        for (int i = 0; i < 12; i++)
            pthread_join(threads[i], NULL);
    }
    if (strcmp(what, "finalize") == 0)
        OK(p11->C_Finalize(NULL));
    exit(0);
}

static void *begin_and_end(void *unused)
{
    (void)unused;
    while (!stop_working) {
        OK(p11->C_Initialize(NULL));
        OK(p11->C_Finalize(NULL));
    }
    return NULL;
}

int main(int count, char **arguments)
{
    pthread_t threads[64];
    TRUE_THAT(count == 4);
    int parent_threads = atoi(arguments[2]), forks = atoi(arguments[3]);
    alarm(120);
    p11 = load(module_path());
    OK(p11->C_Initialize(NULL));
    int is_ending = strcmp(arguments[1], "ending") == 0;
    CK_SESSION_HANDLE session = open_session();
    OK(work(session));
    if (is_ending)
        OK(p11->C_Finalize(NULL));
    start_threads(threads, parent_threads, is_ending ? begin_and_end : work_until_stopped);
    sleep_ms(20);
    for (int i = 0; i < forks; i++) {
        alarm(120); /* each is given this anew */
        pid_t child = strcmp(arguments[1], "raw") == 0 ? (pid_t)syscall(SYS_fork) : fork();
        TRUE_THAT(child >= 0);
        if (child == 0)
            be_child(arguments[1]);
        wait_well(child, arguments[1], 0);
        if (!is_ending)
            OK(work(session));
    }
    stop_working = 1;
    for (int i = 0; i < parent_threads; i++)
        pthread_join(threads[i], NULL);
    if (!is_ending)
        OK(p11->C_Finalize(NULL));
    printf("%d children\n", forks);
    return 0;
}
