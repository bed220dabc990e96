/* output.c - the output directory, which is whole at any moment. */
#define _GNU_SOURCE /* renameat2 */
#include "report/output.h"

#include "study/guard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* All that weir writes; anything else in a directory is somebody else's. */
static bool is_ours(const char *name)
{
    static const char *const names[] = {"resolved.json",    "summary.json", "series.csv",
                                        "comparison.json",  "find.json",    "map.json",
                                        "sensitivity.json", "report.html",  "trace.json"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

static bool is_our_figure(const char *name)
{
    static const char *const endings[] = {".gp", ".csv", ".svg", ".pdf", ".png", ".tmp"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++) {
        if (strcmp(dot, endings[i]) == 0)
            return true;
    }
    return false;
}

static int fail(struct sim_error *error, const char *what, const char *path)
{
    snprintf(error->text, sizeof error->text, "cannot %s %.300s: %s", what, path, strerror(errno));
    return -1;
}

/* Joins with a slash. False when it is too long, which no file of ours is. */
static bool join(char *path, const char *dir, const char *name)
{
    int n = snprintf(path, SIM_OUTPUT_PATH_BYTES, "%s/%s", dir, name);
    if (n >= SIM_OUTPUT_PATH_BYTES)
        errno = ENAMETOOLONG;
    return n < SIM_OUTPUT_PATH_BYTES;
}

/* ---- clearing away ------------------------------------------------------------------------- */

/* Moves what is not ours, unless there is one of its name. Not every file system can look and move
 * in one. */
static void carry_over(const char *path, const char *to)
{
    if (renameat2(AT_FDCWD, path, AT_FDCWD, to, RENAME_NOREPLACE) != 0 &&
        (errno == EINVAL || errno == ENOSYS) && access(to, F_OK) != 0)
        rename(path, to);
}

/* Empties a directory that is no longer wanted: ours is removed, what is not goes to `heir`, unless
 * that has one of the name; then it stays, and so does the directory. */
static void retire(const char *dir, const char *heir, bool (*ours)(const char *name))
{
    DIR *entries = opendir(dir);
    if (!entries)
        return;
    for (struct dirent *e; (e = readdir(entries));) {
        char path[SIM_OUTPUT_PATH_BYTES], to[SIM_OUTPUT_PATH_BYTES];
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (!join(path, dir, e->d_name) || !join(to, heir, e->d_name))
            continue;
        if (ours == is_ours && strcmp(e->d_name, "figures") == 0)
            retire(path, to, is_our_figure);
        else if (ours(e->d_name))
            unlink(path);
        else
            carry_over(path, to);
    }
    closedir(entries);
    rmdir(dir);
}

/* Opens and locks a directory: nobody living holds it. -1: somebody does. */
static int lock(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static bool is_dead(long pid)
{
    return pid > 0 && pid <= INT_MAX && kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

/* One sibling whose process is gone. "-old" is what DIR was while two renames stood in for an
 * exchange: it goes back when DIR is missing. */
static void clear_stale(const struct sim_output *out, const char *path, const char *rest)
{
    char *end;
    long pid = strtol(rest, &end, 10);
    if (end == rest || (strcmp(end, "") != 0 && strcmp(end, "-old") != 0) || !is_dead(pid))
        return;
    int fd = lock(path);
    if (fd < 0)
        return;
    if (strcmp(end, "-old") != 0 || access(out->dir, F_OK) == 0 || rename(path, out->dir) != 0)
        retire(path, out->dir, is_ours);
    close(fd);
}

static void clear_all_stale(const struct sim_output *out)
{
    char parent[SIM_OUTPUT_PATH_BYTES], lead[NAME_MAX + 1], path[SIM_OUTPUT_PATH_BYTES];
    snprintf(parent, sizeof parent, "%s", out->dir);
    char *slash = strrchr(parent, '/');
    int n = snprintf(lead, sizeof lead, "%s.tmp-", slash + 1);
    slash[slash == parent ? 1 : 0] = '\0';
    int guard = sim_guard_take(out->dir);
    DIR *entries = opendir(parent);
    for (struct dirent *e; entries && n < (int)sizeof lead && (e = readdir(entries));) {
        if (strncmp(e->d_name, lead, (size_t)n) == 0 && join(path, parent, e->d_name))
            clear_stale(out, path, e->d_name + n);
    }
    if (entries)
        closedir(entries);
    sim_guard_release(guard);
}

/* ---- opening ------------------------------------------------------------------------------- */

/* mkdir -p of all above `path`. */
static int make_dirs(char *path, struct sim_error *error)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int status = mkdir(path, 0777);
        int why = errno;
        struct stat st;
        if (status != 0 && (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))) {
            errno = why == EEXIST ? ENOTDIR : why;
            fail(error, "make the directory", path);
            *slash = '/';
            return -1;
        }
        *slash = '/';
    }
    return 0;
}

/* The directory in full, without a slash at its end; its last part need not exist. */
static int absolute(struct sim_output *out, const char *dir, struct sim_error *error)
{
    char given[SIM_OUTPUT_PATH_BYTES], parent[PATH_MAX], *slash;
    size_t n = strlen(dir);
    while (n > 1 && dir[n - 1] == '/')
        n--;
    if (n == 0) {
        snprintf(error->text, sizeof error->text, "--out has to name a directory, and is empty");
        return -1;
    }
    if (n >= sizeof given) {
        errno = ENAMETOOLONG;
        return fail(error, "use as an output directory", dir);
    }
    snprintf(given, sizeof given, "%.*s", (int)n, dir);
    if (make_dirs(given, error) != 0)
        return -1;
    if (realpath(given, out->dir))
        return 0;
    slash = strrchr(given, '/');
    const char *last = slash ? slash + 1 : given;
    if (errno != ENOENT)
        return fail(error, "use as an output directory", dir);
    if (slash)
        *slash = '\0';
    if (!realpath(slash ? (slash == given ? "/" : given) : ".", parent) ||
        !join(out->dir, strcmp(parent, "/") == 0 ? "" : parent, last))
        return fail(error, "use as an output directory", dir);
    return 0;
}

/* Whether the directory may be put aside: it is not there, is empty, or is a result, or the runs of
 * one. */
static bool is_result_or_empty(const char *dir)
{
    char path[SIM_OUTPUT_PATH_BYTES];
    static const char *const marks[] = {"summary.json", "store/results.sqlite", "find.json",
                                        "map.json", "sensitivity.json"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (join(path, dir, marks[i]) && access(path, F_OK) == 0)
            return true;
    DIR *entries = opendir(dir);
    if (!entries)
        return errno == ENOENT;
    bool empty = true;
    for (struct dirent *e; (e = readdir(entries));)
        empty = empty && (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0);
    closedir(entries);
    return empty;
}

/* A directory that holds the working one cannot be exchanged under it. */
static bool holds_working_directory(const char *dir)
{
    char here[PATH_MAX];
    size_t n = strlen(dir);
    return getcwd(here, sizeof here) && strncmp(here, dir, n) == 0 &&
           (here[n] == '/' || here[n] == '\0');
}

enum sim_output_problem sim_output_open(struct sim_output *out, const char *dir,
                                        struct sim_error *error)
{
    *out = (struct sim_output){.lock = -1};
    if (absolute(out, dir, error) != 0)
        return SIM_OUTPUT_FAULT;
    if (strcmp(out->dir, "/") == 0 || holds_working_directory(out->dir) ||
        !is_result_or_empty(out->dir)) {
        snprintf(error->text, sizeof error->text,
                 "%.300s is not a result of weir's and holds other things: give --out a new or "
                 "empty directory",
                 out->dir);
        return SIM_OUTPUT_FOREIGN;
    }
    clear_all_stale(out);
    int n = snprintf(out->temporary, sizeof out->temporary, "%s.tmp-%ld", out->dir, (long)getpid());
    char figures[SIM_OUTPUT_PATH_BYTES];
    if (n >= (int)sizeof out->temporary || !join(figures, out->temporary, "figures")) {
        errno = ENAMETOOLONG;
        fail(error, "use as an output directory", dir);
        return SIM_OUTPUT_FAULT;
    }
    if (access(out->temporary, F_OK) == 0) /* of a process of our number, long gone */
        retire(out->temporary, out->dir, is_ours);
    if (mkdir(out->temporary, 0777) != 0) {
        snprintf(error->text, sizeof error->text,
                 "cannot make results beside %.200s, to be put in its place when they are whole: "
                 "%s: give another directory with --out",
                 out->dir, strerror(errno));
        return SIM_OUTPUT_FAULT;
    }
    out->lock = lock(out->temporary);
    if (out->lock < 0 || mkdir(figures, 0777) != 0) {
        fail(error, "make the directory", figures);
        sim_output_abandon(out);
        return SIM_OUTPUT_FAULT;
    }
    return SIM_OUTPUT_FINE;
}

/* ---- writing ------------------------------------------------------------------------------- */

FILE *sim_output_file(struct sim_output *out, const char *name, struct sim_error *error)
{
    if (join(out->path, out->temporary, name))
        out->file = fopen(out->path, "wbe");
    if (!out->file)
        fail(error, "write", out->path);
    return out->file;
}

int sim_output_file_end(struct sim_output *out, struct sim_error *error)
{
    FILE *file = out->file;
    out->file = NULL;
    errno = 0;
    bool good = fflush(file) == 0 && !ferror(file) && fsync(fileno(file)) == 0;
    int why = errno;
    if (fclose(file) != 0 && good) {
        why = errno;
        good = false;
    }
    errno = why ? why : EIO;
    return good ? 0 : fail(error, "write", out->path);
}

void sim_output_drop(struct sim_output *out, const char *name)
{
    char path[SIM_OUTPUT_PATH_BYTES];
    if (join(path, out->temporary, name))
        unlink(path);
}

/* ---- ending -------------------------------------------------------------------------------- */

static void unlock(struct sim_output *out)
{
    if (out->lock >= 0)
        close(out->lock);
    out->lock = -1;
}

/* Swaps where the file system cannot exchange. Between the two renames DIR is missing; whoever
 * opens it next finds "-old" and puts it back. */
static int swap_by_two(struct sim_output *out)
{
    char old[SIM_OUTPUT_PATH_BYTES + 8];
    snprintf(old, sizeof old, "%s-old", out->temporary);
    if (rename(out->dir, old) != 0)
        return -1;
    if (rename(out->temporary, out->dir) != 0) {
        int why = errno;
        rename(old, out->dir);
        errno = why;
        return -1;
    }
    retire(old, out->dir, is_ours);
    return 0;
}

static int swap(struct sim_output *out)
{
    if (access(out->dir, F_OK) != 0)
        return rename(out->temporary, out->dir);
    if (renameat2(AT_FDCWD, out->temporary, AT_FDCWD, out->dir, RENAME_EXCHANGE) != 0)
        return errno == EINVAL || errno == ENOSYS ? swap_by_two(out) : -1;
    retire(out->temporary, out->dir, is_ours);
    return 0;
}

static void sync_dir(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

int sim_output_commit(struct sim_output *out, struct sim_error *error)
{
    char figures[SIM_OUTPUT_PATH_BYTES];
    if (join(figures, out->temporary, "figures"))
        sync_dir(figures);
    sync_dir(out->temporary);
    int guard = sim_guard_take(out->dir);
    int status = swap(out);
    sim_guard_release(guard);
    if (status != 0) {
        fail(error, "put the results in the place of", out->dir);
        sim_output_abandon(out);
        return -1;
    }
    char parent[SIM_OUTPUT_PATH_BYTES];
    snprintf(parent, sizeof parent, "%s", out->dir);
    *strrchr(parent, '/') = '\0';
    sync_dir(*parent ? parent : "/");
    unlock(out);
    return 0;
}

void sim_output_abandon(struct sim_output *out)
{
    if (out->file)
        fclose(out->file);
    out->file = NULL;
    retire(out->temporary, out->dir, is_ours);
    unlock(out);
}
