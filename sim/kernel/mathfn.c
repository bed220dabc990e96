/* mathfn.c - elementary functions that give the same bytes everywhere.
 *
 * A C library's log or exp differs between libraries, versions and processors in the last bit, and
 * one bit is enough to change the course of a simulation. These use nothing but IEEE double
 * addition, multiplication, division and square root, each rounded once, in the order written. That
 * holds with -ffp-contract=off and without -ffast-math, on any processor with IEEE doubles.
 *
 * The methods are from textbooks (Muller, Elementary Functions, 3rd edition 2016): reduction to a
 * small argument, then a series; two-part sums and products (Dekker 1971, Knuth 1969) where one
 * double would lose too much. */
#include "sim/random.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "exp_tables.h"

static const double ln2_high = 0x1.62e42fefa38p-1;    /* 42 bits: k * it is exact */
static const double ln2_low = 0x1.ef35793c7673p-45;   /* ln 2 - ln2_high */
static const double step_high = 0x1.62e42fcp-7;       /* ln 2 / 64 in 27 bits: n * it is exact */
static const double step_low = 0x1.7d1cf79abc9e4p-34; /* ln 2 / 64 - step_high */
static const double steps_per_one = 0x1.71547652b82fep+6; /* 64 / ln 2 */
static const double third_low = 0x1.5555555555555p-56;    /* 1/3 - (double)(1/3) */
static const double half_log_two_pi = 0x1.d67f1c864beb5p-1;

/* high + low, with low below half a unit in the last place of high. */
struct pair {
    double high, low;
};

static struct pair add_exactly(double a, double b)
{
    double sum = a + b;
    double part = sum - a;
    return (struct pair){sum, (a - (sum - part)) + (b - part)};
}

static struct pair multiply_exactly(double a, double b)
{
    const double splitter = 134217729.0; /* 2^27 + 1 */
    double ta = splitter * a;
    double tb = splitter * b;
    double a1 = ta - (ta - a);
    double b1 = tb - (tb - b);
    double a2 = a - a1;
    double b2 = b - b1;
    double product = a * b;
    return (struct pair){product, ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2};
}

static double from_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint64_t to_bits(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* x = mantissa * 2^(*power), mantissa within [sqrt(1/2), sqrt(2)); x is positive and finite. */
static double split(double x, double *power)
{
    const uint64_t root_half = UINT64_C(0x3fe6a09e667f3bcd);
    int64_t k = 0;
    if (x < DBL_MIN) {
        x *= 0x1p54;
        k = -54;
    }
    uint64_t bits = to_bits(x);
    uint64_t exponent = (bits - root_half + (UINT64_C(1024) << 52)) >> 52;
    k += (int64_t)exponent - 1024;
    *power = (double)k;
    return from_bits(bits - (exponent << 52) + (UINT64_C(1024) << 52));
}

/* ln(1 + f) = 2 atanh(s), s = f / (2 + f), |s| < 0.1716; the series in z = s^2 to z^10. */
double sim_log(double x)
{
    if (!(x > 0.0)) {
        return x == 0.0 ? -INFINITY : NAN;
    }
    if (x > DBL_MAX) {
        return x;
    }
    double k;
    double f = split(x, &k) - 1.0;
    double s = f / (2.0 + f);
    double z = s * s;
    double w = z * z;
    double odd = 2.0 / 3 + w * (2.0 / 7 + w * (2.0 / 11 + w * (2.0 / 15 + w * (2.0 / 19))));
    double even = 2.0 / 5 + w * (2.0 / 9 + w * (2.0 / 13 + w * (2.0 / 17 + w * (2.0 / 21))));
    double rest = z * (odd + z * even);
    return k * ln2_high + (f - (s * (f - rest) - k * ln2_low));
}

/* exp(high + low): the nearest 2^(n/64) from the table, and a series for what is left. */
static double exp_pair(double high, double low)
{
    if (!(high < 710.0)) {
        return isnan(high) ? high : INFINITY;
    }
    if (high < -746.0) {
        return 0.0;
    }
    double t = high * steps_per_one;
    int64_t n = (int64_t)(t + (t < 0.0 ? -0.5 : 0.5));
    double r = (high - (double)n * step_high) - (double)n * step_low + low;
    double r2 = r * r;
    double tail = r2 * ((0.5 + r * (1.0 / 6)) + r2 * ((1.0 / 24 + r * (1.0 / 120)) + r2 / 720));
    uint64_t j = (uint64_t)n & 63;
    int64_t e = (n - (int64_t)j) / 64;
    const double *step = exp_steps[j];
    double v = step[0] + (step[1] + step[0] * (r + tail));
    if (e > -1021 && e < 1023) {
        return from_bits(to_bits(v) + ((uint64_t)e << 52));
    }
    int64_t half = e / 2; /* the scale does not fit one double; only the last product rounds */
    double first = from_bits((uint64_t)(half + 1023) << 52);
    double second = from_bits((uint64_t)(e - half + 1023) << 52);
    return v * first * second;
}

double sim_exp(double x)
{
    return exp_pair(x, 0.0);
}

/* ln x to about 2^-64: the method of sim_log, its leading terms in two parts. */
static struct pair log_pair(double x)
{
    double k;
    double f = split(x, &k) - 1.0;
    struct pair below = add_exactly(2.0, f);
    double s = f / below.high;
    struct pair back = multiply_exactly(s, below.high);
    double s_low = ((f - back.high) - back.low - s * below.low) / below.high;
    struct pair z = multiply_exactly(s, s);
    z.low += 2.0 * s * s_low;
    double y = z.high;
    double rest = 1.0 / 17 + y * (1.0 / 19 + y * (1.0 / 21 + y * (1.0 / 23 + y * (1.0 / 25))));
    rest = 1.0 / 9 + y * (1.0 / 11 + y * (1.0 / 13 + y * (1.0 / 15 + y * rest)));
    rest = y * (1.0 / 5 + y * (1.0 / 7 + y * rest));
    struct pair c = add_exactly(1.0 / 3, rest);
    c.low += third_low;
    struct pair w = multiply_exactly(z.high, c.high);
    w.low += z.high * c.low + z.low * c.high;
    struct pair cubic = multiply_exactly(s, w.high);
    cubic.low += s * w.low + s_low * w.high;
    struct pair sum = add_exactly(2.0 * s, 2.0 * cubic.high);
    sum.low += 2.0 * (s_low + cubic.low);
    struct pair total = add_exactly(k * ln2_high, sum.high);
    total.low += sum.low + k * ln2_low;
    return add_exactly(total.high, total.low);
}

double sim_pow(double x, double y)
{
    if (y == 0.0 || x == 1.0) {
        return 1.0;
    }
    if (isnan(x) || isnan(y) || x < 0.0) {
        return NAN;
    }
    if (x == 0.0 || x > DBL_MAX) {
        return (x == 0.0) == (y > 0.0) ? 0.0 : INFINITY;
    }
    if (fabs(y) > 0x1p70) { /* over or under for any x but 1, and safe to split */
        y = y > 0.0 ? 0x1p70 : -0x1p70;
    }
    struct pair log_x = log_pair(x);
    struct pair product = multiply_exactly(y, log_x.high);
    if (!(fabs(product.high) < 1000.0)) {
        return product.high > 0.0 ? INFINITY : 0.0;
    }
    return exp_pair(product.high, product.low + y * log_x.low);
}

/* ln(u) scaled by what rounding did to 1 + x (Kahan, HP-15C Advanced Functions, 1982). */
double sim_log1p(double x)
{
    double u = 1.0 + x;
    if (u == 1.0 || u > DBL_MAX) {
        return u == 1.0 ? x : sim_log(u);
    }
    return sim_log(u) * (x / (u - 1.0));
}

double sim_expm1(double x)
{
    if (!(fabs(x) < 0.5)) {
        return sim_exp(x) - 1.0;
    }
    double sum = 0.0;
    for (double k = 18.0; k > 1.0; k -= 1.0) {
        sum = (1.0 + sum) * x / k;
    }
    return x + x * sum;
}

double sim_exp_integral(double rate, double length)
{
    double power = rate * length;
    if (fabs(power) < 0x1p-53) {
        return length;
    }
    return sim_expm1(power) / rate;
}

/* Stirling's series from 15 upward, reached by the recurrence ln G(x) = ln G(x + 1) - ln x. */
double sim_log_gamma(double x)
{
    if (!(x > 0.0)) {
        return x == 0.0 ? INFINITY : NAN;
    }
    double product = 1.0;
    while (x < 15.0) {
        product *= x;
        x += 1.0;
    }
    double y = 1.0 / x;
    double z = y * y;
    double series = 1.0 / 1260 - z * (1.0 / 1680 - z * (1.0 / 1188 - z * (691.0 / 360360)));
    series = y * (1.0 / 12 - z * (1.0 / 360 - z * series));
    return (x - 0.5) * sim_log(x) - x + half_log_two_pi + series - sim_log(product);
}

/* P by its power series, for x < shape + 1 (Abramowitz and Stegun 1964, 6.5.29). */
static double gamma_series(double shape, double x)
{
    double term = 1.0 / shape;
    double sum = term;
    for (double k = shape + 1.0; term > sum * 0x1p-56; k += 1.0) {
        term *= x / k;
        sum += term;
    }
    return sum * sim_exp(shape * sim_log(x) - x - sim_log_gamma(shape));
}

/* Q by its continued fraction (A&S 6.5.31), evaluated forwards (Lentz 1976). */
static double gamma_fraction(double shape, double x)
{
    const double tiny = 0x1p-900;
    double b = x + 1.0 - shape;
    double c = 1.0 / tiny;
    double d = 1.0 / b;
    double h = d;
    double change = 0.0;
    for (double k = 1.0; fabs(change - 1.0) > 0x1p-52; k += 1.0) {
        double a = -k * (k - shape);
        b += 2.0;
        d = a * d + b;
        d = 1.0 / (fabs(d) < tiny ? tiny : d);
        c = b + a / c;
        c = fabs(c) < tiny ? tiny : c;
        change = d * c;
        h *= change;
    }
    return h * sim_exp(shape * sim_log(x) - x - sim_log_gamma(shape));
}

double sim_gamma_cdf(double shape, double x)
{
    if (!(x > 0.0)) {
        return 0.0;
    }
    if (x > DBL_MAX) {
        return 1.0;
    }
    return x < shape + 1.0 ? gamma_series(shape, x) : 1.0 - gamma_fraction(shape, x);
}

double sim_gamma_tail(double shape, double x)
{
    if (!(x > 0.0)) {
        return 1.0;
    }
    if (x > DBL_MAX) {
        return 0.0;
    }
    return x < shape + 1.0 ? 1.0 - gamma_series(shape, x) : gamma_fraction(shape, x);
}

double sim_normal_cdf(double x)
{
    double half_square = 0.5 * x * x;
    if (x > 0.0) {
        return 0.5 + 0.5 * sim_gamma_cdf(0.5, half_square);
    }
    return 0.5 * sim_gamma_tail(0.5, half_square);
}
