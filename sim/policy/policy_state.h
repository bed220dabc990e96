/* policy_state.h - calls under a policy, and what the policy remembers.
 *
 * A guard belongs to one caller node and one target of one of its ports. Callers share nothing, as
 * processes do not. Each mechanism has its part of the guard and its own file. */
#ifndef SIM_POLICY_POLICY_STATE_H
#define SIM_POLICY_POLICY_STATE_H

#include "fabric/call_state.h"
#include "sim/policy.h"

struct sim__operation;
struct sim__try;

/* The calls of a world under policies, and their attempts. */
struct sim__operations {
    struct sim__operation **slabs;
    uint32_t slab_count, slab_capacity;
    struct sim__operation *free;
    struct sim__try *free_tries;
    struct sim__owned made;
    uint64_t begun, ended;
};
/* An operation is a call whose policy has more than a timeout (retry.c). Its id has
 * SIM__OF_OPERATION set. */
#define SIM__OF_OPERATION (UINT64_C(1) << 31)
sim_call_id sim__operation_begin(struct sim_port *, uint32_t index, uint32_t node,
                                 struct sim_placed *, const struct sim_request *, sim_done *,
                                 void *self, sim_arg);
bool sim__operation_abandon(struct sim_world *, sim_call_id);

/* What the audit finds by walking all operations. */
struct sim__operations_walked {
    uint64_t live;
    uint64_t stuck; /* live operations that nothing can end: no timer runs and no attempt is out */
    uint64_t slots, slots_counted; /* attempts out under a concurrency limit: found by walking, and
                                      as the limits count them */
};
struct sim__operations_walked sim__operations_walk(const struct sim_world *);

/* At the end of a run: calls the model's overdue() for each operation that is past its timeout. */
void sim__operations_end(const struct sim_world *);

/* Whether a policy has no more than a timeout. */
bool sim__policy_is_plain(const struct sim_policy *);
/* Makes the policy a part of a node that calls. 0, or -1 when out of memory. */
int sim__policy_join(struct sim_node *);
/* Makes the guards of a port, one for each target; *guards is NULL if the policy remembers nothing.
 * 0, or -1 when out of memory. */
int sim__guards_make(struct sim_node *, uint32_t count, struct sim_guard **guards);

/* Makes room for operations. 0, or -1 when out of memory. */
int sim__operations_make(struct sim_world *);
void sim__operations_free(struct sim_world *);

struct sim_guard;

/* ---- an attempt and its call (retry.c, attempt.c) -------------------------------------------- */

enum sim__try_state {
    SIM__TRY_TOKEN,  /* waits for its token of the rate limit */
    SIM__TRY_SLOT,   /* waits in the queue of the concurrency limit */
    SIM__TRY_UNSENT, /* was refused before it was sent; an event of this instant tells the
                       operation */
    SIM__TRY_SENT,
};

struct sim__try {
    struct sim__operation *op;
    struct sim__try *next;            /* the operation's next attempt; or in the free list */
    struct sim__try *before, *behind; /* in the queue for a slot */
    sim_call_id call;                 /* SIM__TRY_SENT */
    sim_id timer;                     /* in the other states */
    sim_time sent;
    int64_t out; /* attempts out when it was sent, including itself */
    uint32_t epoch;
    uint8_t state;   /* enum sim__try_state */
    uint8_t verdict; /* enum sim_status; SIM__TRY_UNSENT */
    bool hedge;
    bool time_is_up; /* SIM__TRY_SLOT: its wait ends in this instant */
};

/* An attempt is over. `own`: the caller's own policy refused it. */
typedef void sim__result_fn(struct sim__operation *, bool hedge, bool own,
                            const struct sim_reply *);

struct sim__operation {
    struct sim_port *port;
    struct sim_guard *guard;   /* or NULL */
    struct sim_placed *placed; /* NULL, or this is one attempt of a call that its model places */
    uint32_t index, node;      /* the port's target; the target's node */
    uint32_t number, generation;
    struct sim_request request;
    sim__result_fn *result; /* called when an attempt is over */
    sim_done *done;
    void *self;
    sim_arg arg;
    int64_t attempt; /* from 1 */
    int64_t hedged;  /* hedges sent beside this attempt */
    sim_time last_wait;
    sim_id timer;                /* of the backoff before the next attempt, or of the wait before
                                    the next hedge */
    sim_id hedge_due;            /* the same, if the wait ends in this instant */
    struct sim__try *tries;      /* those not yet over */
    struct sim__operation *next; /* free list */
    bool live;
};

#define SIM__OPERATIONS_A_SLAB 64

static inline const struct sim_policy *sim__policy_of(const struct sim__operation *op)
{
    return &op->port->owner->component->plan->policy;
}

/* Begins an attempt: it passes the limits and the breaker, or waits, or is refused. */
void sim__try_begin(struct sim__operation *, bool hedge);
/* Gives up all attempts of an operation that are not over. `lost`: another one answered first. */
void sim__tries_abandon(struct sim__operation *, bool lost);
/* The caller crashed: forgets the attempts. Their calls are forgotten already. */
void sim__tries_forget(struct sim__operation *);

/* Whether a status is an answer, so that no further attempt is needed. A conflict is one: a retry
 * would find the same. */
static inline bool sim__is_answer(enum sim_status status)
{
    return status == SIM_OK || status == SIM_CONFLICT;
}

/* ---- retry budget (budget.c) ----------------------------------------------------------------- */

#define SIM__SLICES 10

struct sim__budget {
    int64_t slice;                    /* number of the newest slice, counted from time 0 */
    int64_t slices[SIM__SLICES], sum; /* deposits less withdrawals, in millionths of a retry */
};

void sim__budget_deposit(struct sim_guard *, sim_time now);
/* Withdraws one retry. False: the budget is empty; `budget_denied` counts it. */
bool sim__budget_withdraw(struct sim_guard *, sim_time now);

/* ---- hedging (hedge.c) ----------------------------------------------------------------------- */

struct sim__latencies;

/* How long after an attempt was sent the next hedge is due; SIM_NEVER: there is none. */
sim_time sim__hedge_delay(const struct sim__operation *);
/* Records how long a first attempt took; `cut_off`: it would have taken longer. */
void sim__hedge_observe(struct sim_guard *, sim_time latency, bool cut_off);

/* ---- circuit breaker (breaker.c) ------------------------------------------------------------- */

enum sim__breaker_state { SIM__CLOSED, SIM__OPEN, SIM__HALF_OPEN };

struct sim__breaker {
    int64_t slice;
    uint32_t good[SIM__SLICES], bad[SIM__SLICES];
    int64_t failed, ended; /* within the window */
    int64_t in_a_row;
    int64_t probes_out, probes_good;
    sim_time until;
    uint32_t epoch; /* grows with each change of state: results of attempts sent before do not
                       count */
    uint8_t state;  /* enum sim__breaker_state */
};

/* Whether an attempt may be sent now. */
bool sim__breaker_admit(struct sim_guard *, struct sim__try *);
enum sim__verdict { SIM__GOOD, SIM__BAD, SIM__UNKNOWN };
void sim__breaker_result(struct sim_guard *, const struct sim__try *, enum sim__verdict);

/* ---- limits (limiter.c) ---------------------------------------------------------------------- */

struct sim__limiter {
    int64_t limit, out, waiting;
    double estimate, long_term; /* gradient: the limit before rounding; smoothed latency, ns */
    int64_t samples;
    struct sim__try *first, *last; /* the queue */
};

void sim__limiter_enqueue(struct sim__limiter *, struct sim__try *);
void sim__limiter_dequeue(struct sim__limiter *, struct sim__try *);
/* Take a slot, which the caller has seen to be free, and give it back. */
void sim__limiter_take(struct sim_guard *, struct sim__try *);
void sim__limiter_give(struct sim_guard *);
/* Learns from an attempt that ended; adaptive limits only. */
void sim__limiter_learn(struct sim_guard *, const struct sim__try *, enum sim_status);

struct sim__bucket {
    sim_time next;    /* when the bucket will be full again */
    double next_part; /* fraction of a nanosecond */
};

/* Takes a token. Returns when the attempt may be sent: now, or up to `patience` later. SIM_NEVER:
 * not by then, and no token was taken. */
sim_time sim__bucket_take(struct sim_guard *, sim_time now, sim_time patience);

/* ---- all of them ----------------------------------------------------------------------------- */

struct sim_guard {
    struct sim_node *from;
    const struct sim_policy *policy;
    struct sim__budget budget;
    struct sim__breaker breaker;
    struct sim__limiter limiter;
    struct sim__bucket bucket;
    struct sim__latencies *latencies; /* hedging at a percentile; or NULL */
};

static inline sim_time sim__guard_now(const struct sim_guard *g)
{
    return sim_now(g->from->sim);
}

/* Resets a node's guards: its process has restarted. */
void sim__guards_reset(struct sim_node *);
/* The slots of concurrency limits taken in the whole world, as the limits count them. */
uint64_t sim__guards_slots(const struct sim_world *);

void sim__limiter_reset(struct sim_guard *);
void sim__breaker_reset(struct sim_guard *);
int sim__hedge_make(struct sim_guard *); /* 0, or -1 when out of memory */
void sim__hedge_reset(struct sim_guard *);

#endif
