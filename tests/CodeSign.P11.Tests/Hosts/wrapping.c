/*
 * Keys that leave and come in under others: lengths, codes, known answers, templates in templates, and a key that signs after both ways.
 */
#include "host.h"
#include "objects.h"

#define CKA_WRAP 0x106UL
#define CKA_UNWRAP 0x107UL
#define CKA_LOCAL 0x163UL
#define CKA_UNWRAP_TEMPLATE 0x40000212UL
#define CKM_AES_KEY_WRAP 0x2109UL
#define CKM_AES_KEY_WRAP_KWP 0x210bUL
#define CKM_AES_ECB 0x1081UL
#define CKR_KEY_NOT_WRAPPABLE 0x69UL
#define CKR_KEY_SIZE_RANGE 0x62UL
#define CKR_KEY_FUNCTION_NOT_PERMITTED 0x68UL
#define CKR_KEY_UNEXTRACTABLE 0x6aUL
#define CKR_UNWRAPPING_KEY_HANDLE_INVALID 0xf0UL
#define CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT 0xf2UL
#define CKR_WRAPPED_KEY_INVALID 0x110UL
#define CKR_WRAPPED_KEY_LEN_RANGE 0x112UL
#define CKR_WRAPPING_KEY_HANDLE_INVALID 0x113UL
#define CKR_WRAPPING_KEY_TYPE_INCONSISTENT 0x115UL

static CK_SESSION_HANDLE session;
static CK_MECHANISM kw = { CKM_AES_KEY_WRAP, NULL, 0 }, kwp = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };

/* RFC 3394 section 4.6. */
static const CK_BYTE kek_value[32] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31 };
static const CK_BYTE key_value[32] = {
    0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
};
static const CK_BYTE answer[40] = {
    0x28, 0xc9, 0xf4, 0x04, 0xc4, 0xb8, 0x10, 0xf4, 0xcb, 0xcc, 0xb3, 0x5c, 0xfb, 0x87, 0xf8, 0x26, 0x3f, 0x57, 0x86, 0xe2,
    0xd8, 0x0e, 0xd3, 0x26, 0xcb, 0xc7, 0xf0, 0xe7, 0x1a, 0x99, 0xf4, 0x3b, 0xfb, 0x98, 0x8b, 0x9b, 0x7a, 0x02, 0xdd, 0x21,
};

static CK_OBJECT_HANDLE bring_in(const CK_BYTE *value, CK_ULONG bytes, CK_ULONG use, CK_ULONG second)
{
    CK_ATTRIBUTE template[] = {
        NUMBER(CKA_CLASS, secret_class), NUMBER(CKA_KEY_TYPE, aes), { CKA_VALUE, (void *)value, bytes }, { use, &yes, 1 }, { second, &yes, 1 },
    };
    CK_OBJECT_HANDLE made;
    OK(p11->C_CreateObject(session, template, COUNT(template), &made));
    return made;
}

static CK_BYTE flag_of(CK_OBJECT_HANDLE key, CK_ULONG type)
{
    CK_BYTE value = 9;
    CK_ATTRIBUTE asked = { type, &value, 1 };
    OK(p11->C_GetAttributeValue(session, key, &asked, 1));
    return value;
}

static void lengths_and_codes(CK_OBJECT_HANDLE kek, CK_OBJECT_HANDLE key)
{
    CK_BYTE room[64];
    CK_ULONG bytes = 0;
    CK_OBJECT_HANDLE data = make_data(p11, session, "notes", &no), closed, made;
    CK_ATTRIBUTE plain[] = { NUMBER(CKA_VALUE_LEN, sixteen) };
    CK_ATTRIBUTE wanted[] = { NUMBER(CKA_CLASS, secret_class), NUMBER(CKA_KEY_TYPE, aes) };
    CK_MECHANISM generate = { CKM_AES_KEY_GEN, NULL, 0 }, ecb = { CKM_AES_ECB, NULL, 0 }, odd = { CKM_AES_KEY_WRAP, room, 7 };
    OK(p11->C_GenerateKey(session, &generate, plain, 1, &closed));

    OK(p11->C_WrapKey(session, &kw, kek, key, NULL, &bytes));
    TRUE_THAT(bytes == sizeof answer);
    bytes = sizeof answer - 1;
    IS(p11->C_WrapKey(session, &kw, kek, key, room, &bytes), CKR_BUFFER_TOO_SMALL);
    TRUE_THAT(bytes == sizeof answer);
    bytes = sizeof room;
    OK(p11->C_WrapKey(session, &kw, kek, key, room, &bytes));
    TRUE_THAT(bytes == sizeof answer && memcmp(room, answer, sizeof answer) == 0);

    bytes = sizeof room;
    IS(p11->C_WrapKey(session, &kw, kek, key, room, NULL), CKR_ARGUMENTS_BAD);
    IS(p11->C_WrapKey(session, NULL, kek, key, room, &bytes), CKR_ARGUMENTS_BAD);
    IS(p11->C_WrapKey(NOWHERE, &kw, kek, key, room, &bytes), CKR_SESSION_HANDLE_INVALID);
    IS(p11->C_WrapKey(session, &ecb, kek, key, room, &bytes), CKR_MECHANISM_INVALID);
    IS(p11->C_WrapKey(session, &odd, kek, key, room, &bytes), CKR_MECHANISM_PARAM_INVALID);
    IS(p11->C_WrapKey(session, &kw, NOWHERE, key, room, &bytes), CKR_WRAPPING_KEY_HANDLE_INVALID);
    IS(p11->C_WrapKey(session, &kw, data, key, room, &bytes), CKR_WRAPPING_KEY_TYPE_INCONSISTENT);
    IS(p11->C_WrapKey(session, &kw, key, key, room, &bytes), CKR_KEY_FUNCTION_NOT_PERMITTED);
    IS(p11->C_WrapKey(session, &kw, kek, NOWHERE, room, &bytes), CKR_KEY_HANDLE_INVALID);
    IS(p11->C_WrapKey(session, &kw, kek, data, room, &bytes), CKR_KEY_NOT_WRAPPABLE);
    IS(p11->C_WrapKey(session, &kw, kek, closed, room, &bytes), CKR_KEY_UNEXTRACTABLE);
    IS(p11->C_WrapKey(session, &kw, kek, closed, NULL, &bytes), CKR_KEY_UNEXTRACTABLE);

    IS(p11->C_UnwrapKey(session, &kw, kek, (CK_BYTE *)answer, sizeof answer, wanted, 2, NULL), CKR_ARGUMENTS_BAD);
    IS(p11->C_UnwrapKey(session, &kw, kek, NULL, sizeof answer, wanted, 2, &made), CKR_ARGUMENTS_BAD);
    IS(p11->C_UnwrapKey(session, &kw, NOWHERE, (CK_BYTE *)answer, sizeof answer, wanted, 2, &made), CKR_UNWRAPPING_KEY_HANDLE_INVALID);
    IS(p11->C_UnwrapKey(session, &kw, data, (CK_BYTE *)answer, sizeof answer, wanted, 2, &made), CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT);
    IS(p11->C_UnwrapKey(session, &kw, key, (CK_BYTE *)answer, sizeof answer, wanted, 2, &made), CKR_KEY_FUNCTION_NOT_PERMITTED);
    IS(p11->C_UnwrapKey(session, &kw, kek, (CK_BYTE *)answer, sizeof answer - 1, wanted, 2, &made), CKR_WRAPPED_KEY_LEN_RANGE);
    IS(p11->C_UnwrapKey(session, &kw, kek, (CK_BYTE *)answer, 1UL << 20, wanted, 2, &made), CKR_WRAPPED_KEY_LEN_RANGE);
    IS(p11->C_UnwrapKey(session, &kw, kek, (CK_BYTE *)kek_value, sizeof kek_value, wanted, 2, &made), CKR_WRAPPED_KEY_INVALID);
    IS(p11->C_UnwrapKey(session, &kw, kek, (CK_BYTE *)answer, sizeof answer, wanted, 1, &made), CKR_TEMPLATE_INCOMPLETE);
    OK(p11->C_UnwrapKey(session, &kw, kek, (CK_BYTE *)answer, sizeof answer, wanted, 2, &made));
    TRUE_THAT(flag_of(made, CKA_LOCAL) == 0 && flag_of(made, CKA_SENSITIVE) == 1 && flag_of(made, CKA_EXTRACTABLE) == 1);
    bytes = sizeof room;
    IS(p11->C_WrapKey(session, &kw, kek, made, room, &bytes), CKR_KEY_NOT_WRAPPABLE);
}

static void a_private_key_goes_and_comes(CK_OBJECT_HANDLE kek)
{
    CK_MECHANISM mechanism = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
    CK_ULONG private_class = CKO_PRIVATE, ec = 3, announced = 0, bytes;
    CK_ATTRIBUTE publics[] = { NUMBER(CKA_EC_PARAMS, p256) };
    CK_ATTRIBUTE privates[] = { { CKA_EXTRACTABLE, &yes, 1 } };
    CK_ATTRIBUTE wanted[] = { NUMBER(CKA_CLASS, private_class), NUMBER(CKA_KEY_TYPE, ec), { CKA_SIGN, &yes, 1 } };
    CK_OBJECT_HANDLE public, private, back;
    CK_BYTE room[512];
    OK(p11->C_GenerateKeyPair(session, &mechanism, publics, 1, privates, 1, &public, &private));

    OK(p11->C_WrapKey(session, &kwp, kek, private, NULL, &announced));
    TRUE_THAT(announced <= sizeof room);
    bytes = announced;
    OK(p11->C_WrapKey(session, &kwp, kek, private, room, &bytes));
    TRUE_THAT(bytes <= announced && announced - bytes <= 16);
    bytes = sizeof room;
    IS(p11->C_WrapKey(session, &kw, kek, private, room, &bytes), CKR_KEY_SIZE_RANGE);
    bytes = sizeof room;
    OK(p11->C_WrapKey(session, &kwp, kek, private, room, &bytes));
    OK(p11->C_UnwrapKey(session, &kwp, kek, room, bytes, wanted, COUNT(wanted), &back));
    OK(sign_with(session, back));
    room[20] ^= 1;
    IS(p11->C_UnwrapKey(session, &kwp, kek, room, bytes, wanted, COUNT(wanted), &back), CKR_WRAPPED_KEY_INVALID);
}

static void templates_in_templates(void)
{
    CK_ATTRIBUTE deep[] = { { CKA_UNWRAP_TEMPLATE, NULL, 0 } };
    CK_ATTRIBUTE inner[33] = { { CKA_EXTRACTABLE, &no, 1 }, { CKA_LABEL, "brought", 7 } };
    CK_ATTRIBUTE template[] = {
        NUMBER(CKA_CLASS, secret_class), NUMBER(CKA_KEY_TYPE, aes), { CKA_VALUE, (void *)kek_value, 32 }, { CKA_UNWRAP, &yes, 1 }, { CKA_UNWRAP_TEMPLATE, inner, 2 * sizeof inner[0] },
    };
    CK_ATTRIBUTE wanted[] = { NUMBER(CKA_CLASS, secret_class), NUMBER(CKA_KEY_TYPE, aes), { CKA_EXTRACTABLE, &yes, 1 } };
    CK_OBJECT_HANDLE kek, made;
    OK(p11->C_CreateObject(session, template, COUNT(template), &kek));

    CK_BYTE flag = 9;
    char label[8] = "";
    CK_ATTRIBUTE told[2] = { { 0, label, sizeof label }, { 0, &flag, 1 } };
    CK_ATTRIBUTE asked = { CKA_UNWRAP_TEMPLATE, NULL, 0 };
    OK(p11->C_GetAttributeValue(session, kek, &asked, 1));
    TRUE_THAT(asked.value_bytes == sizeof told);
    asked.value = told;
    asked.value_bytes = sizeof told[0];
    IS(p11->C_GetAttributeValue(session, kek, &asked, 1), CKR_BUFFER_TOO_SMALL);
    TRUE_THAT(asked.value_bytes == UNAVAILABLE);
    asked.value_bytes = sizeof told;
    IS(p11->C_GetAttributeValue(session, kek, &asked, 1), CKR_BUFFER_TOO_SMALL);
    TRUE_THAT(asked.value_bytes == sizeof told && told[0].type == CKA_EXTRACTABLE && told[0].value_bytes == 1 && label[0] == 0);
    TRUE_THAT(told[1].type == CKA_LABEL && told[1].value_bytes == UNAVAILABLE);

    IS(p11->C_UnwrapKey(session, &kw, kek, (CK_BYTE *)answer, sizeof answer, wanted, 3, &made), CKR_TEMPLATE_INCONSISTENT);
    OK(p11->C_UnwrapKey(session, &kw, kek, (CK_BYTE *)answer, sizeof answer, wanted, 2, &made));
    TRUE_THAT(flag_of(made, CKA_EXTRACTABLE) == 0);
    TRUE_THAT(count_of(p11, session, "brought") == 1);

    template[4].value = deep;
    template[4].value_bytes = sizeof deep;
    IS(p11->C_CreateObject(session, template, COUNT(template), &made), CKR_ATTRIBUTE_VALUE_INVALID);
    template[4].value = inner;
    template[4].value_bytes = sizeof inner[0] - 1;
    IS(p11->C_CreateObject(session, template, COUNT(template), &made), CKR_ATTRIBUTE_VALUE_INVALID);
    template[4].value_bytes = sizeof inner;
    IS(p11->C_CreateObject(session, template, COUNT(template), &made), CKR_ATTRIBUTE_VALUE_INVALID);
    inner[1] = (CK_ATTRIBUTE){ CKA_LABEL, NULL, 7 };
    template[4].value_bytes = 2 * sizeof inner[0];
    IS(p11->C_CreateObject(session, template, COUNT(template), &made), CKR_ATTRIBUTE_VALUE_INVALID);
    inner[1] = (CK_ATTRIBUTE){ CKA_VALUE, (void *)kek_value, 32 };
    IS(p11->C_CreateObject(session, template, COUNT(template), &made), CKR_ATTRIBUTE_VALUE_INVALID);
}

int main(void)
{
    alarm(60);
    p11 = load(module_path());
    OK(p11->C_Initialize(NULL));
    find_slot();
    session = open_with(p11, CKF_RW_SERIAL);
    login(p11, session);
    CK_OBJECT_HANDLE kek = bring_in(kek_value, sizeof kek_value, CKA_WRAP, CKA_UNWRAP);
    CK_OBJECT_HANDLE key = bring_in(key_value, sizeof key_value, CKA_EXTRACTABLE, CKA_SENSITIVE);
    lengths_and_codes(kek, key);
    a_private_key_goes_and_comes(kek);
    templates_in_templates();
    OK(p11->C_Finalize(NULL));
    return 0;
}
