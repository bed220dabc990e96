/* kept.c - what a cache keeps: a table of versions with lifetimes, of one node or of all. */
#include "sim/kept.h"

const char *const sim_kept_policies[] = {"lru", NULL};
const char *const sim_kept_expiries[] = {"fixed", "sliding", NULL};
const char *const sim_kept_sharings[] = {"own", "shared", NULL};

static sim_time longest(const struct sim_kept *k)
{
    return sim_time_nearest((double)k->ttl * (1 + k->ttl_jitter)) + k->stale_window + 1;
}

int sim_kept_init(struct sim_kept *k, struct sim_node *node, bool takes_time)
{
    k->node = node;
    k->takes_time = takes_time;
    sim_node_stream(node, "jitter", &k->jitter);
    k->store = k->sharing == SIM_KEPT_SHARED ? sim_component_shared(node, sizeof *k->store)
                                             : &k->own;
    if (!k->store || (!k->store->ready && sim_refill_init(&k->store->refills, node) != 0))
        return -1;
    k->store->ready = true;
    sim_kept_changed(k);
    return 0;
}

static void adopt(struct sim_kept *k, struct sim_keyspace *space)
{
    struct sim_kept_store *s = k->store;
    uint64_t most = (uint64_t)k->capacity < space->count ? (uint64_t)k->capacity : space->count;
    int made = sim_table_init(&s->table, k->node, most, s->longest);
    if (made == 0 && k->takes_time) {
        s->took = sim_node_alloc(k->node, (size_t)s->table.buckets * SIM_TABLE_BUCKET,
                                 sizeof *s->took);
        made = s->took ? 0 : -1;
    }
    if (made == 0)
        s->space = space;
    else
        sim_fail_memory(k->node->sim);
}

bool sim_kept_covers(struct sim_kept *k, struct sim_keyspace *space)
{
    if (space && !k->store->space && space->count <= SIM_TABLE_KEYS)
        adopt(k, space);
    return space && space == k->store->space;
}

struct sim_reply sim_kept_use(struct sim_kept *k, uint32_t place)
{
    struct sim_kept_store *s = k->store;
    sim_time now = sim_now(k->node->sim);
    if (k->expiry == SIM_KEPT_SLIDING && k->ttl > 0 && sim_table_expires(&s->table, place) > now)
        sim_table_expire_at(&s->table, place, now, now + k->ttl);
    sim_table_touch(&s->table, place);
    return (struct sim_reply){SIM_OK, s->table.entries[place].version,
                              sim_value_bytes(s->space, s->table.keys[place] - 1)};
}

static void count_entries(struct sim_kept *k, uint32_t before)
{
    int64_t change = (int64_t)k->store->table.count - before;
    if (change != 0)
        sim_gauge_add(&k->entries, sim_now(k->node->sim), change);
}

void sim_kept_put(struct sim_kept *k, uint64_t key, uint32_t version, sim_time took)
{
    struct sim_kept_store *s = k->store;
    sim_time now = sim_now(k->node->sim);
    uint32_t before = s->table.count;
    bool evicted = false;
    uint32_t place = sim_table_put(&s->table, (uint32_t)key, &evicted);
    sim_count_by(&k->evictions, evicted);
    count_entries(k, before);
    s->table.entries[place].version = version;
    if (s->took)
        s->took[place] = (float)took;
    sim_time expires = SIM_NEVER;
    if (k->ttl > 0) {
        double life = (double)k->ttl;
        if (k->ttl_jitter > 0)
            life *= 1 + k->ttl_jitter * (2 * sim_draw_uniform(&k->jitter) - 1);
        expires = now + sim_time_nearest(life);
    }
    sim_table_expire_at(&s->table, place, now, expires);
}

void sim_kept_drop(struct sim_kept *k, uint64_t key, bool as_stale)
{
    struct sim_table *table = &k->store->table;
    uint32_t place = sim_table_find(table, (uint32_t)key);
    if (place == SIM_TABLE_NONE)
        return;
    sim_time now = sim_now(k->node->sim);
    uint32_t before = table->count;
    if (!as_stale)
        sim_table_remove(table, place);
    else if (sim_table_expires(table, place) > now)
        sim_table_expire_at(table, place, now, now);
    count_entries(k, before);
}

void sim_kept_clear(struct sim_kept *k, bool crash)
{
    uint32_t before = k->store->table.count;
    if (k->store->space)
        sim_table_clear(&k->store->table);
    if (crash)
        sim_refill_void_all(&k->store->refills);
    count_entries(k, before);
}

void sim_kept_changed(struct sim_kept *k)
{
    struct sim_kept_store *s = k->store;
    if (longest(k) <= s->longest)
        return;
    s->longest = longest(k);
    if (s->space)
        sim_table_longest(&s->table, sim_now(k->node->sim), s->longest);
}

const char *sim_kept_check(const struct sim_kept *k)
{
    const struct sim_table *table = &k->store->table;
    uint32_t linked = 0;
    if (!k->store->space)
        return NULL;
    for (uint32_t place = table->oldest; place != SIM_TABLE_NONE && linked <= table->count;
         place = table->entries[place].newer)
        linked++;
    if (linked != table->count || table->count > table->capacity)
        return "keys kept are not those counted, or more than there is room for";
    return NULL;
}
