/* test_page.c - weir report: what it takes, what it refuses, and what its page is made of. How the
 * page looks is tests/page/'s. */
#include "spawn.h"

#define QUICK "\"duration\": \"10s\", \"warmup\": \"1s\", \"replications\": 2"
#define CURVY                                                                                      \
    ",\n \"variants\": {\"one\": {}, \"t&wo\": {\"components\": {\"server\": {\"servers\": "       \
    "2}}}},\n"                                                                                     \
    " \"figures\": [{\"kind\": \"timeline\", \"name\": \"load\", \"title\": \"Load & <time>\","    \
    " \"panels\": [{\"series\": [\"server.utilisation\"]}]}]"

/* Results in r/, drawn or not. */
static void make_results(const char *more)
{
    char words[256];
    write_file("q.json", SCENARIO(QUICK, CURVY));
    snprintf(words, sizeof words, "run q.json --out r --quiet %s", more);
    expect_run(words, 0, "");
}

static char *page_of(const char *path)
{
    char *page = read_file(path);
    if (!page)
        fail_msg("there is no %s", path);
    return page;
}

/* Puts `by` in the place of the first `what` of a file. */
static void change(const char *path, const char *what, const char *by)
{
    char *text = page_of(path), *at = strstr(text, what);
    assert_non_null(at);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "%.*s%s%s", (int)(at - text), text, by, at + strlen(what));
    assert_int_equal(fclose(file), 0);
    free(text);
}

static void what_are_no_results_is_refused(void **state)
{
    (void)state;
    expect_run("report", 2, "it needs DIR");
    expect_run("report nowhere", 2, "there are no results in \"nowhere\"");
    write_file("file", "");
    expect_run("report file", 2, "there are no results in \"file\"");
    expect_run("report nowhere --seed 1", 2, "there is no option \"--seed\"");
    make_results("--no-plot");
    shell("cp -r r newer && cp -r r short && cp -r r alone && cp -r r mixed && cp -r r other");
    change("newer/summary.json", "\"weir\": \"", "\"weir\": \"9");
    expect_run("report newer", 2, "was written by weir 90.1.0, and this is weir 0.1.0");
    shell("head -c 500 r/summary.json > short/summary.json");
    expect_run("report short", 2, "short/summary.json:");
    shell("rm alone/resolved.json");
    expect_run("report alone", 2, "alone/resolved.json is not there");
    change("mixed/resolved.json", "\"hash\": \"", "\"hash\": \"0");
    expect_run("report mixed", 2, "is not of the same scenario as resolved.json");
    write_file("other/summary.json", "{\"a\": 1}\n");
    expect_run("report other", 2, "is no summary that `weir run` wrote");
    assert_false(exists("newer/report.html") || exists("short/report.html") ||
                 exists("alone/report.html") || exists("other/report.html"));
}

static void values_of_another_kind_are_survived(void **state)
{
    (void)state;
    static const char *const changes[][2] = {
        {"\"headline\": [", "\"headline\": [1, null, \"x\", "},
        {"\"replications\": 2", "\"replications\": \"two\""},
        {"\"metrics\": {", "\"metrics\": {\"a\": 1, \"a.b.c\": [], \"\": null, "},
        {"\"variants\": {", "\"variants\": {\"odd\": 1, "},
        {"\"variants\": {", "\"variants\": {\"odd\": {\"expect\": [1, {}, {\"that\": 3}]}, "},
        {"\"variants\": {",
         "\"variants\": {\"odd\": {\"theory\": {\"s\": 1, \"t\": {\"time\": 2}}}, "},
        {"\"variants\": {",
         "\"variants\": {\"odd\": {\"attribution\": {\"u\": {\"p99\": {\"parts\": 1}}}}, "},
        {"\"variants\": {",
         "\"variants\": {\"odd\": {\"cost\": {\"total\": 1, \"items\": [1, {}]}}, "},
        {"\"variants\": {", "\"variants\": {\"odd\": {\"timeline\": {\"first\": [1, {}]}}, "},
        {"\"variants\": {", "\"variants\": {\"odd\": {\"warmup\": {\"mser5\": {\"a\": 1}}}, "},
        {"\"audit\": {", "\"x\": {"},
    };
    make_results("--no-plot");
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        shell("rm -rf odd && cp -r r odd");
        change("odd/summary.json", changes[i][0], changes[i][1]);
        struct result r = run("report odd");
        if (r.status != 0)
            fail_msg("with %s: exit %d: %s", changes[i][1], r.status, r.err);
        result_free(&r);
    }
}

static void the_same_results_give_the_same_bytes(void **state)
{
    (void)state;
    make_results("");
    struct result r = run("report r");
    assert_int_equal(r.status, 0);
    assert_string_equal(r.out, "r/report.html\n");
    assert_string_equal(r.err, "");
    result_free(&r);
    shell("mkdir elsewhere && mv r/report.html first.html && mv r elsewhere/moved");
    expect_run("report elsewhere/moved/ --out second.html", 0, "");
    assert_true(same_file("first.html", "second.html"));
    assert_false(exists("elsewhere/moved/report.html"));
    shell("test \"$(ls | grep -c tmp)\" = 0");
}

static void nothing_is_markup_but_the_pages_own(void **state)
{
    (void)state;
    make_results("--set components.users.rate=700/s");
    expect_run("report r", 0, "");
    char *page = page_of("r/report.html");
    assert_null(strstr(page, "t&wo"));
    assert_non_null(strstr(page, "t&amp;wo"));
    assert_non_null(strstr(page, "Load &amp; &lt;time&gt;"));
    assert_non_null(strstr(page, "components.server.servers</code> is <code>2</code>, not "
                                 "<code>1</code>"));
    assert_non_null(strstr(page, "weir run q.json --set components.users.rate=700/s --seed 1 "
                                 "--reps 2 --out again"));
    assert_non_null(strstr(page, "<svg role=\"img\" aria-labelledby=\"figure-1\""));
    assert_non_null(strstr(page, "id='f1-gpPt0'"));
    assert_null(strstr(page, "id='gpPt0'"));
    assert_null(strstr(page, "http:"));
    assert_null(strstr(page, "https:"));
    assert_null(strstr(page, "src="));
    assert_null(strstr(page, "<script"));
    free(page);
}

static void a_figure_that_is_not_there_is_said(void **state)
{
    (void)state;
    make_results("--no-plot");
    expect_run("report r", 0, "weir plot r");
    char *page = page_of("r/report.html");
    assert_non_null(strstr(page, "was not drawn as SVG"));
    free(page);
    write_file("r/figures/load.svg", "<svg viewBox='0 0 1 1'><g><script>alert(1)</script></svg>");
    expect_run("report r", 0, "r/figures/load.svg is damaged");
    write_file("r/figures/load.svg",
               "<?xml version='1.0'?><svg viewBox='0 0 1 1' onload='alert(1)'>"
               "<script>alert(2)</script><style>p{}</style>"
               "<a href='http://x/'><use xlink:href='#q' fill='url(#z)' stroke='url(x)'/></a>"
               "<g id='q' fill='#ffffff'/></svg>");
    expect_run("report r", 0, "");
    page = page_of("r/report.html");
    assert_non_null(strstr(page, "<svg role=\"img\" aria-labelledby=\"figure-1\" "
                                 "viewBox='0 0 1 1'><a><use xlink:href='#f1-q' "
                                 "fill='url(#f1-z)'/></a><g id='f1-q' fill='#ffffff'/></svg>"));
    free(page);
}

static void what_cannot_be_written_is_a_fault(void **state)
{
    (void)state;
    make_results("--no-plot");
    expect_run("report r --out no/where.html", 3, "cannot write no/where.html: No such file");
    expect_run("report r", 0, NULL);
    shell("cp r/report.html good.html");
    struct how small = {.file_bytes = 4096};
    struct result got = run_with(&small, "report r");
    assert_int_equal(got.status, 3);
    assert_non_null(strstr(got.err, "cannot write r/report.html: File too large"));
    result_free(&got);
    assert_true(same_file("r/report.html", "good.html"));
    struct how powerless = {.powerless = true};
    shell("chmod 555 r");
    got = run_with(&powerless, "report r");
    shell("chmod 755 r");
    assert_true(got.status == 3 || got.status == 77);
    result_free(&got);
    shell("test \"$(ls r | grep -c tmp)\" = 0");
}

/* What is at the page's place and is no page is not replaced, whatever it is. */
static void only_a_page_is_replaced(void **state)
{
    (void)state;
    static const char *const places[] = {"mine.html", "link.html", "none.html",
                                         "r",         "pipe",      "/dev/null"};
    make_results("--no-plot");
    write_file("mine.html", "<!DOCTYPE html><p>mine");
    expect_run("report r --out page.html", 0, NULL);
    expect_run("report r --out page.html", 0, NULL);
    shell("ln -s page.html link.html && ln -s nowhere none.html && mkfifo pipe");
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char words[64];
        snprintf(words, sizeof words, "report r --out %s", places[i]);
        expect_run(words, 2, "is there, and is no page that `weir report` wrote");
    }
    expect_run("report r --out=", 2, "--out has to name a file, and is empty");
    shell("test -L link.html && test -L none.html && test -p pipe && test -c /dev/null && "
          "test \"$(cat mine.html)\" = '<!DOCTYPE html><p>mine'");
    write_file("r/report.html", "mine");
    expect_run("report r", 2, "is there, and is no page");
    shell("test \"$(cat r/report.html)\" = mine");
    expect_run("run q.json --out r --no-plot", 0, NULL); /* not written by it: left where it is */
    assert_true(exists("r/report.html"));
    shell("cp page.html r/report.html && chmod 600 r/report.html");
    expect_run("report r --out ./r//report.html", 0, NULL);
    shell("test $(stat -c %a r/report.html) = 600");
    expect_run("run q.json --out r --no-plot", 0, NULL);
    assert_false(exists("r/report.html"));
}

/* A page of results that are gone would be believed. */
static void a_new_run_takes_the_page_away(void **state)
{
    (void)state;
    make_results("--no-plot");
    expect_run("report r", 0, NULL);
    assert_true(exists("r/report.html"));
    expect_run("run q.json --out r --quiet --no-plot --seed 2", 0, "");
    assert_false(exists("r/report.html"));
}

static void cells_of_a_sweep_have_a_page(void **state)
{
    (void)state;
    write_file("s.json",
               SCENARIO(QUICK, ",\n \"sweep\": {\"cross\": {\"components.server.servers\": "
                               "[1, 2]}}"));
    expect_run("sweep s.json --out r --quiet --no-plot", 0, NULL);
    expect_run("report r", 0, "");
    char *page = page_of("r/report.html");
    assert_non_null(strstr(page, "Swept values, cell by cell"));
    assert_non_null(strstr(page, "<li><code>components.server.servers</code> is <code>2</code>"));
    assert_non_null(strstr(page, "weir sweep s.json --seed 1 --reps 2 --out again"));
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_are_no_results_is_refused, enter, leave),
        cmocka_unit_test_setup_teardown(values_of_another_kind_are_survived, enter, leave),
        cmocka_unit_test_setup_teardown(the_same_results_give_the_same_bytes, enter, leave),
        cmocka_unit_test_setup_teardown(nothing_is_markup_but_the_pages_own, enter, leave),
        cmocka_unit_test_setup_teardown(a_figure_that_is_not_there_is_said, enter, leave),
        cmocka_unit_test_setup_teardown(what_cannot_be_written_is_a_fault, enter, leave),
        cmocka_unit_test_setup_teardown(only_a_page_is_replaced, enter, leave),
        cmocka_unit_test_setup_teardown(a_new_run_takes_the_page_away, enter, leave),
        cmocka_unit_test_setup_teardown(cells_of_a_sweep_have_a_page, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
