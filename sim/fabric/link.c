/* link.c - carrying messages between components.
 *
 * Each pair of sites between which calls go has a link for each direction. The plan declares what
 * the links between two components, zones or regions are like; the first of these that is declared
 * for two sites counts.
 *
 * A crossing is one event. A message leaves when those sent before it have left (bandwidth), then
 * takes a latency drawn for it. Messages of random latency may overtake one another, as on
 * different connections. A lost message is not sent again: its caller times out. */
#include "fabric/call_state.h"
#include "fabric/fault_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct sim_param sim_link_param_table[] = {
    SIM_ROW(.name = "latency", .kind = SIM_DISTRIBUTION,
            .offset = offsetof(struct sim_link_params, latency), .by_default = "0s",
            .doc = "Time a message takes one way.",
            .source = "chosen: nothing is added that the scenario does not state"),
    SIM_ROW(.name = "bandwidth", .kind = SIM_BANDWIDTH,
            .offset = offsetof(struct sim_link_params, bandwidth), .low = 1, .high = 1e15,
            .flags = SIM_OPTIONAL,
            .doc = "Bytes a second each way; messages leave one after another. All between two "
                   "regions share it; within a region each pair of components has it. Unlimited "
                   "unless given."),
    SIM_ROW(.name = "loss", .kind = SIM_FRACTION, .offset = offsetof(struct sim_link_params, loss),
            .by_default = "0", .low = 0, .high = 1,
            .doc = "Share of the messages that never arrive.",
            .source = "chosen: a link loses nothing unless the scenario says so"),
    {.name = NULL},
};

/* For the reference pages only: a link is in a scenario's "links", it is not a component. */
const struct sim_model sim_link_model = {
    .name = "link",
    .summary = "What carries calls between components or regions: latency, bandwidth, loss.",
    .source = "Kleinrock 1976 ch. 5: messages leave one after another; validated against M/D/1",
    .size = sizeof(struct sim_link_params),
    .params = sim_link_param_table,
};

/* The time when a message has left, which takes so long after the messages before it. While the
 * line is busy the rounding error is carried on, so that the line has its exact bandwidth. */
static sim_time leave(struct sim__line *line, sim_time now, double takes)
{
    if (line->free_at < now)
        *line = (struct sim__line){.free_at = now};
    takes += line->part;
    sim_time whole = takes > 0 ? sim_time_nearest(takes) : 0;
    bool far = whole >= SIM_DRAW_TIME_MAX - line->free_at;
    line->part = far ? 0 : takes - (double)whole;
    return line->free_at = far ? SIM_DRAW_TIME_MAX : line->free_at + whole;
}

bool sim__link_send_far(struct sim_world *w, struct sim__link *link, int64_t bytes, sim_fn *fn,
                        void *self, sim_arg arg)
{
    struct sim *sim = w->sim;
    const struct sim_link_params *p = link->params;
    sim_time now = sim_now(sim), leaves = now;
    if (p->bandwidth > 0) {
        leaves = leave(link->line, now, (double)bytes * 1e9 / p->bandwidth);
    }
    if (p->loss > 0 && sim_draw_chance(&link->stream, p->loss))
        return false; /* lost on the way, but it used the bandwidth all the same */
    sim_time takes = leaves - now + sim_dist_draw_time(&p->latency, &link->stream);
    if (link->impaired) { /* checked last, so that faults move none of the link's own draws */
        const struct sim__call *call = arg.p;
        bool answer = call->stage == SIM__INBOUND;
        if (!sim__faults_let_pass(w, answer ? call->to : call->from, answer ? call->from : call->to,
                                  &takes))
            return false;
    }
    sim_after(sim, takes, fn, self, arg);
    return true;
}

/* The parameters of a link that was not declared, while faults act on it. */
static const struct sim_link_params nothing = {.latency = {.kind = SIM_DIST_CONSTANT}};

void sim__link_impair(struct sim__link *link, bool impaired)
{
    link->impaired = impaired;
    link->lane = impaired ? NULL : link->own_lane;
    link->params = impaired && link->own_params == NULL ? &nothing : link->own_params;
}

/* A lookup by a pair that is the same in both directions. */
static uint32_t pair_get(const struct sim_lookup *of, uint32_t a, uint32_t b)
{
    return a < b ? sim_lookup_get_pair(of, a, b) : sim_lookup_get_pair(of, b, a);
}

int sim__declared_make(struct sim__declared *d, const struct sim_plan *plan)
{
    bool good = true;
    *d = (struct sim__declared){0};
    for (uint32_t i = 0; i < plan->link_count; i++) {
        const struct sim_plan_link *link = &plan->links[i];
        uint32_t low = link->a < link->b ? link->a : link->b, high = link->a + link->b - low;
        good = good && sim_lookup_put_pair(link->components ? &d->components : &d->places, low,
                                           high, i) != SIM_LOOKUP_NONE;
    }
    return good ? 0 : -1;
}

void sim__declared_free(struct sim__declared *d)
{
    sim_lookup_free(&d->components);
    sim_lookup_free(&d->places);
}

const struct sim_plan_link *sim__declared_between(const struct sim__declared *d,
                                                  const struct sim_plan *plan,
                                                  const struct sim__site *a,
                                                  const struct sim__site *b)
{
    const struct sim_plan_site *x = &a->place, *y = &b->place;
    uint32_t zones = plan->region_count;
    uint32_t at = pair_get(&d->components, a->component, b->component);
    if (at == SIM_LOOKUP_NONE && x->zone != SIM_NOWHERE && y->zone != SIM_NOWHERE)
        at = pair_get(&d->places, zones + x->zone, zones + y->zone);
    if (at == SIM_LOOKUP_NONE && x->region != SIM_NOWHERE && y->region != SIM_NOWHERE)
        at = pair_get(&d->places, x->region, y->region);
    return at != SIM_LOOKUP_NONE ? &plan->links[at] : NULL;
}

bool sim__declared_next(const struct sim__declared *d, const struct sim_plan *plan, uint32_t from,
                        uint32_t to, uint32_t *pair, const struct sim_plan_link **link)
{
    const struct sim_plan_component *a = &plan->components[from], *b = &plan->components[to];
    uint32_t number = (*pair)++, many = sim_plan_sites(b);
    if (number >= sim_plan_sites(a) * many)
        return false;
    struct sim__site x = {.component = from, .place = sim_plan_site(a, number / many)};
    struct sim__site y = {.component = to, .place = sim_plan_site(b, number % many)};
    *link = sim__declared_between(d, plan, &x, &y);
    return true;
}

/* The line in which messages queue to leave. All messages one way between two regions, or between
 * two zones that have a link of their own, share a line. Between two components, or within a
 * region or zone, each pair of sites has its own, as on a switch. */
static struct sim__line *queue_of(struct sim_world *w, const struct sim_plan_link *plan,
                                  struct sim__link *link)
{
    if (plan->components || plan->a == plan->b)
        return &link->own_line;
    bool back = sim_plan_is_at(w->plan, &w->sites[link->from_site].place, plan->b);
    return &w->lines[2 * (plan - w->plan->links) + back];
}

/* The name of one end in the name of a link's stream: "db", and "db@eu/a" if the component has
 * several sites. */
static int end_name(const struct sim_world *w, uint32_t site, char *out, size_t room)
{
    const struct sim__site *s = &w->sites[site];
    const struct sim_plan_component *c = &w->plan->components[s->component];
    const char *at = "";
    if (sim_plan_sites(c) > 1 && s->place.zone != SIM_NOWHERE)
        at = w->plan->zones[s->place.zone].name;
    else if (sim_plan_sites(c) > 1 && s->place.region != SIM_NOWHERE)
        at = w->plan->regions[s->place.region];
    return snprintf(out, room, "%s%s%s", c->name, *at ? "@" : "", at);
}

/* The parameters and the lane of a new link. 0, or -1 when out of memory. */
static int link_set(struct sim_world *w, struct sim__link *link, const struct sim_plan_link *plan)
{
    char name[512];
    link->params = &plan->params;
    link->line = queue_of(w, plan, link);
    int n = end_name(w, link->from_site, name, sizeof name / 2);
    name[n++] = '>';
    end_name(w, link->to_site, name + n, sizeof name - (size_t)n);
    sim_stream_init(&link->stream, w->seed, w->replication, name, "link");
    const struct sim_dist *latency = &link->params->latency;
    if (latency->kind != SIM_DIST_CONSTANT || link->params->bandwidth > 0 || link->params->loss > 0)
        return 0;
    sim_time delay = sim_dist_draw_time(latency, &link->stream);
    if (delay > 0)
        link->lane = sim_lane(w->sim, delay);
    else
        link->params = NULL;
    return delay > 0 && link->lane == NULL ? -1 : 0;
}

static bool made_grow(struct sim_world *w)
{
    if (w->links_made_count < w->links_made_capacity)
        return true;
    uint32_t capacity = w->links_made_capacity ? 2 * w->links_made_capacity : 64;
    struct sim__link **grown = realloc(w->links_made, capacity * sizeof(struct sim__link *));
    if (grown == NULL)
        return false;
    w->links_made = grown;
    w->links_made_capacity = capacity;
    return true;
}

void sim__links_free(struct sim_world *w)
{
    sim_lookup_free(&w->links);
    sim__declared_free(&w->declared);
    free(w->links_made);
}

struct sim__link *sim__link_between(struct sim_world *w, uint32_t from_site, uint32_t to_site)
{
    uint32_t at = sim_lookup_get_pair(&w->links, from_site, to_site);
    if (at != SIM_LOOKUP_NONE)
        return w->links_made[at];
    struct sim__link *link = made_grow(w) ? sim__world_alloc(w, 1, sizeof *link) : NULL;
    if (link == NULL ||
        sim_lookup_put_pair(&w->links, from_site, to_site, w->links_made_count) == SIM_LOOKUP_NONE)
        return NULL;
    const struct sim__site *from = &w->sites[from_site], *to = &w->sites[to_site];
    w->links_made[w->links_made_count++] = link;
    link->from = from->component;
    link->to = to->component;
    link->from_site = from_site;
    link->to_site = to_site;
    link->next_from = w->components[link->from].links_from;
    link->next_to = w->components[link->to].links_to;
    w->components[link->from].links_from = w->components[link->to].links_to = link;
    const struct sim_plan_link *plan = sim__declared_between(&w->declared, w->plan, from, to);
    if (plan != NULL && link_set(w, link, plan) != 0)
        return NULL;
    link->own_params = link->params;
    link->own_lane = link->lane;
    return link;
}
