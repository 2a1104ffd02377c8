/*
 * After C_Finalize no memory of the process holds the PIN or the grant. Reads one secret a line: the PIN first, the others are
 * only searched for: raw, as UTF-16, as hex in both cases, and as base64 at all three alignments. A planted copy of each is found
 * first, so that the search is known to work. Nor has a forked child what its parent keeps for long: of the grant only the copy that
 * its own C_Initialize needs.
 */
#include "host.h"

#define SECRETS_MAX 8

enum { RAW, UTF16, LOWER_HEX, UPPER_HEX, BASE64, FORMS = BASE64 + 3 };

/* Stored with every bit turned, so that the searcher's own copy isn't found. */
static unsigned char turned[SECRETS_MAX][FORMS][1024];
static size_t lengths[SECRETS_MAX][FORMS];

static void turn(unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        bytes[i] = (unsigned char)~bytes[i];
}

/* Those characters that depend on the secret alone, where it begins so many bytes after a multiple of three. */
static void remember_base64(int index, const unsigned char *secret, size_t length, size_t offset)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t first = (8 * offset + 5) / 6, end = 8 * (offset + length) / 6;
    for (size_t c = first; c < end; c++) {
        unsigned value = 0;
        for (size_t bit = 6 * c - 8 * offset; bit < 6 * (c + 1) - 8 * offset; bit++)
            value = value << 1 | (secret[bit / 8] >> (7 - bit % 8) & 1);
        turned[index][BASE64 + offset][c - first] = (unsigned char)~alphabet[value];
    }
    lengths[index][BASE64 + offset] = end - first;
}

static void remember(int index, const char *secret)
{
    static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";
    size_t length = strlen(secret);
    TRUE_THAT(length >= 4 && length <= 200);
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)secret[i];
        turned[index][RAW][i] = (unsigned char)~c;
        turned[index][UTF16][2 * i] = (unsigned char)~c;
        turned[index][UTF16][2 * i + 1] = 0xff;
        turned[index][LOWER_HEX][2 * i] = (unsigned char)~lower[c >> 4];
        turned[index][LOWER_HEX][2 * i + 1] = (unsigned char)~lower[c & 15];
        turned[index][UPPER_HEX][2 * i] = (unsigned char)~upper[c >> 4];
        turned[index][UPPER_HEX][2 * i + 1] = (unsigned char)~upper[c & 15];
    }
    lengths[index][RAW] = length;
    lengths[index][UTF16] = lengths[index][LOWER_HEX] = lengths[index][UPPER_HEX] = 2 * length;
    for (size_t offset = 0; offset < 3; offset++)
        remember_base64(index, (const unsigned char *)secret, length, offset);
}

static int matches(const unsigned char *memory, const unsigned char *pattern, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((memory[i] ^ pattern[i]) != 0xff)
            return 0;
    return 1;
}

/* How many copies of a secret there are in each form. */
static int search(int index, int *counts, int report)
{
    char line[512];
    int found = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    unsigned char *block = malloc(1 << 20);
    TRUE_THAT(maps && memory >= 0 && block);
    while (fgets(line, sizeof line, maps)) {
        unsigned long from, to;
        char rights[8];
        if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) != 3 || rights[0] != 'r' || rights[1] != 'w')
            continue;
        for (unsigned long at = from; at < to; at += (1 << 20) - 1024) {
            size_t want = to - at < (1 << 20) ? to - at : (1 << 20);
            ssize_t got = pread(memory, block, want, (off_t)at);
            for (int form = 0; form < FORMS; form++)
                for (ssize_t i = 0; i + (ssize_t)lengths[index][form] <= got; i++)
                    if (matches(block + i, turned[index][form], lengths[index][form])
                        && (at + i < (unsigned long)block || at + i >= (unsigned long)block + (1 << 20))) {
                        found++;
                        counts[form]++;
                        if (report)
                            fprintf(stderr, "secret %d as form %d at %lx in %s", index, form, at + i, line);
                    }
            memset(block, 0, want);
        }
    }
    free(block);
    close(memory);
    fclose(maps);
    return found;
}

int main(void)
{
    char line[256];
    int secrets = 0;
    CK_SESSION_HANDLE session;
    alarm(120);
    setvbuf(stdin, NULL, _IONBF, 0);
    p11 = load(module_path());
    OK(p11->C_Initialize(NULL));
    while (secrets < SECRETS_MAX && fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        remember(secrets, line);
        if (secrets == 0) {
            find_slot();
            OK(p11->C_OpenSession(token_slot, CKF_RW_SERIAL, NULL, NULL, &session));
            OK(p11->C_Login(session, 1, (CK_UTF8CHAR *)line, strlen(line)));
        }
        explicit_bzero(line, sizeof line);
        secrets++;
    }
    signing_key = find(session, CKO_PRIVATE, "p256");
    for (int i = 0; i < 50; i++)
        OK(sign(session));
    pid_t child = fork();
    TRUE_THAT(child >= 0);
    if (child == 0) {
        for (int i = 0; i < secrets; i++) {
            int copies = search(i, (int[FORMS]){ 0 }, 1);
            if (copies > (i == 0 ? 0 : 1))
                fail("a forked child has %d copies of secret %d", copies, i);
        }
        exit(0);
    }
    wait_well(child, "a forked child", 0);
    OK(p11->C_Logout(session));
    OK(p11->C_Finalize(NULL));

    static unsigned char planted[FORMS][1024];
    for (int i = 0; i < secrets; i++) {
        int counts[FORMS] = { 0 };
        for (int form = 0; form < FORMS; form++) {
            memcpy(planted[form], turned[i][form], lengths[i][form]);
            turn(planted[form], lengths[i][form]);
        }
        search(i, counts, 0);
        explicit_bzero(planted, sizeof planted);
        for (int form = 0; form < FORMS; form++)
            if (counts[form] < 1)
                fail("the planted copy of secret %d in form %d wasn't found", i, form);
    }
    int found = 0;
    for (int i = 0; i < secrets; i++)
        found += search(i, (int[FORMS]){ 0 }, 1);
    if (found)
        fail("%d copies of secrets were left in memory", found);
    return 0;
}
