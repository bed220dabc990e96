/* heat_map.c - prints, writes and draws the probability of an outcome over two numbers. */
#include "report/searches/search.h"

#include "base/text.h"
#include "base/wrap.h"
#include "report/figures/preamble.h"
#include "report/json_stream.h"
#include "report/number.h"
#include "report/report.h"
#include "study/estimates/sample_size.h"

#include <math.h>
#include <string.h>

extern const char sim__plot_theme[], sim__plot_map[];

enum { PRINTED_COLUMNS = 12 };

static const struct sim_map_cell *cell_at(const struct sim_map *map, uint32_t column, uint32_t row)
{
    return &map->cells[(size_t)row * map->columns + column];
}

/* ---- for people ------------------------------------------------------------------------------ */

/* Prints how many cells are empty because nothing was observed there. */
static void say_unseen(const struct sim_map *map, FILE *out)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < map->columns * map->rows; i++)
        count += map->cells[i].trials == 0;
    if (count > 0)
        sim_tell(out, "Nothing was observed in %u of %u cells, which are empty.\n", count,
                 map->columns * map->rows);
}

/* Prints in how many cells each run has too few values for the percentile. */
static void say_too_few(const struct sim_search *s, unsigned columns, FILE *out)
{
    const struct sim_map *map = s->map;
    const struct sim_map_cell *worst = NULL;
    const char *stat = sim_aggregate_stat(s->asked->criterion.that, NULL);
    uint32_t count = 0;
    char text[512];
    for (uint32_t i = 0; i < map->columns * map->rows; i++) {
        const struct sim_estimate *e = &map->cells[i].share;
        count += e->needs > 0;
        if (e->needs > 0 && (!worst || e->has < worst->share.has))
            worst = &map->cells[i];
    }
    if (!worst)
        return;
    snprintf(text, sizeof text, "Not told in %u of %u cells, which have no interval: %s.", count,
             map->columns * map->rows, sim_carry_text(&worst->share, stat, 0, 0).s);
    sim_wrap_print(out, text, 0, 0, columns);
}

/* Prints rows with y decreasing, as in the figure. */
void sim_map_print(const struct sim_search *s, unsigned columns, FILE *out)
{
    const struct sim_map *map = s->map;
    const struct sim_vary *x = &s->asked->vary[0], *y = &s->asked->vary[1];
    struct sim_buffer what = {.text = NULL};
    uint32_t shown = map->columns < PRINTED_COLUMNS ? map->columns : PRINTED_COLUMNS;
    double widest = 0;
    sim_search_say_criterion(&what, &s->asked->criterion);
    sim_tell(out, "Share of %u runs with %s, by %s (across) and %s (down)\n\n", s->replications,
             what.text ? what.text : "", sim_vary_name(x), sim_vary_name(y));
    sim_buffer_free(&what);
    sim_tell(out, "  %10s", "");
    for (uint32_t i = 0; i < shown; i++)
        sim_tell(out, " %9s", sim_vary_text(x, cell_at(map, i, 0)->x).s);
    fputs(shown < map->columns ? " ...\n" : "\n", out);
    for (uint32_t row = map->rows; row-- > 0;) {
        sim_tell(out, "  %10s", sim_vary_text(y, cell_at(map, 0, row)->y).s);
        for (uint32_t i = 0; i < map->columns; i++) {
            const struct sim_map_cell *cell = cell_at(map, i, row);
            if (i < shown)
                sim_tell(out, " %9s",
                         cell->trials > 0 ? sim_number_human(cell->share.mean, "1").s : "");
            widest = fmax(widest, cell->share.high - cell->share.low);
        }
        fputc('\n', out);
    }
    sim_tell(out,
             "\nIntervals (95 %%, Wilson) are up to %.2g wide; map.json and the figure's CSV "
             "have each.\n",
             widest);
    say_unseen(map, out);
    say_too_few(s, columns, out);
}

/* ---- for programs ---------------------------------------------------------------------------- */

void sim_map_write(const struct sim_search *s, FILE *out)
{
    const struct sim_map *map = s->map;
    struct sim_json json;
    sim_summary_begin(&json, out, s->scenario);
    sim_json_text(&json, "variant", s->asked->variant);
    sim_json_count(&json, "replications", s->replications);
    sim_search_write_vary(&json, "x", &s->asked->vary[0]);
    sim_search_write_vary(&json, "y", &s->asked->vary[1]);
    sim_search_write_criterion(&json, s);
    sim_json_text(&json, "interval", "wilson");
    sim_json_number(&json, "confidence", SIM_LEVEL);
    sim_json_open(&json, "cells", '[', false);
    for (uint32_t i = 0; i < map->columns * map->rows; i++) {
        const struct sim_map_cell *cell = &map->cells[i];
        sim_json_open(&json, NULL, '{', true);
        sim_json_number(&json, "x", sim_vary_result(&s->asked->vary[0], cell->x));
        sim_json_number(&json, "y", sim_vary_result(&s->asked->vary[1], cell->y));
        sim_json_number(&json, "share", cell->share.mean);
        sim_json_number(&json, "low", cell->share.low);
        sim_json_number(&json, "high", cell->share.high);
        sim_summary_too_few(&json, &cell->share);
        sim_json_count(&json, "yes", cell->yes);
        sim_json_count(&json, "trials", cell->trials);
        sim_json_number(&json, "metric", cell->mean);
        sim_json_close(&json, '}');
    }
    sim_json_close(&json, ']');
    sim_json_close(&json, '}');
    sim_json_end(&json);
}

static void write_labels(const char *name, const struct sim_vary *v, uint32_t count, FILE *gp)
{
    fprintf(gp, "array %s[%u] = [", name, count);
    for (uint32_t i = 0; i < count; i++) {
        fputs(i > 0 ? ", " : "", gp);
        sim_preamble_quoted(gp, sim_vary_text(v, sim_vary_step(v, i, count)).s);
    }
    fputs("]\n", gp);
}

void sim_map_draw(const struct sim_search *s, FILE *csv, FILE *gp)
{
    const struct sim_map *map = s->map;
    const struct sim_vary *x = &s->asked->vary[0], *y = &s->asked->vary[1];
    char text[640];
    struct sim_buffer what = {.text = NULL};
    sim_search_say_criterion(&what, &s->asked->criterion);
    fputs("column,row,share,low,high,x,y,yes,trials\n", csv);
    for (uint32_t i = 0; i < map->columns * map->rows; i++) {
        const struct sim_map_cell *cell = &map->cells[i];
        fprintf(csv, "%u,%u", i % map->columns + 1, i / map->columns + 1);
        sim_preamble_cell(csv, cell->share.mean);
        sim_preamble_cell(csv, cell->share.low);
        sim_preamble_cell(csv, cell->share.high);
        sim_preamble_cell(csv, sim_vary_result(x, cell->x));
        sim_preamble_cell(csv, sim_vary_result(y, cell->y));
        fprintf(csv, ",%u,%u\n", cell->yes, cell->trials);
    }
    snprintf(text, sizeof text, "Share of %u runs with %s. Small: its 95 %% interval (Wilson).",
             s->replications, what.text ? what.text : "");
    sim_preamble_head(gp, s->scenario, "map", s->figure_format, s->scenario->title, text);
    sim_preamble_number(gp, "npanels", 1);
    sim_preamble_number(gp, "nvariants", 1);
    sim_preamble_number(gp, "ncolumns", map->columns);
    sim_preamble_number(gp, "nrows", map->rows);
    write_labels("column_label", x, map->columns, gp);
    write_labels("row_label", y, map->rows, gp);
    sim_preamble_text(gp, "fig_xlabel", sim_vary_name(x));
    sim_preamble_text(gp, "fig_ylabel", sim_vary_name(y));
    sim_preamble_text(gp, "fig_zlabel", what.text ? what.text : "");
    sim_buffer_free(&what);
    fprintf(gp, "\n%s%s", sim__plot_theme, sim__plot_map);
}
