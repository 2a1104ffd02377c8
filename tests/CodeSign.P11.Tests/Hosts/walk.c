/*
 * The walk through all states: every call of walk.h in every state of a session, with every operation under way. Prints a line for each:
 * the state, the operation, the call, its answer, and what is so afterwards where that is something else.
 */
#include "host.h"
#include "objects.h"
#include "walk.h"
#include "walk-operations.h"

struct v3_2 { CK_VERSION version; CRYPTOKI_ALL(MEMBER, MEMBER) };
struct CK_SESSION_INFO { CK_SLOT_ID slot; CK_ULONG state; CK_FLAGS flags; CK_ULONG error; };

#define PIN(text) (CK_UTF8CHAR *)(text), strlen(text)
#define NO_SLOT 0x7ffffffeUL
#define NO_SESSION 1UL
#define EVERYTHING (~0UL)
#define CKR_STATE_UNSAVEABLE 0x180UL
#define CKR_OPERATION_NOT_INITIALIZED 0x91UL
#define CKR_SIGNATURE_LEN_RANGE 0xc1UL
#define CKA_WRAP 0x106UL
#define CKA_UNWRAP 0x107UL
#define CKA_ALWAYS_AUTHENTICATE 0x202UL

enum state { UNINITIALISED, CLOSED, RO_PUBLIC, RO_USER, RW_PUBLIC, RW_USER, RW_SO, NO_SESSIONS, STATES };
static const char *const state_names[] = {
    "uninitialised", "closed", "ro-public", "ro-user", "rw-public", "rw-user", "rw-so", "no-session",
};
enum operation { NONE, FIND, DIGEST, DIGEST_PARTS, VERIFY, VERIFY_PARTS, GIVEN, GIVEN_PARTS, SIGN, SIGN_PARTS, SIGN_PIN, OPERATIONS };
static const char *const operation_names[] = {
    "none", "find", "digest", "digest-parts", "verify", "verify-parts", "verify-given", "verify-given-parts", "sign", "sign-parts", "sign-pin",
};

static const char *const so_pin = "officer-0815", *const user_pin = "user-4711";
static struct v3_2 *f;
static enum state state;
static CK_SESSION_HANDLE s = NO_SESSION;
static CK_OBJECT_HANDLE data, private_data, secret_key, session_key, careful_key, made, second;
static CK_UTF8CHAR label[33];
static CK_BYTE room[4096], message[] = "abc", signature[64], wrapped[24];
static CK_ULONG bytes;
static CK_MECHANISM sha256 = { 0x250, NULL, 0 }, ecdsa_sha256 = { 0x1044, NULL, 0 }, rsa = { 1, NULL, 0 }, aes_ecb = { 0x1081, NULL, 0 };
static CK_MECHANISM aes_wrap = { 0x2109, NULL, 0 };
static CK_MECHANISM unknown = { 0x80001234, NULL, 0 }, with_parameter = { 0x1044, room, 8 };
static CK_MECHANISM aes_generation = { CKM_AES_KEY_GEN, NULL, 0 }, pair_generation = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
static CK_ATTRIBUTE to_session[] = { NUMBER(CKA_TOKEN, no) }, key_template[] = { NUMBER(CKA_VALUE_LEN, sixteen) };
static CK_ATTRIBUTE unwrap_template[] = { NUMBER(CKA_CLASS, secret_class), NUMBER(CKA_KEY_TYPE, aes) };
static CK_ATTRIBUTE curve_template[] = { NUMBER(CKA_EC_PARAMS, p256) };

static CK_RV unused_lock(void *mutex) { (void)mutex; return CKR_OK; }

static const char *own_pin(void) { return state == RW_SO ? so_pin : user_pin; }

static CK_ATTRIBUTE *data_template(CK_BBOOL *token, CK_BBOOL *private)
{
    static CK_ATTRIBUTE template[5] = { NUMBER(CKA_CLASS, data_class), [3] = BYTES(CKA_LABEL, "passing"), [4] = BYTES(CKA_VALUE, "value") };
    template[1] = (CK_ATTRIBUTE){ CKA_TOKEN, token, 1 };
    template[2] = (CK_ATTRIBUTE){ CKA_PRIVATE, private, 1 };
    return template;
}

/* What a call has made goes again, so that each finds the same. */
static CK_RV gone(CK_RV rv)
{
    if (rv == CKR_OK)
        OK(f->C_DestroyObject(s, made));
    if (rv == CKR_OK && second)
        OK(f->C_DestroyObject(s, second));
    second = 0;
    return rv;
}

static CK_RV closed(CK_RV rv)
{
    if (rv == CKR_OK)
        OK(f->C_CloseSession(made));
    return rv;
}

/* The token's own stays where the session may make none. */
static CK_RV made_then_destroyed(CK_BBOOL *token)
{
    CK_RV rv = f->C_CreateObject(s, data_template(token, &no), 5, &made);
    return f->C_DestroyObject(s, rv == CKR_OK ? made : data);
}

static void find_objects(CK_SESSION_HANDLE session, int is_user)
{
    public_key = find(session, CKO_PUBLIC, "walk key");
    data = find(session, CKO_DATA, "walk data");
    if (!is_user)
        return;
    signing_key = find(session, CKO_PRIVATE, "walk key");
    careful_key = find(session, CKO_PRIVATE, "walk careful");
    secret_key = find(session, CKO_SECRET, "walk secret");
    private_data = find(session, CKO_DATA, "walk private");
}

/* An extractable key of the session, to be wrapped: one of the token leaves under a trusted key only. */
static void make_session_key(CK_SESSION_HANDLE session)
{
    CK_ATTRIBUTE template[] = { NUMBER(CKA_VALUE_LEN, sixteen), NUMBER(CKA_EXTRACTABLE, yes) };
    OK(f->C_GenerateKey(session, &aes_generation, template, 2, &session_key));
}

static CK_SESSION_HANDLE open_as(CK_FLAGS flags, int user)
{
    CK_SESSION_HANDLE session = open_with(p11, flags);
    if (user >= 0)
        OK(f->C_Login(session, user, PIN(user == 0 ? so_pin : user_pin)));
    find_objects(session, user == 1);
    if (user == 1)
        make_session_key(session);
    return session;
}

/* From whatever is to the state, with no operation. */
static void enter(void)
{
    CK_RV rv = state == UNINITIALISED ? f->C_Finalize(NULL) : f->C_Initialize(NULL);
    TRUE_THAT(rv == CKR_OK || rv == CKR_CRYPTOKI_NOT_INITIALIZED || rv == CKR_CRYPTOKI_ALREADY_INITIALIZED);
    s = NO_SESSION;
    if (state == UNINITIALISED)
        return;
    OK(f->C_CloseAllSessions(token_slot));
    if (state == CLOSED) {
        open_as(CKF_RW_SERIAL, 1);
        s = open_with(p11, CKF_RW_SERIAL);
        OK(f->C_CloseSession(s));
    } else if (state != NO_SESSIONS) {
        int user = state == RW_SO ? 0 : state == RO_USER || state == RW_USER ? 1 : -1;
        s = open_as(state == RO_PUBLIC || state == RO_USER ? 4 : CKF_RW_SERIAL, user);
    }
}

static void begin(enum operation operation)
{
    switch (operation) {
    case NONE: case OPERATIONS: break;
    case FIND: OK(f->C_FindObjectsInit(s, NULL, 0)); break;
    case DIGEST: case DIGEST_PARTS: OK(f->C_DigestInit(s, &sha256)); break;
    case VERIFY: case VERIFY_PARTS: OK(f->C_VerifyInit(s, &ecdsa_sha256, public_key)); break;
    case GIVEN: case GIVEN_PARTS: OK(f->C_VerifySignatureInit(s, &ecdsa_sha256, public_key, signature, 64)); break;
    case SIGN: case SIGN_PARTS: OK(f->C_SignInit(s, &ecdsa_sha256, signing_key)); break;
    case SIGN_PIN: OK(f->C_SignInit(s, &ecdsa_sha256, careful_key)); break;
    }
    if (operation == DIGEST_PARTS)
        OK(f->C_DigestUpdate(s, message, 1));
    if (operation == VERIFY_PARTS)
        OK(f->C_VerifyUpdate(s, message, 1));
    if (operation == GIVEN_PARTS)
        OK(f->C_VerifySignatureUpdate(s, message, 1));
    if (operation == SIGN_PARTS)
        OK(f->C_SignUpdate(s, message, 1));
}

static int is_unsaveable(void) { return f->C_GetOperationState(s, NULL, &bytes) == CKR_STATE_UNSAVEABLE; }

/* Which operation is under way; asking ends it. */
static enum operation end(void)
{
    if (f->C_FindObjects(s, (CK_OBJECT_HANDLE *)room, 1, &bytes) == CKR_OK)
        return FIND;
    if (f->C_DigestFinal(s, NULL, &bytes) == CKR_OK)
        return f->C_Digest(s, message, 3, NULL, &bytes) == CKR_OK ? DIGEST : DIGEST_PARTS;
    if (f->C_SignFinal(s, NULL, &bytes) == CKR_OK) {
        if (f->C_Sign(s, message, 3, NULL, &bytes) != CKR_OK)
            return SIGN_PARTS;
        return f->C_SignUpdate(s, message, 1) == CKR_USER_NOT_LOGGED_IN ? SIGN_PIN : SIGN;
    }
    if (!is_unsaveable())
        return NONE;
    if (f->C_Verify(s, message, 3, signature, 63) == CKR_SIGNATURE_LEN_RANGE)
        return VERIFY;
    if (!is_unsaveable())
        return VERIFY_PARTS;
    return f->C_VerifySignature(s, message, 3) == CKR_OPERATION_NOT_INITIALIZED ? GIVEN_PARTS : GIVEN;
}

static enum state current_state(void)
{
    static const enum state of_number[] = { RO_PUBLIC, RO_USER, RW_PUBLIC, RW_USER, RW_SO };
    CK_SESSION_INFO info;
    CK_RV rv = f->C_GetSessionInfo(s, &info);
    if (rv == CKR_CRYPTOKI_NOT_INITIALIZED)
        return UNINITIALISED;
    if (rv == CKR_SESSION_HANDLE_INVALID)
        return state == CLOSED || state == NO_SESSIONS ? state : s == NO_SESSION ? NO_SESSIONS : CLOSED;
    OK(rv);
    TRUE_THAT(info.state < COUNT(of_number) && info.slot == token_slot && info.error == 0);
    return of_number[info.state];
}

static void tell(enum operation operation, const char *call, CK_RV rv)
{
    enum state now = current_state();
    int has_session = now > CLOSED && now < NO_SESSIONS;
    enum operation left = has_session ? end() : operation;
    printf("%s %s|%s|%lx|%s", state_names[state], operation_names[operation], call, rv, now != state ? state_names[now] : "");
    printf("%s%s\n", now != state && left != operation ? " " : "", left != operation ? operation_names[left] : "");
    if (now != state || !has_session)
        enter();
    else
        OK(f->C_SessionCancel(s, EVERYTHING));
    begin(operation);
}

static void walk(enum operation operation)
{
    enter();
    begin(operation);
#define WALK(name, call) \
    if (state != NO_SESSIONS || strcmp(name, "C_InitToken") != 0) \
        tell(operation, name, call);
    GENERAL_CALLS(WALK)
    SESSION_CALLS(WALK)
    OBJECT_CALLS(WALK)
    DIGEST_CALLS(WALK)
    SIGN_CALLS(WALK)
    VERIFY_CALLS(WALK)
    TRANSPORT_CALLS(WALK)
    OTHER_CALLS(WALK)
}

/* A token with a PIN for its user, and what is called upon. */
static void furnish(void)
{
    CK_ATTRIBUTE privates[] = { NUMBER(CKA_SIGN, yes), NUMBER(CKA_TOKEN, yes), NUMBER(CKA_ALWAYS_AUTHENTICATE, yes), BYTES(CKA_LABEL, "walk careful") };
    CK_ATTRIBUTE secrets[] = {
        NUMBER(CKA_VALUE_LEN, sixteen), NUMBER(CKA_TOKEN, yes), NUMBER(CKA_SENSITIVE, no), NUMBER(CKA_EXTRACTABLE, yes), BYTES(CKA_LABEL, "walk secret"),
        NUMBER(CKA_WRAP, yes), NUMBER(CKA_UNWRAP, yes),
    };
    CK_ATTRIBUTE datum[] = { NUMBER(CKA_CLASS, data_class), NUMBER(CKA_TOKEN, yes), NUMBER(CKA_PRIVATE, yes), BYTES(CKA_LABEL, "walk private") };
    CK_OBJECT_HANDLE public, private;
    OK(f->C_InitToken(token_slot, PIN(so_pin), label));
    s = open_with(p11, CKF_RW_SERIAL);
    OK(f->C_Login(s, 0, PIN(so_pin)));
    OK(f->C_InitPIN(s, PIN(user_pin)));
    OK(f->C_Logout(s));
    OK(f->C_Login(s, 1, PIN(user_pin)));
    make_pair(s, "walk key", &yes, &public, &private);
    make_data(p11, s, "walk data", &yes);
    OK(f->C_CreateObject(s, datum, 4, &made));
    OK(f->C_GenerateKey(s, &aes_generation, secrets, COUNT(secrets), &made));
    bytes = sizeof wrapped;
    make_session_key(s);
    OK(f->C_WrapKey(s, &aes_wrap, made, session_key, wrapped, &bytes));
    OK(f->C_GenerateKeyPair(s, &pair_generation, curve_template, 1, privates, 4, &public_key, &careful_key));
    OK(f->C_SignInit(s, &ecdsa_sha256, private));
    bytes = sizeof signature;
    OK(f->C_Sign(s, message, 3, signature, &bytes));
}

int main(void)
{
    CK_RV (*get)(CK_UTF8CHAR *, CK_VERSION *, CK_INTERFACE **, CK_FLAGS);
    CK_INTERFACE *interface;
    alarm(300);
    p11 = load(module_path());
    *(void **)&get = dlsym(p11_handle, "C_GetInterface");
    OK(get((CK_UTF8CHAR *)"PKCS 11", &(CK_VERSION){ 3, 2 }, &interface, 0));
    f = interface->pFunctionList;
    snprintf((char *)label, sizeof label, "%-32s", getenv("CODESIGN_TOKEN_LABEL"));
    OK(f->C_Initialize(NULL));
    find_slot();
    furnish();
    for (state = 0; state < STATES; state++) {
        int has_session = state > CLOSED && state < NO_SESSIONS;
        for (enum operation operation = 0; operation < (has_session ? OPERATIONS : 1); operation++)
            if (operation < SIGN || state == RO_USER || state == RW_USER)
                walk(operation);
    }
    /* The last, because nothing is left after it. */
    state = NO_SESSIONS;
    enter();
    printf("no-session none|C_InitToken|%lx|\n", f->C_InitToken(token_slot, PIN(so_pin), label));
    OK(f->C_Finalize(NULL));
    return 0;
}
