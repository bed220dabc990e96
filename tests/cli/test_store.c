/* test_store.c - the store of results: reuse, kills, and what can be wrong with it. */
#include "asks.h"

#include <sqlite3.h>

#define RUN "\"duration\": \"20s\", \"warmup\": \"1s\", \"replications\": 4"
#define SWEEP                                                                                      \
    ",\n \"sweep\": {\"cross\": {\"components.users.rate\": [\"200/s\", \"400/s\", \"600/s\"]}}"
#define WINDOWED                                                                                   \
    ",\n \"expect\": [{\"that\": \"server.queue.mean\", \"at_most\": 1000, \"from\": \"5s\", "     \
    "\"to\": \"9s\"}]"
#define CCDF                                                                                       \
    ",\n \"figures\": [{\"kind\": \"ccdf\", \"name\": \"tail\", \"title\": \"Tail\", "             \
    "\"panels\": [{\"series\": [\"server.sojourn\"]}]}]"

static const char database[] = "o/store/results.sqlite";

/* Runs, and holds how many runs it says were taken from the store; 0: nothing is said of it. */
static void expect_reused(const char *words, const char *said)
{
    struct result r = run(words);
    if (r.status != 0 || (said ? !strstr(r.err, said) : strstr(r.err, "store") != NULL))
        fail_msg("weir %s: exit %d, said:\n%s", words, r.status, r.err);
    result_free(&r);
}

static bool same_results(const char *a, const char *b)
{
    static const char *const files[] = {"summary.json", "series.csv", "resolved.json"};
    return same_files(a, b, files, sizeof files / sizeof *files);
}

/* ---- reuse ----------------------------------------------------------------------------------- */

static void what_is_there_is_not_run_again(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(RUN, SWEEP));
    expect_reused("run q.json --out o", NULL);
    expect_reused("run q.json --out o", "4 of 4 runs are from o/store");
    expect_reused("run q.json --out o --reps 6", "4 of 6 runs");
    expect_reused("run q.json --out new --reps 6", NULL);
    assert_true(same_results("o", "new"));
    expect_reused("run q.json --out o --reps 6 --fresh", NULL);
    assert_true(same_results("o", "new"));
    assert_int_equal(ask(database, "SELECT count(*) FROM run"), 6);
    expect_reused("run q.json --out o --seed 2", NULL); /* another seed is another run */
    expect_reused("run q.json --out o --set components.users.rate=799/s", NULL);
    expect_reused("sweep q.json --out o --seed 2", NULL);
    expect_reused("sweep q.json --out o", NULL);
    write_file("q.json", SCENARIO(RUN, ",\n \"sweep\": {\"cross\": {\"components.users.rate\": "
                                       "[\"200/s\", \"600/s\", \"800/s\", \"900/s\"]}}"));
    /* two cells are old, and one is what the file runs by itself, with its six replications */
    expect_reused("sweep q.json --out o", "12 of 16 runs");
    expect_reused("sweep q.json --out cells", NULL);
    assert_true(same_results("o", "cells"));
}

/* A name, a remark, a claim: none changes what is simulated. A claim on windows, or a tail, needs
 * what was not kept, and what was kept for it is left out again afterwards. */
static void a_changed_claim_takes_the_old_runs(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(RUN, ""));
    expect_reused("run q.json --out o", NULL);
    write_file("q.json",
               SCENARIO(RUN,
                        ",\n \"notes\": \"x\", \"expect\": [{\"that\": \"server.refused.count\","
                        " \"at_most\": 1}]"));
    struct result r = run("run q.json --out o");
    if (strstr(r.err, "4 of 4 runs") == NULL)
        fail_msg("%s", r.err);
    result_free(&r);
    write_file("q.json", SCENARIO(RUN, CCDF));
    expect_reused("run q.json --out o --no-plot", NULL);
    expect_reused("run q.json --out o --no-plot", "4 of 4 runs");
    expect_reused("run q.json --out new --no-plot", NULL);
    assert_true(same_results("o", "new"));
    assert_true(same_file("o/figures/tail.csv", "new/figures/tail.csv"));
    write_file("q.json", SCENARIO(RUN, WINDOWED));
    expect_reused("run q.json --out o --no-plot", NULL); /* nobody had asked for that time */
    expect_reused("run q.json --out o --no-plot", "4 of 4 runs");
    expect_reused("run q.json --out other --no-plot", NULL);
    assert_true(same_results("o", "other"));
    write_file("q.json", SCENARIO(RUN, CCDF));
    expect_reused("run q.json --out o --no-plot", NULL); /* those have no tail */
    expect_reused("run q.json --out o --no-plot", "4 of 4 runs");
}

/* What a file beside the scenario holds is part of what is simulated. */
static void a_changed_trace_is_another_run(void **state)
{
    (void)state;
    write_file("t.csv", "t_s\n0.1\n0.2\n");
    write_file("q.json",
               "{\"schema_version\": 1, \"title\": \"t\", \"run\": {\"duration\": \"2s\"},"
               " \"components\": {\"users\": {\"model\": \"client\", \"to\": \"server\","
               " \"trace\": {\"file\": \"t.csv\"}}, \"server\": {\"model\": \"service\","
               " \"servers\": 1, \"service_time\": \"1ms\"}}}");
    expect_reused("run q.json --out o", NULL);
    expect_reused("run q.json --out o", "runs are from o/store");
    write_file("t.csv", "t_s\n0.1\n0.3\n");
    expect_reused("run q.json --out o", NULL);
}

static void results_lists_and_exports(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(RUN, SWEEP));
    expect_run("sweep q.json --out o", 0, "");
    struct result r = run("results o");
    assert_int_equal(r.status, 0);
    assert_non_null(strstr(r.out, "users.rate=400/s"));
    assert_non_null(strstr(r.out, "4 runs, seed 1"));
    result_free(&r);
    r = run("results o --csv");
    assert_int_equal(r.status, 0);
    assert_true(strstr(r.out, "scenario,hash,variant,name,version,seed,replication,component,meter,"
                              "stat,unit,value,cell\n") == r.out);
    assert_non_null(strstr(r.out, ",3,server,answered,mean,requests/s,"));
    result_free(&r);
    assert_int_equal(ask(database, "SELECT count(DISTINCT name) FROM result WHERE meter = "
                                   "'utilisation' AND stat = 'mean' AND value > 0.1"),
                     3);
    assert_int_equal(ask(database, "SELECT count(*) FROM swept WHERE number IN (200, 400, 600)"),
                     3);
    expect_run("results nowhere", 2, "there is no nowhere/store");
    r = run("sweep q.json --out o --list --reps 5");
    assert_int_equal(r.status, 0);
    assert_non_null(strstr(r.out, "4 of 5 runs in the store"));
    assert_non_null(strstr(r.out, "12 runs are in the store"));
    result_free(&r);
}

/* ---- kills ----------------------------------------------------------------------------------- */

/* SIGKILL at moments spread over a sweep's life, each start going on from the last; at the end
 * the results are those of a sweep that nobody touched, and each run is there once. */
static void a_killed_sweep_goes_on(void **state)
{
    (void)state;
    enum { RUNS = 3 * 60 };
    write_file("q.json",
               SCENARIO("\"duration\": \"100s\", \"warmup\": \"1s\", \"replications\": 60", SWEEP));
    double whole_us = run_us("sweep q.json --out whole");
    unsigned random = 4711;
    long long before = 0;
    int killed = 0, gone_on = 0;
    for (int i = 0; i < 200 && before < RUNS; i++) {
        killed += run_killed("sweep q.json --out o", 0.3 * whole_us, &random);
        long long now = 0; /* killed so early that there are no tables yet */
        if (exists(database) &&
            ask(database, "SELECT count(*) FROM sqlite_master WHERE name = 'run'") > 0)
            now = ask(database, "SELECT count(*) FROM run");
        assert_true(now >= before); /* nothing is lost */
        gone_on += now > before && before > 0;
        before = now;
    }
    assert_true(killed > 1 && gone_on > 0);
    expect_run("sweep q.json --out o --quiet", 0, "");
    assert_true(same_results("o", "whole"));
    assert_int_equal(ask(database, "SELECT count(*) FROM run"), RUNS);
    assert_int_equal(ask(database, "SELECT count(*) FROM (SELECT DISTINCT key, seed, replication "
                                   "FROM run)"),
                     RUNS);
}

/* Killed while DIR is exchanged, the store may be in the sibling still: the next start has it. */
static void a_store_left_in_the_sibling_comes_back(void **state)
{
    (void)state;
    char sibling[64], command[160];
    write_file("q.json", SCENARIO(RUN, ""));
    expect_run("run q.json --out o", 0, "");
    fflush(NULL);
    pid_t gone = fork();
    if (gone == 0)
        _exit(0);
    waitpid(gone, NULL, 0);
    snprintf(sibling, sizeof sibling, "o.tmp-%ld", (long)gone);
    snprintf(command, sizeof command, "mkdir %s && mv o/store %s/", sibling, sibling);
    shell(command);
    expect_reused("run q.json --out o", "4 of 4 runs");
    assert_false(exists(sibling));
}

/* ---- faults ---------------------------------------------------------------------------------- */

/* What a file holds is the same after a command that must not touch it. */
static void expect_refused(const char *words, int status, const char *said)
{
    shell("cp o/store/results.sqlite before");
    expect_run(words, status, said);
    assert_true(system("cmp -s o/store/results.sqlite before") == 0);
}

static void a_foreign_database_is_left_alone(void **state)
{
    (void)state;
    sqlite3 *db;
    write_file("q.json", SCENARIO(RUN, ""));
    shell("mkdir -p o/store");
    assert_int_equal(sqlite3_open(database, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(
            db,
            "PRAGMA journal_mode = WAL; CREATE TABLE letters (text); INSERT INTO letters VALUES "
            "('dear')",
            NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    expect_refused("run q.json --out o", 2, "was not written by weir and is not empty");
    expect_refused("results o", 3, "is a database of another program");
    shell("test \"$(ls o/store)\" = results.sqlite"); /* nor was anything written beside it */
    write_file(database, "Dear all, this is a letter and no database, and it is long enough.\n");
    expect_refused("run q.json --out o", 2, "was not written by weir and is not empty");
    expect_run("run q.json --out good", 0, "");
    shell("cp good/manifest.json o/");
    expect_refused("run q.json --out o", 3, "is damaged, or is not a database");
}

static void a_damaged_store_is_left_alone(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(RUN, ""));
    expect_run("run q.json --out o", 0, "");
    expect_run("run q.json --out good", 0, "");
    shell("dd if=/dev/urandom of=o/store/results.sqlite bs=1 seek=5000 count=9000 conv=notrunc "
          "2>/dev/null");
    expect_refused("run q.json --out o", 3, "is damaged");
    assert_true(same_results("o", "good"));
    shell("cp good/store/results.sqlite o/store/ && truncate -s 20000 o/store/results.sqlite");
    expect_refused("run q.json --out o", 3, "is damaged");
    /* a sound database with an unsound record in it */
    shell("cp good/store/results.sqlite o/store/");
    ask(database, "UPDATE run SET numbers = substr(numbers, 1, length(numbers) - 3) WHERE "
                  "replication = 2");
    expect_run("run q.json --out o", 3, "the numbers of a run are damaged in the store: --fresh");
    assert_true(same_results("o", "good"));
    expect_run("run q.json --out o --fresh", 0, "");
    expect_reused("run q.json --out o", "4 of 4 runs");
}

static void a_newer_store_is_left_alone(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(RUN, ""));
    expect_run("run q.json --out o", 0, "");
    ask(database, "PRAGMA user_version = 99");
    expect_refused("run q.json --out o", 3, "was written by a newer weir (version 99");
    expect_refused("results o", 3, "was written by a newer weir");
}

static void two_at_once_are_kept_apart(void **state)
{
    (void)state;
    write_file("slow.json", SCENARIO("\"duration\": \"100s\", \"replications\": 20000", SWEEP));
    write_file("q.json", SCENARIO(RUN, ""));
    pid_t pid = start(NULL, "sweep slow.json --out o");
    wait_for_runs("o", 0);
    expect_run("run q.json --out o", 3, "store is in use by another weir");
    expect_run("results o", 0, "");
    kill(pid, SIGINT);
    struct result r = finish(pid);
    assert_int_equal(r.status, 130);
    result_free(&r);
    long long kept = ask(database, "SELECT count(*) FROM run");
    assert_true(kept > 0);
    expect_run("run q.json --out o", 0, "");
    assert_int_equal(ask(database, "SELECT count(*) FROM run"), kept + 4);
}

static void a_store_that_cannot_be_written_is_a_fault(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(RUN, ""));
    expect_run("run q.json --out o", 0, "");
    expect_run("run q.json --out good", 0, "");
    shell("chmod 555 o/store && chmod 444 o/store/results.sqlite");
    struct how how = {.powerless = true};
    struct result r = run_with(&how, "run q.json --out o --reps 9");
    if (r.status == 77)
        skip();
    assert_int_equal(r.status, 3);
    assert_non_null(strstr(r.err, "cannot write into"));
    assert_true(same_results("o", "good"));
    result_free(&r);
    r = run_with(&how, "results o");
    assert_int_equal(r.status, 0);
    assert_non_null(strstr(r.out, "4 runs"));
    result_free(&r);
    shell("chmod 755 o/store");
}

/* No file may grow over a limit in the middle of the sweep: what was finished before is kept, and
 * with room again the sweep goes on. */
static void a_full_disk_keeps_what_was_stored(void **state)
{
    (void)state;
    write_file("q.json",
               SCENARIO("\"duration\": \"20s\", \"warmup\": \"1s\", \"replications\": 200", SWEEP));
    struct how how = {.file_bytes = 1500000};
    struct result r = run_with(&how, "sweep q.json --out o");
    assert_int_equal(r.status, 3);
    assert_non_null(strstr(r.err, "cannot write"));
    assert_non_null(strstr(r.err, "results.sqlite"));
    assert_non_null(strstr(r.err, "run the command again to go on"));
    assert_false(exists("o/summary.json"));
    long long kept = ask(database, "SELECT count(*) FROM run");
    char said[64]; /* what it says is what is there */
    snprintf(said, sizeof said, "It holds %lld finished runs", kept);
    assert_non_null(strstr(r.err, said));
    result_free(&r);
    assert_true(kept > 0 && kept < 600);
    expect_run("sweep q.json --out whole", 0, "");
    expect_run("sweep q.json --out o --quiet", 0, "");
    assert_true(same_results("o", "whole"));
    assert_int_equal(ask(database, "SELECT count(*) FROM run"), 600);
}

/* What never had a run leaves nothing behind. */
static void nothing_finished_leaves_nothing(void **state)
{
    (void)state;
    write_file("slow.json", SCENARIO("\"duration\": \"100000s\", \"interval\": \"1s\", "
                                     "\"replications\": 2",
                                     ""));
    pid_t pid = start(NULL, "run slow.json --out o");
    wait_until_begun("o", pid);
    wait_ms(100);
    kill(pid, SIGINT);
    struct result r = finish(pid);
    assert_int_equal(r.status, 130);
    result_free(&r);
    assert_false(exists("o"));
}

int main(void)
{
#define IN_OWN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, enter, leave)
    const struct CMUnitTest tests[] = {
        IN_OWN_DIRECTORY(what_is_there_is_not_run_again),
        IN_OWN_DIRECTORY(a_changed_claim_takes_the_old_runs),
        IN_OWN_DIRECTORY(a_changed_trace_is_another_run),
        IN_OWN_DIRECTORY(results_lists_and_exports),
        IN_OWN_DIRECTORY(a_killed_sweep_goes_on),
        IN_OWN_DIRECTORY(a_store_left_in_the_sibling_comes_back),
        IN_OWN_DIRECTORY(a_foreign_database_is_left_alone),
        IN_OWN_DIRECTORY(a_damaged_store_is_left_alone),
        IN_OWN_DIRECTORY(a_newer_store_is_left_alone),
        IN_OWN_DIRECTORY(two_at_once_are_kept_apart),
        IN_OWN_DIRECTORY(a_store_that_cannot_be_written_is_a_fault),
        IN_OWN_DIRECTORY(a_full_disk_keeps_what_was_stored),
        IN_OWN_DIRECTORY(nothing_finished_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
