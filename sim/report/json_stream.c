/* json_stream.c - a JSON writer that streams. */
#include "report/json_stream.h"

#include "base/text.h"
#include "report/number.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>

void sim_json_begin(struct sim_json *json, FILE *out)
{
    *json = (struct sim_json){.out = out};
}

void sim_json_end(struct sim_json *json)
{
    assert(json->depth == 0);
    fputc('\n', json->out);
}

static void line(struct sim_json *json)
{
    fputc('\n', json->out);
    for (unsigned i = 0; i < json->depth; i++)
        fputs("  ", json->out);
}

/* How many bytes of a text need no second look: all of most texts. */
static size_t plain(const char *s)
{
    size_t n = 0;
    while (s[n] >= 0x20 && s[n] < 0x7F && s[n] != '"' && s[n] != '\\')
        n++;
    return n;
}

/* Writes a text in quotation marks. Control characters are escaped, so that the file is safe to
 * show in a terminal; bytes that are not UTF-8 become U+FFFD. */
static void text(FILE *out, const char *s)
{
    fputc('"', out);
    for (;;) {
        size_t n = plain(s);
        fwrite(s, 1, n, out);
        s += n;
        if (!*s)
            break;
        struct sim_text_char c = sim_text_char(s);
        if (c.code == '\n' || c.code == '\t')
            fputs(c.code == '\n' ? "\\n" : "\\t", out);
        else if (!c.fit)
            fprintf(out, "\\u%04x", c.code);
        else
            fprintf(out, "%s%.*s", *s == '"' || *s == '\\' ? "\\" : "", (int)c.bytes, s);
        s += c.bytes;
    }
    fputc('"', out);
}

/* Writes what comes before a value: a comma, a line break, the key. */
static void lead(struct sim_json *json, const char *key)
{
    if (json->depth > 0) {
        bool first = !json->some[json->depth];
        json->some[json->depth] = true;
        if (!first)
            fputc(',', json->out);
        if (json->compact == 0)
            line(json);
        else if (!first)
            fputc(' ', json->out);
    }
    if (key) {
        text(json->out, key);
        fputs(": ", json->out);
    }
}

void sim_json_open(struct sim_json *json, const char *key, char bracket, bool compact)
{
    lead(json, key);
    assert(json->depth + 1 < SIM_JSON_DEPTH);
    json->some[++json->depth] = false;
    if (compact && json->compact == 0)
        json->compact = json->depth;
    fputc(bracket, json->out);
}

void sim_json_close(struct sim_json *json, char bracket)
{
    bool lines = json->compact == 0 && json->some[json->depth];
    if (json->compact == json->depth)
        json->compact = 0;
    json->depth--;
    if (lines)
        line(json);
    fputc(bracket, json->out);
}

void sim_json_text(struct sim_json *json, const char *key, const char *value)
{
    lead(json, key);
    if (value)
        text(json->out, value);
    else
        fputs("null", json->out);
}

void sim_json_number(struct sim_json *json, const char *key, double value)
{
    lead(json, key);
    fputs(sim_number_json(value).s, json->out);
}

void sim_json_exact(struct sim_json *json, const char *key, double value)
{
    lead(json, key);
    fputs(isfinite(value) ? sim_number_text(value).s : "null", json->out);
}

void sim_json_count(struct sim_json *json, const char *key, uint64_t value)
{
    lead(json, key);
    fprintf(json->out, "%" PRIu64, value);
}

void sim_json_us(struct sim_json *json, const char *key, int64_t ns)
{
    lead(json, key);
    fprintf(json->out, "%" PRId64 ".%03d", ns / 1000, (int)(ns % 1000));
}

void sim_json_bool(struct sim_json *json, const char *key, bool value)
{
    lead(json, key);
    fputs(value ? "true" : "false", json->out);
}
