/* carry.h - whether a sample carries an interval.
 *
 * A percentile of a study is the mean over replications of the percentile of each. The one of a
 * small sample lies off the truth in every replication alike: p99 of ten values is their greatest.
 * Replications do not average that away, and Student's interval knows nothing of it; the more
 * replications there are, the narrower the interval, and the less often it holds the truth. Of n
 * independent values the p-th percentile is off by about half of its own standard deviation, over
 * sqrt(n min(p, 1 - p)), and over R replications the interval is as wide as that deviation over
 * sqrt(R). So an interval is carried when each replication has
 *   n min(p, 1 - p) >= 5 min(R, 30)
 * values: so many lie beyond the percentile. The worst case is a distribution that ends there (as
 * the uniform does, where the nearest rank is off by a whole deviation over that root): 5 is the
 * least whole number with which 95 % intervals of exponential, uniform, normal, lognormal and
 * Pareto (2.5) values cover the truth in 93 to 97 % of experiments (tests/theory/test_coverage.c).
 * The rule is one for every level: of intervals of 99.95 % there are 1.4 times as many wrong as
 * there should be at most.
 *
 * More than 30 replications ask for no more values. Instead the interval stops narrowing where the
 * bias begins to count: it is that of n min(p, 1 - p)/5 replications, and covers more than it says.
 *
 * One run: a percentile is told when 5 values lie beyond it, and has an interval from batches when
 * 5 do in every window. Means, rates and ratios are not biased, so that they need no rule; how many
 * values the mean of a heavy tail takes, the sample itself cannot tell. The greatest value is that
 * of a run as long as this one: each replication has exactly one. */
#ifndef SIM_STUDY_CARRY_H
#define SIM_STUDY_CARRY_H

#include "study/estimate.h"

#include <stdbool.h>

enum {
    SIM_CARRY_BEYOND = 5,        /* values beyond a percentile, by replications */
    SIM_CARRY_REPLICATIONS = 30, /* beyond these the interval is wider instead */
};

/* What a stat is the percentile of: 0.99 of "p99", 0.999 of "p999" and "p99_9". NAN: of none. */
double sim_percentile_of(const char *stat);

/* The least number of values in each of `replications` (1 and up) with which the p-th percentile
 * has an interval; INFINITY for 0 and 1. */
double sim_percentile_needs(double p, uint32_t replications);
/* Whether n values in each do. */
bool sim_percentile_carries(double p, double n, uint32_t replications);
/* The factor, 1 or more, by which the interval of so many replications is wider than Student's. */
double sim_percentile_wider(double p, double n, uint32_t replications);

/* Takes an estimate's interval away, or widens it, for what it rests on: `n` values in each
 * replication. With nothing taken away .needs stays 0. NAN p: it stays as it is. */
void sim_carry_percentile(struct sim_estimate *, double p, double n);

/* What is missing, in words: "too few for p99: 10 values in each of 20 replications, about 10000
 * are needed, a duration of 3h". `warmup` and `duration` in ns; duration 0: not of a whole run. */
struct sim_carry_text {
    char s[256];
};
struct sim_carry_text sim_carry_text(const struct sim_estimate *, const char *stat, double warmup,
                                     double duration);

#endif
