/* directory_lock.h - one process at a time where an output directory is put in place or its store
 * opened.
 *
 * Held for moments only, so it waits. It is a lock on the directory above, because the one in
 * question may not be there yet, or be exchanged meanwhile. */
#ifndef SIM_STUDY_DIRECTORY_LOCK_H
#define SIM_STUDY_DIRECTORY_LOCK_H

/* `dir` is absolute. What sim_directory_unlock() takes; -1 where nothing can be locked, which goes
 * on without. */
int sim_directory_lock(const char *dir);
void sim_directory_unlock(int lock);

#endif
