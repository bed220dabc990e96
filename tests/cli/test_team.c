/* test_team.c - a sweep under mpirun: the same bytes, and a rank that dies. Skipped where there is
 * no Open MPI. */
#include "spawn.h"

#include <sys/types.h>

#define SWEEP                                                                                      \
    ",\n \"sweep\": {\"cross\": {\"components.users.rate\": [\"200/s\", \"400/s\", \"600/s\"]}}"

#define SEARCHES                                                                                   \
    ",\n \"variants\": {\"base\": {}, \"fast\": {\"components\": {\"server\": {\"service_time\": " \
    "{\"type\": \"exponential\", \"mean\": \"0.5ms\"}}}},\n"                                       \
    "  \"two\": {\"components\": {\"server\": {\"servers\": 2}}}},\n"                              \
    " \"map\": {\"x\": {\"path\": \"components.users.rate\", \"from\": \"200/s\", \"to\": "        \
    "\"1600/s\", \"steps\": 5, \"scale\": \"log\"},\n  \"y\": {\"path\": "                         \
    "\"components.server.servers\", \"from\": 1, \"to\": 2, \"steps\": 2},\n"                      \
    "  \"while\": \"users.latency.mean <= 5ms\", \"from\": \"1s\", \"to\": \"4s\"},\n"             \
    " \"sensitivity\": {\"metric\": \"users.latency.mean\", \"vary\": {\n"                         \
    "  \"components.users.rate\": {\"low\": \"790/s\", \"mid\": \"800/s\", \"high\": "             \
    "\"810/s\"}}}"

/* Starts words under mpirun with `ranks`. */
static pid_t start_team(int ranks, const char *words)
{
    char command[1024], quoted[768];
    size_t n = 0;
    for (const char *at = words; *at && n + 2 < sizeof quoted; at++) {
        if (*at == '<' || *at == '>') /* the shell's otherwise */
            quoted[n++] = '\\';
        quoted[n++] = *at;
    }
    quoted[n] = '\0';
    snprintf(command, sizeof command,
             "exec mpirun --allow-run-as-root --oversubscribe -n %d %s %s >stdout 2>stderr", ranks,
             WEIR_BINARY, quoted);
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    return pid;
}

static struct result run_team(int ranks, const char *words)
{
    return finish(start_team(ranks, words));
}

static void need_team(void)
{
    if (!exists(WEIR_BINARY "-mpi") || system("command -v mpirun >/dev/null") != 0)
        skip();
}

static void three_ranks_change_no_byte(void **state)
{
    (void)state;
    need_team();
    write_file("q.json",
               SCENARIO("\"duration\": \"20s\", \"warmup\": \"1s\", \"replications\": 20", SWEEP));
    expect_run("sweep q.json --jobs 1 --out one --set components.server.servers=1", 0, "");
    expect_run("sweep q.json --jobs 2 --out two --set components.server.servers=1", 0, "");
    struct result r = run_team(3, "sweep q.json --out three --set components.server.servers=1");
    if (r.status != 0)
        fail_msg("exit %d: %s", r.status, r.err);
    result_free(&r);
    assert_true(same_file("one/summary.json", "two/summary.json"));
    assert_true(same_file("one/summary.json", "three/summary.json"));
    assert_true(same_file("one/resolved.json", "three/resolved.json"));
    assert_int_equal(runs_kept("three"), 60);
    /* runs with series and distributions */
    expect_run("run q.json --jobs 1 --out alone", 0, "");
    r = run_team(2, "run q.json --out both");
    assert_int_equal(r.status, 0);
    result_free(&r);
    assert_true(same_file("alone/series.csv", "both/series.csv"));
    assert_true(same_file("alone/summary.json", "both/summary.json"));
}

static void expect_team(int ranks, const char *words, int status)
{
    struct result r = run_team(ranks, words);
    if (r.status != status)
        fail_msg("weir %s: exit %d, not %d: %s", words, r.status, status, r.err);
    result_free(&r);
}

/* Each search and comparison, alone with one thread and by three ranks: the same bytes, said once,
 * every run kept. */
static void searches_by_three_ranks_change_no_byte(void **state)
{
    (void)state;
    need_team();
    static const char *const commands[][3] = {
        {"find q.json --vary components.users.rate=500/s..950/s --while users.latency.mean<=5ms "
         "--within 5% --no-plot",
         "find.json", "figures/find.csv"},
        {"map q.json --no-plot", "map.json", "figures/map.csv"},
        {"sensitivity q.json --no-plot", "sensitivity.json", "figures/tornado.csv"},
        {"compare q.json base fast --until 10% --max-reps 20", "comparison.json", "summary.json"},
    };
    write_file("q.json", SCENARIO("\"duration\": \"6s\", \"warmup\": \"1s\", \"replications\": 10",
                                  SEARCHES));
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        char words[256], alone[64], three[64];
        shell("rm -rf alone three");
        snprintf(words, sizeof words, "%s --jobs 1 --out alone --json", commands[i][0]);
        struct result one = run(words);
        assert_int_equal(one.status, 0);
        snprintf(words, sizeof words, "%s --out three --json", commands[i][0]);
        struct result many = run_team(3, words);
        if (many.status != 0)
            fail_msg("weir %s: exit %d: %s", words, many.status, many.err);
        assert_string_equal(one.out, many.out);
        for (int k = 1; k < 3; k++) {
            snprintf(alone, sizeof alone, "alone/%s", commands[i][k]);
            snprintf(three, sizeof three, "three/%s", commands[i][k]);
            assert_true(same_file(alone, three));
        }
        assert_true(same_file("alone/resolved.json", "three/resolved.json"));
        assert_true(runs_kept("three") > 0 && runs_kept("three") == runs_kept("alone"));
        result_free(&one);
        result_free(&many);
    }
}

/* Runs with a trace stay on rank 0: with more variants than it has threads, others would get some
 * first replications. */
static void a_trace_is_the_same_from_three_ranks(void **state)
{
    (void)state;
    need_team();
    write_file("q.json", SCENARIO("\"duration\": \"6s\", \"replications\": 3", SEARCHES));
    expect_run("run q.json --trace 20 --no-plot --jobs 1 --out alone", 0, NULL);
    expect_team(3, "run q.json --trace 20 --no-plot --out three", 0);
    assert_true(same_file("alone/trace.json", "three/trace.json"));
    assert_true(same_file("alone/summary.json", "three/summary.json"));
    expect_team(3, "run q.json --trace 20 --no-plot --out three",
                0); /* from the store, but those */
    assert_true(same_file("alone/trace.json", "three/trace.json"));
}

/* What simulates nothing is done by rank 0 alone. */
static void what_needs_no_team_is_said_once(void **state)
{
    (void)state;
    need_team();
    static const char *const commands[] = {"check q.json", "sweep q.json --list", "models client",
                                           "explain q.json run.duration"};
    write_file("q.json", SCENARIO("\"duration\": \"20s\"", SWEEP));
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        struct result alone = run(commands[i]), three = run_team(3, commands[i]);
        assert_int_equal(three.status, 0);
        assert_string_equal(alone.out, three.out);
        result_free(&alone);
        result_free(&three);
    }
}

static void what_is_wrong_is_said_once(void **state)
{
    (void)state;
    need_team();
    write_file("q.json", SCENARIO("\"duration\": \"20\"", SWEEP));
    struct result r = run_team(3, "sweep q.json --out o");
    assert_int_equal(r.status, 2);
    const char *first = strstr(r.err, "/run/duration");
    assert_non_null(first);
    assert_null(strstr(first + 1, "/run/duration"));
    result_free(&r);
    static const char *const wrong[][2] = {
        {"compare q.json base slow", "there is no variant"},
        {"compare q.json base fast --set run.duration=270h --reps 100",
         "is too large to run unasked"},
        {"map q.json --set run.duration=270h --reps 100", "is too large to run unasked"},
        {"find q.json --vary components.users.rat=5/s..9/s --while users.latency<=5ms", "\"rat\""},
        {"sensitivity q.json --out here", "is not empty"},
    };
    write_file("q.json", SCENARIO("\"duration\": \"6s\"", SEARCHES));
    shell("mkdir here && touch here/mine");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        r = run_team(3, wrong[i][0]);
        const char *said = strstr(r.err, wrong[i][1]);
        if (r.status != 2 || !said || strstr(said + 1, wrong[i][1]))
            fail_msg("weir %s: exit %d: %s", wrong[i][0], r.status, r.err);
        result_free(&r);
    }
}

/* The process of a rank that simulates, in this directory; 0: none. */
static pid_t rank_process(int rank)
{
    char command[512];
    snprintf(command, sizeof command,
             "for p in /proc/[0-9]*; do"
             " case $(readlink $p/exe) in *weir-mpi) ;; *) continue ;; esac;"
             " [ \"$(readlink $p/cwd)\" = \"$(pwd -P)\" ] &&"
             " grep -qz '^OMPI_COMM_WORLD_RANK=%d$' $p/environ &&"
             " echo ${p#/proc/} >rank; done 2>/dev/null; true",
             rank);
    unlink("rank");
    shell(command);
    char *text = read_file("rank");
    pid_t pid = text ? (pid_t)strtol(text, NULL, 10) : 0;
    free(text);
    return pid;
}

/* Whichever rank is killed, the whole ends with 3 and says why; the next start goes on, and
 * the results are those of a sweep that nobody touched. */
static void a_rank_that_dies_ends_it(void **state)
{
    (void)state;
    need_team();
    write_file("q.json", SCENARIO("\"duration\": \"200s\", \"warmup\": \"1s\", "
                                  "\"replications\": 120",
                                  SWEEP));
    long before = 0;
    for (int rank = 1; rank >= 0; rank--) {
        pid_t pid = start_team(2, "sweep q.json --out o");
        pid_t victim = 0;
        for (int i = 0;
             i < PATIENCE && (runs_kept("o") <= before || !(victim = rank_process(rank))); i++)
            wait_ms(20);
        assert_true(victim > 0);
        assert_int_equal(kill(victim, SIGKILL), 0);
        struct result r = finish(pid);
        assert_int_equal(r.status, 3);
        char said[32];
        snprintf(said, sizeof said, "rank %d of 2 was killed by", rank);
        assert_non_null(strstr(r.err, said));
        result_free(&r);
        assert_true(runs_kept("o") > before);
        before = runs_kept("o");
        assert_true(before < 360);
    }
    struct result r = run_team(2, "sweep q.json --out o");
    assert_int_equal(r.status, 0);
    assert_non_null(strstr(r.err, "simulated before"));
    result_free(&r);
    assert_int_equal(runs_kept("o"), 360);
    expect_run("sweep q.json --out whole", 0, "");
    assert_true(same_file("o/summary.json", "whole/summary.json"));
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A signal to mpirun ends every rank, though each is in a window that takes minutes. (mpirun gives
 * its ranks a second of its own.) */
static void a_signal_ends_every_rank(void **state)
{
    (void)state;
    need_team();
    write_file("q.json", SCENARIO("\"duration\": \"1000000s\", \"interval\": \"1000000s\", "
                                  "\"replications\": 8",
                                  ""));
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (int i = 0; i < 3; i++) {
        pid_t pid = start_team(2, "run q.json --force --no-plot --out o");
        for (int k = 0; k < PATIENCE && !(exists("o") || rank_process(1)); k++)
            wait_ms(20);
        wait_ms(500);
        double before = now_s();
        assert_int_equal(kill(pid, signals[i]), 0);
        struct result r = finish(pid);
        while (now_s() - before < 20 && (rank_process(0) || rank_process(1)))
            wait_ms(20);
        if (r.status == 0 || now_s() - before > 15)
            fail_msg("exit %d after %.3f s; said:\n%s", r.status, now_s() - before, r.err);
        result_free(&r);
    }
}

int main(void)
{
#define IN_OWN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, enter, leave)
    const struct CMUnitTest tests[] = {
        IN_OWN_DIRECTORY(three_ranks_change_no_byte),
        IN_OWN_DIRECTORY(searches_by_three_ranks_change_no_byte),
        IN_OWN_DIRECTORY(a_trace_is_the_same_from_three_ranks),
        IN_OWN_DIRECTORY(what_needs_no_team_is_said_once),
        IN_OWN_DIRECTORY(what_is_wrong_is_said_once),
        IN_OWN_DIRECTORY(a_rank_that_dies_ends_it),
        IN_OWN_DIRECTORY(a_signal_ends_every_rank),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
