/* test_truth.c - stale reads, how far behind and how old, and sessions, against closed forms.
 *
 * One key, read by a Poisson process of rate r through a cache that keeps it for T after each
 * filling, and written by another of rate w at the store. A reader who misses fills the cache (no
 * time passes), the r T that follow on average are hits; at age a the value has been overwritten
 * with probability 1 - exp(-w a). So of the 1 + r T reads of a cycle
 *   r (T - (1 - exp(-w T)) / w) are stale,
 * by r w T^2 / 2 versions in all, and overwritten for r (T^2 / 2 - (T - (1 - exp(-w T)) / w) / w)
 * in all. A session that makes a share 1/S of all reads and writes does not find its own last write
 * with w / S in place of w; and with one cache no reader goes back in time. */
#include "theory/holds.h"

#define FOR(seconds, warmup)                                                                       \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '" seconds "', 'warmup': '" warmup    \
    "', 'interval': '100s'}, "

#define CACHED(run, clients, cache)                                                                \
    run "'keyspaces': {'items': {'keys': 1, 'value_bytes': 1}}, 'components': {" clients           \
        "'cache': {'model': 'cache', 'capacity': '1 keys', 'ttl': '4s', 'lookup_time': '0s',"      \
        " 'on_write': 'none', 'origin': 'db'" cache "},"                                           \
        "'db': {'model': 'store', 'connections': 100000, 'read_time': '0s', 'write_time': '0s'}}}"

static const double r = 5, w = 0.5, T = 4;

static double missed(double rate)
{
    return r * (T - (1 - exp(-rate * T)) / rate);
}

static void test_stale_reads(void **state)
{
    (void)state;
    double stale = missed(w), reads = 1 + r * T;
    HOLDS(CACHED(FOR("60000s", "100s"),
                 "'readers': {'model': 'client', 'to': 'cache', 'rate': '5/s',"
                 " 'keyspace': 'items'},"
                 "'writers': {'model': 'client', 'to': 'db', 'rate': '0.5/s', 'keyspace': 'items',"
                 " 'mix': {'write': 1, 'read': 0}},",
                 ""),
          {"readers.stale_reads.mean", stale / reads, 0},
          {"cache.stale_reads.mean", stale / reads, 0},
          {"readers.versions_behind.mean", r * w * T * T / 2 / stale, 0},
          {"readers.stale_age.mean", r * (T * T / 2 - stale / r / w) / stale, 0},
          {"cache.stale_age.mean", r * (T * T / 2 - stale / r / w) / stale, 0});
}

static void test_read_your_writes(void **state)
{
    (void)state;
    const int sessions = 4;
    HOLDS(CACHED(FOR("60000s", "100s"),
                 "'users': {'model': 'client', 'to': 'cache', 'rate': '5.5/s', 'keyspace': 'items',"
                 " 'sessions': 4, 'mix': {'write': 0.0909090909090909,"
                 " 'read': 0.9090909090909091}},",
                 ""),
          {"users.read_your_writes_violations.mean", missed(w / sessions) / (1 + r * T), 0},
          {"users.stale_reads.mean", missed(w) / (1 + r * T), 0});
}

/* What one cache returns never goes back; of two asked at random, each fills on its own. */
static void test_monotonic_reads(void **state)
{
    (void)state;
#define USERS                                                                                      \
    "'users': {'model': 'client', 'to': 'cache', 'rate': '5.5/s', 'keyspace': 'items',"            \
    " 'sessions': 4, 'mix': {'write': 0.1, 'read': 0.9}},"
    struct sim_record *one = harness_once(CACHED(FOR("2000s", "0s"), USERS, ""));
    harness_is(one, "users.again_reads_violated.count", 0);
    assert_true(harness_metric(one, "users.again_reads.count") > 1000);
    harness_free(one);
    struct sim_record *two = harness_once(
        CACHED(FOR("2000s", "0s"), USERS, ", 'nodes': 2, 'spread': 'random'"));
    assert_true(harness_metric(two, "users.monotonic_reads_violations.mean") > 0.01);
    harness_free(two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stale_reads),
        cmocka_unit_test(test_read_your_writes),
        cmocka_unit_test(test_monotonic_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
