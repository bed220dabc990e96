/* fault_state.h - the faults in force. */
#ifndef SIM_FABRIC_FAULT_STATE_H
#define SIM_FABRIC_FAULT_STATE_H

#include "sim/plan.h"

/* Faults that are active, in the order in which they began. */
struct sim__faults {
    struct sim__fault *oldest, *newest;
};

/* A fault at work: an entry of the plan, or its part that strikes one node or component alone. */
struct sim__fault {
    const struct sim_plan_fault *plan;
    struct sim_plan_end on;
    const char *name;                 /* of the part; NULL: all of it */
    struct sim__fault *older, *newer; /* in a list of those active */
    uint64_t begun;                   /* its place among all that began */
    uint32_t window;                  /* its place in the world's windows, 1 + index; 0: none */
    struct sim_stream fails, repaired, effect;
};

/* The active faults that may hold at a component, or between two, in the order in which they
 * began; not those that set parameters. */
struct sim__active {
    struct sim__fault *next[3];
};
struct sim__active sim__active_at(const struct sim_world *, uint32_t a, uint32_t b);
struct sim__active sim__active_at_node(const struct sim_node *);
struct sim__fault *sim__active_next(struct sim__active *); /* NULL: that was the last */

/* Schedules the plan's timeline. 0, or -1 when out of memory. */
int sim__faults_begin(struct sim_world *);
/* About how many events the timeline takes: beginnings and ends. */
double sim__faults_events(const struct sim_plan *);
/* Whether a node is among those that a fault strikes. */
bool sim__fault_covers(const struct sim_plan_end *, const struct sim_node *);
/* Whether an error rate in force takes this call of the node. */
bool sim__faults_spoil(const struct sim_node *, enum sim_plan_when);
/* Whether a message passes what is wrong with its link; makes *takes longer. */
bool sim__faults_let_pass(const struct sim_world *, const struct sim_node *from,
                          const struct sim_node *to, sim_time *takes);

#endif
