/* component_state.h - the inside of a component: its nodes, its turns, whom its ports call. */
#ifndef SIM_FABRIC_COMPONENT_STATE_H
#define SIM_FABRIC_COMPONENT_STATE_H

#include "fabric/fault_state.h"
#include "sim/plan.h"

struct sim__link;

struct sim_component {
    struct sim_world *world;
    const struct sim_plan_component *plan;
    struct sim_node **nodes;
    uint32_t first_node; /* the number of its first node, of all in the world */
    uint32_t turn;       /* round robin: the next node's turn */
    struct sim_stream spread, jitter;
    sim_time timeout;              /* its policy's; 0: none */
    struct sim_lane *timeout_lane; /* of that; NULL: none */
    bool plain;              /* its policy is at most a timeout: an attempt is the whole call */
    uint64_t until_followed; /* calls until the one to be followed (trace.c); never 0 */
    void *shared;
    size_t shared_bytes;
    struct sim__faults sets, faults;         /* that set its parameters; others that name it */
    struct sim__link *links_from, *links_to; /* that were made */
};

struct sim_port_target {
    struct sim_component *component;
    double share;
    struct sim__link *out, *back;
};

#endif
