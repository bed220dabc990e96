/* plan_json.c - reads the sections of a document, in order, into a plan. */
#include "scenario/load.h"

static const char *const region_keys[] = {"zones", NULL};

/* Reads the names of a region's zones. */
static void read_zones(struct sim__load *load, const struct sim__at *at, json_t *object,
                       uint32_t region)
{
    const struct sim__at *key = SIM__KEY(at, "zones");
    json_t *list = sim__as_list(load, key, json_object_get(object, "zones"));
    struct sim_plan *plan = load->plan;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const struct sim__at *item = SIM__ITEM(key, i);
        const char *text = sim__read_text(load, item, json_array_get(list, i));
        if (!text || !sim__is_name(load, item, text))
            continue;
        const char *name = sim_arena_format(load->arena, "%s/%s", plan->regions[region], text);
        if (!name || !plan->zones)
            continue;
        if (!sim__name_put(load, &load->zone_names, name, plan->region_count + plan->zone_count))
            sim__say(load, item, SIM__SOFT, "the zone \"%s\" stands in this list twice",
                     sim_quote(text).s);
        else
            plan->zones[plan->zone_count++] = (struct sim_plan_zone){name, region};
    }
    if (list && json_array_size(list) == 0)
        sim__say(load, key, SIM__SOFT,
                 "this list needs at least one zone; without it, leave out "
                 "\"zones\"");
}

/* Reads the zones of all regions, whose numbers come after those of the regions. */
static void read_all_zones(struct sim__load *load, const struct sim__at *at, json_t *map)
{
    struct sim_plan *plan = load->plan;
    const char *key;
    json_t *value;
    size_t most = 0;
    json_object_foreach (map, key, value)
        most += json_array_size(json_object_get(value, "zones"));
    if (most > SIM__MEMBERS_MAX) {
        sim__say(load, at, 0, "there can be %d zones at most", SIM__MEMBERS_MAX);
        return;
    }
    plan->zones = sim__alloc(load, most, sizeof *plan->zones);
    sim_lookup_clear(&load->zone_names);
    json_object_foreach (map, key, value)
        if (sim__region_named(load, key) != SIM_NOWHERE && json_object_get(value, "zones"))
            read_zones(load, SIM__KEY(at, key), value, sim__region_named(load, key));
}

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
        struct sim__keys_allowed allowed = {.others = region_keys};
        if (!sim__is_member(load, member, key, value) || !plan->regions)
            continue;
        if (sim__as_object(load, member, value))
            sim__check_keys(load, member, value, &allowed);
        const char *name = sim__copy(load, key);
        if (!name)
            return;
        sim__name_put(load, &load->region_names, name, plan->region_count);
        plan->regions[plan->region_count++] = name;
    }
    read_all_zones(load, at, map);
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
