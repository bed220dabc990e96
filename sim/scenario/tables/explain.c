/* explain.c - `weir explain`: prints every value and where it comes from: command line, variant,
 * file or default. */
#include "scenario/load.h"

#include "sim/plugin.h"
#include "sim/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The walk over one document. */
struct walk {
    struct sim__load load; /* used to find origins: the document and the current variant */
    json_t *tree;          /* the document being shown */
    FILE *file;
    const char **wanted; /* segments of the requested path; NULL: all */
    size_t wanted_depth;
    const json_t *base; /* the document shown before; equal values are not shown again */
    bool shown;
    bool headed; /* the variant's heading was printed */
};

/* `object`: what the table describes. */
static const struct sim_param *in_table(const struct sim_param *table, const json_t *object,
                                        const char *const *names, size_t depth)
{
    const struct sim_param *p = depth ? sim__param_find(table, names[0]) : NULL;
    if (!p || depth == 1)
        return p;
    const json_t *value = json_object_get(object, names[0]);
    if (p->kind == SIM_PLUGIN) {
        const char *type = json_string_value(json_object_get(value, SIM__TAG));
        const struct sim_plugin_type *found = type ? sim_plugin_named(p, type) : NULL;
        if (strcmp(names[1], SIM__TAG) == 0)
            return p; /* the default type and where it comes from */
        return found ? in_table(found->params, value, names + 1, depth - 1) : NULL;
    }
    size_t step = p->kind == SIM_LIST ? 2 : 1;
    return depth > step ? in_table(p->fields, value, names + step, depth - step) : p;
}

/* The parameter at a path; NULL: it is not a parameter. */
static const struct sim_param *param_at(json_t *tree, const char *const *names, size_t depth)
{
    if (depth == 2 && strcmp(names[0], "run") == 0)
        return sim__param_find(sim__run_table, names[1]);
    if (depth < 3)
        return NULL;
    if (strcmp(names[0], "keyspaces") == 0)
        return in_table(sim__keyspace_table, NULL, names + 2, depth - 2);
    if (strcmp(names[0], "links") == 0)
        return in_table(sim_link_param_table, NULL, names + 2, depth - 2);
    if (strcmp(names[0], "timeline") == 0)
        return in_table(sim__fault_table, NULL, names + 2, depth - 2);
    if (strcmp(names[0], "components") != 0)
        return NULL;
    json_t *component = json_object_get(json_object_get(tree, "components"), names[1]);
    const char *name = json_string_value(json_object_get(component, "model"));
    const struct sim_model *model = name ? sim_model_find(name) : NULL;
    const struct sim_param *p = in_table(sim__component_table, component, names + 2, depth - 2);
    if (!p && model)
        p = in_table(model->params, component, names + 2, depth - 2);
    return p ? p : in_table(sim_policy_params, component, names + 2, depth - 2);
}

/* Prints where a value is written; false: nowhere. */
static bool print_written(const struct walk *w, const struct sim__at *at)
{
    struct sim__origin origin;
    if (!sim__origin_find(&w->load, at, &origin))
        return false;
    if (origin.source == SIM__BY_SET)
        sim_tell(w->file, "command line, --set %u\n", origin.line);
    else
        sim_tell(w->file, "%s, line %u\n", origin.source == SIM__BY_VARIANT ? "variant" : "file",
                 origin.line);
    return true;
}

/* A path as names, those of list items in digits. */
struct path {
    const char *names[2 * SIM__DEPTH_MAX];
    char numbers[2 * SIM__DEPTH_MAX][24];
    size_t depth;
};

static void path_to(const struct sim__at *at, struct path *path)
{
    path->depth = 0;
    for (const struct sim__at *a = at; a; a = a->up)
        path->depth++;
    size_t i = path->depth;
    for (const struct sim__at *a = at; a; a = a->up) {
        snprintf(path->numbers[--i], sizeof path->numbers[0], "%zu", a->index);
        path->names[i] = a->key ? a->key : path->numbers[i];
    }
}

/* Whether the value at a path is a plug-in, all of whose parameters are printed. */
static bool is_plugin(const struct walk *w, const struct sim__at *at)
{
    struct path path;
    path_to(at, &path);
    const struct sim_param *p = path.depth == 3 ? param_at(w->tree, path.names, 3) : NULL;
    return p && p->kind == SIM_PLUGIN;
}

/* Where the type of a plug-in is written as a bare word. */
static bool print_bare(const struct walk *w, const struct sim__at *at)
{
    struct sim__origin origin;
    return at->up && at->key && strcmp(at->key, SIM__TAG) == 0 && is_plugin(w, at->up) &&
           sim__origin_find(&w->load, at->up, &origin) && origin.kind == '"' &&
           print_written(w, at->up);
}

static void print_origin(struct walk *w, const struct sim__at *at)
{
    struct path path;
    path_to(at, &path);
    const char *const *names = path.names;
    size_t depth = path.depth;
    if (print_written(w, at) || print_bare(w, at))
        return;
    const char *book = json_string_value(
        json_object_get(json_object_get(w->tree, "prices"), "book"));
    bool priced = book && strcmp(names[0], "prices") == 0;
    if (priced && depth == 2 && strcmp(names[1], "book") == 0 && print_written(w, at->up))
        return; /* "prices" may be just a name */
    unsigned line = priced ? sim__book_line(w->load.document, book, names + 1, depth - 1) : 0;
    if (line) {
        sim_tell(w->file, "price book %s, line %u\n", book, line);
        return;
    }
    const struct sim_param *p = param_at(w->tree, names, depth);
    sim_tell(w->file, "default%s%s\n", p && p->source ? ", " : "", p && p->source ? p->source : "");
}

static bool is_wanted(const struct walk *w, const struct sim__at *at)
{
    size_t depth = 0;
    for (const struct sim__at *a = at; a; a = a->up)
        depth++;
    size_t i = depth;
    for (const struct sim__at *a = at; a; a = a->up) {
        char number[24];
        snprintf(number, sizeof number, "%zu", a->index);
        i--;
        if (i < w->wanted_depth && strcmp(w->wanted[i], a->key ? a->key : number) != 0)
            return false;
    }
    return depth >= w->wanted_depth;
}

/* Whether a value is printed as one: also a list of plain values, and a tagged union. */
static bool is_leaf(const json_t *value)
{
    const char *key;
    json_t *item;
    size_t index;
    if (json_is_object(value)) {
        if (json_object_size(value) == 0)
            return true;
        if (!json_object_get(value, "type"))
            return false;
        json_object_foreach ((json_t *)value, key, item)
            if (json_is_object(item))
                return false;
        return true;
    }
    json_array_foreach (value, index, item)
        if (json_is_object(item))
            return false;
    return true;
}

static void print_leaf(struct walk *w, const struct sim__at *at, const json_t *value)
{
    char pointer[SIM__POINTER_MAX], path[SIM__POINTER_MAX];
    struct sim__writer text = {.compact = true};
    sim__at_pointer(at, pointer, sizeof pointer);
    strcpy(path, pointer + 1);
    if (!strchr(path, '.'))
        for (char *c = path; *c; c++)
            *c = *c == '/' ? '.' : *c;
    else
        strcpy(path, pointer);
    sim__write_value(&text, value, false);
    char *written = sim_buffer_take(&text.out);
    sim_tell(w->file, "%-42s = %-18s  ", path, written ? written : "?");
    free(written);
    print_origin(w, at);
    w->shown = true;
}

static void print_value(struct walk *w, const struct sim__at *at, json_t *value, const json_t *base)
{
    const char *key;
    json_t *child;
    size_t index;
    if (base && json_equal(value, base))
        return;
    if (at && is_leaf(value) && !(json_is_object(value) && is_plugin(w, at))) {
        if (!is_wanted(w, at))
            return;
        if (w->load.variant && !w->headed)
            sim_tell(w->file, "\nvariant %s\n", w->load.variant);
        w->headed = true;
        print_leaf(w, at, value);
        return;
    }
    json_object_foreach (value, key, child)
        if (!sim__is_free(key))
            print_value(w, SIM__KEY(at, key), child, base ? json_object_get(base, key) : NULL);
    json_array_foreach (value, index, child)
        print_value(w, SIM__ITEM(at, index), child, base ? json_array_get(base, index) : NULL);
}

int sim_scenario_explain(const struct sim_scenario *scenario, const char *path, void *stdio_file)
{
    struct sim__document *d = scenario->document;
    struct sim_arena arena = {0};
    struct walk w = {.load = {.document = d, .arena = &arena}, .file = stdio_file};
    if (path && *path) {
        w.wanted = sim__path_split(&arena, path, &w.wanted_depth);
        if (!w.wanted) {
            sim_arena_free(&arena);
            return -1;
        }
    }
    w.tree = d->base.document;
    print_value(&w, NULL, d->base.document, NULL);
    bool patched = json_object_get(d->root, "variants") != NULL;
    for (uint32_t i = 0; i < scenario->variant_count && patched; i++) {
        w.load.variant = scenario->variants[i].name;
        w.headed = false;
        for (size_t k = 0; k < d->variant_count; k++)
            if (strcmp(d->variants[k].name, scenario->variants[i].name) == 0) {
                w.tree = d->variants[k].document;
                print_value(&w, NULL, d->variants[k].document, d->base.document);
            }
    }
    sim_arena_free(&arena);
    return w.shown ? 0 : -1;
}
