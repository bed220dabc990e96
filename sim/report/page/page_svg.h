/* page_svg.h - a figure's SVG made fit to stand in a page among others. */
#ifndef SIM_REPORT_PAGE_SVG_H
#define SIM_REPORT_PAGE_SVG_H

#include <stddef.h>
#include <stdio.h>

/* Writes an SVG file's text as an <svg> element of HTML. Its ids and what refers to them get the
 * prefix "f<number>-". What a figure does not need is left out: scripts, style sheets, handlers,
 * links to elsewhere, and titles (gnuplot's are its commands). `label` is the id of the element
 * that names it. 0, or -1 when the text is no whole SVG; what was written is worth nothing then. */
int sim_page_svg(const char *text, unsigned number, const char *label, FILE *out);

#endif
