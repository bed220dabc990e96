/* series.c - series.csv, tidy: one value a line. */
#include "report/report.h"

#include "report/number.h"

static void write_one(FILE *out, const char *variant, uint32_t replication,
                      const struct sim_record *record, const struct sim_series *series)
{
    for (uint32_t w = 0; w < record->windows; w++) {
        double start_s = (double)(record->interval * w) / 1e9;
        sim_number_field(out, variant);
        fprintf(out, ",%u,%s,", replication, sim_number_csv(start_s).s);
        fprintf(out, "%s,%s,%s,%s,%s\n", series->component, series->meter, series->stat,
                series->unit, sim_number_csv(series->values[w]).s);
    }
}

void sim_series_write(const struct sim_report *report, FILE *out)
{
    const struct sim_runs *runs = report->runs;
    fputs("variant,replication,t_s,component,meter,stat,unit,value\n", out);
    for (uint32_t at = 0; at < runs->case_count; at++) {
        for (uint32_t r = 0; r < runs->replications; r++) {
            const struct sim_record *record = sim_runs_record(runs, at, r);
            for (uint32_t i = 0; record && i < record->series_count; i++)
                write_one(out, runs->cases[at].name, r, record, &record->series[i]);
        }
    }
}
