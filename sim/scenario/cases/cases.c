/* cases.c - reads the variants of a file, which are its cases. */
#include "scenario/load.h"

#include <stdio.h>
#include <string.h>

/* ---- variants -------------------------------------------------------------------------------- */

/* Whether a text can name a variant. The name becomes part of file names and tables: any one-line
 * text without characters that have a meaning in file names or metrics. */
static bool fit_variant(const char *name)
{
    size_t n = strlen(name);
    if (n == 0 || n > SIM__NAME_MAX || name[0] == '.' || name[0] == '-' || name[0] == ' ')
        return false;
    for (struct sim_text_char c; *name; name += c.bytes) {
        c = sim_text_char(name);
        if (!c.fit || strchr("/\\\":*?<>|,", *name))
            return false;
    }
    return true;
}

/* A patch may only remove existing members; otherwise a typing error would do nothing. */
static void check_removals(struct sim__load *load, const struct sim__at *at, json_t *patch,
                           json_t *base)
{
    const char *key;
    json_t *value;
    json_object_foreach (patch, key, value) {
        json_t *under = json_object_get(base, key);
        if (json_is_object(value))
            check_removals(load, SIM__KEY(at, key), value, under);
        if (!json_is_null(value) || under)
            continue;
        struct sim_nearest nearest = sim_nearest(key);
        const char *other;
        json_t *ignored;
        json_object_foreach (base, other, ignored)
            sim_nearest_try(&nearest, other);
        sim__say(load, SIM__KEY(at, key), SIM__ON_KEY,
                 "null removes \"%s\", which does not exist%s", sim_quote(key).s,
                 sim_nearest_hint(&nearest).s);
    }
}

static void check_patch(struct sim__load *load, const struct sim__at *at, const char *name,
                        json_t *patch)
{
    size_t real = sim__member_count(patch);
    if (strcmp(name, "base") == 0 && real > 0)
        sim__say(load, at, SIM__ON_KEY,
                 "\"base\" is the file without changes: leave it empty, or "
                 "give this variant another name");
    for (size_t i = 0; sim__study_keys[i]; i++)
        if (json_object_get(patch, sim__study_keys[i]))
            sim__say(load, SIM__KEY(at, sim__study_keys[i]), SIM__ON_KEY,
                     "a variant cannot change \"%s\": it is the same for all", sim__study_keys[i]);
    for (size_t i = 0; sim__run_apart[i]; i++)
        if (json_object_get(json_object_get(patch, "run"), sim__run_apart[i]))
            sim__say(load, SIM__KEY(SIM__KEY(at, "run"), sim__run_apart[i]), SIM__ON_KEY,
                     "a variant cannot change \"%s\": variants are compared run by run",
                     sim__run_apart[i]);
    json_t *root = load->document->root, *components = json_object_get(patch, "components");
    sim__plugins_open(load, components, json_object_get(root, "components"));
    check_removals(load, at, patch, root);
}

void sim__read_case(struct sim__load *load, json_t *patch, struct sim_case *c,
                    struct sim__run_section *run, json_t **kept)
{
    json_t *document = sim__document_of(load, patch);
    if (!document)
        return;
    sim__read_plan(load, document, &c->plan, run);
    load->plan = NULL;
    load->tree = NULL;
    if (sim__case_key(load->document, document, c->key) != 0)
        load->out_of_memory = true;
    if (kept)
        *kept = document;
    else
        json_decref(document);
}

bool sim__cases_fit(struct sim__load *load, const struct sim__at *at, const char *what,
                    size_t count)
{
    size_t each = json_object_size(json_object_get(load->document->root, "components"));
    if (count > SIM__CASES_MAX) {
        sim__say(load, at, 0, "there are more than %d %s", SIM__CASES_MAX, what);
        return false;
    }
    if (count * each <= SIM__READ_MAX || count <= 1)
        return true;
    sim__say(load, at, 0,
             "%zu %s of %zu components each are %zu components to read: %d at most, in fewer files",
             count, what, each, count * each, SIM__READ_MAX);
    return false;
}

static void read_variant(struct sim__load *load, const char *name, json_t *patch, size_t index)
{
    struct sim__document *d = load->document;
    struct sim_case *c = &load->cases[index];
    c->name = c->variant = sim__copy(load, name);
    d->variants[index].name = c->name;
    if (!c->name)
        return;
    load->variant = c->name;
    sim__read_case(load, patch, c, NULL, &d->variants[index].document);
    load->variant = NULL;
}

/* Counts the valid members of "variants", and with `read` reads them. */
static size_t each_variant(struct sim__load *load, json_t *map, bool read)
{
    const struct sim__at *at = SIM__KEY(NULL, "variants");
    const char *key;
    json_t *patch;
    size_t count = 0;
    json_object_foreach (map, key, patch) {
        const struct sim__at *member = SIM__KEY(at, key);
        if (sim__is_free(key) && !json_is_object(patch))
            continue;
        if (!read) {
            if (!fit_variant(key) || sim__is_free(key))
                sim__say(load, member, SIM__ON_KEY,
                         "\"%s\" cannot name a variant: a name has up to %d "
                         "characters, none of / \\ \" : * ? < > | and comma",
                         sim_quote(key).s, SIM__NAME_MAX);
            if (sim__as_object(load, member, patch))
                check_patch(load, member, key, patch);
        } else if (json_is_object(patch)) {
            read_variant(load, key, patch, count);
        } else {
            continue;
        }
        count++;
    }
    return count;
}

/* Selects the variants to run, in the file's order. "base" always selects the unpatched file. */
static void choose(struct sim__load *load, const struct sim_load_options *options,
                   const struct sim_case *base, struct sim_scenario *scenario)
{
    size_t wanted = options ? options->variant_count : 0;
    bool named = false, asked = false;
    scenario->variants = sim__alloc(load, load->case_count + 1, sizeof *scenario->variants);
    bool *chosen = sim__alloc(load, load->case_count + 1, sizeof *chosen);
    named = sim__case_named(load, "base") != SIM_NOWHERE;
    if (!chosen || !scenario->variants)
        return;
    for (size_t i = 0; i < wanted; i++) {
        struct sim_nearest nearest = sim_nearest(options->variants[i]);
        bool base_asked = !named && strcmp(options->variants[i], "base") == 0;
        asked = asked || base_asked;
        uint32_t found = sim__case_named(load, options->variants[i]);
        if (found != SIM_NOWHERE)
            chosen[found] = true;
        if (found != SIM_NOWHERE || base_asked)
            continue;
        sim_nearest_try(&nearest, "base");
        for (size_t k = 0; k < load->case_count && sim__may_hint(load, load->case_count); k++)
            sim_nearest_try(&nearest, load->cases[k].name);
        char text[SIM_ERROR_TEXT_BYTES];
        snprintf(text, sizeof text, "there is no variant \"%s\"%s",
                 sim_quote(options->variants[i]).s, sim_nearest_hint(&nearest).s);
        sim__say_at(load, "--variant", 0, 0, "", text);
    }
    if (asked) {
        struct sim_case *c = &scenario->variants[scenario->variant_count++];
        *c = *base;
        c->plan.title = scenario->title;
    }
    for (size_t k = 0; k < load->case_count; k++)
        if (wanted == 0 || chosen[k])
            scenario->variants[scenario->variant_count++] = load->cases[k];
}

void sim__read_variants(struct sim__load *load, const struct sim_load_options *options,
                        struct sim_scenario *scenario)
{
    struct sim__document *d = load->document;
    json_t *map = sim__as_object(load, SIM__KEY(NULL, "variants"),
                                 json_object_get(d->root, "variants"));
    struct sim__run_section run;
    struct sim_case base = {.name = "base", .variant = "base"};
    size_t count = each_variant(load, map, false);
    load->base_pass = true;
    sim__read_case(load, NULL, &base, &run, &d->base.document);
    load->base_pass = false;
    scenario->seed = (uint64_t)run.seed;
    scenario->replications = (uint32_t)run.replications;
    const struct sim__at *at = SIM__KEY(NULL, "variants");
    if (count > SIM__VARIANTS_MAX)
        sim__say(load, at, 0, "there are %zu variants, more than %d: a \"sweep\" may have %d cells",
                 count, SIM__VARIANTS_MAX, SIM__CASES_MAX);
    if (count > SIM__VARIANTS_MAX || !sim__cases_fit(load, at, "variants", count))
        return;
    load->cases = sim__alloc(load, count ? count : 1, sizeof *load->cases);
    d->variants = sim__alloc(load, count ? count : 1, sizeof *d->variants);
    if (!load->cases || !d->variants || load->out_of_memory)
        return;
    if (count == 0) {
        load->cases[0] = base;
        d->variants[0] = (struct sim__resolved){"base", json_incref(d->base.document)};
    }
    load->case_count = count ? each_variant(load, map, true) : 1;
    d->variant_count = load->case_count;
    for (size_t i = 0; i < load->case_count; i++) {
        if (!load->cases[i].name)
            return;
        load->cases[i].plan.title = scenario->title;
    }
    choose(load, options, &base, scenario);
}
