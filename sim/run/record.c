/* record.c - takes windows of meters into series, and the windows after the warm-up into metrics.
 * What a plan asks for in addition is in time_spans.c.
 *
 * The nodes of a component are taken together: counters and gauges add up, histograms merge, and a
 * peak is the sum of the nodes' peaks within a window (an upper bound for several nodes). */
#include "books/trace_state.h"
#include "run/measured.h"
#include "run/record_state.h"
#include "sim/ledger.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t stat_count(const char *const *stats)
{
    uint32_t n = 0;
    while (stats[n] != NULL)
        n++;
    return n;
}

static const char *name_of(const struct sim__recorder *r, const struct sim__channel *c)
{
    return r->world->plan->components[c->component].name;
}

/* ---- making it ------------------------------------------------------------------------------- */

static void add_table(struct sim__recorder *r, uint32_t component, uint32_t table)
{
    const struct sim_meter *m = sim__meters_kept(r->world, &r->world->plan->components[component],
                                                 table);
    for (; m != NULL && m->name != NULL; m++, r->count++) {
        if (r->channels == NULL)
            continue;
        struct sim__channel *c = &r->channels[r->count];
        c->meter = m;
        c->component = component;
        c->node = SIM_ALL_NODES;
        c->table = table;
        c->whole = sim__seen_nothing;
        c->series = r->world->plan->all_series || (m->flags & SIM_HEADLINE);
    }
}

static void add_all(struct sim__recorder *r)
{
    r->count = 0;
    for (uint32_t i = 0; i < r->world->component_count; i++) {
        uint32_t tables = sim_component_tables(&r->world->plan->components[i]);
        r->first[i] = r->count;
        add_table(r, i, SIM_METERS_OWN);
        for (uint32_t t = SIM_METERS_TABLES; t < tables; t++) /* beside the model's own */
            add_table(r, i, t);
        for (uint32_t t = SIM_METERS_OWN + 1; t < SIM_METERS_TABLES; t++)
            add_table(r, i, t);
    }
    r->first[r->world->component_count] = r->count;
}

static int channels_make(struct sim__recorder *r)
{
    r->first = calloc(r->world->component_count + 1u, sizeof *r->first);
    if (r->first == NULL)
        return -1;
    add_all(r);
    r->channels = calloc(r->count + 1, sizeof *r->channels);
    r->ratios = calloc(r->count + 1, sizeof *r->ratios);
    if (r->channels == NULL || r->ratios == NULL)
        return -1;
    add_all(r);
    for (uint32_t i = 0; i < r->count; i++) {
        struct sim__channel *c = &r->channels[i];
        if (c->meter->kind == SIM_RATIO) {
            c->of = sim__channel_find(r, c->component, c->meter->of);
            c->by = sim__channel_find(r, c->component, c->meter->by);
            r->ratios[r->ratio_count++] = i;
        }
    }
    return 0;
}

static int series_add(struct sim__recorder *r, const char *place, const struct sim_meter *m,
                      const char *stat)
{
    struct sim_series *s = &r->record->series[r->record->series_count];
    *s = (struct sim_series){place, m->name, stat, m->unit, malloc(r->windows * sizeof(double))};
    if (s->values == NULL)
        return -1;
    r->record->series_count++;
    return 0;
}

static int series_make(struct sim__recorder *r)
{
    uint32_t count = r->line_count;
    for (uint32_t i = 0; i < r->count; i++)
        if (r->channels[i].series)
            count += stat_count(sim_meter_series(r->channels[i].meter->kind));
    r->record->series = calloc(count + 1, sizeof *r->record->series);
    if (r->record->series == NULL)
        return -1;
    for (uint32_t i = 0; i < r->count; i++) {
        struct sim__channel *c = &r->channels[i];
        const char *const *stats = sim_meter_series(c->meter->kind);
        c->first_series = r->record->series_count;
        for (uint32_t k = 0; c->series && k < stat_count(stats); k++)
            if (series_add(r, name_of(r, c), c->meter, stats[k]) != 0)
                return -1;
    }
    for (uint32_t i = 0; i < r->line_count; i++) {
        struct sim__extra_series *line = &r->lines[i];
        line->series = r->record->series_count;
        if (series_add(r, line->place, line->channel->meter, line->stat) != 0)
            return -1;
    }
    return 0;
}

/* Finds the meters from which the bill is read. */
static int bill_make(struct sim__recorder *r)
{
    const struct sim_bill *bill = r->world->plan->bill;
    if (bill == NULL)
        return 0;
    r->ledger = sim__ledger_new(r->world, r->windows);
    r->read = calloc(bill->item_count + 1u, sizeof *r->read);
    r->readings = calloc(bill->item_count + 1u, sizeof *r->readings);
    r->whole = calloc(bill->item_count + 1u, sizeof *r->whole);
    if (r->ledger == NULL || r->read == NULL || r->readings == NULL || r->whole == NULL)
        return -1;
    for (uint32_t i = 0; i < bill->item_count; i++)
        if (bill->items[i].usage->meter != NULL)
            r->read[i] = sim__channel_find(r, bill->items[i].component,
                                           bill->items[i].usage->meter);
    return 0;
}

/* If nothing is asked of single nodes, the nodes of a component count in the rows of the first one.
 * So a window of many nodes costs little more than that of one. */
static void share_counts(struct sim__recorder *r)
{
    for (uint32_t i = 0; i < r->count; i++) {
        const struct sim__channel *c = &r->channels[i];
        uint32_t nodes = r->world->plan->components[c->component].nodes;
        bool shared = c->meter->kind == SIM_HISTOGRAM && !sim__channel_has_parts(c);
        for (uint32_t n = nodes; shared && n > 1; n--) /* so that they are in order */
            sim_histogram_share(sim__channel_meter(r, c, n - 1), sim__channel_meter(r, c, 0));
    }
}

struct sim__recorder *sim__recorder_new(struct sim_world *w)
{
    struct sim__recorder *r = calloc(1, sizeof *r);
    if (r == NULL)
        return NULL;
    const struct sim_plan *plan = w->plan;
    r->world = w;
    r->windows = (uint32_t)((plan->duration + plan->interval - 1) / plan->interval);
    r->record = calloc(1, sizeof *r->record);
    if (r->record == NULL || channels_make(r) != 0 || sim__asks_make(r) != 0 ||
        series_make(r) != 0 || bill_make(r) != 0) {
        sim__recorder_free(r);
        return NULL;
    }
    share_counts(r);
    r->record->interval = plan->interval;
    return r;
}

void sim__recorder_free(struct sim__recorder *r)
{
    if (r == NULL)
        return;
    for (uint32_t i = 0; r->channels != NULL && i < r->count; i++) {
        sim_tally_free(&r->channels[i].window);
        sim_tally_free(&r->channels[i].whole.tally);
    }
    sim__asks_free(r);
    free(r->channels);
    free(r->first);
    free(r->ratios);
    sim__ledger_free(r->ledger);
    r->ledger = NULL;
    free(r->read);
    free(r->readings);
    free(r->whole);
    sim_record_free(r->record);
    free(r);
}

/* ---- the end of a window --------------------------------------------------------------------- */

static void collect_counter(struct sim__recorder *r, struct sim__channel *c)
{
    uint64_t counted = (uint64_t)sim__channel_sum(r, c, 0);
    c->amount = (double)(counted - c->counted_before);
    c->counted_before = counted;
}

static void collect_gauge(struct sim__recorder *r, struct sim__channel *c, sim_time now)
{
    uint32_t nodes = r->world->plan->components[c->component].nodes;
    struct sim__channel *groups = c->watch != NULL ? c->watch->groups : NULL;
    c->amount = c->peak = 0;
    for (struct sim__channel *g = groups; g != NULL; g = g->next_group)
        g->amount = g->peak = 0;
    for (uint32_t n = 0; n < nodes; n++) {
        struct sim__channel *part = sim__channel_of_node(c, n);
        int64_t peak;
        double area = sim_gauge_roll(sim__channel_meter(r, c, n), now, &peak);
        if (c->watch != NULL && c->watch->peaks != NULL) {
            peak = sim__channel_peak(c, n, peak);
            c->watch->peaks[n] = INT64_MIN;
        }
        c->amount += area;
        c->peak += (double)peak;
        for (struct sim__channel *g = groups; g != NULL; g = g->next_group) {
            bool here = sim__channel_includes(r, g, n);
            g->amount += here ? area : 0;
            g->peak += here ? (double)peak : 0;
        }
        if (part != NULL) {
            part->amount = area;
            part->peak = (double)peak;
        }
    }
}

/* Takes the contents of the nodes' meters for this window. */
static int collect(struct sim__recorder *r, struct sim__channel *c, sim_time now)
{
    switch (c->meter->kind) {
    case SIM_COUNTER: collect_counter(r, c); break;
    case SIM_GAUGE: collect_gauge(r, c, now); break;
    case SIM_HISTOGRAM:
        if (c->watch == NULL) /* of others it holds what was recorded up to a span's edge */
            sim_tally_clear(&c->window);
        if (sim__channel_roll(r, c) != 0)
            return -1;
        c->sojourn += c->window.n > 0 ? c->window.sum : 0;
        break;
    case SIM_RATIO: break;
    }
    c->area += c->amount;
    return 0;
}

/* The window's value: a rate per second, a mean level, a ratio. */
static double window_mean(const struct sim__channel *c, sim_time length)
{
    switch (c->meter->kind) {
    case SIM_COUNTER: return c->amount * 1e9 / (double)length;
    case SIM_GAUGE: return c->amount / (double)length;
    case SIM_RATIO: return c->by->amount > 0 ? c->of->amount / c->by->amount : (double)NAN;
    default: return sim_tally_mean(&c->window) * sim__meter_scale(c->meter);
    }
}

static void write_series(struct sim__recorder *r, const struct sim__channel *c, double mean)
{
    struct sim_series *s = &r->record->series[c->first_series];
    uint32_t at = r->window;
    assert(at < r->windows && r->window == at);
    s[0].values[at] = mean;
    if (c->meter->kind == SIM_GAUGE)
        s[1].values[at] = c->peak;
    if (c->meter->kind != SIM_HISTOGRAM)
        return;
    double scale = sim__meter_scale(c->meter);
    for (uint32_t k = 0; k < SIM__PERCENTILES; k++)
        s[1 + k].values[at] = sim_tally_percentile(&c->window, sim__percentiles[k]) * scale;
    s[5].values[at] = c->window.n > 0 ? (double)c->window.high * scale : (double)NAN;
}

static double window_stat(const struct sim__channel *c, const char *stat, sim_time length)
{
    if (c->meter->kind == SIM_HISTOGRAM)
        return sim__tally_stat(&c->window, stat, sim__meter_scale(c->meter));
    return strcmp(stat, "peak") == 0 ? c->peak : window_mean(c, length);
}

static void write_line(struct sim__recorder *r, const struct sim__extra_series *line,
                       sim_time length)
{
    const struct sim__channel *c = line->channel;
    double value = line->worst ? (double)NAN : window_stat(c, line->stat, length);
    uint32_t nodes = line->worst ? r->world->plan->components[c->component].nodes : 0;
    for (uint32_t n = 0; n < nodes; n++) {
        double at_node = window_stat(sim__channel_of_node(c, n), line->stat, length);
        if (sim__is_worse(c->meter, at_node, value))
            value = at_node;
    }
    r->record->series[line->series].values[r->window] = value;
}

/* Takes a window after the warm-up into the whole. */
static int measure(struct sim__channel *c, sim_time length, double mean)
{
    struct sim__seen *whole = &c->whole;
    whole->windows += length > 0;
    whole->amount += c->amount;
    if (!isnan(mean)) {
        whole->greatest = fmax(whole->greatest, mean);
        whole->least = fmin(whole->least, mean);
    }
    whole->peak = fmax(whole->peak, c->peak);
    return c->meter->kind == SIM_HISTOGRAM ? sim_tally_add(&whole->tally, &c->window) : 0;
}

static int finish_window(struct sim__recorder *r, struct sim__channel *c, sim_time length,
                         bool warm)
{
    /* a run cut short at the end of a window: it took no time, but there may be answers */
    double mean = length > 0 ? window_mean(c, length) : (double)NAN;
    if (c->series && length > 0)
        write_series(r, c, mean);
    if (c->watch != NULL)
        sim__spans_measure(r, c, mean, length > 0);
    return warm ? measure(c, length, mean) : 0;
}

static void bill_roll(struct sim__recorder *r, sim_time length, bool warm)
{
    const struct sim_bill *bill = r->world->plan->bill;
    for (uint32_t i = 0; i < bill->item_count; i++) {
        if (r->read[i] == NULL)
            continue;
        r->readings[i] = (struct sim__reading){r->read[i]->amount, r->read[i]->peak};
    }
    sim__ledger_roll(r->ledger, r->readings, length, warm);
}

/* Each channel is taken up once, while it is in the cache: with many components, fetching them is
 * what a window costs. A ratio comes after its two meters. */
static int finish_windows(struct sim__recorder *r, sim_time now, sim_time length, bool warm)
{
    for (uint32_t i = 0; i < r->count; i++) {
        struct sim__channel *c = &r->channels[i];
        if (collect(r, c, now) != 0)
            return -1;
        if (c->meter->kind != SIM_RATIO && finish_window(r, c, length, warm) != 0)
            return -1;
    }
    for (uint32_t i = 0; i < r->part_count; i++)
        if (r->parts[i]->meter->kind == SIM_COUNTER)
            collect_counter(r, r->parts[i]);
    for (uint32_t i = 0; i < r->ratio_count; i++)
        if (finish_window(r, &r->channels[r->ratios[i]], length, warm) != 0)
            return -1;
    for (uint32_t i = 0; i < r->part_count; i++)
        if (finish_window(r, r->parts[i], length, warm) != 0)
            return -1;
    for (uint32_t i = 0; i < r->line_count && length > 0; i++)
        write_line(r, &r->lines[i], length);
    for (uint32_t i = 0; i < r->count; i++)
        if (r->channels[i].watch != NULL)
            sim_tally_clear(&r->channels[i].window);
    for (uint32_t i = 0; i < r->part_count; i++)
        sim_tally_clear(&r->parts[i]->window);
    return 0;
}

int sim__recorder_roll(struct sim__recorder *r, sim_time now)
{
    sim_time length = now - r->last;
    assert(length >= 0 && (length == 0 || r->window < r->windows));
    bool warm = r->last >= r->world->plan->warmup;
    if (finish_windows(r, now, length, warm) != 0)
        return -1;
    if (r->ledger != NULL)
        bill_roll(r, length, warm);
    r->measured += warm ? length : 0;
    if (!warm && now >= r->world->plan->warmup) {
        sim__trace_measure(r->world->trace);
        sim__by_node_begin(r, now);
    }
    r->last = now;
    r->window += length > 0;
    return sim__recorder_cut(r, now);
}

/* ---- the end of the run ---------------------------------------------------------------------- */

static int metrics_make(struct sim__recorder *r)
{
    struct sim_record *out = r->record;
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->count; i++)
        n += stat_count(sim_meter_stats(r->channels[i].meter->kind));
    out->metrics = calloc(n + 1, sizeof *out->metrics);
    if (out->metrics == NULL)
        return -1;
    for (uint32_t i = 0; i < r->count; i++) {
        const struct sim__channel *c = &r->channels[i];
        const struct sim__seen *of = c->of ? &c->of->whole : NULL;
        const struct sim__seen *by = c->by ? &c->by->whole : NULL;
        const char *const *stats = sim_meter_stats(c->meter->kind);
        for (uint32_t k = 0; k < stat_count(stats); k++)
            out->metrics[out->metric_count++] = (struct sim_metric){
                .component = name_of(r, c),
                .meter = c->meter->name,
                .stat = stats[k],
                .unit = c->meter->unit,
                .value = sim__seen_stat(c->meter, stats[k], &c->whole, of, by, (double)r->measured),
                .headline = c->meter->flags & SIM_HEADLINE,
                .n = sim__seen_samples(c, &c->whole, by),
                .near = c->component};
    }
    assert(out->metric_count == n);
    return 0;
}

static void add_distribution(struct sim__recorder *r, const char *place, struct sim__channel *c)
{
    struct sim_record *out = r->record;
    out->distributions[out->distribution_count++] = (struct sim_distribution_result){
        place, c->meter->name, c->meter->unit, c->whole.tally};
    c->whole.tally = (struct sim_tally){0}; /* the record owns it now */
}

static int distributions_make(struct sim__recorder *r)
{
    struct sim_record *out = r->record;
    out->distributions = calloc(r->count + r->line_count + 1u, sizeof *out->distributions);
    if (out->distributions == NULL)
        return -1;
    for (uint32_t i = 0; i < r->count; i++)
        if (r->channels[i].meter->kind == SIM_HISTOGRAM && r->channels[i].keep_tally)
            add_distribution(r, name_of(r, &r->channels[i]), &r->channels[i]);
    for (uint32_t i = 0; i < r->line_count; i++) { /* the first line of each node's channel */
        struct sim__channel *c = r->lines[i].channel;
        if (c->meter->kind == SIM_HISTOGRAM && c->keep_tally && c->node != SIM_ALL_NODES) {
            c->keep_tally = false;
            add_distribution(r, r->lines[i].place, c);
        }
    }
    return 0;
}

static int audit_make(struct sim__recorder *r)
{
    struct sim_world *w = r->world;
    struct sim__station_sums *sums = calloc(w->component_count + 1, sizeof *sums);
    if (sums == NULL)
        return -1;
    for (uint32_t i = 0; i < r->count; i++) {
        const struct sim__channel *c = &r->channels[i];
        if (c->table != SIM_METERS_STATION)
            continue;
        if (strcmp(c->meter->name, "in_flight") == 0)
            sums[c->component].in_flight_area = c->area;
        if (strcmp(c->meter->name, "sojourn") == 0)
            sums[c->component].sojourn = c->sojourn;
    }
    for (uint32_t i = 0; r->ledger != NULL && i < w->plan->bill->item_count; i++)
        r->whole[i] = r->read[i] != NULL ? r->read[i]->area : 0;
    int result = sim__audit(w, r->ledger, sums, r->whole, r->record);
    free(sums);
    return result;
}

static int bill_finish(struct sim__recorder *r)
{
    double successes = 0;
    for (uint32_t i = 0; i < r->count; i++)
        if (r->channels[i].meter->flags & SIM_USER_SUCCESS)
            successes += r->channels[i].whole.amount;
    return r->ledger ? sim__ledger_finish(r->ledger, successes, r->record) : 0;
}

static int attribution_make(struct sim__recorder *r)
{
    struct sim_record *out = r->record;
    const struct sim_plan_component *components = r->world->plan->components;
    struct sim__bands found;
    if (sim__attribution_bands(r->world->trace, &found) != 0)
        return -1;
    out->attributions = calloc(found.band_count + 1u, sizeof *out->attributions);
    out->attribution_parts = calloc(found.part_count + 1u, sizeof *out->attribution_parts);
    bool made = out->attributions != NULL && out->attribution_parts != NULL;
    for (uint32_t i = 0; made && i < found.band_count; i++) {
        const struct sim__band *b = &found.bands[i];
        out->attributions[out->attribution_count++] = (struct sim_attribution){
            components[b->source].name,
            b->stat,
            b->percentile,
            b->latency,
            b->requests,
            b->sampled,
            b->first_part,
            b->part_count};
    }
    for (uint32_t i = 0; made && i < found.part_count; i++) {
        const struct sim__band_part *p = &found.parts[i];
        out->attribution_parts[out->attribution_part_count++] = (struct sim_attribution_part){
            components[p->component].name, sim_spent_names[p->cause], p->mean};
    }
    free(found.bands);
    free(found.parts);
    return made ? 0 : -1;
}

static int trace_make(struct sim__recorder *r)
{
    struct sim_record *out = r->record;
    struct sim__listed_span *spans;
    uint32_t count;
    if (sim__trace_list(r->world->trace, &spans, &count) != 0)
        return -1;
    if (spans == NULL)
        return 0;
    out->trace = calloc(count + 1u, sizeof *out->trace);
    for (uint32_t i = 0; out->trace != NULL && i < count; i++) {
        const struct sim__listed_span *s = &spans[i];
        out->trace[i] = (struct sim_trace_span){
            s->kind,      s->parent,  r->world->plan->components[s->component].name,
            s->node,      s->sent,    s->arrived,
            s->left,      s->ended,   s->what,
            s->status,    s->attempt, s->hedge,
            s->abandoned, s->slowest, s->sampled};
    }
    out->trace_count = out->trace != NULL ? count : 0;
    free(spans);
    return out->trace != NULL ? 0 : -1;
}

static int faults_record(const struct sim_world *w, struct sim_record *record)
{
    record->fault_begins = w->fault_begins;
    if (w->fault_window_count == 0)
        return 0;
    record->faults = malloc(w->fault_window_count * sizeof *record->faults);
    if (record->faults == NULL)
        return -1;
    record->fault_count = w->fault_window_count;
    for (uint32_t i = 0; i < record->fault_count; i++) {
        struct sim_fault_window *to = &record->faults[i];
        *to = w->fault_windows[i];
        to->ended = to->ended < sim_now(w->sim) ? to->ended : sim_now(w->sim);
    }
    return 0;
}

struct sim_record *sim__recorder_finish(struct sim__recorder *r)
{
    struct sim_record *out = r->record;
    out->windows = r->window;
    out->events = sim_event_count(r->world->sim);
    out->hash = sim_event_hash(r->world->sim);
    if (metrics_make(r) != 0 || bill_finish(r) != 0 || audit_make(r) != 0 ||
        sim__asks_finish(r, sim_now(r->world->sim)) != 0 || distributions_make(r) != 0 ||
        faults_record(r->world, out) != 0 || attribution_make(r) != 0 || trace_make(r) != 0)
        return NULL;
    r->record = NULL;
    return out;
}

void sim_record_free(struct sim_record *record)
{
    if (record == NULL)
        return;
    for (uint32_t i = 0; record->series != NULL && i < record->series_count; i++)
        free(record->series[i].values);
    for (uint32_t i = 0; i < record->distribution_count; i++)
        sim_tally_free(&record->distributions[i].tally);
    free(record->series);
    free(record->metrics);
    free(record->answers);
    free(record->distributions);
    free(record->audit);
    free(record->faults);
    free(record->attributions);
    free(record->attribution_parts);
    free(record->trace);
    sim_record_unplace(record);
    free(record);
}
