/* batch.h - an interval from one long run: batch means over its windows.
 *
 * The windows after warm-up are cut into 20 batches of equally many windows; the oldest windows
 * left over belong to none. If batches are much longer than the time over which the run is
 * correlated, their means are nearly independent, and Student's t with 19 degrees of freedom gives
 * the interval. Any number of batches between 10 and 30 is about as good (Schmeiser 1982, "Batch
 * size effects in the analysis of simulation output", Operations Research 30). An interval is given
 * on three conditions:
 *   length     there are at least 4 windows to a batch, and each quarter of a batch has
 *              observations
 *   memory     the correlation of neighbours among four times as many batches is at most 0.4: then
 *              among the 20 it is below 0.07, and the interval at most 6 % too narrow (the rule of
 *              Law and Carson 1979, Operations Research 27, who use ten times as many)
 *   agreement  the mean of the windows lies within the interval: percentiles of windows that are
 *              too short, or of a changing load, do not average to the percentile of the run
 * A percentile's batches are means of its windows' percentiles; for long windows these vary as the
 * run's percentile does, which is the interval's middle (sectioning: Nakayama 2014, "Confidence
 * intervals for quantiles using sectioning when applying variance-reduction techniques", ACM
 * TOMACS 24). None of this holds for a run with faults: it gets no interval. */
#ifndef SIM_STUDY_BATCH_H
#define SIM_STUDY_BATCH_H

#include "study/estimates/estimate.h"

#include <stdbool.h>

enum { SIM_BATCHES = 20, SIM_BATCH_FINER = 4 };

enum sim_batch_problem {
    SIM_BATCH_FINE,
    SIM_BATCH_SHORT,      /* too few windows */
    SIM_BATCH_EMPTY,      /* a quarter of a batch without any observation */
    SIM_BATCH_CORRELATED, /* the run is correlated over too long a time */
    SIM_BATCH_DISAGREES,  /* the mean of the windows is not that of the run */
};

/* The interval around `value`, the value of the run, from the values of its windows (NAN: nothing
 * observed). n is 1; low and high are NAN when there is a problem. `share`: stays within [0, 1].
 * O(count). */
enum sim_batch_problem sim_batch_estimate(const double *windows, size_t count, double value,
                                          bool share, double level, struct sim_estimate *);

/* The means of `batches` batches of equally many windows, without the oldest windows that are left
 * over. False: one batch has no observation. */
bool sim_batch_means(const double *windows, size_t count, uint32_t batches, double *means);

/* Lag-1 correlation of a sequence. 0 when it does not vary. */
double sim_batch_correlation(const double *values, uint32_t count);

#endif
