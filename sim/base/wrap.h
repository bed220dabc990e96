/* wrap.h - text broken into lines. */
#ifndef SIM_BASE_WRAP_H
#define SIM_BASE_WRAP_H

#include <stdio.h>

/* The width of a text in columns, counted as code points. */
unsigned sim_wrap_width(const char *text);
/* Prints a text, broken at spaces into lines of at most `columns` columns, and ends the last line.
 * The cursor is at column `at` already; the following lines begin at column `indent`. */
void sim_wrap_print(FILE *, const char *text, unsigned indent, unsigned at, unsigned columns);

#endif
