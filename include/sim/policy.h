/* policy.h - the parameters of how a component's calls are made (struct sim_policy). */
#ifndef SIM_POLICY_H
#define SIM_POLICY_H

#include "sim/plan.h"

/* Parameters of struct sim_policy, for the scenario's components that have ports. */
extern const struct sim_param sim_policy_params[];
/* What no single parameter's bounds can say: 0, or -1 with the sentence, and the name of the
 * parameter of the table that it is about in *about. */
int sim_policy_sound(const struct sim_policy *, const char **about, struct sim_error *);

#endif
