/* A million attribute reads and some thousand signatures leave the process as small as it was. */
#include "host.h"

static long resident_kib(void)
{
    long pages = 0, ignored;
    FILE *file = fopen("/proc/self/statm", "r");
    TRUE_THAT(file && fscanf(file, "%ld %ld", &ignored, &pages) == 2);
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

int main(void)
{
    alarm(120);
    p11 = load(module_path());
    OK(p11->C_Initialize(NULL));
    CK_SESSION_HANDLE session = open_session();
    CK_BYTE label[64];
    for (int i = 0; i < 500; i++)
        OK(sign(session));
    long before = resident_kib();
    for (int i = 0; i < 1000000; i++) {
        CK_ATTRIBUTE template[] = { { 3, label, sizeof label }, { 0x12345, NULL, 0 } };
        IS(p11->C_GetAttributeValue(session, signing_key, template, 2), CKR_ATTRIBUTE_TYPE_INVALID);
    }
    long after_reads = resident_kib();
    for (int i = 0; i < 5000; i++)
        OK(sign(session));
    long after_signs = resident_kib();
    printf("KiB: %ld, after reads %ld, after signatures %ld\n", before, after_reads, after_signs);
    TRUE_THAT(after_reads - before < 256);
    TRUE_THAT(after_signs - before < 4096);
    return 0;
}
