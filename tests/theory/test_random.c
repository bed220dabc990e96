/*
 * test_random.c - streams, plain draws, keys and elementary functions against theory.
 *
 * Every statistical check has a false-alarm rate of 1e-6 over the choice of the seed; there are
 * fewer than 200 here, so the family's is below 2e-4 (Bonferroni). The seed is fixed, so a test
 * that passes once passes always. Each kind of check is also run against theory moved by 3 %,
 * and must reject it.
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

enum { DRAWS = 1000000, CELLS = 4096 };

static const double z_two_sided = 4.8916; /* normal quantile at 1 - 5e-7 */
static const double z_one_sided = 4.7534; /* at 1 - 1e-6 */
static const double ks_factor = 2.6933;   /* sqrt(ln(2 / 1e-6) / 2), Kolmogorov 1933 */

static struct sim_stream stream_named(const char *purpose)
{
    struct sim_stream stream;
    sim_stream_init(&stream, 20240601, 0, "test_random", purpose);
    return stream;
}

struct moments {
    double n, sum, square, cube, fourth;
};

static void observe(struct moments *m, double x)
{
    m->n += 1.0;
    m->sum += x;
    m->square += x * x;
    m->cube += x * x * x;
    m->fourth += x * x * x * x;
}

static bool mean_agrees(const struct moments *m, double mean, double variance)
{
    return fabs(m->sum / m->n - mean) <= z_two_sided * sqrt(variance / m->n);
}

/* Asymptotic law of the second central moment, its fourth taken from the sample. */
static bool variance_agrees(const struct moments *m, double mean, double variance)
{
    double second = m->square / m->n - 2.0 * mean * m->sum / m->n + mean * mean;
    double fourth = m->fourth - 4.0 * mean * m->cube + 6.0 * mean * mean * m->square;
    fourth = (fourth - 4.0 * mean * mean * mean * m->sum) / m->n + mean * mean * mean * mean;
    return fabs(second - variance) <= z_two_sided * sqrt((fourth - second * second) / m->n);
}

/* Kolmogorov-Smirnov over the edges of CELLS equal cells of F(x): never more than the whole D. */
static bool uniform_agrees(const uint32_t *cells, double n)
{
    double below = 0.0;
    double distance = 0.0;
    for (int i = 0; i < CELLS; i++) {
        below += cells[i];
        distance = fmax(distance, fabs(below / n - (i + 1.0) / CELLS));
    }
    return distance <= ks_factor / sqrt(n);
}

static void count_cell(uint32_t *cells, double u)
{
    int cell = (int)(u * CELLS);
    cells[cell < CELLS ? cell : CELLS - 1]++;
}

/* Pearson's chi square by the Wilson-Hilferty normal approximation (1931). */
static bool counts_agree(const double *counts, const double *shares, size_t cells, double n)
{
    double sum = 0.0;
    for (size_t i = 0; i < cells; i++) {
        double expected = n * shares[i];
        assert_true(expected >= 5.0);
        sum += (counts[i] - expected) * (counts[i] - expected) / expected;
    }
    double width = 2.0 / (9.0 * ((double)cells - 1.0));
    return (cbrt(sum / ((double)cells - 1.0)) - (1.0 - width)) / sqrt(width) <= z_one_sided;
}

static bool share_agrees(double count, double share, double n)
{
    return fabs(count - n * share) <= z_two_sided * sqrt(n * share * (1.0 - share));
}

/* ---- streams ----------------------------------------------------------------------------- */

/* Computed from the algorithm's definition (Blackman and Vigna 2021) in Python's integers. */
static void test_xoshiro_known_answers(void **state)
{
    (void)state;
    const uint64_t expected[] = {
        UINT64_C(41943041),
        UINT64_C(58720359),
        UINT64_C(3588806011781223),
        UINT64_C(3591011842654386),
        UINT64_C(9228616714210784205),
        UINT64_C(9973669472204895162),
        UINT64_C(14011001112246962877),
        UINT64_C(12406186145184390807),
        UINT64_C(15849039046786891736),
        UINT64_C(10450023813501588000),
    };
    struct sim_stream stream = {{1, 2, 3, 4}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        assert_int_equal(sim_draw_bits(&stream), expected[i]);
    }
}

/* Computed from the definition in Python's integers. The values name every stream, so they must
 * never move. */
static void test_hash_is_stable(void **state)
{
    (void)state;
    assert_int_equal(sim_hash64(NULL, 0, 0), UINT64_C(0x48218226ff3cd4bf));
    assert_int_equal(sim_hash64("weir", 4, 1), UINT64_C(0x796bbb5d3e2df477));
    assert_int_equal(sim_hash64("a longer name, of more than a word", 34, 1),
                     UINT64_C(0xe105cef6b3431edf));
    struct sim_stream stream;
    sim_stream_init(&stream, 1, 2, "database", "service");
    assert_int_equal(sim_draw_bits(&stream), UINT64_C(0x92ab84e430718dcf));
}

/* One input bit changes each output bit half of the time: 64 x 64 x 4000 flips, one z-test. */
static void test_hash_avalanche(void **state)
{
    (void)state;
    double flips = 0.0;
    for (uint64_t i = 0; i < 4000; i++) {
        for (int bit = 0; bit < 64; bit++) {
            uint64_t other = i ^ (UINT64_C(1) << bit);
            uint64_t a = sim_hash64(&i, sizeof i, 0);
            flips += __builtin_popcountll(a ^ sim_hash64(&other, sizeof other, 0));
        }
    }
    assert_true(share_agrees(flips, 0.5, 4000.0 * 64 * 64));
}

static void test_same_name_same_draws(void **state)
{
    (void)state;
    char component[] = "cache";
    struct sim_stream a, b;
    sim_stream_init(&a, 7, 3, component, "keys");
    memset(component, 'x', 5); /* not kept */
    sim_stream_init(&b, 7, 3, "cache", "keys");
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(sim_draw_bits(&a), sim_draw_bits(&b));
    }
}

static void test_any_part_of_the_name_counts(void **state)
{
    (void)state;
    struct sim_stream s[7];
    sim_stream_init(&s[0], 7, 3, "cache", "keys");
    sim_stream_init(&s[1], 8, 3, "cache", "keys");
    sim_stream_init(&s[2], 7, 4, "cache", "keys");
    sim_stream_init(&s[3], 7, 3, "cachf", "keys");
    sim_stream_init(&s[4], 7, 3, "cache", "keyt");
    sim_stream_init(&s[5], 7, 3, "cachek", "eys");
    sim_stream_init(&s[6], 3, 7, "cache", "keys");
    for (int i = 0; i < 7; i++) {
        for (int j = 0; j < i; j++) {
            for (int k = 0; k < 4; k++) {
                assert_true(s[i].s[k] != s[j].s[k]);
            }
        }
    }
}

/* The correlation of n independent pairs has standard error 1 / sqrt(n). */
static bool uncorrelated(double sum, double n)
{
    return fabs(sum * 12.0 / n) <= z_two_sided / sqrt(n);
}

static void test_neighbouring_streams_are_uncorrelated(void **state)
{
    (void)state;
    double neighbour = 0.0, lag = 0.0, within = 0.0, mixed = 0.0;
    double n = 0.0;
    for (uint64_t replication = 0; replication < 1000; replication++) {
        struct sim_stream a, b;
        sim_stream_init(&a, 1, replication, "source", "arrivals");
        sim_stream_init(&b, 1, replication + 1, "source", "arrivals");
        double before = 0.0;
        for (int i = 0; i < 500; i++) {
            double x = sim_draw_uniform(&a) - 0.5;
            double y = sim_draw_uniform(&b) - 0.5;
            neighbour += x * y;
            lag += before * y;
            within += before * x;
            mixed += x * (0.06 * x + y); /* a correlation of 6 % is seen */
            before = x;
            n += 1.0;
        }
    }
    assert_true(uncorrelated(neighbour, n));
    assert_true(uncorrelated(lag, n));
    assert_true(uncorrelated(within, n));
    assert_false(uncorrelated(mixed, n));
}

/* ---- plain draws ------------------------------------------------------------------------- */

static void test_uniform(void **state)
{
    (void)state;
    struct sim_stream stream = stream_named("uniform");
    static uint32_t cells[CELLS], moved[CELLS];
    memset(cells, 0, sizeof cells);
    memset(moved, 0, sizeof moved);
    struct moments m = {0};
    for (int i = 0; i < DRAWS; i++) {
        double u = sim_draw_uniform(&stream);
        assert_true(u >= 0.0 && u < 1.0);
        observe(&m, u);
        count_cell(cells, u);
        count_cell(moved, u / 1.03);
    }
    assert_true(mean_agrees(&m, 0.5, 1.0 / 12));
    assert_false(mean_agrees(&m, 0.515, 1.0 / 12));
    assert_true(variance_agrees(&m, 0.5, 1.0 / 12));
    assert_false(variance_agrees(&m, 0.5, 1.03 / 12));
    assert_true(uniform_agrees(cells, DRAWS));
    assert_false(uniform_agrees(moved, DRAWS));
}

static void test_every_bit_is_fair(void **state)
{
    (void)state;
    struct sim_stream stream = stream_named("bits");
    double ones[64] = {0};
    for (int i = 0; i < DRAWS; i++) {
        uint64_t bits = sim_draw_bits(&stream);
        for (int b = 0; b < 64; b++) {
            ones[b] += (double)((bits >> b) & 1);
        }
    }
    for (int b = 0; b < 64; b++) {
        assert_true(share_agrees(ones[b], 0.5, DRAWS));
        assert_false(share_agrees(ones[b], 0.515, DRAWS));
    }
}

static void test_below(void **state)
{
    (void)state;
    struct sim_stream stream = stream_named("below");
    double counts[7] = {0}, shares[7], moved[7];
    for (int i = 0; i < DRAWS; i++) {
        counts[sim_draw_below(&stream, 7)] += 1.0;
    }
    for (int i = 0; i < 7; i++) {
        shares[i] = 1.0 / 7;
        moved[i] = i == 0 ? 1.03 / 7 : (1.0 - 1.03 / 7) / 6;
    }
    assert_true(counts_agree(counts, shares, 7, DRAWS));
    assert_false(counts_agree(counts, moved, 7, DRAWS));
    assert_int_equal(sim_draw_below(&stream, 1), 0);

    /* n = 3 * 2^62: without the correction the first third would hold half of the draws. */
    const uint64_t third = UINT64_C(1) << 62;
    double parts[3] = {0};
    for (int i = 0; i < DRAWS; i++) {
        uint64_t x = sim_draw_below(&stream, 3 * third);
        assert_true(x < 3 * third);
        parts[x / third] += 1.0;
    }
    for (int i = 0; i < 3; i++) {
        assert_true(share_agrees(parts[i], 1.0 / 3, DRAWS));
        assert_false(share_agrees(parts[i], 1.03 / 3, DRAWS));
    }
}

static void test_chance(void **state)
{
    (void)state;
    struct sim_stream stream = stream_named("chance");
    double hits = 0.0;
    for (int i = 0; i < DRAWS; i++) {
        hits += sim_draw_chance(&stream, 0.3);
        assert_true(sim_draw_chance(&stream, 1.0));
        assert_false(sim_draw_chance(&stream, 0.0));
    }
    assert_true(share_agrees(hits, 0.3, DRAWS));
    assert_false(share_agrees(hits, 0.309, DRAWS));
}

/* 7.697 is where the ziggurat ends: beyond it the tail's own draws count. */
static void test_exponential(void **state)
{
    (void)state;
    const double n = 4.0 * DRAWS;
    struct sim_stream stream = stream_named("exponential");
    static uint32_t cells[CELLS], moved[CELLS];
    memset(cells, 0, sizeof cells);
    memset(moved, 0, sizeof moved);
    struct moments m = {0};
    double beyond[3] = {0};
    const double edges[3] = {0.01, 6.0, 7.69711747013105};
    for (int i = 0; i < 4 * DRAWS; i++) {
        double x = sim_draw_exponential(&stream);
        observe(&m, x);
        for (int j = 0; j < 3; j++) {
            beyond[j] += x > edges[j];
        }
        count_cell(cells, -expm1(-x));
        count_cell(moved, -expm1(-x / 1.03));
    }
    assert_true(mean_agrees(&m, 1.0, 1.0));
    assert_false(mean_agrees(&m, 1.03, 1.0));
    assert_true(variance_agrees(&m, 1.0, 1.0));
    assert_false(variance_agrees(&m, 1.0, 1.03));
    assert_true(uniform_agrees(cells, n));
    assert_false(uniform_agrees(moved, n));
    for (int j = 0; j < 3; j++) {
        assert_true(share_agrees(beyond[j], exp(-edges[j]), n));
    }
    assert_false(share_agrees(beyond[1], exp(-edges[1] * 1.03), n));
}

static void test_normal(void **state)
{
    (void)state;
    const double n = 2.0 * DRAWS;
    struct sim_stream stream = stream_named("normal");
    static uint32_t cells[CELLS], moved[CELLS];
    memset(cells, 0, sizeof cells);
    memset(moved, 0, sizeof moved);
    struct moments m = {0}, squares = {0};
    const double edge = 3.6541528853610088; /* where the ziggurat ends */
    double above = 0.0, below = 0.0;
    for (int i = 0; i < 2 * DRAWS; i++) {
        double x = sim_draw_normal(&stream);
        observe(&m, x);
        observe(&squares, x * x);
        above += x > edge;
        below += x < -edge;
        count_cell(cells, 0.5 * erfc(-x * sqrt(0.5)));
        count_cell(moved, 0.5 * erfc(-x / 1.03 * sqrt(0.5)));
    }
    assert_true(mean_agrees(&m, 0.0, 1.0));
    assert_false(mean_agrees(&m, 0.03, 1.0));
    assert_true(variance_agrees(&m, 0.0, 1.0));
    assert_false(variance_agrees(&m, 0.0, 1.03));
    assert_true(variance_agrees(&squares, 1.0, 2.0)); /* the fourth moment */
    assert_false(variance_agrees(&squares, 1.0, 2.06));
    assert_true(uniform_agrees(cells, n));
    assert_false(uniform_agrees(moved, n));
    double share = 0.5 * erfc(edge * sqrt(0.5));
    assert_true(share_agrees(above, share, n));
    assert_true(share_agrees(below, share, n));
}

/* The ziggurat leaves 1 draw in 4000 to the tail's own method: too few above to see its shape. */
static void test_normal_tail(void **state)
{
    (void)state;
    struct sim_stream stream = stream_named("normal tail");
    static uint32_t cells[CELLS], moved[CELLS];
    memset(cells, 0, sizeof cells);
    memset(moved, 0, sizeof moved);
    const double edge = 3.6541528853610088;
    const double share = erfc(edge * sqrt(0.5));
    for (int i = 0; i < DRAWS; i++) {
        double x = sim__normal_beyond(&stream);
        assert_true(x >= edge);
        double further = edge + (x - edge) / 1.03;
        count_cell(cells, 1.0 - erfc(x * sqrt(0.5)) / share);
        count_cell(moved, 1.0 - erfc(further * sqrt(0.5)) / share);
    }
    assert_true(uniform_agrees(cells, DRAWS));
    assert_false(uniform_agrees(moved, DRAWS));
}

/* ---- keys -------------------------------------------------------------------------------- */

enum { MOST_BINS = 400 };

/* Ranks 1 .. 100 one by one, then bins half as long as their first rank is high; the share of
 * each by summing libm's powers. */
struct bins {
    size_t count;
    uint64_t end[MOST_BINS]; /* keys below it */
    double share[MOST_BINS];
};

static void zipf_bins(struct bins *bins, uint64_t n, double exponent)
{
    double total = 0.0;
    bins->count = 0;
    for (uint64_t key = 0; key < n;) {
        uint64_t end = key < 100 ? key + 1 : key + key / 2;
        end = end + end / 2 > n && end > 100 ? n : end;
        double sum = 0.0;
        for (uint64_t k = end < n ? end : n; k > key; k--) {
            sum += pow((double)k, -exponent);
        }
        bins->end[bins->count] = end;
        bins->share[bins->count++] = sum;
        total += sum;
        key = end;
    }
    for (size_t i = 0; i < bins->count; i++) {
        bins->share[i] /= total;
    }
    while (bins->count > 2 && bins->share[bins->count - 1] < 1e-5) { /* 10 draws of 10^6 */
        bins->count--;
        bins->share[bins->count - 1] += bins->share[bins->count];
        bins->end[bins->count - 1] = n;
    }
}

static bool zipf_agrees(const struct sim_keys *keys, double exponent, double theory)
{
    static struct bins bins;
    static double counts[MOST_BINS];
    char purpose[64];
    snprintf(purpose, sizeof purpose, "zipf %.3f of %.0f", exponent, (double)keys->n);
    struct sim_stream stream = stream_named(purpose);
    zipf_bins(&bins, keys->n, theory);
    memset(counts, 0, sizeof counts);
    for (int i = 0; i < DRAWS; i++) {
        uint64_t key = sim_keys_draw(keys, &stream);
        assert_true(key < keys->n);
        size_t low = 0;
        size_t high = bins.count - 1;
        while (low < high) {
            size_t middle = (low + high) / 2;
            if (key < bins.end[middle]) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        counts[low] += 1.0;
    }
    return counts_agree(counts, bins.share, bins.count, DRAWS);
}

static void test_zipf(void **state)
{
    (void)state;
    const double exponents[] = {0.5, 0.99, 1.0, 1.2, 2.0};
    const uint64_t sizes[] = {10, 512, 600, 100000, 1000000};
    for (size_t i = 0; i < 5; i++) {
        for (size_t j = 0; j < 5; j++) {
            if (sizes[j] == 1000000 && exponents[i] != 1.0) {
                continue; /* time */
            }
            struct sim_keys keys;
            assert_int_equal(sim_keys_zipf(&keys, sizes[j], exponents[i]), 0);
            assert_true(zipf_agrees(&keys, exponents[i], exponents[i]));
            assert_false(zipf_agrees(&keys, exponents[i], exponents[i] * 1.03));
            sim_keys_free(&keys);
        }
    }
}

/* The ranks of a block differ by a few per cent at most, too little for the bins above to see:
 * does the first half of one get its share? Without rejection it would get half. */
static void test_zipf_within_blocks(void **state)
{
    (void)state;
    const double exponent = 5.0;
    struct sim_keys keys;
    assert_int_equal(sim_keys_zipf(&keys, 1000000, exponent), 0);
    struct sim_stream stream = stream_named("blocks");
    struct sim_keys tail = keys; /* nothing but block 64, by a table of one column */
    uint64_t column = ~UINT64_C(0xfff);
    tail.columns = &column;
    tail.column_count = 1;
    tail.head = 0;
    tail.blocks = keys.blocks + 64;
    const struct sim_key_block *block = tail.blocks;
    uint64_t half = block->first + block->count / 2;
    double first = 0.0, all = 0.0;
    for (uint64_t k = block->first; k < block->first + block->count; k++) {
        first += k < half ? pow((double)k, -exponent) : 0.0;
        all += pow((double)k, -exponent);
    }
    double hits = 0.0;
    for (int i = 0; i < 4 * DRAWS; i++) {
        uint64_t key = sim_keys_draw(&tail, &stream);
        assert_true(key + 1 >= block->first && key + 1 < block->first + block->count);
        hits += key + 1 < half;
    }
    assert_true(share_agrees(hits, first / all, 4.0 * DRAWS));
    assert_false(share_agrees(hits, (double)(block->count / 2) / (double)block->count, 4e6));
    sim_keys_free(&keys);
}

static void key_moments_agree(const struct sim_keys *keys, const char *name)
{
    struct sim_stream stream = stream_named(name);
    double sum = 0.0, mean = 0.0, square = 0.0;
    for (uint64_t key = keys->n; key-- > 0;) {
        double p = sim_keys_probability(keys, key);
        sum += p;
        mean += p * (double)key;
        square += p * (double)key * (double)key;
    }
    assert_true(fabs(sum - 1.0) < 1e-12);
    assert_true(sim_keys_probability(keys, keys->n) == 0.0);
    double variance = square - mean * mean;
    struct moments m = {0};
    for (int i = 0; i < DRAWS; i++) {
        observe(&m, (double)sim_keys_draw(keys, &stream));
    }
    assert_true(mean_agrees(&m, mean, variance));
    assert_false(mean_agrees(&m, mean * 1.03, variance));
    assert_true(variance_agrees(&m, mean, variance));
    assert_false(variance_agrees(&m, mean, variance * 1.03));
}

static void test_key_moments(void **state)
{
    (void)state;
    struct sim_keys keys;
    assert_int_equal(sim_keys_uniform(&keys, 1000), 0);
    key_moments_agree(&keys, "uniform keys");
    assert_int_equal(sim_keys_hot_set(&keys, 1000, 400, 0.7), 0);
    key_moments_agree(&keys, "hot set");
    assert_int_equal(sim_keys_zipf(&keys, 20000, 0.9), 0);
    key_moments_agree(&keys, "zipf");
    sim_keys_free(&keys);
}

static void test_hot_set_and_uniform_counts(void **state)
{
    (void)state;
    struct sim_keys hot, uniform;
    assert_int_equal(sim_keys_hot_set(&hot, 50, 5, 0.8), 0);
    assert_int_equal(sim_keys_uniform(&uniform, 50), 0);
    struct sim_stream stream = stream_named("hot set counts");
    double counts[2][50] = {{0}}, shares[2][50], moved[2][50];
    for (int i = 0; i < DRAWS; i++) {
        counts[0][sim_keys_draw(&hot, &stream)] += 1.0;
        counts[1][sim_keys_draw(&uniform, &stream)] += 1.0;
    }
    for (int i = 0; i < 50; i++) {
        shares[0][i] = i < 5 ? 0.8 / 5 : 0.2 / 45;
        moved[0][i] = i < 5 ? 0.824 / 5 : 0.176 / 45;
        shares[1][i] = 1.0 / 50;
        moved[1][i] = i < 25 ? 1.03 / 50 : 0.97 / 50;
    }
    for (int j = 0; j < 2; j++) {
        assert_true(counts_agree(counts[j], shares[j], 50, DRAWS));
        assert_false(counts_agree(counts[j], moved[j], 50, DRAWS));
    }
}

/* .0694795: 1 / H(10^6), the top key's share of 10^6 keys under Zipf 1. The harmonic number of
 * 10^12 is ln n + gamma + 1 / 2n; zeta(2) = pi^2 / 6. */
static void test_zipf_probability(void **state)
{
    (void)state;
    struct sim_keys keys;
    assert_int_equal(sim_keys_zipf(&keys, 1000000, 1.0), 0);
    assert_true(fabs(sim_keys_probability(&keys, 0) - 0.0694795) < 5e-8);
    sim_keys_free(&keys);
    assert_int_equal(sim_keys_zipf(&keys, UINT64_C(1000000000000), 1.0), 0);
    double harmonic = log(1e12) + 0.57721566490153286 + 0.5e-12;
    assert_true(fabs(1.0 / sim_keys_probability(&keys, 0) / harmonic - 1.0) < 1e-14);
    sim_keys_free(&keys);
    assert_int_equal(sim_keys_zipf(&keys, SIM_KEYS_ZIPF_MAX, 2.0), 0);
    double zeta = 3.14159265358979324 * 3.14159265358979324 / 6 - 0x1p-48;
    assert_true(fabs(1.0 / sim_keys_probability(&keys, 0) / zeta - 1.0) < 1e-14);
    sim_keys_free(&keys);
    assert_int_equal(sim_keys_zipf(&keys, 1000, 0.0), 0);
    assert_true(fabs(sim_keys_probability(&keys, 999) - 1e-3) < 1e-17);
    sim_keys_free(&keys);
    assert_int_equal(sim_keys_zipf(&keys, 1000000, 100.0), 0);
    struct sim_stream stream = stream_named("steep");
    assert_int_equal(sim_keys_draw(&keys, &stream), 0);
    sim_keys_free(&keys);
}

static void test_keys_refused(void **state)
{
    (void)state;
    struct sim_keys keys;
    assert_int_equal(sim_keys_uniform(&keys, 0), -1);
    assert_int_equal(sim_keys_zipf(&keys, 0, 1.0), -1);
    assert_int_equal(sim_keys_zipf(&keys, SIM_KEYS_ZIPF_MAX + 1, 1.0), -1);
    assert_int_equal(sim_keys_zipf(&keys, 10, -0.1), -1);
    assert_int_equal(sim_keys_zipf(&keys, 10, NAN), -1);
    assert_int_equal(sim_keys_zipf(&keys, 10, 101.0), -1);
    sim_keys_free(&keys);
    assert_int_equal(sim_keys_hot_set(&keys, 0, 0, 0.0), -1);
    assert_int_equal(sim_keys_hot_set(&keys, 10, 11, 0.5), -1);
    assert_int_equal(sim_keys_hot_set(&keys, 10, 10, 0.5), -1);
    assert_int_equal(sim_keys_hot_set(&keys, 10, 0, 0.5), -1);
    assert_int_equal(sim_keys_hot_set(&keys, 10, 5, 1.5), -1);
    assert_int_equal(sim_keys_hot_set(&keys, 10, 10, 1.0), 0);
    struct sim_stream stream = stream_named("all hot");
    assert_true(sim_keys_draw(&keys, &stream) < 10);
}

/* ---- elementary functions ---------------------------------------------------------------- */

/* Distance from the long double value, in units in the last place of the double result. */
static double ulps(double got, long double expected)
{
    double rounded = fabs((double)expected);
    double unit = nextafter(rounded, INFINITY) - rounded;
    return (double)(fabsl((long double)got - expected) / (long double)unit);
}

static void test_exp_and_log(void **state)
{
    (void)state;
    struct sim_stream stream = stream_named("elementary");
    double worst[6] = {0};
    for (int i = 0; i < 300000; i++) {
        double u = 2.0 * sim_draw_uniform(&stream) - 1.0;
        double small = u * pow(10.0, -12.0 * sim_draw_uniform(&stream));
        double wide = exp(700.0 * u);
        double x = 708.0 * u;
        worst[0] = fmax(worst[0], ulps(sim_exp(x), expl((long double)x)));
        worst[1] = fmax(worst[1], ulps(sim_log(wide), logl((long double)wide)));
        worst[2] = fmax(worst[2],
                        ulps(sim_log(1.0 + 0.5 * small), logl((long double)(1.0 + 0.5 * small))));
        worst[3] = fmax(worst[3], ulps(sim_expm1(3.0 * small), expm1l((long double)(3.0 * small))));
        worst[4] = fmax(worst[4], ulps(sim_log1p(0.9 * small), log1pl((long double)(0.9 * small))));
        worst[5] = fmax(worst[5], ulps(sim_exp(small), expl((long double)small)));
    }
    const double allowed[6] = {1.0, 1.0, 1.0, 4.0, 4.0, 1.0};
    for (int i = 0; i < 6; i++) {
        assert_true(worst[i] <= allowed[i]);
    }
}

static void test_pow(void **state)
{
    (void)state;
    struct sim_stream stream = stream_named("pow");
    double worst = 0.0;
    for (int i = 0; i < 300000; i++) {
        double y = (2.0 * sim_draw_uniform(&stream) - 1.0) * pow(10.0, 6.0 * (i % 100) / 100 - 3.0);
        double log_x = (2.0 * sim_draw_uniform(&stream) - 1.0) * 700.0 / fmax(1.0, fabs(y));
        double x = exp(log_x);
        worst = fmax(worst, ulps(sim_pow(x, y), powl((long double)x, (long double)y)));
    }
    assert_true(worst <= 1.0);
    assert_true(sim_pow(2.0, -1074.0) == 0x1p-1074 && sim_pow(2.0, 1023.0) == 0x1p1023);
    assert_true(sim_pow(10.0, 22.0) == 1e22);
}

static void test_special_values(void **state)
{
    (void)state;
    assert_true(sim_exp(0.0) == 1.0 && sim_exp(-INFINITY) == 0.0);
    assert_true(sim_exp(INFINITY) == INFINITY && sim_exp(709.79) == INFINITY);
    assert_true(sim_exp(-745.0) == 0x1p-1074 && sim_exp(-745.2) == 0.0 && isnan(sim_exp(NAN)));
    assert_true(sim_exp(-710.0) == exp(-710.0) && sim_exp(709.7) < INFINITY);
    assert_true(sim_log(1.0) == 0.0 && sim_log(0.0) == -INFINITY && isnan(sim_log(-1.0)));
    assert_true(sim_log(INFINITY) == INFINITY && isnan(sim_log(NAN)));
    assert_true(fabs(sim_log(0x1p-1074) - log(0x1p-1074)) < 1e-12);
    assert_true(sim_pow(0.0, 2.0) == 0.0 && sim_pow(0.0, -2.0) == INFINITY);
    assert_true(sim_pow(0.0, 0.0) == 1.0 && sim_pow(1.0, INFINITY) == 1.0);
    assert_true(sim_pow(0.5, INFINITY) == 0.0 && sim_pow(2.0, 1e300) == INFINITY);
    assert_true(sim_pow(INFINITY, -1.0) == 0.0 && sim_pow(INFINITY, 1.0) == INFINITY);
    assert_true(isnan(sim_pow(-1.0, 2.0)) && isnan(sim_pow(2.0, NAN)));
    assert_true(sim_log1p(0.0) == 0.0 && sim_log1p(-1.0) == -INFINITY);
    assert_true(sim_expm1(0.0) == 0.0 && sim_expm1(-INFINITY) == -1.0);
}

static void test_gamma_functions(void **state)
{
    (void)state;
    for (double x = 0.01; x < 150.0; x *= 1.01) {
        assert_true(fabs(sim_log_gamma(x) - lgamma(x)) <= 2e-14 * fmax(1.0, fabs(lgamma(x))));
        assert_true(fabs(sim_gamma_cdf(0.5, x) - erf(sqrt(x))) < 1e-14);
        assert_true(fabs(sim_gamma_tail(1.0, x) - exp(-x)) < 1e-14);
        double erlang = exp(-x) * (1.0 + x + x * x / 2);
        assert_true(fabs(sim_gamma_tail(3.0, x) - erlang) < 1e-14);
        assert_true(fabs(sim_gamma_tail(3.0, x) + sim_gamma_cdf(3.0, x) - 1.0) < 1e-14);
    }
    for (double x = -8.0; x < 8.0; x += 0.01) {
        assert_true(fabs(sim_normal_cdf(x) - 0.5 * erfc(-x * sqrt(0.5))) < 2e-15);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_xoshiro_known_answers),
        cmocka_unit_test(test_hash_is_stable),
        cmocka_unit_test(test_hash_avalanche),
        cmocka_unit_test(test_same_name_same_draws),
        cmocka_unit_test(test_any_part_of_the_name_counts),
        cmocka_unit_test(test_neighbouring_streams_are_uncorrelated),
        cmocka_unit_test(test_uniform),
        cmocka_unit_test(test_every_bit_is_fair),
        cmocka_unit_test(test_below),
        cmocka_unit_test(test_chance),
        cmocka_unit_test(test_exponential),
        cmocka_unit_test(test_normal),
        cmocka_unit_test(test_normal_tail),
        cmocka_unit_test(test_zipf),
        cmocka_unit_test(test_zipf_within_blocks),
        cmocka_unit_test(test_key_moments),
        cmocka_unit_test(test_hot_set_and_uniform_counts),
        cmocka_unit_test(test_zipf_probability),
        cmocka_unit_test(test_keys_refused),
        cmocka_unit_test(test_exp_and_log),
        cmocka_unit_test(test_pow),
        cmocka_unit_test(test_special_values),
        cmocka_unit_test(test_gamma_functions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
