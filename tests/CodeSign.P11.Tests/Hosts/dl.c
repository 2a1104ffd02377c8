/* Loaded and unloaded a hundred times; two copies in one process; a copy in a namespace of its own. Argument: path of a copy. */
#include "host.h"

static void use(CK_FUNCTION_LIST *list)
{
    p11 = list;
    OK(p11->C_Initialize(NULL));
    OK(work(open_session()));
}

int main(int count, char **arguments)
{
    TRUE_THAT(count == 2);
    alarm(120);
    for (int i = 0; i < 100; i++) {
        use(load(module_path()));
        OK(p11->C_Finalize(NULL));
        dlclose(p11_handle);
    }
    TRUE_THAT(count_entries("/proc/self/task") == 2);
    CK_FUNCTION_LIST *first = load(module_path());
    CK_FUNCTION_LIST *second = load(arguments[1]);
    TRUE_THAT(first != second);
    use(first);
    use(second);
    for (int i = 0; i < 50; i++) {
        p11 = first;
        CK_SESSION_HANDLE session = open_session();
        OK(work(session));
        p11 = second;
        session = open_session();
        OK(work(session));
    }
    void *apart = dlmopen(LM_ID_NEWLM, module_path(), RTLD_NOW);
    if (!apart)
        fail("%s", dlerror());
    CK_RV (*get)(CK_FUNCTION_LIST **);
    *(void **)&get = dlsym(apart, "C_GetFunctionList");
    OK(get(&p11));
    use(p11);
    return 0;
}
