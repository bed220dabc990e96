/* page.h - weir report: one HTML page of a directory of results, whole in itself. */
#ifndef SIM_REPORT_PAGE_H
#define SIM_REPORT_PAGE_H

#include "sim/types.h"

#include <stdio.h>

enum sim_page_problem {
    SIM_PAGE_FINE,
    SIM_PAGE_FOREIGN, /* no results of weir's, damaged, of a newer weir; or no page at `path` */
    SIM_PAGE_FAULT,   /* cannot read, cannot write, or out of memory */
};

/* Reads DIR (summary.json, resolved.json, figures/) and writes the page to `path`, NULL: to
 * DIR/report.html; by a temporary file and a rename, so that it is whole or not there. Only another
 * page of weir's is replaced. The same
 * bytes for the same directory, wherever it lies. What is wrong is in the error; a figure that is
 * not there as SVG is said on `remarks`, and on the page. */
enum sim_page_problem sim_page_make(const char *dir, const char *path, FILE *remarks,
                                    struct sim_error *);

#endif
