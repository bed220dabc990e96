/* cost.c - the bill of a study. Every number on it is a metric of the runs, so each has its
 * interval over the replications. */
#include "report/words/cost.h"

#include "base/text.h"
#include "report/number.h"

#include "base/wrap.h"

#include "sim/ledger.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 256 };

static const struct sim_estimate *metric(const struct sim_aggregate *a, const char *place,
                                         const char *meter, const char *stat)
{
    char that[3 * NAME_BYTES];
    snprintf(that, sizeof that, "%s.%s.%s", place, meter, stat);
    uint32_t m = a->sample ? sim_aggregate_metric(a->sample, that) : UINT32_MAX;
    return m == UINT32_MAX ? NULL : &a->metrics[m];
}

/* The statistics of every sum of money. */
static const char *const stats[] = {"per_hour", "per_month", "per_million"};
enum { STATS = sizeof stats / sizeof *stats };

/* ---- printed --------------------------------------------------------------------------------- */

enum { COLUMNS = 5, CELL_BYTES = 96, ROWS_MOST = 4096 };

struct sheet {
    char (*cells)[COLUMNS][CELL_BYTES];
    uint32_t rows;
};

static void add_row(struct sheet *s, const struct sim_aggregate *a, const char *label,
                    const char *place, const char *meter, const char *price)
{
    if (s->rows >= ROWS_MOST || !metric(a, place, meter, "per_hour"))
        return;
    char(*row)[CELL_BYTES] = s->cells[s->rows++];
    snprintf(row[0], CELL_BYTES, "%s", label);
    for (int i = 0; i < STATS; i++) {
        const struct sim_estimate *e = metric(a, place, meter, stats[i]);
        double mean = e ? e->mean : (double)NAN;
        snprintf(row[1 + i], CELL_BYTES, "%s", sim_number_dollars(mean, e ? e->high - mean : 0).s);
    }
    snprintf(row[4], CELL_BYTES, "%s", price);
}

static void print_sheet(const struct sheet *s, FILE *out)
{
    unsigned widths[COLUMNS] = {0};
    for (uint32_t r = 0; r < s->rows; r++)
        for (int c = 0; c < COLUMNS; c++)
            widths[c] = sim_wrap_width(s->cells[r][c]) > widths[c] ? sim_wrap_width(s->cells[r][c])
                                                                   : widths[c];
    for (uint32_t r = 0; r < s->rows; r++) {
        for (int c = 0; c < COLUMNS; c++) {
            int gap = (int)(widths[c] - sim_wrap_width(s->cells[r][c]));
            bool left = c == 0 || c == COLUMNS - 1;
            if (c == COLUMNS - 1 && !*s->cells[r][c])
                continue;
            sim_tell(out, "  %*s%s%*s", left ? 0 : gap, "", s->cells[r][c],
                     left && c == 0 ? gap : 0, "");
        }
        fputc('\n', out);
    }
}

static void add_items(struct sheet *s, const struct sim_aggregate *a, const struct sim_bill *bill)
{
    for (uint32_t i = 0; i < bill->item_count; i++) {
        const struct sim_bill_item *it = &bill->items[i];
        char label[NAME_BYTES];
        snprintf(label, sizeof label, "%s %s", it->place, it->usage->name);
        if (it->price)
            add_row(s, a, label, it->place, it->cost.name, it->price->text);
    }
}

static void add_causes(struct sheet *s, const struct sim_aggregate *a)
{
    for (int c = 0; c < SIM_CAUSES; c++) {
        const char *name = sim_cause_names[c];
        const struct sim_estimate *e = metric(a, "cost", name, "per_hour");
        char label[NAME_BYTES];
        snprintf(label, sizeof label, "because of %s", c == SIM_USER ? "users" : name);
        if (e && e->mean > 0)
            add_row(s, a, label, "cost", name, "");
    }
}

/* Prints uses without a price, so that they do not count as free. */
static void print_unpriced(const struct sim_aggregate *a, const struct sim_bill *bill,
                           unsigned columns, FILE *out)
{
    unsigned at = (unsigned)fprintf(out, "  no price:");
    bool some = false;
    for (uint32_t i = 0; i < bill->item_count; i++) {
        const struct sim_bill_item *it = &bill->items[i];
        const struct sim_estimate *e = metric(a, it->place, it->used.name, "per_hour");
        char text[NAME_BYTES * 2];
        if (it->price || !e || !(e->mean > 0))
            continue;
        int n = snprintf(text, sizeof text, "%s %s.%s %s", some ? "," : "", it->place,
                         it->usage->name, sim_number_human(e->mean, it->used.unit).s);
        if (at + (unsigned)n > columns) {
            sim_tell(out, "%s\n   ", some ? "," : "");
            at = 3 + (unsigned)fprintf(out, "%s", text + (some ? 1 : 0));
        } else {
            at += (unsigned)fprintf(out, "%s", text);
        }
        some = true;
    }
    sim_tell(out, "%s\n", some ? "" : " nothing that was used");
}

static void print_case(const struct sim_report *report, uint32_t at, unsigned columns, FILE *out)
{
    const struct sim_aggregate *a = &report->aggregates[at];
    const struct sim_bill *bill = report->runs->cases[at].plan.bill;
    struct sheet s = {
        .cells = calloc(2 * (size_t)bill->item_count + SIM_CAUSES + 3, sizeof *s.cells)};
    if (!s.cells || !a->sample) {
        free(s.cells);
        return;
    }
    static const char *const heads[COLUMNS] = {"", "an hour", "a month", "1M requests", "price"};
    for (int c = 0; c < COLUMNS; c++)
        snprintf(s.cells[0][c], CELL_BYTES, "%s", heads[c]);
    snprintf(s.cells[0][0], CELL_BYTES, "%.90s", report->runs->cases[at].name);
    s.rows = 1;
    add_items(&s, a, bill);
    add_row(&s, a, "total", "cost", "total", "");
    add_causes(&s, a);
    print_sheet(&s, out);
    free(s.cells);
    print_unpriced(a, bill, columns, out);
    fputc('\n', out);
}

void sim_cost_print(const struct sim_report *report, unsigned columns, FILE *out)
{
    const struct sim_bill *before = NULL;
    for (uint32_t at = 0; at < report->runs->case_count; at++) {
        const struct sim_bill *bill = report->runs->cases[at].plan.bill;
        if (!bill)
            continue;
        if (!before || !bill->title || !before->title || strcmp(bill->title, before->title) != 0)
            sim_tell(out, "Cost: %s%s%s (%s).\n", bill->title ? bill->title : "prices",
                     bill->date ? ", " : "", bill->date ? bill->date : "",
                     bill->source ? "sources in the book" : "the scenario's own");
        if (!before)
            sim_tell(out,
                     "A month is %d h at the run's pace, and tiers count that month; requests are\n"
                     "those of users that succeeded.\n",
                     SIM_MONTH_HOURS);
        before = bill;
        print_case(report, at, columns, out);
    }
}

/* ---- summary.json ---------------------------------------------------------------------------- */

static void write_money(struct sim_json *json, const struct sim_aggregate *a, const char *place,
                        const char *meter)
{
    for (int i = 0; i < STATS; i++) {
        const struct sim_estimate *e = metric(a, place, meter, stats[i]);
        sim_json_open(json, stats[i], '{', true);
        sim_json_number(json, "mean", e ? e->mean : (double)NAN);
        sim_json_number(json, "low", e ? e->low : (double)NAN);
        sim_json_number(json, "high", e ? e->high : (double)NAN);
        sim_json_text(json, "unit", sim_cost_unit(stats[i]));
        sim_json_close(json, '}');
    }
}

static void write_item(struct sim_json *json, const struct sim_aggregate *a,
                       const struct sim_bill_item *it)
{
    const struct sim_estimate *used = metric(a, it->place, it->used.name, "per_hour");
    sim_json_open(json, NULL, '{', false);
    sim_json_text(json, "component", it->place);
    sim_json_text(json, "usage", it->usage->name);
    sim_json_open(json, "used", '{', true);
    sim_json_number(json, "mean", used ? used->mean : (double)NAN);
    sim_json_text(json, "unit", it->used.unit);
    sim_json_close(json, '}');
    sim_json_text(json, "price", it->price ? it->price->text : NULL);
    if (it->price) {
        sim_json_text(json, "billed",
                      it->usage->provisioned ? "what there is"
                      : it->price->peak      ? "peak"
                                             : "what is used");
        write_money(json, a, it->place, it->cost.name);
    }
    sim_json_close(json, '}');
}

void sim_cost_write(struct sim_json *json, const struct sim_report *report, uint32_t at)
{
    const struct sim_aggregate *a = &report->aggregates[at];
    const struct sim_bill *bill = report->runs->cases[at].plan.bill;
    if (!bill)
        return;
    sim_json_open(json, "cost", '{', false);
    sim_json_text(json, "prices", bill->title);
    sim_json_text(json, "date", bill->date);
    sim_json_text(json, "source", bill->source);
    sim_json_count(json, "month_hours", SIM_MONTH_HOURS);
    sim_json_open(json, "total", '{', false);
    write_money(json, a, "cost", "total");
    sim_json_close(json, '}');
    sim_json_open(json, "by_cause", '{', false);
    for (int c = 0; c < SIM_CAUSES; c++) {
        sim_json_open(json, sim_cause_names[c], '{', false);
        write_money(json, a, "cost", sim_cause_names[c]);
        sim_json_close(json, '}');
    }
    sim_json_close(json, '}');
    sim_json_open(json, "items", '[', false);
    for (uint32_t i = 0; i < bill->item_count; i++)
        write_item(json, a, &bill->items[i]);
    sim_json_close(json, ']');
    sim_json_close(json, '}');
}
