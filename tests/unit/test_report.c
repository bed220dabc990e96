/* test_report.c - numbers, JSON and the reduction of series. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the four above first */
#include <cmocka.h>

#include "report/figures/thin_series.h"
#include "report/json_stream.h"
#include "report/number.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- numbers ------------------------------------------------------------------------------- */

static void numbers_for_machines(void **state)
{
    (void)state;
    assert_string_equal(sim_number_csv(0).s, "0");
    assert_string_equal(sim_number_csv(-3).s, "-3");
    assert_string_equal(sim_number_csv(12345678901.0).s, "12345678901");
    assert_string_equal(sim_number_csv(0.1 + 0.2).s, "0.3");
    assert_string_equal(sim_number_csv(1.0 / 3).s, "0.333333333");
    assert_string_equal(sim_number_csv(1e-9).s, "1e-09");
    assert_string_equal(sim_number_csv(1e300).s, "1e+300");
    assert_string_equal(sim_number_csv(NAN).s, "");
    assert_string_equal(sim_number_json(NAN).s, "null");
    assert_string_equal(sim_number_json(-INFINITY).s, "null");
}

/* Where the locale writes a comma, results do not. Skipped where no such locale is installed. */
static void numbers_are_the_same_in_any_locale(void **state)
{
    (void)state;
    if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "de_DE.utf8"))
        skip();
    assert_string_equal(sim_number_csv(0.5).s, "0.5");
    setlocale(LC_ALL, "C");
}

static void numbers_for_people(void **state)
{
    (void)state;
    assert_string_equal(sim_number_human(0.01234, "s").s, "12.3 ms");
    assert_string_equal(sim_number_human(2.5e-7, "s").s, "250 ns");
    assert_string_equal(sim_number_human(600, "s").s, "10 min");
    assert_string_equal(sim_number_human(1e300, "s").s, "more than a million years");
    assert_string_equal(sim_number_with(-1e300, 1e300, "s").s, "-2.78e+296 ±2.78e+296 h");
    assert_string_equal(sim_number_human(1e300, "B").s, "9.09e+287 TiB");
    assert_string_equal(sim_number_with(1e300, 1e299, "requests/s").s,
                        "1e+288 ±1e+287 T requests/s");
    assert_string_equal(sim_number_dollars(1e300, NAN).s, "$1e+300");
    assert_string_equal(sim_number_span(1e300, 9e299, 2e300, "B/s").s,
                        "9.31e+290 GiB/s (8.38e+290 to 1.86e+291)");
    assert_string_equal(sim_number_human(0, "s").s, "0 s");
    assert_string_equal(sim_number_human(1536, "B").s, "1.50 KiB");
    assert_string_equal(sim_number_human(2871, "requests/s").s, "2871 requests/s");
    assert_string_equal(sim_number_human(1234567, "requests/s").s, "1.23 M requests/s");
    assert_string_equal(sim_number_human(0.8312, "1").s, "0.831");
    assert_string_equal(sim_number_human(NAN, "s").s, "-");
    assert_string_equal(sim_number_with(0.01234, 0.0004, "s").s, "12.34 ±0.40 ms");
    assert_string_equal(sim_number_with(0.01234, 0.00003, "s").s, "12.340 ±0.030 ms");
    assert_string_equal(sim_number_human(1, "requests").s, "1 request");
    assert_string_equal(sim_number_with(1, 0.5, "requests").s, "1.00 ±0.50 requests");
    assert_string_equal(sim_number_within(0.5, 0.48, 0.52, "1").s, "0.500 ±0.020");
    assert_string_equal(sim_number_within(0.999, 0.9977, 0.9995, "1").s, "0.9990 -0.0013 +0.0005");
    assert_string_equal(sim_number_within(1, 0.99, 1, "1").s, "1.000 -0.010");
    assert_string_equal(sim_number_within(0, 0, 0.0002, "1").s, "0 +0.0002");
    assert_string_equal(sim_number_within(0.9, NAN, NAN, "1").s, "0.900");
    assert_string_equal(sim_number_span(0.0123, 0.0101, 0.0145, "s").s, "12.3 ms (10.1 to 14.5)");
    assert_string_equal(sim_number_span(219e-3, 117e-3, 320e-3, "s").s, "219 ms (117 to 320)");
    assert_string_equal(sim_number_span(2, NAN, NAN, "requests").s, "2 requests");
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static void json_is_written_as_expected(void **state)
{
    (void)state;
    char *text = NULL;
    size_t bytes = 0;
    FILE *file = open_memstream(&text, &bytes);
    struct sim_json json;
    sim_json_begin(&json, file);
    sim_json_open(&json, NULL, '{', false);
    sim_json_text(&json, "quote\"", "back\\slash\nline\x01 µ");
    sim_json_text(&json, "none", NULL);
    sim_json_open(&json, "empty", '[', false);
    sim_json_close(&json, ']');
    sim_json_open(&json, "line", '{', true);
    sim_json_number(&json, "x", 0.25);
    sim_json_open(&json, "list", '[', false);
    sim_json_count(&json, NULL, UINT64_MAX);
    sim_json_bool(&json, NULL, true);
    sim_json_close(&json, ']');
    sim_json_close(&json, '}');
    sim_json_number(&json, "nan", NAN);
    sim_json_close(&json, '}');
    sim_json_end(&json);
    fclose(file);
    assert_string_equal(text, "{\n"
                              "  \"quote\\\"\": \"back\\\\slash\\nline\\u0001 µ\",\n"
                              "  \"none\": null,\n"
                              "  \"empty\": [],\n"
                              "  \"line\": {\"x\": 0.25, \"list\": [18446744073709551615, true]},\n"
                              "  \"nan\": null\n"
                              "}\n");
    free(text);
}

/* ---- reduction ----------------------------------------------------------------------------- */

enum { POINTS = 100000, BUCKETS = 200 };

static uint32_t reduce(const double *values, uint32_t count, uint32_t *chosen)
{
    uint32_t n = sim_thin_series(values, count, BUCKETS, chosen);
    for (uint32_t i = 1; i < n; i++)
        assert_true(chosen[i] > chosen[i - 1]);
    assert_true(chosen[n - 1] < count);
    return n;
}

static bool has(const uint32_t *chosen, uint32_t n, uint32_t index)
{
    for (uint32_t i = 0; i < n; i++) {
        if (chosen[i] == index)
            return true;
    }
    return false;
}

static void reduction_keeps_peaks_and_gaps(void **state)
{
    (void)state;
    double *values = malloc(POINTS * sizeof *values);
    uint32_t *chosen = malloc((5 * BUCKETS + 4) * sizeof *chosen);
    for (uint32_t i = 0; i < POINTS; i++)
        values[i] = sin(i * 0.001) + (i % 7) * 0.01;
    values[31415] = 50;  /* one window high */
    values[77777] = -50; /* and one low */
    for (uint32_t i = 5000; i < 5003; i++)
        values[i] = NAN;
    for (uint32_t i = 60000; i < 62000; i++) /* four buckets of nothing */
        values[i] = NAN;
    uint32_t n = reduce(values, POINTS, chosen);
    assert_true(n <= 5 * BUCKETS);
    assert_true(has(chosen, n, 31415) && has(chosen, n, 77777));
    assert_true(has(chosen, n, 0) && has(chosen, n, POINTS - 1));
    assert_true(has(chosen, n, 5000));
    bool gap = false;
    for (uint32_t i = 0; i < n; i++)
        gap = gap || (isnan(values[chosen[i]]) && chosen[i] >= 60000);
    assert_true(gap);
    free(values);
    free(chosen);
}

static void short_series_stay_whole(void **state)
{
    (void)state;
    double values[4 * BUCKETS + 3] = {0};
    uint32_t chosen[5 * BUCKETS + 4];
    assert_int_equal(reduce(values, 4 * BUCKETS + 3, chosen), 4 * BUCKETS + 3);
    assert_int_equal(reduce(values, 1, chosen), 1);
    assert_int_equal(sim_thin_series(values, 0, BUCKETS, chosen), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_for_machines),
        cmocka_unit_test(numbers_are_the_same_in_any_locale),
        cmocka_unit_test(numbers_for_people),
        cmocka_unit_test(json_is_written_as_expected),
        cmocka_unit_test(reduction_keeps_peaks_and_gaps),
        cmocka_unit_test(short_series_stay_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
