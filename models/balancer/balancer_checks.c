/* balancer_checks.c - active checks of every node: real requests, which take the node's work and
 * the link's time, and no policy of the balancer's (sim_probe).
 *
 * Each node is checked every `interval`, from a moment within the first that is drawn for it, so
 * that checks are spread. One fails that is not answered OK within `timeout`. So many in a row that
 * say otherwise change what is held of a node. A node that goes silent is therefore found out after
 * U(0, interval) + (unhealthy - 1) x interval + timeout; one that refuses, after a round trip
 * instead of the timeout. The checks of one balancer node are its own. */
#include "models/balancer/balancer.h"

static void checked(struct sim *sim, void *self, sim_arg arg, const struct sim_reply *reply)
{
    (void)sim;
    struct balancer *b = self;
    uint32_t place = (uint32_t)arg.u;
    struct condition *c = &b->conditions[place];
    bool good = reply->status == SIM_OK;
    sim_count_by(&b->checks_failed, !good);
    if (good != c->unhealthy) {
        c->against = 0;
    } else if (++c->against >= (good ? b->checks.healthy : b->checks.unhealthy)) {
        c->against = 0;
        sim__balancer_judge(b, place, !good, c->ejected);
    }
}

static void check(struct sim *sim, void *self, sim_arg arg)
{
    struct balancer *b = self;
    const struct checks *how = &b->checks;
    const struct place *place = &b->places[arg.u];
    sim_time now = sim_now(sim);
    struct sim_request request = {.op = SIM_OTHER,
                                  .cause = SIM_REFRESH,
                                  .key = SIM_NO_KEY,
                                  .bytes = how->bytes,
                                  .intended = now,
                                  .deadline = SIM_NEVER};
    sim_count(&b->checked);
    b->conditions[arg.u].check = sim_after(sim, how->interval, check, b, arg);
    sim_probe(&b->to, place->target, place->node, &request,
              how->timeout > 0 ? how->timeout : how->interval, checked, b, arg);
}

void sim__balancer_checks_start(struct balancer *b)
{
    for (uint32_t i = 0; b->checks.interval > 0 && i < b->count; i++) {
        sim_time phase = (sim_time)sim_draw_below(&b->phases, (uint64_t)b->checks.interval);
        b->conditions[i].check = sim_after(b->node.sim, phase, check, b, (sim_arg){.u = i});
    }
}

void sim__balancer_checks_stop(struct balancer *b)
{
    for (uint32_t i = 0; b->checks.interval > 0 && i < b->count; i++)
        sim_cancel(b->node.sim, b->conditions[i].check);
}

#define IN(group, member) offsetof(struct group, member)
#define HAPROXY "HAProxy 2.x, configuration manual, server options: "
const struct sim_param sim__balancer_check_params[] = {
    SIM_ROW(.name = "interval", .kind = SIM_TIME, .offset = IN(checks, interval),
            .by_default = "2s", .low = 1e6, .high = 8.64e16,
            .doc = "From the beginning of a check of a node to the next.",
            .source = HAPROXY "inter 2 s (AWS ALB: 30 s)"),
    SIM_ROW(.name = "timeout", .kind = SIM_TIME, .offset = IN(checks, timeout), .low = 1,
            .high = 8.64e16, .flags = SIM_OPTIONAL,
            .doc = "A check that takes longer has failed; left out, the interval."),
    SIM_ROW(.name = "unhealthy", .kind = SIM_COUNT, .unit = "checks",
            .offset = IN(checks, unhealthy), .by_default = "3", .low = 1, .high = 1e6,
            .doc = "So many checks in a row must fail until a node is not used.",
            .source = HAPROXY "fall 3 (AWS ALB: 2)"),
    SIM_ROW(.name = "healthy", .kind = SIM_COUNT, .unit = "checks", .offset = IN(checks, healthy),
            .by_default = "2", .low = 1, .high = 1e6,
            .doc = "So many in a row must succeed until it is used again.",
            .source = HAPROXY "rise 2 (AWS ALB: 5)"),
    SIM_ROW(.name = "request_bytes", .kind = SIM_BYTES, .offset = IN(checks, bytes),
            .by_default = "200B", .doc = "Size of a check.",
            .source = "chosen: a GET with a few headers"),
    {0},
};
