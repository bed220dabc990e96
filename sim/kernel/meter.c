/* meter.c - rolling windows of gauges and histograms into tallies, and reading those. */
#include "sim/meter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double sim_gauge_roll(struct sim_gauge *g, sim_time now, int64_t *peak)
{
    sim_area area = sim_gauge_area(g, now);
    double window = (double)(area - g->before);
    g->before = area;
    *peak = g->peak;
    g->peak = g->value;
    return window;
}

static void histogram_empty(struct sim_histogram *h)
{
    h->sum = 0;
    h->low = INT64_MAX;
    h->high = -1;
}

int sim_histogram_init(struct sim_histogram *h)
{
    histogram_empty(h);
    h->window = calloc(SIM_HISTOGRAM_BUCKETS, sizeof *h->window);
    return h->window == NULL ? -1 : 0;
}

void sim_histogram_free(struct sim_histogram *h)
{
    free(h->window);
    h->window = NULL;
}

static int tally_reserve(struct sim_tally *t)
{
    if (t->counts != NULL)
        return 0;
    *t = (struct sim_tally){.low = INT64_MAX, .high = -1};
    t->counts = calloc(SIM_HISTOGRAM_BUCKETS, sizeof *t->counts);
    return t->counts == NULL ? -1 : 0;
}

int sim_histogram_roll(struct sim_histogram *h, struct sim_tally *into)
{
    if (h->high < 0)
        return 0;
    if (tally_reserve(into) != 0)
        return -1;
    uint32_t first = sim_histogram_bucket(h->low), last = sim_histogram_bucket(h->high);
    for (uint32_t i = first; i <= last; i++) {
        into->counts[i] += h->window[i];
        into->n += h->window[i];
    }
    memset(h->window + first, 0, (last - first + 1) * sizeof *h->window);
    into->sum += (double)h->sum;
    into->low = h->low < into->low ? h->low : into->low;
    into->high = h->high > into->high ? h->high : into->high;
    histogram_empty(h);
    return 0;
}

int sim_tally_add(struct sim_tally *into, const struct sim_tally *from)
{
    if (from->n == 0)
        return 0;
    if (tally_reserve(into) != 0)
        return -1;
    uint32_t last = sim_histogram_bucket(from->high);
    for (uint32_t i = sim_histogram_bucket(from->low); i <= last; i++)
        into->counts[i] += from->counts[i];
    into->n += from->n;
    into->sum += from->sum;
    into->low = from->low < into->low ? from->low : into->low;
    into->high = from->high > into->high ? from->high : into->high;
    return 0;
}

void sim_tally_clear(struct sim_tally *t)
{
    if (t->n > 0) {
        uint32_t first = sim_histogram_bucket(t->low), last = sim_histogram_bucket(t->high);
        memset(t->counts + first, 0, (last - first + 1) * sizeof *t->counts);
    }
    t->n = 0;
    t->sum = 0;
    t->low = INT64_MAX;
    t->high = -1;
}

void sim_tally_free(struct sim_tally *t)
{
    free(t->counts);
    *t = (struct sim_tally){0};
}

int64_t sim_histogram_bucket_low(uint32_t bucket)
{
    if (bucket < 2 * SIM_HISTOGRAM_STEPS)
        return bucket;
    uint32_t shift = bucket / SIM_HISTOGRAM_STEPS - 1;
    return (int64_t)(bucket - shift * SIM_HISTOGRAM_STEPS) << shift;
}

int64_t sim_histogram_bucket_high(uint32_t bucket)
{
    uint32_t shift = bucket < 2 * SIM_HISTOGRAM_STEPS ? 0 : bucket / SIM_HISTOGRAM_STEPS - 1;
    int64_t low = sim_histogram_bucket_low(bucket), width = (int64_t)1 << shift;
    return low > INT64_MAX - width ? INT64_MAX : low + width;
}

double sim_tally_mean(const struct sim_tally *t)
{
    return t->n == 0 ? (double)NAN : t->sum / (double)t->n;
}

/* The middle of a bucket, but never outside what was seen. */
static double middle_of(const struct sim_tally *t, uint32_t bucket)
{
    int64_t low = sim_histogram_bucket_low(bucket), high = sim_histogram_bucket_high(bucket) - 1;
    double middle = (double)low + (double)(high - low) / 2;
    return fmin(fmax(middle, (double)t->low), (double)t->high);
}

double sim_tally_percentile(const struct sim_tally *t, double p)
{
    if (t->n == 0)
        return (double)NAN;
    double wanted = ceil(p * (double)t->n);
    uint64_t rank = wanted < 1 ? 1 : wanted > (double)t->n ? t->n : (uint64_t)wanted;
    uint32_t i = sim_histogram_bucket(t->low);
    for (uint64_t seen = t->counts[i]; seen < rank; seen += t->counts[i])
        i++;
    return middle_of(t, i);
}

double sim_tally_stdev(const struct sim_tally *t)
{
    if (t->n == 0)
        return (double)NAN;
    double sum = 0, squares = 0, n = (double)t->n;
    uint32_t first = sim_histogram_bucket(t->low), last = sim_histogram_bucket(t->high);
    for (uint32_t i = first; i <= last; i++)
        sum += (double)t->counts[i] * middle_of(t, i);
    for (uint32_t i = first; i <= last; i++) {
        double off = middle_of(t, i) - sum / n;
        squares += (double)t->counts[i] * off * off;
    }
    return sqrt(squares / n);
}
