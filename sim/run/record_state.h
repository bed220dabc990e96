/* record_state.h - the record of a run in the making: windows, spans of time, ledger, audit. */
#ifndef SIM_RUN_RECORD_STATE_H
#define SIM_RUN_RECORD_STATE_H

#include "fabric/world_state.h"
#include "sim/world.h"

/* the ledger of one run; the world's plan must have a bill */
struct sim__ledger;
struct sim__ledger *sim__ledger_new(struct sim_world *, uint32_t windows); /* NULL: no memory */
void sim__ledger_free(struct sim__ledger *);
/* The reading of an item's meter in a window: what it counted, or the area under it (unit x ns). */
struct sim__reading {
    double amount, peak;
};
/* Ends a window of that length, with one reading for each item of the bill. */
void sim__ledger_roll(struct sim__ledger *, const struct sim__reading *, sim_time length,
                      bool warm);
/* Books a quantity (things, bytes, or these x h) in the present window, divided by shares of the
 * causes, which sum to one. */
void sim__ledger_book(struct sim__ledger *, uint32_t item, double amount, const double *share,
                      bool warm);
/* Adds the bill's metrics and series to the record. 0, or -1 when out of memory. */
int sim__ledger_finish(struct sim__ledger *, double successes, struct sim_record *);
/* Sets .value, .unit and .n of a metric of the bill over a span of time. Money is taken as spent
 * evenly within a window. After sim__ledger_finish(). O(windows x items). */
void sim__ledger_over(const struct sim__ledger *, const struct sim_plan_ask *, struct sim_metric *);
/* The quantity booked for an item since the start. */
double sim__ledger_booked(const struct sim__ledger *, uint32_t item);
/* Dollars since the warm-up, summed in four ways. After sim__ledger_finish(). */
struct sim__ledger_sums {
    double total, items, causes, windows;
};
struct sim__ledger_sums sim__ledger_sums(const struct sim__ledger *);

/* the record */
struct sim__recorder;
struct sim__recorder *sim__recorder_new(struct sim_world *);
void sim__recorder_free(struct sim__recorder *);
int sim__recorder_roll(struct sim__recorder *, sim_time now); /* the end of a window */
/* When the next span of time that is asked for begins or ends; SIM_NEVER: none does. */
sim_time sim__recorder_next(const struct sim__recorder *);
int sim__recorder_cut(struct sim__recorder *, sim_time now); /* a span begins or ends; 0, or -1: out
                                                                of memory */
/* Returns the record, which the caller then owns; NULL when out of memory. */
struct sim_record *sim__recorder_finish(struct sim__recorder *);

/* What the audit needs of a component's station meters over the whole run, warm-up included. */
struct sim__station_sums {
    double in_flight_area; /* calls x ns */
    double sojourn;        /* ns, of every call answered or lost */
};
/* Audits a run and writes the lines into the record. `whole`: what the meter of each item of the
 * bill counted since the start, or its area (unit x ns). It and the ledger are NULL without a bill.
 * 0, or -1 when out of memory. */
int sim__audit(struct sim_world *, const struct sim__ledger *, const struct sim__station_sums *,
               const double *whole, struct sim_record *);

/* What was seen of a meter over some time. */
struct sim__seen {
    double amount;          /* counted; or area in unit x ns */
    double greatest, least; /* of the windows that are entirely within that time */
    uint64_t windows;       /* the number of these windows */
    double peak;            /* of several nodes: the greatest sum of their peaks within a window, or
                               the part of one within that time */
    struct sim_tally tally;
};

/* What a channel sees in a span of time that is asked for. */
struct sim__time_span {
    struct sim__time_span *next; /* the channel's next span, while it lasts */
    sim_time from, to;           /* as asked */
    sim_time began, ended;       /* SIM_NEVER: not yet */
    sim_area before;             /* the count, or the area, when it began */
    int64_t *peaks; /* by node: peaks since it began, if that was in the open window; otherwise
                       NULL */
    struct sim__seen seen;
    const struct sim__time_span *of, *by; /* SIM_RATIO: the same span of its two meters */
};

/* The part of a channel that exists only if something is asked of it. */
struct sim__watch {
    struct sim__channel *owner;     /* of a node's channel: the channel of all nodes */
    struct sim__channel **parts;    /* the channels of single nodes, by node; NULL: none */
    struct sim__channel *groups;    /* the channels of the nodes at a place; NULL: none */
    struct sim__time_span *lasting; /* the open spans: begun and not ended */
    struct sim__time_span *newest;  /* the span made last; NULL: none */
    struct sim_tally fresh;         /* since the last cut; for spans, and for parts */
    int64_t *peaks; /* of a gauge of all nodes with spans: by node, the peak in the open
                               window up to the last cut */
};

/* One meter of one component, of one node of it, or of its nodes at a place. */
struct sim__channel {
    const struct sim_meter *meter;
    uint32_t component, node; /* node: SIM_ALL_NODES, SIM_NODES_AT(), or its number */
    uint32_t table;           /* as of sim_component_meters() */
    bool series, keep_tally;
    uint32_t first_series;           /* index in the record */
    struct sim__channel *of, *by;    /* SIM_RATIO */
    struct sim__channel *next_group; /* in the list of its owner's watch */
    struct sim__watch *watch;        /* NULL: nothing is asked of it */
    double amount, peak;     /* this window: the count, or the area in unit x ns; the peak */
    uint64_t counted_before; /* the count since the start, up to this window */
    double area, sojourn;    /* since the start */
    struct sim__seen whole;  /* since the warm-up */
    struct sim_tally window; /* histograms: this window */
};

/* A series in addition to those that every meter has: of the worst node, or of another
 * statistic. */
struct sim__extra_series {
    struct sim__channel *channel; /* the channel of all nodes, if the series is of the worst */
    const char *place, *stat;
    bool worst;
    uint32_t series; /* index in the record */
};

/* A ratio that every run reports for each node. It stores the counts, or areas, of both meters at
 * the end of the warm-up. */
struct sim__by_node {
    struct sim__channel *channel;
    sim_area (*before)[2]; /* .of, .by */
};

/* A span begins or ends. */
struct sim__edge {
    sim_time at;
    uint32_t index; /* in the order in which they were made */
    bool end;
    struct sim__channel *channel;
    struct sim__time_span *span;
};

/* What answers an ask of the plan. */
struct sim__asked {
    struct sim__channel *channel;  /* the channel of all nodes, if the worst is asked for; NULL: the
                                      bill answers */
    struct sim__time_span **spans; /* one span, or for the worst one span per node; NULL: the whole
                                      run */
};

struct sim__recorder {
    struct sim_world *world;
    struct sim__channel *channels;
    uint32_t count;
    uint32_t *first;               /* index of each component's first channel, and the end */
    uint32_t *ratios, ratio_count; /* the channels that are ratios */
    struct sim__channel **parts;
    uint32_t part_count, part_room;
    struct sim__extra_series *lines;
    uint32_t line_count;
    struct sim__asked *asked; /* by ask of the plan */
    struct sim__edge *edges;  /* in order of time, once all are made */
    uint32_t edge_count, edge_room, next_edge;
    struct sim__by_node *by_node;
    uint32_t by_node_count;
    uint32_t window, windows;
    sim_time last, measured; /* the last window's end; time since the warm-up, ns */
    struct sim_record *record;
    struct sim__ledger *ledger; /* NULL: no prices */
    struct sim__channel **read; /* by item of the bill: its channel; NULL: it has no meter */
    struct sim__reading *readings;
    double *whole;
};

/* ---- channels.c ---------------------------------------------------------------------------- */

enum { SIM__PERCENTILES = 4 };
/* Of each histogram: p50, p90, p99, p999. */
extern const double sim__percentiles[SIM__PERCENTILES];
extern const struct sim__seen sim__seen_nothing;
/* The channel of a meter of a component; NULL: none. O(meters of the component). */
struct sim__channel *sim__channel_find(struct sim__recorder *, uint32_t component,
                                       const char *meter);
/* The meter of a channel at one node. */
void *sim__channel_meter(struct sim__recorder *, const struct sim__channel *, uint32_t node);
/* Whether something is asked of single nodes; the channel of one node, NULL: there is none. */
bool sim__channel_has_parts(const struct sim__channel *);
struct sim__channel *sim__channel_of_node(const struct sim__channel *, uint32_t node);
/* Whether a channel includes a node of its component. O(1). */
bool sim__channel_includes(const struct sim__recorder *, const struct sim__channel *,
                           uint32_t node);
/* What a meter counted up to now, or its area, summed over the channel's nodes. O(nodes). */
sim_area sim__channel_sum(struct sim__recorder *, const struct sim__channel *, sim_time now);
/* The same of one node. */
sim_area sim__channel_sum_of(struct sim__recorder *, const struct sim__channel *, uint32_t node,
                             sim_time now);
/* Rolls the histograms of a channel's nodes into its window and spans, and those of its parts. 0,
 * or -1 when out of memory. */
int sim__channel_roll(struct sim__recorder *, struct sim__channel *);
/* Takes the peaks of a gauge's nodes up to now into the window and the spans under way. */
void sim__channel_peaks(struct sim__recorder *, struct sim__channel *);
/* The same for one node, whose peak since the last cut is `peak`. Returns its peak in the open
 * window. O(spans that began in it). */
int64_t sim__channel_peak(struct sim__channel *, uint32_t node, int64_t peak);
/* The factor from a meter's stored values to its unit: times are stored in ns and given in s. */
double sim__meter_scale(const struct sim_meter *);
/* A statistic of a histogram, in its meter's unit. */
double sim__tally_stat(const struct sim_tally *, const char *stat, double scale);
/* A statistic of what was seen over `length` ns; `of`, `by`: the same of a ratio's two meters. */
double sim__seen_stat(const struct sim_meter *, const char *stat, const struct sim__seen *,
                      const struct sim__seen *of, const struct sim__seen *by, double length);
/* The number of samples: struct sim_metric.n. */
uint64_t sim__seen_samples(const struct sim__channel *, const struct sim__seen *,
                           const struct sim__seen *by);

/* ---- time_spans.c ------------------------------------------------------------------------ */

/* Makes channels and spans for what the plan asks for, before the run. 0, or -1 when out of
 * memory. */
int sim__asks_make(struct sim__recorder *);
void sim__asks_free(struct sim__recorder *);
/* The channel of one node, or of the nodes at a place, which is made if it does not exist. NULL
 * when out of memory. */
struct sim__channel *sim__channel_part(struct sim__recorder *, struct sim__channel *,
                                       uint32_t node);
/* Whether `value` is worse than `than`, by the meter's flags. What was not observed is never
 * worse. */
bool sim__is_worse(const struct sim_meter *, double value, double than);
/* A window is over: takes its mean (NAN: none) and the channel's peak into the spans under way.
 * `whole`: the window took time. */
void sim__spans_measure(const struct sim__recorder *, struct sim__channel *, double mean,
                        bool whole);
void sim__by_node_begin(struct sim__recorder *, sim_time now); /* the warm-up is over */
/* Ends the spans under way, and writes metrics and answers. 0, or -1 when out of memory. */
int sim__asks_finish(struct sim__recorder *, sim_time now);

#endif
