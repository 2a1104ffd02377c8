/*
 * When managed code may run: started by the first C_Initialize, never entered twice on one thread, never entered in a process
 * that didn't start it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>
#include "shim.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Owned by whoever holds the lock. */
static struct managed_row rows[ROWS];
static pid_t runtime_process;
static int runtime_is_lost;

/* The table while the module is initialised, else NULL. */
static const struct managed_row *_Atomic live;

/* More than 0 while this thread is inside managed code: TLS or a look-up of names may load a library that calls us again. */
static __thread int depth;

/* What the host's thread had chosen before the call. */
static __thread int cancel_state;

static const struct shim_services services = {
    .version = SHIM_VERSION,
    .rows = ROWS,
    .kept_settings = shim_kept_settings,
    .keep_settings = shim_keep_settings,
    .environment = shim_environment,
    .raised_rights = shim_raised_rights,
    .descriptor_opened = shim_descriptor_opened,
    .descriptor_closing = shim_descriptor_closing,
    .quirks = shim_quirks,
};

/* Async-signal-safe: flags and descriptors only. The parent's sessions, sockets and runtime are not this process's. */
static void forget_parent(void)
{
    atomic_store(&live, NULL);
    runtime_is_lost = runtime_process != 0;
    depth = 0;
    shim_close_descriptors();
}

static void after_fork_in_child(void)
{
    forget_parent();
    pthread_mutex_init(&lock, NULL);
}

/* When the library is loaded: later, a fork could come between the first lock and the registration. */
__attribute__((constructor)) static void watch_forks(void) { pthread_atfork(NULL, NULL, after_fork_in_child); }

/* vfork, clone and posix_spawn don't run the handlers of pthread_atfork. */
static int is_anothers_child(void) { return runtime_process && !runtime_is_lost && runtime_process != getpid(); }

/* A thread that were cancelled inside would unwind managed frames, which can't be: it ends when the call has. */
static void begin_call(void)
{
    depth++;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
}

static void end_call(void)
{
    shim_clear_registers();
    /* 0 where a signal handler forked in the middle of a call: the child is none of ours any more. */
    if (depth > 0)
        depth--;
    pthread_setcancelstate(cancel_state, NULL);
}

const struct managed_row *shim_enter(CK_RV *rv)
{
    const struct managed_row *table = atomic_load_explicit(&live, memory_order_acquire);
    if (!table) {
        *rv = CKR_CRYPTOKI_NOT_INITIALIZED;
        return NULL;
    }
    if (depth > 0) {
        *rv = CKR_FUNCTION_FAILED;
        return NULL;
    }
    begin_call();
    *rv = CKR_OK;
    return table;
}

void shim_leave(void) { end_call(); }

/* A host that gave its signal handlers an own stack (Go, Java, overflow detection) must find ours there too. */
static void use_alternate_stack(int number)
{
    struct sigaction action;
    if (sigaction(number, NULL, &action) == 0 && !(action.sa_flags & SA_ONSTACK)) {
        action.sa_flags |= SA_ONSTACK;
        sigaction(number, &action, NULL);
    }
}

/*
 * The runtime's finalizer thread inherits the signal mask: with signals open it would take those that the host waits for by
 * sigwait. The runtime also ignores SIGPIPE; the host's own choice is put back.
 */
static int start_runtime(managed_start start)
{
    struct sigaction host_sigpipe;
    sigset_t blocked, before;
    sigaction(SIGPIPE, NULL, &host_sigpipe);
    sigfillset(&blocked);
    sigdelset(&blocked, SIGSEGV);
    sigdelset(&blocked, SIGFPE);
    sigdelset(&blocked, SIGBUS);
    sigdelset(&blocked, SIGILL);
    sigdelset(&blocked, SIGRTMIN);
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    int result = start(&services, rows);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    sigaction(SIGPIPE, &host_sigpipe, NULL);
    use_alternate_stack(SIGSEGV);
    use_alternate_stack(SIGFPE);
    use_alternate_stack(SIGRTMIN);
    return result;
}

/*
 * A host may have closed its standard descriptors and read or print there all the same. While the runtime opens its own, their
 * places are taken. Bit n of the answer: descriptor n was free.
 */
static unsigned take_standard_descriptors(void)
{
    unsigned taken = 0;
    for (int number = 0; number <= STDERR_FILENO; number++)
        if (fcntl(number, F_GETFD) < 0 && open("/dev/null", O_RDWR | O_CLOEXEC) == number)
            taken |= 1u << number;
    return taken;
}

static void free_standard_descriptors(unsigned taken)
{
    for (int number = 0; number <= STDERR_FILENO; number++)
        if (taken & 1u << number)
            close(number);
}

/* The runtime of this process, started where it isn't yet. */
static int have_runtime(void)
{
    if (is_anothers_child()) {
        forget_parent();
        depth = 1;
    }
    if (runtime_process && !runtime_is_lost)
        return 0;
    managed_start start = codesign_p11_start;
    if (runtime_is_lost)
        start = shim_load_copy();
    if (!start)
        return -1;
    runtime_process = getpid();
    runtime_is_lost = 0;
    if (start_runtime(start) == 0)
        return 0;
    runtime_is_lost = 1;
    return -1;
}

/* PKCS#11 v3.2 section 5.4: all four functions or none; pReserved is NULL. */
static int are_bad(const CK_C_INITIALIZE_ARGS *arguments)
{
    int given = !!arguments->CreateMutex + !!arguments->DestroyMutex + !!arguments->LockMutex + !!arguments->UnlockMutex;
    return arguments->pReserved || (given != 0 && given != 4);
}

/* We use the system's own locks. Who gives functions and doesn't allow those wants the functions used, and nothing else. */
static int wants_other_locks(const CK_C_INITIALIZE_ARGS *arguments)
{
    return arguments->LockMutex && !(arguments->flags & CKF_OS_LOCKING_OK);
}

CK_RV shim_C_Initialize(void *arguments)
{
    if (arguments && are_bad(arguments))
        return CKR_ARGUMENTS_BAD;
    if (arguments && wants_other_locks(arguments))
        return CKR_CANT_LOCK;
    if (depth > 0)
        return CKR_FUNCTION_FAILED;
    begin_call();
    shim_remember_file();
    pthread_mutex_lock(&lock);
    CK_RV rv = CKR_FUNCTION_FAILED;
    if (atomic_load(&live) && !is_anothers_child()) {
        rv = CKR_CRYPTOKI_ALREADY_INITIALIZED;
    } else {
        unsigned taken = take_standard_descriptors();
        if (have_runtime() == 0)
            rv = ((CK_RV (*)(void))rows[ROW_C_Initialize].function)();
        free_standard_descriptors(taken);
    }
    if (rv == CKR_OK)
        atomic_store_explicit(&live, rows, memory_order_release);
    pthread_mutex_unlock(&lock);
    end_call();
    return rv;
}

CK_RV shim_C_Finalize(void *reserved)
{
    if (depth > 0)
        return CKR_FUNCTION_FAILED;
    if (is_anothers_child())
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    if (!atomic_load(&live))
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    if (reserved)
        return CKR_ARGUMENTS_BAD;
    begin_call();
    pthread_mutex_lock(&lock);
    CK_RV rv = CKR_CRYPTOKI_NOT_INITIALIZED;
    if (atomic_exchange(&live, NULL)) {
        rv = ((CK_RV (*)(void))rows[ROW_C_Finalize].function)();
        shim_wipe_settings();
    }
    pthread_mutex_unlock(&lock);
    end_call();
    return rv;
}

CK_RV shim_C_OpenSession(CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify, CK_SESSION_HANDLE *session)
{
    CK_RV rv;
    if (is_anothers_child())
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    const struct managed_row *table = shim_enter(&rv);
    if (!table)
        return rv;
    rv = ((CK_RV (*)(CK_SLOT_ID, CK_FLAGS, void *, CK_NOTIFY, CK_SESSION_HANDLE *))table[ROW_C_OpenSession].function)(
        slot, flags, application, notify, session);
    shim_leave();
    return rv;
}
