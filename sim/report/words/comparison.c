/* comparison.c - prints and writes the comparison of two variants. */
#include "report/report.h"

#include "base/text.h"
#include "base/wrap.h"
#include "report/json_stream.h"
#include "report/number.h"
#include "study/estimates/sample_size.h"

#include <inttypes.h>
#include <math.h>

/* "310": a needed number of replications is known to about two digits. */
static struct sim_number about(uint32_t n)
{
    struct sim_number text;
    uint32_t step = 1;
    while (n / step >= 100)
        step *= 10;
    snprintf(text.s, sizeof text.s, "%u", (n + step - 1) / step * step);
    return text;
}

/* "31 % less", "4.2 times as much"; "" when the other value is 0. */
static struct sim_number portion(const struct sim_difference *d)
{
    struct sim_number text = {""};
    double ratio = d->b / d->a, percent = 100 * fabs(d->relative);
    if (isnan(d->relative))
        return text;
    if (ratio >= 2)
        snprintf(text.s, sizeof text.s, ": %.*f times as much", ratio < 10 ? 1 : 0, ratio);
    else
        snprintf(text.s, sizeof text.s, percent < 0.095 ? ": %.*g %% %s" : ": %.*f %% %s",
                 percent < 0.95  ? 2
                 : percent < 9.5 ? 1
                                 : 0,
                 percent, d->relative < 0 ? "less" : "more");
    return text;
}

static void say_unclear(struct sim_buffer *text, const struct sim_comparison *c,
                        const struct sim_difference *d, const char *name)
{
    double half = (d->change.high - d->change.low) / 2;
    sim_buffer_printf(text, "%s: not distinguishable at n = %u (difference %s \xC2\xB1 %s)", name,
                      d->change.n, sim_number_human(d->change.mean, d->unit).s,
                      sim_number_human(half, d->unit).s);
    double percent = 100 * c->resolution;
    if (d->needed == 0)
        return;
    if (d->needed <= d->change.n)
        sim_buffer_printf(text, "; one of %.9g %% would have been seen four times in five",
                          percent);
    else if (d->needed == UINT32_MAX)
        sim_buffer_printf(text, "; more than a billion would be needed to see one of %.9g %%",
                          percent);
    else
        sim_buffer_printf(text, "; about n = %s would be needed to see one of %.9g %%",
                          about(d->needed).s, percent);
}

static void say_too_few(struct sim_buffer *text, const struct sim_report *report,
                        const struct sim_comparison *c, const struct sim_difference *d,
                        const char *name)
{
    const struct sim_plan *plan = &report->runs->cases[c->a].plan;
    sim_buffer_printf(
        text, "%s: not told, %s", name,
        sim_carry_text(&d->change, d->stat, (double)plan->warmup, (double)plan->duration).s);
}

/* On which side a metric was not observed. */
enum unseen { UNSEEN_IN_A, UNSEEN_IN_B, UNSEEN, UNSEEN_IN_PAIRS, UNSEENS };

static enum unseen unseen_of(const struct sim_difference *d)
{
    if (d->seen[0] > 0 && d->seen[1] > 0)
        return UNSEEN_IN_PAIRS;
    return d->seen[1] > 0 ? UNSEEN_IN_A : d->seen[0] > 0 ? UNSEEN_IN_B : UNSEEN;
}

static void say_where(struct sim_buffer *text, const struct sim_report *report,
                      const struct sim_comparison *c, enum unseen unseen)
{
    const char *a = report->runs->cases[c->a].name, *b = report->runs->cases[c->b].name;
    if (unseen == UNSEEN_IN_PAIRS)
        sim_buffer_puts(text, "ot observed on both sides of any pair");
    else
        sim_buffer_printf(text, "ot observed in %s%s%s", unseen == UNSEEN_IN_B ? b : a,
                          unseen == UNSEEN ? " or " : "", unseen == UNSEEN ? b : "");
}

static void say_unobserved(struct sim_buffer *text, const struct sim_report *report,
                           const struct sim_comparison *c, const struct sim_difference *d,
                           const char *name)
{
    sim_buffer_printf(text, "%s: n", name);
    say_where(text, report, c, unseen_of(d));
}

/* One sentence for all metrics that were not observed on the same side. */
static void say_all_unobserved(struct sim_buffer *text, const struct sim_report *report,
                               const struct sim_comparison *c, enum unseen unseen)
{
    uint32_t said = 0;
    for (uint32_t i = 0; i < c->count; i++) {
        const struct sim_difference *d = &c->items[i];
        if (d->finding != SIM_COMPARE_UNOBSERVED || unseen_of(d) != unseen)
            continue;
        if (said == 0) {
            sim_buffer_puts(text, "N");
            say_where(text, report, c, unseen);
        }
        sim_buffer_printf(text, "%s %s.%s.%s", said++ > 0 ? "," : ":", d->component, d->meter,
                          d->stat);
    }
}

static void say(struct sim_buffer *text, const struct sim_report *report,
                const struct sim_comparison *c, const struct sim_difference *d)
{
    const char *a = report->runs->cases[c->a].name, *b = report->runs->cases[c->b].name;
    char name[256];
    bool lower = d->change.mean < 0;
    double sign = lower ? -1 : 1;
    double least = lower ? -d->change.high : d->change.low;
    double most = lower ? -d->change.low : d->change.high;
    snprintf(name, sizeof name, "%s.%s.%s", d->component, d->meter, d->stat);
    switch (d->finding) {
    case SIM_COMPARE_UNOBSERVED: say_unobserved(text, report, c, d, name); return;
    case SIM_COMPARE_SAME:
        sim_buffer_printf(text, "%s: the same in %s, %s", name,
                          d->change.n == 1 ? "the one pair" : "all pairs",
                          sim_number_human(d->a, d->unit).s);
        return;
    case SIM_COMPARE_UNCLEAR: say_unclear(text, c, d, name); return;
    case SIM_COMPARE_TOO_FEW: say_too_few(text, report, c, d, name); return;
    case SIM_COMPARE_ALONE:
    case SIM_COMPARE_LOWER:
    case SIM_COMPARE_HIGHER: break;
    }
    sim_buffer_printf(text, "%s of %s is %s %s than %s's%s, %s against %s", name, b,
                      sim_number_span(sign * d->change.mean, least, most, d->unit).s,
                      lower ? "lower" : "higher", a, portion(d).s,
                      sim_number_human(d->b, d->unit).s, sim_number_human(d->a, d->unit).s);
    if (d->finding == SIM_COMPARE_ALONE)
        sim_buffer_puts(text, "; n = 1 cannot support an interval");
}

/* One sentence for all metrics that are the same in every pair. */
static void say_same(struct sim_buffer *text, const struct sim_comparison *c)
{
    for (uint32_t i = 0; i < c->count; i++) {
        const struct sim_difference *d = &c->items[i];
        if (d->finding == SIM_COMPARE_SAME)
            sim_buffer_printf(text, "%s %s.%s.%s %s",
                              text->length ? ";" : "The same in all pairs:", d->component, d->meter,
                              d->stat, sim_number_human(d->a, d->unit).s);
    }
}

void sim_comparison_print(const struct sim_report *report, const struct sim_comparison *c,
                          unsigned columns, FILE *out)
{
    const struct sim_scenario *s = report->scenario;
    struct sim_buffer text = {.text = NULL};
    uint32_t estimated = 0;
    for (uint32_t i = 0; i < c->count; i++)
        estimated += c->items[i].change.n > 0;
    sim_wrap_print(out, s->title ? s->title : s->name, 0, 0, columns);
    sim_buffer_printf(&text, "%s against %s: n = %u %s of the same load, seed %" PRIu64 ". ",
                      report->runs->cases[c->b].name, report->runs->cases[c->a].name, c->pairs,
                      c->pairs == 1 ? "pair" : "pairs", s->seed);
    if (c->pairs > 1 && estimated > 0)
        sim_buffer_printf(&text,
                          "Intervals of %u %s hold together with 95 %%: each is of %.4g %% "
                          "(Bonferroni).",
                          estimated, estimated == 1 ? "metric" : "metrics", 100 * c->level);
    else if (estimated > 0)
        sim_buffer_puts(&text, "One pair says nothing about chance: ask for more with --reps.");
    sim_wrap_print(out, text.text ? text.text : "", 0, 0, columns);
    fputc('\n', out);
    for (uint32_t i = 0; i < c->count; i++) {
        if (c->items[i].finding == SIM_COMPARE_SAME ||
            c->items[i].finding == SIM_COMPARE_UNOBSERVED)
            continue;
        text.length = 0;
        say(&text, report, c, &c->items[i]);
        fputs("  ", out);
        sim_wrap_print(out, text.text ? text.text : "", 4, 2, columns);
    }
    for (int i = 0; i <= UNSEENS; i++) {
        text.length = 0;
        if (i == 0)
            say_same(&text, c);
        else
            say_all_unobserved(&text, report, c, (enum unseen)(i - 1));
        if (text.length == 0)
            continue;
        fputs("  ", out);
        sim_wrap_print(out, text.text, 4, 2, columns);
    }
    sim_buffer_free(&text);
    if (report->until)
        fputc('\n', out);
    sim_comparison_until(report, out);
}

void sim_comparison_until(const struct sim_report *report, FILE *out)
{
    const struct sim_until_end *end = report->until_end;
    if (!report->until)
        return;
    double percent = 100 * report->until->target;
    uint32_t n = report->runs->replications;
    if (!end->metric[0])
        sim_tell(out, "until %.9g %%: nothing was observed to look at\n", percent);
    else if (end->narrow)
        sim_tell(out,
                 "until %.9g %%: reached with n = %u; the widest, %s of %s, is \xC2\xB1%.2g %%\n",
                 percent, n, end->metric, report->runs->cases[end->at].name, 100 * end->widest);
    else if (isfinite(end->widest))
        sim_tell(
            out,
            "until %.9g %%: NOT reached with n = %u; the widest, %s of %s, is \xC2\xB1%.2g %%\n",
            percent, n, end->metric, report->runs->cases[end->at].name, 100 * end->widest);
    else if (end->too_few)
        sim_tell(out,
                 "until %.9g %%: NOT reached with n = %u: longer runs are needed for %s of %s, not "
                 "more of them\n",
                 percent, n, end->metric, report->runs->cases[end->at].name);
    else
        sim_tell(out, "until %.9g %%: NOT reached with n = %u: nothing to relate %s of %s to\n",
                 percent, n, end->metric, report->runs->cases[end->at].name);
}

/* ---- comparison.json ----------------------------------------------------------------------- */

static const char *const findings[] = {
    [SIM_COMPARE_LOWER] = "lower",
    [SIM_COMPARE_HIGHER] = "higher",
    [SIM_COMPARE_UNCLEAR] = "not distinguishable",
    [SIM_COMPARE_SAME] = "same",
    [SIM_COMPARE_ALONE] = "n = 1",
    [SIM_COMPARE_UNOBSERVED] = "not observed",
    [SIM_COMPARE_TOO_FEW] = "too few values",
};

static void write_item(struct sim_json *json, const struct sim_report *report,
                       const struct sim_comparison *c, const struct sim_difference *d)
{
    struct sim_buffer text = {.text = NULL};
    char key[256];
    snprintf(key, sizeof key, "%s.%s.%s", d->component, d->meter, d->stat);
    say(&text, report, c, d);
    sim_json_open(json, key, '{', true);
    sim_json_number(json, "a", d->a);
    sim_json_number(json, "b", d->b);
    sim_json_number(json, "difference", d->change.mean);
    sim_json_number(json, "low", d->change.low);
    sim_json_number(json, "high", d->change.high);
    sim_json_number(json, "relative", d->relative);
    sim_json_text(json, "unit", d->unit);
    sim_json_count(json, "n", d->change.n);
    sim_json_text(json, "finding", findings[d->finding]);
    bool known = d->needed > 0 && d->needed < UINT32_MAX;
    sim_json_number(json, "needed", known ? (double)d->needed : (double)NAN);
    sim_json_text(json, "text", text.text);
    sim_json_close(json, '}');
    sim_buffer_free(&text);
}

void sim_comparison_write(const struct sim_report *report, const struct sim_comparison *c,
                          FILE *out)
{
    const struct sim_scenario *s = report->scenario;
    struct sim_json json;
    sim_summary_begin(&json, out, s);
    sim_json_count(&json, "replications", report->runs->replications);
    sim_json_text(&json, "a", report->runs->cases[c->a].name);
    sim_json_text(&json, "b", report->runs->cases[c->b].name);
    sim_json_count(&json, "pairs", c->pairs);
    sim_json_number(&json, "confidence", SIM_LEVEL);
    sim_json_text(&json, "adjustment", "bonferroni");
    sim_json_number(&json, "confidence_each", c->level);
    sim_json_number(&json, "resolution", c->resolution);
    sim_json_open(&json, "metrics", '{', false);
    for (uint32_t i = 0; i < c->count; i++)
        write_item(&json, report, c, &c->items[i]);
    sim_json_close(&json, '}');
    sim_json_close(&json, '}');
    sim_json_end(&json);
}
