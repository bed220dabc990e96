/* probe_state.h - what the searches share among themselves. */
#ifndef SIM_STUDY_PROBE_STATE_H
#define SIM_STUDY_PROBE_STATE_H

#include "study/search/probe.h"

/* Notes why it went wrong; -1. */
int sim__probe_failed(struct sim_probe *, const char *why);
/* As sim_vary_case(), the first thing wrong being why. */
int sim__probe_case(struct sim_probe *, const char *variant, const struct sim_vary *,
                    const double *values, uint32_t count, const struct sim_wanted *,
                    struct sim_case *);
/* Runs so many more replications of the runs' cases, in which `vary` is varied. -1: a run went
 * wrong, or ^C. */
int sim__probe_run(struct sim_probe *, const struct sim_vary *vary, struct sim_runs *,
                   uint32_t more);
/* What a criterion looks at, as an expectation without bounds. */
struct sim_expect sim__probe_expect(const struct sim_criterion *);
bool sim__probe_says(const struct sim_criterion *, double seen);
struct sim_wanted sim__probe_wanted(const struct sim_criterion *);
/* Of the share of a case's replications that say yes: takes its interval away when the percentile
 * they are asked for is of too few values in each to be told of one run (sample_size.h). */
void sim__probe_carry(const struct sim_criterion *, const struct sim_runs *, uint32_t at,
                      struct sim_estimate *);
/* Keeps the unit of a metric for when the records are gone. */
void sim__probe_unit(struct sim_probe *, const struct sim_runs *, const struct sim_wanted *);

#endif
