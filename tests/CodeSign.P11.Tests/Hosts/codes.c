/* Return codes that other hosts don't meet: what is too much, too small, or not allowed. */
#include <sys/resource.h>
#include "host.h"
#include "objects.h"

#define CKA_MODULUS 0x120UL
#define CKA_PUBLIC_EXPONENT 0x122UL
#define CKA_VERIFY 0x10aUL
#define CKR_HOST_MEMORY 2UL
#define CKR_KEY_SIZE_RANGE 0x62UL
#define CKR_SESSION_COUNT 0xb1UL
#define CKR_FUNCTION_REJECTED 0x200UL
#define SESSIONS_MAX 65536

static CK_RV take(void **mutex) { (void)mutex; return CKR_OK; }
static CK_RV use(void *mutex) { (void)mutex; return CKR_OK; }

/* Section 5.4: functions without CKF_OS_LOCKING_OK are to be used, and aren't. */
static void locks_of_the_application(void)
{
    CK_C_INITIALIZE_ARGS arguments = { take, use, use, use, 0, NULL };
    IS(p11->C_Initialize(&arguments), CKR_CANT_LOCK);
    arguments.flags = CKF_OS_LOCKING_OK;
    OK(p11->C_Initialize(&arguments));
}

static void a_key_too_small(CK_SESSION_HANDLE session)
{
    CK_BYTE modulus[128], exponent[] = { 1, 0, 1 };
    CK_ULONG rsa = 0;
    CK_ATTRIBUTE template[] = {
        NUMBER(CKA_CLASS, public_class), NUMBER(CKA_KEY_TYPE, rsa), NUMBER(CKA_MODULUS, modulus), NUMBER(CKA_PUBLIC_EXPONENT, exponent),
        NUMBER(CKA_VERIFY, yes),
    };
    CK_MECHANISM pkcs1 = { 1, NULL, 0 };
    CK_OBJECT_HANDLE key;
    memset(modulus, 0xc5, sizeof modulus);
    OK(p11->C_CreateObject(session, template, COUNT(template), &key));
    IS(p11->C_VerifyInit(session, &pkcs1, key), CKR_KEY_SIZE_RANGE);
}

/* The token of the signing keys takes no objects of applications'. */
static void what_the_project_forbids(CK_SESSION_HANDLE session)
{
    CK_ATTRIBUTE template[] = { NUMBER(CKA_CLASS, data_class), NUMBER(CKA_TOKEN, yes), BYTES(CKA_LABEL, "refused") };
    CK_OBJECT_HANDLE made = NOWHERE;
    IS(p11->C_CreateObject(session, template, 3, &made), CKR_FUNCTION_REJECTED);
    TRUE_THAT(made == NOWHERE);
}

static void a_template_against_itself(CK_SESSION_HANDLE session)
{
    CK_ATTRIBUTE template[] = { NUMBER(CKA_CLASS, data_class), BYTES(CKA_LABEL, "one"), BYTES(CKA_LABEL, "two") };
    CK_OBJECT_HANDLE made;
    IS(p11->C_CreateObject(session, template, 3, &made), CKR_TEMPLATE_INCONSISTENT);
}

/* One more than there may be, and again after one has gone. */
static void sessions_without_end(void)
{
    static CK_SESSION_HANDLE sessions[SESSIONS_MAX];
    CK_SESSION_HANDLE more;
    OK(p11->C_CloseAllSessions(token_slot));
    for (int i = 0; i < SESSIONS_MAX; i++)
        OK(p11->C_OpenSession(token_slot, 4, NULL, NULL, &sessions[i]));
    IS(p11->C_OpenSession(token_slot, 4, NULL, NULL, &more), CKR_SESSION_COUNT);
    OK(p11->C_CloseSession(sessions[7]));
    OK(p11->C_OpenSession(token_slot, 4, NULL, NULL, &more));
    IS(p11->C_OpenSession(token_slot, 4, NULL, NULL, &more), CKR_SESSION_COUNT);
    OK(p11->C_CloseAllSessions(token_slot));
}

/* A secret wants memory of its own, which the system doesn't give; with it, the same call works. */
static void no_memory(CK_SESSION_HANDLE session)
{
    const char *pin = getenv("CODESIGN_PIN");
    unsigned long pages = 0;
    struct rlimit before, none;
    FILE *size = fopen("/proc/self/statm", "r");
    TRUE_THAT(size && fscanf(size, "%lu", &pages) == 1);
    fclose(size);
    TRUE_THAT(getrlimit(RLIMIT_AS, &before) == 0);
    none = before;
    none.rlim_cur = pages * 4096;
    TRUE_THAT(setrlimit(RLIMIT_AS, &none) == 0);
    CK_RV rv = p11->C_Login(session, 1, (CK_UTF8CHAR *)pin, strlen(pin));
    TRUE_THAT(setrlimit(RLIMIT_AS, &before) == 0);
    IS(rv, CKR_HOST_MEMORY);
    login(p11, session);
}

int main(void)
{
    alarm(120);
    p11 = load(module_path());
    locks_of_the_application();
    find_slot();
    no_memory(open_with(p11, CKF_RW_SERIAL));
    CK_SESSION_HANDLE session = open_with(p11, CKF_RW_SERIAL);
    a_key_too_small(session);
    what_the_project_forbids(session);
    a_template_against_itself(session);
    sessions_without_end();
    OK(p11->C_Finalize(NULL));
    return 0;
}
