/* output.h - the output directory. It is complete at any moment, and only files that weir wrote and
 * nobody changed are replaced or removed. DIR/manifest.json lists them (manifest.h). Results are
 * written into a temporary directory, DIR.tmp-PID, and the two are exchanged by one rename. A
 * process killed before it leaves the old result in DIR; after it, the new one. Files of others are
 * in both directories at the exchange, by hard links. If an exchange is impossible (exchange.c says
 * when), files are moved into DIR one by one, and files of others are not touched; if the process
 * is killed meanwhile, the next one that opens DIR finishes the work. The next process also removes
 * leftovers of a killed one. */
#ifndef SIM_REPORT_OUTPUT_H
#define SIM_REPORT_OUTPUT_H

#include "report/manifest.h"
#include "sim/types.h"

#include <stdio.h>

enum { SIM_OUTPUT_PATH_BYTES = 4096 };

struct sim_output {
    char dir[SIM_OUTPUT_PATH_BYTES]; /* absolute */
    /* where results are written: beside DIR or inside it */
    char temporary[SIM_OUTPUT_PATH_BYTES];
    struct sim_manifest planned; /* all files that may be written */
    const char *const *inputs;   /* as in the plan; used only by sim_output_open() */
    /* on the temporary directory, held while this process lives */
    int lock;
    FILE *file;                       /* the file being written; one at a time */
    char path[SIM_OUTPUT_PATH_BYTES]; /* path of that file */
    const char *name;                 /* of that file, relative to DIR */
    bool inside;                      /* the temporary is in DIR */
    /* DIR cannot be exchanged, and its files are replaced */
    bool in_place;
    bool made, marked; /* whether this process made DIR, and the mark in it */
    bool holds_whole;  /* DIR has a complete result */
};

/* The files that a command may write, so that conflicts are found before anything is simulated. */
struct sim_output_plan {
    const char *files[5];       /* in DIR; ends with NULL */
    const char *const *figures; /* names without extension; each may be drawn */
    size_t figure_count;
    const char *format;
    const char *const *inputs; /* paths of the command's inputs; ends with NULL. NULL: none */
};

enum sim_output_problem {
    SIM_OUTPUT_FINE,
    /* DIR is not a directory or not weir's, or a file of others or an input is in the way, or its
     * name is too long */
    SIM_OUTPUT_REFUSED,
    SIM_OUTPUT_FAULT, /* it cannot be written */
};

/* Makes DIR and its parents if they do not exist, marks it as weir's, and makes the temporary
 * directory with its folder figures/. On a problem, nothing is changed. */
enum sim_output_problem sim_output_open(struct sim_output *, const char *dir,
                                        const struct sim_output_plan *, struct sim_error *);

/* Opens a planned file of the temporary directory for writing. NULL with the reason. */
FILE *sim_output_file(struct sim_output *, const char *name, struct sim_error *);
/* Closes it: flushed, checked and synced to disk. 0, or -1 with the reason. */
int sim_output_file_end(struct sim_output *, struct sim_error *);
/* Removes a file of the temporary directory. */
void sim_output_drop(struct sim_output *, const char *name);

/* Replaces weir's files in DIR by the new ones. `whole`: they contain all requested runs. 0, or -1
 * with the reason, which says whether DIR is unchanged. Ends the output in both cases. */
int sim_output_commit(struct sim_output *, bool whole, struct sim_error *);
/* Ends the output without changing DIR. A store in DIR must be closed before. */
void sim_output_abandon(struct sim_output *);

/* ---- for commands that work on a directory of results, and add files to it ------------------- */

/* Finishes putting results into DIR after a process was killed. 0, or -1 with the reason. */
int sim_output_heal(const char *dir, struct sim_error *);
/* Checks whether some of the names, relative to DIR, are files that weir did not write or that were
 * changed. */
enum sim_output_problem sim_output_check(const char *dir, const char *const *names, size_t count,
                                         struct sim_error *);
/* Adds names to the manifest of DIR, if it has one. Call it before the files are written, so that
 * they are known even if the process is killed. 0, or -1 with the reason. */
int sim_output_list(const char *dir, const char *const *names, size_t count, struct sim_error *);
/* After the files were written: records their contents, and removes names of missing files. */
void sim_output_settle(const char *dir, const char *const *names, size_t count);

#endif
