/* resolved.c - every value in force as JSON text, and the hash that names a scenario. */
#include "scenario/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *variant_document(const struct sim__document *d, const char *name)
{
    for (size_t i = 0; i < d->variant_count; i++)
        if (d->variants[i].name && strcmp(d->variants[i].name, name) == 0)
            return d->variants[i].document;
    return strcmp(name, "base") == 0 ? d->base.document
                                     : NULL; /* requested, but the file does not name it */
}

static void write_section(struct sim__writer *w, const json_t *root, const char *key)
{
    const json_t *value = json_object_get(root, key);
    if (!value)
        return;
    sim__write_key(w, key);
    sim__write_value(w, value, false);
}

char *sim_scenario_resolved(const struct sim_scenario *scenario)
{
    const struct sim__document *d = scenario->document;
    struct sim__writer w = {.depth = 0};
    char number[32];
    sim__write_open(&w, '{');
    sim__write_key(&w, "scenario");
    sim__write_text(&w, scenario->name);
    sim__write_key(&w, "hash");
    sim__write_text(&w, scenario->hash);
    write_section(&w, d->root, "schema_version");
    write_section(&w, d->root, "title");
    write_section(&w, d->root, "chapter");
    write_section(&w, d->root, "notes");
    snprintf(number, sizeof number, "%llu", (unsigned long long)scenario->seed);
    sim__write_key(&w, "seed");
    sim__write_raw(&w, number);
    snprintf(number, sizeof number, "%u", (unsigned)scenario->replications);
    sim__write_key(&w, "replications");
    sim__write_raw(&w, number);
    sim__write_key(&w, "variants");
    sim__write_open(&w, '{');
    for (uint32_t i = 0; i < scenario->variant_count; i++) {
        sim__write_key(&w, scenario->variants[i].name);
        sim__write_value(&w, variant_document(d, scenario->variants[i].name), false);
    }
    sim__write_close(&w, '}');
    write_section(&w, d->root, "sweep");
    write_section(&w, d->root, "expect");
    write_section(&w, d->root, "figures");
    write_section(&w, d->root, "map");
    write_section(&w, d->root, "sensitivity");
    sim__write_close(&w, '}');
    sim_buffer_puts(&w.out, "\n");
    return sim_buffer_take(&w.out);
}

/* The order of components determines the order of events in an instant, so it is part of the hash;
 * the order of their values is not. */
static void write_order(struct sim__writer *w, const struct sim_plan *plan)
{
    sim__write_open(w, '[');
    for (uint32_t i = 0; i < plan->component_count; i++)
        sim__write_text(w, plan->components[i].name);
    sim__write_close(w, ']');
}

/* The contents of trace files determine the result, too. */
static void write_trace(struct sim__writer *w, const struct sim__trace_file *t)
{
    char hash[17];
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)t->trace.hash);
    sim__write_text(w, t->name);
    sim__write_text(w, hash);
}

static void write_traces(struct sim__writer *w, const struct sim__document *d)
{
    for (const struct sim__trace_file *t = d->traces; t; t = t->next)
        write_trace(w, t);
}

/* Leaves out the keys of "run" that do not affect a run. Any new key makes old results run
 * again. */
static void write_run(struct sim__writer *w, json_t *run)
{
    const char *key;
    json_t *value;
    sim__write_open(w, '{');
    json_object_foreach (run, key, value) {
        bool counts = !sim__is_free(key);
        for (size_t i = 0; sim__run_apart[i]; i++)
            counts = counts && strcmp(key, sim__run_apart[i]) != 0;
        if (!counts)
            continue;
        sim__write_key(w, key);
        sim__write_value(w, value, false);
    }
    sim__write_close(w, '}');
}

/* The hash covers the values in the order of the text, because this order affects the order of
 * events in an instant and the draws from a mix; and the contents of the files that they name. */
int sim__case_key(const struct sim__document *d, const json_t *document, char key[33])
{
    struct sim__writer w = {.compact = true, .bare = true};
    sim__write_open(&w, '[');
    write_run(&w, json_object_get(document, "run"));
    for (size_t i = 0; sim__case_keys[i]; i++)
        if (strcmp(sim__case_keys[i], "run") != 0)
            sim__write_value(&w, json_object_get(document, sim__case_keys[i]), false);
    for (const struct sim__trace_file *t = d->traces; t && w.out.text; t = t->next)
        if (strstr(w.out.text, t->name) || strpbrk(t->name, "\"\\\n\r\t"))
            write_trace(&w, t);
    sim__write_close(&w, ']');
    size_t length = w.out.length;
    char *text = sim_buffer_take(&w.out);
    if (!text)
        return -1;
    snprintf(key, 33, "%016llx%016llx", (unsigned long long)sim_hash64(text, length, 0),
             (unsigned long long)sim_hash64(text, length, 1));
    free(text);
    return 0;
}

int sim__hash(const struct sim_scenario *scenario, char hash[17])
{
    const struct sim__document *d = scenario->document;
    struct sim__writer w = {.depth = 0};
    sim__write_open(&w, '[');
    for (uint32_t i = 0; i < scenario->variant_count; i++) {
        sim__write_text(&w, scenario->variants[i].name);
        write_order(&w, &scenario->variants[i].plan);
        sim__write_value(&w, variant_document(d, scenario->variants[i].name), true);
    }
    for (size_t i = 0; sim__study_keys[i]; i++)
        if (strcmp(sim__study_keys[i], "variants") != 0)
            sim__write_value(&w, json_object_get(d->root, sim__study_keys[i]), true);
    write_traces(&w, d);
    sim__write_close(&w, ']');
    size_t length = w.out.length;
    char *text = sim_buffer_take(&w.out);
    if (!text)
        return -1;
    snprintf(hash, 17, "%016llx", (unsigned long long)sim_hash64(text, length, 0));
    free(text);
    return 0;
}
