/* owned_state.h - which records belong to which node, so that a crash looks only at its own. */
#ifndef SIM_FABRIC_OWNED_STATE_H
#define SIM_FABRIC_OWNED_STATE_H

#include "sim/fabric.h"

struct sim__owned_link;
struct sim__owned {
    uint32_t *first;               /* by node; NULL: not kept, because no node can crash */
    struct sim__owned_link *links; /* by record */
    uint32_t capacity;
    uint32_t *found, found_count, found_capacity; /* the result of sim__owned_find() */
};

int sim__owned_make(struct sim_world *, struct sim__owned *); /* 0, or -1 when out of memory */
void sim__owned_free(struct sim__owned *);
/* Makes room for that many records. False when out of memory. */
bool sim__owned_reserve(struct sim__owned *, uint32_t records);
/* A record begins and belongs to this node. */
void sim__owned_put(struct sim__owned *, uint32_t record, const struct sim_node *);
enum sim__owned_fate { SIM__OWNED_OVER, SIM__OWNED_LATER, SIM__OWNED_STRUCK };
typedef enum sim__owned_fate sim__owned_state(const struct sim_world *, uint32_t record);
/* Puts the node's records that a crash strikes into .found, in the order of their numbers. Records
 * that a later crash may strike stay in the list. False when out of memory: the run fails. O(n log
 * n) in the records that the node has begun since the last crash. */
bool sim__owned_find(struct sim__owned *, const struct sim_node *, sim__owned_state *);

#endif
