/* plan_asks.c - whether every run gives a number that a plan asks for. */
#include "run/measured.h"
#include "sim/record.h"

#include <string.h>

static bool is_usual(enum sim_meter_kind kind, const char *stat)
{
    double p = sim_stat_percentile(stat);
    for (const char *const *s = sim_meter_stats(kind); *s != NULL; s++)
        if (strcmp(*s, stat) == 0 || sim_stat_percentile(*s) == p)
            return true;
    return false;
}

bool sim_plan_ask_is_given(const struct sim_plan *plan, const struct sim_plan_ask *ask)
{
    if (ask->from != SIM_WHOLE_RUN)
        return false;
    if (ask->component == SIM_NOWHERE)
        return true;
    const struct sim_plan_component *c = &plan->components[ask->component];
    const struct sim_meter *m = sim_component_meter(c, ask->meter);
    if (m == NULL || ask->node == SIM_ALL_NODES)
        return m == NULL || is_usual(m->kind, ask->stat);
    return ask->node == SIM_WORST_NODE && (m->flags & SIM_BY_NODE) && c->nodes > 1 &&
           c->worst != NULL && strcmp(ask->stat, "mean") == 0;
}
