/* param.h - the tables a model declares: parameters, ports and meters.
 *
 * The parser and checker of scenarios, `weir models NAME`, the JSON Schema, the reference pages and
 * the headers of results all read these tables. A model never parses anything. */
#ifndef SIM_PARAM_H
#define SIM_PARAM_H

#include "sim/meter.h"
#include "sim/random.h"
#include "sim/types.h"

/* A row of a table of parameters, ports, meters or uses. Its fields are named; those left out are
 * zero. (Written as a call, so that the formatter keeps several fields on a line.) */
#define SIM_ROW(...)                                                                               \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

enum sim_param_kind {
    SIM_TIME,         /* sim_time; "250us", "10min" */
    SIM_RATE,         /* double, per second; "2000/s", "3/min" */
    SIM_COUNT,        /* int64_t; 64, "100k keys" with the unit named in .unit */
    SIM_BYTES,        /* int64_t; "1KiB", "2GB" */
    SIM_BANDWIDTH,    /* double, bytes per second; "1Gbit/s", "100MB/s" */
    SIM_FRACTION,     /* double; 0.25, "25%" */
    SIM_NUMBER,       /* double, without a unit */
    SIM_BOOL,         /* bool */
    SIM_CHOICE,       /* int; an index into .choices */
    SIM_DISTRIBUTION, /* struct sim_dist of a duration in ns; "2ms" or {"type": …} */
    SIM_BYTES_DIST,   /* struct sim_dist of a size in bytes; 1024, "1KiB" or {"type": …} */
    SIM_NUMBER_DIST,  /* struct sim_dist of a number, such as a count; 3 or {"type": …} */
    SIM_KEYSPACE,     /* struct sim_keyspace *; the name of a keyspace; NULL when not given */
    SIM_TRACE,        /* const struct sim_trace *; the file it is in; NULL when not given */
    SIM_GROUP,        /* a nested struct at .offset, described by .fields */
    SIM_LIST,         /* struct sim_list at .offset of .size-byte elements, described by .fields */
    SIM_PLUGIN,       /* struct sim_plugin (plugin.h): one of .plugins, with parameters of its own;
                         "lsm" or {"type": "lsm", …}; .by_default names one of them */
};

enum {
    SIM_REQUIRED = 1,   /* no default: the scenario must give it */
    SIM_OPTIONAL = 2,   /* no default: if absent, its bytes are zero (a distribution: .kind NONE) */
    SIM_CHANGEABLE = 4, /* may be set during a run (`"do": "set"`); the model reads it afresh at
                           each use, or has a `changed` hook */
    SIM_OR_NONE = 8,    /* with SIM_OPTIONAL: "none" means absent, and zero becomes SIM_ZERO (a
                           distribution: a constant 0), to tell the two apart */
    SIM_DEADLINE = 16,  /* a distribution: requests that start here wait no longer than this for the
                           answer */
    /* to estimate the size of a run: */
    SIM_WORK = 32,   /* a duration: each call takes this one or another one with this flag */
    SIM_ADMITS = 64, /* a count: of more calls at once, some may be refused, which takes no time */
};

struct sim_plugin_type;

struct sim_list {
    void *items; /* owned by the plan; read-only */
    size_t count;
};

struct sim_param {
    const char *name;
    enum sim_param_kind kind;
    size_t offset;          /* in the model's struct, or in the group's */
    const char *by_default; /* JSON text, or a bare quantity such as 1s; NULL: see .flags */
    double low, high;       /* inclusive bounds in base units (ns, per second, bytes, 1);
                                both 0: none but that nothing is negative. For distributions: bounds
                                of the mean */
    unsigned flags;
    const char *unit;               /* SIM_COUNT: the noun, such as "keys"; may be NULL */
    const char *doc;                /* one sentence, capital letter and full stop */
    const char *source;             /* of the default: author, year, place; or "chosen: why" */
    const char *const *choices;     /* SIM_CHOICE: NULL-terminated names */
    const struct sim_param *fields; /* SIM_GROUP, SIM_LIST: table ended by .name == NULL */
    size_t size;                    /* SIM_LIST: bytes of one element */
    const struct sim_plugin_type *const *plugins; /* SIM_PLUGIN: NULL-terminated alternatives */
};

/* A port: the name under which a component gives the components that it calls. */
struct sim_port_def {
    const char *name;
    size_t offset;  /* of a struct sim_port in the model's struct */
    unsigned flags; /* SIM_REQUIRED or SIM_OPTIONAL, and SIM_MANY; or SIM_PEERS */
    const char *doc;
};

enum {
    SIM_MANY = 8,   /* a port that takes a list of targets, each with a share of the calls */
    SIM_PEERS = 16, /* a port that calls the nodes of the component itself; the scenario does not
                       give it. Its one target has all nodes, the caller included: sim_call_node()
                       says which one */
};

enum sim_meter_kind {
    SIM_COUNTER,   /* struct sim_counter; stats: mean (per second), max, min (per second, by
                      window), count */
    SIM_GAUGE,     /* struct sim_gauge; stats: mean, max, min (of the windows' means), peak */
    SIM_HISTOGRAM, /* struct sim_histogram; stats: mean, p50, p90, p99, p999, max, count; when
                      asked for, stdev and every other percentile */
    SIM_RATIO,     /* nothing stored: .of / .by, two other meters of the same table or of the
                      station's; counters by what they counted, gauges by their means; stat: mean,
                      and max, min by window */
};

struct sim_meter {
    const char *name;
    enum sim_meter_kind kind;
    const char *unit; /* "requests", "s" (recorded in ns), "B", "1", "versions" */
    const char *doc;
    size_t offset; /* in the model's struct; not for SIM_RATIO */
    const char *of, *by;
    unsigned flags; /* SIM_HEADLINE: in the table printed after a run, and kept as a series.
                       SIM_SHARE: a ratio that cannot exceed 1; its intervals and axes stay there.
                       SIM_WORSE_HIGH, SIM_WORSE_LOW: which of several nodes is the worst: the one
                       that has most, or least, of it; neither: none is.
                       SIM_BY_NODE: of several nodes the worst one's mean is told of every run;
                       counters, gauges and ratios of those only */
};

enum {
    SIM_HEADLINE = 16,
    SIM_SHARE = 32,
    SIM_USER_SUCCESS = 64, /* a counter of users' requests that succeeded: for costs per request */
    SIM_WORSE_HIGH = 128,
    SIM_WORSE_LOW = 256,
    SIM_BY_NODE = 512,
};

#endif
