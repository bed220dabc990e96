/* summary.c - writes summary.json. */
#include "report/report.h"

#include "base/text.h"
#include "report/json_stream.h"
#include "report/number.h"
#include "report/words/cost.h"
#include "study/estimates/sample_size.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void write_estimate(struct sim_json *json, const struct sim_estimate *e)
{
    sim_json_number(json, "mean", e->mean);
    sim_json_number(json, "low", e->low);
    sim_json_number(json, "high", e->high);
}

/* Writes how the interval was computed, unless it is Student's over replications. */
static void write_method(struct sim_json *json, const struct sim_estimate *e)
{
    if (e->method != SIM_BY_STUDENT && !isnan(e->low))
        sim_json_text(json, "interval", e->method == SIM_BY_WILSON ? "wilson" : "batch means");
}

/* Writes the results of MSER-5 for each series; times in s. */
static void write_warmup(struct sim_json *json, const struct sim_aggregate *a)
{
    if (a->warmup_count == 0)
        return;
    bool enough = true;
    for (uint32_t i = 0; i < a->warmup_count; i++)
        enough = enough && a->warmups[i].enough;
    sim_json_open(json, "warmup", '{', false);
    sim_json_number(json, "chosen_s", a->warmups[0].chosen_s);
    sim_json_bool(json, "enough", enough);
    sim_json_open(json, "mser5", '{', false);
    for (uint32_t i = 0; i < a->warmup_count; i++) {
        const struct sim_warmup *w = &a->warmups[i];
        char key[256];
        snprintf(key, sizeof key, "%s.%s.%s", w->component, w->meter, w->stat);
        sim_json_open(json, key, '{', true);
        sim_json_number(json, "needed_s", w->needed_s);
        sim_json_number(json, "measured", w->measured);
        sim_json_number(json, "settled", w->settled);
        sim_json_text(json, "unit", w->unit);
        sim_json_bool(json, "enough", w->enough);
        sim_json_close(json, '}');
    }
    sim_json_close(json, '}');
    sim_json_close(json, '}');
}

void sim_summary_too_few(struct sim_json *json, const struct sim_estimate *e)
{
    if (!(e->needs > 0))
        return;
    sim_json_number(json, "values", floor(e->has * (1 + 1e-9))); /* a mean of whole numbers */
    sim_json_number(json, "needed", e->needs);
}

static void write_metrics(struct sim_json *json, const struct sim_aggregate *a,
                          const struct sim_plan *plan)
{
    sim_json_open(json, "metrics", '{', false);
    for (uint32_t i = 0; a->sample && i < a->sample->metric_count; i++) {
        const struct sim_metric *m = &a->sample->metrics[i];
        char key[256];
        snprintf(key, sizeof key, "%s.%s.%s", m->component, m->meter, m->stat);
        sim_json_open(json, key, '{', true);
        write_estimate(json, &a->metrics[i]);
        sim_json_text(json, "unit", m->unit);
        write_method(json, &a->metrics[i]);
        sim_summary_too_few(json, &a->metrics[i]);
        if (a->metrics[i].needs > 0)
            sim_json_text(json, "why",
                          sim_carry_text(&a->metrics[i], m->stat, (double)plan->warmup,
                                         (double)plan->duration)
                              .s);
        if (a->metrics[i].n < a->finished)
            sim_json_count(json, "n", a->metrics[i].n);
        sim_json_close(json, '}');
    }
    sim_json_close(json, '}');
}

/* Writes, for each source and percentile, the latency around it and its parts, in s. */
static void write_attribution(struct sim_json *json, const struct sim_aggregate *a)
{
    const char *source = "";
    sim_json_open(json, "attribution", '{', false);
    for (uint32_t i = 0; i < a->attributed_count; i++) {
        const struct sim_attributed *at = &a->attributed[i];
        if (strcmp(source, at->source) != 0 && i > 0)
            sim_json_close(json, '}');
        if (strcmp(source, at->source) != 0)
            sim_json_open(json, at->source, '{', false);
        source = at->source;
        sim_json_open(json, at->stat, '{', false);
        if (at->percentile.n > 0) {
            sim_json_open(json, "percentile", '{', true);
            write_estimate(json, &at->percentile);
            sim_json_close(json, '}');
        }
        sim_json_open(json, "latency", '{', true);
        write_estimate(json, &at->latency);
        sim_json_close(json, '}');
        sim_json_text(json, "unit", "s");
        sim_json_count(json, "requests", at->requests);
        sim_json_count(json, "sampled", at->sampled);
        sim_json_open(json, "parts", '[', false);
        for (uint32_t k = 0; k < at->part_count; k++) {
            sim_json_open(json, NULL, '{', true);
            sim_json_text(json, "component", at->parts[k].component);
            sim_json_text(json, "cause", at->parts[k].cause);
            write_estimate(json, &at->parts[k].spent);
            sim_json_close(json, '}');
        }
        sim_json_close(json, ']');
        sim_json_close(json, '}');
    }
    if (a->attributed_count > 0)
        sim_json_close(json, '}');
    sim_json_close(json, '}');
}

static void write_verdict(struct sim_json *json, const struct sim_verdict *v,
                          const struct sim_plan *plan)
{
    const struct sim_expect *e = v->expect;
    sim_json_open(json, NULL, '{', true);
    sim_json_text(json, "that", e->that);
    sim_json_bool(json, "held", v->held);
    sim_json_number(json, "observed", v->observed.mean);
    sim_json_number(json, "low", v->observed.low);
    sim_json_number(json, "high", v->observed.high);
    sim_json_text(json, "unit", v->unit);
    write_method(json, &v->observed);
    sim_summary_too_few(json, &v->observed);
    sim_json_text(json, "bound", v->bound);
    if (e->relative_to)
        sim_json_text(json, "relative_to", e->relative_to);
    if (!isnan(e->from))
        sim_json_exact(json, "from", e->from);
    if (!isnan(e->to))
        sim_json_exact(json, "to", sim_expect_end(e, plan));
    if (e->because)
        sim_json_text(json, "because", e->because);
    if (v->note[0])
        sim_json_text(json, "note", v->note);
    sim_json_close(json, '}');
}

static void write_failed_line(struct sim_json *json, const struct sim_audit_line *line,
                              uint32_t replication)
{
    sim_json_open(json, NULL, '{', true);
    sim_json_text(json, "check", line->name);
    sim_json_text(json, "component", line->component);
    sim_json_count(json, "replication", replication);
    sim_json_number(json, "expected", line->expected);
    sim_json_number(json, "observed", line->observed);
    sim_json_text(json, "text", line->text);
    sim_json_close(json, '}');
}

static void write_audit(struct sim_json *json, const struct sim_report *report, uint32_t at)
{
    const struct sim_aggregate *a = &report->aggregates[at];
    sim_json_open(json, "audit", '{', false);
    sim_json_bool(json, "held", a->audit_held);
    sim_json_open(json, "checks", '{', false);
    for (uint32_t i = 0; i < a->audit_count; i++) {
        sim_json_open(json, a->audits[i].name, '{', true);
        sim_json_count(json, "checked", a->audits[i].checked);
        sim_json_count(json, "held", a->audits[i].held);
        sim_json_close(json, '}');
    }
    sim_json_close(json, '}');
    sim_json_open(json, "failed", '[', false);
    for (uint32_t r = 0; r < report->runs->replications; r++) {
        const struct sim_record *record = sim_runs_record(report->runs, at, r);
        for (uint32_t i = 0; record && i < record->audit_count; i++) {
            if (!record->audit[i].held)
                write_failed_line(json, &record->audit[i], r);
        }
    }
    sim_json_close(json, ']');
    sim_json_close(json, '}');
}

static void write_faults(struct sim_json *json, const struct sim_runs *runs, uint32_t at)
{
    sim_json_open(json, "faults", '[', false);
    for (uint32_t r = 0; r < runs->replications; r++) {
        const struct sim_run *run = &runs->runs[(size_t)at * runs->replications + r];
        if (run->state != SIM_RUN_FAULT && run->state != SIM_RUN_REFUSED)
            continue;
        sim_json_open(json, NULL, '{', true);
        sim_json_count(json, "replication", r);
        sim_json_text(json, "why", run->why);
        sim_json_close(json, '}');
    }
    sim_json_close(json, ']');
}

/* Writes the faults of the variant's first replication. Random faults have other times in other
 * replications. */
static void write_timeline(struct sim_json *json, const struct sim_report *report, uint32_t at)
{
    const struct sim_record *sample = report->aggregates[at].sample;
    const struct sim_plan *plan = &report->runs->cases[at].plan;
    if (!sample || sample->fault_count == 0)
        return;
    sim_json_open(json, "timeline", '{', false);
    sim_json_count(json, "began", sample->fault_begins);
    sim_json_open(json, "first", '[', false);
    for (uint32_t i = 0; i < sample->fault_count; i++) {
        const struct sim_fault_window *w = &sample->faults[i];
        sim_json_open(json, NULL, '{', true);
        sim_json_text(json, "fault", plan->faults[w->fault].label);
        if (w->on.kind == SIM_END_COMPONENT && !sim_fault_on_links(plan->faults[w->fault].kind)) {
            sim_json_text(json, "component", plan->components[w->on.index].name);
            if (SIM_IS_NODES_AT(w->on.node))
                sim_json_text(json, "place", sim_plan_place_name(plan, SIM_PLACE_OF(w->on.node)));
            else if (w->on.node != SIM_ALL_NODES)
                sim_json_count(json, "node", w->on.node);
        }
        sim_json_number(json, "from_s", (double)w->began / 1e9);
        sim_json_number(json, "to_s", (double)w->ended / 1e9);
        sim_json_close(json, '}');
    }
    sim_json_close(json, ']');
    sim_json_close(json, '}');
}

static void write_cell(struct sim_json *json, const struct sim_report *report, uint32_t at)
{
    const struct sim_case *it = &report->runs->cases[at];
    sim_json_text(json, "variant", it->variant);
    sim_json_open(json, "at", '{', true);
    for (uint32_t i = 0; i < report->scenario->sweep_path_count; i++)
        sim_json_text(json, report->scenario->sweep_paths[i], it->at_text[i]);
    sim_json_close(json, '}');
}

static void write_case(struct sim_json *json, const struct sim_report *report, uint32_t at)
{
    const struct sim_aggregate *a = &report->aggregates[at];
    char hash[17];
    sim_json_open(json, report->runs->cases[at].name, '{', false);
    if (report->sweep)
        write_cell(json, report, at);
    write_metrics(json, a, &report->runs->cases[at].plan);
    write_warmup(json, a);
    sim_json_open(json, "expect", '[', false);
    for (uint32_t i = 0; i < report->verdict_count; i++) {
        if (report->verdicts[i].at == at)
            write_verdict(json, &report->verdicts[i], &report->runs->cases[at].plan);
    }
    sim_json_close(json, ']');
    write_attribution(json, a);
    write_audit(json, report, at);
    write_timeline(json, report, at);
    sim_cost_write(json, report, at);
    sim_theory_write(json, report, at);
    if (a->finished < report->runs->replications) {
        sim_json_count(json, "finished", a->finished);
        write_faults(json, report->runs, at);
    }
    sim_json_count(json, "events", a->events);
    snprintf(hash, sizeof hash, "%016" PRIx64, a->hash);
    sim_json_text(json, "hash", hash);
    sim_json_close(json, '}');
}

/* Written only when runs are missing, so complete results do not have the member. */
static void write_incomplete(struct sim_json *json, const struct sim_runs *runs)
{
    uint64_t total = (uint64_t)runs->case_count * runs->replications;
    if (runs->finished == total)
        return;
    sim_json_open(json, "incomplete", '{', true);
    sim_json_count(json, "finished", runs->finished);
    sim_json_count(json, "of", total);
    sim_json_text(json, "why", runs->interrupted ? "interrupted" : "fault");
    sim_json_close(json, '}');
}

/* Writes the options that affect the numbers, except the seed and the replications. */
static void write_asked(struct sim_json *json, const struct sim_report *report)
{
    if (!report->command)
        return;
    sim_json_open(json, "asked", '{', true);
    sim_json_text(json, "command", report->command);
    sim_json_open(json, "variants", '[', true);
    for (size_t i = 0; i < report->asked_variant_count; i++)
        sim_json_text(json, NULL, report->asked_variants[i]);
    sim_json_close(json, ']');
    sim_json_open(json, "set", '[', true);
    for (size_t i = 0; i < report->set_count; i++) {
        struct sim_buffer text = {.text = NULL};
        sim_buffer_printf(&text, "%s=%s", report->sets[i].path, report->sets[i].value);
        sim_json_text(json, NULL, text.text);
        sim_buffer_free(&text);
    }
    sim_json_close(json, ']');
    sim_json_close(json, '}');
}

/* Writes the metrics that are shown by default, of all cases, each once. */
static void write_headline(struct sim_json *json, const struct sim_report *report)
{
    enum { MOST = 512 };
    char(*names)[256] = calloc(MOST, sizeof *names);
    uint32_t count = 0;
    sim_json_open(json, "headline", '[', true);
    for (uint32_t at = 0; names && at < report->runs->case_count; at++) {
        const struct sim_record *record = report->aggregates[at].sample;
        for (uint32_t i = 0; record && i < record->metric_count && count < MOST; i++) {
            const struct sim_metric *m = &record->metrics[i];
            uint32_t k = 0;
            if (!sim_aggregate_is_shown(record, i))
                continue;
            snprintf(names[count], sizeof *names, "%s.%s.%s", m->component, m->meter, m->stat);
            while (strcmp(names[k], names[count]) != 0)
                k++;
            if (k == count)
                sim_json_text(json, NULL, names[count++]);
        }
    }
    sim_json_close(json, ']');
    free(names);
}

/* Written only with --until: the target and what was reached. */
static void write_until(struct sim_json *json, const struct sim_report *report)
{
    const struct sim_until_end *end = report->until_end;
    if (!report->until)
        return;
    sim_json_open(json, "until", '{', true);
    sim_json_number(json, "target", report->until->target);
    sim_json_count(json, "max_replications", report->until->most);
    sim_json_bool(json, "reached", end->narrow);
    sim_json_number(json, "widest", end->metric[0] ? end->widest : (double)NAN);
    sim_json_text(json, "metric", end->metric[0] ? end->metric : NULL);
    sim_json_text(json, "variant", end->metric[0] ? report->runs->cases[end->at].name : NULL);
    sim_json_close(json, '}');
}

void sim_warmups_print(const struct sim_report *report, FILE *out)
{
    const struct sim_warmup *worst = NULL;
    const char *name = "";
    uint32_t short_of = 0;
    for (uint32_t at = 0; at < report->runs->case_count; at++) {
        const struct sim_aggregate *a = &report->aggregates[at];
        for (uint32_t i = 0; i < a->warmup_count; i++) {
            const struct sim_warmup *w = &a->warmups[i];
            short_of += !w->enough;
            if (w->enough || (worst && (isnan(worst->needed_s) || w->needed_s <= worst->needed_s)))
                continue;
            worst = w;
            name = report->runs->cases[at].name;
        }
    }
    if (!worst)
        return;
    sim_tell(out, "weir: the warm-up of %s is too short: %s.%s.%s of %s ",
             worst->chosen_s > 0 ? sim_number_human(worst->chosen_s, "s").s : "0 s",
             worst->component, worst->meter, worst->stat, name);
    if (isnan(worst->needed_s))
        fputs("has not settled by the middle of the run", out);
    else
        sim_tell(out, "settles after %s, and is %s from then on, not %s",
                 sim_number_human(worst->needed_s, "s").s,
                 sim_number_human(worst->settled, worst->unit).s,
                 sim_number_human(worst->measured, worst->unit).s);
    fputs(" (MSER-5)", out);
    if (short_of > 1)
        sim_tell(out, "; %u more in summary.json", short_of - 1);
    fputc('\n', out);
}

void sim_summary_begin(struct sim_json *json, FILE *out, const struct sim_scenario *scenario)
{
    sim_json_begin(json, out);
    sim_json_open(json, NULL, '{', false);
    sim_json_text(json, "weir", WEIR_VERSION);
    sim_json_text(json, "name", scenario->name);
    sim_json_text(json, "title", scenario->title);
    sim_json_text(json, "scenario", scenario->hash);
    sim_json_count(json, "seed", scenario->seed);
}

/* Written only if series.csv leaves something out. */
static void write_series_kept(struct sim_json *json, const struct sim_report *report)
{
    if (!sim_series_left_out(report))
        return;
    sim_json_open(json, "series_csv", '{', true);
    sim_json_count(json, "variants", report->series.cases);
    sim_json_count(json, "replications", report->series.replications);
    sim_json_count(json, "windows_per_row", report->series.windows);
    sim_json_close(json, '}');
}

void sim_summary_write(const struct sim_report *report, FILE *out)
{
    const struct sim_scenario *scenario = report->scenario;
    struct sim_json json;
    sim_summary_begin(&json, out, scenario);
    sim_json_count(&json, "replications", scenario->replications);
    sim_json_number(&json, "confidence", SIM_LEVEL);
    write_asked(&json, report);
    write_until(&json, report);
    write_incomplete(&json, report->runs);
    write_series_kept(&json, report);
    write_headline(&json, report);
    sim_json_open(&json, "variants", '{', false);
    for (uint32_t at = 0; at < report->runs->case_count; at++)
        write_case(&json, report, at);
    sim_json_close(&json, '}');
    sim_json_close(&json, '}');
    sim_json_end(&json);
}
