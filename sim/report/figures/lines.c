/* lines.c - the lines of timelines and tails, in base units. */
#include "report/figures/figure.h"

#include "report/figures/thin_series.h"
#include "study/estimates/wilson.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POINT_BUCKETS = 200 }; /* at most five points of each are drawn */

/* ---- timelines ----------------------------------------------------------------------------- */

/* Estimates the mean over replications of each of `windows` windows from `first` on, with its
 * interval. */
static void estimate_windows(struct sim_drawing *d, uint32_t at, uint32_t series, uint32_t first,
                             uint32_t windows, struct sim_estimate *all, double *means)
{
    const struct sim_runs *runs = d->report->runs;
    const struct sim_record *sample = sim_runs_sample(runs, at);
    bool share = sample && series < sample->series_count &&
                 sim_aggregate_is_share(runs, at, sample->series[series].component,
                                        sample->series[series].meter);
    for (uint32_t w = 0; w < windows; w++) {
        uint32_t n = 0;
        for (uint32_t r = 0; r < runs->replications; r++) {
            const struct sim_record *record = sim_runs_record(runs, at, r);
            if (record && series < record->series_count && first + w < record->windows)
                d->values[n++] = record->series[series].values[first + w];
        }
        all[w] = share ? sim_wilson_shares(d->values, n, 0, d->quantiles)
                       : sim_estimate_quick(d->values, n, d->quantiles);
        sim_estimate_not_below_zero(&all[w]);
        means[w] = all[w].mean;
    }
}

/* Returns how many windows have their middle in the figure. *first is the first of them. */
static uint32_t windows_shown(const struct sim_figure *figure, const struct sim_record *record,
                              uint32_t *first)
{
    uint32_t end = 0;
    *first = record->windows;
    for (uint32_t w = 0; w < record->windows; w++) {
        double middle = ((double)w + 0.5) * (double)record->interval / 1e9;
        if ((!isnan(figure->from) && middle < figure->from) ||
            (!isnan(figure->to) && middle > figure->to))
            continue;
        *first = w < *first ? w : *first;
        end = w + 1;
    }
    return end > *first ? end - *first : 0;
}

static void timeline_line(struct sim_drawing *d, uint32_t panel, uint32_t variant, uint32_t series)
{
    uint32_t at = d->variants[variant].at;
    const char *that = d->panels[panel].asked->series[series];
    const struct sim_record *sample = sim_runs_sample(d->report->runs, at);
    uint32_t of = sample ? sim_aggregate_series(sample, that) : UINT32_MAX;
    uint32_t first = 0;
    uint32_t windows = of == UINT32_MAX ? 0 : windows_shown(d->figure, sample, &first);
    struct sim_estimate *all = calloc(windows + 1u, sizeof *all);
    double *means = calloc(windows + 1u, sizeof *means);
    uint32_t *chosen = calloc(windows + 1u, sizeof *chosen);
    struct sim_drawn_line *line = NULL;
    if (all && means && chosen) {
        estimate_windows(d, at, of, first, windows, all, means);
        uint32_t points = sim_thin_series(means, windows, POINT_BUCKETS, chosen);
        line = sim_drawing_line(d, panel + 1, variant + 1, series + 1, points);
        for (uint32_t i = 0; line && i < points; i++) {
            line->x[i] = ((double)(first + chosen[i]) + 0.5) * (double)sample->interval / 1e9;
            line->y[i] = all[chosen[i]];
            sim_drawing_range(&d->panels[panel], line->y[i].mean);
        }
        if (line)
            line->count = points;
    }
    if (of != UINT32_MAX)
        d->panels[panel].unit = sample->series[of].unit;
    d->failed = d->failed || !line;
    free(all);
    free(means);
    free(chosen);
}

void sim_lines_timeline(struct sim_drawing *d)
{
    for (uint32_t p = 0; p < d->panel_count && !d->failed; p++) {
        for (uint32_t s = 0; s < d->panels[p].asked->series_count; s++) {
            for (uint32_t v = 0; v < d->variant_count; v++)
                timeline_line(d, p, v, s);
        }
    }
}

/* ---- tails --------------------------------------------------------------------------------- */

/* The tally of "component.meter[.stat]" in a record; NULL: none. */
static const struct sim_tally *tally_of(const struct sim_record *record, const char *that,
                                        const char **unit)
{
    for (uint32_t i = 0; record && i < record->distribution_count; i++) {
        const struct sim_distribution_result *found = &record->distributions[i];
        size_t a = strlen(found->component), b = strlen(found->meter);
        if (strncmp(that, found->component, a) == 0 && that[a] == '.' &&
            strncmp(that + a + 1, found->meter, b) == 0 &&
            (that[a + 1 + b] == '\0' || that[a + 1 + b] == '.')) {
            *unit = found->unit;
            return &found->tally;
        }
    }
    return NULL;
}

static void tail_point(struct sim_drawn_line *line, double x, struct sim_estimate share)
{
    line->x[line->count] = x;
    line->y[line->count++] = share;
}

/* Points of P(X > x): 1 below the least value, then one for each bucket with counts, at its
 * greatest value, where the share above is exact. The last bucket has a point only if it is the
 * first, because a share of 0 cannot be shown on a logarithmic axis. `base`: the base unit in
 * recorded units. */
static void tail_points(struct sim_drawing *d, const struct sim_tally **tallies, uint32_t n,
                        double base, struct sim_drawn_line *line)
{
    uint64_t total = 0, passed = 0;
    const struct sim_estimate all = {.n = n, .mean = 1, .low = 1, .high = 1};
    double *passed_by = calloc(n + 1u, sizeof *passed_by);
    for (uint32_t r = 0; r < n; r++)
        total += tallies[r]->n;
    for (uint32_t b = 0; passed_by && b < SIM_HISTOGRAM_BUCKETS; b++) {
        uint64_t here = 0;
        for (uint32_t r = 0; r < n; r++) {
            uint64_t count = sim_tally_count(tallies[r], b);
            here += count;
            passed_by[r] += (double)count;
            d->values[r] = tallies[r]->n ? 1 - passed_by[r] / (double)tallies[r]->n : NAN;
        }
        if (here == 0)
            continue;
        if (passed == 0)
            tail_point(line, (double)sim_histogram_bucket_low(b) / base, all);
        if (here == total)
            tail_point(line, (double)(sim_histogram_bucket_high(b) - 1) / base, all);
        passed += here;
        struct sim_estimate e = sim_wilson_shares(d->values, n, 0, d->quantiles);
        e.mean = (double)(total - passed) / (double)total;
        if (passed < total)
            tail_point(line, (double)(sim_histogram_bucket_high(b) - 1) / base, e);
    }
    d->failed = d->failed || !passed_by;
    free(passed_by);
}

/* A percentile's estimate from the summary, so that both agree to the digit. */
static double summary_of(const struct sim_aggregate *a, const char *that, const char *stat)
{
    char full[256];
    const char *dot = strchr(that, '.'), *second = dot ? strchr(dot + 1, '.') : NULL;
    int length = (int)(second ? (size_t)(second - that) : strlen(that));
    snprintf(full, sizeof full, "%.*s.%s", length, that, stat);
    uint32_t at = a->sample ? sim_aggregate_metric(a->sample, full) : UINT32_MAX;
    return at == UINT32_MAX ? NAN : a->metrics[at].mean;
}

static void ccdf_line(struct sim_drawing *d, const struct sim_tally **tallies, uint32_t panel,
                      uint32_t variant, uint32_t series)
{
    const struct sim_runs *runs = d->report->runs;
    const char *that = d->panels[panel].asked->series[series];
    uint32_t at = d->variants[variant].at, n = 0;
    const char *unit = "";
    for (uint32_t r = 0; r < runs->replications; r++) {
        const struct sim_tally *tally = tally_of(sim_runs_record(runs, at, r), that, &unit);
        if (tally && tally->n > 0)
            tallies[n++] = tally;
    }
    struct sim_drawn_line *line = sim_drawing_line(d, panel + 1, variant + 1, series + 1,
                                                   SIM_HISTOGRAM_BUCKETS);
    if (!line)
        return;
    if (*unit)
        d->panels[panel].unit = unit;
    tail_points(d, tallies, n, strcmp(unit, "s") == 0 ? 1e9 : 1, line);
    line->p50 = summary_of(&d->report->aggregates[at], that, "p50");
    line->p99 = summary_of(&d->report->aggregates[at], that, "p99");
    line->p999 = summary_of(&d->report->aggregates[at], that, "p999");
    sim_drawing_range(&d->panels[panel], line->p99);
}

void sim_lines_ccdf(struct sim_drawing *d)
{
    const struct sim_tally **tallies = calloc(d->report->runs->replications + 1u, sizeof *tallies);
    if (!tallies) {
        d->failed = true;
        return;
    }
    for (uint32_t p = 0; p < d->panel_count && !d->failed; p++) {
        for (uint32_t s = 0; s < d->panels[p].asked->series_count; s++) {
            for (uint32_t v = 0; v < d->variant_count; v++)
                ccdf_line(d, tallies, p, v, s);
        }
    }
    free(tallies);
}
