/* test_limits.c - small files that ask for much: refused at once and in little memory, or run to
 * their end; and what is refused by an estimate only where a first run bears it out. */
#include "cli/spawn.h"

#define FOLDER WEIR_SOURCE_DIR "/tests/cli/limits/"

static double processor_seconds(void)
{
    struct rusage u;
    assert_int_equal(getrusage(RUSAGE_CHILDREN, &u), 0);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* Of the largest child so far, KiB. */
static long most_memory(void)
{
    struct rusage u;
    assert_int_equal(getrusage(RUSAGE_CHILDREN, &u), 0);
    return u.ru_maxrss;
}

static void expect_refused_at_once(const char *words, const char *said)
{
    double before = processor_seconds();
    expect_run(words, 2, said);
    assert_true(processor_seconds() - before < 1);
    assert_true(most_memory() < 100 * 1024);
}

/* What is said of each file; NULL: it runs. */
static const struct {
    const char *file, *said, *run_with;
} limits[] = {
    {"every-1us", "it would happen 2e+07 times", ""},
    {"modulated-1ns", "1e+09/s of themselves", ""},
    {"pause-1ns", "1e+09/s of themselves", ""},
    {"subjects-1e9", "1e+09 subjects x 4 bytes", ""},
    {"users-1e8", "1e+08 users x", ""},
    {"zero-loop", "requests go round", ""},
    {"deadline-tiny", NULL, "--variant three --reps 1"},
    {"hedge-tiny", NULL, "--variant three --reps 1 --set run.duration=10s"},
    {"nodes-1e5", NULL, "--reps 1"},
};

static void what_is_too_much_is_refused_at_once(void **state)
{
    (void)state;
    char words[PATH_ROOM];
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        snprintf(words, sizeof words, "check " FOLDER "%s.json", limits[i].file);
        if (limits[i].said)
            expect_refused_at_once(words, limits[i].said);
        else
            expect_run(words, 0, NULL);
        assert_true(most_memory() < 100 * 1024);
    }
    for (size_t i = 0; i < sizeof limits / sizeof *limits && limits[i].said; i++) {
        snprintf(words, sizeof words, "run " FOLDER "%s.json --out o", limits[i].file);
        expect_refused_at_once(words, limits[i].said);
        assert_false(exists("o"));
    }
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        if (limits[i].said)
            continue;
        snprintf(words, sizeof words, "run " FOLDER "%s.json --quiet --no-plot --out %s %s",
                 limits[i].file, limits[i].file, limits[i].run_with);
        expect_run(words, 0, NULL);
    }
}

static void check_lets_pass_what_it_is_told_to(void **state)
{
    (void)state;
    expect_run("check " FOLDER "pause-1ns.json --force", 0, NULL);
    expect_run("check " FOLDER "zero-loop.json --force", 2, "requests go round");
}

/* Some 200 runs of 1.8 x 10^7 events are likely, though 2000 may be made. */
static void a_search_of_an_ordinary_scenario_is_not_refused(void **state)
{
    (void)state;
    pid_t pid = start(NULL, "find " FOLDER "two-regions.json --no-plot --out o --vary "
                            "components.db.connections=2..12 --while users-eu.success>=0.9");
    wait_until_begun("o", pid);
    kill(pid, SIGINT);
    struct result r = finish(pid);
    assert_int_equal(r.status, 130);
    result_free(&r);
}

static void a_search_is_judged_by_both_ends(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO("\"duration\": \"10min\"", ""));
    expect_run("find q.json --out o --while users.success>=0.9 --vary "
               "components.users.rate=1/s..10M/s",
               2, "1e+07 requests/s");
    assert_false(exists("o"));
}

/* A million events a run: by the estimate a week, and so it is by what the first run takes. */
static void a_first_run_is_timed_before_many_are_refused(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO("\"duration\": \"5min\"", ""));
    expect_run("run q.json --out o --reps 1000000", 2, "a first run of \"base\" took ");
    expect_run("run q.json --out o --reps 1000000", 2, "--force");
    shell("test \"$(ls o 2>/dev/null)\" = ''");
}

/* A file with one list of so many items, of which item i is `item` with i in it, twice at most. */
static void write_list(const char *before, const char *item, const char *after, int count)
{
    FILE *file = fopen("long.json", "w");
    assert_non_null(file);
    fprintf(file,
            "{\"schema_version\": 1, \"title\": \"t\", \"run\": {\"duration\": \"20s\"},"
            "\"components\": {\"u\": {\"model\": \"client\", \"to\": \"d\", \"rate\": "
            "\"1/s\"}, \"d\": {\"model\": \"store\"}}, %s",
            before);
    for (int i = 1; i <= count; i++) {
        const char *at = item;
        for (; *at; at++) {
            if (*at == '#')
                fprintf(file, "%d", i);
            else
                fputc(*at, file);
        }
        fputs(i < count ? "," : after, file);
    }
    fputs("}", file);
    assert_int_equal(fclose(file), 0);
}

/* A list that is gone through for each of its items takes a minute at these lengths. A second is
 * meant for a release; other builds and busy machines have five. */
static void long_lists_load_or_are_refused_in_a_second(void **state)
{
    (void)state;
    static const struct {
        const char *before, *item, *after;
        int count, status;
    } lists[] = {
        {"\"variants\": {", "\"v#\": {\"components\": {\"u\": {\"rate\": \"#/s\"}}}", "}", 20000,
         2},
        {"\"variants\": {", "\"v#\": {\"components\": {\"u\": {\"rate\": \"#/s\"}}}", "}", 5000, 0},
        {"\"figures\": [",
         "{\"kind\": \"timeline\", \"name\": \"f#\", \"title\": \"T\", \"panels\": [{\"title\": "
         "\"A\", \"series\": [\"u.requests\"]}]}",
         "]", 10000, 0},
        {"\"timeline\": [",
         "{\"at\": \"#ms\", \"for\": \"1ms\", \"do\": \"slow\", \"target\": \"d\", \"factor\": 2}",
         "]", 10000, 0},
        {"\"expect\": [", "{\"that\": \"u.latency.p99\", \"at_most\": \"#s\", \"because\": \"x\"}",
         "]", 10000, 0},
        {"\"sweep\": {\"cross\": {\"components.u.rate\": [", "\"#/s\"", "]}}", 10000, 0},
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        write_list(lists[i].before, lists[i].item, lists[i].after, lists[i].count);
        double before = processor_seconds();
        expect_run("check long.json", lists[i].status, NULL);
        double took = processor_seconds() - before;
        print_message("%d of %s: %.2f s\n", lists[i].count, lists[i].before, took);
        if (took > 5 && !getenv("WEIR_TEST_LONG"))
            fail_msg("%d of %s: %.2f s", lists[i].count, lists[i].before, took);
    }
}

int main(void)
{
#define IN_OWN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, enter, leave)
    const struct CMUnitTest tests[] = {
        IN_OWN_DIRECTORY(what_is_too_much_is_refused_at_once), /* first: memory of all children */
        IN_OWN_DIRECTORY(long_lists_load_or_are_refused_in_a_second),
        IN_OWN_DIRECTORY(check_lets_pass_what_it_is_told_to),
        IN_OWN_DIRECTORY(a_search_of_an_ordinary_scenario_is_not_refused),
        IN_OWN_DIRECTORY(a_search_is_judged_by_both_ends),
        IN_OWN_DIRECTORY(a_first_run_is_timed_before_many_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
