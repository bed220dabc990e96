/* ring.h - consistent hashing: which of n places a key belongs to, such that removing a place moves
 * only its own keys.
 *
 * Source: Karger et al. 1997, "Consistent hashing and random trees", STOC. Each place stands at
 * `points` positions of a ring of 2^64, drawn from a hash of its name; a key belongs to the first
 * position at or after its own hash. With v points the shares of n places have a coefficient of
 * variation of about sqrt((1 - 1/n) / (v + 1/n)): the spacings are those of v n uniform points. */
#ifndef SIM_RING_H
#define SIM_RING_H

#include "sim/fabric.h"

struct sim_ring_point {
    uint64_t at;
    uint32_t place;
};

struct sim_ring {
    struct sim_ring_point *points; /* in the order of .at */
    uint64_t count;
};

/* A ring of `places`, at most `points` positions each; names[i] names place i. `weights`: the
 * greatest has all its points, others in proportion, rounded, at least one unless it is 0; NULL:
 * all are alike. `memory` holds places x points of them and is the caller's. O(n log n) in the
 * positions. */
void sim_ring_make(struct sim_ring *, struct sim_ring_point *memory, const char *const *names,
                   const double *weights, uint32_t places, uint32_t points);
/* The index of the position that a hash belongs to. O(log n). */
uint64_t sim_ring_find(const struct sim_ring *, uint64_t hash);
/* The hash of a key. */
static inline uint64_t sim_ring_hash(uint64_t key)
{
    return sim_mix64(key + UINT64_C(0x9e3779b97f4a7c15));
}

#endif
