/* estimate.h - an estimate of a mean or a share, with its interval. */
#ifndef SIM_STUDY_ESTIMATE_H
#define SIM_STUDY_ESTIMATE_H

#include <stddef.h>
#include <stdint.h>

#define SIM_LEVEL 0.95 /* the default level of intervals */

/* How an interval was computed. */
enum sim_method {
    SIM_BY_STUDENT, /* Student's t over replications */
    SIM_BY_WILSON,  /* Wilson's score interval of a share */
    SIM_BY_BATCHES, /* batch means within one run; for a share with Wilson's formula */
};

/* Over n observed replications. n = 0: all NAN. n = 1: low and high are NAN, because one run does
 * not show the spread between runs, unless its batches support an interval (batch.h). */
struct sim_estimate {
    double mean, low, high;
    uint32_t n;
    enum sim_method method;
    /* needs > 0: each replication has too few values for an interval: .has of .needs
     * (sample_size.h); low and high are then NAN */
    double has, needs;
};

/* The Student interval of the mean of `values`. NAN means not observed and is left out. O(count +
 * df). */
struct sim_estimate sim_estimate_mean(const double *values, size_t count, double level);

/* The same with precomputed quantiles, for thousands of intervals over few replications.
 * quantiles[n - 1] is for n values, n >= 2; sim_estimate_quantiles() fills it for 1 … count. */
void sim_estimate_quantiles(double *quantiles, size_t count, double level);
struct sim_estimate sim_estimate_quick(const double *values, size_t count, const double *quantiles);

/* For values that cannot be below 0, as those of meters: cuts the interval at 0. The mean stays. */
void sim_estimate_not_below_zero(struct sim_estimate *);

#endif
