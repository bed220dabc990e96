/* test_hostile.c - texts of a file that would do harm where they are shown: in the strings of
 * gnuplot, in a terminal, on a page. */
#include "spawn.h"

/* What gnuplot gives a meaning to, a \d of JSON doubled; and what a terminal does. */
#define PLOTTED "'a' \\\"b\\\" `touch owned` $x \\\\n%d %s _^{}@&~\\\\ [0] #c; ''"
#define CONTROLS "\\u001b[31mred\\u009b7m\\u202etxt\\u2066\\u2028\\u200f\\u0007\\r\\nforged"
#define LOCK "'lock' against 'lease'"
#define PANEL(series, slo, text)                                                                   \
    "{\"series\": [\"" series "\"], \"title\": \"" text "\"" slo ", \"slo_label\": \"" text "\"}"
#define FIGURE(kind, name, series, slo, text)                                                      \
    "{\"kind\": \"" kind "\", \"name\": \"" name "\", \"title\": \"" text                          \
    "\", \"subtitle\": \"" text "\", \"panels\": [" PANEL(series, slo, text) "]}"
#define FIGURES(n, text)                                                                           \
    FIGURE("timeline", "timeline" n, "u.success", ", \"slo\": \"0.5\"", text)                      \
    ",\n" FIGURE("bars", "bars" n, "u.goodput", ", \"slo\": \"50/s\"", text) ",\n" FIGURE(         \
        "ccdf", "ccdf" n, "u.latency", ", \"slo\": \"2ms\"",                                       \
        text) ",\n"                                                                                \
              "{\"kind\": \"attribution\", \"name\": \"parts" n "\", \"title\": \"" text           \
              "\", \"panels\": [{\"series\": [\"u.latency.p99\"], \"title\": \"" text "\"}]}"
#define HOSTILE                                                                                    \
    "{\"schema_version\": 1, \"title\": \"" PLOTTED CONTROLS "\",\n"                               \
    " \"run\": {\"duration\": \"20s\", \"replications\": 2},\n"                                    \
    " \"components\": {\"u\": {\"model\": \"client\", \"to\": \"d\", \"rate\": \"100/s\"},\n"      \
    "  \"d\": {\"model\": \"store\"}},\n"                                                          \
    " \"timeline\": [{\"at\": \"5s\", \"for\": \"3s\", \"do\": \"slow\", \"target\": \"d\", "      \
    "\"factor\": 2, \"label\": \"" PLOTTED "\"},\n"                                                \
    "  {\"at\": \"9s\", \"for\": \"3s\", \"do\": \"slow\", \"target\": \"d\", \"factor\": 2,\n"    \
    "   \"label\": \"" CONTROLS "\"}],\n"                                                          \
    " \"variants\": {\"'a' `ls` $x n%d _^{}@&~ [0] #c;\": {}, \"'\": {}, \"''x''\": {}, "          \
    "\"@x y\": {}},\n"                                                                             \
    " \"expect\": [{\"that\": \"u.goodput\", \"at_most\": \"1/s\", \"because\": \"" CONTROLS       \
    "\"}],\n"                                                                                      \
    " \"figures\": [" FIGURES("p", PLOTTED) ",\n" FIGURES("l", LOCK) ",\n" FIGURES(                \
        "c", CONTROLS) "]}\n"

static void expect_in(const char *text, const char *part)
{
    if (!text || !strstr(text, part))
        fail_msg("\"%s\" is not in:\n%s", part, text ? text : "(no file)");
}

/* Nothing a terminal would obey: no control character but line breaks, no mark of direction. */
static void expect_clean(const char *what, const char *text)
{
    static const char *const marks[] = {"\xC2\x9B", "\xE2\x80\xAE", "\xE2\x81\xA6", "\xE2\x80\xA8",
                                        "\xE2\x80\x8F"};
    for (const char *c = text; *c; c++)
        if (((unsigned char)*c < 0x20 && *c != '\n') || *c == 0x7F)
            fail_msg("%s holds the character %d", what, *c);
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (strstr(text, marks[i]))
            fail_msg("%s holds mark %zu", what, i);
}

static void expect_clean_run(const char *words, int status)
{
    struct result r = run(words);
    if (r.status != status)
        fail_msg("weir %s: exit %d, not %d:\n%s", words, r.status, status, r.err);
    expect_clean(words, r.out);
    expect_clean(words, r.err);
    result_free(&r);
}

/* Each text stands in every place a text can, is drawn by gnuplot, and read in the picture. */
static void figures_show_any_text(void **state)
{
    (void)state;
    if (system("gnuplot --version >/dev/null 2>&1") != 0)
        skip();
    write_file("it's.json", HOSTILE);
    struct result r = run("run it's.json --out o");
    if (r.status != 1 || strstr(r.err, "could not draw"))
        fail_msg("exit %d:\n%s", r.status, r.err);
    result_free(&r);
    assert_false(exists("o/figures/owned") || exists("owned"));
    static const char *const kinds[] = {"timeline", "bars", "ccdf", "parts"};
    for (size_t i = 0; i < 4; i++) {
        char path[64];
        snprintf(path, sizeof path, "o/figures/%sp.svg", kinds[i]);
        char *text = read_file(path);
        expect_in(text, "'a' \"b\" `touch owned` $x \\n%d %s _^{}@&amp;~\\ [0] #c; ''");
        free(text);
        snprintf(path, sizeof path, "o/figures/%sl.svg", kinds[i]);
        text = read_file(path);
        expect_in(text, LOCK);
        free(text);
        snprintf(path, sizeof path, "o/figures/%sc.svg", kinds[i]);
        text = read_file(path);
        expect_in(text, "?[31mred?7m?txt");
        free(text);
    }
    expect_run("plot o --format pdf", 0, "");
    expect_run("plot o --format png", 0, "");
}

/* Searches have preambles of their own. */
static void searches_show_any_text(void **state)
{
    (void)state;
    if (system("gnuplot --version >/dev/null 2>&1") != 0)
        skip();
    write_file("it's.json",
               "{\"schema_version\": 1, \"title\": \"" LOCK PLOTTED "\", \"run\": {\"duration\": "
               "\"5s\"}, \"components\": {\"u\": {\"model\": \"client\", \"to\": \"d\", "
               "\"rate\": \"100/s\"}, \"d\": {\"model\": \"store\"}},\n"
               " \"variants\": {\"'_a'\": {}},\n"
               " \"sensitivity\": {\"metric\": \"u.goodput\", \"variant\": \"'_a'\", \"vary\": "
               "{\"components.u.rate\": {\"low\": \"50/s\", \"mid\": \"100/s\", "
               "\"high\": \"200/s\"}}}}\n");
    expect_run("map it's.json --x components.u.rate=10/s..20/s:2 --variant '_a' --out m --reps 2 "
               "--y components.d.read_time=1ms..2ms:2 --while u.success.mean>=0.9",
               0, NULL);
    expect_run("find it's.json --vary components.u.rate=10/s..20/s --variant '_a' --out f --reps 2 "
               "--while u.success.mean>=0.9 --max-runs 50",
               0, NULL);
    expect_run("sensitivity it's.json --out s --reps 3", 0, NULL);
    assert_true(exists("m/figures/map.svg") && exists("f/figures/find.svg"));
    assert_true(exists("s/figures/tornado.svg"));
}

/* Whatever is printed, a terminal obeys none of it; files for machines have it escaped. */
static void a_terminal_is_told_nothing(void **state)
{
    (void)state;
    static const char *const files[] = {"o/summary.json", "o/resolved.json", "o/report.html"};
    write_file("h.json", HOSTILE);
    expect_clean_run("run h.json --out o --no-plot", 1);
    expect_clean_run("run h.json --out o --no-plot --json", 1);
    expect_clean_run("report o", 0);
    expect_clean_run("results o", 0);
    expect_clean_run("list .", 0);
    expect_clean_run("explain h.json", 0);
    expect_clean_run("check h.json --set components.\x1b[31m\xC2\x9B=1", 2);
    expect_clean_run("check \x1b]0;x\x07\xC2\x9B\xE2\x80\xAE.json", 2);
    expect_clean_run("models \x1b\xC2\x9B", 2);
    expect_clean_run("run h.json --variant \xC2\x9B\xE2\x80\xAE", 2);
    for (size_t i = 0; i < 3; i++) {
        char *text = read_file(files[i]);
        expect_clean(files[i], text ? text : "\x1b");
        free(text);
    }
    char *text = read_file("o/summary.json");
    expect_in(text, "\\u001b[31mred\\u009b7m\\u202etxt\\u2066\\u2028\\u200f\\u0007");
    free(text);
    write_file("bad.json",
               "{\"schema_version\": 1, \"\\u202ek\\u009b\": 1, \"run\": {\"duration\": "
               "\"\\u009b\\u202e\"}, \"components\": {\"\\u009b\": 1}}");
    expect_clean_run("check bad.json", 2);
}

/* "a b" was "ab" where the time goes. */
static void a_name_keeps_its_space(void **state)
{
    (void)state;
    write_file("q.json",
               "{\"schema_version\": 1, \"title\": \"A\", \"run\": {\"duration\": \"60s\", "
               "\"warmup\": \"10s\", \"replications\": 3}, \"components\": {\"users\": {\"model\": "
               "\"client\", \"to\": \"app\", \"rate\": \"50/s\"}, \"app\": {\"model\": "
               "\"service\", \"servers\": 1, \"service_time\": \"10ms\"}}, "
               "\"variants\": {\"a b\": {}, \"c\": {}}}\n");
    struct result r = run("run q.json --out o --no-plot");
    expect_in(r.out, "\n  a b: ");
    expect_in(r.out, "\n  c: ");
    result_free(&r);
}

/* A run that ends while its directory is drawn exchanges it. */
static void plot_beside_a_run(void **state)
{
    (void)state;
    if (system("gnuplot --version >/dev/null 2>&1") != 0)
        skip();
    write_file("q.json",
               SCENARIO("\"duration\": \"5s\", \"replications\": 2",
                        ", \"figures\": [" FIGURE(
                            "timeline", "a", "users.success", ", \"slo\": \"0.5\"",
                            "A") ", " FIGURE("bars", "b", "users.goodput", ", \"slo\": \"50/s\"",
                                             "B") ", " FIGURE("ccdf", "c", "users.latency",
                                                              ", \"slo\": \"2ms\"", "C") "]"));
    expect_run("run q.json --out o --no-plot", 0, NULL);
    for (int i = 0; i < 6; i++) {
        const struct how how = {.to = "other"};
        pid_t plot = start(NULL, "plot o --format png");
        wait_ms(30 * i);
        pid_t beside = start(&how, "run q.json --out o --fresh --no-plot --quiet");
        struct result ran = finish(beside), drew = finish(plot);
        if (ran.status != 0 || drew.status != 0)
            fail_msg("run: exit %d, plot: exit %d\n%s", ran.status, drew.status, drew.err);
        /* drawn before the run ended, they were of its old results, and have gone with them */
        assert_true(exists("o/figures/a.png") == exists("o/figures/c.png"));
        result_free(&ran);
        result_free(&drew);
    }
    expect_run("plot o --format png", 0, NULL);
    assert_true(exists("o/figures/a.png") && exists("o/figures/c.png"));
}

int main(void)
{
#define IN_OWN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, enter, leave)
    const struct CMUnitTest tests[] = {
        IN_OWN_DIRECTORY(figures_show_any_text),      IN_OWN_DIRECTORY(searches_show_any_text),
        IN_OWN_DIRECTORY(a_terminal_is_told_nothing), IN_OWN_DIRECTORY(a_name_keeps_its_space),
        IN_OWN_DIRECTORY(plot_beside_a_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
