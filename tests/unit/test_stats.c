/* test_stats.c - intervals, aggregation and the judging of expectations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the four above first */
#include <cmocka.h>

#include "base/text.h"
#include "study/estimates/batch.h"
#include "study/estimates/sample_size.h"
#include "study/estimates/student.h"
#include "study/estimates/wilson.h"
#include "study/study.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Student's t --------------------------------------------------------------------------- */

/* level, df, quantile: from the regularised incomplete beta function integrated numerically
 * (Simpson, 20,000 panels over the angle), which shares nothing with the series under test; the
 * rows of level 0.95 agree with any printed table. */
static const struct {
    double level;
    uint32_t df;
    double t;
} known[] = {
    {0.8, 1, 3.077683537},     {0.8, 2, 1.885618083},     {0.8, 3, 1.637744354},
    {0.8, 4, 1.533206274},     {0.8, 5, 1.475884049},     {0.8, 10, 1.372183641},
    {0.8, 29, 1.311433647},    {0.8, 30, 1.310415025},    {0.8, 100, 1.290074761},
    {0.8, 200, 1.285798794},   {0.9, 1, 6.313751515},     {0.9, 2, 2.91998558},
    {0.9, 3, 2.353363435},     {0.9, 4, 2.131846786},     {0.9, 5, 2.015048373},
    {0.9, 10, 1.812461123},    {0.9, 29, 1.699127027},    {0.9, 30, 1.697260887},
    {0.9, 100, 1.660234326},   {0.9, 200, 1.652508101},   {0.95, 1, 12.70620474},
    {0.95, 2, 4.30265273},     {0.95, 3, 3.182446305},    {0.95, 4, 2.776445105},
    {0.95, 5, 2.570581836},    {0.95, 10, 2.228138852},   {0.95, 29, 2.045229642},
    {0.95, 30, 2.042272456},   {0.95, 100, 1.983971519},  {0.95, 200, 1.971896224},
    {0.99, 1, 63.65674116},    {0.99, 2, 9.924843201},    {0.99, 3, 5.84090931},
    {0.99, 4, 4.604094871},    {0.99, 5, 4.032142984},    {0.99, 10, 3.169272673},
    {0.99, 29, 2.756385904},   {0.99, 30, 2.749995654},   {0.99, 100, 2.625890521},
    {0.99, 200, 2.600634436},  {0.999, 1, 636.6192488},   {0.999, 2, 31.59905458},
    {0.999, 3, 12.92397864},   {0.999, 4, 8.610301581},   {0.999, 5, 6.868826626},
    {0.999, 10, 4.586893859},  {0.999, 29, 3.659405019},  {0.999, 30, 3.645958635},
    {0.999, 100, 3.390491311}, {0.999, 200, 3.339835406},
};

static void quantiles_agree_with_tables(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        double t = sim_student_quantile(known[i].level, known[i].df);
        if (fabs(t - known[i].t) > 1e-8 * known[i].t)
            fail_msg("level %g, df %u: %.12g, not %.12g", known[i].level, known[i].df, t,
                     known[i].t);
    }
}

/* Closed forms: df 1 is the Cauchy distribution, t = tan(pi level / 2); df 2 has
 * t = level sqrt(2 / (1 - level²)). */
static void quantiles_agree_with_closed_forms(void **state)
{
    (void)state;
    for (double level = 0.05; level < 0.9995; level += 0.0137) {
        double one = tan(1.57079632679489661923 * level);
        double two = level * sqrt(2 / (1 - level * level));
        assert_true(fabs(sim_student_quantile(level, 1) - one) <= 1e-9 * one);
        assert_true(fabs(sim_student_quantile(level, 2) - two) <= 1e-9 * two);
    }
}

/* Where the series gives way to the expansion both must agree; far out it is the normal's
 * 1.959963985 and 3.290526731. Falling in df throughout. */
static void quantiles_join_the_normal(void **state)
{
    (void)state;
    static const double levels[] = {0.8, 0.95, 0.999};
    for (int i = 0; i < 3; i++) {
        double series = sim_student_quantile(levels[i], 10000);
        double expansion = sim_student_quantile(levels[i], 10001);
        assert_true(expansion < series && series - expansion < 2e-7);
        for (uint32_t df = 2; df <= 300; df++)
            assert_true(sim_student_quantile(levels[i], df) <
                        sim_student_quantile(levels[i], df - 1));
    }
    assert_true(fabs(sim_student_quantile(0.95, 2000000000) - 1.959963985) < 1e-8);
    assert_true(fabs(sim_student_quantile(0.999, 2000000000) - 3.290526731) < 1e-8);
}

/* ---- coverage ------------------------------------------------------------------------------ */

/* A generator of this test's own: PCG's output permutation is not needed, an LCG's high bits are
 * good enough for sums of twelve. */
static double uniform(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*state >> 11) * 0x1p-53;
}

static double normal(uint64_t *state)
{
    double u = 1 - uniform(state), v = uniform(state);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

static unsigned covered(uint32_t n, double level, double bias)
{
    uint64_t state = 20240611 + n;
    unsigned hits = 0;
    double values[64];
    for (int experiment = 0; experiment < 1000; experiment++) {
        for (uint32_t i = 0; i < n; i++)
            values[i] = 100 + 2 * normal(&state);
        struct sim_estimate e = sim_estimate_mean(values, n, level);
        hits += e.low <= 100 + bias && 100 + bias <= e.high;
    }
    return hits;
}

/* 950 ± 20 covers 1,000 fair experiments in 99.6 % of cases; the seed is fixed, so this is not a
 * matter of luck any more. */
static void intervals_cover_the_mean(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {2, 3, 5, 10, 30};
    for (int i = 0; i < 5; i++)
        assert_in_range(covered(sizes[i], 0.95, 0), 930, 970);
    assert_in_range(covered(5, 0.8, 0), 770, 830);
    assert_in_range(covered(5, 0.99, 0), 980, 998);
}

/* A mean that is 3 % off (1.5 standard deviations here) is not covered: the check can fail. */
static void intervals_do_not_cover_a_shifted_mean(void **state)
{
    (void)state;
    assert_true(covered(10, 0.95, 3) < 930);
    assert_true(covered(30, 0.95, 3) < 100);
}

static void one_run_has_no_interval(void **state)
{
    (void)state;
    double one[] = {NAN, 4, NAN}, none[] = {NAN, NAN}, two[] = {1, NAN, 3};
    struct sim_estimate e = sim_estimate_mean(one, 3, 0.95);
    assert_true(e.n == 1 && e.mean == 4 && isnan(e.low) && isnan(e.high));
    e = sim_estimate_mean(none, 2, 0.95);
    assert_true(e.n == 0 && isnan(e.mean));
    e = sim_estimate_mean(two, 3, 0.95);
    assert_true(e.n == 2 && e.mean == 2 && fabs(e.high - 2 - 12.70620474) < 1e-6);
    double same[] = {7, 7, 7};
    e = sim_estimate_mean(same, 3, 0.95);
    assert_true(e.low == 7 && e.high == 7);
}

/* ---- a study of made-up records ------------------------------------------------------------- */

enum { REPLICATIONS = 4, WINDOWS = 10 };

struct fake {
    struct sim_case cases[2];
    struct sim_run runs[2 * REPLICATIONS];
    struct sim_record records[2 * REPLICATIONS];
    struct sim_metric metrics[2 * REPLICATIONS][3];
    struct sim_series series[2 * REPLICATIONS];
    double values[2 * REPLICATIONS][WINDOWS];
    struct sim_audit_line audit[2 * REPLICATIONS][2];
    struct sim_runs all;
    struct sim_scenario scenario;
    struct sim_expect expect;
};

/* users.latency.p99 of base in replication r: 10 + r; "fast" has half. db.rate by window: w. */
static void fake_init(struct fake *f, uint32_t replications)
{
    memset(f, 0, sizeof *f);
    f->cases[0].name = f->cases[0].variant = "base";
    f->cases[1].name = f->cases[1].variant = "fast";
    for (uint32_t i = 0; i < 2 * replications; i++) {
        uint32_t r = i % replications;
        double latency = (10.0 + r) / (i < replications ? 1 : 2);
        struct sim_metric metrics[3] = {
            {"users", "latency", "mean", "s", latency / 2, true, 2400, 0, false, 0},
            {"users", "latency", "p99", "s", latency, true, 2400, 0, false, 0},
            {"db", "rate", "mean", "requests/s", 5, true, WINDOWS, 0, false, 0}};
        memcpy(f->metrics[i], metrics, sizeof metrics);
        for (uint32_t w = 0; w < WINDOWS; w++)
            f->values[i][w] = w == 9 ? (double)NAN : w;
        f->series[i] = (struct sim_series){"db", "rate", "mean", "requests/s", f->values[i]};
        f->audit[i][0] = (struct sim_audit_line){.name = "little", .held = true};
        f->audit[i][1] = (struct sim_audit_line){.name = "little", .held = i != 1};
        f->records[i] = (struct sim_record){.interval = SIM_SECOND,
                                            .windows = WINDOWS,
                                            .metrics = f->metrics[i],
                                            .series = &f->series[i],
                                            .audit = f->audit[i],
                                            .metric_count = 3,
                                            .series_count = 1,
                                            .audit_count = 2,
                                            .audit_held = i != 1,
                                            .hash = i,
                                            .events = 10};
        f->runs[i].state = SIM_RUN_FINISHED;
        f->runs[i].record = &f->records[i];
    }
    f->all = (struct sim_runs){.cases = f->cases,
                               .case_count = 2,
                               .replications = replications,
                               .runs = f->runs,
                               .finished = 2 * replications};
    f->expect = (struct sim_expect){.that = "users.latency",
                                    .variant = "base",
                                    .at_most = NAN,
                                    .at_least = NAN,
                                    .equals = NAN,
                                    .within = NAN,
                                    .confidence = 0.95,
                                    .from = NAN,
                                    .to = NAN};
    f->scenario = (struct sim_scenario){.expects = &f->expect, .expect_count = 1};
}

static struct sim_verdict judge(struct fake *f)
{
    struct sim_verdict *verdicts, first;
    uint32_t count = 0;
    assert_int_equal(sim_expect_judge(&f->scenario, &f->all, &verdicts, &count), 0);
    assert_int_equal(count, 1);
    first = verdicts[0];
    free(verdicts);
    return first;
}

static void aggregates_are_of_finished_runs(void **state)
{
    (void)state;
    struct fake f;
    fake_init(&f, REPLICATIONS);
    f.runs[3].record = NULL; /* base, replication 3 */
    f.runs[3].state = SIM_RUN_MISSING;
    struct sim_aggregate *a = sim_aggregate_runs(&f.all);
    assert_non_null(a);
    assert_int_equal(a[0].finished, 3);
    assert_int_equal(a[0].events, 30);
    assert_true(a[0].metrics[1].mean == 11 && a[0].metrics[1].n == 3);
    assert_true(a[0].hash != a[1].hash);
    assert_false(a[0].audit_held);
    assert_true(a[1].audit_held);
    assert_int_equal(a[0].audit_count, 1);
    assert_int_equal(a[0].audits[0].checked, 6);
    assert_int_equal(a[0].audits[0].held, 5);
    sim_aggregate_free(a, 2);
}

static void metrics_are_found_by_name(void **state)
{
    (void)state;
    struct fake f;
    fake_init(&f, REPLICATIONS);
    assert_int_equal(sim_aggregate_metric(&f.records[0], "users.latency"), 1);
    assert_int_equal(sim_aggregate_metric(&f.records[0], "users.latency.mean"), 0);
    assert_int_equal(sim_aggregate_metric(&f.records[0], "db.rate"), 2);
    assert_int_equal(sim_aggregate_metric(&f.records[0], "db.rat"), UINT32_MAX);
    assert_int_equal(sim_aggregate_metric(&f.records[0], "users"), UINT32_MAX);
    assert_int_equal(sim_aggregate_series(&f.records[0], "db.rate"), 0);
    assert_int_equal(sim_runs_find(&f.all, "fast"), 1);
    assert_int_equal(sim_runs_find(&f.all, "slow"), UINT32_MAX);
}

/* p99 is 10, 11, 12, 13: mean 11.5, standard error sqrt(5/3)/2 = 0.6455, t(3) = 3.1824, so the
 * interval is 9.446 … 13.554. */
static void bounds_are_held_with_their_interval(void **state)
{
    (void)state;
    struct fake f;
    fake_init(&f, REPLICATIONS);
    f.expect.at_most = 13.6;
    struct sim_verdict v = judge(&f);
    assert_true(v.held && v.note[0] == '\0');
    assert_true(fabs(v.observed.high - 13.5543) < 1e-3);
    f.expect.at_most = 13;
    v = judge(&f);
    assert_false(v.held);
    assert_non_null(strstr(v.note, "crosses"));
    f.expect.at_most = 11;
    v = judge(&f);
    assert_true(!v.held && v.note[0] == '\0');
    f.expect.at_most = NAN;
    f.expect.at_least = 9.4;
    assert_true(judge(&f).held);
    f.expect.at_least = 10;
    v = judge(&f);
    assert_false(v.held);
    assert_non_null(strstr(v.note, "crosses"));
    f.expect.that = "users.nothing.mean";
    v = judge(&f);
    assert_false(v.held);
    assert_string_equal(v.note, "nothing was observed");
}

static void percentiles_are_read_from_their_names(void **state)
{
    (void)state;
    static const struct {
        const char *stat;
        double p;
    } read[] = {{"p50", 0.5},     {"p95", 0.95},      {"p99", 0.99},     {"p999", 0.999},
                {"p99_9", 0.999}, {"p99_99", 0.9999}, {"p9999", 0.9999}, {"p0_1", 0.001},
                {"p100", 1},      {"mean", NAN},      {"peak", NAN},     {"per_hour", NAN},
                {"p", NAN},       {"p9x", NAN},       {"p9_9_9", NAN},   {"max", NAN}};
    for (size_t i = 0; i < sizeof read / sizeof *read; i++) {
        double p = sim_percentile_of(read[i].stat);
        if (isnan(read[i].p) ? !isnan(p) : !(fabs(p - read[i].p) < 1e-12))
            fail_msg("%s is %.17g", read[i].stat, p);
    }
}

/* 6 values beyond the percentile for each replication, of 10 at most. */
static void a_percentile_says_what_it_needs(void **state)
{
    (void)state;
    assert_true(sim_percentile_needs(0.5, 1) == 12);
    assert_true(sim_percentile_needs(0.99, 1) == 600);
    assert_true(sim_percentile_needs(0.99, 10) == 6000);
    assert_true(sim_percentile_needs(0.01, 10) == 6000);
    assert_true(sim_percentile_needs(0.999, 20) == 60000);
    assert_true(sim_percentile_needs(0.99, 1000) == 6000);
    assert_true(isinf(sim_percentile_needs(1, 2)));
    assert_true(sim_percentile_carries(0.99, 6000, 10));
    assert_false(sim_percentile_carries(0.99, 5999, 10));
    /* 30 replications of 6000: sqrt(30/60) and t(0.9, 29) over t(0.95, 29) */
    double wider = (1.699127027 + sqrt(0.5)) / 2.045229642;
    assert_true(fabs(sim_percentile_wider(0.99, 6000, 30, 0.95) - wider) < 1e-8);
    assert_true(sim_percentile_wider(0.99, 6000, 10, 0.95) == 1);
    assert_true(sim_percentile_wider(0.99, 1e6, 30, 0.95) == 1);
    struct sim_estimate e = {.mean = 8, .low = 6, .high = 9, .n = 30};
    sim_carry_percentile(&e, 0.99, 6000, 0.95);
    assert_true(fabs(e.low - 8 + 2 * wider) < 1e-8 && fabs(e.high - 8 - wider) < 1e-8);
    sim_carry_percentile(&e, 0.99, 10, 0.95);
    assert_true(isnan(e.low) && isnan(e.high) && e.has == 10 && e.needs == 6000);
    assert_string_equal(sim_carry_text(&e, "p99", 5e9, 15e9).s,
                        "too few for p99: 10 values in each of 30 replications, about 6000 are "
                        "needed, a duration of 6100s");
    e.n = 1;
    e.needs = 600;
    assert_string_equal(sim_carry_text(&e, "p99", 0, 0).s,
                        "too few for p99: 10 values, about 600 are needed, a span 60 times as "
                        "long");
}

/* The claims of a sample that cannot carry them hold no more than they fail, whatever was seen. */
static void too_few_values_hold_no_claim(void **state)
{
    (void)state;
    struct fake f;
    fake_init(&f, REPLICATIONS);
    f.expect.at_most = 100;
    assert_true(judge(&f).held);
    for (uint32_t i = 0; i < 2 * REPLICATIONS; i++)
        f.metrics[i][1].n = 2399; /* one less than 4 x 6 beyond p99 */
    struct sim_verdict v = judge(&f);
    assert_false(v.held);
    assert_true(isnan(v.observed.low) && isnan(v.observed.high) && v.observed.needs == 2400);
    assert_non_null(strstr(v.note, "too few for p99: 2399 values in each of 4 replications"));
    f.expect.at_most = NAN;
    f.expect.at_least = 0;
    assert_false(judge(&f).held);
    f.expect.at_least = NAN;
    f.expect.equals = 11.5;
    assert_false(judge(&f).held);
    f.expect.within = 0.5;
    assert_false(judge(&f).held);
    f.expect.relative_to = "fast";
    f.expect.equals = 2;
    assert_false(judge(&f).held);
    f.expect = (struct sim_expect){.that = "users.latency.mean",
                                   .variant = "base",
                                   .at_most = 100,
                                   .at_least = NAN,
                                   .equals = NAN,
                                   .within = NAN,
                                   .confidence = 0.95,
                                   .from = NAN,
                                   .to = NAN};
    assert_true(judge(&f).held); /* means need no such number */
    struct sim_aggregate *a = sim_aggregate_runs(&f.all);
    assert_non_null(a);
    assert_true(isnan(a[0].metrics[1].low) && a[0].metrics[1].needs == 2400);
    assert_true(!isnan(a[0].metrics[0].low) && a[0].metrics[0].needs == 0);
    sim_aggregate_free(a, 2);
    /* values that differ by replication: biases go by 1/n, so few in one count for much */
    for (uint32_t i = 0; i < 2 * REPLICATIONS; i++)
        f.metrics[i][1].n = i % REPLICATIONS == 0 ? 100 : 1000000;
    f.expect.that = "users.latency.p99";
    v = judge(&f);
    assert_true(!v.held && fabs(v.observed.has - 399.88) < 0.01);
}

/* Claims that hang on the interval of a percentile say when a component was busy
 * (sample_size.h). */
static void a_busy_component_is_said_beside_percentiles(void **state)
{
    (void)state;
    const char *narrow = "utilisation of db: 0.9): the interval may be too narrow";
    struct fake f;
    fake_init(&f, REPLICATIONS);
    f.expect.at_most = 100;
    for (uint32_t i = 0; i < 2 * REPLICATIONS; i++) {
        f.metrics[i][2].meter = "utilisation";
        f.metrics[i][2].value = i < REPLICATIONS ? 0.69 : 0.9;
    }
    assert_string_equal(judge(&f).note, "");
    f.expect.relative_to = "fast"; /* the busier of both */
    assert_non_null(strstr(judge(&f).note, narrow));
    f.expect.relative_to = NULL;
    for (uint32_t i = 0; i < 2 * REPLICATIONS; i++)
        f.metrics[i][2].value = i == 0 ? 0.6 : i == 1 ? 1.2 : 0.9; /* the mean counts */
    assert_true(judge(&f).held);
    assert_non_null(strstr(judge(&f).note, narrow));
    struct sim_busiest busy = sim_share_busiest(&f.all, 0);
    assert_string_equal(busy.component, "db");
    assert_true(fabs(busy.utilisation - 0.9) < 1e-12);
    f.expect.at_most = NAN;
    f.expect.equals = 11.5;
    assert_non_null(strstr(judge(&f).note, narrow));
    f.expect.within = 0.5; /* the interval plays no part */
    assert_string_equal(judge(&f).note, "");
    f.expect.that = "users.latency.mean";
    f.expect.at_most = 100;
    assert_string_equal(judge(&f).note, "");
}

static void equality_is_covered_or_within(void **state)
{
    (void)state;
    struct fake f;
    fake_init(&f, REPLICATIONS);
    f.expect.equals = 13.5;
    assert_true(judge(&f).held);
    f.expect.equals = 13.6;
    assert_false(judge(&f).held);
    f.expect.confidence = 0.99;
    assert_true(judge(&f).held);
    f.expect.equals = 11.4;
    f.expect.within = 0.03;
    assert_true(judge(&f).held);
    f.expect.equals = 11.5 * 1.03; /* a claim shifted by 3 % fails a test of 2 % */
    f.expect.within = 0.02;
    assert_false(judge(&f).held);
}

/* The mean decides; that its interval is wider than what is allowed is said. The p99s are 10, 11,
 * 12 and 13: 11.5 +- 2.054. */
static void a_wide_interval_is_told(void **state)
{
    (void)state;
    struct fake f;
    fake_init(&f, REPLICATIONS);
    f.expect.equals = 11.5;
    f.expect.within = 0.3;
    struct sim_verdict v = judge(&f);
    assert_true(v.held);
    assert_string_equal(v.note, "");
    f.expect.within = 0.01;
    v = judge(&f);
    assert_true(v.held);
    assert_string_equal(v.note, "the interval is wider than what is allowed: more replications "
                                "would tell");
    f.expect.equals = 20; /* out of reach of the interval: more replications would say the same */
    v = judge(&f);
    assert_false(v.held);
    assert_string_equal(v.note, "");
}

/* No meter can be below 0, and so no interval is: 1, 0, 0, 20 have 5.25 +- 15.7. */
static void no_interval_goes_below_zero(void **state)
{
    static const double values[] = {1, 0, 0, 20};
    (void)state;
    struct sim_estimate e = sim_estimate_mean(values, 4, SIM_LEVEL);
    assert_true(e.low < 0);
    double high = e.high;
    sim_estimate_not_below_zero(&e);
    assert_true(e.low == 0 && e.mean == 5.25 && e.high == high);
    struct fake f;
    fake_init(&f, 4);
    for (size_t r = 0; r < 4; r++)
        f.metrics[r][0].value = values[r];
    f.expect.that = "users.latency.mean";
    f.expect.at_most = 100;
    struct sim_verdict v = judge(&f);
    assert_true(v.held && v.observed.low == 0 && v.observed.mean == 5.25);
    struct sim_aggregate *all = sim_aggregate_runs(&f.all);
    assert_non_null(all);
    assert_true(all[0].metrics[0].low == 0 && all[0].metrics[0].mean == 5.25);
    sim_aggregate_free(all, f.all.case_count);
}

static void one_replication_says_so(void **state)
{
    (void)state;
    struct fake f;
    fake_init(&f, 1);
    f.expect.at_most = 10;
    struct sim_verdict v = judge(&f);
    assert_true(v.held);
    assert_string_equal(v.note, "n = 1 cannot support an interval");
    f.expect.at_most = NAN;
    f.expect.equals = 10;
    assert_false(judge(&f).held);
    f.expect.within = 0.01;
    assert_true(judge(&f).held);
}

/* Each replication's ratio is exactly 1/2: its interval has no width, though the values vary. */
static void relative_claims_are_paired(void **state)
{
    (void)state;
    struct fake f;
    fake_init(&f, REPLICATIONS);
    f.expect.variant = NULL;
    f.expect.relative_to = "base";
    f.expect.equals = 0.5;
    struct sim_verdict v = judge(&f);
    assert_true(v.held && v.at == 1 && v.observed.low == 0.5 && v.observed.high == 0.5);
    assert_string_equal(v.unit, "1");
}

/* The answers of a run stand in the order of asks; the series, whose windows say something else,
 * are not looked at. */
static void spans_are_answered_by_the_run(void **state)
{
    (void)state;
    struct fake f;
    struct sim_answer answers[] = {
        {{.component = "db", .meter = "rate", .stat = "mean", .unit = "requests/s", .value = 7},
         0,
         5 * SIM_SECOND},
        {{.component = "db", .meter = "rate", .stat = "max", .unit = "requests/s", .value = 9},
         2 * SIM_SECOND,
         5 * SIM_SECOND},
        {{.component = "db", .meter = "rate", .stat = "mean", .unit = "requests/s", .value = 8},
         2 * SIM_SECOND,
         5 * SIM_SECOND},
        {{.component = "db", .meter = "rate", .stat = "mean", .unit = "requests/s", .value = 6},
         2 * SIM_SECOND,
         SIM_NEVER},
    };
    const struct {
        const char *that;
        double from, to, value;
    } asked[] = {{"db.rate.mean", NAN, 5, 7},
                 {"db.rate.max", 2, 5, 9},
                 {"db.rate.mean", 2, 5, 8},
                 {"db.rate.mean", 2, NAN, 6}};
    fake_init(&f, REPLICATIONS);
    for (size_t i = 0; i < 2 * REPLICATIONS; i++) {
        f.records[i].answers = answers;
        f.records[i].answer_count = sizeof answers / sizeof answers[0];
    }
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        f.expect.that = asked[i].that;
        f.expect.from = asked[i].from;
        f.expect.to = asked[i].to;
        f.expect.equals = asked[i].value;
        struct sim_verdict v = judge(&f);
        assert_true(v.held && v.observed.mean == asked[i].value);
        assert_string_equal(v.unit, "requests/s");
    }
    f.expect.from = 3;
    assert_int_equal(judge(&f).observed.n, 0);
}

/* ---- shares and single runs ----------------------------------------------------------------- */

/* A model with a share and a latency, for the tables are where a share is known by. */
static const struct sim_meter share_meters[] = {
    {"success", SIM_RATIO, "1", "", .of = "good", .by = "sent", .flags = SIM_SHARE | SIM_HEADLINE},
    {"good", SIM_COUNTER, "requests", "", .offset = 0},
    {"sent", SIM_COUNTER, "requests", "", .offset = 0},
    {0},
};
static const struct sim_model share_model = {.name = "shares", .meters = share_meters};
static struct sim_plan_component share_component = {.name = "users", .model = &share_model};

enum { LONG = 200 };

/* users.success of base by replication; 100 sent in each; by window alternating about it. */
static void fake_shares(struct fake *f, uint32_t replications, const double *shares)
{
    static double windows[LONG];
    fake_init(f, replications);
    f->cases[0].plan.components = &share_component;
    f->cases[0].plan.component_count = 1;
    for (uint32_t i = 0; i < 2 * replications; i++) {
        f->metrics[i][0] = (struct sim_metric){
            "users", "success", "mean", "1", shares[i % replications], true, 100, 0, false, 0};
        f->metrics[i][1] = (struct sim_metric){"users", "sent", "count", "requests", 100,
                                               false,   LONG,   0,       false,      0};
        f->series[i] = (struct sim_series){"users", "success", "mean", "1", windows};
        f->records[i].windows = LONG;
    }
    for (uint32_t w = 0; w < LONG; w++)
        windows[w] = shares[0] + (w * 7 % 11 - 5.0) / 1000;
    f->expect.that = "users.success";
}

/* 0.97, 0.98, 1, 1: Student's interval would reach 1.011. */
static void shares_stay_within_one(void **state)
{
    (void)state;
    static const double shares[] = {0.97, 0.98, 1, 1};
    struct fake f;
    fake_shares(&f, 4, shares);
    struct sim_aggregate *a = sim_aggregate_runs(&f.all);
    assert_non_null(a);
    struct sim_estimate e = a[0].metrics[0], student = sim_estimate_mean(shares, 4, SIM_LEVEL);
    assert_true(student.high > 1);
    assert_int_equal(e.method, SIM_BY_WILSON);
    assert_true(e.mean == student.mean && e.low > 0.9 && e.low < 0.97 && e.high < 1);
    sim_aggregate_free(a, 2);
    f.expect.at_most = 1;
    assert_true(judge(&f).held);
    f.expect.at_most = NAN;
    f.expect.at_least = 1; /* seen not to be so */
    assert_false(judge(&f).held);
}

/* All of 400 succeeded: by Wilson 1/(1 + z²/400) = 0.990487 is not ruled out. */
static void what_never_failed_may_fail(void **state)
{
    (void)state;
    static const double shares[] = {1, 1, 1, 1};
    struct fake f;
    fake_shares(&f, 4, shares);
    f.expect.at_least = 0.99;
    struct sim_verdict v = judge(&f);
    assert_true(v.held && fabs(v.observed.low - 0.990487) < 1e-6 && v.observed.high == 1);
    f.expect.at_least = 0.995;
    v = judge(&f);
    assert_false(v.held);
    assert_non_null(strstr(v.note, "crosses"));
    f.expect.at_least = 1; /* can be seen, never shown */
    assert_true(judge(&f).held);
}

static void one_long_run_has_an_interval(void **state)
{
    (void)state;
    static const double shares[] = {0.5};
    struct fake f;
    fake_shares(&f, 1, shares);
    f.expect.at_most = 0.51;
    struct sim_verdict v = judge(&f);
    assert_true(v.held && v.observed.method == SIM_BY_BATCHES && v.observed.n == 1);
    assert_true(v.observed.low > 0.495 && v.observed.low < 0.5 && v.observed.high < 0.505);
    assert_string_equal(v.note, "n = 1: the interval is from batches of the run");
    f.cases[0].plan.fault_count = 1; /* what a fault did once says nothing of the next run */
    v = judge(&f);
    assert_true(v.held && isnan(v.observed.low));
    assert_string_equal(v.note, "n = 1 cannot support an interval");
}

/* ---- batches and warm-up --------------------------------------------------------------------- */

static void batches_say_why_not(void **state)
{
    (void)state;
    double windows[LONG];
    struct sim_estimate e;
    uint64_t noise = 5;
    for (int w = 0; w < LONG; w++)
        windows[w] = 3 + normal(&noise);
    assert_int_equal(sim_batch_estimate(windows, 79, 3, false, 0.95, &e), SIM_BATCH_SHORT);
    assert_true(e.n == 1 && e.mean == 3 && isnan(e.low));
    assert_int_equal(sim_batch_estimate(windows, LONG, 3, false, 0.95, &e), SIM_BATCH_FINE);
    assert_true(e.low < 3 && e.high > 3);
    assert_int_equal(sim_batch_estimate(windows, LONG, 5, false, 0.95, &e), SIM_BATCH_DISAGREES);
    windows[150] = windows[151] = NAN; /* the oldest 40 of 200 belong to no batch: 2 to a quarter */
    assert_int_equal(sim_batch_estimate(windows, LONG, 3, false, 0.95, &e), SIM_BATCH_EMPTY);
    for (int w = 0; w < LONG; w++)
        windows[w] = w;
    assert_int_equal(sim_batch_estimate(windows, LONG, 100, false, 0.95, &e), SIM_BATCH_CORRELATED);
}

/* A beginning that is 10 too high and falls by e every 20 windows is below the noise after about
 * 20 ln 10 = 46; noise alone has no beginning worth much; what goes on rising has no end. */
static void a_beginning_is_found(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    double falling[COUNT], level[COUNT], rising[COUNT];
    uint64_t noise = 11;
    unsigned long_cuts = 0;
    for (int run = 0; run < 200; run++) {
        for (int w = 0; w < COUNT; w++) {
            level[w] = normal(&noise);
            falling[w] = level[w] + 10 * exp(-w / 20.0);
            rising[w] = level[w] + w / 50.0;
        }
        size_t cut = sim_mser_cut(falling, COUNT);
        assert_true(cut % 5 == 0 && cut >= 25 && cut <= 500);
        long_cuts += sim_mser_cut(level, COUNT) > 100;
        assert_true(sim_mser_cut(rising, COUNT) == SIZE_MAX);
    }
    assert_true(long_cuts < 20);
    assert_true(sim_mser_cut(level, 49) == SIZE_MAX);
}

/* Replications of a latency by window that starts high; without a warm-up and with one of 80 s. */
static void a_short_warm_up_is_told(void **state)
{
    (void)state;
    enum { COUNT = 400 };
    static double values[2 * REPLICATIONS][COUNT];
    uint64_t noise = 3;
    struct fake f;
    fake_init(&f, REPLICATIONS);
    for (uint32_t i = 0; i < 2 * REPLICATIONS; i++) {
        for (int w = 0; w < COUNT; w++)
            values[i][w] = 2 + 0.1 * normal(&noise) + 3 * exp(-w / 15.0);
        f.series[i].values = values[i];
        f.records[i].windows = COUNT;
    }
    struct sim_warmup *told;
    uint32_t count;
    assert_int_equal(sim_mser_check(&f.all, 0, &told, &count), 0);
    assert_int_equal(count, 1);
    assert_false(told[0].enough);
    assert_string_equal(told[0].meter, "rate");
    assert_in_range((int)told[0].needed_s, 30, 150);
    assert_true(told[0].measured > 2.1 && fabs(told[0].settled - 2) < 0.02);
    free(told);
    f.cases[0].plan.warmup = 80 * SIM_SECOND;
    assert_int_equal(sim_mser_check(&f.all, 0, &told, &count), 0);
    assert_true(told[0].enough);
    free(told);
    f.cases[0].plan.fault_count = 1;
    assert_int_equal(sim_mser_check(&f.all, 0, &told, &count), 0);
    assert_int_equal(count, 0);
    free(told);
}

static void one_of_a_thing_is_singular(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"requests", "request"},
                                           {"requests/s", "request/s"},
                                           {"copies", "copy"},
                                           {"misses", "miss"},
                                           {"batches", "batch"},
                                           {"s", "s"},
                                           {"B/s", "B/s"},
                                           {"hops", "hop"},
                                           {"", ""},
                                           {"GB h", "GB h"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        assert_string_equal(sim_unit_text(pairs[i][0], true).s, pairs[i][1]);
        assert_string_equal(sim_unit_text(pairs[i][0], false).s, pairs[i][0]);
    }
    struct fake f;
    fake_init(&f, REPLICATIONS);
    f.expect.that = "db.rate";
    f.expect.at_most = 1;
    assert_string_equal(judge(&f).bound, "at most 1 request/s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_agree_with_tables),
        cmocka_unit_test(quantiles_agree_with_closed_forms),
        cmocka_unit_test(quantiles_join_the_normal),
        cmocka_unit_test(intervals_cover_the_mean),
        cmocka_unit_test(intervals_do_not_cover_a_shifted_mean),
        cmocka_unit_test(one_run_has_no_interval),
        cmocka_unit_test(aggregates_are_of_finished_runs),
        cmocka_unit_test(metrics_are_found_by_name),
        cmocka_unit_test(bounds_are_held_with_their_interval),
        cmocka_unit_test(percentiles_are_read_from_their_names),
        cmocka_unit_test(a_percentile_says_what_it_needs),
        cmocka_unit_test(too_few_values_hold_no_claim),
        cmocka_unit_test(a_busy_component_is_said_beside_percentiles),
        cmocka_unit_test(equality_is_covered_or_within),
        cmocka_unit_test(a_wide_interval_is_told),
        cmocka_unit_test(no_interval_goes_below_zero),
        cmocka_unit_test(one_replication_says_so),
        cmocka_unit_test(relative_claims_are_paired),
        cmocka_unit_test(spans_are_answered_by_the_run),
        cmocka_unit_test(shares_stay_within_one),
        cmocka_unit_test(what_never_failed_may_fail),
        cmocka_unit_test(one_long_run_has_an_interval),
        cmocka_unit_test(batches_say_why_not),
        cmocka_unit_test(a_beginning_is_found),
        cmocka_unit_test(a_short_warm_up_is_told),
        cmocka_unit_test(one_of_a_thing_is_singular),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
