/*
 * A PKCS#11 library that is SoftHSM2 but for C_Sign: while the file SLEEP_WHILE is there, a call sleeps, up to 30 seconds, and then
 * signs all the same.
 *
 *   gcc -shared -fPIC -DHSM_LIBRARY='"/usr/lib/softhsm/libsofthsm2.so"' -DSLEEP_WHILE='"/tmp/sleep"' sleeping-hsm.c -o sleeping-hsm.so -ldl
 */
#include <dlfcn.h>
#include <unistd.h>

/* CK_FUNCTION_LIST of PKCS#11 v2.40: a version, then 68 functions in the standard's order. */
enum { GET_FUNCTION_LIST = 3, SIGN = 43, FUNCTIONS = 68, CKR_GENERAL_ERROR = 5 };

struct function_list {
    unsigned char version[2];
    void *functions[FUNCTIONS];
};

typedef unsigned long number;
typedef number (*sign_function)(number, unsigned char *, number, unsigned char *, number *);
typedef number (*list_function)(struct function_list **);

static struct function_list *real, own;

static number sign(number session, unsigned char *data, number bytes, unsigned char *signature, number *signature_bytes)
{
    for (int tenths = 0; tenths < 300 && access(SLEEP_WHILE, F_OK) == 0; tenths++)
        usleep(100000);
    return ((sign_function)real->functions[SIGN])(session, data, bytes, signature, signature_bytes);
}

number C_GetFunctionList(struct function_list **list)
{
    if (!real) {
        void *library = dlopen(HSM_LIBRARY, RTLD_NOW | RTLD_LOCAL);
        list_function get = library ? (list_function)dlsym(library, "C_GetFunctionList") : 0;
        if (!get || get(&real) != 0)
            return CKR_GENERAL_ERROR;
        own = *real;
        own.functions[GET_FUNCTION_LIST] = (void *)C_GetFunctionList;
        own.functions[SIGN] = (void *)sign;
    }
    *list = &own;
    return 0;
}
