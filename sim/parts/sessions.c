/* sessions.c - what sessions wrote and saw: read your writes, monotonic reads. */
#include "sim/sessions.h"

#include "sim/table.h"

#include <assert.h>

/* What a session knows of a key. The record with no key is the head of the session's list. */
struct known {
    struct sim_table_link link;
    struct sim_session_floor floor;
    struct known *next;
};

#define NO_KEY UINT32_MAX

struct sim_session_map {
    struct sim_table_map map;
};

static uint64_t name(uint32_t session, uint64_t key)
{
    assert(key <= NO_KEY);
    return (uint64_t)session << 32 | key;
}

int sim_sessions_init(struct sim_sessions *s, const struct sim_node *node)
{
    s->map = sim_node_alloc(node, 1, sizeof *s->map);
    return s->map ? sim_table_map_init(&s->map->map, node, sizeof(struct known)) : -1;
}

struct sim_session_floor sim_session_expect(const struct sim_sessions *s, uint32_t session,
                                            uint64_t key)
{
    const struct known *known = sim_table_map_find(&s->map->map, name(session, key));
    return known ? known->floor : (struct sim_session_floor){0};
}

/* NULL when out of memory. */
static struct known *find_or_add(struct sim_table_map *map, uint32_t session, uint64_t key,
                                 bool *added)
{
    struct known *known = sim_table_map_find(map, name(session, key));
    *added = known == NULL;
    return known ? known : sim_table_map_add(map, name(session, key));
}

static struct known *remember(struct sim_sessions *s, uint32_t session, uint64_t key)
{
    struct sim_table_map *map = &s->map->map;
    bool added;
    struct known *known = find_or_add(map, session, key, &added);
    struct known *head = known && added ? find_or_add(map, session, NO_KEY, &added) : NULL;
    if (head) {
        known->next = head->next;
        head->next = known;
    }
    return known;
}

void sim_session_end(struct sim_sessions *s, uint32_t session)
{
    struct sim_table_map *map = &s->map->map;
    struct known *next, *known = sim_table_map_find(map, name(session, NO_KEY));
    for (; known; known = next) {
        next = known->next;
        sim_table_map_drop(map, known);
    }
}

void sim_session_read(struct sim_sessions *s, uint32_t session, uint64_t key,
                      struct sim_session_floor floor, uint32_t version)
{
    sim_count_by(&s->own, floor.written > 0);
    sim_count_by(&s->own_violated, version < floor.written);
    sim_count_by(&s->again, floor.seen > 0);
    sim_count_by(&s->again_violated, version < floor.seen);
    if (version <= floor.seen)
        return;
    struct known *known = remember(s, session, key);
    if (known && known->floor.seen < version)
        known->floor.seen = version;
}

void sim_session_wrote(struct sim_sessions *s, uint32_t session, uint64_t key, uint32_t version)
{
    struct known *known = remember(s, session, key);
    if (known && known->floor.written < version)
        known->floor.written = version;
}
