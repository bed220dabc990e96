/* probe_state.h - what the searches share among themselves. */
#ifndef SIM_STUDY_PROBE_STATE_H
#define SIM_STUDY_PROBE_STATE_H

#include "study/search/probe.h"

/* Stores the reason of a failure. Returns -1. */
int sim__probe_failed(struct sim_probe *, const char *why);
/* As sim_vary_case(); the first error becomes the reason. */
int sim__probe_case(struct sim_probe *, const char *variant, const struct sim_vary *,
                    const double *values, uint32_t count, const struct sim_wanted *,
                    struct sim_case *);
/* Runs `more` replications of the cases of *runs, in which `vary` is varied. -1: a run failed, or
 * ^C. */
int sim__probe_run(struct sim_probe *, const struct sim_vary *vary, struct sim_runs *,
                   uint32_t more);
/* The metric of a criterion, as an expectation without bounds. */
struct sim_expect sim__probe_expect(const struct sim_criterion *);
bool sim__probe_says(const struct sim_criterion *, double seen);
struct sim_wanted sim__probe_wanted(const struct sim_criterion *);
/* Removes the interval of the share of replications that hold, if the criterion is about a
 * percentile and each run has too few values for it (sample_size.h). */
void sim__probe_carry(const struct sim_criterion *, const struct sim_runs *, uint32_t at,
                      struct sim_estimate *);
/* Keeps the unit of a metric after the records are freed. */
void sim__probe_unit(struct sim_probe *, const struct sim_runs *, const struct sim_wanted *);

#endif
