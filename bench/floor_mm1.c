/*
 * floor_mm1.c - the floor for M/M/1: a hand-written event loop that knows only this model.
 *
 *   floor_mm1 CUSTOMERS
 *
 * Poisson arrivals at 0.8 of the service rate, exponential service, one server, first come first
 * served. Time is integer nanoseconds; the mean service is SERVICE_NS. Events sit in a 4-ary heap
 * in exact (time, sequence) order and are called through a function pointer. The queue is a ring
 * of arrival times; the mean sojourn must come out at 5 services (theory: 1 / (1 - 0.8)).
 *
 * Left out: cancellation and ids, growth of heap and ring (both are far larger than ever needed,
 * and checked), every meter but the mean sojourn, named random streams.
 *
 * Why it is a fair floor: it is still an event-driven simulation, with a general heap, one
 * indirect call an event and a stored sequence, and nothing is shortened by what is known of the
 * model (a Lindley recursion would need no events at all). The one liberty is the usual one: an
 * event scheduled by a handler drops into the hole that the running event left at the root.
 */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LAYERS = 256, HEAP = 64, RING = 65536, SERVICE_NS = 1000000 };
static const double LOAD = 0.8;

struct mm1;
typedef void event_fn(struct mm1 *);

struct event {
    int64_t time_ns;
    uint64_t sequence;
    event_fn *fn;
};

struct mm1 {
    struct event heap[HEAP];
    uint64_t count; /* entries in the heap, the hole included */
    bool hole;      /* the root is the event being run, free to overwrite */
    bool busy;
    uint64_t sequence;
    int64_t now_ns;
    uint64_t rng[4];
    double arrival_mean_ns;
    uint64_t first, last; /* in the ring: customers served, customers arrived */
    uint64_t wanted;
    int64_t sojourn_sum_ns;
    int64_t ring[RING];
};

/* ---- random numbers: xoshiro256++ (Blackman and Vigna 2019), ziggurat (Marsaglia and Tsang
 * 2000) with 256 layers for the exponential ---- */

static struct {
    uint64_t limit;
    double scale;
} zig[LAYERS];
static double zig_density[LAYERS + 1];
static const double ZIG_EDGE = 7.69711747013104972, ZIG_AREA = 0.0039496598225815571993;

static inline uint64_t rotate(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

static inline uint64_t draw_bits(uint64_t s[4])
{
    uint64_t result = rotate(s[0] + s[3], 23) + s[0];
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

static void seed_random(uint64_t s[4], uint64_t seed)
{
    for (int i = 0; i < 4; i++) { /* splitmix64 */
        uint64_t z = (seed += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        s[i] = z ^ (z >> 31);
    }
}

static void build_ziggurat(void)
{
    const double unit = 0x1p53;
    double x = ZIG_AREA * exp(ZIG_EDGE), below = ZIG_EDGE;
    zig_density[0] = 0.0;
    for (int i = 0; i < LAYERS; i++) {
        zig[i].limit = (uint64_t)(below / x * unit);
        zig[i].scale = x / unit;
        zig_density[i + 1] = exp(-below);
        x = below;
        below = i + 2 < LAYERS ? -log(ZIG_AREA / x + exp(-x)) : 0.0;
    }
}

static inline double draw_unit(uint64_t s[4])
{
    return (double)(int64_t)(draw_bits(s) >> 11) * 0x1p-53;
}

/* The 1.1 % of draws that miss the inside of their layer. */
__attribute__((noinline)) static double draw_exp_slow(uint64_t s[4], uint64_t bits)
{
    double tail = 0.0;
    for (;;) {
        uint64_t i = bits & (LAYERS - 1), j = bits >> 11;
        double x = (double)(int64_t)j * zig[i].scale;
        if (j < zig[i].limit)
            return tail + x;
        if (i == 0) {
            tail += ZIG_EDGE;
        } else {
            double low = zig_density[i], high = zig_density[i + 1];
            if (low + draw_unit(s) * (high - low) < exp(-x))
                return tail + x;
        }
        bits = draw_bits(s);
    }
}

static inline double draw_exp(uint64_t s[4])
{
    uint64_t bits = draw_bits(s), i = bits & (LAYERS - 1), j = bits >> 11;
    if (__builtin_expect(j < zig[i].limit, 1))
        return (double)(int64_t)j * zig[i].scale;
    return draw_exp_slow(s, bits);
}

/* ---- the heap ---- */

static inline bool earlier(const struct event *a, const struct event *b)
{
    return a->time_ns < b->time_ns || (a->time_ns == b->time_ns && a->sequence < b->sequence);
}

/* Fills the hole at the root with `event`. */
static inline void sift_down(struct mm1 *m, struct event event)
{
    uint64_t at = 0;
    for (;;) {
        uint64_t child = 4 * at + 1, end = child + 4 < m->count ? child + 4 : m->count;
        if (child >= end)
            break;
        uint64_t best = child;
        for (uint64_t i = child + 1; i < end; i++)
            if (earlier(&m->heap[i], &m->heap[best]))
                best = i;
        if (earlier(&event, &m->heap[best]))
            break;
        m->heap[at] = m->heap[best];
        at = best;
    }
    m->heap[at] = event;
}

static inline void sift_up(struct mm1 *m, struct event event)
{
    if (m->count == HEAP)
        abort(); /* an M/M/1 has two events at most */
    uint64_t at = m->count++;
    while (at > 0 && earlier(&event, &m->heap[(at - 1) / 4])) {
        m->heap[at] = m->heap[(at - 1) / 4];
        at = (at - 1) / 4;
    }
    m->heap[at] = event;
}

static inline void schedule(struct mm1 *m, int64_t delay_ns, event_fn *fn)
{
    struct event event = {m->now_ns + delay_ns, m->sequence++, fn};
    if (m->hole) {
        m->hole = false;
        sift_down(m, event);
    } else {
        sift_up(m, event);
    }
}

/* ---- the model ---- */

static void depart(struct mm1 *m)
{
    m->sojourn_sum_ns += m->now_ns - m->ring[m->first++ % RING];
    m->busy = m->first != m->last;
    if (m->busy)
        schedule(m, (int64_t)(draw_exp(m->rng) * SERVICE_NS), depart);
}

static void arrive(struct mm1 *m)
{
    schedule(m, (int64_t)(draw_exp(m->rng) * m->arrival_mean_ns), arrive);
    m->ring[m->last++ % RING] = m->now_ns;
    if (m->last - m->first == RING)
        abort(); /* 0.8 ^ 65536: never */
    if (!m->busy) {
        m->busy = true;
        schedule(m, (int64_t)(draw_exp(m->rng) * SERVICE_NS), depart);
    }
}

static void run(struct mm1 *m)
{
    while (m->first < m->wanted) {
        m->now_ns = m->heap[0].time_ns;
        m->hole = true;
        m->heap[0].fn(m);
        if (m->hole) {
            m->hole = false;
            struct event moved = m->heap[--m->count];
            if (m->count > 0)
                sift_down(m, moved);
        }
    }
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    static struct mm1 m;
    uint64_t customers = argc == 2 ? strtoull(argv[1], NULL, 10) : 0;
    if (customers < 1 || customers > 1000000000000) {
        fputs("usage: floor_mm1 CUSTOMERS\nCUSTOMERS from 1 to 1000000000000\n", stderr);
        return 2;
    }
    build_ziggurat();
    seed_random(m.rng, 1);
    m.wanted = customers;
    m.arrival_mean_ns = SERVICE_NS / LOAD;
    schedule(&m, (int64_t)(draw_exp(m.rng) * m.arrival_mean_ns), arrive);
    double start = seconds();
    run(&m);
    double taken = seconds() - start;
    printf("{\"customers_per_s\": %.0f, \"mean_sojourn\": %.4f}\n", (double)customers / taken,
           (double)m.sojourn_sum_ns / (double)customers / SERVICE_NS);
    return 0;
}
