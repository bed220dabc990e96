/* limiter.c - the concurrency limit, fixed or adaptive; the rate limit.
 *
 * Concurrency: at most `limit` attempts are out at a time. An attempt whose caller's half has ended
 * holds no slot, even if its callee still works on it. Adaptive limits learn from each attempt that
 * ends. AIMD adds one while at least half of the limit is in use, and multiplies by `decrease` when
 * an attempt timed out, was refused or was lost (Chiu and Jain 1989; as AIMDLimit of Netflix
 * concurrency-limits does). Gradient compares each latency with its long-term average:
 *     new limit = limit x max(1/2, min(1, average / latency)) + 4, smoothed by 0.2
 * as Gradient2Limit of the same library does as of November 2018. The average is arithmetic for the
 * first 10 samples, then exponential over 600. When it exceeds twice the latency, it is cut by a
 * tenth. The limit learns from every attempt, not once per window. Since 2019 the library takes
 * 1.5 x average / latency. That was tried: on a station with constant work the limit grows to
 * `most`, because the average follows the queue that the limit causes.
 *
 * Rate: a token bucket of `burst` tokens, filled at `rate`, by virtual scheduling (ATM Forum 1996,
 * Traffic Management 4.0, sec. 4.4.2, GCRA): its whole state is the time at which it will be full.
 * Tokens are given in the order in which attempts ask. */
#include "policy/policy_state.h"

#include <assert.h>
#include <math.h>

#define QUEUE_ALLOWED 4
#define SMOOTHING 0.2
#define LONG_SAMPLES 600
#define PLAIN_SAMPLES 10

static void set_limit(struct sim_guard *g, int64_t limit)
{
    sim_gauge_add(&g->from->caller->concurrency_limit, sim__guard_now(g), limit - g->limiter.limit);
    g->limiter.limit = limit;
}

void sim__limiter_reset(struct sim_guard *g)
{
    struct sim__limiter *l = &g->limiter;
    sim_gauge_add(&g->from->caller->concurrency, sim__guard_now(g), -l->out);
    *l = (struct sim__limiter){.limit = l->limit, .estimate = (double)g->policy->concurrency.limit};
    set_limit(g, g->policy->concurrency.limit);
}

void sim__limiter_enqueue(struct sim__limiter *l, struct sim__try *try)
{
    try->before = l->last;
    try->behind = NULL;
    if (l->last != NULL)
        l->last->behind = try;
    else
        l->first = try;
    l->last = try;
    l->waiting++;
}

void sim__limiter_dequeue(struct sim__limiter *l, struct sim__try *try)
{
    assert(l->waiting > 0 && l->first != NULL);
    if (try->before != NULL)
        try->before->behind = try->behind;
    else
        l->first = try->behind;
    if (try->behind != NULL)
        try->behind->before = try->before;
    else
        l->last = try->before;
    l->waiting--;
}

void sim__limiter_take(struct sim_guard *g, struct sim__try *try)
{
    assert(g->limiter.out < g->limiter.limit && "the caller saw a free slot");
    try->out = ++g->limiter.out;
    sim_gauge_add(&g->from->caller->concurrency, sim__guard_now(g), 1);
}

void sim__limiter_give(struct sim_guard *g)
{
    assert(g->limiter.out > 0);
    g->limiter.out--;
    sim_gauge_add(&g->from->caller->concurrency, sim__guard_now(g), -1);
}

static double bounded(const struct sim_policy *p, double limit)
{
    return fmax((double)p->concurrency.least, fmin((double)p->concurrency.most, limit));
}

static void learn_aimd(struct sim_guard *g, const struct sim__try *try, bool dropped)
{
    double limit = (double)g->limiter.limit;
    if (dropped)
        limit = fmin(limit - 1, floor(limit * g->policy->concurrency.decrease));
    else if (2 * try->out >= g->limiter.limit)
        limit += 1;
    set_limit(g, (int64_t)bounded(g->policy, limit));
}

static void learn_gradient(struct sim_guard *g, const struct sim__try *try)
{
    struct sim__limiter *l = &g->limiter;
    double latency = fmax(1, (double)(sim__guard_now(g) - try->sent));
    l->samples++;
    double weight = l->samples <= PLAIN_SAMPLES ? 1 / (double)l->samples : 2.0 / (LONG_SAMPLES + 1);
    l->long_term += (latency - l->long_term) * weight;
    double average = l->long_term;
    if (average > 2 * latency) /* a long overload is over */
        l->long_term *= 0.9;
    if (2 * (double)try->out < l->estimate)
        return;
    double gradient = fmax(0.5, fmin(1, average / latency));
    double wanted = l->estimate * gradient + QUEUE_ALLOWED;
    l->estimate = bounded(g->policy, l->estimate + (wanted - l->estimate) * SMOOTHING);
    set_limit(g, (int64_t)l->estimate);
}

void sim__limiter_learn(struct sim_guard *g, const struct sim__try *try, enum sim_status status)
{
    bool answered = sim__is_answer(status);
    bool dropped = status == SIM_TIMEOUT || status == SIM_REFUSED || status == SIM_LOST;
    if (g->policy->concurrency.kind == SIM_CONCURRENCY_AIMD && (answered || dropped))
        learn_aimd(g, try, dropped);
    if (g->policy->concurrency.kind == SIM_CONCURRENCY_GRADIENT &&
        (answered || status == SIM_TIMEOUT))
        learn_gradient(g, try);
}

sim_time sim__bucket_take(struct sim_guard *g, sim_time now, sim_time patience)
{
    struct sim__bucket *b = &g->bucket;
    sim_time wait = 0;
    double interval = 1e9 / g->policy->rate_limit.rate;
    if (b->next < now)
        *b = (struct sim__bucket){.next = now};
    double missing = (double)(b->next - now) + b->next_part -
                     (double)(g->policy->rate_limit.burst - 1) * interval;
    if (missing >= 0.5) /* rounded to the nearest ns */
        wait = missing < 9e18 ? (sim_time)ceil(missing - 0.5) : SIM_NEVER;
    if (wait > patience)
        return SIM_NEVER;
    double whole = floor(b->next_part + interval);
    b->next_part += interval - whole;
    b->next += (sim_time)whole;
    return now + wait;
}
