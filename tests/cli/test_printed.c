/* test_printed.c - what is printed and drawn of a run: its bill, its faults, its parts. Requests
 * come every 10 ms to servers that take 2 and 1 ms, so that every number is known. */
#include "spawn.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#define BILLED(more)                                                                               \
    "{\"schema_version\": 1, \"title\": \"A bill\", \"run\": {\"duration\": \"20s\", \"warmup\": " \
    "\"2s\", \"replications\": 2},\n"                                                              \
    " \"keyspaces\": {\"k\": {\"keys\": 1000, \"value_bytes\": \"1MB\"}},\n"                       \
    " \"components\": {\n"                                                                         \
    "  \"users\": {\"model\": \"client\", \"to\": \"app\", \"rate\": \"100/s\",\n"                 \
    "            \"arrival\": \"constant\", \"keyspace\": \"k\", \"timeout\": \"1s\"},\n"          \
    "  \"app\": {\"model\": \"service\", \"nodes\": 2, \"spread\": \"round-robin\",\n"             \
    "          \"servers\": 4, \"service_time\": \"2ms\", \"to\": \"db\"},\n"                      \
    "  \"db\": {\"model\": \"store\", \"read_time\": \"1ms\"}},\n"                                 \
    " \"prices\": \"book\"" more "}\n"
#define SLOW_DB                                                                                    \
    "{\"at\": \"5s\", \"for\": \"3s\", \"do\": \"slow\", \"target\": \"db\", \"factor\": 2}"
#define SLOW_APP                                                                                   \
    "{\"every\": \"4s\", \"at\": \"1s\", \"for\": \"1s\", \"do\": \"slow\", \"target\": \"app\", " \
    "\"factor\": 2}"
#define DRAWN                                                                                      \
    ",\n \"timeline\": [" SLOW_DB ", " SLOW_APP "],\n"                                             \
    " \"variants\": {\"both\": {}, \"same\": {}, \"calm\": {\"timeline\": [" SLOW_DB "]}},\n"      \
    " \"figures\": [\n"                                                                            \
    "  {\"kind\": \"timeline\", \"name\": \"time\", \"title\": \"T\", \"panels\": [{\"series\": "  \
    "[\"users.latency.p99\"]}]},\n"                                                                \
    "  {\"kind\": \"bars\", \"name\": \"bars\", \"title\": \"B\", \"panels\": [{\"series\": "      \
    "[\"users.goodput\"]}]},\n"                                                                    \
    "  {\"kind\": \"attribution\", \"name\": \"parts\", \"title\": \"P\", \"panels\": "            \
    "[{\"series\": [\"users.latency.p99\"]}]}]"

static void write_book(void)
{
    write_file("book.json", "{\"schema_version\": 1, \"title\": \"A book\", \"date\": "
                            "\"2026-01-01\", \"source\": \"made up\",\n"
                            " \"models\": {\"*\": {\"instance\": \"$0.10/instance-h\"}},\n"
                            " \"components\": {\"db\": {\"reads\": \"$0.50/1M reads\"}}}\n");
}

static void expect_in(const char *text, const char *part)
{
    if (!text || !strstr(text, part))
        fail_msg("\"%s\" is not in:\n%s", part, text ? text : "(no file)");
}

/* Two nodes at $0.10 are $0.20 an hour and, of 730 hours, $146 a month; 100 reads/s are 360,000 an
 * hour, $0.18 at $0.50 a million; requests are as many, so that a million is 0.48/0.36 = $1.33. */
static void a_bill_is_printed(void **state)
{
    (void)state;
    write_book();
    write_file("q.json", BILLED(""));
    struct result r = run("run q.json --out o");
    assert_int_equal(r.status, 0);
    expect_in(r.out, "Cost: A book, 2026-01-01 (sources in the book).\n");
    expect_in(r.out, "  app instance       $0.200  $146.00       $0.556  $0.10/instance-h\n");
    expect_in(r.out, "  db reads           $0.180  $131.40       $0.500  $0.50/1M reads\n");
    expect_in(r.out, "  total              $0.480  $350.40        $1.33\n");
    expect_in(r.out, "  because of users   $0.480  $350.40        $1.33\n");
    expect_in(r.out, "  no price: ");
    expect_in(r.out, "db.requests 360 k requests/h");
    result_free(&r);
    char *summary = read_file("o/summary.json");
    expect_in(summary, "\"usage\": \"reads\"");
    expect_in(summary, "\"by_cause\"");
    free(summary);
}

static void explain_knows_the_book(void **state)
{
    (void)state;
    write_book();
    write_file("q.json", BILLED(""));
    struct result r = run("explain q.json prices");
    assert_int_equal(r.status, 0);
    expect_in(r.out, "price book book, line 3\nprices.book ");
    expect_in(r.out, "= \"book\"              file, line 9\n");
    assert_null(strstr(r.out, "default"));
    result_free(&r);
}

/* The database is slow in all three variants and named so; the service is slow in two of them, five
 * times, and is named once. Of the p99 of `both` 4 ms are the service's, twice 2 ms. */
static void faults_and_parts_are_drawn(void **state)
{
    (void)state;
    write_book();
    write_file("q.json", BILLED(DRAWN));
    expect_run("run q.json --out o --no-plot", 0, "");
    char *program = read_file("o/figures/time.gp");
    expect_in(program, "'slow app, all but calm, first of 5', ''");
    expect_in(program, "'slow db'");
    expect_in(program, "nfaults = 11\n"); /* five times two, and one */
    free(program);
    char *parts = read_file("o/figures/parts.csv"), *bars = read_file("o/figures/bars.csv");
    expect_in(parts, "1,1,1,0,4,4,4,4,\"app\",\"service\",\"ms\",\"both\"\n");
    expect_in(parts, "1,1,2,4,6,2,2,2,\"db\",\"service\",\"ms\",\"both\"\n");
    expect_in(parts, "1,3,0,0,4,4,4,4,\"\",\"latency\",\"ms\",\"calm\"\n");
    expect_in(bars, "1,3,100,100,100,,\"users.goodput\",\"requests/s\",\"calm\"\n");
    free(parts);
    free(bars);
    expect_run("plot o", 0, "");
    expect_run("plot o --format pdf", 0, "");
    shell("cp o/figures/time.pdf once.pdf && sleep 1.1"); /* a PDF has the second of its making */
    expect_run("plot o --format pdf", 0, "");
    shell("cmp o/figures/time.pdf once.pdf");
}

static void a_gnuplot_that_hangs_is_ended(void **state)
{
    (void)state;
    write_book();
    write_file("q.json", BILLED(DRAWN));
    assert_int_equal(mkdir("bin", 0777), 0);
    write_file("bin/gnuplot", "#!/bin/sh\nexec /bin/sleep 100\n");
    assert_int_equal(chmod("bin/gnuplot", 0777), 0);
    setenv("WEIR_GNUPLOT_SECONDS", "1", 1);
    struct how how = {.path = "bin"};
    char here[PATH_ROOM - 8], path[PATH_ROOM];
    assert_non_null(getcwd(here, sizeof here));
    snprintf(path, sizeof path, "%s/bin", here);
    how.path = path;
    struct result r = run_with(&how, "run q.json --out o");
    unsetenv("WEIR_GNUPLOT_SECONDS");
    assert_int_equal(r.status, 3);
    expect_in(r.err, "could not draw figures/time.gp:\nit took more than 1 s");
    result_free(&r);
    assert_true(exists("o/summary.json") && !exists("o/figures/time.svg"));
}

/* A figure of what never happens is left out, and said. */
static void a_figure_of_nothing_is_said(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO("\"duration\": \"10s\"",
                                  ",\n \"figures\": [{\"kind\": \"ccdf\", \"name\": \"stale\", "
                                  "\"title\": \"S\", \"panels\": [{\"series\": "
                                  "[\"users.stale_age\"]}]}]"));
    expect_run("run q.json --out o", 0, "nothing was observed for the figure \"stale\"");
    assert_false(exists("o/figures/stale.csv") || exists("o/figures/stale.gp"));
}

/* From here on renameat2() is what it is on a file system that cannot exchange. */
static void take_exchange_away(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_renameat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        _exit(77);
}

/* Where the file system cannot exchange two directories, results are replaced by two renames, and
 * what is not ours is carried over all the same. */
static void without_exchange_results_are_replaced(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO("\"duration\": \"10s\"", ""));
    expect_run("run q.json --out o", 0, "");
    expect_run("run q.json --seed 2 --out other", 0, "");
    write_file("o/notes.txt", "notes");
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        take_exchange_away();
        execl(WEIR_BINARY, "weir", "run", "q.json", "--seed", "2", "--out", "o", "--quiet",
              (char *)NULL);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(status, 0);
    assert_true(same_file("o/summary.json", "other/summary.json"));
    assert_true(exists("o/notes.txt") && exists("o/store/results.sqlite"));
    assert_int_not_equal(system("ls -d o.tmp* 2>/dev/null | grep -q ."), 0);
}

/* Writes a text whose ' stand for ". */
static void write_quoted(const char *path, const char *text)
{
    char quoted[2048];
    size_t n = strlen(text);
    assert_true(n < sizeof quoted);
    for (size_t i = 0; i <= n; i++)
        quoted[i] = text[i] == '\'' ? '"' : text[i];
    write_file(path, quoted);
}

/* Ten requests a replication have no p99, whatever asks for it: true is ln 100 = 4.6 s. */
static void a_sample_says_what_it_cannot_carry(void **state)
{
    (void)state;
    write_quoted("q.json",
                 "{'schema_version': 1, 'title': 'Few', 'run': {'duration': '15s', 'warmup': '5s',"
                 " 'replications': 20}, 'components': {"
                 " 'users': {'model': 'client', 'to': 'app', 'rate': '1/s'},"
                 " 'app': {'model': 'service', 'servers': 1000, 'service_time':"
                 "  {'type': 'exponential', 'mean': '1s'}}},"
                 " 'variants': {'a': {}, 'b': {'components': {'app': {'servers': 1}}}},"
                 " 'sensitivity': {'metric': 'users.latency.p99', 'variant': 'a',"
                 "  'replications': 5, 'vary': {'components.users.rate':"
                 "   {'low': '1/s', 'mid': '1.5/s', 'high': '2/s'}}},"
                 " 'expect': [{'that': 'users.latency.p99', 'variant': 'a', 'at_most': '4s'}]}");
    struct result r = run("run q.json --out o --no-plot");
    assert_int_equal(r.status, 1);
    expect_in(r.out, "users.latency.p99 too few.");
    expect_in(r.out, "a: users.latency.p99 is not told; expected at most 4 s (too few for p99: 9");
    expect_in(r.out, "users.latency.p99 of b: too few for p99: 7 values in each of 20");
    char *summary = read_file("o/summary.json");
    expect_in(summary, "\"low\": null, \"high\": null, \"unit\": \"s\", \"values\": 9, "
                       "\"needed\": 6000, \"why\": \"too few for p99: 9 values in each of 20 ");
    free(summary);
    result_free(&r);
    r = run("run q.json --out o --no-plot --until 5% --metric users.latency.p99");
    expect_in(r.out, "NOT reached with n = 20: longer runs are needed for users.latency.p99");
    result_free(&r);
    r = run("compare q.json a b --metric users.latency.p99");
    expect_in(r.out, "users.latency.p99: not told, too few for p99: 7 values in each of 20");
    result_free(&r);
    r = run("find q.json --variant a --vary components.users.rate=1/s..2/s --out f --no-plot "
            "--while users.latency.p99<=4s --reps 5");
    expect_in(r.out, "at 1/s there are too few for p99: 9 values in each of 5 replications");
    result_free(&r);
    r = run("find q.json --variant a --vary components.users.rate=1/s..2/s --out f --no-plot "
            "--while users.latency.p99<=4s --reps 5 --probability 0.5");
    expect_in(r.out, "no breaking point was seen");
    result_free(&r);
    r = run("map q.json --variant a --x components.users.rate=1/s..2/s:2 --out m --no-plot "
            "--y components.app.servers=900..1000:2 --while users.latency.p99<=4s --reps 5");
    expect_in(r.out, "Not told in 4 of 4 cells");
    result_free(&r);
    r = run("sensitivity q.json --out s --no-plot");
    expect_in(r.out, "not told: too few for p99");
    expect_in(r.out, "users.latency.p99: too few for p99: ");
    result_free(&r);
}

/* The same of what is only asked for: over a span, of a node, of a percentile no run tells. */
static void an_answer_says_what_it_cannot_carry(void **state)
{
    (void)state;
    write_quoted("q.json",
                 "{'schema_version': 1, 'title': 'Few', 'run': {'duration': '6s',"
                 " 'replications': 10}, 'components': {"
                 " 'users': {'model': 'client', 'to': 'app', 'rate': '10/s'},"
                 " 'app': {'model': 'service', 'nodes': 2, 'spread': 'random', 'servers': 4,"
                 "  'service_time': '1ms'}},"
                 " 'variants': {'a': {}, 'b': {}}, 'expect': ["
                 " {'that': 'users.latency.p95', 'from': '3s', 'to': '4s', 'at_most': '1s'},"
                 " {'that': 'app/0.sojourn.p99', 'from': '3s', 'to': '4s', 'at_most': '1s'},"
                 " {'that': 'app/worst.sojourn.p90', 'from': '3s', 'to': '4s', 'at_most': '1s'},"
                 " {'that': 'users.latency.p99_99', 'from': '3s', 'variant': 'a',"
                 "  'relative_to': 'b', 'at_most': 2},"
                 " {'that': 'users.latency.p99_9', 'at_most': '1s'},"
                 " {'that': 'users.latency.p99', 'from': '3.005s', 'to': '3005000001ns',"
                 "  'at_most': '1s'}]}");
    struct result r = run("run q.json --out o --no-plot");
    assert_int_equal(r.status, 1);
    expect_in(r.out, "users.latency.p99 from 3.005 s to 3.005000001 s is");
    char *summary = read_file("o/summary.json");
    expect_in(summary, "\"from\": 3.005, \"to\": 3.005000001");
    free(summary);
    expect_run("report o", 0, NULL);
    char *page = read_file("o/report.html");
    expect_in(page, " from 3.005 s to 3.005000001 s");
    free(page);
    expect_in(r.out, "(too few for p95: ");
    expect_in(r.out, "(too few for p99: ");
    expect_in(r.out, "(too few for p90: ");
    expect_in(r.out, "(too few for p99_99: ");
    expect_in(r.out, "(too few for p99_9: ");
    assert_null(strstr(r.out, "p999:"));
    result_free(&r);
    r = run("map q.json --variant a --x components.users.rate=1/s..2/s:2 --out m --no-plot "
            "--y components.app.servers=1..2:2 --while users.latency.p95<=4s --from 3s --to 4s "
            "--reps 5");
    expect_in(r.out, "Not told in 4 of 4 cells");
    result_free(&r);
}

/* One server answers 19 of the 199 requests of 20 s that nobody gives up on: success reads 1. */
static void a_success_says_what_it_leaves_out(void **state)
{
    (void)state;
    write_quoted("q.json", "{'schema_version': 1, 'title': 'Over', 'run': {'duration': '20s',"
                           " 'replications': 2}, 'components': {"
                           " 'users': {'model': 'client', 'to': 'app', 'rate': '10/s',"
                           "  'arrival': 'constant', 'in_step': true},"
                           " 'app': {'model': 'service', 'servers': 1, 'service_time': '1s'}},"
                           " 'expect': [{'that': 'users.success.mean', 'at_least': 0.9}]}");
    struct result r = run("run q.json --out o --no-plot");
    expect_in(r.out, "expected at least 0.9 (360 of 398 requests were");
    expect_in(r.out, "users.success of base leaves out 360 of 398 requests");
    result_free(&r);
}

/* 40,000 windows take 27 MB: series.csv has one of two replications and merges two windows into a
 * row. In the second from 7777 s on some 1000 requests come to a server that answers 100. The rows
 * tell of it, and the size is in what the file may have. */
static void a_spike_stays_in_a_merged_series(void **state)
{
    (void)state;
    write_file("q.json",
               "{\"schema_version\": 1, \"title\": \"A spike\", \"run\": {\"duration\": "
               "\"40000s\", \"interval\": \"1s\", \"replications\": 2},\n \"components\": {"
               "\"users\": {\"model\": \"client\", \"to\": \"server\", \"rate\": \"0.5/s\", "
               "\"spikes\": [{\"at\": \"7777s\", \"for\": \"1s\", \"factor\": 2000}]},\n"
               "\"server\": {\"model\": \"service\", \"servers\": 1, \"service_time\": "
               "\"10ms\"}}}\n");
    struct result r = run("run q.json --out o --no-plot");
    assert_int_equal(r.status, 0);
    expect_in(r.out,
              "series.csv would be over 20 MB; it has 1 of 2 replications, and each row is 2 "
              "windows merged: the mean, of peaks and percentiles the greatest; \"series\": "
              "\"all\" in \"run\" keeps all\n");
    result_free(&r);
    char *summary = read_file("o/summary.json"), *csv = read_file("o/series.csv");
    assert_true(summary && csv);
    expect_in(summary,
              "\"series_csv\": {\"variants\": 1, \"replications\": 1, \"windows_per_row\": 2}");
    assert_true(strlen(csv) > 10000000 && strlen(csv) <= 20000000);
    static const char queue[] = "\nbase,0,7776,server,queue,peak,requests,";
    const char *row = strstr(csv, queue);
    assert_true(row && strtod(row + strlen(queue), NULL) > 800);
    assert_null(strstr(csv, "\nbase,0,7777,"));
    free(summary);
    free(csv);
}

/* The same, where lines are broken between words. */
static void expect_words(const char *text, const char *part)
{
    size_t n = 0;
    char *line = malloc(strlen(text) + 1);
    assert_non_null(line);
    for (const char *c = text; *c; c++) {
        char one = *c == '\n' ? ' ' : *c;
        if (one != ' ' || n == 0 || line[n - 1] != ' ')
            line[n++] = one;
    }
    line[n] = '\0';
    expect_in(line, part);
    free(line);
}

/* Ten come each second, and the newest is served first: those that finish have waited little, and
 * nine of ten never finish. What is under way when a span ends is not in its success. */
static void a_span_says_what_it_leaves_out(void **state)
{
    (void)state;
    write_quoted("q.json",
                 "{'schema_version': 1, 'title': 'Over', 'run': {'duration': '100s',"
                 " 'replications': 2}, 'components': {"
                 " 'users': {'model': 'client', 'to': 'app', 'rate': '10/s',"
                 "  'arrival': 'constant', 'in_step': true},"
                 " 'app': {'model': 'service', 'servers': 1, 'service_time': '1s', 'discipline':"
                 " 'lifo'}}, 'expect': ["
                 "{'that': 'users.success', 'at_least': 0.9, 'from': '50s', 'to': '100s'},"
                 "{'that': 'users.success.mean', 'at_least': 0.9, 'from': '50.05s', 'to':"
                 " '60.05s'},"
                 "{'that': 'users.success.mean', 'at_least': 0, 'from': '50s'}]}");
    struct result r = run("run q.json --out o --no-plot");
    /* of 999 sent 99 are done, 50 of them since 50 s: 900 open and 50 done, twice */
    expect_words(r.out,
                 "from 50 s to 100 s is 1.000 -0.037; expected at least 0.9 (1800 of 1900 "
                 "requests were unfinished when the span ended: with them it is from 0.05263 ");
    /* of 600 sent by then 59 are done */
    expect_words(r.out,
                 "(1082 of 1102 requests were unfinished when the span ended: with them it is "
                 "from 0.01815 to 1)");
    assert_null(strstr(r.out, "at least 0 ("));
    result_free(&r);
}

static void claims_say_what_they_are_of(void **state)
{
    (void)state;
    write_quoted("q.json",
                 "{'schema_version': 1, 'title': 'Ratio', 'run': {'duration': '200s', 'interval':"
                 " '10s', 'replications': 2}, 'components': {"
                 " 'users': {'model': 'client', 'to': 'app', 'rate': '10/s',"
                 "  'arrival': 'constant', 'in_step': true},"
                 " 'app': {'model': 'service', 'servers': 1, 'service_time': '1s'}},"
                 " 'variants': {'many': {}, 'idle': {'components': {'app': {'servers': 100}}},"
                 "  'half': {'components': {'users': {'rate': '5/s'}}}}, 'expect': ["
                 "{'that': 'app.queue.peak', 'variant': 'half', 'relative_to': 'many',"
                 " 'at_most': 0.5},"
                 "{'that': 'app.queue.peak', 'variant': 'many', 'relative_to': 'idle',"
                 " 'at_most': 2},"
                 "{'that': 'app.queue.max', 'variant': 'many', 'at_least': 2, 'from': '12s', 'to':"
                 " '28s'},"
                 "{'that': 'app.queue.peak', 'variant': 'many', 'at_least': 2, 'from': '100s',"
                 " 'to': '300s'}]}");
    struct result r = run("run q.json --out o --no-plot");
    assert_int_equal(r.status, 1);
    expect_words(r.out, "half: app.queue.peak is 0.444 of that of many; expected at most 0.5 times "
                        "that of many");
    expect_words(r.out, "many: app.queue.peak is -; expected at most 2 times that of idle (that of "
                        "idle is 0: nothing can be so many times that)");
    expect_words(r.out,
                 "app.queue.max from 12 s to 28 s is -; expected at least 2 requests (no whole "
                 "window lies in the span: `max` is of windows of 10 s)");
    expect_words(r.out, "app.queue.peak from 100 s to 200 s is ");
    expect_in(r.err, "/expect/3/to: warning: the run ends before this: the claim is judged up to "
                     "the run's end, at 200s");
    char *summary = read_file("o/summary.json");
    expect_in(summary, "\"from\": 100, \"to\": 200");
    expect_in(summary, "\"relative_to\": \"many\"");
    free(summary);
    result_free(&r);
    r = run("find q.json --variant many --vary components.users.rate=1/s..2/s --out f --no-plot "
            "--while app.queue.max<=4 --from 12s --to 28s");
    assert_int_equal(r.status, 2);
    expect_in(r.err, "there is no whole window between these times: \"max\" has windows of 10s");
    result_free(&r);
    r = run("find q.json --variant many --vary components.users.rate=1/s..2/s --out f --no-plot "
            "--while app.queue.max<=4 --from 12s --to 280s");
    assert_int_equal(r.status, 2);
    expect_in(r.err, "--to: the run ends before this, at 200s");
    result_free(&r);
}

int main(void)
{
#define IN_OWN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, enter, leave)
    const struct CMUnitTest tests[] = {
        IN_OWN_DIRECTORY(a_bill_is_printed),
        IN_OWN_DIRECTORY(a_span_says_what_it_leaves_out),
        IN_OWN_DIRECTORY(claims_say_what_they_are_of),
        IN_OWN_DIRECTORY(explain_knows_the_book),
        IN_OWN_DIRECTORY(faults_and_parts_are_drawn),
        IN_OWN_DIRECTORY(a_gnuplot_that_hangs_is_ended),
        IN_OWN_DIRECTORY(a_figure_of_nothing_is_said),
        IN_OWN_DIRECTORY(a_sample_says_what_it_cannot_carry),
        IN_OWN_DIRECTORY(an_answer_says_what_it_cannot_carry),
        IN_OWN_DIRECTORY(a_success_says_what_it_leaves_out),
        IN_OWN_DIRECTORY(without_exchange_results_are_replaced),
        IN_OWN_DIRECTORY(a_spike_stays_in_a_merged_series),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
