/* lookup.c - a hash table from names, or from pairs of numbers, to numbers. Collisions go to the
 * next free slot (linear probing). */
#include "base/lookup.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS_LEAST = 16 };

struct sim__lookup_slot {
    uint64_t hash;
    const char *name; /* NULL: the key is a pair; no two pairs have the same hash */
    uint32_t length;
    uint32_t place; /* the number + 1; 0: the slot is free */
};

/* A bijection, so different pairs have different hashes (the finalizer of MurmurHash3, Austin
 * Appleby, public domain). */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 33) * UINT64_C(0xff51afd7ed558ccd);
    x = (x ^ x >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ x >> 33;
}

/* FNV-1a (Fowler, Noll, Vo), mixed by mix(). */
static uint64_t hash_name(const char *name, size_t length)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)name[i]) * UINT64_C(0x100000001b3);
    return mix(hash);
}

static struct sim__lookup_slot key_of_name(const char *name, size_t length)
{
    return (struct sim__lookup_slot){hash_name(name, length), name, (uint32_t)length, 0};
}

static struct sim__lookup_slot key_of_pair(uint32_t first, uint32_t second)
{
    return (struct sim__lookup_slot){mix((uint64_t)first << 32 | second), NULL, 0, 0};
}

static bool same(const struct sim__lookup_slot *a, const struct sim__lookup_slot *b)
{
    return a->hash == b->hash && a->length == b->length &&
           (a->length == 0 || memcmp(a->name, b->name, a->length) == 0);
}

/* The key's slot, or the free slot where it would be inserted. The table must have slots. */
static struct sim__lookup_slot *slot_of(const struct sim_lookup *lookup,
                                        const struct sim__lookup_slot *key)
{
    size_t i = (size_t)key->hash & (lookup->slot_count - 1);
    while (lookup->slots[i].place != 0 && !same(&lookup->slots[i], key))
        i = (i + 1) & (lookup->slot_count - 1);
    return &lookup->slots[i];
}

/* 0; -1 when out of memory. */
static int widen(struct sim_lookup *lookup)
{
    struct sim_lookup wider = *lookup;
    wider.slot_count = lookup->slot_count ? 2 * lookup->slot_count : SLOTS_LEAST;
    wider.slots = lookup->arena
                      ? sim_arena_alloc(lookup->arena, wider.slot_count, sizeof *wider.slots)
                      : calloc(wider.slot_count, sizeof *wider.slots);
    if (!wider.slots) {
        lookup->failed = true;
        return -1;
    }
    for (size_t i = 0; i < lookup->slot_count; i++)
        if (lookup->slots[i].place != 0)
            *slot_of(&wider, &lookup->slots[i]) = lookup->slots[i];
    if (!lookup->arena)
        free(lookup->slots);
    *lookup = wider;
    return 0;
}

static uint32_t get(const struct sim_lookup *lookup, struct sim__lookup_slot key)
{
    /* of a free slot: 0 - 1 */
    return lookup->slot_count ? slot_of(lookup, &key)->place - 1 : SIM_LOOKUP_NONE;
}

static uint32_t put(struct sim_lookup *lookup, struct sim__lookup_slot key, uint32_t number)
{
    uint32_t there = get(lookup, key);
    if (there != SIM_LOOKUP_NONE)
        return there;
    if (2 * (lookup->count + 1) > lookup->slot_count && widen(lookup) != 0)
        return SIM_LOOKUP_NONE;
    key.place = number + 1;
    *slot_of(lookup, &key) = key;
    lookup->count++;
    return number;
}

uint32_t sim_lookup_put(struct sim_lookup *lookup, const char *name, size_t length, uint32_t number)
{
    return put(lookup, key_of_name(name, length), number);
}

uint32_t sim_lookup_put_pair(struct sim_lookup *lookup, uint32_t first, uint32_t second,
                             uint32_t number)
{
    return put(lookup, key_of_pair(first, second), number);
}

uint32_t sim_lookup_get(const struct sim_lookup *lookup, const char *name, size_t length)
{
    return get(lookup, key_of_name(name, length));
}

uint32_t sim_lookup_get_pair(const struct sim_lookup *lookup, uint32_t first, uint32_t second)
{
    return get(lookup, key_of_pair(first, second));
}

void sim_lookup_clear(struct sim_lookup *lookup)
{
    if (lookup->count > 0)
        memset(lookup->slots, 0, lookup->slot_count * sizeof *lookup->slots);
    lookup->count = 0;
}

void sim_lookup_free(struct sim_lookup *lookup)
{
    if (!lookup->arena)
        free(lookup->slots);
    lookup->slots = NULL;
    lookup->slot_count = lookup->count = 0;
    lookup->failed = false;
}
