/*
 * Signs with one key of a PKCS#11 module from several threads for a while, and tells how fast and at what cost.
 *
 *   signing-load MODULE TOKEN PIN KEY MECHANISM THREADS SECONDS [PID]
 *
 * MECHANISM: ecdsa | rsa | pss | eddsa. PID: a server whose CPU time is told apart from this process's own.
 * One line of "name value" pairs: signatures per second, p50 and p99 in microseconds, CPU microseconds per signature of this process
 * and of the server, resident KiB of this process. Session, login and search are done before the clock starts.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define SAMPLES_MAX 2000000

static CK_FUNCTION_LIST *p11;
static CK_SLOT_ID slot;
static CK_MECHANISM mechanism;
static CK_RSA_PKCS_PSS_PARAMS pss = {0x250, 2, 32}; /* CKM_SHA256, CKG_MGF1_SHA256 */
static unsigned char input[64];
static unsigned long input_bytes = 32;
static const char *key_label;
static volatile int stop;
static pthread_barrier_t start_line;

typedef struct worker {
    pthread_t thread;
    unsigned int *micros;
    unsigned long count;
} worker;

static void check(CK_RV rv, const char *call)
{
    if (rv != CKR_OK) {
        fprintf(stderr, "signing-load: %s answered 0x%lx\n", call, rv);
        exit(1);
    }
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double own_cpu(void)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) + (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

/* utime + stime of all threads of a process, in clock ticks of 10 ms: fine enough over seconds. */
static double cpu_of(long pid)
{
    char path[64], line[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file || !fgets(line, sizeof line, file)) {
        fprintf(stderr, "signing-load: no process %ld\n", pid);
        exit(1);
    }
    fclose(file);
    unsigned long user = 0, system = 0;
    const char *rest = strrchr(line, ')');
    if (!rest || sscanf(rest + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
        exit(1);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static long resident_kib(void)
{
    char line[256];
    long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "VmRSS: %ld", &kib) == 1)
            break;
    if (file)
        fclose(file);
    return kib;
}

static CK_OBJECT_HANDLE find_key(CK_SESSION_HANDLE session)
{
    CK_OBJECT_CLASS private_key = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE template[] = {
        {CKA_CLASS, &private_key, sizeof private_key},
        {CKA_LABEL, (void *)key_label, strlen(key_label)},
    };
    CK_OBJECT_HANDLE key = 0;
    unsigned long found = 0;
    check(p11->C_FindObjectsInit(session, template, 2), "C_FindObjectsInit");
    check(p11->C_FindObjects(session, &key, 1, &found), "C_FindObjects");
    check(p11->C_FindObjectsFinal(session), "C_FindObjectsFinal");
    if (found != 1) {
        fprintf(stderr, "signing-load: no private key %s\n", key_label);
        exit(1);
    }
    return key;
}

static void *work(void *argument)
{
    worker *me = argument;
    unsigned char signature[1024];
    CK_SESSION_HANDLE session;
    check(p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session), "C_OpenSession");
    CK_OBJECT_HANDLE key = find_key(session);
    unsigned long bytes = sizeof signature;
    check(p11->C_SignInit(session, &mechanism, key), "C_SignInit");
    check(p11->C_Sign(session, input, input_bytes, signature, &bytes), "C_Sign"); /* warm */
    pthread_barrier_wait(&start_line);
    while (!stop) {
        double begin = now();
        bytes = sizeof signature;
        check(p11->C_SignInit(session, &mechanism, key), "C_SignInit");
        check(p11->C_Sign(session, input, input_bytes, signature, &bytes), "C_Sign");
        if (me->count < SAMPLES_MAX)
            me->micros[me->count] = (unsigned int)((now() - begin) * 1e6);
        me->count++;
    }
    return NULL;
}

static int by_value(const void *a, const void *b)
{
    unsigned int x = *(const unsigned int *)a, y = *(const unsigned int *)b;
    return (x > y) - (x < y);
}

static void choose_mechanism(const char *name)
{
    static const unsigned char digest_info[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                                0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
    memset(input, 0x5a, sizeof input);
    if (!strcmp(name, "ecdsa")) {
        mechanism.mechanism = CKM_ECDSA;
    } else if (!strcmp(name, "rsa")) {
        mechanism.mechanism = CKM_RSA_PKCS;
        memcpy(input, digest_info, sizeof digest_info);
        input_bytes = sizeof digest_info + 32;
    } else if (!strcmp(name, "pss")) {
        mechanism = (CK_MECHANISM){CKM_RSA_PKCS_PSS, &pss, sizeof pss};
    } else if (!strcmp(name, "eddsa")) {
        mechanism.mechanism = 0x1057; /* CKM_EDDSA */
    } else {
        fprintf(stderr, "signing-load: no mechanism %s\n", name);
        exit(2);
    }
}

static void choose_slot(const char *label)
{
    CK_SLOT_ID slots[64];
    unsigned long count = 64;
    check(p11->C_GetSlotList(1, slots, &count), "C_GetSlotList");
    for (unsigned long i = 0; i < count; i++) {
        CK_TOKEN_INFO info;
        char padded[33];
        snprintf(padded, sizeof padded, "%-32s", label);
        if (p11->C_GetTokenInfo(slots[i], &info) == CKR_OK && !memcmp(info.label, padded, 32)) {
            slot = slots[i];
            return;
        }
    }
    fprintf(stderr, "signing-load: no token %s\n", label);
    exit(1);
}

int main(int argc, char **argv)
{
    if (argc < 8) {
        fprintf(stderr, "usage: signing-load MODULE TOKEN PIN KEY ecdsa|rsa|pss|eddsa THREADS SECONDS [PID]\n");
        return 2;
    }
    int threads = atoi(argv[6]);
    double seconds = atof(argv[7]);
    long pid = argc > 8 ? atol(argv[8]) : 0;
    key_label = argv[4];
    choose_mechanism(argv[5]);

    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    CK_RV (*get_list)(CK_FUNCTION_LIST **) = library ? (CK_RV(*)(CK_FUNCTION_LIST **))dlsym(library, "C_GetFunctionList") : NULL;
    if (!get_list) {
        fprintf(stderr, "signing-load: %s\n", dlerror());
        return 1;
    }
    check(get_list(&p11), "C_GetFunctionList");
    CK_C_INITIALIZE_ARGS arguments = {.flags = CKF_OS_LOCKING_OK};
    check(p11->C_Initialize(&arguments), "C_Initialize");
    choose_slot(argv[2]);
    CK_SESSION_HANDLE session;
    check(p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session), "C_OpenSession");
    check(p11->C_Login(session, CKU_USER, (unsigned char *)argv[3], strlen(argv[3])), "C_Login");

    worker *workers = calloc((size_t)threads, sizeof *workers);
    pthread_barrier_init(&start_line, NULL, (unsigned int)threads + 1);
    for (int i = 0; i < threads; i++) {
        workers[i].micros = malloc(SAMPLES_MAX * sizeof(unsigned int));
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    }
    pthread_barrier_wait(&start_line);
    double begin = now(), own = own_cpu(), server = pid ? cpu_of(pid) : 0;
    usleep((useconds_t)(seconds * 1e6));
    stop = 1;
    unsigned long total = 0;
    for (int i = 0; i < threads; i++) {
        pthread_join(workers[i].thread, NULL);
        total += workers[i].count;
    }
    double elapsed = now() - begin;
    own = own_cpu() - own;
    server = pid ? cpu_of(pid) - server : 0;

    unsigned int *all = malloc(total * sizeof *all);
    unsigned long at = 0;
    for (int i = 0; i < threads; i++) {
        unsigned long kept = workers[i].count < SAMPLES_MAX ? workers[i].count : SAMPLES_MAX;
        memcpy(all + at, workers[i].micros, kept * sizeof *all);
        at += kept;
    }
    qsort(all, at, sizeof *all, by_value);
    printf("rate %.0f p50 %u p99 %u client_cpu %.1f server_cpu %.1f rss %ld\n", (double)total / elapsed, all[at / 2],
           all[at * 99 / 100], own / (double)total * 1e6, server / (double)total * 1e6, resident_kib());
    fflush(stdout);
    _exit(0);
}
