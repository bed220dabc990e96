/* test_stations.c - orders of service, pauses, users who give up, fan-out and balancers against
 * closed forms, through the whole of a scenario (holds.h). */
#include "theory/holds.h"

#define SERVES(seconds, rate, service, more)                                                       \
    RUN(seconds, "10000s")                                                                         \
    "'users': {'model': 'client', 'to': 'app', 'rate': '" rate "'}, 'app': {'model': 'service',"   \
    " 'service_time': " service ", 'servers': 1, " more "}}}"
#define SHARING "'discipline': 'processor-sharing'"
#define LOGNORMAL "{'type': 'lognormal', 'mean': '1s', 'scv': 4}"

static void last_come_first_served_waits_as_long_on_average(void **state)
{
    (void)state;
    HOLDS(SERVES("600000s", "0.7/s", EXP("1s"), "'discipline': 'lifo'"),
          {"users.latency.mean", 1 / 0.3, 0}, {"app.queue.mean", 0.49 / 0.3, 0});
}

/* Kleinrock 1976, sec. 4.4: 1 / (1 - rho) whatever the distribution; a request of work x takes
 * x / (1 - rho). On two servers, requests at work are as in M/M/2 (exponential work: the same rates
 * of a birth-death chain). */
static void processor_sharing(void **state)
{
    (void)state;
    HOLDS(SERVES("2000000s", "0.8/s", EXP("1s"), SHARING), {"users.latency.mean", 5, 0});
    HOLDS(SERVES("1000000s", "0.7/s", LOGNORMAL, SHARING), {"users.latency.mean", 1 / 0.3, 0},
          {"app.utilisation.mean", 0.7, 0});
    HOLDS(SERVES("4000000s", "0.14/s", "'5s'", SHARING), {"users.latency.mean", 5 / 0.3, 0});
    HOLDS(RUN("200000s", "10000s") STATION("1.6/s", "2", ", " SHARING),
          {"users.latency.mean", 2.777778, 0});
}

#define CLASSES(how)                                                                               \
    RUN("2000000s", "10000s")                                                                      \
    "'gold': {'model': 'client', 'to': 'app', 'rate': '0.3/s'},"                                   \
    "'bronze': {'model': 'client', 'to': 'app', 'rate': '0.5/s', 'priority': 1},"                  \
    "'app': {'model': 'service', 'servers': 1, 'service_time': " EXP("1s") ", 'discipline': '" how \
                                                                           "'}}}"

/* Cobham 1954; Kleinrock 1976, sec. 3.6. */
static void classes_of_priority(void **state)
{
    (void)state;
    HOLDS(CLASSES("priority"), {"gold.latency.mean", 2.142857, 0},
          {"bronze.latency.mean", 6.714286, 0});
    HOLDS(CLASSES("priority-preemptive"), {"gold.latency.mean", 1 / 0.7, 0},
          {"bronze.latency.mean", 1 / (0.7 * 0.2), 0}, {"app.utilisation.mean", 0.8, 0});
}

/* White and Christie 1958, Operations Research 6(1); here from the balance equations: with failure
 * rate x, repair rate y and A = y / (x + y), W = (1 + x / (x + y)^2) / (A - lambda) for work of
 * mean 1. Under processor sharing W is the same, for the number there has the same rates. */
static void pauses(void **state)
{
    (void)state;
    const double x = 0.05, y = 0.5, w = (1 + x / ((x + y) * (x + y))) / (y / (x + y) - 0.6);
#define PAUSES(discipline)                                                                         \
    SERVES("1500000s", "0.6/s", EXP("1s"),                                                         \
           "'discipline': '" discipline                                                            \
           "', 'pause': {'every': " EXP("20s") ", 'lasts': " EXP("2s") "}")
    HOLDS(PAUSES("fifo"), {"users.latency.mean", w, 0}, {"app.paused.mean", x / (x + y), 0});
    HOLDS(PAUSES("processor-sharing"), {"users.latency.mean", w, 0});
}

/* Erlang A, M/M/10+M. */
static void users_who_give_up(void **state)
{
    (void)state;
    HOLDS(RUN("100000s", "1000s") "'users': {'model': 'client', 'to': 'app', 'rate': '12/s',"
                                  " 'patience': " EXP("2s") "}, 'app': {'model': 'service',"
                                                            " 'service_time': " EXP(
                                                                "1s") ", 'servers': 10,"
                                                                      " 'abandon': 'at-once'}}}",
          {"app.expired.mean", 12 * 0.1956559, 0}, {"app.queue.mean", 4.695743, 0});
}

#define FORK(seconds, to, calls, leaf)                                                             \
    RUN(seconds, "5000s")                                                                          \
    "'users': {'model': 'client', 'to': 'root', 'rate': '0.8/s'}, 'root': {'model': 'service',"    \
    " 'servers': 1000, 'service_time': '0s', 'to': " to ", 'calls': '" calls "'}, 'a': " leaf ","  \
    " 'b': " leaf "}}"
#define LEAF(how) "{'model': 'service', 'service_time': " EXP("1s") ", " how "}"

static void the_slowest_answer_decides(void **state)
{
    (void)state;
    HOLDS(FORK("1000000s", "['a', 'b']", "parallel", LEAF("'servers': 1")),
          {"users.latency.mean", 7, 0});
    HOLDS(FORK("30000s", "'a'", "every-node",
               LEAF("'servers': 999, 'nodes': 10, 'spread': 'random'")),
          {"users.latency.mean", 2.928968, 0});
}

#define BALANCED(seconds, rate, policy)                                                            \
    RUN(seconds, "2000s")                                                                          \
    "'users': {'model': 'client', 'to': 'lb', 'rate': '" rate "'}, 'lb': {'model': 'balancer',"    \
    " 'to': 'app', " policy                                                                        \
    "}, 'app': " LEAF("'servers': 1, 'nodes': 10, 'spread': 'random'") "}}"

static void balancers(void **state)
{
    (void)state;
    HOLDS(BALANCED("200000s", "8/s", "'policy': 'random'"), {"users.latency.mean", 5, 0});
    HOLDS(BALANCED("80000s", "8/s", "'policy': 'round-robin'"),
          {"users.latency.mean", 2.922269, 0});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(last_come_first_served_waits_as_long_on_average),
        cmocka_unit_test(processor_sharing),
        cmocka_unit_test(classes_of_priority),
        cmocka_unit_test(pauses),
        cmocka_unit_test(users_who_give_up),
        cmocka_unit_test(the_slowest_answer_decides),
        cmocka_unit_test(balancers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
