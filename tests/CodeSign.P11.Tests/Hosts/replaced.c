/*
 * The configuration shows one project, and another takes its place while the application runs: REPLACE does that. PROJECT is the
 * serial number of the second one.
 */
#include "host.h"

static CK_RV serial_number(char *serial)
{
    CK_TOKEN_INFO info;
    CK_RV rv = p11->C_GetTokenInfo(0, &info);
    /* After manufacturer (32) and model (16). */
    memcpy(serial, info.rest + 48, 16);
    return rv;
}

static CK_ULONG slots(void)
{
    CK_ULONG count = 0;
    OK(p11->C_GetSlotList(0, NULL, &count));
    return count;
}

int main(void)
{
    CK_SESSION_HANDLE session, later;
    char first[16], now[16];
    struct timespec start, time;
    const char *second = getenv("PROJECT");
    alarm(60);
    p11 = load(module_path());
    OK(p11->C_Initialize(NULL));
    TRUE_THAT(slots() == 1);
    OK(serial_number(first));
    OK(p11->C_OpenSession(0, CKF_RW_SERIAL, NULL, NULL, &session));
    TRUE_THAT(memcmp(first, second, 16) != 0);

    TRUE_THAT(system(getenv("REPLACE")) == 0);
    clock_gettime(CLOCK_MONOTONIC, &start);
    while (serial_number(now) != CKR_OK || memcmp(now, second, 16) != 0) {
        clock_gettime(CLOCK_MONOTONIC, &time);
        if (time.tv_sec - start.tv_sec > 20)
            fail("slot 0 never showed the other project");
        sleep_ms(20);
    }
    TRUE_THAT(slots() == 1);
    IS(p11->C_CloseSession(session), 0xb3);
    OK(p11->C_OpenSession(0, CKF_RW_SERIAL, NULL, NULL, &later));
    OK(p11->C_FindObjectsInit(later, NULL, 0));
    OK(p11->C_FindObjectsFinal(later));
    OK(p11->C_CloseSession(later));
    OK(p11->C_Finalize(NULL));
    return 0;
}
