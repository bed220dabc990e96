/* record.h - what one run left behind: metrics, series, distributions, faults, the audit. */
#ifndef SIM_RECORD_H
#define SIM_RECORD_H

#include "sim/plan.h"

/* The tables of meters that a component may have: its model's own; those of every component that is
 * called; those of every component that calls; those of the truth of keyed reads; those of the
 * copies that it holds. */
enum sim_meter_table {
    SIM_METERS_OWN,     /* offsets into the model's struct */
    SIM_METERS_STATION, /* into struct sim_station_meters */
    SIM_METERS_CALLER,  /* into struct sim_caller_meters */
    SIM_METERS_TRUTH,   /* into struct sim_truth_meters */
    SIM_METERS_COPIES,  /* into struct sim_copies */
    SIM_METERS_TABLES   /* and from here on: of the model's plug-ins, in the order of their rows */
};

/* One table of a model, ended by .name == NULL; NULL: it has none. The meters of truth are there
 * only in worlds with keyspaces, those of copies only where a keyspace has subjects. */
const struct sim_meter *sim_meters_of(const struct sim_model *, enum sim_meter_table);
/* The same of a component, with the tables of its plug-ins. O(parameters) for one of those. */
const struct sim_meter *sim_component_meters(const struct sim_plan_component *, uint32_t table);
/* How many tables that are: SIM_METERS_TABLES, and one for each plug-in. O(parameters). */
uint32_t sim_component_tables(const struct sim_plan_component *);
/* The meter of a component of this name; NULL: none. O(meters). */
const struct sim_meter *sim_component_meter(const struct sim_plan_component *, const char *name);

/* One number of the results: a statistic of a meter, of a component, one of its nodes or the
 * worst. */
struct sim_metric {
    const char *component, *meter, *stat, *unit; /* owned by the plan and the tables */
    double value; /* in the unit (times in s); NAN where nothing was observed */
    bool headline;
    uint64_t n;    /* the number of samples: of a histogram its values; of a ratio its denominator,
                      if that is counted; otherwise windows */
    uint32_t node; /* which node was the worst, if it is of the worst */
    bool asked;    /* only there because the plan asks for it */
    uint32_t near; /* where in the plan its component probably is: searches begin there */
};

/* A number over a span of time. */
struct sim_answer {
    struct sim_metric metric;
    sim_time from, to; /* as asked */
};

/* The statistics that every run gives for a kind of meter, and those of its series.
 * NULL-terminated. */
const char *const *sim_meter_stats(enum sim_meter_kind);
const char *const *sim_meter_series(enum sim_meter_kind);
/* The percentile that a name means: .99 for "p99", .9999 for "p99_99", .999 for "p999"; NAN: it
 * means none. */
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

/* Where the latency of a source's requests went, as a mean over the requests around a percentile,
 * or over all. Around p50: the middle tenth. Around p99: those from p98.5 to p99.5; p999 likewise.
 * From a random sample of the requests that ended well after the warm-up. */
struct sim_attribution {
    const char *source;         /* component that sent them */
    const char *stat;           /* "mean", "p50", "p99", "p999" */
    double percentile;          /* of the sample, s; NAN: mean */
    double latency;             /* mean of these requests, s; the sum of the parts */
    uint32_t requests, sampled; /* how many these are, of how many sampled */
    uint32_t first_part, part_count;
};

struct sim_attribution_part {
    const char *component, *cause; /* cause: one of sim_spent_names */
    double mean;                   /* s per request */
};

/* A span of a request in the trace. Times in ns; SIM_NEVER: it had not happened by the end of the
 * run. */
struct sim_trace_span {
    enum sim_trace_kind kind;
    uint32_t parent;       /* index; a request's is its own */
    const char *component; /* who sends the request or makes the calls; who is called; who waits */
    uint32_t node;
    sim_time sent, arrived, left, ended;     /* request, calls, wait: no .arrived, .left */
    const char *what;                        /* call, calls: the kind of request; wait: the cause */
    const char *status;                      /* NULL: not ended, or a wait */
    uint32_t attempt;                        /* from 1; 0: there could be only one */
    bool hedge, abandoned, slowest, sampled; /* the last two: a request's */
};

/* The results of one run; the caller owns it. The same plan gives the same metrics and series in
 * the same order. */
struct sim_record {
    enum sim_outcome outcome;
    char why[160]; /* unless outcome is SIM_REACHED: the reason */
    uint64_t events, hash;
    sim_time interval;
    uint32_t windows;
    struct sim_metric *metrics; /* those that only the plan asked for come last */
    struct sim_answer *answers; /* for the plan's asks over a span, in the same order */
    struct sim_series *series;
    struct sim_distribution_result *distributions;
    struct sim_audit_line *audit;
    struct sim_fault_window *faults; /* the first ones, in the order in which they began */
    uint32_t metric_count, answer_count, series_count, distribution_count, audit_count;
    uint32_t fault_count;  /* SIM_FAULT_WINDOWS_MOST at most */
    uint64_t fault_begins; /* how many began in all */
    struct sim_attribution *attributions;
    struct sim_attribution_part *attribution_parts;
    uint32_t attribution_count, attribution_part_count;
    struct sim_trace_span *trace; /* parents before children; NULL unless sim_world_trace() asked
                                     for it */
    uint32_t trace_count;
    bool audit_held;
    struct sim_places *places; /* made by sim_record_place(); NULL: its lists are searched */
};

void sim_record_free(struct sim_record *);

/* Indexes the metrics and the series by component. To be called when these lists are complete; it
 * only makes searches faster. 0, or -1 when out of memory. O(metrics + series). */
int sim_record_place(struct sim_record *);
void sim_record_unplace(struct sim_record *);

enum sim_record_list { SIM_LIST_METRICS, SIM_LIST_SERIES };
/* All zero before the first call. */
struct sim_record_run {
    uint32_t first, end, next;
    bool begun;
};
/* The next run of entries of a component, from .first to before .end, in the order of the list.
 * False: there are no more. Without an index, entries of others may stand among them. O(1). */
bool sim_record_next(const struct sim_record *, enum sim_record_list, const char *component,
                     size_t length, struct sim_record_run *);

/* Whether every run of the plan gives this metric, asked for or not. O(meters). */
bool sim_plan_ask_is_given(const struct sim_plan *, const struct sim_plan_ask *);

#endif
