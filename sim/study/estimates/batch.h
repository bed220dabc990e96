/* batch.h - an interval from one long run: batch means over its windows.
 *
 * The windows after warm-up are cut into 20 batches of as many windows each (the oldest that are
 * left over belong to none). If batches are long beside the time over which a run remembers, their
 * means are as good as independent, and Student's t with 19 degrees of freedom says how far the
 * whole run's value may lie from the truth. 20: between 10 and 30 there is little to gain either
 * way (Schmeiser 1982, "Batch size effects in the analysis of simulation output", Operations
 * Research 30). An interval is given on three conditions:
 *   length     there are at least 4 windows to a batch, and each quarter of a batch saw something
 *   memory     the correlation of neighbours among four times as many batches is at most 0.4: then
 *              among the 20 it is below 0.07, and the interval 6 % too narrow at most (the rule of
 *              Law and Carson 1979, Operations Research 27, there with ten times as many)
 *   agreement  the mean of the windows lies within the interval: percentiles of windows that are
 *              too short, or of a load that moves, do not average to the run's own
 * A percentile's batches are means of its windows' percentiles; for long windows these vary as the
 * run's percentile does, which is the interval's middle (sectioning: Nakayama 2014, "Confidence
 * intervals for quantiles using sectioning when applying variance-reduction techniques", ACM
 * TOMACS 24). Nothing of this holds for a run that faults change half-way: there is no interval. */
#ifndef SIM_STUDY_BATCH_H
#define SIM_STUDY_BATCH_H

#include "study/estimates/estimate.h"

#include <stdbool.h>

enum { SIM_BATCHES = 20, SIM_BATCH_FINER = 4 };

enum sim_batch_problem {
    SIM_BATCH_FINE,
    SIM_BATCH_SHORT,      /* too few windows */
    SIM_BATCH_EMPTY,      /* a quarter of a batch without any observation */
    SIM_BATCH_CORRELATED, /* the run remembers for too long */
    SIM_BATCH_DISAGREES,  /* the windows' mean is not the run's */
};

/* The interval about `value`, the run's own, from its values by window (NAN: nothing observed).
 * n is 1; low and high are NAN when there is a problem. `share`: stays within [0, 1]. O(count). */
enum sim_batch_problem sim_batch_estimate(const double *windows, size_t count, double value,
                                          bool share, double level, struct sim_estimate *);

/* Mean of each of `batches` equal runs of windows, the oldest left over left out. False: one has
 * nothing in it. */
bool sim_batch_means(const double *windows, size_t count, uint32_t batches, double *means);

/* Lag-1 correlation of a sequence. 0 when it does not vary. */
double sim_batch_correlation(const double *values, uint32_t count);

#endif
