/* mser.c - how long the transient at the start of a run lasts. */
#include "study/estimates/mser.h"

#include "study/estimates/batch.h"
#include "study/estimates/student.h"
#include "study/study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GROUP = 5, LEAST_GROUPS = 10, LEAST_RUNS = 5 };
#define LEAST_SHIFT 0.01
#define LEAST_ERRORS 4
#define CERTAIN 0.9999

size_t sim_mser_cut(const double *values, size_t count)
{
    size_t groups = count / GROUP, best = SIZE_MAX;
    double sum = 0, squares = 0, least = INFINITY;
    if (groups < LEAST_GROUPS)
        return SIZE_MAX;
    double *means = calloc(groups, sizeof *means), last = NAN;
    for (size_t i = 0; isnan(last) && i < count; i++)
        last = values[i];
    for (size_t i = 0; means && i < groups * GROUP; i++) {
        last = isnan(values[i]) ? last : values[i];
        means[i / GROUP] += last / GROUP;
    }
    /* backwards, so that each cut costs one step (Welford's update) */
    for (size_t d = groups; means && d-- > 0;) {
        double n = (double)(groups - d), before = n > 1 ? sum / (n - 1) : means[d];
        sum += means[d];
        squares += (means[d] - before) * (means[d] - sum / n);
        if (d <= groups / 2 && squares / (n * n) <= least) {
            least = squares / (n * n);
            best = d;
        }
    }
    free(means);
    return best >= groups / 2 - groups / 20 ? SIZE_MAX : best * GROUP;
}

/* The mean of each window over the replications. */
static void average(const struct sim_runs *runs, uint32_t at, uint32_t series, uint32_t windows,
                    double *values)
{
    for (uint32_t w = 0; w < windows; w++) {
        double sum = 0;
        uint32_t n = 0;
        for (uint32_t r = 0; r < runs->replications; r++) {
            const struct sim_record *record = sim_runs_record(runs, at, r);
            if (!record || w >= record->windows || isnan(record->series[series].values[w]))
                continue;
            sum += record->series[series].values[w];
            n++;
        }
        values[w] = n > 0 ? sum / n : NAN;
    }
}

static double mean_of(const double *values, size_t from, size_t to)
{
    double sum = 0, n = 0;
    for (size_t i = from; i < to; i++) {
        if (!isnan(values[i])) {
            sum += values[i];
            n++;
        }
    }
    return n > 0 ? sum / n : NAN;
}

/* Whether windows warm … cut differ from the rest by more than chance, judged by batches of one
 * run. */
static bool differs_by_batches(const double *values, size_t warm, size_t cut, size_t count)
{
    double means[SIM_BATCHES], rest = mean_of(values, cut, count);
    if (count - cut < SIM_BATCHES ||
        !sim_batch_means(values + cut, count - cut, SIM_BATCHES, means))
        return true;
    struct sim_estimate e = sim_estimate_mean(means, SIM_BATCHES, SIM_LEVEL);
    double error = (e.high - e.low) / 2 / sim_student_quantile(SIM_LEVEL, SIM_BATCHES - 1);
    double longer = (double)(count - cut) / (double)(cut - warm);
    return fabs(mean_of(values, warm, cut) - rest) > LEAST_ERRORS * error * sqrt(1 + longer);
}

/* The same, judged by replications instead of batches. 0: no; 1: yes; -1: too few replications. */
static int differs_by_runs(const struct sim_runs *runs, uint32_t at, uint32_t series, size_t warm,
                           size_t cut, size_t count)
{
    double mean = 0, squares = 0;
    uint32_t n = 0;
    for (uint32_t r = 0; r < runs->replications; r++) {
        const struct sim_record *record = sim_runs_record(runs, at, r);
        if (!record || record->windows < count)
            continue;
        const double *values = record->series[series].values;
        double step = mean_of(values, warm, cut) - mean_of(values, cut, count);
        if (isnan(step))
            continue;
        n++;
        double before = mean;
        mean += (step - before) / n;
        squares += (step - before) * (step - mean);
    }
    if (n < LEAST_RUNS)
        return -1;
    return fabs(mean) > sim_student_quantile(CERTAIN, n - 1) * sqrt(squares / (n - 1) / n);
}

static bool differs(const struct sim_runs *runs, uint32_t at, uint32_t series, const double *values,
                    size_t warm, size_t cut, size_t count)
{
    double rest = mean_of(values, cut, count), all = mean_of(values, warm, count);
    if (isnan(mean_of(values, warm, cut)) || isnan(rest) ||
        fabs(all - rest) < LEAST_SHIFT * fabs(rest))
        return false;
    int differs = differs_by_runs(runs, at, series, warm, cut, count);
    return differs < 0 ? differs_by_batches(values, warm, cut, count) : differs;
}

static void check(struct sim_warmup *w, const struct sim_runs *runs, uint32_t at, uint32_t series,
                  const double *values)
{
    const struct sim_record *record = sim_runs_sample(runs, at);
    sim_time warmup = runs->cases[at].plan.warmup;
    size_t warm = (size_t)((warmup + record->interval - 1) / record->interval);
    size_t count = record->windows, cut = sim_mser_cut(values, count);
    w->chosen_s = (double)warmup / 1e9;
    w->needed_s = w->settled = NAN;
    w->measured = mean_of(values, warm, count);
    if (cut != SIZE_MAX) {
        w->needed_s = (double)cut * ((double)record->interval / 1e9);
        w->settled = mean_of(values, cut, count);
    } else {
        cut = count / 2;
    }
    w->enough = cut <= warm || !differs(runs, at, series, values, warm, cut, count);
}

/* Whether the values vary at all; a constant series has no transient. */
static bool varies(const double *values, uint32_t count)
{
    double first = NAN;
    for (uint32_t w = 0; w < count; w++) {
        if (isnan(first))
            first = values[w];
        else if (!isnan(values[w]) && values[w] != first)
            return true;
    }
    return false;
}

int sim_mser_check(const struct sim_runs *runs, uint32_t at, struct sim_warmup **all,
                   uint32_t *count)
{
    const struct sim_record *sample = sim_runs_sample(runs, at);
    const struct sim_plan *plan = &runs->cases[at].plan;
    *count = 0;
    *all = calloc(sample ? sample->series_count + 1u : 1u, sizeof **all);
    double *values = calloc(sample ? sample->windows + 1u : 1u, sizeof *values);
    bool good = *all && values;
    bool judged = sample && plan->fault_count == 0 && sample->windows >= GROUP * LEAST_GROUPS;
    for (uint32_t s = 0; good && judged && s < sample->series_count; s++) {
        const struct sim_series *series = &sample->series[s];
        if (strcmp(series->stat, "mean") != 0)
            continue;
        average(runs, at, s, sample->windows, values);
        if (!varies(values, sample->windows))
            continue;
        struct sim_warmup *w = &(*all)[(*count)++];
        *w = (struct sim_warmup){.component = series->component,
                                 .meter = series->meter,
                                 .stat = series->stat,
                                 .unit = series->unit};
        check(w, runs, at, s, values);
    }
    free(values);
    if (!good) {
        free(*all);
        *all = NULL;
    }
    return good ? 0 : -1;
}
