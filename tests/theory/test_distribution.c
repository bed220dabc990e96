/*
 * test_distribution.c - what a distribution draws against its moments and distribution function,
 * those against theory, and the bytes of a million draws of each against a constant.
 *
 * Every statistical check has a false-alarm rate of 1e-6 over the choice of the seed; there are
 * fewer than 100 here, so the family's is below 1e-4 (Bonferroni). The seed is fixed. Each check
 * is also run against the law of 1.03 X, and must reject it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/random.h"

enum { DRAWS = 1000000, KS_DRAWS = 400000, CELLS = 4096 };

static const double z_two_sided = 4.8916; /* normal quantile at 1 - 5e-7 */
static const double ks_factor = 2.6933;   /* sqrt(ln(2 / 1e-6) / 2), Kolmogorov 1933 */

/* The draws of 10^6 of each law and kind of key, chained by sim_mix64(): recorded when written
 * with gcc 12 -O2 on x86-64. Any compiler, optimisation and processor must give it. */
static const uint64_t recorded_bytes = UINT64_C(0x8b6d497ed99d23c7);

enum traits {
    CONTINUOUS = 1, /* Kolmogorov-Smirnov applies */
    LIGHT = 2,      /* moments to the eighth: z-tests of mean and variance apply */
};

struct law {
    const char *name;
    int traits;
    struct sim_dist dist;
};

enum { MOST_LAWS = 32 };

struct laws {
    struct law law[MOST_LAWS];
    size_t count;
    struct sim_dist parts[4];
    struct sim_percentile tail[4], capped[3], two[2], low[2];
    double cumulative[5];
};

static const double values[5] = {3e6, 1e6, 4e6, 1e6, 5e6};
static const double weights[5] = {1.0, 0.0, 2.5, 3.0, 0.5};
static const double four_weights[4] = {2.0, 1.0, 0.0, 3.0};
static const double parts_weights[2] = {0.9122, 0.0878}; /* LNKD-SSD, Bailis et al. 2012 */

static struct sim_dist *add(struct laws *laws, const char *name, int traits)
{
    struct law *law = &laws->law[laws->count++];
    law->name = name;
    law->traits = traits;
    return &law->dist;
}

static void made(int result)
{
    assert_int_equal(result, 0);
}

static void make_fitted(struct laws *laws)
{
    const int both = CONTINUOUS | LIGHT;
    struct sim_percentile tail[4] = {
        {.percent = 50, .value = 1e6},
        {.percent = 90, .value = 1.8e6},
        {.percent = 99, .value = 2.8e6},
        {.percent = 99.9, .value = 3.6e6},
    };
    struct sim_percentile capped[3] = {
        {.percent = 0, .value = 1e6},
        {.percent = 90, .value = 3e6},
        {.percent = 100, .value = 2e7},
    };
    struct sim_percentile low[2] = {{.percent = 10, .value = 1e6}, {.percent = 30, .value = 2e6}};
    struct sim_percentile two[2] = {{.percent = 40, .value = 1e6}, {.percent = 100, .value = 8e6}};
    memcpy(laws->tail, tail, sizeof tail);
    memcpy(laws->capped, capped, sizeof capped);
    memcpy(laws->two, two, sizeof two);
    memcpy(laws->low, low, sizeof low);
    made(sim_dist_percentiles(add(laws, "mostly tail", both), 2, laws->low, NULL));
    made(sim_dist_percentiles(add(laws, "percentiles", both), 4, laws->tail, NULL));
    made(sim_dist_percentiles(add(laws, "percentiles to 100", both), 3, laws->capped, NULL));
    made(sim_dist_percentiles(add(laws, "two percentiles", both), 2, laws->two, NULL));
}

static struct laws *make_laws(void)
{
    static struct laws all;
    struct laws *laws = &all;
    memset(laws, 0, sizeof *laws);
    const int both = CONTINUOUS | LIGHT;
    made(sim_dist_constant(add(laws, "constant", 0), 5e6, NULL));
    made(sim_dist_uniform(add(laws, "uniform", both), 1e6, 5e6, NULL));
    made(sim_dist_exponential(add(laws, "exponential", both), 3e6, NULL));
    made(sim_dist_normal(add(laws, "truncated normal", both), 1e6, 1.2e6, false, NULL));
    made(sim_dist_normal(add(laws, "folded normal", both), 1e6, 1.2e6, true, NULL));
    made(sim_dist_normal(add(laws, "narrow normal", both), 1e7, 2e6, false, NULL));
    made(sim_dist_lognormal(add(laws, "lognormal", both), 2e6, 0.25, NULL));
    made(sim_dist_lognormal(add(laws, "lognormal scv 4", CONTINUOUS), 2e6, 4.0, NULL));
    made(sim_dist_pareto(add(laws, "pareto", both), 1e6, 10.0, 0.0, NULL));
    made(sim_dist_pareto(add(laws, "pareto shape 1.1", CONTINUOUS), 1e6, 1.1, 0.0, NULL));
    made(sim_dist_pareto(add(laws, "bounded pareto", both), 1e6, 1.0, 2e7, NULL));
    made(sim_dist_pareto(add(laws, "narrow pareto", both), 1e6, 2.0, 1.2e6, NULL));
    made(sim_dist_weibull(add(laws, "weibull 0.8", both), 2e6, 0.8, NULL));
    made(sim_dist_weibull(add(laws, "weibull 3", both), 2e6, 3.0, NULL));
    made(sim_dist_gamma(add(laws, "gamma 0.5", both), 2e6, 0.5, NULL));
    made(sim_dist_gamma(add(laws, "gamma 2.5", both), 2e6, 2.5, NULL));
    made(sim_dist_erlang(add(laws, "erlang 3", both), 2e6, 3, NULL));
    made(sim_dist_erlang(add(laws, "erlang 20", both), 2e6, 20, NULL));
    made(sim_dist_pareto(&laws->parts[0], 0.235e6, 10.0, 0.0, NULL));
    made(sim_dist_exponential(&laws->parts[1], 1e6 / 1.66, NULL));
    made(sim_dist_mixture(add(laws, "mixture", both), 2, parts_weights, laws->parts, NULL));
    made(sim_dist_constant(&laws->parts[2], 1e9, NULL)); /* of weight 0 */
    made(sim_dist_uniform(&laws->parts[3], 1e6, 3e6, NULL));
    made(sim_dist_mixture(add(laws, "four parts", both), 4, four_weights, laws->parts, NULL));
    made(sim_dist_empirical(add(laws, "empirical", LIGHT), 5, values, NULL, NULL, NULL));
    made(sim_dist_empirical(add(laws, "weighted empirical", LIGHT), 5, values, weights,
                            laws->cumulative, NULL));
    make_fitted(laws);
    return laws;
}

static struct sim_stream stream_named(const char *purpose)
{
    struct sim_stream stream;
    sim_stream_init(&stream, 20240602, 0, "test_distribution", purpose);
    return stream;
}

/* ---- draws against moments and distribution functions ------------------------------------ */

struct sums {
    double first, second, fourth; /* of the differences from the mean in theory */
};

static bool mean_agrees(const struct sums *s, double off, double variance)
{
    return fabs(s->first / DRAWS - off) <= z_two_sided * sqrt(variance / DRAWS);
}

/* Asymptotic law of the second moment about the mean, the fourth taken from the sample. */
static bool variance_agrees(const struct sums *s, double variance)
{
    double second = s->second / DRAWS;
    double error = sqrt((s->fourth / DRAWS - second * second) / DRAWS);
    return fabs(second - variance) <= z_two_sided * error;
}

/* Kolmogorov-Smirnov over the edges of CELLS equal cells of F(x): never more than the whole D. */
static bool shape_agrees(const uint32_t *cells)
{
    double below = 0.0;
    double distance = 0.0;
    for (int i = 0; i < CELLS; i++) {
        below += cells[i];
        distance = fmax(distance, fabs(below / KS_DRAWS - (i + 1.0) / CELLS));
    }
    return distance <= ks_factor / sqrt(KS_DRAWS);
}

static void count_cell(uint32_t *cells, double u)
{
    assert_true(u >= 0.0 && u <= 1.0);
    int cell = (int)(u * CELLS);
    cells[cell < CELLS ? cell : CELLS - 1]++;
}

static void check_moments(const struct law *law)
{
    double mean = sim_dist_mean(&law->dist);
    double variance = sim_dist_variance(&law->dist);
    struct sim_stream stream = stream_named(law->name);
    struct sums s = {0};
    for (int i = 0; i < DRAWS; i++) {
        double x = sim_dist_draw(&law->dist, &stream);
        assert_true(x >= 0.0);
        double off = (x - mean) / mean;
        s.first += off;
        s.second += off * off;
        s.fourth += off * off * off * off;
    }
    variance /= mean * mean;
    assert_true(mean_agrees(&s, 0.0, variance));
    assert_false(mean_agrees(&s, 0.03, variance));
    assert_true(variance_agrees(&s, variance));
    assert_false(variance_agrees(&s, variance * 1.03 * 1.03));
}

static void check_shape(const struct law *law)
{
    static uint32_t cells[CELLS], moved[CELLS];
    memset(cells, 0, sizeof cells);
    memset(moved, 0, sizeof moved);
    struct sim_stream stream = stream_named(law->name);
    for (int i = 0; i < KS_DRAWS; i++) {
        double x = sim_dist_draw(&law->dist, &stream);
        count_cell(cells, sim_dist_cdf(&law->dist, x));
        count_cell(moved, sim_dist_cdf(&law->dist, x / 1.03));
    }
    assert_true(shape_agrees(cells));
    assert_false(shape_agrees(moved));
}

static void test_draws_have_their_moments(void **state)
{
    (void)state;
    const struct laws *laws = make_laws();
    for (size_t i = 0; i < laws->count; i++) {
        if (laws->law[i].traits & LIGHT) {
            print_message("    %s\n", laws->law[i].name);
            check_moments(&laws->law[i]);
        }
    }
}

static void test_draws_have_their_shape(void **state)
{
    (void)state;
    const struct laws *laws = make_laws();
    for (size_t i = 0; i < laws->count; i++) {
        if (laws->law[i].traits & CONTINUOUS) {
            print_message("    %s\n", laws->law[i].name);
            check_shape(&laws->law[i]);
        }
    }
}

/* Shares of the distinct values 1, 3, 4, 5 million; each a z-test of a binomial count. */
static void test_empirical_counts(void **state)
{
    (void)state;
    const double shares[2][4] = {{0.4, 0.2, 0.2, 0.2}, {3.0 / 7, 1.0 / 7, 2.5 / 7, 0.5 / 7}};
    const double points[4] = {1e6, 3e6, 4e6, 5e6};
    struct sim_dist dists[2];
    double cumulative[5];
    made(sim_dist_empirical(&dists[0], 5, values, NULL, NULL, NULL));
    made(sim_dist_empirical(&dists[1], 5, values, weights, cumulative, NULL));
    for (int j = 0; j < 2; j++) {
        struct sim_stream stream = stream_named("empirical counts");
        double counts[4] = {0}, below = 0.0;
        for (int i = 0; i < DRAWS; i++) {
            double x = sim_dist_draw(&dists[j], &stream);
            for (int k = 0; k < 4; k++) {
                counts[k] += x == points[k];
            }
        }
        assert_true(counts[0] + counts[1] + counts[2] + counts[3] == DRAWS);
        for (int k = 0; k < 4; k++) {
            double p = shares[j][k];
            double error = z_two_sided * sqrt(DRAWS * p * (1.0 - p));
            assert_true(fabs(counts[k] - DRAWS * p) <= error);
            assert_false(fabs(counts[k] - DRAWS * p * 1.03) <= error);
            below += p;
            assert_true(fabs(sim_dist_cdf(&dists[j], points[k]) - below) < 1e-15);
        }
    }
}

/* P(k) = (1 - p)^(k - 1) p with p = 1/mean, k = 1 .. 5 and beyond; mean and variance m and
 * m (m - 1). */
static void test_geometric_counts(void **state)
{
    (void)state;
    const double mean = 4.0, p = 1.0 / mean;
    struct sim_dist dist, one;
    made(sim_dist_geometric(&dist, mean, NULL));
    made(sim_dist_geometric(&one, 1.0, NULL));
    struct sim_stream stream = stream_named("geometric counts");
    double counts[7] = {0}, tail = 1.0;
    for (int i = 0; i < DRAWS; i++) {
        double x = sim_dist_draw(&dist, &stream);
        assert_true(x >= 1.0 && x == floor(x));
        counts[x < 6.0 ? (int)x : 6]++;
        assert_true(sim_dist_draw(&one, &stream) == 1.0);
    }
    for (int k = 1; k <= 6; k++) {
        double share = k < 6 ? tail * p : tail;
        double error = z_two_sided * sqrt(DRAWS * share * (1.0 - share));
        assert_true(fabs(counts[k] - DRAWS * share) <= error);
        assert_false(fabs(counts[k] - DRAWS * share * 1.03) <= error);
        tail *= 1.0 - p;
        assert_true(fabs(sim_dist_cdf(&dist, k + 0.5) - (1.0 - tail)) < 1e-14);
    }
    assert_true(sim_dist_mean(&dist) == mean && sim_dist_variance(&dist) == mean * (mean - 1.0));
    assert_true(sim_dist_cdf(&dist, 0.5) == 0.0 && sim_dist_cdf(&one, 1.0) == 1.0);
}

/* ---- moments and distribution functions against theory ----------------------------------- */

/* E X^order as the integral of order x^(order - 1) P(X > x), by Simpson's rule in ln x. */
static double integrated_moment(const struct sim_dist *dist, int order, double scale)
{
    const double from = -25.0, to = 6.0;
    enum { STEPS = 40000 };
    double h = (to - from) / STEPS;
    double sum = 0.0;
    for (int i = 0; i <= STEPS; i++) {
        double x = scale * exp(from + h * i);
        double factor = i == 0 || i == STEPS ? 1.0 : i % 2 == 1 ? 4.0 : 2.0;
        sum += factor * order * pow(x, order) * (1.0 - sim_dist_cdf(dist, x));
    }
    return sum * h / 3.0;
}

static void test_moments_are_integrals_of_the_tail(void **state)
{
    (void)state;
    const struct laws *laws = make_laws();
    for (size_t i = 0; i < laws->count; i++) {
        const struct law *law = &laws->law[i];
        if (law->traits == (CONTINUOUS | LIGHT)) {
            double mean = sim_dist_mean(&law->dist);
            double square = sim_dist_variance(&law->dist) + mean * mean;
            double scale = strcmp(law->name, "pareto") == 0 ? 0.1 * mean : mean;
            print_message("    %s\n", law->name);
            assert_true(fabs(integrated_moment(&law->dist, 1, scale) / mean - 1.0) < 2e-6);
            assert_true(fabs(integrated_moment(&law->dist, 2, scale) / square - 1.0) < 2e-6);
        }
    }
}

static void near(double got, double expected, double relative)
{
    if (!(fabs(got - expected) <= relative * fabs(expected))) {
        fail_msg("%.17g is not %.17g", got, expected);
    }
}

/* Textbook forms (Johnson, Kotz and Balakrishnan 1994), by libm. */
static void test_closed_forms(void **state)
{
    (void)state;
    struct sim_dist d;
    const double root = sqrt(0.5), pi = 3.14159265358979324;
    made(sim_dist_normal(&d, 2.0, 3.0, true, NULL));
    double mean = 3.0 * sqrt(2.0 / pi) * exp(-2.0 / 9) + 2.0 * erf(2.0 / 3 * root);
    near(sim_dist_mean(&d), mean, 1e-14);
    near(sim_dist_variance(&d), 13.0 - mean * mean, 1e-14);
    near(sim_dist_cdf(&d, 4.0), 0.5 * (erf(2.0 / 3 * root) + erf(2.0 * root)), 1e-14);
    made(sim_dist_normal(&d, 0.0, 3.0, false, NULL)); /* half-normal */
    near(sim_dist_mean(&d), 3.0 * sqrt(2.0 / pi), 1e-14);
    near(sim_dist_variance(&d), 9.0 * (1.0 - 2.0 / pi), 1e-14);
    near(sim_dist_cdf(&d, 3.0), erf(root), 1e-14);
    made(sim_dist_weibull(&d, 2.0, 0.7, NULL));
    near(sim_dist_mean(&d), 2.0 * tgamma(1.0 + 1.0 / 0.7), 1e-13);
    mean = sim_dist_mean(&d);
    near(sim_dist_variance(&d), 4.0 * tgamma(1.0 + 2.0 / 0.7) - mean * mean, 1e-13);
    near(sim_dist_cdf(&d, 3.0), 1.0 - exp(-pow(1.5, 0.7)), 1e-14);
    made(sim_dist_pareto(&d, 2.0, 3.0, 0.0, NULL));
    near(sim_dist_mean(&d), 3.0, 1e-15);
    near(sim_dist_variance(&d), 3.0, 1e-14);
    near(sim_dist_cdf(&d, 4.0), 0.875, 1e-15);
    made(sim_dist_pareto(&d, 2.0, 3.0, 4.0, NULL)); /* density 24 / (7/8) x^-4 on 2 .. 4 */
    near(sim_dist_mean(&d), 24.0 / 0.875 / 2 * (1.0 / 4 - 1.0 / 16), 1e-14);
    near(sim_dist_cdf(&d, 3.0), (1.0 - 8.0 / 27) / 0.875, 1e-14);
    made(sim_dist_pareto(&d, 2.0, 2.0, 0.0, NULL));
    assert_true(sim_dist_variance(&d) == INFINITY && sim_dist_mean(&d) == 4.0);
    made(sim_dist_pareto(&d, 2.0, 1.0, 0.0, NULL));
    assert_true(sim_dist_variance(&d) == INFINITY && sim_dist_mean(&d) == INFINITY);
    made(sim_dist_gamma(&d, 6.0, 0.5, NULL));
    near(sim_dist_variance(&d), 72.0, 1e-15);
    near(sim_dist_cdf(&d, 6.0), erf(root), 1e-14);
    made(sim_dist_erlang(&d, 6.0, 2, NULL));
    near(sim_dist_variance(&d), 18.0, 1e-15);
    near(sim_dist_cdf(&d, 6.0), 1.0 - 3.0 * exp(-2.0), 1e-14);
}

/* -.804719 and 1.268636: a lognormal law of mean 1 and squared coefficient of variation 4.
 * 2.32634787: the normal's 99th percentile, any table. */
static void test_lognormal_parameters(void **state)
{
    (void)state;
    struct sim_dist d;
    made(sim_dist_lognormal(&d, 1.0, 4.0, NULL));
    assert_true(fabs(d.scale + 0.804719) < 5e-7 && fabs(d.shape - 1.268636) < 5e-7);
    near(sim_dist_mean(&d), 1.0, 1e-15);
    near(sim_dist_variance(&d), 4.0, 1e-14);
    made(sim_dist_lognormal(&d, 5.0, 1e-14, NULL));
    near(sim_dist_variance(&d), 25e-14, 1e-14);
    made(sim_dist_lognormal_log(&d, 0.5, 2.0, NULL));
    near(sim_dist_mean(&d), exp(2.5), 1e-15);
    near(sim_dist_cdf(&d, exp(2.5)), 0.5 * erfc(-sqrt(0.5)), 1e-14);
    made(sim_dist_lognormal_p99(&d, 3.0, 30.0, NULL));
    near(sim_dist_cdf(&d, 3.0), 0.5, 1e-14);
    near(sim_dist_cdf(&d, 30.0), 0.99, 1e-14);
    near(d.shape, log(10.0) / 2.32634787, 1e-8);
}

static void test_percentiles_are_passed_through(void **state)
{
    (void)state;
    struct laws *laws = make_laws();
    const struct sim_percentile *points[3] = {laws->tail, laws->capped, laws->two};
    const size_t counts[3] = {4, 3, 2};
    for (size_t j = 0; j < 3; j++) {
        const struct sim_dist *d = &laws->law[laws->count - 3 + j].dist;
        double before = 0.0;
        for (size_t i = 0; i < counts[j]; i++) {
            double p = sim_dist_cdf(d, points[j][i].value);
            assert_true(fabs(p - points[j][i].percent / 100.0) < 1e-14);
        }
        for (double x = 1e3; x < 1e8; x *= 1.001) {
            double p = sim_dist_cdf(d, x);
            assert_true(p >= before && p <= 1.0);
            before = p;
        }
    }
    /* The minimum, from the line through p50 = 1 and p90 = 1.8 in (z, ln value). */
    double slope = log(1.8) / log(5.0);
    double minimum = 1e6 * exp(-slope * log(2.0));
    const struct sim_dist *d = &laws->law[laws->count - 3].dist;
    assert_true(sim_dist_cdf(d, minimum * 0.999999) == 0.0);
    assert_true(sim_dist_cdf(d, minimum * 1.000001) > 0.0);
    /* The density is the same on both sides of the last point. */
    double left = 0.999 - sim_dist_cdf(d, 3.6e6 - 1e3);
    double right = sim_dist_cdf(d, 3.6e6 + 1e3) - 0.999;
    near(left, right, 0.01);
}

/* ---- odds and ends ----------------------------------------------------------------------- */

static void test_times(void **state)
{
    (void)state;
    assert_int_equal(sim_time_nearest(0.0), 0);
    assert_int_equal(sim_time_nearest(0.49999999999999994), 0);
    assert_int_equal(sim_time_nearest(0.5), 1);
    assert_int_equal(sim_time_nearest(2.5), 3);
    assert_int_equal(sim_time_nearest(4503599627370497.0), INT64_C(4503599627370497));
    assert_int_equal(sim_time_nearest(1e300), SIM_DRAW_TIME_MAX);
    assert_int_equal(sim_time_nearest(INFINITY), SIM_DRAW_TIME_MAX);
    const struct laws *laws = make_laws();
    for (size_t i = 0; i < laws->count; i++) {
        struct sim_stream a = stream_named("times");
        struct sim_stream b = a;
        for (int k = 0; k < 1000; k++) {
            double x = sim_dist_draw(&laws->law[i].dist, &a);
            sim_time t = sim_dist_draw_time(&laws->law[i].dist, &b);
            assert_true(t >= 0 && fabs((double)t - x) <= 0.5);
        }
        assert_memory_equal(&a, &b, sizeof a);
    }
}

static void test_degenerate_laws(void **state)
{
    (void)state;
    struct sim_stream stream = stream_named("degenerate");
    struct sim_dist d;
    made(sim_dist_normal(&d, 5.0, 0.0, false, NULL));
    assert_true(sim_dist_draw(&d, &stream) == 5.0 && sim_dist_variance(&d) == 0.0);
    assert_true(sim_dist_cdf(&d, 4.9) == 0.0 && sim_dist_cdf(&d, 5.0) == 1.0);
    made(sim_dist_lognormal(&d, 5.0, 0.0, NULL));
    near(sim_dist_draw(&d, &stream), 5.0, 1e-15);
    made(sim_dist_pareto(&d, 1.0, 0.001, 0.0, NULL));
    assert_true(sim_dist_draw(&d, &stream) >= 1.0);
    made(sim_dist_pareto(&d, 1e6, 1e-9, 1e6 + 1e-3, NULL));
    double x = sim_dist_draw(&d, &stream);
    assert_true(x >= 1e6 && x <= 1e6 + 2e-3);
    made(sim_dist_constant(&d, 0.0, NULL));
    assert_int_equal(sim_dist_draw_time(&d, &stream), 0);
}

#define REFUSED(call)                                                                              \
    do {                                                                                           \
        why = NULL;                                                                                \
        d.kind = SIM_DIST_CONSTANT;                                                                \
        assert_int_equal(call, -1);                                                                \
        assert_non_null(why);                                                                      \
        assert_int_equal(d.kind, SIM_DIST_NONE);                                                   \
    } while (0)

static void test_bad_parameters_are_refused(void **state)
{
    (void)state;
    struct sim_dist d, none = {.kind = SIM_DIST_NONE};
    const char *why;
    double work[2];
    REFUSED(sim_dist_constant(&d, -1.0, &why));
    REFUSED(sim_dist_constant(&d, NAN, &why));
    REFUSED(sim_dist_uniform(&d, -1.0, 1.0, &why));
    REFUSED(sim_dist_uniform(&d, 2.0, 2.0, &why));
    REFUSED(sim_dist_exponential(&d, 0.0, &why));
    REFUSED(sim_dist_exponential(&d, INFINITY, &why));
    REFUSED(sim_dist_normal(&d, -1.0, 1.0, true, &why));
    REFUSED(sim_dist_normal(&d, 1.0, -1.0, true, &why));
    REFUSED(sim_dist_lognormal(&d, 0.0, 1.0, &why));
    REFUSED(sim_dist_lognormal(&d, 1.0, -1.0, &why));
    REFUSED(sim_dist_lognormal_log(&d, NAN, 1.0, &why));
    REFUSED(sim_dist_lognormal_log(&d, 0.0, -1.0, &why));
    REFUSED(sim_dist_lognormal_p99(&d, 0.0, 1.0, &why));
    REFUSED(sim_dist_lognormal_p99(&d, 2.0, 1.0, &why));
    REFUSED(sim_dist_pareto(&d, 0.0, 1.0, 0.0, &why));
    REFUSED(sim_dist_pareto(&d, 1.0, 0.0, 0.0, &why));
    REFUSED(sim_dist_pareto(&d, 1.0, 1.0, 1.0, &why));
    REFUSED(sim_dist_pareto(&d, 1e-300, 1.0, 1e300, &why));
    REFUSED(sim_dist_weibull(&d, 0.0, 1.0, &why));
    REFUSED(sim_dist_weibull(&d, 1.0, 0.0, &why));
    REFUSED(sim_dist_gamma(&d, 0.0, 1.0, &why));
    REFUSED(sim_dist_gamma(&d, 1.0, 0.0, &why));
    REFUSED(sim_dist_erlang(&d, 0.0, 1, &why));
    REFUSED(sim_dist_erlang(&d, 1.0, 0, &why));
    const double zero[2] = {0.0, 0.0}, negative[2] = {2.0, -1.0}, good[2] = {1.0, 1.0};
    REFUSED(sim_dist_mixture(&d, 0, good, &none, &why));
    REFUSED(sim_dist_mixture(&d, 1, zero, &none, &why));
    REFUSED(sim_dist_mixture(&d, 1, good, &none, &why));
    REFUSED(sim_dist_geometric(&d, 0.5, &why));
    REFUSED(sim_dist_geometric(&d, NAN, &why));
    REFUSED(sim_dist_empirical(&d, 0, good, NULL, NULL, &why));
    REFUSED(sim_dist_empirical(&d, 2, negative, NULL, NULL, &why));
    REFUSED(sim_dist_empirical(&d, 2, good, zero, work, &why));
    REFUSED(sim_dist_empirical(&d, 2, good, negative, work, &why));
    struct sim_percentile p[3] = {{.percent = 50, .value = 1}, {.percent = 90, .value = 2}};
    REFUSED(sim_dist_percentiles(&d, 1, p, &why));
    p[1].percent = 50;
    REFUSED(sim_dist_percentiles(&d, 2, p, &why));
    p[1].percent = 101;
    REFUSED(sim_dist_percentiles(&d, 2, p, &why));
    p[1] = (struct sim_percentile){.percent = 90, .value = 1};
    REFUSED(sim_dist_percentiles(&d, 2, p, &why));
    p[0].value = 1e-300;
    p[1].value = 1e300;
    REFUSED(sim_dist_percentiles(&d, 2, p, &why));
    p[0].value = 0;
    REFUSED(sim_dist_percentiles(&d, 2, p, &why));
}

static uint64_t chain(uint64_t hash, double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return sim_mix64(hash ^ bits);
}

static void test_the_same_bytes_everywhere(void **state)
{
    (void)state;
    const struct laws *laws = make_laws();
    uint64_t hash = 1;
    for (size_t i = 0; i < laws->count; i++) {
        struct sim_stream stream = stream_named(laws->law[i].name);
        for (int k = 0; k < DRAWS; k++) {
            hash = chain(hash, sim_dist_draw(&laws->law[i].dist, &stream));
        }
        hash = chain(hash, sim_dist_mean(&laws->law[i].dist));
        hash = chain(hash, sim_dist_variance(&laws->law[i].dist));
        hash = chain(hash, sim_dist_cdf(&laws->law[i].dist, 1.5e6));
    }
    struct sim_keys keys[5];
    made(sim_keys_uniform(&keys[0], 1000003));
    made(sim_keys_hot_set(&keys[1], 1000000, 1000, 0.8));
    made(sim_keys_zipf(&keys[2], 1000000, 1.0));
    made(sim_keys_zipf(&keys[3], 300, 0.6));
    made(sim_keys_zipf(&keys[4], UINT64_C(1) << 40, 1.3));
    for (size_t i = 0; i < 5; i++) {
        struct sim_stream stream = stream_named("keys");
        for (int k = 0; k < DRAWS; k++) {
            hash = sim_mix64(hash ^ sim_keys_draw(&keys[i], &stream));
        }
        hash = chain(hash, sim_keys_probability(&keys[i], 100));
        sim_keys_free(&keys[i]);
    }
    struct sim_stream stream = stream_named("plain");
    for (int k = 0; k < DRAWS; k++) {
        hash = chain(hash, sim_draw_normal(&stream));
        hash = chain(hash, sim_pow(sim_draw_exponential(&stream), 3.3));
    }
    print_message("    bytes 0x%016llx\n", (unsigned long long)hash);
    assert_true(hash == recorded_bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_draws_have_their_moments),
        cmocka_unit_test(test_draws_have_their_shape),
        cmocka_unit_test(test_empirical_counts),
        cmocka_unit_test(test_geometric_counts),
        cmocka_unit_test(test_moments_are_integrals_of_the_tail),
        cmocka_unit_test(test_closed_forms),
        cmocka_unit_test(test_lognormal_parameters),
        cmocka_unit_test(test_percentiles_are_passed_through),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_degenerate_laws),
        cmocka_unit_test(test_bad_parameters_are_refused),
        cmocka_unit_test(test_the_same_bytes_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
