/* estimate.h - a mean, or a share, and how sure it is. */
#ifndef SIM_STUDY_ESTIMATE_H
#define SIM_STUDY_ESTIMATE_H

#include <stddef.h>
#include <stdint.h>

#define SIM_LEVEL 0.95 /* of every interval that nobody asked otherwise for */

/* Where an interval comes from. */
enum sim_method {
    SIM_BY_STUDENT, /* Student's t over replications */
    SIM_BY_WILSON,  /* Wilson's score interval of a share */
    SIM_BY_BATCHES, /* batch means within one run; of a share by Wilson's */
};

/* Over n observed replications. n = 0: all NAN. n = 1: low and high NAN, for one run says nothing
 * about how far another would lie from it; unless its batches do (batch.h). */
struct sim_estimate {
    double mean, low, high;
    uint32_t n;
    enum sim_method method;
    double has, needs; /* needs > 0: each replication has too few values to carry an interval, has
                          so many of so many (sample_size.h); then low and high are NAN */
};

/* The Student interval of the mean of `values`, of which NAN were not observed and are left out.
 * O(count + df). */
struct sim_estimate sim_estimate_mean(const double *values, size_t count, double level);

/* The same with the quantile for each n at hand: for thousands of intervals over few replications.
 * quantiles[n - 1] is for n values, n >= 2; sim_estimate_quantiles() fills it for 1 … count. */
void sim_estimate_quantiles(double *quantiles, size_t count, double level);
struct sim_estimate sim_estimate_quick(const double *values, size_t count, const double *quantiles);

/* Of what cannot be below 0, as no meter can: cuts the interval there. The mean stays. */
void sim_estimate_not_below_zero(struct sim_estimate *);

#endif
