/* world_state.h - the inside of a world: components, links, calls. For the fabric's own files. */
#ifndef SIM_FABRIC_WORLD_STATE_H
#define SIM_FABRIC_WORLD_STATE_H

#include "base/blocks.h"
#include "base/lookup.h"
#include "fabric/trace_state.h"
#include "sim/plan.h"

struct sim__call;
struct sim__fault;
struct sim__line;
struct sim__link;
struct sim__operations;

/* Faults that are active, in the order in which they began. */
struct sim__faults {
    struct sim__fault *oldest, *newest;
};

struct sim_component {
    struct sim_world *world;
    const struct sim_plan_component *plan;
    struct sim_node **nodes;
    uint32_t first_node; /* the number of its first node, of all in the world */
    uint32_t turn;       /* round robin: the next node's turn */
    struct sim_stream spread, jitter;
    sim_time timeout;              /* its policy's; 0: none */
    struct sim_lane *timeout_lane; /* of that; NULL: none */
    bool plain;              /* its policy is at most a timeout: an attempt is the whole call */
    uint64_t until_followed; /* calls until the one to be followed (trace.c); never 0 */
    void *shared;
    size_t shared_bytes;
    struct sim__faults sets, faults;         /* that set its parameters; others that name it */
    struct sim__link *links_from, *links_to; /* that were made */
};

struct sim_port_target {
    struct sim_component *component;
    double share;
    struct sim__link *out, *back;
};

/* Which records are whose (owned.c). */
struct sim__owned_link;
struct sim__owned {
    uint32_t *first;               /* by node; NULL: not kept, as no node can crash */
    struct sim__owned_link *links; /* by record */
    uint32_t capacity;
    uint32_t *found, found_count, found_capacity; /* what sim__owned_find() found */
};

struct sim__calls {
    struct sim__call **slabs;
    uint32_t slab_count, slab_capacity;
    uint32_t free;                /* index; 0: none, as record 0 is never used */
    struct sim__owned made, held; /* by the caller, by the callee */
};

/* Counted by the calls themselves, for the audit to compare with what it counts by walking. None
 * but the first three is counted on the way of a call that meets no trouble. */
struct sim__totals {
    uint64_t begun, ended, late_causes;
    uint64_t timed_out, forgotten;        /* callers' halves that ended without an answer */
    uint64_t unwanted;                    /* answers that arrived when nobody waited */
    uint64_t unheard;                     /* requests to a node that is down and does not refuse */
    uint64_t told;                        /* answers sent for a node that crashed */
    uint64_t stale;                       /* answers to calls not in hand */
    uint64_t requests_lost, answers_lost; /* on the way */
};

struct sim_world {
    struct sim *sim;
    const struct sim_plan *plan;
    uint64_t seed, replication;
    struct sim_component *components;
    uint32_t component_count, node_count;
    struct sim_keyspace *keyspaces;
    struct sim_lookup links; /* by the components' numbers: place in .links_made */
    struct sim__link **links_made;
    uint32_t links_made_count, links_made_capacity;
    struct sim_lookup declared, declared_regions; /* links of the plan, by their ends */
    struct sim__line *lines; /* between regions: two for each link of the plan, one each way */
    uint32_t link_count;
    struct sim__calls calls;
    struct sim__operations *operations; /* of the policies */
    struct sim__fault *faults;
    uint32_t fault_count;
    struct sim__faults wide_faults; /* those active that name no component */
    struct sim_fault_window *fault_windows;
    uint32_t fault_window_count;
    uint64_t fault_begins;
    struct sim__totals totals;
    struct sim_error *refusal; /* while it is made: where the reason goes */
    bool refused;
    struct sim__trace *trace;
    struct sim__ledger *ledger; /* the recorder's; NULL: no prices */
    struct sim_blocks blocks;   /* all that lives as long as the world */
};

/* Within init(): the world will not start, for this reason. Returns -1. */
int sim__world_refuse(struct sim_world *, const char *why);
/* The models of a plan, each once, by sim_model_check(). */
int sim__models_check(const struct sim_plan *, struct sim_error *);
/* Whether the world is told to stop (sim_limits.stop): what it was to do is void. */
bool sim__world_stops(const struct sim_world *);
/* Memory that lives as long as the world; zeroed. NULL when out of memory, and when the world is
 * told to stop. */
void *sim__world_alloc(struct sim_world *, size_t count, size_t size);
/* As sim_node_grow(). */
void *sim__world_grow(struct sim_world *, void *old, size_t count, size_t size);

/* The number of a component in its plan. */
static inline uint32_t sim__component_number(const struct sim_component *c)
{
    return (uint32_t)(c - c->world->components);
}

/* which records are whose (owned.c) */
int sim__owned_make(struct sim_world *, struct sim__owned *); /* 0, or -1 when out of memory */
void sim__owned_free(struct sim__owned *);
/* Room for so many records. False when out of memory. */
bool sim__owned_reserve(struct sim__owned *, uint32_t records);
/* A record begins as this node's. */
void sim__owned_put(struct sim__owned *, uint32_t record, const struct sim_node *);
enum sim__owned_fate { SIM__OWNED_OVER, SIM__OWNED_LATER, SIM__OWNED_STRUCK };
typedef enum sim__owned_fate sim__owned_state(const struct sim_world *, uint32_t record);
/* The node's records that a crash strikes, into .found, in the order of their numbers; those that
 * it may strike another time stay in the list. False when out of memory: the run fails. O(n log n)
 * in the records that the node has begun since the last crash. */
bool sim__owned_find(struct sim__owned *, const struct sim_node *, sim__owned_state *);

#endif
