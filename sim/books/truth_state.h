/* truth_state.h - making the commits of a keyspace. */
#ifndef SIM_BOOKS_TRUTH_STATE_H
#define SIM_BOOKS_TRUTH_STATE_H

#include "base/blocks.h"
#include "sim/truth.h"

/* The commits of a keyspace, in the owner's blocks. NULL when out of memory. */
struct sim_commits *sim__commits_new(struct sim_blocks *, uint64_t keys);

#endif
