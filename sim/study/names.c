/* names.c - one copy of each text, found by its hash. */
#include "study/names.h"

#include "base/arena.h"
#include "sim/random.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct sim_names {
    struct sim_arena arena;
    const char **slots; /* a power of two, at most half full */
    size_t slot_count, count;
};

struct sim_names *sim_names_new(void)
{
    struct sim_names *names = calloc(1, sizeof *names);
    if (names)
        names->slots = calloc(names->slot_count = 256, sizeof *names->slots);
    if (names && !names->slots) {
        free(names);
        names = NULL;
    }
    return names;
}

void sim_names_free(struct sim_names *names)
{
    if (!names)
        return;
    sim_arena_free(&names->arena);
    free(names->slots);
    free(names);
}

static const char **slot_of(const struct sim_names *names, const char *text, size_t length)
{
    size_t i = (size_t)sim_hash64(text, length, 0) & (names->slot_count - 1);
    while (names->slots[i] &&
           (strncmp(names->slots[i], text, length) != 0 || names->slots[i][length] != '\0'))
        i = (i + 1) & (names->slot_count - 1);
    return &names->slots[i];
}

static int grow(struct sim_names *names)
{
    struct sim_names wider = *names;
    wider.slot_count *= 2;
    wider.slots = calloc(wider.slot_count, sizeof *wider.slots);
    if (!wider.slots)
        return -1;
    for (size_t i = 0; i < names->slot_count; i++) {
        if (names->slots[i])
            *slot_of(&wider, names->slots[i], strlen(names->slots[i])) = names->slots[i];
    }
    free(names->slots);
    *names = wider;
    return 0;
}

const char *sim_names_get(struct sim_names *names, const char *text, size_t length)
{
    const char **slot = slot_of(names, text, length);
    if (*slot)
        return *slot;
    if (2 * (names->count + 1) > names->slot_count) {
        if (grow(names) != 0)
            return NULL;
        slot = slot_of(names, text, length);
    }
    *slot = sim_arena_copy_part(&names->arena, text, length);
    names->count += *slot != NULL;
    return *slot;
}
