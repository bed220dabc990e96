/* study_state.h - what the files of the study share among themselves. */
#ifndef SIM_STUDY_STUDY_STATE_H
#define SIM_STUDY_STUDY_STATE_H

#include "study/store/store.h"
#include "study/work/team.h"
#include "study/work/threads.h"

/* The unit a metric or series is reported in: counters' rates are per second. A unit that is so
 * already is left alone. NULL when out of memory. */
const char *sim__rate_unit(struct sim_names *, const struct sim_plan *, const struct sim_metric *);
/* Puts them into a case's records. 0, or -1 when out of memory. */
int sim__rates_set(struct sim_runs *, uint32_t at);
/* The meter of a component as its model's table, or the fabric's, has it. NULL: none. The component
 * is looked for in the plan from `near` on: O(1) where that is its place, else O(components). */
const struct sim_meter *sim__rates_meter(const struct sim_plan *, uint32_t near,
                                         const char *component, const char *name);

/* Fills in a case's .attributed. 0, or -1 when out of memory. `values`: room for one of each
 * replication. */
int sim__attributed_make(struct sim_aggregate *, const struct sim_runs *, uint32_t at,
                         const double *quantiles, double *values);
void sim__attributed_free(struct sim_aggregate *);

/* Whether a meter is a share, which has Wilson's interval. */
bool sim__share_is(const struct sim_plan *, const struct sim_metric *);
/* Whether a metric is the mean of a share of something counted, which its .n then is. */
bool sim__share_is_counted(const struct sim_plan *, const struct sim_metric *);
/* Whether a metric is of a histogram, value by value. */
bool sim__share_is_recorded(const struct sim_plan *, const struct sim_metric *);
/* What the shares of a case were shares of, over all replications: the requests of "success". 0:
 * not of something counted. */
double sim__share_trials(const struct sim_runs *, uint32_t at, const struct sim_metric *);
/* How far a percentile may lie from the observed `value` as histograms keep no more than a bucket:
 * half of that bucket, about 0.8 % of the value. 0 for other stats. Every replication can have it
 * in the same direction, so it is not part of how far they lie apart. */
double sim__share_blur(const struct sim_plan *, const struct sim_metric *, double value);
/* Widens an interval, if there is one, by so much on both sides. */
void sim__share_widen(struct sim_estimate *, double by);
/* How many values a metric rests on in each replication: where they differ, the harmonic mean, for
 * a percentile is biased as 1/n is. 0: nothing was observed. O(replications). */
double sim__share_values(const struct sim_runs *, uint32_t at, uint32_t m);
/* The same for what an expectation looks at; of a span as many as fall to it by its length. */
double sim__expect_values(const struct sim_expect *, const struct sim_runs *, uint32_t at);
/* What one run says of its own metric `m` by its batches; no interval where they support none. */
struct sim_estimate sim__share_one_run(const struct sim_runs *, uint32_t at, uint32_t m,
                                       double level);
/* The estimate of metric `m` of a case over replications; with one replication from its batches.
 * `values`: room for runs->replications. */
struct sim_estimate sim__share_or_mean(const struct sim_runs *, uint32_t at, uint32_t m,
                                       const double *quantiles, double *values);

/* Fills in the runs from replication `first` on that the store has. 0, or -1 with the reason. */
int sim__reuse(struct sim_store *, struct sim_runs *, uint64_t seed, uint32_t first, bool trace,
               struct sim_error *);

/* Rank 0 of a team. Gives jobs to whoever has room; 0, or -1. */
int sim__team_give(struct sim_team *, bool (*take)(void *, struct sim__job *), void *self);
/* Takes in what has come back, as a chain, with `numbers_only` without series and distributions,
 * but packed whole. 0, or -1 with the reason. */
int sim__team_take(struct sim_team *, struct sim_names *, bool numbers_only, struct sim__done **,
                   struct sim_error *);

#endif
