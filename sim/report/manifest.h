/* manifest.h - the mark of a directory of results: DIR/manifest.json, the list of the files in it
 * that weir wrote, with their sizes and hashes. What the list does not name, or is no longer as
 * listed, is somebody else's. */
#ifndef SIM_REPORT_MANIFEST_H
#define SIM_REPORT_MANIFEST_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_MANIFEST_FILE "manifest.json"
/* A manifest on its way; whoever finds one that sim_manifest_is_draft() may remove it. */
#define SIM_MANIFEST_DRAFT "manifest.json.new"

/* A file of weir's. One that was changed since is its user's. */
struct sim_manifest_file {
    char *name; /* its path from DIR on: NAME or figures/NAME; owned */
    bool known; /* what weir wrote into it: */
    uint64_t bytes, hash;
};

struct sim_manifest {
    bool whole;                 /* every run that was asked for is in the results */
    char staging[NAME_MAX + 4]; /* "", or where the rest of the files still is: NAME or ../NAME */
    struct sim_manifest_file *files; /* owned */
    size_t count, room;
    bool sorted;
};

enum sim_manifest_kind {
    SIM_MANIFEST_OURS,
    SIM_MANIFEST_NONE,    /* there is no file of the name */
    SIM_MANIFEST_FOREIGN, /* the file is not a manifest of weir's, or is damaged */
    SIM_MANIFEST_NEWER,   /* a newer weir wrote it */
};

/* Reads that of an open directory; no link is followed. *manifest is empty unless it is ours. */
enum sim_manifest_kind sim_manifest_read(int dir, struct sim_manifest *manifest);
/* Replaces that of an open directory, at once, and on the disk. 0, or -1 with errno. */
int sim_manifest_write(int dir, struct sim_manifest *);
/* Whether the draft in a directory is one that weir left, or there is none. */
bool sim_manifest_is_draft(int dir);

/* Adds a name, unless it is there; what is in the file is not known from then on. 0, or -1 when out
 * of memory. */
int sim_manifest_add(struct sim_manifest *, const char *name);
/* The same for a file of an open directory, with what is in it. O(bytes). */
int sim_manifest_add_file(struct sim_manifest *, int dir, const char *name);
/* Whether something of the name is there and is not what weir wrote. O(bytes). */
bool sim_manifest_is_changed(int dir, const struct sim_manifest_file *);
/* Of the names in both lists: enters what is in the files, and takes out those that are not
 * there. O(bytes). */
void sim_manifest_settle(struct sim_manifest *, int dir, struct sim_manifest *names);
/* Takes out what was changed. O(bytes of all). */
void sim_manifest_drop_changed(struct sim_manifest *, int dir);
/* Whether it names a file. O(log(count)). */
bool sim_manifest_has(struct sim_manifest *, const char *name);
void sim_manifest_free(struct sim_manifest *);

#endif
