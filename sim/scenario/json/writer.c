/* writer.c - writes JSON: two spaces a level, each number in the shortest form that reads back the
 * same. */
#include "scenario/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void new_line(struct sim__writer *w)
{
    if (w->compact) {
        return;
    }
    sim_buffer_puts(&w->out, "\n");
    for (unsigned i = 0; i < w->depth; i++)
        sim_buffer_puts(&w->out, "  ");
}

/* Writes the comma and line break before an item. */
static void separate(struct sim__writer *w)
{
    if (w->after_key) {
        w->after_key = false;
        return;
    }
    if (w->filled[w->depth])
        sim_buffer_puts(&w->out, w->compact ? ", " : ",");
    if (w->depth > 0)
        new_line(w);
    w->filled[w->depth] = true;
}

void sim__write_open(struct sim__writer *w, char bracket)
{
    separate(w);
    sim_buffer_add(&w->out, &bracket, 1);
    if (w->depth + 1 < sizeof w->filled / sizeof w->filled[0])
        w->depth++;
    w->filled[w->depth] = false;
}

void sim__write_close(struct sim__writer *w, char bracket)
{
    bool filled = w->filled[w->depth];
    w->depth--;
    if (filled)
        new_line(w);
    sim_buffer_add(&w->out, &bracket, 1);
}

static void quoted(struct sim__writer *w, const char *text)
{
    sim_buffer_puts(&w->out, "\"");
    while (*text) {
        struct sim_text_char c = sim_text_char(text);
        if (c.code == '\n')
            sim_buffer_puts(&w->out, "\\n");
        else if (!c.fit) /* escaped, as in all files that weir writes */
            sim_buffer_printf(&w->out, "\\u%04x", c.code);
        else if (*text == '"' || *text == '\\')
            sim_buffer_printf(&w->out, "\\%c", *text);
        else
            sim_buffer_add(&w->out, text, c.bytes);
        text += c.bytes;
    }
    sim_buffer_puts(&w->out, "\"");
}

void sim__write_key(struct sim__writer *w, const char *key)
{
    separate(w);
    quoted(w, key);
    sim_buffer_puts(&w->out, ": ");
    w->after_key = true;
}

void sim__write_text(struct sim__writer *w, const char *text)
{
    separate(w);
    quoted(w, text);
}

void sim__write_raw(struct sim__writer *w, const char *json)
{
    separate(w);
    sim_buffer_puts(&w->out, json);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void write_object(struct sim__writer *w, const json_t *object, bool sorted)
{
    size_t count = 0;
    const char *key;
    json_t *value;
    const char **keys = malloc((json_object_size(object) + 1) * sizeof *keys);
    if (!keys) {
        w->out.failed = true;
        return;
    }
    json_object_foreach ((json_t *)object, key, value)
        if (!(sorted || w->bare) || !sim__is_free(key))
            keys[count++] = key;
    if (sorted)
        qsort(keys, count, sizeof *keys, compare);
    sim__write_open(w, '{');
    for (size_t i = 0; i < count; i++) {
        sim__write_key(w, keys[i]);
        sim__write_value(w, json_object_get(object, keys[i]), sorted);
    }
    sim__write_close(w, '}');
    free(keys);
}

void sim__write_value(struct sim__writer *w, const json_t *value, bool sorted)
{
    char number[32];
    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_OBJECT: write_object(w, value, sorted); break;
    case JSON_ARRAY:
        sim__write_open(w, '[');
        for (size_t i = 0; i < json_array_size(value); i++)
            sim__write_value(w, json_array_get(value, i), sorted);
        sim__write_close(w, ']');
        break;
    case JSON_STRING: sim__write_text(w, json_string_value(value)); break;
    case JSON_INTEGER:
        snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        sim__write_raw(w, number);
        break;
    case JSON_REAL: sim__write_raw(w, sim_number_text(json_real_value(value)).s); break;
    default:
        sim__write_raw(w, json_is_true(value) ? "true" : json_is_false(value) ? "false" : "null");
    }
}
