/* world_state.h - the inside of a world: components, links, calls. */
#ifndef SIM_FABRIC_WORLD_STATE_H
#define SIM_FABRIC_WORLD_STATE_H

#include "base/blocks.h"
#include "base/lookup.h"
#include "fabric/call_record.h"
#include "fabric/component_state.h"
#include "fabric/fault_state.h"
#include "sim/plan.h"

struct sim__line;
struct sim__link;
struct sim__operations;
struct sim__trace;

struct sim__site {
    uint32_t component;
    struct sim_plan_site place;
    int64_t sent, received; /* bytes of requests, where the callee has several sites; for the
                               audit */
};

/* The links that a plan declares, by pairs of components and of places. */
struct sim__declared {
    struct sim_lookup components, places;
};

struct sim_world {
    struct sim *sim;
    const struct sim_plan *plan;
    uint64_t seed, replication;
    struct sim_component *components;
    uint32_t component_count, node_count;
    struct sim_keyspace *keyspaces;
    struct sim__site *sites;
    uint32_t site_count;
    struct sim_lookup links; /* index in .links_made, by the numbers of the two sites */
    struct sim__link **links_made;
    uint32_t links_made_count, links_made_capacity;
    struct sim__declared declared;
    struct sim__line *lines; /* between places: two for each link of the plan, one each way */
    uint32_t link_count;
    struct sim__calls calls;
    struct sim__operations *operations; /* calls under a policy */
    struct sim__fault *faults;
    uint32_t fault_count;
    struct sim__faults wide_faults; /* active faults that name no component */
    struct sim_fault_window *fault_windows;
    uint32_t fault_window_count;
    uint64_t fault_begins;
    struct sim__totals totals;
    struct sim_error *refusal; /* where the reason goes if the world cannot be made */
    bool refused;
    struct sim__trace *trace;
    struct sim_blocks blocks; /* memory that lives as long as the world */
};

/* Within init(): refuses to make the world, for this reason. Returns -1. */
int sim__world_refuse(struct sim_world *, const char *why);
/* Whether the world is told to stop (sim_limits.stop); its results are then void. */
bool sim__world_stops(const struct sim_world *);
/* Zeroed memory that lives as long as the world. NULL when out of memory, and when the world is
 * told to stop. */
void *sim__world_alloc(struct sim_world *, size_t count, size_t size);
/* As sim_node_grow(). */
void *sim__world_grow(struct sim_world *, void *old, size_t count, size_t size);

/* The number of a component in its plan. */
static inline uint32_t sim__component_number(const struct sim_component *c)
{
    return (uint32_t)(c - c->world->components);
}

/* Where a node stands. */
static inline const struct sim_plan_site *sim__node_site(const struct sim_node *node)
{
    return &node->world->sites[node->component->first_site + node->site].place;
}

#endif
