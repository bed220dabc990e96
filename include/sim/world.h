/* world.h - worlds made from a plan: how large one will be, and running it. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "sim/record.h"

/* A world wired and initialised from a plan, at time 0. The caller owns it; the plan must outlive
 * it. NULL with the reason in *error; also when it is told to stop (sim_limits.stop). */
struct sim_world *sim_world_new(const struct sim_plan *, uint64_t seed, uint64_t replication,
                                struct sim_error *);
void sim_world_free(struct sim_world *);
struct sim *sim_world_sim(struct sim_world *);
/* A node of it, by the places of its component in the plan and of the node in the component. */
struct sim_node *sim_world_node(struct sim_world *, uint32_t component, uint32_t node);

/* Before the run: so many requests chosen without bias, and so many of the slowest, are to be kept
 * with all their spans. All else of the record is as without. 0, or -1 when out of memory. */
#define SIM_TRACE_MOST 2048
int sim_world_trace(struct sim_world *, uint32_t requests);

/* Called after every window, from the running thread: simulated time reached and events so far.
 * Returning false ends the run as SIM_STOPPED. Must not touch the world. */
typedef bool sim_progress(void *self, sim_time reached, uint64_t events);

/* Runs the world to the plan's end and takes its record. NULL when out of memory, and when it was
 * told to stop (sim_limits.stop). `progress` may be NULL. */
struct sim_record *sim_world_run(struct sim_world *, sim_progress *, void *self);
/* An estimate of the events a run will take (from what the models say they offer and how deep the
 * calls go), with its arithmetic in words; for refusing what is too large to finish. */
double sim_plan_events(const struct sim_plan *, char *arithmetic, size_t bytes);
/* Bytes that a world is sure to take, from the parameters alone and from below: nodes, users, keys,
 * subjects, windows. The arithmetic is of the largest part. O(components x calls). */
double sim_plan_world_bytes(const struct sim_plan *, char *arithmetic, size_t bytes);
/* An estimate, from below, of the bytes that waiting calls take at the end of a run in which queues
 * without a limit get more work than can be done; 0 where none does. The arithmetic is of the
 * largest. For refusing what is too large to fit. O(components x ports). */
double sim_plan_bytes(const struct sim_plan *, char *arithmetic, size_t bytes);

/* Holds a model's tables against what they must be (models/README.md has the list). `complete`:
 * what users read has to be there too, such as a sentence for each row. 0, or -1 with the model,
 * the row and what is wrong with it. Each world checks the models of its plan. O(rows^2). */
int sim_model_check(const struct sim_model *, bool complete, struct sim_error *);
/* The same for a table of parameters of something else, whose struct has so many bytes. */
int sim_params_check(const char *name, const struct sim_param *, size_t size, struct sim_error *);

#endif
