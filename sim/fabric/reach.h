/* reach.h - which components requests can reach, and what their models foresee of a run. */
#ifndef SIM_FABRIC_REACH_H
#define SIM_FABRIC_REACH_H

#include "sim/plan.h"

/* The components that requests for keys of the largest keyspace can reach: largest by keys, and by
 * subjects. 0, or -1 when out of memory; to be freed either way. O(calls). */
struct sim__reach {
    uint64_t keys, subjects;
    bool *by_keys, *by_subjects; /* by component */
};
int sim__reach_make(struct sim__reach *, const struct sim_plan *);
void sim__reach_free(struct sim__reach *);
/* What a component's model foresees of a run. O(targets). */
struct sim_foreseen sim__plan_foresee(const struct sim_plan *, const struct sim__reach *,
                                      uint32_t component);

#endif
