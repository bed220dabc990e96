/* test_models.c - models against closed forms, through the whole of a scenario.
 *
 * Numbers without another origin were computed from the formula beside them by hand. */
#include "theory/holds.h"

static void mm1(void **state)
{
    (void)state;
    HOLDS(RUN("300000s", "5000s") STATION("0.5/s", "1", ""), {"users.latency.mean", 2, 0},
          {"app.wait.mean", 1, 0}, {"app.utilisation.mean", 0.5, 0}, {"app.queue.mean", 0.5, 0});
    HOLDS(RUN("1000000s", "10000s") STATION("0.8/s", "1", ""), {"users.latency.mean", 5, 0});
}

static void mmc(void **state)
{
    (void)state;
    HOLDS(RUN("200000s", "10000s") STATION("1.6/s", "2", ""), {"users.latency.mean", 2.777778, 0});
    HOLDS(RUN("100000s", "10000s") STATION("4/s", "5", ""), {"users.latency.mean", 1.554113, 0});
    HOLDS(RUN("40000s", "2000s") STATION("8/s", "10", ""), {"users.latency.mean", 1.204590, 0});
}

static void finite_queues_block(void **state)
{
    (void)state;
    HOLDS(RUN("300000s", "1000s") STATION("3/s", "5", ", 'queue_limit': 0"),
          {"users.success.mean", 1 - 0.1100544, 0}, {"users.latency.mean", 1, 0});
    HOLDS(RUN("200000s", "1000s") STATION("3.6/s", "4", ", 'queue_limit': 6"),
          {"users.success.mean", 1 - 0.0671744, 0}, {"users.latency.mean", 1.507100, 0});
    HOLDS(RUN("400000s", "1000s") STATION("0.9/s", "1", ", 'queue_limit': 9"),
          {"users.success.mean", 1 - 0.0508137, 0}, {"users.latency.mean", 4.646601, 0});
}

#define CLOSED(n)                                                                                  \
    RUN("200000s", "1000s")                                                                        \
    "'users': {'model': 'client', 'to': 'app', 'users': " n ", 'think_time': " EXP(                \
        "10s") "},"                                                                                \
               " 'app': {'model': 'service', 'service_time': " EXP("1s") ", 'servers': 1}}}"

static void closed_by_exact_mean_value_analysis(void **state)
{
    (void)state;
    HOLDS(CLOSED("5"), {"users.goodput.mean", 0.436048, 0}, {"users.latency.mean", 1.466632, 0});
    HOLDS(CLOSED("10"), {"users.goodput.mean", 0.785418, 0}, {"users.latency.mean", 2.732080, 0});
    HOLDS(CLOSED("20"), {"users.goodput.mean", 0.998131, 0}, {"users.latency.mean", 10.037451, 0});
}

#define CACHED(seconds, keys, rate, cache, read_time)                                              \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '" seconds "', 'warmup': '1000s',"    \
    " 'interval': '1000s', 'replications': 1}, 'keyspaces': {'k': {'keys': " keys                  \
    ", 'popularity': {'type': 'zipf', 'exponent': 1}}}, 'components': {"                           \
    "'users': {'model': 'client', 'to': 'cache', 'rate': '" rate "', 'keyspace': 'k'},"            \
    "'cache': {'model': 'cache', 'origin': 'db', 'lookup_time': '0s', " cache "},"                 \
    "'db': {'model': 'store', 'connections': 10000, 'read_time': '" read_time "'}}}"

static void lifetimes(void **state)
{
    (void)state;
    HOLDS(CACHED("300000s", "1", "0.1/s", "'capacity': 1, 'ttl': '60s'", "0s"),
          {"cache.hit_ratio.mean", 0.857143, 0});
    /* shifted by a tenth of a miss ratio of .002479 */
    HOLDS(
        CACHED("3000000s", "1", "0.1/s", "'capacity': 1, 'ttl': '60s', 'expiry': 'sliding'", "0s"),
        {"cache.hit_ratio.mean", 0.997521, 0.00025});
    /* a lifetime for each hit, uniform over 0 to 2T: 1 - exp(-lT) sinh(lT) / (lT) with lT = 1 */
    HOLDS(CACHED("300000s", "1", "0.1/s",
                 "'capacity': 1, 'ttl': '10s', 'ttl_jitter': 1, 'expiry': 'sliding'", "0s"),
          {"cache.hit_ratio.mean", 0.567668, 0});
}

static void least_recently_used(void **state)
{
    (void)state;
    HOLDS(CACHED("200000s", "10", "1/s", "'capacity': 3", "0s"),
          {"cache.hit_ratio.mean", 0.4706642, 0});
    /* Che's approximation: not exact, so within 1 %, and 3 % off is seen */
    struct sim_scenario *s = harness_scenario(
        CACHED("11000s", "10000", "50/s", "'capacity': 1000", "0s"));
    struct sim_record *r = harness_run(&s->variants[0], 7, 0);
    harness_between(r, "cache.hit_ratio.mean", 0.99 * 0.675602, 1.01 * 0.675602);
    sim_record_free(r);
    sim_scenario_free(s);
}

/* lambda D = 10, lifetime 15 D: e recomputations each time, and
 * D (ln(lambda D) + .577216 + E1(lambda D)) = 2.879805 s early. */
static void xfetch(void **state)
{
    (void)state;
    HOLDS(CACHED("80000s", "1", "10/s", "'capacity': 1, 'ttl': '15s', 'stampede': 'xfetch'", "1s"),
          {"cache.recomputes_per_episode.mean", 2.71828, 0}, {"cache.earliness.mean", 2.879805, 0});
}

static void without_protection_one_and_lambda_delta(void **state)
{
    (void)state;
    HOLDS(CACHED("11000s", "1", "20/s", "'capacity': 1, 'ttl': '10s'", "1s"),
          {"cache.recomputes_per_episode.mean", 21, 0});
    HOLDS(CACHED("11000s", "1", "5/s", "'capacity': 1, 'ttl': '10s'", "1s"),
          {"cache.recomputes_per_episode.mean", 6, 0});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mm1),
        cmocka_unit_test(mmc),
        cmocka_unit_test(finite_queues_block),
        cmocka_unit_test(closed_by_exact_mean_value_analysis),
        cmocka_unit_test(lifetimes),
        cmocka_unit_test(least_recently_used),
        cmocka_unit_test(xfetch),
        cmocka_unit_test(without_protection_one_and_lambda_delta),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
