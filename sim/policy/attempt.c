/* attempt.c - one attempt of a call under a policy, on its way out.
 *
 * It passes the rate limit, the concurrency limit and the circuit breaker, in this order, and then
 * it is sent. So the breaker decides at the moment of sending. An attempt that it refuses gives its
 * slot back at once; its token is spent. A limit makes an attempt wait for at most `wait`, or
 * refuses it. Waiting counts towards the call's deadline, not towards the attempt's timeout, which
 * begins when it is sent. */
#include "books/trace_state.h"
#include "policy/policy_state.h"

#include <assert.h>

static struct sim__try *try_new(struct sim__operation *op, bool hedge)
{
    struct sim_world *w = op->port->owner->world;
    struct sim__try *try = w->operations->free_tries;
    if (try == NULL) {
        try = sim__world_alloc(w, SIM__OPERATIONS_A_SLAB, sizeof *try);
        if (try == NULL) {
            sim_fail_memory(w->sim);
            return NULL;
        }
        for (uint32_t i = 0; i + 1 < SIM__OPERATIONS_A_SLAB; i++)
            try[i].next = &try[i + 1];
    }
    w->operations->free_tries = try->next;
    *try = (struct sim__try){.op = op, .next = op->tries, .hedge = hedge};
    op->tries = try;
    return try;
}

static void try_free(struct sim__try *try)
{
    struct sim__operation *op = try->op;
    struct sim__operations *all = op->port->owner->world->operations;
    struct sim__try **at = &op->tries;
    assert(op->live && op->tries != NULL);
    while (*at != try)
        at = &(*at)->next;
    *at = try->next;
    try->next = all->free_tries;
    try->time_is_up = false;
    all->free_tries = try;
}

static bool is_limited(const struct sim__operation *op)
{
    return sim__policy_of(op)->concurrency.limit > 0;
}

static void held_back(const struct sim__try *try, int64_t change)
{
    struct sim_node *from = try->op->port->owner;
    sim_time now = sim_now(from->sim);
    sim_gauge_add(&from->caller->held_back, now, change);
    if (change > 0 && try->op->request.trace != 0)
        sim__trace_mark(from->world->trace, try->op->request.trace, now, SIM_SPENT_LIMIT);
}

/* Time until the deadline; never more than a timer can be set to. */
static sim_time time_left(const struct sim__operation *op, sim_time now)
{
    return op->request.deadline - now;
}

static void end_unsent(struct sim *sim, void *node, sim_arg arg)
{
    (void)sim;
    (void)node;
    struct sim__try *try = arg.p;
    struct sim__operation *op = try->op;
    bool hedge = try->hedge;
    assert(op->live && try->state == SIM__TRY_UNSENT);
    struct sim_reply reply = {.status = (enum sim_status)try->verdict};
    try_free(try);
    op->result(op, hedge, reply.status == SIM_REFUSED, &reply);
}

/* The attempt will not be sent. The caller learns this from the event loop, never inside its
 * call. */
static void tell(struct sim__try *try, enum sim_status verdict, struct sim_counter *counter)
{
    struct sim_node *from = try->op->port->owner;
    if (counter != NULL)
        sim_count(counter);
    try->state = SIM__TRY_UNSENT;
    try->verdict = (uint8_t)verdict;
    try->timer = sim_after(from->sim, 0, end_unsent, from, (sim_arg){.p = try});
}

static void send_waiting(struct sim_guard *);

/* What the policy learns from an attempt that was sent and is over. */
static void learn(struct sim__try *try, enum sim_status status)
{
    struct sim__operation *op = try->op;
    struct sim_guard *g = op->guard;
    if (g == NULL)
        return;
    if (is_limited(op)) {
        sim__limiter_give(g);
        sim__limiter_learn(g, try, status);
    }
    sim__breaker_result(g, try, sim__is_answer(status) ? SIM__GOOD : SIM__BAD);
    if (!try->hedge && (sim__is_answer(status) || status == SIM_TIMEOUT))
        sim__hedge_observe(g, sim__guard_now(g) - try->sent, status == SIM_TIMEOUT);
}

static void over(struct sim *sim, void *self, sim_arg arg, const struct sim_reply *reply)
{
    (void)sim;
    (void)arg;
    struct sim__try *try = self;
    struct sim__operation *op = try->op;
    bool hedge = try->hedge;
    assert(op->live && try->state == SIM__TRY_SENT);
    learn(try, reply->status);
    try_free(try);
    /* gives the slot to a waiting attempt before the caller's `done` can ask for it */
    if (is_limited(op))
        send_waiting(op->guard);
    op->result(op, hedge, false, reply);
}

static void hedge(struct sim *sim, void *node, sim_arg arg)
{
    (void)node;
    struct sim__operation *op = arg.p;
    if (op->hedge_due.key == 0 || op->timer.key != op->hedge_due.key)
        return; /* answered in the last instant */
    assert(op->live && op->tries != NULL && "a hedge goes beside an attempt");
    op->timer = op->hedge_due = SIM_NO_EVENT;
    if (!sim__budget_withdraw(op->guard, sim_now(sim)))
        return;
    op->hedged++;
    sim__try_begin(op, true);
}

/* An answer that arrives in this very instant is in time. */
static void hedge_due(struct sim *sim, void *node, sim_arg arg)
{
    struct sim__operation *op = arg.p;
    op->hedge_due = op->timer;
    sim_last(sim, hedge, node, arg);
}

/* Sets the timer of a hedge, in case no attempt answers in time. */
static void arm_hedge(struct sim__operation *op)
{
    struct sim_node *from = op->port->owner;
    if (sim__policy_of(op)->hedge.extra == 0 || sim_is_pending(from->sim, op->timer))
        return;
    sim_time delay = sim__hedge_delay(op);
    if (delay != SIM_NEVER)
        op->timer = sim_after(from->sim, delay, hedge_due, from, (sim_arg){.p = op});
}

static void send(struct sim__try *try)
{
    struct sim__operation *op = try->op;
    assert(op->live && try->state != SIM__TRY_SENT && "an attempt is sent once");
    struct sim_node *from = op->port->owner;
    struct sim_guard *g = op->guard;
    sim_time now = sim_now(from->sim), give_up = sim__policy_of(op)->timeout;
    sim_time left = time_left(op, now);
    bool late = left <= 0 || give_up < 0;
    if (late || (g != NULL && !sim__breaker_admit(g, try))) {
        if (is_limited(op))
            sim__limiter_give(g);
        /* late: nobody would wait for an answer */
        tell(try, late ? SIM_TIMEOUT : SIM_REFUSED, late ? NULL : &from->caller->breaker_refused);
        return;
    }
    if (op->request.deadline != SIM_NEVER && (give_up == 0 || left < give_up))
        give_up = left;
    from->caller->hedges.count += try->hedge;
    from->caller->retries.count += !try->hedge && op->attempt > 1;
    try->state = SIM__TRY_SENT;
    if (op->placed != NULL)
        op->placed->sent = true;
    try->timer = SIM_NO_EVENT;
    try->sent = now;
    if (op->request.trace != 0)
        sim__trace_try(from->world->trace, op->request.trace, op->attempt, try->hedge);
    struct sim_request request = op->request;
    if (sim__policy_of(op)->pass_timeout && give_up > 0)
        request.deadline = sim_deadline_within(now, give_up, request.deadline);
    if (try->hedge || op->attempt > 1)
        request.cause = sim_cause_of(request.cause, try->hedge ? SIM_HEDGE : SIM_RETRY);
    try->call = sim__call_attempt(from, &op->port->targets[op->index], op->node, &request, give_up,
                                  over, try, (sim_arg){0});
    arm_hedge(op);
}

/* Slots became free: the attempts that have waited longest get them. */
static void send_waiting(struct sim_guard *g)
{
    struct sim__limiter *l = &g->limiter;
    while (l->first != NULL && l->out < l->limit) {
        struct sim__try *try = l->first;
        assert(try->state == SIM__TRY_SLOT && "only who waits for a slot is in the queue");
        sim_cancel(g->from->sim, try->timer);
        sim__limiter_dequeue(l, try);
        try->time_is_up = false;
        held_back(try, -1);
        sim__limiter_take(g, try);
        send(try);
    }
}

static void no_slot_in_time(struct sim *sim, void *node, sim_arg arg)
{
    struct sim__try *try = arg.p;
    if (!try->time_is_up)
        return; /* it got a slot in the last instant, or is not needed any more */
    assert(try->state == SIM__TRY_SLOT);
    try->time_is_up = false;
    sim__limiter_dequeue(&try->op->guard->limiter, try);
    held_back(try, -1);
    if (time_left(try->op, sim_now(sim)) <= 0)
        tell(try, SIM_TIMEOUT, NULL);
    else
        tell(try, SIM_REFUSED, &((struct sim_node *)node)->caller->concurrency_refused);
}

/* A slot that becomes free in this very instant is in time. */
static void wait_is_over(struct sim *sim, void *node, sim_arg arg)
{
    ((struct sim__try *)arg.p)->time_is_up = true;
    sim_last(sim, no_slot_in_time, node, arg);
}

/* The attempt has its token and asks for a slot. */
static void ask_for_slot(struct sim__try *try)
{
    struct sim__operation *op = try->op;
    struct sim_guard *g = op->guard;
    const struct sim_policy *p = sim__policy_of(op);
    struct sim_node *from = op->port->owner;
    if (!is_limited(op)) {
        send(try);
    } else if (g->limiter.out < g->limiter.limit) {
        sim__limiter_take(g, try);
        send(try);
    } else if (p->concurrency.wait == 0 || g->limiter.waiting >= p->concurrency.queue) {
        tell(try, SIM_REFUSED, &from->caller->concurrency_refused);
    } else {
        sim_time wait = p->concurrency.wait, left = time_left(op, sim_now(from->sim));
        try->state = SIM__TRY_SLOT;
        held_back(try, 1);
        sim__limiter_enqueue(&g->limiter, try);
        try->timer = sim_after(from->sim, left < wait ? left : wait, wait_is_over, from,
                               (sim_arg){.p = try});
    }
}

static void token_due(struct sim *sim, void *node, sim_arg arg)
{
    (void)sim;
    (void)node;
    assert(((struct sim__try *)arg.p)->state == SIM__TRY_TOKEN);
    held_back(arg.p, -1);
    ask_for_slot(arg.p);
}

void sim__try_begin(struct sim__operation *op, bool hedge)
{
    assert(op->live && op->attempt >= 1);
    struct sim_node *from = op->port->owner;
    const struct sim_policy *p = sim__policy_of(op);
    struct sim__try *try = try_new(op, hedge);
    if (try == NULL)
        return;
    sim_time now = sim_now(from->sim), left = time_left(op, now);
    if (left <= 0) {
        tell(try, SIM_TIMEOUT, NULL);
        return;
    }
    if (p->rate_limit.rate <= 0) {
        ask_for_slot(try);
        return;
    }
    sim_time patience = p->rate_limit.wait < left ? p->rate_limit.wait : left - 1;
    sim_time when = sim__bucket_take(op->guard, now, patience);
    if (when == SIM_NEVER) {
        tell(try, SIM_REFUSED, &from->caller->rate_refused);
    } else if (when == now) {
        ask_for_slot(try);
    } else {
        try->state = SIM__TRY_TOKEN;
        held_back(try, 1);
        try->timer = sim_at(from->sim, when, token_due, from, (sim_arg){.p = try});
    }
}

/* Takes back an attempt in any state. `lost`: a faster one answered first. */
static void take_back(struct sim__try *try, bool lost)
{
    struct sim__operation *op = try->op;
    struct sim_node *from = op->port->owner;
    struct sim_guard *g = op->guard;
    sim_cancel(from->sim, try->timer);
    if (try->state == SIM__TRY_SLOT)
        sim__limiter_dequeue(&g->limiter, try);
    if (try->state == SIM__TRY_SLOT || try->state == SIM__TRY_TOKEN)
        held_back(try, -1);
    if (try->state != SIM__TRY_SENT)
        return;
    sim__call_abandon(from->world, try->call);
    if (is_limited(op))
        sim__limiter_give(g);
    if (g != NULL)
        sim__breaker_result(g, try, SIM__UNKNOWN);
    if (g != NULL && lost && !try->hedge)
        sim__hedge_observe(g, sim__guard_now(g) - try->sent, true);
}

void sim__tries_abandon(struct sim__operation *op, bool lost)
{
    if (op->tries == NULL)
        return;
    while (op->tries != NULL) {
        take_back(op->tries, lost);
        try_free(op->tries);
    }
    if (is_limited(op))
        send_waiting(op->guard);
}

void sim__tries_forget(struct sim__operation *op)
{
    while (op->tries != NULL) {
        if (op->tries->state != SIM__TRY_SENT)
            take_back(op->tries, false);
        try_free(op->tries);
    }
}
