/*
 * Where session objects live, who sees them and when they end; what becomes of objects that another application ends. The argument is a
 * copy of the module: loaded beside the first, it is another application.
 */
#include "host.h"
#include "objects.h"

static CK_FUNCTION_LIST *other;

/* All sessions of an application see its session objects; each ends with the session that made it. */
static void ends_with_its_session(void)
{
    CK_SESSION_HANDLE one = open_with(p11, 4), two = open_with(p11, CKF_RW_SERIAL), alien = open_with(other, CKF_RW_SERIAL);
    CK_OBJECT_HANDLE data, public, private, kept;
    CK_ULONG size;
    login(p11, one);
    login(other, alien);
    data = make_data(p11, one, "passing", &no);
    make_pair(one, "passing", &no, &public, &private);
    kept = make_data(p11, two, "passing", &no);
    TRUE_THAT(count_of(p11, two, "passing") == 4 && count_of(other, alien, "passing") == 0);
    OK(sign_with(two, private));
    OK(p11->C_GetObjectSize(two, data, &size));
    TRUE_THAT(size > 5);
    OK(rename_to(p11, two, data, "renamed"));
    TRUE_THAT(count_of(p11, one, "renamed") == 1);

    OK(p11->C_CloseSession(one));
    TRUE_THAT(count_of(p11, two, "passing") == 1 && count_of(p11, two, "renamed") == 0);
    IS(get(p11, two, data, CKA_VALUE), CKR_OBJECT_HANDLE_INVALID);
    IS(get(p11, two, public, CKA_CLASS), CKR_OBJECT_HANDLE_INVALID);
    IS(get(p11, two, private, CKA_CLASS), CKR_OBJECT_HANDLE_INVALID);
    IS(sign_with(two, private), CKR_KEY_HANDLE_INVALID);
    OK(get(p11, two, kept, CKA_VALUE));
    OK(p11->C_CloseAllSessions(token_slot));
    two = open_with(p11, CKF_RW_SERIAL);
    IS(get(p11, two, kept, CKA_VALUE), CKR_OBJECT_HANDLE_INVALID);
    OK(p11->C_CloseSession(two));
    OK(other->C_CloseSession(alien));
}

/* Private ones end with the login, public ones don't. */
static void ends_with_the_login(void)
{
    CK_SESSION_HANDLE session = open_with(p11, CKF_RW_SERIAL);
    CK_ATTRIBUTE secret[] = { NUMBER(CKA_CLASS, data_class), NUMBER(CKA_PRIVATE, yes), BYTES(CKA_LABEL, "secret") };
    CK_OBJECT_HANDLE made = NOWHERE, public, private, data;
    IS(p11->C_CreateObject(session, secret, 3, &made), CKR_USER_NOT_LOGGED_IN);
    TRUE_THAT(made == NOWHERE);
    login(p11, session);
    OK(p11->C_CreateObject(session, secret, 3, &made));
    make_pair(session, "passing", &no, &public, &private);
    data = make_data(p11, session, "passing", &no);
    OK(p11->C_Logout(session));
    TRUE_THAT(count_of(p11, session, "secret") == 0 && count_of(p11, session, "passing") == 2);
    login(p11, session);
    TRUE_THAT(count_of(p11, session, "secret") == 0 && count_of(p11, session, "passing") == 2);
    IS(get(p11, session, made, CKA_LABEL), CKR_OBJECT_HANDLE_INVALID);
    IS(sign_with(session, private), CKR_KEY_HANDLE_INVALID);
    OK(get(p11, session, public, CKA_EC_POINT));
    OK(get(p11, session, data, CKA_VALUE));
    OK(p11->C_CloseSession(session));
}

/* What forbids its end by C_DestroyObject ends with its session all the same, and isn't found by a later login. */
static void ends_though_it_forbids_it(void)
{
    CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_ATTRIBUTE template[] = { NUMBER(CKA_VALUE_LEN, sixteen), NUMBER(CKA_DESTROYABLE, no), BYTES(CKA_LABEL, "stubborn") };
    CK_SESSION_HANDLE session = open_with(p11, CKF_RW_SERIAL);
    CK_OBJECT_HANDLE key;
    login(p11, session);
    OK(p11->C_GenerateKey(session, &mechanism, template, 3, &key));
    IS(p11->C_DestroyObject(session, key), CKR_ACTION_PROHIBITED);
    OK(p11->C_Logout(session));
    login(p11, session);
    TRUE_THAT(count_of(p11, session, "stubborn") == 0);
    OK(p11->C_CloseSession(session));
}

/* From session to token and back, and what a read-only session may. */
static void copies(void)
{
    CK_SESSION_HANDLE read = open_with(p11, 4), write = open_with(p11, CKF_RW_SERIAL);
    CK_ATTRIBUTE into_token[] = { NUMBER(CKA_TOKEN, yes), BYTES(CKA_LABEL, "copied") }, into_session[] = { NUMBER(CKA_TOKEN, no) };
    CK_ATTRIBUTE fixed[] = { NUMBER(CKA_COPYABLE, no), NUMBER(CKA_DESTROYABLE, no), NUMBER(CKA_MODIFIABLE, no) };
    CK_BYTE id[2][64] = { { 0 } };
    CK_OBJECT_HANDLE data = make_data(p11, read, "original", &no), token = NOWHERE, back, last, none = NOWHERE;
    IS(p11->C_CopyObject(read, data, into_token, 2, &token), CKR_SESSION_READ_ONLY);
    TRUE_THAT(token == NOWHERE);
    OK(p11->C_CopyObject(write, data, into_token, 2, &token));
    TRUE_THAT(count_of(other, open_with(other, 4), "copied") == 1);
    OK(p11->C_CopyObject(read, token, into_session, 1, &back));
    TRUE_THAT(count_of(p11, read, "copied") == 2);
    for (int i = 0; i < 2; i++) {
        CK_ATTRIBUTE asked = { CKA_UNIQUE_ID, id[i], 64 };
        OK(p11->C_GetAttributeValue(read, i == 0 ? token : back, &asked, 1));
        TRUE_THAT(asked.value_bytes >= 32);
    }
    TRUE_THAT(memcmp(id[0], id[1], 32) != 0);
    IS(p11->C_DestroyObject(read, token), CKR_SESSION_READ_ONLY);
    IS(rename_to(p11, read, token, "x"), CKR_SESSION_READ_ONLY);
    OK(p11->C_CopyObject(read, back, fixed, 3, &last));
    IS(p11->C_CopyObject(read, last, NULL, 0, &none), CKR_ACTION_PROHIBITED);
    IS(p11->C_DestroyObject(read, last), CKR_ACTION_PROHIBITED);
    IS(rename_to(p11, read, last, "x"), CKR_ACTION_PROHIBITED);
    TRUE_THAT(none == NOWHERE);
    OK(p11->C_DestroyObject(write, token));
    OK(p11->C_CloseAllSessions(token_slot));
    OK(other->C_CloseAllSessions(token_slot));
}

/* An object that another application ended is gone here too, once anything is asked about it. */
static void ended_by_others(void)
{
    CK_SESSION_HANDLE session = open_with(p11, CKF_RW_SERIAL), alien = open_with(other, CKF_RW_SERIAL);
    CK_ATTRIBUTE template[] = { BYTES(CKA_LABEL, "shared") };
    CK_OBJECT_HANDLE mine = make_data(p11, session, "shared", &yes), theirs = 0, found[2], copy = NOWHERE;
    CK_ULONG count;
    OK(other->C_FindObjectsInit(alien, template, 1));
    OK(other->C_FindObjects(alien, &theirs, 1, &count));
    OK(other->C_FindObjectsFinal(alien));
    TRUE_THAT(count == 1);
    OK(p11->C_FindObjectsInit(session, template, 1));
    OK(other->C_DestroyObject(alien, theirs));
    OK(p11->C_FindObjects(session, found, 2, &count));
    OK(p11->C_FindObjectsFinal(session));
    TRUE_THAT(count == 1 && found[0] == mine);
    IS(rename_to(p11, session, mine, "x"), CKR_OBJECT_HANDLE_INVALID);
    IS(get(p11, session, mine, CKA_VALUE), CKR_OBJECT_HANDLE_INVALID);

    mine = make_data(p11, session, "shared", &yes);
    OK(other->C_FindObjectsInit(alien, template, 1));
    OK(other->C_FindObjects(alien, &theirs, 1, &count));
    OK(other->C_FindObjectsFinal(alien));
    OK(p11->C_DestroyObject(session, mine));
    IS(other->C_CopyObject(alien, theirs, NULL, 0, &copy), CKR_OBJECT_HANDLE_INVALID);
    IS(other->C_DestroyObject(alien, theirs), CKR_OBJECT_HANDLE_INVALID);
    TRUE_THAT(copy == NOWHERE);
    OK(p11->C_CloseAllSessions(token_slot));
    OK(other->C_CloseAllSessions(token_slot));
}

/* A child is an application of its own: it sees nothing of its parent's, and its end takes nothing from its parent. */
static void belongs_to_the_process(void)
{
    CK_SESSION_HANDLE session = open_with(p11, CKF_RW_SERIAL);
    CK_OBJECT_HANDLE public, private, own_public, own_private;
    login(p11, session);
    make_pair(session, "inherited", &no, &public, &private);
    pid_t child = fork();
    if (child == 0) {
        alarm(60);
        CK_RV rv = p11->C_Initialize(NULL);
        if (rv != CKR_OK && rv != CKR_CRYPTOKI_ALREADY_INITIALIZED)
            fail("C_Initialize answered 0x%lx in the child", rv);
        CK_SESSION_HANDLE own = open_with(p11, CKF_RW_SERIAL);
        login(p11, own);
        make_pair(own, "own", &no, &own_public, &own_private);
        TRUE_THAT(count_of(p11, own, "inherited") == 0 && count_of(p11, own, "own") == 2);
        OK(p11->C_Finalize(NULL));
        _exit(0);
    }
    wait_well(child, "an application of its own", 0);
    OK(sign_with(session, private));
    TRUE_THAT(count_of(p11, session, "own") == 0 && count_of(p11, session, "inherited") == 2);
    OK(p11->C_CloseSession(session));
}

/* Sessions closed and logins ended while other threads make objects: no object is left behind. */
static CK_SESSION_HANDLE shared_session;
static _Atomic int makers;

static void *make_until_closed(void *unused)
{
    (void)unused;
    CK_ATTRIBUTE secret[] = { NUMBER(CKA_CLASS, data_class), NUMBER(CKA_PRIVATE, yes), BYTES(CKA_LABEL, "left behind") };
    CK_OBJECT_HANDLE made;
    CK_RV rv = CKR_OK;
    while (rv == CKR_OK) {
        rv = p11->C_CreateObject(shared_session, secret, 3, &made);
        makers++;
    }
    if (rv != CKR_SESSION_HANDLE_INVALID && rv != 0xb0 && rv != CKR_USER_NOT_LOGGED_IN)
        fail("a maker got 0x%lx", rv);
    return NULL;
}

static void leaves_nothing_behind(int log_out)
{
    CK_SESSION_HANDLE session = open_with(p11, CKF_RW_SERIAL);
    login(p11, session);
    for (int round = 0; round < 50; round++) {
        pthread_t threads[4];
        shared_session = open_with(p11, CKF_RW_SERIAL);
        makers = 0;
        start_threads(threads, 4, make_until_closed);
        while (makers < 20)
            sched_yield();
        if (log_out)
            OK(p11->C_Logout(session));
        else
            OK(p11->C_CloseSession(shared_session));
        for (int i = 0; i < 4; i++)
            pthread_join(threads[i], NULL);
        if (log_out) {
            login(p11, session);
            TRUE_THAT(count_of(p11, session, "left behind") == 0);
            OK(p11->C_CloseSession(shared_session));
        }
        TRUE_THAT(count_of(p11, session, "left behind") == 0);
    }
    OK(p11->C_CloseSession(session));
}

int main(int count, char **arguments)
{
    alarm(120);
    TRUE_THAT(count == 2);
    p11 = load(module_path());
    OK(p11->C_Initialize(NULL));
    other = load(arguments[1]);
    OK(other->C_Initialize(NULL));
    TRUE_THAT(other != p11);
    find_slot();
    ends_with_its_session();
    ends_with_the_login();
    ends_though_it_forbids_it();
    copies();
    ended_by_others();
    belongs_to_the_process();
    leaves_nothing_behind(0);
    leaves_nothing_behind(1);
    OK(other->C_Finalize(NULL));
    OK(p11->C_Finalize(NULL));
    return 0;
}
