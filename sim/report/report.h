/* report.h - the outputs of a study: a summary, series, figures, and a table for people. */
#ifndef SIM_REPORT_REPORT_H
#define SIM_REPORT_REPORT_H

#include "study/estimates/compare.h"
#include "study/search/until.h"
#include "study/study.h"

#include <stdio.h>

/* Which series are written. Unless a case asks for all series, series.csv has at most 20 MB: only
 * the first cases, the first replications of each, and `windows` windows merged into a row. */
struct sim_series_kept {
    uint32_t cases, replications;
    uint32_t windows; /* 0: no series.csv is written */
};

/* The input of all writers; they own none of it. */
struct sim_report {
    const struct sim_scenario *scenario;
    const struct sim_runs *runs;
    const struct sim_aggregate *aggregates; /* one per case of runs */
    const struct sim_verdict *verdicts;
    uint32_t verdict_count;
    struct sim_series_kept series;
    bool sweep;                /* the cases are cells of a sweep */
    const char *figure_format; /* "svg", "pdf", "png" */
    /* all variants of the file in order, including those not run, because their order fixes the
     * colours; NULL: those of the scenario */
    const char *const *all_variants;
    uint32_t all_variant_count;
    const struct sim_until *until; /* NULL: no --until */
    const struct sim_until_end *until_end;
    /* the options of the command line, so that a reader can repeat the command */
    const char *command; /* "run", "sweep"; NULL: not written */
    const char *const *asked_variants;
    size_t asked_variant_count; /* 0: all */
    const struct sim_set *sets;
    size_t set_count;
};

/* summary.json; members may be added later. */
void sim_summary_write(const struct sim_report *, FILE *);

/* Begins the document of a result: opens an object and writes the program's version and the
 * scenario's name, title, hash and seed. */
struct sim_json;
void sim_summary_begin(struct sim_json *, FILE *, const struct sim_scenario *);
/* Writes the members "values" and "needed" if there are too few values for an interval
 * (sample_size.h). */
void sim_summary_too_few(struct sim_json *, const struct sim_estimate *);

/* Prints the parts of the latency at the 99th percentile: a paragraph for each case, for the source
 * that sends most. Part of sim_overview_print(). */
void sim_latency_parts_print(const struct sim_report *, unsigned columns, FILE *);

/* trace.json: the traced requests of each case's first replication. 0, or -1 when out of memory. */
int sim_trace_write(const struct sim_report *, FILE *);

/* series.csv: variant,replication,t_s,component,meter,stat,unit,value; t_s is the start of a row's
 * first window, and value is empty where nothing was observed. For several merged windows it is the
 * greatest value for max, peak and percentiles (an upper bound for all of them together), the least
 * value for min, and for all others the mean over the windows with an observation; for a latency or
 * a ratio this mean is not weighted by the number of requests. 0, or -1 when out of memory. */
int sim_series_write(const struct sim_report *, FILE *);
/* Decides what fits: every case keeps as many replications as fit; if not even one fits, as few
 * windows as possible are merged; if that is not enough, the last cases are left out. O(series of
 * all runs); up to 20 MB are formatted, again for each doubling of the merged windows. */
struct sim_series_kept sim_series_keep(const struct sim_runs *);
/* Whether series.csv leaves something out; false if none is written. */
bool sim_series_left_out(const struct sim_report *);
/* Prints what is left out; nothing if it is complete. */
void sim_series_left_out_print(const struct sim_report *, FILE *);

/* What `weir run` prints, in `columns` columns; marks are coloured if `colour`. `place` is the
 * directory of the results; NULL: none. */
void sim_overview_print(const struct sim_report *, const char *place, unsigned columns, bool colour,
                        FILE *);

/* Prints a line about the worst case if a warm-up is too short (mser.h). */
void sim_warmups_print(const struct sim_report *, FILE *);

/* What `weir compare` prints, and comparison.json (`--json`). */
void sim_comparison_print(const struct sim_report *, const struct sim_comparison *,
                          unsigned columns, FILE *);
void sim_comparison_write(const struct sim_report *, const struct sim_comparison *, FILE *);
/* Prints a line about what --until reached; nothing without --until. */
void sim_comparison_until(const struct sim_report *, FILE *);

/* The parts of the overview, and of summary.json, about the closed form of each station. */
void sim_theory_print(const struct sim_report *, unsigned columns, bool colour, FILE *);
void sim_theory_write(struct sim_json *, const struct sim_report *, uint32_t at);

/* True when every expectation held; when every audit held. */
bool sim_report_claims_held(const struct sim_report *);
bool sim_report_audit_held(const struct sim_report *);

/* Whether a figure can be drawn from these cases: curves need a sweep, other kinds must have
 * none. */
bool sim_report_draws(const struct sim_report *, const struct sim_figure *);
/* Writes the figure's data and the gnuplot program that draws it from NAME.csv in the same folder.
 * 0; 1 when there is nothing to draw and the caller must delete both files; -1 when out of
 * memory. */
int sim_figure_write(const struct sim_report *, const struct sim_figure *, FILE *csv, FILE *gp);

#endif
