/* arena.h - memory that is freed all at once. */
#ifndef SIM_BASE_ARENA_H
#define SIM_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct sim__arena_block;

/* All zero is an empty arena. Once an allocation has failed, `failed` stays true: a caller that
 * makes many may look at it once, at the end, as long as it looks at each pointer it uses. */
struct sim_arena {
    struct sim__arena_block *blocks;
    bool failed;
    /* asked before every allocation when not NULL; false makes that one fail (tests) */
    bool (*allow)(void *self, size_t bytes);
    void *allow_self;
};

/* `count` x `size` zeroed bytes, aligned for anything; freed with the arena. Never NULL for want
 * of bytes: 0 bytes give a valid pointer. NULL when out of memory. */
void *sim_arena_alloc(struct sim_arena *, size_t count, size_t size);

/* A copy of the text, of at most `length` bytes of it, or of what printf would write. NULL when out
 * of memory. */
char *sim_arena_copy(struct sim_arena *, const char *text);
char *sim_arena_copy_part(struct sim_arena *, const char *text, size_t length);
char *sim_arena_format(struct sim_arena *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Frees everything; the arena is then empty and may be used again. */
void sim_arena_free(struct sim_arena *);

#endif
