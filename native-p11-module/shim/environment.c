/* Environment variables, and one-sentence traces of what only C knows. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>
#include "shim.h"

int shim_raised_rights(void) { return getauxval(AT_SECURE) != 0; }

const char *shim_environment(const char *name) { return secure_getenv(name); }

void shim_trace(const char *sentence)
{
    const char *path = shim_environment("CODESIGN_TRACE");
    if (!path || !*path)
        return;
    int is_stderr = strcmp(path, "1") == 0 || strcmp(path, "stderr") == 0;
    int file = is_stderr ? STDERR_FILENO : open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        return;
    if (write(file, sentence, strlen(sentence)) < 0 || write(file, "\n", 1) < 0) {
        /* A trace that can't be written must not disturb the host. */
    }
    if (!is_stderr)
        close(file);
}

/*
 * The linker sends every getenv of this library here (--wrap=getenv): the runtime's settings belong to the host's own .NET, if
 * it has one. DOTNET_GCHeapHardLimit, say, would end the host. A small first generation keeps the host's memory small; the
 * runtime takes that setting from its environment only.
 */
char *__real_getenv(const char *name);
char *__wrap_getenv(const char *name);
char *__wrap_getenv(const char *name)
{
    static char generation_bytes[] = "100000"; /* hexadecimal: 1 MiB */
    if (strcmp(name, "DOTNET_GCgen0size") == 0)
        return generation_bytes;
    if (strncmp(name, "DOTNET_", 7) == 0 || strncmp(name, "COMPlus_", 8) == 0)
        return NULL;
    return __real_getenv(name);
}

/*
 * The same for pthread_key_create: the runtime's destructor, which runs when a thread ends, takes a lock of the runtime. In a
 * forked child that lock may be held for ever by a thread that is no more, so there the destructor must not run.
 */
static void (*runtime_destructor)(void *);
static pid_t runtime_process;

static void destroy_where_it_was_made(void *value)
{
    if (getpid() == runtime_process)
        runtime_destructor(value);
}

int __real_pthread_key_create(pthread_key_t *key, void (*destructor)(void *));
int __wrap_pthread_key_create(pthread_key_t *key, void (*destructor)(void *));
int __wrap_pthread_key_create(pthread_key_t *key, void (*destructor)(void *))
{
    if (!destructor || runtime_destructor)
        return __real_pthread_key_create(key, destructor);
    runtime_destructor = destructor;
    runtime_process = getpid();
    return __real_pthread_key_create(key, destroy_where_it_was_made);
}
