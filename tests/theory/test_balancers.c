/* test_balancers.c - the balancer against closed forms, exact chains and the mean field
 * (holds.h). */
#include "theory/holds.h"

#define FARM(seconds, warmup, rate, nodes, lb)                                                     \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '" seconds "', 'warmup': '" warmup    \
    "', 'interval': '100s', 'replications': 1}, 'components': {"                                   \
    "'users': {'model': 'client', 'to': 'lb', 'rate': '" rate "'}, 'lb': {'model': 'balancer',"    \
    " 'to': 'app', " lb                                                                            \
    "}, 'app': {'model': 'service', 'service_time': " EXP("1s") ","                                \
                                                                " 'servers': 1, 'nodes': " nodes   \
                                                                ", 'spread': 'random'}}}"
#define D(d, more) "'policy': 'power-of-d', 'choices': " d more

/* Mitzenmacher 2001, sec. 3: of infinitely many servers of rate 1, each request at the least loaded
 * of d drawn at random, mean time = sum over i of lambda^((d^i - d) / (d - 1)). 500 servers lie
 * above by about 1/500 of what 100 do. */
static double mean_field(double lambda, double d)
{
    double sum = 0, power = d;
    if (d < 2)
        return 1 / (1 - lambda);
    for (int i = 0; i < 20; i++, power *= d)
        sum += pow(lambda, (power - d) / (d - 1));
    return sum;
}

static void d_choices(void **state)
{
    (void)state;
    assert_true(fabs(mean_field(0.8, 2) - 1.947363) < 1e-6); /* the table of that paper */
    assert_true(fabs(mean_field(0.9, 2) - 2.614057) < 1e-6);
#define MANY(seconds, choice) FARM(seconds, "100s", "400/s", "500", choice)
    HOLDS(MANY("1000s", D("1", "")), {"users.latency.mean", mean_field(0.8, 1), 0});
    HOLDS(MANY("400s", D("2", "")), {"users.latency.mean", mean_field(0.8, 2), 0});
    HOLDS(MANY("400s", D("2", ", 'replacement': true")),
          {"users.latency.mean", mean_field(0.8, 2), 0});
    HOLDS(MANY("400s", D("5", "")), {"users.latency.mean", mean_field(0.8, 5), 0});
}

/* Two servers of rate 1; an arrival joins the shorter queue with this probability, ties by a fair
 * coin: the chain of both lengths up to 59, its balance equations by Gauss and Seidel. The mean
 * time by Little's law. With 1/2 it is two times M/M/1. */
static double two_queues(double lambda, double shorter)
{
    enum { N = 60 };
    static double p[N][N];
    double change = 1, all = 0, there = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            p[i][j] = pow(lambda / 2, i + j);
#define TO_FIRST(i, j) (lambda * ((i) == (j) ? 0.5 : (i) < (j) ? shorter : 1 - shorter))
#define TO_SECOND(i, j) (lambda - TO_FIRST(i, j))
    for (int round = 0; round < 20000 && change > 1e-12; round++) {
        change = 0;
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++) {
                double in = 0, out = (i > 0) + (j > 0);
                out += i + 1 < N ? TO_FIRST(i, j) : 0;
                out += j + 1 < N ? TO_SECOND(i, j) : 0;
                in += i > 0 ? p[i - 1][j] * TO_FIRST(i - 1, j) : 0;
                in += j > 0 ? p[i][j - 1] * TO_SECOND(i, j - 1) : 0;
                in += i + 1 < N ? p[i + 1][j] : 0;
                in += j + 1 < N ? p[i][j + 1] : 0;
                change = fmax(change, fabs(p[i][j] - in / out));
                p[i][j] = in / out;
            }
    }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            all += p[i][j];
            there += p[i][j] * (i + j);
        }
    return there / all / lambda;
}

static void the_shorter_of_two_queues(void **state)
{
    (void)state;
    assert_true(fabs(two_queues(1, 0.5) - 2) < 1e-6);
#define TWO(lb) FARM("300000s", "1000s", "1.6/s", "2", lb)
    double shortest = two_queues(1.6, 1);
    HOLDS(TWO("'policy': 'least-connections'"), {"users.latency.mean", shortest, 0});
    HOLDS(TWO(D("2", "")), {"users.latency.mean", shortest, 0});
    /* both draws hit the longer one in a quarter of the cases */
    HOLDS(TWO(D("2", ", 'replacement': true")), {"users.latency.mean", two_queues(1.6, 0.75), 0});
}

/* One request at a time at each node. All wait in one queue: M/M/5 at .8 (Erlang C .554113). Each
 * in its node's own: of nine, M/M/1/10 at .9; of four, M/M/1/5 at 1.2, which refuses
 * (1 - r) r^5 / (1 - r^6). */
static void queues_before_the_nodes(void **state)
{
    (void)state;
    HOLDS(FARM("100000s", "1000s", "4/s", "5", "'policy': 'random', 'limit': {'per_node': 1}"),
          {"users.latency.mean", 1 + 0.554113, 0}, {"lb.waiting.mean", 4 * 0.554113, 0.05});
#define OWN(seconds, rate, room)                                                                   \
    FARM(seconds, "1000s", rate, "2",                                                              \
         "'policy': 'random', 'limit': {'per_node': 1, 'queue': 'own', 'queue_limit': " room "}")
    HOLDS(OWN("100000s", "1.8/s", "9"), {"users.latency.mean", 4.646601, 0});
    HOLDS(OWN("50000s", "2.4/s", "4"),
          {"lb.queue_refused.mean", 2.4 * 0.2 * pow(1.2, 5) / (pow(1.2, 6) - 1), 0});
}

/* M/M/1+D: who has waited t gives up. Of the work V that an arrival finds, by level crossing, the
 * density is lambda p e^-(1 - lambda) v up to t, and e^-(v - t) times that at t from there on;
 * p that there is none (Barrer 1957). The share that gives up is P(V > t). */
static void a_wait_with_an_end(void **state)
{
    (void)state;
    const double rate = 0.8, t = 2, at_t = exp(-(1 - rate) * t);
    double p = 1 / (1 + rate * (1 - at_t) / (1 - rate) + rate * at_t);
    HOLDS(FARM("100000s", "1000s", "0.8/s", "1",
               "'policy': 'random', 'limit': {'per_node': 1, 'wait': '2s'}"),
          {"lb.queue_refused.mean", rate * p * rate * at_t, 0}, {"lb.wait.max", t, 1e-6});
}

/* ---- checks ---------------------------------------------------------------------------------- */

/* 200 nodes crash at 500 s of 1000. Each is healthy until it is found out, so the mean number of
 * healthy ones says how long that takes on average; what is shifted by 3 % is that time. */
#define CRASH(until, check, silent)                                                                \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '" until "', 'interval': '1s',"       \
    " 'replications': 1}, 'components': {'users': {'model': 'client', 'to': 'lb', 'rate': '1/s'}," \
    " 'lb': {'model': 'balancer', 'to': 'app', 'policy': 'random', 'health_check': {" check "}},"  \
    " 'app': {'model': 'service', 'nodes': 200, 'spread': 'random', 'servers': 1,"                 \
    " 'service_time': '1ms'}}, 'timeline': [{'at': '500s', 'do': 'crash', 'target': 'app'" silent  \
    "}]}"

static struct value healthy_for(double found)
{
    double healthy = 200 * (500 + found) / 1000;
    return (struct value){"lb.healthy.mean", healthy, 0.03 * 200 * found / 1000 / healthy};
}

/* A check fails at once at a node that refuses: interval / 2 for the crash to be noticed at all,
 * and two more intervals; 75 s for 30 s and three failures. One that does not even refuse fails at
 * the timeout. */
static void how_long_until_a_crash_is_found(void **state)
{
    (void)state;
    HOLDS(CRASH("1000s", "'interval': '30s'", ""), healthy_for(15 + 60));
    HOLDS(CRASH("1000s", "'interval': '10s', 'timeout': '4s'", ", 'silent': true"),
          healthy_for(5 + 20 + 4));
    HOLDS(CRASH("1000s", "'interval': '30s', 'timeout': '5s', 'unhealthy': 2", ", 'silent': true"),
          healthy_for(15 + 30 + 5)); /* AWS ALB */
}

/* At worst a whole interval longer than the least: the last of 200 nodes is found between 33 s and
 * 34 s after the crash (but once in 10^9), and none before 24 s. */
static void the_longest_it_takes(void **state)
{
    (void)state;
#define UNTIL(until) CRASH(until, "'interval': '10s', 'timeout': '4s'", ", 'silent': true")
    static const struct {
        const char *text;
        double low, high;
    } cases[] = {{UNTIL("524s"), 200, 200},
                 {UNTIL("525s"), 150, 199.9},
                 {UNTIL("533s"), 0.1, 40},
                 {UNTIL("535s"), 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sim_record *r = harness_once(cases[i].text);
        harness_between(r, "lb.healthy.min", cases[i].low, cases[i].high);
        harness_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(d_choices),
        cmocka_unit_test(the_shorter_of_two_queues),
        cmocka_unit_test(queues_before_the_nodes),
        cmocka_unit_test(a_wait_with_an_end),
        cmocka_unit_test(how_long_until_a_crash_is_found),
        cmocka_unit_test(the_longest_it_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
