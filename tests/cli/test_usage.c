/* test_usage.c - commands, options, exit statuses and what is printed. */
#define _XOPEN_SOURCE 700 /* posix_openpt */
#include "spawn.h"

#define QUICK "\"duration\": \"10s\", \"warmup\": \"1s\", \"replications\": 2"

/* ---- usage --------------------------------------------------------------------------------- */

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(QUICK, ""));
    expect_run("", 2, "weir run FILE");
    expect_run("rnu q.json", 2, "there is no command \"rnu\" (did you mean \"run\"?)");
    expect_run("run", 2, "it needs FILE");
    expect_run("run q.json r.json", 2, "\"r.json\" is one too many");
    expect_run("run q.json --sede 3", 2, "there is no option \"--sede\" (did you mean --seed?)");
    expect_run("run q.json -x", 2, "there is no option \"-x\"");
    expect_run("run q.json --seed", 2, "--seed needs a value");
    expect_run("run q.json --quiet=yes", 2, "--quiet takes no value");
    expect_run("run q.json --reps 0", 2, "--reps takes a whole number from 1 to 1000000");
    expect_run("run q.json --reps 2x", 2, "not \"2x\"");
    expect_run("run q.json --jobs -1", 2, "--jobs takes a whole number");
    expect_run("run q.json --set components", 2, "--set takes PATH=VALUE");
    expect_run("run q.json --format gif", 2, "--format is svg, pdf or png, not \"gif\"");
    expect_run("check q.json --seed 1", 2, "there is no option \"--seed\"");
    expect_run("help rum", 2, "did you mean \"run\"?");
    expect_run("models servce", 2, "(did you mean \"service\"?)");
    expect_run("plot q", 2, "there are no figures in \"q\"");
    expect_run("report q", 2, "there are no results in \"q\"");
    expect_run("report a b", 2, "\"b\" is one too many");
    expect_run("sweep q.json", 2, "q.json has no \"sweep\"");
    expect_run("list nowhere", 2, "cannot read the directory \"nowhere\"");
    assert_false(exists("out"));
}

static void scenarios_are_refused(void **state)
{
    (void)state;
    expect_run("run missing.json", 2, "missing.json");
    write_file("bad.json", SCENARIO(QUICK, ", \"expct\": []"));
    expect_run("run bad.json", 2, "(did you mean \"expect\"?)");
    expect_run("check bad.json", 2, "bad.json:5:");
    write_file("q.json", SCENARIO(QUICK, ""));
    expect_run("run q.json --variant nobody", 2, "nobody");
    expect_run("run q.json --set components.server.severs=2", 2, "did you mean");
    assert_false(exists("out"));
}

static void commands_that_run_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *words, *printed;
    } rows[] = {
        {"--version", "weir "},        {"--help", "weir run FILE"},
        {"help", "weir run FILE"},     {"help sweep", "--list"},
        {"run --help", "--no-plot"},   {"check q.json", "q.json: ok, 1 variant, 2 replications"},
        {"models", "service"},         {"models service", "service_time"},
        {"schema", "\"$schema\""},     {"explain q.json", "components.server.servers"},
        {"list .", "A queue"},         {"list ./", "./q.json"},
        {"help report", "--out FILE"},
    };
    write_file("q.json", SCENARIO(QUICK, ""));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct result r = run(rows[i].words);
        if (r.status != 0 || *r.err || !strstr(r.out, rows[i].printed))
            fail_msg("weir %s: exit %d:\n%s%s", rows[i].words, r.status, r.out, r.err);
        result_free(&r);
    }
    assert_false(exists("out"));
}

static void output_that_cannot_be_printed_is_a_fault(void **state)
{
    (void)state;
    struct how how = {.to = "/dev/full"};
    struct result r = run_with(&how, "models");
    assert_int_equal(r.status, 3);
    assert_non_null(strstr(r.err, "No space left"));
    result_free(&r);
}

/* A standard output that is closed, or full: each command that prints says so. */
static void output_that_nobody_gets_is_a_fault(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(QUICK, ""));
    static const char *const commands[] = {
        "run q.json --no-plot",
        "run q.json --json --no-plot",
        "check q.json",
        "explain q.json",
        "results out/q",
        "results out/q --csv",
        "report out/q",
        "list .",
        "models service",
        "schema",
        "help",
        "--version",
    };
    const struct how ways[] = {{.to = "/dev/full"}, {.closed = true}};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        for (int k = 0; k < 2; k++) {
            struct result r = run_with(&ways[k], commands[i]);
            if (r.status != 3 || !strstr(r.err, "cannot write to standard output"))
                fail_msg("weir %s: exit %d; said:\n%s", commands[i], r.status, r.err);
            result_free(&r);
        }
    }
    struct result r = run_with(&ways[1], "run q.json --no-plot --quiet"); /* it prints nothing */
    assert_int_equal(r.status, 0);
    result_free(&r);
}

/* What is no file is refused, and not waited for. */
static void what_is_no_file_is_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"pipe", "dir", "zero", "null"};
    static const char *const kinds[] = {"is a pipe", "is a directory", "is a device",
                                        "is a device"};
    shell("for e in json csv; do mkfifo pipe.$e; mkdir dir.$e; ln -s /dev/zero zero.$e; ln -s "
          "/dev/null null.$e; done");
    for (int i = 0; i < 4; i++) {
        char words[64], text[1024];
        snprintf(words, sizeof words, "check %s.json", names[i]);
        expect_run(words, 2, kinds[i]);
        snprintf(text, sizeof text, SCENARIO(QUICK, ",\n \"prices\": \"%s\""), names[i]);
        write_file("priced.json", text);
        expect_run("check priced.json", 2, kinds[i]);
        snprintf(text, sizeof text,
                 "{\"schema_version\": 1, \"title\": \"t\", \"run\": {\"duration\": \"1s\"}, "
                 "\"components\": {\"users\": {\"model\": \"client\", \"to\": \"server\", "
                 "\"trace\": {\"file\": \"%s.csv\"}}, \"server\": {\"model\": \"store\"}}}\n",
                 names[i]);
        write_file("traced.json", text);
        expect_run("check traced.json", 2, kinds[i]);
    }
    write_file("q.json", SCENARIO(QUICK, ""));
    shell("cat q.json | " WEIR_BINARY " check /dev/stdin >/dev/null"); /* a pipe with a writer */
}

/* ---- exit statuses of runs ----------------------------------------------------------------- */

static void claims_decide_the_status(void **state)
{
    (void)state;
    write_file("good.json", SCENARIO(QUICK, ",\n \"expect\": [{\"that\": \"server.utilisation\", "
                                            "\"equals\": 0.8, \"within\": \"10%\"}]"));
    write_file("bad.json", SCENARIO(QUICK, ",\n \"expect\": [{\"that\": \"server.utilisation\", "
                                           "\"at_most\": 0.5, \"because\": \"a test\"}]"));
    struct result r = run("run good.json");
    assert_int_equal(r.status, 0);
    assert_non_null(strstr(r.out, "✓ base: server.utilisation.mean is "));
    assert_non_null(strstr(r.out, "✓ audit: "));
    assert_non_null(strstr(r.out, "out/good/summary.json"));
    assert_null(strstr(r.out, "\033")); /* no colours to a pipe or file */
    result_free(&r);
    r = run("run bad.json");
    assert_int_equal(r.status, 1);
    assert_non_null(strstr(r.out, "✗ base: server.utilisation"));
    assert_non_null(strstr(r.out, "expected at most 0.5"));
    result_free(&r);
    char *summary = read_file("out/bad/summary.json");
    assert_non_null(summary);
    assert_non_null(strstr(summary, "\"held\": false"));
    free(summary);
}

/* A section that belongs to the study has no values to explain. */
static void explain_names_its_sections(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(QUICK, ",\n \"expect\": [{\"that\": \"server.utilisation\", "
                                         "\"at_most\": 1}]"));
    expect_run("explain q.json expect", 2,
               "q.json has no value at \"expect\" in the sections that are explained: run, ");
}

/* `run` refuses --metric without --until, and its help says so; `compare` takes it alone. */
static void help_says_where_metric_counts(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(QUICK, ""));
    expect_run("run q.json --metric users.latency.mean", 2, "--metric and --max-reps go with");
    struct result r = run("help run");
    assert_non_null(strstr(r.out, "--metric C.METER.STAT  with --until: "));
    assert_non_null(strstr(r.out, "summary.json (--json prints it)"));
    result_free(&r);
    r = run("help compare");
    assert_non_null(strstr(r.out, "--metric C.METER.STAT  only this metric; "));
    assert_non_null(strstr(r.out, "comparison.json (--json prints it)"));
    result_free(&r);
}

static void expect_narrow(const char *words)
{
    struct result r = run(words);
    assert_int_equal(r.status, 0);
    unsigned width = 0;
    for (const char *s = r.out; *s; s++) {
        width = *s == '\n' ? 0 : width + (((unsigned char)*s & 0xc0) != 0x80);
        if (width > 100)
            fail_msg("weir %s: a line of more than 100 columns:\n%s", words, r.out);
    }
    result_free(&r);
}

static void lines_fit_a_hundred_columns(void **state)
{
    (void)state;
    static const char *const words[] = {
        "run q.json",  "help",         "help run",         "help sweep",   "help compare",
        "help find",   "help map",     "help sensitivity", "help check",   "help explain",
        "help models", "help results", "help report",      "help plot",    "help list",
        "help schema", "models",       "models client",    "models cache", "models service",
        "models fault"};
    write_file("q.json", SCENARIO(QUICK, ""));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        expect_narrow(words[i]);
}

static void json_is_the_summary(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(QUICK, ""));
    struct result r = run("run q.json --json --out o");
    char *summary = read_file("o/summary.json");
    assert_int_equal(r.status, 0);
    assert_string_equal(r.out, summary);
    assert_string_equal(r.err, "");
    assert_non_null(strstr(summary, "\"users.latency.mean\": {\"mean\": 0.0"));
    free(summary);
    result_free(&r);
    r = run("run q.json --quiet --out o");
    assert_int_equal(r.status, 0);
    assert_string_equal(r.out, "");
    result_free(&r);
    r = run("run q.json --json --reps 1 --out o");
    assert_non_null(strstr(r.out, "\"low\": null, \"high\": null"));
    result_free(&r);
}

static void a_run_too_large_is_refused(void **state)
{
    (void)state;
    write_file(
        "large.json",
        SCENARIO("\"duration\": \"3000h\", \"interval\": \"1h\", \"replications\": 100", ""));
    struct result r = run("run large.json");
    assert_int_equal(r.status, 2);
    assert_non_null(strstr(r.err, "too large"));
    assert_non_null(strstr(r.err, "800 requests/s"));
    assert_non_null(strstr(r.err, "100 replications"));
    assert_non_null(strstr(r.err, "--force"));
    assert_false(exists("out"));
    result_free(&r);
    pid_t pid = start(NULL, "run large.json --force");
    wait_until_begun("out/large", pid);
    kill(pid, SIGINT);
    r = finish(pid);
    assert_int_equal(r.status, 130);
    result_free(&r);
}

/* 100,000 requests a second on a server that does one: 1.44 x 10^9 wait after four hours. */
static void a_run_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    write_file("grows.json",
               "{\"schema_version\": 1, \"title\": \"t\", \"run\": {\"duration\": \"4h\","
               " \"interval\": \"1min\", \"replications\": 1}, \"components\": {"
               "\"users\": {\"model\": \"client\", \"to\": \"app\", \"rate\": \"100k/s\"},"
               "\"app\": {\"model\": \"service\", \"servers\": 1, \"service_time\": \"1s\"}}}");
    struct result r = run("run grows.json");
    assert_int_equal(r.status, 2);
    assert_non_null(strstr(r.err, "its queues grow without bound: "));
    assert_non_null(strstr(r.err, "to \"app\" come 100000 requests/s of which 1 can be done: in "
                                  "14400 s 1.44e+09 wait x "));
    assert_non_null(strstr(r.err, "--force"));
    assert_false(exists("out"));
    result_free(&r);
    pid_t pid = start(NULL, "run grows.json --force");
    wait_ms(200);
    kill(pid, SIGINT);
    r = finish(pid);
    assert_int_equal(r.status, 130);
    result_free(&r);
}

static void a_runaway_is_named(void **state)
{
    (void)state;
    write_file("loop.json",
               "{\"schema_version\": 1, \"title\": \"loop\",\n"
               " \"run\": {\"duration\": \"10s\", \"replications\": 1}, \"components\": {\n"
               "  \"users\": {\"model\": \"client\", \"to\": \"server\", \"users\": 1, "
               "\"think_time\": \"0s\"},\n"
               "  \"server\": {\"model\": \"service\", \"servers\": 1, "
               "\"service_time\": \"0s\"}},\n"
               " \"variants\": {\"base\": {}, \"sane\": {\"components\": {\"users\": "
               "{\"think_time\": \"1s\"}}}}}\n");
    struct result r = run("run loop.json");
    assert_int_equal(r.status, 2); /* foreseen: a cycle that takes no time */
    assert_non_null(strstr(r.err, "think_time"));
    result_free(&r);
    r = run("run loop.json --force");
    assert_int_equal(r.status, 3);
    assert_non_null(strstr(r.err, "base, replication 0"));
    assert_non_null(strstr(r.err, "instant"));
    char *summary = read_file("out/loop/summary.json"); /* what finished is kept */
    assert_non_null(summary);
    assert_non_null(strstr(summary, "\"incomplete\": {\"finished\": 1, \"of\": 2, \"why\": "
                                    "\"fault\"}"));
    free(summary);
    result_free(&r);
}

/* ---- the bar ------------------------------------------------------------------------------- */

/* Runs with standard error on a terminal of its own; returns what came there. */
static char *on_terminal(const char *const *arguments)
{
    static char said[1 << 16];
    size_t n = 0;
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(slave, STDERR_FILENO);
        dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
        execv(WEIR_BINARY, (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    close(slave);
    for (ssize_t got; (got = read(master, said + n, sizeof said - 1 - n)) > 0;)
        n += (size_t)got;
    said[n] = '\0';
    close(master);
    waitpid(pid, NULL, 0);
    return said;
}

static void the_bar_is_for_terminals(void **state)
{
    (void)state;
    static const char *const loud[] = {"weir", "run", "b.json", "--no-plot", NULL};
    static const char *const quiet[] = {"weir",    "run",     "b.json", "--no-plot",
                                        "--quiet", "--fresh", NULL};
    write_file("b.json", SCENARIO("\"duration\": \"2000s\", \"replications\": 6", ""));
    char *said = on_terminal(loud);
    assert_non_null(strstr(said, "simulated, "));
    assert_non_null(strstr(said, "M events/s"));
    assert_string_equal(said + strlen(said) - 4, "\r\033[K"); /* and is taken away */
    assert_string_equal(on_terminal(quiet), "");
    expect_run("run b.json --no-plot --fresh", 0, "");
}

/* What a sweep leaves out is said, once and only where it sweeps. */
static void a_variant_without_cells_is_named(void **state)
{
    (void)state;
    write_file("q.json",
               SCENARIO("\"duration\": \"2s\"",
                        ",\n \"variants\": {\"base\": {}, \"alone\": {\"components\": {\"extra\": "
                        "null}}},\n \"sweep\": {\"cross\": {\"components.extra.rate\": [\"1/s\", "
                        "\"2/s\"]}}"));
    char *text = read_file("q.json"), *at = strstr(text, "  \"server\"");
    assert_non_null(at);
    FILE *file = fopen("q.json", "w");
    assert_non_null(file);
    fprintf(file,
            "%.*s  \"extra\": {\"model\": \"client\", \"to\": \"server\", \"rate\": \"1/s\"},\n%s",
            (int)(at - text), text, at);
    assert_int_equal(fclose(file), 0);
    free(text);
    expect_run("sweep q.json --no-plot", 0, "weir: the variant \"alone\" has no cells: ");
    expect_run("sweep q.json --no-plot --list", 0, "weir: the variant \"alone\" has no cells: ");
    struct result r = run("run q.json --no-plot");
    assert_int_equal(r.status, 0);
    assert_null(strstr(r.err, "no cells"));
    result_free(&r);
}

int main(void)
{
#define IN_OWN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, enter, leave)
    const struct CMUnitTest tests[] = {
        IN_OWN_DIRECTORY(what_is_wrong_is_named),
        IN_OWN_DIRECTORY(scenarios_are_refused),
        IN_OWN_DIRECTORY(a_variant_without_cells_is_named),
        IN_OWN_DIRECTORY(commands_that_run_nothing),
        IN_OWN_DIRECTORY(output_that_cannot_be_printed_is_a_fault),
        IN_OWN_DIRECTORY(output_that_nobody_gets_is_a_fault),
        IN_OWN_DIRECTORY(what_is_no_file_is_refused),
        IN_OWN_DIRECTORY(claims_decide_the_status),
        IN_OWN_DIRECTORY(explain_names_its_sections),
        IN_OWN_DIRECTORY(help_says_where_metric_counts),
        IN_OWN_DIRECTORY(lines_fit_a_hundred_columns),
        IN_OWN_DIRECTORY(json_is_the_summary),
        IN_OWN_DIRECTORY(a_run_too_large_is_refused),
        IN_OWN_DIRECTORY(a_run_that_does_not_fit_is_refused),
        IN_OWN_DIRECTORY(a_runaway_is_named),
        IN_OWN_DIRECTORY(the_bar_is_for_terminals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
