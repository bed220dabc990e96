/* plan_names.c - finds components, regions, keyspaces and cases by their names. */
#include "scenario/load.h"

#include <string.h>

enum { HINT_NAMES_MAX = 1000 };

static uint32_t find(const struct sim_lookup *names, const char *name)
{
    return names ? sim_lookup_get(names, name, strlen(name)) : SIM_LOOKUP_NONE;
}

bool sim__name_put(struct sim__load *load, struct sim_lookup *names, const char *name,
                   uint32_t number)
{
    names->arena = load->arena;
    uint32_t there = sim_lookup_put(names, name, strlen(name), number);
    load->out_of_memory = load->out_of_memory || there == SIM_LOOKUP_NONE;
    return there == number;
}

void sim__name_components(struct sim__load *load)
{
    struct sim_plan *plan = load->plan;
    struct sim_lookup *names = sim__alloc(load, 1, sizeof *names);
    for (uint32_t i = 0; names && i < plan->component_count; i++)
        sim__name_put(load, names, plan->components[i].name, i);
    plan->component_names = names;
}

uint32_t sim__component_named(const struct sim_plan *plan, const char *name)
{
    if (plan->component_names)
        return find(plan->component_names, name);
    for (uint32_t i = 0; i < plan->component_count; i++)
        if (strcmp(plan->components[i].name, name) == 0)
            return i;
    return SIM_NOWHERE;
}

uint32_t sim__region_named(const struct sim__load *load, const char *name)
{
    return find(&load->region_names, name);
}

uint32_t sim__keyspace_named(const struct sim__load *load, const char *name)
{
    return find(&load->keyspace_names, name);
}

uint32_t sim__case_named(struct sim__load *load, const char *name)
{
    for (; load->named_cases < load->case_count; load->named_cases++)
        sim__name_put(load, &load->case_names, load->cases[load->named_cases].name,
                      (uint32_t)load->named_cases);
    return find(&load->case_names, name);
}

bool sim__may_hint(const struct sim__load *load, size_t names)
{
    return names <= HINT_NAMES_MAX && load->finding_count < SIM__FINDINGS_MAX;
}

uint32_t sim__find_region(struct sim__load *load, const struct sim__at *at, const char *name)
{
    uint32_t found = sim__region_named(load, name);
    if (found != SIM_NOWHERE)
        return found;
    struct sim_nearest nearest = sim_nearest(name);
    uint32_t names = load->plan->region_count;
    for (uint32_t i = 0; i < names && sim__may_hint(load, names); i++)
        sim_nearest_try(&nearest, load->plan->regions[i]);
    sim__say(load, at, SIM__SOFT, "there is no region \"%s\"%s", sim_quote(name).s,
             sim_nearest_hint(&nearest).s);
    return SIM_NOWHERE;
}

uint32_t sim__find_component(struct sim__load *load, const struct sim__at *at, const char *name)
{
    uint32_t found = sim__component_named(load->plan, name);
    if (found != SIM_NOWHERE)
        return found;
    struct sim_nearest nearest = sim_nearest(name);
    uint32_t names = load->plan->component_count;
    for (uint32_t i = 0; i < names && sim__may_hint(load, names); i++)
        sim_nearest_try(&nearest, load->plan->components[i].name);
    sim__say(load, at, SIM__SOFT, "there is no component \"%s\"%s", sim_quote(name).s,
             sim_nearest_hint(&nearest).s);
    return SIM_NOWHERE;
}

bool sim__has_subjects(const struct sim_plan *plan)
{
    uint32_t i = 0;
    while (i < plan->keyspace_count && plan->keyspaces[i].subjects == 0)
        i++;
    return i < plan->keyspace_count;
}

const struct sim_plan_link *sim__link_declared_between(const struct sim__load *load, uint32_t from,
                                                       uint32_t to)
{
    const struct sim_plan *plan = load->plan;
    uint32_t found = sim_lookup_get_pair(&load->component_links, from < to ? from : to,
                                         from < to ? to : from);
    uint32_t a = plan->components[from].region, b = plan->components[to].region;
    if (found == SIM_LOOKUP_NONE && a != SIM_NOWHERE && b != SIM_NOWHERE)
        found = sim_lookup_get_pair(&load->region_links, a < b ? a : b, a < b ? b : a);
    return found == SIM_LOOKUP_NONE ? NULL : &plan->links[found];
}
