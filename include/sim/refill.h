/* refill.h - for caches: who recomputes a missing key, who may, and who waits for it. Memory as in
 * sim/table.h. */
#ifndef SIM_REFILL_H
#define SIM_REFILL_H

#include "sim/param.h"
#include "sim/table.h"

/* ---- of one store: tokens, and how many recomputations of each key are under way ------------ */

/* A token is a lock or a lease on a key: one holder at a time, until it is released, voided or
 * expires. */
struct sim_refills {
    struct sim_table_map keys;
    uint64_t last_token;
};

int sim_refill_init(struct sim_refills *, const struct sim_node *); /* 0, or -1: out of memory */

/* The recomputations of a key under way now. O(1), as everything below. */
uint32_t sim_refill_running(const struct sim_refills *, uint64_t key);

/* Takes a token of the key, valid until now + lasts; 0: another one is valid. */
uint64_t sim_refill_take(struct sim_refills *, uint64_t key, sim_time now, sim_time lasts);
/* Whether this is the key's token and has not expired; with token 0, whether the key has a valid
 * token. */
bool sim_refill_holds(const struct sim_refills *, uint64_t key, uint64_t token, sim_time now);
/* Voids the key's token, whoever holds it. */
void sim_refill_void(struct sim_refills *, uint64_t key);
/* Voids all tokens. */
void sim_refill_void_all(struct sim_refills *);

/* ---- of one node: its recomputations, and the calls that wait -------------------------------- */

/* A recomputation under way, from sim_refill_begin() to sim_refill_end(). */
struct sim_refill {
    struct sim_refill *next, **here; /* in the node's list */
    sim_call_id call;                /* the read that waits for it; all zero: none */
    sim_time began;
    uint64_t key, token;
    uint32_t running; /* recomputations of the key under way when it began, itself included */
};

/* Who recomputes a missing key: every read that misses; one read per node, for which the node's
 * others wait as its crowd; or one read per store, which holds a token, while the others look again
 * every retry_wait. */
enum sim_refill_rule { SIM_REFILL_EACH, SIM_REFILL_ONE_PER_NODE, SIM_REFILL_ONE_TOKEN };

typedef void sim_refill_look(struct sim_node *, sim_call_id, const struct sim_request *);

struct sim_refiller {
    sim_time token_ttl, retry_wait; /* parameters: SIM_REFILL_PARAMS */
    struct sim_node *node;
    struct sim_refills *store;
    sim_refill_look *look_again;
    struct sim_lane *retry_lane;
    struct sim_table_pool pool, waiters;
    struct sim_refill *refills;
    struct sim_table_map crowds;
    /* meters; name them in the model's table with SIM_REFILL_METERS */
    struct sim_counter recomputes, episodes;
    struct sim_gauge recomputing, waiting;
    struct sim_histogram herd;
};

/* Within init(). The store may be shared with other nodes. `look_again` runs for a call that waited
 * because another held the token. 0, or -1 when out of memory. */
int sim_refill_node_init(struct sim_refiller *, struct sim_node *, struct sim_refills *store,
                         sim_refill_look *look_again);

/* A read misses. True: the caller must begin a recomputation and pass *token to it (0: no token).
 * False: the read waits until the recomputation of its crowd answers it, or until `look_again` runs
 * for it. */
bool sim_refill_may(struct sim_refiller *, enum sim_refill_rule, uint64_t key, sim_call_id,
                    uint64_t *token);

/* Begins a recomputation for `call` (all zero: for nobody), with a token or 0. The record is valid
 * until sim_refill_end(). NULL when out of memory: the simulation is then marked failed. */
struct sim_refill *sim_refill_begin(struct sim_refiller *, uint64_t key, sim_call_id,
                                    uint64_t token);
/* Ends it: gives its token back, and answers its call and the crowd of its key. */
void sim_refill_end(struct sim_refiller *, struct sim_refill *, struct sim_reply);

/* After a crash: forgets this node's recomputations and waiters. Its tokens stay valid until they
 * expire, as nobody is left to give them back. */
void sim_refill_crash(struct sim_refiller *);

/* NULL, or the invariant that is broken, as a sentence. */
const char *sim_refill_check(const struct sim_refiller *);

/* Rows of a parameter table, and of a meter table, for a struct sim_refiller member. */
#define SIM_REFILL_PARAMS(type, member)                                                            \
    SIM_ROW(.name = "token_ttl", .kind = SIM_TIME, .offset = offsetof(type, member.token_ttl),     \
            .by_default = "10s", .low = 1, .high = 1e18, .flags = SIM_CHANGEABLE,                  \
            .doc = "How long a lock or lease lasts when it is not given back.",                    \
            .source = "Nishtala et al. 2013, sec. 3.2.1: one token for a key every 10 s"),         \
        SIM_ROW(.name = "retry_wait", .kind = SIM_TIME,                                            \
                .offset = offsetof(type, member.retry_wait), .by_default = "5ms", .low = 1,        \
                .high = 1e18,                                                                      \
                .doc = "How long a reader without the lock or lease waits before he looks "        \
                       "again.",                                                                   \
                .source = "chosen: Nishtala et al. 2013, sec. 3.2.1 speak of a few milliseconds")

#define SIM_REFILL_METERS(type, member)                                                            \
    SIM_ROW(.name = "recomputes", .kind = SIM_COUNTER, .unit = "requests",                         \
            .offset = offsetof(type, member.recomputes), .flags = SIM_HEADLINE | SIM_WORSE_HIGH,   \
            .doc = "Reads of the origin to fill or refresh a key."),                               \
        SIM_ROW(.name = "episodes", .kind = SIM_COUNTER, .unit = "episodes",                       \
                .offset = offsetof(type, member.episodes),                                         \
                .doc = "Such reads begun while none of their key was under way."),                 \
        SIM_ROW(.name = "recomputes_per_episode", .kind = SIM_RATIO, .unit = "1",                  \
                .of = "recomputes", .by = "episodes", .flags = SIM_WORSE_HIGH,                     \
                .doc = "Reads of the origin each time a key is refilled."),                        \
        SIM_ROW(.name = "recomputing", .kind = SIM_GAUGE, .unit = "requests",                      \
                .offset = offsetof(type, member.recomputing),                                      \
                .flags = SIM_HEADLINE | SIM_WORSE_HIGH, .doc = "Reads of the origin under way."),  \
        SIM_ROW(.name = "herd", .kind = SIM_HISTOGRAM, .unit = "requests",                         \
                .offset = offsetof(type, member.herd), .flags = SIM_HEADLINE | SIM_WORSE_HIGH,     \
                .doc = "Recomputations of the same key under way, over all nodes of the store; "   \
                       "recorded when one begins."),                                               \
        SIM_ROW(.name = "waiting", .kind = SIM_GAUGE, .unit = "requests",                          \
                .offset = offsetof(type, member.waiting), .flags = SIM_HEADLINE | SIM_WORSE_HIGH,  \
                .doc = "Readers who wait for a recomputation of another's.")

#endif
