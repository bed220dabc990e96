/* breaking_point.c - prints, writes and draws a breaking point. */
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

extern const char sim__plot_theme[], sim__plot_curve[];

static const char *const verdicts[] = {
    [SIM_FIND_UNKNOWN] = "not told", [SIM_FIND_HOLDS] = "holds", [SIM_FIND_BREAKS] = "breaks"};

static const char *const findings[] = {[SIM_FIND_POINT] = "breaking point",
                                       [SIM_FIND_ALL] = "holds in the whole range",
                                       [SIM_FIND_NONE] = "holds nowhere",
                                       [SIM_FIND_NOT_MONOTONE] = "not monotone",
                                       [SIM_FIND_INCONCLUSIVE] = "not told"};

static struct sim_vary_text text_of(const struct sim_search *s, double x)
{
    return sim_vary_text(&s->asked->vary[0], x);
}

static void say_criterion(struct sim_buffer *text, const struct sim_search *s)
{
    sim_search_say_criterion(text, &s->asked->criterion);
    if (!isnan(s->probability))
        sim_buffer_printf(text, " with probability %.9g or more", s->probability);
}

/* The value that lacks most values for a percentile; NULL: none lacks any. */
static const struct sim_find_point *too_few(const struct sim_search *s)
{
    const struct sim_find_point *worst = NULL;
    for (uint32_t i = 0; i < s->found->point_count; i++) {
        const struct sim_find_point *p = &s->found->points[i];
        if (p->seen.needs > 0 &&
            (!worst || p->seen.needs * worst->seen.has > worst->seen.needs * p->seen.has))
            worst = p;
    }
    return worst;
}

/* Says what could decide, if the replications do not. */
static void say_remedy(struct sim_buffer *text, const struct sim_search *s)
{
    const struct sim_find_point *p = too_few(s);
    const char *stat = sim_aggregate_stat(s->asked->criterion.that, NULL);
    const struct sim_plan *plan = &s->scenario->variants[0].plan;
    bool span = !isnan(s->asked->criterion.from) || !isnan(s->asked->criterion.to);
    if (!p)
        sim_buffer_puts(text, "--reps more can.");
    else
        sim_buffer_printf(
            text, "at %s there are %s.", text_of(s, p->x).s,
            sim_carry_text(&p->seen, stat, (double)plan->warmup, span ? 0 : (double)plan->duration)
                .s);
}

/* Whether nothing was observed at an examined value. */
static bool is_unseen(const struct sim_find_point *p)
{
    return p->seen.n == 0;
}

static const char *verdict_of(const struct sim_find_point *p)
{
    return is_unseen(p) ? "not observed" : verdicts[p->verdict];
}

/* Lists the values at which nothing was observed; the search went on without them. */
static void say_unseen(struct sim_buffer *text, const struct sim_search *s)
{
    uint32_t said = 0;
    for (uint32_t i = 0; i < s->found->point_count; i++) {
        const struct sim_find_point *p = &s->found->points[i];
        if (is_unseen(p))
            sim_buffer_printf(text, "%s%s", said++ > 0 ? ", " : " Nothing was observed at ",
                              text_of(s, p->x).s);
    }
    if (said > 0)
        sim_buffer_puts(text,
                        said > 1 ? ": these values tell nothing." : ": this value tells nothing.");
}

static void say_point(struct sim_buffer *text, const struct sim_search *s)
{
    const struct sim_find *f = s->found;
    const char *name = sim_vary_name(&s->asked->vary[0]);
    sim_buffer_printf(text, "%s: it breaks %s a point between %s and ", name,
                      f->holds_below ? "above" : "below", text_of(s, f->low).s);
    sim_buffer_printf(text, "%s (95 %%).", text_of(s, f->high).s);
    if (f->narrow)
        return;
    sim_buffer_printf(text, " That is wider than the %.9g %% asked for: ", 100 * s->within);
    if (f->out_of_runs || f->point_count == SIM_FIND_POINTS) {
        sim_buffer_puts(text, f->out_of_runs ? "the runs were used up (--max-runs)."
                                             : "no more values are looked at.");
        return;
    }
    sim_buffer_puts(text, "closer to the point the replications cannot tell the two sides apart; ");
    say_remedy(text, s);
}

static void say_changes(struct sim_buffer *text, const struct sim_search *s)
{
    const struct sim_find *f = s->found;
    enum sim_find_verdict last = SIM_FIND_UNKNOWN;
    sim_buffer_printf(text, "%s: not monotone, there is no one breaking point: it ",
                      sim_vary_name(&s->asked->vary[0]));
    for (uint32_t i = 0; i < f->point_count; i++) {
        if (f->points[i].verdict == SIM_FIND_UNKNOWN || f->points[i].verdict == last)
            continue;
        sim_buffer_printf(text, "%s%s at %s", last == SIM_FIND_UNKNOWN ? "" : ", ",
                          verdicts[f->points[i].verdict], text_of(s, f->points[i].x).s);
        last = f->points[i].verdict;
    }
    sim_buffer_puts(text, ". Ask for a smaller range.");
}

static void say_finding(struct sim_buffer *text, const struct sim_search *s)
{
    const struct sim_vary *v = &s->asked->vary[0];
    const char *name = sim_vary_name(v);
    struct sim_vary_text low = sim_vary_text(v, v->low), high = sim_vary_text(v, v->high);
    const struct sim_find_point *last = &s->found->points[s->found->point_count - 1];
    switch (s->found->finding) {
    case SIM_FIND_POINT: say_point(text, s); break;
    case SIM_FIND_ALL:
        sim_buffer_printf(text, "%s: it holds in the whole range, from %s to %s.", name, low.s,
                          high.s);
        break;
    case SIM_FIND_NONE:
        sim_buffer_printf(text, "%s: it holds nowhere from %s to %s.", name, low.s, high.s);
        break;
    case SIM_FIND_NOT_MONOTONE: say_changes(text, s); break;
    case SIM_FIND_INCONCLUSIVE:
        sim_buffer_printf(text, "%s: no breaking point was seen from %s to %s, ", name, low.s,
                          high.s);
        if (is_unseen(&s->found->points[0]) || is_unseen(last)) {
            sim_buffer_puts(text, "because nothing was observed at an end of this range. Ask for "
                                  "a range at whose ends something is observed. If no request "
                                  "succeeds there, use a criterion on `success`, such as "
                                  "'users.success.mean >= 0.99'.");
        } else {
            sim_buffer_puts(text, "but the replications cannot tell at its ends; ");
            say_remedy(text, s);
        }
        break;
    }
}

static void say(struct sim_buffer *text, const struct sim_search *s)
{
    say_finding(text, s);
    say_unseen(text, s);
}

/* The assumptions of the result. */
static void say_assumed(struct sim_buffer *text, const struct sim_search *s)
{
    uint32_t grid = 0;
    for (uint32_t i = 0; i < s->found->point_count; i++)
        grid += s->found->points[i].grid && !is_unseen(&s->found->points[i]);
    sim_buffer_printf(text,
                      "Assumed: one change over the range, checked at %u values over it. Every "
                      "\"holds\" and \"breaks\" is right, all together, with 95 %%.",
                      grid);
}

void sim_find_print(const struct sim_search *s, unsigned columns, FILE *out)
{
    struct sim_buffer text = {.text = NULL};
    bool share = !isnan(s->probability);
    say_criterion(&text, s);
    sim_tell(out, "While %s%s%s, seed %llu\n\n", text.text ? text.text : "",
             s->asked->variant[0] ? " in " : "", s->asked->variant,
             (unsigned long long)s->scenario->seed);
    sim_tell(out, "  %-14s %6s  %-34s %s\n", sim_vary_name(&s->asked->vary[0]), "runs",
             share ? "share of runs that hold (95 %)" : "seen (95 %)", "verdict");
    for (uint32_t i = 0; i < s->found->point_count; i++) {
        const struct sim_find_point *p = &s->found->points[i];
        sim_tell(out, "  %-14s %6u  %-34s %s\n", text_of(s, p->x).s, p->replications,
                 sim_number_span(p->seen.mean, p->seen.low, p->seen.high, share ? "1" : s->unit).s,
                 verdict_of(p));
    }
    sim_buffer_free(&text);
    fputc('\n', out);
    say(&text, s);
    sim_wrap_print(out, text.text ? text.text : "", 0, 0, columns);
    fputc('\n', out);
    sim_buffer_free(&text);
    say_assumed(&text, s);
    sim_wrap_print(out, text.text ? text.text : "", 0, 0, columns);
    sim_tell(out, "\n%u runs.\n", s->found->runs);
    sim_buffer_free(&text);
}

void sim_find_write(const struct sim_search *s, FILE *out)
{
    const struct sim_find *f = s->found;
    const struct sim_vary *v = &s->asked->vary[0];
    bool point = f->finding == SIM_FIND_POINT;
    struct sim_buffer text = {.text = NULL};
    struct sim_json json;
    say(&text, s);
    sim_summary_begin(&json, out, s->scenario);
    sim_json_text(&json, "variant", s->asked->variant);
    sim_search_write_vary(&json, "vary", v);
    sim_search_write_criterion(&json, s);
    sim_json_text(&json, "finding", findings[f->finding]);
    sim_json_text(&json, "holds", point ? f->holds_below ? "below" : "above" : NULL);
    sim_json_number(&json, "low", point ? sim_vary_result(v, f->low) : (double)NAN);
    sim_json_number(&json, "high", point ? sim_vary_result(v, f->high) : (double)NAN);
    sim_json_number(&json, "confidence", SIM_LEVEL);
    sim_json_number(&json, "within", s->within);
    sim_json_bool(&json, "reached", point && f->narrow);
    sim_json_count(&json, "runs", f->runs);
    sim_json_text(&json, "text", text.text);
    sim_json_open(&json, "points", '[', false);
    for (uint32_t i = 0; i < f->point_count; i++) {
        const struct sim_find_point *p = &f->points[i];
        sim_json_open(&json, NULL, '{', true);
        sim_json_text(&json, "value", text_of(s, p->x).s);
        sim_json_number(&json, "x", sim_vary_result(v, p->x));
        sim_json_count(&json, "runs", p->replications);
        sim_json_number(&json, "mean", p->seen.mean);
        sim_json_number(&json, "low", p->seen.low);
        sim_json_number(&json, "high", p->seen.high);
        sim_summary_too_few(&json, &p->seen);
        sim_json_text(&json, "verdict", verdict_of(p));
        sim_json_close(&json, '}');
    }
    sim_json_close(&json, ']');
    sim_json_close(&json, '}');
    sim_json_end(&json);
    sim_buffer_free(&text);
}

/* ---- the figure: what was seen against what was varied --------------------------------------- */

static void draw_preamble(const struct sim_search *s, struct sim_scale y, double x_factor,
                          const char *x_unit, FILE *gp)
{
    const struct sim_find *f = s->found;
    const struct sim_vary *v = &s->asked->vary[0];
    bool share = !isnan(s->probability);
    struct sim_buffer text = {.text = NULL}, label = {.text = NULL};
    say(&text, s);
    say_criterion(&label, s);
    sim_buffer_printf(&text, " Points: %s; band: 95 %% interval of each.",
                      share ? "share of the runs that hold" : "mean of the runs there");
    sim_preamble_head(gp, s->scenario, "find", s->figure_format, s->scenario->title,
                      text.text ? text.text : "");
    sim_preamble_number(gp, "npanels", 1);
    fputs("array panel_title[1] = [", gp);
    sim_preamble_quoted(gp, share ? "share of runs that hold" : s->asked->criterion.that);
    fputs("]\narray panel_unit[1] = [", gp);
    sim_preamble_quoted(gp, y.unit);
    fprintf(gp, "]\narray panel_slo[1] = [%s]\narray panel_slo_label[1] = [",
            sim_number_csv((share ? s->probability : s->asked->criterion.bound) * y.factor).s);
    sim_preamble_quoted(gp, label.text ? label.text : "");
    fprintf(gp, "]\narray panel_share[1] = [%d]\n", share);
    fputs("nvariants = 1\narray variant_name[1] = [", gp);
    sim_preamble_quoted(gp, s->asked->variant);
    fputs("]\narray variant_colour[1] = [1]\nnlines = 1\narray line_panel[1] = [1]\n"
          "array line_variant[1] = [1]\narray line_series[1] = [1]\narray line_label[1] = ['']\n",
          gp);
    sim_preamble_text(gp, "fig_xlabel", sim_vary_name(v));
    sim_preamble_text(gp, "fig_xunit", x_unit);
    sim_preamble_number(gp, "fig_xlog", v->log);
    if (f->finding == SIM_FIND_POINT) {
        sim_preamble_number(gp, "fig_mark_from", sim_vary_result(v, f->low) * x_factor);
        sim_preamble_number(gp, "fig_mark_to", sim_vary_result(v, f->high) * x_factor);
    }
    fprintf(gp, "\n%s%s", sim__plot_theme, sim__plot_curve);
    sim_buffer_free(&text);
    sim_buffer_free(&label);
}

void sim_find_draw(const struct sim_search *s, FILE *csv, FILE *gp)
{
    const struct sim_find *f = s->found;
    const struct sim_vary *v = &s->asked->vary[0];
    const char *unit = isnan(s->probability) ? s->unit : "1";
    struct sim_scale x = sim_number_scale(sim_vary_unit(v), sim_vary_result(v, v->high));
    struct sim_scale y = sim_number_scale(
        unit, isnan(s->probability) ? 2 * s->asked->criterion.bound : 1);
    fputs("line,x,mean,low,high,panel,series,unit,variant\n", csv);
    for (uint32_t i = 0; i < f->point_count; i++) {
        const struct sim_find_point *p = &f->points[i];
        fputs("1", csv);
        sim_preamble_cell(csv, sim_vary_result(v, p->x) * x.factor);
        sim_preamble_cell(csv, p->seen.mean * y.factor);
        sim_preamble_cell(csv, p->seen.low * y.factor);
        sim_preamble_cell(csv, p->seen.high * y.factor);
        sim_preamble_text_cell(csv, s->asked->criterion.that);
        sim_preamble_text_cell(csv, verdict_of(p));
        sim_preamble_text_cell(csv, y.unit);
        sim_preamble_text_cell(csv, s->asked->variant);
        fputc('\n', csv);
    }
    draw_preamble(s, y, x.factor, x.unit, gp);
}
