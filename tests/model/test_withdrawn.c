/* test_withdrawn.c - requests whose callers no longer wait, in small cases whose result can be
 * said exactly: the message that says so, withdrawal, limits of the wait, timeouts passed on. */
#include "model/harness.h"

#define LINKED                                                                                     \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '100s', 'replications': 1}, 'links':" \
    " [{'between': ['users', 'app'], 'latency': '1ms'}], 'components': {"
#define USERS(rate, more)                                                                          \
    "'users': {'model': 'client', 'to': 'app', " IN_STEP ", 'rate': '" rate "'" more "},"
#define APP(more) "'app': {'model': 'service', 'servers': 1, 'service_time': '10ms'" more "}}}"

/* The request is at work from 1 ms on; the timeout is at 4 ms, and the message comes at 5 ms. */
static void a_message_frees_the_server(void **state)
{
    (void)state;
    static const char *const disciplines[] = {"fifo", "lifo", "processor-sharing", "priority",
                                              "priority-preemptive"};
    for (size_t i = 0; i < 5; i++) {
        char text[1000];
        snprintf(text, sizeof text,
                 LINKED USERS("10/s", ", 'timeout': '4ms'")
                     APP(", 'on_cancel': 'withdraw', 'discipline': '%s'"),
                 disciplines[i]);
        struct sim_record *r = harness_once(text);
        double requests = harness_metric(r, "app.rate.count");
        harness_is(r, "app.expired.count", requests);
        harness_is(r, "app.busy.mean", requests * 0.004 / 100);
        harness_is(r, "app.wasted.count", 0);
        harness_is(r, "app.dropped.count", requests);
        harness_free(r);
    }
    struct sim_record *r = harness_once(LINKED USERS("10/s", ", 'timeout': '4ms'") APP(""));
    harness_is(r, "app.busy.mean", harness_metric(r, "app.rate.count") * 0.010 / 100);
    harness_is(r, "app.expired.count", 0);
    harness_free(r);
}

/* Two at each instant: the second waits behind the first, and is told of at 5 ms. */
static void what_has_not_begun_is_withdrawn(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(LINKED USERS("10/s", ", 'timeout': '4ms', 'batch': 2")
                                            APP(", 'on_cancel': 'withdraw-queued'"));
    double pairs = harness_metric(r, "app.rate.count") / 2;
    harness_is(r, "app.expired.count", pairs);
    harness_is(r, "app.busy.mean", pairs * 0.010 / 100);
    harness_is(r, "app.queue.mean", pairs * 0.004 / 100);
    harness_is(r, "app.wasted.count", pairs);
    harness_free(r);
}

/* The message is as likely to be lost as any other, and never comes through a cut link. */
static void a_lost_message_changes_nothing(void **state)
{
    (void)state;
    static const char text[] =
        "{'schema_version': 1, 'title': 't', 'run': {'duration': '10s', 'replications': 1},"
        "'components': {'users': {'model': 'client', 'to': 'app', 'arrival': 'constant',"
        " 'in_step': true, 'rate': '10/s', 'timeout': '4ms'},"
        "'app': {'model': 'service', 'servers': 1, 'service_time': '10ms',"
        " 'on_cancel': 'withdraw'}}, 'timeline': [{'at': '1002ms', 'for': '4ms',"
        " 'do': 'partition', 'target': 'users<>app'}]}";
    struct sim_record *r = harness_once(text);
    harness_is(r, "app.expired.count", harness_metric(r, "app.rate.count") - 1);
    harness_free(r);
}

/* A crash in the middle of all this: the audit of harness_run() holds. */
static void crashes_and_losses_leave_nothing_behind(void **state)
{
    (void)state;
    static const char text[] =
        "{'schema_version': 1, 'title': 't', 'run': {'duration': '20s', 'replications': 1},"
        "'links': [{'between': ['users', 'app'], 'loss': 0.1, 'latency': {'type':"
        " 'exponential', 'mean': '5ms'}}], 'components': {'users': {'model': 'client',"
        " 'to': 'app', 'rate': '300/s', 'timeout': '20ms', 'hedge': {'extra': 2, 'delay':"
        " '3ms'}}, 'app': {'model': 'service', 'nodes': 3, 'spread': 'round-robin',"
        " 'servers': 1, 'service_time': {'type': 'exponential', 'mean': '8ms'},"
        " 'on_cancel': 'withdraw', 'discipline': 'priority-preemptive', 'wait_limit': '15ms'}},"
        " 'timeline': [{'at': '5s', 'for': '1s', 'do': 'crash', 'target': 'app/1'},"
        " {'at': '8s', 'for': '1s', 'do': 'crash', 'target': 'users'},"
        " {'at': '9s', 'for': '2s', 'do': 'slow', 'factor': 3, 'target': 'app'}]}";
    struct sim_record *r = harness_once(text);
    assert_true(harness_metric(r, "app.expired.count") > 100);
    assert_true(harness_metric(r, "app.refused_late.count") > 100);
    harness_free(r);
}

/* Three at each instant, of 10 ms each; who has waited 15 ms is refused, and one whose turn comes
 * in that instant is served. */
static void who_waits_too_long_is_refused(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(LINKED USERS("10/s", ", 'batch': 3")
                                            APP(", 'wait_limit': '15ms'"));
    double threes = harness_metric(r, "app.rate.count") / 3;
    harness_is(r, "app.refused_late.count", threes);
    harness_is(r, "app.wait.max", 0.010);
    harness_free(r);
    r = harness_once(LINKED USERS("10/s", ", 'batch': 3") APP(", 'wait_limit': '20ms'"));
    harness_is(r, "app.refused_late.count", 0);
    harness_is(r, "app.wait.max", 0.020);
    harness_free(r);
}

/* Users wait 25 ms; "app" takes 10 ms and then asks "db", which takes 10 ms, on behalf of two
 * requests that came at the same instant. The first is answered at 20 ms; the second leaves "app"
 * at 20 ms, and its work at "db" would end at 30 ms. */
static struct sim_record *chain(int batch, const char *more, const char *db)
{
    char text[1000];
    snprintf(text, sizeof text,
             "{'schema_version': 1, 'title': 't', 'run': {'duration': '10s', 'replications': 1},"
             "'components': {'users': {'model': 'client', 'to': 'app', 'arrival': 'constant',"
             " 'in_step': true, 'rate': '10/s', 'batch': %d, 'timeout': '25ms'%s},"
             "'app': {'model': 'service', 'to': 'db', 'servers': 1, 'service_time': '10ms'},"
             "'db': {'model': 'service', %s}}}",
             batch, more, db);
    return harness_once(text);
}

#define SLOW_DB "'servers': 1, 'service_time': '10ms'"
#define FAST_DB "'servers': 9, 'service_time': '1ms'"

static void a_timeout_is_passed_on(void **state)
{
    (void)state;
    struct sim_record *r = chain(2, "", SLOW_DB);
    double pairs = harness_metric(r, "app.rate.count") / 2;
    harness_is(r, "app.timeouts.count", 0);
    harness_is(r, "app.wasted.count", pairs);
    harness_free(r);
    /* the call of "db" ends with the users' 25 ms; the message frees the server at once */
    r = chain(2, ", 'pass_timeout': true", SLOW_DB ", 'on_cancel': 'withdraw'");
    harness_is(r, "app.timeouts.count", pairs);
    harness_is(r, "db.expired.count", pairs);
    harness_is(r, "db.busy.mean", pairs * 0.015 / 10);
    harness_free(r);
}

/* The third of three leaves "app" at 30 ms, when its time is over: "db" is not asked for it. */
static void doomed_work_is_not_begun(void **state)
{
    (void)state;
    struct sim_record *r = chain(3, "", FAST_DB);
    double threes = harness_metric(r, "app.rate.count") / 3;
    harness_is(r, "db.rate.count", 3 * threes);
    harness_free(r);
    r = chain(3, ", 'pass_timeout': true", FAST_DB);
    harness_is(r, "db.rate.count", 2 * threes);
    harness_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_frees_the_server),
        cmocka_unit_test(what_has_not_begun_is_withdrawn),
        cmocka_unit_test(a_lost_message_changes_nothing),
        cmocka_unit_test(crashes_and_losses_leave_nothing_behind),
        cmocka_unit_test(who_waits_too_long_is_refused),
        cmocka_unit_test(a_timeout_is_passed_on),
        cmocka_unit_test(doomed_work_is_not_begun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
