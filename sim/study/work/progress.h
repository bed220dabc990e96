/* progress.h - the progress bar of a long run on a terminal. */
#ifndef SIM_STUDY_PROGRESS_H
#define SIM_STUDY_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

struct sim_progress_state {
    double done_s, total_s; /* simulated seconds over all runs */
    double events;          /* events so far */
    double elapsed_s;       /* of wall clock */
    uint32_t finished, runs;
};

/* Writes the line for a terminal with `columns` columns, without line end, to `line`. */
void sim_progress_line(const struct sim_progress_state *, int columns, char *line, size_t bytes);
/* Draws the bar on standard error, over the previous one. */
void sim_progress_draw(const struct sim_progress_state *);
/* Clears the bar. */
void sim_progress_clear(void);

#endif
