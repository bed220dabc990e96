/* test_estimate.c - how many events a run is said to take, held against how many it took. */
#include "model/harness.h"

#include <stdio.h>

static double ratio_of(const struct sim_scenario *s, uint32_t i)
{
    char arithmetic[256];
    struct sim_error error;
    struct sim_world *w = sim_world_new(&s->variants[i].plan, s->seed, 0, &error);
    assert_non_null(w);
    struct sim_record *r = sim_world_run(w, NULL, NULL);
    double said = sim_plan_events(&s->variants[i].plan, arithmetic, sizeof arithmetic);
    double ratio = said / (double)r->events;
    printf("%6.2f  %-24s %-24s said %.3g, took %.3g: %s\n", ratio, s->name, s->variants[i].name,
           said, (double)r->events, arithmetic);
    sim_record_free(r);
    sim_world_free(w);
    return ratio;
}

/* Runs of a file, made shorter where it says so. */
static void check_file(const char *path, const char *duration)
{
    char whole[512];
    const struct sim_set sets[] = {{"run.duration", duration}, {"run.warmup", "0s"}};
    struct sim_load_options options = {.sets = sets, .set_count = duration ? 2 : 0};
    struct sim_diagnostics said = {.items = NULL};
    snprintf(whole, sizeof whole, "%s/scenarios/%s", WEIR_SOURCE_DIR, path);
    struct sim_scenario *s = sim_scenario_load(whole, &options, &said);
    if (!s)
        sim_diagnostics_print(&said, stderr);
    assert_non_null(s);
    for (uint32_t i = 0; i < s->variant_count; i++) {
        double ratio = ratio_of(s, i);
        assert_true(ratio > 0.5 && ratio < 2);
    }
    sim_scenario_free(s);
    sim_diagnostics_free(&said);
}

static void estimates_are_within_a_factor_of_two(void **state)
{
    (void)state;
    static const struct {
        const char *path, *duration;
    } files[] = {
        {"ch22-caching/stampede.json", "30s"},   {"validation/batches.json", "200000s"},
        {"validation/branch.json", "200s"},      {"validation/closed.json", "20000s"},
        {"validation/cost.json", NULL},          {"validation/erlang-a.json", "2000s"},
        {"validation/erlang-c.json", "20000s"},  {"validation/herd.json", "20000s"},
        {"validation/lru.json", "20s"},          {"validation/mg1.json", "20000s"},
        {"validation/mm1-50.json", "200000s"},   {"validation/mm1-80.json", "200000s"},
        {"validation/mmc-2.json", "20000s"},     {"validation/mmc-5.json", "20000s"},
        {"validation/mmpp.json", "200000s"},     {"validation/pauses.json", "40000s"},
        {"validation/priority.json", "40000s"},  {"validation/processor-sharing.json", "20000s"},
        {"validation/retries.json", "2000s"},    {"validation/retry-growth.json", NULL},
        {"validation/retry-layers.json", NULL},  {"validation/retry-storm.json", NULL},
        {"validation/retry-trigger.json", NULL}, {"validation/sessions.json", "20000s"},
        {"validation/tandem-inputs.json", NULL}, {"validation/tandem.json", "20000s"},
        {"validation/ttl.json", "20000s"},       {"validation/day.json", "24h"},
        {"validation/balancer.json", "400s"},    {"validation/mmck.json", "2000s"},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        check_file(files[i].path, files[i].duration);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(estimates_are_within_a_factor_of_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
