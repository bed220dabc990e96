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

/* How a component makes its calls. A field that is zero is not in force. */
struct sim_policy {
    sim_time timeout;  /* of one attempt; 0: none, SIM_ZERO: zero */
    sim_time deadline; /* of the whole call with its retries; likewise */
    bool pass_timeout; /* the callee learns when the attempt's timeout is, as its deadline */
    struct {
        int64_t attempts; /* attempts in all, the first included; 1: no retry */
        sim_time backoff, cap;
        int growth, jitter; /* enum sim_backoff, enum sim_jitter */
        bool refused_is_final;
        struct {
            double ratio, minimum; /* retries per call; and per second in addition */
            sim_time window;       /* 0: no budget */
        } budget;
    } retry;
    struct {
        int64_t extra;     /* attempts in addition to the first; 0: no hedging */
        sim_time delay;    /* after the previous attempt; 0: by percentile */
        double percentile; /* of observed latency; 0: by delay */
        sim_time window;
        int64_t samples;
        bool writes;
    } hedge;
    struct {
        double failures; /* share of failures that opens it */
        int64_t calls;   /* calls that must have ended within the window */
        sim_time window;
        int64_t consecutive; /* failures in a row that open it; 0: they do not */
        sim_time open;       /* 0: no breaker */
        int64_t probes;
    } breaker;
    struct {
        int kind;      /* enum sim_concurrency */
        int64_t limit; /* at the start; 0: no limit */
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
/* The same table as a model, only for its page: a link cannot be a component. */
extern const struct sim_model sim_link_model;

enum sim_plan_fault_kind {
    SIM_DO_CRASH,     /* down: calls in hand are lost, memory is forgotten; up again, cold, when it
                         ends */
    SIM_DO_RESTART,   /* the same; takes no time unless .lasts is set */
    SIM_DO_SLOW,      /* work takes .factor times longer, that under way too */
    SIM_DO_ERRORS,    /* .share of the calls fail */
    SIM_DO_PARTITION, /* no message passes */
    SIM_DO_LOSS,      /* .share of the messages do not arrive */
    SIM_DO_LATENCY,   /* messages take .adds longer */
    SIM_DO_FLUSH,     /* cached contents are dropped, at one moment */
    SIM_DO_SET,       /* .param has .value */
    SIM_DO_KINDS
};

/* As in a scenario's "do", by enum sim_plan_fault_kind, ended by NULL. */
extern const char *const sim_fault_names[];
/* Whether faults of a kind act on messages, not on nodes. */
bool sim_fault_on_links(int kind);

#define SIM_ALL_NODES UINT32_MAX
#define SIM_NOWHERE UINT32_MAX
/* In place of a node's number: the nodes at a place; whether a number means that; and the place. */
#define SIM_NODES_AT(place) (UINT32_MAX - 2 - (place))
#define SIM_IS_NODES_AT(node) ((node) > UINT32_MAX / 2 && (node) < UINT32_MAX - 1)
#define SIM_PLACE_OF(node) (UINT32_MAX - 2 - (node))

struct sim_plan_keyspace {
    const char *name;
    struct sim_keys keys;
    struct sim_dist value_bytes;
    uint64_t subjects; /* 0: keys are nobody's */
    struct sim_home *homes;
    uint32_t home_count;
};

/* Regions and zones are places, and have numbers: the regions as in the plan, then the zones. */
struct sim_plan_zone {
    const char *name; /* "eu/a" */
    uint32_t region;
};

/* Nodes of a component that stand together; their numbers follow one another. */
struct sim_plan_site {
    uint32_t region, zone; /* numbers in the plan's lists; SIM_NOWHERE: none */
    uint32_t first_node, nodes;
};

struct sim_plan_link {
    /* between two components (twice the same: between its nodes), or two regions or two zones
       (twice the same: within it); for both directions */
    bool components;
    uint32_t a, b; /* components, or places */
    struct sim_link_params params;
};

struct sim_plan_target {
    uint32_t component;
    double share;
    uint32_t within; /* 0: all its nodes; otherwise those at a place: 1 + its number */
};

struct sim_plan_port {
    struct sim_plan_target *targets;
    uint32_t count;
};

/* How calls from others are spread over a component's nodes. */
enum sim_spread {
    SIM_SPREAD_KEY,
    SIM_SPREAD_ROUND_ROBIN,
    SIM_SPREAD_RANDOM,
    SIM_SPREAD_NEAREST, /* in turn over the nodes of the caller's zone; else of its region; else of
                           the region to which messages take least on average, and if there are
                           several, of these */
};

struct sim_plan_component {
    const char *name;
    const char *worst; /* the name of its worst node in results, "db/worst"; NULL: not given */
    const struct sim_model *model;
    uint32_t region; /* where all nodes stand, if .sites is NULL; SIM_NOWHERE: nowhere */
    uint32_t nodes;  /* >= 1 */
    const struct sim_plan_site *sites; /* all nodes, in order; NULL: there is one site */
    uint32_t site_count;
    int spread; /* enum sim_spread */
    struct sim_policy policy;
    void *image; /* model->size bytes: the parameters at their offsets, all else zero. A
                    SIM_KEYSPACE parameter holds 1 + the keyspace's index as a pointer-sized
                    integer, 0 for none; the world replaces it by the address. The .self of a
                    SIM_PLUGIN parameter is such an image of the plug-in's type. */
    struct sim_plan_port *ports; /* one per entry of model->ports */
};

/* The nodes that a fault strikes: those of a component or at a place, one of them, those of a
 * component at a place, or all outside a place. All zero with SIM_ALL_NODES: the first
 * component. */
enum sim_plan_end_kind { SIM_END_COMPONENT, SIM_END_PLACE, SIM_END_OUTSIDE };

struct sim_plan_end {
    int kind;       /* enum sim_plan_end_kind */
    uint32_t index; /* of the component or the place */
    uint32_t node;  /* of the component; SIM_ALL_NODES, SIM_NODES_AT() */
};

enum sim_plan_each { SIM_EACH_NODE, SIM_EACH_COMPONENT, SIM_EACH_TARGET };
enum sim_plan_when { SIM_WHEN_ARRIVAL, SIM_WHEN_ANSWER };

/* A fault begins at .at, lasts .lasts and, unless .every is 0, begins again after each .every. Or,
 * if .fails is a distribution, it begins after a draw of .fails, ends after a draw of .repaired,
 * and so on. */
struct sim_plan_fault {
    sim_time at, every;
    sim_time lasts;                  /* 0: it never ends; restart: no time; flush: always 0 */
    struct sim_dist fails, repaired; /* ns; .kind NONE: none */
    int each;                        /* with .fails: what fails independently, enum sim_plan_each */
    int kind;                        /* enum sim_plan_fault_kind */
    struct sim_plan_end on; /* what it strikes; partition, loss, latency: messages from these … */
    struct sim_plan_end to; /* … to these, */
    bool both_ways;         /* and from those to these */
    double factor;          /* slow: work takes so many times longer */
    double share;           /* errors, loss */
    int when;               /* errors: enum sim_plan_when */
    struct sim_dist adds;   /* latency: added to a message's time, ns */
    bool silent;            /* crash, restart: callers get no refusal and wait for their timeouts */
    const struct sim_param *plugin; /* set: the row of the plug-in that has the parameter; NULL:
                                       the model itself */
    const struct sim_param *param;  /* set: a changeable parameter */
    void *value;                    /* set: its bytes, as in the struct */
    const char *label;              /* for figures and messages */
    const char *target;             /* as written: names the streams of what acts on links */
    uint32_t ordinal;               /* how many faults before it do the same to the same target */
};

/* One occurrence of a fault. Random times are known only after the run. */
struct sim_fault_window {
    uint32_t fault;         /* index in the plan */
    struct sim_plan_end on; /* what was struck: the plan's end, or with .fails one node or component
                               of it */
    sim_time began, ended;  /* ended: the end of the run if it was still active */
};

#define SIM_FAULT_WINDOWS_MOST 1000

/* In place of a node's number: the component's worst node, by the meter's flags. */
#define SIM_WORST_NODE (UINT32_MAX - 1)
/* In place of the beginning of a span of time: everything after the warm-up. */
#define SIM_WHOLE_RUN (-1)

/* A number that the plan asks for, besides those that every run gives: over a span of time, of one
 * node or the worst, or another percentile. */
struct sim_plan_ask {
    const char *place;  /* "db", "db/2", "db/worst", "db@eu"; "cost", "eu>us" of the bill */
    const char *meter;  /* its name */
    const char *stat;   /* one of the meter's statistics; of histograms also "stdev", "p95",
                           "p99_99" */
    uint32_t component; /* SIM_NOWHERE: a number of the bill */
    uint32_t node;      /* SIM_ALL_NODES, SIM_NODES_AT(): these nodes together */
    sim_time from, to;  /* from: SIM_WHOLE_RUN is allowed; to: SIM_NEVER is the end */
};

/* A series that the plan asks for: a meter's values by window, and a histogram's tally. */
struct sim_plan_kept {
    const char *place, *meter;
    const char *stat; /* NULL, or a statistic that not every series of the meter has */
    uint32_t component, node;
};

/* The order of a plan's asks: by place, meter, span and statistic. */
int sim_plan_ask_order(const struct sim_plan_ask *, const struct sim_plan_ask *);
struct sim_lookup;

struct sim_plan {
    const char *title;
    sim_time duration, warmup, interval;
    struct sim_plan_keyspace *keyspaces;
    const char **regions;
    struct sim_plan_zone *zones;
    struct sim_plan_link *links;
    struct sim_plan_component *components;
    struct sim_plan_fault *faults;
    uint32_t keyspace_count, region_count, zone_count, link_count, component_count, fault_count;
    const struct sim_lookup *component_names; /* their indices by name (base/lookup.h); NULL: not
                                                 made */
    bool all_series; /* keep every meter's series, not only the headline ones and .kept */
    const struct sim_plan_kept *kept;
    const struct sim_plan_ask *asks; /* in sim_plan_ask_order(), each once */
    uint32_t kept_count, ask_count;
    struct sim_limits limits;
    const struct sim_bill *bill; /* NULL: no prices, and no use is counted */
};

/* Whether a plan keeps a meter's series; with `stat`, the series of that statistic, which not every
 * series has. O(log kept), as .kept is in order. */
bool sim_plan_keeps(const struct sim_plan *, const char *place, const char *meter,
                    const char *stat);

/* How many sites a component has, at least one; and one of them. */
uint32_t sim_plan_sites(const struct sim_plan_component *);
struct sim_plan_site sim_plan_site(const struct sim_plan_component *, uint32_t site);
/* Whether a site is at a place. */
bool sim_plan_is_at(const struct sim_plan *, const struct sim_plan_site *, uint32_t place);
/* How many nodes of a component are at a place. O(sites). */
uint32_t sim_plan_nodes_at(const struct sim_plan *, uint32_t component, uint32_t place);
/* "eu" or "eu/a". */
const char *sim_plan_place_name(const struct sim_plan *, uint32_t place);

/* Whether an end covers nodes at a site of a component. */
bool sim_plan_end_at_site(const struct sim_plan *, const struct sim_plan_end *, uint32_t component,
                          const struct sim_plan_site *);
/* Whether an end covers nodes of a component. O(sites). */
bool sim_plan_end_reaches(const struct sim_plan *, const struct sim_plan_end *, uint32_t component);

#endif
