/* queueing.h - what queueing theory needs to know of a component. Its model says it, from the
 * parameters alone, so that each station can be compared with its closed form. */
#ifndef SIM_QUEUEING_H
#define SIM_QUEUEING_H

#include "sim/fabric.h"
#include "sim/random.h"
#include "sim/station.h"

/* How requests arrive, or go from a component to those it calls. */
enum sim_flow {
    SIM_FLOW_OTHER,   /* neither of the next two; .why says what it is */
    SIM_FLOW_POISSON, /* independent of one another, at a constant rate */
    SIM_FLOW_SAME, /* requests leave in the same stream as they arrived, perhaps after .delay and a
                      station; a request is answered as soon as all its calls are. Not for requests
                      that start here */
    SIM_FLOW_UNKNOWN, /* a part of the requests, chosen by the state of the component (.why says
                         how); theory treats it as Poisson, which is a guess */
};

/* How a component chooses nodes, if it does so itself (sim_call_node). */
enum sim_chooses {
    SIM_CHOOSES_NOTHING,
    SIM_CHOOSES_AT_RANDOM,
    SIM_CHOOSES_IN_TURN,
    SIM_CHOOSES_ALL,
    SIM_CHOOSES_OTHERWISE
};

struct sim_queueing {
    /* of the requests that start here, or are passed on */
    enum sim_flow flow;
    const char *why;          /* a clause, such as "the load is closed" */
    double mix[SIM_OP_COUNT]; /* shares of the requests that start here; all 0: none do */
    enum sim_chooses chooses;
    bool at_once;                 /* calls all that it depends on at once, not one after another */
    const struct sim_dist *delay; /* NULL, or a delay of each request in addition to the station's,
                                     independent of the load */
    /* its station; .servers 0: none */
    int64_t servers, queue_limit;
    int discipline;                            /* enum sim_discipline */
    const struct sim_station_rules *rules;     /* NULL: none */
    const struct sim_dist *work[SIM_OP_COUNT]; /* by kind of request */
    /* each request is served once, for an independent random time that depends only on its kind,
       and then leaves its server; unless this is set, no closed form is claimed */
    bool independent;
    /* a clause that says why no closed form is known; NULL: one may be */
    const char *no_form;
    const char *no_form_asking;   /* the same, true only if the component calls others */
    const char *no_form_unwanted; /* the same, true only if callers may stop waiting */
};

/* The first of these clauses that holds for a component; NULL: a closed form may be known. `asks`:
 * it calls others. `unwanted`: its callers may stop waiting. Pass true if you do not know. */
static inline const char *sim_queueing_no_form(const struct sim_queueing *q, bool asks,
                                               bool unwanted)
{
    if (q->no_form)
        return q->no_form;
    return asks && q->no_form_asking ? q->no_form_asking : unwanted ? q->no_form_unwanted : NULL;
}

/* Sets .rules, and .discipline, .no_form and .no_form_unwanted from them. */
void sim_queueing_rules(struct sim_queueing *, const struct sim_station_rules *);
/* Sets .servers, and .no_form when there are none. */
void sim_queueing_servers(struct sim_queueing *, int64_t servers);

#endif
