/* log.c - appending, reading, marks, retention and truncation of a log; see log.h. */
#include "parts/log_state.h"

const char *const sim_log_reset_names[] = {"earliest", "latest", NULL};

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* ---- appending ------------------------------------------------------------------------------ */

/* The chunk of the newest record of the active segment; NULL: it has no record. */
static struct sim__log_chunk *newest_chunk(const struct sim_log *log)
{
    return log->active->records > 0 ? *sim__log_chunk(log, log->chunks.base + log->chunks.count - 1)
                                    : NULL;
}

/* Finds where the next record goes. The short way of sim_log_append() is open as long as the chunk
 * has room and no gaps, and the segment's limits are kept. */
static void find_tail(struct sim_log *log)
{
    const struct sim__log_segment *a = log->active;
    struct sim__log_chunk *c = newest_chunk(log);
    uint64_t most = sim__log_most_bytes(log);
    uint32_t used = a->records % SIM__LOG_CHUNK;
    log->rolls_at = SIM_NEVER;
    log->room = a->bytes < most ? (uint32_t)(most - a->bytes) : 0;
    log->tail = log->full = NULL;
    if (!c)
        return;
    sim_time oldest = sim__log_slot(log, a, 0)->time;
    if (log->segment_age > 0 && oldest < SIM_NEVER - log->segment_age)
        log->rolls_at = oldest + log->segment_age;
    log->tail = &c->slots[1 + (used > 0 ? used : SIM__LOG_CHUNK)];
    bool dense = !c->offsets && log->end - c->first == (used > 0 ? used : SIM__LOG_CHUNK);
    log->full = dense && a->bytes <= most ? &c->slots[1 + SIM__LOG_CHUNK] : log->tail;
}

void sim_log_changed(struct sim_log *log)
{
    find_tail(log);
}

/* The time of the newest record of the active segment or, if it has none, of those before it. */
static sim_time newest_time(const struct sim_log *log)
{
    if (log->active->records > 0)
        return log->tail[-1].time;
    return log->segments.count > 1 ? sim__log_segment(log, log->segments.count - 2)->newest
                                   : INT64_MIN;
}

/* Begins a new active segment at the end of the log. */
static bool begin_segment(struct sim_log *log)
{
    sim_time newest = log->active ? newest_time(log) : INT64_MIN;
    if (!sim__log_push_segment(log))
        return false;
    uint32_t count = log->segments.count;
    if (count > 1) {
        struct sim__log_segment *closed = sim__log_segment(log, count - 2);
        closed->next = log->end;
        closed->newest = newest;
        sim__log_count(log, count - 2, true);
    }
    log->active = sim__log_segment(log, count - 1);
    *log->active = (struct sim__log_segment){.first = log->end,
                                             .chunk = log->chunks.base + log->chunks.count};
    log->moved++;
    find_tail(log);
    return true;
}

void sim_log_roll(struct sim_log *log)
{
    if (log->active->records > 0)
        begin_segment(log);
}

int sim_log_init(struct sim_log *log, const struct sim_node *node)
{
    log->node = node;
    log->spaces = sim_node_alloc(node, 1, sizeof *log->spaces);
    log->space_count = 1; /* number 0: no keyspace */
    log->moved = 1;
    return log->spaces && begin_segment(log) ? 0 : -1;
}

/* The number of the record's keyspace becomes the log's newest. */
static bool note_space(struct sim_log *log, struct sim_keyspace *space)
{
    uint8_t number = 0;
    while (number < log->space_count && log->spaces[number] != space)
        number++;
    if (number == log->space_count) {
        assert(number < UINT8_MAX);
        struct sim_keyspace **spaces = sim_node_grow(log->node, log->spaces, number + 1u,
                                                     sizeof *spaces);
        if (!spaces) {
            sim_fail_memory(log->node->sim);
            return false;
        }
        spaces[number] = space;
        log->spaces = spaces;
        log->space_count++;
    }
    log->space = space;
    log->space_number = number;
    return true;
}

static bool note_epoch(struct sim_log *log, uint64_t position, uint32_t epoch)
{
    assert(epoch >= log->epoch);
    if (!sim__log_push(log->node, &log->epochs, sizeof(struct sim__log_epoch)))
        return false;
    *sim__log_epoch_of(log, log->epochs.count - 1) = (struct sim__log_epoch){position, epoch};
    log->epoch = epoch;
    log->moved++; /* readers keep the epoch of what they read next */
    return true;
}

static bool must_roll(const struct sim_log *log, uint64_t position, sim_time time, uint32_t bytes)
{
    const struct sim__log_segment *a = log->active;
    if (a->records == 0)
        return false;
    return time > log->rolls_at || (uint64_t)a->bytes + bytes > sim__log_most_bytes(log) ||
           position - newest_chunk(log)->first > UINT32_MAX;
}

static struct sim__log_chunk *add_chunk(struct sim_log *log, uint64_t position)
{
    struct sim__log_chunk *c = sim__log_chunk_new(log, position, newest_time(log),
                                                  log->active->bytes);
    if (!c || !sim__log_push(log->node, &log->chunks, sizeof c))
        return NULL;
    *sim__log_chunk(log, log->chunks.base + log->chunks.count - 1) = c;
    return c;
}

uint64_t sim__log_append(struct sim_log *log, uint64_t position, sim_time time,
                         const struct sim_log_record *record)
{
    if ((record->epoch != log->epoch && !note_epoch(log, position, record->epoch)) ||
        (record->space != log->space && !note_space(log, record->space)) ||
        (must_roll(log, position, time, record->bytes) && !begin_segment(log)))
        return SIM_LOG_NONE;
    struct sim__log_segment *a = log->active;
    uint32_t index = a->records % SIM__LOG_CHUNK;
    struct sim__log_chunk *c = index == 0 ? add_chunk(log, position) : newest_chunk(log);
    if (!c || !sim__log_place(log, c, index, position))
        return SIM_LOG_NONE;
    struct sim__log_slot *slot = &c->slots[1 + index];
    sim__log_fill(slot, time, record, log->space_number);
    a->records++;
    a->bytes = slot->end;
    log->end = position + 1;
    find_tail(log);
    return position;
}

bool sim_log_copy(struct sim_log *log, uint64_t follows, const struct sim_log_record *record)
{
    assert(record->position >= follows);
    if (follows != log->end)
        return false;
    return sim__log_append(log, record->position, record->time, record) != SIM_LOG_NONE;
}

void sim_log_synced(struct sim_log *log, uint64_t position)
{
    uint64_t most = least(position, log->end);
    log->durable = most > log->durable ? most : log->durable;
}

void sim_log_commit(struct sim_log *log, uint64_t position)
{
    uint64_t most = least(position, log->end);
    log->committed = most > log->committed ? most : log->committed;
}

/* ---- finding -------------------------------------------------------------------------------- */

struct place {
    uint32_t segment, record; /* of the segment */
};

/* The first record at or after a position; .segment is their count if there is none. */
static struct place find(const struct sim_log *log, uint64_t position)
{
    struct place at = {sim__log_segment_at(log, position), 0};
    const struct sim__log_segment *s = sim__log_segment(log, at.segment);
    at.record = sim__log_records_before(log, s, position);
    while (at.segment < log->segments.count &&
           at.record == sim__log_segment(log, at.segment)->records)
        at = (struct place){at.segment + 1, 0};
    return at;
}

static uint32_t bytes_before(const struct sim_log *log, const struct sim__log_segment *s,
                             uint32_t record)
{
    return record > 0 ? sim__log_slot(log, s, record - 1)->end : 0;
}

static struct sim_log_amount before(const struct sim_log *log, uint64_t position)
{
    if (position <= log->first)
        return (struct sim_log_amount){0, 0};
    if (position >= log->end)
        return sim_log_held(log);
    uint32_t segment = sim__log_segment_at(log, position);
    const struct sim__log_segment *s = sim__log_segment(log, segment);
    uint32_t record = sim__log_records_before(log, s, position);
    struct sim_log_amount sum = sim__log_sum_before(log, segment);
    return (struct sim_log_amount){sum.records + record, sum.bytes + bytes_before(log, s, record)};
}

struct sim_log_amount sim_log_between(const struct sim_log *log, uint64_t from, uint64_t to)
{
    if (to <= from)
        return (struct sim_log_amount){0, 0};
    struct sim_log_amount low = before(log, from), high = before(log, to);
    return (struct sim_log_amount){high.records - low.records, high.bytes - low.bytes};
}

struct sim_log_lag sim_log_lag(const struct sim_log *log, uint64_t position, uint64_t below,
                               sim_time now)
{
    struct sim_log_amount left = sim_log_between(log, position, below);
    if (left.records == 0)
        return (struct sim_log_lag){0, 0, 0};
    struct place at = find(log, position > log->first ? position : log->first);
    const struct sim__log_segment *s = sim__log_segment(log, at.segment);
    return (struct sim_log_lag){left.records, left.bytes,
                                now - sim__log_slot(log, s, at.record)->time};
}

/* How many records of a segment end within so many bytes of its beginning. */
static uint32_t records_within(const struct sim_log *log, const struct sim__log_segment *s,
                               uint64_t bytes)
{
    uint32_t low = 0, high = s->records;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (sim__log_slot(log, s, middle)->end <= bytes)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint64_t sim_log_fit(const struct sim_log *log, uint64_t from, uint64_t bytes, uint64_t below)
{
    uint64_t most = least(below, log->end), left = bytes;
    from = from > log->first ? from : log->first;
    bool any = false;
    if (from >= most)
        return from;
    for (struct place at = find(log, from); at.segment < log->segments.count;
         at = (struct place){at.segment + 1, 0}) {
        const struct sim__log_segment *s = sim__log_segment(log, at.segment);
        uint64_t start = bytes_before(log, s, at.record);
        uint32_t fit = records_within(log, s, start + left);
        if (fit < s->records) { /* at least the first one of all */
            uint64_t next = sim__log_position_of(log, s, fit);
            next += !any && fit == at.record;
            return least(next, most);
        }
        any = any || fit > at.record;
        left -= s->bytes - start;
        if (at.segment + 1 < log->segments.count && s->next >= most)
            break;
    }
    return most;
}

uint64_t sim_log_since(const struct sim_log *log, sim_time time)
{
    uint32_t low = 0, high = log->segments.count - 1; /* closed ones, all of them older */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (sim__log_segment(log, middle)->newest < time)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < log->segments.count; low++) {
        const struct sim__log_segment *s = sim__log_segment(log, low);
        uint32_t from = 0, to = s->records;
        while (from < to) {
            uint32_t middle = from + (to - from) / 2;
            if (sim__log_slot(log, s, middle)->time < time)
                from = middle + 1;
            else
                to = middle;
        }
        if (from < s->records)
            return sim__log_position_of(log, s, from);
    }
    return log->end;
}

/* ---- reading -------------------------------------------------------------------------------- */

/* The number of epochs that begin at or before a position. */
static uint32_t epochs_until(const struct sim_log *log, uint64_t position)
{
    uint32_t low = 0, high = log->epochs.count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (sim__log_epoch_of(log, middle)->from <= position)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t sim_log_epoch_at(const struct sim_log *log, uint64_t position)
{
    uint32_t begun = epochs_until(log, position);
    return begun > 0 ? sim__log_epoch_of(log, begun - 1)->epoch : 0;
}

uint64_t sim_log_epoch_end(const struct sim_log *log, uint32_t epoch)
{
    uint32_t low = 0, high = log->epochs.count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (sim__log_epoch_of(log, middle)->epoch <= epoch)
            low = middle + 1;
        else
            high = middle;
    }
    return low < log->epochs.count ? sim__log_epoch_of(log, low)->from : log->end;
}

uint64_t sim_log_agrees(const struct sim_log *log, const struct sim_log *leader)
{
    uint64_t at = least(log->end, leader->end);
    while (at > log->first && at > leader->first) {
        uint32_t ours = sim_log_epoch_at(log, at - 1), theirs = sim_log_epoch_at(leader, at - 1);
        if (ours == theirs)
            return at;
        uint32_t older = ours < theirs ? ours : theirs; /* one log has newer ones before `at` */
        at = least(sim_log_epoch_end(log, older), sim_log_epoch_end(leader, older));
    }
    return at > log->first ? at : log->first;
}

enum sim_log_found sim__log_next(const struct sim_log *log, struct sim_log_reader *reader,
                                 uint64_t below, struct sim_log_record *out)
{
    if (reader->position < log->first || reader->position > log->end)
        return SIM_LOG_OUT_OF_RANGE;
    struct place at = find(log, reader->position);
    reader->moved = 0;
    if (at.segment == log->segments.count)
        return SIM_LOG_AT_END;
    const struct sim__log_segment *s = sim__log_segment(log, at.segment);
    uint32_t chunk = at.record / SIM__LOG_CHUNK;
    struct sim__log_chunk *c = *sim__log_chunk(log, s->chunk + chunk);
    uint32_t index = at.record % SIM__LOG_CHUNK, records = sim__log_chunk_records(s, chunk);
    uint64_t position = sim__log_position(c, index);
    if (position >= below)
        return SIM_LOG_AT_END;
    bool grows = s == log->active && chunk + 1 == sim__log_chunks(s);
    uint32_t until = grows ? SIM__LOG_CHUNK : records, begun = epochs_until(log, position);
    reader->epoch = begun > 0 ? sim__log_epoch_of(log, begun - 1)->epoch : 0;
    if (begun < log->epochs.count) { /* it is read anew where the next epoch begins */
        records = sim__log_chunk_before(c, records, sim__log_epoch_of(log, begun)->from);
        until = records < until ? records : until;
    }
    reader->position = position;
    reader->at = &c->slots[1 + index];
    reader->until = &c->slots[1 + until];
    reader->with_gaps = c->offsets ? c : NULL;
    reader->moved = log->moved;
    return sim__log_take(log, reader, below, out);
}

enum sim_log_found sim_log_read(const struct sim_log *log, uint64_t position,
                                struct sim_log_record *out)
{
    struct sim_log_reader reader = {.position = position};
    return sim__log_next(log, &reader, log->end, out);
}

uint64_t sim_log_reader_reset(const struct sim_log *log, struct sim_log_reader *reader,
                              enum sim_log_reset to, uint64_t below)
{
    uint64_t latest = least(below, log->end), old = reader->position;
    sim_log_reader_seek(reader, to == SIM_LOG_EARLIEST ? log->first : latest);
    return reader->position > old ? reader->position - old : 0;
}

/* ---- dropping ------------------------------------------------------------------------------- */

void sim__log_tell_one(const struct sim_log *log, const struct sim__log_segment *s, uint32_t i,
                       enum sim_log_end why)
{
    const struct sim__log_slot *slot = sim__log_slot(log, s, i);
    uint64_t position = sim__log_position_of(log, s, i);
    struct sim_log_record record = {position,
                                    slot->time,
                                    log->spaces[slot->space],
                                    slot->key != UINT32_MAX ? slot->key : SIM_NO_KEY,
                                    slot->value,
                                    slot->end - slot[-1].end,
                                    sim_log_epoch_at(log, position),
                                    slot->owner,
                                    slot->flags};
    log->left(log->left_self, &record, why);
}

void sim__log_tell(const struct sim_log *log, const struct sim__log_segment *s, uint32_t i,
                   enum sim_log_end why)
{
    for (; log->left && i < s->records; i++)
        sim__log_tell_one(log, s, i, why);
}

/* The log begins at its oldest segment, and nothing before it can be lost any more. */
static void begins_later(struct sim_log *log)
{
    uint64_t first = sim__log_segment(log, 0)->first;
    log->first = first;
    log->durable = log->durable > first ? log->durable : first;
    log->committed = log->committed > first ? log->committed : first;
    log->cleaned = log->cleaned > first ? log->cleaned : first;
    while (log->epochs.count > 1 && sim__log_epoch_of(log, 1)->from < first)
        sim__log_drop_oldest(&log->epochs);
    log->moved++;
}

static void drop_segment(struct sim_log *log, struct sim_log_amount *left)
{
    const struct sim__log_segment *s = sim__log_segment(log, 0);
    sim__log_tell(log, s, 0, SIM_LOG_DROPPED);
    left->records += s->records;
    left->bytes += s->bytes;
    sim__log_count(log, 0, false);
    sim__log_drop_oldest(&log->segments);
    for (uint64_t until = sim__log_segment(log, 0)->chunk; log->chunks.base < until;) {
        sim__log_chunk_free(log, *sim__log_chunk(log, log->chunks.base));
        sim__log_drop_oldest(&log->chunks);
    }
}

struct sim_log_amount sim_log_retain(struct sim_log *log, sim_time now, uint64_t below)
{
    struct sim_log_amount left = {0, 0};
    bool any = false;
    for (; log->segments.count > 1; any = true) {
        const struct sim__log_segment *s = sim__log_segment(log, 0);
        uint64_t bytes = sim_log_held(log).bytes - s->bytes;
        bool old = log->retention > 0 && s->newest < now - log->retention;
        bool much = log->retention_bytes > 0 && bytes >= (uint64_t)log->retention_bytes;
        if (s->next > below || (!old && !much))
            break;
        drop_segment(log, &left);
    }
    if (any)
        begins_later(log);
    return left;
}

struct sim_log_amount sim_log_drop(struct sim_log *log, uint64_t below)
{
    struct sim_log_amount left = {0, 0};
    bool any = false;
    for (; log->segments.count > 1 && sim__log_segment(log, 0)->next <= below; any = true)
        drop_segment(log, &left);
    if (any)
        begins_later(log);
    return left;
}

/* What was noted of positions that are no longer there. */
static void forget_from(struct sim_log *log, uint64_t position)
{
    while (log->epochs.count > 0 && sim__log_epoch_of(log, log->epochs.count - 1)->from >= position)
        log->epochs.count--;
    log->epoch = log->epochs.count > 0 ? sim__log_epoch_of(log, log->epochs.count - 1)->epoch : 0;
    for (uint32_t i = log->passes.count; i > 0 && sim__log_pass_of(log, i - 1)->end > position; i--)
        sim__log_pass_of(log, i - 1)->end = position;
    uint64_t *marks[] = {&log->durable, &log->committed, &log->cleaned, &log->settled, &log->swept};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        *marks[i] = least(*marks[i], position);
}

struct sim_log_amount sim_log_truncate(struct sim_log *log, uint64_t position)
{
    assert(position >= log->first && position <= log->end);
    if (position == log->end)
        return (struct sim_log_amount){0, 0};
    struct sim_log_amount left = sim_log_between(log, position, log->end);
    uint32_t segment = sim__log_segment_at(log, position), count = log->segments.count;
    struct sim__log_segment *s = sim__log_segment(log, segment);
    uint32_t records = sim__log_records_before(log, s, position);
    for (uint32_t i = segment; i < count; i++)
        sim__log_tell(log, sim__log_segment(log, i), i == segment ? records : 0, SIM_LOG_TRUNCATED);
    for (uint32_t i = segment; i + 1 < count; i++)
        sim__log_count(log, i, false);
    log->cuts += segment + 1 < count;
    log->segments.count = segment + 1;
    s->bytes = bytes_before(log, s, records);
    s->records = records;
    sim__log_free_newest(log, s->chunk + sim__log_chunks(s));
    log->active = s;
    log->end = position;
    log->moved++;
    forget_from(log, position);
    find_tail(log);
    return left;
}

struct sim_log_amount sim_log_crash(struct sim_log *log)
{
    return sim_log_truncate(log, log->durable);
}

struct sim_log_amount sim_log_restart(struct sim_log *log, uint64_t position, uint32_t epoch)
{
    struct sim_log_amount left = sim_log_held(log);
    for (uint32_t i = 0; i < log->segments.count; i++)
        sim__log_tell(log, sim__log_segment(log, i), 0, SIM_LOG_DROPPED);
    sim__log_free_newest(log, log->chunks.base);
    log->segments.count = 1;
    log->active = sim__log_segment(log, 0);
    *log->active = (struct sim__log_segment){.first = position, .chunk = log->chunks.base};
    sim__log_sum(log);
    log->first = log->end = log->durable = log->committed = position;
    log->cleaned = log->settled = log->swept = position;
    log->passes.count = log->epochs.count = 0;
    log->epoch = 0;
    log->cuts++;
    log->moved++;
    note_epoch(log, position > 0 ? position - 1 : 0, epoch);
    find_tail(log);
    return left;
}

/* ---- invariants ----------------------------------------------------------------------------- */

static const char *check_segment(const struct sim_log *log, const struct sim__log_segment *s,
                                 uint64_t next, sim_time *newest)
{
    uint64_t position = s->first, bytes = 0;
    for (uint32_t i = 0; i < s->records; i++) {
        const struct sim__log_chunk *c = *sim__log_chunk(log, s->chunk + i / SIM__LOG_CHUNK);
        if (!c)
            return "a segment lacks a chunk";
        const struct sim__log_slot *slot = &c->slots[1 + i % SIM__LOG_CHUNK];
        uint64_t at = sim__log_position(c, i % SIM__LOG_CHUNK);
        if (at < position || at >= next)
            return "positions do not ascend within their segment";
        if (slot[-1].end != bytes || slot->end < bytes)
            return "bytes of a segment are not the sum of its records'";
        if (slot->time < *newest)
            return "a record is older than the one before it";
        if (sim__log_records_before(log, s, at) != i || slot->space >= log->space_count)
            return "a record is not found by its position, or its keyspace is unknown";
        position = at + 1;
        bytes = slot->end;
        *newest = slot->time;
    }
    if (bytes != s->bytes)
        return "bytes of a segment are not those of its records";
    return NULL;
}

static const char *check_segments(const struct sim_log *log)
{
    struct sim_log_amount sum = {0, 0};
    uint64_t chunks = log->chunks.base, first = log->first;
    sim_time newest = INT64_MIN, closed = INT64_MIN;
    for (uint32_t i = 0; i < log->segments.count; i++) {
        const struct sim__log_segment *s = sim__log_segment(log, i);
        bool active = i + 1 == log->segments.count;
        uint64_t next = active ? log->end : s->next;
        if (s->first != first || next < first || s->chunk < chunks)
            return "segments do not follow one another";
        const char *broken = check_segment(log, s, next, &newest);
        if (broken)
            return broken;
        struct sim_log_amount counted = sim__log_sum_before(log, i);
        if (counted.records != sum.records || counted.bytes != sum.bytes)
            return "sums over segments are not those of the segments";
        if (!active && (s->newest < closed || (s->records > 0 && s->newest != newest)))
            return "the newest record of a segment is not the one noted";
        closed = s->newest;
        sum.records += active ? 0 : s->records;
        sum.bytes += active ? 0 : s->bytes;
        chunks = s->chunk + sim__log_chunks(s);
        first = next;
    }
    if (sum.records != log->closed.records || sum.bytes != log->closed.bytes)
        return "records or bytes of closed segments are not those counted";
    return chunks == log->chunks.base + log->chunks.count ? NULL
                                                          : "there are more chunks than used";
}

static const char *check_marks(const struct sim_log *log)
{
    if (log->durable < log->first || log->durable > log->end)
        return "the durable position is not within the log";
    if (log->committed < log->first || log->committed > log->end)
        return "the committed position is not within the log";
    for (uint32_t i = 0; i < log->epochs.count; i++) {
        const struct sim__log_epoch *e = sim__log_epoch_of(log, i),
                                    *older = i > 0 ? sim__log_epoch_of(log, i - 1) : NULL;
        if (e->from > log->end || (older && (e->from < older->from || e->epoch < older->epoch)))
            return "epochs do not ascend";
    }
    for (uint32_t i = 0; i < log->passes.count; i++) {
        const struct sim__log_pass *p = sim__log_pass_of(log, i),
                                   *older = i > 0 ? sim__log_pass_of(log, i - 1) : NULL;
        if (p->end > log->end || (older && (p->end < older->end || p->finished < older->finished)))
            return "passes of compaction do not ascend";
    }
    return NULL;
}

const char *sim_log_check(const struct sim_log *log)
{
    if (log->segments.count == 0 || log->active != sim__log_segment(log, log->segments.count - 1))
        return "there is no active segment";
    const char *broken = check_segments(log);
    return broken ? broken : check_marks(log);
}
