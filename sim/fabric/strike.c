/* strike.c - the timeline: when faults begin and end, and what that does to nodes and links.
 *
 * Faults compose. Each begins and ends by itself, and what is in force is computed afresh from all
 * active faults, so the end of one never clears another. A node is down while any crash covers it,
 * and a link is cut while any partition does. Slowness multiplies, for work under way and new work.
 * Error rates and losses are drawn independently, so that two together are 1 - (1 - a)(1 - b).
 * Latencies add. Of several values set, the last holds.
 *
 * A crash forgets the contents of memory. When the last crash that covers a node ends, the node is
 * up again, cold. Faults come before everything else of their instant: a fault is in force from the
 * instant of its beginning to just before that of its end. The fate of a message is decided when it
 * is sent (fault.c).
 *
 * A random fault is a renewal process that starts in working order: a time to failure, a repair,
 * and so on (Barlow and Proschan 1965, Mathematical Theory of Reliability, ch. 3). Each fault, or
 * part of it, has streams for times to failure, for repairs, and for what it does to calls and
 * messages. They are named by kind, target and the number of equal faults before it, so that no
 * entry moves another's draws. */
#include "fabric/call_state.h"
#include "fabric/fault_state.h"
#include "fabric/link_state.h"
#include "sim/plugin.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- those that are active ------------------------------------------------------------------- */

/* The list for a fault: of the component that it names, with a separate list for faults that set
 * parameters; or the list of wide faults, which name none. So the faults that may hold at a place
 * are in few lists, and these are short. */
static struct sim__faults *list_of(struct sim_world *w, const struct sim__fault *f)
{
    if (f->plan->kind == SIM_DO_SET)
        return &w->components[f->on.index].sets;
    if (f->on.kind == SIM_END_COMPONENT)
        return &w->components[f->on.index].faults;
    if (sim_fault_on_links(f->plan->kind) && f->plan->to.kind == SIM_END_COMPONENT)
        return &w->components[f->plan->to.index].faults;
    return &w->wide_faults;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static void crash_or_restart(struct sim_node *node, bool down, bool silent)
{
    bool was = node->down;
    node->down = down;
    node->silent = down && silent;
    if (down == was)
        return;
    if (down) {
        sim__calls_crash(node, silent);
        for (struct sim_part *part = node->parts; part != NULL; part = part->older)
            if (part->kind->crashed != NULL)
                part->kind->crashed(part);
    }
    if (node->model->fault != NULL)
        node->model->fault(node, down ? SIM_FAULT_CRASH : SIM_FAULT_RESTART);
    if (node->station != NULL)
        sim_gauge_set(&node->station->down, sim_now(node->sim), down);
    for (struct sim_part *part = node->parts; part != NULL; part = part->older)
        if (part->kind->up_or_down != NULL)
            part->kind->up_or_down(part);
}

static size_t param_bytes(const struct sim_param *p)
{
    switch (p->kind) {
    case SIM_BOOL: return sizeof(bool);
    case SIM_CHOICE: return sizeof(int);
    case SIM_DISTRIBUTION:
    case SIM_BYTES_DIST:
    case SIM_NUMBER_DIST: return sizeof(struct sim_dist);
    default: return 8; /* int64_t, sim_time, double */
    }
}

/* Gives a parameter its value in force: that of the active fault that began last, or the plan's.
 * It is one of the plug-in at `row`, or if `row` is NULL of the model. */
static void set_param(struct sim_node *node, const struct sim_param *row, const struct sim_param *p)
{
    const void *image = node->component->plan->image;
    const struct sim_plugin *plugin = row != NULL ? sim_plugin_at(row, node) : NULL;
    char *self = plugin != NULL ? plugin->self : (char *)node;
    const char *value = (const char *)(row != NULL ? sim_plugin_at(row, image)->self : image) +
                        p->offset;
    const struct sim__fault *f = node->component->sets.newest;
    while (f != NULL &&
           (f->plan->param != p || f->plan->plugin != row || !sim__fault_covers(&f->on, node)))
        f = f->older;
    if (f != NULL)
        value = f->plan->value;
    memcpy(self + p->offset, value, param_bytes(p));
    if (plugin != NULL && plugin->type->changed != NULL)
        plugin->type->changed(node, self, p);
    if (plugin == NULL && node->model->changed != NULL)
        node->model->changed(node, p);
}

/* Computes what is in force at a node after `changed` began or ended. */
static void apply(struct sim_node *node, const struct sim_plan_fault *changed, bool begins)
{
    bool down = false, silent = false, errors = false;
    double slow = 1;
    if (changed->kind == SIM_DO_SET) {
        set_param(node, changed->plugin, changed->param);
        return;
    }
    struct sim__active active = sim__active_at_node(node);
    for (const struct sim__fault *f; (f = sim__active_next(&active)) != NULL;) {
        int kind = f->plan->kind;
        if (sim_fault_on_links(kind) || !sim__fault_covers(&f->on, node))
            continue;
        bool crash = kind == SIM_DO_CRASH || kind == SIM_DO_RESTART;
        down |= crash;
        silent |= crash && f->plan->silent;
        errors |= kind == SIM_DO_ERRORS;
        if (kind == SIM_DO_SLOW)
            slow *= f->plan->factor;
    }
    if (slow != node->slow) {
        double times = slow / node->slow;
        node->slow = slow;
        for (struct sim_part *part = node->parts; part != NULL; part = part->older)
            if (part->kind->slowed != NULL)
                part->kind->slowed(part, times);
    }
    node->impaired = down || errors;
    crash_or_restart(node, down, silent);
    if (changed->kind == SIM_DO_FLUSH && begins && !down && node->model->fault != NULL)
        node->model->fault(node, SIM_FAULT_FLUSH);
}

static void apply_to_nodes(struct sim_world *w, const struct sim__fault *f, bool begins)
{
    bool one = f->on.kind == SIM_END_COMPONENT;
    uint32_t first = one ? f->on.index : 0, end = one ? first + 1 : w->component_count;
    for (uint32_t i = first; i < end; i++) {
        struct sim_component *c = &w->components[i];
        for (uint32_t n = 0; n < c->plan->nodes; n++)
            if (sim__fault_covers(&f->on, c->nodes[n]))
                apply(c->nodes[n], f->plan, begins);
    }
}

/* ---- links ----------------------------------------------------------------------------------- */

static bool is_on(const struct sim_world *w, const struct sim_plan_end *end, uint32_t site)
{
    const struct sim__site *s = &w->sites[site];
    return sim_plan_end_at_site(w->plan, end, s->component, &s->place);
}

static bool joins(const struct sim_world *w, const struct sim_plan_fault *f,
                  const struct sim__link *link)
{
    uint32_t from = link->from_site, to = link->to_site;
    return (is_on(w, &f->on, from) && is_on(w, &f->to, to)) ||
           (f->both_ways && is_on(w, &f->on, to) && is_on(w, &f->to, from));
}

static void apply_to_link(struct sim_world *w, struct sim__link *link)
{
    struct sim__active active = sim__active_at(w, link->from, link->to);
    bool impaired = false;
    for (const struct sim__fault *f; !impaired && (f = sim__active_next(&active)) != NULL;)
        impaired = sim_fault_on_links(f->plan->kind) && joins(w, f->plan, link);
    sim__link_impair(link, impaired);
}

/* Computes what is in force on links. If the fault names a component, only on that one's. */
static void apply_to_links(struct sim_world *w, const struct sim__fault *changed)
{
    const struct sim_plan_fault *p = changed->plan;
    const struct sim_plan_end *end = p->on.kind == SIM_END_COMPONENT ? &p->on : &p->to;
    if (end->kind == SIM_END_COMPONENT) {
        struct sim_component *c = &w->components[end->index];
        for (struct sim__link *link = c->links_from; link != NULL; link = link->next_from)
            if (joins(w, p, link))
                apply_to_link(w, link);
        for (struct sim__link *link = c->links_to; link != NULL; link = link->next_to)
            if (joins(w, p, link))
                apply_to_link(w, link);
        return;
    }
    for (uint32_t i = 0; i < w->links_made_count; i++)
        if (joins(w, p, w->links_made[i]))
            apply_to_link(w, w->links_made[i]);
}

/* ---- times ----------------------------------------------------------------------------------- */

static void window_opens(struct sim_world *w, struct sim__fault *f)
{
    w->fault_begins++;
    f->window = 0;
    if (w->fault_window_count == SIM_FAULT_WINDOWS_MOST)
        return;
    w->fault_windows[w->fault_window_count++] = (struct sim_fault_window){
        .fault = (uint32_t)(f->plan - w->plan->faults),
        .on = f->on,
        .began = sim_now(w->sim),
        .ended = w->plan->duration};
    f->window = w->fault_window_count;
}

static void apply_all(struct sim_world *w, const struct sim__fault *f, bool begins)
{
    if (sim_fault_on_links(f->plan->kind))
        apply_to_links(w, f);
    else
        apply_to_nodes(w, f, begins);
}

static void begin(struct sim_world *w, struct sim__fault *f)
{
    struct sim__faults *list = list_of(w, f);
    f->older = list->newest;
    f->newer = NULL;
    *(f->older != NULL ? &f->older->newer : &list->oldest) = f;
    list->newest = f;
    window_opens(w, f);
    f->begun = w->fault_begins;
    apply_all(w, f, true);
}

static void end(struct sim_world *w, struct sim__fault *f)
{
    struct sim__faults *list = list_of(w, f);
    *(f->older != NULL ? &f->older->newer : &list->oldest) = f->newer;
    *(f->newer != NULL ? &f->newer->older : &list->newest) = f->older;
    if (f->window > 0)
        w->fault_windows[f->window - 1].ended = sim_now(w->sim);
    apply_all(w, f, false);
}

/* Schedules an event of a fault, unless it would be after the end of the run. */
static void schedule(struct sim_world *w, const struct sim__fault *f, sim_time delay, sim_fn *fn)
{
    sim_time now = sim_now(w->sim);
    if (delay < w->plan->duration - now)
        sim_first(w->sim, now + delay, fn, w, (sim_arg){.u = (uint64_t)(f - w->faults)});
}

static void fault_begins(struct sim *, void *self, sim_arg which);

static void schedule_failure(struct sim_world *w, struct sim__fault *f)
{
    if (f->plan->fails.kind != SIM_DIST_NONE)
        schedule(w, f, sim_dist_draw_time(&f->plan->fails, &f->fails), fault_begins);
}

static void fault_ends(struct sim *sim, void *self, sim_arg which)
{
    struct sim_world *w = self;
    struct sim__fault *f = &w->faults[which.u];
    (void)sim;
    schedule_failure(w, f);
    end(w, f);
}

static bool lasts_no_time(const struct sim_plan_fault *p)
{
    return p->kind == SIM_DO_FLUSH ||
           (p->kind == SIM_DO_RESTART && p->lasts == 0 && p->repaired.kind == SIM_DIST_NONE);
}

static void fault_begins(struct sim *sim, void *self, sim_arg which)
{
    struct sim_world *w = self;
    struct sim__fault *f = &w->faults[which.u];
    const struct sim_plan_fault *p = f->plan;
    (void)sim;
    if (p->every > 0)
        schedule(w, f, p->every, fault_begins);
    if (lasts_no_time(p)) {
        schedule_failure(w, f);
        begin(w, f);
        end(w, f);
        return;
    }
    if (p->repaired.kind != SIM_DIST_NONE)
        schedule(w, f, sim_dist_draw_time(&p->repaired, &f->repaired), fault_ends);
    else if (p->lasts > 0)
        schedule(w, f, p->lasts, fault_ends);
    begin(w, f);
}

/* ---- making ---------------------------------------------------------------------------------- */

/* Whether the parts of a fault strike independently. */
static bool strikes_in_parts(const struct sim_plan_fault *p)
{
    return p->fails.kind != SIM_DIST_NONE && p->each != SIM_EACH_TARGET &&
           (p->on.node == SIM_ALL_NODES || SIM_IS_NODES_AT(p->on.node)) &&
           !sim_fault_on_links(p->kind);
}

/* Makes the independent parts of a fault in out[]; if that is NULL, only counts them. O(components
 * + parts). */
static uint32_t parts_make(const struct sim_world *w, const struct sim_plan_fault *p,
                           struct sim__fault *out)
{
    uint32_t count = 0;
    bool node = p->each == SIM_EACH_NODE, all = strikes_in_parts(p);
    if (!all && out != NULL)
        *out = (struct sim__fault){.plan = p, .on = p->on};
    for (uint32_t i = 0; all && i < w->component_count; i++) {
        const struct sim_component *c = &w->components[i];
        uint32_t here = !sim_plan_end_reaches(w->plan, &p->on, i) ? 0 : node ? c->plan->nodes : 1;
        uint32_t all_here = p->on.node;
        if (p->on.kind == SIM_END_PLACE && sim_plan_sites(c->plan) > 1)
            all_here = SIM_NODES_AT(p->on.index);
        for (uint32_t n = 0; n < here; n++) {
            if (node && !sim__fault_covers(&p->on, c->nodes[n]))
                continue;
            if (out != NULL)
                out[count] = (struct sim__fault){.plan = p,
                                                 .on = {SIM_END_COMPONENT, i, node ? n : all_here},
                                                 .name = node ? c->nodes[n]->name : c->plan->name};
            count++;
        }
    }
    return all ? count : 1;
}

static void streams(const struct sim_world *w, struct sim__fault *f)
{
    static const char *const purposes[] = {"fails", "repaired", "effect"};
    struct sim_stream *const of[] = {&f->fails, &f->repaired, &f->effect};
    const struct sim_plan_fault *p = f->plan;
    const char *name = f->name != NULL ? f->name : p->target != NULL ? p->target : "";
    char purpose[64];
    for (int i = 0; i < 3; i++) {
        snprintf(purpose, sizeof purpose, "fault %s %u %s", sim_fault_names[p->kind], p->ordinal,
                 purposes[i]);
        sim_stream_init(of[i], w->seed, w->replication, name, purpose);
    }
}

static uint32_t nodes_on(const struct sim_plan *plan, const struct sim_plan_end *end, uint32_t i)
{
    const struct sim_plan_component *c = &plan->components[i];
    uint32_t nodes = 0;
    for (uint32_t s = 0; s < sim_plan_sites(c); s++) {
        struct sim_plan_site site = sim_plan_site(c, s);
        nodes += sim_plan_end_at_site(plan, end, i, &site) ? site.nodes : 0;
    }
    return nodes;
}

/* How many independent parts a fault has. */
static double parts(const struct sim_plan *plan, const struct sim_plan_fault *p)
{
    double n = 0;
    if (!strikes_in_parts(p))
        return 1;
    for (uint32_t i = 0; i < plan->component_count; i++)
        if (sim_plan_end_reaches(plan, &p->on, i))
            n += p->each == SIM_EACH_NODE ? nodes_on(plan, &p->on, i) : 1;
    return n;
}

double sim__faults_events(const struct sim_plan *plan)
{
    double events = 0, duration = (double)plan->duration;
    for (uint32_t i = 0; i < plan->fault_count; i++) {
        const struct sim_plan_fault *p = &plan->faults[i];
        double cycle = duration;
        if (p->every > 0)
            cycle = (double)p->every;
        if (p->fails.kind != SIM_DIST_NONE) {
            cycle = sim_dist_mean(&p->fails);
            if (p->repaired.kind != SIM_DIST_NONE)
                cycle += sim_dist_mean(&p->repaired);
            cycle /= parts(plan, p);
        }
        events += 2 * fmax(duration / cycle, 1);
    }
    return events;
}

int sim__faults_begin(struct sim_world *w)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < w->plan->fault_count; i++)
        count += parts_make(w, &w->plan->faults[i], NULL);
    if (count == 0)
        return 0;
    w->faults = sim__world_alloc(w, count, sizeof *w->faults);
    w->fault_windows = sim__world_alloc(w, SIM_FAULT_WINDOWS_MOST, sizeof *w->fault_windows);
    if (w->faults == NULL || w->fault_windows == NULL)
        return -1;
    for (uint32_t i = 0; i < w->plan->fault_count; i++)
        w->fault_count += parts_make(w, &w->plan->faults[i], w->faults + w->fault_count);
    for (uint32_t i = 0; i < w->fault_count; i++) {
        struct sim__fault *f = &w->faults[i];
        streams(w, f);
        if (f->plan->fails.kind != SIM_DIST_NONE)
            schedule_failure(w, f);
        else
            schedule(w, f, f->plan->at, fault_begins);
    }
    return 0;
}
