/* plan_names.c - finds components, regions, keyspaces and cases by their names. */
#include "scenario/load.h"

#include <stdio.h>
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

uint32_t sim__place_named(const struct sim__load *load, const char *name)
{
    uint32_t region = sim__region_named(load, name);
    return region != SIM_NOWHERE ? region : find(&load->zone_names, name);
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

uint32_t sim__find_place(struct sim__load *load, const struct sim__at *at, const char *name)
{
    const struct sim_plan *plan = load->plan;
    uint32_t found = sim__place_named(load, name), names = plan->region_count + plan->zone_count;
    if (found != SIM_NOWHERE)
        return found;
    struct sim_nearest nearest = sim_nearest(name);
    for (uint32_t i = 0; i < names && sim__may_hint(load, names); i++)
        sim_nearest_try(&nearest, sim_plan_place_name(plan, i));
    sim__say(load, at, SIM__SOFT, "there is no %s \"%s\"%s", strchr(name, '/') ? "zone" : "region",
             sim_quote(name).s, sim_nearest_hint(&nearest).s);
    return SIM_NOWHERE;
}

static bool is_named(const struct sim_plan *plan, uint32_t place, const char *name)
{
    return strcmp(sim_plan_place_name(plan, place), name) == 0;
}

/* Lists where the nodes of a component are: "eu/a, eu/b and us". */
static void list_places(const struct sim_plan *plan, const struct sim_plan_component *c, char *out,
                        size_t room)
{
    size_t n = 0;
    uint32_t sites = sim_plan_sites(c);
    for (uint32_t s = 0; s < sites && n < room; s++) {
        struct sim_plan_site site = sim_plan_site(c, s);
        uint32_t place = site.zone != SIM_NOWHERE ? plan->region_count + site.zone : site.region;
        if (place != SIM_NOWHERE)
            n += (size_t)snprintf(out + n, room - n, "%s\"%s\"",
                                  s == 0           ? ""
                                  : s + 1 == sites ? " and "
                                                   : ", ",
                                  sim_plan_place_name(plan, place));
    }
}

uint32_t sim__place_among(const struct sim_plan *plan, const struct sim_plan_component *c,
                          const char *name, struct sim_error *error)
{
    char places[160] = "";
    for (uint32_t s = 0; s < sim_plan_sites(c); s++) {
        struct sim_plan_site site = sim_plan_site(c, s);
        if (site.region != SIM_NOWHERE && is_named(plan, site.region, name))
            return site.region;
        if (site.zone != SIM_NOWHERE && is_named(plan, plan->region_count + site.zone, name))
            return plan->region_count + site.zone;
    }
    list_places(plan, c, places, sizeof places);
    snprintf(error->text, sizeof error->text,
             *places ? "\"%s\" has no nodes at \"%s\": it has nodes at %s"
                     : "\"%s\" has no nodes at \"%s\": it stands in no region%s",
             c->name, sim_quote(name).s, places);
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

static uint32_t pair_get(const struct sim_lookup *of, uint32_t a, uint32_t b)
{
    return sim_lookup_get_pair(of, a < b ? a : b, a < b ? b : a);
}

bool sim__has_subjects(const struct sim_plan *plan)
{
    uint32_t i = 0;
    while (i < plan->keyspace_count && plan->keyspaces[i].subjects == 0)
        i++;
    return i < plan->keyspace_count;
}

bool sim__link_next(const struct sim__load *load, uint32_t from, uint32_t to, uint32_t *pair,
                    const struct sim_plan_link **link)
{
    const struct sim_plan *plan = load->plan;
    const struct sim_plan_component *a = &plan->components[from], *b = &plan->components[to];
    uint32_t number = (*pair)++, found, zones = plan->region_count;
    if (number >= sim_plan_sites(a) * sim_plan_sites(b))
        return false;
    struct sim_plan_site x = sim_plan_site(a, number / sim_plan_sites(b));
    struct sim_plan_site y = sim_plan_site(b, number % sim_plan_sites(b));
    found = pair_get(&load->component_links, from, to);
    if (found == SIM_LOOKUP_NONE && x.zone != SIM_NOWHERE && y.zone != SIM_NOWHERE)
        found = pair_get(&load->place_links, zones + x.zone, zones + y.zone);
    if (found == SIM_LOOKUP_NONE && x.region != SIM_NOWHERE && y.region != SIM_NOWHERE)
        found = pair_get(&load->place_links, x.region, y.region);
    *link = found == SIM_LOOKUP_NONE ? NULL : &plan->links[found];
    return true;
}
