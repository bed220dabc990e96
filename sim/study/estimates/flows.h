/* flows.h - how requests come to each component of a plan, followed along every way from those who
 * start them.
 *
 * Nothing is taken for granted: arrivals are Poisson only where every step on the way is of a kind
 * that is known to keep them so. What is not known, a new model or a new rule of callers, ends in a
 * reason why they may not be. */
#ifndef SIM_STUDY_FLOWS_H
#define SIM_STUDY_FLOWS_H

#include "sim/queueing.h"
#include "sim/world.h"

/* How requests come to the nodes of a component. */
struct sim_flow_in {
    /* POISSON: shown; UNKNOWN: they need not be, .why; OTHER: they are not, .why */
    enum sim_flow flow;
    const char *why, *who;    /* a clause, and the component it is about; NULL when shown */
    double mix[SIM_OP_COUNT]; /* shares of the kinds, of all who start them alike; */
    bool mixed;               /* else they differ */
    uint32_t turn;            /* > 1: each node gets every turn-th of such arrivals */
    bool again;               /* requests may come back on their way (a Jackson network): means of
                                 stations that have a product form hold, arrivals are not Poisson */
    double delay;             /* the longest mean time in ns, of links and of itself, by which what
                                 comes and goes is late */
};

struct sim_flows {
    const struct sim_plan *plan;
    struct sim_queueing *about; /* by component: what its model says; .flow UNKNOWN: nothing */
    struct sim_flow_in *in;     /* by component */
    /* the graph; owned */
    struct sim__flow_graph *graph;
};

/* `rates`: of arrivals at each node of each component, per second, as they were observed; NULL:
 * every station can do its work. The caller frees with sim_flows_free(). NULL: out of memory.
 * O(components + calls + links log links). */
struct sim_flows *sim_flows_new(const struct sim_plan *, const double *rates);
void sim_flows_free(struct sim_flows *);

/* Of each component the largest of `values` (by component, not NAN) of itself and of all that come
 * before it. 0, or -1 when out of memory. O(components log components + calls). */
int sim_flows_largest_before(const struct sim_flows *, const double *values, double *largest);

/* The moments of the work of a station for the requests that come: its mean in ns, and its variance
 * over the mean's square. False when it has none or they are infinite. */
bool sim_flows_work(const struct sim_queueing *, const struct sim_flow_in *, double *mean,
                    double *scv);
/* Whether that work is exponential, of one mean for all kinds of request that come. */
bool sim_flows_exponential(const struct sim_queueing *, const struct sim_flow_in *);

/* NULL, or why calls under this policy do not follow the requests they are made for, a clause. */
const char *sim__flows_policy_spoils(const struct sim_policy *);
/* What the model of a component says of it; it must have something to say. */
struct sim_queueing sim__flows_about(const struct sim_plan_component *);

#endif
