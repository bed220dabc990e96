/*
 * random.h - random streams, what is drawn from them, and functions that give the same bytes
 * everywhere.
 *
 * No draw uses a libm function other than the square root, floor and fabs, which IEEE makes
 * exact, so a stream gives the same values under any compiler, optimisation and processor with
 * IEEE doubles. Compile with -ffp-contract=off. Nothing here has hidden state: a stream is what
 * its owner holds, everything else is read-only once built and may be shared by threads.
 */
#ifndef SIM_RANDOM_H
#define SIM_RANDOM_H

#include "sim/types.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- hashing ----------------------------------------------------------------------------- */

/* A bijection of 64-bit words in which every input bit moves about half of the output bits.
 * The finaliser of SplitMix64 (Steele, Lea and Flood 2014, with Stafford's constants 2011).
 * 0 is mapped to 0. */
static inline uint64_t sim_mix64(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* A 64-bit hash of `bytes` bytes, the same on every platform and byte order; not for keeping
 * secrets or against an adversary. `data` may be NULL when bytes is 0. O(bytes). */
uint64_t sim_hash64(const void *data, size_t bytes, uint64_t seed);

/* ---- streams ----------------------------------------------------------------------------- */

/* xoshiro256++ (Blackman and Vigna 2021), period 2^256 - 1. The owner may copy it: the copy
 * goes on with the same draws. */
struct sim_stream {
    uint64_t s[4];
};

/* Starts the stream named by (seed, replication, component, purpose). The same name gives the
 * same draws; another name gives unrelated ones, so that adding a component moves no draw of
 * any other. The strings are not kept. O(length of the strings). */
void sim_stream_init(struct sim_stream *, uint64_t seed, uint64_t replication,
                     const char *component, const char *purpose);

/* 64 random bits. */
static inline uint64_t sim_draw_bits(struct sim_stream *stream)
{
    uint64_t *s = stream->s;
    uint64_t sum = s[0] + s[3];
    uint64_t result = ((sum << 23) | (sum >> 41)) + s[0];
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 45) | (s[3] >> 19);
    return result;
}

/* Uniform on [0, 1): the multiples of 2^-53. */
static inline double sim_draw_uniform(struct sim_stream *stream)
{
    return (double)(int64_t)(sim_draw_bits(stream) >> 11) * 0x1p-53;
}

__extension__ typedef unsigned __int128 sim__uint128;

/* Uniform on 0 .. n - 1, without bias; n >= 1. Lemire 2019: more than one draw of bits is
 * needed with probability below n / 2^64. */
static inline uint64_t sim_draw_below(struct sim_stream *stream, uint64_t n)
{
    assert(n > 0);
    sim__uint128 product = (sim__uint128)sim_draw_bits(stream) * n;
    if ((uint64_t)product < n) {
        uint64_t threshold = (0 - n) % n;
        while ((uint64_t)product < threshold) {
            product = (sim__uint128)sim_draw_bits(stream) * n;
        }
    }
    return (uint64_t)(product >> 64);
}

/* True with probability p; always for p >= 1, never for p <= 0. One draw of bits whatever p. */
static inline bool sim_draw_chance(struct sim_stream *stream, double p)
{
    return sim_draw_uniform(stream) < p;
}

/* A layer of a ziggurat; see sim/kernel/ziggurat_tables.py. */
struct sim__layer {
    uint64_t inside;
    double width;
};
extern const struct sim__layer sim__exponential_layers[256];
extern const struct sim__layer sim__normal_layers[256];
double sim__exponential_slow(struct sim_stream *, uint64_t layer, double x);
double sim__normal_beyond(struct sim_stream *);

/* Exponential with mean 1, >= 0. Ziggurat (Marsaglia and Tsang 2000) of 256 layers; the layer
 * and the value come from different bits (the flaw Doornik 2005 found in the original). One
 * draw of bits in 97.8 % of cases. */
static inline double sim_draw_exponential(struct sim_stream *stream)
{
    uint64_t bits = sim_draw_bits(stream);
    uint64_t layer = bits & 255;
    uint64_t value = bits >> 11;
    double x = (double)(int64_t)value * sim__exponential_layers[layer].width;
    if (value < sim__exponential_layers[layer].inside) {
        return x;
    }
    return sim__exponential_slow(stream, layer, x);
}

/* Normal with mean 0 and standard deviation 1; ziggurat as above. */
double sim_draw_normal(struct sim_stream *);

/* Gamma with mean `shape` and scale 1; shape > 0. Marsaglia and Tsang 2000, "A simple method
 * for generating gamma variables". Below shape 0.01 most draws are 0 or next to it. */
double sim_draw_gamma(struct sim_stream *, double shape);

/* ---- distributions ----------------------------------------------------------------------- */

enum sim_dist_kind {
    SIM_DIST_NONE, /* all zero bytes: not set; may not be drawn from */
    SIM_DIST_CONSTANT,
    SIM_DIST_UNIFORM,
    SIM_DIST_EXPONENTIAL,
    SIM_DIST_NORMAL, /* cut off at 0, or folded */
    SIM_DIST_LOGNORMAL,
    SIM_DIST_PARETO, /* with or without a maximum */
    SIM_DIST_WEIBULL,
    SIM_DIST_GAMMA,
    SIM_DIST_ERLANG,
    SIM_DIST_MIXTURE,
    SIM_DIST_EMPIRICAL,
    SIM_DIST_PERCENTILES,
    SIM_DIST_GEOMETRIC, /* of counts: 1, 2, … */
};

/* A point a fitted distribution passes through: `percent` per cent of draws are at or below
 * `value`. The caller fills the first two, sim_dist_percentiles() the others. */
struct sim_percentile {
    double percent; /* 0 .. 100 */
    double value;   /* > 0, base units */
    double z;       /* -ln(1 - percent / 100) */
    double slope;   /* of ln value toward the next point */
};

/* A distribution of a quantity that is never negative, in the quantity's base unit (time: ns).
 * Made by one of the functions below; read-only after, shared by threads, copied by value.
 * Owns nothing: the arrays are the caller's and must outlive it and its copies. */
struct sim_dist {
    enum sim_dist_kind kind;
    bool fold;     /* normal: |N| in place of N given N >= 0 */
    bool weighted; /* empirical: `cumulative` holds sums of weights */
    size_t count;  /* stages, components, values or points */
    double scale;  /* constant: the value; uniform: low; exponential, erlang: the mean;
                      normal: mean; lognormal: mu; pareto: minimum; weibull, gamma: scale;
                      geometric: mean of the exponential that is rounded up */
    double shape;  /* uniform: high - low; normal: sd; lognormal: sigma; pareto, weibull,
                      gamma: shape; mixture, weighted empirical: the sum of the weights;
                      geometric: the mean */
    double span;   /* pareto: shape * ln(maximum / minimum), or INFINITY */
    double below;  /* pareto: P(the law without a maximum is below it) = 1 - e^-span */
    union {
        const double *values;
        const struct sim_dist *components;
        const struct sim_percentile *points;
    };
    const double *weights;    /* mixture */
    const double *cumulative; /* empirical, if weighted */
};

/*
 * The makers. Each returns 0, or -1 with *why set to a static string naming the reason (`why`
 * may be NULL) and the struct all zero. Every number must be finite. `scv` is the squared
 * coefficient of variation, variance / mean^2. O(1) unless said.
 */

/* Always `value` >= 0. */
int sim_dist_constant(struct sim_dist *, double value, const char **why);

/* Uniform on [low, high), 0 <= low < high. */
int sim_dist_uniform(struct sim_dist *, double low, double high, const char **why);

/* Exponential, mean > 0. */
int sim_dist_exponential(struct sim_dist *, double mean, const char **why);

/* Normal(mean, sd), mean >= 0, sd >= 0. With fold, |N|; without, draws below zero are drawn
 * again, so mean and variance are those of the truncated law, not `mean` and `sd`^2. */
int sim_dist_normal(struct sim_dist *, double mean, double sd, bool fold, const char **why);

/* Lognormal, in three ways: by its mean > 0 and scv >= 0; by the mean and standard deviation
 * >= 0 of its logarithm; by its median > 0 and 99th percentile >= median. */
int sim_dist_lognormal(struct sim_dist *, double mean, double scv, const char **why);
int sim_dist_lognormal_log(struct sim_dist *, double mu, double sigma, const char **why);
int sim_dist_lognormal_p99(struct sim_dist *, double median, double p99, const char **why);

/* Pareto: minimum / U^(1/shape); minimum > 0, shape > 0. A maximum of 0 is none; otherwise it
 * is above the minimum and the law is conditioned on lying below it. */
int sim_dist_pareto(struct sim_dist *, double minimum, double shape, double maximum,
                    const char **why);

/* Weibull: scale * Exp(1)^(1/shape); scale > 0, shape > 0. */
int sim_dist_weibull(struct sim_dist *, double scale, double shape, const char **why);

/* Gamma, mean > 0, shape > 0: scv = 1 / shape. */
int sim_dist_gamma(struct sim_dist *, double mean, double shape, const char **why);

/* Erlang: the sum of `stages` >= 1 exponentials with mean > 0 together. */
int sim_dist_erlang(struct sim_dist *, double mean, uint32_t stages, const char **why);

/* Component i with probability weights[i] / sum; weights >= 0, the sum > 0. Both arrays are
 * the caller's and outlive the struct. A component may be a mixture. Making and drawing O(count),
 * heaviest first is fastest. */
int sim_dist_mixture(struct sim_dist *, size_t count, const double *weights,
                     const struct sim_dist *components, const char **why);

/* The given values >= 0 and no others, in any order: equally likely when weights is NULL, else
 * in proportion to weights >= 0 with a sum > 0. `cumulative`, `count` doubles, is then written
 * here; it may be the weights array itself. `values` and `cumulative` are the caller's and
 * outlive the struct. Making O(count); drawing O(1), with weights O(log count). */
int sim_dist_empirical(struct sim_dist *, size_t count, const double *values, const double *weights,
                       double *cumulative, const char **why);

/*
 * The distribution that passes through every given percentile, 2 or more, percent and value
 * both strictly increasing. Let z = -ln(1 - p), the number of e-foldings of the tail.
 *   between two points    ln value is linear in z: a piece of a Pareto law, as latency tails
 *                         look on log-log paper
 *   below the first       the line between the first two goes on, down to p = 0: the minimum
 *   above the last        value is linear in z: an exponential tail, with the density
 *                         continuous at the last point; so every moment is finite
 *   last point at 100 %   it is the maximum; up to it from the point before, where z has no end,
 *                         ln value is linear in p
 * The array is the caller's, is completed here and outlives the struct. Drawing O(count). */
int sim_dist_percentiles(struct sim_dist *, size_t count, struct sim_percentile *points,
                         const char **why);

/* Geometric on 1, 2, …: the trials up to the first that succeeds with probability 1 / mean;
 * mean >= 1. */
int sim_dist_geometric(struct sim_dist *, double mean, const char **why);

/* A draw in base units, >= 0; INFINITY where a heavy tail passes the largest double. */
double sim_dist_draw(const struct sim_dist *, struct sim_stream *);

/* The longest time drawn: 146 years, so that adding it to a time below it does not overflow. */
#define SIM_DRAW_TIME_MAX (INT64_C(1) << 62)

/* The nearest whole number of ns, halves upward; ns is not negative, nor NaN.
 * Saturates at SIM_DRAW_TIME_MAX. */
static inline sim_time sim_time_nearest(double ns)
{
    if (!(ns < 0x1p62)) {
        return SIM_DRAW_TIME_MAX;
    }
    return ((int64_t)(ns + ns) + 1) >> 1; /* doubling is exact */
}

/* A draw of a distribution in nanoseconds, as a time: to the nearest ns, >= 0, saturating at
 * SIM_DRAW_TIME_MAX. The same draws as sim_dist_draw(). */
static inline sim_time sim_dist_draw_time(const struct sim_dist *dist, struct sim_stream *stream)
{
    double ns;
    if (dist->kind == SIM_DIST_EXPONENTIAL) {
        ns = dist->scale * sim_draw_exponential(stream);
    } else if (dist->kind == SIM_DIST_CONSTANT) {
        ns = dist->scale;
    } else {
        ns = sim_dist_draw(dist, stream);
    }
    return sim_time_nearest(ns);
}

/* The mean and variance of what is drawn (of the truncated law for truncated ones), by closed
 * forms; INFINITY where infinite. Where the coefficient of variation is below 1e-6 a variance
 * may have lost all its digits to cancellation, except for constant, uniform, exponential,
 * gamma, Erlang and lognormal. O(count). */
double sim_dist_mean(const struct sim_dist *);
double sim_dist_variance(const struct sim_dist *);

/* P(draw <= x). To about 1e-14. O(count). */
double sim_dist_cdf(const struct sim_dist *, double x);

/* ---- keys -------------------------------------------------------------------------------- */

enum sim_keys_kind { SIM_KEYS_UNIFORM, SIM_KEYS_ZIPF, SIM_KEYS_HOT_SET };

/* Consecutive ranks drawn as one, for Zipf. */
struct sim_key_block {
    uint64_t first; /* rank, from 1 */
    uint64_t count;
    uint64_t sure; /* a 64-bit draw below it is accepted without looking at the rank */
};

/* Which of n keys, 0 .. n - 1, a request is for. Read-only once made and shared by threads.
 * Owns what `columns` points to; freed by sim_keys_free(). */
struct sim_keys {
    enum sim_keys_kind kind;
    uint32_t head;         /* Zipf: ranks 1 .. head have an outcome each */
    uint32_t column_count; /* Zipf: outcomes: the head and the blocks */
    uint64_t n;
    uint64_t hot;
    double share;
    double exponent;
    double total;                       /* Zipf: the sum of 1 / k^exponent */
    uint64_t *columns;                  /* Zipf: the alias table; the blocks follow it */
    const struct sim_key_block *blocks; /* Zipf: column_count - head of them */
};

/* The makers return 0, or -1 when a parameter is out of range or there is no memory, with the
 * struct empty: freeing it is harmless. */

/* Every key equally likely; n >= 1. */
int sim_keys_uniform(struct sim_keys *, uint64_t n);

#define SIM_KEYS_ZIPF_MAX (UINT64_C(1) << 48)

/* P(key) in proportion to 1 / (key + 1)^exponent: key 0 is the most popular. n within
 * 1 .. SIM_KEYS_ZIPF_MAX, exponent within 0 .. 100. O(log n) time and memory: at most 60 KiB. */
int sim_keys_zipf(struct sim_keys *, uint64_t n, double exponent);

/* A `share` (0 .. 1) of the draws is uniform over the first `hot` keys, the rest over the others.
 * hot <= n, n >= 1; with hot = 0 the share must be 0, with hot = n it must be 1. */
int sim_keys_hot_set(struct sim_keys *, uint64_t n, uint64_t hot, double share);

void sim_keys_free(struct sim_keys *);

/* A key. Expected O(1). */
uint64_t sim_keys_draw(const struct sim_keys *, struct sim_stream *);

/* The probability of a key; 0 for key >= n. */
double sim_keys_probability(const struct sim_keys *, uint64_t key);

/* ---- the same bytes everywhere ----------------------------------------------------------- */

/* Natural logarithm, within 1 ulp; -INFINITY at 0, NaN below. */
double sim_log(double x);

/* e^x, within 1 ulp where the result is normal. */
double sim_exp(double x);

/* x^y for x >= 0, within 1 ulp where the result is normal; NaN for x < 0; 1 for y = 0. */
double sim_pow(double x, double y);

/* ln(1 + x) and e^x - 1, accurate near 0; within 4 ulp. */
double sim_log1p(double x);
double sim_expm1(double x);

/* ln of the gamma function for x > 0, to 2e-14 of the larger of it and 1; NaN below 0. */
double sim_log_gamma(double x);

/* P(G <= x) and P(G > x) for a gamma of the given shape > 0 and scale 1: the regularised
 * incomplete gamma functions, to about 1e-14 below shape 100. O(sqrt(shape)). */
double sim_gamma_cdf(double shape, double x);
double sim_gamma_tail(double shape, double x);

/* P(N <= x) for a normal with mean 0 and standard deviation 1. */
double sim_normal_cdf(double x);

/* The integral of e^(rate t) for t from 0 to length. */
double sim_exp_integral(double rate, double length);

#endif
