/*
 * The module's settings, read once at the first C_Initialize, as bytes of the managed side's making. They live here, outside the
 * managed heap, so that a forked child finds them again when its environment was cleared and its rights were dropped.
 * They hold the grant: kept out of core dumps, locked in memory where that is permitted, wiped by C_Finalize.
 */
#define _GNU_SOURCE
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include "shim.h"

/* In this order: a fork may come between any two steps, and its child believes what kept_bytes says. */
static unsigned char *_Atomic kept;
static _Atomic size_t kept_bytes;

size_t shim_kept_settings(const unsigned char **bytes)
{
    *bytes = kept;
    return kept_bytes;
}

int shim_keep_settings(const unsigned char *bytes, size_t count)
{
    shim_wipe_settings();
    if (count == 0)
        return 0;
    void *memory = mmap(NULL, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return -1;
    madvise(memory, count, MADV_DONTDUMP);
    mlock(memory, count);
    memcpy(memory, bytes, count);
    kept = memory;
    kept_bytes = count;
    return 0;
}

void shim_wipe_settings(void)
{
    size_t count = atomic_exchange(&kept_bytes, 0);
    unsigned char *memory = atomic_exchange(&kept, NULL);
    if (!memory || count == 0)
        return;
    /* A child of this moment has no use for them any more. */
    madvise(memory, count, MADV_WIPEONFORK);
    explicit_bzero(memory, count);
    munmap(memory, count);
}
