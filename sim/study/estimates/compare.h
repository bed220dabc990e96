/* compare.h - compares two cases under the same load, metric by metric. Replication k of both cases
 * uses the same random streams (common random numbers). So the differences are taken replication by
 * replication and give a paired-t interval (Law 2015, Simulation Modeling and Analysis, 5th ed.,
 * 10.2.1). It is narrower the more similarly the two cases respond to the same load. With m metrics
 * each interval has the level 1 - 0.05/m, so that all of them hold at once with probability 0.95,
 * however they depend on each other (Bonferroni; Dunn 1961, J. Amer. Statist. Assoc. 56; Law 2015,
 * 9.7). Holm's procedure is a little more powerful, but gives no intervals. The difference of two
 * percentiles has their bias but a smaller standard deviation, as the two are similar. So a sample
 * that is too small for an interval of the percentiles is too small for one of their difference. */
#ifndef SIM_STUDY_COMPARE_H
#define SIM_STUDY_COMPARE_H

#include "study/study.h"

enum sim_compare_finding {
    SIM_COMPARE_LOWER,  /* the interval of b - a lies below 0 */
    SIM_COMPARE_HIGHER, /* above */
    SIM_COMPARE_UNCLEAR,
    SIM_COMPARE_SAME,       /* equal in every pair */
    SIM_COMPARE_ALONE,      /* only one pair: no interval */
    SIM_COMPARE_UNOBSERVED, /* observed on both sides in no pair */
    SIM_COMPARE_TOO_FEW,    /* a percentile of too few values for an interval (sample_size.h) */
};

struct sim_difference {
    const char *component, *meter, *stat, *unit; /* owned by the records */
    double a, b;                                 /* means over the pairs */
    uint32_t seen[2];           /* how many replications of a, and of b, observed it */
    struct sim_estimate change; /* of b - a; .n pairs */
    double relative;            /* the change divided by the mean of a; NAN when that is 0 */
    enum sim_compare_finding finding;
    /* pairs with which a true difference of `resolution` of a would be found four times in five;
       0: unknown (n = 1, a is 0, all pairs equal), UINT32_MAX: a billion or more */
    uint32_t needed;
    uint32_t near; /* as in the metric */
};

struct sim_comparison {
    uint32_t a, b, pairs; /* cases; replications finished in both */
    double level;         /* of each interval; all together hold with SIM_LEVEL */
    double resolution;    /* 0.02: differences of 2 % are of interest */
    struct sim_difference *items;
    uint32_t count;
};

/* Compares cases `a` and `b` by the metrics named ("component.meter[.stat]"); count 0: by the
 * metrics shown by default that one of them has and that are not zero everywhere. A metric that no
 * pair has on both sides is unobserved. Intervals of differences of percentiles are wider, because
 * histograms know values only to a bucket. The caller frees with sim_compare_free(). 0, or -1 when
 * out of memory. */
int sim_compare_runs(const struct sim_runs *, uint32_t a, uint32_t b, const char *const *metrics,
                     uint32_t count, double resolution, struct sim_comparison *);
void sim_compare_free(struct sim_comparison *);

/* How many pairs whose differences have the standard deviation `sd` find a difference of `size`
 * with an interval of `level` four times in five: the least n with
 * size >= (t_level + t_0.6) sd/sqrt(n), both of n - 1 degrees of freedom (one of the two tails of
 * t_0.6 is 0.2). O(log n · n). */
uint32_t sim_compare_needed(double sd, double size, double level);

#endif
