/* signal_watch.h - the watch for ^C: a command that is told to end has ended within a second.
 *
 * SIGINT, SIGTERM and SIGHUP go to a thread of their own, so that they are seen whatever the others
 * do: read a file, make a world, write to a full pipe, wait for a disk. The first one ends the
 * children (gnuplots) and asks the session, if there is one, to end and to keep what is finished.
 * When that takes too long, when a second one comes, or when there is no session and so nothing to
 * keep, the process is ended at once: the store holds whole runs at any moment, and a directory of
 * results is put in place whole. A hang-up that the caller has set to be ignored (nohup) is. */
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
    pthread_mutex_t lock; /* over all below */
    struct sim_work_session *session;
    const char *kept_in; /* where finished runs are; NULL: nowhere */
    char unfinished[SIM_WATCH_PATH_BYTES];
    pid_t children[SIM_WATCH_CHILDREN]; /* 0: no child */
    int status;                         /* of the process when it is ended at once */
    bool runs, silent, signalled, over;
};

/* Begins to watch, before the process has any other thread. `silent`: another process says that it
 * was interrupted. When no thread can be had, signals end the process as usual. The caller ends it
 * with sim_watch_end(), where its struct stays until then. */
void sim_watch_begin(struct sim_watch *, int status, bool silent);
void sim_watch_end(struct sim_watch *);

/* From now on this session is asked first. `kept_in`: the directory of the store, for the message;
 * it must outlive the session; NULL: nothing is kept. The session's end releases it.
 * `watch` may be NULL in both: nobody asks. */
void sim_watch_session(struct sim_watch *, struct sim_work_session *, const char *kept_in);
void sim_watch_release(struct sim_watch *);

/* A file that is not worth keeping unless it is finished: it is removed when the process is ended
 * at once. NULL: there is none any more. */
void sim_watch_unfinished(struct sim_watch *, const char *path);

/* A child that leads its process group: it and its group are killed by the first signal, and at
 * once when that has come already. sim_watch_child_over() forgets it. `watch` may be NULL. */
void sim_watch_child(struct sim_watch *, pid_t);
void sim_watch_child_over(struct sim_watch *, pid_t);

#endif
