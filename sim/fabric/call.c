/* call.c - calls: two halves, one record.
 *
 * The caller's half ends with done(): at the answer, the timeout or the loss. The callee's half
 * ends when its answer has arrived or was dropped. The record is freed when both have ended.
 *
 * A callee may want to hear that its caller no longer waits (a timeout, a hedge that lost, a user
 * who left). The caller then sends a message over the link, of the size of HTTP/2's RST_STREAM
 * (RFC 9113, sec. 6.4), which is what gRPC sends. The record stays until it has come. A caller that
 * crashes sends none. */
#include "books/trace_state.h"
#include "fabric/call_state.h"
#include "fabric/fault_state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

__attribute__((noinline, cold)) bool sim__calls_grow(struct sim_world *w)
{
    struct sim__calls *c = &w->calls;
    if (c->slab_count == c->slab_capacity) {
        uint32_t capacity = c->slab_capacity ? 2 * c->slab_capacity : 16;
        void *grown = realloc(c->slabs, capacity * sizeof *c->slabs);
        if (grown == NULL)
            return false;
        c->slabs = grown;
        c->slab_capacity = capacity;
    }
    uint32_t records = (c->slab_count + 1) * SIM__CALLS_A_SLAB;
    if (!sim__owned_reserve(&c->made, records) || !sim__owned_reserve(&c->held, records))
        return false;
    struct sim__call *slab = calloc(SIM__CALLS_A_SLAB, sizeof *slab);
    if (slab == NULL)
        return false;
    uint32_t first = c->slab_count * SIM__CALLS_A_SLAB;
    for (uint32_t i = SIM__CALLS_A_SLAB; i-- > (first == 0);) { /* record 0 is never used: 0 means
                                                                   none */
        slab[i].index = first + i;
        slab[i].next = c->free;
        c->free = first + i;
    }
    c->slabs[c->slab_count++] = slab;
    return true;
}

int sim__calls_make(struct sim_world *w)
{
    return sim__calls_grow(w) ? 0 : -1;
}

void sim__calls_free(struct sim_world *w)
{
    for (uint32_t i = 0; i < w->calls.slab_count; i++)
        free(w->calls.slabs[i]);
    free(w->calls.slabs);
    sim__owned_free(&w->calls.made);
    sim__owned_free(&w->calls.held);
}

static inline void call_release(struct sim_world *w, struct sim__call *call)
{
    assert(call->used && !call->awaited && call->stage == SIM__ENDED && "both halves are over");
    call->generation++;
    call->used = false;
    call->next = w->calls.free;
    w->calls.free = call->index;
}

/* The reply must not overwrite the request's .trace, which is needed until the record is freed. */
static inline void put_reply(struct sim__call *call, struct sim_reply reply)
{
    memcpy(&call->reply, &reply, sizeof reply);
}
_Static_assert(offsetof(struct sim_request, trace) >= sizeof(struct sim_reply),
               "an answer leaves .trace alone");

/* Both halves of a call are over, the caller's first. */
static void release_late(struct sim_world *w, struct sim__call *call)
{
    if (call->told)
        return; /* the message that is on its way frees the record */
    call->gone = false;
    if (call->request.trace != 0)
        sim__trace_released(w->trace, call->request.trace);
    call_release(w, call);
}

/* The caller's half of a followed call has ended. */
static void trace_end(struct sim_world *w, const struct sim__call *call, enum sim_status status,
                      bool forgotten)
{
    sim__trace_ended(w->trace, call->request.trace, sim_now(w->sim), status, forgotten,
                     call->stage == SIM__IN_HAND ? call->arrived : SIM_NEVER,
                     call->stage != SIM__ENDED);
}

/* Ends the caller's half. The record may be freed afterwards. */
static inline void end_for_caller(struct sim *sim, struct sim__call *call, struct sim_reply reply,
                                  bool followed)
{
    assert(call->used && call->awaited && "the caller's half ends once");
    struct sim_world *w = call->from->world;
    sim_done *done = call->done;
    void *self = call->self;
    sim_arg arg = call->arg;
    call->awaited = false;
    w->totals.ended++;
    if (followed)
        trace_end(w, call, reply.status, false);
    if (call->stage == SIM__ENDED)
        call_release(w, call);
    done(sim, self, arg, &reply);
}

static inline __attribute__((always_inline)) void
awaited_answer(struct sim *sim, struct sim__call *call, bool followed)
{
    if (call->timer.key != 0)
        sim_cancel(sim, call->timer);
    end_for_caller(sim, call, call->reply, followed);
}

/* A function of its own, to keep the path of calls that are not followed short. */
static __attribute__((noinline)) void followed_answer(struct sim *sim, struct sim__call *call)
{
    awaited_answer(sim, call, true);
}

static void answer_arrives(struct sim *sim, void *node, sim_arg arg)
{
    (void)node;
    struct sim__call *call = arg.p;
    assert(call->used && call->stage == SIM__INBOUND);
    call->stage = SIM__ENDED;
    if (!call->awaited) {
        call->from->world->totals.unwanted++;
        release_late(call->from->world, call);
    } else if (__builtin_expect(call->request.trace != 0, 0)) {
        followed_answer(sim, call);
    } else {
        awaited_answer(sim, call, false);
    }
}

/* ---- the caller no longer waits -------------------------------------------------------------- */

enum { CANCEL_BYTES = 13 }; /* a frame's header of 9, and an error code of 4 */

static void cancel_arrives(struct sim *sim, void *self, sim_arg arg)
{
    (void)sim;
    struct sim_node *node = self;
    struct sim__call *call = arg.p;
    assert(call->used && call->told && !call->awaited);
    call->told = false;
    if (call->stage == SIM__ENDED)
        release_late(node->world, call);
    else if (call->stage == SIM__OUTBOUND)
        call->gone = true;
    else if (call->stage == SIM__IN_HAND)
        for (struct sim_part *part = node->parts; part != NULL; part = part->older)
            if (part->kind->unwanted != NULL)
                part->kind->unwanted(part, sim__call_name(call));
}

/* Tells a callee that hears it. To be called before the caller's half ends. */
static __attribute__((noinline)) void send_cancel(struct sim_world *w, struct sim__call *call)
{
    if (call->stage != SIM__OUTBOUND && call->stage != SIM__IN_HAND)
        return;
    struct sim__link *out = sim__link_between(w, sim__component_number(call->from->component),
                                              sim__component_number(call->to->component));
    if (out == NULL) {
        sim_fail_memory(w->sim);
        return;
    }
    sim__link_carries(out, call->request.cause, CANCEL_BYTES);
    call->told = sim__link_send(w, out, CANCEL_BYTES, cancel_arrives, call->to,
                                (sim_arg){.p = call});
}

static void timed_out(struct sim *sim, void *node, sim_arg arg)
{
    struct sim__call *call = sim__call_named(((struct sim_node *)node)->world,
                                             (sim_call_id){arg.u});
    if (call == NULL || !call->awaited)
        return; /* answered in the last instant */
    ((struct sim_node *)node)->caller->timeouts.count++;
    ((struct sim_node *)node)->world->totals.timed_out++;
    if (call->to->component->hears_cancel)
        send_cancel(call->from->world, call);
    end_for_caller(sim, call, (struct sim_reply){.status = SIM_TIMEOUT}, call->request.trace != 0);
}

/* An answer that arrives in this very instant is in time. */
void sim__call_time_is_up(struct sim *sim, void *node, sim_arg arg)
{
    const struct sim__call *call = arg.p;
    assert(call->used && call->awaited && "whoever stops waiting cancels the timer");
    sim_last(sim, timed_out, node, (sim_arg){.u = sim__call_name(call).key});
}

/* The callee's half is over without an answer that anybody will see. */
void sim__call_drop(struct sim_world *w, struct sim__call *call)
{
    assert(call->used && call->stage != SIM__ENDED && "the callee's half ends once");
    call->stage = SIM__ENDED;
    if (!call->awaited)
        release_late(w, call);
}

static void send_back(struct sim_world *w, struct sim__call *call)
{
    assert(call->stage == SIM__IN_HAND && "only a call in hand is answered");
    call->stage = SIM__INBOUND;
    sim__link_carries(call->back, call->request.cause, call->reply.bytes);
    if (!sim__link_send(w, call->back, call->reply.bytes, answer_arrives, call->from,
                        (sim_arg){.p = call})) {
        w->totals.answers_lost++;
        sim__call_drop(w, call);
    }
}

/* The call is not served any more. Its caller is told, unless the loss is silent. */
static void lose_call(struct sim_world *w, struct sim__call *call, bool silent)
{
    if (silent) {
        sim__call_drop(w, call);
        return;
    }
    w->totals.told++;
    put_reply(call, (struct sim_reply){.status = SIM_LOST});
    send_back(w, call);
}

static void answer_unserved(struct sim_node *, struct sim__call *, enum sim_status);

static inline void take_in_hand(struct sim_node *node, struct sim__call *call, sim_time now)
{
    assert(call->used && call->stage == SIM__OUTBOUND && call->to == node);
    node->world->totals.late_causes += now < call->arrived;
    call->stage = SIM__IN_HAND;
    call->arrived = now;
    sim_count(&node->station->rate);
    node->station->by_cause[call->request.cause]++;
    sim_gauge_add(&node->station->in_flight, now, 1);
}

static inline void serve(struct sim_node *node, struct sim__call *call)
{
    take_in_hand(node, call, sim_now(node->sim));
    node->model->serve(node, sim__call_name(call), &call->request);
}

/* A node that is down refuses calls at once, or does not hear them; an error rate fails some on
 * arrival. */
__attribute__((noinline)) static void arrives_impaired(struct sim_node *node,
                                                       struct sim__call *call)
{
    if (node->silent) {
        node->world->totals.unheard++;
        sim__call_drop(node->world, call);
    } else if (node->down) {
        answer_unserved(node, call, SIM_REFUSED);
    } else if (sim__faults_spoil(node, SIM_WHEN_ARRIVAL)) {
        answer_unserved(node, call, SIM_ERROR);
    } else {
        serve(node, call);
    }
}

void sim__call_arrives(struct sim *sim, void *self, sim_arg arg)
{
    struct sim_node *node = self;
    (void)sim;
    if (node->impaired)
        arrives_impaired(node, arg.p);
    else
        serve(node, arg.p);
}

void sim__call_followed(struct sim_world *w, struct sim__call *call)
{
    call->request.trace = sim__trace_sent(w->trace, call->request.trace,
                                          sim__component_number(call->to->component),
                                          call->to->index, sim_now(w->sim), call->request.op);
}

void sim__call_own(struct sim_world *w, const struct sim__call *call)
{
    sim__owned_put(&w->calls.made, call->index, call->from);
    sim__owned_put(&w->calls.held, call->index, call->to);
}

sim_call_id sim__call_attempt(struct sim_node *from, const struct sim_port_target *target,
                              uint32_t node, const struct sim_request *request, sim_time give_up,
                              sim_done *done, void *self, sim_arg arg)
{
    struct sim_world *w = from->world;
    assert(give_up >= 0 && done != NULL);
    struct sim__link *out;
    struct sim__call *call = sim__call_begin(from, target, node, request, &out, done, self, arg);
    if (call == NULL)
        return (sim_call_id){0};
    if (call->request.trace != 0)
        sim__call_followed(w, call);
    if (give_up > 0 && give_up == from->component->timeout)
        sim__call_await(w->sim, call, from->component->timeout_lane);
    else if (give_up > 0)
        call->timer = sim_after(w->sim, give_up, sim__call_time_is_up, from, (sim_arg){.p = call});
    return sim__call_send(w, call, out);
}

static struct sim_node *in_turn(struct sim__choice *among)
{
    uint32_t turn = among->turn;
    among->turn = turn + 1 < among->count ? turn + 1 : 0;
    return among->nodes[turn];
}

struct sim_node *sim__call_placed(struct sim_node *from, const struct sim_port_target *target,
                                  uint32_t node, const struct sim_request *request,
                                  struct sim__path *path)
{
    struct sim_world *w = from->world;
    struct sim_component *c = target->component;
    struct sim__choice *within = target->within;
    bool keyed = request->key != SIM_NO_KEY && request->space != NULL;
    struct sim_node *to;
    if (node != SIM_ALL_NODES)
        to = within != NULL ? within->nodes[node] : c->nodes[node];
    else if (target->nearest != NULL)
        to = in_turn(target->nearest);
    else if (within == NULL)
        to = sim__component_node(c, request);
    else if (c->plan->spread == SIM_SPREAD_RANDOM)
        to = within->nodes[sim_draw_below(&c->spread, within->count)];
    else if (c->plan->spread == SIM_SPREAD_KEY && keyed)
        to = within->nodes[sim_mix64(request->key) % within->count];
    else
        to = in_turn(within);
    *path = target->paths[to->site];
    path->out->placed += request->bytes;
    w->sites[from->component->first_site + from->site].sent += request->bytes;
    w->sites[c->first_site + to->site].received += request->bytes;
    return to;
}

sim_call_id sim_probe(struct sim_port *port, uint32_t index, uint32_t node,
                      const struct sim_request *request, sim_time give_up, sim_done *done,
                      void *self, sim_arg arg)
{
    assert(index < port->target_count && "a port is called that the scenario left open");
    assert(node < sim_port_nodes(port, index) && "the component has no such node");
    assert(give_up > 0);
    sim_count(&port->owner->caller->calls);
    return sim__call_attempt(port->owner, &port->targets[index], node, request, give_up, done, self,
                             arg);
}

double sim_port_share(const struct sim_port *port, uint32_t index)
{
    assert(index < port->target_count && "a port is asked that the scenario left open");
    return port->targets[index].share;
}

uint32_t sim_port_nodes(const struct sim_port *port, uint32_t index)
{
    assert(index < port->target_count && "a port is asked that the scenario left open");
    const struct sim_port_target *target = &port->targets[index];
    return target->within != NULL ? target->within->count : target->component->plan->nodes;
}

const char *sim_port_node_name(const struct sim_port *port, uint32_t index, uint32_t node)
{
    assert(index < port->target_count && "a port is asked that the scenario left open");
    const struct sim_port_target *target = &port->targets[index];
    return (target->within != NULL ? target->within->nodes : target->component->nodes)[node]->name;
}

const struct sim_request *sim_call_request(struct sim_node *node, sim_call_id id)
{
    const struct sim__call *call = sim__call_in_hand(node->world, id);
    return call == NULL ? NULL : &call->request;
}

void sim_spend(struct sim_node *node, sim_call_id id, enum sim_spent on)
{
    const struct sim__call *call = sim__call_in_hand(node->world, id);
    if (call != NULL && call->request.trace != 0)
        sim__trace_mark(node->world->trace, call->request.trace, sim_now(node->sim), on);
}

/* A call is no longer in the node's hands, for whatever reason. */
static inline void leave_hand(struct sim_node *node, struct sim__call *call)
{
    sim_time now = sim_now(node->sim);
    assert(call->stage == SIM__IN_HAND && call->to == node && call->arrived <= now);
    assert(node->station->in_flight.value > 0);
    sim_gauge_add(&node->station->in_flight, now, -1);
    sim_histogram_record(&node->station->latency, now - call->arrived);
    if (call->request.trace != 0)
        sim__trace_left(node->world->trace, call->request.trace, call->arrived, now);
}

/* An answer that nobody waits for: work was wasted, or the call was dropped without work. */
static __attribute__((noinline)) void nobody_waits(struct sim_station_meters *m, bool served)
{
    sim_count(served ? &m->wasted : &m->dropped);
}

static inline void answer_call(struct sim_node *node, struct sim__call *call,
                               struct sim_reply reply, bool served)
{
    assert(call->to == node);
    struct sim_station_meters *m = node->station;
    leave_hand(node, call);
    bool passed_on = reply.status == SIM_TIMEOUT || reply.status == SIM_LOST;
    sim_count(&m->by_status[passed_on ? SIM_ERROR : reply.status]); /* SIM_LOST counts only calls
                                                                       lost in a crash here */
    if (!call->awaited)
        nobody_waits(m, served && reply.status != SIM_REFUSED);
    const struct sim_request *r = &call->request;
    if (r->space != NULL && r->op == SIM_READ && reply.status == SIM_OK)
        sim_truth_read(node->truth, r->space, r->key, reply.version, call->arrived);
    put_reply(call, reply);
    send_back(node->world, call);
}

static inline void answer(struct sim_node *node, sim_call_id id, struct sim_reply reply)
{
    struct sim__call *call = sim__call_in_hand(node->world, id);
    if (call == NULL)
        node->world->totals.stale += id.key != 0;
    else
        answer_call(node, call, reply, true);
}

/* Answers an arriving call before the model sees it. */
static void answer_unserved(struct sim_node *node, struct sim__call *call, enum sim_status status)
{
    take_in_hand(node, call, sim_now(node->sim));
    answer_call(node, call, (struct sim_reply){.status = status}, false);
}

/* Errors that strike after the work was done. */
__attribute__((noinline)) static void answer_impaired(struct sim_node *node, sim_call_id id,
                                                      struct sim_reply reply)
{
    if (reply.status == SIM_OK && sim__call_in_hand(node->world, id) != NULL &&
        sim__faults_spoil(node, SIM_WHEN_ANSWER))
        reply = (struct sim_reply){.status = SIM_ERROR};
    answer(node, id, reply);
}

void sim_answer(struct sim_node *node, sim_call_id id, struct sim_reply reply)
{
    if (node->impaired)
        answer_impaired(node, id, reply);
    else
        answer(node, id, reply);
}

/* Forgets a call that the crashed node made: nobody waits for it any more. */
static void forget(struct sim_world *w, struct sim__call *call)
{
    assert(call->used && call->awaited && "the caller's half ends once");
    sim_cancel(w->sim, call->timer);
    call->awaited = false;
    w->totals.ended++;
    w->totals.forgotten++;
    if (call->request.trace != 0)
        trace_end(w, call, SIM_LOST, true);
    if (call->stage == SIM__ENDED)
        call_release(w, call);
}

bool sim__call_abandon(struct sim_world *w, sim_call_id id)
{
    struct sim__call *call = sim__call_named(w, id);
    if (call == NULL || !call->awaited)
        return false;
    sim_count(&call->from->caller->abandoned);
    if (call->to->component->hears_cancel)
        send_cancel(w, call);
    forget(w, call);
    return true;
}

static void lose(struct sim_node *node, struct sim__call *call, bool silent)
{
    leave_hand(node, call);
    sim_count(&node->station->by_status[SIM_LOST]);
    lose_call(node->world, call, silent);
}

static enum sim__owned_fate awaited(const struct sim_world *w, uint32_t index)
{
    const struct sim__call *call = sim__call_at(w, index);
    return call->used && call->awaited ? SIM__OWNED_STRUCK : SIM__OWNED_OVER;
}

static enum sim__owned_fate in_hand(const struct sim_world *w, uint32_t index)
{
    const struct sim__call *call = sim__call_at(w, index);
    if (!call->used || call->stage > SIM__IN_HAND)
        return SIM__OWNED_OVER;
    return call->stage == SIM__IN_HAND ? SIM__OWNED_STRUCK : SIM__OWNED_LATER;
}

void sim__calls_crash(struct sim_node *node, bool silent)
{
    struct sim_world *w = node->world;
    struct sim__owned *made = &w->calls.made, *held = &w->calls.held;
    if (!sim__owned_find(made, node, awaited) || !sim__owned_find(held, node, in_hand))
        return;
    /* a node's call to itself is in both lists: it is forgotten before it is lost */
    for (uint32_t m = 0, h = 0; m < made->found_count || h < held->found_count;) {
        uint32_t a = m < made->found_count ? made->found[m] : UINT32_MAX;
        uint32_t b = h < held->found_count ? held->found[h] : UINT32_MAX;
        if (a <= b) {
            forget(w, sim__call_at(w, a));
            m++;
        } else {
            lose(node, sim__call_at(w, b), silent);
            h++;
        }
    }
}
