/* Loading starts nothing; initialising adds one thread, changes no handler of the host's, and brings no OpenSSL or ICU. */
#include "host.h"

/* SA_RESTORER: set by glibc whenever an action is set. */
#define RESTORER 0x04000000

static struct sigaction before[65];

/* glibc keeps 32 and 33 for itself; sigaction refuses them. */
static void remember_signals(void)
{
    for (int number = 1; number <= 64; number++)
        sigaction(number, NULL, &before[number]);
}

static void check_signals(const char *when, int runtime_started)
{
    for (int number = 1; number <= 64; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) != 0)
            continue;
        int is_runtimes = runtime_started && (number == SIGFPE || number == SIGSEGV || number == SIGRTMIN);
        int flags_changed = (action.sa_flags ^ before[number].sa_flags) & ~RESTORER;
        if (!is_runtimes && (action.sa_handler != before[number].sa_handler || flags_changed))
            fail("%s: signal %d has another handler", when, number);
        if (is_runtimes && !(action.sa_flags & SA_ONSTACK))
            fail("%s: the handler of signal %d isn't on the alternate stack", when, number);
    }
}

int main(void)
{
    alarm(30);
    remember_signals();
    int threads = count_entries("/proc/self/task"), descriptors = count_entries("/proc/self/fd");
    char is_hosts[64];
    for (int descriptor = 0; descriptor < 64; descriptor++)
        is_hosts[descriptor] = fcntl(descriptor, F_GETFD) >= 0;
    p11 = load(module_path());
    check_signals("after loading", 0);
    TRUE_THAT(count_entries("/proc/self/task") == threads);
    OK(p11->C_Initialize(NULL));
    IS(p11->C_Initialize(NULL), CKR_CRYPTOKI_ALREADY_INITIALIZED);
    CK_SESSION_HANDLE session = open_session();
    for (int i = 0; i < 20; i++)
        OK(work(session));
    check_signals("after working", 1);
    TRUE_THAT(count_entries("/proc/self/task") == threads + 1);
    /* The module's own file, /dev/urandom of the runtime, one connection. */
    TRUE_THAT(count_entries("/proc/self/fd") <= descriptors + 3);
    TRUE_THAT(!is_mapped("libssl") && !is_mapped("libcrypto") && !is_mapped("libicu"));
    for (int descriptor = 3; descriptor < 64; descriptor++) {
        int flags = fcntl(descriptor, F_GETFD);
        if (flags >= 0 && !is_hosts[descriptor] && !(flags & FD_CLOEXEC))
            fail("descriptor %d would go to a program this one starts", descriptor);
    }
    OK(p11->C_Finalize(NULL));
    IS(p11->C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
    IS(work(session), CKR_CRYPTOKI_NOT_INITIALIZED);
    OK(p11->C_Initialize(NULL));
    session = open_session();
    OK(work(session));
    OK(p11->C_Finalize(NULL));
    return 0;
}
