/* wilson.h - intervals of shares: never below 0, never above 1.
 *
 * Wilson (1927), "Probable inference, the law of succession, and statistical inference", J. Amer.
 * Statist. Assoc. 22: the interval holds the shares p that the observed one is within z standard
 * errors of, the standard error being that of p. */
#ifndef SIM_STUDY_WILSON_H
#define SIM_STUDY_WILSON_H

#include "study/estimates/estimate.h"

/* Of independent trials, such as "did this replication recover?": one trial per replication.
 * trials = 0: all NAN. .n is the trials. */
struct sim_estimate sim_wilson_trials(uint64_t successes, uint64_t trials, double level);

/* Of shares seen by replications, such as the requests that succeeded: requests of one run stand in
 * the same queue, so that a million of them are not a million trials. How many they are worth comes
 * from how far the replications lie apart: mean m and standard error e make an effective number of
 * trials m (1 - m) / e², and t with n - 1 degrees of freedom stands for z (Korn and Graubard 1998,
 * Survey Methodology 24; Dean and Pagano 2015, J. Survey Statist. Methodol. 3). When every
 * replication saw 0, or every one 1, there is no e: then the trials are `trials`, those of all
 * replications together, as if independent (Parker et al. 2017, Vital Health Statist. 2(175)),
 * and the interval is the shortest there can be; trials = 0: unknown, and it has no width.
 *
 * `error` is the standard error of the mean, `quantile` of t. NAN error: no interval. */
struct sim_estimate sim_wilson_error(double mean, double error, double quantile);

/* The same from the values: NAN are left out; quantiles as for sim_estimate_quick(). Values that
 * are no shares (below 0, above 1) have Student's interval. O(count). */
struct sim_estimate sim_wilson_shares(const double *values, size_t count, double trials,
                                      const double *quantiles);
/* The same at any level. O(count + df). */
struct sim_estimate sim_wilson_level(const double *values, size_t count, double trials,
                                     double level);

#endif
