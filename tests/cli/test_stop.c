/* test_stop.c - who is told to end ends: each signal in each phase of each command, and its
 * children too. The inputs would run for minutes. */
#include "spawn.h"

/* chosen: a second, and what a machine with much other work adds */
#define MOST_S 8.0

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
enum { SIGNALS = 3 };

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static const struct how promptly = {.promptly = true};

/* Sends a signal, and holds that the process ends in time with 130 and says that it was ended. */
static void expect_end(pid_t pid, int number, const char *words)
{
    double before = now_s();
    assert_int_equal(kill(pid, number), 0);
    struct result r = finish(pid);
    double took = now_s() - before;
    if (r.status != 130 || took > MOST_S || !strstr(r.err, "interrupted"))
        fail_msg("weir %s, signal %d: exit %d after %.3f s; said:\n%s", words, number, r.status,
                 took, r.err);
    result_free(&r);
}

/* With each signal, `ms` after the start. */
static void expect_ends(const char *words, long ms)
{
    for (int i = 0; i < SIGNALS; i++) {
        pid_t pid = start(&promptly, words);
        wait_ms(ms);
        expect_end(pid, signals[i], words);
    }
}

#define CLIENT(load) "\"users\": {\"model\": \"client\", \"to\": \"server\", " load "}"
#define WORLD(run, load, server)                                                                   \
    "{\"schema_version\": 1, \"title\": \"t\", \"run\": {" run "}, \"components\": {" CLIENT(      \
        load) ", \"server\": {\"model\": \"service\", \"servers\": 1, \"service_time\": "          \
              "\"1ms\"" server "}}"
#define LONG "\"duration\": \"1000000s\", \"interval\": \"1000000s\", \"replications\": 2"
#define ENDLESS(more) WORLD(LONG, "\"rate\": \"900/s\"", "") more "}"

/* One window that takes minutes; an event that does; a world of very many nodes; users of whom the
 * first instant is full. */
static void a_run_ends(void **state)
{
    (void)state;
    static const char *const files[] = {
        ENDLESS(""),
        WORLD("\"duration\": \"200s\"", "\"rate\": \"1/s\"",
              ", \"pause\": {\"every\": \"1ns\", \"lasts\": \"1ns\"}") "}",
        WORLD("\"duration\": \"2000s\"",
              "\"modulated\": [{\"rate\": \"0.01/s\", \"dwell\": \"1ns\"}, "
              "{\"rate\": \"0.02/s\", \"dwell\": \"1ns\"}]",
              "") "}",
        WORLD("\"duration\": \"2s\", \"replications\": 1000", "\"rate\": \"1/s\"",
              ", \"nodes\": 100000, \"spread\": \"random\"") "}",
        WORLD("\"duration\": \"2s\", \"replications\": 100",
              "\"users\": 10000000, \"think_time\": \"0s\", \"timeout\": \"1000s\"", "") "}",
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        write_file("q.json", files[i]);
        expect_ends("run q.json --force --no-plot --jobs 1 --out o", 400);
    }
}

/* Each command that simulates, in a run that takes minutes. */
static void each_command_ends(void **state)
{
    (void)state;
    write_file("q.json",
               ENDLESS(",\n \"variants\": {\"a\": {}, \"b\": {\"components\": {\"server\": "
                       "{\"servers\": 2}}}},\n \"sweep\": {\"cross\": {\"components.users.rate\": "
                       "[\"200/s\", \"400/s\"]}},\n \"map\": {\"x\": {\"path\": "
                       "\"components.users.rate\", \"from\": \"200/s\", \"to\": \"1600/s\", "
                       "\"steps\": 5}, \"y\": {\"path\": \"components.server.servers\", \"from\": "
                       "1, \"to\": 2, \"steps\": 2}, \"while\": \"users.latency.mean <= 5ms\"},\n"
                       " \"sensitivity\": {\"metric\": \"users.latency.mean\", \"vary\": {"
                       "\"components.users.rate\": {\"low\": \"790/s\", \"mid\": \"800/s\", "
                       "\"high\": \"810/s\"}}}"));
    static const char *const commands[] = {
        "run q.json --force --out o",
        "sweep q.json --force --out o",
        "compare q.json a b --force --out o",
        "map q.json --force --out o",
        "sensitivity q.json --force --out o",
        ("find q.json --force --out o --vary components.users.rate=500/s..950/s --while "
         "users.latency.mean<5ms"),
    };
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        expect_ends(commands[i], 300);
}

/* A pipe that is full, as of a reader who looks on: what is printed waits, and ^C does not. */
static void a_full_pipe_ends(void **state)
{
    (void)state;
    static const char full[4096];
    write_file("q.json", SCENARIO("\"duration\": \"2s\", \"replications\": 2", ""));
    expect_run("run q.json --no-plot --out o", 0, "");
    assert_int_equal(mkfifo("pipe", 0600), 0);
    int fd = open("pipe", O_RDWR | O_NONBLOCK);
    assert_true(fd >= 0);
    while (write(fd, full, sizeof full) > 0)
        ;
    static const char *const commands[] = {
        "run q.json --json --no-plot --out o",
        "report o",
        "check q.json",
        "explain q.json",
        "results o --csv",
        "models",
        "schema",
        "models client",
        "list .",
    };
    struct how how = {.promptly = true, .to = "pipe"};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        for (int k = 0; k < SIGNALS; k++) {
            pid_t pid = start(&how, commands[i]);
            wait_ms(300);
            expect_end(pid, signals[k], commands[i]);
        }
    }
    close(fd);
}

/* Whether there is such a process that has not ended. */
static bool runs(int pid)
{
    char path[64], state = 'Z';
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    char *text = read_file(path), *name_end = text ? strrchr(text, ')') : NULL;
    if (name_end)
        sscanf(name_end, ") %c", &state);
    free(text);
    return state != 'Z' && state != 'X';
}

/* A gnuplot that nothing but SIGKILL ends, with a child of its own that holds its standard error:
 * both write down who they are. */
static void drawing_ends(void **state)
{
    (void)state;
    char path[PATH_ROOM], pids[PATH_ROOM];
    assert_int_equal(mkdir("bin", 0777), 0);
    write_file("bin/gnuplot", "#!/bin/sh\ntrap '' INT TERM HUP\n(trap '' INT TERM HUP; while :; do "
                              "sleep 1; done) &\necho $$ $! >\"$WEIR_PIDS\"\nwhile :; do sleep 1; "
                              "done\n");
    assert_int_equal(chmod("bin/gnuplot", 0755), 0);
    snprintf(path, sizeof path, "%s/bin:%s", (char *)*state, getenv("PATH"));
    struct how how = {.promptly = true, .path = path};
    write_file("q.json",
               SCENARIO("\"duration\": \"2s\", \"replications\": 2",
                        ",\n \"figures\": [{\"kind\": \"timeline\", \"name\": \"queue\", "
                        "\"title\": \"Q\", \"panels\": [{\"series\": [\"server.queue\"]}]}],\n"
                        " \"sensitivity\": {\"metric\": \"users.latency.mean\", \"vary\": {"
                        "\"components.users.rate\": {\"low\": \"790/s\", \"mid\": \"800/s\", "
                        "\"high\": \"810/s\"}}}"));
    expect_run("run q.json --no-plot --out drawn", 0, "");
    static const char *const commands[] = {"run q.json --out o", "plot drawn",
                                           "sensitivity q.json --out s"};
    snprintf(pids, sizeof pids, "%s/pids", (char *)*state);
    assert_int_equal(setenv("WEIR_PIDS", pids, 1), 0);
    for (int i = 0; i < SIGNALS * SIGNALS; i++) {
        int leader = 0, other = 0;
        unlink("pids");
        pid_t pid = start(&how, commands[i / SIGNALS]);
        for (int k = 0; k < PATIENCE && other == 0; k++) {
            wait_ms(20);
            char *text = read_file("pids");
            if (text && sscanf(text, "%d %d", &leader, &other) != 2)
                other = 0;
            free(text);
        }
        assert_true(other > 0);
        double before = now_s();
        assert_int_equal(kill(pid, signals[i % SIGNALS]), 0);
        struct result r = finish(pid);
        if (r.status != 130 || now_s() - before > MOST_S)
            fail_msg("weir %s: exit %d after %.3f s; said:\n%s", commands[i / SIGNALS], r.status,
                     now_s() - before, r.err);
        result_free(&r);
        while ((runs(leader) || runs(other)) && now_s() - before < MOST_S)
            wait_ms(20); /* a process that was killed needs a processor in order to end */
        assert_false(runs(leader) || runs(other));
    }
    assert_true(exists("o/summary.json") && exists("s/sensitivity.json"));
    assert_false(exists("o/figures/queue.svg.tmp") || exists("drawn/figures/queue.svg.tmp"));
    assert_int_equal(unsetenv("WEIR_PIDS"), 0);
}

/* A scenario so long that it takes a while to read, and one that comes out of a pipe whose writer
 * waits. */
static void loading_ends(void **state)
{
    (void)state;
    assert_int_equal(mkfifo("pipe.json", 0600), 0);
    int fd = open("pipe.json", O_RDWR);
    assert_true(fd >= 0);
    expect_ends("check pipe.json", 200);
    expect_ends("run pipe.json --force", 200);
    expect_ends("find pipe.json --vary a=1..2 --while a.b<1", 200);
    expect_ends("compare pipe.json a b", 200);
    close(fd);
}

/* The page of a report that is not finished is not left behind. Its input is a pipe that does not
 * end. */
static void a_report_ends(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO("\"duration\": \"2s\", \"replications\": 2", ""));
    expect_run("run q.json --no-plot --out o", 0, "");
    assert_int_equal(unlink("o/summary.json"), 0);
    assert_int_equal(mkfifo("o/summary.json", 0600), 0);
    expect_ends("report o", 200);
    shell("test -z \"$(ls o | grep tmp)\"");
}

/* What is finished is kept, and said; the next run takes it. */
static void what_is_finished_is_kept(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO("\"duration\": \"20s\", \"replications\": 20000", ""));
    pid_t pid = start(&promptly, "run q.json --no-plot --out o");
    wait_until_begun("o", pid);
    wait_for_runs("o", 0);
    expect_end(pid, SIGTERM, "run q.json");
    assert_true(runs_kept("o") > 0);
}

/* nohup means that a hang-up is not meant for us. */
static void a_hang_up_that_is_ignored_is_ignored(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO("\"duration\": \"20000s\", \"replications\": 1", ""));
    assert_true(signal(SIGHUP, SIG_IGN) != SIG_ERR);
    pid_t pid = start(&promptly, "run q.json --no-plot --out o");
    assert_true(signal(SIGHUP, SIG_DFL) != SIG_ERR);
    wait_until_begun("o", pid);
    assert_int_equal(kill(pid, SIGHUP), 0);
    struct result r = finish(pid);
    assert_int_equal(r.status, 0);
    result_free(&r);
}

int main(void)
{
#define IN_OWN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, enter, leave)
    const struct CMUnitTest tests[] = {
        IN_OWN_DIRECTORY(a_run_ends),
        IN_OWN_DIRECTORY(each_command_ends),
        IN_OWN_DIRECTORY(a_full_pipe_ends),
        IN_OWN_DIRECTORY(drawing_ends),
        IN_OWN_DIRECTORY(loading_ends),
        IN_OWN_DIRECTORY(a_report_ends),
        IN_OWN_DIRECTORY(what_is_finished_is_kept),
        IN_OWN_DIRECTORY(a_hang_up_that_is_ignored_is_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
