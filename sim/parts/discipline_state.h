/* discipline_state.h - the state of a station's rules, for discipline.c and sharing.c. */
#ifndef SIM_PARTS_DISCIPLINE_STATE_H
#define SIM_PARTS_DISCIPLINE_STATE_H

#include "parts/station_state.h"

#define CLASSES 256

/* A doubly linked line; 0: none. Calls are linked by their index, jobs by their index + 1. */
struct line {
    uint32_t head, tail;
};

/* The work of the job of the same index. */
struct work {
    sim_time until;         /* when it ends; while it is stopped: what is left */
    double finish;          /* sharing: the virtual time of its end */
    uint64_t order;         /* sharing: decides between two that end together */
    uint32_t before, after; /* in the line of jobs at work: 1 + index */
    uint32_t place;         /* sharing: in the heap */
    uint8_t class;
    bool at_work;
};

struct sim_discipline_state {
    const struct sim__discipline_table *table; /* first: sim__rules_of() */
    struct sim_station_rules rules;
    bool shares; /* the rate of work depends on how many are at work (sharing.c) */
    struct line *waiting, *working;                            /* by class */
    uint64_t some_wait[CLASSES / 64], some_work[CLASSES / 64]; /* bits of the classes whose line is
                                                                  not empty */
    struct work *work;
    /* sharing */
    uint32_t *heap, at_work;
    double virtual_now;
    sim_time virtual_at;
    double slow; /* how many times slower virtual time goes */
    uint64_t orders;
    sim_id next_end;
    struct sim__codel codel;
    sim_job_fn *start;         /* the model's, where requests can be withdrawn from their server */
    struct sim_lane *too_long; /* of the limit of the wait; NULL: none */
    /* pauses */
    struct sim_stream pauses;
    sim_id pause;
    int64_t until_pause; /* requests to begin until the next pause */
};

/* Processor sharing (sharing.c). Virtual time must be brought to now before, and the timer of the
 * next end set after, anything that changes the rate. */
void sim__share_until_now(struct sim_station *);
void sim__share_on(struct sim_station *);
/* Puts a job among those at work, for this long at full speed. */
void sim__share_work(struct sim_station *, uint32_t job, sim_time duration);
/* Takes a job out from among those at work. */
void sim__share_stop(struct sim_station *, uint32_t job);
/* Brings the gauges up to date. */
void sim__share_gauges(struct sim_station *);

#endif
