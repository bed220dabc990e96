/* agenda.h - the few events that run before all others of their instant: a heap ordered by (time,
 * sequence). */
#ifndef SIM_KERNEL_AGENDA_H
#define SIM_KERNEL_AGENDA_H

#include "sim/types.h"

struct sim__agenda_event {
    sim_time time;
    uint64_t sequence;
    sim_fn *fn;
    void *self;
    sim_arg arg;
};

struct sim__agenda {
    struct sim__agenda_event *events; /* [0] is the first */
    uint32_t count, capacity;
};

/* O(log n). 0, or -1 when out of memory. */
int sim__agenda_add(struct sim__agenda *, struct sim__agenda_event);
/* Removes and returns the first event. The heap must not be empty. O(log n). */
struct sim__agenda_event sim__agenda_take(struct sim__agenda *);

#endif
