/* node.c - a node's memory, its streams and its peers. */
#include "fabric/world_state.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>

int sim__world_refuse(struct sim_world *w, const char *why)
{
    w->refused = true;
    if (w->refusal != NULL)
        snprintf(w->refusal->text, sizeof w->refusal->text, "%s", why);
    return -1;
}

bool sim__world_stops(const struct sim_world *w)
{
    const atomic_bool *stop = w->plan->limits.stop;
    return stop != NULL && atomic_load_explicit(stop, memory_order_relaxed);
}

void *sim__world_alloc(struct sim_world *w, size_t count, size_t size)
{
    return sim__world_stops(w) ? NULL : sim_blocks_alloc(&w->blocks, count, size);
}

void *sim_node_alloc(const struct sim_node *node, size_t count, size_t size)
{
    return sim__world_alloc(node->world, count, size);
}

void *sim__world_grow(struct sim_world *w, void *old, size_t count, size_t size)
{
    return sim__world_stops(w) ? NULL : sim_blocks_grow(&w->blocks, old, count, size);
}

void *sim_node_grow(const struct sim_node *node, void *old, size_t count, size_t size)
{
    return sim__world_grow(node->world, old, count, size);
}

void *sim_component_shared(const struct sim_node *node, size_t size)
{
    struct sim_component *c = node->component;
    if (c->shared == NULL) {
        c->shared = sim__world_alloc(node->world, 1, size);
        c->shared_bytes = size;
    }
    assert(c->shared == NULL || c->shared_bytes == size);
    return c->shared;
}

struct sim_node *sim_peer(const struct sim_node *node, uint32_t index)
{
    assert(index < node->count);
    return node->component->nodes[index];
}

void sim_node_stream(const struct sim_node *node, const char *purpose, struct sim_stream *stream)
{
    sim_stream_init(stream, node->world->seed, node->world->replication, node->name, purpose);
}
