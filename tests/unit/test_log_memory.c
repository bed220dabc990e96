/* test_log_memory.c - a record of a log takes at most 32 bytes of memory, all that the log needs
 * counted in, and a log that appends as much as it drops allocates nothing in the end.
 *
 * Allocations are counted by standing in front of the C library's, as in test_memory.c; not under
 * the sanitizers, which do the same for their own ends. */
#include "unit/log_probe.h"

#include <malloc.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif
#if defined(SANITIZED) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COUNTED false
static uint64_t held, asked;
#else
#define COUNTED true
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void __libc_free(void *);

static uint64_t held, asked; /* bytes held now, with the allocator's own; allocations so far */

static void *counted(void *block)
{
    asked++;
    held += malloc_usable_size(block) + sizeof(size_t);
    return block;
}

static void uncount(void *block)
{
    if (block)
        held -= malloc_usable_size(block) + sizeof(size_t);
}

void *malloc(size_t bytes)
{
    return counted(__libc_malloc(bytes));
}

void *calloc(size_t count, size_t bytes)
{
    return counted(__libc_calloc(count, bytes));
}

void *realloc(void *block, size_t bytes)
{
    uncount(block);
    return counted(__libc_realloc(block, bytes));
}

void free(void *block)
{
    uncount(block);
    __libc_free(block);
}
#endif

static struct sim_log tested;

static void fill(struct sim_log *log, uint64_t count, uint64_t keys)
{
    for (uint64_t i = 0; i < count; i++) {
        struct sim_log_record r = {.key = i % keys, .bytes = 100};
        assert_int_not_equal(sim_log_append(log, (sim_time)log->end, &r), SIM_LOG_NONE);
    }
}

static void assert_small(uint64_t before, uint64_t records)
{
    uint64_t bytes = held - before + sizeof tested;
    if (getenv("WEIR_SHOW"))
        print_message("%8u records: %.2f bytes each\n", (unsigned)records,
                      (double)bytes / (double)records);
    if (COUNTED && bytes > SIM_LOG_RECORD_BYTES * records)
        fail_msg("%u bytes for %u records", (unsigned)bytes, (unsigned)records);
}

/* At every number of records from 1000 on; in one segment, and in segments of 1000 records. */
static void run_small(struct sim_node *node)
{
    for (int64_t segment = 0; segment <= 100000; segment += 100000) {
        uint64_t before = held;
        tested = (struct sim_log){.segment_bytes = segment};
        assert_int_equal(sim_log_init(&tested, node), 0);
        fill(&tested, 999, 1000);
        for (uint64_t n = 1000; n <= 100000; n++) {
            fill(&tested, 1, 1000);
            if (n < 10000 || n % 1000 == 1)
                assert_small(before, n);
        }
    }
}

static void test_record_is_small(void **state)
{
    (void)state;
    probe(run_small);
}

/* As a follower of a compacted log has them: no position follows another. From 2000 on. */
static void run_small_with_gaps(struct sim_node *node)
{
    uint64_t before = held;
    tested = (struct sim_log){.segment_bytes = 100000};
    assert_int_equal(sim_log_init(&tested, node), 0);
    for (uint64_t n = 1; n <= 100000; n++) {
        struct sim_log_record r = {.key = n, .bytes = 100, .position = 3 * n};
        assert_true(sim_log_copy(&tested, tested.end, &r));
        if (n >= 2000 && (n < 10000 || n % 1000 == 1))
            assert_small(before, n);
    }
    assert_sound(&tested);
}

static void test_record_with_gaps_is_small(void **state)
{
    (void)state;
    probe(run_small_with_gaps);
}

static void run_steady(struct sim_node *node)
{
    static struct sim_log_cleaner cleaner;
    cleaner = (struct sim_log_cleaner){.most_keys = 0};
    assert_int_equal(sim_log_cleaner_init(&cleaner, node), 0);
    tested = (struct sim_log){.segment_bytes = 50000, .retention_bytes = 2000000};
    assert_int_equal(sim_log_init(&tested, node), 0);
    uint64_t before = 0;
    for (uint32_t round = 0; round < 400; round++) {
        if (round == 200)
            before = asked;
        fill(&tested, 1000, 150);
        if (round % 2 == 0 && sim_log_cleaner_begin(&cleaner, &tested, SIM_LOG_NONE, round, 10))
            while (!sim_log_cleaner_step(&cleaner, round, 100000).done)
                continue;
        sim_log_retain(&tested, 0, SIM_LOG_NONE);
        sim_log_truncate(&tested, tested.end - 100);
    }
    assert_sound(&tested);
    assert_int_equal(asked - before, 0);
}

static void test_steady_state_allocates_nothing(void **state)
{
    (void)state;
    probe(run_steady);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record_is_small),
        cmocka_unit_test(test_record_with_gaps_is_small),
        cmocka_unit_test(test_steady_state_allocates_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
