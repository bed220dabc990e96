/* model_check.c - mistakes of a model's author, found in its tables before anything runs.
 *
 * Mistakes that no table shows (a call on an open port, a station's job that is no call) are
 * asserted where they happen. models/README.md lists all of them. */
#include "run/model_check.h"

#include "sim/ledger.h"
#include "sim/plugin.h"
#include "sim/policy.h"
#include "sim/station.h"
#include "sim/world.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MOST = 512, DEPTH_MOST = 8, CHOICES_MOST = 128, PLUGINS_MOST = 64 };

struct checking {
    const struct sim_model *model;
    bool complete; /* texts for users must be there too */
    struct sim_error *error;
    const char *of;                     /* the row of a plug-in, */
    const struct sim_plugin_type *type; /* and the alternative that is checked; NULL: the model */
};

/* Says what is wrong with a row of a table, or with the model itself (`row` NULL). Returns -1. */
__attribute__((format(printf, 4, 5))) static int wrong(const struct checking *c, const char *table,
                                                       const char *row, const char *format, ...)
{
    char why[320], who[180];
    va_list list;
    va_start(list, format);
    vsnprintf(why, sizeof why, format, list);
    va_end(list);
    int n = snprintf(who, sizeof who, "the model \"%.40s\"", c->model->name);
    if (c->type)
        n += snprintf(who + n, sizeof who - (size_t)n, ", \"%.40s\" of type \"%.40s\"", c->of,
                      c->type->name ? c->type->name : "");
    if (row)
        snprintf(c->error->text, sizeof c->error->text, "%.165s, %s \"%.60s\": %.240s", who, table,
                 row, why);
    else
        snprintf(c->error->text, sizeof c->error->text, "%.165s: %.320s", who, why);
    return -1;
}

static bool is_name(const char *name)
{
    bool good = islower((unsigned char)*name) != 0;
    for (; good && *name; name++)
        good = islower((unsigned char)*name) || isdigit((unsigned char)*name) || *name == '_' ||
               *name == '-';
    return good;
}

static bool is_sentence(const char *text)
{
    size_t n = text ? strlen(text) : 0;
    return n > 1 && !islower((unsigned char)text[0]) && text[n - 1] == '.';
}

/* ---- parameters ------------------------------------------------------------------------------ */

/* How many bytes of the struct a parameter takes; 0: there is no such kind. */
static size_t param_bytes(const struct sim_param *p)
{
    switch (p->kind) {
    case SIM_TIME: return sizeof(sim_time);
    case SIM_RATE:
    case SIM_BANDWIDTH:
    case SIM_FRACTION:
    case SIM_NUMBER: return sizeof(double);
    case SIM_COUNT:
    case SIM_BYTES: return sizeof(int64_t);
    case SIM_BOOL: return sizeof(bool);
    case SIM_CHOICE: return sizeof(int);
    case SIM_DISTRIBUTION:
    case SIM_BYTES_DIST:
    case SIM_NUMBER_DIST: return sizeof(struct sim_dist);
    case SIM_KEYSPACE:
    case SIM_TRACE: return sizeof(void *);
    case SIM_GROUP: return 1; /* its fields say how many */
    case SIM_LIST: return sizeof(struct sim_list);
    case SIM_PLUGIN: return sizeof(struct sim_plugin);
    }
    return 0;
}

static bool is_distribution(enum sim_param_kind kind)
{
    return kind == SIM_DISTRIBUTION || kind == SIM_BYTES_DIST || kind == SIM_NUMBER_DIST;
}

/* Whether a default, in quotes or not, is one of a list. */
static bool is_among(const char *text, const char *const *names)
{
    size_t quoted = *text == '"', n = strlen(text) - 2 * quoted;
    for (; *names; names++)
        if (strlen(*names) == n && strncmp(text + quoted, *names, n) == 0)
            return true;
    return false;
}

/* The same of alternatives. */
static bool is_plugin(const char *text, const struct sim_plugin_type *const *types)
{
    bool found = false;
    for (; *types && !found; types++)
        found = is_among(text, (const char *const[]){(*types)->name, NULL});
    return found;
}

static int check_default(const struct checking *c, const struct sim_param *p)
{
    static const char *const truths[] = {"true", "false", NULL};
    const char *text = p->by_default;
    bool none = p->flags & (SIM_REQUIRED | SIM_OPTIONAL);
    if ((p->flags & SIM_REQUIRED) && (p->flags & SIM_OPTIONAL))
        return wrong(c, "parameter", p->name, "it is both required and optional");
    if (text && none)
        return wrong(c, "parameter", p->name, "it has a default, and is required or optional");
    if (c->complete && !text && !none &&
        p->kind != SIM_GROUP) /* a group: its fields have defaults */
        return wrong(c, "parameter", p->name, "no default: it must be required or optional then");
    if (text && p->kind == SIM_CHOICE && !is_among(text, p->choices))
        return wrong(c, "parameter", p->name, "the default %s is none of its choices", text);
    if (text && p->kind == SIM_PLUGIN && p->plugins && !is_plugin(text, p->plugins))
        return wrong(c, "parameter", p->name, "the default %s is none of its alternatives", text);
    if (text && p->kind == SIM_BOOL && !is_among(text, truths))
        return wrong(c, "parameter", p->name, "the default %s is not true or false", text);
    if (text && (p->kind == SIM_KEYSPACE || p->kind == SIM_TRACE))
        return wrong(c, "parameter", p->name, "a %s has no default",
                     p->kind == SIM_TRACE ? "trace" : "keyspace");
    if (c->complete && text && !p->source)
        return wrong(c, "parameter", p->name, "it does not say where its default comes from");
    return 0;
}

/* What the row of a plug-in says of it; check_plugins() looks at its alternatives. */
static int check_plugin_row(const struct checking *c, const struct sim_param *p, int depth)
{
    size_t count = 0;
    if (p->kind != SIM_PLUGIN)
        return p->plugins ? wrong(c, "parameter", p->name, "only plug-ins have .plugins") : 0;
    while (p->plugins && count <= PLUGINS_MOST && p->plugins[count])
        count++;
    if (count == 0 || count > PLUGINS_MOST)
        return wrong(c, "parameter", p->name,
                     count ? "more than %d alternatives: is the list ended by NULL?"
                           : "a plug-in needs the list of its alternatives, ended by NULL",
                     (int)PLUGINS_MOST);
    if (depth > 0 || c->type)
        return wrong(c, "parameter", p->name,
                     "a plug-in stands in the model's own table, not within another parameter");
    if (p->flags & ~(unsigned)(SIM_REQUIRED | SIM_OPTIONAL))
        return wrong(c, "parameter", p->name,
                     "of flags, a plug-in has SIM_REQUIRED or SIM_OPTIONAL only");
    return 0;
}

static int check_kind(const struct checking *c, const struct sim_param *p)
{
    bool holds = p->kind == SIM_GROUP || p->kind == SIM_LIST;
    size_t choices = 0;
    while (p->kind == SIM_CHOICE && p->choices && choices <= CHOICES_MOST && p->choices[choices])
        choices++;
    if (p->kind == SIM_CHOICE && (choices == 0 || choices > CHOICES_MOST))
        return wrong(c, "parameter", p->name,
                     choices ? "more than %d choices: is the list ended by NULL?"
                             : "a choice needs the list of its choices, ended by NULL",
                     (int)CHOICES_MOST);
    if (holds && !p->fields)
        return wrong(c, "parameter", p->name, "a group or list needs the table of its fields");
    if (!holds && p->fields)
        return wrong(c, "parameter", p->name, "only groups and lists have fields");
    if (p->kind == SIM_LIST && p->size == 0)
        return wrong(c, "parameter", p->name, "a list needs the size of its elements");
    if (p->high > 0 && p->low > p->high)
        return wrong(c, "parameter", p->name, "its bounds leave nothing: from %g to %g", p->low,
                     p->high);
    if ((p->flags & (SIM_WORK | SIM_DEADLINE)) && !is_distribution(p->kind))
        return wrong(c, "parameter", p->name,
                     "SIM_WORK and SIM_DEADLINE are for distributions of a duration");
    if ((p->flags & SIM_ADMITS) && p->kind != SIM_COUNT)
        return wrong(c, "parameter", p->name, "SIM_ADMITS is for counts");
    if (c->complete && !is_sentence(p->doc))
        return wrong(c, "parameter", p->name, "it needs a sentence: a capital letter, a full stop");
    return 0;
}

/* Checks a table whose offsets count from `base`, for a struct whose own bytes are [least,
 * most). */
static int check_params(const struct checking *c, const struct sim_param *table, size_t base,
                        size_t least, size_t most, int depth)
{
    uint32_t rows = 0;
    for (const struct sim_param *p = table; p && p->name; p++) {
        size_t bytes = param_bytes(p), at = base + p->offset;
        if (++rows > ROWS_MOST || depth > DEPTH_MOST)
            return wrong(c, "parameter", p->name,
                         "the table does not end: its last row has .name NULL");
        if (!is_name(p->name))
            return wrong(c, "parameter", p->name, "a name is of small letters, digits and _");
        for (const struct sim_param *q = table; q < p; q++)
            if (strcmp(p->name, q->name) == 0)
                return wrong(c, "parameter", p->name, "there are two of this name");
        if (bytes == 0)
            return wrong(c, "parameter", p->name, "%d is no kind of parameter", (int)p->kind);
        if (at < least || at + bytes > most)
            return wrong(c, "parameter", p->name,
                         "its bytes %zu to %zu are not within the struct's own, %zu to %zu", at,
                         at + bytes, least, most);
        if (c->type && p->kind == SIM_TRACE)
            return wrong(c, "parameter", p->name, "a trace stands in the model's own table");
        if (check_plugin_row(c, p, depth) != 0 || check_kind(c, p) != 0 || check_default(c, p) != 0)
            return -1;
        if (p->kind == SIM_GROUP && check_params(c, p->fields, at, least, most, depth + 1) != 0)
            return -1;
        if (p->kind == SIM_LIST && check_params(c, p->fields, 0, 0, p->size, depth + 1) != 0)
            return -1;
    }
    return 0;
}

/* The use of a name that a scenario has for something else in a component; NULL: it is free. */
static const char *taken_by(const struct sim_model *m, const char *name)
{
    static const char *const own[] = {"model", "region", "nodes", "spread", NULL};
    bool calls = m->ports && m->ports[0].name;
    for (const struct sim_port_def *port = m->ports; port && port->name; port++)
        if (strcmp(port->name, name) == 0)
            return "a port";
    for (const struct sim_param *p = sim_policy_params; calls && p->name; p++)
        if (strcmp(p->name, name) == 0)
            return "a parameter of every caller";
    return is_among(name, own) ? "a key of every component" : NULL;
}

static int check_taken(const struct checking *c)
{
    for (const struct sim_param *p = c->model->params; p && p->name; p++)
        if (taken_by(c->model, p->name))
            return wrong(c, "parameter", p->name, "the name is that of %s",
                         taken_by(c->model, p->name));
    return 0;
}

/* ---- ports ----------------------------------------------------------------------------------- */

static bool is_wrong(unsigned flags)
{
    unsigned need = flags & ~(unsigned)SIM_MANY;
    return flags != SIM_PEERS && need != SIM_REQUIRED && need != SIM_OPTIONAL;
}

static int check_ports(const struct checking *c)
{
    const struct sim_port_def *table = c->model->ports;
    for (const struct sim_port_def *p = table; p && p->name; p++) {
        if (p - table >= ROWS_MOST)
            return wrong(c, "port", p->name, "the table does not end: its last row has .name NULL");
        if (!is_name(p->name))
            return wrong(c, "port", p->name, "a name is of small letters, digits and _");
        for (const struct sim_port_def *q = table; q < p; q++) {
            bool apart = p->offset >= q->offset + sizeof(struct sim_port) ||
                         q->offset >= p->offset + sizeof(struct sim_port);
            if (strcmp(p->name, q->name) == 0 || !apart)
                return wrong(c, "port", p->name, "it has the %s of the port \"%s\"",
                             apart ? "name" : "place", q->name);
        }
        if (p->offset < sizeof(struct sim_node) ||
            p->offset + sizeof(struct sim_port) > c->model->size)
            return wrong(c, "port", p->name, "it is not within the model's struct");
        if (is_wrong(p->flags))
            return wrong(c, "port", p->name,
                         "its flags are SIM_REQUIRED or SIM_OPTIONAL, and SIM_MANY, or SIM_PEERS "
                         "alone");
        if (c->complete && !is_sentence(p->doc))
            return wrong(c, "port", p->name, "it needs a sentence: a capital letter, a full stop");
    }
    return 0;
}

/* ---- meters ---------------------------------------------------------------------------------- */

static size_t meter_bytes(enum sim_meter_kind kind)
{
    switch (kind) {
    case SIM_COUNTER: return sizeof(struct sim_counter);
    case SIM_GAUGE: return sizeof(struct sim_gauge);
    case SIM_HISTOGRAM: return sizeof(struct sim_histogram);
    case SIM_RATIO: break;
    }
    return 0;
}

/* The table that is checked. */
static const struct sim_meter *own_meters(const struct checking *c)
{
    return c->type ? c->type->meters : c->model->meters;
}

/* A meter that a ratio in that table may name; NULL: there is none. */
static const struct sim_meter *meter_of(const struct checking *c, const char *name)
{
    const struct sim_model *model = c->model;
    for (const struct sim_meter *m = own_meters(c); name && m && m->name; m++)
        if (strcmp(m->name, name) == 0)
            return m;
    for (int t = 0; name && t <= SIM_METERS_CALLER; t++)
        for (const struct sim_meter *m = sim_meters_of(model, (enum sim_meter_table)t);
             m && m->name; m++)
            if (strcmp(m->name, name) == 0)
                return m;
    return NULL;
}

static int check_ratio(const struct checking *c, const struct sim_meter *m)
{
    const char *const names[2] = {m->of, m->by};
    for (int i = 0; i < 2; i++) {
        const struct sim_meter *part = meter_of(c, names[i]);
        if (!part)
            return wrong(c, "meter", m->name, "a ratio of \"%s\", which is no meter here",
                         names[i] ? names[i] : "(nothing)");
        if (part->kind != SIM_COUNTER && part->kind != SIM_GAUGE)
            return wrong(c, "meter", m->name, "a ratio of \"%s\", which is no counter or gauge",
                         names[i]);
    }
    return 0;
}

/* Checks that no meter of a table has the same name as `m`. If it is the table of `m` (`own`), only
 * the meters above `m` count, and none may have the same place. */
static int check_against(const struct checking *c, const struct sim_meter *m,
                         const struct sim_meter *other, bool own)
{
    size_t bytes = meter_bytes(m->kind);
    for (; other && other->name && !(own && other == m); other++) {
        size_t theirs = own ? meter_bytes(other->kind) : 0;
        bool apart = bytes == 0 || theirs == 0 || m->offset >= other->offset + theirs ||
                     other->offset >= m->offset + bytes;
        if (strcmp(m->name, other->name) == 0)
            return wrong(c, "meter", m->name,
                         "there are two of this name: the second of two stations needs names "
                         "of its own");
        if (!apart)
            return wrong(c, "meter", m->name, "it has the place of the meter \"%s\"", other->name);
    }
    return 0;
}

/* Meters of one name in two alternatives of a plug-in are compared with one another. */
static int check_alike(const struct checking *c, const struct sim_meter *m,
                       const struct sim_plugin_type *other)
{
    for (const struct sim_meter *o = other->meters; o && o->name; o++)
        if (strcmp(m->name, o->name) == 0 && (m->kind != o->kind || strcmp(m->unit, o->unit) != 0))
            return wrong(c, "meter", m->name, "in type \"%s\" it has another kind or unit",
                         other->name);
    return 0;
}

/* Whether another meter of the component has the name or the place: one above it in its own table,
 * in one of the model or the fabric, or in one of an alternative above, of this plug-in or
 * another. */
static int check_alone(const struct checking *c, const struct sim_meter *m)
{
    for (int t = 0; t < SIM_METERS_TABLES; t++)
        if (check_against(c, m, sim_meters_of(c->model, (enum sim_meter_table)t),
                          t == SIM_METERS_OWN && !c->type) != 0)
            return -1;
    if (!c->type)
        return 0;
    if (check_against(c, m, c->type->meters, true) != 0)
        return -1;
    const struct sim_param *row = sim_plugin_next(c->model->params);
    for (; row; row = sim_plugin_next(row + 1))
        for (size_t i = 0; row->plugins[i]; i++) {
            const struct sim_plugin_type *other = row->plugins[i];
            bool same = strcmp(row->name, c->of) == 0;
            if (same && other == c->type)
                return 0;
            if (same ? check_alike(c, m, other) : check_against(c, m, other->meters, false))
                return -1;
        }
    return 0;
}

static int check_meters(const struct checking *c)
{
    const struct sim_meter *table = own_meters(c);
    size_t least = c->type ? 0 : sizeof(struct sim_node);
    size_t most = c->type ? c->type->size : c->model->size;
    for (const struct sim_meter *m = table; m && m->name; m++) {
        size_t bytes = meter_bytes(m->kind);
        if (m - table >= ROWS_MOST)
            return wrong(c, "meter", m->name,
                         "the table does not end: its last row has .name NULL");
        if (!is_name(m->name))
            return wrong(c, "meter", m->name, "a name is of small letters, digits and _");
        if (m->kind != SIM_RATIO && bytes == 0)
            return wrong(c, "meter", m->name, "%d is no kind of meter", (int)m->kind);
        if (bytes > 0 && (m->offset < least || m->offset + bytes > most))
            return wrong(c, "meter", m->name, "it is not within the %s struct",
                         c->type ? "plug-in's" : "model's");
        if (!m->unit || !*m->unit)
            return wrong(c, "meter", m->name, "it needs a unit; \"1\" is of a bare number");
        if (check_alone(c, m) != 0 || (m->kind == SIM_RATIO && check_ratio(c, m) != 0))
            return -1;
        if (m->kind != SIM_RATIO && ((m->flags & SIM_SHARE) || m->of || m->by))
            return wrong(c, "meter", m->name, ".of, .by and SIM_SHARE are for ratios");
        if ((m->flags & SIM_USER_SUCCESS) && m->kind != SIM_COUNTER)
            return wrong(c, "meter", m->name, "SIM_USER_SUCCESS is for counters");
        if (c->complete && !is_sentence(m->doc))
            return wrong(c, "meter", m->name, "it needs a sentence: a capital letter, a full stop");
    }
    return 0;
}

/* ---- what costs, and the whole --------------------------------------------------------------- */

static int check_usages(const struct checking *c)
{
    const struct sim_usage *table = c->model->usages;
    for (const struct sim_usage *u = table; u && u->name; u++) {
        const struct sim_meter *m = sim_usage_meter(c->model, u);
        if (u - table >= ROWS_MOST)
            return wrong(c, "use", u->name, "the table does not end: its last row has .name NULL");
        for (const struct sim_usage *other = table; other < u; other++)
            if (strcmp(u->name, other->name) == 0)
                return wrong(c, "use", u->name, "there are two of this name");
        if (u->meter && (!m || (m->kind != SIM_COUNTER && m->kind != SIM_GAUGE)))
            return wrong(c, "use", u->name, "\"%s\" is no counter or gauge of the model", u->meter);
        if (c->complete && !is_sentence(u->doc))
            return wrong(c, "use", u->name, "it needs a sentence: a capital letter, a full stop");
    }
    return 0;
}

static int check_hooks(const struct checking *c)
{
    const struct sim_model *m = c->model;
    if (m->size < sizeof(struct sim_node))
        return wrong(c, "", NULL, "its struct is smaller than a struct sim_node, its first member");
    if (m->suffers & ~(unsigned)(SIM_SUFFERS_SLOW | SIM_SUFFERS_FLUSH))
        return wrong(c, "", NULL, ".suffers has a bit that means nothing");
    if ((m->suffers & SIM_SUFFERS_FLUSH) && !m->fault)
        return wrong(c, "", NULL, "it suffers SIM_SUFFERS_FLUSH, and has no .fault that drops it");
    if ((m->offered || m->closed) && !(m->ports && m->ports[0].name))
        return wrong(c, "", NULL, "calls start at it (.offered, .closed), and it has no port");
    if (c->complete && (!is_name(m->name) || !is_sentence(m->summary) || !m->source))
        return wrong(c, "", NULL, "it needs a name of small letters, a sentence and a source");
    return 0;
}

/* One alternative of a plug-in. */
static int check_plugin(const struct checking *c)
{
    const struct sim_plugin_type *type = c->type;
    if (!type->name || !is_name(type->name))
        return wrong(c, "", NULL, "a name is of small letters, digits and _");
    if (c->complete && (!is_sentence(type->summary) || !type->source))
        return wrong(c, "", NULL, "it needs a sentence and a source");
    for (const struct sim_param *p = type->params; p && p->name; p++)
        if (strcmp(p->name, "type") == 0)
            return wrong(c, "parameter", p->name, "the name is that of the type itself");
    return check_params(c, type->params, 0, 0, type->size, 0) != 0 || check_meters(c) != 0 ? -1 : 0;
}

static int check_plugins(const struct checking *c)
{
    const struct sim_param *row = sim_plugin_next(c->model->params);
    for (; row; row = sim_plugin_next(row + 1))
        for (size_t i = 0; row->plugins[i]; i++) {
            const struct checking of = {c->model, c->complete, c->error, row->name,
                                        row->plugins[i]};
            for (size_t k = 0; k < i; k++)
                if (strcmp(of.type->name, row->plugins[k]->name) == 0)
                    return wrong(c, "parameter", row->name, "two alternatives are named \"%s\"",
                                 of.type->name);
            if (check_plugin(&of) != 0)
                return -1;
        }
    return 0;
}

int sim_model_check(const struct sim_model *model, bool complete, struct sim_error *error)
{
    const struct checking c = {.model = model, .complete = complete, .error = error};
    return check_hooks(&c) != 0 || check_ports(&c) != 0 ||
                   check_params(&c, model->params, 0, sizeof(struct sim_node), model->size, 0) !=
                       0 ||
                   check_taken(&c) != 0 || check_meters(&c) != 0 || check_plugins(&c) != 0 ||
                   check_usages(&c) != 0
               ? -1
               : 0;
}

int sim_params_check(const char *name, const struct sim_param *table, size_t size,
                     struct sim_error *error)
{
    const struct sim_model named = {.name = name};
    const struct checking c = {.model = &named, .complete = true, .error = error};
    return check_params(&c, table, 0, 0, size, 0);
}

int sim__models_check(const struct sim_plan *plan, struct sim_error *error)
{
    enum { SEEN_MOST = 32 };
    const struct sim_model *seen[SEEN_MOST];
    uint32_t count = 0;
    for (uint32_t i = 0; i < plan->component_count; i++) {
        const struct sim_model *model = plan->components[i].model;
        uint32_t k = 0;
        while (k < count && seen[k] != model)
            k++;
        if (k < count)
            continue;
        if (sim_model_check(model, false, error) != 0)
            return -1;
        if (count < SEEN_MOST)
            seen[count++] = model;
    }
    return 0;
}
