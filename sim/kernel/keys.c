/* keys.c - which key a request is for.
 *
 * Zipf: one alias table (Walker 1977, Vose 1991) has as outcomes the first 512 ranks, each alone,
 * and then blocks of consecutive ranks. A block's length is 1/64 of its first rank, and its weight
 * is that of as many ranks as likely as its first. Within a block a rank is drawn uniformly and
 * accepted with the probability p(rank) / p(first). This is above (64/65)^exponent, so the power is
 * seldom computed (a squeeze). The method is exact. With 10^6 keys it has about 1000 outcomes, 20
 * KiB in all.
 *
 * ns per draw, exponent 1, gcc 12 -O2, a shared EPYC: medians of 41 interleaved rounds, +- 30 %.
 * "Cold" is what a draw adds to 8 reads of random lines of 32 MB, which cost 190 to 260.
 *     keys                            10^3          10^6          10^7       to build, 10^6
 *                                  warm  cold    warm  cold    warm  cold
 *     this                            9    47      14    50      14    60         40 us
 *     alias over all, 8 bytes a key   5    25      23    30      28    60         14 ms
 *     rejection-inversion            23   120      20   115      23   120          none
 * Rejection-inversion is Hoermann and Derflinger 1996; in other runs it took 40 ns warm. The alias
 * table over all keys wins where the keys are few or caches are always cold; this one wins warm
 * from 10^6 keys, holds 20 KiB for 8 MB, and has no limit of memory on the number of keys. */
#include "sim/random.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    HEAD = 512,
    BLOCK_PART = 64,
    DIRECT_TERMS =
        1024, /* terms of the harmonic sum that are added one by one; the rest by Euler-Maclaurin */
    INDEX_BITS = 12, /* of an alias column; 512 + 64 ln(2^48 / 512) = 2242 outcomes at most */
    INDEX_MASK = (1 << INDEX_BITS) - 1,
};

static double power_of(double rank, double exponent)
{
    return exponent == 1.0 ? 1.0 / rank : sim_pow(rank, -exponent);
}

/* The sum of k^-s for k = 1 .. n: 1024 terms, smallest first, and the Euler-Maclaurin formula,
 * whose first omitted term is below 1e-17 of the sum. */
static double harmonic_sum(uint64_t n, double s)
{
    uint64_t direct = n < DIRECT_TERMS ? n : DIRECT_TERMS;
    double sum = 0.0;
    for (uint64_t k = direct; k > 0; k--) {
        sum += power_of((double)k, s);
    }
    if (n == direct) {
        return sum;
    }
    double a = (double)direct;
    double b = (double)n;
    double fa = power_of(a, s);
    double fb = power_of(b, s);
    double integral = a * fa * sim_exp_integral(1.0 - s, sim_log(b / a));
    double first = s * (fa / a - fb / b);
    double third = s * (s + 1.0) * (s + 2.0) * (fa / (a * a * a) - fb / (b * b * b));
    return sum + (integral + 0.5 * (fb - fa) + first / 12 - third / 720);
}

/* Vose 1991: a column keeps its outcome with the probability in its upper 52 bits, and gives the
 * outcome in its lower 12 otherwise. `weights` is overwritten; `work` has `count` entries. */
static void fill_columns(uint64_t *columns, double *weights, uint32_t *work, uint32_t count)
{
    double sum = 0.0;
    for (uint32_t i = count; i-- > 0;) {
        sum += weights[i];
    }
    uint32_t small = 0;     /* work[0 .. small): outcomes lighter than the average */
    uint32_t large = count; /* work[large .. count): the others */
    for (uint32_t i = 0; i < count; i++) {
        weights[i] *= (double)count / sum;
        columns[i] = ~(uint64_t)INDEX_MASK | i;
        if (weights[i] < 1.0) {
            work[small++] = i;
        } else {
            work[--large] = i;
        }
    }
    while (small > 0 && large < count) {
        uint32_t giver = work[large];
        uint32_t taker = work[--small];
        columns[taker] = (uint64_t)(weights[taker] * 0x1p52) << INDEX_BITS | giver;
        weights[giver] -= 1.0 - weights[taker];
        if (weights[giver] < 1.0) {
            large++;
            work[small++] = giver;
        }
    }
}

static uint64_t block_length(uint64_t first, uint64_t n)
{
    uint64_t length = first / BLOCK_PART;
    uint64_t left = n - first + 1;
    return length < left ? length : left;
}

/* Fills the blocks and the weights of all outcomes. */
static void fill_blocks(struct sim_keys *keys, struct sim_key_block *blocks, double *weights)
{
    for (uint32_t i = 0; i < keys->head; i++) {
        weights[i] = power_of((double)(i + 1), keys->exponent);
    }
    uint64_t first = (uint64_t)keys->head + 1;
    for (uint32_t i = keys->head; i < keys->column_count; i++) {
        uint64_t length = block_length(first, keys->n);
        double ratio = (double)first / (double)(first + length - 1);
        double sure = sim_pow(ratio, keys->exponent) *
                      (1.0 - 0x1p-40); /* rounded to the safe side */
        weights[i] = (double)length * power_of((double)first, keys->exponent);
        blocks[i - keys->head] = (struct sim_key_block){first, length, (uint64_t)(sure * 0x1p64)};
        first += length;
    }
}

int sim_keys_uniform(struct sim_keys *keys, uint64_t n)
{
    *keys = (struct sim_keys){.kind = SIM_KEYS_UNIFORM, .n = n};
    return n > 0 ? 0 : -1;
}

int sim_keys_zipf(struct sim_keys *keys, uint64_t n, double exponent)
{
    *keys = (struct sim_keys){.kind = SIM_KEYS_ZIPF};
    if (n == 0 || n > SIM_KEYS_ZIPF_MAX || !(exponent >= 0.0 && exponent <= 100.0)) {
        return -1;
    }
    uint32_t head = n < HEAD ? (uint32_t)n : HEAD;
    uint32_t count = head;
    for (uint64_t first = (uint64_t)head + 1; first <= n; first += block_length(first, n)) {
        count++;
    }
    assert(count <= INDEX_MASK);
    size_t column_bytes = count * sizeof(uint64_t);
    size_t block_bytes = (count - head) * sizeof(struct sim_key_block);
    uint64_t *columns = malloc(column_bytes + block_bytes);
    double *weights = malloc(count * (sizeof(double) + sizeof(uint32_t)));
    if (columns == NULL || weights == NULL) {
        free(columns);
        free(weights);
        return -1;
    }
    struct sim_key_block *blocks = (struct sim_key_block *)(void *)(columns + count);
    *keys = (struct sim_keys){.kind = SIM_KEYS_ZIPF,
                              .head = head,
                              .column_count = count,
                              .n = n,
                              .exponent = exponent,
                              .total = harmonic_sum(n, exponent),
                              .columns = columns,
                              .blocks = blocks};
    fill_blocks(keys, blocks, weights);
    fill_columns(columns, weights, (uint32_t *)(void *)(weights + count), count);
    free(weights);
    return 0;
}

int sim_keys_hot_set(struct sim_keys *keys, uint64_t n, uint64_t hot, double share)
{
    *keys = (struct sim_keys){.kind = SIM_KEYS_HOT_SET};
    if (n == 0 || hot > n || !(share >= 0.0 && share <= 1.0)) {
        return -1;
    }
    if ((hot == 0 && share > 0.0) || (hot == n && share < 1.0)) {
        return -1;
    }
    keys->n = n;
    keys->hot = hot;
    keys->share = share;
    return 0;
}

void sim_keys_free(struct sim_keys *keys)
{
    free(keys->columns);
    *keys = (struct sim_keys){.kind = SIM_KEYS_UNIFORM};
}

static uint64_t draw_zipf(const struct sim_keys *keys, struct sim_stream *stream)
{
    const uint64_t mask = INDEX_MASK;
    for (;;) {
        sim__uint128 product = (sim__uint128)sim_draw_bits(stream) * keys->column_count;
        uint64_t outcome = (uint64_t)(product >> 64);
        uint64_t column = keys->columns[outcome];
        outcome = (uint64_t)product < (column & ~mask) ? outcome : column & mask;
        if (outcome < keys->head) {
            return outcome;
        }
        const struct sim_key_block *block = &keys->blocks[outcome - keys->head];
        product = (sim__uint128)sim_draw_bits(stream) * block->count;
        uint64_t rank = block->first + (uint64_t)(product >> 64);
        if ((uint64_t)product < block->sure) {
            return rank - 1;
        }
        double ratio = (double)block->first / (double)rank;
        if ((double)(uint64_t)product * 0x1p-64 < sim_pow(ratio, keys->exponent)) {
            return rank - 1;
        }
    }
}

uint64_t sim_keys_draw(const struct sim_keys *keys, struct sim_stream *stream)
{
    switch (keys->kind) {
    case SIM_KEYS_ZIPF: return draw_zipf(keys, stream);
    case SIM_KEYS_HOT_SET:
        if (sim_draw_chance(stream, keys->share)) {
            return sim_draw_below(stream, keys->hot);
        }
        return keys->hot + sim_draw_below(stream, keys->n - keys->hot);
    case SIM_KEYS_UNIFORM: break;
    }
    return sim_draw_below(stream, keys->n);
}

double sim_keys_probability(const struct sim_keys *keys, uint64_t key)
{
    if (key >= keys->n) {
        return 0.0;
    }
    switch (keys->kind) {
    case SIM_KEYS_ZIPF: return power_of((double)(key + 1), keys->exponent) / keys->total;
    case SIM_KEYS_HOT_SET:
        if (key < keys->hot) {
            return keys->share / (double)keys->hot;
        }
        return (1.0 - keys->share) / (double)(keys->n - keys->hot);
    case SIM_KEYS_UNIFORM: break;
    }
    return 1.0 / (double)keys->n;
}
