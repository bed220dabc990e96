/* measured.h - which meters a component has. */
#ifndef SIM_RUN_MEASURED_H
#define SIM_RUN_MEASURED_H

#include "fabric/world_state.h"
#include "sim/record.h"

/* Returns a table of sim_meters_of(). NULL: the model has no such table, or this world does not
 * keep it. */
static inline const struct sim_meter *sim__meters_kept(const struct sim_world *w,
                                                       const struct sim_model *model, int table)
{
    bool kept = table != SIM_METERS_TRUTH || w->plan->keyspace_count > 0;
    if (table == SIM_METERS_COPIES) {
        kept = false;
        for (uint32_t i = 0; i < w->plan->keyspace_count; i++)
            kept = kept || w->plan->keyspaces[i].subjects > 0;
    }
    return kept ? sim_meters_of(model, (enum sim_meter_table)table) : NULL;
}

/* The address from which the offsets of a node's table count. */
static inline void *sim__node_meters(struct sim_node *node, int table)
{
    switch (table) {
    case SIM_METERS_OWN: return node;
    case SIM_METERS_STATION: return node->station;
    case SIM_METERS_CALLER: return node->caller;
    case SIM_METERS_TRUTH: return node->truth;
    default: return node->copies;
    }
}

#endif
