/* test_policies.c - resilience policies against closed forms.
 *
 * The callee is M/M/infinity (10,000 servers, exponential work of mean 1 s) or answers at once, so
 * that whatever differs is the policy's. */
#include "policy/policy_state.h"
#include "theory/holds.h"

#define FOR(seconds, warmup)                                                                       \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '" seconds "', 'warmup': '" warmup    \
    "', 'interval': '1000s', 'replications': 1}, "
#define USERS(rate, policy)                                                                        \
    "'components': {'users': {'model': 'client', 'to': 'app', 'rate': '" rate "', " policy "}, "
#define APP(time) "'app': {'model': 'service', 'servers': 10000, 'service_time': " time "}}}"

/* T = min(X1, d + X2), X exponential of mean m: E T = m (1 - e^(-d/m) / 2); for t > d
 * P(T > t) = e^(-(2t - d)/m), so p99 = (d + m ln 100) / 2. A hedge is sent with probability
 * e^(-d/m), wins half of the time (no memory), and one answer is wasted for each. m = d = 1 s, 10
 * calls a second. */
static void a_hedge_after_a_fixed_delay(void **state)
{
    (void)state;
    HOLDS(FOR("20000s", "1000s") USERS("10/s", "'hedge': {'delay': '1s'}") APP(EXP("1s")),
          {"users.latency.mean", 1 - 0.36787944 / 2, 0}, {"users.latency.p99", 2.802585, 0},
          {"users.attempts.mean", 13.6787944, 0}, {"users.hedges.mean", 3.6787944, 0},
          {"users.hedges_won.mean", 1.8393972, 0}, {"app.wasted.mean", 3.6787944, 0},
          {"users.calls.mean", 10, 0}, {"users.success.mean", 1, 0});
}

/* Two hedges, d and 2d after the first: T > t has probability e^-t up to d, then e^(-(2t - d)) up
 * to 2d, then e^(-(3t - 3d)). With d = 1: E T = 1 - e^-1 + (e^-1 - e^-3) / 2 + e^-3 / 3. The second
 * is sent when T > 2d before it: e^-3. */
static void two_hedges(void **state)
{
    (void)state;
    HOLDS(FOR("40000s", "1000s") USERS("10/s", "'hedge': {'delay': '1s', 'extra': 2}")
              APP(EXP("1s")),
          {"users.latency.mean", 1 - 0.36787944 / 2 - 0.04978707 / 6, 0},
          {"users.hedges.mean", 10 * (0.36787944 + 0.04978707), 0});
}

/* After the 95th percentile of the first attempts, e^(-d/m) = .05, whatever the caller knows of
 * the distribution: it learns d from what it sees, though it never sees the end of what it gave up.
 * A window holds n = 30,000 attempts; a sample's percentile is exceeded with .05 + at most 1/n. */
static void a_hedge_at_a_percentile_learns_its_delay(void **state)
{
    (void)state;
    HOLDS(FOR("50000s", "4000s") USERS("10/s", "'hedge': {'percentile': 0.95, 'window': '3000s'}")
              APP(EXP("1s")),
          {"users.latency.mean", 0.975, 0}, {"users.hedges.mean", 0.5, 0});
}

/* One call a second; a message is lost with .3 each way, so an attempt fails with p = 1 - .7^2 =
 * .51, which is seen .1 s later. Three failures in a row open it: after (1 - p^3) / (p^3 (1 - p)) =
 * 13.34409 attempts on average (a run of k failures; Feller 1968, sec. XIII.7). It stays open for
 * 5.1 s but for the probe at 6 s: five are refused, and on to the next such period with
 * probability p; so there are 1 / (1 - p) of them. Cycle 13.34409 + 6 / .49 = 25.58899 calls; of
 * those 5 / .49 refused; answered 13.34409 x .49 + 1. */
static void a_breaker_that_opens_after_failures_in_a_row(void **state)
{
    (void)state;
    HOLDS(FOR("400000s", "1000s") "'links': [{'between': ['users', 'app'], 'loss': 0.3}]," USERS(
              "1/s", "'arrival': 'constant', 'in_step': true, 'timeout': '100ms', 'breaker': {"
                     "'consecutive': 3, 'open': '5s', 'calls': 1000000000}") APP("'0s'"),
          {"users.breaker_refused.mean", 5 / 0.49 / 25.58899, 0},
          {"users.success.mean", (13.34409 * 0.49 + 1) / 25.58899, 0},
          {"users.breaker_open.mean", (6 / 0.49 - 0.1) / 25.58899, 0});
}

/* Two probes must both succeed; the second call after the first probe follows a second later. So
 * a half-open spell succeeds with q^2 and takes, once open for 5 refusals, one probe with p, two
 * with q. Cycle: 13.34409 + G (5 + p + 2q), G = 1 / q^2. */
static void two_probes(void **state)
{
    (void)state;
    HOLDS(FOR("400000s", "1000s") "'links': [{'between': ['users', 'app'], 'loss': 0.3}]," USERS(
              "1/s", "'arrival': 'constant', 'in_step': true, 'timeout': '100ms', 'breaker': {"
                     "'consecutive': 3, 'open': '5s', 'calls': 1000000000, 'probes': 2}")
              APP("'0s'"),
          {"users.breaker_refused.mean", 5 / 0.2401 / (13.34409 + (5 + 0.51 + 2 * 0.49) / 0.2401),
           0});
}

static void a_concurrency_limit_is_a_loss_system(void **state)
{
    (void)state;
    HOLDS(FOR("300000s", "1000s") USERS("3/s", "'concurrency': {'limit': 5}") APP(EXP("1s")),
          {"users.success.mean", 1 - 0.1100544, 0},
          {"users.concurrency_refused.mean", 3 * 0.1100544, 0},
          {"users.concurrency.mean", 3 * (1 - 0.1100544), 0}, {"users.latency.mean", 1, 0});
    HOLDS(FOR("50000s", "1000s") USERS("20/s", "'concurrency': {'limit': 20}") APP(EXP("1s")),
          {"users.success.mean", 1 - 0.1588920, 0});
}

/* What waits at the caller for one of c slots waits as for one of c servers: M/M/2, M/M/1/10. */
static void a_concurrency_limit_with_a_queue_is_a_station(void **state)
{
    (void)state;
    HOLDS(FOR("200000s", "10000s") USERS("1.6/s", "'concurrency': {'limit': 2, 'wait': '1000000s'}")
              APP(EXP("1s")),
          {"users.latency.mean", 2.777778, 0}, {"users.held_back.mean", 1.6 * 1.777778, 0});
    HOLDS(FOR("400000s", "1000s")
              USERS("0.9/s", "'concurrency': {'limit': 1, 'wait': '1000000s', 'queue': 9}")
                  APP(EXP("1s")),
          {"users.success.mean", 1 - 0.0508137, 0}, {"users.latency.mean", 4.646601, 0});
}

/* Bucket of one token: after each that passes, none does for 1/r: rate / (1 + rate/r) pass (Cox
 * 1962, Renewal Theory: a counter with dead time). A bucket that is large passes min(rate, r).
 * Where all may wait for theirs it is M/D/1: utilisation .8, wait 2 s. */
static void a_token_bucket(void **state)
{
    (void)state;
    HOLDS(FOR("50000s", "1000s") USERS("10/s", "'rate_limit': {'rate': '10/s'}") APP("'0s'"),
          {"users.goodput.mean", 5, 0}, {"users.rate_refused.mean", 5, 0});
    HOLDS(FOR("50000s", "1000s") USERS("10/s", "'rate_limit': {'rate': '5/s', 'burst': 100}")
              APP("'0s'"),
          {"users.goodput.mean", 5, 0});
    HOLDS(FOR("50000s", "1000s") USERS("5/s", "'rate_limit': {'rate': '10/s', 'burst': 100}")
              APP("'0s'"),
          {"users.goodput.mean", 5, 0}, {"users.success.mean", 1, 0});
    HOLDS(FOR("400000s", "10000s")
              USERS("0.8/s", "'rate_limit': {'rate': '1/s', 'wait': '1000000s'}") APP("'0s'"),
          {"users.latency.mean", 2, 0}, {"users.held_back.mean", 1.6, 0});
}

/* Everything fails and is tried up to a hundred times at once: the budget is all there is to stop
 * it. Retries are at most calls x ratio + minimum x time, and fall short of it by less than one in
 * each window of 10 s: what is left of the last whole retry when its slice is forgotten. 99,999
 * calls
 * in 100 s; the reserve of the window that is still open at the end comes on top. */
#define DOWN "'timeline': [{'at': '0s', 'do': 'crash', 'target': 'app'}], "
static void budget_allows(const char *policy, const char *meter, double most)
{
    char text[1000];
    snprintf(text, sizeof text,
             "{'schema_version': 1, 'title': 't', 'run': {'duration': '100s', 'replications': 1},"
             " %s'components': {'users': {'model': 'client', 'to': 'app', 'arrival': 'constant',"
             " 'in_step': true, 'rate': '1000/s', %s}, %s",
             strstr(policy, "hedge") ? "" : DOWN, policy, APP("'10s'"));
    struct sim_record *r = harness_once(text);
    harness_is(r, "users.calls.count", 99999);
    harness_between(r, meter, most - 10, most);
    harness_free(r);
}

static void a_retry_budget_bounds_attempts(void **state)
{
    (void)state;
    budget_allows("'retry': {'attempts': 100, 'budget': {'minimum': '0/s'}}", "users.retries.count",
                  0.2 * 99999);
    budget_allows("'retry': {'attempts': 100, 'budget': {'ratio': 0.1, 'minimum': '0/s'}}",
                  "users.attempts.count", 1.1 * 99999);
    /* reserve: 30 in each window of 10 s */
    budget_allows("'retry': {'attempts': 100, 'budget': {'ratio': 0.5, 'minimum': '3/s'}}",
                  "users.retries.count", 0.5 * 99999 + 300);
    /* hedges come out of it too */
    budget_allows("'hedge': {'delay': '1ms'}, 'retry': {'budget': {'ratio': 0.1,"
                  " 'minimum': '0/s'}}",
                  "users.hedges.count", 0.1 * 99999);
}

#define GRADIENT "'concurrency': {'kind': 'gradient', 'limit': 20, 'most': 1000}"

/* Latencies that say nothing of the limit: independent, exponential, from 10,000 servers. What
 * comes out is then the recursion's own: for 3 million independent samples, written down apart from
 * the simulator (limiter.c has the formula), the limit's mean over time is 10.324, the harmonic
 * mean over samples, as a sample takes 1 / limit. It stays so far below the servers there are
 * because each latency below half of the average cuts the average. */
static void a_gradient_of_independent_latencies(void **state)
{
    (void)state;
    HOLDS(FOR("3000s", "1000s") USERS("100/s", GRADIENT) APP(EXP("1s")),
          {"users.concurrency_limit.mean", 10.324, 0});
}

/* On a station of constant work it stays where a queue forms: about as many are out as there are
 * servers c, most of what can be done is done, and the queue is shorter than c. An answer tells of
 * the limit one latency ago, so it swings to both sides of c: its mean is within a factor of 2 of
 * c, and again so after half of the servers are gone. At 20, where it began, 20 / c would be done.
 */
static void a_gradient_settles_where_queueing_begins(void **state)
{
    (void)state;
    for (int c = 40; c <= 160; c *= 2) {
        char text[1500];
        snprintf(text, sizeof text,
                 "{'schema_version': 1, 'title': 't', 'run': {'duration': '200s', 'warmup': '20s',"
                 " 'interval': '20s', 'replications': 1, 'series': 'all'}, 'components': {'users':"
                 " {'model': 'client', 'to': 'app', 'rate': '%d/s', %s}, 'app': {'model':"
                 " 'service', 'servers': %d, 'service_time': '10ms'}}, 'timeline': [{'at': '100s',"
                 " 'do': 'set', 'target': 'app', 'set': {'servers': %d}}]}",
                 300 * c, GRADIENT, c, c / 2);
        struct sim_record *r = harness_once(text);
        for (uint32_t i = 0; i < r->series_count; i++) {
            const struct sim_series *s = &r->series[i];
            bool limit = strcmp(s->meter, "concurrency_limit") == 0;
            bool queue = strcmp(s->meter, "queue") == 0;
            if (strcmp(s->stat, "mean") != 0 ||
                strcmp(s->component, limit ? "users" : "app") != 0 || (!limit && !queue))
                continue;
            for (int w = 1; w < 10; w++) {
                double there = w < 5 ? c : c / 2;
                printf("%d servers: %s of %.0f%s", c, s->meter, s->values[w], w == 9 ? "\n" : "; ");
                if (limit)
                    assert_true(s->values[w] > there / 2 && s->values[w] < 2 * there);
                else
                    assert_true(s->values[w] < there);
            }
        }
        harness_between(r, "users.goodput.mean", 0.5 * 75 * c, 75 * c);
        harness_free(r);
    }
}

/* AIMD at full use: a sample adds 1 with probability 1 - p and leaves floor(.9 L) with p. In the
 * steady state (1 - p) = p (.1 E L + .45), .45 the mean of what the floor cuts off. */
static void an_additive_increase_settles(void **state)
{
    (void)state;
    const double p = 0.05, expected = ((1 - p) / p - 0.45) * 10;
    struct sim_policy policy = {.concurrency = {.kind = SIM_CONCURRENCY_AIMD,
                                                .limit = 10,
                                                .least = 1,
                                                .most = 100000,
                                                .decrease = 0.9}};
    struct sim_caller_meters meters = {0};
    struct sim *sim = sim_new(NULL);
    struct sim_node node = {.sim = sim, .caller = &meters};
    struct sim_guard g = {.from = &node, .policy = &policy};
    double means[REPLICATIONS];
    sim__limiter_reset(&g);
    for (uint64_t r = 0; r < REPLICATIONS; r++) {
        struct sim_stream stream;
        sim_stream_init(&stream, 7, r, "aimd", "drop");
        double sum = 0;
        for (int i = 0; i < 300000; i++) {
            struct sim__try attempt = {.out = g.limiter.limit};
            bool dropped = sim_draw_chance(&stream, p);
            sim__limiter_learn(&g, &attempt, dropped ? SIM_TIMEOUT : SIM_OK);
            sum += i < 50000 ? 0 : (double)g.limiter.limit;
        }
        means[r] = sum / 250000;
    }
    struct sim_estimate e = sim_estimate_mean(means, REPLICATIONS, 0.99);
    printf("AIMD: expected %.6g, saw [%.6g, %.6g]\n", expected, e.low, e.high);
    assert_true(covers(e, expected));
    assert_false(covers(e, expected * 1.03) || covers(e, expected * 0.97));
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hedge_after_a_fixed_delay),
        cmocka_unit_test(two_hedges),
        cmocka_unit_test(a_hedge_at_a_percentile_learns_its_delay),
        cmocka_unit_test(a_breaker_that_opens_after_failures_in_a_row),
        cmocka_unit_test(two_probes),
        cmocka_unit_test(a_concurrency_limit_is_a_loss_system),
        cmocka_unit_test(a_concurrency_limit_with_a_queue_is_a_station),
        cmocka_unit_test(a_token_bucket),
        cmocka_unit_test(a_retry_budget_bounds_attempts),
        cmocka_unit_test(a_gradient_of_independent_latencies),
        cmocka_unit_test(a_gradient_settles_where_queueing_begins),
        cmocka_unit_test(an_additive_increase_settles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
