/* test_service.c - the service and store models: servers held and released, dependencies, crashes,
 * versions. Expected numbers follow from the times written in the scenario. */
#include "model/harness.h"

#define HEAD(faults)                                                                               \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '100s', 'replications': 1},"          \
    " 'keyspaces': {'k': {'keys': 10, 'popularity': 'uniform'}}, 'timeline': [" faults "],"
#define EVENLY "'model': 'client', 'to': 'app', " IN_STEP ""

/* 10 ms of work, 90 ms of waiting for the database, one server, 20 requests a second. */
#define WAITING(how)                                                                               \
    HEAD("")                                                                                       \
    "'components': {'users': {" EVENLY ", 'rate': '20/s'}, 'app': {'model': 'service',"            \
    " 'servers': 1, 'queue_limit': 3, 'service_time': '10ms', 'to': 'db', 'while_calling': '" how  \
    "'}, 'db': {'model': 'store', 'read_time': '90ms'}}}"

static void a_released_server_works_a_held_one_waits(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(WAITING("release"));
    harness_is(r, "users.success.mean", 1);
    harness_is(r, "users.latency.max", 0.1);
    harness_between(r, "app.utilisation.mean", 0.199, 0.201);
    harness_free(r);
    r = harness_once(WAITING("hold")); /* 10 requests a second is all it can do */
    harness_between(r, "users.goodput.mean", 9.9, 10);
    harness_between(r, "users.refused.count", 985, 1000);
    harness_between(r, "app.utilisation.mean", 0.999, 1);
    harness_between(r, "users.latency.max", 0.39, 0.4);
    harness_free(r);
}

static void dependencies_are_asked_in_order_and_by_share(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        HEAD("") "'components': {'users': {" EVENLY ", 'rate': '100/s'}, 'app': {'model':"
                 " 'service', 'servers': 9, 'service_time': '1ms', 'to': ['a', {'to': 'b',"
                 " 'share': 0.25}, 'c']}, 'a': {'model': 'store', 'read_time': '2ms'},"
                 " 'b': {'model': 'store', 'read_time': '4ms'},"
                 " 'c': {'model': 'store', 'read_time': '8ms'}}}");
    harness_between(r, "b.rate.count", 2500 - 5 * 43, 2500 + 5 * 43);
    harness_is(r, "users.latency.max", 0.015);
    harness_is(r, "users.latency.p50", 0.011);
    harness_is(r, "a.rate.count", harness_metric(r, "app.rate.count"));
    harness_free(r);
}

#define TWO_STORES                                                                                 \
    "'components': {'users': {" EVENLY ", 'rate': '10/s'}, 'app': {'model': 'service',"            \
    " 'servers': 9, 'service_time': '1ms', 'to': ['a', 'c'], 'while_calling': 'hold'},"            \
    " 'a': {'model': 'store', 'read_time': '2ms'}, 'c': {'model': 'store', 'read_time':"           \
    " '8ms'}}}"

static void a_dependency_that_fails_fails_the_request(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(HEAD("{'at': '50s', 'do': 'crash', 'target': 'a'}")
                                            TWO_STORES);
    harness_between(r, "users.errors.count", 499, 502);
    harness_is(r, "c.rate.count", harness_metric(r, "users.goodput.count"));
    harness_free(r);
}

/* Crashes while requests wait in the queue, are worked on, and hold servers for a dependency: no
 * server is lost or freed twice (the audit's utilisation and conservation), and it recovers. */
static void a_crash_forgets_and_recovers(void **state)
{
    (void)state;
    static const char *const how[] = {"release", "hold"};
    for (size_t i = 0; i < 2; i++) {
        char text[2000];
        snprintf(text, sizeof text,
                 "%s'components': {'users': {" EVENLY ", 'rate': '50/s', 'timeout': '1s'},"
                 " 'app': {'model': 'service', 'servers': 6, 'service_time': '10ms', 'to': 'db',"
                 " 'while_calling': '%s'}, 'db': {'model': 'store', 'read_time':"
                 " {'type': 'exponential', 'mean': '90ms'}}}}",
                 HEAD("{'at': '20s', 'for': '10s', 'do': 'crash', 'target': 'app'},"
                      "{'at': '25s', 'for': '10s', 'do': 'crash', 'target': 'app'},"
                      "{'at': '50s', 'for': '1s', 'do': 'crash', 'target': 'db'},"
                      "{'at': '60s', 'for': '1ms', 'do': 'crash', 'target': 'app'},"
                      "{'at': '70s', 'for': '10s', 'do': 'set', 'target': 'app', 'set':"
                      " {'servers': 12}}"),
                 how[i]);
        struct sim_record *r = harness_once(text);
        /* 15 s down; overlapping crashes end with the last */
        harness_between(r, "users.refused.count", 735, 770);
        harness_between(r, "users.lost.count", 1, 30); /* in hand at a crash */
        harness_between(r, "app.busy.peak", 1, 12);
        harness_free(r);
    }
}

#define ONE_STORE                                                                                  \
    "'components': {'users': {" EVENLY ", 'rate': '1000/s', 'keyspace': 'k', 'mix': {'write':"     \
    " 0.2, 'delete': 0.05}}, 'app': {'model': 'store', 'write_time': '20ms'}}}"

static void a_store_gives_the_latest_version(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        HEAD("{'at': '50s', 'for': '1s', 'do': 'crash', 'target': 'app'}") ONE_STORE);
    harness_is(r, "users.stale.count", 0); /* a single copy is never behind */
    harness_between(r, "users.refused.count", 900, 1100);
    harness_is(r, "app.refused.count", harness_metric(r, "users.refused.count"));
    harness_between(r, "users.lost.count", 0, 10); /* a connection each */
    double kept = harness_metric(r, "app.writes.count") + harness_metric(r, "app.reads.count");
    harness_between(r, "users.goodput.count", kept - 30, kept);
    harness_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_released_server_works_a_held_one_waits),
        cmocka_unit_test(dependencies_are_asked_in_order_and_by_share),
        cmocka_unit_test(a_dependency_that_fails_fails_the_request),
        cmocka_unit_test(a_crash_forgets_and_recovers),
        cmocka_unit_test(a_store_gives_the_latest_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
