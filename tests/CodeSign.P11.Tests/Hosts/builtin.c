/* What the module says of a token in objects of its own. The one who counts round trips says when to ask for them by class. */
#include "host.h"
#include "objects.h"

#define CKA_PROFILE_ID 0x601UL
#define CKA_MECHANISM_TYPE 0x500UL
#define CKO_HW_FEATURE 5UL
#define CKO_DOMAIN_PARAMETERS 6UL
#define CKO_MECHANISM 7UL
#define CKO_OTP_KEY 8UL
#define CKO_PROFILE 9UL
#define CKO_VALIDATION 10UL
#define CKO_TRUST 11UL
#define CKM_DSA_PARAMETER_GEN 0x2000UL
#define CKM_SHA256 0x250UL
#define CKF_RO_SERIAL 4UL
#define FOUND_MAX 1024

static CK_SESSION_HANDLE session;
static CK_OBJECT_HANDLE found[FOUND_MAX];
static CK_MECHANISM_TYPE types[FOUND_MAX];
static CK_ULONG listed = FOUND_MAX;

static CK_ULONG search(CK_ATTRIBUTE *template, CK_ULONG count)
{
    CK_ULONG all = 0;
    OK(p11->C_FindObjectsInit(session, template, count));
    OK(p11->C_FindObjects(session, found, FOUND_MAX, &all));
    OK(p11->C_FindObjectsFinal(session));
    TRUE_THAT(all < FOUND_MAX);
    return all;
}

static CK_ULONG search_class(CK_ULONG class)
{
    CK_ATTRIBUTE template[] = { NUMBER(CKA_CLASS, class) };
    return search(template, 1);
}

static CK_ULONG number_of(CK_OBJECT_HANDLE object, CK_ULONG type)
{
    CK_ULONG value = ~0UL;
    CK_ATTRIBUTE asked = { type, &value, sizeof value };
    OK(p11->C_GetAttributeValue(session, object, &asked, 1));
    return value;
}

static CK_BBOOL flag_of(CK_OBJECT_HANDLE object, CK_ULONG type)
{
    CK_BBOOL value = 2;
    CK_ATTRIBUTE asked = { type, &value, sizeof value };
    OK(p11->C_GetAttributeValue(session, object, &asked, 1));
    return value;
}

/* It stays as it is, whatever is tried, and has a size and a name of its own. */
static void cannot_be_changed(CK_OBJECT_HANDLE object)
{
    CK_OBJECT_HANDLE copy = NOWHERE;
    CK_ULONG size = 0;
    CK_BYTE id[64];
    CK_ATTRIBUTE unique = { CKA_UNIQUE_ID, id, sizeof id };
    IS(rename_to(p11, session, object, "mine"), CKR_ACTION_PROHIBITED);
    IS(p11->C_CopyObject(session, object, NULL, 0, &copy), CKR_ACTION_PROHIBITED);
    IS(p11->C_DestroyObject(session, object), CKR_ACTION_PROHIBITED);
    TRUE_THAT(copy == NOWHERE);
    OK(p11->C_GetObjectSize(session, object, &size));
    TRUE_THAT(size > 0);
    OK(p11->C_GetAttributeValue(session, object, &unique, 1));
    TRUE_THAT(unique.value_bytes > 0);
    CK_OBJECT_HANDLE same = object;
    CK_ATTRIBUTE by_id[] = { { CKA_CLASS, NULL, 0 }, { CKA_UNIQUE_ID, id, unique.value_bytes } };
    CK_ULONG class = number_of(object, CKA_CLASS);
    by_id[0] = (CK_ATTRIBUTE)NUMBER(CKA_CLASS, class);
    TRUE_THAT(search(by_id, 2) == 1 && found[0] == same);
}

static void profiles(void)
{
    CK_OBJECT_HANDLE profile[8];
    CK_ULONG count = search_class(CKO_PROFILE), baseline = 1, class = CKO_PROFILE, complete = 5;
    TRUE_THAT(count == 4);
    memcpy(profile, found, sizeof profile);
    for (CK_ULONG i = 0; i < count; i++) {
        TRUE_THAT(number_of(profile[i], CKA_PROFILE_ID) == i + 1);
        TRUE_THAT(flag_of(profile[i], CKA_TOKEN) && !flag_of(profile[i], CKA_PRIVATE) && !flag_of(profile[i], CKA_MODIFIABLE));
        TRUE_THAT(!flag_of(profile[i], CKA_COPYABLE) && !flag_of(profile[i], CKA_DESTROYABLE));
        IS(get(p11, session, profile[i], CKA_VALUE), CKR_ATTRIBUTE_TYPE_INVALID);
        cannot_be_changed(profile[i]);
    }
    CK_ATTRIBUTE one[] = { NUMBER(CKA_CLASS, class), NUMBER(CKA_PROFILE_ID, baseline) };
    TRUE_THAT(search(one, 2) == 1 && found[0] == profile[0]);
    one[1] = (CK_ATTRIBUTE)NUMBER(CKA_PROFILE_ID, complete);
    TRUE_THAT(search(one, 2) == 0);
    CK_ATTRIBUTE private[] = { NUMBER(CKA_CLASS, class), NUMBER(CKA_PRIVATE, yes) };
    TRUE_THAT(search(private, 2) == 0);
}

static void mechanisms(void)
{
    static CK_OBJECT_HANDLE objects[FOUND_MAX];
    CK_ULONG count = listed, class = CKO_MECHANISM, sha256 = CKM_SHA256;
    TRUE_THAT(search_class(CKO_MECHANISM) == count);
    memcpy(objects, found, sizeof objects);
    for (CK_ULONG i = 0; i < count; i++)
        TRUE_THAT(number_of(objects[i], CKA_MECHANISM_TYPE) == types[i]);
    cannot_be_changed(objects[0]);
    CK_ATTRIBUTE one[] = { NUMBER(CKA_CLASS, class), NUMBER(CKA_MECHANISM_TYPE, sha256) };
    TRUE_THAT(search(one, 2) == 1 && number_of(found[0], CKA_MECHANISM_TYPE) == CKM_SHA256);
}

/* Classes of which there are no objects, and nobody makes one. */
static void nothing_else(void)
{
    CK_ULONG classes[] = { CKO_HW_FEATURE, CKO_DOMAIN_PARAMETERS, CKO_OTP_KEY, CKO_VALIDATION, CKO_TRUST };
    for (CK_ULONG i = 0; i < COUNT(classes); i++)
        TRUE_THAT(search_class(classes[i]) == 0);
}

static void none_is_made(void)
{
    CK_ULONG classes[] = { CKO_HW_FEATURE, CKO_DOMAIN_PARAMETERS, CKO_MECHANISM, CKO_OTP_KEY, CKO_PROFILE, CKO_VALIDATION, CKO_TRUST };
    CK_ULONG dsa = 1, profile = 1;
    CK_OBJECT_HANDLE made = NOWHERE;
    for (CK_ULONG i = 0; i < COUNT(classes); i++) {
        CK_ATTRIBUTE template[] = { NUMBER(CKA_CLASS, classes[i]), NUMBER(CKA_KEY_TYPE, dsa), NUMBER(CKA_TOKEN, no) };
        IS(p11->C_CreateObject(session, template, COUNT(template), &made), CKR_ATTRIBUTE_VALUE_INVALID);
    }
    CK_ATTRIBUTE claim[] = { NUMBER(CKA_CLASS, classes[4]), NUMBER(CKA_PROFILE_ID, profile) };
    IS(p11->C_CreateObject(session, claim, COUNT(claim), &made), CKR_ATTRIBUTE_VALUE_INVALID);
    CK_ATTRIBUTE stray[] = { NUMBER(CKA_CLASS, data_class), NUMBER(CKA_PROFILE_ID, profile) };
    IS(p11->C_CreateObject(session, stray, COUNT(stray), &made), CKR_TEMPLATE_INCONSISTENT);
    CK_MECHANISM parameters = { CKM_DSA_PARAMETER_GEN, NULL, 0 };
    IS(p11->C_GenerateKey(session, &parameters, NULL, 0, &made), CKR_MECHANISM_INVALID);
    TRUE_THAT(made == NOWHERE);
}

/* Who asks for everything finds the profiles, once each, under the handles they have by class. */
static void among_the_others(void)
{
    CK_OBJECT_HANDLE profile[8];
    CK_ULONG count = search_class(CKO_PROFILE), seen = 0, of_mechanisms = 0;
    memcpy(profile, found, sizeof profile);
    CK_ULONG all = search(NULL, 0);
    for (CK_ULONG i = 0; i < all; i++) {
        CK_ULONG class = number_of(found[i], CKA_CLASS);
        of_mechanisms += class == CKO_MECHANISM;
        for (CK_ULONG k = 0; k < count; k++)
            seen += found[i] == profile[k];
    }
    TRUE_THAT(seen == count && of_mechanisms == 0);
    CK_ULONG sha256 = CKM_SHA256;
    CK_ATTRIBUTE hidden[] = { NUMBER(CKA_MECHANISM_TYPE, sha256) };
    TRUE_THAT(search(hidden, 1) == 0);
}

/* Before a login, too, and in a session that only reads. */
static void everybody_sees_them(void)
{
    OK(p11->C_OpenSession(token_slot, CKF_RO_SERIAL, NULL, NULL, &session));
    TRUE_THAT(search_class(CKO_PROFILE) == 4);
    IS(p11->C_DestroyObject(session, found[0]), CKR_SESSION_READ_ONLY);
    OK(p11->C_CloseSession(session));
}

int main(void)
{
    char line[64];
    alarm(60);
    p11 = load(module_path());
    OK(p11->C_Initialize(NULL));
    find_slot();
    everybody_sees_them();
    session = open_session();
    among_the_others();
    none_is_made();
    OK(p11->C_GetMechanismList(token_slot, types, &listed));
    printf("ready\n");
    fflush(stdout);
    TRUE_THAT(fgets(line, sizeof line, stdin) != NULL);
    profiles();
    mechanisms();
    nothing_else();
    printf("done\n");
    fflush(stdout);
    TRUE_THAT(fgets(line, sizeof line, stdin) != NULL);
    OK(p11->C_Finalize(NULL));
    return 0;
}
