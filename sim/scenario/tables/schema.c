/* schema.c - the JSON Schema (draft 7, which editors know) made from the tables that check a file.
 * It covers what the tables say: types, units, names. Which keys fit together is checked by the
 * loader only. */
#include "scenario/load.h"

#include "sim/plugin.h"
#include "sim/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void pair(struct sim__writer *w, const char *key, const char *text)
{
    sim__write_key(w, key);
    sim__write_text(w, text);
}

static void raw(struct sim__writer *w, const char *key, const char *json)
{
    sim__write_key(w, key);
    sim__write_raw(w, json);
}

static void reference(struct sim__writer *w, const char *definition)
{
    char text[96];
    snprintf(text, sizeof text, "#/definitions/%s", definition);
    pair(w, "$ref", text);
}

/* Allows the keys that every object may have, and no others. */
static void close_object(struct sim__writer *w)
{
    raw(w, "patternProperties", "{\"^x-\": true}");
    raw(w, "additionalProperties", "false");
}

static void names(struct sim__writer *w, const char *key, const char *const *list)
{
    sim__write_key(w, key);
    sim__write_open(w, '[');
    for (size_t i = 0; list[i]; i++)
        sim__write_text(w, list[i]);
    sim__write_close(w, ']');
}

/* ---- quantities ------------------------------------------------------------------------------ */

static const char *const quantity_names[SIM_DIMENSIONS] = {
    [SIM_DIM_TIME] = "duration",       [SIM_DIM_RATE] = "rate",         [SIM_DIM_BYTES] = "size",
    [SIM_DIM_BANDWIDTH] = "bandwidth", [SIM_DIM_FRACTION] = "fraction", [SIM_DIM_COUNT] = "count",
    [SIM_DIM_NUMBER] = "number",
};

static void write_pattern(struct sim__writer *w, enum sim_dimension dimension)
{
    struct sim_buffer pattern = {0};
    const char *unit;
    sim_buffer_puts(&pattern, "^[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)? ?(");
    for (size_t i = 0; (unit = sim_units_text(dimension, i)) != NULL; i++)
        sim_buffer_printf(&pattern, "%s%s", i ? "|" : "", unit);
    sim_buffer_puts(&pattern, dimension == SIM_DIM_COUNT ? ")( ?[A-Za-z]+)?$" : ")$");
    pair(w, "pattern", pattern.text ? pattern.text : "");
    w->out.failed = w->out.failed || pattern.failed;
    sim_buffer_free(&pattern);
}

static void write_quantity(struct sim__writer *w, enum sim_dimension dimension)
{
    bool bare = dimension == SIM_DIM_FRACTION || dimension == SIM_DIM_COUNT;
    sim__write_key(w, quantity_names[dimension]);
    sim__write_open(w, '{');
    if (dimension == SIM_DIM_NUMBER) {
        pair(w, "type", "number");
        sim__write_close(w, '}');
        return;
    }
    if (bare) {
        sim__write_key(w, "anyOf");
        sim__write_open(w, '[');
        sim__write_raw(w, dimension == SIM_DIM_COUNT ? "{\"type\": \"integer\", \"minimum\": 0}"
                                                     : "{\"type\": \"number\", \"minimum\": 0}");
        if (dimension == SIM_DIM_COUNT)
            sim__write_raw(w, "{\"const\": \"unlimited\"}");
        sim__write_open(w, '{');
    }
    pair(w, "type", "string");
    write_pattern(w, dimension);
    if (bare) {
        sim__write_close(w, '}');
        sim__write_close(w, ']');
    }
    sim__write_close(w, '}');
}

static void write_distribution(struct sim__writer *w, const char *name, const char *quantity,
                               bool bare)
{
    char text[512];
    snprintf(text, sizeof text,
             "{\"anyOf\": [{\"$ref\": \"#/definitions/%s\"}, %s{\"type\": \"object\", "
             "\"required\": [\"type\"], \"properties\": {\"type\": {\"enum\": [\"constant\", "
             "\"uniform\", \"exponential\", \"normal\", \"lognormal\", \"pareto\", \"weibull\", "
             "\"gamma\", \"erlang\", \"mixture\", \"empirical\", \"percentiles\"%s]}}}]}",
             quantity, bare ? "{\"type\": \"integer\", \"minimum\": 0}, " : "",
             strcmp(quantity, "number") == 0 ? ", \"geometric\"" : "");
    raw(w, name, text);
}

/* ---- tables ---------------------------------------------------------------------------------- */

static void write_table(struct sim__writer *w, const struct sim_param *table);

static const char *definition_of(const struct sim_param *p)
{
    if (p->kind == SIM_DISTRIBUTION)
        return "durations";
    if (p->kind == SIM_BYTES_DIST)
        return "sizes";
    if (p->kind == SIM_NUMBER_DIST)
        return "numbers";
    size_t n = strlen(p->name);
    if (p->kind == SIM_BYTES && n >= 5 && strcmp(p->name + n - 5, "bytes") == 0)
        return "bytes";
    return quantity_names[sim__dimension(p->kind)];
}

static void required_of(struct sim__writer *w, const struct sim_param *table,
                        const char *const *more)
{
    bool any = more && more[0];
    for (const struct sim_param *p = table; p && p->name; p++)
        any = any || (p->flags & SIM_REQUIRED);
    if (!any)
        return;
    sim__write_key(w, "required");
    sim__write_open(w, '[');
    for (const struct sim_param *p = table; p && p->name; p++)
        if (p->flags & SIM_REQUIRED)
            sim__write_text(w, p->name);
    for (size_t i = 0; more && more[i]; i++)
        sim__write_text(w, more[i]);
    sim__write_close(w, ']');
}

static void write_fields(struct sim__writer *w, const struct sim_param *p)
{
    if (p->kind == SIM_LIST) {
        pair(w, "type", "array");
        sim__write_key(w, "items");
        sim__write_open(w, '{');
    }
    pair(w, "type", "object");
    sim__write_key(w, "properties");
    sim__write_open(w, '{');
    write_table(w, p->fields);
    raw(w, "notes", "true");
    sim__write_close(w, '}');
    required_of(w, p->fields, NULL);
    close_object(w);
    if (p->kind == SIM_LIST)
        sim__write_close(w, '}');
}

static bool needs_keys(const struct sim_plugin_type *type)
{
    bool needs = false;
    for (const struct sim_param *p = type->params; p && p->name; p++)
        needs = needs || (p->flags & SIM_REQUIRED);
    return needs;
}

/* The names of the types. `bare`: those that can be written as a bare word. */
static void write_types(struct sim__writer *w, const struct sim_param *p, bool bare)
{
    sim__write_open(w, '{');
    sim__write_key(w, "oneOf");
    sim__write_open(w, '[');
    for (size_t i = 0; p->plugins[i]; i++) {
        if (bare && needs_keys(p->plugins[i]))
            continue;
        sim__write_open(w, '{');
        pair(w, "const", p->plugins[i]->name);
        pair(w, "description", p->plugins[i]->summary);
        sim__write_close(w, '}');
    }
    sim__write_close(w, ']');
    sim__write_close(w, '}');
}

/* If an object is of this type, these are its keys. Without "type" it is of the default type. */
static void write_alternative(struct sim__writer *w, const struct sim_plugin_type *type,
                              bool by_default)
{
    sim__write_open(w, '{');
    sim__write_key(w, "if");
    sim__write_open(w, '{');
    sim__write_key(w, "properties");
    sim__write_open(w, '{');
    sim__write_key(w, SIM__TAG);
    sim__write_open(w, '{');
    pair(w, "const", type->name);
    sim__write_close(w, '}');
    sim__write_close(w, '}');
    if (!by_default)
        raw(w, "required", "[\"" SIM__TAG "\"]");
    sim__write_close(w, '}');
    sim__write_key(w, "then");
    sim__write_open(w, '{');
    sim__write_key(w, "properties");
    sim__write_open(w, '{');
    raw(w, SIM__TAG, "true");
    write_table(w, type->params);
    raw(w, "notes", "true");
    sim__write_close(w, '}');
    required_of(w, type->params, NULL);
    close_object(w);
    sim__write_close(w, '}');
    sim__write_close(w, '}');
}

/* A bare word, or an object whose "type" says which keys it has. */
static void write_plugin(struct sim__writer *w, const struct sim_param *p)
{
    json_t *value = sim__default_value(p);
    const char *by_default = json_string_value(value);
    bool bare = false;
    for (size_t i = 0; p->plugins[i]; i++)
        bare = bare || !needs_keys(p->plugins[i]);
    sim__write_key(w, "anyOf");
    sim__write_open(w, '[');
    if (bare)
        write_types(w, p, true);
    sim__write_open(w, '{');
    pair(w, "type", "object");
    sim__write_key(w, "properties");
    sim__write_open(w, '{');
    sim__write_key(w, SIM__TAG);
    write_types(w, p, false);
    sim__write_close(w, '}');
    if (!by_default)
        raw(w, "required", "[\"" SIM__TAG "\"]");
    sim__write_key(w, "allOf");
    sim__write_open(w, '[');
    for (size_t i = 0; p->plugins[i]; i++)
        write_alternative(w, p->plugins[i],
                          by_default && strcmp(by_default, p->plugins[i]->name) == 0);
    sim__write_close(w, ']');
    sim__write_close(w, '}');
    sim__write_close(w, ']');
    json_decref(value);
}

static void write_param(struct sim__writer *w, const struct sim_param *p)
{
    sim__write_key(w, p->name);
    sim__write_open(w, '{');
    pair(w, "description", p->doc);
    switch (p->kind) {
    case SIM_BOOL: pair(w, "type", "boolean"); break;
    case SIM_CHOICE: names(w, "enum", p->choices); break;
    case SIM_KEYSPACE:
    case SIM_TRACE: pair(w, "type", "string"); break;
    case SIM_GROUP:
    case SIM_LIST: write_fields(w, p); break;
    case SIM_PLUGIN: write_plugin(w, p); break;
    default:
        /* draft 7 ignores a description next to $ref */
        sim__write_key(w, p->flags & SIM_OR_NONE ? "anyOf" : "allOf");
        sim__write_open(w, '[');
        sim__write_open(w, '{');
        reference(w, definition_of(p));
        sim__write_close(w, '}');
        if (p->flags & SIM_OR_NONE)
            sim__write_raw(w, "{\"const\": \"none\"}");
        sim__write_close(w, ']');
    }
    if (p->by_default) {
        json_t *value = sim__default_value(p);
        sim__write_key(w, "default");
        sim__write_value(w, value, false);
        json_decref(value);
    }
    sim__write_close(w, '}');
}

static void write_table(struct sim__writer *w, const struct sim_param *table)
{
    for (const struct sim_param *p = table; p && p->name; p++)
        write_param(w, p);
}

/* ---- models ---------------------------------------------------------------------------------- */

static void write_ports(struct sim__writer *w, const struct sim_port_def *ports)
{
    for (const struct sim_port_def *p = ports; p && p->name; p++) {
        if (p->flags & SIM_PEERS)
            continue;
        sim__write_key(w, p->name);
        sim__write_open(w, '{');
        pair(w, "description", p->doc);
        if (p->flags & SIM_MANY)
            raw(w, "allOf", "[{\"$ref\": \"#/definitions/targets\"}]");
        else
            pair(w, "type", "string");
        sim__write_close(w, '}');
    }
}

/* "nodes": their number, or an object with the number at each place. */
static void write_nodes(struct sim__writer *w)
{
    sim__write_key(w, "nodes");
    sim__write_open(w, '{');
    pair(w, "description", sim__component_table[0].doc);
    raw(w, "anyOf",
        "[{\"$ref\": \"#/definitions/count\"}, {\"type\": \"object\", "
        "\"additionalProperties\": {\"$ref\": \"#/definitions/count\"}}]");
    raw(w, "default", sim__component_table[0].by_default);
    sim__write_close(w, '}');
}

static void write_model(struct sim__writer *w, const struct sim_model *model)
{
    const char *required[SIM__KEY_LIST_MAX + 1] = {"model"};
    size_t n = 1;
    char name[96];
    snprintf(name, sizeof name, "model-%s", model->name); /* distinct from the other definitions */
    sim__write_key(w, name);
    sim__write_open(w, '{');
    pair(w, "description", model->summary);
    pair(w, "type", "object");
    sim__write_key(w, "properties");
    sim__write_open(w, '{');
    sim__write_key(w, "model");
    sim__write_open(w, '{');
    pair(w, "const", model->name);
    sim__write_close(w, '}');
    raw(w, "region", "{\"type\": \"string\"}");
    raw(w, "notes", "true");
    write_nodes(w);
    write_table(w, sim__component_table + 1);
    write_table(w, model->params);
    write_ports(w, model->ports);
    if (model->ports && model->ports[0].name)
        write_table(w, sim_policy_params);
    sim__write_close(w, '}');
    for (const struct sim_port_def *p = model->ports; p && p->name; p++)
        if ((p->flags & SIM_REQUIRED) && n < SIM__KEY_LIST_MAX)
            required[n++] = p->name;
    required_of(w, model->params, required);
    close_object(w);
    sim__write_close(w, '}');
}

/* An object whose "model" selects the definition. */
static void write_component(struct sim__writer *w)
{
    char text[256];
    sim__write_key(w, "component");
    sim__write_open(w, '{');
    pair(w, "type", "object");
    raw(w, "required", "[\"model\"]");
    sim__write_key(w, "properties");
    sim__write_open(w, '{');
    sim__write_key(w, "model");
    sim__write_open(w, '{');
    sim__write_key(w, "enum");
    sim__write_open(w, '[');
    for (const struct sim_model *const *m = sim_models(); *m; m++)
        sim__write_text(w, (*m)->name);
    sim__write_close(w, ']');
    sim__write_close(w, '}');
    sim__write_close(w, '}');
    sim__write_key(w, "allOf");
    sim__write_open(w, '[');
    for (const struct sim_model *const *m = sim_models(); *m; m++) {
        snprintf(text, sizeof text,
                 "{\"if\": {\"properties\": {\"model\": {\"const\": \"%s\"}}}, \"then\": "
                 "{\"$ref\": \"#/definitions/model-%s\"}}",
                 (*m)->name, (*m)->name);
        sim__write_raw(w, text);
    }
    sim__write_close(w, ']');
    sim__write_close(w, '}');
}

/* ---- the other objects ----------------------------------------------------------------------- */

/* An object from a table. `more`: JSON text of further properties. */
static void write_object(struct sim__writer *w, const char *name, const struct sim_param *table,
                         const char *const (*more)[2], const char *const *required)
{
    sim__write_key(w, name);
    sim__write_open(w, '{');
    pair(w, "type", "object");
    sim__write_key(w, "properties");
    sim__write_open(w, '{');
    write_table(w, table);
    for (; more && (*more)[0]; more++)
        raw(w, (*more)[0], (*more)[1]);
    raw(w, "notes", "true");
    sim__write_close(w, '}');
    required_of(w, table, required);
    close_object(w);
    sim__write_close(w, '}');
}

#define TEXT "{\"type\": \"string\"}"
#define TEXTS "{\"type\": \"array\", \"items\": {\"type\": \"string\"}}"
#define VALUE "{\"type\": [\"string\", \"number\"]}"
#define LIST_OF(name) "{\"type\": \"array\", \"items\": {\"$ref\": \"#/definitions/" name "\"}}"
#define MAP_OF(name)                                                                               \
    "{\"type\": \"object\", \"properties\": {\"notes\": true}, \"patternProperties\": {\"^x-\": "  \
    "true}, \"additionalProperties\": {\"$ref\": \"#/definitions/" name "\"}}"

/* The values of "do", as a schema. */
static void fault_kinds(struct sim_buffer *out)
{
    for (int i = 0; sim_fault_names[i]; i++)
        sim_buffer_printf(out, "%s\"%s\"", i ? ", " : "{\"enum\": [", sim_fault_names[i]);
    sim_buffer_puts(out, "]}");
}

static void write_objects(struct sim__writer *w)
{
    struct sim_buffer kinds = {0};
    fault_kinds(&kinds);
    static const char *const keyspace[][2] = {
        {"popularity", "{\"anyOf\": [{\"const\": \"uniform\"}, {\"type\": \"object\", \"required\""
                       ": [\"type\"], \"properties\": {\"type\": {\"enum\": [\"uniform\", "
                       "\"zipf\", \"hot-set\"]}}}]}"},
        {"home", "{\"type\": \"object\", \"additionalProperties\": {\"$ref\": "
                 "\"#/definitions/fraction\"}}"},
        {NULL, NULL}};
    static const char *const link[][2] = {
        {"between", "{\"type\": \"array\", \"minItems\": 2, \"maxItems\": 2, \"items\": "
                    "{\"type\": \"string\"}}"},
        {NULL, NULL}};
    const char *const fault[][2] = {
        {"do", kinds.text ? kinds.text : "true"},
        {"target", "{\"anyOf\": [{\"type\": \"string\"}, {\"type\": \"array\", \"minItems\": 2, "
                   "\"maxItems\": 2, \"items\": {\"type\": \"string\"}}]}"},
        {"set", "{\"type\": \"object\"}"},
        {"label", TEXT},
        {NULL, NULL}};
    static const char *const expect[][2] = {
        {"that", TEXT},     {"because", TEXT},   {"variant", TEXT}, {"relative_to", TEXT},
        {"at_most", VALUE}, {"at_least", VALUE}, {"equals", VALUE}, {NULL, NULL}};
    static const char *const panel[][2] = {
        {"title", TEXT}, {"series", TEXTS},   {"log", "{\"type\": \"boolean\"}"},
        {"slo", VALUE},  {"slo_label", TEXT}, {NULL, NULL}};
    static const char *const figure[][2] = {
        {"name", TEXT},      {"title", TEXT}, {"subtitle", TEXT}, {"panels", LIST_OF("panel")},
        {"variants", TEXTS}, {"x", TEXT},     {NULL, NULL}};
    static const char *const needs_between[] = {"between", NULL};
    static const char *const needs_fault[] = {"do", "target", NULL};
    static const char *const needs_that[] = {"that", NULL};
    static const char *const needs_series[] = {"series", NULL};
    static const char *const needs_figure[] = {"title", "panels", NULL};
    raw(w, "swept",
        "{\"type\": \"object\", \"patternProperties\": {\"^(notes|x-.*)$\": true}, "
        "\"additionalProperties\": {\"oneOf\": [{\"type\": \"array\", \"minItems\": 1}, "
        "{\"type\": \"object\", \"required\": [\"from\", \"to\", \"steps\"], "
        "\"properties\": {\"from\": {\"type\": [\"number\", \"string\"]}, "
        "\"to\": {\"type\": [\"number\", \"string\"]}, "
        "\"steps\": {\"type\": \"integer\", \"minimum\": 2, \"maximum\": 1000}, "
        "\"scale\": {\"enum\": [\"linear\", \"log\"]}, \"notes\": true}, "
        "\"patternProperties\": {\"^x-\": true}, \"additionalProperties\": false}]}}");
    write_object(w, "run", sim__run_table, NULL, NULL);
    write_object(w, "keyspace", sim__keyspace_table, keyspace, NULL);
    static const char *const region[][2] = {{"zones", TEXTS}, {NULL, NULL}};
    write_object(w, "region", NULL, region, NULL);
    write_object(w, "link", sim_link_param_table, link, needs_between);
    write_object(w, "fault", sim__fault_table, fault, needs_fault);
    write_object(w, "expect", sim__expect_table, expect, needs_that);
    write_object(w, "panel", NULL, panel, needs_series);
    write_object(w, "figure", sim__figure_table, figure, needs_figure);
    sim_buffer_free(&kinds);
}

/* The sections that searches read. */
static void write_searches(struct sim__writer *w)
{
    static const char *const axis[][2] = {{"path", TEXT},
                                          {"from", VALUE},
                                          {"to", VALUE},
                                          {"steps", "{\"type\": \"integer\", \"minimum\": 2}"},
                                          {"scale", "{\"enum\": [\"linear\", \"log\"]}"},
                                          {NULL, NULL}};
    static const char *const map[][2] = {{"x", "{\"$ref\": \"#/definitions/axis\"}"},
                                         {"y", "{\"$ref\": \"#/definitions/axis\"}"},
                                         {"while", TEXT},
                                         {"from", VALUE},
                                         {"to", VALUE},
                                         {"variant", TEXT},
                                         {"replications", "{\"type\": \"integer\"}"},
                                         {NULL, NULL}};
    static const char *const input[][2] = {
        {"low", VALUE}, {"mid", VALUE}, {"high", VALUE}, {NULL, NULL}};
    static const char *const sensitivity[][2] = {{"vary", MAP_OF("input")},
                                                 {"metric", TEXT},
                                                 {"variant", TEXT},
                                                 {"replications", "{\"type\": \"integer\"}"},
                                                 {NULL, NULL}};
    static const char *const of_axis[] = {"path", "from", "to", "steps", NULL};
    static const char *const of_map[] = {"x", "y", "while", NULL};
    static const char *const of_input[] = {"low", "mid", "high", NULL};
    static const char *const of_sensitivity[] = {"vary", "metric", NULL};
    write_object(w, "axis", NULL, axis, of_axis);
    write_object(w, "map", NULL, map, of_map);
    write_object(w, "input", NULL, input, of_input);
    write_object(w, "sensitivity", NULL, sensitivity, of_sensitivity);
}

static void write_root(struct sim__writer *w)
{
    static const char *const parts[][2] = {
        {"$schema", TEXT},
        {"schema_version", "{\"const\": 1}"},
        {"title", TEXT},
        {"chapter", "{\"type\": \"integer\"}"},
        {"notes", "true"},
        {"run", "{\"$ref\": \"#/definitions/run\"}"},
        {"keyspaces", MAP_OF("keyspace")},
        {"regions", MAP_OF("region")},
        {"links", LIST_OF("link")},
        {"components", MAP_OF("component")},
        {"timeline", LIST_OF("fault")},
        {"prices", "{\"$ref\": \"#/definitions/prices\"}"},
        {"variants", "{\"type\": \"object\", \"additionalProperties\": {\"type\": \"object\"}}"},
        {"sweep", "{\"type\": \"object\", \"anyOf\": [{\"required\": [\"cross\"]}, "
                  "{\"required\": [\"zip\"]}], \"properties\": {\"notes\": true, "
                  "\"cross\": {\"$ref\": \"#/definitions/swept\"}, "
                  "\"zip\": {\"$ref\": \"#/definitions/swept\"}, "
                  "\"variables\": {\"type\": \"object\"}, "
                  "\"exclude\": {\"type\": \"array\", \"items\": {\"type\": \"object\"}}, "
                  "\"repeat\": {\"type\": \"integer\", \"minimum\": 1}}, "
                  "\"patternProperties\": {\"^x-\": true}, \"additionalProperties\": false}"},
        {"expect", LIST_OF("expect")},
        {"figures", LIST_OF("figure")},
        {"map", "{\"$ref\": \"#/definitions/map\"}"},
        {"sensitivity", "{\"$ref\": \"#/definitions/sensitivity\"}"},
    };
    pair(w, "type", "object");
    raw(w, "required", "[\"schema_version\", \"title\", \"run\", \"components\"]");
    sim__write_key(w, "properties");
    sim__write_open(w, '{');
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        raw(w, parts[i][0], parts[i][1]);
    sim__write_close(w, '}');
    close_object(w);
}

static void write_prices(struct sim__writer *w)
{
    raw(w, "price",
        "{\"anyOf\": [{\"type\": \"string\", \"pattern\": \"^[$][0-9]+([.][0-9]+)?/.+$\"}, "
        "{\"type\": \"object\", \"properties\": {\"price\": {\"type\": \"string\"}, \"tiers\": "
        "{\"type\": \"array\"}, \"free\": {\"type\": [\"string\", \"number\"]}, \"billed\": "
        "{\"enum\": [\"average\", \"peak\"]}, \"date\": {\"type\": \"string\"}, \"source\": "
        "{\"type\": \"string\"}, \"notes\": true}, \"patternProperties\": {\"^x-\": true}, "
        "\"additionalProperties\": false}]}");
    raw(w, "priced", MAP_OF("price"));
    raw(w, "all-priced", MAP_OF("priced"));
    raw(w, "prices",
        "{\"anyOf\": [{\"type\": \"string\"}, {\"type\": \"object\", \"properties\": {\"book\": "
        "{\"type\": \"string\"}, \"title\": {\"type\": \"string\"}, \"date\": {\"type\": "
        "\"string\"}, \"source\": {\"type\": \"string\"}, \"notes\": true, \"models\": "
        "{\"$ref\": \"#/definitions/all-priced\"}, \"components\": {\"$ref\": "
        "\"#/definitions/all-priced\"}, \"transfer\": {\"$ref\": \"#/definitions/priced\"}}, "
        "\"patternProperties\": {\"^x-\": true}, \"additionalProperties\": false}]}");
}

char *sim_schema(void)
{
    struct sim__writer w = {.depth = 0};
    sim__write_open(&w, '{');
    pair(&w, "$schema", "http://json-schema.org/draft-07/schema#");
    pair(&w, "title", "A weir scenario");
    pair(&w, "$comment", "Written by `weir schema` from the tables of the models.");
    write_root(&w);
    sim__write_key(&w, "definitions");
    sim__write_open(&w, '{');
    for (int i = 0; i < SIM_DIMENSIONS; i++)
        write_quantity(&w, (enum sim_dimension)i);
    raw(&w, "bytes",
        "{\"anyOf\": [{\"$ref\": \"#/definitions/size\"}, {\"type\": \"integer\", "
        "\"minimum\": 0}]}");
    write_distribution(&w, "durations", "duration", false);
    write_distribution(&w, "sizes", "size", true);
    write_distribution(&w, "numbers", "number", false);
    raw(&w, "target",
        "{\"anyOf\": [{\"type\": \"string\"}, {\"type\": \"object\", \"required\": "
        "[\"to\"], \"properties\": {\"to\": {\"type\": \"string\"}, \"share\": "
        "{\"$ref\": \"#/definitions/fraction\"}}, \"additionalProperties\": "
        "false}]}");
    raw(&w, "targets",
        "{\"anyOf\": [{\"$ref\": \"#/definitions/target\"}, " LIST_OF("target") "]}");
    write_prices(&w);
    write_objects(&w);
    write_searches(&w);
    for (const struct sim_model *const *m = sim_models(); *m; m++)
        write_model(&w, *m);
    write_component(&w);
    sim__write_close(&w, '}');
    sim__write_close(&w, '}');
    sim_buffer_puts(&w.out, "\n");
    return sim_buffer_take(&w.out);
}
