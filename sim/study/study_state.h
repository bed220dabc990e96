/* study_state.h - what the files of the study share among themselves. */
#ifndef SIM_STUDY_STUDY_STATE_H
#define SIM_STUDY_STUDY_STATE_H

#include "study/study.h"

/* A unit made up for the results, in a list owned by the runs. */
struct sim__unit {
    struct sim__unit *next;
    char text[];
};

/* Puts the units of counters' rates into a case's records. 0, or -1 when out of memory. */
int sim__rates_set(struct sim_runs *, uint32_t at);

#endif
