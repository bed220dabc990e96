/* tornado.c - prints, writes and draws a ranking of inputs by how much they move a metric. */
#include "report/searches/search.h"

#include "base/text.h"
#include "report/figures/preamble.h"
#include "report/json_stream.h"
#include "report/number.h"
#include "report/report.h"
#include "study/estimates/sample_size.h"

#include <math.h>
#include <string.h>

extern const char sim__plot_theme[], sim__plot_tornado[];

struct finding {
    char s[160];
};

static struct finding finding_of(const struct sim_search *s, const struct sim_input *input)
{
    struct finding finding = {""};
    const struct sim_estimate *swing = &input->swing;
    const char *words = swing->mean == 0 && swing->low == swing->high ? "the same in all pairs"
                        : input->clear                                ? "moves it"
                                       : "not distinguishable from no effect";
    if (input->low.n == 0 || input->high.n == 0)
        snprintf(finding.s, sizeof finding.s, "not observed at %s%s%s",
                 input->low.n == 0 ? sim_vary_text(input->vary, input->vary->low).s : "",
                 input->low.n == 0 && input->high.n == 0 ? " and " : "",
                 input->high.n == 0 ? sim_vary_text(input->vary, input->vary->high).s : "");
    else if (swing->n == 0)
        snprintf(finding.s, sizeof finding.s, "never observed at both ends of a pair");
    else if (swing->needs > 0)
        snprintf(finding.s, sizeof finding.s, "not told: too few for %s",
                 sim_aggregate_stat(s->inputs->metric, NULL));
    else if (swing->n == 1 && s->sensitivity->pairs > 1)
        snprintf(finding.s, sizeof finding.s, "observed in 1 of %u pairs only",
                 s->sensitivity->pairs);
    else
        snprintf(finding.s, sizeof finding.s, "%s",
                 swing->n == 1 ? "n = 1 cannot support an interval" : words);
    return finding;
}

void sim_sensitivity_print(const struct sim_search *s, unsigned columns, FILE *out)
{
    const struct sim_sensitivity *v = s->sensitivity;
    int width = 12;
    (void)columns;
    for (uint32_t i = 0; i < v->count; i++) {
        int n = (int)strlen(sim_vary_name(v->inputs[i].vary));
        width = n > width ? n : width;
    }
    sim_tell(out, "%s with all inputs at mid: %s; n = %u pairs of the same load, seed %llu\n\n",
             s->inputs->metric, sim_number_span(v->mid.mean, v->mid.low, v->mid.high, s->unit).s,
             v->pairs, (unsigned long long)s->scenario->seed);
    sim_tell(out, "  %-*s %22s  %s\n", width, "input", "low .. high", "from low to high (95 %)");
    for (uint32_t i = 0; i < v->count; i++) {
        const struct sim_input *input = &v->inputs[i];
        char range[100];
        snprintf(range, sizeof range, "%s .. %s", sim_vary_text(input->vary, input->vary->low).s,
                 sim_vary_text(input->vary, input->vary->high).s);
        sim_tell(out, "%2u %-*s %22s  %-36s %s%s\n", i + 1, width - 1, sim_vary_name(input->vary),
                 range,
                 sim_number_span(input->swing.mean, input->swing.low, input->swing.high, s->unit).s,
                 finding_of(s, input).s,
                 i + 1 < v->count && !input->more_than_next && input->clear
                     ? "; not distinguishable from the next"
                     : "");
    }
    sim_tell(
        out,
        "\nDifferences are pair by pair, one input at a time; all intervals hold together with "
        "95 %%:\neach is of %.4g %% (Bonferroni). What inputs do together is not seen.\n",
        100 * v->level);
    const char *stat = sim_aggregate_stat(s->inputs->metric, NULL);
    for (uint32_t i = 0; i < v->count; i++) {
        if (!(v->inputs[i].swing.needs > 0))
            continue;
        sim_tell(out, "%s: %s.\n", s->inputs->metric,
                 sim_carry_text(&v->inputs[i].swing, stat, 0, 0).s);
        break;
    }
}

static void write_change(struct sim_json *json, const char *key, const struct sim_estimate *e)
{
    sim_json_open(json, key, '{', true);
    sim_json_number(json, "mean", e->mean);
    sim_json_number(json, "low", e->low);
    sim_json_number(json, "high", e->high);
    sim_json_count(json, "n", e->n);
    sim_summary_too_few(json, e);
    sim_json_close(json, '}');
}

void sim_sensitivity_write(const struct sim_search *s, FILE *out)
{
    const struct sim_sensitivity *v = s->sensitivity;
    struct sim_json json;
    sim_summary_begin(&json, out, s->scenario);
    sim_json_text(&json, "variant", s->inputs->variant);
    sim_json_text(&json, "metric", s->inputs->metric);
    sim_json_text(&json, "unit", s->unit);
    sim_json_count(&json, "pairs", v->pairs);
    sim_json_number(&json, "confidence", SIM_LEVEL);
    sim_json_text(&json, "adjustment", "bonferroni");
    sim_json_number(&json, "confidence_each", v->level);
    write_change(&json, "mid", &v->mid);
    sim_json_open(&json, "inputs", '[', false);
    for (uint32_t i = 0; i < v->count; i++) {
        const struct sim_input *input = &v->inputs[i];
        sim_json_open(&json, NULL, '{', false);
        sim_json_text(&json, "path", input->vary->path);
        sim_json_text(&json, "low", sim_vary_text(input->vary, input->vary->low).s);
        sim_json_text(&json, "mid", sim_vary_text(input->vary, input->vary->mid).s);
        sim_json_text(&json, "high", sim_vary_text(input->vary, input->vary->high).s);
        write_change(&json, "at_low", &input->low);
        write_change(&json, "at_high", &input->high);
        write_change(&json, "to_low", &input->to_low);
        write_change(&json, "to_high", &input->to_high);
        write_change(&json, "swing", &input->swing);
        sim_json_text(&json, "finding", finding_of(s, input).s);
        sim_json_bool(&json, "more_than_next", input->more_than_next);
        sim_json_close(&json, '}');
    }
    sim_json_close(&json, ']');
    sim_json_close(&json, '}');
    sim_json_end(&json);
}

/* ---- the figure ------------------------------------------------------------------------------ */

static void labels(const char *name, const struct sim_sensitivity *v, FILE *gp,
                   const char *(*of)(const struct sim_input *, struct sim_vary_text *))
{
    struct sim_vary_text room;
    fprintf(gp, "array %s[%u] = [", name, v->count);
    for (uint32_t i = 0; i < v->count; i++) {
        fputs(i > 0 ? ", " : "", gp);
        sim_preamble_quoted(gp, of(&v->inputs[i], &room));
    }
    fputs("]\n", gp);
}

static const char *name_of(const struct sim_input *input, struct sim_vary_text *room)
{
    (void)room;
    return sim_vary_name(input->vary);
}

static const char *low_of(const struct sim_input *input, struct sim_vary_text *room)
{
    *room = sim_vary_text(input->vary, input->vary->low);
    return room->s;
}

static const char *high_of(const struct sim_input *input, struct sim_vary_text *room)
{
    *room = sim_vary_text(input->vary, input->vary->high);
    return room->s;
}

static void notes(const struct sim_search *s, FILE *gp)
{
    const struct sim_sensitivity *v = s->sensitivity;
    fprintf(gp, "array input_note[%u] = [", v->count);
    for (uint32_t i = 0; i < v->count; i++) {
        fputs(i > 0 ? ", " : "", gp);
        sim_preamble_quoted(gp, v->inputs[i].clear ? "" : finding_of(s, &v->inputs[i]).s);
    }
    fputs("]\n", gp);
}

static void side(FILE *csv, double mid, const struct sim_estimate *change, double factor)
{
    sim_preamble_cell(csv, (mid + change->mean) * factor);
    sim_preamble_cell(csv, (mid + change->low) * factor);
    sim_preamble_cell(csv, (mid + change->high) * factor);
}

void sim_sensitivity_draw(const struct sim_search *s, FILE *csv, FILE *gp)
{
    const struct sim_sensitivity *v = s->sensitivity;
    char text[640];
    double most = fabs(v->mid.mean);
    for (uint32_t i = 0; i < v->count; i++)
        most = fmax(most, fmax(fabs(v->inputs[i].low.mean), fabs(v->inputs[i].high.mean)));
    struct sim_scale scale = sim_number_scale(s->unit, most);
    fputs("row,at_low,low_low,low_high,at_high,high_low,high_high,input,unit\n", csv);
    for (uint32_t i = 0; i < v->count; i++) {
        fprintf(csv, "%u", i + 1);
        side(csv, v->mid.mean, &v->inputs[i].to_low, scale.factor);
        side(csv, v->mid.mean, &v->inputs[i].to_high, scale.factor);
        sim_preamble_text_cell(csv, v->inputs[i].vary->path);
        sim_preamble_text_cell(csv, scale.unit);
        fputc('\n', csv);
    }
    snprintf(text, sizeof text,
             "%s as each input goes from mid to its low and to its high value, the others at mid. "
             "Whisker: interval of the difference from mid over %u pairs of runs; all together "
             "95 %%.",
             s->inputs->metric, v->pairs);
    sim_preamble_head(gp, s->scenario, "tornado", s->figure_format, s->scenario->title, text);
    sim_preamble_number(gp, "npanels", 1);
    sim_preamble_number(gp, "nvariants", 1);
    sim_preamble_number(gp, "ninputs", v->count);
    labels("input_name", v, gp, name_of);
    labels("input_low", v, gp, low_of);
    labels("input_high", v, gp, high_of);
    notes(s, gp);
    sim_preamble_number(gp, "fig_mid", v->mid.mean * scale.factor);
    sim_preamble_text(gp, "fig_xlabel", s->inputs->metric);
    sim_preamble_text(gp, "fig_xunit", scale.unit);
    fprintf(gp, "\n%s%s", sim__plot_theme, sim__plot_tornado);
}
