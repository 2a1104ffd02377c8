/* Keys that two parties make out of each other's public points, and parameters that lie, through the raw interface. */
#include "host.h"
#include "objects.h"

#define CKK_GENERIC_SECRET 0x10UL
#define CKM_ECDH1_DERIVE 0x1050UL
#define CKM_ECDH1_COFACTOR_DERIVE 0x1051UL
#define CKM_XOR_BASE_AND_DATA 0x364UL
#define CKD_NULL 1UL
#define CKD_SHA256_KDF 6UL
#define CKD_BLAKE2B_256_KDF 0x18UL
#define CKR_KEY_FUNCTION_NOT_PERMITTED 0x68UL

struct ecdh { CK_ULONG kdf, shared_bytes; CK_BYTE *shared; CK_ULONG public_bytes; CK_BYTE *public; };

static CK_SESSION_HANDLE session;
static CK_ULONG generic = CKK_GENERIC_SECRET;
static CK_BYTE x25519[] = { 6, 3, 0x2b, 0x65, 0x6e };

static void pair(CK_ULONG mechanism, CK_BYTE *curve, CK_ULONG curve_bytes, CK_OBJECT_HANDLE *private, CK_BYTE *point, CK_ULONG *point_bytes)
{
    CK_MECHANISM generate = { mechanism, NULL, 0 };
    CK_ATTRIBUTE publics[] = { { CKA_EC_PARAMS, curve, curve_bytes } }, privates[] = { NUMBER(CKA_DERIVE, yes) };
    CK_ATTRIBUTE asked = { CKA_EC_POINT, point, *point_bytes };
    CK_OBJECT_HANDLE public;
    OK(p11->C_GenerateKeyPair(session, &generate, publics, 1, privates, 1, &public, private));
    OK(p11->C_GetAttributeValue(session, public, &asked, 1));
    *point_bytes = asked.value_bytes;
    OK(p11->C_DestroyObject(session, public));
}

static CK_RV derive(CK_ULONG mechanism, void *parameter, CK_ULONG bytes, CK_OBJECT_HANDLE base, CK_OBJECT_HANDLE *made)
{
    CK_MECHANISM how = { mechanism, parameter, bytes };
    CK_ATTRIBUTE template[] = { NUMBER(CKA_KEY_TYPE, generic), NUMBER(CKA_SENSITIVE, no), NUMBER(CKA_EXTRACTABLE, yes) };
    *made = NOWHERE;
    return p11->C_DeriveKey(session, &how, base, template, COUNT(template), made);
}

/* Each out of its own private and the other's public half: the same key, whichever way the point is written. */
static void both_agree(CK_ULONG mechanism, CK_BYTE *curve, CK_ULONG curve_bytes, CK_ULONG secret_bytes)
{
    CK_BYTE points[2][160], values[2][64], shared[] = "shared";
    CK_ULONG lengths[2] = { sizeof points[0], sizeof points[1] }, kdfs[] = { CKD_NULL, CKD_SHA256_KDF };
    CK_OBJECT_HANDLE keys[2], made;
    for (int i = 0; i < 2; i++)
        pair(mechanism, curve, curve_bytes, &keys[i], points[i], &lengths[i]);
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < 2; i++) {
            struct ecdh parameter = { kdfs[k], k * 6UL, k ? shared : NULL, lengths[1 - i] - 2UL * i, points[1 - i] + 2 * i };
            CK_ATTRIBUTE asked = { CKA_VALUE, values[i], sizeof values[i] };
            OK(derive(i ? CKM_ECDH1_COFACTOR_DERIVE : CKM_ECDH1_DERIVE, &parameter, sizeof parameter, keys[i], &made));
            OK(p11->C_GetAttributeValue(session, made, &asked, 1));
            TRUE_THAT(asked.value_bytes == (k ? 32 : secret_bytes));
            OK(p11->C_DestroyObject(session, made));
        }
        TRUE_THAT(memcmp(values[0], values[1], secret_bytes < 32 ? secret_bytes : 32) == 0);
    }
    for (int i = 0; i < 2; i++)
        OK(p11->C_DestroyObject(session, keys[i]));
}

static void parameters_that_lie(void)
{
    CK_BYTE point[160], bad[65];
    CK_ULONG point_bytes = sizeof point;
    CK_OBJECT_HANDLE key, made, public, signer;
    pair(CKM_EC_KEY_PAIR_GEN, p256, sizeof p256, &key, point, &point_bytes);
    make_pair(session, "signer", &no, &public, &signer);
    struct ecdh good = { CKD_NULL, 0, NULL, point_bytes, point };
    struct ecdh lies[] = {
        { 0, 0, NULL, point_bytes, point }, { CKD_BLAKE2B_256_KDF, 0, NULL, point_bytes, point }, { CKD_NULL, 1, point, point_bytes, point },
        { CKD_NULL, 0, NULL, 0, point }, { CKD_NULL, 0, NULL, point_bytes, NULL }, { CKD_NULL, 0, NULL, ~0UL, point },
        { CKD_SHA256_KDF, ~0UL, point, point_bytes, point }, { CKD_SHA256_KDF, 4097, point, point_bytes, point },
        { CKD_SHA256_KDF, 5, NULL, point_bytes, point }, { CKD_NULL, 0, NULL, 4097, point }, { CKD_NULL, 0, NULL, point_bytes - 1, point },
        { CKD_NULL, 0, NULL, sizeof bad, bad } };
    memcpy(bad, point + 2, sizeof bad);
    bad[64] ^= 1;
    for (CK_ULONG i = 0; i < COUNT(lies); i++) {
        IS(derive(CKM_ECDH1_DERIVE, &lies[i], sizeof lies[i], key, &made), CKR_MECHANISM_PARAM_INVALID);
        TRUE_THAT(made == NOWHERE);
    }
    IS(derive(CKM_ECDH1_DERIVE, NULL, 0, key, &made), CKR_MECHANISM_PARAM_INVALID);
    IS(derive(CKM_ECDH1_DERIVE, NULL, sizeof good, key, &made), CKR_MECHANISM_PARAM_INVALID);
    IS(derive(CKM_ECDH1_DERIVE, &good, sizeof good - 1, key, &made), CKR_MECHANISM_PARAM_INVALID);
    IS(derive(CKM_ECDH1_DERIVE, &good, sizeof good + 1, key, &made), CKR_MECHANISM_PARAM_INVALID);
    IS(derive(CKM_XOR_BASE_AND_DATA, &good, sizeof good, key, &made), CKR_MECHANISM_INVALID);
    IS(derive(CKM_ECDH1_DERIVE, &good, sizeof good, NOWHERE, &made), CKR_KEY_HANDLE_INVALID);
    IS(derive(CKM_ECDH1_DERIVE, &good, sizeof good, public, &made), CKR_KEY_TYPE_INCONSISTENT);
    IS(derive(CKM_ECDH1_DERIVE, &good, sizeof good, signer, &made), CKR_KEY_FUNCTION_NOT_PERMITTED);
    IS(p11->C_DeriveKey(session, NULL, key, NULL, 0, &made), CKR_ARGUMENTS_BAD);
    CK_MECHANISM how = { CKM_ECDH1_DERIVE, &good, sizeof good };
    IS(p11->C_DeriveKey(session, &how, key, NULL, 0, NULL), CKR_ARGUMENTS_BAD);
    IS(p11->C_DeriveKey(session, &how, key, NULL, 1, &made), CKR_ARGUMENTS_BAD);
    IS(p11->C_DeriveKey(session, &how, key, NULL, 0, &made), CKR_TEMPLATE_INCOMPLETE);
    IS(p11->C_DeriveKey(session + 77, &how, key, NULL, 0, &made), CKR_SESSION_HANDLE_INVALID);
    TRUE_THAT(made == NOWHERE);
    OK(derive(CKM_ECDH1_DERIVE, &good, sizeof good, key, &made));
    OK(p11->C_DestroyObject(session, made));
    OK(p11->C_DestroyObject(session, key));
    OK(p11->C_DestroyObject(session, public));
    OK(p11->C_DestroyObject(session, signer));
}

int main(void)
{
    alarm(120);
    p11 = load(module_path());
    OK(p11->C_Initialize(NULL));
    find_slot();
    session = open_with(p11, CKF_RW_SERIAL);
    login(p11, session);
    both_agree(CKM_EC_KEY_PAIR_GEN, p256, sizeof p256, 32);
    both_agree(CKM_EC_MONTGOMERY_KEY_PAIR_GEN, x25519, sizeof x25519, 32);
    parameters_that_lie();
    OK(p11->C_Finalize(NULL));
    return 0;
}
