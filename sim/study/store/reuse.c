/* reuse.c - takes finished runs from the store. A stored record may have been made for other
 * figures and expectations. Data that are not needed now are left out, so that the results are the
 * same bytes as those of a new run. If a number, a series or a distribution is missing, the run is
 * done again. */
#include "study/study_state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct search {
    struct sim_runs *runs;
    uint32_t at;
    bool trace; /* the first replication needs a trace, and traces are not stored */
    struct sim_error *error;
};

/* The first metric of a meter; UINT32_MAX: none. Equal texts are one copy, so comparing pointers
 * will do. */
static uint32_t metric_of(const struct sim_record *record, const char *component, const char *meter,
                          uint32_t from)
{
    for (uint32_t i = from; i < record->metric_count; i++) {
        if (record->metrics[i].component == component && record->metrics[i].meter == meter)
            return i;
    }
    return from > 0 ? metric_of(record, component, meter, 0) : UINT32_MAX;
}

/* Whether a statistic is one that only some series of histograms have. */
static bool is_more(const char *stat)
{
    const char *const *usual = sim_meter_series(SIM_HISTOGRAM);
    if (strcmp(stat, "stdev") != 0 && isnan(sim_stat_percentile(stat)))
        return false;
    while (*usual && strcmp(*usual, stat) != 0)
        usual++;
    return !*usual;
}

static void leave_out_series(struct sim_record *record, const struct sim_plan *plan)
{
    uint32_t kept = 0, from = 0;
    for (uint32_t i = 0; i < record->series_count; i++) {
        struct sim_series *s = &record->series[i];
        uint32_t metric = metric_of(record, s->component, s->meter, from);
        from = metric == UINT32_MAX ? 0 : metric;
        bool headline = metric != UINT32_MAX && record->metrics[metric].headline;
        bool always = (plan->all_series || headline) && !strchr(s->component, '/');
        if (is_more(s->stat) ? sim_plan_keeps(plan, s->component, s->meter, s->stat)
                             : always || sim_plan_keeps(plan, s->component, s->meter, NULL))
            record->series[kept++] = *s;
        else
            free(s->values);
    }
    record->series_count = kept;
}

static void leave_out_distributions(struct sim_record *record, const struct sim_plan *plan)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < record->distribution_count; i++) {
        struct sim_distribution_result *d = &record->distributions[i];
        if (sim_plan_keeps(plan, d->component, d->meter, NULL))
            record->distributions[kept++] = *d;
        else
            sim_tally_free(&d->tally);
    }
    record->distribution_count = kept;
}

/* The first series of a meter from index `from` on; UINT32_MAX: none. */
static uint32_t series_of(const struct sim_record *record, const char *component, const char *meter,
                          uint32_t from)
{
    for (uint32_t i = from; i < record->series_count; i++) {
        if (strcmp(record->series[i].component, component) == 0 &&
            strcmp(record->series[i].meter, meter) == 0)
            return i;
    }
    return from > 0 ? series_of(record, component, meter, 0) : UINT32_MAX;
}

/* Whether a place has this series. */
static bool has_line(const struct sim_record *record, const struct sim_plan_kept *kept)
{
    struct sim_record_run run = {0};
    size_t length = strlen(kept->place);
    while (sim_record_next(record, SIM_LIST_SERIES, kept->place, length, &run))
        for (uint32_t i = run.first; i < run.end; i++) {
            const struct sim_series *s = &record->series[i];
            if (strcmp(s->component, kept->place) == 0 && strcmp(s->meter, kept->meter) == 0 &&
                (!kept->stat || strcmp(s->stat, kept->stat) == 0))
                return true;
        }
    return false;
}

/* Whether the record has the series of nodes and of other statistics that the plan keeps. */
static bool has_lines(const struct sim_record *record, const struct sim_plan *plan)
{
    for (uint32_t i = 0; i < plan->kept_count; i++) {
        const struct sim_plan_kept *kept = &plan->kept[i];
        if (!kept->stat && kept->node == SIM_ALL_NODES)
            continue;
        if (!has_line(record, kept))
            return false;
    }
    return true;
}

/* The first distribution of a meter. */
static uint32_t distribution_of(const struct sim_record *record, const struct sim_metric *m,
                                uint32_t from)
{
    for (uint32_t i = from; i < record->distribution_count; i++) {
        if (record->distributions[i].component == m->component &&
            record->distributions[i].meter == m->meter)
            return i;
    }
    return from > 0 ? distribution_of(record, m, 0) : UINT32_MAX;
}

/* Whether the record has all series and distributions that a run of the plan would keep. Histograms
 * also have percentiles. */
static bool suffices(const struct sim_record *record, const struct sim_plan *plan)
{
    uint32_t from = 0, shape = 0;
    for (uint32_t i = 0; i < record->metric_count; i++) {
        const struct sim_metric *m = &record->metrics[i];
        bool first = i == 0 || m[-1].component != m->component || m[-1].meter != m->meter;
        bool kept = sim_plan_keeps(plan, m->component, m->meter, NULL);
        if (m->asked || strchr(m->component, '/')) /* such a metric has no series */
            continue;
        if (first && (kept || plan->all_series || m->headline))
            from = series_of(record, m->component, m->meter, from);
        if (from == UINT32_MAX)
            return false;
        if (kept && strcmp(m->stat, "p50") == 0)
            shape = distribution_of(record, m, shape);
        if (shape == UINT32_MAX)
            return false;
    }
    return has_lines(record, plan);
}

/* ---- what was asked for ---------------------------------------------------------------------- */

static int order_of(const struct sim_plan_ask *ask, const struct sim_metric *m, sim_time from,
                    sim_time to)
{
    const struct sim_plan_ask had = {
        .place = m->component, .meter = m->meter, .stat = m->stat, .from = from, .to = to};
    return sim_plan_ask_order(&had, ask);
}

/* Keeps only the requested metrics that are needed now. False: one is missing. Both lists are
 * sorted, so one pass is enough. */
static bool leave_out_answers(struct sim_record *record, const struct sim_plan *plan)
{
    uint32_t given = 0, metric, answer = 0, answers = 0;
    while (given < record->metric_count && !record->metrics[given].asked)
        given++;
    metric = given;
    for (uint32_t i = 0; i < plan->ask_count; i++) {
        const struct sim_plan_ask *ask = &plan->asks[i];
        if (ask->from == SIM_WHOLE_RUN) {
            while (metric < record->metric_count &&
                   order_of(ask, &record->metrics[metric], SIM_WHOLE_RUN, ask->to) < 0)
                metric++;
            if (metric == record->metric_count ||
                order_of(ask, &record->metrics[metric], SIM_WHOLE_RUN, ask->to) != 0)
                return false;
            record->metrics[given++] = record->metrics[metric++];
            continue;
        }
        const struct sim_answer *a = record->answers;
        while (answer < record->answer_count &&
               order_of(ask, &a[answer].metric, a[answer].from, a[answer].to) < 0)
            answer++;
        if (answer == record->answer_count ||
            order_of(ask, &a[answer].metric, a[answer].from, a[answer].to) != 0)
            return false;
        record->answers[answers++] = record->answers[answer++];
    }
    record->metric_count = given;
    record->answer_count = answers;
    return true;
}

static int found(void *self, uint32_t replication, const struct sim_packed *packed)
{
    struct search *search = self;
    struct sim_runs *runs = search->runs;
    const struct sim_plan *plan = &runs->cases[search->at].plan;
    if (search->trace && replication == 0)
        return 0;
    struct sim_record *record = sim_record_unpack(packed, runs->names, search->error);
    if (!record)
        return 1;
    if (sim_record_place(record) != 0) {
        sim_record_free(record);
        return 1;
    }
    bool enough = leave_out_answers(record, plan) && (runs->metrics_only || suffices(record, plan));
    sim_record_unplace(record); /* because its lists become shorter */
    if (!enough) {
        sim_record_free(record);
        return 0;
    }
    if (!runs->metrics_only) {
        leave_out_series(record, plan);
        leave_out_distributions(record, plan);
    }
    struct sim_run *run = &runs->runs[(size_t)search->at * runs->replications + replication];
    *run = (struct sim_run){.state = SIM_RUN_FINISHED, .record = record};
    runs->reused++;
    return 0;
}

int sim__reuse(struct sim_store *store, struct sim_runs *runs, uint64_t seed, uint32_t first,
               bool trace, struct sim_error *error)
{
    struct search search = {.runs = runs, .trace = trace, .error = error};
    for (; search.at < runs->case_count; search.at++) {
        if (sim_store_find(store, &runs->cases[search.at], seed, first, runs->replications,
                           runs->metrics_only, found, &search, error) != 0) {
            size_t n = strlen(error->text);
            if (strncmp(error->text, "the ", 4) == 0)
                snprintf(error->text + n, sizeof error->text - n,
                         " in the store: --fresh simulates it anew");
            return -1;
        }
    }
    return 0;
}
