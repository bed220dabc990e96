/* compare.c - compares two cases under the same load, metric by metric. */
#include "study/estimates/compare.h"

#include "study/estimates/sample_size.h"
#include "study/estimates/student.h"
#include "study/study_state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define POWER_TAILS                                                                                \
    0.6 /* two-sided level that leaves 0.2 above: a difference is found four times in five */
#define NEEDED_MOST 1e9

static bool shows(double n, double sd, double size, double level)
{
    uint32_t df = (uint32_t)(n - 1);
    double t = sim_student_quantile(level, df) + sim_student_quantile(POWER_TAILS, df);
    return size >= t * sd / sqrt(n);
}

uint32_t sim_compare_needed(double sd, double size, double level)
{
    if (!(size > 0) || !isfinite(sd))
        return 0;
    double low = 1, high = 2; /* low pairs are too few, high may be enough */
    while (!shows(high, sd, size, level)) {
        low = high;
        high *= 2;
        if (high > NEEDED_MOST)
            return UINT32_MAX;
    }
    while (high - low > 1) {
        double middle = floor((low + high) / 2);
        if (shows(middle, sd, size, level))
            high = middle;
        else
            low = middle;
    }
    return (uint32_t)high;
}

/* ---- which metrics ------------------------------------------------------------------------- */

static bool is_named(const struct sim_difference *d, const struct sim_metric *m)
{
    return strcmp(d->component, m->component) == 0 && strcmp(d->meter, m->meter) == 0 &&
           strcmp(d->stat, m->stat) == 0;
}

/* Adds a metric unless it is one of the first `others`. Both sides have the same order, so it is
 * probably at index *from, which follows the one found last. */
static void add(struct sim_comparison *c, const struct sim_metric *m, uint32_t others,
                uint32_t *from)
{
    for (uint32_t k = 0; k < others; k++) {
        uint32_t i = (*from + k) % others;
        if (is_named(&c->items[i], m)) {
            *from = i + 1;
            return;
        }
    }
    c->items[c->count++] = (struct sim_difference){.component = m->component,
                                                   .meter = m->meter,
                                                   .stat = m->stat,
                                                   .unit = m->unit,
                                                   .near = m->near};
}

static int choose(struct sim_comparison *c, const struct sim_record *const samples[2],
                  const char *const *metrics, uint32_t count)
{
    size_t most = count + 1u;
    for (int i = 0; i < 2; i++)
        most += samples[i] ? samples[i]->metric_count : 0;
    c->items = calloc(most, sizeof *c->items);
    for (int i = 0; c->items && i < 2; i++) {
        const struct sim_record *sample = samples[i];
        uint32_t others = c->count, from = 0; /* each appears once in a record */
        for (uint32_t m = 0; sample && count == 0 && m < sample->metric_count; m++) {
            if (sim_aggregate_is_shown(sample, m))
                add(c, &sample->metrics[m], others, &from);
        }
        for (uint32_t k = 0; sample && k < count; k++) {
            uint32_t m = sim_aggregate_metric(sample, metrics[k]);
            if (m != UINT32_MAX)
                add(c, &sample->metrics[m], c->count, &from);
        }
    }
    return c->items ? 0 : -1;
}

/* ---- pairs --------------------------------------------------------------------------------- */

static double value_of(const struct sim_record *record, const struct sim_difference *d)
{
    struct sim_record_run run = {0};
    size_t length = strlen(d->component);
    while (record && sim_record_next(record, SIM_LIST_METRICS, d->component, length, &run)) {
        for (uint32_t m = run.first; m < run.end; m++)
            if (is_named(d, &record->metrics[m]))
                return record->metrics[m].value;
    }
    return NAN;
}

/* Computes the differences of one metric, and the means of both sides over the same pairs. */
static void pair(const struct sim_runs *runs, const struct sim_comparison *c,
                 struct sim_difference *d, double *values)
{
    double sums[2] = {0, 0};
    uint32_t n = 0;
    d->seen[0] = d->seen[1] = 0;
    for (uint32_t r = 0; r < runs->replications; r++) {
        double a = value_of(sim_runs_record(runs, c->a, r), d);
        double b = value_of(sim_runs_record(runs, c->b, r), d);
        values[r] = b - a;
        d->seen[0] += isnan(a) ? 0 : 1;
        d->seen[1] += isnan(b) ? 0 : 1;
        if (isnan(values[r]))
            continue;
        sums[0] += a;
        sums[1] += b;
        n++;
    }
    d->a = n > 0 ? sums[0] / n : NAN;
    d->b = n > 0 ? sums[1] / n : NAN;
    d->change = sim_estimate_mean(values, runs->replications, SIM_LEVEL);
}

/* The number of values in each replication, of the side that has fewer. */
static double values_behind(const struct sim_runs *runs, const struct sim_comparison *c,
                            const struct sim_difference *d)
{
    const uint32_t sides[2] = {c->a, c->b};
    double least = INFINITY;
    for (int i = 0; i < 2; i++) {
        const struct sim_record *sample = sim_runs_sample(runs, sides[i]);
        uint32_t m = 0;
        while (sample && m < sample->metric_count && !is_named(d, &sample->metrics[m]))
            m++;
        if (sample && m < sample->metric_count)
            least = fmin(least, sim__share_values(runs, sides[i], m));
    }
    return least;
}

static bool all_zero(const double *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!isnan(values[i]) && values[i] != 0)
            return false;
    }
    return true;
}

/* Widens the interval by the resolution of histograms: both values are known only to a bucket.
 * Shares differ by at most 1. */
static void limit(const struct sim_runs *runs, const struct sim_comparison *c,
                  struct sim_difference *d)
{
    const struct sim_plan *plan = &runs->cases[c->a].plan;
    struct sim_metric like = {.component = d->component,
                              .meter = d->meter,
                              .stat = d->stat,
                              .unit = d->unit,
                              .near = d->near};
    sim__share_widen(&d->change, sim__share_blur(plan, &like, d->a) +
                                     sim__share_blur(&runs->cases[c->b].plan, &like, d->b));
    bool share = sim__share_is(plan, &like);
    if (share && d->change.low < -1)
        d->change.low = -1;
    if (share && d->change.high > 1)
        d->change.high = 1;
}

static void find(const struct sim_runs *runs, const struct sim_comparison *c,
                 struct sim_difference *d, const double *values)
{
    d->change = sim_estimate_mean(values, runs->replications, c->level);
    uint32_t n = d->change.n;
    double half = (d->change.high - d->change.low) / 2;
    if (n == 0) {
        d->finding = SIM_COMPARE_UNOBSERVED;
        d->relative = NAN;
        return;
    }
    d->relative = d->a != 0 ? d->change.mean / fabs(d->a) : NAN;
    d->finding = SIM_COMPARE_SAME;
    if (all_zero(values, runs->replications))
        return;
    sim_carry_percentile(&d->change, sim_percentile_of(d->stat), values_behind(runs, c, d),
                         c->level);
    d->finding = d->change.needs > 0 ? SIM_COMPARE_TOO_FEW : SIM_COMPARE_ALONE;
    if (n == 1 || d->change.needs > 0)
        return;
    limit(runs, c, d);
    d->finding = d->change.high < 0  ? SIM_COMPARE_LOWER
                 : d->change.low > 0 ? SIM_COMPARE_HIGHER
                                     : SIM_COMPARE_UNCLEAR;
    double sd = half / sim_student_quantile(c->level, n - 1) * sqrt(n);
    d->needed = sim_compare_needed(sd, c->resolution * fabs(d->a), c->level);
}

/* Removes metrics that were zero in all pairs or never observed, if nobody named them. */
static void drop_nothing(struct sim_comparison *c)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < c->count; i++) {
        const struct sim_difference *d = &c->items[i];
        if (d->change.n > 0 ? d->change.mean != 0 || d->a != 0 || d->b != 0
                            : d->seen[0] + d->seen[1] > 0)
            c->items[left++] = *d;
    }
    c->count = left;
}

int sim_compare_runs(const struct sim_runs *runs, uint32_t a, uint32_t b,
                     const char *const *metrics, uint32_t count, double resolution,
                     struct sim_comparison *c)
{
    const struct sim_record *samples[2] = {sim_runs_sample(runs, a), sim_runs_sample(runs, b)};
    *c = (struct sim_comparison){.a = a, .b = b, .resolution = resolution};
    double *values = calloc(runs->replications + 1u, sizeof *values);
    if (!values || choose(c, samples, metrics, count) != 0) {
        free(values);
        return -1;
    }
    uint32_t looked_at = 0;
    for (uint32_t r = 0; r < runs->replications; r++)
        c->pairs += sim_runs_record(runs, a, r) && sim_runs_record(runs, b, r);
    for (uint32_t i = 0; i < c->count; i++)
        pair(runs, c, &c->items[i], values);
    if (count == 0)
        drop_nothing(c);
    for (uint32_t i = 0; i < c->count; i++)
        looked_at += c->items[i].change.n > 0;
    c->level = 1 - (1 - SIM_LEVEL) / (looked_at > 0 ? looked_at : 1);
    for (uint32_t i = 0; i < c->count; i++) {
        pair(runs, c, &c->items[i], values);
        find(runs, c, &c->items[i], values);
    }
    free(values);
    return 0;
}

void sim_compare_free(struct sim_comparison *c)
{
    free(c->items);
    *c = (struct sim_comparison){.items = NULL};
}
