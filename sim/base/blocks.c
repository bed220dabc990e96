/* blocks.c - memory blocks of one owner, in a list linked through their headers. */
#include "base/blocks.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* The header before each block. Its size is a multiple of the strictest alignment. */
struct sim__block {
    _Alignas(16) struct sim__block *older;
    struct sim__block *newer;
};

/* Links a block into the list after it was made or moved. */
static void *placed(struct sim_blocks *all, struct sim__block *block)
{
    if (block->older != NULL)
        block->older->newer = block;
    *(block->newer != NULL ? &block->newer->older : &all->newest) = block;
    return block + 1;
}

static bool fits(size_t count, size_t size)
{
    return size == 0 || count <= (SIZE_MAX - sizeof(struct sim__block)) / size;
}

void *sim_blocks_alloc(struct sim_blocks *all, size_t count, size_t size)
{
    struct sim__block *block = fits(count, size) ? calloc(1, sizeof *block + count * size) : NULL;
    if (block == NULL)
        return NULL;
    block->older = all->newest;
    return placed(all, block);
}

void *sim_blocks_grow(struct sim_blocks *all, void *old, size_t count, size_t size)
{
    if (old == NULL)
        return sim_blocks_alloc(all, count, size);
    struct sim__block *block = (struct sim__block *)old - 1;
    block = fits(count, size) ? realloc(block, sizeof *block + count * size) : NULL;
    return block != NULL ? placed(all, block) : NULL;
}

void sim_blocks_free(struct sim_blocks *all)
{
    for (struct sim__block *block = all->newest, *older; block != NULL; block = older) {
        older = block->older;
        free(block);
    }
    all->newest = NULL;
}
