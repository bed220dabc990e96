/* workload.h - how many calls a run will take. */
#ifndef SIM_RUN_WORKLOAD_H
#define SIM_RUN_WORKLOAD_H

#include "sim/plan.h"

/* About how many calls arrive at all components in a run. */
double sim__plan_requests(const struct sim_plan *);

#endif
