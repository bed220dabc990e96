/* test_series.c - what series.csv keeps of series that are too large for it, and what of several
 * windows merged into a row is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the four above first */
#include <cmocka.h>

#include "report/report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATS = 6, SPIKE = 7777, BYTES_MOST = 20000000 };

static const char *const stats[STATS] = {"mean", "peak", "max", "min", "p99", "stdev"};

/* Runs of cases that all have the same values. */
struct study {
    struct sim_runs runs;
    struct sim_record record;
    struct sim_report report;
    char *csv;
    size_t bytes;
};

/* Value i of window i; of the series of `min` it is negative. At SPIKE all are a thousand times
 * as far from 0; nothing was observed in every eighth window. */
static double value_of(uint32_t series, uint32_t window)
{
    double value = (window % 1000 + 0.125) * (window == SPIKE ? 1000 : 1);
    if (window % 8 == 5)
        return (double)NAN;
    return strcmp(stats[series % STATS], "min") == 0 ? -value : value;
}

static void make(struct study *s, const char *name, uint32_t cases, uint32_t replications,
                 uint32_t windows, uint32_t series)
{
    struct sim_case *all = calloc(cases, sizeof *all);
    *s = (struct study){.runs = {.cases = all, .case_count = cases, .replications = replications},
                        .record = {.interval = 1000000000, .windows = windows}};
    s->record.series = calloc(series, sizeof *s->record.series);
    s->runs.runs = calloc((size_t)cases * replications, sizeof *s->runs.runs);
    assert_true(all && s->record.series && s->runs.runs);
    for (uint32_t i = 0; i < cases; i++)
        all[i].name = name;
    for (size_t i = 0; i < (size_t)cases * replications; i++)
        s->runs.runs[i] = (struct sim_run){.state = SIM_RUN_FINISHED, .record = &s->record};
    s->record.series_count = series;
    for (uint32_t i = 0; i < series; i++) {
        double *values = calloc(windows, sizeof *values);
        assert_non_null(values);
        for (uint32_t w = 0; w < windows; w++)
            values[w] = value_of(i, w);
        s->record.series[i] = (struct sim_series){"users", "latency", stats[i % STATS], "s",
                                                  values};
    }
}

static void put(struct study *s)
{
    s->report = (struct sim_report){.runs = &s->runs, .series = sim_series_keep(&s->runs)};
    FILE *file = open_memstream(&s->csv, &s->bytes);
    assert_non_null(file);
    assert_int_equal(sim_series_write(&s->report, file), 0);
    assert_int_equal(fclose(file), 0);
}

static void unmake(struct study *s)
{
    for (uint32_t i = 0; i < s->record.series_count; i++)
        free(s->record.series[i].values);
    free(s->record.series);
    free(s->runs.runs);
    free((void *)(uintptr_t)s->runs.cases);
    free(s->csv);
}

static void expect_kept(const struct study *s, uint32_t cases, uint32_t replications,
                        uint32_t windows)
{
    const struct sim_series_kept *kept = &s->report.series;
    if (kept->cases != cases || kept->replications != replications || kept->windows != windows)
        fail_msg("%u cases, %u replications, %u windows to a row, not %u, %u, %u; %zu bytes",
                 kept->cases, kept->replications, kept->windows, cases, replications, windows,
                 s->bytes);
    assert_true(s->bytes <= BYTES_MOST);
}

static void what_is_small_is_there_whole(void **state)
{
    (void)state;
    struct study s;
    make(&s, "a \"b\", c", 1, 2, 6, 1);
    put(&s);
    assert_string_equal(s.csv, "variant,replication,t_s,component,meter,stat,unit,value\n"
                               "\"a \"\"b\"\", c\",0,0,users,latency,mean,s,0.125\n"
                               "\"a \"\"b\"\", c\",0,1,users,latency,mean,s,1.125\n"
                               "\"a \"\"b\"\", c\",0,2,users,latency,mean,s,2.125\n"
                               "\"a \"\"b\"\", c\",0,3,users,latency,mean,s,3.125\n"
                               "\"a \"\"b\"\", c\",0,4,users,latency,mean,s,4.125\n"
                               "\"a \"\"b\"\", c\",0,5,users,latency,mean,s,\n"
                               "\"a \"\"b\"\", c\",1,0,users,latency,mean,s,0.125\n"
                               "\"a \"\"b\"\", c\",1,1,users,latency,mean,s,1.125\n"
                               "\"a \"\"b\"\", c\",1,2,users,latency,mean,s,2.125\n"
                               "\"a \"\"b\"\", c\",1,3,users,latency,mean,s,3.125\n"
                               "\"a \"\"b\"\", c\",1,4,users,latency,mean,s,4.125\n"
                               "\"a \"\"b\"\", c\",1,5,users,latency,mean,s,\n");
    expect_kept(&s, 1, 2, 1);
    assert_false(sim_series_left_out(&s.report));
    unmake(&s);
}

/* As many replications as fit: one more of the same size would not. */
static void replications_go_first(void **state)
{
    (void)state;
    struct study s;
    make(&s, "a \"b\", c", 2, 9, 10000, 6);
    put(&s);
    uint32_t r = s.report.series.replications;
    assert_true(r > 1 && r < 9);
    expect_kept(&s, 2, r, 1);
    assert_true((double)s.bytes / r * (r + 1) > BYTES_MOST);
    assert_true(sim_series_left_out(&s.report));
    s.report.series = (struct sim_series_kept){0}; /* as of a comparison: it writes no series */
    assert_false(sim_series_left_out(&s.report));
    unmake(&s);
}

/* The value of a row, of which there is one for every stat. */
static double row_value(const struct study *s, uint32_t start_s, const char *stat)
{
    char row[80];
    int length = snprintf(row, sizeof row, "\nbase,0,%u,users,latency,%s,s,", start_s, stat);
    const char *at = strstr(s->csv, row);
    if (!at)
        fail_msg("no row %s", row + 1);
    return at[length] == '\n' ? (double)NAN : strtod(at + length, NULL);
}

/* A run of 26 MB: two windows to a row, so that the file has 13 MB. The spike is in the row of
 * 7776 s: a thousand times 777.125, which its mean shares with 776.125. */
static void a_spike_stays_in_merged_windows(void **state)
{
    (void)state;
    struct study s;
    make(&s, "base", 1, 2, 100001, STATS);
    put(&s);
    expect_kept(&s, 1, 1, 2);
    assert_true(s.bytes > BYTES_MOST / 2);
    assert_true(row_value(&s, 7776, "peak") == 777125);
    assert_true(row_value(&s, 7776, "max") == 777125);
    assert_true(row_value(&s, 7776, "p99") == 777125);
    assert_true(row_value(&s, 7776, "min") == -777125);
    assert_true(fabs(row_value(&s, 7776, "mean") - (776.125 + 777125) / 2) < 1e-3);
    assert_true(row_value(&s, 4, "mean") == 4.125);      /* nothing at 5 s */
    assert_true(row_value(&s, 4, "min") == -4.125);      /* nothing at 5 s */
    assert_true(row_value(&s, 6, "stdev") == 6.625);     /* 6.125 and 7.125 */
    assert_true(row_value(&s, 100000, "mean") == 0.125); /* one window is left */
    assert_null(strstr(s.csv, "\nbase,0,7777,"));
    assert_null(strstr(s.csv, "\nbase,1,"));
    unmake(&s);
}

/* As few as possible: with one less the file would be too large. */
static void as_few_windows_as_possible_are_merged(void **state)
{
    (void)state;
    struct study s;
    make(&s, "base", 2, 2, 50000, 10 * STATS);
    put(&s);
    uint32_t windows = s.report.series.windows;
    expect_kept(&s, 2, 1, windows);
    assert_true(windows > 8 && s.bytes > BYTES_MOST / 10 * 9);
    assert_true((double)s.bytes / (windows - 1) * windows > BYTES_MOST);
    unmake(&s);
}

/* 6000 cases of 90 series have 540,000 rows when each run is merged into one. */
static void of_too_many_cases_the_first_are_kept(void **state)
{
    (void)state;
    struct study s;
    make(&s, "a variant with a long name", 6000, 1, 3, 15 * STATS);
    put(&s);
    uint32_t cases = s.report.series.cases;
    assert_true(cases > 1000 && cases < 6000);
    expect_kept(&s, cases, 1, 3);
    assert_true((double)s.bytes / cases * (cases + 1) > BYTES_MOST);
    unmake(&s);
}

/* One of the runs was interrupted: nothing of it is no reason to keep nothing. */
static void what_is_missing_takes_no_room(void **state)
{
    (void)state;
    struct study s;
    make(&s, "base", 1, 3, 100001, STATS);
    s.runs.runs[0].record = NULL;
    put(&s);
    expect_kept(&s, 1, 2, 2);
    assert_true(s.bytes > BYTES_MOST / 2);
    unmake(&s);
}

static void all_is_kept_where_a_case_asks_for_it(void **state)
{
    (void)state;
    struct study s;
    make(&s, "base", 1, 1, 100001, STATS);
    struct sim_case all = s.runs.cases[0];
    const struct sim_case *before = s.runs.cases;
    all.plan.all_series = true;
    s.runs.cases = &all;
    put(&s);
    assert_true(s.bytes > BYTES_MOST);
    assert_false(sim_series_left_out(&s.report));
    s.runs.cases = before;
    unmake(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_small_is_there_whole),
        cmocka_unit_test(replications_go_first),
        cmocka_unit_test(a_spike_stays_in_merged_windows),
        cmocka_unit_test(as_few_windows_as_possible_are_merged),
        cmocka_unit_test(of_too_many_cases_the_first_are_kept),
        cmocka_unit_test(what_is_missing_takes_no_room),
        cmocka_unit_test(all_is_kept_where_a_case_asks_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
