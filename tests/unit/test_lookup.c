/* test_lookup.c - numbers by name and by pair: found again, told apart, and out of memory. */
#include "base/lookup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 10000 };

static void names_are_found(void **state)
{
    (void)state;
    static char names[MANY][8];
    struct sim_lookup lookup = {0};
    assert_int_equal(sim_lookup_get(&lookup, "0", 1), SIM_LOOKUP_NONE);
    for (uint32_t i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof names[i], "%u", i);
        assert_int_equal(sim_lookup_put(&lookup, names[i], strlen(names[i]), i), i);
    }
    assert_int_equal(lookup.count, MANY);
    for (uint32_t i = 0; i < MANY; i++) {
        char text[8];
        snprintf(text, sizeof text, "%u", i);
        assert_int_equal(sim_lookup_get(&lookup, text, strlen(text)), i);
    }
    assert_int_equal(sim_lookup_get(&lookup, "10000", 5), SIM_LOOKUP_NONE);
    sim_lookup_free(&lookup);
    assert_int_equal(sim_lookup_get(&lookup, "0", 1), SIM_LOOKUP_NONE);
}

static void the_first_number_stays(void **state)
{
    (void)state;
    struct sim_lookup lookup = {0};
    assert_int_equal(sim_lookup_put(&lookup, "cache", 5, 3), 3);
    assert_int_equal(sim_lookup_put(&lookup, "cache", 5, 4), 3);
    assert_int_equal(sim_lookup_put(&lookup, "caches", 6, 5), 5); /* a beginning is another name */
    assert_int_equal(sim_lookup_put(&lookup, "", 0, 6), 6);
    assert_int_equal(sim_lookup_get(&lookup, "cache", 5), 3);
    assert_int_equal(sim_lookup_get(&lookup, "", 0), 6);
    assert_int_equal(lookup.count, 3);
    sim_lookup_free(&lookup);
}

static void pairs_are_found(void **state)
{
    (void)state;
    struct sim_lookup lookup = {0};
    for (uint32_t a = 0; a < 100; a++)
        for (uint32_t b = 0; b < 100; b++)
            assert_int_equal(sim_lookup_put_pair(&lookup, a, b, 100 * a + b), 100 * a + b);
    assert_int_equal(lookup.count, 10000);
    for (uint32_t a = 0; a < 100; a++)
        for (uint32_t b = 0; b < 100; b++)
            assert_int_equal(sim_lookup_get_pair(&lookup, a, b), 100 * a + b);
    assert_int_equal(sim_lookup_get_pair(&lookup, 0, 100), SIM_LOOKUP_NONE);
    assert_int_equal(sim_lookup_put_pair(&lookup, UINT32_MAX, UINT32_MAX, 1), 1);
    assert_int_equal(sim_lookup_get_pair(&lookup, UINT32_MAX, UINT32_MAX), 1);
    sim_lookup_free(&lookup);
}

static void cleared_it_is_empty(void **state)
{
    (void)state;
    struct sim_arena arena = {0};
    struct sim_lookup lookup = {.arena = &arena};
    for (uint32_t i = 0; i < 100; i++)
        sim_lookup_put_pair(&lookup, i, 1, i);
    sim_lookup_clear(&lookup);
    assert_int_equal(lookup.count, 0);
    assert_int_equal(sim_lookup_get_pair(&lookup, 7, 1), SIM_LOOKUP_NONE);
    assert_int_equal(sim_lookup_put_pair(&lookup, 7, 1, 8), 8);
    sim_lookup_free(&lookup);
    sim_arena_free(&arena);
}

static bool refuse(void *self, size_t bytes)
{
    return bytes <= *(const size_t *)self;
}

static void memory_runs_out(void **state)
{
    (void)state;
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    size_t most = 1024;
    struct sim_arena arena = {.allow = refuse, .allow_self = &most};
    struct sim_lookup lookup = {.arena = &arena};
    uint32_t n = 0;
    while (n < 26 && sim_lookup_put(&lookup, letters + n, 1, n) == n)
        n++;
    assert_true(n > 0 && n < 26);
    assert_true(lookup.failed);
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(sim_lookup_get(&lookup, letters + i, 1), i);
    assert_int_equal(sim_lookup_get(&lookup, letters + n, 1), SIM_LOOKUP_NONE);
    sim_lookup_free(&lookup);
    sim_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_found),
        cmocka_unit_test(the_first_number_stays),
        cmocka_unit_test(pairs_are_found),
        cmocka_unit_test(cleared_it_is_empty),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
