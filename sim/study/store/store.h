/* store.h - every finished run, kept in one SQLite database: DIR/store/results.sqlite.
 *
 * Runs are found by what they are: the key of the case (what is simulated), the seed, the
 * replication, and the engine (a fingerprint of the sources that simulate). So more replications,
 * new cells and changed expectations take what is there. The folder store/ moves as a whole when
 * the output directory is exchanged, with the write-ahead log in it. One process writes at a time,
 * held to it by a lock on the folder; readers need none. What the tables hold is in
 * scenarios/README.md. */
#ifndef SIM_STUDY_STORE_H
#define SIM_STUDY_STORE_H

#include "scenario/scenario.h"
#include "study/runs/record_blob.h"
#include "study/runs/shared_names.h"

struct sim_store;

/* Opens DIR's store, to write to, and makes it when it is not there; DIR is absolute. NULL with
 * the reason: it is damaged, somebody else's, newer than this weir, in use by another, or cannot
 * be written. Nothing is changed then. */
struct sim_store *sim_store_open(const char *dir, struct sim_error *);
/* The same to read from, beside whoever writes. NULL with the reason; *missing (may be NULL) is
 * set when there just is none. */
struct sim_store *sim_store_open_to_read(const char *dir, bool *missing, struct sim_error *);
/* Whether the open directory `dir` has a store that bears weir's mark, as its file says; nothing
 * is written, and no database opened. */
bool sim_store_bears_mark(int dir);
/* Brings everything into the database's one file and closes it. The lock is held on, so that DIR
 * can be exchanged before anybody else comes; sim_store_free() gives it up. A store that never
 * held a run is removed. */
void sim_store_close(struct sim_store *);
void sim_store_free(struct sim_store *); /* closes it as well; NULL: nothing */

/* Writes which cases this study has, under which names; `paths`: what case.at_text are values of.
 * 0, or -1 with the reason. */
int sim_store_name(struct sim_store *, const struct sim_scenario *, const char *const *paths,
                   uint32_t path_count, const struct sim_case *, uint32_t count,
                   struct sim_error *);

/* One finished run, on its way in. */
struct sim_store_run {
    const struct sim_case *it;
    uint64_t seed;
    uint32_t replication;
    double took_s; /* of wall clock */
    const struct sim_record *record;
    const struct sim_packed *packed;
};

/* Runs between begin and end are kept together or not at all. 0, or -1 with the reason. */
int sim_store_begin(struct sim_store *, struct sim_error *);
int sim_store_put(struct sim_store *, const struct sim_store_run *, struct sim_error *);
int sim_store_end(struct sim_store *, struct sim_error *);

/* Which replications, of those from `first` on and below `end`, are there of a case: calls back
 * with each, in order; `packed` is valid during the call, and holds only the numbers when
 * `numbers_only`. A callback that returns not 0 ends it. 0, what the callback returned, or -1 with
 * the reason. O(found x log(runs)). */
typedef int sim_store_found(void *self, uint32_t replication, const struct sim_packed *packed);
int sim_store_find(struct sim_store *, const struct sim_case *, uint64_t seed, uint32_t first,
                   uint32_t end, bool numbers_only, sim_store_found *, void *self,
                   struct sim_error *);

/* ---- reading all of it ----------------------------------------------------------------------- */

struct sim_store_case {
    const char *scenario, *hash, *variant, *name, *seed, *version;
    uint32_t runs;
    double events, took_s; /* of all of them */
};
struct sim_store_metric {
    const char *scenario, *hash, *variant, *name, *seed, *version;
    uint32_t replication;
    const char *component, *meter, *stat, *unit;
    double value;
    uint64_t cell; /* of a sweep, from 1; 0: a variant */
};
/* Every case with its runs; every number of every run. In order of the names, then replications.
 * 0, or -1 with the reason. */
int sim_store_cases(struct sim_store *, void (*)(void *, const struct sim_store_case *), void *,
                    struct sim_error *);
int sim_store_metrics(struct sim_store *, void (*)(void *, const struct sim_store_metric *), void *,
                      struct sim_error *);

/* A store's writer needs what this build is: 16 hexadecimal digits over all sources that simulate.
 * Generated (sources_hash.cmake). */
extern const char sim__engine[];

#endif
