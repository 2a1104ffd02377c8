/* What the parts of the shim know of each other, and what the managed side is given. */
#ifndef CODESIGN_SHIM_H
#define CODESIGN_SHIM_H

#include <stddef.h>
#include "cryptoki.h"
#include "functions.h"

#define EXPORTED __attribute__((visibility("default")))

/* Raised whenever a row is added or one of the structures below changes: a forked child may meet a newer file on disk. */
#define SHIM_VERSION 1u

#define ROW(name, parameters, arguments) ROW_##name,
enum { CRYPTOKI_ALL(ROW, ROW) ROWS };
#undef ROW

/* One row of the managed table: a function, or the answer where there is none. */
struct managed_row {
    void (*function)(void);
    CK_RV answer;
};

/* Functions of the shim that the managed side calls. They live in the first copy of the library, so they survive a fork. */
struct shim_services {
    unsigned version;
    unsigned rows;
    /* Bytes kept by keep_settings, and where; 0 where nothing was kept. */
    size_t (*kept_settings)(const unsigned char **bytes);
    /* Keeps a copy outside the managed heap; 0 on success. */
    int (*keep_settings)(const unsigned char *bytes, size_t count);
    /* An environment variable, or NULL: always NULL where the process runs with raised rights. */
    const char *(*environment)(const char *name);
    /* 1 where the process runs with raised rights (AT_SECURE). */
    int (*raised_rights)(void);
    void (*descriptor_opened)(int descriptor);
    void (*descriptor_closing)(int descriptor);
    /* What is loaded in this process beside us: QUIRK_ bits. */
    unsigned (*quirks)(void);
};

#define QUIRK_LIBP11 1u
#define QUIRK_POPPLER 2u

/* The one function the managed side exports: fills the table. 0 on success. */
typedef int (*managed_start)(const struct shim_services *services, struct managed_row *rows);
int codesign_p11_start(const struct shim_services *services, struct managed_row *rows);

/* runtime.c: the live table and *rv = CKR_OK, or NULL and why not. Each table that was given is handed back by shim_leave. */
const struct managed_row *shim_enter(CK_RV *rv);
void shim_leave(void);

/* copy.c */
void shim_remember_file(void);
managed_start shim_load_copy(void);

/* settings.c */
size_t shim_kept_settings(const unsigned char **bytes);
int shim_keep_settings(const unsigned char *bytes, size_t count);
void shim_wipe_settings(void);

/* descriptors.c */
void shim_descriptor_opened(int descriptor);
void shim_descriptor_closing(int descriptor);
void shim_close_descriptors(void);

/* environment.c */
const char *shim_environment(const char *name);
int shim_raised_rights(void);
void shim_trace(const char *sentence);

/* registers.c */
void shim_clear_registers(void);

/* quirks.c */
unsigned shim_quirks(void);

/* The bodies of the functions marked OWN. */
#define DECLARE(name, parameters, arguments) CK_RV shim_##name parameters;
#define NOTHING(name, parameters, arguments)
CRYPTOKI_ALL(DECLARE, NOTHING)
#undef DECLARE
#undef NOTHING

#endif
