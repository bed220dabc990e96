/* session.h - what a command keeps for as long as it works: the libuv loop and the watch for ^C.
 *
 * The first SIGINT, SIGTERM or SIGHUP asks: what runs is ended, what is finished is kept. The
 * second is not caught and ends the process as usual. */
#ifndef SIM_STUDY_SESSION_H
#define SIM_STUDY_SESSION_H

#include "sim/types.h"

#include <uv.h>

enum { SIM_SESSION_SIGNALS = 3 };

struct sim_session {
    uv_loop_t loop;
    uv_signal_t signals[SIM_SESSION_SIGNALS];
    bool interrupted;
    /* called once, from the loop, when a signal comes in; NULL: nobody to tell */
    void (*on_interrupt)(void *self);
    void *self;
};

/* 0, or -1 with the reason. The caller closes it with sim_session_close(). */
int sim_session_open(struct sim_session *, struct sim_error *);
void sim_session_close(struct sim_session *);

/* Takes in signals that came while the loop did not run. True when there was one, now or before. */
bool sim_session_interrupted(struct sim_session *);

#endif
