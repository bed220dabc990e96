/* test_instant.c - time and zero: evenly spaced arrivals to the last one, who goes first among
 * events of one instant, and zeros that are zeros. The rules are in scenarios/README.md; every
 * number follows from them and the times in the text. */
#include "model/harness.h"

#define HEAD(seconds, more)                                                                        \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '" seconds "', 'interval': '" seconds \
    "', 'replications': 1}, " more "'components': {"
#define USERS(more) "'users': {'model': 'client', 'to': 'app', " more "}, "
#define APP(more) "'app': {'model': 'service', " more "}}}"
#define LINK "'links': [{'between': ['users', 'app'], 'latency': '20ms'}], "

static void counts(const char *text, const char *metric, double expected)
{
    struct sim_record *r = harness_once(text);
    if (fabs(harness_metric(r, metric) - expected) > 1e-9 * fmax(1, fabs(expected)))
        fail_msg("%s\n%s is %.12g, expected %.12g", text, metric, harness_metric(r, metric),
                 expected);
    harness_free(r);
}

/* ---- evenly spaced --------------------------------------------------------------------------- */

/* A gap is no whole number of nanoseconds, and less than one: what is left over is kept. */
static void no_rate_is_rounded(void **state)
{
    (void)state;
#define EVEN(duration, load)                                                                       \
    HEAD(duration, "")                                                                             \
    USERS("'arrival': 'constant', " load) APP("'servers': 100000000, 'service_time': '0s'")
    counts(EVEN("1s", "'rate': '3M/s'"), "users.requests.count", 3e6);
    counts(EVEN("10ms", "'rate': '300M/s'"), "users.requests.count", 3e6);
    struct sim_record *r = harness_once(EVEN("1ms", "'rate': '2500M/s'"));
    harness_between(r, "users.requests.count", 2.5e6 - 2, 2.5e6); /* two may round to the end */
    harness_free(r);
    counts(EVEN("100ms", "'schedule': [{'at': '0s', 'rate': '3M/s'}]"), "users.requests.count",
           3e5);
    counts(EVEN("100ms", "'rate': '3M/s', 'spikes': [{'at': '0s', 'for': '1h', 'factor': 7}]"),
           "users.requests.count", 2.1e6);
    /* within five standard errors of 1e6 (alarm 6e-7); rounded gaps made it 4 % more */
    r = harness_once(HEAD("1ms", "") USERS("'rate': '1000M/s'")
                         APP("'servers': 100000000, 'service_time': '0s'"));
    harness_between(r, "users.requests.count", 1e6 - 5e3, 1e6 + 5e3);
    harness_free(r);
}

/* Set anew every 0.7 s, a rate of 1/s still sends as many. */
static void a_rate_that_is_set_keeps_the_gap(void **state)
{
    (void)state;
    counts(HEAD("100s", "'timeline': [{'at': '0s', 'every': '700ms', 'for': '350ms', 'do': 'set',"
                        " 'target': 'users', 'set': {'rate': '1/s'}}], ")
               USERS("'arrival': 'constant', 'rate': '1/s'")
                   APP("'servers': 1, 'service_time': '0s'"),
           "users.requests.count", 100);
}

/* 3000 messages at once, each a third of a nanosecond long: the last has left after 1 us. */
static void a_line_carries_what_it_can(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        HEAD("3s", "'links': [{'between': ['users', 'app'], 'bandwidth': '3GB/s'}], ")
            USERS(IN_STEP ", 'rate': '0.6/s', 'batch': 3000, 'request_bytes': 1")
                APP("'servers': 3000, 'service_time': '1ms', 'response_bytes': 0"));
    harness_between(r, "users.latency.max", 0.001 + 1000e-9, 0.001 + 1001e-9);
    harness_free(r);
}

/* Fifty nodes of one a second are one load of fifty a second; in step they all come at once, and
 * wait for 24.5 others on average. */
static void nodes_are_not_in_step_unless_told(void **state)
{
    (void)state;
#define DEVICES(more)                                                                              \
    HEAD("60s", "")                                                                                \
    USERS("'nodes': 50, 'rate': '1/s', 'arrival': 'constant'" more)                                \
    APP("'servers': 1, 'service_time': '10ms'")
    counts(DEVICES(""), "app.wait.max", 0);
    counts(DEVICES(""), "users.requests.count", 3000);
    counts(DEVICES(", 'in_step': true"), "app.wait.max", 0.49);
    /* and two clients know nothing of each other */
#define OTHERS "'others': {'model': 'client', 'to': 'app', 'rate': '1/s', 'arrival': 'constant'}, "
    counts(HEAD("60s", "") USERS("'rate': '1/s', 'arrival': 'constant'")
               OTHERS APP("'servers': 2, 'service_time': '1us'"),
           "app.busy.peak", 1);
}

/* ---- one instant ----------------------------------------------------------------------------- */

/* Each pair with nothing between the two, and with a link. */
static void an_answer_at_the_timeout_is_in_time(void **state)
{
    (void)state;
#define ON_TIME(between, limit)                                                                    \
    HEAD("10s", between)                                                                           \
    USERS(IN_STEP ", 'rate': '10/s', " limit) APP("'servers': 1, 'service_time': '10ms'")
    counts(ON_TIME("", "'timeout': '10ms'"), "users.success.mean", 1);
    counts(ON_TIME("", "'deadline': '10ms'"), "users.success.mean", 1);
    counts(ON_TIME("", "'patience': '10ms'"), "users.success.mean", 1);
    counts(ON_TIME(LINK, "'timeout': '50ms'"), "users.success.mean", 1);
    counts(ON_TIME(LINK, "'deadline': '50ms'"), "users.success.mean", 1);
    counts(ON_TIME(LINK, "'patience': '50ms'"), "users.success.mean", 1);
    counts(ON_TIME("", "'timeout': '9999999ns'"), "users.success.mean", 0);
    counts(ON_TIME("", "'hedge': {'delay': '10ms'}"), "users.hedges.count", 0);
    counts(ON_TIME(LINK, "'hedge': {'delay': '50ms'}"), "users.hedges.count", 0);
    /* two at once, one slot: it is free when the second's wait for it ends */
    counts(ON_TIME("", "'batch': 2, 'concurrency': {'limit': 1, 'wait': '10ms'}"),
           "users.concurrency_refused.count", 0);
}

/* A server that is free again in an instant is free for who arrives in it. */
static void who_leaves_makes_room_for_who_arrives(void **state)
{
    (void)state;
#define FULL(between, rules)                                                                       \
    HEAD("10s", between)                                                                           \
    USERS(IN_STEP ", 'rate': '100/s'")                                                             \
    APP("'servers': 1, 'service_time': '10ms', 'queue_limit': 0" rules)
    counts(FULL("", ""), "app.refused.count", 0);
    counts(FULL(LINK, ""), "app.refused.count", 0);
    counts(FULL("", ", 'discipline': 'lifo'"), "app.refused.count", 0);
    counts(FULL(LINK, ", 'discipline': 'lifo'"), "app.refused.count", 0);
    counts(FULL("", ", 'discipline': 'processor-sharing'"), "app.refused.count", 0);
    counts(FULL(LINK, ", 'discipline': 'processor-sharing'"), "app.refused.count", 0);
}

/* Work that ends as a pause begins is done: 0.1 s after each whole second, for 0.5 s. */
static void work_ends_before_a_pause_begins(void **state)
{
    (void)state;
#define PAUSES(between, rules)                                                                     \
    HEAD("10s", between)                                                                           \
    USERS(IN_STEP ", 'rate': '1/s'")                                                               \
    APP("'servers': 1, 'service_time': '100ms', 'pause': {'every': '1100ms',"                      \
        " 'lasts': '0.9s'}" rules)
    counts(PAUSES("", ""), "users.latency.p50", 0.1);
    counts(PAUSES("", ", 'discipline': 'processor-sharing'"), "users.latency.p50", 0.1);
}

/* A fault is in force from its first instant to just before its end, whatever comes how. */
static void a_fault_goes_before_messages(void **state)
{
    (void)state;
#define DOWN(between, at)                                                                          \
    HEAD("10s", between "'timeline': [{'do': 'crash', 'at': '" at "', 'for': '2s', 'target':"      \
                        " 'app'}], ")                                                              \
    USERS(IN_STEP ", 'rate': '1/s'") APP("'servers': 1, 'service_time': '10ms'")
    /* of those at 1, 2, … 9 s, down from 2 to just before 4 s */
    counts(DOWN("", "2s"), "users.goodput.count", 7);
    counts(DOWN(LINK, "2020ms"), "users.goodput.count", 7);
    /* every second, from the second on */
    counts(HEAD("10s", "'timeline': [{'do': 'crash', 'at': '1s', 'every': '2s', 'for': '1s',"
                       " 'target': 'app'}], ") USERS(IN_STEP ", 'rate': '1/s'")
               APP("'servers': 1, 'service_time': '10ms'"),
           "users.goodput.count", 4);
}

/* ---- zero ------------------------------------------------------------------------------------ */

static void no_time_is_no_time(void **state)
{
    (void)state;
    static const char *const limits[] = {"timeout", "deadline", "patience"};
    for (int i = 0; i < 3; i++) {
        for (int zero = 0; zero < 2; zero++) {
            char text[600];
            snprintf(text, sizeof text,
                     HEAD("10s", "") USERS(IN_STEP ", 'rate': '10/s', '%s': '%s'")
                         APP("'servers': 1, 'service_time': '10ms'"),
                     limits[i], zero ? "0s" : "none");
            counts(text, "users.success.mean", zero ? 0 : 1);
            counts(text, "users.timed_out.count", zero ? 99 : 0);
            counts(text, "users.attempts.count", zero ? 0 : 99);
        }
    }
    /* at the very start of a run as well */
    counts(HEAD("1s", "") USERS("'users': 1, 'think_time': '400ms', 'patience': '0s'")
               APP("'servers': 1, 'service_time': '1h'"),
           "users.timed_out.count", 2);
}

static void a_load_of_nothing_may_grow(void **state)
{
    (void)state;
#define GROWS "'timeline': [{'at': '2s', 'for': '4s', 'do': 'set', 'target': 'users', 'set': "
#define ANY_APP APP("'servers': 1, 'service_time': '0s'")
    counts(HEAD("10s", GROWS "{'rate': '10/s'}}], ") USERS(IN_STEP ", 'rate': '0/s'") ANY_APP,
           "users.requests.count", 40);
    /* and one that is set to nothing is nothing, not what the file says besides */
    counts(HEAD("10s", GROWS "{'rate': '0/s'}}], ")
               USERS(IN_STEP ", 'schedule': [{'at': '0s', 'rate': '10/s'}]") ANY_APP,
           "users.requests.count", 59);
    counts(HEAD("10s", GROWS "{'rate': 'none'}}], ")
               USERS(IN_STEP ", 'schedule': [{'at': '0s', 'rate': '10/s'}]") ANY_APP,
           "users.requests.count", 99);
    counts(HEAD("10s", "") USERS("'users': 0, 'think_time': '1s'") ANY_APP, "users.requests.count",
           0);
    counts(HEAD("10s", "") USERS("'day': {'rate': '0/s', 'peak_to_trough': 2}") ANY_APP,
           "users.requests.count", 0);
}

/* Closed from 2 to 6 s: who comes waits, and is served when it opens. */
static void without_servers_who_waits_is_kept(void **state)
{
    (void)state;
#define CLOSED(rules)                                                                              \
    HEAD("10s", "'timeline': [{'at': '2s', 'for': '4s', 'do': 'set', 'target': 'app', 'set':"      \
                " {'servers': 0}}], ")                                                             \
    USERS(IN_STEP ", 'rate': '1/s'") APP("'servers': 1, 'service_time': '10ms'" rules)
    static const char *const rules[] = {CLOSED(""), CLOSED(", 'discipline': 'lifo'"),
                                        CLOSED(", 'discipline': 'priority'"),
                                        CLOSED(", 'discipline': 'priority-preemptive'"),
                                        CLOSED(", 'discipline': 'processor-sharing'")};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        counts(rules[i], "users.goodput.count", 9);
        counts(rules[i], "app.queue.peak", 4);
    }
}

/* ---- a full queue and classes that interrupt ------------------------------------------------- */

/* Bronze comes on the second and works for one; gold comes half a second later. */
static void a_higher_class_is_not_refused(void **state)
{
    (void)state;
#define CLASSES(limit, bronze)                                                                     \
    HEAD("4s", "")                                                                                 \
    "'gold': {'model': 'client', 'to': 'app', " IN_STEP ", 'schedule': [{'at': '500ms', 'rate':"   \
    " '1/s'}, {'at': '1600ms', 'rate': '0/s'}]}, 'bronze': {'model': 'client', 'to': 'app',"       \
    " 'priority': 1, " IN_STEP ", 'batch': " bronze ", 'schedule': [{'at': '0s', 'rate': '1/s'},"  \
    " {'at': '1100ms', 'rate': '0/s'}]}, " APP("'servers': 1, 'service_time': '1s', 'discipline':" \
                                               " 'priority-preemptive', 'queue_limit': " limit)
    /* no room: the one at work has to go */
    counts(CLASSES("0", "1"), "gold.goodput.count", 1);
    counts(CLASSES("0", "1"), "bronze.refused.count", 1);
    counts(CLASSES("0", "1"), "app.refused_outranked.count", 1);
    /* room for one, and one waits: that one goes, and the one at work takes its place */
    counts(CLASSES("1", "2"), "gold.latency.max", 1);
    counts(CLASSES("1", "2"), "bronze.refused.count", 1);
    counts(CLASSES("1", "2"), "bronze.latency.max", 2);
    /* room for all */
    counts(CLASSES("2", "2"), "bronze.refused.count", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_rate_is_rounded),
        cmocka_unit_test(a_rate_that_is_set_keeps_the_gap),
        cmocka_unit_test(a_line_carries_what_it_can),
        cmocka_unit_test(nodes_are_not_in_step_unless_told),
        cmocka_unit_test(an_answer_at_the_timeout_is_in_time),
        cmocka_unit_test(who_leaves_makes_room_for_who_arrives),
        cmocka_unit_test(work_ends_before_a_pause_begins),
        cmocka_unit_test(a_fault_goes_before_messages),
        cmocka_unit_test(no_time_is_no_time),
        cmocka_unit_test(a_load_of_nothing_may_grow),
        cmocka_unit_test(without_servers_who_waits_is_kept),
        cmocka_unit_test(a_higher_class_is_not_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
