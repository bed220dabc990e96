/* study_state.h - what the files of the study share among themselves. */
#ifndef SIM_STUDY_STUDY_STATE_H
#define SIM_STUDY_STUDY_STATE_H

#include "study/store/store.h"
#include "study/work/team.h"
#include "study/work/threads.h"

/* The unit in which a metric or series is reported: rates of counters are per second. A unit that
 * is a rate already stays. NULL when out of memory. */
const char *sim__rate_unit(struct sim_names *, const struct sim_plan *, const struct sim_metric *);
/* Writes these units into the records of a case. 0, or -1 when out of memory. */
int sim__rates_set(struct sim_runs *, uint32_t at);
/* The meter of a component in the table of its model or of the fabric. NULL: none. The search for
 * the component starts at index `near`: O(1) if it is there, else O(components). */
const struct sim_meter *sim__rates_meter(const struct sim_plan *, uint32_t near,
                                         const char *component, const char *name);

/* Fills in a case's .attributed. 0, or -1 when out of memory. `values`: room for one value of each
 * replication. */
int sim__attributed_make(struct sim_aggregate *, const struct sim_runs *, uint32_t at,
                         const double *quantiles, double *values);
void sim__attributed_free(struct sim_aggregate *);

/* Whether a meter is a share, which gets Wilson's interval. */
bool sim__share_is(const struct sim_plan *, const struct sim_metric *);
/* Whether a metric is the mean of a share of counted things. Its .n is then their number. */
bool sim__share_is_counted(const struct sim_plan *, const struct sim_metric *);
/* Whether a metric comes from the single values of a histogram. */
bool sim__share_is_recorded(const struct sim_plan *, const struct sim_metric *);
/* The number of things that a share is of, in all replications: for "success" the requests. 0: they
 * are not counted. */
double sim__share_trials(const struct sim_runs *, uint32_t at, const struct sim_metric *);
/* The error of a percentile because histograms keep only buckets: half of the bucket, about 0.8 %
 * of the value. 0 for other stats. It may be in the same direction in every replication, so their
 * spread does not show it. */
double sim__share_blur(const struct sim_plan *, const struct sim_metric *, double value);
/* Widens an interval, if there is one, by `by` on both sides. */
void sim__share_widen(struct sim_estimate *, double by);
/* The number of values behind a metric in each replication. If it differs between replications, the
 * harmonic mean is used, because the bias of a percentile is in proportion to 1/n. 0: nothing was
 * observed. O(replications). */
double sim__share_values(const struct sim_runs *, uint32_t at, uint32_t m);
/* The same for the metric of an expectation; for a span in proportion to its length. */
double sim__expect_values(const struct sim_expect *, const struct sim_runs *, uint32_t at);
/* The estimate of metric `m` from the batches of one run; without an interval if the batches cannot
 * support one. */
struct sim_estimate sim__share_one_run(const struct sim_runs *, uint32_t at, uint32_t m,
                                       double level);
/* The estimate of metric `m` of a case over replications; with one replication, from its batches.
 * `values`: room for runs->replications values. */
struct sim_estimate sim__share_or_mean(const struct sim_runs *, uint32_t at, uint32_t m,
                                       const double *quantiles, double *values);

/* Fills in the runs from replication `first` on that are in the store. 0, or -1 with the reason. */
int sim__reuse(struct sim_store *, struct sim_runs *, uint64_t seed, uint32_t first, bool trace,
               struct sim_error *);

/* For rank 0 of a team. Gives jobs to every rank that has room. 0, or -1. */
int sim__team_give(struct sim_team *, bool (*take)(void *, struct sim__job *), void *self);
/* Takes the finished jobs that have come back, as a chain. With `numbers_only` their records have
 * no series and distributions, but their packed form is complete. 0, or -1 with the reason. */
int sim__team_take(struct sim_team *, struct sim_names *, bool numbers_only, struct sim__done **,
                   struct sim_error *);

#endif
