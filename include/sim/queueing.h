/* queueing.h - what queueing theory needs to know of a component, said by its model from the
 * parameters alone; so that each station's closed form can stand beside what was observed. */
#ifndef SIM_QUEUEING_H
#define SIM_QUEUEING_H

#include "sim/fabric.h"
#include "sim/random.h"
#include "sim/station.h"

/* How requests come, or go on from a component to those it asks. */
enum sim_flow {
    SIM_FLOW_OTHER,   /* neither of these; .why says what it is */
    SIM_FLOW_POISSON, /* independent of one another, at a constant rate */
    SIM_FLOW_SAME, /* as they came, at once or after .delay and a station, and each answer as soon
                         as all that was asked has answered; only of what is passed on */
    SIM_FLOW_UNKNOWN, /* some of them, chosen by what is done here: .why; Poisson is a guess */
};

/* How a component that chooses nodes itself (sim_call_node) does it. */
enum sim_chooses {
    SIM_CHOOSES_NOTHING,
    SIM_CHOOSES_AT_RANDOM,
    SIM_CHOOSES_IN_TURN,
    SIM_CHOOSES_ALL,
    SIM_CHOOSES_OTHERWISE
};

struct sim_queueing {
    /* what starts here of itself, or is passed on */
    enum sim_flow flow;
    const char *why;          /* a clause, such as "the load is closed" */
    double mix[SIM_OP_COUNT]; /* shares of what starts here; all 0: it starts nothing */
    enum sim_chooses chooses;
    bool at_once;                 /* asks all it depends on at once, not one after another */
    const struct sim_dist *delay; /* NULL, or how long each request is kept, besides in the station,
                                     however many there are */
    /* its station; .servers 0: it has none */
    int64_t servers, queue_limit;
    int discipline;                            /* enum sim_discipline */
    const struct sim_station_rules *rules;     /* NULL: none */
    const struct sim_dist *work[SIM_OP_COUNT]; /* by kind of request */
    /* each request works once, for a draw of its own that depends on nothing but its kind, and then
       leaves its server; unless a model says so, no closed form is claimed */
    bool independent;
    /* why no closed form is known, a clause; NULL: nothing stands against it */
    const char *no_form;
    const char *no_form_asking;   /* the same of a component that asks others, */
    const char *no_form_unwanted; /* and of requests that callers may stop waiting for */
};

/* The first of these clauses that is true of a component; NULL: a form may be known. Who does not
 * know how it is called takes both to be so. */
static inline const char *sim_queueing_no_form(const struct sim_queueing *q, bool asks,
                                               bool unwanted)
{
    if (q->no_form)
        return q->no_form;
    return asks && q->no_form_asking ? q->no_form_asking : unwanted ? q->no_form_unwanted : NULL;
}

/* Fills in .rules, and what they mean for .discipline, .no_form and .no_form_unwanted. */
void sim_queueing_rules(struct sim_queueing *, const struct sim_station_rules *);
/* Fills in .servers, and .no_form when there are none. */
void sim_queueing_servers(struct sim_queueing *, int64_t servers);

#endif
