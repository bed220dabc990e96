/* cycles.c - finds cycles of calls that no request leaves. Those that take no time are errors,
 * others warnings.
 *
 * A component is kept if it passes each request on to a kept component: it calls one of them every
 * time, or it chooses one target and all its targets are kept. The others are removed until nothing
 * changes. In what remains, requests circle for ever. */
#include "scenario/load.h"

#include "sim/queueing.h"

#include <stdlib.h>
#include <string.h>

struct call {
    uint32_t from, to;
};

struct cycles {
    struct sim__load *load;
    struct call *calls; /* the calls that count, in the order of their targets */
    /* by target: the index of its first call; one entry more than there are components */
    uint32_t *first;
    uint32_t *left, *all;
    bool *chooses, *there;
    size_t count;
};

/* Whether all work of a component takes no time. */
static bool timeless(const struct sim_queueing *q)
{
    for (int op = 0; op < SIM_OP_COUNT; op++)
        if (q->work[op] && q->work[op]->kind != SIM_DIST_NONE && sim_dist_mean(q->work[op]) > 0)
            return false;
    return true;
}

static bool crosses_at_once(const struct cycles *c, uint32_t from, uint32_t to)
{
    const struct sim_plan_link *link;
    for (uint32_t pair = 0; sim__link_next(c->load, from, to, &pair, &link);) {
        const struct sim_dist *latency = link ? &link->params.latency : NULL;
        if (!link || ((latency->kind == SIM_DIST_NONE || !(sim_dist_mean(latency) > 0)) &&
                      !(link->params.bandwidth > 0)))
            return true;
    }
    return false;
}

/* Adds the calls that a component always makes; with `at_once` only those that take no time. */
static void add_calls(struct cycles *c, uint32_t from, bool at_once)
{
    const struct sim_plan_component *it = &c->load->plan->components[from];
    struct sim_queueing q = {0};
    if (!it->model || !it->image || !it->ports || !it->model->queueing || !it->model->serve)
        return;
    it->model->queueing(it->image, &q);
    /* without a station, or with rules of its own, it may take time that this file cannot see */
    bool unknown = q.servers == 0 || sim_queueing_no_form(&q, true, true);
    if (q.flow != SIM_FLOW_SAME || (at_once && (unknown || !timeless(&q))))
        return;
    c->chooses[from] = q.chooses != SIM_CHOOSES_NOTHING && q.chooses != SIM_CHOOSES_ALL;
    for (uint32_t p = 0; it->model->ports && it->model->ports[p].name; p++)
        for (uint32_t t = 0; t < it->ports[p].count; t++) {
            const struct sim_plan_target *target = &it->ports[p].targets[t];
            c->all[from]++;
            if ((target->share >= 1 || c->chooses[from]) &&
                (!at_once || crosses_at_once(c, from, target->component)))
                c->calls[c->count++] = (struct call){from, target->component};
        }
}

static int by_end(const void *left, const void *right)
{
    const struct call *a = left, *b = right;
    return (a->to > b->to) - (a->to < b->to);
}

static bool stays(const struct cycles *c, uint32_t i)
{
    return c->chooses[i] ? c->all[i] > 0 && c->left[i] == c->all[i] : c->left[i] > 0;
}

/* Removes components until those in such cycles, or leading into one, remain. Returns the first of
 * them, or SIM_NOWHERE. */
static uint32_t reduce(struct cycles *c)
{
    uint32_t n = c->load->plan->component_count, *queue = c->all + n, count = 0;
    if (c->count > 0)
        qsort(c->calls, c->count, sizeof *c->calls, by_end);
    for (size_t k = 0; k < c->count; k++) {
        c->left[c->calls[k].from]++;
        c->first[c->calls[k].to + 1]++;
    }
    for (uint32_t i = 0; i < n; i++) {
        c->first[i + 1] += c->first[i];
        c->there[i] = stays(c, i);
        if (!c->there[i])
            queue[count++] = i;
    }
    while (count > 0) {
        uint32_t gone = queue[--count];
        for (uint32_t k = c->first[gone]; k < c->first[gone + 1]; k++) {
            uint32_t from = c->calls[k].from;
            c->left[from]--;
            if (c->there[from] && !stays(c, from)) {
                c->there[from] = false;
                queue[count++] = from;
            }
        }
    }
    for (uint32_t i = 0; i < n; i++)
        if (c->there[i])
            return i;
    return SIM_NOWHERE;
}

/* A remaining component to which a remaining one passes requests on. */
static uint32_t next_of(const struct cycles *c, uint32_t from)
{
    const struct sim_plan_component *it = &c->load->plan->components[from];
    for (uint32_t p = 0; it->model->ports[p].name; p++)
        for (uint32_t t = 0; t < it->ports[p].count; t++)
            if (c->there[it->ports[p].targets[t].component] &&
                (it->ports[p].targets[t].share >= 1 || c->chooses[from]))
                return it->ports[p].targets[t].component;
    return from;
}

/* Reports the components of a cycle, starting from one that leads into it. */
static void say(const struct cycles *c, uint32_t at, bool at_once)
{
    const struct sim_plan_component *components = c->load->plan->components;
    struct sim_buffer way = {0};
    for (uint32_t i = 0; i < c->load->plan->component_count; i++)
        at = next_of(c, at); /* go far enough to be in the cycle */
    uint32_t begin = at, named = 0;
    do {
        if (named++ < 5)
            sim_buffer_printf(&way, "\"%s\" > ", components[at].name);
        at = next_of(c, at);
    } while (at != begin);
    sim_buffer_printf(&way, "%s\"%s\"", named > 5 ? "… > " : "", components[begin].name);
    const struct sim__at *place = SIM__KEY(SIM__KEY(NULL, "components"), components[begin].name);
    if (at_once)
        sim__say(c->load, place, SIM__SOFT,
                 "requests go round %s and take no time: the clock would stop at the first of "
                 "them; give a component work, or a call a \"share\"",
                 way.text ? way.text : "");
    else
        sim__say(c->load, place, SIM__SOFT | SIM__WARNING,
                 "no request leaves the cycle %s: it goes round until the run ends; is a \"share\" "
                 "of a call missing?",
                 way.text ? way.text : "");
    sim_buffer_free(&way);
}

static bool look(struct sim__load *load, size_t most, bool at_once)
{
    size_t n = load->plan->component_count;
    struct cycles c = {.load = load,
                       .calls = calloc(most + 1, sizeof *c.calls),
                       .first = calloc(n + 2, sizeof *c.first),
                       .left = calloc(n + 1, sizeof *c.left),
                       .all = calloc(2 * n + 1, sizeof *c.all), /* the second half is the queue */
                       .chooses = calloc(n + 1, sizeof *c.chooses),
                       .there = calloc(n + 1, sizeof *c.there)};
    uint32_t found = SIM_NOWHERE;
    if (c.calls && c.first && c.left && c.all && c.chooses && c.there) {
        for (uint32_t i = 0; i < n; i++)
            add_calls(&c, i, at_once);
        found = reduce(&c);
        if (found != SIM_NOWHERE)
            say(&c, found, at_once);
    } else {
        load->out_of_memory = true;
    }
    free(c.calls);
    free(c.first);
    free(c.left);
    free(c.all);
    free(c.chooses);
    free(c.there);
    return found != SIM_NOWHERE;
}

void sim__check_cycles(struct sim__load *load)
{
    const struct sim_plan *plan = load->plan;
    size_t calls = 0;
    for (uint32_t i = 0; i < plan->component_count; i++) {
        const struct sim_plan_component *c = &plan->components[i];
        for (uint32_t p = 0; c->model && c->ports && c->model->ports && c->model->ports[p].name;
             p++)
            calls += c->ports[p].count;
    }
    if (load->error_count == 0 && !look(load, calls, true))
        look(load, calls, false);
}
