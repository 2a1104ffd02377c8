/* Ends while 8 threads are inside the module, in the way the argument says. */
#include "host.h"

static void *exit_here(void *unused)
{
    (void)unused;
    exit(0);
}

int main(int count, char **arguments)
{
    pthread_t threads[8], ender;
    TRUE_THAT(count == 2);
    const char *how = arguments[1];
    alarm(30);
    p11 = load(module_path());
    OK(p11->C_Initialize(NULL));
    start_threads(threads, 8, work_for_ever);
    while (threads_at_work < 8)
        sleep_ms(1);
    if (strcmp(how, "return") == 0)
        return 0;
    if (strcmp(how, "other") == 0) {
        pthread_create(&ender, NULL, exit_here, NULL);
        pthread_join(ender, NULL);
    }
    if (strcmp(how, "exit0") == 0)
        _exit(0);
    if (strcmp(how, "term") == 0) {
        raise(SIGTERM);
        return 1;
    }
    if (strncmp(how, "finalize", 8) == 0)
        OK(p11->C_Finalize(NULL));
    if (strcmp(how, "finalize-dlclose") == 0) {
        dlclose(p11_handle);
        sleep_ms(2);
    }
    return 0;
}
