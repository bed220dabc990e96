/* measured.h - which meters a component has. */
#ifndef SIM_RUN_MEASURED_H
#define SIM_RUN_MEASURED_H

#include "fabric/world_state.h"
#include "sim/plugin.h"
#include "sim/record.h"

/* A table of sim_component_meters(). NULL: the component has no such table, or this world does not
 * keep it. */
static inline const struct sim_meter *
sim__meters_kept(const struct sim_world *w, const struct sim_plan_component *c, uint32_t table)
{
    bool kept = table != SIM_METERS_TRUTH || w->plan->keyspace_count > 0;
    if (table == SIM_METERS_COPIES) {
        kept = false;
        for (uint32_t i = 0; i < w->plan->keyspace_count; i++)
            kept = kept || w->plan->keyspaces[i].subjects > 0;
    }
    return kept ? sim_component_meters(c, table) : NULL;
}

/* The row of the plug-in whose meters a table has, which is not one of the first
 * SIM_METERS_TABLES; NULL: the model has no such plug-in. O(parameters). */
static inline const struct sim_param *sim__plugin_row(const struct sim_model *model, uint32_t table)
{
    const struct sim_param *row = sim_plugin_next(model->params);
    for (uint32_t t = SIM_METERS_TABLES; t < table && row != NULL; t++)
        row = sim_plugin_next(row + 1);
    return row;
}

/* The address from which the offsets of a node's table count. */
static inline void *sim__node_meters(struct sim_node *node, uint32_t table)
{
    switch (table) {
    case SIM_METERS_OWN: return node;
    case SIM_METERS_STATION: return node->station;
    case SIM_METERS_CALLER: return node->caller;
    case SIM_METERS_TRUTH: return node->truth;
    case SIM_METERS_COPIES: return node->copies;
    default: return sim_plugin_at(sim__plugin_row(node->model, table), node)->self;
    }
}

#endif
