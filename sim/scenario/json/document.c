/* document.c - merge patches (RFC 7396), values put at a path, which keys belong to a case. */
#include "scenario/load.h"

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
