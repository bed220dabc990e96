/* kept.c - what a cache keeps: a table of versions with lifetimes, of one node or of all. */
#include "sim/kept.h"

const char *const sim_kept_policies[] = {"lru", NULL};
const char *const sim_kept_expiries[] = {"fixed", "sliding", NULL};
const char *const sim_kept_sharings[] = {"own", "shared", NULL};

const struct sim_usage sim_kept_usages[] = {
    SIM_ROW(.name = "storage", .meter = "bytes", .split = SIM_SPLIT_NONE,
            .doc = "Values kept, expired ones too."),
    {.name = NULL},
};

/* Of what is kept from now on; only where there is a lifetime. */
static double lifetime(const struct sim_kept *k)
{
    return k->ttl > 0 ? (double)k->ttl : 0;
}

static sim_time longest(const struct sim_kept *k)
{
    return sim_time_nearest(lifetime(k) * (1 + k->ttl_jitter)) + k->stale_window + 1;
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

static int follow_copies(struct sim_kept *k, const struct sim_keyspace *space)
{
    struct sim_kept_store *s = k->store;
    if (space->subjects == 0 || k->node->copies == NULL)
        return 0;
    s->due = sim_node_alloc(k->node, (size_t)s->table.buckets * SIM_TABLE_BUCKET, sizeof *s->due);
    return s->due ? 0 : -1;
}

static void adopt(struct sim_kept *k, struct sim_keyspace *space)
{
    struct sim_kept_store *s = k->store;
    uint64_t most = (uint64_t)k->capacity < space->count ? (uint64_t)k->capacity : space->count;
    int made = sim_table_init(&s->table, k->node, most, s->longest, k->takes_time);
    if (made == 0 && k->takes_time) {
        s->took = sim_node_alloc(k->node, (size_t)s->table.buckets * SIM_TABLE_BUCKET,
                                 sizeof *s->took);
        made = s->took ? 0 : -1;
    }
    if (made == 0)
        made = follow_copies(k, space);
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

static void count_entries(struct sim_kept *k, uint32_t before, int64_t bytes)
{
    int64_t change = (int64_t)k->store->table.count - before;
    if (change != 0)
        sim_gauge_add(&k->entries, sim_now(k->node->sim), change);
    if (bytes != 0)
        sim_gauge_add(&k->bytes, sim_now(k->node->sim), bytes);
    k->store->bytes += bytes;
}

/* ---- copies: where the keyspace has subjects ------------------------------------------------- */

/* What all nodes share is held by the first. */
static struct sim_node *holder(const struct sim_kept *k)
{
    return k->sharing == SIM_KEPT_SHARED ? sim_peer(k->node, 0) : k->node;
}

static void copy_gone(struct sim_kept *k, uint32_t place, uint64_t key)
{
    struct sim_kept_store *s = k->store;
    if (s->due == NULL || s->due[place] == 0)
        return;
    s->due[place] = 0;
    sim_copy_removed(holder(k), s->space, key);
}

static void look_whether_expired(struct sim *sim, void *self, sim_arg place);

/* The lifetime of what is in a place was set. It may be made longer without a word: it is looked at
 * when it was due before. */
static void copy_lives(struct sim_kept *k, uint32_t place)
{
    struct sim_kept_store *s = k->store;
    if (s->due == NULL)
        return;
    sim_time expires = sim_table_expires(&s->table, place), due = s->due[place];
    if (due == 0)
        sim_copy_added(holder(k), s->space, s->table.keys[place] - 1);
    if (due != 0 && due <= expires)
        return;
    s->due[place] = expires;
    if (expires != SIM_NEVER)
        sim_at(k->node->sim, expires, look_whether_expired, k, (sim_arg){.u = place});
}

static void look_whether_expired(struct sim *sim, void *self, sim_arg arg)
{
    struct sim_kept *k = self;
    struct sim_kept_store *s = k->store;
    uint32_t place = (uint32_t)arg.u;
    if (s->due[place] != sim_now(sim)) /* looked at later, or earlier */
        return;
    sim_time expires = sim_table_expires(&s->table, place);
    if (expires <= sim_now(sim)) {
        copy_gone(k, place, s->table.keys[place] - 1);
        return;
    }
    s->due[place] = expires;
    if (expires != SIM_NEVER)
        sim_at(sim, expires, look_whether_expired, k, arg);
}

void sim_kept_visit(const struct sim_kept *k, sim_copy_visit *visit, void *self)
{
    const struct sim_table *table = &k->store->table;
    if (!k->store->space || holder(k) != k->node)
        return;
    /* what expires at this very instant has not been looked at yet */
    for (uint32_t place = table->oldest; place != SIM_TABLE_NONE;
         place = table->entries[place].newer)
        if (sim_table_expires(table, place) >= sim_now(k->node->sim))
            visit(self, k->store->space, table->keys[place] - 1);
}

/* ---- keeping and dropping -------------------------------------------------------------------- */

/* Begins the lifetime of what is in a place, which is drawn. */
static void begin_life(struct sim_kept *k, uint32_t place)
{
    sim_time now = sim_now(k->node->sim), expires = SIM_NEVER;
    if (k->ttl != 0) {
        double life = lifetime(k);
        if (k->ttl_jitter > 0)
            life *= 1 + k->ttl_jitter * (2 * sim_draw_uniform(&k->jitter) - 1);
        expires = now + sim_time_nearest(life);
    }
    sim_table_expire_at(&k->store->table, place, now, expires);
    copy_lives(k, place);
}

struct sim_reply sim_kept_use(struct sim_kept *k, uint32_t place)
{
    struct sim_kept_store *s = k->store;
    sim_time now = sim_now(k->node->sim);
    if (k->expiry == SIM_KEPT_SLIDING && k->ttl > 0 && sim_table_expires(&s->table, place) > now)
        begin_life(k, place);
    sim_table_touch(&s->table, place);
    return (struct sim_reply){SIM_OK, s->table.entries[place].version,
                              sim_value_bytes(s->space, s->table.keys[place] - 1)};
}

void sim_kept_put(struct sim_kept *k, uint64_t key, uint32_t version, sim_time took)
{
    struct sim_kept_store *s = k->store;
    uint32_t before = s->table.count;
    bool evicted = false;
    uint32_t oldest = before == s->table.capacity ? sim_table_oldest(&s->table) : SIM_TABLE_NONE;
    uint64_t out = oldest == SIM_TABLE_NONE ? 0 : s->table.keys[oldest] - 1;
    uint32_t place = sim_table_put(&s->table, (uint32_t)key, &evicted);
    sim_count_by(&k->evictions, evicted);
    int64_t bytes = evicted || s->table.count != before ? sim_value_bytes(s->space, key) : 0;
    if (evicted) {
        bytes -= sim_value_bytes(s->space, out);
        copy_gone(k, oldest, out);
    }
    count_entries(k, before, bytes);
    s->table.entries[place].version = version;
    if (s->took)
        s->took[place] = sim_kept_pack(took);
    begin_life(k, place);
}

void sim_kept_drop(struct sim_kept *k, uint64_t key, bool as_stale)
{
    struct sim_table *table = &k->store->table;
    uint32_t place = sim_table_find(table, (uint32_t)key);
    if (place == SIM_TABLE_NONE)
        return;
    sim_time now = sim_now(k->node->sim);
    uint32_t before = table->count;
    int64_t bytes = 0;
    if (!as_stale) {
        bytes = -sim_value_bytes(k->store->space, key);
        copy_gone(k, place, key);
        sim_table_remove(table, place);
    } else if (sim_table_expires(table, place) > now) {
        sim_table_expire_at(table, place, now, now);
        if (k->store->due && k->store->due[place] != 0)
            copy_lives(k, place);
    }
    count_entries(k, before, bytes);
}

void sim_kept_clear(struct sim_kept *k, bool crash)
{
    uint32_t before = k->store->table.count;
    struct sim_kept_store *s = k->store;
    if (s->space)
        sim_table_clear(&s->table);
    if (s->due) {
        memset(s->due, 0, (size_t)s->table.buckets * SIM_TABLE_BUCKET * sizeof *s->due);
        sim_copies_cleared(holder(k), s->space);
    }
    if (crash)
        sim_refill_void_all(&s->refills);
    count_entries(k, before, -s->bytes);
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
    int64_t bytes = 0;
    if (!k->store->space)
        return NULL;
    for (uint32_t place = table->oldest; place != SIM_TABLE_NONE && linked <= table->count;
         place = table->entries[place].newer) {
        linked++;
        bytes += sim_value_bytes(k->store->space, table->keys[place] - 1);
    }
    if (linked != table->count || table->count > table->capacity)
        return "keys kept are not those counted, or more than there is room for";
    if (bytes != k->store->bytes)
        return "bytes of the keys kept are not those counted";
    return NULL;
}

/* Each key is passed on once, and again after each lifetime; all where there is no room. */
void sim_kept_foresee(const struct sim_kept *k, const struct sim_extent *of,
                      struct sim_foreseen *out)
{
    double stores = k->sharing == SIM_KEPT_SHARED ? 1 : of->nodes, keys = (double)of->keys;
    double room = (double)k->capacity;
    double lives = 1e9 / (double)of->duration + (k->ttl > 0 ? 1e9 / (double)k->ttl : 0);
    if (keys > 0 && keys <= room)
        out->passes = keys * stores * lives;
    out->what = "keys of its stores";
    out->count = stores * (keys < room ? keys : room);
    out->each = 24; /* sim/table.h */
    out->as_used = true;
}
