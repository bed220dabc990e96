/* work_session.c - the libuv loop, and what wakes it. */
#include "study/work/work_session.h"

#include <stdio.h>

static void on_wake(uv_async_t *wake)
{
    struct sim_work_session *session = wake->data;
    void (*on_interrupt)(void *) = session->on_interrupt;
    session->on_interrupt = NULL;
    if (on_interrupt)
        on_interrupt(session->self);
}

int sim_work_session_open(struct sim_work_session *session, struct sim_error *error)
{
    *session = (struct sim_work_session){.watch = NULL};
    int status = uv_loop_init(&session->loop);
    if (status != 0) {
        snprintf(error->text, sizeof error->text, "cannot start the event loop: %s",
                 uv_strerror(status));
        return -1;
    }
    status = uv_async_init(&session->loop, &session->wake, on_wake);
    if (status != 0) {
        snprintf(error->text, sizeof error->text, "cannot start the event loop: %s",
                 uv_strerror(status));
        uv_loop_close(&session->loop);
        return -1;
    }
    session->wake.data = session;
    uv_unref((uv_handle_t *)&session->wake);
    return 0;
}

static void close_any(uv_handle_t *handle, void *self)
{
    (void)self;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void sim_work_session_close(struct sim_work_session *session)
{
    if (session->watch)
        session->release(session->watch);
    uv_walk(&session->loop, close_any, NULL);
    uv_run(&session->loop, UV_RUN_DEFAULT);
    uv_loop_close(&session->loop);
}

void sim_work_session_interrupt(struct sim_work_session *session)
{
    if (!atomic_exchange(&session->interrupted, true))
        uv_async_send(&session->wake);
}

bool sim_work_session_interrupted(const struct sim_work_session *session)
{
    return atomic_load(&session->interrupted);
}
