/* A process that has little: descriptors 0 to 2 closed, 8 descriptors, little address space, no working folder. */
#include "host.h"
#include <sys/resource.h>

static void limit(int resource, unsigned long value)
{
    struct rlimit both = { value, value };
    TRUE_THAT(setrlimit(resource, &both) == 0);
}

int main(int count, char **arguments)
{
    TRUE_THAT(count == 2);
    const char *what = arguments[1];
    alarm(30);
    if (strcmp(what, "closed") == 0) {
        close(0);
        close(1);
        close(2);
    }
    if (strcmp(what, "descriptors") == 0)
        limit(RLIMIT_NOFILE, 8);
    if (strcmp(what, "memory") == 0)
        limit(RLIMIT_AS, 300000UL * 1024);
    if (strcmp(what, "folder") == 0) {
        char folder[] = "/tmp/cs-gone-XXXXXX";
        TRUE_THAT(mkdtemp(folder) && chdir(folder) == 0 && rmdir(folder) == 0);
    }
    p11 = load(module_path());
    OK(p11->C_Initialize(NULL));
    CK_SESSION_HANDLE session = open_session();
    for (int i = 0; i < 100; i++)
        OK(work(session));
    if (strcmp(what, "closed") == 0)
        TRUE_THAT(fcntl(0, F_GETFD) < 0 && fcntl(1, F_GETFD) < 0 && fcntl(2, F_GETFD) < 0);
    OK(p11->C_Finalize(NULL));
    return 0;
}
