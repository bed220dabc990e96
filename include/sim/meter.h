/* meter.h - counters, time-weighted gauges and log-linear histograms.
 *
 * A meter accumulates over a window. At the end of the window the recorder takes its contents and
 * starts the next window (…_roll). Observing takes no draw and no sequence number, so it never
 * changes a run. For the warm-up, the recorder leaves out the first windows; no event is ever
 * dropped. */
#ifndef SIM_METER_H
#define SIM_METER_H

#include "sim/types.h"

#include <assert.h>

/* Counts how often something happened, or how much of it there was. */
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

/* A level that changes over time, weighted by how long it held: queue length, servers busy.
 *
 * Its area up to `now` is value x now, less the sum of each change x its time. So a change costs an
 * addition, and the time of the change before it is not needed. */
__extension__ typedef __int128 sim_area __attribute__((aligned(8)));

struct sim_gauge {
    int64_t value;
    int64_t peak;     /* greatest value within the window */
    sim_area changes; /* sum of change x when, ns, since time 0: 1e8 servers x 93 s are over 2^63 */
    sim_area before;  /* area of the windows that have ended */
};

static inline void sim_gauge_add(struct sim_gauge *g, sim_time now, int64_t change)
{
    g->changes += (sim_area)now * change;
    g->value += change;
    if (change > 0 && g->value > g->peak)
        g->peak = g->value;
}

static inline void sim_gauge_set(struct sim_gauge *g, sim_time now, int64_t value)
{
    sim_gauge_add(g, now, value - g->value);
}

/* Its area from time 0 to `now`, value x ns. Does not end the window. */
static inline sim_area sim_gauge_area(const struct sim_gauge *g, sim_time now)
{
    return (sim_area)g->value * now - g->changes;
}

/* The greatest value since the start of the window or the last cut, and starts anew. Does not end
 * the window. */
static inline int64_t sim_gauge_cut(struct sim_gauge *g)
{
    int64_t peak = g->peak;
    g->peak = g->value;
    return peak;
}

/* Ends a window at `now`: returns its area (value x ns), puts the window's greatest value in
 * *peak, and starts the next. */
double sim_gauge_roll(struct sim_gauge *, sim_time now, int64_t *peak);

/* A log-linear histogram of non-negative integers (ns, bytes, versions): 64 steps to the octave,
 * exact below 128, so a percentile is within 0.8 % of the sample's. Percentiles follow the nearest
 * rank: the smallest recorded value with at least p·n values at or below it. Mergeable.
 *
 * Memory grows with what was recorded: a row of 64 counts (256 bytes) for each octave in which a
 * value fell, two for those below 128, and a list of rows (472 bytes) from the first value on. */
#define SIM_HISTOGRAM_STEPS 64
#define SIM_HISTOGRAM_ROWS 59 /* enough for 64 bits */
#define SIM_HISTOGRAM_BUCKETS (SIM_HISTOGRAM_STEPS * SIM_HISTOGRAM_ROWS)

struct sim_histogram {
    sim_area sum;
    int64_t low, high;     /* least and greatest value; INT64_MAX, -1 while empty */
    uint32_t *const *rows; /* counts of the present window by octave; NULL: no value fell there */
    uint32_t **own;        /* the same list, once it is this histogram's; NULL before */
    struct sim_histogram *first, *next; /* the histogram whose counts this one shares, NULL: it has
                                           its own; the next that shares them */
    bool incomplete; /* a value was not counted because memory ran out: the roll then fails */
};

#define SIM_HISTOGRAM_TOP 6 /* 64 is 1 << 6; 127 has the same highest bit */

/* The number of the highest bit of a value >= 0, at least 6. The value is shifted right by the
 * excess over 6. */
static inline size_t sim_histogram_top(int64_t value)
{
    assert(value >= 0);
    uint64_t v = (uint64_t)value | (2 * SIM_HISTOGRAM_STEPS - 1);
    return 63u - (size_t)__builtin_clzll(v);
}

/* Of a value >= 0. */
static inline uint32_t sim_histogram_bucket(int64_t value)
{
    uint32_t shift = (uint32_t)sim_histogram_top(value) - SIM_HISTOGRAM_TOP;
    return shift * SIM_HISTOGRAM_STEPS + (uint32_t)((uint64_t)value >> shift);
}

/* Makes a row when the first value falls into its octave. NULL when out of memory. */
uint32_t *sim_histogram_row(struct sim_histogram *, uint32_t row);

/* Records a value >= 0. Allocates memory if the value is the first of its octave. When out of
 * memory the value is not counted, and the end of the window fails (sim_histogram_roll). */
static inline void sim_histogram_record(struct sim_histogram *h, int64_t value)
{
    assert(h->rows != NULL && "the histogram stands in no table of meters");
    size_t top = sim_histogram_top(value), at = top - (SIM_HISTOGRAM_TOP - 1);
    uint32_t *row = h->rows[at]; /* the counts of 64 and more; those below 64 are before them */
    if (__builtin_expect(row == NULL, 0)) {
        row = sim_histogram_row(h, (uint32_t)at);
        if (row == NULL)
            return;
    }
    row[(value >> (top - SIM_HISTOGRAM_TOP)) - SIM_HISTOGRAM_STEPS]++;
    h->sum += value;
    if (value < h->low)
        h->low = value;
    if (value > h->high)
        h->high = value;
}

/* A tally is what histograms roll into, with counts of 64 bits. The caller owns it. All zero is an
 * empty tally. Its memory grows like a histogram's, in rows of 512 bytes. */
struct sim_tally {
    uint64_t n;
    double sum;
    int64_t low, high;
    uint64_t **rows; /* SIM_HISTOGRAM_ROWS of SIM_HISTOGRAM_STEPS counts; or NULL */
};

void sim_histogram_init(struct sim_histogram *);
void sim_histogram_free(struct sim_histogram *);
/* From now on the values of an empty histogram are counted in the rows of `first`, which must not
 * share another's: this takes less memory, and one roll for all. Both must live equally long.
 * O(1). */
void sim_histogram_share(struct sim_histogram *, struct sim_histogram *first);
/* Ends a window: adds its counts to *into, with those of the histograms that share them, and starts
 * the next. 0, or -1 when out of memory, now or during the window. O(buckets between the least and
 * the greatest value + histograms that share). */
int sim_histogram_roll(struct sim_histogram *, struct sim_tally *into);

int sim_tally_add(struct sim_tally *into, const struct sim_tally *from);
/* Reads and sets the count of a bucket. sim_tally_put(): 0, or -1 when out of memory; the caller
 * sets .n and the rest. */
uint64_t sim_tally_count(const struct sim_tally *, uint32_t bucket);
int sim_tally_put(struct sim_tally *, uint32_t bucket, uint64_t count);
void sim_tally_clear(struct sim_tally *); /* empties it, keeping its memory */
void sim_tally_free(struct sim_tally *);
double sim_tally_mean(const struct sim_tally *);                 /* NAN while empty */
double sim_tally_percentile(const struct sim_tally *, double p); /* p in [0,1]; NAN while empty */
/* The standard deviation of the values (divided by n), each taken at the middle of its bucket; NAN
 * while empty. O(buckets). */
double sim_tally_stdev(const struct sim_tally *);
/* The least and one past the greatest value that fall into a bucket. */
int64_t sim_histogram_bucket_low(uint32_t bucket);
int64_t sim_histogram_bucket_high(uint32_t bucket);

#endif
