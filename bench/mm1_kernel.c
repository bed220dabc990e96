/* mm1_kernel.c - M/M/1 at utilisation 0.8 written on the kernel's public API. Prints one JSON
 * line. Held against floor_mm1.c. */
#include "sim/kernel.h"
#include "sim/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define QUEUE_MOST (UINT32_C(1) << 16)

struct mm1 {
    struct sim_stream arrivals, services;
    uint64_t left, served;
    uint32_t head, tail;
    double sojourn; /* ns, summed */
    sim_time arrived[QUEUE_MOST];
};

static const double gap_ns = 1.25e6, service_ns = 1e6;

static void departure(struct sim *sim, void *self, sim_arg arg)
{
    struct mm1 *q = self;
    q->sojourn += (double)(sim_now(sim) - q->arrived[q->head++ % QUEUE_MOST]);
    q->served++;
    if (q->head != q->tail)
        sim_after(sim, (sim_time)(sim_draw_exponential(&q->services) * service_ns + 0.5), departure,
                  q, arg);
}

static void arrival(struct sim *sim, void *self, sim_arg arg)
{
    struct mm1 *q = self;
    if (q->tail - q->head >= QUEUE_MOST)
        abort();
    q->arrived[q->tail++ % QUEUE_MOST] = sim_now(sim);
    if (q->tail - q->head == 1)
        sim_after(sim, (sim_time)(sim_draw_exponential(&q->services) * service_ns + 0.5), departure,
                  q, arg);
    if (--q->left > 0)
        sim_after(sim, (sim_time)(sim_draw_exponential(&q->arrivals) * gap_ns + 0.5), arrival, q,
                  arg);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    struct sim *sim = sim_new(NULL);
    struct mm1 *q = calloc(1, sizeof *q);
    if (sim == NULL || q == NULL)
        return 1;
    q->left = argc > 1 ? strtoull(argv[1], NULL, 10) : 20000000;
    sim_stream_init(&q->arrivals, 1, 0, "mm1", "arrivals");
    sim_stream_init(&q->services, 1, 0, "mm1", "services");
    double start = seconds();
    sim_after(sim, 0, arrival, q, (sim_arg){0});
    sim_run_until(sim, SIM_NEVER - 1);
    double took = seconds() - start;
    printf("{\"customers_per_s\": %.0f, \"mean_sojourn\": %.6f}\n", (double)q->served / took,
           q->sojourn / (double)q->served / service_ns);
    free(q);
    sim_free(sim);
    return 0;
}
