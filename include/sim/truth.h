/* truth.h - keyspaces, the latest version of every key and when it was committed, and how stale a
 * read was.
 *
 * Every write commits the next version of its key. A read is compared with what was committed when
 * it was asked: an older version is stale by a number of versions, and its value had been
 * overwritten for some time. A write that commits while the read is under way does not make it
 * stale: the read could have come first (Herlihy and Wing 1990). */
#ifndef SIM_TRUTH_H
#define SIM_TRUTH_H

#include "sim/meter.h"
#include "sim/param.h"
#include "sim/random.h"
#include "sim/types.h"

struct sim_node;
struct sim_commits;

/* The share of subjects at home in a region: those whose draw is below .up_to and not below that of
   the entry before.
 */
struct sim_home {
    uint32_t region; /* of the plan */
    double up_to;    /* ascending to 1 */
};

/* Keys that all components share: popularity, sizes, and the latest version of each. */
struct sim_keyspace {
    const char *name;
    const struct sim_keys *keys; /* popularity; shared by all replications */
    uint64_t count;
    struct sim_dist value_bytes;
    uint32_t *latest;            /* the version of each key committed last; 0: never written */
    struct sim_commits *commits; /* when versions were committed */
    uint64_t subjects; /* the keys' owners: key k belongs to subject k % subjects; 0: to none */
    const struct sim_home *homes;
    uint32_t home_count; /* 0: subjects have no home */
};

/* Commits a write now and returns the key's new version. Amortised O(1). */
uint32_t sim_commit(struct sim *, struct sim_keyspace *, uint64_t key);
/* The latest committed version of a key. O(1). */
static inline uint32_t sim_latest(const struct sim_keyspace *space, uint64_t key)
{
    return space->latest[key];
}
/* Fetches the memory that sim_latest() will read. */
static inline void sim_expect_latest(const struct sim_keyspace *space, uint64_t key)
{
    __builtin_prefetch(&space->latest[key]);
}
/* The version of a key that was the latest at `when` (<= now). O(log versions since). */
uint32_t sim_version_at(const struct sim_keyspace *, uint64_t key, sim_time when);
/* When a version was overwritten; SIM_NEVER: it is the latest. Only the last 4 million commits are
 * remembered; for a version overwritten before them, the earliest time remembered. O(log versions
 * since). */
sim_time sim_overwritten_at(const struct sim_keyspace *, uint64_t key, uint32_t version);
/* The size of a key's value in bytes. It is drawn from the key alone, so it is the same
 * everywhere. */
int64_t sim_value_bytes(const struct sim_keyspace *, uint64_t key);

/* ---- reads held against it ------------------------------------------------------------------ */

struct sim_truth_meters {
    struct sim_counter reads, stale;
    struct sim_histogram versions_behind, stale_age; /* of stale reads only; age in ns */
};

void sim__truth_stale(struct sim_truth_meters *, const struct sim_keyspace *, uint64_t key,
                      uint32_t version, sim_time asked);

/* Counts a read of a key that was asked at `asked` and returned `version`. O(1) unless it is
 * stale. */
static inline void sim_truth_read(struct sim_truth_meters *m, const struct sim_keyspace *space,
                                  uint64_t key, uint32_t version, sim_time asked)
{
    sim_count(&m->reads);
    if (version != space->latest[key])
        sim__truth_stale(m, space, key, version, asked);
}

/* Rows of a meter table for a struct sim_truth_meters member. `stale_flags`: further flags of the
 * row stale_reads. */
#define SIM_TRUTH_METERS(type, member, reads_name, stale_flags)                                    \
    SIM_ROW(.name = reads_name, .kind = SIM_COUNTER, .unit = "requests",                           \
            .offset = offsetof(type, member.reads), .doc = "Reads of a key that were answered."),  \
        SIM_ROW(.name = "stale", .kind = SIM_COUNTER, .unit = "requests",                          \
                .offset = offsetof(type, member.stale), .flags = SIM_WORSE_HIGH,                   \
                .doc = "Such reads that returned less than was the latest version when they "      \
                       "were asked."),                                                             \
        SIM_ROW(.name = "stale_reads", .kind = SIM_RATIO, .unit = "1", .of = "stale",              \
                .by = reads_name, .flags = (stale_flags) | SIM_SHARE | SIM_WORSE_HIGH,             \
                .doc = "Share of answered reads that were stale."),                                \
        SIM_ROW(.name = "versions_behind", .kind = SIM_HISTOGRAM, .unit = "versions",              \
                .offset = offsetof(type, member.versions_behind), .flags = SIM_WORSE_HIGH,         \
                .doc = "How far behind, of stale reads only."),                                    \
        SIM_ROW(.name = "stale_age", .kind = SIM_HISTOGRAM, .unit = "s",                           \
                .offset = offsetof(type, member.stale_age), .flags = SIM_WORSE_HIGH,               \
                .doc = "How long a value had been overwritten when asked for; stale reads only.")

#endif
