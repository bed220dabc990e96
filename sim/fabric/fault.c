/* fault.c - the timeline: crashes, slowness, parameters set.
 *
 * Faults compose: each begins and ends on its own, and what is in force is worked out afresh from
 * all that are active, so one ending never clears another. A crash forgets what memory held; after
 * the last crash covering a node ends, it is up again, cold. */
#include "fabric/world_state.h"

#include <string.h>

static bool covers(const struct sim_plan_fault *f, const struct sim_node *node)
{
    return &node->world->components[f->component] == node->component &&
           (f->node == SIM_ALL_NODES || f->node == node->index);
}

static void crash_or_restart(struct sim_node *node, bool down, bool silent)
{
    bool was = node->down;
    node->down = down;
    node->silent = down && silent;
    if (down == was)
        return;
    if (down) {
        sim__calls_crash(node, silent);
        sim__operations_crash(node);
    }
    if (node->model->fault != NULL)
        node->model->fault(node, down ? SIM_FAULT_CRASH : SIM_FAULT_RESTART);
}

static size_t param_bytes(const struct sim_param *p)
{
    switch (p->kind) {
    case SIM_BOOL: return sizeof(bool);
    case SIM_CHOICE: return sizeof(int);
    case SIM_DISTRIBUTION:
    case SIM_BYTES_DIST: return sizeof(struct sim_dist);
    default: return 8; /* int64_t, sim_time, double */
    }
}

/* Gives a parameter the value in force: of the active fault that began last, or the plan's. */
static void set_param(struct sim_node *node, const struct sim_param *p)
{
    const struct sim_world *w = node->world;
    const char *value = (const char *)node->component->plan->image + p->offset;
    uint64_t latest = 0;
    for (uint32_t i = 0; i < w->plan->fault_count; i++) {
        const struct sim_plan_fault *f = &w->plan->faults[i];
        if (f->kind == SIM_DO_SET && f->param == p && covers(f, node) &&
            w->fault_began[i] > latest) {
            latest = w->fault_began[i];
            value = f->value;
        }
    }
    memcpy((char *)node + p->offset, value, param_bytes(p));
    if (node->model->changed != NULL)
        node->model->changed(node, p);
}

/* Works out what is in force at a node after fault `changed` began or ended. */
static void apply(struct sim_node *node, const struct sim_plan_fault *changed)
{
    const struct sim_world *w = node->world;
    bool down = false, silent = false;
    double slow = 1;
    for (uint32_t i = 0; i < w->plan->fault_count; i++) {
        const struct sim_plan_fault *f = &w->plan->faults[i];
        if (w->fault_began[i] == 0 || !covers(f, node))
            continue;
        down |= f->kind == SIM_DO_CRASH;
        silent |= f->kind == SIM_DO_CRASH && f->silent;
        if (f->kind == SIM_DO_SLOW)
            slow *= f->factor;
    }
    node->slow = slow;
    if (changed->kind == SIM_DO_CRASH)
        crash_or_restart(node, down, silent);
    if (changed->kind == SIM_DO_SET)
        set_param(node, changed->param);
    if (changed->kind == SIM_DO_FLUSH && !node->down && node->model->fault != NULL)
        node->model->fault(node, SIM_FAULT_FLUSH);
}

static void apply_all(struct sim_world *w, const struct sim_plan_fault *f)
{
    struct sim_component *c = &w->components[f->component];
    for (uint32_t i = 0; i < c->plan->nodes; i++)
        if (f->node == SIM_ALL_NODES || f->node == i)
            apply(c->nodes[i], f);
}

static void fault_ends(struct sim *sim, void *self, sim_arg arg)
{
    struct sim_world *w = self;
    const struct sim_plan_fault *f = &w->plan->faults[arg.u];
    (void)sim;
    w->fault_began[arg.u] = 0;
    apply_all(w, f);
}

static void fault_begins(struct sim *sim, void *self, sim_arg arg)
{
    struct sim_world *w = self;
    const struct sim_plan_fault *f = &w->plan->faults[arg.u];
    if (f->kind != SIM_DO_FLUSH) {
        w->fault_began[arg.u] = ++w->faults_so_far;
        if (f->lasts > 0)
            sim_after(sim, f->lasts, fault_ends, w, arg);
    }
    apply_all(w, f);
}

int sim__faults_begin(struct sim_world *w)
{
    w->fault_began = sim__world_alloc(w, w->plan->fault_count + 1, sizeof *w->fault_began);
    if (w->fault_began == NULL)
        return -1;
    for (uint32_t i = 0; i < w->plan->fault_count; i++)
        if (w->plan->faults[i].at < w->plan->duration)
            sim_at(w->sim, w->plan->faults[i].at, fault_begins, w, (sim_arg){.u = i});
    return 0;
}
