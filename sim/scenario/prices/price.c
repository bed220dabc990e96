/* price.c - a price: "$0.09/GB", "$0.023/GB-month", "$0.10/instance-h", "$0.125/1M reads", or tiers
 * of them, checked against the unit of its use. */
#include "scenario/prices/price_book.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { UNIT_BYTES = 96 };

/* Units of time, in hours. */
static const struct {
    const char *text;
    double hours;
} times[] = {{"h", 1}, {"month", SIM_MONTH_HOURS}, {"d", 24}, {"min", 1 / 60.0}, {"s", 1 / 3600.0}};

/* An example of a price of this use. */
static void example(const struct sim__priced_use *use, char *out, size_t size)
{
    bool over_time = sim_usage_over_time(use->model, use->usage);
    struct sim_usage_unit unit = sim_usage_unit(use->model, use->usage);
    if (use->usage->noun && !over_time)
        snprintf(out, size, "\"$0.10/1M %s\"", unit.s);
    else
        snprintf(out, size, "\"$0.10/%s\"", unit.s);
}

static void refuse(struct sim__load *load, const struct sim__at *at, const char *text,
                   const char *why, const struct sim__priced_use *use)
{
    char such[UNIT_BYTES];
    example(use, such, sizeof such);
    sim__say(load, at, 0, "\"%s\" is not a price of \"%s\"%s: write it like %s", sim_quote(text).s,
             use->usage->name, why, such);
}

/* Removes a unit of time such as "-month" from the end of a unit and returns its hours; 0: there is
 * none. */
static double take_time(char *unit)
{
    char *dash = strrchr(unit, '-');
    for (size_t i = 0; dash && i < sizeof times / sizeof times[0]; i++)
        if (strcmp(dash + 1, times[i].text) == 0) {
            *dash = '\0';
            return times[i].hours;
        }
    return 0;
}

/* The size of a unit of a use: 10^9 for "GB", 10^6 for "1M requests"; 0: not a unit of this use. */
static double how_many(const char *unit, const struct sim_usage *usage)
{
    struct sim_amount amount;
    struct sim_error ignored;
    char text[UNIT_BYTES], noun[64];
    if (!usage->noun) {
        snprintf(text, sizeof text, "1%.80s", unit);
        return sim_units_parse(text, SIM_DIM_BYTES, NULL, &amount, &ignored) ? 0 : amount.value;
    }
    snprintf(noun, sizeof noun, "%.60ss", usage->noun);
    if (strcmp(unit, usage->noun) == 0 || strcmp(unit, noun) == 0)
        return 1;
    size_t n = strlen(unit), m = strlen(noun);
    bool named = (n > m && strcmp(unit + n - m, noun) == 0) ||
                 (n > m - 1 && strcmp(unit + n - (m - 1), usage->noun) == 0);
    if (!named || sim_units_parse(unit, SIM_DIM_COUNT, noun, &amount, &ignored))
        return 0;
    return amount.value;
}

/* Reads dollars for one unit of use, or for one hour of it if it is held over time. */
static bool read_money(struct sim__load *load, const struct sim__at *at, json_t *value,
                       const struct sim__priced_use *use, double *money)
{
    const char *text = sim__read_text(load, at, value), *slash = text ? strchr(text, '/') : NULL;
    char number[48], unit[UNIT_BYTES];
    struct sim_amount amount;
    struct sim_error why;
    *money = 0;
    if (!text)
        return false;
    if (*text != '$' || !slash || slash - text > 40 || strlen(slash) > 80) {
        char such[UNIT_BYTES];
        example(use, such, sizeof such);
        sim__say(
            load, at, 0,
            "\"%s\" is not a price: a price begins with \"$\" and has a unit after a \"/\", such "
            "as %s",
            sim_quote(text).s, such);
        return false;
    }
    snprintf(number, sizeof number, "%.*s", (int)(slash - text - 1), text + 1);
    snprintf(unit, sizeof unit, "%s", slash + 1);
    if (sim_units_parse(number, SIM_DIM_NUMBER, NULL, &amount, &why)) {
        sim__say(load, at, 0, "in the price \"%s\", %s", sim_quote(text).s, why.text);
        return false;
    }
    if (amount.value < 0) {
        sim__say(load, at, 0, "the price \"%s\" is negative", sim_quote(text).s);
        return false;
    }
    bool over_time = sim_usage_over_time(use->model, use->usage);
    double hours = take_time(unit), many = how_many(unit, use->usage);
    if (many > 0 && over_time && hours <= 0) {
        refuse(load, at, text, ", which is held over time", use);
        return false;
    }
    if (many > 0 && !over_time && hours > 0) {
        refuse(load, at, text, ", which is counted and not held over time", use);
        return false;
    }
    if (many <= 0) {
        refuse(load, at, text, "", use);
        return false;
    }
    *money = amount.value / many / (over_time ? hours : 1);
    return true;
}

/* Reads a quantity a month: "10TB", "1M requests"; for uses held over time, the mean level. */
static bool read_quantity(struct sim__load *load, const struct sim__at *at, json_t *value,
                          const struct sim__priced_use *use, double *quantity)
{
    struct sim_amount amount;
    char noun[64];
    snprintf(noun, sizeof noun, "%.60ss", use->usage->noun ? use->usage->noun : "");
    enum sim_dimension dimension = use->usage->noun ? SIM_DIM_COUNT : SIM_DIM_BYTES;
    if (!sim__read_amount(load, at, value, dimension, use->usage->noun ? noun : NULL, false,
                          &amount))
        return false;
    bool over_time = sim_usage_over_time(use->model, use->usage);
    *quantity = amount.value * (over_time ? SIM_MONTH_HOURS : 1);
    return true;
}

static const char *const tier_keys[] = {"up_to", "price", NULL};

static bool read_tier(struct sim__load *load, const struct sim__at *at, json_t *object, bool last,
                      const struct sim__priced_use *use, struct sim_tier *out)
{
    struct sim__keys_allowed allowed = {.others = tier_keys};
    out->up_to = INFINITY;
    if (!sim__as_object(load, at, object))
        return false;
    sim__check_keys(load, at, object, &allowed);
    json_t *up_to = json_object_get(object, "up_to"), *price = json_object_get(object, "price");
    bool good = price && read_money(load, SIM__KEY(at, "price"), price, use, &out->price);
    if (!price)
        sim__say(load, at, 0, "this tier has no \"price\"");
    if (last && up_to)
        sim__say(load, SIM__KEY(at, "up_to"), SIM__ON_KEY,
                 "the last tier must have no \"up_to\", so that every quantity has a price");
    if (!last && !up_to)
        sim__say(load, at, 0, "\"up_to\" is missing: every tier but the last needs an end");
    if (last || !up_to)
        return good && last && !up_to;
    return read_quantity(load, SIM__KEY(at, "up_to"), up_to, use, &out->up_to) && good;
}

static bool read_tiers(struct sim__load *load, const struct sim__at *at, json_t *value,
                       const struct sim__priced_use *use, struct sim_price *out)
{
    json_t *list = sim__as_list(load, at, value);
    size_t count = json_array_size(list);
    bool good = list != NULL;
    if (list && (count == 0 || count > 100)) {
        sim__say(load, at, 0,
                 "there are 1 to 100 tiers, such as [{\"up_to\": …, \"price\": …}, "
                 "{\"price\": …}]");
        return false;
    }
    out->tiers = sim__alloc(load, count, sizeof *out->tiers);
    for (size_t i = 0; i < count && out->tiers; i++) {
        struct sim_tier *tier = &out->tiers[out->tier_count];
        const struct sim__at *item = SIM__ITEM(at, i);
        if (!read_tier(load, item, json_array_get(list, i), i + 1 == count, use, tier)) {
            good = false;
            continue;
        }
        if (out->tier_count > 0 && tier->up_to <= tier[-1].up_to) {
            sim__say(load, SIM__KEY(item, "up_to"), 0,
                     "tiers must go upwards: this one does not end above the one before it");
            good = false;
        }
        out->tier_count++;
    }
    return good && out->tiers;
}

static const char *const price_keys[] = {"price", "tiers",  "free", "billed",
                                         "date",  "source", NULL};
static const char *const billed_names[] = {"average", "peak", NULL};

static bool read_object(struct sim__load *load, const struct sim__at *at, json_t *object,
                        const struct sim__priced_use *use, struct sim_price *out)
{
    struct sim__keys_allowed allowed = {.others = price_keys};
    json_t *price = json_object_get(object, "price"), *tiers = json_object_get(object, "tiers");
    json_t *free = json_object_get(object, "free"), *billed = json_object_get(object, "billed");
    int peak = 0;
    bool good = true;
    sim__check_keys(load, at, object, &allowed);
    out->date = sim__read_text(load, SIM__KEY(at, "date"), json_object_get(object, "date"));
    out->source = sim__read_line(load, SIM__KEY(at, "source"), json_object_get(object, "source"));
    if (free)
        good = read_quantity(load, SIM__KEY(at, "free"), free, use, &out->free);
    if (billed && sim__read_choice(load, SIM__KEY(at, "billed"), billed, billed_names, &peak) &&
        peak && !sim_usage_over_time(use->model, use->usage))
        sim__say(load, SIM__KEY(at, "billed"), 0, "\"%s\" is counted: it has no peak to bill",
                 use->usage->name);
    out->peak = peak;
    if ((price != NULL) == (tiers != NULL)) {
        sim__say(load, at, 0, "give one of \"price\" and \"tiers\"");
        return false;
    }
    const char *first = json_string_value(json_object_get(json_array_get(tiers, 0), "price"));
    if (first)
        out->text = sim_arena_format(load->arena, "tiers from %s", first);
    if (tiers)
        return read_tiers(load, SIM__KEY(at, "tiers"), tiers, use, out) && good;
    return sim__read_price(load, SIM__KEY(at, "price"), price, use, out) && good;
}

bool sim__read_price(struct sim__load *load, const struct sim__at *at, json_t *value,
                     const struct sim__priced_use *use, struct sim_price *out)
{
    if (json_is_object(value) &&
        out->text == NULL) { /* unless it is the "price" inside an object */
        out->text = "tiers";
        return read_object(load, at, value, use, out);
    }
    out->tiers = sim__alloc(load, 1, sizeof *out->tiers);
    if (!out->tiers)
        return false;
    out->tier_count = 1;
    out->tiers->up_to = INFINITY;
    out->text = json_is_string(value) ? sim__copy(load, json_string_value(value)) : NULL;
    return read_money(load, at, value, use, &out->tiers->price);
}

bool sim__read_dollars(struct sim__load *load, const struct sim__at *at, json_t *value,
                       const char *unit, double *out)
{
    const char *text = json_string_value(value), *slash = text ? strchr(text, '/') : NULL;
    struct sim_amount amount;
    struct sim_error ignored;
    char number[48];
    if (slash && *text == '$' && slash - text < 40 && strcmp(slash, unit + 1) == 0) {
        snprintf(number, sizeof number, "%.*s", (int)(slash - text - 1), text + 1);
        if (sim_units_parse(number, SIM_DIM_NUMBER, NULL, &amount, &ignored) == 0) {
            *out = amount.value;
            return true;
        }
    }
    sim__say(load, at, 0, "an amount of money is wanted here, such as \"$1.50%s\"", unit + 1);
    return false;
}
