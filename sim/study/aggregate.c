/* aggregate.c - what the replications of each case saw, as estimates. */
#include "study/study_state.h"

#include "sim/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- finding a metric by its name ---------------------------------------------------------- */

struct parts {
    size_t component, meter;     /* bytes of each */
    const char *meter_at, *stat; /* stat NULL: not given */
};

static bool split(const char *that, struct parts *parts)
{
    const char *dot = strchr(that, '.');
    if (!dot)
        return false;
    parts->component = (size_t)(dot - that);
    parts->meter_at = dot + 1;
    const char *second = strchr(dot + 1, '.');
    parts->meter = second ? (size_t)(second - dot - 1) : strlen(dot + 1);
    parts->stat = second ? second + 1 : NULL;
    return true;
}

static bool is_named(const struct parts *parts, const char *that, const char *component,
                     const char *meter)
{
    return strlen(component) == parts->component && strlen(meter) == parts->meter &&
           memcmp(component, that, parts->component) == 0 &&
           memcmp(meter, parts->meter_at, parts->meter) == 0;
}

/* As strcmp() of a name and a part of a text. */
static int compare_part(const char *name, const char *part, size_t length)
{
    int order = strncmp(name, part, length);
    return order ? order : (int)(unsigned char)name[length];
}

/* How well a stat answers: 3 asked for, 2 and 1 natural where none was asked for, 0 not. */
static int fitness(const struct parts *parts, const char *stat)
{
    if (parts->stat) /* "p99_9" is "p999" */
        return strcmp(stat, parts->stat) == 0 ||
                       sim_stat_percentile(stat) == sim_stat_percentile(parts->stat)
                   ? 3
                   : 0;
    if (strcmp(stat, "p99") == 0)
        return 2;
    return strcmp(stat, "mean") == 0 || strcmp(stat, "per_hour") == 0; /* of money */
}

uint32_t sim_aggregate_metric(const struct sim_record *record, const char *that)
{
    struct parts parts;
    uint32_t best = UINT32_MAX;
    int fit = 0;
    if (!split(that, &parts))
        return best;
    struct sim_record_run run = {0};
    while (sim_record_next(record, SIM_LIST_METRICS, that, parts.component, &run)) {
        for (uint32_t i = run.first; i < run.end; i++) {
            const struct sim_metric *m = &record->metrics[i];
            if (is_named(&parts, that, m->component, m->meter) && fitness(&parts, m->stat) > fit) {
                fit = fitness(&parts, m->stat);
                best = i;
            }
        }
    }
    return best;
}

uint32_t sim_aggregate_series(const struct sim_record *record, const char *that)
{
    struct parts parts;
    uint32_t best = UINT32_MAX;
    int fit = 0;
    if (!split(that, &parts))
        return best;
    struct sim_record_run run = {0};
    while (sim_record_next(record, SIM_LIST_SERIES, that, parts.component, &run)) {
        for (uint32_t i = run.first; i < run.end; i++) {
            const struct sim_series *s = &record->series[i];
            if (is_named(&parts, that, s->component, s->meter) && fitness(&parts, s->stat) > fit) {
                fit = fitness(&parts, s->stat);
                best = i;
            }
        }
    }
    return best;
}

const struct sim_metric *sim_aggregate_over(const struct sim_record *record, const char *that,
                                            double from_s, double to_s)
{
    struct parts parts;
    sim_time from, to;
    sim_span_of(from_s, to_s, &from, &to);
    if (from == SIM_WHOLE_RUN) {
        uint32_t m = sim_aggregate_metric(record, that);
        return m == UINT32_MAX ? NULL : &record->metrics[m];
    }
    if (!split(that, &parts) || !parts.stat)
        return NULL;
    uint32_t low = 0, high = record->answer_count; /* they stand in the order of asks */
    while (low < high) {
        uint32_t at = low + (high - low) / 2;
        const struct sim_answer *a = &record->answers[at];
        int order = compare_part(a->metric.component, that, parts.component);
        order = order ? order : compare_part(a->metric.meter, parts.meter_at, parts.meter);
        order = order ? order : (a->from > from) - (a->from < from);
        order = order ? order : (a->to > to) - (a->to < to);
        order = order ? order : strcmp(a->metric.stat, parts.stat);
        if (order == 0)
            return &a->metric;
        if (order < 0)
            low = at + 1;
        else
            high = at;
    }
    return NULL;
}

const char *sim_aggregate_stat(const char *that, const struct sim_metric *metric)
{
    struct parts parts;
    return split(that, &parts) && parts.stat ? parts.stat : metric ? metric->stat : "p99";
}

bool sim_aggregate_is_shown(const struct sim_record *record, uint32_t at)
{
    const struct sim_metric *m = &record->metrics[at];
    if (!m->headline)
        return false;
    if (strcmp(m->stat, "p50") == 0 || strcmp(m->stat, "p99") == 0)
        return true;
    if (strcmp(m->stat, "mean") != 0)
        return false;
    char that[256]; /* of a histogram the percentiles say more than the mean */
    snprintf(that, sizeof that, "%s.%s.p99", m->component, m->meter);
    return sim_aggregate_metric(record, that) == UINT32_MAX;
}

bool sim_aggregate_is_share(const struct sim_runs *runs, uint32_t at, const char *component,
                            const char *meter)
{
    const struct sim_metric like = {.component = component, .meter = meter};
    return sim__share_is(&runs->cases[at].plan, &like);
}

/* ---- aggregating --------------------------------------------------------------------------- */

static int aggregate_metrics(struct sim_aggregate *a, const struct sim_runs *runs, uint32_t at,
                             const double *quantiles, double *values)
{
    a->metrics = calloc(a->sample->metric_count + 1u, sizeof *a->metrics);
    if (!a->metrics)
        return -1;
    for (uint32_t m = 0; m < a->sample->metric_count; m++)
        a->metrics[m] = sim__share_or_mean(runs, at, m, quantiles, values);
    return sim_mser_check(runs, at, &a->warmups, &a->warmup_count);
}

static void count_audit_line(struct sim_aggregate *a, const struct sim_audit_line *line)
{
    uint32_t i = 0;
    while (i < a->audit_count && strcmp(a->audits[i].name, line->name) != 0)
        i++;
    if (i == a->audit_count)
        a->audits[a->audit_count++].name = line->name;
    a->audits[i].checked++;
    a->audits[i].held += line->held;
}

static int aggregate_audit(struct sim_aggregate *a, const struct sim_runs *runs, uint32_t at)
{
    uint32_t most = 0;
    a->audit_held = true;
    for (uint32_t r = 0; r < runs->replications; r++) {
        const struct sim_record *record = sim_runs_record(runs, at, r);
        most += record ? record->audit_count : 0;
    }
    a->audits = calloc(most + 1u, sizeof *a->audits);
    if (!a->audits)
        return -1;
    for (uint32_t r = 0; r < runs->replications; r++) {
        const struct sim_record *record = sim_runs_record(runs, at, r);
        for (uint32_t i = 0; record && i < record->audit_count; i++)
            count_audit_line(a, &record->audit[i]);
        if (record && !record->audit_held)
            a->audit_held = false;
    }
    return 0;
}

static int aggregate_case(struct sim_aggregate *a, const struct sim_runs *runs, uint32_t at,
                          const double *quantiles, double *values)
{
    a->sample = sim_runs_sample(runs, at);
    a->audit_held = true;
    if (!a->sample)
        return 0;
    for (uint32_t r = 0; r < runs->replications; r++) {
        const struct sim_record *record = sim_runs_record(runs, at, r);
        if (!record)
            continue;
        a->finished++;
        a->events += record->events;
        a->hash = sim_mix64(a->hash + UINT64_C(0x9e3779b97f4a7c15)) ^ record->hash;
    }
    if (aggregate_metrics(a, runs, at, quantiles, values) != 0)
        return -1;
    if (sim__attributed_make(a, runs, at, quantiles, values) != 0)
        return -1;
    return aggregate_audit(a, runs, at);
}

struct sim_aggregate *sim_aggregate_runs(const struct sim_runs *runs)
{
    struct sim_aggregate *all = calloc(runs->case_count + 1u, sizeof *all);
    double *values = calloc(runs->replications + 1u, sizeof *values);
    double *quantiles = calloc(runs->replications + 1u, sizeof *quantiles);
    bool good = all && values && quantiles;
    if (good)
        sim_estimate_quantiles(quantiles, sim_runs_most_finished(runs), SIM_LEVEL);
    for (uint32_t at = 0; good && at < runs->case_count; at++)
        good = aggregate_case(&all[at], runs, at, quantiles, values) == 0;
    free(values);
    free(quantiles);
    if (!good) {
        sim_aggregate_free(all, runs->case_count);
        return NULL;
    }
    return all;
}

void sim_aggregate_free(struct sim_aggregate *all, uint32_t count)
{
    for (uint32_t i = 0; all && i < count; i++) {
        free(all[i].metrics);
        free(all[i].audits);
        sim__attributed_free(&all[i]);
        free(all[i].warmups);
    }
    free(all);
}
