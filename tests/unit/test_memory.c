/* test_memory.c - the steady state allocates nothing, a million calls in flight fit, and so do
 * cached keys.
 *
 * Allocations are counted by standing in front of the C library's. The sanitizers do the same for
 * their own ends, so under them only the runs themselves are tested. */
#include "scenario/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif
#if defined(SANITIZED) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COUNTED false
static uint64_t allocations(void)
{
    return 0;
}
static uint64_t bytes_asked_for(void)
{
    return 0;
}
#else
#define COUNTED true
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

static uint64_t counted, asked_for;

static uint64_t allocations(void)
{
    return counted;
}

static uint64_t bytes_asked_for(void)
{
    return asked_for;
}

void *malloc(size_t bytes)
{
    counted++;
    asked_for += bytes;
    return __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
    counted++;
    asked_for += count * bytes;
    return __libc_calloc(count, bytes);
}

void *realloc(void *old, size_t bytes)
{
    counted++;
    asked_for += bytes;
    return __libc_realloc(old, bytes);
}
#endif

struct watch {
    sim_time from;
    uint64_t at_start, at_end;
};

static bool watch(void *self, sim_time reached, uint64_t events)
{
    struct watch *w = self;
    (void)events;
    if (reached <= w->from)
        w->at_start = allocations();
    w->at_end = allocations();
    return true;
}

/* Allocations from `from` s on of a run of the scenario with the values set. */
static uint64_t allocations_after(const char *file, const struct sim_set *sets, size_t count,
                                  sim_time from)
{
    struct sim_diagnostics diagnostics = {0};
    struct sim_load_options options = {.sets = sets, .set_count = count};
    struct sim_scenario *scenario = sim_scenario_load(file, &options, &diagnostics);
    assert_non_null(scenario);
    struct sim_error error;
    struct sim_world *world = sim_world_new(&scenario->variants[0].plan, 1, 0, &error);
    assert_non_null(world);
    struct watch w = {.from = from};
    struct sim_record *record = sim_world_run(world, watch, &w);
    assert_non_null(record);
    assert_int_equal(record->outcome, SIM_REACHED);
    assert_true(record->audit_held);
    sim_record_free(record);
    sim_world_free(world);
    sim_scenario_free(scenario);
    sim_diagnostics_free(&diagnostics);
    return w.at_end - w.at_start;
}

static void test_steady_state_allocates_nothing(void **state)
{
    (void)state;
    struct sim_set sets[] = {{"run.duration", "60s"}};
    assert_int_equal(
        allocations_after(WEIR_SOURCE_DIR "/bench/cache_aside.json", sets, 1, 30 * SIM_SECOND), 0);
    struct sim_set of_mm1[] = {{"run.duration", "600s"}, {"run.interval", "1s"}};
    assert_int_equal(
        allocations_after(WEIR_SOURCE_DIR "/bench/mm1.json", of_mm1, 2, 300 * SIM_SECOND), 0);
}

static uint64_t peak_bytes(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)usage.ru_maxrss * 1024;
}

/* 10^6 requests a second, each in service for longer than the run, each with a timeout pending:
 * after a second a million calls are in flight, all of them at work. */
static void test_a_million_calls(void **state)
{
    (void)state;
    struct sim_set sets[] = {{"run.duration", "1s"},
                             {"run.interval", "100ms"},
                             {"components.users.rate", "1M/s"},
                             {"components.users.timeout", "60s"},
                             {"components.app.servers", "2000000"},
                             {"components.app.service_time", "100s"}};
    uint64_t before = peak_bytes();
    allocations_after(WEIR_SOURCE_DIR "/bench/mm1.json", sets, sizeof sets / sizeof *sets, 0);
    uint64_t grown = peak_bytes() - before;
    print_message("a million calls in flight: %.1f MiB\n", (double)grown / (1 << 20));
    assert_true(!COUNTED || grown < UINT64_C(256) << 20);
}

/* What a cache of so many keys asks memory for in a short run, beside all else. */
static uint64_t cache_bytes(const char *stampede, const char *capacity)
{
    struct sim_set sets[] = {{"run.duration", "10ms"},
                             {"run.interval", "10ms"},
                             {"keyspaces.items.keys", "4000000"},
                             {"keyspaces.items.popularity", "\"uniform\""},
                             {"components.cache.capacity", capacity},
                             {"components.cache.ttl", "60s"},
                             {"components.cache.stampede", stampede}};
    uint64_t before = bytes_asked_for();
    allocations_after(WEIR_SOURCE_DIR "/bench/cache_aside.json", sets, sizeof sets / sizeof *sets,
                      0);
    return bytes_asked_for() - before;
}

/* A million keys more cost at most 24 bytes each, index, links, expiry and version included. */
static void test_a_cached_key(void **state)
{
    (void)state;
    static const char *const stampedes[] = {"none",  "single-flight", "lock",
                                            "lease", "xfetch",        "stale-while-revalidate"};
    for (size_t i = 0; i < sizeof stampedes / sizeof *stampedes; i++) {
        uint64_t one = cache_bytes(stampedes[i], "1M keys");
        uint64_t two = cache_bytes(stampedes[i], "2M keys");
        double each = (double)(two - one) / 1e6;
        print_message("a cached key, %s: %.2f bytes\n", stampedes[i], each);
        assert_true(!COUNTED || (each > 20 && each <= 24));
    }
}

/* A histogram takes nothing until something is recorded; then a list of 59 rows, and 64 counts for
 * each octave, two rows for what is below 128. The tally it rolls into: the same with counts of 64
 * bits. */
static void test_histograms_are_sparse(void **state)
{
    (void)state;
    enum { LIST = 59 * 8, ROW = 64 * 4, WIDE_ROW = 64 * 8 };
    struct sim_histogram h;
    struct sim_tally t = {0};
    uint64_t before = bytes_asked_for();
    sim_histogram_init(&h);
    assert_true(bytes_asked_for() == before);
    sim_histogram_record(&h, 1000000);
    sim_histogram_record(&h, 900000); /* the same octave: 2^19 to 2^20 */
    assert_true(!COUNTED || bytes_asked_for() - before == LIST + ROW);
    sim_histogram_record(&h, 3);
    sim_histogram_record(&h, 100);
    assert_true(!COUNTED || bytes_asked_for() - before == LIST + 3 * ROW);
    before = bytes_asked_for();
    assert_int_equal(sim_histogram_roll(&h, &t), 0);
    assert_true(!COUNTED || bytes_asked_for() - before == LIST + 3 * WIDE_ROW);
    before = bytes_asked_for();
    assert_int_equal(t.n, 4);
    assert_int_equal(sim_tally_count(&t, sim_histogram_bucket(3)), 1);
    assert_int_equal(sim_tally_count(&t, sim_histogram_bucket(100)), 1);
    assert_int_equal(sim_tally_count(&t, sim_histogram_bucket(900000)), 1);
    assert_int_equal(sim_tally_count(&t, sim_histogram_bucket(1000000)), 1);
    assert_int_equal(sim_tally_count(&t, sim_histogram_bucket(5000)), 0);
    sim_histogram_record(&h, 950000); /* a row that is there is used again */
    assert_int_equal(sim_histogram_roll(&h, &t), 0);
    assert_int_equal(t.n, 5);
    assert_true(bytes_asked_for() == before);
    sim_histogram_free(&h);
    sim_tally_free(&t);
}

/* What is foreseen of 10,000 nodes and 20,000 requests, of which 8 in 10 nodes get one at least.
 * Beside it a run takes what is not foreseen: second rows of histograms, and what it records. */
static void test_memory_of_nodes_is_foreseen(void **state)
{
    (void)state;
    static const char text[] =
        "{\"schema_version\": 1, \"title\": \"t\", \"run\": {\"duration\": \"2s\"},"
        " \"components\": {\"u\": {\"model\": \"client\", \"to\": \"d\", \"rate\": \"10k/s\"},"
        " \"d\": {\"model\": \"store\", \"nodes\": 10000, \"spread\": \"random\"}}}";
    struct sim_diagnostics said = {.items = NULL};
    struct sim_error error;
    struct sim_scenario *s = sim_scenario_parse("nodes.json", text, strlen(text),
                                                &(struct sim_load_options){0}, &said);
    assert_non_null(s);
    double foreseen = sim_plan_world_bytes(&s->variants[0].plan, NULL, 0);
    uint64_t before = bytes_asked_for();
    struct sim_world *w = sim_world_new(&s->variants[0].plan, 1, 0, &error);
    assert_non_null(w);
    struct sim_record *r = sim_world_run(w, NULL, NULL);
    double took = (double)(bytes_asked_for() - before);
    print_message("10,000 nodes: %.4g bytes are foreseen, %.4g were asked for\n", foreseen, took);
    if (COUNTED) {
        assert_true(foreseen > 0.6 * took);
        assert_true(foreseen < 1.1 * took);
    }
    sim_record_free(r);
    sim_world_free(w);
    sim_scenario_free(s);
    sim_diagnostics_free(&said);
}

/* Those that share counts take no memory of their own, and are rolled as one. */
static void test_histograms_share_counts(void **state)
{
    (void)state;
    enum { LIST = 59 * 8, ROW = 64 * 4, COUNT = 1000 };
    static struct sim_histogram h[COUNT];
    struct sim_tally t = {0};
    uint64_t before = bytes_asked_for();
    for (uint32_t i = 0; i < COUNT; i++)
        sim_histogram_init(&h[i]);
    for (uint32_t i = COUNT - 1; i > 0; i--)
        sim_histogram_share(&h[i], &h[0]);
    for (uint32_t i = 1; i < COUNT; i++)
        sim_histogram_record(&h[i], 600000 + i);
    sim_histogram_record(&h[0], 70);
    assert_true(!COUNTED || bytes_asked_for() - before == LIST + 3 * ROW);
    assert_int_equal(sim_histogram_roll(&h[0], &t), 0);
    assert_int_equal(t.n, COUNT);
    assert_true(t.low == 70 && t.high == 600000 + COUNT - 1);
    assert_true(t.sum == 70 + 600000.0 * (COUNT - 1) + COUNT * (COUNT - 1) / 2.0);
    assert_int_equal(sim_tally_count(&t, sim_histogram_bucket(70)), 1);
    sim_histogram_record(&h[5], 70); /* of the window before nothing is left */
    assert_int_equal(sim_histogram_roll(&h[0], &t), 0);
    assert_int_equal(t.n, COUNT + 1);
    assert_int_equal(sim_tally_count(&t, sim_histogram_bucket(70)), 2);
    for (uint32_t i = 0; i < COUNT; i++)
        sim_histogram_free(&h[i]);
    sim_tally_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_histograms_are_sparse),
        cmocka_unit_test(test_memory_of_nodes_is_foreseen),
        cmocka_unit_test(test_histograms_share_counts),
        cmocka_unit_test(test_a_million_calls),
        cmocka_unit_test(test_a_cached_key),
        cmocka_unit_test(test_steady_state_allocates_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
