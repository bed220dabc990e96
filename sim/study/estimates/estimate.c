/* estimate.c - means with Student intervals. */
#include "study/estimates/estimate.h"

#include "study/estimates/student.h"

#include <math.h>

/* Mean and standard error of the observed values. Two passes avoid cancellation; the order is
 * always the same. */
static struct sim_estimate moments(const double *values, size_t count, double *error)
{
    struct sim_estimate e = {.mean = NAN, .low = NAN, .high = NAN, .method = SIM_BY_STUDENT};
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isnan(values[i])) {
            sum += values[i];
            e.n++;
        }
    }
    if (e.n == 0)
        return e;
    e.mean = sum / e.n;
    for (size_t i = 0; i < count; i++) {
        if (!isnan(values[i]))
            squares += (values[i] - e.mean) * (values[i] - e.mean);
    }
    *error = e.n < 2 ? NAN : sqrt(squares / (e.n - 1.0) / e.n);
    return e;
}

struct sim_estimate sim_estimate_mean(const double *values, size_t count, double level)
{
    double error = NAN;
    struct sim_estimate e = moments(values, count, &error);
    if (e.n >= 2) {
        double half = error > 0 ? sim_student_quantile(level, e.n - 1) * error : error;
        e.low = e.mean - half;
        e.high = e.mean + half;
    }
    return e;
}

void sim_estimate_not_below_zero(struct sim_estimate *e)
{
    if (e->low < 0 && e->mean >= 0)
        e->low = 0;
}

void sim_estimate_quantiles(double *quantiles, size_t count, double level)
{
    for (size_t i = 0; i < count; i++)
        quantiles[i] = i == 0 ? NAN : sim_student_quantile(level, (uint32_t)i);
}

struct sim_estimate sim_estimate_quick(const double *values, size_t count, const double *quantiles)
{
    double error = NAN;
    struct sim_estimate e = moments(values, count, &error);
    if (e.n >= 2) {
        e.low = e.mean - quantiles[e.n - 1] * error;
        e.high = e.mean + quantiles[e.n - 1] * error;
    }
    return e;
}
