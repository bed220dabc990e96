/* manifest.h - the mark of a directory of results: DIR/manifest.json, the list of the files in it
 * that weir wrote, with their sizes and hashes. Files that are not in the list, or have changed
 * since, belong to the user. */
#ifndef SIM_REPORT_MANIFEST_H
#define SIM_REPORT_MANIFEST_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_MANIFEST_FILE "manifest.json"
/* A manifest being written. It may be removed if sim_manifest_is_draft() is true. */
#define SIM_MANIFEST_DRAFT "manifest.json.new"

/* A file that weir wrote. If it was changed since, it is the user's. */
struct sim_manifest_file {
    char *name; /* its path from DIR on: NAME or figures/NAME; owned */
    bool known; /* .bytes and .hash are known: */
    uint64_t bytes, hash;
};

struct sim_manifest {
    bool whole; /* the results contain every requested run */
    /* "", or the directory where the rest of the files still is: NAME or ../NAME */
    char staging[NAME_MAX + 4];
    struct sim_manifest_file *files; /* owned */
    size_t count, room;
    bool sorted;
};

enum sim_manifest_kind {
    SIM_MANIFEST_OURS,
    SIM_MANIFEST_NONE,    /* there is no manifest */
    SIM_MANIFEST_FOREIGN, /* the file is not a manifest of weir's, or is damaged */
    SIM_MANIFEST_NEWER,   /* a newer weir wrote it */
};

/* Reads the manifest of an open directory; links are not followed. *manifest is empty unless it is
 * weir's. */
enum sim_manifest_kind sim_manifest_read(int dir, struct sim_manifest *manifest);
/* Replaces the manifest of an open directory in one step and syncs it to disk. 0, or -1 with
 * errno. */
int sim_manifest_write(int dir, struct sim_manifest *);
/* Whether the draft in a directory is weir's, or there is none. */
bool sim_manifest_is_draft(int dir);

/* Adds a name if it is missing. The contents of the file count as unknown from then on. 0, or -1
 * when out of memory. */
int sim_manifest_add(struct sim_manifest *, const char *name);
/* The same for a file of an open directory, with its size and hash. O(bytes). */
int sim_manifest_add_file(struct sim_manifest *, int dir, const char *name);
/* Whether a file of this name exists and differs from what weir wrote. O(bytes). */
bool sim_manifest_is_changed(int dir, const struct sim_manifest_file *);
/* For the names in both lists: records the contents of the files, and removes names of missing
 * files. O(bytes). */
void sim_manifest_settle(struct sim_manifest *, int dir, struct sim_manifest *names);
/* Removes files that were changed. O(bytes of all). */
void sim_manifest_drop_changed(struct sim_manifest *, int dir);
/* Whether it names a file. O(log(count)). */
bool sim_manifest_has(struct sim_manifest *, const char *name);
void sim_manifest_free(struct sim_manifest *);

#endif
