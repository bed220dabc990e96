/* document.c - changes documents: merge patches (RFC 7396), --set, the cells of a sweep. */
#include "scenario/load.h"

#include <stdio.h>
#include <string.h>

bool sim__is_free(const char *key)
{
    return strcmp(key, "notes") == 0 || strncmp(key, "x-", 2) == 0;
}

/* Whether a patch changes the "type" of a tagged union, such as a distribution. The fields of the
 * old type are then dropped. */
static bool other_type(const json_t *target, const json_t *patch)
{
    const char *was = json_string_value(json_object_get(target, SIM__TAG));
    const char *is = json_string_value(json_object_get(patch, SIM__TAG));
    return was && is && strcmp(was, is) != 0;
}

int sim__merge(json_t **target, json_t *patch)
{
    if (!json_is_object(patch)) {
        json_t *copy = json_deep_copy(patch);
        if (!copy)
            return -1;
        json_decref(*target);
        *target = copy;
        return 0;
    }
    if (!json_is_object(*target) || other_type(*target, patch)) {
        json_t *empty = json_object();
        if (!empty)
            return -1;
        json_decref(*target);
        *target = empty;
    }
    const char *key;
    json_t *value;
    json_object_foreach (patch, key, value) {
        if (json_is_null(value)) {
            json_object_del(*target, key); /* if it is absent there is nothing to do */
            continue;
        }
        json_t *child = json_incref(json_object_get(*target, key));
        if (!child)
            child = json_null();
        if (sim__merge(&child, value)) {
            json_decref(child);
            return -1;
        }
        if (json_object_set_new(*target, key, child))
            return -1;
    }
    return 0;
}

static int put_child(json_t *parent, const char *segment, json_t *child)
{
    if (json_is_object(parent))
        return json_object_set_new(parent, segment, child);
    struct sim_amount index;
    struct sim_error ignored;
    if (sim_units_parse(segment, SIM_DIM_COUNT, NULL, &index, &ignored)) {
        json_decref(child);
        return -1;
    }
    return json_array_set_new(parent, (size_t)index.whole, child);
}

int sim__put(json_t *root, const char *const *segments, size_t depth, json_t *value, size_t *broken)
{
    json_t *here = root;
    *broken = SIZE_MAX;
    for (size_t i = 0; i + 1 < depth; i++) {
        json_t *child = sim__json_child(here, segments[i]);
        if (!child && json_is_object(here)) {
            child = json_object();
            if (!child || put_child(here, segments[i], child))
                return -1;
        }
        if (!json_is_object(child) && !json_is_array(child)) {
            *broken = child ? i + 1
                            : i; /* the value that is not a container, or the one that is missing */
            return -1;
        }
        here = child;
    }
    const char *last = segments[depth - 1];
    if (json_is_array(here) && !sim__json_child(here, last)) {
        *broken = depth - 1;
        return -1;
    }
    if (json_is_null(value) && json_is_object(here)) {
        json_object_del(here, last);
        return 0;
    }
    json_t *copy = json_deep_copy(value);
    return copy ? put_child(here, last, copy) : -1;
}

/* ---- --set ----------------------------------------------------------------------------------- */

struct setting_error {
    struct sim__load *load;
    const struct sim_set *set;
    size_t number;
};

static void say_setting(struct sim__load *load, size_t index, const char *path,
                        const char *sentence)
{
    sim__say_at(load, "--set", (unsigned)index + 1, 0, path, sentence);
}

static void scan_complaint(void *self, unsigned line, unsigned column, const char *pointer,
                           const char *sentence)
{
    struct setting_error *error = self;
    char text[SIM_ERROR_TEXT_BYTES];
    snprintf(text, sizeof text, "at %s%scharacter %u of the value: %s", pointer,
             *pointer ? ", " : "", column, sentence);
    (void)line;
    say_setting(error->load, error->number, error->set->path, text);
}

/* A value given on the command line: JSON, or else a bare text. */
static json_t *setting_value(struct sim__load *load, const struct sim_set *set, size_t index)
{
    struct setting_error error = {load, set, index};
    struct sim__places places;
    const char *value = set->value;
    bool must = *value == '{' || *value == '[' || *value == '"';
    json_t *parsed = sim__places_scan(&places, load->arena, value, strlen(value),
                                      must ? scan_complaint : sim__scan_silent, &error);
    load->out_of_memory = load->out_of_memory || places.out_of_memory;
    if (parsed || must)
        return parsed;
    json_t *text = json_string(value);
    if (!text)
        say_setting(load, index, set->path, "the value is not UTF-8 text");
    return text;
}

void sim__read_settings(struct sim__load *load, const struct sim_load_options *options)
{
    struct sim__document *d = load->document;
    if (!options || options->set_count == 0)
        return;
    d->sets = sim__alloc(load, options->set_count, sizeof *d->sets);
    if (!d->sets)
        return;
    d->set_count = options->set_count;
    for (size_t i = 0; i < d->set_count; i++) {
        struct sim__setting *set = &d->sets[i];
        set->path = sim__copy(load, options->sets[i].path);
        set->segments = sim__path_split(load->arena, options->sets[i].path, &set->depth);
        if (!set->segments)
            say_setting(load, i, options->sets[i].path,
                        "this is not a path, such as components.cache.ttl");
        else
            set->value = setting_value(load, &options->sets[i], i);
    }
}

/* Names in a path of the command line must exist; otherwise a typing error would make a new
 * component. */
static bool names_exist(struct sim__load *load, json_t *root, const struct sim__setting *set,
                        size_t index, bool complain)
{
    static const char *const maps[] = {"components", "keyspaces", "regions", "variants"};
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++) {
        json_t *map = json_object_get(root, maps[i]);
        if (set->depth < 3 || strcmp(set->segments[0], maps[i]) != 0 || !json_is_object(map) ||
            json_object_get(map, set->segments[1]))
            continue;
        struct sim_nearest nearest = sim_nearest(set->segments[1]);
        const char *key;
        json_t *value;
        json_object_foreach (map, key, value)
            sim_nearest_try(&nearest, key);
        char text[SIM_ERROR_TEXT_BYTES];
        snprintf(text, sizeof text, "there is no \"%s\" among the %s%s",
                 sim_quote(set->segments[1]).s, maps[i], sim_nearest_hint(&nearest).s);
        if (complain)
            say_setting(load, index, set->path, text);
        return false;
    }
    return true;
}

void sim__apply_settings(struct sim__load *load, json_t *root, bool complain)
{
    struct sim__document *d = load->document;
    for (size_t i = 0; i < d->set_count; i++) {
        struct sim__setting *set = &d->sets[i];
        size_t broken;
        if (!set->value || !names_exist(load, root, set, i, complain))
            continue;
        if (sim__put(root, set->segments, set->depth, set->value, &broken) == 0)
            continue;
        if (broken == SIZE_MAX) {
            load->out_of_memory = true;
            return;
        }
        char text[SIM_ERROR_TEXT_BYTES];
        const json_t *above = root;
        for (size_t k = 0; k < broken; k++)
            above = sim__json_child((json_t *)above, set->segments[k]);
        if (json_is_array(above))
            snprintf(text, sizeof text, "there is no item %s in this list",
                     sim_quote(set->segments[broken]).s);
        else
            snprintf(text, sizeof text,
                     "\"%s\" is neither an object nor a list: nothing can be "
                     "set below it",
                     sim_quote(set->segments[broken - 1]).s);
        if (complain)
            say_setting(load, i, set->path, text);
    }
}

/* ---- the document of a case ------------------------------------------------------------------ */

static int apply_cell(struct sim__load *load, json_t *document)
{
    const struct sim__document *d = load->document;
    for (size_t i = 0; i < d->swept_count && load->cell; i++) {
        const struct sim__swept *swept = &d->swept[i];
        json_t *value = json_array_get(swept->values, load->cell[i]);
        size_t broken;
        for (size_t t = 0; t < swept->target_count; t++)
            if (sim__put(document, swept->targets[t].segments, swept->targets[t].depth, value,
                         &broken) &&
                broken == SIZE_MAX)
                return -1;
    }
    return 0;
}

static bool is_of_study(const char *key)
{
    size_t i = 0;
    while (sim__study_keys[i] && strcmp(sim__study_keys[i], key) != 0)
        i++;
    return sim__study_keys[i] != NULL;
}

/* Copies the members of the root that belong to a case, without the variants, of which there may be
 * many. 0, or -1 when out of memory. */
static int copy_case(json_t *root, json_t *document)
{
    const char *key;
    json_t *value;
    json_object_foreach (root, key, value) {
        if (is_of_study(key))
            continue;
        json_t *copy = json_deep_copy(value);
        if (!copy || json_object_set_new(document, key, copy) != 0)
            return -1;
    }
    return 0;
}

json_t *sim__document_of(struct sim__load *load, json_t *patch)
{
    json_t *document = json_object();
    int failed = document ? copy_case(load->document->root, document) : -1;
    if (!failed && json_is_object(patch))
        failed = sim__merge(&document, patch);
    for (size_t i = 0; document && sim__study_keys[i]; i++)
        json_object_del(document, sim__study_keys[i]);
    if (!failed && patch)
        sim__apply_settings(load, document, false);
    if (failed || apply_cell(load, document)) {
        load->out_of_memory = true;
        json_decref(document);
        return NULL;
    }
    return document;
}

const char *sim__json_kind(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT: return "an object";
    case JSON_ARRAY: return "a list";
    case JSON_STRING: return "a text";
    case JSON_INTEGER:
    case JSON_REAL: return "a number";
    case JSON_NULL: return "null";
    default: return "true or false";
    }
}

size_t sim__member_count(json_t *map)
{
    size_t count = 0;
    const char *key;
    json_t *value;
    json_object_foreach (map, key, value)
        count += !sim__is_free(key);
    return count;
}

bool sim__check_version(struct sim__load *load, json_t *root)
{
    const struct sim__at *at = SIM__KEY(NULL, "schema_version");
    json_t *value = json_object_get(root, "schema_version");
    if (!value) {
        sim__say(load, NULL, 0, "\"schema_version\" is missing: write \"schema_version\": %d",
                 SIM_SCHEMA_VERSION);
        return true;
    }
    if (!json_is_integer(value) || json_integer_value(value) < 1) {
        sim__say(load, at, 0, "the version of the format is a whole number, such as %d",
                 SIM_SCHEMA_VERSION);
        return true;
    }
    if (json_integer_value(value) <= SIM_SCHEMA_VERSION)
        return true;
    sim__say(load, at, 0,
             "this file is of format version %lld, newer than this build, which "
             "knows %d: update weir",
             (long long)json_integer_value(value), SIM_SCHEMA_VERSION);
    return false;
}

const char *const sim__run_apart[] = {"seed", "replications", "series", NULL};

const char *const sim__case_keys[] = {"run",        "keyspaces", "regions", "links",
                                      "components", "timeline",  "prices",  NULL};

const char *const sim__study_keys[] = {"$schema",  "schema_version", "title",  "chapter",
                                       "variants", "sweep",          "expect", "figures",
                                       "map",      "sensitivity",    NULL};
