/* channels.c - one meter of a component, over its nodes: its count up to now, what it saw in a
 * window or a span of time, and the statistics of these. */
#include "run/measured.h"
#include "run/record_state.h"

#include <math.h>
#include <string.h>

#define STATS_MOST 7

static const char *const stats_of[][STATS_MOST + 1] = {
    [SIM_COUNTER] = {"mean", "max", "min", "count"},
    [SIM_GAUGE] = {"mean", "max", "min", "peak"},
    [SIM_HISTOGRAM] = {"mean", "p50", "p90", "p99", "p999", "max", "count"},
    [SIM_RATIO] = {"mean", "max", "min"},
};
static const char *const series_of[][STATS_MOST + 1] = {
    [SIM_COUNTER] = {"mean"},
    [SIM_GAUGE] = {"mean", "peak"},
    [SIM_HISTOGRAM] = {"mean", "p50", "p90", "p99", "p999", "max"},
    [SIM_RATIO] = {"mean"},
};
const double sim__percentiles[SIM__PERCENTILES] = {0.5, 0.9, 0.99, 0.999};

const struct sim__seen sim__seen_nothing = {.greatest = -INFINITY, .least = INFINITY};

const char *const *sim_meter_stats(enum sim_meter_kind kind)
{
    return stats_of[kind];
}

const char *const *sim_meter_series(enum sim_meter_kind kind)
{
    return series_of[kind];
}

double sim_stat_percentile(const char *stat)
{
    enum { DIGITS = 6 };
    double digits = 0, of = 1;
    const char *c = stat + 1;
    if (*stat != 'p' || !*c)
        return (double)NAN;
    if (strcmp(stat, "p999") == 0)
        return sim__percentiles[3];
    for (; *c >= '0' && *c <= '9' && c < stat + 3; c++)
        digits = 10 * digits + (*c - '0');
    const char *rest = c + 1;
    if (*c == '_' && c > stat + 1 && *rest) {
        for (c = rest; *c >= '0' && *c <= '9' && c < rest + DIGITS; c++) {
            digits = 10 * digits + (*c - '0');
            of *= 10;
        }
    }
    return *c || digits == 0 ? (double)NAN : digits / (100 * of);
}

struct sim__channel *sim__channel_find(struct sim__recorder *r, uint32_t component,
                                       const char *meter)
{
    for (uint32_t i = r->first[component]; i < r->first[component + 1]; i++)
        if (strcmp(r->channels[i].meter->name, meter) == 0)
            return &r->channels[i];
    return NULL;
}

void *sim__channel_meter(struct sim__recorder *r, const struct sim__channel *c, uint32_t node)
{
    struct sim_node *n = r->world->components[c->component].nodes[node];
    return (char *)sim__node_meters(n, c->table) + c->meter->offset;
}

bool sim__channel_has_parts(const struct sim__channel *c)
{
    return c->watch != NULL && c->watch->parts != NULL;
}

/* The channel of one node, where there is one. */
struct sim__channel *sim__channel_of_node(const struct sim__channel *c, uint32_t node)
{
    return sim__channel_has_parts(c) ? c->watch->parts[node] : NULL;
}

sim_area sim__channel_sum_of(struct sim__recorder *r, const struct sim__channel *c, uint32_t node,
                             sim_time now)
{
    const void *meter = sim__channel_meter(r, c, node);
    if (c->meter->kind == SIM_GAUGE)
        return sim_gauge_area(meter, now);
    return (sim_area)((const struct sim_counter *)meter)->count;
}

bool sim__channel_includes(const struct sim__recorder *r, const struct sim__channel *c,
                           uint32_t node)
{
    const struct sim_node *n = r->world->components[c->component].nodes[node];
    if (SIM_IS_NODES_AT(c->node))
        return sim_plan_is_at(r->world->plan, sim__node_site(n), SIM_PLACE_OF(c->node));
    return c->node == SIM_ALL_NODES || c->node == node;
}

sim_area sim__channel_sum(struct sim__recorder *r, const struct sim__channel *c, sim_time now)
{
    sim_area sum = 0;
    bool all = c->node == SIM_ALL_NODES;
    if (!all && !SIM_IS_NODES_AT(c->node))
        return sim__channel_sum_of(r, c, c->node, now);
    for (uint32_t n = 0; n < r->world->plan->components[c->component].nodes; n++)
        if (all || sim__channel_includes(r, c, n))
            sum += sim__channel_sum_of(r, c, n, now);
    return sum;
}

/* Adds what was recorded since the last cut to the channel's window and spans. 0, or -1. */
static int settle(struct sim__channel *c)
{
    struct sim__watch *watch = c->watch;
    if (watch->fresh.n == 0)
        return 0;
    if (sim_tally_add(&c->window, &watch->fresh) != 0)
        return -1;
    for (struct sim__time_span *s = watch->lasting; s != NULL; s = s->next)
        if (sim_tally_add(&s->seen.tally, &watch->fresh) != 0)
            return -1;
    sim_tally_clear(&watch->fresh);
    return 0;
}

/* Takes the peak of a node into the spans of a channel of all nodes, or of those at a place. */
static void spans_peak(struct sim__channel *c, uint32_t node, int64_t peak)
{
    for (struct sim__time_span *s = c->watch->lasting; s != NULL; s = s->next)
        if (s->peaks != NULL && s->peaks[node] < peak)
            s->peaks[node] = peak;
}

int64_t sim__channel_peak(struct sim__channel *c, uint32_t node, int64_t peak)
{
    struct sim__channel *part = c->watch->parts != NULL ? c->watch->parts[node] : NULL;
    spans_peak(c, node, peak);
    for (struct sim__channel *g = c->watch->groups; g != NULL; g = g->next_group)
        spans_peak(g, node, peak);
    for (struct sim__time_span *s = part != NULL ? part->watch->lasting : NULL; s != NULL;
         s = s->next)
        if (s->peaks != NULL && s->peaks[0] < peak)
            s->peaks[0] = peak;
    if (c->watch->peaks[node] < peak)
        c->watch->peaks[node] = peak;
    return c->watch->peaks[node];
}

void sim__channel_peaks(struct sim__recorder *r, struct sim__channel *c)
{
    for (uint32_t n = 0; n < r->world->plan->components[c->component].nodes; n++)
        sim__channel_peak(c, n, sim_gauge_cut(sim__channel_meter(r, c, n)));
}

/* Adds what a node recorded to the channels of its places. 0, or -1 when out of memory. */
static int groups_add(const struct sim__recorder *r, const struct sim__channel *c, uint32_t node,
                      const struct sim_tally *fresh)
{
    for (struct sim__channel *g = c->watch->groups; g != NULL; g = g->next_group)
        if (sim__channel_includes(r, g, node) && sim_tally_add(&g->watch->fresh, fresh) != 0)
            return -1;
    return 0;
}

int sim__channel_roll(struct sim__recorder *r, struct sim__channel *c)
{
    uint32_t nodes = sim__channel_has_parts(c) ? r->world->plan->components[c->component].nodes : 1;
    struct sim_tally *into = c->watch != NULL ? &c->watch->fresh : &c->window;
    for (uint32_t n = 0; n < nodes; n++) {
        struct sim__channel *part = sim__channel_of_node(c, n);
        struct sim_tally *first = part != NULL ? &part->watch->fresh : into;
        if (sim_histogram_roll(sim__channel_meter(r, c, n), first) != 0)
            return -1;
        if (part == NULL)
            continue;
        if (groups_add(r, c, n, first) != 0 || sim_tally_add(into, first) != 0 || settle(part) != 0)
            return -1;
    }
    for (struct sim__channel *g = c->watch != NULL ? c->watch->groups : NULL; g != NULL;
         g = g->next_group)
        if (settle(g) != 0)
            return -1;
    return c->watch != NULL ? settle(c) : 0;
}

double sim__meter_scale(const struct sim_meter *m)
{
    return strcmp(m->unit, "s") == 0 ? 1e-9 : 1;
}

double sim__tally_stat(const struct sim_tally *t, const char *stat, double scale)
{
    if (strcmp(stat, "mean") == 0)
        return sim_tally_mean(t) * scale;
    if (strcmp(stat, "max") == 0)
        return t->n > 0 ? (double)t->high * scale : (double)NAN;
    if (strcmp(stat, "count") == 0)
        return (double)t->n;
    if (strcmp(stat, "stdev") == 0)
        return sim_tally_stdev(t) * scale;
    return sim_tally_percentile(t, sim_stat_percentile(stat)) * scale;
}

double sim__seen_stat(const struct sim_meter *m, const char *stat, const struct sim__seen *seen,
                      const struct sim__seen *of, const struct sim__seen *by, double length)
{
    if (m->kind == SIM_HISTOGRAM)
        return sim__tally_stat(&seen->tally, stat, sim__meter_scale(m));
    if (strcmp(stat, "max") == 0)
        return isfinite(seen->greatest) ? seen->greatest : (double)NAN;
    if (strcmp(stat, "min") == 0)
        return isfinite(seen->least) ? seen->least : (double)NAN;
    if (strcmp(stat, "peak") == 0)
        return seen->peak;
    if (strcmp(stat, "count") == 0)
        return seen->amount;
    if (m->kind == SIM_RATIO)
        return by->amount > 0 ? of->amount / by->amount : (double)NAN;
    return m->kind == SIM_COUNTER ? seen->amount * 1e9 / length : seen->amount / length;
}

uint64_t sim__seen_samples(const struct sim__channel *c, const struct sim__seen *seen,
                           const struct sim__seen *by)
{
    if (c->meter->kind == SIM_HISTOGRAM)
        return seen->tally.n;
    if (c->meter->kind == SIM_RATIO && c->by->meter->kind == SIM_COUNTER)
        return (uint64_t)by->amount;
    return seen->windows;
}
