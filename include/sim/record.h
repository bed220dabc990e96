/* record.h - what one run left behind: metrics, series, distributions, faults, the audit. */
#ifndef SIM_RECORD_H
#define SIM_RECORD_H

#include "sim/plan.h"

/* The meters of a component: its model's own, and what the fabric measures at every component that
 * is called, at every one that calls, and of the keys that every one called returns. */
enum sim_meter_table {
    SIM_METERS_OWN,     /* offsets into the model's struct */
    SIM_METERS_STATION, /* into struct sim_station_meters */
    SIM_METERS_CALLER,  /* into struct sim_caller_meters */
    SIM_METERS_TRUTH,   /* into struct sim_truth_meters */
    SIM_METERS_COPIES,  /* into struct sim_copies */
    SIM_METERS_TABLES   /* and from here on: of the model's plug-ins, in the order of their rows */
};

/* One table, ended by .name == NULL; or NULL when such a model has none. Those of truth are kept
 * only where there are keyspaces, those of copies where one has subjects. */
const struct sim_meter *sim_meters_of(const struct sim_model *, enum sim_meter_table);
/* The same of a component, with the tables of its plug-ins. O(parameters) for one of those. */
const struct sim_meter *sim_component_meters(const struct sim_plan_component *, uint32_t table);
/* How many tables that are: SIM_METERS_TABLES, and one for each plug-in. O(parameters). */
uint32_t sim_component_tables(const struct sim_plan_component *);
/* The meter of a component of this name; NULL: none. O(meters). */
const struct sim_meter *sim_component_meter(const struct sim_plan_component *, const char *name);

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
    enum sim_trace_kind kind;
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

/* Whether every run of the plan gives it as one of its metrics, asked for or not. O(meters). */
bool sim_plan_ask_is_given(const struct sim_plan *, const struct sim_plan_ask *);

#endif
