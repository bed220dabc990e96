/* policy.h - calls under the policy of their caller: timeout, deadline, retries, hedging, budget,
 * breaker, limits (struct sim_policy). */
#ifndef SIM_POLICY_H
#define SIM_POLICY_H

#include "sim/fabric.h"
#include "sim/param.h"

struct sim_policy;

/* Calls target `index` of the port (0 where the port takes one), under the caller's resilience
 * policy (timeout, deadline, retries, hedging, breaker, limits): done runs once with the final
 * outcome. The request is copied. Returns what sim_abandon() knows the call by. O(1). */
sim_call_id sim_call(struct sim_port *, uint32_t index, const struct sim_request *, sim_done *,
                     void *self, sim_arg);
/* The same towards one node of the target component, for those that choose (balancers, shards). */
sim_call_id sim_call_node(struct sim_port *, uint32_t index, uint32_t node,
                          const struct sim_request *, sim_done *, void *self, sim_arg);
/* A call whose attempts its model places one by one, each at a node that it chooses when the
 * attempt begins, as a balancer does that tries again at another node. Budget, backoff and deadline
 * are those of one call. The model keeps this until the last attempt is over; before the first it
 * is all zero. */
struct sim_placed {
    sim_time deadline, last_wait;
    int64_t attempts; /* begun */
    bool sent; /* the last one was: neither refused by the caller's own policy nor too late */
    bool own;  /* the last one was refused by the caller's own policy */
};

/* The next attempt of such a call, with its hedges: done runs once with the outcome. O(1). */
sim_call_id sim_call_placed(struct sim_port *, uint32_t index, uint32_t node, struct sim_placed *,
                            const struct sim_request *, sim_done *, void *self, sim_arg);
/* How long to wait after an attempt at target `index` that came to this status, before the next;
 * SIM_NEVER: there is to be no other. Takes the retry out of the budget. O(1). */
sim_time sim_placed_wait(struct sim_port *, uint32_t index, struct sim_placed *, enum sim_status);
/* Gives up a call that this node made: its done will not run, and it is not tried again. Callees
 * work on, unaware; their answers are counted as wasted. False when the call is over. O(1) in the
 * attempts that are out. */
bool sim_abandon(struct sim_node *caller, sim_call_id);

/* Parameters of struct sim_policy, for the scenario's components that have ports. */
extern const struct sim_param sim_policy_params[];
/* What no single parameter's bounds can say: 0, or -1 with the sentence, and the name of the
 * parameter of the table that it is about in *about. */
int sim_policy_sound(const struct sim_policy *, const char **about, struct sim_error *);

#endif
