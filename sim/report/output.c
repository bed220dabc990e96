/* output.c - opens the output directory, checks its files, and writes results into a temporary
 * directory. */
#include "report/output.h"

#include "report/exchange.h"
#include "study/store/directory_lock.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(struct sim_error *error, const char *what, const char *path)
{
    snprintf(error->text, sizeof error->text, "cannot %s %.300s: %s", what, path, strerror(errno));
    return -1;
}

static enum sim_output_problem fault(struct sim_error *error, const char *what, const char *path)
{
    fail(error, what, path);
    return SIM_OUTPUT_FAULT;
}

static enum sim_output_problem refuse(struct sim_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static enum sim_output_problem refuse(struct sim_error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return SIM_OUTPUT_REFUSED;
}

static enum sim_output_problem refuse_long(struct sim_error *error, const char *dir)
{
    return refuse(
        error,
        "the name of %.300s is too long: results are first written to a directory beside it, whose "
        "name is longer still. Give a shorter one with --out",
        dir);
}

/* Joins with a slash. False when the path is too long, which paths of weir's files never are. */
static bool join(char *path, const char *dir, const char *name)
{
    int n = snprintf(path, SIM_OUTPUT_PATH_BYTES, "%s/%s", dir, name);
    if (n >= SIM_OUTPUT_PATH_BYTES)
        errno = ENAMETOOLONG;
    return n < SIM_OUTPUT_PATH_BYTES;
}

static void parent_of(const char *dir, char *parent)
{
    snprintf(parent, SIM_OUTPUT_PATH_BYTES, "%s", dir);
    char *slash = strrchr(parent, '/');
    slash[slash == parent ? 1 : 0] = '\0';
}

/* ---- where it is ----------------------------------------------------------------------------- */

/* mkdir -p of the parent of `path`. */
static int make_dirs(char *path, struct sim_error *error)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int status = mkdir(path, 0777);
        int why = errno;
        struct stat st;
        if (status != 0 && (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))) {
            why = why == EEXIST ? ENOTDIR : why;
            snprintf(error->text, sizeof error->text,
                     "cannot make the directory %.300s: %s: give another directory with --out",
                     path, strerror(why));
            *slash = '/';
            errno = why;
            return -1;
        }
        *slash = '/';
    }
    return 0;
}

/* Refuses an --out that is not a directory, or a link to nothing. */
static enum sim_output_problem refuse_other(const char *given, struct sim_error *error)
{
    char target[SIM_OUTPUT_PATH_BYTES];
    ssize_t n = readlink(given, target, sizeof target - 1);
    if (n < 0)
        return refuse(error, "%.300s is not a directory: give --out a new or empty directory",
                      given);
    target[n] = '\0';
    return refuse(error,
                  "%.300s is a link to %.300s, which is not a directory: make that, or give --out "
                  "a new or empty directory",
                  given, target);
}

/* Makes the path absolute, without a slash at its end. Its last part need not exist. */
static enum sim_output_problem absolute(struct sim_output *out, const char *dir,
                                        struct sim_error *error)
{
    char given[SIM_OUTPUT_PATH_BYTES], parent[PATH_MAX], *slash;
    struct stat st;
    size_t n = strlen(dir);
    while (n > 1 && dir[n - 1] == '/')
        n--;
    if (n == 0)
        return refuse(error, "--out has to name a directory, and is empty");
    if (n >= sizeof given)
        return refuse_long(error, dir);
    snprintf(given, sizeof given, "%.*s", (int)n, dir);
    if (make_dirs(given, error) != 0)
        return errno == ENAMETOOLONG ? SIM_OUTPUT_REFUSED : SIM_OUTPUT_FAULT;
    if (realpath(given, out->dir))
        return stat(out->dir, &st) == 0 && !S_ISDIR(st.st_mode) ? refuse_other(given, error)
                                                                : SIM_OUTPUT_FINE;
    if (errno == ENOENT && lstat(given, &st) == 0)
        return refuse_other(given, error);
    slash = strrchr(given, '/');
    const char *last = slash ? slash + 1 : given;
    if (errno == ENAMETOOLONG)
        return refuse_long(error, dir);
    if (errno != ENOENT)
        return fault(error, "use as an output directory", dir);
    if (slash)
        *slash = '\0';
    if (!realpath(slash ? (slash == given ? "/" : given) : ".", parent) ||
        !join(out->dir, strcmp(parent, "/") == 0 ? "" : parent, last))
        return fault(error, "use as an output directory", dir);
    return SIM_OUTPUT_FINE;
}

/* ---- whose it is ----------------------------------------------------------------------------- */

/* Whether a directory is empty, apart from the entries of a new file system or an unfinished
 * mark. */
static bool is_empty(int dir)
{
    bool mount = sim__exchange_is_mount(dir, "."), empty = true;
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
    for (struct dirent *e; entries && (e = readdir(entries));)
        empty = empty &&
                (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
                 (mount && strcmp(e->d_name, "lost+found") == 0) ||
                 (strcmp(e->d_name, SIM_MANIFEST_DRAFT) == 0 && sim_manifest_is_draft(dir)));
    if (entries)
        closedir(entries);
    else if (fd >= 0)
        close(fd);
    return entries && empty;
}

/* Whether an existing directory may be used; *listed gets its manifest. */
static enum sim_output_problem check_owner(const struct sim_output *out, int dir,
                                           struct sim_manifest *listed, struct sim_error *error)
{
    enum sim_manifest_kind kind = sim__exchange_whose(dir, listed);
    if (kind == SIM_MANIFEST_NEWER)
        return refuse(error,
                      "%.300s holds results of a newer weir: update weir, or give --out a new or "
                      "empty directory",
                      out->dir);
    if (strcmp(out->dir, "/") == 0 ||
        (kind != SIM_MANIFEST_OURS && !(kind == SIM_MANIFEST_NONE && is_empty(dir))))
        return refuse(error,
                      "%.300s was not written by weir and is not empty: give --out a new "
                      "or empty directory",
                      out->dir);
    if (faccessat(dir, ".", W_OK, AT_EACCESS) != 0 ||
        (sim__exchange_is_there(dir, "figures") &&
         faccessat(dir, "figures", W_OK, AT_EACCESS) != 0))
        return fault(error, "write into", out->dir);
    return SIM_OUTPUT_FINE;
}

/* A listed file that was changed since weir wrote it; NULL: there is none. `names`: only these;
 * NULL: any. */
static const char *changed(int dir, struct sim_manifest *listed, struct sim_manifest *names)
{
    for (size_t i = 0; i < listed->count; i++)
        if ((!names || sim_manifest_has(names, listed->files[i].name)) &&
            sim_manifest_is_changed(dir, &listed->files[i]))
            return listed->files[i].name;
    return NULL;
}

/* Whether a file of this name exists that weir did not write. */
static bool is_in_the_way(int dir, struct sim_manifest *listed, const char *path)
{
    struct stat st;
    return fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           (!sim_manifest_has(listed, path) || S_ISDIR(st.st_mode));
}

static enum sim_output_problem check_names(const char *where, int dir, struct sim_manifest *listed,
                                           const struct sim_manifest *names,
                                           struct sim_error *error)
{
    static const char *const folders[] = {"figures", "store"};
    struct stat st;
    for (int i = 0; i < 2; i++)
        if (fstatat(dir, folders[i], &st, i ? 0 : AT_SYMLINK_NOFOLLOW) == 0
                ? !S_ISDIR(st.st_mode) || (i == 0 && sim__exchange_is_mount(dir, folders[i]))
                : sim__exchange_is_there(dir, folders[i]))
            return refuse(error,
                          "%.300s/%s is not the directory that weir keeps there: move it away, or "
                          "give another directory",
                          where, folders[i]);
    bool none = !sim__exchange_is_there(dir, SIM_MANIFEST_FILE);
    for (size_t i = 0; i < names->count; i++)
        if (is_in_the_way(dir, listed, names->files[i].name))
            return refuse(
                error,
                none ? "%.200s/%.200s may be yours: there is no " SIM_MANIFEST_FILE
                       " that says weir wrote it. Move away all but store/, or give "
                       "another directory"
                     : "%.200s/%.200s was not written by weir, by the list in " SIM_MANIFEST_FILE
                       ": move it away, or give another directory",
                where, names->files[i].name);
    if (!sim_manifest_is_draft(dir))
        return refuse(error, "%.300s/" SIM_MANIFEST_DRAFT " was not written by weir: move it away",
                      where);
    return SIM_OUTPUT_FINE;
}

static enum sim_output_problem refuse_changed(const char *where, const char *name,
                                              struct sim_error *error)
{
    return refuse(error,
                  "%.200s/%.200s is not as weir wrote it, by the list in " SIM_MANIFEST_FILE
                  ": you changed it or put it there. Move it away, or give another "
                  "directory",
                  where, name);
}

/* Whether an input of the command is among the files that it would replace or remove. */
static const char *input_among(const char *input, int dir, const struct sim_manifest *names)
{
    struct stat own, behind, st;
    bool there = lstat(input, &own) == 0 && stat(input, &behind) == 0;
    for (size_t i = 0; there && i < names->count; i++)
        if (fstatat(dir, names->files[i].name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            ((st.st_dev == own.st_dev && st.st_ino == own.st_ino) ||
             (st.st_dev == behind.st_dev && st.st_ino == behind.st_ino)))
            return names->files[i].name;
    return NULL;
}

static enum sim_output_problem check_inputs(const struct sim_output *out, int dir,
                                            const struct sim_manifest *listed,
                                            struct sim_error *error)
{
    const struct sim_manifest *const lists[] = {listed, &out->planned};
    for (const char *const *input = out->inputs; input && *input; input++)
        for (int i = 0; i < 2; i++)
            if (input_among(*input, dir, lists[i]))
                return refuse(error,
                              "%.300s is an input and would be replaced by the results in %.300s: "
                              "move it out of there, or give another directory with --out",
                              *input, out->dir);
    return SIM_OUTPUT_FINE;
}

/* Checks that all files to be replaced in DIR are weir's and that none is an input. */
static enum sim_output_problem check_files(struct sim_output *out, int dir,
                                           struct sim_manifest *listed, struct sim_error *error)
{
    enum sim_output_problem problem = check_inputs(out, dir, listed, error);
    if (problem == SIM_OUTPUT_FINE)
        problem = check_names(out->dir, dir, listed, &out->planned, error);
    const char *name = problem == SIM_OUTPUT_FINE ? changed(dir, listed, NULL) : NULL;
    return name ? refuse_changed(out->dir, name, error) : problem;
}

/* ---- opening --------------------------------------------------------------------------------- */

static int plan_names(struct sim_output *out, const struct sim_output_plan *plan)
{
    char path[NAME_MAX + 64];
    int status = 0;
    for (size_t i = 0; i < sizeof plan->files / sizeof *plan->files && plan->files[i]; i++)
        status = status == 0 ? sim_manifest_add(&out->planned, plan->files[i]) : status;
    for (size_t i = 0; status == 0 && i < plan->figure_count; i++) {
        const char *const endings[] = {"csv", "gp", plan->format};
        for (int k = 0; status == 0 && k < 3; k++) {
            snprintf(path, sizeof path, "figures/%s.%s", plan->figures[i], endings[k]);
            status = sim_manifest_add(&out->planned, path);
        }
        snprintf(path, sizeof path, "figures/%s.%s.tmp", plan->figures[i], plan->format);
        status = status == 0 ? sim_manifest_add(&out->planned, path) : status;
    }
    sim_manifest_has(&out->planned, ""); /* this call sorts the list */
    return status;
}

/* A directory that contains the working directory cannot be exchanged. */
static bool holds_working_directory(const char *dir)
{
    char here[PATH_MAX];
    size_t n = strlen(dir);
    return getcwd(here, sizeof here) && strncmp(here, dir, n) == 0 &&
           (here[n] == '/' || here[n] == '\0');
}

/* Makes the temporary directory under the first free name. */
static int make_temporary(struct sim_output *out)
{
    for (int i = 0; i < 100; i++) {
        char more[16] = "";
        if (i > 0)
            snprintf(more, sizeof more, "-%d", i);
        int n = snprintf(out->temporary, sizeof out->temporary, "%s%stmp-%ld%s", out->dir,
                         out->inside ? "/.weir." : ".", (long)getpid(), more);
        errno = ENAMETOOLONG;
        if (n >= (int)sizeof out->temporary)
            return -1;
        /* this mode marks a directory without files: exchange.c, is_newborn() */
        if (mkdir(out->temporary, S_ISVTX | S_IRWXU) == 0)
            return 0;
        if (errno != EEXIST)
            return -1;
    }
    return -1;
}

/* Makes the temporary directory with the list of planned files and the permissions of DIR. */
static int prepare(struct sim_output *out, int dir)
{
    struct stat st;
    if (make_temporary(out) != 0)
        return -1;
    out->lock = sim__exchange_folder(AT_FDCWD, out->temporary);
    if (out->lock < 0 || flock(out->lock, LOCK_EX | LOCK_NB) != 0 ||
        sim_manifest_write(out->lock, &out->planned) != 0 || fstat(dir, &st) != 0 ||
        fchmod(out->lock, st.st_mode & 07777) != 0 || mkdirat(out->lock, "figures", 0777) != 0)
        return -1;
    return 0;
}

/* Makes DIR with weir's mark in it. */
static int make_marked(struct sim_output *out)
{
    struct sim_manifest empty = {.whole = false};
    out->made = mkdir(out->dir, 0777) == 0;
    if (!out->made && errno != EEXIST)
        return -1;
    int dir = sim__exchange_folder(AT_FDCWD, out->dir);
    if (dir >= 0 && sim__exchange_whose(dir, &empty) == SIM_MANIFEST_NONE) {
        out->marked = sim_manifest_write(dir, &empty) == 0;
        if (!out->marked) {
            int why = errno;
            close(dir);
            errno = why;
            dir = -1;
        }
    }
    sim_manifest_free(&empty);
    return dir;
}

/* Checks DIR as it is. */
static enum sim_output_problem look(struct sim_output *out, struct sim_error *error)
{
    struct sim_manifest listed = {.whole = false};
    enum sim_output_problem problem = SIM_OUTPUT_FINE;
    for (int healed = 0; healed < 2 && problem == SIM_OUTPUT_FINE; healed++) {
        int dir = sim__exchange_folder(AT_FDCWD, out->dir);
        if (dir < 0 && errno != ENOENT)
            problem = fault(error, "open the directory", out->dir);
        if (dir < 0)
            break;
        problem = check_owner(out, dir, &listed, error);
        if (problem == SIM_OUTPUT_FINE && healed)
            problem = check_files(out, dir, &listed, error);
        else if (problem == SIM_OUTPUT_FINE && sim__exchange_heal(out->dir, error) != 0)
            problem = SIM_OUTPUT_REFUSED;
        out->holds_whole = listed.whole && listed.count > 0;
        sim_manifest_free(&listed);
        close(dir);
    }
    return problem;
}

static enum sim_output_problem open_guarded(struct sim_output *out, struct sim_error *error)
{
    char parent[SIM_OUTPUT_PATH_BYTES];
    enum sim_output_problem problem = look(out, error);
    if (problem != SIM_OUTPUT_FINE)
        return problem;
    parent_of(out->dir, parent);
    int dir = make_marked(out);
    if (dir >= 0 && out->made) /* leftovers of a killed process may have come back */
        problem = look(out, error);
    if (problem != SIM_OUTPUT_FINE) {
        close(dir);
        return problem;
    }
    out->inside = dir >= 0 && (holds_working_directory(out->dir) ||
                               sim__exchange_is_mount(dir, ".") || access(parent, W_OK) != 0);
    if (dir >= 0 && prepare(out, dir) == 0) {
        close(dir);
        return SIM_OUTPUT_FINE;
    }
    problem = SIM_OUTPUT_FAULT;
    if (errno == ENAMETOOLONG)
        problem = refuse_long(error, out->dir);
    else
        snprintf(error->text, sizeof error->text,
                 "cannot make results in %.200s: %s: give another directory with --out", out->dir,
                 strerror(errno));
    if (dir >= 0)
        close(dir);
    return problem;
}

static void end(struct sim_output *out);

enum sim_output_problem sim_output_open(struct sim_output *out, const char *dir,
                                        const struct sim_output_plan *plan, struct sim_error *error)
{
    *out = (struct sim_output){.lock = -1, .inputs = plan->inputs};
    enum sim_output_problem problem = absolute(out, dir, error);
    if (problem != SIM_OUTPUT_FINE)
        return problem;
    if (plan_names(out, plan) != 0) {
        snprintf(error->text, sizeof error->text, "out of memory");
        end(out);
        return SIM_OUTPUT_FAULT;
    }
    int lock = sim_directory_lock(out->dir);
    problem = open_guarded(out, error);
    sim_directory_unlock(lock);
    if (problem != SIM_OUTPUT_FINE)
        sim_output_abandon(out);
    return problem;
}

/* ---- writing --------------------------------------------------------------------------------- */

static int not_written(const struct sim_output *out, struct sim_error *error)
{
    snprintf(error->text, sizeof error->text,
             "cannot write the %.200s of %.200s, which was not changed: %s", out->name, out->dir,
             strerror(errno));
    return -1;
}

FILE *sim_output_file(struct sim_output *out, const char *name, struct sim_error *error)
{
    assert(sim_manifest_has(&out->planned, name));
    out->name = name;
    if (join(out->path, out->temporary, name))
        out->file = fopen(out->path, "wbe");
    if (!out->file)
        not_written(out, error);
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
    return good ? 0 : not_written(out, error);
}

void sim_output_drop(struct sim_output *out, const char *name)
{
    char path[SIM_OUTPUT_PATH_BYTES];
    if (join(path, out->temporary, name))
        unlink(path);
}

/* ---- ending ---------------------------------------------------------------------------------- */

static void end(struct sim_output *out)
{
    if (out->file)
        fclose(out->file);
    out->file = NULL;
    if (out->lock >= 0)
        close(out->lock);
    out->lock = -1;
    sim_manifest_free(&out->planned);
}

static void sync_dir(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

/* Lists the planned files that exist, without unfinished drawings. */
static int list_written(struct sim_output *out, struct sim_manifest *written)
{
    for (size_t i = 0; i < out->planned.count; i++) {
        const char *path = out->planned.files[i].name;
        size_t n = strlen(path);
        if (!sim__exchange_is_there(out->lock, path))
            continue;
        if (n > 4 && strcmp(path + n - 4, ".tmp") == 0)
            unlinkat(out->lock, path, 0);
        else if (sim_manifest_add_file(written, out->lock, path) != 0)
            return -1;
    }
    return 0;
}

int sim_output_commit(struct sim_output *out, bool whole, struct sim_error *error)
{
    char path[SIM_OUTPUT_PATH_BYTES];
    struct sim_manifest written = {.whole = whole};
    int status = list_written(out, &written);
    if (status != 0)
        snprintf(error->text, sizeof error->text, "out of memory");
    if (join(path, out->temporary, "figures"))
        sync_dir(path);
    sync_dir(out->temporary);
    int lock = sim_directory_lock(out->dir);
    if (status == 0)
        status = sim__exchange_put(out, &written, error);
    sim_directory_unlock(lock);
    sim_manifest_free(&written);
    if (status < 0) {
        sim_output_abandon(out);
        return -1;
    }
    parent_of(out->dir, path);
    sync_dir(path);
    end(out);
    return status == 0 ? 0 : -1;
}

/* Removes the mark from a directory that got no results. */
static void unmark(const struct sim_output *out)
{
    struct sim_manifest listed = {.whole = false};
    int dir = sim__exchange_folder(AT_FDCWD, out->dir);
    bool bare = dir >= 0 && !sim__exchange_is_there(dir, "store") &&
                sim_manifest_read(dir, &listed) == SIM_MANIFEST_OURS && listed.count == 0;
    sim_manifest_free(&listed);
    if (bare)
        unlinkat(dir, SIM_MANIFEST_FILE, 0);
    if (dir >= 0)
        close(dir);
    if (out->made)
        rmdir(out->dir);
}

void sim_output_abandon(struct sim_output *out)
{
    int lock = sim_directory_lock(out->dir);
    int dir = sim__exchange_folder(AT_FDCWD, out->dir);
    if (out->lock >= 0)
        sim__exchange_retire(out->temporary, dir);
    if (dir >= 0)
        close(dir);
    if (out->made || out->marked)
        unmark(out);
    sim_directory_unlock(lock);
    end(out);
}

/* ---- files that come later ------------------------------------------------------------------- */

/* An existing directory of results, locked. */
struct results {
    int lock, dir; /* dir: -1: it cannot be opened */
    struct sim_manifest listed;
    enum sim_manifest_kind kind;
};

static struct results open_results(const char *path)
{
    char full[PATH_MAX];
    struct results it = {.lock = -1, .dir = -1, .kind = SIM_MANIFEST_NONE};
    if (realpath(path, full)) {
        it.lock = sim_directory_lock(full);
        it.dir = sim__exchange_folder(AT_FDCWD, full);
    }
    if (it.dir >= 0)
        it.kind = sim_manifest_read(it.dir, &it.listed);
    return it;
}

static void close_results(struct results *it)
{
    if (it->dir >= 0)
        close(it->dir);
    sim_directory_unlock(it->lock);
    sim_manifest_free(&it->listed);
}

int sim_output_heal(const char *dir, struct sim_error *error)
{
    char full[PATH_MAX];
    if (!realpath(dir, full))
        return 0;
    int lock = sim_directory_lock(full);
    int status = sim__exchange_heal(full, error);
    sim_directory_unlock(lock);
    return status;
}

static int add_all(struct sim_manifest *manifest, const char *const *names, size_t count)
{
    int status = 0;
    for (size_t i = 0; status == 0 && i < count; i++)
        status = sim_manifest_add(manifest, names[i]);
    return status;
}

enum sim_output_problem sim_output_check(const char *dir, const char *const *names, size_t count,
                                         struct sim_error *error)
{
    struct results it = open_results(dir);
    struct sim_manifest asked = {.whole = false};
    enum sim_output_problem problem = SIM_OUTPUT_FINE;
    if (it.dir < 0)
        problem = fault(error, "open the directory", dir);
    else if (add_all(&asked, names, count) != 0)
        problem = refuse(error, "out of memory");
    else
        problem = check_names(dir, it.dir, &it.listed, &asked, error);
    const char *name = problem == SIM_OUTPUT_FINE ? changed(it.dir, &it.listed, &asked) : NULL;
    if (name)
        problem = refuse_changed(dir, name, error);
    close_results(&it);
    sim_manifest_free(&asked);
    return problem;
}

int sim_output_list(const char *dir, const char *const *names, size_t count,
                    struct sim_error *error)
{
    struct results it = open_results(dir);
    int status = 0;
    if (it.kind == SIM_MANIFEST_OURS) {
        status = add_all(&it.listed, names, count);
        if (status != 0)
            snprintf(error->text, sizeof error->text, "out of memory");
        else if (sim_manifest_write(it.dir, &it.listed) != 0)
            status = fail(error, "write into", dir);
    }
    close_results(&it);
    return status;
}

void sim_output_settle(const char *dir, const char *const *names, size_t count)
{
    struct results it = open_results(dir);
    struct sim_manifest asked = {.whole = false};
    if (it.kind == SIM_MANIFEST_OURS && add_all(&asked, names, count) == 0) {
        sim_manifest_settle(&it.listed, it.dir, &asked);
        sim_manifest_write(it.dir, &it.listed);
    }
    close_results(&it);
    sim_manifest_free(&asked);
}
