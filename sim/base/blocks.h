/* blocks.h - memory blocks of one owner. Each can grow, and all are freed together. */
#ifndef SIM_BASE_BLOCKS_H
#define SIM_BASE_BLOCKS_H

#include <stddef.h>

struct sim__block;

/* All zero is an owner without blocks. */
struct sim_blocks {
    struct sim__block *newest;
};

/* A block of count x size bytes, zeroed. It belongs to the owner. NULL when out of memory. O(1). */
void *sim_blocks_alloc(struct sim_blocks *, size_t count, size_t size);
/* The same block made larger, or a new one when `old` is NULL. It may move, and what was added is
 * not zeroed. NULL when out of memory: the old one then stays. O(1) beside the copy. */
void *sim_blocks_grow(struct sim_blocks *, void *old, size_t count, size_t size);
void sim_blocks_free(struct sim_blocks *);

#endif
