/* test_running.c - a run, what it records and what a study makes of it cost no more than in
 * proportion to what is there; and less where nothing happens to it. */
#include "growth/shape.h"
#include "growth/steps.h"
#include "study/estimates/theory.h"
#include "study/study.h"

static void study(const struct sim_scenario *s, const struct sim_runs *runs)
{
    struct sim_verdict *verdicts = NULL;
    struct sim_theory *theory = NULL;
    uint32_t count;
    struct sim_aggregate *all = sim_aggregate_runs(runs);
    assert_non_null(all);
    assert_int_equal(sim_expect_judge(s, runs, &verdicts, &count), 0);
    for (uint32_t i = 0; i < runs->case_count; i++) {
        assert_int_equal(sim_theory_compare(runs, i, &theory, &count), 0);
        free(theory);
    }
    free(verdicts);
    sim_aggregate_free(all, runs->case_count);
}

static void run(const void *self, uint32_t n)
{
    const struct shape *shape = self;
    struct sim_diagnostics said = {.items = NULL};
    struct sim_work_session session = {0};
    struct sim_error error;
    struct sim_runs runs;
    char *text = text_of(shape, n);
    assert_non_null(text);
    struct sim_scenario *s = sim_scenario_parse("t.json", text, strlen(text), NULL, &said);
    if (!s)
        sim_diagnostics_print(&said, stderr);
    assert_non_null(s);
    bool sweep = s->cell_count > 0;
    struct sim_replicate_options options = {.seed = 1, .replications = 1, .jobs = 1};
    assert_int_equal(sim_work_session_open(&session, &error), 0);
    assert_int_equal(sim_replicate(&session, sweep ? s->cells : s->variants,
                                   sweep ? s->cell_count : s->variant_count, &options, &runs,
                                   &error),
                     0);
    assert_int_equal(runs.finished, runs.case_count);
    if (!sweep)
        study(s, &runs);
    sim_runs_free(&runs);
    sim_work_session_close(&session);
    sim_scenario_free(s);
    sim_diagnostics_free(&said);
    free(text);
}

#define FEW ", \"rate\": \"1/s\""
#define CALM "\"10s\", \"interval\": \"1s\""
#define FARM                                                                                       \
    "\"f\": {\"model\": \"service\", \"servers\": 1, \"service_time\": \"1ms\", \"nodes\": %n, "   \
    "\"spread\": \"random\"}, "                                                                    \
    "\"c\": {\"model\": \"client\", \"to\": \"f\", \"rate\": \"1/s\"}"

static const struct shape shapes[] = {
    {"components", 200, .run = CALM, .users = FEW,
     .components = {{"",
                     SERVICE "}, \"c%u\": {\"model\": \"client\", \"to\": \"s%u\", "
                             "\"rate\": \"5/s\"}",
                     ""}}},
    {"callers of one", 200, .run = CALM, .users = FEW,
     .components = {{"", "\"c%u\": {\"model\": \"client\", \"to\": \"db\", \"rate\": \"5/s\"}",
                     ""}}},
    {"callees of one", 200, .run = CALM, .users = FEW,
     .components = {SERVICES,
                    {"\"b\": {\"model\": \"balancer\", \"policy\": \"round-robin\", \"to\": [",
                     "\"s%u\"",
                     "]}, \"c\": {\"model\": \"client\", \"to\": \"b\", \"rate\": \"9/s\"}"}}},
    {"nodes", 1000, .run = CALM, .users = FEW, .components = {{FARM, NULL, ""}}},
    {"regions and links", 200, .run = CALM, .users = FEW,
     .components = {{"",
                     SERVICE ", \"region\": \"r%u\"}, \"c%u\": {\"model\": \"client\", "
                             "\"to\": \"s%u\", \"rate\": \"2/s\", \"region\": \"r%p\"}",
                     ""}},
     .top = {{"\"regions\": {", "\"r%u\": {}", "}"},
             {"\"links\": [",
              "{\"between\": [\"r%u\", \"r%u\"], \"latency\": \"1ms\"}, "
              "{\"between\": [\"c%u\", \"s%u\"], \"latency\": \"1ms\"}",
              "]"}}},
    {"variants", 30, .run = CALM, .users = FEW, .top = {{"\"variants\": {", "\"v%u\": {}", "}"}}},
    {"timeline", 200, .run = CALM, .users = FEW, .components = {SERVICES},
     .top = {{"\"timeline\": [",
              "{\"at\": \"%ums\", \"for\": \"1ms\", \"do\": \"slow\", \"factor\": 2, "
              "\"target\": \"s%u\"}, {\"at\": \"%ums\", \"for\": \"1ms\", \"do\": \"partition\", "
              "\"target\": \"users<>s%u\"}",
              "]"}}},
    {"faults that overlap", 200, .run = CALM, .users = FEW, .components = {SERVICES},
     .top = {{"\"timeline\": [",
              "{\"at\": \"%ums\", \"for\": \"5s\", \"do\": \"slow\", \"factor\": 2, "
              "\"target\": \"s%u\"}",
              "]"}}},
    {"values set that overlap", 1000, .run = CALM, .users = FEW,
     .top = {{"\"timeline\": [",
              "{\"at\": \"%uus\", \"for\": \"5s\", \"do\": \"set\", \"target\": \"db\", "
              "\"set\": {\"connections\": 1%u}}",
              "]"}}},
    {"links cut that overlap", 200, .run = CALM, .users = FEW,
     .components = {{"",
                     SERVICE "}, \"c%u\": {\"model\": \"client\", \"to\": \"s%u\", "
                             "\"rate\": \"2/s\"}",
                     ""}},
     .top = {{"\"timeline\": [",
              "{\"at\": \"%ums\", \"for\": \"5s\", \"do\": \"partition\", "
              "\"target\": \"c%u<>s%u\"}",
              "]"}}},
    {"windows", 500, .run = "\"%ns\", \"interval\": \"1s\"", .users = FEW},
    {"keys", 100000, .run = CALM, .users = FEW ", \"keyspace\": \"k\"", .most = 1.1,
     .top = {{"\"keyspaces\": {\"k\": {\"keys\": %n}}", NULL, ""}}},
    {"cells", 30, .run = CALM,
     .top = {{"\"sweep\": {\"cross\": {\"components.users.rate\": [", "\"1.%u/s\"", "]}}"}}},
    {"expectations", 200, .run = CALM, .users = FEW, .components = {SERVICES},
     .top = {{"\"expect\": [",
              "{\"that\": \"s%u.utilisation.mean\", \"at_most\": 1, \"because\": \"x\"}, "
              "{\"that\": \"s%u.utilisation.mean\", \"at_most\": 1, \"because\": \"x\", "
              "\"from\": \"%ums\", \"to\": \"9s\"}",
              "]"}}},
    {"crashes beside queued calls", 500, .run = "\"2s\", \"interval\": \"1s\"", .users = FEW,
     .components = {SERVICES,
                    {"\"q\": {\"model\": \"service\", \"servers\": 1, \"service_time\": \"9s\"}, "
                     "\"c\": {\"model\": \"client\", \"to\": \"q\", \"rate\": \"%n/s\"}",
                     NULL, ""}},
     .top = {{"\"timeline\": [",
              "{\"at\": \"1s\", \"for\": \"1ms\", \"do\": \"crash\", \"target\": \"s%u\"}", "]"}}},
};

static void runs_cost_in_proportion(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        assert_grows(shapes[i].name, run, &shapes[i], shapes[i].n,
                     shapes[i].most > 0 ? shapes[i].most : 2.4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_cost_in_proportion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
