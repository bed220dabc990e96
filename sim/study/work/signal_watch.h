/* signal_watch.h - the watch for ^C: an interrupted command ends within a second.
 *
 * A separate thread receives SIGINT, SIGTERM and SIGHUP, so that they are seen whatever the other
 * threads do: reading a file, making a world, writing to a full pipe, waiting for a disk. The first
 * signal kills the children (gnuplots) and interrupts the session, if there is one, which then
 * stores finished runs. The process is ended at once if that takes too long, if a second signal
 * comes, or if there is no session. This is safe: the store holds only complete runs at any moment,
 * and a directory of results is put in place as a whole. SIGHUP stays ignored if the caller ignores
 * it (nohup). */
#ifndef SIM_STUDY_SIGNAL_WATCH_H
#define SIM_STUDY_SIGNAL_WATCH_H

#include "study/work/work_session.h"

#include <pthread.h>
#include <signal.h>
#include <sys/types.h>

enum { SIM_WATCH_CHILDREN = 512, SIM_WATCH_PATH_BYTES = 4352 };

struct sim_watch {
    pthread_t thread;
    sigset_t signals;
    pthread_mutex_t lock; /* protects all members below */
    struct sim_work_session *session;
    const char *kept_in; /* directory of the finished runs, for the message; NULL: none */
    char unfinished[SIM_WATCH_PATH_BYTES];
    pid_t children[SIM_WATCH_CHILDREN]; /* 0: no child */
    int status;                         /* exit status when the process is ended at once */
    bool runs, silent, signalled, over;
};

/* Starts the watch; the process must not have other threads yet. `silent`: print nothing, because
 * another process prints the message. If no thread can be started, signals end the process as
 * usual. The caller ends the watch with sim_watch_end(); until then the struct must not move. */
void sim_watch_begin(struct sim_watch *, int status, bool silent);
void sim_watch_end(struct sim_watch *);

/* From now on a signal interrupts this session first. `kept_in`: the directory of the store, for
 * the message; it must outlive the session; NULL: there is no store. Closing the session calls
 * sim_watch_release(). `watch` may be NULL in both. */
void sim_watch_session(struct sim_watch *, struct sim_work_session *, const char *kept_in);
void sim_watch_release(struct sim_watch *);

/* A file that is useless until it is finished: it is removed when the process is ended at once.
 * NULL: there is no such file any more. */
void sim_watch_unfinished(struct sim_watch *, const char *path);

/* Registers a child that leads its process group. The first signal kills the group; if that signal
 * has come already, it is killed at once. sim_watch_child_over() removes it. `watch` may be
 * NULL. */
void sim_watch_child(struct sim_watch *, pid_t);
void sim_watch_child_over(struct sim_watch *, pid_t);

#endif
