/* test_withdrawal.c - requests that are withdrawn: copies of which another one was answered first,
 * and requests that have waited too long, against closed forms (holds.h). */
#include "theory/holds.h"

/* Each request goes to both of two servers, the second copy 1 ns after the first; the first answer
 * ends it, and the other copy is withdrawn. */
#define REDUNDANT(rate, service, how)                                                              \
    RUN("400000s", "5000s")                                                                        \
    "'users': {'model': 'client', 'to': 'app', 'rate': '" rate                                     \
    "', 'hedge': {'extra': 1, 'delay': '1ns'}}, 'app': {'model': 'service', 'nodes': 2,"           \
    " 'spread': 'round-robin', 'servers': 1, 'service_time': " service                             \
    ", 'on_cancel': 'withdraw'" how "}}}"

/* Both queues hold the same requests in the same order, so both servers work on the same one, and
 * the pair is one server whose work is the lesser of two. Gardner et al. 2017, Redundancy-d, Oper.
 * Res. 65(4), sec. 3 (d = k: M/M/1 of rate k mu); Joshi, Soljanin and Wornell 2017, ACM TOMPECS
 * 2(2), sec. 4 (M/G/1 of the least). The least of two U(0, 2) has the moments 2/3 and 2/3, for
 * Pollaczek and Khinchine. */
static void two_of_two(void **state)
{
    (void)state;
    HOLDS(REDUNDANT("1.2/s", EXP("1s"), ""), {"users.latency.mean", 1 / (2 - 1.2), 0},
          {"app.utilisation.mean", 0.6, 0}, {"app.expired.mean", 1.2, 0});
    HOLDS(REDUNDANT("1.2/s", EXP("1s"), ", 'discipline': 'processor-sharing'"),
          {"app.expired.mean", 1.2, 0});
    HOLDS(REDUNDANT("0.9/s", "{'type': 'uniform', 'low': '0s', 'high': '2s'}", ""),
          {"users.latency.mean", 2.0 / 3 + 0.9 * (2.0 / 3) / (2 * (1 - 0.6)), 0});
}

/* Cancelled when one has begun (Joshi et al. 2017, sec. 5) the pair would be M/M/2, of which this
 * is no case: here the copies that have begun are finished. Each server has at most the load of all
 * first copies, and one that is withdrawn from the queue costs nothing. */
static void what_has_begun_is_finished(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        RUN("100000s", "5000s") "'users': {'model': 'client', 'to': 'app', 'rate': '0.6/s',"
                                " 'hedge': {'extra': 1, 'delay': '1ns'}}, 'app': {'model':"
                                " 'service', 'nodes': 2, 'spread': 'round-robin', 'servers': 1,"
                                " 'service_time': " EXP("1s") ", 'on_cancel': 'withdraw-queued'"
                                                              "}}}");
    double busy = harness_metric(r, "app.busy.mean");
    double gone = harness_metric(r, "app.expired.mean");
    assert_true(gone > 0.05);
    assert_true(fabs(busy - (1.2 - gone)) < 0.02); /* each copy that was not withdrawn takes 1 s */
    harness_free(r);
}

/* M/M/c+D: with p(j) of j at work, the virtual wait has the density rate p(c - 1) e^-(c - rate) x
 * up to D and falls with e^-cx beyond; who would wait longer leaves after D. Barrer 1957, Oper.
 * Res. 5(5); Gnedenko and Kovalenko 1989, Introduction to Queueing Theory, sec. 1.6. Work has the
 * mean 1. */
static double lost(double rate, int c, double d)
{
    double p = 1, sum = 0, e = exp(-(c - rate) * d);
    for (int j = 0; j < c; j++) {
        sum += p;
        p *= rate / (j + 1);
    }
    double last = p * c / rate; /* of c - 1 at work */
    double beyond = last * rate * e / c;
    return beyond / (sum + last * rate * (1 - e) / (c - rate) + beyond);
}

#define LIMITED(rate, servers, limit)                                                              \
    RUN("600000s", "5000s") STATION(rate, servers, ", 'wait_limit': '" limit "'")

static void who_waits_too_long_is_refused(void **state)
{
    (void)state;
    assert_true(fabs(lost(0.8, 1, 1e3)) < 1e-9 && fabs(lost(0.8, 1, 0) - 0.8 / 1.8) < 1e-9);
    HOLDS(LIMITED("0.8/s", "1", "2s"), {"app.refused_late.mean", 0.8 * lost(0.8, 1, 2), 0},
          {"users.success.mean", 1 - lost(0.8, 1, 2), 0},
          {"app.busy.mean", 0.8 * (1 - lost(0.8, 1, 2)), 0});
    HOLDS(LIMITED("1.2/s", "1", "3s"), {"app.refused_late.mean", 1.2 * lost(1.2, 1, 3), 0});
    HOLDS(LIMITED("4.5/s", "4", "500ms"), {"app.refused_late.mean", 4.5 * lost(4.5, 4, 0.5), 0});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_of_two),
        cmocka_unit_test(what_has_begun_is_finished),
        cmocka_unit_test(who_waits_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
