/* page.h - weir report: one self-contained HTML page of a directory of results. */
#ifndef SIM_REPORT_PAGE_H
#define SIM_REPORT_PAGE_H

#include "sim/types.h"

#include <stdio.h>

enum sim_page_problem {
    SIM_PAGE_FINE,
    /* not results of weir's, damaged, or of a newer weir; or the file at `path` is not a page */
    SIM_PAGE_FOREIGN,
    SIM_PAGE_FAULT, /* cannot read, cannot write, or out of memory */
};

/* Reads DIR (summary.json, resolved.json, figures/) and writes the page to `path`, NULL: to
 * DIR/report.html; It uses a temporary file and a rename, so the page is either complete or
 * missing. Only another page of weir's is replaced. The same directory gives the same bytes,
 * whatever its path. On a problem the reason is in *error. A figure without an SVG file is reported
 * on `remarks` and on the page. */
enum sim_page_problem sim_page_make(const char *dir, const char *path, FILE *remarks,
                                    struct sim_error *);

#endif
