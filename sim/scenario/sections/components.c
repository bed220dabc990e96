/* components.c - the components of a plan: model, parameters, ports and policy of each. */
#include "scenario/load.h"

#include "sim/policy.h"

#include <string.h>

static const char *const spread_names[] = {"key", "round-robin", "random", "nearest", NULL};

struct placement {
    int64_t nodes;
    int spread;
};

const struct sim_param sim__component_table[] = {
    SIM_ROW(.name = "nodes", .kind = SIM_COUNT, .unit = "nodes",
            .offset = offsetof(struct placement, nodes), .by_default = "1", .low = 1,
            .high = SIM__NODES_MAX,
            .doc = "Number of nodes; or an object with their number in each region or zone.",
            .source = "chosen: the simplest"),
    SIM_ROW(.name = "spread", .kind = SIM_CHOICE, .offset = offsetof(struct placement, spread),
            .flags = SIM_OPTIONAL, .choices = spread_names,
            .doc =
                "How calls from others are spread over its nodes; required with several nodes. "
                "With \"key\", calls without a key go round-robin; with \"nearest\", to the nodes "
                "of the caller's zone in turn, else of its region, else of the region of the least "
                "latency. Nodes that are down still get calls."),
    {.name = NULL},
};

const char *const sim__component_keys[] = {"model", "region", NULL};

/* ---- ports ----------------------------------------------------------------------------------- */

/* Reads the "eu" of the target "db@eu". All components know their places by now. */
static bool read_within(struct sim__load *load, const struct sim__at *at, const char *name,
                        struct sim_plan_target *target)
{
    const struct sim_plan_component *c = &load->plan->components[target->component];
    struct sim_error error;
    if (!c->model) /* said already */
        return false;
    uint32_t place = sim__place_among(load->plan, c, name, &error);
    if (place == SIM_NOWHERE)
        sim__say(load, at, SIM__SOFT, "%s", error.text);
    target->within = place == SIM_NOWHERE ? 0 : place + 1;
    return place != SIM_NOWHERE;
}

static bool read_target(struct sim__load *load, const struct sim__at *at, uint32_t self,
                        json_t *value, struct sim_plan_target *target)
{
    const char *text = sim__read_text(load, at, value), *place = text ? strchr(text, '@') : NULL;
    const char *name = place ? sim_arena_copy_part(load->arena, text, (size_t)(place - text))
                             : text;
    if (!name)
        return false;
    target->component = sim__find_component(load, at, name);
    if (target->component == UINT32_MAX)
        return false;
    const struct sim_model *model = load->plan->components[target->component].model;
    if (target->component == self) {
        sim__say(load, at, SIM__SOFT, "\"%s\" cannot call itself", sim_quote(name).s);
        return false;
    }
    if (model && !model->serve) {
        sim__say(load, at, SIM__SOFT, "\"%s\" is a %s, which cannot be called", sim_quote(name).s,
                 model->name);
        return false;
    }
    return !place || read_within(load, at, place + 1, target);
}

/* Reads {"to": name, "share": 0.3} or a name. */
static bool read_shared(struct sim__load *load, const struct sim__at *at, uint32_t self,
                        json_t *value, struct sim_plan_target *target)
{
    static const char *const names[] = {"to", "share", NULL};
    struct sim__keys_allowed allowed = {.others = names};
    target->share = 1;
    if (json_is_string(value))
        return read_target(load, at, self, value, target);
    if (!json_is_object(value)) {
        sim__say(load, at, 0,
                 "the name of a component or {\"to\": name, \"share\": 0.3} is "
                 "wanted here, not %s",
                 sim__json_kind(value));
        return false;
    }
    sim__check_keys(load, at, value, &allowed);
    json_t *to = json_object_get(value, "to"), *share = json_object_get(value, "share");
    struct sim_amount amount = {.value = 1};
    bool good = true;
    if (share) {
        const struct sim__at *key = SIM__KEY(at, "share");
        good = sim__read_amount(load, key, share, SIM_DIM_FRACTION, NULL, false, &amount);
        if (good && (amount.value < 0 || amount.value > 1)) {
            sim__say(load, key, 0, "\"share\" must be between 0 and 1");
            good = false;
        }
        target->share = amount.value;
    }
    if (!to) {
        sim__say(load, at, SIM__SOFT, "\"to\" is missing: the name of a component");
        return false;
    }
    return read_target(load, SIM__KEY(at, "to"), self, to, target) && good;
}

static void read_many(struct sim__load *load, const struct sim__at *at, uint32_t self, json_t *list,
                      struct sim_plan_port *out)
{
    size_t count = json_array_size(list);
    if (count > SIM__MEMBERS_MAX) {
        sim__say(load, at, 0, "a port can have %d targets at most", SIM__MEMBERS_MAX);
        return;
    }
    out->targets = sim__alloc(load, count, sizeof *out->targets);
    struct sim_lookup known = {0};
    for (size_t i = 0; i < count && out->targets; i++) {
        const struct sim__at *item = SIM__ITEM(at, i);
        struct sim_plan_target target = {0};
        if (!read_shared(load, item, self, json_array_get(list, i), &target))
            continue;
        if (sim_lookup_put_pair(&known, target.component, target.within, (uint32_t)i) < i)
            sim__say(load, item, SIM__SOFT, "\"%s\" stands in this list twice",
                     load->plan->components[target.component].name);
        out->targets[out->count++] = target;
    }
    load->out_of_memory = load->out_of_memory || known.failed;
    sim_lookup_free(&known);
}

static void say_no_target(struct sim__load *load, const struct sim__at *at,
                          const struct sim_port_def *port)
{
    struct sim__origin origin;
    const struct sim__at *key = SIM__KEY(at, port->name);
    sim__origin_find(load, key, &origin);
    bool removed = origin.kind == 'n' && origin.key_line;
    sim__say(load, removed ? key : at, SIM__SOFT, "\"%s\" is missing: the name of a component. %s",
             port->name, port->doc);
}

static void read_port(struct sim__load *load, const struct sim__at *at, uint32_t self,
                      json_t *object, const struct sim_port_def *port, struct sim_plan_port *out)
{
    const struct sim__at *key = SIM__KEY(at, port->name);
    json_t *value = json_object_get(object, port->name);
    if (port->flags & SIM_PEERS)
        return;
    if (!value) {
        if (port->flags & SIM_REQUIRED)
            say_no_target(load, at, port);
        return;
    }
    if (json_is_array(value) && (port->flags & SIM_MANY)) {
        read_many(load, key, self, value, out);
        if (json_array_size(value) == 0 && (port->flags & SIM_REQUIRED))
            sim__say(load, key, SIM__SOFT, "this list needs at least one component");
        return;
    }
    if (!json_is_string(value) && !(port->flags & SIM_MANY)) {
        sim__say(load, key, 0, "the name of one component is wanted here, not %s",
                 sim__json_kind(value));
        return;
    }
    out->targets = sim__alloc(load, 1, sizeof *out->targets);
    if (out->targets && read_shared(load, key, self, value, out->targets))
        out->count = 1;
}

static void read_ports(struct sim__load *load, const struct sim__at *at, uint32_t self,
                       json_t *object, struct sim_plan_component *out)
{
    const struct sim_port_def *ports = out->model->ports;
    size_t count = 0;
    while (ports && ports[count].name)
        count++;
    out->ports = sim__alloc(load, count, sizeof *out->ports);
    for (size_t i = 0; i < count && out->ports; i++)
        read_port(load, at, self, object, &ports[i], &out->ports[i]);
}

/* ---- components ------------------------------------------------------------------------------ */

static const struct sim_model *read_model(struct sim__load *load, const struct sim__at *at,
                                          json_t *object)
{
    json_t *value = json_object_get(object, "model");
    if (!value) {
        /* in a variant the name may be wrong */
        struct sim_nearest nearest = sim_nearest(at->key);
        const char *other;
        json_t *ignored;
        json_t *all = json_object_get(load->tree, "components");
        bool hints = load->variant && sim__may_hint(load, json_object_size(all));
        json_object_foreach (all, other, ignored)
            if (hints && strcmp(other, at->key) != 0)
                sim_nearest_try(&nearest, other);
        sim__say(load, at, SIM__SOFT, "\"%s\" has no \"model\", such as \"%s\"%s",
                 sim_quote(at->key).s, sim_models()[0] ? sim_models()[0]->name : "service",
                 sim_nearest_hint(&nearest).s);
        return NULL;
    }
    const char *name = sim__read_text(load, SIM__KEY(at, "model"), value);
    return name ? sim__find_model(load, SIM__KEY(at, "model"), 0, name) : NULL;
}

static void read_placement(struct sim__load *load, const struct sim__at *at, json_t *object,
                           struct sim_plan_component *out)
{
    struct placement placement = {.nodes = 1};
    bool by_place = json_is_object(json_object_get(object, "nodes"));
    sim__read_table(load, at, object, sim__component_table + by_place, &placement);
    out->nodes = placement.nodes < 1 ? 1 : (uint32_t)placement.nodes;
    out->spread = placement.spread;
    sim__read_sites(load, at, object, out);
    if (out->nodes > 1 && out->name)
        out->worst = sim_arena_format(load->arena, "%s/worst", out->name);
    if (out->nodes > 1 && out->model->serve && !json_object_get(object, "spread"))
        sim__say(load, at, SIM__SOFT,
                 "\"spread\" is missing: say how calls are spread over the %u "
                 "nodes, by \"key\", \"round-robin\", \"random\" or \"nearest\"",
                 (unsigned)out->nodes);
}

/* Reads what all components have before the ports of any, which may name places. */
static void read_places(struct sim__load *load, const struct sim__at *at, json_t *map)
{
    uint32_t index = 0;
    const char *key;
    json_t *value;
    json_object_foreach (map, key, value) {
        if (sim__is_free(key) || index >= load->plan->component_count)
            continue;
        if (load->plan->components[index].model)
            read_placement(load, SIM__KEY(at, key), value, &load->plan->components[index]);
        index++;
    }
}

static void read_component(struct sim__load *load, const struct sim__at *at, uint32_t self,
                           json_t *object)
{
    struct sim_plan_component *out = &load->plan->components[self];
    const struct sim_model *model = out->model;
    struct sim__keys_allowed allowed = {.tables = {sim__component_table, model->params},
                                        .ports = model->ports,
                                        .others = sim__component_keys};
    bool calls = model->ports && model->ports[0].name;
    allowed.tables[2] = sim_policy_params;
    sim__check_keys(load, at, object, &allowed);
    for (const struct sim_param *p = sim_policy_params; p->name && !calls; p++)
        if (json_object_get(object, p->name) && !sim__param_find(model->params, p->name))
            sim__say(load, SIM__KEY(at, p->name), SIM__ON_KEY,
                     "\"%s\" is about calls, and a %s calls nobody", p->name, model->name);
    size_t said = load->said;
    out->image = sim__alloc(load, 1, model->size);
    if (!out->image)
        return;
    read_ports(load, at, self, object, out);
    sim__read_table(load, at, object, model->params, out->image);
    out->policy.retry.attempts = 1;
    if (calls)
        sim__read_table(load, at, object, sim_policy_params, &out->policy);
    if (out->policy.deadline && out->policy.timeout > out->policy.deadline)
        sim__say(load, SIM__KEY(at, "timeout"), SIM__SOFT | SIM__WARNING,
                 "the timeout of an attempt is longer than the deadline of the whole call");
    struct sim_error why;
    const char *about;
    if (load->said == said && calls && sim_policy_sound(&out->policy, &about, &why) != 0)
        sim__say(load, SIM__KEY(at, about), SIM__SOFT, "%s", why.text);
    if (load->said == said && model->sound && model->sound(out->image, &why) != 0)
        sim__say(load, at, SIM__SOFT, "%s", why.text);
    if (load->said == said)
        sim__check_trace(load, at, model->params, out->image);
}

void sim__read_components(struct sim__load *load)
{
    const struct sim__at *at = SIM__KEY(NULL, "components");
    struct sim_plan *plan = load->plan;
    json_t *given = json_object_get(load->tree, "components");
    json_t *map = sim__as_object(load, at, given);
    const char *key;
    json_t *value;
    if (!given || (map && sim__member_count(map) == 0))
        sim__say(load, given ? at : NULL, SIM__SOFT,
                 "a scenario needs \"components\": { name: { \"model\": … }, … }");
    if (sim__member_count(map) > SIM__MEMBERS_MAX) {
        sim__say(load, at, 0, "there can be %d components at most", SIM__MEMBERS_MAX);
        return;
    }
    plan->components = sim__alloc(load, sim__member_count(map), sizeof *plan->components);
    json_object_foreach (map, key, value) { /* all names first, because ports refer to them */
        const struct sim__at *member = SIM__KEY(at, key);
        if (!plan->components || !sim__is_member(load, member, key, value))
            continue;
        struct sim_plan_component *out = &plan->components[plan->component_count];
        *out = (struct sim_plan_component){.region = SIM_NOWHERE, .nodes = 1};
        out->name = sim__copy(load, key);
        if (!out->name)
            return;
        plan->component_count++;
        if (sim__as_object(load, member, value))
            out->model = read_model(load, member, value);
    }
    sim__name_components(load);
    read_places(load, at, map);
    uint32_t index = 0;
    json_object_foreach (map, key, value) {
        if (sim__is_free(key) || index >= plan->component_count)
            continue;
        if (plan->components[index].model)
            read_component(load, SIM__KEY(at, key), index, value);
        index++;
    }
}
