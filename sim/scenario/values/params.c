/* params.c - reads what a table of parameters describes: bounds, defaults, groups, lists and
 * plug-ins. */
#include "scenario/load.h"

#include "sim/plugin.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

json_t *sim__default_value(const struct sim_param *param)
{
    if (!param->by_default)
        return NULL;
    struct sim_arena arena = {0};
    struct sim__places places;
    json_t *value = sim__places_scan(&places, &arena, param->by_default, strlen(param->by_default),
                                     sim__scan_silent, NULL);
    if (!value && !places.out_of_memory)
        value = json_string(param->by_default); /* a quantity or a word that is not JSON */
    sim_arena_free(&arena);
    return value;
}

/* Whether a value in base units is within the parameter's bounds. The message begins with
 * `what`. */
static bool within(struct sim__load *load, const struct sim__at *at, const struct sim_param *p,
                   double value, const char *what)
{
    enum sim_dimension dimension = sim__dimension(p->kind);
    bool unbounded = !(p->low < 0) && !(p->low > 0) && !(p->high < 0) && !(p->high > 0);
    double high = unbounded || p->high < p->low ? INFINITY : p->high;
    if (dimension == SIM_DIM_FRACTION && high > 1)
        high = 1;
    if (value >= p->low && value <= high)
        return true;
    if (value < 0 && p->low >= 0 && p->low <= 0)
        sim__say(load, at, 0, "%s cannot be negative", what);
    else if (isinf(high))
        sim__say(load, at, 0, "%s must be at least %s", what,
                 sim_units_format(dimension, p->low).s);
    else
        sim__say(load, at, 0, "%s must be between %s and %s", what,
                 sim_units_format(dimension, p->low).s, sim_units_format(dimension, high).s);
    return false;
}

/* A parameter whose name ends in "bytes" needs no unit in the file. */
static bool says_bytes(const char *name)
{
    size_t n = strlen(name);
    return n >= 5 && strcmp(name + n - 5, "bytes") == 0;
}

/* Reads "unlimited", for counts that may have no limit. */
static bool read_unlimited(const struct sim_param *p, const json_t *value, char *out)
{
    bool countable = p->kind == SIM_COUNT || p->kind == SIM_BYTES;
    const char *text = json_string_value(value);
    if (!countable || !text || strcmp(text, "unlimited") != 0 || p->high > 0)
        return false;
    memcpy(out, &(int64_t){INT64_MAX}, sizeof(int64_t));
    return true;
}

/* Whether the value is "none", for parameters where this means the same as leaving it out. */
static bool is_none(const struct sim_param *p, const json_t *value)
{
    const char *text = json_string_value(value);
    return (p->flags & SIM_OR_NONE) && text && strcmp(text, "none") == 0;
}

/* Stores a quantity. If 0 means "none" for this parameter, a zero is stored as SIM_ZERO. */
static void put_quantity(const struct sim_param *p, const struct sim_amount *amount, char *out)
{
    bool zero = (p->flags & SIM_OR_NONE) && !(amount->value > 0);
    bool whole = p->kind == SIM_TIME || p->kind == SIM_COUNT || p->kind == SIM_BYTES;
    int64_t count = zero ? SIM_ZERO : amount->whole;
    double value = zero ? SIM_ZERO : amount->value;
    if (whole)
        memcpy(out, &count, sizeof count);
    else
        memcpy(out, &value, sizeof value);
}

static bool read_quantity(struct sim__load *load, const struct sim__at *at,
                          const struct sim_param *p, json_t *value, char *out)
{
    struct sim_amount amount;
    char what[96];
    if (read_unlimited(p, value, out))
        return true;
    if (is_none(p, value)) {
        memset(out, 0, sizeof(int64_t));
        return true;
    }
    if (!sim__read_amount(load, at, value, sim__dimension(p->kind), p->unit, says_bytes(p->name),
                          &amount))
        return false;
    snprintf(what, sizeof what, "\"%s\"", p->name);
    if (!within(load, at, p, amount.value, what))
        return false;
    put_quantity(p, &amount, out);
    return true;
}

static bool read_dist(struct sim__load *load, const struct sim__at *at, const struct sim_param *p,
                      json_t *value, char *out)
{
    struct sim_dist dist = {.kind = SIM_DIST_NONE};
    if (is_none(p, value)) {
        memcpy(out, &dist, sizeof dist);
        return true;
    }
    if (!sim__read_distribution(load, at, value, sim__dimension(p->kind), &dist))
        return false;
    if (!within(load, at, p, sim_dist_mean(&dist), "the mean of this distribution"))
        return false;
    memcpy(out, &dist, sizeof dist);
    return true;
}

static bool read_keyspace(struct sim__load *load, const struct sim__at *at, json_t *value,
                          char *out)
{
    const struct sim_plan *plan = load->plan;
    const char *name = sim__read_text(load, at, value);
    if (!name)
        return false;
    uint32_t index = sim__keyspace_named(load, name);
    if (index != SIM_NOWHERE) {
        uintptr_t number = (uintptr_t)index + 1;
        memcpy(out, &number, sizeof number);
        return true;
    }
    struct sim_nearest nearest = sim_nearest(name);
    uint32_t count = plan->keyspace_count;
    for (uint32_t i = 0; i < count && sim__may_hint(load, count); i++)
        sim_nearest_try(&nearest, plan->keyspaces[i].name);
    sim__say(load, at, SIM__SOFT, "there is no keyspace \"%s\"%s", sim_quote(name).s,
             sim_nearest_hint(&nearest).s);
    return false;
}

static bool read_group(struct sim__load *load, const struct sim__at *at, const struct sim_param *p,
                       json_t *value, char *out)
{
    if (!sim__as_object(load, at, value))
        return false;
    struct sim__keys_allowed allowed = {.tables = {p->fields}};
    sim__check_keys(load, at, value, &allowed);
    sim__read_table(load, at, value, p->fields, out);
    return true;
}

/* ---- plug-ins -------------------------------------------------------------------------------- */

json_t *sim__plugin_open(struct sim__load *load, json_t *object, const struct sim_param *row,
                         bool complete)
{
    json_t *value = json_object_get(object, row->name), *opened = NULL;
    bool untyped = json_is_object(value) && !json_object_get(value, SIM__TAG);
    bool add = untyped && complete && row->by_default;
    if (!json_is_string(value) && !add)
        return value;
    json_t *type = add ? sim__default_value(row) : json_incref(value);
    opened = json_object();
    bool failed = !opened || json_object_set_new(opened, SIM__TAG, type) != 0 ||
                  (add && json_object_update(opened, value) != 0) ||
                  json_object_set(object, row->name, opened) != 0;
    json_decref(opened);
    if (!failed)
        return opened;
    load->out_of_memory = true;
    return NULL;
}

static const struct sim_plugin_type *read_type(struct sim__load *load, const struct sim__at *at,
                                               const struct sim_param *p, json_t *value)
{
    const char *names[SIM__PLUGINS_MOST + 1] = {NULL};
    const struct sim__at *tag_at = SIM__KEY(at, SIM__TAG);
    json_t *tag = json_object_get(value, SIM__TAG);
    struct sim__origin origin;
    int choice;
    for (size_t i = 0; p->plugins[i]; i++)
        names[i] = p->plugins[i]->name;
    if (!tag) {
        sim__say(load, at, SIM__SOFT, "\"%s\" needs its \"type\", such as \"%s\"", p->name,
                 names[0]);
        return NULL;
    }
    bool bare = !sim__origin_find(load, tag_at, &origin); /* the word itself is the value */
    return sim__read_choice(load, bare ? at : tag_at, tag, names, &choice) ? p->plugins[choice]
                                                                           : NULL;
}

/* For a key that the chosen alternative does not have: what was probably meant, or who has it. */
static struct sim_hint where_it_belongs(const struct sim_param *p,
                                        const struct sim_nearest *nearest)
{
    struct sim_hint hint = sim_nearest_hint(nearest);
    for (size_t i = 0; p->plugins[i] && !nearest->best; i++)
        if (sim__param_find(p->plugins[i]->params, nearest->word)) {
            snprintf(hint.s, sizeof hint.s, "; type \"%.40s\" has it", p->plugins[i]->name);
            return hint;
        }
    return hint;
}

/* Reports keys that an alternative does not have. */
static void check_plugin_keys(struct sim__load *load, const struct sim__at *at,
                              const struct sim_param *p, const struct sim_plugin_type *type,
                              json_t *value)
{
    const char *key;
    json_t *ignored;
    json_object_foreach (value, key, ignored) {
        if (sim__is_free(key) || strcmp(key, SIM__TAG) == 0 || sim__param_find(type->params, key))
            continue;
        struct sim_nearest nearest = sim_nearest(key);
        struct sim_buffer has = {0};
        for (const struct sim_param *f = type->params; f && f->name; f++) {
            sim_nearest_try(&nearest, f->name);
            sim_buffer_printf(&has, "%s\"%s\"", f == type->params ? "" : ", ", f->name);
        }
        sim__say(load, SIM__KEY(at, key), SIM__ON_KEY,
                 "the key \"%s\" is not known in \"%s\" of type \"%s\", which has %s%s",
                 sim_quote(key).s, p->name, type->name, has.text ? has.text : "no keys of its own",
                 where_it_belongs(p, &nearest).s);
        sim_buffer_free(&has);
    }
}

static bool read_plugin(struct sim__load *load, const struct sim__at *at, const struct sim_param *p,
                        json_t *value, char *out)
{
    struct sim_plugin plugin = {NULL, NULL};
    struct sim_error why;
    size_t said = load->said;
    if (!json_is_object(value)) {
        sim__say(load, at, 0,
                 "the name of a type or an object with its \"type\" is wanted here, such as "
                 "\"%s\", not %s",
                 p->plugins[0]->name, sim__json_kind(value));
        return false;
    }
    const struct sim_plugin_type *type = read_type(load, at, p, value);
    plugin.self = type ? sim__alloc(load, 1, type->size ? type->size : 1) : NULL;
    if (!plugin.self)
        return false;
    plugin.type = type;
    memcpy(out, &plugin, sizeof plugin); /* even with errors: metrics are checked by its type */
    check_plugin_keys(load, at, p, type, value);
    sim__read_table(load, at, value, type->params, plugin.self);
    if (load->said == said && type->sound && type->sound(plugin.self, &why) != 0)
        sim__say(load, at, SIM__SOFT, "%s", why.text);
    return load->said == said;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static bool read_list(struct sim__load *load, const struct sim__at *at, const struct sim_param *p,
                      json_t *value, char *out)
{
    if (!sim__as_list(load, at, value))
        return false;
    struct sim_list list = {.count = json_array_size(value)};
    if (list.count > SIM__MEMBERS_MAX) {
        sim__say(load, at, 0, "a list can have %d items at most", SIM__MEMBERS_MAX);
        return false;
    }
    list.items = sim__alloc(load, list.count, p->size);
    if (!list.items)
        return false;
    for (size_t i = 0; i < list.count; i++)
        read_group(load, SIM__ITEM(at, i), p, json_array_get(value, i),
                   (char *)list.items + i * p->size);
    memcpy(out, &list, sizeof list);
    return true;
}

static bool read_any(struct sim__load *load, const struct sim__at *at, const struct sim_param *p,
                     json_t *value, char *out)
{
    bool flag;
    int choice;
    switch (p->kind) {
    case SIM_BOOL:
        if (!sim__read_bool(load, at, value, &flag))
            return false;
        memcpy(out, &flag, sizeof flag);
        return true;
    case SIM_CHOICE:
        if (!sim__read_choice(load, at, value, p->choices, &choice))
            return false;
        memcpy(out, &choice, sizeof choice);
        return true;
    case SIM_DISTRIBUTION:
    case SIM_BYTES_DIST:
    case SIM_NUMBER_DIST: return read_dist(load, at, p, value, out);
    case SIM_KEYSPACE: return read_keyspace(load, at, value, out);
    case SIM_TRACE: return sim__read_trace(load, at, value, out);
    case SIM_GROUP: return read_group(load, at, p, value, out);
    case SIM_LIST: return read_list(load, at, p, value, out);
    case SIM_PLUGIN: return read_plugin(load, at, p, value, out);
    default: return read_quantity(load, at, p, value, out);
    }
}

bool sim__read_param(struct sim__load *load, const struct sim__at *at, const struct sim_param *p,
                     json_t *value, char *image)
{
    const size_t said = load->said;
    bool good = read_any(load, at, p, value, image + p->offset);
    assert(good || load->said > said || load->out_of_memory); /* every refusal reports an error */
    (void)said;
    return good;
}

/* An example of a missing parameter, for the message. */
static const char *example_of(const struct sim_param *p)
{
    switch (p->kind) {
    case SIM_BOOL: return "true";
    case SIM_COUNT: return "100";
    case SIM_FRACTION: return "0.25";
    case SIM_CHOICE: return p->choices[0];
    case SIM_PLUGIN: return p->plugins[0]->name;
    case SIM_KEYSPACE: return "\"items\"";
    case SIM_TRACE: return "\"requests.csv\"";
    case SIM_GROUP: return "{ }";
    case SIM_LIST: return "[ ]";
    default: return sim_units_example(sim__dimension(p->kind));
    }
}

static void say_missing(struct sim__load *load, const struct sim__at *at, const struct sim_param *p)
{
    struct sim__origin origin;
    const struct sim__at *key = SIM__KEY(at, p->name);
    sim__origin_find(load, key, &origin);
    /* point at the patch that removed it, else at the object without it */
    bool removed = origin.kind == 'n' && origin.key_line;
    const char *quote = p->kind == SIM_CHOICE || p->kind == SIM_PLUGIN ? "\"" : "";
    sim__say(load, removed ? key : at, SIM__SOFT, "\"%s\" is missing, such as \"%s\": %s%s%s. %s",
             p->name, p->name, quote, example_of(p), quote, p->doc);
}

void sim__read_table(struct sim__load *load, const struct sim__at *at, json_t *object,
                     const struct sim_param *table, void *image)
{
    for (const struct sim_param *p = table; p && p->name; p++) {
        json_t *value = json_object_get(object, p->name);
        if (!value && !(p->flags & SIM_OPTIONAL)) {
            json_t *by_default = sim__default_value(p);
            if (!by_default && p->kind == SIM_GROUP && !(p->flags & SIM_REQUIRED))
                by_default = json_object();
            if (!by_default && p->kind == SIM_LIST && !(p->flags & SIM_REQUIRED))
                by_default = json_array();
            bool needed = p->flags & SIM_REQUIRED;
            if (!by_default && !needed && (p->by_default || p->fields)) {
                load->out_of_memory = true;
                return;
            }
            if (!by_default) {
                say_missing(load, at, p);
                continue;
            }
            if (json_object_set_new(object, p->name, by_default)) {
                load->out_of_memory = true;
                return;
            }
            value = by_default;
        }
        if (p->kind == SIM_PLUGIN)
            value = sim__plugin_open(load, object, p, true);
        if (value)
            sim__read_param(load, SIM__KEY(at, p->name), p, value, image);
    }
}
