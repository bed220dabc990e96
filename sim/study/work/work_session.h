/* work_session.h - the state of a working command: the libuv loop, and whether it was interrupted.
 * signal_watch.h interrupts it; current runs then end, and finished runs are stored. */
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
    /* called once by the loop after an interrupt; may be NULL */
    void (*on_interrupt)(void *self);
    void *self;
    struct sim_watch *watch;             /* NULL: none */
    void (*release)(struct sim_watch *); /* called with the watch when the session is closed */
};

/* 0, or -1 with the reason. The caller closes it with sim_work_session_close(). */
int sim_work_session_open(struct sim_work_session *, struct sim_error *);
void sim_work_session_close(struct sim_work_session *);

/* Interrupts the session. May be called from any thread; only the first call has an effect. */
void sim_work_session_interrupt(struct sim_work_session *);
bool sim_work_session_interrupted(const struct sim_work_session *);

#endif
