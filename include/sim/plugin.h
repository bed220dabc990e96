/* plugin.h - plug-ins inside models: what varies in a model, such as a storage engine or an
 * eviction policy, one file each, chosen in the scenario.
 *
 * An alternative is a const table whose first member is a struct sim_plugin_type; the rest are the
 * functions that its model calls. A model with plug-ins has a row of kind SIM_PLUGIN, with the list
 * of alternatives, and a struct sim_plugin at its place. A scenario writes "engine": "lsm" or
 * "engine": {"type": "lsm", "memtable": "64MiB"}. Each node has its own .self. */
#ifndef SIM_PLUGIN_H
#define SIM_PLUGIN_H

#include "sim/param.h"

#include <string.h>

struct sim_node;

struct sim_plugin_type {
    const char *name;    /* as in a scenario's {"type": "lsm"} */
    const char *summary; /* one sentence */
    const char *source;  /* author, year, section; or "chosen: why" */
    size_t size;         /* of the struct that .self is: parameters, state, meters; nothing is
                            before them; 0: none of all that */
    const struct sim_param *params; /* offsets in that struct; ended by .name == NULL; or NULL.
                                       No plug-in and no trace is among them */
    const struct sim_meter *meters; /* the same. They are meters of the component. Ratios may name
                                       the model's and the station's meters too */
    /* As sim_model.sound, of these parameters; NULL: nothing. */
    int (*sound)(const void *params, struct sim_error *);
    /* A changeable parameter of it was set. NULL: they are read afresh at each use. The model's
     * `changed` is not told. */
    void (*changed)(struct sim_node *, void *self, const struct sim_param *);
};

/* In the model's struct. In a plan's image .self is the parameters at their offsets, all else zero,
 * and belongs to the plan; in a node it is the node's own copy. */
struct sim_plugin {
    const struct sim_plugin_type *type; /* the alternative in force; NULL: none (SIM_OPTIONAL) */
    void *self;
};

/* The plug-in at a row of a table; `base` is what the row's offset counts from. */
static inline const struct sim_plugin *sim_plugin_at(const struct sim_param *row, const void *base)
{
    return (const struct sim_plugin *)(const void *)((const char *)base + row->offset);
}

/* The alternative of this name; NULL: there is none. */
static inline const struct sim_plugin_type *sim_plugin_named(const struct sim_param *row,
                                                             const char *name)
{
    const struct sim_plugin_type *const *type = row->plugins;
    while (*type != NULL && strcmp((*type)->name, name) != 0)
        type++;
    return *type;
}

/* The next row of kind SIM_PLUGIN of a table, from `row` on; NULL: there is none. */
static inline const struct sim_param *sim_plugin_next(const struct sim_param *row)
{
    while (row != NULL && row->name != NULL && row->kind != SIM_PLUGIN)
        row++;
    return row != NULL && row->name != NULL ? row : NULL;
}

/* The parameters within a parameter, those of a group or of the chosen alternative, and in *inner
 * what their offsets count from. NULL: there are none. */
static inline const struct sim_param *sim_params_within(const struct sim_param *row,
                                                        const void *base, const char **inner)
{
    *inner = (const char *)base + row->offset;
    if (row->kind == SIM_GROUP)
        return row->fields;
    if (row->kind != SIM_PLUGIN)
        return NULL;
    const struct sim_plugin *plugin = sim_plugin_at(row, base);
    *inner = (const char *)plugin->self;
    return plugin->type != NULL ? plugin->type->params : NULL;
}

#endif
