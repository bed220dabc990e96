/* test_sweep.c - the cells that a sweep describes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the above first */
#include <cmocka.h>

#include "scenario/scenario.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A client, a server and a spare; `more` follows the components. */
static struct sim_scenario *load(const char *more, const struct sim_set *set)
{
    char text[4096];
    struct sim_diagnostics said = {.items = NULL};
    struct sim_load_options options = {.sets = set, .set_count = set != NULL};
    snprintf(text, sizeof text,
             "{\"schema_version\": 1, \"title\": \"t\", \"run\": {\"duration\": \"9s\", "
             "\"replications\": 3}, \"components\": {\n"
             "\"users\": {\"model\": \"client\", \"to\": \"server\", \"rate\": \"100/s\"},\n"
             "\"others\": {\"model\": \"client\", \"to\": \"server\", \"rate\": \"1/s\"},\n"
             "\"server\": {\"model\": \"service\", \"servers\": 1, \"service_time\": \"2ms\"}}%s}",
             more);
    struct sim_scenario *s = sim_scenario_parse("t.json", text, strlen(text), &options, &said);
    if (!s)
        sim_diagnostics_print(&said, stderr);
    sim_diagnostics_free(&said);
    return s;
}

static void expect_cells(const char *more, const char *const *names)
{
    struct sim_scenario *s = load(more, NULL);
    uint32_t n = 0;
    assert_non_null(s);
    for (; names[n]; n++) {
        assert_true(n < s->cell_count);
        assert_string_equal(s->cells[n].name, names[n]);
    }
    assert_int_equal(s->cell_count, n);
    sim_scenario_free(s);
}

/* Ends as written, between them the mean, geometric for log; whole where both ends are; in the
 * unit of the first. 10 to 1000 in 3 steps has the middle 100, by hand. */
static void ranges_run_from_end_to_end(void **state)
{
    (void)state;
    expect_cells(
        ", \"sweep\": {\"cross\": {\"components.users.rate\": {\"from\": \"10/s\", "
        "\"to\": \"1000/s\", \"steps\": 3, \"scale\": \"log\"}}}",
        (const char *const[]){"users.rate=10/s", "users.rate=100/s", "users.rate=1000/s", NULL});
    expect_cells(", \"sweep\": {\"cross\": {\"components.server.servers\": {\"from\": 1, "
                 "\"to\": 8, \"steps\": 4, \"scale\": \"log\"}}}",
                 (const char *const[]){"server.servers=1", "server.servers=2", "server.servers=4",
                                       "server.servers=8", NULL});
    expect_cells(", \"sweep\": {\"cross\": {\"components.server.service_time\": {\"from\": \"2s\", "
                 "\"to\": \"500ms\", \"steps\": 4}}}",
                 (const char *const[]){"server.service_time=2s", "server.service_time=1.5s",
                                       "server.service_time=1s", "server.service_time=0.5s", NULL});
    struct sim_scenario *s = load(", \"sweep\": {\"cross\": {\"components.users.rate\": {\"from\": "
                                  "\"1/s\", \"to\": \"2/s\", \"steps\": 4, \"scale\": \"log\"}}}",
                                  NULL);
    assert_true(fabs(s->cells[1].at[0] - cbrt(2)) < 1e-5); /* six digits */
    sim_scenario_free(s);
}

static void what_is_side_by_side_goes_together(void **state)
{
    (void)state;
    expect_cells(", \"sweep\": {\"zip\": {\"components.users.rate\": [\"10/s\", \"20/s\"], "
                 "\"components.server.servers\": [1, 2]}, \"cross\": {\"run.duration\": [\"5s\", "
                 "\"6s\"]}}",
                 (const char *const[]){"run.duration=5s, users.rate=10/s, server.servers=1",
                                       "run.duration=5s, users.rate=20/s, server.servers=2",
                                       "run.duration=6s, users.rate=10/s, server.servers=1",
                                       "run.duration=6s, users.rate=20/s, server.servers=2", NULL});
}

static void a_variable_has_a_name_and_several_places(void **state)
{
    (void)state;
    struct sim_scenario *s = load(
        ", \"sweep\": {\"variables\": {\"load\": [\"components.users.rate\", "
        "\"components.others.rate\"]}, \"cross\": {\"load\": [\"7/s\", \"8/s\"]}, "
        "\"repeat\": 5}",
        NULL);
    assert_int_equal(s->cell_count, 2);
    assert_string_equal(s->cells[1].name, "load=8/s");
    assert_int_equal(s->repeat, 5);
    assert_int_equal(s->replications, 3);
    double events = sim_plan_events(&s->cells[0].plan, NULL, 0);
    double more = sim_plan_events(&s->cells[1].plan, NULL, 0);
    assert_true(fabs(more / events - 8.0 / 7) < 0.01); /* both clients, not one */
    sim_scenario_free(s);
}

static void exclusions_leave_cells_out(void **state)
{
    (void)state;
    expect_cells(", \"sweep\": {\"cross\": {\"components.users.rate\": [\"1/s\", \"2/s\"], "
                 "\"components.server.servers\": [1, 2, 3]}, \"exclude\": ["
                 "{\"components.users.rate\": \"1/s\", \"components.server.servers\": [2, 3]}, "
                 "{\"components.server.servers\": 1, \"notes\": \"too small\"}]}",
                 (const char *const[]){"users.rate=2/s, server.servers=2",
                                       "users.rate=2/s, server.servers=3", NULL});
}

/* However it is written: a quantity in another unit, a whole number or not, a share in percent. */
static void exclusions_compare_quantities(void **state)
{
    (void)state;
    expect_cells(
        ", \"sweep\": {\"cross\": {\"components.users.timeout\": [\"1s\", \"2s\", \"3s\"], "
        "\"components.users.rate\": [\"1000/s\", \"5/s\"], "
        "\"components.server.servers\": [1000, 2]}, \"exclude\": ["
        "{\"components.users.timeout\": [\"1000ms\", \"2000 ms\"]}, "
        "{\"components.users.rate\": \"1k/s\"}, "
        "{\"components.server.servers\": 1e3}]}",
        (const char *const[]){"users.timeout=3s, users.rate=5/s, server.servers=2", NULL});
}

/* A variant without the component is run as it is, and has no cells. */
static void a_variant_without_what_is_swept_has_no_cells(void **state)
{
    (void)state;
    const char *more = ", \"variants\": {\"base\": {}, \"few\": {\"components\": {\"others\": "
                       "null}}}, \"sweep\": {\"cross\": {\"components.others.rate\": [\"1/s\", "
                       "\"2/s\"]}}";
    struct sim_scenario *s = load(more, NULL);
    assert_non_null(s);
    assert_int_equal(s->variant_count, 2);
    sim_scenario_free(s);
    expect_cells(more, (const char *const[]){"base \xC2\xB7 others.rate=1/s",
                                             "base \xC2\xB7 others.rate=2/s", NULL});
}

static const char *key_of(struct sim_scenario **s, const char *more, const struct sim_set *set)
{
    *s = load(more, set);
    assert_non_null(*s);
    return (*s)->variants[0].key;
}

/* The key of a case is of what is simulated: nothing said about it counts, any value does, and a
 * cell is the same case as a file that says so itself. */
static void keys_name_what_is_simulated(void **state)
{
    (void)state;
    struct sim_scenario *a, *b, *c, *d, *e;
    struct sim_set seed = {"run.seed", "5"}, servers = {"components.server.servers", "2"};
    const char *plain = key_of(&a, "", NULL);
    const char *said = key_of(&b,
                              ", \"notes\": \"n\", \"expect\": [{\"that\": \"users.latency.mean\", "
                              "\"at_most\": \"1s\"}]",
                              NULL);
    assert_int_equal(strlen(plain), 32);
    assert_string_equal(plain, said);
    assert_string_equal(plain, key_of(&c, "", &seed));
    const char *other = key_of(&d, "", &servers);
    assert_string_not_equal(plain, other);
    e = load(", \"sweep\": {\"cross\": {\"components.server.servers\": [1, 2]}}", NULL);
    assert_string_equal(e->cells[0].key, plain);
    assert_string_equal(e->cells[1].key, other);
    sim_scenario_free(a);
    sim_scenario_free(b);
    sim_scenario_free(c);
    sim_scenario_free(d);
    sim_scenario_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_run_from_end_to_end),
        cmocka_unit_test(what_is_side_by_side_goes_together),
        cmocka_unit_test(a_variable_has_a_name_and_several_places),
        cmocka_unit_test(exclusions_leave_cells_out),
        cmocka_unit_test(exclusions_compare_quantities),
        cmocka_unit_test(a_variant_without_what_is_swept_has_no_cells),
        cmocka_unit_test(keys_name_what_is_simulated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
