/* budget.c - the retry budget: retries in proportion to calls.
 *
 * Each call deposits `ratio` of a retry, and each retry or hedge withdraws one. Deposits are
 * forgotten after `window`, in ten slices; `minimum` per second is allowed in addition. So over a
 * long time there are at most calls x (1 + ratio) + minimum x time attempts: a withdrawal never
 * brings the sum over a window below -minimum x window.
 *
 * Source: Finagle, RetryBudget (ttl 10 s, minRetriesPerSec 10, percentCanRetry 0.2). gRPC's retry
 * throttling (proposal A6) has the same purpose, but failures are taken out of a bucket of fixed
 * size: it bounds the share of failures, this budget the share of retries. That hedges count is
 * gRPC's rule. */
#include "policy/policy_state.h"

#define MILLIONTHS 1e6

static void advance(struct sim_guard *g, sim_time now)
{
    struct sim__budget *b = &g->budget;
    int64_t slice = now / (g->policy->retry.budget.window / SIM__SLICES);
    if (slice >= b->slice + SIM__SLICES) { /* all deposits are too old */
        *b = (struct sim__budget){.slice = slice};
        return;
    }
    while (b->slice < slice) {
        int64_t *oldest = &b->slices[++b->slice % SIM__SLICES];
        b->sum -= *oldest;
        *oldest = 0;
    }
}

static void put(struct sim__budget *b, int64_t amount)
{
    b->slices[b->slice % SIM__SLICES] += amount;
    b->sum += amount;
}

void sim__budget_deposit(struct sim_guard *g, sim_time now)
{
    if (g->policy->retry.budget.window == 0)
        return;
    advance(g, now);
    put(&g->budget, (int64_t)(g->policy->retry.budget.ratio * MILLIONTHS + 0.5));
}

bool sim__budget_withdraw(struct sim_guard *g, sim_time now)
{
    const struct sim_policy *p = g->policy;
    if (p->retry.budget.window == 0)
        return true;
    advance(g, now);
    double seconds = (double)p->retry.budget.window / 1e9;
    int64_t reserve = (int64_t)(p->retry.budget.minimum * seconds * MILLIONTHS);
    if (g->budget.sum + reserve < (int64_t)MILLIONTHS) {
        sim_count(&g->from->caller->budget_denied);
        return false;
    }
    put(&g->budget, -(int64_t)MILLIONTHS);
    return true;
}
