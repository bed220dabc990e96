/* sweep.c - reads a sweep: variables, crossed or zipped, and the cells they make. */
#include "scenario/cases/vary.h"
#include "scenario/load.h"

#include "sim/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 1000 };

/* ---- ranges ---------------------------------------------------------------------------------- */

/* An end of a range: a number and the unit after it: "/s", " keys". */
struct end {
    double number;
    const char *unit; /* "" for a bare number */
    bool whole;
};

static bool read_end(struct sim__load *load, const struct sim__at *at, json_t *value,
                     struct end *end)
{
    char *rest = "";
    *end = (struct end){.unit = "", .whole = json_is_integer(value)};
    if (json_is_number(value)) {
        end->number = json_number_value(value);
        return true;
    }
    if (json_is_string(value)) {
        end->number = strtod(json_string_value(value), &rest);
        end->unit = rest;
        if (rest != json_string_value(value) && isfinite(end->number))
            return true;
    }
    sim__say(load, at, 0,
             "an end of a range must be a number or a quantity, such as 8 or \"10ms\"");
    return false;
}

/* Converts `end` to the unit of `other`. */
static bool convert(struct end *end, const char *text, const struct end *other, const char *like)
{
    struct sim_amount amount, unit;
    if (strcmp(end->unit, other->unit) == 0)
        return true;
    int dimension = sim_units_guess(text, &amount);
    if (dimension < 0 || dimension != sim_units_guess(like, &unit) || other->number == 0)
        return false;
    end->number = amount.value / (unit.value / other->number);
    return true;
}

/* Value i of n, to six digits; a whole number if both ends are. */
static double value_at(const struct end *from, const struct end *to, bool log, size_t i, size_t n)
{
    char text[48];
    if (i == 0 || i + 1 == n)
        return i == 0 ? from->number : to->number;
    double share = (double)i / (double)(n - 1);
    double value = log ? from->number * sim_pow(to->number / from->number, share)
                       : from->number + (to->number - from->number) * share;
    if (from->whole && to->whole)
        return floor(value + 0.5);
    snprintf(text, sizeof text, "%.5e", value);
    return strtod(text, NULL);
}

static json_t *value_of(double number, const struct end *from, bool whole)
{
    char text[128];
    if (!*from->unit)
        return whole ? json_integer((json_int_t)number) : json_real(number);
    snprintf(text, sizeof text, "%.15g%s", number, from->unit);
    if (strchr(text, 'e') && fabs(number) < 1e15) /* a unit needs a number without an exponent */
        snprintf(text, sizeof text, "%.9f%s", number, from->unit);
    return json_string(text);
}

/* A new list of the values of a range; NULL: reported, or out of memory. */
static json_t *range_values(struct sim__load *load, const struct sim__at *at, json_t *object)
{
    static const char *const names[] = {"from", "to", "steps", "scale", NULL};
    size_t said = load->said;
    struct sim__range range;
    struct end from = {0}, to = {0};
    bool complete = sim__read_range(
        load, at, object, names,
        "{ \"from\": \"1ms\", \"to\": \"1s\", \"steps\": 4, \"scale\": \"log\" }", STEPS_MAX,
        &range);
    if (range.from)
        read_end(load, SIM__KEY(at, "from"), range.from, &from);
    if (range.to)
        read_end(load, SIM__KEY(at, "to"), range.to, &to);
    if (!complete || load->said > said)
        return NULL;
    json_t *low = range.from, *high = range.to;
    if (json_is_string(high) != json_is_string(low) ||
        (json_is_string(high) &&
         !convert(&to, json_string_value(high), &from, json_string_value(low))))
        sim__say(load, SIM__KEY(at, "to"), 0,
                 "the ends of a range must have the same kind of unit");
    else if (range.log && (from.number <= 0 || to.number <= 0))
        sim__say(load, at, 0, "the ends of a logarithmic range must be above zero");
    else if (from.number == to.number)
        sim__say(load, at, 0, "the ends of a range must differ");
    if (load->said > said)
        return NULL;
    json_t *list = json_array();
    double before = NAN;
    bool whole = from.whole && to.whole;
    for (size_t i = 0; list && i < range.steps; i++) {
        double number = value_at(&from, &to, range.log, i, range.steps);
        if (number == before) {
            sim__say(load, SIM__KEY(at, "steps"), 0,
                     "this many steps give the same whole number twice");
            json_decref(list);
            return NULL;
        }
        before = number;
        if (json_array_append_new(list, value_of(number, &from, whole)) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    load->out_of_memory = load->out_of_memory || !list;
    return list;
}

/* ---- variables ------------------------------------------------------------------------------- */

/* Whether the object or list around the value exists; the value itself may be a default. A plug-in
 * of another type has no place for it. */
static bool has_room(json_t *document, const struct sim__target *target)
{
    if (sim__plugin_lacks(document, target->segments, target->depth))
        return false;
    for (size_t k = 0; k + 1 < target->depth; k++)
        document = sim__json_child(document, target->segments[k]);
    return json_is_object(document) ||
           sim__json_child(document, target->segments[target->depth - 1]);
}

static bool read_target(struct sim__load *load, const struct sim__at *at, unsigned flags,
                        const char *path, struct sim__target *out)
{
    struct sim__document *d = load->document;
    out->segments = sim__path_split(load->arena, path, &out->depth);
    if (load->arena->failed)
        return false;
    size_t known = 0;
    while (out->segments && sim__case_keys[known] &&
           strcmp(sim__case_keys[known], out->segments[0]) != 0)
        known++;
    if (!out->segments || !sim__case_keys[known] || out->depth < 2) {
        sim__say(load, at, flags,
                 "\"%s\" is not the path of a value, such as "
                 "\"components.cache.ttl\"",
                 sim_quote(path).s);
        return false;
    }
    for (size_t i = 0; i < d->variant_count; i++)
        if (has_room(d->variants[i].document, out))
            return true;
    sim__say(load, at, flags, "there is nothing at \"%s\" to sweep", sim_quote(path).s);
    return false;
}

/* Reads where a variable's value goes: one path, or the paths that "variables" gives for its
 * name. */
static bool read_targets(struct sim__load *load, const struct sim__at *at, json_t *variables,
                         const char *name, struct sim__swept *out)
{
    const struct sim__at *map = SIM__KEY(SIM__KEY(NULL, "sweep"), "variables");
    json_t *paths = json_object_get(variables, name);
    size_t count = json_is_array(paths) ? json_array_size(paths) : 1;
    out->targets = sim__alloc(load, count, sizeof *out->targets);
    if (!out->targets)
        return false;
    if (!paths) {
        out->target_count = 1;
        return read_target(load, at, SIM__ON_KEY, name, out->targets);
    }
    for (size_t i = 0; i < count; i++) {
        const struct sim__at *key = SIM__KEY(map, name), *item = SIM__ITEM(key, i);
        json_t *path = json_is_array(paths) ? json_array_get(paths, i) : paths;
        const char *text = sim__read_text(load, json_is_array(paths) ? item : key, path);
        if (!text || !read_target(load, json_is_array(paths) ? item : key, 0, text,
                                  &out->targets[out->target_count]))
            return false;
        out->target_count++;
    }
    if (count == 0)
        sim__say(load, SIM__KEY(map, name), 0, "a variable needs at least one path");
    return count > 0;
}

static bool read_swept(struct sim__load *load, const struct sim__at *at, json_t *variables,
                       const char *name, json_t *values, struct sim__swept *out)
{
    out->path = sim__copy(load, name);
    if (json_is_object(values)) {
        out->values = out->owned = range_values(load, at, values);
    } else {
        out->values = sim__as_list(load, at, values);
        if (out->values && json_array_size(out->values) == 0) {
            sim__say(load, at, 0, "a swept value needs at least one value to take");
            return false;
        }
    }
    return out->path && out->values && read_targets(load, at, variables, name, out);
}

/* Reads the members of "cross" or "zip". */
static void read_section(struct sim__load *load, const struct sim__at *at, json_t *variables,
                         json_t *section, bool zipped)
{
    struct sim__document *d = load->document;
    const char *name;
    json_t *values;
    json_object_foreach (section, name, values) {
        const struct sim__at *key = SIM__KEY(at, name);
        struct sim__swept *swept = &d->swept[d->swept_count];
        size_t said = load->said;
        if (sim__is_free(name))
            continue;
        if (d->swept_count == SIM__KEY_LIST_MAX) {
            sim__say(load, at, 0, "%d values can be swept at most", SIM__KEY_LIST_MAX);
            return;
        }
        for (size_t i = 0; i < d->swept_count; i++)
            if (strcmp(d->swept[i].path, name) == 0)
                sim__say(load, key, SIM__ON_KEY, "\"%s\" is in \"cross\" already",
                         sim_quote(name).s);
        swept->zipped = zipped;
        if (!read_swept(load, key, variables, name, values, swept) || load->said > said) {
            json_decref(swept->owned);
            *swept = (struct sim__swept){.path = NULL};
            continue;
        }
        d->swept_count++;
    }
}

/* Zipped variables must have equally many values. */
static void check_zip(struct sim__load *load, const struct sim__at *at)
{
    const struct sim__document *d = load->document;
    const struct sim__swept *first = NULL;
    for (size_t i = 0; i < d->swept_count; i++) {
        const struct sim__swept *swept = &d->swept[i];
        if (!swept->zipped)
            continue;
        first = first ? first : swept;
        if (json_array_size(swept->values) != json_array_size(first->values))
            sim__say(load, SIM__KEY(at, swept->path), 0,
                     "the number of values, %zu, differs from the %zu of \"%s\": \"zip\" takes "
                     "one of each for a cell",
                     json_array_size(swept->values), json_array_size(first->values), first->path);
    }
}

static size_t variable_of(const struct sim__document *d, const char *name)
{
    size_t i = 0;
    while (i < d->swept_count && strcmp(d->swept[i].path, name) != 0)
        i++;
    return i;
}

/* ---- cells ----------------------------------------------------------------------------------- */

static const char *value_text(struct sim__load *load, const json_t *value)
{
    if (json_is_string(value))
        return sim__copy(load, json_string_value(value));
    struct sim__writer writer = {.compact = true};
    sim__write_value(&writer, value, false);
    char *text = sim_buffer_take(&writer.out);
    const char *copy = text ? sim__copy(load, text) : NULL;
    free(text);
    load->out_of_memory = load->out_of_memory || !text;
    return copy;
}

/* A swept value as a number, times in seconds; NAN if it is not a number. */
static double value_number(const json_t *value)
{
    double number;
    int dimension = sim__quantity_of(value, &number);
    return dimension == SIM_DIM_TIME ? number / 1e9 : number;
}

static void name_cell(struct sim__load *load, const struct sim_scenario *scenario,
                      struct sim_case *cell)
{
    const struct sim__document *d = load->document;
    struct sim_buffer name = {.allow = load->arena->allow, .allow_self = load->arena->allow_self};
    bool alone = scenario->variant_count == 1 && strcmp(cell->variant, "base") == 0;
    sim_buffer_printf(&name, "%s", alone ? "" : cell->variant);
    for (size_t i = 0; i < d->swept_count; i++) {
        const char *path = d->swept[i].path;
        const char *shorter = sim_path_name(path);
        sim_buffer_printf(&name, "%s%s=%s",
                          i       ? ", "
                          : alone ? ""
                                  : " \xC2\xB7 ",
                          shorter, cell->at_text[i] ? cell->at_text[i] : "");
    }
    char *text = sim_buffer_take(&name);
    cell->name = text ? sim__copy(load, text) : NULL;
    load->out_of_memory = load->out_of_memory || !text;
    free(text);
}

/* Reads the cell of a variant with these values. */
static void read_cell(struct sim__load *load, struct sim_scenario *scenario,
                      const struct sim_case *variant, json_t *patch, const size_t *at)
{
    const struct sim__document *d = load->document;
    struct sim_case *cell = &scenario->cells[scenario->cell_count];
    cell->variant = variant->name;
    cell->at = sim__alloc(load, d->swept_count, sizeof *cell->at);
    cell->at_text = sim__alloc(load, d->swept_count, sizeof *cell->at_text);
    if (!cell->at || !cell->at_text)
        return;
    for (size_t i = 0; i < d->swept_count; i++) {
        const json_t *value = json_array_get(d->swept[i].values, at[i]);
        cell->at[i] = value_number(value);
        cell->at_text[i] = value_text(load, value);
    }
    name_cell(load, scenario, cell);
    if (!cell->name)
        return;
    load->variant = patch ? variant->name : NULL;
    load->cell = at;
    load->cell_name = cell->name;
    sim__read_case(load, patch, cell, NULL, NULL);
    load->cell = NULL;
    load->variant = load->cell_name = NULL;
    cell->plan.title = scenario->title;
    cell->cell = ++scenario->cell_count;
}

/* The values of cell i. Zipped variables change together and fastest, the first crossed one
 * slowest. */
static void values_of(const struct sim__document *d, size_t i, size_t zip, size_t *at)
{
    size_t together = i % zip, rest = i / zip;
    for (size_t k = d->swept_count; k-- > 0;) {
        size_t n = json_array_size(d->swept[k].values);
        at[k] = d->swept[k].zipped ? together : rest % n;
        rest = d->swept[k].zipped ? rest : rest / n;
    }
}

/* Whether a variant still has the swept values; if it removed them it has no cells. */
static bool is_swept(const struct sim__document *d, const char *variant)
{
    json_t *document = d->base.document;
    for (size_t v = 0; v < d->variant_count; v++)
        if (strcmp(d->variants[v].name, variant) == 0)
            document = d->variants[v].document;
    for (size_t i = 0; i < d->swept_count; i++)
        for (size_t t = 0; t < d->swept[i].target_count; t++)
            if (!has_room(document, &d->swept[i].targets[t]))
                return false;
    return true;
}

static void read_cells(struct sim__load *load, struct sim_scenario *scenario, size_t total,
                       size_t zip, const struct sim__exclusions * not )
{
    const struct sim__document *d = load->document;
    json_t *variants = json_object_get(d->root, "variants");
    size_t at[SIM__KEY_LIST_MAX] = {0}, left = 0;
    scenario->cells = sim__alloc(load, total * scenario->variant_count, sizeof *scenario->cells);
    for (uint32_t v = 0; v < scenario->variant_count && scenario->cells; v++) {
        json_t *patch = json_object_get(variants, scenario->variants[v].name);
        if (!is_swept(d, scenario->variants[v].name))
            continue;
        for (size_t i = 0; i < total && !load->out_of_memory; i++) {
            values_of(d, i, zip, at);
            if (sim__is_excluded(not, at))
                continue;
            left++;
            read_cell(load, scenario, &scenario->variants[v], patch, at);
        }
    }
    if (left == 0 && not ->count > 0 && !load->out_of_memory)
        sim__say(load, SIM__KEY(SIM__KEY(NULL, "sweep"), "exclude"), 0,
                 "nothing is left of the sweep");
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void check_variables(struct sim__load *load, const struct sim__at *at, json_t *variables)
{
    const struct sim__document *d = load->document;
    const char *name;
    json_t *value;
    json_object_foreach (variables, name, value)
        if (!sim__is_free(name) && variable_of(d, name) == d->swept_count)
            sim__say(load, SIM__KEY(at, name), SIM__ON_KEY,
                     "\"%s\" is given no values in \"cross\" or \"zip\"", sim_quote(name).s);
}

/* The number of cells of a variant; 0: too many, which is reported. */
static size_t count_cells(struct sim__load *load, const struct sim__at *at,
                          const struct sim_scenario *scenario, size_t *zip)
{
    const struct sim__document *d = load->document;
    size_t total = 1;
    *zip = 1;
    for (size_t i = 0; i < d->swept_count; i++)
        if (d->swept[i].zipped)
            *zip = json_array_size(d->swept[i].values);
    for (size_t i = 0; i <= d->swept_count; i++) {
        total *= i == d->swept_count  ? *zip
                 : d->swept[i].zipped ? 1
                                      : json_array_size(d->swept[i].values);
        if (total * scenario->variant_count <= SIM__CASES_MAX)
            continue;
        sim__say(load, at, 0, "the sweep has more than %d cells over all variants", SIM__CASES_MAX);
        return 0;
    }
    return sim__cases_fit(load, at, "cells", total * scenario->variant_count) ? total : 0;
}

void sim__read_sweep(struct sim__load *load, struct sim_scenario *scenario)
{
    static const char *const names[] = {"variables", "cross", "zip", "exclude", "repeat", NULL};
    struct sim__keys_allowed allowed = {.others = names};
    struct sim__document *d = load->document;
    const struct sim__at *at = SIM__KEY(NULL, "sweep"), *cross_at = SIM__KEY(at, "cross");
    const struct sim__at *zip_at = SIM__KEY(at, "zip"), *named = SIM__KEY(at, "variables");
    const struct sim__at *repeat_at = SIM__KEY(at, "repeat"), *not = SIM__KEY(at, "exclude");
    json_t *sweep = sim__as_object(load, at, json_object_get(d->root, "sweep"));
    json_t *cross = sim__as_object(load, cross_at, json_object_get(sweep, "cross"));
    json_t *zip = sim__as_object(load, zip_at, json_object_get(sweep, "zip"));
    json_t *variables = sim__as_object(load, named, json_object_get(sweep, "variables"));
    json_t *exclude = sim__as_list(load, not, json_object_get(sweep, "exclude"));
    json_t *repeat = json_object_get(sweep, "repeat");
    struct sim__exclusions exclusions = {.items = NULL};
    struct sim_amount count;
    size_t said = load->said, together;
    sim__check_keys(load, at, sweep, &allowed);
    if (sweep && !json_object_get(sweep, "cross") && !json_object_get(sweep, "zip"))
        sim__say(load, at, 0,
                 "\"cross\" is missing: { \"components.cache.ttl\": [\"10s\", "
                 "\"60s\"] }");
    if (repeat && sim__read_amount(load, repeat_at, repeat, SIM_DIM_COUNT, NULL, true, &count)) {
        scenario->repeat = (uint32_t)count.whole;
        if (count.whole < 1 || count.whole > SIM_REPLICATIONS_MOST)
            sim__say(load, repeat_at, 0, "a cell is run 1 to %d times", SIM_REPLICATIONS_MOST);
    }
    d->swept = sim__alloc(load, SIM__KEY_LIST_MAX + 1, sizeof *d->swept);
    scenario->sweep_paths = sim__alloc(load, SIM__KEY_LIST_MAX, sizeof(char *));
    if (!d->swept || !scenario->sweep_paths)
        return;
    read_section(load, cross_at, variables, cross, false);
    read_section(load, zip_at, variables, zip, true);
    if (load->said == said) {
        check_zip(load, zip_at);
        check_variables(load, named, variables);
        sim__read_exclusions(load, not, exclude, &exclusions);
    }
    for (size_t i = 0; i < d->swept_count; i++)
        scenario->sweep_paths[i] = d->swept[i].path;
    scenario->sweep_path_count = (uint32_t)d->swept_count;
    size_t total = d->swept_count > 0 ? count_cells(load, at, scenario, &together) : 0;
    if (total > 0 && load->said == said)
        read_cells(load, scenario, total, together, &exclusions);
}
