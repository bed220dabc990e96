/* keyless.c - finds components that need keys, such as caches, but get no request with a key. */
#include "scenario/load.h"

#include <string.h>

/* The components that requests reach. */
struct reach {
    const struct sim_plan *plan;
    bool *reached;         /* by component */
    uint32_t *list, count; /* reached components whose calls are still to be followed */
};

/* Whether requests that start at a component have keys: not if it has no keyspace. */
static bool gives_keys(const struct sim_plan_component *c)
{
    for (const struct sim_param *p = c->model->params; p && p->name && c->image; p++)
        if (p->kind == SIM_KEYSPACE) {
            uintptr_t space;
            memcpy(&space, c->image + p->offset, sizeof space);
            return space != 0;
        }
    return true;
}

static void reach_one(void *self, uint32_t from, uint32_t to)
{
    struct reach *r = self;
    (void)from;
    if (r->reached[to])
        return;
    r->reached[to] = true;
    r->list[r->count++] = to;
}

/* Finds the components that get requests with keys, or those that get requests without. False: out
 * of memory. */
static bool follow(struct sim__load *load, bool keys, struct reach *r)
{
    const struct sim_plan *plan = load->plan;
    *r = (struct reach){.plan = plan};
    r->reached = sim__alloc(load, plan->component_count + 1u, sizeof *r->reached);
    r->list = sim__alloc(load, plan->component_count + 1u, sizeof *r->list);
    if (!r->reached || !r->list)
        return false;
    for (uint32_t i = 0; i < plan->component_count; i++) {
        const struct sim_plan_component *c = &plan->components[i];
        if (c->model && sim__starts_requests(c->model) && gives_keys(c) == keys)
            reach_one(r, i, i);
    }
    for (uint32_t i = 0; i < r->count; i++)
        sim__each_call(plan, r->list[i], reach_one, r);
    return true;
}

void sim__check_keyless(struct sim__load *load)
{
    const struct sim_plan *plan = load->plan;
    struct reach with, without;
    bool some = false;
    for (uint32_t i = 0; i < plan->component_count; i++)
        some = some || (plan->components[i].model && plan->components[i].model->keyed);
    if (!some || !follow(load, true, &with) || !follow(load, false, &without))
        return;
    for (uint32_t i = 0; i < plan->component_count; i++) {
        const struct sim_plan_component *c = &plan->components[i];
        if (c->model && c->model->keyed && without.reached[i] && !with.reached[i])
            sim__say(load, SIM__KEY(SIM__KEY(NULL, "components"), c->name),
                     SIM__SOFT | SIM__WARNING,
                     "a %s needs keys, and no request that it gets has one: it passes all requests "
                     "on; give the client a \"keyspace\"",
                     c->model->name);
    }
}
