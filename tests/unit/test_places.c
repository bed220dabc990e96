/* test_places.c - the numbers of a component are found in a record, wherever they stand. */
#include "sim/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Those of "a" stand in two places, as those do that are asked for and come last. */
static const char *const names[] = {"a", "a", "b", "ab", "ab", "a", "c"};
enum { COUNT = sizeof names / sizeof *names };

static struct sim_record *record_new(void)
{
    struct sim_record *record = calloc(1, sizeof *record);
    assert_non_null(record);
    record->metrics = calloc(COUNT, sizeof *record->metrics);
    assert_non_null(record->metrics);
    record->metric_count = COUNT;
    for (uint32_t i = 0; i < COUNT; i++)
        record->metrics[i].component = names[i];
    return record;
}

/* How many numbers are looked at to find those of a component, and how many are its. */
static uint32_t looked_at(const struct sim_record *record, const char *name, uint32_t *its)
{
    struct sim_record_run run = {0};
    uint32_t steps = 0, before = 0;
    *its = 0;
    while (sim_record_next(record, SIM_LIST_METRICS, name, strlen(name), &run)) {
        assert_true(run.first >= before && run.end <= record->metric_count);
        before = run.end;
        steps += run.end - run.first;
        for (uint32_t i = run.first; i < run.end; i++)
            *its += strcmp(record->metrics[i].component, name) == 0;
    }
    return steps;
}

static void each_is_found(void **state)
{
    (void)state;
    struct sim_record *record = record_new();
    uint32_t its;
    assert_int_equal(looked_at(record, "a", &its), COUNT); /* nothing was noted: all of it */
    assert_int_equal(its, 3);
    assert_int_equal(sim_record_place(record), 0);
    assert_int_equal(looked_at(record, "a", &its), 3);
    assert_int_equal(its, 3);
    assert_int_equal(looked_at(record, "ab", &its), 2);
    assert_int_equal(its, 2);
    assert_int_equal(looked_at(record, "c", &its), 1);
    assert_int_equal(looked_at(record, "abc", &its), 0);
    record->metric_count--; /* another list: what was noted is not believed */
    assert_int_equal(looked_at(record, "a", &its), COUNT - 1);
    assert_int_equal(its, 3);
    sim_record_free(record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_is_found)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
