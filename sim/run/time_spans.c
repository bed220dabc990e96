/* time_spans.c - numbers that a plan asks for, besides those that every run gives: over spans of
 * time, of single nodes and the worst of them, other percentiles.
 *
 * A counter or gauge knows its count or area since the start at any time, so its number over a span
 * is a difference. Histograms are rolled when a span begins or ends, as they are at the end of a
 * window. Values recorded in between, and peaks of gauges, go to every open span. So a number over
 * a span covers the requests in it, whatever the windows are. There are two exceptions. max and min
 * of counters, gauges and ratios use the windows that lie entirely in the span. The peak of several
 * nodes is the greatest sum of their peaks within a window, or within the part of a window that
 * lies in the span. When one span ends where another begins, that instant belongs to the second. */
#include "run/record_state.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool sim__is_worse(const struct sim_meter *m, double value, double than)
{
    if (isnan(value) || isnan(than))
        return !isnan(value);
    return m->flags & SIM_WORSE_LOW ? value < than : value > than;
}

/* ---- channels and spans ---------------------------------------------------------------------- */

static struct sim__watch *watch_of(struct sim__channel *c)
{
    if (c->watch == NULL)
        c->watch = calloc(1, sizeof *c->watch);
    return c->watch;
}

/* Makes room for one more in a list, which doubles. NULL when out of memory: the list is then
 * unchanged. */
static void *grown(void *list, uint32_t count, uint32_t *room, size_t size)
{
    if (count < *room)
        return list;
    uint32_t wider = *room ? 2 * *room : 16;
    void *longer = realloc(list, wider * size);
    *room = longer != NULL ? wider : *room;
    return longer;
}

static void channel_free(struct sim__channel *c)
{
    if (c->watch != NULL) {
        sim_tally_free(&c->watch->fresh);
        free(c->watch->parts);
        free(c->watch->peaks);
        free(c->watch);
    }
}

static struct sim__channel *part_make(struct sim__channel *owner, uint32_t node)
{
    struct sim__channel *part = calloc(1, sizeof *part);
    if (part == NULL || watch_of(part) == NULL) {
        free(part);
        return NULL;
    }
    part->watch->owner = owner;
    part->meter = owner->meter;
    part->component = owner->component;
    part->table = owner->table;
    part->node = node;
    part->whole = sim__seen_nothing;
    return part;
}

/* Adds a part to the list of all parts; a part of a ratio needs those of its two meters. NULL when
 * out of memory. */
static struct sim__channel *part_add(struct sim__recorder *r, struct sim__channel *owner,
                                     uint32_t node)
{
    struct sim__channel **all = grown(r->parts, r->part_count, &r->part_room, sizeof(void *));
    struct sim__channel *part = all != NULL ? part_make(owner, node) : NULL;
    r->parts = all != NULL ? all : r->parts;
    if (part != NULL)
        r->parts[r->part_count++] = part;
    return part;
}

static struct sim__channel *part_complete(struct sim__recorder *r, struct sim__channel *owner,
                                          struct sim__channel *part)
{
    if (part->meter->kind != SIM_RATIO)
        return part;
    part->of = sim__channel_part(r, owner->of, part->node);
    part->by = sim__channel_part(r, owner->by, part->node);
    return part->of != NULL && part->by != NULL ? part : NULL;
}

/* The channel of the nodes at a place. Its histogram merges those of its nodes. */
static struct sim__channel *group_of(struct sim__recorder *r, struct sim__channel *c, uint32_t at)
{
    struct sim__watch *watch = watch_of(c);
    struct sim__channel *group = watch != NULL ? watch->groups : NULL;
    while (group != NULL && group->node != at)
        group = group->next_group;
    if (watch == NULL || group != NULL)
        return group;
    group = part_add(r, c, at);
    if (group == NULL)
        return NULL;
    group->next_group = watch->groups;
    watch->groups = group;
    for (uint32_t n = 0; n < r->world->plan->components[c->component].nodes; n++)
        if (c->meter->kind == SIM_HISTOGRAM && sim__channel_includes(r, group, n) &&
            sim__channel_part(r, c, n) == NULL)
            return NULL;
    return part_complete(r, c, group);
}

struct sim__channel *sim__channel_part(struct sim__recorder *r, struct sim__channel *c,
                                       uint32_t node)
{
    if (SIM_IS_NODES_AT(node))
        return group_of(r, c, node);
    uint32_t nodes = r->world->plan->components[c->component].nodes;
    struct sim__watch *watch = watch_of(c);
    assert(node < nodes && c->node == SIM_ALL_NODES);
    if (watch != NULL && watch->parts == NULL)
        watch->parts = calloc(nodes, sizeof(void *));
    if (watch == NULL || watch->parts == NULL)
        return NULL;
    if (watch->parts[node] != NULL)
        return watch->parts[node];
    struct sim__channel *part = part_add(r, c, node);
    if (part == NULL)
        return NULL;
    watch->parts[node] = part;
    return part_complete(r, c, part);
}

static int edge_add(struct sim__recorder *r, struct sim__channel *c, struct sim__time_span *span,
                    sim_time at, bool end)
{
    struct sim__edge *all = grown(r->edges, r->edge_count, &r->edge_room, sizeof *all);
    if (all == NULL)
        return -1;
    r->edges = all;
    r->edges[r->edge_count] = (struct sim__edge){at, r->edge_count, end, c, span};
    r->edge_count++;
    return 0;
}

/* Makes room for the peaks of a gauge's nodes. NULL when out of memory. */
static int64_t *peaks_new(uint32_t nodes)
{
    int64_t *peaks = calloc(nodes, sizeof *peaks);
    for (uint32_t n = 0; peaks != NULL && n < nodes; n++)
        peaks[n] = INT64_MIN;
    return peaks;
}

/* Prepares a gauge for peaks where spans cut windows. 0, or -1 when out of memory. */
static int peaks_keep(struct sim__recorder *r, struct sim__channel *c)
{
    struct sim__watch *watch = c->watch->owner != NULL ? c->watch->owner->watch : c->watch;
    if (c->meter->kind == SIM_GAUGE && watch->peaks == NULL) {
        watch->peaks = peaks_new(r->world->plan->components[c->component].nodes);
        return watch->peaks != NULL ? 0 : -1;
    }
    return 0;
}

/* The span of an ask on a channel, and on a ratio's two meters. Asks of one span follow one
 * another, so it is the newest span or a new one. NULL when out of memory. */
static struct sim__time_span *span_of(struct sim__recorder *r, struct sim__channel *c,
                                      const struct sim_plan_ask *ask)
{
    struct sim__watch *watch = watch_of(c);
    assert(ask->from >= 0 && ask->from < ask->to);
    if (watch == NULL || peaks_keep(r, c) != 0)
        return NULL;
    if (watch->newest != NULL && watch->newest->from == ask->from && watch->newest->to == ask->to)
        return watch->newest;
    struct sim__time_span *span = calloc(1, sizeof *span);
    if (span == NULL)
        return NULL;
    *span = (struct sim__time_span){.from = ask->from,
                                    .to = ask->to,
                                    .began = SIM_NEVER,
                                    .ended = SIM_NEVER,
                                    .seen = sim__seen_nothing};
    /* the edge at its end owns it; at SIM_NEVER no run gets there */
    if (edge_add(r, c, span, ask->to, true) != 0) {
        free(span);
        return NULL;
    }
    watch->newest = span;
    if (edge_add(r, c, span, ask->from, false) != 0)
        return NULL;
    if (c->meter->kind != SIM_RATIO)
        return span;
    span->of = span_of(r, c->of, ask);
    span->by = span_of(r, c->by, ask);
    return span->of != NULL && span->by != NULL ? span : NULL;
}

/* ---- before the run -------------------------------------------------------------------------- */

static int ask_make(struct sim__recorder *r, const struct sim_plan_ask *ask,
                    struct sim__asked *asked)
{
    bool worst = ask->node == SIM_WORST_NODE;
    if (ask->component == SIM_NOWHERE)
        return 0;
    struct sim__channel *c = sim__channel_find(r, ask->component, ask->meter);
    assert(c != NULL);
    uint32_t first = worst ? 0 : ask->node;
    uint32_t count = worst ? r->world->plan->components[ask->component].nodes : 1;
    asked->channel = c;
    if (ask->from != SIM_WHOLE_RUN && (asked->spans = calloc(count, sizeof(void *))) == NULL)
        return -1;
    for (uint32_t i = 0; i < count; i++) {
        struct sim__channel *of = ask->node == SIM_ALL_NODES ? c
                                                             : sim__channel_part(r, c, first + i);
        asked->channel = worst ? c : of;
        if (of == NULL)
            return -1;
        if (asked->spans != NULL && (asked->spans[i] = span_of(r, of, ask)) == NULL)
            return -1;
    }
    return 0;
}

static void line_add(struct sim__recorder *r, const struct sim_plan_kept *kept,
                     struct sim__channel *c, const char *stat)
{
    r->lines[r->line_count++] = (struct sim__extra_series){
        .channel = c, .place = kept->place, .stat = stat, .worst = kept->node == SIM_WORST_NODE};
}

/* Keeps a series; `again`: the entry before was of the same meter of the same place. */
static int keep(struct sim__recorder *r, const struct sim_plan_kept *kept, bool again)
{
    struct sim__channel *c = kept->component != SIM_NOWHERE
                                 ? sim__channel_find(r, kept->component, kept->meter)
                                 : NULL;
    if (c == NULL) /* an ask of the bill */
        return 0;
    uint32_t nodes = r->world->plan->components[c->component].nodes;
    for (uint32_t n = 0; n < nodes && kept->node == SIM_WORST_NODE; n++)
        if (sim__channel_part(r, c, n) == NULL)
            return -1;
    bool part = kept->node < nodes || SIM_IS_NODES_AT(kept->node);
    if (part && (c = sim__channel_part(r, c, kept->node)) == NULL)
        return -1;
    if (kept->node != SIM_WORST_NODE)
        c->keep_tally = true;
    if (kept->node == SIM_ALL_NODES)
        c->series = true;
    const char *const *stats = sim_meter_series(c->meter->kind);
    for (; *stats != NULL && kept->node != SIM_ALL_NODES && !again; stats++)
        line_add(r, kept, c, *stats);
    if (kept->stat != NULL)
        line_add(r, kept, c, kept->stat);
    return 0;
}

static int keep_all(struct sim__recorder *r)
{
    enum { SERIES_MOST = 8 };
    const struct sim_plan *plan = r->world->plan;
    r->lines = calloc((size_t)plan->kept_count * SERIES_MOST + 1, sizeof *r->lines);
    if (r->lines == NULL)
        return -1;
    for (uint32_t i = 0; i < plan->kept_count; i++) {
        const struct sim_plan_kept *kept = &plan->kept[i];
        bool again = i > 0 && strcmp(kept[-1].place, kept->place) == 0 &&
                     strcmp(kept[-1].meter, kept->meter) == 0;
        if (keep(r, kept, again) != 0)
            return -1;
    }
    return 0;
}

/* Finds the ratios that are given by node, of components with several nodes. */
static int by_node_make(struct sim__recorder *r)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < r->count; i++)
        count += (r->channels[i].meter->flags & SIM_BY_NODE) != 0;
    r->by_node = calloc(count + 1u, sizeof *r->by_node);
    if (r->by_node == NULL)
        return -1;
    for (uint32_t i = 0; i < r->count; i++) {
        struct sim__channel *c = &r->channels[i];
        uint32_t nodes = r->world->plan->components[c->component].nodes;
        if (!(c->meter->flags & SIM_BY_NODE) || nodes < 2 ||
            r->world->plan->components[c->component].worst == NULL)
            continue;
        struct sim__by_node *by = &r->by_node[r->by_node_count++];
        by->channel = c;
        by->before = calloc(nodes, sizeof *by->before);
        if (by->before == NULL)
            return -1;
    }
    return 0;
}

static int by_time(const void *a, const void *b)
{
    const struct sim__edge *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

int sim__asks_make(struct sim__recorder *r)
{
    const struct sim_plan *plan = r->world->plan;
    r->asked = calloc(plan->ask_count + 1u, sizeof *r->asked);
    if (r->asked == NULL || keep_all(r) != 0 || by_node_make(r) != 0)
        return -1;
    for (uint32_t i = 0; i < plan->ask_count; i++)
        if (ask_make(r, &plan->asks[i], &r->asked[i]) != 0)
            return -1;
    if (r->edge_count > 0)
        qsort(r->edges, r->edge_count, sizeof *r->edges, by_time);
    if (plan->warmup == 0)
        sim__by_node_begin(r, 0);
    return 0;
}

void sim__asks_free(struct sim__recorder *r)
{
    for (uint32_t i = 0; i < r->edge_count; i++) {
        if (!r->edges[i].end)
            continue;
        sim_tally_free(&r->edges[i].span->seen.tally);
        free(r->edges[i].span->peaks);
        free(r->edges[i].span);
    }
    for (uint32_t i = 0; r->asked != NULL && i < r->world->plan->ask_count; i++)
        free(r->asked[i].spans);
    for (uint32_t i = 0; i < r->by_node_count; i++)
        free(r->by_node[i].before);
    for (uint32_t i = 0; i < r->part_count; i++) {
        sim_tally_free(&r->parts[i]->window);
        sim_tally_free(&r->parts[i]->whole.tally);
        channel_free(r->parts[i]);
        free(r->parts[i]);
    }
    for (uint32_t i = 0; r->channels != NULL && i < r->count; i++)
        channel_free(&r->channels[i]);
    free(r->edges);
    free(r->asked);
    free(r->by_node);
    free(r->parts);
    free(r->lines);
}

/* ---- while it runs --------------------------------------------------------------------------- */

/* Whether a channel is of a single node, not of several together. */
static bool is_single(const struct sim__channel *c)
{
    return c->watch->owner != NULL && !SIM_IS_NODES_AT(c->node);
}

/* The sum of the peaks of a channel's nodes; for a single node, its own. */
static double sum_of(const struct sim__recorder *r, const struct sim__channel *c,
                     const struct sim__time_span *span)
{
    const struct sim__channel *owner = c->watch->owner != NULL ? c->watch->owner : c;
    if (is_single(c))
        return (double)(span->peaks != NULL ? span->peaks[0] : owner->watch->peaks[c->node]);
    const int64_t *peaks = span->peaks != NULL ? span->peaks : owner->watch->peaks;
    double sum = 0;
    for (uint32_t n = 0; n < r->world->plan->components[c->component].nodes; n++)
        sum += sim__channel_includes(r, c, n) ? (double)peaks[n] : 0;
    return sum;
}

void sim__spans_measure(const struct sim__recorder *r, struct sim__channel *c, double mean,
                        bool whole)
{
    for (struct sim__time_span *s = c->watch->lasting; s != NULL; s = s->next) {
        if (c->meter->kind == SIM_GAUGE)
            s->seen.peak = fmax(s->seen.peak, s->peaks != NULL ? sum_of(r, c, s) : c->peak);
        free(s->peaks);
        s->peaks = NULL;
        if (s->began > r->last || !whole)
            continue;
        s->seen.windows++;
        if (isnan(mean))
            continue;
        s->seen.greatest = fmax(s->seen.greatest, mean);
        s->seen.least = fmin(s->seen.least, mean);
    }
}

static bool is_summed(const struct sim__channel *c)
{
    return c->meter->kind == SIM_COUNTER || c->meter->kind == SIM_GAUGE;
}

/* 0, or -1 when out of memory. */
static int span_begin(struct sim__recorder *r, struct sim__channel *c, struct sim__time_span *span,
                      sim_time now)
{
    assert(span->began == SIM_NEVER && "a span begins once");
    uint32_t nodes = is_single(c) ? 1 : r->world->plan->components[c->component].nodes;
    if (c->meter->kind == SIM_GAUGE && now > r->last && (span->peaks = peaks_new(nodes)) == NULL)
        return -1;
    span->began = now;
    span->before = is_summed(c) ? sim__channel_sum(r, c, now) : 0;
    span->next = c->watch->lasting;
    c->watch->lasting = span;
    return 0;
}

static void span_end(struct sim__recorder *r, struct sim__channel *c, struct sim__time_span *span,
                     sim_time now)
{
    assert(span->began <= now && span->ended == SIM_NEVER && "a span ends once, after it began");
    struct sim__time_span **at = &c->watch->lasting;
    while (*at != span)
        at = &(*at)->next;
    *at = span->next;
    span->ended = now;
    if (c->meter->kind == SIM_GAUGE && now > r->last)
        span->seen.peak = fmax(span->seen.peak, sum_of(r, c, span));
    if (is_summed(c))
        span->seen.amount = (double)(sim__channel_sum(r, c, now) - span->before);
}

sim_time sim__recorder_next(const struct sim__recorder *r)
{
    return r->next_edge < r->edge_count ? r->edges[r->next_edge].at : SIM_NEVER;
}

int sim__recorder_cut(struct sim__recorder *r, sim_time now)
{
    for (; sim__recorder_next(r) <= now && now < SIM_NEVER; r->next_edge++) {
        const struct sim__edge *edge = &r->edges[r->next_edge];
        struct sim__channel *c = edge->channel, *owner = c->watch->owner ? c->watch->owner : c;
        if (c->meter->kind == SIM_HISTOGRAM && sim__channel_roll(r, owner) != 0)
            return -1;
        if (c->meter->kind == SIM_GAUGE)
            sim__channel_peaks(r, owner);
        if (edge->end)
            span_end(r, c, edge->span, now);
        else if (span_begin(r, c, edge->span, now) != 0)
            return -1;
    }
    return 0;
}

void sim__by_node_begin(struct sim__recorder *r, sim_time now)
{
    for (uint32_t i = 0; i < r->by_node_count; i++) {
        const struct sim__channel *c = r->by_node[i].channel;
        uint32_t nodes = r->world->plan->components[c->component].nodes;
        for (uint32_t n = 0; n < nodes; n++) {
            r->by_node[i].before[n][0] = sim__channel_sum_of(r, c->of, n, now);
            r->by_node[i].before[n][1] = sim__channel_sum_of(r, c->by, n, now);
        }
    }
}

/* ---- the end of the run ---------------------------------------------------------------------- */

/* What a channel answers, for the i-th span only. */
static double answer_of(const struct sim__recorder *r, const struct sim__asked *asked,
                        const struct sim__channel *c, uint32_t i, const char *stat, uint64_t *n)
{
    const struct sim__channel *of = c->of, *by = c->by;
    if (asked->spans == NULL) {
        *n = sim__seen_samples(c, &c->whole, by ? &by->whole : NULL);
        return sim__seen_stat(c->meter, stat, &c->whole, of ? &of->whole : NULL,
                              by ? &by->whole : NULL, (double)r->measured);
    }
    const struct sim__time_span *span = asked->spans[i];
    const struct sim__seen *top = span->of != NULL ? &span->of->seen : NULL;
    const struct sim__seen *base = span->by != NULL ? &span->by->seen : NULL;
    *n = 0;
    if (span->began == SIM_NEVER || span->ended <= span->began)
        return (double)NAN;
    *n = sim__seen_samples(c, &span->seen, base);
    return sim__seen_stat(c->meter, stat, &span->seen, top, base,
                          (double)(span->ended - span->began));
}

/* Answers an ask, by the worst node if that is asked for. */
static void answer(const struct sim__recorder *r, const struct sim_plan_ask *ask,
                   const struct sim__asked *asked, struct sim_metric *out)
{
    const struct sim__channel *c = asked->channel;
    out->unit = c->meter->unit;
    out->node = SIM_IS_NODES_AT(ask->node) ? SIM_ALL_NODES : ask->node;
    if (ask->node != SIM_WORST_NODE) {
        out->value = answer_of(r, asked, c, 0, ask->stat, &out->n);
        return;
    }
    for (uint32_t i = 0; i < r->world->plan->components[c->component].nodes; i++) {
        uint64_t n;
        double value = answer_of(r, asked, c->watch->parts[i], i, ask->stat, &n);
        if (!sim__is_worse(c->meter, value, out->value))
            continue;
        out->value = value;
        out->n = n;
        out->node = i;
    }
}

/* Writes the worst node by a ratio that every run gives by node. */
static void tell_by_node(struct sim__recorder *r, const struct sim__by_node *by, sim_time now,
                         struct sim_metric *out)
{
    const struct sim__channel *c = by->channel;
    *out = (struct sim_metric){.component = r->world->plan->components[c->component].worst,
                               .meter = c->meter->name,
                               .stat = "mean",
                               .unit = c->meter->unit,
                               .value = (double)NAN,
                               .node = SIM_WORST_NODE,
                               .n = c->whole.windows};
    for (uint32_t n = 0; n < r->world->plan->components[c->component].nodes; n++) {
        double of = (double)(sim__channel_sum_of(r, c->of, n, now) - by->before[n][0]);
        double base = (double)(sim__channel_sum_of(r, c->by, n, now) - by->before[n][1]);
        double value = base > 0 ? of / base : (double)NAN;
        if (!sim__is_worse(c->meter, value, out->value))
            continue;
        out->value = value;
        out->node = n;
    }
}

/* Ends the spans that are under way at the end of the run. */
static void end_all(struct sim__recorder *r, sim_time now)
{
    for (uint32_t i = 0; i < r->edge_count; i++) {
        const struct sim__edge *edge = &r->edges[i];
        if (edge->end && edge->span->began != SIM_NEVER && edge->span->ended == SIM_NEVER)
            span_end(r, edge->channel, edge->span, now);
    }
}

int sim__asks_finish(struct sim__recorder *r, sim_time now)
{
    const struct sim_plan *plan = r->world->plan;
    struct sim_record *out = r->record;
    size_t most = (size_t)out->metric_count + r->by_node_count + plan->ask_count + 1;
    struct sim_metric *metrics = realloc(out->metrics, most * sizeof *metrics);
    out->metrics = metrics != NULL ? metrics : out->metrics;
    out->answers = calloc(plan->ask_count + 1u, sizeof *out->answers);
    if (metrics == NULL || out->answers == NULL)
        return -1;
    end_all(r, now);
    for (uint32_t i = 0; i < r->by_node_count; i++)
        tell_by_node(r, &r->by_node[i], now, &metrics[out->metric_count++]);
    for (uint32_t i = 0; i < plan->ask_count; i++) {
        const struct sim_plan_ask *ask = &plan->asks[i];
        struct sim_metric m = {.component = ask->place,
                               .meter = ask->meter,
                               .stat = ask->stat,
                               .value = (double)NAN,
                               .asked = true};
        if (r->asked[i].channel != NULL)
            answer(r, ask, &r->asked[i], &m);
        else
            sim__ledger_over(r->ledger, ask, &m);
        if (ask->from == SIM_WHOLE_RUN)
            metrics[out->metric_count++] = m;
        else
            out->answers[out->answer_count++] = (struct sim_answer){m, ask->from, ask->to};
    }
    return 0;
}
