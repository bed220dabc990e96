/* test_balancer.c - the balancer and its ring, in cases whose result can be said exactly or as a
 * binomial share. */
#include "model/harness.h"

#include "sim/ring.h"

/* ---- the ring
 * ---------------------------------------------------------------------------------- */

enum { PLACES = 50, KEYS = 20000 };

static void ring_of(struct sim_ring *ring, struct sim_ring_point *points, uint32_t places,
                    uint32_t each)
{
    static char names[PLACES][16];
    const char *list[PLACES];
    for (uint32_t i = 0; i < places; i++) {
        snprintf(names[i], sizeof names[i], "cache/%u", i);
        list[i] = names[i];
    }
    sim_ring_make(ring, points, list, NULL, places, each);
}

static uint32_t place_of(const struct sim_ring *ring, uint64_t key)
{
    return ring->points[sim_ring_find(ring, sim_ring_hash(key))].place;
}

/* Without the last place its keys move, and no other key does; they are about 1/n of all. */
static void a_place_that_goes_takes_only_its_keys_along(void **state)
{
    (void)state;
    static struct sim_ring_point all[PLACES * 200], fewer[PLACES * 200];
    struct sim_ring before, after;
    ring_of(&before, all, PLACES, 200);
    ring_of(&after, fewer, PLACES - 1, 200);
    uint32_t moved = 0;
    for (uint64_t key = 0; key < KEYS; key++) {
        uint32_t was = place_of(&before, key), is = place_of(&after, key);
        assert_true(was == is || was == PLACES - 1);
        assert_true(is < PLACES - 1);
        moved += was != is;
    }
    /* a share of 1/50 with a coefficient of variation of 1/sqrt(200), and binomial; 4 sd */
    double sd = KEYS / 50.0 * sqrt(1 / 200.0 + 50.0 / KEYS);
    assert_true(fabs(moved - KEYS / 50.0) < 4 * sd);
}

/* The arc that a place has of the circle, as a share. */
static double arcs(const struct sim_ring *ring, double *shares)
{
    double squares = 0;
    memset(shares, 0, PLACES * sizeof *shares);
    for (uint64_t i = 0; i < ring->count; i++) {
        uint64_t from = ring->points[i > 0 ? i - 1 : ring->count - 1].at;
        shares[ring->points[i].place] += (double)(ring->points[i].at - from) * 0x1p-64;
    }
    for (uint32_t i = 0; i < PLACES; i++)
        squares += (shares[i] * PLACES - 1) * (shares[i] * PLACES - 1);
    return sqrt(squares / PLACES);
}

/* The arcs are those of uniform points: a share is Beta(v, (n-1) v), whose coefficient of variation
 * is sqrt((n - 1) / (n v + 1)): 1 at one point each, a tenth at a hundred. Of 50 places its
 * estimate has a standard deviation of about 1/sqrt(100) of it, more for one point; 4 of those. */
static void more_points_make_shares_more_even(void **state)
{
    (void)state;
    static struct sim_ring_point points[PLACES * 1000];
    static const uint32_t each[] = {10, 100, 1000};
    for (size_t i = 0; i < 3; i++) {
        struct sim_ring ring;
        double shares[PLACES], expected = sqrt((PLACES - 1.0) / (PLACES * (double)each[i] + 1));
        ring_of(&ring, points, PLACES, each[i]);
        double seen = arcs(&ring, shares);
        if (fabs(seen / expected - 1) > 0.4)
            fail_msg("%u points: %g, not %g", each[i], seen, expected);
    }
}

/* ---- the model
 * --------------------------------------------------------------------------------- */

#define HEAD(more)                                                                                 \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '1000s', 'replications': 1}," more    \
    "'keyspaces': {'k': {'keys': 1000, 'popularity': 'uniform'}}, 'components': {"
#define USERS(rate) "'users': {'model': 'client', 'to': 'lb', 'rate': '" rate "', 'keyspace': 'k'},"
#define BALANCER(more) "'lb': {'model': 'balancer', 'to': ['a', 'b'], " more "},"
#define TWO(work)                                                                                  \
    "'a': {'model': 'service', 'servers': 1, 'service_time': " work "},"                           \
    "'b': {'model': 'service', 'servers': 1, 'service_time': " work "}}}"

static void in_turn_is_even(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(HEAD("") USERS("20/s") BALANCER("'policy': 'round-robin'")
                                            TWO("'1ms'"));
    double a = harness_metric(r, "a.rate.count"), b = harness_metric(r, "b.rate.count");
    assert_true(fabs(a - b) <= 1);
    harness_is(r, "lb.passed.count", a + b);
    harness_free(r);
}

static void overhead_is_added(void **state)
{
    (void)state;
#define EVEN "'users': {'model': 'client', 'to': 'lb', 'rate': '20/s', " IN_STEP "},"
    struct sim_record *r = harness_once(
        HEAD("") EVEN BALANCER("'policy': 'random', 'overhead': '3ms'") TWO("'1ms'"));
    harness_is(r, "users.latency.max", 0.004);
    harness_is(r, "users.latency.mean", 0.004);
    harness_free(r);
}

/* One is down: by turns half fail; who has fewest requests out is most often the one that fails at
 * once. A balancer without health checks makes it worse. */
static void the_one_that_fails_attracts(void **state)
{
    (void)state;
#define DOWN(policy)                                                                               \
    HEAD("'timeline': [{'at': '0s', 'do': 'crash', 'target': 'a'}],")                              \
    USERS("20/s") BALANCER("'policy': '" policy "'") TWO("{'type': 'exponential', 'mean': '40ms'}")
    struct sim_record *r = harness_once(DOWN("round-robin"));
    harness_between(r, "users.success.mean", 0.499, 0.501);
    harness_free(r);
    r = harness_once(DOWN("least-connections"));
    /* it goes to b only when nothing is out there, and then in half of the cases: a birth-death
     * chain
       of 0 and 1, up at 20/2, down at 25: 2/7 of the time 1 is out */
    harness_between(r, "users.success.mean", 5.0 / 14 - 0.02, 5.0 / 14 + 0.02);
    harness_free(r);
}

static void a_key_has_its_place(void **state)
{
    (void)state;
    const char *names[] = {"a", "b"};
    struct sim_ring_point points[200];
    struct sim_ring ring;
    sim_ring_make(&ring, points, names, NULL, 2, 100);
    uint32_t of_a = 0;
    for (uint64_t key = 0; key < 1000; key++)
        of_a += place_of(&ring, key) == 0;
    struct sim_record *r = harness_once(HEAD("") USERS("20/s")
                                            BALANCER("'policy': 'consistent-hash'") TWO("'1ms'"));
    double n = harness_metric(r, "lb.passed.count"), share = of_a / 1000.0;
    double sd = sqrt(n * share * (1 - share));
    harness_between(r, "a.rate.count", n * share - 4 * sd, n * share + 4 * sd);
    harness_is(r, "lb.deflected.count", 0);
    harness_free(r);
}

/* One key only: without a bound all goes to one; with it, never more out there than 1.25 x the
 * mean, rounded up, so both work. */
static void a_bound_passes_on_what_is_too_much(void **state)
{
    (void)state;
#define HOT(more)                                                                                  \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '1000s', 'replications': 1},"         \
    "'keyspaces': {'k': {'keys': 1, 'popularity': 'uniform'}}, 'components': {" USERS("20/s")      \
        BALANCER("'policy': 'consistent-hash'" more)                                               \
            TWO("{'type': 'exponential', 'mean': '80ms'}")
    struct sim_record *r = harness_once(HOT(""));
    double a = harness_metric(r, "a.rate.count"), b = harness_metric(r, "b.rate.count");
    assert_true(a <= 0 || b <= 0);
    harness_between(r, "users.latency.mean", 50, 1000);
    harness_free(r);
    r = harness_once(HOT(", 'bounded_load': 1.25"));
    harness_between(r, "users.latency.mean", 0.08, 1);
    harness_between(r, "lb.deflected.count", 1000, 20000);
    harness_free(r);
}

static void crashes_forget(void **state)
{
    (void)state;
    static const char *const policies[] = {"random", "least-connections", "power-of-d",
                                           "consistent-hash"};
    for (size_t i = 0; i < 4; i++) {
        char text[1600];
        snprintf(text, sizeof text,
                 "%s'lb': {'model': 'balancer', 'to': ['a', 'b'], 'policy': '%s', 'overhead':"
                 " '1ms'}, %s",
                 HEAD("'timeline': [{'at': '100s', 'for': '10s', 'do': 'crash', 'target': 'lb'},"
                      " {'at': '105s', 'for': '10s', 'do': 'crash', 'target': 'a'},"
                      " {'at': '200s', 'for': '1ms', 'do': 'crash', 'target': 'lb'}],")
                     USERS("20/s"),
                 policies[i], TWO("{'type': 'exponential', 'mean': '40ms'}"));
        struct sim_record *r = harness_once(text);
        /* 20/s: for 10 s by the balancer, for 5 s by it from what a turned away, some or all */
        harness_between(r, "users.refused.count", 150 + 20, 260 + 100);
        harness_is(r, "lb.refused.count", harness_metric(r, "users.refused.count"));
        harness_is(r, "users.errors.count", 0);
        harness_between(r, "users.success.mean", 0.97, 0.995);
        harness_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_that_goes_takes_only_its_keys_along),
        cmocka_unit_test(more_points_make_shares_more_even),
        cmocka_unit_test(in_turn_is_even),
        cmocka_unit_test(overhead_is_added),
        cmocka_unit_test(the_one_that_fails_attracts),
        cmocka_unit_test(a_key_has_its_place),
        cmocka_unit_test(a_bound_passes_on_what_is_too_much),
        cmocka_unit_test(crashes_forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
