/* cost.h - the bill of a study: printed, and in summary.json. */
#ifndef SIM_REPORT_COST_H
#define SIM_REPORT_COST_H

#include "report/json_stream.h"
#include "report/report.h"

/* Prints the bill of every case that has one: by hour, month and million requests, for each line
 * item and cause. */
void sim_cost_print(const struct sim_report *, unsigned columns, FILE *);
/* Writes the bill as the member "cost" of a case; nothing without prices. */
void sim_cost_write(struct sim_json *, const struct sim_report *, uint32_t at);

#endif
