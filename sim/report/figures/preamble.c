/* preamble.c - writes the syntax of gnuplot programs for figures, and of their CSV
 * (plots/README.md). */
#include "report/figures/preamble.h"

#include "base/text.h"
#include "report/number.h"

#include <inttypes.h>
#include <math.h>

/* Writes a gnuplot string. In single quotes only the quote itself is special. Not every place of
 * gnuplot accepts a doubled quote, so it becomes an octal escape between two strings. Control
 * characters become question marks, line breaks become spaces. */
void sim_preamble_quoted(FILE *gp, const char *text)
{
    fputc('\'', gp);
    while (*text) {
        struct sim_text_char c = sim_text_char(text);
        if (!c.fit)
            fputc(c.code == '\n' || c.code == '\t' ? ' ' : '?', gp);
        else if (*text == '\'')
            fputs("'.\"\\047\".'", gp);
        else
            fprintf(gp, "%.*s", (int)c.bytes, text);
        text += c.bytes;
    }
    fputc('\'', gp);
}

void sim_preamble_text(FILE *gp, const char *name, const char *text)
{
    fprintf(gp, "%s = ", name);
    sim_preamble_quoted(gp, text);
    fputc('\n', gp);
}

void sim_preamble_value(FILE *gp, double value)
{
    fputs(isfinite(value) ? sim_number_csv(value).s : "NaN", gp);
}

void sim_preamble_number(FILE *gp, const char *name, double value)
{
    fprintf(gp, "%s = ", name);
    sim_preamble_value(gp, value);
    fputc('\n', gp);
}

void sim_preamble_array(FILE *gp, const char *name, uint32_t count, sim_preamble_item *item,
                        const void *self)
{
    if (count == 0)
        return;
    fprintf(gp, "array %s[%u] = [", name, count);
    for (uint32_t i = 0; i < count; i++) {
        fputs(i > 0 ? ", " : "", gp);
        item(gp, self, i);
    }
    fputs("]\n", gp);
}

void sim_preamble_text_cell(FILE *csv, const char *text)
{
    fputs(",\"", csv);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', csv);
        fputc((unsigned char)*text < 0x20 ? ' ' : *text, csv);
    }
    fputc('"', csv);
}

void sim_preamble_cell(FILE *csv, double value)
{
    fprintf(csv, ",%s", sim_number_csv(value).s);
}

void sim_preamble_head(FILE *gp, const struct sim_scenario *scenario, const char *name,
                       const char *format, const char *title, const char *subtitle)
{
    char text[512];
    sim_preamble_text(gp, "fig_kind", name);
    fprintf(gp, "if (!exists('fig_format')) fig_format = '%s'\n", format);
    fprintf(gp, "if (!exists('fig_output')) fig_output = '%s.%s'\n", name, format);
    snprintf(text, sizeof text, "%s.csv", name);
    sim_preamble_text(gp, "fig_data", text);
    sim_preamble_text(gp, "fig_title", title);
    sim_preamble_text(gp, "fig_subtitle", subtitle);
    snprintf(text, sizeof text, "weir %s · %s · scenario %s · seed %" PRIu64, WEIR_VERSION,
             scenario->name, scenario->hash, scenario->seed);
    sim_preamble_text(gp, "fig_footnote", text);
}
