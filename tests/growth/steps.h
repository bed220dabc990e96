/* steps.h - counts the blocks of code that the rooms run: the same on every machine and at any
 * load, as seconds are not. Included once by each program of tests/growth/. What the C library and
 * other libraries do is not counted. */
#ifndef WEIR_TESTS_GROWTH_STEPS_H
#define WEIR_TESTS_GROWTH_STEPS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static uint64_t steps;

void __sanitizer_cov_trace_pc(void);
void __sanitizer_cov_trace_pc(void)
{
    __atomic_fetch_add(&steps, 1, __ATOMIC_RELAXED); /* runs have a thread of their own */
}

/* Runs work(self, n) and work(self, 2 n), and fails when twice as much of something takes more than
 * `most` times the steps. In proportion it is 2; with a sorting 2.2 or so; squared 4. */
static inline void assert_grows(const char *what, void (*work)(const void *self, uint32_t n),
                                const void *self, uint32_t n, double most)
{
    uint64_t taken[2];
    for (uint32_t i = 0; i < 2; i++) {
        uint64_t before = steps;
        work(self, n << i);
        taken[i] = steps - before;
    }
    double times = (double)taken[1] / (double)taken[0];
    if (getenv("WEIR_GROWTH_SHOW"))
        printf("%-40s %10llu %5.2f\n", what, (unsigned long long)taken[0], times);
    if (times > most)
        fail_msg("%s: %llu steps for %u, %llu for %u: %.2f times as many", what,
                 (unsigned long long)taken[0], n, (unsigned long long)taken[1], 2 * n, times);
}

#endif
