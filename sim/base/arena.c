/* arena.c - memory that is freed all at once: blocks in a chain, filled from the front. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 32 * 1024, ALIGN = _Alignof(max_align_t) };

struct sim__arena_block {
    struct sim__arena_block *next;
    size_t used, size;
    max_align_t bytes[];
};

static struct sim__arena_block *block_new(struct sim_arena *arena, size_t bytes)
{
    size_t size = bytes > BLOCK_BYTES / 4 ? bytes : BLOCK_BYTES;
    if (size > SIZE_MAX - sizeof(struct sim__arena_block))
        return NULL;
    struct sim__arena_block *block = malloc(sizeof *block + size);
    if (!block)
        return NULL;
    block->size = size;
    block->used = 0;
    if (arena->blocks && size == bytes) { /* a big block: keep filling the one in front */
        block->next = arena->blocks->next;
        arena->blocks->next = block;
    } else {
        block->next = arena->blocks;
        arena->blocks = block;
    }
    return block;
}

void *sim_arena_alloc(struct sim_arena *arena, size_t count, size_t size)
{
    if (size && count > (SIZE_MAX / 2) / size) {
        arena->failed = true;
        return NULL;
    }
    size_t bytes = (count * size + ALIGN - 1) / ALIGN * ALIGN;
    if (arena->allow && !arena->allow(arena->allow_self, bytes)) {
        arena->failed = true;
        return NULL;
    }
    struct sim__arena_block *block = arena->blocks;
    if (!block || block->size - block->used < bytes)
        block = block_new(arena, bytes);
    if (!block) {
        arena->failed = true;
        return NULL;
    }
    void *memory = (char *)block->bytes + block->used;
    block->used += bytes;
    memset(memory, 0, bytes);
    return memory;
}

char *sim_arena_copy_part(struct sim_arena *arena, const char *text, size_t length)
{
    char *copy = sim_arena_alloc(arena, length + 1, 1);
    if (copy)
        memcpy(copy, text, length);
    return copy;
}

char *sim_arena_copy(struct sim_arena *arena, const char *text)
{
    return sim_arena_copy_part(arena, text, strlen(text));
}

char *sim_arena_format(struct sim_arena *arena, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int length = vsnprintf(NULL, 0, format, list);
    va_end(list);
    if (length < 0)
        return NULL;
    char *text = sim_arena_alloc(arena, (size_t)length + 1, 1);
    if (!text)
        return NULL;
    va_start(list, format);
    vsnprintf(text, (size_t)length + 1, format, list);
    va_end(list);
    return text;
}

void sim_arena_free(struct sim_arena *arena)
{
    while (arena->blocks) {
        struct sim__arena_block *next = arena->blocks->next;
        free(arena->blocks);
        arena->blocks = next;
    }
    arena->failed = false;
}
