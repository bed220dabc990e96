/* theory.c - which closed form applies to a station, from what the models say of themselves
 * (sim/queueing.h), and what it predicts at the rate that was observed.
 *
 * How requests come is followed up to those who start them: Poisson arrivals stay so where they are
 * split at random, and behind stations that have a product form (Burke 1956; Jackson 1957; Baskett,
 * Chandy, Muntz and Palacios 1975). Everything else is said in words. */
#include "study/theory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MOST = 32 };

/* How requests come to a component. */
struct arrivals {
    enum sim_flow flow;       /* POISSON, UNKNOWN, OTHER */
    char why[128];            /* not POISSON: a clause */
    double mix[SIM_OP_COUNT]; /* shares of the kinds, of all who start them alike; */
    bool mixed;               /* else they differ */
    uint32_t turn;            /* > 1: every turn-th of Poisson arrivals at each node */
};

static struct sim_queueing about(const struct sim_plan *plan, uint32_t component)
{
    const struct sim_plan_component *c = &plan->components[component];
    struct sim_queueing q = {.flow = SIM_FLOW_UNKNOWN,
                             .why = "what comes through is chosen on the way"};
    if (c->model->queueing) {
        q = (struct sim_queueing){0};
        c->model->queueing(c->image, &q);
    }
    return q;
}

static void spoil(struct arrivals *a, enum sim_flow flow, const char *why, const char *who)
{
    if (a->flow == SIM_FLOW_OTHER || a->flow == flow)
        return;
    a->flow = flow;
    snprintf(a->why, sizeof a->why, "%s (%s)", why, who);
}

/* The moments of the work of a station for a mix of requests; false when it has none or they are
 * infinite. */
static bool moments(const struct sim_queueing *q, const struct arrivals *a, double *mean,
                    double *scv)
{
    double first = 0, second = 0, shares = 0;
    for (int op = 0; op < SIM_OP_COUNT; op++) {
        if (!q->work[op] || a->mix[op] <= 0)
            continue;
        double m = sim_dist_mean(q->work[op]);
        first += a->mix[op] * m;
        second += a->mix[op] * (sim_dist_variance(q->work[op]) + m * m);
        shares += a->mix[op];
    }
    *mean = first / shares;
    *scv = second / shares / (*mean * *mean) - 1;
    return shares > 0 && *mean > 0 && isfinite(*scv);
}

static bool is_exponential(const struct sim_queueing *q, const struct arrivals *a)
{
    double scale = NAN;
    for (int op = 0; op < SIM_OP_COUNT; op++) {
        if (!q->work[op] || a->mix[op] <= 0)
            continue;
        if (q->work[op]->kind != SIM_DIST_EXPONENTIAL ||
            (!isnan(scale) && (q->work[op]->scale < scale || q->work[op]->scale > scale)))
            return false;
        scale = q->work[op]->scale;
    }
    return !isnan(scale);
}

/* Whether Poisson arrivals leave a station as such. */
static bool keeps_poisson(const struct sim_queueing *q, const struct arrivals *a)
{
    if (q->servers == 0)
        return true;
    if (q->no_form || q->queue_limit != SIM_NO_LIMIT)
        return false;
    return q->discipline == SIM_SHARING || is_exponential(q, a);
}

static void follow(const struct sim_plan *, uint32_t component, int depth, struct arrivals *);

static void merge_mix(struct arrivals *into, const double *mix)
{
    double had = 0, comes = 0;
    bool differs = false;
    for (int op = 0; op < SIM_OP_COUNT; op++) {
        had += into->mix[op];
        comes += mix[op];
        differs |= fabs(into->mix[op] - mix[op]) > 1e-12;
    }
    if (comes <= 0)
        return;
    into->mixed |= had > 0 && differs;
    if (had <= 0)
        memcpy(into->mix, mix, sizeof into->mix);
}

static void choose_node(const struct sim_plan_component *to, const struct sim_queueing *from,
                        const char *who, struct arrivals *a)
{
    bool in_turn = to->spread == SIM_SPREAD_ROUND_ROBIN;
    if (from->chooses == SIM_CHOOSES_OTHERWISE)
        spoil(a, SIM_FLOW_OTHER, "nodes are chosen by what is out there, or by key", who);
    if (from->chooses != SIM_CHOOSES_NOTHING)
        in_turn = from->chooses == SIM_CHOOSES_IN_TURN;
    else if (to->spread == SIM_SPREAD_KEY)
        spoil(a, SIM_FLOW_OTHER, "nodes are chosen by key", who);
    if (in_turn)
        a->turn = to->nodes;
}

/* What a caller sends to target `index` of its port. */
static void follow_caller(const struct sim_plan *plan, uint32_t caller,
                          const struct sim_plan_port *port, uint32_t index, int depth,
                          struct arrivals *a)
{
    const struct sim_plan_component *c = &plan->components[caller];
    const struct sim_plan_component *to = &plan->components[port->targets[index].component];
    struct sim_queueing q = about(plan, caller);
    const struct sim_policy *p = &c->policy;
    if (p->retry.attempts > 1)
        spoil(a, SIM_FLOW_OTHER, "callers try again", c->name);
    if (p->hedge.extra > 0 || p->breaker.open > 0 || p->concurrency.limit > 0 ||
        p->rate_limit.rate > 0)
        spoil(a, SIM_FLOW_OTHER, "callers hedge or hold back", c->name);
    if (q.flow == SIM_FLOW_OTHER || q.flow == SIM_FLOW_UNKNOWN)
        spoil(a, q.flow, q.why, c->name);
    merge_mix(a, q.mix);
    struct arrivals up = {.flow = SIM_FLOW_POISSON};
    if (c->model->serve) {
        follow(plan, caller, depth + 1, &up);
        merge_mix(a, up.mix);
        a->mixed |= up.mixed;
        if (up.flow != SIM_FLOW_POISSON && a->flow == SIM_FLOW_POISSON) {
            a->flow = up.flow;
            memcpy(a->why, up.why, sizeof a->why);
        }
        if (!keeps_poisson(&q, &up) || up.turn > 1)
            spoil(a, SIM_FLOW_UNKNOWN, "what leaves there is not Poisson", c->name);
    }
    for (uint32_t i = 0; i < index && !q.at_once && q.servers > 0; i++) {
        struct sim_queueing before = about(plan, port->targets[i].component);
        if (!keeps_poisson(&before, a))
            spoil(a, SIM_FLOW_UNKNOWN, "what leaves there is not Poisson",
                  plan->components[port->targets[i].component].name);
    }
    if (to->nodes > 1)
        choose_node(to, &q, c->name, a);
}

static void follow(const struct sim_plan *plan, uint32_t component, int depth, struct arrivals *a)
{
    uint32_t callers = 0;
    for (uint32_t i = 0; i < plan->component_count && depth < DEPTH_MOST; i++) {
        const struct sim_plan_component *c = &plan->components[i];
        for (uint32_t k = 0; c->model->ports && c->model->ports[k].name; k++) {
            for (uint32_t t = 0; t < c->ports[k].count; t++) {
                if (c->ports[k].targets[t].component != component)
                    continue;
                follow_caller(plan, i, &c->ports[k], t, depth, a);
                callers += a->turn > 1 ? 2 : 1;
            }
        }
    }
    if (depth >= DEPTH_MOST)
        spoil(a, SIM_FLOW_UNKNOWN, "calls go round", plan->components[component].name);
    if (a->turn > 1 && callers > 2)
        spoil(a, SIM_FLOW_UNKNOWN, "several deal requests in turn",
              plan->components[component].name);
}

/* ---- the form -------------------------------------------------------------------------------- */

static void none(struct sim_theory *t, const char *why)
{
    t->standing = SIM_THEORY_NONE;
    snprintf(t->form, sizeof t->form, "%s", "none");
    snprintf(t->why, sizeof t->why, "%s", why);
}

static void state(struct sim_theory *t, const char *name, struct sim_form form)
{
    t->standing = SIM_THEORY_EXACT;
    snprintf(t->form, sizeof t->form, "%s", name);
    t->utilisation.predicted = form.utilisation;
    t->wait.predicted = form.wait;
    t->time.predicted = form.time;
    t->blocked.predicted = form.blocked;
}

static void state_rough(struct sim_theory *t, const char *name, struct sim_form form,
                        const char *why)
{
    state(t, name, form);
    t->standing = SIM_THEORY_ROUGH;
    snprintf(t->why, sizeof t->why, "%s", why);
}

struct station {
    const struct sim_queueing *q;
    double rate, work, scv;
    bool exponential;
};

static void with_a_limit(const struct station *s, struct sim_theory *t)
{
    char name[96];
    int64_t limit = s->q->queue_limit;
    bool any = limit == 0 || s->q->discipline == SIM_SHARING;
    if (!any && !s->exponential) {
        none(t, "no form for a limited queue unless work is exponential");
        return;
    }
    if (limit > 10000000) {
        none(t, "the queue's limit is too long to sum over");
        return;
    }
    long long servers = s->q->servers;
    snprintf(name, sizeof name, "M/%s/%lld/%lld%s", s->exponential ? "M" : "G", servers,
             servers + (long long)limit, limit == 0 ? " (Erlang B)" : "");
    state(t, name, sim_form_mmck(s->rate, s->work, s->q->servers, limit));
}

static void without_a_limit(const struct station *s, struct sim_theory *t)
{
    char name[96];
    long long servers = s->q->servers;
    bool shares = s->q->discipline == SIM_SHARING;
    struct sim_form mmc = sim_form_mmc(s->rate, s->work, servers);
    if (!(s->rate * s->work < (double)servers)) {
        none(t, "more work comes than the servers can do");
        return;
    }
    snprintf(name, sizeof name, "M/%s/%lld%s",
             shares           ? "G"
             : s->exponential ? "M"
             : s->scv < 1e-9  ? "D"
                              : "G",
             servers, shares ? ", processor sharing" : "");
    if (s->exponential || shares)
        state(t, name, mmc);
    else if (s->q->discipline == SIM_PREEMPTIVE)
        none(t, "classes interrupt one another, and work is not exponential");
    else if (servers == 1)
        state(t, name, sim_form_mg1(s->rate, s->work, s->scv));
    else
        state_rough(t, name, sim_form_ggc(s->rate, 1, s->work, s->scv, servers),
                    "by Allen and Cunneen");
}

/* Requests dealt in turn: every n-th of Poisson arrivals. */
static void dealt_in_turn(const struct station *s, uint32_t nodes, struct sim_theory *t)
{
    char name[96];
    bool limited = s->q->queue_limit != SIM_NO_LIMIT;
    if (limited || !(s->rate * s->work < (double)s->q->servers)) {
        none(t, limited ? "no form for a limited queue whose requests are dealt in turn"
                        : "more work comes than the servers can do");
        return;
    }
    snprintf(name, sizeof name, "E%u/%s/%lld", nodes, s->exponential ? "M" : "G",
             (long long)s->q->servers);
    if (s->exponential && s->q->servers == 1)
        state(t, name, sim_form_ekm1(s->rate, nodes, s->work));
    else
        state_rough(t, name, sim_form_ggc(s->rate, 1.0 / nodes, s->work, s->scv, s->q->servers),
                    "by Allen and Cunneen");
}

void sim_theory_predict(const struct sim_plan *plan, uint32_t component, double rate,
                        struct sim_theory *t)
{
    struct sim_queueing q = about(plan, component);
    struct arrivals a = {.flow = SIM_FLOW_POISSON};
    struct station s = {.q = &q, .rate = rate};
    t->component = plan->components[component].name;
    t->rate = rate;
    t->utilisation.predicted = t->wait.predicted = t->time.predicted = t->blocked.predicted = NAN;
    follow(plan, component, 0, &a);
    bool known = moments(&q, &a, &s.work, &s.scv);
    s.work *= 1e-9;
    s.exponential = is_exponential(&q, &a);
    if (plan->fault_count > 0)
        none(t, "there are faults on the timeline");
    else if (q.no_form)
        none(t, q.no_form);
    else if (a.flow == SIM_FLOW_OTHER)
        none(t, a.why);
    else if (!known || (a.mixed && q.work[SIM_READ] != q.work[SIM_WRITE]))
        none(t, a.mixed ? "callers differ in what they ask"
                        : "its work takes no time, or has no finite variance");
    else if (!(rate > 0))
        none(t, "nothing arrived");
    else if (a.turn > 1)
        dealt_in_turn(&s, a.turn, t);
    else if (q.queue_limit != SIM_NO_LIMIT)
        with_a_limit(&s, t);
    else
        without_a_limit(&s, t);
    if (t->standing != SIM_THEORY_NONE && a.flow == SIM_FLOW_UNKNOWN) {
        t->standing = SIM_THEORY_ROUGH;
        snprintf(t->why, sizeof t->why, "if arrivals were Poisson: %.120s", a.why);
    }
}

/* ---- beside what was observed ---------------------------------------------------------------- */

static double seen(const struct sim_record *record, const char *component, const char *meter)
{
    char that[256];
    snprintf(that, sizeof that, "%s.%s", component, meter);
    uint32_t at = sim_aggregate_metric(record, that);
    return at == UINT32_MAX ? (double)NAN : record->metrics[at].value;
}

struct sample {
    double *rate, *utilisation, *wait, *time, *blocked; /* by replication */
};

static void observe(const struct sim_record *record, const char *name, uint32_t nodes,
                    const struct sample *s, uint32_t r)
{
    double rate = seen(record, name, "rate.mean"), refused = seen(record, name, "refused.mean");
    double there = seen(record, name, "busy.mean") + seen(record, name, "queue.mean");
    s->rate[r] = rate / nodes;
    s->utilisation[r] = seen(record, name, "utilisation.mean");
    s->wait[r] = seen(record, name, "wait.mean");
    s->time[r] = there / (rate - refused);
    s->blocked[r] = refused / rate;
}

static void hold(struct sim_theory *t, struct sim_theory_number *n, const double *values,
                 uint32_t count)
{
    n->observed = sim_estimate_mean(values, count, SIM_THEORY_LEVEL);
    n->gap = n->predicted > 0 ? n->observed.mean / n->predicted - 1 : (double)NAN;
    if (isnan(n->predicted) || isnan(n->observed.low) || t->standing != SIM_THEORY_EXACT)
        return;
    double slack = 1e-9 * (1 + fabs(n->predicted)); /* clocks count whole ns */
    t->judged = true;
    t->agrees &= n->observed.low <= n->predicted + slack &&
                 n->predicted - slack <= n->observed.high;
}

static int compare_station(const struct sim_runs *runs, uint32_t at, uint32_t component,
                           struct sim_theory *t)
{
    const struct sim_plan *plan = &runs->cases[at].plan;
    const struct sim_plan_component *c = &plan->components[component];
    uint32_t count = 0, most = runs->replications + 1;
    double *values = calloc(5 * (size_t)most, sizeof *values);
    if (!values)
        return -1;
    struct sample s = {values, values + most, values + 2 * (size_t)most, values + 3 * (size_t)most,
                       values + 4 * (size_t)most};
    for (uint32_t r = 0; r < runs->replications; r++) {
        const struct sim_record *record = sim_runs_record(runs, at, r);
        if (record)
            observe(record, c->name, c->nodes, &s, count++);
    }
    *t = (struct sim_theory){.agrees = true};
    struct sim_estimate rate = sim_estimate_mean(s.rate, count, SIM_THEORY_LEVEL);
    sim_theory_predict(plan, component, rate.n > 0 ? rate.mean : 0, t);
    struct sim_queueing q = about(plan, component);
    if (q.discipline == SIM_SHARING || q.discipline == SIM_PREEMPTIVE)
        t->wait.predicted = NAN; /* the wait until work begins is not all the wait */
    hold(t, &t->utilisation, s.utilisation, count);
    hold(t, &t->wait, s.wait, count);
    hold(t, &t->time, s.time, count);
    if (q.queue_limit != SIM_NO_LIMIT)
        hold(t, &t->blocked, s.blocked, count);
    t->agrees &= t->judged;
    free(values);
    return 0;
}

int sim_theory_compare(const struct sim_runs *runs, uint32_t at, struct sim_theory **out,
                       uint32_t *count)
{
    const struct sim_plan *plan = &runs->cases[at].plan;
    *count = 0;
    *out = calloc(plan->component_count + 1u, sizeof **out);
    if (!*out)
        return -1;
    for (uint32_t i = 0; i < plan->component_count; i++) {
        if (about(plan, i).servers == 0)
            continue;
        if (compare_station(runs, at, i, &(*out)[*count]) != 0) {
            free(*out);
            *out = NULL;
            return -1;
        }
        ++*count;
    }
    return 0;
}
