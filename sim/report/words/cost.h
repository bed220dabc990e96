/* cost.h - the bill of a study: printed, and in summary.json. */
#ifndef SIM_REPORT_COST_H
#define SIM_REPORT_COST_H

#include "report/json_stream.h"
#include "report/report.h"

/* The bill of every case that has one: the hour, the month and a million requests, by line item and
 * by cause. */
void sim_cost_print(const struct sim_report *, unsigned columns, FILE *);
/* The same as the member "cost" of a case; nothing without prices. */
void sim_cost_write(struct sim_json *, const struct sim_report *, uint32_t at);

#endif
