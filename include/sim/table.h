/* table.h - for models that hold keys: a keyed store that drops the least recently used key, pools
 * of records, and maps from keys to records.
 *
 * All memory comes from sim_node_alloc() and belongs to the world. Pools and maps grow by doubling
 * and never shrink, so the steady state allocates nothing. Nothing here draws, schedules or depends
 * on an address. */
#ifndef SIM_TABLE_H
#define SIM_TABLE_H

#include "sim/fabric.h"

#include <assert.h>
#include <string.h>

/* Writes why init() or check() refuses, and returns -1. */
static inline int sim_refuse(struct sim_error *error, const char *why)
{
    size_t length = strlen(why);
    assert(length < sizeof error->text);
    memcpy(error->text, why, length + 1);
    return -1;
}

/* ---- a keyed store, least recently used first out ------------------------------------------- */

/* Keys are in buckets of 16 (one cache line), found by hash. A key whose bucket is full is in the
 * next bucket with room, and .passed counts, for each bucket, the keys that went past it (Bronson
 * and Shi 2019, F14). Entries never move, so a place names a key until the key is removed.
 *
 * Bytes per key at capacity: (4 key + 16 entry) / load + 1/16 of a bucket's count, at a load of
 * 6/7: 23.4. Where the caller keeps two more bytes per place, the load is 12/13: 23.9 with them. An
 * expiry takes 4 of these bytes, in ticks of 2^shift ns since .base, rounded up; a tick is less
 * than 2^-27 of the longest lifetime (60 s: 256 ns). .base follows the clock, which costs at most
 * one pass over the table in 7 of the longest lifetimes. */
#define SIM_TABLE_BUCKET 16
#define SIM_TABLE_NONE UINT32_MAX                 /* no place */
#define SIM_TABLE_KEYS ((uint64_t)UINT32_MAX - 1) /* keys must be below it */

struct sim_table_entry {
    uint32_t version;      /* the caller's */
    uint32_t older, newer; /* places */
    uint32_t expires;      /* ticks since base; UINT32_MAX: never */
};

struct sim_table {
    const struct sim_node *node;
    uint32_t capacity, count;
    uint32_t buckets;
    uint32_t oldest, newest; /* places */
    uint32_t touched; /* touched last; it becomes the newest only when another is touched, to save
                         work */
    unsigned shift;
    sim_time base;
    uint32_t *keys; /* key + 1; 0: empty */
    struct sim_table_entry *entries;
    uint8_t *passed; /* 255: that many or more, and it stays 255 */
};

/* Prepares a store of at most `capacity` (>= 1) keys whose lifetimes are at most `longest` ns (0:
 * nothing expires). `dense`: with fewer spare places. 0, or -1 when out of memory or capacity is
 * over 2^31. O(capacity). */
int sim_table_init(struct sim_table *, const struct sim_node *, uint64_t capacity, sim_time longest,
                   bool dense);

/* The place of a key, or SIM_TABLE_NONE. */
uint32_t sim_table_find(const struct sim_table *, uint32_t key);

/* Fetch the memory that sim_table_find() will read for a key, and that of an entry. */
void sim_table_prefetch(const struct sim_table *, uint32_t key);
static inline void sim_table_prefetch_place(const struct sim_table *t, uint32_t place)
{
    __builtin_prefetch(&t->entries[place], 1);
}

/* The place of a key, which is added if it is missing, and becomes the newest. If the store is
 * full, the oldest key is removed and *evicted is set to true. A new entry has version 0 and never
 * expires. */
uint32_t sim_table_put(struct sim_table *, uint32_t key, bool *evicted);

/* Makes a place the newest. */
void sim_table_touch(struct sim_table *, uint32_t place);
/* The place that will make room next; SIM_TABLE_NONE: the store is empty. */
uint32_t sim_table_oldest(struct sim_table *);
void sim_table_remove(struct sim_table *, uint32_t place);
void sim_table_clear(struct sim_table *); /* O(capacity) */

/* When a place expires: SIM_NEVER, or a time at most one tick after the one that was set. Long
 * after an expiry it is another time, at least two of the longest lifetimes ago. */
static inline sim_time sim_table_expires(const struct sim_table *t, uint32_t place)
{
    uint32_t ticks = t->entries[place].expires;
    return ticks == UINT32_MAX ? SIM_NEVER : t->base + ((sim_time)ticks << t->shift);
}

/* Sets when a place expires: from `now` to the longest lifetime after it. Amortised O(1). */
void sim_table_expire_at(struct sim_table *, uint32_t place, sim_time now, sim_time when);

/* After the longest lifetime grew. O(capacity). */
void sim_table_longest(struct sim_table *, sim_time now, sim_time longest);

/* ---- records -------------------------------------------------------------------------------- */

/* A pool of records of one size, at stable addresses, in chunks of doubling size. */
struct sim_table_chunk;
struct sim_table_pool {
    const struct sim_node *node;
    size_t size;
    void *free;
    struct sim_table_chunk *chunks;
    uint32_t taken; /* records in use */
    uint32_t next_chunk;
};

void sim_table_pool_init(struct sim_table_pool *, const struct sim_node *, size_t size);
void sim_table_pool_grow(struct sim_table_pool *);
void sim_table_pool_reset(struct sim_table_pool *); /* takes every record back; O(records) */

/* A record, not zeroed. NULL when out of memory: the simulation is then marked failed. */
static inline void *sim_table_pool_take(struct sim_table_pool *pool)
{
    if (!pool->free)
        sim_table_pool_grow(pool);
    void **record = pool->free;
    if (record) {
        pool->free = *record;
        pool->taken++;
    }
    return record;
}

static inline void sim_table_pool_give(struct sim_table_pool *pool, void *record)
{
    *(void **)record = pool->free;
    pool->free = record;
    pool->taken--;
}

/* ---- maps ----------------------------------------------------------------------------------- */

/* A hash map, chained, from a key to a record that begins with a struct sim_table_link. */
struct sim_table_link {
    struct sim_table_link *next;
    uint64_t key;
};

struct sim_table_map {
    struct sim_table_pool pool;
    struct sim_table_link **heads;
    uint64_t mask;
};

/* 0, or -1 when out of memory. `size` is that of a record. */
int sim_table_map_init(struct sim_table_map *, const struct sim_node *, size_t size);
void sim_table_map_clear(struct sim_table_map *);

static inline struct sim_table_link **sim_table_map_head(const struct sim_table_map *map,
                                                         uint64_t key)
{
    return &map->heads[sim_mix64(key + UINT64_C(0x9e3779b97f4a7c15)) & map->mask];
}

/* The record of a key, or NULL. */
static inline void *sim_table_map_find(const struct sim_table_map *map, uint64_t key)
{
    struct sim_table_link *link = *sim_table_map_head(map, key);
    while (link && link->key != key)
        link = link->next;
    return link;
}

/* Adds a record for a key that has none, zeroed after the link. NULL when out of memory: the
 * simulation is then marked failed. Amortised O(1). */
void *sim_table_map_add(struct sim_table_map *, uint64_t key);
void sim_table_map_drop(struct sim_table_map *, void *record);

#endif
