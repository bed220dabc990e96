/* entries.h - the entries of a cache: versions of keys of one keyspace, each with a lifetime. The
 * least recently used entry makes room. A node has its own entries, or all nodes share them. */
#ifndef SIM_ENTRIES_H
#define SIM_ENTRIES_H

#include "sim/copies.h"
#include "sim/param.h"
#include "sim/refill.h"
#include "sim/table.h"
#include "sim/usage.h"

enum { SIM_ENTRIES_OWN, SIM_ENTRIES_SHARED };    /* .sharing */
enum { SIM_ENTRIES_FIXED, SIM_ENTRIES_SLIDING }; /* .expiry */

struct sim_entries_store {
    struct sim_keyspace *space; /* NULL until the first keyed request */
    struct sim_table table;
    struct sim_refills refills;
    uint16_t *took;   /* by place: how long the last recomputation took; NULL unless asked for */
    sim_time longest; /* longest lifetime that any node has used */
    int64_t bytes;    /* of the values, expired ones included */
    /* by place, if the keyspace has subjects: when to look next whether the entry has expired, or
       SIM_NEVER; 0: it has expired and is no longer held, but is still in the table */
    sim_time *due;
    bool ready;
};

struct sim_entries {
    int64_t capacity; /* parameters: SIM_ENTRIES_PARAMS */
    int policy, expiry, sharing;
    sim_time ttl, stale_window;
    double ttl_jitter;

    struct sim_node *node;
    struct sim_entries_store *store, own;
    struct sim_stream jitter;
    bool takes_time; /* keeps how long recomputations took */

    struct sim_counter evictions; /* meters: SIM_ENTRIES_METERS */
    struct sim_gauge entries, bytes;
};

/* Within init(). 0, or -1 when out of memory. The table is made for the keyspace of the first keyed
 * request. */
int sim_entries_init(struct sim_entries *, struct sim_node *, bool takes_time);

/* Whether these entries are for this keyspace: the first one met, if it has less than 2^32 - 1
 * keys. */
bool sim_entries_covers(struct sim_entries *, struct sim_keyspace *);

/* All functions below take keys of that keyspace. O(1) unless said. */

/* Fetches the memory for a key: its bucket while the request is on its way, its entry when it has
 * arrived. */
static inline void sim_entries_expect(const struct sim_entries *e,
                                      const struct sim_request *request)
{
    const struct sim_entries_store *store = e->store;
    if (store != NULL && store->space != NULL && store->space == request->space)
        sim_table_prefetch(&store->table, (uint32_t)request->key);
}

static inline void sim_entries_prefetch(const struct sim_entries *e, uint64_t key)
{
    const struct sim_table *t = &e->store->table;
    uint32_t place = sim_table_find(t, (uint32_t)key);
    if (place != SIM_TABLE_NONE)
        sim_table_prefetch_place(t, place);
}

static inline uint32_t sim_entries_find(const struct sim_entries *e, uint64_t key)
{
    return sim_table_find(&e->store->table, (uint32_t)key);
}

/* The time until a place expires; <= 0: it has expired. */
static inline sim_time sim_entries_left(const struct sim_entries *e, uint32_t place)
{
    return sim_table_expires(&e->store->table, place) - sim_now(e->node->sim);
}

/* A duration in 16 bits, to within 2^-11 of it: below 1024 ns the duration itself; above, how often
 * it was halved, and the ten bits after its highest. */
static inline uint16_t sim_entries_pack(sim_time ns)
{
    if (ns < 1024)
        return (uint16_t)ns;
    int halved = 53 - __builtin_clzll((uint64_t)ns);
    uint64_t half = halved > 0 ? UINT64_C(1) << (halved - 1) : 0;
    uint64_t top = ((uint64_t)ns + half) >> halved; /* 2048 when that carries: the next power */
    return (uint16_t)(((unsigned)halved << 10) + top);
}

static inline double sim_entries_unpack(uint16_t packed)
{
    unsigned halved = packed < 1024 ? 0 : (packed >> 10) - 1u;
    return (double)((uint64_t)(packed - (halved << 10)) << halved);
}

/* How long the recomputation of an entry took, ns; only with takes_time. The rounding to 16 bits
 * has the effect of a beta that is off by at most 1/2048, to either side at random. */
static inline double sim_entries_took(const struct sim_entries *e, uint32_t place)
{
    return sim_entries_unpack(e->store->took[place]);
}

/* The answer from a place. The place becomes the most recently used. If lifetimes slide and this
 * one has not ended, a new one is drawn as at the filling: with memcached's "gat" or Redis' GETEX,
 * a client gives a lifetime with each hit and computes it in the same way. */
struct sim_reply sim_entries_use(struct sim_entries *, uint32_t place);

/* Stores a version of a key for a lifetime from now. */
void sim_entries_put(struct sim_entries *, uint64_t key, uint32_t version, sim_time took);

/* Drops a key; with `as_stale` it stays and expires now. */
void sim_entries_drop(struct sim_entries *, uint64_t key, bool as_stale);

/* Drops every key; after a crash the tokens too. O(capacity). */
void sim_entries_clear(struct sim_entries *, bool crash);

/* After a parameter changed. */
void sim_entries_changed(struct sim_entries *);

/* Visits every key that has not expired; for a shared store only the first node does.
 * O(capacity). */
void sim_entries_visit(const struct sim_entries *, sim_copy_visit *, void *self);

/* NULL, or the invariant that is broken, as a sentence. */
const char *sim_entries_check(const struct sim_entries *);

void sim_entries_foresee(const struct sim_entries *, const struct sim_extent *,
                         struct sim_foreseen *);
/* Defines the hooks holds() and foresee() of a model that has a struct sim_entries `member`. */
#define SIM_ENTRIES_HOOKS(type, member)                                                            \
    static void holds(const struct sim_node *self, sim_copy_visit *visit, void *visitor)           \
    {                                                                                              \
        sim_entries_visit(&((const type *)self)->member, visit, visitor);                          \
    }                                                                                              \
    static void foresee(const void *params, const struct sim_extent *of, struct sim_foreseen *out) \
    {                                                                                              \
        sim_entries_foresee(&((const type *)params)->member, of, out);                             \
    }

extern const char *const sim_entries_policies[], *const sim_entries_expiries[],
                                                     *const sim_entries_sharings[];

/* The uses of a model that has SIM_ENTRIES_METERS; ended by .name == NULL. */
extern const struct sim_usage sim_entries_usages[];

/* Rows of a parameter table, and of a meter table, for a struct sim_entries member. */
#define SIM_ENTRIES_PARAMS(type, member)                                                           \
    SIM_ROW(.name = "capacity", .kind = SIM_COUNT, .unit = "keys",                                 \
            .offset = offsetof(type, member.capacity), .low = 1, .high = 2147483648,               \
            .flags = SIM_REQUIRED,                                                                 \
            .doc = "Keys kept at most: by each node, or by the store they share."),                \
        SIM_ROW(.name = "policy", .kind = SIM_CHOICE, .offset = offsetof(type, member.policy),     \
                .by_default = "lru", .choices = sim_entries_policies,                              \
                .doc = "Which key makes room.",                                                    \
                .source = "memcached 1.6 evicts the least recently used"),                         \
        SIM_ROW(.name = "ttl", .kind = SIM_TIME, .offset = offsetof(type, member.ttl),             \
                .flags = SIM_OPTIONAL | SIM_OR_NONE | SIM_CHANGEABLE,                              \
                .doc = "Lifetime of a key; left out, keys do not expire."),                        \
        SIM_ROW(.name = "ttl_jitter", .kind = SIM_FRACTION,                                        \
                .offset = offsetof(type, member.ttl_jitter), .by_default = "0", .low = 0,          \
                .high = 1, .flags = SIM_CHANGEABLE,                                                \
                .doc = "Each lifetime is drawn uniformly within this share below and above ttl.",  \
                .source = "chosen: none, as where nobody thought of it"),                          \
        SIM_ROW(.name = "expiry", .kind = SIM_CHOICE, .offset = offsetof(type, member.expiry),     \
                .by_default = "fixed", .choices = sim_entries_expiries,                            \
                .doc = "Whether a lifetime begins when a value is stored, or a new one is also "   \
                       "drawn at each hit.",                                                       \
                .source = "memcached, doc/protocol.txt: exptime counts from the storing"),         \
        SIM_ROW(.name = "stale_window", .kind = SIM_TIME,                                          \
                .offset = offsetof(type, member.stale_window), .by_default = "30s",                \
                .flags = SIM_CHANGEABLE,                                                           \
                .doc = "How long after its expiry a value may be served. Only protections that "   \
                       "serve expired values use it.",                                             \
                .source = "RFC 5861, sec. 3.1: the 30 s of the example"),                          \
        SIM_ROW(.name = "sharing", .kind = SIM_CHOICE, .offset = offsetof(type, member.sharing),   \
                .by_default = "own", .choices = sim_entries_sharings,                              \
                .doc = "Whether each node keeps its own keys, or all are front ends of one "       \
                       "store, which outlives their crashes: flush it to lose it.",                \
                .source = "chosen: the simplest")

#define SIM_ENTRIES_METERS(type, member)                                                           \
    SIM_ROW(.name = "entries", .kind = SIM_GAUGE, .unit = "keys",                                  \
            .offset = offsetof(type, member.entries),                                              \
            .doc = "Keys kept, expired ones not yet replaced included."),                          \
        SIM_ROW(.name = "bytes", .kind = SIM_GAUGE, .unit = "B",                                   \
                .offset = offsetof(type, member.bytes), .flags = SIM_WORSE_HIGH,                   \
                .doc = "Their values."),                                                           \
        SIM_ROW(.name = "evictions", .kind = SIM_COUNTER, .unit = "keys",                          \
                .offset = offsetof(type, member.evictions), .flags = SIM_WORSE_HIGH,               \
                .doc = "Keys that made room for others.")

#endif
