/*
 * Threads that are cancelled while they are inside the module, deferred and at any instruction: the call ends first. What they
 * leave is fit for others.
 */
#include "host.h"

static _Atomic int inside;

static void *work_until_cancelled(void *asynchronous)
{
    CK_SESSION_HANDLE session = open_session();
    pthread_setcanceltype(asynchronous ? PTHREAD_CANCEL_ASYNCHRONOUS : PTHREAD_CANCEL_DEFERRED, NULL);
    inside++;
    for (;;) {
        CK_RV rv = work(session);
        if (rv != CKR_OK)
            fail("a thread got 0x%lx", rv);
        pthread_testcancel();
    }
    return NULL;
}

int main(int count, char **arguments)
{
    TRUE_THAT(count == 2);
    int rounds = atoi(arguments[1]);
    alarm(120);
    p11 = load(module_path());
    OK(p11->C_Initialize(NULL));
    CK_SESSION_HANDLE session = open_session();
    for (int round = 0; round < rounds; round++) {
        pthread_t threads[4];
        inside = 0;
        for (int i = 0; i < 4; i++)
            TRUE_THAT(pthread_create(&threads[i], NULL, work_until_cancelled, i % 2 ? &inside : NULL) == 0);
        while (inside < 4)
            sleep_ms(1);
        sleep_ms(round % 5);
        for (int i = 0; i < 4; i++) {
            pthread_cancel(threads[i]);
            /* It ends in no other way. What it then tells is no matter: glibc forgets to say PTHREAD_CANCELED in some versions. */
            pthread_join(threads[i], NULL);
        }
        OK(work(session));
    }
    int state = -1;
    TRUE_THAT(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state) == 0 && state == PTHREAD_CANCEL_ENABLE);
    printf("%d threads cancelled\n", 4 * rounds);
    OK(p11->C_Finalize(NULL));
    return 0;
}
