/* loader.c - loads a scenario: reads and parses the file, and then reads each section. */
#include "scenario/load.h"
#include "scenario/prices/price_book.h"

#include <stdlib.h>
#include <string.h>

/* ---- the text -------------------------------------------------------------------------------- */

static void scan_error(void *self, unsigned line, unsigned column, const char *pointer,
                       const char *sentence)
{
    struct sim__load *load = self;
    sim__say_at(load, load->document->file, line, column, pointer, sentence);
}

/* Parses the text. Returns the document's root, or NULL with an error reported. */
static json_t *parse(struct sim__load *load, const char *text, size_t bytes)
{
    struct sim__document *d = load->document;
    json_t *root = sim__places_scan(&d->places, load->arena, text, bytes, scan_error, load);
    load->out_of_memory = load->out_of_memory || d->places.out_of_memory;
    if (root && !json_is_object(root)) {
        sim__say(load, NULL, 0, "a scenario is an object in { }, not %s", sim__json_kind(root));
        json_decref(root);
        return NULL;
    }
    return root;
}

/* ---- what stands at the top ------------------------------------------------------------------ */

static void read_head(struct sim__load *load, json_t *root, struct sim_scenario *scenario)
{
    json_t *title = json_object_get(root, "title"), *notes = json_object_get(root, "notes");
    json_t *chapter = json_object_get(root, "chapter");
    if (!title)
        sim__say(load, NULL, 0, "\"title\" is missing: write one line about what is studied");
    scenario->title = sim__read_line(load, SIM__KEY(NULL, "title"), title);
    scenario->notes = json_is_string(notes) ? sim__copy(load, json_string_value(notes)) : NULL;
    sim__read_text(load, SIM__KEY(NULL, "$schema"), json_object_get(root, "$schema"));
    struct sim_amount amount = {0};
    const struct sim__at *at = SIM__KEY(NULL, "chapter");
    if (chapter && sim__read_amount(load, at, chapter, SIM_DIM_COUNT, NULL, false, &amount) &&
        amount.whole > 1000)
        sim__say(load, at, 0, "a chapter is a number such as 22");
    else
        scenario->chapter = (int)amount.whole;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static void read_scenario(struct sim__load *load, json_t *file,
                          const struct sim_load_options *options, struct sim_scenario *scenario)
{
    struct sim__document *d = load->document;
    if (!sim__check_version(load, file))
        return;
    d->root = json_incref(file);
    sim__read_settings(load, options);
    sim__apply_settings(load, d->root, true);
    sim__plugins_open(load, json_object_get(d->root, "components"), NULL);
    if (d->set_count > 0 && !sim__check_version(load, d->root))
        return;
    read_head(load, d->root, scenario);
    sim__read_variants(load, options, scenario);
    if (load->out_of_memory || !load->cases)
        return;
    sim__read_sweep(load, scenario);
    sim__read_expects(load, scenario);
    sim__read_figures(load, scenario);
    sim__read_searches(load, scenario);
    if (load->error_count || load->out_of_memory)
        return;
    sim__ask_metrics(load, options, scenario);
    if (options && options->has_seed)
        scenario->seed = options->seed;
    if (options && options->replications)
        scenario->replications = scenario->repeat = options->replications;
    if (sim__hash(scenario, scenario->hash))
        load->out_of_memory = true;
}

static char *scenario_name(struct sim_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    size_t n = strlen(name);
    if (n > 5 && strcmp(name + n - 5, ".json") == 0)
        n -= 5;
    return sim_arena_copy_part(arena, name, n);
}

/* Whether the file as it stands is a case itself. */
static bool base_runs(const struct sim__load *load)
{
    if (load->case_count == 0)
        return true;
    for (size_t i = 0; i < load->case_count; i++)
        if (load->cases[i].name && strcmp(load->cases[i].name, "base") == 0)
            return true;
    return false;
}

static struct sim_scenario *scenario_new(const char *path, const struct sim_load_options *options)
{
    struct sim_arena arena = {0};
    if (options) {
        arena.allow = options->allow;
        arena.allow_self = options->allow_self;
    }
    struct sim_scenario *scenario = sim_arena_alloc(&arena, 1, sizeof *scenario);
    struct sim__document *d = sim_arena_alloc(&arena, 1, sizeof *d);
    char *file = sim_arena_copy(&arena, path), *name = scenario_name(&arena, path);
    if (!scenario || !d || !file || !name) {
        sim_arena_free(&arena);
        return NULL;
    }
    d->arena = arena;
    d->file = scenario->file = file;
    scenario->name = name;
    scenario->document = d;
    scenario->arena = &d->arena;
    return scenario;
}

struct sim_scenario *sim_scenario_parse(const char *path, const char *text, size_t bytes,
                                        const struct sim_load_options *options,
                                        struct sim_diagnostics *diagnostics)
{
    struct sim_scenario *scenario = scenario_new(path, options);
    if (!scenario) {
        diagnostics->out_of_memory = true;
        diagnostics->errors++;
        return NULL;
    }
    struct sim__document *d = scenario->document;
    struct sim__load load = {.document = d, .arena = &d->arena};
    load.findings_end = &load.findings;
    json_t *file = parse(&load, text, bytes);
    if (file)
        read_scenario(&load, file, options, scenario);
    json_decref(file);
    sim__findings_deliver(&load, base_runs(&load), diagnostics);
    if (diagnostics->errors == 0)
        return scenario;
    sim_scenario_free(scenario);
    return NULL;
}

void sim_scenario_free(struct sim_scenario *scenario)
{
    if (!scenario)
        return;
    struct sim__document *d = scenario->document;
    for (size_t i = 0; i < d->sampler_count; i++)
        sim_keys_free(&d->samplers[i]->keys);
    for (size_t i = 0; i < d->set_count; i++)
        json_decref(d->sets[i].value);
    for (size_t i = 0; i < d->swept_count; i++)
        json_decref(d->swept[i].owned);
    for (size_t i = 0; i < d->variant_count && d->variants; i++)
        json_decref(d->variants[i].document);
    json_decref(d->base.document);
    json_decref(d->root);
    sim__release_books(d);
    struct sim_arena arena = d->arena; /* the arena also contains the scenario */
    sim_arena_free(&arena);
}

/* ---- files ----------------------------------------------------------------------------------- */

static void say_file(struct sim_diagnostics *diagnostics, const char *path, const char *sentence)
{
    struct sim__document d = {.file = path};
    struct sim__load load = {.document = &d, .arena = &d.arena};
    load.findings_end = &load.findings;
    sim__say_at(&load, path, 0, 0, "", sentence);
    sim__findings_deliver(&load, true, diagnostics);
    sim_arena_free(&d.arena);
}

struct sim_scenario *sim_scenario_load(const char *path, const struct sim_load_options *options,
                                       struct sim_diagnostics *diagnostics)
{
    char why[SIM_ERROR_TEXT_BYTES];
    size_t bytes = 0;
    char *text = sim__read_file(path, &bytes, why, sizeof why);
    if (!text) {
        say_file(diagnostics, path, why);
        return NULL;
    }
    struct sim_scenario *scenario = sim_scenario_parse(path, text, bytes, options, diagnostics);
    free(text);
    return scenario;
}

const char **sim_scenario_files(const struct sim_scenario *scenario)
{
    const struct sim__document *document = scenario->document;
    size_t count = 0, most = 2; /* the scenario file, and the NULL at the end */
    for (const struct sim__trace_file *t = document->traces; t; t = t->next)
        most++;
    for (const struct sim__book_file *b = document->books; b; b = b->next)
        most++;
    const char **files = calloc(most, sizeof *files);
    if (!files)
        return NULL;
    files[count++] = scenario->file;
    for (const struct sim__trace_file *t = document->traces; t; t = t->next)
        if (t->path)
            files[count++] = t->path;
    for (const struct sim__book_file *b = document->books; b; b = b->next)
        files[count++] = b->document.file;
    return files;
}
