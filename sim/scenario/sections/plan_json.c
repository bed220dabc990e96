/* plan_json.c - reads the sections of a document, in order, into a plan. */
#include "scenario/load.h"

static void read_regions(struct sim__load *load)
{
    const struct sim__at *at = SIM__KEY(NULL, "regions");
    struct sim_plan *plan = load->plan;
    json_t *map = sim__as_object(load, at, json_object_get(load->tree, "regions"));
    const char *key;
    json_t *value;
    plan->regions = sim__alloc(load, sim__member_count(map), sizeof *plan->regions);
    sim_lookup_clear(&load->region_names);
    json_object_foreach (map, key, value) {
        const struct sim__at *member = SIM__KEY(at, key);
        struct sim__keys_allowed none = {.others = NULL};
        if (!sim__is_member(load, member, key, value) || !plan->regions)
            continue;
        if (sim__as_object(load, member, value))
            sim__check_keys(load, member, value, &none);
        const char *name = sim__copy(load, key);
        if (!name)
            return;
        sim__name_put(load, &load->region_names, name, plan->region_count);
        plan->regions[plan->region_count++] = name;
    }
}

void sim__read_plan(struct sim__load *load, json_t *tree, struct sim_plan *plan,
                    struct sim__run_section *run)
{
    const char *names[SIM__KEY_LIST_MAX] = {0};
    struct sim__keys_allowed allowed = {.others = names};
    struct sim__run_section own;
    size_t n = 0;
    load->tree = tree;
    load->plan = plan;
    for (size_t i = 0; sim__study_keys[i]; i++)
        names[n++] = sim__study_keys[i];
    for (size_t i = 0; sim__case_keys[i]; i++)
        names[n++] = sim__case_keys[i];
    sim__check_keys(load, NULL, tree, &allowed);
    sim__read_run(load, run ? run : &own);
    read_regions(load); /* before keyspaces, whose subjects live in regions */
    sim__read_keyspaces(load);
    sim__read_components(load);
    sim__read_network(load);
    sim__find_unlimited(load);
    sim__check_lossy_links(load);
    sim__check_cycles(load);
    sim__check_keyless(load);
    sim__read_timeline(load);
    sim__read_prices(load);
}
