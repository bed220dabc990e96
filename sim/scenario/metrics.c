/* metrics.c - "component.meter.stat", held against the tables of the models and of the fabric. */
#include "scenario/load.h"

#include <stdio.h>
#include <string.h>

const char *const *sim__stats(enum sim_meter_kind kind)
{
    static const char *const counter[] = {"mean", "max", "min", "count", NULL};
    static const char *const gauge[] = {"mean", "max", "min", "peak", NULL};
    static const char *const histogram[] = {"mean", "p50", "p90",   "p99",
                                            "p999", "max", "count", NULL};
    static const char *const ratio[] = {"mean", "max", "min", NULL};
    switch (kind) {
    case SIM_COUNTER: return counter;
    case SIM_GAUGE: return gauge;
    case SIM_HISTOGRAM: return histogram;
    default: return ratio;
    }
}

/* The meters of a component of this model, one table after another. *index starts at 0. NULL past
 * the last. */
const struct sim_meter *sim__meter_next(const struct sim_model *model, size_t *index)
{
    size_t left = (*index)++;
    for (int t = 0; t < SIM_METERS_TABLES; t++)
        for (const struct sim_meter *m = sim_meters_of(model, (enum sim_meter_table)t);
             m && m->name; m++)
            if (left-- == 0)
                return m;
    return NULL;
}

static enum sim_dimension dimension_of(const struct sim_meter *meter, const char *stat,
                                       double *scale)
{
    bool bytes = strcmp(meter->unit, "B") == 0, seconds = strcmp(meter->unit, "s") == 0;
    *scale = 1;
    if (strcmp(stat, "count") == 0)
        return meter->kind == SIM_COUNTER && bytes ? SIM_DIM_BYTES : SIM_DIM_NUMBER;
    if (meter->kind == SIM_COUNTER)
        return bytes ? SIM_DIM_BANDWIDTH : SIM_DIM_RATE;
    if (seconds)
        *scale = 1e-9;
    if (meter->kind == SIM_RATIO && strcmp(meter->unit, "1") == 0)
        return SIM_DIM_FRACTION;
    return seconds ? SIM_DIM_TIME : bytes ? SIM_DIM_BYTES : SIM_DIM_NUMBER;
}

static int no_component(const struct sim_plan *plan, const char *name, struct sim_error *error)
{
    struct sim_nearest nearest = sim_nearest(name);
    for (uint32_t i = 0; i < plan->component_count && plan->component_count <= 1000; i++)
        sim_nearest_try(&nearest, plan->components[i].name);
    snprintf(error->text, sizeof error->text, "there is no component \"%s\"%s", sim_quote(name).s,
             sim_nearest_hint(&nearest).s);
    return -1;
}

static int find_meter(const char *name, struct sim__metric *out, struct sim_error *error)
{
    const struct sim_model *model = out->component->model;
    struct sim_nearest nearest = sim_nearest(name);
    const struct sim_meter *meter;
    size_t index = 0;
    while ((meter = sim__meter_next(model, &index)) != NULL) {
        if (strcmp(meter->name, name) == 0) {
            out->meter = meter;
            return 0;
        }
        sim_nearest_try(&nearest, meter->name);
    }
    snprintf(error->text, sizeof error->text, "\"%s\" is a %s, which has no meter \"%s\"%s",
             out->component->name, model->name, sim_quote(name).s, sim_nearest_hint(&nearest).s);
    return -1;
}

static int find_stat(const char *name, struct sim__metric *out, struct sim_error *error)
{
    static const char *const kinds[] = {[SIM_COUNTER] = "counter",
                                        [SIM_GAUGE] = "gauge",
                                        [SIM_HISTOGRAM] = "histogram",
                                        [SIM_RATIO] = "ratio"};
    const char *const *stats = sim__stats(out->meter->kind);
    struct sim_nearest nearest = sim_nearest(name);
    char list[128] = "";
    size_t n = 0;
    for (size_t i = 0; stats[i]; i++) {
        if (strcmp(stats[i], name) == 0) {
            out->stat = stats[i];
            return 0;
        }
        sim_nearest_try(&nearest, stats[i]);
        n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", stats[i]);
    }
    snprintf(error->text, sizeof error->text, "the %s \"%s\" has no statistic \"%s\": it has %s%s",
             kinds[out->meter->kind], out->meter->name, sim_quote(name).s, list,
             sim_nearest_hint(&nearest).s);
    return -1;
}

bool sim__has_subjects(const struct sim_plan *plan)
{
    uint32_t i = 0;
    while (i < plan->keyspace_count && plan->keyspaces[i].subjects == 0)
        i++;
    return i < plan->keyspace_count;
}

/* Copies are counted only where keys are somebody's. */
static bool is_measured(const struct sim_plan *plan, const struct sim__metric *metric,
                        struct sim_error *error)
{
    const struct sim_meter *meter = metric->meter;
    bool of_copies = false;
    const struct sim_meter *m = sim_meters_of(metric->component->model, SIM_METERS_COPIES);
    for (; m && m->name; m++)
        of_copies = of_copies || m == meter;
    snprintf(error->text, sizeof error->text,
             "\"%s\" counts keys of subjects, and no keyspace has \"subjects\"", meter->name);
    return !of_copies || sim__has_subjects(plan);
}

int sim__metric_find(const struct sim_plan *plan, const char *text, struct sim__metric *out,
                     struct sim_error *error)
{
    char parts[3][2 * SIM__NAME_MAX + 2]; /* "eu>us" is two names */
    size_t count = 0;
    *out = (struct sim__metric){0};
    for (const char *p = text;; p++) {
        size_t n = strcspn(p, ".");
        if (count == 3 || n == 0 || n >= sizeof parts[0]) {
            count = 0;
            break;
        }
        memcpy(parts[count], p, n);
        parts[count++][n] = '\0';
        p += n;
        if (!*p)
            break;
    }
    if (count < 2) {
        snprintf(error->text, sizeof error->text,
                 "\"%s\" is not a metric: it is written "
                 "component.meter.stat, such as \"users.latency.p99\"",
                 sim_quote(text).s);
        return -1;
    }
    int of_bill = sim__metric_of_bill(plan, parts[0], parts[1], count == 3 ? parts[2] : NULL, out,
                                      error);
    if (of_bill != 0)
        return of_bill > 0 ? 0 : -1;
    uint32_t index = sim__component_named(plan, parts[0]);
    if (index == SIM_NOWHERE)
        return no_component(plan, parts[0], error);
    out->component = &plan->components[index];
    if (!out->component->model) { /* said already */
        error->text[0] = '\0';
        return -1;
    }
    out->place = out->component->name;
    if (find_meter(parts[1], out, error) || !is_measured(plan, out, error))
        return -1;
    out->stat = out->meter->kind == SIM_HISTOGRAM ? "p99" : "mean"; /* the natural one */
    out->has_stat = count == 3;
    if (out->has_stat && find_stat(parts[2], out, error))
        return -1;
    out->dimension = dimension_of(out->meter, out->stat, &out->scale);
    return 0;
}

int sim_scenario_metric(const struct sim_plan *plan, const char *that, struct sim_error *error)
{
    struct sim__metric metric;
    return sim__metric_find(plan, that, &metric, error);
}

int sim_quantity(const char *text, const char *dimension, double *value, struct sim_error *error)
{
    static const struct {
        const char *name;
        enum sim_dimension dimension;
    } names[] = {
        {"time", SIM_DIM_TIME},     {"s", SIM_DIM_TIME},
        {"rate", SIM_DIM_RATE},     {"1/s", SIM_DIM_RATE},
        {"/s", SIM_DIM_RATE},       {"bytes", SIM_DIM_BYTES},
        {"B", SIM_DIM_BYTES},       {"bandwidth", SIM_DIM_BANDWIDTH},
        {"B/s", SIM_DIM_BANDWIDTH}, {"fraction", SIM_DIM_FRACTION},
        {"1", SIM_DIM_FRACTION},    {"count", SIM_DIM_COUNT},
        {"number", SIM_DIM_NUMBER},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i].name, dimension) != 0)
            continue;
        struct sim_amount amount;
        if (sim_units_parse(text, names[i].dimension, NULL, &amount, error))
            return -1;
        *value = names[i].dimension == SIM_DIM_TIME ? amount.value / 1e9 : amount.value;
        return 0;
    }
    snprintf(error->text, sizeof error->text, "\"%s\" is no dimension", sim_quote(dimension).s);
    return -1;
}
