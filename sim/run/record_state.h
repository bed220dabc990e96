/* record_state.h - the record of a run while it is made: windows, spans, ledger, audit. */
#ifndef SIM_RUN_RECORD_STATE_H
#define SIM_RUN_RECORD_STATE_H

#include "fabric/world_state.h"
#include "sim/world.h"

/* the ledger of one run; the world's plan must have a bill */
struct sim__ledger;
struct sim__ledger *sim__ledger_new(struct sim_world *, uint32_t windows); /* NULL: no memory */
void sim__ledger_free(struct sim__ledger *);
/* What the meter of an item read in a window: counted, or the area under it (unit x ns). */
struct sim__reading {
    double amount, peak;
};
/* The end of a window of that length; one reading for each item of the bill. */
void sim__ledger_roll(struct sim__ledger *, const struct sim__reading *, sim_time length,
                      bool warm);
/* Books a quantity (things, bytes, or those x h) in the present window, by shares that add up to
 * one. */
void sim__ledger_book(struct sim__ledger *, uint32_t item, double amount, const double *share,
                      bool warm);
/* Adds metrics and series to the record, the audit's lines not. 0, or -1 when out of memory. */
int sim__ledger_finish(struct sim__ledger *, double successes, struct sim_record *);
/* The number of the bill over a span, .value, .unit and .n of the metric: within a window money is
 * taken as spent evenly. After sim__ledger_finish(). O(windows x items). */
void sim__ledger_over(const struct sim__ledger *, const struct sim_plan_ask *, struct sim_metric *);
/* What was booked of an item since the start. */
double sim__ledger_booked(const struct sim__ledger *, uint32_t item);
/* Dollars since the warm-up, added up four ways. After sim__ledger_finish(). */
struct sim__ledger_sums {
    double total, items, causes, windows;
};
struct sim__ledger_sums sim__ledger_sums(const struct sim__ledger *);

/* the record */
struct sim__recorder;
struct sim__recorder *sim__recorder_new(struct sim_world *);
void sim__recorder_free(struct sim__recorder *);
int sim__recorder_roll(struct sim__recorder *, sim_time now); /* the end of a window */
/* When a span of time that is asked for next begins or ends; SIM_NEVER. */
sim_time sim__recorder_next(const struct sim__recorder *);
int sim__recorder_cut(struct sim__recorder *, sim_time now); /* it does; 0, or -1: no memory */
/* The record, the caller's from now on; NULL when out of memory. */
struct sim_record *sim__recorder_finish(struct sim__recorder *);

/* What the audit needs of a component's station meters over the whole run, warm-up included. */
struct sim__station_sums {
    double in_flight_area; /* calls x ns */
    double sojourn;        /* ns, of every call answered or lost */
};
/* `whole`: what the meter of each item of the bill counted, or its area (unit x ns), since the
 * start. Both NULL without a bill. */
int sim__audit(struct sim_world *, const struct sim__ledger *, const struct sim__station_sums *,
               const double *whole, struct sim_record *);

/* What was seen of a meter over some time. */
struct sim__seen {
    double amount;          /* counted; or area in unit x ns */
    double greatest, least; /* of the windows that lie within that time whole */
    uint64_t windows;       /* how many those are */
    double peak;            /* of several nodes the greatest sum of their peaks in a window, or in
                               the part of it that lies within that time */
    struct sim_tally tally;
};

/* What a channel sees between two times that are asked for. */
struct sim__time_span {
    struct sim__time_span *next; /* of its channel, while it lasts */
    sim_time from, to;           /* as asked */
    sim_time began, ended;       /* SIM_NEVER: not yet */
    sim_area before;             /* counted, or the area, when it began */
    int64_t *peaks; /* by node, since it began within the open window; NULL: it did not */
    struct sim__seen seen;
    const struct sim__time_span *of, *by; /* SIM_RATIO: the same of its two meters */
};

/* What only a channel has of which something is asked. */
struct sim__watch {
    struct sim__channel *owner;     /* of a node's channel: that of all nodes */
    struct sim__channel **parts;    /* the channels of single nodes, by node; NULL: none */
    struct sim__time_span *lasting; /* the spans that have begun and not ended */
    struct sim__time_span *newest;  /* the span made last; NULL: none */
    struct sim_tally fresh; /* since the last cut; used where there are spans, and by parts */
    int64_t *peaks;         /* of a gauge of all nodes, where there are spans: by node, in the
                                    open window up to the last cut */
};

/* One meter of one component, or of one node of it. */
struct sim__channel {
    const struct sim_meter *meter;
    uint32_t component, node; /* node: SIM_ALL_NODES, or its number */
    uint32_t table;           /* as of sim_component_meters() */
    bool series, keep_tally;
    uint32_t first_series;        /* index in the record */
    struct sim__channel *of, *by; /* SIM_RATIO */
    struct sim__watch *watch;     /* NULL: nothing is asked of it */
    double amount, peak;          /* of this window: counted; or area in unit x ns */
    uint64_t counted_before;      /* since the start, as are: */
    double area, sojourn;
    struct sim__seen whole;  /* since the warm-up */
    struct sim_tally window; /* of this window; a histogram's */
};

/* A series beside those that every series of a meter has: of the worst node, or of another
 * statistic. */
struct sim__extra_series {
    struct sim__channel *channel; /* of all nodes, when it is of the worst */
    const char *place, *stat;
    bool worst;
    uint32_t series; /* index in the record */
};

/* A ratio that is told by node of every run: what its two meters had counted, or their areas, at
 * each node when the warm-up was over. */
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

/* Who answers an ask. */
struct sim__asked {
    struct sim__channel *channel;  /* of all nodes, when the worst is asked for; NULL: the bill */
    struct sim__time_span **spans; /* one, or of the worst one a node; NULL: the whole run */
};

struct sim__recorder {
    struct sim_world *world;
    struct sim__channel *channels;
    uint32_t count;
    uint32_t *first;               /* channel of each component, and one more */
    uint32_t *ratios, ratio_count; /* the channels that are ratios */
    struct sim__channel **parts;
    uint32_t part_count, part_room;
    struct sim__extra_series *lines;
    uint32_t line_count;
    struct sim__asked *asked; /* by ask of the plan */
    struct sim__edge *edges;  /* by time, once they are all made */
    uint32_t edge_count, edge_room, next_edge;
    struct sim__by_node *by_node;
    uint32_t by_node_count;
    uint32_t window, windows;
    sim_time last, measured; /* the last window's end; time since the warm-up, ns */
    struct sim_record *record;
    struct sim__ledger *ledger; /* NULL: no prices */
    struct sim__channel **read; /* by item of the bill; NULL: no meter */
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
/* Whether something is asked of single nodes; the channel of one of them, NULL: there is none. */
bool sim__channel_has_parts(const struct sim__channel *);
struct sim__channel *sim__channel_of_node(const struct sim__channel *, uint32_t node);
/* What a meter counted up to now, or its area; over all nodes of the channel. O(nodes). */
sim_area sim__channel_sum(struct sim__recorder *, const struct sim__channel *, sim_time now);
/* The same of one node. */
sim_area sim__channel_sum_of(struct sim__recorder *, const struct sim__channel *, uint32_t node,
                             sim_time now);
/* Rolls the histograms of a channel's nodes into its window, its spans, and those of its parts. 0,
 * or -1 when out of memory. */
int sim__channel_roll(struct sim__recorder *, struct sim__channel *);
/* Takes the greatest values of a gauge's nodes up to now, to the window and spans under way. */
void sim__channel_peaks(struct sim__recorder *, struct sim__channel *);
/* The same of one node, whose greatest value since the last cut is `peak`. Returns the greatest in
 * the open window. O(spans that began in it). */
int64_t sim__channel_peak(struct sim__channel *, uint32_t node, int64_t peak);
/* What a meter's own unit is of that of its values: seconds are counted in ns. */
double sim__meter_scale(const struct sim_meter *);
/* A statistic of a histogram, in its meter's unit. */
double sim__tally_stat(const struct sim_tally *, const char *stat, double scale);
/* A statistic of what was seen over `length` ns; `of`, `by`: of a ratio's two meters. */
double sim__seen_stat(const struct sim_meter *, const char *stat, const struct sim__seen *,
                      const struct sim__seen *of, const struct sim__seen *by, double length);
/* What a number of it rests on: struct sim_metric.n. */
uint64_t sim__seen_samples(const struct sim__channel *, const struct sim__seen *,
                           const struct sim__seen *by);

/* ---- time_spans.c ------------------------------------------------------------------------ */

/* Makes what the plan asks for, before the run. 0, or -1 when out of memory. */
int sim__asks_make(struct sim__recorder *);
void sim__asks_free(struct sim__recorder *);
/* The channel of one node, made unless it is there. NULL: out of memory. */
struct sim__channel *sim__channel_part(struct sim__recorder *, struct sim__channel *,
                                       uint32_t node);
/* The worse of two values by a meter's flags; what was not observed is never the worse one. */
bool sim__is_worse(const struct sim_meter *, double value, double than);
/* A window is over, with this mean (NAN: none) and the channel's peak: to the spans under way.
 * `whole`: it took time. */
void sim__spans_measure(const struct sim__recorder *, struct sim__channel *, double mean,
                        bool whole);
void sim__by_node_begin(struct sim__recorder *, sim_time now); /* the warm-up is over */
/* Ends what lasts still, and writes metrics and answers. 0, or -1 when out of memory. */
int sim__asks_finish(struct sim__recorder *, sim_time now);

#endif
