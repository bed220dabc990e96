/* footprint.c - how much memory a world will take, from the parameters alone, to refuse runs that
 * do not fit.
 *
 * This is a lower bound: only memory that a run is sure to write to counts. Memory for keys is
 * taken as they are used, so no more keys count than there are requests. Of each histogram one row
 * counts, if requests arrive. Later growth of histograms, and pools, are left out. */
#include "fabric/call_state.h"
#include "fabric/reach.h"
#include "run/measured.h"
#include "run/workload.h"
#include "sim/world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MALLOC_BYTES 16.0 /* the C library's, for each block of memory */
#define BLOCK_BYTES 32.0  /* the same, and the head of a block of the world */
#define PAGE_BYTES 4096.0 /* upper bound on the memory that one request touches */

/* The largest part so far, and the sum. */
struct footprint {
    double total, most;
    char *arithmetic;
    size_t bytes;
};

static bool is_most(struct footprint *f, double bytes)
{
    f->total += bytes;
    if (!(bytes > f->most))
        return false;
    f->most = bytes;
    return f->arithmetic != NULL;
}

/* What a node takes in addition to its model's struct: meters, its name, and a head for each
 * block. */
static double beside_bytes(const struct sim_plan *plan, const struct sim_plan_component *c)
{
    double bytes = sizeof(void *), blocks = 1;
    const double meters[SIM_METERS_TABLES] = {
        [SIM_METERS_STATION] = sizeof(struct sim_station_meters),
        [SIM_METERS_CALLER] = sizeof(struct sim_caller_meters),
        [SIM_METERS_TRUTH] = plan->keyspace_count > 0 ? sizeof(struct sim_truth_meters) : 0};
    for (int t = 0; t < SIM_METERS_TABLES; t++) {
        if (!(meters[t] > 0) || sim_meters_of(c->model, (enum sim_meter_table)t) == NULL)
            continue;
        bytes += meters[t];
        blocks++;
    }
    const struct sim_param *row = sim_plugin_next(c->model->params);
    for (; row != NULL; row = sim_plugin_next(row + 1)) {
        const struct sim_plugin_type *type = sim_plugin_at(row, c->image)->type;
        bytes += type != NULL ? (double)type->size : 0;
        blocks += type != NULL;
    }
    if (c->nodes > 1) {
        bytes += (double)strlen(c->name) + 12;
        blocks++;
    }
    return bytes + blocks * BLOCK_BYTES;
}

/* The histograms of a component to which requests come: its nodes share a list of rows, and at
 * least one row, of each (record.c). */
static double histograms_bytes(const struct sim_plan *plan, const struct sim_plan_component *c)
{
    double histograms = 0;
    uint32_t tables = sim_component_tables(c);
    for (uint32_t t = 0; t < tables; t++)
        for (const struct sim_meter *m = sim_component_meters(c, t);
             m != NULL && m->name != NULL && (t != SIM_METERS_TRUTH || plan->keyspace_count > 0);
             m++)
            histograms += m->kind == SIM_HISTOGRAM;
    return histograms * (SIM_HISTOGRAM_ROWS * sizeof(uint32_t *) +
                         SIM_HISTOGRAM_STEPS * sizeof(uint32_t) + 2 * MALLOC_BYTES);
}

static void add_component(struct footprint *f, const struct sim_plan *plan,
                          const struct sim__reach *r, uint32_t component, double requests)
{
    const struct sim_plan_component *c = &plan->components[component];
    double shared = requests >= 1 ? histograms_bytes(plan, c) : 0;
    double each = (double)c->model->size + beside_bytes(plan, c) + shared / c->nodes;
    if (is_most(f, c->nodes * each))
        snprintf(f->arithmetic, f->bytes, "\"%.60s\" has %u nodes x %.4g bytes", c->name, c->nodes,
                 each);
    struct sim_foreseen of = sim__plan_foresee(plan, r, component);
    double bytes = of.count * of.each;
    if (is_most(f, of.as_used ? fmin(bytes, requests * PAGE_BYTES) : bytes))
        snprintf(f->arithmetic, f->bytes, "\"%.60s\" has %.6g %s x %.4g bytes", c->name, of.count,
                 of.what, of.each);
}

/* Versions and commits of the keys. */
static void add_keyspace(struct footprint *f, const struct sim_plan_keyspace *k, double requests)
{
    double keys = (double)k->keys.n;
    if (is_most(f, fmin(keys * 2 * sizeof(uint32_t), requests * 2 * PAGE_BYTES)))
        snprintf(f->arithmetic, f->bytes, "\"%.60s\" has %.6g keys x %zu bytes", k->name, keys,
                 2 * sizeof(uint32_t));
}

double sim_plan_world_bytes(const struct sim_plan *plan, char *arithmetic, size_t bytes)
{
    struct footprint f = {.arithmetic = bytes > 0 ? arithmetic : NULL, .bytes = bytes};
    double requests = sim__plan_requests(plan);
    if (f.arithmetic != NULL)
        arithmetic[0] = '\0';
    struct sim__reach r;
    bool memory = sim__reach_make(&r, plan) == 0;
    for (uint32_t i = 0; memory && i < plan->component_count; i++)
        add_component(&f, plan, &r, i, requests);
    sim__reach_free(&r);
    for (uint32_t i = 0; i < plan->keyspace_count; i++)
        add_keyspace(&f, &plan->keyspaces[i], requests);
    double windows = plan->interval > 0 ? (double)(plan->duration / plan->interval) : 0;
    if (is_most(&f, windows * plan->component_count * sizeof(double)))
        snprintf(arithmetic, bytes, "there are %.6g windows x %u components x %zu bytes", windows,
                 plan->component_count, sizeof(double));
    return f.total;
}
