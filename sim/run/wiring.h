/* wiring.h - connects the ports of a world's nodes. */
#ifndef SIM_RUN_WIRING_H
#define SIM_RUN_WIRING_H

#include "fabric/world_state.h"

/* Gives every port its targets, and makes the links to them. 0, or -1 when out of memory. */
int sim__ports_wire(struct sim_world *);

#endif
