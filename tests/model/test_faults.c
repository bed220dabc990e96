/* test_faults.c - faults of every kind, alone and overlapping, in cases whose result can be said
 * exactly; and at random, where the audit must hold and the same run come out twice. */
#include "model/harness.h"

#include "fabric/call_state.h"

/* ---- overlapping pairs ----------------------------------------------------------------------- */

enum { CRASH, RESTART, SLOW, ERRORS, PARTITION, LOSS, LATENCY, SET, KINDS };

static const char *const said[KINDS] = {
    [CRASH] = "'do': 'crash', 'target': 'app'",
    [RESTART] = "'do': 'restart', 'target': 'app'",
    [SLOW] = "'do': 'slow', 'target': 'app', 'factor': 2",
    [ERRORS] = "'do': 'errors', 'target': 'app', 'share': 1",
    [PARTITION] = "'do': 'partition', 'target': 'users<>app'",
    [LOSS] = "'do': 'loss', 'target': ['users', 'app'], 'share': 1",
    [LATENCY] = "'do': 'latency', 'target': 'users<>app', 'adds': '5ms'",
    [SET] = "'do': 'set', 'target': 'app', 'set': {'service_time': '15ms'}",
};

enum outcome { ANSWERED, TIMED_OUT, REFUSED, FAILED };

/* What a request meets while these are in force: 1 ms each way, 10 ms of work. */
static enum outcome expected(const int *in_force, double *ms)
{
    double way = 1 + 5 * in_force[LATENCY], work = in_force[SET] ? 15 : 10;
    for (int i = 0; i < in_force[SLOW]; i++)
        work *= 2;
    *ms = 2 * way + work;
    if (in_force[PARTITION] || in_force[LOSS])
        return TIMED_OUT;
    if (in_force[CRASH] || in_force[RESTART])
        return REFUSED;
    return in_force[ERRORS] ? FAILED : ANSWERED;
}

static const double *series(const struct sim_record *r, const char *meter)
{
    for (uint32_t i = 0; i < r->series_count; i++)
        if (strcmp(r->series[i].component, "users") == 0 &&
            strcmp(r->series[i].meter, meter) == 0 && strcmp(r->series[i].stat, "mean") == 0)
            return r->series[i].values;
    fail_msg("no series of %s", meter);
    return NULL;
}

struct span {
    int kind, from, to; /* ms */
};

/* A request every 200 ms, each within a window of the series. */
static void overlap(struct span a, struct span b)
{
    static const char *const meters[] = {"goodput", "timed_out", "refused", "errors"};
    char text[1200];
    snprintf(text, sizeof text,
             "{'schema_version': 1, 'title': 't', 'run': {'duration': '1400ms', 'interval':"
             " '200ms', 'series': 'all', 'replications': 1}, 'links': [{'between': ['users',"
             " 'app'], 'latency': '1ms'}], 'components': {'users': {'model': 'client', 'to':"
             " 'app', 'rate': '5/s', " IN_STEP ", 'timeout': '150ms'}, 'app': {'model':"
             " 'service', 'servers': 1, 'service_time': '10ms'}}, 'timeline': ["
             "{'at': '%dms', 'for': '%dms', %s}, {'at': '%dms', 'for': '%dms', %s}]}",
             a.from, a.to - a.from, said[a.kind], b.from, b.to - b.from, said[b.kind]);
    struct sim_record *r = harness_once(text);
    for (int k = 1; k < 7; k++) {
        int in_force[KINDS] = {0}, t = 200 * k;
        double ms;
        in_force[a.kind] += a.from <= t && t < a.to;
        in_force[b.kind] += b.from <= t && t < b.to;
        enum outcome outcome = expected(in_force, &ms);
        for (int m = 0; m < 4; m++)
            if (fabs(series(r, meters[m])[k] - (m == (int)outcome ? 5 : 0)) > 1e-9)
                fail_msg("%s\n%s at %d ms is %g", text, meters[m], t, series(r, meters[m])[k]);
        if (outcome == ANSWERED && fabs(series(r, "latency")[k] - ms / 1e3) > 1e-9)
            fail_msg("%s\nlatency at %d ms is %g", text, t, series(r, "latency")[k]);
    }
    harness_free(r);
}

static void every_pair_composes_in_either_order(void **state)
{
    (void)state;
    for (int a = 0; a < KINDS; a++) {
        for (int b = 0; b < KINDS; b++) {
            overlap((struct span){a, 300, 700}, (struct span){b, 500, 900});
            overlap((struct span){a, 500, 900}, (struct span){b, 300, 700});
            overlap((struct span){a, 300, 900}, (struct span){b, 500, 700});
            overlap((struct span){a, 300, 700}, (struct span){b, 300, 700});
        }
    }
}

/* ---- messages -------------------------------------------------------------------------------- */

#define LINKED(latency, nodes, timeline)                                                           \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '10s', 'replications': 1},"           \
    " 'regions': {'eu': {}, 'us': {}}, 'links': [{'between': ['eu', 'us'], 'latency': " latency    \
    "}], 'components': {'users': {'model': 'client', 'region': 'eu', 'to': 'app', 'rate': '1/s',"  \
    " " IN_STEP ", 'timeout': '500ms'}, 'app': {'model': 'service', 'region': 'us',"               \
    " 'service_time': '0s', 'servers': 9, 'nodes': " nodes ", 'spread': 'round-robin'}},"          \
    " 'timeline': [" timeline "]}"

/* Requests at 1, 2, … 9 s, 50 ms each way: what is under way as a partition begins arrives. */
static void what_is_on_its_way_arrives(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(LINKED(
        "'50ms'", "1", "{'do': 'partition', 'at': '1020ms', 'for': '20ms', 'target': 'us'}"));
    harness_is(r, "users.goodput.count", 9);
    harness_free(r);
    r = harness_once(LINKED("'50ms'", "1",
                            "{'do': 'partition', 'at': '1020ms', 'for': '50ms', 'target': 'us'}"));
    harness_is(r, "app.rate.count", 9); /* the answer of the first was not under way */
    harness_is(r, "users.goodput.count", 8);
    harness_free(r);
}

static void ways_and_ends(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        double arrived, answered;
    } cases[] = {
        {"'eu<>us'", 4, 4},         {"'users>app'", 4, 4}, {"'app>users'", 9, 4},
        {"['users', 'app']", 4, 4}, {"'eu'", 4, 4},        {"'us>eu'", 9, 4},
        {"'users>app/0'", 6, 6}, /* in turn: 0 at 1, 3, 5, 7 and 9 s */
        {"'app/1>eu'", 9, 7},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1200];
        snprintf(
            text, sizeof text,
            LINKED("'50ms'", "2", "{'do': 'partition', 'at': '2500ms', 'for': '5s', 'target': %s}"),
            cases[i].target);
        struct sim_record *r = harness_once(text);
        if (fabs(harness_metric(r, "app.rate.count") - cases[i].arrived) > 0 ||
            fabs(harness_metric(r, "users.goodput.count") - cases[i].answered) > 0)
            fail_msg("%s: %g arrived, %g answered", cases[i].target,
                     harness_metric(r, "app.rate.count"), harness_metric(r, "users.goodput.count"));
        harness_free(r);
    }
}

/* Faults that change nothing move no draw: everything comes out as without them. */
static void faults_move_no_draws_of_others(void **state)
{
    (void)state;
#define RANDOM(timeline)                                                                           \
    LINKED("{'type': 'exponential', 'mean': '50ms'}, 'loss': 0.1", "2", timeline)
    struct sim_record *without = harness_once(RANDOM(""));
    struct sim_record *with = harness_once(
        RANDOM("{'do': 'loss', 'at': '1s', 'for': '5s', 'share': 0, 'target': 'eu'},"
               "{'do': 'latency', 'at': '2s', 'adds': '0s', 'target': 'users>app'},"
               "{'do': 'errors', 'at': '1s', 'share': 0, 'target': 'app'},"
               "{'do': 'slow', 'fails': {'type': 'exponential', 'mean': '1s'}, 'repaired': '1s',"
               " 'factor': 1, 'target': 'app'}"));
    assert_int_equal(without->metric_count, with->metric_count);
    for (uint32_t i = 0; i < with->metric_count; i++) {
        double a = without->metrics[i].value, b = with->metrics[i].value;
        if (!(isnan(a) && isnan(b)) && fabs(a - b) > 0)
            fail_msg("%s.%s.%s: %g and %g", with->metrics[i].component, with->metrics[i].meter,
                     with->metrics[i].stat, a, b);
    }
    harness_free(without);
    harness_free(with);
}

/* ---- times ----------------------------------------------------------------------------------- */

/* Down from 1.5 to 3.5 s, and every 5 s again: requests of 2, 3, 7 and 8 s are refused. */
static void periodic(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        LINKED("'0s'", "1",
               "{'do': 'crash', 'at': '1500ms', 'every': '5s', 'for': '2s', 'target': 'app'}"));
    harness_is(r, "users.refused.count", 4);
    assert_int_equal(r->fault_count, 2);
    assert_true(r->faults[1].began == 6500 * SIM_MILLISECOND);
    assert_true(r->faults[1].ended == 8500 * SIM_MILLISECOND);
    harness_free(r);
    /* from 4 s on: what is active at the end ends there */
    r = harness_once(
        LINKED("'0s'", "1", "{'do': 'crash', 'every': '4s', 'for': '3s', 'target': 'app/0'}"));
    harness_is(r, "users.refused.count", 3 + 2);
    assert_int_equal(r->fault_count, 2);
    assert_true(r->faults[1].ended == 10 * SIM_SECOND);
    harness_free(r);
}

/* A restart without a length loses what is in hand and is over; one within a crash changes
 * nothing. */
static void restarts(void **state)
{
    (void)state;
#define SLOWLY(timeline)                                                                           \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '10s', 'replications': 1},"           \
    " 'components': {'users': {'model': 'client', 'to': 'app', 'rate': '1/s', " IN_STEP            \
    "}, 'app': {'model': 'service', 'service_time': '400ms', 'servers': 1}},"                      \
    " 'timeline': [" timeline "]}"
    struct sim_record *r = harness_once(
        SLOWLY("{'do': 'restart', 'at': '1s', 'every': '1s', 'target': 'app'}"));
    harness_is(r, "users.lost.count", 0); /* each arrives after the restart of its instant */
    harness_free(r);
    r = harness_once(SLOWLY("{'do': 'restart', 'at': '1200ms', 'every': '2s', 'target': 'app'}"));
    harness_is(r, "users.lost.count", 5);
    harness_is(r, "users.goodput.count", 4);
    harness_free(r);
    r = harness_once(SLOWLY("{'do': 'crash', 'at': '1200ms', 'for': '3s', 'target': 'app'},"
                            "{'do': 'restart', 'at': '2500ms', 'target': 'app'}"));
    harness_is(r, "users.lost.count", 1);    /* in hand at 1.2 s */
    harness_is(r, "users.refused.count", 3); /* 2, 3 and 4 s */
    harness_free(r);
}

static bool same_windows(const struct sim_record *a, uint32_t fault_a, const struct sim_record *b,
                         uint32_t fault_b)
{
    uint32_t i = 0, k = 0, equal = 0;
    for (;; i++, k++) {
        while (i < a->fault_count && a->faults[i].fault != fault_a)
            i++;
        while (k < b->fault_count && b->faults[k].fault != fault_b)
            k++;
        if (i == a->fault_count || k == b->fault_count)
            return i == a->fault_count && k == b->fault_count && equal > 0;
        if (a->faults[i].began != b->faults[k].began || a->faults[i].ended != b->faults[k].ended)
            return false;
        equal++;
    }
}

#define DRAWN                                                                                      \
    "'fails': {'type': 'exponential', 'mean': '1s'}, 'repaired': {'type': 'exponential', 'mean': " \
    "'200ms'}"

/* What is drawn for an entry depends on no other, and what one entry sets is set at once. */
static void each_entry_draws_its_own_times(void **state)
{
    (void)state;
    struct sim_record *alone = harness_once(
        LINKED("'0s'", "1", "{'do': 'crash', 'target': 'app', " DRAWN "}"));
    struct sim_record *among = harness_once(LINKED(
        "'0s'", "1",
        "{'do': 'slow', 'factor': 2, 'target': 'app', " DRAWN "},"
        "{'do': 'crash', 'target': 'app', " DRAWN "},"
        "{'do': 'crash', 'target': 'app', " DRAWN "},"
        "{'do': 'set', 'set': {'servers': 2, 'service_time': '1ms'}, 'target': 'app', " DRAWN "}"));
    assert_true(same_windows(alone, 0, among, 1));
    assert_false(same_windows(alone, 0, among, 0));
    assert_false(same_windows(alone, 0, among, 2));
    assert_true(same_windows(among, 3, among, 4));
    harness_free(alone);
    harness_free(among);
}

/* With `each`, nodes have times of their own and are named. */
static void nodes_have_times_of_their_own(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        LINKED("'0s'", "3", "{'do': 'crash', 'target': 'app', " DRAWN "}"));
    int seen[3] = {0};
    for (uint32_t i = 0; i < r->fault_count; i++)
        seen[r->faults[i].on.node]++;
    assert_true(seen[0] > 0 && seen[1] > 0 && seen[2] > 0);
    harness_free(r);
}

/* What a run is thought to take counts its faults: of 3 nodes, each in 250 ns, over 10 s; and once
 * a second. The calls are 9 of 3 events and one to start each. */
static void a_run_of_too_many_faults_is_foreseen(void **state)
{
    (void)state;
    char text[160];
    struct sim_scenario *s = harness_scenario(
        LINKED("'0s'", "3",
               "{'do': 'slow', 'factor': 2, 'target': 'app', 'fails': '200ns', 'repaired': '50ns'},"
               "{'do': 'crash', 'every': '1s', 'for': '1ms', 'target': 'app'}"));
    double events = sim_plan_events(&s->variants[0].plan, text, sizeof text);
    assert_true(fabs(events / (10 * 4 + 2 * 3 * 10 / 250e-9 + 2 * 10) - 1) < 1e-6);
    assert_non_null(strstr(text, "+ 2.4e+08 of faults"));
    sim_scenario_free(s);
}

/* ---- what is up ------------------------------------------------------------------------------ */

#define NODES(retry, timeline)                                                                     \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '100s', 'replications': 1},"          \
    " 'components': {'users': {'model': 'client', 'to': 'app', 'rate': '9/s', 'arrival':"          \
    " 'constant', 'timeout': '1s'" retry "}, 'app': {'model': 'service', 'nodes': 2, 'spread':"    \
    " 'round-robin', 'servers': 1, 'service_time': '100ms'}}, 'timeline': [" timeline "]}"
#define AGAIN ", 'retry': {'attempts': 3, 'backoff': '0s', 'jitter': 'none'}"

/* Nine requests a second of .1 s each: two nodes are busy .45 each, the one that is left .9. It is
 * asked of what is up, while a node is down, before and after. */
static void utilisation_is_that_of_what_is_up(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        NODES(AGAIN, "{'at': '0s', 'do': 'crash', 'target': 'app/1'}"));
    harness_between(r, "app.utilisation.mean", 0.89, 0.91);
    harness_is(r, "app.capacity.mean", 1);
    harness_is(r, "app.provisioned.mean", 2);
    harness_is(r, "app.down.mean", 1);
    harness_free(r);
    r = harness_once(NODES(AGAIN, "{'at': '40s', 'for': '20s', 'do': 'crash', 'target': 'app/1'}"));
    harness_is(r, "app.capacity.mean", 2 - 0.2);
    harness_is(r, "app.capacity.peak", 2);
    harness_is(r, "app.down.mean", 0.2);
    harness_between(r, "app.utilisation.mean", 0.49, 0.51); /* .9 of 1.8 */
    harness_between(r, "app.utilisation.max", 0.85, 1);
    harness_free(r);
    /* none is up: nothing is busy, and there is no share of nothing */
    r = harness_once(NODES("", "{'at': '0s', 'do': 'crash', 'target': 'app'}"));
    harness_is(r, "app.capacity.mean", 0);
    harness_is(r, "app.down.mean", 2);
    assert_true(isnan(harness_metric(r, "app.utilisation.mean")));
    harness_free(r);
    /* a restart that takes no time leaves nothing out; servers set while down are there after */
    r = harness_once(NODES("", "{'at': '40s', 'do': 'restart', 'target': 'app'},"
                               "{'at': '50s', 'for': '10s', 'do': 'crash', 'target': 'app'},"
                               "{'at': '55s', 'do': 'set', 'target': 'app', 'set':"
                               " {'servers': 5}}"));
    harness_is(r, "app.capacity.mean", 2 * 0.5 + 10 * 0.4);
    harness_is(r, "app.provisioned.mean", 2 * 0.55 + 10 * 0.45);
    harness_is(r, "app.down.mean", 0.2);
    harness_free(r);
}

/* Every second call goes to the node that is down for 20 s, 90 in all: it turns them away, and both
 * ends call them refused; one may be in hand as it crashes. A node that is silent hears nothing. */
static void who_is_down_refuses_at_both_ends(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        NODES("", "{'at': '40s', 'for': '20s', 'do': 'crash', 'target': 'app/1'}"));
    harness_between(r, "users.refused.count", 89, 91);
    harness_is(r, "app.refused.count", harness_metric(r, "users.refused.count"));
    harness_is(r, "app.lost.count", harness_metric(r, "users.lost.count"));
    harness_between(r, "users.lost.count", 0, 1);
    harness_is(r, "app.rate.count", harness_metric(r, "users.attempts.count"));
    harness_is(r, "app.dropped.count", 0);
    harness_free(r);
    r = harness_once(NODES("", "{'at': '40s', 'for': '20s', 'do': 'crash', 'target': 'app/1',"
                               " 'silent': true}"));
    harness_is(r, "users.refused.count", 0);
    harness_between(r, "users.timed_out.count", 89, 91);
    harness_is(r, "app.refused.count", 0);
    harness_between(r, "app.rate.count", 899 - 91, 899 - 87);
    harness_is(r, "app.down.mean", 0.2);
    harness_free(r);
}

/* ---- the audit ------------------------------------------------------------------------------- */

/* A message counted that never was: the audit says so. */
static void audit_finds_a_message_too_many(void **state)
{
    (void)state;
    static const char *const lines[] = {"requests", "answers"};
    for (int i = 0; i < 2; i++) {
        struct sim_scenario *s = harness_scenario(LINKED("'1ms'", "1", ""));
        struct sim_error error;
        struct sim_world *world = sim_world_new(&s->variants[0].plan, 1, 0, &error);
        assert_non_null(world);
        *(i ? &world->totals.told : &world->totals.unheard) += 1;
        struct sim_record *r = sim_world_run(world, NULL, NULL);
        assert_non_null(r);
        assert_false(r->audit_held);
        for (uint32_t k = 0; k < r->audit_count; k++)
            assert_int_equal(r->audit[k].held, strcmp(r->audit[k].name, lines[i]) != 0);
        sim_record_free(r);
        sim_world_free(world);
        sim_scenario_free(s);
    }
}

/* ---- at random ------------------------------------------------------------------------------- */

static uint64_t next(uint64_t *state, uint64_t below)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*state >> 33) % below;
}

/* An entry of the timeline: any kind, any fitting target, given, periodic or drawn. */
static int entry(char *out, size_t bytes, uint64_t *state)
{
    static const char *const nodes[] = {"app",  "app/1", "cache", "cache/0", "db",
                                        "db/1", "us",    "eu",    "users"};
    static const char *const ends[] = {"'eu<>us'",   "'users>app'",      "'cache>db/1'",    "'us'",
                                       "'db>cache'", "'app/2<>cache/0'", "['app', 'cache']"};
    static const char *const on_nodes[] = {"'crash'", "'crash', 'silent': true", "'restart'",
                                           "'restart', 'silent': true"};
    static const char *const on_work[] = {"'slow', 'factor': 20", "'errors', 'share': 0.5",
                                          "'errors', 'share': 0.5, 'when': 'answer'"};
    static const char *const on_links[] = {
        "'partition'", "'loss', 'share': 0.3",
        "'latency', 'adds': {'type': 'exponential', 'mean': '300ms'}"};
    char when[200];
    uint64_t length = 1 + next(state, 3000), at = next(state, 20000);
    const char *kind, *target;
    if (next(state, 10) == 0)
        return snprintf(out, bytes, "{'do': 'flush', 'target': 'cache', 'at': '%dms'}", (int)at);
    switch (next(state, 3)) {
    case 0:
        kind = on_nodes[next(state, 4)];
        target = nodes[next(state, 9)];
        break;
    case 1:
        kind = on_work[next(state, 3)];
        target = nodes[next(state, 7)];
        break;
    default: kind = on_links[next(state, 3)]; target = NULL;
    }
    if (next(state, 3) == 0)
        snprintf(when, sizeof when, "'at': '%dms', 'for': '%dms'", (int)at, (int)length);
    else if (next(state, 2) == 0)
        snprintf(when, sizeof when, "'every': '%dms', 'for': '%dms'", (int)length + 1500,
                 (int)length);
    else
        snprintf(when, sizeof when,
                 "'fails': {'type': 'exponential', 'mean': '%dms'}, 'repaired': {'type':"
                 " 'exponential', 'mean': '%dms'}",
                 (int)length + 500, (int)length / 4 + 1);
    if (target)
        return snprintf(out, bytes, "{'do': %s, 'target': '%s', %s}", kind, target, when);
    return snprintf(out, bytes, "{'do': %s, 'target': %s, %s}", kind, ends[next(state, 7)], when);
}

static void random_faults(uint64_t seed)
{
    static const char *const stampedes[] = {"none",  "single-flight", "lock",
                                            "lease", "xfetch",        "stale-while-revalidate"};
    char text[12000];
    uint64_t draw = seed, count = 1 + next(&draw, 20);
    int n = snprintf(
        text, sizeof text,
        "{'schema_version': 1, 'title': 't', 'run': {'duration': '20s', 'replications': 1},"
        " 'keyspaces': {'k': {'keys': 50}}, 'regions': {'eu': {}, 'us': {}}, 'links':"
        " [{'between': ['eu', 'us'], 'latency': {'type': 'exponential', 'mean': '5ms'}, 'loss':"
        " 0.01, 'bandwidth': '1MB/s'}, {'between': ['app', 'cache'], 'latency': '1ms'}],"
        " 'components': {"
        "'users': {'model': 'client', 'region': 'eu', 'to': 'app', 'rate': '60/s', 'timeout':"
        " '300ms', 'retry': {'attempts': 3, 'backoff': '50ms', 'jitter': 'full'}, 'keyspace': 'k',"
        " 'mix': {'write': 0.2}},"
        "'app': {'model': 'service', 'region': 'eu', 'nodes': 3, 'spread': 'random', 'servers': 4,"
        " 'service_time': '5ms', 'to': 'cache', 'timeout': '200ms', 'while_calling': '%s'},"
        "'cache': {'model': 'cache', 'region': 'eu', 'nodes': 2, 'spread': 'key', 'capacity': 20,"
        " 'ttl': '500ms', 'origin': 'db', 'timeout': '100ms', 'stampede': '%s'},"
        "'db': {'model': 'store', 'region': 'us', 'nodes': 2, 'spread': 'key', 'connections':"
        " 2}}, 'timeline': [",
        next(&draw, 2) ? "hold" : "release", stampedes[next(&draw, 6)]);
    for (uint64_t i = 0; i < count; i++) {
        n += snprintf(text + n, sizeof text - (size_t)n, i ? ", " : "");
        n += entry(text + n, sizeof text - (size_t)n, &draw);
    }
    snprintf(text + n, sizeof text - (size_t)n, "]}");
    struct sim_record *first = harness_once(text), *second = harness_once(text);
    if (first->hash != second->hash || first->events != second->events)
        fail_msg("%s\ndoes not come out twice the same", text);
    harness_free(first);
    harness_free(second);
}

static void nothing_is_lost_under_random_faults(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 150; seed++) {
        print_message("seed %d\r", (int)seed);
        random_faults(seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_composes_in_either_order),
        cmocka_unit_test(what_is_on_its_way_arrives),
        cmocka_unit_test(ways_and_ends),
        cmocka_unit_test(faults_move_no_draws_of_others),
        cmocka_unit_test(periodic),
        cmocka_unit_test(restarts),
        cmocka_unit_test(each_entry_draws_its_own_times),
        cmocka_unit_test(nodes_have_times_of_their_own),
        cmocka_unit_test(a_run_of_too_many_faults_is_foreseen),
        cmocka_unit_test(utilisation_is_that_of_what_is_up),
        cmocka_unit_test(who_is_down_refuses_at_both_ends),
        cmocka_unit_test(audit_finds_a_message_too_many),
        cmocka_unit_test(nothing_is_lost_under_random_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
