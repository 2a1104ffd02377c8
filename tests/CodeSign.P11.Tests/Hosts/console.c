/*
 * Does what it reads, a word a line, and says what came of it: "sign N" (length asked for, one byte short, right, N times),
 * "slots", "find CLASS LABEL".
 */
#include "host.h"

static CK_SESSION_HANDLE session;

static CK_RV sign_three_ways(void)
{
    CK_MECHANISM mechanism = { CKM_ECDSA, NULL, 0 };
    CK_BYTE digest[32] = { 1 }, signature[64];
    CK_ULONG bytes = 0;
    CK_RV rv = p11->C_SignInit(session, &mechanism, signing_key);
    if (rv != CKR_OK)
        return rv;
    OK(p11->C_Sign(session, digest, 32, NULL, &bytes));
    bytes = 63;
    IS(p11->C_Sign(session, digest, 32, signature, &bytes), CKR_BUFFER_TOO_SMALL);
    rv = p11->C_Sign(session, digest, 32, signature, &bytes);
    if (rv != CKR_OK)
        return rv;
    OK(p11->C_VerifyInit(session, &mechanism, public_key));
    OK(p11->C_Verify(session, digest, 32, signature, bytes));
    return CKR_OK;
}

static void do_find(CK_ULONG class, const char *label)
{
    CK_ATTRIBUTE template[] = { { 0, &class, sizeof class }, { 3, (void *)label, strlen(label) } };
    CK_OBJECT_HANDLE objects[8];
    CK_ULONG count = 0;
    OK(p11->C_FindObjectsInit(session, template, 2));
    OK(p11->C_FindObjects(session, objects, 8, &count));
    OK(p11->C_FindObjectsFinal(session));
    printf("found %lu\n", count);
}

int main(void)
{
    char line[256], text[128];
    unsigned long number;
    const char *library = getenv("LOAD_ALSO");
    alarm(120);
    p11 = load(module_path());
    OK(p11->C_Initialize(NULL));
    session = open_session();
    printf("ready\n");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "sign %lu", &number) == 1) {
            CK_RV rv = CKR_OK;
            for (unsigned long i = 0; i < number && rv == CKR_OK; i++)
                rv = sign_three_ways();
            printf("signed 0x%lx\n", rv);
        } else if (sscanf(line, "find %lu %127s", &number, text) == 2) {
            do_find(number, text);
        } else if (strncmp(line, "load", 4) == 0) {
            printf("loaded %d\n", dlopen(library, RTLD_NOW) != NULL);
        } else {
            break;
        }
        fflush(stdout);
    }
    OK(p11->C_Finalize(NULL));
    printf("ended\n");
    return 0;
}
