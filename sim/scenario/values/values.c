/* values.c - reads single values of the file: quantities, texts, choices, names. */
#include "scenario/load.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void *sim__grown(struct sim__load *load, void *old, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return old;
    size_t wider = *room ? 2 * *room : 16;
    void *grown = sim__alloc(load, wider, size);
    if (grown && count > 0)
        memcpy(grown, old, count * size);
    if (grown)
        *room = wider;
    return grown;
}

enum sim_dimension sim__dimension(enum sim_param_kind kind)
{
    switch (kind) {
    case SIM_TIME:
    case SIM_DISTRIBUTION: return SIM_DIM_TIME;
    case SIM_RATE: return SIM_DIM_RATE;
    case SIM_BYTES:
    case SIM_BYTES_DIST: return SIM_DIM_BYTES;
    case SIM_BANDWIDTH: return SIM_DIM_BANDWIDTH;
    case SIM_FRACTION: return SIM_DIM_FRACTION;
    case SIM_COUNT: return SIM_DIM_COUNT;
    default: return SIM_DIM_NUMBER;
    }
}

/* Writes a JSON number as text, so that the reader of quantities checks both. */
static void number_text(const json_t *value, char *out, size_t size)
{
    if (json_is_integer(value))
        snprintf(out, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else
        snprintf(out, size, "%s", sim_number_text(json_real_value(value)).s);
}

static const char *null_hint(const json_t *value)
{
    return json_is_null(value) ? ": leave the key out for its default" : "";
}

bool sim__read_amount(struct sim__load *load, const struct sim__at *at, json_t *value,
                      enum sim_dimension dimension, const char *noun, bool bare,
                      struct sim_amount *amount)
{
    struct sim_error error;
    char text[48];
    *amount = (struct sim_amount){0};
    if (json_is_string(value) && dimension == SIM_DIM_NUMBER) {
        sim__say(load, at, 0, "a number is wanted here, without quotes, such as %s",
                 sim_units_example(dimension));
        return false;
    }
    if (json_is_string(value)) {
        if (sim_units_parse(json_string_value(value), dimension, noun, amount, &error) == 0)
            return true;
        sim__say(load, at, 0, "%s", error.text);
        return false;
    }
    if (!json_is_number(value)) {
        sim__say(load, at, 0, "%s is wanted here, such as %s, not %s%s", sim_units_name(dimension),
                 sim_units_example(dimension), sim__json_kind(value), null_hint(value));
        return false;
    }
    number_text(value, text, sizeof text);
    if (bare && dimension == SIM_DIM_BYTES)
        strcat(text, sim_units_usual(dimension));
    if (sim_units_parse(text, dimension, noun, amount, &error) == 0)
        return true;
    sim__say(load, at, 0, "%s", error.text);
    return false;
}

const char *sim__read_text(struct sim__load *load, const struct sim__at *at, json_t *value)
{
    if (!value)
        return NULL;
    if (json_is_string(value))
        return sim__copy(load, json_string_value(value));
    sim__say(load, at, 0, "a text in double quotes is wanted here, not %s", sim__json_kind(value));
    return NULL;
}

const char *sim__read_line(struct sim__load *load, const struct sim__at *at, json_t *value)
{
    char *text = (char *)sim__read_text(load, at, value);
    for (char *c = text; c && *c; c++)
        *c = *c == '\n' || *c == '\r' || *c == '\t' ? ' ' : *c;
    return text;
}

bool sim__read_bool(struct sim__load *load, const struct sim__at *at, json_t *value, bool *out)
{
    if (!json_is_boolean(value)) {
        sim__say(load, at, 0, "true or false is wanted here%s, not %s",
                 json_is_string(value) ? ", without quotes" : "", sim__json_kind(value));
        return false;
    }
    *out = json_is_true(value);
    return true;
}

static void list_choices(const char *const *choices, char *out, size_t size)
{
    size_t n = 0;
    out[0] = '\0';
    for (size_t i = 0; choices[i] && n < size; i++)
        n += (size_t)snprintf(out + n, size - n, "%s\"%s\"",
                              i == 0           ? ""
                              : choices[i + 1] ? ", "
                                               : " or ",
                              choices[i]);
}

bool sim__read_choice(struct sim__load *load, const struct sim__at *at, json_t *value,
                      const char *const *choices, int *out)
{
    char list[SIM_ERROR_TEXT_BYTES];
    const char *word = json_string_value(value);
    for (int i = 0; word && choices[i]; i++)
        if (strcmp(choices[i], word) == 0) {
            *out = i;
            return true;
        }
    list_choices(choices, list, sizeof list);
    if (!word) {
        sim__say(load, at, 0, "one of %s is wanted here, not %s%s", list, sim__json_kind(value),
                 null_hint(value));
        return false;
    }
    struct sim_nearest nearest = sim_nearest(word);
    for (int i = 0; choices[i]; i++)
        sim_nearest_try(&nearest, choices[i]);
    sim__say(load, at, 0, "\"%s\" is not one of %s%s", sim_quote(word).s, list,
             sim_nearest_hint(&nearest).s);
    return false;
}

json_t *sim__as_object(struct sim__load *load, const struct sim__at *at, json_t *value)
{
    if (!value || json_is_object(value))
        return value;
    sim__say(load, at, 0, "an object in { } is wanted here, not %s", sim__json_kind(value));
    return NULL;
}

json_t *sim__as_list(struct sim__load *load, const struct sim__at *at, json_t *value)
{
    if (!value || json_is_array(value))
        return value;
    sim__say(load, at, 0, "a list in [ ] is wanted here, not %s", sim__json_kind(value));
    return NULL;
}

bool sim__has_all(struct sim__load *load, const struct sim__at *at, json_t *object,
                  const char *const *keys, const char *example)
{
    bool all = true;
    for (; *keys; keys++) {
        if (json_object_get(object, *keys))
            continue;
        sim__say(load, at, 0, "\"%s\" is missing: %s", *keys, example);
        all = false;
    }
    return all;
}

bool sim__read_range(struct sim__load *load, const struct sim__at *at, json_t *object,
                     const char *const *keys, const char *example, int most_steps,
                     struct sim__range *range)
{
    static const char *const scales[] = {"linear", "log", NULL};
    const char *needed[SIM__KEY_LIST_MAX] = {NULL};
    const struct sim__keys_allowed allowed = {.others = keys};
    const struct sim__at *steps_at = SIM__KEY(at, "steps");
    size_t said = load->said, n = 0;
    json_t *steps = json_object_get(object, "steps"), *scale = json_object_get(object, "scale");
    struct sim_amount count = {0};
    int log = 0;
    sim__check_keys(load, at, object, &allowed);
    for (size_t i = 0; keys[i]; i++)
        if (strcmp(keys[i], "scale") != 0)
            needed[n++] = keys[i];
    sim__has_all(load, at, object, needed, example);
    if (steps && sim__read_amount(load, steps_at, steps, SIM_DIM_COUNT, NULL, true, &count) &&
        (count.whole < 2 || count.whole > most_steps)) {
        sim__say(load, steps_at, 0, "a range has 2 to %d steps, including its ends", most_steps);
        count.whole = 0;
    }
    if (scale)
        sim__read_choice(load, SIM__KEY(at, "scale"), scale, scales, &log);
    *range = (struct sim__range){.from = json_object_get(object, "from"),
                                 .to = json_object_get(object, "to"),
                                 .steps = (uint32_t)count.whole,
                                 .log = log == 1};
    return load->said == said;
}

static bool fit_name(const char *name)
{
    size_t n = strlen(name);
    if (n == 0 || n > SIM__NAME_MAX)
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = name[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        bool later = (c >= '0' && c <= '9') || c == '-';
        if (!letter && !(later && i > 0))
            return false;
    }
    return true;
}

static void say_no_name(struct sim__load *load, const struct sim__at *at, unsigned flags,
                        const char *text)
{
    sim__say(load, at, flags,
             "\"%s\" is not a name: a letter, then letters, digits, "
             "\"-\" and \"_\", %d at most",
             sim_quote(text).s, SIM__NAME_MAX);
}

bool sim__is_member(struct sim__load *load, const struct sim__at *at, const char *key,
                    json_t *value)
{
    if (sim__is_free(key)) {
        if (json_is_object(value))
            sim__say(load, at, SIM__ON_KEY,
                     "\"%s\" cannot be a name: \"notes\" and keys that "
                     "begin with \"x-\" are remarks",
                     sim_quote(key).s);
        return false;
    }
    if (!fit_name(key))
        say_no_name(load, at, SIM__ON_KEY, key);
    return true;
}

bool sim__is_name(struct sim__load *load, const struct sim__at *at, const char *text)
{
    bool good = fit_name(text);
    if (!good)
        say_no_name(load, at, 0, text);
    return good;
}
