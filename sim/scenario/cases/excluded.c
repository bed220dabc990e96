/* excluded.c - cells that a sweep leaves out. The values that an exclusion names are found once, so
 * that a cell needs lookups only, no comparisons. */
#include "scenario/load.h"

#include <math.h>
#include <string.h>

enum {
    EXCLUSIONS_MAX = 1000,
    VALUES_MAX = 10000 /* values in all exclusions together */
};

/* ---- values that are the same ---------------------------------------------------------------- */

int sim__quantity_of(const json_t *value, double *number)
{
    struct sim_amount amount;
    struct sim_error ignored;
    *number = json_is_number(value) ? json_number_value(value) : NAN;
    if (!json_is_string(value))
        return json_is_number(value) ? SIM_DIM_NUMBER : -1;
    const char *text = json_string_value(value), *space = strrchr(text, ' ');
    int dimension = sim_units_guess(text, &amount);
    if (dimension < 0 && space && /* "100k keys" */
        sim_units_parse(text, SIM_DIM_COUNT, space + 1, &amount, &ignored) == 0)
        dimension = SIM_DIM_COUNT;
    if (dimension >= 0)
        *number = amount.value;
    return dimension;
}

/* A value and its dimension. */
struct value {
    const json_t *json;
    int dimension;
    double number;
};

static struct value value_of(const json_t *json)
{
    struct value v = {.json = json};
    v.dimension = sim__quantity_of(json, &v.number);
    return v;
}

/* Shares, counts and plain numbers may each be written as a bare number. */
static bool is_bare(int dimension)
{
    return dimension == SIM_DIM_FRACTION || dimension == SIM_DIM_COUNT ||
           dimension == SIM_DIM_NUMBER;
}

/* Whether two values are the same, however they are written: "1s" and "1000ms", 0.5 and "50%". */
static bool is_same(const struct value *a, const struct value *b)
{
    if (a->dimension < 0 || b->dimension < 0)
        return a->dimension == b->dimension && json_equal(a->json, b->json);
    return (a->dimension == b->dimension || (is_bare(a->dimension) && is_bare(b->dimension))) &&
           fabs(a->number - b->number) <= 1e-12 * fmax(fabs(a->number), fabs(b->number));
}

/* ---- reading --------------------------------------------------------------------------------- */

struct reading {
    struct sim__load *load;
    struct value **values; /* by variable; NULL until needed */
    size_t named;
};

/* The values a variable takes; NULL when out of memory. */
static const struct value *values_of(struct reading *r, size_t which)
{
    json_t *list = r->load->document->swept[which].values;
    size_t count = json_array_size(list);
    if (r->values[which])
        return r->values[which];
    r->values[which] = sim__alloc(r->load, count, sizeof **r->values);
    for (size_t i = 0; i < count && r->values[which]; i++)
        r->values[which][i] = value_of(json_array_get(list, i));
    return r->values[which];
}

/* Marks the excluded values of a variable: a single value or a list. */
static void mark(struct reading *r, const struct sim__at *at, size_t which, json_t *excluded,
                 bool *among)
{
    const struct sim__swept *swept = &r->load->document->swept[which];
    size_t count = json_array_size(swept->values);
    for (size_t i = 0; json_is_array(excluded) && i < json_array_size(excluded); i++)
        mark(r, SIM__ITEM(at, i), which, json_array_get(excluded, i), among);
    const struct value *values = values_of(r, which), value = value_of(excluded);
    if (json_is_array(excluded) || !values || r->named++ >= VALUES_MAX)
        return;
    bool some = false;
    for (size_t i = 0; i < count; i++) {
        bool same = is_same(&values[i], &value);
        among[i] = among[i] || same;
        some = some || same;
    }
    if (!some)
        sim__say(r->load, at, 0, "\"%s\" never takes this value, so nothing is excluded",
                 swept->path);
}

static void say_unknown(struct sim__load *load, const struct sim__at *at, const char *name)
{
    const struct sim__document *d = load->document;
    struct sim_nearest nearest = sim_nearest(name);
    for (size_t k = 0; k < d->swept_count; k++)
        sim_nearest_try(&nearest, d->swept[k].path);
    sim__say(load, at, SIM__ON_KEY, "\"%s\" is not swept%s", sim_quote(name).s,
             sim_nearest_hint(&nearest).s);
}

static void read_exclusion(struct reading *r, const struct sim__at *at, json_t *object,
                           struct sim__exclusion *out)
{
    const struct sim__document *d = r->load->document;
    const char *name;
    json_t *value;
    if (sim__member_count(object) == 0)
        sim__say(r->load, at, 0, "this would exclude every cell");
    out->of = sim__alloc(r->load, sim__member_count(object), sizeof *out->of);
    json_object_foreach (object, name, value) {
        size_t which = 0;
        if (sim__is_free(name) || !out->of)
            continue;
        while (which < d->swept_count && strcmp(d->swept[which].path, name) != 0)
            which++;
        if (which == d->swept_count) {
            say_unknown(r->load, SIM__KEY(at, name), name);
            continue;
        }
        bool *among = sim__alloc(r->load, json_array_size(d->swept[which].values), sizeof *among);
        if (among)
            mark(r, SIM__KEY(at, name), which, value, among);
        if (among)
            out->of[out->count++] = (struct sim__excluded){which, among};
    }
}

void sim__read_exclusions(struct sim__load *load, const struct sim__at *at, json_t *list,
                          struct sim__exclusions *out)
{
    struct reading r = {.load = load};
    size_t count = json_array_size(list);
    if (count > EXCLUSIONS_MAX) {
        sim__say(load, at, 0, "there can be %d exclusions at most", EXCLUSIONS_MAX);
        return;
    }
    r.values = sim__alloc(load, load->document->swept_count, sizeof(struct value *));
    out->items = sim__alloc(load, count, sizeof *out->items);
    for (size_t i = 0; i < count && out->items && r.values; i++) {
        json_t *object = sim__as_object(load, SIM__ITEM(at, i), json_array_get(list, i));
        if (object)
            read_exclusion(&r, SIM__ITEM(at, i), object, &out->items[out->count++]);
    }
    if (r.named > VALUES_MAX)
        sim__say(load, at, 0, "the exclusions can name %d values at most", VALUES_MAX);
}

bool sim__is_excluded(const struct sim__exclusions *exclusions, const size_t *at)
{
    for (size_t i = 0; i < exclusions->count; i++) {
        const struct sim__exclusion *e = &exclusions->items[i];
        size_t k = 0;
        while (k < e->count && e->of[k].among[at[e->of[k].which]])
            k++;
        if (k == e->count)
            return true;
    }
    return false;
}
