/* preamble.h - writes the syntax of gnuplot programs for figures, and of their CSV
 * (plots/README.md). */
#ifndef SIM_REPORT_PREAMBLE_H
#define SIM_REPORT_PREAMBLE_H

#include "scenario/scenario.h"

#include <stdio.h>

/* Write a quoted text; a number, NaN if it is not finite. */
void sim_preamble_quoted(FILE *gp, const char *text);
void sim_preamble_value(FILE *gp, double value);
/* Write a line NAME = value. */
void sim_preamble_text(FILE *gp, const char *name, const char *text);
void sim_preamble_number(FILE *gp, const char *name, double value);
/* Writes an array of `count` items, each written by `item`; nothing if there are none. */
typedef void sim_preamble_item(FILE *gp, const void *self, uint32_t index);
void sim_preamble_array(FILE *gp, const char *name, uint32_t count, sim_preamble_item *item,
                        const void *self);
/* Writes what every kind of figure needs: its kind, its output, its data, title and footnote. */
void sim_preamble_head(FILE *gp, const struct sim_scenario *, const char *name, const char *format,
                       const char *title, const char *subtitle);

/* Write a cell of the CSV, with the comma before it. */
void sim_preamble_cell(FILE *csv, double value);
void sim_preamble_text_cell(FILE *csv, const char *text);

#endif
