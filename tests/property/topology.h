/* topology.h - scenarios at random, from the models' own tables.
 *
 * What may be written is read from sim_models(), sim_policy_params, sim_link_param_table and
 * sim_fault_names: a new model, port, parameter or kind of fault is drawn without a word here, and
 * a new kind of parameter stops the test. Values are within the tables' bounds and, as tables allow
 * what takes days to run, within small ones besides: counts to 100, times from 1 us to 1 s, rates
 * to 300/s. What no bound of one value says (exclusive loads, times that must increase) is left to
 * the loader: it refuses an entry, and that entry is drawn again (redraw()). */
#ifndef TESTS_PROPERTY_TOPOLOGY_H
#define TESTS_PROPERTY_TOPOLOGY_H

#include "scenario/scenario.h"
#include "sim/plugin.h"
#include "sim/policy.h"
#include "sim/random.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    COMPONENTS_MOST = 8,
    ENTRIES_MOST = 8,
    ENTRY_BYTES = 12000,
    NAME_BYTES = 24,
};

/* One member of a section; any can be drawn again without the others. */
struct entry {
    char name[NAME_BYTES], json[ENTRY_BYTES];
};

struct part {
    const struct sim_model *model;
    uint32_t nodes;
    int region; /* -1: none */
    int other;  /* some of its nodes stand in this region; -1: none do */
};

struct topology {
    struct sim_stream draw;
    bool calm; /* no cycles, nothing lost for good, the sources end and none checks on others for
                  ever: all must drain */
    const char *focus; /* a model that there is one of, behind the first source, and whose
                          parameters are given more often; NULL: none in particular */
    struct entry components[COMPONENTS_MOST], links[ENTRIES_MOST], faults[ENTRIES_MOST];
    struct part parts[COMPONENTS_MOST];
    uint32_t component_count, link_count, fault_count, region_count, keyspace_count;
    char *at; /* what is being written, and its end */
    char *end;
    const char *unknown; /* the kind of parameter or fault that nobody taught this file */
};

/* ---- drawing and writing --------------------------------------------------------------------- */

static uint64_t below(struct topology *t, uint64_t n)
{
    return sim_draw_below(&t->draw, n);
}

static bool chance(struct topology *t, double p)
{
    return sim_draw_chance(&t->draw, p);
}

/* As likely of any order of magnitude between the two. */
static double between(struct topology *t, double low, double high)
{
    return low * sim_pow(high / low, sim_draw_uniform(&t->draw));
}

__attribute__((format(printf, 2, 3))) static void put(struct topology *t, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int n = vsnprintf(t->at, (size_t)(t->end - t->at), format, list);
    va_end(list);
    t->at += n < t->end - t->at ? n : t->end - t->at - 1;
}

/* The part of [least, most] that the table's bounds leave; both bounds 0 are none. */
static void bounded(const struct sim_param *p, double *least, double *most)
{
    bool any = p->low > 0 || p->low < 0 || p->high > 0 || p->high < 0;
    if (!any)
        return;
    double high = p->high < p->low ? INFINITY : p->high;
    *least = fmin(fmax(*least, p->low), high);
    *most = fmax(fmin(*most, high), *least);
}

static bool takes_zero(const struct sim_param *p)
{
    return p->low <= 0;
}

/* ---- values ---------------------------------------------------------------------------------- */

static void put_distribution(struct topology *t, double mean, const char *unit)
{
    switch (mean < 1 ? 5 : below(t, 6)) {
    case 0: put(t, "{\"type\": \"exponential\", \"mean\": \"%.0f%s\"}", mean, unit); return;
    case 1:
        put(t, "{\"type\": \"uniform\", \"low\": \"%.0f%s\", \"high\": \"%.0f%s\"}", mean / 2, unit,
            ceil(mean / 2) * 3, unit);
        return;
    case 2:
        put(t, "{\"type\": \"erlang\", \"mean\": \"%.0f%s\", \"stages\": 3}", mean, unit);
        return;
    case 3:
        put(t, "{\"type\": \"lognormal\", \"mean\": \"%.0f%s\", \"scv\": 4}", mean, unit);
        return;
    default: put(t, "\"%.0f%s\"", mean, unit);
    }
}

/* Mostly of whole numbers, which is what most of them must be. */
static void put_number_distribution(struct topology *t, double mean)
{
    switch (mean < 1 ? 4 : below(t, 5)) {
    case 0: put(t, "{\"type\": \"geometric\", \"mean\": %.0f}", mean); return;
    case 1: put(t, "{\"type\": \"exponential\", \"mean\": %.0f}", mean); return;
    case 2: put(t, "{\"type\": \"empirical\", \"values\": [1, %.0f]}", mean); return;
    default: put(t, "%.0f", mean);
    }
}

static void put_count(struct topology *t, const struct sim_param *p)
{
    double least = takes_zero(p) ? 0 : 1, most = chance(t, 0.3) ? 100 : 5;
    bounded(p, &least, &most);
    if (t->calm && p->high > 0 && least < 1)
        least = 1; /* without servers, who waits waits for ever */
    if (!(p->high > 0) && chance(t, 0.2))
        put(t, "\"unlimited\"");
    else
        put(t, "%.0f", least + (double)below(t, (uint64_t)(most - least) + 1));
}

static void put_number(struct topology *t, const struct sim_param *p, double most)
{
    double least = 0;
    bounded(p, &least, &most);
    switch (below(t, 4)) {
    case 0: put(t, "%.17g", least); break;
    case 1: put(t, "%.17g", most); break;
    default: put(t, "%.17g", least + (most - least) * sim_draw_uniform(&t->draw));
    }
}

/* A quantity with a unit: often of the least, otherwise of any order of magnitude. */
static double quantity(struct topology *t, const struct sim_param *p, double least, double most)
{
    if (takes_zero(p) && p->kind != SIM_RATE && chance(t, 0.1))
        return 0;
    bounded(p, &least, &most);
    return between(t, fmax(least, 1e-6), most);
}

static bool put_table(struct topology *t, const struct sim_param *table, double share, bool comma);

/* Whether a value of a table of fields could be written: not one that needs a file. */
static bool possible(const struct topology *t, const struct sim_param *p)
{
    if (p->kind == SIM_TRACE || (p->kind == SIM_KEYSPACE && t->keyspace_count == 0))
        return false;
    if (p->kind == SIM_GROUP || p->kind == SIM_LIST)
        for (const struct sim_param *f = p->fields; f->name; f++)
            if ((f->flags & SIM_REQUIRED) && !possible(t, f))
                return false;
    for (size_t i = 0; p->kind == SIM_PLUGIN && p->plugins[i]; i++)
        for (const struct sim_param *f = p->plugins[i]->params; f && f->name; f++)
            if ((f->flags & SIM_REQUIRED) && !possible(t, f))
                return false;
    return true;
}

static void put_list(struct topology *t, const struct sim_param *p)
{
    uint64_t count = 1 + below(t, 3);
    put(t, "[");
    for (uint64_t i = 0; i < count; i++) {
        put(t, i ? ", {" : "{");
        put_table(t, p->fields, 0.5, false);
        put(t, "}");
    }
    put(t, "]");
}

/* One of the alternatives, with parameters of its own or as a bare word. */
static void put_plugin(struct topology *t, const struct sim_param *p)
{
    uint32_t count = 0;
    bool needs = false;
    while (p->plugins[count])
        count++;
    const struct sim_plugin_type *type = p->plugins[below(t, count)];
    for (const struct sim_param *f = type->params; f && f->name; f++)
        needs = needs || (f->flags & SIM_REQUIRED);
    if (!needs && chance(t, 0.3)) {
        put(t, "\"%s\"", type->name);
        return;
    }
    put(t, "{\"type\": \"%s\"", type->name);
    put_table(t, type->params, 0.5, true);
    put(t, "}");
}

static void put_value(struct topology *t, const struct sim_param *p)
{
    uint32_t choices = 0;
    switch (p->kind) {
    case SIM_TIME: put(t, "\"%.0fns\"", ceil(quantity(t, p, 1e3, 1e9))); break;
    case SIM_RATE: put(t, "\"%.9f/s\"", quantity(t, p, 1, 300)); break;
    case SIM_COUNT: put_count(t, p); break;
    case SIM_BYTES: put(t, "\"%.0fB\"", ceil(quantity(t, p, 1, 1e5))); break;
    case SIM_BANDWIDTH: put(t, "\"%.0fB/s\"", ceil(quantity(t, p, 1e4, 1e9))); break;
    case SIM_FRACTION: put_number(t, p, 1); break;
    case SIM_NUMBER: put_number(t, p, 10); break;
    case SIM_BOOL: put(t, chance(t, 0.5) ? "true" : "false"); break;
    case SIM_CHOICE:
        while (p->choices[choices])
            choices++;
        put(t, "\"%s\"", p->choices[below(t, choices)]);
        break;
    case SIM_DISTRIBUTION: put_distribution(t, ceil(quantity(t, p, 1e3, 3e8)), "ns"); break;
    case SIM_BYTES_DIST: put_distribution(t, ceil(quantity(t, p, 1, 1e5)), "B"); break;
    case SIM_NUMBER_DIST: put_number_distribution(t, ceil(quantity(t, p, 1, 10))); break;
    case SIM_KEYSPACE: put(t, "\"k%d\"", (int)below(t, t->keyspace_count)); break;
    case SIM_GROUP:
        put(t, "{");
        put_table(t, p->fields, 0.5, false);
        put(t, "}");
        break;
    case SIM_LIST: put_list(t, p); break;
    case SIM_PLUGIN: put_plugin(t, p); break;
    default: t->unknown = p->name;
    }
}

/* What is required, and of the rest each with this chance. Returns whether a comma is due. */
static bool put_table(struct topology *t, const struct sim_param *table, double share, bool comma)
{
    for (const struct sim_param *p = table; p && p->name; p++) {
        bool needed = p->flags & SIM_REQUIRED;
        if (!possible(t, p) || !(needed || chance(t, share)))
            continue;
        if (t->calm && strcmp(p->name, "health_check") == 0)
            continue;
        put(t, "%s\"%s\": ", comma ? ", " : "", p->name);
        put_value(t, p);
        comma = true;
    }
    return comma;
}

/* ---- components ------------------------------------------------------------------------------ */

static bool needs_others(const struct sim_model *m)
{
    for (const struct sim_port_def *port = m->ports; port && port->name; port++)
        if (port->flags & SIM_REQUIRED)
            return true;
    return false;
}

/* Any that can be called, or NULL; in a calm topology only from left to right. The last can always
 * be. */
static const char *callee(struct topology *t, uint32_t from)
{
    for (int tries = 0; tries < 50; tries++) {
        uint32_t to = (uint32_t)below(t, t->component_count);
        bool onward = !t->calm || to > from;
        if (to != from && onward && t->parts[to].model->serve)
            return t->components[to].name;
    }
    return from + 1 < t->component_count ? t->components[t->component_count - 1].name : NULL;
}

static void put_port(struct topology *t, uint32_t from, const struct sim_port_def *port)
{
    const char *seen[3] = {NULL};
    uint64_t count = port->flags & SIM_MANY ? 1 + below(t, 3) : 1;
    if (!callee(t, from))
        return;
    put(t, ", \"%s\": ", port->name);
    if (!(port->flags & SIM_MANY)) {
        put(t, "\"%s\"", callee(t, from));
        return;
    }
    put(t, "[");
    for (uint64_t i = 0; i < count; i++) {
        seen[i] = callee(t, from);
        if ((i > 0 && seen[i] == seen[0]) || (i > 1 && seen[i] == seen[1]))
            continue; /* none twice */
        put(t, "%s{\"to\": \"%s\", \"share\": %.3f}", i ? ", " : "", seen[i],
            chance(t, 0.5) ? 1 : sim_draw_uniform(&t->draw));
    }
    put(t, "]");
}

static void open_entry(struct topology *t, struct entry *e)
{
    t->at = e->json;
    t->end = e->json + sizeof e->json;
}

static void draw_component(struct topology *t, uint32_t index)
{
    static const char *const spreads[] = {"key", "round-robin", "random", "nearest"};
    struct part *part = &t->parts[index];
    const struct sim_model *m = part->model;
    open_entry(t, &t->components[index]);
    put(t, "{\"model\": \"%s\"", m->name);
    if (part->other >= 0)
        put(t, ", \"nodes\": {\"r%d\": %u, \"r%d\": 1}", part->region, part->nodes - 1,
            part->other);
    else if (part->region >= 0)
        put(t, ", \"region\": \"r%d\"", part->region);
    if (part->nodes > 1 && part->other < 0)
        put(t, ", \"nodes\": %u", part->nodes);
    if (part->nodes > 1)
        put(t, ", \"spread\": \"%s\"", spreads[below(t, 4)]);
    for (const struct sim_port_def *port = m->ports; port && port->name; port++)
        if ((port->flags & SIM_REQUIRED) || chance(t, 0.6))
            put_port(t, index, port);
    put_table(t, m->params, t->focus && strcmp(m->name, t->focus) == 0 ? 0.5 : 0.25, true);
    if (m->ports && m->ports[0].name)
        put_table(t, sim_policy_params, 0.35, true);
    put(t, "}");
}

/* Whether a table asks for a keyspace, which some have to be there for. */
static bool needs_keyspace(const struct sim_param *table)
{
    for (const struct sim_param *p = table; p && p->name; p++)
        if ((p->flags & SIM_REQUIRED) &&
            (p->kind == SIM_KEYSPACE || (p->kind == SIM_GROUP && needs_keyspace(p->fields))))
            return true;
    return false;
}

static bool is_source(const struct sim_model *m)
{
    return m->offered || m->closed;
}

static void draw_models(struct topology *t)
{
    uint32_t models = 0;
    while (sim_models()[models])
        models++;
    t->component_count = 2 + (uint32_t)below(t, COMPONENTS_MOST - 1);
    for (uint32_t i = 0; i < t->component_count; i++) {
        const struct sim_model *m;
        bool first = i == 0, last = i + 1 == t->component_count;
        bool focused = t->focus && i == 1 && !last;
        do
            m = sim_models()[below(t, models)];
        while ((first && !is_source(m)) || (last && (!m->serve || needs_others(m))) ||
               (focused && strcmp(m->name, t->focus) != 0));
        int region = t->region_count && chance(t, 0.8) ? (int)below(t, t->region_count) : -1;
        if (t->keyspace_count == 0 && needs_keyspace(m->params))
            t->keyspace_count = 1;
        uint32_t nodes = chance(t, 0.6) ? 1 : 2 + (uint32_t)below(t, 3);
        int other = region > 0 && nodes > 1 && chance(t, 0.7) ? (int)below(t, (uint32_t)region)
                                                              : -1;
        t->parts[i] = (struct part){m, nodes, region, other};
        snprintf(t->components[i].name, NAME_BYTES, "c%u", i);
    }
}

/* ---- links and faults ------------------------------------------------------------------------ */

static void draw_link(struct topology *t, uint32_t index)
{
    const char *kind = t->region_count && chance(t, 0.5) ? "r" : "c";
    uint32_t among = *kind == 'r' ? t->region_count : t->component_count;
    open_entry(t, &t->links[index]);
    put(t, "{\"between\": [\"%s%d\", \"%s%d\"]", kind, (int)below(t, among), kind,
        (int)below(t, among));
    for (const struct sim_param *p = sim_link_param_table; p->name; p++) {
        if (t->calm && strcmp(p->name, "loss") == 0)
            continue;
        if (!(p->flags & SIM_REQUIRED) && chance(t, 0.4))
            continue;
        put(t, ", \"%s\": ", p->name);
        put_value(t, p);
    }
    put(t, "}");
}

/* "c3", "c3/1", "c3@r0", "r0" or "r0/a". */
static void put_target(struct topology *t, bool region_too)
{
    uint32_t i = (uint32_t)below(t, t->component_count);
    if (region_too && t->region_count && chance(t, 0.25))
        put(t, chance(t, 0.3) ? "r%d/a" : "r%d", (int)below(t, t->region_count));
    else if (t->parts[i].other >= 0 && chance(t, 0.5))
        put(t, "c%u@r%d", i, chance(t, 0.5) ? t->parts[i].region : t->parts[i].other);
    else if (chance(t, 0.4))
        put(t, "c%u/%d", i, (int)below(t, t->parts[i].nodes));
    else
        put(t, "c%u", i);
}

/* Sets a parameter of an alternative, which may not be the component's: then the entry is drawn
 * again. */
static void put_set_plugin(struct topology *t, const struct sim_param *row)
{
    uint32_t count = 0;
    while (row->plugins[count])
        count++;
    const struct sim_plugin_type *type = row->plugins[below(t, count)];
    for (const struct sim_param *p = type->params; p && p->name; p++) {
        if (!(p->flags & SIM_CHANGEABLE) || chance(t, 0.3))
            continue;
        put(t, ", \"%s\": {\"%s\": ", row->name, p->name);
        put_value(t, p);
        put(t, "}");
        return;
    }
}

static void put_set(struct topology *t)
{
    const struct sim_param *changeable[64];
    uint32_t count = 0, i = (uint32_t)below(t, t->component_count);
    for (const struct sim_param *p = t->parts[i].model->params; p && p->name && count < 64; p++)
        if ((p->flags & SIM_CHANGEABLE) && possible(t, p))
            changeable[count++] = p;
    put(t, "\"target\": \"c%u\", \"set\": {", i);
    if (count > 0) {
        const struct sim_param *p = changeable[below(t, count)];
        put(t, "\"%s\": ", p->name);
        put_value(t, p);
        const struct sim_param *row = sim_plugin_next(t->parts[i].model->params);
        if (row && chance(t, 0.5))
            put_set_plugin(t, row);
    }
    put(t, "}");
}

static void put_ends(struct topology *t)
{
    put(t, "\"target\": \"");
    put_target(t, true);
    put(t, chance(t, 0.5) ? "<>" : ">");
    put_target(t, true);
    put(t, "\"");
}

/* What a fault strikes, and what belongs to its kind alone. */
static void put_kind(struct topology *t, int kind)
{
    put(t, "{\"do\": \"%s\", ", sim_fault_names[kind]);
    if (kind == SIM_DO_SET) {
        put_set(t);
        return;
    }
    if (sim_fault_on_links(kind)) {
        put_ends(t);
    } else {
        put(t, "\"target\": \"");
        put_target(t, true);
        put(t, "\"");
    }
    switch (kind) {
    case SIM_DO_CRASH:
    case SIM_DO_RESTART:
        if (!t->calm && chance(t, 0.3))
            put(t, ", \"silent\": true");
        break;
    case SIM_DO_SLOW: put(t, ", \"factor\": %.6f", between(t, 0.1, 100)); break;
    case SIM_DO_ERRORS:
        put(t, ", \"share\": %.6f%s", sim_draw_uniform(&t->draw),
            chance(t, 0.5) ? ", \"when\": \"answer\"" : "");
        break;
    case SIM_DO_LOSS: put(t, ", \"share\": %.6f", sim_draw_uniform(&t->draw)); break;
    case SIM_DO_LATENCY:
        put(t, ", \"adds\": ");
        put_distribution(t, between(t, 1e3, 1e8), "ns");
        break;
    case SIM_DO_PARTITION:
    case SIM_DO_FLUSH: break;
    default: t->unknown = sim_fault_names[kind];
    }
}

static void put_times(struct topology *t, int kind)
{
    bool lasts = kind != SIM_DO_FLUSH && (kind != SIM_DO_RESTART || chance(t, 0.5));
    double length = between(t, 1e5, 1e8);
    switch (t->calm ? 0 : below(t, 3)) {
    case 0:
        put(t, ", \"at\": \"%.0fns\"", between(t, 1e3, 3e8));
        if (lasts && (t->calm || chance(t, 0.9)))
            put(t, ", \"for\": \"%.0fns\"", length);
        break;
    case 1:
        put(t, ", \"every\": \"%.0fns\"", length * 3 + 1e6);
        if (lasts)
            put(t, ", \"for\": \"%.0fns\"", length);
        break;
    default:
        put(t, ", \"fails\": {\"type\": \"exponential\", \"mean\": \"%.0fns\"}", length * 3 + 1e6);
        if (lasts)
            put(t, ", \"repaired\": {\"type\": \"exponential\", \"mean\": \"%.0fns\"}", length);
        if (!sim_fault_on_links(kind) && chance(t, 0.5))
            put(t, ", \"each\": \"%s\"", chance(t, 0.5) ? "component" : "target");
    }
}

static void draw_fault(struct topology *t, uint32_t index)
{
    int kind;
    do
        kind = (int)below(t, SIM_DO_KINDS);
    while (t->calm && (kind == SIM_DO_PARTITION || kind == SIM_DO_LOSS || kind == SIM_DO_SET));
    open_entry(t, &t->faults[index]);
    put_kind(t, kind);
    put_times(t, kind);
    put(t, "}");
}

/* ---- whole ----------------------------------------------------------------------------------- */

static void topology_draw(struct topology *t, uint64_t seed, bool calm, const char *focus)
{
    memset(t, 0, sizeof *t);
    t->focus = focus;
    sim_stream_init(&t->draw, seed, 0, "topology", calm ? "calm" : "wild");
    t->calm = calm;
    t->region_count = (uint32_t)below(t, 4);
    t->keyspace_count = (uint32_t)below(t, 3);
    draw_models(t);
    t->link_count = (uint32_t)below(t, t->component_count < 4 ? t->component_count : 4);
    t->fault_count = (uint32_t)below(t, ENTRIES_MOST + 1);
    for (uint32_t i = 0; i < t->component_count; i++)
        draw_component(t, i);
    for (uint32_t i = 0; i < t->link_count; i++)
        draw_link(t, i);
    for (uint32_t i = 0; i < t->fault_count; i++)
        draw_fault(t, i);
}

/* Draws the entry that a JSON pointer is within again; false: none is. */
static bool topology_redraw(struct topology *t, const char *pointer)
{
    unsigned i;
    if (sscanf(pointer, "/components/c%u", &i) == 1 && i < t->component_count)
        draw_component(t, i);
    else if (sscanf(pointer, "/links/%u", &i) == 1 && i < t->link_count)
        draw_link(t, i);
    else if (sscanf(pointer, "/timeline/%u", &i) == 1 && i < t->fault_count)
        draw_fault(t, i);
    else
        return false;
    return true;
}

static void put_keyspaces(struct topology *t)
{
    static const char *const popular[] = {"{\"type\": \"zipf\", \"exponent\": 0.9}", "\"uniform\"",
                                          "{\"type\": \"hot-set\", \"hot\": 2, \"share\": 0.8}"};
    put(t, "\"keyspaces\": {");
    for (uint32_t i = 0; i < t->keyspace_count; i++)
        put(t, "%s\"k%u\": {\"keys\": %d, \"popularity\": %s}", i ? ", " : "", i, 20 + 200 * (int)i,
            popular[i]);
    put(t, "}, \"regions\": {");
    for (uint32_t i = 0; i < t->region_count; i++)
        put(t, "%s\"r%u\": {\"zones\": [\"a\", \"b\"]}", i ? ", " : "", i);
    put(t, "}");
}

static void put_entries(struct topology *t, const struct entry *entries, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        put(t, "%s%s", i ? ",\n  " : "\n  ", entries[i].json);
}

/* The scenario as text, malloc'd. `run`: of its section "run", from the duration on. In a calm one
 * the sources end at 300 ms, and nothing is told to start again. */
static char *topology_text(struct topology *t, const char *run)
{
    size_t bytes = (COMPONENTS_MOST + 2 * ENTRIES_MOST) * (size_t)ENTRY_BYTES + 4096;
    char *text = malloc(bytes);
    if (text == NULL)
        return NULL;
    t->at = text;
    t->end = text + bytes;
    put(t, "{\"schema_version\": 1, \"title\": \"drawn\", \"run\": {%s},\n ", run);
    put_keyspaces(t);
    put(t, ",\n \"links\": [");
    put_entries(t, t->links, t->link_count);
    put(t, "],\n \"components\": {");
    for (uint32_t i = 0; i < t->component_count; i++)
        put(t, "%s\n  \"c%u\": %s", i ? "," : "", i, t->components[i].json);
    put(t, "},\n \"timeline\": [");
    put_entries(t, t->faults, t->fault_count);
    bool comma = t->fault_count > 0;
    for (uint32_t i = 0; t->calm && i < t->component_count; i++) {
        if (!is_source(t->parts[i].model))
            continue;
        put(t, "%s\n  {\"do\": \"crash\", \"target\": \"c%u\", \"at\": \"300ms\"}",
            comma ? "," : "", i);
        comma = true;
    }
    put(t, "]}\n");
    return text;
}

#endif
