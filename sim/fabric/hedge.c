/* hedge.c - hedging: another attempt while one is still out; the first good answer wins.
 *
 * A hedge is sent when the attempt before it has been out for a fixed delay, or for a percentile of
 * the latency this caller has seen at this target (Dean and Barroso 2013, "The Tail at Scale":
 * hedged requests, after the 95th percentile, for about 5 % more load). Those that lose are
 * abandoned; their callees work on, and their answers are wasted.
 *
 * The percentile is that of first attempts only, over a sliding window of three slices, worked out
 * when a slice ends. An attempt given up because a hedge won counts as having taken as long as it
 * was out: that is longer than the delay, so what lies below the percentile is counted truly, and
 * hedging does not lower the percentile it hedges at. */
#include "fabric/policy_state.h"

#include <string.h>

#define WINDOW_SLICES 3

struct sim__latencies {
    int64_t slice;  /* number of the newest, counted from time 0 */
    sim_time delay; /* in force; SIM_NEVER: too little was seen */
    uint64_t n[WINDOW_SLICES];
    uint32_t counts[WINDOW_SLICES][SIM_HISTOGRAM_BUCKETS];
};

int sim__hedge_make(struct sim__guard *g)
{
    if (g->policy->hedge.extra == 0 || g->policy->hedge.delay > 0)
        return 0;
    g->latencies = sim__world_alloc(g->from->world, 1, sizeof *g->latencies);
    if (g->latencies == NULL)
        return -1;
    g->latencies->delay = SIM_NEVER;
    return 0;
}

void sim__hedge_reset(struct sim__guard *g)
{
    if (g->latencies != NULL) {
        memset(g->latencies, 0, sizeof *g->latencies);
        g->latencies->delay = SIM_NEVER;
    }
}

/* The percentile of all slices by the nearest rank, taken as even within its bucket. */
static sim_time percentile(const struct sim__latencies *l, double p)
{
    uint64_t n = 0, before = 0, here = 0;
    for (int s = 0; s < WINDOW_SLICES; s++)
        n += l->n[s];
    uint64_t rank = (uint64_t)(p * (double)n) + 1; /* the first of those that take longer */
    uint32_t i = 0;
    for (; i < SIM_HISTOGRAM_BUCKETS; i++) {
        here = 0;
        for (int s = 0; s < WINDOW_SLICES; s++)
            here += l->counts[s][i];
        if (before + here >= rank)
            break;
        before += here;
    }
    int64_t low = sim_histogram_bucket_low(i), width = sim_histogram_bucket_high(i) - low;
    double part = ((double)(rank - before) - 0.5) / (double)here;
    sim_time delay = low + (sim_time)(part * (double)width);
    return delay > 0 ? delay : 1;
}

static void advance(struct sim__guard *g)
{
    struct sim__latencies *l = g->latencies;
    int64_t slice = sim__guard_now(g) / (g->policy->hedge.window / WINDOW_SLICES);
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
        l->n[s % WINDOW_SLICES] = 0;
        memset(l->counts[s % WINDOW_SLICES], 0, sizeof l->counts[0]);
    }
    l->slice = slice;
}

void sim__hedge_observe(struct sim__guard *g, sim_time latency)
{
    if (g->latencies == NULL)
        return;
    advance(g);
    struct sim__latencies *l = g->latencies;
    l->counts[l->slice % WINDOW_SLICES][sim_histogram_bucket(latency)]++;
    l->n[l->slice % WINDOW_SLICES]++;
}

static void hedge_due(struct sim *sim, void *node, sim_arg arg)
{
    (void)sim;
    (void)node;
    struct sim__operation *op = arg.p;
    op->timer = SIM_NO_EVENT;
    if (!sim__budget_withdraw(op->guard))
        return;
    op->hedged++;
    sim__try_begin(op, true);
}

void sim__hedge_arm(struct sim__operation *op)
{
    const struct sim_policy *p = sim__policy_of(op);
    if (op->hedged >= p->hedge.extra || sim_is_pending(op->port->owner->sim, op->timer))
        return;
    enum sim_op kind = op->request.op;
    if ((kind == SIM_WRITE || kind == SIM_DELETE) && !p->hedge.writes)
        return;
    sim_time delay = p->hedge.delay;
    if (delay == 0) {
        advance(op->guard);
        delay = op->guard->latencies->delay;
    }
    if (delay == SIM_NEVER)
        return;
    struct sim_node *from = op->port->owner;
    op->timer = sim_after(from->sim, delay, hedge_due, from, (sim_arg){.p = op});
}
