/* breaker.c - the circuit breaker: refuses calls that would probably fail.
 *
 * Closed: attempts pass, and their results are counted over a rolling window of ten slices. It
 * opens when at least `calls` ended in the window and the share of failures is `failures` or more;
 * or, if `consecutive` is given, after that many failures in a row. Open: all attempts are refused
 * for a time. Half-open: at most `probes` attempts pass. When all of them succeed it closes and
 * starts counting anew; a failure opens it again. The results of attempts sent before a change of
 * state do not count after it.
 *
 * A failure is an error, a refusal by the callee, a timeout or a loss. Attempts refused by the
 * caller's own limits do not get here, and an attempt given up for a faster one counts as neither.
 *
 * Source: Nygard 2007, Release It!, sec. 5.2; defaults of Hystrix 1.5 (10 s in ten buckets, 20
 * requests, 50 %, 5 s, one request to probe). Theory: tests/theory/test_policies.c. */
#include "policy/policy_state.h"

#include <assert.h>
#include <string.h>

static void change(struct sim_guard *g, enum sim__breaker_state state)
{
    struct sim__breaker *b = &g->breaker;
    int64_t was = b->state != SIM__CLOSED, is = state != SIM__CLOSED;
    uint32_t epoch = b->epoch + 1;
    *b = (struct sim__breaker){.slice = b->slice, .epoch = epoch, .state = (uint8_t)state};
    if (state == SIM__OPEN)
        b->until = sim__guard_now(g) + g->policy->breaker.open;
    sim_gauge_add(&g->from->caller->breaker_open, sim__guard_now(g), is - was);
}

void sim__breaker_reset(struct sim_guard *g)
{
    change(g, SIM__CLOSED);
}

static void advance(struct sim_guard *g)
{
    struct sim__breaker *b = &g->breaker;
    int64_t slice = sim__guard_now(g) / (g->policy->breaker.window / SIM__SLICES);
    if (slice >= b->slice + SIM__SLICES) {
        memset(b->good, 0, sizeof b->good);
        memset(b->bad, 0, sizeof b->bad);
        b->failed = b->ended = 0;
        b->slice = slice;
    }
    while (b->slice < slice) {
        int64_t oldest = ++b->slice % SIM__SLICES;
        b->failed -= b->bad[oldest];
        b->ended -= b->bad[oldest] + b->good[oldest];
        b->bad[oldest] = b->good[oldest] = 0;
    }
}

bool sim__breaker_admit(struct sim_guard *g, struct sim__try *try)
{
    struct sim__breaker *b = &g->breaker;
    if (g->policy->breaker.open == 0)
        return true;
    if (b->state == SIM__OPEN && sim__guard_now(g) >= b->until)
        change(g, SIM__HALF_OPEN);
    try->epoch = b->epoch;
    if (b->state == SIM__CLOSED)
        return true;
    if (b->state == SIM__OPEN || b->probes_out + b->probes_good >= g->policy->breaker.probes)
        return false;
    b->probes_out++;
    return true;
}

static void count(struct sim_guard *g, bool failed)
{
    struct sim__breaker *b = &g->breaker;
    const struct sim_policy *p = g->policy;
    advance(g);
    int64_t now = b->slice % SIM__SLICES;
    b->good[now] += !failed;
    b->bad[now] += failed;
    b->ended++;
    b->failed += failed;
    b->in_a_row = failed ? b->in_a_row + 1 : 0;
    if (!failed)
        return;
    bool share = b->ended >= p->breaker.calls &&
                 (double)b->failed >= p->breaker.failures * (double)b->ended;
    if (share || (p->breaker.consecutive > 0 && b->in_a_row >= p->breaker.consecutive))
        change(g, SIM__OPEN);
}

void sim__breaker_result(struct sim_guard *g, const struct sim__try *try, enum sim__verdict verdict)
{
    struct sim__breaker *b = &g->breaker;
    if (g->policy->breaker.open == 0 || try->epoch != b->epoch)
        return;
    if (b->state == SIM__CLOSED && verdict != SIM__UNKNOWN)
        count(g, verdict == SIM__BAD);
    else if (b->state == SIM__HALF_OPEN) {
        assert(b->probes_out > 0 && "what was sent in this epoch is a probe");
        b->probes_out--;
        b->probes_good += verdict == SIM__GOOD;
        if (verdict == SIM__BAD)
            change(g, SIM__OPEN);
        else if (b->probes_good >= g->policy->breaker.probes)
            change(g, SIM__CLOSED);
    }
}
