/* The SO, its token and the user's PIN: what each state answers (PKCS#11 v3.0 sections 5.5 and 5.6). */
#include "host.h"

struct INTERFACE { CK_UTF8CHAR *name; void *functions; CK_FLAGS flags; };
struct V3 { CK_VERSION version; CRYPTOKI_2_40(MEMBER, MEMBER) CRYPTOKI_3_0(MEMBER, MEMBER) };
struct FACTS { CK_UTF8CHAR label[32], rest[64]; CK_FLAGS flags; CK_ULONG numbers[10]; CK_BYTE versions[4], time[16]; };

#define PIN(text) (CK_UTF8CHAR *)(text), strlen(text)
#define SO_PIN "officer-0815"
#define USER_PIN "user-4711"

static struct V3 *v3;

static CK_FLAGS flags(void)
{
    struct FACTS facts;
    OK(p11->C_GetTokenInfo(token_slot, (CK_TOKEN_INFO *)&facts));
    TRUE_THAT(facts.numbers[4] == 255 && facts.numbers[5] == 9);
    return facts.flags & 0xff0008;
}

static void label(CK_UTF8CHAR *target, const char *text)
{
    memset(target, ' ', 32);
    memcpy(target, text, strlen(text));
}

int main(void)
{
    CK_SESSION_HANDLE read, write;
    CK_UTF8CHAR name[32];
    alarm(120);
    p11 = load(module_path());
    CK_RV (*get)(CK_UTF8CHAR *, CK_VERSION *, struct INTERFACE **, CK_FLAGS);
    struct INTERFACE *interface;
    *(void **)&get = dlsym(p11_handle, "C_GetInterface");
    CK_VERSION version = { 3, 0 };
    OK(get((CK_UTF8CHAR *)"PKCS 11", &version, &interface, 0));
    v3 = interface->functions;
    OK(p11->C_Initialize(NULL));
    find_slot();
    label(name, getenv("CODESIGN_TOKEN_LABEL"));

    /* The first initialisation gives the SO its PIN, where no session is open. */
    IS(p11->C_InitToken(token_slot + 1, PIN(SO_PIN), name), 3);
    IS(p11->C_InitToken(token_slot, PIN(SO_PIN), NULL), CKR_ARGUMENTS_BAD);
    IS(p11->C_InitToken(token_slot, NULL, 8, name), CKR_ARGUMENTS_BAD);
    IS(p11->C_InitToken(token_slot, PIN("tooshort"), name), 0xa0);
    OK(p11->C_OpenSession(token_slot, 6, NULL, NULL, &write));
    IS(p11->C_InitToken(token_slot, PIN(SO_PIN), name), 0xb6);
    IS(p11->C_Login(write, 0, PIN(SO_PIN)), 0x102);
    OK(p11->C_CloseSession(write));
    OK(p11->C_InitToken(token_slot, PIN(SO_PIN), name));
    TRUE_THAT(flags() == 0);

    /* Wrong ones show at once, and the right one takes the mark away. */
    IS(p11->C_InitToken(token_slot, PIN("not the PIN"), name), 0xa0);
    TRUE_THAT(flags() == 0x100000);
    IS(p11->C_InitToken(token_slot, PIN("not the PIN"), name), 0xa0);
    TRUE_THAT(flags() == 0x300000);
    OK(p11->C_InitToken(token_slot, PIN(SO_PIN), name));
    TRUE_THAT(flags() == 0);

    OK(p11->C_OpenSession(token_slot, 4, NULL, NULL, &read));
    OK(p11->C_OpenSession(token_slot, 6, NULL, NULL, &write));
    IS(p11->C_InitPIN(write, PIN(USER_PIN)), 0x101);
    IS(p11->C_InitPIN(read, PIN(USER_PIN)), 0x101);
    IS(p11->C_InitPIN(write + read, PIN(USER_PIN)), 0xb3);
    IS(p11->C_Login(write, 1, PIN(USER_PIN)), 0x102);
    IS(p11->C_SetPIN(write, PIN("an old PIN"), PIN("a new PIN")), 0x102);
    IS(p11->C_Login(write, 0, PIN(SO_PIN)), 0xb7);
    OK(p11->C_CloseSession(read));
    OK(p11->C_Login(write, 0, PIN(SO_PIN)));
    IS(p11->C_Login(write, 0, PIN(SO_PIN)), 0x100);
    IS(p11->C_Login(write, 1, PIN(USER_PIN)), 0x104);
    IS(p11->C_OpenSession(token_slot, 4, NULL, NULL, &read), 0xb8);
    IS(p11->C_InitPIN(write, NULL, 4), CKR_ARGUMENTS_BAD);
    IS(p11->C_InitPIN(write, PIN("tooshort")), 0xa2);
    IS(p11->C_InitPIN(write, NULL, 0), 0xa2);
    IS(p11->C_InitPIN(write, PIN("a bell: \a")), 0xa1);
    OK(p11->C_InitPIN(write, PIN(USER_PIN)));
    TRUE_THAT(flags() == 8);

    /* The SO changes its own PIN, the user its own, each while logged in; nobody logged in: the user's. */
    IS(p11->C_SetPIN(write, PIN(USER_PIN), PIN(SO_PIN "-2")), 0xa0);
    TRUE_THAT(flags() == 0x100008);
    OK(p11->C_SetPIN(write, PIN(SO_PIN), PIN(SO_PIN "-2")));
    OK(p11->C_InitPIN(write, PIN(USER_PIN)));
    OK(p11->C_Logout(write));
    IS(p11->C_SetPIN(write, PIN(USER_PIN), PIN("tooshort")), 0xa2);
    IS(p11->C_SetPIN(write, PIN(USER_PIN), PIN("a bell: \a")), 0xa1);
    IS(p11->C_SetPIN(write, NULL, 4, PIN(USER_PIN)), CKR_ARGUMENTS_BAD);
    IS(p11->C_SetPIN(write, PIN(USER_PIN), NULL, 4), CKR_ARGUMENTS_BAD);
    OK(p11->C_SetPIN(write, PIN(USER_PIN), PIN(USER_PIN "-2")));
    OK(p11->C_Login(write, 1, PIN(USER_PIN "-2")));
    OK(p11->C_SetPIN(write, PIN(USER_PIN "-2"), PIN(USER_PIN)));
    IS(p11->C_Login(write, 1, PIN(USER_PIN)), 0x100);
    OK(p11->C_OpenSession(token_slot, 4, NULL, NULL, &read));
    IS(p11->C_SetPIN(read, PIN(USER_PIN), PIN(USER_PIN)), 0xb5);

    /* C_LoginUser: one's own name, or none. */
    IS(v3->C_LoginUser(write, 1, PIN(USER_PIN), PIN("alice")), 0x100);
    IS(v3->C_LoginUser(write, 1, PIN(USER_PIN), PIN("bob")), 0x104);
    OK(p11->C_Logout(write));
    IS(v3->C_LoginUser(write, 1, PIN(USER_PIN), PIN("bob")), 0xa0);
    IS(v3->C_LoginUser(write, 1, PIN(USER_PIN), NULL, 3), CKR_ARGUMENTS_BAD);
    IS(v3->C_LoginUser(write, 7, PIN(USER_PIN), PIN("alice")), 0x103);
    IS(v3->C_LoginUser(write, 2, PIN(USER_PIN), PIN("alice")), 0x91);
    TRUE_THAT(flags() == 8);
    OK(v3->C_LoginUser(write, 1, PIN(USER_PIN), PIN("alice")));
    OK(p11->C_Logout(write));
    OK(v3->C_LoginUser(write, 1, PIN(USER_PIN), NULL, 0));
    OK(p11->C_Logout(write));

    /* Three wrong ones lock; a new PIN by the SO opens again. */
    IS(p11->C_Login(write, 1, PIN("not the PIN")), 0xa0);
    TRUE_THAT(flags() == 0x10008);
    IS(p11->C_SetPIN(write, PIN("not the PIN"), PIN(USER_PIN)), 0xa0);
    TRUE_THAT(flags() == 0x30008);
    IS(p11->C_Login(write, 1, PIN("not the PIN")), 0xa0);
    TRUE_THAT((flags() & 0x40008) == 0x40008);
    IS(p11->C_Login(write, 1, PIN(USER_PIN)), 0xa4);
    IS(p11->C_SetPIN(write, PIN(USER_PIN), PIN(USER_PIN "-2")), 0xa4);
    OK(p11->C_CloseSession(read));
    OK(p11->C_Login(write, 0, PIN(SO_PIN "-2")));
    OK(p11->C_InitPIN(write, PIN(USER_PIN)));
    TRUE_THAT(flags() == 8);
    OK(p11->C_Logout(write));
    OK(p11->C_Login(write, 1, PIN(USER_PIN)));

    /* The new name is the token's at once. */
    OK(p11->C_CloseAllSessions(token_slot));
    label(name, getenv("RENAMED") ? getenv("RENAMED") : "roles-anew");
    OK(p11->C_InitToken(token_slot, PIN(SO_PIN "-2"), name));
    struct FACTS facts;
    OK(p11->C_GetTokenInfo(token_slot, (CK_TOKEN_INFO *)&facts));
    TRUE_THAT(memcmp(facts.label, name, 32) == 0 && !(facts.flags & 8));
    OK(p11->C_OpenSession(token_slot, 6, NULL, NULL, &write));
    IS(p11->C_Login(write, 1, PIN(USER_PIN)), 0x102);
    OK(p11->C_Finalize(NULL));
    return 0;
}
