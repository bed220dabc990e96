/* figure.c - writes a figure as CSV and as the gnuplot program that draws it, following
 * plots/README.md. */
#include "report/figures/figure.h"

#include "report/figures/preamble.h"
#include "report/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* plots/<name>.gp, embedded by the build. */
extern const char sim__plot_theme[], sim__plot_timeline[], sim__plot_bars[], sim__plot_ccdf[],
    sim__plot_curve[], sim__plot_attribution[];

/* ---- panels -------------------------------------------------------------------------------- */

/* The unit of a panel: on a log axis it suits the middle of the range, else the top. */
static struct sim_scale panel_scale(const struct sim_drawn_panel *panel, bool log)
{
    double most = panel->range.most, least = panel->range.least;
    double size = isfinite(most) ? (log ? sqrt(most * least) : most) : 1;
    return sim_number_scale(panel->unit, size);
}

static struct sim_scale scale_of(const struct sim_drawing *d, uint32_t panel)
{
    bool log = d->panels[panel].asked->log || d->figure->kind == SIM_FIGURE_CCDF;
    return panel_scale(&d->panels[panel], log);
}

static void panel_title(FILE *gp, const void *self, uint32_t i)
{
    sim_preamble_quoted(gp, ((const struct sim_drawing *)self)->panels[i].title);
}

static void panel_unit(FILE *gp, const void *self, uint32_t i)
{
    sim_preamble_quoted(gp, scale_of(self, i).unit);
}

static void panel_log(FILE *gp, const void *self, uint32_t i)
{
    sim_preamble_value(gp, ((const struct sim_drawing *)self)->panels[i].asked->log);
}

/* Writes whether all series of a panel are shares. For each series it looks at the first variant
 * that has it. */
static void panel_share(FILE *gp, const void *self, uint32_t i)
{
    const struct sim_drawing *d = self;
    const struct sim_drawn_panel *panel = &d->panels[i];
    uint32_t count = panel->that ? 1 : panel->asked->series_count, shares = 0;
    for (uint32_t s = 0; s < count && d->figure->kind != SIM_FIGURE_CCDF; s++) {
        const char *that = panel->that ? panel->that : panel->asked->series[s];
        for (uint32_t v = 0; v < d->variant_count; v++) {
            uint32_t at = d->variants[v].at;
            const struct sim_record *sample = sim_runs_sample(d->report->runs, at);
            uint32_t m = sample ? sim_aggregate_metric(sample, that) : UINT32_MAX;
            if (m == UINT32_MAX)
                continue;
            shares += sim_aggregate_is_share(d->report->runs, at, sample->metrics[m].component,
                                             sample->metrics[m].meter);
            break;
        }
    }
    sim_preamble_value(gp, count > 0 && shares == count);
}

static void panel_slo(FILE *gp, const void *self, uint32_t i)
{
    const struct sim_drawing *d = self;
    sim_preamble_value(gp, d->panels[i].asked->slo * scale_of(d, i).factor);
}

static void panel_slo_label(FILE *gp, const void *self, uint32_t i)
{
    const struct sim_drawn_panel *panel = &((const struct sim_drawing *)self)->panels[i];
    char text[96] = "";
    if (panel->asked->slo_label)
        snprintf(text, sizeof text, "%s", panel->asked->slo_label);
    else if (!isnan(panel->asked->slo))
        snprintf(text, sizeof text, "SLO %s", sim_number_human(panel->asked->slo, panel->unit).s);
    sim_preamble_quoted(gp, text);
}

static void write_panels(const struct sim_drawing *d, FILE *gp)
{
    bool bars = d->figure->kind == SIM_FIGURE_BARS;
    sim_preamble_number(gp, "npanels", d->panel_count);
    sim_preamble_array(gp, "panel_title", d->panel_count, panel_title, d);
    sim_preamble_array(gp, "panel_unit", d->panel_count, panel_unit, d);
    sim_preamble_array(gp, "panel_log", d->panel_count, panel_log, d);
    sim_preamble_array(gp, "panel_share", d->panel_count, panel_share, d);
    sim_preamble_array(gp, bars ? "panel_claim" : "panel_slo", d->panel_count, panel_slo, d);
    sim_preamble_array(gp, bars ? "panel_claim_label" : "panel_slo_label", d->panel_count,
                       panel_slo_label, d);
}

/* ---- variants and lines -------------------------------------------------------------------- */

static void variant_name(FILE *gp, const void *self, uint32_t i)
{
    sim_preamble_quoted(gp, ((const struct sim_drawing *)self)->variants[i].name);
}

static void variant_colour(FILE *gp, const void *self, uint32_t i)
{
    sim_preamble_value(gp, ((const struct sim_drawing *)self)->variants[i].colour);
}

static const struct sim_drawn_line *line_at(const void *self, uint32_t i)
{
    return &((const struct sim_drawing *)self)->lines[i];
}

static void line_panel(FILE *gp, const void *self, uint32_t i)
{
    sim_preamble_value(gp, line_at(self, i)->panel);
}

static void line_variant(FILE *gp, const void *self, uint32_t i)
{
    sim_preamble_value(gp, line_at(self, i)->variant);
}

static void line_series(FILE *gp, const void *self, uint32_t i)
{
    sim_preamble_value(gp, line_at(self, i)->series);
}

static void line_label(FILE *gp, const void *self, uint32_t i)
{
    sim_preamble_quoted(gp, line_at(self, i)->label);
}

static void line_p50(FILE *gp, const void *self, uint32_t i)
{
    sim_preamble_value(gp,
                       line_at(self, i)->p50 * scale_of(self, line_at(self, i)->panel - 1).factor);
}

static void line_p99(FILE *gp, const void *self, uint32_t i)
{
    sim_preamble_value(gp,
                       line_at(self, i)->p99 * scale_of(self, line_at(self, i)->panel - 1).factor);
}

static void line_p999(FILE *gp, const void *self, uint32_t i)
{
    sim_preamble_value(gp,
                       line_at(self, i)->p999 * scale_of(self, line_at(self, i)->panel - 1).factor);
}

static void part_name(FILE *gp, const void *self, uint32_t i)
{
    const struct sim_drawn_part *part = &((const struct sim_drawing *)self)->parts[i];
    char text[160];
    snprintf(text, sizeof text, "%s %s", part->component, part->cause);
    sim_preamble_quoted(gp, text);
}

static void write_lines(const struct sim_drawing *d, FILE *gp)
{
    sim_preamble_number(gp, "nvariants", d->variant_count);
    sim_preamble_array(gp, "variant_name", d->variant_count, variant_name, d);
    sim_preamble_array(gp, "variant_colour", d->variant_count, variant_colour, d);
    if (d->figure->kind == SIM_FIGURE_ATTRIBUTION) {
        sim_preamble_number(gp, "nparts", d->part_count);
        sim_preamble_array(gp, "part_name", d->part_count, part_name, d);
        sim_preamble_number(gp, "part_rest", d->part_rest);
    }
    if (d->figure->kind == SIM_FIGURE_BARS || d->figure->kind == SIM_FIGURE_ATTRIBUTION)
        return;
    sim_preamble_number(gp, "nlines", d->line_count);
    sim_preamble_array(gp, "line_panel", d->line_count, line_panel, d);
    sim_preamble_array(gp, "line_variant", d->line_count, line_variant, d);
    sim_preamble_array(gp, "line_series", d->line_count, line_series, d);
    sim_preamble_array(gp, "line_label", d->line_count, line_label, d);
    if (d->figure->kind == SIM_FIGURE_CCDF) {
        sim_preamble_array(gp, "line_p50", d->line_count, line_p50, d);
        sim_preamble_array(gp, "line_p99", d->line_count, line_p99, d);
        sim_preamble_array(gp, "line_p999", d->line_count, line_p999, d);
    }
}

/* ---- faults -------------------------------------------------------------------------------- */

static const struct sim_plan *first_plan(const struct sim_drawing *d)
{
    return &d->report->runs->cases[d->variants[0].at].plan;
}

static void fault_from(FILE *gp, const void *self, uint32_t i)
{
    sim_preamble_value(gp, ((const struct sim_shade *)self)[i].from);
}

static void fault_to(FILE *gp, const void *self, uint32_t i)
{
    sim_preamble_value(gp, ((const struct sim_shade *)self)[i].to);
}

static void fault_label(FILE *gp, const void *self, uint32_t i)
{
    sim_preamble_quoted(gp, ((const struct sim_shade *)self)[i].label);
}

static void fault_variant(FILE *gp, const void *self, uint32_t i)
{
    sim_preamble_value(gp, ((const struct sim_shade *)self)[i].variant);
}

static void write_faults(struct sim_drawing *d, FILE *gp)
{
    struct sim_shade *shades;
    int count = sim_shaded_spans_make(d, &shades);
    d->failed = d->failed || count < 0;
    uint32_t n = count > 0 ? (uint32_t)count : 0;
    bool differ = false;
    for (uint32_t i = 0; i < n; i++)
        differ |= shades[i].variant > 0;
    sim_preamble_number(gp, "nfaults", n);
    sim_preamble_array(gp, "fault_from", n, fault_from, shades);
    sim_preamble_array(gp, "fault_to", n, fault_to, shades);
    sim_preamble_array(gp, "fault_label", n, fault_label, shades);
    if (differ)
        sim_preamble_array(gp, "fault_variant", n, fault_variant, shades);
    free(shades);
}

static void write_time(struct sim_drawing *d, FILE *gp)
{
    const struct sim_plan *plan = first_plan(d);
    const struct sim_figure *figure = d->figure;
    sim_preamble_number(gp, "fig_from", isnan(figure->from) ? 0 : figure->from);
    sim_preamble_number(gp, "fig_to",
                        isnan(figure->to) ? (double)plan->duration / 1e9 : figure->to);
    if (figure->small_multiples)
        sim_preamble_text(gp, "fig_layout", "small-multiples");
    write_faults(d, gp);
}

/* ---- the preamble -------------------------------------------------------------------------- */

/* Writes the author's subtitle, then n, the level, and what is left out. */
static void write_subtitle(const struct sim_drawing *d, FILE *gp)
{
    static const char *const mark[] = {"Line", "Bar", "Line", "Point", "Bar"};
    static const char *const haze[] = {"band", "whisker", "band", "band", "in the CSV"};
    const char *own = d->figure->subtitle ? d->figure->subtitle : "";
    uint32_t n = 0, kind = d->figure->kind;
    for (uint32_t v = 0; v < d->variant_count; v++) {
        const struct sim_aggregate *a = &d->report->aggregates[d->variants[v].at];
        n = n == 0 || (a->finished > 0 && a->finished < n) ? a->finished : n;
    }
    char text[1024], more[64] = "";
    if (d->left_out > 0)
        snprintf(more, sizeof more, " The first %u variants.", d->variant_count);
    const char *space = own[0] ? " " : "";
    if (n > 1)
        snprintf(text, sizeof text, "%.700s%s%s: %s of %u replications; %s: 95 %% interval.%s", own,
                 space, mark[kind], kind == SIM_FIGURE_CCDF ? "all requests" : "mean", n,
                 haze[kind], more);
    else
        snprintf(text, sizeof text, "%.700s%sOne run (n = 1): no interval.%s", own, space, more);
    sim_preamble_text(gp, "fig_subtitle", text);
}

static void write_preamble(struct sim_drawing *d, FILE *gp)
{
    const struct sim_report *report = d->report;
    const struct sim_figure *figure = d->figure;
    char text[512];
    sim_preamble_text(gp, "fig_kind", sim_figure_kinds[figure->kind]);
    fprintf(gp, "if (!exists('fig_format')) fig_format = '%s'\n", report->figure_format);
    fprintf(gp, "if (!exists('fig_output')) fig_output = '%s.%s'\n", figure->name,
            report->figure_format);
    snprintf(text, sizeof text, "%s.csv", figure->name);
    sim_preamble_text(gp, "fig_data", text);
    sim_preamble_text(gp, "fig_title", figure->title ? figure->title : figure->name);
    write_subtitle(d, gp);
    snprintf(text, sizeof text, "weir %s · %s · scenario %s · seed %" PRIu64, WEIR_VERSION,
             report->scenario->name, report->scenario->hash, report->scenario->seed);
    sim_preamble_text(gp, "fig_footnote", text);
    write_panels(d, gp);
    write_lines(d, gp);
    if (figure->kind == SIM_FIGURE_TIMELINE)
        write_time(d, gp);
    if (figure->kind == SIM_FIGURE_BARS)
        sim_preamble_text(gp, "fig_claim_label", "bound expected by the study");
    if (figure->kind == SIM_FIGURE_CURVE) {
        sim_preamble_text(gp, "fig_xlabel", d->x_label);
        sim_preamble_text(gp, "fig_xunit", d->x_unit);
        sim_preamble_number(gp, "fig_xlog", figure->log_x);
        if (!isnan(figure->from))
            sim_preamble_number(gp, "fig_from", figure->from);
        if (!isnan(figure->to))
            sim_preamble_number(gp, "fig_to", figure->to);
    }
    if (figure->kind == SIM_FIGURE_CCDF && strcmp(d->panels[0].unit, "s") != 0)
        sim_preamble_text(gp, "fig_xlabel", "value");
    fputc('\n', gp);
    fputs(sim__plot_theme, gp);
    fputs(figure->kind == SIM_FIGURE_TIMELINE      ? sim__plot_timeline
          : figure->kind == SIM_FIGURE_BARS        ? sim__plot_bars
          : figure->kind == SIM_FIGURE_CCDF        ? sim__plot_ccdf
          : figure->kind == SIM_FIGURE_ATTRIBUTION ? sim__plot_attribution
                                                   : sim__plot_curve,
          gp);
}

/* ---- the data ------------------------------------------------------------------------------ */

static void write_line_data(const struct sim_drawing *d, uint32_t index, FILE *csv)
{
    const struct sim_drawn_line *line = &d->lines[index];
    struct sim_scale scale = scale_of(d, line->panel - 1);
    bool ccdf = d->figure->kind == SIM_FIGURE_CCDF;
    double of_x = ccdf ? scale.factor : 1, of_y = ccdf ? 1 : scale.factor;
    for (uint32_t i = 0; i < line->count; i++) {
        fprintf(csv, "%u", index + 1);
        sim_preamble_cell(csv, line->x[i] * of_x);
        sim_preamble_cell(csv, line->y[i].mean * of_y);
        sim_preamble_cell(csv, line->y[i].low * of_y);
        sim_preamble_cell(csv, line->y[i].high * of_y);
        sim_preamble_text_cell(csv, d->panels[line->panel - 1].title);
        sim_preamble_text_cell(csv, line->label);
        sim_preamble_text_cell(csv, scale.unit);
        sim_preamble_text_cell(csv, d->variants[line->variant - 1].name);
        fputc('\n', csv);
    }
}

/* Writes all lines. False: there are no points. */
static bool write_all_lines(const struct sim_drawing *d, FILE *csv)
{
    static const char *const heads[] = {"line,t_s,mean,low,high", "", "line,x,p,low,high",
                                        "line,x,mean,low,high"};
    bool some = false;
    fprintf(csv, "%s,panel,series,unit,variant\n", heads[d->figure->kind]);
    for (uint32_t i = 0; i < d->line_count; i++) {
        write_line_data(d, i, csv);
        some = some || d->lines[i].count > 0;
    }
    return some;
}

/* Makes a line for each panel's metric with one point per variant, for bars. */
static void lines_bars(struct sim_drawing *d)
{
    for (uint32_t p = 0; p < d->panel_count && !d->failed; p++) {
        struct sim_drawn_line *line = sim_drawing_line(d, p + 1, 1, 1, d->variant_count);
        for (uint32_t v = 0; line && v < d->variant_count; v++) {
            const struct sim_aggregate *a = &d->report->aggregates[d->variants[v].at];
            uint32_t m = a->sample ? sim_aggregate_metric(a->sample, d->panels[p].that)
                                   : UINT32_MAX;
            const struct sim_estimate none = {.mean = NAN, .low = NAN, .high = NAN};
            line->y[v] = m == UINT32_MAX ? none : a->metrics[m];
            if (m != UINT32_MAX)
                d->panels[p].unit = a->sample->metrics[m].unit;
            sim_drawing_range(&d->panels[p], line->y[v].mean);
            line->count = v + 1;
        }
    }
}

/* The bound that an expectation sets for a metric of a variant; NAN: none. */
static double claim_for(const struct sim_drawing *d, const char *that, uint32_t at)
{
    const struct sim_record *sample = sim_runs_sample(d->report->runs, at);
    for (uint32_t i = 0; sample && i < d->report->verdict_count; i++) {
        const struct sim_expect *e = d->report->verdicts[i].expect;
        if (d->report->verdicts[i].at != at || e->relative_to || !isnan(e->from) || !isnan(e->to) ||
            sim_aggregate_metric(sample, e->that) != sim_aggregate_metric(sample, that))
            continue;
        return !isnan(e->at_most) ? e->at_most : !isnan(e->at_least) ? e->at_least : e->equals;
    }
    return NAN;
}

static bool write_bars(const struct sim_drawing *d, FILE *csv)
{
    bool some = false;
    fputs("panel,row,value,low,high,claim,metric,unit,variant\n", csv);
    for (uint32_t p = 0; p < d->panel_count; p++) {
        struct sim_scale scale = scale_of(d, p);
        for (uint32_t v = 0; v < d->variant_count; v++) {
            const struct sim_estimate *y = &d->lines[p].y[v];
            double claim = claim_for(d, d->panels[p].that, d->variants[v].at);
            fprintf(csv, "%u,%u", p + 1, v + 1);
            sim_preamble_cell(csv, y->mean * scale.factor);
            sim_preamble_cell(csv, y->low * scale.factor);
            sim_preamble_cell(csv, y->high * scale.factor);
            sim_preamble_cell(csv, claim * scale.factor);
            sim_preamble_text_cell(csv, d->panels[p].that);
            sim_preamble_text_cell(csv, scale.unit);
            sim_preamble_text_cell(csv, d->variants[v].name);
            fputc('\n', csv);
            some = some || y->n > 0;
        }
    }
    return some;
}

/* ---- putting it together ------------------------------------------------------------------- */

static void choose_variants(struct sim_drawing *d)
{
    const struct sim_figure *figure = d->figure;
    const struct sim_runs *runs = d->report->runs;
    for (uint32_t at = 0; at < runs->case_count; at++) {
        bool shown = figure->variant_count == 0;
        for (uint32_t i = 0; i < figure->variant_count; i++)
            shown = shown || strcmp(figure->variants[i], runs->cases[at].name) == 0;
        if (!shown)
            continue;
        if (d->variant_count == SIM_DRAWN_VARIANTS) {
            d->left_out++;
            continue;
        }
        struct sim_drawn_variant *v = &d->variants[d->variant_count++];
        snprintf(v->name, sizeof v->name, "%s", runs->cases[at].name);
        v->at = at;
        v->colour = sim_drawing_colour(d->report, v->name, at);
    }
}

static void add_panel(struct sim_drawing *d, const struct sim_panel *asked, const char *that,
                      const char *title)
{
    if (d->panel_count == SIM_DRAWN_PANELS)
        return;
    struct sim_drawn_panel *panel = &d->panels[d->panel_count++];
    *panel = (struct sim_drawn_panel){
        .asked = asked, .that = that, .unit = "", .range = {NAN, NAN}};
    snprintf(panel->title, sizeof panel->title, "%s", title);
}

/* The length of the prefix "component.meter." that all series share; 0: they share none. */
static size_t shared_part(const struct sim_panel *asked)
{
    const char *first = asked->series[0];
    const char *dot = strchr(first, '.'), *second = dot ? strchr(dot + 1, '.') : NULL;
    size_t n = second && asked->series_count > 1 ? (size_t)(second - first) + 1 : 0;
    for (uint32_t s = 1; n > 0 && s < asked->series_count; s++) {
        if (strncmp(asked->series[s], first, n) != 0)
            n = 0;
    }
    return n;
}

static void name_panel(const struct sim_panel *asked, char *title, size_t room)
{
    size_t shared = shared_part(asked), n = 0;
    if (asked->title)
        snprintf(title, room, "%s", asked->title);
    else if (shared > 0)
        snprintf(title, room, "%.*s", (int)(shared - 1), asked->series[0]);
    for (uint32_t s = 0; !asked->title && shared == 0 && s < asked->series_count && n < room; s++)
        n += (size_t)snprintf(title + n, room - n, "%s%s", s > 0 ? ", " : "", asked->series[s]);
}

/* Chooses the panels; bars have one for each series. */
static void choose_panels(struct sim_drawing *d)
{
    for (uint32_t p = 0; p < d->figure->panel_count; p++) {
        const struct sim_panel *asked = &d->figure->panels[p];
        char title[128] = "";
        if (asked->series_count == 0)
            continue;
        name_panel(asked, title, sizeof title);
        if (d->figure->kind != SIM_FIGURE_BARS && d->figure->kind != SIM_FIGURE_ATTRIBUTION) {
            add_panel(d, asked, NULL, title);
            continue;
        }
        for (uint32_t s = 0; s < asked->series_count; s++)
            add_panel(d, asked, asked->series[s],
                      asked->series_count == 1 ? title : asked->series[s]);
    }
}

static void label_lines(struct sim_drawing *d)
{
    for (uint32_t i = 0; i < d->line_count; i++) {
        struct sim_drawn_line *line = &d->lines[i];
        const struct sim_panel *asked = d->panels[line->panel - 1].asked;
        if (asked->series_count > 1 && line->series <= asked->series_count)
            snprintf(line->label, sizeof line->label, "%s",
                     asked->series[line->series - 1] + shared_part(asked));
    }
}

int sim_figure_write(const struct sim_report *report, const struct sim_figure *figure, FILE *csv,
                     FILE *gp)
{
    struct sim_drawing *d = calloc(1, sizeof *d);
    uint32_t replications = report->runs->replications;
    bool some = false;
    if (!d)
        return -1;
    *d = (struct sim_drawing){.report = report, .figure = figure, .x_unit = ""};
    d->values = calloc(replications + 1u, sizeof *d->values);
    d->quantiles = calloc(replications + 1u, sizeof *d->quantiles);
    d->failed = !d->values || !d->quantiles;
    if (!d->failed)
        sim_estimate_quantiles(d->quantiles, sim_runs_most_finished(report->runs), SIM_LEVEL);
    choose_panels(d);
    if (figure->kind == SIM_FIGURE_CURVE)
        sim_lines_curve_groups(d);
    else
        choose_variants(d);
    if (!d->failed && d->variant_count > 0) {
        switch (figure->kind) {
        case SIM_FIGURE_TIMELINE: sim_lines_timeline(d); break;
        case SIM_FIGURE_BARS: lines_bars(d); break;
        case SIM_FIGURE_CCDF: sim_lines_ccdf(d); break;
        case SIM_FIGURE_CURVE: sim_lines_curve(d); break;
        case SIM_FIGURE_ATTRIBUTION: sim_latency_bars_choose(d); break;
        }
    }
    if (!d->failed && d->part_count > 0) {
        some = sim_latency_bars_write(d, csv);
        write_preamble(d, gp);
    } else if (!d->failed && d->line_count > 0) {
        label_lines(d);
        some = figure->kind == SIM_FIGURE_BARS ? write_bars(d, csv) : write_all_lines(d, csv);
        write_preamble(d, gp);
    }
    for (uint32_t i = 0; i < d->line_count; i++) {
        free(d->lines[i].x);
        free(d->lines[i].y);
    }
    int status = d->failed ? -1 : some ? 0 : 1;
    free(d->lines);
    free(d->values);
    free(d->quantiles);
    free(d);
    return status;
}
