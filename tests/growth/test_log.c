/* test_log.c - what is asked of a log costs the logarithm of its size; what is dropped or compacted
 * costs as much as it is. */
#include "growth/steps.h"
#include "unit/log_probe.h"

static struct sim_node *node;

static void fill(struct sim_log *log, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct sim_log_record r = {.key = i % 1000, .bytes = 100, .epoch = i / 500};
        assert_int_not_equal(sim_log_append(log, i, &r), SIM_LOG_NONE);
    }
}

/* A log with `n` segments of 20 records. */
static struct sim_log *filled(uint32_t n)
{
    static struct sim_log log;
    log = (struct sim_log){.segment_bytes = 2000};
    assert_int_equal(sim_log_init(&log, node), 0);
    fill(&log, 20 * n);
    return &log;
}

/* The logs that questions are put to: of n and of 2 n segments. */
static struct sim_log asked[2];
#define ASKED UINT32_C(4000)

static void ask(const void *self, uint32_t n)
{
    (void)self;
    const struct sim_log *log = &asked[n > ASKED];
    struct sim_log_record r;
    for (uint64_t i = 1; i <= 1000; i++) {
        uint64_t position = sim_mix64(i) % log->end;
        assert_true(sim_log_lag(log, position, SIM_LOG_NONE, 0).records == log->end - position);
        assert_int_equal(sim_log_read(log, position, &r), SIM_LOG_FOUND);
        assert_true(sim_log_fit(log, position, 1000, SIM_LOG_NONE) <= log->end);
        assert_int_equal(sim_log_since(log, (sim_time)position), position);
    }
}

static void append_and_read(const void *self, uint32_t n)
{
    (void)self;
    struct sim_log *log = filled(n);
    struct sim_log_reader reader = {0};
    struct sim_log_record r;
    while (sim_log_next(log, &reader, SIM_LOG_NONE, &r) == SIM_LOG_FOUND)
        continue;
    assert_int_equal(reader.position, log->end);
}

static void retain(const void *self, uint32_t n)
{
    (void)self;
    struct sim_log *log = filled(n);
    log->retention = 1;
    for (sim_time now = 0; now < 20 * (sim_time)n; now += 100) /* five segments a time */
        sim_log_retain(log, now, SIM_LOG_NONE);
    assert_in_range(log->first, 20 * n - 200, 20 * n);
}

static void cut(const void *self, uint32_t n)
{
    (void)self;
    struct sim_log *log = filled(n);
    for (uint64_t end = log->end; end > 100; end -= 100)
        sim_log_truncate(log, end);
}

static void compact(const void *self, uint32_t n)
{
    (void)self;
    static struct sim_log_cleaner cleaner;
    struct sim_log *log = filled(n);
    cleaner = (struct sim_log_cleaner){.most_keys = 0};
    assert_int_equal(sim_log_cleaner_init(&cleaner, node), 0);
    assert_true(sim_log_cleaner_begin(&cleaner, log, SIM_LOG_NONE, 0, 0));
    while (!sim_log_cleaner_step(&cleaner, 0, 1000).done)
        continue;
    assert_true(sim_log_held(log).records <= 1000 + 20);
}

static void run_growth(struct sim_node *self)
{
    node = self;
    for (uint32_t i = 0; i < 2; i++)
        asked[i] = *filled(ASKED << i);
    assert_grows("log: questions", ask, NULL, ASKED, 1.2);
    assert_grows("log: appending and reading", append_and_read, NULL, 1000, 2.1);
    assert_grows("log: retention", retain, NULL, 1000, 2.2);
    assert_grows("log: truncation", cut, NULL, 1000, 2.2);
    assert_grows("log: compaction", compact, NULL, 1000, 2.2);
}

static void log_costs_what_is_done(void **state)
{
    (void)state;
    probe(run_growth);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_costs_what_is_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
