/*
 * Which libraries with known quirks are loaded in this process. Asked again before every search, because the library may be
 * loaded after us: the loader's own counter makes that one comparison.
 */
#define _GNU_SOURCE
#include <link.h>
#include <string.h>
#include "shim.h"

static _Atomic unsigned long long seen_loads;
static _Atomic unsigned seen_quirks;

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

static int look(struct dl_phdr_info *library, size_t size, void *found)
{
    (void)size;
    if (library->dlpi_adds == seen_loads) {
        *(unsigned *)found = seen_quirks;
        return 1;
    }
    if (library->dlpi_name)
        *(unsigned *)found |= quirk_of(library->dlpi_name);
    return 0;
}

static int count_loads(struct dl_phdr_info *library, size_t size, void *loads)
{
    (void)size;
    *(unsigned long long *)loads = library->dlpi_adds;
    return 1;
}

unsigned shim_quirks(void)
{
    unsigned found = 0;
    if (dl_iterate_phdr(look, &found) == 0) {
        unsigned long long loads = 0;
        seen_quirks = found;
        dl_iterate_phdr(count_loads, &loads);
        seen_loads = loads;
    }
    return found;
}
