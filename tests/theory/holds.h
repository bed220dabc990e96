/* holds.h - closed forms held against scenarios given as text.
 *
 * For each value: the 99 % interval over independent replications covers it, and does not cover it
 * when it is shifted by 3 % either way. So a test can fail, and would see an error of 3 %. With the
 * fixed seed the outcome is fixed; a correct simulator fails one value in a hundred by chance. */
#ifndef TESTS_THEORY_HOLDS_H
#define TESTS_THEORY_HOLDS_H

#include "model/harness.h"

#ifndef REPLICATIONS /* a test that needs more of them says so before it includes this */
#define REPLICATIONS 10
#endif

/* What scenarios of one station begin with, and how one says how long its work takes. */
#define RUN(seconds, warmup)                                                                       \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '" seconds "', 'warmup': '" warmup    \
    "', 'interval': '1000s', 'replications': 1}, 'components': {"
#define EXP(mean) "{'type': 'exponential', 'mean': '" mean "'}"
#define STATION(rate, servers, more)                                                               \
    "'users': {'model': 'client', 'to': 'app', 'rate': '" rate "'}, 'app': {'model': 'service',"   \
    " 'service_time': " EXP("1s") ", 'servers': " servers more "}}}"

struct value {
    const char *metric;
    double expected;
    double shift; /* that must be seen; 0: 3 % */
};

static inline bool covers(struct sim_estimate e, double value)
{
    return e.low <= value && value <= e.high;
}

/* Holds one value against what was seen of it in each of REPLICATIONS runs. */
static inline void value_holds(const struct value *v, const double *seen)
{
    double shift = v->shift > 0 ? v->shift : 0.03;
    struct sim_estimate e = sim_estimate_mean(seen, REPLICATIONS, 0.99);
    printf("%-36s expected %-11.7g saw %-11.7g [%.7g, %.7g]\n", v->metric, v->expected, e.mean,
           e.low, e.high);
    if (!covers(e, v->expected))
        fail_msg("%s: %.7g is not within [%.7g, %.7g]", v->metric, v->expected, e.low, e.high);
    if (covers(e, v->expected * (1 + shift)) || covers(e, v->expected * (1 - shift)))
        fail_msg("%s: [%.7g, %.7g] would not tell a shift of %g %%", v->metric, e.low, e.high,
                 100 * shift);
}

static inline void holds_of(struct sim_scenario *s, const struct value *values, size_t count)
{
    struct sim_record *records[REPLICATIONS];
    for (uint64_t i = 0; i < REPLICATIONS; i++)
        records[i] = harness_run(&s->variants[0], 7, i);
    for (size_t k = 0; k < count; k++) {
        double seen[REPLICATIONS];
        for (size_t i = 0; i < REPLICATIONS; i++)
            seen[i] = harness_metric(records[i], values[k].metric);
        value_holds(&values[k], seen);
    }
    for (size_t i = 0; i < REPLICATIONS; i++)
        sim_record_free(records[i]);
    sim_scenario_free(s);
}

static inline void holds(const char *text, const struct value *values, size_t count)
{
    holds_of(harness_scenario(text), values, count);
}

#define HOLDS(text, ...)                                                                           \
    do {                                                                                           \
        const struct value values[] = {__VA_ARGS__};                                               \
        holds(text, values, sizeof values / sizeof *values);                                       \
    } while (0)

#endif
