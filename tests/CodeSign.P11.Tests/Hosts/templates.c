/* Templates that lie, contradict themselves or ask for too much, through the raw interface: a code each, and nothing written. */
#include "host.h"
#include "objects.h"

#define CKA_MODULUS_BITS 0x121UL
#define CKA_PUBLIC_EXPONENT 0x122UL
#define CKM_RSA_PKCS_KEY_PAIR_GEN 0UL
#define CKR_DOMAIN_PARAMS_INVALID 0x130UL

#define OBJECT_BYTES_MAX 65536UL

static CK_SESSION_HANDLE session;

/* The template is refused, and no handle is told. */
static void refused_create(CK_ATTRIBUTE *template, CK_ULONG count, CK_RV wanted)
{
    CK_OBJECT_HANDLE made = NOWHERE;
    IS(p11->C_CreateObject(session, template, count, &made), wanted);
    TRUE_THAT(made == NOWHERE);
}

static void refused_key(CK_ATTRIBUTE *template, CK_ULONG count, CK_RV wanted)
{
    CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_OBJECT_HANDLE made = NOWHERE;
    IS(p11->C_GenerateKey(session, &mechanism, template, count, &made), wanted);
    TRUE_THAT(made == NOWHERE);
}

static void handles_that_name_nothing(void)
{
    CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 }, pair = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
    CK_OBJECT_HANDLE made = NOWHERE, second = NOWHERE;
    CK_ULONG size = NOWHERE;
    CK_ATTRIBUTE label = BYTES(CKA_LABEL, "label");
    CK_SESSION_HANDLE none = session + 77;
    IS(p11->C_CreateObject(none, &label, 1, &made), CKR_SESSION_HANDLE_INVALID);
    IS(p11->C_CopyObject(none, 1, &label, 1, &made), CKR_SESSION_HANDLE_INVALID);
    IS(p11->C_DestroyObject(none, 1), CKR_SESSION_HANDLE_INVALID);
    IS(p11->C_SetAttributeValue(none, 1, &label, 1), CKR_SESSION_HANDLE_INVALID);
    IS(p11->C_GetObjectSize(none, 1, &size), CKR_SESSION_HANDLE_INVALID);
    IS(p11->C_GenerateKey(none, &mechanism, &label, 1, &made), CKR_SESSION_HANDLE_INVALID);
    IS(p11->C_GenerateKeyPair(none, &pair, &label, 1, &label, 1, &made, &second), CKR_SESSION_HANDLE_INVALID);
    IS(p11->C_CopyObject(session, NOWHERE, &label, 1, &made), CKR_OBJECT_HANDLE_INVALID);
    IS(p11->C_DestroyObject(session, NOWHERE), CKR_OBJECT_HANDLE_INVALID);
    IS(p11->C_SetAttributeValue(session, NOWHERE, &label, 1), CKR_OBJECT_HANDLE_INVALID);
    IS(p11->C_GetObjectSize(session, NOWHERE, &size), CKR_OBJECT_HANDLE_INVALID);
    TRUE_THAT(made == NOWHERE && second == NOWHERE && size == NOWHERE);
}

static void pointers_that_lead_nowhere(void)
{
    CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 }, pair = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
    CK_OBJECT_HANDLE data = make_data(p11, session, "mine", &no), made = NOWHERE;
    CK_ATTRIBUTE template[] = { NUMBER(CKA_CLASS, data_class) }, length[] = { NUMBER(CKA_VALUE_LEN, sixteen) };
    CK_ATTRIBUTE curve[] = { NUMBER(CKA_EC_PARAMS, p256) };
    IS(p11->C_CreateObject(session, template, 1, NULL), CKR_ARGUMENTS_BAD);
    IS(p11->C_CreateObject(session, NULL, 1, &made), CKR_ARGUMENTS_BAD);
    IS(p11->C_CreateObject(session, NULL, 0, &made), CKR_TEMPLATE_INCOMPLETE);
    IS(p11->C_CopyObject(session, data, NULL, 1, &made), CKR_ARGUMENTS_BAD);
    IS(p11->C_CopyObject(session, data, NULL, 0, NULL), CKR_ARGUMENTS_BAD);
    IS(p11->C_SetAttributeValue(session, data, NULL, 1), CKR_ARGUMENTS_BAD);
    IS(p11->C_GetObjectSize(session, data, NULL), CKR_ARGUMENTS_BAD);
    IS(p11->C_GenerateKey(session, NULL, length, 1, &made), CKR_ARGUMENTS_BAD);
    IS(p11->C_GenerateKey(session, &mechanism, NULL, 1, &made), CKR_ARGUMENTS_BAD);
    IS(p11->C_GenerateKey(session, &mechanism, length, 1, NULL), CKR_ARGUMENTS_BAD);
    IS(p11->C_GenerateKeyPair(session, &pair, curve, 1, NULL, 1, &made, &made), CKR_ARGUMENTS_BAD);
    IS(p11->C_GenerateKeyPair(session, &pair, curve, 1, NULL, 0, &made, NULL), CKR_ARGUMENTS_BAD);
    IS(p11->C_GenerateKeyPair(session, &pair, curve, 1, NULL, 0, NULL, &made), CKR_ARGUMENTS_BAD);
    TRUE_THAT(made == NOWHERE);
    OK(p11->C_DestroyObject(session, data));
}

static void lengths_that_lie(void)
{
    CK_ATTRIBUTE template[] = { NUMBER(CKA_CLASS, data_class), BYTES(CKA_LABEL, "label") };
    CK_ULONG lies[] = { UNAVAILABLE, UNAVAILABLE >> 1, 1UL << 40, 65537 };
    for (CK_ULONG i = 0; i < COUNT(lies); i++) {
        template[1] = (CK_ATTRIBUTE){ CKA_LABEL, "label", lies[i] };
        refused_create(template, 2, CKR_ATTRIBUTE_VALUE_INVALID);
        refused_create(template, lies[i], CKR_ARGUMENTS_BAD);
    }
    template[1] = (CK_ATTRIBUTE){ CKA_LABEL, NULL, 5 };
    refused_create(template, 2, CKR_ATTRIBUTE_VALUE_INVALID);
    template[1] = (CK_ATTRIBUTE){ CKA_TOKEN, &p256, 2 };
    refused_create(template, 2, CKR_ATTRIBUTE_VALUE_INVALID);
    template[1] = (CK_ATTRIBUTE){ CKA_WRAP_TEMPLATE, template, sizeof template };
    refused_create(template, 2, CKR_ATTRIBUTE_VALUE_INVALID);
    template[1] = (CK_ATTRIBUTE){ CKA_WRAP_TEMPLATE, (void *)1, sizeof(CK_ATTRIBUTE) - 1 };
    refused_create(template, 2, CKR_ATTRIBUTE_VALUE_INVALID);
    template[0] = (CK_ATTRIBUTE){ CKA_CLASS, &data_class, 4 };
    refused_create(template, 1, CKR_ATTRIBUTE_VALUE_INVALID);
}

static void limits(void)
{
    static CK_BYTE much[OBJECT_BYTES_MAX];
    CK_ATTRIBUTE many[65], large[] = { NUMBER(CKA_CLASS, data_class), { CKA_VALUE, much, 0 }, { CKA_TOKEN, &no, 1 } };
    CK_OBJECT_HANDLE made;
    CK_ULONG size;
    for (int i = 0; i < 65; i++)
        many[i] = (CK_ATTRIBUTE)NUMBER(CKA_CLASS, data_class);
    OK(p11->C_CreateObject(session, many, 64, &made));
    OK(p11->C_DestroyObject(session, made));
    refused_create(many, 65, CKR_ARGUMENTS_BAD);

    OK(p11->C_CreateObject(session, large, 2, &made));
    OK(p11->C_GetObjectSize(session, made, &size));
    OK(p11->C_DestroyObject(session, made));
    large[1].value_bytes = OBJECT_BYTES_MAX - size;
    OK(p11->C_CreateObject(session, large, 2, &made));
    IS(rename_to(p11, session, made, "x"), CKR_DEVICE_MEMORY);
    OK(rename_to(p11, session, made, ""));
    OK(p11->C_DestroyObject(session, made));
    large[1].value_bytes++;
    refused_create(large, 2, CKR_DEVICE_MEMORY);
    large[1].value_bytes = OBJECT_BYTES_MAX;
    refused_create(large, 2, CKR_ATTRIBUTE_VALUE_INVALID);

    large[0] = (CK_ATTRIBUTE)NUMBER(CKA_CLASS, secret_class);
    refused_create(large, 2, CKR_ATTRIBUTE_VALUE_INVALID);
}

static void mechanisms(void)
{
    CK_MECHANISM mechanism = { CKM_ECDSA, NULL, 0 };
    CK_ATTRIBUTE length[] = { NUMBER(CKA_VALUE_LEN, sixteen) }, curve[] = { NUMBER(CKA_EC_PARAMS, p256) };
    CK_OBJECT_HANDLE made = NOWHERE, second = NOWHERE;
    IS(p11->C_GenerateKey(session, &mechanism, length, 1, &made), CKR_MECHANISM_INVALID);
    IS(p11->C_GenerateKeyPair(session, &mechanism, curve, 1, NULL, 0, &made, &second), CKR_MECHANISM_INVALID);
    mechanism = (CK_MECHANISM){ CKM_AES_KEY_GEN, &sixteen, sizeof sixteen };
    IS(p11->C_GenerateKey(session, &mechanism, length, 1, &made), CKR_MECHANISM_PARAM_INVALID);
    mechanism = (CK_MECHANISM){ CKM_EC_KEY_PAIR_GEN, &sixteen, sizeof sixteen };
    IS(p11->C_GenerateKeyPair(session, &mechanism, curve, 1, NULL, 0, &made, &second), CKR_MECHANISM_PARAM_INVALID);
    mechanism = (CK_MECHANISM){ CKM_EC_EDWARDS_KEY_PAIR_GEN, NULL, 0 };
    IS(p11->C_GenerateKeyPair(session, &mechanism, curve, 1, NULL, 0, &made, &second), 0x140);
    /* Section 6.3: what names no curve, and RSA exponents that aren't made (section 6.1.5). */
    CK_BYTE explicit_curve[] = { 0x30, 3, 2, 1, 1 }, three[] = { 3 };
    CK_ULONG bits = 2048;
    CK_ATTRIBUTE own_curve[] = { NUMBER(CKA_EC_PARAMS, explicit_curve) };
    CK_ATTRIBUTE small_exponent[] = { NUMBER(CKA_MODULUS_BITS, bits), NUMBER(CKA_PUBLIC_EXPONENT, three) };
    mechanism = (CK_MECHANISM){ CKM_EC_KEY_PAIR_GEN, NULL, 0 };
    IS(p11->C_GenerateKeyPair(session, &mechanism, own_curve, 1, NULL, 0, &made, &second), CKR_DOMAIN_PARAMS_INVALID);
    mechanism = (CK_MECHANISM){ CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
    IS(p11->C_GenerateKeyPair(session, &mechanism, small_exponent, 2, NULL, 0, &made, &second), CKR_TEMPLATE_INCONSISTENT);
    TRUE_THAT(made == NOWHERE && second == NOWHERE);
}

/* The values a key consists of are refused where they can't be given, not left out. */
static void values_of_keys(void)
{
    CK_BYTE value[16] = { 7 };
    CK_MECHANISM pair = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
    CK_OBJECT_HANDLE key, made = NOWHERE, second = NOWHERE;
    CK_ATTRIBUTE generate[] = { NUMBER(CKA_VALUE_LEN, sixteen), NUMBER(CKA_VALUE, value) };
    CK_ATTRIBUTE curve[] = { NUMBER(CKA_EC_PARAMS, p256) };
    CK_ATTRIBUTE bring[] = {
        NUMBER(CKA_CLASS, secret_class), NUMBER(CKA_KEY_TYPE, aes), NUMBER(CKA_VALUE, value), NUMBER(CKA_SENSITIVE, no), NUMBER(CKA_EXTRACTABLE, yes) };
    refused_key(generate, 2, CKR_ATTRIBUTE_READ_ONLY);
    IS(p11->C_GenerateKeyPair(session, &pair, curve, 1, &generate[1], 1, &made, &second), CKR_ATTRIBUTE_READ_ONLY);
    TRUE_THAT(made == NOWHERE && second == NOWHERE);
    OK(p11->C_CreateObject(session, bring, COUNT(bring), &key));
    IS(p11->C_SetAttributeValue(session, key, &generate[1], 1), CKR_ATTRIBUTE_READ_ONLY);
    IS(p11->C_CopyObject(session, key, &generate[1], 1, &made), CKR_ATTRIBUTE_READ_ONLY);
    TRUE_THAT(made == NOWHERE);

    CK_BYTE room[64] = { 0 };
    CK_ATTRIBUTE asked[] = { { CKA_VALUE, room, 15 }, { CKA_KEY_TYPE, NULL, 0 } };
    IS(p11->C_GetAttributeValue(session, key, asked, 2), CKR_BUFFER_TOO_SMALL);
    TRUE_THAT(asked[0].value_bytes == UNAVAILABLE && asked[1].value_bytes == 8);
    asked[0] = (CK_ATTRIBUTE){ CKA_VALUE, NULL, 0 };
    OK(p11->C_GetAttributeValue(session, key, asked, 1));
    TRUE_THAT(asked[0].value_bytes == 16);
    asked[0] = (CK_ATTRIBUTE){ CKA_VALUE, room, sizeof room };
    OK(p11->C_GetAttributeValue(session, key, asked, 1));
    TRUE_THAT(asked[0].value_bytes == 16 && memcmp(room, value, 16) == 0);

    CK_ATTRIBUTE close[] = { NUMBER(CKA_EXTRACTABLE, no) };
    OK(p11->C_CopyObject(session, key, close, 1, &made));
    asked[0] = (CK_ATTRIBUTE){ CKA_VALUE, room, sizeof room };
    IS(p11->C_GetAttributeValue(session, made, asked, 2), CKR_ATTRIBUTE_SENSITIVE);
    TRUE_THAT(asked[0].value_bytes == UNAVAILABLE && asked[1].value_bytes == 8);
    OK(p11->C_DestroyObject(session, made));
    OK(p11->C_DestroyObject(session, key));
}

/* An Edwards point is taken as it is and as a DER OCTET STRING, and is one object's either way. */
static void edwards_points(void)
{
    CK_MECHANISM generate = { CKM_EC_EDWARDS_KEY_PAIR_GEN, NULL, 0 }, mechanism = { CKM_EDDSA, NULL, 0 };
    CK_BYTE point[64], signature[64];
    CK_ULONG bytes = sizeof signature;
    CK_OBJECT_HANDLE public, private, made[2];
    CK_ATTRIBUTE curve[] = { NUMBER(CKA_EC_PARAMS, ed25519) }, asked = { CKA_EC_POINT, point, sizeof point };
    OK(p11->C_GenerateKeyPair(session, &generate, curve, 1, NULL, 0, &public, &private));
    OK(p11->C_GetAttributeValue(session, public, &asked, 1));
    TRUE_THAT(asked.value_bytes == 34 && point[0] == 4 && point[1] == 32);
    OK(p11->C_SignInit(session, &mechanism, private));
    OK(p11->C_Sign(session, point, 34, signature, &bytes));
    for (int raw = 0; raw < 2; raw++) {
        CK_BYTE again[64];
        CK_ATTRIBUTE template[] = {
            NUMBER(CKA_CLASS, public_class), NUMBER(CKA_KEY_TYPE, edwards), NUMBER(CKA_EC_PARAMS, ed25519),
            { CKA_EC_POINT, point + 2 * raw, 34 - 2 * raw } };
        CK_ATTRIBUTE back = { CKA_EC_POINT, again, sizeof again };
        OK(p11->C_CreateObject(session, template, COUNT(template), &made[raw]));
        OK(p11->C_GetAttributeValue(session, made[raw], &back, 1));
        TRUE_THAT(back.value_bytes == 34 && memcmp(again, point, 34) == 0);
        OK(p11->C_VerifyInit(session, &mechanism, made[raw]));
        OK(p11->C_Verify(session, point, 34, signature, 64));
        CK_OBJECT_HANDLE found[8];
        CK_ULONG count = 0;
        OK(p11->C_FindObjectsInit(session, &template[3], 1));
        OK(p11->C_FindObjects(session, found, 8, &count));
        OK(p11->C_FindObjectsFinal(session));
        TRUE_THAT(count == 2UL + raw);
    }
    for (int i = 0; i < 2; i++)
        OK(p11->C_DestroyObject(session, made[i]));
    OK(p11->C_DestroyObject(session, public));
    OK(p11->C_DestroyObject(session, private));
}

/* A Montgomery point is given and taken as an Edwards point is, and its key agrees on secrets: it signs nothing. */
static void montgomery_points(void)
{
    CK_MECHANISM generate = { CKM_EC_MONTGOMERY_KEY_PAIR_GEN, NULL, 0 }, edwards_only = { CKM_EC_EDWARDS_KEY_PAIR_GEN, NULL, 0 };
    CK_MECHANISM eddsa = { CKM_EDDSA, NULL, 0 };
    CK_BYTE x25519[] = { 6, 3, 0x2b, 0x65, 0x6e }, x448[] = { 6, 3, 0x2b, 0x65, 0x6f }, *curves[] = { x25519, x448 };
    CK_ULONG montgomery = 0x41, lengths[] = { 32, 56 };
    for (int i = 0; i < 2; i++) {
        CK_BYTE point[64], again[64];
        CK_OBJECT_HANDLE public, private, made;
        CK_ATTRIBUTE curve[] = { { CKA_EC_PARAMS, curves[i], 5 } }, asked = { CKA_EC_POINT, point, sizeof point };
        CK_ATTRIBUTE derive[] = { NUMBER(CKA_DERIVE, yes) };
        IS(p11->C_GenerateKeyPair(session, &edwards_only, curve, 1, NULL, 0, &public, &private), CKR_CURVE_NOT_SUPPORTED);
        OK(p11->C_GenerateKeyPair(session, &generate, curve, 1, derive, 1, &public, &private));
        OK(p11->C_GetAttributeValue(session, public, &asked, 1));
        TRUE_THAT(asked.value_bytes == lengths[i] + 2 && point[0] == 4 && point[1] == lengths[i]);
        IS(p11->C_SignInit(session, &eddsa, private), CKR_KEY_TYPE_INCONSISTENT);
        CK_ATTRIBUTE template[] = {
            NUMBER(CKA_CLASS, public_class), NUMBER(CKA_KEY_TYPE, montgomery), { CKA_EC_PARAMS, curves[i], 5 },
            { CKA_EC_POINT, point + 2, lengths[i] } };
        CK_ATTRIBUTE back = { CKA_EC_POINT, again, sizeof again };
        OK(p11->C_CreateObject(session, template, COUNT(template), &made));
        OK(p11->C_GetAttributeValue(session, made, &back, 1));
        TRUE_THAT(back.value_bytes == lengths[i] + 2 && memcmp(again, point, back.value_bytes) == 0);
        OK(p11->C_DestroyObject(session, made));
        OK(p11->C_DestroyObject(session, public));
        OK(p11->C_DestroyObject(session, private));
    }
}

/* A key works with the mechanisms it was made for, and with no others; the list stays as it is. */
static void allowed_mechanisms(void)
{
    CK_MECHANISM generate = { CKM_EC_KEY_PAIR_GEN, NULL, 0 }, raw = { CKM_ECDSA, NULL, 0 }, hashed = { CKM_ECDSA_SHA256, NULL, 0 };
    CK_MECHANISM_TYPE list[] = { CKM_ECDSA_SHA256, CKM_ECDSA_SHA384 }, wider[] = { CKM_ECDSA, CKM_ECDSA_SHA256 }, told[4];
    CK_BYTE data[32] = { 1 }, signature[64];
    CK_ULONG bytes = sizeof signature;
    CK_OBJECT_HANDLE public, private, made = NOWHERE;
    for (int token = 0; token < 2; token++) {
        CK_BBOOL stays = (CK_BBOOL)token;
        CK_ATTRIBUTE publics[] = { NUMBER(CKA_EC_PARAMS, p256), NUMBER(CKA_ALLOWED_MECHANISMS, list), NUMBER(CKA_TOKEN, stays) };
        CK_ATTRIBUTE privates[] = { NUMBER(CKA_ALLOWED_MECHANISMS, list), NUMBER(CKA_TOKEN, stays) };
        CK_ATTRIBUTE asked = NUMBER(CKA_ALLOWED_MECHANISMS, told), change = NUMBER(CKA_ALLOWED_MECHANISMS, wider);
        OK(p11->C_GenerateKeyPair(session, &generate, publics, 3, privates, 2, &public, &private));
        OK(p11->C_GetAttributeValue(session, private, &asked, 1));
        TRUE_THAT(asked.value_bytes == sizeof list && memcmp(told, list, sizeof list) == 0);
        IS(p11->C_SignInit(session, &raw, private), CKR_MECHANISM_INVALID);
        IS(p11->C_VerifyInit(session, &raw, public), CKR_MECHANISM_INVALID);
        OK(p11->C_SignInit(session, &hashed, private));
        OK(p11->C_Sign(session, data, sizeof data, signature, &bytes));
        OK(p11->C_VerifyInit(session, &hashed, public));
        OK(p11->C_Verify(session, data, sizeof data, signature, bytes));
        IS(p11->C_SetAttributeValue(session, private, &change, 1), CKR_ATTRIBUTE_READ_ONLY);
        IS(p11->C_CopyObject(session, private, &change, 1, &made), CKR_ATTRIBUTE_READ_ONLY);
        change.value_bytes = 7;
        IS(p11->C_GenerateKeyPair(session, &generate, publics, 3, &change, 1, &made, &made), CKR_ATTRIBUTE_VALUE_INVALID);
        TRUE_THAT(made == NOWHERE);
        OK(p11->C_DestroyObject(session, public));
        OK(p11->C_DestroyObject(session, private));
    }
}

/* Labels and ids are bytes: none, any, as many as an object holds, and the same for several objects. */
static void names(void)
{
    static CK_BYTE name[OBJECT_BYTES_MAX];
    CK_ULONG types[] = { CKA_LABEL, CKA_ID }, size;
    CK_ULONG classes[] = { CKO_DATA, CKO_PUBLIC };
    for (CK_ULONG i = 0; i < sizeof name; i++)
        name[i] = (CK_BYTE)(255 - i % 256);
    for (int t = 0; t < 2; t++) {
        CK_OBJECT_HANDLE first, second, found[4];
        CK_ULONG class = classes[t], kept = 0, count = 0;
        CK_BYTE point[67] = { 4, 65, 4 };
        CK_ULONG ec = 3;
        CK_ATTRIBUTE template[] = {
            NUMBER(CKA_CLASS, class), { types[t], name, 0 }, NUMBER(CKA_TOKEN, yes),
            NUMBER(CKA_KEY_TYPE, ec), NUMBER(CKA_EC_PARAMS, p256), NUMBER(CKA_EC_POINT, point) };
        CK_ULONG attributes = t == 0 ? 3 : 6;
        OK(p11->C_CreateObject(session, template, attributes, &first));
        OK(p11->C_GetObjectSize(session, first, &size));
        OK(p11->C_DestroyObject(session, first));
        template[1].value_bytes = kept = OBJECT_BYTES_MAX - size;
        OK(p11->C_CreateObject(session, template, attributes, &first));
        OK(p11->C_CreateObject(session, template, attributes, &second));
        OK(p11->C_FindObjectsInit(session, &template[1], 1));
        OK(p11->C_FindObjects(session, found, 4, &count));
        OK(p11->C_FindObjectsFinal(session));
        TRUE_THAT(count == 2 && first != second && (found[0] == first || found[1] == first) && (found[0] == second || found[1] == second));
        static CK_BYTE told[OBJECT_BYTES_MAX];
        CK_ATTRIBUTE asked = { types[t], told, sizeof told };
        OK(p11->C_GetAttributeValue(session, first, &asked, 1));
        TRUE_THAT(asked.value_bytes == kept && memcmp(told, name, kept) == 0);
        OK(p11->C_DestroyObject(session, first));
        OK(p11->C_DestroyObject(session, second));
        template[1].value_bytes = kept + 1;
        refused_create(template, attributes, CKR_DEVICE_MEMORY);
    }
}

int main(void)
{
    alarm(120);
    p11 = load(module_path());
    OK(p11->C_Initialize(NULL));
    find_slot();
    session = open_with(p11, CKF_RW_SERIAL);
    login(p11, session);
    handles_that_name_nothing();
    pointers_that_lead_nowhere();
    lengths_that_lie();
    limits();
    mechanisms();
    values_of_keys();
    edwards_points();
    montgomery_points();
    allowed_mechanisms();
    names();
    OK(p11->C_Finalize(NULL));
    return 0;
}
