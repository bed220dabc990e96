/* exchange.h - how results come into the output directory; between output.c and exchange.c. All of
 * these are called under the directory's lock. */
#ifndef SIM_REPORT_EXCHANGE_H
#define SIM_REPORT_EXCHANGE_H

#include "report/output.h"

/* Opens a directory of a directory; a link is none. -1 with errno. */
int sim__exchange_folder(int dir, const char *name);
/* Whether there is anything of the name; a link counts as itself. */
bool sim__exchange_is_there(int dir, const char *path);
/* Whether something is mounted there. */
bool sim__exchange_is_mount(int dir, const char *path);
/* Whether a directory is weir's: by its manifest, or by the database in its store. */
enum sim_manifest_kind sim__exchange_whose(int dir, struct sim_manifest *);

/* Finishes what a killed process began to put into DIR, and clears away what it left. 0, or -1 with
 * the reason. */
int sim__exchange_heal(const char *path, struct sim_error *);
/* Removes a temporary directory: what it lists; what is DIR's too, or DIR lacks, goes there. */
void sim__exchange_retire(const char *path, int heir);

/* Puts the temporary, whose manifest is to be `now`, in the place of DIR. 0; -1 with the reason:
 * DIR is as it was; 1 with the reason: the next to open DIR has to go on. */
int sim__exchange_put(struct sim_output *, struct sim_manifest *now, struct sim_error *);

#endif
