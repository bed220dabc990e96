/* series.c - series.csv, tidy: one value a line; of what would be too large, less.
 *
 * Unless a scenario asks for all series, the file has 20 MB at most. What does not fit is left out
 * by one rule for the whole file: the last replications of every case first, down to one; where one
 * is too large still, all windows but every second, third, … one. */
#include "report/report.h"

#include "report/number.h"

#include <string.h>

#define BYTES_MOST 20e6
#define NUMBER_BYTES 16 /* at most, of a time and of a value: nine digits, sign, point, exponent */

/* At most so many bytes has a window of all series of a record. */
static double window_bytes(const struct sim_record *record, const char *variant)
{
    double bytes = 0;
    for (uint32_t i = 0; i < record->series_count; i++) {
        const struct sim_series *s = &record->series[i];
        bytes += (double)(strlen(variant) + strlen(s->component) + strlen(s->meter) +
                          strlen(s->stat) + strlen(s->unit));
    }
    return bytes + record->series_count * (2. * NUMBER_BYTES + 20); /* quotes, commas, number */
}

/* Of one replication, all cases. */
static double bytes_of(const struct sim_runs *runs, uint32_t replication)
{
    double bytes = 0;
    for (uint32_t at = 0; at < runs->case_count; at++) {
        const struct sim_record *record = sim_runs_record(runs, at, replication);
        if (record)
            bytes += record->windows * window_bytes(record, runs->cases[at].name);
    }
    return bytes;
}

struct sim_series_thinned sim_series_thin(const struct sim_runs *runs)
{
    struct sim_series_thinned t = {.replications = runs->replications, .every = 1};
    for (uint32_t at = 0; at < runs->case_count; at++)
        if (runs->cases[at].plan.all_series)
            return t;
    double first = runs->replications > 0 ? bytes_of(runs, 0) : 0, bytes = first;
    for (uint32_t r = 1; r < runs->replications; r++) {
        bytes += bytes_of(runs, r);
        if (bytes > BYTES_MOST) {
            t.replications = r;
            break;
        }
    }
    if (first > BYTES_MOST)
        t.every = (uint32_t)(first / BYTES_MOST) + 1;
    return t;
}

void sim_series_thinned_print(const struct sim_runs *runs, FILE *out)
{
    struct sim_series_thinned t = sim_series_thin(runs);
    if (t.replications == runs->replications && t.every == 1)
        return;
    fputs("         series.csv would be over 20 MB; it has", out);
    if (t.replications < runs->replications)
        fprintf(out, " %u of %u replications", t.replications, runs->replications);
    if (t.every > 1)
        fprintf(out, "%s one window of %u", t.replications < runs->replications ? " and" : "",
                t.every);
    fputs("; \"series\": \"all\" in \"run\" keeps all\n", out);
}

static void write_one(FILE *out, const char *variant, uint32_t replication,
                      const struct sim_record *record, const struct sim_series *series,
                      uint32_t every)
{
    for (uint32_t w = 0; w < record->windows; w += every) {
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
    struct sim_series_thinned t = sim_series_thin(runs);
    fputs("variant,replication,t_s,component,meter,stat,unit,value\n", out);
    for (uint32_t at = 0; at < runs->case_count; at++) {
        for (uint32_t r = 0; r < t.replications; r++) {
            const struct sim_record *record = sim_runs_record(runs, at, r);
            for (uint32_t i = 0; record && i < record->series_count; i++)
                write_one(out, runs->cases[at].name, r, record, &record->series[i], t.every);
        }
    }
}
