/* lookup.h - numbers found by a name, or by a pair of numbers: a hash table. */
#ifndef SIM_BASE_LOOKUP_H
#define SIM_BASE_LOOKUP_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_LOOKUP_NONE UINT32_MAX

struct sim__lookup_slot;

/* All zero is an empty one. Either all of its keys are names or all are pairs. The order in which
 * keys are put in is never seen. */
struct sim_lookup {
    struct sim__lookup_slot *slots; /* a power of two of them, at most half full */
    size_t slot_count, count;
    bool failed;             /* memory ran out; it stays set */
    struct sim_arena *arena; /* not NULL: memory comes from there and is freed with it */
};

/* Puts a number in for a key, unless the key has one already. Gives the number that the key has
 * then; SIM_LOOKUP_NONE when out of memory. A name is not copied: its `length` bytes are the
 * caller's and stay as they are for as long as the lookup is used. `number` is not
 * SIM_LOOKUP_NONE. O(length) on average. */
uint32_t sim_lookup_put(struct sim_lookup *, const char *name, size_t length, uint32_t number);
uint32_t sim_lookup_put_pair(struct sim_lookup *, uint32_t first, uint32_t second, uint32_t number);

/* The number of a key; SIM_LOOKUP_NONE: it has none. Changes nothing, so that threads may look at
 * once. O(length) on average. */
uint32_t sim_lookup_get(const struct sim_lookup *, const char *name, size_t length);
uint32_t sim_lookup_get_pair(const struct sim_lookup *, uint32_t first, uint32_t second);

/* Takes every key out and keeps the memory. O(keys there have been at once). */
void sim_lookup_clear(struct sim_lookup *);

/* Frees what is not an arena's; it is then empty and may be used again. */
void sim_lookup_free(struct sim_lookup *);

#endif
