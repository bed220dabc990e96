/* reach.c - which components requests can reach, and what their models foresee of a run. */
#include "fabric/reach.h"
#include "fabric/world_state.h"
#include "sim/plugin.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Whether a component draws keys of this keyspace. */
static bool draws(const struct sim_param *p, const char *image, uintptr_t keyspace)
{
    for (; p != NULL && p->name != NULL; p++) {
        uintptr_t index;
        const char *inner;
        const struct sim_param *within = sim_params_within(p, image, &inner);
        if (draws(within, inner, keyspace))
            return true;
        if (p->kind != SIM_KEYSPACE)
            continue;
        memcpy(&index, image + p->offset, sizeof index);
        if (index == keyspace + 1)
            return true;
    }
    return false;
}

/* Marks the components that can be reached from those that draw a keyspace's keys, breadth
 * first. */
static void mark(const struct sim_plan *plan, uint32_t keyspace, bool *reached, uint32_t *queue)
{
    uint32_t head = 0, tail = 0;
    for (uint32_t i = 0; i < plan->component_count; i++)
        if (draws(plan->components[i].model->params, plan->components[i].image, keyspace)) {
            reached[i] = true;
            queue[tail++] = i;
        }
    while (head < tail) {
        const struct sim_plan_component *c = &plan->components[queue[head++]];
        for (uint32_t k = 0; c->model->ports && c->model->ports[k].name; k++)
            for (uint32_t t = 0; t < c->ports[k].count; t++) {
                uint32_t to = c->ports[k].targets[t].component;
                if (!reached[to])
                    queue[tail++] = to;
                reached[to] = true;
            }
    }
}

/* Marks the components that requests for keys of the largest keyspace can reach. Returns its
 * size. */
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
        mark(plan, which, reached, queue);
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

struct sim_keyspace *sim_keyspace_next(const struct sim_node *node, uint32_t *index)
{
    struct sim_world *w = node->world;
    const struct sim_plan *plan = w->plan;
    uint32_t self = (uint32_t)(node->component - w->components);
    bool *reached = calloc(plan->component_count, sizeof *reached);
    uint32_t *queue = calloc(plan->component_count, sizeof *queue);
    struct sim_keyspace *found = NULL;
    if (reached == NULL || queue == NULL)
        sim_fail_memory(w->sim);
    while (reached != NULL && queue != NULL && !found && *index < plan->keyspace_count) {
        uint32_t at = (*index)++;
        memset(reached, 0, plan->component_count * sizeof *reached);
        mark(plan, at, reached, queue);
        found = reached[self] ? &w->keyspaces[at] : NULL;
    }
    free(reached);
    free(queue);
    return found;
}
