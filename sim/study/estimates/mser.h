/* mser.h - how long the transient at the start of a run lasts: MSER-5.
 *
 * White (1997), "An effective truncation heuristic for bias reduction in simulation output",
 * Simulation 69; means of five, White, Cobb and Spratt (2000), Proc. Winter Simulation Conf. MSER-5
 * tries all cuts in the first half and takes the one after which the mean has the least standard
 * error, computed as if values were independent: sum of squares / (number left)². If the best cut
 * is in the last tenth of that half, the run is too short to tell. The replications are first
 * averaged window by window (Hoad, Robinson and Davies 2010, J. Oper. Res. Soc. 61), which keeps
 * the transient and reduces the noise. */
#ifndef SIM_STUDY_MSER_H
#define SIM_STUDY_MSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_runs;

/* How many of `count` values to leave out at the beginning, a multiple of 5; SIZE_MAX: the run is
 * too short to tell. NAN (nothing observed) counts as the value before. O(count). */
size_t sim_mser_cut(const double *values, size_t count);

/* The result of MSER-5 for one series. */
struct sim_warmup {
    const char *component, *meter, *stat, *unit; /* owned by the record */
    double chosen_s;
    double needed_s; /* NAN: no end of the transient was found */
    double measured; /* mean of the windows after the chosen warm-up */
    double settled;  /* mean of the windows after the needed warm-up; or NAN */
    bool enough;
};

/* Checks the means by window of every series of a case; most scenarios keep headline meters only.
 * The chosen warm-up is too short if the transient ends after it (if no end is found: the run's
 * middle) and the windows between change the mean by at least 1 % and by more than chance. More
 * than chance means: beyond Student's 99.99 % with five or more replications; with fewer, beyond
 * four standard errors by batches of the averaged run. (Chosen: a change below a percent does not
 * matter; and the cut is where noise looks most like a transient, so two or three standard errors
 * are common.) Cases with faults, whose effects are not warm-up, and cases with fewer than 50
 * windows are not checked. The caller frees *all. 0, or -1 when out of memory. */
int sim_mser_check(const struct sim_runs *, uint32_t at, struct sim_warmup **all, uint32_t *count);

#endif
