/* exchange.h - puts results into the output directory; shared by output.c and exchange.c. Call
 * these functions with the directory's lock held. */
#ifndef SIM_REPORT_EXCHANGE_H
#define SIM_REPORT_EXCHANGE_H

#include "report/output.h"

/* Opens a subdirectory; a symbolic link is refused. -1 with errno. */
int sim__exchange_folder(int dir, const char *name);
/* Whether a file of this name exists; links are not followed. */
bool sim__exchange_is_there(int dir, const char *path);
/* Whether it is a mount point. */
bool sim__exchange_is_mount(int dir, const char *path);
/* Whether a directory is weir's, as shown by its manifest or by the database in its store. */
enum sim_manifest_kind sim__exchange_whose(int dir, struct sim_manifest *);

/* Finishes putting results into DIR after a process was killed, and removes its temporary files. 0,
 * or -1 with the reason. */
int sim__exchange_heal(const char *path, struct sim_error *);
/* Removes a temporary directory and the files it lists. Other files go to the directory `heir`. */
void sim__exchange_retire(const char *path, int heir);

/* Replaces DIR by the temporary directory, whose manifest will be `now`. 0; -1 with the reason: DIR
 * is unchanged; 1 with the reason: the next process that opens DIR must finish it. */
int sim__exchange_put(struct sim_output *, struct sim_manifest *now, struct sim_error *);

#endif
