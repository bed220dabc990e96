/* copies.h - the register of copies: which node holds whose data.
 *
 * Stores report keys here when they begin or cease to hold them. A keyspace of personal data says
 * how many subjects it has: key k belongs to subject k % subjects, and each subject has a home
 * region, drawn from the subject alone. The register knows, for each node, the copies, subjects and
 * bytes held over time, the bytes held outside their subject's home region, and all present holders
 * of a subject. A keyspace without subjects costs one branch. */
#ifndef SIM_COPIES_H
#define SIM_COPIES_H

#include "sim/component.h"

#define SIM_NO_HOME UINT32_MAX

static inline uint64_t sim_subject_of(const struct sim_keyspace *space, uint64_t key)
{
    return key % space->subjects;
}
/* The home region of a subject; SIM_NO_HOME: the keyspace names none. O(regions). */
uint32_t sim_subject_home(const struct sim_keyspace *, uint64_t subject);

/* What one node holds of one keyspace with subjects. */
struct sim_copies_of {
    uint32_t *of_subject; /* copies of each subject; NULL until there is one */
    int64_t copies, subjects, bytes, abroad;
};

/* What a node holds. Only for models with a `holds` hook, in worlds that have such keyspaces. */
struct sim_copies {
    struct sim_copies_of *spaces; /* by keyspace of the world */
    struct sim_gauge copies, subjects, bytes, abroad;
};

void sim__copy_change(struct sim_node *, struct sim_keyspace *, uint64_t key, int change);

/* This node has begun, or ceased, to hold a key. A node holds a key at most once: a new version is
 * not another copy. O(regions). */
static inline void sim_copy_added(struct sim_node *n, struct sim_keyspace *space, uint64_t key)
{
    if (space->subjects != 0)
        sim__copy_change(n, space, key, 1);
}
static inline void sim_copy_removed(struct sim_node *n, struct sim_keyspace *space, uint64_t key)
{
    if (space->subjects != 0)
        sim__copy_change(n, space, key, -1);
}
/* This node holds no key of the keyspace any more. O(subjects). */
void sim_copies_cleared(struct sim_node *, struct sim_keyspace *);

/* Visits every node that holds a copy of a subject now, in the order of the plan, with the number
 * of copies. For erasure. O(nodes). */
typedef void sim_holder_visit(void *self, struct sim_node *, const struct sim_keyspace *,
                              uint32_t copies);
void sim_copies_of_subject(struct sim_world *, const struct sim_keyspace *, uint64_t subject,
                           sim_holder_visit *, void *self);

/* ---- data that is kept whole: every key, from the start, but those deleted ------------------- */

struct sim_whole_space {
    struct sim_keyspace *space;
    uint64_t *gone; /* a bit for each key that was deleted; NULL until one is */
};

/* What a database holds: all keys of the keyspaces whose requests can reach it, but those
 * deleted. */
struct sim_whole {
    struct sim_node *node;
    struct sim_whole_space *spaces;
    uint32_t count;
    struct sim_gauge bytes; /* a meter; at the start keys x mean size, or the exact sum where the
                               keyspace has subjects */
};

/* Within init(). 0, or -1 when out of memory. O(subjects); O(keys) for keyspaces that have subjects
 * and random sizes. */
int sim_whole_init(struct sim_whole *, struct sim_node *);
/* A key was written, or deleted. O(1). */
void sim_whole_put(struct sim_whole *, const struct sim_keyspace *, uint64_t key);
void sim_whole_drop(struct sim_whole *, const struct sim_keyspace *, uint64_t key);
/* Visits every key that is held. O(keys). */
void sim_whole_visit(const struct sim_whole *, sim_copy_visit *, void *self);

#endif
