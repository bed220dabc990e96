/* rates.c - units of what counters measured: a counter of requests has a mean in requests/s.
 *
 * Models say what a meter counts; the mean, greatest and least of a counter are per second, and how
 * many values a histogram of seconds holds is not in seconds. The units are put into the records
 * here, once, so that nothing after it has to know of kinds. */
#include "study/study_state.h"

#include <stdio.h>
#include <string.h>

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
        if (!same(plan->components[i].name, component))
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

int sim__rates_set(struct sim_runs *runs, uint32_t at)
{
    const struct sim_plan *plan = &runs->cases[at].plan;
    const struct sim_record *sample = sim_runs_sample(runs, at);
    for (uint32_t r = 0; r < runs->replications; r++) {
        struct sim_record *record = runs->runs[(size_t)at * runs->replications + r].record;
        for (uint32_t i = 0; record && i < record->metric_count; i++) {
            struct sim_metric *m = &record->metrics[i];
            m->unit = record == sample ? sim__rate_unit(runs->names, plan, m)
                                       : sample->metrics[i].unit;
            if (!m->unit)
                return -1;
        }
        for (uint32_t i = 0; record && i < record->series_count; i++) {
            struct sim_series *s = &record->series[i];
            struct sim_metric like = {
                .component = s->component, .meter = s->meter, .stat = s->stat, .unit = s->unit};
            s->unit = record == sample ? sim__rate_unit(runs->names, plan, &like)
                                       : sample->series[i].unit;
            if (!s->unit)
                return -1;
        }
    }
    return 0;
}
