/* fault.c - what the faults in force do to calls and messages.
 *
 * Faults overlap. Error rates and losses each draw on their own, so together they are
 * 1 - (1 - a)(1 - b); latencies add. What becomes of a message is decided as it is sent: what was on
 * its way when a partition or a loss begins arrives, and an answer is a message of its own. */
#include "fabric/fault_state.h"

bool sim__fault_covers(const struct sim_plan_end *end, const struct sim_node *node)
{
    const struct sim_world *w = node->world;
    return sim_plan_end_reaches(w->plan, end, (uint32_t)(node->component - w->components)) &&
           (end->node == SIM_ALL_NODES || end->node == node->index);
}

bool sim__faults_spoil(const struct sim_node *node, enum sim_plan_when when)
{
    bool spoilt = false;
    for (struct sim__fault *f = node->world->oldest_fault; f != NULL; f = f->newer)
        if (f->plan->kind == SIM_DO_ERRORS && f->plan->when == (int)when &&
            sim__fault_covers(&f->on, node))
            spoilt |= sim_draw_chance(&f->effect, f->plan->share);
    return spoilt;
}

bool sim__faults_let_pass(const struct sim_world *w, const struct sim_node *from,
                          const struct sim_node *to, sim_time *takes)
{
    bool passes = true;
    for (struct sim__fault *f = w->oldest_fault; f != NULL; f = f->newer) {
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
