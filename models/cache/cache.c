/* cache - a read-through cache: it answers what it keeps, and asks its origin for what it does not.
 *
 * Models: the least recently used keys of a keyspace, each until its lifetime ends. A read takes
 * lookup_time; a hit is answered, a miss recomputed by a read of the origin and kept with the
 * version that read saw: a slow one may put an old value over a newer, as in real caches. Writes
 * and deletes go to the origin; when they return, the key is dropped. Each node keeps its own keys,
 * or all are front ends of one store (`sharing`). An expired key keeps its place until it is looked
 * up or pushed out. `stampede` says who recomputes:
 *   none             every reader who misses
 *   single-flight    one for each key and node; the others get what it gets, when it gets it
 *   lock             one for each key and store, token_ttl at most; others look again and again
 *   lease            the same with a token that a drop of the key voids, so that what was read
 *                    before a write is not kept after it (Nishtala et al. 2013, sec. 3.2.1); the
 *                    others may be given the expired or dropped value (lease_stale)
 *   xfetch           every reader who misses; and, before the expiry, one for whom
 *                    now - delta beta ln(U) >= expiry (Vattani et al. 2015), who waits
 *   stale-while-revalidate  expired values serve for stale_window while one refresh for each store
 *                    is under way (RFC 5861, sec. 3); after it, a miss is a single flight
 * Leaves out: its own load (lookups never queue), sizes, negative entries, lost invalidations.
 * Source: as named; least recently used: Che, Tung and Wang 2002; lifetimes: Jung, Berger and
 * Balakrishnan 2003. Validated by tests/theory/ and tests/model/test_cache.c. Bytes for each cached
 * key: 24 (sim/table.h). Streams: lookup, jitter, early. Invariants: lookups are hits, misses and
 * early; keys kept <= capacity; who waits, waits for a recomputation. */
#include "sim/model.h"

enum { NONE, SINGLE_FLIGHT, LOCK, LEASE, XFETCH, REVALIDATE }; /* stampede */
enum { INVALIDATE, IGNORE };                                   /* on_write */

struct cache {
    struct sim_node node;
    struct sim_port origin;
    struct sim_kept kept;
    struct sim_refiller refiller;
    int stampede, on_write;
    double beta;
    struct sim_dist lookup_time;
    bool lease_stale;

    struct sim_stream times, early;
    struct sim_lane *lookup_lane; /* NULL unless lookup_time is constant and above 0 */
    struct sim_counter lookups, hits, misses, recomputed_early, stale_served, sets_dropped,
        forwarded;
    struct sim_histogram earliness;
};

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
        sim_kept_put(&c->kept, refill->key, reply->version, sim_now(sim) - refill->began);
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

/* Whether an expired value may be given to this reader; sees to a refresh. */
static bool may_serve_stale(struct cache *c, const struct sim_request *request,
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

/* Answers, recomputes or waits. Returns the counter of what was found. */
static struct sim_counter *look_up(struct cache *c, sim_call_id call,
                                   const struct sim_request *request)
{
    uint32_t place = sim_kept_find(&c->kept, request->key);
    sim_time left = place == SIM_TABLE_NONE ? 0 : sim_kept_left(&c->kept, place);
    uint64_t token;
    if (left > 0 && c->stampede == XFETCH &&
        c->beta * sim_kept_took(&c->kept, place) * sim_draw_exponential(&c->early) >=
            (double)left) {
        if (recompute(c, call, request, 0))
            sim_histogram_record(&c->earliness, left);
        return &c->recomputed_early;
    }
    bool stale = place != SIM_TABLE_NONE && left <= 0 && may_serve_stale(c, request, -left);
    if (left > 0 || stale) {
        sim_count_by(&c->stale_served, stale);
        sim_answer(&c->node, call, sim_kept_use(&c->kept, place));
        return &c->hits;
    }
    if (sim_refill_may(&c->refiller, rules[c->stampede], request->key, call, &token))
        recompute(c, call, request, token);
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

static void look_again(struct sim_node *self, sim_call_id call, const struct sim_request *request)
{
    look_up((struct cache *)self, call, request);
}

static void returned(struct sim *sim, void *self, sim_arg arg, const struct sim_reply *reply)
{
    (void)sim;
    struct cache *c = self;
    sim_call_id call = {arg.u};
    const struct sim_request *request = sim_call_request(&c->node, call);
    bool writes = request->op == SIM_WRITE || request->op == SIM_DELETE;
    if (writes && c->on_write == INVALIDATE && sim_kept_covers(&c->kept, request->space)) {
        /* whatever the outcome: it may have been committed */
        bool lease = c->stampede == LEASE;
        if (lease)
            sim_refill_void(c->refiller.store, request->key);
        sim_kept_drop(&c->kept, request->key, lease && c->lease_stale);
    }
    struct sim_reply failed = {.status = SIM_ERROR};
    sim_answer(&c->node, call, reply->status == SIM_OK ? *reply : failed);
}

static void serve(struct sim_node *self, sim_call_id call, const struct sim_request *request)
{
    struct cache *c = (struct cache *)self;
    sim_arg arg = {.u = call.key};
    if (request->op != SIM_READ || !sim_kept_covers(&c->kept, request->space)) {
        sim_count(&c->forwarded);
        sim_call(&c->origin, 0, request, returned, c, arg);
    } else if (c->lookup_lane && self->slow == 1) {
        sim_kept_prefetch(&c->kept, request->key);
        sim_after_lane(self->sim, c->lookup_lane, looked_up, c, arg);
    } else {
        double takes = (double)sim_dist_draw_time(&c->lookup_time, &c->times) * self->slow;
        if (takes > 0)
            sim_after(self->sim, sim_time_nearest(takes), looked_up, c, arg);
        else
            looked_up(self->sim, c, arg);
    }
}

static void expect(const struct sim_node *self, const struct sim_request *request)
{
    sim_kept_expect(&((const struct cache *)self)->kept, request);
}

static int init(struct sim_node *self, struct sim_error *error)
{
    struct cache *c = (struct cache *)self;
    sim_node_stream(self, "lookup", &c->times);
    sim_node_stream(self, "early", &c->early);
    double takes = sim_dist_mean(&c->lookup_time);
    if (c->lookup_time.kind == SIM_DIST_CONSTANT && takes > 0)
        c->lookup_lane = sim_lane(self->sim, sim_time_nearest(takes));
    if (sim_kept_init(&c->kept, self, c->stampede == XFETCH) != 0 ||
        sim_refill_node_init(&c->refiller, self, &c->kept.store->refills, look_again) != 0)
        return sim_refuse(error, "out of memory");
    return 0;
}

static void fault(struct sim_node *self, enum sim_fault_kind kind)
{
    struct cache *c = (struct cache *)self;
    bool crash = kind == SIM_FAULT_CRASH;
    if (crash)
        sim_refill_crash(&c->refiller);
    if (kind == SIM_FAULT_FLUSH || (crash && c->kept.sharing == SIM_KEPT_OWN))
        sim_kept_clear(&c->kept, crash);
}

SIM_KEPT_HOOKS(struct cache, kept)

static void changed(struct sim_node *self, const struct sim_param *param)
{
    (void)param;
    sim_kept_changed(&((struct cache *)self)->kept);
}

static int check(const struct sim_node *self, struct sim_error *error)
{
    const struct cache *c = (const struct cache *)self;
    if (c->lookups.count != c->hits.count + c->misses.count + c->recomputed_early.count)
        return sim_refuse(error, "lookups are not hits, misses and early recomputations");
    const char *why = sim_kept_check(&c->kept);
    why = why ? why : sim_refill_check(&c->refiller);
    return why ? sim_refuse(error, why) : 0;
}

#define OF(member) offsetof(struct cache, member)
#define COUNT(name, member, worse, doc)                                                            \
    {                                                                                              \
        name, SIM_COUNTER, "requests", doc, .offset = OF(member), .flags = worse                   \
    }
static const char *const on_writes[] = {"invalidate", "none", NULL};
static const char *const stampedes[] = {"none",   "single-flight",          "lock", "lease",
                                        "xfetch", "stale-while-revalidate", NULL};

static const struct sim_param params[] = {
    SIM_KEPT_PARAMS(struct cache, kept),
    {"lookup_time", SIM_DISTRIBUTION, OF(lookup_time), "10us", .flags = SIM_WORK,
     .doc = "From a read's arrival to its hit or miss.",
     .source = "chosen: the order of a memcached get on its server"},
    {"stampede", SIM_CHOICE, OF(stampede), "none", .choices = stampedes,
     .doc = "Who recomputes a key that many ask for.", .source = "chosen: no protection"},
    SIM_REFILL_PARAMS(struct cache, refiller),
    {"lease_stale", SIM_BOOL, OF(lease_stale), "false",
     .doc = "Whether readers without the lease are given the old value, within stale_window.",
     .source = "chosen: not every application can go on with an old value (Nishtala et al. 2013)"},
    {"beta", SIM_NUMBER, OF(beta), "1", 0, 1e6, SIM_CHANGEABLE,
     .doc = "XFetch: above 1 recomputes earlier.",
     .source = "Vattani, Chierichetti and Lowenstein 2015: 1 is optimal"},
    {"on_write", SIM_CHOICE, OF(on_write), "invalidate", .choices = on_writes,
     .doc = "Whether a write that goes through the cache drops its key when it returns.",
     .source = "Nishtala et al. 2013, sec. 2: delete, as that is idempotent"},
    {0},
};

static const struct sim_port_def ports[] = {
    {"origin", OF(origin), SIM_REQUIRED, "Where misses are read and writes go."},
    {0},
};

static const struct sim_meter meters[] = {
    COUNT("lookups", lookups, 0, "Reads looked up."),
    COUNT("hits", hits, 0, "Reads answered with what was kept, fresh or expired."),
    COUNT("misses", misses, SIM_WORSE_HIGH, "Reads for which nothing usable was kept."),
    COUNT("early", recomputed_early, 0, "Reads that recomputed a fresh value (XFetch)."),
    COUNT("stale_served", stale_served, SIM_WORSE_HIGH,
          "Reads answered with an expired or dropped value."),
    COUNT("sets_dropped", sets_dropped, 0, "Recomputed values not kept as their lease was gone."),
    COUNT("forwarded", forwarded, 0, "Passed to the origin: writes, scans, other keyspaces."),
    {"hit_ratio", SIM_RATIO, "1", "Share of reads answered with what was kept.", .of = "hits",
     .by = "lookups", .flags = SIM_HEADLINE | SIM_SHARE | SIM_WORSE_LOW},
    {"earliness", SIM_HISTOGRAM, "s", "XFetch: from the first early recomputation to the expiry.",
     .offset = OF(earliness)},
    SIM_KEPT_METERS(struct cache, kept),
    SIM_REFILL_METERS(struct cache, refiller),
    {0},
};

const struct sim_model cache_model = {
    .name = "cache",
    .summary = "A read-through cache: LRU, lifetimes, and who recomputes a key many ask for.",
    .source = "Nishtala 2013, Vattani 2015, RFC 5861; validated against exact LRU and Che",
    .size = sizeof(struct cache),
    .suffers = SIM_SUFFERS_SLOW | SIM_SUFFERS_FLUSH,
    .params = params,
    .ports = ports,
    .meters = meters,
    .usages = sim_kept_usages,
    .init = init,
    .serve = serve,
    .expect = expect,
    .fault = fault,
    .holds = holds,
    .foresee = foresee,
    .keyed = true,
    .changed = changed,
    .check = check,
};
