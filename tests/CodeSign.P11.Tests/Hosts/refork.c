/* Five generations, each the child of the one before, each with the module of its own. The environment is cleared in between. */
#include "host.h"

static char module[4096], pin[256], label[64];

static void live(int generation)
{
    OK(p11->C_Initialize(NULL));
    /* What our own host code needs comes back; what the module needs must come from its memory. */
    if (pin[0]) {
        setenv("CODESIGN_PIN", pin, 1);
        setenv("CODESIGN_TOKEN_LABEL", label, 1);
    }
    CK_SESSION_HANDLE session = open_session();
    for (int i = 0; i < 10; i++)
        OK(work(session));
    if (generation < 5) {
        clearenv();
        pid_t child = fork();
        TRUE_THAT(child >= 0);
        if (child == 0) {
            alarm(30);
            live(generation + 1);
            exit(0);
        }
        wait_well(child, "the next generation", 0);
    }
    if (pin[0])
        setenv("CODESIGN_PIN", pin, 1);
    OK(work(session));
}

int main(void)
{
    alarm(60);
    strncpy(module, module_path(), sizeof module - 1);
    if (has_appliance()) {
        strncpy(pin, getenv("CODESIGN_PIN"), sizeof pin - 1);
        strncpy(label, getenv("CODESIGN_TOKEN_LABEL"), sizeof label - 1);
    }
    p11 = load(module);
    live(1);
    return 0;
}
