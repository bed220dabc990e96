/* test_log.c - a log against an array of records that does the same by going through all of them,
 * driven by long sequences of random operations. What compaction may take out is worked out from
 * the records that were there when the pass began. */
#include "unit/log_probe.h"

#include <stdio.h>

enum {
    MOST = 6000,
    SEGMENTS = 4000,
    STEPS = 6000,
    SEEDS = 40,
    READERS = 3,
    KEYS = 40,
    PASSES = 500
};

struct plain_segment {
    uint64_t first, next; /* .next of the active one is not kept */
    sim_time newest;      /* kept for those that compaction emptied */
};

/* The plainest log. */
struct plain {
    struct sim_log_record records[MOST], begun[MOST]; /* .begun: when the pass began */
    struct plain_segment segments[SEGMENTS];
    uint32_t count, begun_count, segment_count;
    uint64_t first, end, durable, committed, cleaned, settled, pass_from, pass_settled;
    struct sim__log_pass passes[PASSES];
    uint32_t pass_count;
};

struct test {
    struct sim_log log;
    struct sim_log_cleaner cleaner;
    struct sim_log_reader readers[READERS];
    struct plain plain;
    struct sim_stream draws;
    struct sim_keyspace spaces[2];
    sim_time now;
    struct sim_log_amount appended, left[3]; /* by enum sim_log_end */
    uint64_t cut_from;                       /* positions from here on were given again */
};

static uint64_t below(struct test *t, uint64_t n)
{
    return sim_draw_below(&t->draws, n);
}

static void assert_same(const struct sim_log_record *a, const struct sim_log_record *b)
{
    assert_int_equal(a->position, b->position);
    assert_int_equal(a->time, b->time);
    assert_ptr_equal(a->space, b->space);
    assert_true(a->key == b->key && a->value == b->value && a->bytes == b->bytes);
    assert_true(a->epoch == b->epoch && a->owner == b->owner && a->flags == b->flags);
}

/* ---- the plain log -------------------------------------------------------------------------- */

static uint64_t plain_next(const struct plain *p, uint32_t segment)
{
    return segment + 1 < p->segment_count ? p->segments[segment].next : p->end;
}

static struct sim_log_amount plain_between(const struct plain *p, uint64_t from, uint64_t to)
{
    struct sim_log_amount sum = {0, 0};
    for (uint32_t i = 0; i < p->count; i++)
        if (p->records[i].position >= from && p->records[i].position < to) {
            sum.records++;
            sum.bytes += p->records[i].bytes;
        }
    return sum;
}

/* The index of the first record at or after a position; the count if there is none. */
static uint32_t plain_find(const struct plain *p, uint64_t position)
{
    uint32_t i = 0;
    while (i < p->count && p->records[i].position < position)
        i++;
    return i;
}

static void plain_roll(struct plain *p)
{
    struct plain_segment *a = &p->segments[p->segment_count - 1];
    if (plain_between(p, a->first, p->end).records == 0)
        return;
    a->next = p->end;
    a->newest = p->records[p->count - 1].time;
    assert_true(p->segment_count < SEGMENTS);
    p->segments[p->segment_count++] = (struct plain_segment){.first = p->end};
}

static void plain_append(const struct sim_log *limits, struct plain *p,
                         const struct sim_log_record *r)
{
    uint64_t first = p->segments[p->segment_count - 1].first;
    struct sim_log_amount active = plain_between(p, first, p->end);
    bool full = limits->segment_bytes > 0 &&
                active.bytes + r->bytes > (uint64_t)limits->segment_bytes;
    bool old = active.records > 0 && limits->segment_age > 0 &&
               r->time > p->records[plain_find(p, first)].time + limits->segment_age;
    if (active.records > 0 && (full || old))
        plain_roll(p);
    assert_true(p->count < MOST);
    p->records[p->count++] = *r;
    p->end = r->position + 1;
}

static void plain_remove_before(struct plain *p, uint64_t position)
{
    uint32_t out = plain_find(p, position);
    memmove(p->records, p->records + out, (p->count - out) * sizeof *p->records);
    p->count -= out;
}

static void plain_drop_segment(struct plain *p)
{
    p->segment_count--;
    memmove(p->segments, p->segments + 1, p->segment_count * sizeof *p->segments);
    p->first = p->segments[0].first;
    plain_remove_before(p, p->first);
    uint64_t *marks[] = {&p->durable, &p->committed, &p->cleaned};
    for (int i = 0; i < 3; i++)
        *marks[i] = *marks[i] > p->first ? *marks[i] : p->first;
}

static struct sim_log_amount plain_retain(const struct sim_log *limits, struct plain *p,
                                          sim_time now, uint64_t limit)
{
    struct sim_log_amount left = {0, 0};
    while (p->segment_count > 1 && p->segments[0].next <= limit) {
        struct sim_log_amount s = plain_between(p, p->first, p->segments[0].next);
        struct sim_log_amount all = plain_between(p, p->first, p->end);
        bool old = limits->retention > 0 && p->segments[0].newest < now - limits->retention;
        bool much = limits->retention_bytes > 0 &&
                    all.bytes - s.bytes >= (uint64_t)limits->retention_bytes;
        if (!old && !much)
            break;
        left.records += s.records;
        left.bytes += s.bytes;
        plain_drop_segment(p);
    }
    return left;
}

static struct sim_log_amount plain_truncate(struct plain *p, uint64_t position)
{
    struct sim_log_amount left = plain_between(p, position, p->end);
    p->count = plain_find(p, position);
    while (p->segment_count > 1 && p->segments[p->segment_count - 1].first > position)
        p->segment_count--;
    p->end = position;
    uint64_t *marks[] = {&p->durable, &p->committed, &p->cleaned, &p->settled};
    for (int i = 0; i < 4; i++)
        *marks[i] = *marks[i] < position ? *marks[i] : position;
    for (uint32_t i = 0; i < p->pass_count; i++)
        if (p->passes[i].end > position)
            p->passes[i].end = position;
    return left;
}

/* ---- comparing ------------------------------------------------------------------------------ */

static void compare(struct test *t)
{
    const struct plain *p = &t->plain;
    struct sim_log_reader reader = {.position = p->first};
    struct sim_log_record r;
    assert_sound(&t->log);
    for (uint32_t i = 0; i < p->count; i++) {
        assert_int_equal(sim_log_next(&t->log, &reader, SIM_LOG_NONE, &r), SIM_LOG_FOUND);
        assert_same(&r, &p->records[i]);
        assert_int_equal(sim_log_epoch_at(&t->log, r.position), r.epoch);
    }
    assert_int_equal(sim_log_next(&t->log, &reader, SIM_LOG_NONE, &r), SIM_LOG_AT_END);
    assert_true(t->log.first == p->first && t->log.end == p->end);
    assert_true(t->log.durable == p->durable && t->log.committed == p->committed);
    assert_int_equal(t->log.cleaned, p->cleaned);
    struct sim_log_amount held = sim_log_held(&t->log), all = plain_between(p, 0, p->end);
    assert_true(held.records == all.records && held.bytes == all.bytes);
    uint32_t s = 0;
    for (uint32_t i = 0; i < t->log.segments.count; i++) {
        const struct sim__log_segment *have = sim__log_segment(&t->log, i);
        if (i + 1 < t->log.segments.count && have->first == have->next)
            continue; /* it became part of another */
        assert_int_equal(have->first, p->segments[s++].first);
    }
    assert_int_equal(s, p->segment_count);
    for (int why = 0; why < 3; why++) {
        held.records += t->left[why].records;
        held.bytes += t->left[why].bytes;
    }
    assert_true(held.records == t->appended.records && held.bytes == t->appended.bytes);
}

static void ask(struct test *t)
{
    const struct plain *p = &t->plain;
    uint64_t from = p->first + below(t, p->end - p->first + 1);
    uint64_t to = p->first + below(t, p->end - p->first + 1);
    struct sim_log_amount is = sim_log_between(&t->log, from, to);
    struct sim_log_amount must = plain_between(p, from, to);
    struct sim_log_record r;
    assert_true(is.records == must.records && is.bytes == must.bytes);

    uint32_t at = plain_find(p, from);
    struct sim_log_lag lag = sim_log_lag(&t->log, from, to, t->now);
    assert_true(lag.records == must.records && lag.bytes == must.bytes);
    assert_int_equal(lag.age, must.records > 0 ? t->now - p->records[at].time : 0);

    enum sim_log_found found = sim_log_read(&t->log, from, &r);
    assert_int_equal(found, at < p->count ? SIM_LOG_FOUND : SIM_LOG_AT_END);
    if (at < p->count)
        assert_same(&r, &p->records[at]);

    sim_time when = t->now - (sim_time)below(t, 400);
    uint32_t since = 0;
    while (since < p->count && p->records[since].time < when)
        since++;
    assert_int_equal(sim_log_since(&t->log, when),
                     since < p->count ? p->records[since].position : p->end);

    uint64_t bytes = below(t, 3000), fit = sim_log_fit(&t->log, from, bytes, to);
    must = plain_between(p, from, fit);
    assert_true(must.bytes <= bytes || must.records == 1);
    assert_true(from >= to ? fit == from : fit > from && fit <= to);
    if (fit < to && from < to) { /* the next one does not fit, or the first one was too large */
        uint32_t next = plain_find(p, fit);
        assert_true(next < p->count && must.bytes + p->records[next].bytes > bytes);
    }
}

static void read_some(struct test *t)
{
    const struct plain *p = &t->plain;
    struct sim_log_reader *reader = &t->readers[below(t, READERS)];
    uint64_t limit = below(t, 3) == 0 ? p->committed : SIM_LOG_NONE;
    for (uint64_t n = below(t, 100); n > 0; n--) {
        struct sim_log_record r;
        uint64_t position = reader->position;
        enum sim_log_found found = sim_log_next(&t->log, reader, limit, &r);
        uint32_t at = plain_find(p, position);
        if (position < p->first || position > p->end) {
            assert_int_equal(found, SIM_LOG_OUT_OF_RANGE);
            bool earliest = below(t, 2) == 0;
            uint64_t skipped = sim_log_reader_reset(
                &t->log, reader, earliest ? SIM_LOG_EARLIEST : SIM_LOG_LATEST, p->end);
            assert_int_equal(reader->position, earliest ? p->first : p->end);
            assert_int_equal(skipped, position < p->first ? reader->position - position : 0);
        } else if (at == p->count || p->records[at].position >= limit) {
            assert_int_equal(found, SIM_LOG_AT_END);
            assert_int_equal(reader->position, position);
        } else {
            assert_int_equal(found, SIM_LOG_FOUND);
            assert_same(&r, &p->records[at]);
            assert_int_equal(reader->position, r.position + 1);
        }
    }
    if (below(t, 10) == 0)
        sim_log_reader_commit(reader);
    if (below(t, 10) == 0)
        sim_log_reader_return(reader);
    if (below(t, 10) == 0)
        sim_log_reader_seek(reader, below(t, p->end + 2));
}

/* ---- operations ----------------------------------------------------------------------------- */

static void left(void *self, const struct sim_log_record *r, enum sim_log_end why)
{
    struct test *t = self;
    t->left[why].records++;
    t->left[why].bytes += r->bytes;
    uint32_t at = plain_find(&t->plain, r->position);
    assert_true(at < t->plain.count); /* told before the plain log takes it out */
    assert_same(r, &t->plain.records[at]);
}

static void append_some(struct test *t)
{
    for (uint64_t n = below(t, below(t, 20) == 0 ? 500 : 20); n > 0; n--) {
        struct sim_log_record r = {.key = below(t, 20) == 0 ? SIM_NO_KEY : below(t, KEYS),
                                   .space = below(t, 3) > 0 ? &t->spaces[below(t, 2)] : NULL,
                                   .value = (uint32_t)below(t, UINT32_MAX),
                                   .bytes = (uint32_t)below(t, below(t, 50) == 0 ? 3000 : 100),
                                   .epoch = t->log.epoch + (below(t, 200) == 0),
                                   .owner = (uint16_t)below(t, UINT16_MAX),
                                   .flags = below(t, 4) == 0 ? SIM_LOG_TOMBSTONE : 0};
        t->now += (sim_time)below(t, 3);
        r.position = t->plain.end;
        r.time = t->now;
        plain_append(&t->log, &t->plain, &r);
        t->appended.records++;
        t->appended.bytes += r.bytes;
        r.position = 12345; /* neither is read */
        r.time = 12345;
        assert_int_equal(sim_log_append(&t->log, t->now, &r), t->plain.end - 1);
    }
}

static void drop_some(struct test *t)
{
    struct plain *p = &t->plain;
    uint64_t limit = below(t, 4) == 0 ? p->first + below(t, p->end - p->first + 1) : SIM_LOG_NONE;
    if (below(t, 4) > 0) {
        struct sim_log_amount is = sim_log_retain(&t->log, t->now, limit);
        struct sim_log_amount must = plain_retain(&t->log, p, t->now, limit);
        assert_true(is.records == must.records && is.bytes == must.bytes);
        return;
    }
    limit = p->first + below(t, p->end - p->first + 1);
    struct sim_log_amount is = sim_log_drop(&t->log, limit), must = {0, 0};
    while (p->segment_count > 1 && p->segments[0].next <= limit) {
        must.records += plain_between(p, p->first, p->segments[0].next).records;
        plain_drop_segment(p);
    }
    assert_int_equal(is.records, must.records);
}

static void cut(struct test *t)
{
    struct plain *p = &t->plain;
    uint64_t depth = below(t, below(t, 8) == 0 ? p->end - p->first + 1 : 40);
    uint64_t position = p->end - p->first > depth ? p->end - depth : p->first;
    bool crash = below(t, 3) == 0;
    position = crash ? p->durable : position;
    struct sim_log_amount is = crash ? sim_log_crash(&t->log) : sim_log_truncate(&t->log, position);
    struct sim_log_amount must = plain_truncate(p, position);
    assert_true(is.records == must.records && is.bytes == must.bytes);
}

static void restart(struct test *t)
{
    struct plain *p = &t->plain;
    uint64_t position = below(t, 3) == 0 ? p->end + below(t, 1000) : below(t, p->end + 1);
    uint32_t epoch = t->log.epoch;
    struct sim_log_amount is = sim_log_restart(&t->log, position, epoch);
    assert_int_equal(is.records, p->count);
    assert_int_equal(position > 0 ? sim_log_epoch_at(&t->log, position - 1) : epoch, epoch);
    p->count = p->pass_count = 0;
    p->segment_count = 1;
    p->segments[0] = (struct plain_segment){.first = position};
    p->first = p->end = p->durable = p->committed = p->cleaned = p->settled = position;
}

static void mark(struct test *t)
{
    struct plain *p = &t->plain;
    uint64_t to = p->first + below(t, p->end - p->first + 5), most = to < p->end ? to : p->end;
    if (below(t, 2) == 0) {
        sim_log_synced(&t->log, to);
        p->durable = most > p->durable ? most : p->durable;
    } else {
        sim_log_commit(&t->log, to);
        p->committed = most > p->committed ? most : p->committed;
    }
}

/* ---- compaction ----------------------------------------------------------------------------- */

static void begin_pass(struct test *t)
{
    struct plain *p = &t->plain;
    sim_time grace = 150;
    uint64_t active = p->segments[p->segment_count - 1].first;
    uint64_t limit = p->committed < active ? p->committed : active;
    struct sim_log_amount dirty = sim_log_cleaner_dirty(&t->log, p->committed);
    assert_int_equal(dirty.bytes, plain_between(p, p->cleaned, limit).bytes);
    uint32_t ripe = 0;
    for (; ripe < p->pass_count && p->passes[ripe].finished <= t->now - grace; ripe++)
        p->settled = p->passes[ripe].end > p->settled ? p->passes[ripe].end : p->settled;
    p->pass_count -= ripe;
    memmove(p->passes, p->passes + ripe, p->pass_count * sizeof *p->passes);
    bool begun = sim_log_cleaner_begin(&t->cleaner, &t->log, p->committed, t->now, grace);
    if (limit > p->cleaned && limit > p->first)
        assert_true(begun);
    if (!begun)
        return;
    memcpy(p->begun, p->records, p->count * sizeof *p->records);
    p->begun_count = p->count;
    p->pass_from = p->cleaned;
    p->pass_settled = p->settled;
}

/* Whether a pass that remembers up to `end` takes a record out. */
static bool goes(const struct plain *p, const struct sim_log_record *r, uint64_t end)
{
    if (r->key == SIM_NO_KEY || r->position >= end)
        return false;
    if ((r->flags & SIM_LOG_TOMBSTONE) && r->position < p->pass_settled)
        return true;
    for (uint32_t i = 0; i < p->begun_count; i++) {
        const struct sim_log_record *newer = &p->begun[i];
        if (newer->position > r->position && newer->position >= p->pass_from &&
            newer->position < end && newer->key == r->key && newer->space == r->space)
            return true;
    }
    return false;
}

/* Whole segments became one: as many of the old ones as have no more than its limit, or one. */
static void merge(struct test *t)
{
    struct plain *p = &t->plain;
    static struct plain_segment now[SEGMENTS];
    uint32_t old = 0, count = 0;
    for (uint32_t i = 0; i < t->log.segments.count; i++) {
        const struct sim__log_segment *s = sim__log_segment(&t->log, i);
        bool active = i + 1 == t->log.segments.count;
        if (!active && s->first == s->next)
            continue;
        uint32_t parts = 0;
        assert_int_equal(p->segments[old].first, s->first);
        uint64_t bytes = 0;
        for (; old < p->segment_count &&
               (active || (old + 1 < p->segment_count && p->segments[old].next <= s->next));
             old++, parts++)
            bytes += plain_between(p, p->segments[old].first, plain_next(p, old)).bytes;
        assert_true(parts > 0 && (parts == 1 || bytes <= (uint64_t)t->log.segment_bytes));
        now[count++] = (struct plain_segment){s->first, s->next, s->newest};
        if (parts > 1 && s->records == 0)
            assert_int_equal(s->newest, p->segments[old - 1].newest);
    }
    assert_int_equal(old, p->segment_count);
    memcpy(p->segments, now, count * sizeof *now);
    p->segment_count = count;
}

static void step_pass(struct test *t)
{
    struct plain *p = &t->plain;
    struct sim_log_reader reader = {.position = p->first};
    struct sim_log_record r;
    uint64_t end = t->cleaner.end, swept = t->log.swept;
    bool cut_short = t->cleaner.cuts != t->log.cuts;
    struct sim_log_amount before = t->left[SIM_LOG_COMPACTED];
    struct sim_log_work work = sim_log_cleaner_step(&t->cleaner, t->now, 1 + below(t, 4000));
    assert_true(work.written <= work.read && (!work.done || work.read == 0));
    merge(t);
    uint32_t kept = 0, at = 0;
    while (sim_log_next(&t->log, &reader, SIM_LOG_NONE, &r) == SIM_LOG_FOUND) {
        for (; p->records[at].position < r.position; at++)
            assert_true(goes(p, &p->records[at], end));
        p->records[kept++] = p->records[at++];
        assert_true(!work.done || cut_short || !goes(p, &r, end));
    }
    for (; at < p->count; at++)
        assert_true(goes(p, &p->records[at], end));
    assert_int_equal(t->left[SIM_LOG_COMPACTED].records - before.records, p->count - kept);
    p->count = kept;
    if (work.done && !cut_short && end > p->cleaned) {
        p->cleaned = end;
        assert_true(p->pass_count < PASSES);
        p->passes[p->pass_count++] = (struct sim__log_pass){end, t->now};
    }
    assert_true(t->log.swept >= swept);
}

static void compact(struct test *t)
{
    if (t->cleaner.log == NULL)
        begin_pass(t);
    else if (below(t, 40) == 0)
        sim_log_cleaner_stop(&t->cleaner);
    else
        for (uint64_t n = below(t, 8); n > 0 && t->cleaner.log; n--)
            step_pass(t);
}

/* ---- all of it ------------------------------------------------------------------------------ */

static struct test test;

static void begin(struct test *t, struct sim_node *node, uint32_t seed)
{
    char name[20];
    snprintf(name, sizeof name, "test %u", seed);
    *t = (struct test){.now = 1000};
    sim_node_stream(node, name, &t->draws);
    t->log.segment_bytes = (int64_t)(1000 + below(t, 20000));
    t->log.segment_age = below(t, 2) == 0 ? (sim_time)(50 + below(t, 500)) : 0;
    t->log.retention = below(t, 2) == 0 ? (sim_time)(200 + below(t, 2000)) : 0;
    t->log.retention_bytes = (int64_t)(4000 + below(t, 90000));
    t->log.left = left;
    t->log.left_self = t;
    t->plain.segment_count = 1;
    assert_int_equal(sim_log_init(&t->log, node), 0);
    assert_int_equal(sim_log_cleaner_init(&t->cleaner, node), 0);
}

static void run_random(struct sim_node *node)
{
    struct test *t = &test;
    uint64_t compacted = 0, truncated = 0, dropped = 0;
    for (uint32_t seed = 0; seed < SEEDS; seed++) {
        begin(t, node, seed);
        for (uint32_t step = 0; step < STEPS; step++) {
            uint64_t what = below(t, 100);
            t->now += (sim_time)below(t, 4);
            if (what < 30)
                append_some(t);
            else if (what < 50)
                read_some(t);
            else if (what < 60)
                mark(t);
            else if (what < 75)
                compact(t);
            else if (what < 85)
                drop_some(t);
            else if (what < 88)
                cut(t);
            else if (what < 89 && below(t, 20) == 0)
                restart(t);
            else if (what < 90) {
                sim_log_roll(&t->log);
                plain_roll(&t->plain);
            } else
                ask(t);
            if (step % 16 == 0)
                compare(t);
        }
        compacted += t->left[SIM_LOG_COMPACTED].records;
        truncated += t->left[SIM_LOG_TRUNCATED].records;
        dropped += t->left[SIM_LOG_DROPPED].records;
    }
    assert_true(compacted > 10000 && truncated > 10000 && dropped > 10000);
}

static void test_random_operations(void **state)
{
    (void)state;
    probe(run_random);
}

/* ---- replicas ------------------------------------------------------------------------------- */

enum { REPLICAS = 3, ROUNDS = 3000 };

struct replicas {
    struct sim_log logs[REPLICAS];
    struct sim_log_cleaner cleaner;
    struct sim_stream draws;
    bool away[REPLICAS]; /* it hears of nothing, and keeps what it has */
    uint32_t leader, epoch, value;
};

/* Copies up to so many records; a follower that the leader's log no longer reaches begins anew. */
static void follow(struct replicas *r, uint32_t follower, uint64_t count)
{
    struct sim_log *log = &r->logs[follower];
    const struct sim_log *leader = &r->logs[r->leader];
    struct sim_log_reader reader = {.position = log->end};
    struct sim_log_record record;
    uint64_t follows = log->end;
    while (count-- > 0) {
        enum sim_log_found found = sim_log_next(leader, &reader, SIM_LOG_NONE, &record);
        if (found == SIM_LOG_OUT_OF_RANGE) {
            sim_log_restart(log, leader->first, sim_log_epoch_at(leader, leader->first - 1));
            sim_log_reader_reset(leader, &reader, SIM_LOG_EARLIEST, SIM_LOG_NONE);
            follows = leader->first;
        } else if (found == SIM_LOG_AT_END) {
            return;
        } else {
            assert_true(sim_log_copy(log, follows, &record));
            follows = reader.position;
        }
    }
}

/* What a follower has is what the leader has, but for what one of them compacted: every record was
 * given a value of its own. Returns how many are in both. */
static uint64_t same_in_both(const struct sim_log *a, const struct sim_log *b)
{
    struct sim_log_reader one = {.position = a->first};
    struct sim_log_record r, s;
    uint64_t count = 0;
    while (sim_log_next(a, &one, SIM_LOG_NONE, &r) == SIM_LOG_FOUND) {
        if (r.position < b->first || sim_log_read(b, r.position, &s) != SIM_LOG_FOUND ||
            s.position != r.position)
            continue;
        assert_same(&r, &s);
        count++;
    }
    return count;
}

/* Any replica is elected, however far it is behind and however long it was away. The others
 * truncate when they hear of it. */
static void elect(struct replicas *r)
{
    r->leader = (uint32_t)sim_draw_below(&r->draws, REPLICAS);
    r->epoch++;
    for (uint32_t i = 0; i < REPLICAS; i++)
        r->away[i] = i != r->leader && (r->away[i] || sim_draw_chance(&r->draws, 0.5));
    for (uint32_t i = 0; i < REPLICAS; i++)
        if (i != r->leader && !r->away[i])
            sim_log_truncate(&r->logs[i], sim_log_agrees(&r->logs[i], &r->logs[r->leader]));
}

static void replicate(struct replicas *r)
{
    for (uint32_t i = 0; i < REPLICAS; i++) {
        if (r->away[i] && sim_draw_chance(&r->draws, 0.1)) {
            r->away[i] = false;
            sim_log_truncate(&r->logs[i], sim_log_agrees(&r->logs[i], &r->logs[r->leader]));
        }
        if (i != r->leader && !r->away[i])
            follow(r, i, sim_draw_below(&r->draws, 40));
    }
}

static void run_replicas(struct sim_node *node)
{
    static struct replicas r;
    uint64_t same = 0, appended = 0;
    r = (struct replicas){.leader = 0};
    sim_node_stream(node, "replicas", &r.draws);
    assert_int_equal(sim_log_cleaner_init(&r.cleaner, node), 0);
    for (uint32_t i = 0; i < REPLICAS; i++) {
        r.logs[i].segment_bytes = 300 + 200 * (int64_t)i;
        r.logs[i].retention_bytes = 20000;
        assert_int_equal(sim_log_init(&r.logs[i], node), 0);
    }
    for (sim_time now = 0; now < ROUNDS; now++) {
        struct sim_log *any = &r.logs[sim_draw_below(&r.draws, REPLICAS)];
        for (uint64_t n = sim_draw_below(&r.draws, 30); n > 0; n--, appended++) {
            struct sim_log_record record = {.key = sim_draw_below(&r.draws, KEYS),
                                            .value = ++r.value,
                                            .bytes = 10,
                                            .epoch = r.epoch};
            sim_log_append(&r.logs[r.leader], now, &record);
        }
        replicate(&r);
        if (sim_draw_chance(&r.draws, 0.2))
            elect(&r);
        if (sim_draw_chance(&r.draws, 0.1) &&
            sim_log_cleaner_begin(&r.cleaner, any, SIM_LOG_NONE, now, 50))
            while (!sim_log_cleaner_step(&r.cleaner, now, 1000).done)
                continue;
        if (sim_draw_chance(&r.draws, 0.1))
            sim_log_retain(any, now, SIM_LOG_NONE);
        for (uint32_t i = 0; i < REPLICAS; i++) {
            assert_sound(&r.logs[i]);
            if (i != r.leader && !r.away[i])
                same += same_in_both(&r.logs[i], &r.logs[r.leader]);
        }
    }
    assert_true(appended > 10 * ROUNDS && same > 100 * (uint64_t)ROUNDS);
}

static void test_replicas_agree(void **state)
{
    (void)state;
    probe(run_replicas);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_operations),
        cmocka_unit_test(test_replicas_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
