/* copies.h - who holds what of whom, and where: stores say so here as keys come and go.
 *
 * A keyspace whose keys are somebody's says how many subjects there are: key k is of subject
 * k % subjects, and each subject has a home region, drawn from the subject alone. A keyspace
 * without subjects costs one branch. What is asked: copies, subjects and bytes held, by node, over
 * time; bytes held outside their subject's home; and every holder of a subject, now. */
#ifndef SIM_COPIES_H
#define SIM_COPIES_H

#include "sim/component.h"

#define SIM_NO_HOME UINT32_MAX

static inline uint64_t sim_subject_of(const struct sim_keyspace *space, uint64_t key)
{
    return key % space->subjects;
}
/* The region a subject is at home in; SIM_NO_HOME where the keyspace names none. O(regions). */
uint32_t sim_subject_home(const struct sim_keyspace *, uint64_t subject);

/* What one node holds of one keyspace that has subjects. */
struct sim_copies_of {
    uint32_t *of_subject; /* copies of each; NULL until there was one */
    int64_t copies, subjects, bytes, abroad;
};

/* Of every node whose model has a `holds` hook, in worlds with such keyspaces. */
struct sim_copies {
    struct sim_copies_of *spaces; /* by keyspace of the world */
    struct sim_gauge copies, subjects, bytes, abroad;
};

void sim__copy_change(struct sim_node *, struct sim_keyspace *, uint64_t key, int change);

/* This node has begun to hold a key, or ceased to. A key is held once by a node: a new version of
 * it is no other copy. O(regions). */
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
/* Nothing of the keyspace is held here any more. O(subjects). */
void sim_copies_cleared(struct sim_node *, struct sim_keyspace *);

/* Every node that holds a copy of a subject now, in the order of the plan: visit(self, node, space,
 * how many keys). For erasure. O(nodes). */
typedef void sim_holder_visit(void *self, struct sim_node *, const struct sim_keyspace *,
                              uint32_t copies);
void sim_copies_of_subject(struct sim_world *, const struct sim_keyspace *, uint64_t subject,
                           sim_holder_visit *, void *self);

/* ---- data that is kept whole: every key, from the start, but those deleted ------------------- */

struct sim_whole_space {
    struct sim_keyspace *space;
    uint64_t *gone; /* a bit for each key; NULL until the first is deleted */
};

/* What a database holds: all keys of the keyspaces whose requests can come to it. */
struct sim_whole {
    struct sim_node *node;
    struct sim_whole_space *spaces;
    uint32_t count;
    struct sim_gauge bytes; /* a meter. At the start keys x mean size: the sum of many sizes; and
                               where the keys are somebody's, that sum itself */
};

/* 0, or -1 when out of memory. O(subjects); O(keys) where these have subjects and drawn sizes. */
int sim_whole_init(struct sim_whole *, struct sim_node *);
/* A key was written, or deleted. O(1). */
void sim_whole_put(struct sim_whole *, const struct sim_keyspace *, uint64_t key);
void sim_whole_drop(struct sim_whole *, const struct sim_keyspace *, uint64_t key);
/* Every key there is. O(keys). */
void sim_whole_visit(const struct sim_whole *, sim_copy_visit *, void *self);

#endif
