/*
 * floor_cache_aside.c - the floor for cache-aside: a hand-written program that does only that.
 *
 *   floor_cache_aside REQUESTS RATE          (RATE in requests/s, 20000 is the reference)
 *
 * Open Poisson client (1 s timeout) -> service (64 servers, exponential 1.6 ms: half busy at
 * 20000/s) -> LRU cache (20 us a lookup, never a queue; 10^5 of 10^6 keys, Zipf 0.99) -> on a miss
 * the store (64 connections, exponential 1 ms); every hop is a link of 250 us each way. The
 * answer of the store fills the cache on its way back. The service holds a server for its own
 * time only, not while it waits for the cache. A reply after the timeout is counted as late. The
 * client records every latency in a log-linear histogram (128 buckets an octave), one for each
 * second, added up into one for the run, and counts hits and misses. It starts cold, and all
 * REQUESTS are timed; building the tables is not.
 *
 * The events: what has a constant delay goes through a FIFO lane (one for all links, one for the
 * lookup, one for the timeouts, which is the ring of requests itself: a timeout is cancelled by
 * marking its request), only exponential completions through a 4-ary heap; the next event is the
 * least of the next arrival, three lane heads and the top of the heap.
 *
 * Left out: a function pointer an event (a switch on what is next instead), sequence numbers
 * (two events in one nanosecond run in an order that is fixed but not that of scheduling), any
 * other meter than the client's, retries, faults, regions, sizes, cost and truth.
 *
 * Why it is a fair floor: every hop, queue, timer and key touch of the scenario happens, in
 * order, on 13 MB of tables as in a real run; what is saved is only what knowing the scenario
 * beforehand saves.
 */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Compiled twice: as most would write it, and (FLOOR_PREFETCHES) asking memory one request ahead
 * for what the next will touch, which is the fastest form found. */
#ifdef FLOOR_PREFETCHES
#define expect_soon(address) __builtin_prefetch(address)
#else
#define expect_soon(address) ((void)(address))
#endif

enum { LAYERS = 256, KEYS = 1000000, CACHED = 100000, SERVERS = 64, CONNECTIONS = 64 };
enum { LINK_NS = 250000, LOOKUP_NS = 20000, SERVICE_NS = 1600000, STORE_NS = 1000000 };
enum { SECOND_NS = 1000000000, TIMEOUT_NS = SECOND_NS, LANE = 65536, HEAP = 256, NONE = 0 };
enum { SUB_BITS = 7, SUB = 1 << SUB_BITS, BUCKETS = (64 - SUB_BITS) * SUB };
static const double ZIPF = 0.99;

/* What an event in a lane or in the heap means when its time comes. */
enum stage { AT_SERVICE, AT_CACHE, AT_STORE, FILL_CACHE, REPLY_SERVICE, REPLY_CLIENT };
/* In one nanosecond the lowest source goes first: a reply at the instant of its timeout is late. */
enum source { TIMEOUT, ARRIVAL, LINK, LOOKUP, COMPLETION, SOURCES };
enum state { PENDING, TIMED_OUT, DONE };

struct event {
    int64_t time_ns;
    uint32_t request;
    uint32_t stage;
};

struct lane {
    uint32_t first, last;
    struct event ring[LANE];
};

struct request {
    int64_t sent_ns;
    uint32_t key;
    uint16_t state;
    uint16_t hit;
};

struct station {
    uint32_t busy, servers;
    double mean_ns;
    uint32_t first, last;
    uint32_t queue[LANE];
};

struct entry {
    uint32_t key, newer, older;
};

struct world {
    int64_t now_ns;
    int64_t next[8]; /* by source: time << 3 | source; INT64_MAX where nothing is due */
    uint64_t rng[4];
    uint64_t key_bits; /* drawn ahead for the next request */
    double gap_ns;
    struct lane links, lookups;
    struct station service, store;
    struct event heap[HEAP];
    uint32_t heap_count;
    struct request *requests; /* a ring; a request's number & mask is its place */
    uint32_t mask, oldest, timer, sent, wanted;
    struct {
        uint32_t keep, alias;
    } zipf[KEYS];
    uint32_t where[KEYS];         /* key -> entry */
    struct entry lru[CACHED + 1]; /* entry 0 closes the ring: newest after it, oldest before */
    uint32_t cached;
    uint32_t window[BUCKETS];
    uint64_t whole[BUCKETS];
    int64_t window_end_ns;
    uint64_t answered, late, timeouts, hits, misses;
    double worst_p99_ms;
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

/* ---- Zipf keys by an alias table (Walker 1977, built as Vose 1991) ---- */

static bool build_zipf(struct world *w)
{
    double *share = malloc(KEYS * sizeof *share), sum = 0.0;
    uint32_t *small = malloc(KEYS * sizeof *small), *large = malloc(KEYS * sizeof *large);
    uint32_t smalls = 0, larges = 0;
    bool ok = share != NULL && small != NULL && large != NULL;
    for (uint32_t k = 0; ok && k < KEYS; k++)
        sum += share[k] = pow(k + 1.0, -ZIPF);
    for (uint32_t k = 0; ok && k < KEYS; k++) {
        share[k] *= KEYS / sum;
        w->zipf[k].keep = UINT32_MAX;
        w->zipf[k].alias = k;
        if (share[k] < 1.0)
            small[smalls++] = k;
        else
            large[larges++] = k;
    }
    while (ok && smalls > 0 && larges > 0) {
        uint32_t s = small[--smalls], l = large[larges - 1];
        w->zipf[s].keep = (uint32_t)(share[s] * 0x1p32);
        w->zipf[s].alias = l;
        share[l] -= 1.0 - share[s];
        if (share[l] < 1.0) {
            larges--;
            small[smalls++] = l;
        }
    }
    free(share);
    free(small);
    free(large);
    return ok;
}

/* The key of this request, and the bits of the next one's, whose column is asked for now. */
static inline uint32_t draw_key(struct world *w)
{
    uint64_t bits = w->key_bits;
    uint32_t column = (uint32_t)(((bits >> 32) * KEYS) >> 32);
    w->key_bits = draw_bits(w->rng);
    expect_soon(&w->zipf[((w->key_bits >> 32) * KEYS) >> 32]);
    return (uint32_t)bits < w->zipf[column].keep ? column : w->zipf[column].alias;
}

/* ---- lanes and the heap of completions ---- */

__attribute__((noreturn, noinline)) static void too_small(const char *what)
{
    fprintf(stderr, "floor_cache_aside: %s is full; a lower RATE is needed\n", what);
    exit(3);
}

static inline void lane_push(struct world *w, struct lane *lane, enum source source,
                             int64_t delay_ns, uint32_t request, enum stage stage)
{
    int64_t time_ns = w->now_ns + delay_ns;
    if (lane->first == lane->last)
        w->next[source] = time_ns << 3 | (int64_t)source;
    lane->ring[lane->last++ % LANE] = (struct event){time_ns, request, stage};
    if (lane->last - lane->first == LANE)
        too_small("a lane");
}

static inline struct event lane_pop(struct world *w, struct lane *lane, enum source source)
{
    struct event event = lane->ring[lane->first++ % LANE];
    int64_t head_ns = lane->ring[lane->first % LANE].time_ns;
    w->next[source] = lane->first != lane->last ? head_ns << 3 | (int64_t)source : INT64_MAX;
    return event;
}

static inline void cross_link(struct world *w, uint32_t request, enum stage stage)
{
    lane_push(w, &w->links, LINK, LINK_NS, request, stage);
}

static inline void heap_push(struct world *w, struct event event)
{
    uint32_t at = w->heap_count++;
    while (at > 0 && event.time_ns < w->heap[(at - 1) / 4].time_ns) {
        w->heap[at] = w->heap[(at - 1) / 4];
        at = (at - 1) / 4;
    }
    w->heap[at] = event;
    w->next[COMPLETION] = w->heap[0].time_ns << 3 | COMPLETION;
}

/* At most SERVERS + CONNECTIONS wait; the places after the last hold INT64_MAX, so that a node
 * always has four children to choose from. */
static inline struct event heap_pop(struct world *w)
{
    struct event top = w->heap[0], moved = w->heap[--w->heap_count];
    uint32_t at = 0;
    w->heap[w->heap_count].time_ns = INT64_MAX;
    if (w->heap_count == 0) {
        w->next[COMPLETION] = INT64_MAX;
        return top;
    }
    while (4 * at + 1 < w->heap_count) {
        const struct event *c = &w->heap[4 * at + 1];
        uint32_t a = c[1].time_ns < c[0].time_ns ? 1 : 0;
        uint32_t b = c[3].time_ns < c[2].time_ns ? 3 : 2;
        uint32_t best = c[b].time_ns < c[a].time_ns ? b : a;
        if (moved.time_ns <= c[best].time_ns)
            break;
        w->heap[at] = c[best];
        at = 4 * at + 1 + best;
    }
    w->heap[at] = moved;
    w->next[COMPLETION] = w->heap[0].time_ns << 3 | COMPLETION;
    return top;
}

/* ---- service and store: servers and a queue ---- */

static inline void start(struct world *w, struct station *s, uint32_t request, enum stage stage)
{
    int64_t time_ns = w->now_ns + (int64_t)(draw_exp(w->rng) * s->mean_ns);
    heap_push(w, (struct event){time_ns, request, stage});
}

static inline void enter(struct world *w, struct station *s, uint32_t request, enum stage stage)
{
    if (s->busy < s->servers) {
        s->busy++;
        start(w, s, request, stage);
    } else {
        s->queue[s->last++ % LANE] = request;
        if (s->last - s->first == LANE)
            too_small("a queue");
    }
}

static inline void leave(struct world *w, struct station *s, enum stage stage)
{
    if (s->first != s->last)
        start(w, s, s->queue[s->first++ % LANE], stage);
    else
        s->busy--;
}

/* ---- the cache ---- */

static inline void lru_insert_newest(struct world *w, uint32_t e)
{
    uint32_t second = w->lru[0].older;
    w->lru[e].newer = 0;
    w->lru[e].older = second;
    w->lru[second].newer = e;
    w->lru[0].older = e;
}

static inline void lru_unlink(struct world *w, uint32_t e)
{
    uint32_t newer = w->lru[e].newer, older = w->lru[e].older;
    w->lru[newer].older = older;
    w->lru[older].newer = newer;
}

static inline bool look_up(struct world *w, uint32_t key)
{
    uint32_t e = w->where[key];
    if (e == NONE)
        return false;
    lru_unlink(w, e);
    lru_insert_newest(w, e);
    return true;
}

static void fill(struct world *w, uint32_t key)
{
    if (look_up(w, key)) /* another miss of the same key came back first */
        return;
    uint32_t e;
    if (w->cached < CACHED) {
        e = ++w->cached;
    } else {
        e = w->lru[0].newer; /* the oldest */
        w->where[w->lru[e].key] = NONE;
        lru_unlink(w, e);
    }
    w->lru[e].key = key;
    w->where[key] = e;
    lru_insert_newest(w, e);
}

/* ---- the client ---- */

static inline uint32_t bucket_of(int64_t value)
{
    uint64_t v = (uint64_t)value | SUB;
    uint32_t shift = 63 - SUB_BITS - (uint32_t)__builtin_clzll(v);
    return shift * SUB + (uint32_t)((uint64_t)value >> shift);
}

/* The middle of the bucket that holds the value of rank ceil(q n). */
static double quantile_ms(const uint64_t *counts, uint64_t total, double q)
{
    uint64_t rank = (uint64_t)ceil(q * (double)total), seen = 0;
    for (uint32_t b = 0; b < BUCKETS; b++) {
        seen += counts[b];
        if (total > 0 && seen >= rank) {
            uint32_t shift = b < 2 * SUB ? 0 : b / SUB - 1;
            uint64_t low = (uint64_t)(b - shift * SUB) << shift;
            return ((double)low + ldexp(0.5, (int)shift)) / 1e6;
        }
    }
    return 0.0;
}

/* The p99 of the second that is over; then its counts go to the whole. */
static void end_window(struct world *w)
{
    static uint64_t counts[BUCKETS];
    uint64_t total = 0;
    for (uint32_t b = 0; b < BUCKETS; b++) {
        counts[b] = w->window[b];
        total += counts[b];
        w->whole[b] += counts[b];
    }
    memset(w->window, 0, sizeof w->window);
    w->worst_p99_ms = fmax(w->worst_p99_ms, quantile_ms(counts, total, 0.99));
    w->window_end_ns += SECOND_NS;
}

static inline void set_timer(struct world *w)
{
    while (w->timer != w->sent && w->requests[w->timer & w->mask].state != PENDING)
        w->timer++;
    int64_t due_ns = w->requests[w->timer & w->mask].sent_ns + TIMEOUT_NS;
    w->next[TIMEOUT] = w->timer != w->sent ? due_ns << 3 | TIMEOUT : INT64_MAX;
}

/* No place for request number `sent`: drop the finished ones, else double the ring. */
__attribute__((noinline)) static void make_room(struct world *w)
{
    while (w->oldest != w->timer && w->requests[w->oldest & w->mask].state == DONE)
        w->oldest++;
    if (w->sent - w->oldest <= w->mask)
        return;
    uint32_t mask = 2 * w->mask + 1;
    struct request *ring = malloc(((size_t)mask + 1) * sizeof *ring);
    if (ring == NULL)
        too_small("memory");
    for (uint32_t i = w->oldest; i != w->sent; i++)
        ring[i & mask] = w->requests[i & w->mask];
    free(w->requests);
    w->requests = ring;
    w->mask = mask;
}

static inline void arrive(struct world *w)
{
    if (w->sent - w->oldest > w->mask)
        make_room(w);
    uint32_t request = w->sent++;
    w->requests[request & w->mask] = (struct request){w->now_ns, draw_key(w), PENDING, 0};
    if (w->timer == request)
        w->next[TIMEOUT] = (w->now_ns + TIMEOUT_NS) << 3 | TIMEOUT;
    cross_link(w, request, AT_SERVICE);
    int64_t next_ns = w->now_ns + (int64_t)(draw_exp(w->rng) * w->gap_ns);
    w->next[ARRIVAL] = w->sent < w->wanted ? next_ns << 3 | ARRIVAL : INT64_MAX;
}

static inline void time_out(struct world *w)
{
    w->requests[w->timer & w->mask].state = TIMED_OUT;
    w->timeouts++;
    set_timer(w);
}

static inline void answer(struct world *w, uint32_t number)
{
    struct request *request = &w->requests[number & w->mask];
    bool in_time = request->state == PENDING;
    request->state = DONE;
    if (!in_time) {
        w->late++;
        return;
    }
    while (w->now_ns >= w->window_end_ns)
        end_window(w);
    w->answered++;
    w->hits += request->hit;
    w->misses += !request->hit;
    w->window[bucket_of(w->now_ns - request->sent_ns)]++;
    if (number == w->timer)
        set_timer(w);
}

/* ---- the loop ---- */

static inline void arrive_by_link(struct world *w)
{
    struct event event = lane_pop(w, &w->links, LINK);
    struct request *request = &w->requests[event.request & w->mask];
    switch ((enum stage)event.stage) {
    case AT_SERVICE: enter(w, &w->service, event.request, AT_SERVICE); break;
    case AT_CACHE:
        expect_soon(&w->lru[w->where[request->key]]);
        lane_push(w, &w->lookups, LOOKUP, LOOKUP_NS, event.request, AT_CACHE);
        break;
    case AT_STORE: enter(w, &w->store, event.request, AT_STORE); break;
    case FILL_CACHE:
        fill(w, request->key);
        cross_link(w, event.request, REPLY_SERVICE);
        break;
    case REPLY_SERVICE: cross_link(w, event.request, REPLY_CLIENT); break;
    case REPLY_CLIENT: answer(w, event.request); break;
    }
}

static inline void looked_up(struct world *w)
{
    struct event event = lane_pop(w, &w->lookups, LOOKUP);
    struct request *request = &w->requests[event.request & w->mask];
    request->hit = look_up(w, request->key);
    cross_link(w, event.request, request->hit ? REPLY_SERVICE : AT_STORE);
}

static inline void complete(struct world *w)
{
    struct event event = heap_pop(w);
    bool service = event.stage == AT_SERVICE;
    leave(w, service ? &w->service : &w->store, (enum stage)event.stage);
    expect_soon(&w->where[w->requests[event.request & w->mask].key]);
    cross_link(w, event.request, service ? AT_CACHE : FILL_CACHE);
}

static inline int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void run(struct world *w)
{
    for (;;) {
        const int64_t *n = w->next;
        int64_t due = least(least(least(n[LINK], n[COMPLETION]), least(n[ARRIVAL], n[LOOKUP])),
                            n[TIMEOUT]);
        if (due == INT64_MAX)
            return;
        w->now_ns = due >> 3;
        switch ((enum source)(due & 7)) {
        case ARRIVAL: arrive(w); break;
        case LINK: arrive_by_link(w); break;
        case LOOKUP: looked_up(w); break;
        case TIMEOUT: time_out(w); break;
        case COMPLETION: complete(w); break;
        case SOURCES: return;
        }
    }
}

static bool set_up(struct world *w, uint32_t wanted, double rate_per_s)
{
    build_ziggurat();
    seed_random(w->rng, 1);
    w->key_bits = draw_bits(w->rng);
    w->wanted = wanted;
    w->gap_ns = 1e9 / rate_per_s;
    w->window_end_ns = SECOND_NS;
    w->mask = 4095;
    w->requests = malloc((w->mask + 1) * sizeof *w->requests);
    w->service.servers = SERVERS;
    w->service.mean_ns = SERVICE_NS;
    w->store.servers = CONNECTIONS;
    w->store.mean_ns = STORE_NS;
    for (int i = 0; i < 8; i++)
        w->next[i] = INT64_MAX;
    for (int i = 0; i < HEAP; i++)
        w->heap[i].time_ns = INT64_MAX;
    w->next[ARRIVAL] = (int64_t)(draw_exp(w->rng) * w->gap_ns) << 3 | ARRIVAL;
    return w->requests != NULL && build_zipf(w);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    static struct world w;
    unsigned long wanted = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
    double rate_per_s = argc == 3 ? strtod(argv[2], NULL) : 0.0;
    if (wanted < 1 || wanted > 4000000000 || !(rate_per_s >= 1.0 && rate_per_s <= 1e6)) {
        fputs("usage: floor_cache_aside REQUESTS RATE\n"
              "REQUESTS from 1 to 4000000000, RATE in requests/s, from 1 to 1000000\n",
              stderr);
        return 2;
    }
    if (!set_up(&w, (uint32_t)wanted, rate_per_s)) {
        fputs("floor_cache_aside: out of memory\n", stderr);
        return 3;
    }
    double start = seconds();
    run(&w);
    double taken = seconds() - start;
    end_window(&w);
    printf("{\"requests_per_s\": %.0f, \"hit_ratio\": %.4f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, "
           "\"worst_second_p99_ms\": %.3f, \"timeouts\": %llu, \"late\": %llu}\n",
           (double)wanted / taken, (double)w.hits / (double)(w.hits + w.misses),
           quantile_ms(w.whole, w.answered, 0.50), quantile_ms(w.whole, w.answered, 0.99),
           w.worst_p99_ms, (unsigned long long)w.timeouts, (unsigned long long)w.late);
    free(w.requests);
    return 0;
}
