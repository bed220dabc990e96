/* sites.c - where the nodes of a component stand: "region" with a number of "nodes", or "nodes"
 * with their number at each place. The zones of a region take nodes in turn. */
#include "scenario/load.h"

#include <string.h>

struct sites {
    struct sim__load *load;
    struct sim_plan_site *all;
    uint32_t count, nodes;
};

static void add(struct sites *s, uint32_t region, uint32_t zone, uint32_t nodes)
{
    if (nodes == 0)
        return;
    s->all[s->count++] = (struct sim_plan_site){region, zone, s->nodes, nodes};
    s->nodes += nodes;
}

/* Adds nodes at a place: in a zone, or in those of a region in turn. */
static void add_at(struct sites *s, uint32_t place, uint32_t nodes)
{
    const struct sim_plan *plan = s->load->plan;
    uint32_t zones = 0, turn = 0;
    if (place >= plan->region_count) {
        add(s, plan->zones[place - plan->region_count].region, place - plan->region_count, nodes);
        return;
    }
    for (uint32_t z = 0; z < plan->zone_count; z++)
        zones += plan->zones[z].region == place;
    if (zones == 0)
        add(s, place, SIM_NOWHERE, nodes);
    for (uint32_t z = 0; z < plan->zone_count && zones > 0; z++)
        if (plan->zones[z].region == place)
            add(s, place, z, nodes / zones + (turn++ < nodes % zones));
}

/* The number of nodes at one place. False: reported. */
static bool read_count(struct sim__load *load, const struct sim__at *at, json_t *value,
                       uint32_t *count)
{
    struct sim_amount amount;
    if (!sim__read_amount(load, at, value, SIM_DIM_COUNT, "nodes", false, &amount))
        return false;
    *count = (uint32_t)amount.whole;
    if (amount.whole <= SIM__NODES_MAX)
        return true;
    sim__say(load, at, 0, "a component can have %d nodes at most", SIM__NODES_MAX);
    return false;
}

/* Whether a place overlaps one that stands before it in the object. */
static bool is_twice(const struct sites *s, uint32_t place)
{
    const struct sim_plan *plan = s->load->plan;
    bool zone = place >= plan->region_count;
    for (uint32_t i = 0; i < s->count; i++)
        if (sim_plan_is_at(plan, &s->all[i], place) ||
            (zone && s->all[i].zone == SIM_NOWHERE &&
             s->all[i].region == plan->zones[place - plan->region_count].region))
            return true;
    return false;
}

static void read_by_place(struct sites *s, const struct sim__at *at, json_t *map)
{
    struct sim__load *load = s->load;
    const char *key;
    json_t *value;
    size_t said = load->said;
    json_object_foreach (map, key, value) {
        const struct sim__at *member = SIM__KEY(at, key);
        uint32_t nodes;
        if (sim__is_free(key))
            continue;
        uint32_t place = sim__find_place(load, member, key);
        if (!read_count(load, member, value, &nodes) || place == SIM_NOWHERE)
            continue;
        if (is_twice(s, place))
            sim__say(load, member, SIM__ON_KEY | SIM__SOFT,
                     "\"%s\" has its nodes already: name a region, or zones of it",
                     sim_quote(key).s);
        else if (s->nodes + nodes > SIM__NODES_MAX)
            sim__say(load, member, 0, "a component can have %d nodes at most", SIM__NODES_MAX);
        else
            add_at(s, place, nodes);
    }
    if (s->nodes == 0 && load->said == said)
        sim__say(load, at, SIM__SOFT,
                 "there is no node at any place: give one place a number of 1 or more");
}

void sim__read_sites(struct sim__load *load, const struct sim__at *at, json_t *object,
                     struct sim_plan_component *out)
{
    struct sim_plan *plan = load->plan;
    json_t *nodes = json_object_get(object, "nodes"), *region = json_object_get(object, "region");
    const struct sim__at *key = SIM__KEY(at, "region");
    size_t most = (size_t)plan->zone_count + plan->region_count + 1;
    struct sites s = {.load = load, .all = sim__alloc(load, most, sizeof *s.all)};
    if (!s.all)
        return;
    if (json_is_object(nodes)) {
        read_by_place(&s, SIM__KEY(at, "nodes"), nodes);
        if (region)
            sim__say(load, key, SIM__ON_KEY | SIM__SOFT,
                     "\"nodes\" says already in which regions there are nodes: leave out "
                     "\"region\"");
        out->nodes = s.nodes > 0 ? s.nodes : 1;
    } else {
        const char *name = sim__read_text(load, key, region);
        uint32_t place = name ? sim__find_place(load, key, name) : SIM_NOWHERE;
        if (place != SIM_NOWHERE)
            add_at(&s, place, out->nodes);
    }
    if (s.count == 0)
        return;
    out->region = s.all[0].region;
    if (s.count > 1 || s.all[0].zone != SIM_NOWHERE) {
        out->sites = s.all;
        out->site_count = s.count;
    }
}
