/* world.c - makes a world of a plan: nodes, ports, links, keyspaces; and takes it apart. */
#include "fabric/world_state.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Offsets into struct sim_station_meters; every component that serves has these. */
#define STATION(member) offsetof(struct sim_station_meters, member)
static const struct sim_meter station_meters[] = {
    {"rate", SIM_COUNTER, "requests", "Calls that arrived.", STATION(rate), NULL, NULL, 0},
    {"answered", SIM_COUNTER, "requests", "Calls answered well.", STATION(by_status[SIM_OK]), NULL,
     NULL, 0},
    {"failed", SIM_COUNTER, "requests", "Calls that failed while served.",
     STATION(by_status[SIM_ERROR]), NULL, NULL, 0},
    {"refused", SIM_COUNTER, "requests", "Calls turned away unserved.",
     STATION(by_status[SIM_REFUSED]), NULL, NULL, 0},
    {"lost", SIM_COUNTER, "requests", "Calls in hand at a crash.", STATION(by_status[SIM_LOST]),
     NULL, NULL, 0},
    {"wasted", SIM_COUNTER, "requests", "Calls answered when nobody waited any more.",
     STATION(wasted), NULL, NULL, SIM_HEADLINE},
    {"in_flight", SIM_GAUGE, "requests", "Calls arrived and not yet answered.", STATION(in_flight),
     NULL, NULL, 0},
    {"sojourn", SIM_HISTOGRAM, "s", "Time from arrival here to the answer, whatever it is.",
     STATION(latency), NULL, NULL, 0},
    {.name = NULL},
};

#define CALLER(member) offsetof(struct sim_caller_meters, member)
static const struct sim_meter caller_meters[] = {
    {"calls", SIM_COUNTER, "calls", "Calls made, however often tried.", CALLER(calls), NULL, NULL,
     0},
    {"attempts", SIM_COUNTER, "attempts", "Attempts sent, retries included.", CALLER(attempts),
     NULL, NULL, 0},
    {"retries", SIM_COUNTER, "attempts", "Attempts after the first.", CALLER(retries), NULL, NULL,
     SIM_HEADLINE},
    {"timeouts", SIM_COUNTER, "attempts", "Attempts given up for want of an answer.",
     CALLER(timeouts), NULL, NULL, 0},
    {"abandoned", SIM_COUNTER, "attempts", "Attempts given up as no longer needed.",
     CALLER(abandoned), NULL, NULL, 0},
    {"hedges", SIM_COUNTER, "attempts", "Attempts sent beside one still out.", CALLER(hedges), NULL,
     NULL, 0},
    {"hedges_won", SIM_COUNTER, "attempts", "Such attempts that answered first.",
     CALLER(hedges_won), NULL, NULL, 0},
    {"budget_denied", SIM_COUNTER, "attempts", "Retries and hedges the retry budget forbade.",
     CALLER(budget_denied), NULL, NULL, 0},
    {"breaker_refused", SIM_COUNTER, "attempts", "Attempts an open breaker refused, never sent.",
     CALLER(breaker_refused), NULL, NULL, 0},
    {"breaker_open", SIM_GAUGE, "breakers", "Breakers that are open or half-open.",
     CALLER(breaker_open), NULL, NULL, 0},
    {"rate_refused", SIM_COUNTER, "attempts", "Attempts the rate limit refused, never sent.",
     CALLER(rate_refused), NULL, NULL, 0},
    {"concurrency_refused", SIM_COUNTER, "attempts",
     "Attempts the concurrency limit refused, never sent.", CALLER(concurrency_refused), NULL, NULL,
     0},
    {"concurrency", SIM_GAUGE, "attempts", "Attempts out under the concurrency limit.",
     CALLER(concurrency), NULL, NULL, 0},
    {"concurrency_limit", SIM_GAUGE, "attempts", "The concurrency limit in force.",
     CALLER(concurrency_limit), NULL, NULL, 0},
    {"held_back", SIM_GAUGE, "attempts", "Attempts that wait for a token or a slot.",
     CALLER(held_back), NULL, NULL, 0},
    {.name = NULL},
};

/* For SIM_TRUTH_METERS, whose offsets are of a member. */
struct truth {
    struct sim_truth_meters of;
};

static const struct sim_meter truth_meters[] = {
    SIM_TRUTH_METERS(struct truth, of, "keyed_reads", 0),
    {.name = NULL},
};

const struct sim_meter *sim_meters_of(const struct sim_model *model, enum sim_meter_table table)
{
    bool called = model->serve != NULL, calls = model->ports != NULL && model->ports[0].name;
    switch (table) {
    case SIM_METERS_OWN: return model->meters;
    case SIM_METERS_STATION: return called ? station_meters : NULL;
    case SIM_METERS_CALLER: return calls ? caller_meters : NULL;
    case SIM_METERS_TRUTH: return called ? truth_meters : NULL;
    case SIM_METERS_COPIES: return model->holds != NULL ? sim__copy_meters : NULL;
    default: return NULL;
    }
}

/* Stands before each block of a world's memory; as large as the strictest alignment. */
struct sim__block {
    _Alignas(16) struct sim__block *older;
    struct sim__block *newer;
};

/* A block that is new, or has moved, takes its place in the list. */
static void *block_placed(struct sim_world *w, struct sim__block *block)
{
    if (block->older != NULL)
        block->older->newer = block;
    *(block->newer != NULL ? &block->newer->older : &w->newest_block) = block;
    return block + 1;
}

void *sim__world_alloc(struct sim_world *w, size_t count, size_t size)
{
    if (size != 0 && count > (SIZE_MAX - sizeof(struct sim__block)) / size)
        return NULL;
    struct sim__block *block = calloc(1, sizeof *block + count * size);
    if (block == NULL)
        return NULL;
    block->older = w->newest_block;
    return block_placed(w, block);
}

void *sim_node_alloc(const struct sim_node *node, size_t count, size_t size)
{
    return sim__world_alloc(node->world, count, size);
}

void *sim__world_grow(struct sim_world *w, void *old, size_t count, size_t size)
{
    if (old == NULL)
        return sim__world_alloc(w, count, size);
    if (size != 0 && count > (SIZE_MAX - sizeof(struct sim__block)) / size)
        return NULL;
    struct sim__block *grown = realloc((struct sim__block *)old - 1, sizeof *grown + count * size);
    return grown != NULL ? block_placed(w, grown) : NULL;
}

void *sim_node_grow(const struct sim_node *node, void *old, size_t count, size_t size)
{
    return sim__world_grow(node->world, old, count, size);
}

void *sim_component_shared(const struct sim_node *node, size_t size)
{
    struct sim_component *c = node->component;
    if (c->shared == NULL) {
        c->shared = sim__world_alloc(node->world, 1, size);
        c->shared_bytes = size;
    }
    assert(c->shared == NULL || c->shared_bytes == size);
    return c->shared;
}

struct sim_node *sim_peer(const struct sim_node *node, uint32_t index)
{
    assert(index < node->count);
    return node->component->nodes[index];
}

void sim_node_stream(const struct sim_node *node, const char *purpose, struct sim_stream *stream)
{
    sim_stream_init(stream, node->world->seed, node->world->replication, node->name, purpose);
}

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
        k->commits = sim__commits_new(w, k->count);
        if (k->latest == NULL || k->commits == NULL)
            return -1;
    }
    return 0;
}

/* Puts the address of its keyspace in place of each index (1 + i; 0: none). */
static void keyspaces_bind(struct sim_world *w, char *base, const struct sim_param *p)
{
    for (; p != NULL && p->name != NULL; p++) {
        if (p->kind == SIM_GROUP)
            keyspaces_bind(w, base + p->offset, p->fields);
        if (p->kind != SIM_KEYSPACE)
            continue;
        uintptr_t index;
        memcpy(&index, base + p->offset, sizeof index);
        struct sim_keyspace *space = index == 0 ? NULL : &w->keyspaces[index - 1];
        memcpy(base + p->offset, &space, sizeof space);
    }
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
    const struct sim_model *model = node->model;
    if (sim__meters_kept(w, model, SIM_METERS_STATION))
        node->station = sim__world_alloc(w, 1, sizeof *node->station);
    if (sim__meters_kept(w, model, SIM_METERS_CALLER))
        node->caller = sim__world_alloc(w, 1, sizeof *node->caller);
    if (sim__meters_kept(w, model, SIM_METERS_TRUTH))
        node->truth = sim__world_alloc(w, 1, sizeof *node->truth);
    if (sim__meters_kept(w, model, SIM_METERS_COPIES) && sim__copies_make(node) != 0)
        return -1;
    for (int t = 0; t < SIM_METERS_TABLES; t++) {
        const struct sim_meter *table = sim__meters_kept(w, model, t);
        void *meters = sim__node_meters(node, t);
        if (table != NULL && meters == NULL)
            return -1;
        histograms_make(meters, table);
    }
    return 0;
}

static int node_make(struct sim_world *w, struct sim_component *c, uint32_t index)
{
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
                              .slow = 1};
    keyspaces_bind(w, (char *)node, model->params);
    return node_name(w, node, c) != 0 || meters_make(w, node) != 0 ? -1 : 0;
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
    for (uint32_t i = 0; i < p->nodes; i++)
        if (node_make(w, c, i) != 0)
            return -1;
    return 0;
}

static int port_wire(struct sim_world *w, uint32_t from, const struct sim_port_def *def,
                     const struct sim_plan_port *plan)
{
    struct sim_component *c = &w->components[from];
    struct sim_port_target *targets = sim__world_alloc(w, plan->count, sizeof *targets);
    if (targets == NULL)
        return -1;
    for (uint32_t t = 0; t < plan->count; t++) {
        uint32_t to = plan->targets[t].component;
        targets[t] = (struct sim_port_target){.component = &w->components[to],
                                              .share = plan->targets[t].share,
                                              .out = sim__link_between(w, from, to),
                                              .back = sim__link_between(w, to, from)};
        if (targets[t].out == NULL || targets[t].back == NULL)
            return -1;
    }
    for (uint32_t n = 0; n < c->plan->nodes; n++) {
        struct sim_port *port = (struct sim_port *)((char *)c->nodes[n] + def->offset);
        *port = (struct sim_port){c->nodes[n], targets, plan->count, NULL};
        if (sim__guards_make(c->nodes[n], plan->count, &port->guards) != 0)
            return -1;
    }
    return 0;
}

static int ports_wire(struct sim_world *w)
{
    for (uint32_t i = 0; i < w->component_count; i++) {
        const struct sim_plan_component *p = &w->plan->components[i];
        const struct sim_port_def *def = p->model->ports;
        for (uint32_t k = 0; def != NULL && def[k].name != NULL; k++)
            if (port_wire(w, i, &def[k], &p->ports[k]) != 0)
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

/* Where the timeline has crashes, whose calls and operations are whose is kept. */
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
                sim__owned_make(w, &w->operations.made) == 0 &&
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
        sim__calls_make(w) != 0 || sim__links_declare(w) != 0)
        return -1;
    w->component_count = n;
    for (uint32_t i = 0; i < n; i++)
        if (component_make(w, i) != 0)
            return -1;
    if (owned_make(w) != 0)
        return -1;
    return ports_wire(w) != 0 || sim__trace_make(w) != 0 || sim__faults_begin(w) != 0 ? -1 : 0;
}

struct sim_world *sim_world_new(const struct sim_plan *plan, uint64_t seed, uint64_t replication,
                                struct sim_error *error)
{
    struct sim_world *w = calloc(1, sizeof *w);
    snprintf(error->text, sizeof error->text, "out of memory while making the world");
    if (w == NULL)
        return NULL;
    w->plan = plan;
    w->seed = seed;
    w->replication = replication;
    if (world_make(w) != 0 || nodes_init(w, error) != 0) {
        sim_world_free(w);
        return NULL;
    }
    error->text[0] = '\0';
    return w;
}

static void node_free(struct sim_node *node)
{
    if (node == NULL)
        return;
    if (node->model->finish != NULL)
        node->model->finish(node);
    for (int t = 0; t < SIM_METERS_TABLES; t++)
        histograms_free(sim__node_meters(node, t),
                        sim_meters_of(node->model, (enum sim_meter_table)t));
}

void sim_world_free(struct sim_world *w)
{
    if (w == NULL)
        return;
    for (uint32_t i = 0; i < w->component_count; i++)
        for (uint32_t n = 0; w->components[i].nodes && n < w->components[i].plan->nodes; n++)
            node_free(w->components[i].nodes[n]);
    sim__calls_free(w);
    sim__owned_free(&w->operations.made);
    sim__links_free(w);
    sim__trace_free(w);
    sim_free(w->sim);
    for (struct sim__block *block = w->newest_block, *older; block != NULL; block = older) {
        older = block->older;
        free(block);
    }
    free(w);
}

/* ---- size ------------------------------------------------------------------------------------ */

#define EVENTS_A_CALL 3 /* request, answer, and the work between them */
#define DEPTH_MOST 16

/* Calls that one request at a component sets off below it, at most. */
static double calls_below(const struct sim_plan *plan, uint32_t component, int depth)
{
    const struct sim_plan_component *c = &plan->components[component];
    double calls = 0;
    for (uint32_t k = 0; depth < DEPTH_MOST && c->model->ports && c->model->ports[k].name; k++)
        for (uint32_t t = 0; t < c->ports[k].count; t++)
            calls += c->ports[k].targets[t].share *
                     (1 + calls_below(plan, c->ports[k].targets[t].component, depth + 1));
    return calls;
}

/* The mean latency both ways between two components, ns. */
static double round_trip(const struct sim_plan *plan, uint32_t from, uint32_t to)
{
    const struct sim_plan_link *found = sim__link_declared(plan, from, to);
    return found != NULL && found->params.latency.kind != SIM_DIST_NONE
               ? 2 * sim_dist_mean(&found->params.latency)
               : 0;
}

/* Whether a fault may make a component turn calls away without work. */
static bool may_turn_away(const struct sim_plan *plan, uint32_t component)
{
    for (uint32_t i = 0; i < plan->fault_count; i++) {
        const struct sim_plan_fault *f = &plan->faults[i];
        bool turns_away = f->kind == SIM_DO_CRASH || f->kind == SIM_DO_RESTART ||
                          f->kind == SIM_DO_ERRORS;
        if (turns_away && sim_plan_end_reaches(plan, &f->on, component))
            return true;
    }
    return false;
}

/* The least of the durations that calls take at a model's node, ns, and the fewest calls at once of
 * which some may be refused, as its table marks them. */
static void marked(const struct sim_param *p, const char *image, double *work, double *admits)
{
    for (; p != NULL && p->name != NULL; p++) {
        if (p->kind == SIM_GROUP)
            marked(p->fields, image + p->offset, work, admits);
        if (p->kind == SIM_DISTRIBUTION && (p->flags & SIM_WORK)) {
            struct sim_dist time;
            memcpy(&time, image + p->offset, sizeof time);
            if (time.kind != SIM_DIST_NONE)
                *work = fmin(*work, sim_dist_mean(&time));
        }
        if (p->kind == SIM_COUNT && (p->flags & SIM_ADMITS)) {
            int64_t count;
            memcpy(&count, image + p->offset, sizeof count);
            *admits = fmin(*admits, (double)count);
        }
    }
}

/* How long a call by a component takes at least on average, ns, when it makes at most so many at
 * once: on the way, at work, and no longer than its timeout. A model that marks no work passes
 * calls on. A callee that is down, or full, answers at once. */
static double quickest(const struct sim_plan *plan, uint32_t component, double calls, int depth)
{
    const struct sim_plan_component *c = &plan->components[component];
    double least = INFINITY;
    for (uint32_t k = 0; depth < DEPTH_MOST && c->model->ports && c->model->ports[k].name; k++)
        for (uint32_t t = 0; t < c->ports[k].count; t++) {
            uint32_t to = c->ports[k].targets[t].component;
            const struct sim_plan_component *callee = &plan->components[to];
            double work = INFINITY, admits = INFINITY;
            marked(callee->model->params, callee->image, &work, &admits);
            if (isinf(work))
                work = quickest(plan, to, calls, depth + 1);
            if (calls > admits || may_turn_away(plan, to))
                work = 0;
            least = fmin(least, work + round_trip(plan, component, to));
        }
    if (c->policy.timeout > 0)
        least = fmin(least, (double)c->policy.timeout);
    if (c->policy.deadline > 0)
        least = fmin(least, (double)c->policy.deadline);
    return isinf(least) ? 0 : least;
}

/* Calls a second that a node starts of itself, at most. Those who wait for an answer before they
 * go on start one in each cycle of answer and thought (the asymptotic bound of Denning and Buzen
 * 1978, "The operational analysis of queueing network models"). */
static double started(const struct sim_plan *plan, uint32_t component)
{
    const struct sim_plan_component *c = &plan->components[component];
    double think_ns = 0, rate = c->model->offered != NULL ? c->model->offered(c->image) : 0;
    double users = c->model->closed != NULL ? c->model->closed(c->image, &think_ns) : 0;
    if (!(users > 0))
        return rate;
    return rate + users * 1e9 / (think_ns + quickest(plan, component, users * c->nodes, 0));
}

double sim_plan_events(const struct sim_plan *plan, char *arithmetic, size_t bytes)
{
    double seconds = (double)plan->duration / 1e9, total = 0, offered = 0, calls = 0;
    for (uint32_t i = 0; i < plan->component_count; i++) {
        const struct sim_plan_component *c = &plan->components[i];
        double rate = started(plan, i) * c->nodes, below = calls_below(plan, i, 0);
        if (!(rate > 0))
            continue;
        offered += rate;
        calls += rate * below;
        total += rate * seconds * (1 + EVENTS_A_CALL * below);
    }
    double faults = sim__faults_events(plan);
    total += faults;
    char more[40] = "";
    if (faults > 0.01 * total)
        snprintf(more, sizeof more, " + %.3g of faults", faults);
    if (arithmetic != NULL && bytes > 0 && isinf(total))
        snprintf(arithmetic, bytes,
                 "users whose answers may take no time need a think_time, or whom they call work");
    else if (arithmetic != NULL && bytes > 0)
        snprintf(arithmetic, bytes, "%.4g requests/s x %.4g s x %.3g calls a request x %d events%s",
                 offered, seconds, offered > 0 ? calls / offered : 0, EVENTS_A_CALL, more);
    return total;
}
