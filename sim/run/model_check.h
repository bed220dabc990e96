/* model_check.h - the models of a plan, checked before a world is made. */
#ifndef SIM_RUN_MODEL_CHECK_H
#define SIM_RUN_MODEL_CHECK_H

#include "sim/plan.h"

/* Checks each model of a plan once, by sim_model_check(). 0, or -1 with the reason. */
int sim__models_check(const struct sim_plan *, struct sim_error *);

#endif
