/* test_table.c - the keyed store, pools, maps and tokens against the plainest code that does the
 * same. They run inside the init() of a model, as all their memory is a node's. */
#include "sim/entries.h"
#include "sim/refill.h"
#include "sim/table.h"
#include "sim/world.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct probe {
    struct sim_node node;
};

static void (*probed)(struct sim_node *);

static int probe_init(struct sim_node *self, struct sim_error *error)
{
    (void)error;
    probed(self);
    return 0;
}

static const struct sim_model probe_model = {.name = "probe",
                                             .summary = "Runs a test.",
                                             .source = "this test",
                                             .size = sizeof(struct probe),
                                             .init = probe_init};

static void probe(void (*what)(struct sim_node *))
{
    struct probe image = {0};
    struct sim_plan_component component = {.name = "probe",
                                           .model = &probe_model,
                                           .region = SIM_NOWHERE,
                                           .nodes = 1,
                                           .image = &image,
                                           .policy.retry.attempts = 1};
    struct sim_plan plan = {.title = "t",
                            .duration = SIM_SECOND,
                            .interval = SIM_SECOND,
                            .components = &component,
                            .component_count = 1};
    struct sim_error error = {""};
    probed = what;
    struct sim_world *world = sim_world_new(&plan, 1, 0, &error);
    assert_non_null(world);
    sim_world_free(world);
}

/* ---- the keyed store ------------------------------------------------------------------------ */

enum { KEYS = 300, CAPACITY = 100, STEPS = 200000 };

/* The plainest LRU: keys by age, oldest first. */
struct plain {
    uint32_t keys[CAPACITY], versions[CAPACITY];
    sim_time expires[CAPACITY];
    uint32_t count;
};

static uint32_t plain_find(const struct plain *p, uint32_t key)
{
    for (uint32_t i = 0; i < p->count; i++)
        if (p->keys[i] == key)
            return i;
    return UINT32_MAX;
}

static void plain_remove(struct plain *p, uint32_t at)
{
    size_t after = --p->count - at;
    memmove(p->keys + at, p->keys + at + 1, after * sizeof *p->keys);
    memmove(p->versions + at, p->versions + at + 1, after * sizeof *p->versions);
    memmove(p->expires + at, p->expires + at + 1, after * sizeof *p->expires);
}

static void plain_put(struct plain *p, uint32_t key, uint32_t version, sim_time expires)
{
    uint32_t at = plain_find(p, key);
    if (at != UINT32_MAX)
        plain_remove(p, at);
    else if (p->count == CAPACITY)
        plain_remove(p, 0);
    p->keys[p->count] = key;
    p->versions[p->count] = version;
    p->expires[p->count++] = expires;
}

static void same(struct sim_table *t, const struct plain *p, sim_time now, sim_time longest)
{
    uint32_t place = sim_table_oldest(t);
    assert_int_equal(t->count, p->count);
    for (uint32_t i = 0; i < p->count; i++, place = t->entries[place].newer) {
        assert_int_equal(t->keys[place], p->keys[i] + 1);
        assert_int_equal(t->entries[place].version, p->versions[i]);
        sim_time expires = sim_table_expires(t, place);
        if (p->expires[i] > now - longest) /* at most a tick late */
            assert_in_range(expires - p->expires[i], 0, ((sim_time)1 << t->shift) - 1);
        else if (expires != p->expires[i])
            assert_true(expires <= now - longest);
    }
    assert_true(place == SIM_TABLE_NONE);
}

static void run_table(struct sim_node *node)
{
    static const sim_time longest[] = {60 * SIM_SECOND, 5, 86400 * SIM_SECOND};
    struct sim_stream draws;
    sim_node_stream(node, "test", &draws);
    for (size_t round = 0; round < 6; round++) {
        struct sim_table t;
        struct plain p = {.count = 0};
        sim_time now = 0, most = longest[round % 3];
        bool dense = round >= 3;
        assert_int_equal(sim_table_init(&t, node, CAPACITY, most, dense), 0);
        for (uint32_t step = 1; step <= STEPS; step++) {
            uint32_t key = (uint32_t)sim_draw_below(&draws, KEYS);
            uint32_t at = plain_find(&p, key), place = sim_table_find(&t, key);
            now += (sim_time)sim_draw_below(&draws, (uint64_t)most / 500 + 2);
            assert_true((place == SIM_TABLE_NONE) == (at == UINT32_MAX));
            if (place == SIM_TABLE_NONE || sim_draw_chance(&draws, 0.3)) {
                bool evicted = false, full = p.count == CAPACITY && at == UINT32_MAX;
                sim_time expires = now + (sim_time)sim_draw_below(&draws, (uint64_t)most);
                place = sim_table_put(&t, key, &evicted);
                t.entries[place].version = step;
                sim_table_expire_at(&t, place, now, expires);
                plain_put(&p, key, step, expires);
                assert_int_equal(evicted, full);
            } else if (sim_draw_chance(&draws, 0.1)) {
                sim_table_remove(&t, place);
                plain_remove(&p, at);
            } else {
                sim_table_touch(&t, place);
                plain_put(&p, key, p.versions[at], p.expires[at]);
            }
            if (step % 1000 == 0)
                same(&t, &p, now, most);
        }
        sim_table_clear(&t);
        p.count = 0;
        same(&t, &p, now, most);
        assert_int_equal(sim_table_find(&t, 1), SIM_TABLE_NONE);
    }
}

static void the_table_is_the_plainest_lru(void **state)
{
    (void)state;
    probe(run_table);
}

/* Durations in 16 bits: near both ends of every power of two, and beside the exact ones. */
static void durations_are_packed_to_a_2048th(void **state)
{
    (void)state;
    double worst = 0;
    for (sim_time ns = 0; ns < 4096; ns++)
        assert_true(ns >= 2048 || sim_entries_unpack(sim_entries_pack(ns)) == (double)ns);
    for (int power = 12; power < 63; power++) {
        sim_time step = (sim_time)1 << (power - 12);
        for (sim_time i = 0; i < 4096; i++) {
            sim_time ns = ((sim_time)1 << power) + (i - 1024) * step;
            double error = sim_entries_unpack(sim_entries_pack(ns)) / (double)ns - 1;
            worst = fmax(worst, fabs(error));
        }
    }
    assert_true(worst <= 0x1p-11 && worst > 0x1p-12);
    assert_true(sim_entries_unpack(sim_entries_pack(SIM_NEVER)) == 0x1p63);
}

/* ---- maps, pools and tokens ----------------------------------------------------------------- */

struct entry {
    struct sim_table_link link;
    uint64_t value;
};

static void run_map(struct sim_node *node)
{
    static uint64_t plain[5000]; /* 0: none */
    struct sim_table_map map;
    struct sim_stream draws;
    uint32_t count = 0;
    sim_node_stream(node, "test", &draws);
    assert_int_equal(sim_table_map_init(&map, node, sizeof(struct entry)), 0);
    for (uint64_t step = 1; step <= 100000; step++) {
        uint64_t key = sim_draw_below(&draws, 5000);
        struct entry *e = sim_table_map_find(&map, key);
        assert_int_equal(e ? e->value : 0, plain[key]);
        if (e && sim_draw_chance(&draws, 0.5)) {
            sim_table_map_drop(&map, e);
            plain[key] = 0;
            count--;
        } else if (!e) {
            e = sim_table_map_add(&map, key);
            assert_non_null(e);
            assert_int_equal(e->value, 0);
            e->value = plain[key] = step;
            count++;
        }
        assert_int_equal(map.pool.taken, count);
    }
    sim_table_map_clear(&map);
    assert_null(sim_table_map_find(&map, 1));
    memset(plain, 0, sizeof plain);
}

static void a_map_finds_what_was_added_and_not_dropped(void **state)
{
    (void)state;
    probe(run_map);
}

static void run_tokens(struct sim_node *node)
{
    struct sim_refills r;
    assert_int_equal(sim_refill_init(&r, node), 0);
    uint64_t first = sim_refill_take(&r, 5, 100, 10);
    assert_true(first != 0);
    assert_true(sim_refill_holds(&r, 5, first, 109));
    assert_true(sim_refill_holds(&r, 5, 0, 109));
    assert_int_equal(sim_refill_take(&r, 5, 109, 10), 0); /* another's */
    assert_true(sim_refill_take(&r, 6, 109, 10) != 0);    /* another key */
    assert_false(sim_refill_holds(&r, 5, first, 110));    /* expired */
    uint64_t second = sim_refill_take(&r, 5, 110, 10);
    assert_true(second != 0 && second != first);
    assert_false(sim_refill_holds(&r, 5, first, 111));
    sim_refill_void(&r, 5);
    assert_false(sim_refill_holds(&r, 5, second, 111));
    assert_int_equal(r.keys.pool.taken, 1); /* only that of key 6 is left */
}

static void a_token_has_one_holder_until_it_ends(void **state)
{
    (void)state;
    probe(run_tokens);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_the_plainest_lru),
        cmocka_unit_test(durations_are_packed_to_a_2048th),
        cmocka_unit_test(a_map_finds_what_was_added_and_not_dropped),
        cmocka_unit_test(a_token_has_one_holder_until_it_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
