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
#include "models/cache/cache.h"

static void serve(struct sim_node *self, sim_call_id call, const struct sim_request *request)
{
    struct cache *c = (struct cache *)self;
    if (request->op == SIM_READ && sim_entries_covers(&c->kept, request->space))
        sim__cache_read(c, call, request);
    else
        sim__cache_forward(c, call, request);
}

static void expect(const struct sim_node *self, const struct sim_request *request)
{
    sim_entries_expect(&((const struct cache *)self)->kept, request);
}

static int init(struct sim_node *self, struct sim_error *error)
{
    struct cache *c = (struct cache *)self;
    sim_node_stream(self, "lookup", &c->times);
    sim_node_stream(self, "early", &c->early);
    double takes = sim_dist_mean(&c->lookup_time);
    if (c->lookup_time.kind == SIM_DIST_CONSTANT && takes > 0)
        c->lookup_lane = sim_lane(self->sim, sim_time_nearest(takes));
    if (sim_entries_init(&c->kept, self, c->stampede == XFETCH) != 0 ||
        sim_refill_node_init(&c->refiller, self, &c->kept.store->refills, sim__cache_look_again) !=
            0)
        return sim_refuse(error, "out of memory");
    return 0;
}

static void fault(struct sim_node *self, enum sim_fault_kind kind)
{
    struct cache *c = (struct cache *)self;
    bool crash = kind == SIM_FAULT_CRASH;
    if (crash)
        sim_refill_crash(&c->refiller);
    if (kind == SIM_FAULT_FLUSH || (crash && c->kept.sharing == SIM_ENTRIES_OWN))
        sim_entries_clear(&c->kept, crash);
}

SIM_ENTRIES_HOOKS(struct cache, kept)

static void changed(struct sim_node *self, const struct sim_param *param)
{
    (void)param;
    sim_entries_changed(&((struct cache *)self)->kept);
}

static int check(const struct sim_node *self, struct sim_error *error)
{
    const struct cache *c = (const struct cache *)self;
    if (c->lookups.count != c->hits.count + c->misses.count + c->recomputed_early.count)
        return sim_refuse(error, "lookups are not hits, misses and early recomputations");
    const char *why = sim_entries_check(&c->kept);
    why = why ? why : sim_refill_check(&c->refiller);
    return why ? sim_refuse(error, why) : 0;
}

#define OF(member) offsetof(struct cache, member)
#define COUNT(json, member, ...)                                                                   \
    SIM_ROW(.name = json, .kind = SIM_COUNTER, .unit = "requests", .offset = OF(member),           \
            __VA_ARGS__)
static const char *const on_writes[] = {"invalidate", "none", NULL};
static const char *const stampedes[] = {"none",   "single-flight",          "lock", "lease",
                                        "xfetch", "stale-while-revalidate", NULL};

static const struct sim_param params[] = {
    SIM_ENTRIES_PARAMS(struct cache, kept),
    SIM_ROW(.name = "lookup_time", .kind = SIM_DISTRIBUTION, .offset = OF(lookup_time),
            .by_default = "10us", .flags = SIM_WORK,
            .doc = "From a read's arrival to its hit or miss.",
            .source = "chosen: the order of a memcached get on its server"),
    SIM_ROW(.name = "stampede", .kind = SIM_CHOICE, .offset = OF(stampede), .by_default = "none",
            .choices = stampedes, .doc = "Who recomputes a key that many ask for.",
            .source = "chosen: no protection"),
    SIM_REFILL_PARAMS(struct cache, refiller),
    SIM_ROW(.name = "lease_stale", .kind = SIM_BOOL, .offset = OF(lease_stale),
            .by_default = "false",
            .doc = "Whether readers without the lease are given the old value, within "
                   "stale_window.",
            .source = "chosen: not every application can go on with an old value (Nishtala et al. "
                      "2013)"),
    SIM_ROW(.name = "beta", .kind = SIM_NUMBER, .offset = OF(beta), .by_default = "1", .low = 0,
            .high = 1e6, .flags = SIM_CHANGEABLE, .doc = "XFetch: above 1 recomputes earlier.",
            .source = "Vattani, Chierichetti and Lowenstein 2015: 1 is optimal"),
    SIM_ROW(.name = "on_write", .kind = SIM_CHOICE, .offset = OF(on_write),
            .by_default = "invalidate", .choices = on_writes,
            .doc = "Whether a write that goes through the cache drops its key when it returns.",
            .source = "Nishtala et al. 2013, sec. 2: delete, as that is idempotent"),
    {0},
};

static const struct sim_port_def ports[] = {
    SIM_ROW(.name = "origin", .offset = OF(origin), .flags = SIM_REQUIRED,
            .doc = "Where misses are read and writes go."),
    {0},
};

static const struct sim_meter meters[] = {
    COUNT("lookups", lookups, .doc = "Reads looked up."),
    COUNT("hits", hits, .doc = "Reads answered with what was kept, fresh or expired."),
    COUNT("misses", misses, .flags = SIM_WORSE_HIGH,
          .doc = "Reads for which nothing usable was kept."),
    COUNT("early", recomputed_early, .doc = "Reads that recomputed a fresh value (XFetch)."),
    COUNT("stale_served", stale_served, .flags = SIM_WORSE_HIGH,
          .doc = "Reads answered with an expired or dropped value."),
    COUNT("sets_dropped", sets_dropped,
          .doc = "Recomputed values not kept as their lease was gone."),
    COUNT("forwarded", forwarded, .doc = "Passed to the origin: writes, scans, other keyspaces."),
    SIM_ROW(.name = "hit_ratio", .kind = SIM_RATIO, .unit = "1", .of = "hits", .by = "lookups",
            .flags = SIM_HEADLINE | SIM_SHARE | SIM_WORSE_LOW,
            .doc = "Share of reads answered with what was kept."),
    SIM_ROW(.name = "earliness", .kind = SIM_HISTOGRAM, .unit = "s", .offset = OF(earliness),
            .doc = "XFetch: from the first early recomputation to the expiry."),
    SIM_ENTRIES_METERS(struct cache, kept),
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
    .usages = sim_entries_usages,
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
