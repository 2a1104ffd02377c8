/*
 * Which libraries with known quirks are loaded in this process. Asked again before every search, because the library may be
 * loaded after us: the loader's own counter makes that one comparison.
 */
#define _GNU_SOURCE
#include <link.h>
#include <string.h>
#include "shim.h"

#define QUIRK_BITS 2

/* The loader's counter and what was found at it, as one number: two threads may look at the same time. */
static _Atomic unsigned long long seen;

struct walk { unsigned long long seen, loads; unsigned found; };

static unsigned quirk_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *file = slash ? slash + 1 : path;
    if (strncmp(file, "libp11.so", 9) == 0)
        return QUIRK_LIBP11;
    /* libp11's OpenSSL engine; the OpenSSL provider of the same name lies in ossl-modules and knows Edwards keys. */
    if ((strcmp(file, "pkcs11.so") == 0 || strcmp(file, "libpkcs11.so") == 0) && strstr(path, "engines"))
        return QUIRK_LIBP11;
    if (strncmp(file, "libpoppler.so", 13) == 0)
        return QUIRK_POPPLER;
    return 0;
}

static int look(struct dl_phdr_info *library, size_t size, void *data)
{
    struct walk *walk = data;
    (void)size;
    /* The same for each library of one walk: the loader is locked meanwhile. */
    walk->loads = library->dlpi_adds;
    if (walk->loads == walk->seen >> QUIRK_BITS)
        return 1;
    if (library->dlpi_name)
        walk->found |= quirk_of(library->dlpi_name);
    return 0;
}

unsigned shim_quirks(void)
{
    struct walk walk = { .seen = seen };
    if (dl_iterate_phdr(look, &walk) != 0)
        return walk.seen & ((1u << QUIRK_BITS) - 1);
    seen = walk.loads << QUIRK_BITS | walk.found;
    return walk.found;
}
