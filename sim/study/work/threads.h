/* threads.h - threads that run jobs, and the loop that takes in what they finish. Nothing outside
 * sim/study includes it.
 *
 * A worker makes a world, runs it and hands what is left to the loop's thread, which delivers it:
 * into the runs and the store (replicate.c), or to the process that asked for it (team.c). */
#ifndef SIM_STUDY_THREADS_H
#define SIM_STUDY_THREADS_H

#include "study/runs/record_blob.h"
#include "study/study.h"

#include <stdatomic.h>

struct sim__job {
    uint32_t at, replication;
    const struct sim_case *it;
};

/* A job done: the run, and its record packed if somebody wants it so. */
struct sim__done {
    struct sim__done *next;
    struct sim__job job;
    struct sim_run run;
    struct sim_packed packed;
    double took_s; /* of wall clock */
};

struct sim__threads;

struct sim__worker {
    struct sim__threads *threads;
    uv_thread_t thread;
    atomic_llong reached; /* simulated ns of the run in hand */
    atomic_ullong events; /* of the run in hand */
};

struct sim__threads {
    /* set by the owner */
    uint64_t seed;
    uint32_t trace; /* as in struct sim_replicate_options */
    unsigned jobs;  /* threads wanted */
    bool progress, metrics_only, pack;
    double total_s; /* simulated, of all jobs; for the bar */
    uint32_t total;
    void *self;
    /* The next job, under the lock. False: none now; workers end then if `last_job` is true, else
     * they wait for sim__threads_feed(). */
    bool (*take)(void *self, struct sim__job *);
    /* Takes in a chain of what was done, from the loop's thread; owns it. 0, or -1: all ends. */
    int (*deliver)(void *self, struct sim__done *);
    /* Called every millisecond from the loop's thread, when not NULL. False: all ends. */
    bool (*poll)(void *self);
    /* More work may come back from elsewhere: the loop goes on without workers. May be NULL. */
    bool (*waits)(void *self);
    /* private to threads.c */
    struct sim__worker *workers;
    unsigned started;
    uv_mutex_t lock; /* over the seven below */
    uv_cond_t fed;
    bool last_job;
    unsigned alive;
    struct sim__done *done, **done_end;
    double done_s, done_events;
    uint32_t done_count;
    atomic_bool cancel;
    bool failed;
    uv_async_t ended; /* a worker has, or something is done */
    uv_timer_t tick, poll_tick;
    uint64_t start_ms;
};

/* Runs it until all is done or the session is interrupted. 0; -1 when delivering failed, with what
 * was said there, or with the reason in *error. */
int sim__threads_run(struct sim_work_session *, struct sim__threads *, struct sim_error *);
/* From the loop's thread: there are jobs to take, or (`last`) there will be none. */
void sim__threads_feed(struct sim__threads *, bool last);
/* Counts a job that was done elsewhere. */
void sim__threads_count(struct sim__threads *, const struct sim__done *);
void sim__done_free(struct sim__done *); /* a chain */

#endif
