/* owned.c - which calls and operations belong to which node, for crashes.
 *
 * A record enters its node's list when it begins, and stays there when it is over. It leaves when
 * it is used again for another node, or when a crash finds it. So the end of a call costs nothing,
 * and a crash looks only at the records that the node has begun since the last crash. The lists are
 * kept only if the timeline has crashes. */
#include "fabric/world_state.h"

#include <assert.h>
#include <stdlib.h>

struct sim__owned_link {
    uint32_t next, before; /* 1 + record; 0: none */
    uint32_t node;         /* 1 + its node; 0: none yet */
};

int sim__owned_make(struct sim_world *w, struct sim__owned *o)
{
    o->first = sim__world_alloc(w, w->node_count, sizeof *o->first);
    return o->first == NULL ? -1 : 0;
}

bool sim__owned_reserve(struct sim__owned *o, uint32_t records)
{
    if (o->first == NULL || records <= o->capacity)
        return true;
    uint32_t capacity = records < UINT32_MAX / 2 ? 2 * records : records;
    struct sim__owned_link *grown = realloc(o->links, capacity * sizeof *grown);
    if (grown == NULL)
        return false;
    for (uint32_t i = o->capacity; i < capacity; i++)
        grown[i] = (struct sim__owned_link){0};
    o->links = grown;
    o->capacity = capacity;
    return true;
}

void sim__owned_free(struct sim__owned *o)
{
    free(o->links);
    free(o->found);
}

static void leave(struct sim__owned *o, uint32_t record)
{
    struct sim__owned_link *l = &o->links[record];
    assert(l->node != 0);
    *(l->before != 0 ? &o->links[l->before - 1].next : &o->first[l->node - 1]) = l->next;
    if (l->next != 0)
        o->links[l->next - 1].before = l->before;
    l->node = 0;
}

void sim__owned_put(struct sim__owned *o, uint32_t record, const struct sim_node *node)
{
    assert(record < o->capacity && "sim__owned_reserve() made room");
    struct sim__owned_link *l = &o->links[record];
    uint32_t number = node->component->first_node + node->index;
    if (l->node == number + 1)
        return;
    if (l->node != 0)
        leave(o, record);
    uint32_t first = o->first[number];
    *l = (struct sim__owned_link){.next = first, .node = number + 1};
    if (first != 0)
        o->links[first - 1].before = record + 1;
    o->first[number] = record + 1;
}

static bool note(struct sim__owned *o, uint32_t record)
{
    if (o->found_count == o->found_capacity) {
        uint32_t capacity = o->found_capacity ? 2 * o->found_capacity : 64;
        uint32_t *grown = realloc(o->found, capacity * sizeof *grown);
        if (grown == NULL)
            return false;
        o->found = grown;
        o->found_capacity = capacity;
    }
    o->found[o->found_count++] = record;
    return true;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

bool sim__owned_find(struct sim__owned *o, const struct sim_node *node, sim__owned_state *state)
{
    struct sim_world *w = node->world;
    o->found_count = 0;
    uint32_t next = o->first != NULL ? o->first[node->component->first_node + node->index] : 0;
    while (next != 0) {
        uint32_t record = next - 1;
        next = o->links[record].next;
        enum sim__owned_fate fate = state(w, record);
        if (fate == SIM__OWNED_STRUCK && !note(o, record)) {
            sim_fail_memory(w->sim);
            return false;
        }
        if (fate != SIM__OWNED_LATER)
            leave(o, record);
    }
    if (o->found_count > 1)
        qsort(o->found, o->found_count, sizeof *o->found, by_number);
    return true;
}
