/* hedge.c - hedging: another attempt while one is still out; the first answer wins.
 *
 * A hedge is sent when the attempt before it has been out for a fixed delay, or for a percentile of
 * the latency that this caller has seen at this target (Dean and Barroso 2013, "The Tail at Scale":
 * hedged requests after the 95th percentile, for about 5 % more load). The others are then
 * abandoned; their callees work on, and their answers are wasted.
 *
 * The percentile is of first attempts only, over a sliding window of three slices, and is computed
 * when a slice ends. If an attempt was given up because a hedge won, only a lower bound of its
 * latency is known. Taking the bound for the latency would lower the percentile, so that more
 * hedges are sent, which cut off more attempts. Therefore the distribution is the product-limit
 * estimate (Kaplan and Meier 1958, J. Am. Stat. Assoc. 53:457), which is made for such censored
 * samples. */
#include "policy/policy_state.h"

#include <assert.h>
#include <string.h>

#define WINDOW_SLICES 3

/* The latencies in an octave, finished and cut off. Made when the first falls into it. */
struct octave {
    uint32_t ended[WINDOW_SLICES][SIM_HISTOGRAM_STEPS];
    uint32_t cut_off[WINDOW_SLICES][SIM_HISTOGRAM_STEPS];
};

struct sim__latencies {
    int64_t slice;  /* number of the newest, counted from time 0 */
    sim_time delay; /* the delay in force; SIM_NEVER: too few samples */
    uint64_t n[WINDOW_SLICES];
    struct octave *octaves[SIM_HISTOGRAM_ROWS]; /* NULL: none fell into it */
};

int sim__hedge_make(struct sim_guard *g)
{
    if (g->policy->hedge.extra == 0 || g->policy->hedge.delay > 0)
        return 0;
    g->latencies = sim__world_alloc(g->from->world, 1, sizeof *g->latencies);
    if (g->latencies == NULL)
        return -1;
    g->latencies->delay = SIM_NEVER;
    return 0;
}

void sim__hedge_reset(struct sim_guard *g)
{
    struct sim__latencies *l = g->latencies;
    if (l == NULL)
        return;
    for (uint32_t row = 0; row < SIM_HISTOGRAM_ROWS; row++)
        if (l->octaves[row] != NULL)
            memset(l->octaves[row], 0, sizeof *l->octaves[row]);
    memset(l->n, 0, sizeof l->n);
    l->slice = 0;
    l->delay = SIM_NEVER;
}

/* The latency at which the share of longer ones falls to 1 - p, linear within a bucket. SIM_NEVER:
 * too few finished samples. */
static sim_time percentile(const struct sim__latencies *l, double p)
{
    uint64_t at_risk = 0;
    for (int s = 0; s < WINDOW_SLICES; s++)
        at_risk += l->n[s];
    double longer = 1;
    for (uint32_t i = 0; i < SIM_HISTOGRAM_BUCKETS && at_risk > 0; i++) {
        const struct octave *o = l->octaves[i / SIM_HISTOGRAM_STEPS];
        uint32_t step = i % SIM_HISTOGRAM_STEPS;
        uint64_t ended = 0, cut_off = 0;
        for (int s = 0; o != NULL && s < WINDOW_SLICES; s++) {
            ended += o->ended[s][step];
            cut_off += o->cut_off[s][step];
        }
        double after = longer * (1 - (double)ended / (double)at_risk);
        if (ended > 0 && after <= 1 - p) {
            int64_t low = sim_histogram_bucket_low(i), width = sim_histogram_bucket_high(i) - low;
            double part = (longer - (1 - p)) / (longer - after);
            sim_time delay = low + (sim_time)(part * (double)width);
            return delay > 0 ? delay : 1;
        }
        longer = after;
        at_risk -= ended + cut_off;
    }
    return SIM_NEVER;
}

static void advance(struct sim_guard *g)
{
    struct sim__latencies *l = g->latencies;
    int64_t slice = sim__guard_now(g) / (g->policy->hedge.window / WINDOW_SLICES);
    assert(slice >= l->slice);
    if (slice == l->slice)
        return;
    uint64_t seen = 0;
    for (int s = 0; s < WINDOW_SLICES; s++)
        seen += l->n[s];
    l->delay = SIM_NEVER;
    if (slice < l->slice + WINDOW_SLICES && seen >= (uint64_t)g->policy->hedge.samples)
        l->delay = percentile(l, g->policy->hedge.percentile);
    int64_t gone = slice - l->slice < WINDOW_SLICES ? slice - l->slice : WINDOW_SLICES;
    for (int64_t s = slice - gone + 1; s <= slice; s++) {
        int64_t at = s % WINDOW_SLICES;
        l->n[at] = 0;
        for (uint32_t row = 0; row < SIM_HISTOGRAM_ROWS; row++) {
            struct octave *o = l->octaves[row];
            if (o == NULL)
                continue;
            memset(o->ended[at], 0, sizeof o->ended[at]);
            memset(o->cut_off[at], 0, sizeof o->cut_off[at]);
        }
    }
    l->slice = slice;
}

void sim__hedge_observe(struct sim_guard *g, sim_time latency, bool cut_off)
{
    assert(latency >= 0);
    if (g->latencies == NULL)
        return;
    advance(g);
    struct sim__latencies *l = g->latencies;
    uint32_t bucket = sim_histogram_bucket(latency), step = bucket % SIM_HISTOGRAM_STEPS;
    struct octave **o = &l->octaves[bucket / SIM_HISTOGRAM_STEPS];
    int64_t at = l->slice % WINDOW_SLICES;
    if (*o == NULL)
        *o = sim__world_alloc(g->from->world, 1, sizeof **o);
    if (*o == NULL) {
        sim_fail_memory(g->from->sim);
        return;
    }
    (*o)->ended[at][step] += !cut_off;
    (*o)->cut_off[at][step] += cut_off;
    l->n[at]++;
}

sim_time sim__hedge_delay(const struct sim__operation *op)
{
    const struct sim_policy *p = sim__policy_of(op);
    enum sim_op kind = op->request.op;
    if (op->hedged >= p->hedge.extra ||
        ((kind == SIM_WRITE || kind == SIM_DELETE) && !p->hedge.writes))
        return SIM_NEVER;
    if (p->hedge.delay > 0)
        return p->hedge.delay;
    advance(op->guard);
    return op->guard->latencies->delay;
}
