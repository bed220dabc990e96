/* cache_stampede.c - who recomputes a key that many ask for: the six answers that cache.c lists. */
#include "models/cache/cache.h"

static void recomputed(struct sim *sim, void *self, sim_arg arg, const struct sim_reply *reply)
{
    struct cache *c = self;
    struct sim_reply passed = *reply;
    const struct sim_refill *refill = arg.p;
    if (passed.status != SIM_OK)
        passed = (struct sim_reply){.status = SIM_ERROR};
    else if (c->stampede == LEASE &&
             !sim_refill_holds(c->refiller.store, refill->key, refill->token, sim_now(sim)))
        sim_count(&c->sets_dropped);
    else
        sim_entries_put(&c->kept, refill->key, reply->version, sim_now(sim) - refill->began);
    sim_refill_end(&c->refiller, arg.p, passed);
}

/* Reads the origin for `call`, or for nobody to refresh. True: nobody else was at this key. */
static bool recompute(struct cache *c, sim_call_id call, const struct sim_request *request,
                      uint64_t token)
{
    struct sim_refill *refill = sim_refill_begin(&c->refiller, request->key, call, token);
    if (!refill)
        return false;
    sim_call(&c->origin, 0, request, recomputed, c, (sim_arg){.p = refill});
    return refill->running == 1;
}

static const enum sim_refill_rule rules[] = {
    [NONE] = SIM_REFILL_EACH,      [SINGLE_FLIGHT] = SIM_REFILL_ONE_PER_NODE,
    [LOCK] = SIM_REFILL_ONE_TOKEN, [LEASE] = SIM_REFILL_ONE_TOKEN,
    [XFETCH] = SIM_REFILL_EACH,    [REVALIDATE] = SIM_REFILL_ONE_PER_NODE,
};

void sim__cache_miss(struct cache *c, sim_call_id call, const struct sim_request *request)
{
    uint64_t token;
    if (sim_refill_may(&c->refiller, rules[c->stampede], request->key, call, &token))
        recompute(c, call, request, token);
}

bool sim__cache_recomputes_early(struct cache *c, uint32_t place, sim_time left, sim_call_id call,
                                 const struct sim_request *request)
{
    if (c->stampede != XFETCH ||
        c->beta * sim_entries_took(&c->kept, place) * sim_draw_exponential(&c->early) <
            (double)left)
        return false;
    if (recompute(c, call, request, 0))
        sim_histogram_record(&c->earliness, left);
    return true;
}

bool sim__cache_serves_stale(struct cache *c, const struct sim_request *request,
                             sim_time expired_for)
{
    struct sim_refills *refills = c->refiller.store;
    if (expired_for > c->kept.stale_window)
        return false;
    if (c->stampede == LEASE) /* who gets the lease recomputes, the others need not wait */
        return c->lease_stale && sim_refill_holds(refills, request->key, 0, sim_now(c->node.sim));
    if (c->stampede != REVALIDATE)
        return false;
    if (sim_refill_running(refills, request->key) == 0) {
        struct sim_request refresh = *request;
        uint64_t token;
        refresh.deadline = SIM_NEVER;
        refresh.cause = sim_cause_of(refresh.cause, SIM_REFRESH);
        sim_refill_may(&c->refiller, SIM_REFILL_ONE_PER_NODE, request->key, (sim_call_id){0},
                       &token);
        recompute(c, (sim_call_id){0}, &refresh, token);
    }
    return true;
}
