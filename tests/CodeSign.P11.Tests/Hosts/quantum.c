/* ML-DSA and SLH-DSA through the raw interface: generation, sizes, contexts, what is refused, both ways to verify. */
#include "host.h"
#include "objects.h"

#define CKA_PARAMETER_SET 0x61dUL
#define CKM_ML_DSA_KEY_PAIR_GEN 0x1cUL
#define CKM_ML_DSA 0x1dUL
#define CKM_SLH_DSA_KEY_PAIR_GEN 0x2dUL
#define CKM_SLH_DSA 0x2eUL
#define CKR_PARAMETER_SET_NOT_SUPPORTED 0x209UL
#define ROOM 50000

typedef struct { CK_ULONG hedge; CK_BYTE *context; CK_ULONG bytes; } SIGN_CONTEXT;

static CK_BYTE message[] = "a message of any length", context[] = { 1, 2, 3 }, first[ROOM], second[ROOM];

static CK_RV make(CK_SESSION_HANDLE session, CK_ULONG mechanism, CK_ULONG set, CK_OBJECT_HANDLE *public, CK_OBJECT_HANDLE *private)
{
    CK_MECHANISM generate = { mechanism, NULL, 0 };
    CK_ATTRIBUTE publics[] = { NUMBER(CKA_PARAMETER_SET, set) };
    CK_ATTRIBUTE privates[] = { NUMBER(CKA_SIGN, yes) };
    return p11->C_GenerateKeyPair(session, &generate, publics, 1, privates, 1, public, private);
}

static CK_ULONG sign_message(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, CK_MECHANISM *mechanism, CK_BYTE *signature)
{
    CK_ULONG bytes = ROOM;
    OK(p11->C_SignInit(session, mechanism, key));
    OK(p11->C_Sign(session, message, sizeof message, signature, &bytes));
    return bytes;
}

static CK_RV verify_message(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, CK_MECHANISM *mechanism, CK_BYTE *signature, CK_ULONG bytes)
{
    OK(p11->C_VerifyInit(session, mechanism, key));
    return p11->C_Verify(session, message, sizeof message, signature, bytes);
}

static void try_kind(CK_SESSION_HANDLE session, CK_ULONG generate, CK_ULONG sign, CK_ULONG set, CK_ULONG wanted)
{
    CK_OBJECT_HANDLE public, private;
    OK(make(session, generate, set, &public, &private));
    CK_ULONG told = 0, length = 0;
    CK_ATTRIBUTE asked[] = { NUMBER(CKA_PARAMETER_SET, told), { CKA_VALUE, NULL, 0 } };
    OK(p11->C_GetAttributeValue(session, public, asked, 2));
    TRUE_THAT(told == set);
    TRUE_THAT(asked[1].value_bytes > 0 && asked[1].value_bytes != UNAVAILABLE);

    CK_MECHANISM plain = { sign, NULL, 0 };
    OK(p11->C_SignInit(session, &plain, private));
    OK(p11->C_Sign(session, message, sizeof message, NULL, &length));
    TRUE_THAT(length == wanted);
    length = wanted - 1;
    IS(p11->C_Sign(session, message, sizeof message, first, &length), CKR_BUFFER_TOO_SMALL);
    length = wanted;
    OK(p11->C_Sign(session, message, sizeof message, first, &length));
    OK(verify_message(session, public, &plain, first, wanted));
    IS(verify_message(session, public, &plain, first, wanted - 1), 0xc1UL);
    first[100] ^= 1;
    IS(verify_message(session, public, &plain, first, wanted), 0xc0UL);

    SIGN_CONTEXT bound = { 2, context, sizeof context };
    CK_MECHANISM deterministic = { sign, &bound, sizeof bound };
    TRUE_THAT(sign_message(session, private, &deterministic, first) == wanted);
    TRUE_THAT(sign_message(session, private, &deterministic, second) == wanted);
    TRUE_THAT(memcmp(first, second, wanted) == 0);
    bound.hedge = 1;
    TRUE_THAT(sign_message(session, private, &deterministic, second) == wanted);
    TRUE_THAT(memcmp(first, second, wanted) != 0);
    OK(verify_message(session, public, &deterministic, first, wanted));
    OK(verify_message(session, public, &deterministic, second, wanted));
    IS(verify_message(session, public, &plain, first, wanted), 0xc0UL);

    /* In parts, which come to the appliance as one message. */
    length = ROOM;
    OK(p11->C_SignInit(session, &plain, private));
    OK(p11->C_SignUpdate(session, message, 5));
    OK(p11->C_SignUpdate(session, message + 5, sizeof message - 5));
    OK(p11->C_SignFinal(session, second, &length));
    OK(verify_message(session, public, &plain, second, length));
}

static void try_parameters(CK_SESSION_HANDLE session)
{
    CK_OBJECT_HANDLE public, private;
    OK(make(session, CKM_ML_DSA_KEY_PAIR_GEN, 1, &public, &private));
    CK_BYTE long_context[256] = { 0 };
    SIGN_CONTEXT given = { 0, long_context, 255 };
    CK_MECHANISM mechanism = { CKM_ML_DSA, &given, sizeof given };
    sign_message(session, private, &mechanism, first);
    given.bytes = 256;
    IS(p11->C_SignInit(session, &mechanism, private), CKR_MECHANISM_PARAM_INVALID);
    IS(p11->C_VerifyInit(session, &mechanism, public), CKR_MECHANISM_PARAM_INVALID);
    given = (SIGN_CONTEXT){ 3, NULL, 0 };
    IS(p11->C_SignInit(session, &mechanism, private), CKR_MECHANISM_PARAM_INVALID);
    given = (SIGN_CONTEXT){ 0, NULL, 1 };
    IS(p11->C_SignInit(session, &mechanism, private), CKR_MECHANISM_PARAM_INVALID);
    given = (SIGN_CONTEXT){ 0, NULL, 0 };
    mechanism.parameter_bytes--;
    IS(p11->C_SignInit(session, &mechanism, private), CKR_MECHANISM_PARAM_INVALID);
    mechanism = (CK_MECHANISM){ CKM_SLH_DSA, NULL, 0 };
    IS(p11->C_SignInit(session, &mechanism, private), CKR_KEY_TYPE_INCONSISTENT);
    IS(make(session, CKM_ML_DSA_KEY_PAIR_GEN, 4, &public, &private), CKR_PARAMETER_SET_NOT_SUPPORTED);
    CK_MECHANISM generate = { CKM_ML_DSA_KEY_PAIR_GEN, NULL, 0 };
    CK_ATTRIBUTE privates[] = { NUMBER(CKA_SIGN, yes) };
    IS(p11->C_GenerateKeyPair(session, &generate, NULL, 0, privates, 1, &public, &private), CKR_TEMPLATE_INCOMPLETE);
}

int main(void)
{
    alarm(240);
    p11 = load(module_path());
    OK(p11->C_Initialize(NULL));
    find_slot();
    CK_SESSION_HANDLE session = open_with(p11, CKF_RW_SERIAL);
    login(p11, session);
    try_kind(session, CKM_ML_DSA_KEY_PAIR_GEN, CKM_ML_DSA, 1, 2420);
    try_kind(session, CKM_ML_DSA_KEY_PAIR_GEN, CKM_ML_DSA, 2, 3309);
    try_kind(session, CKM_ML_DSA_KEY_PAIR_GEN, CKM_ML_DSA, 3, 4627);
    try_kind(session, CKM_SLH_DSA_KEY_PAIR_GEN, CKM_SLH_DSA, 3, 17088);
    try_parameters(session);
    OK(p11->C_Finalize(NULL));
    return 0;
}
