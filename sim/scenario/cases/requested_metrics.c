/* requested_metrics.c - metrics that runs must report besides the standard ones: over spans of
 * time, of single nodes, or other percentiles, as named by expectations, figures, searches and
 * options; and the series that are drawn. */
#include "scenario/cases/vary.h"

#include "scenario/load.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct list {
    struct sim__load *load;
    struct sim_plan *plan;
    struct sim_plan_ask *asks;
    struct sim_plan_kept *kept;
    uint32_t ask_count, kept_count, room;
};

void sim_span_of(double from_s, double to_s, sim_time *from, sim_time *to)
{
    bool whole = isnan(from_s) && isnan(to_s);
    *from = whole ? SIM_WHOLE_RUN : isnan(from_s) ? 0 : (sim_time)llround(from_s * 1e9);
    *to = isnan(to_s) ? SIM_NEVER : (sim_time)llround(to_s * 1e9);
}

bool sim_span_has_window(const struct sim_plan *plan, double from_s, double to_s)
{
    sim_time from, to;
    sim_span_of(from_s, to_s, &from, &to);
    if (from == SIM_WHOLE_RUN)
        return true;
    from = from < plan->duration ? from : plan->duration;
    to = to < plan->duration ? to : plan->duration;
    sim_time first = (from + plan->interval - 1) / plan->interval * plan->interval;
    sim_time end = first + plan->interval < plan->duration ? first + plan->interval
                                                           : plan->duration;
    return first < end && end <= to;
}

/* ---- lists that grow and are put in order ---------------------------------------------------- */

static int by_ask(const void *a, const void *b)
{
    return sim_plan_ask_order(a, b);
}

static int by_kept(const void *a, const void *b)
{
    const struct sim_plan_kept *x = a, *y = b;
    int order = strcmp(x->place, y->place);
    if (order == 0)
        order = strcmp(x->meter, y->meter);
    return order != 0 ? order : strcmp(x->stat ? x->stat : "", y->stat ? y->stat : "");
}

/* Sorts a list and removes duplicates. Returns the number left. */
static uint32_t order(void *list, uint32_t count, size_t size,
                      int (*compare)(const void *, const void *))
{
    char *items = list;
    uint32_t left = 0;
    if (count > 0)
        qsort(items, count, size, compare);
    for (uint32_t i = 0; i < count; i++) {
        if (left > 0 && compare(items + (left - 1) * size, items + i * size) == 0)
            continue;
        memmove(items + left * size, items + i * size, size);
        left++;
    }
    return left;
}

static bool begin(struct list *list, struct sim__load *load, struct sim_plan *plan, size_t room)
{
    *list = (struct list){.load = load, .plan = plan, .room = (uint32_t)room};
    list->asks = sim__alloc(load, room, sizeof *list->asks);
    list->kept = sim__alloc(load, room, sizeof *list->kept);
    return list->asks && list->kept;
}

static void end(struct list *list)
{
    list->plan->asks = list->asks;
    list->plan->ask_count = order(list->asks, list->ask_count, sizeof *list->asks, by_ask);
    list->plan->kept = list->kept;
    list->plan->kept_count = order(list->kept, list->kept_count, sizeof *list->kept, by_kept);
}

/* ---- one metric ------------------------------------------------------------------------------ */

static const char *place_of(struct sim__load *load, const struct sim_plan *plan,
                            const struct sim__metric *metric)
{
    if (metric->node == SIM_ALL_NODES)
        return metric->place;
    if (metric->node == SIM_WORST_NODE)
        return sim_arena_format(load->arena, "%s/worst", metric->place);
    if (SIM_IS_NODES_AT(metric->node))
        return sim_arena_format(load->arena, "%s@%s", metric->place,
                                sim_plan_place_name(plan, SIM_PLACE_OF(metric->node)));
    return sim_arena_format(load->arena, "%s/%u", metric->place, metric->node);
}

static uint32_t index_of(const struct sim_plan *plan, const struct sim__metric *metric)
{
    return metric->component ? (uint32_t)(metric->component - plan->components) : SIM_NOWHERE;
}

/* Requests a metric, unless every run has it. */
static void ask(struct list *list, const char *text, double from, double to)
{
    struct sim__metric metric;
    struct sim_error ignored;
    if (list->ask_count == list->room || sim__metric_find(list->plan, text, &metric, &ignored))
        return;
    struct sim_plan_ask *it = &list->asks[list->ask_count];
    *it = (struct sim_plan_ask){.place = place_of(list->load, list->plan, &metric),
                                .meter = metric.meter->name,
                                .stat = metric.stat,
                                .component = index_of(list->plan, &metric),
                                .node = metric.node};
    sim_span_of(from, to, &it->from, &it->to);
    list->load->out_of_memory = list->load->out_of_memory || !it->place;
    list->ask_count += it->place && !sim_plan_ask_is_given(list->plan, it);
}

/* Whether a metric may be missing in the standard ones. Most are standard and need no lookup. */
static bool is_special(const char *text)
{
    const char *stat = strrchr(text, '.');
    return strchr(text, '/') || strchr(text, '@') ||
           (stat && (strcmp(stat, ".stdev") == 0 || !isnan(sim_stat_percentile(stat + 1))));
}

static bool is_in(const char *const *stats, const char *stat)
{
    while (*stats && strcmp(*stats, stat) != 0)
        stats++;
    return *stats != NULL;
}

/* Keeps a series, and the tally if it is of a histogram. */
static void keep(struct list *list, const char *text)
{
    struct sim__metric metric;
    struct sim_error ignored;
    if (list->kept_count == list->room || sim__metric_find(list->plan, text, &metric, &ignored))
        return;
    bool more = metric.meter->kind == SIM_HISTOGRAM &&
                !is_in(sim_meter_series(SIM_HISTOGRAM), metric.stat) &&
                strcmp(metric.stat, "count") != 0;
    struct sim_plan_kept *it = &list->kept[list->kept_count];
    *it = (struct sim_plan_kept){.place = place_of(list->load, list->plan, &metric),
                                 .meter = metric.meter->name,
                                 .stat = more ? metric.stat : NULL,
                                 .component = index_of(list->plan, &metric),
                                 .node = metric.node};
    list->load->out_of_memory = list->load->out_of_memory || !it->place;
    list->kept_count += it->place != NULL;
}

/* ---- all of a plan --------------------------------------------------------------------------- */

/* A success ratio over a span needs the number of requests still in progress at its end: those
 * started by then less those finished. */
static void for_unfinished(struct list *list, const struct sim_expect *e)
{
    static const char *const counts[] = {"requests.count", "judged.count"};
    const char *meter = strchr(e->that, '.');
    if (!meter || strcmp(meter, ".success.mean") != 0)
        return;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        const char *that = sim_arena_format(list->load->arena, "%.*s.%s", (int)(meter - e->that),
                                            e->that, counts[i]);
        list->load->out_of_memory = list->load->out_of_memory || !that;
        if (that)
            ask(list, that, 0, e->to);
    }
}

static void for_expect(struct list *list, const struct sim_expect *e)
{
    bool windowed = !isnan(e->from) || !isnan(e->to);
    if (e->that && (windowed || is_special(e->that)))
        ask(list, e->that, e->from, e->to);
    if (e->that && windowed) /* shown together with it */
        keep(list, e->that);
    if (e->that && windowed)
        for_unfinished(list, e);
}

static void for_series(struct list *list, const struct sim_figure *figure, const char *text)
{
    static const char *const marks[] = {"p50", "p99", "p999"};
    keep(list, text);
    if (figure->kind == SIM_FIGURE_CCDF)
        for (size_t i = 0; i < sizeof marks / sizeof marks[0] && strchr(text, '/'); i++) {
            const char *that = sim_arena_format(list->load->arena, "%s.%s", text, marks[i]);
            list->load->out_of_memory = list->load->out_of_memory || !that;
            if (that)
                ask(list, that, NAN, NAN);
        }
    else if (figure->kind != SIM_FIGURE_TIMELINE && is_special(text))
        ask(list, text, NAN, NAN);
}

/* All cases of one kind need the same metrics, so they are determined for the first only. */
static void ask_for(struct sim__load *load, const struct sim_scenario *scenario,
                    const struct sim_load_options *options, struct sim_case *it)
{
    struct sim__kind *kind = sim__kind_of(load, it);
    struct sim_plan *plan = &it->plan;
    if (!kind)
        return;
    if (kind->asked) {
        const struct sim_plan *first = kind->asked;
        plan->asks = first->asks;
        plan->ask_count = first->ask_count;
        plan->kept = first->kept;
        plan->kept_count = first->kept_count;
        return;
    }
    kind->asked = plan;
    struct list list;
    size_t room = 3 * (size_t)scenario->expect_count + (options ? options->metric_count : 0);
    for (uint32_t f = 0; f < scenario->figure_count; f++)
        for (uint32_t p = 0; p < scenario->figures[f].panel_count; p++)
            room += 3 * (size_t)scenario->figures[f].panels[p].series_count;
    if (!begin(&list, load, plan, room))
        return;
    for (uint32_t i = 0; i < scenario->expect_count; i++)
        for_expect(&list, &scenario->expects[i]);
    for (uint32_t f = 0; f < scenario->figure_count; f++)
        for (uint32_t p = 0; p < scenario->figures[f].panel_count; p++)
            for (uint32_t s = 0; s < scenario->figures[f].panels[p].series_count; s++)
                for_series(&list, &scenario->figures[f], scenario->figures[f].panels[p].series[s]);
    for (size_t i = 0; options && i < options->metric_count; i++)
        if (is_special(options->metrics[i]))
            ask(&list, options->metrics[i], NAN, NAN);
    end(&list);
}

void sim__ask_metrics(struct sim__load *load, const struct sim_load_options *options,
                      struct sim_scenario *scenario)
{
    for (uint32_t i = 0; i < scenario->variant_count; i++)
        ask_for(load, scenario, options, &scenario->variants[i]);
    for (uint32_t i = 0; i < scenario->cell_count; i++)
        ask_for(load, scenario, options, &scenario->cells[i]);
}

void sim__ask_one(struct sim__load *load, struct sim_plan *plan, const struct sim_wanted *wanted)
{
    struct list list;
    if (!wanted || !wanted->that || !begin(&list, load, plan, 1))
        return;
    ask(&list, wanted->that, wanted->from, wanted->to);
    end(&list);
}
