/* price_book.c - finds price books, reads each once, and checks them against the uses of the
 * models. */
#define _XOPEN_SOURCE 700 /* realpath() */

#include "scenario/prices/price_book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

/* ---- where a book is ------------------------------------------------------------------------- */

/* Whether a name is a path below a directory of letters, digits, "-", "_", "." and "/" only. */
static bool fit_name(const char *name)
{
    if (*name == '/' || *name == '\0' || strlen(name) > 200 || strstr(name, ".."))
        return false;
    for (const char *c = name; *c; c++) {
        bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z');
        if (!letter && !(*c >= '0' && *c <= '9') && !strchr("-_./", *c))
            return false;
    }
    return true;
}

/* Cuts a path to the directory that contains it. */
static void go_up(char *dir, size_t size)
{
    size_t n = strlen(dir);
    char *slash = strrchr(dir, '/');
    const char *last = slash ? slash + 1 : dir;
    if (strcmp(last, "..") == 0 || strcmp(dir, ".") == 0) {
        if (n + 4 < size)
            strcpy(dir + n, "/..");
    } else if (slash) {
        *(slash == dir ? slash + 1 : slash) = '\0';
    } else {
        strcpy(dir, ".");
    }
}

/* Whether the real name of a directory is "scenarios". */
static bool is_scenarios(const char *dir)
{
    char *whole = realpath(dir, NULL), *slash = whole ? strrchr(whole, '/') : NULL;
    bool is = slash && strcmp(slash + 1, "scenarios") == 0;
    free(whole);
    return is;
}

/* Finds a book in the scenario's directory, else in the directories above it, up to the one called
 * "scenarios" if there is one. False with the places searched. */
static bool find_file(const char *scenario, const char *name, char *path, size_t size,
                      struct sim_buffer *looked)
{
    enum { UP_MOST = 16 };
    char dir[PATH_BYTES], top[PATH_BYTES];
    if (strlen(scenario) + 4 * UP_MOST >= sizeof dir)
        return false;
    strcpy(dir, scenario);
    go_up(dir, sizeof dir);
    strcpy(top, dir);
    int depth = 0;
    while (depth < UP_MOST && !is_scenarios(top)) {
        go_up(top, sizeof top);
        depth++;
    }
    depth = depth == UP_MOST ? 0 : depth; /* no directory above is called "scenarios" */
    for (int i = 0; i <= depth; i++, go_up(dir, sizeof dir)) {
        const char *before = strcmp(dir, ".") == 0 ? "" : dir;
        if (snprintf(path, size, "%s%s%s.json", before, *before ? "/" : "", name) >= (int)size)
            return false;
        if (access(path, R_OK) == 0)
            return true;
        sim_buffer_printf(looked, "%s%s", i ? ", " : "", path);
    }
    return false;
}

/* ---- its file -------------------------------------------------------------------------------- */

static void scan_error(void *self, unsigned line, unsigned column, const char *pointer,
                       const char *sentence)
{
    struct sim__load *load = self;
    sim__say_at(load, load->document->file, line, column, pointer, sentence);
}

static void parse_file(struct sim__load *load, const struct sim__at *at,
                       struct sim__book_file *file)
{
    char why[SIM_ERROR_TEXT_BYTES];
    size_t bytes = 0;
    char *text = sim__read_file(file->document.file, &bytes, why, sizeof why);
    if (!text) {
        sim__say(load, at, 0, "the price book %s %s", file->document.file, why);
        return;
    }
    struct sim__document *own = load->document;
    load->document = &file->document;
    json_t *root = sim__places_scan(&file->document.places, load->arena, text, bytes, scan_error,
                                    load);
    load->out_of_memory = load->out_of_memory || file->document.places.out_of_memory;
    if (root && !json_is_object(root))
        sim__say(load, NULL, 0, "a price book is an object in { }, not %s", sim__json_kind(root));
    if (json_is_object(root) && sim__check_version(load, root))
        file->document.root = json_incref(root);
    json_decref(root);
    load->document = own;
    free(text);
}

struct sim__book_file *sim__book_open(struct sim__load *load, const struct sim__at *at,
                                      const char *name)
{
    for (struct sim__book_file *f = load->document->books; f; f = f->next)
        if (strcmp(f->name, name) == 0)
            return f->document.root ? f : NULL;
    char path[PATH_BYTES];
    struct sim_buffer looked = {0};
    if (!fit_name(name)) {
        sim__say(load, at, 0,
                 "a price book is named by its path below the scenario's directory, or one above "
                 "it, without \".json\", such as \"prices/round-numbers\"");
        return NULL;
    }
    if (!find_file(load->document->file, name, path, sizeof path, &looked)) {
        sim__say(load, at, 0, "there is no price book \"%s\": looked for %s", sim_quote(name).s,
                 looked.text ? looked.text : "it in vain");
        sim_buffer_free(&looked);
        return NULL;
    }
    sim_buffer_free(&looked);
    struct sim__book_file *file = sim__alloc(load, 1, sizeof *file);
    const char *copy = sim__copy(load, name), *own = sim__copy(load, path);
    if (!file || !copy || !own)
        return NULL;
    *file = (struct sim__book_file){.name = copy, .next = load->document->books};
    file->document.file = own;
    load->document->books = file;
    parse_file(load, at, file);
    return file->document.root ? file : NULL;
}

void sim__release_books(struct sim__document *d)
{
    for (struct sim__book_file *f = d->books; f; f = f->next)
        json_decref(f->document.root);
}

unsigned sim__book_line(const struct sim__document *d, const char *book, const char *const *names,
                        size_t depth)
{
    const struct sim__book_file *file = d->books;
    while (file && strcmp(file->name, book) != 0)
        file = file->next;
    const struct sim__place *place = file ? file->document.places.root : NULL;
    for (size_t i = 0; place && i < depth; i++)
        place = sim__place_child(&file->document.places, place, names[i]);
    return place && depth ? place->line : 0;
}

/* ---- what it says ---------------------------------------------------------------------------- */

static const struct sim_usage *find_usage(struct sim__load *load, const struct sim__at *at,
                                          const char *who, const struct sim_model *model,
                                          const char *name)
{
    const struct sim_usage *u;
    struct sim_nearest nearest = sim_nearest(name);
    struct sim_buffer all = {0};
    for (size_t i = 0; (u = model                        ? sim_usage_next(model, &i)
                            : sim_station_usages[i].name ? &sim_station_usages[i++]
                                                         : NULL);) {
        if (strcmp(u->name, name) == 0) {
            sim_buffer_free(&all);
            return u;
        }
        sim_nearest_try(&nearest, u->name);
        sim_buffer_printf(&all, "%s\"%s\"", all.length ? ", " : "", u->name);
    }
    sim__say(load, at, SIM__ON_KEY, "%s does not use \"%s\"%s: %s%s", who, sim_quote(name).s,
             sim_nearest_hint(&nearest).s,
             all.text ? "its uses with a price are " : "nothing of it has a price",
             all.text ? all.text : "");
    sim_buffer_free(&all);
    return NULL;
}

/* What a price is for, as one text. */
struct said_of {
    char text[3 * SIM__NAME_MAX + 64];
};

static struct said_of said_of(enum sim__priced kind, const char *place, const char *usage)
{
    struct said_of of;
    snprintf(of.text, sizeof of.text, "%d %.130s %.60s", (int)kind, place, usage);
    return of;
}

const struct sim__price_entry *sim__price_of(const struct sim__price_book *book,
                                             enum sim__priced kind, const char *place,
                                             const char *usage)
{
    struct said_of of = said_of(kind, place, usage);
    uint32_t number = sim_lookup_get(&book->numbers, of.text, strlen(of.text));
    return number == SIM_LOOKUP_NONE ? NULL : &book->entries[number];
}

static void add_entry(struct sim__load *load, const struct sim__at *at, json_t *value,
                      enum sim__priced kind, const char *place, const struct sim__priced_use *use,
                      struct sim__price_book *book)
{
    struct sim__price_entry entry = {.number = book->said++};
    const char *of = sim__copy(load, said_of(kind, place, use->usage->name).text);
    struct sim__price_entry *entries = sim__grown(load, book->entries, book->count, &book->room,
                                                  sizeof *entries);
    book->entries = entries ? entries : book->entries;
    if (!of || !entries || !sim__read_price(load, at, value, use, &entry.price))
        return;
    book->numbers.arena = load->arena;
    uint32_t number = sim_lookup_put(&book->numbers, of, strlen(of), (uint32_t)book->count);
    if (number == SIM_LOOKUP_NONE)
        load->out_of_memory = true;
    else
        entries[number] = entry;
    book->count = book->numbers.count;
}

/* Reads the prices of one model or component. */
static void read_uses(struct sim__load *load, const struct sim__at *at, json_t *object,
                      enum sim__priced kind, const char *place, const struct sim_model *model,
                      struct sim__price_book *book)
{
    const char *key;
    json_t *value;
    char who[SIM__NAME_MAX + 32];
    snprintf(who, sizeof who, kind == SIM__PRICED_MODEL ? "a %.64s" : "\"%.64s\"", place);
    if (!sim__as_object(load, at, object))
        return;
    json_object_foreach (object, key, value) {
        if (sim__is_free(key))
            continue;
        const struct sim__at *member = SIM__KEY(at, key);
        struct sim__priced_use use = {model, find_usage(load, member, who, model, key)};
        for (const struct sim_model *const *m = sim_models(); *m && !use.model; m++)
            use.model = (*m)->serve
                            ? *m
                            : NULL; /* every model that can be called has these uses; take any */
        if (use.usage)
            add_entry(load, member, value, kind, place, &use, book);
    }
}

static void read_models(struct sim__load *load, const struct sim__at *at, json_t *map,
                        struct sim__price_book *book)
{
    const char *key;
    json_t *value;
    json_object_foreach (map, key, value) {
        const struct sim__at *member = SIM__KEY(at, key);
        if (sim__is_free(key))
            continue;
        if (strcmp(key, "*") == 0) {
            read_uses(load, member, value, SIM__PRICED_ANY, key, NULL, book);
            continue;
        }
        const struct sim_model *model = sim__find_model(load, member, SIM__ON_KEY, key);
        if (model)
            read_uses(load, member, value, SIM__PRICED_MODEL, key, model, book);
    }
}

static void read_components(struct sim__load *load, const struct sim__at *at, json_t *map,
                            struct sim__price_book *book)
{
    const char *key;
    json_t *value;
    json_object_foreach (map, key, value) {
        const struct sim__at *member = SIM__KEY(at, key);
        const struct sim_plan_component *all = load->plan->components;
        uint32_t index = sim__component_named(load->plan, key), count = load->plan->component_count;
        if (sim__is_free(key))
            continue;
        if (index != SIM_NOWHERE) {
            if (all[index].model) /* otherwise the error was reported already */
                read_uses(load, member, value, SIM__PRICED_COMPONENT, key, all[index].model, book);
            continue;
        }
        struct sim_nearest nearest = sim_nearest(key);
        for (uint32_t i = 0; i < count && sim__may_hint(load, count); i++)
            sim_nearest_try(&nearest, all[i].name);
        sim__say(load, member, SIM__ON_KEY | SIM__SOFT,
                 "there is no component \"%s\" that this could be the price of%s", sim_quote(key).s,
                 sim_nearest_hint(&nearest).s);
    }
}

/* Checks one end of "eu>us", a region or "*". Warns if there is no such region. */
static void check_end(struct sim__load *load, const struct sim__at *at, const char *name)
{
    struct sim_nearest nearest = sim_nearest(name);
    uint32_t regions = load->plan->region_count;
    if (strcmp(name, "*") == 0 || sim__region_named(load, name) != SIM_NOWHERE)
        return;
    for (uint32_t i = 0; i < regions && sim__may_hint(load, regions); i++)
        sim_nearest_try(&nearest, load->plan->regions[i]);
    /* a book serves many scenarios, so a missing region is not an error */
    sim__say(load, at, SIM__ON_KEY | SIM__SOFT | SIM__WARNING,
             "there is no region \"%s\": nothing has this price%s", sim_quote(name).s,
             sim_nearest_hint(&nearest).s);
}

static void read_transfer(struct sim__load *load, const struct sim__at *at, json_t *map,
                          struct sim__price_book *book)
{
    const char *key;
    json_t *value;
    json_object_foreach (map, key, value) {
        const struct sim__at *member = SIM__KEY(at, key);
        struct sim__priced_use use = {NULL, &sim_link_usages[0]};
        char from[2 * SIM__NAME_MAX + 2];
        if (sim__is_free(key))
            continue;
        char *arrow = strlen(key) < sizeof from ? strchr(strcpy(from, key), '>') : NULL;
        bool known = strcmp(key, "within") == 0 || strcmp(key, "between") == 0 ||
                     strcmp(key, "zones") == 0;
        if (!known && (!arrow || arrow == from || !arrow[1] || strchr(arrow + 1, '>'))) {
            sim__say(load, member, SIM__ON_KEY,
                     "transfer has prices \"within\" regions, between the \"zones\" of one, "
                     "\"between\" regions, or from one to another such as \"eu>us\", \"eu>*\" or "
                     "\"*>us\"");
            continue;
        }
        if (arrow && !known) {
            *arrow = '\0';
            check_end(load, member, from);
            check_end(load, member, arrow + 1);
        }
        add_entry(load, member, value, SIM__PRICED_LINK, key, &use, book);
    }
}

static json_t *member_map(struct sim__load *load, const struct sim__at *at, json_t *object,
                          const char *key)
{
    return sim__as_object(load, SIM__KEY(at, key), json_object_get(object, key));
}

static const char *read_date(struct sim__load *load, const struct sim__at *at, json_t *value)
{
    const char *text = sim__read_text(load, at, value), *shape = "dddd-dd-dd";
    bool good = text && strlen(text) == strlen(shape);
    for (size_t i = 0; good && shape[i]; i++)
        good = shape[i] == 'd' ? text[i] >= '0' && text[i] <= '9' : text[i] == shape[i];
    good = good && strncmp(text + 5, "13", 2) < 0 && strncmp(text + 5, "00", 2) > 0 &&
           strcmp(text + 8, "32") < 0 && strcmp(text + 8, "00") > 0;
    if (text && !good)
        sim__say(load, at, 0, "\"%s\" is not a date, such as \"2026-05-06\"", sim_quote(text).s);
    return text;
}

void sim__read_book(struct sim__load *load, const struct sim__at *at, json_t *object, bool whole,
                    struct sim__price_book *book)
{
    static const char *const in_file[] = {"schema_version", "title",      "date",     "source",
                                          "models",         "components", "transfer", NULL};
    static const char *const in_scenario[] = {"book",   "title",      "date",     "source",
                                              "models", "components", "transfer", NULL};
    struct sim__keys_allowed allowed = {.others = at ? in_scenario : in_file};
    json_t *date = json_object_get(object, "date"), *source = json_object_get(object, "source");
    json_t *title = json_object_get(object, "title");
    sim__check_keys(load, at, object, &allowed);
    if (whole && !date)
        sim__say(load, at, 0, "\"date\" is missing: write the day of these prices");
    if (whole && !source)
        sim__say(load, at, 0, "\"source\" is missing: write where these prices are published");
    if (title)
        book->title = sim__read_line(load, SIM__KEY(at, "title"), title);
    if (date)
        book->date = read_date(load, SIM__KEY(at, "date"), date);
    if (source)
        book->source = sim__read_line(load, SIM__KEY(at, "source"), source);
    read_components(load, SIM__KEY(at, "components"), member_map(load, at, object, "components"),
                    book);
    read_models(load, SIM__KEY(at, "models"), member_map(load, at, object, "models"), book);
    read_transfer(load, SIM__KEY(at, "transfer"), member_map(load, at, object, "transfer"), book);
}
