/* entries.c - the entries of a cache: versions with lifetimes, of one node or shared by all. */
#include "sim/entries.h"

const char *const sim_entries_policies[] = {"lru", NULL};
const char *const sim_entries_expiries[] = {"fixed", "sliding", NULL};
const char *const sim_entries_sharings[] = {"own", "shared", NULL};

const struct sim_usage sim_entries_usages[] = {
    SIM_ROW(.name = "storage", .meter = "bytes", .split = SIM_SPLIT_NONE,
            .doc = "Values kept, expired ones too."),
    {.name = NULL},
};

/* The lifetime of entries from now on, ns; 0: they have none. */
static double lifetime(const struct sim_entries *e)
{
    return e->ttl > 0 ? (double)e->ttl : 0;
}

static sim_time longest(const struct sim_entries *e)
{
    return sim_time_nearest(lifetime(e) * (1 + e->ttl_jitter)) + e->stale_window + 1;
}

int sim_entries_init(struct sim_entries *e, struct sim_node *node, bool takes_time)
{
    e->node = node;
    e->takes_time = takes_time;
    sim_node_stream(node, "jitter", &e->jitter);
    e->store = e->sharing == SIM_ENTRIES_SHARED ? sim_component_shared(node, sizeof *e->store)
                                                : &e->own;
    if (!e->store || (!e->store->ready && sim_refill_init(&e->store->refills, node) != 0))
        return -1;
    e->store->ready = true;
    sim_entries_changed(e);
    return 0;
}

static int follow_copies(struct sim_entries *e, const struct sim_keyspace *space)
{
    struct sim_entries_store *s = e->store;
    if (space->subjects == 0 || e->node->copies == NULL)
        return 0;
    s->due = sim_node_alloc(e->node, (size_t)s->table.buckets * SIM_TABLE_BUCKET, sizeof *s->due);
    return s->due ? 0 : -1;
}

static void adopt(struct sim_entries *e, struct sim_keyspace *space)
{
    struct sim_entries_store *s = e->store;
    uint64_t most = (uint64_t)e->capacity < space->count ? (uint64_t)e->capacity : space->count;
    int made = sim_table_init(&s->table, e->node, most, s->longest, e->takes_time);
    if (made == 0 && e->takes_time) {
        s->took = sim_node_alloc(e->node, (size_t)s->table.buckets * SIM_TABLE_BUCKET,
                                 sizeof *s->took);
        made = s->took ? 0 : -1;
    }
    if (made == 0)
        made = follow_copies(e, space);
    if (made == 0)
        s->space = space;
    else
        sim_fail_memory(e->node->sim);
}

bool sim_entries_covers(struct sim_entries *e, struct sim_keyspace *space)
{
    if (space && !e->store->space && space->count <= SIM_TABLE_KEYS)
        adopt(e, space);
    return space && space == e->store->space;
}

static void count_entries(struct sim_entries *e, uint32_t before, int64_t bytes)
{
    int64_t change = (int64_t)e->store->table.count - before;
    if (change != 0)
        sim_gauge_add(&e->entries, sim_now(e->node->sim), change);
    if (bytes != 0)
        sim_gauge_add(&e->bytes, sim_now(e->node->sim), bytes);
    e->store->bytes += bytes;
}

/* ---- copies: where the keyspace has subjects ------------------------------------------------- */

/* The node that holds the entries: shared ones are held by the first. */
static struct sim_node *holder(const struct sim_entries *e)
{
    return e->sharing == SIM_ENTRIES_SHARED ? sim_peer(e->node, 0) : e->node;
}

static void copy_gone(struct sim_entries *e, uint32_t place, uint64_t key)
{
    struct sim_entries_store *s = e->store;
    if (s->due == NULL || s->due[place] == 0)
        return;
    s->due[place] = 0;
    sim_copy_removed(holder(e), s->space, key);
}

static void look_whether_expired(struct sim *sim, void *self, sim_arg place);

/* The lifetime of an entry was set. Making it longer needs no new event: the entry is looked at
 * when it was due before. */
static void copy_lives(struct sim_entries *e, uint32_t place)
{
    struct sim_entries_store *s = e->store;
    if (s->due == NULL)
        return;
    sim_time expires = sim_table_expires(&s->table, place), due = s->due[place];
    if (due == 0)
        sim_copy_added(holder(e), s->space, s->table.keys[place] - 1);
    if (due != 0 && due <= expires)
        return;
    s->due[place] = expires;
    if (expires != SIM_NEVER)
        sim_at(e->node->sim, expires, look_whether_expired, e, (sim_arg){.u = place});
}

static void look_whether_expired(struct sim *sim, void *self, sim_arg arg)
{
    struct sim_entries *e = self;
    struct sim_entries_store *s = e->store;
    uint32_t place = (uint32_t)arg.u;
    if (s->due[place] != sim_now(sim)) /* it is due at another time now */
        return;
    sim_time expires = sim_table_expires(&s->table, place);
    if (expires <= sim_now(sim)) {
        copy_gone(e, place, s->table.keys[place] - 1);
        return;
    }
    s->due[place] = expires;
    if (expires != SIM_NEVER)
        sim_at(sim, expires, look_whether_expired, e, arg);
}

void sim_entries_visit(const struct sim_entries *e, sim_copy_visit *visit, void *self)
{
    const struct sim_table *table = &e->store->table;
    if (!e->store->space || holder(e) != e->node)
        return;
    /* entries that expire in this instant still count: their events may not have run */
    for (uint32_t place = table->oldest; place != SIM_TABLE_NONE;
         place = table->entries[place].newer)
        if (sim_table_expires(table, place) >= sim_now(e->node->sim))
            visit(self, e->store->space, table->keys[place] - 1);
}

/* ---- keeping and dropping -------------------------------------------------------------------- */

/* Draws and begins the lifetime of an entry. */
static void begin_life(struct sim_entries *e, uint32_t place)
{
    sim_time now = sim_now(e->node->sim), expires = SIM_NEVER;
    if (e->ttl != 0) {
        double life = lifetime(e);
        if (e->ttl_jitter > 0)
            life *= 1 + e->ttl_jitter * (2 * sim_draw_uniform(&e->jitter) - 1);
        expires = now + sim_time_nearest(life);
    }
    sim_table_expire_at(&e->store->table, place, now, expires);
    copy_lives(e, place);
}

struct sim_reply sim_entries_use(struct sim_entries *e, uint32_t place)
{
    struct sim_entries_store *s = e->store;
    sim_time now = sim_now(e->node->sim);
    if (e->expiry == SIM_ENTRIES_SLIDING && e->ttl > 0 && sim_table_expires(&s->table, place) > now)
        begin_life(e, place);
    sim_table_touch(&s->table, place);
    return (struct sim_reply){SIM_OK, s->table.entries[place].version,
                              sim_value_bytes(s->space, s->table.keys[place] - 1)};
}

void sim_entries_put(struct sim_entries *e, uint64_t key, uint32_t version, sim_time took)
{
    struct sim_entries_store *s = e->store;
    uint32_t before = s->table.count;
    bool evicted = false;
    uint32_t oldest = before == s->table.capacity ? sim_table_oldest(&s->table) : SIM_TABLE_NONE;
    uint64_t out = oldest == SIM_TABLE_NONE ? 0 : s->table.keys[oldest] - 1;
    uint32_t place = sim_table_put(&s->table, (uint32_t)key, &evicted);
    sim_count_by(&e->evictions, evicted);
    int64_t bytes = evicted || s->table.count != before ? sim_value_bytes(s->space, key) : 0;
    if (evicted) {
        bytes -= sim_value_bytes(s->space, out);
        copy_gone(e, oldest, out);
    }
    count_entries(e, before, bytes);
    s->table.entries[place].version = version;
    if (s->took)
        s->took[place] = sim_entries_pack(took);
    begin_life(e, place);
}

void sim_entries_drop(struct sim_entries *e, uint64_t key, bool as_stale)
{
    struct sim_table *table = &e->store->table;
    uint32_t place = sim_table_find(table, (uint32_t)key);
    if (place == SIM_TABLE_NONE)
        return;
    sim_time now = sim_now(e->node->sim);
    uint32_t before = table->count;
    int64_t bytes = 0;
    if (!as_stale) {
        bytes = -sim_value_bytes(e->store->space, key);
        copy_gone(e, place, key);
        sim_table_remove(table, place);
    } else if (sim_table_expires(table, place) > now) {
        sim_table_expire_at(table, place, now, now);
        if (e->store->due && e->store->due[place] != 0)
            copy_lives(e, place);
    }
    count_entries(e, before, bytes);
}

void sim_entries_clear(struct sim_entries *e, bool crash)
{
    uint32_t before = e->store->table.count;
    struct sim_entries_store *s = e->store;
    if (s->space)
        sim_table_clear(&s->table);
    if (s->due) {
        memset(s->due, 0, (size_t)s->table.buckets * SIM_TABLE_BUCKET * sizeof *s->due);
        sim_copies_cleared(holder(e), s->space);
    }
    if (crash)
        sim_refill_void_all(&s->refills);
    count_entries(e, before, -s->bytes);
}

void sim_entries_changed(struct sim_entries *e)
{
    struct sim_entries_store *s = e->store;
    if (longest(e) <= s->longest)
        return;
    s->longest = longest(e);
    if (s->space)
        sim_table_longest(&s->table, sim_now(e->node->sim), s->longest);
}

const char *sim_entries_check(const struct sim_entries *e)
{
    const struct sim_table *table = &e->store->table;
    uint32_t linked = 0;
    int64_t bytes = 0;
    if (!e->store->space)
        return NULL;
    for (uint32_t place = table->oldest; place != SIM_TABLE_NONE && linked <= table->count;
         place = table->entries[place].newer) {
        linked++;
        bytes += sim_value_bytes(e->store->space, table->keys[place] - 1);
    }
    if (linked != table->count || table->count > table->capacity)
        return "keys kept are not those counted, or more than there is room for";
    if (bytes != e->store->bytes)
        return "bytes of the keys kept are not those counted";
    return NULL;
}

/* Each key is passed on once, and again after each lifetime; all requests are, if there is no
 * room. */
void sim_entries_foresee(const struct sim_entries *e, const struct sim_extent *of,
                         struct sim_foreseen *out)
{
    double stores = e->sharing == SIM_ENTRIES_SHARED ? 1 : of->nodes, keys = (double)of->keys;
    double room = (double)e->capacity;
    double lives = 1e9 / (double)of->duration + (e->ttl > 0 ? 1e9 / (double)e->ttl : 0);
    if (keys > 0 && keys <= room)
        out->passes = keys * stores * lives;
    out->what = "keys of its stores";
    out->count = stores * (keys < room ? keys : room);
    out->each = 24; /* sim/table.h */
    out->as_used = true;
}
