/* signal_watch.c - the watch for ^C: a thread that waits for signals. */
#include "study/work/signal_watch.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* chosen: a command must end within a second; this leaves time for the end itself */
#define PATIENCE_S 0.8

/* How long, in s, a session may take to store finished runs. */
static double patience_s(void)
{
    const char *text = getenv("WEIR_STOP_SECONDS");
    double seconds = text ? strtod(text, NULL) : 0;
    return seconds > 0 && seconds < 1e6 ? seconds : PATIENCE_S;
}

/* Call it while holding the lock. */
static void kill_children(const struct sim_watch *watch)
{
    for (int i = 0; i < SIM_WATCH_CHILDREN; i++)
        if (watch->children[i] != 0)
            kill(-watch->children[i], SIGKILL);
}

/* Prints the message if standard error does not block. */
static void say(const struct sim_watch *watch)
{
    char text[SIM_ERROR_TEXT_BYTES];
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    int n = watch->kept_in
                ? snprintf(text, sizeof text,
                           "weir: interrupted: what was finished is kept in %.150s/store\n",
                           watch->kept_in)
                : snprintf(text, sizeof text, "weir: interrupted\n");
    bool can = !watch->silent && poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) != 0;
    if (can && write(STDERR_FILENO, text, (size_t)n) < 0)
        return; /* no session */
}

static _Noreturn void end_process(struct sim_watch *watch)
{
    pthread_mutex_lock(&watch->lock);
    kill_children(watch);
    if (watch->unfinished[0])
        unlink(watch->unfinished);
    say(watch);
    _exit(watch->status);
}

/* Handles the first signal. False: the signal only wakes the thread because the watch ends. */
static bool take_first(struct sim_watch *watch)
{
    pthread_mutex_lock(&watch->lock);
    bool over = watch->over;
    struct sim_work_session *session = over ? NULL : watch->session;
    watch->signalled = !over;
    if (session) /* before its children are killed, so that it knows why they ended */
        sim_work_session_interrupt(session);
    if (!over)
        kill_children(watch);
    pthread_mutex_unlock(&watch->lock);
    if (!over && !session)
        end_process(watch);
    return !over;
}

static void *attend(void *self)
{
    struct sim_watch *watch = self;
    double seconds = patience_s();
    struct timespec patience = {.tv_sec = (time_t)seconds,
                                .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};
    int got;
    while (sigwait(&watch->signals, &got) != 0)
        ;
    if (!take_first(watch))
        return NULL;
    while (sigtimedwait(&watch->signals, NULL, &patience) < 0 && errno == EINTR)
        ;
    pthread_mutex_lock(&watch->lock);
    bool over = watch->over;
    pthread_mutex_unlock(&watch->lock);
    if (!over)
        end_process(watch);
    return NULL;
}

void sim_watch_begin(struct sim_watch *watch, int status, bool silent)
{
    struct sigaction hang_up;
    *watch = (struct sim_watch){.status = status, .silent = silent};
    pthread_mutex_init(&watch->lock, NULL);
    sigemptyset(&watch->signals);
    sigaddset(&watch->signals, SIGINT);
    sigaddset(&watch->signals, SIGTERM);
    if (sigaction(SIGHUP, NULL, &hang_up) != 0 || hang_up.sa_handler != SIG_IGN)
        sigaddset(&watch->signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &watch->signals, NULL); /* threads started later inherit this mask */
    watch->runs = pthread_create(&watch->thread, NULL, attend, watch) == 0;
    if (!watch->runs)
        pthread_sigmask(SIG_UNBLOCK, &watch->signals, NULL);
}

void sim_watch_end(struct sim_watch *watch)
{
    pthread_mutex_lock(&watch->lock);
    watch->over = true;
    pthread_mutex_unlock(&watch->lock);
    if (watch->runs) {
        pthread_kill(watch->thread, SIGTERM);
        pthread_join(watch->thread, NULL);
    }
    pthread_mutex_destroy(&watch->lock);
}

void sim_watch_session(struct sim_watch *watch, struct sim_work_session *session,
                       const char *kept_in)
{
    if (!watch)
        return;
    pthread_mutex_lock(&watch->lock);
    watch->session = session;
    watch->kept_in = kept_in;
    session->watch = watch;
    session->release = sim_watch_release;
    if (watch->signalled)
        sim_work_session_interrupt(session);
    pthread_mutex_unlock(&watch->lock);
}

void sim_watch_release(struct sim_watch *watch)
{
    if (!watch)
        return;
    pthread_mutex_lock(&watch->lock);
    watch->session = NULL;
    watch->kept_in = NULL;
    pthread_mutex_unlock(&watch->lock);
}

void sim_watch_unfinished(struct sim_watch *watch, const char *path)
{
    pthread_mutex_lock(&watch->lock);
    snprintf(watch->unfinished, sizeof watch->unfinished, "%s", path ? path : "");
    pthread_mutex_unlock(&watch->lock);
}

/* Replaces the entry `before` by `now`. */
static void child_set(struct sim_watch *watch, pid_t before, pid_t now)
{
    int i = 0;
    while (i < SIM_WATCH_CHILDREN && watch->children[i] != before)
        i++;
    if (i < SIM_WATCH_CHILDREN)
        watch->children[i] = now;
}

void sim_watch_child(struct sim_watch *watch, pid_t child)
{
    if (!watch)
        return;
    pthread_mutex_lock(&watch->lock);
    child_set(watch, 0, child);
    if (watch->signalled)
        kill(-child, SIGKILL);
    pthread_mutex_unlock(&watch->lock);
}

void sim_watch_child_over(struct sim_watch *watch, pid_t child)
{
    if (!watch)
        return;
    pthread_mutex_lock(&watch->lock);
    child_set(watch, child, 0);
    pthread_mutex_unlock(&watch->lock);
}
