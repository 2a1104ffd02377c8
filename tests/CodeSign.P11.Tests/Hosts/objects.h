/* What the hosts that make objects share: numbers, templates, and short ways to say things. Included after host.h. */
#define CKA_CLASS 0UL
#define CKA_TOKEN 1UL
#define CKA_PRIVATE 2UL
#define CKA_LABEL 3UL
#define CKA_UNIQUE_ID 4UL
#define CKA_VALUE 0x11UL
#define CKA_KEY_TYPE 0x100UL
#define CKA_ID 0x102UL
#define CKA_SENSITIVE 0x103UL
#define CKA_SIGN 0x108UL
#define CKA_DERIVE 0x10cUL
#define CKA_VALUE_LEN 0x161UL
#define CKA_EXTRACTABLE 0x162UL
#define CKA_MODIFIABLE 0x170UL
#define CKA_COPYABLE 0x171UL
#define CKA_DESTROYABLE 0x172UL
#define CKA_EC_PARAMS 0x180UL
#define CKA_EC_POINT 0x181UL
#define CKA_WRAP_TEMPLATE 0x40000211UL
#define CKA_ALLOWED_MECHANISMS 0x40000600UL
#define CKO_DATA 0UL
#define CKO_SECRET 4UL
#define CKM_EC_KEY_PAIR_GEN 0x1040UL
#define CKM_EC_EDWARDS_KEY_PAIR_GEN 0x1055UL
#define CKM_EC_MONTGOMERY_KEY_PAIR_GEN 0x1056UL
#define CKM_EDDSA 0x1057UL
#define CKM_ECDSA_SHA256 0x1044UL
#define CKM_ECDSA_SHA384 0x1045UL
#define CKM_AES_KEY_GEN 0x1080UL
#define CKR_ATTRIBUTE_READ_ONLY 0x10UL
#define CKR_ATTRIBUTE_SENSITIVE 0x11UL
#define CKR_ATTRIBUTE_VALUE_INVALID 0x13UL
#define CKR_ACTION_PROHIBITED 0x1bUL
#define CKR_DEVICE_MEMORY 0x31UL
#define CKR_KEY_HANDLE_INVALID 0x60UL
#define CKR_MECHANISM_INVALID 0x70UL
#define CKR_MECHANISM_PARAM_INVALID 0x71UL
#define CKR_OBJECT_HANDLE_INVALID 0x82UL
#define CKR_CURVE_NOT_SUPPORTED 0x140UL
#define CKR_KEY_TYPE_INCONSISTENT 0x63UL
#define CKR_SESSION_HANDLE_INVALID 0xb3UL
#define CKR_SESSION_READ_ONLY 0xb5UL
#define CKR_TEMPLATE_INCOMPLETE 0xd0UL
#define CKR_TEMPLATE_INCONSISTENT 0xd1UL
#define CKR_USER_NOT_LOGGED_IN 0x101UL
#define CKR_BUFFER_TOO_SMALL 0x150UL
#define NOWHERE 0x1234UL
#define UNAVAILABLE (~0UL)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BYTES(type, value) { type, (void *)(value), sizeof(value) - 1 }
#define NUMBER(type, variable) { type, &(variable), sizeof(variable) }

__attribute__((unused)) static CK_BBOOL yes = 1, no = 0;
__attribute__((unused)) static CK_ULONG data_class = CKO_DATA, secret_class = CKO_SECRET, public_class = CKO_PUBLIC;
__attribute__((unused)) static CK_ULONG aes = 0x1f, edwards = 0x40, sixteen = 16;
__attribute__((unused)) static CK_BYTE p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 };
__attribute__((unused)) static CK_BYTE ed25519[] = { 6, 3, 0x2b, 0x65, 0x70 };

__attribute__((unused)) static CK_SESSION_HANDLE open_with(CK_FUNCTION_LIST *module, CK_FLAGS flags)
{
    CK_SESSION_HANDLE session;
    OK(module->C_OpenSession(token_slot, flags, NULL, NULL, &session));
    return session;
}

__attribute__((unused)) static void login(CK_FUNCTION_LIST *module, CK_SESSION_HANDLE session)
{
    const char *pin = getenv("CODESIGN_PIN");
    OK(module->C_Login(session, 1, (CK_UTF8CHAR *)pin, strlen(pin)));
}

__attribute__((unused)) static CK_OBJECT_HANDLE make_data(CK_FUNCTION_LIST *module, CK_SESSION_HANDLE session, const char *label, CK_BBOOL *token)
{
    CK_ATTRIBUTE template[] = { NUMBER(CKA_CLASS, data_class), { CKA_TOKEN, token, 1 }, { CKA_LABEL, (void *)label, strlen(label) }, BYTES(CKA_VALUE, "value") };
    CK_OBJECT_HANDLE made;
    OK(module->C_CreateObject(session, template, COUNT(template), &made));
    return made;
}

__attribute__((unused)) static void make_pair(
    CK_SESSION_HANDLE session, const char *label, CK_BBOOL *token, CK_OBJECT_HANDLE *public, CK_OBJECT_HANDLE *private)
{
    CK_MECHANISM mechanism = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
    CK_ATTRIBUTE publics[] = { NUMBER(CKA_EC_PARAMS, p256), { CKA_TOKEN, token, 1 }, { CKA_LABEL, (void *)label, strlen(label) } };
    CK_ATTRIBUTE privates[] = { NUMBER(CKA_SIGN, yes), { CKA_TOKEN, token, 1 }, { CKA_LABEL, (void *)label, strlen(label) } };
    OK(p11->C_GenerateKeyPair(session, &mechanism, publics, COUNT(publics), privates, COUNT(privates), public, private));
}

__attribute__((unused)) static CK_ULONG count_of(CK_FUNCTION_LIST *module, CK_SESSION_HANDLE session, const char *label)
{
    CK_ATTRIBUTE template[] = { { CKA_LABEL, (void *)label, strlen(label) } };
    CK_OBJECT_HANDLE objects[64];
    CK_ULONG count = 0;
    OK(module->C_FindObjectsInit(session, template, 1));
    OK(module->C_FindObjects(session, objects, 64, &count));
    OK(module->C_FindObjectsFinal(session));
    return count;
}

__attribute__((unused)) static CK_RV get(CK_FUNCTION_LIST *module, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ULONG type)
{
    CK_BYTE room[512];
    CK_ATTRIBUTE asked = { type, room, sizeof room };
    return module->C_GetAttributeValue(session, object, &asked, 1);
}

__attribute__((unused)) static CK_RV rename_to(CK_FUNCTION_LIST *module, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, const char *label)
{
    CK_ATTRIBUTE wanted = { CKA_LABEL, (void *)label, strlen(label) };
    return module->C_SetAttributeValue(session, object, &wanted, 1);
}

__attribute__((unused)) static CK_RV sign_with(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
    signing_key = key;
    return sign(session);
}
