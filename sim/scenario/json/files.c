/* files.c - opens and reads the files of a scenario. It never waits: a directory, a device, or a
 * pipe without a writer is refused. */
#define _XOPEN_SOURCE 700 /* fdopen() */

#include "scenario/load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Turns a pipe that was opened without waiting into a stream that waits for data. NULL: the pipe is
 * empty and has no writer. */
static FILE *open_pipe(int fd)
{
    unsigned char first = 0;
    ssize_t got = read(fd, &first, 1);
    if (got == 0 || (got < 0 && errno != EAGAIN) || fcntl(fd, F_SETFL, O_RDONLY) != 0)
        return NULL;
    FILE *file = fdopen(fd, "rb");
    if (file && got == 1)
        ungetc(first, file);
    return file;
}

/* The stream of a readable file or pipe; else NULL, with the reason if it is neither. */
static FILE *open_kind(int fd, bool once, const char **why)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return NULL;
    if (S_ISREG(st.st_mode))
        return fdopen(fd, "rb");
    if (S_ISFIFO(st.st_mode) && once) {
        *why = "is a pipe that nobody writes into";
        return open_pipe(fd);
    }
    *why = S_ISDIR(st.st_mode)    ? "is a directory, not a file"
           : S_ISFIFO(st.st_mode) ? "is a pipe, not a file: it can be read only once"
                                  : "is a device, not a file";
    return NULL;
}

FILE *sim__open_file(const char *path, bool once, char *why, size_t why_bytes)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const char *kind = NULL;
    FILE *file = fd >= 0 ? open_kind(fd, once, &kind) : NULL;
    if (!file && kind)
        snprintf(why, why_bytes, "%s", kind);
    else if (!file)
        snprintf(why, why_bytes, "cannot be opened: %s", strerror(errno));
    if (!file && fd >= 0)
        close(fd);
    return file;
}

char *sim__read_file(const char *path, size_t *bytes, char *why, size_t why_bytes)
{
    FILE *file = sim__open_file(path, true, why, why_bytes);
    if (!file)
        return NULL;
    size_t capacity = 64 * 1024, n = 0;
    char *text = malloc(capacity);
    while (text) {
        size_t got = fread(text + n, 1, capacity - n, file);
        n += got;
        if (n < capacity || n > SIM__TEXT_MAX)
            break; /* end of file, an error, or too large; the scanner reports the limit */
        char *grown = realloc(text, capacity *= 2);
        if (!grown)
            free(text);
        text = grown;
    }
    if (!text)
        snprintf(why, why_bytes, "cannot be read: out of memory");
    if (text && ferror(file)) {
        snprintf(why, why_bytes, "cannot be read: %s", strerror(errno));
        free(text);
        text = NULL;
    }
    fclose(file);
    *bytes = n;
    return text;
}
