/* world.h - worlds made from a plan: how large one will be, and running it. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "sim/record.h"

/* A world made from a plan, at time 0. The caller owns it; the plan must outlive it. NULL with the
 * reason in *error, also when it is told to stop (sim_limits.stop). */
struct sim_world *sim_world_new(const struct sim_plan *, uint64_t seed, uint64_t replication,
                                struct sim_error *);
void sim_world_free(struct sim_world *);
struct sim *sim_world_sim(struct sim_world *);
/* A node, by the index of its component in the plan and its own in the component. */
struct sim_node *sim_world_node(struct sim_world *, uint32_t component, uint32_t node);

/* To be called before the run: keeps that many random requests, and that many of the slowest, with
 * all their spans. Nothing else of the record changes. 0, or -1 when out of memory. */
#define SIM_TRACE_MOST 2048
int sim_world_trace(struct sim_world *, uint32_t requests);

/* Called after every window, in the thread that runs, with the simulated time reached and the
 * events so far. Returning false ends the run as SIM_STOPPED. Must not touch the world. */
typedef bool sim_progress(void *self, sim_time reached, uint64_t events);

/* Runs the world to the plan's end and takes its record. NULL when out of memory, and when it was
 * told to stop (sim_limits.stop). `progress` may be NULL. */
struct sim_record *sim_world_run(struct sim_world *, sim_progress *, void *self);
/* Estimates how many events a run will take, from what the models say they offer and how deep their
 * calls go; with the arithmetic in words. To refuse runs that are too large to finish. */
double sim_plan_events(const struct sim_plan *, char *arithmetic, size_t bytes);
/* A lower bound on the bytes that a world takes, from the parameters alone: nodes, users, keys,
 * subjects, windows. The arithmetic is that of the largest part. O(components x calls). */
double sim_plan_world_bytes(const struct sim_plan *, char *arithmetic, size_t bytes);
/* A low estimate of the bytes that waiting calls take at the end of a run in which queues without a
 * limit get more work than their servers can do; 0: no queue does. The arithmetic is that of the
 * largest queue. To refuse runs that do not fit into memory. O(components x ports). */
double sim_plan_bytes(const struct sim_plan *, char *arithmetic, size_t bytes);

/* Checks a model's tables (models/README.md lists the mistakes). `complete`: also checks what users
 * read, such as the sentence of each row. 0, or -1 with the model, the row and what is wrong. Each
 * world checks the models of its plan. O(rows^2). */
int sim_model_check(const struct sim_model *, bool complete, struct sim_error *);
/* Checks a table of parameters of something else, whose struct has `size` bytes. */
int sim_params_check(const char *name, const struct sim_param *, size_t size, struct sim_error *);

#endif
