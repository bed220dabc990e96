/* sample_size.h - whether a sample is large enough for an interval. The percentile of a study is
 * the mean of the percentiles of its replications. The percentile of a small sample is biased in
 * the same way in every replication: p99 of ten values is their greatest. Averaging replications
 * does not remove this bias, and Student's interval ignores it: with more replications the interval
 * becomes narrower and covers the truth less often. If m = n min(p, 1 - p) of n independent values
 * lie beyond a percentile, its bias is half of its standard deviation over sqrt(m), or all of it if
 * the distribution ends there, as a uniform one does. Over R replications this is at most sqrt(R/m)
 * standard errors of the mean. So R <= 10 there is an interval when m >= 6 R. It is Student's. R >
 * 10 there is one when m >= 60. It is wide enough for a bias of sqrt(R/m) standard errors: the
 * one-sided t plus the bias, if this is more than the two-sided t (Armstrong and Kolesar 2020,
 * Quantitative Economics 11, "Simple and honest confidence intervals"). So more replications never
 * remove an interval, and never make it narrower than the bias. R = 1 a percentile is reported when
 * m >= 6, and its batches give an interval when m >= 6 in every window. 6 is the least whole number
 * with which the 95 % intervals of exponential, uniform, normal, lognormal and Pareto values cover
 * the truth in at least 93 % of experiments, at any percentile from the median to 99.9
 * (tests/theory/test_coverage.c). The same rule is used at every level: of intervals of 99.95 %, at
 * most 1.4 times as many are wrong as should be.
 *
 * The rule ignores correlation: dependent values of one run are worth fewer independent ones. The
 * p99 of sojourns in M/M/1, 300 to 550 experiments of 5 and of 10 replications with the least
 * number of values (standard error 1 to 2 %): at a load of 0.5 its intervals cover the truth in 93
 * and 94 %, at 0.7 in 91 and 93, at 0.8 in 84 and 89, at 0.9 in 57 and 57
 * (tests/theory/test_coverage.c); with 4 times as many values at 0.8 in 91 and 95, at 0.9 in 81 and
 * 84. The relaxation time of a queue is about 1/(1 - load)² services: with 6 times as many values
 * at 0.8 and 25 times at 0.9, as that suggests, 5 replications cover it in 94 %. No rule demands
 * this, because the size of a sample does not show its correlation. Instead a note is printed with
 * the interval if a component is as busy as SIM_CARRY_BUSY.
 *
 * Means, rates and ratios are not biased and need no rule. How many values the mean of a heavy tail
 * needs cannot be seen from the sample. The greatest value is that of a run of this length: each
 * replication has exactly one. */
#ifndef SIM_STUDY_SAMPLE_SIZE_H
#define SIM_STUDY_SAMPLE_SIZE_H

#include "study/estimates/estimate.h"

#include <stdbool.h>

enum {
    SIM_CARRY_BEYOND = 6, /* values beyond a percentile, times the replications */
    /* at most this many replications count in that product; with more, the interval is widened */
    SIM_CARRY_REPLICATIONS = 10,
};

#define SIM_CARRY_BUSY 0.7 /* utilisation from which a percentile's interval may be too narrow */

/* The p of a percentile: 0.99 for "p99", 0.999 for "p999" and "p99_9". NAN: not a percentile. */
double sim_percentile_of(const char *stat);

/* The least number of values in each of `replications` (1 and up) with which the p-th percentile
 * has an interval; INFINITY for 0 and 1. */
double sim_percentile_needs(double p, uint32_t replications);
/* Whether n values in each replication are enough. */
bool sim_percentile_carries(double p, double n, uint32_t replications);
/* The factor, at least 1, by which an interval of `level` over these replications is wider than
 * Student's. O(replications). */
double sim_percentile_wider(double p, double n, uint32_t replications, double level);

/* Removes or widens an estimate's interval of `level`, depending on the number `n` of values in
 * each replication. .needs stays 0 unless the interval is removed. NAN p: nothing changes. */
void sim_carry_percentile(struct sim_estimate *, double p, double n, double level);

/* What is missing, as text: "too few for p99: 10 values in each of 20 replications, about 6000 are
 * needed, a duration of 3h". `warmup` and `duration` in ns; duration 0: not about a whole run. */
struct sim_carry_text {
    char s[256];
};
struct sim_carry_text sim_carry_text(const struct sim_estimate *, const char *stat, double warmup,
                                     double duration);

#endif
