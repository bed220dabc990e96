/* fault_state.h - the faults in force. */
#ifndef SIM_FABRIC_FAULT_STATE_H
#define SIM_FABRIC_FAULT_STATE_H

#include "sim/plan.h"

/* Faults that are active, in the order in which they began. */
struct sim__faults {
    struct sim__fault *oldest, *newest;
};

/* A fault of the plan, or the part of it that strikes one node or component independently. */
struct sim__fault {
    const struct sim_plan_fault *plan;
    struct sim_plan_end on;
    const char *name;                 /* of the part; NULL: it is the whole fault */
    struct sim__fault *older, *newer; /* in a list of active faults */
    uint64_t begun;                   /* its number in the order of beginnings */
    uint32_t window;                  /* 1 + its index in the world's .fault_windows; 0: none */
    struct sim_stream fails, repaired, effect;
};

/* Goes through the active faults that may hold at a component, or between two, in the order in
 * which they began; without those that set parameters. */
struct sim__active {
    struct sim__fault *next[3];
};
struct sim__active sim__active_at(const struct sim_world *, uint32_t a, uint32_t b);
struct sim__active sim__active_at_node(const struct sim_node *);
struct sim__fault *sim__active_next(struct sim__active *); /* NULL: there are no more */

/* Schedules the plan's timeline. 0, or -1 when out of memory. */
int sim__faults_begin(struct sim_world *);
/* About how many events the timeline takes: beginnings and ends of faults. */
double sim__faults_events(const struct sim_plan *);
/* Whether an end of a fault covers a node. */
bool sim__fault_covers(const struct sim_plan_end *, const struct sim_node *);
/* Draws whether an error rate in force at the node fails this call. */
bool sim__faults_spoil(const struct sim_node *, enum sim_plan_when);
/* Draws whether a message passes the faults on its link, and adds their latency to *takes. */
bool sim__faults_let_pass(const struct sim_world *, const struct sim_node *from,
                          const struct sim_node *to, sim_time *takes);

#endif
