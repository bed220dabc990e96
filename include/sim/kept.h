/* kept.h - what a cache keeps: versions of the keys of one keyspace, the least recently used out
 * first, each until its lifetime ends. By one node, or shared by all nodes of a component. */
#ifndef SIM_KEPT_H
#define SIM_KEPT_H

#include "sim/copies.h"
#include "sim/ledger.h"
#include "sim/param.h"
#include "sim/refill.h"
#include "sim/table.h"

enum { SIM_KEPT_OWN, SIM_KEPT_SHARED };    /* .sharing */
enum { SIM_KEPT_FIXED, SIM_KEPT_SLIDING }; /* .expiry */

struct sim_kept_store {
    struct sim_keyspace *space; /* NULL until the first keyed request */
    struct sim_table table;
    struct sim_refills refills;
    uint16_t *took;   /* by place, how long the last recomputation was; NULL unless asked for */
    sim_time longest; /* lifetime any node has had in force */
    int64_t bytes;    /* of the values kept, expired ones too */
    /* by place, where the keyspace has subjects: when it is next looked whether it has expired, and
       SIM_NEVER; 0: not held any more, though it may still stand there */
    sim_time *due;
    bool ready;
};

struct sim_kept {
    int64_t capacity; /* parameters: SIM_KEPT_PARAMS */
    int policy, expiry, sharing;
    sim_time ttl, stale_window;
    double ttl_jitter;

    struct sim_node *node;
    struct sim_kept_store *store, own;
    struct sim_stream jitter;
    bool takes_time; /* remembers how long recomputations took */

    struct sim_counter evictions; /* meters: SIM_KEPT_METERS */
    struct sim_gauge entries, bytes;
};

/* Within init(). 0, or -1 when out of memory. The table is made when the first keyed request shows
 * which keyspace it is for. */
int sim_kept_init(struct sim_kept *, struct sim_node *, bool takes_time);

/* Whether keys of this keyspace are kept: of the first one met, if it has less than 2^32 keys. */
bool sim_kept_covers(struct sim_kept *, struct sim_keyspace *);

/* All below: of keys of the keyspace covered. O(1) but for clearing. */

/* Asks memory for a key on its way here, and again when it has come: first for where it would be,
 * then for what is there. */
static inline void sim_kept_expect(const struct sim_kept *k, const struct sim_request *request)
{
    const struct sim_kept_store *store = k->store;
    if (store != NULL && store->space != NULL && store->space == request->space)
        sim_table_prefetch(&store->table, (uint32_t)request->key);
}

static inline void sim_kept_prefetch(const struct sim_kept *k, uint64_t key)
{
    const struct sim_table *t = &k->store->table;
    uint32_t place = sim_table_find(t, (uint32_t)key);
    if (place != SIM_TABLE_NONE)
        sim_table_prefetch_place(t, place);
}

static inline uint32_t sim_kept_find(const struct sim_kept *k, uint64_t key)
{
    return sim_table_find(&k->store->table, (uint32_t)key);
}

/* Until the expiry of a place; not above 0 when it is past. */
static inline sim_time sim_kept_left(const struct sim_kept *k, uint32_t place)
{
    return sim_table_expires(&k->store->table, place) - sim_now(k->node->sim);
}

/* A duration in 16 bits, to within 2^-11 of it: below 1024 ns itself, above it how often it was
 * halved, and the ten bits after its first. */
static inline uint16_t sim_kept_pack(sim_time ns)
{
    if (ns < 1024)
        return (uint16_t)ns;
    int halved = 53 - __builtin_clzll((uint64_t)ns);
    uint64_t half = halved > 0 ? UINT64_C(1) << (halved - 1) : 0;
    uint64_t top = ((uint64_t)ns + half) >> halved; /* 2048 when that carries: the next power */
    return (uint16_t)(((unsigned)halved << 10) + top);
}

static inline double sim_kept_unpack(uint16_t packed)
{
    unsigned halved = packed < 1024 ? 0 : (packed >> 10) - 1u;
    return (double)((uint64_t)(packed - (halved << 10)) << halved);
}

/* How long the recomputation of what is in a place took, ns; with takes_time. Kept in 16 bits:
 * XFetch then acts as one whose beta is off by at most 1/2048, to either side by chance. */
static inline double sim_kept_took(const struct sim_kept *k, uint32_t place)
{
    return sim_kept_unpack(k->store->took[place]);
}

/* The answer from a place, which is thereby used: it becomes the newest, and a sliding lifetime
 * that has not ended gives way to a new one, drawn as the first was: who uses memcached's "gat" or
 * Redis' GETEX says with each hit how long from now, and works it out as for a filling. */
struct sim_reply sim_kept_use(struct sim_kept *, uint32_t place);

/* Keeps a version of a key for a lifetime from now. */
void sim_kept_put(struct sim_kept *, uint64_t key, uint32_t version, sim_time took);

/* Drops a key; with `as_stale` it only expires, now. */
void sim_kept_drop(struct sim_kept *, uint64_t key, bool as_stale);

/* Drops every key; after a crash the tokens too. O(capacity). */
void sim_kept_clear(struct sim_kept *, bool crash);

/* After a parameter changed. */
void sim_kept_changed(struct sim_kept *);

/* Every key whose lifetime has not ended; of a shared store by its first node. O(capacity). */
void sim_kept_visit(const struct sim_kept *, sim_copy_visit *, void *self);

/* NULL, or the invariant that is broken, as a sentence. */
const char *sim_kept_check(const struct sim_kept *);

void sim_kept_foresee(const struct sim_kept *, const struct sim_extent *, struct sim_foreseen *);
/* The hooks holds() and foresee() of a model that has a struct sim_kept `member`. */
#define SIM_KEPT_HOOKS(type, member)                                                               \
    static void holds(const struct sim_node *self, sim_copy_visit *visit, void *visitor)           \
    {                                                                                              \
        sim_kept_visit(&((const type *)self)->member, visit, visitor);                             \
    }                                                                                              \
    static void foresee(const void *params, const struct sim_extent *of, struct sim_foreseen *out) \
    {                                                                                              \
        sim_kept_foresee(&((const type *)params)->member, of, out);                                \
    }

extern const char *const sim_kept_policies[], *const sim_kept_expiries[],
                                                  *const sim_kept_sharings[];

/* The uses of a model that has SIM_KEPT_METERS; ended by .name == NULL. */
extern const struct sim_usage sim_kept_usages[];

/* Rows of a parameter table, and of a meter table, for a struct sim_kept member. */
#define SIM_KEPT_PARAMS(type, member)                                                              \
    SIM_ROW(.name = "capacity", .kind = SIM_COUNT, .unit = "keys",                                 \
            .offset = offsetof(type, member.capacity), .low = 1, .high = 2147483648,               \
            .flags = SIM_REQUIRED,                                                                 \
            .doc = "Keys kept at most: by each node, or by the store they share."),                \
        SIM_ROW(.name = "policy", .kind = SIM_CHOICE, .offset = offsetof(type, member.policy),     \
                .by_default = "lru", .choices = sim_kept_policies, .doc = "Which key makes room.", \
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
                .by_default = "fixed", .choices = sim_kept_expiries,                               \
                .doc = "Whether a lifetime counts from the filling, or each hit begins one, "      \
                       "drawn anew.",                                                              \
                .source = "memcached, doc/protocol.txt: exptime counts from the storing"),         \
        SIM_ROW(.name = "stale_window", .kind = SIM_TIME,                                          \
                .offset = offsetof(type, member.stale_window), .by_default = "30s",                \
                .flags = SIM_CHANGEABLE,                                                           \
                .doc = "How long after its expiry a value may be served, where expired ones "      \
                       "are.",                                                                     \
                .source = "RFC 5861, sec. 3.1: the 30 s of the example"),                          \
        SIM_ROW(.name = "sharing", .kind = SIM_CHOICE, .offset = offsetof(type, member.sharing),   \
                .by_default = "own", .choices = sim_kept_sharings,                                 \
                .doc = "Whether each node keeps its own keys, or all are front ends of one "       \
                       "store, which outlives their crashes: flush it to lose it.",                \
                .source = "chosen: the simplest")

#define SIM_KEPT_METERS(type, member)                                                              \
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
