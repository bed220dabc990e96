/* kernel.h - the clock, the event queue and its timers.
 *
 * A simulation runs events in the order (time, sequence): time in integer nanoseconds, sequence the
 * order of scheduling. Nothing else decides: no address, no float, no wall clock. One simulation
 * belongs to one thread at a time; any number may live in a process. */
#ifndef SIM_KERNEL_H
#define SIM_KERNEL_H

#include "sim/types.h"

#include <stdatomic.h>

/* A pending event. Ids are never used twice within a simulation, so a stale one is harmless.
 * All zero is no event. */
typedef struct {
    uint64_t key;
} sim_id;

#define SIM_NO_EVENT ((sim_id){0})

#define SIM_INSTANT_EVENTS UINT64_C(10000000)

struct sim_limits {
    uint64_t events;         /* stop after so many events; 0: no limit */
    uint64_t instant_events; /* stop after so many in one instant; 0: SIM_INSTANT_EVENTS */
    /* Another thread may set it at any time: sim_run_until() then returns SIM_STOPPED within 4096
     * events, and a world that is being made is not finished. NULL: nobody does. The run's result
     * is void, as it depends on when it was set. */
    const atomic_bool *stop;
};

enum sim_outcome {
    SIM_REACHED,       /* every event before the given time has run */
    SIM_STOPPED,       /* sim_stop() was called, or *limits.stop was set */
    SIM_RUNAWAY,       /* limits.instant_events in one instant: a loop that takes no time */
    SIM_EVENT_LIMIT,   /* limits.events were run */
    SIM_OUT_OF_MEMORY, /* the queue or a pool could not grow; the run is void */
};

/* A new simulation at time 0; the caller owns it and frees it with sim_free().
 * `limits` may be NULL. Returns NULL when out of memory. */
struct sim *sim_new(const struct sim_limits *limits);
void sim_free(struct sim *);

/* First member of struct sim; for sim_now() only. */
struct sim__clock {
    sim_time now;
};

/* The present simulated time, ns. */
static inline sim_time sim_now(const struct sim *sim)
{
    return ((const struct sim__clock *)(const void *)sim)->now;
}

/* Schedules fn(sim, self, arg) at `when` (>= now), or after `delay` (>= 0). Amortised O(1).
 * When memory runs out the simulation is marked failed, sim_run_until() returns
 * SIM_OUT_OF_MEMORY, and the id returned is SIM_NO_EVENT. */
sim_id sim_at(struct sim *, sim_time when, sim_fn *, void *self, sim_arg);
sim_id sim_after(struct sim *, sim_time delay, sim_fn *, void *self, sim_arg);

/* Schedules at the present instant, after everything already scheduled for it. Cannot be
 * cancelled. O(1), the cheapest way to schedule. */
void sim_soon(struct sim *, sim_fn *, void *self, sim_arg);

/* Schedules at `when` (>= now), before all events of that instant that are not scheduled by this
 * function: so a fault is in force from its first instant on. Cannot be cancelled. O(log n) in such
 * events.
 * */
void sim_first(struct sim *, sim_time when, sim_fn *, void *self, sim_arg);

/* Runs fn(sim, self, arg) at the end of the present instant, when no event of it is left: for the
 * end of a wait that an event of the same instant can still prevent. It counts as part of the
 * present event. Cannot be cancelled. O(1). */
void sim_last(struct sim *, sim_fn *, void *self, sim_arg);

/* Cancels a pending event: O(1). False when it has run, was cancelled, or is SIM_NO_EVENT. */
bool sim_cancel(struct sim *, sim_id);
bool sim_is_pending(const struct sim *, sim_id);
/* When a pending event falls due; SIM_NEVER when it is not pending. */
sim_time sim_due(const struct sim *, sim_id);

/* A lane: events of one constant delay fall due in the order in which they were scheduled, so a
 * ring holds them and only its head is in the queue. Lanes of equal delay are one lane. The
 * simulation owns it. NULL when out of memory. O(lanes); to be called once, when wiring. */
struct sim_lane;
struct sim_lane *sim_lane(struct sim *, sim_time delay);

/* As sim_after() with the lane's delay; ids and cancelling work the same. O(1). */
sim_id sim_after_lane(struct sim *, struct sim_lane *, sim_fn *, void *self, sim_arg);

/* Runs every event with time < until (in order), then sets the clock to `until`.
 * On any outcome but SIM_REACHED the clock stands at the last event run. */
enum sim_outcome sim_run_until(struct sim *, sim_time until);

/* Makes sim_run_until() return SIM_STOPPED after the present event. */
void sim_stop(struct sim *);

/* Marks the simulation as failed because memory ran out; for its pools. */
void sim_fail_memory(struct sim *);

/* The number of events that ran, and of those pending; the self pointer of the event that ran last,
 * to say what was running when a run is SIM_RUNAWAY. */
uint64_t sim_event_count(const struct sim *);
uint64_t sim_pending_count(const struct sim *);
const void *sim_last_self(const struct sim *);

/* A hash of (time, sequence) of every event run so far: two runs that did the same have the same.
 * It does not depend on the compiler, the machine, or on what was observed. */
uint64_t sim_event_hash(const struct sim *);

#endif
