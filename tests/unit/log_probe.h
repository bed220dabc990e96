/* log_probe.h - a node for tests of logs, which take their memory from one. */
#ifndef TESTS_UNIT_LOG_PROBE_H
#define TESTS_UNIT_LOG_PROBE_H

#include "parts/log_state.h"
#include "sim/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void (*probed)(struct sim_node *);

static inline int probe_init(struct sim_node *self, struct sim_error *error)
{
    (void)error;
    probed(self);
    return 0;
}

static const struct sim_model probe_model = {.name = "probe",
                                             .summary = "Runs a test.",
                                             .source = "this test",
                                             .size = sizeof(struct sim_node),
                                             .init = probe_init};

/* Runs a test within the init() of a node. */
static inline void probe(void (*what)(struct sim_node *))
{
    struct sim_node image = {0};
    struct sim_plan_component component = {.name = "probe",
                                           .model = &probe_model,
                                           .region = SIM_NOWHERE,
                                           .nodes = 1,
                                           .image = &image,
                                           .policy.retry.attempts = 1};
    struct sim_plan plan = {.title = "t",
                            .duration = SIM_SECOND,
                            .interval = SIM_SECOND,
                            .components = &component,
                            .component_count = 1};
    struct sim_error error = {""};
    probed = what;
    struct sim_world *world = sim_world_new(&plan, 1, 0, &error);
    assert_non_null(world);
    sim_world_free(world);
}

static inline void assert_sound(const struct sim_log *log)
{
    const char *broken = sim_log_check(log);
    if (broken)
        fail_msg("%s", broken);
}

#endif
