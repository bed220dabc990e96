/* world_state.h - the inside of a world: components, links, calls. For the fabric's own files. */
#ifndef SIM_FABRIC_WORLD_STATE_H
#define SIM_FABRIC_WORLD_STATE_H

#include "fabric/trace_state.h"
#include "sim/world.h"

struct sim__call;
struct sim__fault;
struct sim__link;
struct sim__operations;

struct sim_component {
    struct sim_world *world;
    const struct sim_plan_component *plan;
    struct sim_node **nodes;
    uint32_t turn; /* round robin: the next node's turn */
    struct sim_stream spread, jitter;
    sim_time timeout;              /* its policy's; 0: none */
    struct sim_lane *timeout_lane; /* of that; NULL: none */
    bool plain;              /* its policy is at most a timeout: an attempt is the whole call */
    uint64_t until_followed; /* calls until the one to be followed (trace.c); never 0 */
    void *shared;
    size_t shared_bytes;
};

struct sim_port_target {
    struct sim_component *component;
    double share;
    struct sim__link *out, *back;
};

struct sim__calls {
    struct sim__call **slabs;
    uint32_t slab_count, slab_capacity;
    uint32_t free; /* index; 0: none, as record 0 is never used */
};

/* Counted by the calls themselves, for the audit to compare with what it counts by walking. None
 * but the first three is counted on the way of a call that meets no trouble. */
struct sim__totals {
    uint64_t begun, ended, late_causes;
    uint64_t timed_out, forgotten;        /* callers' halves that ended without an answer */
    uint64_t unwanted;                    /* answers that arrived when nobody waited */
    uint64_t turned_away;                 /* requests that found a node down */
    uint64_t told;                        /* answers sent for a node that is down */
    uint64_t stale;                       /* answers to calls not in hand */
    uint64_t requests_lost, answers_lost; /* on the way */
};

struct sim_world {
    struct sim *sim;
    const struct sim_plan *plan;
    uint64_t seed, replication;
    struct sim_component *components;
    uint32_t component_count;
    struct sim_keyspace *keyspaces;
    struct sim__link **links, *links_made;
    sim_time *lines; /* between regions: two for each link of the plan, its free_at each way */
    uint32_t link_count;
    struct sim__calls calls;
    struct sim__operations *operations; /* of the policies */
    struct sim__fault *faults;
    uint32_t fault_count;
    struct sim__fault *oldest_fault, *newest_fault; /* of those active */
    struct sim_fault_window *fault_windows;
    uint32_t fault_window_count;
    uint64_t fault_begins;
    struct sim__totals totals;
    struct sim__trace *trace;
    struct sim__ledger *ledger; /* the recorder's; NULL: no prices */
    void **blocks;              /* everything that lives as long as the world */
    size_t block_count, block_capacity;
};

/* Memory that lives as long as the world; zeroed. NULL when out of memory. */
void *sim__world_alloc(struct sim_world *, size_t count, size_t size);
/* As sim_node_grow(). */
void *sim__world_grow(struct sim_world *, void *old, size_t count, size_t size);

/* The number of a component in its plan. */
static inline uint32_t sim__component_number(const struct sim_component *c)
{
    return (uint32_t)(c - c->world->components);
}

/* copies: the node's place in the register, where there is one. 0, or -1 when out of memory. */
int sim__copies_make(struct sim_node *);
extern const struct sim_meter sim__copy_meters[];
/* The commits of a keyspace; the world's. NULL when out of memory. */
struct sim_commits *sim__commits_new(struct sim_world *, uint64_t keys);

#endif
