/* test_plugins.c - plug-ins in a run: what they do, whose their state is, what sets their
 * parameters, and their meters. The model is tests/support/plugged.c. */
#include "model/harness.h"

#include "study/estimates/student.h"

/* 1,000 bytes are written every 10 ms, the first at 10 ms, by one user or more. */
#define HEAD "{'schema_version': 1, 'title': 't', 'run': {'interval': '5ms', 'duration': "
#define WRITER                                                                                     \
    "{'model': 'client', 'to': 'db', 'rate': '100/s', 'mix': {'write': 1}, "                       \
    "'request_bytes': 1000, " IN_STEP
#define BUFFERED(size) "{'type': 'buffered', 'buffer': '" size "', 'flush_rate': '1MB/s'}"
#define ONE(duration, more)                                                                        \
    HEAD "'" duration "'}, 'components': {'u': " WRITER "}, 'db': {'model': 'plugged'" more "}}"

/* Every 10th write takes 10 ms more: flushes at 100, 200, … 900 ms. */
static void a_plugin_does_its_work(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(ONE("955ms", ", 'engine': " BUFFERED("10kB")) "}");
    harness_is(r, "db.flushes.count", 9);
    harness_is(r, "db.stalls.count", 9);
    harness_is(r, "db.stalls.max", 10e-3);
    harness_is(r, "db.done.count", 95);
    harness_is(r, "db.flush_share.mean", 9. / 95);
    harness_is(r, "db.filled.peak", 9000);
    harness_free(r);
}

/* The default takes 1 ms for each; without a journal nothing is journaled. */
static void another_one_does_other_work(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(ONE("1s", "") "}");
    harness_is(r, "db.utilisation.mean", .099);
    harness_is(r, "db.sojourn.max", 1e-3);
    for (uint32_t i = 0; i < r->metric_count; i++)
        if (strcmp(r->metrics[i].meter, "flushes") == 0 ||
            strcmp(r->metrics[i].meter, "journaled") == 0)
            fail_msg("there is %s", r->metrics[i].meter);
    harness_free(r);
    r = harness_once(ONE("1s", ", 'journal': 'counted'") "}");
    harness_is(r, "db.journaled.count", 99);
    harness_free(r);
}

/* Of 9 writes each of three nodes gets three, and a buffer is full with four. */
static void each_node_has_a_state_of_its_own(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        ONE("95ms", ", 'nodes': 3, 'spread': 'round-robin', 'engine': " BUFFERED("4kB")) "}");
    harness_is(r, "db.done.count", 9);
    harness_is(r, "db.flushes.count", 0);
    harness_is(r, "db.filled.peak", 9000); /* the sum of the nodes' */
    harness_free(r);
}

/* Five writes are in the buffer at the crash at 55 ms, and ten more fill it at 160 ms. */
static void a_crash_in_the_middle(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(ONE(
        "165ms", ", 'engine': " BUFFERED("10kB")) ", 'timeline': [{'at': '55ms', 'do': 'crash', "
                                                  "'target': 'db', 'for': '1ms'}]}");
    harness_is(r, "db.flushes.count", 1);
    harness_is(r, "db.stalls.max", 10e-3);
    harness_is(r, "db.filled.peak", 9000);
    harness_free(r);
}

/* Of two values set, the one set last holds: 2 kB from 55 to 85 ms, but 1 kB from 65 to 75 ms. So
 * there is a flush at 60 ms (of 6 kB), at 70 ms (of 1 kB), and of 8 kB again at 150 ms. */
static void its_parameters_are_set(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        ONE("175ms", ", 'engine': " BUFFERED("8kB")) ", 'timeline': [{'at': '55ms', 'do': 'set', "
                                                     "'target': 'db', 'for': '30ms', 'set': "
                                                     "{'engine': {'buffer': '2kB'}}}, "
                                                     "{'at': '65ms', 'do': 'set', 'target': 'db', "
                                                     "'for': '10ms', 'set': {'engine': {'buffer': "
                                                     "'1kB'}, 'queue_limit': 7}}]}");
    harness_is(r, "db.flushes.count", 3);
    harness_is(r, "db.stalls.max", 8e-3);
    harness_is(r, "db.buffers_set.count", 4);
    harness_is(r, "db.limits_set.count", 2); /* the model hears of its own only */
    harness_free(r);
}

/* Only what the second user writes is collected: its keyspace is the engine's. With the value a
 * write has 2,000 bytes, so every 5th of 94 fills the buffer. */
static void a_keyspace_is_bound(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        HEAD "'945ms'}, 'keyspaces': {'a': {'keys': 9}, 'b': {'keys': 9, 'value_bytes': 1000}}, "
             "'components': {'u': " WRITER ", 'keyspace': 'a'}, 'v': " WRITER
             ", 'keyspace': 'b'}, 'db': {'model': 'plugged', 'engine': {'type': 'buffered', "
             "'buffer': '10kB', 'flush_rate': '1MB/s', 'keyspace': 'b'}}}}");
    harness_is(r, "db.done.count", 188);
    harness_is(r, "db.flushes.count", 18);
    harness_is(r, "db.stalls.max", 10e-3);
    harness_free(r);
}

static double asked(const struct sim_record *r, const char *place, const char *stat)
{
    for (uint32_t i = 0; i < r->metric_count; i++)
        if (strcmp(r->metrics[i].component, place) == 0 && strcmp(r->metrics[i].stat, stat) == 0 &&
            strcmp(r->metrics[i].meter, "flush_share") == 0)
            return r->metrics[i].value;
    fail_msg("there is no %s.flush_share.%s", place, stat);
    return NAN;
}

/* Writes go to db/0 and db/1 in turn; from 10 s on only db/1 flushes at each. */
static void nodes_are_told_apart(void **state)
{
    (void)state;
    static const char text[] = HEAD
        "'20s', 'warmup': '10s'}, 'components': {'u': " WRITER "}, "
        "'db': {'model': 'plugged', 'nodes': 2, 'spread': 'round-robin', "
        "'engine': {'type': 'buffered', 'buffer': '4kB', 'flush_rate': '1MB/s'}}}, "
        "'timeline': [{'at': '10s', 'do': 'set', 'target': 'db/1', "
        "'set': {'engine': {'buffer': '1kB'}}}], "
        "'expect': [{'that': 'db/0.flush_share.mean', 'at_most': 1}, "
        "{'that': 'db/worst.flush_share.mean', 'at_most': 1}]}";
    struct sim_record *r = harness_once(text);
    assert_true(fabs(asked(r, "db/0", "mean") - .25) < 1e-9);
    assert_true(fabs(asked(r, "db/worst", "mean") - 1) < 1e-9);
    assert_true(fabs(asked(r, "db", "mean") - .625) < 1e-9);
    harness_free(r);
}

/* Mean work of a write is its own and its bytes over the flush rate, whatever the buffer: 100/s x
 * (1 + 1 ms) = .2, by a 99.9 % interval of 20 replications of Poisson arrivals. Shifted by 3 % it
 * is not covered. */
static void mean_work_is_as_said(void **state)
{
    (void)state;
    enum { RUNS = 20 };
    struct sim_scenario *s = harness_scenario(
        HEAD "'100s'}, 'components': {'u': {'model': 'client', 'to': 'db', 'rate': '100/s', "
             "'mix': {'write': 1}, 'request_bytes': 1000}, 'db': {'model': 'plugged', 'engine': "
             "{'type': 'buffered', 'buffer': '7kB', 'flush_rate': '1MB/s', 'work': {'type': "
             "'exponential', 'mean': '1ms'}}}}}");
    double sum = 0, squares = 0;
    for (uint64_t i = 0; i < RUNS; i++) {
        struct sim_record *r = harness_run(&s->variants[0], 1, i);
        double seen = harness_metric(r, "db.utilisation.mean");
        sum += seen;
        squares += seen * seen;
        sim_record_free(r);
    }
    double mean = sum / RUNS, variance = (squares - RUNS * mean * mean) / (RUNS - 1);
    double half = sim_student_quantile(.999, RUNS - 1) * sqrt(variance / RUNS);
    if (!(fabs(mean - .2) <= half && fabs(mean - 1.03 * .2) > half && fabs(mean - .97 * .2) > half))
        fail_msg("%.6f +- %.6f, not .2", mean, half);
    sim_scenario_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plugin_does_its_work),
        cmocka_unit_test(another_one_does_other_work),
        cmocka_unit_test(each_node_has_a_state_of_its_own),
        cmocka_unit_test(a_crash_in_the_middle),
        cmocka_unit_test(its_parameters_are_set),
        cmocka_unit_test(a_keyspace_is_bound),
        cmocka_unit_test(nodes_are_told_apart),
        cmocka_unit_test(mean_work_is_as_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
