/* test_team.c - a sweep under mpirun: the same bytes, and a rank that dies. Skipped where there is
 * no Open MPI. */
#include "spawn.h"

#include <sys/types.h>

#define SWEEP                                                                                      \
    ",\n \"sweep\": {\"cross\": {\"components.users.rate\": [\"200/s\", \"400/s\", \"600/s\"]}}"

/* Starts words under mpirun with `ranks`. */
static pid_t start_team(int ranks, const char *words)
{
    char command[1024];
    snprintf(command, sizeof command,
             "exec mpirun --allow-run-as-root --oversubscribe -n %d %s %s >stdout 2>stderr", ranks,
             WEIR_BINARY, words);
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

static long kept(const char *dir)
{
    char words[PATH_ROOM];
    snprintf(words, sizeof words, "results %s", dir);
    struct result r = run(words);
    long all = 0;
    for (const char *at = r.out; (at = strstr(at, " runs, seed ")); at++) {
        const char *number = at;
        while (number[-1] >= '0' && number[-1] <= '9')
            number--;
        all += strtol(number, NULL, 10);
    }
    result_free(&r);
    return all;
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
    assert_int_equal(kept("three"), 60);
    /* runs with series and distributions */
    expect_run("run q.json --jobs 1 --out alone", 0, "");
    r = run_team(2, "run q.json --out both");
    assert_int_equal(r.status, 0);
    result_free(&r);
    assert_true(same_file("alone/series.csv", "both/series.csv"));
    assert_true(same_file("alone/summary.json", "both/summary.json"));
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
                                  "\"replications\": 300",
                                  SWEEP));
    long before = 0;
    for (int rank = 1; rank >= 0; rank--) {
        pid_t pid = start_team(2, "sweep q.json --out o");
        pid_t victim = 0;
        for (int i = 0; i < 200 && (kept("o") <= before || !(victim = rank_process(rank))); i++)
            wait_ms(20);
        assert_true(victim > 0);
        assert_int_equal(kill(victim, SIGKILL), 0);
        struct result r = finish(pid);
        assert_int_equal(r.status, 3);
        char said[32];
        snprintf(said, sizeof said, "rank %d of 2 was ended by", rank);
        assert_non_null(strstr(r.err, said));
        result_free(&r);
        assert_true(kept("o") > before);
        before = kept("o");
        assert_true(before < 900);
    }
    struct result r = run_team(2, "sweep q.json --out o");
    assert_int_equal(r.status, 0);
    assert_non_null(strstr(r.err, "simulated before"));
    result_free(&r);
    assert_int_equal(kept("o"), 900);
    expect_run("sweep q.json --out whole", 0, "");
    assert_true(same_file("o/summary.json", "whole/summary.json"));
}

int main(void)
{
#define IN_OWN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, enter, leave)
    const struct CMUnitTest tests[] = {
        IN_OWN_DIRECTORY(three_ranks_change_no_byte),
        IN_OWN_DIRECTORY(what_is_wrong_is_said_once),
        IN_OWN_DIRECTORY(a_rank_that_dies_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
