/*
 * Keys carried by RSA, under public keys that live in the host, and by AES-GCM with associated data: C_WrapKeyAuthenticated and its
 * counterpart. What the appliance draws of an IV stands in the host's memory afterwards.
 */
#include "host.h"
#include "objects.h"

#define CKA_MODULUS_BITS 0x121UL
#define CKA_WRAP 0x106UL
#define CKA_UNWRAP 0x107UL
#define CKM_RSA_PKCS_KEY_PAIR_GEN 0UL
#define CKM_RSA_PKCS 1UL
#define CKM_RSA_PKCS_OAEP 9UL
#define CKM_SHA256 0x250UL
#define CKM_RSA_AES_KEY_WRAP 0x1054UL
#define CKM_AES_GCM 0x1087UL
#define CKM_AES_KEY_WRAP 0x2109UL
#define CKG_MGF1_SHA256 2UL
#define CKR_WRAPPED_KEY_INVALID 0x110UL
#define CKR_WRAPPED_KEY_LEN_RANGE 0x112UL

struct INTERFACE { CK_UTF8CHAR *name; void *functions; CK_FLAGS flags; };
struct V3_2 { CK_VERSION version; CRYPTOKI_ALL(MEMBER, MEMBER) };
struct OAEP { CK_ULONG hash, mgf, source; void *label; CK_ULONG label_bytes; };
struct RSA_AES { CK_ULONG bits; struct OAEP *oaep; };
struct GCM { CK_BYTE *iv; CK_ULONG iv_bytes, iv_bits; CK_BYTE *aad; CK_ULONG aad_bytes, tag_bits; };
struct GCM_WRAP { CK_BYTE *iv; CK_ULONG iv_bytes, iv_fixed_bits, generator; CK_BYTE *aad; CK_ULONG aad_bytes, tag_bits; };

static struct V3_2 *f;
static CK_SESSION_HANDLE session;
static CK_OBJECT_HANDLE key;
static CK_ULONG thirty_two = 32;
static CK_BYTE room[4096];
static CK_ATTRIBUTE wanted[] = { NUMBER(CKA_CLASS, secret_class), NUMBER(CKA_KEY_TYPE, aes) };

static void by_rsa(void)
{
    CK_ULONG bits = 3072, private_class = CKO_PRIVATE, ec = 3, bytes = 0;
    CK_ATTRIBUTE publics[] = { NUMBER(CKA_MODULUS_BITS, bits), { CKA_WRAP, &yes, 1 } };
    CK_ATTRIBUTE privates[] = { { CKA_UNWRAP, &yes, 1 } };
    CK_ATTRIBUTE open[] = { { CKA_EXTRACTABLE, &yes, 1 } }, curve[] = { NUMBER(CKA_EC_PARAMS, p256) };
    CK_ATTRIBUTE signs[] = { NUMBER(CKA_CLASS, private_class), NUMBER(CKA_KEY_TYPE, ec), { CKA_SIGN, &yes, 1 } };
    struct OAEP oaep = { CKM_SHA256, CKG_MGF1_SHA256, 1, "a label", 7 };
    struct RSA_AES both = { 256, &oaep };
    CK_MECHANISM generate = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 }, pair = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
    CK_MECHANISM by_oaep = { CKM_RSA_PKCS_OAEP, &oaep, sizeof oaep }, by_both = { CKM_RSA_AES_KEY_WRAP, &both, sizeof both }, old = { CKM_RSA_PKCS, NULL, 0 };
    CK_OBJECT_HANDLE public, private, ec_public, ec_private, back;
    OK(f->C_GenerateKeyPair(session, &generate, publics, 2, privates, 1, &public, &private));
    OK(f->C_GenerateKeyPair(session, &pair, curve, 1, open, 1, &ec_public, &ec_private));

    OK(f->C_WrapKey(session, &by_oaep, public, key, NULL, &bytes));
    TRUE_THAT(bytes == 384);
    OK(f->C_WrapKey(session, &by_oaep, public, key, room, &bytes));
    OK(f->C_UnwrapKey(session, &by_oaep, private, room, bytes, wanted, 2, &back));
    oaep.label_bytes = 6;
    IS(f->C_UnwrapKey(session, &by_oaep, private, room, bytes, wanted, 2, &back), CKR_WRAPPED_KEY_INVALID);
    oaep.label_bytes = 7;
    IS(f->C_UnwrapKey(session, &by_oaep, private, room, bytes - 1, wanted, 2, &back), CKR_WRAPPED_KEY_LEN_RANGE);
    IS(f->C_WrapKey(session, &old, public, key, room, &bytes), CKR_MECHANISM_INVALID);

    bytes = sizeof room;
    OK(f->C_WrapKey(session, &by_both, public, ec_private, room, &bytes));
    OK(f->C_UnwrapKey(session, &by_both, private, room, bytes, signs, COUNT(signs), &back));
    OK(sign_with(session, back));

    both.bits = 255;
    IS(f->C_WrapKey(session, &by_both, public, ec_private, room, &bytes), CKR_MECHANISM_PARAM_INVALID);
    by_oaep.parameter_bytes--;
    IS(f->C_WrapKey(session, &by_oaep, public, key, room, &bytes), CKR_MECHANISM_PARAM_INVALID);
    by_oaep.parameter_bytes++;
    oaep.mgf = 77;
    IS(f->C_WrapKey(session, &by_oaep, public, key, room, &bytes), CKR_MECHANISM_PARAM_INVALID);
}

static void by_gcm(void)
{
    CK_BYTE iv[12] = { 0 }, none[12] = { 0 };
    CK_ATTRIBUTE carrier[] = { NUMBER(CKA_VALUE_LEN, thirty_two), { CKA_WRAP, &yes, 1 }, { CKA_UNWRAP, &yes, 1 } };
    struct GCM_WRAP drawn = { iv, sizeof iv, 0, 1, NULL, 0, 128 };
    struct GCM given = { iv, sizeof iv, 96, NULL, 0, 128 };
    CK_MECHANISM generate = { CKM_AES_KEY_GEN, NULL, 0 }, wrap = { CKM_AES_GCM, &drawn, sizeof drawn }, unwrap = { CKM_AES_GCM, &given, sizeof given };
    CK_MECHANISM kw = { CKM_AES_KEY_WRAP, NULL, 0 };
    CK_OBJECT_HANDLE kek, back;
    CK_ULONG bytes = 0;
    OK(f->C_GenerateKey(session, &generate, carrier, COUNT(carrier), &kek));

    OK(f->C_WrapKeyAuthenticated(session, &wrap, kek, key, (CK_BYTE *)"for you", 7, NULL, &bytes));
    TRUE_THAT(bytes == 48 && memcmp(iv, none, sizeof iv) == 0);
    OK(f->C_WrapKeyAuthenticated(session, &wrap, kek, key, (CK_BYTE *)"for you", 7, room, &bytes));
    TRUE_THAT(memcmp(iv, none, sizeof iv) != 0);
    OK(f->C_UnwrapKeyAuthenticated(session, &unwrap, kek, room, bytes, wanted, 2, (CK_BYTE *)"for you", 7, &back));
    IS(f->C_UnwrapKeyAuthenticated(session, &unwrap, kek, room, bytes, wanted, 2, (CK_BYTE *)"for me", 6, &back), CKR_WRAPPED_KEY_INVALID);
    IS(f->C_UnwrapKey(session, &unwrap, kek, room, bytes, wanted, 2, &back), CKR_WRAPPED_KEY_INVALID);
    given.aad = (CK_BYTE *)"for you";
    given.aad_bytes = 7;
    OK(f->C_UnwrapKey(session, &unwrap, kek, room, bytes, wanted, 2, &back));
    IS(f->C_UnwrapKeyAuthenticated(session, &unwrap, kek, room, bytes, wanted, 2, (CK_BYTE *)"for me", 6, &back), CKR_MECHANISM_PARAM_INVALID);

    IS(f->C_WrapKeyAuthenticated(session, &kw, kek, key, (CK_BYTE *)"for you", 7, room, &bytes), CKR_MECHANISM_INVALID);
    IS(f->C_WrapKeyAuthenticated(session, &wrap, kek, key, NULL, 7, room, &bytes), CKR_ARGUMENTS_BAD);
    IS(f->C_WrapKey(session, &unwrap, kek, key, room, &bytes), CKR_MECHANISM_INVALID);
    drawn.generator = 2;
    IS(f->C_WrapKeyAuthenticated(session, &wrap, kek, key, NULL, 0, room, &bytes), CKR_MECHANISM_PARAM_INVALID);
    drawn.generator = 1;
    drawn.iv_fixed_bits = 32;
    IS(f->C_WrapKeyAuthenticated(session, &wrap, kek, key, NULL, 0, room, &bytes), CKR_MECHANISM_PARAM_INVALID);
    drawn.iv_fixed_bits = 0;
    drawn.tag_bits = 64;
    IS(f->C_WrapKeyAuthenticated(session, &wrap, kek, key, NULL, 0, room, &bytes), CKR_MECHANISM_PARAM_INVALID);
    drawn.tag_bits = 128;
    drawn.iv_bytes = UNAVAILABLE;
    IS(f->C_WrapKeyAuthenticated(session, &wrap, kek, key, NULL, 0, room, &bytes), CKR_MECHANISM_PARAM_INVALID);
}

int main(void)
{
    CK_RV (*get)(CK_UTF8CHAR *, CK_VERSION *, struct INTERFACE **, CK_FLAGS);
    struct INTERFACE *interface;
    CK_VERSION version = { 3, 2 };
    CK_MECHANISM generate = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_ATTRIBUTE open[] = { NUMBER(CKA_VALUE_LEN, thirty_two), { CKA_EXTRACTABLE, &yes, 1 } };
    alarm(120);
    p11 = load(module_path());
    *(void **)&get = dlsym(p11_handle, "C_GetInterface");
    OK(get((CK_UTF8CHAR *)"PKCS 11", &version, &interface, 0));
    f = interface->functions;
    OK(f->C_Initialize(NULL));
    find_slot();
    session = open_with(p11, CKF_RW_SERIAL);
    login(p11, session);
    OK(f->C_GenerateKey(session, &generate, open, COUNT(open), &key));
    by_rsa();
    by_gcm();
    OK(f->C_Finalize(NULL));
    return 0;
}
