/* series.c - series.csv in tidy form, one value a line, limited in size. Unless a scenario asks for
 * all series, the file has at most 20 MB. The bytes are counted before writing. Every case keeps
 * the same number of replications: as many as fit with one row for every window. If not even one
 * fits, as few windows as possible are merged into a row, and then as many replications are kept as
 * fit. If one row for a whole run is too much, the last cases are left out. */
#include "report/report.h"

#include "base/text.h"
#include "report/number.h"

#include <math.h>
#include <string.h>

#define BYTES_MOST 20000000u

static const char head[] = "variant,replication,t_s,component,meter,stat,unit,value\n";

enum merging { MEAN, GREATEST, LEAST };

static enum merging merging_of(const char *stat)
{
    if (strcmp(stat, "min") == 0)
        return LEAST;
    bool greatest = strcmp(stat, "max") == 0 || strcmp(stat, "peak") == 0 ||
                    !isnan(sim_stat_percentile(stat));
    return greatest ? GREATEST : MEAN;
}

/* The value of several windows of equal length. Windows without an observation do not count; NAN if
 * none has one. */
static double merged(const double *values, uint32_t count, enum merging merging)
{
    double sum = 0, greatest = NAN, least = NAN;
    uint32_t seen = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (isnan(values[i]))
            continue;
        sum += values[i];
        seen++;
        greatest = fmax(greatest, values[i]);
        least = fmin(least, values[i]);
    }
    if (merging == MEAN)
        return seen > 0 ? sum / seen : (double)NAN;
    return merging == GREATEST ? greatest : least;
}

/* The bytes of a row without its time and value. */
static uint64_t bytes_of_names(const char *variant, uint32_t replication,
                               const struct sim_series *s)
{
    return sim_number_field(NULL, variant) + strlen(sim_number_csv(replication).s) +
           strlen(s->component) + strlen(s->meter) + strlen(s->stat) + strlen(s->unit) +
           strlen(",,,,,,,\n");
}

/* When a row begins. All series of a run have the same rows. */
static struct sim_number start_of(const struct sim_record *record, uint32_t window)
{
    return sim_number_csv((double)(record->interval * window) / 1e9);
}

static struct sim_number value_of(const struct sim_record *record, const struct sim_series *s,
                                  uint32_t window, uint32_t windows)
{
    uint32_t left = record->windows - window, count = left < windows ? left : windows;
    return sim_number_csv(merged(s->values + window, count, merging_of(s->stat)));
}

/* Writes a series. Of a large study these rows cost more than all else of its report, so what all
 * rows have in common is put into text once. 0, or -1 when out of memory. */
static int put_series(FILE *out, const char *variant, uint32_t replication,
                      const struct sim_record *record, const struct sim_series *s, uint32_t windows)
{
    struct sim_buffer names = {0};
    sim_buffer_printf(&names, ",%s,%s,%s,%s,", s->component, s->meter, s->stat, s->unit);
    for (uint32_t w = 0; !names.failed && w < record->windows; w += windows) {
        sim_number_field(out, variant);
        fputc(',', out);
        fputs(sim_number_csv(replication).s, out);
        fputc(',', out);
        fputs(start_of(record, w).s, out);
        fwrite(names.text, 1, names.length, out);
        fputs(value_of(record, s, w, windows).s, out);
        fputc('\n', out);
    }
    int status = names.failed ? -1 : 0;
    sim_buffer_free(&names);
    return status;
}

/* The bytes of a series in a file. */
static uint64_t bytes_of_series(const char *variant, uint32_t replication,
                                const struct sim_record *record, const struct sim_series *s,
                                uint32_t windows)
{
    uint64_t bytes = 0, names = bytes_of_names(variant, replication, s);
    for (uint32_t w = 0; w < record->windows; w += windows)
        bytes += names + strlen(start_of(record, w).s) + strlen(value_of(record, s, w, windows).s);
    return bytes;
}

/* The bytes of one run; if they are more than `most`, any number above it. */
static uint64_t bytes_of_run(const struct sim_runs *runs, uint32_t at, uint32_t replication,
                             uint32_t windows, uint64_t most)
{
    const struct sim_record *record = sim_runs_record(runs, at, replication);
    uint64_t bytes = 0;
    for (uint32_t i = 0; record && i < record->series_count && bytes <= most; i++)
        bytes += bytes_of_series(runs->cases[at].name, replication, record, &record->series[i],
                                 windows);
    return bytes;
}

/* A lower bound of the bytes of one run, without formatting values. */
static uint64_t least_of_run(const struct sim_runs *runs, uint32_t at, uint32_t replication,
                             uint32_t windows)
{
    const struct sim_record *record = sim_runs_record(runs, at, replication);
    uint64_t bytes = 0, rows = record ? (record->windows + windows - 1ull) / windows : 0;
    for (uint32_t i = 0; record && i < record->series_count; i++)
        bytes += rows * bytes_of_names(runs->cases[at].name, replication, &record->series[i]);
    return bytes;
}

/* The bytes of one replication of all cases; if they are more than `most`, any number above it. */
static uint64_t bytes_of_all(const struct sim_runs *runs, uint32_t replication, uint32_t windows,
                             uint64_t most)
{
    uint64_t bytes = 0;
    for (uint32_t at = 0; at < runs->case_count && bytes <= most; at++)
        bytes += least_of_run(runs, at, replication, windows);
    if (bytes > most)
        return bytes;
    bytes = 0;
    for (uint32_t at = 0; at < runs->case_count && bytes <= most; at++)
        bytes += bytes_of_run(runs, at, replication, windows, most);
    return bytes;
}

/* Keeps as many replications of all cases as fit with `windows` windows to a row. False: not even
 * one fits. */
static bool keep_replications(const struct sim_runs *runs, uint32_t windows,
                              struct sim_series_kept *kept)
{
    uint64_t left = BYTES_MOST - strlen(head);
    bool any = false;
    *kept = (struct sim_series_kept){runs->case_count, 0, windows};
    for (; kept->replications < runs->replications; kept->replications++) {
        uint64_t bytes = bytes_of_all(runs, kept->replications, windows, left);
        if (bytes > left)
            return any;
        any = any || bytes > 0;
        left -= bytes;
    }
    return true;
}

/* Keeps as many cases as fit with one row for a whole run. */
static void keep_cases(const struct sim_runs *runs, uint32_t windows, struct sim_series_kept *kept)
{
    uint64_t left = BYTES_MOST - strlen(head);
    *kept = (struct sim_series_kept){0, 1, windows};
    for (; kept->cases < runs->case_count; kept->cases++) {
        uint64_t bytes = bytes_of_run(runs, kept->cases, 0, windows, left);
        if (bytes > left)
            return;
        left -= bytes;
    }
}

static uint32_t most_windows(const struct sim_runs *runs)
{
    uint32_t most = 1;
    for (uint32_t at = 0; at < runs->case_count; at++) {
        for (uint32_t r = 0; r < runs->replications; r++) {
            const struct sim_record *record = sim_runs_record(runs, at, r);
            most = record && record->windows > most ? record->windows : most;
        }
    }
    return most;
}

struct sim_series_kept sim_series_keep(const struct sim_runs *runs)
{
    struct sim_series_kept kept = {runs->case_count, runs->replications, 1};
    for (uint32_t at = 0; at < runs->case_count; at++)
        if (runs->cases[at].plan.all_series)
            return kept;
    if (keep_replications(runs, 1, &kept))
        return kept;
    uint32_t most = most_windows(runs), less = 1, enough = 1;
    bool fits;
    do {
        less = enough;
        enough = enough <= most / 2 ? 2 * enough : most;
        fits = keep_replications(runs, enough, &kept);
    } while (!fits && enough < most);
    if (!fits) {
        keep_cases(runs, most, &kept);
        return kept;
    }
    while (enough - less > 1) {
        uint32_t middle = less + (enough - less) / 2;
        if (keep_replications(runs, middle, &kept))
            enough = middle;
        else
            less = middle;
    }
    keep_replications(runs, enough, &kept);
    return kept;
}

bool sim_series_left_out(const struct sim_report *report)
{
    const struct sim_series_kept *kept = &report->series;
    return kept->windows > 0 &&
           (kept->cases < report->runs->case_count ||
            kept->replications < report->runs->replications || kept->windows > 1);
}

void sim_series_left_out_print(const struct sim_report *report, FILE *out)
{
    const struct sim_series_kept *kept = &report->series;
    const struct sim_runs *runs = report->runs;
    if (!sim_series_left_out(report))
        return;
    fputs("         series.csv would be over 20 MB; it has", out);
    if (kept->cases < runs->case_count)
        fprintf(out, " %u of %u variants and", kept->cases, runs->case_count);
    fprintf(out, " %u of %u replications", kept->replications, runs->replications);
    if (kept->windows > 1)
        fprintf(out,
                ", and each row is %u windows merged: the mean, of peaks and percentiles the "
                "greatest",
                kept->windows);
    fputs("; \"series\": \"all\" in \"run\" keeps all\n", out);
}

int sim_series_write(const struct sim_report *report, FILE *out)
{
    const struct sim_runs *runs = report->runs;
    const struct sim_series_kept *kept = &report->series;
    fputs(head, out);
    for (uint32_t at = 0; at < kept->cases; at++) {
        for (uint32_t r = 0; r < kept->replications; r++) {
            const struct sim_record *record = sim_runs_record(runs, at, r);
            for (uint32_t i = 0; record && i < record->series_count; i++)
                if (put_series(out, runs->cases[at].name, r, record, &record->series[i],
                               kept->windows) != 0)
                    return -1;
        }
    }
    return 0;
}
