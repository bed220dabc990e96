/* expect.c - checks the scenario's claims against the observed values.
 *
 * Observed: one value per replication, and the interval of their mean at the expectation's
 * confidence: Student's; for shares Wilson's; for one run from its batches, if they support one.
 *   whole run        the metric's value
 *   from, to         the metric's value between these times, which the run itself computed
 *                    (run/time_spans.c); it is not put together from windows
 *   relative_to      the value divided by that of the other variant, replication by replication
 *                    (both had the same load)
 * A claim holds as follows:
 *   at_most, at_least   the mean satisfies the bound and, if there is one, so does the whole
 *                       interval; if the interval crosses the bound, the claim does not hold, and
 *                       the note says so. No sample can prove that a share is exactly 0 or 1: for
 *                       such a bound only the observed share counts
 *   equals, within w    |mean - value| <= w |value|. If half of the interval is wider than that, a
 *                       note says so: the mean may be there by chance. The interval does not
 *                       decide, because one run, and runs without spread, have none
 *   equals alone        the interval covers the value; with n = 1 there is no interval and the
 *                       claim does not hold
 * A claim about something that was never observed does not hold, nor does one about a percentile
 * of too few values for an interval (sample_size.h), whatever its value. */
#include "study/study_state.h"

#include "base/text.h"
#include "study/estimates/sample_size.h"
#include "study/estimates/wilson.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- observing ----------------------------------------------------------------------------- */

static bool is_windowed(const struct sim_expect *e)
{
    return !isnan(e->from) || !isnan(e->to);
}

static const struct sim_metric *metric_of(const struct sim_expect *e,
                                          const struct sim_record *record)
{
    return record ? sim_aggregate_over(record, e->that, e->from, e->to) : NULL;
}

double sim_expect_observe(const struct sim_expect *e, const struct sim_record *record)
{
    const struct sim_metric *m = metric_of(e, record);
    return m ? m->value : NAN;
}

static const char *unit_of(const struct sim_expect *e, const struct sim_record *record)
{
    const struct sim_metric *m = metric_of(e, record);
    if (e->relative_to && record)
        return "1";
    return m ? m->unit : "";
}

/* The number of things that a share is of, in all replications, if they are counted. */
static double trials_of(const struct sim_expect *e, const struct sim_runs *runs, uint32_t at,
                        const struct sim_metric *metric)
{
    double trials = 0;
    if (!is_windowed(e))
        return sim__share_trials(runs, at, metric);
    if (!sim__share_is_counted(&runs->cases[at].plan, metric))
        return 0;
    for (uint32_t r = 0; r < runs->replications; r++) {
        const struct sim_metric *m = metric_of(e, sim_runs_record(runs, at, r));
        trials += m ? (double)m->n : 0;
    }
    return trials;
}

double sim__expect_values(const struct sim_expect *e, const struct sim_runs *runs, uint32_t at)
{
    double inverse = 0;
    uint32_t count = 0;
    for (uint32_t r = 0; at != UINT32_MAX && r < runs->replications; r++) {
        const struct sim_metric *m = metric_of(e, sim_runs_record(runs, at, r));
        if (!m || m->n == 0)
            continue;
        inverse += 1 / (double)m->n;
        count++;
    }
    return count > 0 ? count / inverse : 0;
}

/* Removes the interval if there are too few values for one. */
static void carry(struct sim_estimate *o, const struct sim_expect *e, const struct sim_runs *runs,
                  uint32_t at, uint32_t other, const char *stat, double level)
{
    double p = sim_percentile_of(stat);
    if (isnan(p))
        return;
    double n = sim__expect_values(e, runs, at);
    sim_carry_percentile(o, p, e->relative_to ? fmin(n, sim__expect_values(e, runs, other)) : n,
                         level);
}

/* The estimate of a metric of the case's records, or of a ratio of two. */
static struct sim_estimate estimate(const struct sim_expect *e, const struct sim_runs *runs,
                                    uint32_t at, uint32_t other, const struct sim_metric *metric,
                                    const double *values, double level)
{
    const struct sim_plan *plan = &runs->cases[at].plan;
    bool share = !e->relative_to && sim__share_is(plan, metric);
    if (share) {
        double trials = trials_of(e, runs, at, metric);
        return sim_wilson_level(values, runs->replications, trials, level);
    }
    struct sim_estimate o = sim_estimate_mean(values, runs->replications, level);
    if (!e->relative_to)
        sim__share_widen(&o, sim__share_blur(plan, metric, o.mean));
    sim_estimate_not_below_zero(&o);
    carry(&o, e, runs, at, other, metric->stat, level);
    return o;
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
    const struct sim_metric *metric = metric_of(e, sample);
    if (!metric)
        return sim_estimate_mean(values, runs->replications, level);
    if (runs->replications == 1 && !is_windowed(e) && !e->relative_to)
        return sim__share_one_run(runs, at, (uint32_t)(metric - sample->metrics), level);
    return estimate(e, runs, at, other, metric, values, level);
}

double sim_expect_end(const struct sim_expect *e, const struct sim_plan *plan)
{
    double end = (double)plan->duration / 1e9;
    return isnan(e->to) ? end : fmin(e->to, end);
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
    if (!isnan(e->within)) {
        double most = e->within * fabs(e->equals);
        if (isnan(o->low))
            note(v, "n = 1 cannot support an interval");
        else if (fmax(o->high - o->mean, o->mean - o->low) > most && o->high >= e->equals - most &&
                 o->low <= e->equals + most)
            note(v, "the interval is wider than what is allowed: more replications would tell");
        return fabs(o->mean - e->equals) <= most;
    }
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

/* Writes a note about why there is no number at all. */
static void note_nothing(struct sim_verdict *v, const struct sim_runs *runs)
{
    const struct sim_expect *e = v->expect;
    const struct sim_plan *plan = &runs->cases[v->at].plan;
    const struct sim_metric *m = metric_of(e, sim_runs_sample(runs, v->at));
    bool extreme = m && (strcmp(m->stat, "max") == 0 || strcmp(m->stat, "min") == 0);
    if (extreme && !sim_span_has_window(plan, e->from, e->to) && !sim__share_is_recorded(plan, m))
        snprintf(v->note, sizeof v->note,
                 "no whole window lies in the span: `%s` is of windows of %.9g s", m->stat,
                 (double)plan->interval / 1e9);
    else
        note(v, "nothing was observed");
}

/* Writes a note about replications without a ratio because the other variant's value is 0. */
static void note_zeros(struct sim_verdict *v, const struct sim_runs *runs)
{
    const struct sim_expect *e = v->expect;
    uint32_t other = e->relative_to ? sim_runs_find(runs, e->relative_to) : UINT32_MAX;
    unsigned zeros = 0, all = 0;
    for (uint32_t r = 0; other != UINT32_MAX && r < runs->replications; r++) {
        double value = sim_expect_observe(e, sim_runs_record(runs, other, r));
        zeros += value == 0 ? 1 : 0;
        all += isnan(value) ? 0 : 1;
    }
    if (zeros > 0 && zeros == all)
        snprintf(v->note, sizeof v->note, "that of %.100s is 0: nothing can be so many times that",
                 e->relative_to);
    else if (zeros > 0)
        snprintf(v->note, sizeof v->note,
                 "that of %.100s is 0 in %u of %u replications, which are left out", e->relative_to,
                 zeros, all);
}

/* Whether a value satisfies the bounds, or equals the expected value. */
static bool is_within(const struct sim_expect *e, double value)
{
    bool equal = isnan(e->equals) || isnan(e->within) ||
                 fabs(value - e->equals) <= e->within * fabs(e->equals);
    return equal && !(value > e->at_most) && !(value < e->at_least);
}

/* Writes a note about a success ratio with unfinished requests at the end, if the verdict depends
 * on them. */
static void note_unfinished(struct sim_verdict *v, const struct sim_runs *runs)
{
    const struct sim_expect *e = v->expect;
    const struct sim_record *sample = sim_runs_sample(runs, v->at);
    uint32_t m = sample ? sim_aggregate_metric(sample, e->that) : UINT32_MAX;
    if (e->relative_to || (m == UINT32_MAX && !is_windowed(e)))
        return;
    struct sim_unfinished u = is_windowed(e)
                                  ? sim_share_unfinished_over(runs, v->at, e)
                                  : sim_share_unfinished(runs, v->at, &sample->metrics[m]);
    if (!(u.open > 0) || is_within(e, u.low) == is_within(e, u.high))
        return;
    snprintf(v->note, sizeof v->note,
             "%.9g of %.9g requests were unfinished when the %s ended: with them it is from "
             "%.4g to %.4g",
             u.open, u.all, is_windowed(e) ? "span" : "run", u.low, u.high);
}

/* Writes a note that the interval of a percentile ignores the correlation of values in a busy
 * component (sample_size.h). With `within` the interval does not matter. */
static void note_busy(struct sim_verdict *v, const struct sim_runs *runs)
{
    const struct sim_expect *e = v->expect;
    const struct sim_metric *metric = metric_of(e, sim_runs_sample(runs, v->at));
    bool bound = !isnan(e->at_most) || !isnan(e->at_least);
    bool hangs = bound || (!isnan(e->equals) && isnan(e->within));
    if (!metric || !hangs || isnan(v->observed.low) || isnan(sim_percentile_of(metric->stat)))
        return;
    struct sim_busiest busy = sim_share_busiest(runs, v->at), other = {NULL, 0};
    if (e->relative_to)
        other = sim_share_busiest(runs, sim_runs_find(runs, e->relative_to));
    if (other.utilisation > busy.utilisation)
        busy = other;
    if (!(busy.utilisation >= SIM_CARRY_BUSY))
        return;
    size_t said = strlen(v->note);
    snprintf(v->note + said, sizeof v->note - said,
             "%svalues of a busy component depend on one another (utilisation of %.40s: %.2g): the "
             "interval may be too narrow",
             said ? "; " : "", busy.component, busy.utilisation);
}

static void judge(struct sim_verdict *v, const struct sim_runs *runs, double *values)
{
    const struct sim_expect *e = v->expect;
    const struct sim_record *sample = sim_runs_sample(runs, v->at);
    v->unit = unit_of(e, sample);
    v->stat = metric_of(e, sample) ? sim_aggregate_stat(e->that, metric_of(e, sample)) : NULL;
    v->observed = sim_expect_estimate(e, runs, v->at, values);
    describe(v);
    if (v->observed.n == 0) {
        note_nothing(v, runs);
        note_zeros(v, runs);
        return;
    }
    if (v->observed.needs > 0) {
        const struct sim_plan *plan = &runs->cases[v->at].plan;
        note(v, sim_carry_text(&v->observed, v->stat, (double)plan->warmup,
                               is_windowed(e) ? 0 : (double)plan->duration)
                    .s);
        return;
    }
    v->held = true;
    if (!isnan(e->at_most))
        v->held = holds_bound(v, e->at_most, 1) && v->held;
    if (!isnan(e->at_least))
        v->held = holds_bound(v, e->at_least, -1) && v->held;
    if (!isnan(e->equals))
        v->held = holds_equality(v) && v->held;
    note_unfinished(v, runs);
    note_busy(v, runs);
    note_zeros(v, runs);
}

/* A claim without a variant is about all variants except the one it is relative to. A claim
 * relative to a variant that is not run (--variant) is not judged. */
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
