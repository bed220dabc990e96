/* world.c - makes a world from a plan: nodes and keyspaces; and frees it. */
#include "sim/world.h"
#include "books/trace_state.h"
#include "books/truth_state.h"
#include "fabric/call_state.h"
#include "fabric/fault_state.h"
#include "fabric/link_state.h"
#include "parts/copies_state.h"
#include "policy/policy_state.h"
#include "run/measured.h"
#include "run/model_check.h"
#include "run/wiring.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sim *sim_world_sim(struct sim_world *w)
{
    return w->sim;
}

struct sim_node *sim_world_node(struct sim_world *w, uint32_t component, uint32_t node)
{
    assert(component < w->component_count && node < w->plan->components[component].nodes);
    return w->components[component].nodes[node];
}

/* ---- making ---------------------------------------------------------------------------------- */

static int keyspaces_make(struct sim_world *w)
{
    w->keyspaces = sim__world_alloc(w, w->plan->keyspace_count, sizeof *w->keyspaces);
    if (w->keyspaces == NULL)
        return -1;
    for (uint32_t i = 0; i < w->plan->keyspace_count; i++) {
        const struct sim_plan_keyspace *p = &w->plan->keyspaces[i];
        struct sim_keyspace *k = &w->keyspaces[i];
        *k = (struct sim_keyspace){.name = p->name,
                                   .keys = &p->keys,
                                   .count = p->keys.n,
                                   .value_bytes = p->value_bytes,
                                   .subjects = p->subjects,
                                   .homes = p->homes,
                                   .home_count = p->home_count};
        k->latest = sim__world_alloc(w, k->count, sizeof *k->latest);
        k->commits = sim__commits_new(&w->blocks, k->count);
        if (k->latest == NULL || k->commits == NULL)
            return -1;
    }
    return 0;
}

/* Gives a plug-in its own copy of the plan's parameters, or none if memory runs out. */
static int plugin_make(struct sim_world *w, struct sim_plugin *plugin)
{
    const void *image = plugin->self;
    size_t size = plugin->type != NULL ? plugin->type->size : 0;
    plugin->self = size > 0 ? sim__world_alloc(w, 1, size) : NULL;
    if (plugin->self != NULL)
        memcpy(plugin->self, image, size);
    return size == 0 || plugin->self != NULL ? 0 : -1;
}

/* Makes the plug-ins, and replaces each index of a keyspace (1 + i; 0: none) by the keyspace's
 * address. Goes on if memory runs out, so that no pointer of the plan is left in the node. */
static int params_bind(struct sim_world *w, char *base, const struct sim_param *p)
{
    int failed = 0;
    for (; p != NULL && p->name != NULL; p++) {
        const char *inner;
        if (p->kind == SIM_PLUGIN)
            failed |= plugin_make(w, (struct sim_plugin *)(void *)(base + p->offset));
        const struct sim_param *within = sim_params_within(p, base, &inner);
        if (within != NULL && inner != NULL)
            failed |= params_bind(w, (char *)inner, within);
        if (p->kind != SIM_KEYSPACE)
            continue;
        uintptr_t index;
        memcpy(&index, base + p->offset, sizeof index);
        struct sim_keyspace *space = index == 0 ? NULL : &w->keyspaces[index - 1];
        memcpy(base + p->offset, &space, sizeof space);
    }
    return failed;
}

static void histograms_make(void *base, const struct sim_meter *m)
{
    for (; m != NULL && m->name != NULL; m++)
        if (m->kind == SIM_HISTOGRAM)
            sim_histogram_init((struct sim_histogram *)((char *)base + m->offset));
}

static void histograms_free(void *base, const struct sim_meter *m)
{
    for (; base != NULL && m != NULL && m->name != NULL; m++)
        if (m->kind == SIM_HISTOGRAM)
            sim_histogram_free((struct sim_histogram *)((char *)base + m->offset));
}

static int node_name(struct sim_world *w, struct sim_node *node, const struct sim_component *c)
{
    node->name = c->plan->name;
    if (c->plan->nodes == 1)
        return 0;
    size_t bytes = strlen(c->plan->name) + 12;
    char *name = sim__world_alloc(w, bytes, 1);
    if (name == NULL)
        return -1;
    snprintf(name, bytes, "%s/%u", c->plan->name, node->index);
    node->name = name;
    return 0;
}

static int meters_make(struct sim_world *w, struct sim_node *node)
{
    const struct sim_plan_component *c = node->component->plan;
    uint32_t tables = sim_component_tables(c);
    if (sim__meters_kept(w, c, SIM_METERS_STATION))
        node->station = sim__world_alloc(w, 1, sizeof *node->station);
    if (sim__meters_kept(w, c, SIM_METERS_CALLER))
        node->caller = sim__world_alloc(w, 1, sizeof *node->caller);
    if (sim__meters_kept(w, c, SIM_METERS_TRUTH))
        node->truth = sim__world_alloc(w, 1, sizeof *node->truth);
    if (sim__meters_kept(w, c, SIM_METERS_COPIES) && sim__copies_make(node) != 0)
        return -1;
    for (uint32_t t = 0; t < tables; t++) {
        const struct sim_meter *table = sim__meters_kept(w, c, t);
        void *meters = table != NULL ? sim__node_meters(node, t) : NULL;
        if (table != NULL && meters == NULL)
            return -1;
        histograms_make(meters, table);
    }
    return 0;
}

static int node_make(struct sim_world *w, struct sim_component *c, uint32_t index, uint32_t site)
{
    const struct sim_plan_site *at = &w->sites[c->first_site + site].place;
    const struct sim_model *model = c->plan->model;
    struct sim_node *node = sim__world_alloc(w, 1, model->size);
    if (node == NULL)
        return -1;
    c->nodes[index] = node;
    memcpy(node, c->plan->image, model->size);
    *node = (struct sim_node){.sim = w->sim,
                              .world = w,
                              .model = model,
                              .component = c,
                              .index = index,
                              .count = c->plan->nodes,
                              .slow = 1,
                              .site = site,
                              .region = at->region,
                              .zone = at->zone};
    if (params_bind(w, (char *)node, model->params) != 0 || node_name(w, node, c) != 0 ||
        meters_make(w, node) != 0)
        return -1;
    return node->caller != NULL ? sim__policy_join(node) : 0;
}

/* Lists where the nodes of all components stand. 0, or -1 when out of memory. */
static int sites_make(struct sim_world *w)
{
    size_t count = 0;
    for (uint32_t i = 0; i < w->plan->component_count; i++)
        count += sim_plan_sites(&w->plan->components[i]);
    w->sites = sim__world_alloc(w, count, sizeof *w->sites);
    for (uint32_t i = 0; w->sites != NULL && i < w->plan->component_count; i++) {
        const struct sim_plan_component *c = &w->plan->components[i];
        w->components[i].first_site = w->site_count;
        for (uint32_t s = 0; s < sim_plan_sites(c); s++)
            w->sites[w->site_count++] = (struct sim__site){i, sim_plan_site(c, s), 0, 0};
    }
    return w->sites != NULL ? 0 : -1;
}

static int component_make(struct sim_world *w, uint32_t index)
{
    struct sim_component *c = &w->components[index];
    const struct sim_plan_component *p = &w->plan->components[index];
    assert(p->nodes > 0);
    c->world = w;
    c->plan = p;
    c->first_node = w->node_count;
    w->node_count += p->nodes;
    c->plain = sim__policy_is_plain(&p->policy);
    c->nodes = sim__world_alloc(w, p->nodes, sizeof *c->nodes);
    if (c->nodes == NULL)
        return -1;
    sim_stream_init(&c->spread, w->seed, w->replication, p->name, "spread");
    sim_stream_init(&c->jitter, w->seed, w->replication, p->name, "retry jitter");
    c->timeout = p->policy.timeout;
    if (c->timeout > 0) {
        c->timeout_lane = sim_lane(w->sim, p->policy.timeout);
        if (c->timeout_lane == NULL)
            return -1;
    }
    for (uint32_t s = 0; s < sim_plan_sites(p); s++) {
        struct sim_plan_site site = sim_plan_site(p, s);
        for (uint32_t n = 0; n < site.nodes; n++)
            if (node_make(w, c, site.first_node + n, s) != 0)
                return -1;
    }
    return 0;
}

static int nodes_init(struct sim_world *w, struct sim_error *error)
{
    for (uint32_t i = 0; i < w->component_count; i++) {
        struct sim_component *c = &w->components[i];
        for (uint32_t n = 0; n < c->plan->nodes; n++)
            if (c->plan->model->init != NULL && c->plan->model->init(c->nodes[n], error) != 0)
                return -1;
    }
    return 0;
}

/* Components that nobody calls are the sources of requests. */
static int trace_make(struct sim_world *w)
{
    w->trace = sim__trace_new(w->component_count, w->plan->warmup == 0);
    if (w->trace == NULL)
        return -1;
    for (uint32_t i = 0; i < w->component_count; i++) {
        struct sim_component *c = &w->components[i];
        c->until_followed = UINT64_MAX;
        if (c->plan->model->serve == NULL)
            c->until_followed = sim__trace_source(w->trace, i, w->seed, w->replication,
                                                  c->plan->name);
    }
    return 0;
}

int sim_world_trace(struct sim_world *w, uint32_t requests)
{
    assert(requests > 0 && requests <= SIM_TRACE_MOST);
    if (sim__trace_keep(w->trace, requests) != 0)
        return -1;
    for (uint32_t i = 0; i < w->component_count; i++)
        if (w->components[i].plan->model->serve == NULL)
            w->components[i].until_followed = 1;
    return 0;
}

/* If the timeline has crashes, the world keeps which calls and operations belong to which node. */
static int owned_make(struct sim_world *w)
{
    bool crashes = false;
    for (uint32_t i = 0; i < w->plan->fault_count; i++) {
        int kind = w->plan->faults[i].kind;
        crashes = crashes || kind == SIM_DO_CRASH || kind == SIM_DO_RESTART;
    }
    if (!crashes)
        return 0;
    struct sim__calls *c = &w->calls;
    uint32_t records = c->slab_count * SIM__CALLS_A_SLAB;
    bool made = sim__owned_make(w, &c->made) == 0 && sim__owned_make(w, &c->held) == 0 &&
                sim__owned_make(w, &w->operations->made) == 0 &&
                sim__owned_reserve(&c->made, records) && sim__owned_reserve(&c->held, records);
    return made ? 0 : -1;
}

static int world_make(struct sim_world *w)
{
    uint32_t n = w->plan->component_count;
    w->sim = sim_new(&w->plan->limits);
    w->components = sim__world_alloc(w, n, sizeof *w->components);
    w->lines = sim__world_alloc(w, 2 * (size_t)w->plan->link_count, sizeof *w->lines);
    if (w->sim == NULL || w->components == NULL || w->lines == NULL || keyspaces_make(w) != 0 ||
        sim__calls_make(w) != 0 || sim__operations_make(w) != 0 ||
        sim__declared_make(&w->declared, w->plan) != 0 || sites_make(w) != 0)
        return -1;
    w->component_count = n;
    for (uint32_t i = 0; i < n; i++)
        if (component_make(w, i) != 0)
            return -1;
    if (owned_make(w) != 0)
        return -1;
    return sim__ports_wire(w) != 0 || trace_make(w) != 0 || sim__faults_begin(w) != 0 ? -1 : 0;
}

struct sim_world *sim_world_new(const struct sim_plan *plan, uint64_t seed, uint64_t replication,
                                struct sim_error *error)
{
    struct sim_world *w = calloc(1, sizeof *w);
    snprintf(error->text, sizeof error->text, "out of memory while making the world");
    if (w == NULL)
        return NULL;
    if (sim__models_check(plan, error) != 0) {
        free(w);
        return NULL;
    }
    w->plan = plan;
    w->refusal = error;
    w->seed = seed;
    w->replication = replication;
    if (world_make(w) != 0 || nodes_init(w, error) != 0 || w->refused || sim__world_stops(w)) {
        sim_world_free(w);
        return NULL;
    }
    w->refusal = NULL;
    error->text[0] = '\0';
    return w;
}

static void node_free(struct sim_node *node)
{
    if (node == NULL)
        return;
    if (node->model->finish != NULL)
        node->model->finish(node);
    const struct sim_plan_component *c = node->component->plan;
    uint32_t tables = sim_component_tables(c);
    for (uint32_t t = 0; t < tables; t++)
        histograms_free(sim__node_meters(node, t), sim_component_meters(c, t));
}

void sim_world_free(struct sim_world *w)
{
    if (w == NULL)
        return;
    for (uint32_t i = 0; i < w->component_count; i++)
        for (uint32_t n = 0; w->components[i].nodes && n < w->components[i].plan->nodes; n++)
            node_free(w->components[i].nodes[n]);
    sim__calls_free(w);
    sim__operations_free(w);
    sim__links_free(w);
    sim__trace_free(w->trace);
    sim_free(w->sim);
    sim_blocks_free(&w->blocks);
    free(w);
}
