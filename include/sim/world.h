/* world.h - a plan (the checked, resolved scenario as plain data) and the worlds run from it.
 *
 * A plan is read-only once made; any number of worlds, one per replication and thread, run from
 * it. The scenario loader makes plans from JSON; an outside program may fill one in itself. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "sim/model.h"

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

/* Parameters of struct sim_policy, for the scenario's components that have ports. */
extern const struct sim_param sim_policy_params[];
/* What no single parameter's bounds can say: 0, or -1 with the sentence, and the name of the
 * parameter of the table that it is about in *about. */
int sim_policy_sound(const struct sim_policy *, const char **about, struct sim_error *);

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
                        integer, 0 for none; the world puts the address in its place. */
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
    const struct sim_param *param; /* set: a changeable parameter of the model */
    void *value;                   /* set: its bytes, as in the model's struct */
    const char *label;             /* for figures and messages */
    const char *target;            /* as written: names the streams of what acts on links */
    uint32_t ordinal;              /* how many before it do the same to the same target */
};

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

/* Whether every run of the plan gives it as one of its metrics, asked for or not. O(meters). */
bool sim_plan_ask_is_given(const struct sim_plan *, const struct sim_plan_ask *);

/* Whether a plan keeps a meter's series, or with `stat` one that not every series of it has. Plans
 * have what they keep in order: O(log kept). */
bool sim_plan_keeps(const struct sim_plan *, const char *place, const char *meter,
                    const char *stat);

/* Whether any node of a component is among those of an end, the node's number aside. */
bool sim_plan_end_reaches(const struct sim_plan *, const struct sim_plan_end *, uint32_t component);

/* The meters of a component: its model's own, and what the fabric measures at every component that
 * is called, at every one that calls, and of the keys that every one called returns. */
enum sim_meter_table {
    SIM_METERS_OWN,     /* offsets into the model's struct */
    SIM_METERS_STATION, /* into struct sim_station_meters */
    SIM_METERS_CALLER,  /* into struct sim_caller_meters */
    SIM_METERS_TRUTH,   /* into struct sim_truth_meters */
    SIM_METERS_COPIES,  /* into struct sim_copies */
    SIM_METERS_TABLES
};

/* One table, ended by .name == NULL; or NULL when such a model has none. Those of truth are kept
 * only where there are keyspaces, those of copies where one has subjects. */
const struct sim_meter *sim_meters_of(const struct sim_model *, enum sim_meter_table);

/* ---- one run ------------------------------------------------------------------------------- */

/* A world wired and initialised from a plan, at time 0. The caller owns it; the plan must outlive
 * it. NULL with the reason in *error; also when it is told to stop (sim_limits.stop). */
struct sim_world *sim_world_new(const struct sim_plan *, uint64_t seed, uint64_t replication,
                                struct sim_error *);
void sim_world_free(struct sim_world *);
struct sim *sim_world_sim(struct sim_world *);
/* A node of it, by the places of its component in the plan and of the node in the component. */
struct sim_node *sim_world_node(struct sim_world *, uint32_t component, uint32_t node);

/* Before the run: so many requests chosen without bias, and so many of the slowest, are to be kept
 * with all their spans. All else of the record is as without. 0, or -1 when out of memory. */
#define SIM_TRACE_MOST 2048
int sim_world_trace(struct sim_world *, uint32_t requests);

/* One number of the results: a statistic of a meter of a component, of one node or the worst. */
struct sim_metric {
    const char *component, *meter, *stat, *unit; /* the plan's and the tables'; not owned */
    double value; /* in the unit (times in s); NAN where nothing was observed */
    bool headline;
    uint64_t n;    /* how much it rests on: values of a histogram; of a ratio what it is a share of,
                   where that is counted; otherwise windows */
    uint32_t node; /* of the worst node: which it was */
    bool asked;    /* it is there because the plan asks for it */
    uint32_t near; /* where in the plan its component may stand: whoever looks begins there */
};

/* The number of a span of time. */
struct sim_answer {
    struct sim_metric metric;
    sim_time from, to; /* as asked */
};

/* The statistics that every run gives of a meter of a kind, and those that its series have; ended
 * by NULL. */
const char *const *sim_meter_stats(enum sim_meter_kind);
const char *const *sim_meter_series(enum sim_meter_kind);
/* What a percentile's name says, such as .99 for "p99", .9999 for "p99_99" and .999 for "p999"; NAN
 * for what is no such name. */
double sim_stat_percentile(const char *stat);

/* One series: a statistic by window. */
struct sim_series {
    const char *component, *meter, *stat, *unit;
    double *values; /* one per window from time 0; NAN where nothing was observed */
};

struct sim_distribution_result {
    const char *component, *meter, *unit;
    struct sim_tally tally; /* after warm-up; times in ns */
};

struct sim_audit_line {
    const char *name; /* "conservation", "little", … */
    const char *component;
    bool held;
    double expected, observed;
    char text[160];
};

/* A fault as it struck: what was drawn is known only afterwards. */
struct sim_fault_window {
    uint32_t fault;         /* index in the plan */
    struct sim_plan_end on; /* the plan's, or the node or component of it struck alone (drawn) */
    sim_time began, ended;  /* ended: the run's end when it was active still */
};

#define SIM_FAULT_WINDOWS_MOST 1000

/* Where the latency of a source's requests went: the mean of those around a percentile (p50: the
 * middle tenth; p99 and p999: from half as many above to half as many more below), or of all.
 * Requests that ended well after the warm-up, of a random sample. */
struct sim_attribution {
    const char *source;         /* component that sent them */
    const char *stat;           /* "mean", "p50", "p99", "p999" */
    double percentile;          /* of the sample, s; NAN: mean */
    double latency;             /* mean of the requests looked at, s: the sum of the parts */
    uint32_t requests, sampled; /* looked at, of how many */
    uint32_t first_part, part_count;
};

struct sim_attribution_part {
    const char *component, *cause; /* cause: of sim_spent_names */
    double mean;                   /* s a request */
};

/* A span of a request that was kept for the trace; times in ns, SIM_NEVER: it had not come to that
 * at the end of the run. */
struct sim_trace_span {
    enum sim_trace_kind { SIM_TRACE_REQUEST, SIM_TRACE_CALLS, SIM_TRACE_CALL, SIM_TRACE_WAIT } kind;
    uint32_t parent;       /* index; of a request its own */
    const char *component; /* who sent the request or makes the calls; who is called, or waits */
    uint32_t node;
    sim_time sent, arrived, left, ended;     /* request, calls, wait: no .arrived, .left */
    const char *what;                        /* call, calls: the kind of request; wait: the cause */
    const char *status;                      /* NULL: not ended, or a wait */
    uint32_t attempt;                        /* from 1; 0: the only one there could be */
    bool hedge, abandoned, slowest, sampled; /* the last two: a request's */
};

/* What one run left behind; the caller owns it. The same plan gives the same metrics and series
 * in the same order. */
struct sim_record {
    enum sim_outcome outcome;
    char why[160]; /* when outcome is not SIM_REACHED: who and what */
    uint64_t events, hash;
    sim_time interval;
    uint32_t windows;
    struct sim_metric *metrics; /* those that were asked for come last */
    struct sim_answer *answers; /* of the plan's asks those over a span, in their order */
    struct sim_series *series;
    struct sim_distribution_result *distributions;
    struct sim_audit_line *audit;
    struct sim_fault_window *faults; /* in the order in which they began; the first ones */
    uint32_t metric_count, answer_count, series_count, distribution_count, audit_count;
    uint32_t fault_count;  /* of .faults, SIM_FAULT_WINDOWS_MOST at most */
    uint64_t fault_begins; /* how many began in all */
    struct sim_attribution *attributions;
    struct sim_attribution_part *attribution_parts;
    uint32_t attribution_count, attribution_part_count;
    struct sim_trace_span *trace; /* parents first; NULL unless sim_world_trace() asked for it */
    uint32_t trace_count;
    bool audit_held;
    struct sim_places *places; /* of sim_record_place(); NULL: its lists are searched through */
};

/* Called after every window, from the running thread: simulated time reached and events so far.
 * Returning false ends the run as SIM_STOPPED. Must not touch the world. */
typedef bool sim_progress(void *self, sim_time reached, uint64_t events);

/* Runs the world to the plan's end and takes its record. NULL when out of memory, and when it was
 * told to stop (sim_limits.stop). `progress` may be NULL. */
struct sim_record *sim_world_run(struct sim_world *, sim_progress *, void *self);
void sim_record_free(struct sim_record *);

/* Notes where the metrics and the series of each component stand. Once those lists are what they
 * will be; only speed depends on it. 0, or -1 when out of memory. O(metrics + series). */
int sim_record_place(struct sim_record *);
void sim_record_unplace(struct sim_record *);

enum sim_record_list { SIM_LIST_METRICS, SIM_LIST_SERIES };
/* Begun with all zero. */
struct sim_record_run {
    uint32_t first, end, next;
    bool begun;
};
/* Where those of a component stand, from .first to before .end, in the order of the list; false:
 * there are no more. Others may stand among them where nothing was noted. O(1). */
bool sim_record_next(const struct sim_record *, enum sim_record_list, const char *component,
                     size_t length, struct sim_record_run *);

/* An estimate of the events a run will take (from what the models say they offer and how deep the
 * calls go), with its arithmetic in words; for refusing what is too large to finish. */
double sim_plan_events(const struct sim_plan *, char *arithmetic, size_t bytes);
/* Bytes that a world is sure to take, from the parameters alone and from below: nodes, users, keys,
 * subjects, windows. The arithmetic is of the largest part. O(components x calls). */
double sim_plan_world_bytes(const struct sim_plan *, char *arithmetic, size_t bytes);
/* An estimate, from below, of the bytes that waiting calls take at the end of a run in which queues
 * without a limit get more work than can be done; 0 where none does. The arithmetic is of the
 * largest. For refusing what is too large to fit. O(components x ports). */
double sim_plan_bytes(const struct sim_plan *, char *arithmetic, size_t bytes);

#endif
