/* plugged - a server with plug-ins, for tests of plug-ins: what its work takes is said by its
 * engine, and a journal, if there is one, counts what was done.
 *
 * Models: one server, first come, first served. The engine "plain" takes a time drawn for each
 * request. The engine "buffered" takes such a time, and collects what is written; the write that
 * fills the buffer also waits until the buffer is flushed. So a write of v bytes takes on average
 * its own time and v / flush_rate, whatever the size of the buffer; with writes of one size there
 * is a flush every ceil(buffer / v) writes.
 * Leaves out: everything else. Source: chosen, so that tests can say results exactly. Validated by
 * tests/model/test_plugins.c. Invariant: less than a buffer is in the buffer. */
#include "sim/model.h"

struct plugged {
    struct sim_node node;
    struct sim_plugin engine, journal;
    int64_t limit;

    struct sim_stream draws;
    struct sim_station station;
    struct sim_counter done, limits_set;
};

/* What the model calls: an engine is a table of this kind. */
struct plugged_engine {
    struct sim_plugin_type type;
    sim_time (*work)(void *self, struct plugged *, const struct sim_request *);
    void (*crashed)(void *self, sim_time now); /* NULL: nothing is forgotten */
};

/* ---- the engine "plain" ---------------------------------------------------------------------- */

struct plain {
    struct sim_dist work;
};

static sim_time plain_work(void *self, struct plugged *p, const struct sim_request *request)
{
    (void)request;
    return sim_dist_draw_time(&((struct plain *)self)->work, &p->draws);
}

#define WORK(type)                                                                                 \
    SIM_ROW(.name = "work", .kind = SIM_DISTRIBUTION, .offset = offsetof(type, work),              \
            .by_default = "1ms", .flags = SIM_CHANGEABLE | SIM_WORK, .doc = "Time of a request.",  \
            .source = "chosen: a round number")

static const struct sim_param plain_params[] = {WORK(struct plain), {0}};

static const struct plugged_engine plain_plugin = {
    .type = {.name = "plain",
             .summary = "Every request takes a time of its own.",
             .source = "chosen: the simplest",
             .size = sizeof(struct plain),
             .params = plain_params},
    .work = plain_work,
};

/* ---- the engine "buffered" ------------------------------------------------------------------- */

struct buffered {
    struct sim_dist work; /* parameters */
    int64_t buffer;
    double flush_rate;
    struct sim_keyspace *keyspace;

    int64_t fill; /* state */

    struct sim_counter flushes, buffers_set; /* meters */
    struct sim_gauge filled;
    struct sim_histogram stalls;
};

static sim_time buffered_work(void *self, struct plugged *p, const struct sim_request *request)
{
    struct buffered *b = self;
    sim_time work = sim_dist_draw_time(&b->work, &p->draws), now = sim_now(p->node.sim);
    if (request->op != SIM_WRITE || (b->keyspace && request->space != b->keyspace))
        return work;
    b->fill += request->bytes;
    if (b->fill >= b->buffer) {
        sim_time stall = (sim_time)((double)b->fill / b->flush_rate * 1e9);
        sim_count(&b->flushes);
        sim_histogram_record(&b->stalls, stall);
        work += stall;
        b->fill = 0;
    }
    sim_gauge_set(&b->filled, now, b->fill);
    return work;
}

static void buffered_crashed(void *self, sim_time now)
{
    struct buffered *b = self;
    b->fill = 0;
    sim_gauge_set(&b->filled, now, 0);
}

static int buffered_sound(const void *params, struct sim_error *error)
{
    const struct buffered *b = params;
    if ((double)b->buffer / b->flush_rate > 3600)
        return sim_refuse(error, "a flush of more than an hour is hardly meant");
    return 0;
}

static void buffered_changed(struct sim_node *self, void *plugin, const struct sim_param *param)
{
    (void)self;
    struct buffered *b = plugin;
    sim_count_by(&b->buffers_set, param->offset == offsetof(struct buffered, buffer));
}

#define IN(member) offsetof(struct buffered, member)

static const struct sim_param buffered_params[] = {
    WORK(struct buffered),
    SIM_ROW(.name = "buffer", .kind = SIM_BYTES, .offset = IN(buffer), .by_default = "64KiB",
            .low = 1, .high = 1e12, .flags = SIM_CHANGEABLE,
            .doc = "What is collected before it is flushed.", .source = "chosen: a round number"),
    SIM_ROW(.name = "flush_rate", .kind = SIM_BANDWIDTH, .offset = IN(flush_rate), .low = 1,
            .high = 1e15, .flags = SIM_REQUIRED, .doc = "How fast the buffer is flushed."),
    SIM_ROW(.name = "keyspace", .kind = SIM_KEYSPACE, .offset = IN(keyspace), .flags = SIM_OPTIONAL,
            .doc = "Only writes of its keys are collected."),
    {0},
};

static const struct sim_meter buffered_meters[] = {
    SIM_ROW(.name = "flushes", .kind = SIM_COUNTER, .unit = "flushes", .offset = IN(flushes),
            .flags = SIM_HEADLINE | SIM_WORSE_HIGH, .doc = "Times the buffer was flushed."),
    SIM_ROW(.name = "buffers_set", .kind = SIM_COUNTER, .unit = "changes",
            .offset = IN(buffers_set), .doc = "Times the size of the buffer was set."),
    SIM_ROW(.name = "filled", .kind = SIM_GAUGE, .unit = "B", .offset = IN(filled),
            .doc = "What is in the buffer."),
    SIM_ROW(.name = "stalls", .kind = SIM_HISTOGRAM, .unit = "s", .offset = IN(stalls),
            .flags = SIM_WORSE_HIGH, .doc = "How long each flush took."),
    SIM_ROW(.name = "flush_share", .kind = SIM_RATIO, .unit = "1", .of = "flushes", .by = "done",
            .flags = SIM_SHARE | SIM_BY_NODE | SIM_WORSE_HIGH,
            .doc = "Requests that waited for a flush."),
    {0},
};

static const struct plugged_engine buffered_plugin = {
    .type = {.name = "buffered",
             .summary =
                 "Writes are collected, and the one that fills the buffer waits for a flush.",
             .source = "chosen: mean work of a write is its own and its bytes over flush_rate",
             .size = sizeof(struct buffered),
             .params = buffered_params,
             .meters = buffered_meters,
             .sound = buffered_sound,
             .changed = buffered_changed},
    .work = buffered_work,
    .crashed = buffered_crashed,
};

/* ---- the journal: of one kind, and there may be none ----------------------------------------- */

struct counted {
    struct sim_counter journaled;
};

static const struct sim_meter counted_meters[] = {
    SIM_ROW(.name = "journaled", .kind = SIM_COUNTER, .unit = "requests",
            .offset = offsetof(struct counted, journaled), .doc = "Requests done, a second time."),
    {0},
};

static const struct sim_plugin_type counted_plugin = {
    .name = "counted",
    .summary = "Counts what was done.",
    .source = "chosen: something without parameters",
    .size = sizeof(struct counted),
    .meters = counted_meters,
};

/* ---- the model ------------------------------------------------------------------------------- */

static const struct plugged_engine *engine_of(const struct plugged *p)
{
    return (const struct plugged_engine *)(const void *)p->engine.type;
}

static void start_work(struct sim_node *self, struct sim_station *station, uint32_t job)
{
    struct plugged *p = (struct plugged *)self;
    const struct sim_request *request = sim_call_request(self, station->jobs[job].call);
    sim_station_work(station, job, engine_of(p)->work(p->engine.self, p, request));
}

static void worked(struct sim_node *self, struct sim_station *station, uint32_t job)
{
    struct plugged *p = (struct plugged *)self;
    sim_count(&p->done);
    if (p->journal.type)
        sim_count(&((struct counted *)p->journal.self)->journaled);
    sim_answer(self, station->jobs[job].call, (struct sim_reply){.status = SIM_OK});
    sim_station_leave(station, job);
}

static void serve(struct sim_node *self, sim_call_id call, const struct sim_request *request)
{
    (void)request;
    struct plugged *p = (struct plugged *)self;
    if (!sim_station_arrive(&p->station, call))
        sim_answer(self, call, (struct sim_reply){.status = SIM_REFUSED});
}

static int init(struct sim_node *self, struct sim_error *error)
{
    struct plugged *p = (struct plugged *)self;
    sim_node_stream(self, "work", &p->draws);
    if (sim_station_init(&p->station, self, 1, p->limit, start_work, worked) != 0)
        return sim_refuse(error, "out of memory");
    return 0;
}

static void fault(struct sim_node *self, enum sim_fault_kind kind)
{
    struct plugged *p = (struct plugged *)self;
    if (kind != SIM_FAULT_CRASH)
        return;
    sim_station_clear(&p->station);
    if (engine_of(p)->crashed)
        engine_of(p)->crashed(p->engine.self, sim_now(self->sim));
}

static void changed(struct sim_node *self, const struct sim_param *param)
{
    struct plugged *p = (struct plugged *)self;
    sim_count_by(&p->limits_set, param->offset == offsetof(struct plugged, limit));
    p->station.queue_limit = p->limit;
}

static int check(const struct sim_node *self, struct sim_error *error)
{
    const struct plugged *p = (const struct plugged *)self;
    const struct buffered *b = p->engine.self;
    const struct counted *c = p->journal.self;
    if (p->engine.type == &buffered_plugin.type && b->filled.value != b->fill)
        return sim_refuse(error, "the gauge has not what is in the buffer");
    if (p->journal.type && c->journaled.count != p->done.count)
        return sim_refuse(error, "what was done and what was journaled differ");
    return 0;
}

static const struct sim_plugin_type *const engines[] = {&plain_plugin.type, &buffered_plugin.type,
                                                        NULL};
static const struct sim_plugin_type *const journals[] = {&counted_plugin, NULL};

static const struct sim_param params[] = {
    SIM_ROW(.name = "engine", .kind = SIM_PLUGIN, .offset = offsetof(struct plugged, engine),
            .plugins = engines, .by_default = "plain", .doc = "What work takes.",
            .source = "chosen: the simplest"),
    SIM_ROW(.name = "journal", .kind = SIM_PLUGIN, .offset = offsetof(struct plugged, journal),
            .plugins = journals, .flags = SIM_OPTIONAL, .doc = "Who counts what was done."),
    SIM_ROW(.name = "queue_limit", .kind = SIM_COUNT, .unit = "requests",
            .offset = offsetof(struct plugged, limit), .by_default = "unlimited",
            .flags = SIM_CHANGEABLE | SIM_ADMITS, .doc = "Requests that may wait.",
            .source = "chosen: nothing is refused unless the scenario says so"),
    {0},
};

static const struct sim_meter meters[] = {
    SIM_STATION_METERS("", struct plugged, station),
    SIM_ROW(.name = "done", .kind = SIM_COUNTER, .unit = "requests",
            .offset = offsetof(struct plugged, done), .doc = "Requests done."),
    SIM_ROW(.name = "limits_set", .kind = SIM_COUNTER, .unit = "changes",
            .offset = offsetof(struct plugged, limits_set),
            .doc = "Times the limit of the queue was set."),
    {0},
};

extern const struct sim_model plugged_model;
const struct sim_model plugged_model = {
    .name = "plugged",
    .summary = "A server with plug-ins, for tests of plug-ins.",
    .source = "chosen: for tests",
    .size = sizeof(struct plugged),
    .suffers = SIM_SUFFERS_SLOW,
    .params = params,
    .meters = meters,
    .init = init,
    .serve = serve,
    .fault = fault,
    .changed = changed,
    .check = check,
};
