/* test_ledger.c - bills and copies against what can be reckoned: prices times quantities exactly,
 * retries' share of the requests, and the copies a cache of lifetimes holds. */
#include "theory/holds.h"

#include "sim/model.h"

/* Holds the mean of a metric, or of its ratio to another. */
static void sees(const char *text, const char *metric, const char *to, double expected)
{
    struct sim_scenario *s = harness_scenario(text);
    double values[REPLICATIONS];
    for (uint64_t i = 0; i < REPLICATIONS; i++) {
        struct sim_record *record = harness_run(&s->variants[0], 11, i);
        values[i] = harness_metric(record, metric) / (to ? harness_metric(record, to) : 1);
        sim_record_free(record);
    }
    sim_scenario_free(s);
    value_holds(&(struct value){metric, expected, 0}, values);
}

#define HEAD(duration, warmup)                                                                     \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '" duration "', 'warmup': '" warmup   \
    "', 'interval': '100s', 'replications': 1}, "
#define DATED "'date': '2026-01-01', 'source': 'the test'"

/* A message is lost with probability q = .1, each way. An attempt is answered with (1-q)^2, and
 * reaches the callee with 1-q whichever it is. Of 4 attempts, with f = 1-(1-q)^2 = .19, those after
 * the first are 1 - (1-f)/(1-f^4) of all. */
static void retries_share_of_the_bill(void **state)
{
    (void)state;
    const double f = 0.19;
    sees(
        HEAD("2000s", "100s") "'links': [{'between': ['users', 'app'], 'latency': '1ms', 'loss': "
                              "0.1}], 'components': {'users': {'model': 'client', 'to': 'app', "
                              "'rate': '50/s', 'timeout': '10ms', 'retry': {'attempts': 4}}, "
                              "'app': {'model': 'service', 'servers': 100, 'service_time': '1ms'}},"
                              "'prices': {" DATED ", 'models': {'service': {'requests': "
                              "'$1/1M requests', 'instance': '$1/instance-h'}}}}",
        "cost.retry.per_hour", "cost.total.per_hour", 1 - (1 - f) / (1 - f * f * f * f));
}

/* A key read at rate l is there for T after each filling and then away for 1/l on average: with
 * probability lT/(1+lT) (Jung, Berger and Balakrishnan 2003). Summed over keys of Zipf popularity.
 */
static void a_cache_of_lifetimes_holds_so_many_copies(void **state)
{
    (void)state;
    enum { KEYS = 1000 };
    double sum = 0, copies = 0, rate = 20, lifetime = 30;
    for (int k = 1; k <= KEYS; k++)
        sum += 1.0 / k;
    for (int k = 1; k <= KEYS; k++) {
        double reads = rate / k / sum * lifetime;
        copies += reads / (1 + reads);
    }
    static const char *const text =
        HEAD("4000s", "100s") "'keyspaces': {'items': {'keys': 1000, 'subjects': 100, "
                              "'popularity': {'type': 'zipf', 'exponent': 1}}}, 'components': {"
                              "'users': {'model': 'client', 'to': 'cache', 'rate': '20/s', "
                              "'keyspace': 'items'}, 'cache': {'model': 'cache', 'origin': 'db', "
                              "'capacity': 1000, 'ttl': '30s', 'lookup_time': '0s'}, "
                              "'db': {'model': 'store', 'read_time': '0s'}}}";
    sees(text, "cache.copies.mean", NULL, copies);
    sees(text, "cache.copy_bytes.mean", NULL, copies * 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(retries_share_of_the_bill),
        cmocka_unit_test(a_cache_of_lifetimes_holds_so_many_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
