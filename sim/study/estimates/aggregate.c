/* aggregate.c - estimates over the replications of each case. */
#include "study/study_state.h"

#include "sim/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool sim_aggregate_is_shown(const struct sim_record *record, uint32_t at)
{
    const struct sim_metric *m = &record->metrics[at];
    if (!m->headline)
        return false;
    if (strcmp(m->stat, "p50") == 0 || strcmp(m->stat, "p99") == 0)
        return true;
    if (strcmp(m->stat, "mean") != 0)
        return false;
    char that[256]; /* of a histogram, percentiles say more than the mean */
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
