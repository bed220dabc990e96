/* test_spans.c - numbers over a span of time, of one node or the worst, and of any percentile: they
 * are those of the requests, whatever the windows are.
 *
 * Expected numbers: M/M/1 at .5 has an exponential sojourn of mean 2 s, so its p99 is 2 ln 100 =
 * 9.2103 s (Kleinrock 1975, sec. 3.2); a uniform distribution from a to b has the standard
 * deviation (b - a) / sqrt 12. All else is held against counts of the same run. */
#include "harness.h"

#define RUN(duration, warmup, interval)                                                            \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '" duration "', 'warmup': '" warmup   \
    "', 'interval': '" interval "'}, "

static double answer_of(const struct sim_record *record, const char *name, double from_s,
                        double to_s)
{
    char full[200];
    sim_time from, to;
    sim_span_of(from_s, to_s, &from, &to);
    for (uint32_t i = 0; i < record->answer_count; i++) {
        const struct sim_answer *a = &record->answers[i];
        snprintf(full, sizeof full, "%s.%s.%s", a->metric.component, a->metric.meter,
                 a->metric.stat);
        if (strcmp(full, name) == 0 && a->from == from && a->to == to)
            return a->metric.value;
    }
    fail_msg("there is no answer %s", name);
    return NAN;
}

static uint64_t samples_of(const struct sim_record *record, const char *name)
{
    char full[200];
    for (uint32_t i = 0; i < record->metric_count; i++) {
        const struct sim_metric *m = &record->metrics[i];
        snprintf(full, sizeof full, "%s.%s.%s", m->component, m->meter, m->stat);
        if (strcmp(full, name) == 0)
            return m->n;
    }
    fail_msg("there is no metric %s", name);
    return 0;
}

static void expect_near(double seen, double wanted, double within)
{
    if (!(fabs(seen - wanted) <= within * fabs(wanted)))
        fail_msg("%.9g is not %.9g within %g", seen, wanted, within);
}

/* ---- spans ----------------------------------------------------------------------------------- */

#define MM1                                                                                        \
    "'components': {'users': {'model': 'client', 'to': 'app', 'rate': '0.5/s'}, 'app': {'model': " \
    "'service', 'servers': 1, 'service_time': {'type': 'exponential', 'mean': '1s'}}}, "           \
    "'expect': [{'that': 'users.latency.p99', 'from': '1000s', 'to': '199995s', 'at_most': "       \
    "'1s'}, {'that': 'users.latency.mean', 'from': '1000s', 'to': '199995s', 'at_most': '1s'}]}"

/* With the mean of the windows' numbers it was 3.05 s, 5.37 s and 9.4 s. 100,000 requests: the
 * standard deviation of their p99 is about 2 %. */
static void a_percentile_of_a_span_is_that_of_its_requests(void **state)
{
    static const char *const texts[] = {RUN("200000s", "0s", "10s") MM1,
                                        RUN("200000s", "0s", "50s") MM1,
                                        RUN("200000s", "0s", "5000s") MM1};
    double first[2] = {0, 0};
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct sim_record *r = harness_once(texts[i]);
        double p99 = answer_of(r, "users.latency.p99", 1000, 199995);
        double mean = answer_of(r, "users.latency.mean", 1000, 199995);
        expect_near(p99, 9.21034, 0.07);
        expect_near(mean, 2, 0.05);
        if (i > 0 && p99 != first[0])
            fail_msg("%.17g, %.17g", p99, first[0]);
        if (i > 0)
            expect_near(mean, first[1], 1e-12);
        first[0] = p99;
        first[1] = mean;
        harness_free(r);
    }
}

/* Nearly all requests come while the only node is down, in two windows of ten. */
static void a_share_of_a_span_is_weighted(void **state)
{
    struct sim_record *r = harness_once(
        RUN("20s", "0s", "1s") "'components': {'users': {'model': 'client', 'to': 'app', "
                               "'rate': '10/s'}, 'app': {'model': 'service', 'servers': 1000, "
                               "'service_time': '1ms'}}, 'timeline': [{'at': '10s', 'for': '2s', "
                               "'do': 'crash', 'target': 'app'}, {'at': '10s', 'do': 'set', "
                               "'target': 'users', 'set': {'rate': '400/s'}}, {'at': '12s', "
                               "'do': 'set', 'target': 'users', 'set': {'rate': '10/s'}}], "
                               "'expect': [{'that': 'users.success.mean', 'from': '5s', 'to': "
                               "'15.5s', 'at_least': 1}, {'that': 'users.goodput.count', 'from': "
                               "'5s', 'to': '15.5s', 'at_least': 1}, {'that': "
                               "'users.finished.count', 'from': '5s', 'to': '15.5s', 'at_least': "
                               "1}]}");
    (void)state;
    double success = answer_of(r, "users.success.mean", 5, 15.5);
    double good = answer_of(r, "users.goodput.count", 5, 15.5);
    double all = answer_of(r, "users.finished.count", 5, 15.5);
    assert_true(all > 800 && all < 960);
    assert_true(success == good / all);
    assert_true(success > 0.06 && success < 0.14); /* 85 of 885; the windows' mean is .8 */
    harness_free(r);
}

/* ---- the windows do not matter --------------------------------------------------------------- */

#define CLIENT "'users': {'model': 'client', 'to': 'app', 'rate': '150/s', 'timeout': '80ms'"
#define SERVICE                                                                                    \
    "'app': {'model': 'service', 'servers': 4, 'service_time': {'type': 'exponential', 'mean': "   \
    "'15ms'}"
#define KEYS                                                                                       \
    "'keyspaces': {'k': {'keys': 1000, 'popularity': {'type': 'zipf', 'exponent': 0.99}}}, "
#define STORE                                                                                      \
    "'db': {'model': 'store', 'nodes': 4, 'spread': 'key', 'connections': 2, 'read_time': {"       \
    "'type': 'exponential', 'mean': '5ms'}"
#define CACHE "'app': {'model': 'cache', 'capacity': '100 keys', 'ttl': '1s', 'origin': 'db'}, "
#define ABOUT(metric, bound)                                                                       \
    "{'that': '" metric "', 'from': '7.3s', 'to': '21.9s', 'at_least': " bound "}"
#define USERS                                                                                      \
    ABOUT("users.latency.p99", "'1ms'")                                                            \
    ", " ABOUT("users.latency.mean", "'1ms'") ", " ABOUT("users.success.mean", "0") ", " ABOUT(    \
        "users.goodput.mean",                                                                      \
        "'1/s'") ", " ABOUT("users.latency.p95", "'1ms'") ", " ABOUT("users.latency.max", "'1ms'")
#define QUEUE                                                                                      \
    ABOUT("app.queue.mean", "0")                                                                   \
    ", " ABOUT("app.utilisation.mean", "0") ", " ABOUT("app.sojourn.p999", "'1ms'")
#define NODES                                                                                      \
    ABOUT("db/0.utilisation.mean", "0")                                                            \
    ", " ABOUT("db/worst.utilisation.mean", "0") ", " ABOUT(                                       \
        "db/worst.sojourn.p99", "'1ms'") ", " ABOUT("db/3.rate.count",                             \
                                                    "0") ", " ABOUT("db.sojourn.stdev", "'1ms'")
#define PEAKS ABOUT("app.queue.peak", "0") ", " ABOUT("app.busy.peak", "0")
#define NODE_PEAKS ABOUT("db/1.in_flight.peak", "0") ", " ABOUT("db/worst.queue.peak", "0")

/* What stands between the run and the claims. */
static const char *const scenarios[][2] = {
    {"'components': {" CLIENT "}, " SERVICE "}}", USERS ", " QUEUE ", " PEAKS},
    {"'components': {" CLIENT "}, " SERVICE ", 'queue_limit': 5}}", USERS ", " QUEUE},
    {"'components': {" CLIENT ", 'retry': {'attempts': 3, 'backoff': '10ms'}}, " SERVICE "}}",
     USERS ", " QUEUE ", " ABOUT("users.retries.count", "0")},
    {"'components': {" CLIENT ", 'hedge': {'delay': '60ms'}}, " SERVICE "}}", USERS ", " QUEUE},
    {"'components': {" CLIENT "}, " SERVICE ", 'nodes': 3, 'spread': 'random'}}",
     USERS ", " QUEUE ", " ABOUT("app/worst.sojourn.p50", "'1ms'")},
    {"'components': {" CLIENT "}, " SERVICE "}}, 'timeline': [{'at': '9s', 'for': '4s', 'do': "
     "'crash', 'target': 'app'}]",
     USERS ", " QUEUE ", " ABOUT("app.lost.count", "0")},
    {"'components': {" CLIENT "}, " SERVICE "}}, 'timeline': [{'at': '9s', 'for': '4s', 'do': "
     "'slow', 'target': 'app', 'factor': 3}]",
     USERS ", " QUEUE ", " PEAKS},
    {"'components': {" CLIENT "}, " SERVICE "}}, 'timeline': [{'at': '9s', 'for': '4s', 'do': "
     "'errors', 'target': 'app', 'share': 0.5}]",
     USERS ", " QUEUE ", " ABOUT("app.failed.mean", "'1/s'")},
    {"'components': {" CLIENT "}, " SERVICE "}}, 'timeline': [{'at': '20s', 'do': 'set', "
     "'target': 'users', 'set': {'rate': '300/s'}}]",
     USERS ", " QUEUE},
    {KEYS "'components': {" CLIENT ", 'keyspace': 'k'}, " CACHE STORE "}}",
     USERS ", " NODES ", " ABOUT("app.hit_ratio.mean", "0") ", " ABOUT("app.entries.mean", "0")},
    {KEYS "'components': {'users': {'model': 'client', 'to': 'db', 'rate': '900/s', 'keyspace': "
          "'k'}, " STORE "}}",
     USERS ", " NODES ", " NODE_PEAKS},
    {KEYS "'components': {" CLIENT ", 'keyspace': 'k'}, " SERVICE ", 'to': 'db'}, " STORE "}}, "
          "'timeline': [{'at': '9s', 'for': '4s', 'do': 'crash', 'target': 'db/1'}]",
     USERS ", " QUEUE ", " NODES},
};

static struct sim_record *run_at(const char *const scenario[2], const char *interval)
{
    char text[8192];
    snprintf(text, sizeof text,
             "{'schema_version': 1, 'title': 't', 'run': {'duration': '30s', 'warmup': '6s', "
             "'interval': '%s'}, %s, 'expect': [%s]}",
             interval, scenario[0], scenario[1]);
    return harness_once(text);
}

static void windows_do_not_change_a_number(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof scenarios / sizeof scenarios[0]; s++) {
        struct sim_record *r[3] = {run_at(scenarios[s], "100ms"), run_at(scenarios[s], "2s"),
                                   run_at(scenarios[s], "6s")};
        assert_true(r[0]->answer_count >= 9);
        for (int i = 1; i < 3; i++) {
            assert_int_equal(r[i]->hash, r[0]->hash);
            assert_int_equal(r[i]->answer_count, r[0]->answer_count);
            for (uint32_t a = 0; a < r[0]->answer_count; a++) {
                const struct sim_metric *one = &r[0]->answers[a].metric;
                const struct sim_metric *other = &r[i]->answers[a].metric;
                if (isnan(one->value) ||
                    !(fabs(one->value - other->value) <= 1e-12 * fabs(one->value)))
                    fail_msg("scenario %zu, %s.%s.%s: %.17g, %.17g", s, one->component, one->meter,
                             one->stat, one->value, other->value);
            }
        }
        for (int i = 0; i < 3; i++)
            harness_free(r[i]);
    }
}

/* Every 0.2 s a request, and 1 s of work for each: when k have come and the server has ended one a
 * second, all but those and the one that is served wait. In windows of 100 s none lies within the
 * first span whole. */
static void a_peak_is_of_the_span_alone(void **state)
{
    static const char *const intervals[] = {"100s", "7s", "1s"};
    (void)state;
    for (int i = 0; i < 3; i++) {
        char text[2048];
        snprintf(text, sizeof text,
                 "{'schema_version': 1, 'title': 't', 'run': {'duration': '700s', 'warmup': '0s', "
                 "'interval': '%s'}, 'components': {'users': {'model': 'client', 'to': 'app', "
                 "'rate': '5/s', 'arrival': 'constant'}, 'app': {'model': 'service', 'servers': "
                 "1, 'service_time': '1s'}}, 'timeline': [{'at': '500.1s', 'do': 'set', 'target': "
                 "'users', 'set': {'rate': '0.1/s'}}], 'expect': ["
                 "{'that': 'app.queue.peak', 'from': '310s', 'to': '390.05s', 'at_most': 10}, "
                 "{'that': 'app.queue.peak', 'from': '350s', 'to': '360.05s', 'at_most': 10}, "
                 "{'that': 'app.queue.peak', 'from': '150s', 'to': '360.05s', 'at_most': 10}, "
                 "{'that': 'app.queue.peak', 'from': '200s', 'to': '300.05s', 'at_most': 10}, "
                 "{'that': 'app/0.queue.peak', 'from': '550.5s', 'to': '700s', 'at_most': 10}]}",
                 intervals[i]);
        struct sim_record *r = harness_once(text);
        assert_true(answer_of(r, "app.queue.peak", 310, 390.05) == 1950 - 390);
        assert_true(answer_of(r, "app.queue.peak", 350, 360.05) == 1800 - 360);
        assert_true(answer_of(r, "app.queue.peak", 150, 360.05) == 1800 - 360);
        assert_true(answer_of(r, "app.queue.peak", 200, 300.05) == 1500 - 300);
        double falling = answer_of(r, "app/0.queue.peak", 550.5, 700); /* 1 a second since 500 s */
        if (!(falling >= 2500 - 551 && falling <= 2500 + 5 - 549))
            fail_msg("%.17g", falling);
        harness_free(r);
    }
}

/* Of several nodes: the greatest sum of their peaks in a window, or in the part that lies in the
 * span. What else is asked cuts the windows elsewhere, and changes nothing. */
static void a_peak_of_nodes_is_a_bound(void **state)
{
    static const char *const claims[] = {"", ", {'that': 'app/1.in_flight.peak', 'from': '3.5s', "
                                             "'to': '4.25s', 'at_most': 1}, {'that': "
                                             "'app.in_flight.peak', 'from': '5.5s', 'to': '7.5s', "
                                             "'at_most': 1}"};
    double seen[2] = {0, 0};
    (void)state;
    for (int i = 0; i < 2; i++) {
        char text[2048];
        snprintf(text, sizeof text,
                 RUN("20s", "0s", "2s") "'components': {'users': {'model': 'client', 'to': 'app', "
                                        "'rate': '20/s'}, 'app': {'model': 'service', 'nodes': 3, "
                                        "'spread': 'random', 'servers': 2, 'service_time': "
                                        "'250ms'}}, 'expect': [{'that': 'app.in_flight.peak', "
                                        "'from': '3.3s', 'to': '6.1s', 'at_most': 1}%s]}",
                 claims[i]);
        struct sim_record *r = harness_once(text);
        seen[i] = answer_of(r, "app.in_flight.peak", 3.3, 6.1);
        harness_free(r);
    }
    assert_true(seen[0] >= 5);
    assert_true(seen[1] == seen[0]);
}

/* What is asked takes no event and no draw. */
static void asking_changes_no_run(void **state)
{
    static const char *const asks_little[2] = {
        KEYS "'components': {'users': {'model': 'client', 'to': "
             "'db', 'rate': '900/s', 'keyspace': 'k'}, " STORE "}}",
        ""};
    struct sim_record *little = run_at(asks_little, "2s"), *much = run_at(scenarios[10], "2s");
    (void)state;
    assert_int_equal(little->hash, much->hash);
    assert_int_equal(little->events, much->events);
    for (uint32_t i = 0; i < little->metric_count; i++) {
        const struct sim_metric *a = &little->metrics[i], *b = &much->metrics[i];
        if (strcmp(a->stat, b->stat) != 0 || memcmp(&a->value, &b->value, sizeof a->value) != 0)
            fail_msg("%s.%s.%s: %.17g, %.17g", a->component, a->meter, a->stat, a->value, b->value);
    }
    harness_free(little);
    harness_free(much);
}

/* ---- nodes ----------------------------------------------------------------------------------- */

#define HOT(more)                                                                                  \
    RUN("20s", "5s", "1s")                                                                         \
    "'keyspaces': {'k': {'keys': 1000, 'popularity': {'type': 'hot-set', 'hot': 1, 'share': "      \
    "0.4}}}, 'components': {'users': {'model': 'client', 'to': 'db', 'rate': '3000/s', "           \
    "'keyspace': 'k'}, 'db': {'model': 'store', 'nodes': 4, 'spread': 'key', 'connections': 20, "  \
    "'read_time': {'type': 'exponential', 'mean': '16ms'}}}, " more "}"

/* Two fifths of the load and a share of the rest on one node: 1,200 + 450 /s where 1,250 /s can be
 * done. All four together are busy for about half of their time. */
static void the_hot_node_is_seen(void **state)
{
    struct sim_record *r = harness_once(
        HOT("'expect': [{'that': 'db/worst.utilisation.mean', 'at_most': 1}, {'that': "
            "'db/0.utilisation.mean', 'at_most': 1}, {'that': 'db/1.utilisation.mean', 'at_most': "
            "1}, {'that': 'db/2.utilisation.mean', 'at_most': 1}, {'that': "
            "'db/3.utilisation.mean', 'at_most': 1}, {'that': 'db/0.rate.count', 'at_least': 1}, "
            "{'that': 'db/1.rate.count', 'at_least': 1}, {'that': 'db/2.rate.count', 'at_least': "
            "1}, {'that': 'db/3.rate.count', 'at_least': 1}, {'that': 'db/worst.rate.count', "
            "'at_least': 1}, {'that': 'db/worst.capacity.min', 'at_least': 1}, {'that': "
            "'db/worst.sojourn.p50', 'at_most': '1s'}]"));
    double most = 0, sum = 0, busiest = 0, mean = 0;
    (void)state;
    for (int n = 0; n < 4; n++) {
        char name[64];
        snprintf(name, sizeof name, "db/%d.rate.count", n);
        sum += harness_metric(r, name);
        most = fmax(most, harness_metric(r, name));
        snprintf(name, sizeof name, "db/%d.utilisation.mean", n);
        busiest = fmax(busiest, harness_metric(r, name));
        mean += harness_metric(r, name) / 4;
    }
    assert_true(sum == harness_metric(r, "db.rate.count"));
    assert_true(most == harness_metric(r, "db/worst.rate.count"));
    assert_true(busiest == harness_metric(r, "db/worst.utilisation.mean"));
    expect_near(mean, harness_metric(r, "db.utilisation.mean"), 1e-12);
    assert_true(busiest > 0.99 && mean < 0.6);
    assert_true(harness_metric(r, "db/worst.capacity.min") == 20);
    assert_true(harness_metric(r, "db/worst.sojourn.p50") > 1); /* of all it is some 50 ms */
    harness_free(r);
}

/* Series and distributions of nodes are there only when they are asked for. */
static void nodes_have_series_when_asked(void **state)
{
    struct sim_record *r = harness_once(
        HOT("'figures': [{'kind': 'timeline', 'title': 'x', 'panels': [{'series': "
            "['db/1.utilisation', 'db/worst.utilisation']}]}, {'kind': 'ccdf', 'title': 'y', "
            "'panels': [{'series': ['db/2.sojourn']}]}]"));
    const struct sim_series *all = NULL, *one = NULL, *worst = NULL;
    (void)state;
    for (uint32_t i = 0; i < r->series_count; i++) {
        const struct sim_series *s = &r->series[i];
        all = strcmp(s->component, "db") == 0 && strcmp(s->meter, "utilisation") == 0 ? s : all;
        one = strcmp(s->component, "db/1") == 0 && strcmp(s->meter, "utilisation") == 0 ? s : one;
        worst = strcmp(s->component, "db/worst") == 0 ? s : worst;
        assert_string_not_equal(s->component, "db/0");
    }
    assert_non_null(all);
    assert_non_null(one);
    assert_non_null(worst);
    for (uint32_t w = 0; w < r->windows; w++)
        assert_true(worst->values[w] >= one->values[w] && worst->values[w] > all->values[w]);
    assert_int_equal(r->distribution_count, 1);
    assert_string_equal(r->distributions[0].component, "db/2");
    assert_true(r->distributions[0].tally.n > 1000);
    assert_true(harness_metric(r, "db/2.sojourn.p999") > harness_metric(r, "db/2.sojourn.p50"));
    harness_free(r);
}

/* ---- statistics ------------------------------------------------------------------------------ */

static void percentiles_have_names(void **state)
{
    (void)state;
    assert_true(sim_stat_percentile("p50") == 0.5 && sim_stat_percentile("p5") == 0.05);
    assert_true(sim_stat_percentile("p99") == 0.99 && sim_stat_percentile("p95") == 0.95);
    assert_true(sim_stat_percentile("p999") == 0.999 && sim_stat_percentile("p99_9") == 0.999);
    assert_true(sim_stat_percentile("p99_99") == 0.9999);
    static const char *const none[] = {"p",    "p0",   "p100", "p9999", "p99_",  "p_5",
                                       "p9x9", "peak", "mean", "x50",   "p00_0", "p99_9999999"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        if (!isnan(sim_stat_percentile(none[i])))
            fail_msg("%s is %g", none[i], sim_stat_percentile(none[i]));
}

/* 20,000 values: percentiles within a percent of the range, the deviation within 2 %. */
static void any_percentile_can_be_asked_for(void **state)
{
    struct sim_record *r = harness_once(RUN(
        "210s", "10s", "5s") "'components': {'users': {'model': 'client', 'to': 'app', "
                             "'rate': '100/s'}, 'app': {'model': 'service', 'servers': 1000, "
                             "'service_time': {'type': 'uniform', 'low': '1s', 'high': '2s'}}}, "
                             "'expect': [{'that': 'users.latency.p95', 'at_most': '9s'}, "
                             "{'that': 'users.latency.p25', 'at_most': '9s'}, {'that': "
                             "'users.latency.p99_9', 'at_most': '9s'}, {'that': "
                             "'users.latency.stdev', 'at_most': '9s'}]}");
    (void)state;
    expect_near(harness_metric(r, "users.latency.p95"), 1.95, 0.01);
    expect_near(harness_metric(r, "users.latency.p25"), 1.25, 0.012);
    expect_near(harness_metric(r, "users.latency.stdev"), 1 / sqrt(12), 0.02);
    assert_true(samples_of(r, "users.latency.p95") == samples_of(r, "users.latency.p99"));
    assert_true(samples_of(r, "users.latency.p95") ==
                (uint64_t)harness_metric(r, "users.goodput.count"));
    assert_true(samples_of(r, "users.success.mean") ==
                (uint64_t)harness_metric(r, "users.finished.count"));
    assert_int_equal(samples_of(r, "app.utilisation.mean"), 40); /* windows */
    harness_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_percentile_of_a_span_is_that_of_its_requests),
        cmocka_unit_test(a_share_of_a_span_is_weighted),
        cmocka_unit_test(windows_do_not_change_a_number),
        cmocka_unit_test(a_peak_is_of_the_span_alone),
        cmocka_unit_test(a_peak_of_nodes_is_a_bound),
        cmocka_unit_test(asking_changes_no_run),
        cmocka_unit_test(the_hot_node_is_seen),
        cmocka_unit_test(nodes_have_series_when_asked),
        cmocka_unit_test(percentiles_have_names),
        cmocka_unit_test(any_percentile_can_be_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
