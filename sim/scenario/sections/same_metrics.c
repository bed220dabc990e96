/* same_metrics.c - finds cases with the same metrics, so that checks are made once for all of
 * them. */
#include "scenario/load.h"

#include "sim/ledger.h"
#include "sim/plugin.h"
#include "sim/random.h"

#include <string.h>

/* The type of the next plug-in of a component that has one; *row is NULL at first. NULL: that was
 * the last. */
static const struct sim_plugin_type *next_type(const struct sim_plan_component *c,
                                               const struct sim_param **row)
{
    const struct sim_plugin_type *type = NULL;
    if (!c->model || !c->image)
        return NULL;
    do {
        *row = sim_plugin_next(*row ? *row + 1 : c->model->params);
        type = *row ? sim_plugin_at(*row, c->image)->type : NULL;
    } while (*row && !type);
    return type;
}

/* A hash of all that determines which metrics a plan has: the components, by name, model, plug-ins
 * and number of nodes; the lines of the bill; whether keys have subjects. */
static uint64_t hash_of(const struct sim_plan *plan)
{
    const struct sim_bill *bill = plan->bill;
    uint64_t hash = sim__has_subjects(plan) + 2u * (bill != NULL) + 4u * (bill && bill->broken);
    for (uint32_t i = 0; i < plan->component_count; i++) {
        const struct sim_plan_component *c = &plan->components[i];
        const char *model = c->model ? c->model->name : "";
        hash = sim_hash64(c->name, strlen(c->name) + 1, hash);
        hash = sim_hash64(model, strlen(model) + 1, hash + c->nodes);
        const struct sim_plugin_type *type;
        for (const struct sim_param *row = NULL; (type = next_type(c, &row)) != NULL;)
            hash = sim_hash64(type->name, strlen(type->name) + 1, hash);
    }
    for (uint32_t i = 0; bill && i < bill->item_count; i++) {
        const struct sim_bill_item *it = &bill->items[i];
        hash = sim_hash64(it->place, strlen(it->place) + 1, hash + (it->price != NULL));
        hash = sim_hash64(it->usage->name, strlen(it->usage->name) + 1, hash);
    }
    return hash;
}

static bool same_bill(const struct sim_bill *a, const struct sim_bill *b)
{
    if (!a || !b)
        return a == b;
    if (a->item_count != b->item_count || a->broken != b->broken)
        return false;
    for (uint32_t i = 0; i < a->item_count; i++)
        if (a->items[i].usage != b->items[i].usage || !a->items[i].price != !b->items[i].price ||
            strcmp(a->items[i].place, b->items[i].place) != 0)
            return false;
    return true;
}

/* Whether two components of one model have the same plug-ins. */
static bool same_types(const struct sim_plan_component *a, const struct sim_plan_component *b)
{
    const struct sim_param *in_a = NULL, *in_b = NULL;
    const struct sim_plugin_type *type;
    do {
        type = next_type(a, &in_a);
        if (type != next_type(b, &in_b) || in_a != in_b)
            return false;
    } while (type);
    return true;
}

static bool same_metrics(const struct sim_plan *a, const struct sim_plan *b)
{
    if (a->component_count != b->component_count || sim__has_subjects(a) != sim__has_subjects(b))
        return false;
    for (uint32_t i = 0; i < a->component_count; i++)
        if (a->components[i].model != b->components[i].model ||
            a->components[i].nodes != b->components[i].nodes ||
            !same_types(&a->components[i], &b->components[i]) ||
            strcmp(a->components[i].name, b->components[i].name) != 0)
            return false;
    return same_bill(a->bill, b->bill);
}

struct sim__kind *sim__kind_of(struct sim__load *load, const struct sim_case *it)
{
    uint64_t hash = hash_of(&it->plan);
    struct sim_lookup *known = &load->kind_numbers;
    uint32_t high = (uint32_t)(hash >> 32), low = (uint32_t)hash;
    uint32_t number = sim_lookup_get_pair(known, high, low);
    if (number != SIM_LOOKUP_NONE && same_metrics(&load->kinds[number]->first->plan, &it->plan))
        return load->kinds[number];
    struct sim__kind **kinds = sim__grown(load, load->kinds, load->kind_count, &load->kind_room,
                                          sizeof(struct sim__kind *));
    struct sim__kind *kind = sim__alloc(load, 1, sizeof *kind);
    if (!kind || !kinds)
        return NULL;
    load->kinds = kinds;
    kind->first = it;
    known->arena = load->arena;
    sim_lookup_put_pair(known, high, low, (uint32_t)load->kind_count);
    load->kinds[load->kind_count++] = kind;
    return kind;
}

void sim__find_kinds(struct sim__load *load)
{
    for (; load->sorted_cases < load->case_count; load->sorted_cases++)
        sim__kind_of(load, &load->cases[load->sorted_cases]);
}
