/* test_template.c - models/template.c, run by a plan written in C. */
#include "../../models/template.c"

#include "sim/world.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* A caller of its own: 100 calls a second, evenly spaced. */
struct caller {
    struct sim_node node;
    struct sim_port to;
    int64_t ended, lost, refused;
};

static void ended(struct sim *sim, void *self, sim_arg arg, const struct sim_reply *reply)
{
    (void)sim, (void)arg;
    struct caller *c = self;
    c->ended++;
    c->lost += reply->status == SIM_LOST;
    c->refused += reply->status == SIM_REFUSED;
}

static void ask(struct sim *sim, void *self, sim_arg arg)
{
    struct caller *c = self;
    struct sim_request request = {
        .op = SIM_OTHER, .key = SIM_NO_KEY, .intended = sim_now(sim), .deadline = SIM_NEVER};
    sim_call(&c->to, 0, &request, ended, c, arg);
    sim_after(sim, 10 * SIM_MILLISECOND, ask, c, arg);
}

static int caller_init(struct sim_node *self, struct sim_error *error)
{
    (void)error;
    sim_after(self->sim, 0, ask, self, (sim_arg){0});
    return 0;
}

static int64_t seen_ended, seen_lost, seen_refused;

static int caller_check(const struct sim_node *self, struct sim_error *error)
{
    (void)error;
    const struct caller *c = (const struct caller *)self;
    seen_ended = c->ended;
    seen_lost = c->lost;
    seen_refused = c->refused;
    return 0;
}

static const struct sim_port_def caller_ports[] = {
    {"to", offsetof(struct caller, to), SIM_REQUIRED, "Whom it calls."},
    {0},
};

static const struct sim_model caller_model = {
    .name = "caller",
    .summary = "Calls 100 times a second.",
    .source = "this test",
    .size = sizeof(struct caller),
    .ports = caller_ports,
    .init = caller_init,
    .check = caller_check,
};

static struct sim_record *run(const struct sim_dist *delay, struct sim_plan_fault *faults,
                              uint32_t fault_count)
{
    struct caller caller = {0};
    struct template image = {.delay = *delay};
    struct sim_plan_target target = {.component = 1, .share = 1};
    struct sim_plan_port port = {.targets = &target, .count = 1};
    struct sim_plan_component components[] = {
        {.name = "caller",
         .model = &caller_model,
         .region = SIM_NOWHERE,
         .nodes = 1,
         .policy.retry.attempts = 1,
         .image = &caller,
         .ports = &port},
        {.name = "callee",
         .model = &template_model,
         .region = SIM_NOWHERE,
         .nodes = 1,
         .policy.retry.attempts = 1,
         .image = &image},
    };
    struct sim_plan plan = {.title = "template",
                            .duration = 1000 * SIM_SECOND,
                            .interval = SIM_SECOND,
                            .components = components,
                            .component_count = 2,
                            .faults = faults,
                            .fault_count = fault_count};
    struct sim_error error = {""};
    struct sim_world *world = sim_world_new(&plan, 1, 0, &error);
    if (!world)
        fail_msg("%s", error.text);
    struct sim_record *record = sim_world_run(world, NULL, NULL);
    assert_non_null(record);
    assert_true(record->audit_held);
    sim_world_free(world);
    return record;
}

static double metric(const struct sim_record *r, const char *meter, const char *stat)
{
    for (uint32_t i = 0; i < r->metric_count; i++)
        if (strcmp(r->metrics[i].component, "callee") == 0 &&
            strcmp(r->metrics[i].meter, meter) == 0 && strcmp(r->metrics[i].stat, stat) == 0)
            return r->metrics[i].value;
    fail_msg("no metric %s.%s", meter, stat);
    return NAN;
}

/* Little's law: in flight = 100/s x 50 ms = 5, constant delays or not. */
static void in_flight_is_rate_times_delay(void **state)
{
    (void)state;
    struct sim_dist delay;
    sim_dist_constant(&delay, 50e6, NULL);
    struct sim_record *r = run(&delay, NULL, 0);
    assert_true(fabs(metric(r, "in_flight", "mean") - 5) < 0.001);
    assert_true(metric(r, "served", "count") == 99995);
    sim_record_free(r);
    sim_dist_exponential(&delay, 50e6, NULL);
    r = run(&delay, NULL, 0);
    assert_true(fabs(metric(r, "in_flight", "mean") - 5) < 0.1); /* 5 standard errors: 0.08 */
    sim_record_free(r);
}

/* Five are in hand when it crashes, and lost; 1000 come while it is down, and are turned away. */
static void what_is_in_hand_is_lost_in_a_crash(void **state)
{
    (void)state;
    struct sim_dist delay;
    sim_dist_constant(&delay, 45e6, NULL);
    struct sim_plan_fault crash = {.at = 100 * SIM_SECOND + 1,
                                   .lasts = 10 * SIM_SECOND,
                                   .kind = SIM_DO_CRASH,
                                   .on = {.index = 1, .node = SIM_ALL_NODES},
                                   .factor = 1,
                                   .label = "crash"};
    struct sim_record *r = run(&delay, &crash, 1);
    assert_int_equal(seen_lost, 5);
    assert_int_equal(seen_refused, 1000);
    assert_int_equal(seen_ended, 100000 - 4); /* four were sent in the last 45 ms */
    sim_record_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_flight_is_rate_times_delay),
        cmocka_unit_test(what_is_in_hand_is_lost_in_a_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
