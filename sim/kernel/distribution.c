/* distribution.c - distributions of quantities that are never negative: making, drawing, and the
 * moments and distribution function of exactly what is drawn.
 *
 * Most draws are made from an exponential E: a ziggurat draw is cheaper than the logarithm of the
 * inverse distribution function. A Pareto draw is minimum * e^(E / shape), a Weibull draw scale *
 * E^(1 / shape), and percentiles are interpolated in z = E. The power for Weibull, computed with
 * sim_log, is within 40 ulp, which is more than enough, at a third of sim_pow's cost. */
#include "sim/random.h"

#include <assert.h>
#include <math.h>

enum {
    ERLANG_SUMMED = 5
}; /* up to this many stages, a sum of exponentials is faster than a gamma draw */

static const double inverse_sqrt_two_pi = 0x1.9884533d43651p-2;
static const double z99 = 0x1.29c5c4630ff0ep+1; /* the normal's 99th percentile */

/* ---- making ------------------------------------------------------------------------------ */

static int fail(struct sim_dist *dist, const char **why, const char *reason)
{
    *dist = (struct sim_dist){.kind = SIM_DIST_NONE};
    if (why != NULL) {
        *why = reason;
    }
    return -1;
}

static bool is_positive(double x)
{
    return x > 0.0 && x < INFINITY;
}

static bool is_not_negative(double x)
{
    return x >= 0.0 && x < INFINITY;
}

static int make(struct sim_dist *dist, enum sim_dist_kind kind, double scale, double shape)
{
    *dist = (struct sim_dist){.kind = kind, .scale = scale, .shape = shape};
    return 0;
}

int sim_dist_constant(struct sim_dist *dist, double value, const char **why)
{
    if (!is_not_negative(value)) {
        return fail(dist, why, "the value must not be negative");
    }
    return make(dist, SIM_DIST_CONSTANT, value, 0.0);
}

int sim_dist_uniform(struct sim_dist *dist, double low, double high, const char **why)
{
    if (!is_not_negative(low)) {
        return fail(dist, why, "the low end must not be negative");
    }
    if (!(high > low && high < INFINITY)) {
        return fail(dist, why, "the high end must be above the low end");
    }
    return make(dist, SIM_DIST_UNIFORM, low, high - low);
}

int sim_dist_exponential(struct sim_dist *dist, double mean, const char **why)
{
    if (!is_positive(mean)) {
        return fail(dist, why, "the mean must be above zero");
    }
    return make(dist, SIM_DIST_EXPONENTIAL, mean, 0.0);
}

int sim_dist_normal(struct sim_dist *dist, double mean, double sd, bool fold, const char **why)
{
    if (!is_not_negative(mean)) {
        return fail(dist, why, "the mean must not be negative");
    }
    if (!is_not_negative(sd)) {
        return fail(dist, why, "the standard deviation must not be negative");
    }
    make(dist, SIM_DIST_NORMAL, mean, sd);
    dist->fold = fold;
    return 0;
}

int sim_dist_lognormal(struct sim_dist *dist, double mean, double scv, const char **why)
{
    if (!is_positive(mean)) {
        return fail(dist, why, "the mean must be above zero");
    }
    if (!is_not_negative(scv)) {
        return fail(dist, why, "the squared coefficient of variation must not be negative");
    }
    double square = sim_log1p(scv);
    return make(dist, SIM_DIST_LOGNORMAL, sim_log(mean) - 0.5 * square, sqrt(square));
}

int sim_dist_lognormal_log(struct sim_dist *dist, double mu, double sigma, const char **why)
{
    if (!(fabs(mu) < INFINITY)) {
        return fail(dist, why, "mu must be a finite number");
    }
    if (!is_not_negative(sigma)) {
        return fail(dist, why, "sigma must not be negative");
    }
    return make(dist, SIM_DIST_LOGNORMAL, mu, sigma);
}

int sim_dist_lognormal_p99(struct sim_dist *dist, double median, double p99, const char **why)
{
    if (!is_positive(median)) {
        return fail(dist, why, "the median must be above zero");
    }
    if (!(p99 >= median && p99 < INFINITY)) {
        return fail(dist, why, "the 99th percentile must not be below the median");
    }
    double mu = sim_log(median);
    return make(dist, SIM_DIST_LOGNORMAL, mu, (sim_log(p99) - mu) / z99);
}

int sim_dist_pareto(struct sim_dist *dist, double minimum, double shape, double maximum,
                    const char **why)
{
    if (!is_positive(minimum)) {
        return fail(dist, why, "the minimum must be above zero");
    }
    if (!is_positive(shape)) {
        return fail(dist, why, "the shape must be above zero");
    }
    if (maximum != 0.0 && !(maximum > minimum && maximum < INFINITY)) {
        return fail(dist, why, "the maximum must be above the minimum");
    }
    double rise = (maximum - minimum) / minimum;
    if (rise == INFINITY) {
        return fail(dist, why, "the maximum is too far above the minimum");
    }
    make(dist, SIM_DIST_PARETO, minimum, shape);
    dist->span = maximum != 0.0 ? shape * sim_log1p(rise) : INFINITY;
    dist->below = -sim_expm1(-dist->span);
    return 0;
}

int sim_dist_weibull(struct sim_dist *dist, double scale, double shape, const char **why)
{
    if (!is_positive(scale)) {
        return fail(dist, why, "the scale must be above zero");
    }
    if (!is_positive(shape)) {
        return fail(dist, why, "the shape must be above zero");
    }
    return make(dist, SIM_DIST_WEIBULL, scale, shape);
}

int sim_dist_gamma(struct sim_dist *dist, double mean, double shape, const char **why)
{
    if (!is_positive(mean)) {
        return fail(dist, why, "the mean must be above zero");
    }
    if (!is_positive(shape)) {
        return fail(dist, why, "the shape must be above zero");
    }
    return make(dist, SIM_DIST_GAMMA, mean / shape, shape);
}

int sim_dist_erlang(struct sim_dist *dist, double mean, uint32_t stages, const char **why)
{
    if (!is_positive(mean)) {
        return fail(dist, why, "the mean must be above zero");
    }
    if (stages == 0) {
        return fail(dist, why, "there must be at least one stage");
    }
    make(dist, SIM_DIST_ERLANG, mean, 0.0);
    dist->count = stages;
    return 0;
}

int sim_dist_geometric(struct sim_dist *dist, double mean, const char **why)
{
    if (!is_positive(mean) || mean < 1.0) {
        return fail(dist, why, "the mean must be at least 1");
    }
    /* an exponential rounded up: P(X > k) = e^(-k / scale) = (1 - 1 / mean)^k */
    make(dist, SIM_DIST_GEOMETRIC, mean > 1.0 ? -1.0 / sim_log1p(-1.0 / mean) : 0.0, mean);
    return 0;
}

/* The sum of the weights; NaN if one is negative or not finite, or if none is positive. */
static double sum_weights(size_t count, const double *weights)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        if (!is_not_negative(weights[i])) {
            return NAN;
        }
        sum += weights[i];
    }
    return is_positive(sum) ? sum : NAN;
}

static const char bad_weights[] = "weights must not be negative, and one must be above zero";

int sim_dist_mixture(struct sim_dist *dist, size_t count, const double *weights,
                     const struct sim_dist *components, const char **why)
{
    if (count == 0) {
        return fail(dist, why, "there must be at least one component");
    }
    double sum = sum_weights(count, weights);
    if (isnan(sum)) {
        return fail(dist, why, bad_weights);
    }
    for (size_t i = 0; i < count; i++) {
        if (components[i].kind == SIM_DIST_NONE) {
            return fail(dist, why, "a component is not set");
        }
    }
    make(dist, SIM_DIST_MIXTURE, 0.0, sum);
    dist->count = count;
    dist->weights = weights;
    dist->components = components;
    return 0;
}

int sim_dist_empirical(struct sim_dist *dist, size_t count, const double *values,
                       const double *weights, double *cumulative, const char **why)
{
    if (count == 0) {
        return fail(dist, why, "there must be at least one value");
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_not_negative(values[i])) {
            return fail(dist, why, "a value must not be negative");
        }
    }
    double sum = 0.0;
    if (weights != NULL) {
        if (isnan(sum_weights(count, weights))) {
            return fail(dist, why, bad_weights);
        }
        for (size_t i = 0; i < count; i++) {
            sum += weights[i];
            cumulative[i] = sum;
        }
    }
    make(dist, SIM_DIST_EMPIRICAL, 0.0, sum);
    dist->weighted = weights != NULL;
    dist->count = count;
    dist->values = values;
    dist->cumulative = dist->weighted ? cumulative : NULL;
    return 0;
}

static const char *check_percentiles(size_t count, const struct sim_percentile *points)
{
    if (count < 2) {
        return "at least two percentiles are needed";
    }
    for (size_t i = 0; i < count; i++) {
        if (!(points[i].percent >= 0.0 && points[i].percent <= 100.0)) {
            return "a percentile must be within 0 and 100";
        }
        if (!is_positive(points[i].value)) {
            return "the value at a percentile must be above zero";
        }
        if (i > 0 && !(points[i].percent > points[i - 1].percent)) {
            return "percentiles must be in increasing order, none twice";
        }
        if (i > 0 && !(points[i].value > points[i - 1].value)) {
            return "the values must increase from each percentile to the next";
        }
        if (i > 0 && points[i].value / points[i - 1].value == INFINITY) {
            return "the values are too far apart";
        }
    }
    return NULL;
}

int sim_dist_percentiles(struct sim_dist *dist, size_t count, struct sim_percentile *points,
                         const char **why)
{
    const char *reason = check_percentiles(count, points);
    if (reason != NULL) {
        return fail(dist, why, reason);
    }
    for (size_t i = 0; i < count; i++) {
        points[i].z = -sim_log((100.0 - points[i].percent) / 100.0);
    }
    for (size_t i = 0; i + 1 < count; i++) {
        double rise = sim_log(points[i + 1].value / points[i].value);
        double run = points[i + 1].z - points[i].z;
        points[i].slope = run < INFINITY ? rise / run : rise; /* up to a maximum: in p, scaled */
    }
    points[count - 1].slope = points[count - 2].slope;
    make(dist, SIM_DIST_PERCENTILES, 0.0, 0.0);
    dist->count = count;
    dist->points = points;
    return 0;
}

/* ---- drawing ----------------------------------------------------------------------------- */

/* For a law with a maximum, E conditioned on lying below the span, by inversion. */
static double draw_pareto(const struct sim_dist *dist, struct sim_stream *stream)
{
    double e;
    if (dist->span < INFINITY) {
        e = -sim_log1p(-dist->below * sim_draw_uniform(stream));
        e = e < dist->span ? e : dist->span;
    } else {
        e = sim_draw_exponential(stream);
    }
    return dist->scale * sim_exp(e / dist->shape);
}

static double draw_normal(const struct sim_dist *dist, struct sim_stream *stream)
{
    double x = dist->scale + dist->shape * sim_draw_normal(stream);
    if (dist->fold) {
        return fabs(x);
    }
    while (x < 0.0) {
        x = dist->scale + dist->shape * sim_draw_normal(stream);
    }
    return x;
}

static double draw_erlang(const struct sim_dist *dist, struct sim_stream *stream)
{
    double stages = (double)dist->count;
    if (dist->count > ERLANG_SUMMED) {
        return dist->scale / stages * sim_draw_gamma(stream, stages);
    }
    double sum = 0.0;
    for (size_t i = 0; i < dist->count; i++) {
        sum += sim_draw_exponential(stream);
    }
    return dist->scale / stages * sum;
}

static double draw_mixture(const struct sim_dist *dist, struct sim_stream *stream)
{
    double u = sim_draw_uniform(stream) * dist->shape;
    size_t chosen = 0;
    for (size_t i = 0; i < dist->count; i++) {
        if (dist->weights[i] > 0.0) {
            chosen = i; /* the last possible one, in case rounding puts u past the end */
            if (u < dist->weights[i]) {
                break;
            }
            u -= dist->weights[i];
        }
    }
    return sim_dist_draw(&dist->components[chosen], stream);
}

static double draw_empirical(const struct sim_dist *dist, struct sim_stream *stream)
{
    if (!dist->weighted) {
        return dist->values[sim_draw_below(stream, dist->count)];
    }
    double u = sim_draw_uniform(stream) * dist->shape; /* below the last sum, even rounded */
    size_t low = 0;
    for (size_t left = dist->count; left > 1;) { /* the answer is within low .. low + left - 1 */
        size_t half = left / 2;
        low += u < dist->cumulative[low + half - 1] ? 0 : half;
        left -= half;
    }
    return dist->values[low];
}

/* Whether the piece that starts at point i is the last one and ends in a maximum. */
static bool ends_in_maximum(const struct sim_dist *dist, size_t i)
{
    return i + 2 == dist->count && dist->points[i + 1].z == INFINITY;
}

static double draw_percentiles(const struct sim_dist *dist, struct sim_stream *stream)
{
    double z = sim_draw_exponential(stream);
    size_t i = 0;
    while (i + 1 < dist->count && z >= dist->points[i + 1].z) {
        i++;
    }
    const struct sim_percentile *point = &dist->points[i];
    double step = z - point->z;
    if (i + 1 == dist->count) {
        return point->value * (1.0 + point->slope * step);
    }
    if (ends_in_maximum(dist, i)) {
        step = -sim_expm1(-step);
    }
    return point->value * sim_exp(point->slope * step);
}

double sim_dist_draw(const struct sim_dist *dist, struct sim_stream *stream)
{
    switch (dist->kind) {
    case SIM_DIST_NONE: break;
    case SIM_DIST_CONSTANT: return dist->scale;
    case SIM_DIST_UNIFORM: return dist->scale + dist->shape * sim_draw_uniform(stream);
    case SIM_DIST_EXPONENTIAL: return dist->scale * sim_draw_exponential(stream);
    case SIM_DIST_NORMAL: return draw_normal(dist, stream);
    case SIM_DIST_LOGNORMAL: return sim_exp(dist->scale + dist->shape * sim_draw_normal(stream));
    case SIM_DIST_PARETO: return draw_pareto(dist, stream);
    case SIM_DIST_WEIBULL:
        return dist->scale * sim_exp(sim_log(sim_draw_exponential(stream)) / dist->shape);
    case SIM_DIST_GAMMA: return dist->scale * sim_draw_gamma(stream, dist->shape);
    case SIM_DIST_ERLANG: return draw_erlang(dist, stream);
    case SIM_DIST_MIXTURE: return draw_mixture(dist, stream);
    case SIM_DIST_EMPIRICAL: return draw_empirical(dist, stream);
    case SIM_DIST_PERCENTILES: return draw_percentiles(dist, stream);
    case SIM_DIST_GEOMETRIC: return 1.0 + floor(dist->scale * sim_draw_exponential(stream));
    }
    assert(dist->kind != SIM_DIST_NONE);
    return 0.0;
}

/* ---- moments ----------------------------------------------------------------------------- */

/* E X^order of a Pareto, order 1 or 2. */
static double pareto_moment(const struct sim_dist *dist, double order)
{
    double power = order == 1.0 ? dist->scale : dist->scale * dist->scale;
    double rate = order - dist->shape;
    if (dist->span == INFINITY) {
        return rate < 0.0 ? power * dist->shape / -rate : INFINITY;
    }
    double length = dist->span / dist->shape;
    return power * dist->shape * sim_exp_integral(rate, length) / dist->below;
}

static double truncated_mean(const struct sim_dist *dist, double *variance)
{
    double a = dist->scale / dist->shape;
    double hazard = inverse_sqrt_two_pi * sim_exp(-0.5 * a * a) / sim_normal_cdf(a);
    *variance = dist->shape * dist->shape * (1.0 - hazard * (a + hazard));
    return dist->scale + dist->shape * hazard;
}

static double folded_mean(const struct sim_dist *dist, double *variance)
{
    double a = dist->scale / dist->shape;
    double bump = 2.0 * inverse_sqrt_two_pi * sim_exp(-0.5 * a * a);
    double excess = bump - 2.0 * a * sim_normal_cdf(-a); /* (mean of |N| - mean) / sd */
    *variance = dist->shape * dist->shape * (1.0 - excess * (2.0 * a + excess));
    return dist->scale + dist->shape * excess;
}

static double normal_mean(const struct sim_dist *dist, double *variance)
{
    if (dist->shape == 0.0) {
        *variance = 0.0;
        return dist->scale;
    }
    return dist->fold ? folded_mean(dist, variance) : truncated_mean(dist, variance);
}

static double mixture_moment(const struct sim_dist *dist, int order)
{
    double sum = 0.0;
    for (size_t i = 0; i < dist->count; i++) {
        if (dist->weights[i] > 0.0) {
            double mean = sim_dist_mean(&dist->components[i]);
            double moment = mean;
            if (order == 2) {
                moment = sim_dist_variance(&dist->components[i]) + mean * mean;
            }
            sum += dist->weights[i] / dist->shape * moment;
        }
    }
    return sum;
}

static double value_weight(const struct sim_dist *dist, size_t i)
{
    if (!dist->weighted) {
        return 1.0 / (double)dist->count;
    }
    double before = i == 0 ? 0.0 : dist->cumulative[i - 1];
    return (dist->cumulative[i] - before) / dist->shape;
}

/* The mean of (X - center)^order. */
static double empirical_moment(const struct sim_dist *dist, int order, double center)
{
    double sum = 0.0;
    for (size_t i = 0; i < dist->count; i++) {
        double off = dist->values[i] - center;
        sum += value_weight(dist, i) * (order == 1 ? off : off * off);
    }
    return sum;
}

/* The integral of e^(rate t) for t from `from` to `to`. */
static double exp_between(double rate, double from, double to)
{
    return sim_exp(rate * from) * sim_exp_integral(rate, to - from);
}

/* E X^order, order 1 or 2: the pieces of sim_dist_percentiles() one after another. */
static double percentiles_moment(const struct sim_dist *dist, int order)
{
    double sum = 0.0;
    for (size_t i = 0; i < dist->count; i++) {
        const struct sim_percentile *point = &dist->points[i];
        double value = order == 1 ? point->value : point->value * point->value;
        double rate = order * point->slope;
        double above = (100.0 - point->percent) / 100.0;
        double piece;
        if (i + 1 == dist->count) {
            double slope = point->slope;
            piece = order == 1 ? 1.0 + slope : 1.0 + 2.0 * slope * (1.0 + slope);
        } else if (ends_in_maximum(dist, i)) {
            piece = exp_between(rate, i == 0 ? 1.0 - 1.0 / above : 0.0, 1.0);
        } else {
            double end = dist->points[i + 1].z - point->z;
            piece = exp_between(rate - 1.0, i == 0 ? -point->z : 0.0, end);
        }
        sum += above * value * piece;
    }
    return sum;
}

double sim_dist_mean(const struct sim_dist *dist)
{
    double variance;
    switch (dist->kind) {
    case SIM_DIST_NONE: break;
    case SIM_DIST_CONSTANT:
    case SIM_DIST_EXPONENTIAL:
    case SIM_DIST_ERLANG: return dist->scale;
    case SIM_DIST_UNIFORM: return dist->scale + 0.5 * dist->shape;
    case SIM_DIST_NORMAL: return normal_mean(dist, &variance);
    case SIM_DIST_LOGNORMAL: return sim_exp(dist->scale + 0.5 * dist->shape * dist->shape);
    case SIM_DIST_PARETO: return pareto_moment(dist, 1.0);
    case SIM_DIST_WEIBULL: return dist->scale * sim_exp(sim_log_gamma(1.0 + 1.0 / dist->shape));
    case SIM_DIST_GAMMA: return dist->scale * dist->shape;
    case SIM_DIST_MIXTURE: return mixture_moment(dist, 1);
    case SIM_DIST_EMPIRICAL: return empirical_moment(dist, 1, 0.0);
    case SIM_DIST_PERCENTILES: return percentiles_moment(dist, 1);
    case SIM_DIST_GEOMETRIC: return dist->shape;
    }
    assert(dist->kind != SIM_DIST_NONE);
    return 0.0;
}

/* E X^2 - mean^2, for the laws that have no better form. */
static double from_square(double square, double mean)
{
    if (square == INFINITY) {
        return INFINITY;
    }
    double variance = square - mean * mean;
    return variance > 0.0 ? variance : 0.0;
}

double sim_dist_variance(const struct sim_dist *dist)
{
    double mean = sim_dist_mean(dist);
    double square;
    switch (dist->kind) {
    case SIM_DIST_NONE:
    case SIM_DIST_CONSTANT: return 0.0;
    case SIM_DIST_UNIFORM: return dist->shape * dist->shape / 12;
    case SIM_DIST_EXPONENTIAL: return mean * mean;
    case SIM_DIST_NORMAL: normal_mean(dist, &square); return square;
    case SIM_DIST_LOGNORMAL: return mean * mean * sim_expm1(dist->shape * dist->shape);
    case SIM_DIST_PARETO: return from_square(pareto_moment(dist, 2.0), mean);
    case SIM_DIST_WEIBULL:
        square = dist->scale * dist->scale * sim_exp(sim_log_gamma(1.0 + 2.0 / dist->shape));
        return from_square(square, mean);
    case SIM_DIST_GAMMA: return mean * dist->scale;
    case SIM_DIST_ERLANG: return mean * mean / (double)dist->count;
    case SIM_DIST_MIXTURE: return from_square(mixture_moment(dist, 2), mean);
    case SIM_DIST_EMPIRICAL: return empirical_moment(dist, 2, mean);
    case SIM_DIST_PERCENTILES: return from_square(percentiles_moment(dist, 2), mean);
    case SIM_DIST_GEOMETRIC: return mean * (mean - 1.0);
    }
    return 0.0;
}

/* ---- distribution functions -------------------------------------------------------------- */

static double normal_cdf(const struct sim_dist *dist, double x)
{
    if (dist->shape == 0.0) {
        return x >= dist->scale ? 1.0 : 0.0;
    }
    double upper = sim_normal_cdf((x - dist->scale) / dist->shape);
    if (dist->fold) {
        return upper - sim_normal_cdf((-x - dist->scale) / dist->shape);
    }
    double a = dist->scale / dist->shape;
    return (upper - sim_normal_cdf(-a)) / sim_normal_cdf(a);
}

static double lognormal_cdf(const struct sim_dist *dist, double x)
{
    double off = sim_log(x) - dist->scale;
    if (dist->shape == 0.0) {
        return off >= 0.0 ? 1.0 : 0.0;
    }
    return sim_normal_cdf(off / dist->shape);
}

static double pareto_cdf(const struct sim_dist *dist, double x)
{
    double z = dist->shape * sim_log(x / dist->scale);
    if (!(z > 0.0) || z >= dist->span) {
        return z > 0.0 ? 1.0 : 0.0;
    }
    return -sim_expm1(-z) / dist->below;
}

static double sum_below(const struct sim_dist *dist, double x)
{
    double sum = 0.0;
    for (size_t i = 0; i < dist->count; i++) {
        if (dist->kind == SIM_DIST_MIXTURE) {
            sum += dist->weights[i] / dist->shape * sim_dist_cdf(&dist->components[i], x);
        } else if (dist->values[i] <= x) {
            sum += value_weight(dist, i);
        }
    }
    return sum < 1.0 ? sum : 1.0;
}

static double percentiles_cdf(const struct sim_dist *dist, double x)
{
    size_t i = 0;
    while (i + 1 < dist->count && x >= dist->points[i + 1].value) {
        i++;
    }
    const struct sim_percentile *point = &dist->points[i];
    if (point->z == INFINITY) {
        return 1.0;
    }
    double z;
    if (i + 1 == dist->count) {
        z = (x / point->value - 1.0) / point->slope;
    } else {
        z = sim_log(x / point->value) / point->slope;
        z = ends_in_maximum(dist, i) ? -sim_log1p(-z) : z;
    }
    double below = -sim_expm1(-(point->z + z));
    return below > 0.0 ? below : 0.0;
}

double sim_dist_cdf(const struct sim_dist *dist, double x)
{
    if (!(x >= 0.0)) {
        return 0.0;
    }
    switch (dist->kind) {
    case SIM_DIST_NONE: break;
    case SIM_DIST_CONSTANT: return x >= dist->scale ? 1.0 : 0.0;
    case SIM_DIST_UNIFORM:
        x = (x - dist->scale) / dist->shape;
        return x < 0.0 ? 0.0 : x > 1.0 ? 1.0 : x;
    case SIM_DIST_EXPONENTIAL: return -sim_expm1(-x / dist->scale);
    case SIM_DIST_NORMAL: return normal_cdf(dist, x);
    case SIM_DIST_LOGNORMAL: return lognormal_cdf(dist, x);
    case SIM_DIST_PARETO: return pareto_cdf(dist, x);
    case SIM_DIST_WEIBULL: return -sim_expm1(-sim_pow(x / dist->scale, dist->shape));
    case SIM_DIST_GAMMA: return sim_gamma_cdf(dist->shape, x / dist->scale);
    case SIM_DIST_ERLANG:
        return sim_gamma_cdf((double)dist->count, x / dist->scale * (double)dist->count);
    case SIM_DIST_MIXTURE:
    case SIM_DIST_EMPIRICAL: return sum_below(dist, x);
    case SIM_DIST_PERCENTILES: return percentiles_cdf(dist, x);
    case SIM_DIST_GEOMETRIC:
        return dist->scale > 0.0 ? -sim_expm1(-floor(x) / dist->scale) : (x < 1.0 ? 0.0 : 1.0);
    }
    assert(dist->kind != SIM_DIST_NONE);
    return 0.0;
}
