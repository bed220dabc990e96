/* table.c - the keyed store, the pools and the maps of sim/table.h. */
#include "sim/table.h"

#include <assert.h>
#include <string.h>

/* One spare place for that many keys, in buckets of 16. */
#define FILL 6
#define FILL_DENSE 12

/* Whether a key takes at most 24 bytes, with `beside` bytes of the caller's per place. */
#define IS_SMALL(beside, fill)                                                                     \
    ((SIM_TABLE_BUCKET * (sizeof(uint32_t) + sizeof(struct sim_table_entry) + (beside)) + 1) *     \
         ((fill) + 1) <=                                                                           \
     24 * SIM_TABLE_BUCKET * (fill))

#define BUCKET_BYTES (SIM_TABLE_BUCKET * sizeof(uint32_t)) /* a cache line, aligned to one */

_Static_assert(sizeof(struct sim_table_entry) == 16, "an entry is four words");
_Static_assert(IS_SMALL(0, FILL), "a cached key costs at most 24 bytes");
_Static_assert(IS_SMALL(sizeof(uint16_t), FILL_DENSE), "and with a duration beside it");

/* The longest lifetime is below 2^28 ticks; .base is 2^29 to 2^31 ticks behind the clock. */
#define LIFETIME_BITS 28
#define BEHIND_LEAST ((sim_time)1 << 29)
#define BEHIND_MOST ((sim_time)1 << 31)

static unsigned shift_for(sim_time longest)
{
    unsigned shift = 0;
    while (longest >> shift >> LIFETIME_BITS)
        shift++;
    return shift;
}

int sim_table_init(struct sim_table *t, const struct sim_node *node, uint64_t capacity,
                   sim_time longest, bool dense)
{
    assert(capacity >= 1);
    if (capacity > (uint64_t)1 << 31)
        return -1;
    uint64_t fill = dense ? FILL_DENSE : FILL;
    uint64_t buckets = capacity * (fill + 1) / (fill * SIM_TABLE_BUCKET) + 1;
    *t = (struct sim_table){.node = node,
                            .capacity = (uint32_t)capacity,
                            .buckets = (uint32_t)buckets,
                            .oldest = SIM_TABLE_NONE,
                            .newest = SIM_TABLE_NONE,
                            .touched = SIM_TABLE_NONE,
                            .shift = shift_for(longest)};
    size_t places = (size_t)buckets * SIM_TABLE_BUCKET;
    char *lines = sim_node_alloc(node, (size_t)buckets + 1, BUCKET_BYTES);
    t->keys = lines ? (void *)(lines + (-(uintptr_t)lines & (BUCKET_BYTES - 1))) : NULL;
    t->entries = sim_node_alloc(node, places, sizeof *t->entries);
    t->passed = sim_node_alloc(node, buckets, sizeof *t->passed);
    return t->keys && t->entries && t->passed ? 0 : -1;
}

typedef uint32_t quad __attribute__((vector_size(16), may_alias));
typedef uint64_t pair __attribute__((vector_size(16)));

/* The places of a bucket that hold `want`, as bits. Four places at a time: a lane that is equal
 * becomes all ones, masked with the bits of its four places. */
static inline uint32_t matches(const uint32_t *bucket, uint32_t want)
{
    const quad *places = (const quad *)(const void *)bucket;
    const quad wanted = {want, want, want, want}, bits = {1, 2, 4, 8};
    quad found = (quad)(places[0] == wanted) & bits;
    found |= (quad)(places[1] == wanted) & (bits << 4);
    found |= (quad)(places[2] == wanted) & (bits << 8);
    found |= (quad)(places[3] == wanted) & (bits << 12);
    const pair halves = (pair)found;
    uint64_t both = halves[0] | halves[1];
    return (uint32_t)both | (uint32_t)(both >> 32);
}
_Static_assert(SIM_TABLE_BUCKET == 16, "four quads to a bucket");

/* Multiplication by 2^32 / golden ratio (Knuth 1998, sec. 6.4) spreads keys that are adjacent or at
 * equal distances more evenly than at random. It is cheap, as all of find waits for it. */
static inline uint32_t home_of(const struct sim_table *t, uint32_t key)
{
    uint32_t hash = key * UINT32_C(0x9e3779b9);
    return (uint32_t)(((uint64_t)hash * t->buckets) >> 32);
}

static inline uint32_t bucket_after(const struct sim_table *t, uint32_t bucket)
{
    return bucket + 1 == t->buckets ? 0 : bucket + 1;
}

uint32_t sim_table_find(const struct sim_table *t, uint32_t key)
{
    uint32_t bucket = home_of(t, key);
    for (uint32_t looked = 0; looked < t->buckets; looked++) {
        uint32_t first = bucket * SIM_TABLE_BUCKET;
        uint32_t found = matches(t->keys + first, key + 1);
        if (found)
            return first + (uint32_t)__builtin_ctz(found);
        if (!t->passed[bucket])
            return SIM_TABLE_NONE;
        bucket = bucket_after(t, bucket);
    }
    return SIM_TABLE_NONE;
}

void sim_table_prefetch(const struct sim_table *t, uint32_t key)
{
    uint32_t bucket = home_of(t, key);
    __builtin_prefetch(&t->keys[(size_t)bucket * SIM_TABLE_BUCKET]);
    __builtin_prefetch(&t->passed[bucket]);
}

static void unlink_place(struct sim_table *t, uint32_t place)
{
    const struct sim_table_entry *e = &t->entries[place];
    if (e->older == SIM_TABLE_NONE)
        t->oldest = e->newer;
    else
        t->entries[e->older].newer = e->newer;
    if (e->newer == SIM_TABLE_NONE)
        t->newest = e->older;
    else
        t->entries[e->newer].older = e->older;
}

static void link_newest(struct sim_table *t, uint32_t place)
{
    struct sim_table_entry *e = &t->entries[place];
    e->older = t->newest;
    e->newer = SIM_TABLE_NONE;
    if (t->newest == SIM_TABLE_NONE)
        t->oldest = place;
    else
        t->entries[t->newest].newer = place;
    t->newest = place;
}

/* Makes the place touched last the newest. */
static inline void settle(struct sim_table *t)
{
    if (t->touched == t->newest)
        return;
    unlink_place(t, t->touched);
    link_newest(t, t->touched);
}

void sim_table_touch(struct sim_table *t, uint32_t place)
{
    assert(t->keys[place] != 0);
    settle(t);
    t->touched = place;
    const struct sim_table_entry *e = &t->entries[place];
    if (e->older != SIM_TABLE_NONE)
        __builtin_prefetch(&t->entries[e->older], 1);
    if (e->newer != SIM_TABLE_NONE)
        __builtin_prefetch(&t->entries[e->newer], 1);
}

uint32_t sim_table_oldest(struct sim_table *t)
{
    settle(t);
    return t->oldest;
}

void sim_table_remove(struct sim_table *t, uint32_t place)
{
    assert(t->count > 0);
    assert(t->keys[place] != 0);
    settle(t);
    uint32_t bucket = home_of(t, t->keys[place] - 1);
    while (bucket != place / SIM_TABLE_BUCKET) {
        if (t->passed[bucket] != UINT8_MAX)
            t->passed[bucket]--;
        bucket = bucket_after(t, bucket);
    }
    unlink_place(t, place);
    t->touched = t->newest;
    t->keys[place] = 0;
    t->count--;
}

/* Fetches the memory of the next key to make room, and of the one after it. */
static inline void expect_oldest(const struct sim_table *t)
{
    if (t->oldest == SIM_TABLE_NONE)
        return;
    uint32_t next = t->entries[t->oldest].newer;
    __builtin_prefetch(&t->keys[t->oldest]);
    if (next != SIM_TABLE_NONE)
        __builtin_prefetch(&t->entries[next], 1);
}

uint32_t sim_table_put(struct sim_table *t, uint32_t key, bool *evicted)
{
    uint32_t place = sim_table_find(t, key);
    if (place != SIM_TABLE_NONE) {
        sim_table_touch(t, place);
        return place;
    }
    settle(t);
    if (t->count == t->capacity) {
        sim_table_remove(t, t->oldest);
        *evicted = true;
        expect_oldest(t);
    }
    uint32_t bucket = home_of(t, key);
    uint32_t empty;
    assert(t->count < t->capacity && "the oldest has made room");
    while (!(empty = matches(t->keys + bucket * SIM_TABLE_BUCKET, 0))) {
        if (t->passed[bucket] != UINT8_MAX)
            t->passed[bucket]++;
        bucket = bucket_after(t, bucket);
    }
    place = bucket * SIM_TABLE_BUCKET + (uint32_t)__builtin_ctz(empty);
    t->keys[place] = key + 1;
    t->entries[place].version = 0;
    t->entries[place].expires = UINT32_MAX;
    link_newest(t, place);
    t->touched = place;
    t->count++;
    return place;
}

void sim_table_clear(struct sim_table *t)
{
    memset(t->keys, 0, (size_t)t->buckets * SIM_TABLE_BUCKET * sizeof *t->keys);
    memset(t->passed, 0, t->buckets);
    t->count = 0;
    t->oldest = t->newest = t->touched = SIM_TABLE_NONE;
}

/* Moves .base closer behind `now`; ticks are 2^shift ns from now on. */
static void rebase(struct sim_table *t, sim_time now, unsigned shift)
{
    sim_time behind = now >> shift > BEHIND_LEAST ? BEHIND_LEAST << shift : now;
    sim_time base = now - behind > t->base ? now - behind : t->base;
    /* the base moves by whole ticks, so stored times are rounded again only when the ticks grow */
    base -= (base - t->base) & (((sim_time)1 << shift) - 1);
    for (uint32_t place = t->oldest; place != SIM_TABLE_NONE; place = t->entries[place].newer) {
        sim_time expires = sim_table_expires(t, place);
        if (expires == SIM_NEVER)
            continue;
        sim_time left = expires > base ? expires - base : 0;
        t->entries[place].expires = (uint32_t)((left + ((sim_time)1 << shift) - 1) >> shift);
    }
    t->base = base;
    t->shift = shift;
}

void sim_table_expire_at(struct sim_table *t, uint32_t place, sim_time now, sim_time when)
{
    assert(t->keys[place] != 0 && t->base <= now);
    if (when == SIM_NEVER) {
        t->entries[place].expires = UINT32_MAX;
        return;
    }
    if ((now - t->base) >> t->shift > BEHIND_MOST)
        rebase(t, now, t->shift);
    sim_time ticks = (when - t->base + ((sim_time)1 << t->shift) - 1) >> t->shift;
    assert(ticks >= 0 && ticks < UINT32_MAX);
    t->entries[place].expires = (uint32_t)ticks;
}

void sim_table_longest(struct sim_table *t, sim_time now, sim_time longest)
{
    unsigned shift = shift_for(longest);
    if (shift > t->shift)
        rebase(t, now, shift);
}

/* ---- pools -------------------------------------------------------------------------------- */

#define FIRST_CHUNK 64

struct sim_table_chunk {
    struct sim_table_chunk *next;
    uint64_t count;
};

void sim_table_pool_init(struct sim_table_pool *pool, const struct sim_node *node, size_t size)
{
    assert(size >= sizeof(void *));
    size_t word = sizeof(uint64_t);
    *pool = (struct sim_table_pool){
        .node = node, .size = (size + word - 1) / word * word, .next_chunk = FIRST_CHUNK};
}

static void free_all(struct sim_table_pool *pool, struct sim_table_chunk *chunk)
{
    char *records = (char *)(chunk + 1);
    for (uint64_t i = chunk->count; i-- > 0;) {
        void **record = (void **)(void *)(records + i * pool->size);
        *record = pool->free;
        pool->free = record;
    }
}

#define CHUNK_MOST 16384 /* records in a chunk; larger chunks would waste megabytes */

void sim_table_pool_grow(struct sim_table_pool *pool)
{
    uint64_t count = pool->next_chunk;
    struct sim_table_chunk *chunk = sim_node_alloc(pool->node, 1,
                                                   sizeof *chunk + count * pool->size);
    if (!chunk) {
        sim_fail_memory(pool->node->sim);
        return;
    }
    chunk->count = count;
    chunk->next = pool->chunks;
    pool->chunks = chunk;
    if (pool->next_chunk < CHUNK_MOST)
        pool->next_chunk *= 2;
    free_all(pool, chunk);
}

void sim_table_pool_reset(struct sim_table_pool *pool)
{
    pool->free = NULL;
    pool->taken = 0;
    for (struct sim_table_chunk *chunk = pool->chunks; chunk; chunk = chunk->next)
        free_all(pool, chunk);
}

/* ---- maps --------------------------------------------------------------------------------- */

#define FIRST_HEADS 64

int sim_table_map_init(struct sim_table_map *map, const struct sim_node *node, size_t size)
{
    assert(size >= sizeof(struct sim_table_link));
    sim_table_pool_init(&map->pool, node, size);
    map->heads = sim_node_alloc(node, FIRST_HEADS, sizeof *map->heads);
    map->mask = FIRST_HEADS - 1;
    return map->heads ? 0 : -1;
}

void sim_table_map_clear(struct sim_table_map *map)
{
    memset(map->heads, 0, (map->mask + 1) * sizeof *map->heads);
    sim_table_pool_reset(&map->pool);
}

/* Doubles the heads; if there is no memory for them, the chains grow instead. */
static void widen(struct sim_table_map *map)
{
    uint64_t old_count = map->mask + 1;
    struct sim_table_link **old = map->heads;
    struct sim_table_link **heads = sim_node_alloc(map->pool.node, old_count * 2, sizeof *heads);
    if (!heads)
        return;
    map->heads = heads;
    map->mask = old_count * 2 - 1;
    for (uint64_t i = 0; i < old_count; i++) {
        struct sim_table_link *next;
        for (struct sim_table_link *link = old[i]; link; link = next) {
            next = link->next;
            struct sim_table_link **head = sim_table_map_head(map, link->key);
            link->next = *head;
            *head = link;
        }
    }
}

void *sim_table_map_add(struct sim_table_map *map, uint64_t key)
{
    if (map->pool.taken > map->mask)
        widen(map);
    struct sim_table_link *link = sim_table_pool_take(&map->pool);
    if (!link)
        return NULL;
    memset(link, 0, map->pool.size);
    struct sim_table_link **head = sim_table_map_head(map, key);
    link->key = key;
    link->next = *head;
    *head = link;
    return link;
}

void sim_table_map_drop(struct sim_table_map *map, void *record)
{
    struct sim_table_link **at = sim_table_map_head(map, ((struct sim_table_link *)record)->key);
    while (*at != record)
        at = &(*at)->next;
    assert(*at != NULL);
    *at = (*at)->next;
    sim_table_pool_give(&map->pool, record);
}
