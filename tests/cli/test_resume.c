/* test_resume.c - compare, find, map and sensitivity on the store: what is there is not simulated
 * again, and what was killed goes on to the results of an undisturbed search. */
#include "asks.h"

#define RUN(duration) "\"duration\": \"" duration "\", \"warmup\": \"1s\", \"replications\": 10"
#define VARIANTS                                                                                   \
    ",\n \"variants\": {\"base\": {}, \"fast\": {\"components\": {\"server\": {\"service_time\": " \
    "{\"type\": \"exponential\", \"mean\": \"0.5ms\"}}}}}"
#define SEARCHES                                                                                   \
    ",\n \"map\": {\"x\": {\"path\": \"components.users.rate\", \"from\": \"200/s\", \"to\": "     \
    "\"1600/s\", \"steps\": 5, \"scale\": \"log\"},\n  \"y\": {\"path\": "                         \
    "\"components.server.servers\", \"from\": 1, \"to\": 2, \"steps\": 2},\n"                      \
    "  \"while\": \"users.latency.mean <= 5ms\", \"from\": \"1s\", \"to\": \"4s\"},\n"             \
    " \"sensitivity\": {\"metric\": \"users.latency.mean\", \"vary\": {\n"                         \
    "  \"components.users.rate\": {\"low\": \"790/s\", \"mid\": \"800/s\", \"high\": "             \
    "\"810/s\"},\n"                                                                                \
    "  \"components.server.service_time.mean\": {\"low\": \"0.5ms\", \"mid\": \"1ms\", \"high\": " \
    "\"1.05ms\"}}}"
#define FIND "find q.json --vary components.users.rate=500/s..950/s --while users.latency.mean<=5ms"

/* How many runs a directory's store holds; 0: it is not there, or has no tables yet. */
static long long kept(const char *dir)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/store/results.sqlite", dir);
    if (!exists(path) || ask(path, "SELECT count(*) FROM sqlite_master WHERE name = 'run'") <= 0)
        return 0;
    /* in one statement: a search that goes on meanwhile adds runs between two */
    assert_int_equal(ask(path, "SELECT count(*) - (SELECT count(*) FROM (SELECT DISTINCT key, "
                               "seed, replication FROM run)) FROM run"),
                     0);
    return ask(path, "SELECT count(*) FROM run");
}

/* Runs, and holds what it says on standard error of runs from the store; NULL: nothing. */
static void expect_reused(const char *words, const char *said)
{
    struct result r = run(words);
    if (r.status != 0 || (said ? !strstr(r.err, said) : strstr(r.err, "store") != NULL))
        fail_msg("weir %s: exit %d, said:\n%s", words, r.status, r.err);
    result_free(&r);
}

static void expect_same(const char *a, const char *b, const char *const *files)
{
    for (; *files; files++) {
        char left[PATH_ROOM], right[PATH_ROOM];
        snprintf(left, sizeof left, "%s/%s", a, *files);
        snprintf(right, sizeof right, "%s/%s", b, *files);
        if (!same_file(left, right))
            fail_msg("%s and %s differ", left, right);
    }
}

static const char *const compared[] = {"comparison.json", "summary.json", "resolved.json", NULL};
static const char *const found[] = {"find.json", "resolved.json", "figures/find.csv", NULL};
static const char *const mapped[] = {"map.json", "resolved.json", "figures/map.csv", NULL};
static const char *const ranked[] = {"sensitivity.json", "resolved.json", "figures/tornado.csv",
                                     NULL};

/* ---- reuse ----------------------------------------------------------------------------------- */

static void a_comparison_takes_the_runs_that_are_there(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(RUN("6s"), VARIANTS));
    expect_reused("run q.json --no-plot", NULL); /* into out/q, where compare has its runs */
    expect_reused("compare q.json base fast", "20 of 20 runs are from out/q/store");
    expect_reused("compare q.json base fast --reps 12", "20 of 24 runs");
    expect_reused("run q.json --no-plot --reps 12", "24 of 24 runs");
    assert_true(exists("out/q/series.csv") && !exists("out/q/comparison.json"));
    expect_reused("compare q.json base fast --out o", NULL);
    expect_reused(
        "compare q.json base fast --out o --until 1% --max-reps 15 --metric users.latency.mean",
        "20 of 30 runs");
    expect_reused(
        "compare q.json base fast --out new --until 1% --max-reps 15 --metric users.latency.mean",
        NULL);
    expect_same("o", "new", compared);
    expect_reused("compare q.json base fast --out o --fresh", NULL);
    assert_int_equal(kept("o"), 30);
    expect_run("results o", 0, "");
}

static void a_search_takes_the_runs_that_are_there(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(RUN("6s"), SEARCHES));
    expect_reused(FIND " --no-plot --within 20%", NULL);
    long long rough = kept("out/q-find");
    char said[64];
    snprintf(said, sizeof said, "%lld of %lld runs are from out/q-find/store", rough, rough);
    expect_reused(FIND " --no-plot --within 20%", said);
    snprintf(said, sizeof said, "weir: %lld of ", rough);
    expect_reused(FIND " --no-plot --within 10%", said);
    assert_true(kept("out/q-find") > rough);
    expect_reused(FIND " --no-plot --within 10% --out o", NULL);
    expect_same("out/q-find", "o", found);
    long long fine = kept("o");
    expect_reused(FIND " --no-plot --within 10% --out o --fresh", NULL);
    assert_int_equal(kept("o"), fine);
    expect_reused("map q.json --no-plot", NULL);
    expect_reused("map q.json --no-plot", "100 of 100 runs are from out/q-map/store");
    expect_reused("sensitivity q.json --no-plot", NULL);
    expect_reused("sensitivity q.json --no-plot --reps 12", "50 of 60 runs");
    expect_reused("sensitivity q.json --no-plot --reps 12 --out new", NULL);
    expect_same("out/q-sensitivity", "new", ranked);
    /* for tools of the reader's own: what was varied, as numbers */
    assert_int_equal(ask("out/q-map/store/results.sqlite",
                         "SELECT count(*) FROM swept WHERE path = 'components.users.rate' AND "
                         "number = 1600 AND value = '1600/s'"),
                     2);
    struct result r = run("results out/q-map");
    assert_non_null(strstr(r.out, "users.rate=1600/s, server.servers=2"));
    result_free(&r);
}

/* ---- interrupted and killed ------------------------------------------------------------------ */

/* ^C is answered with 130, and what was finished is there. */
static void an_interrupted_search_goes_on(void **state)
{
    (void)state;
    static const char *const commands[] = {
        FIND " --no-plot --reps 200 --within 1% --max-runs 100000 --force --out o",
        "map q.json --no-plot --reps 200 --out o",
        "sensitivity q.json --no-plot --reps 200 --out o",
        "compare q.json base fast --reps 500 --out o"};
    write_file("q.json", SCENARIO(RUN("60s"), VARIANTS SEARCHES));
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        shell("rm -rf o");
        pid_t pid = start(NULL, commands[i]);
        for (int k = 0; k < 1000 && kept("o") == 0; k++)
            wait_ms(10);
        struct result beside = run("run q.json --out o --no-plot");
        if (beside.status != 3 || !strstr(beside.err, "store is in use by another weir"))
            fail_msg("beside weir %s: exit %d, said:\n%s", commands[i], beside.status, beside.err);
        result_free(&beside);
        kill(pid, SIGINT);
        struct result r = finish(pid);
        if (r.status != 130 || !strstr(r.err, "runs are kept in o"))
            fail_msg("weir %s: exit %d, said:\n%s", commands[i], r.status, r.err);
        result_free(&r);
        assert_true(kept("o") > 0);
    }
}

/* SIGKILL at moments spread over a search's life, until it has come to its end: from the start
 * again if it came there before two kills, one of which left runs to go on from. */
static void kill_until_done(const char *words, const char *whole, const char *const *files)
{
    struct timespec a, b;
    char undisturbed[256], killed_one[256];
    snprintf(undisturbed, sizeof undisturbed, "%s --out %s", words, whole);
    snprintf(killed_one, sizeof killed_one, "%s --out o", words);
    shell("rm -rf o");
    clock_gettime(CLOCK_MONOTONIC, &a);
    expect_run(undisturbed, 0, NULL);
    clock_gettime(CLOCK_MONOTONIC, &b);
    double us = (double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3;
    unsigned random = 42;
    int killed = 0, gone_on = 0;
    long long before = 0;
    for (bool done = false; !done || killed < 2 || !gone_on; assert_true(killed < 200)) {
        if (done) {
            shell("rm -rf o");
            before = 0;
        }
        random = random * 1103515245u + 12345u;
        pid_t pid = start(NULL, killed_one);
        long wait = (long)(us * 0.3 * (double)(random >> 16 & 1023) / 1024);
        struct timespec t = {wait / 1000000, wait % 1000000 * 1000};
        nanosleep(&t, NULL);
        kill(pid, SIGKILL);
        struct result r = finish(pid);
        done = r.status == 0;
        killed += r.status < 0;
        result_free(&r);
        long long now = kept("o");
        assert_true(now >= before); /* nothing is lost */
        gone_on += now > before && before > 0;
        before = now;
    }
    expect_run(killed_one, 0, "simulated before");
    expect_same(whole, "o", files);
    assert_int_equal(kept("o"), kept(whole));
}

static void a_killed_find_goes_on(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(RUN("20s"), ""));
    kill_until_done(FIND " --no-plot --within 4%", "find", found);
}

static void a_killed_map_goes_on(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(RUN("20s"), SEARCHES));
    kill_until_done("map q.json --no-plot --reps 30", "map", mapped);
}

/* ---- faults ---------------------------------------------------------------------------------- */

static void a_store_that_cannot_be_written_is_a_fault(void **state)
{
    (void)state;
    static const char *const commands[] = {
        FIND " --no-plot --out o", "map q.json --no-plot --out o",
        "sensitivity q.json --no-plot --out o", "compare q.json base fast --out o"};
    write_file("q.json", SCENARIO(RUN("6s"), VARIANTS SEARCHES));
    expect_run("map q.json --no-plot --out o", 0, "");
    shell("cp -r o before && chmod 555 o/store && chmod 444 o/store/results.sqlite");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        struct how how = {.powerless = true};
        struct result r = run_with(&how, commands[i]);
        if (r.status == 77)
            skip();
        if (r.status != 3 || !strstr(r.err, "cannot write into"))
            fail_msg("weir %s: exit %d, said:\n%s", commands[i], r.status, r.err);
        result_free(&r);
        expect_same("before", "o", mapped);
    }
    shell("chmod 755 o/store && chmod 644 o/store/results.sqlite");
    struct how how = {.file_bytes = 60000};
    struct result r = run_with(&how, "map q.json --no-plot --out o --reps 50");
    assert_int_equal(r.status, 3);
    assert_non_null(strstr(r.err, "cannot write"));
    result_free(&r);
    expect_same("before", "o", mapped);
}

int main(void)
{
#define IN_OWN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, enter, leave)
    const struct CMUnitTest tests[] = {
        IN_OWN_DIRECTORY(a_comparison_takes_the_runs_that_are_there),
        IN_OWN_DIRECTORY(a_search_takes_the_runs_that_are_there),
        IN_OWN_DIRECTORY(an_interrupted_search_goes_on),
        IN_OWN_DIRECTORY(a_killed_find_goes_on),
        IN_OWN_DIRECTORY(a_killed_map_goes_on),
        IN_OWN_DIRECTORY(a_store_that_cannot_be_written_is_a_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
