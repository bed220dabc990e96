/* theory_text.c - prints each station's closed form with the observed values, and writes both to
 * summary.json. */
#include "report/report.h"

#include "base/text.h"
#include "report/json_stream.h"
#include "report/number.h"
#include "study/estimates/theory.h"

#include "base/wrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MOST = 40 };

static const char *const standings[] = {"none", "approximation", "exact"};

static size_t append_number(char *text, size_t bytes, const char *name,
                            const struct sim_theory_number *n, const char *unit)
{
    if (isnan(n->predicted) || n->observed.n == 0)
        return 0;
    struct sim_number seen = sim_number_within(n->observed.mean, n->observed.low, n->observed.high,
                                               unit);
    struct sim_number predicted = sim_number_human(n->predicted, unit);
    int wrote = snprintf(text, bytes, "; %s %s, seen %s", name, predicted.s, seen.s);
    double gap = fabs(n->gap) < 0.0005 ? 0 : 100 * n->gap; /* no "-0.0" */
    if (wrote > 0 && (size_t)wrote < bytes && !isnan(gap))
        wrote += snprintf(text + wrote, bytes - (size_t)wrote, " (%+.1f %%)", gap);
    return wrote > 0 && (size_t)wrote < bytes ? (size_t)wrote : 0;
}

/* "M/M/1; time 5 s, seen 4.98 s ±0.05 s (-0.4 %)" */
static void describe(const struct sim_theory *t, char *text, size_t bytes)
{
    if (t->standing == SIM_THEORY_NONE) {
        snprintf(text, bytes, "no closed form: %s", t->why);
        return;
    }
    size_t n = (size_t)snprintf(text, bytes, "%s%s%s%s", t->form, t->why[0] ? " (" : "", t->why,
                                t->why[0] ? ")" : "");
    n += append_number(text + n, bytes - n, "utilisation", &t->utilisation, "1");
    if (t->blocked.predicted > 0 && t->blocked.observed.n > 0)
        n += append_number(text + n, bytes - n, "refused", &t->blocked, "1");
    n += append_number(text + n, bytes - n, "time there", &t->time, "s");
    if (t->misses)
        snprintf(text + n, bytes - n,
                 "; theory misses: chance alone does that in fewer than one of "
                 "a million runs");
    else if (t->judged && !t->agrees)
        snprintf(text + n, bytes - n, "; they differ by more than chance");
    else if (t->unjudged)
        snprintf(text + n, bytes - n, "; not judged: %s", t->unjudged);
}

static void print_mark(const struct sim_theory *t, bool colour, FILE *out)
{
    const char *sign = !t->judged ? "  · " : t->misses ? "  ✗ " : t->agrees ? "  ✓ " : "  ≠ ";
    const char *paint = !t->judged  ? ""
                        : t->misses ? "\033[31;1m"
                        : t->agrees ? "\033[32m"
                                    : "\033[33;1m";
    if (colour)
        fputs(paint, out);
    fputs(sign, out);
    if (colour)
        fputs("\033[0m", out);
}

/* Whether the case before printed the same line. */
static bool was_printed(const struct sim_theory *before, uint32_t count, const struct sim_theory *t)
{
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(before[i].component, t->component) == 0)
            return t->standing == SIM_THEORY_NONE && before[i].standing == t->standing &&
                   strcmp(before[i].why, t->why) == 0;
    return false;
}

void sim_theory_print(const struct sim_report *report, unsigned columns, bool colour, FILE *out)
{
    struct sim_theory *before = NULL;
    uint32_t before_count = 0, lines = 0, left_out = 0;
    for (uint32_t at = 0; at < report->runs->case_count; at++) {
        struct sim_theory *all;
        uint32_t count;
        if (sim_theory_compare(report->runs, at, &all, &count) != 0)
            break;
        for (uint32_t i = 0; i < count; i++) {
            char text[640], line[900];
            if (was_printed(before, before_count, &all[i]))
                continue;
            if (lines++ >= LINES_MOST) {
                left_out++;
                continue;
            }
            describe(&all[i], text, sizeof text);
            snprintf(line, sizeof line, "%.80s%s%.80s: %s", report->runs->cases[at].name, ": ",
                     all[i].component, text);
            print_mark(&all[i], colour, out);
            sim_wrap_print(out, line, 4, 4, columns);
        }
        free(before);
        before = all;
        before_count = count;
    }
    free(before);
    if (left_out > 0)
        sim_tell(out, "    and %u stations more, in summary.json\n", left_out);
    if (lines > 0)
        fputc('\n', out);
}

static void write_number(struct sim_json *json, const char *name, const struct sim_theory_number *n)
{
    if (isnan(n->predicted))
        return;
    sim_json_open(json, name, '{', true);
    sim_json_number(json, "predicted", n->predicted);
    sim_json_number(json, "observed", n->observed.mean);
    sim_json_number(json, "low", n->observed.low);
    sim_json_number(json, "high", n->observed.high);
    sim_json_number(json, "gap", n->gap);
    sim_json_close(json, '}');
}

void sim_theory_write(struct sim_json *json, const struct sim_report *report, uint32_t at)
{
    struct sim_theory *all;
    uint32_t count;
    if (sim_theory_compare(report->runs, at, &all, &count) != 0)
        return;
    sim_json_open(json, "theory", '{', false);
    for (uint32_t i = 0; i < count; i++) {
        const struct sim_theory *t = &all[i];
        sim_json_open(json, t->component, '{', false);
        sim_json_text(json, "form", t->form);
        sim_json_text(json, "standing", standings[t->standing]);
        if (t->why[0])
            sim_json_text(json, "why", t->why);
        if (t->standing != SIM_THEORY_NONE) {
            sim_json_number(json, "rate", t->rate);
            write_number(json, "utilisation", &t->utilisation);
            write_number(json, "wait", &t->wait);
            write_number(json, "time", &t->time);
            write_number(json, "blocked", &t->blocked);
        }
        if (t->judged) {
            sim_json_bool(json, "agrees", t->agrees);
            sim_json_bool(json, "misses", t->misses);
        }
        if (t->unjudged)
            sim_json_text(json, "unjudged", t->unjudged);
        sim_json_close(json, '}');
    }
    sim_json_close(json, '}');
    sim_json_count(json, "theory_misses", sim_theory_misses(all, count));
    free(all);
}
