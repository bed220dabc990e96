/* work_session.h - what a command keeps for as long as it works: the libuv loop, and whether it is
 * interrupted.
 *
 * signal_watch.h says who interrupts it: what runs is then ended, and what is finished is kept. */
#ifndef SIM_STUDY_WORK_SESSION_H
#define SIM_STUDY_WORK_SESSION_H

#include "sim/types.h"

#include <stdatomic.h>
#include <uv.h>

struct sim_watch;

struct sim_work_session {
    uv_loop_t loop;
    uv_async_t wake; /* wakes the loop when interrupted */
    atomic_bool interrupted;
    /* called once, from the loop, after it was interrupted; NULL: nobody to tell */
    void (*on_interrupt)(void *self);
    void *self;
    struct sim_watch *watch;             /* NULL: nobody interrupts it */
    void (*release)(struct sim_watch *); /* called with it when the session is closed */
};

/* 0, or -1 with the reason. The caller closes it with sim_work_session_close(). */
int sim_work_session_open(struct sim_work_session *, struct sim_error *);
void sim_work_session_close(struct sim_work_session *);

/* From any thread: what the session does is to end. Only the first time does anything. */
void sim_work_session_interrupt(struct sim_work_session *);
bool sim_work_session_interrupted(const struct sim_work_session *);

#endif
