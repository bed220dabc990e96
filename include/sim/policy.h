/* policy.h - calls under the policy of their caller: timeout, deadline, retries, hedging, budget,
 * breaker, limits (struct sim_policy). */
#ifndef SIM_POLICY_H
#define SIM_POLICY_H

#include "sim/fabric.h"
#include "sim/param.h"

struct sim_policy;

/* Calls target `index` of the port (0 if the port has a single target) under the caller's policy.
 * `done` runs once, with the final outcome. The request is copied. Returns the name of the call for
 * sim_abandon(). O(1). */
sim_call_id sim_call(struct sim_port *, uint32_t index, const struct sim_request *, sim_done *,
                     void *self, sim_arg);
/* Calls one node of the target component, for models that choose the node (balancers, shards). */
sim_call_id sim_call_node(struct sim_port *, uint32_t index, uint32_t node,
                          const struct sim_request *, sim_done *, void *self, sim_arg);
/* A call whose attempts its model places one by one. The model chooses the node of each attempt
 * when the attempt begins, as a balancer does to try again at another node. Budget, backoff and
 * deadline are those of one call. The model keeps this struct until the last attempt is over. It is
 * all zero before the first. */
struct sim_placed {
    sim_time deadline, last_wait;
    int64_t attempts; /* begun */
    bool sent; /* the last one was sent: not refused by the caller's own policy, and not too late */
    bool own;  /* the last one was refused by the caller's own policy */
};

/* Begins the next attempt of such a call, with its hedges. `done` runs once. O(1). */
sim_call_id sim_call_placed(struct sim_port *, uint32_t index, uint32_t node, struct sim_placed *,
                            const struct sim_request *, sim_done *, void *self, sim_arg);
/* How long to wait before the next attempt, after one at target `index` that ended with this
 * status; SIM_NEVER: there is no other attempt. Takes the retry out of the budget. O(1). */
sim_time sim_placed_wait(struct sim_port *, uint32_t index, struct sim_placed *, enum sim_status);
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
