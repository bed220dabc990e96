/* arena.h - memory that is freed all at once. */
#ifndef SIM_BASE_ARENA_H
#define SIM_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct sim__arena_block;

/* All zero is an empty arena. Once an allocation has failed, `failed` stays true. A caller that
 * makes many allocations may check it once, at the end, but must still check each pointer before it
 * uses it. */
struct sim_arena {
    struct sim__arena_block *blocks;
    bool failed;
    /* for tests: called before every allocation unless NULL; false makes the allocation fail */
    bool (*allow)(void *self, size_t bytes);
    void *allow_self;
};

/* `count` x `size` zeroed bytes, aligned for anything; freed with the arena. 0 bytes give a valid
 * pointer, too. NULL when out of memory. */
void *sim_arena_alloc(struct sim_arena *, size_t count, size_t size);

/* A copy of the whole text, of its first `length` bytes at most, or of the text that printf would
 * write. NULL when out of memory. */
char *sim_arena_copy(struct sim_arena *, const char *text);
char *sim_arena_copy_part(struct sim_arena *, const char *text, size_t length);
char *sim_arena_format(struct sim_arena *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Frees everything; the arena is then empty and may be used again. */
void sim_arena_free(struct sim_arena *);

#endif
