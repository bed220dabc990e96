/* policy.c - the parameters of a caller's policy, and its guards.
 *
 * A guard for each caller node and target is made with the world, if the policy needs it. A crash
 * of the caller resets it. */
#include "policy/policy_state.h"

#include <stdio.h>

static const char *const growth_names[] = {"constant", "exponential", NULL};
static const char *const jitter_names[] = {"none", "equal", "full", "decorrelated", NULL};
static const char *const concurrency_names[] = {"fixed", "aimd", "gradient", NULL};

#define WITHIN(group, field)                                                                       \
    offsetof(struct sim_policy, group.field) - offsetof(struct sim_policy, group)
#define BROOKER "Brooker, AWS Architecture Blog, 2015"
#define FINAGLE "Finagle, RetryBudget: "
#define HYSTRIX "Hystrix 1.5, "
#define NETFLIX "Netflix concurrency-limits, "

static const struct sim_param budget_params[] = {
    SIM_ROW(.name = "ratio", .kind = SIM_NUMBER, .offset = WITHIN(retry.budget, ratio),
            .by_default = "0.2", .low = 0, .high = 1000,
            .doc = "Retries and hedges allowed per call.", .source = FINAGLE "percentCanRetry 0.2"),
    SIM_ROW(.name = "minimum", .kind = SIM_RATE, .offset = WITHIN(retry.budget, minimum),
            .by_default = "10/s", .doc = "Retries and hedges allowed in addition, to each target.",
            .source = FINAGLE "minRetriesPerSec 10"),
    SIM_ROW(.name = "window", .kind = SIM_TIME, .offset = WITHIN(retry.budget, window),
            .by_default = "10s", .low = 1e9, .high = 3.6e12,
            .doc = "How long a call counts for the retries it allows.",
            .source = FINAGLE "ttl 10 s"),
    {.name = NULL},
};

static const struct sim_param retry_params[] = {
    SIM_ROW(.name = "attempts", .kind = SIM_COUNT, .offset = WITHIN(retry, attempts),
            .by_default = "1", .low = 1, .high = 1000,
            .doc = "Tries in all, the first included; 1 is no retry.",
            .source = "chosen: no load is added that the scenario does not state"),
    SIM_ROW(.name = "backoff", .kind = SIM_TIME, .offset = WITHIN(retry, backoff),
            .by_default = "0s", .doc = "Wait before the first retry.",
            .source = "chosen: the naive client retries at once"),
    SIM_ROW(.name = "cap", .kind = SIM_TIME, .offset = WITHIN(retry, cap), .by_default = "20s",
            .doc = "The wait never grows beyond this.",
            .source = "AWS SDKs, standard retry mode: maximum backoff 20 s"),
    SIM_ROW(.name = "growth", .kind = SIM_CHOICE, .offset = WITHIN(retry, growth),
            .by_default = "exponential", .choices = growth_names,
            .doc = "Whether the wait doubles with each retry.", .source = BROOKER),
    SIM_ROW(.name = "jitter", .kind = SIM_CHOICE, .offset = WITHIN(retry, jitter),
            .by_default = "none", .choices = jitter_names,
            .doc = "How the wait is spread at random.", .source = BROOKER),
    SIM_ROW(.name = "refused_is_final", .kind = SIM_BOOL, .offset = WITHIN(retry, refused_is_final),
            .by_default = "false",
            .doc = "Whether a refusal by the caller's own limits or breaker is not tried again.",
            .source = "chosen: after a backoff there may be room"),
    SIM_ROW(.name = "budget", .kind = SIM_GROUP, .offset = WITHIN(retry, budget),
            .flags = SIM_OPTIONAL, .fields = budget_params,
            .doc = "Limits retries to a share of the calls. Left out: no such limit."),
    {.name = NULL},
};

static const struct sim_param hedge_params[] = {
    SIM_ROW(.name = "extra", .kind = SIM_COUNT, .offset = WITHIN(hedge, extra), .by_default = "1",
            .low = 1, .high = 100, .doc = "Attempts besides each first one, at most.",
            .source = "Dean and Barroso 2013, The Tail at Scale: a secondary request"),
    SIM_ROW(.name = "delay", .kind = SIM_TIME, .offset = WITHIN(hedge, delay), .low = 1,
            .high = 8.64e16, .flags = SIM_OPTIONAL,
            .doc = "A hedge is sent when the attempt before it has been out for this long."),
    SIM_ROW(.name = "percentile", .kind = SIM_FRACTION, .offset = WITHIN(hedge, percentile),
            .low = 0.01, .high = 0.9999, .flags = SIM_OPTIONAL,
            .doc = "In place of `delay`: this percentile of the latencies of first attempts."),
    SIM_ROW(.name = "window", .kind = SIM_TIME, .offset = WITHIN(hedge, window),
            .by_default = "30s", .low = 1e6, .high = 3.6e12,
            .doc = "The percentile covers the first attempts of this last span of time.",
            .source = "chosen: three slices of 10 s, thousands of attempts at 100/s"),
    SIM_ROW(.name = "samples", .kind = SIM_COUNT, .offset = WITHIN(hedge, samples),
            .by_default = "100", .low = 1, .high = 1e9,
            .doc = "With fewer first attempts in the window, nothing is hedged.",
            .source = "chosen: five of a hundred lie above the 95th percentile"),
    SIM_ROW(.name = "writes", .kind = SIM_BOOL, .offset = WITHIN(hedge, writes),
            .by_default = "false", .doc = "Whether writes and deletes are hedged too.",
            .source = "chosen: both of a hedged write are done; Dean and Barroso 2013 hedge reads"),
    {.name = NULL},
};

static const struct sim_param breaker_params[] = {
    SIM_ROW(.name = "failures", .kind = SIM_FRACTION, .offset = WITHIN(breaker, failures),
            .by_default = "0.5", .low = 1e-6, .high = 1,
            .doc = "It opens when this share of the attempts in the window failed.",
            .source = HYSTRIX "circuitBreaker.errorThresholdPercentage 50"),
    SIM_ROW(.name = "calls", .kind = SIM_COUNT, .offset = WITHIN(breaker, calls),
            .by_default = "20", .low = 1, .high = 1e9,
            .doc = "With fewer attempts in the window, the breaker ignores their share.",
            .source = HYSTRIX "circuitBreaker.requestVolumeThreshold 20"),
    SIM_ROW(.name = "window", .kind = SIM_TIME, .offset = WITHIN(breaker, window),
            .by_default = "10s", .low = 1e6, .high = 3.6e12,
            .doc = "The time over which attempts are counted, in ten slices.",
            .source = HYSTRIX "metrics.rollingStats.timeInMilliseconds 10000, ten buckets"),
    SIM_ROW(.name = "consecutive", .kind = SIM_COUNT, .offset = WITHIN(breaker, consecutive),
            .low = 1, .high = 1e9, .flags = SIM_OPTIONAL,
            .doc = "It also opens after this many failures in a row."),
    SIM_ROW(.name = "open", .kind = SIM_TIME, .offset = WITHIN(breaker, open), .by_default = "5s",
            .low = 1, .high = 8.64e16, .doc = "How long it refuses everything before it probes.",
            .source = HYSTRIX "circuitBreaker.sleepWindowInMilliseconds 5000"),
    SIM_ROW(.name = "probes", .kind = SIM_COUNT, .offset = WITHIN(breaker, probes),
            .by_default = "1", .low = 1, .high = 1e6,
            .doc = "Attempts let pass while half-open; all must succeed.",
            .source = "Nygard 2007, Release It!, sec. 5.2: the next call"),
    {.name = NULL},
};

static const struct sim_param concurrency_params[] = {
    SIM_ROW(.name = "limit", .kind = SIM_COUNT, .offset = WITHIN(concurrency, limit), .low = 1,
            .high = 1e9, .flags = SIM_REQUIRED,
            .doc = "Attempts that may be out at a time, to each target. If it adapts: at first."),
    SIM_ROW(.name = "kind", .kind = SIM_CHOICE, .offset = WITHIN(concurrency, kind),
            .by_default = "fixed", .choices = concurrency_names,
            .doc = "Whether and how it adapts.",
            .source = "Nygard 2007, Release It!, sec. 5.3: bulkheads of a fixed size"),
    SIM_ROW(.name = "least", .kind = SIM_COUNT, .offset = WITHIN(concurrency, least),
            .by_default = "1", .low = 1, .high = 1e9, .doc = "It does not adapt below this.",
            .source = NETFLIX "AIMDLimit: 1"),
    SIM_ROW(.name = "most", .kind = SIM_COUNT, .offset = WITHIN(concurrency, most),
            .by_default = "200", .low = 1, .high = 1e9, .doc = "It does not adapt above this.",
            .source = NETFLIX "Gradient2Limit: maxConcurrency 200"),
    SIM_ROW(.name = "decrease", .kind = SIM_FRACTION, .offset = WITHIN(concurrency, decrease),
            .by_default = "0.9", .low = 0.01, .high = 0.99,
            .doc = "A timeout, refusal or loss multiplies an \"aimd\" limit by this.",
            .source = NETFLIX "AIMDLimit: backoffRatio 0.9"),
    SIM_ROW(.name = "wait", .kind = SIM_TIME, .offset = WITHIN(concurrency, wait),
            .by_default = "0s",
            .doc = "How long an attempt may wait for a slot; 0s: it is refused at once.",
            .source = "resilience4j, Bulkhead: maxWaitDuration 0"),
    SIM_ROW(.name = "queue", .kind = SIM_COUNT, .unit = "attempts",
            .offset = WITHIN(concurrency, queue), .by_default = "unlimited",
            .doc = "Attempts that may wait for a slot; one more is refused.",
            .source = "chosen: the wait is the bound"),
    {.name = NULL},
};

static const struct sim_param rate_params[] = {
    SIM_ROW(.name = "rate", .kind = SIM_RATE, .offset = WITHIN(rate_limit, rate), .low = 1e-6,
            .high = 1e12, .flags = SIM_REQUIRED, .doc = "Attempts per second, to each target."),
    SIM_ROW(.name = "burst", .kind = SIM_COUNT, .offset = WITHIN(rate_limit, burst),
            .by_default = "1", .low = 1, .high = 1e9,
            .doc = "Tokens the bucket holds: attempts at once after a pause.",
            .source = "chosen: evenly spaced, as a leaky bucket"),
    SIM_ROW(.name = "wait", .kind = SIM_TIME, .offset = WITHIN(rate_limit, wait),
            .by_default = "0s",
            .doc = "How long an attempt may wait for its token; 0s: it is refused at once.",
            .source = "chosen: as for the concurrency limit"),
    {.name = NULL},
};

#define POLICY(field) offsetof(struct sim_policy, field)

const struct sim_param sim_policy_params[] = {
    SIM_ROW(.name = "timeout", .kind = SIM_TIME, .offset = POLICY(timeout),
            .flags = SIM_OPTIONAL | SIM_OR_NONE,
            .doc = "How long each attempt waits for its answer; without it, for ever."),
    SIM_ROW(.name = "deadline", .kind = SIM_TIME, .offset = POLICY(deadline),
            .flags = SIM_OPTIONAL | SIM_OR_NONE,
            .doc =
                "How long the whole call may take, retries included; passed on to those called."),
    SIM_ROW(.name = "pass_timeout", .kind = SIM_BOOL, .offset = POLICY(pass_timeout),
            .flags = SIM_OPTIONAL,
            .doc = "Whether an attempt's timeout is passed on as its deadline, which those called "
                   "then keep for their own calls and for whom they drop. Left out, it is not."),
    SIM_ROW(.name = "retry", .kind = SIM_GROUP, .offset = POLICY(retry), .fields = retry_params,
            .doc = "Trying again after a failure, a refusal, a timeout or a loss."),
    SIM_ROW(.name = "hedge", .kind = SIM_GROUP, .offset = POLICY(hedge), .flags = SIM_OPTIONAL,
            .fields = hedge_params,
            .doc = "Another attempt while one is still out; the first answer wins."),
    SIM_ROW(.name = "breaker", .kind = SIM_GROUP, .offset = POLICY(breaker), .flags = SIM_OPTIONAL,
            .fields = breaker_params, .doc = "Refusing for a while what has been failing."),
    SIM_ROW(.name = "concurrency", .kind = SIM_GROUP, .offset = POLICY(concurrency),
            .flags = SIM_OPTIONAL, .fields = concurrency_params,
            .doc = "A limit of the attempts that are out at a time."),
    SIM_ROW(.name = "rate_limit", .kind = SIM_GROUP, .offset = POLICY(rate_limit),
            .flags = SIM_OPTIONAL, .fields = rate_params,
            .doc = "A limit of the attempts per second."),
    {.name = NULL},
};

static int refuse(const char **about, const char *name, struct sim_error *error, const char *why)
{
    *about = name;
    snprintf(error->text, sizeof error->text, "%s", why);
    return -1;
}

int sim_policy_sound(const struct sim_policy *p, const char **about, struct sim_error *error)
{
    if (p->hedge.extra > 0 && (p->hedge.delay > 0) == (p->hedge.percentile > 0))
        return refuse(about, "hedge", error,
                      p->hedge.delay > 0 ? "delay and percentile exclude one another: give one"
                                         : "when? Give a delay, such as \"20ms\", or a percentile, "
                                           "such as 0.95");
    if (p->hedge.delay > 0 && p->timeout != 0 && p->hedge.delay >= p->timeout)
        return refuse(about, "hedge", error,
                      "no hedge would ever be sent: its delay must be shorter than the timeout");
    if (p->pass_timeout && p->timeout == 0)
        return refuse(about, "pass_timeout", error,
                      "there is no timeout that could be passed on: give \"timeout\"");
    if (p->retry.budget.window > 0 && p->retry.attempts <= 1 && p->hedge.extra == 0)
        return refuse(about, "retry", error,
                      "a budget without retries: attempts must be 2 or more, or calls hedged");
    if (p->concurrency.kind == SIM_CONCURRENCY_FIXED ||
        (p->concurrency.limit >= p->concurrency.least &&
         p->concurrency.limit <= p->concurrency.most))
        return 0;
    *about = "concurrency";
    snprintf(error->text, sizeof error->text,
             "the limit it begins with, %lld, must lie from least, %lld, to most, %lld",
             (long long)p->concurrency.limit, (long long)p->concurrency.least,
             (long long)p->concurrency.most);
    return -1;
}

/* ---- what is remembered ---------------------------------------------------------------------- */

static bool needs_guard(const struct sim_policy *p)
{
    return p->retry.budget.window > 0 || p->hedge.extra > 0 || p->breaker.open > 0 ||
           p->concurrency.limit > 0 || p->rate_limit.rate > 0;
}

bool sim__policy_is_plain(const struct sim_policy *p)
{
    return p->retry.attempts <= 1 && p->deadline == 0 && p->timeout >= 0 && !p->pass_timeout &&
           !needs_guard(p);
}

int sim__guards_make(struct sim_node *node, uint32_t count, struct sim_guard **guards)
{
    const struct sim_policy *p = &node->component->plan->policy;
    *guards = NULL;
    if (!needs_guard(p) || count == 0)
        return 0;
    *guards = sim__world_alloc(node->world, count, sizeof **guards);
    if (*guards == NULL)
        return -1;
    for (uint32_t i = 0; i < count; i++) {
        struct sim_guard *g = &(*guards)[i];
        *g = (struct sim_guard){.from = node, .policy = p};
        sim__limiter_reset(g);
        if (sim__hedge_make(g) != 0)
            return -1;
    }
    return 0;
}

static struct sim_port *port_at(const struct sim_node *node, uint32_t k)
{
    return (struct sim_port *)((char *)node + node->model->ports[k].offset);
}

static uint32_t port_count(const struct sim_node *node)
{
    uint32_t n = 0;
    while (node->model->ports != NULL && node->model->ports[n].name != NULL)
        n++;
    return n;
}

void sim__guards_reset(struct sim_node *node)
{
    for (uint32_t k = 0; k < port_count(node); k++) {
        const struct sim_port *port = port_at(node, k);
        for (uint32_t t = 0; port->guards != NULL && t < port->target_count; t++) {
            struct sim_guard *g = &port->guards[t];
            g->budget = (struct sim__budget){0};
            g->bucket = (struct sim__bucket){0};
            sim__breaker_reset(g);
            sim__limiter_reset(g);
            sim__hedge_reset(g);
        }
    }
}

uint64_t sim__guards_slots(const struct sim_world *w)
{
    uint64_t slots = 0;
    for (uint32_t c = 0; c < w->component_count; c++)
        for (uint32_t n = 0; n < w->components[c].plan->nodes; n++) {
            const struct sim_node *node = w->components[c].nodes[n];
            for (uint32_t k = 0; k < port_count(node); k++) {
                const struct sim_port *port = port_at(node, k);
                for (uint32_t t = 0; port->guards != NULL && t < port->target_count; t++)
                    slots += (uint64_t)port->guards[t].limiter.out;
            }
        }
    return slots;
}
