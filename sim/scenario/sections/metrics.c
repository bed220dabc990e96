/* metrics.c - finds "component.meter.stat" in the tables of the models and of the fabric. */
#include "scenario/load.h"

#include "sim/plugin.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PART_BYTES = 4 * SIM__NAME_MAX + 16 }; /* "eu/a>us/b" is four names; "/worst" and a number */

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

static bool is_in_table(const struct sim_meter *m, const char *name)
{
    while (m && m->name && strcmp(m->name, name) != 0)
        m++;
    return m && m->name;
}

/* The message for a meter that a component does not have: an alternative of one of its plug-ins may
 * have it. */
static void no_meter(const struct sim_plan_component *c, const char *name,
                     const struct sim_nearest *nearest, struct sim_error *error)
{
    int n = snprintf(error->text, sizeof error->text, "\"%s\" is a %s, which has no meter \"%s\"",
                     c->name, c->model->name, sim_quote(name).s);
    char *rest = error->text + n;
    size_t left = sizeof error->text - (size_t)n;
    const struct sim_param *row = sim_plugin_next(c->model->params);
    for (; row; row = sim_plugin_next(row + 1)) {
        const struct sim_plugin_type *here = sim_plugin_at(row, c->image)->type;
        for (size_t i = 0; row->plugins[i]; i++)
            if (is_in_table(row->plugins[i]->meters, name)) {
                snprintf(rest, left, ": its \"%s\" has one with type \"%s\", and is %s%s%s here",
                         row->name, row->plugins[i]->name, here ? "\"" : "",
                         here ? here->name : "left out", here ? "\"" : "");
                return;
            }
    }
    snprintf(rest, left, "%s", sim_nearest_hint(nearest).s);
}

/* Whether the type of a plug-in could not be read, which was reported. */
static bool has_unknown_type(const struct sim_plan_component *c)
{
    const struct sim_param *row = sim_plugin_next(c->model->params);
    while (row && (sim_plugin_at(row, c->image)->type || (row->flags & SIM_OPTIONAL)))
        row = sim_plugin_next(row + 1);
    return row != NULL;
}

static int find_meter(const char *name, struct sim__metric *out, struct sim_error *error)
{
    const struct sim_plan_component *c = out->component;
    struct sim_nearest nearest = sim_nearest(name);
    uint32_t tables = sim_component_tables(c);
    for (uint32_t t = 0; t < tables; t++)
        for (const struct sim_meter *m = sim_component_meters(c, t); m && m->name; m++) {
            if (strcmp(m->name, name) == 0) {
                out->meter = m;
                return 0;
            }
            sim_nearest_try(&nearest, m->name);
        }
    error->text[0] = '\0';
    if (c->image && !has_unknown_type(c))
        no_meter(c, name, &nearest, error);
    return -1;
}

/* The message for a wrong percentile: "p0", "p100", "p9999". */
static void no_percentile(const char *name, struct sim_error *error)
{
    snprintf(error->text, sizeof error->text,
             "\"%s\" is not a percentile: percentiles are above p0 and below p100, such as p95, "
             "p99, p99_9 or p99_99",
             sim_quote(name).s);
}

static int find_stat(const char *name, struct sim__metric *out, struct sim_error *error)
{
    static const char *const kinds[] = {[SIM_COUNTER] = "counter",
                                        [SIM_GAUGE] = "gauge",
                                        [SIM_HISTOGRAM] = "histogram",
                                        [SIM_RATIO] = "ratio"};
    bool histogram = out->meter->kind == SIM_HISTOGRAM;
    const char *const *stats = sim_meter_stats(out->meter->kind);
    struct sim_nearest nearest = sim_nearest(name);
    char list[160] = "";
    size_t n = 0;
    out->stat = name;
    if (histogram && (strcmp(name, "stdev") == 0 || !isnan(sim_stat_percentile(name))))
        return 0;
    if (histogram && name[0] == 'p' && name[1] >= '0' && name[1] <= '9') {
        no_percentile(name, error);
        return -1;
    }
    for (size_t i = 0; stats[i]; i++) {
        if (strcmp(stats[i], name) == 0) {
            out->stat = stats[i];
            return 0;
        }
        sim_nearest_try(&nearest, stats[i]);
        n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", stats[i]);
    }
    if (histogram)
        snprintf(list + n, sizeof list - n, ", stdev and any percentile such as p95 or p99_99");
    snprintf(error->text, sizeof error->text, "the %s \"%s\" has no statistic \"%s\": it has %s%s",
             kinds[out->meter->kind], out->meter->name, sim_quote(name).s, list,
             sim_nearest_hint(&nearest).s);
    return -1;
}

/* Reads the "2" or "worst" after the "/" of a place. */
static int find_node(const char *text, struct sim__metric *out, struct sim_error *error)
{
    const struct sim_plan_component *c = out->component;
    struct sim_amount node;
    struct sim_error ignored;
    out->node = SIM_WORST_NODE;
    if (strcmp(text, "worst") == 0)
        return 0;
    bool plain = text[strspn(text, "0123456789")] == '\0' && (*text != '0' || !text[1]);
    if (!plain || sim_units_parse(text, SIM_DIM_COUNT, NULL, &node, &ignored)) {
        snprintf(error->text, sizeof error->text,
                 "after the \"/\" write the number of a node or \"worst\", such as \"%s/0\" or "
                 "\"%s/worst\"",
                 c->name, c->name);
        return -1;
    }
    out->node = (uint32_t)node.whole;
    if (node.whole < c->nodes)
        return 0;
    snprintf(error->text, sizeof error->text, "\"%s\" has %u node%s: %s", c->name, c->nodes,
             c->nodes == 1 ? "" : "s",
             c->nodes == 1 ? "it is number 0" : "they are numbered from ");
    size_t n = strlen(error->text);
    if (c->nodes > 1)
        snprintf(error->text + n, sizeof error->text - n, "0 to %u", c->nodes - 1);
    return -1;
}

/* "worst" needs a metric of which more, or less, is worse. */
static int check_worst(const struct sim__metric *metric, struct sim_error *error)
{
    if (metric->node != SIM_WORST_NODE || (metric->meter->flags & (SIM_WORSE_HIGH | SIM_WORSE_LOW)))
        return 0;
    snprintf(error->text, sizeof error->text,
             "\"%s\" has no worst node: neither more nor less of it is worse; name a node, such "
             "as \"%s/0.%s\"",
             metric->meter->name, metric->component->name, metric->meter->name);
    return -1;
}

bool sim__metric_is_whole(const struct sim__metric *metric)
{
    return strcmp(metric->stat, "per_month") == 0 || strcmp(metric->stat, "per_million") == 0;
}

static bool is_of_table(const struct sim__metric *metric, enum sim_meter_table table)
{
    const struct sim_meter *m = sim_meters_of(metric->component->model, table);
    while (m && m->name && m != metric->meter)
        m++;
    return m && m->name;
}

/* Copies are counted only if keys have subjects, and reads are checked against writes only if there
 * are keys. */
static bool is_measured(const struct sim_plan *plan, const struct sim__metric *metric,
                        struct sim_error *error)
{
    const char *name = metric->meter->name;
    if (is_of_table(metric, SIM_METERS_COPIES) && !sim__has_subjects(plan)) {
        snprintf(error->text, sizeof error->text,
                 "\"%s\" counts keys of subjects, and no keyspace has \"subjects\"", name);
        return false;
    }
    if (is_of_table(metric, SIM_METERS_TRUTH) && plan->keyspace_count == 0) {
        snprintf(error->text, sizeof error->text,
                 "\"%s\" is about reads of keys, and there is no keyspace", name);
        return false;
    }
    return true;
}

/* Splits a text at its dots, without copying: the start and length of each part. Returns their
 * number; 0 if it cannot be a metric. */
static size_t split(const char *text, const char *at[3], size_t length[3])
{
    size_t count = 0;
    for (const char *p = text;; p++) {
        size_t n = strcspn(p, ".");
        if (count == 3 || n == 0 || n >= PART_BYTES)
            return 0;
        at[count] = p;
        length[count++] = n;
        p += n;
        if (!*p)
            return count;
    }
}

static int find_place(const struct sim_plan *plan, const char *place, struct sim__metric *out,
                      struct sim_error *error)
{
    char name[PART_BYTES];
    const char *at = strchr(place, '@'), *slash = at ? at : strchr(place, '/');
    snprintf(name, sizeof name, "%.*s", slash ? (int)(slash - place) : (int)sizeof name - 1, place);
    uint32_t index = sim__component_named(plan, name);
    if (index == SIM_NOWHERE)
        return no_component(plan, name, error);
    out->component = &plan->components[index];
    if (!out->component->model) { /* said already */
        error->text[0] = '\0';
        return -1;
    }
    out->place = out->component->name;
    if (!at)
        return slash ? find_node(slash + 1, out, error) : 0;
    uint32_t found = sim__place_among(plan, out->component, at + 1, error);
    out->node = SIM_NODES_AT(found);
    return found != SIM_NOWHERE ? 0 : -1;
}

int sim__metric_find(const struct sim_plan *plan, const char *text, struct sim__metric *out,
                     struct sim_error *error)
{
    char place[PART_BYTES], meter[PART_BYTES];
    const char *at[3];
    size_t length[3], count = split(text, at, length);
    *out = (struct sim__metric){.node = SIM_ALL_NODES};
    if (count < 2) {
        snprintf(error->text, sizeof error->text,
                 "\"%s\" is not a metric: it is written "
                 "component.meter.stat, such as \"users.latency.p99\"",
                 sim_quote(text).s);
        return -1;
    }
    snprintf(place, sizeof place, "%.*s", (int)length[0], at[0]);
    snprintf(meter, sizeof meter, "%.*s", (int)length[1], at[1]);
    const char *stat = count == 3 ? at[2] : NULL; /* up to the end of the text */
    int of_bill = sim__metric_of_bill(plan, place, meter, stat, out, error);
    if (of_bill != 0)
        return of_bill > 0 ? 0 : -1;
    if (find_place(plan, place, out, error) || find_meter(meter, out, error) ||
        !is_measured(plan, out, error) || check_worst(out, error))
        return -1;
    out->stat = out->meter->kind == SIM_HISTOGRAM ? "p99" : "mean"; /* the default statistic */
    out->has_stat = stat != NULL;
    if (out->has_stat && find_stat(stat, out, error))
        return -1;
    out->dimension = dimension_of(out->meter, out->stat, &out->scale);
    return 0;
}

int sim__metric_fits(const struct sim__metric *metric, double value, struct sim_error *error)
{
    if (!metric->meter || !(metric->meter->flags & SIM_SHARE) || (value >= 0 && value <= 1))
        return 0;
    int n = snprintf(error->text, sizeof error->text,
                     "%.9g is %.9g %%, but \"%s\" is a share, from 0 to 1", value, 100 * value,
                     metric->meter->name);
    if (value > 1 && value <= 100)
        snprintf(error->text + n, sizeof error->text - (size_t)n,
                 ": %.9g %% is written %.9g or \"%.9g%%\"", value, value / 100, value);
    return -1;
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

/* The i-th case in which to look for a metric; NULL: no more. With a variant's name this is that
 * variant; without a name, the first of each group of cases that have the same metrics. */
static const struct sim_case *asked_of(struct sim__load *load, const char *variant, size_t i)
{
    uint32_t named = variant ? sim__case_named(load, variant) : SIM_NOWHERE;
    if (variant)
        return i == 0 && named != SIM_NOWHERE ? &load->cases[named] : NULL;
    sim__find_kinds(load);
    return i < load->kind_count ? load->kinds[i]->first : NULL;
}

const char *sim__read_variant_name(struct sim__load *load, const struct sim__at *at, json_t *value)
{
    const char *name = sim__read_text(load, at, value);
    if (!name)
        return NULL;
    if (sim__case_named(load, name) != SIM_NOWHERE)
        return name;
    struct sim_nearest nearest = sim_nearest(name);
    for (size_t i = 0; i < load->case_count && sim__may_hint(load, load->case_count); i++)
        sim_nearest_try(&nearest, load->cases[i].name);
    sim__say(load, at, SIM__SOFT, "there is no variant \"%s\"%s%s", sim_quote(name).s,
             sim_nearest_hint(&nearest).s,
             strcmp(name, "base") == 0 ? ": add \"base\": {} to the variants to run the file as it "
                                         "stands"
                                       : "");
    return NULL;
}

bool sim__check_metric(struct sim__load *load, const struct sim__at *at, const char *text,
                       const char *variant, bool some, struct sim__metric *out)
{
    struct sim_error error, first = {""};
    const struct sim_case *it;
    const char *failed = NULL;
    bool found = false;
    for (size_t i = 0; (it = asked_of(load, variant, i)) != NULL; i++) {
        struct sim__metric metric;
        if (sim__metric_find(&it->plan, text, &metric, &error) == 0) {
            *out = metric;
            found = true;
        } else if (!failed && error.text[0]) { /* otherwise the error was reported already */
            failed = it->name;
            first = error;
        }
    }
    if (!failed || (some && found))
        return found;
    if (!first.text[0]) /* the error is in another place, where it was reported */
        return false;
    if (found || (variant && load->case_count > 1))
        sim__say(load, at, 0, "%s (in variant \"%s\")", first.text, sim_quote(failed).s);
    else
        sim__say(load, at, 0, "%s", first.text);
    return false;
}
