/* test_estimate.c - how many events a run is said to take, held against how many it took. */
#include "base/text.h"
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

/* A thousand services in a row, the last one first in the file, and a client of each: what comes to
 * one is known only when all before it have been followed. */
static void a_long_chain_is_followed_once(void **state)
{
    (void)state;
    struct sim_buffer text = {0};
    sim_buffer_puts(&text, "{'schema_version': 1, 'title': 't', 'run': {'duration': '2s', "
                           "'warmup': '0s'}, 'components': {'s0': {'model': 'store'}");
    for (uint32_t i = 0; i < 1000; i++)
        sim_buffer_printf(&text,
                          ", 's%u': {'model': 'service', 'servers': 1, 'service_time': '1us', "
                          "'to': 's%u'}, 'c%u': {'model': 'client', 'to': 's%u', 'rate': '0.1/s'}",
                          i + 1, i, i, i + 1);
    sim_buffer_puts(&text, "}}");
    assert_non_null(text.text);
    struct sim_scenario *s = harness_scenario(text.text);
    double ratio = ratio_of(s, 0);
    assert_true(ratio > 0.5 && ratio < 2);
    sim_scenario_free(s);
    sim_buffer_free(&text);
}

/* ---- users whose own policy ends their calls ------------------------------------------------- */

#define DB "'db': {'model': 'service', 'servers': 1, 'service_time': '5ms'}"

/* Ten users who do not think, of a callee that takes 5 ms for each. They start requests without end
 * and without time between them once a call of theirs ends at once: the limit is full, no token
 * comes in time, the breaker is open after what must fail, or nothing may be waited for. */
static const struct {
    const char *policy;
    bool endless;
} policies[] = {
    {"'concurrency': {'limit': 1}", true},
    {"'concurrency': {'limit': 9, 'kind': 'aimd'}", true},
    {"'concurrency': {'limit': 10}", false},
    {"'concurrency': {'limit': 1, 'wait': '10ms'}", false},
    {"'concurrency': {'limit': 1, 'wait': '10ms', 'queue': 3}", true},
    {"'concurrency': {'limit': 1}, 'retry': {'attempts': 2, 'backoff': '10ms'}", false},
    {"'concurrency': {'limit': 1}, 'retry': {'attempts': 2}", true},
    {"'concurrency': {'limit': 1}, 'retry': {'attempts': 2, 'backoff': '10ms', "
     "'refused_is_final': true}",
     true},
    {"'concurrency': {'limit': 1}, 'retry': {'attempts': 2, 'backoff': '10ms', 'budget': "
     "{'ratio': 0, 'minimum': '0/s'}}",
     true},
    {"'rate_limit': {'rate': '100/s'}", true},
    {"'rate_limit': {'rate': '100/s', 'burst': 10}", true},
    {"'rate_limit': {'rate': '100/s', 'wait': '1ms'}", true},
    {"'rate_limit': {'rate': '100/s', 'wait': '1s'}", false},
    {"'rate_limit': {'rate': '1000/s', 'burst': 10}", false},
    {"'breaker': {'consecutive': 1, 'open': '1000d'}, 'timeout': '1ms'", true},
    {"'breaker': {'consecutive': 1}, 'timeout': '1s'", false},
    {"'patience': '0s'", true},
    {"'timeout': '0s'", true},
    {"'timeout': '0s', 'retry': {'attempts': 2, 'backoff': '10ms'}", false},
    {"'deadline': '0s', 'retry': {'attempts': 2, 'backoff': '10ms'}", true},
};

static void check_policy(const char *to, const char *users, const char *more, bool endless)
{
    char text[1024];
    snprintf(text, sizeof text,
             "{'schema_version': 1, 'title': 't', 'run': {'duration': '100s', 'warmup': '0s'}, "
             "'components': {'users': {'model': 'client', 'to': '%s', 'users': 10, "
             "'think_time': '0s'%s}, " DB "%s}}",
             to, users, more);
    struct sim_scenario *s = harness_scenario(text);
    double said = sim_plan_events(&s->variants[0].plan, NULL, 0);
    if (endless != (isinf(said) != 0))
        fail_msg("%.3g events are foreseen: %s%s", said, users, more);
    double ratio = endless ? 1 : ratio_of(s, 0);
    assert_true(ratio > 0.5 && ratio < 2);
    sim_scenario_free(s);
}

static void calls_that_their_own_policy_ends_are_seen(void **state)
{
    (void)state;
    char users[512], more[512];
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        snprintf(users, sizeof users, ", %s", policies[i].policy);
        check_policy("db", users, "", policies[i].endless);
    }
    for (size_t i = 0; i < 2; i++) { /* and the policy of who passes calls on without work */
        snprintf(more, sizeof more,
                 ", 'between': {'model': 'balancer', 'policy': 'random', 'to': 'db', %s}",
                 policies[i].policy);
        check_policy("between", "", more, policies[i].endless);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(estimates_are_within_a_factor_of_two),
        cmocka_unit_test(a_long_chain_is_followed_once),
        cmocka_unit_test(calls_that_their_own_policy_ends_are_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
