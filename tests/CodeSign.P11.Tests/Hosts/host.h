/*
 * What the host programs share. A host is an application that does something unkind with a PKCS#11 module in it. It ends with 0
 * when all was well, with 1 and a sentence when it wasn't, and by SIGALRM when something hangs.
 * With CODESIGN_PIN in its environment it signs; without, it works without an appliance: slots without a token.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "cryptoki.h"
#include "functions.h"

#define MEMBER(name, parameters, arguments) CK_RV (*name) parameters;
struct CK_FUNCTION_LIST { CK_VERSION version; CRYPTOKI_2_40(MEMBER, MEMBER) };
struct CK_MECHANISM { CK_MECHANISM_TYPE type; void *parameter; CK_ULONG parameter_bytes; };
struct CK_ATTRIBUTE { CK_ATTRIBUTE_TYPE type; void *value; CK_ULONG value_bytes; };
struct CK_TOKEN_INFO { CK_UTF8CHAR label[32]; CK_BYTE rest[176]; };

#define CKR_GENERAL_ERROR 5UL
#define CKR_TOKEN_NOT_PRESENT 0xe0UL
#define CKR_USER_ALREADY_LOGGED_IN 0x100UL
#define CKR_ATTRIBUTE_TYPE_INVALID 0x12UL
#define CKF_RW_SERIAL 6UL
#define CKM_ECDSA 0x1041UL
#define CKO_PUBLIC 2UL
#define CKO_PRIVATE 3UL

__attribute__((unused, noreturn, format(printf, 1, 2))) static void fail(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vfprintf(stderr, format, values);
    fprintf(stderr, "\n");
    _exit(1);
}

#define IS(call, wanted) \
    do { \
        CK_RV is_rv = (call); \
        if (is_rv != (wanted)) \
            fail("%s:%d: %s answered 0x%lx, not 0x%lx", __FILE__, __LINE__, #call, is_rv, (CK_RV)(wanted)); \
    } while (0)
#define OK(call) IS(call, CKR_OK)
#define TRUE_THAT(condition) \
    do { \
        if (!(condition)) \
            fail("%s:%d: not so: %s", __FILE__, __LINE__, #condition); \
    } while (0)

static CK_FUNCTION_LIST *p11;
static void *p11_handle;
static CK_OBJECT_HANDLE signing_key, public_key;
static CK_SLOT_ID token_slot;

__attribute__((unused)) static int has_appliance(void) { return getenv("CODESIGN_PIN") != NULL; }

__attribute__((unused)) static const char *module_path(void) { return getenv("CODESIGN_P11_MODULE"); }

__attribute__((unused)) static CK_FUNCTION_LIST *load(const char *path)
{
    CK_RV (*get)(CK_FUNCTION_LIST **);
    CK_FUNCTION_LIST *list;
    p11_handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!p11_handle)
        fail("%s", dlerror());
    *(void **)&get = dlsym(p11_handle, "C_GetFunctionList");
    OK(get(&list));
    return list;
}

__attribute__((unused)) static CK_OBJECT_HANDLE find(CK_SESSION_HANDLE session, CK_ULONG class, const char *label)
{
    CK_ATTRIBUTE template[] = { { 0, &class, sizeof class }, { 3, (void *)label, strlen(label) } };
    CK_OBJECT_HANDLE object = 0;
    CK_ULONG count = 0;
    OK(p11->C_FindObjectsInit(session, template, 2));
    OK(p11->C_FindObjects(session, &object, 1, &count));
    OK(p11->C_FindObjectsFinal(session));
    if (count != 1)
        fail("no object of class %lu is named %s", class, label);
    return object;
}

/* The slot of the token named by CODESIGN_TOKEN_LABEL. */
__attribute__((unused)) static void find_slot(void)
{
    CK_SLOT_ID slots[64];
    CK_ULONG count = 64;
    CK_TOKEN_INFO info;
    const char *label = getenv("CODESIGN_TOKEN_LABEL");
    OK(p11->C_GetSlotList(1, slots, &count));
    for (CK_ULONG i = 0; i < count; i++) {
        OK(p11->C_GetTokenInfo(slots[i], &info));
        if (memcmp(info.label, label, strlen(label)) == 0 && (strlen(label) == 32 || info.label[strlen(label)] == ' ')) {
            token_slot = slots[i];
            return;
        }
    }
    fail("no token is named %s", label);
}

/* A session that is logged in and knows the keys, or 0 without an appliance. */
__attribute__((unused)) static CK_SESSION_HANDLE open_session(void)
{
    CK_SESSION_HANDLE session;
    const char *pin = getenv("CODESIGN_PIN");
    if (!has_appliance())
        return 0;
    find_slot();
    OK(p11->C_OpenSession(token_slot, CKF_RW_SERIAL, NULL, NULL, &session));
    CK_RV rv = p11->C_Login(session, 1, (CK_UTF8CHAR *)pin, strlen(pin));
    if (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN)
        fail("C_Login answered 0x%lx", rv);
    signing_key = find(session, CKO_PRIVATE, "p256");
    public_key = find(session, CKO_PUBLIC, "p256");
    return session;
}

__attribute__((unused)) static CK_RV sign(CK_SESSION_HANDLE session)
{
    CK_MECHANISM mechanism = { CKM_ECDSA, NULL, 0 };
    CK_BYTE digest[32] = { 1, 2, 3 }, signature[64];
    CK_ULONG bytes = sizeof signature;
    CK_RV rv = p11->C_SignInit(session, &mechanism, signing_key);
    if (rv == CKR_OK)
        rv = p11->C_Sign(session, digest, sizeof digest, signature, &bytes);
    if (rv == CKR_OK && bytes != 64)
        fail("a signature of %lu bytes", bytes);
    return rv;
}

/* One piece of work: a signature, or what there is to do without an appliance (exceptions and allocations included). */
__attribute__((unused)) static CK_RV work(CK_SESSION_HANDLE session)
{
    CK_SESSION_HANDLE none;
    CK_ULONG count = 0;
    if (has_appliance())
        return sign(session);
    CK_RV rv = p11->C_GetSlotList(1, NULL, &count);
    if (rv == CKR_OK && count != 0)
        fail("a token without an appliance");
    if (rv == CKR_OK && (rv = p11->C_OpenSession(0, CKF_RW_SERIAL, NULL, NULL, &none)) == CKR_TOKEN_NOT_PRESENT)
        rv = CKR_OK;
    return rv;
}

static volatile int stop_working;

__attribute__((unused)) static void *work_until_stopped(void *unused)
{
    (void)unused;
    CK_SESSION_HANDLE session = open_session();
    while (!stop_working) {
        CK_RV rv = work(session);
        if (rv != CKR_OK && !stop_working)
            fail("a thread got 0x%lx", rv);
    }
    return NULL;
}

static _Atomic int threads_at_work;

/* For programs that end in the middle: whatever their calls answer then. */
__attribute__((unused)) static void *work_for_ever(void *unused)
{
    (void)unused;
    CK_SESSION_HANDLE session = open_session();
    threads_at_work++;
    for (;;)
        work(session);
    return NULL;
}

__attribute__((unused)) static void start_threads(pthread_t *threads, int count, void *(*body)(void *))
{
    for (int i = 0; i < count; i++)
        TRUE_THAT(pthread_create(&threads[i], NULL, body, NULL) == 0);
}

__attribute__((unused)) static void sleep_ms(long ms)
{
    struct timespec time = { ms / 1000, (ms % 1000) * 1000000L };
    while (nanosleep(&time, &time) != 0 && errno == EINTR)
        ;
}

__attribute__((unused)) static int count_entries(const char *folder)
{
    int count = 0;
    DIR *open_folder = opendir(folder);
    struct dirent *entry;
    TRUE_THAT(open_folder != NULL);
    while ((entry = readdir(open_folder)))
        count += entry->d_name[0] != '.';
    closedir(open_folder);
    return count;
}

/* True where a mapped file's path contains the text. */
__attribute__((unused)) static int is_mapped(const char *text)
{
    char line[1024];
    int found = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    TRUE_THAT(maps != NULL);
    while (fgets(line, sizeof line, maps))
        found |= strstr(line, text) != NULL;
    fclose(maps);
    return found;
}

/* How a child ended: 0 well, or a sentence and 1. */
__attribute__((unused)) static void wait_well(pid_t child, const char *what, int wanted_exit)
{
    int status;
    while (waitpid(child, &status, 0) < 0)
        TRUE_THAT(errno == EINTR);
    if (WIFSIGNALED(status))
        fail("%s: the child died by signal %d%s", what, WTERMSIG(status), WTERMSIG(status) == SIGALRM ? " (it hung)" : "");
    if (WEXITSTATUS(status) != wanted_exit)
        fail("%s: the child ended with %d", what, WEXITSTATUS(status));
}
