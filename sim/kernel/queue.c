/* queue.c - the ladder queue; queue.h says what it is. */
#include "kernel/queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define BUCKET_TARGET 8      /* events a bucket should hold when its turn comes */
#define INSERTION_SORT_MOST 24
#define SAMPLES 31
#define NO_CHUNK UINT32_MAX

static int run_reserve(struct sim__run *run, uint32_t capacity)
{
    if (capacity <= run->capacity)
        return 0;
    uint32_t want = run->capacity ? run->capacity : 4 * SIM__BOTTOM_MOST;
    while (want < capacity) {
        if (want > UINT32_MAX / 2)
            return -1;
        want *= 2;
    }
    struct sim__entry *grown = realloc(run->entries, want * sizeof *grown);
    if (grown == NULL)
        return -1;
    run->entries = grown;
    run->capacity = want;
    return 0;
}

static int run_append(struct sim__run *run, struct sim__entry e)
{
    if (run->end == run->capacity && run_reserve(run, run->end + 1) != 0)
        return -1;
    run->entries[run->end++] = e;
    return 0;
}

int sim__queue_init(struct sim__queue *q)
{
    *q = (struct sim__queue){.top_start = SIM_NEVER,
                             .bottom_end = SIM_NEVER,
                             .bottom_most = SIM__BOTTOM_MOST,
                             .chunk_free = NO_CHUNK};
    return run_reserve(&q->bottom, 1);
}

void sim__queue_free(struct sim__queue *q)
{
    free(q->bottom.entries);
    free(q->top.entries);
    free(q->scratch.entries);
    free(q->chunks);
    free(q->chunk_next);
    for (uint32_t i = 0; i < SIM__RUNGS; i++)
        free(q->rung[i].bucket);
}

/* ---- chunks: the buckets' memory ------------------------------------------------------------ */

static int chunks_grow(struct sim__queue *q)
{
    uint32_t count = q->chunk_count ? 2 * q->chunk_count : 64;
    if (count > UINT32_MAX / 4)
        return -1;
    void *chunks = realloc(q->chunks, count * sizeof *q->chunks);
    if (chunks == NULL)
        return -1;
    q->chunks = chunks;
    uint32_t *next = realloc(q->chunk_next, count * sizeof *next);
    if (next == NULL)
        return -1;
    q->chunk_next = next;
    for (uint32_t i = count; i > q->chunk_count; i--) {
        next[i - 1] = q->chunk_free;
        q->chunk_free = i - 1;
    }
    q->chunk_count = count;
    return 0;
}

static int bucket_append(struct sim__queue *q, struct sim__bucket *b, struct sim__entry e)
{
    uint32_t place = b->count % SIM__CHUNK;
    if (place == 0) {
        if (q->chunk_free == NO_CHUNK && chunks_grow(q) != 0)
            return -1;
        uint32_t chunk = q->chunk_free;
        q->chunk_free = q->chunk_next[chunk];
        q->chunk_next[chunk] = b->chunk;
        b->chunk = chunk;
    }
    q->chunks[b->chunk][place] = e;
    b->count++;
    return 0;
}

/* Moves a bucket's entries to the end of `run` and gives its chunks back. */
static int bucket_take(struct sim__queue *q, struct sim__bucket *b, struct sim__run *run)
{
    if (run_reserve(run, run->end + b->count) != 0)
        return -1;
    while (b->count > 0) {
        uint32_t chunk = b->chunk;
        uint32_t here = (b->count - 1) % SIM__CHUNK + 1;
        memcpy(run->entries + run->end, q->chunks[chunk], here * sizeof(struct sim__entry));
        run->end += here;
        b->count -= here;
        b->chunk = q->chunk_next[chunk];
        q->chunk_next[chunk] = q->chunk_free;
        q->chunk_free = chunk;
    }
    return 0;
}

/* ---- sorting --------------------------------------------------------------------------------- */

static void insertion_sort(struct sim__entry *entries, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        struct sim__entry e = entries[i];
        uint32_t to = i;
        for (; to > 0 && sim__entry_before(e, entries[to - 1]); to--)
            entries[to] = entries[to - 1];
        entries[to] = e;
    }
}

static void merge(const struct sim__entry *from, struct sim__entry *to, uint32_t low,
                  uint32_t middle, uint32_t high)
{
    uint32_t a = low, b = middle;
    for (uint32_t i = low; i < high; i++) {
        if (a < middle && (b == high || !sim__entry_before(from[b], from[a])))
            to[i] = from[a++];
        else
            to[i] = from[b++];
    }
}

/* Sorts what bottom holds: by insertion in pieces, then merging them bottom-up. */
static int bottom_sort(struct sim__queue *q)
{
    struct sim__run *b = &q->bottom;
    uint32_t n = b->end - b->head;
    struct sim__entry *entries = b->entries + b->head;
    if (n <= INSERTION_SORT_MOST) {
        insertion_sort(entries, n);
        return 0;
    }
    if (run_reserve(&q->scratch, n) != 0)
        return -1;
    for (uint32_t low = 0; low < n; low += INSERTION_SORT_MOST)
        insertion_sort(entries + low, n - low < INSERTION_SORT_MOST ? n - low : INSERTION_SORT_MOST);
    struct sim__entry *from = entries, *to = q->scratch.entries;
    for (uint32_t piece = INSERTION_SORT_MOST; piece < n; piece *= 2) {
        for (uint32_t low = 0; low < n; low += 2 * piece) {
            uint32_t middle = n - low < piece ? n : low + piece;
            uint32_t high = n - low < 2 * piece ? n : low + 2 * piece;
            merge(from, to, low, middle, high);
        }
        struct sim__entry *swap = from;
        from = to;
        to = swap;
    }
    if (from != entries)
        memcpy(entries, from, n * sizeof *entries);
    return 0;
}

/* ---- rungs ----------------------------------------------------------------------------------- */

/* Where the part of the queue that is still in rung r begins. */
static sim_time rung_floor(const struct sim__rung *r)
{
    return r->next == r->buckets ? r->limit : r->start + ((sim_time)r->next << r->shift);
}

static void bottom_end_update(struct sim__queue *q)
{
    q->bottom_end = q->rungs == 0 ? q->top_start : rung_floor(&q->rung[q->rungs - 1]);
}

struct spread {
    sim_time least, greatest, median, upper; /* least and greatest exact, quantiles of a sample */
};

/* Where the entries lie: a sample at even places is enough to choose a width by. */
static struct spread spread_of(const struct sim__entry *entries, uint32_t n)
{
    struct spread s = {.least = SIM_NEVER, .greatest = 0};
    for (uint32_t i = 0; i < n; i++) {
        if (entries[i].time < s.least)
            s.least = entries[i].time;
        if (entries[i].time > s.greatest)
            s.greatest = entries[i].time;
    }
    struct sim__entry sample[SAMPLES];
    for (uint32_t i = 0; i < SAMPLES; i++)
        sample[i] = entries[(uint64_t)n * i / SAMPLES];
    insertion_sort(sample, SAMPLES);
    s.median = sample[SAMPLES / 2].time;
    s.upper = sample[SAMPLES - SAMPLES / 8].time;
    return s;
}

/* Puts a new, empty rung below the present ones: buckets from `least` on, of a width at which the
 * nearer half of n entries makes buckets of BUCKET_TARGET, as many as reach `reach`. */
static struct sim__rung *rung_push(struct sim__queue *q, struct spread s, uint32_t n,
                                   sim_time reach, sim_time limit)
{
    assert(q->rungs < SIM__RUNGS);
    struct sim__rung *r = &q->rung[q->rungs];
    uint64_t span = (uint64_t)(s.median - s.least) + 1;
    uint64_t width = span / (n / 2 / BUCKET_TARGET + 1);
    r->shift = width < 2 ? 0 : 63u - (uint32_t)__builtin_clzll(width);
    uint64_t buckets = ((uint64_t)(reach - s.least) >> r->shift) + 1;
    if (buckets > n)
        buckets = n;
    r->start = s.least;
    r->limit = limit;
    r->next = 0;
    r->buckets = (uint32_t)buckets;
    if (r->buckets > r->capacity) {
        uint32_t capacity = r->capacity ? r->capacity : 64;
        while (capacity < r->buckets)
            capacity *= 2;
        void *grown = realloc(r->bucket, capacity * sizeof *r->bucket);
        if (grown == NULL)
            return NULL;
        r->bucket = grown;
        r->capacity = capacity;
    }
    memset(r->bucket, 0, r->buckets * sizeof *r->bucket);
    q->rungs++;
    return r;
}

static int rung_add(struct sim__queue *q, struct sim__rung *r, struct sim__entry e)
{
    uint64_t i = (uint64_t)(e.time - r->start) >> r->shift;
    return bucket_append(q, &r->bucket[i < r->buckets ? i : r->buckets - 1], e);
}

/* Makes the coarsest rung of the nearer part of top; the rest of it stays. */
static int rung_from_top(struct sim__queue *q)
{
    struct sim__run *top = &q->top;
    uint32_t n = top->end;
    struct spread s = spread_of(top->entries, n);
    struct sim__rung *r = rung_push(q, s, n, s.upper, SIM_NEVER);
    if (r == NULL)
        return -1;
    uint64_t room = (uint64_t)(SIM_NEVER - r->start) >> r->shift;
    sim_time end = r->buckets < room ? r->start + ((sim_time)r->buckets << r->shift) : SIM_NEVER;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct sim__entry e = top->entries[i];
        if (e.time >= end)
            top->entries[kept++] = e;
        else if (rung_add(q, r, e) != 0)
            return -1;
    }
    top->end = kept;
    r->limit = q->top_start = end;
    return 0;
}

/* Makes a finer rung of bottom's entries from `from` on; they leave bottom. */
static int rung_from_bottom(struct sim__queue *q, uint32_t from, sim_time limit)
{
    struct sim__run *b = &q->bottom;
    uint32_t n = b->end - from;
    struct spread s = spread_of(b->entries + from, n);
    struct sim__rung *r = rung_push(q, s, n, s.greatest, limit);
    if (r == NULL)
        return -1;
    for (uint32_t i = from; i < b->end; i++)
        if (rung_add(q, r, b->entries[i]) != 0)
            return -1;
    b->end = from;
    return 0;
}

int sim__queue_push_far(struct sim__queue *q, struct sim__entry e)
{
    assert(e.time < SIM_NEVER);
    if (e.time >= q->top_start)
        return run_append(&q->top, e);
    for (uint32_t i = q->rungs; i-- > 0;)
        if (e.time < q->rung[i].limit)
            return rung_add(q, &q->rung[i], e);
    assert(!"a time that no part of the queue covers");
    return -1;
}

/* Bottom is full: closes the gap at its head, and moves its later half away when it is long. */
int sim__queue_overflow(struct sim__queue *q)
{
    struct sim__run *b = &q->bottom;
    uint32_t n = b->end - b->head;
    memmove(b->entries, b->entries + b->head, n * sizeof *b->entries);
    b->head = 0;
    b->end = n;
    if (n < q->bottom_most)
        return 0;
    uint32_t half = n / 2;
    while (half > 0 && b->entries[half - 1].time == b->entries[half].time)
        half--;
    if (half == 0)
        for (half = n / 2 + 1; half < n && b->entries[half - 1].time == b->entries[half].time;)
            half++;
    if (half == n || q->rungs == SIM__RUNGS) {
        q->bottom_most *= 2; /* all at one instant: a later event is appended, which is cheap */
        return run_reserve(b, 2 * q->bottom_most);
    }
    if (q->rungs > 0) {
        if (rung_from_bottom(q, half, q->bottom_end) != 0)
            return -1;
    } else {
        q->top_start = b->entries[half].time;
        for (uint32_t i = half; i < n; i++)
            if (run_append(&q->top, b->entries[i]) != 0)
                return -1;
        b->end = half;
    }
    bottom_end_update(q);
    return 0;
}

/* Takes the next bucket of the finest rung into bottom, or makes a finer rung of it. */
static int take_bucket(struct sim__queue *q)
{
    struct sim__rung *r = &q->rung[q->rungs - 1];
    while (r->next < r->buckets && r->bucket[r->next].count == 0)
        r->next++;
    if (r->next == r->buckets) {
        q->rungs--;
        return 0;
    }
    struct sim__bucket *bucket = &r->bucket[r->next++];
    if (bucket_take(q, bucket, &q->bottom) != 0)
        return -1;
    struct sim__run *b = &q->bottom;
    if (b->end <= SIM__BOTTOM_MOST)
        return 0;
    struct spread s = spread_of(b->entries, b->end);
    if (s.least == s.greatest)
        return 0;
    sim_time limit = rung_floor(r);
    if (r->next == r->buckets)
        q->rungs--; /* used up: the finer one takes its place */
    return q->rungs < SIM__RUNGS ? rung_from_bottom(q, 0, limit) : 0;
}

int sim__queue_refill(struct sim__queue *q)
{
    struct sim__run *b = &q->bottom;
    b->head = b->end = 0;
    q->bottom_most = SIM__BOTTOM_MOST;
    while (b->end == 0) {
        if (q->rungs > 0) {
            if (take_bucket(q) != 0)
                return -1;
        } else if (q->top.end > SIM__BOTTOM_MOST) {
            if (rung_from_top(q) != 0)
                return -1;
        } else {
            if (run_reserve(b, q->top.end) != 0)
                return -1;
            if (q->top.end > 0)
                memcpy(b->entries, q->top.entries, q->top.end * sizeof *b->entries);
            b->end = q->top.end;
            q->top.end = 0;
            q->top_start = SIM_NEVER;
            break;
        }
    }
    bottom_end_update(q);
    while (q->bottom_most <= b->end)
        q->bottom_most *= 2;
    return b->end == 0 ? 0 : bottom_sort(q) != 0 ? -1 : 1;
}

int sim__queue_purge(struct sim__queue *q, bool (*dead)(const void *self, uint64_t key),
                     const void *self)
{
    struct sim__run *top = &q->top, *b = &q->bottom;
    for (uint32_t i = b->head; i < b->end; i++)
        if (run_append(top, b->entries[i]) != 0)
            return -1;
    b->head = b->end = 0;
    for (; q->rungs > 0; q->rungs--) {
        struct sim__rung *r = &q->rung[q->rungs - 1];
        for (uint32_t i = r->next; i < r->buckets; i++)
            if (bucket_take(q, &r->bucket[i], top) != 0)
                return -1;
    }
    uint32_t kept = 0;
    sim_time least = SIM_NEVER;
    for (uint32_t i = 0; i < top->end; i++) {
        if (dead(self, top->entries[i].key))
            continue;
        if (top->entries[i].time < least)
            least = top->entries[i].time;
        top->entries[kept++] = top->entries[i];
    }
    top->end = kept;
    q->top_start = least;
    bottom_end_update(q);
    return 0;
}
