/* wrap.h - text broken into lines. */
#ifndef SIM_BASE_WRAP_H
#define SIM_BASE_WRAP_H

#include <stdio.h>

/* The columns that a text takes: its code points. */
unsigned sim_wrap_width(const char *text);
/* Prints a text, broken at spaces into lines of at most so many columns, and ends the last line.
 * The first line is at column `at` already; those after it begin at `indent`. */
void sim_wrap_print(FILE *, const char *text, unsigned indent, unsigned at, unsigned columns);

#endif
