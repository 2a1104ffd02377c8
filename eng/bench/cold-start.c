/*
 * One cold process: loads the module, initialises, logs in, finds a key, signs once, finalises. Prints the microseconds of each step.
 *
 *   cold-start MODULE TOKEN PIN KEY
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static double start;

static double micros(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    double now = (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3, step = now - start;
    start = now;
    return step;
}

#define CHECK(call) \
    do { \
        CK_RV rv = (call); \
        if (rv != CKR_OK) { \
            fprintf(stderr, "cold-start: %s answered 0x%lx\n", #call, rv); \
            return 1; \
        } \
    } while (0)

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: cold-start MODULE TOKEN PIN KEY\n");
        return 2;
    }
    micros();
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    CK_RV (*get_list)(CK_FUNCTION_LIST **) = library ? (CK_RV(*)(CK_FUNCTION_LIST **))dlsym(library, "C_GetFunctionList") : NULL;
    CK_FUNCTION_LIST *p11;
    if (!get_list) {
        fprintf(stderr, "cold-start: %s\n", dlerror());
        return 1;
    }
    CHECK(get_list(&p11));
    double load = micros();
    CHECK(p11->C_Initialize(NULL));
    double initialize = micros();

    CK_SLOT_ID slots[64], slot = 0;
    unsigned long count = 64;
    char padded[33];
    snprintf(padded, sizeof padded, "%-32s", argv[2]);
    CHECK(p11->C_GetSlotList(1, slots, &count));
    for (unsigned long i = 0; i < count; i++) {
        CK_TOKEN_INFO info;
        if (p11->C_GetTokenInfo(slots[i], &info) == CKR_OK && !memcmp(info.label, padded, 32))
            slot = slots[i];
    }
    CK_SESSION_HANDLE session;
    CHECK(p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session));
    double open = micros();
    CHECK(p11->C_Login(session, CKU_USER, (unsigned char *)argv[3], strlen(argv[3])));
    double login = micros();

    CK_OBJECT_CLASS private_key = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE template[] = {{CKA_CLASS, &private_key, sizeof private_key}, {CKA_LABEL, argv[4], strlen(argv[4])}};
    CK_OBJECT_HANDLE key;
    CHECK(p11->C_FindObjectsInit(session, template, 2));
    CHECK(p11->C_FindObjects(session, &key, 1, &count));
    CHECK(p11->C_FindObjectsFinal(session));
    double find = micros();

    CK_MECHANISM mechanism = {CKM_ECDSA, NULL, 0};
    unsigned char digest[32] = {1}, signature[256];
    unsigned long bytes = sizeof signature;
    CHECK(p11->C_SignInit(session, &mechanism, key));
    CHECK(p11->C_Sign(session, digest, sizeof digest, signature, &bytes));
    double sign = micros();
    CHECK(p11->C_Finalize(NULL));
    double finalize = micros();

    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    printf("load %.0f initialize %.0f open %.0f login %.0f find %.0f sign %.0f finalize %.0f total %.0f cpu %.0f rss %ld\n", load,
           initialize, open, login, find, sign, finalize, load + initialize + open + login + find + sign + finalize,
           (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e6 + (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec),
           use.ru_maxrss);
    return 0;
}
