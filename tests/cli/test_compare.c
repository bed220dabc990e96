/* test_compare.c - weir compare, and --until: what is said, in which words, and what is written. */
#include "spawn.h"

#define QUICK "\"duration\": \"10s\", \"warmup\": \"1s\", \"interval\": \"1s\", \"replications\": 6"
#define VARIANTS                                                                                   \
    ",\n \"variants\": {\"fast\": {\"components\": {\"server\": {\"service_time\": "               \
    "{\"type\": \"exponential\", \"mean\": \"0.5ms\"}}}},\n"                                       \
    "  \"patient\": {\"components\": {\"users\": {\"timeout\": \"10s\"}}},\n"                      \
    "  \"jittery\": {\"components\": {\"server\": {\"service_time\": {\"type\": \"gamma\", "       \
    "\"mean\": \"1ms\", \"shape\": 1.01}}}}}"

static void expect_out(const char *words, const char *const *parts)
{
    struct result r = run(words);
    if (r.status != 0)
        fail_msg("weir %s: exit %d\n%s%s", words, r.status, r.out, r.err);
    char *flat = r.out; /* line breaks are where the text happened to wrap */
    size_t n = 0;
    for (size_t i = 0; r.out[i]; i++) {
        bool gap = r.out[i] == ' ' || r.out[i] == '\n';
        if (!gap || (n > 0 && flat[n - 1] != ' '))
            flat[n++] = gap ? ' ' : r.out[i];
    }
    flat[n] = '\0';
    for (; *parts; parts++) {
        if (!strstr(flat, *parts))
            fail_msg("weir %s does not say \"%s\":\n%s", words, *parts, flat);
    }
    result_free(&r);
}

/* At half the service time the queue of utilisation 0.8 has 0.4: the mean sojourn falls from 5 ms
 * to 0.83 ms (Kleinrock 1975, 3.2). */
static void what_differs_is_said_with_numbers(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(QUICK, VARIANTS));
    expect_out("compare q.json base fast",
               (const char *[]){"fast against base: n = 6 pairs of the same load, seed 1.",
                                "hold together with 95 %: each is of", "(Bonferroni)",
                                "users.latency.p99 of fast is ", " lower than base's: 8",
                                " % less, ", "server.utilisation.mean of fast is ", NULL});
    expect_out("compare q.json fast base",
               (const char *[]){"users.latency.p99 of base is ",
                                " higher than fast's: ", " times as much, ", NULL});
    assert_true(exists("out/q/store") && !exists("out/q/summary.json"));
}

/* A gamma of shape 1.01 is all but an exponential, with draws of its own. */
static void what_does_not_differ_is_said_too(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(QUICK, VARIANTS));
    expect_out("compare q.json base jittery --metric users.latency.mean",
               (const char *[]){"Intervals of 1 metric hold together with 95 %: each is of 95 %",
                                "users.latency.mean: not distinguishable at n = 6 (difference ",
                                " \xC2\xB1 ", "; about n = ", " would be needed to see one of 2 %",
                                NULL});
    expect_out("compare q.json base patient",
               (const char *[]){"The same in all pairs: users.latency.p50 ", "users.success.mean 1",
                                NULL});
    expect_out("compare q.json base fast --reps 1",
               (const char *[]){"n = 1 pair", "One pair says nothing about chance",
                                "n = 1 cannot support an interval", NULL});
}

/* Where one side has no requests, the other's latency is not left out without a word. */
static void what_was_not_observed_is_said(void **state)
{
    (void)state;
    write_file("q.json",
               SCENARIO(QUICK, ",\n \"variants\": {\"calm\": {\"components\": {\"users\": "
                               "{\"rate\": \"0/s\"}}}, \"calm2\": {\"components\": "
                               "{\"users\": {\"rate\": \"0/s\"}}}}"));
    expect_out("compare q.json base calm",
               (const char *[]){"Intervals of 3 metrics hold together",
                                "Not observed in calm: users.latency.p50, users.latency.p99, "
                                "users.success.mean",
                                NULL});
    expect_out("compare q.json calm base --metric users.latency.p99",
               (const char *[]){"Not observed in calm: users.latency.p99", NULL});
    expect_out("compare q.json calm calm2 --metric users.latency.p99 --out o --json",
               (const char *[]){"\"finding\": \"not observed\"",
                                "users.latency.p99: not observed in calm or calm2\"", NULL});
}

static void what_cannot_be_compared_is_named(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(QUICK, VARIANTS));
    expect_run("compare q.json base", 2, "it needs FILE A B");
    expect_run("compare q.json base fsat", 2,
               "there is no variant \"fsat\" (did you mean \"fast\"?)");
    expect_run("compare q.json bsae fast", 2, "(did you mean \"base\"?)");
    expect_run("compare q.json fast fast", 2, "\"fast\" compared with itself");
    expect_run("compare q.json base fast --metric users.latncy", 2, "did you mean \"latency\"?");
    expect_run("compare q.json base fast --variant fast", 2, "there is no option \"--variant\"");
    expect_run("compare q.json base fast --max-reps 50", 2, "--max-reps goes with --until");
    expect_run("run q.json --until 0%", 2, "--until takes a share from 0.01% to 50%");
    expect_run("run q.json --until soon", 2, "not \"soon\"");
    expect_run("run q.json --until 2% --max-reps 5", 2, "--max-reps takes a whole number from 10");
    expect_run("run q.json --metric users.latency", 2, "go with --until X%");
    assert_false(exists("out"));
}

static void a_comparison_is_written_where_asked(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(QUICK, VARIANTS));
    struct result r = run("compare q.json base fast --json --out o --jobs 2");
    struct result one = run("compare q.json base fast --json --jobs 1");
    char *written = read_file("o/comparison.json"), *summary = read_file("o/summary.json");
    assert_int_equal(r.status, 0);
    assert_string_equal(r.out, written);
    assert_string_equal(r.out, one.out);
    assert_non_null(strstr(written, "\"adjustment\": \"bonferroni\""));
    assert_non_null(strstr(written, "\"finding\": \"lower\""));
    assert_non_null(strstr(summary, "\"fast\": {"));
    free(written);
    free(summary);
    result_free(&r);
    result_free(&one);
}

static void replications_are_added_until_narrow(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(QUICK, VARIANTS));
    const char *words[] = {"run q.json --variant base --until 3% --metric users.latency.mean "
                           "--json --out o --jobs 1",
                           "run q.json --variant base --until 3% --metric users.latency.mean "
                           "--json --out o --jobs 2"};
    struct result r[2] = {run(words[0]), run(words[1])};
    assert_int_equal(r[0].status, 0);
    assert_string_equal(r[0].out, r[1].out);
    assert_non_null(strstr(r[0].out, "\"until\": {\"target\": 0.03, \"max_replications\": 1000, "
                                     "\"reached\": true, \"widest\": 0.0"));
    assert_null(strstr(r[0].out, "\"replications\": 6,"));
    assert_non_null(strstr(r[0].err, "until 3 %: reached with n = "));
    result_free(&r[0]);
    result_free(&r[1]);
    expect_out(
        "run q.json --variant base --until 0.1% --max-reps 12 --out o",
        (const char *[]){"until 0.1 %: NOT reached with n = 12; the widest, users.latency.", NULL});
    expect_out("compare q.json base fast --until 10% --metric users.latency.mean",
               (const char *[]){"until 10 %: reached with n = ", NULL});
}

/* A share near 1 stays there in what is written; a queue that starts empty and is never served fast
 * enough has no end of its beginning. */
static void shares_and_warm_ups_are_told(void **state)
{
    (void)state;
    write_file("s.json",
               SCENARIO("\"duration\": \"80s\", \"interval\": \"1s\", \"replications\": 5", ""));
    struct result r = run("run s.json --set components.users.timeout=30ms --json --out o");
    assert_int_equal(r.status, 0);
    assert_non_null(strstr(r.out, "\"users.success.mean\": {\"mean\": 0.99"));
    assert_non_null(strstr(r.out, "\"interval\": \"wilson\""));
    assert_non_null(strstr(r.out, "\"mser5\": {"));
    assert_null(strstr(r.err, "warm-up"));
    result_free(&r);
    r = run("run s.json --set components.users.rate=1100/s --json --out o");
    assert_non_null(strstr(r.err,
                           "weir: the warm-up of 0 s is too short: users.latency.mean of base "
                           "has not settled by the middle of the run (MSER-5)"));
    assert_non_null(strstr(r.out, "\"enough\": false"));
    result_free(&r);
    r = run("run s.json --reps 1 --out o --no-plot");
    assert_non_null(strstr(r.out, "n = 1: intervals only"));
    result_free(&r);
}

int main(void)
{
#define IN_OWN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, enter, leave)
    const struct CMUnitTest tests[] = {
        IN_OWN_DIRECTORY(what_differs_is_said_with_numbers),
        IN_OWN_DIRECTORY(what_does_not_differ_is_said_too),
        IN_OWN_DIRECTORY(what_was_not_observed_is_said),
        IN_OWN_DIRECTORY(what_cannot_be_compared_is_named),
        IN_OWN_DIRECTORY(a_comparison_is_written_where_asked),
        IN_OWN_DIRECTORY(replications_are_added_until_narrow),
        IN_OWN_DIRECTORY(shares_and_warm_ups_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
