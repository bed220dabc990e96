/* sample_size.h - whether a sample carries an interval.
 *
 * A percentile of a study is the mean over replications of the percentile of each. The one of a
 * small sample lies off the truth in every replication alike: p99 of ten values is their greatest.
 * Replications do not average that away, and Student's interval knows nothing of it: the more
 * replications there are, the narrower it is, and the less often it holds the truth. With
 * m = n min(p, 1 - p) of n independent values beyond it, a percentile is off by half of its own
 * standard deviation over sqrt(m), or by all of it where the distribution ends there, as a uniform
 * one does. Over R replications that is sqrt(R/m) standard errors of the mean at most. So
 *   R <= 10   an interval is carried when m >= 6 R. It is Student's.
 *   R > 10    m >= 60 carries one. It is made as wide as a bias of sqrt(R/m) standard errors asks
 *             for: t of one side and that, where this is more than t of both (Armstrong and Kolesar
 *             2020, Quantitative Economics 11, "Simple and honest confidence intervals"). So more
 *             replications never take away what fewer had, and never make it narrower than the
 *             bias.
 *   R = 1     a percentile is told with m >= 6, and its batches vary as it does with m >= 6 in
 *             every window.
 * 6 is the least whole number with which the 95 % intervals of exponential, uniform, normal,
 * lognormal and Pareto values cover the truth in at least 93 % of experiments, at any percentile
 * from the median to 99.9 (tests/theory/test_coverage.c). The rule is one for every level: of
 * intervals of 99.95 % 1.4 times as many are wrong as should be at most.
 *
 * What it does not see: values of one run that depend on one another are worth fewer. The p99 of
 * sojourns in M/M/1, 300 to 550 experiments of 5 and of 10 replications with the least that is
 * asked for (standard error 1 to 2 %): at a load of 0.5 its intervals hold in 93 and 94 %, at 0.7
 * in 91 and 93, at 0.8 in 84 and 89, at 0.9 in 57 and 57 (tests/theory/test_coverage.c); with 4
 * times as many at 0.8 in 91 and 95, at 0.9 in 81 and 84. A queue forgets in about 1/(1 - load)²
 * services: with 6 times as many at 0.8 and 25 times at 0.9, which is what that asks for, 5
 * replications hold in 94 %. No rule asks for it, for a sample's size does not tell what its
 * values are worth; so where a component is as busy as SIM_CARRY_BUSY, that is said beside the
 * interval.
 *
 * Means, rates and ratios are not biased, so that they need no rule; how many values the mean of a
 * heavy tail takes, the sample itself cannot tell. The greatest value is that of a run as long as
 * this one: each replication has exactly one. */
#ifndef SIM_STUDY_SAMPLE_SIZE_H
#define SIM_STUDY_SAMPLE_SIZE_H

#include "study/estimates/estimate.h"

#include <stdbool.h>

enum {
    SIM_CARRY_BEYOND = 6,        /* values beyond a percentile, times the replications */
    SIM_CARRY_REPLICATIONS = 10, /* that count; more of them widen the interval instead */
};

#define SIM_CARRY_BUSY 0.7 /* utilisation from which a percentile's interval may be too narrow */

/* What a stat is the percentile of: 0.99 of "p99", 0.999 of "p999" and "p99_9". NAN: of none. */
double sim_percentile_of(const char *stat);

/* The least number of values in each of `replications` (1 and up) with which the p-th percentile
 * has an interval; INFINITY for 0 and 1. */
double sim_percentile_needs(double p, uint32_t replications);
/* Whether n values in each do. */
bool sim_percentile_carries(double p, double n, uint32_t replications);
/* The factor, 1 or more, by which an interval of `level` over so many replications is wider than
 * Student's. O(replications). */
double sim_percentile_wider(double p, double n, uint32_t replications, double level);

/* Takes an estimate's interval of `level` away, or widens it, for what it rests on: `n` values in
 * each replication. With nothing taken away .needs stays 0. NAN p: it stays as it is. */
void sim_carry_percentile(struct sim_estimate *, double p, double n, double level);

/* What is missing, in words: "too few for p99: 10 values in each of 20 replications, about 6000
 * are needed, a duration of 3h". `warmup` and `duration` in ns; duration 0: not of a whole run. */
struct sim_carry_text {
    char s[256];
};
struct sim_carry_text sim_carry_text(const struct sim_estimate *, const char *stat, double warmup,
                                     double duration);

#endif
