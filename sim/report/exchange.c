/* exchange.c - replaces old results by new ones and keeps all files that are not weir's. There are
 * two ways. Usually the temporary directory and DIR are exchanged by one rename, after all files of
 * others have been linked into the temporary one. This is impossible if DIR has directories of
 * others (they cannot be hard-linked), is a mount point, contains the working directory, or has an
 * owner or access list that a new directory would not have, or if the file system has no exchange
 * or no links. Then DIR stays, and its files are replaced in this order: write a manifest with the
 * names of old and new files and the place of the new ones; remove all old files; move the new ones
 * in; write the manifest of the new ones. Old and new files are never there together, and any
 * process that finds the first manifest can finish the work. */
#define _GNU_SOURCE /* renameat2, statx */
#include "report/exchange.h"

#include "study/store/store.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { FIGURE_PATH_BYTES = NAME_MAX + 16 };

/* ---- looking --------------------------------------------------------------------------------- */

int sim__exchange_folder(int dir, const char *name)
{
    return openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

bool sim__exchange_is_there(int dir, const char *path)
{
    struct stat st;
    return fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool is_folder(int dir, const char *name)
{
    struct stat st;
    return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

bool sim__exchange_is_mount(int dir, const char *path)
{
    struct statx it;
    return statx(dir, path, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &it) == 0 &&
           (it.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) &&
           (it.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

static void shut(int fd)
{
    if (fd >= 0)
        close(fd);
}

/* Lists the entries of an open directory, which stays open. NULL: it cannot be read. */
static DIR *entries_of(int dir)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
    if (!entries)
        shut(fd);
    return entries;
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static bool is_manifest(const char *name)
{
    return strcmp(name, SIM_MANIFEST_FILE) == 0 || strcmp(name, SIM_MANIFEST_DRAFT) == 0;
}

enum sim_manifest_kind sim__exchange_whose(int dir, struct sim_manifest *manifest)
{
    enum sim_manifest_kind kind = sim_manifest_read(dir, manifest);
    return kind == SIM_MANIFEST_NONE && sim_store_bears_mark(dir) ? SIM_MANIFEST_OURS : kind;
}

/* ---- a directory that is no longer wanted ---------------------------------------------------- */

/* Moves a file unless the target exists. Not every file system can check and move in one step. */
static int move_new(int from, const char *name, int to, const char *new_name)
{
    if (renameat2(from, name, to, new_name, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    if (sim__exchange_is_there(to, new_name)) {
        errno = EEXIST;
        return -1;
    }
    return renameat(from, name, to, new_name);
}

/* Moves a file of others to the heir, unless it is there already. 0 when it is gone from here. */
static int hand_on(int from, int heir, const char *name)
{
    struct stat here, there;
    if (heir < 0 || fstatat(from, name, &here, AT_SYMLINK_NOFOLLOW) != 0)
        return -1;
    if (fstatat(heir, name, &there, AT_SYMLINK_NOFOLLOW) != 0)
        return move_new(from, name, heir, name);
    return here.st_dev == there.st_dev && here.st_ino == there.st_ino ? unlinkat(from, name, 0)
                                                                      : -1;
}

/* Empties one level, whose paths begin with `lead`. Returns how many entries must stay. */
static size_t empty_level(int from, int heir, struct sim_manifest *listed, const char *lead)
{
    DIR *entries = entries_of(from);
    size_t left = entries ? 0 : 1;
    for (struct dirent *e; entries && (e = readdir(entries));) {
        char path[FIGURE_PATH_BYTES];
        if (is_dots(e->d_name) || (!*lead && is_manifest(e->d_name)))
            continue;
        snprintf(path, sizeof path, "%s%s", lead, e->d_name);
        if (!*lead && strcmp(e->d_name, "figures") == 0 && is_folder(from, "figures")) {
            int inner = sim__exchange_folder(from, "figures"), to = -1;
            if (heir >= 0)
                to = sim__exchange_folder(heir, "figures");
            if (inner >= 0)
                empty_level(inner, to, listed, "figures/");
            shut(inner);
            shut(to);
            left += unlinkat(from, "figures", AT_REMOVEDIR) != 0;
        } else if (sim_manifest_has(listed, path)) {
            left += unlinkat(from, e->d_name, 0) != 0;
        } else {
            left += hand_on(from, heir, e->d_name) != 0;
        }
    }
    if (entries)
        closedir(entries);
    return left;
}

/* Whether the process of a temporary directory ended just after making it, or just before removing
 * it: the directory has no manifest, and the mode that it has only then. */
static bool is_newborn(int dir)
{
    struct stat st;
    return fstat(dir, &st) == 0 && (st.st_mode & 07777) == (S_ISVTX | S_IRWXU) &&
           st.st_uid == geteuid();
}

void sim__exchange_retire(const char *path, int heir)
{
    struct sim_manifest listed;
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0)
        return;
    enum sim_manifest_kind kind = sim__exchange_whose(dir, &listed);
    bool empty = kind == SIM_MANIFEST_NONE && is_newborn(dir);
    if (kind == SIM_MANIFEST_OURS)
        empty = empty_level(dir, heir, &listed, "") == 0;
    if (empty) {
        fchmod(dir, S_ISVTX | S_IRWXU);
        if (sim_manifest_is_draft(dir))
            unlinkat(dir, SIM_MANIFEST_DRAFT, 0);
        if (kind == SIM_MANIFEST_OURS)
            unlinkat(dir, SIM_MANIFEST_FILE, 0);
        rmdir(path);
    }
    sim_manifest_free(&listed);
    close(dir);
}

/* ---- file by file ---------------------------------------------------------------------------- */

/* A directory of results and the folder figures/ in it; -1: there is none. */
struct levels {
    int root, figures;
};

static struct levels levels_of(int root)
{
    return (struct levels){root, sim__exchange_folder(root, "figures")};
}

/* Which of the two directories contains a path, and its name there. */
static int level(const struct levels *levels, const char *path, const char **name)
{
    bool figure = strncmp(path, "figures/", 8) == 0;
    *name = figure ? path + 8 : path;
    return figure ? levels->figures : levels->root;
}

static bool has(const struct levels *levels, const char *path)
{
    const char *name;
    int dir = level(levels, path, &name);
    return dir >= 0 && sim__exchange_is_there(dir, name);
}

static int refuse(struct sim_error *error, const char *path, const char *why)
{
    snprintf(error->text, sizeof error->text,
             "cannot put the results in place: %.300s: %s. They are kept beside it: once "
             "nothing is in the way, the next weir with this --out puts them there",
             path, why);
    return 1;
}

/* Removes the old files and moves the new ones in, or finishes doing so. */
static int fill(const struct levels *here, const struct levels *there, struct sim_manifest *all,
                struct sim_manifest *now, struct sim_error *error)
{
    const char *name;
    for (size_t i = 0; i < all->count; i++) {
        const char *path = all->files[i].name;
        int dir = level(here, path, &name);
        bool came = sim_manifest_has(now, path) && !has(there, path);
        if (dir >= 0 && !came && unlinkat(dir, name, 0) != 0 && errno != ENOENT)
            return refuse(error, path, strerror(errno));
    }
    for (size_t i = 0; i < now->count; i++) {
        const char *path = now->files[i].name;
        int from = level(there, path, &name), to = level(here, path, &name);
        if (has(there, path) && move_new(from, name, to, name) != 0)
            return refuse(error, path, strerror(errno));
    }
    return 0;
}

/* Finishes the move if a manifest says that files are still elsewhere. 0, or 1 with the reason. */
static int go_on(int dir, struct sim_manifest *all, struct sim_error *error)
{
    struct sim_manifest now = {.whole = false};
    struct levels there = {sim__exchange_folder(dir, all->staging), -1};
    int status = 0;
    if (there.root >= 0 && sim_manifest_read(there.root, &now) == SIM_MANIFEST_OURS) {
        there = levels_of(there.root);
        if (mkdirat(dir, "figures", 0777) != 0 && errno != EEXIST)
            status = refuse(error, "figures", strerror(errno));
        struct levels here = levels_of(dir);
        if (status == 0)
            status = fill(&here, &there, all, &now, error);
        fsync(here.figures);
        fsync(dir);
        if (status == 0 && sim_manifest_write(dir, &now) != 0)
            status = refuse(error, SIM_MANIFEST_FILE, strerror(errno));
        shut(here.figures);
        shut(there.figures);
    } else {
        all->staging[0] = '\0'; /* the user removed them */
        all->whole = false;
        if (sim_manifest_write(dir, all) != 0)
            status = refuse(error, SIM_MANIFEST_FILE, strerror(errno));
    }
    shut(there.root);
    sim_manifest_free(&now);
    return status;
}

static int put_in_place(struct sim_output *out, int dir, struct sim_manifest *old,
                        struct sim_manifest *now, struct sim_error *error)
{
    int status = 0;
    snprintf(old->staging, sizeof old->staging, "%s%s", out->inside ? "" : "../",
             strrchr(out->temporary, '/') + 1);
    old->whole = false;
    for (size_t i = 0; status == 0 && i < now->count; i++)
        status = sim_manifest_add(old, now->files[i].name);
    if (status != 0 || sim_manifest_write(dir, old) != 0) {
        snprintf(error->text, sizeof error->text,
                 "cannot write into %.300s: %s: it was not changed", out->dir,
                 status != 0 ? "out of memory" : strerror(errno));
        return -1;
    }
    status = go_on(dir, old, error);
    if (status == 0)
        sim__exchange_retire(out->temporary, dir);
    return status;
}

/* ---- by exchange ----------------------------------------------------------------------------- */

/* Whether the store can be moved: it contains only the database. */
static bool is_plain_store(int dir)
{
    static const char *const names[] = {"results.sqlite", "results.sqlite-wal",
                                        "results.sqlite-shm", "results.sqlite-journal"};
    int store = sim__exchange_folder(dir, "store");
    DIR *entries = store >= 0 && !sim__exchange_is_mount(dir, "store") ? entries_of(store) : NULL;
    bool plain = entries != NULL;
    for (struct dirent *e; entries && (e = readdir(entries));) {
        bool known = is_dots(e->d_name);
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            known = known || strcmp(e->d_name, names[i]) == 0;
        plain = plain && known;
    }
    if (entries)
        closedir(entries);
    shut(store);
    return plain;
}

/* Links the files of others into the temporary directory. False if that is impossible. */
static bool link_others(int from, int to, struct sim_manifest *listed, const char *lead)
{
    DIR *entries = entries_of(from);
    bool fine = entries != NULL;
    for (struct dirent *e; fine && (e = readdir(entries));) {
        char path[FIGURE_PATH_BYTES];
        snprintf(path, sizeof path, "%s%s", lead, e->d_name);
        if (is_dots(e->d_name) || (!*lead && is_manifest(e->d_name)) ||
            (sim_manifest_has(listed, path) && !is_folder(from, e->d_name)))
            continue;
        if (!is_folder(from, e->d_name)) {
            fine = linkat(from, e->d_name, to, e->d_name, 0) == 0;
        } else if (!*lead && strcmp(e->d_name, "figures") == 0) {
            int inner = sim__exchange_folder(from, "figures"),
                beside = sim__exchange_folder(to, "figures");
            fine = inner >= 0 && beside >= 0 && link_others(inner, beside, listed, "figures/");
            shut(inner);
            shut(beside);
        } else {
            fine = !*lead && strcmp(e->d_name, "store") == 0 && is_plain_store(from);
        }
    }
    if (entries)
        closedir(entries);
    return fine;
}

/* Gives the new directory the owner and mode of the one it replaces. */
static bool match(int dir, int model)
{
    struct stat now, wanted;
    if (fstat(dir, &now) != 0 || fstat(model, &wanted) != 0 ||
        fgetxattr(model, "system.posix_acl_access", NULL, 0) >= 0 ||
        fgetxattr(model, "system.posix_acl_default", NULL, 0) >= 0)
        return false;
    if ((now.st_uid != wanted.st_uid || now.st_gid != wanted.st_gid) &&
        fchown(dir, wanted.st_uid, wanted.st_gid) != 0)
        return false;
    return fchmod(dir, wanted.st_mode & 07777) == 0;
}

static bool match_all(int dir, int model)
{
    struct levels a = levels_of(dir), b = levels_of(model);
    bool fine = match(dir, model) && (b.figures < 0 || match(a.figures, b.figures));
    shut(a.figures);
    shut(b.figures);
    return fine;
}

/* Gives each new file the mode of the old one that it replaces. */
static void keep_modes(int dir, int model, const struct sim_manifest *now)
{
    const struct levels to = levels_of(dir), from = levels_of(model);
    for (size_t i = 0; i < now->count; i++) {
        const char *name;
        struct stat st;
        const char *path = now->files[i].name;
        int old = level(&from, path, &name), new = level(&to, path, &name);
        if (old >= 0 && new >= 0 && fstatat(old, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(st.st_mode))
            fchmodat(new, name, st.st_mode & 07777, 0);
    }
    shut(to.figures);
    shut(from.figures);
}

/* 0; 1 when an exchange is impossible; -1 with errno. */
static int exchange(struct sim_output *out, int dir, int temporary, struct sim_manifest *old)
{
    static const int unable[] = {EINVAL, ENOSYS, EPERM, EACCES, EBUSY, EXDEV, EOPNOTSUPP};
    if (out->inside || out->in_place || !link_others(dir, temporary, old, "") ||
        !match_all(temporary, dir))
        return 1;
    if (renameat2(AT_FDCWD, out->temporary, AT_FDCWD, out->dir, RENAME_EXCHANGE) == 0) {
        sim__exchange_retire(out->temporary, temporary);
        return 0;
    }
    for (size_t i = 0; i < sizeof unable / sizeof *unable; i++)
        if (errno == unable[i])
            return 1;
    return -1;
}

static int fail(struct sim_error *error, const struct sim_output *out, const char *why)
{
    snprintf(error->text, sizeof error->text,
             "cannot put the results in the place of %.300s: %s: it was not changed", out->dir,
             why);
    return -1;
}

int sim__exchange_put(struct sim_output *out, struct sim_manifest *now, struct sim_error *error)
{
    struct sim_manifest old = {.whole = false};
    int temporary = sim__exchange_folder(AT_FDCWD, out->temporary);
    int dir = sim__exchange_folder(AT_FDCWD, out->dir), status = 1;
    if (temporary >= 0 && dir < 0 && errno == ENOENT) /* the user removed it meanwhile */
        status = sim_manifest_write(temporary, now) == 0 &&
                         move_new(AT_FDCWD, out->temporary, AT_FDCWD, out->dir) == 0
                     ? 0
                     : fail(error, out, strerror(errno));
    else if (temporary < 0 || dir < 0)
        status = fail(error, out, strerror(errno));
    else if (sim__exchange_whose(dir, &old) != SIM_MANIFEST_OURS)
        status = fail(error, out, "it is no longer weir's");
    else if (sim_manifest_write(temporary, now) != 0)
        status = fail(error, out, strerror(errno));
    if (status > 0) {
        sim_manifest_drop_changed(&old, dir); /* changed since the check: it is the user's */
        keep_modes(temporary, dir, now);
        status = exchange(out, dir, temporary, &old);
        if (status < 0)
            fail(error, out, strerror(errno));
        if (status > 0)
            status = put_in_place(out, dir, &old, now, error);
    }
    shut(temporary);
    shut(dir);
    sim_manifest_free(&old);
    return status;
}

/* ---- what the dead left ---------------------------------------------------------------------- */

static bool is_dead(long pid)
{
    return pid > 0 && pid <= INT_MAX && kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

/* Removes temporary directories in `folder` whose name is `lead` and the number of a process that
 * has ended. A directory without weir's mark is left alone. */
static void clear_dead(const char *folder, const char *lead, int heir)
{
    int above = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = above >= 0 ? fdopendir(above) : NULL;
    for (struct dirent *e; entries && (e = readdir(entries));) {
        char path[SIM_OUTPUT_PATH_BYTES + NAME_MAX], *end;
        size_t n = strlen(lead);
        long pid = strncmp(e->d_name, lead, n) == 0 ? strtol(e->d_name + n, &end, 10) : 0;
        if (!is_dead(pid) || (*end != '\0' && *end != '-'))
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        int fd = sim__exchange_folder(above, e->d_name);
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
            sim__exchange_retire(path, heir);
        shut(fd);
    }
    if (entries)
        closedir(entries);
    else
        shut(above);
}

int sim__exchange_heal(const char *path, struct sim_error *error)
{
    char parent[SIM_OUTPUT_PATH_BYTES], lead[NAME_MAX + 8];
    struct sim_manifest manifest;
    int status = 0, dir = sim__exchange_folder(AT_FDCWD, path);
    if (dir < 0)
        return 0;
    if (sim_manifest_read(dir, &manifest) == SIM_MANIFEST_OURS && manifest.staging[0])
        status = go_on(dir, &manifest, error);
    sim_manifest_free(&manifest);
    if (status != 0) {
        close(dir);
        return -1;
    }
    snprintf(parent, sizeof parent, "%s", path);
    char *slash = strrchr(parent, '/');
    assert(slash);
    snprintf(lead, sizeof lead, "%.*s.tmp-", NAME_MAX, slash + 1);
    *slash = '\0';
    clear_dead(*parent ? parent : "/", lead, dir);
    clear_dead(path, ".weir.tmp-", dir);
    close(dir);
    return 0;
}
