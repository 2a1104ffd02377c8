/* The module's open sockets: a forked child closes them, so that it never writes into its parent's conversation. */
#include <stdatomic.h>
#include <unistd.h>
#include "shim.h"

/* The client's pool has 16 connections; each may be replaced while the old one is still being closed. */
#define DESCRIPTORS_MAX 64

/* Number plus one; 0 is a free place. */
static _Atomic int open_descriptors[DESCRIPTORS_MAX];

void shim_descriptor_opened(int descriptor)
{
    for (int i = 0; i < DESCRIPTORS_MAX; i++) {
        int free_place = 0;
        if (atomic_compare_exchange_strong(&open_descriptors[i], &free_place, descriptor + 1))
            return;
    }
}

void shim_descriptor_closing(int descriptor)
{
    for (int i = 0; i < DESCRIPTORS_MAX; i++) {
        int mine = descriptor + 1;
        if (atomic_compare_exchange_strong(&open_descriptors[i], &mine, 0))
            return;
    }
}

void shim_close_descriptors(void)
{
    for (int i = 0; i < DESCRIPTORS_MAX; i++) {
        int place = atomic_exchange(&open_descriptors[i], 0);
        if (place > 0)
            close(place - 1);
    }
}
