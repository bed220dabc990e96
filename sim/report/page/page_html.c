/* page_html.c - writes the page: the only place that escapes text. */
#include "report/page/page_state.h"

#include "base/text.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>

static void escape(FILE *out, const char *s)
{
    while (*s) {
        struct sim_text_char c = sim_text_char(s);
        bool kept = c.fit || c.code == '\n' || c.code == '\t';
        switch (c.code) {
        case '&': fputs("&amp;", out); break;
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '"': fputs("&quot;", out); break;
        case '\'': fputs("&#39;", out); break;
        default: fprintf(out, "%.*s", kept ? (int)c.bytes : 3, kept ? s : "\xEF\xBF\xBD");
        }
        s += c.bytes;
    }
}

void sim__page_put(struct sim__page *page, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    for (const char *f = format; *f; f++) {
        if (*f != '%') {
            fputc(*f, page->out);
            continue;
        }
        f++;
        if (*f == 's')
            escape(page->out, va_arg(arguments, const char *));
        else if (*f == 'u')
            fprintf(page->out, "%u", va_arg(arguments, unsigned));
        else if (*f == '%')
            fputc('%', page->out);
        else
            assert(false && "only %s, %u and %%");
    }
    va_end(arguments);
}

void sim__page_section(struct sim__page *page, const char *id, const char *heading)
{
    sim__page_put(page, "\n<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">%s</h2>\n", id, id,
                  heading);
}

void sim__page_table(struct sim__page *page, const char *caption)
{
    unsigned id = ++page->tables;
    sim__page_put(
        page,
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"table-%u\">\n"
        "<table>\n<caption><span id=\"table-%u\">%s</span></caption>\n<thead>\n<tr>",
        id, id, caption);
}

static void column(struct sim__page *page, const char *class, const char *text, const char *note)
{
    sim__page_put(page, "<th scope=\"col\" class=\"%s\">%s", class, text);
    if (*note)
        sim__page_put(page, " <small>%s</small>", note);
    sim__page_put(page, "</th>");
}

void sim__page_column(struct sim__page *page, const char *text, const char *note)
{
    column(page, "t", text, note);
}

void sim__page_number_column(struct sim__page *page, const char *text, const char *note)
{
    column(page, "n", text, note);
}

void sim__page_rows(struct sim__page *page)
{
    sim__page_put(page, "</tr>\n</thead>\n<tbody>\n");
}

void sim__page_table_end(struct sim__page *page)
{
    sim__page_put(page, "</tbody>\n</table>\n</div>\n");
}

void sim__page_estimate(struct sim__page *page, const json_t *object, const char *mean,
                        const char *unit)
{
    double value = sim__page_double(object, mean);
    if (isnan(value))
        sim__page_put(page, "<td class=\"n\"><span class=\"none\">not observed</span></td>");
    else
        sim__page_put(page, "<td class=\"n\">%s</td>",
                      sim_number_within(value, sim__page_double(object, "low"),
                                        sim__page_double(object, "high"), unit)
                          .s);
}

void sim__page_mark(struct sim__page *page, bool good, const char *words)
{
    sim__page_put(page, "<span class=\"%s\"><span aria-hidden=\"true\">%s</span> %s</span>",
                  good ? "good" : "bad", good ? "✓" : "✗", words);
}
