/* probe.h - searches over a scenario: breaking points, maps, and sensitivity to inputs. */
#ifndef SIM_STUDY_PROBE_H
#define SIM_STUDY_PROBE_H

#include "scenario/cases/vary.h"
#include "study/search/find.h"
#include "study/study.h"

/* The state that all three searches share. */
struct sim_probe {
    struct sim_work_session *session;
    struct sim_scenario *scenario;
    struct sim_replicate_options
        options;                      /* .replications: for each value; find: for a first look */
    uint32_t cases, finished, reused; /* so far: cases; runs; runs taken from the store */
    bool audit_failed;                /* in at least one run */
    char why[SIM_ERROR_TEXT_BYTES];   /* after -1: what went wrong while running */
    char unit[64];                    /* of the metric, known after the first run */
};

/* For ranks other than 0 (team.h): makes and runs the cases that rank 0 needs. `wanted` as for
 * sim_vary_case(). 0, or -1 with the reason in .why. */
int sim_probe_serve(struct sim_probe *, const char *variant, const struct sim_vary *vary,
                    uint32_t count, const struct sim_wanted *wanted);

/* ---- the breaking point -------------------------------------------------------------------- */

struct sim_find_settings {
    double probability, within; /* as in struct sim_find_ask */
    uint32_t most_runs;
};

/* 0, or -1: *found has the results so far. */
int sim_probe_find(struct sim_probe *, const struct sim_asked *, const struct sim_find_settings *,
                   struct sim_find *found);

/* ---- maps ---------------------------------------------------------------------------------- */

struct sim_map_cell {
    double x, y;
    uint32_t yes, trials;      /* of the replications with observations */
    struct sim_estimate share; /* Wilson's, 0.95 each; n = 0: nothing was seen */
    double mean;               /* of the metric; NAN: never observed */
};

struct sim_map {
    uint32_t columns, rows;     /* number of values of x, and of y */
    struct sim_map_cell *cells; /* row by row; owned: free() */
    uint32_t finished;          /* cells with at least one replication */
};

int sim_probe_map(struct sim_probe *, const struct sim_asked *, struct sim_map *);

/* ---- sensitivity --------------------------------------------------------------------------- */

/* One input; the others are at mid. */
struct sim_input {
    const struct sim_vary *vary;
    struct sim_estimate low, high; /* of the metric there, level 0.95 */
    /* differences pair by pair (replication k of all cases has the same streams): from mid to low,
     * from mid to high, from low to high. The swings of all inputs hold together with 0.95
     * (Bonferroni) */
    struct sim_estimate to_low, to_high, swing;
    bool clear; /* the swing's interval excludes 0 */
    /* moves more than the next one in the list: the interval of the difference excludes 0 */
    bool more_than_next;
};

struct sim_sensitivity {
    struct sim_estimate mid;
    struct sim_input *inputs; /* sorted by how much they move the metric; owned: free() */
    uint32_t count, pairs;
    double level; /* of each swing */
};

int sim_probe_sensitivity(struct sim_probe *, const struct sim_sensitivity_asked *,
                          struct sim_sensitivity *);

#endif
