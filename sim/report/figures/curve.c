/* curve.c - the lines of curves: a metric over a swept value. */
#include "report/figures/figure.h"

#include "base/units.h"
#include "report/number.h"
#include "scenario/cases/vary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Which swept path is the x axis. */
static uint32_t x_path(const struct sim_drawing *d)
{
    const struct sim_scenario *s = d->report->scenario;
    for (uint32_t i = 0; d->figure->x && i < s->sweep_path_count; i++) {
        if (strcmp(s->sweep_paths[i], d->figure->x) == 0 ||
            strcmp(sim_path_name(s->sweep_paths[i]), sim_path_name(d->figure->x)) == 0)
            return i;
    }
    return 0;
}

/* A swept value as a number in base units (s, B, …), its base unit in *unit. */
static double quantity(const struct sim_case *cell, uint32_t path, const char **unit)
{
    char text[64];
    const char *written = cell->at_text[path];
    size_t n = strlen(written), quotes = written[0] == '"' && n >= 2;
    snprintf(text, sizeof text, "%.*s", (int)(n - 2 * quotes), written + quotes);
    struct sim_amount amount;
    *unit = "";
    switch (sim_units_guess(text, &amount)) {
    case SIM_DIM_TIME: *unit = "s"; return amount.value / 1e9;
    case SIM_DIM_RATE: *unit = "/s"; return amount.value;
    case SIM_DIM_BYTES: *unit = "B"; return amount.value;
    case SIM_DIM_BANDWIDTH: *unit = "B/s"; return amount.value;
    case SIM_DIM_FRACTION:
    case SIM_DIM_COUNT:
    case SIM_DIM_NUMBER: return amount.value;
    default: return cell->at[path];
    }
}

/* Whether two cells belong to one line: all values but x are equal. */
static bool same_group(const struct sim_drawing *d, const struct sim_case *a,
                       const struct sim_case *b, uint32_t x)
{
    if (strcmp(a->variant, b->variant) != 0)
        return false;
    for (uint32_t i = 0; i < d->report->scenario->sweep_path_count; i++) {
        if (i != x && strcmp(a->at_text[i], b->at_text[i]) != 0)
            return false;
    }
    return true;
}

static bool is_shown(const struct sim_figure *figure, const char *variant)
{
    for (uint32_t i = 0; i < figure->variant_count; i++) {
        if (strcmp(figure->variants[i], variant) == 0)
            return true;
    }
    return figure->variant_count == 0;
}

static void name_group(struct sim_drawing *d, struct sim_drawn_variant *group, uint32_t x)
{
    const struct sim_scenario *s = d->report->scenario;
    const struct sim_case *cell = &d->report->runs->cases[group->at];
    size_t room = sizeof group->name;
    int n = 0;
    if (s->sweep_path_count < 2 || s->variant_count > 1)
        n = snprintf(group->name, room, "%s", cell->variant);
    for (uint32_t i = 0; i < s->sweep_path_count; i++) {
        if (i == x || n >= (int)room)
            continue;
        n += snprintf(group->name + n, room - (size_t)n, "%s%s %s", n > 0 ? ", " : "",
                      sim_path_name(s->sweep_paths[i]), cell->at_text[i]);
    }
}

void sim_lines_curve_groups(struct sim_drawing *d)
{
    const struct sim_runs *runs = d->report->runs;
    const struct sim_scenario *s = d->report->scenario;
    uint32_t x = x_path(d);
    for (uint32_t at = 0; at < runs->case_count; at++) {
        uint32_t v = 0;
        if (!is_shown(d->figure, runs->cases[at].variant))
            continue;
        while (v < d->variant_count &&
               !same_group(d, &runs->cases[d->variants[v].at], &runs->cases[at], x))
            v++;
        if (v < d->variant_count)
            continue;
        if (v == SIM_DRAWN_VARIANTS) {
            d->left_out = 1;
            break;
        }
        struct sim_drawn_variant *group = &d->variants[d->variant_count++];
        group->at = at;
        group->colour = v;
        if (s->sweep_path_count < 2)
            group->colour = sim_drawing_colour(d->report, runs->cases[at].variant, v);
        name_group(d, group, x);
    }
}

struct point {
    double x;
    struct sim_estimate y;
    uint32_t order;
};

static int by_x(const void *left, const void *right)
{
    const struct point *a = left, *b = right;
    if (a->x != b->x)
        return a->x < b->x ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

/* Collects the points of a line, sorted. Returns their number. */
static uint32_t collect(struct sim_drawing *d, uint32_t panel, uint32_t variant, uint32_t series,
                        struct point *points)
{
    const struct sim_runs *runs = d->report->runs;
    const struct sim_case *first = &runs->cases[d->variants[variant].at];
    uint32_t x = x_path(d), n = 0, seen = 0;
    for (uint32_t at = 0; at < runs->case_count; at++) {
        const struct sim_aggregate *a = &d->report->aggregates[at];
        if (!same_group(d, first, &runs->cases[at], x))
            continue;
        seen++;
        uint32_t m = a->sample
                         ? sim_aggregate_metric(a->sample, d->panels[panel].asked->series[series])
                         : UINT32_MAX;
        if (m == UINT32_MAX)
            continue;
        const char *unit;
        points[n] = (struct point){quantity(&runs->cases[at], x, &unit), a->metrics[m], n};
        if (isnan(points[n].x))
            points[n].x = seen;
        d->panels[panel].unit = a->sample->metrics[m].unit;
        d->x_unit = unit;
        n++;
    }
    qsort(points, n, sizeof *points, by_x);
    return n;
}

/* Converts x to the unit that suits its greatest value. */
static void scale_x(struct sim_drawing *d)
{
    double most = 0;
    for (uint32_t i = 0; i < d->line_count; i++) {
        if (d->lines[i].count > 0)
            most = fmax(most, d->lines[i].x[d->lines[i].count - 1]);
    }
    struct sim_scale scale = sim_number_scale(d->x_unit ? d->x_unit : "", most);
    d->x_unit = scale.unit;
    for (uint32_t i = 0; i < d->line_count; i++) {
        for (uint32_t k = 0; k < d->lines[i].count; k++)
            d->lines[i].x[k] *= scale.factor;
    }
}

void sim_lines_curve(struct sim_drawing *d)
{
    struct point *points = calloc(d->report->runs->case_count + 1u, sizeof *points);
    d->failed = d->failed || !points;
    for (uint32_t p = 0; p < d->panel_count && !d->failed; p++) {
        for (uint32_t s = 0; s < d->panels[p].asked->series_count; s++) {
            for (uint32_t v = 0; v < d->variant_count; v++) {
                uint32_t n = collect(d, p, v, s, points);
                struct sim_drawn_line *line = sim_drawing_line(d, p + 1, v + 1, s + 1, n);
                for (uint32_t i = 0; line && i < n; i++) {
                    line->x[i] = points[i].x;
                    line->y[i] = points[i].y;
                    sim_drawing_range(&d->panels[p], points[i].y.mean);
                }
                if (line)
                    line->count = n;
            }
        }
    }
    free(points);
    if (d->report->scenario->sweep_path_count > 0)
        snprintf(d->x_label, sizeof d->x_label, "%s",
                 sim_path_name(d->report->scenario->sweep_paths[x_path(d)]));
    scale_x(d);
}
