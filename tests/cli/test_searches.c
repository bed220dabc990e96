/* test_searches.c - weir find, map and sensitivity: what they answer, in which words, and what they
 * refuse. That the answers are right is tests/theory/test_find.c's. */
#include "spawn.h"

#define QUICK "\"duration\": \"6s\", \"warmup\": \"1s\", \"interval\": \"1s\", \"replications\": 10"
#define RATE "--vary components.users.rate=500/s..950/s"
#define MAP                                                                                        \
    ",\n \"map\": {\"x\": {\"path\": \"components.users.rate\", \"from\": \"200/s\", \"to\": "     \
    "\"1600/s\", \"steps\": 3, \"scale\": \"log\"},\n  \"y\": {\"path\": "                         \
    "\"components.server.servers\", \"from\": 1, \"to\": 2, \"steps\": 2},\n"                      \
    "  \"while\": \"users.latency.mean <= 5ms\", \"from\": \"1s\", \"to\": \"4s\"}"
#define SENSITIVITY                                                                                \
    ",\n \"sensitivity\": {\"metric\": \"users.latency.mean\", \"vary\": {\n"                      \
    "  \"components.users.timeout\": {\"low\": \"10s\", \"mid\": \"20s\", \"high\": \"30s\"},\n"   \
    "  \"components.users.rate\": {\"low\": \"790/s\", \"mid\": \"800/s\", \"high\": "             \
    "\"810/s\"},\n"                                                                                \
    "  \"components.server.service_time.mean\": {\"low\": \"0.5ms\", \"mid\": \"1ms\", \"high\": " \
    "\"1.05ms\"}}}"

static void expect_said(struct result r, int status, const char *const *parts)
{
    if (r.status != status)
        fail_msg("exit %d\n%s%s", r.status, r.out, r.err);
    for (; *parts; parts++)
        if (!strstr(r.out, *parts) && !strstr(r.err, *parts))
            fail_msg("\"%s\" is not said:\n%s%s", *parts, r.out, r.err);
    result_free(&r);
}

#define SAID(words, status, ...)                                                                   \
    expect_said(run(words), status, (const char *const[]){__VA_ARGS__, NULL})

/* Mean sojourn 5 ms breaks at 800/s (test_find.c), 0.5 ms nowhere, 1 s everywhere. */
static void a_breaking_point_is_an_interval(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(QUICK, ""));
    SAID("find q.json " RATE " --while users.latency.mean<=5ms --within 10%", 0,
         "While users.latency.mean<=5ms in base, seed 1", "500/s", "holds\n", "breaks\n",
         "users.rate: it breaks above a point between 7", "/s (95 %).", "checked at 5 values");
    SAID("find q.json " RATE " --while users.latency.mean<=1s", 0,
         "users.rate: it holds in the whole range, from 500/s to 950/s.");
    SAID("find q.json " RATE " --while users.latency.mean<=0.5ms", 0,
         "users.rate: it holds nowhere from 500/s to 950/s.");
    SAID("find q.json " RATE " --while server.utilisation.mean>0.7 --log --within 10%", 0,
         "users.rate: it breaks below a point between 6");
    SAID("find q.json --vary components.server.servers=1..8 --while users.latency.mean<=2ms", 0,
         "server.servers: it breaks below a point between 1 and 2 (95 %).");
    SAID("find q.json " RATE " --while users.latency.mean<=5ms --max-runs 60 --within 0.5%", 0,
         "That is wider than the 0.5 %", "the runs were used up (--max-runs).");
    assert_true(exists("out/q-find/find.json"));
}

/* For 2 s everything takes a thousand times longer, so that no more than the odd request is served.
 * What came meanwhile, 2 s x rate, is worked off at 1000/s - rate: within 6 s only below 750/s. Of
 * the windows before the outage the same holds anywhere. */
static void a_system_comes_back_or_not(void **state)
{
    (void)state;
    write_file("m.json",
               SCENARIO("\"duration\": \"12s\", \"interval\": \"1s\"",
                        ",\n \"timeline\": [{\"at\": \"2s\", \"for\": \"2s\", \"do\": \"slow\", "
                        "\"target\": \"server\", \"factor\": 1000}]"));
    SAID("find m.json --vary components.users.rate=100/s..900/s --while users.latency.mean<=100ms "
         "--from 10s --to 12s --probability 0.5 --within 5%",
         0, "from 10s to 12s with probability 0.5 or more", "share of runs that hold",
         "users.rate: it breaks above a point between ");
    SAID("find m.json --vary components.users.rate=100/s..900/s --while users.latency.mean<=100ms "
         "--from 0s --to 2s",
         0, "it holds in the whole range");
}

/* At 0/s there is nothing to judge by: no verdict, no share, no difference. */
static void where_nothing_was_observed_nothing_is_judged(void **state)
{
    (void)state;
    write_file("q.json",
               SCENARIO(QUICK, ",\n \"sensitivity\": {\"metric\": \"users.latency.mean\", "
                               "\"replications\": 3, \"vary\": {\"components.users.rate\": "
                               "{\"low\": \"0/s\", \"mid\": \"50/s\", \"high\": "
                               "\"100/s\"}}}"));
    SAID("find q.json --vary components.users.rate=0/s..2000/s --while users.latency.mean<=50ms "
         "--within 20% --out f",
         0, "0/s                40  -                                  not observed",
         "users.rate: it breaks above a point between ",
         "Nothing was observed at 0/s:", "checked at 4 values");
    char *written = read_file("f/find.json");
    assert_non_null(strstr(written, "\"mean\": null, \"low\": null, \"high\": null, "
                                    "\"verdict\": \"not observed\""));
    free(written);
    SAID("find q.json --vary components.users.rate=0/s..100/s --while users.latency.mean<=50ms "
         "--probability 0.5 --out f",
         0, "because nothing was observed at an end of", "criterion on `success`", "not observed");
    SAID("find q.json --vary components.users.rate=50/s..100/s --while users.latency<=50s --out f",
         0, "While users.latency.p99<=50s in base, seed 1");
    SAID("map q.json --x components.users.rate=0/s..100/s:2 --y components.server.servers=1..2:2 "
         "--while users.latency.p99<=50ms --reps 3 --out m",
         0, "\n           2                   1\n           1                   1\n",
         "Nothing was observed in 2 of 4 cells, which are empty.\n");
    written = read_file("m/map.json");
    assert_non_null(strstr(written, "{\"x\": 0, \"y\": 1, \"share\": null, \"low\": null, "
                                    "\"high\": null, \"yes\": 0, \"trials\": 0, "));
    free(written);
    written = read_file("m/figures/map.csv");
    assert_non_null(strstr(written, "\n1,1,,,,0,1,0,0\n"));
    free(written);
    assert_true(exists("m/figures/map.svg"));
    SAID("sensitivity q.json --out s", 0, " 0/s .. 100/s  -  ", "  not observed at 0/s\n");
    assert_true(exists("s/figures/tornado.svg"));
}

static void the_same_for_any_number_of_threads(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(QUICK, MAP SENSITIVITY));
    static const char *const commands[] = {
        "find q.json " RATE " --while users.latency.mean<=5ms --json --within 10% --jobs %d",
        "map q.json --json --no-plot --jobs %d", "sensitivity q.json --json --no-plot --jobs %d"};
    for (size_t i = 0; i < 3; i++) {
        char words[2][256];
        for (int jobs = 1; jobs <= 2; jobs++) {
            const char *at = strstr(commands[i], "%d");
            snprintf(words[jobs - 1], sizeof words[0], "%.*s%d", (int)(at - commands[i]),
                     commands[i], jobs);
        }
        struct result one = run(words[0]), two = run(words[1]);
        assert_int_equal(one.status, 0);
        assert_string_equal(one.out, two.out);
        result_free(&one);
        result_free(&two);
    }
}

static void results_are_written(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(QUICK, MAP SENSITIVITY));
    struct result r = run("find q.json " RATE
                          " --while users.latency.mean<=5ms --within 10% --out o "
                          "--json");
    char *written = read_file("o/find.json");
    assert_int_equal(r.status, 0);
    assert_string_equal(r.out, written);
    assert_non_null(strstr(written, "\"finding\": \"breaking point\""));
    assert_non_null(strstr(written, "\"value\": \"500/s\", \"x\": 500, \"runs\": 10, "));
    assert_true(exists("o/figures/find.svg") && exists("o/figures/find.csv"));
    free(written);
    result_free(&r);
    SAID("find q.json " RATE " --while users.latency.mean<=5ms --within 10% --out o", 0,
         "Results: o");
    /* 200, 565.7 and 1600/s on 1 and 2 servers of 1000/s */
    SAID("map q.json", 0,
         "Share of 10 runs with users.latency.mean <= 5ms from 1s to 4s, by "
         "users.rate (across)",
         "200/s  565.69/s    1600/s", "Results: out/q-map");
    written = read_file("out/q-map/map.json");
    assert_non_null(strstr(written, "\"interval\": \"wilson\""));
    assert_non_null(strstr(written, "{\"x\": 1600, \"y\": 1, \"share\": 0, \"low\": 0, "
                                    "\"high\": 0.2775"));
    assert_non_null(strstr(written, "{\"x\": 1600, \"y\": 2, "));
    free(written);
    assert_true(exists("out/q-map/figures/map.svg"));
    SAID("sensitivity q.json --no-plot", 0,
         "users.latency.mean with all inputs at mid: ", " 1 server.service_time.mean",
         " 3 users.timeout", "the same in all pairs", "each is of 98.33 % (Bonferroni)");
    assert_true(exists("out/q-sensitivity/sensitivity.json"));
    assert_true(exists("out/q-sensitivity/figures/tornado.gp"));
}

/* The p90 of an M/M/1 is ln 10 / (mu - lambda): 4.605 s at .5/s. With the mean of the windows'
 * numbers, those of 50 s, they lie too low, as few requests of a window are slow. */
static void a_time_within_the_run_is_searched_by_its_requests(void **state)
{
    (void)state;
    write_file("q.json",
               "{\"schema_version\": 1, \"title\": \"t\", \"run\": {\"duration\": \"4000s\", "
               "\"interval\": \"50s\", \"replications\": 5}, \"components\": {\"users\": "
               "{\"model\": \"client\", \"to\": \"app\", \"rate\": \"0.5/s\"}, \"app\": "
               "{\"model\": \"service\", \"servers\": 1, \"service_time\": {\"type\": "
               "\"exponential\", \"mean\": \"1s\"}}}}");
    struct result r = run("find q.json --vary components.users.rate=0.2/s..0.9/s --while "
                          "users.latency.p90<=4.605s --from 200s --to 3990s --within 10% "
                          "--max-runs 100 --out o --no-plot");
    if (r.status != 0 || !strstr(r.out, "\n  0.4625/s ") ||
        !strstr(r.out, "between 0.4625/s and 0.55/s"))
        fail_msg("%s%s", r.out, r.err);
    result_free(&r);
}

/* Rows, answer and file are in the unit of the question, also where another would have a number
 * above 1: .7469 a second is 44.814 a minute. */
static void an_answer_is_in_the_unit_of_the_question(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO("\"duration\": \"200s\", \"replications\": 2", ""));
    static const struct {
        const char *range, *answer, *value, *unit;
    } asked[] = {
        {"0.7469/s..0.9/s", "from 0.7469/s to 0.9/s.", "\"value\": \"0.7469/s\"", "/s "},
        {"44/min..54/min", "from 44/min to 54/min.", "\"value\": \"44/min\"", "/min "},
        {"2640/h..3240/h", "from 2640/h to 3240/h.", "\"value\": \"2640/h\"", "/h "},
    };
    for (int i = 0; i < 3; i++) {
        char words[256];
        snprintf(words, sizeof words,
                 "find q.json --vary components.users.rate=%s --while users.latency.mean<=1s "
                 "--out o --no-plot",
                 asked[i].range);
        struct result r = run(words);
        char *file = read_file("o/find.json");
        assert_true(r.status == 0 && file);
        bool fine = strstr(r.out, asked[i].answer) && strstr(file, asked[i].value);
        for (int other = 0; other < 3; other++) /* in the rows */
            fine = fine && (strstr(r.out, asked[other].unit) != NULL) == (i == other);
        if (!fine)
            fail_msg("%s:\n%s%s", asked[i].range, r.out, file);
        result_free(&r);
        free(file);
    }
}

static void what_cannot_be_searched_is_said_at_once(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(QUICK, ""));
    SAID("find q.json", 2, "it needs --vary PATH=LO..HI and --while 'METRIC op VALUE'");
    SAID(
        "find q.json --vary components.users.rat=5/s..9/s --while users.latncy<=5ms --from 9s", 2,
        "--vary: components.users.rat: the key \"rat\" is not known here (did you mean \"rate\"?)",
        "--while: \"users\" is a client, which has no meter \"latncy\" (did you mean \"latency\"?)",
        "--from: the run ends before this, at 6s");
    SAID("find q.json --vary components.usrs.rate=5/s..9/s --while users.latency=5ms", 2,
         "there is no \"usrs\" among the components (did you mean \"users\"?)",
         "--while: \"users.latency=5ms\" is not a criterion");
    SAID("find q.json --vary users.rate=9/s..5/s --while users.latency<=5/s", 2,
         "--vary: \"users.rate\" is not the path of a number",
         "--vary: \"9/s\" is not below \"5/s\"",
         "--while: \"5/s\" is a rate, where a duration is wanted");
    SAID("find q.json --vary components.users.rate=5/s..9ms --while users.latency<=5ms", 2,
         "\"5/s\" is a rate and \"9ms\" is a duration: both ends must be of one kind");
    SAID("find q.json --vary components.users.rate=5ms..9ms --while users.latency<=5ms", 2,
         "--vary: components.users.rate: \"5ms\" is a duration, where a rate is wanted");
    SAID("find q.json --vary components.users.to=5..9 --while users.latency<=5ms", 2,
         "--vary: components.users.to: ");
    SAID("find q.json --vary run.seed=5..9 --while users.latency<=5ms", 2, "cannot be varied");
    SAID("find q.json --vary components.users.rate=0/s..9/s --log --while users.latency<=5ms", 2,
         "--vary: ");
    SAID("find q.json " RATE " --while users.latency<=5ms --probability 2", 2,
         "--probability takes a share from 0.01 to 0.99");
    SAID("map q.json", 2, "q.json has no \"map\": give --x, --y and --while, or add one");
    SAID("map q.json --x components.users.rate=1/s..9/s:3", 2, "--y is missing");
    SAID("map q.json --x components.users.rate=1/s..9/s --y components.server.servers=1..3:9 "
         "--while users.latency<=5ms",
         2, "--x: ", "is not of the form PATH=LOW..HIGH:STEPS",
         "--y: there are only 3 whole numbers in this range, not 9");
    SAID("sensitivity q.json", 2, "q.json has no \"sensitivity\": add");
    assert_false(exists("out"));
}

int main(void)
{
#define IN_OWN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, enter, leave)
    const struct CMUnitTest tests[] = {
        IN_OWN_DIRECTORY(a_breaking_point_is_an_interval),
        IN_OWN_DIRECTORY(a_system_comes_back_or_not),
        IN_OWN_DIRECTORY(where_nothing_was_observed_nothing_is_judged),
        IN_OWN_DIRECTORY(the_same_for_any_number_of_threads),
        IN_OWN_DIRECTORY(results_are_written),
        IN_OWN_DIRECTORY(a_time_within_the_run_is_searched_by_its_requests),
        IN_OWN_DIRECTORY(an_answer_is_in_the_unit_of_the_question),
        IN_OWN_DIRECTORY(what_cannot_be_searched_is_said_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
