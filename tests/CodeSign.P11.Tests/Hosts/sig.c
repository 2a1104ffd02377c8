/* The host's own signals: what it handles, waits for and ignores stays its own. */
#include "host.h"
#include <setjmp.h>
#include <sys/time.h>

static volatile sig_atomic_t pipes, children, ticks, real_times;
static sigjmp_buf back;

static void on_pipe(int number) { (void)number; pipes++; }
static void on_child(int number) { (void)number; children++; }
static void on_tick(int number) { (void)number; ticks++; }
static void on_real_time(int number) { (void)number; real_times++; }
static void on_fault(int number) { (void)number; siglongjmp(back, 1); }

static void handle(int number, void (*handler)(int), int flags)
{
    struct sigaction action = { .sa_handler = handler, .sa_flags = flags };
    TRUE_THAT(sigaction(number, &action, NULL) == 0);
}

static void fault_and_return(void)
{
    if (sigsetjmp(back, 1) == 0) {
        *(volatile int *)8 = 1;
        fail("a write to address 8 went through");
    }
}

static int overflow(volatile char *above)
{
    volatile char block[4096];
    block[0] = above ? above[0] : 0;
    return overflow(block) + block[0];
}

/* A host that blocks a signal after loading us and waits for it must get it, not our finalizer thread. */
static void check_waiting(void)
{
    sigset_t set;
    struct timespec limit = { 5, 0 };
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    kill(getpid(), SIGUSR1);
    TRUE_THAT(sigtimedwait(&set, NULL, &limit) == SIGUSR1);
    kill(getpid(), SIGTERM);
    TRUE_THAT(sigtimedwait(&set, NULL, &limit) == SIGTERM);
}

static void check_interrupts(CK_SESSION_HANDLE session)
{
    struct itimerval often = { { 0, 1000 }, { 0, 1000 } }, never = { { 0, 0 }, { 0, 0 } };
    handle(SIGALRM, on_tick, 0);
    setitimer(ITIMER_REAL, &often, NULL);
    for (int i = 0; i < 3000 || ticks < 20; i++)
        OK(work(session));
    setitimer(ITIMER_REAL, &never, NULL);
    signal(SIGALRM, SIG_DFL);
    alarm(30);
}

int main(int count, char **arguments)
{
    int before = count > 1 && strcmp(arguments[1], "before") == 0;
    char *stack = malloc(1 << 16);
    stack_t alternate = { .ss_sp = stack, .ss_size = 1 << 16 };
    alarm(60);
    handle(SIGPIPE, on_pipe, 0);
    handle(SIGRTMIN, on_real_time, 0);
    sigaltstack(&alternate, NULL);
    if (before)
        handle(SIGSEGV, on_fault, SA_ONSTACK);
    p11 = load(module_path());
    OK(p11->C_Initialize(NULL));
    CK_SESSION_HANDLE session = open_session();
    OK(work(session));
    if (!before)
        handle(SIGSEGV, on_fault, SA_ONSTACK);

    struct sigaction action;
    sigaction(SIGPIPE, NULL, &action);
    TRUE_THAT(action.sa_handler == on_pipe);
    int ends[2];
    TRUE_THAT(pipe(ends) == 0);
    close(ends[0]);
    TRUE_THAT(write(ends[1], "x", 1) < 0 && pipes == 1);
    raise(SIGRTMIN);
    TRUE_THAT(real_times == 1);
    for (int i = 0; i < 100; i++) {
        fault_and_return();
        OK(work(session));
    }
    if (sigsetjmp(back, 1) == 0)
        overflow(NULL);
    OK(work(session));
    handle(SIGCHLD, on_child, SA_RESTART);
    for (int i = 0; i < 20; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(7);
        wait_well(child, "SIGCHLD", 7);
    }
    TRUE_THAT(children > 0);
    check_waiting();
    check_interrupts(session);
    OK(p11->C_Finalize(NULL));
    return 0;
}
