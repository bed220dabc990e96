/* until.h - replications until intervals are narrow enough.
 *
 * Whoever stops at the first narrow interval stops too often at one that is narrow by chance, and
 * it covers less than it says. What keeps that small (Law 2015, Simulation Modeling and Analysis,
 * 5th ed., 9.4.1; Chow and Robbins 1965, Ann. Math. Statist. 36, that it vanishes for narrow
 * intervals): at least ten replications first; few looks, each at half as many again; and a half
 * width of r/(1 + r) of the mean that was observed where r of the true mean is asked for. The looks
 * are at fixed numbers of replications, so that the result does not depend on the number of
 * threads. */
#ifndef SIM_STUDY_UNTIL_H
#define SIM_STUDY_UNTIL_H

#include "study/estimates/compare.h"

enum { SIM_UNTIL_FIRST = 10, SIM_UNTIL_MOST = 1000 };

struct sim_until {
    double target; /* relative half width: 0.02; 0: do not add any */
    uint32_t most; /* replications */
    const char *const *metrics;
    uint32_t metric_count; /* 0: those shown when nobody names any */
    bool compare;          /* of the differences of case 1 from case 0, relative to case 0 */
    double resolution;     /* with it */
};

/* How it ended, for the reader. */
struct sim_until_end {
    bool narrow;      /* all are */
    bool too_few;     /* one has none for want of values in each replication (sample_size.h) */
    double widest;    /* relative half width; INFINITY: there is none to speak of */
    char metric[256]; /* whose that is; "" when none was looked at */
    uint32_t at;      /* the case */
};

/* The number of replications to look at after `n` (0: none yet), at most `most`. */
uint32_t sim_until_next(uint32_t n, uint32_t most);

/* Whether an interval is narrow enough for a target. What every replication saw alike is. */
bool sim_until_narrow(const struct sim_estimate *, double relative_to, double target);

/* Runs options->replications replications of the runs' cases (begun, still without any), with a
 * target at least ten, then more until every interval is narrow, `most` are there, one went wrong,
 * more would not help, or the session is interrupted. As sim_replicate_more(). */
int sim_until_run(struct sim_work_session *, const struct sim_replicate_options *,
                  const struct sim_until *, struct sim_runs *, struct sim_until_end *,
                  struct sim_error *);

#endif
