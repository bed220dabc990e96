/* test_units.c - quantities in text, and the small helpers of sim/base. Expected numbers follow
 * from the definitions of the units (SI; IEC 80000-13 for the binary ones). */
#include "base/arena.h"
#include "base/text.h"
#include "base/units.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int64_t whole(const char *text, enum sim_dimension dimension)
{
    struct sim_amount amount;
    struct sim_error error = {""};
    if (sim_units_parse(text, dimension, "keys", &amount, &error)) {
        print_message("%s: %s\n", text, error.text);
        return -1;
    }
    return amount.whole;
}

static double value(const char *text, enum sim_dimension dimension)
{
    struct sim_amount amount;
    struct sim_error error;
    return sim_units_parse(text, dimension, NULL, &amount, &error) ? -1 : amount.value;
}

static const char *fault(const char *text, enum sim_dimension dimension, struct sim_error *error)
{
    struct sim_amount amount;
    error->text[0] = '\0';
    assert_int_equal(sim_units_parse(text, dimension, NULL, &amount, error), -1);
    return error->text;
}

static void durations(void **state)
{
    (void)state;
    assert_int_equal(whole("1ns", SIM_DIM_TIME), 1);
    assert_int_equal(whole("250us", SIM_DIM_TIME), 250000);
    assert_int_equal(whole("250\xC2\xB5s", SIM_DIM_TIME), 250000);
    assert_int_equal(whole("250\xCE\xBCs", SIM_DIM_TIME), 250000);
    assert_int_equal(whole("1.5s", SIM_DIM_TIME), 1500000000);
    assert_int_equal(whole("0.1s", SIM_DIM_TIME), 100000000);
    assert_int_equal(whole("10 min", SIM_DIM_TIME), INT64_C(600000000000));
    assert_int_equal(whole("2h", SIM_DIM_TIME), INT64_C(7200000000000));
    assert_int_equal(whole("1d", SIM_DIM_TIME), INT64_C(86400000000000));
    assert_int_equal(whole("0s", SIM_DIM_TIME), 0);
    assert_int_equal(whole("0e5s", SIM_DIM_TIME), 0);
    assert_int_equal(whole("1e-9s", SIM_DIM_TIME), 1);
    assert_int_equal(whole("0.33333333333333333333333333s", SIM_DIM_TIME), 333333333);
    assert_int_equal(whole("1.5ns", SIM_DIM_TIME), 2); /* halves upward */
    assert_int_equal(whole("9223372036854775807ns", SIM_DIM_TIME), INT64_MAX);
    assert_int_equal(whole("9223372036.854775807s", SIM_DIM_TIME), INT64_MAX);
    assert_int_equal(whole("9223372036854775808ns", SIM_DIM_TIME), -1);
    assert_int_equal(whole("9223372036.854775808s", SIM_DIM_TIME), -1);
    assert_int_equal(whole("1e300s", SIM_DIM_TIME), -1);
    assert_int_equal(whole("1e-300s", SIM_DIM_TIME), -1);
    assert_int_equal(whole("1e99999999999999999999s", SIM_DIM_TIME), -1);
}

static void counts_and_sizes(void **state)
{
    (void)state;
    assert_int_equal(whole("64", SIM_DIM_COUNT), 64);
    assert_int_equal(whole("100k keys", SIM_DIM_COUNT), 100000);
    assert_int_equal(whole("1 key", SIM_DIM_COUNT), 1);
    assert_int_equal(whole("5keys", SIM_DIM_COUNT), 5);
    assert_int_equal(whole("1.5M", SIM_DIM_COUNT), 1500000);
    assert_int_equal(whole("9223372036854775807", SIM_DIM_COUNT), INT64_MAX);
    assert_int_equal(whole("9223372036854775808", SIM_DIM_COUNT), -1);
    assert_int_equal(whole("9007199254740993", SIM_DIM_COUNT), INT64_C(9007199254740993));
    assert_int_equal(whole("1.5", SIM_DIM_COUNT), -1);
    assert_int_equal(whole("1KiB", SIM_DIM_BYTES), 1024);
    assert_int_equal(whole("1kB", SIM_DIM_BYTES), 1000);
    assert_int_equal(whole("0.1GiB", SIM_DIM_BYTES), 107374182);
    assert_int_equal(whole("2TiB", SIM_DIM_BYTES), INT64_C(2199023255552));
}

static void rates_and_others(void **state)
{
    (void)state;
    assert_true(value("2000/s", SIM_DIM_RATE) == 2000);
    assert_true(value("10k/s", SIM_DIM_RATE) == 10000);
    assert_true(value("3/min", SIM_DIM_RATE) == 3.0 / 60);
    assert_true(value("1.5M/h", SIM_DIM_RATE) == 1.5e6 / 3600);
    assert_true(value("1Gbit/s", SIM_DIM_BANDWIDTH) == 125e6);
    assert_true(value("100MB/s", SIM_DIM_BANDWIDTH) == 100e6);
    assert_true(value("1MiB/s", SIM_DIM_BANDWIDTH) == 1048576);
    assert_true(value("25%", SIM_DIM_FRACTION) == 0.25);
    assert_true(value("0.1", SIM_DIM_FRACTION) == 0.1);
    assert_true(value("-0.3", SIM_DIM_NUMBER) == -0.3);
    assert_true(value("1e308", SIM_DIM_NUMBER) == 1e308);
    struct sim_amount amount;
    assert_int_equal(sim_units_guess("10s", &amount), SIM_DIM_TIME);
    assert_int_equal(sim_units_guess("10/s", &amount), SIM_DIM_RATE);
    assert_int_equal(sim_units_guess("10MB", &amount), SIM_DIM_BYTES);
    assert_int_equal(sim_units_guess("10k", &amount), SIM_DIM_COUNT);
    assert_int_equal(sim_units_guess("ten", &amount), -1);
}

/* In the unit that was asked in, without the dust of a conversion. */
static void a_range_keeps_its_units(void **state)
{
    (void)state;
    static const struct {
        enum sim_dimension dimension;
        double value;
        const char *low, *high, *text;
    } rows[] = {
        {SIM_DIM_RATE, 0.51094, "1000/d", "90000/d", "44145.216/d"},
        {SIM_DIM_RATE, 0.51094, "0.1/s", "1/s", "0.51094/s"},
        {SIM_DIM_RATE, 500, "100/s", "1k/s", "500/s"},
        {SIM_DIM_RATE, 1500, "100/s", "2k/s", "1.5k/s"},
        {SIM_DIM_RATE, 44145.0 / 86400, "1/d", "90000/d", "44145/d"},
        {SIM_DIM_TIME, 12.5e6, "10ms", "2s", "12.5ms"},
        {SIM_DIM_TIME, 1.25e9, "10ms", "2s", "1.25s"},
        {SIM_DIM_TIME, 90e9, "1min", "9min", "1.5min"},
        {SIM_DIM_BYTES, 1536, "1KiB", "9KiB", "1.5KiB"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(
            sim_units_format_like(rows[i].dimension, rows[i].value, rows[i].low, rows[i].high).s,
            rows[i].text);
    assert_true(sim_units_step(SIM_DIM_TIME, "10ms") == 1);
    assert_true(sim_units_step(SIM_DIM_RATE, "10k/s") == 1);
    assert_true(sim_units_step(SIM_DIM_TIME, "2min") == 60e9);
    assert_true(sim_units_step(SIM_DIM_RATE, "2/d") == 1.0 / 86400);
    assert_true(sim_units_step(SIM_DIM_BYTES, "2KiB") == 1024);
}

static void refusals(void **state)
{
    static const struct {
        const char *text;
        enum sim_dimension dimension;
        const char *says;
    } rows[] = {
        {"60/m", SIM_DIM_RATE, "\"/m\" is not a unit of a rate: write \"/min\" for minutes"},
        {"6/x", SIM_DIM_RATE,
         "\"/x\" is not a unit of a rate, which is written such as \"2000/s\""},
        {"60", SIM_DIM_TIME, "a duration needs a unit: \"60s\""},
        {"0", SIM_DIM_TIME, "a duration needs a unit, even when it is nothing: \"0s\""},
        {"", SIM_DIM_TIME, "an empty text is not a duration, such as \"60s\""},
        {"nan", SIM_DIM_TIME, "\"nan\" is not a duration, such as \"60s\""},
        {"inf", SIM_DIM_NUMBER, "\"inf\" is not a number, such as 0.99"},
        {"+1s", SIM_DIM_TIME, "leave out the \"+\" of \"+1s\""},
        {"--1s", SIM_DIM_TIME, "\"--1s\" is not a duration, such as \"60s\""},
        {"0x10", SIM_DIM_COUNT, "hexadecimal numbers are not read here: write it in decimal"},
        {"1.s", SIM_DIM_TIME, "\"1.s\" needs a digit after the point"},
        {".5s", SIM_DIM_TIME, "\".5s\" needs a digit before the point: \"0.5s\""},
        {"1/s", SIM_DIM_TIME, "\"1/s\" is a rate, where a duration is wanted, such as \"60s\""},
        {"5m", SIM_DIM_TIME,
         "\"m\" is not a unit of a duration: write \"min\" for minutes or "
         "\"ms\" for milliseconds"},
        {"1KB", SIM_DIM_BYTES,
         "\"KB\" is not a unit of a size: write \"kB\" for 1000 bytes or "
         "\"KiB\" for 1024"},
        {"1Gbits/s", SIM_DIM_BANDWIDTH,
         "\"Gbits/s\" is not a unit of a bandwidth, which is "
         "written such as \"1Gbit/s\" (did you mean \"Gbit/s\"?)"},
        {"-1s", SIM_DIM_TIME, "\"-1s\" is negative, which a duration cannot be"},
        {"60s ", SIM_DIM_TIME, "leave out the space that \"60s \" ends with"},
        {"60s60", SIM_DIM_TIME,
         "\"s60\" is not a unit of a duration, which is written such as "
         "\"60s\""},
        {"1e999", SIM_DIM_NUMBER, "\"1e999\" is too large for a number"},
    };
    struct sim_error error;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(fault(rows[i].text, rows[i].dimension, &error), rows[i].says);
}

/* No text of any kind crashes the parser or is longer than the error it is quoted in. */
static void survives_noise(void **state)
{
    static const char alphabet[] = "0123456789.eE+-/% skMGTiBbitmnuhd\xC2\xB5\x01";
    uint64_t x = 1;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        char text[24];
        struct sim_amount amount;
        struct sim_error error;
        size_t n = (size_t)(i % 23);
        for (size_t k = 0; k < n; k++) {
            x = x * UINT64_C(6364136223846793005) + 1442695040888963407u;
            text[k] = alphabet[(x >> 33) % (sizeof alphabet - 1)];
        }
        text[n] = '\0';
        for (int d = 0; d < SIM_DIMENSIONS; d++)
            if (sim_units_parse(text, (enum sim_dimension)d, "keys", &amount, &error))
                assert_true(strlen(error.text) > 5 && strlen(error.text) < 400);
    }
}

static void no_locale_matters(void **state)
{
    (void)state;
    /* a locale with a decimal comma, where this machine has one */
    if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "de_DE"))
        skip();
    assert_true(value("0.25", SIM_DIM_FRACTION) == 0.25);
    assert_string_equal(sim_number_text(0.25).s, "0.25");
    assert_string_equal(sim_units_format(SIM_DIM_TIME, 1.5e9).s, "1.5s");
    setlocale(LC_ALL, "C");
}

static void numbers_as_text(void **state)
{
    (void)state;
    assert_string_equal(sim_number_text(0.05).s, "0.05");
    assert_string_equal(sim_number_text(0.1 + 0.2).s, "0.30000000000000004");
    assert_string_equal(sim_number_text(100000).s, "100000");
    assert_string_equal(sim_number_text(1e20).s, "1e+20");
    assert_string_equal(sim_units_format(SIM_DIM_TIME, 1.5e6).s, "1.5ms");
    assert_string_equal(sim_units_format(SIM_DIM_TIME, 6e10).s, "1min");
    assert_string_equal(sim_units_format(SIM_DIM_TIME, 0).s, "0s");
    assert_string_equal(sim_units_format(SIM_DIM_RATE, 2000).s, "2000/s");
    assert_string_equal(sim_units_format(SIM_DIM_RATE, 0.05).s, "3/min");
    assert_string_equal(sim_units_format(SIM_DIM_BYTES, 1024).s, "1KiB");
    assert_string_equal(sim_units_format(SIM_DIM_FRACTION, 0.25).s, "0.25");
    /* 100 s are 1.6 min with a 6 that never ends; 10^9 B are not so many whole MiB */
    assert_string_equal(sim_units_format(SIM_DIM_TIME, 100e9).s, "100s");
    assert_string_equal(sim_units_format(SIM_DIM_TIME, 90e9).s, "1.5min");
    assert_string_equal(sim_units_format(SIM_DIM_TIME, 86400e9).s, "1d");
    assert_string_equal(sim_units_format(SIM_DIM_TIME, 1.7e18).s, "1700000000s");
    assert_string_equal(sim_units_format(SIM_DIM_TIME, 123456789).s, "123.456789ms");
    assert_string_equal(sim_units_format(SIM_DIM_TIME, 1).s, "1ns");
    assert_string_equal(sim_units_format(SIM_DIM_BYTES, 10e6).s, "10MB");
    assert_string_equal(sim_units_format(SIM_DIM_BYTES, 1.5 * 1048576).s, "1.5MiB");
    assert_string_equal(sim_units_format(SIM_DIM_RATE, 100.0 / 3).s, "2000/min");
    assert_string_equal(sim_units_format(SIM_DIM_BANDWIDTH, 125e6).s, "1Gbit/s");
}

static const char *nearest_of(const char *word)
{
    static const char *const words[] = {"timeout", "deadline", "retry", "rate", "capacity",
                                        "ttl",     "db",       "cache", "LRU"};
    struct sim_nearest nearest = sim_nearest(word);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        sim_nearest_try(&nearest, words[i]);
    return nearest.best ? nearest.best : "";
}

static void suggestions(void **state)
{
    (void)state;
    assert_string_equal(nearest_of("timout"), "timeout");
    assert_string_equal(nearest_of("cahce"), "cache");
    assert_string_equal(nearest_of("cap"), "capacity");
    assert_string_equal(nearest_of("lru"), "LRU");
    assert_string_equal(nearest_of("TTL"), "ttl");
    assert_string_equal(nearest_of("bd"), "db");
    assert_string_equal(nearest_of("servers"), "");
    assert_string_equal(nearest_of("x"), "");
    assert_string_equal(nearest_of(""), "");
    assert_string_equal(sim_quote("a\nb\033[0m").s, "a b?[0m");
    assert_string_equal(sim_quote("\xC2\xB5s \xC2\xB1 \xE2\x9C\x93").s,
                        "\xC2\xB5s \xC2\xB1 \xE2\x9C\x93");
    assert_string_equal(sim_quote("\xC2\x9B|\xE2\x80\xA8|\xE2\x80\xAE|\xE2\x81\xA9|\x7F").s,
                        "?|?|?|?|?");
    assert_string_equal(sim_quote("\x9B|\xC2|\xC0\x9B|\xED\xA0\x80|\xF5\xFF").s, "?|?|??|???|??");
    char lots[300];
    memset(lots, 'x', sizeof lots - 1);
    lots[sizeof lots - 1] = '\0';
    assert_int_equal(strlen(sim_quote(lots).s), 63);
}

/* What is written reads back as what it was, of values of every size; and what can be said in six
 * digits is. */
static void what_is_written_reads_back(void **state)
{
    uint64_t random = 1;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        enum sim_dimension dimension = (enum sim_dimension)(random >> 60) % SIM_DIMENSIONS;
        double value = (double)(random >> 11 & ((UINT64_C(1) << (random >> 58)) - 1) >> 1);
        if (dimension == SIM_DIM_RATE || dimension == SIM_DIM_NUMBER)
            value /= 3;
        if (dimension == SIM_DIM_FRACTION)
            value /= 1e6;
        struct sim_amount_text text = sim_units_format(dimension, value);
        struct sim_amount back;
        struct sim_error error;
        if (sim_units_parse(text.s, dimension, NULL, &back, &error) != 0 || back.value != value)
            fail_msg("%.17g of %s: \"%s\" reads back as %.17g", value, sim_units_name(dimension),
                     text.s, back.value);
    }
    for (int s = 1; s < 1000000; s += 97) { /* whole seconds: always six digits or fewer */
        struct sim_amount_text text = sim_units_format(SIM_DIM_TIME, 1e9 * s);
        size_t digits = strspn(text.s, "0123456789.");
        assert_true(digits <= 7);
    }
}

static bool allow_three(void *self, size_t bytes)
{
    int *left = self;
    (void)bytes;
    return (*left)-- > 0;
}

static void arenas(void **state)
{
    int left = 3;
    struct sim_arena arena = {.allow = allow_three, .allow_self = &left};
    (void)state;
    char *a = sim_arena_copy(&arena, "one");
    char *b = sim_arena_format(&arena, "%d and %s", 2, "three");
    char *big = sim_arena_alloc(&arena, 1, 1 << 20);
    assert_string_equal(a, "one");
    assert_string_equal(b, "2 and three");
    assert_non_null(big);
    assert_int_equal(big[(1 << 20) - 1], 0);
    assert_false(arena.failed);
    assert_null(sim_arena_alloc(&arena, 1, 1));
    assert_true(arena.failed);
    sim_arena_free(&arena);
    arena = (struct sim_arena){0};
    assert_null(sim_arena_alloc(&arena, SIZE_MAX / 2, 4));
    assert_non_null(sim_arena_alloc(&arena, 0, 4));
    sim_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations),
        cmocka_unit_test(counts_and_sizes),
        cmocka_unit_test(rates_and_others),
        cmocka_unit_test(a_range_keeps_its_units),
        cmocka_unit_test(refusals),
        cmocka_unit_test(survives_noise),
        cmocka_unit_test(no_locale_matters),
        cmocka_unit_test(numbers_as_text),
        cmocka_unit_test(suggestions),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(arenas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
