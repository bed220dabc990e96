/* test_attribution.c - where the time went, in cases whose answer can be written down.
 *
 * Every expected number follows from the constant times in the scenario beside it. */
#include "books/trace_state.h"
#include "fabric/world_state.h"
#include "harness.h"

static const struct sim_attribution *find(const struct sim_record *r, const char *source,
                                          const char *stat)
{
    for (uint32_t i = 0; i < r->attribution_count; i++)
        if (strcmp(r->attributions[i].source, source) == 0 &&
            strcmp(r->attributions[i].stat, stat) == 0)
            return &r->attributions[i];
    fail_msg("nothing is said of %s at %s", source, stat);
    return NULL;
}

static double part(const struct sim_record *r, const struct sim_attribution *a,
                   const char *component, const char *cause)
{
    for (uint32_t i = 0; i < a->part_count; i++) {
        const struct sim_attribution_part *p = &r->attribution_parts[a->first_part + i];
        if (strcmp(p->component, component) == 0 && strcmp(p->cause, cause) == 0)
            return p->mean;
    }
    return 0;
}

static void is(const struct sim_record *r, const char *stat, const char *component,
               const char *cause, double expected)
{
    double seen = part(r, find(r, "users", stat), component, cause);
    if (!(fabs(seen - expected) <= 1e-12 + 1e-9 * expected))
        fail_msg("%s of %s at %s is %.12g, not %.12g", cause, component, stat, seen, expected);
}

/* The parts sum to the latency, and there are so many of them. */
static void sums(const struct sim_record *r, const char *stat, double latency, uint32_t parts)
{
    const struct sim_attribution *a = find(r, "users", stat);
    double sum = 0;
    for (uint32_t i = 0; i < a->part_count; i++)
        sum += r->attribution_parts[a->first_part + i].mean;
    if (!(fabs(sum - a->latency) <= 1e-9 * sum && fabs(a->latency - latency) <= 1e-9 * latency))
        fail_msg("parts sum to %.12g, latency is %.12g, not %.12g", sum, a->latency, latency);
    assert_int_equal(a->part_count, parts);
}

#define HEAD                                                                                       \
    "{ 'schema_version': 1, 'title': 't', 'run': { 'duration': '20s', 'interval': '1s', "          \
    "'replications': 1 }, 'regions': { 'here': {} }, "

/* 1 ms each way, 2 ms of work, then 3 ms in the store. */
static void test_tandem(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        HEAD "'links': [ { 'between': ['here', 'here'], 'latency': '1ms' } ], 'components': {"
             "'users': { 'model': 'client', 'region': 'here', 'to': 'app', 'rate': '50/s',"
             "  " IN_STEP " },"
             "'app': { 'model': 'service', 'region': 'here', 'servers': 4,"
             "  'service_time': '2ms', 'to': 'db' },"
             "'db': { 'model': 'store', 'region': 'here', 'read_time': '3ms' } } }");
    static const char *const stats[] = {"mean", "p50", "p99"};
    for (size_t i = 0; i < 3; i++) {
        sums(r, stats[i], 0.009, 4);
        is(r, stats[i], "app", "network", 0.002);
        is(r, stats[i], "app", "service", 0.002);
        is(r, stats[i], "db", "network", 0.002);
        is(r, stats[i], "db", "service", 0.003);
    }
    harness_free(r);
}

/* Three users and one server of 10 ms: from the second round on each waits for the two others. */
static void test_queue(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        "{ 'schema_version': 1, 'title': 't', 'run': { 'duration': '20s', 'interval': '1s', "
        "'warmup': '1s', 'replications': 1 }, 'components': {"
        "'users': { 'model': 'client', 'to': 'app', 'users': 3, 'think_time': '0s' },"
        "'app': { 'model': 'service', 'servers': 1, 'service_time': '10ms' } } }");
    sums(r, "mean", 0.03, 2);
    is(r, "mean", "app", "queueing", 0.02);
    is(r, "mean", "app", "service", 0.01);
    harness_free(r);
}

/* Requests at whole seconds; the service is down from 9.995 s to 10.215 s, 5 ms away, and says so.
 * At 10 s: two attempts of 10 ms come to nothing, 100 ms after each; then one of 10 + 20 ms. */
static void test_retries(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        HEAD "'links': [ { 'between': ['here', 'here'], 'latency': '5ms' } ], 'components': {"
             "'users': { 'model': 'client', 'region': 'here', 'to': 'app', 'rate': '1/s',"
             "  " IN_STEP ", 'retry': { 'attempts': 5, 'backoff': '100ms',"
             "  'growth': 'constant', 'jitter': 'none' } },"
             "'app': { 'model': 'service', 'region': 'here', 'servers': 4,"
             "  'service_time': '20ms' } },"
             "'timeline': [ { 'at': '9995ms', 'for': '220ms', 'do': 'crash', 'target': 'app' } ]"
             "}");
    double n = find(r, "users", "mean")->requests;
    is(r, "mean", "users", "retry", 2 * 0.010 / n);
    is(r, "mean", "users", "backoff", 2 * 0.100 / n);
    is(r, "mean", "app", "network", 0.010);
    is(r, "mean", "app", "service", 0.020);
    sums(r, "mean", 0.030 + 0.220 / n, 4);
    harness_free(r);
}

/* Behind a service that tries again: the same, one call further in. */
static void test_retries_within(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        HEAD "'components': {"
             "'users': { 'model': 'client', 'to': 'app', 'rate': '1/s', " IN_STEP " },"
             "'app': { 'model': 'service', 'servers': 4, 'service_time': '1ms', 'to': 'db',"
             "  'timeout': '30ms', 'retry': { 'attempts': 5, 'backoff': '100ms',"
             "  'growth': 'constant', 'jitter': 'none' } },"
             "'db': { 'model': 'store', 'read_time': '3ms' } },"
             "'timeline': [ { 'at': '9.9s', 'for': '150ms', 'do': 'slow', 'target': 'db',"
             "  'factor': 100 } ] }");
    double n = find(r, "users", "mean")->requests;
    is(r, "mean", "app", "retry", 0.030 / n); /* 300 ms of work are not awaited */
    is(r, "mean", "app", "backoff", 0.100 / n);
    is(r, "mean", "app", "service", 0.001);
    is(r, "mean", "db", "service", 0.003);
    sums(r, "mean", 0.004 + 0.130 / n, 4);
    harness_free(r);
}

/* Two clients read the one key at the same instants, every 200 ms; it lives 140 ms and takes 48 ms
 * to fetch: one of the two reads the store, the other waits for what that one gets; with a lock he
 * looks again every 5 ms. */
static void refresh(const char *stampede, const char *cause, double wait)
{
    char text[2048];
    snprintf(text, sizeof text,
             HEAD "'keyspaces': { 'one': { 'keys': 1 } }, 'components': {"
                  "'users': { 'model': 'client', 'to': 'cache', 'rate': '5/s', 'keyspace': 'one',"
                  "  " IN_STEP " },"
                  "'first': { 'model': 'client', 'to': 'cache', 'rate': '5/s', 'keyspace': 'one',"
                  "  " IN_STEP " },"
                  "'cache': { 'model': 'cache', 'capacity': '10 keys', 'ttl': '140ms',"
                  "  'lookup_time': '1ms', 'stampede': '%s', 'retry_wait': '5ms',"
                  "  'origin': 'db' },"
                  "'db': { 'model': 'store', 'read_time': '48ms' } } }",
             stampede);
    struct sim_record *r = harness_once(text);
    const struct sim_attribution *a = find(r, "users", "mean"), *b = find(r, "first", "mean");
    double waited = part(r, a, "cache", cause) + part(r, b, "cache", cause);
    double fetched = part(r, a, "db", "service") + part(r, b, "db", "service");
    if (!(fabs(waited - wait) < 1e-9 && fabs(fetched - 0.048) < 1e-9))
        fail_msg("%s: waited %.9g s and fetched %.9g s", cause, waited, fetched);
    is(r, "mean", "cache", "service", 0.001);
    harness_free(r);
}

static void test_refresh(void **state)
{
    (void)state;
    refresh("single-flight", "refresh", 0.048);
    refresh("lock", "lock", 0.050);
}

/* The first node is ten times slower: each request goes there, and 20 ms later to the second. */
static void test_hedge(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        HEAD "'components': {"
             "'users': { 'model': 'client', 'to': 'app', 'rate': '1/s', " IN_STEP ","
             "  'hedge': { 'delay': '20ms' } },"
             "'app': { 'model': 'service', 'nodes': 2, 'spread': 'round-robin', 'servers': 4,"
             "  'service_time': '10ms' } },"
             "'timeline': [ { 'at': '0s', 'for': '30s', 'do': 'slow', 'target': 'app/0',"
             "  'factor': 10 } ] }");
    sums(r, "mean", 0.030, 2);
    is(r, "mean", "users", "hedge", 0.020);
    is(r, "mean", "app", "service", 0.010);
    harness_free(r);
}

/* Constant arrivals of 10/s against 8/s with a bucket of one: the wait grows
 * by 25 ms from each to the next; request k (from 0) waits k x 25 ms. Of 20 s, those that had been
 * sent by then: 8 a second. */
static void test_limit(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        HEAD "'components': {"
             "'users': { 'model': 'client', 'to': 'app', 'rate': '10/s', " IN_STEP ","
             "  'rate_limit': { 'rate': '8/s', 'burst': 1, 'wait': '60s' } },"
             "'app': { 'model': 'service', 'servers': 4, 'service_time': '10ms' } } }");
    const struct sim_attribution *a = find(r, "users", "mean");
    double n = a->requests;
    is(r, "mean", "users", "limit", 0.025 * (n - 1) / 2);
    is(r, "mean", "app", "service", 0.010);
    harness_free(r);
}

static struct sim_record *run_traced(const struct sim_case *c, uint32_t trace)
{
    struct sim_error error = {""};
    struct sim_world *w = sim_world_new(&c->plan, 3, 0, &error);
    assert_non_null(w);
    if (trace > 0)
        assert_int_equal(sim_world_trace(w, trace), 0);
    struct sim_record *r = sim_world_run(w, NULL, NULL);
    assert_non_null(r);
    assert_true(r->audit_held);
    sim_world_free(w);
    return r;
}

#define BUSY                                                                                       \
    "{ 'schema_version': 1, 'title': 't', 'run': { 'duration': '120s', 'interval': '1s', "         \
    "'warmup': '10s', 'replications': 1 }, 'regions': { 'here': {} },"                             \
    "'keyspaces': { 'items': { 'keys': 1000 } },"                                                  \
    "'links': [ { 'between': ['here', 'here'], 'latency': '1ms', 'loss': 0.001 } ],"               \
    "'components': {"                                                                              \
    "'users': { 'model': 'client', 'region': 'here', 'to': 'app', 'rate': '200/s',"                \
    "  'keyspace': 'items', 'timeout': '200ms', 'retry': { 'attempts': 3, 'backoff': '20ms' },"    \
    "  'hedge': { 'delay': '50ms' } },"                                                            \
    "'app': { 'model': 'service', 'region': 'here', 'nodes': 2, 'spread': 'round-robin',"          \
    "  'servers': 2,"                                                                              \
    "  'service_time': { 'type': 'exponential', 'mean': '10ms' }, 'to': 'cache' },"                \
    "'cache': { 'model': 'cache', 'region': 'here', 'capacity': '100 keys', 'ttl': '2s',"          \
    "  'stampede': 'single-flight', 'origin': 'db' },"                                             \
    "'db': { 'model': 'store', 'region': 'here', 'connections': 4,"                                \
    "  'read_time': { 'type': 'exponential', 'mean': '15ms' } } },"                                \
    "'timeline': [ { 'at': '40s', 'for': '3s', 'do': 'crash', 'target': 'app/1' },"                \
    "  { 'at': '60s', 'for': '3s', 'do': 'crash', 'target': 'db', 'silent': true },"               \
    "  { 'at': '80s', 'for': '2s', 'do': 'crash', 'target': 'users' } ] }"

/* What was seen of a run, traces aside. */
static void test_a_trace_changes_nothing(void **state)
{
    (void)state;
    struct sim_scenario *s = harness_scenario(BUSY);
    struct sim_record *a = run_traced(&s->variants[0], 0), *b = run_traced(&s->variants[0], 50);
    assert_int_equal(a->hash, b->hash);
    assert_int_equal(a->events, b->events);
    for (uint32_t i = 0; i < a->metric_count; i++)
        assert_memory_equal(&a->metrics[i].value, &b->metrics[i].value, sizeof(double));
    assert_int_equal(a->attribution_part_count, b->attribution_part_count);
    for (uint32_t i = 0; i < a->attribution_part_count; i++)
        assert_memory_equal(&a->attribution_parts[i].mean, &b->attribution_parts[i].mean,
                            sizeof(double));
    assert_null(a->trace);
    assert_true(a->attribution_part_count > 20);
    sim_record_free(a);
    sim_record_free(b);
    sim_scenario_free(s);
}

/* A nanosecond that was left over from somewhere: the audit says so. */
static void test_the_audit_counts(void **state)
{
    (void)state;
    struct sim_scenario *s = harness_scenario(BUSY);
    struct sim_error error = {""};
    struct sim_world *w = sim_world_new(&s->variants[0].plan, 3, 0, &error);
    assert_non_null(w);
    w->trace->spent[0] = 1;
    w->trace->touched[w->trace->touched_count++] = 0;
    struct sim_record *r = sim_world_run(w, NULL, NULL);
    assert_non_null(r);
    assert_false(r->audit_held);
    for (uint32_t i = 0; i < r->audit_count; i++)
        assert_true(r->audit[i].held == (strcmp(r->audit[i].name, "attribution") != 0));
    sim_record_free(r);
    sim_world_free(w);
    sim_scenario_free(s);
}

/* The slowest are those with the greatest latency of all that were sent and ended after the
 * warm-up, the longest first; spans begin within those they belong to. */
static void test_what_a_trace_holds(void **state)
{
    (void)state;
    struct sim_scenario *s = harness_scenario(BUSY);
    struct sim_record *r = run_traced(&s->variants[0], 50),
                      *all = run_traced(&s->variants[0], 2048);
    uint32_t slowest = 0, sampled = 0;
    sim_time last = SIM_NEVER, times[50];
    for (uint32_t i = 0; i < r->trace_count; i++) {
        const struct sim_trace_span *x = &r->trace[i], *parent = &r->trace[x->parent];
        assert_true(x->parent <= i && x->sent >= parent->sent);
        assert_true(x->arrived >= x->sent && x->left >= x->arrived && x->ended >= x->sent);
        if (x->kind != SIM_TRACE_REQUEST)
            continue;
        assert_int_equal(x->parent, i);
        assert_true(x->ended > 10 * SIM_SECOND);
        if (x->slowest) {
            assert_true(x->ended - x->sent <= last);
            times[slowest++] = last = x->ended - x->sent;
        }
        sampled += x->sampled;
    }
    assert_int_equal(slowest, 50);
    assert_int_equal(sampled, 50);
    for (uint32_t i = 0, k = 0; k < 50; i++) /* of more, the same are the slowest */
        if (all->trace[i].kind == SIM_TRACE_REQUEST)
            assert_int_equal(all->trace[i].ended - all->trace[i].sent, times[k++]);
    sim_record_free(r);
    sim_record_free(all);
    sim_scenario_free(s);
}

/* ---- how calls ended ------------------------------------------------------------------------- */

/* Answers with each status in turn, at once. */
struct fickle {
    struct sim_node node;
    uint64_t calls;
};

static void serve_fickle(struct sim_node *self, sim_call_id call, const struct sim_request *request)
{
    struct fickle *f = (struct fickle *)self;
    (void)request;
    enum sim_status status = (enum sim_status)(f->calls++ % SIM_STATUS_COUNT);
    sim_answer(self, call, (struct sim_reply){.status = status});
}

static const struct sim_model fickle_model = {
    .name = "fickle", .size = sizeof(struct fickle), .serve = serve_fickle};

/* Every status a call can end with has its name in the trace. */
static void test_every_status_is_named(void **state)
{
    (void)state;
    struct sim_scenario *s = harness_scenario(
        HEAD "'components': { 'db': { 'model': 'store', 'region': 'here', 'read_time': '1ms' },"
             "'users': { 'model': 'client', 'region': 'here', 'to': 'db', 'rate': '50/s' } } }");
    struct fickle image = {0};
    struct sim_case c = s->variants[0];
    assert_string_equal(c.plan.components[0].name, "db");
    c.plan.components[0].model = &fickle_model;
    c.plan.components[0].image = &image;
    struct sim_record *r = run_traced(&c, 2048);
    uint32_t seen[SIM_STATUS_COUNT] = {0}, calls = 0;
    for (uint32_t i = 0; i < r->trace_count; i++) {
        if (r->trace[i].kind != SIM_TRACE_CALL || r->trace[i].ended == SIM_NEVER)
            continue;
        calls++;
        for (int status = 0; status < SIM_STATUS_COUNT && r->trace[i].status; status++)
            seen[status] += strcmp(r->trace[i].status, sim_status_names[status]) == 0;
    }
    uint32_t named = 0;
    for (int status = 0; status < SIM_STATUS_COUNT; status++) {
        assert_true(seen[status] > 0);
        named += seen[status];
    }
    assert_int_equal(named, calls);
    sim_record_free(r);
    sim_scenario_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tandem),
        cmocka_unit_test(test_queue),
        cmocka_unit_test(test_retries),
        cmocka_unit_test(test_retries_within),
        cmocka_unit_test(test_refresh),
        cmocka_unit_test(test_hedge),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_a_trace_changes_nothing),
        cmocka_unit_test(test_the_audit_counts),
        cmocka_unit_test(test_what_a_trace_holds),
        cmocka_unit_test(test_every_status_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
