/* arrivals.h - what models that start requests of themselves share: rates that change over time,
 * and mixes of kinds of request. */
#ifndef SIM_ARRIVALS_H
#define SIM_ARRIVALS_H

#include "sim/fabric.h"
#include "sim/param.h"

/* From `at` on the rate is `rate` per second, until the next step; with `ramp` it has moved there
 * in a straight line since the step before. Before the first step it is 0, after the last it
 * stays. */
struct sim_arrivals_step {
    sim_time at;
    double rate;
    bool ramp;
};

/* Fields of a SIM_LIST of steps. */
extern const struct sim_param sim_arrivals_step_params[];

/* When the integral of the rate has grown by `units` since `from`, to the nearest ns; SIM_NEVER if
 * it never does. *hint is the caller's, 0 at first, for calls in order of time. O(steps passed). */
sim_time sim_arrivals_when(const struct sim_list *steps, size_t *hint, sim_time from, double units);

/* The greatest rate of the steps; 0 if there are none. O(steps). */
double sim_arrivals_most(const struct sim_list *steps);

/* NULL, or what is wrong with the steps, as a sentence. O(steps). */
const char *sim_arrivals_check(const struct sim_list *steps);

/* Shares of the kinds of request. A read share of 1 stands for whatever the others leave. */
struct sim_arrivals_mix {
    double read, write, erase, scan;
};

/* Fields of a SIM_GROUP of shares. */
extern const struct sim_param sim_arrivals_mix_params[];

/* NULL, or what is wrong with the shares, as a sentence. */
const char *sim_arrivals_check_mix(const struct sim_arrivals_mix *);

/* Draws a kind: one draw of bits, none when all are reads. */
static inline enum sim_op sim_arrivals_op(const struct sim_arrivals_mix *mix,
                                          struct sim_stream *stream)
{
    if (mix->write + mix->erase + mix->scan <= 0)
        return SIM_READ;
    double u = sim_draw_uniform(stream);
    if (u < mix->write)
        return SIM_WRITE;
    u -= mix->write;
    return u < mix->erase ? SIM_DELETE : u < mix->erase + mix->scan ? SIM_SCAN : SIM_READ;
}

#endif
