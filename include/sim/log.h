/* log.h - a log: records in the order of their positions. Write-ahead logs, replication, brokers,
 * consensus, change capture and event sourcing are all built on it.
 *
 * Models: records, each at the position after the one before; segments that are closed by bytes
 * and by age; retention, which drops whole closed segments; compaction by key, after which
 * positions have gaps; a durable position, which is where the log ends after a crash; a committed
 * position; epochs of leaders; readers with positions of their own.
 *
 * Leaves out: time. A log schedules nothing and draws nothing. The model decides when records are
 * written, synced, retained or compacted, and how long that takes. Each record has a slot in
 * memory; segments that only count records, where nothing tells them apart, are not there yet.
 *
 * Source: Kreps, Narkhede and Rao 2011, "Kafka: a distributed messaging system for log processing",
 * NetDB (positions, segments, retention); Kafka's design document, sections "Replication" and "Log
 * compaction" (committed position, cleaning, tombstones); KIP-101 and KIP-279 (epochs); Ongaro and
 * Ousterhout 2014, sec. 5.3 (a follower takes records only where its own log ends).
 *
 * Validated by tests/unit/test_log.c against arrays that do the same by going through all records.
 *
 * Invariants, which sim_log_check() finds by a walk: positions ascend; times do not descend; bytes
 * and counts of segments are the sums of their records; segments follow one another without a hole;
 * first <= committed, durable <= end; the sums over segments are right; epochs ascend.
 *
 * Memory: 24 bytes a record, and 4 more where compaction left gaps, in chunks of 128 records that
 * take 4 % on top. With all else that is at most 32 bytes a record in a log of 1,000 records (2,000
 * with gaps) or more; an empty segment takes 64. A log uses the chunks again that it freed. */
#ifndef SIM_LOG_H
#define SIM_LOG_H

#include "sim/fabric.h"

#include <assert.h>

#define SIM_LOG_RECORD_BYTES 32 /* of memory for each record at most, see above */
#define SIM_LOG_NONE UINT64_MAX /* no position */

enum {
    SIM_LOG_TOMBSTONE = 1, /* its key is deleted */
    SIM_LOG_OPEN = 2,      /* part of the transaction of .owner, not yet decided when it came */
    SIM_LOG_COMMIT = 4,    /* a marker: that transaction is committed */
    SIM_LOG_ABORT = 8,     /* a marker: it is aborted */
};

struct sim_log_record {
    uint64_t position;
    sim_time time; /* of the append; never before that of the record before it */
    struct sim_keyspace *space;
    uint64_t key;   /* below 2^32 - 1, or SIM_NO_KEY */
    uint32_t value; /* the key's version, or what the model wants */
    uint32_t bytes; /* on disk and on the wire */
    uint32_t epoch; /* of the leader; never below that of the record before it */
    uint16_t owner; /* producer or transaction; the model's */
    uint8_t flags;  /* SIM_LOG_TOMBSTONE, ... */
};

struct sim_log_amount {
    uint64_t records, bytes;
};

/* Why a record leaves the log. */
enum sim_log_end {
    SIM_LOG_DROPPED,   /* by retention, or because the log starts further on */
    SIM_LOG_COMPACTED, /* a newer record has its key, or its tombstone was old enough */
    SIM_LOG_TRUNCATED, /* it was cut off, or lost in a crash */
};

/* Told of each record that leaves, oldest first. It must not call the log. */
typedef void sim_log_left(void *self, const struct sim_log_record *, enum sim_log_end);

/* ---- what it is made of; for the functions below ------------------------------------------- */

#define SIM__LOG_CHUNK 128 /* records */

struct sim__log_slot {
    sim_time time;
    uint32_t key, value;
    uint32_t end; /* bytes of the segment up to and with this record */
    uint16_t owner;
    uint8_t space, flags;
};

struct sim__log_chunk {
    uint64_t first; /* position of its first record */
    union {
        uint32_t *offsets; /* positions, from .first on; NULL: they have no gaps */
        struct sim__log_chunk *spare;
    };
    struct sim__log_slot slots[1 + SIM__LOG_CHUNK]; /* the first is no record: it has the time and
                                                       the end of the record before */
};

struct sim__log_segment {
    uint64_t first, next;    /* it has the positions from .first to below .next; while it is the
                                active one, to below the log's end */
    uint64_t chunk;          /* number of its first chunk */
    uint32_t records, bytes; /* every chunk is full but the last */
    sim_time newest;         /* of its records; of the active one not kept */
};

/* Items in order, which leave at both ends. Item i has the number base + i. */
struct sim__log_list {
    void *items;
    uint64_t base;
    uint32_t first, count, room;
};

struct sim_log {
    /* the model's; after a change call sim_log_changed() */
    int64_t segment_bytes;   /* the active segment is closed before it has more; 0: at 4 GiB */
    sim_time segment_age;    /* and when its oldest record is older than this; 0: never */
    sim_time retention;      /* a segment is dropped when its newest record is older; 0: never */
    int64_t retention_bytes; /* and while the log would still have so many without it; 0: never */
    sim_log_left *left;      /* NULL: nobody is told */
    void *left_self;

    /* to be read: positions */
    uint64_t first;     /* of the oldest record that may be there */
    uint64_t end;       /* of the next record */
    uint64_t durable;   /* what is below survives a crash */
    uint64_t committed; /* the second mark: high watermark, commit index, ... */

    const struct sim_node *node;
    struct sim__log_slot *tail, *full; /* where the next record goes, as long as it is not .full */
    struct sim__log_segment *active;   /* the last one */
    sim_time rolls_at;                 /* a later record begins a new segment */
    uint32_t room;                     /* bytes that the active segment still takes */
    uint32_t moved;                    /* changes when a reader's place may no longer be right */
    uint32_t cuts;                     /* changes when closed segments were truncated */
    uint32_t epoch;                    /* of the newest record */
    const struct sim_keyspace *space;  /* of the newest record, and its number */
    uint8_t space_number, space_count;
    struct sim_keyspace **spaces; /* by number; 0: NULL */
    struct sim__log_list segments, chunks, epochs, passes;
    struct sim_log_amount closed, *sums; /* of closed segments; a Fenwick tree over them */
    struct sim__log_chunk *spare;
    uint32_t **spare_offsets; /* each begins with the next */
    uint64_t cleaned;         /* compaction has been over what is below */
    uint64_t swept, settled;  /* tombstones below were dropped; those below may be now */
};

/* ---- appending ------------------------------------------------------------------------------ */

/* Within init(): an empty log that begins at position 0. 0, or -1 when out of memory. The limits
 * are set before it, or later with sim_log_changed(). */
int sim_log_init(struct sim_log *, const struct sim_node *);
/* After a limit was changed: it holds from the next record on. O(1). */
void sim_log_changed(struct sim_log *);

uint64_t sim__log_append(struct sim_log *, uint64_t position, sim_time,
                         const struct sim_log_record *);

static inline void sim__log_fill(struct sim__log_slot *slot, sim_time time,
                                 const struct sim_log_record *record, uint8_t space_number)
{
    assert(record->key < UINT32_MAX || record->key == SIM_NO_KEY);
    assert(time >= slot[-1].time);
    *slot = (struct sim__log_slot){
        time,          (uint32_t)record->key, record->value, slot[-1].end + record->bytes,
        record->owner, space_number,          record->flags};
}

/* Appends a record, now; its .position and .time are not read. Returns its position, or
 * SIM_LOG_NONE when out of memory: the simulation is then marked failed. Amortised O(1). */
static inline uint64_t sim_log_append(struct sim_log *log, sim_time now,
                                      const struct sim_log_record *record)
{
    struct sim__log_slot *slot = log->tail;
    if (slot == log->full || now > log->rolls_at || record->bytes > log->room ||
        record->epoch != log->epoch || record->space != log->space)
        return sim__log_append(log, log->end, now, record);
    struct sim__log_segment *active = log->active;
    uint64_t position = log->end;
    log->end = position + 1;
    log->room -= record->bytes;
    log->tail = slot + 1;
    active->records++;
    active->bytes += record->bytes;
    sim__log_fill(slot, now, record, log->space_number);
    return position;
}

/* Appends a record of another log, with its position and time. `follows` is where the other log was
 * read from: the end of this log, or else the record is refused and false is returned. Positions
 * from there to the record's are a gap, as compaction left it in the other log. Amortised O(1). */
bool sim_log_copy(struct sim_log *, uint64_t follows, const struct sim_log_record *);

/* Closes the active segment if it has records; a model does so for what no append comes to close,
 * such as a segment that is older than the retention. O(1). */
void sim_log_roll(struct sim_log *);

/* ---- marks ---------------------------------------------------------------------------------- */

/* What is below `position` is durable, or committed. Neither passes the end, and neither falls
 * here. O(1). */
void sim_log_synced(struct sim_log *, uint64_t position);
void sim_log_commit(struct sim_log *, uint64_t position);

/* ---- reading -------------------------------------------------------------------------------- */

enum sim_log_found {
    SIM_LOG_FOUND,
    SIM_LOG_AT_END,       /* there is no record yet at or after the position */
    SIM_LOG_OUT_OF_RANGE, /* the position is before the first, or past the end */
};

/* All zero is a reader at position 0. */
struct sim_log_reader {
    uint64_t position;                      /* to be read next; set by sim_log_reader_seek() */
    uint64_t committed;                     /* where it begins again after a crash */
    const struct sim__log_slot *at, *until; /* next in a chunk, if .moved is still the log's */
    const struct sim__log_chunk *with_gaps; /* that chunk if it has gaps, else NULL */
    uint32_t moved, epoch;
};

enum sim_log_found sim__log_next(const struct sim_log *, struct sim_log_reader *, uint64_t below,
                                 struct sim_log_record *);

static inline enum sim_log_found sim__log_take(const struct sim_log *log,
                                               struct sim_log_reader *reader, uint64_t below,
                                               struct sim_log_record *out)
{
    const struct sim__log_slot *slot = reader->at;
    uint64_t position = reader->position;
    if (slot == log->tail)
        return SIM_LOG_AT_END;
    if (reader->with_gaps)
        position = reader->with_gaps->first +
                   reader->with_gaps->offsets[slot - &reader->with_gaps->slots[1]];
    if (position >= below)
        return SIM_LOG_AT_END;
    reader->at = slot + 1;
    reader->position = position + 1;
    *out = (struct sim_log_record){position,
                                   slot->time,
                                   log->spaces[slot->space],
                                   slot->key != UINT32_MAX ? slot->key : SIM_NO_KEY,
                                   slot->value,
                                   slot->end - slot[-1].end,
                                   reader->epoch,
                                   slot->owner,
                                   slot->flags};
    return SIM_LOG_FOUND;
}

/* Reads the first record at or after the reader's position and below `below`, such as the committed
 * position, and moves the reader past it. If there is none the reader stays. O(1); O(log n) for the
 * first record after a seek, and after segments were dropped, truncated or compacted. */
static inline enum sim_log_found sim_log_next(const struct sim_log *log,
                                              struct sim_log_reader *reader, uint64_t below,
                                              struct sim_log_record *out)
{
    if (reader->moved != log->moved || reader->at == reader->until)
        return sim__log_next(log, reader, below, out);
    return sim__log_take(log, reader, below, out);
}

/* The first record at or after a position. O(log n). */
enum sim_log_found sim_log_read(const struct sim_log *, uint64_t position, struct sim_log_record *);

static inline void sim_log_reader_seek(struct sim_log_reader *reader, uint64_t position)
{
    reader->position = position;
    reader->moved = 0;
}

/* What a reader does that has no position yet, or whose position is out of range. */
enum sim_log_reset { SIM_LOG_EARLIEST, SIM_LOG_LATEST };
extern const char *const sim_log_reset_names[]; /* by enum sim_log_reset, NULL-terminated */

/* Goes to the first position, or to `below`: what is between is not read. Returns how many
 * positions were skipped, and 0 when the reader goes back. */
uint64_t sim_log_reader_reset(const struct sim_log *, struct sim_log_reader *, enum sim_log_reset,
                              uint64_t below);

/* Commits what was read; goes back to what was committed, as after a crash. */
static inline void sim_log_reader_commit(struct sim_log_reader *reader)
{
    reader->committed = reader->position;
}
static inline void sim_log_reader_return(struct sim_log_reader *reader)
{
    sim_log_reader_seek(reader, reader->committed);
}

/* ---- how much ------------------------------------------------------------------------------- */

/* The records from one position to below another, of those that are there. O(log n). */
struct sim_log_amount sim_log_between(const struct sim_log *, uint64_t from, uint64_t to);
/* All of them. O(1). */
static inline struct sim_log_amount sim_log_held(const struct sim_log *log)
{
    return (struct sim_log_amount){log->closed.records + log->active->records,
                                   log->closed.bytes + log->active->bytes};
}

struct sim_log_lag {
    uint64_t records, bytes;
    sim_time age; /* of the oldest of them; 0: there are none */
};
/* What a reader at `position` has not read of what is below `below`. O(log n). */
struct sim_log_lag sim_log_lag(const struct sim_log *, uint64_t position, uint64_t below,
                               sim_time now);

/* Up to which position the records from `from` on fit into so many bytes, at least one of them, and
 * not above `below`; for fetches. O(log n), and the segments in between. */
uint64_t sim_log_fit(const struct sim_log *, uint64_t from, uint64_t bytes, uint64_t below);
/* The position of the first record that is not older than `time`; the end if there is none.
 * O(log n). */
uint64_t sim_log_since(const struct sim_log *, sim_time);

/* ---- epochs --------------------------------------------------------------------------------- */

/* The epoch of the record at a position; of the newest one before it if there is none. O(log e) in
 * the epochs that the log has records of. */
uint32_t sim_log_epoch_at(const struct sim_log *, uint64_t position);
/* Where the records of `epoch` and of those before it end. O(log e). */
uint64_t sim_log_epoch_end(const struct sim_log *, uint32_t epoch);
/* Up to which position a log has the records of its new leader's log; it is truncated to there, and
 * goes on with copies. Each epoch has one leader, so logs that have the same epoch at a position
 * have the same records up to it (Ongaro and Ousterhout 2014, sec. 5.3; KIP-101 and KIP-279). Not
 * before the log's first position. O(e log e) at most, in the epochs in which they differ. */
uint64_t sim_log_agrees(const struct sim_log *, const struct sim_log *leader);

/* ---- dropping ------------------------------------------------------------------------------- */

/* All below return what left the log. They are O(segments and chunks that leave), and O(records) in
 * these where .left is set. */

/* Drops closed segments from the oldest on while the retention says so, and no further than to
 * `below`, what a reader still needs; SIM_LOG_NONE: no reader counts. The active segment stays. */
struct sim_log_amount sim_log_retain(struct sim_log *, sim_time now, uint64_t below);
/* Drops every closed segment that is below a position, as after a snapshot or a checkpoint. */
struct sim_log_amount sim_log_drop(struct sim_log *, uint64_t below);
/* Cuts off every record from `position` on, which becomes the end. It is not before the first. */
struct sim_log_amount sim_log_truncate(struct sim_log *, uint64_t position);
/* Cuts off what is not durable. */
struct sim_log_amount sim_log_crash(struct sim_log *);
/* Drops everything. The log goes on at `position`, after a record of `epoch`: a follower that takes
 * a snapshot instead of records that the leader has no longer. */
struct sim_log_amount sim_log_restart(struct sim_log *, uint64_t position, uint32_t epoch);

/* ---- compaction ----------------------------------------------------------------------------- */

/* A cleaner goes over one log at a time and keeps, of what is below a limit, the newest record of
 * each key. As Kafka's, it first reads the records that came since the last pass and remembers the
 * newest position of each key; then it reads all closed segments from the first on, and writes what
 * is left into new ones. Records without a key stay. The pass is made in steps, each of which
 * handles so many bytes; the model has a disk do their work, or waits, before it asks for the next.
 * What a step has written takes the place of old segments at the beginning of the next step, so
 * when the work is done.
 *
 * Small segments that follow one another become one, of at most segment_bytes before the cleaning.
 * Retention may drop segments under way. Truncation of closed segments ends the pass; what has been
 * put in place stays.
 *
 * A tombstone is kept until a pass that begins its grace time after the end of the first pass that
 * went over it. A reader that takes longer for the log than that may miss it. */

struct sim__log_newest {
    uint64_t position;
    uint32_t key;
    uint32_t mark; /* number of the pass << 8 | number of the keyspace */
};

struct sim_log_cleaner {
    uint64_t most_keys; /* the model's: a pass goes no further than so many; 0: no limit */

    const struct sim_node *node;
    struct sim_log *log;   /* at work on it; NULL: idle */
    bool copying;          /* the newest positions are known */
    uint64_t from, end;    /* what is remembered of this pass: from a position to below another */
    uint64_t at;           /* to be handled next */
    uint64_t group, after; /* the segments that become one: the positions of the group */
    uint64_t settled;      /* tombstones below it go */
    uint32_t cuts;         /* the log's when the pass began */
    struct sim__log_newest *newest; /* a hash table, its free places those of other passes */
    uint64_t mask, keys;
    uint32_t pass;
    struct sim__log_list out; /* chunks written, not in place yet */
    struct sim__log_segment written;
};

/* Within init(). 0, or -1 when out of memory. */
int sim_log_cleaner_init(struct sim_log_cleaner *, const struct sim_node *);

/* What came since the last pass and could be cleaned now: it is closed, and below `limit`. Kafka
 * begins a pass when this has half the bytes of all that is below. O(log n). */
struct sim_log_amount sim_log_cleaner_dirty(const struct sim_log *, uint64_t limit);

/* Begins a pass over what is closed and below `limit`, such as the committed or the durable
 * position. False: there is nothing to clean. The cleaner is idle before. O(log n). */
bool sim_log_cleaner_begin(struct sim_log_cleaner *, struct sim_log *, uint64_t limit, sim_time now,
                           sim_time grace);

struct sim_log_work {
    uint64_t read, written; /* bytes, for a disk to do */
    bool done;              /* the pass has ended: there is no work, and the cleaner is idle */
};
/* Handles the next records until they have so many bytes, each counted as one at least, or until
 * the end of what becomes one segment. O(those records); at the end of a pass O(segments). */
struct sim_log_work sim_log_cleaner_step(struct sim_log_cleaner *, sim_time now, uint64_t bytes);
/* Gives the pass up, as a crash does: what is not in place yet is lost. Nothing if it is idle. */
void sim_log_cleaner_stop(struct sim_log_cleaner *);

/* ---- looking at it -------------------------------------------------------------------------- */

/* NULL, or the invariant that is broken, as a sentence; found by a walk over all records. */
const char *sim_log_check(const struct sim_log *);

#endif
