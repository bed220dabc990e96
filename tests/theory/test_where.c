/* test_where.c - where the time went, against closed forms: the parts of the mean latency.
 *
 * 99 % intervals over 30 replications cover the theory and do not cover it shifted by 3 %; a
 * correct simulator fails one value in a hundred by chance, with the fixed seed always or never. */
#include "model/harness.h"

enum { RUNS = 30 };

static const struct sim_attribution *mean_of(const struct sim_record *r)
{
    for (uint32_t i = 0; i < r->attribution_count; i++)
        if (strcmp(r->attributions[i].stat, "mean") == 0)
            return &r->attributions[i];
    fail_msg("nothing was attributed");
    return NULL;
}

static double part(const struct sim_record *r, const char *component, const char *cause)
{
    const struct sim_attribution *a = mean_of(r);
    for (uint32_t i = 0; i < a->part_count; i++) {
        const struct sim_attribution_part *p = &r->attribution_parts[a->first_part + i];
        if (strcmp(p->component, component) == 0 && strcmp(p->cause, cause) == 0)
            return p->mean;
    }
    return 0;
}

static void held(const char *what, const double *values, double expected, double shift)
{
    struct sim_estimate e = sim_estimate_mean(values, RUNS, 0.99);
    printf("%-20s expected %-11.7g saw %-11.7g [%.7g, %.7g]\n", what, expected, e.mean, e.low,
           e.high);
    if (!(e.low <= expected && expected <= e.high))
        fail_msg("%s: %.7g is not within [%.7g, %.7g]", what, expected, e.low, e.high);
    if (e.low <= expected - shift || e.high >= expected + shift)
        fail_msg("%s: [%.7g, %.7g] would not tell a shift of %.7g", what, e.low, e.high, shift);
}

/* Two M/M/1 stations in a row, at 500/s with 1,000/s and 800/s (Burke 1956: the second too has
 * Poisson arrivals). Waits: rho / (mu - lambda) = 1 ms and .625 / 300 = 2.08333 ms; work 1 ms and
 * 1.25 ms. 100,000 requests a run, of which between 4,096 and 8,192 are followed: their mean
 * latency is that of all. */
static void test_tandem(void **state)
{
    (void)state;
    struct sim_scenario *s = harness_scenario(
        "{ 'schema_version': 1, 'title': 't', 'run': { 'duration': '210s', 'warmup': '10s',"
        "  'interval': '10s', 'replications': 1 }, 'components': {"
        "'users': { 'model': 'client', 'to': 'app', 'rate': '500/s' },"
        "'app': { 'model': 'service', 'servers': 1, 'to': 'db',"
        "  'service_time': { 'type': 'exponential', 'mean': '1ms' } },"
        "'db': { 'model': 'store', 'connections': 1,"
        "  'read_time': { 'type': 'exponential', 'mean': '1250us' } } } }");
    static const struct {
        const char *component, *cause;
        double expected;
    } parts[] = {{"app", "queueing", 1e-3},
                 {"app", "service", 1e-3},
                 {"db", "queueing", 0.625 / 300},
                 {"db", "service", 1.25e-3}};
    double values[5][RUNS];
    for (uint64_t i = 0; i < RUNS; i++) {
        struct sim_record *r = harness_run(&s->variants[0], 11, i);
        for (size_t k = 0; k < 4; k++)
            values[k][i] = part(r, parts[k].component, parts[k].cause);
        values[4][i] = mean_of(r)->latency - harness_metric(r, "users.latency.mean");
        assert_in_range(mean_of(r)->sampled, 3500, 8192);
        sim_record_free(r);
    }
    for (size_t k = 0; k < 4; k++)
        held(parts[k].cause, values[k], parts[k].expected, 0.03 * parts[k].expected);
    held("sample less all", values[4], 0, 0.03 * 5.33e-3);
    sim_scenario_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_tandem)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
