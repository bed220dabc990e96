/* model_check.h - the models of a plan, checked before a world is made. */
#ifndef SIM_RUN_MODEL_CHECK_H
#define SIM_RUN_MODEL_CHECK_H

#include "sim/plan.h"

/* The models of a plan, each once, by sim_model_check(). */
int sim__models_check(const struct sim_plan *, struct sim_error *);

#endif
