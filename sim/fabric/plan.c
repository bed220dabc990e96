/* plan.c - what a plan says: whom its faults reach, what it asks for and keeps. */
#include "sim/plan.h"

#include <assert.h>
#include <string.h>

const char *const sim_fault_names[] = {
    [SIM_DO_CRASH] = "crash",     [SIM_DO_RESTART] = "restart",     [SIM_DO_SLOW] = "slow",
    [SIM_DO_ERRORS] = "errors",   [SIM_DO_PARTITION] = "partition", [SIM_DO_LOSS] = "loss",
    [SIM_DO_LATENCY] = "latency", [SIM_DO_FLUSH] = "flush",         [SIM_DO_SET] = "set",
    [SIM_DO_KINDS] = NULL,
};

bool sim_model_has_peers(const struct sim_model *model)
{
    const struct sim_port_def *port = model->ports;
    while (port != NULL && port->name != NULL && !(port->flags & SIM_PEERS))
        port++;
    return port != NULL && port->name != NULL;
}

bool sim_fault_on_links(int kind)
{
    return kind == SIM_DO_PARTITION || kind == SIM_DO_LOSS || kind == SIM_DO_LATENCY;
}

uint32_t sim_plan_sites(const struct sim_plan_component *c)
{
    return c->sites != NULL ? c->site_count : 1;
}

struct sim_plan_site sim_plan_site(const struct sim_plan_component *c, uint32_t site)
{
    assert(site < sim_plan_sites(c));
    return c->sites != NULL ? c->sites[site]
                            : (struct sim_plan_site){c->region, SIM_NOWHERE, 0, c->nodes};
}

bool sim_plan_is_at(const struct sim_plan *plan, const struct sim_plan_site *site, uint32_t place)
{
    if (place < plan->region_count)
        return site->region == place;
    return site->zone != SIM_NOWHERE && site->zone == place - plan->region_count;
}

uint32_t sim_plan_nodes_at(const struct sim_plan *plan, uint32_t component, uint32_t place)
{
    const struct sim_plan_component *c = &plan->components[component];
    uint32_t nodes = 0;
    for (uint32_t s = 0; s < sim_plan_sites(c); s++) {
        struct sim_plan_site site = sim_plan_site(c, s);
        nodes += sim_plan_is_at(plan, &site, place) ? site.nodes : 0;
    }
    return nodes;
}

const char *sim_plan_place_name(const struct sim_plan *plan, uint32_t place)
{
    return place < plan->region_count ? plan->regions[place]
                                      : plan->zones[place - plan->region_count].name;
}

static bool names_nodes_at(const struct sim_plan *plan, uint32_t node,
                           const struct sim_plan_site *site)
{
    if (SIM_IS_NODES_AT(node))
        return sim_plan_is_at(plan, site, SIM_PLACE_OF(node));
    return node == SIM_ALL_NODES ||
           (node >= site->first_node && node - site->first_node < site->nodes);
}

bool sim_plan_end_at_site(const struct sim_plan *plan, const struct sim_plan_end *end,
                          uint32_t component, const struct sim_plan_site *site)
{
    switch (end->kind) {
    case SIM_END_COMPONENT: return end->index == component && names_nodes_at(plan, end->node, site);
    case SIM_END_PLACE: return sim_plan_is_at(plan, site, end->index);
    default: return !sim_plan_is_at(plan, site, end->index);
    }
}

bool sim_plan_end_reaches(const struct sim_plan *plan, const struct sim_plan_end *end,
                          uint32_t component)
{
    const struct sim_plan_component *c = &plan->components[component];
    bool reaches = false;
    if (end->kind == SIM_END_COMPONENT && !SIM_IS_NODES_AT(end->node))
        return end->index == component;
    for (uint32_t s = 0; s < sim_plan_sites(c) && !reaches; s++) {
        struct sim_plan_site site = sim_plan_site(c, s);
        reaches = sim_plan_end_at_site(plan, end, component, &site);
    }
    return reaches;
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
