/* timeline.c - faults and changes at given times. A new kind is a row of `kinds` and a value of
 * enum sim_plan_fault_kind. */
#include "scenario/load.h"

#include <stdio.h>
#include <string.h>

const char *const sim__fault_names[] = {
    [SIM_DO_CRASH] = "crash", [SIM_DO_SLOW] = "slow", [SIM_DO_SET] = "set",
    [SIM_DO_FLUSH] = "flush", [SIM_DO_KINDS] = NULL,
};

enum { MAY_LAST = 1, NEEDS_FACTOR = 2, MAY_SILENT = 4, NEEDS_SET = 8 };

static const unsigned kinds[SIM_DO_KINDS] = {
    [SIM_DO_CRASH] = MAY_LAST | MAY_SILENT,
    [SIM_DO_SLOW] = MAY_LAST | NEEDS_FACTOR,
    [SIM_DO_SET] = MAY_LAST | NEEDS_SET,
    [SIM_DO_FLUSH] = 0,
};

/* Keys that belong to some kinds only. */
static const struct {
    const char *key, *whose;
    unsigned kinds, needed;
} special[] = {
    {"for", "to what lasts", MAY_LAST, 0},
    {"factor", "to \"slow\"", NEEDS_FACTOR, NEEDS_FACTOR},
    {"silent", "to \"crash\"", MAY_SILENT, 0},
    {"set", "to \"set\"", NEEDS_SET, NEEDS_SET},
};

struct fault {
    sim_time at, lasts;
    double factor;
    bool silent;
};

const struct sim_param sim__fault_table[] = {
    {.name = "at",
     .kind = SIM_TIME,
     .offset = offsetof(struct fault, at),
     .flags = SIM_REQUIRED,
     .doc = "When, from the start of the run."},
    {.name = "for",
     .kind = SIM_TIME,
     .offset = offsetof(struct fault, lasts),
     .flags = SIM_OPTIONAL,
     .low = 1,
     .high = (double)INT64_MAX,
     .doc = "How long it lasts; without it, to the end of the run."},
    {.name = "factor",
     .kind = SIM_NUMBER,
     .offset = offsetof(struct fault, factor),
     .flags = SIM_OPTIONAL,
     .doc = "slow: how many times longer work takes."},
    {.name = "silent",
     .kind = SIM_BOOL,
     .offset = offsetof(struct fault, silent),
     .by_default = "false",
     .doc = "crash: nobody is told, and callers wait for their timeouts.",
     .source = "chosen: a host that is up refuses for a process that is down"},
    {.name = NULL},
};

const char *const sim__fault_keys[] = {"do", "target", "set", "label", NULL};

/* "cache" or "cache/3". */
static bool read_target(struct sim__load *load, const struct sim__at *at, json_t *object,
                        struct sim_plan_fault *fault)
{
    json_t *value = json_object_get(object, "target");
    const struct sim__at *key = SIM__KEY(at, "target");
    if (!value)
        sim__say(load, at, 0, "\"target\" is missing, such as \"cache\" or \"cache/3\"");
    const char *text = sim__read_text(load, key, value);
    if (!text)
        return false;
    const char *slash = strchr(text, '/');
    const char *name = slash ? sim_arena_copy_part(load->arena, text, (size_t)(slash - text))
                             : text;
    if (!name)
        return false;
    fault->node = SIM_ALL_NODES;
    fault->component = sim__find_component(load, key, name);
    if (fault->component == UINT32_MAX)
        return false;
    if (!slash)
        return true;
    struct sim_amount node;
    struct sim_error ignored;
    unsigned nodes = load->plan->components[fault->component].nodes;
    bool known = load->plan->components[fault->component].model; /* else nodes were not read */
    if (sim_units_parse(slash + 1, SIM_DIM_COUNT, NULL, &node, &ignored)) {
        sim__say(load, key, 0, "after the \"/\" the number of a node is wanted, such as \"%s/0\"",
                 sim_quote(name).s);
        return false;
    }
    if (node.whole >= nodes && known) {
        sim__say(load, key, SIM__SOFT, "\"%s\" has %u node%s: they are numbered from 0 to %u",
                 sim_quote(name).s, nodes, nodes == 1 ? "" : "s", nodes - 1);
        return false;
    }
    fault->node = (uint32_t)node.whole;
    return true;
}

static void check_special(struct sim__load *load, const struct sim__at *at, json_t *object,
                          int kind)
{
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++) {
        bool given = json_object_get(object, special[i].key) &&
                     !json_is_false(json_object_get(object, special[i].key));
        if (given && !(kinds[kind] & special[i].kinds))
            sim__say(load, SIM__KEY(at, special[i].key), SIM__ON_KEY,
                     "\"%s\" belongs %s, not to \"%s\"", special[i].key, special[i].whose,
                     sim__fault_names[kind]);
        if (!given && (kinds[kind] & special[i].needed))
            sim__say(load, at, 0, "\"%s\" needs \"%s\", such as %s", sim__fault_names[kind],
                     special[i].key,
                     special[i].needed == NEEDS_FACTOR ? "10 for ten times slower"
                                                       : "{ \"rate\": \"4000/s\" }");
    }
}

/* Appends a fault; what is set has one for each parameter. */
static void add(struct sim__load *load, const struct sim_plan_fault *fault)
{
    struct sim_plan *plan = load->plan;
    plan->faults[plan->fault_count++] = *fault;
}

static void read_set(struct sim__load *load, const struct sim__at *at, json_t *object,
                     const struct sim_plan_fault *draft)
{
    const struct sim__at *key_at = SIM__KEY(at, "set");
    json_t *values = sim__as_object(load, key_at, json_object_get(object, "set"));
    const struct sim_model *model = load->plan->components[draft->component].model;
    const char *key;
    json_t *value;
    if (!model)
        return;
    if (values && sim__member_count(values) == 0)
        sim__say(load, key_at, 0, "this sets nothing: give a parameter and its value");
    json_object_foreach (values, key, value) {
        const struct sim__at *here = SIM__KEY(key_at, key);
        const struct sim_param *param = sim__param_find(model->params, key);
        if (sim__is_free(key))
            continue;
        if (!param || !(param->flags & SIM_CHANGEABLE)) {
            struct sim_nearest nearest = sim_nearest(key);
            for (const struct sim_param *p = model->params; p && p->name; p++)
                if (p->flags & SIM_CHANGEABLE)
                    sim_nearest_try(&nearest, p->name);
            sim__say(load, here, SIM__ON_KEY,
                     param ? "\"%s\" of a %s cannot be changed while it runs%s"
                           : "\"%s\" is no parameter of a %s%s",
                     sim_quote(key).s, model->name, sim_nearest_hint(&nearest).s);
            continue;
        }
        struct sim_plan_fault fault = *draft;
        char *image = sim__alloc(load, 1, model->size);
        if (!image || !sim__read_param(load, here, param, value, image))
            continue;
        fault.param = param;
        fault.value = image + param->offset;
        add(load, &fault);
    }
}

static void check_fault(struct sim__load *load, const struct sim__at *at, json_t *object,
                        const struct sim_plan_fault *fault)
{
    const struct sim_plan_component *target = &load->plan->components[fault->component];
    if (fault->kind == SIM_DO_FLUSH && target->model && !target->model->fault)
        sim__say(load, SIM__KEY(at, "target"), SIM__SOFT, "a %s holds nothing to flush",
                 target->model->name);
    if (fault->kind == SIM_DO_SLOW && json_object_get(object, "factor") && !(fault->factor > 0))
        sim__say(load, SIM__KEY(at, "factor"), 0,
                 "\"factor\" must be above 0: 10 is ten times slower, 0.5 twice as fast");
    if (load->plan->duration > 0 && fault->at >= load->plan->duration)
        sim__say(load, SIM__KEY(at, "at"), SIM__SOFT | SIM__WARNING,
                 "this never happens: the run ends at %s",
                 sim_units_format(SIM_DIM_TIME, (double)load->plan->duration).s);
}

static void read_fault(struct sim__load *load, const struct sim__at *at, json_t *object)
{
    struct sim__keys_allowed allowed = {.tables = {sim__fault_table}, .others = sim__fault_keys};
    struct fault read = {0};
    struct sim_plan_fault fault = {0};
    json_t *kind = json_object_get(object, "do");
    sim__check_keys(load, at, object, &allowed);
    sim__read_table(load, at, object, sim__fault_table, &read);
    if (!kind)
        sim__say(load, at, 0, "\"do\" is missing: \"crash\", \"slow\", \"set\" or \"flush\"");
    bool known = kind &&
                 sim__read_choice(load, SIM__KEY(at, "do"), kind, sim__fault_names, &fault.kind);
    const char *label = sim__read_text(load, SIM__KEY(at, "label"),
                                       json_object_get(object, "label"));
    if (!read_target(load, at, object, &fault) || !known)
        return;
    check_special(load, at, object, fault.kind);
    fault.at = read.at;
    fault.lasts = read.lasts;
    fault.factor = read.factor;
    fault.silent = read.silent;
    fault.label = label ? label
                        : sim_arena_format(load->arena, "%s %s", sim__fault_names[fault.kind],
                                           json_string_value(json_object_get(object, "target")));
    check_fault(load, at, object, &fault);
    if (fault.kind == SIM_DO_SET)
        read_set(load, at, object, &fault);
    else
        add(load, &fault);
}

void sim__read_timeline(struct sim__load *load)
{
    const struct sim__at *at = SIM__KEY(NULL, "timeline");
    struct sim_plan *plan = load->plan;
    json_t *list = sim__as_list(load, at, json_object_get(load->tree, "timeline"));
    size_t count = json_array_size(list), room = 0;
    if (count > SIM__MEMBERS_MAX) {
        sim__say(load, at, 0, "there can be %d entries at most", SIM__MEMBERS_MAX);
        return;
    }
    for (size_t i = 0; i < count; i++)
        room += 1 + json_object_size(json_object_get(json_array_get(list, i), "set"));
    plan->faults = sim__alloc(load, room, sizeof *plan->faults);
    for (size_t i = 0; i < count && plan->faults; i++) {
        json_t *object = sim__as_object(load, SIM__ITEM(at, i), json_array_get(list, i));
        if (object)
            read_fault(load, SIM__ITEM(at, i), object);
    }
}
