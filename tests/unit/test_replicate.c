/* test_replicate.c - runs of cases x replications: added to, and what their streams share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the above first */
#include <cmocka.h>

#include "study/search/until.h"
#include "study/study.h"
#include "study/work/progress.h"

#include <stdio.h>
#include <string.h>

static const char text[] =
    "{\"schema_version\": 1, \"title\": \"t\",\n"
    " \"run\": {\"duration\": \"20s\", \"warmup\": \"1s\", \"replications\": 5},\n"
    " \"components\": {\n"
    "  \"users\": {\"model\": \"client\", \"to\": \"server\", \"rate\": \"100/s\"},\n"
    "  \"server\": {\"model\": \"service\", \"servers\": 1,\n"
    "   \"service_time\": {\"type\": \"exponential\", \"mean\": \"2ms\"}}},\n"
    " \"sweep\": {\"cross\":\n"
    "  {\"components.server.service_time.mean\": [\"2ms\", \"3ms\", \"4ms\"]}}}\n";

struct fixture {
    struct sim_scenario *scenario;
    struct sim_work_session session;
};

static int begin(void **state)
{
    static struct fixture f;
    struct sim_diagnostics said = {.items = NULL};
    struct sim_error error;
    f.scenario = sim_scenario_parse("t.json", text, strlen(text), NULL, &said);
    sim_diagnostics_print(&said, stderr);
    sim_diagnostics_free(&said);
    *state = &f;
    return f.scenario && sim_work_session_open(&f.session, &error) == 0 ? 0 : -1;
}

static int end(void **state)
{
    struct fixture *f = *state;
    sim_work_session_close(&f->session);
    sim_scenario_free(f->scenario);
    return 0;
}

static double metric(const struct sim_record *record, const char *that)
{
    uint32_t at = sim_aggregate_metric(record, that);
    assert_int_not_equal(at, UINT32_MAX);
    return record->metrics[at].value;
}

/* Two replications and then three more are the five that run at once. */
static void added_runs_are_those_of_one_go(void **state)
{
    struct fixture *f = *state;
    struct sim_error error;
    struct sim_runs once, twice;
    struct sim_replicate_options options = {.seed = 7, .replications = 5, .jobs = 2};
    const struct sim_case *cells = f->scenario->cells;
    uint32_t count = f->scenario->cell_count;
    assert_int_equal(sim_replicate(&f->session, cells, count, &options, &once, &error), 0);
    sim_runs_begin(&twice, cells, count, false);
    options.replications = 2;
    assert_int_equal(sim_replicate_more(&f->session, &options, &twice, &error), 0);
    assert_int_equal(twice.finished, 2 * count);
    options.replications = 3;
    assert_int_equal(sim_replicate_more(&f->session, &options, &twice, &error), 0);
    assert_int_equal(twice.finished, 5 * count);
    assert_int_equal(twice.replications, 5);
    for (uint32_t at = 0; at < count; at++) {
        for (uint32_t r = 0; r < 5; r++) {
            const struct sim_record *a = sim_runs_record(&once, at, r);
            const struct sim_record *b = sim_runs_record(&twice, at, r);
            assert_true(a->hash == b->hash && a->events == b->events);
            assert_int_equal(a->metric_count, b->metric_count);
            for (uint32_t m = 0; m < a->metric_count; m++)
                assert_string_equal(a->metrics[m].unit, b->metrics[m].unit);
        }
    }
    sim_runs_free(&once);
    sim_runs_free(&twice);
}

/* Replication k of every cell has the same load to the request (common random numbers), another
 * replication has not. */
static void a_replication_shares_its_streams_in_all_cells(void **state)
{
    struct fixture *f = *state;
    struct sim_error error;
    struct sim_runs runs;
    struct sim_replicate_options options = {.seed = 7, .replications = 5};
    assert_int_equal(sim_replicate(&f->session, f->scenario->cells, f->scenario->cell_count,
                                   &options, &runs, &error),
                     0);
    for (uint32_t r = 0; r < 5; r++) {
        double first = metric(sim_runs_record(&runs, 0, r), "users.requests.count");
        for (uint32_t at = 1; at < runs.case_count; at++) {
            const struct sim_record *record = sim_runs_record(&runs, at, r);
            assert_true(metric(record, "users.requests.count") == first);
            assert_true(record->hash != sim_runs_record(&runs, 0, r)->hash); /* but it differs */
        }
        if (r > 0)
            assert_true(first != metric(sim_runs_record(&runs, 0, 0), "users.requests.count"));
    }
    sim_runs_free(&runs);
}

static void looks_come_at_fixed_numbers(void **state)
{
    (void)state;
    static const uint32_t at[] = {10, 15, 23, 35, 53, 80, 100, 100};
    uint32_t n = 0;
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        n = sim_until_next(n, 100);
        assert_int_equal(n, at[i]);
    }
    struct sim_estimate e = {.mean = 100, .low = 98.05, .high = 101.95, .n = 10};
    assert_true(sim_until_narrow(&e, 100, 0.02)); /* 1.95 <= 100 x 0.02/1.02 = 1.961 */
    e.high = 101.99;
    assert_false(sim_until_narrow(&e, 100, 0.02));
    assert_false(sim_until_narrow(&e, 0, 0.02)); /* nothing to relate it to */
}

static void progress_fits_the_terminal(void **state)
{
    (void)state;
    struct sim_progress_state s = {
        .done_s = 30, .total_s = 120, .events = 5e6, .elapsed_s = 2, .finished = 1, .runs = 4};
    char line[256];
    sim_progress_line(&s, 200, line, sizeof line);
    assert_non_null(strstr(line, " 25 % of 2 min 00 s simulated, 2.5 M events/s, 6 s left"));
    assert_non_null(strstr(line, ", 1/4 runs"));
    sim_progress_line(&s, 40, line, sizeof line);
    assert_int_equal(strlen(line), 39);
    sim_progress_line(&s, 200, line, 10);
    assert_int_equal(strlen(line), 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(added_runs_are_those_of_one_go, begin, end),
        cmocka_unit_test_setup_teardown(a_replication_shares_its_streams_in_all_cells, begin, end),
        cmocka_unit_test(looks_come_at_fixed_numbers),
        cmocka_unit_test(progress_fits_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
