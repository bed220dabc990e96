/* page_svg.c - SVG in a page. gnuplot gives the SVGs it draws the same ids (gpPt0, textbox, …). */
#include "report/page/page_svg.h"

#include <stdbool.h>
#include <string.h>

struct svg {
    FILE *out;
    const char *at; /* rest of the text */
    const char *label;
    unsigned number;
    unsigned depth; /* number of open elements */
    bool begun;
};

struct span {
    const char *from;
    size_t length;
};

static bool is(struct span s, const char *what)
{
    return strlen(what) == s.length && strncmp(s.from, what, s.length) == 0;
}

static bool begins(struct span s, const char *what)
{
    return s.length >= strlen(what) && strncmp(s.from, what, strlen(what)) == 0;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_space(struct svg *svg)
{
    while (is_space(*svg->at))
        svg->at++;
}

static struct span read_name(struct svg *svg)
{
    struct span name = {svg->at, strcspn(svg->at, " \t\r\n/>=\"'<")};
    svg->at += name.length;
    return name;
}

/* Skips past the next `end`. False: there is none. */
static bool skip_past(struct svg *svg, const char *end)
{
    const char *found = strstr(svg->at, end);
    svg->at = found ? found + strlen(end) : svg->at + strlen(svg->at);
    return found != NULL;
}

/* ---- attributes ----------------------------------------------------------------------------- */

static bool is_reference(struct span name)
{
    return is(name, "href") || is(name, "xlink:href");
}

static bool leads_elsewhere(struct span value)
{
    for (size_t i = 0; i + 4 < value.length; i++) {
        if (strncmp(value.from + i, "url(", 4) == 0 && value.from[i + 4] != '#')
            return true;
    }
    return false;
}

static bool is_wanted(const struct svg *svg, struct span name, struct span value)
{
    if (is_reference(name))
        return begins(value, "#") || begins(value, "data:image/png;");
    if (name.length > 2 && (name.from[0] | 0x20) == 'o' && (name.from[1] | 0x20) == 'n')
        return false;
    if (begins(name, "xmlns") || leads_elsewhere(value))
        return false;
    /* the page gives the figure its size */
    return svg->depth > 0 || !(is(name, "width") || is(name, "height"));
}

static void put_attribute(const struct svg *svg, struct span name, struct span value, char quote)
{
    const char *end = value.from + value.length;
    bool whole = is(name, "id"), reference = is_reference(name);
    fprintf(svg->out, " %.*s=%c", (int)name.length, name.from, quote);
    if (whole)
        fprintf(svg->out, "f%u-", svg->number);
    for (const char *c = value.from; c < end; c++) {
        bool marks = *c == '#' && ((reference && c == value.from) ||
                                   (c - value.from >= 4 && strncmp(c - 4, "url(", 4) == 0));
        fputc(*c, svg->out);
        if (marks)
            fprintf(svg->out, "f%u-", svg->number);
    }
    fputc(quote, svg->out);
}

/* Reads up to the end of a tag; *closed: it was "/>". False: the tag has no end or is malformed. */
static bool put_attributes(struct svg *svg, bool put, bool *closed)
{
    *closed = false;
    for (;;) {
        skip_space(svg);
        if (*svg->at == '/' && svg->at[1] == '>') {
            *closed = true;
            svg->at += 2;
            return true;
        }
        if (*svg->at == '>') {
            svg->at++;
            return true;
        }
        struct span name = read_name(svg);
        skip_space(svg);
        if (name.length == 0 || *svg->at != '=')
            return false;
        svg->at++;
        skip_space(svg);
        char quote = *svg->at;
        if (quote != '"' && quote != '\'')
            return false;
        struct span value = {svg->at + 1, strcspn(svg->at + 1, quote == '"' ? "\"<" : "'<")};
        svg->at = value.from + value.length;
        if (*svg->at != quote)
            return false;
        svg->at++;
        if (put && is_wanted(svg, name, value))
            put_attribute(svg, name, value, quote);
    }
}

/* ---- elements ------------------------------------------------------------------------------- */

static bool is_left_out(struct span name)
{
    static const char *const names[] = {"title", "desc",     "script",
                                        "style", "metadata", "foreignObject"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (is(name, names[i]))
            return true;
    }
    return false;
}

static bool skip_element(struct svg *svg, struct span name)
{
    char end[32];
    bool closed;
    snprintf(end, sizeof end, "</%.*s>", (int)name.length, name.from);
    return put_attributes(svg, false, &closed) && (closed || skip_past(svg, end));
}

static bool put_element(struct svg *svg)
{
    bool closed;
    svg->at++;
    struct span name = read_name(svg);
    if (name.length == 0 || (svg->depth == 0 && (svg->begun || !is(name, "svg"))))
        return false;
    if (is_left_out(name))
        return skip_element(svg, name);
    fprintf(svg->out, "<%.*s", (int)name.length, name.from);
    if (!svg->begun)
        fprintf(svg->out, " role=\"img\" aria-labelledby=\"%s\"", svg->label);
    svg->begun = true;
    if (!put_attributes(svg, true, &closed))
        return false;
    fputs(closed ? "/>" : ">", svg->out);
    svg->depth += !closed;
    return true;
}

static bool put_end(struct svg *svg)
{
    svg->at += 2;
    struct span name = read_name(svg);
    skip_space(svg);
    if (name.length == 0 || *svg->at != '>' || svg->depth == 0)
        return false;
    svg->at++;
    svg->depth--;
    fprintf(svg->out, "</%.*s>", (int)name.length, name.from);
    return true;
}

static bool put_next(struct svg *svg)
{
    const char *c = svg->at;
    if (*c != '<') {
        svg->at++;
        if (svg->depth > 0)
            fputc(*c, svg->out);
        return svg->depth > 0 || is_space(*c);
    }
    if (c[1] == '?')
        return skip_past(svg, "?>");
    if (strncmp(c, "<!--", 4) == 0)
        return skip_past(svg, "-->");
    if (c[1] == '!') /* a DOCTYPE; gnuplot writes no CDATA */
        return svg->depth == 0 && skip_past(svg, ">");
    return c[1] == '/' ? put_end(svg) : put_element(svg);
}

int sim_page_svg(const char *text, unsigned number, const char *label, FILE *out)
{
    struct svg svg = {.out = out, .at = text, .label = label, .number = number};
    while (*svg.at) {
        if (!put_next(&svg))
            return -1;
    }
    fputc('\n', out);
    return svg.begun && svg.depth == 0 ? 0 : -1;
}
