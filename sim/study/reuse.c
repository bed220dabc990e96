/* reuse.c - runs that the store has already.
 *
 * A stored record may have been taken for other figures and expectations than are asked for now.
 * What is too much is left out, so that the results are those of a new run to the byte; where a
 * series or a distribution is missing the run is done anew. */
#include "study/study_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct search {
    struct sim_runs *runs;
    uint32_t at;
    bool trace; /* the first replication is wanted with a trace, which is not stored */
    struct sim_error *error;
};

static bool is_kept(const struct sim_plan *plan, const char *component, const char *meter)
{
    size_t n = strlen(component);
    for (uint32_t i = 0; i < plan->kept_count; i++) {
        if (strncmp(plan->kept[i], component, n) == 0 && plan->kept[i][n] == '.' &&
            strcmp(plan->kept[i] + n + 1, meter) == 0)
            return true;
    }
    return false;
}

/* The first metric of a meter; UINT32_MAX: none. Texts are of one pool, so pointers will do. */
static uint32_t metric_of(const struct sim_record *record, const char *component, const char *meter,
                          uint32_t from)
{
    for (uint32_t i = from; i < record->metric_count; i++) {
        if (record->metrics[i].component == component && record->metrics[i].meter == meter)
            return i;
    }
    return from > 0 ? metric_of(record, component, meter, 0) : UINT32_MAX;
}

static void leave_out_series(struct sim_record *record, const struct sim_plan *plan)
{
    uint32_t kept = 0, from = 0;
    for (uint32_t i = 0; i < record->series_count; i++) {
        struct sim_series *s = &record->series[i];
        uint32_t metric = metric_of(record, s->component, s->meter, from);
        from = metric == UINT32_MAX ? 0 : metric;
        bool headline = metric != UINT32_MAX && record->metrics[metric].headline;
        if (plan->all_series || headline || is_kept(plan, s->component, s->meter))
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
        if (is_kept(plan, d->component, d->meter))
            record->distributions[kept++] = *d;
        else
            sim_tally_free(&d->tally);
    }
    record->distribution_count = kept;
}

static bool has_series(const struct sim_record *record, const struct sim_metric *m)
{
    for (uint32_t i = 0; i < record->series_count; i++) {
        if (record->series[i].component == m->component && record->series[i].meter == m->meter)
            return true;
    }
    return false;
}

static bool has_distribution(const struct sim_record *record, const struct sim_metric *m)
{
    for (uint32_t i = 0; i < record->distribution_count; i++) {
        if (record->distributions[i].component == m->component &&
            record->distributions[i].meter == m->meter)
            return true;
    }
    return false;
}

/* Whether all series and distributions are there that a run of the plan would keep. Histograms
 * have percentiles. */
static bool suffices(const struct sim_record *record, const struct sim_plan *plan)
{
    for (uint32_t i = 0; i < record->metric_count; i++) {
        const struct sim_metric *m = &record->metrics[i];
        bool first = i == 0 || m[-1].component != m->component || m[-1].meter != m->meter;
        bool kept = is_kept(plan, m->component, m->meter);
        if (first && (kept || plan->all_series || m->headline) && !has_series(record, m))
            return false;
        if (kept && strcmp(m->stat, "p50") == 0 && !has_distribution(record, m))
            return false;
    }
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
    if (!runs->metrics_only) {
        if (!suffices(record, plan)) {
            sim_record_free(record);
            return 0;
        }
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
