/* unanswered.c - callers that would wait for ever: what is lost on the way, or by a callee that
 * goes without a word, is never answered, and only a timeout or a deadline ends the wait. */
#include "scenario/load.h"

/* Whether requests that start at a component carry a deadline. */
static bool gives_deadline(const struct sim_plan_component *c)
{
    if (c->policy.deadline != 0)
        return true;
    for (const struct sim_param *p = c->model->params; p && p->name && c->image; p++) {
        const struct sim_dist *deadline = (const void *)((const char *)c->image + p->offset);
        if ((p->flags & SIM_DEADLINE) && p->kind == SIM_DISTRIBUTION &&
            deadline->kind != SIM_DIST_NONE)
            return true;
    }
    return false;
}

static bool starts_requests(const struct sim_model *model)
{
    return !model->serve || model->offered || model->closed;
}

/* Calls `visit` for each call of one component to another that the plan has. */
static void each_call(const struct sim_plan *plan, uint32_t from,
                      void (*visit)(void *self, uint32_t from, uint32_t to), void *self)
{
    const struct sim_plan_component *c = &plan->components[from];
    const struct sim_port_def *ports = c->model && c->ports ? c->model->ports : NULL;
    for (uint32_t p = 0; ports && ports[p].name; p++)
        for (uint32_t t = 0; t < c->ports[p].count; t++)
            visit(self, from, c->ports[p].targets[t].component);
}

struct deadlines {
    const struct sim_plan *plan;
    bool *carried; /* by component: all it calls for has a deadline */
    bool changed;
};

/* A call that comes without a deadline is passed on without one. */
static void pass_on(void *self, uint32_t from, uint32_t to)
{
    struct deadlines *d = self;
    const struct sim_plan_component *c = &d->plan->components[to];
    if (d->carried[from] || !d->carried[to] || !c->model || gives_deadline(c))
        return;
    d->carried[to] = false;
    d->changed = true;
}

void sim__find_unlimited(struct sim__load *load)
{
    const struct sim_plan *plan = load->plan;
    struct deadlines d = {.plan = plan, .changed = true};
    d.carried = load->limited = sim__alloc(load, plan->component_count + 1u, sizeof *d.carried);
    for (uint32_t i = 0; d.carried && i < plan->component_count; i++) {
        const struct sim_plan_component *c = &plan->components[i];
        d.carried[i] = !c->model || !starts_requests(c->model) || gives_deadline(c);
    }
    while (d.carried && d.changed) {
        d.changed = false;
        for (uint32_t i = 0; i < plan->component_count; i++)
            each_call(plan, i, pass_on, &d);
    }
    for (uint32_t i = 0; d.carried && i < plan->component_count; i++)
        d.carried[i] = d.carried[i] || plan->components[i].policy.timeout != 0;
}

/* ---- faults ---------------------------------------------------------------------------------- */

struct waiting {
    const struct sim__load *load;
    const struct sim_plan_fault *fault;
    uint32_t from, to, callers; /* the first of them, and how many */
};

static bool loses(const struct sim_plan *plan, const struct sim_plan_fault *f, uint32_t from,
                  uint32_t to)
{
    if (f->kind == SIM_DO_CRASH || f->kind == SIM_DO_RESTART)
        return f->silent && sim_plan_end_reaches(plan, &f->on, to);
    if (f->kind != SIM_DO_PARTITION && (f->kind != SIM_DO_LOSS || !(f->share > 0)))
        return false;
    return (sim_plan_end_reaches(plan, &f->on, from) && sim_plan_end_reaches(plan, &f->to, to)) ||
           (sim_plan_end_reaches(plan, &f->on, to) && sim_plan_end_reaches(plan, &f->to, from));
}

static void count_waiting(void *self, uint32_t from, uint32_t to)
{
    struct waiting *w = self;
    if (w->load->limited[from] || !loses(w->load->plan, w->fault, from, to))
        return;
    if (w->callers == 0) {
        w->from = from;
        w->to = to;
        w->callers = 1;
    }
    w->callers += from != w->from;
}

void sim__check_unanswered(struct sim__load *load, const struct sim__at *at,
                           const struct sim_plan_fault *fault)
{
    const struct sim_plan *plan = load->plan;
    struct waiting w = {.load = load, .fault = fault};
    for (uint32_t i = 0; load->limited && i < plan->component_count; i++) {
        uint32_t before = w.callers;
        each_call(plan, i, count_waiting, &w);
        w.callers = w.callers > before ? before + 1 : before; /* of several calls of one */
    }
    if (w.callers == 0)
        return;
    char more[48] = "";
    if (w.callers > 1)
        snprintf(more, sizeof more, ", as %s %u caller%s more", w.callers == 2 ? "does" : "do",
                 w.callers - 1, w.callers == 2 ? "" : "s");
    sim__say(
        load, at, SIM__SOFT | SIM__WARNING,
        "what is lost here is never answered, and \"%s\" calls \"%s\" without a \"timeout\" or "
        "a \"deadline\"%s: it waits for ever; give it one",
        plan->components[w.from].name, plan->components[w.to].name, more);
}

/* ---- links ----------------------------------------------------------------------------------- */

/* The link that calls between two components cross: their own, else that of their regions. */
static const struct sim_plan_link *link_of(const struct sim_plan *plan, uint32_t from, uint32_t to)
{
    const struct sim_plan_link *found = NULL;
    for (uint32_t i = 0; i < plan->link_count; i++) {
        const struct sim_plan_link *link = &plan->links[i];
        uint32_t a = link->components ? from : plan->components[from].region;
        uint32_t b = link->components ? to : plan->components[to].region;
        bool same = (link->a == a && link->b == b) || (link->a == b && link->b == a);
        if (same && (!found || link->components))
            found = link;
    }
    return found;
}

static void check_link(void *self, uint32_t from, uint32_t to)
{
    struct sim__load *load = self;
    const struct sim_plan_component *components = load->plan->components;
    const struct sim_plan_link *link = load->limited[from] ? NULL : link_of(load->plan, from, to);
    if (link && link->params.loss > 0)
        sim__say(load, SIM__KEY(SIM__KEY(NULL, "components"), components[from].name),
                 SIM__SOFT | SIM__WARNING,
                 "calls to \"%s\" cross a link that loses messages, without a \"timeout\" or a "
                 "\"deadline\": a lost one is waited for for ever",
                 components[to].name);
}

void sim__check_lossy_links(struct sim__load *load)
{
    for (uint32_t i = 0; load->limited && i < load->plan->component_count; i++)
        each_call(load->plan, i, check_link, load);
}
