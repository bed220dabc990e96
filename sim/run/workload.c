/* workload.c - how many events a run will take, from the plan alone, to refuse runs that are too
 * large to finish.
 *
 * Requests are followed through the calls from where they start, at their mean rate over the run. A
 * station passes on no more than its capacity. Rules, each an upper bound or near one:
 *
 * - Attempts. A call is retried as often as attempts fail, by the shares below, but no more often
 *   than the retry budget allows. All attempts fail if the callee gets more than its capacity, or
 *   would get more with every retry at the peak of the load; and, after the first fault, if it
 *   would get more with every retry (it may then stay behind). Otherwise they fail while faults
 *   last and until the callee has caught up; if answers come after the timeout (an exponential tail
 *   from the mean of the work); if links lose messages; and if the callee's own calls fail.
 * - Hedges. If the delay is above the mean of the work, the same tail is hedged; otherwise every
 *   call has all its hedges.
 * - A cache passes on what it must: each key once and again after each lifetime, and every request
 *   for which it has no room.
 * - Users who wait for answers start one request in each cycle of answer and think time (the
 *   asymptotic bound of Denning and Buzen 1978, "The operational analysis of queueing network
 *   models"), and no more than the capacity of those that they call, unless answers may come
 *   without work. A call that its caller's own policy refuses or gives up ends sooner.
 * - A cycle of calls that requests do not leave keeps its stations at work all the time. */
#include "run/workload.h"
#include "fabric/fault_state.h"
#include "fabric/link_state.h"
#include "fabric/reach.h"

#include "base/lookup.h"

#include "sim/plugin.h"
#include "sim/queueing.h"
#include "sim/world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PASSES_MOST 16     /* passes over the calls, until nothing changes */
#define PUSHES_MOST 200    /* pushes of a component, after which its cycle is taken to be endless */
#define DOUBLINGS_MOST 100 /* doublings of what goes round in a cycle */
#define ROLL 0.1           /* the end of a window at a node costs as much as this many events */

struct of {
    struct sim_queueing q;
    struct sim_foreseen foreseen;
    double starts, peak;           /* calls per second that start here; at their peak */
    double comes, passed, pending; /* calls per second that arrive; the share passed on; calls that
                                      arrived and are not yet passed on */
    double capacity;               /* calls per second that can be served; INFINITY: there is no
                                      station */
    double work;                   /* the least mean time of an answer here, ns; INFINITY: none */
    double answer;                 /* the same, with the calls that it makes */
    double admits;
    double ends;     /* the least time after which its own policy ends one of its calls, ns */
    double patience; /* the least mean time after which requests that start here are given up, ns */
    double waits;    /* time between the attempts of a call that all fail, ns */
    double struck;   /* share of its calls that faults fail */
    double hurt;     /* share of the time in which faults stop its work */
    double after;    /* share of the run that is left when the first fault begins */
    double bad;      /* share of its answers that fail because its own calls fail */
    bool faults, turns_away, changes, works;
    uint32_t first_edge, edge_count;
    uint32_t rank, looked; /* see rank_all() */
    bool seen, queued;
};

struct edge {
    uint32_t to;
    double weight; /* calls for each request that is passed on */
    double loss, round_trip;
    double attempts, events; /* attempts per call; events per call besides messages and work */
};

struct workload {
    const struct sim_plan *plan;
    struct of *of;
    struct edge *edges;
    uint32_t *by_rank; /* components, callers before callees, except in cycles */
    uint32_t *heap;    /* the ranks of components with calls to pass on; the lowest first */
    uint32_t count;
    struct sim__reach reach;
    struct sim__declared declared;
};

/* ---- what is known of each component --------------------------------------------------------- */

/* From the flags in a model's table: the least time that a call takes there, the least patience of
 * requests that start there, ns, and the fewest calls at once of which some may be refused. */
static void marked(const struct sim_param *p, const char *image, struct of *of)
{
    for (; p != NULL && p->name != NULL; p++) {
        const char *inner;
        const struct sim_param *within = sim_params_within(p, image, &inner);
        marked(within, inner, of);
        if (p->kind == SIM_DISTRIBUTION && (p->flags & (SIM_WORK | SIM_DEADLINE))) {
            struct sim_dist time;
            double *least = p->flags & SIM_WORK ? &of->work : &of->patience;
            memcpy(&time, image + p->offset, sizeof time);
            if (time.kind != SIM_DIST_NONE)
                *least = fmin(*least, sim_dist_mean(&time));
        }
        if (p->kind == SIM_COUNT && (p->flags & SIM_ADMITS)) {
            int64_t count;
            memcpy(&count, image + p->offset, sizeof count);
            of->admits = fmin(of->admits, (double)count);
        }
    }
}

/* The time that a call waits between its attempts, ns, if all fail. A budget limits the average
 * number of retries. */
static double mean_waits(const struct sim_policy *p)
{
    double all = 0, wait = (double)p->retry.backoff, cap = (double)p->retry.cap;
    for (int64_t attempt = 1; attempt < p->retry.attempts; attempt++) {
        all += fmin(wait, cap);
        wait *= p->retry.growth == SIM_BACKOFF_EXPONENTIAL ? 2 : 1;
    }
    return p->retry.budget.window > 0 ? fmin(all, p->retry.budget.ratio * all) : all;
}

static double mean_work(const struct sim_queueing *q)
{
    double least = INFINITY;
    for (int op = 0; op < SIM_OP_COUNT; op++)
        if (q->work[op] != NULL && q->work[op]->kind != SIM_DIST_NONE)
            least = fmin(least, sim_dist_mean(q->work[op]));
    return least;
}

static void describe(struct workload *w, uint32_t i)
{
    const struct sim_plan_component *c = &w->plan->components[i];
    struct of *of = &w->of[i];
    of->q.flow = SIM_FLOW_UNKNOWN;
    if (c->model->queueing != NULL) {
        of->q = (struct sim_queueing){0};
        c->model->queueing(c->image, &of->q);
    }
    double each = mean_work(&of->q);
    bool station = of->q.servers > 0 && !isinf(each) && each > 0;
    of->capacity = station ? (double)of->q.servers * c->nodes * 1e9 / each : INFINITY;
    of->work = of->admits = of->patience = INFINITY;
    marked(c->model->params, c->image, of);
    of->waits = mean_waits(&c->policy);
    of->works = !isinf(of->work);
    of->passed = 1;
    of->foreseen = sim__plan_foresee(w->plan, &w->reach, i);
    if (c->model->offered != NULL)
        of->starts = c->model->offered(c->image, w->plan->duration, &of->peak) * c->nodes;
    of->peak *= c->nodes;
}

/* Adds the effect of a fault on one component. */
static void strike(struct of *of, const struct sim_plan_fault *f, double share, double after)
{
    of->faults = true;
    of->after = fmax(of->after, after);
    if (f->kind != SIM_DO_LOSS && f->kind != SIM_DO_ERRORS)
        of->hurt = fmin(1, of->hurt + share);
    of->turns_away = of->turns_away || f->kind == SIM_DO_CRASH || f->kind == SIM_DO_RESTART ||
                     f->kind == SIM_DO_ERRORS;
    of->changes = of->changes || f->kind == SIM_DO_SET || (f->kind == SIM_DO_SLOW && f->factor < 1);
    if (f->kind == SIM_DO_CRASH || f->kind == SIM_DO_RESTART || f->kind == SIM_DO_PARTITION)
        of->struck = fmin(1, of->struck + share);
    else if (f->kind == SIM_DO_ERRORS || f->kind == SIM_DO_LOSS)
        of->struck = fmin(1, of->struck + share * f->share);
}

/* About the share of the run in which a fault is in force. */
static double lasting(const struct sim_plan *plan, const struct sim_plan_fault *f)
{
    double duration = (double)plan->duration, left = fmax(0, duration - (double)f->at);
    if (f->fails.kind != SIM_DIST_NONE) {
        double down = f->repaired.kind != SIM_DIST_NONE ? sim_dist_mean(&f->repaired) : 0;
        return fmin(1, down / (down + sim_dist_mean(&f->fails)));
    }
    if (f->every > 0)
        return left / duration * fmin(1, (double)f->lasts / (double)f->every);
    return (f->lasts > 0 ? fmin(left, (double)f->lasts) : left) / duration;
}

static void strike_end(struct workload *w, const struct sim_plan_fault *f,
                       const struct sim_plan_end *end)
{
    double share = lasting(w->plan, f), duration = (double)w->plan->duration;
    double after = fmax(0, 1 - (double)f->at / duration);
    if (end->kind == SIM_END_COMPONENT) {
        double nodes = w->plan->components[end->index].nodes, struck = 1;
        if (SIM_IS_NODES_AT(end->node))
            struck = sim_plan_nodes_at(w->plan, end->index, SIM_PLACE_OF(end->node));
        else if (end->node == SIM_ALL_NODES)
            struck = nodes;
        strike(&w->of[end->index], f, share * (struck / nodes), after);
        return;
    }
    for (uint32_t i = 0; i < w->plan->component_count; i++)
        if (sim_plan_end_reaches(w->plan, end, i))
            strike(&w->of[i], f, share, after);
}

static void strike_all(struct workload *w)
{
    for (uint32_t i = 0; i < w->plan->fault_count; i++) {
        const struct sim_plan_fault *f = &w->plan->faults[i];
        strike_end(w, f, &f->on);
        if (sim_fault_on_links(f->kind))
            strike_end(w, f, &f->to);
    }
}

/* ---- who calls whom -------------------------------------------------------------------------- */

/* The loss and the time of a message and its answer, on average over the pairs of sites. */
static void way_of(const struct workload *w, struct edge *e, uint32_t from, uint32_t to)
{
    const struct sim_plan_component *a = &w->plan->components[from];
    const struct sim_plan_component *b = &w->plan->components[to];
    double pairs = (double)sim_plan_sites(a) * sim_plan_sites(b);
    const struct sim_plan_link *link;
    for (uint32_t i = 0; sim__declared_next(&w->declared, w->plan, from, to, &i, &link);) {
        if (link == NULL)
            continue;
        e->loss += (1 - (1 - link->params.loss) * (1 - link->params.loss)) / pairs;
        if (link->params.latency.kind != SIM_DIST_NONE)
            e->round_trip += 2 * sim_dist_mean(&link->params.latency) / pairs;
    }
}

/* How many nodes a component chooses among, each counted by its weight. */
static double choice_of(const struct workload *w, const struct sim_plan_component *c)
{
    double nodes = 0;
    for (uint32_t k = 0; c->model->ports && c->model->ports[k].name; k++)
        for (uint32_t t = 0; t < c->ports[k].count; t++)
            nodes += w->plan->components[c->ports[k].targets[t].component].nodes *
                     c->ports[k].targets[t].share;
    return nodes;
}

static struct edge edge_of(const struct workload *w, uint32_t from,
                           const struct sim_plan_target *target, double choice)
{
    double nodes = w->plan->components[target->component].nodes;
    struct edge e = {.to = target->component, .weight = target->share, .attempts = 1};
    if (w->of[from].q.chooses == SIM_CHOOSES_ALL)
        e.weight *= nodes;
    else if (w->of[from].q.chooses != SIM_CHOOSES_NOTHING)
        e.weight = choice > 0 ? nodes * target->share / choice : 0;
    way_of(w, &e, from, target->component);
    return e;
}

static void connect(struct workload *w)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->plan->component_count; i++) {
        const struct sim_plan_component *c = &w->plan->components[i];
        double choice = choice_of(w, c);
        w->of[i].first_edge = n;
        for (uint32_t k = 0; c->model->ports && c->model->ports[k].name; k++)
            for (uint32_t t = 0; t < c->ports[k].count; t++)
                w->edges[n++] = edge_of(w, i, &c->ports[k].targets[t], choice);
        w->of[i].edge_count = n - w->of[i].first_edge;
    }
}

/* The time after which a caller gives up a call, whatever the callee does, ns. */
static double given_up(const struct sim_policy *p, const struct of *of)
{
    double limit = of->patience;
    if (p->timeout != 0) /* SIM_ZERO is below 0 */
        limit = fmin(limit, fmax(0, (double)p->timeout) + of->waits);
    if (p->deadline != 0)
        limit = fmin(limit, fmax(0, (double)p->deadline));
    return limit;
}

/* How long a call takes that the caller's own limits or breaker refuse, ns. INFINITY: they refuse
 * none. At each node `users` call at a time, each again after `takes` ns. `fail`: attempts may
 * fail, so a breaker may open. */
static double refused_after(const struct sim_policy *p, const struct of *of, double users,
                            double takes, bool fail)
{
    double after = INFINITY, waits = p->retry.refused_is_final ? 0 : of->waits;
    double wait = (double)p->concurrency.wait, token = (double)p->rate_limit.wait;
    double limit = (double)p->concurrency.limit, rate = p->rate_limit.rate * 1e-9;
    if (limit > 0 && users > limit)
        after = users > limit + (double)p->concurrency.queue ? waits : wait + waits;
    if (rate > 0 &&
        (users - (double)p->rate_limit.burst > rate * token || users > rate * (takes + token)))
        after = fmin(after, waits);
    return p->breaker.open > 0 && fail ? fmin(after, waits) : after;
}

/* The time after which a call is over, whatever the callee does, ns, with that many callers at each
 * node. */
static double ended_after(const struct workload *w, uint32_t from, const struct edge *e,
                          double users, double think_ns)
{
    const struct sim_policy *p = &w->plan->components[from].policy;
    const struct of *of = &w->of[from], *to = &w->of[e->to];
    double queued = users * 1e9 / to->capacity - think_ns, ends = given_up(p, of);
    double answer = fmax(to->answer + e->round_trip, queued);
    bool fail = ends < answer || e->loss > 0 || to->struck > 0;
    return fmin(ends, refused_after(p, of, users, think_ns + fmin(ends, answer), fail));
}

/* Finds the least time in which each component can answer: by its work, or by the components that
 * it calls. A callee that is down, or full, answers at once. */
static void find_answers(struct workload *w, double at_once)
{
    for (uint32_t i = 0; i < w->plan->component_count; i++) {
        struct of *of = &w->of[i];
        bool at_no_time = of->turns_away || at_once > of->admits;
        of->answer = at_no_time ? 0 : of->work;
    }
    for (int pass = 0, changed = 1; pass < PASSES_MOST && changed; pass++) {
        changed = 0;
        for (uint32_t i = 0; i < w->plan->component_count; i++) {
            struct of *of = &w->of[i];
            double least = INFINITY, users = at_once / w->plan->components[i].nodes;
            for (uint32_t k = 0; k < of->edge_count; k++) {
                const struct edge *e = &w->edges[of->first_edge + k];
                least = fmin(least, w->of[e->to].answer + e->round_trip);
                least = fmin(least, ended_after(w, i, e, users, 0));
            }
            if (!of->works && least < of->answer) {
                of->answer = least;
                changed = 1;
            }
        }
    }
}

/* Calls per second that are started by `users` at each node, who wait for an answer before they go
 * on. */
static double started_by_waiting(struct workload *w, uint32_t i, double users, double think_ns)
{
    const struct sim_plan_component *c = &w->plan->components[i];
    struct of *of = &w->of[i];
    double all = users * c->nodes * 1e9, least = INFINITY, most = 0, limit = INFINITY;
    bool bounded = of->edge_count > 0;
    for (uint32_t k = 0; k < of->edge_count; k++) {
        const struct edge *e = &w->edges[of->first_edge + k];
        const struct of *to = &w->of[e->to];
        least = fmin(least, to->answer + e->round_trip);
        limit = fmin(limit, ended_after(w, i, e, users, think_ns));
        most += to->capacity;
        bounded = bounded && !to->turns_away && !to->changes &&
                  !sim_queueing_no_form(&to->q, true, true) && users * c->nodes <= to->admits;
    }
    of->ends = limit;
    double rate = all / (think_ns + fmin(isinf(least) ? 0 : least, limit));
    return bounded ? fmin(rate, most + all / (think_ns + limit)) : rate; /* or INFINITY */
}

/* How an estimate ended. */
enum ended { FOUND, NO_MEMORY, CYCLE_OF_CALLS, CYCLE_OF_USERS, CYCLE_OF_REFUSALS };

/* Starts the closed loads. Finds those that would start requests without end in no time. */
static enum ended start_closed(struct workload *w)
{
    enum ended ended = FOUND;
    double think_ns = 0, at_once = 0;
    for (uint32_t i = 0; i < w->plan->component_count; i++) {
        const struct sim_plan_component *c = &w->plan->components[i];
        if (c->model->closed != NULL)
            at_once = fmax(at_once, c->model->closed(c->image, &think_ns) * c->nodes);
    }
    find_answers(w, at_once);
    for (uint32_t i = 0; i < w->plan->component_count; i++) {
        const struct sim_plan_component *c = &w->plan->components[i];
        double users = c->model->closed != NULL ? c->model->closed(c->image, &think_ns) : 0;
        if (!(users > 0))
            continue;
        w->of[i].starts += started_by_waiting(w, i, users, think_ns);
        w->of[i].peak = w->of[i].starts;
        if (isinf(w->of[i].starts))
            ended = w->of[i].ends > 0 ? CYCLE_OF_USERS : CYCLE_OF_REFUSALS;
    }
    return ended;
}

/* ---- following requests ---------------------------------------------------------------------- */

/* Ranks the components so that each is followed when everything that arrives at it is known: in
 * reverse order of leaving, in a depth-first walk along the calls. O(components + calls). */
static void rank_all(struct workload *w)
{
    uint32_t left = w->plan->component_count, *way = w->heap;
    for (uint32_t root = 0; root < w->plan->component_count; root++) {
        uint32_t depth = 0;
        if (!w->of[root].seen)
            way[depth++] = root;
        w->of[root].seen = true;
        while (depth > 0) {
            struct of *of = &w->of[way[depth - 1]];
            if (of->looked == of->edge_count) {
                of->rank = --left;
                w->by_rank[left] = way[--depth];
                continue;
            }
            uint32_t to = w->edges[of->first_edge + of->looked++].to;
            if (!w->of[to].seen)
                way[depth++] = to;
            w->of[to].seen = true;
        }
    }
}

static void push(struct workload *w, uint32_t i, double more)
{
    struct of *of = &w->of[i];
    of->pending += more;
    if (of->queued || !(of->pending > 1e-6 * of->comes))
        return;
    of->queued = true;
    uint32_t at = w->count++;
    for (; at > 0 && w->heap[(at - 1) / 2] > of->rank; at = (at - 1) / 2)
        w->heap[at] = w->heap[(at - 1) / 2];
    w->heap[at] = of->rank;
}

/* Takes the component of the lowest rank from the heap. */
static uint32_t pop(struct workload *w)
{
    uint32_t least = w->heap[0], last = w->heap[--w->count], at = 0;
    for (uint32_t next; (next = 2 * at + 1) < w->count; at = next) {
        next += next + 1 < w->count && w->heap[next + 1] < w->heap[next];
        if (w->heap[next] >= last)
            break;
        w->heap[at] = w->heap[next];
    }
    w->heap[at] = last;
    return w->by_rank[least];
}

/* Passes a component's pending calls on to those that it calls, multiplied by `times`. */
static void pass_on(struct workload *w, double times, bool capped)
{
    struct of *of = &w->of[pop(w)];
    double cap = capped ? of->capacity : INFINITY, before = fmin(of->comes, cap);
    of->queued = false;
    of->comes += of->pending * times;
    of->pending = 0;
    double more = (fmin(of->comes, cap) - before) * of->passed;
    for (uint32_t k = 0; k < of->edge_count && more > 0; k++) {
        const struct edge *e = &w->edges[of->first_edge + k];
        push(w, e->to, more * e->weight * e->attempts);
    }
}

/* Finds the calls that arrive at each component. `peak`: at the peak of the load, and without
 * regard to capacity. False: calls go round a cycle without end. */
static bool follow(struct workload *w, bool peak)
{
    uint32_t count = w->plan->component_count;
    uint64_t passes = 0;
    double times = 1;
    w->count = 0;
    for (uint32_t i = 0; i < count; i++) {
        w->of[i].comes = w->of[i].pending = 0;
        w->of[i].queued = false;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct of *of = &w->of[i];
        double starts = peak ? of->peak : of->starts;
        for (uint32_t k = 0; k < of->edge_count && starts > 0; k++) {
            const struct edge *e = &w->edges[of->first_edge + k];
            push(w, e->to, starts * e->weight * e->attempts);
        }
    }
    while (w->count > 0) {
        if (++passes % ((uint64_t)PUSHES_MOST * count) == 0)
            times = 2;
        if (passes > (uint64_t)(PUSHES_MOST + DOUBLINGS_MOST) * count)
            return false;
        pass_on(w, times, !peak);
    }
    return true;
}

/* Finds the share of its reads that each component passes on, if its model knows it. */
static void find_passed(struct workload *w)
{
    double writes = 0;
    for (uint32_t i = 0; i < w->plan->component_count; i++) {
        const double *mix = w->of[i].q.mix;
        writes = fmax(writes, mix[SIM_WRITE] + mix[SIM_DELETE] + mix[SIM_SCAN]);
    }
    for (uint32_t i = 0; i < w->plan->component_count; i++) {
        struct of *of = &w->of[i];
        if (of->comes > 0)
            of->passed = fmin(1, of->foreseen.passes / of->comes + writes);
    }
}

/* ---- attempts -------------------------------------------------------------------------------- */

/* The share of answers that take longer than `than`. */
static double tail(const struct of *of, double round_trip, double than)
{
    double work = mean_work(&of->q), left = than - round_trip;
    work = isinf(work) ? of->work : work;
    if (!(left > 0))
        return 1;
    return isinf(work) || !(work > 0) ? 0 : exp(-left / work);
}

/* The share of the time in which a callee is behind: all of it, if more arrives than its capacity;
 * from the first fault on, if with every retry it would stay behind; otherwise while faults last,
 * and until what has arrived meanwhile is done. */
static double behind(const struct of *of, double comes, double peak, double most)
{
    if (comes > of->capacity || (peak > of->capacity && comes * most > of->capacity))
        return 1;
    if (comes * most > of->capacity && of->faults)
        return of->after;
    return of->hurt > 0 ? fmin(1, of->hurt / (1 - comes * most / of->capacity)) : 0;
}

/* The share of attempts that fail. `comes`: calls to the callee without retries; `peak`: the same
 * at the highest load; `most`: attempts that a call may have. */
static double fails(const struct of *of, const struct edge *e, const struct sim_policy *p,
                    double comes, double peak, double most)
{
    bool limited = of->q.queue_limit != SIM_NO_LIMIT;
    double late = p->timeout != 0 || limited ? behind(of, comes, peak, most) : 0;
    double share = 1 - (1 - e->loss) * (1 - of->struck) * (1 - of->bad);
    if (comes > of->capacity && limited && !of->faults) {
        double attempts = 1; /* those that find no room are refused */
        for (int round = 0; round < 30; round++) {
            late = fmax(0, 1 - of->capacity / (comes * attempts));
            attempts = late < 1 ? (1 - pow(late, most)) / (1 - late) : most;
        }
    }
    if (p->timeout != 0)
        share = fmax(share, tail(of, e->round_trip, fmax(0, (double)p->timeout)));
    return fmax(share, late);
}

static double attempts_most(const struct sim_policy *p)
{
    double most = (double)(p->retry.attempts > 1 ? p->retry.attempts : 1);
    if (p->deadline > 0 && p->timeout > 0)
        most = fmin(most, ceil((double)p->deadline / (double)p->timeout));
    return most;
}

/* Finds the share of a component's answers that fail because its own calls fail. True: it
 * changed. */
static bool find_bad(struct workload *w, uint32_t i, const double *peak)
{
    const struct sim_policy *p = &w->plan->components[i].policy;
    double good = 1, most = attempts_most(p);
    for (uint32_t k = 0; k < w->of[i].edge_count; k++) {
        const struct edge *e = &w->edges[w->of[i].first_edge + k];
        double fail = fails(&w->of[e->to], e, p, w->of[e->to].comes, peak[e->to], most);
        good *= 1 - fmin(1, e->weight) * pow(fail, most);
    }
    bool changed = 1 - good > w->of[i].bad + 1e-6;
    w->of[i].bad = 1 - good;
    return changed;
}

static void find_attempts(struct workload *w, uint32_t i, const double *peak)
{
    const struct sim_plan_component *c = &w->plan->components[i];
    const struct sim_policy *p = &c->policy;
    double most = attempts_most(p);
    for (uint32_t k = 0; k < w->of[i].edge_count; k++) {
        struct edge *e = &w->edges[w->of[i].first_edge + k];
        const struct of *to = &w->of[e->to];
        double fail = fails(to, e, p, to->comes, peak[e->to], most), hedges = 0;
        double tries = fail < 1 ? (1 - pow(fail, most)) / (1 - fail) : most;
        if (p->hedge.extra > 0 && p->hedge.delay > 0)
            hedges = (double)p->hedge.extra *
                     fmax(fail >= 1, tail(to, e->round_trip, (double)p->hedge.delay));
        else if (p->hedge.extra > 0)
            hedges = (double)p->hedge.extra * (fail >= 1 ? 1 : 1 - p->hedge.percentile);
        /* while the callee is behind, every attempt fails */
        tries = fmax(tries, 1 + behind(to, to->comes, peak[e->to], most) * (most - 1) *
                                    (p->timeout != 0 && to->hurt > 0));
        double more = tries - 1 + tries * hedges, calls = w->of[i].starts + w->of[i].comes;
        if (p->retry.budget.window > 0 && calls > 0)
            more = fmin(more, p->retry.budget.ratio +
                                  p->retry.budget.minimum * c->nodes / (calls * e->weight));
        e->attempts = 1 + more;
        /* events: a timeout that strikes, the wait before the next attempt, the wait for a hedge */
        e->events = (p->timeout != 0 ? fail * e->attempts : 0) +
                    (p->retry.backoff > 0 ? fmin(more, tries - 1) : 0) +
                    (p->hedge.extra > 0 ? 1 + hedges : 0);
    }
}

static void find_all_attempts(struct workload *w, const double *peak)
{
    uint32_t n = w->plan->component_count;
    bool changed = true;
    for (int pass = 0; pass < PASSES_MOST && changed; pass++) {
        changed = false;
        for (uint32_t i = 0; i < n; i++)
            changed = find_bad(w, i, peak) || changed;
    }
    for (uint32_t i = 0; i < n; i++)
        find_attempts(w, i, peak);
}

/* ---- the sum --------------------------------------------------------------------------------- */

static double events_of(const struct workload *w, uint32_t i)
{
    const struct of *of = &w->of[i];
    double worked = fmin(of->comes, of->capacity), passed = of->starts + worked * of->passed;
    bool gives_up = of->q.rules != NULL && of->q.rules->abandon != SIM_ABANDON_NEVER;
    bool all = of->q.queue_limit != SIM_NO_LIMIT || gives_up;
    double events = of->starts + of->comes + (all ? of->comes : worked);
    events += (of->works ? worked : 0) + (gives_up ? of->comes - worked : 0);
    for (uint32_t k = 0; k < of->edge_count; k++) {
        const struct edge *e = &w->edges[of->first_edge + k];
        events += passed * e->weight * e->events;
    }
    return events;
}

/* Events per second at the nodes that no request causes. */
static double ticks_of(const struct sim_plan_component *c, const struct of *of)
{
    double each = of->q.rules ? sim_station_rules_ticks(of->q.rules, of->comes / c->nodes) : 0;
    return (each + of->foreseen.ticks) * c->nodes;
}

static bool workload_make(struct workload *w, const struct sim_plan *plan)
{
    uint32_t edges = 0, n = plan->component_count;
    *w = (struct workload){.plan = plan};
    for (uint32_t i = 0; i < n; i++) {
        const struct sim_plan_component *c = &plan->components[i];
        for (uint32_t k = 0; c->model->ports && c->model->ports[k].name; k++)
            edges += c->ports[k].count;
    }
    w->of = calloc(n + 1u, sizeof *w->of);
    w->edges = calloc(edges + 1u, sizeof *w->edges);
    w->by_rank = calloc(n + 1u, sizeof *w->by_rank);
    w->heap = calloc(n + 1u, sizeof *w->heap);
    return sim__reach_make(&w->reach, plan) == 0 && sim__declared_make(&w->declared, plan) == 0 &&
           w->of != NULL && w->edges != NULL && w->by_rank != NULL && w->heap != NULL;
}

static void workload_free(struct workload *w)
{
    sim__reach_free(&w->reach);
    sim__declared_free(&w->declared);
    free(w->of);
    free(w->edges);
    free(w->by_rank);
    free(w->heap);
}

static enum ended estimate(struct workload *w)
{
    uint32_t n = w->plan->component_count;
    double *peak = calloc(n + 1u, sizeof *peak);
    if (peak == NULL)
        return NO_MEMORY;
    for (uint32_t i = 0; i < n; i++)
        describe(w, i);
    strike_all(w);
    connect(w);
    rank_all(w);
    enum ended closed = start_closed(w);
    bool ends = closed == FOUND && follow(w, false);
    if (ends) {
        find_passed(w);
        follow(w, true);
    }
    for (uint32_t i = 0; i < n; i++)
        peak[i] = w->of[i].comes;
    ends = ends && follow(w, false);
    if (ends)
        find_all_attempts(w, peak);
    ends = ends && follow(w, false);
    free(peak);
    return closed != FOUND || ends ? closed : CYCLE_OF_CALLS;
}

double sim_plan_events(const struct sim_plan *plan, char *arithmetic, size_t bytes)
{
    static const char *const endless[] = {
        [CYCLE_OF_CALLS] = "requests go round in a cycle of calls that takes no time",
        [CYCLE_OF_USERS] = "users whose answers may take no time need a think_time, or whom they "
                           "call work",
        [CYCLE_OF_REFUSALS] = "users whose own policy may end calls at once need a think_time, or "
                              "a \"wait\" or \"backoff\"",
    };
    double seconds = (double)plan->duration / 1e9, rate = 0, starts = 0, ticks = 0, nodes = 0;
    struct workload w;
    enum ended ended = workload_make(&w, plan) ? estimate(&w) : NO_MEMORY;
    for (uint32_t i = 0; ended == FOUND && i < plan->component_count; i++) {
        rate += events_of(&w, i);
        starts += w.of[i].starts;
        ticks += ticks_of(&plan->components[i], &w.of[i]);
        nodes += plan->components[i].nodes;
    }
    workload_free(&w);
    double windows = plan->interval > 0 ? (double)(plan->duration / plan->interval) : 0;
    double others = sim__faults_events(plan) + ROLL * nodes * windows;
    char more[40] = "";
    if (ticks > 0)
        snprintf(more, sizeof more, " + %.3g/s of themselves", ticks);
    if (arithmetic != NULL && bytes > 0 && ended >= CYCLE_OF_CALLS)
        snprintf(arithmetic, bytes, "%s", endless[ended]);
    else if (arithmetic != NULL && bytes > 0)
        snprintf(arithmetic, bytes,
                 "(%.4g requests/s x %.3g events%s) x %.4g s + %.3g of faults and windows", starts,
                 starts > 0 ? rate / starts : 0, more, seconds, others);
    return ended >= CYCLE_OF_CALLS ? INFINITY : (rate + ticks) * seconds + others;
}

double sim__plan_requests(const struct sim_plan *plan)
{
    struct workload w;
    double requests = 0;
    enum ended ended = workload_make(&w, plan) ? estimate(&w) : NO_MEMORY;
    for (uint32_t i = 0; ended == FOUND && i < plan->component_count; i++)
        requests += w.of[i].comes;
    workload_free(&w);
    return ended >= CYCLE_OF_CALLS ? INFINITY : requests * (double)plan->duration / 1e9;
}
