/* output.h - the output directory, which is whole at any moment, and in which only files that weir
 * wrote, and that are as it wrote them, are replaced or removed.
 *
 * Which those are stands in DIR/manifest.json (manifest.h). Everything is written into a directory
 * of its own, DIR.tmp-PID, and the two are exchanged by one rename. Killed before it, DIR holds the
 * last good result; after it, the new one. Files of others are in both when they are exchanged, by
 * hard links. Where that cannot be (exchange.c says when), files are put into DIR one by one, and
 * those of others stay untouched; killed in the middle, the next to open DIR goes on. What a killed
 * process left is cleared away by the next. */
#ifndef SIM_REPORT_OUTPUT_H
#define SIM_REPORT_OUTPUT_H

#include "report/manifest.h"
#include "sim/types.h"

#include <stdio.h>

enum { SIM_OUTPUT_PATH_BYTES = 4096 };

struct sim_output {
    char dir[SIM_OUTPUT_PATH_BYTES];       /* absolute */
    char temporary[SIM_OUTPUT_PATH_BYTES]; /* where all is written: its sibling, or in it */
    struct sim_manifest planned;           /* all that may be written */
    const char *const *inputs;             /* as in the plan; only while it is opened */
    int lock;                              /* of the temporary, held while this process lives */
    FILE *file;                            /* being written; one at a time */
    char path[SIM_OUTPUT_PATH_BYTES];      /* of it */
    const char *name;                      /* of it, from DIR on */
    bool inside;                           /* the temporary is in DIR */
    bool in_place;                         /* DIR itself has to stay, and is filled */
    bool made, marked;                     /* by this process: DIR; the mark in it */
    bool holds_whole;                      /* DIR has a result of all its runs */
};

/* What a command may write, so that what is in its way is found before anything is simulated. */
struct sim_output_plan {
    const char *files[5];       /* in DIR; ends with NULL */
    const char *const *figures; /* names, without ending; each may be drawn */
    size_t figure_count;
    const char *format;
    const char *const *inputs; /* paths of what the command reads; ends with NULL. NULL: nothing */
};

enum sim_output_problem {
    SIM_OUTPUT_FINE,
    SIM_OUTPUT_REFUSED, /* DIR is no directory, or not weir's, or has another's file in the way, or
                           one that is read; or its name is too long */
    SIM_OUTPUT_FAULT,   /* cannot be written to */
};

/* Makes DIR, with all above it, unless it is there, marks it as weir's, and makes the temporary
 * with its folder figures/. On a problem, all is as it was. */
enum sim_output_problem sim_output_open(struct sim_output *, const char *dir,
                                        const struct sim_output_plan *, struct sim_error *);

/* A planned file of the temporary by its name, to write to. NULL with the reason. */
FILE *sim_output_file(struct sim_output *, const char *name, struct sim_error *);
/* Ends it: flushed, checked and on the disk. 0, or -1 with the reason. */
int sim_output_file_end(struct sim_output *, struct sim_error *);
/* Removes a file of the temporary. */
void sim_output_drop(struct sim_output *, const char *name);

/* Puts what was written in the place of what DIR holds of weir's; `whole`: of all runs that were
 * asked for. 0, or -1 with the reason, which says whether DIR is as it was. Ends the output either
 * way. */
int sim_output_commit(struct sim_output *, bool whole, struct sim_error *);
/* Ends the output and leaves DIR as it was. A store in it has to be closed before. */
void sim_output_abandon(struct sim_output *);

/* ---- for commands that work on a directory of results, and add files to it ------------------- */

/* Finishes what a killed process began to put into DIR. 0, or -1 with the reason. */
int sim_output_heal(const char *dir, struct sim_error *);
/* Whether some of the names (from DIR on) are of files that weir did not write, or not as they
 * are. */
enum sim_output_problem sim_output_check(const char *dir, const char *const *names, size_t count,
                                         struct sim_error *);
/* Enters names into DIR's list of weir's files, if it has one: before the files are written, so
 * that they are known whatever happens. 0, or -1 with the reason. */
int sim_output_list(const char *dir, const char *const *names, size_t count, struct sim_error *);
/* After they were written: enters what is in them, and takes those from the list that are not
 * there. */
void sim_output_settle(const char *dir, const char *const *names, size_t count);

#endif
