/* test_balancer_nodes.c - which nodes a balancer uses and where it tries again, in cases whose
 * result can be said exactly or as a binomial share: checks, ejection, panic, slow start, weights,
 * limits, retries elsewhere. How long checks take: tests/theory/test_balancers.c. */
#include "model/harness.h"

#include "fabric/world_state.h"

#define HEAD(seconds, faults)                                                                      \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '" seconds "', 'replications': 1},"   \
    "'timeline': [" faults "], 'components': {"
#define EVENLY(rate) "'users': {'model': 'client', 'to': 'lb', 'rate': '" rate "', " IN_STEP "},"
#define POISSON(rate) "'users': {'model': 'client', 'to': 'lb', 'rate': '" rate "'},"
#define LB(more) "'lb': {'model': 'balancer', " more "},"
#define NODES(name, nodes, work)                                                                   \
    "'" name "': {'model': 'service', 'nodes': " nodes ", 'spread': 'random', 'servers': 1,"       \
    " 'service_time': " work "}"
#define END "}}"
#define DEAD(target) "{'at': '0s', 'do': 'crash', 'target': '" target "'}"
#define EXPONENTIAL(mean) "{'type': 'exponential', 'mean': '" mean "'}"
#define TURNS "'policy': 'round-robin', "

static void is_between(const char *text, const char *metric, double low, double high)
{
    struct sim_record *r = harness_once(text);
    harness_between(r, metric, low, high);
    harness_free(r);
}

/* 4 sd of a share of so many. */
static void is_share(const char *text, const char *metric, double share, double of)
{
    double sd = sqrt(share * (1 - share) / of);
    is_between(text, metric, share - 4 * sd, share + 4 * sd);
}

/* ---- checks ---------------------------------------------------------------------------------- */

#define FOUR(policy, more)                                                                         \
    HEAD("1000s", DEAD("app/3"))                                                                   \
    POISSON("100/s")                                                                               \
    LB("'to': 'app', 'policy': '" policy "'" more) NODES("app", "4", EXPONENTIAL("20ms")) END

/* One of four is down and refuses at once. In turn a quarter fails; with fewest requests out it has
 * none and is preferred: .59 are answered instead of .75. With i of the others at work, one of
 * 3 - i + 1 is asked, and nobody waits: a birth-death chain with rates 100 (3 - i) / (4 - i) and
 * 50 i, whose share is 27/46 (scenarios/validation/dead-node.json). Checks find it within three
 * intervals, which are 6 s of 1000: all but the failures of these are answered. */
static void a_dead_node_is_not_fed(void **state)
{
    (void)state;
    is_between(FOUR("round-robin", ""), "users.success.mean", 0.7499, 0.7501);
    is_share(FOUR("least-connections", ""), "users.success.mean", 27.0 / 46, 20000);
    is_between(FOUR("power-of-d", ""), "users.success.mean", 0.63, 0.66);
    is_between(FOUR("least-connections", ", 'health_check': {}"), "users.success.mean",
               1 - 0.006 * 0.42, 1);
    is_between(FOUR("power-of-d", ", 'health_check': {}"), "users.success.mean", 1 - 0.006 * 0.37,
               1);
    is_between(FOUR("least-connections", ", 'outlier_detection': {}"), "users.success.mean", 0.998,
               1);
}

/* Nobody else asks: the node works for the checks alone, and they go over its link. */
static void a_check_is_a_request(void **state)
{
    (void)state;
#define CHECKED(links, check)                                                                      \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '1000s', 'replications': 1}," links   \
    "'components': {" POISSON("1/s") LB("'to': ['app', 'b'], 'policy': 'random',"                  \
                                        " 'health_check': {" check "}")                            \
        NODES("app", "1", "'100ms'") "," NODES("b", "1", "'1ms'") END
#define LINK "'links': [{'between': ['lb', 'app'], 'latency': '30ms'}],"
    struct sim_record *r = harness_once(CHECKED("", "'interval': '1s'"));
    double others = harness_metric(r, "lb.passed.count");
    harness_between(r, "lb.checks.count", 1999, 2001);
    harness_is(r, "lb.checks_failed.count", 0);
    harness_is(r, "lb.healthy.mean", 2);
    harness_is(r, "lb.calls.count", others + harness_metric(r, "lb.checks.count"));
    harness_is(r, "app.rate.count",
               harness_metric(r, "lb.calls.count") - harness_metric(r, "b.rate.count"));
    harness_between(r, "app.utilisation.mean", 0.1 + 0.04, 0.1 + 0.06);
    harness_free(r);
    /* 100 ms of work and 60 ms of link: too long for 150 ms, and not for 500 ms, whoever waits */
    r = harness_once(CHECKED(LINK, "'interval': '1s', 'timeout': '500ms'"));
    harness_is(r, "lb.healthy.mean", 2);
    harness_free(r);
    r = harness_once(CHECKED(LINK, "'interval': '1s', 'timeout': '150ms'"));
    harness_between(r, "lb.healthy.mean", 1, 1.00315);
    harness_is(r, "lb.timeouts.count", harness_metric(r, "lb.checks_failed.count"));
    harness_free(r);
}

/* A node is back: so many checks must succeed first. It is checked at the same moment of every
 * interval, so that it is away for as long as the fault lasts, plus the checks more than one, less
 * those that had to fail first, plus one. */
static void it_comes_back(void **state)
{
    (void)state;
#define BACK(healthy, unhealthy)                                                                   \
    HEAD("100s", "{'at': '20s', 'for': '40s', 'do': 'crash', 'target': 'app/0'}")                  \
    EVENLY("1/s")                                                                                  \
    LB("'to': 'app', " TURNS "'health_check': {'interval': '1s', 'healthy': " healthy              \
       ", 'unhealthy': " unhealthy "}")                                                            \
    NODES("app", "4", "'1ms'") END
    is_between(BACK("2", "3"), "lb.healthy.mean", 4 - 0.3901, 4 - 0.3899);
    is_between(BACK("5", "2"), "lb.healthy.mean", 4 - 0.4301, 4 - 0.4299);
}

/* ---- panic ----------------------------------------------------------------------------------- */

#define THREE_DEAD(threshold)                                                                      \
    HEAD("1000s", DEAD("app/1") "," DEAD("app/2") "," DEAD("app/3"))                               \
    EVENLY("20/s")                                                                                 \
    LB("'to': 'app', " TURNS "'panic_threshold': " threshold ", 'health_check': {}")               \
    NODES("app", "4", "'1ms'") END
#define ALL_DEAD(threshold)                                                                        \
    HEAD("1000s", DEAD("app"))                                                                     \
    EVENLY("20/s")                                                                                 \
    LB("'to': 'app', " TURNS "'panic_threshold': " threshold ", 'health_check': {}")               \
    NODES("app", "4", "'1ms'") END

/* One of four is left: below one half all are used, and a quarter is answered. */
static void too_few_are_left(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(THREE_DEAD("0.5"));
    harness_between(r, "users.success.mean", 0.25, 0.255);
    harness_is(r, "lb.panics.count", 1);
    harness_between(r, "lb.panic.mean", 0.994, 1);
    harness_free(r);
    is_between(THREE_DEAD("0.25"), "users.success.mean", 0.994, 1);
    is_between(THREE_DEAD("0"), "lb.panics.count", 0, 0);
    r = harness_once(ALL_DEAD("0")); /* refused by the balancer: nothing is sent in vain */
    harness_between(r, "lb.unroutable.count", 20 * 994, 20 * 1000);
    harness_between(r, "lb.passed.count", 1, 120);
    harness_free(r);
    is_between(ALL_DEAD("0.01"), "lb.unroutable.count", 0, 0);
}

/* ---- ejection -------------------------------------------------------------------------------- */

/* 'a' fails always, and gets every second request: five in a row within 100 ms, and then 10 s,
 * 20 s, … away. It is seen 14 times in 1000 s, and all of these times but 14 x 90 ms, or so, it is
 * away. At most 40 s: four ejections in the first 100 s, and one in 40.1 s after. */
static void each_ejection_is_longer(void **state)
{
    (void)state;
#define EJECTS(more)                                                                               \
    HEAD("1000s", "{'at': '0s', 'do': 'errors', 'share': 1, 'target': 'a'}")                       \
    EVENLY("100/s")                                                                                \
    LB("'to': ['a', 'b'], " TURNS                                                                  \
       "'outlier_detection': {'interval': '1000s', 'base_ejection_time': '10s'" more "}")          \
    NODES("a", "1", "'1ms'") "," NODES("b", "1", "'1ms'") END
    struct sim_record *r = harness_once(EJECTS(", 'max_ejection_time': '1000s'"));
    harness_is(r, "lb.ejections.count", 14);
    harness_is(r, "a.rate.count", 14 * 5);
    harness_between(r, "lb.ejected.mean", 1 - 14 * 0.1e-3, 1 - 14 * 0.08e-3);
    harness_is(r, "lb.ejected.mean", 2 - harness_metric(r, "lb.healthy.mean"));
    harness_free(r);
    is_between(EJECTS(", 'max_ejection_time': '40s'"), "lb.ejections.count", 4 + 22 + 1,
               4 + 22 + 1);
}

/* A sweep that finds it back takes one off: with one a second a node that fails for 100 s in a row
 * is away for 10 s at a time, as at its next failures nothing is left of the first. */
static void time_heals(void **state)
{
    (void)state;
    const char *text = HEAD("1000s", "{'at': '0s', 'do': 'errors', 'share': 1, 'target': 'a'}")
        EVENLY("1/s") LB("'to': ['a', 'b'], " TURNS
                         "'outlier_detection': {'interval': '1s', 'base_ejection_time': '10s'}")
            NODES("a", "1", "'1ms'") "," NODES("b", "1", "'1ms'") END;
    /* five of every second request: 8 s to 10 s between ejections of 10 s */
    is_between(text, "lb.ejections.count", 50, 56);
}

/* Of n nodes one fails half of its requests: it lies sqrt(n - 1) standard deviations below the
 * mean, whatever the share. So 1.9 find it among five and not among four, and 3.1 not among ten. */
static void an_outlier_among_so_many(void **state)
{
    (void)state;
#define OUTLIER(nodes, deviations)                                                                 \
    HEAD("105s", "{'at': '0s', 'do': 'errors', 'share': 0.5, 'target': 'app/0'}")                  \
    EVENLY("1000/s")                                                                               \
    LB("'to': 'app', " TURNS "'outlier_detection': {'consecutive_failures': 1000000,"              \
       " 'success_rate_nodes': 3, 'success_rate_deviations': " deviations "}")                     \
    NODES("app", nodes, "'1us'") END
    is_between(OUTLIER("5", "1.9"), "lb.ejections.count", 2, 3);
    is_between(OUTLIER("4", "1.9"), "lb.ejections.count", 0, 0);
    is_between(OUTLIER("10", "2.9"), "lb.ejections.count", 2, 3);
    is_between(OUTLIER("10", "3.1"), "lb.ejections.count", 0, 0);
}

/* Three of ten are dead: one of them is always ejected, more only where the share allows it. */
static void at_most_so_many(void **state)
{
    (void)state;
#define AT_MOST(share)                                                                             \
    HEAD("100s", DEAD("app/1") "," DEAD("app/2") "," DEAD("app/3"))                                \
    EVENLY("1000/s")                                                                               \
    LB("'to': 'app', " TURNS "'outlier_detection': {'max_ejected': " share                         \
       ", 'base_ejection_time': '200s'}")                                                          \
    NODES("app", "10", "'1us'") END
    is_between(AT_MOST("0"), "lb.ejected.peak", 1, 1);
    is_between(AT_MOST("0.1"), "lb.ejected.peak", 1, 1);
    is_between(AT_MOST("0.29"), "lb.ejected.peak", 2, 2);
    is_between(AT_MOST("0.3"), "lb.ejected.peak", 3, 3);
}

/* What its own limits refuse is no fault of the node's. */
static void own_refusals_are_nobodys_fault(void **state)
{
    (void)state;
    const char *text = HEAD("100s", "") EVENLY("100/s")
        LB("'to': ['a', 'b'], " TURNS "'outlier_detection': {}, 'rate_limit': {'rate': '10/s'}")
            NODES("a", "1", "'1ms'") "," NODES("b", "1", "'1ms'") END;
    struct sim_record *r = harness_once(text);
    harness_between(r, "lb.rate_refused.count", 7900, 8100);
    harness_is(r, "lb.ejections.count", 0);
    harness_free(r);
}

/* ---- slow start and weights ------------------------------------------------------------------ */

/* 'a' is ejected at its fifth request, for 10 s, and fails no more. For 100 s it has w = max(.1, t)
 * of its weight, so w / (1 + w) of the requests: .909 s + 30.216 s of 100 s; then half until
 * 130 s. */
static void it_starts_slowly(void **state)
{
    (void)state;
#define SLOWLY(policy, more)                                                                       \
    HEAD("130s", "{'at': '0s', 'for': '5s', 'do': 'errors', 'share': 1, 'target': 'a'}")           \
    EVENLY("100/s")                                                                                \
    LB("'to': ['a', 'b'], 'policy': '" policy                                                      \
       "', 'outlier_detection': {'base_ejection_time': '10s', 'interval': '1000s'}" more)          \
    NODES("a", "1", "'1ms'") "," NODES("b", "1", "'1ms'") END
#define WINDOW ", 'slow_start': {'window': '100s'"
    double slow = 100 * (10 * 0.1 / 1.1 + 100 * (0.9 - log(2 / 1.1)));
    double rest = 100 * (130 - 110.09) / 2;
    is_between(SLOWLY("round-robin", ""), "a.rate.count", 5 + 5995, 5 + 5997);
    is_between(SLOWLY("round-robin", WINDOW "}"), "a.rate.count", 5 + slow + rest - 3,
               5 + slow + rest + 3);
    /* t^2 of it: w / (1 + w) from t = sqrt(.1) on is 1 - 1 / (1 + t^2), whose integral is
       t - atan t */
    double from = sqrt(0.1),
           squared = 100 * (100 * from * 0.1 / 1.1 + 100 * (1 - atan(1) - (from - atan(from))));
    is_between(SLOWLY("round-robin", WINDOW ", 'aggression': 0.5}"), "a.rate.count",
               5 + squared + rest - 3, 5 + squared + rest + 3);
    /* at random: the same on average; which of the first five fail is drawn, too */
    double sd = sqrt(12000 * 0.25);
    is_between(SLOWLY("random", WINDOW "}"), "a.rate.count", 5 + slow + rest - 4 * sd,
               5 + slow + rest + 4 * sd);
}

#define WEIGHED(policy)                                                                            \
    HEAD("1000s", "")                                                                              \
    EVENLY("100/s")                                                                                \
    LB("'to': [{'to': 'a', 'share': 0.5}, {'to': 'b', 'share': 0.3}, {'to': 'c', 'share': 0.2},"   \
       " {'to': 'd', 'share': 0}], 'policy': '" policy "'")                                        \
    NODES("a", "1", "'1ms'")                                                                       \
    "," NODES("b", "1", "'1ms'") "," NODES("c", "1", "'1ms'") "," NODES("d", "1", "'1ms'") END

static void shares_are_weights(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(WEIGHED("round-robin"));
    double n = harness_metric(r, "lb.passed.count");
    harness_between(r, "a.rate.count", n * 0.5 - 1, n * 0.5 + 1);
    harness_between(r, "b.rate.count", n * 0.3 - 1, n * 0.3 + 1);
    harness_between(r, "c.rate.count", n * 0.2 - 1, n * 0.2 + 1);
    harness_is(r, "d.rate.count", 0);
    harness_free(r);
    r = harness_once(WEIGHED("random"));
    double sd = sqrt(n * 0.25);
    harness_between(r, "a.rate.count", n * 0.5 - 4 * sd, n * 0.5 + 4 * sd);
    harness_between(r, "b.rate.count", n * 0.3 - 4 * sd, n * 0.3 + 4 * sd);
    harness_is(r, "d.rate.count", 0);
    harness_free(r);
}

/* Of two nodes one has three times the weight. With always 8 requests out it has 6 of them (7 / 3 <
 * 3 / 1), and with no other to compare, all. */
static void fewest_by_weight(void **state)
{
    (void)state;
#define MANY_SERVERS "{'model': 'service', 'servers': 100, 'service_time': '10ms'}"
    const char *text = HEAD(
        "1000s", "") "'users': {'model': 'client', 'to': 'lb', 'users': 8, 'think_time': '0s'},"
                     "'lb': {'model': 'balancer', 'policy': 'least-connections',"
                     " 'to': [{'to': 'a', 'share': 0.9}, {'to': 'b', 'share': 0.3}]},"
                     "'a': " MANY_SERVERS ", 'b': " MANY_SERVERS END;
    struct sim_record *r = harness_once(text);
    harness_between(r, "a.in_flight.mean", 5.99, 6.01);
    harness_between(r, "b.in_flight.mean", 1.99, 2.01);
    harness_free(r);
}

/* ---- retries --------------------------------------------------------------------------------- */

#define RETRIES(dead, nodes, policy, where, retry)                                                 \
    HEAD("1000s", dead)                                                                            \
    EVENLY("20/s")                                                                                 \
    LB("'to': 'app', 'policy': '" policy "', 'retry_at': '" where "', 'retry': {" retry "}")       \
    NODES("app", nodes, "'1ms'") END

/* Of two nodes one is dead. The policy alone tries the same again: half fail. Chosen anew at
 * random, a quarter; elsewhere, none. Of three, two dead: one retry elsewhere leaves 2/3 x 1/2,
 * two none. */
static void it_tries_elsewhere(void **state)
{
    (void)state;
    is_between(RETRIES(DEAD("app/0"), "2", "round-robin", "same", "'attempts': 2"),
               "users.success.mean", 0.4999, 0.5001);
    is_share(RETRIES(DEAD("app/0"), "2", "random", "any", "'attempts': 2"), "users.success.mean",
             0.75, 20000);
    struct sim_record *r = harness_once(
        RETRIES(DEAD("app/0"), "2", "random", "other", "'attempts': 2, 'backoff': '5ms'"));
    harness_is(r, "users.success.mean", 1);
    harness_is(r, "lb.retried_elsewhere.count", harness_metric(r, "lb.retries.count"));
    harness_is(r, "users.latency.max", 0.006);
    harness_is(r, "lb.calls.count", harness_metric(r, "lb.passed.count"));
    harness_free(r);
#define TWO_DEAD(where, n)                                                                         \
    RETRIES(DEAD("app/0") "," DEAD("app/1"), "3", "random", where, "'attempts': " n)
    is_share(TWO_DEAD("other", "2"), "users.success.mean", 2.0 / 3, 20000);
    is_share(TWO_DEAD("any", "2"), "users.success.mean", 5.0 / 9, 20000);
    is_between(TWO_DEAD("other", "3"), "users.success.mean", 1, 1);
    /* all were tried: it begins anew */
    is_between(RETRIES(DEAD("app"), "2", "random", "other", "'attempts': 5"), "lb.retries.count",
               4 * 19999, 4 * 20000);
}

/* Half of the requests would be tried again: the budget lets a fifth of them all. */
static void elsewhere_is_within_the_budget(void **state)
{
    (void)state;
    is_share(RETRIES(DEAD("app/0"), "2", "random", "other",
                     "'attempts': 2, 'budget': {'ratio': 0.2, 'minimum': '0/s'}"),
             "users.success.mean", 0.7, 20000);
    is_between(
        RETRIES(DEAD("app"), "2", "round-robin", "other",
                "'attempts': 9, 'backoff': '1s', 'growth': 'constant'}, 'deadline': '3500ms',"
                " 'breaker': {'calls': 1000000000"),
        "lb.retries.count", 3 * 19950, 3 * 20000);
}

/* ---- limits ---------------------------------------------------------------------------------- */

/* One node, one at a time, 10 ms each; four at once, every 100 ms: they wait 0, 10, 20 and
 * 30 ms. */
#define FOUR_AT_ONCE(limit)                                                                        \
    HEAD("100s", "")                                                                               \
    "'users': {'model': 'client', 'to': 'lb', 'rate': '10/s', " IN_STEP ", 'batch': 4}," LB(       \
        "'to': 'app', " TURNS "'limit': {'per_node': 1" limit                                      \
        "}") "'app': {'model': 'service', 'servers': 9, 'service_time': '10ms'}" END

static void who_waits_how_long(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(FOUR_AT_ONCE(""));
    harness_is(r, "users.latency.max", 0.040);
    harness_is(r, "lb.wait.mean", 0.020);
    harness_is(r, "lb.waiting.peak", 3);
    harness_is(r, "app.in_flight.peak", 1);
    harness_free(r);
    r = harness_once(FOUR_AT_ONCE(", 'queue': 'own', 'queue_limit': 2"));
    harness_is(r, "users.latency.max", 0.030);
    harness_is(r, "lb.queue_refused.count", harness_metric(r, "users.refused.count"));
    harness_between(r, "users.success.mean", 0.7499, 0.7501);
    harness_free(r);
    /* a slot that becomes free in the last instant of the wait is in time */
    is_between(FOUR_AT_ONCE(", 'wait': '20ms'"), "users.success.mean", 0.7499, 0.7501);
    is_between(FOUR_AT_ONCE(", 'wait': '19999us'"), "users.success.mean", 0.4999, 0.5001);
}

/* Two nodes; 'a' hangs at 10.05 s with one request out and others in its queue. When it is found
 * out, those who wait go to 'b'; who is out there stays. */
static void a_queue_does_not_stay_with_the_dead(void **state)
{
    (void)state;
#define HANGS(queue)                                                                               \
    HEAD("60s", "{'at': '10050ms', 'do': 'crash', 'silent': true, 'target': 'a'}")                 \
    EVENLY("10/s")                                                                                 \
    LB("'to': ['a', 'b'], " TURNS "'limit': {'per_node': 1, 'queue': '" queue                      \
       "'}, 'health_check': {'interval': '1s'}")                                                   \
    NODES("a", "1", "'10ms'") "," NODES("b", "1", "'10ms'") END
    struct sim_record *r = harness_once(HANGS("own"));
    double out = harness_metric(r, "lb.passed.count"), in = harness_metric(r, "users.calls.count");
    harness_is(r, "users.errors.count", 0);
    harness_between(r, "lb.wait.max", 2, 4);
    assert_true(fabs(out - in) <= 1);
    harness_between(r, "a.rate.count", 50 + 10, 50 + 11); /* with the checks */
    harness_free(r);
    is_between(HANGS("shared"), "lb.wait.count", 0, 0);
}

/* ---- all at once ----------------------------------------------------------------------------- */

/* Everything, and the balancer itself crashes, with requests out, waiting and backing off. */
static void crashes_forget_all_of_it(void **state)
{
    (void)state;
    static const char *const policies[] = {"random", "round-robin", "least-connections",
                                           "power-of-d", "consistent-hash"};
    for (size_t i = 0; i < 10; i++) {
        char text[2400];
        snprintf(text, sizeof text,
                 HEAD("300s",
                      "{'at': '50s', 'for': '20s', 'do': 'crash', 'target': 'a/0'},"
                      "{'at': '60s', 'for': '5s', 'do': 'crash', 'target': 'lb'},"
                      "{'at': '63s', 'for': '30s', 'do': 'crash', 'silent': true,"
                      " 'target': 'b'},"
                      "{'at': '80s', 'for': '1ms', 'do': 'crash', 'target': 'lb'},"
                      "{'at': '120s', 'for': '30s', 'do': 'errors', 'share': 0.5,"
                      " 'target': 'a/1'},"
                      "{'at': '170s', 'for': '20s', 'do': 'crash', 'target': 'a'},"
                      "{'at': '175s', 'for': '10s', 'do': 'crash', 'target': 'b'}") POISSON("60/s")
                     LB("'to': [{'to': 'a', 'share': 0.5}, 'b'], 'policy': '%s', 'timeout':"
                        " '500ms', 'retry': {'attempts': 3, 'backoff': '20ms'}, 'retry_at':"
                        " 'other', 'limit': {'per_node': 3, 'queue': '%s', 'queue_limit': 20,"
                        " 'wait': '2s'}, 'health_check': {'interval': '1s', 'timeout': '300ms'},"
                        " 'outlier_detection': {'interval': '3s', 'base_ejection_time': '2s',"
                        " 'max_ejected': 0.5} %s")
                         NODES("a", "3", EXPONENTIAL("40ms")) "," NODES("b", "2",
                                                                        EXPONENTIAL("40ms")) END,
                 policies[i / 2], i % 2 ? "own" : "shared",
                 i < 8 ? ", 'slow_start': {'window': '20s'}" : "");
        struct sim_record *r = harness_once(text);
        harness_between(r, "users.success.mean", 0.85, 0.97);
        assert_true(harness_metric(r, "lb.retried_elsewhere.count") > 50);
        assert_true(harness_metric(r, "lb.ejections.count") > 3);
        assert_true(harness_metric(r, "lb.wait.count") > 100);
        harness_free(r);
    }
}

/* ---- the check finds what is planted --------------------------------------------------------- */

static void wrong_of_a_gauge(const char *meter, const char *says)
{
    struct sim_scenario *s = harness_scenario(
        FOUR("random", ", 'health_check': {}, 'limit': {'per_node': 1}"));
    struct sim_error error = {""};
    struct sim_world *world = sim_world_new(&s->variants[0].plan, 1, 0, &error);
    assert_non_null(world);
    bool found = false;
    for (uint32_t c = 0; c < world->component_count; c++) {
        struct sim_node *node = world->components[c].nodes[0];
        for (const struct sim_meter *m = node->model->meters; m && m->name; m++)
            if (strcmp(node->model->name, "balancer") == 0 && strcmp(m->name, meter) == 0)
                sim_gauge_add((struct sim_gauge *)((char *)node + m->offset), 0, 1);
    }
    struct sim_record *record = sim_world_run(world, NULL, NULL);
    for (uint32_t i = 0; i < record->audit_count; i++)
        found |= !record->audit[i].held && strstr(record->audit[i].text, says);
    if (!found)
        fail_msg("one more in %s goes unnoticed", meter);
    sim_record_free(record);
    sim_world_free(world);
    sim_scenario_free(s);
}

static void the_check_counts_again(void **state)
{
    (void)state;
    wrong_of_a_gauge("waiting", "requests that wait are not those that were counted");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dead_node_is_not_fed),
        cmocka_unit_test(a_check_is_a_request),
        cmocka_unit_test(it_comes_back),
        cmocka_unit_test(too_few_are_left),
        cmocka_unit_test(each_ejection_is_longer),
        cmocka_unit_test(time_heals),
        cmocka_unit_test(an_outlier_among_so_many),
        cmocka_unit_test(at_most_so_many),
        cmocka_unit_test(own_refusals_are_nobodys_fault),
        cmocka_unit_test(it_starts_slowly),
        cmocka_unit_test(shares_are_weights),
        cmocka_unit_test(fewest_by_weight),
        cmocka_unit_test(it_tries_elsewhere),
        cmocka_unit_test(elsewhere_is_within_the_budget),
        cmocka_unit_test(who_waits_how_long),
        cmocka_unit_test(a_queue_does_not_stay_with_the_dead),
        cmocka_unit_test(crashes_forget_all_of_it),
        cmocka_unit_test(the_check_counts_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
