/* expect.c - the scenario's claims held against what was observed.
 *
 * What is observed: one value per replication, and the interval of their mean at the expectation's
 * confidence: Student's, of shares Wilson's, of one run from its batches where they support one.
 *   whole run        the metric's value
 *   from … to        of the windows that start in [from, to): the mean, or the greatest (least) for
 *                    the stat max (min), of the meter's series
 *   relative_to      the value divided, replication by replication (both saw the same load), by
 *                    that of the other variant
 * What holds:
 *   at_most, at_least   the mean satisfies the bound and, if there is one, so does the whole
 *                       interval; an interval that crosses the bound does not hold, and the note
 *                       says so. That a share is exactly 0 or 1 can be seen, never shown: such a
 *                       bound is held by what was observed alone
 *   equals, within w    |mean - value| <= w |value|
 *   equals alone        the interval covers the value; with n = 1 there is none and nothing holds
 * What was never observed does not hold. */
#include "study/study_state.h"

#include "base/text.h"
#include "study/wilson.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- observing ----------------------------------------------------------------------------- */

static bool is_windowed(const struct sim_expect *e)
{
    return !isnan(e->from) || !isnan(e->to);
}

/* The series a windowed expectation is read from: its own, else the meter's mean by window for the
 * stats that are made from that. UINT32_MAX: none. */
static uint32_t windowed_series(const struct sim_record *record, const char *that)
{
    uint32_t at = sim_aggregate_series(record, that);
    const char *dot = strchr(that, '.'), *stat = dot ? strchr(dot + 1, '.') : NULL;
    if (at != UINT32_MAX || !stat || (strcmp(stat, ".max") != 0 && strcmp(stat, ".min") != 0))
        return at;
    char mean[256];
    int n = snprintf(mean, sizeof mean, "%.*s", (int)(stat - that), that);
    return n < (int)sizeof mean ? sim_aggregate_series(record, mean) : UINT32_MAX;
}

static bool ends_in(const char *that, const char *stat)
{
    size_t n = strlen(that), m = strlen(stat);
    return n > m && strcmp(that + n - m, stat) == 0;
}

static double over_windows(const struct sim_expect *e, const struct sim_record *record)
{
    uint32_t at = windowed_series(record, e->that);
    if (at == UINT32_MAX)
        return NAN;
    bool greatest = ends_in(e->that, ".max"), least = ends_in(e->that, ".min");
    double interval_s = (double)record->interval / 1e9, sum = 0, extreme = NAN;
    uint32_t n = 0;
    for (uint32_t w = 0; w < record->windows; w++) {
        double start = w * interval_s, value = record->series[at].values[w];
        bool before = !isnan(e->from) && start < e->from - interval_s * 1e-6;
        bool after = !isnan(e->to) && start >= e->to - interval_s * 1e-6;
        if (before || after || isnan(value))
            continue;
        sum += value;
        n++;
        if (isnan(extreme) || (greatest ? value > extreme : value < extreme))
            extreme = value;
    }
    if (n == 0)
        return NAN;
    return greatest || least ? extreme : sum / n;
}

double sim_expect_observe(const struct sim_expect *e, const struct sim_record *record)
{
    if (!record)
        return NAN;
    if (is_windowed(e))
        return over_windows(e, record);
    uint32_t at = sim_aggregate_metric(record, e->that);
    return at == UINT32_MAX ? NAN : record->metrics[at].value;
}

static const char *unit_of(const struct sim_expect *e, const struct sim_record *record)
{
    if (!record)
        return "";
    if (e->relative_to)
        return "1";
    uint32_t at = sim_aggregate_metric(record, e->that);
    if (at != UINT32_MAX)
        return record->metrics[at].unit;
    at = windowed_series(record, e->that);
    return at == UINT32_MAX ? "" : record->series[at].unit;
}

struct sim_estimate sim_expect_estimate(const struct sim_expect *e, const struct sim_runs *runs,
                                        uint32_t at, double *values)
{
    uint32_t other = e->relative_to ? sim_runs_find(runs, e->relative_to) : at;
    for (uint32_t r = 0; r < runs->replications; r++) {
        values[r] = sim_expect_observe(e, sim_runs_record(runs, at, r));
        if (!e->relative_to)
            continue;
        double below = other == UINT32_MAX ? NAN
                                           : sim_expect_observe(e, sim_runs_record(runs, other, r));
        values[r] = below == 0 ? NAN : values[r] / below;
    }
    double level = e->confidence > 0 && e->confidence < 1 ? e->confidence : SIM_LEVEL;
    const struct sim_record *sample = sim_runs_sample(runs, at);
    uint32_t m = sample && !e->relative_to ? sim_aggregate_metric(sample, e->that) : UINT32_MAX;
    if (m == UINT32_MAX)
        return sim_estimate_mean(values, runs->replications, level);
    const struct sim_metric *metric = &sample->metrics[m];
    if (runs->replications == 1 && !is_windowed(e))
        return sim__share_one_run(runs, at, m, level);
    if (!sim__share_is(&runs->cases[at].plan, metric)) {
        struct sim_estimate o = sim_estimate_mean(values, runs->replications, level);
        sim__share_widen(&o, sim__share_blur(&runs->cases[at].plan, metric, o.mean));
        return o;
    }
    double trials = is_windowed(e) ? 0 : sim__share_trials(runs, at, metric);
    return sim_wilson_level(values, runs->replications, trials, level);
}

/* ---- judging ------------------------------------------------------------------------------- */

static void note(struct sim_verdict *v, const char *text)
{
    snprintf(v->note, sizeof v->note, "%s", text);
}

static bool holds_bound(struct sim_verdict *v, double bound, int direction)
{
    const struct sim_estimate *o = &v->observed;
    if (direction * (o->mean - bound) > 0)
        return false;
    if (isnan(o->low)) {
        note(v, "n = 1 cannot support an interval");
        return true;
    }
    if (o->method == SIM_BY_WILSON && bound == (direction > 0 ? 0 : 1))
        return true;
    if (o->method == SIM_BY_BATCHES)
        note(v, "n = 1: the interval is from batches of the run");
    if (direction * ((direction > 0 ? o->high : o->low) - bound) > 0) {
        note(v, "the interval crosses the bound: more replications would tell");
        return false;
    }
    return true;
}

static bool holds_equality(struct sim_verdict *v)
{
    const struct sim_expect *e = v->expect;
    const struct sim_estimate *o = &v->observed;
    if (!isnan(e->within))
        return fabs(o->mean - e->equals) <= e->within * fabs(e->equals);
    if (isnan(o->low)) {
        note(v, "n = 1 cannot support an interval: ask for `within`, or for more replications");
        return false;
    }
    return o->low <= e->equals && e->equals <= o->high;
}

/* "at most 1 request", "at least 3000 requests/s". */
static void describe_one(struct sim_buffer *text, const char *words, double value, const char *unit)
{
    unit = strcmp(unit, "1") == 0 ? "" : unit;
    struct sim_unit_text one = sim_unit_text(unit, value == 1);
    sim_buffer_printf(text, "%s%s %.9g%s%s", text->length ? " and " : "", words, value,
                      *unit ? " " : "", one.s);
}

static void describe(struct sim_verdict *v)
{
    const struct sim_expect *e = v->expect;
    struct sim_buffer text = {.text = NULL};
    if (!isnan(e->at_least))
        describe_one(&text, "at least", e->at_least, v->unit);
    if (!isnan(e->at_most))
        describe_one(&text, "at most", e->at_most, v->unit);
    if (!isnan(e->equals)) {
        describe_one(&text, "equal to", e->equals, v->unit);
        if (!isnan(e->within))
            sim_buffer_printf(&text, " within %.9g %%", 100 * e->within);
        else
            sim_buffer_printf(&text, " by its %.9g %% interval", 100 * e->confidence);
    }
    if (e->relative_to)
        sim_buffer_printf(&text, " times that of %s", e->relative_to);
    snprintf(v->bound, sizeof v->bound, "%s", text.text ? text.text : "");
    sim_buffer_free(&text);
}

static void judge(struct sim_verdict *v, const struct sim_runs *runs, double *values)
{
    const struct sim_expect *e = v->expect;
    v->unit = unit_of(e, sim_runs_sample(runs, v->at));
    v->observed = sim_expect_estimate(e, runs, v->at, values);
    describe(v);
    if (v->observed.n == 0) {
        note(v, "nothing was observed");
        return;
    }
    v->held = true;
    if (!isnan(e->at_most))
        v->held = holds_bound(v, e->at_most, 1) && v->held;
    if (!isnan(e->at_least))
        v->held = holds_bound(v, e->at_least, -1) && v->held;
    if (!isnan(e->equals))
        v->held = holds_equality(v) && v->held;
}

/* What is said of no variant in particular is said of all but the one it is relative to. Nothing
 * can be said relative to a variant that was not asked for (--variant). */
static bool is_about(const struct sim_expect *e, const struct sim_runs *runs,
                     const struct sim_case *it)
{
    if (e->relative_to && sim_runs_find(runs, e->relative_to) == UINT32_MAX)
        return false;
    if (e->variant)
        return strcmp(it->name, e->variant) == 0;
    return !e->relative_to || strcmp(it->name, e->relative_to) != 0;
}

int sim_expect_judge(const struct sim_scenario *scenario, const struct sim_runs *runs,
                     struct sim_verdict **verdicts, uint32_t *count)
{
    size_t most = (size_t)scenario->expect_count * runs->case_count;
    *verdicts = calloc(most + 1, sizeof **verdicts);
    *count = 0;
    double *values = calloc(runs->replications + 1u, sizeof *values);
    if (!*verdicts || !values) {
        free(*verdicts);
        free(values);
        *verdicts = NULL;
        return -1;
    }
    for (uint32_t i = 0; i < scenario->expect_count; i++) {
        for (uint32_t at = 0; at < runs->case_count; at++) {
            if (!is_about(&scenario->expects[i], runs, &runs->cases[at]))
                continue;
            struct sim_verdict *v = &(*verdicts)[(*count)++];
            *v = (struct sim_verdict){.expect = &scenario->expects[i], .at = at};
            judge(v, runs, values);
        }
    }
    free(values);
    return 0;
}
