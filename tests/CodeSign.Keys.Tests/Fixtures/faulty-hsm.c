/*
 * A PKCS#11 library between an application and SoftHSM that misbehaves on command: counts calls, holds them for a while, answers
 * chosen codes, hides mechanisms. Built by the tests with -DHSM_LIBRARY="path of the real one".
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

typedef unsigned long ulong_t;

/* CK_FUNCTION_LIST of PKCS#11 v2.40: a version, then 68 functions in the standard's order. */
enum { FUNCTIONS = 68 };
struct function_list {
    unsigned char version[2];
    void *functions[FUNCTIONS];
};

enum {
    FINALIZE = 1, GET_FUNCTION_LIST = 3, GET_SLOT_LIST = 4, GET_MECHANISM_LIST = 7, OPEN_SESSION = 12, GET_SESSION_INFO = 15,
    LOGIN = 18, CREATE_OBJECT = 20, DESTROY_OBJECT = 22, SIGN_INIT = 42, SIGN = 43, GENERATE_KEY = 58, GENERATE_KEY_PAIR = 59,
};

static struct function_list *real;
static struct function_list own;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int calls[FUNCTIONS];
static int held[FUNCTIONS];
static int holds_left[FUNCTIONS];
static int hold_seconds[FUNCTIONS];
static ulong_t answers[FUNCTIONS];
static int answers_left[FUNCTIONS];
static ulong_t hidden_mechanism = ~0UL;

/* The answer the function must give instead of doing its work, or 0. */
static ulong_t enter(int function)
{
    ulong_t answer = 0;
    pthread_mutex_lock(&gate);
    calls[function]++;
    if (holds_left[function] > 0) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += hold_seconds[function];
        holds_left[function]--;
        held[function]++;
        while (hold_seconds[function] > 0 && pthread_cond_timedwait(&changed, &gate, &until) == 0) { }
        held[function]--;
    }
    if (answers_left[function] != 0) {
        if (answers_left[function] > 0) {
            answers_left[function]--;
        }
        answer = answers[function];
    }
    pthread_mutex_unlock(&gate);
    return answer;
}

#define PASS(function, types, arguments)                                \
    do {                                                                \
        ulong_t answer = enter(function);                               \
        return answer != 0 ? answer : ((ulong_t (*) types)real->functions[function]) arguments; \
    } while (0)

/* SoftHSM is shared by all copies of this library in the process; none of them may shut it down. */
static ulong_t finalize(void *reserved) { (void)reserved; calls[FINALIZE]++; return 0; }

static ulong_t get_slot_list(unsigned char present, ulong_t *slots, ulong_t *count)
{
    PASS(GET_SLOT_LIST, (unsigned char, ulong_t *, ulong_t *), (present, slots, count));
}

static ulong_t get_mechanism_list(ulong_t slot, ulong_t *list, ulong_t *count)
{
    ulong_t result = ((ulong_t (*)(ulong_t, ulong_t *, ulong_t *))real->functions[GET_MECHANISM_LIST])(slot, list, count);
    if (result == 0 && list != NULL) {
        ulong_t kept = 0;
        for (ulong_t i = 0; i < *count; i++) {
            if (list[i] != hidden_mechanism) {
                list[kept++] = list[i];
            }
        }
        *count = kept;
    }
    return result;
}

static ulong_t open_session(ulong_t slot, ulong_t flags, void *application, void *notify, ulong_t *session)
{
    PASS(OPEN_SESSION, (ulong_t, ulong_t, void *, void *, ulong_t *), (slot, flags, application, notify, session));
}

static ulong_t get_session_info(ulong_t session, void *info)
{
    PASS(GET_SESSION_INFO, (ulong_t, void *), (session, info));
}

static ulong_t login(ulong_t session, ulong_t user, unsigned char *pin, ulong_t bytes)
{
    PASS(LOGIN, (ulong_t, ulong_t, unsigned char *, ulong_t), (session, user, pin, bytes));
}

static ulong_t create_object(ulong_t session, void *template, ulong_t count, ulong_t *object)
{
    PASS(CREATE_OBJECT, (ulong_t, void *, ulong_t, ulong_t *), (session, template, count, object));
}

static ulong_t destroy_object(ulong_t session, ulong_t object)
{
    PASS(DESTROY_OBJECT, (ulong_t, ulong_t), (session, object));
}

static ulong_t sign_init(ulong_t session, void *mechanism, ulong_t key)
{
    PASS(SIGN_INIT, (ulong_t, void *, ulong_t), (session, mechanism, key));
}

static ulong_t sign(ulong_t session, unsigned char *data, ulong_t bytes, unsigned char *signature, ulong_t *signature_bytes)
{
    PASS(SIGN, (ulong_t, unsigned char *, ulong_t, unsigned char *, ulong_t *), (session, data, bytes, signature, signature_bytes));
}

static ulong_t generate_key(ulong_t session, void *mechanism, void *template, ulong_t count, ulong_t *key)
{
    PASS(GENERATE_KEY, (ulong_t, void *, void *, ulong_t, ulong_t *), (session, mechanism, template, count, key));
}

static ulong_t generate_key_pair(
    ulong_t session, void *mechanism, void *public_template, ulong_t public_count, void *private_template, ulong_t private_count,
    ulong_t *public_key, ulong_t *private_key)
{
    PASS(GENERATE_KEY_PAIR, (ulong_t, void *, void *, ulong_t, void *, ulong_t, ulong_t *, ulong_t *),
        (session, mechanism, public_template, public_count, private_template, private_count, public_key, private_key));
}

ulong_t C_GetFunctionList(struct function_list **list)
{
    if (real == NULL) {
        void *library = dlopen(HSM_LIBRARY, RTLD_NOW | RTLD_LOCAL);
        ulong_t (*get)(struct function_list **) =
            library == NULL ? NULL : (ulong_t (*)(struct function_list **))dlsym(library, "C_GetFunctionList");
        if (get == NULL || get(&real) != 0) {
            return 5;
        }
        own = *real;
        own.functions[GET_FUNCTION_LIST] = (void *)C_GetFunctionList;
        own.functions[FINALIZE] = (void *)finalize;
        own.functions[GET_SLOT_LIST] = (void *)get_slot_list;
        own.functions[GET_MECHANISM_LIST] = (void *)get_mechanism_list;
        own.functions[OPEN_SESSION] = (void *)open_session;
        own.functions[GET_SESSION_INFO] = (void *)get_session_info;
        own.functions[LOGIN] = (void *)login;
        own.functions[CREATE_OBJECT] = (void *)create_object;
        own.functions[DESTROY_OBJECT] = (void *)destroy_object;
        own.functions[SIGN_INIT] = (void *)sign_init;
        own.functions[SIGN] = (void *)sign;
        own.functions[GENERATE_KEY] = (void *)generate_key;
        own.functions[GENERATE_KEY_PAIR] = (void *)generate_key_pair;
    }
    *list = &own;
    return 0;
}

/* What the tests command. */

int faulty_calls(int function) { return calls[function]; }

int faulty_held(int function)
{
    pthread_mutex_lock(&gate);
    int count = held[function];
    pthread_mutex_unlock(&gate);
    return count;
}

/* The next count calls wait this long, or until they are released. */
void faulty_hold(int function, int count, int seconds)
{
    pthread_mutex_lock(&gate);
    holds_left[function] = count;
    hold_seconds[function] = seconds;
    pthread_mutex_unlock(&gate);
}

void faulty_release(int function)
{
    pthread_mutex_lock(&gate);
    holds_left[function] = 0;
    hold_seconds[function] = 0;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&gate);
}

/* The next count calls answer this code; a negative count: all, until told otherwise. */
void faulty_answer(int function, ulong_t code, int count)
{
    pthread_mutex_lock(&gate);
    answers[function] = code;
    answers_left[function] = count;
    pthread_mutex_unlock(&gate);
}

void faulty_hide_mechanism(ulong_t mechanism) { hidden_mechanism = mechanism; }
