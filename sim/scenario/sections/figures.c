/* figures.c - reads the figures of a scenario. */
#include "scenario/load.h"

#include <math.h>
#include <string.h>

const char *const sim_figure_kinds[] = {"timeline", "bars", "ccdf", "curve", "attribution", NULL};
_Static_assert(sizeof sim_figure_kinds / sizeof sim_figure_kinds[0] == SIM_FIGURE_ATTRIBUTION + 2,
               "every kind of figure has a name");

static const char *const layout_names[] = {"overlay", "small-multiples", NULL};

struct figure {
    int kind, layout;
    bool log_x;
    sim_time from, to;
};

const struct sim_param sim__figure_table[] = {
    SIM_ROW(.name = "kind", .kind = SIM_CHOICE, .offset = offsetof(struct figure, kind),
            .flags = SIM_REQUIRED, .choices = sim_figure_kinds,
            .doc = "timeline: over time; bars: by variant; ccdf: the tail; curve: over a swept "
                   "value; attribution: the parts of the latency."),
    SIM_ROW(.name = "layout", .kind = SIM_CHOICE, .offset = offsetof(struct figure, layout),
            .by_default = "overlay", .choices = layout_names,
            .doc = "timeline: all variants in one panel, or a column of panels for each.",
            .source = "chosen: compared variants belong together"),
    SIM_ROW(.name = "log_x", .kind = SIM_BOOL, .offset = offsetof(struct figure, log_x),
            .by_default = "false", .doc = "curve: a logarithmic axis of the swept value.",
            .source = "chosen: linear is the usual axis"),
    SIM_ROW(.name = "from", .kind = SIM_TIME, .offset = offsetof(struct figure, from),
            .flags = SIM_OPTIONAL, .doc = "timeline: the time at which it begins."),
    SIM_ROW(.name = "to", .kind = SIM_TIME, .offset = offsetof(struct figure, to),
            .flags = SIM_OPTIONAL, .doc = "timeline: the time at which it ends."),
    {.name = NULL},
};

const char *const sim__figure_keys[] = {"name",     "title", "subtitle", "panels",
                                        "variants", "x",     NULL};
const char *const sim__panel_keys[] = {"title", "series", "log", "slo", "slo_label", NULL};

/* ---- panels ---------------------------------------------------------------------------------- */

static void read_slo(struct sim__load *load, const struct sim__at *at, json_t *object,
                     const struct sim__metric *metric, struct sim_panel *out)
{
    json_t *value = json_object_get(object, "slo");
    struct sim_amount amount;
    struct sim_error error;
    out->slo = NAN;
    if (value && metric->money)
        sim__read_dollars(load, SIM__KEY(at, "slo"), value, metric->money, &out->slo);
    else if (value && metric->meter &&
             sim__read_amount(load, SIM__KEY(at, "slo"), value, metric->dimension, NULL, false,
                              &amount)) {
        if (sim__metric_fits(metric, amount.value, &error))
            sim__say(load, SIM__KEY(at, "slo"), 0, "%s", error.text);
        out->slo = metric->dimension == SIM_DIM_TIME ? amount.value / 1e9 : amount.value;
    }
    out->slo_label = sim__read_line(load, SIM__KEY(at, "slo_label"),
                                    json_object_get(object, "slo_label"));
    if (out->slo_label && !value)
        sim__say(load, SIM__KEY(at, "slo_label"), SIM__ON_KEY,
                 "\"slo_label\" belongs to \"slo\", which is missing");
}

/* Whether a series can be divided: it must be the latency of a component that nobody calls, at one
 * of the recorded percentiles. */
static bool is_attributed(struct sim__load *load, const struct sim__at *at,
                          const struct sim__metric *metric)
{
    const char *stat = metric->has_stat ? metric->stat : "p99";
    bool kept = strcmp(stat, "mean") == 0 || strcmp(stat, "p50") == 0 || strcmp(stat, "p99") == 0 ||
                strcmp(stat, "p999") == 0;
    if (kept && strcmp(metric->meter->name, "latency") == 0 &&
        metric->meter->kind == SIM_HISTOGRAM && metric->node == SIM_ALL_NODES)
        return true;
    sim__say(load, at, 0,
             "an attribution divides the latency of those who send requests, at \"mean\", "
             "\"p50\", \"p99\" or \"p999\", such as \"users.latency.p99\"");
    return false;
}

static const char *read_series(struct sim__load *load, const struct sim__at *at, json_t *value,
                               const struct sim_figure *figure, struct sim__metric *metric)
{
    const char *text = sim__read_text(load, at, value);
    const char *only = figure->variant_count == 1 ? figure->variants[0] : NULL;
    if (!text || !sim__check_metric(load, at, text, only, true, metric))
        return NULL;
    if (figure->kind == SIM_FIGURE_ATTRIBUTION && !is_attributed(load, at, metric))
        return NULL;
    if (figure->kind != SIM_FIGURE_CCDF)
        return text;
    if (metric->node == SIM_WORST_NODE) {
        sim__say(
            load, at, 0,
            "which node is the worst depends on the statistic, so it has no ccdf: name a node, "
            "such as \"%s/0.%s\"",
            metric->component->name, metric->meter->name);
        return NULL;
    }
    if (metric->meter->kind == SIM_HISTOGRAM && !metric->has_stat)
        return text;
    if (metric->meter->kind != SIM_HISTOGRAM)
        sim__say(load, at, 0,
                 "a ccdf shows how values are distributed, which \"%s\" does not "
                 "keep: it is not a histogram",
                 metric->meter->name);
    else
        sim__say(load, at, 0, "a ccdf shows the whole distribution: leave out \".%s\"",
                 metric->stat);
    return NULL;
}

static void read_panel(struct sim__load *load, const struct sim__at *at, json_t *object,
                       const struct sim_figure *figure, struct sim_panel *out)
{
    struct sim__keys_allowed allowed = {.others = sim__panel_keys};
    const struct sim__at *series_at = SIM__KEY(at, "series");
    struct sim__metric first = {0}, metric = {0};
    sim__check_keys(load, at, object, &allowed);
    out->title = sim__read_line(load, SIM__KEY(at, "title"), json_object_get(object, "title"));
    json_t *log = json_object_get(object, "log");
    if (log)
        sim__read_bool(load, SIM__KEY(at, "log"), log, &out->log);
    json_t *list = sim__as_list(load, series_at, json_object_get(object, "series"));
    size_t count = json_array_size(list);
    if (!json_object_get(object, "series") || (list && count == 0))
        sim__say(load, at, 0, "a panel needs \"series\", such as [\"users.latency.p99\"]");
    out->series = sim__alloc(load, count, sizeof *out->series);
    for (size_t i = 0; i < count && out->series && i < SIM__MEMBERS_MAX; i++) {
        const struct sim__at *item = SIM__ITEM(series_at, i);
        const char *text = read_series(load, item, json_array_get(list, i), figure, &metric);
        if (!text)
            continue;
        if (!first.meter)
            first = metric;
        else if (metric.dimension != first.dimension || !metric.money != !first.money)
            sim__say(load, item, 0,
                     "the series of a panel share one axis: this is %s, the first "
                     "is %s",
                     metric.money ? "money" : sim_units_name(metric.dimension),
                     first.money ? "money" : sim_units_name(first.dimension));
        out->series[out->series_count++] = text;
    }
    read_slo(load, at, object, &first, out);
}

/* ---- figures --------------------------------------------------------------------------------- */

static void read_variant_list(struct sim__load *load, const struct sim__at *at, json_t *value,
                              struct sim_figure *out)
{
    json_t *list = sim__as_list(load, at, value);
    size_t count = json_array_size(list);
    out->variants = sim__alloc(load, count, sizeof *out->variants);
    for (size_t i = 0; i < count && out->variants; i++) {
        const char *name = sim__read_variant_name(load, SIM__ITEM(at, i), json_array_get(list, i));
        if (name)
            out->variants[out->variant_count++] = name;
    }
}

/* Checks keys that belong to one kind only. Called before defaults are added. */
static void check_kind(struct sim__load *load, const struct sim__at *at, json_t *object)
{
    static const struct {
        const char *key;
        int kind;
    } own[] = {{"x", SIM_FIGURE_CURVE},
               {"log_x", SIM_FIGURE_CURVE},
               {"layout", SIM_FIGURE_TIMELINE},
               {"from", SIM_FIGURE_TIMELINE},
               {"to", SIM_FIGURE_TIMELINE}};
    const char *kind = json_string_value(json_object_get(object, "kind"));
    size_t known = 0;
    while (kind && sim_figure_kinds[known] && strcmp(sim_figure_kinds[known], kind) != 0)
        known++;
    if (!kind || !sim_figure_kinds[known])
        return; /* the kind is wrong and was reported */
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (json_object_get(object, own[i].key) && strcmp(sim_figure_kinds[own[i].kind], kind) != 0)
            sim__say(load, SIM__KEY(at, own[i].key), SIM__ON_KEY,
                     "\"%s\" belongs to \"%s\", not "
                     "to \"%s\"",
                     own[i].key, sim_figure_kinds[own[i].kind], kind);
}

static void read_x(struct sim__load *load, const struct sim__at *at, json_t *object,
                   struct sim_figure *out)
{
    const struct sim__document *d = load->document;
    const struct sim__at *key = SIM__KEY(at, "x");
    out->x = sim__read_text(load, key, json_object_get(object, "x"));
    if (out->kind != SIM_FIGURE_CURVE)
        return;
    if (d->swept_count == 0) {
        sim__say(load, at, 0, "a curve is drawn over a swept value, and nothing is swept");
        return;
    }
    if (!json_object_get(object, "x") && d->swept_count > 1)
        sim__say(load, at, 0, "\"x\" is missing: which of the swept values, such as \"%s\"",
                 d->swept[0].path);
    if (!out->x)
        return;
    struct sim_nearest nearest = sim_nearest(out->x);
    for (size_t i = 0; i < d->swept_count; i++) {
        if (strcmp(d->swept[i].path, out->x) == 0)
            return;
        sim_nearest_try(&nearest, d->swept[i].path);
    }
    sim__say(load, key, 0, "\"%s\" is not swept%s", sim_quote(out->x).s,
             sim_nearest_hint(&nearest).s);
}

/* Makes a file name from words: small letters, digits and dashes. */
static const char *file_name(struct sim__load *load, const char *words, size_t number)
{
    char out[64];
    size_t n = 0;
    for (; words && *words && n + 1 < sizeof out; words++) {
        char c = *words;
        c = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (good)
            out[n++] = c;
        else if (n > 0 && out[n - 1] != '-')
            out[n++] = '-';
    }
    while (n > 0 && out[n - 1] == '-')
        n--;
    out[n] = '\0';
    return n ? sim__copy(load, out) : sim_arena_format(load->arena, "figure-%zu", number);
}

static void read_name(struct sim__load *load, const struct sim__at *at, json_t *object,
                      const struct sim_scenario *scenario, struct sim_figure *out)
{
    const struct sim__at *key = SIM__KEY(at, "name");
    const char *given = sim__read_text(load, key, json_object_get(object, "name"));
    if (given) {
        out->name = file_name(load, given, 0);
        if (out->name && strcmp(out->name, given) != 0)
            sim__say(load, key, 0,
                     "a figure's name is that of its file: small letters, digits and "
                     "\"-\", such as \"%s\"",
                     out->name);
    } else {
        out->name = file_name(load, out->title, scenario->figure_count);
    }
    if (out->name && !sim__name_put(load, &load->figure_names, out->name, scenario->figure_count))
        sim__say(load, given ? key : at, 0,
                 "two figures are named \"%s\": give one another "
                 "\"name\"",
                 out->name);
}

static void read_figure(struct sim__load *load, const struct sim__at *at, json_t *object,
                        struct sim_scenario *scenario)
{
    struct sim__keys_allowed allowed = {.tables = {sim__figure_table}, .others = sim__figure_keys};
    struct sim_figure *out = &scenario->figures[scenario->figure_count++];
    struct figure read = {0};
    sim__check_keys(load, at, object, &allowed);
    check_kind(load, at, object);
    sim__read_table(load, at, object, sim__figure_table, &read);
    out->kind = (enum sim_figure_kind)read.kind;
    out->log_x = read.log_x;
    out->small_multiples = read.layout == 1;
    out->from = json_object_get(object, "from") ? (double)read.from / 1e9 : NAN;
    out->to = json_object_get(object, "to") ? (double)read.to / 1e9 : NAN;
    if (out->from >= out->to)
        sim__say(load, SIM__KEY(at, "to"), 0, "\"to\" must be later than \"from\"");
    if (!json_object_get(object, "title"))
        sim__say(load, at, 0, "a figure needs a \"title\" that says what it shows");
    out->title = sim__read_line(load, SIM__KEY(at, "title"), json_object_get(object, "title"));
    out->subtitle = sim__read_line(load, SIM__KEY(at, "subtitle"),
                                   json_object_get(object, "subtitle"));
    read_name(load, at, object, scenario, out);
    read_variant_list(load, SIM__KEY(at, "variants"), json_object_get(object, "variants"), out);
    read_x(load, at, object, out);
    const struct sim__at *panels_at = SIM__KEY(at, "panels");
    json_t *panels = sim__as_list(load, panels_at, json_object_get(object, "panels"));
    size_t count = json_array_size(panels);
    if (!json_object_get(object, "panels") || (panels && count == 0))
        sim__say(load, at, 0,
                 "a figure needs \"panels\", such as [{ \"series\": "
                 "[\"users.latency.p99\"] }]");
    out->panels = sim__alloc(load, count, sizeof *out->panels);
    for (size_t i = 0; i < count && out->panels; i++) {
        json_t *panel = sim__as_object(load, SIM__ITEM(panels_at, i), json_array_get(panels, i));
        if (panel)
            read_panel(load, SIM__ITEM(panels_at, i), panel, out, &out->panels[out->panel_count++]);
    }
}

void sim__read_figures(struct sim__load *load, struct sim_scenario *scenario)
{
    const struct sim__at *at = SIM__KEY(NULL, "figures");
    json_t *list = sim__as_list(load, at, json_object_get(load->document->root, "figures"));
    size_t count = json_array_size(list);
    if (count > SIM__MEMBERS_MAX) {
        sim__say(load, at, 0, "there can be %d figures at most", SIM__MEMBERS_MAX);
        return;
    }
    scenario->figures = sim__alloc(load, count, sizeof *scenario->figures);
    for (size_t i = 0; i < count && scenario->figures; i++) {
        json_t *object = sim__as_object(load, SIM__ITEM(at, i), json_array_get(list, i));
        if (object)
            read_figure(load, SIM__ITEM(at, i), object, scenario);
    }
}
