/* page_causes.c - sections of the page: latency by cause, theory and observation, cost. */
#include "report/page/page_state.h"

#include <math.h>
#include <string.h>

enum { CASES_ACROSS = 24 }; /* chosen: more columns than can be compared */

static bool too_many(struct sim__page *page)
{
    if (page->case_count <= CASES_ACROSS)
        return false;
    sim__page_put(page,
                  "<p>There are %u cells: too many to stand side by side. summary.json has "
                  "them.</p>\n</section>\n",
                  (unsigned)page->case_count);
    return true;
}

static void case_columns(struct sim__page *page)
{
    const char *name;
    json_t *it;
    json_object_foreach (page->cases, name, it)
        sim__page_number_column(page, name, "");
    sim__page_rows(page);
}

/* ---- attribution of latency ----------------------------------------------------------------- */

static json_t *attribution_of(json_t *it, const char *source, const char *stat)
{
    json_t *sources = json_object_get(it, "attribution");
    return json_object_get(json_object_get(sources, source), stat);
}

/* The item of a list with this component and this value of another key; NULL: none. */
static const json_t *item_with(const json_t *list, const char *component, const char *key,
                               const char *text)
{
    size_t i;
    json_t *item;
    json_array_foreach (list, i, item) {
        if (strcmp(sim__page_string(item, "component"), component) == 0 &&
            strcmp(sim__page_string(item, key), text) == 0)
            return item;
    }
    return NULL;
}

static const json_t *part_of(const json_t *at, const char *component, const char *cause)
{
    return item_with(json_object_get(at, "parts"), component, "cause", cause);
}

static void put_part_cell(struct sim__page *page, const json_t *at, const json_t *part)
{
    double spent = sim__page_double(part, "mean");
    double whole = sim__page_double(json_object_get(at, "latency"), "mean");
    if (isnan(spent)) {
        sim__page_put(page, "<td class=\"n\"><span class=\"none\">none</span></td>");
        return;
    }
    sim__page_put(page, "<td class=\"n\">%s", sim_number_human(spent, "s").s);
    if (whole > 0) {
        char share[32];
        snprintf(share, sizeof share, "%.0f", 100 * spent / whole);
        sim__page_put(page, " <small>%s %%</small>", share);
    }
    sim__page_put(page, "</td>");
}

/* Whether a part appears here first: no earlier case has it, and some case spent time on it. */
static bool is_new_part(const struct sim__page *page, const json_t *here, const char *source,
                        const char *stat, const char *component, const char *cause)
{
    const char *name;
    json_t *it;
    bool before = true, spent = false;
    json_object_foreach (page->cases, name, it) {
        const json_t *part = part_of(attribution_of(it, source, stat), component, cause);
        before = before && it != here;
        if (before && part)
            return false;
        spent = spent || sim__page_double(part, "mean") > 0;
    }
    return spent;
}

static void put_parts(struct sim__page *page, json_t *here, const char *source, const char *stat)
{
    size_t i;
    json_t *part, *it;
    const char *name;
    json_array_foreach (json_object_get(attribution_of(here, source, stat), "parts"), i, part) {
        const char *component = sim__page_string(part, "component");
        const char *cause = sim__page_string(part, "cause");
        if (!is_new_part(page, here, source, stat, component, cause))
            continue;
        sim__page_put(page, "<tr><th scope=\"row\">%s <small>%s</small></th>", component, cause);
        json_object_foreach (page->cases, name, it) {
            const json_t *at = attribution_of(it, source, stat);
            put_part_cell(page, at, part_of(at, component, cause));
        }
        sim__page_put(page, "</tr>\n");
    }
}

static void put_attribution(struct sim__page *page, const char *source, const char *stat)
{
    char caption[256];
    const char *name;
    json_t *it;
    bool folded = strcmp(stat, "p99") != 0;
    sim__page_put(page, folded ? "<details>\n" : "<details open>\n");
    sim__page_put(page, "<summary>Requests of %s around %s</summary>\n", source, stat);
    snprintf(caption, sizeof caption, "Latency of %.100s around its %.20s, by component and cause",
             source, stat);
    sim__page_table(page, caption);
    sim__page_column(page, "Where", "");
    case_columns(page);
    json_object_foreach (page->cases, name, it)
        put_parts(page, it, source, stat);
    sim__page_put(page, "<tr class=\"total\"><th scope=\"row\">the whole</th>");
    json_object_foreach (page->cases, name, it)
        sim__page_estimate(page, json_object_get(attribution_of(it, source, stat), "latency"),
                           "mean", "s");
    sim__page_put(page, "</tr>\n");
    sim__page_table_end(page);
    sim__page_put(page, "</details>\n");
}

/* Sources and statistics are those of the first case that has any. */
void sim__page_attribution(struct sim__page *page)
{
    const char *name, *source, *stat;
    json_t *it, *stats, *at;
    if (!sim__page_some(page, "attribution"))
        return;
    sim__page_section(page, "attribution", "Where the time went");
    sim__page_put(page,
                  "<p>The requests whose latency is nearest to a percentile, taken apart: how "
                  "long they spent where, and on what. The parts add up to the whole.</p>\n");
    if (too_many(page))
        return;
    json_object_foreach (page->cases, name, it) {
        if (json_object_size(json_object_get(it, "attribution")) == 0)
            continue;
        json_object_foreach (json_object_get(it, "attribution"), source, stats) {
            sim__page_put(page, "<h3>%s</h3>\n", source);
            json_object_foreach (stats, stat, at)
                put_attribution(page, source, stat);
        }
        break;
    }
    sim__page_put(page, "</section>\n");
}

/* ---- theory --------------------------------------------------------------------------------- */

static const struct {
    const char *key, *words, *unit;
} quantities[] = {
    {"utilisation", "utilisation", "1"},
    {"wait", "wait in the queue", "s"},
    {"time", "time there", "s"},
    {"blocked", "share refused", "1"},
};
enum { QUANTITIES = sizeof quantities / sizeof *quantities };

static json_t *theory_of(json_t *it, const char *station)
{
    return json_object_get(json_object_get(it, "theory"), station);
}

static bool has_form(const json_t *theory)
{
    return theory && strcmp(sim__page_string(theory, "standing"), "none") != 0;
}

static void put_quantity(struct sim__page *page, const json_t *number, const char *words,
                         const char *unit)
{
    double gap = sim__page_double(number, "gap");
    char text[32] = "";
    if (!isnan(gap))
        snprintf(text, sizeof text, "%+.1f %%", fabs(gap) < 0.0005 ? 0 : 100 * gap);
    double predicted = sim__page_double(number, "predicted");
    /* less than a tick of the clock */
    bool tiny = strcmp(unit, "s") == 0 && predicted > 0 && predicted < 1e-9;
    sim__page_put(page, "<td class=\"t\">%s</td><td class=\"n\">%s</td>", words,
                  tiny ? "below 1 ns" : sim_number_human(predicted, unit).s);
    sim__page_estimate(page, number, "observed", unit);
    sim__page_put(page, "<td class=\"n\">%s</td>", text);
}

static void put_agreement(struct sim__page *page, const json_t *theory, unsigned rows)
{
    const json_t *agrees = json_object_get(theory, "agrees");
    const char *unjudged = sim__page_string(theory, "unjudged");
    bool misses = sim__page_true(theory, "misses");
    sim__page_put(page, "<td class=\"t\" rowspan=\"%u\">", rows);
    if (json_is_boolean(agrees))
        sim__page_mark(page, json_is_true(agrees),
                       misses                 ? "theory misses"
                       : json_is_true(agrees) ? "within chance"
                                              : "differ by more than chance");
    else
        sim__page_put(page, "not judged%s%s", *unjudged ? ": " : "", unjudged);
    sim__page_put(page, "</td>");
}

static void put_station_case(struct sim__page *page, const char *name, const json_t *theory)
{
    const char *why = sim__page_string(theory, "why");
    unsigned rows = 0, row = 0;
    for (int i = 0; has_form(theory) && i < QUANTITIES; i++)
        rows += json_object_get(theory, quantities[i].key) != NULL;
    for (int i = 0; row < rows; i++) {
        const json_t *number = json_object_get(theory, quantities[i].key);
        if (!number)
            continue;
        sim__page_put(page, "<tr>");
        if (row == 0)
            sim__page_put(page,
                          "<th scope=\"row\" rowspan=\"%u\">%s</th><td class=\"t form\" "
                          "rowspan=\"%u\">%s <small>%s%s%s</small></td>",
                          rows, name, rows, sim__page_string(theory, "form"),
                          sim__page_string(theory, "standing"), *why ? ": " : "", why);
        put_quantity(page, number, quantities[i].words, quantities[i].unit);
        if (row++ == 0)
            put_agreement(page, theory, rows);
        sim__page_put(page, "</tr>\n");
    }
    if (rows == 0 && theory)
        sim__page_put(page,
                      "<tr><th scope=\"row\">%s</th><td class=\"t wide\" colspan=\"6\">No closed "
                      "form: %s</td></tr>\n",
                      name, why);
}

/* Writes one sentence if no case has a closed form for a station, for the same reason. */
static bool put_without_form(struct sim__page *page, const char *station)
{
    const char *name, *why = NULL;
    json_t *it;
    json_object_foreach (page->cases, name, it) {
        const json_t *theory = theory_of(it, station);
        if (!theory)
            continue;
        const char *here = sim__page_string(theory, "why");
        if (has_form(theory) || (why && strcmp(why, here) != 0))
            return false;
        why = here;
    }
    sim__page_put(page, "<p>No closed form applies: %s.</p>\n", why ? why : "not said");
    return true;
}

static void put_station(struct sim__page *page, const char *station)
{
    char caption[256];
    const char *name;
    json_t *it;
    sim__page_put(page, "<h3>%s</h3>\n", station);
    if (put_without_form(page, station))
        return;
    snprintf(caption, sizeof caption, "Theory beside observation for %.120s", station);
    sim__page_table(page, caption);
    sim__page_column(page, "Variant", "");
    sim__page_column(page, "Closed form", "");
    sim__page_column(page, "Quantity", "");
    sim__page_number_column(page, "Theory", "");
    sim__page_number_column(page, "Observed", "");
    sim__page_number_column(page, "Gap", "");
    sim__page_column(page, "Verdict", "");
    sim__page_rows(page);
    bool alike = page->case_count > 1;
    json_object_foreach (page->cases, name, it) {
        const json_t *here = theory_of(it, station), *first = theory_of(page->first, station);
        alike = alike && here && first && json_equal(here, first);
    }
    if (alike)
        put_station_case(page, "all alike", theory_of(page->first, station));
    else
        json_object_foreach (page->cases, name, it)
            put_station_case(page, name, theory_of(it, station));
    sim__page_table_end(page);
}

static bool has_station(json_t *it, const void *station)
{
    return theory_of(it, station) != NULL;
}

void sim__page_theory(struct sim__page *page)
{
    const char *name, *station;
    json_t *it, *theory;
    if (!sim__page_some(page, "theory"))
        return;
    sim__page_section(page, "theory", "Theory beside observation");
    sim__page_put(page,
                  "<p>For each station the closed form of queueing theory that applies to it, "
                  "with the arrival rate and service times of the run, or why none does. A gap "
                  "is the observed value's distance from the theory's.</p>\n");
    if (too_many(page))
        return;
    json_object_foreach (page->cases, name, it) {
        json_object_foreach (json_object_get(it, "theory"), station, theory) {
            if (sim__page_is_new(page, it, has_station, station))
                put_station(page, station);
        }
    }
    sim__page_put(page, "</section>\n");
}

/* ---- cost ----------------------------------------------------------------------------------- */

static void put_dollars(struct sim__page *page, const json_t *money)
{
    double mean = sim__page_double(money, "mean"), half = sim__page_double(money, "high") - mean;
    sim__page_put(page, "<td class=\"n\">%s</td>", sim_number_dollars(mean, half).s);
}

static json_t *cost_of(json_t *it, const char *key)
{
    return json_object_get(json_object_get(it, "cost"), key);
}

static void put_totals(struct sim__page *page)
{
    static const char *const stats[] = {"per_hour", "per_month", "per_million"};
    const char *name;
    json_t *it;
    sim__page_table(page, "The whole bill");
    sim__page_column(page, "Variant", "");
    sim__page_number_column(page, "An hour", "");
    sim__page_number_column(page, "A month", "");
    sim__page_number_column(page, "A million requests", "");
    sim__page_rows(page);
    json_object_foreach (page->cases, name, it) {
        sim__page_put(page, "<tr><th scope=\"row\">%s</th>", name);
        for (size_t i = 0; i < sizeof stats / sizeof *stats; i++)
            put_dollars(page, json_object_get(cost_of(it, "total"), stats[i]));
        sim__page_put(page, "</tr>\n");
    }
    sim__page_table_end(page);
}

static const json_t *item_of(json_t *it, const char *component, const char *usage)
{
    return item_with(cost_of(it, "items"), component, "usage", usage);
}

static bool has_item(json_t *it, const void *item)
{
    return item_of(it, sim__page_string(item, "component"), sim__page_string(item, "usage"));
}

static void put_item(struct sim__page *page, const json_t *item)
{
    const char *component = sim__page_string(item, "component");
    const char *usage = sim__page_string(item, "usage");
    const char *price = sim__page_string(item, "price"), *name;
    json_t *it;
    sim__page_put(page,
                  "<tr><th scope=\"row\">%s <small>%s</small></th><td class=\"t\">%s</td>"
                  "<td class=\"t\">%s</td>",
                  component, usage, *price ? price : "no price", sim__page_string(item, "billed"));
    json_object_foreach (page->cases, name, it) {
        const json_t *here = item_of(it, component, usage);
        const json_t *used = json_object_get(here, "used");
        if (json_object_get(here, "per_month"))
            put_dollars(page, json_object_get(here, "per_month"));
        else
            sim__page_put(
                page, "<td class=\"n\"><span class=\"none\">used %s</span></td>",
                sim_number_human(sim__page_double(used, "mean"), sim__page_string(used, "unit")).s);
    }
    sim__page_put(page, "</tr>\n");
}

static void put_items(struct sim__page *page)
{
    const char *name;
    json_t *it, *item;
    size_t i;
    sim__page_table(page, "Line items, a month");
    sim__page_column(page, "Item", "");
    sim__page_column(page, "Price", "");
    sim__page_column(page, "Billed", "");
    case_columns(page);
    json_object_foreach (page->cases, name, it) {
        json_array_foreach (cost_of(it, "items"), i, item) {
            if (sim__page_is_new(page, it, has_item, item))
                put_item(page, item);
        }
    }
    sim__page_table_end(page);
}

static void put_causes(struct sim__page *page)
{
    const char *name, *cause;
    json_t *it, *money, *first = NULL;
    json_object_foreach (page->cases, name, it)
        first = first ? first : cost_of(it, "by_cause");
    sim__page_table(page, "By cause, a month");
    sim__page_column(page, "Because of", "");
    case_columns(page);
    json_object_foreach (first, cause, money) {
        bool some = false;
        json_object_foreach (page->cases, name, it) {
            const json_t *here = json_object_get(cost_of(it, "by_cause"), cause);
            some = some || sim__page_double(json_object_get(here, "per_month"), "mean") > 0;
        }
        if (!some)
            continue;
        sim__page_put(page, "<tr><th scope=\"row\">%s</th>",
                      strcmp(cause, "user") ? cause : "users");
        json_object_foreach (page->cases, name, it)
            put_dollars(page, json_object_get(json_object_get(cost_of(it, "by_cause"), cause),
                                              "per_month"));
        sim__page_put(page, "</tr>\n");
    }
    sim__page_table_end(page);
}

void sim__page_cost(struct sim__page *page)
{
    const char *name;
    json_t *it, *cost = NULL;
    if (!sim__page_some(page, "cost"))
        return;
    json_object_foreach (page->cases, name, it)
        cost = cost ? cost : json_object_get(it, "cost");
    sim__page_section(page, "cost", "Cost");
    const char *title = sim__page_string(cost, "prices"), *date = sim__page_string(cost, "date");
    const char *source = sim__page_string(cost, "source");
    sim__page_put(page, "<p>Prices: %s%s%s.", *title ? title : "the scenario's own",
                  *date ? ", " : "", date);
    if (*source)
        sim__page_put(page, " Source: %s.", source);
    sim__page_put(page,
                  " A month is %u h at the run's pace; requests are those of users that "
                  "succeeded.</p>\n",
                  sim__page_count(cost, "month_hours"));
    put_totals(page);
    if (too_many(page))
        return;
    put_items(page);
    put_causes(page);
    sim__page_put(page, "</section>\n");
}
