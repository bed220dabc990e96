/* queue.h - the pending events: a ladder queue (Tang, Goh & Thng 2005) of 16-byte entries.
 *
 * Three parts, nearest first. `bottom` is a small sorted run: events are taken from its head. Below
 * it stand rungs of buckets, unsorted, each rung finer than the one before; and `top`, unsorted,
 * for everything later. An event is appended to the part its time falls into, moved down when its
 * turn comes near, and sorted only among the few of its own bucket: amortised O(1), whatever the
 * distribution of the increments, because a bucket too full becomes a rung of its own. A bucket is
 * a power of two wide, so finding it is a shift.
 *
 * Order is (time, key), exactly. Entries are never removed from the middle: the owner forgets a
 * cancelled event and skips its entry when it comes up; sim__queue_purge() sweeps when too many
 * wait. bench/README.md has the measurements against a 4-ary heap. */
#ifndef SIM_KERNEL_QUEUE_H
#define SIM_KERNEL_QUEUE_H

#include "sim/types.h"

struct sim__entry {
    sim_time time;
    uint64_t key; /* sequence above, slot below: a total order among equal times */
};

static inline bool sim__entry_before(struct sim__entry a, struct sim__entry b)
{
    return a.time < b.time || (a.time == b.time && a.key < b.key);
}

/* A growing array of entries; [head, end) are in it. */
struct sim__run {
    struct sim__entry *entries;
    uint32_t head, end, capacity;
};

struct sim__bucket {
    uint32_t chunk; /* index of the chunk being filled */
    uint32_t count;
};

struct sim__rung {
    sim_time start;      /* of bucket 0 */
    sim_time limit;      /* times from here on belong to the rung above, or to top */
    uint32_t shift;      /* a bucket is 2^shift ns wide */
    uint32_t buckets;    /* the last one takes everything up to the limit */
    uint32_t next;       /* the first bucket not yet taken */
    uint32_t capacity;   /* of bucket */
    struct sim__bucket *bucket;
};

#define SIM__RUNGS 16
#define SIM__CHUNK 16 /* entries to a chunk */

struct sim__queue {
    struct sim__run bottom;
    uint32_t bottom_most; /* split bottom when it holds so many */
    sim_time top_start;  /* top holds times >= this */
    sim_time bottom_end; /* bottom holds times < this; between the two are the rungs */
    uint32_t rungs;      /* how many are in use */
    struct sim__rung rung[SIM__RUNGS];
    struct sim__run top;
    struct sim__entry (*chunks)[SIM__CHUNK];
    uint32_t *chunk_next; /* the bucket's chunk filled before; free list, too */
    uint32_t chunk_free, chunk_count;
    struct sim__run scratch;
};

int sim__queue_init(struct sim__queue *); /* 0, or -1 when out of memory */
void sim__queue_free(struct sim__queue *);

/* When bottom is empty (head == end): brings up the next events, sorted; the least is then
 * bottom.entries[bottom.head], and is removed by bottom.head++. 1, or 0 when the queue is empty, -1
 * when out of memory. */
int sim__queue_refill(struct sim__queue *);

/* The entries that come up after bottom's, or some of them, for their owner to prefetch what they
 * stand for; *n of them. Prefetches the bucket after those itself. */
static inline const struct sim__entry *sim__queue_ahead(const struct sim__queue *q, uint32_t *n)
{
    *n = 0;
    if (q->rungs == 0)
        return NULL;
    const struct sim__rung *r = &q->rung[q->rungs - 1];
    if (r->next + 1 >= r->buckets)
        return NULL;
    const struct sim__bucket *after = &r->bucket[r->next + 1];
    const char *lines = (const char *)q->chunks[after->chunk];
    for (uint32_t at = 0; at < sizeof *q->chunks && at < after->count * sizeof **q->chunks; at += 64)
        __builtin_prefetch(lines + at);
    const struct sim__bucket *next = &r->bucket[r->next];
    *n = next->count == 0 ? 0 : (next->count - 1) % SIM__CHUNK + 1;
    return q->chunks[next->chunk];
}

/* Parts of sim__queue_push() not worth inlining. */
int sim__queue_push_far(struct sim__queue *, struct sim__entry);
int sim__queue_overflow(struct sim__queue *);

/* Drops every entry for which dead(self, key). O(n). 0, or -1 when out of memory. */
int sim__queue_purge(struct sim__queue *, bool (*dead)(const void *self, uint64_t key),
                     const void *self);

#define SIM__BOTTOM_MOST 48 /* entries in bottom before it is split; measured, bench/README.md */

/* Adds an entry. Amortised O(1). 0, or -1 when out of memory. */
static inline int sim__queue_push(struct sim__queue *q, struct sim__entry e)
{
    if (e.time >= q->bottom_end)
        return sim__queue_push_far(q, e);
    struct sim__run *b = &q->bottom;
    if (b->end == b->capacity || b->end - b->head >= q->bottom_most) {
        if (sim__queue_overflow(q) != 0)
            return -1;
        if (e.time >= q->bottom_end)
            return sim__queue_push_far(q, e);
    }
    struct sim__entry *to = b->entries + b->end++;
    const struct sim__entry *first = b->entries + b->head;
    while (to > first && sim__entry_before(e, to[-1])) {
        to[0] = to[-1];
        to--;
    }
    *to = e;
    return 0;
}

#endif
