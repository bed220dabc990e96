/* cache_write.c - writes, and all else that the origin has to answer. */
#include "models/cache/cache.h"

/* A write drops its key whatever its outcome: it may have been committed. */
static void invalidate(struct cache *c, uint64_t key)
{
    bool lease = c->stampede == LEASE;
    if (lease)
        sim_refill_void(c->refiller.store, key);
    sim_entries_drop(&c->kept, key, lease && c->lease_stale);
}

static void returned(struct sim *sim, void *self, sim_arg arg, const struct sim_reply *reply)
{
    (void)sim;
    struct cache *c = self;
    sim_call_id call = {arg.u};
    const struct sim_request *request = sim_call_request(&c->node, call);
    bool writes = request->op == SIM_WRITE || request->op == SIM_DELETE;
    if (writes && c->on_write == INVALIDATE && sim_entries_covers(&c->kept, request->space))
        invalidate(c, request->key);
    struct sim_reply failed = {.status = SIM_ERROR};
    sim_answer(&c->node, call, reply->status == SIM_OK ? *reply : failed);
}

void sim__cache_forward(struct cache *c, sim_call_id call, const struct sim_request *request)
{
    sim_count(&c->forwarded);
    sim_call(&c->origin, 0, request, returned, c, (sim_arg){.u = call.key});
}
