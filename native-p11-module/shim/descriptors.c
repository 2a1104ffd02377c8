/*
 * The module's open sockets: a forked child closes them, so that it never writes into its parent's conversation. A host may have
 * closed one behind our back and have another file under its number: what a socket is, is remembered with it.
 */
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>
#include "shim.h"

/* The client's pool has 16 connections; each may be replaced while the old one is still being closed. */
#define DESCRIPTORS_MAX 64

enum { FREE = 0, BEING_WRITTEN = -1 };

static struct place {
    /* The descriptor plus one, or one of the above. */
    _Atomic int number;
    dev_t device;
    ino_t node;
} places[DESCRIPTORS_MAX];

static int is_still(const struct place *place, int descriptor)
{
    struct stat now;
    return fstat(descriptor, &now) == 0 && now.st_dev == place->device && now.st_ino == place->node;
}

/* Each place whose descriptor is another's by now; all that are, or those of one number. */
static void free_stale(int only)
{
    for (int i = 0; i < DESCRIPTORS_MAX; i++) {
        int number = places[i].number;
        if (number > 0 && (only < 0 || number == only + 1) && !is_still(&places[i], number - 1))
            atomic_compare_exchange_strong(&places[i].number, &number, FREE);
    }
}

static int remember(int descriptor, const struct stat *identity)
{
    for (int i = 0; i < DESCRIPTORS_MAX; i++) {
        int free_place = FREE;
        if (atomic_compare_exchange_strong(&places[i].number, &free_place, BEING_WRITTEN)) {
            places[i].device = identity->st_dev;
            places[i].node = identity->st_ino;
            atomic_store(&places[i].number, descriptor + 1);
            return 1;
        }
    }
    return 0;
}

void shim_descriptor_opened(int descriptor)
{
    struct stat identity;
    if (fstat(descriptor, &identity) != 0)
        return;
    free_stale(descriptor);
    if (remember(descriptor, &identity))
        return;
    free_stale(-1);
    remember(descriptor, &identity);
}

void shim_descriptor_closing(int descriptor)
{
    for (int i = 0; i < DESCRIPTORS_MAX; i++) {
        int mine = descriptor + 1;
        if (atomic_compare_exchange_strong(&places[i].number, &mine, FREE))
            return;
    }
}

void shim_close_descriptors(void)
{
    for (int i = 0; i < DESCRIPTORS_MAX; i++) {
        int number = atomic_exchange(&places[i].number, FREE);
        if (number > 0 && is_still(&places[i], number - 1))
            close(number - 1);
    }
}
