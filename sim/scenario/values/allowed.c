/* allowed.c - which keys an object may have. */
#include "scenario/load.h"

#include <string.h>

const struct sim_param *sim__param_find(const struct sim_param *table, const char *name)
{
    for (const struct sim_param *p = table; p && p->name; p++)
        if (strcmp(p->name, name) == 0)
            return p;
    return NULL;
}

/* The allowed key with this index; NULL past the last. */
static const char *allowed_name(const struct sim__keys_allowed *allowed, size_t index)
{
    for (size_t t = 0; t < 4; t++)
        for (const struct sim_param *p = allowed->tables[t]; p && p->name; p++)
            if (index-- == 0)
                return p->name;
    for (const struct sim_port_def *port = allowed->ports; port && port->name; port++)
        if (!(port->flags & SIM_PEERS) && index-- == 0)
            return port->name;
    for (const char *const *other = allowed->others; other && *other; other++)
        if (index-- == 0)
            return *other;
    return NULL;
}

static bool is_allowed(const struct sim__keys_allowed *allowed, const char *key)
{
    for (const char *const *other = allowed->others; other && *other; other++)
        if (strcmp(*other, key) == 0)
            return true;
    for (const struct sim_port_def *port = allowed->ports; port && port->name; port++)
        if (!(port->flags & SIM_PEERS) && strcmp(port->name, key) == 0)
            return true;
    for (size_t t = 0; t < 4; t++)
        if (sim__param_find(allowed->tables[t], key))
            return true;
    return sim__is_free(key);
}

void sim__check_keys(struct sim__load *load, const struct sim__at *at, json_t *object,
                     const struct sim__keys_allowed *allowed)
{
    const char *key, *name;
    json_t *value;
    json_object_foreach (object, key, value) {
        if (is_allowed(allowed, key))
            continue;
        struct sim_nearest nearest = sim_nearest(key);
        for (size_t i = 0; (name = allowed_name(allowed, i)) != NULL; i++)
            sim_nearest_try(&nearest, name);
        sim__say(load, SIM__KEY(at, key), SIM__ON_KEY, "the key \"%s\" is not known here%s",
                 sim_quote(key).s, sim_nearest_hint(&nearest).s);
    }
}
