/*
 * floor_hold.c - the floor for the hold model: a calendar queue that is told its bucket width.
 *
 *   floor_hold N STEPS [--dist exp|skewed|bimodal|bursty] [--cancel K]
 *
 * N events are always pending. A step pops the earliest one, in exact (time, sequence) order,
 * calls it through its function pointer, and the handler draws an increment and schedules the
 * event again. With --cancel K every K-th step also unlinks a random pending event, in O(1), and
 * schedules it anew. Only the steps after a warm-up of at least N steps are timed.
 *
 * The queue: 4 N or 8 N buckets (rounded up to a power of two) in a ring, each half the known mean
 * gap between events wide; a list of u32 links for each; a bitmap of the buckets that hold
 * something. A push goes to the front of its bucket unread. A bucket is sorted once, when the
 * clock enters it; as its list is in reverse order of pushing, a stable sort gives (time,
 * sequence) without a stored sequence. What lies beyond the ring waits in an array in order of
 * pushing, which is looked through every half turn.
 *
 * Left out: finding the width and adapting it (it is given), ids with a generation, growth, the
 * choice of another event than the one just popped, error returns, and any observation.
 *
 * Why it is a fair floor: it keeps the exact order, the indirect call and O(1) cancellation that
 * any kernel owes its models, and gives up only generality. An event is 32 bytes, a bucket 4; no
 * branch waits on a cache miss of a push, and the events of the next 64 buckets are prefetched.
 */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WIDTH_SHIFT = 9, GAP_NS = 1024, BURST_NS = 64 * GAP_NS, LAYERS = 256 };
enum { NIL = 0, FIRST = 1 }; /* NIL takes stray writes */

struct hold;
typedef void event_fn(struct hold *, void *self, uint32_t event);

struct event {
    int64_t time_ns;
    event_fn *fn;
    void *self;
    uint32_t next, prev; /* in its bucket; beyond the ring, prev is the place in far[] */
};

struct hold {
    struct event *events;
    uint32_t *heads;  /* first event of each bucket, or NIL */
    uint64_t *filled; /* one bit a bucket */
    uint32_t *far;    /* events beyond the ring in order of pushing, NIL where cancelled */
    uint64_t far_count;
    uint64_t mask;    /* buckets - 1 */
    uint64_t word;    /* the word of `filled` the clock is in */
    uint64_t end;     /* the first word of the next half */
    uint64_t horizon; /* the first bucket number that lies beyond the ring */
    uint64_t current; /* the bucket number of the last event popped; sorted */
    int64_t now_ns;
    uint64_t rng[4];
    double mean_ns;
    uint64_t pending;
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

/* ---- the calendar ---- */

static inline uint64_t bucket_of(int64_t time_ns)
{
    return (uint64_t)time_ns >> WIDTH_SHIFT;
}

static inline void push_front(struct hold *h, uint64_t bucket, uint32_t e)
{
    uint64_t at = bucket & h->mask;
    uint32_t next = h->heads[at];
    h->events[e].next = next;
    h->events[e].prev = NIL;
    h->events[next].prev = e; /* the bucket may be empty: then NIL takes the write */
    h->heads[at] = e;
    h->filled[at >> 6] |= (uint64_t)1 << (at & 63);
}

/* Puts e into the sorted list of the current bucket; after its equals if `newest`. */
static void push_sorted(struct hold *h, uint32_t e, bool newest)
{
    struct event *events = h->events;
    uint64_t at = h->current & h->mask;
    uint32_t before = NIL, next = h->heads[at];
    int64_t key = events[e].time_ns + (newest ? 1 : 0);
    while (next != NIL && events[next].time_ns < key) {
        before = next;
        next = events[next].next;
    }
    events[e].next = next;
    events[e].prev = before;
    events[next].prev = e;
    if (before != NIL)
        events[before].next = e;
    else
        h->heads[at] = e;
    h->filled[at >> 6] |= (uint64_t)1 << (at & 63);
}

/* Moves what the ring now reaches out of far[], in order, and closes the gaps. */
__attribute__((noinline)) static void sift_far(struct hold *h)
{
    uint64_t kept = 0;
    for (uint64_t i = 0; i < h->far_count; i++) {
        uint32_t e = h->far[i];
        if (i + 16 < h->far_count)
            __builtin_prefetch(&h->events[h->far[i + 16]]);
        if (e == NIL)
            continue;
        uint64_t bucket = bucket_of(h->events[e].time_ns);
        if (bucket < h->horizon) {
            push_front(h, bucket, e);
        } else {
            h->events[e].prev = (uint32_t)kept;
            h->far[kept++] = e;
        }
    }
    h->far_count = kept;
}

static inline void push_far(struct hold *h, uint32_t e)
{
    if (h->far_count == 2 * h->pending)
        sift_far(h);
    h->events[e].prev = (uint32_t)h->far_count;
    h->far[h->far_count++] = e;
}

static inline void push(struct hold *h, uint32_t e, int64_t time_ns)
{
    uint64_t bucket = bucket_of(time_ns);
    h->events[e].time_ns = time_ns;
    if (__builtin_expect(bucket - h->current - 1 < h->horizon - h->current - 1, 1))
        push_front(h, bucket, e);
    else if (bucket == h->current)
        push_sorted(h, e, true);
    else
        push_far(h, e);
}

static void unlink_event(struct hold *h, uint32_t e)
{
    uint64_t bucket = bucket_of(h->events[e].time_ns), at = bucket & h->mask;
    uint32_t next = h->events[e].next, prev = h->events[e].prev;
    if (bucket >= h->horizon) {
        h->far[prev] = NIL;
        return;
    }
    h->events[next].prev = prev;
    if (prev != NIL) {
        h->events[prev].next = next;
    } else {
        h->heads[at] = next;
        h->filled[at >> 6] &= ~((uint64_t)(next == NIL) << (at & 63));
    }
}

/* Half a turn done: the ring now reaches half a turn further. */
static void reach_further(struct hold *h)
{
    uint64_t half = (h->mask + 1) / 2;
    h->horizon += half;
    if (h->word > h->mask >> 6)
        h->word = 0;
    h->end = h->word + half / 64;
    sift_far(h);
}

/* To the next word that has a bit; the events of the word after it are asked for on the way. */
static uint64_t next_word(struct hold *h)
{
    uint64_t bits;
    do {
        if (++h->word == h->end)
            reach_further(h);
        uint64_t ahead = (h->word + 1) & (h->mask >> 6);
        for (bits = h->filled[ahead]; bits != 0; bits &= bits - 1)
            __builtin_prefetch(&h->events[h->heads[ahead * 64 + (uint64_t)__builtin_ctzll(bits)]]);
        bits = h->filled[h->word];
    } while (bits == 0);
    return bits;
}

/* The clock enters a bucket of several: sort it. Its list is newest first, hence `false`. */
static void sort_bucket(struct hold *h, uint64_t at)
{
    uint32_t e = h->heads[at];
    h->heads[at] = NIL;
    while (e != NIL) {
        uint32_t next = h->events[e].next;
        push_sorted(h, e, false);
        e = next;
    }
}

static inline uint32_t pop(struct hold *h)
{
    uint64_t bits = h->filled[h->word];
    if (bits == 0)
        bits = next_word(h);
    uint64_t at = h->word * 64 + (uint64_t)__builtin_ctzll(bits);
    uint32_t e = h->heads[at], next = h->events[e].next;
    uint64_t bucket = bucket_of(h->events[e].time_ns);
    if (next != NIL && bucket != h->current) {
        h->current = bucket;
        sort_bucket(h, at);
        e = h->heads[at];
        next = h->events[e].next;
    }
    h->current = bucket;
    h->heads[at] = next;
    h->events[next].prev = NIL;
    h->filled[h->word] = bits & ~((uint64_t)(next == NIL) << (at & 63));
    return e;
}

/* ---- the model: one handler for each distribution of the increment, all of mean mean_ns ---- */

static void hold_exp(struct hold *h, void *self, uint32_t e)
{
    (void)self;
    push(h, e, h->now_ns + (int64_t)(draw_exp(h->rng) * h->mean_ns));
}

/* Weibull of shape 1/3: the cube of an exponential, whose mean is 6. */
static void hold_skewed(struct hold *h, void *self, uint32_t e)
{
    (void)self;
    double x = draw_exp(h->rng);
    push(h, e, h->now_ns + (int64_t)(x * x * x / 6.0 * h->mean_ns));
}

/* Nine in ten are short (0.1 of the mean), one in ten long (9.1). */
static void hold_bimodal(struct hold *h, void *self, uint32_t e)
{
    (void)self;
    double mean_ns = h->mean_ns * (draw_unit(h->rng) < 0.9 ? 0.1 : 9.1);
    push(h, e, h->now_ns + (int64_t)(draw_exp(h->rng) * mean_ns));
}

/* Exponential, but everything happens at the next multiple of 64 gaps: 64 events an instant. */
static void hold_bursty(struct hold *h, void *self, uint32_t e)
{
    (void)self;
    int64_t time_ns = h->now_ns + (int64_t)(draw_exp(h->rng) * h->mean_ns);
    push(h, e, (time_ns | (BURST_NS - 1)) + 1);
}

static event_fn *distribution(const char *name)
{
    static const struct {
        const char *name;
        event_fn *fn;
    } known[] = {{"exp", hold_exp},
                 {"skewed", hold_skewed},
                 {"bimodal", hold_bimodal},
                 {"bursty", hold_bursty}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(name, known[i].name) == 0)
            return known[i].fn;
    return NULL;
}

static void cancel_one(struct hold *h)
{
    uint64_t pick = ((draw_bits(h->rng) >> 32) * h->pending) >> 32;
    struct event *event = &h->events[FIRST + pick];
    unlink_event(h, (uint32_t)(FIRST + pick));
    event->fn(h, event->self, (uint32_t)(FIRST + pick));
}

static uint64_t run(struct hold *h, uint64_t steps, uint64_t cancel_every)
{
    uint64_t sum = 0, until_cancel = cancel_every;
    for (uint64_t i = 0; i < steps; i++) {
        uint32_t e = pop(h);
        struct event *event = &h->events[e];
        h->now_ns = event->time_ns;
        sum = (sum ^ (uint64_t)event->time_ns ^ ((uint64_t)e << 40)) * 0x9e3779b97f4a7c15u;
        event->fn(h, event->self, e);
        if (cancel_every != 0 && --until_cancel == 0) {
            until_cancel = cancel_every;
            cancel_one(h);
        }
    }
    return sum;
}

static bool set_up(struct hold *h, uint64_t pending, event_fn *fn)
{
    uint64_t buckets = 256, least = pending * (pending < 16384 ? 8 : 4); /* measured best */
    while (buckets < least)
        buckets *= 2;
    *h = (struct hold){.mask = buckets - 1, .pending = pending, .horizon = buckets};
    h->mean_ns = (double)pending * GAP_NS;
    h->end = buckets / 128;
    h->current = UINT64_MAX;
    h->events = calloc(FIRST + pending, sizeof *h->events);
    h->heads = calloc(buckets, sizeof *h->heads);
    h->filled = calloc(buckets / 64, sizeof *h->filled);
    h->far = calloc(2 * pending, sizeof *h->far);
    if (h->events == NULL || h->heads == NULL || h->filled == NULL || h->far == NULL)
        return false;
    build_ziggurat();
    seed_random(h->rng, 1);
    for (uint64_t i = 0; i < pending; i++) {
        h->events[FIRST + i].fn = fn;
        h->events[FIRST + i].self = h;
        fn(h, h, (uint32_t)(FIRST + i));
    }
    return true;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int usage(void)
{
    fputs("usage: floor_hold N STEPS [--dist exp|skewed|bimodal|bursty] [--cancel K]\n"
          "N from 1 to 100000000, STEPS at least 1\n",
          stderr);
    return 2;
}

int main(int argc, char **argv)
{
    static struct hold h;
    event_fn *fn = hold_exp;
    uint64_t cancel_every = 0;
    if (argc < 3 || argc % 2 == 0)
        return usage();
    uint64_t pending = strtoull(argv[1], NULL, 10), steps = strtoull(argv[2], NULL, 10);
    for (int i = 3; i < argc; i += 2) {
        if (strcmp(argv[i], "--dist") == 0)
            fn = distribution(argv[i + 1]);
        else if (strcmp(argv[i], "--cancel") == 0)
            cancel_every = strtoull(argv[i + 1], NULL, 10);
        else
            return usage();
    }
    if (fn == NULL || pending < 1 || pending > 100000000 || steps < 1)
        return usage();
    if (!set_up(&h, pending, fn)) {
        fputs("floor_hold: out of memory\n", stderr);
        return 3;
    }
    run(&h, pending < 1000000 ? 1000000 : pending, cancel_every);
    double start = seconds();
    uint64_t sum = run(&h, steps, cancel_every);
    double taken = seconds() - start;
    printf("{\"ns_per_event\": %.2f, \"events\": %" PRIu64 ", \"checksum\": %" PRIu64 "}\n",
           taken * 1e9 / (double)steps, steps, sum);
    free(h.events);
    free(h.heads);
    free(h.filled);
    free(h.far);
    return 0;
}
