/* probe.h - searches put to a scenario: the breaking point, maps, and which input matters. */
#ifndef SIM_STUDY_PROBE_H
#define SIM_STUDY_PROBE_H

#include "scenario/cases/vary.h"
#include "study/search/find.h"
#include "study/study.h"

/* What all three are run with. */
struct sim_probe {
    struct sim_work_session *session;
    struct sim_scenario *scenario;
    struct sim_replicate_options options; /* .replications: of each value; find: of a first look */
    uint32_t cases, finished, reused;     /* so far: cases; runs, and how many the store had */
    bool audit_failed;                    /* of some run */
    char why[SIM_ERROR_TEXT_BYTES];       /* after -1: what went wrong while running */
    char unit[64];                        /* of the metric, once something has run */
};

/* What a rank other than 0 does meanwhile (team.h): makes the cases it is asked for, and runs them.
 * `wanted` as sim_vary_case() has it. 0, or -1 with the reason in .why. */
int sim_probe_serve(struct sim_probe *, const char *variant, const struct sim_vary *vary,
                    uint32_t count, const struct sim_wanted *wanted);

/* ---- the breaking point -------------------------------------------------------------------- */

struct sim_find_settings {
    double probability, within; /* as in struct sim_find_ask */
    uint32_t most_runs;
};

/* 0, or -1: *found holds what was found out until then. */
int sim_probe_find(struct sim_probe *, const struct sim_asked *, const struct sim_find_settings *,
                   struct sim_find *found);

/* ---- maps ---------------------------------------------------------------------------------- */

struct sim_map_cell {
    double x, y;
    uint32_t yes, trials;      /* of the replications in which something was seen */
    struct sim_estimate share; /* Wilson's, 0.95 each; n = 0: nothing was seen */
    double mean;               /* of the metric; NAN: never observed */
};

struct sim_map {
    uint32_t columns, rows;     /* of x, of y */
    struct sim_map_cell *cells; /* row by row; owned: free() */
    uint32_t finished;          /* cells with at least one replication */
};

int sim_probe_map(struct sim_probe *, const struct sim_asked *, struct sim_map *);

/* ---- sensitivity --------------------------------------------------------------------------- */

/* One input, the others at mid. */
struct sim_input {
    const struct sim_vary *vary;
    struct sim_estimate low, high; /* of the metric there, 0.95 */
    /* differences pair by pair, replication k of all having the same streams: from mid to low, from
     * mid to high, from low to high; all inputs' swings hold together with 0.95 (Bonferroni) */
    struct sim_estimate to_low, to_high, swing;
    bool clear; /* the swing's interval leaves 0 out */
    /* moves more than the next one in the list: the interval of the difference excludes 0 */
    bool more_than_next;
};

struct sim_sensitivity {
    struct sim_estimate mid;
    struct sim_input *inputs; /* by how much they move the metric; owned: free() */
    uint32_t count, pairs;
    double level; /* of each swing */
};

int sim_probe_sensitivity(struct sim_probe *, const struct sim_sensitivity_asked *,
                          struct sim_sensitivity *);

#endif
