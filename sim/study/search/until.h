/* until.h - replications until intervals are narrow enough.
 *
 * Stopping at the first narrow interval favours intervals that are narrow by chance, so they cover
 * the truth less often than their level. Three rules keep this effect small (Law 2015, Simulation
 * Modeling and Analysis, 5th ed., 9.4.1; Chow and Robbins 1965, Ann. Math. Statist. 36, that it
 * vanishes for narrow intervals): at least ten replications first; few looks, each with half as
 * many replications again; and a target of r/(1 + r) of the observed mean for r of the true mean.
 * The looks are at fixed numbers of replications, so the result does not depend on the number of
 * threads. */
#ifndef SIM_STUDY_UNTIL_H
#define SIM_STUDY_UNTIL_H

#include "study/estimates/compare.h"

enum { SIM_UNTIL_FIRST = 10, SIM_UNTIL_MOST = 1000 };

struct sim_until {
    double target; /* relative half width, such as 0.02; 0: add no replications */
    uint32_t most; /* replications */
    const char *const *metrics;
    uint32_t metric_count; /* 0: those shown by default */
    bool compare;          /* narrow the differences of case 1 from case 0, relative to case 0 */
    double resolution;     /* for .compare */
};

/* The result, for reports. */
struct sim_until_end {
    bool narrow; /* all intervals are narrow */
    /* one metric has no interval because each replication has too few values (sample_size.h) */
    bool too_few;
    double widest;    /* the largest relative half width; INFINITY: not defined */
    char metric[256]; /* the metric with the widest interval; "": none */
    uint32_t at;      /* its case */
};

/* The number of replications at the next look after `n` (0: none yet), at most `most`. */
uint32_t sim_until_next(uint32_t n, uint32_t most);

/* Whether an interval is narrow enough for a target. If all replications have the same value, it
 * is. */
bool sim_until_narrow(const struct sim_estimate *, double relative_to, double target);

/* Runs options->replications replications of the cases of *runs, which has none yet; with a target
 * at least ten. Then it runs more until every interval is narrow, there are `most`, a run failed,
 * more would not help, or the session is interrupted. Returns as sim_replicate_more(). */
int sim_until_run(struct sim_work_session *, const struct sim_replicate_options *,
                  const struct sim_until *, struct sim_runs *, struct sim_until_end *,
                  struct sim_error *);

#endif
