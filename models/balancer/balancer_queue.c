/* balancer_queue.c - requests that wait for a node with room, first come, first served: before all
 * nodes, or before the one that was chosen. And lines, in which whoever is not out at a node
 * stands. */
#include "models/balancer/balancer.h"

#include <assert.h>

void sim__balancer_line_put(struct line *line, struct passing *p)
{
    assert(p->line == NULL);
    p->line = line;
    p->behind = NULL;
    p->before = line->last;
    *(line->last ? &line->last->behind : &line->first) = p;
    line->last = p;
    line->count++;
}

void sim__balancer_line_take(struct passing *p)
{
    struct line *line = p->line;
    assert(line && line->count > 0);
    *(p->before ? &p->before->behind : &line->first) = p->behind;
    *(p->behind ? &p->behind->before : &line->last) = p->before;
    line->count--;
    p->line = NULL;
    p->late = false;
}

bool sim__balancer_queue_put(struct balancer *b, struct line *line, struct passing *p, sim_fn *over)
{
    sim_time now = sim_now(b->node.sim), wait = b->limit.wait;
    if (line->count >= (uint64_t)b->limit.most)
        return false;
    if (p->since < 0)
        p->since = now;
    sim__balancer_line_put(line, p);
    sim_gauge_add(&b->queue, now, 1);
    sim_spend(&b->node, p->call, SIM_SPENT_QUEUE);
    if (wait > 0)
        p->timer = sim_after(b->node.sim, p->since + wait - now, over, b, (sim_arg){.p = p});
    return true;
}

void sim__balancer_queue_take(struct balancer *b, struct passing *p)
{
    sim__balancer_line_take(p);
    sim_cancel(b->node.sim, p->timer);
    p->timer = SIM_NO_EVENT;
    sim_gauge_add(&b->queue, sim_now(b->node.sim), -1);
}

void sim__balancer_queue_over(struct balancer *b, struct passing *p)
{
    if (p->since >= 0)
        sim_histogram_record(&b->wait, sim_now(b->node.sim) - p->since);
    p->since = -1;
}

uint64_t sim__balancer_queue_count(const struct balancer *b)
{
    uint64_t count = b->shared.count;
    for (uint32_t i = 0; b->own && i < b->count; i++)
        count += b->own[i].count;
    return count;
}

#define IN(group, member) offsetof(struct group, member)
#define HAPROXY "HAProxy 2.x, configuration manual, server options: "
static const char *const queues[] = {"shared", "own", NULL};

const struct sim_param sim__balancer_limit_params[] = {
    SIM_ROW(.name = "per_node", .kind = SIM_COUNT, .unit = "requests",
            .offset = IN(limit, per_node), .low = 1, .high = 1e9, .flags = SIM_REQUIRED,
            .doc = "Requests that may be out at each node."),
    SIM_ROW(.name = "queue", .kind = SIM_CHOICE, .offset = IN(limit, queue), .by_default = "shared",
            .choices = queues,
            .doc = "Whether more wait for any node, and a full one is not chosen, or each for the "
                   "node that was chosen for it.",
            .source = HAPROXY "maxconn: the queue of the backend, unless a cookie names a server"),
    SIM_ROW(.name = "queue_limit", .kind = SIM_COUNT, .unit = "requests", .offset = IN(limit, most),
            .by_default = "unlimited",
            .doc = "Requests that may wait in each queue; one more is refused.",
            .source = HAPROXY "maxqueue: unlimited"),
    SIM_ROW(.name = "wait", .kind = SIM_TIME, .offset = IN(limit, wait), .low = 1, .high = 8.64e16,
            .flags = SIM_OPTIONAL,
            .doc = "One that has waited so long is refused; left out, none is."),
    {0},
};
