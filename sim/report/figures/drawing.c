/* drawing.c - adds lines, ranges and colours to a drawing. */
#include "report/figures/figure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct sim_drawn_line *sim_drawing_line(struct sim_drawing *d, uint32_t panel, uint32_t variant,
                                        uint32_t series, uint32_t points)
{
    if (d->line_count == d->line_capacity) {
        uint32_t capacity = d->line_capacity ? 2 * d->line_capacity : 32;
        struct sim_drawn_line *lines = realloc(d->lines, capacity * sizeof *lines);
        if (!lines) {
            d->failed = true;
            return NULL;
        }
        d->lines = lines;
        d->line_capacity = capacity;
    }
    struct sim_drawn_line *line = &d->lines[d->line_count];
    *line = (struct sim_drawn_line){
        .panel = panel, .variant = variant, .series = series, .p50 = NAN, .p99 = NAN, .p999 = NAN};
    line->x = calloc(points + 1u, sizeof *line->x);
    line->y = calloc(points + 1u, sizeof *line->y);
    if (!line->x || !line->y) {
        free(line->x);
        free(line->y);
        d->failed = true;
        return NULL;
    }
    d->line_count++;
    return line;
}

void sim_drawing_range(struct sim_drawn_panel *panel, double value)
{
    double size = fabs(value);
    if (!isfinite(value) || size == 0)
        return;
    if (!(size >= panel->range.least))
        panel->range.least = size;
    if (!(size <= panel->range.most))
        panel->range.most = size;
}

uint32_t sim_drawing_colour(const struct sim_report *report, const char *variant,
                            uint32_t otherwise)
{
    for (uint32_t i = 0; i < report->all_variant_count; i++) {
        if (strcmp(report->all_variants[i], variant) == 0)
            return i;
    }
    for (uint32_t i = 0; report->all_variant_count == 0 && i < report->scenario->variant_count;
         i++) {
        if (strcmp(report->scenario->variants[i].name, variant) == 0)
            return i;
    }
    return otherwise;
}
