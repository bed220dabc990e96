/* page_read.c - reads a directory of results for the page. */
#include "report/page/page_state.h"

#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_ROOM = 4096 };

char *sim__page_file(const char *path, size_t *bytes)
{
    FILE *file = fopen(path, "rbe");
    size_t room = 1 << 16, n = 0, got;
    char *text = file ? malloc(room) : NULL;
    while (text && (got = fread(text + n, 1, room - n - 1, file)) > 0) {
        n += got;
        if (room - n > 1)
            continue;
        char *more = realloc(text, room *= 2);
        if (!more)
            free(text);
        text = more;
    }
    if (text && ferror(file)) {
        free(text);
        text = NULL;
    }
    int why = errno;
    if (file)
        fclose(file);
    if (text) {
        text[n] = '\0';
        *bytes = n;
    }
    errno = why;
    return text;
}

/* ---- values --------------------------------------------------------------------------------- */

const char *sim__page_string(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

double sim__page_double(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

unsigned sim__page_count(const json_t *object, const char *key)
{
    double value = sim__page_double(object, key);
    return value >= 0 && value <= (double)UINT_MAX ? (unsigned)value : 0;
}

bool sim__page_true(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

char *sim__page_value(const json_t *value)
{
    if (json_is_string(value))
        return strdup(json_string_value(value));
    return json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
}

const json_t *sim__page_resolved(const struct sim__page *page, const char *name)
{
    const json_t *it = json_object_get(page->cases, name);
    const char *variant = sim__page_string(it, "variant");
    return json_object_get(json_object_get(page->resolved, "variants"), *variant ? variant : name);
}

bool sim__page_some(const struct sim__page *page, const char *key)
{
    const char *name;
    json_t *it;
    json_object_foreach (page->cases, name, it) {
        const json_t *member = json_object_get(it, key);
        if (json_object_size(member) > 0 || json_array_size(member) > 0)
            return true;
    }
    return false;
}

bool sim__page_is_new(const struct sim__page *page, const json_t *here, sim__page_has *has,
                      const void *that)
{
    const char *name;
    json_t *it;
    json_object_foreach (page->cases, name, it) {
        if (it == here)
            break;
        if (has(it, that))
            return false;
    }
    return true;
}

/* ---- the files ------------------------------------------------------------------------------ */

static enum sim_page_problem foreign(struct sim_error *error, const char *path, const char *what)
{
    snprintf(error->text, sizeof error->text, "%.200s %s", path, what);
    return SIM_PAGE_FOREIGN;
}

static enum sim_page_problem read_json(const char *path, json_t **value, struct sim_error *error)
{
    size_t bytes;
    json_error_t why;
    char *text = sim__page_file(path, &bytes);
    if (!text) {
        snprintf(error->text, sizeof error->text, "cannot read %.300s: %s", path, strerror(errno));
        return SIM_PAGE_FAULT;
    }
    *value = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, &why);
    free(text);
    if (*value && json_is_object(*value))
        return SIM_PAGE_FINE;
    snprintf(error->text, sizeof error->text,
             "%.200s:%d:%d: this is not what `weir run` wrote: %.120s: run it again", path,
             *value ? 1 : why.line, *value ? 1 : why.column, *value ? "not an object" : why.text);
    return SIM_PAGE_FOREIGN;
}

/* -1, 0 or 1 as a version, such as "0.10.2", is below, the same as or above another. */
static int compare_versions(const char *a, const char *b)
{
    for (int part = 0; part < 3; part++) {
        char *end_a, *end_b;
        unsigned long x = strtoul(a, &end_a, 10), y = strtoul(b, &end_b, 10);
        if (x != y)
            return x < y ? -1 : 1;
        a = end_a + (*end_a == '.');
        b = end_b + (*end_b == '.');
    }
    return 0;
}

static enum sim_page_problem check(struct sim__page *page, const char *path,
                                   struct sim_error *error)
{
    const char *version = sim__page_string(page->summary, "weir");
    char text[200];
    page->cases = json_object_get(page->summary, "variants");
    if (!*version || !json_is_object(page->cases))
        return foreign(error, path, "is no summary that `weir run` wrote");
    if (compare_versions(version, WEIR_VERSION) > 0) {
        snprintf(text, sizeof text, "was written by weir %.40s, and this is weir %s: use that one",
                 version, WEIR_VERSION);
        return foreign(error, path, text);
    }
    page->case_count = json_object_size(page->cases);
    page->first = json_object_iter_value(json_object_iter(page->cases));
    if (strcmp(sim__page_string(page->summary, "scenario"),
               sim__page_string(page->resolved, "hash")) != 0)
        return foreign(error, path, "is not of the same scenario as resolved.json beside it");
    return SIM_PAGE_FINE;
}

enum sim_page_problem sim__page_read(struct sim__page *page, struct sim_error *error)
{
    char path[PATH_ROOM];
    if (snprintf(path, sizeof path, "%s/summary.json", page->dir) >= (int)sizeof path - 80) {
        snprintf(error->text, sizeof error->text, "the path is too long");
        return SIM_PAGE_FAULT;
    }
    enum sim_page_problem problem = read_json(path, &page->summary, error);
    if (problem == SIM_PAGE_FAULT && (errno == ENOENT || errno == ENOTDIR)) {
        snprintf(error->text, sizeof error->text,
                 "there are no results in \"%s\" (no summary.json): it takes a directory that "
                 "`weir run` or `weir sweep` wrote",
                 sim_quote(page->dir).s);
        return SIM_PAGE_FOREIGN;
    }
    if (problem == SIM_PAGE_FINE) {
        snprintf(path, sizeof path, "%s/resolved.json", page->dir);
        problem = read_json(path, &page->resolved, error);
    }
    if (problem == SIM_PAGE_FAULT && errno == ENOENT)
        return foreign(error, path, "is not there: `weir run` and `weir sweep` write it");
    snprintf(path, sizeof path, "%s/summary.json", page->dir);
    return problem == SIM_PAGE_FINE ? check(page, path, error) : problem;
}

void sim__page_free(struct sim__page *page)
{
    json_decref(page->summary);
    json_decref(page->resolved);
}
