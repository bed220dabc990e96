/* trace_json.c - writes trace.json: traced requests, for a viewer of Chrome traces
 * (Perfetto).
 *
 * Trace Event Format (Google, 2016), complete events: a variant is a process, a request a thread,
 * times are those simulated, in us with three digits. Within a thread, an event is nested in the
 * one it is part of. Events that cannot be nested (parallel calls, work that goes on after the
 * caller gave up) get a separate thread. */
#include "report/report.h"

#include "report/json_stream.h"

#include <stdlib.h>

#define NOWHERE UINT32_MAX

/* An event: a span, or the callee's part of a call. */
struct item {
    const struct sim_trace_span *span;
    uint32_t within; /* index of the enclosing item; its own index: none */
    uint32_t lane;
    bool served;
    sim_time from, to;
};

struct lane {
    uint32_t *open; /* items, outermost first */
    uint32_t depth, capacity;
};

struct tracing {
    struct sim_json *json;
    struct item *items; /* of the request being written */
    uint32_t item_count;
    uint32_t *order;    /* by time */
    uint32_t *place;    /* by span: the item that encloses its children */
    struct lane *lanes; /* as many as items */
    uint32_t lane_count;
    uint64_t process, thread; /* thread: the one of the request's first lane */
    sim_time run_end;
    bool failed;
};

/* ---- events ---------------------------------------------------------------------------------- */

static void head(struct sim_json *json, const char *phase, const char *name, uint64_t process,
                 uint64_t thread, sim_time from, sim_time to)
{
    sim_json_open(json, NULL, '{', true);
    sim_json_text(json, "name", name);
    sim_json_text(json, "ph", phase);
    sim_json_count(json, "pid", process);
    sim_json_count(json, "tid", thread);
    sim_json_us(json, "ts", from);
    sim_json_us(json, "dur", to - from);
}

/* Writes the name of a process or thread, or its position. */
static void about(struct tracing *t, const char *what, uint64_t thread, const char *name)
{
    head(t->json, "M", what, t->process, thread, 0, 0);
    sim_json_open(t->json, "args", '{', true);
    if (name)
        sim_json_text(t->json, "name", name);
    else
        sim_json_count(t->json, "sort_index", thread);
    sim_json_close(t->json, '}');
    sim_json_close(t->json, '}');
}

static void write_item(struct tracing *t, const struct item *item)
{
    const struct sim_trace_span *s = item->span;
    bool wait = s->kind == SIM_TRACE_WAIT;
    char name[256];
    const char *lead = s->kind == SIM_TRACE_REQUEST ? ""
                       : s->kind == SIM_TRACE_CALLS ? "with retries, by "
                       : wait || item->served       ? ""
                                                    : "call ";
    snprintf(name, sizeof name, "%s%s%s%s", lead, wait ? s->what : s->component, wait ? "" : ": ",
             wait ? "" : s->what);
    head(t->json, "X", name, t->process, t->thread + item->lane, item->from, item->to);
    sim_json_text(t->json, "cat", wait ? "wait" : item->served ? "served" : "call");
    sim_json_open(t->json, "args", '{', true);
    sim_json_text(t->json, "component", s->component);
    sim_json_count(t->json, "node", s->node);
    if (s->status && !item->served)
        sim_json_text(t->json, "status", s->status);
    if (s->attempt > 1 || s->hedge)
        sim_json_count(t->json, "attempt", s->attempt);
    if (s->hedge)
        sim_json_bool(t->json, "hedge", true);
    if (s->abandoned)
        sim_json_bool(t->json, "abandoned", true);
    sim_json_close(t->json, '}');
    sim_json_close(t->json, '}');
}

/* ---- one request ----------------------------------------------------------------------------- */

static sim_time end_of(const struct tracing *t, sim_time time)
{
    return time == SIM_NEVER ? t->run_end : time;
}

static void make_items(struct tracing *t, const struct sim_record *record, uint32_t first,
                       uint32_t end)
{
    t->item_count = 0;
    for (uint32_t i = first; i < end; i++) {
        const struct sim_trace_span *s = &record->trace[i];
        uint32_t at = t->item_count++, parent = s->parent - first;
        t->items[at] = (struct item){.span = s,
                                     .within = i == first ? at : t->place[parent],
                                     .lane = NOWHERE,
                                     .from = s->sent,
                                     .to = end_of(t, s->ended)};
        t->place[i - first] = at;
        if (s->arrived == SIM_NEVER)
            continue;
        uint32_t inner = t->item_count++;
        t->items[inner] = (struct item){.span = s,
                                        .within = at,
                                        .lane = NOWHERE,
                                        .served = true,
                                        .from = s->arrived,
                                        .to = end_of(t, s->left)};
        t->place[i - first] = inner;
    }
}

/* Sorts items by start time. An enclosing item comes first, because it was made first. */
static void sort_items(struct tracing *t)
{
    for (uint32_t i = 0; i < t->item_count; i++) {
        uint32_t at = i;
        for (; at > 0 && t->items[t->order[at - 1]].from > t->items[i].from; at--)
            t->order[at] = t->order[at - 1];
        t->order[at] = i;
    }
}

/* Puts an item on a lane if it fits there: inside the item it is part of, or where the lane is
 * free. */
static bool stand(struct tracing *t, uint32_t lane, uint32_t item)
{
    struct lane *l = &t->lanes[lane];
    struct item *it = &t->items[item];
    while (l->depth > 0 && l->open[l->depth - 1] != it->within &&
           t->items[l->open[l->depth - 1]].to <= it->from)
        l->depth--;
    if (l->depth > 0 && (l->open[l->depth - 1] != it->within || t->items[it->within].to < it->to))
        return false;
    if (l->depth == l->capacity) {
        uint32_t capacity = l->capacity ? 2 * l->capacity : 8;
        uint32_t *open = realloc(l->open, capacity * sizeof *open);
        if (!open) {
            t->failed = true;
            return true;
        }
        l->open = open;
        l->capacity = capacity;
    }
    l->open[l->depth++] = item;
    it->lane = lane;
    return true;
}

static void write_request(struct tracing *t, const struct sim_record *record, uint32_t first,
                          uint32_t end, const char *name)
{
    make_items(t, record, first, end);
    sort_items(t);
    for (uint32_t i = 0; i < t->lane_count; i++)
        t->lanes[i].depth = 0;
    uint32_t used = 0;
    for (uint32_t i = 0; i < t->item_count && !t->failed; i++) {
        uint32_t item = t->order[i], home = t->items[t->items[item].within].lane, lane = 0;
        if (home == NOWHERE || !stand(t, home, item))
            while (!stand(t, lane, item))
                lane++;
        used = t->items[item].lane + 1 > used ? t->items[item].lane + 1 : used;
    }
    t->lane_count = used > t->lane_count ? used : t->lane_count;
    for (uint32_t i = 0; i < used && !t->failed; i++) {
        about(t, "thread_name", t->thread + i, name);
        about(t, "thread_sort_index", t->thread + i, NULL);
    }
    for (uint32_t i = 0; i < t->item_count && !t->failed; i++)
        write_item(t, &t->items[t->order[i]]);
    t->thread += used;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static void tracing_free(struct tracing *t, uint32_t lanes)
{
    for (uint32_t i = 0; t->lanes && i < lanes; i++)
        free(t->lanes[i].open);
    free(t->lanes);
    free(t->items);
    free(t->order);
    free(t->place);
}

static bool write_variant(struct sim_json *json, const struct sim_record *record, uint64_t process,
                          const char *name, sim_time run_end)
{
    uint32_t most = 2 * record->trace_count + 1, slow = 0, sampled = 0;
    struct tracing t = {.json = json,
                        .items = calloc(most, sizeof *t.items),
                        .order = calloc(most, sizeof *t.order),
                        .place = calloc(most, sizeof *t.place),
                        .lanes = calloc(most, sizeof *t.lanes),
                        .process = process,
                        .thread = 1,
                        .run_end = run_end};
    t.failed = !t.items || !t.order || !t.place || !t.lanes;
    if (!t.failed)
        about(&t, "process_name", 0, name);
    for (uint32_t first = 0, end; first < record->trace_count && !t.failed; first = end) {
        const struct sim_trace_span *s = &record->trace[first];
        char title[160];
        for (end = first + 1; end < record->trace_count && record->trace[end].parent != end;)
            end++;
        if (s->slowest)
            snprintf(title, sizeof title, "slowest %u: %.100s", ++slow, s->component);
        else
            snprintf(title, sizeof title, "sample %u: %.100s", ++sampled, s->component);
        write_request(&t, record, first, end, title);
    }
    bool good = !t.failed;
    tracing_free(&t, most);
    return good;
}

int sim_trace_write(const struct sim_report *report, FILE *out)
{
    struct sim_json json;
    bool good = true;
    sim_json_begin(&json, out);
    sim_json_open(&json, NULL, '{', false);
    sim_json_text(&json, "displayTimeUnit", "ms");
    sim_json_open(&json, "traceEvents", '[', false);
    for (uint32_t at = 0; at < report->runs->case_count && good; at++) {
        const struct sim_record *record = sim_runs_record(report->runs, at, 0);
        if (record && record->trace)
            good = write_variant(&json, record, at + 1, report->runs->cases[at].name,
                                 report->runs->cases[at].plan.duration);
    }
    sim_json_close(&json, ']');
    sim_json_close(&json, '}');
    sim_json_end(&json);
    return good ? 0 : -1;
}
