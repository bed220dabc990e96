/* test_schema.c - the JSON Schema accepts what the loader accepts: every scenario in scenarios/,
 * and plug-ins of every type; and it refuses what it can see to be wrong.
 *
 * The validator below knows the keywords of draft 7 that the schema uses, by their definitions in
 * JSON Schema Validation (draft-handrews-json-schema-validation-01, sec. 6), and stops the test at
 * any other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the above first */
#include <cmocka.h>

#include "scenario/scenario.h"

#include <dirent.h>
#include <jansson.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a validator ----------------------------------------------------------------------------- */

static json_t *schema; /* the whole */

static bool fits(json_t *part, json_t *value);

static bool matches(const char *pattern, const char *text)
{
    regex_t compiled;
    assert_int_equal(regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB), 0);
    bool found = regexec(&compiled, text, 0, NULL, 0) == 0;
    regfree(&compiled);
    return found;
}

static bool is_type(const char *type, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT: return strcmp(type, "object") == 0;
    case JSON_ARRAY: return strcmp(type, "array") == 0;
    case JSON_STRING: return strcmp(type, "string") == 0;
    case JSON_INTEGER: return strcmp(type, "integer") == 0 || strcmp(type, "number") == 0;
    case JSON_REAL: return strcmp(type, "number") == 0;
    case JSON_NULL: return strcmp(type, "null") == 0;
    default: return strcmp(type, "boolean") == 0;
    }
}

static bool is_one_type(json_t *types, const json_t *value)
{
    size_t i;
    json_t *type;
    bool found = json_is_string(types) && is_type(json_string_value(types), value);
    json_array_foreach (types, i, type)
        found = found || is_type(json_string_value(type), value);
    return found;
}

static bool is_among(json_t *list, const json_t *value)
{
    size_t i;
    json_t *item;
    json_array_foreach (list, i, item)
        if (json_equal(item, value))
            return true;
    return false;
}

/* How many schemas of a list a value fits. */
static size_t fitting(json_t *list, json_t *value)
{
    size_t i, count = 0;
    json_t *part;
    json_array_foreach (list, i, part)
        count += fits(part, value);
    return count;
}

/* Each member by `properties`, else by a pattern, else by `additionalProperties`. */
static bool members_fit(json_t *part, json_t *object)
{
    json_t *named = json_object_get(part, "properties"), *of, *value;
    json_t *patterns = json_object_get(part, "patternProperties");
    json_t *others = json_object_get(part, "additionalProperties");
    const char *key, *pattern;
    json_object_foreach (object, key, value) {
        bool known = json_object_get(named, key) != NULL;
        if (known && !fits(json_object_get(named, key), value))
            return false;
        json_object_foreach (patterns, pattern, of) {
            if (!matches(pattern, key))
                continue;
            known = true;
            if (!fits(of, value))
                return false;
        }
        if (!known && others && !fits(others, value))
            return false;
    }
    return true;
}

static bool has_required(json_t *list, json_t *object)
{
    size_t i;
    json_t *key;
    json_array_foreach (list, i, key)
        if (!json_object_get(object, json_string_value(key)))
            return false;
    return true;
}

static bool items_fit(json_t *part, json_t *array)
{
    size_t i;
    json_t *item;
    json_array_foreach (array, i, item)
        if (!fits(part, item))
            return false;
    return true;
}

static bool keyword_fits(json_t *part, const char *word, json_t *is, json_t *value)
{
    static const char *const others[] = {
        "$schema",           "$comment",   "title", "description",
        "default",           "then",       "else",  "additionalProperties",
        "patternProperties", "definitions"};
    bool object = json_is_object(value), array = json_is_array(value);
    double number = json_number_value(value);
    size_t count = json_array_size(value);
    if (strcmp(word, "type") == 0)
        return is_one_type(is, value);
    if (strcmp(word, "enum") == 0)
        return is_among(is, value);
    if (strcmp(word, "const") == 0)
        return json_equal(is, value);
    if (strcmp(word, "anyOf") == 0)
        return fitting(is, value) > 0;
    if (strcmp(word, "oneOf") == 0)
        return fitting(is, value) == 1;
    if (strcmp(word, "allOf") == 0)
        return fitting(is, value) == json_array_size(is);
    if (strcmp(word, "if") == 0) {
        json_t *then = json_object_get(part, fits(is, value) ? "then" : "else");
        return !then || fits(then, value);
    }
    if (strcmp(word, "properties") == 0)
        return !object || members_fit(part, value);
    if (strcmp(word, "required") == 0)
        return !object || has_required(is, value);
    if (strcmp(word, "items") == 0)
        return !array || items_fit(is, value);
    if (strcmp(word, "minItems") == 0)
        return !array || (json_int_t)count >= json_integer_value(is);
    if (strcmp(word, "maxItems") == 0)
        return !array || (json_int_t)count <= json_integer_value(is);
    if (strcmp(word, "minimum") == 0)
        return !json_is_number(value) || number >= json_number_value(is);
    if (strcmp(word, "maximum") == 0)
        return !json_is_number(value) || number <= json_number_value(is);
    if (strcmp(word, "pattern") == 0)
        return !json_is_string(value) || matches(json_string_value(is), json_string_value(value));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(word, others[i]) == 0)
            return strcmp(word, "additionalProperties") != 0 ||
                   json_object_get(part, "properties") || !object || members_fit(part, value);
    fail_msg("the schema has a keyword that this validator does not know: %s", word);
    return false;
}

static bool fits(json_t *part, json_t *value)
{
    const char *word, *reference = json_string_value(json_object_get(part, "$ref"));
    json_t *is;
    if (json_is_boolean(part))
        return json_is_true(part);
    if (reference) { /* beside it everything is ignored */
        const char *name = strrchr(reference, '/') + 1;
        json_t *of = json_object_get(json_object_get(schema, "definitions"), name);
        assert_non_null(of);
        return fits(of, value);
    }
    json_object_foreach (part, word, is)
        if (!keyword_fits(part, word, is, value))
            return false;
    return true;
}

/* ---- what is held against it ----------------------------------------------------------------- */

static int read_schema(void **state)
{
    (void)state;
    char *text = sim_schema();
    schema = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    free(text);
    return schema ? 0 : -1;
}

static int drop_schema(void **state)
{
    (void)state;
    json_decref(schema);
    return 0;
}

static int scenarios_below(const char *folder)
{
    DIR *dir = opendir(folder);
    int count = 0;
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char path[2048];
        size_t n = strlen(entry->d_name);
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.' && entry->d_type == DT_DIR)
            count += scenarios_below(path);
        if (n < 6 || strcmp(entry->d_name + n - 5, ".json") != 0)
            continue;
        json_t *file = json_load_file(path, 0, NULL);
        assert_non_null(file);
        if (json_object_get(file, "components")) {
            count++;
            if (!fits(schema, file))
                fail_msg("%s does not fit", path);
        }
        json_decref(file);
    }
    closedir(dir);
    return count;
}

static void every_scenario_fits(void **state)
{
    (void)state;
    assert_true(scenarios_below(WEIR_SOURCE_DIR "/scenarios") > 20);
}

/* Whether a scenario with this server fits the schema. Whether the loader takes it must be the
 * same. */
static void expect(const char *members, bool good)
{
    char text[1024];
    struct sim_diagnostics said = {0};
    snprintf(text, sizeof text,
             "{\"schema_version\": 1, \"title\": \"t\", \"run\": {\"duration\": \"9s\"}, "
             "\"components\": {\"u\": {\"model\": \"client\", \"to\": \"db\", \"rate\": \"9/s\"}, "
             "\"db\": {\"model\": \"plugged\", %s}}}",
             members);
    json_t *file = json_loads(text, 0, NULL);
    assert_non_null(file);
    if (fits(schema, file) != good)
        fail_msg("%s %s", members, good ? "does not fit" : "fits");
    struct sim_scenario *s = sim_scenario_parse("t.json", text, strlen(text), NULL, &said);
    if ((s != NULL) != good)
        fail_msg("%s is %s", members, good ? "refused" : "taken");
    sim_scenario_free(s);
    sim_diagnostics_free(&said);
    json_decref(file);
}

static void each_type_of_a_plugin_has_keys_of_its_own(void **state)
{
    (void)state;
    expect("\"engine\": \"plain\"", true);
    expect("\"engine\": {\"type\": \"plain\"}", true);
    expect("\"engine\": {\"type\": \"plain\", \"work\": \"2ms\"}", true);
    expect("\"engine\": {\"work\": {\"type\": \"exponential\", \"mean\": \"2ms\"}}", true);
    expect("\"engine\": {\"type\": \"buffered\", \"flush_rate\": \"1MB/s\"}", true);
    expect("\"engine\": {\"type\": \"buffered\", \"flush_rate\": \"1MB/s\", \"buffer\": \"1MiB\", "
           "\"notes\": \"n\", \"x-y\": 1}",
           true);
    expect("\"journal\": \"counted\"", true);
    expect("\"journal\": {\"type\": \"counted\"}", true);
    expect("\"engine\": \"plane\"", false);
    expect("\"engine\": \"buffered\"", false); /* flush_rate is missing */
    expect("\"engine\": 3", false);
    expect("\"engine\": {\"type\": \"plane\"}", false);
    expect("\"engine\": {\"type\": \"buffered\"}", false); /* flush_rate is missing */
    expect("\"engine\": {\"type\": \"plain\", \"flush_rate\": \"1MB/s\"}", false);
    expect("\"engine\": {\"flush_rate\": \"1MB/s\"}", false); /* it is the default, plain */
    expect("\"engine\": {\"type\": \"buffered\", \"flush_rate\": \"1MB\"}", false);
    expect("\"engine\": {\"type\": \"buffered\", \"flash_rate\": \"1MB/s\"}", false);
    expect("\"journal\": {}", false); /* no type, and no default */
    expect("\"journal\": {\"type\": \"counted\", \"work\": \"1ms\"}", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scenario_fits),
        cmocka_unit_test(each_type_of_a_plugin_has_keys_of_its_own),
    };
    return cmocka_run_group_tests(tests, read_schema, drop_schema);
}
