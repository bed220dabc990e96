/* rates.c - units of the metrics of counters: the mean of a counter of requests is in requests/s. A
 * model's table says what a meter counts. But the mean, greatest and least value of a counter are
 * rates per second, and the number of values in a histogram of seconds is not in seconds. These
 * units are written into the records here, once, so that later code needs no kinds of meters. */
#include "study/study_state.h"

#include <stdio.h>
#include <string.h>

/* Whether a place belongs to a component: "db", "db/2", "db/worst". */
static bool is_place_of(const char *place, const char *component)
{
    size_t n = 0;
    while (component[n] && component[n] == place[n])
        n++;
    return !component[n] && (!place[n] || place[n] == '/');
}

/* Equality of texts, fast if most differ in the first byte: it is called for every number of every
 * run. */
static bool same(const char *a, const char *b)
{
    return a[0] == b[0] && strcmp(a, b) == 0;
}

static const struct sim_meter *in_table(const struct sim_meter *table, const char *name)
{
    for (const struct sim_meter *m = table; m && m->name; m++) {
        if (same(m->name, name))
            return m;
    }
    return NULL;
}

/* The place of a component in the plan, looked for from `near` on; component_count: none. */
static uint32_t place_of(const struct sim_plan *plan, uint32_t near, const char *component)
{
    uint32_t count = plan->component_count;
    for (uint32_t k = 0, i = near < count ? near : 0; k < count; k++, i = i + 1 < count ? i + 1 : 0)
        if (is_place_of(component, plan->components[i].name))
            return i;
    return count;
}

const struct sim_meter *sim__rates_meter(const struct sim_plan *plan, uint32_t near,
                                         const char *component, const char *name)
{
    uint32_t place = place_of(plan, near, component);
    if (place == plan->component_count)
        return NULL;
    const struct sim_plan_component *c = &plan->components[place];
    const struct sim_meter *m = NULL;
    for (uint32_t t = 0; t < SIM_METERS_TABLES && !m; t++)
        m = in_table(sim_component_meters(c, t), name);
    uint32_t tables = m ? 0 : sim_component_tables(c); /* seldom */
    for (uint32_t t = SIM_METERS_TABLES; t < tables && !m; t++)
        m = in_table(sim_component_meters(c, t), name);
    return m;
}

const char *sim__rate_unit(struct sim_names *names, const struct sim_plan *plan,
                           const struct sim_metric *m)
{
    char text[128];
    size_t n = strlen(m->unit);
    if (n >= 2 && strcmp(m->unit + n - 2, "/s") == 0)
        return m->unit;
    const struct sim_meter *meter = sim__rates_meter(plan, m->near, m->component, m->meter);
    bool count = strcmp(m->stat, "count") == 0;
    if (meter && meter->kind == SIM_HISTOGRAM && count)
        return "1";
    if (!meter || meter->kind != SIM_COUNTER || count)
        return m->unit;
    int length = snprintf(text, sizeof text, "%s/s", m->unit);
    return sim_names_get(names, text, (size_t)length);
}

/* Numbers stand in the order of the plan, so each component is near the one before. */
static int set_metric(struct sim_names *names, const struct sim_plan *plan, struct sim_metric *m,
                      uint32_t *near)
{
    m->near = place_of(plan, *near, m->component);
    *near = m->near < plan->component_count ? m->near : *near;
    m->unit = sim__rate_unit(names, plan, m);
    return m->unit ? 0 : -1;
}

static int set_sample(struct sim_names *names, const struct sim_plan *plan, struct sim_record *to)
{
    uint32_t near = 0;
    for (uint32_t i = 0; i < to->metric_count; i++)
        if (set_metric(names, plan, &to->metrics[i], &near) != 0)
            return -1;
    for (uint32_t i = 0; i < to->answer_count; i++)
        if (set_metric(names, plan, &to->answers[i].metric, &near) != 0)
            return -1;
    near = 0;
    for (uint32_t i = 0; i < to->series_count; i++) {
        struct sim_series *s = &to->series[i];
        struct sim_metric like = {
            .component = s->component, .meter = s->meter, .stat = s->stat, .unit = s->unit};
        if (set_metric(names, plan, &like, &near) != 0)
            return -1;
        s->unit = like.unit;
    }
    return 0;
}

/* Another record of the same case has the same numbers in the same order. */
static void set_like(struct sim_record *record, const struct sim_record *sample)
{
    for (uint32_t i = 0; i < record->metric_count; i++) {
        record->metrics[i].unit = sample->metrics[i].unit;
        record->metrics[i].near = sample->metrics[i].near;
    }
    for (uint32_t i = 0; i < record->answer_count; i++) {
        record->answers[i].metric.unit = sample->answers[i].metric.unit;
        record->answers[i].metric.near = sample->answers[i].metric.near;
    }
    for (uint32_t i = 0; i < record->series_count; i++)
        record->series[i].unit = sample->series[i].unit;
}

int sim__rates_set(struct sim_runs *runs, uint32_t at)
{
    const struct sim_record *sample = sim_runs_sample(runs, at);
    for (uint32_t r = 0; r < runs->replications; r++) {
        struct sim_record *record = runs->runs[(size_t)at * runs->replications + r].record;
        if (!record)
            continue;
        if (record != sample)
            set_like(record, sample);
        else if (set_sample(runs->names, &runs->cases[at].plan, record) != 0)
            return -1;
        if (sim_record_place(record) != 0)
            return -1;
    }
    return 0;
}
