/* store.h - keeps every finished run in one SQLite database: DIR/store/results.sqlite. A run is
 * identified by the key of its case (what is simulated), the seed, the replication, and the engine
 * (a hash of the sources that simulate). So more replications, new cells and changed expectations
 * reuse existing runs. When the output directory is exchanged, the folder store/ moves as a whole,
 * including the write-ahead log. Only one process writes at a time, ensured by a lock on the
 * folder; readers need no lock. scenarios/README.md describes the tables. */
#ifndef SIM_STUDY_STORE_H
#define SIM_STUDY_STORE_H

#include "scenario/scenario.h"
#include "study/runs/record_blob.h"
#include "study/runs/shared_names.h"

struct sim_store;

/* Opens the store of DIR for writing and makes it if there is none; DIR is absolute. NULL with the
 * reason: it is damaged, not weir's, newer than this weir, in use, or cannot be written. Nothing is
 * changed then. */
struct sim_store *sim_store_open(const char *dir, struct sim_error *);
/* Opens a store for reading; another process may be writing. NULL with the reason; *missing (may be
 * NULL) is set if there is no store. */
struct sim_store *sim_store_open_to_read(const char *dir, bool *missing, struct sim_error *);
/* Whether the open directory `dir` has a store with weir's mark in its file. It reads the file only
 * and does not open the database. */
bool sim_store_bears_mark(int dir);
/* Merges the log into the database file and closes it. The lock stays held, so that DIR can be
 * exchanged before another process opens it; sim_store_free() releases it. A store that never held
 * a run is removed. */
void sim_store_close(struct sim_store *);
void sim_store_free(struct sim_store *); /* also closes it; NULL: does nothing */

/* Writes the cases of this study with their names. `paths`: the swept variables, in the order of
 * case.at_text. 0, or -1 with the reason. */
int sim_store_name(struct sim_store *, const struct sim_scenario *, const char *const *paths,
                   uint32_t path_count, const struct sim_case *, uint32_t count,
                   struct sim_error *);

/* A finished run to be stored. */
struct sim_store_run {
    const struct sim_case *it;
    uint64_t seed;
    uint32_t replication;
    double took_s; /* of wall clock */
    const struct sim_record *record;
    const struct sim_packed *packed;
};

/* Runs between begin and end are stored all together or not at all. 0, or -1 with the reason. */
int sim_store_begin(struct sim_store *, struct sim_error *);
int sim_store_put(struct sim_store *, const struct sim_store_run *, struct sim_error *);
int sim_store_end(struct sim_store *, struct sim_error *);

/* Finds the stored replications of a case in [first, end) and calls back for each, in order.
 * `packed` is valid during the call; with `numbers_only` it has only the numbers. A callback that
 * returns non-zero ends the search. 0, what the callback returned, or -1 with the reason. O(found x
 * log(runs)). */
typedef int sim_store_found(void *self, uint32_t replication, const struct sim_packed *packed);
int sim_store_find(struct sim_store *, const struct sim_case *, uint64_t seed, uint32_t first,
                   uint32_t end, bool numbers_only, sim_store_found *, void *self,
                   struct sim_error *);

/* ---- reading all of it ----------------------------------------------------------------------- */

struct sim_store_case {
    const char *scenario, *hash, *variant, *name, *seed, *version;
    uint32_t runs;
    double events, took_s; /* of all its runs */
};
struct sim_store_metric {
    const char *scenario, *hash, *variant, *name, *seed, *version;
    uint32_t replication;
    const char *component, *meter, *stat, *unit;
    double value;
    uint64_t cell; /* cell of a sweep, from 1; 0: a variant */
};
/* Visits every case with its runs, and every metric of every run, in order of the names, then of
 * the replications. 0, or -1 with the reason. */
int sim_store_cases(struct sim_store *, void (*)(void *, const struct sim_store_case *), void *,
                    struct sim_error *);
int sim_store_metrics(struct sim_store *, void (*)(void *, const struct sim_store_metric *), void *,
                      struct sim_error *);

/* The engine of this build: 16 hexadecimal digits, a hash of all sources that simulate. Generated
 * (sources_hash.cmake). */
extern const char sim__engine[];

#endif
