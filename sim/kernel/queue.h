/* queue.h - the pending events: a calendar (Brown 1988) that sorts only what is about to run, with
 * a ladder's remedy (Tang, Goh & Thng 2005) for buckets that are too full.
 *
 * Four parts, nearest first. `bottom`, a short sorted array: events are taken from its head. Rungs:
 * a bucket too full for bottom, spread over finer buckets of its own; mostly there are none. The
 * calendar: a ring of buckets, each a power of two wide and meant to hold a few events, linked in
 * no order. And `top`, for all that the ring does not reach yet. An event is linked into the part
 * its time falls into and is sorted only among its bucket's: amortised O(1) whatever the law of the
 * increments. Width and size are chosen by the rate at which events were really taken, and again
 * when that has changed. While few events are pending all of them stand in bottom.
 *
 * Order is (time, key), exactly. A cancelled event stays where it is, marked, until it comes up or
 * a sweep finds it. bench/README.md has the measurements against a 4-ary heap. */
#ifndef SIM_KERNEL_QUEUE_H
#define SIM_KERNEL_QUEUE_H

#include "sim/types.h"

#define SIM__EVENT_BITS 24 /* 16.7 million events pending */
#define SIM__EVENTS_MOST (UINT32_C(1) << SIM__EVENT_BITS)
#define SIM__EVENT_MASK (SIM__EVENTS_MOST - 1)
#define SIM__NO_INDEX SIM__EVENT_MASK

struct sim__event {
    uint64_t chain; /* its sequence above, below the next of its bucket or of the free list */
    sim_time time;
    sim_fn *fn; /* NULL: cancelled, or free */
    void *self;
    sim_arg arg;
};

static inline uint32_t sim__event_next(const struct sim__event *event)
{
    return event->chain & SIM__EVENT_MASK;
}

static inline void sim__event_link(struct sim__event *event, uint32_t next)
{
    event->chain = (event->chain & ~(uint64_t)SIM__EVENT_MASK) | next;
}

/* Whether a record still holds the event of this key. */
static inline bool sim__event_is(const struct sim__event *event, uint64_t key)
{
    return (event->chain ^ key) >> SIM__EVENT_BITS == 0 && event->fn != NULL;
}

struct sim__entry {
    sim_time time;
    uint64_t key; /* sequence above, index of the record below: unique, and an order */
};

static inline bool sim__entry_before(struct sim__entry a, struct sim__entry b)
{
    return a.time < b.time || (a.time == b.time && a.key < b.key);
}

/* The same order, as one number: compared without a branch. */
__extension__ typedef unsigned __int128 sim__whole;
static inline sim__whole sim__entry_whole(struct sim__entry e)
{
    return (sim__whole)(uint64_t)e.time << 64 | e.key;
}

/* A growing array of entries; [head, end) are in it. */
struct sim__run {
    struct sim__entry *entries;
    uint32_t head, end, capacity;
};

/* Finer buckets for what one bucket held. */
struct sim__rung {
    sim_time start, limit;  /* covers [start, limit) */
    uint32_t shift;         /* a bucket is 2^shift ns wide, the last one reaches to the limit */
    uint32_t buckets, next; /* next: the first not yet taken */
    uint32_t capacity;
    uint32_t *heads;
};

struct sim__calendar {
    uint32_t *heads;
    uint32_t mask, capacity; /* buckets - 1; allocated */
    uint32_t shift;
    int64_t next;       /* the first bucket not yet taken, counted from time 0: time >> shift */
    int64_t end;        /* one past the last bucket the ring reaches; 0: there is no calendar */
    sim_time from;      /* all before this was taken; within bucket `next` */
    uint32_t count;     /* events linked, cancelled ones too */
    uint32_t tuned_for; /* events pending when it was tuned */
    sim_time tuned_at;
    uint64_t taken, visited; /* events but for bottom's .head, and buckets, since */
};

#define SIM__RUNGS 12

struct sim__queue {
    struct sim__event *events;
    uint32_t free, capacity;
    uint32_t linked; /* records that are in use or in the free list: the first ones */
    uint32_t dead;   /* records of cancelled events */
    struct sim__run bottom;
    uint32_t bottom_most; /* spread bottom out when it is full and holds so many */
    sim_time bottom_end;  /* bottom takes times < this */
    /* bottom while events are put and taken: its .head and .end stand still, and none goes past
       `room` */
    struct sim__entry *first, *past, *room;
    uint32_t rungs;
    struct sim__rung rung[SIM__RUNGS];
    struct sim__calendar calendar;
    struct sim__run top;
    sim_time top_least;
    struct sim__run scratch;
};

#define SIM__BOTTOM_MOST 64   /* measured, bench/README.md */
#define SIM__BOTTOM_ALONE 128 /* the same while there is no calendar */

int sim__queue_init(struct sim__queue *); /* 0, or -1 when out of memory */
void sim__queue_free(struct sim__queue *);

/* When bottom is empty (first == past): brings up the next events, sorted; the least is then
 * *first, and is removed by first++. 1, or 0 when the queue is empty, -1 when out of memory. */
int sim__queue_refill(struct sim__queue *);

/* Frees the records of cancelled events. O(n). 0, or -1 when out of memory. */
int sim__queue_sweep(struct sim__queue *);

/* More records, when none is free. 0, or -1 when out of memory. */
int sim__queue_grow(struct sim__queue *);

/* Puts the event of an entry in its place when sim__queue_has_room() says no. Amortised O(1). 0, or
 * -1 when out of memory. */
int sim__queue_push_far(struct sim__queue *, struct sim__entry);

/* The index of a record for a new event, its fields to be filled in; one is free. O(1). */
static inline uint32_t sim__queue_take(struct sim__queue *q)
{
    uint32_t index = q->free;
    q->free = sim__event_next(&q->events[index]);
    return index;
}

static inline void sim__queue_give(struct sim__queue *q, uint32_t index)
{
    q->events[index].fn = NULL;
    q->events[index].chain = q->free;
    q->free = index;
}

/* Whether an event of this time goes into bottom and bottom can take one more. */
static inline bool sim__queue_has_room(const struct sim__queue *q, sim_time when)
{
    return when < q->bottom_end && q->past != q->room;
}

/* Puts the entry of an event that was scheduled last of all into bottom, which has room for it:
 * from the end that is nearer, and after all of its time. */
static inline void sim__queue_insert(struct sim__queue *q, struct sim__entry e)
{
    struct sim__entry *first = q->first, *to = q->past;
    if (first != to && first != q->bottom.entries && e.time < first[(to - first) / 2].time) {
        q->calendar.taken++; /* as many as .first has moved on are counted by where it stands */
        q->first = first - 1;
        for (to = first - 1; to[1].time <= e.time; to++)
            to[0] = to[1];
    } else {
        q->past = to + 1;
        for (; to > first && e.time < to[-1].time; to--)
            to[0] = to[-1];
    }
    *to = e;
}

#endif
