/*
 * A host that closes every descriptor it doesn't know, as daemons do, and uses the numbers for its own: the module must neither read,
 * write nor close there, and go on with connections of its own. Nor may a forked child close them.
 */
#include "host.h"
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define FIRST 3
#define LAST 24

static int peers[LAST + 1];
static struct stat identities[LAST + 1];

/* The host's sockets: each with bytes to read in it, and room to write. */
static void take_numbers(void)
{
    for (int number = FIRST; number <= LAST; number++) {
        int pair[2];
        TRUE_THAT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
        peers[number] = fcntl(pair[1], F_DUPFD, 100);
        TRUE_THAT(peers[number] >= 100);
        close(pair[1]);
        if (pair[0] != number) {
            TRUE_THAT(dup2(pair[0], number) == number);
            close(pair[0]);
        }
        TRUE_THAT(write(peers[number], "the host's own", 14) == 14);
        TRUE_THAT(fstat(number, &identities[number]) == 0);
    }
}

static void check_numbers(const char *when)
{
    for (int number = FIRST; number <= LAST; number++) {
        struct stat now;
        int waiting = 0;
        char byte;
        if (fstat(number, &now) != 0 || now.st_ino != identities[number].st_ino || now.st_dev != identities[number].st_dev)
            fail("%s: descriptor %d isn't the host's any more", when, number);
        if (ioctl(number, FIONREAD, &waiting) != 0 || waiting != 14)
            fail("%s: somebody read from descriptor %d", when, number);
        if (recv(peers[number], &byte, 1, MSG_DONTWAIT) != -1 || errno != EAGAIN)
            fail("%s: somebody wrote to descriptor %d", when, number);
    }
}

int main(void)
{
    pthread_t threads[4];
    CK_SESSION_HANDLE session;
    alarm(60);
    p11 = load(module_path());
    OK(p11->C_Initialize(NULL));
    session = open_session();
    OK(work(session));
    /* Several connections, all idle. */
    start_threads(threads, 4, work_until_stopped);
    for (int i = 0; i < 20; i++)
        OK(work(session));
    stop_working = 1;
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);

    for (int number = FIRST; number <= LAST; number++)
        close(number);
    take_numbers();
    pid_t child = fork();
    TRUE_THAT(child >= 0);
    if (child == 0) {
        check_numbers("in a child");
        exit(0);
    }
    wait_well(child, "fork", 0);
    for (int i = 0; i < 20; i++)
        OK(work(session));
    check_numbers("after working");
    child = fork();
    TRUE_THAT(child >= 0);
    if (child == 0) {
        check_numbers("in a later child");
        OK(p11->C_Initialize(NULL));
        OK(work(open_session()));
        check_numbers("in a child that works");
        exit(0);
    }
    wait_well(child, "fork again", 0);
    OK(p11->C_Finalize(NULL));
    check_numbers("after C_Finalize");
    OK(p11->C_Initialize(NULL));
    OK(work(open_session()));
    OK(p11->C_Finalize(NULL));
    check_numbers("after all");
    return 0;
}
