/* A key that wants its PIN for each use (PKCS#11 v3.2 section 4.9, CKA_ALWAYS_AUTHENTICATE). The token's PIN locks after three tries. */
#include "host.h"
#include "objects.h"

#define CKA_ALWAYS_AUTHENTICATE 0x202UL
#define CKU_CONTEXT_SPECIFIC 2UL
#define CKR_OPERATION_NOT_INITIALIZED 0x91UL
#define CKR_PIN_INCORRECT 0xa0UL
#define CKR_PIN_LOCKED 0xa4UL

static CK_SESSION_HANDLE session;
static CK_OBJECT_HANDLE public, private, plain_public, plain_private;
static CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 }, hashing = { 0x1044, NULL, 0 };
static CK_BYTE digest[32], signature[64];
static CK_ULONG bytes;

static CK_RV for_one_use(const char *pin) { return p11->C_Login(session, CKU_CONTEXT_SPECIFIC, (CK_UTF8CHAR *)pin, strlen(pin)); }

static CK_RV finish(void)
{
    bytes = sizeof signature;
    return p11->C_Sign(session, digest, sizeof digest, signature, &bytes);
}

static void generate(void)
{
    CK_MECHANISM mechanism = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
    CK_ATTRIBUTE publics[] = { NUMBER(CKA_EC_PARAMS, p256) };
    CK_ATTRIBUTE privates[] = { NUMBER(CKA_SIGN, yes), NUMBER(CKA_TOKEN, yes), NUMBER(CKA_ALWAYS_AUTHENTICATE, yes), BYTES(CKA_LABEL, "careful") };
    OK(p11->C_GenerateKeyPair(session, &mechanism, publics, 1, privates, 4, &public, &private));
    make_pair(session, "plain", &no, &plain_public, &plain_private);
}

/* Omitting the login, or failing it, is as if it hadn't been tried; the operation ends by its own call. */
static void wants_a_login(const char *pin)
{
    IS(for_one_use(pin), CKR_OPERATION_NOT_INITIALIZED);
    OK(p11->C_SignInit(session, &ecdsa, private));
    bytes = 0;
    OK(p11->C_Sign(session, digest, sizeof digest, NULL, &bytes));
    IS(finish(), CKR_USER_NOT_LOGGED_IN);
    IS(finish(), CKR_OPERATION_NOT_INITIALIZED);
    OK(p11->C_SignInit(session, &hashing, private));
    IS(p11->C_SignUpdate(session, digest, 1), CKR_USER_NOT_LOGGED_IN);
    IS(p11->C_SignUpdate(session, digest, 1), CKR_OPERATION_NOT_INITIALIZED);
    OK(p11->C_SignInit(session, &ecdsa, private));
    IS(for_one_use("not the PIN"), CKR_PIN_INCORRECT);
    IS(finish(), CKR_USER_NOT_LOGGED_IN);
    OK(p11->C_SignInit(session, &ecdsa, private));
    IS(for_one_use("not the PIN"), CKR_PIN_INCORRECT);
    OK(for_one_use(pin));
    OK(finish());
    TRUE_THAT(bytes == 64);
    OK(p11->C_VerifyInit(session, &ecdsa, public));
    OK(p11->C_Verify(session, digest, sizeof digest, signature, bytes));
}

static void is_for_one_use(const char *pin)
{
    OK(p11->C_SignInit(session, &hashing, private));
    OK(for_one_use(pin));
    OK(p11->C_SignUpdate(session, digest, 1));
    OK(p11->C_SignUpdate(session, digest, 2));
    bytes = sizeof signature;
    OK(p11->C_SignFinal(session, signature, &bytes));
    OK(p11->C_SignInit(session, &ecdsa, private));
    IS(finish(), CKR_USER_NOT_LOGGED_IN);

    /* Of a key that doesn't want it, and of none: the operation isn't affected. */
    OK(p11->C_SignInit(session, &ecdsa, plain_private));
    IS(for_one_use(pin), CKR_OPERATION_NOT_INITIALIZED);
    OK(finish());
}

/* The last try locks and logs out; what was under way has ended, and the handle is void. */
static void locks_and_logs_out(const char *pin)
{
    OK(p11->C_SignInit(session, &ecdsa, private));
    IS(for_one_use("not the PIN"), CKR_PIN_INCORRECT);
    IS(for_one_use("not the PIN"), CKR_PIN_INCORRECT);
    CK_RV rv = for_one_use("not the PIN");
    TRUE_THAT(rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LOCKED);
    if (rv == CKR_PIN_INCORRECT)
        IS(for_one_use(pin), CKR_PIN_LOCKED);
    IS(finish(), CKR_OPERATION_NOT_INITIALIZED);
    IS(p11->C_Logout(session), CKR_USER_NOT_LOGGED_IN);
    IS(p11->C_SignInit(session, &ecdsa, private), CKR_KEY_HANDLE_INVALID);
    IS(p11->C_Login(session, 1, (CK_UTF8CHAR *)pin, strlen(pin)), CKR_PIN_LOCKED);
}

int main(void)
{
    const char *pin = getenv("CODESIGN_PIN");
    alarm(60);
    p11 = load(module_path());
    OK(p11->C_Initialize(NULL));
    find_slot();
    session = open_with(p11, CKF_RW_SERIAL);
    login(p11, session);
    generate();
    wants_a_login(pin);
    is_for_one_use(pin);
    locks_and_logs_out(pin);
    OK(p11->C_Finalize(NULL));
    return 0;
}
