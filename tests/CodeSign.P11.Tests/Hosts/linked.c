/*
 * A host that uses OpenSSL itself, while eight threads are inside the module, and ends in the way the argument says: OpenSSL cleans up
 * at exit. The module uses neither its OpenSSL nor the machine's.
 */
#include "host.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

static void digest_and_draw(void)
{
    unsigned char digest[EVP_MAX_MD_SIZE], drawn[32];
    unsigned bytes = 0;
    TRUE_THAT(EVP_Digest("abc", 3, digest, &bytes, EVP_sha256(), NULL) == 1 && bytes == 32 && digest[0] == 0xba);
    TRUE_THAT(RAND_bytes(drawn, sizeof drawn) == 1);
}

static void *end_here(void *unused)
{
    (void)unused;
    exit(0);
}

int main(int count, char **arguments)
{
    pthread_t threads[8], ender;
    TRUE_THAT(count == 2);
    alarm(30);
    TRUE_THAT(OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL) == 1);
    p11 = load(module_path());
    OK(p11->C_Initialize(NULL));
    start_threads(threads, 8, work_for_ever);
    while (threads_at_work < 8)
        sleep_ms(1);
    for (int i = 0; i < 200; i++)
        digest_and_draw();
    TRUE_THAT(!is_mapped("libssl"));
    if (strcmp(arguments[1], "other") == 0) {
        pthread_create(&ender, NULL, end_here, NULL);
        pthread_join(ender, NULL);
    }
    if (strcmp(arguments[1], "finalize") == 0)
        OK(p11->C_Finalize(NULL));
    return 0;
}
