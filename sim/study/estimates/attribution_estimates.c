/* attribution_estimates.c - the parts of the latency, averaged over the replications of a case. */
#include "study/study_state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Finds an attribution. All replications have the same order, so it is probably at index `near`. */
static const struct sim_attribution *of(const struct sim_record *record, uint32_t near,
                                        const char *source, const char *stat)
{
    uint32_t count = record ? record->attribution_count : 0;
    for (uint32_t k = 0; k < count; k++) {
        const struct sim_attribution *a = &record->attributions[(near + k) % count];
        if (strcmp(a->source, source) == 0 && strcmp(a->stat, stat) == 0)
            return a;
    }
    return NULL;
}

/* The time spent on a part; 0 if the record does not have it. */
static double part_of(const struct sim_record *record, const struct sim_attribution *a,
                      const struct sim_attributed_part *part)
{
    for (uint32_t i = 0; i < a->part_count; i++) {
        const struct sim_attribution_part *p = &record->attribution_parts[a->first_part + i];
        if (strcmp(p->component, part->component) == 0 && strcmp(p->cause, part->cause) == 0)
            return p->mean;
    }
    return 0;
}

static bool has_part(const struct sim_attributed *into, const struct sim_attribution_part *p)
{
    for (uint32_t i = 0; i < into->part_count; i++)
        if (strcmp(p->component, into->parts[i].component) == 0 &&
            strcmp(p->cause, into->parts[i].cause) == 0)
            return true;
    return false;
}

/* Adds the parts of one replication that are not in the list yet. 0, or -1 when out of memory. */
static int add_parts(struct sim_attributed *into, const struct sim_record *record,
                     const struct sim_attribution *a)
{
    struct sim_attributed_part *parts = realloc(
        into->parts, (into->part_count + a->part_count + 1u) * sizeof *parts);
    if (!parts)
        return -1;
    into->parts = parts;
    for (uint32_t i = 0; i < a->part_count; i++) {
        const struct sim_attribution_part *p = &record->attribution_parts[a->first_part + i];
        if (!has_part(into, p))
            parts[into->part_count++] = (struct sim_attributed_part){.component = p->component,
                                                                     .cause = p->cause};
    }
    return 0;
}

/* Largest first. */
static void sort(struct sim_attributed *a)
{
    for (uint32_t i = 1; i < a->part_count; i++) {
        struct sim_attributed_part part = a->parts[i];
        uint32_t at = i;
        for (; at > 0 && a->parts[at - 1].spent.mean < part.spent.mean; at--)
            a->parts[at] = a->parts[at - 1];
        a->parts[at] = part;
    }
}

static int attribute(struct sim_attributed *into, uint32_t near, const struct sim_runs *runs,
                     uint32_t at, const double *quantiles, double *values)
{
    const struct sim_record *record;
    const struct sim_attribution *a;
    uint32_t n = 0;
    for (uint32_t r = 0; r < runs->replications; r++) {
        record = sim_runs_record(runs, at, r);
        a = of(record, near, into->source, into->stat);
        if (!a)
            continue;
        into->requests += a->requests;
        into->sampled += a->sampled;
        values[n++] = a->latency;
        if (add_parts(into, record, a) != 0)
            return -1;
    }
    into->latency = sim_estimate_quick(values, n, quantiles);
    sim_estimate_not_below_zero(&into->latency);
    for (uint32_t i = 0; i <= into->part_count; i++) {
        n = 0;
        for (uint32_t r = 0; r < runs->replications; r++) {
            record = sim_runs_record(runs, at, r);
            a = of(record, near, into->source, into->stat);
            if (a)
                values[n++] = i < into->part_count ? part_of(record, a, &into->parts[i])
                                                   : a->percentile;
        }
        struct sim_estimate e = sim_estimate_quick(values, n, quantiles);
        sim_estimate_not_below_zero(&e);
        *(i < into->part_count ? &into->parts[i].spent : &into->percentile) = e;
    }
    sort(into);
    return 0;
}

/* Whether one of `count` items has the same source and percentile; the search starts at `near`. */
static bool is_there(const struct sim_attributed *all, uint32_t count, uint32_t near,
                     const struct sim_attribution *found)
{
    for (uint32_t k = 0; k < count; k++) {
        const struct sim_attributed *a = &all[(near + k) % count];
        if (strcmp(a->source, found->source) == 0 && strcmp(a->stat, found->stat) == 0)
            return true;
    }
    return false;
}

/* Collects the sources and percentiles that at least one replication has, in the order of the
 * plan. */
static int collect(struct sim_aggregate *a, const struct sim_runs *runs, uint32_t at)
{
    for (uint32_t r = 0; r < runs->replications; r++) {
        const struct sim_record *record = sim_runs_record(runs, at, r);
        uint32_t most = a->attributed_count + (record ? record->attribution_count : 0);
        struct sim_attributed *all = realloc(a->attributed, (most + 1u) * sizeof *all);
        if (!all)
            return -1;
        a->attributed = all;
        uint32_t others = a->attributed_count; /* each appears once in a record */
        for (uint32_t i = 0; record && i < record->attribution_count; i++) {
            const struct sim_attribution *found = &record->attributions[i];
            if (!is_there(all, others, i, found))
                all[a->attributed_count++] = (struct sim_attributed){.source = found->source,
                                                                     .stat = found->stat};
        }
    }
    return 0;
}

int sim__attributed_make(struct sim_aggregate *a, const struct sim_runs *runs, uint32_t at,
                         const double *quantiles, double *values)
{
    int status = collect(a, runs, at);
    for (uint32_t i = 0; status == 0 && i < a->attributed_count; i++)
        status = attribute(&a->attributed[i], i, runs, at, quantiles, values);
    return status;
}

void sim__attributed_free(struct sim_aggregate *a)
{
    for (uint32_t i = 0; i < a->attributed_count; i++)
        free(a->attributed[i].parts);
    free(a->attributed);
}

const struct sim_attributed *sim_attributed_find(const struct sim_aggregate *a, const char *source,
                                                 const char *stat)
{
    for (uint32_t i = 0; i < a->attributed_count; i++)
        if (strcmp(a->attributed[i].source, source) == 0 &&
            strcmp(a->attributed[i].stat, stat) == 0)
            return &a->attributed[i];
    return NULL;
}
