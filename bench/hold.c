/* hold.c - the hold model through the public API: N events pending; each, when it runs, schedules
 * its successor. With --cancel K every K-th step also cancels a pending event and schedules another
 * in its place, as timeouts do. Prints one JSON line. Held against floor_hold.c. */
#include "sim/kernel.h"
#include "sim/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum increments { EXPONENTIAL, SKEWED, BIMODAL, BURSTY };
static const char *const increment_names[] = {"exp", "skewed", "bimodal", "bursty"};

struct hold {
    struct sim_stream stream;
    enum increments increments;
    double mean;
    sim_id *ids; /* with cancelling: the pending event of each holder */
    uint64_t holders, cancel, left, sum;
};

/* All have the same mean. Skewed: one in a hundred is a hundred times longer. Bimodal: 10 % long,
 * 90 % very short. Bursty: increments rounded up to few instants, so that many coincide. */
static sim_time increment(struct hold *h)
{
    double x = sim_draw_exponential(&h->stream);
    switch (h->increments) {
    case SKEWED: x *= sim_draw_uniform(&h->stream) < 0.01 ? 50.25 : 0.5025; break;
    case BIMODAL: x = sim_draw_uniform(&h->stream) < 0.1 ? 9.5 + x / 10 : x / 22.5; break;
    case BURSTY: x = (double)(int64_t)(x * 4 + 0.5) / 4; break;
    case EXPONENTIAL: break;
    }
    return (sim_time)(x * h->mean);
}

static void hold_event(struct sim *sim, void *self, sim_arg holder)
{
    struct hold *h = self;
    h->sum += (uint64_t)sim_now(sim);
    if (--h->left == 0)
        sim_stop(sim);
    sim_id id = sim_after(sim, increment(h), hold_event, h, holder);
    if (h->cancel == 0)
        return;
    h->ids[holder.u] = id;
    if (h->left % h->cancel == 0) {
        uint64_t other = sim_draw_below(&h->stream, h->holders);
        sim_cancel(sim, h->ids[other]);
        h->ids[other] = sim_after(sim, increment(h), hold_event, h, (sim_arg){.u = other});
    }
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    struct hold h = {.holders = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000, .mean = 1e6};
    uint64_t steps = argc > 2 ? strtoull(argv[2], NULL, 10) : 10000000;
    for (int i = 3; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--cancel") == 0)
            h.cancel = strtoull(argv[i + 1], NULL, 10);
        for (unsigned k = 0; strcmp(argv[i], "--dist") == 0 && k < 4; k++)
            if (strcmp(argv[i + 1], increment_names[k]) == 0)
                h.increments = (enum increments)k;
    }
    struct sim *sim = sim_new(NULL);
    h.ids = calloc(h.holders, sizeof *h.ids);
    if (sim == NULL || h.ids == NULL || h.holders == 0 || steps == 0)
        return 1;
    sim_stream_init(&h.stream, 1, 0, "hold", "increments");
    for (uint64_t i = 0; i < h.holders; i++)
        h.ids[i] = sim_after(sim, increment(&h), hold_event, &h, (sim_arg){.u = i});
    h.left = steps > h.holders ? steps : h.holders;
    sim_run_until(sim, SIM_NEVER - 1);
    double start = seconds();
    h.left = steps;
    sim_run_until(sim, SIM_NEVER - 1);
    double ns = (seconds() - start) * 1e9 / (double)steps;
    printf("{\"ns_per_event\": %.2f, \"events\": %llu, \"checksum\": %llu}\n", ns,
           (unsigned long long)steps, (unsigned long long)h.sum);
    free(h.ids);
    sim_free(sim);
    return 0;
}
