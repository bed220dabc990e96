/* more_models.c - the models there are, and those of tests/support/ for tests. */
#define SIM_MORE_MODELS SIM_MODEL(plugged)
#include "scenario/values/registry.c"
