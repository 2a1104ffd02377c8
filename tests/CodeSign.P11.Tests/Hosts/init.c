/* C_Initialize in every form that applications use, and from many threads at once. */
#include "host.h"

static CK_RV take(void **mutex) { (void)mutex; return CKR_OK; }
static CK_RV use(void *mutex) { (void)mutex; return CKR_OK; }
static pthread_barrier_t barrier;
static _Atomic int ok, already;

static void *initialize(void *unused)
{
    (void)unused;
    pthread_barrier_wait(&barrier);
    CK_RV rv = p11->C_Initialize(NULL);
    if (rv == CKR_OK)
        ok++;
    else if (rv == CKR_CRYPTOKI_ALREADY_INITIALIZED)
        already++;
    return NULL;
}

int main(void)
{
    CK_C_INITIALIZE_ARGS forms[] = {
        { NULL, NULL, NULL, NULL, 0, NULL }, { NULL, NULL, NULL, NULL, 2, NULL }, { NULL, NULL, NULL, NULL, 3, NULL },
        { take, use, use, use, 3, NULL }, { take, use, use, use, 2, NULL },
    };
    CK_C_INITIALIZE_ARGS own_locks[] = { { take, use, use, use, 0, NULL }, { take, use, use, use, 1, NULL } };
    CK_C_INITIALIZE_ARGS bad[] = { { take, NULL, NULL, NULL, 2, NULL }, { NULL, NULL, NULL, NULL, 2, forms } };
    alarm(60);
    p11 = load(module_path());
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        IS(p11->C_Initialize(&bad[i]), CKR_ARGUMENTS_BAD);
    for (size_t i = 0; i < sizeof own_locks / sizeof own_locks[0]; i++)
        IS(p11->C_Initialize(&own_locks[i]), CKR_CANT_LOCK);
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        OK(p11->C_Initialize(&forms[i]));
        OK(work(open_session()));
        IS(p11->C_Finalize(forms), CKR_ARGUMENTS_BAD);
        OK(p11->C_Finalize(NULL));
    }
    for (int round = 0; round < 20; round++) {
        pthread_t threads[16];
        ok = already = 0;
        pthread_barrier_init(&barrier, NULL, 16);
        start_threads(threads, 16, initialize);
        for (int i = 0; i < 16; i++)
            pthread_join(threads[i], NULL);
        TRUE_THAT(ok == 1 && already == 15);
        OK(p11->C_Finalize(NULL));
    }
    return 0;
}
