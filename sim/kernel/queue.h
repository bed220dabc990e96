/* queue.h - the pending events: a calendar queue (Brown 1988) that sorts only the events that run
 * next. Buckets that are too full are split as in a ladder queue (Tang, Goh & Thng 2005).
 *
 * It has four parts, nearest first. `bottom` is a short sorted array; events are taken from its
 * head. A rung is a bucket that was too full for bottom, spread over finer buckets; mostly there
 * are none. The calendar is a ring of buckets. Each is a power of two ns wide and should hold a few
 * events, linked in no order. `top` holds all events that the ring does not reach yet. An event is
 * linked into the part that covers its time, and is sorted only within its bucket: amortised O(1)
 * whatever the distribution of the delays. Width and size follow the rate at which events are
 * really taken, and change when that rate changes. While few events are pending, all of them are in
 * bottom.
 *
 * Order is (time, key), exactly. A cancelled event stays in its place, marked, until it is reached
 * or a sweep finds it. bench/README.md has the measurements against a 4-ary heap. */
#ifndef SIM_KERNEL_QUEUE_H
#define SIM_KERNEL_QUEUE_H

#include "sim/types.h"

#define SIM__EVENT_BITS 24 /* 16.7 million events pending */
#define SIM__EVENTS_MOST (UINT32_C(1) << SIM__EVENT_BITS)
#define SIM__EVENT_MASK (SIM__EVENTS_MOST - 1)
#define SIM__NO_INDEX SIM__EVENT_MASK

struct sim__event {
    /* upper bits: its sequence; lower bits: the next record of its bucket or of the free list */
    uint64_t chain;
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
    uint64_t key; /* upper bits: sequence; lower bits: index of the record. Unique and ordered */
};

static inline bool sim__entry_before(struct sim__entry a, struct sim__entry b)
{
    return a.time < b.time || (a.time == b.time && a.key < b.key);
}

/* Time and key as one number with the same order, so that comparing needs no branch. */
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

/* One bucket's events, spread over finer buckets. */
struct sim__rung {
    sim_time start, limit;  /* covers [start, limit) */
    uint32_t shift;         /* a bucket is 2^shift ns wide; the last one ends at the limit */
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
    sim_time from;      /* all events before this time were taken; it lies within bucket `next` */
    uint32_t count;     /* events linked, cancelled ones too */
    uint32_t tuned_for; /* events pending when it was tuned */
    sim_time tuned_at;
    /* events taken (without those counted by bottom's .head) and buckets visited since then */
    uint64_t taken, visited;
};

#define SIM__RUNGS 12

struct sim__queue {
    struct sim__event *events;
    uint32_t free, capacity;
    uint32_t linked; /* records, from the first on, that are in use or in the free list */
    uint32_t dead;   /* records of cancelled events */
    struct sim__run bottom;
    /* when bottom is full and holds this many events, half of them become a rung */
    uint32_t bottom_most;
    sim_time bottom_end; /* bottom takes times < this */
    /* bottom while events are inserted and taken: its .head and .end are not updated then, and
     * entries never go past `room` */
    struct sim__entry *first, *past, *room;
    uint32_t rungs;
    struct sim__rung rung[SIM__RUNGS];
    struct sim__calendar calendar;
    struct sim__run top;
    sim_time top_least;
    struct sim__run scratch;
};

#define SIM__BOTTOM_MOST 64   /* measured, bench/README.md */
#define SIM__BOTTOM_ALONE 128 /* the same limit while there is no calendar */

int sim__queue_init(struct sim__queue *); /* 0, or -1 when out of memory */
void sim__queue_free(struct sim__queue *);

/* Fills bottom, which is empty (first == past), with the next events in order. The least is then
 * *first; first++ removes it. 1; 0 when the queue is empty; -1 when out of memory. */
int sim__queue_refill(struct sim__queue *);

/* Frees the records of cancelled events. O(n). 0, or -1 when out of memory. */
int sim__queue_sweep(struct sim__queue *);

/* Makes more records when none is free. 0, or -1 when out of memory. */
int sim__queue_grow(struct sim__queue *);

/* Inserts an entry where sim__queue_has_room() is false. Amortised O(1). 0, or -1 when out of
 * memory. */
int sim__queue_push_far(struct sim__queue *, struct sim__entry);

/* Takes a free record for a new event and returns its index; the caller fills it in. There must be
 * one. O(1). */
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

/* Whether an event of this time belongs into bottom and bottom has room for it. */
static inline bool sim__queue_has_room(const struct sim__queue *q, sim_time when)
{
    return when < q->bottom_end && q->past != q->room;
}

/* Inserts the entry of the newest event into bottom, which must have room, after all events of the
 * same time. It moves the entries of the nearer end. */
static inline void sim__queue_insert(struct sim__queue *q, struct sim__entry e)
{
    struct sim__entry *first = q->first, *to = q->past;
    if (first != to && first != q->bottom.entries && e.time < first[(to - first) / 2].time) {
        q->calendar.taken++; /* the position of .first counts the others */
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
