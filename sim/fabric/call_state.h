/* call_state.h - finding the record of a call, and sending a call. */
#ifndef SIM_FABRIC_CALL_STATE_H
#define SIM_FABRIC_CALL_STATE_H

#include "fabric/link_state.h"
#include "fabric/world_state.h"

#include <assert.h>

static inline struct sim__call *sim__call_at(const struct sim_world *w, uint32_t index)
{
    return &w->calls.slabs[index / SIM__CALLS_A_SLAB][index % SIM__CALLS_A_SLAB];
}

/* The call of this name; NULL: the name is stale, or names none. */
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

/* Sends one attempt. `done` runs once, with the answer, the timeout or the loss. `give_up`: the
 * timeout; 0: none. */
sim_call_id sim__call_attempt(struct sim_node *from, const struct sim_port_target *, uint32_t node,
                              const struct sim_request *, sim_time give_up, sim_done *, void *self,
                              sim_arg);
/* Ends the caller's half; `done` will not run. False when it is over. */
bool sim__call_abandon(struct sim_world *, sim_call_id);
int sim__calls_make(struct sim_world *); /* 0, or -1 when out of memory */
void sim__calls_free(struct sim_world *);
/* A node crashed: the calls that it held are lost, and the calls that it made are forgotten.
 * `silent`: callers are not told of the loss. */
void sim__calls_crash(struct sim_node *, bool silent);

/* Makes room for more records. False when out of memory. */
bool sim__calls_grow(struct sim_world *);
/* A call's message arrives at its callee; its timeout is due; its callee's half is over without an
 * answer that anybody will see. */
void sim__call_arrives(struct sim *, void *node, sim_arg call);
void sim__call_time_is_up(struct sim *, void *node, sim_arg call);
void sim__call_drop(struct sim_world *, struct sim__call *);
/* Where nodes can crash: notes whose a new call is. */
__attribute__((noinline)) void sim__call_own(struct sim_world *, const struct sim__call *);
/* Makes the span of a new call whose request is followed. */
void sim__call_followed(struct sim_world *, struct sim__call *);

static inline struct sim__call *sim__call_new(struct sim_world *w)
{
    if (w->calls.free == 0 && !sim__calls_grow(w)) {
        sim_fail_memory(w->sim);
        return NULL;
    }
    struct sim__call *call = sim__call_at(w, w->calls.free);
    assert(!call->used && "what is in the free list is free");
    w->calls.free = call->next;
    call->used = true;
    return call;
}

static inline struct sim_node *sim__component_node(struct sim_component *c,
                                                   const struct sim_request *request)
{
    uint32_t n = c->plan->nodes;
    if (n == 1)
        return c->nodes[0];
    if (c->plan->spread == SIM_SPREAD_RANDOM)
        return c->nodes[sim_draw_below(&c->spread, n)];
    if (c->plan->spread == SIM_SPREAD_KEY && request->key != SIM_NO_KEY && request->space != NULL)
        return c->nodes[sim_mix64(request->key) % n];
    uint32_t turn = c->turn;
    c->turn = turn + 1 < n ? turn + 1 : 0;
    return c->nodes[turn];
}

/* The node to which a call goes, where the callee has several sites; sets its links. */
__attribute__((noinline)) struct sim_node *
sim__call_placed(struct sim_node *from, const struct sim_port_target *, uint32_t node,
                 const struct sim_request *, struct sim__path *);

static inline struct sim_node *sim__call_node(struct sim_node *from,
                                              const struct sim_port_target *target, uint32_t node,
                                              const struct sim_request *request,
                                              struct sim__path *path)
{
    struct sim_component *c = target->component;
    *path = target->path;
    if (c->plan->nodes == 1)
        return c->nodes[0];
    if (__builtin_expect(target->paths != NULL, 0))
        return sim__call_placed(from, target, node, request, path);
    return node == SIM_ALL_NODES ? sim__component_node(c, request) : c->nodes[node];
}

/* Makes the record of a new attempt, without its timer; *out: its link. NULL when out of memory. */
static inline struct sim__call *sim__call_begin(struct sim_node *from,
                                                const struct sim_port_target *target, uint32_t node,
                                                const struct sim_request *request,
                                                struct sim__link **out, sim_done *done, void *self,
                                                sim_arg arg)
{
    struct sim_world *w = from->world;
    struct sim__call *call = sim__call_new(w);
    if (call == NULL)
        return NULL;
    struct sim__path path;
    call->to = sim__call_node(from, target, node, request, &path);
    *out = path.out;
    call->stage = SIM__OUTBOUND;
    call->awaited = true;
    call->from = from;
    call->back = path.back;
    call->done = done;
    call->self = self;
    call->arg = arg;
    call->arrived = sim_now(w->sim);
    call->request = *request;
    call->timer = SIM_NO_EVENT;
    from->caller->attempts.count++;
    w->totals.begun++;
    if (__builtin_expect(w->calls.made.first != NULL, 0))
        sim__call_own(w, call);
    return call;
}

static inline void sim__call_await(struct sim *sim, struct sim__call *call, struct sim_lane *lane)
{
    call->timer = sim_after_lane(sim, lane, sim__call_time_is_up, call->from, (sim_arg){.p = call});
}

static inline sim_call_id sim__call_send(struct sim_world *w, struct sim__call *call,
                                         struct sim__link *out)
{
    if (call->to->model->expect != NULL)
        call->to->model->expect(call->to, &call->request);
    sim__link_carries(out, call->request.cause, call->request.bytes);
    if (!sim__link_send(w, out, call->request.bytes, sim__call_arrives, call->to,
                        (sim_arg){.p = call})) {
        w->totals.requests_lost++;
        sim__call_drop(w, call);
    }
    return sim__call_name(call);
}

#endif
