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
/* Makes a block larger; makes a new one when `old` is NULL. The block may move. The added bytes are
 * not zeroed. NULL when out of memory: the old block stays as it was. O(1) and the copy. */
void *sim_blocks_grow(struct sim_blocks *, void *old, size_t count, size_t size);
void sim_blocks_free(struct sim_blocks *);

#endif
