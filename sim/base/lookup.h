/* lookup.h - a hash table from names, or from pairs of numbers, to numbers. */
#ifndef SIM_BASE_LOOKUP_H
#define SIM_BASE_LOOKUP_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_LOOKUP_NONE UINT32_MAX

struct sim__lookup_slot;

/* All zero is an empty table. Its keys are either all names or all pairs. Results do not depend on
 * the order of insertion. */
struct sim_lookup {
    struct sim__lookup_slot *slots; /* their number is a power of two; at most half are used */
    size_t slot_count, count;
    bool failed;             /* memory ran out; it stays set */
    struct sim_arena *arena; /* if not NULL, memory comes from here and is freed with it */
};

/* Inserts a number for a key, unless the key has one already. Returns the number the key then has;
 * SIM_LOOKUP_NONE when out of memory. A name is not copied: its `length` bytes stay the caller's
 * and must not change while the lookup is used. `number` must not be SIM_LOOKUP_NONE. O(length) on
 * average. */
uint32_t sim_lookup_put(struct sim_lookup *, const char *name, size_t length, uint32_t number);
uint32_t sim_lookup_put_pair(struct sim_lookup *, uint32_t first, uint32_t second, uint32_t number);

/* The number of a key; SIM_LOOKUP_NONE if it has none. Changes nothing, so several threads may call
 * it at once. O(length) on average. */
uint32_t sim_lookup_get(const struct sim_lookup *, const char *name, size_t length);
uint32_t sim_lookup_get_pair(const struct sim_lookup *, uint32_t first, uint32_t second);

/* Removes every key and keeps the memory. O(slots). */
void sim_lookup_clear(struct sim_lookup *);

/* Frees memory that no arena owns. The table is then empty and may be used again. */
void sim_lookup_free(struct sim_lookup *);

#endif
