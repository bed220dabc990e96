/* meter.c - ends a window of gauges and histograms, adds it to tallies, and reads tallies. */
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

/* The rows of every histogram in which nothing was recorded yet. */
static uint32_t *const no_rows[SIM_HISTOGRAM_ROWS];

void sim_histogram_init(struct sim_histogram *h)
{
    histogram_empty(h);
    h->rows = no_rows;
    h->own = NULL;
    h->first = h->next = NULL;
    h->incomplete = false;
}

void sim_histogram_free(struct sim_histogram *h)
{
    for (uint32_t i = 0; h->own != NULL && i < SIM_HISTOGRAM_ROWS; i++)
        if (i != 1) /* in one block with row 0 */
            free(h->own[i]);
    free(h->own);
    h->own = NULL;
    h->rows = NULL;
}

static uint32_t *no_memory(struct sim_histogram *h)
{
    h->incomplete = true;
    return NULL;
}

void sim_histogram_share(struct sim_histogram *h, struct sim_histogram *first)
{
    assert(h->own == NULL && h->high < 0 && first->first == NULL);
    h->first = first;
    h->next = first->next;
    first->next = h;
}

__attribute__((noinline, cold)) uint32_t *sim_histogram_row(struct sim_histogram *h, uint32_t row)
{
    if (h->first != NULL) {
        struct sim_histogram *first = h->first;
        uint32_t *there = first->rows[row] != NULL ? first->rows[row]
                                                   : sim_histogram_row(first, row);
        h->rows = first->rows;
        return there != NULL ? there : no_memory(h);
    }
    if (h->own == NULL)
        h->own = calloc(SIM_HISTOGRAM_ROWS, sizeof *h->own);
    if (h->own == NULL)
        return no_memory(h);
    h->rows = h->own;
    bool two = row == 1; /* the values that are not shifted: 0 to 63 and 64 to 127 */
    uint32_t *made = calloc(two ? 2 * SIM_HISTOGRAM_STEPS : SIM_HISTOGRAM_STEPS, sizeof *made);
    if (made == NULL)
        return no_memory(h);
    if (two)
        h->own[0] = made;
    h->own[row] = two ? made + SIM_HISTOGRAM_STEPS : made;
    return h->own[row];
}

/* A row of a tally, made if it does not exist yet; NULL when out of memory. */
static uint64_t *tally_row(struct sim_tally *t, uint32_t row)
{
    if (t->rows == NULL)
        t->rows = calloc(SIM_HISTOGRAM_ROWS, sizeof(uint64_t *));
    if (t->rows != NULL && t->rows[row] == NULL)
        t->rows[row] = calloc(SIM_HISTOGRAM_STEPS, sizeof(uint64_t));
    return t->rows != NULL ? t->rows[row] : NULL;
}

static uint32_t row_of(int64_t value)
{
    return sim_histogram_bucket(value) / SIM_HISTOGRAM_STEPS;
}

/* Updates all but the counts themselves. Call it before adding them. */
static void tally_extend(struct sim_tally *t, double sum, int64_t low, int64_t high)
{
    bool empty = t->n == 0;
    t->sum = empty ? sum : t->sum + sum;
    t->low = empty || low < t->low ? low : t->low;
    t->high = empty || high > t->high ? high : t->high;
}

/* Moves all counts, from the bucket of the least value to that of the greatest, into a tally. */
static int pour(const struct sim_histogram *h, struct sim_tally *into, int64_t low, int64_t high)
{
    uint32_t first = sim_histogram_bucket(low), last = sim_histogram_bucket(high);
    for (uint32_t row = first / SIM_HISTOGRAM_STEPS; row <= last / SIM_HISTOGRAM_STEPS; row++) {
        uint32_t *from = h->rows[row], start = row * SIM_HISTOGRAM_STEPS;
        if (from == NULL)
            continue;
        uint64_t *to = tally_row(into, row);
        if (to == NULL)
            return -1;
        uint32_t i = first > start ? first - start : 0;
        uint32_t end = last - start < SIM_HISTOGRAM_STEPS ? last - start + 1 : SIM_HISTOGRAM_STEPS;
        for (; i < end; i++) {
            to[i] += from[i];
            into->n += from[i];
            from[i] = 0;
        }
    }
    return 0;
}

int sim_histogram_roll(struct sim_histogram *h, struct sim_tally *into)
{
    int64_t low = INT64_MAX, high = -1;
    double sum = into->n > 0 ? into->sum : 0;
    struct sim_histogram *next = h;
    for (; next != NULL; next = next->next) {
        if (next->incomplete)
            return -1;
        if (next->high < 0)
            continue;
        sum += (double)next->sum;
        low = next->low < low ? next->low : low;
        high = next->high > high ? next->high : high;
        histogram_empty(next);
    }
    if (high < 0)
        return 0;
    tally_extend(into, 0, low, high);
    into->sum = sum;
    return pour(h, into, low, high);
}

int sim_tally_add(struct sim_tally *into, const struct sim_tally *from)
{
    if (from->n == 0)
        return 0;
    tally_extend(into, from->sum, from->low, from->high);
    for (uint32_t row = row_of(from->low); row <= row_of(from->high); row++) {
        if (from->rows[row] == NULL)
            continue;
        uint64_t *to = tally_row(into, row);
        if (to == NULL)
            return -1;
        for (uint32_t i = 0; i < SIM_HISTOGRAM_STEPS; i++)
            to[i] += from->rows[row][i];
    }
    into->n += from->n;
    return 0;
}

uint64_t sim_tally_count(const struct sim_tally *t, uint32_t bucket)
{
    const uint64_t *row = t->rows != NULL ? t->rows[bucket / SIM_HISTOGRAM_STEPS] : NULL;
    return row != NULL ? row[bucket % SIM_HISTOGRAM_STEPS] : 0;
}

int sim_tally_put(struct sim_tally *t, uint32_t bucket, uint64_t count)
{
    uint64_t *row = tally_row(t, bucket / SIM_HISTOGRAM_STEPS);
    if (row == NULL)
        return -1;
    row[bucket % SIM_HISTOGRAM_STEPS] = count;
    return 0;
}

void sim_tally_clear(struct sim_tally *t)
{
    for (uint32_t row = 0; t->n > 0 && row < SIM_HISTOGRAM_ROWS; row++)
        if (t->rows[row] != NULL)
            memset(t->rows[row], 0, SIM_HISTOGRAM_STEPS * sizeof(uint64_t));
    t->n = 0;
    t->sum = 0;
    t->low = INT64_MAX;
    t->high = -1;
}

void sim_tally_free(struct sim_tally *t)
{
    for (uint32_t row = 0; t->rows != NULL && row < SIM_HISTOGRAM_ROWS; row++)
        free(t->rows[row]);
    free(t->rows);
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

/* The middle of a bucket, limited to the range of observed values. */
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
    for (uint64_t seen = sim_tally_count(t, i); seen < rank; seen += sim_tally_count(t, i))
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
        sum += (double)sim_tally_count(t, i) * middle_of(t, i);
    for (uint32_t i = first; i <= last; i++) {
        double off = middle_of(t, i) - sum / n;
        squares += (double)sim_tally_count(t, i) * off * off;
    }
    return sqrt(squares / n);
}
