/* gnuplot.h - draws figures by running gnuplot. */
#ifndef SIM_REPORT_GNUPLOT_H
#define SIM_REPORT_GNUPLOT_H

#include "study/work/work_session.h"

#include <stdio.h>

enum sim_gnuplot_result {
    SIM_GNUPLOT_DRAWN,
    SIM_GNUPLOT_MISSING,     /* gnuplot is not installed */
    SIM_GNUPLOT_FAILED,      /* at least one figure was not drawn; reported on `complaints` */
    SIM_GNUPLOT_INTERRUPTED, /* by ^C; all gnuplots were killed */
};

/* Draws each of DIR/NAME.gp to DIR/NAME.format, `jobs` at a time: gnuplot runs in DIR, without a
 * shell. It writes to a temporary file, which is renamed when it is complete. */
enum sim_gnuplot_result sim_gnuplot_draw(struct sim_work_session *, const char *dir,
                                         const char *const *names, uint32_t count,
                                         const char *format, unsigned jobs, FILE *complaints);

#endif
