/* arrivals_state.h - what the files of arrivals share. */
#ifndef SIM_LOAD_ARRIVALS_STATE_H
#define SIM_LOAD_ARRIVALS_STATE_H

#include "fabric/world_state.h"
#include "sim/arrivals.h"

/* `advance` is called with a time at or after the end of the piece, and replaces it by the piece at
 * that time. `check` returns NULL or a sentence, `most` the greatest rate per second, `mean` the
 * mean rate over a run of some length. */

/* Whether the world is told to stop; for walks over the pieces of a rate, which may be far more
 * than the arrivals. Checked once every 4096 pieces. */
static inline bool sim__arrivals_stop(const struct sim_arrivals *a, uint32_t piece)
{
    return piece % 4096 == 4095 && sim__world_stops(a->world);
}

/* arrivals_modulated.c */
const char *sim__modulated_check(const struct sim_list *states);
double sim__modulated_most(const struct sim_list *states);
double sim__modulated_mean(const struct sim_list *states); /* 0 without states */
void sim__modulated_begin(struct sim_arrivals *);
void sim__modulated_advance(const struct sim_arrivals *, struct sim_arrivals_walk *, sim_time from);

/* arrivals_day.c */
const char *sim__day_check(const struct sim_arrivals_day *);
double sim__day_most(const struct sim_arrivals_day *);
double sim__day_mean(const struct sim_arrivals_day *, sim_time duration); /* 0 without a day */
int sim__day_begin(struct sim_arrivals *, const struct sim_node *); /* 0, or -1: out of memory */
void sim__day_advance(const struct sim_arrivals *, struct sim_arrivals_walk *, sim_time from);

/* arrivals_spikes.c: `most` and `mean` are factors; `most` takes the mean of random spikes, or 1 */
const char *sim__spikes_check(const struct sim_arrivals *);
double sim__spikes_most(const struct sim_arrivals *);
double sim__spikes_mean(const struct sim_arrivals *, sim_time duration);
void sim__spikes_begin(struct sim_arrivals *);
void sim__spikes_advance(const struct sim_arrivals *, struct sim_arrivals_walk *, sim_time from);

/* arrivals_replay.c: `rate` is the mean */
const char *sim__replay_check(const struct sim_arrivals_replay *);
double sim__replay_rate(const struct sim_arrivals_replay *);
double sim__replay_mean(const struct sim_arrivals_replay *, sim_time duration);
void sim__replay_begin(struct sim_arrivals *);
sim_time sim__replay_next(struct sim_arrivals *, sim_time now);

#endif
