/* fabric.h - what connects components: calls, links, faults, and the nodes that they join.
 *
 * A component is one or more nodes of a model. A node calls another component through a port; the
 * fabric carries the request over the link between them, gives it to the callee's `serve`, carries
 * the answer back, and ends the call with `done`, exactly once. A call has two halves. If the
 * caller's half ends early (timeout, abandoned), the callee works on without knowing it, and its
 * late answer is counted as wasted. Retry storms and metastable failure follow from this, without a
 * rule for them. */
#ifndef SIM_FABRIC_H
#define SIM_FABRIC_H

#include "sim/kernel.h"
#include "sim/meter.h"
#include "sim/random.h"
#include "sim/request.h"
#include "sim/trace.h"
#include "sim/truth.h"
#include "sim/types.h"

struct sim_node;
struct sim_component;
struct sim_world;
struct sim_port_target;
struct sim_guard;

/* Names a call. All zero names none; a stale name is harmless. */
typedef struct {
    uint64_t key;
} sim_call_id;

/* Runs when a call ends, from the event loop, never inside sim_call(). The reply is valid only
 * until it returns. A reply that arrives in the instant of the timeout is in time. */
typedef void sim_done(struct sim *, void *self, sim_arg, const struct sim_reply *);

/* A port, in a model's struct. Wired by the world before init. */
struct sim_port {
    struct sim_node *owner;
    struct sim_port_target *targets;
    uint32_t target_count;    /* 0: the scenario left an optional port open */
    struct sim_guard *guards; /* one per target: what the caller's policy remembers; or NULL */
};

/* The share of the caller's calls that go to target `index` (1 unless the scenario says so). */
double sim_port_share(const struct sim_port *, uint32_t index);
uint32_t sim_port_nodes(const struct sim_port *, uint32_t index);
/* One attempt at one node that no policy of the caller's touches, such as a health check: done runs
 * once with the answer, or with SIM_TIMEOUT after `give_up` (above 0). O(1). */
sim_call_id sim_probe(struct sim_port *, uint32_t index, uint32_t node, const struct sim_request *,
                      sim_time give_up, sim_done *, void *self, sim_arg);
/* The name of one of its nodes, such as "app/3". */
const char *sim_port_node_name(const struct sim_port *, uint32_t index, uint32_t node);

/* The callee's half: every call given to serve() is answered exactly once, from serve() or later.
 * Answering a stale id (after a crash of this node) does nothing. */
void sim_answer(struct sim_node *, sim_call_id, struct sim_reply);
/* Says what a call in hand waits for from now on. Until this is said for the first time, its time
 * counts as service. While the call waits for calls that it caused, their time counts instead.
 * O(1). */
void sim_spend(struct sim_node *, sim_call_id, enum sim_spent);
/* The request of a call in hand; valid until it is answered. NULL when stale. */
const struct sim_request *sim_call_request(struct sim_node *, sim_call_id);

/* ---- nodes ------------------------------------------------------------------------------- */

/* What the fabric measures at every node that is called. */
struct sim_station_meters {
    struct sim_counter rate;                        /* calls that arrived */
    struct sim_counter by_status[SIM_STATUS_COUNT]; /* how they were answered, or lost */
    struct sim_counter wasted;                      /* answered when nobody waited any more */
    struct sim_counter dropped;   /* turned away unserved because nobody waited any more */
    struct sim_gauge in_flight;   /* arrived and not yet answered */
    struct sim_histogram latency; /* arrival to answer at this node, ns; every answer */
    /* for the ledger: calls that arrived, by cause; the stations' work in ns, in all and by cause
       (what is left is the users') */
    uint64_t by_cause[SIM_CAUSES], work, work_by_cause[SIM_CAUSES];
    struct sim_gauge down; /* 1 while the node is down */
};

/* What the fabric measures at every node that calls. Calls are what the model asked for, attempts
 * what the network sees. */
struct sim_caller_meters {
    struct sim_counter calls, attempts, retries, timeouts;
    struct sim_counter abandoned;          /* attempts given up while an answer could still come */
    struct sim_counter hedges, hedges_won; /* attempts sent while another was out; those that
                                              answered first */
    struct sim_counter budget_denied;      /* retries and hedges that the budget did not allow */
    struct sim_counter breaker_refused, rate_refused, concurrency_refused; /* never sent */
    struct sim_gauge breaker_open;                   /* breakers that are not closed */
    struct sim_gauge concurrency, concurrency_limit; /* slots taken, slots there are */
    struct sim_gauge held_back;                      /* attempts that wait for a token or a slot */
};

struct sim_model;
struct sim_part;

/* What a part of a node does when a fault strikes the node. A function may be NULL: nothing to
 * do. */
struct sim_part_kind {
    void (*crashed)(struct sim_part *);              /* before the model's own `fault` */
    void (*slowed)(struct sim_part *, double times); /* the rest of its work takes so many times
                                                        longer */
    void (*up_or_down)(struct sim_part *); /* the node's .down changed, and its model knows */
    void (*unwanted)(struct sim_part *, sim_call_id); /* a message says that the caller of a call in
                                                         hand no longer waits for its answer; only
                                                         if the component hears such messages */
};

/* A part of a node that must know of faults, such as a station. It is a member of that part's
 * struct. */
struct sim_part {
    const struct sim_part_kind *kind;
    struct sim_node *node;
    struct sim_part *older; /* the next older part of the same node */
};

/* The head of every model's struct: `struct sim_node node;` comes first. */
struct sim_node {
    struct sim *sim;
    struct sim_world *world;
    const struct sim_model *model;
    struct sim_component *component;
    const char *name;      /* "cache", or "cache/3" where the component has several nodes */
    uint32_t index, count; /* which node of its component, of how many */
    bool down;             /* crashed: the fabric refuses for it */
    bool silent;           /* while down it does not even refuse: callers wait for their timeouts */
    bool impaired;         /* down, or some calls fail: arrivals take the slow path, which checks
                              for both */
    double slow;           /* work takes so many times longer; 1 without a fault */
    struct sim_station_meters *station; /* NULL unless the model serves */
    struct sim_caller_meters *caller;   /* NULL unless the model has ports */
    struct sim_truth_meters *truth;     /* NULL unless the model serves and there are keyspaces */
    struct sim_copies *copies;          /* sim/copies.h; NULL unless it holds keys of subjects */
    struct sim_part *parts;             /* the newest; NULL: none */
    uint32_t region, zone;              /* where it stands, as in the plan; UINT32_MAX: nowhere */
    uint32_t site;                      /* which site of its component */
};

/* Makes something a part of a node for as long as the node lives. O(1). */
static inline void sim_part_join(struct sim_part *part, const struct sim_part_kind *kind,
                                 struct sim_node *node)
{
    *part = (struct sim_part){kind, node, node->parts};
    node->parts = part;
}

/* Node `index` of this node's own component: for state shared by a cluster. */
struct sim_node *sim_peer(const struct sim_node *, uint32_t index);
/* A stream of this node's own, named by its purpose. */
void sim_node_stream(const struct sim_node *, const char *purpose, struct sim_stream *);
/* Zeroed memory for the node, owned by the world and freed with it. NULL when out of memory. */
void *sim_node_alloc(const struct sim_node *, size_t count, size_t size);
/* Enlarges such a block, or makes one when `old` is NULL. It may move, and the added part is not
 * zeroed. NULL when out of memory: the old block is then unchanged. */
void *sim_node_grow(const struct sim_node *, void *old, size_t count, size_t size);
/* One zeroed block per component, made by the first node that asks, shared by its nodes. */
void *sim_component_shared(const struct sim_node *, size_t size);
/* The keyspaces whose requests can reach this node, following ports from the components that draw
 * the keys. *index starts at 0. NULL past the last. O(components). */
struct sim_keyspace *sim_keyspace_next(const struct sim_node *, uint32_t *index);

#endif
