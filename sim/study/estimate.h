/* estimate.h - a mean and how sure it is. */
#ifndef SIM_STUDY_ESTIMATE_H
#define SIM_STUDY_ESTIMATE_H

#include <stddef.h>
#include <stdint.h>

#define SIM_LEVEL 0.95 /* of every interval that nobody asked otherwise for */

/* Over n observed replications. n = 0: all NAN. n = 1: low and high NAN, for one run says nothing
 * about how far another would lie from it. */
struct sim_estimate {
    double mean, low, high;
    uint32_t n;
};

/* The Student interval of the mean of `values`, of which NAN were not observed and are left out.
 * O(count + df). */
struct sim_estimate sim_estimate_mean(const double *values, size_t count, double level);

/* The same with the quantile for each n at hand: for thousands of intervals over few replications.
 * quantiles[n - 1] is for n values, n >= 2; sim_estimate_quantiles() fills it for 1 … count. */
void sim_estimate_quantiles(double *quantiles, size_t count, double level);
struct sim_estimate sim_estimate_quick(const double *values, size_t count, const double *quantiles);

#endif
