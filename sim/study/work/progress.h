/* progress.h - the bar a long run draws on a terminal. The only place that sees a wall clock. */
#ifndef SIM_STUDY_PROGRESS_H
#define SIM_STUDY_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

struct sim_progress_state {
    double done_s, total_s; /* simulated seconds over all runs */
    double events;          /* run so far */
    double elapsed_s;       /* of wall clock */
    uint32_t finished, runs;
};

/* The line of text for a terminal `columns` wide, without line end, into `line`. */
void sim_progress_line(const struct sim_progress_state *, int columns, char *line, size_t bytes);
/* Draws it on standard error over the one before. */
void sim_progress_draw(const struct sim_progress_state *);
/* Takes it away again. */
void sim_progress_clear(void);

#endif
