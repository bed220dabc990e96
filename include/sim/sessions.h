/* sessions.h - whether the reads of a session respect what it wrote and saw before. */
#ifndef SIM_SESSIONS_H
#define SIM_SESSIONS_H

#include "sim/fabric.h"
#include "sim/param.h"

/* What sessions wrote and saw. Their later reads are checked for read-your-writes and monotonic
 * reads (Terry et al. 1994, Session Guarantees for Weakly Consistent Replicated Data). Keys that
 * nobody has written take no memory, because no read can be older than their first version. */
struct sim_sessions {
    struct sim_session_map *map;
    /* meters; name them in the model's table with SIM_SESSION_METERS */
    struct sim_counter own, own_violated;     /* reads of keys that the session wrote; those that
                                                 were older */
    struct sim_counter again, again_violated; /* reads of keys that it saw before; those that were
                                                 older */
};

/* The versions that a read must not be older than, as of when it is sent. */
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
/* The session is over: forgets it. O(keys known of it). */
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
