/* batch.c - batch means within one run. */
#include "study/estimates/batch.h"

#include "study/estimates/student.h"
#include "study/estimates/wilson.h"

#include <math.h>

#define MOST_CORRELATION 0.4

bool sim_batch_means(const double *windows, size_t count, uint32_t batches, double *means)
{
    size_t size = count / batches, at = count - size * batches;
    for (uint32_t b = 0; b < batches; b++) {
        double sum = 0;
        uint32_t n = 0;
        for (size_t i = 0; i < size; i++, at++) {
            if (isnan(windows[at]))
                continue;
            sum += windows[at];
            n++;
        }
        if (n == 0)
            return false;
        means[b] = sum / n;
    }
    return true;
}

double sim_batch_correlation(const double *values, uint32_t count)
{
    double mean = 0, squares = 0, products = 0;
    for (uint32_t i = 0; i < count; i++)
        mean += values[i] / count;
    for (uint32_t i = 0; i < count; i++) {
        squares += (values[i] - mean) * (values[i] - mean);
        if (i > 0)
            products += (values[i] - mean) * (values[i - 1] - mean);
    }
    return squares > 0 ? products / squares : 0;
}

enum sim_batch_problem sim_batch_estimate(const double *windows, size_t count, double value,
                                          bool share, double level, struct sim_estimate *e)
{
    double fine[SIM_BATCHES * SIM_BATCH_FINER], means[SIM_BATCHES];
    *e = (struct sim_estimate){.mean = value,
                               .low = NAN,
                               .high = NAN,
                               .n = isnan(value) ? 0u : 1u,
                               .method = SIM_BY_BATCHES};
    if (count < SIM_BATCHES * SIM_BATCH_FINER)
        return SIM_BATCH_SHORT;
    if (isnan(value) || !sim_batch_means(windows, count, SIM_BATCHES * SIM_BATCH_FINER, fine))
        return SIM_BATCH_EMPTY;
    if (sim_batch_correlation(fine, SIM_BATCHES * SIM_BATCH_FINER) > MOST_CORRELATION)
        return SIM_BATCH_CORRELATED;
    sim_batch_means(fine, SIM_BATCHES * SIM_BATCH_FINER, SIM_BATCHES, means);
    struct sim_estimate middle = sim_estimate_mean(means, SIM_BATCHES, level);
    double half = (middle.high - middle.low) / 2;
    if (fabs(middle.mean - value) > half && half > 0)
        return SIM_BATCH_DISAGREES;
    if (share && value >= 0 && value <= 1) {
        double quantile = sim_student_quantile(level, SIM_BATCHES - 1);
        struct sim_estimate wilson = sim_wilson_error(value, half / quantile, quantile);
        e->low = wilson.low;
        e->high = wilson.high;
    } else {
        e->low = value - half;
        e->high = value + half;
    }
    return SIM_BATCH_FINE;
}
