/* rates.c - units of what counters measured: a counter of requests has a mean in requests/s.
 *
 * Models say what a meter counts; the mean, greatest and least of a counter are per second, and how
 * many values a histogram of seconds holds is not in seconds. The units are put into the records
 * here, once, so that nothing after it has to know of kinds. */
#include "study/study_state.h"

#include <stdio.h>
#include <string.h>

/* Whether a place is of a component: "db", "db/2", "db/worst". */
static bool is_place_of(const char *place, const char *component)
{
    size_t n = 0;
    while (component[n] && component[n] == place[n])
        n++;
    return !component[n] && (!place[n] || place[n] == '/');
}

/* strcmp(), for lists in which few begin alike: this is asked for every number of every run. */
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

const struct sim_meter *sim__rates_meter(const struct sim_plan *plan, const char *component,
                                         const char *name)
{
    for (uint32_t i = 0; i < plan->component_count; i++) {
        if (!is_place_of(component, plan->components[i].name))
            continue;
        const struct sim_meter *m = NULL;
        for (int t = 0; t < SIM_METERS_TABLES && !m; t++)
            m = in_table(sim_meters_of(plan->components[i].model, (enum sim_meter_table)t), name);
        return m;
    }
    return NULL;
}

const char *sim__rate_unit(struct sim_names *names, const struct sim_plan *plan,
                           const struct sim_metric *m)
{
    char text[128];
    size_t n = strlen(m->unit);
    if (n >= 2 && strcmp(m->unit + n - 2, "/s") == 0)
        return m->unit;
    const struct sim_meter *meter = sim__rates_meter(plan, m->component, m->meter);
    bool count = strcmp(m->stat, "count") == 0;
    if (meter && meter->kind == SIM_HISTOGRAM && count)
        return "1";
    if (!meter || meter->kind != SIM_COUNTER || count)
        return m->unit;
    int length = snprintf(text, sizeof text, "%s/s", m->unit);
    return sim_names_get(names, text, (size_t)length);
}

/* The unit of one of a record's; those of the sample are worked out, and the others are like it. */
static const char *unit_like(struct sim_runs *runs, uint32_t at, const struct sim_metric *m,
                             const char *sample)
{
    return sample ? sample : sim__rate_unit(runs->names, &runs->cases[at].plan, m);
}

static int set_one(struct sim_runs *runs, uint32_t at, struct sim_record *record,
                   const struct sim_record *sample)
{
    bool good = true;
    for (uint32_t i = 0; i < record->metric_count && good; i++) {
        struct sim_metric *m = &record->metrics[i];
        m->unit = unit_like(runs, at, m, sample ? sample->metrics[i].unit : NULL);
        good = m->unit != NULL;
    }
    for (uint32_t i = 0; i < record->answer_count && good; i++) {
        struct sim_metric *m = &record->answers[i].metric;
        m->unit = unit_like(runs, at, m, sample ? sample->answers[i].metric.unit : NULL);
        good = m->unit != NULL;
    }
    for (uint32_t i = 0; i < record->series_count && good; i++) {
        struct sim_series *s = &record->series[i];
        struct sim_metric like = {
            .component = s->component, .meter = s->meter, .stat = s->stat, .unit = s->unit};
        s->unit = unit_like(runs, at, &like, sample ? sample->series[i].unit : NULL);
        good = s->unit != NULL;
    }
    return good ? 0 : -1;
}

int sim__rates_set(struct sim_runs *runs, uint32_t at)
{
    const struct sim_record *sample = sim_runs_sample(runs, at);
    for (uint32_t r = 0; r < runs->replications; r++) {
        struct sim_record *record = runs->runs[(size_t)at * runs->replications + r].record;
        if (record && set_one(runs, at, record, record == sample ? NULL : sample) != 0)
            return -1;
    }
    return 0;
}
