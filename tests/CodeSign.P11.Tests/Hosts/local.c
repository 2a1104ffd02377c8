/* Public objects of a session, and old attributes of keys that nobody changes: the one who counts round trips says when. */
#include "host.h"
#include "objects.h"

static void public_objects(CK_SESSION_HANDLE session)
{
    CK_OBJECT_HANDLE data = make_data(p11, session, "local", &no), copy;
    OK(p11->C_CopyObject(session, data, NULL, 0, &copy));
    OK(rename_to(p11, session, copy, "renamed"));
    OK(get(p11, session, copy, CKA_LABEL));
    OK(p11->C_DestroyObject(session, data));
    OK(p11->C_DestroyObject(session, copy));
}

int main(void)
{
    char line[64];
    struct timespec begin, now;
    CK_SESSION_HANDLE session;
    alarm(120);
    p11 = load(module_path());
    OK(p11->C_Initialize(NULL));
    session = open_session();
    clock_gettime(CLOCK_MONOTONIC, &begin);
    printf("ready\n");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        if (strcmp(line, "make\n") == 0) {
            for (int i = 0; i < 100; i++)
                public_objects(session);
        } else {
            do {
                sleep_ms(20);
                clock_gettime(CLOCK_MONOTONIC, &now);
            } while (now.tv_sec < begin.tv_sec + 3);
            OK(get(p11, session, signing_key, CKA_LABEL));
        }
        printf("done %s", line);
        fflush(stdout);
    }
    OK(p11->C_Finalize(NULL));
    return 0;
}
