/* test_trace.c - weir run --trace: what a viewer of traces opens, beside the same results. */
#include "spawn.h"

#define QUICK "\"duration\": \"100s\", \"warmup\": \"1s\", \"replications\": 2"

/* Of every event the keys are there; those of a thread lie one within another or apart. */
static const char *const checks =
    "import json, sys\n"
    "d = json.load(open('traced/trace.json'))\n"
    "threads, requests = {}, 0\n"
    "for e in d['traceEvents']:\n"
    "    assert all(k in e for k in ('ph', 'ts', 'dur', 'pid', 'tid', 'name')), e\n"
    "    assert e['ph'] in ('X', 'M') and e['dur'] >= 0, e\n"
    "    if e['ph'] == 'X':\n"
    "        ns = lambda us: round(us * 1000)\n"
    "        threads.setdefault((e['pid'], e['tid']), []).append((ns(e['ts']), ns(e['dur'])))\n"
    "    requests += e['name'] == 'thread_name'\n"
    "for events in threads.values():\n"
    "    open_until = []\n"
    "    for at, lasts in events:\n"
    "        while open_until and open_until[-1] <= at and lasts > 0:\n"
    "            open_until.pop()\n"
    "        assert not open_until or at + lasts <= open_until[-1], (at, lasts)\n"
    "        open_until.append(at + lasts)\n"
    "assert 5 <= requests <= 10, requests\n";

static void a_trace_changes_no_other_byte(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(QUICK, ""));
    expect_run("run q.json --out plain --no-plot --quiet", 0, "");
    expect_run("run q.json --out traced --trace 5 --no-plot --quiet", 0, "");
    assert_true(same_file("plain/summary.json", "traced/summary.json"));
    assert_true(same_file("plain/series.csv", "traced/series.csv"));
    assert_true(same_file("plain/resolved.json", "traced/resolved.json"));
    assert_false(exists("plain/trace.json"));
    write_file("checks.py", checks);
    shell("python3 checks.py");
    /* where the runs are in the store already, but not their trace */
    expect_run("run q.json --out plain --trace 5 --no-plot --quiet", 0, "");
    assert_true(same_file("plain/trace.json", "traced/trace.json"));
    /* and gone when nobody asks for it any more */
    expect_run("run q.json --out plain --no-plot --quiet", 0, "");
    assert_false(exists("plain/trace.json"));
}

static void how_many_must_be_said(void **state)
{
    (void)state;
    write_file("q.json", SCENARIO(QUICK, ""));
    expect_run("run q.json --trace 0", 2, "--trace takes a whole number from 1 to 2048");
    expect_run("run q.json --trace 2049", 2, "--trace takes a whole number from 1 to 2048");
    expect_run("run q.json --trace many", 2, "--trace takes a whole number from 1 to 2048");
    expect_run("run q.json --trace", 2, "--trace needs a value");
    expect_run("compare q.json a b --trace 3", 2, "--trace");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_trace_changes_no_other_byte, enter, leave),
        cmocka_unit_test_setup_teardown(how_many_must_be_said, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
