/*
 * A second copy of this library for a forked child: the inherited runtime believes in threads that are no more, so the child
 * never enters it again and gets a new one. The loader gives a file only once, so the file is copied into memory first.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>
#include "shim.h"

/* Forks inside forks, each with its own copy in memory. */
#define GENERATIONS_MAX 1000

static int own_file = -1;
static struct stat own_identity;
static char own_path[PATH_MAX];
static int generation;

/* The descriptor is kept open, so that an upgrade of the package doesn't mix two versions in one process. */
void shim_remember_file(void)
{
    static _Atomic int remembered;
    Dl_info self;
    if (remembered || !dladdr((void *)shim_remember_file, &self) || !self.dli_fname)
        return;
    if (strlen(self.dli_fname) >= sizeof own_path)
        return;
    int file = open(self.dli_fname, O_RDONLY | O_CLOEXEC);
    /* Never 0, 1 or 2: a host may have closed them, and prints to them all the same. */
    int lifted = file < 0 ? -1 : fcntl(file, F_DUPFD_CLOEXEC, 3);
    int was_remembered = 0;
    if (file >= 0)
        close(file);
    if (lifted < 0)
        return;
    if (!atomic_compare_exchange_strong(&remembered, &was_remembered, 1)) {
        close(lifted);
        return;
    }
    strcpy(own_path, self.dli_fname);
    if (fstat(lifted, &own_identity) == 0)
        own_file = lifted;
    else
        close(lifted);
}

static int is_own(int file)
{
    struct stat now;
    return file >= 0 && fstat(file, &now) == 0 && now.st_dev == own_identity.st_dev && now.st_ino == own_identity.st_ino
        && now.st_size == own_identity.st_size;
}

/* A descriptor of our own file to read from, or -1. A daemon may have closed the kept one, and its number may be another file's. */
static int open_own(void)
{
    if (is_own(own_file))
        return fcntl(own_file, F_DUPFD_CLOEXEC, 3);
    int file = open(own_path, O_RDONLY | O_CLOEXEC);
    if (is_own(file))
        return file;
    if (file >= 0)
        close(file);
    return -1;
}

static int copy_to_memory(int file)
{
    int memory = memfd_create("codesign-p11", MFD_CLOEXEC);
    off_t at = 0;
    while (memory >= 0 && at < own_identity.st_size) {
        ssize_t sent = sendfile(memory, file, &at, (size_t)(own_identity.st_size - at));
        if (sent > 0 || (sent < 0 && errno == EINTR))
            continue;
        close(memory);
        return -1;
    }
    return memory;
}

managed_start shim_load_copy(void)
{
    /* A name the loader hasn't seen: it compares names before it looks at files, and descriptors' numbers come again. */
    char name[32 + 2 * GENERATIONS_MAX] = "/proc/self/fd/";
    if (generation >= GENERATIONS_MAX) {
        shim_trace("codesign-p11: too many generations of forked processes; start the program anew.");
        return NULL;
    }
    int file = open_own();
    int memory = file < 0 ? -1 : copy_to_memory(file);
    if (file >= 0)
        close(file);
    if (memory < 0) {
        shim_trace("codesign-p11: the module's own file can't be read in this forked process; was it moved or replaced?");
        return NULL;
    }
    generation++;
    size_t length = strlen(name);
    for (int i = 0; i < generation; i++, length += 2)
        memcpy(name + length, "./", 2);
    snprintf(name + length, sizeof name - length, "%d", memory);
    void *copy = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    close(memory);
    if (!copy) {
        shim_trace("codesign-p11: the module can't be loaded again in this forked process; it needs /proc.");
        return NULL;
    }
    managed_start start;
    *(void **)&start = dlsym(copy, "codesign_p11_start");
    return start;
}
