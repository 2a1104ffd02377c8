/*
 * A thread with a painted stack connects, logs in and signs: how much of it the module used, and that no secret was left there.
 * SECRET names a second secret to look for, beside the PIN.
 */
#include "host.h"
#include <sys/mman.h>

#define STACK_BYTES (512 * 1024)
#define PAINT 0xa5

static unsigned char *stack;

static void *work_a_while(void *unused)
{
    (void)unused;
    CK_SESSION_HANDLE session = open_session();
    for (int i = 0; i < 20; i++)
        OK(work(session));
    return NULL;
}

static void look_for(const char *name)
{
    const char *secret = getenv(name);
    size_t bytes = secret ? strlen(secret) : 0;
    /* Half of a long one is as bad. */
    if (bytes > 16)
        bytes = 16;
    if (bytes >= 4 && memmem(stack, STACK_BYTES, secret, bytes))
        fail("the value of %s was left on the stack", name);
}

int main(void)
{
    pthread_t thread;
    pthread_attr_t attributes;
    alarm(60);
    stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    TRUE_THAT(stack != MAP_FAILED);
    p11 = load(module_path());
    OK(p11->C_Initialize(NULL));
    for (int round = 0; round < 3; round++) {
        memset(stack, PAINT, STACK_BYTES);
        pthread_attr_init(&attributes);
        TRUE_THAT(pthread_attr_setstack(&attributes, stack, STACK_BYTES) == 0);
        TRUE_THAT(pthread_create(&thread, &attributes, work_a_while, NULL) == 0);
        pthread_join(thread, NULL);
        size_t untouched = 0;
        while (untouched < STACK_BYTES && stack[untouched] == PAINT)
            untouched++;
        printf("round %d: %zu bytes of stack\n", round, STACK_BYTES - untouched);
        TRUE_THAT(untouched > 0 && STACK_BYTES - untouched < 48 * 1024);
        look_for("CODESIGN_PIN");
        look_for("SECRET");
        if (has_appliance())
            OK(p11->C_CloseAllSessions(token_slot));
    }
    OK(p11->C_Finalize(NULL));
    return 0;
}
