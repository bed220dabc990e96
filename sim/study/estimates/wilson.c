/* wilson.c - intervals of shares. */
#include "study/estimates/wilson.h"

#include "study/estimates/student.h"

#include <math.h>

/* Wilson's interval for an observed share whose variance under itself is `variance` (m (1 - m) / N
 * for N trials) and `per` = 1 / N. */
static void interval(struct sim_estimate *e, double variance, double per, double z)
{
    double half = z * sqrt(variance + z * z * per * per / 4);
    double middle = e->mean + z * z * per / 2, scale = 1 + z * z * per;
    e->low = fmin(fmax(0, (middle - half) / scale), e->mean); /* rounding may exceed the range */
    e->high = fmax(fmin(1, (middle + half) / scale), e->mean);
    e->method = SIM_BY_WILSON;
}

struct sim_estimate sim_wilson_trials(uint64_t successes, uint64_t trials, double level)
{
    struct sim_estimate e = {.mean = NAN, .low = NAN, .high = NAN, .method = SIM_BY_WILSON};
    if (trials == 0)
        return e;
    e.n = trials > UINT32_MAX ? UINT32_MAX : (uint32_t)trials;
    e.mean = (double)successes / (double)trials;
    interval(&e, e.mean * (1 - e.mean) / (double)trials, 1 / (double)trials,
             sim_student_quantile(level, UINT32_MAX));
    return e;
}

struct sim_estimate sim_wilson_error(double mean, double error, double quantile)
{
    struct sim_estimate e = {.mean = mean, .low = NAN, .high = NAN, .method = SIM_BY_WILSON};
    double variance = error * error, spread = mean * (1 - mean);
    if (isnan(error))
        return e;
    if (error == 0 || spread <= 0)
        e.low = e.high = mean;
    else
        interval(&e, variance, variance / spread, quantile);
    return e;
}

/* The interval when all replications have a share of 0, or all of 1, of `trials` trials. */
static void agreed(struct sim_estimate *e, double trials, double level)
{
    if ((e->mean == 0 || e->mean == 1) && trials > 0)
        interval(e, 0, 1 / trials, sim_student_quantile(level, UINT32_MAX));
}

/* Shares from Student's interval. The standard error is half of its width divided by the
 * quantile. */
static struct sim_estimate shares(const double *values, size_t count, double trials,
                                  struct sim_estimate student, double quantile, double level)
{
    struct sim_estimate e = student;
    for (size_t i = 0; i < count; i++) {
        if (values[i] < 0 || values[i] > 1)
            return student;
    }
    if (e.n < 2)
        return e;
    e = sim_wilson_error(e.mean, (e.high - e.low) / 2 / quantile, quantile);
    e.n = student.n;
    agreed(&e, trials, level);
    return e;
}

struct sim_estimate sim_wilson_shares(const double *values, size_t count, double trials,
                                      const double *quantiles)
{
    struct sim_estimate e = sim_estimate_quick(values, count, quantiles);
    return shares(values, count, trials, e, e.n < 2 ? NAN : quantiles[e.n - 1], SIM_LEVEL);
}

struct sim_estimate sim_wilson_level(const double *values, size_t count, double trials,
                                     double level)
{
    struct sim_estimate e = sim_estimate_mean(values, count, level);
    return shares(values, count, trials, e, e.n < 2 ? NAN : sim_student_quantile(level, e.n - 1),
                  level);
}
