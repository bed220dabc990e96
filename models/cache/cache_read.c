/* cache_read.c - reads: what was found, and what becomes of the reader. */
#include "models/cache/cache.h"

/* Answers, recomputes or waits. Returns the counter of what was found. */
static struct sim_counter *look_up(struct cache *c, sim_call_id call,
                                   const struct sim_request *request)
{
    uint32_t place = sim_entries_find(&c->kept, request->key);
    sim_time left = place == SIM_TABLE_NONE ? 0 : sim_entries_left(&c->kept, place);
    if (left > 0 && sim__cache_recomputes_early(c, place, left, call, request))
        return &c->recomputed_early;
    bool stale = place != SIM_TABLE_NONE && left <= 0 && sim__cache_serves_stale(c, request, -left);
    if (left > 0 || stale) {
        sim_count_by(&c->stale_served, stale);
        sim_answer(&c->node, call, sim_entries_use(&c->kept, place));
        return &c->hits;
    }
    sim__cache_miss(c, call, request);
    return &c->misses;
}

static void looked_up(struct sim *sim, void *self, sim_arg arg)
{
    (void)sim;
    struct cache *c = self;
    sim_call_id call = {arg.u};
    const struct sim_request *request = sim_call_request(&c->node, call);
    if (!request) /* lost in a crash since */
        return;
    sim_count(&c->lookups);
    sim_count(look_up(c, call, request));
}

void sim__cache_look_again(struct sim_node *self, sim_call_id call,
                           const struct sim_request *request)
{
    look_up((struct cache *)self, call, request);
}

void sim__cache_read(struct cache *c, sim_call_id call, const struct sim_request *request)
{
    struct sim *sim = c->node.sim;
    sim_arg arg = {.u = call.key};
    if (c->lookup_lane && c->node.slow == 1) {
        sim_entries_prefetch(&c->kept, request->key);
        sim_after_lane(sim, c->lookup_lane, looked_up, c, arg);
        return;
    }
    double takes = (double)sim_dist_draw_time(&c->lookup_time, &c->times) * c->node.slow;
    if (takes > 0)
        sim_after(sim, sim_time_nearest(takes), looked_up, c, arg);
    else
        looked_up(sim, c, arg);
}
