/* Preprocessed alone (gcc -E -P) this gives the names of the exported functions, for the linker. */
#include "functions.h"
#define NAME(name, parameters, arguments) name
CRYPTOKI_ALL(NAME, NAME)
