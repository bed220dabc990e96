/* test_arrivals.c - loads against theory: the arrival processes themselves, drawn by
 * sim_arrivals_next(), and what they do to a queue, through the whole of a scenario.
 *
 * Values are held as in holds.h, over 20 replications. Counts by window are held to the integral of
 * the rate by chi-square at one false alarm in a thousand. */
#define REPLICATIONS 20
#include "theory/holds.h"

#define HEAD(seconds, interval)                                                                    \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '" seconds "', 'warmup': '0s',"       \
    " 'interval': '" interval "', 'replications': 1, 'series': 'all'}, 'components': {"
#define SINK "'app': {'model': 'store', 'connections': 1000000, 'read_time': '0s'}}}"
#define USERS(load) "'users': {'model': 'client', 'to': 'app', " load "}, "

static const struct sim_series *series(const struct sim_record *r, const char *component,
                                       const char *meter)
{
    for (uint32_t i = 0; i < r->series_count; i++) {
        const struct sim_series *s = &r->series[i];
        if (strcmp(s->component, component) == 0 && strcmp(s->meter, meter) == 0 &&
            strcmp(s->stat, "mean") == 0)
            return s;
    }
    fail_msg("there is no series %s.%s", component, meter);
    return NULL;
}

/* ---- Markov-modulated arrivals --------------------------------------------------------------- */

/* Two states, rates a and b, left at rates p and q. Heffes and Lucantoni 1986, and Fischer and
 * Meier-Hellstern 1993, "The Markov-modulated Poisson process cookbook":
 * the stationary mean rate (a q + b p) / (p + q), and for counts N(t) of the stationary process
 *   Var N / E N = 1 + 2 D (1 - (1 - e^-(p+q)t) / ((p+q) t)),
 *   D = p q (a - b)^2 / ((p + q)^2 (a q + b p)). */
static double dispersion(double a, double b, double p, double q, double t)
{
    double sum = p + q, x = sum * t;
    double d = p * q * (a - b) * (a - b) / (sum * sum * (a * q + b * p));
    return 1 + 2 * d * (1 - (1 - exp(-x)) / x);
}

static void two_state_counts(void **state)
{
    (void)state;
    struct sim_scenario *s = harness_scenario(
        HEAD("200000s", "10s") USERS("'modulated': [{'rate': '1/s', 'dwell': '20s'},"
                                     " {'rate': '11/s', 'dwell': '5s'}]") SINK);
    double means[REPLICATIONS], ratios[REPLICATIONS];
    const double mean = 3; /* (1 x .2 + 11 x .05) / .25 */
    for (uint64_t i = 0; i < REPLICATIONS; i++) {
        struct sim_record *r = harness_run(&s->variants[0], 7, i);
        const struct sim_series *counts = series(r, "users", "requests");
        double sum = 0, squares = 0;
        for (uint32_t w = 0; w < r->windows; w++) {
            double n = counts->values[w] * 10; /* a rate, per second */
            sum += n;
            squares += (n - 10 * mean) * (n - 10 * mean);
        }
        means[i] = sum / r->windows / 10;
        ratios[i] = squares / r->windows / (10 * mean);
        sim_record_free(r);
    }
    sim_scenario_free(s);
    value_holds(&(struct value){"mean rate", mean, 0}, means);
    value_holds(
        &(struct value){"index of dispersion, 10 s", dispersion(1, 11, 1.0 / 20, 1.0 / 5, 10), 0},
        ratios);
}

/* A matrix: from state 1 to 2 or 3 evenly, from both back to 1. Visits are 1/2, 1/4, 1/4; weighted
 * with the dwells 10, 4, 8: 5, 1, 2 of 8. Mean rate 4 x 5/8 + 40 x 1/8 + 0. */
static void a_chain_by_its_matrix(void **state)
{
    (void)state;
    HOLDS(HEAD("40000s", "100s") USERS(
              "'modulated': [{'rate': '4/s', 'dwell': '10s', 'next': [{'state': 2, 'share': 0.5},"
              " {'state': 3, 'share': 0.5}]}, {'rate': '40/s', 'dwell': '4s',"
              " 'next': [{'state': 1, 'share': 1}]}, {'rate': '0/s', 'dwell': '8s',"
              " 'next': [{'state': 1, 'share': 1}]}]") SINK,
          {"users.requests.mean", 7.5, 0});
}

/* The chain starts stationary: in the first second, dwells a thousand times as long, the mean over
 * many runs is that of the stationary state, 20 x 3/4. */
static void it_starts_stationary(void **state)
{
    (void)state;
    struct sim_scenario *s = harness_scenario(
        HEAD("1s", "1s") USERS("'modulated': [{'rate': '0/s', 'dwell': '1000s'},"
                               " {'rate': '20/s', 'dwell': '3000s'}]") SINK);
    double sum = 0;
    enum { RUNS = 4000 };
    for (uint64_t i = 0; i < RUNS; i++) {
        struct sim_record *r = harness_run(&s->variants[0], 7, i);
        sum += harness_metric(r, "users.requests.count");
        sim_record_free(r);
    }
    sim_scenario_free(s);
    /* variance of a run: 15 of Poisson and 20^2 3/16 of the state; 2.58 standard errors, 1 % */
    double error = 2.58 * sqrt((15 + 400 * 3.0 / 16) / RUNS);
    printf("first second: %.4g, expected 15 +- %.3g\n", sum / RUNS, error);
    assert_true(fabs(sum / RUNS - 15) <= error && error < 0.03 * 15);
}

/* ---- curves and spikes: counts by window against the integral of the rate -------------------- */

/* The p-value of chi-square with so many degrees of freedom. */
static double p_value(double chi_square, double degrees)
{
    return sim_gamma_tail(degrees / 2, chi_square / 2);
}

/* Counts of the windows of one long run, folded on `fold` windows, against expected[]. Rejects the
 * expectation moved by one hour's worth (`turned`), or 3 % up. */
static void windows_hold(const char *text, const double *expected, size_t fold, size_t turned)
{
    struct sim_record *r = harness_once(text);
    const struct sim_series *counts = series(r, "users", "requests");
    double seconds = (double)r->interval / 1e9, seen[64] = {0}, right = 0, up = 0, moved = 0;
    double rounds = (double)r->windows / (double)fold;
    for (uint32_t w = 0; w < r->windows; w++)
        seen[w % fold] += counts->values[w] * seconds;
    for (size_t k = 0; k < fold; k++) {
        double e = expected[k] * rounds, m = expected[(k + turned) % fold] * rounds;
        right += (seen[k] - e) * (seen[k] - e) / e;
        up += (seen[k] - 1.03 * e) * (seen[k] - 1.03 * e) / (1.03 * e);
        moved += (seen[k] - m) * (seen[k] - m) / m;
    }
    printf("chi-square %.4g of %zu windows; 3 %% up %.4g; turned %.4g\n", right, fold, up, moved);
    assert_true(p_value(right, (double)fold) > 0.001);
    assert_true(p_value(up, (double)fold) < 0.001);
    assert_true(p_value(moved, (double)fold) < 0.001);
    harness_free(r);
}

/* rate (1 + A cos 2 pi (t - peak) / T), A = (4 - 1) / (4 + 1); its integral over each hour. */
static void a_day_by_its_cosine(void **state)
{
    (void)state;
    const double pi = 3.14159265358979;
    double expected[24];
    for (int h = 0; h < 24; h++) {
        double from = 2 * pi * (h - 20.5) / 24, to = 2 * pi * (h + 1 - 20.5) / 24;
        expected[h] = 0.5 * 3600 * (1 + 0.6 * (sin(to) - sin(from)) / (to - from));
    }
    windows_hold(HEAD("168h", "1h") USERS("'day': {'rate': '0.5/s', 'peak_to_trough': 4,"
                                          " 'peak_at': '20.5h'}") SINK,
                 expected, 24, 1);
}

/* Factors 1 at 2 h, 3 at 6 h, 1 at 8 h of a period of 12 h: up by 0.5 an hour, down by 1 an hour,
 * then level to 2 h of the next. Mean over an hour: the middle of its line. */
static void a_day_by_its_factors(void **state)
{
    (void)state;
    static const double middle[12] = {1, 1, 1.25, 1.75, 2.25, 2.75, 2.5, 1.5, 1, 1, 1, 1};
    double expected[12];
    for (int h = 0; h < 12; h++)
        expected[h] = 3600 * 0.4 * middle[h];
    windows_hold(HEAD("120h", "1h") USERS(
                     "'day': {'rate': '0.4/s', 'period': '12h', 'factors': [{'at': '2h',"
                     " 'factor': 1}, {'at': '6h', 'factor': 3}, {'at': '8h', 'factor': 1}]}") SINK,
                 expected, 12, 1);
}

/* Spikes on a ramp from 10/s to 30/s in 100 s: x 3 from 20 to 60 s, and x 0.5 from 40 to 80 s, on
 * both together x 1.5. The ramp's mean over ten seconds is 11, 13, ... 29. */
static void spikes_multiply(void **state)
{
    (void)state;
    static const double factor[10] = {1, 1, 3, 3, 1.5, 1.5, 0.5, 0.5, 1, 1};
    double expected[10];
    for (int k = 0; k < 10; k++)
        expected[k] = 10 * 50 * (11 + 2 * k) * factor[k];
    windows_hold(HEAD("100s", "10s") USERS(
                     "'schedule': [{'at': '0s', 'rate': '500/s'}, {'at': '100s', 'rate': '1500/s',"
                     " 'ramp': true}], 'spikes': [{'at': '20s', 'for': '40s', 'factor': 3},"
                     " {'at': '40s', 'for': '40s', 'factor': 0.5}]") SINK,
                 expected, 10, 1);
}

/* Calm of mean 20 s, spikes of mean 5 s and a factor of mean 4: (20 + 5 x 4) / 25 times the rate,
 * by the renewal-reward theorem (Cinlar 1975, ch. 9). */
static void drawn_spikes_by_renewal_reward(void **state)
{
    (void)state;
    HOLDS(HEAD("100000s", "100s") USERS("'rate': '2/s', 'random_spikes': {'every': " EXP(
              "20s") ", 'for': " EXP("5s") ", 'factor': {'type': 'empirical', 'values': [2, 6]}}")
              SINK,
          {"users.requests.mean", 3.2, 0});
}

/* ---- batches and sessions -------------------------------------------------------------------- */

/* M[X]/M/1 with geometric batches of mean g = 3 and rho = .75: a request waits
 *   Wq = (rho + (E X^2 / E X - 1) / 2) / (mu (1 - rho)), with E X^2 / E X = 2 g - 1: 11 s
 * (Gross and Harris 1998, sec. 3.1: L = rho (1 + E X^2 / E X) / (2 (1 - rho)) = 9, W = L / lambda
 * = 12). Batches of 3 exactly: E X^2 / E X = 3, L = 6, W = 8. */
static void batches_wait_for_their_own(void **state)
{
    (void)state;
#define QUEUE "'app': {'model': 'service', 'servers': 1, 'service_time': " EXP("1s") "}}}"
    HOLDS(HEAD("400000s", "1000s") USERS("'rate': '0.25/s', 'batch': {'type': 'geometric',"
                                         " 'mean': 3}") QUEUE,
          {"users.latency.mean", 12, 0}, {"app.utilisation.mean", 0.75, 0});
    HOLDS(HEAD("400000s", "1000s") USERS("'rate': '0.25/s', 'batch': 3") QUEUE,
          {"users.latency.mean", 8, 0}, {"users.requests.mean", 0.75, 0});
}

/* 0.5 sessions/s of 4 requests on average, answers of 1 s and thoughts of 2 s between them: 2
 * requests/s; a session lasts 4 x 1 + 3 x 2 = 10 s on average, so by Little's law 5 are active.
 * The callee serves any number at once. */
static void sessions_by_littles_law(void **state)
{
    (void)state;
#define DELAY "'app': {'model': 'service', 'servers': 1000000, 'service_time': " EXP("1s") "}}}"
    HOLDS(HEAD("100000s", "1000s") USERS("'rate': '0.5/s', 'session': {'requests': {'type':"
                                         " 'geometric', 'mean': 4}, 'think_time': " EXP("2s") "}")
              DELAY,
          {"users.requests.mean", 2, 0}, {"users.active.mean", 5, 0});
    HOLDS(HEAD("100000s", "1000s") USERS("'rate': '0.5/s', 'session': {'requests': {'type':"
                                         " 'empirical', 'values': [1, 7]}, 'think_time': '2s'}")
              DELAY,
          {"users.requests.mean", 2, 0}, {"users.active.mean", 5, 0});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_state_counts),
        cmocka_unit_test(a_chain_by_its_matrix),
        cmocka_unit_test(it_starts_stationary),
        cmocka_unit_test(a_day_by_its_cosine),
        cmocka_unit_test(a_day_by_its_factors),
        cmocka_unit_test(spikes_multiply),
        cmocka_unit_test(drawn_spikes_by_renewal_reward),
        cmocka_unit_test(batches_wait_for_their_own),
        cmocka_unit_test(sessions_by_littles_law),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
