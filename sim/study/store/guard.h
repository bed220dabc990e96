/* guard.h - one process at a time where an output directory is put in place or its store opened.
 *
 * Held for moments only, so it waits. It is a lock on the directory above, because the one in
 * question may not be there yet, or be exchanged meanwhile. */
#ifndef SIM_STUDY_GUARD_H
#define SIM_STUDY_GUARD_H

/* `dir` is absolute. What sim_guard_release() takes; -1 where nothing can be locked, which goes on
 * without. */
int sim_guard_take(const char *dir);
void sim_guard_release(int guard);

#endif
