/* plugins.c - finds the plug-ins of a document and writes out their types, before the document is
 * patched. So a patch finds the type that it changes or keeps. */
#include "scenario/load.h"

#include "sim/plugin.h"

#include <string.h>

/* The model of a component; a patch may leave it to the document that it changes. */
static const struct sim_model *model_of(const json_t *component, const json_t *patched)
{
    const char *name = json_string_value(json_object_get(component, "model"));
    if (!name)
        name = json_string_value(json_object_get(patched, "model"));
    return name ? sim_model_find(name) : NULL;
}

void sim__plugins_open(struct sim__load *load, json_t *components, const json_t *patched)
{
    const char *key;
    json_t *component;
    json_object_foreach (components, key, component) {
        const struct sim_model *model = model_of(component, json_object_get(patched, key));
        const struct sim_param *row = sim_plugin_next(model ? model->params : NULL);
        for (; row; row = sim_plugin_next(row + 1))
            sim__plugin_open(load, component, row, patched == NULL);
    }
}

const struct sim_param *sim__plugin_on_way(json_t *root, const char *const *segments, size_t depth)
{
    if (depth < 3 || strcmp(segments[0], "components") != 0)
        return NULL;
    json_t *component = json_object_get(json_object_get(root, "components"), segments[1]);
    const struct sim_model *model = model_of(component, NULL);
    const struct sim_param *row = model ? sim__param_find(model->params, segments[2]) : NULL;
    return row && row->kind == SIM_PLUGIN ? row : NULL;
}

bool sim__plugin_lacks(json_t *document, const char *const *segments, size_t depth)
{
    const struct sim_param *row = depth > 3 ? sim__plugin_on_way(document, segments, depth) : NULL;
    json_t *value = json_object_get(document, segments[0]);
    for (size_t k = 1; row && k < 3; k++)
        value = json_object_get(value, segments[k]);
    const char *name = row ? json_string_value(json_object_get(value, SIM__TAG)) : NULL;
    const struct sim_plugin_type *type = name ? sim_plugin_named(row, name) : NULL;
    if (!type || sim__param_find(type->params, segments[3]))
        return false;
    for (size_t i = 0; row->plugins[i]; i++)
        if (sim__param_find(row->plugins[i]->params, segments[3]))
            return true;
    return false;
}
