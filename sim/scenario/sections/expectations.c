/* expectations.c - the claims of a scenario: metrics, bounds in their own units, variants. */
#include "scenario/load.h"

#include <math.h>
#include <string.h>

struct expect {
    double within, confidence;
    sim_time from, to;
};

const struct sim_param sim__expect_table[] = {
    SIM_ROW(.name = "within", .kind = SIM_FRACTION, .offset = offsetof(struct expect, within),
            .flags = SIM_OPTIONAL, .doc = "With \"equals\": the relative tolerance."),
    SIM_ROW(.name = "confidence", .kind = SIM_FRACTION,
            .offset = offsetof(struct expect, confidence), .by_default = "0.95", .low = 0.5,
            .high = 0.999999, .doc = "Confidence level of the interval.",
            .source = "chosen: customary"),
    SIM_ROW(.name = "from", .kind = SIM_TIME, .offset = offsetof(struct expect, from),
            .flags = SIM_OPTIONAL, .doc = "The claim is about the time from here on."),
    SIM_ROW(.name = "to", .kind = SIM_TIME, .offset = offsetof(struct expect, to),
            .flags = SIM_OPTIONAL, .doc = "The claim is about the time up to here."),
    {.name = NULL},
};

const char *const sim__expect_keys[] = {"that",    "because",  "variant", "relative_to",
                                        "at_most", "at_least", "equals",  NULL};

static bool same_text(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* Reads a bound, a quantity of the metric's dimension or a plain ratio, into the unit of
 * results. */
static double read_bound(struct sim__load *load, const struct sim__at *at, json_t *object,
                         const char *key, const struct sim__metric *metric, bool ratio)
{
    json_t *value = json_object_get(object, key);
    struct sim_amount amount;
    if (!value)
        return NAN;
    double dollars;
    if (metric->money && !ratio)
        return sim__read_dollars(load, SIM__KEY(at, key), value, metric->money, &dollars) ? dollars
                                                                                          : NAN;
    enum sim_dimension dimension = ratio ? SIM_DIM_FRACTION : metric->dimension;
    if (ratio && json_is_string(value) && !strchr(json_string_value(value), '%')) {
        sim__say(load, SIM__KEY(at, key), 0,
                 "with \"relative_to\" a plain ratio is wanted here, "
                 "such as 0.5 or \"50%%\"");
        return NAN;
    }
    if (!sim__read_amount(load, SIM__KEY(at, key), value, dimension, NULL, false, &amount))
        return NAN;
    struct sim_error error;
    if (!ratio && sim__metric_fits(metric, amount.value, &error))
        sim__say(load, SIM__KEY(at, key), 0, "%s", error.text);
    return dimension == SIM_DIM_TIME ? amount.value / 1e9 : amount.value;
}

/* Warns of the first case whose run ends too early. */
static void warn_of_end(struct sim__load *load, const struct sim__at *at,
                        const struct sim_expect *e)
{
    uint32_t one = e->variant ? sim__case_named(load, e->variant) : 0;
    size_t end = e->variant ? one + (size_t)1 : load->case_count;
    for (size_t i = one; i < end && (!isnan(e->from) || !isnan(e->to)); i++) {
        double duration = (double)load->cases[i].plan.duration;
        struct sim_amount_text ends = sim_units_format(SIM_DIM_TIME, duration);
        if (!(duration > 0))
            continue;
        if (e->from * 1e9 >= duration) {
            sim__say(load, SIM__KEY(at, "from"), SIM__WARNING, "the run ends before this, at %s",
                     ends.s);
            return;
        }
        if (e->to * 1e9 > duration) {
            sim__say(load, SIM__KEY(at, "to"), SIM__WARNING,
                     "the run ends before this: the claim is judged up to the run's end, at %s",
                     ends.s);
            return;
        }
    }
}

static void read_times(struct sim__load *load, const struct sim__at *at, json_t *object,
                       const struct expect *read, struct sim_expect *out)
{
    out->from = json_object_get(object, "from") ? (double)read->from / 1e9 : NAN;
    out->to = json_object_get(object, "to") ? (double)read->to / 1e9 : NAN;
    if (out->from >= out->to)
        sim__say(load, SIM__KEY(at, "to"), 0, "\"to\" must be later than \"from\"");
    warn_of_end(load, at, out);
}

static void check_bounds(struct sim__load *load, const struct sim__at *at, json_t *object,
                         const struct sim_expect *e)
{
    bool most = json_object_get(object, "at_most"), least = json_object_get(object, "at_least");
    bool equals = json_object_get(object, "equals");
    if (!most && !least && !equals)
        sim__say(load, at, 0, "nothing is expected: give \"at_most\", \"at_least\" or \"equals\"");
    if (equals && (most || least))
        sim__say(load, SIM__KEY(at, "equals"), SIM__ON_KEY,
                 "\"equals\" cannot be combined with \"at_most\" or \"at_least\": leave them out");
    if (json_object_get(object, "within") && !equals)
        sim__say(load, SIM__KEY(at, "within"), SIM__ON_KEY, "\"within\" belongs to \"equals\"");
    if (e->at_least > e->at_most)
        sim__say(load, SIM__KEY(at, "at_least"), 0, "\"at_least\" is above \"at_most\"");
}

static void read_expect(struct sim__load *load, const struct sim__at *at, json_t *object,
                        struct sim_expect *out)
{
    struct sim__keys_allowed allowed = {.tables = {sim__expect_table}, .others = sim__expect_keys};
    struct expect read = {0};
    struct sim__metric metric = {0};
    struct sim__origin origin;
    sim__check_keys(load, at, object, &allowed);
    sim__read_table(load, at, object, sim__expect_table, &read);
    sim__origin_find(load, at, &origin);
    out->line = origin.line;
    out->column = origin.column;
    json_t *that = json_object_get(object, "that"), *to = json_object_get(object, "relative_to");
    if (!that)
        sim__say(load, at, 0, "\"that\" is missing: a metric such as \"users.latency.p99\"");
    out->that = sim__read_text(load, SIM__KEY(at, "that"), that);
    out->because = sim__read_text(load, SIM__KEY(at, "because"),
                                  json_object_get(object, "because"));
    out->variant = sim__read_variant_name(load, SIM__KEY(at, "variant"),
                                          json_object_get(object, "variant"));
    out->relative_to = sim__read_variant_name(load, SIM__KEY(at, "relative_to"), to);
    if (same_text(out->relative_to, out->variant))
        sim__say(load, SIM__KEY(at, "relative_to"), 0, "a variant cannot be relative to itself");
    out->within = json_object_get(object, "within") ? read.within : NAN;
    out->confidence = read.confidence;
    out->at_most = out->at_least = out->equals = NAN;
    read_times(load, at, object, &read, out);
    if (out->that &&
        sim__check_metric(load, SIM__KEY(at, "that"), out->that, out->variant, false, &metric)) {
        out->at_most = read_bound(load, at, object, "at_most", &metric, to);
        out->at_least = read_bound(load, at, object, "at_least", &metric, to);
        out->equals = read_bound(load, at, object, "equals", &metric, to);
        bool windowed = !isnan(out->from) || !isnan(out->to);
        if (windowed && sim__metric_is_whole(&metric))
            sim__say(load, SIM__KEY(at, "that"), 0,
                     "\"%s\" exists only for the whole run: leave out \"from\" and \"to\"",
                     metric.stat);
        if (!metric.has_stat) /* results use the full name of a metric */
            out->that = sim_arena_format(load->arena, "%s.%s", out->that, metric.stat);
    }
    check_bounds(load, at, object, out);
}

void sim__read_expects(struct sim__load *load, struct sim_scenario *scenario)
{
    const struct sim__at *at = SIM__KEY(NULL, "expect");
    json_t *list = sim__as_list(load, at, json_object_get(load->document->root, "expect"));
    size_t count = json_array_size(list);
    if (count > SIM__MEMBERS_MAX) {
        sim__say(load, at, 0, "there can be %d expectations at most", SIM__MEMBERS_MAX);
        return;
    }
    scenario->expects = sim__alloc(load, count, sizeof *scenario->expects);
    for (size_t i = 0; i < count && scenario->expects; i++) {
        json_t *object = sim__as_object(load, SIM__ITEM(at, i), json_array_get(list, i));
        if (object)
            read_expect(load, SIM__ITEM(at, i), object,
                        &scenario->expects[scenario->expect_count++]);
    }
}
