/*
 * OPENSSL_CONF loads an engine that loads us. Argument "one": the module works first. "race": one thread reads OpenSSL's
 * configuration while others work.
 */
#include "host.h"

static void *read_configuration(void *unused)
{
    (void)unused;
    int (*initialize)(unsigned long long, void *);
    void *crypto = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_GLOBAL);
    if (!crypto)
        fail("%s", dlerror());
    *(void **)&initialize = dlsym(crypto, "OPENSSL_init_crypto");
    TRUE_THAT(initialize(0x40, NULL) == 1); /* OPENSSL_INIT_LOAD_CONFIG */
    return NULL;
}

int main(int count, char **arguments)
{
    TRUE_THAT(count == 2);
    pthread_t threads[4], reader;
    alarm(30);
    p11 = load(module_path());
    OK(p11->C_Initialize(NULL));
    if (strcmp(arguments[1], "race") == 0) {
        start_threads(threads, 4, work_until_stopped);
        pthread_create(&reader, NULL, read_configuration, NULL);
        pthread_join(reader, NULL);
        stop_working = 1;
        for (int i = 0; i < 4; i++)
            pthread_join(threads[i], NULL);
        TRUE_THAT(is_mapped("engine.so"));
    } else {
        OK(work(open_session()));
        TRUE_THAT(!is_mapped("libcrypto"));
        read_configuration(NULL);
        OK(work(open_session()));
    }
    OK(p11->C_Finalize(NULL));
    return 0;
}
