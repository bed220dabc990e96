/* truth.h - keyspaces, which version of every key is the latest and since when, and what a read
 * that returned a version is worth.
 *
 * Every write gives its key the next version at a commit time. A read is held against what was
 * committed when it was asked: less than that is stale, by so many versions, and its value had been
 * overwritten for so long. A write that commits while the read is under way does not count against
 * it: the read could have been first (Herlihy and Wing 1990). */
#ifndef SIM_TRUTH_H
#define SIM_TRUTH_H

#include "sim/meter.h"
#include "sim/param.h"
#include "sim/random.h"
#include "sim/types.h"

struct sim_node;
struct sim_commits;

/* Where subjects are at home: a draw below .up_to, and not below the one before, is this region's.
 */
struct sim_home {
    uint32_t region; /* of the plan */
    double up_to;    /* ascending to 1 */
};

/* Keys declared once for everybody: popularity, sizes, and which version of each is the latest. */
struct sim_keyspace {
    const char *name;
    const struct sim_keys *keys; /* popularity; shared by all replications */
    uint64_t count;
    struct sim_dist value_bytes;
    uint32_t *latest;            /* version of each key last committed; 0: never written */
    struct sim_commits *commits; /* when versions were committed */
    uint64_t subjects; /* whose keys they are: key k is of subject k % subjects; 0: nobody's */
    const struct sim_home *homes;
    uint32_t home_count; /* 0: subjects have no home */
};

/* Commits a write: the key's next version, now. Returns it. Amortised O(1). */
uint32_t sim_commit(struct sim *, struct sim_keyspace *, uint64_t key);
/* The latest committed version of a key. O(1). */
static inline uint32_t sim_latest(const struct sim_keyspace *space, uint64_t key)
{
    return space->latest[key];
}
/* Asks memory for a key that sim_latest() will be asked for soon. */
static inline void sim_expect_latest(const struct sim_keyspace *space, uint64_t key)
{
    __builtin_prefetch(&space->latest[key]);
}
/* The version of a key that was the latest at `when`, not after now. O(log versions since). */
uint32_t sim_version_at(const struct sim_keyspace *, uint64_t key, sim_time when);
/* When a version stopped being the latest; SIM_NEVER if it is. The last 4 million commits are
 * remembered: of what was overwritten before them, the earliest time remembered. O(log versions
 * since). */
sim_time sim_overwritten_at(const struct sim_keyspace *, uint64_t key, uint32_t version);
/* The size of a key's value in bytes: drawn from the key alone, so it is the same everywhere. */
int64_t sim_value_bytes(const struct sim_keyspace *, uint64_t key);

/* ---- reads held against it ------------------------------------------------------------------ */

struct sim_truth_meters {
    struct sim_counter reads, stale;
    struct sim_histogram versions_behind, stale_age; /* of stale reads; age in ns */
};

void sim__truth_stale(struct sim_truth_meters *, const struct sim_keyspace *, uint64_t key,
                      uint32_t version, sim_time asked);

/* A read of a key, asked at `asked`, returned a version. O(1) unless it is stale. */
static inline void sim_truth_read(struct sim_truth_meters *m, const struct sim_keyspace *space,
                                  uint64_t key, uint32_t version, sim_time asked)
{
    sim_count(&m->reads);
    if (version != space->latest[key])
        sim__truth_stale(m, space, key, version, asked);
}

/* Rows of a meter table for a struct sim_truth_meters member; `stale_flags` are those of the share
 * of stale reads. */
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

/* ---- sessions ------------------------------------------------------------------------------- */

/* What sessions wrote and saw, and whether later reads of theirs respected it: read your writes and
 * monotonic reads (Terry et al. 1994, Session Guarantees for Weakly Consistent Replicated Data).
 * Keys that nobody has written take no memory, as no read can fall behind their first version. */
struct sim_sessions {
    struct sim__session_map *map;
    /* meters; name them in the model's table with SIM_SESSION_METERS */
    struct sim_counter own, own_violated;     /* reads of what the session wrote; too old ones */
    struct sim_counter again, again_violated; /* of what it saw before; older than then */
};

/* What a session may expect of a read at the moment it sends it. */
struct sim_session_floor {
    uint32_t written, seen; /* versions; 0: none */
};

/* Within init(). 0, or -1 when out of memory. */
int sim_sessions_init(struct sim_sessions *, const struct sim_node *);
/* O(1), all three. A key must be below 2^32 - 1. */
struct sim_session_floor sim_session_expect(const struct sim_sessions *, uint32_t session,
                                            uint64_t key);
void sim_session_read(struct sim_sessions *, uint32_t session, uint64_t key,
                      struct sim_session_floor, uint32_t version);
void sim_session_wrote(struct sim_sessions *, uint32_t session, uint64_t key, uint32_t version);
/* The session is over: what is known of it is forgotten. O(keys known of it). */
void sim_session_end(struct sim_sessions *, uint32_t session);

/* Rows of a meter table for a struct sim_sessions member. */
#define SIM_SESSION_METERS(type, member)                                                           \
    SIM_ROW(.name = "own_reads", .kind = SIM_COUNTER, .unit = "requests",                          \
            .offset = offsetof(type, member.own),                                                  \
            .doc = "Answered reads of a key that their session had written."),                     \
        SIM_ROW(.name = "own_reads_violated", .kind = SIM_COUNTER, .unit = "requests",             \
                .offset = offsetof(type, member.own_violated), .flags = SIM_WORSE_HIGH,            \
                .doc = "Such reads that did not show what their session wrote."),                  \
        SIM_ROW(.name = "read_your_writes_violations", .kind = SIM_RATIO, .unit = "1",             \
                .of = "own_reads_violated", .by = "own_reads",                                     \
                .flags = SIM_SHARE | SIM_WORSE_HIGH,                                               \
                .doc = "Share of the reads of what a session wrote that did not show it."),        \
        SIM_ROW(.name = "again_reads", .kind = SIM_COUNTER, .unit = "requests",                    \
                .offset = offsetof(type, member.again),                                            \
                .doc = "Answered reads of a key of which their session had seen a written "        \
                       "version."),                                                                \
        SIM_ROW(.name = "again_reads_violated", .kind = SIM_COUNTER, .unit = "requests",           \
                .offset = offsetof(type, member.again_violated), .flags = SIM_WORSE_HIGH,          \
                .doc = "Such reads that returned an older version than was seen before."),         \
        SIM_ROW(.name = "monotonic_reads_violations", .kind = SIM_RATIO, .unit = "1",              \
                .of = "again_reads_violated", .by = "again_reads",                                 \
                .flags = SIM_SHARE | SIM_WORSE_HIGH,                                               \
                .doc = "Share of the reads of what a session had seen that went back in time.")

#endif
