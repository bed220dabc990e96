/* flows_work.c - the work of a station for the requests that arrive there. */
#include "study/estimates/flows.h"

#include "sim/policy.h"

#include <math.h>
#include <string.h>

bool sim_flows_work(const struct sim_queueing *q, const struct sim_flow_in *in, double *mean,
                    double *scv)
{
    double first = 0, second = 0, shares = 0;
    for (int op = 0; op < SIM_OP_COUNT; op++) {
        if (!q->work[op] || q->work[op]->kind == SIM_DIST_NONE || in->mix[op] <= 0)
            continue;
        double m = sim_dist_mean(q->work[op]);
        first += in->mix[op] * m;
        second += in->mix[op] * (sim_dist_variance(q->work[op]) + m * m);
        shares += in->mix[op];
    }
    *mean = first / shares;
    *scv = second / shares / (*mean * *mean) - 1;
    return shares > 0 && *mean > 0 && isfinite(*scv);
}

bool sim_flows_exponential(const struct sim_queueing *q, const struct sim_flow_in *in)
{
    double scale = NAN;
    for (int op = 0; op < SIM_OP_COUNT; op++) {
        if (!q->work[op] || (in->mix[op] <= 0 && !in->mixed))
            continue;
        if (q->work[op]->kind != SIM_DIST_EXPONENTIAL ||
            (!isnan(scale) && (q->work[op]->scale < scale || q->work[op]->scale > scale)))
            return false;
        scale = q->work[op]->scale;
    }
    return !isnan(scale);
}

const char *sim__flows_policy_spoils(const struct sim_policy *p)
{
    static const char *const known[] = {"timeout", "deadline", "pass_timeout", "retry",
                                        "hedge",   "breaker",  "concurrency",  "rate_limit"};
    for (const struct sim_param *row = sim_policy_params; row->name; row++) {
        size_t i = 0;
        while (i < sizeof known / sizeof *known && strcmp(known[i], row->name) != 0)
            i++;
        if (i == sizeof known / sizeof *known)
            return "callers have a rule that theory knows nothing of";
    }
    if (p->retry.attempts > 1)
        return "callers try again";
    if (p->hedge.extra > 0 || p->breaker.open > 0 || p->concurrency.limit > 0 ||
        p->rate_limit.rate > 0)
        return "callers hedge or hold back";
    return NULL;
}

/* Whether all that a component chooses among have the same weight. */
static bool evenly(const struct sim_plan_component *c)
{
    const struct sim_plan_port *port = &c->ports[0];
    for (uint32_t i = 1; i < port->count; i++)
        if (port->targets[i].share < port->targets[0].share ||
            port->targets[i].share > port->targets[0].share)
            return false;
    return true;
}

struct sim_queueing sim__flows_about(const struct sim_plan_component *c)
{
    struct sim_queueing q = {0};
    c->model->queueing(c->image, &q);
    /* by weight a node does not get every n-th request */
    if (q.chooses == SIM_CHOOSES_IN_TURN && !evenly(c))
        q.chooses = SIM_CHOOSES_OTHERWISE;
    return q;
}
