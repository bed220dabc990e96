/* balancer_pass.c - a request's way: a node is chosen, it is sent there or waits for room, it is
 * answered, or goes to another node.
 *
 * Retries are those of the balancer's own policy: its attempts, budget, backoff and deadline. With
 * `retry_at` the policy makes one attempt at a time, and where each goes is chosen here. */
#include "models/balancer/balancer.h"

static void finish(struct balancer *b, struct passing *p, struct sim_reply reply)
{
    sim_call_id call = p->call;
    sim__balancer_queue_over(b, p);
    while (p->tried) {
        struct tried *t = p->tried;
        p->tried = t->next;
        sim_table_pool_give(&b->tried, t);
    }
    sim_table_pool_give(&b->passing, p);
    if (reply.status == SIM_TIMEOUT || reply.status == SIM_LOST)
        reply = (struct sim_reply){.status = SIM_ERROR};
    sim_answer(&b->node, call, reply);
}

static void refuse(struct balancer *b, struct passing *p, struct sim_counter *counter)
{
    sim_count(counter);
    finish(b, p, (struct sim_reply){.status = SIM_REFUSED});
}

/* A slot that becomes free in the very last instant of a wait is in time. */
static void waited_in_vain(struct sim *sim, void *self, sim_arg arg)
{
    (void)sim;
    struct passing *p = arg.p;
    if (!p->late)
        return;
    sim__balancer_queue_take(self, p);
    refuse(self, p, &((struct balancer *)self)->queue_refused);
}

static void wait_is_over(struct sim *sim, void *self, sim_arg arg)
{
    struct passing *p = arg.p;
    p->late = true;
    sim_last(sim, waited_in_vain, self, arg);
}

static void ended(struct sim *, void *self, sim_arg, const struct sim_reply *);

static void send(struct balancer *b, struct passing *p, uint32_t place)
{
    const struct sim_request *request = sim_call_request(&b->node, p->call);
    const struct place *to = &b->places[place];
    sim__balancer_queue_over(b, p);
    sim_count_by(&b->passed, p->place == NO_PLACE);
    sim_count_by(&b->retried_elsewhere, p->place != NO_PLACE && p->place != place);
    p->place = place;
    sim__balancer_out(b, place, 1);
    if (b->places_attempts)
        sim_call_placed(&b->to, to->target, to->node, &p->placed, request, ended, b,
                        (sim_arg){.p = p});
    else
        sim_call_node(&b->to, to->target, to->node, request, ended, b, (sim_arg){.p = p});
}

/* To this place, or into its queue. */
static void send_or_wait(struct balancer *b, struct passing *p, uint32_t place)
{
    if (!b->own || b->places[place].out < b->limit.per_node)
        send(b, p, place);
    else if (!sim__balancer_queue_put(b, &b->own[place], p, wait_is_over))
        refuse(b, p, &b->queue_refused);
}

static void route(struct balancer *b, struct passing *p)
{
    uint32_t place = sim__balancer_choose(b, sim_call_request(&b->node, p->call), p->tried);
    if (place != NO_PLACE)
        send_or_wait(b, p, place);
    else if (b->used_count == 0)
        refuse(b, p, &b->unroutable);
    else if (!sim__balancer_queue_put(b, &b->shared, p, wait_is_over))
        refuse(b, p, &b->queue_refused);
}

/* Who waits goes to this place, or to any, as long as there is room. */
static void serve_queues(struct balancer *b, uint32_t place)
{
    while (b->own && b->own[place].first && b->places[place].out < b->limit.per_node) {
        struct passing *p = b->own[place].first;
        sim__balancer_queue_take(b, p);
        send(b, p, place);
    }
    while (b->shared.first && (b->open_count > 0 || b->used_count == 0)) {
        struct passing *p = b->shared.first;
        sim__balancer_queue_take(b, p);
        route(b, p);
    }
}

static void again(struct sim *sim, void *self, sim_arg arg)
{
    (void)sim;
    struct balancer *b = self;
    struct passing *p = arg.p;
    sim__balancer_line_take(p);
    p->timer = SIM_NO_EVENT;
    if (b->retry_at == SAME_NODE && is_open(b, p->place))
        send_or_wait(b, p, p->place);
    else
        route(b, p);
}

/* False when there is to be no other attempt. */
static bool tries_again(struct balancer *b, struct passing *p, enum sim_status status)
{
    sim_time wait = sim_placed_wait(&b->to, b->places[p->place].target, &p->placed, status);
    if (wait == SIM_NEVER)
        return false;
    struct tried *t = b->retry_at == OTHER_NODE ? sim_table_pool_take(&b->tried) : NULL;
    if (t) {
        *t = (struct tried){p->place, p->tried};
        p->tried = t;
    }
    sim_spend(&b->node, p->call, SIM_SPENT_BACKOFF);
    sim__balancer_line_put(&b->resting, p);
    p->timer = sim_after(b->node.sim, wait, again, b, (sim_arg){.p = p});
    return true;
}

static void ended(struct sim *sim, void *self, sim_arg arg, const struct sim_reply *reply)
{
    (void)sim;
    struct balancer *b = self;
    struct passing *p = arg.p;
    uint32_t place = p->place;
    bool good = reply->status == SIM_OK || reply->status == SIM_CONFLICT;
    sim__balancer_out(b, place, -1);
    if (b->places_attempts && p->placed.sent)
        sim__balancer_outcome(b, place, good);
    if (!b->places_attempts || !tries_again(b, p, reply->status))
        finish(b, p, *reply);
    if (b->limit.per_node > 0)
        serve_queues(b, place);
}

void sim__balancer_pass(struct balancer *b, sim_call_id call)
{
    struct passing *p = sim_table_pool_take(&b->passing);
    if (!p)
        return;
    *p = (struct passing){.call = call, .place = NO_PLACE, .since = -1};
    route(b, p);
}

void sim__balancer_pass_anew(struct balancer *b)
{
    if (b->limit.per_node == 0)
        return;
    for (uint32_t i = 0; b->own && i < b->count; i++)
        for (uint32_t left = is_open(b, i) ? 0 : b->own[i].count; left > 0; left--) {
            struct passing *p = b->own[i].first;
            sim__balancer_queue_take(b, p);
            route(b, p);
        }
    serve_queues(b, 0);
}

void sim__balancer_pass_reset(struct balancer *b)
{
    for (const struct passing *p = b->resting.first; p; p = p->behind)
        sim_cancel(b->node.sim, p->timer);
    for (const struct passing *p = b->shared.first; p; p = p->behind)
        sim_cancel(b->node.sim, p->timer);
    b->resting = b->shared = (struct line){0};
    for (uint32_t i = 0; b->own && i < b->count; i++) {
        for (const struct passing *p = b->own[i].first; p; p = p->behind)
            sim_cancel(b->node.sim, p->timer);
        b->own[i] = (struct line){0};
    }
    sim_gauge_set(&b->queue, sim_now(b->node.sim), 0);
    sim_table_pool_reset(&b->passing);
    sim_table_pool_reset(&b->tried);
}
