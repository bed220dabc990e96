/* page_results.c - sections of the page: the variants and their differences, and the metrics. */
#include "report/page/page_state.h"

#include "scenario/scenario.h"
#include "sim/plugin.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 512, COLUMNS_MOST = 512, CELLS_MOST = 20000 };

/* ---- what differs --------------------------------------------------------------------------- */

static void put_value(struct sim__page *page, const json_t *value)
{
    char *text = sim__page_value(value);
    page->failed = page->failed || !text;
    sim__page_put(page, "<code>%s</code>", text ? text : "");
    free(text);
}

static void put_difference(struct sim__page *page, const char *path, const json_t *was,
                           const json_t *is)
{
    sim__page_put(page, "<li><code>%s</code> ", path);
    if (!is) {
        sim__page_put(page, "is not there (");
        put_value(page, was);
        sim__page_put(page, " there)");
    } else {
        sim__page_put(page, "is ");
        put_value(page, is);
        if (was) {
            sim__page_put(page, ", not ");
            put_value(page, was);
        } else {
            sim__page_put(page, ", which is not set there");
        }
    }
    sim__page_put(page, "</li>");
}

static bool is_remark(const char *key)
{
    return strcmp(key, "notes") == 0 || strncmp(key, "x-", 2) == 0;
}

static unsigned differences(struct sim__page *, const char *path, const json_t *was,
                            const json_t *is);

static unsigned member_differs(struct sim__page *page, const char *path, const char *key,
                               const json_t *was, const json_t *is)
{
    char below[PATH_BYTES];
    if (is_remark(key))
        return 0;
    snprintf(below, sizeof below, "%s%s%s", path, *path ? "." : "", key);
    return differences(page, below, was, is);
}

/* Writes each value that differs as a list item. Returns their number. O(values). */
static unsigned differences(struct sim__page *page, const char *path, const json_t *was,
                            const json_t *is)
{
    unsigned n = 0;
    if (json_is_object(was) && json_is_object(is)) {
        const char *key;
        json_t *value;
        json_object_foreach ((json_t *)was, key, value)
            n += member_differs(page, path, key, value, json_object_get(is, key));
        json_object_foreach ((json_t *)is, key, value) {
            if (!json_object_get(was, key))
                n += member_differs(page, path, key, NULL, value);
        }
        return n;
    }
    if (json_is_array(was) && json_is_array(is) && json_array_size(was) == json_array_size(is)) {
        for (size_t i = 0; i < json_array_size(was); i++) {
            char key[24];
            snprintf(key, sizeof key, "%zu", i);
            n += member_differs(page, path, key, json_array_get(was, i), json_array_get(is, i));
        }
        return n;
    }
    if (was && is && json_equal(was, is))
        return 0;
    put_difference(page, path, was, is);
    return 1;
}

static void put_cell_values(struct sim__page *page, const json_t *it)
{
    const char *path;
    json_t *value;
    json_object_foreach (json_object_get(it, "at"), path, value) {
        sim__page_put(page, "<li><code>%s</code> is ", path);
        put_value(page, value);
        sim__page_put(page, "</li>");
    }
}

void sim__page_variants(struct sim__page *page)
{
    const char *name, *first = NULL;
    json_t *it;
    if (page->case_count < 2)
        return;
    bool cells = json_object_get(page->first, "at") != NULL;
    sim__page_section(page, "variants", "What was compared");
    first = json_object_iter_key(json_object_iter(page->cases));
    sim__page_put(
        page,
        "<p>Each %s is run with the same load: replication by replication the same requests "
        "come at the same times. Values are those in force, defaults included.</p>\n",
        cells ? "cell of the sweep" : "variant");
    sim__page_table(page, cells ? "Swept values, cell by cell"
                                : "What each variant changes, compared with the first");
    sim__page_column(page, cells ? "Cell" : "Variant", "");
    sim__page_column(page, cells ? "Values" : "Differences", "");
    sim__page_rows(page);
    const json_t *was = sim__page_resolved(page, first);
    json_object_foreach (page->cases, name, it) {
        sim__page_put(page, "<tr><th scope=\"row\">%s</th><td class=\"t wide\">", name);
        if (cells) {
            sim__page_put(page, "<ul>");
            put_cell_values(page, it);
            sim__page_put(page, "</ul>");
        } else if (it == page->first) {
            sim__page_put(page, "The first: the others are compared with it.");
        } else {
            sim__page_put(page, "<ul>");
            if (differences(page, "", was, sim__page_resolved(page, name)) == 0)
                sim__page_put(page, "<li>Nothing.</li>");
            sim__page_put(page, "</ul>");
        }
        sim__page_put(page, "</td></tr>\n");
    }
    sim__page_table_end(page);
    sim__page_put(page, "</section>\n");
}

/* ---- tables of metrics ---------------------------------------------------------------------- */

/* "component.meter.stat", split. False: it is not a metric. */
struct metric {
    char component[128], meter[128], stat[64];
};

static bool take_apart(const char *key, struct metric *m)
{
    const char *last = strrchr(key, '.'), *first = strchr(key, '.');
    if (!last || first == last)
        return false;
    snprintf(m->component, sizeof m->component, "%.*s", (int)(first - key), key);
    snprintf(m->meter, sizeof m->meter, "%.*s", (int)(last - first - 1), first + 1);
    snprintf(m->stat, sizeof m->stat, "%s", last + 1);
    return true;
}

static const json_t *metric_of(const json_t *it, const char *key)
{
    return json_object_get(json_object_get(it, "metrics"), key);
}

/* The unit of a metric; "" if no case has it. */
static const char *unit_of(const struct sim__page *page, const char *key)
{
    const char *name;
    json_t *it;
    json_object_foreach (page->cases, name, it) {
        const json_t *m = metric_of(it, key);
        if (m)
            return sim__page_string(m, "unit");
    }
    return "";
}

/* Whether to show a metric, as in the table of `weir run`: not if it is zero or unobserved in every
 * case; but an observed share of 0 is shown. */
static bool is_something(const struct sim__page *page, const char *key)
{
    const char *name;
    json_t *it;
    bool share = strcmp(unit_of(page, key), "1") == 0;
    json_object_foreach (page->cases, name, it) {
        double mean = sim__page_double(metric_of(it, key), "mean");
        if (!isnan(mean) && (mean != 0 || share))
            return true;
    }
    return false;
}

/* The unit in a column's header, if all cells share it; otherwise each cell has its own. */
static const char *head_unit(const char *unit)
{
    return sim_number_has_family(unit) || strcmp(unit, "1") == 0 ? "" : unit;
}

static const char *cell_unit(const char *unit)
{
    return sim_number_has_family(unit) ? unit : "1";
}

static const struct sim_model *model_of(const struct sim__page *page, const char *component)
{
    const json_t *variants = json_object_get(page->resolved, "variants");
    const char *name;
    json_t *variant;
    json_object_foreach ((json_t *)variants, name, variant) {
        const json_t *it = json_object_get(json_object_get(variant, "components"), component);
        if (it)
            return sim_model_find(sim__page_string(it, "model"));
    }
    return NULL;
}

static const struct sim_meter *in_table(const struct sim_meter *m, const char *meter)
{
    while (m && m->name && strcmp(m->name, meter) != 0)
        m++;
    return m && m->name ? m : NULL;
}

/* A meter of a model or of one of its plug-ins; those of one name mean the same. */
static const struct sim_meter *meter_of(const struct sim_model *model, const char *meter)
{
    const struct sim_param *row = sim_plugin_next(model ? model->params : NULL);
    const struct sim_meter *m = in_table(model ? model->meters : NULL, meter);
    for (; row && !m; row = sim_plugin_next(row + 1))
        for (size_t i = 0; row->plugins[i] && !m; i++)
            m = in_table(row->plugins[i]->meters, meter);
    return m;
}

/* Explains the meters of a table's columns. Meters of the fabric are not in the model's table. */
static void put_meanings(struct sim__page *page, const struct sim_model *model,
                         const struct metric *columns, size_t count)
{
    bool some = false;
    for (size_t i = 0; i < count; i++) {
        const struct sim_meter *m = meter_of(model, columns[i].meter);
        if (!m || !m->doc || (i > 0 && strcmp(columns[i].meter, columns[i - 1].meter) == 0))
            continue;
        if (!some)
            sim__page_put(page, "<dl class=\"meanings\">\n");
        some = true;
        sim__page_put(page, "<dt>%s</dt><dd>%s</dd>\n", m->name, m->doc);
    }
    if (some)
        sim__page_put(page, "</dl>\n");
}

/* Whether every case has the same values, so that one row is enough. */
static bool are_the_same(const struct sim__page *page, const char *const *keys, size_t count)
{
    const char *name;
    json_t *it;
    json_object_foreach (page->cases, name, it) {
        for (size_t i = 0; i < count; i++) {
            const json_t *here = metric_of(it, keys[i]), *first = metric_of(page->first, keys[i]);
            if (!here || !first || !json_equal(here, first))
                return false;
        }
    }
    return page->case_count > 1;
}

static void put_row(struct sim__page *page, const char *name, const json_t *it,
                    const char *const *keys, size_t count)
{
    sim__page_put(page, "<tr><th scope=\"row\">%s</th>", name);
    for (size_t i = 0; i < count; i++)
        sim__page_estimate(page, metric_of(it, keys[i]), "mean", cell_unit(unit_of(page, keys[i])));
    sim__page_put(page, "</tr>\n");
}

static void put_component(struct sim__page *page, const char *component, const char *const *keys,
                          const struct metric *columns, size_t count)
{
    const struct sim_model *model = model_of(page, component);
    char caption[256], note[128];
    const char *name;
    json_t *it;
    sim__page_put(page, "<h3>%s</h3>\n", component);
    if (model)
        sim__page_put(page, "<p>A <i>%s</i>: %s</p>\n", model->name, model->summary);
    snprintf(caption, sizeof caption, "Headline metrics of %.120s", component);
    sim__page_table(page, caption);
    sim__page_column(page, json_object_get(page->first, "at") ? "Cell" : "Variant", "");
    for (size_t i = 0; i < count; i++) {
        const char *unit = head_unit(unit_of(page, keys[i]));
        snprintf(note, sizeof note, "%.50s%s%.60s", columns[i].stat, *unit ? ", " : "", unit);
        sim__page_number_column(page, columns[i].meter, note);
    }
    sim__page_rows(page);
    if (are_the_same(page, keys, count))
        put_row(page, "all alike", page->first, keys, count);
    else
        json_object_foreach (page->cases, name, it)
            put_row(page, name, it, keys, count);
    sim__page_table_end(page);
    put_meanings(page, model, columns, count);
}

static void put_how_to_read(struct sim__page *page)
{
    unsigned n = sim__page_count(page->summary, "replications");
    if (n > 1)
        sim__page_put(
            page,
            "<p>A number is the mean over %u replications, ± half of its 95 %% interval: "
            "with other seeds, 95 of 100 such intervals hold the true mean. Where the interval "
            "is not symmetric, both halves stand behind the number. Two variants whose "
            "intervals overlap may still differ: <code>weir compare</code> looks at them pair "
            "by pair.</p>\n",
            n);
    else
        sim__page_put(page,
                      "<p>There was one replication: an interval (±) is there only where batches "
                      "within the run support one.</p>\n");
    sim__page_put(
        page, "<p><b>p50</b>, <b>p99</b>: half, and 99 %%, of the observations are at most so "
              "large. <b>mean</b> of a counter is a rate. What was zero in every variant is left "
              "out here.</p>\n");
}

void sim__page_results(struct sim__page *page)
{
    const json_t *headline = json_object_get(page->summary, "headline");
    const char **keys = calloc(COLUMNS_MOST, sizeof *keys);
    struct metric *columns = calloc(COLUMNS_MOST, sizeof *columns);
    size_t count = 0, total = json_array_size(headline);
    sim__page_section(page, "results", "Results");
    if (total == 0)
        sim__page_put(page,
                      "<p>The summary does not say which metrics are the headline ones: an older "
                      "weir wrote it. All are below.</p>\n");
    else
        put_how_to_read(page);
    page->failed = page->failed || !keys || !columns;
    for (size_t i = 0; keys && columns && i < total; i++) {
        const char *key = json_string_value(json_array_get(headline, i));
        struct metric m;
        if (!key || !take_apart(key, &m) || !is_something(page, key))
            continue;
        if (count > 0 &&
            (strcmp(columns[0].component, m.component) != 0 || count == COLUMNS_MOST)) {
            put_component(page, columns[0].component, keys, columns, count);
            count = 0;
        }
        keys[count] = key;
        columns[count++] = m;
    }
    if (count > 0)
        put_component(page, columns[0].component, keys, columns, count);
    free(keys);
    free(columns);
    sim__page_all_metrics(page);
    sim__page_put(page, "</section>\n");
}

/* ---- every metric, folded away -------------------------------------------------------------- */

static void put_metric_row(struct sim__page *page, const char *key, const struct metric *m)
{
    const char *name;
    json_t *it;
    sim__page_put(page, "<tr><th scope=\"row\">%s %s <small>%s</small></th>", m->meter, m->stat,
                  head_unit(unit_of(page, key)));
    json_object_foreach (page->cases, name, it)
        sim__page_estimate(page, metric_of(it, key), "mean", cell_unit(unit_of(page, key)));
    sim__page_put(page, "</tr>\n");
}

static void open_component(struct sim__page *page, const char *component)
{
    char caption[256];
    const char *name;
    json_t *it;
    sim__page_put(page, "<details>\n<summary>Every metric of %s</summary>\n", component);
    snprintf(caption, sizeof caption, "Every metric of %.120s", component);
    sim__page_table(page, caption);
    sim__page_column(page, "Metric", "");
    json_object_foreach (page->cases, name, it)
        sim__page_number_column(page, name, "");
    sim__page_rows(page);
}

void sim__page_all_metrics(struct sim__page *page)
{
    const json_t *metrics = json_object_get(page->first, "metrics");
    char open[128] = "";
    const char *key;
    json_t *value;
    sim__page_put(page, "<h3>Every metric</h3>\n");
    if (json_object_size(metrics) * page->case_count > CELLS_MOST) {
        sim__page_put(page, "<p>They are too many for a page: summary.json has them.</p>\n");
        return;
    }
    json_object_foreach ((json_t *)metrics, key, value) {
        struct metric m;
        if (!take_apart(key, &m))
            continue;
        if (strcmp(open, m.component) != 0) {
            if (*open) {
                sim__page_table_end(page);
                sim__page_put(page, "</details>\n");
            }
            open_component(page, m.component);
            snprintf(open, sizeof open, "%s", m.component);
        }
        put_metric_row(page, key, &m);
    }
    if (*open) {
        sim__page_table_end(page);
        sim__page_put(page, "</details>\n");
    }
}
