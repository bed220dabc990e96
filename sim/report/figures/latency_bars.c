/* latency_bars.c - the parts of the latency as stacked bars, with a panel for each percentile. */
#include "report/figures/figure.h"

#include "base/text.h"
#include "report/figures/preamble.h"
#include "report/number.h"

#include <math.h>
#include <string.h>

/* Finds the source and percentile of "users.latency.p99". */
static const struct sim_attributed *find(const struct sim_drawing *d, uint32_t panel,
                                         uint32_t variant)
{
    char source[96];
    const char *that = d->panels[panel].that, *dot = strchr(that, '.'), *last = strrchr(that, '.');
    snprintf(source, sizeof source, "%.*s", (int)(dot - that), that);
    return sim_attributed_find(&d->report->aggregates[d->variants[variant].at], source,
                               last > dot ? last + 1 : "p99");
}

static bool is_part(const struct sim_drawn_part *drawn, const struct sim_attributed_part *part)
{
    return strcmp(drawn->component, part->component) == 0 && strcmp(drawn->cause, part->cause) == 0;
}

/* The index of a part in the drawing; parts that are not shown count in the last. */
static uint32_t place(const struct sim_drawing *d, const struct sim_attributed_part *part)
{
    uint32_t i = 0;
    while (i < d->part_count && !is_part(&d->parts[i], part))
        i++;
    return i < d->part_count ? i : d->part_count - 1;
}

/* Records a part's greatest share of any bar, which decides whether it is shown separately. */
static void weigh(struct sim_drawing *d, const struct sim_attributed *a)
{
    for (uint32_t k = 0; k < a->part_count; k++) {
        double share = a->parts[k].spent.mean / a->latency.mean;
        uint32_t i = 0;
        while (i < d->part_count && !is_part(&d->parts[i], &a->parts[k]))
            i++;
        if (i == SIM_PARTS_SEEN)
            continue;
        if (i == d->part_count)
            d->parts[d->part_count++] = (struct sim_drawn_part){.component = a->parts[k].component,
                                                                .cause = a->parts[k].cause};
        d->parts[i].weight = fmax(d->parts[i].weight, share);
    }
}

void sim_latency_bars_choose(struct sim_drawing *d)
{
    for (uint32_t p = 0; p < d->panel_count; p++) {
        d->panels[p].unit = "s";
        for (uint32_t v = 0; v < d->variant_count; v++) {
            const struct sim_attributed *a = find(d, p, v);
            if (!a || a->latency.n == 0)
                continue;
            sim_drawing_range(&d->panels[p], a->latency.mean);
            weigh(d, a);
        }
    }
    for (uint32_t i = 1; i < d->part_count; i++) {
        struct sim_drawn_part part = d->parts[i];
        uint32_t at = i;
        for (; at > 0 && d->parts[at - 1].weight < part.weight; at--)
            d->parts[at] = d->parts[at - 1];
        d->parts[at] = part;
    }
    if (d->part_count > SIM_DRAWN_PARTS) {
        d->part_count = SIM_DRAWN_PARTS;
        d->parts[d->part_count - 1] = (struct sim_drawn_part){.component = "all", .cause = "else"};
        d->part_rest = true;
    }
}

static void row(FILE *csv, const uint32_t at[3], double from, const double *value, double factor)
{
    fprintf(csv, "%u,%u,%u", at[0] + 1, at[1] + 1, at[2]);
    fprintf(csv, ",%s", sim_number_csv(from * factor).s);
    fprintf(csv, ",%s", sim_number_csv((from + value[0]) * factor).s);
    for (int i = 0; i < 3; i++)
        fprintf(csv, ",%s", sim_number_csv(value[i] * factor).s);
}

/* Writes one bar: its parts from the left in the order of the legend, then the total. */
static void write_bar(const struct sim_drawing *d, const struct sim_attributed *a, uint32_t p,
                      uint32_t v, struct sim_scale scale, FILE *csv)
{
    double from = 0;
    for (uint32_t i = 0; i < d->part_count; i++) {
        bool rest = d->part_rest && i + 1 == d->part_count;
        double value[3] = {0, NAN, NAN};
        for (uint32_t k = 0; k < a->part_count; k++) {
            const struct sim_estimate *e = &a->parts[k].spent;
            if (place(d, &a->parts[k]) != i)
                continue;
            value[0] += e->mean;
            value[1] = rest ? NAN : e->low;
            value[2] = rest ? NAN : e->high;
        }
        if (value[0] <= 0)
            continue;
        row(csv, (uint32_t[]){p, v, i + 1}, from, value, scale.factor);
        const char *const texts[] = {d->parts[i].component, d->parts[i].cause, scale.unit,
                                     d->variants[v].name};
        for (int k = 0; k < 4; k++)
            sim_preamble_text_cell(csv, texts[k]);
        fputc('\n', csv);
        from += value[0];
    }
    double whole[3] = {a->latency.mean, a->latency.low, a->latency.high};
    row(csv, (uint32_t[]){p, v, 0}, 0, whole, scale.factor);
    fputs(",\"\",\"latency\"", csv);
    sim_preamble_text_cell(csv, scale.unit);
    sim_preamble_text_cell(csv, d->variants[v].name);
    fputc('\n', csv);
}

bool sim_latency_bars_write(const struct sim_drawing *d, FILE *csv)
{
    bool some = false;
    fputs("panel,row,part,from,to,value,low,high,component,cause,unit,variant\n", csv);
    for (uint32_t p = 0; p < d->panel_count; p++) {
        double most = d->panels[p].range.most;
        struct sim_scale scale = sim_number_scale("s", isfinite(most) ? most : 1);
        for (uint32_t v = 0; v < d->variant_count; v++) {
            const struct sim_attributed *a = find(d, p, v);
            if (!a || a->latency.n == 0)
                continue;
            write_bar(d, a, p, v, scale, csv);
            some = true;
        }
    }
    return some;
}
