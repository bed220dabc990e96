/* figure.h - a figure before it is written: its cases, and its lines or bars in base units. The
 * writers of each kind fill it in; figure.c writes it as CSV and a gnuplot preamble. */
#ifndef SIM_REPORT_FIGURE_H
#define SIM_REPORT_FIGURE_H

#include "report/report.h"

enum {
    SIM_DRAWN_VARIANTS = 10,
    SIM_DRAWN_PANELS = 8,
    SIM_DRAWN_PARTS = 9,
    SIM_PARTS_SEEN = 64
}; /* limits of plots/theme.gp */

struct sim_drawn_line {
    uint32_t panel, variant, series; /* from 1; see plots/README.md */
    char label[64];
    uint32_t count;
    double *x; /* ascending */
    struct sim_estimate *y;
    double p50, p99, p999; /* ccdf: for the table in the figure; NAN: not known */
};

struct sim_drawn_variant {
    char name[96];
    uint32_t colour; /* its index in the scenario */
    uint32_t at;     /* index of the case; curves: any case of the group */
};

struct sim_drawn_panel {
    const struct sim_panel *asked;
    const char *that; /* bars: the one metric */
    char title[128];
    const char *unit; /* base unit of the values */
    struct sim_scale_range {
        double least, most; /* least positive, greatest magnitude */
    } range;
};

struct sim_drawn_part {
    const char *component, *cause;
    double weight; /* its greatest share of any bar */
};

struct sim_drawing {
    const struct sim_report *report;
    const struct sim_figure *figure;
    struct sim_drawn_variant variants[SIM_DRAWN_VARIANTS];
    uint32_t variant_count;
    uint32_t left_out; /* number of variants that do not fit */
    struct sim_drawn_panel panels[SIM_DRAWN_PANELS];
    uint32_t panel_count;
    struct sim_drawn_line *lines; /* owned */
    uint32_t line_count, line_capacity;
    double *values, *quantiles; /* room for one value per replication; owned */
    const char *x_unit;         /* curve: as printed */
    char x_label[128];
    struct sim_drawn_part parts[SIM_PARTS_SEEN]; /* attribution: as in the legend */
    uint32_t part_count;
    bool part_rest; /* the last part is the sum of all parts not shown */
    bool failed;    /* out of memory */
};

/* Adds a line, zeroed, with room for `points`. NULL when out of memory (and .failed). */
struct sim_drawn_line *sim_drawing_line(struct sim_drawing *, uint32_t panel, uint32_t variant,
                                        uint32_t series, uint32_t points);
/* Extends a panel's range to include a value. */
void sim_drawing_range(struct sim_drawn_panel *, double value);

/* The index of a variant in the file, which fixes its colour; `otherwise` if it is not there. */
uint32_t sim_drawing_colour(const struct sim_report *, const char *variant, uint32_t otherwise);

enum { SIM_SHADES_MOST = 200 };

struct sim_shade {
    double from, to;  /* s */
    uint32_t variant; /* variant it is about, from 1; 0: all */
    char label[256];  /* empty: another shade of the same timeline entry has it */
};

/* The shaded spans of a timeline, SIM_SHADES_MOST at most; the caller frees *out. Returns their
 * number; -1: out of memory. */
int sim_shaded_spans_make(const struct sim_drawing *, struct sim_shade **out);

/* Fill in .lines and the panels' units and ranges from the report. */
void sim_lines_timeline(struct sim_drawing *);
void sim_lines_ccdf(struct sim_drawing *);
void sim_lines_curve(struct sim_drawing *);
/* Chooses the parts of an attribution; writes its rows. False: there are none. */
void sim_latency_bars_choose(struct sim_drawing *);
bool sim_latency_bars_write(const struct sim_drawing *, FILE *csv);
/* Chooses the groups of cells that a curve shows instead of variants. */
void sim_lines_curve_groups(struct sim_drawing *);

#endif
