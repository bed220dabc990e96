/* record.c - windows of meters into series, and the windows after warm-up into metrics.
 *
 * Nodes of a component are taken together: counters and gauges add up, histograms merge, and a peak
 * is the sum of the nodes' peaks within a window (a bound from above for more than one node). */
#include "fabric/world_state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATS_MOST 7

/* One meter of one component. */
struct channel {
    const struct sim_meter *meter;
    uint32_t component;
    int table;               /* enum sim_meter_table */
    struct channel *of, *by; /* SIM_RATIO */
    bool series, keep_tally;
    uint32_t first_series; /* index in the record */
    /* this window */
    double amount, peak; /* counted; or area in unit x ns */
    struct sim_tally window;
    /* since the warm-up */
    double total, greatest, least, whole_peak;
    uint64_t windows;
    struct sim_tally tally;
    /* since the start */
    uint64_t counted_before;
    double area, sojourn;
};

struct sim__recorder {
    struct sim_world *world;
    struct channel *channels;
    uint32_t count;
    uint32_t window, windows;
    sim_time last, measured; /* the last window's end; time since the warm-up, ns */
    struct sim_record *record;
    struct channel **read; /* by item of the bill; NULL: no meter */
    struct sim__reading *readings;
    double *whole;
};

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
static const double percentiles[] = {0.5, 0.9, 0.99, 0.999};

static uint32_t stat_count(const char *const *stats)
{
    uint32_t n = 0;
    while (n < STATS_MOST && stats[n] != NULL)
        n++;
    return n;
}

static const char *component_name(const struct sim__recorder *r, const struct channel *c)
{
    return r->world->plan->components[c->component].name;
}

static bool is_kept(const struct sim__recorder *r, const struct channel *c)
{
    const struct sim_plan *plan = r->world->plan;
    const char *name = component_name(r, c);
    size_t length = strlen(name);
    for (uint32_t i = 0; i < plan->kept_count; i++)
        if (strncmp(plan->kept[i], name, length) == 0 && plan->kept[i][length] == '.' &&
            strcmp(plan->kept[i] + length + 1, c->meter->name) == 0)
            return true;
    return false;
}

static uint32_t add_table(struct sim__recorder *r, uint32_t component, int table,
                          const struct sim_meter *m)
{
    uint32_t n = 0;
    for (; m != NULL && m->name != NULL; m++, n++) {
        if (r->channels == NULL)
            continue;
        struct channel *c = &r->channels[r->count + n];
        c->meter = m;
        c->component = component;
        c->table = table;
        c->least = INFINITY;
        c->greatest = -INFINITY;
        c->keep_tally = is_kept(r, c);
        c->series = c->keep_tally || r->world->plan->all_series || (m->flags & SIM_HEADLINE);
    }
    r->count += n;
    return n;
}

static void add_all(struct sim__recorder *r)
{
    r->count = 0;
    for (uint32_t i = 0; i < r->world->component_count; i++) {
        const struct sim_model *model = r->world->plan->components[i].model;
        for (int t = 0; t < SIM_METERS_TABLES; t++)
            add_table(r, i, t, sim__meters_kept(r->world, model, t));
    }
}

static struct channel *find(struct sim__recorder *r, uint32_t component, const char *name)
{
    for (uint32_t i = 0; i < r->count; i++)
        if (r->channels[i].component == component && strcmp(r->channels[i].meter->name, name) == 0)
            return &r->channels[i];
    return NULL;
}

static int series_make(struct sim__recorder *r)
{
    struct sim_record *out = r->record;
    for (uint32_t i = 0; i < r->count; i++) {
        struct channel *c = &r->channels[i];
        if (c->meter->kind == SIM_RATIO) {
            c->of = find(r, c->component, c->meter->of);
            c->by = find(r, c->component, c->meter->by);
        }
        c->first_series = out->series_count;
        if (c->series)
            out->series_count += stat_count(series_of[c->meter->kind]);
    }
    out->series = calloc(out->series_count + 1, sizeof *out->series);
    for (uint32_t i = 0; out->series != NULL && i < r->count; i++) {
        const struct channel *c = &r->channels[i];
        const struct sim_meter *m = c->meter;
        for (uint32_t k = 0; c->series && k < stat_count(series_of[m->kind]); k++) {
            struct sim_series *s = &out->series[c->first_series + k];
            *s = (struct sim_series){component_name(r, c), m->name, series_of[m->kind][k], m->unit,
                                     malloc(r->windows * sizeof(double))};
            if (s->values == NULL)
                return -1;
        }
    }
    return out->series == NULL ? -1 : 0;
}

/* Which meters the bill is read from. */
static int bill_make(struct sim__recorder *r)
{
    const struct sim_bill *bill = r->world->plan->bill;
    if (bill == NULL)
        return 0;
    r->world->ledger = sim__ledger_new(r->world, r->windows);
    r->read = calloc(bill->item_count + 1u, sizeof *r->read);
    r->readings = calloc(bill->item_count + 1u, sizeof *r->readings);
    r->whole = calloc(bill->item_count + 1u, sizeof *r->whole);
    if (r->world->ledger == NULL || r->read == NULL || r->readings == NULL || r->whole == NULL)
        return -1;
    for (uint32_t i = 0; i < bill->item_count; i++)
        if (bill->items[i].usage->meter != NULL)
            r->read[i] = find(r, bill->items[i].component, bill->items[i].usage->meter);
    return 0;
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
    add_all(r);
    r->channels = calloc(r->count + 1, sizeof *r->channels);
    if (r->record == NULL || r->channels == NULL) {
        sim__recorder_free(r);
        return NULL;
    }
    add_all(r);
    r->record->interval = plan->interval;
    if (series_make(r) != 0 || bill_make(r) != 0) {
        sim__recorder_free(r);
        return NULL;
    }
    return r;
}

void sim__recorder_free(struct sim__recorder *r)
{
    if (r == NULL)
        return;
    for (uint32_t i = 0; r->channels != NULL && i < r->count; i++) {
        sim_tally_free(&r->channels[i].window);
        sim_tally_free(&r->channels[i].tally);
    }
    free(r->channels);
    sim__ledger_free(r->world->ledger);
    r->world->ledger = NULL;
    free(r->read);
    free(r->readings);
    free(r->whole);
    sim_record_free(r->record);
    free(r);
}

/* ---- the end of a window --------------------------------------------------------------------- */

static void *meter_at(struct sim__recorder *r, const struct channel *c, uint32_t node)
{
    struct sim_node *n = r->world->components[c->component].nodes[node];
    return (char *)sim__node_meters(n, c->table) + c->meter->offset;
}

/* Takes what the nodes' meters hold for this window. */
static int collect(struct sim__recorder *r, struct channel *c, sim_time now)
{
    uint32_t nodes = r->world->plan->components[c->component].nodes;
    uint64_t counted = 0;
    c->amount = c->peak = 0;
    for (uint32_t n = 0; n < nodes; n++) {
        void *meter = meter_at(r, c, n);
        int64_t peak;
        switch (c->meter->kind) {
        case SIM_COUNTER: counted += ((struct sim_counter *)meter)->count; break;
        case SIM_GAUGE:
            c->amount += sim_gauge_roll(meter, now, &peak);
            c->peak += (double)peak;
            break;
        case SIM_HISTOGRAM:
            if (sim_histogram_roll(meter, &c->window) != 0)
                return -1;
            break;
        case SIM_RATIO: break;
        }
    }
    if (c->meter->kind == SIM_COUNTER) {
        c->amount = (double)(counted - c->counted_before);
        c->counted_before = counted;
    }
    c->area += c->amount;
    c->sojourn += c->window.n > 0 ? c->window.sum : 0;
    return 0;
}

static double scale_of(const struct sim_meter *m)
{
    return strcmp(m->unit, "s") == 0 ? 1e-9 : 1;
}

/* The window's value: a rate per second, a mean level, a ratio. */
static double window_mean(const struct channel *c, sim_time length)
{
    switch (c->meter->kind) {
    case SIM_COUNTER: return c->amount * 1e9 / (double)length;
    case SIM_GAUGE: return c->amount / (double)length;
    case SIM_RATIO: return c->by->amount > 0 ? c->of->amount / c->by->amount : (double)NAN;
    default: return sim_tally_mean(&c->window) * scale_of(c->meter);
    }
}

static void write_series(struct sim__recorder *r, const struct channel *c, double mean)
{
    struct sim_series *s = &r->record->series[c->first_series];
    uint32_t at = r->window;
    s[0].values[at] = mean;
    if (c->meter->kind == SIM_GAUGE)
        s[1].values[at] = c->peak;
    if (c->meter->kind != SIM_HISTOGRAM)
        return;
    double scale = scale_of(c->meter);
    for (uint32_t k = 0; k < 4; k++)
        s[1 + k].values[at] = sim_tally_percentile(&c->window, percentiles[k]) * scale;
    s[5].values[at] = c->window.n > 0 ? (double)c->window.high * scale : (double)NAN;
}

static int measure(struct channel *c, double mean)
{
    c->windows++;
    c->total += c->amount;
    if (!isnan(mean)) {
        c->greatest = fmax(c->greatest, mean);
        c->least = fmin(c->least, mean);
    }
    c->whole_peak = fmax(c->whole_peak, c->peak);
    return sim_tally_add(&c->tally, &c->window);
}

static void bill_roll(struct sim__recorder *r, sim_time length, bool warm)
{
    const struct sim_bill *bill = r->world->plan->bill;
    for (uint32_t i = 0; i < bill->item_count; i++) {
        if (r->read[i] == NULL)
            continue;
        r->readings[i] = (struct sim__reading){r->read[i]->amount, r->read[i]->peak};
    }
    sim__ledger_roll(r->world->ledger, r->readings, length, warm);
}

int sim__recorder_roll(struct sim__recorder *r, sim_time now)
{
    sim_time length = now - r->last;
    bool warm = r->last >= r->world->plan->warmup;
    for (uint32_t i = 0; i < r->count; i++)
        if (collect(r, &r->channels[i], now) != 0)
            return -1;
    for (uint32_t i = 0; i < r->count; i++) {
        struct channel *c = &r->channels[i];
        /* a run cut short at a window's end: no time, but maybe answers */
        double mean = length > 0 ? window_mean(c, length) : (double)NAN;
        if (c->series && length > 0)
            write_series(r, c, mean);
        if (warm && measure(c, mean) != 0)
            return -1;
        sim_tally_clear(&c->window);
    }
    if (r->world->ledger != NULL)
        bill_roll(r, length, warm);
    r->measured += warm ? length : 0;
    if (!warm && now >= r->world->plan->warmup)
        sim__trace_measure(r->world);
    r->last = now;
    r->window += length > 0;
    return 0;
}

/* ---- the end of the run ---------------------------------------------------------------------- */

static double stat_value(const struct channel *c, const char *stat, double measured)
{
    const struct sim_tally *t = &c->tally;
    double scale = scale_of(c->meter);
    if (c->meter->kind == SIM_HISTOGRAM) {
        if (strcmp(stat, "mean") == 0)
            return sim_tally_mean(t) * scale;
        if (strcmp(stat, "max") == 0)
            return t->n > 0 ? (double)t->high * scale : (double)NAN;
        if (strcmp(stat, "count") == 0)
            return (double)t->n;
        for (uint32_t k = 0; k < 4; k++)
            if (strcmp(stat, stats_of[SIM_HISTOGRAM][1 + k]) == 0)
                return sim_tally_percentile(t, percentiles[k]) * scale;
    }
    if (strcmp(stat, "max") == 0)
        return isfinite(c->greatest) ? c->greatest : (double)NAN;
    if (strcmp(stat, "min") == 0)
        return isfinite(c->least) ? c->least : (double)NAN;
    if (strcmp(stat, "peak") == 0)
        return c->whole_peak;
    if (strcmp(stat, "count") == 0)
        return c->total;
    if (c->meter->kind == SIM_RATIO)
        return c->by->total > 0 ? c->of->total / c->by->total : (double)NAN;
    return c->meter->kind == SIM_COUNTER ? c->total * 1e9 / measured : c->total / measured;
}

static int metrics_make(struct sim__recorder *r)
{
    struct sim_record *out = r->record;
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->count; i++)
        n += stat_count(stats_of[r->channels[i].meter->kind]);
    out->metrics = calloc(n + 1, sizeof *out->metrics);
    if (out->metrics == NULL)
        return -1;
    for (uint32_t i = 0; i < r->count; i++) {
        const struct channel *c = &r->channels[i];
        const char *const *stats = stats_of[c->meter->kind];
        for (uint32_t k = 0; k < stat_count(stats); k++) {
            struct sim_metric *m = &out->metrics[out->metric_count++];
            *m = (struct sim_metric){
                component_name(r, c),          c->meter->name, stats[k], c->meter->unit, 0,
                c->meter->flags & SIM_HEADLINE, c->component};
            m->value = stat_value(c, stats[k], (double)r->measured);
        }
    }
    return 0;
}

static int distributions_make(struct sim__recorder *r)
{
    struct sim_record *out = r->record;
    out->distributions = calloc(r->count + 1, sizeof *out->distributions);
    if (out->distributions == NULL)
        return -1;
    for (uint32_t i = 0; i < r->count; i++) {
        struct channel *c = &r->channels[i];
        if (c->meter->kind != SIM_HISTOGRAM || !c->keep_tally)
            continue;
        out->distributions[out->distribution_count++] = (struct sim_distribution_result){
            component_name(r, c), c->meter->name, c->meter->unit, c->tally};
        c->tally = (struct sim_tally){0}; /* the record's now */
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
        const struct channel *c = &r->channels[i];
        if (c->table != SIM_METERS_STATION)
            continue;
        if (strcmp(c->meter->name, "in_flight") == 0)
            sums[c->component].in_flight_area = c->area;
        if (strcmp(c->meter->name, "sojourn") == 0)
            sums[c->component].sojourn = c->sojourn;
    }
    for (uint32_t i = 0; w->ledger != NULL && i < w->plan->bill->item_count; i++)
        r->whole[i] = r->read[i] != NULL ? r->read[i]->area : 0;
    int result = sim__audit(w, sums, r->whole, r->record);
    free(sums);
    return result;
}

static int bill_finish(struct sim__recorder *r)
{
    double successes = 0;
    for (uint32_t i = 0; i < r->count; i++)
        if (r->channels[i].meter->flags & SIM_USER_SUCCESS)
            successes += r->channels[i].total;
    return r->world->ledger ? sim__ledger_finish(r->world->ledger, successes, r->record) : 0;
}

struct sim_record *sim__recorder_finish(struct sim__recorder *r)
{
    struct sim_record *out = r->record;
    out->windows = r->window;
    out->events = sim_event_count(r->world->sim);
    out->hash = sim_event_hash(r->world->sim);
    if (metrics_make(r) != 0 || bill_finish(r) != 0 || audit_make(r) != 0 ||
        distributions_make(r) != 0 || sim__faults_record(r->world, out) != 0 ||
        sim__attribution_finish(r->world, out) != 0 || sim__trace_finish(r->world, out) != 0)
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
    free(record->distributions);
    free(record->audit);
    free(record->faults);
    free(record->attributions);
    free(record->attribution_parts);
    free(record->trace);
    sim_record_unplace(record);
    free(record);
}
