/* test_output.c - the output directory: same bytes, faults, kills and interrupts. */
#include "spawn.h"

#include <dirent.h>

#define QUICK "\"duration\": \"100s\", \"warmup\": \"1s\", \"replications\": 3"
#define FIGURE                                                                                     \
    ",\n \"figures\": [{\"kind\": \"timeline\", \"name\": \"queue\", \"title\": \"The queue\", "   \
    "\"panels\": [{\"series\": [\"server.queue\"]}]}]"

static const char *const files[] = {"summary.json", "series.csv", "resolved.json",
                                    "figures/queue.gp", "figures/queue.csv"};

/* Whether all files of two results are the same. */
static bool same_results(const char *a, const char *b)
{
    return same_files(a, b, files, sizeof files / sizeof *files);
}

/* How many entries of the working directory begin so. */
static int count_like(const char *lead)
{
    DIR *dir = opendir(".");
    int n = 0;
    for (struct dirent *e; (e = readdir(dir));)
        n += strncmp(e->d_name, lead, strlen(lead)) == 0;
    closedir(dir);
    return n;
}

static void jobs_change_no_byte(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(QUICK, FIGURE));
    expect_run("run q.json --jobs 1 --out one", 0, "");
    expect_run("run q.json --jobs 2 --out two", 0, "");
    expect_run("run q.json --jobs 7 --out seven --quiet", 0, "");
    assert_true(same_results("one", "two"));
    assert_true(same_results("one", "seven"));
    assert_true(same_file("one/figures/queue.svg", "two/figures/queue.svg"));
    expect_run("run q.json --seed 9 --out nine", 0, "");
    assert_false(same_results("one", "nine"));
}

static void what_is_not_ours_is_left_alone(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(QUICK, FIGURE));
    assert_int_equal(mkdir("mine", 0777), 0);
    write_file("mine/letter.txt", "dear");
    expect_run("run q.json --out mine", 2, "was not written by weir and is not empty");
    expect_run("run q.json --out .", 2, "was not written by weir and is not empty");
    assert_true(exists("mine/letter.txt") && !exists("mine/summary.json"));
    expect_run("run q.json --out o", 0, "");
    write_file("o/notes.txt", "notes"); /* beside the results: carried over */
    write_file("o/figures/sketch.odg", "sketch");
    expect_run("run q.json --out o --seed 5", 0, "");
    assert_true(exists("o/notes.txt") && exists("o/figures/sketch.odg"));
    assert_int_equal(count_like("o.tmp"), 0);
}

static void a_directory_that_cannot_be_written_is_a_fault(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(QUICK, ""));
    write_file("plain", "a file");
    expect_run("run q.json --out plain/o", 3, "Not a directory");
    assert_int_equal(mkdir("locked", 0777), 0);
    assert_int_equal(chmod("locked", 0555), 0);
    struct how how = {.powerless = true};
    struct result r = run_with(&how, "run q.json --out locked/o");
    if (r.status == 77)
        skip();
    assert_int_equal(r.status, 3);
    assert_non_null(strstr(r.err, "Permission denied"));
    assert_non_null(strstr(r.err, "locked/o"));
    assert_non_null(strstr(r.err, "give another directory with --out"));
    result_free(&r);
    expect_run("run q.json --out=", 2, "--out has to name a directory");
    write_file("q.json", SCENARIO(QUICK, FIGURE));
    expect_run("run q.json --out o --no-plot", 0, "");
    assert_int_equal(chmod("o/figures", 0555), 0);
    r = run_with(&how, "plot o");
    assert_int_equal(r.status, 3);
    assert_string_equal(r.err, "weir: cannot write into o/figures: Permission denied\n");
    result_free(&r);
    assert_int_equal(chmod("o/figures", 0777), 0);
}

static void a_full_disk_leaves_the_last_good_result(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(QUICK, FIGURE));
    expect_run("run q.json --out o", 0, "");
    expect_run("run q.json --out before", 0, "");
    struct how how = {.file_bytes = 20000};
    struct result r = run_with(&how, "run q.json --seed 2 --out o");
    assert_int_equal(r.status, 3);
    assert_non_null(strstr(r.err, "cannot write"));
    assert_true(same_results("o", "before"));
    assert_int_equal(count_like("o.tmp"), 0);
    result_free(&r);
}

static void without_gnuplot_the_results_are_kept(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(QUICK, FIGURE));
    struct how how = {.path = "/nonexistent"};
    struct result r = run_with(&how, "run q.json --out o");
    assert_int_equal(r.status, 3);
    assert_non_null(strstr(r.err, "apt-get install gnuplot-nox"));
    assert_true(exists("o/summary.json") && exists("o/figures/queue.gp"));
    assert_false(exists("o/figures/queue.svg"));
    result_free(&r);
    r = run_with(&how, "plot o");
    assert_int_equal(r.status, 3);
    result_free(&r);
    expect_run("plot o", 0, "");
    assert_true(exists("o/figures/queue.svg"));
    expect_run("plot o --format png", 0, "");
    assert_true(exists("o/figures/queue.png"));
    expect_run("run q.json --out p --no-plot", 0, "");
    assert_true(exists("p/figures/queue.gp") && !exists("p/figures/queue.svg"));
    write_file("p/figures/queue.gp", "plot nonsense(\n");
    expect_run("plot p", 3, "weir: gnuplot could not draw figures/queue.gp:\n\"queue.gp\" line 1:");
}

/* A gnuplot that never ends is ended; what it was to draw can be drawn later. */
static void a_gnuplot_that_hangs_is_ended(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(QUICK, FIGURE));
    assert_int_equal(mkdir("bin", 0777), 0);
    write_file("bin/gnuplot", "#!/bin/sh\nsleep 20\nexit 0\n");
    assert_int_equal(chmod("bin/gnuplot", 0755), 0);
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/bin:%s", (char *)*state, getenv("PATH"));
    assert_int_equal(setenv("WEIR_GNUPLOT_SECONDS", "1", 1), 0);
    struct how how = {.path = path};
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    struct result r = run_with(&how, "run q.json --out o");
    clock_gettime(CLOCK_MONOTONIC, &b);
    assert_true(b.tv_sec - a.tv_sec < 15); /* its child sleeps on, and holds its standard error */
    assert_int_equal(unsetenv("WEIR_GNUPLOT_SECONDS"), 0);
    if (r.status != 3 || !strstr(r.err, "gnuplot could not draw figures/queue.gp") ||
        !strstr(r.err, "it took more than 1 s and was ended"))
        fail_msg("exit %d, said:\n%s", r.status, r.err);
    result_free(&r);
    assert_true(exists("o/summary.json") && exists("o/figures/queue.gp"));
    assert_false(exists("o/figures/queue.svg") || exists("o/figures/queue.svg.tmp"));
    assert_int_equal(count_like("o.tmp"), 0);
    expect_run("plot o", 0, "");
    assert_true(exists("o/figures/queue.svg"));
}

/* SIGKILL at moments spread over a run's whole life: the directory holds one of the two results,
 * whole, each time. */
static void a_kill_leaves_a_whole_result(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(QUICK, FIGURE));
    expect_run("run q.json --seed 1 --out one --no-plot", 0, "");
    double whole_us = run_us("run q.json --seed 2 --out two --no-plot");
    expect_run("run q.json --seed 1 --out o --no-plot", 0, "");
    unsigned random = 12345;
    int killed = 0;
    for (int i = 0; i < 40; i++) {
        killed += run_killed(i % 2 ? "run q.json --seed 1 --out o --no-plot"
                                   : "run q.json --seed 2 --out o --no-plot",
                             1.2 * whole_us, &random);
        assert_true(same_results("o", "one") || same_results("o", "two"));
    }
    assert_true(killed > 0);
    expect_run("run q.json --seed 2 --out o --no-plot", 0, NULL);
    assert_true(same_results("o", "two"));
    assert_int_equal(count_like("o.tmp"), 0); /* and nothing is left lying about */
}

static void an_interrupt_keeps_what_is_finished(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO("\"duration\": \"20s\", \"replications\": 20000", FIGURE));
    static const int signals[] = {SIGINT, SIGTERM};
    for (int i = 0; i < 2; i++) {
        long before = runs_kept("o");
        pid_t pid = start(NULL, "run q.json --out o");
        wait_until_begun("o", pid);
        wait_for_runs("o", before);
        kill(pid, signals[i]);
        struct result r = finish(pid);
        assert_int_equal(r.status, 130);
        assert_non_null(strstr(r.err, "interrupted"));
        assert_non_null(strstr(r.out, "INCOMPLETE"));
        result_free(&r);
        char *summary = read_file("o/summary.json");
        assert_non_null(strstr(summary, "\"of\": 20000, \"why\": \"interrupted\"}"));
        free(summary);
        assert_true(exists("o/figures/queue.gp") && exists("o/series.csv"));
    }
}

/* Nothing finished: the last good result stays. */
static void an_early_interrupt_changes_nothing(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(QUICK, FIGURE));
    write_file("slow.json", SCENARIO("\"duration\": \"100000s\", \"interval\": \"1s\", "
                                     "\"replications\": 2",
                                     FIGURE));
    expect_run("run q.json --out o --no-plot", 0, "");
    expect_run("run q.json --out before --no-plot", 0, "");
    pid_t pid = start(NULL, "run slow.json --out o");
    wait_until_begun("o", pid);
    wait_ms(100);
    kill(pid, SIGINT);
    struct result r = finish(pid);
    assert_int_equal(r.status, 130);
    assert_true(same_results("o", "before"));
    assert_int_equal(count_like("o.tmp"), 0);
    result_free(&r);
}

/* Where the file system cannot exchange two directories, files are put into the one that is there,
 * and nothing is lost. That it is renameat2() that fails is seen by an errno for which nothing
 * stands in. */
static void without_exchange_files_are_put_in_place(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(QUICK, FIGURE));
    expect_run("run q.json --out o --no-plot", 0, "");
    expect_run("run q.json --out before --no-plot", 0, "");
    expect_run("run q.json --out after --no-plot --seed 5", 0, "");
    write_file("o/notes.txt", "notes");
    write_file("o/figures/sketch.odg", "sketch");
    struct how how = {.no_flags = EIO};
    struct result r = run_with(&how, "run q.json --out o --no-plot --seed 5");
    if (r.status == 77)
        skip();
    assert_int_equal(r.status, 3);
    assert_non_null(strstr(r.err, "cannot put the results in the place of"));
    assert_true(same_results("o", "before") && exists("o/notes.txt"));
    assert_int_equal(count_like("o.tmp"), 0);
    result_free(&r);
    static const int errnos[] = {EINVAL, ENOSYS};
    for (int i = 0; i < 2; i++) {
        how.no_flags = errnos[i];
        r = run_with(&how,
                     i ? "run q.json --out o --no-plot" : "run q.json --out o --no-plot --seed 5");
        assert_int_equal(r.status, 0);
        assert_true(same_results("o", i ? "before" : "after"));
        assert_true(exists("o/notes.txt") && exists("o/figures/sketch.odg"));
        assert_int_equal(count_like("o.tmp"), 0);
        result_free(&r);
    }
}

static void a_sweep_draws_its_curve(void **state)
{
    (void)state;
    write_file("s.json",
               SCENARIO(QUICK, ",\n \"sweep\": {\"cross\": {\"components.users.rate\": "
                               "[\"200/s\", \"400/s\", \"600/s\"]}},\n \"figures\": [{\"kind\": "
                               "\"curve\", \"name\": \"load\", \"title\": \"Load\", \"panels\": "
                               "[{\"series\": [\"server.utilisation\"]}]}]"));
    struct result r = run("sweep s.json --list");
    assert_int_equal(r.status, 0);
    assert_non_null(strstr(r.out, "3 cells x 3 replications = 9 runs"));
    assert_false(exists("out"));
    result_free(&r);
    expect_run("sweep s.json --jobs 1 --out one", 0, "");
    expect_run("sweep s.json --jobs 2 --out two", 0, "");
    assert_true(same_file("one/summary.json", "two/summary.json"));
    char *csv = read_file("one/figures/load.csv");
    assert_non_null(csv);
    assert_non_null(strstr(csv, "\n1,200,0."));
    assert_non_null(strstr(csv, "\n1,600,0."));
    free(csv);
    assert_true(exists("one/figures/load.svg"));
}

int main(void)
{
#define IN_OWN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, enter, leave)
    const struct CMUnitTest tests[] = {
        IN_OWN_DIRECTORY(jobs_change_no_byte),
        IN_OWN_DIRECTORY(what_is_not_ours_is_left_alone),
        IN_OWN_DIRECTORY(a_directory_that_cannot_be_written_is_a_fault),
        IN_OWN_DIRECTORY(a_full_disk_leaves_the_last_good_result),
        IN_OWN_DIRECTORY(without_gnuplot_the_results_are_kept),
        IN_OWN_DIRECTORY(a_gnuplot_that_hangs_is_ended),
        IN_OWN_DIRECTORY(a_kill_leaves_a_whole_result),
        IN_OWN_DIRECTORY(an_interrupt_keeps_what_is_finished),
        IN_OWN_DIRECTORY(an_early_interrupt_changes_nothing),
        IN_OWN_DIRECTORY(without_exchange_files_are_put_in_place),
        IN_OWN_DIRECTORY(a_sweep_draws_its_curve),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
