/* retry.c - calls of more than one attempt: deadlines, retries, backoff and jitter.
 *
 * The deadline is the whole call's, the timeout each attempt's; whichever comes first ends an
 * attempt. A retry is a new request with a timeout of its own. Backoff before retry n (from 1) is
 * base, or base·2^(n-1) up to the cap; jitter after Brooker, "Exponential Backoff and Jitter" (AWS
 * Architecture Blog, 2015): full U(0, b), equal b/2 + U(0, b/2), decorrelated
 * min(cap, U(base, 3·last)). */
#include "fabric/world_state.h"

#include <math.h>

static const char *const growth_names[] = {"constant", "exponential", NULL};
static const char *const jitter_names[] = {"none", "equal", "full", "decorrelated", NULL};

#define RETRY(field) offsetof(struct sim_policy, retry.field) - offsetof(struct sim_policy, retry)

static const struct sim_param retry_params[] = {
    {.name = "attempts",
     .kind = SIM_COUNT,
     .offset = RETRY(attempts),
     .by_default = "1",
     .low = 1,
     .high = 1000,
     .doc = "Tries in all, the first included; 1 is no retry.",
     .source = "chosen: no load is added that the scenario does not state"},
    {.name = "backoff",
     .kind = SIM_TIME,
     .offset = RETRY(backoff),
     .by_default = "0s",
     .doc = "Wait before the first retry.",
     .source = "chosen: the naive client retries at once"},
    {.name = "cap",
     .kind = SIM_TIME,
     .offset = RETRY(cap),
     .by_default = "20s",
     .doc = "The wait never grows beyond this.",
     .source = "AWS SDKs, standard retry mode: maximum backoff 20 s"},
    {.name = "growth",
     .kind = SIM_CHOICE,
     .offset = RETRY(growth),
     .by_default = "exponential",
     .choices = growth_names,
     .doc = "Whether the wait doubles with each retry.",
     .source = "Brooker, AWS Architecture Blog, 2015"},
    {.name = "jitter",
     .kind = SIM_CHOICE,
     .offset = RETRY(jitter),
     .by_default = "none",
     .choices = jitter_names,
     .doc = "How the wait is spread at random.",
     .source = "Brooker, AWS Architecture Blog, 2015"},
    {.name = NULL},
};

const struct sim_param sim_policy_params[] = {
    {.name = "timeout",
     .kind = SIM_TIME,
     .offset = offsetof(struct sim_policy, timeout),
     .flags = SIM_OPTIONAL,
     .doc = "How long each attempt waits for its answer; without it, for ever."},
    {.name = "deadline",
     .kind = SIM_TIME,
     .offset = offsetof(struct sim_policy, deadline),
     .flags = SIM_OPTIONAL,
     .doc = "How long the whole call may take, retries included; passed on to those called."},
    {.name = "retry",
     .kind = SIM_GROUP,
     .offset = offsetof(struct sim_policy, retry),
     .fields = retry_params,
     .doc = "Trying again after a failure, a refusal, a timeout or a loss."},
    {.name = NULL},
};

struct sim__operation {
    struct sim_port *port;
    uint32_t index, node;
    struct sim_request request;
    sim_done *done;
    void *self;
    sim_arg arg;
    int64_t attempt; /* from 1 */
    sim_time last_wait;
    sim_id timer; /* of the wait before the next attempt */
    bool live;
    struct sim__operation *next;  /* free list */
    struct sim__operation *older; /* all there are */
};

static void release(struct sim_world *w, struct sim__operation *op)
{
    op->live = false;
    op->next = w->free_operations;
    w->free_operations = op;
}

static void finish(struct sim *sim, struct sim__operation *op, const struct sim_reply *reply)
{
    sim_done *done = op->done;
    void *self = op->self;
    sim_arg arg = op->arg;
    release(op->port->owner->world, op);
    done(sim, self, arg, reply);
}

/* How long to wait before the next retry, ns. */
static sim_time backoff(struct sim__operation *op)
{
    struct sim_component *c = op->port->owner->component;
    const struct sim_policy *p = &c->plan->policy;
    double base = (double)p->retry.backoff, cap = (double)p->retry.cap, wait = base;
    if (p->retry.jitter == SIM_JITTER_DECORRELATED) {
        double last = op->last_wait > 0 ? (double)op->last_wait : base;
        wait = fmin(base + (3 * last - base) * sim_draw_uniform(&c->jitter), cap);
        return op->last_wait = (sim_time)wait;
    }
    if (p->retry.growth == SIM_BACKOFF_EXPONENTIAL)
        for (int64_t i = 1; i < op->attempt && wait < cap; i++)
            wait *= 2;
    wait = fmin(wait, cap);
    if (p->retry.jitter == SIM_JITTER_FULL)
        wait *= sim_draw_uniform(&c->jitter);
    else if (p->retry.jitter == SIM_JITTER_EQUAL)
        wait *= 0.5 + 0.5 * sim_draw_uniform(&c->jitter);
    return (sim_time)wait;
}

static void attempt(struct sim *sim, void *node, sim_arg arg);

static void attempt_done(struct sim *sim, void *self, sim_arg arg, const struct sim_reply *reply)
{
    struct sim__operation *op = self;
    (void)arg;
    struct sim_node *from = op->port->owner;
    if (reply->status == SIM_OK || op->attempt >= from->component->plan->policy.retry.attempts) {
        finish(sim, op, reply);
        return;
    }
    sim_time wait = backoff(op);
    if (sim_now(sim) + wait >= op->request.deadline)
        finish(sim, op, reply); /* the retry could not begin in time */
    else
        op->timer = sim_after(sim, wait, attempt, from, (sim_arg){.p = op});
}

/* Nobody would see an answer: nothing is sent. */
static void expired(struct sim *sim, void *node, sim_arg arg)
{
    (void)node;
    finish(sim, arg.p, &(struct sim_reply){.status = SIM_TIMEOUT});
}

static void attempt(struct sim *sim, void *node, sim_arg arg)
{
    struct sim__operation *op = arg.p;
    struct sim_node *from = node;
    sim_time give_up = from->component->plan->policy.timeout;
    sim_time left = op->request.deadline - sim_now(sim);
    if (left <= 0) {
        op->timer = sim_after(sim, 0, expired, from, arg);
        return;
    }
    if (op->request.deadline != SIM_NEVER && (give_up == 0 || left < give_up))
        give_up = left;
    op->timer = SIM_NO_EVENT;
    op->attempt++;
    from->caller->retries.count += op->attempt > 1;
    sim__call_attempt(from, &op->port->targets[op->index], op->node, &op->request, give_up,
                      attempt_done, op, (sim_arg){0});
}

void sim__operation_begin(struct sim_port *port, uint32_t index, uint32_t node,
                          const struct sim_request *request, sim_done *done, void *self,
                          sim_arg arg)
{
    struct sim_world *w = port->owner->world;
    struct sim__operation *op = w->free_operations, *older = NULL;
    if (op != NULL) {
        w->free_operations = op->next;
        older = op->older;
    } else {
        op = sim__world_alloc(w, 1, sizeof *op);
        if (op == NULL) {
            sim_fail_memory(w->sim);
            return;
        }
        older = w->operations;
        w->operations = op;
    }
    *op = (struct sim__operation){.port = port,
                                  .index = index,
                                  .node = node,
                                  .request = *request,
                                  .done = done,
                                  .self = self,
                                  .arg = arg,
                                  .live = true,
                                  .older = older};
    sim_time deadline = request->deadline == 0 ? SIM_NEVER : request->deadline;
    sim_time own = port->owner->component->plan->policy.deadline;
    if (own > 0 && sim_now(w->sim) + own < deadline)
        deadline = sim_now(w->sim) + own;
    op->request.deadline = deadline;
    attempt(w->sim, port->owner, (sim_arg){.p = op});
}

void sim__operations_crash(struct sim_node *node)
{
    struct sim_world *w = node->world;
    for (struct sim__operation *op = w->operations; op != NULL; op = op->older) {
        if (!op->live || op->port->owner != node)
            continue;
        sim_cancel(w->sim, op->timer);
        release(w, op);
    }
}
