/* balancer_outlier.c - outlier detection: what the outcomes of requests say of a node.
 *
 * After Envoy ("outlier detection", its names and defaults): a node is ejected when so many
 * requests in a row fail there; or at a sweep, every `interval`, when the share of its requests
 * that succeed is below the mean of all nodes less so many standard deviations, where enough nodes
 * had enough requests. It stays away for base_ejection_time, the second time in a row for twice
 * that, and so on up to the maximum; each sweep that finds it back takes one off. One node may
 * always be ejected, more only up to a share of all. A node comes back at the very end of its
 * ejection, in Envoy at the sweep after it. */
#include "models/balancer/balancer.h"

#include <math.h>

static void comes_back(struct sim *sim, void *self, sim_arg arg)
{
    (void)sim;
    struct balancer *b = self;
    struct condition *c = &b->conditions[arg.u];
    c->failures = 0;
    sim__balancer_judge(b, (uint32_t)arg.u, c->unhealthy, false);
}

static void eject(struct balancer *b, uint32_t place)
{
    struct condition *c = &b->conditions[place];
    const struct outlier *o = &b->outlier;
    double after = (double)b->ejected.value + 1;
    if (c->ejected || (after > 1 && after > o->most * b->count))
        return;
    c->multiplier++;
    double lasts = fmin((double)o->base * (double)c->multiplier, (double)o->longest);
    sim_count(&b->ejections);
    c->back = sim_after(b->node.sim, sim_time_nearest(lasts), comes_back, b, (sim_arg){.u = place});
    sim__balancer_judge(b, place, c->unhealthy, true);
}

void sim__balancer_outcome(struct balancer *b, uint32_t place, bool good)
{
    if (b->outlier.interval == 0)
        return;
    struct condition *c = &b->conditions[place];
    c->all++;
    c->good += good;
    c->failures = good ? 0 : c->failures + 1;
    if (c->failures >= b->outlier.failures)
        eject(b, place);
}

static bool counts(const struct balancer *b, uint32_t i)
{
    return b->conditions[i].all >= (uint64_t)b->outlier.requests;
}

static double share_of(const struct balancer *b, uint32_t i)
{
    return (double)b->conditions[i].good / (double)b->conditions[i].all;
}

/* Below which share of success a node is an outlier; below 0: none is. */
static double threshold(const struct balancer *b)
{
    double n = 0, sum = 0, squares = 0;
    for (uint32_t i = 0; i < b->count; i++)
        if (counts(b, i)) {
            n++;
            sum += share_of(b, i);
        }
    if (n < (double)b->outlier.nodes)
        return -1;
    for (uint32_t i = 0; i < b->count; i++)
        if (counts(b, i))
            squares += (share_of(b, i) - sum / n) * (share_of(b, i) - sum / n);
    return sum / n - b->outlier.deviations * sqrt(squares / n);
}

static void sweep(struct sim *sim, void *self, sim_arg arg)
{
    struct balancer *b = self;
    b->sweep = sim_after(sim, b->outlier.interval, sweep, b, arg);
    double least = threshold(b);
    for (uint32_t i = 0; i < b->count; i++) {
        struct condition *c = &b->conditions[i];
        if (!c->ejected && c->multiplier > 0)
            c->multiplier--;
        if (counts(b, i) && share_of(b, i) < least)
            eject(b, i);
        c->good = c->all = 0;
    }
}

void sim__balancer_outlier_start(struct balancer *b)
{
    if (b->outlier.interval > 0)
        b->sweep = sim_after(b->node.sim, b->outlier.interval, sweep, b, (sim_arg){0});
}

void sim__balancer_outlier_stop(struct balancer *b)
{
    sim_cancel(b->node.sim, b->sweep);
    for (uint32_t i = 0; i < b->count; i++)
        sim_cancel(b->node.sim, b->conditions[i].back);
}

#define IN(group, member) offsetof(struct group, member)
#define ENVOY_OUTLIER "Envoy 1.2x, config.cluster.v3.OutlierDetection: "
const struct sim_param sim__balancer_outlier_params[] = {
    SIM_ROW(.name = "consecutive_failures", .kind = SIM_COUNT, .unit = "requests",
            .offset = IN(outlier, failures), .by_default = "5", .low = 1, .high = 1e9,
            .doc = "A node is ejected when so many requests in a row fail there.",
            .source = ENVOY_OUTLIER "consecutive_5xx 5"),
    SIM_ROW(.name = "interval", .kind = SIM_TIME, .offset = IN(outlier, interval),
            .by_default = "10s", .low = 1e6, .high = 8.64e16,
            .doc = "From one sweep, which compares the nodes' shares of success, to the next.",
            .source = ENVOY_OUTLIER "interval 10 s"),
    SIM_ROW(.name = "base_ejection_time", .kind = SIM_TIME, .offset = IN(outlier, base),
            .by_default = "30s", .low = 1, .high = 8.64e16,
            .doc = "The first ejection in a row lasts so long, the n-th n times as long.",
            .source = ENVOY_OUTLIER "base_ejection_time 30 s"),
    SIM_ROW(.name = "max_ejection_time", .kind = SIM_TIME, .offset = IN(outlier, longest),
            .by_default = "300s", .low = 1, .high = 8.64e16, .doc = "But no longer than this.",
            .source = ENVOY_OUTLIER "max_ejection_time 300 s"),
    SIM_ROW(.name = "max_ejected", .kind = SIM_FRACTION, .offset = IN(outlier, most),
            .by_default = "10%", .low = 0, .high = 1,
            .doc = "Of all nodes at most this share is ejected at a time; one always may be.",
            .source = ENVOY_OUTLIER "max_ejection_percent 10, \"at least one host\""),
    SIM_ROW(.name = "success_rate_nodes", .kind = SIM_COUNT, .unit = "nodes",
            .offset = IN(outlier, nodes), .by_default = "5", .low = 1, .high = 1e9,
            .doc = "Shares of success are compared when so many nodes had enough requests.",
            .source = ENVOY_OUTLIER "success_rate_minimum_hosts 5"),
    SIM_ROW(.name = "success_rate_requests", .kind = SIM_COUNT, .unit = "requests",
            .offset = IN(outlier, requests), .by_default = "100", .low = 1, .high = 1e9,
            .doc = "So many requests in an interval are enough.",
            .source = ENVOY_OUTLIER "success_rate_request_volume 100"),
    SIM_ROW(.name = "success_rate_deviations", .kind = SIM_NUMBER,
            .offset = IN(outlier, deviations), .by_default = "1.9", .low = 0, .high = 1000,
            .doc = "A node is ejected whose share is below the mean of all less so many standard "
                   "deviations of them.",
            .source = ENVOY_OUTLIER "success_rate_stdev_factor 1900"),
    {0},
};
