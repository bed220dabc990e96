/* manifest.c - reads and writes the list of the files that weir wrote. */
#include "report/manifest.h"

#include "report/json_stream.h"
#include "sim/random.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { VERSION = 2, MOST_BYTES = 1 << 28, PIECE_BYTES = 1 << 16 }; /* version 1 had names only */

#define MARK "weir_results"
static const char opening[] = "{\n  \"" MARK "\": ";

/* ---- the list -------------------------------------------------------------------------------- */

int sim_manifest_add(struct sim_manifest *manifest, const char *name)
{
    if (manifest->count == manifest->room) {
        size_t room = manifest->room ? 2 * manifest->room : 16;
        struct sim_manifest_file *files = realloc(manifest->files, room * sizeof *files);
        if (!files)
            return -1;
        manifest->files = files;
        manifest->room = room;
    }
    char *copy = strdup(name);
    if (!copy)
        return -1;
    manifest->files[manifest->count++] = (struct sim_manifest_file){.name = copy};
    manifest->sorted = false;
    return 0;
}

static int by_name(const void *a, const void *b)
{
    const struct sim_manifest_file *x = a, *y = b;
    return strcmp(x->name, y->name);
}

/* Sorts the list and removes duplicates. */
static void sort(struct sim_manifest *manifest)
{
    size_t kept = 0;
    if (manifest->sorted || manifest->count == 0)
        return;
    qsort(manifest->files, manifest->count, sizeof *manifest->files, by_name);
    for (size_t i = 0; i < manifest->count; i++) {
        struct sim_manifest_file *file = &manifest->files[i];
        struct sim_manifest_file *last = kept > 0 ? &manifest->files[kept - 1] : NULL;
        if (last && strcmp(last->name, file->name) == 0) {
            last->known = last->known && file->known && last->bytes == file->bytes &&
                          last->hash == file->hash;
            free(file->name);
        } else {
            manifest->files[kept++] = *file;
        }
    }
    manifest->count = kept;
    manifest->sorted = true;
}

bool sim_manifest_has(struct sim_manifest *manifest, const char *name)
{
    const struct sim_manifest_file wanted = {.name = (char *)(uintptr_t)name};
    sort(manifest);
    return manifest->count > 0 && bsearch(&wanted, manifest->files, manifest->count,
                                          sizeof *manifest->files, by_name) != NULL;
}

void sim_manifest_free(struct sim_manifest *manifest)
{
    for (size_t i = 0; i < manifest->count; i++)
        free(manifest->files[i].name);
    free(manifest->files);
    *manifest = (struct sim_manifest){.whole = false};
}

/* ---- what is in the files -------------------------------------------------------------------- */

/* 0, or -1: it is not a plain file, or cannot be read. */
static int look_into(int dir, const char *name, uint64_t *bytes, uint64_t *hash)
{
    unsigned char piece[PIECE_BYTES];
    struct stat st;
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t n = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? 1 : -1;
    *bytes = *hash = 0;
    while (n > 0) {
        size_t filled = 0;
        while (filled < sizeof piece && (n = read(fd, piece + filled, sizeof piece - filled)) > 0)
            filled += (size_t)n;
        *hash = sim_hash64(piece, filled, *hash);
        *bytes += filled;
    }
    if (fd >= 0)
        close(fd);
    return n == 0 ? 0 : -1;
}

int sim_manifest_add_file(struct sim_manifest *manifest, int dir, const char *name)
{
    if (sim_manifest_add(manifest, name) != 0)
        return -1;
    struct sim_manifest_file *file = &manifest->files[manifest->count - 1];
    file->known = look_into(dir, name, &file->bytes, &file->hash) == 0;
    return 0;
}

bool sim_manifest_is_changed(int dir, const struct sim_manifest_file *file)
{
    uint64_t bytes, hash;
    struct stat st;
    if (fstatat(dir, file->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    if (!S_ISREG(st.st_mode))
        return true;
    return file->known && ((uint64_t)st.st_size != file->bytes ||
                           look_into(dir, file->name, &bytes, &hash) != 0 || hash != file->hash);
}

void sim_manifest_settle(struct sim_manifest *manifest, int dir, struct sim_manifest *names)
{
    size_t kept = 0;
    sort(manifest);
    for (size_t i = 0; i < manifest->count; i++) {
        struct sim_manifest_file file = manifest->files[i];
        bool asked = sim_manifest_has(names, file.name);
        struct stat st;
        if (asked && fstatat(dir, file.name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
            free(file.name);
            continue;
        }
        if (asked)
            file.known = look_into(dir, file.name, &file.bytes, &file.hash) == 0;
        manifest->files[kept++] = file;
    }
    manifest->count = kept;
}

void sim_manifest_drop_changed(struct sim_manifest *manifest, int dir)
{
    size_t kept = 0;
    sort(manifest);
    for (size_t i = 0; i < manifest->count; i++) {
        if (sim_manifest_is_changed(dir, &manifest->files[i]))
            free(manifest->files[i].name);
        else
            manifest->files[kept++] = manifest->files[i];
    }
    manifest->count = kept;
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool is_name(const char *name)
{
    return *name && strlen(name) <= NAME_MAX && !strchr(name, '/') && strcmp(name, ".") != 0 &&
           strcmp(name, "..") != 0;
}

/* Whether a listed path is a file inside the directory; other lists are not weir's. */
static bool is_inside(const char *path)
{
    return strcmp(path, "figures") != 0 && strcmp(path, "store") != 0 &&
           is_name(strncmp(path, "figures/", 8) == 0 ? path + 8 : path);
}

static bool is_staging(const char *path)
{
    return is_name(strncmp(path, "../", 3) == 0 ? path + 3 : path) && strstr(path, ".tmp-");
}

static int take_file(const json_t *file, struct sim_manifest *manifest)
{
    bool known = json_is_object(file);
    const char *name = json_string_value(known ? json_object_get(file, "name") : file);
    const json_t *bytes = json_object_get(file, "bytes");
    const char *hash = json_string_value(json_object_get(file, "hash"));
    if (!name || !is_inside(name) || (known && (!json_is_integer(bytes) || !hash)) ||
        sim_manifest_add(manifest, name) != 0)
        return -1;
    struct sim_manifest_file *last = &manifest->files[manifest->count - 1];
    last->known = known;
    last->bytes = known ? (uint64_t)json_integer_value(bytes) : 0;
    last->hash = known ? strtoull(hash, NULL, 16) : 0;
    return 0;
}

static int take(const json_t *root, struct sim_manifest *manifest)
{
    const char *staging = json_string_value(json_object_get(root, "staging"));
    const json_t *files = json_object_get(root, "files"), *file;
    size_t i;
    manifest->whole = json_is_true(json_object_get(root, "whole"));
    if (!json_is_array(files) || (staging && !is_staging(staging)))
        return -1;
    if (staging)
        snprintf(manifest->staging, sizeof manifest->staging, "%s", staging);
    json_array_foreach (files, i, file) {
        if (take_file(file, manifest) != 0)
            return -1;
    }
    return 0;
}

/* Opens a plain file for reading; links and pipes are refused. */
static int open_plain(int dir, const char *name, struct stat *st)
{
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0 && (fstat(fd, st) != 0 || !S_ISREG(st->st_mode) || st->st_size > MOST_BYTES)) {
        close(fd);
        errno = EINVAL;
        fd = -1;
    }
    return fd;
}

enum sim_manifest_kind sim_manifest_read(int dir, struct sim_manifest *manifest)
{
    struct stat st;
    *manifest = (struct sim_manifest){.whole = false};
    int fd = open_plain(dir, SIM_MANIFEST_FILE, &st);
    if (fd < 0)
        return errno == ENOENT ? SIM_MANIFEST_NONE : SIM_MANIFEST_FOREIGN;
    json_t *root = json_loadfd(fd, JSON_REJECT_DUPLICATES, NULL);
    close(fd);
    const json_t *version = json_object_get(root, MARK);
    enum sim_manifest_kind kind = SIM_MANIFEST_FOREIGN;
    if (json_is_integer(version) && json_integer_value(version) > VERSION)
        kind = SIM_MANIFEST_NEWER;
    else if (json_is_integer(version) && take(root, manifest) == 0)
        kind = SIM_MANIFEST_OURS;
    json_decref(root);
    if (kind != SIM_MANIFEST_OURS)
        sim_manifest_free(manifest);
    return kind;
}

bool sim_manifest_is_draft(int dir)
{
    struct stat st;
    char text[sizeof opening] = "";
    int fd = open_plain(dir, SIM_MANIFEST_DRAFT, &st);
    if (fd < 0)
        return errno == ENOENT;
    ssize_t n = read(fd, text, sizeof opening - 1);
    close(fd);
    return n >= 0 && memcmp(text, opening, (size_t)n) == 0; /* a part of it, or all */
}

/* ---- writing --------------------------------------------------------------------------------- */

static void put_file(struct sim_json *json, const struct sim_manifest_file *file)
{
    char hash[17];
    if (!file->known) {
        sim_json_text(json, NULL, file->name);
        return;
    }
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)file->hash);
    sim_json_open(json, NULL, '{', true);
    sim_json_text(json, "name", file->name);
    sim_json_count(json, "bytes", file->bytes);
    sim_json_text(json, "hash", hash);
    sim_json_close(json, '}');
}

static void put(struct sim_manifest *manifest, FILE *file)
{
    struct sim_json json;
    sort(manifest);
    sim_json_begin(&json, file);
    sim_json_open(&json, NULL, '{', false);
    sim_json_count(&json, MARK, VERSION);
    sim_json_text(&json, "weir", WEIR_VERSION);
    sim_json_bool(&json, "whole", manifest->whole);
    if (manifest->staging[0])
        sim_json_text(&json, "staging", manifest->staging);
    sim_json_open(&json, "files", '[', false);
    for (size_t i = 0; i < manifest->count; i++)
        put_file(&json, &manifest->files[i]);
    sim_json_close(&json, ']');
    sim_json_close(&json, '}');
    sim_json_end(&json);
}

static int open_draft(int dir)
{
    const int how = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(dir, SIM_MANIFEST_DRAFT, how, 0666);
    if (fd < 0 && errno == EEXIST) {
        if (!sim_manifest_is_draft(dir)) {
            errno = EEXIST;
            return -1;
        }
        unlinkat(dir, SIM_MANIFEST_DRAFT, 0);
        fd = openat(dir, SIM_MANIFEST_DRAFT, how, 0666);
    }
    return fd;
}

int sim_manifest_write(int dir, struct sim_manifest *manifest)
{
    struct stat st;
    int fd = open_draft(dir);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!file) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    put(manifest, file);
    if (fstatat(dir, SIM_MANIFEST_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
        fchmod(fd, st.st_mode & 07777);
    errno = 0;
    bool good = fflush(file) == 0 && !ferror(file) && fsync(fd) == 0;
    int why = errno;
    if (fclose(file) != 0 && good) {
        why = errno;
        good = false;
    }
    if (good && renameat(dir, SIM_MANIFEST_DRAFT, dir, SIM_MANIFEST_FILE) == 0)
        return 0;
    why = good ? errno : why;
    unlinkat(dir, SIM_MANIFEST_DRAFT, 0);
    errno = why ? why : EIO;
    return -1;
}
