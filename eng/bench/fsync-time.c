/* How long the disk takes to make 512 bytes durable: fdatasync after each of N appends to FILE. Prints p50 and p99 in microseconds. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    enum { COUNT = 500 };
    static double micros[COUNT];
    char block[512] = {0};
    int file = argc > 1 ? open(argv[1], O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600) : -1;
    if (file < 0) {
        perror("fsync-time");
        return 1;
    }
    for (int i = 0; i < COUNT; i++) {
        struct timespec a, b;
        clock_gettime(CLOCK_MONOTONIC, &a);
        if (write(file, block, sizeof block) != sizeof block || fdatasync(file)) {
            perror("fsync-time");
            return 1;
        }
        clock_gettime(CLOCK_MONOTONIC, &b);
        micros[i] = (double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3;
    }
    unlink(argv[1]);
    qsort(micros, COUNT, sizeof *micros, by_value);
    printf("p50 %.0f p99 %.0f\n", micros[COUNT / 2], micros[COUNT * 99 / 100]);
    return 0;
}
