/* directory_lock.c - a lock on the parent of an output directory. */
#include "study/store/directory_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

int sim_directory_lock(const char *dir)
{
    char *above = strdup(dir), *slash = above ? strrchr(above, '/') : NULL;
    int fd = -1;
    if (slash) {
        slash[slash == above ? 1 : 0] = '\0';
        fd = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    free(above);
    while (fd >= 0 && flock(fd, LOCK_EX) != 0) {
        if (errno == EINTR)
            continue;
        close(fd);
        fd = -1;
    }
    return fd;
}

void sim_directory_unlock(int lock)
{
    if (lock >= 0)
        close(lock);
}
