/* test_faults.c - faults against closed forms.
 *
 * An alternating renewal process is up MTBF / (MTBF + MTTR) of the time, whatever the two
 * distributions (Barlow and Proschan 1965, ch. 3; the key renewal theorem), and a request that
 * takes no time succeeds when it finds the node up. Faults that draw on their own compose as
 * independent events. */
#include "theory/holds.h"

#define HEAD(duration, faults)                                                                     \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '" duration                           \
    "', 'interval': '1000s', 'replications': 1}, 'timeline': [" faults "], 'components': {"
#define NODES(policy, n)                                                                           \
    "'users': {'model': 'client', 'to': 'app', 'rate': '1/s'" policy "},"                          \
    " 'app': {'model': 'service', 'service_time': '0s', 'servers': 1000, 'nodes': " n              \
    ", 'spread': 'random'}}}"
#define DRAWN(fails, repaired, more)                                                               \
    "{'do': 'crash', 'target': 'app', 'fails': " fails ", 'repaired': " repaired more "}"

/* MTBF 10 s, MTTR 2.5 s: .8, 8000 times over in each run */
static void availability(void **state)
{
    (void)state;
    HOLDS(HEAD("100000s", DRAWN(EXP("10s"), EXP("2500ms"), "")) NODES("", "1"),
          {"users.success.mean", 0.8, 0}, {"app.down.mean", 0.2, 0}, {"app.refused.mean", 0.2, 0},
          {"app.capacity.mean", 800, 0});
    HOLDS(HEAD("100000s", DRAWN(EXP("10s"), "'2500ms'", "")) NODES("", "1"),
          {"users.success.mean", 0.8, 0});
    HOLDS(HEAD("100000s", DRAWN("{'type': 'gamma', 'mean': '10s', 'shape': 2}",
                                "{'type': 'lognormal', 'mean': '2500ms', 'scv': 2}", ""))
              NODES("", "1"),
          {"users.success.mean", 0.8, 0});
}

/* One request a second, each worth a second of one of ten servers, so that hardly any waits. At the
 * age t of a time in which the node is up 1 - exp(-t/s) are at work. That age has the distribution
 * of the time itself, whose mean is 10 s: 1 - 1/11 are at work on average while it is up, for the
 * ten servers that are there then. */
static void utilisation_while_up(void **state)
{
    (void)state;
    HOLDS(
        HEAD("100000s",
             DRAWN(EXP("10s"), EXP("2500ms"),
                   "")) "'users': {'model': 'client', 'to':"
                        " 'app', 'rate': '1/s'}, 'app': {'model': 'service', 'service_time': " EXP(
                            "1s") ", 'servers': 10}}}",
        {"app.utilisation.mean", 1 / 11.0, 0}, {"app.capacity.mean", 8, 0},
        {"app.busy.mean", 8 / 11.0, 0});
}

/* Two nodes, unavailable q = .2 each; a try and one more, each at a node drawn anew: both fail with
 * q (q + 1) / 2 = .12 when the nodes fail on their own, and with q when they fail together. */
static void nodes_fail_on_their_own_or_together(void **state)
{
    (void)state;
#define TWICE ", 'retry': {'attempts': 2}"
    HOLDS(HEAD("200000s", DRAWN(EXP("100s"), EXP("25s"), "")) NODES(TWICE, "2"),
          {"users.success.mean", 0.88, 0});
    HOLDS(HEAD("200000s", DRAWN(EXP("100s"), EXP("25s"), ", 'each': 'target'")) NODES(TWICE, "2"),
          {"users.success.mean", 0.8, 0});
}

/* Two drawn crashes of one node are independent: both up .8 x .5. */
static void drawn_faults_are_independent(void **state)
{
    (void)state;
    HOLDS(HEAD("200000s", DRAWN(EXP("100s"), EXP("25s"), "") "," DRAWN(EXP("50s"), EXP("50s"), ""))
              NODES("", "1"),
          {"users.success.mean", 0.4, 0});
}

/* A try and three more against failure probability p: success 1 - p^4, load
 * (1 - p^4) / (1 - p). At p = .5: .9375 and 1.875; at .3: .9919 and 1.417. */
#define TRIES(share)                                                                               \
    HEAD("200000s", "{'at': '0s', 'do': 'errors', 'share': " share ", 'target': 'app'}")           \
    "'users': {'model': 'client', 'to': 'app', 'rate': '10/s', 'arrival': 'constant',"             \
    " 'retry': {'attempts': 4}}, 'app': {'model': 'service', 'service_time': '0s',"                \
    " 'servers': 1000}}}"

static void retries_against_errors(void **state)
{
    (void)state;
    HOLDS(TRIES("0.5"), {"users.success.mean", 0.9375, 0}, {"users.attempts.mean", 18.75, 0});
    HOLDS(TRIES("0.3"), {"users.success.mean", 0.9919, 0}, {"users.attempts.mean", 14.17, 0});
}

/* Error rates of .2 and .3: (1 - .2)(1 - .3) = .56 get through. On arrival they cost nothing, so of
 * .5 Erlang .28 are worked off; as answers they cost all of it. */
#define ERRORS(share, when)                                                                        \
    "{'at': '0s', 'do': 'errors', 'share': " share ", 'target': 'app', 'when': '" when "'}"
#define WORK                                                                                       \
    "'users': {'model': 'client', 'to': 'app', 'rate': '0.5/s'},"                                  \
    " 'app': {'model': 'service', 'service_time': " EXP("1s") ", 'servers': 1}}}"

static void error_rates_compose(void **state)
{
    (void)state;
    HOLDS(HEAD("100000s", ERRORS("0.2", "arrival") "," ERRORS("0.3", "arrival")) WORK,
          {"users.success.mean", 0.56, 0}, {"app.utilisation.mean", 0.28, 0});
    HOLDS(HEAD("100000s", ERRORS("0.2", "answer") "," ERRORS("0.3", "answer")) WORK,
          {"users.success.mean", 0.56, 0}, {"app.utilisation.mean", 0.5, 0});
    HOLDS(HEAD("100000s", ERRORS("0.2", "arrival") "," ERRORS("0.3", "answer")) WORK,
          {"users.success.mean", 0.56, 0}, {"app.utilisation.mean", 0.4, 0});
}

/* Of messages one way 1 - (1 - a)(1 - b) are lost; a call needs its request and its answer. With
 * the link's own .1: .9 x .9 without faults. */
#define LOSS(share, target) "{'at': '0s', 'do': 'loss', 'share': " share ", 'target': " target "}"
#define LINKED(loss)                                                                               \
    "'users': {'model': 'client', 'to': 'app', 'rate': '5/s', 'timeout': '1s'},"                   \
    " 'app': {'model': 'service', 'service_time': '0s', 'servers': 1000}}, 'links': [{'between': " \
    "['users', 'app'], 'latency': '10ms', 'loss': " loss "}]}"

static void losses_compose(void **state)
{
    (void)state;
    HOLDS(HEAD("20000s", LOSS("0.1", "'users>app'") "," LOSS("0.2", "'users>app'")) LINKED("0"),
          {"users.success.mean", 0.72, 0});
    HOLDS(HEAD("20000s", LOSS("0.1", "'users>app'") "," LOSS("0.2", "'app>users'")) LINKED("0"),
          {"users.success.mean", 0.72, 0});
    HOLDS(HEAD("20000s", LOSS("0.1", "['users', 'app']")) LINKED("0"),
          {"users.success.mean", 0.81, 0});
    HOLDS(HEAD("20000s", LOSS("0.2", "'users<>app'")) LINKED("0.1"),
          {"users.success.mean", 0.9 * 0.9 * 0.8 * 0.8, 0});
}

/* 10 ms each way, and 20 ms and exponential 30 ms on top, one of them one way only. */
static void latencies_add(void **state)
{
    (void)state;
    HOLDS(HEAD("20000s",
               "{'at': '0s', 'do': 'latency', 'adds': '20ms', 'target': 'users<>app'},"
               "{'at': '0s', 'do': 'latency', 'adds': " EXP("30ms") ", 'target': 'app>users'}")
              LINKED("0"),
          {"users.latency.mean", 0.09, 0});
}

/* One server of mean work 1 that is 4 times slower for 2 s every 20 s, on average, both
 * exponential: a birth-death chain in a random environment (Yechiali and Naor 1971, Operations
 * Research 19(3)). W solves its balance equations (rates .6 up; 1 and .25 down; .05 and .5
 * between), by R of R^2 A2 + R A1 + A0 = 0; at .7, with 10 times slower and .02, it is 3.987696.
 * Never slow it would be 2.5 and 3.333. Were work that is at hand left alone, the chain would be
 * another one. The number under processor sharing has the same rates. */
#define SLOWER(rate, factor, up, discipline)                                                       \
    HEAD("1000000s", "{'do': 'slow', 'factor': " factor                                            \
                     ", 'target': 'app', 'fails': " EXP(up) ", 'repaired': " EXP("2s") "}")        \
    "'users': {'model': 'client', 'to': 'app', 'rate': '" rate                                     \
    "'}, 'app': {'model': 'service', 'service_time': " EXP(                                        \
        "1s") ", 'servers': 1, 'discipline': '" discipline "'}}}"

static void slower_now_and_then(void **state)
{
    (void)state;
    HOLDS(SLOWER("0.6/s", "4", "20s", "fifo"), {"users.latency.mean", 3.264425, 0});
    HOLDS(SLOWER("0.7/s", "10", "50s", "fifo"), {"users.latency.mean", 3.987696, 0});
    HOLDS(SLOWER("0.6/s", "4", "20s", "processor-sharing"), {"users.latency.mean", 3.264425, 0});
}

/* ---- the windows as they were drawn ---------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Times to failure are drawn from what was given, and repairs last what was given. False alarms of
 * Kolmogorov and Smirnov's test: 1 in 1000 (D > 1.949 / sqrt(n)); of the mean, as everywhere here,
 * 1 in 100. */
static void intervals_are_those_given(void **state)
{
    (void)state;
    struct sim_scenario *s = harness_scenario(
        HEAD("200000s", DRAWN("{'type': 'erlang', 'mean': '100s', 'stages': 4}", "'25s'", ""))
            NODES("", "1"));
    enum { MOST = REPLICATIONS * SIM_FAULT_WINDOWS_MOST };
    static double gaps[MOST];
    double means[REPLICATIONS];
    size_t n = 0;
    for (uint64_t r = 0; r < REPLICATIONS; r++) {
        struct sim_record *record = harness_run(&s->variants[0], 7, r);
        sim_time last = 0, sum = 0;
        assert_true(record->fault_count == SIM_FAULT_WINDOWS_MOST);
        assert_true(record->fault_begins > SIM_FAULT_WINDOWS_MOST);
        for (uint32_t i = 0; i < record->fault_count; i++) {
            const struct sim_fault_window *w = &record->faults[i];
            assert_true(w->ended - w->began == 25 * SIM_SECOND);
            gaps[n++] = (double)(w->began - last);
            sum += w->began - last;
            last = w->ended;
        }
        means[r] = (double)sum / record->fault_count / 1e9;
        sim_record_free(record);
    }
    struct sim_estimate e = sim_estimate_mean(means, REPLICATIONS, 0.99);
    assert_true(covers(e, 100) && !covers(e, 97) && !covers(e, 103));
    qsort(gaps, n, sizeof *gaps, ascending);
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        double p = sim_dist_cdf(&s->variants[0].plan.faults[0].fails, gaps[i]);
        most = fmax(most, fmax(p - (double)i / (double)n, (double)(i + 1) / (double)n - p));
    }
    printf("D = %.5f of at most %.5f\n", most, 1.949 / sqrt((double)n));
    assert_true(most < 1.949 / sqrt((double)n));
    sim_scenario_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(availability),
        cmocka_unit_test(utilisation_while_up),
        cmocka_unit_test(nodes_fail_on_their_own_or_together),
        cmocka_unit_test(drawn_faults_are_independent),
        cmocka_unit_test(retries_against_errors),
        cmocka_unit_test(error_rates_compose),
        cmocka_unit_test(losses_compose),
        cmocka_unit_test(latencies_add),
        cmocka_unit_test(slower_now_and_then),
        cmocka_unit_test(intervals_are_those_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
