/* timeline.c - reads faults and changes: at given times, periodic, or random. A new kind is a value
 * of enum sim_plan_fault_kind with its name, a row of `kinds`, and its sentences. */
#include "scenario/load.h"

#include "sim/plugin.h"
#include "sim/policy.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TIMES_MOST 1e6 /* chosen: how often an entry with `every` may happen in a run */

enum {
    MAY_LAST = 1,
    NEEDS_FACTOR = 2,
    MAY_SILENT = 4,
    NEEDS_SET = 8,
    NEEDS_SHARE = 16,
    MAY_WHEN = 32,
    NEEDS_ADDS = 64,
    NO_TIME = 128, /* takes no time unless the entry says how long */
};

static const unsigned kinds[SIM_DO_KINDS] = {
    [SIM_DO_CRASH] = MAY_LAST | MAY_SILENT,
    [SIM_DO_RESTART] = MAY_LAST | MAY_SILENT | NO_TIME,
    [SIM_DO_SLOW] = MAY_LAST | NEEDS_FACTOR,
    [SIM_DO_ERRORS] = MAY_LAST | NEEDS_SHARE | MAY_WHEN,
    [SIM_DO_PARTITION] = MAY_LAST,
    [SIM_DO_LOSS] = MAY_LAST | NEEDS_SHARE,
    [SIM_DO_LATENCY] = MAY_LAST | NEEDS_ADDS,
    [SIM_DO_FLUSH] = NO_TIME,
    [SIM_DO_SET] = MAY_LAST | NEEDS_SET,
};

/* For the page of faults and changes, by kind. */
const char *const sim__fault_docs[SIM_DO_KINDS] = {
    [SIM_DO_CRASH] =
        "Down: requests in progress are lost, memory is lost, new calls are refused; up again "
        "cold.",
    [SIM_DO_RESTART] =
        "A crash and an immediate start, unless `for` or `repaired` says how long it is down.",
    [SIM_DO_SLOW] =
        "Work takes `factor` times as long, including work in progress. Several entries multiply.",
    [SIM_DO_ERRORS] =
        "A `share` of the calls is answered with an error. Several entries draw independently.",
    [SIM_DO_PARTITION] = "No message passes. Messages already on their way arrive.",
    [SIM_DO_LOSS] =
        "A `share` of the messages is lost. Several entries, and the link's own loss, draw "
        "independently.",
    [SIM_DO_LATENCY] = "Each message takes `adds` longer. Several entries add up.",
    [SIM_DO_FLUSH] = "All cached data are dropped. It takes no time.",
    [SIM_DO_SET] =
        "The parameters in `set` have other values. Of several entries, the last one begun counts.",
};

/* Keys that only some kinds have. */
static const struct {
    const char *key, *whose, *example;
    unsigned kinds, needed;
} special[] = {
    {"for", "to what lasts", "", MAY_LAST, 0},
    {"repaired", "to what lasts", "", MAY_LAST, 0},
    {"factor", "to \"slow\"", "10 for ten times slower", NEEDS_FACTOR, NEEDS_FACTOR},
    {"silent", "to \"crash\" and \"restart\"", "", MAY_SILENT, 0},
    {"share", "to \"errors\" and \"loss\"", "0.1 for one in ten", NEEDS_SHARE, NEEDS_SHARE},
    {"when", "to \"errors\"", "", MAY_WHEN, 0},
    {"adds", "to \"latency\"", "\"100ms\"", NEEDS_ADDS, NEEDS_ADDS},
    {"set", "to \"set\"", "{ \"rate\": \"4000/s\" }", NEEDS_SET, NEEDS_SET},
};

struct fault {
    sim_time at, every, lasts;
    struct sim_dist fails, repaired, adds;
    double factor, share;
    int each, when;
    bool silent;
};

static const char *const each_names[] = {"node", "component", "target", NULL};
static const char *const when_names[] = {"arrival", "answer", NULL};

const struct sim_param sim__fault_table[] = {
    SIM_ROW(.name = "at", .kind = SIM_TIME, .offset = offsetof(struct fault, at),
            .flags = SIM_OPTIONAL,
            .doc = "When, from the start of the run; with `every`, the first time."),
    SIM_ROW(.name = "every", .kind = SIM_TIME, .offset = offsetof(struct fault, every), .low = 1,
            .high = (double)INT64_MAX, .flags = SIM_OPTIONAL,
            .doc =
                "The time from one start to the next; without `at`, also the time of the first."),
    SIM_ROW(.name = "for", .kind = SIM_TIME, .offset = offsetof(struct fault, lasts), .low = 1,
            .high = (double)INT64_MAX, .flags = SIM_OPTIONAL,
            .doc = "How long it lasts; without it, to the end of the run; a restart then takes no "
                   "time."),
    SIM_ROW(.name = "fails", .kind = SIM_DISTRIBUTION, .offset = offsetof(struct fault, fails),
            .low = 1, .flags = SIM_OPTIONAL,
            .doc = "In place of `at`: the random time to the next failure, from the start or the "
                   "last repair."),
    SIM_ROW(.name = "repaired", .kind = SIM_DISTRIBUTION,
            .offset = offsetof(struct fault, repaired), .flags = SIM_OPTIONAL,
            .doc = "With `fails`: how long each failure lasts."),
    SIM_ROW(.name = "each", .kind = SIM_CHOICE, .offset = offsetof(struct fault, each),
            .flags = SIM_OPTIONAL, .choices = each_names,
            .doc = "With `fails`: whether each node fails independently (the default), each "
                   "component as a whole, or all of the target at once."),
    SIM_ROW(.name = "factor", .kind = SIM_NUMBER, .offset = offsetof(struct fault, factor),
            .flags = SIM_OPTIONAL, .doc = "slow: how many times as long work takes."),
    SIM_ROW(.name = "share", .kind = SIM_FRACTION, .offset = offsetof(struct fault, share),
            .low = 0, .high = 1, .flags = SIM_OPTIONAL,
            .doc = "errors: share of the calls; loss: share of the messages."),
    SIM_ROW(.name = "when", .kind = SIM_CHOICE, .offset = offsetof(struct fault, when),
            .flags = SIM_OPTIONAL, .choices = when_names,
            .doc = "errors: on arrival, before any work (the default), or as the answer after the "
                   "work is done."),
    SIM_ROW(.name = "adds", .kind = SIM_DISTRIBUTION, .offset = offsetof(struct fault, adds),
            .flags = SIM_OPTIONAL, .doc = "latency: how much longer each message takes."),
    SIM_ROW(.name = "silent", .kind = SIM_BOOL, .offset = offsetof(struct fault, silent),
            .by_default = "false",
            .doc = "crash, restart: calls are not refused but lost, and callers wait for their "
                   "timeouts.",
            .source = "chosen: a running host refuses connections to a process that is down"),
    {.name = NULL},
};

const char *const sim__fault_keys[] = {"do", "target", "set", "label", NULL};

/* ---- targets --------------------------------------------------------------------------------- */

/* The name of a component, a region or a zone. */
static bool read_name(struct sim__load *load, const struct sim__at *at, const char *name,
                      struct sim_plan_end *end)
{
    const struct sim_plan *plan = load->plan;
    uint32_t region = sim__place_named(load, name);
    uint32_t component = sim__component_named(plan, name);
    end->node = SIM_ALL_NODES;
    if (region != SIM_NOWHERE && component != SIM_NOWHERE) {
        sim__say(load, at, SIM__SOFT, "\"%s\" names a region and a component: rename one",
                 sim_quote(name).s);
        return false;
    }
    end->kind = region != SIM_NOWHERE ? SIM_END_PLACE : SIM_END_COMPONENT;
    end->index = region != SIM_NOWHERE ? region : component;
    if (end->index != SIM_NOWHERE)
        return true;
    struct sim_nearest nearest = sim_nearest(name);
    uint32_t names = plan->component_count + plan->region_count + plan->zone_count;
    for (uint32_t i = 0; i < names && sim__may_hint(load, names); i++)
        sim_nearest_try(&nearest, i < plan->component_count
                                      ? plan->components[i].name
                                      : sim_plan_place_name(plan, i - plan->component_count));
    sim__say(load, at, SIM__SOFT,
             strchr(name, '/')    ? "there is no zone \"%s\"%s"
             : plan->region_count ? "there is no component and no region \"%s\"%s"
                                  : "there is no component \"%s\"%s",
             sim_quote(name).s, sim_nearest_hint(&nearest).s);
    return false;
}

/* Reads the "eu" of "db@eu". */
static bool read_at(struct sim__load *load, const struct sim__at *at, const char *place,
                    struct sim_plan_end *end)
{
    const struct sim_plan_component *c = &load->plan->components[end->index];
    struct sim_error error;
    if (!c->model) /* said already */
        return false;
    uint32_t found = sim__place_among(load->plan, c, place, &error);
    if (found == SIM_NOWHERE)
        sim__say(load, at, SIM__SOFT, "%s", error.text);
    end->node = SIM_NODES_AT(found);
    return found != SIM_NOWHERE;
}

/* Reads "cache", "cache/3", "cache@eu", "eu" or "eu/a". */
static bool read_end(struct sim__load *load, const struct sim__at *at, const char *text,
                     struct sim_plan_end *end)
{
    const char *place = strchr(text, '@'), *slash = place ? place : strchr(text, '/');
    if (!slash)
        return read_name(load, at, text, end);
    const char *name = sim_arena_copy_part(load->arena, text, (size_t)(slash - text));
    if (!name || !read_name(load, at, name, end))
        return false;
    if (end->kind == SIM_END_PLACE && !place && load->plan->zone_count > 0)
        return read_name(load, at, text, end); /* a zone */
    if (end->kind == SIM_END_PLACE) {
        sim__say(load, at, SIM__SOFT, "\"%s\" is a region: it has components, not nodes",
                 sim_quote(name).s);
        return false;
    }
    if (place)
        return read_at(load, at, place + 1, end);
    struct sim_amount node;
    struct sim_error ignored;
    const struct sim_plan_component *c = &load->plan->components[end->index];
    if (sim_units_parse(slash + 1, SIM_DIM_COUNT, NULL, &node, &ignored)) {
        sim__say(load, at, 0, "after the \"/\" write the number of a node, such as \"%s/0\"",
                 sim_quote(name).s);
        return false;
    }
    if (node.whole >= c->nodes && c->model) { /* a component without a model has no nodes yet */
        sim__say(load, at, SIM__SOFT, "\"%s\" has %u node%s: they are numbered from 0 to %u",
                 sim_quote(name).s, c->nodes, c->nodes == 1 ? "" : "s", c->nodes - 1);
        return false;
    }
    end->node = (uint32_t)node.whole;
    return true;
}

/* Splits "a>b" and "a<>b"; ["a", "b"] means "a<>b". Gives two ends, or one and *to NULL. False: an
 * error was reported or memory ran out. */
static bool split(struct sim__load *load, const struct sim__at *at, json_t *value,
                  const char **from, const char **to, bool *both_ways)
{
    *to = NULL;
    if (json_is_array(value)) {
        if (json_array_size(value) != 2) {
            sim__say(load, at, 0, "a list of two names is wanted here, such as [\"app\", \"db\"]");
            return false;
        }
        *from = sim__read_text(load, SIM__ITEM(at, 0), json_array_get(value, 0));
        *to = sim__read_text(load, SIM__ITEM(at, 1), json_array_get(value, 1));
        *both_ways = true;
        return *from && *to;
    }
    const char *text = sim__read_text(load, at, value), *arrow = text ? strchr(text, '>') : NULL;
    *from = text;
    if (!arrow)
        return text != NULL;
    *both_ways = arrow > text && arrow[-1] == '<';
    *from = sim_arena_copy_part(load->arena, text, (size_t)(arrow - text) - *both_ways);
    *to = arrow + 1;
    return *from != NULL;
}

/* Whether messages between the nodes of a component are meant, and there are any. */
static bool among_peers(const struct sim_plan *plan, const struct sim_plan_end *end)
{
    const struct sim_plan_component *c = &plan->components[end->index];
    return c->model && sim_model_has_peers(c->model) && c->nodes > 1 && end->node >= c->nodes;
}

static bool same_end(const struct sim_plan_end *a, const struct sim_plan_end *b)
{
    return a->kind == b->kind && a->index == b->index && a->node == b->node;
}

static bool read_link(struct sim__load *load, const struct sim__at *at, const char *from,
                      const char *to, struct sim_plan_fault *fault)
{
    const char *kind = sim_fault_names[fault->kind];
    bool good = read_end(load, at, from, &fault->on);
    if (to) {
        good &= read_end(load, at, to, &fault->to);
        if (good && fault->on.kind == SIM_END_COMPONENT && same_end(&fault->on, &fault->to) &&
            !among_peers(load->plan, &fault->on)) {
            const struct sim_plan_component *c = &load->plan->components[fault->on.index];
            bool alone = c->model && sim_model_has_peers(c->model) && c->nodes == 1;
            sim__say(load, at, SIM__SOFT,
                     alone ? "\"%s\" needs messages between nodes, and \"%s\" has one node"
                           : "\"%s\" needs two different ends, not \"%s\" twice",
                     kind, sim_quote(from).s);
            return false;
        }
        return good;
    }
    if (good && fault->on.kind == SIM_END_COMPONENT) {
        sim__say(
            load, at, SIM__SOFT,
            "\"%s\" needs two ends: \"%s<>other\" both ways, \"%s>other\" one way, or a region, "
            "for all that enters and leaves it",
            kind, sim_quote(from).s, sim_quote(from).s);
        return false;
    }
    fault->to = (struct sim_plan_end){SIM_END_OUTSIDE, fault->on.index, SIM_ALL_NODES};
    fault->both_ways = true;
    return good;
}

static bool read_target(struct sim__load *load, const struct sim__at *at, json_t *object,
                        struct sim_plan_fault *fault)
{
    json_t *value = json_object_get(object, "target");
    const struct sim__at *key = SIM__KEY(at, "target");
    const char *from, *to;
    if (!value || !split(load, key, value, &from, &to, &fault->both_ways))
        return false;
    const char *kind = sim_fault_names[fault->kind];
    fault->target = !to ? from
                        : sim_arena_format(load->arena, "%s%s%s", from,
                                           fault->both_ways ? "<>" : ">", to);
    if (sim_fault_on_links(fault->kind))
        return read_link(load, key, from, to, fault);
    if (to) {
        sim__say(load, key, SIM__SOFT, "\"%s\" needs a component, a node or a region, not a link",
                 kind);
        return false;
    }
    if (!read_end(load, key, from, &fault->on))
        return false;
    if (fault->kind == SIM_DO_SET && fault->on.kind == SIM_END_PLACE) {
        sim__say(load, key, SIM__SOFT,
                 "\"set\" needs one component, whose model has the parameters, and \"%s\" is a "
                 "region: give an entry for each component there",
                 sim_quote(from).s);
        return false;
    }
    return true;
}

/* ---- what a target can suffer ---------------------------------------------------------------- */

static bool can_suffer(const struct sim_model *model, int kind)
{
    switch (kind) {
    case SIM_DO_ERRORS: return model->serve != NULL;
    case SIM_DO_SLOW: return model->suffers & SIM_SUFFERS_SLOW;
    case SIM_DO_FLUSH: return model->suffers & SIM_SUFFERS_FLUSH;
    default: return true;
    }
}

/* The range of components that may belong to an end: from `first` to before the result. */
static uint32_t among(const struct sim_plan *plan, const struct sim_plan_end *end, uint32_t *first)
{
    bool one = end->kind == SIM_END_COMPONENT;
    *first = one ? end->index : 0;
    return one ? end->index + 1 : plan->component_count;
}

static void check_nodes(struct sim__load *load, const struct sim__at *at,
                        const struct sim_plan_fault *fault)
{
    static const char *const lacks[SIM_DO_KINDS] = {
        [SIM_DO_ERRORS] = "is not called, and so cannot answer with errors",
        [SIM_DO_SLOW] = "does no work that could take longer",
        [SIM_DO_FLUSH] = "holds nothing to flush"};
    const struct sim_plan *plan = load->plan;
    const struct sim_model *model = NULL;
    uint32_t i, end = among(plan, &fault->on, &i);
    for (; i < end; i++) {
        if (!sim_plan_end_reaches(plan, &fault->on, i))
            continue;
        model = plan->components[i].model;
        /* a component without a model was not read */
        if (!model || can_suffer(model, fault->kind))
            return;
    }
    if (!model)
        sim__say(load, at, SIM__SOFT, "there is no component in \"%s\"",
                 sim_quote(fault->target).s);
    else if (fault->on.kind == SIM_END_PLACE)
        sim__say(load, at, SIM__SOFT, "this does not apply to the components in \"%s\": each %s",
                 sim_quote(fault->target).s, lacks[fault->kind]);
    else
        sim__say(load, at, SIM__SOFT, "a %s %s", model->name, lacks[fault->kind]);
}

static bool joins(const struct sim_plan *plan, const struct sim_plan_fault *fault, uint32_t a,
                  uint32_t b)
{
    return sim_plan_end_reaches(plan, &fault->on, a) && sim_plan_end_reaches(plan, &fault->to, b);
}

/* Whether a component's calls cross a link that has the fault. Messages go both ways. */
static bool crosses(const struct sim_plan *plan, const struct sim_plan_fault *fault, uint32_t from)
{
    const struct sim_plan_component *c = &plan->components[from];
    if (c->model && c->nodes > 1 && sim_model_has_peers(c->model) && joins(plan, fault, from, from))
        return true;
    for (uint32_t k = 0; c->ports && c->model->ports && c->model->ports[k].name; k++)
        for (uint32_t t = 0; t < c->ports[k].count; t++) {
            uint32_t to = c->ports[k].targets[t].component;
            if (joins(plan, fault, from, to) || joins(plan, fault, to, from))
                return true;
        }
    return false;
}

static void check_link(struct sim__load *load, const struct sim__at *at,
                       const struct sim_plan_fault *fault)
{
    const struct sim_plan *plan = load->plan;
    const struct sim_plan_end *ends[] = {&fault->on, &fault->to};
    bool two = fault->on.kind == SIM_END_COMPONENT && fault->to.kind == SIM_END_COMPONENT;
    for (int side = 0; side < (two ? 2 : 1); side++) {
        uint32_t i = 0, end = plan->component_count;
        if (two)
            end = among(plan, ends[side], &i);
        for (; i < end; i++)
            if (!plan->components[i].model || crosses(plan, fault, i))
                return; /* a component without a model: its calls were not read */
    }
    sim__say(load, at, SIM__SOFT | SIM__WARNING, "this does nothing: no calls go there");
}

/* ---- times ----------------------------------------------------------------------------------- */

static bool has(json_t *object, const char *key)
{
    return json_object_get(object, key) != NULL;
}

static void check_drawn(struct sim__load *load, const struct sim__at *at, json_t *object, int kind)
{
    static const char *const others[] = {"at", "every", "for"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (has(object, others[i]))
            sim__say(load, SIM__KEY(at, others[i]), SIM__ON_KEY,
                     "\"%s\" and \"fails\" exclude each other: times are either given or random",
                     others[i]);
    if (!has(object, "repaired") && !(kinds[kind] & NO_TIME))
        sim__say(load, at, 0, "\"fails\" needs \"repaired\", how long each failure lasts");
    if (has(object, "each") && sim_fault_on_links(kind))
        sim__say(load, SIM__KEY(at, "each"), SIM__ON_KEY,
                 "\"each\" is about nodes, and \"%s\" is about links", sim_fault_names[kind]);
}

static void check_times(struct sim__load *load, const struct sim__at *at, json_t *object,
                        const struct sim_plan_fault *fault)
{
    static const char *const drawn[] = {"repaired", "each"};
    if (has(object, "fails")) {
        check_drawn(load, at, object, fault->kind);
        return;
    }
    for (size_t i = 0; i < sizeof drawn / sizeof drawn[0]; i++)
        if (has(object, drawn[i]) && (i > 0 || kinds[fault->kind] & MAY_LAST))
            sim__say(load, SIM__KEY(at, drawn[i]), SIM__ON_KEY,
                     "\"%s\" goes with \"fails\", the time to a failure", drawn[i]);
    if (has(object, "every") && !has(object, "for") && !(kinds[fault->kind] & NO_TIME))
        sim__say(load, at, 0, "\"every\" needs \"for\": how long it lasts each time");
    if (fault->every > 0 && fault->lasts >= fault->every)
        sim__say(load, SIM__KEY(at, "for"), 0,
                 "\"for\" must be below \"every\", which is %s: otherwise it never ends",
                 sim_units_format(SIM_DIM_TIME, (double)fault->every).s);
    double times = fault->every > 0
                       ? (double)(load->plan->duration - fault->at) / (double)fault->every
                       : 0;
    if (times > TIMES_MOST)
        sim__say(load, SIM__KEY(at, "every"), 0,
                 "it would happen %.3g times in the run; at most %.0f are allowed: \"every\" may "
                 "not be shorter than %s here",
                 times, TIMES_MOST,
                 sim_units_format(SIM_DIM_TIME, ceil((double)load->plan->duration / TIMES_MOST)).s);
    if (load->plan->duration > 0 && fault->at >= load->plan->duration)
        sim__say(load, SIM__KEY(at, has(object, "at") ? "at" : "every"), SIM__SOFT | SIM__WARNING,
                 "this never happens: the run ends at %s",
                 sim_units_format(SIM_DIM_TIME, (double)load->plan->duration).s);
}

/* ---- faults ---------------------------------------------------------------------------------- */

static void check_special(struct sim__load *load, const struct sim__at *at, json_t *object,
                          int kind)
{
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++) {
        bool given = json_object_get(object, special[i].key) &&
                     !json_is_false(json_object_get(object, special[i].key));
        if (given && !(kinds[kind] & special[i].kinds))
            sim__say(load, SIM__KEY(at, special[i].key), SIM__ON_KEY,
                     "\"%s\" belongs %s, not to \"%s\"", special[i].key, special[i].whose,
                     sim_fault_names[kind]);
        if (!given && (kinds[kind] & special[i].needed))
            sim__say(load, at, 0, "\"%s\" needs \"%s\", such as %s", sim_fault_names[kind],
                     special[i].key, special[i].example);
    }
}

/* Appends a fault. "set" gives one fault for each parameter. */
static void add(struct sim__load *load, const struct sim_plan_fault *fault)
{
    struct sim_plan *plan = load->plan;
    plan->faults[plan->fault_count++] = *fault;
}

/* Whose parameters are set: a component's own, or those of one of its plug-ins. */
struct set_of {
    const struct sim_param *plugin, *table;
    const void *image; /* what they are otherwise; NULL: not known */
    size_t size;
    int (*sound)(const void *params, struct sim_error *);
    const char *what; /* in words */
};

/* Setting a parameter to "none" means leaving it out, which may not be possible. */
static void check_none(struct sim__load *load, const struct sim__at *at, const struct set_of *of,
                       const struct sim_param *param, json_t *value)
{
    const char *text = json_string_value(value);
    struct sim_error why;
    if (!text || strcmp(text, "none") != 0 || !of->sound || !of->image ||
        of->sound(of->image, &why) != 0)
        return;
    char *image = sim__alloc(load, 1, of->size);
    if (!image)
        return;
    memcpy(image, of->image, of->size);
    if (sim__read_param(load, at, param, value, image) && of->sound(image, &why) != 0)
        sim__say(load, at, SIM__SOFT,
                 "\"none\" means leaving \"%s\" out, which is not possible (%s): for none of it "
                 "give \"%s\"",
                 param->name, why.text, sim_units_format(sim__dimension(param->kind), 0).s);
}

static void say_not_set(struct sim__load *load, const struct sim__at *at, const struct set_of *of,
                        const struct sim_param *param, const char *key)
{
    bool fixed = param || (!of->plugin && (sim__param_find(sim__component_table, key) ||
                                           sim__param_find(sim_policy_params, key)));
    struct sim_nearest nearest = sim_nearest(key);
    for (const struct sim_param *p = of->table; p && p->name; p++)
        if ((p->flags & SIM_CHANGEABLE) || p->kind == SIM_PLUGIN)
            sim_nearest_try(&nearest, p->name);
    sim__say(load, at, SIM__ON_KEY,
             fixed ? "\"%s\" of %s cannot be changed while it runs%s"
                   : "\"%s\" is not a parameter of %s%s",
             sim_quote(key).s, of->what, sim_nearest_hint(&nearest).s);
}

static void set_one(struct sim__load *load, const struct sim__at *at, const struct set_of *of,
                    const struct sim_plan_fault *draft, const char *key, json_t *value)
{
    const struct sim_param *param = sim__param_find(of->table, key);
    if (!param || !(param->flags & SIM_CHANGEABLE)) {
        say_not_set(load, at, of, param, key);
        return;
    }
    struct sim_plan_fault fault = *draft;
    char *image = sim__alloc(load, 1, of->size);
    if (!image || !sim__read_param(load, at, param, value, image))
        return;
    check_none(load, at, of, param, value);
    fault.plugin = of->plugin;
    fault.param = param;
    fault.value = image + param->offset;
    add(load, &fault);
}

/* Reads { "engine": { "memtable": "1MiB" } }. */
static void set_plugin(struct sim__load *load, const struct sim__at *at,
                       const struct sim_plan_component *c, const struct sim_param *row,
                       const struct sim_plan_fault *draft, json_t *values)
{
    const struct sim_plugin *plugin = c->image ? sim_plugin_at(row, c->image) : NULL;
    const char *key;
    json_t *value;
    if (!plugin || (!plugin->type && !(row->flags & SIM_OPTIONAL))) /* reported */
        return;
    if (!plugin->type) {
        sim__say(load, at, SIM__ON_KEY, "\"%s\" has left out \"%s\": there is nothing to be set",
                 c->name, row->name);
        return;
    }
    if (!json_is_object(values) || json_object_get(values, SIM__TAG)) {
        sim__say(load, at, 0,
                 "the type of \"%s\" cannot be changed while it runs: give parameters of the one "
                 "that it has, in { }",
                 row->name);
        return;
    }
    const struct sim_plugin_type *type = plugin->type;
    const struct set_of of = {
        row,
        type->params,
        plugin->self,
        type->size,
        type->sound,
        sim_arena_format(load->arena, "\"%s\" of type \"%s\"", row->name, type->name)};
    load->out_of_memory = load->out_of_memory || !of.what;
    json_object_foreach (values, key, value)
        if (of.what && !sim__is_free(key))
            set_one(load, SIM__KEY(at, key), &of, draft, key, value);
}

static void read_set(struct sim__load *load, const struct sim__at *at, json_t *object,
                     const struct sim_plan_fault *draft)
{
    const struct sim__at *key_at = SIM__KEY(at, "set");
    json_t *values = sim__as_object(load, key_at, json_object_get(object, "set"));
    const struct sim_plan_component *c = &load->plan->components[draft->on.index];
    const struct sim_model *model = c->model;
    const char *key;
    json_t *value;
    if (!model)
        return;
    if (values && sim__member_count(values) == 0)
        sim__say(load, key_at, 0, "this sets nothing: give a parameter and its value");
    const struct set_of of = {NULL,         model->params,
                              c->image,     model->size,
                              model->sound, sim_arena_format(load->arena, "a %s", model->name)};
    load->out_of_memory = load->out_of_memory || !of.what;
    json_object_foreach (values, key, value) {
        const struct sim__at *here = SIM__KEY(key_at, key);
        const struct sim_param *param = sim__param_find(model->params, key);
        if (sim__is_free(key) || !of.what)
            continue;
        if (param && param->kind == SIM_PLUGIN)
            set_plugin(load, here, c, param, draft, value);
        else
            set_one(load, here, &of, draft, key, value);
    }
}

/* How many faults an entry becomes at most: one for each parameter that it sets. */
static size_t room_for(json_t *entry)
{
    const char *key;
    json_t *value, *set = json_object_get(entry, "set");
    size_t room = 1;
    json_object_foreach (set, key, value)
        room += 1 + json_object_size(value); /* of a plug-in */
    return room;
}

/* The longest mean of the work in a table of parameters, ns; negative: there is none. */
static double longest_work(const struct sim_param *p, const char *image)
{
    double longest = -1;
    for (; p && p->name; p++) {
        const char *inner;
        const struct sim_dist *work = (const void *)(image + p->offset);
        if ((p->flags & SIM_WORK) && p->kind == SIM_DISTRIBUTION && work->kind != SIM_DIST_NONE)
            longest = fmax(longest, sim_dist_mean(work));
        if (p->kind == SIM_PLUGIN) {
            const struct sim_param *within = sim_params_within(p, image, &inner);
            longest = fmax(longest, longest_work(within, inner));
        }
    }
    return longest;
}

/* Whether all work of a component takes no time, so that a factor changes nothing. */
static bool takes_no_time(const struct sim_plan_component *c)
{
    double longest = longest_work(c->model->params, c->image);
    return longest >= 0 && !(longest > 0);
}

/* Warns of a fault whose size changes nothing. */
static void check_effect(struct sim__load *load, const struct sim__at *at,
                         const struct sim_plan_fault *fault)
{
    const struct sim_plan *plan = load->plan;
    const char *key = NULL;
    if (fault->kind == SIM_DO_SLOW && fault->factor == 1)
        key = "factor";
    else if ((fault->kind == SIM_DO_ERRORS || fault->kind == SIM_DO_LOSS) && fault->share == 0)
        key = "share";
    else if (fault->kind == SIM_DO_LATENCY && sim_dist_mean(&fault->adds) == 0)
        key = "adds";
    if (key)
        sim__say(load, SIM__KEY(at, key), SIM__SOFT | SIM__WARNING,
                 "this does nothing: a change of this size has no effect");
    uint32_t i, end = among(plan, &fault->on, &i);
    for (; fault->kind == SIM_DO_SLOW && i < end; i++) {
        const struct sim_plan_component *c = &plan->components[i];
        if (!sim_plan_end_reaches(plan, &fault->on, i) || !c->model)
            continue;
        if (!c->image || !can_suffer(c->model, fault->kind) || !takes_no_time(c))
            return;
        if (fault->on.kind == SIM_END_COMPONENT)
            sim__say(load, SIM__KEY(at, "target"), SIM__SOFT | SIM__WARNING,
                     "this does nothing: work of \"%s\" takes no time, slow or not", c->name);
    }
}

static void check_fault(struct sim__load *load, const struct sim__at *at, json_t *object,
                        const struct sim_plan_fault *fault)
{
    if (fault->kind == SIM_DO_SLOW && has(object, "factor") && !(fault->factor > 0))
        sim__say(load, SIM__KEY(at, "factor"), 0,
                 "\"factor\" must be above 0: 10 is ten times slower, 0.5 twice as fast");
    if (sim_fault_on_links(fault->kind))
        check_link(load, SIM__KEY(at, "target"), fault);
    else
        check_nodes(load, SIM__KEY(at, "target"), fault);
}

/* The number of equal entries before this one. It gives each of them a random stream of its own. */
static uint32_t ordinal(struct sim__load *load, const struct sim_plan_fault *fault)
{
    struct sim__alike *alike = &load->alike;
    const char *what = sim_arena_format(load->arena, "%d %s", fault->kind, fault->target);
    uint32_t new = (uint32_t)alike->whats.count;
    if (!what || !alike->counts)
        return 0;
    alike->whats.arena = load->arena;
    uint32_t number = sim_lookup_put(&alike->whats, what, strlen(what), new);
    return number == SIM_LOOKUP_NONE ? 0 : alike->counts[number]++;
}

static void say_missing(struct sim__load *load, const struct sim__at *at, json_t *object)
{
    if (!has(object, "at") && !has(object, "every") && !has(object, "fails"))
        sim__say(
            load, at, 0,
            "when? \"at\" is missing, such as \"at\": \"60s\"; or \"every\", or \"fails\" with "
            "\"repaired\"");
    if (!has(object, "do"))
        sim__say(load, at, 0, "\"do\" is missing, such as \"crash\" or \"partition\"");
    if (!has(object, "target"))
        sim__say(load, at, 0,
                 "\"target\" is missing, such as \"cache\", \"cache/3\" or \"app<>cache\"");
}

static void read_fault(struct sim__load *load, const struct sim__at *at, json_t *object)
{
    struct sim__keys_allowed allowed = {.tables = {sim__fault_table}, .others = sim__fault_keys};
    struct fault read = {0};
    struct sim_plan_fault fault = {0};
    size_t said = load->said;
    json_t *kind = json_object_get(object, "do");
    sim__check_keys(load, at, object, &allowed);
    sim__read_table(load, at, object, sim__fault_table, &read);
    say_missing(load, at, object);
    const char *label = sim__read_line(load, SIM__KEY(at, "label"),
                                       json_object_get(object, "label"));
    if (!kind || !sim__read_choice(load, SIM__KEY(at, "do"), kind, sim_fault_names, &fault.kind))
        return;
    check_special(load, at, object, fault.kind);
    fault.at = has(object, "at") ? read.at : read.every;
    fault.every = read.every;
    fault.lasts = read.lasts;
    fault.fails = read.fails;
    fault.repaired = read.repaired;
    fault.each = read.each;
    fault.factor = read.factor;
    fault.share = read.share;
    fault.when = read.when;
    fault.adds = read.adds;
    fault.silent = read.silent;
    check_times(load, at, object, &fault);
    if (!read_target(load, at, object, &fault) || !fault.target)
        return;
    fault.label = label ? label
                        : sim_arena_format(load->arena, "%s %s", sim_fault_names[fault.kind],
                                           fault.target);
    fault.ordinal = ordinal(load, &fault);
    check_fault(load, at, object, &fault);
    if (load->said == said) {
        check_effect(load, at, &fault);
        sim__check_unanswered(load, SIM__KEY(at, "target"), &fault);
    }
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
        room += room_for(json_array_get(list, i));
    plan->faults = sim__alloc(load, room, sizeof *plan->faults);
    sim_lookup_clear(&load->alike.whats);
    load->alike.counts = sim__alloc(load, count, sizeof *load->alike.counts);
    for (size_t i = 0; i < count && plan->faults; i++) {
        json_t *object = sim__as_object(load, SIM__ITEM(at, i), json_array_get(list, i));
        if (object)
            read_fault(load, SIM__ITEM(at, i), object);
    }
}
