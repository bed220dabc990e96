/* sample_size.c - whether a sample is large enough for an interval. */
#include "study/estimates/sample_size.h"

#include "base/units.h"
#include "study/estimates/student.h"

#include <math.h>
#include <stdio.h>

/* In standard errors. A smaller bias hardly changes how often intervals cover, at any level in use,
 * so it does not widen them. */
#define LEAST_BIAS 0.15
#define ROUNDING 1e-9 /* 1 - 0.99 is a little more than 0.01 */

double sim_percentile_of(const char *stat)
{
    double value = 0, unit = 1;
    bool point = false;
    const char *s = stat + 1;
    if (stat[0] != 'p' || *s < '0' || *s > '9')
        return NAN;
    for (; *s; s++) {
        if (*s == '_' && !point) {
            point = true;
            continue;
        }
        if (*s < '0' || *s > '9')
            return NAN;
        value = 10 * value + (*s - '0');
        unit *= point ? 10 : 1;
    }
    for (value /= 100 * unit; value > 1; value /= 10) /* p999 and p99_9 are the same */
        if (point)
            return NAN;
    return value;
}

static uint32_t counted(uint32_t replications)
{
    return replications < SIM_CARRY_REPLICATIONS ? replications : SIM_CARRY_REPLICATIONS;
}

double sim_percentile_needs(double p, uint32_t replications)
{
    double beyond = fmin(p, 1 - p);
    if (!(beyond > 0))
        return INFINITY;
    return ceil(SIM_CARRY_BEYOND * counted(replications) / beyond * (1 - ROUNDING));
}

bool sim_percentile_carries(double p, double n, uint32_t replications)
{
    return n >= sim_percentile_needs(p, replications);
}

double sim_percentile_wider(double p, double n, uint32_t replications, double level)
{
    double bias = sqrt(replications / (n * fmin(p, 1 - p)));
    if (replications <= SIM_CARRY_REPLICATIONS || level <= 0.5 || bias < LEAST_BIAS)
        return 1;
    double both = sim_student_quantile(level, replications - 1);
    double one = sim_student_quantile(2 * level - 1, replications - 1);
    return fmax(1, (one + bias) / both);
}

void sim_carry_percentile(struct sim_estimate *e, double p, double n, double level)
{
    if (e->n == 0 || isnan(p))
        return;
    if (!sim_percentile_carries(p, n, e->n)) {
        e->low = e->high = NAN;
        e->has = n;
        e->needs = sim_percentile_needs(p, e->n);
        return;
    }
    double wider = sim_percentile_wider(p, n, e->n, level);
    e->low = e->mean - wider * (e->mean - e->low); /* NAN stays NAN */
    e->high = e->mean + wider * (e->high - e->mean);
}

/* A needed number of values is known to about two digits. */
static double two_digits(double n)
{
    double step = 1;
    while (n / step >= 100)
        step *= 10;
    return ceil(n / step) * step;
}

struct sim_carry_text sim_carry_text(const struct sim_estimate *e, const char *stat, double warmup,
                                     double duration)
{
    struct sim_carry_text text = {""};
    bool infinite = !isfinite(e->needs);
    char each[48] = "", longer[64] = "";
    double times = e->needs / fmax(e->has, 1);
    if (!(e->needs > 0))
        return text;
    if (e->n > 1)
        snprintf(each, sizeof each, " in each of %u replications", e->n);
    if (duration > 0 && !infinite)
        snprintf(longer, sizeof longer, ", a duration of %s",
                 sim_units_format(SIM_DIM_TIME,
                                  two_digits((warmup + (duration - warmup) * times) / 1e9) * 1e9)
                     .s);
    else if (!infinite)
        snprintf(longer, sizeof longer, ", a span %.9g times as long",
                 times < 10 ? ceil(10 * times) / 10 : two_digits(times));
    if (infinite)
        snprintf(text.s, sizeof text.s, "no sample has a %s", stat);
    else
        snprintf(text.s, sizeof text.s, "too few for %s: %.9g %s%s, about %.9g are needed%s", stat,
                 floor(e->has + ROUNDING * e->has), e->has >= 2 || e->has < 1 ? "values" : "value",
                 each, two_digits(e->needs), longer);
    return text;
}
