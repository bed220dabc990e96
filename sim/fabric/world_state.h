/* world_state.h - the inside of a world: components, links, calls. For the fabric's own files. */
#ifndef SIM_FABRIC_WORLD_STATE_H
#define SIM_FABRIC_WORLD_STATE_H

#include "base/lookup.h"
#include "sim/trace.h"
#include "sim/world.h"

/* One direction of a link. While faults act on it, .lane is hidden and .params is not NULL, so that
 * every message takes the far way, where they are asked; a whole link never looks for them. */
/* Where messages queue to leave. */
struct sim__line {
    sim_time free_at; /* when what was sent before has left the sender, to the nearest ns */
    double part;      /* what that leaves out */
};

struct sim__link {
    const struct sim_link_params *params;     /* NULL: no link was declared; nothing takes time */
    struct sim_lane *lane;                    /* constant latency, no bandwidth, no loss; or NULL */
    const struct sim_link_params *own_params; /* what they are without faults */
    struct sim_lane *own_lane;
    bool impaired;
    uint32_t from, to;                     /* components */
    struct sim__link *next_from, *next_to; /* with the same .from, with the same .to */
    struct sim_stream stream;
    struct sim__line *line, own_line;
    int64_t bytes[SIM_CAUSES]; /* sent, whether they arrived or not; for the ledger */
};

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

/* Where a call is. The record lives until both halves are over. */
enum sim__stage {
    SIM__OUTBOUND, /* on its way to the callee */
    SIM__IN_HAND,  /* at the callee, unanswered */
    SIM__INBOUND,  /* the answer is on its way */
    SIM__ENDED,    /* the callee's half is over */
};

struct sim__call {
    uint32_t index, generation;
    uint32_t next; /* index in the free list, or in the callee's queue; 0: last */
    uint8_t stage; /* enum sim__stage */
    bool awaited;  /* the caller's half is open */
    bool used;
    bool waits;      /* in a line of a station that has rules; and there: */
    uint32_t before; /* as .next, towards the head */
    uint32_t job;    /* index + 1, when its work was interrupted; 0: it was not begun */
    struct sim_node *from, *to;
    struct sim__link *back;
    sim_done *done;
    void *self;
    sim_arg arg;
    sim_id timer;
    sim_time arrived;
    union {
        struct sim_request request; /* until it is answered */
        struct sim_reply reply;     /* from then on */
    };
};

/* Which records are whose (owned.c). */
struct sim__owned_link;
struct sim__owned {
    uint32_t *first;               /* by node; NULL: not kept, as no node can crash */
    struct sim__owned_link *links; /* by record */
    uint32_t capacity;
    uint32_t *found, found_count, found_capacity; /* what sim__owned_find() found */
};

#define SIM__CALLS_A_SLAB 512

struct sim__calls {
    struct sim__call **slabs;
    uint32_t slab_count, slab_capacity;
    uint32_t free;                /* index; 0: none, as record 0 is never used */
    struct sim__owned made, held; /* by the caller, by the callee */
};

struct sim__operation;
struct sim__try;

/* Calls under a policy, and their attempts (policy_state.h). */
struct sim__operations {
    struct sim__operation **slabs;
    uint32_t slab_count, slab_capacity;
    struct sim__operation *free;
    struct sim__try *free_tries;
    struct sim__owned made;
    uint64_t begun, ended;
};
struct sim__trace;

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

/* A fault at work: an entry of the plan, or its part that strikes one node or component alone. */
struct sim__fault {
    const struct sim_plan_fault *plan;
    struct sim_plan_end on;
    const char *name;                 /* of the part; NULL: all of it */
    struct sim__fault *older, *newer; /* in a list of those active */
    uint64_t begun;                   /* its place among all that began */
    uint32_t window;                  /* its place in the world's windows, 1 + index; 0: none */
    struct sim_stream fails, repaired, effect;
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
    struct sim__operations operations;
    struct sim__fault *faults;
    uint32_t fault_count;
    struct sim__faults wide_faults; /* those active that name no component */
    struct sim_fault_window *fault_windows;
    uint32_t fault_window_count;
    uint64_t fault_begins;
    struct sim__totals totals;
    struct sim_station *stations; /* the one made last */
    struct sim_error *refusal;    /* while it is made: where the reason goes */
    bool refused;
    struct sim__trace *trace;
    struct sim__ledger *ledger;      /* the recorder's; NULL: no prices */
    struct sim__block *newest_block; /* of all that lives as long as the world */
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

/* A table of sim_meters_of() as this world keeps it, or NULL. */
static inline const struct sim_meter *sim__meters_kept(const struct sim_world *w,
                                                       const struct sim_model *model, int table)
{
    bool kept = table != SIM_METERS_TRUTH || w->plan->keyspace_count > 0;
    if (table == SIM_METERS_COPIES) {
        kept = false;
        for (uint32_t i = 0; i < w->plan->keyspace_count; i++)
            kept = kept || w->plan->keyspaces[i].subjects > 0;
    }
    return kept ? sim_meters_of(model, (enum sim_meter_table)table) : NULL;
}

/* What the offsets of a node's table count from. */
static inline void *sim__node_meters(struct sim_node *node, int table)
{
    switch (table) {
    case SIM_METERS_OWN: return node;
    case SIM_METERS_STATION: return node->station;
    case SIM_METERS_CALLER: return node->caller;
    case SIM_METERS_TRUTH: return node->truth;
    default: return node->copies;
    }
}

/* The commits of a keyspace; the world's. NULL when out of memory. */
struct sim_commits *sim__commits_new(struct sim_world *, uint64_t keys);

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

/* calls */
static inline struct sim__call *sim__call_at(const struct sim_world *w, uint32_t index)
{
    return &w->calls.slabs[index / SIM__CALLS_A_SLAB][index % SIM__CALLS_A_SLAB];
}

/* The call under this id, or NULL when stale or none. */
static inline struct sim__call *sim__call_named(const struct sim_world *w, sim_call_id id)
{
    struct sim__call *call = sim__call_at(w, (uint32_t)id.key);
    return call->generation == id.key >> 32 ? call : NULL;
}

/* The same, while it is in hand at the callee. */
static inline struct sim__call *sim__call_in_hand(const struct sim_world *w, sim_call_id id)
{
    struct sim__call *call = sim__call_at(w, (uint32_t)id.key);
    return call->generation == id.key >> 32 && call->stage == SIM__IN_HAND ? call : NULL;
}

static inline sim_call_id sim__call_name(const struct sim__call *call)
{
    return (sim_call_id){(uint64_t)call->generation << 32 | call->index};
}

/* One attempt: done once, with the answer, the timeout, or the loss. `give_up`: no answer is
 * wanted after that long; 0: for ever. */
sim_call_id sim__call_attempt(struct sim_node *from, const struct sim_port_target *, uint32_t node,
                              const struct sim_request *, sim_time give_up, sim_done *, void *self,
                              sim_arg);
/* Ends the caller's half without a word. False when it is over. */
bool sim__call_abandon(struct sim_world *, sim_call_id);
int sim__calls_make(struct sim_world *); /* 0, or -1 when out of memory */
void sim__calls_free(struct sim_world *);
/* A node crashed: calls it held are lost (told at once, or not at all), calls it made are
 * forgotten. */
void sim__calls_crash(struct sim_node *, bool silent);

/* A call under more of a policy than a timeout (retry.c). Its id has SIM__OF_OPERATION set. */
#define SIM__OF_OPERATION (UINT64_C(1) << 31)
sim_call_id sim__operation_begin(struct sim_port *, uint32_t index, uint32_t node,
                                 const struct sim_request *, sim_done *, void *self, sim_arg);
bool sim__operation_abandon(struct sim_world *, sim_call_id);
/* A node crashed: the calls it was about to try again are forgotten, and what its policy
 * remembers. */
void sim__operations_crash(struct sim_node *);

/* What the audit finds by walking a station's jobs and queue; `strangers` wait there without being
 * in the node's hands. */
struct sim__station_walked {
    int64_t at_work, waiting, strangers;
};
struct sim__station_walked sim__station_walk(const struct sim_station *);
/* After a node's .slow changed: what is left of the work at its stations lasts so many times
 * longer. O(stations + jobs). */
void sim__stations_slow(struct sim_node *, double times);
/* After a node's .down changed: whether the servers of its stations count as there. O(stations). */
void sim__stations_down(struct sim_node *);

/* What the audit finds by walking all operations. */
struct sim__operations_walked {
    uint64_t live;
    uint64_t stuck; /* live, with neither a timer nor an attempt out that could end it */
    uint64_t slots, slots_counted; /* attempts out under a concurrency limit; as the limits count */
};
struct sim__operations_walked sim__operations_walk(const struct sim_world *);

/* At the end of a run: tells those who began operations of each that is past its timeout. */
void sim__operations_end(const struct sim_world *);

/* Whether a policy asks for no more than a timeout. */
bool sim__policy_is_plain(const struct sim_policy *);
/* What a node's policy remembers of each target of a port; NULL in *guards where it need not. 0, or
 * -1 when out of memory. */
int sim__guards_make(struct sim_node *, uint32_t count, struct sim__guard **guards);

/* links */
/* A message is sent: so many bytes more, because of that. */
static inline void sim__link_carries(struct sim__link *link, enum sim_cause cause, int64_t bytes)
{
    link->bytes[cause] += bytes;
}
/* Carries a message of the call arg.p: fn(sim, self, arg) runs when it arrives. False: it was
 * lost. */
bool sim__link_send_far(struct sim_world *, struct sim__link *, int64_t bytes, sim_fn *, void *self,
                        sim_arg);
static inline bool sim__link_send(struct sim_world *w, struct sim__link *link, int64_t bytes,
                                  sim_fn *fn, void *self, sim_arg arg)
{
    if (link->lane != NULL)
        sim_after_lane(w->sim, link->lane, fn, self, arg);
    else if (link->params == NULL)
        sim_soon(w->sim, fn, self, arg);
    else
        return sim__link_send_far(w, link, bytes, fn, self, arg);
    return true;
}
/* The directed link between two components, made when first asked for. NULL when out of memory. */
struct sim__link *sim__link_between(struct sim_world *, uint32_t from, uint32_t to);
/* To what components requests for keys of the greatest keyspace can come, by its keys and by its
 * subjects (footprint.c). 0, or -1 when out of memory; to be freed either way. O(calls). */
struct sim__reach {
    uint64_t keys, subjects;
    bool *by_keys, *by_subjects; /* by component */
};
int sim__reach_make(struct sim__reach *, const struct sim_plan *);
void sim__reach_free(struct sim__reach *);
/* What a component's model foresees of a run. O(targets). */
struct sim_foreseen sim__plan_foresee(const struct sim_plan *, const struct sim__reach *,
                                      uint32_t component);
/* Calls that come to any component in a run, about (workload.c). */
double sim__plan_requests(const struct sim_plan *);
/* Marks the components to which requests for keys of a keyspace can come; `queue` has room for all
 * components. O(calls). */
void sim__keyspace_mark(const struct sim_plan *, uint32_t keyspace, bool *reached, uint32_t *queue);
/* Keeps by their ends what links the plan declares. 0, or -1 when out of memory. */
int sim__links_declare(struct sim_world *);
void sim__links_free(struct sim_world *);
/* The link declared for a pair, of the components before that of their regions; NULL: none. O(links
 * of the plan). */
const struct sim_plan_link *sim__link_declared(const struct sim_plan *, uint32_t a, uint32_t b);

/* Works out which way messages take after faults have begun or ended. */
void sim__link_impair(struct sim__link *, bool impaired);

/* faults: schedules the plan's timeline. 0, or -1 when out of memory. */
int sim__faults_begin(struct sim_world *);
/* About how many events the timeline takes: beginnings and ends. */
double sim__faults_events(const struct sim_plan *);
/* The windows of what struck, into the record. 0, or -1 when out of memory. */
int sim__faults_record(const struct sim_world *, struct sim_record *);
/* Whether an error rate in force takes this call of the node. */
bool sim__faults_spoil(const struct sim_node *, enum sim_plan_when);
/* Whether a message passes what is wrong with its link; makes *takes longer. */
bool sim__faults_let_pass(const struct sim_world *, const struct sim_node *from,
                          const struct sim_node *to, sim_time *takes);

/* copies: the node's place in the register, where there is one. 0, or -1 when out of memory. */
int sim__copies_make(struct sim_node *);
extern const struct sim_meter sim__copy_meters[];

/* the ledger of one run; the world's plan must have a bill */
struct sim__ledger;
struct sim__ledger *sim__ledger_new(struct sim_world *, uint32_t windows); /* NULL: no memory */
void sim__ledger_free(struct sim__ledger *);
/* What the meter of an item read in a window: counted, or the area under it (unit x ns). */
struct sim__reading {
    double amount, peak;
};
/* The end of a window of that length; one reading for each item of the bill. */
void sim__ledger_roll(struct sim__ledger *, const struct sim__reading *, sim_time length,
                      bool warm);
/* Books a quantity (things, bytes, or those x h) in the present window, by shares that add up to
 * one. */
void sim__ledger_book(struct sim__ledger *, uint32_t item, double amount, const double *share,
                      bool warm);
/* Adds metrics and series to the record, the audit's lines not. 0, or -1 when out of memory. */
int sim__ledger_finish(struct sim__ledger *, double successes, struct sim_record *);
/* The number of the bill over a span, .value, .unit and .n of the metric: within a window money is
 * taken as spent evenly. After sim__ledger_finish(). O(windows x items). */
void sim__ledger_over(const struct sim__ledger *, const struct sim_plan_ask *, struct sim_metric *);
/* What was booked of an item since the start. */
double sim__ledger_booked(const struct sim__ledger *, uint32_t item);
/* Dollars since the warm-up, added up four ways. After sim__ledger_finish(). */
struct sim__ledger_sums {
    double total, items, causes, windows;
};
struct sim__ledger_sums sim__ledger_sums(const struct sim__ledger *);

/* traces: what follows is called for requests whose .trace is not 0 */
int sim__trace_make(struct sim_world *); /* 0, or -1 when out of memory */
void sim__trace_free(struct sim_world *);
void sim__trace_measure(struct sim_world *); /* the warm-up is over */
/* A call of a source, not yet made, that is due to be followed: sets .trace, or leaves it 0. */
void sim__trace_request(struct sim_node *from, struct sim_request *);
/* A call becomes an operation of attempts, each announced; and that has ended. */
void sim__trace_operation(struct sim_node *from, struct sim_request *);
void sim__trace_try(struct sim_world *, uint32_t name, int64_t attempt, bool hedge);
void sim__trace_operation_over(struct sim_world *, uint32_t name, enum sim_status, bool forgotten);
/* From now on a span spends its time on that. */
void sim__trace_mark(struct sim_world *, uint32_t name, enum sim_spent);
/* An attempt: sent, its record filled in; out of the callee's hand; ended for the caller; and its
 * record released after it had ended for the caller. */
void sim__trace_sent(struct sim_world *, struct sim__call *);
void sim__trace_left(struct sim_world *, const struct sim__call *);
void sim__trace_ended(struct sim_world *, const struct sim__call *, enum sim_status,
                      bool forgotten);
void sim__trace_released(struct sim_world *, const struct sim__call *);
/* What was spent on what, and the trace, into the record. 0, or -1 when out of memory. */
int sim__attribution_finish(struct sim_world *, struct sim_record *);
int sim__trace_finish(struct sim_world *, struct sim_record *);

/* the record */
struct sim__recorder;
struct sim__recorder *sim__recorder_new(struct sim_world *);
void sim__recorder_free(struct sim__recorder *);
int sim__recorder_roll(struct sim__recorder *, sim_time now); /* the end of a window */
/* When a span of time that is asked for next begins or ends; SIM_NEVER. */
sim_time sim__recorder_next(const struct sim__recorder *);
int sim__recorder_cut(struct sim__recorder *, sim_time now); /* it does; 0, or -1: no memory */
/* The record, the caller's from now on; NULL when out of memory. */
struct sim_record *sim__recorder_finish(struct sim__recorder *);

/* What the audit needs of a component's station meters over the whole run, warm-up included. */
struct sim__station_sums {
    double in_flight_area; /* calls x ns */
    double sojourn;        /* ns, of every call answered or lost */
};
/* `whole`: what the meter of each item of the bill counted, or its area (unit x ns), since the
 * start; NULL without a bill. */
int sim__audit(struct sim_world *, const struct sim__station_sums *, const double *whole,
               struct sim_record *);

#endif
