/* wilson.h - intervals of shares: never below 0, never above 1.
 *
 * Wilson (1927), "Probable inference, the law of succession, and statistical inference", J. Amer.
 * Statist. Assoc. 22: the interval contains each share p from which the observed share is at most z
 * standard errors away, with the standard error of p. */
#ifndef SIM_STUDY_WILSON_H
#define SIM_STUDY_WILSON_H

#include "study/estimates/estimate.h"

/* For independent trials, such as "did this replication recover?", with one trial per replication.
 * trials = 0: all NAN. .n is the number of trials. */
struct sim_estimate sim_wilson_trials(uint64_t successes, uint64_t trials, double level);

/* For shares observed in replications, such as the requests that succeeded. Requests of one run
 * wait in the same queues, so a million of them are not a million independent trials. The effective
 * number of trials follows from the spread of the replications: m (1 - m) / e², with mean m and
 * standard error e. t with n - 1 degrees of freedom replaces z (Korn and Graubard 1998, Survey
 * Methodology 24; Dean and Pagano 2015, J. Survey Statist. Methodol. 3). If all replications have
 * 0, or all have 1, there is no e. Then `trials`, those of all replications together, count as if
 * independent (Parker et al. 2017, Vital Health Statist. 2(175)), and the interval is the shortest
 * possible. trials = 0: unknown, and the interval has no width.
 *
 * `error` is the standard error of the mean, `quantile` the quantile of t. NAN error: no
 * interval. */
struct sim_estimate sim_wilson_error(double mean, double error, double quantile);

/* The same from the values: NAN is left out; quantiles as for sim_estimate_quick(). Values outside
 * [0, 1] get Student's interval. O(count). */
struct sim_estimate sim_wilson_shares(const double *values, size_t count, double trials,
                                      const double *quantiles);
/* The same at any level. O(count + df). */
struct sim_estimate sim_wilson_level(const double *values, size_t count, double trials,
                                     double level);

#endif
