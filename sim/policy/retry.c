/* retry.c - calls under a policy: deadlines, retries, backoff and jitter.
 *
 * The deadline is for the whole call, the timeout for each attempt. Whichever comes first ends an
 * attempt. A retry is a new request with its own timeout. Backoff before retry n (from 1) is base,
 * or base·2^(n-1) up to the cap; jitter after Brooker, "Exponential Backoff and Jitter" (AWS
 * Architecture Blog, 2015): full U(0, b), equal b/2 + U(0, b/2), decorrelated min(cap, U(base,
 * 3·last)).
 *
 * A round is an attempt with its hedges. The first answer ends the call. When all attempts of a
 * round have failed, the last failure decides whether there is another round.
 * tests/theory/test_retry.c checks the mean of every kind of backoff, and the whole against
 * Brooker's own simulator. */
#include "books/trace_state.h"
#include "policy/policy_state.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static void release(struct sim_world *w, struct sim__operation *op)
{
    assert(op->tries == NULL);
    assert(op->live && "an operation ends once");
    op->live = false;
    op->hedge_due = SIM_NO_EVENT;
    op->generation++;
    op->next = w->operations->free;
    w->operations->free = op;
    w->operations->ended++;
}

static void finish(struct sim__operation *op, const struct sim_reply *reply)
{
    struct sim_world *w = op->port->owner->world;
    sim_done *done = op->done;
    void *self = op->self;
    sim_arg arg = op->arg;
    if (op->request.trace != 0)
        sim__trace_operation_over(w->trace, op->request.trace, sim_now(w->sim), reply->status,
                                  false);
    release(w, op);
    done(w->sim, self, arg, reply);
}

/* How long to wait after so many attempts before the next, ns. */
static sim_time backoff(struct sim_component *c, int64_t attempts, sim_time *last_wait)
{
    const struct sim_policy *p = &c->plan->policy;
    double base = (double)p->retry.backoff, cap = (double)p->retry.cap, wait = base;
    if (p->retry.jitter == SIM_JITTER_DECORRELATED) {
        double last = *last_wait > 0 ? (double)*last_wait : base;
        wait = fmin(base + (3 * last - base) * sim_draw_uniform(&c->jitter), cap);
        return *last_wait = (sim_time)wait;
    }
    if (p->retry.growth == SIM_BACKOFF_EXPONENTIAL)
        for (int64_t i = 1; i < attempts && wait < cap; i++)
            wait *= 2;
    wait = fmin(wait, cap);
    if (p->retry.jitter == SIM_JITTER_FULL)
        wait *= sim_draw_uniform(&c->jitter);
    else if (p->retry.jitter == SIM_JITTER_EQUAL)
        wait *= 0.5 + 0.5 * sim_draw_uniform(&c->jitter);
    return (sim_time)wait;
}

/* The same, or SIM_NEVER when there is to be no other attempt: it was the last one allowed, the
 * next would start after the deadline, or the retry budget is spent. `own`: the caller's own policy
 * refused the attempt. */
static sim_time next_wait(struct sim_component *c, struct sim_guard *g, sim_time deadline,
                          int64_t attempts, bool own, sim_time *last_wait)
{
    const struct sim_policy *p = &c->plan->policy;
    sim_time now = sim_now(c->world->sim);
    if (attempts >= p->retry.attempts || (own && p->retry.refused_is_final))
        return SIM_NEVER;
    sim_time wait = backoff(c, attempts, last_wait);
    if (wait >= deadline - now || (g != NULL && !sim__budget_withdraw(g, now)))
        return SIM_NEVER;
    return wait;
}

sim_time sim_placed_wait(struct sim_port *port, uint32_t index, struct sim_placed *placed,
                         enum sim_status status)
{
    if (sim__is_answer(status))
        return SIM_NEVER;
    return next_wait(port->owner->component, port->guards != NULL ? &port->guards[index] : NULL,
                     placed->deadline, placed->attempts, placed->own, &placed->last_wait);
}

static void attempt(struct sim *sim, void *node, sim_arg arg)
{
    (void)sim;
    (void)node;
    struct sim__operation *op = arg.p;
    assert(op->live && op->tries == NULL && "a round begins when the one before is over");
    op->timer = SIM_NO_EVENT;
    op->attempt++;
    op->hedged = 0;
    sim__try_begin(op, false);
}

static void attempt_over(struct sim__operation *op, bool hedge, bool own,
                         const struct sim_reply *reply)
{
    assert(op->live);
    struct sim_node *from = op->port->owner;
    struct sim *sim = from->sim;
    bool answered = sim__is_answer(reply->status);
    if (!answered && op->tries != NULL)
        return; /* another attempt of this round may still answer */
    if (op->timer.key != 0)
        sim_cancel(sim, op->timer);
    op->timer = SIM_NO_EVENT;
    if (answered) {
        from->caller->hedges_won.count += hedge;
        sim__tries_abandon(op, true);
    }
    if (op->placed != NULL)
        op->placed->own = own;
    sim_time wait = SIM_NEVER;
    if (!answered && op->placed == NULL)
        wait = next_wait(from->component, op->guard, op->request.deadline, op->attempt, own,
                         &op->last_wait);
    if (wait == SIM_NEVER) {
        finish(op, reply);
        return;
    }
    op->timer = sim_after(sim, wait, attempt, from, (sim_arg){.p = op});
    if (op->request.trace != 0)
        sim__trace_mark(from->world->trace, op->request.trace, sim_now(sim), SIM_SPENT_BACKOFF);
}

/* ---- the records ----------------------------------------------------------------------------- */

static bool slab_new(struct sim_world *w)
{
    struct sim__operations *all = w->operations;
    /* the old table is not freed: it stays in the world's memory, which is freed as a whole */
    if (all->slab_count == all->slab_capacity) {
        uint32_t capacity = all->slab_capacity ? 2 * all->slab_capacity : 16;
        struct sim__operation **slabs = sim__world_alloc(w, capacity, sizeof *slabs);
        if (slabs == NULL)
            return false;
        if (all->slab_count > 0)
            memcpy(slabs, all->slabs, all->slab_count * sizeof *slabs);
        all->slabs = slabs;
        all->slab_capacity = capacity;
    }
    struct sim__operation *slab = sim__world_alloc(w, SIM__OPERATIONS_A_SLAB, sizeof *slab);
    if (slab == NULL ||
        !sim__owned_reserve(&all->made, (all->slab_count + 1) * SIM__OPERATIONS_A_SLAB))
        return false;
    for (uint32_t i = SIM__OPERATIONS_A_SLAB; i-- > 0;) {
        slab[i].number = all->slab_count * SIM__OPERATIONS_A_SLAB + i;
        slab[i].next = all->free;
        all->free = &slab[i];
    }
    all->slabs[all->slab_count++] = slab;
    return true;
}

static struct sim__operation *operation_at(const struct sim_world *w, uint32_t number)
{
    return &w->operations->slabs[number / SIM__OPERATIONS_A_SLAB][number % SIM__OPERATIONS_A_SLAB];
}

static sim_call_id name_of(const struct sim__operation *op)
{
    return (sim_call_id){(uint64_t)op->generation << 32 | SIM__OF_OPERATION | (op->number + 1)};
}

int sim__operations_make(struct sim_world *w)
{
    w->operations = sim__world_alloc(w, 1, sizeof *w->operations);
    return w->operations != NULL ? 0 : -1;
}

void sim__operations_free(struct sim_world *w)
{
    if (w->operations != NULL)
        sim__owned_free(&w->operations->made);
}

/* When the whole of a call must be over; its first attempt begins now. */
static sim_time deadline_of(const struct sim_port *port, const struct sim_request *request,
                            sim_time now)
{
    sim_time deadline = request->deadline == 0 ? SIM_NEVER : request->deadline;
    sim_time own = port->owner->component->plan->policy.deadline;
    return own != 0 ? sim_deadline_within(now, own > 0 ? own : 0, deadline) : deadline;
}

sim_call_id sim__operation_begin(struct sim_port *port, uint32_t index, uint32_t node,
                                 struct sim_placed *placed, const struct sim_request *request,
                                 sim_done *done, void *self, sim_arg arg)
{
    struct sim_world *w = port->owner->world;
    bool again = placed != NULL && placed->attempts > 0;
    if (w->operations->free == NULL && !slab_new(w)) {
        sim_fail_memory(w->sim);
        return (sim_call_id){0};
    }
    struct sim__operation *op = w->operations->free;
    assert(!op->live && "what is in the free list is free");
    w->operations->free = op->next;
    *op = (struct sim__operation){.port = port,
                                  .guard = port->guards != NULL ? &port->guards[index] : NULL,
                                  .placed = placed,
                                  .index = index,
                                  .node = node,
                                  .number = op->number,
                                  .generation = op->generation,
                                  .request = *request,
                                  .result = attempt_over,
                                  .done = done,
                                  .self = self,
                                  .arg = arg,
                                  .live = true};
    w->operations->begun++;
    if (w->operations->made.first != NULL)
        sim__owned_put(&w->operations->made, op->number, port->owner);
    sim_time now = sim_now(w->sim);
    op->request.deadline = again ? placed->deadline : deadline_of(port, request, now);
    if (placed != NULL) {
        placed->deadline = op->request.deadline;
        placed->sent = false;
        op->attempt = placed->attempts++;
    }
    if (op->request.trace != 0)
        sim__trace_operation(w->trace, sim__component_number(port->owner->component),
                             port->owner->index, now, &op->request);
    if (op->guard != NULL && !again)
        sim__budget_deposit(op->guard, now);
    sim_call_id id = name_of(op);
    attempt(w->sim, port->owner, (sim_arg){.p = op});
    return id;
}

bool sim__operation_abandon(struct sim_world *w, sim_call_id id)
{
    uint32_t number = ((uint32_t)id.key & ~(uint32_t)SIM__OF_OPERATION) - 1;
    assert(number / SIM__OPERATIONS_A_SLAB < w->operations->slab_count);
    struct sim__operation *op = operation_at(w, number);
    if (!op->live || op->generation != id.key >> 32)
        return false;
    sim_cancel(w->sim, op->timer);
    sim__tries_abandon(op, false);
    if (op->request.trace != 0)
        sim__trace_operation_over(w->trace, op->request.trace, sim_now(w->sim), SIM_LOST, true);
    release(w, op);
    return true;
}

static enum sim__owned_fate live(const struct sim_world *w, uint32_t number)
{
    return operation_at(w, number)->live ? SIM__OWNED_STRUCK : SIM__OWNED_OVER;
}

/* A crash forgets the node's operations, and what its policy remembers. */
static void crashed(struct sim_part *part)
{
    struct sim_node *node = part->node;
    struct sim_world *w = node->world;
    struct sim__owned *made = &w->operations->made;
    if (!sim__owned_find(made, node, live))
        return;
    for (uint32_t i = 0; i < made->found_count; i++) {
        struct sim__operation *op = operation_at(w, made->found[i]);
        sim_cancel(w->sim, op->timer);
        sim__tries_forget(op);
        if (op->request.trace != 0)
            sim__trace_operation_over(w->trace, op->request.trace, sim_now(w->sim), SIM_LOST, true);
        release(w, op);
    }
    sim__guards_reset(node);
}

static const struct sim_part_kind policy_part = {.crashed = crashed};

int sim__policy_join(struct sim_node *node)
{
    struct sim_part *part = sim__world_alloc(node->world, 1, sizeof *part);
    if (part == NULL)
        return -1;
    sim_part_join(part, &policy_part, node);
    return 0;
}

void sim__operations_end(const struct sim_world *w)
{
    for (uint32_t i = 0; i < w->operations->slab_count * SIM__OPERATIONS_A_SLAB; i++) {
        const struct sim__operation *op = operation_at(w, i);
        if (!op->live)
            continue;
        const struct sim_model *model = op->port->owner->component->plan->model;
        sim_time timeout = sim__policy_of(op)->timeout;
        if (model->overdue && timeout > 0 && sim_now(w->sim) - op->request.intended >= timeout)
            model->overdue(op->port->owner);
    }
}

struct sim__operations_walked sim__operations_walk(const struct sim_world *w)
{
    struct sim__operations_walked found = {0};
    for (uint32_t i = 0; i < w->operations->slab_count * SIM__OPERATIONS_A_SLAB; i++) {
        const struct sim__operation *op = operation_at(w, i);
        if (!op->live)
            continue;
        uint64_t ways_on = sim_is_pending(w->sim, op->timer);
        for (const struct sim__try *t = op->tries; t != NULL; t = t->next) {
            const struct sim__call *call = sim__call_named(w, t->call);
            bool out = t->state == SIM__TRY_SENT && call != NULL && call->awaited;
            ways_on += out || sim_is_pending(w->sim, t->timer) || t->time_is_up;
            found.slots += out && sim__policy_of(op)->concurrency.limit > 0;
        }
        found.live++;
        found.stuck += ways_on == 0;
    }
    found.slots_counted = sim__guards_slots(w);
    return found;
}
