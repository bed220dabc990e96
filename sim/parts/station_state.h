/* station_state.h - the inside of a station, for station.c and the rules in discipline.c. */
#ifndef SIM_PARTS_STATION_STATE_H
#define SIM_PARTS_STATION_STATE_H

#include "fabric/call_state.h"
#include "sim/station.h"
#include "sim/table.h"

/* What the audit finds by walking a station's jobs and queue. `strangers` wait there though the
 * node does not have them in hand. */
struct sim__station_walked {
    int64_t at_work, waiting, strangers;
};
struct sim__station_walked sim__station_walk(const struct sim_station *);
/* Every station is a part of this kind. */
extern const struct sim_part_kind sim__station_part;
static inline struct sim_station *sim__station_of(struct sim_part *part)
{
    return (struct sim_station *)((char *)part - offsetof(struct sim_station, part));
}

/* A piece of the node's own work. In the station it is a call record without a caller, whose .self
 * is this; so every discipline treats it as it treats calls. */
struct sim__own_job {
    struct sim__own_job *older, *newer; /* of the same station */
    struct sim_station *station;
    sim_call_id record;
    sim_fn *fn;
    sim_arg arg;
    sim_time demand;
    uint32_t job; /* 1 + index of its job; 0: it has not begun */
};

/* What is counted of each class of it, for the audit. */
struct sim__own_class {
    uint64_t submitted, done, withdrawn, lost;
    struct sim_gauge in_hand;
    sim_area time; /* sum of the times in hand of what is over, ns */
};

struct sim_own_work {
    void (*lose)(struct sim_station *); /* at a crash */
    sim_job_fn *start, *worked;         /* the model's, for calls */
    int64_t waiting;
    struct sim__own_job *newest;
    struct sim_table_pool pool;
    struct sim__own_class *classes[256]; /* NULL: none came yet */
};

static inline bool sim__is_own(const struct sim__call *record)
{
    return record->from == NULL;
}
static inline struct sim__own_job *sim__own_of(const struct sim__call *record)
{
    return record->self;
}
/* Adds to the number of own jobs in the queue. */
static inline void sim__own_waits(struct sim_station *s, const struct sim__call *record, int change)
{
    if (sim__is_own(record))
        s->own->waiting += change;
}
/* The calls in the queue, which alone count for its limit. */
static inline int64_t sim__calls_queued(const struct sim_station *s)
{
    return s->own != NULL ? s->queued - s->own->waiting : s->queued;
}

/* What the audit finds of own work: whether every class of it is accounted for, its number is that
 * of the records, and the area under it is the sum of the times in hand (Little's law). NULL: it
 * is; else what is not, with the two numbers that differ. */
const char *sim__own_work_check(const struct sim_station *, double *expected, double *observed);

/* Whether a histogram of a node is in its model's table of meters, from which it is made. If not,
 * the world is refused, for "the model …: <what> whose meters stand in no table". */
bool sim__station_metered(struct sim_node *, const struct sim_histogram *, const char *what,
                          const char *rows);
/* Makes more jobs. False when out of memory: the simulation is then marked failed. */
bool sim__station_grow(struct sim_station *);
/* Puts off a call that finds no room: it arrives `again` at the end of the instant, when everything
 * that ends in it has ended, and only then it is turned away. Returns true. */
bool sim__station_put_off(struct sim_station *, sim_call_id);
/* Takes in a call or a record of own work. As sim_station_arrive(). */
bool sim__station_admit(struct sim_station *, sim_call_id, bool again);
/* Takes a call or a record of own work out of the station, without an answer. `job`: 1 + the index
 * of its job; 0: it has not begun. */
void sim__station_remove(struct sim_station *, struct sim__call *, uint32_t job);
/* Puts a job back into the free list. */
static inline void sim__station_free_job(struct sim_station *s, uint32_t job)
{
    s->jobs[job] = (struct sim_job){.next = s->free_job};
    s->free_job = job + 1;
}
/* Brings the gauge of servers up to date. */
void sim__station_capacity(struct sim_station *);

/* Takes a free job for a call; SIM__NO_JOB when out of memory. */
#define SIM__NO_JOB UINT32_MAX
static inline uint32_t sim__station_job(struct sim_station *s, sim_call_id call)
{
    if (__builtin_expect(s->free_job == 0, 0) && !sim__station_grow(s))
        return SIM__NO_JOB;
    uint32_t job = s->free_job - 1;
    s->free_job = s->jobs[job].next;
    s->jobs[job] = (struct sim_job){.call = call};
    return job;
}

/* Gives a server to a call that has waited. */
static inline void sim__station_start(struct sim_station *s, sim_call_id call, sim_time waited)
{
    uint32_t job = sim__station_job(s, call);
    if (job == SIM__NO_JOB)
        return;
    sim_gauge_add(&s->busy, sim_now(s->node->sim), 1);
    sim_histogram_record(&s->wait, waited);
    s->start(s->node, s, job);
}

/* The functions of a station with rules, which replace those of station.c. The state of its rules
 * begins with the address of this table. */
struct sim__discipline_table {
    bool (*arrive)(struct sim_station *, sim_call_id, bool again);
    void (*work)(struct sim_station *, uint32_t job, sim_time duration);
    void (*next)(struct sim_station *); /* a job was freed while .queued > 0 */
    void (*clear)(struct sim_station *);
    void (*resize)(struct sim_station *, int64_t servers);
    /* adds the waiting calls to what was found of the jobs */
    void (*walk)(const struct sim_station *, struct sim__station_walked *);
    void (*slow)(struct sim_station *, double times);
    void (*remove)(struct sim_station *, struct sim__call *, uint32_t job);
    void (*unwanted)(struct sim_station *, sim_call_id);
    bool (*grow)(struct sim_station *); /* makes as many records of work as there are jobs */
};

static inline const struct sim__discipline_table *sim__rules_of(const struct sim_station *s)
{
    return *(const struct sim__discipline_table *const *)s->more;
}

/* The state of CoDel; .target and .interval are parameters, the rest starts at zero. */
struct sim__codel {
    sim_time target, interval;
    sim_time first_above, drop_next;
    uint32_t count, last_count;
    bool dropping;
    bool passes, law; /* for the next request: it passes; the law continues if it is late too */
};

/* Whether a request that reaches a server after a wait is turned away; `last`: no other request
 * waits. */
bool sim__codel_drops(struct sim__codel *, sim_time now, sim_time waited, bool last);
/* No request is left to reach a server. */
void sim__codel_empty(struct sim__codel *);

#endif
