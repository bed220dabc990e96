/* threads.h - threads that run jobs, and the loop that collects the results. Nothing outside
 * sim/study includes it. A worker makes a world, runs it and passes the result to the loop's
 * thread. That thread delivers it: into the runs and the store (replicate.c), or to rank 0
 * (team.c). */
#ifndef SIM_STUDY_THREADS_H
#define SIM_STUDY_THREADS_H

#include "study/runs/record_blob.h"
#include "study/study.h"

#include <stdatomic.h>

struct sim__job {
    uint32_t at, replication;
    const struct sim_case *it;
};

/* A finished job: the run, and its packed record if .pack is set. */
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
    atomic_llong reached; /* simulated time of the current run, ns */
    atomic_ullong events; /* events of the current run */
};

struct sim__threads {
    /* set by the owner */
    uint64_t seed;
    uint32_t trace; /* as in struct sim_replicate_options */
    unsigned jobs;  /* threads wanted */
    bool progress, metrics_only, pack;
    double total_s; /* simulated time of all jobs, for the bar */
    uint32_t total;
    void *self;
    /* Gets the next job; called with the lock held. False: none now. Workers then end if `last_job`
     * is true, else they wait for sim__threads_feed(). */
    bool (*take)(void *self, struct sim__job *);
    /* Delivers a chain of finished jobs, which it then owns; called by the loop's thread. 0, or -1:
     * the loop ends. */
    int (*deliver)(void *self, struct sim__done *);
    /* If not NULL, called every millisecond by the loop's thread. False: the loop ends. */
    bool (*poll)(void *self);
    /* True: results may still come from other processes, so the loop goes on without workers. May
     * be NULL. */
    bool (*waits)(void *self);
    /* private to threads.c */
    struct sim__worker *workers;
    unsigned started;
    uv_mutex_t lock; /* protects the next seven members */
    uv_cond_t fed;
    bool last_job;
    unsigned alive;
    struct sim__done *done, **done_end;
    double done_s, done_events;
    uint32_t done_count;
    atomic_bool cancel;
    bool failed;
    uv_async_t ended; /* sent when a worker ends or a job is finished */
    uv_timer_t tick, poll_tick;
    uint64_t start_ms;
};

/* Runs until all jobs are done or the session is interrupted. 0, or -1: delivering failed, which
 * has given the reason, or the reason is in *error. */
int sim__threads_run(struct sim_work_session *, struct sim__threads *, struct sim_error *);
/* Called by the loop's thread: there are new jobs, or (`last`) there will be no more. */
void sim__threads_feed(struct sim__threads *, bool last);
/* Counts a job that another process did. */
void sim__threads_count(struct sim__threads *, const struct sim__done *);
void sim__done_free(struct sim__done *); /* a chain */

#endif
