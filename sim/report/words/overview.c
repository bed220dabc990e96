/* overview.c - what `weir run` prints: the headline numbers side by side, the claims, the audit. */
#include "report/report.h"

#include "base/text.h"
#include "base/wrap.h"
#include "report/number.h"
#include "report/words/cost.h"
#include "study/estimates/sample_size.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CELL_BYTES = 256, CASES_ACROSS = 4 }; /* a cell's name holds its swept values */

struct grid {
    uint32_t rows, columns;
    char *cells; /* [row][column], CELL_BYTES each; row 0 and column 0 are labels */
};

static char *cell(const struct grid *g, uint32_t row, uint32_t column)
{
    return g->cells + ((size_t)row * g->columns + column) * CELL_BYTES;
}

static void pad(FILE *out, const char *s, unsigned to, bool right)
{
    unsigned w = sim_wrap_width(s), gap = to > w ? to - w : 0;
    if (right)
        sim_tell(out, "%*s%s", (int)gap, "", s);
    else
        sim_tell(out, "%s%*s", s, (int)gap, "");
}

/* ---- the table ----------------------------------------------------------------------------- */

static void metric_cell(const struct sim_report *report, uint32_t at, const char *that, char *text)
{
    const struct sim_aggregate *a = &report->aggregates[at];
    uint32_t m = a->sample ? sim_aggregate_metric(a->sample, that) : UINT32_MAX;
    if (m == UINT32_MAX) {
        snprintf(text, CELL_BYTES, "%s", a->sample ? "" : "no run");
        return;
    }
    const struct sim_estimate *e = &a->metrics[m];
    if (e->needs > 0) {
        snprintf(text, CELL_BYTES, "%s", "too few");
        return;
    }
    const char *unit = a->sample->metrics[m].unit; /* in the header, unless it varies */
    struct sim_number n = sim_number_within(e->mean, e->low, e->high,
                                            sim_number_has_family(unit) ? unit : "1");
    snprintf(text, CELL_BYTES, "%s", n.s);
}

/* Whether to show a metric: not if it is zero or unobserved in every case. But an observed ratio of
 * 0 is shown. */
static bool is_something(const struct sim_report *report, const char *that)
{
    for (uint32_t at = 0; at < report->runs->case_count; at++) {
        const struct sim_aggregate *a = &report->aggregates[at];
        uint32_t m = a->sample ? sim_aggregate_metric(a->sample, that) : UINT32_MAX;
        if (m == UINT32_MAX || a->metrics[m].n == 0)
            continue;
        bool share = strcmp(a->sample->metrics[m].unit, "1") == 0;
        if (a->metrics[m].mean != 0 || share)
            return true;
    }
    return false;
}

/* The unit of a metric in the table's header: "" if every cell has its own. */
static const char *unit_in_head(const struct sim_report *report, const char *that)
{
    for (uint32_t at = 0; at < report->runs->case_count; at++) {
        const struct sim_record *record = report->aggregates[at].sample;
        uint32_t m = record ? sim_aggregate_metric(record, that) : UINT32_MAX;
        if (m == UINT32_MAX)
            continue;
        const char *unit = record->metrics[m].unit;
        return sim_number_has_family(unit) || strcmp(unit, "1") == 0 ? "" : unit;
    }
    return "";
}

/* Collects headline metrics that at least one case observed, in order, each once. Returns their
 * number; `names` has room for `most` + 1. */
static uint32_t collect(const struct sim_report *report, char (*names)[CELL_BYTES * 2],
                        uint32_t most)
{
    uint32_t n = 0;
    for (uint32_t at = 0; at < report->runs->case_count; at++) {
        const struct sim_record *record = report->aggregates[at].sample;
        for (uint32_t i = 0; record && i < record->metric_count; i++) {
            const struct sim_metric *m = &record->metrics[i];
            if (!sim_aggregate_is_shown(record, i) || n == most)
                continue;
            snprintf(names[n], sizeof names[n], "%s.%s.%s", m->component, m->meter, m->stat);
            uint32_t k = 0;
            while (strcmp(names[k], names[n]) != 0)
                k++;
            n += k == n && is_something(report, names[n]);
        }
    }
    return n;
}

static void print_block(const struct grid *g, uint32_t from, uint32_t to, const unsigned *widths,
                        FILE *out)
{
    for (uint32_t r = 0; r < g->rows; r++) {
        bool some = *cell(g, r, 0);
        for (uint32_t c = from; c < to; c++)
            some = some || *cell(g, r, c);
        if (!some)
            continue;
        fputs("  ", out);
        pad(out, cell(g, r, 0), widths[0], false);
        for (uint32_t c = from; c < to; c++) {
            if (c + 1 == to && !*cell(g, r, c))
                continue;
            fputs("  ", out);
            pad(out, cell(g, r, c), widths[c], true);
        }
        fputc('\n', out);
    }
    fputc('\n', out);
}

/* Prints the grid in blocks of as many columns as fit, each block with the labels. */
static void print_grid(const struct grid *g, unsigned columns, FILE *out)
{
    unsigned *widths = calloc(g->columns, sizeof *widths);
    for (uint32_t c = 0; widths && c < g->columns; c++) {
        for (uint32_t r = 0; r < g->rows; r++) {
            unsigned w = sim_wrap_width(cell(g, r, c));
            widths[c] = w > widths[c] ? w : widths[c];
        }
    }
    for (uint32_t from = 1; widths && from < g->columns;) {
        unsigned used = 2 + widths[0] + 2 + widths[from];
        uint32_t to = from + 1;
        while (to < g->columns && used + 2 + widths[to] <= columns)
            used += 2 + widths[to++];
        print_block(g, from, to, widths, out);
        from = to;
    }
    free(widths);
}

/* Whether a metric has the same text in every case, so that it needs no column. */
static bool is_same(const struct sim_report *report, const char *that)
{
    char first[CELL_BYTES] = "", text[CELL_BYTES];
    if (report->runs->case_count < 2)
        return false;
    metric_cell(report, 0, that, first);
    for (uint32_t at = 1; at < report->runs->case_count; at++) {
        metric_cell(report, at, that, text);
        if (strcmp(text, first) != 0)
            return false;
    }
    return true;
}

/* Prints metrics that are the same everywhere in a paragraph and removes them from `names`. Returns
 * the number left. */
static uint32_t print_same(const struct sim_report *report, char (*names)[CELL_BYTES * 2],
                           uint32_t count, unsigned columns, FILE *out)
{
    char text[4096];
    size_t n = (size_t)snprintf(text, sizeof text, "The same in all, to the digits printed:");
    uint32_t left = 0;
    for (uint32_t m = 0; m < count; m++) {
        char value[CELL_BYTES];
        if (!is_same(report, names[m])) {
            memmove(names[left++], names[m], sizeof *names);
            continue;
        }
        metric_cell(report, 0, names[m], value);
        const char *unit = unit_in_head(report, names[m]);
        if (n < sizeof text)
            n += (size_t)snprintf(text + n, sizeof text - n, " %s %s%s%s;", names[m], value,
                                  *unit ? " " : "", sim_unit_text(unit, strcmp(value, "1") == 0).s);
    }
    if (left < count && n <= sizeof text) {
        text[n - 1] = '.';
        sim_wrap_print(out, text, 0, 0, columns);
        fputc('\n', out);
    }
    return left;
}

/* A few cases are columns; many cases are rows, because values are easiest to compare in a
 * column. */
static void print_table(const struct sim_report *report, unsigned columns, FILE *out)
{
    enum { MOST_METRICS = 64 };
    uint32_t cases = report->runs->case_count;
    bool across = cases <= CASES_ACROSS;
    char(*names)[CELL_BYTES * 2] = calloc(MOST_METRICS + 1, sizeof *names);
    uint32_t metrics = names ? collect(report, names, MOST_METRICS) : 0;
    if (names)
        metrics = print_same(report, names, metrics, columns, out);
    struct grid g = {.rows = across ? metrics + 1 : cases + 3,
                     .columns = across ? cases + 1 : metrics + 1};
    g.cells = calloc((size_t)g.rows * g.columns + 1, CELL_BYTES);
    for (uint32_t m = 0; g.cells && m < metrics; m++) {
        int head = (int)strcspn(names[m], ".");
        const char *unit = unit_in_head(report, names[m]);
        if (across) {
            snprintf(cell(&g, m + 1, 0), CELL_BYTES, "%.150s%s%.60s", names[m], *unit ? ", " : "",
                     unit);
        } else {
            snprintf(cell(&g, 2, m + 1), CELL_BYTES, "%.*s", CELL_BYTES - 1, unit);
            snprintf(cell(&g, 0, m + 1), CELL_BYTES, "%.*s", head, names[m]);
            snprintf(cell(&g, 1, m + 1), CELL_BYTES, "%.*s", CELL_BYTES - 1, names[m] + head + 1);
        }
        for (uint32_t at = 0; at < cases; at++)
            metric_cell(report, at, names[m],
                        across ? cell(&g, m + 1, at + 1) : cell(&g, at + 3, m + 1));
    }
    for (uint32_t at = 0; g.cells && at < cases; at++)
        snprintf(across ? cell(&g, 0, at + 1) : cell(&g, at + 3, 0), CELL_BYTES, "%.*s",
                 CELL_BYTES - 1, report->runs->cases[at].name);
    if (g.cells && metrics > 0)
        print_grid(&g, columns, out);
    free(g.cells);
    free(names);
}

/* Prints the first few metrics that the table leaves out because they have too few values. */
static void print_too_few(const struct sim_report *report, unsigned columns, FILE *out)
{
    enum { MOST = 4 };
    uint32_t count = 0;
    for (uint32_t at = 0; at < report->runs->case_count; at++) {
        const struct sim_aggregate *a = &report->aggregates[at];
        const struct sim_plan *plan = &report->runs->cases[at].plan;
        for (uint32_t i = 0; a->sample && i < a->sample->metric_count; i++) {
            const struct sim_metric *m = &a->sample->metrics[i];
            char text[768];
            if (!sim_aggregate_is_shown(a->sample, i) || !(a->metrics[i].needs > 0) ||
                count++ >= MOST)
                continue;
            snprintf(text, sizeof text, "%s.%s.%s of %s: %s", m->component, m->meter, m->stat,
                     report->runs->cases[at].name,
                     sim_carry_text(&a->metrics[i], m->stat, (double)plan->warmup,
                                    (double)plan->duration)
                         .s);
            sim_wrap_print(out, text, 2, 0, columns);
        }
    }
    if (count > MOST)
        sim_tell(out, "%u more have too few values; summary.json says each.\n", count - MOST);
    if (count > 0)
        fputc('\n', out);
}

static bool tells_percentile(const struct sim_aggregate *a)
{
    for (uint32_t i = 0; a->sample && i < a->sample->metric_count; i++)
        if (sim_aggregate_is_shown(a->sample, i) && !isnan(a->metrics[i].low) &&
            !isnan(sim_percentile_of(a->sample->metrics[i].stat)))
            return true;
    return false;
}

/* Prints a note that intervals of percentiles ignore correlation, for the busiest case. */
static void print_busy(const struct sim_report *report, unsigned columns, FILE *out)
{
    struct sim_busiest most = {NULL, 0};
    uint32_t count = 0, of = 0;
    char text[768];
    for (uint32_t at = 0; at < report->runs->case_count; at++) {
        struct sim_busiest busy = {NULL, 0};
        if (tells_percentile(&report->aggregates[at]))
            busy = sim_share_busiest(report->runs, at);
        if (!(busy.utilisation >= SIM_CARRY_BUSY))
            continue;
        count++;
        if (busy.utilisation > most.utilisation) {
            most = busy;
            of = at;
        }
    }
    if (count == 0)
        return;
    snprintf(text, sizeof text,
             "Values of a busy component depend on one another (utilisation of %s of %s: %.2g): "
             "the intervals of percentiles may be too narrow%s.",
             most.component, report->runs->cases[of].name, most.utilisation,
             count > 1 ? ", also in other cases" : "");
    sim_wrap_print(out, text, 2, 0, columns);
    fputc('\n', out);
}

/* Prints success ratios that leave out at least a hundredth of the requests because they were
 * unfinished. */
static void print_unfinished(const struct sim_report *report, unsigned columns, FILE *out)
{
    bool some = false;
    for (uint32_t at = 0; at < report->runs->case_count; at++) {
        const struct sim_record *sample = report->aggregates[at].sample;
        for (uint32_t i = 0; sample && i < sample->metric_count; i++) {
            const struct sim_metric *m = &sample->metrics[i];
            if (!sim_aggregate_is_shown(sample, i))
                continue;
            struct sim_unfinished u = sim_share_unfinished(report->runs, at, m);
            char text[512];
            if (isnan(u.low) || u.open < 0.01 * u.all)
                continue;
            snprintf(text, sizeof text,
                     "%s.%s of %s leaves out %.9g of %.9g requests, which were unfinished at the "
                     "end: with them it is from %s to %s.",
                     m->component, m->meter, report->runs->cases[at].name, u.open, u.all,
                     sim_number_human(u.low, "1").s, sim_number_human(u.high, "1").s);
            sim_wrap_print(out, text, 2, 0, columns);
            some = true;
        }
    }
    if (some)
        fputc('\n', out);
}

/* ---- nodes ----------------------------------------------------------------------------------- */

/* The worst node is printed if its mean differs by this share from that of all nodes together. */
#define STANDS_OUT 0.1

/* "node 2", or a note that it differs between replications. */
static void name_node(const struct sim_runs *runs, uint32_t at, uint32_t m, char *text, size_t room)
{
    uint32_t node = runs->replications ? sim_runs_sample(runs, at)->metrics[m].node : 0;
    snprintf(text, room, "node %u", node);
    for (uint32_t r = 0; r < runs->replications; r++) {
        const struct sim_record *record = sim_runs_record(runs, at, r);
        if (record && record->metrics[m].node != node)
            snprintf(text, room, "not the same in all replications");
    }
}

/* Prints the worst nodes of components, if the mean over all nodes hides them. */
static void print_nodes(const struct sim_report *report, unsigned columns, FILE *out)
{
    bool some = false;
    for (uint32_t at = 0; at < report->runs->case_count; at++) {
        const struct sim_aggregate *a = &report->aggregates[at];
        for (uint32_t m = 0; a->sample && m < a->sample->metric_count; m++) {
            const struct sim_metric *metric = &a->sample->metrics[m];
            const char *slash = strchr(metric->component, '/');
            char all[CELL_BYTES], node[64], text[1024];
            if (!slash || metric->asked)
                continue;
            snprintf(all, sizeof all, "%.*s.%s.%s", (int)(slash - metric->component),
                     metric->component, metric->meter, metric->stat);
            uint32_t of_all = sim_aggregate_metric(a->sample, all);
            if (of_all == UINT32_MAX ||
                !(fabs(a->metrics[m].mean - a->metrics[of_all].mean) >= STANDS_OUT))
                continue;
            name_node(report->runs, at, m, node, sizeof node);
            snprintf(text, sizeof text,
                     "%s: the %s of the worst node of %.*s (%s) is %s, that of all together %s: "
                     "%s.%s.%s",
                     report->runs->cases[at].name, metric->meter, (int)(slash - metric->component),
                     metric->component, node, sim_number_human(a->metrics[m].mean, "1").s,
                     sim_number_human(a->metrics[of_all].mean, "1").s, metric->component,
                     metric->meter, metric->stat);
            sim_wrap_print(out, text, 2, 0, columns);
            some = true;
        }
    }
    if (some)
        fputc('\n', out);
}

/* ---- claims and audit ---------------------------------------------------------------------- */

static void mark(FILE *out, bool good, bool colour)
{
    if (colour)
        fputs(good ? "\033[32m" : "\033[31;1m", out);
    fputs(good ? "  ✓ " : "  ✗ ", out);
    if (colour)
        fputs("\033[0m", out);
}

/* The statistic that a claim does not name, as ".p99"; "": it names it. */
static void unnamed_stat(const struct sim_verdict *v, char *text, size_t size)
{
    snprintf(text, size, "%s%s", v->stat ? "." : "", v->stat ? v->stat : "");
    size_t n = strlen(v->expect->that), m = strlen(text);
    if (n > m && strcmp(v->expect->that + n - m, text) == 0)
        *text = '\0';
}

static void print_verdict(const struct sim_report *report, const struct sim_verdict *v,
                          unsigned columns, bool colour, FILE *out)
{
    const struct sim_expect *e = v->expect;
    char text[1024], when[80] = "", of[128] = "", stat[32];
    if (!isnan(e->from) || !isnan(e->to))
        snprintf(when, sizeof when, " from %s s to %s s",
                 sim_number_text(isnan(e->from) ? 0.0 : e->from).s,
                 sim_number_text(sim_expect_end(e, &report->runs->cases[v->at].plan)).s);
    const struct sim_estimate *o = &v->observed;
    struct sim_number seen = {"not told"};
    if (!(o->needs > 0))
        seen = sim_number_within(o->mean, o->low, o->high, v->unit);
    if (e->relative_to && v->observed.n > 0)
        snprintf(of, sizeof of, " of that of %s", e->relative_to);
    unnamed_stat(v, stat, sizeof stat);
    snprintf(text, sizeof text, "%s: %s%s%s is %s%s; expected %s%s%s%s",
             report->runs->cases[v->at].name, e->that, stat, when, seen.s, of, v->bound,
             v->note[0] ? " (" : "", v->note, v->note[0] ? ")" : "");
    mark(out, v->held, colour);
    sim_wrap_print(out, text, 4, 4, columns);
    if (!v->held && e->because) {
        fputs("    ", out);
        sim_wrap_print(out, e->because, 4, 4, columns);
    }
}

static void print_audit(const struct sim_report *report, unsigned columns, bool colour, FILE *out)
{
    uint32_t checked = 0, held = 0;
    for (uint32_t at = 0; at < report->runs->case_count; at++) {
        for (uint32_t i = 0; i < report->aggregates[at].audit_count; i++) {
            checked += report->aggregates[at].audits[i].checked;
            held += report->aggregates[at].audits[i].held;
        }
    }
    mark(out, checked == held, colour);
    sim_tell(out, "audit: %u of %u checks held\n", held, checked);
    for (uint32_t at = 0; checked != held && at < report->runs->case_count; at++) {
        for (uint32_t r = 0; r < report->runs->replications; r++) {
            const struct sim_record *record = sim_runs_record(report->runs, at, r);
            for (uint32_t i = 0; record && i < record->audit_count; i++) {
                const struct sim_audit_line *line = &record->audit[i];
                char text[512];
                if (line->held)
                    continue;
                snprintf(text, sizeof text, "%s, replication %u: %s of %s: %s",
                         report->runs->cases[at].name, r, line->name, line->component, line->text);
                fputs("    ", out);
                sim_wrap_print(out, text, 4, 4, columns);
            }
        }
    }
}

static void print_head(const struct sim_report *report, unsigned columns, FILE *out)
{
    const struct sim_runs *runs = report->runs;
    const struct sim_scenario *s = report->scenario;
    const struct sim_plan *plan = &runs->cases[0].plan;
    uint64_t total = (uint64_t)runs->case_count * runs->replications;
    char text[512], warm[112] = "", interval[96];
    sim_wrap_print(out, s->title ? s->title : s->name, 0, 0, columns);
    if (plan->warmup > 0)
        snprintf(warm, sizeof warm, " after %s of warm-up",
                 sim_number_human((double)plan->warmup / 1e9, "s").s);
    snprintf(interval, sizeof interval, "%s",
             runs->replications > 1
                 ? "± is half of a 95 % interval"
                 : "n = 1: intervals only where batches of the run support them");
    snprintf(text, sizeof text, "%u %s, %u replication%s, seed %" PRIu64 ", %s simulated%s; %s.",
             runs->case_count,
             report->sweep           ? "cells"
             : runs->case_count == 1 ? "variant"
                                     : "variants",
             runs->replications, runs->replications == 1 ? "" : "s", s->seed,
             sim_number_human((double)(plan->duration - plan->warmup) / 1e9, "s").s, warm,
             interval);
    sim_wrap_print(out, text, 0, 0, columns);
    if (runs->finished < total)
        sim_tell(out, "INCOMPLETE: %u of %" PRIu64 " runs finished.\n", runs->finished, total);
    fputc('\n', out);
}

void sim_overview_print(const struct sim_report *report, const char *place, unsigned columns,
                        bool colour, FILE *out)
{
    if (report->runs->case_count > 0) {
        print_head(report, columns, out);
        print_table(report, columns, out);
        print_too_few(report, columns, out);
        print_busy(report, columns, out);
        print_unfinished(report, columns, out);
        print_nodes(report, columns, out);
        sim_latency_parts_print(report, columns, out);
        if (!report->sweep)
            sim_cost_print(report, columns, out);
        sim_theory_print(report, columns, colour, out);
    }
    for (uint32_t i = 0; i < report->verdict_count; i++)
        print_verdict(report, &report->verdicts[i], columns, colour, out);
    print_audit(report, columns, colour, out);
    if (!place)
        return;
    sim_tell(out, "\nresults: %s/summary.json, %s/series.csv\n", place, place);
    sim_series_left_out_print(report, out);
    for (uint32_t i = 0; i < report->scenario->figure_count; i++) {
        const struct sim_figure *figure = &report->scenario->figures[i];
        char path[4096];
        snprintf(path, sizeof path, "%s/figures/%s.%s", place, figure->name, report->figure_format);
        if (sim_report_draws(report, figure) && access(path, R_OK) == 0)
            sim_tell(out, "figure:  %s\n", path);
    }
}
