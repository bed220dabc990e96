/* thin_series.c - reduces a long series to fewer points and keeps every peak. */
#include "report/figures/thin_series.h"

#include <math.h>
#include <stdbool.h>

/* Adds index i unless it was the last one added. Indices are ascending. */
static uint32_t add(uint32_t *chosen, uint32_t n, uint32_t i)
{
    if (n == 0 || chosen[n - 1] != i)
        chosen[n++] = i;
    return n;
}

static uint32_t reduce_bucket(const double *values, uint32_t from, uint32_t to, uint32_t *chosen,
                              uint32_t n)
{
    uint32_t marks[5] = {from, from, from, from, to - 1};
    bool any = false, gap = false;
    for (uint32_t i = from; i < to; i++) {
        if (isnan(values[i])) {
            if (!gap)
                marks[3] = i;
            gap = true;
            continue;
        }
        if (!any || values[i] < values[marks[1]])
            marks[1] = i;
        if (!any || values[i] > values[marks[2]])
            marks[2] = i;
        any = true;
    }
    for (int a = 1; a < 5; a++) {
        uint32_t mark = marks[a];
        int b = a;
        for (; b > 0 && marks[b - 1] > mark; b--)
            marks[b] = marks[b - 1];
        marks[b] = mark;
    }
    for (int a = 0; a < 5; a++)
        n = add(chosen, n, marks[a]);
    return n;
}

uint32_t sim_thin_series(const double *values, uint32_t count, uint32_t buckets, uint32_t *chosen)
{
    uint32_t n = 0;
    if (buckets == 0 || count / 4 <= buckets) {
        for (uint32_t i = 0; i < count; i++)
            chosen[n++] = i;
        return n;
    }
    for (uint32_t b = 0; b < buckets; b++) {
        uint32_t from = (uint32_t)((uint64_t)count * b / buckets);
        uint32_t to = (uint32_t)((uint64_t)count * (b + 1) / buckets);
        n = reduce_bucket(values, from, to, chosen, n);
    }
    return n;
}
