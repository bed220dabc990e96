/* plan.h - a plan: the checked, resolved scenario as plain data.
 *
 * A plan is read-only once made. Any number of worlds, one per replication and thread, run from it
 * (world.h). The scenario loader makes plans from JSON; an outside program may fill one in. */
#ifndef SIM_PLAN_H
#define SIM_PLAN_H

#include "sim/component.h"

enum sim_backoff { SIM_BACKOFF_CONSTANT, SIM_BACKOFF_EXPONENTIAL };
enum sim_jitter { SIM_JITTER_NONE, SIM_JITTER_EQUAL, SIM_JITTER_FULL, SIM_JITTER_DECORRELATED };

enum sim_concurrency { SIM_CONCURRENCY_FIXED, SIM_CONCURRENCY_AIMD, SIM_CONCURRENCY_GRADIENT };

/* How a component's calls are made; the same for every caller. What is zero is not in force. */
struct sim_policy {
    sim_time timeout;  /* of one attempt; 0: none, SIM_ZERO: no time at all */
    sim_time deadline; /* of the whole call with its retries; the same */
    struct {
        int64_t attempts; /* tries in all, the first included; 1: no retry */
        sim_time backoff, cap;
        int growth, jitter; /* enum sim_backoff, enum sim_jitter */
        bool refused_is_final;
        struct {
            double ratio, minimum; /* retries per call; besides, per second */
            sim_time window;       /* 0: no budget */
        } budget;
    } retry;
    struct {
        int64_t extra;     /* attempts besides the first; 0: no hedging */
        sim_time delay;    /* after the one before; 0: by percentile */
        double percentile; /* of observed latency; 0: by delay */
        sim_time window;
        int64_t samples;
        bool writes;
    } hedge;
    struct {
        double failures; /* share that opens it */
        int64_t calls;   /* that must have ended within the window */
        sim_time window;
        int64_t consecutive; /* failures in a row; 0: do not matter */
        sim_time open;       /* 0: no breaker */
        int64_t probes;
    } breaker;
    struct {
        int kind;      /* enum sim_concurrency */
        int64_t limit; /* at first; 0: none */
        int64_t least, most;
        double decrease; /* AIMD */
        sim_time wait;
        int64_t queue;
    } concurrency;
    struct {
        double rate; /* attempts per second; 0: none */
        int64_t burst;
        sim_time wait;
    } rate_limit;
};

struct sim_link_params {
    struct sim_dist latency; /* one way, ns */
    double bandwidth;        /* bytes per second; 0: unlimited */
    double loss;             /* share of messages that never arrive */
};

extern const struct sim_param sim_link_param_table[];
/* The same as a model, for its page: it cannot be a component. */
extern const struct sim_model sim_link_model;

enum sim_plan_fault_kind {
    SIM_DO_CRASH,     /* down: in hand lost, memory forgotten; up again, cold, when it ends */
    SIM_DO_RESTART,   /* the same; lasts no time unless it says so */
    SIM_DO_SLOW,      /* work goes on .factor times slower, what is at hand too */
    SIM_DO_ERRORS,    /* .share of the calls fail */
    SIM_DO_PARTITION, /* no message passes */
    SIM_DO_LOSS,      /* .share of the messages do not arrive */
    SIM_DO_LATENCY,   /* messages take .adds longer */
    SIM_DO_FLUSH,     /* what is cached is dropped: a moment */
    SIM_DO_SET,       /* .param has .value */
    SIM_DO_KINDS
};

/* As in a scenario's "do", by enum sim_plan_fault_kind, ended by NULL. */
extern const char *const sim_fault_names[];
/* Whether faults of a kind act on messages, not on nodes. */
bool sim_fault_on_links(int kind);

#define SIM_ALL_NODES UINT32_MAX
#define SIM_NOWHERE UINT32_MAX

struct sim_plan_keyspace {
    const char *name;
    struct sim_keys keys;
    struct sim_dist value_bytes;
    uint64_t subjects; /* 0: keys are nobody's */
    struct sim_home *homes;
    uint32_t home_count;
};

struct sim_plan_link {
    /* two components, or two regions (both the same: within it); the pair is both ways */
    bool components;
    uint32_t a, b;
    struct sim_link_params params;
};

struct sim_plan_target {
    uint32_t component;
    double share;
};

struct sim_plan_port {
    struct sim_plan_target *targets;
    uint32_t count;
};

/* How calls from others are spread over a component's nodes. */
enum sim_spread { SIM_SPREAD_KEY, SIM_SPREAD_ROUND_ROBIN, SIM_SPREAD_RANDOM };

struct sim_plan_component {
    const char *name;
    const char *worst; /* what the worst of its nodes is called, "db/worst"; NULL: it is not told */
    const struct sim_model *model;
    uint32_t region; /* SIM_NOWHERE: none */
    uint32_t nodes;  /* >= 1 */
    int spread;      /* enum sim_spread */
    struct sim_policy policy;
    void *image; /* model->size bytes: the parameters at their offsets, all else zero.
                        A SIM_KEYSPACE parameter holds 1 + the keyspace's index as a pointer-sized
                        integer, 0 for none; the world puts the address in its place. Of a
                        SIM_PLUGIN parameter .self is such an image, too. */
    struct sim_plan_port *ports; /* one per entry of model->ports */
};

/* Nodes that a fault is about: those of a component or a region, one of them, or all but a
 * region's. All zero with SIM_ALL_NODES: the first component. */
enum sim_plan_end_kind { SIM_END_COMPONENT, SIM_END_REGION, SIM_END_OUTSIDE };

struct sim_plan_end {
    int kind;       /* enum sim_plan_end_kind */
    uint32_t index; /* of the component or the region */
    uint32_t node;  /* of the component; SIM_ALL_NODES */
};

enum sim_plan_each { SIM_EACH_NODE, SIM_EACH_COMPONENT, SIM_EACH_TARGET };
enum sim_plan_when { SIM_WHEN_ARRIVAL, SIM_WHEN_ANSWER };

/* A fault begins at .at and, unless .every is 0, again after each .every, and lasts .lasts; or,
 * where .fails is a distribution, it begins after a draw of it, ends after a draw of .repaired,
 * and so on. */
struct sim_plan_fault {
    sim_time at, every;
    sim_time lasts;                  /* 0: once and for all; restart: no time; flush: always 0 */
    struct sim_dist fails, repaired; /* ns; .kind NONE: none */
    int each;                        /* drawn: what fails on its own, enum sim_plan_each */
    int kind;                        /* enum sim_plan_fault_kind */
    struct sim_plan_end on; /* whom it strikes; partition, loss, latency: messages from these … */
    struct sim_plan_end to; /* … to these, */
    bool both_ways;         /* and from those to these */
    double factor;          /* slow: times longer */
    double share;           /* errors, loss */
    int when;               /* errors: enum sim_plan_when */
    struct sim_dist adds;   /* latency: ns a message takes longer */
    bool silent;            /* crash, restart: nobody is told, callers wait for their timeouts */
    const struct sim_param *plugin; /* set: the row of the plug-in that has the parameter; NULL:
                                       the model itself */
    const struct sim_param *param;  /* set: a changeable parameter */
    void *value;                    /* set: its bytes, as in the struct */
    const char *label;              /* for figures and messages */
    const char *target;             /* as written: names the streams of what acts on links */
    uint32_t ordinal;               /* how many before it do the same to the same target */
};

/* A fault as it struck: what was drawn is known only afterwards. */
struct sim_fault_window {
    uint32_t fault;         /* index in the plan */
    struct sim_plan_end on; /* the plan's, or the node or component of it struck alone (drawn) */
    sim_time began, ended;  /* ended: the run's end when it was active still */
};

#define SIM_FAULT_WINDOWS_MOST 1000

/* A component whose nodes are not taken together: the worst of them, by the meter's flags. The
 * number of a node is one node. */
#define SIM_WORST_NODE (UINT32_MAX - 1)
/* Where a span of time would begin: everything after the warm-up. */
#define SIM_WHOLE_RUN (-1)

/* A number that is wanted of a run, beside those that every run gives: over a span of time, of one
 * node or the worst, or another percentile. */
struct sim_plan_ask {
    const char *place;  /* "db", "db/2", "db/worst"; "cost", "eu>us" of the bill */
    const char *meter;  /* its name */
    const char *stat;   /* one of the meter's; of histograms also "stdev", "p95", "p99_99" */
    uint32_t component; /* SIM_NOWHERE: of the bill */
    uint32_t node;      /* SIM_ALL_NODES: all together */
    sim_time from, to;  /* SIM_WHOLE_RUN; to may be SIM_NEVER: to the end */
};

/* What is wanted by window: the series of a meter, and of a histogram its tally. */
struct sim_plan_kept {
    const char *place, *meter;
    const char *stat; /* NULL, or one beside those that every series of the meter has */
    uint32_t component, node;
};

/* The order in which plans have them: by place, meter, span and statistic. */
int sim_plan_ask_order(const struct sim_plan_ask *, const struct sim_plan_ask *);
struct sim_lookup;

struct sim_plan {
    const char *title;
    sim_time duration, warmup, interval;
    struct sim_plan_keyspace *keyspaces;
    const char **regions;
    struct sim_plan_link *links;
    struct sim_plan_component *components;
    struct sim_plan_fault *faults;
    uint32_t keyspace_count, region_count, link_count, component_count, fault_count;
    const struct sim_lookup *component_names; /* their indexes (base/lookup.h); NULL: not made */
    bool all_series; /* keep the series of every meter, not of the headline ones and `kept` only */
    const struct sim_plan_kept *kept;
    const struct sim_plan_ask *asks; /* in sim_plan_ask_order(), each once */
    uint32_t kept_count, ask_count;
    struct sim_limits limits;
    const struct sim_bill *bill; /* NULL: no prices, and nothing is counted for them */
};

/* Whether a plan keeps a meter's series, or with `stat` one that not every series of it has. Plans
 * have what they keep in order: O(log kept). */
bool sim_plan_keeps(const struct sim_plan *, const char *place, const char *meter,
                    const char *stat);

/* Whether any node of a component is among those of an end, the node's number aside. */
bool sim_plan_end_reaches(const struct sim_plan *, const struct sim_plan_end *, uint32_t component);

#endif
