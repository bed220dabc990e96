/* fault.c - what the faults in force do to calls and messages.
 *
 * Faults overlap. Error rates and losses are drawn independently, so that two together are 1 - (1 -
 * a)(1 - b); latencies add. The fate of a message is decided when it is sent: messages on the way
 * when a partition or a loss begins still arrive. An answer is a message of its own. */
#include "fabric/fault_state.h"
#include "fabric/world_state.h"

bool sim__fault_covers(const struct sim_plan_end *end, const struct sim_node *node)
{
    const struct sim_world *w = node->world;
    bool one = end->node < node->count;
    return sim_plan_end_at_site(w->plan, end, (uint32_t)(node->component - w->components),
                                sim__node_site(node)) &&
           (end->kind != SIM_END_COMPONENT || !one || end->node == node->index);
}

struct sim__active sim__active_at(const struct sim_world *w, uint32_t a, uint32_t b)
{
    return (struct sim__active){{w->wide_faults.oldest, w->components[a].faults.oldest,
                                 b != a ? w->components[b].faults.oldest : NULL}};
}

/* NULL: that was the last. */
struct sim__fault *sim__active_next(struct sim__active *a)
{
    struct sim__fault **first = &a->next[0], *f;
    for (int i = 1; i < 3; i++)
        if (a->next[i] != NULL && (*first == NULL || a->next[i]->begun < (*first)->begun))
            first = &a->next[i];
    f = *first;
    if (f != NULL)
        *first = f->newer;
    return f;
}

struct sim__active sim__active_at_node(const struct sim_node *node)
{
    uint32_t component = (uint32_t)(node->component - node->world->components);
    return sim__active_at(node->world, component, component);
}

bool sim__faults_spoil(const struct sim_node *node, enum sim_plan_when when)
{
    bool spoilt = false;
    struct sim__active active = sim__active_at_node(node);
    for (struct sim__fault *f; (f = sim__active_next(&active)) != NULL;)
        if (f->plan->kind == SIM_DO_ERRORS && f->plan->when == (int)when &&
            sim__fault_covers(&f->on, node))
            spoilt |= sim_draw_chance(&f->effect, f->plan->share);
    return spoilt;
}

bool sim__faults_let_pass(const struct sim_world *w, const struct sim_node *from,
                          const struct sim_node *to, sim_time *takes)
{
    bool passes = true;
    struct sim__active active = sim__active_at(w, (uint32_t)(from->component - w->components),
                                               (uint32_t)(to->component - w->components));
    for (struct sim__fault *f; (f = sim__active_next(&active)) != NULL;) {
        const struct sim_plan_fault *p = f->plan;
        bool here = sim_fault_on_links(p->kind) &&
                    ((sim__fault_covers(&p->on, from) && sim__fault_covers(&p->to, to)) ||
                     (p->both_ways && sim__fault_covers(&p->on, to) &&
                      sim__fault_covers(&p->to, from)));
        if (!here)
            continue;
        if (p->kind == SIM_DO_PARTITION)
            passes = false;
        if (p->kind == SIM_DO_LOSS && sim_draw_chance(&f->effect, p->share))
            passes = false;
        if (p->kind == SIM_DO_LATENCY) {
            sim_time more = sim_dist_draw_time(&p->adds, &f->effect);
            *takes = more < SIM_DRAW_TIME_MAX - *takes ? *takes + more : SIM_DRAW_TIME_MAX;
        }
    }
    return passes;
}
