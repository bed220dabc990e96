/* backlog.c - how much memory overloaded queues will take, foreseen from the plan, to refuse runs
 * that do not fit into memory.
 *
 * Over a run of length T, a queue without a limit that gets l requests per second, of which m can
 * be served, grows to (l - m) T (the fluid limit of Chen and Mandelbaum 1991). This is a lower
 * bound. Only traffic that a component forwards in a constant share counts, without retries; of a
 * session only the first request, because the next waits for the answer; and the capacity is
 * computed as if all requests were of the quickest kind that is sent. Nothing is foreseen for
 * queues that shed, or whose callers hold back. */
#include "fabric/call_state.h"

#include "sim/queueing.h"
#include "sim/world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DEPTH_MOST 16

static struct sim_queueing about(const struct sim_plan_component *c)
{
    struct sim_queueing q = {.flow = SIM_FLOW_UNKNOWN};
    if (c->model->queueing != NULL) {
        q = (struct sim_queueing){0};
        c->model->queueing(c->image, &q);
    }
    return q;
}

/* Whether anybody sends requests of each kind; a sender that says nothing of kinds may send any. */
static void find_sent(const struct sim_plan *plan, bool *sent)
{
    for (uint32_t i = 0; i < plan->component_count; i++) {
        struct sim_queueing q = about(&plan->components[i]);
        double all = 0;
        for (int k = 0; k < SIM_OP_COUNT; k++)
            all += q.mix[k];
        for (int k = 0; plan->components[i].model->sustained != NULL && k < SIM_OP_COUNT; k++)
            sent[k] = sent[k] || q.mix[k] > 0 || !(all > 0);
    }
}

/* Upper bound on the requests per second that can be served; INFINITY: there is no station. */
static double capacity(const bool *sent, const struct sim_plan_component *c,
                       const struct sim_queueing *q)
{
    double least = INFINITY;
    for (int op = 0; op < SIM_OP_COUNT; op++)
        if (q->work[op] != NULL && q->work[op]->kind != SIM_DIST_NONE && sent[op])
            least = fmin(least, sim_dist_mean(q->work[op]));
    bool none = q->servers == 0 || isinf(least) || !(least > 0);
    return none ? INFINITY : (double)q->servers * c->nodes * 1e9 / least;
}

/* Requests per second that a component sends to each that it calls, before the target's share. */
static double sends(const struct sim_plan *plan, const bool *sent,
                    const struct sim_plan_component *c, double comes)
{
    const struct sim_policy *p = &c->policy;
    struct sim_queueing q = about(c);
    if (p->breaker.open > 0 || p->concurrency.limit > 0 || p->rate_limit.rate > 0)
        return 0;
    if (c->model->sustained != NULL)
        return c->model->sustained(c->image, plan->duration) * c->nodes;
    bool all = q.servers == 0 ||
               (!sim_queueing_no_form(&q, true, true) && q.queue_limit == SIM_NO_LIMIT);
    return all && q.flow == SIM_FLOW_SAME ? fmin(comes, capacity(sent, c, &q)) : 0;
}

/* Requests per second that arrive at each component, by following them from where they start. */
static void follow(const struct sim_plan *plan, const bool *sent, double *comes, double *next)
{
    for (int depth = 0; depth < DEPTH_MOST; depth++) {
        for (uint32_t i = 0; i < plan->component_count; i++)
            next[i] = 0;
        for (uint32_t i = 0; i < plan->component_count; i++) {
            const struct sim_plan_component *c = &plan->components[i];
            double rate = sends(plan, sent, c, comes[i]);
            for (uint32_t k = 0; c->model->ports && c->model->ports[k].name; k++)
                for (uint32_t t = 0; t < c->ports[k].count; t++)
                    next[c->ports[k].targets[t].component] += rate * c->ports[k].targets[t].share;
        }
        for (uint32_t i = 0; i < plan->component_count; i++)
            comes[i] = next[i];
    }
}

double sim_plan_bytes(const struct sim_plan *plan, char *arithmetic, size_t bytes)
{
    double seconds = (double)plan->duration / 1e9, total = 0, most = 0;
    bool sent[SIM_OP_COUNT] = {false};
    double *comes = calloc(2 * (size_t)plan->component_count + 1, sizeof *comes);
    if (comes == NULL)
        return 0;
    if (arithmetic != NULL && bytes > 0)
        arithmetic[0] = '\0';
    find_sent(plan, sent);
    follow(plan, sent, comes, comes + plan->component_count);
    for (uint32_t i = 0; i < plan->component_count; i++) {
        const struct sim_plan_component *c = &plan->components[i];
        struct sim_queueing q = about(c);
        double done = capacity(sent, c, &q), wait = (comes[i] - done) * seconds;
        if (sim_queueing_no_form(&q, true, true) || q.queue_limit != SIM_NO_LIMIT || !(wait > 0))
            continue;
        total += wait * (double)sizeof(struct sim__call);
        if (wait > most && arithmetic != NULL)
            snprintf(arithmetic, bytes,
                     "to \"%.60s\" come %.6g requests/s of which %.6g can be done: in %.6g s %.3g "
                     "wait x %zu bytes",
                     c->name, comes[i], done, seconds, wait, sizeof(struct sim__call));
        most = fmax(most, wait);
    }
    free(comes);
    return total;
}
