/* reach.c - what requests can come to, and what models foresee of a run. */
#include "fabric/size_state.h"

#include <math.h>
#include <stdlib.h>

/* Marks what requests for keys of the greatest keyspace can come to; how great it is. */
static uint64_t reach(const struct sim_plan *plan, bool subjects, bool *reached, uint32_t *queue)
{
    uint64_t most = 0;
    uint32_t which = 0;
    for (uint32_t i = 0; i < plan->keyspace_count; i++) {
        uint64_t n = subjects ? plan->keyspaces[i].subjects : plan->keyspaces[i].keys.n;
        which = n > most ? i : which;
        most = n > most ? n : most;
    }
    if (most > 0)
        sim__keyspace_mark(plan, which, reached, queue);
    return most;
}

int sim__reach_make(struct sim__reach *r, const struct sim_plan *plan)
{
    uint32_t *queue = calloc(plan->component_count + 1u, sizeof *queue);
    *r = (struct sim__reach){.by_keys = calloc(plan->component_count + 1u, sizeof(bool)),
                             .by_subjects = calloc(plan->component_count + 1u, sizeof(bool))};
    bool memory = queue != NULL && r->by_keys != NULL && r->by_subjects != NULL;
    if (memory) {
        r->keys = reach(plan, false, r->by_keys, queue);
        r->subjects = reach(plan, true, r->by_subjects, queue);
    }
    free(queue);
    return memory ? 0 : -1;
}

void sim__reach_free(struct sim__reach *r)
{
    free(r->by_keys);
    free(r->by_subjects);
}

struct sim_foreseen sim__plan_foresee(const struct sim_plan *plan, const struct sim__reach *r,
                                      uint32_t component)
{
    const struct sim_plan_component *c = &plan->components[component];
    struct sim_foreseen out = {.passes = INFINITY, .what = ""};
    struct sim_extent extent = {.duration = plan->duration, .nodes = c->nodes};
    if (c->model->foresee == NULL)
        return out;
    for (uint32_t k = 0; c->model->ports && c->model->ports[k].name; k++)
        for (uint32_t t = 0; t < c->ports[k].count; t++)
            extent.behind += plan->components[c->ports[k].targets[t].component].nodes;
    extent.keys = r->by_keys[component] ? r->keys : 0;
    extent.subjects = r->by_subjects[component] ? r->subjects : 0;
    c->model->foresee(c->image, &extent, &out);
    return out;
}
