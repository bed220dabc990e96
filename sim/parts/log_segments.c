/* log_segments.c - segments of a log and the chunks of records that they are made of; see log.h.
 *
 * Chunks of all segments stand in one list, in order. A segment knows the number of its first one
 * and how many records it has, so record i is found by a division. */
#include "parts/log_state.h"

#include <string.h>

_Static_assert(sizeof(struct sim__log_slot) == 24, "a record takes 24 bytes");
_Static_assert(sizeof(struct sim__log_chunk) + SIM__LOG_CHUNK * sizeof(uint32_t) <=
                   SIM__LOG_CHUNK * (SIM_LOG_RECORD_BYTES - 3),
               "and with its part of a chunk, and gaps, at most 29");

/* ---- lists ---------------------------------------------------------------------------------- */

bool sim__log_push(const struct sim_node *node, struct sim__log_list *l, size_t size)
{
    if (l->first + l->count < l->room) {
        l->count++;
        return true;
    }
    if (l->first > l->room / 2) {
        memmove(l->items, sim__log_item(l, 0, size), l->count * size);
        l->first = 0;
    } else {
        uint32_t room = l->room ? 2 * l->room : 4;
        void *items = sim_node_grow(node, l->items, room, size);
        if (!items) {
            sim_fail_memory(node->sim);
            return false;
        }
        l->items = items;
        l->room = room;
    }
    l->count++;
    return true;
}

/* ---- sums over closed segments: a Fenwick tree by their places in the list ------------------- */

struct sim_log_amount sim__log_sum_before(const struct sim_log *log, uint32_t segment)
{
    struct sim_log_amount sum = {0, 0};
    for (uint32_t i = log->segments.first + segment; i > 0; i &= i - 1) {
        sum.records += log->sums[i - 1].records;
        sum.bytes += log->sums[i - 1].bytes;
    }
    return sum;
}

void sim__log_count(struct sim_log *log, uint32_t segment, bool counts)
{
    const struct sim__log_segment *s = sim__log_segment(log, segment);
    uint64_t records = counts ? s->records : -(uint64_t)s->records;
    uint64_t bytes = counts ? s->bytes : -(uint64_t)s->bytes;
    log->closed.records += records;
    log->closed.bytes += bytes;
    for (uint32_t i = log->segments.first + segment; i < log->segments.room; i |= i + 1) {
        log->sums[i].records += records;
        log->sums[i].bytes += bytes;
    }
}

void sim__log_sum(struct sim_log *log)
{
    uint32_t room = log->segments.room;
    memset(log->sums, 0, room * sizeof *log->sums);
    log->closed = (struct sim_log_amount){0, 0};
    for (uint32_t i = 0; i + 1 < log->segments.count; i++) {
        const struct sim__log_segment *s = sim__log_segment(log, i);
        log->sums[log->segments.first + i] = (struct sim_log_amount){s->records, s->bytes};
        log->closed.records += s->records;
        log->closed.bytes += s->bytes;
    }
    for (uint32_t i = 0; i < room; i++)
        if ((i | (i + 1)) < room) {
            log->sums[i | (i + 1)].records += log->sums[i].records;
            log->sums[i | (i + 1)].bytes += log->sums[i].bytes;
        }
}

/* One more segment at the end of the list, the sums in order. */
bool sim__log_push_segment(struct sim_log *log)
{
    struct sim__log_list *l = &log->segments;
    uint32_t room = l->room, first = l->first;
    if (!sim__log_push(log->node, l, sizeof(struct sim__log_segment)))
        return false;
    if (l->room == room && l->first == first)
        return true;
    struct sim_log_amount *sums = log->sums;
    if (l->room != room)
        sums = sim_node_grow(log->node, sums, l->room, sizeof *sums);
    if (!sums) {
        l->count--;
        l->room = room;
        sim_fail_memory(log->node->sim);
        return false;
    }
    log->sums = sums;
    if (l->count > 1) /* they moved */
        log->active = sim__log_segment(log, l->count - 2);
    l->count--; /* the one that was the last does not count yet */
    sim__log_sum(log);
    l->count++;
    return true;
}

/* ---- chunks --------------------------------------------------------------------------------- */

struct sim__log_chunk *sim__log_chunk_new(struct sim_log *log, uint64_t position, sim_time time,
                                          uint32_t end)
{
    struct sim__log_chunk *c = log->spare;
    if (c)
        log->spare = c->spare;
    else
        c = sim_node_alloc(log->node, 1, sizeof *c);
    if (!c) {
        sim_fail_memory(log->node->sim);
        return NULL;
    }
    c->first = position;
    c->offsets = NULL;
    c->slots[0] = (struct sim__log_slot){.time = time, .end = end};
    return c;
}

void sim__log_chunk_free(struct sim_log *log, struct sim__log_chunk *c)
{
    if (!c)
        return;
    if (c->offsets) {
        memcpy(c->offsets, &log->spare_offsets, sizeof log->spare_offsets);
        log->spare_offsets = (void *)c->offsets;
    }
    c->spare = log->spare;
    log->spare = c;
}

static uint32_t *new_offsets(struct sim_log *log)
{
    uint32_t *offsets = (void *)log->spare_offsets;
    if (offsets)
        memcpy(&log->spare_offsets, offsets, sizeof log->spare_offsets);
    else
        offsets = sim_node_alloc(log->node, SIM__LOG_CHUNK, sizeof *offsets);
    if (!offsets)
        sim_fail_memory(log->node->sim);
    return offsets;
}

bool sim__log_place(struct sim_log *log, struct sim__log_chunk *c, uint32_t index,
                    uint64_t position)
{
    if (!c->offsets) {
        if (position - c->first == index)
            return true;
        c->offsets = new_offsets(log);
        if (!c->offsets)
            return false;
        for (uint32_t i = 0; i < index; i++)
            c->offsets[i] = i;
        log->moved++; /* readers in it knew of no gaps */
    }
    assert(position - c->first <= UINT32_MAX);
    c->offsets[index] = (uint32_t)(position - c->first);
    return true;
}

/* The list of chunks ends before this number. */
void sim__log_free_newest(struct sim_log *log, uint64_t number)
{
    while (log->chunks.base + log->chunks.count > number) {
        sim__log_chunk_free(log, *sim__log_chunk(log, log->chunks.base + log->chunks.count - 1));
        log->chunks.count--;
    }
}

/* ---- finding ------------------------------------------------------------------------------ */

uint32_t sim__log_segment_at(const struct sim_log *log, uint64_t position)
{
    uint32_t low = 0, high = log->segments.count - 1; /* the last that begins at or before it */
    if (position >= log->active->first)
        return high;
    while (low < high) {
        uint32_t middle = high - (high - low) / 2;
        if (sim__log_segment(log, middle)->first <= position)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* How many of the first `count` records of a chunk are before a position. */
uint32_t sim__log_chunk_before(const struct sim__log_chunk *c, uint32_t count, uint64_t position)
{
    uint32_t low = 0, high = count;
    assert(position >= c->first);
    if (!c->offsets)
        return position - c->first < count ? (uint32_t)(position - c->first) : count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (c->first + c->offsets[middle] < position)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t sim__log_chunk_records(const struct sim__log_segment *s, uint32_t chunk)
{
    uint32_t left = s->records - chunk * SIM__LOG_CHUNK;
    return left < SIM__LOG_CHUNK ? left : SIM__LOG_CHUNK;
}

uint32_t sim__log_records_before(const struct sim_log *log, const struct sim__log_segment *s,
                                 uint64_t position)
{
    uint32_t low = 0, high = (uint32_t)sim__log_chunks(s); /* chunks that begin before it */
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if ((*sim__log_chunk(log, s->chunk + middle))->first < position)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return 0;
    return (low - 1) * SIM__LOG_CHUNK +
           sim__log_chunk_before(*sim__log_chunk(log, s->chunk + low - 1),
                                 sim__log_chunk_records(s, low - 1), position);
}
