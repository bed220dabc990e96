/* runs.c - the runs of a study as data, and their metrics by name. */
#include "study/study_state.h"

#include <stdlib.h>
#include <string.h>

void sim_runs_begin(struct sim_runs *runs, const struct sim_case *cases, uint32_t case_count,
                    bool metrics_only)
{
    *runs = (struct sim_runs){
        .cases = cases, .case_count = case_count, .metrics_only = metrics_only};
}

void sim_runs_free(struct sim_runs *runs)
{
    size_t total = (size_t)runs->case_count * runs->replications;
    for (size_t i = 0; runs->runs && i < total; i++) {
        sim_record_free(runs->runs[i].record);
    }
    sim_names_free(runs->names);
    free(runs->runs);
    *runs = (struct sim_runs){.runs = NULL};
}

const struct sim_record *sim_runs_record(const struct sim_runs *runs, uint32_t at,
                                         uint32_t replication)
{
    return runs->runs[(size_t)at * runs->replications + replication].record;
}

const struct sim_record *sim_runs_sample(const struct sim_runs *runs, uint32_t at)
{
    for (uint32_t r = 0; r < runs->replications; r++) {
        if (sim_runs_record(runs, at, r))
            return sim_runs_record(runs, at, r);
    }
    return NULL;
}

uint32_t sim_runs_find(const struct sim_runs *runs, const char *name)
{
    for (uint32_t i = 0; i < runs->case_count; i++) {
        if (strcmp(runs->cases[i].name, name) == 0)
            return i;
    }
    return UINT32_MAX;
}

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

/* How well a stat fits: 3: the one given; 2 and 1: a default, when none was given; 0: it does not
 * fit. */
static int fitness(const struct parts *parts, const char *stat)
{
    if (parts->stat) /* "p99_9" and "p999" are the same */
        return strcmp(stat, parts->stat) == 0 ||
                       sim_stat_percentile(stat) == sim_stat_percentile(parts->stat)
                   ? 3
                   : 0;
    if (strcmp(stat, "p99") == 0)
        return 2;
    return strcmp(stat, "mean") == 0 ||
           strcmp(stat, "per_hour") == 0; /* per_hour: amounts of money */
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

/* strcmp() of a name and a part of a text. */
static int compare_part(const char *name, const char *part, size_t length)
{
    int order = strncmp(name, part, length);
    return order ? order : (int)(unsigned char)name[length];
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
    uint32_t low = 0, high = record->answer_count; /* they are in the order of asks */
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

uint32_t sim_runs_most_finished(const struct sim_runs *runs)
{
    uint32_t most = 0;
    for (uint32_t at = 0; at < runs->case_count; at++) {
        uint32_t finished = 0;
        for (uint32_t r = 0; r < runs->replications; r++)
            finished += sim_runs_record(runs, at, r) != NULL;
        most = finished > most ? finished : most;
    }
    return most;
}
