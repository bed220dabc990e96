/* flows.c - derives from the plan which arrivals are Poisson. The way of a request is a walk on a
 * graph. Each component has these nodes: its arrivals ("in"), the moments before each call that it
 * makes ("before"), and its answers ("out"). An edge leads from a node to the one it causes. With
 * Poisson arrivals from outside, the network has a product form if all stations on the way are
 * quasi-reversible (first come first served with exponential work, or processor sharing; pure
 * delays, too) and each request chooses its next station at random and independently, however often
 * it comes back (Burke 1956; Jackson 1957; Baskett, Chandy, Muntz and Palacios 1975; Kelly 1979,
 * ch. 3). So each node where this fails is marked with a reason, and so are all nodes that it can
 * reach. Copies of a request that are sent at the same time are Poisson one by one, but not
 * together: a node where two of them can meet is marked. Every mark is made once: O(components +
 * calls). */
#include "study/estimates/flows.h"

#include "fabric/link_state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum asks { ASKS_IN_TURN, ASKS_ONE_OF, ASKS_AT_ONCE };

struct mark {
    enum sim_flow flow;
    const char *why, *who;
};

struct call {
    uint32_t from, place; /* the caller, and which of its calls */
};

struct part {
    uint32_t
        first; /* its "in"; then a "before" for each call and one for making no call; its "out" */
    uint32_t calls, first_call; /* in .targets */
    uint32_t callers, first_caller;
    enum asks asks;
    uint32_t source; /* 1 + a component that starts requests that come here; 0: none */
    uint32_t plain, dealers;
    bool keyed, limited; /* some of its requests have keys; may have a deadline; */
    bool unwanted;       /* callers may stop waiting for them */
};

struct sim__flow_graph {
    uint32_t nodes, sources;
    struct part *parts;
    struct sim_plan_target *targets;
    struct call *callers;
    struct mark *marks;
    uint32_t *owner, *queue, *seen, *by; /* by node */
    struct sim__declared links;
};

typedef void visit_fn(struct sim_flows *, uint32_t from, uint32_t next);

static uint32_t in_of(const struct sim_flows *f, uint32_t c)
{
    return f->graph->parts[c].first;
}

static uint32_t before_call(const struct sim_flows *f, uint32_t c, uint32_t place)
{
    return f->graph->parts[c].first + 1 + place;
}

static uint32_t out_of(const struct sim_flows *f, uint32_t c)
{
    return f->graph->parts[c].first + 2 + f->graph->parts[c].calls;
}

/* ---- edges ----------------------------------------------------------------------------------- */

static void answers_next(struct sim_flows *f, uint32_t node, const struct part *p, visit_fn *visit)
{
    const struct sim__flow_graph *g = f->graph;
    for (uint32_t i = 0; i < p->callers; i++) {
        struct call call = g->callers[p->first_caller + i];
        if (g->parts[call.from].asks == ASKS_IN_TURN)
            visit(f, node, before_call(f, call.from, call.place + 1));
        else if (g->parts[call.from].asks == ASKS_ONE_OF)
            visit(f, node, out_of(f, call.from));
    }
}

/* Visits every node that a node causes. O(its edges). */
static void each_next(struct sim_flows *f, uint32_t node, visit_fn *visit)
{
    const struct sim__flow_graph *g = f->graph;
    const struct part *p = &g->parts[g->owner[node]];
    uint32_t at = node - p->first;
    if (at == 0)
        visit(f, node, node + 1);
    else if (at == p->calls + 2)
        answers_next(f, node, p, visit);
    else if (at == p->calls + 1 && (p->asks == ASKS_IN_TURN || p->calls == 0))
        visit(f, node, node + 1);
    else if (at <= p->calls) {
        const struct sim_plan_target *to = &g->targets[p->first_call + at - 1];
        visit(f, node, in_of(f, to->component));
        if (p->asks == ASKS_IN_TURN ? to->share < 1 : at < p->calls)
            visit(f, node, node + 1);
    }
}

/* ---- marks ----------------------------------------------------------------------------------- */

static void mark(struct sim_flows *f, uint32_t node, enum sim_flow flow, const char *why,
                 uint32_t who)
{
    struct mark *m = &f->graph->marks[node];
    if (m->flow == SIM_FLOW_OTHER || m->flow == flow)
        return;
    *m = (struct mark){flow, why, f->plan->components[who].name};
}

/* OTHER overrides UNKNOWN. */
static void inherit(struct sim_flows *f, uint32_t from, uint32_t next)
{
    struct sim__flow_graph *g = f->graph;
    bool weaker = g->marks[from].flow == SIM_FLOW_OTHER ? g->marks[next].flow != SIM_FLOW_OTHER
                                                        : g->marks[next].flow == SIM_FLOW_POISSON;
    if (!weaker)
        return;
    g->marks[next] = g->marks[from];
    g->queue[g->nodes++] = next;
}

static void spread_marks(struct sim_flows *f, enum sim_flow flow)
{
    struct sim__flow_graph *g = f->graph;
    uint32_t count = g->nodes, done = 0;
    g->nodes = 0; /* counts the queue meanwhile */
    for (uint32_t i = 0; i < count; i++)
        if (g->marks[i].flow == flow)
            g->queue[g->nodes++] = i;
    while (done < g->nodes)
        each_next(f, g->queue[done++], inherit);
    g->nodes = count;
}

/* ---- what the models say --------------------------------------------------------------------- */

static const char *said_nothing(const struct sim_plan_component *c)
{
    return c->model->serve ? "what comes through is chosen on the way"
                           : "how requests start there is not known";
}

static struct sim_queueing about(const struct sim_plan_component *c)
{
    struct sim_queueing q = {.flow = SIM_FLOW_UNKNOWN, .why = said_nothing(c)};
    if (c->model->queueing == NULL)
        return q;
    q = sim__flows_about(c);
    if (q.why == NULL && q.flow != SIM_FLOW_POISSON && q.flow != SIM_FLOW_SAME)
        q.why = said_nothing(c);
    return q;
}

static bool has_keyspace(const struct sim_plan_component *c)
{
    for (const struct sim_param *p = c->model->params; p && p->name; p++) {
        uintptr_t place = 0;
        if (p->kind != SIM_KEYSPACE)
            continue;
        memcpy(&place, (const char *)c->image + p->offset, sizeof place);
        if (place != 0)
            return true;
    }
    return false;
}

static bool gives_deadline(const struct sim_plan_component *c)
{
    for (const struct sim_param *p = c->model->params; p && p->name; p++) {
        const struct sim_dist *d = (const void *)((const char *)c->image + p->offset);
        if ((p->flags & SIM_DEADLINE) && p->kind == SIM_DISTRIBUTION && d->kind != SIM_DIST_NONE)
            return true;
    }
    return c->policy.deadline != 0 || (c->policy.pass_timeout && c->policy.timeout != 0);
}

/* ---- the graph ------------------------------------------------------------------------------- */

static uint32_t ports_of(const struct sim_plan_component *c)
{
    uint32_t ports = 0;
    while (c->model->ports && c->model->ports[ports].name)
        ports++;
    return ports;
}

/* Counts calls and nodes. */
static void number(struct sim_flows *f, uint32_t *calls)
{
    struct sim__flow_graph *g = f->graph;
    for (uint32_t c = 0; c < f->plan->component_count; c++) {
        struct part *p = &g->parts[c];
        p->first = g->nodes;
        p->first_call = *calls;
        for (uint32_t k = 0; k < ports_of(&f->plan->components[c]); k++)
            p->calls += f->plan->components[c].ports[k].count;
        *calls += p->calls;
        g->nodes += p->calls + 3;
    }
}

static void join(struct sim_flows *f)
{
    struct sim__flow_graph *g = f->graph;
    const struct sim_plan *plan = f->plan;
    uint32_t at = 0;
    for (uint32_t c = 0; c < plan->component_count; c++) {
        struct part *p = &g->parts[c];
        for (uint32_t k = 0; k < ports_of(&plan->components[c]); k++)
            for (uint32_t t = 0; t < plan->components[c].ports[k].count; t++) {
                g->targets[at] = plan->components[c].ports[k].targets[t];
                g->parts[g->targets[at++].component].callers++;
            }
        for (uint32_t n = p->first; n < p->first + p->calls + 3; n++) {
            g->owner[n] = c;
            g->marks[n].flow = SIM_FLOW_POISSON;
        }
        f->about[c] = about(&plan->components[c]);
        enum sim_chooses how = f->about[c].chooses;
        bool one = how != SIM_CHOOSES_NOTHING && how != SIM_CHOOSES_ALL;
        p->asks = one                                   ? ASKS_ONE_OF
                  : p->calls > 1 && f->about[c].at_once ? ASKS_AT_ONCE
                                                        : ASKS_IN_TURN;
        g->sources += !plan->components[c].model->serve;
    }
    at = 0;
    for (uint32_t c = 0; c < plan->component_count; c++) {
        g->parts[c].first_caller = at;
        at += g->parts[c].callers;
        g->parts[c].callers = 0;
    }
    for (uint32_t c = 0; c < plan->component_count; c++)
        for (uint32_t i = 0; i < g->parts[c].calls; i++) {
            struct part *to = &g->parts[g->targets[g->parts[c].first_call + i].component];
            g->callers[to->first_caller + to->callers++] = (struct call){c, i};
        }
}

/* ---- who sends what -------------------------------------------------------------------------- */

static bool alike(const double *a, const double *b)
{
    for (int op = 0; op < SIM_OP_COUNT; op++)
        if (fabs(a[op] - b[op]) > 1e-12)
            return false;
    return true;
}

static bool raise(bool *flag, bool value)
{
    bool changes = value && !*flag;
    *flag |= value;
    return changes;
}

/* Whether a component may stop waiting for an answer for other reasons than a deadline. */
static bool may_leave(const struct sim_flows *f, uint32_t c)
{
    const struct sim_plan_component *it = &f->plan->components[c];
    return it->model->queueing == NULL || it->policy.timeout != 0 || it->policy.hedge.extra > 0;
}

/* Passes the properties of a caller's requests on to the callee. True: something changed. */
static bool pass_on(struct sim_flows *f, uint32_t from, uint32_t to)
{
    struct part *a = &f->graph->parts[from], *b = &f->graph->parts[to];
    bool changes = b->source == 0 && a->source != 0;
    if (changes)
        b->source = a->source;
    bool differ = a->source && !alike(f->about[a->source - 1].mix, f->about[b->source - 1].mix);
    changes |= raise(&f->in[to].mixed, differ || f->in[from].mixed);
    changes |= raise(&b->keyed, a->keyed);
    bool deadline = a->limited || gives_deadline(&f->plan->components[from]);
    changes |= raise(&b->limited, deadline);
    changes |= raise(&b->unwanted, a->unwanted || deadline || may_leave(f, from));
    return changes;
}

/* Each component changes at most five times, so it is visited at most that often. */
static int follow_requests(struct sim_flows *f)
{
    struct sim__flow_graph *g = f->graph;
    uint32_t count = f->plan->component_count, top = 0;
    uint32_t *stack = malloc((count + 1u) * sizeof *stack);
    bool *waits = calloc(count + 1u, sizeof *waits);
    for (uint32_t c = 0; stack && waits && c < count; c++) {
        const struct sim_plan_component *it = &f->plan->components[c];
        if (it->model->serve)
            continue;
        g->parts[c].source = c + 1;
        g->parts[c].keyed = has_keyspace(it);
        stack[top++] = c;
        waits[c] = true;
    }
    while (top > 0) {
        uint32_t c = stack[--top];
        waits[c] = false;
        for (uint32_t i = 0; i < g->parts[c].calls; i++) {
            uint32_t to = g->targets[g->parts[c].first_call + i].component;
            if (!pass_on(f, c, to) || waits[to])
                continue;
            stack[top++] = to;
            waits[to] = true;
        }
    }
    for (uint32_t c = 0; waits && c < count; c++) {
        const struct part *p = &g->parts[c];
        f->about[c].no_form = sim_queueing_no_form(&f->about[c], p->calls > 0, p->unwanted);
        if (p->source)
            memcpy(f->in[c].mix, f->about[p->source - 1].mix, sizeof f->in[c].mix);
    }
    int result = stack && waits ? 0 : -1;
    free(stack);
    free(waits);
    return result;
}

/* ---- links ----------------------------------------------------------------------------------- */

/* NULL if a link only delays messages by the same time; otherwise the reason why not. */
static const char *link_spoils(const struct sim_flows *f, uint32_t a, uint32_t b)
{
    static const char *const known[] = {"latency", "bandwidth", "loss"};
    size_t rows = 0;
    const struct sim_plan_link *link;
    bool queues = false;
    for (const struct sim_param *p = sim_link_param_table; p->name; p++, rows++)
        if (rows >= sizeof known / sizeof *known || strcmp(known[rows], p->name) != 0)
            return "its link has something that theory knows nothing of";
    for (uint32_t i = 0; sim__declared_next(&f->graph->links, f->plan, a, b, &i, &link);) {
        if (link == NULL)
            continue;
        f->in[b].delay = fmax(f->in[b].delay, sim_dist_mean(&link->params.latency));
        queues = queues || link->params.bandwidth > 0;
    }
    return queues ? "messages wait for the bandwidth of a link" : NULL;
}

/* ---- what breaks it -------------------------------------------------------------------------- */

static void dealt(struct sim_flows *f, uint32_t to, uint32_t turn, bool anew)
{
    struct part *p = &f->graph->parts[to];
    if (anew || p->dealers == 0)
        p->dealers++;
    f->in[to].turn = turn;
}

/* Marks what the fabric's spreading of calls over nodes changes. Round-robin counts the calls of
 * all callers together. */
static void spread_over(struct sim_flows *f, uint32_t from, uint32_t to)
{
    const struct sim_plan_component *c = &f->plan->components[to];
    const struct part *p = &f->graph->parts[from];
    bool by_key = c->spread == SIM_SPREAD_KEY && p->keyed;
    if (c->nodes == 1 || c->spread == SIM_SPREAD_RANDOM)
        f->graph->parts[to].plain++;
    else if (by_key)
        mark(f, in_of(f, to), SIM_FLOW_OTHER, "nodes are chosen by key", from);
    else
        dealt(f, to, c->nodes, false);
}

static void choose_among(struct sim_flows *f, uint32_t from, uint32_t to, uint32_t places)
{
    const struct sim_plan_component *c = &f->plan->components[from];
    switch (f->about[from].chooses) {
    case SIM_CHOOSES_NOTHING: spread_over(f, from, to); return;
    case SIM_CHOOSES_AT_RANDOM: f->graph->parts[to].plain++; return;
    case SIM_CHOOSES_ALL:
        f->graph->parts[to].plain++;
        if (f->plan->components[to].nodes > 1)
            mark(f, before_call(f, to, 0), SIM_FLOW_UNKNOWN, "copies of a request meet", from);
        return;
    case SIM_CHOOSES_IN_TURN:
        if (places > 1 && c->nodes > 1)
            mark(f, in_of(f, to), SIM_FLOW_UNKNOWN, "several deal requests in turn", from);
        if (places > 1)
            dealt(f, to, places, true);
        else
            f->graph->parts[to].plain++;
        return;
    case SIM_CHOOSES_OTHERWISE: break;
    }
    if (places > 1)
        mark(f, in_of(f, to), SIM_FLOW_OTHER, "nodes are chosen by what is out there, or by key",
             from);
    else
        f->graph->parts[to].plain++;
}

/* NULL if the place of a caller does not decide which nodes it calls; otherwise the reason. */
static const char *place_spoils(const struct sim_flows *f, const struct sim_plan_target *target)
{
    const struct sim_plan_component *c = &f->plan->components[target->component];
    if (sim_plan_sites(c) > 1 && target->within > 0)
        return "only the nodes at one place are called";
    if (sim_plan_sites(c) > 1 && c->spread == SIM_SPREAD_NEAREST)
        return "the nearest nodes are called";
    return NULL;
}

/* Nodes that call one another do work that no arrival shows. */
static void mark_peers(struct sim_flows *f, uint32_t c)
{
    const struct sim_plan_component *it = &f->plan->components[c];
    if (it->nodes > 1 && sim_model_has_peers(it->model))
        mark(f, in_of(f, c), SIM_FLOW_OTHER, "its nodes call one another", c);
}

static void mark_calls(struct sim_flows *f, uint32_t c)
{
    mark_peers(f, c);
    const struct part *p = &f->graph->parts[c];
    const struct sim_plan_component *it = &f->plan->components[c];
    const char *why = sim__flows_policy_spoils(&it->policy);
    uint32_t places = 0;
    if (f->about[c].delay && f->about[c].delay->kind != SIM_DIST_NONE)
        f->in[c].delay = fmax(f->in[c].delay, sim_dist_mean(f->about[c].delay));
    for (uint32_t i = 0; i < p->calls; i++)
        places += f->plan->components[f->graph->targets[p->first_call + i].component].nodes;
    for (uint32_t i = 0; i < p->calls; i++) {
        uint32_t to = f->graph->targets[p->first_call + i].component;
        const char *on_the_way = link_spoils(f, c, to);
        if (why)
            mark(f, in_of(f, to), SIM_FLOW_OTHER, why, c);
        if (on_the_way)
            mark(f, in_of(f, to), SIM_FLOW_OTHER, on_the_way, to);
        const char *placed = place_spoils(f, &f->graph->targets[p->first_call + i]);
        if (placed)
            mark(f, in_of(f, to), SIM_FLOW_OTHER, placed, c);
        choose_among(f, c, to, places);
    }
    if (ports_of(it) > 1)
        mark(f, before_call(f, c, 0), SIM_FLOW_UNKNOWN, "it asks through several ports", c);
    if (!it->model->serve || p->calls == 0)
        return;
    if (p->limited)
        mark(f, before_call(f, c, 0), SIM_FLOW_UNKNOWN, "what is past its deadline ends there", c);
    if (it->policy.timeout != 0 || it->policy.deadline != 0)
        mark(f, p->asks == ASKS_IN_TURN ? before_call(f, c, 1) : out_of(f, c), SIM_FLOW_UNKNOWN,
             "what times out ends there", c);
    if (p->asks == ASKS_AT_ONCE)
        mark(f, out_of(f, c), SIM_FLOW_UNKNOWN, "the last of several answers is waited for", c);
}

/* Whether departures are Poisson if arrivals are, so that the product form holds. */
static bool is_reversible(const struct sim_queueing *q, const struct sim_flow_in *in)
{
    if (!q->independent || q->no_form || q->queue_limit != SIM_NO_LIMIT || in->turn > 1)
        return false;
    return q->discipline == SIM_SHARING || sim_flows_exponential(q, in);
}

/* Whether the work takes no time, so that requests pass at once. */
static bool is_passage(const struct sim_queueing *q)
{
    for (int op = 0; op < SIM_OP_COUNT; op++)
        if (!q->work[op] || q->work[op]->kind != SIM_DIST_CONSTANT || q->work[op]->scale > 0)
            return false;
    return q->independent && !q->no_form && q->queue_limit == SIM_NO_LIMIT;
}

static void mark_station(struct sim_flows *f, uint32_t c, double rate)
{
    const struct sim_queueing *q = &f->about[c];
    const struct sim_flow_in *in = &f->in[c];
    uint32_t after = before_call(f, c, 0);
    double work, scv;
    if (!f->plan->components[c].model->serve) {
        bool poisson = q->flow == SIM_FLOW_POISSON;
        if (!poisson)
            mark(f, after, q->flow == SIM_FLOW_SAME ? SIM_FLOW_UNKNOWN : q->flow,
                 q->why ? q->why : said_nothing(&f->plan->components[c]), c);
        return;
    }
    if (q->flow != SIM_FLOW_SAME)
        mark(f, after, q->flow == SIM_FLOW_OTHER ? SIM_FLOW_OTHER : SIM_FLOW_UNKNOWN,
             q->why ? q->why : said_nothing(&f->plan->components[c]), c);
    if (q->servers == 0 || (is_passage(q) && in->turn <= 1))
        return;
    bool known = sim_flows_work(q, in, &work, &scv);
    if (!is_reversible(q, in))
        mark(f, after, SIM_FLOW_UNKNOWN, "what leaves there is not Poisson", c);
    else if (!known || !(rate * work * 1e-9 < (double)q->servers))
        mark(f, after, SIM_FLOW_UNKNOWN, "more work comes than can be done", c);
    bool ranked = q->discipline == SIM_PRIORITY || q->discipline == SIM_PREEMPTIVE;
    if (ranked && f->graph->sources > 1)
        mark(f, out_of(f, c), SIM_FLOW_UNKNOWN, "who goes first depends on who asks", c);
}

/* NULL, or the reason why requests that are sent round-robin do not arrive round-robin. Nodes are
 * chosen when a request is sent. So a node gets every n-th arrival only if all requests take
 * equally long and none is lost. O(callers). */
static const char *way_spoils_turns(const struct sim_flows *f, uint32_t to)
{
    const struct part *p = &f->graph->parts[to];
    double late = -1; /* the delay of the first caller; -1: none yet */
    for (uint32_t i = 0; i < p->callers; i++) {
        uint32_t from = f->graph->callers[p->first_caller + i].from;
        const struct sim_plan_link *link = NULL, *other;
        uint32_t pair = 0;
        sim__declared_next(&f->graph->links, f->plan, from, to, &pair, &link);
        if (sim__declared_next(&f->graph->links, f->plan, from, to, &pair, &other))
            return "what is dealt in turn goes to and from several places";
        const struct sim_dist *latency = link ? &link->params.latency : NULL;
        if (link && link->params.loss > 0)
            return "a link loses some of what is dealt in turn";
        if (latency && latency->kind != SIM_DIST_NONE && latency->kind != SIM_DIST_CONSTANT)
            return "the latency of a link mixes up what is dealt in turn";
        double mean = latency && latency->kind != SIM_DIST_NONE ? sim_dist_mean(latency) : 0;
        if (late < 0)
            late = mean;
        if (mean < late || mean > late)
            return "callers whose requests are dealt in turn differ in latency";
    }
    return NULL;
}

static void mark_turns(struct sim_flows *f)
{
    for (uint32_t c = 0; c < f->plan->component_count; c++) {
        const struct part *p = &f->graph->parts[c];
        if (f->in[c].turn <= 1)
            continue;
        if (p->dealers + p->plain > 1)
            mark(f, in_of(f, c), SIM_FLOW_UNKNOWN, "several deal requests in turn", c);
        const char *why = way_spoils_turns(f, c);
        if (why)
            mark(f, in_of(f, c), SIM_FLOW_UNKNOWN, why, c);
    }
}

/* ---- copies that meet ------------------------------------------------------------------------ */

/* .seen: the fan-out that reached a node last; .by: the call of it that did. */
static void carry_copy(struct sim_flows *f, uint32_t from, uint32_t next)
{
    struct sim__flow_graph *g = f->graph;
    if (g->seen[next] != g->seen[from]) {
        g->seen[next] = g->seen[from];
        g->by[next] = g->by[from];
        g->queue[g->nodes++] = next;
    } else if (g->by[next] != g->by[from]) {
        mark(f, next, SIM_FLOW_UNKNOWN, "copies of a request meet", g->seen[next] - 1);
    }
}

/* Follows the copies that a component sends at the same time. O(nodes they reach). */
static uint64_t follow_copies(struct sim_flows *f, uint32_t c)
{
    struct sim__flow_graph *g = f->graph;
    const struct part *p = &g->parts[c];
    uint32_t count = g->nodes, done = 0;
    g->nodes = 0; /* counts the queue meanwhile */
    for (uint32_t i = 0; i < p->calls; i++) {
        uint32_t node = before_call(f, c, i);
        g->seen[node] = c + 1;
        g->by[node] = i;
        carry_copy(f, node, in_of(f, g->targets[p->first_call + i].component));
    }
    while (done < g->nodes)
        each_next(f, g->queue[done++], carry_copy);
    g->nodes = count;
    return done;
}

/* Deeply nested fan-outs would be followed again and again. After this many steps for each node,
 * the remaining ones are assumed not to be Poisson. */
#define STEPS_A_NODE 64

static void mark_copies(struct sim_flows *f)
{
    uint64_t steps = 0, most = STEPS_A_NODE * (uint64_t)f->graph->nodes;
    for (uint32_t c = 0; c < f->plan->component_count; c++) {
        if (f->graph->parts[c].asks != ASKS_AT_ONCE)
            continue;
        if (steps <= most)
            steps += follow_copies(f, c);
        else
            mark(f, before_call(f, c, 0), SIM_FLOW_UNKNOWN, "there are too many fan-outs", c);
    }
}

/* ---- rounds ---------------------------------------------------------------------------------- */

static void count_one(struct sim_flows *f, uint32_t from, uint32_t next)
{
    (void)from;
    f->graph->seen[next]++;
}

static void peel(struct sim_flows *f, uint32_t from, uint32_t next)
{
    (void)from;
    if (--f->graph->seen[next] == 0)
        f->graph->queue[f->graph->nodes++] = next;
}

/* Removes nodes that nothing leads to, again and again; cycles remain. */
static void find_rounds(struct sim_flows *f)
{
    struct sim__flow_graph *g = f->graph;
    uint32_t count = g->nodes, done = 0;
    memset(g->seen, 0, count * sizeof *g->seen);
    for (uint32_t i = 0; i < count; i++)
        each_next(f, i, count_one);
    g->nodes = 0; /* counts the queue meanwhile */
    for (uint32_t i = 0; i < count; i++)
        if (g->seen[i] == 0)
            g->queue[g->nodes++] = i;
    while (done < g->nodes)
        each_next(f, g->queue[done++], peel);
    g->nodes = count;
    for (uint32_t c = 0; c < f->plan->component_count; c++)
        f->in[c].again = g->seen[in_of(f, c)] > 0;
}

/* Marks one component of each cycle of calls. Depth-first search; .queue has the path from the
 * start and .by the calls followed. */
static void mark_cycles(struct sim_flows *f)
{
    struct sim__flow_graph *g = f->graph;
    enum { NEW, ON_THE_WAY, DONE };
    memset(g->seen, 0, g->nodes * sizeof *g->seen);
    memset(g->by, 0, g->nodes * sizeof *g->by);
    for (uint32_t start = 0; start < f->plan->component_count; start++) {
        uint32_t depth = 0;
        if (g->seen[start] != NEW)
            continue;
        g->queue[depth++] = start;
        g->seen[start] = ON_THE_WAY;
        while (depth > 0) {
            uint32_t c = g->queue[depth - 1];
            if (g->by[c] == g->parts[c].calls) {
                g->seen[c] = DONE;
                depth--;
                continue;
            }
            uint32_t to = g->targets[g->parts[c].first_call + g->by[c]++].component;
            if (g->seen[to] == ON_THE_WAY)
                mark(f, in_of(f, to), SIM_FLOW_UNKNOWN, "calls go round", to);
            if (g->seen[to] != NEW)
                continue;
            g->seen[to] = ON_THE_WAY;
            g->queue[depth++] = to;
        }
    }
}

/* ---- all of it ------------------------------------------------------------------------------- */

static int set_up(struct sim_flows *f)
{
    struct sim__flow_graph *g = f->graph;
    uint32_t count = f->plan->component_count, calls = 0;
    f->about = calloc(count + 1u, sizeof *f->about);
    f->in = calloc(count + 1u, sizeof *f->in);
    g->parts = calloc(count + 1u, sizeof *g->parts);
    if (!f->about || !f->in || !g->parts || sim__declared_make(&g->links, f->plan) != 0)
        return -1;
    number(f, &calls);
    g->targets = calloc(calls + 1u, sizeof *g->targets);
    g->callers = calloc(calls + 1u, sizeof *g->callers);
    g->marks = calloc(g->nodes + 1u, sizeof *g->marks);
    g->owner = calloc(g->nodes + 1u, sizeof *g->owner);
    g->queue = calloc(2 * (size_t)g->nodes + 1u, sizeof *g->queue);
    g->seen = calloc(g->nodes + 1u, sizeof *g->seen);
    g->by = calloc(g->nodes + 1u, sizeof *g->by);
    if (!g->targets || !g->callers || !g->marks || !g->owner || !g->queue || !g->seen || !g->by)
        return -1;
    join(f);
    return follow_requests(f);
}

struct sim_flows *sim_flows_new(const struct sim_plan *plan, const double *rates)
{
    struct sim_flows *f = calloc(1, sizeof *f);
    if (f)
        f->graph = calloc(1, sizeof *f->graph);
    if (f)
        f->plan = plan;
    if (!f || !f->graph || set_up(f) != 0) {
        sim_flows_free(f);
        return NULL;
    }
    for (uint32_t c = 0; c < plan->component_count; c++)
        mark_calls(f, c);
    for (uint32_t c = 0; c < plan->component_count; c++)
        mark_station(f, c, rates ? rates[c] : 0);
    mark_turns(f);
    mark_copies(f);
    mark_cycles(f);
    find_rounds(f);
    spread_marks(f, SIM_FLOW_OTHER);
    spread_marks(f, SIM_FLOW_UNKNOWN);
    for (uint32_t c = 0; c < plan->component_count; c++) {
        const struct mark *m = &f->graph->marks[in_of(f, c)];
        f->in[c].flow = m->flow;
        f->in[c].why = m->why;
        f->in[c].who = m->who;
    }
    return f;
}

void sim_flows_free(struct sim_flows *f)
{
    if (!f)
        return;
    struct sim__flow_graph *g = f->graph;
    if (g) {
        free(g->parts);
        free(g->targets);
        free(g->callers);
        free(g->marks);
        free(g->owner);
        free(g->queue);
        free(g->seen);
        free(g->by);
        sim__declared_free(&g->links);
    }
    free(g);
    free(f->about);
    free(f->in);
    free(f);
}

/* ---- the largest before ---------------------------------------------------------------------- */

struct ranked {
    double value;
    uint32_t component;
};

static int larger_first(const void *x, const void *y)
{
    const struct ranked *a = x, *b = y;
    if (a->value < b->value || a->value > b->value)
        return a->value < b->value ? 1 : -1;
    return (a->component > b->component) - (a->component < b->component);
}

static void reach(struct sim_flows *f, uint32_t from, uint32_t next)
{
    struct sim__flow_graph *g = f->graph;
    if (g->seen[next] != 0)
        return;
    g->seen[next] = g->seen[from];
    g->queue[g->nodes++] = next;
}

int sim_flows_largest_before(const struct sim_flows *flows, const double *values, double *largest)
{
    struct sim_flows here = *flows, *f = &here;
    struct sim__flow_graph *g = f->graph;
    uint32_t components = f->plan->component_count, count = g->nodes, done = 0;
    struct ranked *order = calloc(components + 1u, sizeof *order);
    if (!order)
        return -1;
    for (uint32_t c = 0; c < components; c++)
        order[c] = (struct ranked){values[c], c};
    qsort(order, components, sizeof *order, larger_first);
    memset(g->seen, 0, count * sizeof *g->seen);
    g->nodes = 0; /* counts the queue meanwhile */
    for (uint32_t i = 0; i < components; i++) {
        uint32_t node = in_of(f, order[i].component);
        if (g->seen[node] != 0)
            continue;
        g->seen[node] = i + 1;
        g->queue[g->nodes++] = node;
        while (done < g->nodes)
            each_next(f, g->queue[done++], reach);
    }
    g->nodes = count;
    for (uint32_t c = 0; c < components; c++)
        largest[c] = order[g->seen[in_of(f, c)] - 1].value;
    free(order);
    return 0;
}
