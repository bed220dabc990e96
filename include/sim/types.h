/* types.h - the scalars every room shares: simulated time, arguments, errors. */
#ifndef SIM_TYPES_H
#define SIM_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim;

/* Simulated time and durations, in nanoseconds. 2^63 ns are 292 years. */
typedef int64_t sim_time;

#define SIM_MICROSECOND ((sim_time)1000)
#define SIM_MILLISECOND ((sim_time)1000000)
#define SIM_SECOND ((sim_time)1000000000)
#define SIM_NEVER INT64_MAX
/* Zero, where 0 says that there is none (SIM_OR_NONE): a timeout of no time, a rate of nothing. */
#define SIM_ZERO (-1)

/* What a handler is given back: one word, of the meaning its scheduler chose. */
typedef union sim_arg {
    uint64_t u;
    int64_t i;
    void *p;
} sim_arg;

/* A handler of an event. `self` and `arg` are those given when it was scheduled. */
typedef void sim_fn(struct sim *, void *self, sim_arg arg);

#define SIM_ERROR_TEXT_BYTES 512

/* A user error in words, filled by the function that failed; the caller owns it. */
struct sim_error {
    char text[SIM_ERROR_TEXT_BYTES];
};

#endif
