/* queue.c - the calendar and its rungs; queue.h says what they are. */
#include "kernel/queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define INSERTION_SORT_MOST 24
#define SAMPLES 31
#define COUNT_SORT_MOST 16
#define RECORDS_AT_A_TIME 256
#define GATHER 8              /* events to bring up at a time */
#define CACHED_MOST (1 << 14) /* this many records fit into the processor's cache */
#define BUCKETS_LEAST 64
#define BUCKETS_MOST (UINT32_C(1) << 22)
#define RUNG_BUCKETS_MOST (UINT32_C(1) << 16)
#define AHEAD 10      /* buckets between the stages of prefetching */
#define AHEAD_DEPTH 2 /* events of a bucket that are prefetched */

static int run_reserve(struct sim__run *run, uint32_t capacity)
{
    if (capacity <= run->capacity)
        return 0;
    uint32_t want = run->capacity ? run->capacity : 2 * SIM__BOTTOM_ALONE;
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

/* Write .first and .past back into bottom, so that it can be used as a run, and read them again
 * afterwards: see .first in queue.h. */
static inline void bottom_close(struct sim__queue *q)
{
    assert(q->bottom.entries <= q->first && q->first <= q->past && q->past <= q->room);
    q->bottom.head = (uint32_t)(q->first - q->bottom.entries);
    q->bottom.end = (uint32_t)(q->past - q->bottom.entries);
}

/* 0, or -1 when out of memory: bottom then has no room for more. */
static int bottom_open(struct sim__queue *q)
{
    struct sim__run *b = &q->bottom;
    int failed = run_reserve(b, 2 * q->bottom_most);
    q->first = b->entries + b->head;
    q->past = b->entries + b->end;
    q->room = failed ? q->past : b->entries + 2 * q->bottom_most;
    return failed;
}

int sim__queue_init(struct sim__queue *q)
{
    *q = (struct sim__queue){.free = SIM__NO_INDEX,
                             .bottom_end = SIM_NEVER,
                             .bottom_most = SIM__BOTTOM_ALONE,
                             .top_least = SIM_NEVER};
    return bottom_open(q);
}

void sim__queue_free(struct sim__queue *q)
{
    free(q->events);
    free(q->bottom.entries);
    free(q->top.entries);
    free(q->scratch.entries);
    free(q->calendar.heads);
    for (uint32_t i = 0; i < SIM__RUNGS; i++)
        free(q->rung[i].heads);
}

int sim__queue_grow(struct sim__queue *q)
{
    if (q->linked == q->capacity) {
        uint32_t capacity = q->capacity ? 2 * q->capacity : RECORDS_AT_A_TIME;
        if (capacity > SIM__NO_INDEX)
            capacity = SIM__NO_INDEX;
        struct sim__event *events = capacity == q->capacity
                                        ? NULL
                                        : realloc(q->events, capacity * sizeof *events);
        if (events == NULL)
            return -1;
        q->events = events;
        q->capacity = capacity;
    }
    /* link few at a time, so that memory is touched only when it is needed */
    uint32_t left = q->capacity - q->linked;
    uint32_t first = q->linked;
    q->linked += left < RECORDS_AT_A_TIME ? left : RECORDS_AT_A_TIME;
    for (uint32_t i = q->linked; i > first; i--) {
        q->events[i - 1] = (struct sim__event){.chain = q->free};
        q->free = i - 1;
    }
    return 0;
}

static int heads_reserve(uint32_t **heads, uint32_t *capacity, uint32_t count)
{
    if (count > *capacity) {
        uint32_t *grown = realloc(*heads, count * sizeof *grown);
        if (grown == NULL)
            return -1;
        *heads = grown;
        *capacity = count;
    }
    for (uint32_t i = 0; i < count; i++)
        (*heads)[i] = SIM__NO_INDEX;
    return 0;
}

static inline void link_event(struct sim__queue *q, uint32_t *head, uint32_t index)
{
    sim__event_link(&q->events[index], *head);
    *head = index;
}

/* Moves a bucket's events to the end of `run` and frees the cancelled ones. */
static int bucket_take(struct sim__queue *q, uint32_t *head, struct sim__run *run)
{
    uint32_t index = *head;
    *head = SIM__NO_INDEX;
    while (index != SIM__NO_INDEX) {
        const struct sim__event *event = &q->events[index];
        uint32_t next = sim__event_next(event);
        if (event->fn == NULL) {
            sim__queue_give(q, index);
            q->dead--;
        } else {
            if (run->end == run->capacity && run_reserve(run, run->end + 1) != 0)
                return -1;
            uint64_t key = (event->chain & ~(uint64_t)SIM__EVENT_MASK) | index;
            run->entries[run->end++] = (struct sim__entry){event->time, key};
        }
        index = next;
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

/* Sorts a few entries: counts, for each, the entries before it. There is no branch to
 * mispredict. */
static void count_sort(struct sim__entry *entries, uint32_t n)
{
    sim__whole whole[COUNT_SORT_MOST];
    uint32_t place[COUNT_SORT_MOST];
    for (uint32_t i = 0; i < n; i++) {
        whole[i] = sim__entry_whole(entries[i]);
        place[i] = 0;
    }
    for (uint32_t i = 1; i < n; i++) {
        uint32_t before = 0;
        for (uint32_t k = 0; k < i; k++) {
            uint32_t less = whole[k] < whole[i];
            before += less;
            place[k] += 1 - less;
        }
        place[i] += before;
    }
    for (uint32_t i = 0; i < n; i++)
        entries[place[i]] = (struct sim__entry){(sim_time)(whole[i] >> 64), (uint64_t)whole[i]};
}

/* Sorts bottom: insertion sort in pieces, then a bottom-up merge. */
static int bottom_sort(struct sim__queue *q)
{
    struct sim__run *b = &q->bottom;
    uint32_t n = b->end - b->head;
    struct sim__entry *entries = b->entries + b->head;
    if (n <= COUNT_SORT_MOST) {
        count_sort(entries, n);
        return 0;
    }
    if (n <= INSERTION_SORT_MOST) {
        insertion_sort(entries, n);
        return 0;
    }
    if (run_reserve(&q->scratch, n) != 0)
        return -1;
    for (uint32_t low = 0; low < n; low += INSERTION_SORT_MOST)
        insertion_sort(entries + low,
                       n - low < INSERTION_SORT_MOST ? n - low : INSERTION_SORT_MOST);
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

/* ---- widths ---------------------------------------------------------------------------------- */

/* The least and the greatest time of some entries, and the median of a sample of them. This is
 * enough to choose a width. */
struct spread {
    sim_time least, median, greatest;
};

static struct spread spread_of(const struct sim__entry *entries, uint32_t n)
{
    struct spread s = {.least = SIM_NEVER};
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
    return s;
}

/* The shift of the bucket width. At this width, `events` over `span` ns give one to two events a
 * bucket, or two to four while the records fit into the cache, where a bucket costs more than an
 * event. */
static uint32_t shift_for(uint64_t span, uint64_t events, bool cached)
{
    uint64_t width = ((span + 1) / (events + 1)) << (cached ? 2 : 1);
    return width < 2 ? 0 : 63u - (uint32_t)__builtin_clzll(width);
}

/* ---- rungs ----------------------------------------------------------------------------------- */

static sim_time rung_floor(const struct sim__rung *r)
{
    return r->next == r->buckets ? r->limit : r->start + ((sim_time)r->next << r->shift);
}

/* Call it while bottom is empty. */
static void bottom_end_update(struct sim__queue *q)
{
    const struct sim__calendar *c = &q->calendar;
    if (q->rungs > 0)
        q->bottom_end = rung_floor(&q->rung[q->rungs - 1]);
    else
        q->bottom_end = c->end == 0 ? SIM_NEVER : c->from;
}

static inline void rung_add(struct sim__queue *q, struct sim__rung *r, struct sim__entry e)
{
    assert(r->start <= e.time && e.time < r->limit);
    uint64_t i = (uint64_t)(e.time - r->start) >> r->shift;
    link_event(q, &r->heads[i < r->buckets ? i : r->buckets - 1], e.key & SIM__EVENT_MASK);
}

/* Moves bottom's entries from index `from` on into a new, finer rung that ends at `limit`. */
static int rung_from_bottom(struct sim__queue *q, uint32_t from, sim_time limit)
{
    struct sim__run *b = &q->bottom;
    uint32_t n = b->end - from;
    struct spread s = spread_of(b->entries + from, n);
    assert(q->rungs < SIM__RUNGS);
    struct sim__rung *r = &q->rung[q->rungs];
    r->shift = shift_for((uint64_t)(s.median - s.least), n / 2, true);
    uint64_t buckets = ((uint64_t)(s.greatest - s.least) >> r->shift) + 1;
    uint32_t most = n < RUNG_BUCKETS_MOST ? n : RUNG_BUCKETS_MOST;
    r->buckets = buckets < most ? (uint32_t)buckets : most;
    r->start = s.least;
    r->limit = limit;
    r->next = 0;
    if (heads_reserve(&r->heads, &r->capacity, r->buckets) != 0)
        return -1;
    q->rungs++;
    for (uint32_t i = from; i < b->end; i++)
        rung_add(q, r, b->entries[i]);
    b->end = from;
    return 0;
}

/* Moves the finest rung's next buckets into bottom. A bucket that is too full becomes a finer
 * rung. */
static int rung_take(struct sim__queue *q)
{
    struct sim__rung *r = &q->rung[q->rungs - 1];
    struct sim__run *b = &q->bottom;
    while (r->next < r->buckets && b->end < GATHER) {
        uint32_t before = b->end;
        if (bucket_take(q, &r->heads[r->next++], b) != 0)
            return -1;
        if (b->end - before <= SIM__BOTTOM_MOST)
            continue;
        struct spread s = spread_of(b->entries + before, b->end - before);
        sim_time limit = rung_floor(r);
        if (s.least == s.greatest)
            break;
        if (r->next == r->buckets)
            q->rungs--; /* this rung is used up: the finer one takes its place */
        if (q->rungs == SIM__RUNGS)
            break;
        return rung_from_bottom(q, before, limit);
    }
    if (q->rungs > 0 && r == &q->rung[q->rungs - 1] && r->next == r->buckets)
        q->rungs--;
    return 0;
}

/* ---- the calendar ---------------------------------------------------------------------------- */

static int top_append(struct sim__queue *q, struct sim__entry e)
{
    if (e.time < q->top_least)
        q->top_least = e.time;
    return run_append(&q->top, e);
}

/* Moves events whose time the ring now reaches from top into the calendar. */
static void top_migrate(struct sim__queue *q)
{
    struct sim__run *top = &q->top;
    struct sim__calendar *c = &q->calendar;
    uint32_t kept = 0;
    q->top_least = SIM_NEVER;
    for (uint32_t i = 0; i < top->end; i++) {
        struct sim__entry e = top->entries[i];
        int64_t bucket = e.time >> c->shift;
        if (bucket < c->end) {
            link_event(q, &c->heads[bucket & c->mask], e.key & SIM__EVENT_MASK);
            c->count++;
            continue;
        }
        top->entries[kept++] = e;
        if (e.time < q->top_least)
            q->top_least = e.time;
    }
    top->end = kept;
}

/* Moves everything that is not in bottom to top. */
static int gather(struct sim__queue *q)
{
    for (; q->rungs > 0; q->rungs--) {
        struct sim__rung *r = &q->rung[q->rungs - 1];
        for (uint32_t i = r->next; i < r->buckets; i++)
            if (bucket_take(q, &r->heads[i], &q->top) != 0)
                return -1;
    }
    struct sim__calendar *c = &q->calendar;
    for (uint32_t i = 0; c->end != 0 && i <= c->mask; i++)
        if (bucket_take(q, &c->heads[i], &q->top) != 0)
            return -1;
    c->count = 0;
    c->end = 0;
    return 0;
}

/* Chooses the width and size of the calendar again; all its events are in top now. The width
 * follows the rate at which events were taken since the last tuning, or how close the events lie if
 * that time was too short. */
static int tune(struct sim__queue *q)
{
    struct sim__calendar *c = &q->calendar;
    uint32_t n = q->top.end;
    struct spread s = spread_of(q->top.entries, n);
    if (c->taken > n / 2 && s.least > c->tuned_at)
        c->shift = shift_for((uint64_t)(s.least - c->tuned_at), c->taken, n <= CACHED_MOST);
    else
        c->shift = shift_for((uint64_t)(s.median - s.least), n / 2, n <= CACHED_MOST);
    uint32_t buckets = BUCKETS_LEAST;
    while (buckets < 2 * (uint64_t)n && buckets < BUCKETS_MOST)
        buckets *= 2;
    if (heads_reserve(&c->heads, &c->capacity, buckets) != 0)
        return -1;
    c->mask = buckets - 1;
    c->next = s.least >> c->shift;
    c->end = c->next + buckets;
    c->tuned_for = n;
    c->tuned_at = c->from = s.least;
    c->taken = c->visited = 0;
    top_migrate(q);
    return 0;
}

/* Whether the calendar must be tuned again: far more events are pending than it was made for, or
 * its buckets held too many or too few events. That is judged after each turn of the ring, and
 * sooner when they held far too many. */
static bool out_of_tune(const struct sim__queue *q)
{
    const struct sim__calendar *c = &q->calendar;
    uint64_t pending = (uint64_t)c->count + q->top.end;
    bool turned = c->visited > c->mask;
    return pending > 4 * (uint64_t)c->tuned_for + BUCKETS_LEAST ||
           (turned && (c->taken > 8 * c->visited || 3 * c->taken < c->visited)) ||
           (c->visited >= BUCKETS_LEAST && c->taken > 32 * c->visited);
}

/* Prefetches events of the next buckets: the first event of a bucket well ahead, the second event
 * of a nearer bucket, whose first has arrived in the cache by now, and so on. */
static inline void prefetch_ahead(const struct sim__queue *q, int64_t bucket)
{
    const struct sim__calendar *c = &q->calendar;
    for (uint32_t depth = 0; depth < AHEAD_DEPTH; depth++) {
        uint32_t index = c->heads[(bucket + AHEAD * (AHEAD_DEPTH - depth)) & c->mask];
        for (uint32_t i = 0; i < depth && index != SIM__NO_INDEX; i++)
            index = sim__event_next(&q->events[index]);
        if (index != SIM__NO_INDEX)
            __builtin_prefetch(&q->events[index], 1);
    }
}

static sim_time bucket_start(const struct sim__calendar *c, int64_t bucket)
{
    return bucket > SIM_NEVER >> c->shift ? SIM_NEVER : bucket << c->shift;
}

/* Moves the calendar's next buckets into bottom. A bucket that is too full becomes a rung. */
static int calendar_take(struct sim__queue *q)
{
    struct sim__calendar *c = &q->calendar;
    struct sim__run *b = &q->bottom;
    while (b->end < GATHER && c->count > 0) {
        if (c->next >= q->top_least >> c->shift)
            top_migrate(q);
        uint32_t *head = &c->heads[c->next & c->mask];
        if (c->tuned_for > CACHED_MOST)
            prefetch_ahead(q, c->next);
        c->next++;
        c->end++;
        c->visited++;
        c->from = bucket_start(c, c->next);
        if (*head == SIM__NO_INDEX)
            continue;
        uint32_t before = b->end, dead = q->dead;
        if (bucket_take(q, head, b) != 0)
            return -1;
        c->count -= b->end - before + (dead - q->dead);
        if (b->end - before <= SIM__BOTTOM_MOST)
            continue;
        struct spread s = spread_of(b->entries + before, b->end - before);
        return s.least == s.greatest ? 0 : rung_from_bottom(q, before, c->from);
    }
    return 0;
}

/* Bottom and the rungs are empty: moves the next events of the calendar and of top into bottom. */
static int take_next(struct sim__queue *q)
{
    struct sim__calendar *c = &q->calendar;
    if (c->end != 0 && out_of_tune(q)) {
        if (gather(q) != 0)
            return -1;
    } else if (c->end != 0 && c->visited > c->mask) {
        c->tuned_at = c->from;
        c->taken = c->visited = 0;
    }
    if (c->end != 0 && c->count > 0)
        return calendar_take(q);
    if (q->top.end > SIM__BOTTOM_ALONE / 2)
        return tune(q);
    for (uint32_t i = 0; i < q->top.end; i++)
        if (run_append(&q->bottom, q->top.entries[i]) != 0)
            return -1;
    q->top.end = 0;
    q->top_least = SIM_NEVER;
    c->end = 0; /* few are pending: no calendar */
    return 0;
}

/* sim__queue_refill(), with bottom closed: used as a run. */
static int bring_up(struct sim__queue *q)
{
    struct sim__run *b = &q->bottom;
    q->calendar.taken += b->head;
    b->head = b->end = 0;
    while (b->end == 0) {
        bool empty = q->rungs == 0 && q->calendar.count == 0 && q->top.end == 0;
        if (empty)
            q->calendar.end = 0;
        if (empty || (q->rungs > 0 ? rung_take(q) : take_next(q)) != 0) {
            bottom_end_update(q);
            return empty ? 0 : -1;
        }
    }
    bottom_end_update(q);
    q->bottom_most = q->calendar.end == 0 ? SIM__BOTTOM_ALONE : SIM__BOTTOM_MOST;
    while (q->bottom_most <= b->end)
        q->bottom_most *= 2;
    return bottom_sort(q) != 0 ? -1 : 1;
}

int sim__queue_refill(struct sim__queue *q)
{
    assert(q->first == q->past);
    bottom_close(q);
    int got = bring_up(q);
    return bottom_open(q) != 0 ? -1 : got;
}

/* Bottom is full: closes the gap at its head, and moves its later half into a rung when it is
 * long. */
static int make_room(struct sim__queue *q)
{
    struct sim__run *b = &q->bottom;
    uint32_t n = b->end - b->head;
    q->calendar.taken += b->head;
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
        return 0;
    }
    sim_time end = b->entries[half].time;
    if (q->calendar.end != 0) {
        if (rung_from_bottom(q, half, q->bottom_end) != 0)
            return -1;
    } else {
        for (uint32_t i = half; i < n; i++)
            if (top_append(q, b->entries[i]) != 0)
                return -1;
        b->end = half;
        if (tune(q) != 0)
            return -1;
    }
    q->bottom_end = end;
    return 0;
}

static int overflow(struct sim__queue *q)
{
    bottom_close(q);
    int failed = make_room(q);
    return bottom_open(q) != 0 ? -1 : failed;
}

int sim__queue_push_far(struct sim__queue *q, struct sim__entry e)
{
    assert(e.time < SIM_NEVER);
    if (e.time < q->bottom_end && overflow(q) != 0)
        return -1;
    if (e.time < q->bottom_end) {
        sim__queue_insert(q, e);
        return 0;
    }
    for (uint32_t i = q->rungs; i-- > 0;)
        if (e.time < q->rung[i].limit) {
            rung_add(q, &q->rung[i], e);
            return 0;
        }
    struct sim__calendar *c = &q->calendar;
    int64_t bucket = e.time >> c->shift;
    if (bucket >= c->end)
        return top_append(q, e);
    assert(bucket >= c->next && "what was taken before is past");
    c->count++;
    link_event(q, &c->heads[bucket & c->mask], e.key & SIM__EVENT_MASK);
    return 0;
}

/* sim__queue_sweep(), with bottom closed: used as a run. */
static int sweep(struct sim__queue *q)
{
    struct sim__run *top = &q->top, *b = &q->bottom;
    if (gather(q) != 0)
        return -1;
    for (uint32_t i = b->head; i < b->end; i++)
        if (run_append(top, b->entries[i]) != 0)
            return -1;
    b->head = b->end = 0;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < top->end; i++) {
        uint32_t index = top->entries[i].key & SIM__EVENT_MASK;
        if (q->events[index].fn == NULL) {
            sim__queue_give(q, index);
            q->dead--;
        } else {
            top->entries[kept++] = top->entries[i];
        }
    }
    top->end = kept;
    q->calendar.taken = 0;
    if (kept > 0 && tune(q) != 0)
        return -1;
    bottom_end_update(q);
    return 0;
}

int sim__queue_sweep(struct sim__queue *q)
{
    bottom_close(q);
    int failed = sweep(q);
    return bottom_open(q) != 0 ? -1 : failed;
}
