/* student.c - Student's t for whole degrees of freedom.
 *
 * For whole df the distribution function is a finite series (Abramowitz and Stegun 1964, 26.7.3
 * and 26.7.4): with angle = atan(t / sqrt(df)), c = cos² angle,
 *   df even: P = sin angle · (1 + 1/2 c + 1·3/(2·4) c² + …), df/2 terms
 *   df odd:  P = 2/pi (angle + sin angle cos angle (1 + 2/3 c + 2·4/(3·5) c² + …)), (df-1)/2 terms
 * Beyond 10,000 degrees the quantile is the normal's with Cornish and Fisher's correction to the
 * order df^-2 (Abramowitz and Stegun 26.7.5), which is then exact to 1e-12. */
#include "study/estimates/student.h"

#include <math.h>

#define SERIES_DF 10000u
#define HALF_PI 1.57079632679489661923

double sim_student_within(double t, uint32_t df)
{
    double n = (double)df;
    double c = n / (n + t * t);
    double sine = t / sqrt(n + t * t);
    double term = 1, sum = 0;
    if (df % 2 == 0) {
        for (uint32_t k = 0; k < df / 2; k++) {
            sum += term;
            term *= c * (2.0 * k + 1) / (2.0 * k + 2);
        }
        return sine * sum;
    }
    for (uint32_t k = 0; k < (df - 1) / 2; k++) {
        sum += term;
        term *= c * (2.0 * k + 2) / (2.0 * k + 3);
    }
    return (atan(t / sqrt(n)) + sine * sqrt(c) * sum) / HALF_PI;
}

/* Finds by bisection where an increasing function reaches `level`. It starts with [0, high]. */
static double halve(double level, double high, double (*within)(double, uint32_t), uint32_t df)
{
    double low = 0;
    while (within(high, df) < level)
        high *= 2;
    for (int i = 0; i < 100; i++) {
        double middle = low + (high - low) / 2;
        if (!(middle > low && middle < high)) /* low and high are neighbours */
            break;
        if (within(middle, df) < level)
            low = middle;
        else
            high = middle;
    }
    return low + (high - low) / 2;
}

static double normal_within(double z, uint32_t df)
{
    (void)df;
    return erf(z * 0.70710678118654752440);
}

double sim_student_quantile(double level, uint32_t df)
{
    if (df <= SERIES_DF)
        return halve(level, 2, sim_student_within, df);
    double z = halve(level, 2, normal_within, df), n = (double)df;
    double z3 = z * z * z, z5 = z3 * z * z;
    return z + (z3 + z) / (4 * n) + (5 * z5 + 16 * z3 + 3 * z) / (96 * n * n);
}
