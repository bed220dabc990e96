/* meter.h - counters, time-weighted gauges and log-linear histograms.
 *
 * A meter accumulates over a window; at the window's end the recorder takes what it holds and
 * starts the next (…_roll). Observing takes no draw and no sequence number, so it never changes a
 * run. Warm-up is a recorder that throws the first windows away: no event is ever dropped. */
#ifndef SIM_METER_H
#define SIM_METER_H

#include "sim/types.h"

/* How often something happened, or how much of it went by. */
struct sim_counter {
    uint64_t count; /* since the start of the run */
};

static inline void sim_count(struct sim_counter *c)
{
    c->count++;
}

static inline void sim_count_by(struct sim_counter *c, uint64_t n)
{
    c->count += n;
}

/* A level that changes over time, weighted by how long it held: queue length, servers busy. */
__extension__ typedef __int128 sim_area __attribute__((aligned(8)));

struct sim_gauge {
    int64_t value;
    sim_time since; /* when `area` was last brought up to date */
    sim_area area;  /* value x ns within the window: 1e8 servers x 93 s are over 2^63 */
    int64_t peak;   /* greatest value within the window */
};

static inline void sim_gauge_set(struct sim_gauge *g, sim_time now, int64_t value)
{
    g->area += (sim_area)g->value * (now - g->since);
    g->since = now;
    g->value = value;
    if (value > g->peak)
        g->peak = value;
}

static inline void sim_gauge_add(struct sim_gauge *g, sim_time now, int64_t change)
{
    sim_gauge_set(g, now, g->value + change);
}

/* Ends a window at `now`: returns its area (value x ns), puts the window's greatest value in
 * *peak, and starts the next. */
double sim_gauge_roll(struct sim_gauge *, sim_time now, int64_t *peak);

/* A log-linear histogram of non-negative integers (ns, bytes, versions): 64 steps to the octave,
 * exact below 128, so a percentile is within 0.8 % of the sample's. Percentiles follow the nearest
 * rank: the smallest recorded value with at least p·n values at or below it. Mergeable. */
#define SIM_HISTOGRAM_STEPS 64
#define SIM_HISTOGRAM_BUCKETS (SIM_HISTOGRAM_STEPS * 58)

struct sim_histogram {
    uint64_t n;
    uint64_t sum;      /* exact; saturates at UINT64_MAX */
    int64_t low, high; /* least and greatest value; INT64_MAX, -1 while empty */
    uint32_t *window;  /* SIM_HISTOGRAM_BUCKETS counts of the present window */
};

static inline uint32_t sim_histogram_bucket(int64_t value)
{
    uint64_t v = value < 0 ? 0 : (uint64_t)value;
    if (v < 2 * SIM_HISTOGRAM_STEPS)
        return (uint32_t)v;
    uint32_t shift = 57u - (uint32_t)__builtin_clzll(v);
    return shift * SIM_HISTOGRAM_STEPS + (uint32_t)(v >> shift);
}

static inline void sim_histogram_record(struct sim_histogram *h, int64_t value)
{
    h->window[sim_histogram_bucket(value)]++;
    h->n++;
    if (__builtin_add_overflow(h->sum, (uint64_t)value, &h->sum))
        h->sum = UINT64_MAX;
    if (value < h->low)
        h->low = value;
    if (value > h->high)
        h->high = value;
}

/* A tally: what histograms roll into; counts of 64 bits, and the numbers read from them. The
 * caller owns it. */
struct sim_tally {
    uint64_t n;
    double sum;
    int64_t low, high;
    uint64_t *counts; /* SIM_HISTOGRAM_BUCKETS, or NULL while empty */
};

int sim_histogram_init(struct sim_histogram *); /* 0, or -1 when out of memory */
void sim_histogram_free(struct sim_histogram *);
/* Ends a window: adds what it holds to *into and starts the next. 0, or -1 when out of memory. */
int sim_histogram_roll(struct sim_histogram *, struct sim_tally *into);

int sim_tally_add(struct sim_tally *into, const struct sim_tally *from);
void sim_tally_clear(struct sim_tally *); /* empties it, keeping its memory */
void sim_tally_free(struct sim_tally *);
double sim_tally_mean(const struct sim_tally *);                 /* NAN while empty */
double sim_tally_percentile(const struct sim_tally *, double p); /* p in [0,1]; NAN while empty */
/* The share of values greater than `value`: P(X > value). NAN while empty. */
double sim_tally_above(const struct sim_tally *, int64_t value);
/* The least and one past the greatest value that fall into a bucket. */
int64_t sim_histogram_bucket_low(uint32_t bucket);
int64_t sim_histogram_bucket_high(uint32_t bucket);

#endif
