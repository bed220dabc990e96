/* harness.h - for tests of models: runs a scenario given as text and reads its numbers. */
#ifndef TESTS_MODEL_HARNESS_H
#define TESTS_MODEL_HARNESS_H

#include "scenario/scenario.h"
#include "sim/world.h"
#include "study/estimates/estimate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A client whose requests come one gap after another, the first after a whole one. */
#define IN_STEP "'arrival': 'constant', 'in_step': true"

/* Of two texts with %s-free JSON in single quotes: ' stands for " so that C stays legible. */
static inline char *harness_json(const char *text)
{
    char *json = strdup(text);
    assert_non_null(json);
    for (char *c = json; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    return json;
}

/* The scenario, or NULL with the first error's sentence in `why`. */
static inline struct sim_scenario *harness_parse(const char *text, char *why, size_t bytes)
{
    struct sim_diagnostics found = {0};
    struct sim_load_options options = {0};
    char *json = harness_json(text);
    struct sim_scenario *s = sim_scenario_parse("test", json, strlen(json), &options, &found);
    if (!s && found.count > 0)
        snprintf(why, bytes, "%s: %s", found.items[0].pointer, found.items[0].sentence);
    sim_diagnostics_free(&found);
    free(json);
    return s;
}

static inline struct sim_scenario *harness_scenario(const char *text)
{
    char why[512] = "";
    struct sim_scenario *s = harness_parse(text, why, sizeof why);
    if (!s)
        fail_msg("%s", why);
    return s;
}

static inline double harness_metric(const struct sim_record *record, const char *name)
{
    char full[200];
    for (uint32_t i = 0; i < record->metric_count; i++) {
        const struct sim_metric *m = &record->metrics[i];
        snprintf(full, sizeof full, "%s.%s.%s", m->component, m->meter, m->stat);
        if (strcmp(full, name) == 0)
            return m->value;
    }
    fail_msg("there is no metric %s", name);
    return NAN;
}

/* One replication of a case; its audit must hold. The caller frees. */
static inline struct sim_record *harness_run(const struct sim_case *c, uint64_t seed,
                                             uint64_t replication)
{
    struct sim_error error = {""};
    struct sim_world *world = sim_world_new(&c->plan, seed, replication, &error);
    if (!world)
        fail_msg("%s", error.text);
    struct sim_record *record = sim_world_run(world, NULL, NULL);
    assert_non_null(record);
    if (record->outcome != SIM_REACHED)
        fail_msg("%s", record->why);
    for (uint32_t i = 0; i < record->audit_count; i++)
        if (!record->audit[i].held)
            fail_msg("audit: %s of %s: %s", record->audit[i].name, record->audit[i].component,
                     record->audit[i].text);
    sim_world_free(world);
    return record;
}

/* One run of a text that has no variants; harness_free() frees it. A record's names are its
 * scenario's, which therefore stays as long. */
#define HARNESS_OPEN 16
static struct sim_scenario *harness_scenarios[HARNESS_OPEN];
static struct sim_record *harness_records[HARNESS_OPEN];

static inline struct sim_record *harness_once(const char *text)
{
    size_t at = 0;
    while (at < HARNESS_OPEN && harness_records[at])
        at++;
    assert_true(at < HARNESS_OPEN);
    harness_scenarios[at] = harness_scenario(text);
    harness_records[at] = harness_run(&harness_scenarios[at]->variants[0], 1, 0);
    return harness_records[at];
}

static inline void harness_free(struct sim_record *record)
{
    for (size_t at = 0; at < HARNESS_OPEN; at++) {
        if (harness_records[at] != record)
            continue;
        sim_record_free(record);
        sim_scenario_free(harness_scenarios[at]);
        harness_records[at] = NULL;
    }
}

/* `name` must be `expected` to the last digit a double of seconds carries. */
static inline void harness_is(const struct sim_record *record, const char *name, double expected)
{
    double seen = harness_metric(record, name);
    if (!(fabs(seen - expected) <= 1e-9 * fmax(1, fabs(expected))))
        fail_msg("%s is %.12g, not %.12g", name, seen, expected);
}

static inline void harness_between(const struct sim_record *record, const char *name, double low,
                                   double high)
{
    double seen = harness_metric(record, name);
    if (!(seen >= low && seen <= high))
        fail_msg("%s is %.12g, not from %.12g to %.12g", name, seen, low, high);
}

#endif
