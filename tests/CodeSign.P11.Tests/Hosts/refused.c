/* A process that may not ask the kernel for random bytes: C_Initialize fails, says so by a value of its own, and does no harm. */
#include "host.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static int refuse_random_bytes(void)
{
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getrandom, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { sizeof steps / sizeof steps[0], steps };
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

int main(void)
{
    alarm(30);
    p11 = load(module_path());
    OK(p11->C_Initialize(NULL));
    OK(p11->C_Finalize(NULL));
    if (!refuse_random_bytes())
        return 77;
    IS(p11->C_Initialize(NULL), CKR_GENERAL_ERROR);
    IS(p11->C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
    return 0;
}
