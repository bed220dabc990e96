/* sim.c - the clock, timers, lanes and the event loop.
 *
 * An event's key is also its id: the sequence number in the upper bits, the index of its record in
 * the lower bits. It is never used twice, so a stale id does not match the key in the record and
 * does nothing. A lane keeps its events in a ring. The first events of all lanes are in a
 * tournament tree beside the queue, so the queue holds only events without a constant delay.
 *
 * Order is (time, sequence), with two exceptions that cost other events nothing. Events that run
 * first in their instant come from a lane with sequence 0. Events that run last are kept apart; the
 * event that schedules one requests a pause of the loop, where it is found. */
#include "sim/kernel.h"

#include "kernel/agenda.h"
#include "kernel/queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SEQUENCE_BITS 39 /* 5.5e11 events scheduled: seven hours of running at 20 M events/s */
#define SEQUENCE_MOST                                                                              \
    (UINT64_C(1) << (SEQUENCE_BITS - 1)) /* the rest is far more than what runs between two looks */
#define LANE_BIT (UINT64_C(1) << 63)
#define LANE_SHIFT 52
#define LANES_MOST 2048
#define POSITION_MASK ((UINT64_C(1) << LANE_SHIFT) - 1)
#define STOP_EVERY 4096 /* events between two checks whether the run should stop */
#define SWEEP_LEAST                                                                                \
    4096 /* cancelled events are swept when they are more than this and more than all others */

/* Not inlined into the functions that every event runs through, so that these need no stack
 * frame. */
#define APART __attribute__((noinline))
#define SELDOM __attribute__((noinline, cold))

struct lane_event {
    sim_time time;
    uint64_t sequence;
    sim_fn *fn; /* NULL: cancelled */
    void *self;
    sim_arg arg;
};

struct sim_lane {
    sim_time delay;
    uint64_t head, tail;     /* positions, counted from the start; the ring holds [head, tail) */
    struct lane_event *ring; /* the event at the head is never a cancelled one */
    uint64_t mask;           /* capacity - 1 */
    uint64_t id_base; /* upper bits of the ids of its events; the lower bits are the position */
    uint32_t index;
    bool plays; /* in the tournament */
    bool stale; /* its entry is of an event that was cancelled since, or it is the agenda's lane */
};

struct soon_event {
    uint64_t sequence;
    sim_fn *fn;
    void *self;
    sim_arg arg;
};

struct sim {
    struct sim__clock clock; /* first: sim_now() reads it */
    uint64_t sequence;
    struct sim__queue queue;
    struct soon_event *soon;
    uint32_t soon_head, soon_count, soon_mask;
    struct sim__agenda agenda;
    /* takes part in the tournament for the agenda; NULL until the agenda is used */
    struct sim_lane *agenda_lane;
    /* to run when no other event of this instant is left: [last_done, last_end) */
    struct soon_event *last;
    uint32_t last_done, last_end, last_capacity;
    struct sim_lane **lanes;
    struct sim__entry *heads; /* the tournament: heads[1] is the least of [2] and [3], and so on */
    uint32_t lane_count;
    uint32_t leaves; /* a power of two; lane i plays at heads[leaves + i] */
    uint64_t events, cancelled, hash;
    const void *last_self;
    uint64_t events_limit, instant_events; /* of the whole run; of one instant */
    uint64_t pause_at;       /* pause the loop when `events` reaches this; 0: at once */
    uint64_t look_at;        /* the next multiple of instant_events, where the clock is checked */
    sim_time looked;         /* the time at the last check; -1: none yet */
    const atomic_bool *stop; /* another thread sets it; NULL: nobody does */
    bool due_now;            /* the queue or a lane got an event for the present instant */
    bool stopped, failed;
};

/* An empty lane's entry in the tournament. Otherwise the entry holds the key of the lane's first
 * event, or of an earlier one that was cancelled since; the lane's number stands in place of a
 * record's index. */
static const struct sim__entry no_head = {SIM_NEVER, 0};

/* Without a branch: the result cannot be predicted. */
static inline struct sim__entry lesser(struct sim__entry a, struct sim__entry b)
{
    uint64_t second = -(uint64_t)(sim__entry_whole(b) < sim__entry_whole(a)); /* all bits or none */
    __asm__("" : "+r"(second)); /* keeps the compiler from making a branch of it */
    uint64_t time = ((uint64_t)a.time ^ (uint64_t)b.time) & second;
    return (struct sim__entry){(sim_time)((uint64_t)a.time ^ time),
                               a.key ^ ((a.key ^ b.key) & second)};
}

/* Doubles the places in the tournament. False when out of memory. */
static bool leaves_grow(struct sim *sim)
{
    uint32_t before = sim->leaves, leaves = before ? 2 * before : 1;
    struct sim__entry *heads = malloc(2 * leaves * sizeof *heads);
    if (heads == NULL)
        return false;
    for (uint32_t i = 0; i < leaves; i++)
        heads[leaves + i] = i < before ? sim->heads[before + i] : no_head;
    for (uint32_t i = leaves; i-- > 1;)
        heads[i] = lesser(heads[2 * i], heads[2 * i + 1]);
    free(sim->heads);
    sim->heads = heads;
    sim->leaves = leaves;
    return true;
}

struct sim *sim_new(const struct sim_limits *limits)
{
    struct sim *sim = calloc(1, sizeof *sim);
    if (sim == NULL)
        return NULL;
    sim->events_limit = limits != NULL && limits->events != 0 ? limits->events : UINT64_MAX;
    sim->instant_events = limits != NULL && limits->instant_events != 0 ? limits->instant_events
                                                                        : SIM_INSTANT_EVENTS;
    sim->look_at = sim->instant_events;
    sim->stop = limits != NULL ? limits->stop : NULL;
    sim->looked = -1;
    sim->soon_mask = 63;
    sim->soon = malloc((sim->soon_mask + 1) * sizeof *sim->soon);
    if (sim__queue_init(&sim->queue) != 0 || sim->soon == NULL || !leaves_grow(sim)) {
        sim_free(sim);
        return NULL;
    }
    return sim;
}

void sim_free(struct sim *sim)
{
    if (sim == NULL)
        return;
    for (uint32_t i = 0; i < sim->lane_count; i++) {
        free(sim->lanes[i]->ring);
        free(sim->lanes[i]);
    }
    free(sim->lanes);
    free(sim->heads);
    free(sim->soon);
    free(sim->last);
    free(sim->agenda.events);
    sim__queue_free(&sim->queue);
    free(sim);
}

SELDOM void sim_fail_memory(struct sim *sim)
{
    sim->failed = true;
    sim->pause_at = 0;
}

void sim_stop(struct sim *sim)
{
    sim->stopped = true;
    sim->pause_at = 0;
}

uint64_t sim_event_count(const struct sim *sim)
{
    return sim->events;
}

uint64_t sim_event_hash(const struct sim *sim)
{
    return sim->hash;
}

uint64_t sim_pending_count(const struct sim *sim)
{
    return sim->sequence - sim->events - sim->cancelled;
}

const void *sim_last_self(const struct sim *sim)
{
    return sim->last_self;
}

/* ---- events ---------------------------------------------------------------------------------- */

static SELDOM sim_id not_scheduled(struct sim *sim)
{
    sim_fail_memory(sim);
    return SIM_NO_EVENT;
}

static APART sim_id push_far(struct sim *sim, struct sim__entry entry)
{
    return sim__queue_push_far(&sim->queue, entry) != 0 ? not_scheduled(sim) : (sim_id){entry.key};
}

static SELDOM sim_id schedule_slowly(struct sim *sim, sim_time when, sim_fn *fn, void *self,
                                     sim_arg arg)
{
    return sim__queue_grow(&sim->queue) != 0 ? not_scheduled(sim)
                                             : sim_at(sim, when, fn, self, arg);
}

static inline sim_id schedule(struct sim *sim, sim_time when, sim_fn *fn, void *self, sim_arg arg)
{
    struct sim__queue *q = &sim->queue;
    if (q->free == SIM__NO_INDEX)
        return schedule_slowly(sim, when, fn, self, arg);
    uint32_t index = sim__queue_take(q);
    uint64_t key = ++sim->sequence << SIM__EVENT_BITS | index;
    struct sim__event *event = &q->events[index];
    event->chain = key;
    event->time = when;
    event->fn = fn;
    event->self = self;
    event->arg = arg;
    if (when == sim->clock.now)
        sim->due_now = true;
    struct sim__entry entry = {when, key};
    if (!sim__queue_has_room(q, when))
        return push_far(sim, entry);
    sim__queue_insert(q, entry);
    return (sim_id){key};
}

sim_id sim_at(struct sim *sim, sim_time when, sim_fn *fn, void *self, sim_arg arg)
{
    assert(when >= sim->clock.now && fn != NULL);
    return schedule(sim, when, fn, self, arg);
}

/* The time `delay` from now, limited to the end of the 63-bit clock. */
static inline sim_time due(const struct sim *sim, sim_time delay)
{
    sim_time now = sim->clock.now;
    return delay < SIM_NEVER - now ? now + delay : SIM_NEVER - 1;
}

sim_id sim_after(struct sim *sim, sim_time delay, sim_fn *fn, void *self, sim_arg arg)
{
    assert(delay >= 0);
    return schedule(sim, due(sim, delay), fn, self, arg);
}

/* Moves the head to the next event that is not cancelled. So a lane of timeouts, most of which are
 * cancelled, stays as short as the number of pending ones. */
static inline void lane_pass_cancelled(struct sim_lane *lane)
{
    while (lane->head < lane->tail && lane->ring[lane->head & lane->mask].fn == NULL)
        lane->head++;
}

static bool cancel_in_lane(struct sim *sim, uint64_t key)
{
    struct sim_lane *lane = sim->lanes[(key & ~LANE_BIT) >> LANE_SHIFT];
    uint64_t position = key & POSITION_MASK;
    assert((key & ~LANE_BIT) >> LANE_SHIFT < sim->lane_count && position < lane->tail);
    if (position < lane->head)
        return false;
    struct lane_event *event = &lane->ring[position & lane->mask];
    bool was = event->fn != NULL;
    event->fn = NULL;
    sim->cancelled += was;
    if (position == lane->head) {
        lane_pass_cancelled(lane);
        lane->stale = true;
    }
    return was;
}

static SELDOM bool sweep(struct sim *sim)
{
    if (sim__queue_sweep(&sim->queue) != 0)
        sim_fail_memory(sim);
    return true;
}

bool sim_cancel(struct sim *sim, sim_id id)
{
    if (id.key & LANE_BIT)
        return cancel_in_lane(sim, id.key);
    if (id.key == 0)
        return false;
    struct sim__queue *q = &sim->queue;
    struct sim__event *event = &q->events[id.key & SIM__EVENT_MASK];
    if (!sim__event_is(event, id.key))
        return false;
    event->fn = NULL;
    q->dead++;
    sim->cancelled++;
    return q->dead <= SWEEP_LEAST || q->dead <= sim_pending_count(sim) || sweep(sim);
}

sim_time sim_due(const struct sim *sim, sim_id id)
{
    if (id.key == 0)
        return SIM_NEVER;
    if (id.key & LANE_BIT) {
        const struct sim_lane *lane = sim->lanes[(id.key & ~LANE_BIT) >> LANE_SHIFT];
        uint64_t position = id.key & POSITION_MASK;
        const struct lane_event *event = &lane->ring[position & lane->mask];
        return position >= lane->head && event->fn != NULL ? event->time : SIM_NEVER;
    }
    const struct sim__event *event = &sim->queue.events[id.key & SIM__EVENT_MASK];
    return sim__event_is(event, id.key) ? event->time : SIM_NEVER;
}

bool sim_is_pending(const struct sim *sim, sim_id id)
{
    return sim_due(sim, id) != SIM_NEVER;
}

/* ---- this instant ---------------------------------------------------------------------------- */

static SELDOM bool soon_grow(struct sim *sim)
{
    uint32_t count = sim->soon_mask + 1;
    struct soon_event *soon = realloc(sim->soon, 2 * (size_t)count * sizeof *soon);
    if (soon == NULL || count > UINT32_MAX / 4) {
        sim->soon = soon != NULL ? soon : sim->soon;
        sim_fail_memory(sim);
        return false;
    }
    /* unwrap: copy the part before the head behind the part after it */
    memcpy(soon + count, soon, sim->soon_head * sizeof *soon);
    sim->soon = soon;
    sim->soon_mask = 2 * count - 1;
    return true;
}

static SELDOM void soon_slowly(struct sim *sim, sim_fn *fn, void *self, sim_arg arg)
{
    if (soon_grow(sim))
        sim_soon(sim, fn, self, arg);
}

void sim_soon(struct sim *sim, sim_fn *fn, void *self, sim_arg arg)
{
    assert(fn != NULL);
    if (sim->soon_count > sim->soon_mask) {
        soon_slowly(sim, fn, self, arg);
        return;
    }
    struct soon_event *event = &sim->soon[(sim->soon_head + sim->soon_count++) & sim->soon_mask];
    event->sequence = ++sim->sequence;
    event->fn = fn;
    event->self = self;
    event->arg = arg;
}

/* ---- lanes ----------------------------------------------------------------------------------- */

static struct sim_lane *lane_new(struct sim *sim, sim_time delay)
{
    if (sim->lane_count == LANES_MOST)
        return NULL;
    struct sim_lane **lanes = realloc(sim->lanes, (sim->lane_count + 1) * sizeof(void *));
    if (lanes == NULL)
        return NULL;
    sim->lanes = lanes;
    if (sim->lane_count == sim->leaves && !leaves_grow(sim))
        return NULL;
    struct sim_lane *lane = calloc(1, sizeof *lane);
    struct lane_event *ring = malloc(64 * sizeof *ring);
    if (lane == NULL || ring == NULL) {
        free(lane);
        free(ring);
        return NULL;
    }
    lane->delay = delay;
    lane->ring = ring;
    lane->mask = 63;
    lane->index = sim->lane_count;
    lane->id_base = LANE_BIT | (uint64_t)sim->lane_count << LANE_SHIFT;
    sim->lanes[sim->lane_count++] = lane;
    return lane;
}

struct sim_lane *sim_lane(struct sim *sim, sim_time delay)
{
    assert(delay >= 0);
    for (uint32_t i = 0; i < sim->lane_count; i++)
        if (sim->lanes[i]->delay == delay)
            return sim->lanes[i];
    return lane_new(sim, delay);
}

/* In place: an event keeps its position, or moves by the old length of the ring. */
static SELDOM bool lane_grow(struct sim *sim, struct sim_lane *lane)
{
    size_t count = (size_t)lane->mask + 1;
    struct lane_event *ring = count > UINT32_MAX / 4
                                  ? NULL
                                  : realloc(lane->ring, 2 * count * sizeof *ring);
    if (ring == NULL) {
        sim_fail_memory(sim);
        return false;
    }
    for (uint64_t at = lane->head; at < lane->tail; at++)
        if (at & count)
            ring[(at & lane->mask) + count] = ring[at & lane->mask];
    lane->ring = ring;
    lane->mask = 2 * count - 1;
    return true;
}

static inline struct sim__entry head_of(const struct sim_lane *lane, const struct lane_event *event)
{
    return (struct sim__entry){event->time, event->sequence << SIM__EVENT_BITS | lane->index};
}

/* Writes a lane's head into the tournament and updates the tree above it. */
static inline void heads_play(struct sim *sim, uint32_t lane, struct sim__entry head)
{
    struct sim__entry *heads = sim->heads;
    uintptr_t at = sim->leaves + lane;
    assert(lane < sim->lane_count && sim->lane_count <= sim->leaves);
    for (heads[at] = head; at > 1; at /= 2)
        heads[at / 2] = head = lesser(head, heads[at ^ 1]);
}

/* Call it after the least head's event was taken or found cancelled. */
static inline void heads_advance(struct sim *sim, struct sim_lane *lane)
{
    const struct lane_event *event = &lane->ring[lane->head & lane->mask];
    lane->plays = lane->head < lane->tail;
    heads_play(sim, lane->index, lane->plays ? head_of(lane, event) : no_head);
}

/* For a lane that got an event when it had none, or whose first one was cancelled. */
static APART void lane_plays_on(struct sim *sim, struct sim_lane *lane)
{
    lane->stale = false;
    heads_advance(sim, lane);
}

static SELDOM sim_id after_lane_slowly(struct sim *sim, struct sim_lane *lane, sim_fn *fn,
                                       void *self, sim_arg arg)
{
    return lane_grow(sim, lane) ? sim_after_lane(sim, lane, fn, self, arg) : SIM_NO_EVENT;
}

sim_id sim_after_lane(struct sim *sim, struct sim_lane *lane, sim_fn *fn, void *self, sim_arg arg)
{
    assert(fn != NULL);
    uint64_t position = lane->tail, mask = lane->mask;
    if (position - lane->head > mask)
        return after_lane_slowly(sim, lane, fn, self, arg);
    lane->tail = position + 1;
    struct lane_event *event = &lane->ring[position & mask];
    sim_time when = due(sim, lane->delay);
    assert(lane->delay >= 0);
    assert((position == lane->head || lane->ring[(position - 1) & mask].time <= when) &&
           "a lane is in order of time, as its delay is constant");
    uint64_t sequence = ++sim->sequence;
    event->time = when;
    event->sequence = sequence;
    event->fn = fn;
    event->self = self;
    event->arg = arg;
    if (!lane->plays) {
        sim->due_now |= lane->delay == 0;
        lane_plays_on(sim, lane);
    }
    return (sim_id){lane->id_base | position};
}

/* ---- the first and the last of an instant --------------------------------------------------- */

static struct sim_lane *agenda_lane(struct sim *sim)
{
    if (sim->agenda_lane == NULL) {
        sim->agenda_lane = lane_new(sim, -1); /* no other has that delay */
        if (sim->agenda_lane != NULL)
            sim->agenda_lane->stale = true;
    }
    return sim->agenda_lane;
}

/* The sequence is 0, so it comes before all other events of that time. */
static void agenda_plays(struct sim *sim)
{
    struct sim__entry head = {SIM_NEVER, 0};
    if (sim->agenda.count > 0)
        head = (struct sim__entry){sim->agenda.events[0].time, sim->agenda_lane->index};
    heads_play(sim, sim->agenda_lane->index, head);
}

void sim_first(struct sim *sim, sim_time when, sim_fn *fn, void *self, sim_arg arg)
{
    assert(when >= sim->clock.now && fn != NULL);
    struct sim__agenda_event event = {when, ++sim->sequence, fn, self, arg};
    if (agenda_lane(sim) == NULL || sim__agenda_add(&sim->agenda, event) != 0) {
        sim_fail_memory(sim);
        return;
    }
    sim->due_now |= when == sim->clock.now;
    agenda_plays(sim);
}

void sim_last(struct sim *sim, sim_fn *fn, void *self, sim_arg arg)
{
    assert(fn != NULL);
    if (sim->last_end == sim->last_capacity) {
        uint32_t capacity = sim->last_capacity ? 2 * sim->last_capacity : 16;
        void *grown = capacity > sim->last_capacity
                          ? realloc(sim->last, capacity * sizeof *sim->last)
                          : NULL;
        if (grown == NULL) {
            sim_fail_memory(sim);
            return;
        }
        sim->last = grown;
        sim->last_capacity = capacity;
    }
    sim->last[sim->last_end++] = (struct soon_event){.fn = fn, .self = self, .arg = arg};
    sim->pause_at = 0;
}

/* ---- the loop -------------------------------------------------------------------------------- */

static inline void dispatch(struct sim *sim, uint64_t sequence, sim_fn *fn, void *self, sim_arg arg)
{
    uint64_t mixed = (sim->hash ^ (uint64_t)sim->clock.now) * UINT64_C(0xd1342543de82ef95);
    sim->hash = (mixed << 29 | mixed >> 35) + sequence;
    sim->events++;
    sim->last_self = self;
    fn(sim, self, arg);
}

/* Runs events scheduled for this instant: one event if the queue or a lane has one due now, too;
 * otherwise until there are no more, or until the queue or a lane may have got one. */
static inline void run_soon(struct sim *sim, bool due_now)
{
    sim->due_now = due_now;
    do {
        const struct soon_event *event = &sim->soon[sim->soon_head];
        sim->soon_head = (sim->soon_head + 1) & sim->soon_mask;
        sim->soon_count--;
        dispatch(sim, event->sequence, event->fn, event->self, event->arg);
    } while (sim->soon_count > 0 && !sim->due_now && sim->events < sim->pause_at);
}

/* The agenda's first event, or a lane whose first one was cancelled. */
static APART void run_unusual_head(struct sim *sim, struct sim_lane *lane)
{
    if (lane != sim->agenda_lane) {
        lane_plays_on(sim, lane);
        return;
    }
    struct sim__agenda_event event = sim__agenda_take(&sim->agenda);
    assert(event.time >= sim->clock.now && "time does not go back");
    sim->clock.now = event.time;
    agenda_plays(sim);
    dispatch(sim, event.sequence, event.fn, event.self, event.arg);
}

static inline void run_lane_head(struct sim *sim)
{
    struct sim_lane *lane = sim->lanes[sim->heads[1].key & SIM__EVENT_MASK];
    const struct lane_event *event = &lane->ring[lane->head & lane->mask];
    if (lane->stale) {
        run_unusual_head(sim, lane);
        return;
    }
    assert(event->fn != NULL && event->time >= sim->clock.now && "time does not go back");
    sim_fn *fn = event->fn;
    void *self = event->self;
    sim_arg arg = event->arg;
    uint64_t sequence = event->sequence;
    sim->clock.now = event->time;
    lane->head++;
    lane_pass_cancelled(lane);
    heads_advance(sim, lane);
    dispatch(sim, sequence, fn, self, arg);
}

static inline void run_entry(struct sim *sim, struct sim__entry entry)
{
    uint32_t index = entry.key & SIM__EVENT_MASK;
    struct sim__event *event = &sim->queue.events[index];
    if (event->fn == NULL) { /* cancelled */
        sim->queue.dead--;
        sim__queue_give(&sim->queue, index);
        return;
    }
    assert(entry.time == event->time && entry.time >= sim->clock.now && "time does not go back");
    sim->clock.now = entry.time;
    sim_fn *fn = event->fn;
    void *self = event->self;
    sim_arg arg = event->arg;
    sim__queue_give(&sim->queue, index);
    dispatch(sim, entry.key >> SIM__EVENT_BITS, fn, self, arg);
}

/* Runs the queue's first event, and then the events it scheduled for this instant if nothing else
 * is due now. */
static inline void run_queued(struct sim *sim, struct sim__entry queued)
{
    const struct sim__entry *next = ++sim->queue.first;
    sim->due_now = next == sim->queue.past || next->time == queued.time ||
                   sim->heads[1].time == queued.time;
    run_entry(sim, queued);
    if (sim->soon_count > 0 && !sim->due_now && sim->events < sim->pause_at)
        run_soon(sim, false);
}

static APART bool refill(struct sim *sim)
{
    int got = sim__queue_refill(&sim->queue);
    if (got < 0)
        sim_fail_memory(sim);
    return got > 0;
}

static bool due_now(struct sim *sim)
{
    sim_time now = sim->clock.now;
    if (sim->soon_count > 0 || sim->heads[1].time == now)
        return true;
    return (sim->queue.first != sim->queue.past || refill(sim)) && sim->queue.first->time == now;
}

/* Runs the events kept for the end of the instant, when no others of it are left. */
static SELDOM void run_last(struct sim *sim)
{
    while (sim->last_done < sim->last_end && !due_now(sim)) {
        struct soon_event event = sim->last[sim->last_done++];
        sim->last_self = event.self;
        event.fn(sim, event.self, event.arg);
    }
    if (sim->last_done == sim->last_end)
        sim->last_done = sim->last_end = 0;
}

/* Whether to go on after a pause, and up to which number of events. After each instant_events of
 * the whole run, however it is cut into windows, it checks the clock. If the clock shows the same
 * time twice, the run is stuck in one instant. */
static APART bool look(struct sim *sim, enum sim_outcome *outcome)
{
    if (sim->last_end > 0)
        run_last(sim);
    if (sim->sequence >=
        SEQUENCE_MOST) /* beyond this, an event's id could be mistaken for a lane's */
        sim_fail_memory(sim);
    bool looks = sim->events >= sim->look_at;
    bool stands = looks && sim->looked == sim->clock.now;
    bool asked_to_stop = sim->stop != NULL && atomic_load_explicit(sim->stop, memory_order_relaxed);
    *outcome = sim->failed                        ? SIM_OUT_OF_MEMORY
               : sim->stopped || asked_to_stop    ? SIM_STOPPED
               : sim->events >= sim->events_limit ? SIM_EVENT_LIMIT
               : stands                           ? SIM_RUNAWAY
                                                  : SIM_REACHED;
    if (looks) {
        sim->looked = sim->clock.now;
        sim->look_at += sim->instant_events;
    }
    sim->pause_at = sim->look_at < sim->events_limit ? sim->look_at : sim->events_limit;
    if (sim->stop != NULL && sim->pause_at > sim->events + STOP_EVERY)
        sim->pause_at = sim->events + STOP_EVERY;
    if (sim->last_end > 0)
        sim->pause_at = 0; /* pause again until this instant is done */
    return *outcome == SIM_REACHED;
}

/* Runs the next event before `until`: the least of the queue's, the lanes' and this instant's.
 * False when there is none. */
static inline bool run_next(struct sim *sim, sim_time until)
{
    struct sim__entry queued = {SIM_NEVER, 0};
    if (sim->queue.first != sim->queue.past || refill(sim))
        queued = *sim->queue.first;
    bool lane = sim__entry_before(sim->heads[1], queued);
    sim_time first = lane ? sim->heads[1].time : queued.time;
    if (sim->soon_count > 0) {
        uint64_t key = lane ? sim->heads[1].key : queued.key;
        if (first > sim->clock.now || key >> SIM__EVENT_BITS > sim->soon[sim->soon_head].sequence) {
            run_soon(sim, first == sim->clock.now);
            return true;
        }
    }
    if (first >= until)
        return false;
    if (lane)
        run_lane_head(sim);
    else
        run_queued(sim, queued);
    return true;
}

APART enum sim_outcome sim_run_until(struct sim *sim, sim_time until)
{
    assert(until >= sim->clock.now);
    enum sim_outcome outcome = SIM_REACHED;
    sim->stopped = false;
    if (sim->clock.now == until || !look(sim, &outcome))
        return outcome;
    while (run_next(sim, until))
        if (sim->events >= sim->pause_at && !look(sim, &outcome))
            return outcome;
    if (sim->failed) /* out of memory while refilling the queue */
        return SIM_OUT_OF_MEMORY;
    sim->clock.now = until;
    return SIM_REACHED;
}
