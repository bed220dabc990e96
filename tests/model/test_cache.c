/* test_cache.c - the cache model: who recomputes, what is kept, what a crash leaves behind. Every
 * expected number follows from the times written in the scenario. */
#include "model/harness.h"

/* Nine readers of one cold key, 1 ms apart from 1 ms on; the origin takes 100 ms. */
#define NINE                                                                                       \
    "'users': {'model': 'client', 'to': 'cache', 'keyspace': 'k', " IN_STEP ","                    \
    " 'schedule': [{'at': '0s', 'rate': '1000/s'}, {'at': '9.5ms', 'rate': '0/s'}]}"
#define ONE_KEY "'keyspaces': {'k': {'keys': 1, 'popularity': 'uniform'}}"
#define DB "'db': {'model': 'store', 'read_time': '100ms', 'write_time': '1ms'}"
#define SCENARIO(run, keys, parts)                                                                 \
    "{'schema_version': 1, 'title': 't', 'run': {" run ", 'replications': 1}, " keys               \
    ", 'components': {" parts "}}"
#define SECONDS(n) "'duration': '" #n "s'"
#define CACHE(more)                                                                                \
    "'cache': {'model': 'cache', 'origin': 'db', 'capacity': '10 keys', 'lookup_time': '0s'" more  \
    "}"

static void without_protection_every_reader_recomputes(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(SCENARIO(SECONDS(2), ONE_KEY, NINE ", " CACHE("") ", " DB));
    harness_is(r, "cache.recomputes.count", 9);
    harness_is(r, "cache.episodes.count", 1);
    harness_is(r, "cache.herd.max", 9);
    harness_is(r, "users.latency.max", 0.1);
    harness_is(r, "users.latency.mean", 0.1);
    harness_is(r, "cache.waiting.peak", 0);
    harness_free(r);
}

static void single_flight_reads_once_and_all_finish_at_its_end(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        SCENARIO(SECONDS(2), ONE_KEY, NINE ", " CACHE(", 'stampede': 'single-flight'") ", " DB));
    harness_is(r, "cache.recomputes.count", 1);
    harness_is(r, "cache.misses.count", 9);
    harness_is(r, "cache.waiting.peak", 8);
    harness_is(r, "users.latency.max", 0.1);    /* the first, sent at 1 ms */
    harness_is(r, "users.latency.mean", 0.096); /* the k-th waits 100 - (k - 1) ms */
    harness_is(r, "users.success.mean", 1);
    harness_free(r);
}

static void single_flight_is_by_node(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        SCENARIO(SECONDS(2), ONE_KEY,
                 NINE ", " CACHE(", 'stampede': 'single-flight', 'sharing': 'shared',"
                                 " 'nodes': 3, 'spread': 'round-robin'") ", " DB));
    harness_is(r, "cache.recomputes.count", 3);
    harness_is(r, "cache.episodes.count", 1);
    harness_is(r, "cache.entries.peak", 1);
    harness_free(r);
}

static void a_failed_flight_fails_those_who_joined(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        SCENARIO(SECONDS(2), ONE_KEY,
                 NINE ", " CACHE(", 'stampede': 'single-flight', 'timeout': '50ms'") ", " DB));
    harness_is(r, "users.errors.count", 9);
    harness_is(r, "cache.entries.peak", 0);
    harness_free(r);
}

static void a_lock_is_one_for_the_cluster(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        SCENARIO(SECONDS(2), ONE_KEY,
                 NINE ", " CACHE(", 'stampede': 'lock', 'sharing': 'shared',"
                                 " 'nodes': 3, 'spread': 'round-robin'") ", " DB));
    harness_is(r, "cache.recomputes.count", 1);
    harness_is(r, "cache.herd.max", 1);
    harness_is(r, "users.goodput.count", 9);
    harness_between(r, "users.latency.max", 0.1, 0.105); /* looks again every 5 ms */
    harness_free(r);
}

/* The holder's node dies at 50 ms; the other node's four readers get nothing before the lock of
 * 700 ms is over (at 701 ms), then one of them recomputes. */
static void a_lock_outlives_its_holder_by_its_ttl(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        "{'schema_version': 1, 'title': 't', 'run': {'duration': '2s', 'replications': 1}, " ONE_KEY
        ", 'timeline': [{'at': '50ms', 'for': '1s', 'do': 'crash', 'target': 'cache/0'}],"
        "'components': {" NINE
        ", " CACHE(", 'stampede': 'lock', 'sharing': 'shared', 'nodes': 2, 'token_ttl': '700ms',"
                   " 'spread': 'round-robin'") ", " DB "}}");
    harness_is(r, "users.lost.count", 5);
    harness_is(r, "users.goodput.count", 4);
    harness_is(r, "cache.recomputes.count", 2);
    harness_is(r, "cache.herd.max", 1);
    harness_between(r, "users.latency.max", 0.8, 0.81);
    harness_free(r);
}

static void a_lease_that_expired_is_given_to_the_next(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        SCENARIO(SECONDS(2), ONE_KEY,
                 NINE ", " CACHE(", 'stampede': 'lease', 'token_ttl': '30ms'") ", " DB));
    /* leases from 1 ms, every 30 ms; none is valid after 100 ms, so nothing is kept: all who wait
     * become holders in turn */
    harness_is(r, "cache.recomputes.count", 9);
    harness_is(r, "cache.sets_dropped.count", 9);
    harness_is(r, "cache.entries.peak", 0);
    harness_is(r, "users.goodput.count", 9);
    harness_free(r);
}

/* Writers and readers race over links of very uneven latency until 10 s. From 15 s on, whatever is
 * still stale is so for ever: a value set after the drop that should have removed it. */
#define RACE(stampede)                                                                             \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '20s', 'warmup': '15s',"              \
    " 'replications': 1}, 'keyspaces': {'k': {'keys': 50, 'popularity': 'uniform'}},"              \
    "'links': [{'between': ['cache', 'db'],"                                                       \
    " 'latency': {'type': 'uniform', 'low': '1ms', 'high': '100ms'}}],"                            \
    "'components': {'users': {'model': 'client', 'to': 'cache', 'keyspace': 'k', 'rate':"          \
    " '500/s'}, 'editors': {'model': 'client', 'to': 'cache', 'keyspace': 'k', 'mix': {'write':"   \
    " 1}, 'schedule': [{'at': '0s', 'rate': '100/s'}, {'at': '10s', 'rate': '0/s'}]},"             \
    "'cache': {'model': 'cache', 'origin': 'db', 'capacity': '50 keys', 'stampede': '" stampede    \
    "'}, 'db': {'model': 'store', 'read_time': '1ms', 'write_time': '1ms'}}}"

static void a_stale_set_stays_without_leases_and_is_dropped_with_them(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(RACE("single-flight"));
    harness_between(r, "users.stale.count", 1, 1e9);
    harness_free(r);
    r = harness_once(RACE("lease"));
    harness_is(r, "users.stale.count", 0);
    harness_between(r, "users.reads.count", 1000, 1e9);
    harness_free(r);
}

/* One reader at about 0.1, 1.5, 2 and 8 s (pulses of 1.2 expected arrivals, evenly spaced). */
#define PULSES                                                                                     \
    "'users': {'model': 'client', 'to': 'cache', 'keyspace': 'k', " IN_STEP ","                    \
    " 'schedule': [{'at': '100ms', 'rate': '1000/s'}, {'at': '101.2ms', 'rate': '0/s'},"           \
    " {'at': '1.5s', 'rate': '1000/s'}, {'at': '1.5012s', 'rate': '0/s'},"                         \
    " {'at': '2s', 'rate': '1000/s'}, {'at': '2.0012s', 'rate': '0/s'},"                           \
    " {'at': '8s', 'rate': '1000/s'}, {'at': '8.0012s', 'rate': '0/s'}]}"

static void stale_while_revalidate_serves_within_its_window(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(SCENARIO(
        SECONDS(10), ONE_KEY,
        PULSES ", " CACHE(
            ", 'stampede': 'stale-while-revalidate', 'ttl': '1s', 'stale_window': '2s'") ", " DB));
    harness_is(r, "users.goodput.count", 4);
    harness_is(r, "cache.stale_served.count", 1); /* at 1.5 s; refreshed at 1.6 s */
    harness_is(r, "cache.hits.count", 2);
    harness_is(r, "cache.misses.count", 2); /* at 0.1 s; and 8 s is past 2.6 + 2 s */
    harness_is(r, "cache.recomputes.count", 3);
    harness_free(r);
}

static void lifetimes_fixed_and_sliding(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        SCENARIO(SECONDS(10), ONE_KEY, PULSES ", " CACHE(", 'ttl': '1.7s'") ", " DB));
    harness_is(r, "cache.hits.count", 1); /* 0.2 + 1.7 s: 1.5 is within, 2 is not */
    harness_free(r);
    r = harness_once(SCENARIO(SECONDS(10), ONE_KEY,
                              PULSES ", " CACHE(", 'ttl': '1.7s', 'expiry': 'sliding'") ", " DB));
    harness_is(r, "cache.hits.count", 2);
    harness_free(r);
    /* a hit may shorten a lifetime: the audit walks what is kept, and finds the copies there */
    r = harness_once("{'schema_version': 1, 'title': 't', 'run': {'duration': '20s',"
                     " 'replications': 1}, 'keyspaces': {'k': {'keys': 10, 'subjects': 5}},"
                     " 'components': {'users': {'model': 'client', 'to': 'cache', 'keyspace': 'k',"
                     " 'rate': '40/s'}, " CACHE(", 'ttl': '300ms', 'ttl_jitter': 0.9, 'expiry':"
                                                 " 'sliding'") ", " DB "}}");
    harness_between(r, "cache.hits.count", 100, 790);
    harness_free(r);
}

#define STEADY(stampede, faults)                                                                   \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '20s', 'replications': 1},"           \
    "'keyspaces': {'k': {'keys': 1000, 'popularity': {'type': 'zipf', 'exponent': 1}}},"           \
    "'timeline': [" faults "], 'components': {"                                                    \
    "'users': {'model': 'client', 'to': 'cache', 'keyspace': 'k', 'rate': '2000/s',"               \
    " 'timeout': '50ms', 'retry': {'attempts': 3, 'backoff': '5ms'},"                              \
    " 'mix': {'write': 0.05, 'delete': 0.01, 'scan': 0.01}},"                                      \
    "'cache': {'model': 'cache', 'origin': 'db', 'capacity': '100 keys', 'ttl': '500ms',"          \
    " 'nodes': 3, 'spread': 'key', 'token_ttl': '200ms', 'timeout': '100ms',"                      \
    " 'stampede': '" stampede "'},"                                                                \
    "'db': {'model': 'store', 'connections': 20, 'queue_limit': 200}}}"

/* Overlapping crashes, slowness and flushes: the audit and the model's own check find nothing lost,
 * nothing leaked and nobody waiting for what is not under way, whatever the protection. */
static void nothing_leaks_under_overlapping_faults(void **state)
{
    (void)state;
#define FAULTS                                                                                     \
    "{'at': '2s', 'for': '4s', 'do': 'crash', 'target': 'cache/1'},"                               \
    "{'at': '3s', 'for': '1s', 'do': 'crash', 'target': 'cache'},"                                 \
    "{'at': '5s', 'for': '5s', 'do': 'slow', 'target': 'db', 'factor': 8},"                        \
    "{'at': '7s', 'for': '1s', 'do': 'slow', 'target': 'db', 'factor': 5},"                        \
    "{'at': '8s', 'for': '1s', 'do': 'crash', 'target': 'db', 'silent': true},"                    \
    "{'at': '12s', 'do': 'flush', 'target': 'cache'},"                                             \
    "{'at': '13s', 'for': '1s', 'do': 'crash', 'target': 'users'},"                                \
    "{'at': '15s', 'for': '2s', 'do': 'set', 'target': 'cache', 'set': {'ttl': '5s'}}"
    static const char *const texts[] = {
        STEADY("none", FAULTS),   STEADY("single-flight", FAULTS),
        STEADY("lock", FAULTS),   STEADY("lease", FAULTS),
        STEADY("xfetch", FAULTS), STEADY("stale-while-revalidate", FAULTS)};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct sim_record *r = harness_once(texts[i]);
        harness_between(r, "cache.hit_ratio.mean", 0.2, 0.9);
        harness_between(r, "cache.entries.peak", 100, 300);
        harness_free(r);
    }
}

static void a_crash_and_a_flush_leave_the_cache_cold(void **state)
{
    (void)state;
    struct sim_record *warm = harness_once(STEADY("none", ""));
    struct sim_record *flushed = harness_once(
        STEADY("none", "{'at': '10s', 'do': 'flush', 'target': 'cache'}"));
    struct sim_record *crashed = harness_once(
        STEADY("none", "{'at': '10s', 'for': '1ms', 'do': 'crash', 'target': 'cache/0'}"));
    double misses = harness_metric(warm, "cache.misses.count");
    assert_true(harness_metric(flushed, "cache.misses.count") > misses + 50);
    assert_true(harness_metric(crashed, "cache.misses.count") > misses + 10);
    harness_free(warm);
    harness_free(flushed);
    harness_free(crashed);
}

static void requests_without_a_key_pass_through(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(SCENARIO(
        SECONDS(2), ONE_KEY,
        "'users': {'model': 'client', 'to': 'cache', 'rate': '10/s'}, " CACHE("") ", " DB));
    harness_is(r, "cache.lookups.count", 0);
    harness_is(r, "users.success.mean", 1);
    harness_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_protection_every_reader_recomputes),
        cmocka_unit_test(single_flight_reads_once_and_all_finish_at_its_end),
        cmocka_unit_test(single_flight_is_by_node),
        cmocka_unit_test(a_failed_flight_fails_those_who_joined),
        cmocka_unit_test(a_lock_is_one_for_the_cluster),
        cmocka_unit_test(a_lock_outlives_its_holder_by_its_ttl),
        cmocka_unit_test(a_lease_that_expired_is_given_to_the_next),
        cmocka_unit_test(a_stale_set_stays_without_leases_and_is_dropped_with_them),
        cmocka_unit_test(stale_while_revalidate_serves_within_its_window),
        cmocka_unit_test(lifetimes_fixed_and_sliding),
        cmocka_unit_test(nothing_leaks_under_overlapping_faults),
        cmocka_unit_test(a_crash_and_a_flush_leave_the_cache_cold),
        cmocka_unit_test(requests_without_a_key_pass_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
