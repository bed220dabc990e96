/* session.c - the libuv loop and the watch for ^C. */
#include "study/session.h"

#include <signal.h>
#include <stdio.h>

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    struct sim_session *session = handle->data;
    if (session->interrupted)
        return;
    session->interrupted = true;
    for (int i = 0; i < SIM_SESSION_SIGNALS; i++)
        uv_signal_stop(&session->signals[i]);
    if (session->on_interrupt)
        session->on_interrupt(session->self);
}

int sim_session_open(struct sim_session *session, struct sim_error *error)
{
    static const int numbers[SIM_SESSION_SIGNALS] = {SIGINT, SIGTERM, SIGHUP};
    *session = (struct sim_session){.interrupted = false};
    int status = uv_loop_init(&session->loop);
    if (status != 0) {
        snprintf(error->text, sizeof error->text, "cannot start the event loop: %s",
                 uv_strerror(status));
        return -1;
    }
    for (int i = 0; i < SIM_SESSION_SIGNALS; i++) {
        uv_signal_t *handle = &session->signals[i];
        uv_signal_init(&session->loop, handle);
        handle->data = session;
        uv_signal_start(handle, on_signal, numbers[i]);
        uv_unref((uv_handle_t *)handle);
    }
    return 0;
}

static void close_any(uv_handle_t *handle, void *self)
{
    (void)self;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void sim_session_close(struct sim_session *session)
{
    uv_walk(&session->loop, close_any, NULL);
    uv_run(&session->loop, UV_RUN_DEFAULT);
    uv_loop_close(&session->loop);
}

bool sim_session_interrupted(struct sim_session *session)
{
    uv_run(&session->loop, UV_RUN_NOWAIT);
    return session->interrupted;
}
