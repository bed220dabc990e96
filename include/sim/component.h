/* component.h - what a component is: the table of functions and parameters that makes a model. */
#ifndef SIM_COMPONENT_H
#define SIM_COMPONENT_H

#include "sim/fabric.h"
#include "sim/param.h"

struct sim_queueing;
struct sim_usage;

/* How much there is of what a component is about, from the plan. */
struct sim_extent {
    sim_time duration;       /* of the run */
    uint32_t nodes;          /* of the component */
    uint64_t behind;         /* nodes of those it calls */
    uint64_t keys, subjects; /* of the greatest keyspaces whose requests can come to it; 0: none */
};

/* What a run of a component takes. */
struct sim_foreseen {
    double
        passes; /* reads per second that are passed on at most, however many come; INFINITY: all */
    double ticks; /* times per second that something happens at a node of itself, besides requests
                      and the pauses of a station: changes of a rate */
    /* what grows with a parameter: so many of something, each so many bytes */
    const char *what; /* "users", "keys" */
    double count, each;
    bool as_used; /* memory is taken as they are used, not at the start */
};

/* A key that a model's `holds` hook finds by walking what it keeps. */
typedef void sim_copy_visit(void *self, const struct sim_keyspace *, uint64_t key);

enum sim_fault_kind {
    SIM_FAULT_CRASH,   /* the node is down: forget what memory held, cancel timers; the fabric
                          has already failed the calls in hand */
    SIM_FAULT_RESTART, /* it is up again, cold */
    SIM_FAULT_FLUSH,   /* drop cached contents */
};

/* What faults mean to a model, beside a crash, which any may suffer, and errors, which all that are
 * called may. A scenario that asks for more is refused. */
enum {
    SIM_SUFFERS_SLOW = 1,  /* it has work that takes longer: a station's, or .slow is heeded */
    SIM_SUFFERS_FLUSH = 2, /* its `fault` drops cached contents */
};

struct sim_model {
    const char *name;    /* as in a scenario's "model" */
    const char *summary; /* one sentence */
    const char *source;  /* author, year, section; or what it is validated against */
    const char
        *leaves_out;  /* what it does not model, things in a row and a full stop; NULL: unsaid */
    size_t size;      /* of the model's struct, whose first member is a struct sim_node */
    unsigned suffers; /* SIM_SUFFERS_SLOW, SIM_SUFFERS_FLUSH */
    const struct sim_param *params;   /* ended by .name == NULL */
    const struct sim_port_def *ports; /* ended by .name == NULL; NULL: calls nobody */
    const struct sim_meter *meters;   /* ended by .name == NULL; NULL: none of its own */
    const struct sim_usage *usages;   /* what costs, besides that it is there and is called; ended
                                         by .name == NULL; NULL: nothing */

    /* Parameters and ports are set, streams can be named, other nodes may not yet be ready: set up
     * state and schedule first events. 0, or -1 with the reason. */
    int (*init)(struct sim_node *, struct sim_error *);
    /* A call arrives; NULL: cannot be called. */
    void (*serve)(struct sim_node *, sim_call_id, const struct sim_request *);
    /* A request has been sent here and will arrive: ask memory for what it will need
     * (__builtin_prefetch). Must change nothing. NULL: nothing worth it. */
    void (*expect)(const struct sim_node *, const struct sim_request *);
    /* A fault struck or ended; NULL: nothing to do. */
    void (*fault)(struct sim_node *, enum sim_fault_kind);
    /* A changeable parameter was set; NULL: parameters are read afresh at each use. */
    void (*changed)(struct sim_node *, const struct sim_param *);
    /* The run ends, and a request that started here is unfinished and past its timeout: it failed
     * at least once and is tried again. Called for each of them. NULL: they count for nothing. */
    void (*overdue)(struct sim_node *);
    /* The run ends, after those: count what is left unfinished. Nothing can be sent or scheduled
     * any more. NULL: nothing to count. */
    void (*ended)(struct sim_node *);
    /* Invariants, at the end of a run: 0, or -1 with what is broken. NULL: none. */
    int (*check)(const struct sim_node *, struct sim_error *);
    /* Shows every key that this node holds now, by walking what it keeps; the audit holds it
     * against what was said by sim_copy_added() and sim_copy_removed(). NULL: holds no keys. */
    void (*holds)(const struct sim_node *, sim_copy_visit *, void *self);
    /* What no single parameter's bounds can say, such as two that exclude one another: 0, or -1
     * with the sentence. Asked when a scenario is checked. NULL: nothing. */
    int (*sound)(const void *params, struct sim_error *);
    /* How many calls per second of simulated time start here of themselves over a run so long,
     * requests of sessions included, read from the parameters alone: on average, and at most in
     * *peak. For refusing runs too large to finish. NULL: none. */
    double (*offered)(const void *params, sim_time duration, double *peak);
    /* What else a run's size depends on, from the parameters alone; *out holds defaults before, for
     * the same. NULL: nothing. */
    void (*foresee)(const void *params, const struct sim_extent *, struct sim_foreseen *out);
    /* How many calls per second start here on average over a run so long, whether or not any is
     * answered, read from the parameters alone; for refusing runs too large to fit. NULL: none. */
    double (*sustained)(const void *params, sim_time duration);
    /* How many calls a node keeps going at most, each made anew *think_ns after the answer to the
     * last, read from the parameters alone; for the same. NULL: none. */
    double (*closed)(const void *params, double *think_ns);
    /* What queueing theory needs to know, from the parameters alone; *out is all zero before. NULL:
     * nothing starts here, there is no station, and what is passed on comes as if by chance. */
    void (*queueing)(const void *params, struct sim_queueing *out);
    /* It works by keys: requests without one are only passed on, which the loader warns of. */
    bool keyed;
    /* Frees what init() got that is not of sim_node_alloc(); NULL: nothing. */
    void (*finish)(struct sim_node *);
};

#endif
