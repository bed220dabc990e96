/* copies_state.h - the register of copies, shared by copies.c and whole.c. */
#ifndef SIM_PARTS_COPIES_STATE_H
#define SIM_PARTS_COPIES_STATE_H

#include "fabric/world_state.h"
#include "sim/copies.h"

/* Enters a node into the register. 0, or -1 when out of memory. */
int sim__copies_make(struct sim_node *);
extern const struct sim_meter sim__copy_meters[];

/* What a node holds of a keyspace. */
struct sim_copies_of *sim__copies_held(const struct sim_node *, const struct sim_keyspace *);
/* Brings the node's gauges up to date after a change. */
void sim__copies_show(struct sim_node *, const struct sim_copies_of *before,
                      const struct sim_copies_of *after);
/* Whether a subject's home region is not the node's. */
bool sim__copies_abroad(const struct sim_node *, const struct sim_keyspace *, uint64_t subject);
/* Makes the counts by subject. False when out of memory: the simulation is then marked failed. */
bool sim__copies_counted(struct sim_node *, const struct sim_keyspace *, struct sim_copies_of *);

#endif
