/* test_client.c - the client model: loads, mixes, sessions, what is counted. Expected numbers
 * follow from the schedule in the text; sampled ones allow 5 standard errors (alarm 6e-7 each). */
#include "model/harness.h"

#define HEAD(seconds)                                                                              \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '" seconds "', 'replications': 1}, "
#define APP "'app': {'model': 'service', 'servers': 1000, 'service_time': '10ms'}"
#define KEYS "'keyspaces': {'k': {'keys': 100, 'popularity': 'uniform'}}, "

static void a_ramp_sends_the_integral_of_its_rate(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        HEAD("40s") "'components': {" APP ", 'users': {'model': 'client', 'to': 'app',"
                    " " IN_STEP ", 'schedule': [{'at': '1s', 'rate': '0/s'},"
                    " {'at': '11s', 'rate': '100/s', 'ramp': true}, {'at': '20s', 'rate': '7/s'},"
                    " {'at': '30s', 'rate': '0.5/s'}]}}}");
    /* 500 + 900 + 70 + 5, less one where the last falls on the end */
    harness_between(r, "users.requests.count", 1474, 1475);
    harness_is(r, "users.latency.max", 0.01);
    harness_free(r);
    r = harness_once(HEAD("40s") "'components': {" APP ", 'users': {'model': 'client', 'to': 'app',"
                                 " 'schedule': [{'at': '0s', 'rate': '400/s'},"
                                 " {'at': '40s', 'rate': '0/s', 'ramp': true}]}}}");
    harness_between(r, "users.requests.count", 8000 - 5 * 89.4, 8000 + 5 * 89.4);
    harness_free(r);
}

static void a_rate_that_is_set_counts_until_it_is_set_back(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        HEAD("30s") "'timeline': [{'at': '10s', 'for': '10s', 'do': 'set', 'target': 'users',"
                    " 'set': {'rate': '100/s'}}], 'components': {" APP ", 'users': {'model':"
                    " 'client', 'to': 'app', " IN_STEP ", 'rate': '10/s'}}}");
    /* a new rate loses nothing of the gap that it changes: 100 by 10 s, 1000 more by 20 s, 99 */
    harness_is(r, "users.requests.count", 1199);
    harness_free(r);
}

static void shares_of_the_mix(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        HEAD("100s") KEYS "'components': {'db': {'model': 'store'}, 'users': {'model': 'client',"
                          " 'to': 'db', 'rate': '1000/s', 'keyspace': 'k',"
                          " 'mix': {'write': 0.2, 'delete': 0.1, 'scan': 0.05}}}}");
    double n = harness_metric(r, "users.requests.count");
    harness_between(r, "db.writes.count", 0.3 * n - 5 * 145, 0.3 * n + 5 * 145);
    harness_between(r, "users.reads.count", 0.65 * n - 5 * 151, 0.65 * n + 5 * 151);
    harness_is(r, "users.success.mean", 1);
    harness_free(r);
}

/* Ten requests a second for 10.05 s, each worth a second of work at one server: it answers 9. Those
 * unfinished are told, and are no failures as nobody gives up on them. With a timeout of 0.5 s and
 * tries that go on, those sent up to 9.5 s are past it: they fail. */
static void what_is_unfinished_is_told(void **state)
{
    (void)state;
    static const char *const text =
        "{'schema_version': 1, 'title': 't', 'run': {'duration': '10050ms', 'interval': '50ms',"
        " 'replications': 1}, 'components': {'users': {'model': 'client', 'to': 'app',"
        " " IN_STEP ", 'rate': '10/s' %s},"
        " 'app': {'model': 'service', 'servers': 1, 'service_time': '1s'}}}";
    char scenario[1024];
    snprintf(scenario, sizeof scenario, text, "");
    struct sim_record *r = harness_once(scenario);
    harness_is(r, "users.requests.count", 100);
    harness_is(r, "users.goodput.count", 9); /* the first came at 0.1 s */
    harness_is(r, "users.unfinished.count", 91);
    harness_is(r, "users.overdue.count", 0);
    harness_is(r, "users.success.mean", 1);
    harness_free(r);
    snprintf(scenario, sizeof scenario, text,
             ", 'timeout': '500ms', 'retry': {'attempts': 1000, 'backoff': '100ms'}");
    r = harness_once(scenario);
    harness_is(r, "users.goodput.count", 0); /* a second's work is never in time */
    harness_is(r, "users.unfinished.count", 100);
    harness_is(r, "users.overdue.count", 95); /* sent at 0.1, 0.2, ... 9.5 s */
    harness_is(r, "users.success.mean", 0);
    harness_free(r);
}

/* Requests counted by how they ended; latency only of those that were answered. Those that came t <
 * 90 ms before the slow time ends are answered in t + 10 ms - t/20. */
static void failures_are_told_apart(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        HEAD("40s") "'timeline': [{'at': '10s', 'for': '10s', 'do': 'crash', 'target': 'app'},"
                    " {'at': '20s', 'for': '10s', 'do': 'slow', 'target': 'app', 'factor': 20}],"
                    " 'components': {" APP ", 'users': {'model': 'client', 'to': 'app',"
                    " " IN_STEP ", 'rate': '100/s', 'timeout': '100ms'}}}");
    harness_between(r, "users.refused.count", 999, 1001);
    harness_between(r, "users.lost.count", 0, 1); /* in hand at the crash */
    harness_between(r, "users.timeouts.count", 989, 992);
    harness_is(r, "users.latency.max", 0.0955);
    harness_is(r, "users.errors.count", 0);
    harness_free(r);
}

/* The model's own check counts thinkers by their timers and waiters by their records. */
static void a_closed_population_is_conserved(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        HEAD("60s") "'timeline': [{'at': '10s', 'for': '5s', 'do': 'crash', 'target': 'app'},"
                    " {'at': '12s', 'for': '10s', 'do': 'crash', 'target': 'users'},"
                    " {'at': '30s', 'for': '5s', 'do': 'crash', 'target': 'app', 'silent': true}],"
                    " 'components': {'app': {'model': 'service', 'servers': 2, 'service_time':"
                    " {'type': 'exponential', 'mean': '50ms'}}, 'users': {'model': 'client',"
                    " 'to': 'app', 'users': 50, 'think_time': '1s', 'timeout': '3s'}}}");
    harness_between(r, "app.in_flight.peak", 2, 50);
    harness_between(r, "users.requests.count", 500, 3000);
    harness_free(r);
}

/* What is asked for does not depend on what is answered: with the same seed, a slow and a fast
 * database serve the same requests, so an unlimited cache ends up with the same keys. */
static void the_load_does_not_depend_on_the_answers(void **state)
{
    (void)state;
#define COMMON(time)                                                                               \
    HEAD("20s")                                                                                    \
    "'keyspaces': {'k': {'keys': 100000, 'popularity': {'type': 'zipf', 'exponent': 1}}},"         \
    "'components': {'users': {'model': 'client', 'to': 'cache', 'rate': '500/s',"                  \
    " 'keyspace': 'k'}, 'cache': {'model': 'cache', 'origin': 'db', 'capacity': '100000 keys'},"   \
    "'db': {'model': 'store', 'connections': 1000, 'read_time': '" time "'}}}"
    struct sim_record *fast = harness_once(COMMON("1us")), *slow = harness_once(COMMON("1ms"));
    harness_is(fast, "users.requests.count", harness_metric(slow, "users.requests.count"));
    harness_is(fast, "cache.entries.peak", harness_metric(slow, "cache.entries.peak"));
    assert_true(harness_metric(fast, "users.latency.mean") <
                harness_metric(slow, "users.latency.mean"));
    harness_free(fast);
    harness_free(slow);
}

static void loads_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *client, *sentence;
    } cases[] = {
        {"'rate': '1/s', 'users': 5, 'think_time': '1s'", "exclude one another"},
        {"'arrival': 'poisson'", "no load"},
        {"'users': 5", "think_time"},
        {"'rate': '1/s', 'mix': {'write': 0.7, 'delete': 0.7}", "add up to 1"},
        {"'rate': '1/s', 'mix': {'read': 0.5, 'write': 0.2}", "add up to 1"},
        {"'schedule': [{'at': '2s', 'rate': '1/s'}, {'at': '1s', 'rate': '1/s'}]", "increase"},
        {"'schedule': [{'at': '2s', 'rate': '1/s', 'ramp': true}]", "ramp from"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1000], why[512] = "";
        snprintf(text, sizeof text,
                 "%s'components': {%s, 'users': {'model': 'client', 'to': 'app',"
                 " %s}}}",
                 HEAD("10s"), APP, cases[i].client);
        struct sim_scenario *s = harness_parse(text, why, sizeof why);
        if (s) { /* the loader leaves it to the model */
            struct sim_error error = {""};
            assert_null(sim_world_new(&s->variants[0].plan, 1, 0, &error));
            snprintf(why, sizeof why, "%s", error.text);
            sim_scenario_free(s);
        }
        if (!strstr(why, cases[i].sentence))
            fail_msg("\"%s\" does not say \"%s\"", why, cases[i].sentence);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ramp_sends_the_integral_of_its_rate),
        cmocka_unit_test(a_rate_that_is_set_counts_until_it_is_set_back),
        cmocka_unit_test(shares_of_the_mix),
        cmocka_unit_test(what_is_unfinished_is_told),
        cmocka_unit_test(failures_are_told_apart),
        cmocka_unit_test(a_closed_population_is_conserved),
        cmocka_unit_test(the_load_does_not_depend_on_the_answers),
        cmocka_unit_test(loads_that_make_no_sense_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
