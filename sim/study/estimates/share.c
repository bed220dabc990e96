/* share.c - which metrics are shares, and the estimate that suits a metric: Wilson's for shares,
 * Student's for the rest, batch means where there is one run only. */
#include "study/study_state.h"

#include "study/estimates/batch.h"
#include "study/estimates/sample_size.h"
#include "study/estimates/wilson.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct sim_meter *meter_of(const struct sim_plan *plan, const struct sim_metric *m)
{
    return sim__rates_meter(plan, m->near, m->component, m->meter);
}

bool sim__share_is(const struct sim_plan *plan, const struct sim_metric *metric)
{
    const struct sim_meter *m = meter_of(plan, metric);
    return m && m->flags & SIM_SHARE;
}

bool sim__share_is_counted(const struct sim_plan *plan, const struct sim_metric *metric)
{
    const struct sim_meter *m = meter_of(plan, metric), *by = NULL;
    if (m && m->by)
        by = sim__rates_meter(plan, metric->near, metric->component, m->by);
    return by && by->kind == SIM_COUNTER && strcmp(metric->stat, "mean") == 0;
}

bool sim__share_is_recorded(const struct sim_plan *plan, const struct sim_metric *metric)
{
    const struct sim_meter *m = meter_of(plan, metric);
    return m && m->kind == SIM_HISTOGRAM;
}

double sim__share_trials(const struct sim_runs *runs, uint32_t at, const struct sim_metric *metric)
{
    char that[256];
    double trials = 0;
    if (!sim__share_is_counted(&runs->cases[at].plan, metric))
        return 0;
    snprintf(that, sizeof that, "%s.%s.%s", metric->component, metric->meter, metric->stat);
    for (uint32_t r = 0; r < runs->replications; r++) {
        const struct sim_record *record = sim_runs_record(runs, at, r);
        uint32_t i = record ? sim_aggregate_metric(record, that) : UINT32_MAX;
        trials += i == UINT32_MAX ? 0 : (double)record->metrics[i].n;
    }
    return trials;
}

/* The sum of "component.meter.count" over all replications. */
static double counted(const struct sim_runs *runs, uint32_t at, const char *component,
                      const char *meter)
{
    char that[256];
    double sum = 0;
    snprintf(that, sizeof that, "%s.%s.count", component, meter);
    for (uint32_t r = 0; r < runs->replications; r++) {
        const struct sim_record *record = sim_runs_record(runs, at, r);
        uint32_t i = record ? sim_aggregate_metric(record, that) : UINT32_MAX;
        sum += i == UINT32_MAX ? 0 : record->metrics[i].value;
    }
    return sum;
}

struct sim_unfinished sim_share_unfinished(const struct sim_runs *runs, uint32_t at,
                                           const struct sim_metric *metric)
{
    struct sim_unfinished u = {.low = NAN, .high = NAN};
    if (strcmp(metric->meter, "success") != 0 || strcmp(metric->stat, "mean") != 0)
        return u;
    const char *name = metric->component;
    double judged = counted(runs, at, name, "judged"), good = counted(runs, at, name, "goodput");
    u.open = counted(runs, at, name, "unfinished") - counted(runs, at, name, "overdue");
    u.all = judged + u.open;
    u.low = good / u.all;
    u.high = (good + u.open) / u.all;
    return u;
}

struct sim_busiest sim_share_busiest(const struct sim_runs *runs, uint32_t at)
{
    struct sim_busiest busiest = {NULL, 0};
    const struct sim_record *sample = runs->replications ? sim_runs_sample(runs, at) : NULL;
    for (uint32_t m = 0; sample && m < sample->metric_count; m++) {
        const struct sim_metric *metric = &sample->metrics[m];
        double sum = 0;
        uint32_t count = 0;
        if (strcmp(metric->meter, "utilisation") != 0 || strcmp(metric->stat, "mean") != 0)
            continue;
        for (uint32_t r = 0; r < runs->replications; r++) {
            const struct sim_record *record = sim_runs_record(runs, at, r);
            if (!record || m >= record->metric_count || isnan(record->metrics[m].value))
                continue;
            sum += record->metrics[m].value;
            count++;
        }
        if (count > 0 && sum / count > busiest.utilisation)
            busiest = (struct sim_busiest){metric->component, sum / count};
    }
    return busiest;
}

/* "component.meter.count" from the start to `to`, for the component of `that`. */
static double counted_to(const struct sim_record *record, const char *that, const char *meter,
                         double to)
{
    char name[256];
    snprintf(name, sizeof name, "%.*s.%s.count", (int)strcspn(that, "."), that, meter);
    const struct sim_metric *m = sim_aggregate_over(record, name, 0, to);
    return m ? m->value : NAN;
}

struct sim_unfinished sim_share_unfinished_over(const struct sim_runs *runs, uint32_t at,
                                                const struct sim_expect *e)
{
    struct sim_unfinished u = {.low = NAN, .high = NAN};
    double judged = 0, good = 0;
    const char *meter = strchr(e->that, '.');
    if (!meter || strcmp(meter, ".success.mean") != 0)
        return u;
    for (uint32_t r = 0; r < runs->replications; r++) {
        const struct sim_record *record = sim_runs_record(runs, at, r);
        const struct sim_metric *m = record ? sim_aggregate_over(record, e->that, e->from, e->to)
                                            : NULL;
        if (!m)
            continue;
        judged += (double)m->n;
        good += m->n > 0 ? m->value * (double)m->n : 0;
        u.open += counted_to(record, e->that, "requests", e->to) -
                  counted_to(record, e->that, "judged", e->to);
    }
    u.all = judged + u.open;
    u.low = good / u.all;
    u.high = (good + u.open) / u.all;
    return u;
}

double sim__share_blur(const struct sim_plan *plan, const struct sim_metric *metric, double value)
{
    const struct sim_meter *m = meter_of(plan, metric);
    bool percentile = metric->stat[0] == 'p' && strcmp(metric->stat, "peak") != 0;
    if (!m || m->kind != SIM_HISTOGRAM || !percentile || !(value > 0))
        return 0;
    double scale = strcmp(m->unit, "s") == 0 ? 1e9 : 1, kept = value * scale;
    if (!(kept < 9e18))
        return 0;
    uint32_t bucket = sim_histogram_bucket((int64_t)kept);
    int64_t width = sim_histogram_bucket_high(bucket) - 1 - sim_histogram_bucket_low(bucket);
    return (double)width / 2 / scale;
}

void sim__share_widen(struct sim_estimate *e, double by)
{
    e->low -= by; /* NAN stays NAN */
    e->high += by;
}

double sim__share_values(const struct sim_runs *runs, uint32_t at, uint32_t m)
{
    double inverse = 0;
    uint32_t count = 0;
    for (uint32_t r = 0; r < runs->replications; r++) {
        const struct sim_record *record = sim_runs_record(runs, at, r);
        if (!record || m >= record->metric_count || record->metrics[m].n == 0)
            continue;
        inverse += 1 / (double)record->metrics[m].n;
        count++;
    }
    return count > 0 ? count / inverse : 0;
}

/* Whether each window has enough values, so that the percentiles of windows vary as that of the
 * run. */
static bool windows_carry(const struct sim_metric *metric, uint32_t windows)
{
    double p = sim_percentile_of(metric->stat);
    return isnan(p) || sim_percentile_carries(p, (double)metric->n / windows, 1);
}

/* The series of a metric; NULL: there is none. */
static const struct sim_series *series_of(const struct sim_record *record,
                                          const struct sim_metric *m)
{
    struct sim_record_run run = {0};
    while (sim_record_next(record, SIM_LIST_SERIES, m->component, strlen(m->component), &run)) {
        for (uint32_t i = run.first; i < run.end; i++) {
            const struct sim_series *s = &record->series[i];
            if (strcmp(s->component, m->component) == 0 && strcmp(s->meter, m->meter) == 0 &&
                strcmp(s->stat, m->stat) == 0)
                return s;
        }
    }
    return NULL;
}

struct sim_estimate sim__share_one_run(const struct sim_runs *runs, uint32_t at, uint32_t m,
                                       double level)
{
    const struct sim_plan *plan = &runs->cases[at].plan;
    const struct sim_record *record = sim_runs_sample(runs, at);
    const struct sim_metric *metric = &record->metrics[m];
    bool share = sim__share_is(plan, metric);
    struct sim_estimate e = {.mean = metric->value, .low = NAN, .high = NAN};
    e.n = isnan(e.mean) ? 0u : 1u;
    bool extreme = strcmp(metric->stat, "max") == 0 || strcmp(metric->stat, "peak") == 0;
    const struct sim_series *series = NULL;
    if (plan->fault_count == 0 && !extreme)
        series = series_of(record, metric);
    if (series) {
        size_t warm = (size_t)((plan->warmup + record->interval - 1) / record->interval);
        struct sim_estimate batches;
        if (warm < record->windows && windows_carry(metric, record->windows - (uint32_t)warm) &&
            sim_batch_estimate(series->values + warm, record->windows - warm, metric->value, share,
                               level, &batches) == SIM_BATCH_FINE)
            e = batches;
    }
    sim__share_widen(&e, sim__share_blur(plan, metric, e.mean));
    sim_estimate_not_below_zero(&e);
    sim_carry_percentile(&e, sim_percentile_of(metric->stat), (double)metric->n, level);
    return e;
}

struct sim_estimate sim__share_or_mean(const struct sim_runs *runs, uint32_t at, uint32_t m,
                                       const double *quantiles, double *values)
{
    const struct sim_record *sample = sim_runs_sample(runs, at);
    const struct sim_metric *metric = &sample->metrics[m];
    bool share = sim__share_is(&runs->cases[at].plan, metric);
    uint32_t n = 0;
    for (uint32_t r = 0; r < runs->replications; r++) {
        const struct sim_record *record = sim_runs_record(runs, at, r);
        if (record && m < record->metric_count)
            values[n++] = record->metrics[m].value;
    }
    struct sim_estimate e = share ? sim_wilson_shares(values, n, 0, quantiles)
                                  : sim_estimate_quick(values, n, quantiles);
    if (share && e.n > 1 && e.low == e.high)
        e = sim_wilson_shares(values, n, sim__share_trials(runs, at, metric), quantiles);
    if (runs->replications == 1)
        return sim__share_one_run(runs, at, m, SIM_LEVEL);
    double p = sim_percentile_of(metric->stat);
    sim_carry_percentile(&e, p, isnan(p) ? 0 : sim__share_values(runs, at, m), SIM_LEVEL);
    sim__share_widen(&e, sim__share_blur(&runs->cases[at].plan, metric, e.mean));
    sim_estimate_not_below_zero(&e);
    return e;
}
