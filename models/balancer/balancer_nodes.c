/* balancer_nodes.c - which nodes are used.
 *
 * A node is used unless checks found it unhealthy or outcomes got it ejected. When fewer than the
 * panic threshold are left, all are used: the few would be overwhelmed, and it is more likely that
 * the checks are wrong (Envoy, "panic threshold"). One that comes back after it was away gets a
 * part of its weight at first: max(least, (time / window)^(1 / aggression)) (Envoy, "slow start").
 * As in HAProxy this is not so when the balancer starts. A node of weight 0 is never used. */
#include "models/balancer/balancer.h"

#include <math.h>

static bool is_well(const struct balancer *b, uint32_t i)
{
    return !b->conditions[i].unhealthy && !b->conditions[i].ejected;
}

static bool is_used(const struct balancer *b, uint32_t i)
{
    return b->places[i].weight > 0 && (b->panicking || is_well(b, i));
}

/* Where queues are shared, no node is chosen that has no room. */
static bool has_room(const struct balancer *b, uint32_t i)
{
    return b->limit.per_node == 0 || b->limit.queue == OWN_QUEUE ||
           b->places[i].out < b->limit.per_node;
}

static void open_or_close(struct balancer *b, uint32_t i)
{
    struct place *place = &b->places[i];
    bool opens = is_used(b, i) && has_room(b, i);
    if (opens == (place->at != NO_PLACE))
        return;
    if (opens) {
        place->at = b->open_count;
        b->open[b->open_count++] = i;
        return;
    }
    uint32_t last = b->open[--b->open_count];
    b->open[place->at] = last;
    b->places[last].at = place->at;
    place->at = NO_PLACE;
}

/* Counts nodes that are well, decides whether to panic, and opens and closes. O(nodes). */
static void settle(struct balancer *b)
{
    sim_time now = sim_now(b->node.sim);
    uint32_t well = 0, well_used = 0, there = 0, ejected = 0;
    for (uint32_t i = 0; i < b->count; i++) {
        well += is_well(b, i);
        well_used += is_well(b, i) && b->places[i].weight > 0;
        there += b->places[i].weight > 0;
        ejected += b->conditions[i].ejected;
    }
    bool panics = well_used < b->panic_threshold * there;
    sim_count_by(&b->panics, panics && !b->panicking);
    b->panicking = panics;
    b->used_count = panics ? there : well_used;
    sim_gauge_set(&b->healthy, now, well);
    sim_gauge_set(&b->ejected, now, ejected);
    sim_gauge_set(&b->panic, now, panics);
    for (uint32_t i = 0; i < b->count; i++)
        open_or_close(b, i);
}

void sim__balancer_judge(struct balancer *b, uint32_t place, bool unhealthy, bool ejected)
{
    struct condition *c = &b->conditions[place];
    bool was = is_well(b, place);
    c->unhealthy = unhealthy;
    c->ejected = ejected;
    if (was == is_well(b, place)) {
        settle(b); /* what is ejected is counted by itself */
        return;
    }
    if (!was) {
        sim_time now = sim_now(b->node.sim);
        c->ramps_from = now;
        b->ramps_until = now + b->slow_start.window;
    }
    settle(b);
    b->nodes_changed(b);
}

void sim__balancer_out(struct balancer *b, uint32_t place, int change)
{
    b->places[place].out += (uint32_t)change;
    b->out += (uint32_t)change;
    if (b->limit.per_node > 0)
        open_or_close(b, place);
}

double sim__balancer_weight(const struct balancer *b, uint32_t place, sim_time now)
{
    double weight = b->places[place].weight;
    sim_time from = b->conditions[place].ramps_from;
    const struct slow_start *s = &b->slow_start;
    if (now >= b->ramps_until || from < 0 || now - from >= s->window)
        return weight;
    double part = (double)(now - from) / (double)s->window;
    if (part > 0 && (s->aggression < 1 || s->aggression > 1))
        part = sim_pow(part, 1 / s->aggression);
    return weight * fmax(s->least, part);
}

void sim__balancer_nodes_reset(struct balancer *b)
{
    for (uint32_t i = 0; i < b->count; i++) {
        b->places[i].out = 0;
        b->places[i].at = NO_PLACE;
        b->conditions[i] = (struct condition){.ramps_from = -1};
        b->turns[i] = 0;
    }
    b->open_count = b->out = b->turn = 0;
    b->ramps_until = 0;
    settle(b);
}

int sim__balancer_nodes_init(struct balancer *b)
{
    for (uint32_t t = 0; t < b->to.target_count; t++)
        b->count += sim_port_nodes(&b->to, t);
    b->places = sim_node_alloc(&b->node, b->count, sizeof *b->places);
    b->conditions = sim_node_alloc(&b->node, b->count, sizeof *b->conditions);
    b->turns = sim_node_alloc(&b->node, b->count, sizeof *b->turns);
    b->open = sim_node_alloc(&b->node, b->count, sizeof *b->open);
    if (!b->places || !b->conditions || !b->turns || !b->open)
        return -1;
    uint32_t at = 0;
    for (uint32_t t = 0; t < b->to.target_count; t++) {
        double share = sim_port_share(&b->to, t), first = sim_port_share(&b->to, 0);
        b->uneven |= share < first || share > first;
        for (uint32_t n = 0; n < sim_port_nodes(&b->to, t); n++)
            b->places[at++] = (struct place){.target = t, .node = n, .weight = share};
    }
    sim__balancer_nodes_reset(b);
    return 0;
}

const char *sim__balancer_nodes_check(const struct balancer *b)
{
    uint64_t out = 0;
    uint32_t well = 0, open = 0;
    for (uint32_t i = 0; i < b->count; i++) {
        const struct place *place = &b->places[i];
        bool opens = is_used(b, i) && has_room(b, i);
        out += place->out;
        well += is_well(b, i);
        open += opens;
        if (opens ? b->open[place->at] != i : place->at != NO_PLACE)
            return "a node is chosen that is not used or has no room, or is not that is and has";
        if (b->limit.per_node > 0 && place->out > b->limit.per_node)
            return "more requests are out at a node than its limit";
    }
    if (out != b->out)
        return "requests out are not those out at each node";
    if (open != b->open_count || (int64_t)well != b->healthy.value)
        return "nodes that are healthy are not those that were counted";
    return NULL;
}

#define IN(group, member) offsetof(struct group, member)
const struct sim_param sim__balancer_slow_start_params[] = {
    SIM_ROW(.name = "window", .kind = SIM_TIME, .offset = IN(slow_start, window), .low = 1,
            .high = 8.64e16, .flags = SIM_REQUIRED,
            .doc = "How long after it came back a node has its whole weight again."),
    SIM_ROW(.name = "least", .kind = SIM_FRACTION, .offset = IN(slow_start, least),
            .by_default = "10%", .low = 0.001, .high = 1,
            .doc = "The part of its weight that it has at least.",
            .source = "Envoy, slow start: min_weight_percent 10"),
    SIM_ROW(.name = "aggression", .kind = SIM_NUMBER, .offset = IN(slow_start, aggression),
            .by_default = "1", .low = 0.01, .high = 100,
            .doc = "After a part t of the window it has t^(1/aggression) of its weight.",
            .source = "Envoy, slow start: aggression 1.0, a straight line"),
    {0},
};
