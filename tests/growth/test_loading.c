/* test_loading.c - a list of a file takes no more than in proportion to be loaded or refused, and
 * for what its runs will take to be foreseen. */
#include "growth/shape.h"
#include "growth/steps.h"
#include "scenario/scenario.h"
#include "sim/world.h"

static void load(const void *self, uint32_t n)
{
    const struct shape *shape = self;
    struct sim_diagnostics said = {.items = NULL};
    char *text = text_of(shape, n);
    assert_non_null(text);
    struct sim_scenario *s = sim_scenario_parse("t.json", text, strlen(text), NULL, &said);
    if (!shape->refused && !s)
        sim_diagnostics_print(&said, stderr);
    assert_true(shape->refused == !s);
    for (uint32_t i = 0; s && i < s->variant_count; i++) {
        const struct sim_plan *plan = &s->variants[i].plan;
        assert_true(sim_plan_events(plan, NULL, 0) < 1e12); /* nothing is taken to be endless */
        assert_true(sim_plan_bytes(plan, NULL, 0) >= 0);
        assert_true(sim_plan_world_bytes(plan, NULL, 0) > 0);
    }
    sim_scenario_free(s);
    sim_diagnostics_free(&said);
    free(text);
}

/* ---- the lists ------------------------------------------------------------------------------- */

static const struct shape shapes[] = {
    {"variants", 1000,
     .top = {{"\"variants\": {", "\"v%u\": {\"run\": {\"warmup\": \"%us\"}}", "}"}},
     .refused = true}, /* warm-ups beyond the end */
    {"variants that differ", 500,
     .top = {{"\"variants\": {", "\"v%u\": {\"components\": {\"x%u\": {\"model\": \"store\"}}}",
              "}"}}},
    {"claims on variants", 500,
     .top = {{"\"variants\": {", "\"v%u\": {}", "}"},
             {"\"expect\": [",
              "{\"that\": \"users.latency.p99\", \"at_most\": \"1s\", \"because\": \"x\", "
              "\"from\": \"10s\", \"variant\": \"v%u\"}, "
              "{\"that\": \"db.wasted\", \"at_most\": \"%u/s\", \"because\": \"x\"}",
              "]"}}},
    {"figures", 1000, .components = {SERVICES},
     .top = {{"\"figures\": [",
              "{\"kind\": \"timeline\", \"title\": \"f%u\", \"panels\": [{\"title\": \"x\", "
              "\"series\": [\"s%u.utilisation\"]}]}",
              "]"}}},
    {"claims over a part", 1000, .components = {SERVICES},
     .top = {{"\"expect\": [",
              "{\"that\": \"s%u.utilisation.mean\", \"at_most\": 1, \"because\": \"x\", "
              "\"from\": \"1s\"}",
              "]"}}},
    {"timeline", 1000, .components = {SERVICES},
     .top =
         {{"\"timeline\": [",
           "{\"at\": \"%ums\", \"for\": \"1ms\", \"do\": \"slow\", \"factor\": 2, "
           "\"target\": \"s%u\"}, {\"at\": \"%ums\", \"do\": \"set\", \"set\": {\"servers\": 2}, "
           "\"target\": \"s%u\"}, {\"at\": \"%ums\", \"for\": \"1ms\", \"do\": \"crash\", "
           "\"silent\": true, \"target\": \"s%u\"}, {\"at\": \"1s\", \"for\": \"1s\", \"do\": "
           "\"partition\", \"target\": \"users<>s%u\"}",
           "]"}}},
    {"cells", 500,
     .top = {{"\"sweep\": {\"cross\": {\"components.users.rate\": [", "\"%u.5/s\"", "]}}"}}},
    {"exclusions", 400,
     .top = {{"\"sweep\": {\"cross\": {\"components.users.rate\": [\"1/s\", \"2/s\"]}, "
              "\"exclude\": [",
              "{\"components.users.rate\": [\"1/s\"]}", "]}"}}},
    {"a chain", 1000,
     .components = {{"\"c\": {\"model\": \"client\", \"to\": \"s0\", \"rate\": \"1/s\"}, ",
                     SERVICE ", \"to\": \"s%s\"}", ", \"s%n\": {\"model\": \"store\"}"}}},
    {"a chain, its end first, and a user of each", 500,
     .components = {{"\"s0\": {\"model\": \"store\"}, ",
                     "\"s%s\": {\"model\": \"service\", \"servers\": 1, \"service_time\": "
                     "\"1ms\", \"to\": \"s%u\"}, \"c%u\": {\"model\": \"client\", "
                     "\"to\": \"s%s\", \"users\": 2, \"think_time\": \"1s\"}",
                     ""}}},
    {"a chain, its end first", 1000, .components = {{"", SERVICE ", \"to\": [\"s%p\"]}", ""}},
     .refused = true}, /* the first calls itself */
    {"components in regions, with prices", 1000,
     .components = {{"", SERVICE ", \"region\": \"r%u\", \"to\": [\"db\"]}", ""}},
     .top = {{"\"regions\": {", "\"r%u\": {}", "}"},
             {"\"links\": [",
              "{\"between\": [\"r%u\", \"r%u\"], \"latency\": \"1ms\", \"loss\": 0.1}, "
              "{\"between\": [\"s%u\", \"db\"], \"latency\": \"1ms\"}",
              "]"},
             {"\"prices\": {\"date\": \"2026-01-01\", \"source\": \"x\", \"components\": {",
              "\"s%u\": {\"compute\": \"$0.1/server-h\"}", "}}"}}},
    {"targets", 1000,
     .components = {SERVICES,
                    {"\"b\": {\"model\": \"balancer\", \"policy\": \"random\", \"to\": [",
                     "\"s%u\"", "]}"}}},
    {"keyspaces", 1000,
     .components = {{"",
                     "\"c%u\": {\"model\": \"client\", \"to\": \"db\", \"rate\": \"1/s\", "
                     "\"keyspace\": \"k%u\"}",
                     ""}},
     .top = {{"\"keyspaces\": {", "\"k%u\": {\"keys\": 1%u}", "}"}}},
    {"homes", 1000,
     .top = {{"\"regions\": {", "\"r%u\": {}", "}"},
             {"\"keyspaces\": {\"k\": {\"keys\": 9, \"subjects\": 9, \"home\": {", "\"r%u\": 0",
              ", \"rest\": 1}}}"}},
     .refused = true}, /* no region is named "rest" */
    {"spikes", 1000, .users = ", \"rate\": \"1/s\"",
     .components = {{"\"c\": {\"model\": \"client\", \"to\": \"db\", \"rate\": \"1/s\", "
                     "\"spikes\": [",
                     "{\"at\": \"%ums\", \"for\": \"5ms\", \"factor\": 2}", "]}"}}},
    {"steps", 1000,
     .components = {{"\"c\": {\"model\": \"client\", \"to\": \"db\", \"schedule\": [",
                     "{\"at\": \"%ums\", \"rate\": \"%u/s\"}", "]}"}}},
    {"names that are not there", 2000,
     .components = {{"", SERVICE ", \"to\": [\"q%u\"], \"region\": \"q%u\"}", ""}}, .refused = true,
     .top = {{"\"timeline\": [",
              "{\"at\": \"1s\", \"for\": \"1s\", \"do\": \"crash\", \"target\": \"q%u\"}", "]"}}},
    {"keys that are not there", 2000, .components = {{"", SERVICE ", \"serverz\": 1}", ""}},
     .refused = true},
};

static void lists_load_in_proportion(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        assert_grows(shapes[i].name, load, &shapes[i], shapes[i].n, 2.4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_load_in_proportion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
