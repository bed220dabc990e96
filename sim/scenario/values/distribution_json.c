/* distribution_json.c - distributions as tagged unions: a bare quantity is a constant, otherwise
 * {"type": "lognormal", "median": "2ms", "p99": "40ms"} and its like. */
#include "scenario/load.h"

#include <string.h>

enum type {
    CONSTANT,
    UNIFORM,
    EXPONENTIAL,
    NORMAL,
    LOGNORMAL,
    PARETO,
    WEIBULL,
    GAMMA,
    ERLANG,
    MIXTURE,
    EMPIRICAL,
    PERCENTILES,
    GEOMETRIC
};

static const char *const type_names[] = {
    "constant", "uniform", "exponential", "normal",    "lognormal",   "pareto",    "weibull",
    "gamma",    "erlang",  "mixture",     "empirical", "percentiles", "geometric", NULL};

enum { FIELDS = 3 };

/* One way to give a distribution of a type: all of `fields`, and perhaps `optional`. Both the
 * reader and the page of `weir models distribution` use this table. */
struct form {
    enum type type;
    const char *fields[FIELDS];
    const char *optional;
    int maker;
    const char *doc;
};

enum { BY_MEAN_SCV = 1, BY_MEAN_SD, BY_MEDIAN_SIGMA, BY_MEDIAN_P99 };

static const struct form forms[] = {
    {CONSTANT, {"value"}, NULL, 0, "Always the same value. The quantity alone means the same."},
    {UNIFORM, {"low", "high"}, NULL, 0, "All values from low to high are equally likely."},
    {EXPONENTIAL, {"mean"}, NULL, 0, "Memoryless; its scv is 1."},
    {NORMAL,
     {"mean", "sd"},
     "fold",
     0,
     "Draws below zero are drawn again, or with \"fold\": true lose their sign."},
    {LOGNORMAL, {"mean", "scv"}, NULL, BY_MEAN_SCV, "scv is the variance over the mean squared."},
    {LOGNORMAL, {"mean", "sd"}, NULL, BY_MEAN_SD, "sd is the standard deviation."},
    {LOGNORMAL,
     {"median", "sigma"},
     NULL,
     BY_MEDIAN_SIGMA,
     "sigma is the standard deviation of the logarithm."},
    {LOGNORMAL,
     {"median", "p99"},
     NULL,
     BY_MEDIAN_P99,
     "The two numbers that dashboards show of a latency."},
    {PARETO,
     {"minimum", "shape"},
     "maximum",
     0,
     "P(X > x) = (minimum/x)^shape; a maximum cuts it off."},
    {WEIBULL, {"scale", "shape"}, NULL, 0, "P(X > x) = exp(-(x/scale)^shape)."},
    {GAMMA, {"mean", "shape"}, NULL, 0, "Its scv is 1/shape."},
    {ERLANG, {"mean", "stages"}, NULL, 0, "The sum of this many exponential stages, 1 to 1000000."},
    {MIXTURE,
     {"parts"},
     NULL,
     0,
     "parts is a list of { \"weight\": 0.9, \"value\": a quantity or a distribution }; one is "
     "chosen for each draw, in proportion to the weights."},
    {EMPIRICAL,
     {"values"},
     "weights",
     0,
     "One of a list of values, equally likely or by their weights."},
    {GEOMETRIC,
     {"mean"},
     NULL,
     0,
     "For counts only: 1, 2, 3 and so on, each count having the same chance to be the last."},
};

enum { FORM_COUNT = sizeof forms / sizeof forms[0] };

/* A distribution being read. */
struct reading {
    struct sim__load *load;
    const struct sim__at *at;
    json_t *object;
    enum sim_dimension dimension;
    struct sim_dist *out;
    bool bad; /* a field was wrong, and an error was reported */
};

static bool is_number(const char *field)
{
    return strcmp(field, "scv") == 0 || strcmp(field, "shape") == 0 || strcmp(field, "sigma") == 0;
}

/* A field as a number in base units; 0 when it is absent. */
static double field(struct reading *r, const char *name)
{
    struct sim_amount amount = {0};
    json_t *value = json_object_get(r->object, name);
    enum sim_dimension dimension = is_number(name) ? SIM_DIM_NUMBER : r->dimension;
    if (strcmp(name, "stages") == 0)
        dimension = SIM_DIM_COUNT;
    if (value &&
        !sim__read_amount(r->load, SIM__KEY(r->at, name), value, dimension, NULL, true, &amount))
        r->bad = true;
    return amount.value;
}

static bool has_key(const struct form *form, const char *key)
{
    for (size_t i = 0; i < FIELDS && form->fields[i]; i++)
        if (strcmp(form->fields[i], key) == 0)
            return true;
    return form->optional && strcmp(form->optional, key) == 0;
}

static bool fits(const struct form *form, json_t *object)
{
    const char *key;
    json_t *value;
    for (size_t i = 0; i < FIELDS && form->fields[i]; i++)
        if (!json_object_get(object, form->fields[i]))
            return false;
    json_object_foreach (object, key, value)
        if (!sim__is_free(key) && strcmp(key, "type") != 0 && !has_key(form, key))
            return false;
    return true;
}

static void say_forms(struct reading *r, enum type type)
{
    struct sim_buffer text = {0};
    for (size_t i = 0, ways = 0; i < FORM_COUNT; i++) {
        if (forms[i].type != type)
            continue;
        sim_buffer_puts(&text, ways++ ? ", or by " : "");
        for (size_t k = 0; k < FIELDS && forms[i].fields[k]; k++)
            sim_buffer_printf(&text, "%s\"%s\"", k ? " and " : "", forms[i].fields[k]);
    }
    sim__say(r->load, r->at, 0, "\"%s\" is given by %s", type_names[type],
             text.text ? text.text : "its fields");
    sim_buffer_free(&text);
}

/* Reports keys that no form of the type has. True: there are none. */
static bool keys_are_known(struct reading *r, enum type type)
{
    const char *key;
    json_t *value;
    bool good = true;
    json_object_foreach (r->object, key, value) {
        struct sim_nearest nearest = sim_nearest(key);
        bool known = sim__is_free(key) || strcmp(key, "type") == 0;
        for (size_t i = 0; i < FORM_COUNT; i++) {
            if (forms[i].type != type)
                continue;
            known = known || has_key(&forms[i], key);
            for (size_t k = 0; k < FIELDS && forms[i].fields[k]; k++)
                sim_nearest_try(&nearest, forms[i].fields[k]);
            if (forms[i].optional)
                sim_nearest_try(&nearest, forms[i].optional);
        }
        if (known)
            continue;
        good = false;
        sim__say(r->load, SIM__KEY(r->at, key), SIM__ON_KEY,
                 "the key \"%s\" is not known in a distribution of type \"%s\"%s", sim_quote(key).s,
                 type_names[type], sim_nearest_hint(&nearest).s);
    }
    return good;
}

/* ---- those with lists ------------------------------------------------------------------------ */

/* A list of numbers as doubles; NULL when it has errors. */
static double *numbers(struct reading *r, const char *name, enum sim_dimension dimension,
                       size_t *count)
{
    const struct sim__at *at = SIM__KEY(r->at, name);
    json_t *list = sim__as_list(r->load, at, json_object_get(r->object, name));
    *count = json_array_size(list);
    double *values = list ? sim__alloc(r->load, *count, sizeof *values) : NULL;
    r->bad = r->bad || !values;
    for (size_t i = 0; values && i < *count; i++) {
        struct sim_amount amount;
        if (!sim__read_amount(r->load, SIM__ITEM(at, i), json_array_get(list, i), dimension, NULL,
                              true, &amount))
            r->bad = true;
        values[i] = amount.value;
    }
    return values;
}

static int read_empirical(struct reading *r, const char **why)
{
    size_t count, weight_count;
    double *values = numbers(r, "values", r->dimension, &count), *weights = NULL;
    if (json_object_get(r->object, "weights")) {
        weights = numbers(r, "weights", SIM_DIM_NUMBER, &weight_count);
        if (!r->bad && weight_count != count) {
            *why = "there must be as many \"weights\" as \"values\"";
            return -1;
        }
    }
    return r->bad ? 0 : sim_dist_empirical(r->out, count, values, weights, weights, why);
}

static int read_mixture(struct reading *r, const char **why)
{
    const struct sim__at *at = SIM__KEY(r->at, "parts");
    json_t *parts = sim__as_list(r->load, at, json_object_get(r->object, "parts"));
    size_t count = json_array_size(parts);
    double *weights = sim__alloc(r->load, count, sizeof *weights);
    struct sim_dist *dists = sim__alloc(r->load, count, sizeof *dists);
    static const char *const names[] = {"weight", "value", NULL};
    struct sim__keys_allowed allowed = {.others = names};
    r->bad = !parts || !weights || !dists;
    for (size_t i = 0; weights && dists && i < count; i++) {
        const struct sim__at *item = SIM__ITEM(at, i);
        json_t *part = sim__as_object(r->load, item, json_array_get(parts, i));
        json_t *weight = json_object_get(part, "weight"), *value = json_object_get(part, "value");
        struct sim_amount amount = {0};
        if (part)
            sim__check_keys(r->load, item, part, &allowed);
        if (part && (!weight || !value))
            sim__say(r->load, item, 0, "a part is given by \"weight\" and \"value\"");
        bool good = weight && value &&
                    sim__read_amount(r->load, SIM__KEY(item, "weight"), weight, SIM_DIM_NUMBER,
                                     NULL, false, &amount) &&
                    sim__read_distribution(r->load, SIM__KEY(item, "value"), value, r->dimension,
                                           &dists[i]);
        weights[i] = amount.value;
        r->bad = r->bad || !good;
    }
    return r->bad ? 0 : sim_dist_mixture(r->out, count, weights, dists, why);
}

/* 99.9 for "p99.9", 0 for "min", 100 for "max"; negative for any other key. */
static double percent_of(const char *key)
{
    struct sim_amount amount;
    struct sim_error ignored;
    if (strcmp(key, "min") == 0)
        return 0;
    if (strcmp(key, "max") == 0)
        return 100;
    if (*key != 'p' || sim_units_parse(key + 1, SIM_DIM_NUMBER, NULL, &amount, &ignored) ||
        amount.value < 0 || amount.value > 100)
        return -1;
    return amount.value;
}

static int read_percentiles(struct reading *r, const char **why)
{
    size_t count = 0;
    struct sim_percentile *points = sim__alloc(r->load, json_object_size(r->object),
                                               sizeof *points);
    const char *key;
    json_t *value;
    r->bad = !points;
    json_object_foreach (r->object, key, value) {
        if (!points || sim__is_free(key) || strcmp(key, "type") == 0)
            continue;
        double percent = percent_of(key);
        if (percent < 0) {
            sim__say(r->load, SIM__KEY(r->at, key), SIM__ON_KEY,
                     "\"%s\" is no percentile, such as "
                     "\"p50\", \"p99.9\", \"min\" or \"max\"",
                     sim_quote(key).s);
            r->bad = true;
            continue;
        }
        struct sim_percentile point = {.percent = percent, .value = field(r, key)};
        size_t i = count++;
        for (; i > 0 && points[i - 1].percent > percent; i--)
            points[i] = points[i - 1];
        points[i] = point;
    }
    return r->bad ? 0 : sim_dist_percentiles(r->out, count, points, why);
}

/* ---- all of them ----------------------------------------------------------------------------- */

static int make_lognormal(struct reading *r, int maker, const char **why)
{
    double mean = field(r, "mean"), sd = field(r, "sd"), median = field(r, "median");
    double scv = field(r, "scv"), sigma = field(r, "sigma"), p99 = field(r, "p99");
    if (r->bad)
        return 0;
    switch (maker) {
    case BY_MEAN_SCV: return sim_dist_lognormal(r->out, mean, scv, why);
    case BY_MEAN_SD:
        return sim_dist_lognormal(r->out, mean, mean > 0 ? sd / mean * (sd / mean) : 0, why);
    case BY_MEDIAN_SIGMA:
        if (!(median > 0)) {
            *why = "the median must be positive";
            return -1;
        }
        return sim_dist_lognormal_log(r->out, sim_log(median), sigma, why);
    default: return sim_dist_lognormal_p99(r->out, median, p99, why);
    }
}

static int make(struct reading *r, const struct form *form, const char **why)
{
    double a = form->maker ? 0 : field(r, form->fields[0]);
    double b = form->maker || !form->fields[1] ? 0 : field(r, form->fields[1]);
    bool fold = false;
    json_t *folded = json_object_get(r->object, "fold");
    if (folded && !sim__read_bool(r->load, SIM__KEY(r->at, "fold"), folded, &fold))
        r->bad = true;
    double maximum = form->type == PARETO ? field(r, "maximum") : 0;
    if (r->bad)
        return 0;
    switch (form->type) {
    case CONSTANT: return sim_dist_constant(r->out, a, why);
    case UNIFORM: return sim_dist_uniform(r->out, a, b, why);
    case EXPONENTIAL: return sim_dist_exponential(r->out, a, why);
    case NORMAL: return sim_dist_normal(r->out, a, b, fold, why);
    case LOGNORMAL: return make_lognormal(r, form->maker, why);
    case PARETO: return sim_dist_pareto(r->out, a, b, maximum, why);
    case WEIBULL: return sim_dist_weibull(r->out, a, b, why);
    case GAMMA: return sim_dist_gamma(r->out, a, b, why);
    case GEOMETRIC:
        if (r->dimension != SIM_DIM_NUMBER) {
            *why = "\"geometric\" is a distribution of counts: use \"exponential\" here";
            return -1;
        }
        return sim_dist_geometric(r->out, a, why);
    default:
        if (b < 1 || b > 1e6) {
            *why = "\"stages\" must be between 1 and 1000000";
            return -1;
        }
        return sim_dist_erlang(r->out, a, (uint32_t)b, why);
    }
}

static bool read_object(struct reading *r)
{
    const struct sim__at *at = r->at;
    json_t *tag = json_object_get(r->object, "type");
    const char *why = NULL;
    int type, failed = 0;
    if (!tag) {
        sim__say(r->load, at, 0, "a distribution needs its \"type\", such as \"exponential\"");
        return false;
    }
    if (!sim__read_choice(r->load, SIM__KEY(at, "type"), tag, type_names, &type))
        return false;
    if (type == PERCENTILES) {
        failed = read_percentiles(r, &why);
    } else {
        const struct form *form = NULL;
        if (!keys_are_known(r, (enum type)type))
            return false;
        for (size_t i = 0; i < FORM_COUNT && !form; i++)
            if (forms[i].type == (enum type)type && fits(&forms[i], r->object))
                form = &forms[i];
        if (!form) {
            say_forms(r, (enum type)type);
            return false;
        }
        failed = type == MIXTURE     ? read_mixture(r, &why)
                 : type == EMPIRICAL ? read_empirical(r, &why)
                                     : make(r, form, &why);
    }
    if (failed)
        sim__say(r->load, at, 0, "%s", why ? why : "this is no distribution");
    else if (type == NORMAL && !r->out->fold && r->out->scale > 0 &&
             sim_dist_mean(r->out) > 1.01 * r->out->scale)
        sim__say(r->load, at, SIM__WARNING,
                 "draws below zero are drawn again, so the mean is %.3g times the one given",
                 sim_dist_mean(r->out) / r->out->scale);
    return !failed && !r->bad;
}

bool sim__read_distribution(struct sim__load *load, const struct sim__at *at, json_t *value,
                            enum sim_dimension dimension, struct sim_dist *out)
{
    *out = (struct sim_dist){0};
    if (json_is_object(value)) {
        struct reading r = {load, at, value, dimension, out, false};
        return read_object(&r);
    }
    struct sim_amount amount;
    const char *why;
    if (!json_is_string(value) && !json_is_number(value)) {
        sim__say(load, at, 0,
                 "%s or a distribution is wanted here, such as %s or {\"type\": "
                 "\"exponential\", \"mean\": %s}, not %s",
                 sim_units_name(dimension), sim_units_example(dimension),
                 sim_units_example(dimension), sim__json_kind(value));
        return false;
    }
    if (!sim__read_amount(load, at, value, dimension, NULL, true, &amount))
        return false;
    if (sim_dist_constant(out, amount.value, &why) == 0)
        return true;
    sim__say(load, at, 0, "%s: give 0 or more", why);
    return false;
}

/* ---- the page -------------------------------------------------------------------------------- */

void sim_distribution_page(void *stdio_file)
{
    enum { NAME = 13, KEYS = 27 };
    FILE *file = stdio_file;
    fprintf(
        file, "%s",
        "distribution: A time, a size, a count or a number that is drawn each time.\n\n"
        "A quantity alone is a constant. Otherwise write\n"
        "{ \"type\": \"lognormal\", \"mean\": \"2ms\", \"scv\": 4 }:\n"
        "quantities have the units of the parameter; scv, shape and sigma are plain numbers.\n\n"
        "Types and their fields\n");
    for (size_t i = 0; i < FORM_COUNT; i++) {
        struct sim_buffer fields = {0};
        bool first = i == 0 || forms[i - 1].type != forms[i].type;
        for (size_t k = 0; k < FIELDS && forms[i].fields[k]; k++)
            sim_buffer_printf(&fields, "%s%s", k ? ", " : "", forms[i].fields[k]);
        if (forms[i].optional)
            sim_buffer_printf(&fields, " [%s]", forms[i].optional);
        fprintf(file, "  %-*s%-*s", NAME, first ? type_names[forms[i].type] : "", KEYS,
                fields.text ? fields.text : "");
        sim__page_wrapped(file, 2 + NAME + KEYS, forms[i].doc);
        sim_buffer_free(&fields);
    }
    fprintf(file, "  %-*s%-*s", NAME, type_names[PERCENTILES], KEYS, "min, p50, p99.9, max");
    sim__page_wrapped(
        file, 2 + NAME + KEYS,
        "Two or more measured percentiles; between two of them a Pareto distribution.");
    fprintf(file, "\n[ ] is optional. In a variant another \"type\" takes the place of the whole "
                  "distribution.\n");
}
