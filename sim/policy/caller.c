/* caller.c - sim_call(): sends a call at once if it needs no more than a timeout; gives any other
 * call to the caller's policy. */
#include "books/trace_state.h"
#include "policy/policy_state.h"

#include <assert.h>

static inline __attribute__((always_inline)) sim_call_id
call_plain(struct sim_port *port, uint32_t index, uint32_t node, struct sim_placed *placed,
           const struct sim_request *request, sim_done *done, void *self, sim_arg arg,
           bool followed)
{
    struct sim_node *from = port->owner;
    const struct sim_component *c = from->component;
    if (!c->plain || (request->deadline != SIM_NEVER && request->deadline != 0))
        return sim__operation_begin(port, index, node, placed, request, done, self, arg);
    const struct sim_port_target *target = &port->targets[index];
    struct sim__link *out;
    struct sim__call *call = sim__call_begin(from, target, node, request, &out, done, self, arg);
    if (call == NULL)
        return (sim_call_id){0};
    if (followed && call->request.trace != 0)
        sim__call_followed(from->world, call);
    if (c->timeout_lane != NULL)
        sim__call_await(from->sim, call, c->timeout_lane);
    return sim__call_send(from->world, call, out);
}

static __attribute__((noinline)) sim_call_id call_followed(struct sim_port *port, uint32_t index,
                                                           uint32_t node, struct sim_placed *placed,
                                                           const struct sim_request *request,
                                                           sim_done *done, void *self, sim_arg arg)
{
    struct sim_component *c = port->owner->component;
    struct sim_request copy = *request;
    if (c->until_followed == 0)
        c->until_followed = sim__trace_request(c->world->trace, sim__component_number(c),
                                               port->owner->index, sim_now(c->world->sim), &copy);
    return call_plain(port, index, node, placed, &copy, done, self, arg, true);
}

static inline __attribute__((always_inline)) sim_call_id
call_port(struct sim_port *port, uint32_t index, uint32_t node, struct sim_placed *placed,
          const struct sim_request *request, sim_done *done, void *self, sim_arg arg)
{
    assert(index < port->target_count && "a port is called that the scenario left open");
    assert(request != NULL && done != NULL && "a call says who hears of its end");
    struct sim_node *from = port->owner;
    from->caller->calls.count++;
    if (__builtin_expect(--from->component->until_followed == 0 || request->trace != 0, 0))
        return call_followed(port, index, node, placed, request, done, self, arg);
    return call_plain(port, index, node, placed, request, done, self, arg, false);
}

sim_call_id sim_call(struct sim_port *port, uint32_t index, const struct sim_request *request,
                     sim_done *done, void *self, sim_arg arg)
{
    return call_port(port, index, SIM_ALL_NODES, NULL, request, done, self, arg);
}

sim_call_id sim_call_node(struct sim_port *port, uint32_t index, uint32_t node,
                          const struct sim_request *request, sim_done *done, void *self,
                          sim_arg arg)
{
    assert(node < sim_port_nodes(port, index) && "the component has no such node");
    return call_port(port, index, node, NULL, request, done, self, arg);
}

sim_call_id sim_call_placed(struct sim_port *port, uint32_t index, uint32_t node,
                            struct sim_placed *placed, const struct sim_request *request,
                            sim_done *done, void *self, sim_arg arg)
{
    assert(node < sim_port_nodes(port, index) && "the component has no such node");
    if (placed->attempts > 0) /* counted as a call already */
        return sim__operation_begin(port, index, node, placed, request, done, self, arg);
    placed->sent = true; /* unless an operation knows better */
    sim_call_id id = call_port(port, index, node, placed, request, done, self, arg);
    placed->attempts = 1;
    return id;
}

bool sim_abandon(struct sim_node *caller, sim_call_id id)
{
    if (id.key & SIM__OF_OPERATION)
        return sim__operation_abandon(caller->world, id);
    return sim__call_abandon(caller->world, id);
}
