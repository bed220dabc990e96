/* log_cleaner.c - compaction of a log by key; see log.h. */
#include "parts/log_state.h"

#include <string.h>

#define FIRST_PLACES 64
#define LAST_PASS (UINT32_MAX >> 8)

int sim_log_cleaner_init(struct sim_log_cleaner *c, const struct sim_node *node)
{
    c->node = node;
    c->newest = sim_node_alloc(node, FIRST_PLACES, sizeof *c->newest);
    c->mask = FIRST_PLACES - 1;
    return c->newest ? 0 : -1;
}

/* ---- the newest position of each key -------------------------------------------------------- */

/* Where a key stands in the table of this pass, or would stand. */
static struct sim__log_newest *place_of(const struct sim_log_cleaner *c, uint32_t key,
                                        uint8_t space)
{
    uint64_t hash = sim_mix64(((uint64_t)space << 32 | key) + UINT64_C(0x9e3779b97f4a7c15));
    struct sim__log_newest *n = &c->newest[hash & c->mask];
    while (n->mark >> 8 == c->pass && (n->key != key || (uint8_t)n->mark != space))
        n = &c->newest[++hash & c->mask];
    return n;
}

/* Twice as many places; the old ones are given back but for one. */
static bool widen(struct sim_log_cleaner *c)
{
    uint64_t count = c->mask + 1;
    struct sim__log_newest *old = c->newest;
    struct sim__log_newest *places = sim_node_alloc(c->node, 2 * count, sizeof *places);
    if (!places) {
        sim_fail_memory(c->node->sim);
        return false;
    }
    c->newest = places;
    c->mask = 2 * count - 1;
    for (uint64_t i = 0; i < count; i++)
        if (old[i].mark >> 8 == c->pass)
            *place_of(c, old[i].key, (uint8_t)old[i].mark) = old[i];
    sim_node_grow(c->node, old, 1, sizeof *old);
    return true;
}

/* False: the key is new, and there is no room for it. */
static bool remember(struct sim_log_cleaner *c, const struct sim__log_slot *slot, uint64_t position)
{
    struct sim__log_newest *n = place_of(c, slot->key, slot->space);
    if (n->mark >> 8 != c->pass) {
        if (c->most_keys > 0 && c->keys == c->most_keys)
            return false;
        if (4 * (c->keys + 1) > 3 * (c->mask + 1)) {
            if (!widen(c))
                return false;
            n = place_of(c, slot->key, slot->space);
        }
        *n = (struct sim__log_newest){position, slot->key, c->pass << 8 | slot->space};
        c->keys++;
    }
    n->position = position;
    return true;
}

/* Whether a record stays. One at or past the end of the pass does: what is remembered, and the
 * tombstones that may go, are before that. */
static bool stays(const struct sim_log_cleaner *c, const struct sim__log_slot *slot,
                  uint64_t position)
{
    if (slot->key == UINT32_MAX)
        return true;
    const struct sim__log_newest *n = place_of(c, slot->key, slot->space);
    if (n->mark >> 8 == c->pass && n->position > position)
        return false;
    return !(slot->flags & SIM_LOG_TOMBSTONE) || position >= c->settled;
}

/* ---- the beginning and the end of a pass ---------------------------------------------------- */

/* What is closed and below a limit ends there. */
static uint64_t closed_below(const struct sim_log *log, uint64_t limit)
{
    return limit < log->active->first ? limit : log->active->first;
}

struct sim_log_amount sim_log_cleaner_dirty(const struct sim_log *log, uint64_t limit)
{
    return sim_log_between(log, log->cleaned, closed_below(log, limit));
}

/* Takes in the passes that ended so long ago that the tombstones they went over may go. */
static void settle(struct sim_log *log, sim_time now, sim_time grace)
{
    while (log->passes.count > 0 && now - sim__log_pass_of(log, 0)->finished >= grace) {
        uint64_t end = sim__log_pass_of(log, 0)->end;
        log->settled = log->settled > end ? log->settled : end;
        sim__log_drop_oldest(&log->passes);
    }
}

bool sim_log_cleaner_begin(struct sim_log_cleaner *c, struct sim_log *log, uint64_t limit,
                           sim_time now, sim_time grace)
{
    assert(c->log == NULL);
    settle(log, now, grace);
    uint64_t end = closed_below(log, limit);
    if (end <= log->cleaned && log->settled > log->swept)
        end = closed_below(log, log->cleaned); /* for the tombstones */
    else if (end <= log->cleaned)
        return false;
    if (end <= log->first)
        return false;
    if (c->pass == LAST_PASS)
        memset(c->newest, 0, (c->mask + 1) * sizeof *c->newest);
    c->pass = c->pass == LAST_PASS ? 1 : c->pass + 1;
    c->log = log;
    c->copying = false;
    c->at = log->cleaned;
    c->end = end;
    c->settled = log->settled;
    c->cuts = log->cuts;
    c->keys = 0;
    return true;
}

/* Takes out the segments that became part of another, and the places of their chunks. */
static void squeeze(struct sim_log *log)
{
    uint32_t kept = 0, count = log->segments.count;
    uint64_t chunks = log->chunks.base;
    for (uint32_t i = 0; i < count; i++) {
        struct sim__log_segment s = *sim__log_segment(log, i);
        if (i + 1 < count && s.first == s.next)
            continue;
        for (uint64_t k = 0; k < sim__log_chunks(&s); k++)
            *sim__log_chunk(log, chunks + k) = *sim__log_chunk(log, s.chunk + k);
        s.chunk = chunks;
        chunks += sim__log_chunks(&s);
        *sim__log_segment(log, kept++) = s;
    }
    log->segments.count = kept;
    log->chunks.count = (uint32_t)(chunks - log->chunks.base);
    log->active = sim__log_segment(log, kept - 1);
    sim__log_sum(log);
}

/* Forgets what was written and is not in place. */
static void discard(struct sim_log_cleaner *c)
{
    for (uint32_t i = 0; i < c->out.count; i++)
        sim__log_chunk_free(c->log, *(void **)sim__log_item(&c->out, i, sizeof(void *)));
    c->out.count = 0;
    c->written = (struct sim__log_segment){.newest = INT64_MIN};
}

void sim_log_cleaner_stop(struct sim_log_cleaner *c)
{
    if (!c->log)
        return;
    discard(c);
    squeeze(c->log);
    c->log = NULL;
}

static void finish(struct sim_log_cleaner *c, sim_time now)
{
    struct sim_log *log = c->log;
    log->swept = c->settled;
    if (c->end > log->cleaned) {
        if (sim__log_push(log->node, &log->passes, sizeof(struct sim__log_pass)))
            *sim__log_pass_of(log, log->passes.count - 1) = (struct sim__log_pass){c->end, now};
        log->cleaned = c->end;
    }
    sim_log_cleaner_stop(c);
}

/* ---- steps ---------------------------------------------------------------------------------- */

static uint64_t bytes_of(const struct sim__log_slot *slot)
{
    return slot->end - slot[-1].end;
}

/* Remembers the newest positions of the next records. False: there are none. */
static bool read_newest(struct sim_log_cleaner *c, uint64_t bytes, struct sim_log_work *work)
{
    const struct sim_log *log = c->log;
    uint64_t handled = 0;
    c->at = c->at > log->first ? c->at : log->first;
    if (c->at >= c->end)
        return false;
    uint32_t segment = sim__log_segment_at(log, c->at);
    const struct sim__log_segment *s = sim__log_segment(log, segment);
    uint32_t i = sim__log_records_before(log, s, c->at);
    for (; handled < bytes && c->at < c->end; i++) {
        if (i == s->records) {
            c->at = s->next;
            s = sim__log_segment(log, ++segment);
            i = UINT32_MAX; /* the first one is next */
            continue;
        }
        const struct sim__log_slot *slot = sim__log_slot(log, s, i);
        uint64_t position = sim__log_position_of(log, s, i);
        if (position >= c->end)
            c->at = c->end;
        else if (slot->key != UINT32_MAX && !remember(c, slot, position))
            c->at = c->end = position; /* the pass goes no further */
        else {
            c->at = position + 1;
            work->read += bytes_of(slot);
            handled += bytes_of(slot) > 0 ? bytes_of(slot) : 1;
        }
    }
    return handled > 0;
}

/* The next segments to become one begin at a position, or at the log's first. False: all that the
 * pass is about is done. */
static bool begin_group(struct sim_log_cleaner *c, uint64_t position)
{
    const struct sim_log *log = c->log;
    c->group = c->at = position > log->first ? position : log->first;
    if (c->group >= c->end)
        return false;
    uint32_t i = sim__log_segment_at(log, c->group);
    uint64_t bytes = sim__log_segment(log, i)->bytes;
    c->after = sim__log_segment(log, i)->next;
    for (i++; i + 1 < log->segments.count; i++) {
        const struct sim__log_segment *s = sim__log_segment(log, i);
        bytes += s->bytes;
        if (s->first >= c->end || bytes > sim__log_most_bytes(log) ||
            s->next - c->group > UINT32_MAX)
            break;
        c->after = s->next;
    }
    return true;
}

static bool write_record(struct sim_log_cleaner *c, const struct sim__log_slot *slot,
                         uint64_t position)
{
    struct sim__log_segment *w = &c->written;
    uint32_t index = w->records % SIM__LOG_CHUNK;
    struct sim__log_chunk *chunk;
    if (index == 0) {
        chunk = sim__log_chunk_new(c->log, position, w->newest, w->bytes);
        if (!chunk || !sim__log_push(c->node, &c->out, sizeof chunk))
            return false;
        *(void **)sim__log_item(&c->out, c->out.count - 1, sizeof(void *)) = chunk;
    } else {
        chunk = *(void **)sim__log_item(&c->out, c->out.count - 1, sizeof(void *));
    }
    if (!sim__log_place(c->log, chunk, index, position))
        return false;
    w->records++;
    w->bytes += (uint32_t)bytes_of(slot);
    w->newest = slot->time;
    chunk->slots[1 + index] = *slot;
    chunk->slots[1 + index].end = w->bytes;
    return true;
}

/* Copies the next records of the group that stay. False: there are none left to look at. */
static bool copy(struct sim_log_cleaner *c, uint64_t bytes, struct sim_log_work *work)
{
    const struct sim_log *log = c->log;
    uint64_t handled = 0;
    uint32_t segment = sim__log_segment_at(log, c->at);
    const struct sim__log_segment *s = sim__log_segment(log, segment);
    uint32_t i = sim__log_records_before(log, s, c->at);
    for (; handled < bytes && c->at < c->after; i++) {
        if (i == s->records) {
            c->at = s->next;
            s = sim__log_segment(log, ++segment);
            i = UINT32_MAX; /* the first one is next */
            continue;
        }
        const struct sim__log_slot *slot = sim__log_slot(log, s, i);
        uint64_t position = sim__log_position_of(log, s, i);
        if (stays(c, slot, position)) {
            if (!write_record(c, slot, position))
                break;
            work->written += bytes_of(slot);
        }
        c->at = position + 1;
        work->read += bytes_of(slot);
        handled += bytes_of(slot) > 0 ? bytes_of(slot) : 1;
    }
    return handled > 0;
}

/* Tells of the records of a segment that are not among the next ones written; returns how many of
 * those it has passed. */
static uint32_t tell_compacted(const struct sim_log_cleaner *c, const struct sim__log_segment *s,
                               uint32_t passed)
{
    for (uint32_t i = 0; i < s->records; i++) {
        const struct sim__log_chunk *out = NULL;
        if (passed < c->written.records)
            out = *(void **)sim__log_item(&c->out, passed / SIM__LOG_CHUNK, sizeof(void *));
        if (out &&
            sim__log_position(out, passed % SIM__LOG_CHUNK) == sim__log_position_of(c->log, s, i))
            passed++;
        else
            sim__log_tell_one(c->log, s, i, SIM_LOG_COMPACTED);
    }
    return passed;
}

/* What was written takes the place of the group. The first of the old segments has it; the others
 * stay, with no positions, until the end of the pass. */
static void put_in_place(struct sim_log_cleaner *c)
{
    struct sim_log *log = c->log;
    uint32_t first = sim__log_segment_at(log, c->group), last = first, passed = 0;
    while (sim__log_segment(log, last)->next < c->after)
        last++;
    for (uint32_t i = first; i <= last; i++) {
        if (log->left)
            passed = tell_compacted(c, sim__log_segment(log, i), passed);
        sim__log_count(log, i, false);
    }
    sim_time newest = sim__log_segment(log, last)->newest;
    uint64_t chunk = sim__log_segment(log, first)->chunk;
    uint64_t end = sim__log_segment(log, last + 1)->chunk;
    assert(c->out.count <= end - chunk);
    for (uint64_t k = chunk; k < end; k++) {
        uint32_t i = (uint32_t)(k - chunk);
        sim__log_chunk_free(log, *sim__log_chunk(log, k));
        *sim__log_chunk(log, k) = i < c->out.count
                                      ? *(void **)sim__log_item(&c->out, i, sizeof(void *))
                                      : NULL;
    }
    struct sim__log_segment s = c->written;
    s.first = c->group;
    s.next = c->after;
    s.chunk = chunk;
    s.newest = s.records > 0 ? s.newest : newest;
    *sim__log_segment(log, first) = s;
    sim__log_count(log, first, true);
    for (uint32_t i = first + 1; i <= last; i++)
        *sim__log_segment(log, i) = (struct sim__log_segment){
            .first = c->after, .next = c->after, .chunk = end, .newest = s.newest};
    log->moved++;
    c->out.count = 0;
    discard(c);
}

struct sim_log_work sim_log_cleaner_step(struct sim_log_cleaner *c, sim_time now, uint64_t bytes)
{
    struct sim_log_work work = {0, 0, false};
    assert(bytes > 0);
    if (c->log && c->cuts != c->log->cuts)
        sim_log_cleaner_stop(c);
    while (c->log) {
        bool going = true;
        if (!c->copying) {
            if (read_newest(c, bytes, &work))
                return work;
            c->copying = true;
            discard(c);
            going = begin_group(c, 0);
        } else if (c->log->first > c->group) { /* the retention took a part of the group */
            discard(c);
            going = begin_group(c, 0);
        } else if (c->at >= c->after) {
            put_in_place(c);
            going = begin_group(c, c->after);
        } else if (copy(c, bytes, &work)) {
            return work;
        } else if (c->at < c->after) { /* out of memory */
            sim_log_cleaner_stop(c);
        }
        if (!going)
            finish(c, now);
    }
    work.done = true;
    return work;
}
