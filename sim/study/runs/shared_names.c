/* shared_names.c - one copy of each text, found by its hash. */
#include "study/runs/shared_names.h"

#include "base/arena.h"
#include "base/lookup.h"

#include <stdint.h>
#include <stdlib.h>

struct sim_names {
    struct sim_arena arena;
    struct sim_lookup lookup; /* from a text to its index in `texts` */
    const char **texts;
    size_t capacity;
};

struct sim_names *sim_names_new(void)
{
    return calloc(1, sizeof(struct sim_names));
}

void sim_names_free(struct sim_names *names)
{
    if (!names)
        return;
    sim_arena_free(&names->arena);
    sim_lookup_free(&names->lookup);
    free(names->texts);
    free(names);
}

const char *sim_names_get(struct sim_names *names, const char *text, size_t length)
{
    uint32_t number = sim_lookup_get(&names->lookup, text, length);
    if (number != SIM_LOOKUP_NONE)
        return names->texts[number];
    size_t count = names->lookup.count;
    if (count == names->capacity) {
        size_t capacity = count ? 2 * count : 128;
        const char **grown = realloc(names->texts, capacity * sizeof *grown);
        if (!grown)
            return NULL;
        names->texts = grown;
        names->capacity = capacity;
    }
    char *copy = sim_arena_copy_part(&names->arena, text, length);
    if (!copy || sim_lookup_put(&names->lookup, copy, length, (uint32_t)count) != count)
        return NULL;
    names->texts[count] = copy;
    return copy;
}
