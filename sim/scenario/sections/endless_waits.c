/* endless_waits.c - finds callers that could wait for ever. A message that is lost on its way, or
 * by a callee that goes down silently, is never answered; only a timeout or a deadline ends the
 * wait. */
#include "scenario/load.h"

/* Whether requests that start at a component carry a deadline. */
static bool gives_deadline(const struct sim_plan_component *c)
{
    if (c->policy.deadline != 0 || (c->policy.pass_timeout && c->policy.timeout != 0))
        return true;
    for (const struct sim_param *p = c->model->params; p && p->name && c->image; p++) {
        const struct sim_dist *deadline = (const void *)((const char *)c->image + p->offset);
        if ((p->flags & SIM_DEADLINE) && p->kind == SIM_DISTRIBUTION &&
            deadline->kind != SIM_DIST_NONE)
            return true;
    }
    return false;
}

bool sim__starts_requests(const struct sim_model *model)
{
    return !model->serve || model->offered || model->closed;
}

void sim__each_call(const struct sim_plan *plan, uint32_t from,
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
    bool *carried;            /* by component: all requests it gets have a deadline */
    uint32_t *without, count; /* the other components, whose calls are still to be followed */
};

/* A call without a deadline leads to further calls without one. */
static void pass_on(void *self, uint32_t from, uint32_t to)
{
    struct deadlines *d = self;
    const struct sim_plan_component *c = &d->plan->components[to];
    (void)from;
    if (!d->carried[to] || !c->model || gives_deadline(c))
        return;
    d->carried[to] = false;
    d->without[d->count++] = to;
}

/* Finds, for every component, the first caller without a limit and the number of such callers. */
struct counting {
    struct sim__load *load;
    uint32_t *last; /* by component: index + 1 of the caller that was counted last; 0: none */
};

static void count_caller(void *self, uint32_t from, uint32_t to)
{
    struct counting *c = self;
    struct sim__callers *callers = &c->load->callers[to];
    if (c->load->limited[from] || c->last[to] == from + 1)
        return;
    c->last[to] = from + 1;
    if (callers->count++ == 0)
        callers->first = from;
}

static void count_callers(struct sim__load *load)
{
    uint32_t count = load->plan->component_count;
    struct counting c = {load, sim__alloc(load, count + 1u, sizeof *c.last)};
    load->callers = sim__alloc(load, count + 1u, sizeof *load->callers);
    for (uint32_t i = 0; load->callers && c.last && i < count; i++)
        sim__each_call(load->plan, i, count_caller, &c);
}

void sim__find_unlimited(struct sim__load *load)
{
    const struct sim_plan *plan = load->plan;
    struct deadlines d = {.plan = plan};
    d.carried = load->limited = sim__alloc(load, plan->component_count + 1u, sizeof *d.carried);
    d.without = sim__alloc(load, plan->component_count + 1u, sizeof *d.without);
    if (!d.carried || !d.without)
        return;
    for (uint32_t i = 0; i < plan->component_count; i++) {
        const struct sim_plan_component *c = &plan->components[i];
        d.carried[i] = !c->model || !sim__starts_requests(c->model) || gives_deadline(c);
        if (!d.carried[i])
            d.without[d.count++] = i;
    }
    while (d.count > 0)
        sim__each_call(plan, d.without[--d.count], pass_on, &d);
    for (uint32_t i = 0; i < plan->component_count; i++)
        d.carried[i] = d.carried[i] || plan->components[i].policy.timeout != 0;
    count_callers(load);
}

/* ---- faults ---------------------------------------------------------------------------------- */

struct waiting {
    const struct sim__load *load;
    const struct sim_plan_fault *fault;
    uint32_t from, to, callers; /* the first caller and its callee; the number of callers */
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

/* Adds the callers of the components [first, end). */
static void count_all(struct waiting *w, uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i++) {
        uint32_t before = w->callers;
        sim__each_call(w->load->plan, i, count_waiting, w);
        w->callers = w->callers > before
                         ? before + 1
                         : before; /* if one caller makes several calls, it counts once */
    }
}

void sim__check_unanswered(struct sim__load *load, const struct sim__at *at,
                           const struct sim_plan_fault *fault)
{
    const struct sim_plan *plan = load->plan;
    struct waiting w = {.load = load, .fault = fault};
    const struct sim_plan_end *on = &fault->on, *to = &fault->to;
    bool silent = (fault->kind == SIM_DO_CRASH || fault->kind == SIM_DO_RESTART) && fault->silent;
    bool one = on->kind == SIM_END_COMPONENT;
    bool lossy = fault->kind == SIM_DO_PARTITION || fault->kind == SIM_DO_LOSS;
    if (!load->limited || !load->callers || (!silent && !lossy))
        return;
    if (silent && one) {
        w.from = load->callers[on->index].first;
        w.to = on->index;
        w.callers = load->callers[on->index].count;
    } else if (one && to->kind == SIM_END_COMPONENT) {
        uint32_t low = on->index < to->index ? on->index : to->index;
        uint32_t high = on->index + to->index - low;
        count_all(&w, low, low + 1);
        count_all(&w, high, high + 1);
    } else {
        count_all(&w, 0, plan->component_count);
    }
    if (w.callers == 0)
        return;
    char more[48] = "";
    if (w.callers > 1)
        snprintf(more, sizeof more, ", as %s %u caller%s more", w.callers == 2 ? "does" : "do",
                 w.callers - 1, w.callers == 2 ? "" : "s");
    sim__say(load, at, SIM__SOFT | SIM__WARNING,
             "calls lost here are never answered, and \"%s\" calls \"%s\" without a \"timeout\" or "
             "a \"deadline\"%s: it waits for ever; give it one",
             plan->components[w.from].name, plan->components[w.to].name, more);
}

/* ---- links ----------------------------------------------------------------------------------- */

static void check_link(void *self, uint32_t from, uint32_t to)
{
    struct sim__load *load = self;
    const struct sim_plan_component *components = load->plan->components;
    const struct sim_plan_link *link;
    bool loss = false;
    for (uint32_t pair = 0; !load->limited[from] && sim__link_next(load, from, to, &pair, &link);)
        loss = loss || (link && link->params.loss > 0);
    if (loss)
        sim__say(load, SIM__KEY(SIM__KEY(NULL, "components"), components[from].name),
                 SIM__SOFT | SIM__WARNING,
                 "calls to \"%s\" cross a link that loses messages, without a \"timeout\" or a "
                 "\"deadline\": when one is lost, its caller waits for ever",
                 components[to].name);
}

void sim__check_lossy_links(struct sim__load *load)
{
    for (uint32_t i = 0; load->limited && i < load->plan->component_count; i++)
        sim__each_call(load->plan, i, check_link, load);
}
