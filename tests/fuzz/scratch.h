/* scratch.h - a directory of the fuzz target's own, gone when it ends. */
#ifndef TESTS_FUZZ_SCRATCH_H
#define TESTS_FUZZ_SCRATCH_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SCRATCH_PATH = 256 };

static char scratch[SCRATCH_PATH];

static void scratch_remove(void)
{
    char command[SCRATCH_PATH + 16];
    snprintf(command, sizeof command, "rm -rf '%s'", scratch);
    if (system(command) != 0)
        fprintf(stderr, "%s stays\n", scratch);
}

/* Writes a file there; the first makes the directory, in memory where there is such a place. */
static void scratch_write(const char *name, const void *data, size_t size)
{
    char path[2 * SCRATCH_PATH];
    if (!scratch[0]) {
        const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
        snprintf(scratch, sizeof scratch, "%s/weir-fuzz-XXXXXX", base);
        if (!mkdtemp(scratch) || atexit(scratch_remove) != 0)
            abort();
    }
    snprintf(path, sizeof path, "%s/%s", scratch, name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0)
        abort();
}

#endif
