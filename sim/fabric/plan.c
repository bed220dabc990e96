/* plan.c - what a plan says about faults and whom they reach. */
#include "sim/world.h"

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
