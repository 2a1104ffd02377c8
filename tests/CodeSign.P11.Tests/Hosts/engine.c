/* An OpenSSL engine that uses our module while OpenSSL reads its configuration. Written without OpenSSL's headers. */
#include "host.h"

int ENGINE_set_id(void *engine, const char *id);
int ENGINE_set_name(void *engine, const char *name);
unsigned long v_check(unsigned long version);
int bind_engine(void *engine, const char *id, const void *functions);

unsigned long v_check(unsigned long version)
{
    (void)version;
    return 0x00030000UL; /* OSSL_DYNAMIC_VERSION of OpenSSL 3 */
}

int bind_engine(void *engine, const char *id, const void *functions)
{
    (void)id;
    (void)functions;
    p11 = load(module_path());
    CK_RV rv = p11->C_Initialize(NULL);
    if (rv == CKR_OK || rv == CKR_CRYPTOKI_ALREADY_INITIALIZED)
        work(open_session());
    return ENGINE_set_id(engine, "unkind") && ENGINE_set_name(engine, "unkind");
}
