/* policy_state.h - what a caller's policy remembers, and calls of more than one attempt. For the
 * fabric's own files.
 *
 * A guard belongs to one caller node and one target of one of its ports: nothing is shared between
 * callers, as nothing is between processes. Each mechanism has its part of it and its own file. */
#ifndef SIM_POLICY_POLICY_STATE_H
#define SIM_POLICY_POLICY_STATE_H

#include "fabric/call_state.h"
#include "sim/policy.h"

struct sim__operation;
struct sim__try;

/* Calls under a policy, and their attempts (policy_state.h). */
struct sim__operations {
    struct sim__operation **slabs;
    uint32_t slab_count, slab_capacity;
    struct sim__operation *free;
    struct sim__try *free_tries;
    struct sim__owned made;
    uint64_t begun, ended;
};
/* A call under more of a policy than a timeout (retry.c). Its id has SIM__OF_OPERATION set. */
#define SIM__OF_OPERATION (UINT64_C(1) << 31)
sim_call_id sim__operation_begin(struct sim_port *, uint32_t index, uint32_t node,
                                 struct sim_placed *, const struct sim_request *, sim_done *,
                                 void *self, sim_arg);
bool sim__operation_abandon(struct sim_world *, sim_call_id);

/* What the audit finds by walking all operations. */
struct sim__operations_walked {
    uint64_t live;
    uint64_t stuck; /* live, with neither a timer nor an attempt out that could end it */
    uint64_t slots, slots_counted; /* attempts out under a concurrency limit; as the limits count */
};
struct sim__operations_walked sim__operations_walk(const struct sim_world *);

/* At the end of a run: tells those who began operations of each that is past its timeout. */
void sim__operations_end(const struct sim_world *);

/* Whether a policy asks for no more than a timeout. */
bool sim__policy_is_plain(const struct sim_policy *);
/* Makes the policy a part of a node that calls. 0, or -1 when out of memory. */
int sim__policy_join(struct sim_node *);
/* What a node's policy remembers of each target of a port; NULL in *guards where it need not. 0, or
 * -1 when out of memory. */
int sim__guards_make(struct sim_node *, uint32_t count, struct sim__guard **guards);

/* Room for the calls of a world under policies. 0, or -1 when out of memory. */
int sim__operations_make(struct sim_world *);
void sim__operations_free(struct sim_world *);

struct sim__guard;

/* ---- an attempt and its call (retry.c, attempt.c) -------------------------------------------- */

enum sim__try_state {
    SIM__TRY_TOKEN, /* waits for its token of the rate limit */
    SIM__TRY_SLOT,  /* waits in the queue of the concurrency limit */
    SIM__TRY_TOLD,  /* will be told at once that it was not sent */
    SIM__TRY_SENT,
};

struct sim__try {
    struct sim__operation *op;
    struct sim__try *next;            /* of the same operation; free list */
    struct sim__try *before, *behind; /* in the queue for a slot */
    sim_call_id call;                 /* SIM__TRY_SENT */
    sim_id timer;                     /* the others */
    sim_time sent;
    int64_t out; /* attempts out when it was sent, itself included */
    uint32_t epoch;
    uint8_t state;   /* enum sim__try_state */
    uint8_t verdict; /* enum sim_status; SIM__TRY_TOLD */
    bool hedge;
    bool time_is_up; /* SIM__TRY_SLOT: in this instant */
};

/* An attempt is over. `own`: it was the caller's own policy that refused it. */
typedef void sim__result_fn(struct sim__operation *, bool hedge, bool own,
                            const struct sim_reply *);

struct sim__operation {
    struct sim_port *port;
    struct sim__guard *guard;  /* or NULL */
    struct sim_placed *placed; /* NULL, or this is one attempt of a call that its model places */
    uint32_t index, node;      /* of the port's targets; of the target's nodes */
    uint32_t number, generation;
    struct sim_request request;
    sim__result_fn *result; /* what an attempt that is over is told to */
    sim_done *done;
    void *self;
    sim_arg arg;
    int64_t attempt; /* from 1 */
    int64_t hedged;  /* attempts beside this one */
    sim_time last_wait;
    sim_id timer;                /* of the wait before the next attempt, or before the next hedge */
    sim_id hedge_due;            /* the same, when it ends in this instant */
    struct sim__try *tries;      /* those not yet over */
    struct sim__operation *next; /* free list */
    bool live;
};

#define SIM__OPERATIONS_A_SLAB 64

static inline const struct sim_policy *sim__policy_of(const struct sim__operation *op)
{
    return &op->port->owner->component->plan->policy;
}

/* Begins an attempt: it passes the limits and the breaker, or waits, or is told of its refusal. */
void sim__try_begin(struct sim__operation *, bool hedge);
/* Gives up all attempts of an operation that are not over. `lost`: another one answered first. */
void sim__tries_abandon(struct sim__operation *, bool lost);
/* The caller crashed: attempts are forgotten; their calls are already. */
void sim__tries_forget(struct sim__operation *);

/* Whether an answer needs no further attempt. A conflict does not: what was read is out of date. */
static inline bool sim__is_answer(enum sim_status status)
{
    return status == SIM_OK || status == SIM_CONFLICT;
}

/* ---- retry budget (budget.c) ----------------------------------------------------------------- */

#define SIM__SLICES 10

struct sim__budget {
    int64_t slice;                    /* number of the newest, counted from time 0 */
    int64_t slices[SIM__SLICES], sum; /* put in less taken out, in millionths of a retry */
};

void sim__budget_deposit(struct sim__guard *, sim_time now);
/* Takes one retry out. False: there is none; counted. */
bool sim__budget_withdraw(struct sim__guard *, sim_time now);

/* ---- hedging (hedge.c) ----------------------------------------------------------------------- */

struct sim__latencies;

/* How long after an attempt was sent the next hedge is due; SIM_NEVER: there is to be none. */
sim_time sim__hedge_delay(const struct sim__operation *);
/* The caller saw how long a first attempt took; cut off: that it takes longer than that. */
void sim__hedge_observe(struct sim__guard *, sim_time latency, bool cut_off);

/* ---- circuit breaker (breaker.c) ------------------------------------------------------------- */

enum sim__breaker_state { SIM__CLOSED, SIM__OPEN, SIM__HALF_OPEN };

struct sim__breaker {
    int64_t slice;
    uint32_t good[SIM__SLICES], bad[SIM__SLICES];
    int64_t failed, ended; /* within the window */
    int64_t in_a_row;
    int64_t probes_out, probes_good;
    sim_time until;
    uint32_t epoch; /* grows with every change of state: results from before do not count */
    uint8_t state;  /* enum sim__breaker_state */
};

/* Whether an attempt may be sent now. */
bool sim__breaker_admit(struct sim__guard *, struct sim__try *);
enum sim__verdict { SIM__GOOD, SIM__BAD, SIM__UNKNOWN };
void sim__breaker_result(struct sim__guard *, const struct sim__try *, enum sim__verdict);

/* ---- limits (limiter.c) ---------------------------------------------------------------------- */

struct sim__limiter {
    int64_t limit, out, waiting;
    double estimate, long_term; /* gradient: the limit before rounding; smoothed latency, ns */
    int64_t samples;
    struct sim__try *first, *last; /* the queue */
};

void sim__limiter_enqueue(struct sim__limiter *, struct sim__try *);
void sim__limiter_dequeue(struct sim__limiter *, struct sim__try *);
/* Takes a slot (the caller saw that there is one), or gives it back. */
void sim__limiter_take(struct sim__guard *, struct sim__try *);
void sim__limiter_give(struct sim__guard *);
/* Learns from an attempt that ended; only the adaptive limits do. */
void sim__limiter_learn(struct sim__guard *, const struct sim__try *, enum sim_status);

struct sim__bucket {
    sim_time next;    /* when the bucket would be full but for what was taken */
    double next_part; /* of a nanosecond */
};

/* Takes a token. When the attempt may be sent: now, or up to `patience` later; SIM_NEVER: not by
 * then, and no token was taken. */
sim_time sim__bucket_take(struct sim__guard *, sim_time now, sim_time patience);

/* ---- all of them ----------------------------------------------------------------------------- */

struct sim__guard {
    struct sim_node *from;
    const struct sim_policy *policy;
    struct sim__budget budget;
    struct sim__breaker breaker;
    struct sim__limiter limiter;
    struct sim__bucket bucket;
    struct sim__latencies *latencies; /* hedging at a percentile; or NULL */
};

static inline sim_time sim__guard_now(const struct sim__guard *g)
{
    return sim_now(g->from->sim);
}

/* A node's guards as new: its process began again. */
void sim__guards_reset(struct sim_node *);
/* Slots of concurrency limits taken, in the whole world, as the limits count them. */
uint64_t sim__guards_slots(const struct sim_world *);

void sim__limiter_reset(struct sim__guard *);
void sim__breaker_reset(struct sim__guard *);
int sim__hedge_make(struct sim__guard *); /* 0, or -1 when out of memory */
void sim__hedge_reset(struct sim__guard *);

#endif
