/* test_mistakes.c - mistakes read in other simulators that no other test here rules out; the whole
 * table is in tests/README.md. Every expected number is counted by hand beside it. */
#include "model/harness.h"

/* Success is the users': each request once, whatever it took, and those turned away are failures
 * like any. Attempts, legs of a fan-out among them, have meters of their own.
 *
 * 20 requests, one every 100 ms. "app" asks two stores in order. "full" is down from 1.05 s on, so
 * that 10 requests succeed and 10 fail; each of these is tried three times. */
static void success_is_the_users(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        "{'schema_version': 1, 'title': 't', 'run': {'duration': '2050ms', 'interval': '2050ms',"
        " 'replications': 1}, 'components': {"
        " 'users': {'model': 'client', 'to': 'app', 'rate': '10/s', 'arrival': 'constant',"
        " 'in_step': true, 'retry': {'attempts': 3, 'backoff': '1ms'}},"
        " 'app': {'model': 'service', 'servers': 9, 'service_time': '1ms', 'to': ['near', 'full']},"
        " 'near': {'model': 'store', 'read_time': '1ms', 'write_time': '1ms'},"
        " 'full': {'model': 'store', 'read_time': '1ms', 'write_time': '1ms'}},"
        " 'timeline': [{'at': '1050ms', 'do': 'crash', 'target': 'full'}]}");
    harness_is(r, "users.requests.count", 20);
    harness_is(r, "users.finished.count", 20);
    harness_is(r, "users.success.mean", 0.5); /* legs: 60 of 80 went well; attempts: 10 of 40 */
    harness_is(r, "users.calls.count", 20);
    harness_is(r, "users.attempts.count", 40); /* 10 + 3 x 10 */
    harness_is(r, "users.retries.count", 20);
    harness_is(r, "app.rate.count", 40);
    harness_is(r, "app.failed.count", 30);
    harness_is(r, "app.attempts.count", 80); /* two legs each */
    harness_is(r, "near.answered.count", 40);
    harness_is(r, "full.answered.count", 10);
    harness_free(r);

    /* Refusals: one server, no queue, two at once. Of each pair one is turned away. */
    r = harness_once("{'schema_version': 1, 'title': 't', 'run': {'duration': '2050ms', 'interval':"
                     " '2050ms', 'replications': 1}, 'components': {"
                     " 'users': {'model': 'client', 'to': 'app', 'rate': '10/s', 'arrival':"
                     "  'constant', 'in_step': true, 'batch': 2},"
                     " 'app': {'model': 'service', 'servers': 1, 'service_time': '1ms',"
                     "  'queue_limit': 0}}}");
    harness_is(r, "users.requests.count", 40);
    harness_is(r, "users.refused.count", 20);
    harness_is(r, "users.success.mean", 0.5);
    harness_free(r);
}

#define DRAWS                                                                                      \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '20s', 'replications': 1},"           \
    " 'components': {'users': {'model': 'client', 'to': 'app', 'rate': '50/s'},"                   \
    " 'app': {'model': 'service', 'servers': 1, 'service_time': '1ms'}}}"

/* The seed reaches the arrivals, the only thing drawn here: the same one gives the same events,
 * another one others, and so does another replication. */
static void the_seed_reaches_the_arrivals(void **state)
{
    (void)state;
    struct sim_scenario *s = harness_scenario(DRAWS);
    struct sim_record *one = harness_run(&s->variants[0], 1, 0);
    struct sim_record *same = harness_run(&s->variants[0], 1, 0);
    struct sim_record *seed = harness_run(&s->variants[0], 2, 0);
    struct sim_record *replication = harness_run(&s->variants[0], 1, 1);
    assert_true(one->hash == same->hash);
    assert_true(one->hash != seed->hash);
    assert_true(one->hash != replication->hash);
    sim_record_free(one);
    sim_record_free(same);
    sim_record_free(seed);
    sim_record_free(replication);
    sim_scenario_free(s);
}

#define FILLING(warmup)                                                                            \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '10s', 'warmup': '" warmup "',"       \
    " 'replications': 1}, 'components': {'users': {'model': 'client', 'to': 'app', 'rate':"        \
    " '200/s', 'arrival': 'constant'}, 'app': {'model': 'service', 'servers': 1, 'service_time':"  \
    " '10ms'}}}"

/* A warm-up leaves windows out and drops nothing. 200/s come and 100/s go: at t s about 100 t wait,
 * all of whom came in part before the warm-up was over. Over the last 5 s that is 750 on average,
 * less the one in service and what the 5 ms of spacing leave open. A queue that began empty after
 * the warm-up would have 250. */
static void a_warm_up_drops_nothing(void **state)
{
    (void)state;
    struct sim_record *whole = harness_once(FILLING("0s")), *late = harness_once(FILLING("5s"));
    harness_between(late, "app.queue.mean", 747, 753);
    harness_between(whole, "app.queue.mean", 497, 503);
    assert_true(whole->hash == late->hash && whole->events == late->events);
    harness_is(late, "users.requests.count", 1000);
    harness_free(whole);
    harness_free(late);
}

#define CHAIN(lower)                                                                               \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '60s', 'interval': '60s',"            \
    " 'replications': 1}, 'keyspaces': {'k': {'keys': 10, 'popularity': {'type': 'zipf',"          \
    " 'exponent': 1}}}, 'components': {"                                                           \
    "'users': {'model': 'client', 'to': 'upper', 'users': 1, 'think_time': '10ms', 'keyspace':"    \
    " 'k'},"                                                                                       \
    "'upper': {'model': 'cache', 'capacity': 3, 'origin': 'lower'},"                               \
    "'lower': {'model': 'cache', 'capacity': " lower ", 'origin': 'db'},"                          \
    "'db': {'model': 'store', 'read_time': '1ms', 'write_time': '1ms'}}}"

/* Hits come from shared keys, so a lower cache sees only what the upper one missed. With room for
 * one key it never hits: what it has is what the upper one missed last, and therefore still holds.
 * (Seeing all, it would hit whenever a key came twice in a row, in 0.1807 of the reads: the sum of
 * the squares of the shares.) With room for all, it misses each key once. */
static void a_lower_cache_sees_what_the_upper_missed(void **state)
{
    (void)state;
    struct sim_record *one = harness_once(CHAIN("1")), *all = harness_once(CHAIN("10"));
    double missed = harness_metric(one, "upper.misses.count");
    assert_true(missed > 1000);
    harness_between(one, "upper.hit_ratio.mean", 0.42, 0.52);        /* exact LRU: 0.4706642 */
    harness_between(one, "lower.lookups.count", missed - 1, missed); /* one on its way at the end */
    harness_is(one, "lower.hits.count", 0);
    harness_is(all, "lower.misses.count", 10);
    harness_is(all, "db.rate.count", 10);
    harness_free(one);
    harness_free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(success_is_the_users),
        cmocka_unit_test(the_seed_reaches_the_arrivals),
        cmocka_unit_test(a_warm_up_drops_nothing),
        cmocka_unit_test(a_lower_cache_sees_what_the_upper_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
