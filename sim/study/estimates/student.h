/* student.h - Student's t distribution, for intervals over replications. */
#ifndef SIM_STUDY_STUDENT_H
#define SIM_STUDY_STUDENT_H

#include <stdint.h>

/* P(|T| <= t) with `df` degrees of freedom (>= 1), t >= 0. */
double sim_student_within(double t, uint32_t df);

/* The t with P(|T| <= t) = level, 0 < level < 1: the half width of an interval in standard errors.
 * Relative error below 1e-9. O(df), at most 20,000. */
double sim_student_quantile(double level, uint32_t df);

#endif
