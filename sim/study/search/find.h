/* find.h - finds a breaking point from noisy observations. A criterion holds on one side of a point
 * and not on the other. A look at a value runs replications there. The search is a bisection in
 * which every answer is tested: a value holds, or breaks, if the interval of its observations lies
 * on one side of the bound. Otherwise the number of replications is doubled, up to 32 times the
 * first number. If that does not decide either, the value stays undecided, and the search goes on
 * beside it. The result is the interval from the last value that holds to the first one that
 * breaks.
 *
 * That interval is right unless an answer is wrong. Each of at most 32 values gets up to 6 looks,
 * and each look errs with probability at most 0.05/(32 x 6). So all of them are right with
 * probability at least 0.95, whatever their dependence (Bonferroni; for looks at growing data:
 * Jennison and Turnbull 2000, Group Sequential Methods, ch. 9, "repeated confidence intervals"). A
 * bisection that trusts each answer after a fixed number of runs has no such guarantee, because it
 * never recovers from a wrong answer (Waeber, Frazier and Henderson 2013, SIAM J. Control Optim.
 * 51, "Bisection search with noisy responses", sec. 1). Their probabilistic bisection (after
 * Horstein 1963, IEEE Trans. Inf. Theory 9) keeps a distribution over the range instead. For its
 * confidence it needs such a test at each value, too, but it cannot show for each value what was
 * observed and concluded.
 *
 * Assumption: one change over the range. It is checked at five values, including the ends. If the
 * verdicts change more than once, the result is "not monotone". Intervals have their usual
 * assumptions (means of replications: Student's t; shares: Wilson). If a probability is given, each
 * replication is a yes or no, and the test is the exact binomial test. */
#ifndef SIM_STUDY_FIND_H
#define SIM_STUDY_FIND_H

#include "study/estimates/estimate.h"

#include <stdbool.h>

enum {
    SIM_FIND_POINTS = 32, /* the most values examined */
    SIM_FIND_LOOKS = 6,   /* looks at each value; each doubles the number of replications */
    SIM_FIND_LEAST =
        5, /* the fewest replications of a first look; with fewer, t has very heavy tails */
};

enum sim_find_verdict { SIM_FIND_UNKNOWN, SIM_FIND_HOLDS, SIM_FIND_BREAKS };

struct sim_find_ask {
    double low, high;
    bool log, whole;    /* log: middles are geometric; whole: only whole numbers */
    double bound;       /* of the observed value */
    int direction;      /* +1: holds at the bound and above, -1: at it and below */
    bool strict;        /* the bound itself does not hold */
    double probability; /* the share of replications that must hold; NAN: the mean counts */
    uint32_t first;     /* replications of a first look */
    uint32_t most_runs; /* over all values */
    double within;      /* narrow enough: width divided by the middle */
    double (*round)(void *self,
                    double x); /* rounds to a possible value; NULL: all values are possible */
    /* Estimates from `replications` replications at x, with an interval of `level`. For one x the
     * number of replications never decreases. With a probability: the share of replications that
     * hold. 0, or -1: the search ends. An estimate with n = 0 means that nothing was observed. */
    int (*see)(void *self, double x, uint32_t replications, double level, struct sim_estimate *);
    void *self;
};

struct sim_find_point {
    double x;
    uint32_t replications;
    struct sim_estimate seen; /* at 0.95 */
    enum sim_find_verdict verdict;
    bool grid; /* one of the first five values */
};

enum sim_find_finding {
    SIM_FIND_POINT,        /* between low and high */
    SIM_FIND_ALL,          /* it holds at both ends and at all other examined values */
    SIM_FIND_NONE,         /* nowhere */
    SIM_FIND_NOT_MONOTONE, /* more than one change */
    /* too noisy, or too few values: no change was seen, and an end is undecided */
    SIM_FIND_INCONCLUSIVE,
};

struct sim_find {
    enum sim_find_finding finding;
    bool holds_below; /* with a point: true: it holds below and breaks above; false: the opposite */
    double low, high; /* with a point */
    bool narrow;      /* as narrow as requested; for whole numbers: neighbours */
    bool out_of_runs; /* true: the search ended because no runs were left */
    uint32_t runs;
    struct sim_find_point points[SIM_FIND_POINTS]; /* by x */
    uint32_t point_count;
    bool failed; /* see() failed */
};

/* Runs at most most_runs runs; only the first looks at the five values may exceed this. */
struct sim_find sim_find_run(const struct sim_find_ask *);

/* P(X <= k) and P(X >= k) of n trials of probability p. O(n). */
double sim_find_at_most(uint32_t k, uint32_t n, double p);
double sim_find_at_least(uint32_t k, uint32_t n, double p);

#endif
