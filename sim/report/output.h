/* output.h - the output directory, which is whole at any moment.
 *
 * Everything is written into a sibling, DIR.tmp-PID, and the two are exchanged by one rename.
 * Killed before it, DIR holds the last good result; after it, the new one. What a killed process
 * left beside DIR is cleared away by the next. Files in DIR that are not ours are carried over. */
#ifndef SIM_REPORT_OUTPUT_H
#define SIM_REPORT_OUTPUT_H

#include "sim/types.h"

#include <stdio.h>

enum { SIM_OUTPUT_PATH_BYTES = 4096 };

struct sim_output {
    char dir[SIM_OUTPUT_PATH_BYTES];       /* absolute */
    char temporary[SIM_OUTPUT_PATH_BYTES]; /* its sibling */
    int lock;                              /* of the sibling, held while this process lives */
    FILE *file;                            /* being written; one at a time */
    char path[SIM_OUTPUT_PATH_BYTES];      /* of it */
};

enum sim_output_problem {
    SIM_OUTPUT_FINE,
    SIM_OUTPUT_FOREIGN, /* DIR holds something, but not a result of weir's: left alone */
    SIM_OUTPUT_FAULT,   /* cannot be written to */
};

/* Makes the sibling with its folder figures/, and the directories above it. */
enum sim_output_problem sim_output_open(struct sim_output *, const char *dir, struct sim_error *);

/* A file of the sibling by its relative name, to write to. NULL with the reason. */
FILE *sim_output_file(struct sim_output *, const char *name, struct sim_error *);
/* Ends it: flushed, checked and on the disk. 0, or -1 with the reason. */
int sim_output_file_end(struct sim_output *, struct sim_error *);
/* Removes a file of the sibling. */
void sim_output_drop(struct sim_output *, const char *name);

/* Puts the sibling in the place of DIR. 0, or -1 with the reason: DIR is then as it was. Ends the
 * output either way. */
int sim_output_commit(struct sim_output *, struct sim_error *);
/* Ends the output and leaves DIR as it was. */
void sim_output_abandon(struct sim_output *);

#endif
