/*
 * random.c - streams, hashing, and the ziggurats' slow paths.
 */
#include "sim/random.h"

#include <math.h>
#include <string.h>

#include "ziggurat_tables.h"

static const uint64_t golden = UINT64_C(0x9e3779b97f4a7c15); /* 2^64 / golden ratio, odd */

uint64_t sim_hash64(const void *data, size_t bytes, uint64_t seed)
{
    const unsigned char *p = data;
    uint64_t hash = sim_mix64(seed + golden) + (uint64_t)bytes * golden;
    while (bytes > 0) {
        size_t take = bytes < 8 ? bytes : 8;
        uint64_t word = 0;
        for (size_t i = 0; i < take; i++) {
            word |= (uint64_t)p[i] << (8 * i);
        }
        hash = sim_mix64(hash ^ word) + golden;
        p += take;
        bytes -= take;
    }
    return sim_mix64(hash);
}

/* Two 64-bit hashes of the name, each spread over two words of the state by SplitMix64. The
 * first two words are images of different numbers under a bijection: never both zero. */
void sim_stream_init(struct sim_stream *stream, uint64_t seed, uint64_t replication,
                     const char *component, const char *purpose)
{
    size_t component_bytes = strlen(component);
    size_t purpose_bytes = strlen(purpose);
    for (uint64_t half = 0; half < 2; half++) {
        uint64_t hash = sim_mix64(sim_mix64(seed + (half + 1) * golden) + replication);
        hash = sim_hash64(component, component_bytes, hash);
        hash = sim_hash64(purpose, purpose_bytes, hash);
        stream->s[2 * half] = sim_mix64(hash + golden);
        stream->s[2 * half + 1] = sim_mix64(hash + 2 * golden);
    }
}

/* Called when x may lie outside the curve in its layer. In the bottom layer x is in the tail, which
 * has the shape of the whole: start again, shifted by the start of the tail. */
double sim__exponential_slow(struct sim_stream *stream, uint64_t layer, double x)
{
    double base = 0.0;
    for (;;) {
        if (layer == 0) {
            base += sim__exponential_start;
        } else {
            double low = exponential_density[layer];
            double high = exponential_density[layer + 1];
            if (low + sim_draw_uniform(stream) * (high - low) < sim_exp(-x)) {
                return base + x;
            }
        }
        uint64_t bits = sim_draw_bits(stream);
        uint64_t value = bits >> 11;
        layer = bits & 255;
        x = (double)(int64_t)value * sim__exponential_layers[layer].width;
        if (value < sim__exponential_layers[layer].inside) {
            return base + x;
        }
    }
}

/* The tail beyond the ziggurat: Marsaglia 1964, with exponential draws in place of logarithms. */
double sim__normal_beyond(struct sim_stream *stream)
{
    for (;;) {
        double x = sim_draw_exponential(stream) / sim__normal_start;
        double y = sim_draw_exponential(stream);
        if (y + y > x * x) {
            return sim__normal_start + x;
        }
    }
}

/* Bits 0-7 choose the layer, bit 8 the sign, bits 11-63 the value. */
double sim_draw_normal(struct sim_stream *stream)
{
    for (;;) {
        uint64_t bits = sim_draw_bits(stream);
        uint64_t value = bits >> 11;
        uint64_t layer = bits & 255;
        double sign = (double)(1 - (int)((bits >> 7) & 2));
        double x = (double)(int64_t)value * sim__normal_layers[layer].width;
        if (value < sim__normal_layers[layer].inside) {
            return sign * x;
        }
        if (layer == 0) {
            return sign * sim__normal_beyond(stream);
        }
        double low = normal_density[layer];
        double high = normal_density[layer + 1];
        if (low + sim_draw_uniform(stream) * (high - low) < sim_exp(-0.5 * x * x)) {
            return sign * x;
        }
    }
}

double sim_draw_gamma(struct sim_stream *stream, double shape)
{
    double boost = 1.0;
    if (shape < 1.0) { /* G(a) = G(a + 1) U^(1/a), and -ln U is exponential */
        boost = sim_exp(-sim_draw_exponential(stream) / shape);
        shape += 1.0;
    }
    double d = shape - 1.0 / 3;
    double c = 1.0 / sqrt(9.0 * d);
    for (;;) {
        double x = sim_draw_normal(stream);
        double v = 1.0 + c * x;
        if (v <= 0.0) {
            continue;
        }
        v = v * v * v;
        double u = sim_draw_uniform(stream);
        double x2 = x * x;
        if (u < 1.0 - 0.0331 * (x2 * x2)) {
            return d * v * boost;
        }
        if (sim_log(u) < 0.5 * x2 + d * (1.0 - v + sim_log(v))) {
            return d * v * boost;
        }
    }
}
