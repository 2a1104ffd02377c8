/*
 * What PKCS#11 v3.2 says between the functions: what C_Logout voids, what a session does at a time, what ends an operation, and the
 * operations that are saved and carried on elsewhere.
 */
#include "host.h"
#include "objects.h"

#define CKR_OPERATION_ACTIVE 0x90UL
#define CKR_OPERATION_NOT_INITIALIZED 0x91UL
#define CKR_KEY_INDIGESTIBLE 0x67UL
#define CKR_KEY_NOT_NEEDED 0x64UL
#define CKR_SAVED_STATE_INVALID 0x160UL
#define CKR_STATE_UNSAVEABLE 0x180UL
#define CKA_VERIFY 0x10aUL
#define CKA_LOCAL 0x163UL
#define CKA_KEY_GEN_MECHANISM 0x166UL
#define STATE_BYTES 32

static CK_MECHANISM sha256 = { 0x250, NULL, 0 }, ecdsa = { CKM_ECDSA, NULL, 0 };
static CK_BYTE digest[32], signature[64];
static CK_ULONG bytes;

/* Section 5.6.11: handles of private objects are void for ever, those of public ones are not. */
static void logout_voids_handles(CK_SESSION_HANDLE session, CK_SESSION_HANDLE other)
{
    CK_OBJECT_HANDLE public, private, again;
    CK_ULONG class = CKO_PRIVATE, count;
    CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof class }, BYTES(CKA_LABEL, "kept") };
    login(p11, session);
    make_pair(session, "kept", &yes, &public, &private);
    OK(p11->C_SignInit(session, &ecdsa, private));
    OK(p11->C_FindObjectsInit(other, template, 2));
    OK(p11->C_Logout(session));

    /* What was under way with a private key has ended; a search finds no more than everybody does. */
    bytes = sizeof signature;
    IS(p11->C_Sign(session, digest, 32, signature, &bytes), CKR_OPERATION_NOT_INITIALIZED);
    OK(p11->C_FindObjects(other, &again, 1, &count));
    TRUE_THAT(count == 0);
    OK(p11->C_FindObjectsFinal(other));
    login(p11, session);
    IS(get(p11, session, private, CKA_LABEL), CKR_OBJECT_HANDLE_INVALID);
    IS(p11->C_SignInit(session, &ecdsa, private), CKR_KEY_HANDLE_INVALID);
    IS(p11->C_DestroyObject(session, private), CKR_OBJECT_HANDLE_INVALID);
    OK(get(p11, session, public, CKA_LABEL));
    again = find(session, CKO_PRIVATE, "kept");
    TRUE_THAT(again != private);
    OK(sign_with(other, again));

    /* A verification with a public key goes on. */
    OK(p11->C_VerifyInit(other, &ecdsa, public));
    OK(p11->C_DestroyObject(session, again));
    OK(p11->C_Logout(session));
    IS(p11->C_Verify(other, digest, 32, signature, 64), 0xc0);
    OK(p11->C_DestroyObject(session, public));
}

/* Section 5.1.6, CKR_OPERATION_ACTIVE: one thing at a time, and nothing is disturbed by the attempt. */
static void one_thing_at_a_time(CK_SESSION_HANDLE session)
{
    CK_OBJECT_HANDLE public, private;
    login(p11, session);
    make_pair(session, "busy", &no, &public, &private);
    for (int active = 0; active < 4; active++) {
        OK(active == 0 ? p11->C_DigestInit(session, &sha256) : active == 1 ? p11->C_SignInit(session, &ecdsa, private)
           : active == 2 ? p11->C_VerifyInit(session, &ecdsa, public) : p11->C_FindObjectsInit(session, NULL, 0));
        IS(p11->C_DigestInit(session, &sha256), CKR_OPERATION_ACTIVE);
        IS(p11->C_SignInit(session, &ecdsa, private), CKR_OPERATION_ACTIVE);
        IS(p11->C_VerifyInit(session, &ecdsa, public), CKR_OPERATION_ACTIVE);
        IS(p11->C_FindObjectsInit(session, NULL, 0), CKR_OPERATION_ACTIVE);
        bytes = sizeof signature;
        if (active == 0)
            OK(p11->C_Digest(session, digest, 32, digest, &bytes));
        else if (active == 1)
            OK(p11->C_Sign(session, digest, 32, signature, &bytes));
        else if (active == 2)
            IS(p11->C_Verify(session, digest, 31, signature, 64), 0xc0);
        else
            OK(p11->C_FindObjectsFinal(session));
    }
    OK(p11->C_Logout(session));
}

/* Section 5.12: C_Digest doesn't end what C_DigestUpdate began, and ends the operation by its error. */
static void digests_end(CK_SESSION_HANDLE session)
{
    bytes = sizeof digest;
    OK(p11->C_DigestInit(session, &sha256));
    OK(p11->C_DigestUpdate(session, digest, 1));
    IS(p11->C_Digest(session, digest, 32, digest, &bytes), CKR_OPERATION_NOT_INITIALIZED);
    IS(p11->C_DigestFinal(session, digest, &bytes), CKR_OPERATION_NOT_INITIALIZED);
    OK(p11->C_DigestInit(session, &sha256));
    IS(p11->C_DigestFinal(session, digest, NULL), CKR_ARGUMENTS_BAD);
    IS(p11->C_DigestFinal(session, digest, &bytes), CKR_OPERATION_NOT_INITIALIZED);
    OK(p11->C_DigestInit(session, &sha256));
    IS(p11->C_DigestUpdate(session, NULL, 1), CKR_ARGUMENTS_BAD);
    IS(p11->C_DigestUpdate(session, digest, 1), CKR_OPERATION_NOT_INITIALIZED);
}

static CK_OBJECT_HANDLE make_secret(CK_SESSION_HANDLE session, CK_BBOOL *sensitive, CK_BBOOL *extractable)
{
    CK_ULONG generic = 0x10;
    CK_ATTRIBUTE template[] = {
        NUMBER(CKA_CLASS, secret_class), NUMBER(CKA_KEY_TYPE, generic), { CKA_SENSITIVE, sensitive, 1 },
        { CKA_EXTRACTABLE, extractable, 1 }, BYTES(CKA_VALUE, "abc"),
    };
    CK_OBJECT_HANDLE key;
    OK(p11->C_CreateObject(session, template, COUNT(template), &key));
    return key;
}

/* Section 5.12.4: of keys whose value may be read. */
static void digests_of_keys(CK_SESSION_HANDLE session)
{
    static const CK_BYTE abcabc[4] = { 0xbb, 0xb5, 0x9d, 0xa3 };   /* SHA-256 of "abcabc" */
    CK_OBJECT_HANDLE open, sensitive, kept, public, private, data;
    login(p11, session);
    open = make_secret(session, &no, &yes);
    sensitive = make_secret(session, &yes, &yes);
    kept = make_secret(session, &no, &no);
    make_pair(session, "no secret", &no, &public, &private);
    data = make_data(p11, session, "no key", &no);
    IS(p11->C_DigestKey(session, open), CKR_OPERATION_NOT_INITIALIZED);
    OK(p11->C_DigestInit(session, &sha256));
    OK(p11->C_DigestKey(session, open));
    IS(p11->C_DigestKey(session, sensitive), CKR_KEY_INDIGESTIBLE);
    IS(p11->C_DigestKey(session, kept), CKR_KEY_INDIGESTIBLE);
    IS(p11->C_DigestKey(session, private), CKR_KEY_INDIGESTIBLE);
    IS(p11->C_DigestKey(session, data), CKR_KEY_HANDLE_INVALID);
    IS(p11->C_DigestKey(session, 0), CKR_KEY_HANDLE_INVALID);
    OK(p11->C_DigestUpdate(session, (CK_BYTE *)"abc", 3));
    bytes = sizeof digest;
    OK(p11->C_DigestFinal(session, digest, &bytes));
    TRUE_THAT(bytes == 32 && memcmp(digest, abcabc, sizeof abcabc) == 0);
    OK(p11->C_Logout(session));
}

/* Sections 5.6.5 and 5.6.6: a digest goes on where it was saved, as often as one likes, in the same state of the session only. */
static void saved_states(CK_SESSION_HANDLE session, CK_SESSION_HANDLE other, CK_SESSION_HANDLE read_only)
{
    static const CK_BYTE abc[4] = { 0xba, 0x78, 0x16, 0xbf };   /* FIPS 180-4 example: SHA-256 of "abc" */
    CK_BYTE state[STATE_BYTES], spoilt[STATE_BYTES];
    CK_OBJECT_HANDLE public, private;
    CK_ULONG length = 0;
    IS(p11->C_GetOperationState(session, state, &length), CKR_OPERATION_NOT_INITIALIZED);
    OK(p11->C_FindObjectsInit(session, NULL, 0));
    IS(p11->C_GetOperationState(session, state, &length), CKR_OPERATION_NOT_INITIALIZED);
    OK(p11->C_FindObjectsFinal(session));
    OK(p11->C_DigestInit(session, &sha256));
    OK(p11->C_DigestUpdate(session, (CK_BYTE *)"ab", 2));
    IS(p11->C_GetOperationState(session, state, NULL), CKR_ARGUMENTS_BAD);
    OK(p11->C_GetOperationState(session, NULL, &length));
    TRUE_THAT(length == STATE_BYTES);
    length--;
    IS(p11->C_GetOperationState(session, state, &length), CKR_BUFFER_TOO_SMALL);
    TRUE_THAT(length == STATE_BYTES);
    OK(p11->C_GetOperationState(session, state, &length));
    OK(p11->C_DigestUpdate(session, (CK_BYTE *)"never mind", 10));
    memcpy(spoilt, state, sizeof spoilt);
    spoilt[5] ^= 1;
    IS(p11->C_SetOperationState(other, spoilt, STATE_BYTES, 0, 0), CKR_SAVED_STATE_INVALID);
    IS(p11->C_SetOperationState(other, state, STATE_BYTES - 1, 0, 0), CKR_SAVED_STATE_INVALID);
    IS(p11->C_SetOperationState(read_only, state, STATE_BYTES, 0, 0), CKR_SAVED_STATE_INVALID);
    IS(p11->C_SetOperationState(other, NULL, STATE_BYTES, 0, 0), CKR_ARGUMENTS_BAD);
    IS(p11->C_SetOperationState(other, state, STATE_BYTES, 1, 0), CKR_KEY_NOT_NEEDED);
    IS(p11->C_SetOperationState(other, state, STATE_BYTES, 0, 1), CKR_KEY_NOT_NEEDED);
    CK_SESSION_HANDLE into[] = { other, session };
    for (int i = 0; i < 2; i++) {
        OK(p11->C_SetOperationState(into[i], state, STATE_BYTES, 0, 0));
        IS(p11->C_DigestInit(into[i], &sha256), CKR_OPERATION_ACTIVE);
        OK(p11->C_DigestUpdate(into[i], (CK_BYTE *)"c", 1));
        bytes = sizeof digest;
        OK(p11->C_DigestFinal(into[i], digest, &bytes));
        TRUE_THAT(memcmp(digest, abc, sizeof abc) == 0);
    }
    /* What was under way is abruptly cancelled, a search too. */
    OK(p11->C_FindObjectsInit(other, NULL, 0));
    OK(p11->C_SetOperationState(other, state, STATE_BYTES, 0, 0));
    IS(p11->C_FindObjectsFinal(other), CKR_OPERATION_NOT_INITIALIZED);
    OK(p11->C_DigestInit(other, NULL));
    login(p11, session);
    IS(p11->C_SetOperationState(other, state, STATE_BYTES, 0, 0), CKR_SAVED_STATE_INVALID);
    make_pair(session, "unsaveable", &no, &public, &private);
    OK(p11->C_SignInit(session, &ecdsa, private));
    IS(p11->C_GetOperationState(session, state, &length), CKR_STATE_UNSAVEABLE);
    OK(p11->C_SignInit(session, NULL, 0));
    OK(p11->C_VerifyInit(session, &ecdsa, public));
    IS(p11->C_GetOperationState(session, state, &length), CKR_STATE_UNSAVEABLE);
    OK(p11->C_VerifyInit(session, NULL, 0));
    OK(p11->C_Logout(session));
}

/*
 * Section 6.3.1: what is verified may be shorter than the curve, as two numbers of one length. The key is the curve's base point, the
 * signature made with a number whose point has a short coordinate.
 */
static void short_signatures(CK_SESSION_HANDLE session)
{
    static CK_BYTE point[67] = {
        0x04, 0x41, 0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d,
        0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e,
        0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
    };
    static CK_BYTE hash[32] = {
        0xff, 0xaa, 0xbc, 0x75, 0xb5, 0x0c, 0x2f, 0xf2, 0x28, 0x28, 0xbf, 0x54, 0x24, 0x28, 0xa3, 0x69,
        0x0c, 0x7e, 0x82, 0xf6, 0x1f, 0x3c, 0x3f, 0x14, 0x05, 0x12, 0x3f, 0x32, 0x53, 0x8b, 0x6f, 0xa4,
    };
    CK_BYTE shorter[66] = {
        0x55, 0x43, 0x89, 0x4a, 0xf3, 0xd0, 0x0e, 0xd7, 0xd7, 0x40, 0xab, 0xdb, 0xd7, 0x5c, 0x96, 0xb0,
        0x68, 0x77, 0xb7, 0x87, 0xdb, 0x5f, 0x70, 0xee, 0xa7, 0x8b, 0x90, 0xa8, 0xd7, 0xc0, 0x0a, [61] = 7,
    };
    CK_ULONG ec = 3;
    CK_ATTRIBUTE template[] = {
        NUMBER(CKA_CLASS, public_class), NUMBER(CKA_KEY_TYPE, ec), NUMBER(CKA_EC_PARAMS, p256), NUMBER(CKA_EC_POINT, point), NUMBER(CKA_VERIFY, yes),
    };
    CK_OBJECT_HANDLE key;
    OK(p11->C_CreateObject(session, template, COUNT(template), &key));
    for (CK_ULONG length = 0; length <= sizeof shorter; length++) {
        OK(p11->C_VerifyInit(session, &ecdsa, key));
        IS(p11->C_Verify(session, hash, sizeof hash, shorter, length),
           length == 62 ? CKR_OK : length % 2 == 1 || length == 0 || length > 64 ? 0xc1 : 0xc0);
    }
}

static CK_ULONG number_of(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ULONG type, CK_ULONG size)
{
    CK_ULONG value = 0;
    CK_ATTRIBUTE asked = { type, &value, size };
    OK(p11->C_GetAttributeValue(session, object, &asked, 1));
    return value;
}

/* Section 4.8: a copy of what was generated here was generated here, in the token too; what was brought in wasn't. */
static void copies_stay_local(CK_SESSION_HANDLE session)
{
    CK_BYTE point[67];
    CK_ULONG ec = 3;
    CK_ATTRIBUTE into_token = NUMBER(CKA_TOKEN, yes), asked = { CKA_EC_POINT, point, sizeof point };
    CK_OBJECT_HANDLE public, private, copy, brought;
    login(p11, session);
    make_pair(session, "local", &no, &public, &private);
    OK(p11->C_CopyObject(session, public, &into_token, 1, &copy));
    TRUE_THAT(number_of(session, public, CKA_LOCAL, 1) == 1 && number_of(session, copy, CKA_LOCAL, 1) == 1);
    TRUE_THAT(number_of(session, copy, CKA_KEY_GEN_MECHANISM, 8) == CKM_EC_KEY_PAIR_GEN);
    OK(p11->C_DestroyObject(session, copy));
    OK(p11->C_GetAttributeValue(session, public, &asked, 1));
    CK_ATTRIBUTE template[] = {
        NUMBER(CKA_CLASS, public_class), NUMBER(CKA_KEY_TYPE, ec), NUMBER(CKA_EC_PARAMS, p256), NUMBER(CKA_EC_POINT, point), NUMBER(CKA_TOKEN, yes),
    };
    OK(p11->C_CreateObject(session, template, COUNT(template), &brought));
    TRUE_THAT(number_of(session, brought, CKA_LOCAL, 1) == 0);
    OK(p11->C_DestroyObject(session, brought));
    OK(p11->C_Logout(session));
}

/* Section 3.2: a slot whose token may go says so; section 5.19: no seed is taken. */
static void slots_and_seeds(CK_SESSION_HANDLE session)
{
    struct { CK_BYTE texts[96]; CK_FLAGS flags; CK_VERSION versions[2]; } slot;
    OK(p11->C_GetSlotInfo(token_slot, (CK_SLOT_INFO *)&slot));
    TRUE_THAT(slot.flags == 3);
    IS(p11->C_SeedRandom(session, digest, 32), 0x120);
    IS(p11->C_SeedRandom(session, NULL, 32), CKR_ARGUMENTS_BAD);
    IS(p11->C_SeedRandom(0, digest, 32), CKR_SESSION_HANDLE_INVALID);
}

int main(void)
{
    alarm(120);
    p11 = load(module_path());
    OK(p11->C_Initialize(NULL));
    find_slot();
    CK_SESSION_HANDLE session = open_with(p11, CKF_RW_SERIAL), other = open_with(p11, CKF_RW_SERIAL), read_only = open_with(p11, 4);
    logout_voids_handles(session, other);
    one_thing_at_a_time(session);
    digests_end(session);
    digests_of_keys(session);
    saved_states(session, other, read_only);
    short_signatures(session);
    copies_stay_local(session);
    slots_and_seeds(session);
    OK(p11->C_Finalize(NULL));
    return 0;
}
