/* test_speed.c - stations whose speed depends on how many are at work, against the birth-death
 * chain that they are when arrivals are Poisson and work exponential (holds.h).
 *
 * Kleinrock 1975, sec. 3.1: p(n) / p(n - 1) = rate / (n at work in state n x speed of each). The
 * chain knows nothing of virtual time, heaps and requests; it has the laws once more, written out
 * here. */
#include "theory/holds.h"

struct chain {
    double rate;
    int servers, most;   /* who is there at most: others are refused */
    bool shared;         /* all who are there are at work */
    double sigma, kappa; /* of the Universal Scalability Law */
    double knee, penalty;
};

static double speed(const struct chain *c, double n)
{
    if (c->penalty > 0)
        return n > c->knee ? 1 / (1 + c->penalty * (n - c->knee) / n) : 1;
    return 1 / (1 + c->sigma * (n - 1) + c->kappa * n * (n - 1));
}

/* The mean number there, and the share of the requests that find room. */
static void solve(const struct chain *c, double *there, double *admitted)
{
    double p = 1, sum = 1, first = 0;
    for (int n = 1; n <= c->most; n++) {
        double busy = fmin(n, c->servers), at_work = c->shared ? n : busy;
        p *= c->rate / (busy * speed(c, at_work));
        sum += p;
        first += n * p;
    }
    *there = first / sum;
    *admitted = 1 - p / sum;
}

static void chain_holds(const struct chain *c)
{
    char text[1500], law[200];
    double there, admitted;
    solve(c, &there, &admitted);
    if (c->penalty > 0)
        snprintf(law, sizeof law, "'law': 'thrashing', 'knee': %g, 'penalty': %g", c->knee,
                 c->penalty);
    else
        snprintf(law, sizeof law, "'law': 'usl', 'contention': %g, 'coherency': %g", c->sigma,
                 c->kappa);
    snprintf(text, sizeof text,
             RUN("300000s", "4000s") "'users': {'model': 'client', 'to': 'app', 'rate': '%g/s'},"
                                     " 'app': {'model': 'service', 'service_time': " EXP(
                                         "1s") ", 'servers': %d, 'queue_limit': %d,"
                                               " 'discipline': '%s', 'speed': {%s}}}}",
             c->rate, c->servers, c->most - c->servers, c->shared ? "processor-sharing" : "fifo",
             law);
    struct value values[] = {{"app.in_flight.mean", there, 0},
                             {"users.latency.mean", there / (c->rate * admitted), 0},
                             {"users.success.mean", admitted, 0}};
    holds(text, values, 3);
}

static void the_universal_scalability_law(void **state)
{
    (void)state;
    chain_holds(&(struct chain){
        .rate = 2.5, .servers = 20, .most = 20, .shared = true, .sigma = 0.1, .kappa = 0.01});
    chain_holds(&(struct chain){
        .rate = 1.2, .servers = 4, .most = 12, .shared = true, .sigma = 0.1, .kappa = 0.01});
    chain_holds(
        &(struct chain){.rate = 2.5, .servers = 8, .most = 30, .sigma = 0.1, .kappa = 0.01});
}

static void thrashing(void **state)
{
    (void)state;
    chain_holds(&(struct chain){.rate = 4, .servers = 12, .most = 40, .knee = 5, .penalty = 2});
    chain_holds(&(struct chain){
        .rate = 1.7, .servers = 2, .most = 30, .shared = true, .knee = 4, .penalty = 0.5});
}

/* Of the law's own numbers one that is 3 % off would be seen. */
static void a_wrong_law_is_seen(void **state)
{
    (void)state;
    struct chain right = {.rate = 2.5,
                          .servers = 20,
                          .most = 20,
                          .shared = true,
                          .sigma = 0.1,
                          .kappa = 0.01},
                 wrong = right;
    double there, other, admitted;
    wrong.sigma *= 1.03;
    wrong.kappa *= 1.03;
    solve(&right, &there, &admitted);
    solve(&wrong, &other, &admitted);
    assert_true(other > 1.03 * there);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_universal_scalability_law),
        cmocka_unit_test(thrashing),
        cmocka_unit_test(a_wrong_law_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
