/* find.h - the breaking point of something that is only seen with noise.
 *
 * A criterion holds on one side of a point and does not on the other; looking at a value of the
 * range is running replications there. The search is a bisection whose every answer is tested: a
 * value counts as holding, or as breaking, when the interval of what was seen there lies on one
 * side of the bound; else it gets twice as many replications, up to 32 times the first, and then
 * counts as untold, and the search goes on on either side of it. What comes out is the interval
 * from the last value that was told to hold to the first that was told to break.
 *
 * That interval is right unless an answer is wrong. Each of at most 32 values is looked at up to 6
 * times, and each look errs towards the wrong side with probability 0.05/(32 x 6) at most, so all
 * of them are right with probability 0.95 at least, whatever depends on what (Bonferroni; for looks
 * at growing data: Jennison and Turnbull 2000, Group Sequential Methods, ch. 9, "repeated
 * confidence intervals"). A bisection that believes each answer after a fixed number of runs has no
 * such statement, for one wrong answer leads it away for good (Waeber, Frazier and Henderson 2013,
 * SIAM J. Control Optim. 51, "Bisection search with noisy responses", sec. 1). Their probabilistic
 * bisection (after Horstein 1963, IEEE Trans. Inf. Theory 9) keeps a distribution over the range
 * instead, and needs such a test at each value for its confidence too; but it cannot say, value by
 * value, what was seen and what followed from it.
 *
 * Assumed: one change over the range. It is checked at five values, the ends among them; a range in
 * which those that were told change more than once is not monotone, and is said to be. Assumed too:
 * what intervals assume (means of replications: Student's t; shares: Wilson). With a probability
 * asked for, each replication is a yes or no, and the test is the exact binomial one. */
#ifndef SIM_STUDY_FIND_H
#define SIM_STUDY_FIND_H

#include "study/estimates/estimate.h"

#include <stdbool.h>

enum {
    SIM_FIND_POINTS = 32, /* values looked at, at most */
    SIM_FIND_LOOKS = 6,   /* at each; every look has twice the replications of the one before */
    SIM_FIND_LEAST = 5,   /* replications of a first look, for t has fat tails below */
};

enum sim_find_verdict { SIM_FIND_UNKNOWN, SIM_FIND_HOLDS, SIM_FIND_BREAKS };

struct sim_find_ask {
    double low, high;
    bool log, whole; /* middles are geometric; whole numbers only */
    double bound;    /* of what is seen: */
    int direction;   /* +1: holds at the bound and above, -1: at it and below */
    bool strict;     /* not at it */
    double
        probability; /* with which a replication has to say yes; NAN: it is the mean that counts */
    uint32_t first;  /* replications of a first look */
    uint32_t most_runs;                    /* over all values */
    double within;                         /* narrow enough: the width by the middle */
    double (*round)(void *self, double x); /* to a value that can be asked for; NULL: any can */
    /* What `replications` replications at x say, with an interval of `level`; of the same x it is
     * asked with the same or growing numbers. With a probability: the share that says yes. 0, or
     * -1: the search ends. An estimate of n = 0 says that nothing was seen, which tells nothing. */
    int (*see)(void *self, double x, uint32_t replications, double level, struct sim_estimate *);
    void *self;
};

struct sim_find_point {
    double x;
    uint32_t replications;
    struct sim_estimate seen; /* at 0.95 */
    enum sim_find_verdict verdict;
    bool grid; /* one of the first five */
};

enum sim_find_finding {
    SIM_FIND_POINT,        /* between low and high */
    SIM_FIND_ALL,          /* it holds at both ends and wherever else it was looked at */
    SIM_FIND_NONE,         /* nowhere */
    SIM_FIND_NOT_MONOTONE, /* more than one change */
    SIM_FIND_INCONCLUSIVE, /* too noisy, or of too few values: no change was seen, and not both
                              ends were told */
};

struct sim_find {
    enum sim_find_finding finding;
    bool holds_below; /* with a point: below it it holds, above it breaks; else the other way */
    double low, high; /* with a point */
    bool narrow;      /* as asked; of whole numbers: neighbours */
    bool out_of_runs; /* what ended it */
    uint32_t runs;
    struct sim_find_point points[SIM_FIND_POINTS]; /* by x */
    uint32_t point_count;
    bool failed; /* see() said so */
};

/* The number of runs is most_runs at most, but for the first look at the five values. */
struct sim_find sim_find_run(const struct sim_find_ask *);

/* P(X <= k) and P(X >= k) of n trials of probability p. O(n). */
double sim_find_at_most(uint32_t k, uint32_t n, double p);
double sim_find_at_least(uint32_t k, uint32_t n, double p);

#endif
