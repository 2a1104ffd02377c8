/*
 * Copying a PIN or grant leaves pieces of it in the vector registers, and the next function that the host's loader binds lazily
 * saves those registers on the host's stack, where they stay. So they are cleared on the way out; a called function may do that.
 */
#include "shim.h"

#if defined(__x86_64__)

#define EACH_OF_16_TO_31(DO) \
    DO(16) DO(17) DO(18) DO(19) DO(20) DO(21) DO(22) DO(23) DO(24) DO(25) DO(26) DO(27) DO(28) DO(29) DO(30) DO(31)
#define EACH_OF_0_TO_15(DO) \
    DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14) DO(15)
#define CLEAR_EVEX(n) __asm__ volatile("vpxord %%xmm" #n ", %%xmm" #n ", %%xmm" #n ::: "memory");
#define CLEAR_SSE(n) __asm__ volatile("pxor %%xmm" #n ", %%xmm" #n ::: "xmm" #n);

void shim_clear_registers(void)
{
    if (!__builtin_cpu_supports("avx")) {
        EACH_OF_0_TO_15(CLEAR_SSE)
        return;
    }
    __asm__ volatile("vzeroall" ::: "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",
                     "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
    /* Not in this file's own use: it is compiled for the plain x86-64. */
    if (__builtin_cpu_supports("avx512vl")) {
        EACH_OF_16_TO_31(CLEAR_EVEX)
    }
}

#else

void shim_clear_registers(void) {}

#endif
