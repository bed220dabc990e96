/* component_state.h - the inside of a component, and of the targets of ports. */
#ifndef SIM_FABRIC_COMPONENT_STATE_H
#define SIM_FABRIC_COMPONENT_STATE_H

#include "fabric/fault_state.h"
#include "sim/plan.h"

struct sim__link;

struct sim_component {
    struct sim_world *world;
    const struct sim_plan_component *plan;
    struct sim_node **nodes;
    uint32_t first_node; /* the number of its first node, among all nodes of the world */
    uint32_t first_site; /* likewise */
    uint32_t turn;       /* round robin: the next node's turn */
    struct sim_stream spread, jitter;
    sim_time timeout;              /* of its policy; 0: none */
    struct sim_lane *timeout_lane; /* for the timeout; NULL: none */
    bool hears_cancel;             /* its callers tell it when they no longer wait (call.c) */
    bool plain;              /* its policy has no more than a timeout, so a call is one attempt */
    uint64_t until_followed; /* calls up to the next one that is followed (trace.c); never 0 */
    void *shared;
    size_t shared_bytes;
    struct sim__faults sets, faults;         /* active faults that set its parameters; other active
                                                faults that name it */
    struct sim__link *links_from, *links_to; /* the links that exist from it, and to it */
};

/* Nodes among which a call chooses, and whose turn it is. */
struct sim__choice {
    struct sim_node **nodes;
    uint32_t count, turn;
};

struct sim__path {
    struct sim__link *out, *back;
};

/* Callers at one site share their targets. */
struct sim_port_target {
    struct sim_component *component;
    double share;
    struct sim__path path;                /* if the component has one site */
    struct sim__path *paths;              /* by the callee's site; NULL: it has one */
    struct sim__choice *within, *nearest; /* the nodes at a place that the scenario names; those
                                             nearest to the caller; NULL: all */
};

#endif
