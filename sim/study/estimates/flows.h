/* flows.h - how requests arrive at each component of a plan, derived along every path from the
 * components that start them. Arrivals count as Poisson only if every step on the way is known to
 * keep them Poisson. An unknown step, such as a new model or a new rule of callers, gives a reason
 * why they may not be. */
#ifndef SIM_STUDY_FLOWS_H
#define SIM_STUDY_FLOWS_H

#include "sim/queueing.h"
#include "sim/world.h"

/* How requests arrive at the nodes of a component. */
struct sim_flow_in {
    /* POISSON: proved; UNKNOWN: perhaps not, see .why; OTHER: not Poisson, see .why */
    enum sim_flow flow;
    const char *why, *who;    /* a clause, and the component it is about; NULL for POISSON */
    double mix[SIM_OP_COUNT]; /* shares of the kinds of request, if all sources have the same; */
    bool mixed;               /* true: the sources differ */
    uint32_t turn;            /* > 1: each node gets every turn-th of these arrivals */
    /* requests may come back to the component (a Jackson network): the means of stations with a
     * product form are right, but arrivals are not Poisson */
    bool again;
    double delay; /* the longest mean delay of links and of the component itself, in ns */
};

struct sim_flows {
    const struct sim_plan *plan;
    struct sim_queueing *about; /* by component: what its model declares; .flow UNKNOWN: nothing */
    struct sim_flow_in *in;     /* by component */
    /* the graph; owned */
    struct sim__flow_graph *graph;
};

/* `rates`: the observed arrival rates at each node of each component, per second. If `rates` is
 * NULL, no station counts as overloaded. Returns NULL if memory runs out; the caller frees with
 * sim_flows_free(). O(components + calls + links log links). */
struct sim_flows *sim_flows_new(const struct sim_plan *, const double *rates);
void sim_flows_free(struct sim_flows *);

/* Replaces each component's value (not NAN) by the largest of its own and those of all components
 * before it. 0, or -1 when out of memory. O(components log components + calls). */
int sim_flows_largest_before(const struct sim_flows *, const double *values, double *largest);

/* The moments of a station's work for the requests that arrive: the mean in ns, and the squared
 * coefficient of variation. False if there is no work or a moment is infinite. */
bool sim_flows_work(const struct sim_queueing *, const struct sim_flow_in *, double *mean,
                    double *scv);
/* Whether that work is exponential with the same mean for all kinds of request that arrive. */
bool sim_flows_exponential(const struct sim_queueing *, const struct sim_flow_in *);

/* NULL, or a clause that says why calls under this policy do not simply follow the requests that
 * cause them. */
const char *sim__flows_policy_spoils(const struct sim_policy *);
/* What the model of a component says of it; it must have something to say. */
struct sim_queueing sim__flows_about(const struct sim_plan_component *);

#endif
