/* directory_lock.h - a lock for the moments in which an output directory is put in place or its
 * store is opened. Taking it waits, because it is held only briefly. The lock is on the parent
 * directory, because the directory itself may not exist yet, or may be exchanged meanwhile. */
#ifndef SIM_STUDY_DIRECTORY_LOCK_H
#define SIM_STUDY_DIRECTORY_LOCK_H

/* `dir` is absolute. Returns what sim_directory_unlock() takes; -1 if the file system cannot lock,
 * and the caller goes on without a lock. */
int sim_directory_lock(const char *dir);
void sim_directory_unlock(int lock);

#endif
