/* report.h - what a study is written as: a summary, series, figures, and a table for people. */
#ifndef SIM_REPORT_REPORT_H
#define SIM_REPORT_REPORT_H

#include "study/estimates/compare.h"
#include "study/search/until.h"
#include "study/study.h"

#include <stdio.h>

/* What of the series is written, so that series.csv has 20 MB at most unless a case asks for all
 * series: the first cases, the first replications of each, and of each so many windows merged into
 * a row. */
struct sim_series_kept {
    uint32_t cases, replications;
    uint32_t windows; /* 0: no series.csv is written */
};

/* All that the writers need; none of it is theirs. */
struct sim_report {
    const struct sim_scenario *scenario;
    const struct sim_runs *runs;
    const struct sim_aggregate *aggregates; /* one per case of runs */
    const struct sim_verdict *verdicts;
    uint32_t verdict_count;
    struct sim_series_kept series;
    bool sweep;                /* the cases are cells */
    const char *figure_format; /* "svg", "pdf", "png" */
    /* all variants of the file in order, also those that were not asked for: they fix the colours;
       NULL: those of the scenario */
    const char *const *all_variants;
    uint32_t all_variant_count;
    const struct sim_until *until; /* NULL: no --until */
    const struct sim_until_end *until_end;
    /* what the command line asked for, so that a reader can ask again */
    const char *command; /* "run", "sweep"; NULL: not to be said */
    const char *const *asked_variants;
    size_t asked_variant_count; /* 0: all */
    const struct sim_set *sets;
    size_t set_count;
};

/* summary.json; more members may come. */
void sim_summary_write(const struct sim_report *, FILE *);

/* Begins the document of a result: an open object, in it what says whose it is (the program's
 * version, the scenario's name, title, hash and seed). */
struct sim_json;
void sim_summary_begin(struct sim_json *, FILE *, const struct sim_scenario *);
/* Where too few values carry no interval (sample_size.h): the members "values" and "needed". */
void sim_summary_too_few(struct sim_json *, const struct sim_estimate *);

/* Where the time goes at the 99th percentile: a paragraph for each case, of the source that sends
 * most. Part of what sim_overview_print() prints. */
void sim_latency_parts_print(const struct sim_report *, unsigned columns, FILE *);

/* trace.json: the requests kept of each case's first replication. 0, or -1 when out of memory. */
int sim_trace_write(const struct sim_report *, FILE *);

/* series.csv: variant,replication,t_s,component,meter,stat,unit,value; t_s is the start of a row's
 * first window, and value is empty where nothing was observed. Of several windows it is the
 * greatest of a max, a peak and a percentile (an upper bound of theirs all together), the least of
 * a min, and the mean of all else over the windows with an observation, which of a latency or a
 * ratio is not weighted by how many requests each had. 0, or -1 when out of memory. */
int sim_series_write(const struct sim_report *, FILE *);
/* Counts what fits: every case keeps as many replications as do; where not one does, as few windows
 * as possible are merged; where that is not enough, the last cases are left out. O(series of all
 * runs); up to 20 MB are put into text, again for each doubling of the windows merged. */
struct sim_series_kept sim_series_keep(const struct sim_runs *);
/* Whether series.csv has less than there is; false where none is written. */
bool sim_series_left_out(const struct sim_report *);
/* Says what; nothing where all is there. */
void sim_series_left_out_print(const struct sim_report *, FILE *);

/* What `weir run` prints, in `columns` columns; marks are coloured when asked. `place` is where the
 * results are, NULL: nowhere. */
void sim_overview_print(const struct sim_report *, const char *place, unsigned columns, bool colour,
                        FILE *);

/* A line when a warm-up is too short (study/mser.h): the worst case. Nothing otherwise. */
void sim_warmups_print(const struct sim_report *, FILE *);

/* What `weir compare` prints, and comparison.json (`--json`). */
void sim_comparison_print(const struct sim_report *, const struct sim_comparison *,
                          unsigned columns, FILE *);
void sim_comparison_write(const struct sim_report *, const struct sim_comparison *, FILE *);
/* What was reached with --until, in a line; nothing without. */
void sim_comparison_until(const struct sim_report *, FILE *);

/* The part of it that says which closed form applies to each station; and of summary.json. */
void sim_theory_print(const struct sim_report *, unsigned columns, bool colour, FILE *);
void sim_theory_write(struct sim_json *, const struct sim_report *, uint32_t at);

/* True when every expectation held; every audit. */
bool sim_report_claims_held(const struct sim_report *);
bool sim_report_audit_held(const struct sim_report *);

/* Whether a figure can be drawn from these cases: curves need a sweep, the others none. */
bool sim_report_draws(const struct sim_report *, const struct sim_figure *);
/* The figure's data and the gnuplot program that draws it from NAME.csv beside it. 0; 1 when there
 * is nothing to draw and what was written is to be thrown away; -1 when out of memory. */
int sim_figure_write(const struct sim_report *, const struct sim_figure *, FILE *csv, FILE *gp);

#endif
