/* mser.h - how long the beginning of a run shows: MSER-5.
 *
 * White (1997), "An effective truncation heuristic for bias reduction in simulation output",
 * Simulation 69; means of five, White, Cobb and Spratt (2000), Proc. Winter Simulation Conf. Of all
 * beginnings in the first half, the one is cut off that leaves the mean of the rest with the least
 * standard error as if independent: sum of squares / (number left)². A best cut in the last tenth
 * of that half means that the run is too short to tell. The replications are averaged window by
 * window first (Hoad, Robinson and Davies 2010, J. Oper. Res. Soc. 61), which leaves the transient
 * and thins the noise. */
#ifndef SIM_STUDY_MSER_H
#define SIM_STUDY_MSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_runs;

/* How many of `count` values to leave out at the beginning, a multiple of 5; SIZE_MAX: the run is
 * too short to tell. NAN (nothing observed) are taken as the value before. O(count). */
size_t sim_mser_cut(const double *values, size_t count);

/* What MSER-5 says of one series. */
struct sim_warmup {
    const char *component, *meter, *stat, *unit; /* the record's */
    double chosen_s;
    double needed_s; /* NAN: no end was found */
    double measured; /* mean of the windows after the chosen warm-up */
    double settled;  /* mean of those after the needed one; NAN */
    bool enough;
};

/* Looks at the means by window of every series of a case, of headline meters in most scenarios.
 * The chosen warm-up is too short if the end (the run's middle when none is found) lies after it
 * and what lies between moves the mean by at least 1 % and by more than chance: beyond Student's
 * 99.99 % over five or more replications, and beyond four standard errors by batches of the average
 * run with fewer. (Chosen: a beginning that moves nothing by a percent is not worth a word, and the
 * cut lies where chance looked most like a transient, so that two and three errors are common.) Of
 * a case with faults nothing is said, as what a fault does is no warm-up, nor of fewer than 50
 * windows. The caller frees *all. 0, or -1 when out of memory. */
int sim_mser_check(const struct sim_runs *, uint32_t at, struct sim_warmup **all, uint32_t *count);

#endif
