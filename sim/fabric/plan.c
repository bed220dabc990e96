/* plan.c - what a plan says: whom its faults reach, what it asks for and keeps. */
#include "sim/plan.h"

#include <string.h>

const char *const sim_fault_names[] = {
    [SIM_DO_CRASH] = "crash",     [SIM_DO_RESTART] = "restart",     [SIM_DO_SLOW] = "slow",
    [SIM_DO_ERRORS] = "errors",   [SIM_DO_PARTITION] = "partition", [SIM_DO_LOSS] = "loss",
    [SIM_DO_LATENCY] = "latency", [SIM_DO_FLUSH] = "flush",         [SIM_DO_SET] = "set",
    [SIM_DO_KINDS] = NULL,
};

bool sim_fault_on_links(int kind)
{
    return kind == SIM_DO_PARTITION || kind == SIM_DO_LOSS || kind == SIM_DO_LATENCY;
}

bool sim_plan_end_reaches(const struct sim_plan *plan, const struct sim_plan_end *end,
                          uint32_t component)
{
    uint32_t region = plan->components[component].region;
    switch (end->kind) {
    case SIM_END_COMPONENT: return end->index == component;
    case SIM_END_REGION: return end->index == region;
    default: return end->index != region;
    }
}

int sim_plan_ask_order(const struct sim_plan_ask *a, const struct sim_plan_ask *b)
{
    int order = strcmp(a->place, b->place);
    if (order == 0)
        order = strcmp(a->meter, b->meter);
    if (order == 0)
        order = (a->from > b->from) - (a->from < b->from);
    if (order == 0)
        order = (a->to > b->to) - (a->to < b->to);
    return order != 0 ? order : strcmp(a->stat, b->stat);
}

bool sim_plan_keeps(const struct sim_plan *plan, const char *place, const char *meter,
                    const char *stat)
{
    uint32_t low = 0, high = plan->kept_count;
    while (low < high) {
        uint32_t at = low + (high - low) / 2;
        const struct sim_plan_kept *kept = &plan->kept[at];
        int order = strcmp(kept->place, place);
        order = order ? order : strcmp(kept->meter, meter);
        if (order == 0 && stat)
            order = strcmp(kept->stat ? kept->stat : "", stat);
        if (order == 0)
            return true;
        if (order < 0)
            low = at + 1;
        else
            high = at;
    }
    return false;
}
