/* registry.c - the list of all models. */
#include "scenario/load.h"

#include <string.h>

/* A program that has its own copy of this file can add models: tests/support/more_models.c does. */
#ifndef SIM_MORE_MODELS
#define SIM_MORE_MODELS
#endif

#define SIM_MODEL(name) extern const struct sim_model name##_model;
#include "models/models.def"
SIM_MORE_MODELS
#undef SIM_MODEL

const struct sim_model *const *sim_models(void)
{
#define SIM_MODEL(name) &name##_model,
    static const struct sim_model *const all[] = {
#include "models/models.def"
        SIM_MORE_MODELS NULL};
#undef SIM_MODEL
    return all;
}

const struct sim_model *sim_model_find(const char *name)
{
    for (const struct sim_model *const *m = sim_models(); *m; m++)
        if (strcmp((*m)->name, name) == 0)
            return *m;
    return NULL;
}

const struct sim_model *sim__find_model(struct sim__load *load, const struct sim__at *at,
                                        unsigned flags, const char *name)
{
    const struct sim_model *model = sim_model_find(name);
    if (model)
        return model;
    struct sim_nearest nearest = sim_nearest(name);
    for (const struct sim_model *const *m = sim_models(); *m; m++)
        sim_nearest_try(&nearest, (*m)->name);
    sim__say(load, at, flags, "there is no model \"%s\"%s", sim_quote(name).s,
             sim_nearest_hint(&nearest).s);
    return NULL;
}
