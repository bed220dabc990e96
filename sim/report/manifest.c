/* manifest.c - reads and writes the list of the files that weir wrote. */
#include "report/manifest.h"

#include "report/json.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { VERSION = 1, MOST_BYTES = 1 << 28 };

#define MARK "weir_results"
static const char opening[] = "{\n  \"" MARK "\": ";

/* ---- the list -------------------------------------------------------------------------------- */

int sim_manifest_add(struct sim_manifest *manifest, const char *name)
{
    if (manifest->count == manifest->room) {
        size_t room = manifest->room ? 2 * manifest->room : 16;
        char **files = realloc(manifest->files, room * sizeof *files);
        if (!files)
            return -1;
        manifest->files = files;
        manifest->room = room;
    }
    char *copy = strdup(name);
    if (!copy)
        return -1;
    manifest->files[manifest->count++] = copy;
    manifest->sorted = false;
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts, and drops what is there twice. */
static void sort(struct sim_manifest *manifest)
{
    size_t kept = 0;
    if (manifest->sorted || manifest->count == 0)
        return;
    qsort(manifest->files, manifest->count, sizeof *manifest->files, by_name);
    for (size_t i = 0; i < manifest->count; i++) {
        if (kept > 0 && strcmp(manifest->files[kept - 1], manifest->files[i]) == 0)
            free(manifest->files[i]);
        else
            manifest->files[kept++] = manifest->files[i];
    }
    manifest->count = kept;
    manifest->sorted = true;
}

bool sim_manifest_has(struct sim_manifest *manifest, const char *name)
{
    sort(manifest);
    return manifest->count > 0 && bsearch(&name, manifest->files, manifest->count,
                                          sizeof *manifest->files, by_name) != NULL;
}

void sim_manifest_free(struct sim_manifest *manifest)
{
    for (size_t i = 0; i < manifest->count; i++)
        free(manifest->files[i]);
    free(manifest->files);
    *manifest = (struct sim_manifest){.whole = false};
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool is_name(const char *name)
{
    return *name && strlen(name) <= NAME_MAX && !strchr(name, '/') && strcmp(name, ".") != 0 &&
           strcmp(name, "..") != 0;
}

/* A list that leads out of its directory is not weir's. */
static bool is_inside(const char *path)
{
    return is_name(strncmp(path, "figures/", 8) == 0 ? path + 8 : path);
}

static bool is_staging(const char *path)
{
    return is_name(strncmp(path, "../", 3) == 0 ? path + 3 : path) && strstr(path, ".tmp-");
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
        const char *name = json_string_value(file);
        if (!name || !is_inside(name) || sim_manifest_add(manifest, name) != 0)
            return -1;
    }
    return 0;
}

/* Opens a plain file of a directory to read; a link or a pipe is none. */
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
    return n >= 0 && memcmp(text, opening, (size_t)n) == 0; /* cut off early, or whole */
}

/* ---- writing --------------------------------------------------------------------------------- */

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
        sim_json_text(&json, NULL, manifest->files[i]);
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
