/* sensitivity.c - ranks inputs by how much they move a metric: one at a time, the others at mid.
 * Replication k of every case has the same streams, so differences are taken pair by pair
 * (compare.h). This does not show interactions: the effect of two inputs together may be larger or
 * smaller than the sum of both (Saltelli et al. 2008, Global Sensitivity Analysis, 1.2.4). */
#include "study/estimates/sample_size.h"
#include "study/search/probe_state.h"
#include "study/study_state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Case 0 is mid, then low and high of each input in turn. */
struct moves {
    const struct sim_runs *runs;
    uint32_t metric; /* index, the same in all records */
    double *values;  /* room for one per replication */
};

static double seen(const struct moves *m, uint32_t at, uint32_t r)
{
    const struct sim_record *record = sim_runs_record(m->runs, at, r);
    return record && m->metric < record->metric_count ? record->metrics[m->metric].value : NAN;
}

/* Removes an interval if the cases have too few values for it. */
static void carry(const struct moves *m, struct sim_estimate *e, uint32_t from, uint32_t to,
                  double level)
{
    const struct sim_record *sample = sim_runs_sample(m->runs, from);
    double p = sample ? sim_percentile_of(sample->metrics[m->metric].stat) : (double)NAN;
    if (!isnan(p))
        sim_carry_percentile(e, p,
                             fmin(sim__share_values(m->runs, from, m->metric),
                                  sim__share_values(m->runs, to, m->metric)),
                             level);
}

static struct sim_estimate level_at(const struct moves *m, uint32_t at)
{
    for (uint32_t r = 0; r < m->runs->replications; r++)
        m->values[r] = seen(m, at, r);
    struct sim_estimate e = sim_estimate_mean(m->values, m->runs->replications, SIM_LEVEL);
    sim_estimate_not_below_zero(&e);
    carry(m, &e, at, at, SIM_LEVEL);
    return e;
}

/* The error of a percentile because histograms keep only buckets. */
static double blur(const struct moves *m, uint32_t at, double value)
{
    const struct sim_record *sample = sim_runs_sample(m->runs, at);
    return sample ? sim__share_blur(&m->runs->cases[at].plan, &sample->metrics[m->metric], value)
                  : 0;
}

static struct sim_estimate change(const struct moves *m, uint32_t from, uint32_t to, double level)
{
    double a = 0, b = 0;
    uint32_t n = 0;
    for (uint32_t r = 0; r < m->runs->replications; r++) {
        double left = seen(m, from, r), right = seen(m, to, r);
        m->values[r] = right - left;
        if (isnan(m->values[r]))
            continue;
        a += left;
        b += right;
        n++;
    }
    struct sim_estimate e = sim_estimate_mean(m->values, m->runs->replications, level);
    carry(m, &e, from, to, level);
    if (n > 0 && e.low != e.high)
        sim__share_widen(&e, blur(m, from, a / n) + blur(m, to, b / n));
    return e;
}

static bool leaves_zero_out(const struct sim_estimate *e)
{
    return e->n >= 2 && (e->low > 0 || e->high < 0);
}

static int by_swing(const void *a, const void *b)
{
    const struct sim_input *x = a, *y = b;
    double of_x = isnan(x->swing.mean) ? -1 : fabs(x->swing.mean);
    double of_y = isnan(y->swing.mean) ? -1 : fabs(y->swing.mean);
    if (of_x != of_y)
        return of_x < of_y ? 1 : -1;
    return x->vary < y->vary ? -1 : 1; /* in the order of the file */
}

/* Whether an input moves the metric more than another, tested pair by pair with the sign of
 * each. */
static bool moves_more(const struct moves *m, const struct sim_sensitivity *s,
                       const struct sim_vary *first, const struct sim_input *a,
                       const struct sim_input *b)
{
    uint32_t low_a = 1 + 2 * (uint32_t)(a->vary - first),
             low_b = 1 + 2 * (uint32_t)(b->vary - first);
    double sign_a = a->swing.mean < 0 ? -1 : 1, sign_b = b->swing.mean < 0 ? -1 : 1;
    for (uint32_t r = 0; r < m->runs->replications; r++)
        m->values[r] = sign_a * (seen(m, low_a + 1, r) - seen(m, low_a, r)) -
                       sign_b * (seen(m, low_b + 1, r) - seen(m, low_b, r));
    struct sim_estimate e = sim_estimate_mean(m->values, m->runs->replications, s->level);
    return e.n >= 2 && e.low > 0 && !(a->swing.needs > 0) && !(b->swing.needs > 0);
}

static void estimate(const struct moves *m, const struct sim_sensitivity_asked *asked,
                     struct sim_sensitivity *s)
{
    s->level = 1 - (1 - SIM_LEVEL) / s->count;
    s->mid = level_at(m, 0);
    for (uint32_t r = 0; r < m->runs->replications; r++)
        s->pairs += sim_runs_record(m->runs, 0, r) != NULL;
    for (uint32_t i = 0; i < s->count; i++) {
        struct sim_input *input = &s->inputs[i];
        uint32_t low = 1 + 2 * i, high = low + 1;
        input->vary = &asked->vary[i];
        input->low = level_at(m, low);
        input->high = level_at(m, high);
        input->to_low = change(m, 0, low, s->level);
        input->to_high = change(m, 0, high, s->level);
        input->swing = change(m, low, high, s->level);
        input->clear = leaves_zero_out(&input->swing);
    }
    qsort(s->inputs, s->count, sizeof *s->inputs, by_swing);
    for (uint32_t i = 0; i + 1 < s->count; i++)
        s->inputs[i].more_than_next = moves_more(m, s, asked->vary, &s->inputs[i],
                                                 &s->inputs[i + 1]);
}

/* Makes the case with one input at `value` and all others at mid; UINT32_MAX: all at mid. */
static int make_case(struct sim_probe *probe, const struct sim_sensitivity_asked *asked,
                     uint32_t one, double value, double *values, struct sim_case *out)
{
    for (uint32_t i = 0; i < asked->vary_count; i++)
        values[i] = i == one ? value : asked->vary[i].mid;
    const struct sim_wanted wanted = {.that = asked->metric, .from = NAN, .to = NAN};
    return sim__probe_case(probe, asked->variant, asked->vary, values, asked->vary_count, &wanted,
                           out);
}

static int run_cases(struct sim_probe *probe, const struct sim_sensitivity_asked *asked,
                     struct sim_case *cases, double *values, struct sim_runs *runs)
{
    int status = make_case(probe, asked, UINT32_MAX, 0, values, &cases[0]);
    for (uint32_t i = 0; status == 0 && i < asked->vary_count; i++) {
        status = make_case(probe, asked, i, asked->vary[i].low, values, &cases[1 + 2 * i]);
        if (status == 0)
            status = make_case(probe, asked, i, asked->vary[i].high, values, &cases[2 + 2 * i]);
    }
    sim_runs_begin(runs, cases, 1 + 2 * asked->vary_count, true);
    return status == 0 ? sim__probe_run(probe, asked->vary, runs, probe->options.replications)
                       : status;
}

int sim_probe_sensitivity(struct sim_probe *probe, const struct sim_sensitivity_asked *asked,
                          struct sim_sensitivity *s)
{
    struct sim_runs runs = {.runs = NULL};
    uint32_t room = probe->options.replications + asked->vary_count + 1;
    *s = (struct sim_sensitivity){.count = asked->vary_count};
    s->inputs = calloc(s->count, sizeof *s->inputs);
    struct sim_case *cases = calloc(1 + 2 * (size_t)s->count, sizeof *cases);
    double *values = calloc(room, sizeof *values);
    int status = s->inputs && cases && values ? run_cases(probe, asked, cases, values, &runs)
                                              : sim__probe_failed(probe, "out of memory");
    if (status == 0) {
        const struct sim_record *sample = sim_runs_sample(&runs, 0);
        struct moves m = {&runs, sample ? sim_aggregate_metric(sample, asked->metric) : UINT32_MAX,
                          values};
        if (m.metric == UINT32_MAX)
            status = sim__probe_failed(probe, "the metric was not observed");
        else
            estimate(&m, asked, s);
        const struct sim_wanted wanted = {.that = asked->metric, .from = NAN, .to = NAN};
        sim__probe_unit(probe, &runs, &wanted);
    }
    sim_runs_free(&runs);
    free(values);
    free(cases);
    return status;
}
