/* test_theory.c - the closed forms against VALIDATION's numbers, and which of them a station is
 * held against. Numbers without another origin are VALIDATION.md's. */
#include "model/harness.h"

#include "study/theory.h"

static void is(double seen, double expected)
{
    if (!(fabs(seen - expected) <= 2e-6 * fmax(1, fabs(expected))))
        fail_msg("%.10g is not %.10g", seen, expected);
}

static void erlangs(void **state)
{
    (void)state;
    is(sim_erlang_c(5, 2.5), 0.1303713);
    is(sim_erlang_c(10, 5), 0.0361054);
    is(sim_erlang_c(3, 3), 1);
    is(sim_erlang_b(5, 3), 0.1100544);
    is(sim_erlang_b(20, 20), 0.1588920);
    is(sim_erlang_b(100, 100), 0.0757005);
    is(sim_erlang_b(100000, 1), 0);
}

static void queues_of_many_servers(void **state)
{
    (void)state;
    is(sim_form_mmc(0.8, 1, 1).time, 5);
    is(sim_form_mmc(1.6, 1, 2).time, 2.777778);
    is(sim_form_mmc(4, 1, 5).time, 1.554113);
    is(sim_form_mmc(8, 1, 10).time, 1.204590);
    is(sim_form_mmc(80, 1, 100).time, 1.000982);
    assert_true(isnan(sim_form_mmc(1, 1, 1).time));
    struct sim_form form = sim_form_mmck(3.6, 1, 4, 6);
    is(form.blocked, 0.0671744);
    is(form.time, 1.507100);
    form = sim_form_mmck(0.9, 1, 1, 9);
    is(form.blocked, 0.0508137);
    is(form.time, 4.646601);
    is(sim_form_mmck(3, 1, 5, 0).blocked, 0.1100544);
    is(sim_form_mmck(1, 1, 1, 3).blocked, 0.2); /* M/M/1/4 at load 1: each of 5 states alike */
    is(sim_form_mmck(0.5, 1, 1, 10000000).time, 2);
}

static void one_server(void **state)
{
    (void)state;
    is(sim_form_mg1(0.8, 1, 0).wait, 2);
    is(sim_form_mg1(0.5, 1, 4).wait, 2.5);
    is(sim_form_mg1(0.7, 1, 4).wait, 5.833333);
    is(sim_form_md1_within(0.8, 1, 10.35589), 0.99);
    is(sim_form_md1_within(0.8, 1, 0), 0.2);
    is(sim_form_ekm1(0.8, 10, 1).time, 2.922269);
    is(sim_form_ekm1(0.8, 1, 1).time, 5);
    is(sim_form_ggc(0.7, 1, 1, 4, 1).wait, 5.833333);
    const double rates[] = {0.3, 0.5};
    is(sim_form_class_wait(rates, 2, 0, 1, 1), 1.142857);
    is(sim_form_class_wait(rates, 2, 1, 1, 1), 5.714286);
    struct sim_form a = sim_form_erlang_a(12, 1, 10, 2);
    is(a.blocked, 0.1956559);
    is(a.wait * 12, 4.695743);
}

/* ---- which form ------------------------------------------------------------------------------ */

#define PLAN(more)                                                                                 \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '2000s', 'warmup': '100s',"           \
    " 'interval': '100s', 'replications': 10}," more "}}"
#define USERS "'components': {'users': {'model': 'client', 'to': 'app', 'rate': '8/s'}, "
#define APP(servers, work, more)                                                                   \
    "'app': {'model': 'service', 'servers': " servers ", 'service_time': " work more "}"
#define EXP "{'type': 'exponential', 'mean': '1s'}"
#define LOGNORMAL "{'type': 'lognormal', 'mean': '1s', 'scv': 4}"

/* The form of the component of that name, for 8 requests a second at each of its nodes. */
static void form_is(const char *text, const char *component, enum sim_theory_standing standing,
                    const char *form, const char *why)
{
    struct sim_scenario *s = harness_scenario(text);
    const struct sim_plan *plan = &s->variants[0].plan;
    uint32_t at = 0;
    while (strcmp(plan->components[at].name, component) != 0)
        at++;
    struct sim_theory t = {0};
    sim_theory_predict(plan, at, 8, &t);
    assert_string_equal(t.form, form);
    assert_string_equal(t.why, why);
    assert_int_equal(t.standing, standing);
    sim_scenario_free(s);
}

static void exact_forms(void **state)
{
    (void)state;
    form_is(PLAN(USERS APP("10", EXP, "")), "app", SIM_THEORY_EXACT, "M/M/10", "");
    form_is(PLAN(USERS APP("10", EXP, ", 'queue_limit': 5")), "app", SIM_THEORY_EXACT, "M/M/10/15",
            "");
    form_is(PLAN(USERS APP("10", LOGNORMAL, ", 'queue_limit': 0")), "app", SIM_THEORY_EXACT,
            "M/G/10/10 (Erlang B)", "");
    form_is(PLAN(USERS APP("1", "'1ms'", "")), "app", SIM_THEORY_EXACT, "M/D/1", "");
    form_is(PLAN(USERS APP("10", LOGNORMAL, ", 'discipline': 'processor-sharing'")), "app",
            SIM_THEORY_EXACT, "M/G/10, processor sharing", "");
    form_is(PLAN(USERS APP("9", EXP, ", 'to': 'db'") ", 'db': {'model': 'store'}"), "db",
            SIM_THEORY_EXACT, "M/M/100", "");
}

static void rough_forms_and_none(void **state)
{
    (void)state;
    form_is(PLAN(USERS APP("10", LOGNORMAL, "")), "app", SIM_THEORY_ROUGH, "M/G/10",
            "by Allen and Cunneen");
    form_is(PLAN(USERS APP("10", LOGNORMAL, ", 'to': 'db'") ", 'db': {'model': 'store'}"), "db",
            SIM_THEORY_ROUGH, "M/M/100",
            "if arrivals were Poisson: what leaves there is not Poisson (app)");
    form_is(PLAN(USERS APP("10", LOGNORMAL, ", 'queue_limit': 5")), "app", SIM_THEORY_NONE, "none",
            "no form for a limited queue unless work is exponential");
    form_is(PLAN(USERS APP("8", EXP, "")), "app", SIM_THEORY_NONE, "none",
            "more work comes than the servers can do");
    form_is(PLAN(USERS APP("9", EXP, ", 'while_calling': 'hold'")), "app", SIM_THEORY_NONE, "none",
            "a server is held while others are asked");
    form_is(
        PLAN("'timeline': [{'at': '10s', 'for': '1s', 'do': 'crash', 'target': 'app'}]," USERS APP(
            "9", EXP, "")),
        "app", SIM_THEORY_NONE, "none", "there are faults on the timeline");
    form_is(PLAN("'components': {'users': {'model': 'client', 'to': 'app', 'users': 5,"
                 " 'think_time': '1s'}, " APP("9", EXP, "")),
            "app", SIM_THEORY_NONE, "none", "the load is closed (users)");
    form_is(PLAN("'components': {'users': {'model': 'client', 'to': 'app', 'rate': '8/s',"
                 " 'timeout': '1s', 'retry': {'attempts': 3}}, " APP("9", EXP, "")),
            "app", SIM_THEORY_NONE, "none", "callers try again (users)");
    form_is(PLAN("'components': {'users': {'model': 'client', 'to': 'lb', 'rate': '8/s'}, 'lb':"
                 " {'model': 'balancer', 'to': 'app', 'policy': 'least-connections'}, " APP(
                     "9", EXP, ", 'nodes': 2, 'spread': 'random'")),
            "app", SIM_THEORY_NONE, "none",
            "nodes are chosen by what is out there, or by key (lb)");
}

/* ---- the comparison can fail ----------------------------------------------------------------- */

/* Ten replications of a plan, held against its own form or, when `pretended` is given, against that
 * of another plan: the same station that is said to work in another way. */
static bool agrees(const char *text, const char *pretended)
{
    struct sim_scenario *s = harness_scenario(text), *other = harness_scenario(pretended);
    struct sim_run run[10] = {0};
    for (uint64_t i = 0; i < 10; i++) {
        run[i].record = harness_run(&s->variants[0], 3, i);
        run[i].state = SIM_RUN_FINISHED;
    }
    struct sim_runs runs = {
        .cases = &other->variants[0], .case_count = 1, .replications = 10, .runs = run};
    struct sim_theory *all;
    uint32_t count;
    assert_int_equal(sim_theory_compare(&runs, 0, &all, &count), 0);
    assert_int_equal(count, 1);
    assert_true(all[0].judged);
    bool result = all[0].agrees;
    free(all);
    for (size_t i = 0; i < 10; i++)
        sim_record_free(run[i].record);
    sim_scenario_free(s);
    sim_scenario_free(other);
    return result;
}

static void a_wrong_form_is_found(void **state)
{
    (void)state;
    const char *mm10 = PLAN(USERS APP("10", EXP, ""));
    assert_true(agrees(mm10, mm10));
    /* work of 3 % more or less */
    assert_false(
        agrees(mm10, PLAN(USERS APP("10", "{'type': 'exponential', 'mean': '1.03s'}", ""))));
    assert_false(
        agrees(mm10, PLAN(USERS APP("10", "{'type': 'exponential', 'mean': '0.97s'}", ""))));
    assert_false(agrees(mm10, PLAN(USERS APP("10", EXP, ", 'queue_limit': 5"))));
    assert_false(agrees(mm10, PLAN(USERS APP("11", EXP, ""))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(erlangs),
        cmocka_unit_test(queues_of_many_servers),
        cmocka_unit_test(one_server),
        cmocka_unit_test(exact_forms),
        cmocka_unit_test(rough_forms_and_none),
        cmocka_unit_test(a_wrong_form_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
