/* Attributes, signatures, verification, digests and random numbers: to the letter. */
#include "host.h"

struct pss { CK_ULONG hash, mgf, salt; };

static CK_SESSION_HANDLE session;

static void check_attributes(void)
{
    CK_BYTE small[1], label[64];
    CK_ULONG class = 0;
    CK_BBOOL sensitive = 0;
    CK_ATTRIBUTE template[] = {
        { 0x3, NULL, 0 }, { 0x11, small, 1 }, { 0x12345678, small, 1 }, { 0x3, small, 1 }, { 0, &class, sizeof class },
        { 0x3, label, sizeof label }, { 0x103, &sensitive, 1 },
    };
    IS(p11->C_GetAttributeValue(session, signing_key, template, 7), 0x11);
    TRUE_THAT(template[0].value_bytes == 4 && template[1].value_bytes == ~0UL && template[2].value_bytes == ~0UL);
    TRUE_THAT(template[3].value_bytes == ~0UL && template[4].value_bytes == 8 && class == CKO_PRIVATE);
    TRUE_THAT(template[5].value_bytes == 4 && memcmp(label, "p256", 4) == 0 && sensitive == 1);
    template[2].value_bytes = 1;
    IS(p11->C_GetAttributeValue(session, signing_key, &template[2], 1), CKR_ATTRIBUTE_TYPE_INVALID);
    template[3].value_bytes = 1;
    IS(p11->C_GetAttributeValue(session, signing_key, &template[3], 1), CKR_BUFFER_TOO_SMALL);
    IS(p11->C_GetAttributeValue(session, signing_key, NULL, 1), CKR_ARGUMENTS_BAD);
    IS(p11->C_GetAttributeValue(session, 0, template, 1), 0x82);
    OK(p11->C_GetAttributeValue(session, signing_key, template, 0));
    OK(p11->C_GetObjectSize(session, signing_key, &class));
    TRUE_THAT(class > 0);
}

/* A search with lengths that lie: answered, not believed. */
static void check_templates(void)
{
    CK_ULONG class = CKO_PRIVATE;
    CK_ATTRIBUTE bad[] = { { 0x3, NULL, 5 }, { 0x3, &class, ~0UL }, { 0x0, &class, 4 }, { 0x1, &class, 8 }, { 0x3, &class, 64 * 1024 + 1 } };
    CK_ATTRIBUTE many[65];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        IS(p11->C_FindObjectsInit(session, &bad[i], 1), 0x13);
    for (int i = 0; i < 65; i++)
        many[i] = (CK_ATTRIBUTE){ 0, &class, sizeof class };
    OK(p11->C_FindObjectsInit(session, many, 64));
    OK(p11->C_FindObjectsFinal(session));
    IS(p11->C_FindObjectsInit(session, many, 65), CKR_ARGUMENTS_BAD);
    IS(p11->C_FindObjectsInit(session, NULL, 1), CKR_ARGUMENTS_BAD);
    IS(p11->C_FindObjectsInit(session, many, ~0UL), CKR_ARGUMENTS_BAD);
}

static void check_one(CK_MECHANISM_TYPE type, void *parameter, CK_ULONG parameter_bytes, CK_OBJECT_HANDLE private_key,
                      CK_OBJECT_HANDLE verifying_key, CK_BYTE *data, CK_ULONG data_bytes, CK_ULONG expected)
{
    CK_MECHANISM mechanism = { type, parameter, parameter_bytes };
    CK_BYTE signature[512];
    CK_ULONG bytes = 0;
    OK(p11->C_SignInit(session, &mechanism, private_key));
    IS(p11->C_SignInit(session, &mechanism, private_key), 0x90);
    OK(p11->C_Sign(session, data, data_bytes, NULL, &bytes));
    TRUE_THAT(bytes == expected);
    bytes = expected - 1;
    IS(p11->C_Sign(session, data, data_bytes, signature, &bytes), CKR_BUFFER_TOO_SMALL);
    TRUE_THAT(bytes == expected);
    OK(p11->C_Sign(session, data, data_bytes, signature, &bytes));
    TRUE_THAT(bytes == expected);
    IS(p11->C_Sign(session, data, data_bytes, signature, &bytes), 0x91);
    OK(p11->C_VerifyInit(session, &mechanism, verifying_key));
    OK(p11->C_Verify(session, data, data_bytes, signature, bytes));
    IS(p11->C_Verify(session, data, data_bytes, signature, bytes), 0x91);
    OK(p11->C_VerifyInit(session, &mechanism, verifying_key));
    IS(p11->C_Verify(session, data, data_bytes, signature, bytes - 1), 0xc1);
    signature[bytes / 2] ^= 1;
    OK(p11->C_VerifyInit(session, &mechanism, verifying_key));
    IS(p11->C_Verify(session, data, data_bytes, signature, bytes), 0xc0);

    /* The same in parts. */
    bytes = sizeof signature;
    OK(p11->C_SignInit(session, &mechanism, private_key));
    OK(p11->C_SignUpdate(session, data, 10));
    IS(p11->C_Sign(session, data, data_bytes, signature, &bytes), 0x91);
    IS(p11->C_SignUpdate(session, data, 10), 0x91);
    OK(p11->C_SignInit(session, &mechanism, private_key));
    OK(p11->C_SignUpdate(session, data, 10));
    OK(p11->C_SignUpdate(session, data + 10, data_bytes - 10));
    OK(p11->C_SignFinal(session, NULL, &bytes));
    bytes = expected - 1;
    IS(p11->C_SignFinal(session, signature, &bytes), CKR_BUFFER_TOO_SMALL);
    OK(p11->C_SignFinal(session, signature, &bytes));
    IS(p11->C_SignFinal(session, signature, &bytes), 0x91);
    OK(p11->C_VerifyInit(session, &mechanism, verifying_key));
    OK(p11->C_VerifyUpdate(session, data, data_bytes));
    IS(p11->C_Verify(session, data, data_bytes, signature, bytes), 0x91);
    IS(p11->C_VerifyFinal(session, signature, bytes), 0x91);
    OK(p11->C_VerifyInit(session, &mechanism, verifying_key));
    OK(p11->C_VerifyUpdate(session, data, data_bytes));
    OK(p11->C_VerifyFinal(session, signature, bytes));
}

static void check_mechanisms(void)
{
    CK_BYTE data[1000], digest[32] = { 7 };
    CK_OBJECT_HANDLE rsa = find(session, CKO_PRIVATE, "rsa2048"), rsa_public = find(session, CKO_PUBLIC, "rsa2048");
    struct pss pss = { 0x250, 2, 32 }, other = { 0x260, 3, 48 }, long_salt = { 0x250, 2, 222 }, too_long = { 0x250, 2, 223 };
    memset(data, 5, sizeof data);
    check_one(CKM_ECDSA, NULL, 0, signing_key, public_key, digest, 32, 64);
    check_one(0x1044, NULL, 0, signing_key, public_key, data, sizeof data, 64);
    check_one(0x40, NULL, 0, rsa, rsa_public, data, sizeof data, 256);
    check_one(0x43, &pss, sizeof pss, rsa, rsa_public, data, sizeof data, 256);
    check_one(0xd, &pss, sizeof pss, rsa, rsa_public, digest, 32, 256);
    check_one(0xd, &long_salt, sizeof pss, rsa, rsa_public, digest, 32, 256);

    CK_MECHANISM unknown = { 0x80001234, NULL, 0 }, ecdsa = { CKM_ECDSA, NULL, 0 }, ecdsa_parameter = { CKM_ECDSA, data, 4 };
    CK_MECHANISM none = { 0x43, NULL, 0 }, wrong = { 0x43, &other, sizeof other }, salt = { 0x43, &too_long, sizeof too_long };
    CK_MECHANISM short_pss = { 0x43, &pss, sizeof pss - 1 }, raw_pss = { 0xd, &pss, sizeof pss }, pkcs1 = { 1, NULL, 0 };
    IS(p11->C_SignInit(session, &unknown, signing_key), 0x70);
    IS(p11->C_SignInit(session, &ecdsa, rsa), 0x63);
    IS(p11->C_SignInit(session, &ecdsa, public_key), 0x68);
    IS(p11->C_SignInit(session, &ecdsa, 0), 0x60);
    IS(p11->C_SignInit(session, &ecdsa_parameter, signing_key), 0x71);
    IS(p11->C_SignInit(session, &none, rsa), 0x71);
    IS(p11->C_SignInit(session, &wrong, rsa), 0x71);
    IS(p11->C_SignInit(session, &salt, rsa), 0x71);
    IS(p11->C_SignInit(session, &short_pss, rsa), 0x71);
    IS(p11->C_SignInit(session, NULL, rsa), CKR_ARGUMENTS_BAD);
    CK_BYTE signature[256];
    CK_ULONG bytes = sizeof signature;
    CK_MECHANISM x509 = { 3, NULL, 0 }, hashed_pss = { 0x43, &pss, sizeof pss };
    CK_MECHANISM *not_below_the_modulus[] = { &raw_pss, &hashed_pss, &pkcs1, &x509 };
    memset(signature, 0xff, sizeof signature);
    for (size_t i = 0; i < sizeof not_below_the_modulus / sizeof not_below_the_modulus[0]; i++) {
        if (p11->C_VerifyInit(session, not_below_the_modulus[i], rsa_public) != CKR_OK)
            continue;
        IS(p11->C_Verify(session, digest, 32, signature, sizeof signature), 0xc0);
    }
    OK(p11->C_SignInit(session, &raw_pss, rsa));
    IS(p11->C_Sign(session, digest, 31, signature, &bytes), 0x21);
    OK(p11->C_SignInit(session, &pkcs1, rsa));
    IS(p11->C_Sign(session, data, 246, signature, &bytes), 0x21);
    OK(p11->C_SignInit(session, &pkcs1, rsa));
    OK(p11->C_Sign(session, data, 245, signature, &bytes));
    OK(p11->C_SignInit(session, &ecdsa, signing_key));
    IS(p11->C_Sign(session, NULL, 32, signature, &bytes), CKR_ARGUMENTS_BAD);
    IS(p11->C_Sign(session, digest, 32, signature, &bytes), 0x91);
    OK(p11->C_SignInit(session, &ecdsa, signing_key));
    IS(p11->C_Sign(session, digest, 32, signature, NULL), CKR_ARGUMENTS_BAD);
    OK(p11->C_SignInit(session, &ecdsa, signing_key));
    OK(p11->C_SignInit(session, NULL, 0));
    OK(sign(session));
}

static void check_digests_and_random(void)
{
    CK_MECHANISM sha256 = { 0x250, NULL, 0 }, none = { CKM_ECDSA, NULL, 0 };
    static const CK_BYTE abc[32] = {
        0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
        0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad,
    }; /* FIPS 180-4 example: SHA-256 of "abc" */
    CK_BYTE digest[64], random[64] = { 0 }, zero[64] = { 0 };
    CK_ULONG bytes = 31;
    IS(p11->C_DigestInit(session, &none), 0x70);
    OK(p11->C_DigestInit(session, &sha256));
    IS(p11->C_Digest(session, (CK_BYTE *)"abc", 3, digest, &bytes), CKR_BUFFER_TOO_SMALL);
    OK(p11->C_Digest(session, (CK_BYTE *)"abc", 3, digest, &bytes));
    TRUE_THAT(bytes == 32 && memcmp(digest, abc, 32) == 0);
    OK(p11->C_DigestInit(session, &sha256));
    OK(p11->C_DigestUpdate(session, (CK_BYTE *)"ab", 2));
    OK(p11->C_DigestUpdate(session, NULL, 0));
    OK(p11->C_DigestUpdate(session, (CK_BYTE *)"c", 1));
    OK(p11->C_DigestFinal(session, NULL, &bytes));
    OK(p11->C_DigestFinal(session, digest, &bytes));
    TRUE_THAT(memcmp(digest, abc, 32) == 0);
    IS(p11->C_DigestFinal(session, digest, &bytes), 0x91);
    OK(p11->C_GenerateRandom(session, random, sizeof random));
    TRUE_THAT(memcmp(random, zero, sizeof random) != 0);
    IS(p11->C_GenerateRandom(session, NULL, 8), CKR_ARGUMENTS_BAD);
    IS(p11->C_SeedRandom(session, random, 8), 0x120);
    IS(p11->C_GetFunctionStatus(session), 0x51);
    IS(p11->C_CancelFunction(session), 0x51);
}

int main(void)
{
    alarm(60);
    p11 = load(module_path());
    OK(p11->C_Initialize(NULL));
    session = open_session();
    check_attributes();
    check_templates();
    check_mechanisms();
    check_digests_and_random();
    OK(p11->C_Finalize(NULL));
    return 0;
}
