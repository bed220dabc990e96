/* gnuplot.h - draws figures by running gnuplot. */
#ifndef SIM_REPORT_GNUPLOT_H
#define SIM_REPORT_GNUPLOT_H

#include "study/work/work_session.h"

#include <stdio.h>

enum sim_gnuplot_result {
    SIM_GNUPLOT_DRAWN,
    SIM_GNUPLOT_MISSING,     /* there is no gnuplot to run */
    SIM_GNUPLOT_FAILED,      /* at least one figure was not drawn; said on `complaints` */
    SIM_GNUPLOT_INTERRUPTED, /* by ^C; the gnuplots were ended */
};

/* Draws each of DIR/NAME.gp to DIR/NAME.format, `jobs` at a time: gnuplot is started without a
 * shell, in DIR, writes to a temporary file, and that is renamed when it is whole. */
enum sim_gnuplot_result sim_gnuplot_draw(struct sim_work_session *, const char *dir,
                                         const char *const *names, uint32_t count,
                                         const char *format, unsigned jobs, FILE *complaints);

#endif
