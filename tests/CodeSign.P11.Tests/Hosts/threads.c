/* Small stacks, many short threads, many at once, threads that block every signal, calls after the end. */
#include "host.h"

static void *work_once(void *unused)
{
    (void)unused;
    OK(work(open_session()));
    return NULL;
}

static void *work_blocked(void *unused)
{
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    return work_until_stopped(unused);
}

static void *work_a_while(void *unused)
{
    (void)unused;
    CK_SESSION_HANDLE session = open_session();
    for (int i = 0; i < 40; i++)
        OK(work(session));
    return NULL;
}

static void run(int count, size_t stack_bytes, void *(*body)(void *))
{
    pthread_t threads[64];
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    if (stack_bytes)
        TRUE_THAT(pthread_attr_setstacksize(&attributes, stack_bytes) == 0);
    for (int i = 0; i < count; i++)
        TRUE_THAT(pthread_create(&threads[i], &attributes, body, NULL) == 0);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

int main(void)
{
    alarm(120);
    p11 = load(module_path());
    OK(p11->C_Initialize(NULL));
    CK_SESSION_HANDLE session = open_session();
    OK(work(session));
    for (size_t kib = 64; kib <= 256; kib *= 2)
        run(4, kib * 1024, work_a_while);
    run(64, 0, work_a_while);
    for (int i = 0; i < 500; i++)
        run(1, 128 * 1024, work_once);
    pthread_t blocked[4];
    start_threads(blocked, 4, work_blocked);
    sleep_ms(500);
    stop_working = 1;
    for (int i = 0; i < 4; i++)
        pthread_join(blocked[i], NULL);
    OK(p11->C_Finalize(NULL));
    IS(work(session), CKR_CRYPTOKI_NOT_INITIALIZED);
    return 0;
}
