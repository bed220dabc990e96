/* case_document.c - the document of a case: the file with --set, the patch of a variant and the
 * values of a cell. */
#include "scenario/load.h"

#include <stdio.h>
#include <string.h>

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

/* Below a plug-in that is given as a bare word, values can be set as well. */
static void open_on_way(struct sim__load *load, json_t *root, const char *const *segments,
                        size_t depth)
{
    const struct sim_param *row = depth > 3 ? sim__plugin_on_way(root, segments, depth) : NULL;
    if (row)
        sim__plugin_open(load, json_object_get(json_object_get(root, "components"), segments[1]),
                         row, true);
}

void sim__apply_settings(struct sim__load *load, json_t *root, bool complain)
{
    struct sim__document *d = load->document;
    for (size_t i = 0; i < d->set_count; i++) {
        struct sim__setting *set = &d->sets[i];
        size_t broken;
        if (!set->value || !names_exist(load, root, set, i, complain))
            continue;
        open_on_way(load, root, set->segments, set->depth);
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
        for (size_t t = 0; t < swept->target_count; t++) {
            const struct sim__target *target = &swept->targets[t];
            open_on_way(load, document, target->segments, target->depth);
            if (sim__put(document, target->segments, target->depth, value, &broken) &&
                broken == SIZE_MAX)
                return -1;
        }
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
