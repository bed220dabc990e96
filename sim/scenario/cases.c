/* cases.c - the cases a file describes: the variants, and the cells of its sweep. */
#include "scenario/load.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- variants -------------------------------------------------------------------------------- */

/* A variant's name is part of file names and of tables: any text of one line without the characters
 * that files and metrics give a meaning to. */
static bool fit_variant(const char *name)
{
    size_t n = strlen(name);
    if (n == 0 || n > SIM__NAME_MAX || name[0] == '.' || name[0] == '-' || name[0] == ' ')
        return false;
    for (; *name; name++)
        if ((unsigned char)*name < 0x20 || *name == 0x7F || strchr("/\\\":*?<>|,", *name))
            return false;
    return true;
}

/* What a patch removes must be there; a slip of the pen would otherwise do nothing. */
static void check_removals(struct sim__load *load, const struct sim__at *at, json_t *patch,
                           json_t *base)
{
    const char *key;
    json_t *value;
    json_object_foreach (patch, key, value) {
        json_t *under = json_object_get(base, key);
        if (json_is_object(value))
            check_removals(load, SIM__KEY(at, key), value, under);
        if (!json_is_null(value) || under)
            continue;
        struct sim_nearest nearest = sim_nearest(key);
        const char *other;
        json_t *ignored;
        json_object_foreach (base, other, ignored)
            sim_nearest_try(&nearest, other);
        sim__say(load, SIM__KEY(at, key), SIM__ON_KEY, "null removes \"%s\", which is not there%s",
                 sim_quote(key).s, sim_nearest_hint(&nearest).s);
    }
}

static void check_patch(struct sim__load *load, const struct sim__at *at, const char *name,
                        json_t *patch)
{
    static const char *const fixed[] = {"seed", "replications", "series"};
    size_t real = sim__member_count(patch);
    if (strcmp(name, "base") == 0 && real > 0)
        sim__say(load, at, SIM__ON_KEY,
                 "\"base\" is the file as it stands: leave it empty, or "
                 "name this variant otherwise");
    for (size_t i = 0; sim__study_keys[i]; i++)
        if (json_object_get(patch, sim__study_keys[i]))
            sim__say(load, SIM__KEY(at, sim__study_keys[i]), SIM__ON_KEY,
                     "a variant cannot change \"%s\": it is the same for all", sim__study_keys[i]);
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        if (json_object_get(json_object_get(patch, "run"), fixed[i]))
            sim__say(load, SIM__KEY(SIM__KEY(at, "run"), fixed[i]), SIM__ON_KEY,
                     "a variant cannot change \"%s\": variants are compared run by run", fixed[i]);
    check_removals(load, at, patch, load->document->root);
}

/* Reads the document that is in force now into a case and keeps it, completed, in *kept. */
static void read_case(struct sim__load *load, json_t *patch, struct sim_case *c,
                      struct sim__run *run, json_t **kept)
{
    json_t *document = sim__document_of(load, patch);
    if (!document)
        return;
    sim__read_plan(load, document, &c->plan, run);
    load->plan = NULL;
    load->tree = NULL;
    if (sim__case_key(document, c->key) != 0)
        load->out_of_memory = true;
    if (kept)
        *kept = document;
    else
        json_decref(document);
}

static void read_variant(struct sim__load *load, const char *name, json_t *patch, size_t index)
{
    struct sim__document *d = load->document;
    struct sim_case *c = &load->cases[index];
    c->name = c->variant = sim__copy(load, name);
    d->variants[index].name = c->name;
    if (!c->name)
        return;
    load->variant = c->name;
    read_case(load, patch, c, NULL, &d->variants[index].document);
    load->variant = NULL;
}

/* Each member of "variants" that is one; counts them. */
static size_t each_variant(struct sim__load *load, json_t *map, bool read)
{
    const struct sim__at *at = SIM__KEY(NULL, "variants");
    const char *key;
    json_t *patch;
    size_t count = 0;
    json_object_foreach (map, key, patch) {
        const struct sim__at *member = SIM__KEY(at, key);
        if (sim__is_free(key) && !json_is_object(patch))
            continue;
        if (!read) {
            if (!fit_variant(key) || sim__is_free(key))
                sim__say(load, member, SIM__ON_KEY,
                         "\"%s\" is no name for a variant: up to %d "
                         "characters, none of / \\ \" : * ? < > | and comma",
                         sim_quote(key).s, SIM__NAME_MAX);
            if (sim__as_object(load, member, patch))
                check_patch(load, member, key, patch);
        } else if (json_is_object(patch)) {
            read_variant(load, key, patch, count);
        } else {
            continue;
        }
        count++;
    }
    return count;
}

/* The variants that were asked for, in the file's order; the unpatched file can be asked for as
 * "base" also where none is named so. */
static void choose(struct sim__load *load, const struct sim_load_options *options,
                   const struct sim_plan *base, struct sim_scenario *scenario)
{
    size_t wanted = options ? options->variant_count : 0;
    bool named = false, asked = false;
    scenario->variants = sim__alloc(load, load->case_count + 1, sizeof *scenario->variants);
    for (size_t k = 0; k < load->case_count; k++)
        named = named || strcmp(load->cases[k].name, "base") == 0;
    for (size_t i = 0; i < wanted; i++) {
        struct sim_nearest nearest = sim_nearest(options->variants[i]);
        bool found = !named && strcmp(options->variants[i], "base") == 0;
        asked = asked || found;
        sim_nearest_try(&nearest, "base");
        for (size_t k = 0; k < load->case_count && !found; k++) {
            found = strcmp(load->cases[k].name, options->variants[i]) == 0;
            sim_nearest_try(&nearest, load->cases[k].name);
        }
        char text[SIM_ERROR_TEXT_BYTES];
        snprintf(text, sizeof text, "there is no variant \"%s\"%s",
                 sim_quote(options->variants[i]).s, sim_nearest_hint(&nearest).s);
        if (!found)
            sim__say_at(load, "--variant", 0, 0, "", text);
    }
    if (asked && scenario->variants) {
        struct sim_case *c = &scenario->variants[scenario->variant_count++];
        *c = (struct sim_case){.name = "base", .variant = "base", .plan = *base};
        c->plan.title = scenario->title;
    }
    for (size_t k = 0; k < load->case_count && scenario->variants; k++) {
        bool chosen = wanted == 0;
        for (size_t i = 0; i < wanted; i++)
            chosen = chosen || strcmp(load->cases[k].name, options->variants[i]) == 0;
        if (chosen)
            scenario->variants[scenario->variant_count++] = load->cases[k];
    }
}

void sim__read_variants(struct sim__load *load, const struct sim_load_options *options,
                        struct sim_scenario *scenario)
{
    struct sim__document *d = load->document;
    json_t *map = sim__as_object(load, SIM__KEY(NULL, "variants"),
                                 json_object_get(d->root, "variants"));
    struct sim__run run;
    struct sim_case base = {.name = "base", .variant = "base"};
    size_t count = each_variant(load, map, false);
    load->base_pass = true;
    read_case(load, NULL, &base, &run, &d->base.document);
    load->base_pass = false;
    scenario->seed = (uint64_t)run.seed;
    scenario->replications = (uint32_t)run.replications;
    load->cases = sim__alloc(load, count ? count : 1, sizeof *load->cases);
    d->variants = sim__alloc(load, count ? count : 1, sizeof *d->variants);
    if (!load->cases || !d->variants || load->out_of_memory)
        return;
    if (count == 0) {
        load->cases[0] = base;
        d->variants[0] = (struct sim__resolved){"base", json_incref(d->base.document)};
    }
    load->case_count = count ? each_variant(load, map, true) : 1;
    d->variant_count = load->case_count;
    for (size_t i = 0; i < load->case_count; i++) {
        if (!load->cases[i].name)
            return;
        load->cases[i].plan.title = scenario->title;
    }
    choose(load, options, &base, scenario);
}

/* ---- sweep ----------------------------------------------------------------------------------- */

static bool read_swept(struct sim__load *load, const struct sim__at *at, const char *path,
                       json_t *values, struct sim__swept *out)
{
    json_t *list = sim__as_list(load, at, values);
    if (!list)
        return false;
    if (json_array_size(list) == 0) {
        sim__say(load, at, 0, "a swept value needs at least one value to take");
        return false;
    }
    out->path = sim__copy(load, path);
    out->segments = sim__path_split(load->arena, path, &out->depth);
    out->values = list;
    if (load->arena->failed)
        return false;
    size_t known = 0;
    while (out->segments && sim__case_keys[known] &&
           strcmp(sim__case_keys[known], out->segments[0]) != 0)
        known++;
    if (!out->segments || !sim__case_keys[known] || out->depth < 2) {
        sim__say(load, at, SIM__ON_KEY,
                 "\"%s\" is not the path of a value, such as "
                 "\"components.cache.ttl\"",
                 sim_quote(path).s);
        return false;
    }
    /* what holds the value must be there in some variant; the value itself may be a default */
    struct sim__document *d = load->document;
    for (size_t i = 0; i < d->variant_count; i++) {
        json_t *here = d->variants[i].document;
        for (size_t k = 0; k + 1 < out->depth; k++)
            here = sim__json_child(here, out->segments[k]);
        if (json_is_object(here) || sim__json_child(here, out->segments[out->depth - 1]))
            return true;
    }
    sim__say(load, at, SIM__ON_KEY, "there is nothing at \"%s\" to sweep", sim_quote(path).s);
    return false;
}

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

/* A swept value as a number, times in seconds; NAN when it is none. */
static double value_number(const json_t *value)
{
    struct sim_amount amount;
    if (json_is_number(value))
        return json_number_value(value);
    if (!json_is_string(value))
        return NAN;
    int dimension = sim_units_guess(json_string_value(value), &amount);
    if (dimension < 0) { /* "100k keys" */
        struct sim_error ignored;
        const char *space = strrchr(json_string_value(value), ' ');
        if (!space ||
            sim_units_parse(json_string_value(value), SIM_DIM_COUNT, space + 1, &amount, &ignored))
            return NAN;
    }
    return dimension == SIM_DIM_TIME ? amount.value / 1e9 : amount.value;
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
        const char *shorter = strncmp(path, "components.", 11) == 0 ? path + 11 : path;
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
    read_case(load, patch, cell, NULL, NULL);
    load->cell = NULL;
    load->variant = load->cell_name = NULL;
    cell->plan.title = scenario->title;
    cell->cell = ++scenario->cell_count;
}

static void read_cells(struct sim__load *load, struct sim_scenario *scenario, size_t total)
{
    const struct sim__document *d = load->document;
    json_t *variants = json_object_get(d->root, "variants");
    size_t at[SIM__KEY_LIST_MAX] = {0};
    scenario->cells = sim__alloc(load, total * scenario->variant_count, sizeof *scenario->cells);
    for (uint32_t v = 0; v < scenario->variant_count && scenario->cells; v++) {
        json_t *patch = json_object_get(variants, scenario->variants[v].name);
        for (size_t i = 0; i < total && !load->out_of_memory; i++) {
            size_t rest = i;
            for (size_t k = d->swept_count; k-- > 0;) {
                size_t n = json_array_size(d->swept[k].values);
                at[k] = rest % n;
                rest /= n;
            }
            read_cell(load, scenario, &scenario->variants[v], patch, at);
        }
    }
}

void sim__read_sweep(struct sim__load *load, struct sim_scenario *scenario)
{
    static const char *const names[] = {"cross", NULL};
    struct sim__keys_allowed allowed = {.others = names};
    struct sim__document *d = load->document;
    const struct sim__at *at = SIM__KEY(NULL, "sweep"), *cross_at = SIM__KEY(at, "cross");
    json_t *sweep = sim__as_object(load, at, json_object_get(d->root, "sweep"));
    json_t *cross = sim__as_object(load, cross_at, json_object_get(sweep, "cross"));
    const char *path;
    json_t *values;
    size_t total = 1;
    sim__check_keys(load, at, sweep, &allowed);
    if (sweep && !json_object_get(sweep, "cross"))
        sim__say(load, at, 0,
                 "\"cross\" is missing: { \"components.cache.ttl\": [\"10s\", "
                 "\"60s\"] }");
    if (sim__member_count(cross) > SIM__KEY_LIST_MAX) {
        sim__say(load, cross_at, 0, "%d values can be swept at most", SIM__KEY_LIST_MAX);
        return;
    }
    d->swept = sim__alloc(load, sim__member_count(cross), sizeof *d->swept);
    scenario->sweep_paths = sim__alloc(load, sim__member_count(cross), sizeof(char *));
    if (!d->swept || !scenario->sweep_paths)
        return;
    json_object_foreach (cross, path, values) {
        if (sim__is_free(path) ||
            !read_swept(load, SIM__KEY(cross_at, path), path, values, &d->swept[d->swept_count]))
            continue;
        scenario->sweep_paths[d->swept_count] = d->swept[d->swept_count].path;
        total *= json_array_size(values);
        d->swept_count++;
        if (total * scenario->variant_count > SIM__CASES_MAX) {
            sim__say(load, cross_at, 0, "the sweep has more than %d cells over all variants",
                     SIM__CASES_MAX);
            d->swept_count = 0;
            return;
        }
    }
    scenario->sweep_path_count = (uint32_t)d->swept_count;
    if (d->swept_count > 0)
        read_cells(load, scenario, total);
}
