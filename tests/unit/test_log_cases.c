/* test_log_cases.c - small logs whose every answer can be said; logs broken on purpose. */
#include "unit/log_probe.h"

#include <stdio.h>

static struct sim_log log_a, log_b;
static struct sim_log_cleaner cleaner;

static struct sim_log *empty(struct sim_node *node, struct sim_log *log, int64_t segment_bytes)
{
    *log = (struct sim_log){.segment_bytes = segment_bytes};
    assert_int_equal(sim_log_init(log, node), 0);
    return log;
}

static void idle(struct sim_node *node)
{
    cleaner = (struct sim_log_cleaner){.most_keys = 0};
    assert_int_equal(sim_log_cleaner_init(&cleaner, node), 0);
}

/* Appends `count` records of so many bytes, with keys from `key` on, one each nanosecond. */
static void fill(struct sim_log *log, uint64_t count, uint64_t key, uint32_t bytes)
{
    for (uint64_t i = 0; i < count; i++) {
        struct sim_log_record r = {.key = key + i, .bytes = bytes, .epoch = log->epoch};
        uint64_t end = log->end;
        assert_int_equal(sim_log_append(log, (sim_time)end, &r), end);
    }
}

static void append(struct sim_log *log, sim_time now, uint64_t key, uint8_t flags)
{
    struct sim_log_record r = {.key = key, .bytes = 10, .flags = flags, .epoch = log->epoch};
    assert_int_not_equal(sim_log_append(log, now, &r), SIM_LOG_NONE);
}

/* The positions that are left, as text. */
static const char *positions(const struct sim_log *log)
{
    static char text[200];
    struct sim_log_reader reader = {.position = log->first};
    struct sim_log_record r;
    size_t used = 0;
    text[0] = '\0';
    while (sim_log_next(log, &reader, SIM_LOG_NONE, &r) == SIM_LOG_FOUND)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%d", used ? " " : "",
                                 (int)r.position);
    return text;
}

/* Makes a whole pass; returns its work. */
static struct sim_log_work clean(struct sim_log *log, uint64_t limit, sim_time now, sim_time grace)
{
    struct sim_log_work all = {0, 0, false};
    assert_true(sim_log_cleaner_begin(&cleaner, log, limit, now, grace));
    while (!all.done) {
        struct sim_log_work step = sim_log_cleaner_step(&cleaner, now, 25);
        all.read += step.read;
        all.written += step.written;
        all.done = step.done;
        assert_sound(log);
    }
    assert_null(cleaner.log);
    return all;
}

/* ---- the empty log, segments, retention ----------------------------------------------------- */

static void run_empty(struct sim_node *node)
{
    struct sim_log *log = empty(node, &log_a, 0);
    struct sim_log_reader reader = {0};
    struct sim_log_record r;
    assert_sound(log);
    assert_int_equal(sim_log_next(log, &reader, SIM_LOG_NONE, &r), SIM_LOG_AT_END);
    assert_int_equal(sim_log_read(log, 1, &r), SIM_LOG_OUT_OF_RANGE);
    assert_int_equal(sim_log_between(log, 0, 100).records, 0);
    assert_int_equal(sim_log_lag(log, 0, SIM_LOG_NONE, 5).age, 0);
    assert_int_equal(sim_log_fit(log, 0, 100, SIM_LOG_NONE), 0);
    assert_int_equal(sim_log_since(log, 0), 0);
    assert_int_equal(sim_log_epoch_at(log, 0), 0);
    assert_int_equal(sim_log_epoch_end(log, 7), 0);
    assert_int_equal(sim_log_crash(log).records, 0);
    assert_int_equal(sim_log_retain(log, 1000, SIM_LOG_NONE).records, 0);
    sim_log_roll(log); /* nothing to close */
    assert_int_equal(log->segments.count, 1);
    sim_log_synced(log, 10);
    sim_log_commit(log, 10);
    assert_true(log->durable == 0 && log->committed == 0);
    idle(node);
    assert_false(sim_log_cleaner_begin(&cleaner, log, SIM_LOG_NONE, 0, 0));
    assert_true(sim_log_cleaner_step(&cleaner, 0, 1).done);
    sim_log_cleaner_stop(&cleaner);
    append(log, 3, SIM_NO_KEY, 0);
    assert_int_equal(sim_log_next(log, &reader, SIM_LOG_NONE, &r), SIM_LOG_FOUND);
    assert_true(r.key == SIM_NO_KEY && r.space == NULL && r.position == 0 && r.time == 3);
}

/* By hand: records of 100 bytes one ns apart, ten to a segment of 1000 bytes. */
static void run_segments(struct sim_node *node)
{
    struct sim_log *log = empty(node, &log_a, 1000);
    fill(log, 35, 0, 100); /* closed: 0 to 9, 10 to 19, 20 to 29 */
    assert_int_equal(log->segments.count, 4);
    log->retention_bytes = 1500;
    /* without the first 2500 are left, without the second 1500, without the third 500 */
    assert_int_equal(sim_log_retain(log, 35, SIM_LOG_NONE).bytes, 2000);
    assert_int_equal(log->first, 20);
    log->retention_bytes = 0;
    log->retention = 10; /* the newest of the next is of time 29: older only after 39 */
    assert_int_equal(sim_log_retain(log, 39, SIM_LOG_NONE).records, 0);
    assert_int_equal(sim_log_retain(log, 40, 29).records, 0); /* a reader needs it */
    assert_int_equal(sim_log_retain(log, 40, 30).records, 10);
    assert_int_equal(sim_log_retain(log, 1000, SIM_LOG_NONE).records, 0); /* active */
    sim_log_roll(log);
    assert_int_equal(sim_log_retain(log, 1000, SIM_LOG_NONE).records, 5);
    assert_true(log->first == 35 && log->end == 35 && log->durable == 35 && log->committed == 35);
    assert_sound(log);

    log->segment_age = 5; /* by age: closed when the oldest is older than 5 */
    sim_log_changed(log);
    append(log, 1000, 1, 0);
    append(log, 1005, 1, 0);
    assert_int_equal(log->segments.count, 1);
    append(log, 1006, 1, 0);
    assert_int_equal(log->segments.count, 2);
    struct sim_log_record large = {.key = 1, .bytes = 5000};
    sim_log_append(log, 1006, &large); /* alone in its own */
    append(log, 1006, 1, 0);
    assert_int_equal(log->segments.count, 4);
    assert_sound(log);

    log = empty(node, &log_a, 0); /* at 4 GiB - 1, as bytes of a segment have 32 bits */
    fill(log, 3, 0, UINT32_C(1) << 31);
    assert_int_equal(log->segments.count, 3);
    assert_int_equal(sim_log_between(log, 0, 3).bytes, UINT64_C(3) << 31);
    assert_sound(log);
}

static void run_marks(struct sim_node *node)
{
    struct sim_log *log = empty(node, &log_a, 1000);
    fill(log, 35, 0, 100);
    sim_log_synced(log, 17);
    sim_log_commit(log, 30);
    sim_log_synced(log, 12); /* neither falls */
    assert_true(log->durable == 17 && log->committed == 30);
    struct sim_log_amount lost = sim_log_crash(log);
    assert_true(lost.records == 18 && lost.bytes == 1800);
    assert_true(log->end == 17 && log->durable == 17 && log->committed == 17);
    assert_int_equal(log->segments.count, 2);
    assert_sound(log);
    fill(log, 1, 0, 300); /* closed before it: 7 x 100 + 300 fits */
    assert_int_equal(log->segments.count, 2);
    fill(log, 1, 0, 1);
    assert_int_equal(log->segments.count, 3);
    assert_int_equal(sim_log_truncate(log, 0).records, 19);
    assert_true(log->end == 0 && log->segments.count == 1);
    assert_sound(log);
}

/* ---- readers -------------------------------------------------------------------------------- */

static void run_readers(struct sim_node *node)
{
    struct sim_log *log = empty(node, &log_a, 1000);
    struct sim_log_reader reader = {0};
    struct sim_log_record r;
    fill(log, 35, 0, 100);
    for (uint64_t i = 0; i < 12; i++) {
        assert_int_equal(sim_log_next(log, &reader, 12, &r), SIM_LOG_FOUND);
        assert_true(r.position == i && r.key == i && r.bytes == 100 && r.time == (sim_time)i);
    }
    assert_int_equal(sim_log_next(log, &reader, 12, &r), SIM_LOG_AT_END); /* of what it may see */
    sim_log_reader_commit(&reader);
    assert_int_equal(sim_log_next(log, &reader, 13, &r), SIM_LOG_FOUND);
    sim_log_reader_return(&reader); /* it crashed: read again */
    assert_int_equal(sim_log_next(log, &reader, 13, &r), SIM_LOG_FOUND);
    assert_int_equal(r.position, 12);
    struct sim_log_lag lag = sim_log_lag(log, reader.position, 30, 100);
    assert_true(lag.records == 17 && lag.bytes == 1700 && lag.age == 100 - 13);
    assert_int_equal(sim_log_fit(log, 13, 1250, SIM_LOG_NONE), 25);
    assert_int_equal(sim_log_fit(log, 13, 1250, 20), 20);
    assert_int_equal(sim_log_fit(log, 13, 99, SIM_LOG_NONE), 14); /* at least one */
    assert_int_equal(sim_log_since(log, 30), 30);
    struct sim_log *other = empty(node, &log_b, 0);
    fill(other, 2, 0, 0); /* of no bytes: both fit, and then the next one need not */
    sim_log_roll(other);
    fill(other, 2, 0, 100);
    assert_int_equal(sim_log_fit(other, 0, 99, SIM_LOG_NONE), 2);
    assert_int_equal(sim_log_fit(other, 2, 99, SIM_LOG_NONE), 3);
    sim_log_drop(log, 30);
    assert_int_equal(sim_log_next(log, &reader, 30, &r), SIM_LOG_OUT_OF_RANGE);
    assert_int_equal(sim_log_reader_reset(log, &reader, SIM_LOG_EARLIEST, 33), 17); /* lost */
    assert_int_equal(reader.position, 30);
    assert_int_equal(sim_log_reader_reset(log, &reader, SIM_LOG_LATEST, 33), 3);
    assert_int_equal(reader.position, 33);
    sim_log_truncate(log, 31);
    assert_int_equal(sim_log_next(log, &reader, 40, &r), SIM_LOG_OUT_OF_RANGE);
    assert_int_equal(sim_log_reader_reset(log, &reader, SIM_LOG_LATEST, 40), 0); /* back */
    assert_int_equal(reader.position, 31);
    assert_string_equal(sim_log_reset_names[SIM_LOG_EARLIEST], "earliest");
    assert_string_equal(sim_log_reset_names[SIM_LOG_LATEST], "latest");
    assert_null(sim_log_reset_names[2]);
}

/* ---- replication ---------------------------------------------------------------------------- */

static void copy_rest(struct sim_log *to, const struct sim_log *from)
{
    struct sim_log_reader reader = {.position = to->end};
    struct sim_log_record r;
    uint64_t follows = to->end;
    while (sim_log_next(from, &reader, SIM_LOG_NONE, &r) == SIM_LOG_FOUND) {
        assert_true(sim_log_copy(to, follows, &r));
        follows = reader.position;
    }
}

static void same_records(const struct sim_log *a, const struct sim_log *b)
{
    struct sim_log_reader one = {.position = a->first}, two = {.position = a->first};
    struct sim_log_record r, s;
    assert_sound(a);
    assert_sound(b);
    while (sim_log_next(a, &one, SIM_LOG_NONE, &r) == SIM_LOG_FOUND) {
        assert_int_equal(sim_log_next(b, &two, SIM_LOG_NONE, &s), SIM_LOG_FOUND);
        assert_true(r.position == s.position && r.time == s.time && r.key == s.key);
        assert_true(r.bytes == s.bytes && r.epoch == s.epoch && r.value == s.value);
    }
    assert_int_equal(sim_log_next(b, &two, SIM_LOG_NONE, &s), SIM_LOG_AT_END);
}

/* The follower has a record that its new leader never had, and truncates. */
static void run_replication(struct sim_node *node)
{
    struct sim_log *leader = empty(node, &log_a, 1000), *follower = empty(node, &log_b, 300);
    fill(leader, 20, 0, 100);
    copy_rest(follower, leader);
    same_records(leader, follower);
    struct sim_log_record r = {.key = 1, .bytes = 100, .epoch = 0, .time = 21, .position = 25};
    assert_false(sim_log_copy(follower, 25, &r)); /* does not follow */
    assert_int_equal(follower->end, 20);
    r.position = 20;
    assert_true(sim_log_copy(follower, 20, &r)); /* as the old leader wrote it */
    r.epoch = 1;
    assert_int_equal(sim_log_append(leader, 21, &r), 20); /* and the new one */
    r.epoch = 3;
    assert_int_equal(sim_log_append(leader, 22, &r), 21);
    assert_int_equal(sim_log_epoch_at(leader, 20), 1);
    assert_int_equal(sim_log_epoch_end(leader, 0), 20);
    assert_int_equal(sim_log_epoch_end(leader, 2), 21);
    assert_int_equal(sim_log_epoch_end(leader, 3), 22);
    assert_int_equal(sim_log_agrees(follower, leader), 20);
    assert_int_equal(sim_log_truncate(follower, 20).records, 1);
    copy_rest(follower, leader);
    same_records(leader, follower);

    sim_log_roll(leader); /* an epoch stays as long as the log begins right after it */
    fill(leader, 1, 0, 100);
    sim_log_drop(leader, SIM_LOG_NONE);
    assert_true(leader->first == 22 && sim_log_epoch_at(leader, 21) == 3);
    assert_int_equal(sim_log_epoch_end(leader, 2), 21);

    leader = empty(node, &log_a, 100);
    r.epoch = 1;
    sim_log_append(leader, 0, &r);
    fill(leader, 19, 0, 100);
    r.epoch = 3;
    sim_log_append(leader, 21, &r);
    assert_int_equal(leader->segments.count, 21);
    sim_log_drop(leader, 20);
    assert_true(leader->first == 20 && sim_log_epoch_at(leader, 19) == 1);
    assert_int_equal(sim_log_epoch_at(leader, 20), 3);

    sim_log_truncate(leader, 20); /* the epochs go with their records */
    assert_int_equal(leader->epoch, 1);
    assert_int_equal(sim_log_epoch_end(leader, 3), 20);

    /* a follower that is too far behind begins after a snapshot */
    assert_int_equal(sim_log_restart(follower, 5000, 2).records, 22);
    assert_int_equal(sim_log_epoch_at(follower, 4999), 2);
    r = (struct sim_log_record){.key = 9, .bytes = 1, .epoch = 2, .time = 30, .position = 5000};
    assert_true(sim_log_copy(follower, 5000, &r));
    r.position = UINT64_C(1) << 40; /* a gap too wide for one segment */
    assert_true(sim_log_copy(follower, 5001, &r));
    assert_int_equal(follower->segments.count, 2);
    assert_int_equal(sim_log_between(follower, 5001, SIM_LOG_NONE).records, 1);
    assert_sound(follower);
    sim_log_roll(follower);
    idle(node);
    clean(follower, SIM_LOG_NONE, 40, 0); /* nor do the two become one */
    assert_int_equal(follower->segments.count, 3);
    assert_int_equal(sim_log_held(follower).records, 1);
}

/* The example of KIP-279: two leaders in a short time. A has epoch 1 up to 20 and then 3; B has
 * epoch 1 up to 10 and then 2. A's records up to epoch 2 end at 20, but they agree up to 10. */
static void run_two_elections(struct sim_node *node)
{
    struct sim_log *a = empty(node, &log_a, 500), *b = empty(node, &log_b, 300);
    struct sim_log_record r = {.key = 1, .bytes = 100};
    for (uint64_t i = 0; i < 25; i++) {
        r.epoch = i < 20 ? 1 : 3;
        sim_log_append(a, 0, &r);
    }
    for (uint64_t i = 0; i < 15; i++) {
        r.epoch = i < 10 ? 1 : 2;
        sim_log_append(b, 0, &r);
    }
    assert_int_equal(sim_log_epoch_end(a, 2), 20);
    assert_int_equal(sim_log_agrees(b, a), 10);
    assert_int_equal(sim_log_agrees(a, b), 10);
    assert_int_equal(sim_log_agrees(a, a), 25);
    sim_log_drop(b, 13);
    assert_int_equal(sim_log_agrees(b, a), 12); /* nothing of it */
}

/* A reader at the end of a chunk without gaps, to which a record after a gap then comes. */
static void run_gap_under_reader(struct sim_node *node)
{
    struct sim_log *log = empty(node, &log_a, 0);
    struct sim_log_reader reader = {0};
    struct sim_log_record r;
    fill(log, 3, 0, 10);
    for (int i = 0; i < 3; i++)
        assert_int_equal(sim_log_next(log, &reader, SIM_LOG_NONE, &r), SIM_LOG_FOUND);
    r = (struct sim_log_record){.key = 5, .bytes = 10, .time = 9, .position = 8};
    assert_true(sim_log_copy(log, 3, &r));
    fill(log, 1, 6, 10);
    assert_int_equal(sim_log_next(log, &reader, SIM_LOG_NONE, &r), SIM_LOG_FOUND);
    assert_int_equal(r.position, 8);
    assert_int_equal(sim_log_next(log, &reader, SIM_LOG_NONE, &r), SIM_LOG_FOUND);
    assert_int_equal(r.position, 9);
    assert_string_equal(positions(log), "0 1 2 8 9");
    assert_sound(log);
}

/* ---- compaction ----------------------------------------------------------------------------- */

/* Records of 10 bytes, three to a segment: keys 1 2 1 | 2 3 1 | 3 4 (active). */
static void run_compaction(struct sim_node *node)
{
    struct sim_log *log = empty(node, &log_a, 30);
    idle(node);
    static const uint64_t keys[] = {1, 2, 1, 2, 3, 1, 3, 4};
    for (sim_time i = 0; i < 8; i++)
        append(log, i, keys[i], 0);
    assert_int_equal(sim_log_cleaner_dirty(log, SIM_LOG_NONE).bytes, 60);
    assert_int_equal(sim_log_cleaner_dirty(log, 4).bytes, 40);
    struct sim_log_work work = clean(log, 4, 10, 100); /* what is newest below 4: 2 and 3 */
    assert_string_equal(positions(log), "2 3 4 5 6 7");
    assert_true(work.read == 40 + 60 && work.written == 40);
    work = clean(log, SIM_LOG_NONE, 11, 100); /* dirty: 4 5; then 2 | 3 4 5 */
    assert_string_equal(positions(log), "3 4 5 6 7");
    assert_true(work.read == 20 + 40 && work.written == 30);
    assert_false(sim_log_cleaner_begin(&cleaner, log, SIM_LOG_NONE, 12, 100));
    append(log, 12, 4, 0);
    append(log, 12, 5, 0); /* closes 3 4 4 */
    work = clean(log, SIM_LOG_NONE, 13, 100);
    /* dirty: 6 7 8; an empty segment and 3 4 5 become one, of 20 bytes */
    assert_true(work.read == 30 + 60 && work.written == 40);
    assert_string_equal(positions(log), "3 5 6 8 9");
    assert_true(log->first == 0 && log->end == 10);

    log = empty(node, &log_a, 30); /* 20 and 10 bytes go into one segment, 10 more do not */
    for (uint64_t i = 0; i < 4; i++) {
        append(log, 0, i, 0);
        if (i > 0)
            sim_log_roll(log);
    }
    clean(log, SIM_LOG_NONE, 10, 100);
    assert_string_equal(positions(log), "0 1 2 3");
    assert_true(log->segments.count == 3 && sim__log_segment(log, 0)->next == 3);
}

/* The tombstone of position 1 is gone over by the pass that ends at 10, so it may go from a pass
 * on that begins at 10 + 100. */
static void run_tombstones(struct sim_node *node)
{
    struct sim_log *log = empty(node, &log_a, 30);
    idle(node);
    append(log, 0, 1, 0);
    append(log, 1, 1, SIM_LOG_TOMBSTONE);
    append(log, 2, 2, 0);
    append(log, 3, 3, 0);
    clean(log, SIM_LOG_NONE, 10, 100);
    assert_string_equal(positions(log), "1 2 3");
    append(log, 4, 4, 0);
    append(log, 4, 5, 0);
    append(log, 4, 6, 0);
    clean(log, SIM_LOG_NONE, 109, 100);
    assert_string_equal(positions(log), "1 2 3 4 5 6");
    clean(log, SIM_LOG_NONE, 110, 100); /* nothing came, but it is old enough */
    assert_string_equal(positions(log), "2 3 4 5 6");
    assert_false(sim_log_cleaner_begin(&cleaner, log, SIM_LOG_NONE, 111, 100));
    append(log, 120, 2, SIM_LOG_TOMBSTONE);
    append(log, 120, 7, 0);
    append(log, 120, 8, 0);
    append(log, 120, 9, 0);
    clean(log, SIM_LOG_NONE, 130, 0); /* without grace it goes with the next pass */
    assert_string_equal(positions(log), "3 4 5 6 7 8 9 10");
    append(log, 131, 9, 0);
    append(log, 131, 9, 0);
    append(log, 131, 9, 0);
    clean(log, SIM_LOG_NONE, 131, 0);
    assert_string_equal(positions(log), "3 4 5 6 8 9 11 12 13");
    sim_log_roll(log); /* old enough, but they have left in another way */
    sim_log_drop(log, SIM_LOG_NONE);
    assert_false(sim_log_cleaner_begin(&cleaner, log, SIM_LOG_NONE, 1000, 0));
}

static void run_interrupted(struct sim_node *node)
{
    struct sim_log *log = empty(node, &log_a, 30);
    idle(node);
    for (sim_time i = 0; i < 100; i++)
        append(log, i, 1, 0);
    assert_true(sim_log_cleaner_begin(&cleaner, log, SIM_LOG_NONE, 100, 10));
    for (int i = 0; i < 40; i++) /* 33 to remember, 7 of the 33 groups; the last not in place */
        assert_int_equal(sim_log_cleaner_step(&cleaner, 100, 30).read, 30);
    assert_int_equal(sim_log_held(log).records, 100 - 18);
    sim_log_cleaner_stop(&cleaner); /* as a crash does */
    assert_sound(log);
    assert_int_equal(sim_log_held(log).records, 100 - 18);
    assert_int_equal(sim_log_cleaner_dirty(log, SIM_LOG_NONE).records, 99 - 18); /* anew */

    assert_true(sim_log_cleaner_begin(&cleaner, log, SIM_LOG_NONE, 100, 10));
    sim_log_cleaner_step(&cleaner, 100, 30);
    sim_log_truncate(log, 98); /* within a closed segment: the pass ends */
    assert_true(sim_log_cleaner_step(&cleaner, 100, 30).done);
    assert_int_equal(log->cleaned, 0);
    assert_sound(log);

    assert_true(sim_log_cleaner_begin(&cleaner, log, SIM_LOG_NONE, 100, 10));
    while (!cleaner.copying || cleaner.written.records == 0)
        sim_log_cleaner_step(&cleaner, 100, 10);
    sim_log_drop(log, 96); /* what is written is of segments that are gone */
    while (!sim_log_cleaner_step(&cleaner, 100, 10).done)
        assert_sound(log);
    assert_string_equal(positions(log), "96 97"); /* in the active segment */
    assert_int_equal(log->first, 96);

    log = empty(node, &log_a, 30); /* room for two keys: a pass ends before the third */
    cleaner.most_keys = 2;
    static const uint64_t keys[] = {1, 2, 1, 2, 3, 1, 3, 4, 5, 6};
    for (sim_time i = 0; i < 10; i++)
        append(log, i, keys[i], 0);
    clean(log, SIM_LOG_NONE, 10, 10);
    assert_int_equal(log->cleaned, 4);
    clean(log, SIM_LOG_NONE, 10, 10); /* 3 1 3, and stops before 4 */
    assert_int_equal(log->cleaned, 7);
    assert_string_equal(positions(log), "3 5 6 7 8 9");
    cleaner.most_keys = 0;
}

/* ---- what a walk finds ---------------------------------------------------------------------- */

static const char *broken(struct sim_node *node, void (*breaks)(struct sim_log *))
{
    struct sim_log *log = empty(node, &log_a, 30);
    for (sim_time i = 0; i < 8; i++)
        append(log, i, 1, 0);
    assert_null(sim_log_check(log));
    breaks(log);
    return sim_log_check(log);
}

/* A retention that takes the active segment too. */
static void drop_active(struct sim_log *log)
{
    sim_log_drop(log, SIM_LOG_NONE);
    sim__log_drop_oldest(&log->segments);
}
static void drop_first_only_half(struct sim_log *log)
{
    sim__log_drop_oldest(&log->segments);
}
static void forget_sums(struct sim_log *log)
{
    struct sim_log_amount none = {0, 0};
    log->sums[0] = none;
}
static void forget_closed(struct sim_log *log)
{
    log->closed.bytes++;
}
static void lose_bytes(struct sim_log *log)
{
    sim__log_segment(log, 1)->bytes--;
}
static void lose_record(struct sim_log *log)
{
    log->active->records--;
}
static void pass_the_end(struct sim_log *log)
{
    log->durable = log->end + 1;
}
static void commit_too_far(struct sim_log *log)
{
    log->committed = log->end + 1;
}
static void swap_positions(struct sim_log *log)
{
    (*sim__log_chunk(log, 1))->first--;
}
static void go_back_in_time(struct sim_log *log)
{
    (*sim__log_chunk(log, 1))->slots[2].time = 0;
}
static void keep_wrong_newest(struct sim_log *log)
{
    sim__log_segment(log, 0)->newest++;
}
static void turn_epochs(struct sim_log *log)
{
    struct sim_log_record r = {.epoch = 4};
    sim_log_append(log, 9, &r);
    r.epoch = 5;
    sim_log_append(log, 9, &r);
    sim__log_epoch_of(log, 0)->epoch = 6;
}
static void leak_chunk(struct sim_log *log)
{
    assert_true(sim__log_push(log->node, &log->chunks, sizeof(void *)));
    *sim__log_chunk(log, log->chunks.base + log->chunks.count - 1) = NULL;
}

static void run_broken(struct sim_node *node)
{
    static const struct {
        void (*breaks)(struct sim_log *);
        const char *found;
    } planted[] = {
        {drop_active, "there is no active segment"},
        {drop_first_only_half, "segments do not follow one another"},
        {forget_sums, "sums over segments are not those of the segments"},
        {forget_closed, "records or bytes of closed segments are not those counted"},
        {lose_bytes, "bytes of a segment are not those of its records"},
        {lose_record, "bytes of a segment are not those of its records"},
        {pass_the_end, "the durable position is not within the log"},
        {commit_too_far, "the committed position is not within the log"},
        {swap_positions, "positions do not ascend within their segment"},
        {go_back_in_time, "a record is older than the one before it"},
        {keep_wrong_newest, "the newest record of a segment is not the one noted"},
        {turn_epochs, "epochs do not ascend"},
        {leak_chunk, "there are more chunks than used"},
    };
    for (size_t i = 0; i < sizeof planted / sizeof planted[0]; i++) {
        const char *found = broken(node, planted[i].breaks);
        if (!found)
            fail_msg("not found: %s", planted[i].found);
        assert_string_equal(found, planted[i].found);
    }
}

#define IN_PROBE(name)                                                                             \
    static void test_##name(void **state)                                                          \
    {                                                                                              \
        (void)state;                                                                               \
        probe(run_##name);                                                                         \
    }
IN_PROBE(empty)
IN_PROBE(segments)
IN_PROBE(marks)
IN_PROBE(readers)
IN_PROBE(replication)
IN_PROBE(two_elections)
IN_PROBE(gap_under_reader)
IN_PROBE(compaction)
IN_PROBE(tombstones)
IN_PROBE(interrupted)
IN_PROBE(broken)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),         cmocka_unit_test(test_segments),
        cmocka_unit_test(test_marks),         cmocka_unit_test(test_readers),
        cmocka_unit_test(test_replication),   cmocka_unit_test(test_gap_under_reader),
        cmocka_unit_test(test_two_elections), cmocka_unit_test(test_compaction),
        cmocka_unit_test(test_tombstones),    cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
