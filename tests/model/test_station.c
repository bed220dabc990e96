/* test_station.c - a station's rules in small cases whose result can be said exactly: orders, who
 * gives up, who is turned away, pauses. Expected numbers follow from the times in the scenario. */
#include "model/harness.h"
#include "parts/station_state.h"

#define HEAD(more)                                                                                 \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '100s', 'replications': 1}," more     \
    "'components': {"
#define CLIENT(name, rate, more)                                                                   \
    "'" name "': {'model': 'client', 'to': 'app', " IN_STEP ", 'rate': '" rate "'" more "},"
#define APP(more) "'app': {'model': 'service', 'servers': 1, 'service_time': '10ms'" more "}}}"

/* ---- orders ---------------------------------------------------------------------------------- */

/* Two requests come at each instant, of 10 ms of work each. */
static void sharing_ends_both_together(void **state)
{
    (void)state;
#define PAIRS(more) HEAD("") CLIENT("a", "10/s", "") CLIENT("b", "10/s", "") APP(more)
    struct sim_record *r = harness_once(PAIRS(", 'discipline': 'processor-sharing'"));
    harness_is(r, "a.latency.mean", 0.02);
    harness_is(r, "b.latency.mean", 0.02);
    harness_is(r, "app.wait.max", 0);
    harness_is(r, "app.busy.peak", 1);
    harness_is(r, "app.queue.peak", 1);
    harness_free(r);
    r = harness_once(PAIRS(""));
    harness_is(r, "a.latency.mean", 0.01);
    harness_is(r, "b.latency.mean", 0.02);
    harness_free(r);
    r = harness_once(PAIRS(", 'discipline': 'processor-sharing', 'queue_limit': 0"));
    harness_is(r, "a.success.mean", 1);
    harness_is(r, "b.success.mean", 0);
    harness_is(r, "app.refused_full.count", harness_metric(r, "b.finished.count"));
    harness_free(r);
}

/* Gold comes each 100 ms, bronze each 111 ms: each pair of them meets now and then. */
static void a_higher_class_takes_the_server(void **state)
{
    (void)state;
#define CLASSES(how)                                                                               \
    HEAD("")                                                                                       \
    CLIENT("gold", "10/s", "")                                                                     \
    CLIENT("bronze", "9/s", ", 'priority': 7") APP(", 'discipline': '" how "'")
    struct sim_record *r = harness_once(CLASSES("priority-preemptive"));
    harness_is(r, "gold.latency.max", 0.01);
    harness_is(r, "gold.latency.mean", 0.01);
    harness_is(r, "bronze.latency.max", 0.02);
    harness_is(r, "bronze.success.mean", 1);
    harness_free(r);
    r = harness_once(CLASSES("priority"));
    harness_between(r, "gold.latency.max", 0.015, 0.02);
    harness_free(r);
}

/* A hundred at once: the one that came last is second, for the first found the server free. */
static void last_come_first_served(void **state)
{
    (void)state;
#define CLOSED(how)                                                                                \
    HEAD("")                                                                                       \
    "'users': {'model': 'client', 'to': 'app', 'users': 100, 'think_time': '10s'}," APP(           \
        ", 'discipline': '" how "'")
    /* fifo: each waits for those before it, 11 s a round; lifo: the same sum of waits */
    struct sim_record *r = harness_once(CLOSED("fifo"));
    double fifo = harness_metric(r, "users.latency.mean");
    harness_free(r);
    r = harness_once(CLOSED("lifo"));
    harness_between(r, "users.latency.mean", 0.9 * fifo, 1.1 * fifo);
    harness_is(r, "users.latency.max", 1); /* the second to come is the last to go */
    harness_free(r);
}

/* ---- slower nodes ---------------------------------------------------------------------------- */

#define AT_1S "[{'at': '0s', 'rate': '1/s'}, {'at': '1500ms', 'rate': '0/s'}]"
#define AT_1S500                                                                                   \
    "[{'at': '0s', 'rate': '0/s'}, {'at': '500ms', 'rate': '1/s'}, {'at': '2s', 'rate': '0/s'}]"
#define SLOWED(clients, how)                                                                       \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '7s', 'interval': '7s',"              \
    " 'replications': 1}, 'regions': {'eu': {}}, 'components': {" clients                          \
    " 'app': {'model': 'service', 'region': 'eu', 'servers': 1, 'service_time': '1s'," how         \
    "}}, 'timeline': [%s]}"
#define ARRIVES(name, when, more)                                                                  \
    "'" name "': {'model': 'client', 'to': 'app', " IN_STEP ", 'schedule': " when more "},"

static void latency_is(const char *text, const char *metric, double seconds)
{
    struct sim_record *r = harness_once(text);
    if (fabs(harness_metric(r, metric) - seconds) > 3e-9)
        fail_msg("%s\n%s is %.12g s, expected %.12g", text, metric, harness_metric(r, metric),
                 seconds);
    harness_free(r);
}

/* 1 s of work comes at 1 s: half of it is done when the node is first slowed down. A second comes
 * with it, or none. What is done stays done, and what both ask for is done when the last ends. */
static void work_at_hand_is_slowed_down(void **state)
{
    (void)state;
    static const char *const how[] = {"fifo", "lifo", "processor-sharing", "priority-preemptive"};
    static const struct {
        const char *timeline;
        double alone, both; /* how long one takes; the last of two */
    } cases[] = {
        /* .5 + .5 x 4; then 1 x 4 more */
        {"{'at': '1500ms', 'do': 'slow', 'factor': 4, 'target': 'app'}", 2.5, 6.5},
        /* .5, then .125 in half a second, and the rest as before */
        {"{'at': '1500ms', 'for': '500ms', 'do': 'slow', 'factor': 4, 'target': 'app'}", 1.375,
         2.375},
        /* .5; 1 s at 1/4: .25; 1 s at 1/8: .125; the rest at 1/2 */
        {"{'at': '1500ms', 'for': '2s', 'do': 'slow', 'factor': 4, 'target': 'app'},"
         "{'at': '2500ms', 'do': 'slow', 'factor': 2, 'target': 'app'}",
         2.75, 4.75},
        /* of a region, and begun slow */
        {"{'at': '0s', 'for': '2s', 'do': 'slow', 'factor': 2, 'target': 'eu'}", 1.5, 2.5},
        /* faster */
        {"{'at': '1500ms', 'do': 'slow', 'factor': 0.5, 'target': 'app'}", 0.75, 1.25},
    };
    for (size_t d = 0; d < 4; d++)
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            char text[2000];
            snprintf(text, sizeof text, SLOWED(ARRIVES("a", AT_1S, ""), "'discipline': '%s'"),
                     how[d], cases[i].timeline);
            latency_is(text, "a.latency.max", cases[i].alone);
            snprintf(text, sizeof text,
                     SLOWED(ARRIVES("a", AT_1S, "") ARRIVES("b", AT_1S, ""), "'discipline': '%s'"),
                     how[d], cases[i].timeline);
            latency_is(text, "b.latency.max", cases[i].both);
        }
}

/* Bronze is interrupted half done at 1.5 s; when the node is 2 times slower from 2 s on, gold has
 * .5 s of work left, and after it bronze. */
static void interrupted_work_is_slowed_down(void **state)
{
    (void)state;
    char text[2000];
    snprintf(text, sizeof text,
             SLOWED(ARRIVES("bronze", AT_1S, ", 'priority': 7") ARRIVES("gold", AT_1S500, ""),
                    "'discipline': 'priority-preemptive'"),
             "{'at': '2s', 'do': 'slow', 'factor': 2, 'target': 'app'}");
    latency_is(text, "gold.latency.max", 1.5);
    latency_is(text, "bronze.latency.max", 3);
}

/* Half done at 1.5 s, it stands still for 1 s, and its rest goes on 2 times slower. */
static void work_in_a_pause_is_slowed_down(void **state)
{
    (void)state;
    static const char *const how[] = {"fifo", "processor-sharing", "priority-preemptive"};
    for (size_t d = 0; d < 3; d++) {
        char text[2000];
        snprintf(text, sizeof text,
                 SLOWED(ARRIVES("a", AT_1S, ""),
                        "'discipline': '%s', 'pause': {'every': '1500ms', 'lasts': '1s'}"),
                 how[d], "{'at': '2s', 'do': 'slow', 'factor': 2, 'target': 'app'}");
        latency_is(text, "a.latency.max", 2.5);
    }
}

/* ---- pauses ---------------------------------------------------------------------------------- */

static void a_pause_after_so_many_requests(void **state)
{
    (void)state;
    static const char *const how[] = {"fifo", "processor-sharing", "priority-preemptive"};
    for (size_t i = 0; i < 3; i++) {
        char text[1000];
        snprintf(text, sizeof text,
                 "%s, 'discipline': '%s', 'pause': {'requests': 10, 'lasts':"
                 " '5ms'}}}}",
                 HEAD("")
                     CLIENT("a", "10/s",
                            "") "'app': {'model': 'service', 'servers': 1, 'service_time': '10ms'",
                 how[i]);
        struct sim_record *r = harness_once(text);
        harness_is(r, "a.latency.max", 0.015); /* every tenth request */
        harness_between(r, "a.latency.mean", 0.0105 - 1e-5, 0.0105 + 1e-5);
        harness_between(r, "app.paused.mean", 0.00495, 0.00505);
        harness_free(r);
    }
}

static void a_pause_now_and_then(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(HEAD("") CLIENT("a", "100/s", "") APP(
        ", 'queue_limit': 0, 'pause': {'every': '900ms', 'lasts': '100ms'}"));
    /* in each second one is held up, and those that come meanwhile find no server */
    harness_is(r, "app.paused.mean", 0.1);
    harness_between(r, "app.refused_full.count", 900, 1100);
    harness_free(r);
}

/* ---- overload: 200 requests a second on a server that can do 100
 * ------------------------------- */

#define OVERLOAD(users, more) HEAD("") CLIENT("users", "200/s", users) APP(more)

static void without_shedding_the_queue_grows(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(OVERLOAD(", 'timeout': '1s'", ""));
    harness_between(r, "app.wait.max", 49, 51);
    /* who came in the first second is answered in time */
    harness_between(r, "users.goodput.count", 190, 210);
    harness_is(r, "app.expired.count", 0);
    harness_free(r);
}

/* While the oldest has waited over the target, each server takes the newest: what the server can do
 * is answered at once. */
static void the_newest_first_keeps_goodput(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        OVERLOAD(", 'timeout': '1s'", ", 'shed': {'by': 'lifo', 'target': '50ms'}"));
    harness_between(r, "users.goodput.count", 9900, 10000);
    harness_between(r, "users.latency.p50", 0.0, 0.02);
    harness_free(r);
    r = harness_once(OVERLOAD(", 'timeout': '1s'", ", 'shed': {'by': 'lifo', 'target': '1h'}"));
    harness_between(r, "users.goodput.count", 190, 210); /* the threshold is never reached */
    harness_free(r);
}

static void who_gave_up_is_dropped(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        OVERLOAD(", 'timeout': '1s'", ", 'abandon': 'when-reached'"));
    /* one whose turn comes as its second ends is still waited for */
    harness_between(r, "app.expired.count", 9790, 10000);
    harness_between(r, "app.wait.max", 0.99, 1);
    harness_is(r, "app.dropped.count", harness_metric(r, "app.expired.count"));
    harness_is(r, "app.wasted.count",
               harness_metric(r, "app.answered.count") - harness_metric(r, "users.goodput.count"));
    harness_free(r);
    /* at its deadline: no more wait than can be served within a second of patience */
    r = harness_once(OVERLOAD(", 'deadline': '1s'", ", 'abandon': 'at-once'"));
    harness_between(r, "app.expired.count", 9790, 10000);
    harness_between(r, "app.queue.peak", 190, 201);
    harness_is(r, "app.dropped.count", harness_metric(r, "app.expired.count"));
    harness_is(r, "app.wasted.count",
               harness_metric(r, "app.answered.count") - harness_metric(r, "users.goodput.count"));
    harness_is(r, "users.timed_out.count",
               harness_metric(r, "users.finished.count") -
                   harness_metric(r, "users.goodput.count"));
    harness_free(r);
}

static void codel_keeps_the_wait_short(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(OVERLOAD("", ", 'shed': {'by': 'codel'}"));
    /* after t seconds it has dropped (t / .2)^2, while 100 t more came than were served: at most
     * 100
       wait, after 2 s, of whom half are served, 10 ms each */
    harness_between(r, "app.wait.max", 0.4, 0.6);
    harness_between(r, "app.refused_late.count", 9500, 10000);
    harness_is(r, "users.refused.count", harness_metric(r, "app.refused_late.count"));
    harness_free(r);
}

/* 40 gold and 120 bronze a second, at random, on a server that can do 100, and room for 10 to wait:
 * for gold alone that is room enough (M/D/1 at .4: under one in a million finds it full). */
static void the_lowest_class_makes_room(void **state)
{
    (void)state;
#define TWO(shed)                                                                                  \
    HEAD("")                                                                                       \
    "'gold': {'model': 'client', 'to': 'app', 'rate': '40/s'}, 'bronze': {'model': 'client',"      \
    " 'to': 'app', 'rate': '120/s', 'priority': 1}," APP(                                          \
        ", 'queue_limit': 10, 'discipline': 'priority'" shed)
    struct sim_record *r = harness_once(TWO(", 'shed': {'by': 'priority'}"));
    harness_is(r, "gold.success.mean", 1);
    harness_between(r, "bronze.goodput.mean", 57, 63);
    double gold = harness_metric(r, "gold.goodput.count");
    harness_between(r, "app.refused_outranked.count", 0.25 * gold, gold);
    harness_free(r);
    r = harness_once(TWO(""));
    harness_is(r, "app.refused_outranked.count", 0);
    harness_between(r, "gold.success.mean", 0.5, 0.8);
    harness_free(r);
}

/* ---- CoDel's law
 * ------------------------------------------------------------------------------- */

#define MS SIM_MILLISECOND

/* RFC 8289, sec. 5.4 and 5.5, with an interval of 100 ms and a request each ms that waited too
 * long: the first is dropped after 100 ms, and then at 200, + 100/sqrt(2), + 100/sqrt(3), ... Once
 * the wait was short and is long again, the law goes on from where the drops had been frequent. */
static void codel_drops_by_its_law(void **state)
{
    (void)state;
    struct sim__codel codel = {.target = 5 * MS, .interval = 100 * MS};
    static const int drops[] = {100, 200, 271, 329, 379, 424, 540, 585};
    size_t seen = 0;
    for (int t = 0; t < 600; t++) {
        sim_time waited = t == 430 || t == 439 ? 4 * MS : 50 * MS;
        if (!sim__codel_drops(&codel, t * MS, waited, false))
            continue;
        assert_true(seen < sizeof drops / sizeof *drops);
        if (t != drops[seen++])
            fail_msg("drop %zu at %d ms, not %d", seen, t, drops[seen - 1]);
    }
    assert_int_equal(seen, sizeof drops / sizeof *drops);
    /* the last that waits is never dropped */
    codel = (struct sim__codel){.target = 5 * MS, .interval = 100 * MS};
    for (int t = 0; t < 600; t++)
        assert_false(sim__codel_drops(&codel, t * MS, 50 * MS, true));
}

/* ---- faults
 * ------------------------------------------------------------------------------------ */

/* Crashes, servers taken away and slowness while requests wait, are worked on, are interrupted, and
 * while the node pauses: the audit holds, and it recovers.
 *
 * 40 + 40 requests a second, each holding one of two servers for 10 + 1 ms on average, which are
 * paused for 20 of 220 ms: utilisation .48, so that out of faults hardly anybody waits for 500 ms.
 * Down for 15 s, 85 s are left, 40/s x 85 s the most that can be had. Slow by 3 (utilisation 1.4),
 * and with one server (.97), requests may all be late; a second or two after each the queue is
 * gone, by a rate of 165 - 80 a second. So the least is 40/s x 65 s: 0 to 20 s, 35 to 45, 52 to 60,
 * 61 to 70, 82 to 100. To both come 3.3 standard deviations of a Poisson count. Paused for 20 of
 * 220 ms, 455 times in 100 s, +- 14 %; down for 15 s it may or may not be. */
static void crashes_forget_and_recover(void **state)
{
    (void)state;
    static const char *const how[] = {
        "'fifo', 'abandon': 'at-once'",
        "'lifo', 'abandon': 'when-reached'",
        "'processor-sharing'",
        "'priority', 'queue_limit': 20, 'shed': {'by': 'priority'}",
        ("'priority-preemptive', 'queue_limit': 20, 'shed': {'by': 'priority'}, 'abandon':"
         " 'at-once'"),
        "'fifo', 'shed': {'by': 'codel'}",
        "'fifo', 'shed': {'by': 'lifo'}, 'abandon': 'at-once'",
    };
    for (size_t i = 0; i < sizeof how / sizeof *how; i++) {
        char text[2400];
        snprintf(text, sizeof text,
                 "%s"
                 "'gold': {'model': 'client', 'to': 'app', 'rate': '40/s', 'deadline': '500ms'},"
                 "'bronze': {'model': 'client', 'to': 'app', 'rate': '40/s', 'deadline': '1s',"
                 " 'priority': 3},"
                 "'app': {'model': 'service', 'servers': 2, 'service_time': {'type': 'exponential',"
                 " 'mean': '10ms'}, 'pause': {'every': {'type': 'exponential', 'mean': '200ms'},"
                 " 'lasts': '20ms'}, 'to': 'db', 'discipline': %s},"
                 "'db': {'model': 'store'}}}",
                 HEAD("'timeline': [{'at': '20s', 'for': '10s', 'do': 'crash', 'target': 'app'},"
                      "{'at': '25s', 'for': '10s', 'do': 'crash', 'target': 'app'},"
                      "{'at': '45s', 'for': '5s', 'do': 'slow', 'factor': 3, 'target': 'app'},"
                      "{'at': '60s', 'for': '1ms', 'do': 'crash', 'target': 'app'},"
                      "{'at': '70s', 'for': '10s', 'do': 'set', 'target': 'app', 'set':"
                      " {'servers': 1}}],"),
                 how[i]);
        struct sim_record *r = harness_once(text);
        harness_between(r, "app.rate.count", 8000 - 296, 8000 + 296); /* 80/s for 100 s */
        harness_is(r, "app.down.mean", 0.15001);
        /* one server less for 10 s, once it has left its work */
        harness_between(r, "app.capacity.mean", 2 * (1 - 0.15001) - 0.1, 1.601);
        harness_between(r, "app.provisioned.mean", 2 - 0.1, 1.901);
        harness_between(r, "gold.goodput.count", 2600 - 169, 3400 + 193);
        harness_between(r, "app.busy.peak", 2, 2);
        harness_between(r, "app.paused.mean", 0.064, 0.104); /* see above */
        harness_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sharing_ends_both_together),
        cmocka_unit_test(a_higher_class_takes_the_server),
        cmocka_unit_test(last_come_first_served),
        cmocka_unit_test(work_at_hand_is_slowed_down),
        cmocka_unit_test(interrupted_work_is_slowed_down),
        cmocka_unit_test(work_in_a_pause_is_slowed_down),
        cmocka_unit_test(a_pause_after_so_many_requests),
        cmocka_unit_test(a_pause_now_and_then),
        cmocka_unit_test(without_shedding_the_queue_grows),
        cmocka_unit_test(the_newest_first_keeps_goodput),
        cmocka_unit_test(who_gave_up_is_dropped),
        cmocka_unit_test(codel_keeps_the_wait_short),
        cmocka_unit_test(the_lowest_class_makes_room),
        cmocka_unit_test(codel_drops_by_its_law),
        cmocka_unit_test(crashes_forget_and_recover),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
