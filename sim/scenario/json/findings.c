/* findings.c - collects the errors of a file, each once, and prints them in order. */
#include "scenario/load.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool same(const struct sim__finding *a, const struct sim__finding *b)
{
    return a->line == b->line && a->column == b->column && strcmp(a->file, b->file) == 0 &&
           strcmp(a->pointer, b->pointer) == 0 && strcmp(a->sentence, b->sentence) == 0;
}

/* Records that the current variant or cell has this finding, too. */
static void seen_again(struct sim__load *load, struct sim__finding *old)
{
    const char *here = load->cell_name ? load->cell_name : load->variant;
    if (here || !load->base_pass)
        old->confirmed = true;
    if (old->within && here && old->last != here && !load->cell_name) {
        old->others++;
        old->last = here;
    }
}

static struct sim__finding *find_same(struct sim__load *load, const struct sim__finding *draft)
{
    for (struct sim__finding *old = load->findings; old; old = old->next)
        if (same(old, draft))
            return old;
    return NULL;
}

static void add(struct sim__load *load, const struct sim__finding *draft, bool tell_where)
{
    struct sim__finding *old = find_same(load, draft);
    if (old) {
        seen_again(load, old);
        return;
    }
    load->error_count += !draft->warning;
    if (load->finding_count++ >= SIM__FINDINGS_MAX)
        return;
    struct sim__finding *new = sim__alloc(load, 1, sizeof *new);
    if (!new)
        return;
    *new = *draft;
    new->file = sim__copy(load, draft->file);
    new->pointer = sim__copy(load, draft->pointer);
    new->sentence = sim__copy(load, draft->sentence);
    new->by_base = load->base_pass;
    if (tell_where && load->cell_name)
        new->within = sim__copy(load, load->cell_name);
    else if (tell_where && load->variant)
        new->within = load->variant;
    new->last = new->within;
    if (!new->file || !new->pointer || !new->sentence)
        return;
    *load->findings_end = new;
    load->findings_end = &new->next;
}

static struct sim__finding draft_at(struct sim__load *load, const struct sim__origin *origin,
                                    unsigned flags, const char *sentence)
{
    bool on_key = (flags & SIM__ON_KEY) && origin->key_line;
    return (struct sim__finding){
        .file = origin->source == SIM__BY_SET ? "--set" : load->document->file,
        .pointer = origin->pointer,
        .sentence = sentence,
        .line = on_key ? origin->key_line : origin->line,
        .column = on_key ? origin->key_column : origin->column,
        .warning = flags & SIM__WARNING,
        .soft = flags & SIM__SOFT,
    };
}

/* The finding already reported for the same object of the file, to which the variant only adds. */
static struct sim__finding *said_of_file(struct sim__load *load, const struct sim__at *at,
                                         unsigned flags, const char *sentence)
{
    struct sim__load file = *load;
    struct sim__origin origin;
    file.variant = NULL;
    file.cell = NULL;
    if (!sim__origin_find(&file, at, &origin) || origin.kind != '{')
        return NULL;
    struct sim__finding draft = draft_at(load, &origin, flags, sentence);
    return find_same(load, &draft);
}

void sim__say(struct sim__load *load, const struct sim__at *at, unsigned flags, const char *format,
              ...)
{
    char sentence[2 * SIM_ERROR_TEXT_BYTES];
    va_list list;
    va_start(list, format);
    vsnprintf(sentence, sizeof sentence, format, list);
    va_end(list);
    load->said += !(flags & SIM__WARNING);
    struct sim__origin origin;
    sim__origin_find(load, at, &origin);
    if (origin.source == SIM__BY_VARIANT && origin.kind == '{') {
        struct sim__finding *old = said_of_file(load, at, flags, sentence);
        if (old) {
            seen_again(load, old);
            return;
        }
    }
    struct sim__finding draft = draft_at(load, &origin, flags, sentence);
    add(load, &draft, origin.source == SIM__BY_FILE);
}

void sim__say_at(struct sim__load *load, const char *file, unsigned line, unsigned column,
                 const char *pointer, const char *sentence)
{
    struct sim__finding draft = {
        .file = file, .line = line, .column = column, .pointer = pointer, .sentence = sentence};
    add(load, &draft, false);
}

/* ---- what the caller gets -------------------------------------------------------------------- */

static int file_rank(const char *file)
{
    return strcmp(file, "--set") == 0 ? 2 : strcmp(file, "--variant") == 0 ? 1 : 0;
}

static int compare(const void *left, const void *right)
{
    const struct sim_diagnostic *a = left, *b = right;
    int order = file_rank(a->file) - file_rank(b->file);
    if (order == 0)
        order = strcmp(a->file, b->file);
    if (order == 0)
        order = (a->line > b->line) - (a->line < b->line);
    if (order == 0)
        order = (a->column > b->column) - (a->column < b->column);
    if (order == 0)
        order = strcmp(a->pointer, b->pointer);
    return order ? order : strcmp(a->sentence, b->sentence);
}

static char *duplicate(const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *copy = malloc(bytes);
    if (copy)
        memcpy(copy, text, bytes);
    return copy;
}

static char *whole_sentence(const struct sim__finding *finding)
{
    struct sim_buffer out = {0};
    sim_buffer_puts(&out, finding->sentence);
    if (finding->within)
        sim_buffer_printf(&out, " (in variant \"%s\"", sim_quote(finding->within).s);
    if (finding->within && finding->others)
        sim_buffer_printf(&out, " and %u more", finding->others);
    if (finding->within)
        sim_buffer_puts(&out, ")");
    return sim_buffer_take(&out);
}

static int deliver_one(const struct sim__finding *finding, struct sim_diagnostics *out)
{
    struct sim_diagnostic *item = &out->items[out->count];
    *item = (struct sim_diagnostic){.file = duplicate(finding->file),
                                    .pointer = duplicate(finding->pointer),
                                    .sentence = whole_sentence(finding),
                                    .line = finding->line,
                                    .column = finding->column,
                                    .warning = finding->warning};
    if (!item->file || !item->pointer || !item->sentence) {
        free(item->file);
        free(item->pointer);
        free(item->sentence);
        return -1;
    }
    sim_text_clean(item->pointer, false);
    sim_text_clean(item->sentence, false);
    out->count++;
    out->errors += !finding->warning;
    return 0;
}

void sim__findings_deliver(struct sim__load *load, bool base_runs, struct sim_diagnostics *out)
{
    size_t count = 1, before = out->count;
    for (const struct sim__finding *f = load->findings; f; f = f->next)
        count++;
    if (out->capacity - out->count < count) {
        bool asked = !load->arena->allow || load->arena->allow(load->arena->allow_self, count);
        struct sim_diagnostic *items =
            asked ? realloc(out->items, (out->count + count) * sizeof *items) : NULL;
        if (!items) {
            out->out_of_memory = true;
            out->errors++;
            return;
        }
        out->items = items;
        out->capacity = out->count + count;
    }
    for (const struct sim__finding *f = load->findings; f; f = f->next) {
        if (f->by_base && !base_runs && f->soft && !f->confirmed)
            continue;
        if (deliver_one(f, out)) {
            load->out_of_memory = true;
            break;
        }
    }
    if (out->count > before)
        qsort(out->items + before, out->count - before, sizeof *out->items, compare);
    if (load->finding_count > SIM__FINDINGS_MAX) {
        struct sim__finding rest = {.file = load->document->file,
                                    .pointer = "",
                                    .sentence = load->error_count > 0
                                                    ? "only the first 1000 errors are shown"
                                                    : "only the first 1000 warnings are shown",
                                    .warning = load->error_count == 0};
        if (deliver_one(&rest, out))
            load->out_of_memory = true;
    }
    if (load->out_of_memory || load->arena->failed) {
        out->out_of_memory = true;
        out->errors++;
    }
}

void sim_diagnostics_print(const struct sim_diagnostics *diagnostics, void *stdio_file)
{
    FILE *file = stdio_file;
    for (size_t i = 0; i < diagnostics->count; i++) {
        const struct sim_diagnostic *d = &diagnostics->items[i];
        sim_tell(file, "%s", d->file);
        if (d->column)
            sim_tell(file, ":%u:%u", d->line, d->column);
        else if (d->line)
            sim_tell(file, " %u", d->line);
        if (*d->pointer)
            sim_tell(file, ": %s", d->pointer);
        sim_tell(file, ": %s%s\n", d->warning ? "warning: " : "", d->sentence);
    }
    if (diagnostics->out_of_memory)
        sim_tell(file, "out of memory while loading the scenario\n");
}

void sim_diagnostics_free(struct sim_diagnostics *diagnostics)
{
    for (size_t i = 0; i < diagnostics->count; i++) {
        free(diagnostics->items[i].file);
        free(diagnostics->items[i].pointer);
        free(diagnostics->items[i].sentence);
    }
    free(diagnostics->items);
    *diagnostics = (struct sim_diagnostics){0};
}

void *sim__alloc(struct sim__load *load, size_t count, size_t size)
{
    void *memory = sim_arena_alloc(load->arena, count, size);
    if (!memory)
        load->out_of_memory = true;
    return memory;
}

const char *sim__copy(struct sim__load *load, const char *text)
{
    const char *copy = sim_arena_copy(load->arena, text);
    if (!copy)
        load->out_of_memory = true;
    return copy;
}
