/* ring.c - consistent hashing; see ring.h. */
#include "sim/ring.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Equal positions (probability 2^-64) are in the order of their places. */
static int by_position(const void *a, const void *b)
{
    const struct sim_ring_point *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

static uint32_t points_of(const double *weights, uint32_t place, double greatest, uint32_t points)
{
    if (!weights || weights[place] >= greatest)
        return points;
    double share = floor(points * weights[place] / greatest + 0.5);
    return share >= 1 || !(weights[place] > 0) ? (uint32_t)share : 1;
}

void sim_ring_make(struct sim_ring *ring, struct sim_ring_point *memory, const char *const *names,
                   const double *weights, uint32_t places, uint32_t points)
{
    assert(places > 0 && points > 0);
    double greatest = 0;
    for (uint32_t i = 0; weights && i < places; i++)
        greatest = fmax(greatest, weights[i]);
    *ring = (struct sim_ring){memory, 0};
    for (uint32_t i = 0; i < places; i++) {
        uint64_t name = sim_hash64(names[i], strlen(names[i]), 0);
        for (uint32_t k = 0; k < points_of(weights, i, greatest, points); k++)
            memory[ring->count++] = (struct sim_ring_point){sim_mix64(name ^ sim_ring_hash(k)), i};
    }
    qsort(memory, ring->count, sizeof *memory, by_position);
}

uint64_t sim_ring_find(const struct sim_ring *ring, uint64_t hash)
{
    uint64_t low = 0, high = ring->count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (ring->points[middle].at < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low < ring->count ? low : 0;
}
