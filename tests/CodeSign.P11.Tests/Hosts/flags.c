/* What C_GetMechanismInfo says of a mechanism is what the functions do with it: each function takes those that have its flag, and no others. */
#include "host.h"
#include "objects.h"

struct CK_MECHANISM_INFO { CK_ULONG min, max; CK_FLAGS flags; };

#define CKR_FUNCTION_NOT_SUPPORTED 0x54UL
#define CKM_GENERIC_SECRET_KEY_GEN 0x350UL
#define CKM_ECDH1_DERIVE 0x1050UL
#define CKM_ECDH1_COFACTOR_DERIVE 0x1051UL
#define CKF_EC_F_P 0x100000UL
#define CKF_EC_OID 0x800000UL
#define CKF_EC_FORMS 0x3000000UL   /* CKF_EC_UNCOMPRESS, CKF_EC_COMPRESS */
#define MECHANISMS_MAX 256

static CK_SESSION_HANDLE session;
static CK_ULONG mechanisms[MECHANISMS_MAX], count = MECHANISMS_MAX;

/* Without a key or a template a call fails, but only one that knows the mechanism has other reasons to. */
static CK_RV try(CK_FLAGS use, CK_MECHANISM *mechanism)
{
    CK_BYTE room[64];
    CK_ULONG bytes = sizeof room;
    CK_OBJECT_HANDLE one, two;
    switch (use) {
    case 0x100: return p11->C_EncryptInit(session, mechanism, 0);
    case 0x200: return p11->C_DecryptInit(session, mechanism, 0);
    case 0x400: return p11->C_DigestInit(session, mechanism);
    case 0x800: return p11->C_SignInit(session, mechanism, 0);
    case 0x1000: return p11->C_SignRecoverInit(session, mechanism, 0);
    case 0x2000: return p11->C_VerifyInit(session, mechanism, 0);
    case 0x4000: return p11->C_VerifyRecoverInit(session, mechanism, 0);
    case 0x8000: return p11->C_GenerateKey(session, mechanism, NULL, 0, &one);
    case 0x10000: return p11->C_GenerateKeyPair(session, mechanism, NULL, 0, NULL, 0, &one, &two);
    case 0x20000: return p11->C_WrapKey(session, mechanism, 0, 0, room, &bytes);
    case 0x40000: return p11->C_UnwrapKey(session, mechanism, 0, room, 24, NULL, 0, &one);
    case 0x80000: return p11->C_DeriveKey(session, mechanism, 0, NULL, 0, &one);
    default: fail("no such use: 0x%lx", use);
    }
}

static void check(CK_ULONG type)
{
    CK_MECHANISM mechanism = { type, NULL, 0 };
    struct CK_MECHANISM_INFO info;
    OK(p11->C_GetMechanismInfo(token_slot, type, (CK_MECHANISM_INFO *)&info));
    TRUE_THAT(info.min <= info.max);
    for (CK_FLAGS use = 0x100; use <= 0x80000; use <<= 1) {
        CK_RV rv = try(use, &mechanism);
        int is_taken = rv != CKR_MECHANISM_INVALID && rv != CKR_FUNCTION_NOT_SUPPORTED;
        if (is_taken != !!(info.flags & use))
            fail("mechanism 0x%lx with flags 0x%lx: use 0x%lx answered 0x%lx", type, info.flags, use, rv);
        if (use == 0x400 && rv == CKR_OK)
            OK(p11->C_DigestInit(session, NULL));
    }
    /* Section 6.3: of curves, the field, how parameters are said, and the form of points. */
    if (info.flags & CKF_EC_F_P)
        TRUE_THAT((info.flags & CKF_EC_OID) && (info.flags & CKF_EC_FORMS));
    int is_of_curves = type >> 4 == 0x104 || (type >= CKM_ECDH1_DERIVE && type <= CKM_ECDH1_COFACTOR_DERIVE)
        || (type >= CKM_EC_EDWARDS_KEY_PAIR_GEN && type <= CKM_EDDSA);
    TRUE_THAT(is_of_curves == !!(info.flags & CKF_EC_F_P));
    /* Sections 6.8.3 and 6.10.2: bits of generic secrets, bytes of AES keys. */
    if (type == CKM_GENERIC_SECRET_KEY_GEN)
        TRUE_THAT(info.min == 8 && info.max == 8 * 4096);
    if (type == CKM_AES_KEY_GEN)
        TRUE_THAT(info.min == 16 && info.max == 32);
}

int main(void)
{
    struct CK_MECHANISM_INFO info;
    alarm(60);
    p11 = load(module_path());
    OK(p11->C_Initialize(NULL));
    find_slot();
    session = open_with(p11, CKF_RW_SERIAL);
    login(p11, session);
    OK(p11->C_GetMechanismList(token_slot, mechanisms, &count));
    TRUE_THAT(count > 40);
    for (CK_ULONG i = 0; i < count; i++) {
        check(mechanisms[i]);
        for (CK_ULONG other = i + 1; other < count; other++)
            TRUE_THAT(mechanisms[i] != mechanisms[other]);
    }
    /* What isn't listed is taken by nothing. */
    for (CK_ULONG type = 0; type < 0x4100; type++) {
        CK_MECHANISM mechanism = { type, NULL, 0 };
        int is_listed = 0;
        for (CK_ULONG i = 0; i < count; i++)
            is_listed |= mechanisms[i] == type;
        if (is_listed)
            continue;
        IS(p11->C_GetMechanismInfo(token_slot, type, (CK_MECHANISM_INFO *)&info), CKR_MECHANISM_INVALID);
        IS(p11->C_DigestInit(session, &mechanism), CKR_MECHANISM_INVALID);
        IS(p11->C_SignInit(session, &mechanism, 0), CKR_MECHANISM_INVALID);
        IS(p11->C_VerifyInit(session, &mechanism, 0), CKR_MECHANISM_INVALID);
        IS(try(0x8000, &mechanism), CKR_MECHANISM_INVALID);
        IS(try(0x10000, &mechanism), CKR_MECHANISM_INVALID);
    }
    OK(p11->C_Finalize(NULL));
    return 0;
}
