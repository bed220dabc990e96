/* component.h - what a component is: struct sim_model, the table that makes a model. */
#ifndef SIM_COMPONENT_H
#define SIM_COMPONENT_H

#include "sim/fabric.h"
#include "sim/param.h"

struct sim_queueing;
struct sim_usage;

/* The size of what a component deals with, from the plan. */
struct sim_extent {
    sim_time duration;       /* of the run */
    uint32_t nodes;          /* of the component */
    uint64_t behind;         /* nodes of the components it calls */
    uint64_t keys, subjects; /* of the largest keyspaces whose requests can reach it; 0: none */
};

/* What a run will need for a component. */
struct sim_foreseen {
    double passes; /* upper bound on the reads per second that are passed on; INFINITY: all are */
    double ticks;  /* events per second at a node that no request causes, such as changes of a rate;
                     but for the pauses of a station */
    /* memory that grows with a parameter: .count things of .each bytes */
    const char *what; /* "users", "keys" */
    double count, each;
    bool as_used; /* memory is taken as the things are used, not at the start */
};

/* Called by a model's `holds` for each key that it finds in its data. */
typedef void sim_copy_visit(void *self, const struct sim_keyspace *, uint64_t key);

enum sim_fault_kind {
    SIM_FAULT_CRASH,   /* the node is down: forget what memory held, cancel timers; the fabric
                          has already failed the calls in hand */
    SIM_FAULT_RESTART, /* it is up again, cold */
    SIM_FAULT_FLUSH,   /* drop cached contents */
};

/* Which faults a model can suffer, besides crashes (every model) and errors (every model that is
 * called). A scenario that strikes it with others is refused. */
enum {
    SIM_SUFFERS_SLOW = 1,  /* its work takes longer: it has a station, or heeds .slow */
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
    const struct sim_usage *usages;   /* what it is billed for, besides its nodes and its calls;
                                         ended by .name == NULL; NULL: nothing */

    /* Sets up the node's state and schedules its first events. Parameters and ports are set, and
     * streams can be named; other nodes may not be ready yet. 0, or -1 with the reason. */
    int (*init)(struct sim_node *, struct sim_error *);
    /* A call arrives. NULL: it cannot be called. */
    void (*serve)(struct sim_node *, sim_call_id, const struct sim_request *);
    /* A request was sent and will arrive here: fetches the memory that it will need
     * (__builtin_prefetch). Must change nothing. NULL: nothing worth fetching. */
    void (*expect)(const struct sim_node *, const struct sim_request *);
    /* A fault struck or ended. NULL: nothing to do. */
    void (*fault)(struct sim_node *, enum sim_fault_kind);
    /* A changeable parameter was set. NULL: parameters are read afresh at each use. */
    void (*changed)(struct sim_node *, const struct sim_param *);
    /* At the end of the run, called for each request that started here, is unfinished and is past
     * its timeout: it has failed at least once and is being retried. NULL: these are not
     * counted. */
    void (*overdue)(struct sim_node *);
    /* At the end of the run, after overdue(): counts what is left unfinished. Nothing can be sent
     * or scheduled any more. NULL: nothing to count. */
    void (*ended)(struct sim_node *);
    /* Checks invariants at the end of a run: 0, or -1 with what is broken. NULL: none. */
    int (*check)(const struct sim_node *, struct sim_error *);
    /* Visits every key that this node holds now, by walking its data. The audit compares them with
     * what sim_copy_added() and sim_copy_removed() reported. NULL: it holds no keys. */
    void (*holds)(const struct sim_node *, sim_copy_visit *, void *self);
    /* Checks what no single parameter's bounds can, such as two parameters that exclude each other:
     * 0, or -1 with the sentence. Called when a scenario is checked. NULL: nothing. */
    int (*sound)(const void *params, struct sim_error *);
    /* Calls per second that this node starts during a run of that length, requests of sessions
     * included: on average, and the maximum in *peak. Read from the parameters alone, to refuse
     * runs that are too large to finish. NULL: none. */
    double (*offered)(const void *params, sim_time duration, double *peak);
    /* What else the size of a run depends on, from the parameters alone. *out holds defaults
     * before. NULL: nothing. */
    void (*foresee)(const void *params, const struct sim_extent *, struct sim_foreseen *out);
    /* Calls per second that this node starts on average during a run of that length, even if none
     * is answered. Read from the parameters alone, to refuse runs that do not fit into memory.
     * NULL: none. */
    double (*sustained)(const void *params, sim_time duration);
    /* Upper bound on the calls that a node keeps out at once, if each is made again *think_ns after
     * the last answer. Read from the parameters alone, for the same purpose. NULL: none. */
    double (*closed)(const void *params, double *think_ns);
    /* What queueing theory needs to know, from the parameters alone; *out is all zero before. NULL:
     * nothing starts here, there is no station, and how requests are passed on is not known. */
    void (*queueing)(const void *params, struct sim_queueing *out);
    /* It works by keys. Requests without a key are only passed on, and the loader warns of them. */
    bool keyed;
    /* Frees what init() allocated other than by sim_node_alloc(). NULL: nothing. */
    void (*finish)(struct sim_node *);
};

/* Whether nodes of a model call one another: it has a port with SIM_PEERS. */
bool sim_model_has_peers(const struct sim_model *);

#endif
