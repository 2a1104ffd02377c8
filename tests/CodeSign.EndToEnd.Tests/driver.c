/*
 * A host of a PKCS#11 module that does what it is told, line by line: one command on standard input, one line of answer. It keeps
 * its sessions, handles and threads over what happens to the appliance meanwhile. A PIN is read from a file into a buffer that is
 * wiped, so that the process's memory holds it no longer than a careful program's would.
 *
 *   gcc -O1 -pthread driver.c -o driver -ldl;  ./driver MODULE
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

typedef unsigned long number;

struct attribute { number type; void *value; number length; };
struct mechanism { number type; void *parameter; number length; };
struct arguments { void *functions[4]; number flags; void *reserved; };

static number (*C_Initialize)(void *), (*C_Finalize)(void *);
static number (*C_GetSlotList)(unsigned char, number *, number *), (*C_GetTokenInfo)(number, void *);
static number (*C_OpenSession)(number, number, void *, void *, number *), (*C_CloseSession)(number);
static number (*C_Login)(number, number, unsigned char *, number), (*C_Logout)(number);
static number (*C_FindObjectsInit)(number, struct attribute *, number), (*C_FindObjectsFinal)(number);
static number (*C_FindObjects)(number, number *, number, number *);
static number (*C_SignInit)(number, struct mechanism *, number);
static number (*C_Sign)(number, unsigned char *, number, unsigned char *, number *);
static number (*C_SignUpdate)(number, unsigned char *, number), (*C_SignFinal)(number, unsigned char *, number *);

enum { THREADS_MAX = 128, OK = 0 };

static number slot, session;
static atomic_int stopping, in_flight;
static atomic_long delivered, failed, interrupted;
static _Atomic double killed_at;
static pthread_t threads[THREADS_MAX];
static int thread_count;
static number load_key, load_mechanism, load_count;
static char load_file[4096];

static void answer(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void answer(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    putchar('\n');
    fflush(stdout);
}

static void *function(void *library, const char *name)
{
    void *found = dlsym(library, name);
    if (!found) {
        answer("error no %s", name);
        exit(2);
    }
    return found;
}

static void load(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        answer("error %s", dlerror());
        exit(2);
    }
#define LOAD(name) name = function(library, #name)
    LOAD(C_Initialize); LOAD(C_Finalize); LOAD(C_GetSlotList); LOAD(C_GetTokenInfo); LOAD(C_OpenSession); LOAD(C_CloseSession);
    LOAD(C_Login); LOAD(C_Logout); LOAD(C_FindObjectsInit); LOAD(C_FindObjects); LOAD(C_FindObjectsFinal); LOAD(C_SignInit);
    LOAD(C_Sign); LOAD(C_SignUpdate); LOAD(C_SignFinal);
#undef LOAD
}

static void hex(const unsigned char *bytes, number length, char *text)
{
    for (number i = 0; i < length; i++)
        sprintf(text + 2 * i, "%02x", bytes[i]);
    text[2 * length] = 0;
}

static number unhex(const char *text, unsigned char *bytes)
{
    number length = 0;
    unsigned value;
    while (sscanf(text + 2 * length, "%2x", &value) == 1)
        bytes[length++] = (unsigned char)value;
    return length;
}

static double now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static number open_token(const char *label)
{
    number slots[64], count = 64;
    char info[512], padded[33];
    number rv = C_GetSlotList(1, slots, &count);
    if (rv != OK)
        return rv;
    snprintf(padded, sizeof padded, "%-32s", label);
    for (number i = 0; i < count; i++) {
        if (C_GetTokenInfo(slots[i], info) == OK && memcmp(info, padded, 32) == 0) {
            slot = slots[i];
            return C_OpenSession(slot, 4, 0, 0, &session);
        }
    }
    return 0xE0; /* CKR_TOKEN_NOT_PRESENT */
}

static number login(const char *file)
{
    unsigned char pin[256];
    int descriptor = open(file, O_RDONLY);
    ssize_t length = read(descriptor, pin, sizeof pin);
    close(descriptor);
    if (length > 0 && pin[length - 1] == '\n')
        length--;
    number rv = C_Login(session, 1, pin, length > 0 ? (number)length : 0);
    explicit_bzero(pin, sizeof pin);
    return rv;
}

static number find(const char *label, number *object)
{
    number private_key = 3, count = 0;
    struct attribute wanted[] = { { 0, &private_key, sizeof private_key }, { 3, (void *)label, strlen(label) } };
    number rv = C_FindObjectsInit(session, wanted, 2);
    if (rv != OK)
        return rv;
    rv = C_FindObjects(session, object, 1, &count);
    C_FindObjectsFinal(session);
    return rv != OK ? rv : count == 1 ? OK : 0x82; /* CKR_OBJECT_HANDLE_INVALID */
}

static void sign(number key, number type, char *data)
{
    static unsigned char input[1 << 20], signature[4096];
    static char text[8193];
    struct mechanism mechanism = { type, 0, 0 };
    number length = sizeof signature, input_length = unhex(data, input);
    double begun = now_ms();
    number rv = C_SignInit(session, &mechanism, key);
    if (rv == OK)
        rv = C_Sign(session, input, input_length, signature, &length);
    hex(signature, rv == OK ? length : 0, text);
    answer("%lx %.1f %s", rv, now_ms() - begun, text);
}

/* No buffer, one byte too few, enough: three answers, one signature. In parts, the same for C_SignFinal. */
static void sign_sized(number key, number type, char *data, int in_parts)
{
    static unsigned char input[4096], signature[4096];
    static char text[8193];
    struct mechanism mechanism = { type, 0, 0 };
    number size = 0, small, length, input_length = unhex(data, input);
    number rv = C_SignInit(session, &mechanism, key);
    if (rv == OK && in_parts)
        rv = C_SignUpdate(session, input, input_length);
#define SIGN(buffer, size) (in_parts ? C_SignFinal(session, buffer, size) : C_Sign(session, input, input_length, buffer, size))
    number first = rv == OK ? SIGN(0, &size) : rv;
    small = size - 1;
    number second = SIGN(signature, &small);
    length = sizeof signature;
    number third = SIGN(signature, &length);
#undef SIGN
    hex(signature, third == OK ? length : 0, text);
    answer("%lx %lu %lx %lu %lx %s", first, size, second, small, third, text);
}

static void *load_thread(void *argument)
{
    number own, index = (number)argument;
    char path[4200], line[8192];
    snprintf(path, sizeof path, "%s.%lu", load_file, index);
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    while (!stopping && C_OpenSession(slot, 4, 0, 0, &own) != OK)
        usleep(20000);
    for (number done = 0; !stopping && (load_count == 0 || done < load_count); done++) {
        unsigned char digest[32], signature[1024];
        number length = sizeof signature;
        struct mechanism mechanism = { load_mechanism, 0, 0 };
        getrandom(digest, sizeof digest, 0);
        double begun = now_ms();
        atomic_fetch_add(&in_flight, 1);
        number rv = C_SignInit(own, &mechanism, load_key);
        if (rv == OK)
            rv = C_Sign(own, digest, sizeof digest, signature, &length);
        atomic_fetch_sub(&in_flight, 1);
        if (rv == OK) {
            /* Written down before the next is asked for. */
            hex(digest, sizeof digest, line);
            line[64] = ' ';
            hex(signature, length, line + 65);
            strcat(line, "\n");
            if (write(file, line, strlen(line)) < 0)
                break;
            atomic_fetch_add(&delivered, 1);
        } else {
            if (begun < killed_at)
                atomic_fetch_add(&interrupted, 1);
            atomic_fetch_add(&failed, 1);
            usleep(5000);
        }
    }
    close(file);
    C_CloseSession(own);
    return 0;
}

static void start_load(number key, number type, int count, number each, const char *file)
{
    load_key = key;
    load_mechanism = type;
    load_count = each;
    snprintf(load_file, sizeof load_file, "%s", file);
    stopping = 0;
    delivered = failed = interrupted = 0;
    thread_count = count > THREADS_MAX ? THREADS_MAX : count;
    for (number i = 0; i < (number)thread_count; i++)
        pthread_create(&threads[i], 0, load_thread, (void *)i);
}

static void join_load(void)
{
    for (int i = 0; i < thread_count; i++)
        pthread_join(threads[i], 0);
    thread_count = 0;
    answer("0 %ld %ld", delivered, failed);
}

/* Kills a server while at least so many calls wait for it; tells how many did. */
static void kill_under_load(pid_t server, int calls_min)
{
    double deadline = now_ms() + 10000;
    while (in_flight < calls_min && now_ms() < deadline)
        sched_yield();
    int calls = in_flight;
    killed_at = now_ms();
    answer("%x %d", kill(server, SIGKILL) == 0 ? 0 : 1, calls);
}

int main(int count, char **argument)
{
    static char line[2100000], word[64], text[4096], data[2097152];
    number key, type, each, rv;
    int threads_wanted, server;
    load(argument[count - 1]);
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "%63s", word) != 1)
            continue;
        if (strcmp(word, "initialize") == 0) {
            struct arguments arguments = { { 0 }, 2, 0 };
            answer("%lx", C_Initialize(&arguments));
        } else if (strcmp(word, "finalize") == 0) {
            answer("%lx", C_Finalize(0));
        } else if (sscanf(line, "open %4095s", text) == 1) {
            answer("%lx", open_token(text));
        } else if (sscanf(line, "login %4095s", text) == 1) {
            answer("%lx", login(text));
        } else if (strcmp(word, "logout") == 0) {
            answer("%lx", C_Logout(session));
        } else if (sscanf(line, "find %4095s", text) == 1) {
            key = 0;
            rv = find(text, &key);
            answer("%lx %lu", rv, key);
        } else if (sscanf(line, "sign %lu %lx %2097151s", &key, &type, data) == 3) {
            sign(key, type, data);
        } else if (sscanf(line, "sign-first %4095s %lx %2097151s", text, &type, data) == 3) {
            key = 0;
            rv = find(text, &key);
            if (rv == OK)
                sign(key, type, data);
            else
                answer("%lx", rv);
        } else if (sscanf(line, "sized %lu %lx %2097151s", &key, &type, data) == 3) {
            sign_sized(key, type, data, 0);
        } else if (sscanf(line, "sized-parts %lu %lx %2097151s", &key, &type, data) == 3) {
            sign_sized(key, type, data, 1);
        } else if (sscanf(line, "load %lu %lx %d %lu %4095s", &key, &type, &threads_wanted, &each, text) == 5) {
            start_load(key, type, threads_wanted, each, text);
            answer("0");
        } else if (strcmp(word, "state") == 0) {
            answer("0 %d %ld %ld %ld", in_flight, delivered, failed, interrupted);
        } else if (sscanf(line, "kill %d %d", &server, &threads_wanted) == 2) {
            kill_under_load(server, threads_wanted);
        } else if (strcmp(word, "stop") == 0) {
            stopping = 1;
            join_load();
        } else if (strcmp(word, "join") == 0) {
            join_load();
        } else {
            answer("error what is '%s'?", word);
        }
    }
    return 0;
}
