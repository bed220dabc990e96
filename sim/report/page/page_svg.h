/* page_svg.h - adapts a figure's SVG for a page with several figures. */
#ifndef SIM_REPORT_PAGE_SVG_H
#define SIM_REPORT_PAGE_SVG_H

#include <stddef.h>
#include <stdio.h>

/* Writes an SVG file's text as an <svg> element of HTML. Ids and references to them get the prefix
 * "f<number>-". Parts that a figure does not need are left out: scripts, style sheets, handlers,
 * links to elsewhere, and titles (gnuplot's are its commands). `label` is the id of the element
 * that names it. 0, or -1 when the text is not a complete SVG; the output is then useless. */
int sim_page_svg(const char *text, unsigned number, const char *label, FILE *out);

#endif
