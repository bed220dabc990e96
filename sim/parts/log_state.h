/* log_state.h - what log.c gives to log_cleaner.c: the segments and chunks of a log. */
#ifndef SIM_PARTS_LOG_STATE_H
#define SIM_PARTS_LOG_STATE_H

#include "sim/log.h"

/* What compaction has gone over, and when it had. */
struct sim__log_pass {
    uint64_t end;
    sim_time finished;
};

struct sim__log_epoch {
    uint64_t from; /* position of its first record */
    uint32_t epoch;
};

static inline void *sim__log_item(const struct sim__log_list *l, uint32_t i, size_t size)
{
    return (char *)l->items + (size_t)(l->first + i) * size;
}

static inline struct sim__log_segment *sim__log_segment(const struct sim_log *log, uint32_t i)
{
    return sim__log_item(&log->segments, i, sizeof(struct sim__log_segment));
}

static inline struct sim__log_chunk **sim__log_chunk(const struct sim_log *log, uint64_t number)
{
    return sim__log_item(&log->chunks, (uint32_t)(number - log->chunks.base), sizeof(void *));
}

static inline struct sim__log_epoch *sim__log_epoch_of(const struct sim_log *log, uint32_t i)
{
    return sim__log_item(&log->epochs, i, sizeof(struct sim__log_epoch));
}

static inline struct sim__log_pass *sim__log_pass_of(const struct sim_log *log, uint32_t i)
{
    return sim__log_item(&log->passes, i, sizeof(struct sim__log_pass));
}

static inline void sim__log_drop_oldest(struct sim__log_list *l)
{
    l->first++;
    l->base++;
    l->count--;
}

/* How much a segment takes before a new one begins. */
static inline uint64_t sim__log_most_bytes(const struct sim_log *log)
{
    return log->segment_bytes > 0 && log->segment_bytes < UINT32_MAX ? (uint64_t)log->segment_bytes
                                                                     : UINT32_MAX;
}

static inline uint64_t sim__log_chunks(const struct sim__log_segment *s)
{
    return ((uint64_t)s->records + SIM__LOG_CHUNK - 1) / SIM__LOG_CHUNK;
}

/* Record `i` of a segment, and its position. */
static inline const struct sim__log_slot *
sim__log_slot(const struct sim_log *log, const struct sim__log_segment *s, uint32_t i)
{
    return &(*sim__log_chunk(log, s->chunk + i / SIM__LOG_CHUNK))->slots[1 + i % SIM__LOG_CHUNK];
}

static inline uint64_t sim__log_position(const struct sim__log_chunk *c, uint32_t index)
{
    return c->first + (c->offsets ? c->offsets[index] : index);
}

static inline uint64_t sim__log_position_of(const struct sim_log *log,
                                            const struct sim__log_segment *s, uint32_t i)
{
    return sim__log_position(*sim__log_chunk(log, s->chunk + i / SIM__LOG_CHUNK),
                             i % SIM__LOG_CHUNK);
}

/* Makes room for one more item at the end; amortised O(1). Items may move. False when out of
 * memory: the simulation is then marked failed. */
bool sim__log_push(const struct sim_node *, struct sim__log_list *, size_t size);
/* The same for segments. */
bool sim__log_push_segment(struct sim_log *);

/* A closed segment begins to count, or no longer does. O(log segments). */
void sim__log_count(struct sim_log *, uint32_t segment, bool counts);
/* Counts all of them again, after they moved. O(segments). */
void sim__log_sum(struct sim_log *);
/* What the segments before one hold. O(log segments). */
struct sim_log_amount sim__log_sum_before(const struct sim_log *, uint32_t segment);

/* A chunk whose first record will have a position; NULL when out of memory. `time` and `end` are
 * those of the record before it. */
struct sim__log_chunk *sim__log_chunk_new(struct sim_log *, uint64_t position, sim_time time,
                                          uint32_t end);
void sim__log_chunk_free(struct sim_log *, struct sim__log_chunk *);
/* Frees the chunks that have this number or a greater one. */
void sim__log_free_newest(struct sim_log *, uint64_t number);
/* Gives record `index` of a chunk its position. False when out of memory. */
bool sim__log_place(struct sim_log *, struct sim__log_chunk *, uint32_t index, uint64_t position);

/* The segment that has a position, and how many of its records are before it. O(log n). */
uint32_t sim__log_segment_at(const struct sim_log *, uint64_t position);
uint32_t sim__log_records_before(const struct sim_log *, const struct sim__log_segment *,
                                 uint64_t position);
/* The records of a segment's chunk; how many of the first `count` of a chunk are before a position,
 * which is not before the first one's. */
uint32_t sim__log_chunk_records(const struct sim__log_segment *, uint32_t chunk);
uint32_t sim__log_chunk_before(const struct sim__log_chunk *, uint32_t count, uint64_t position);

/* Tells the model of the records of a segment from record `i` on that they leave, or of one. */
void sim__log_tell(const struct sim_log *, const struct sim__log_segment *, uint32_t i,
                   enum sim_log_end);
void sim__log_tell_one(const struct sim_log *, const struct sim__log_segment *, uint32_t i,
                       enum sim_log_end);

#endif
