/*
 * The exported functions, all of one form. The tables of interfaces.c point to the hidden shim_ functions, not to these: another
 * PKCS#11 library loaded before us with RTLD_GLOBAL would otherwise take the exported names' place.
 */
#include "shim.h"

#define OWN(name, parameters, arguments) \
    EXPORTED CK_RV name parameters; \
    EXPORTED CK_RV name parameters { return shim_##name arguments; }

#define FORWARD(name, parameters, arguments) \
    CK_RV shim_##name parameters; \
    CK_RV shim_##name parameters \
    { \
        CK_RV rv; \
        const struct managed_row *rows = shim_enter(&rv); \
        if (!rows) \
            return rv; \
        rv = rows[ROW_##name].answer; \
        if (rows[ROW_##name].function) \
            rv = ((CK_RV (*) parameters)rows[ROW_##name].function) arguments; \
        shim_leave(); \
        return rv; \
    } \
    OWN(name, parameters, arguments)

CRYPTOKI_ALL(OWN, FORWARD)
