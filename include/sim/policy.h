/* policy.h - calls under the policy of their caller: timeout, deadline, retries, hedging, budget,
 * breaker, limits (struct sim_policy). */
#ifndef SIM_POLICY_H
#define SIM_POLICY_H

#include "sim/fabric.h"
#include "sim/param.h"

struct sim_policy;

/* Calls target `index` of the port (0 where the port takes one) under the caller's policy. `done`
 * runs once, with the final outcome. The request is copied. Returns the name of the call for
 * sim_abandon(). O(1). */
sim_call_id sim_call(struct sim_port *, uint32_t index, const struct sim_request *, sim_done *,
                     void *self, sim_arg);
/* Calls one node of the target component, for models that choose the node (balancers, shards). */
sim_call_id sim_call_node(struct sim_port *, uint32_t index, uint32_t node,
                          const struct sim_request *, sim_done *, void *self, sim_arg);
/* Gives up a call that this node made: its `done` will not run, and it is not retried. Callees are
 * told only if they are to hear it (on_cancel); else their answers are counted as wasted. False
 * when the call is over. O(attempts out). */
bool sim_abandon(struct sim_node *caller, sim_call_id);

/* The parameters of struct sim_policy, for components that have ports. */
extern const struct sim_param sim_policy_params[];
/* Checks what no single parameter's bounds can: 0, or -1 with the sentence and, in *about, the name
 * of the parameter that is wrong. */
int sim_policy_sound(const struct sim_policy *, const char **about, struct sim_error *);

#endif
