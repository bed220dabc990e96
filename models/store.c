/* store - a keyed database: connections, service times by kind of request, and versions.
 *
 * Models: a pool of connections behind one first-come-first-served queue with a limit; a request
 * holds a connection for a time drawn by its kind. A write or delete commits when its work is
 * done and gives its key the next version; one that is conditional on a version that has been
 * overtaken commits nothing and is answered SIM_CONFLICT (optimistic concurrency, Kung and Robinson
 * 1981). A read returns the version that is latest when its work is done. So what a reader got is
 * as old as its way back.
 * Leaves out: everything within a storage engine (pages, locks, log, compaction), replicas,
 * transactions of several keys, what a scan returns. Data outlive a crash; work under way does not,
 * and had not committed.
 *
 * Source: Kleinrock 1975, Queueing Systems I, sec. 3.5 (the pool); Herlihy and Wing 1990 (a single
 * copy whose operations take effect at one instant within them: linearizable).
 * Validated by tests/theory/test_models.c and tests/model/test_store.c.
 *
 * Streams: one for each kind of request, so that more writes leave the reads' times alone.
 *
 * Invariant: versions of a key only grow, by one for each write counted. */
#include "sim/model.h"

struct store {
    struct sim_node node;
    int64_t connections, queue_limit;
    struct sim_dist time[SIM_OP_COUNT];

    struct sim_stream streams[SIM_OP_COUNT];
    struct sim_station station;
    struct sim_counter reads, writes, conflicts;
    struct sim_whole data; /* the first node's: there is one copy of it */
};

static struct sim_whole *data_of(const struct sim_node *self)
{
    return &((struct store *)sim_peer(self, 0))->data;
}

static const struct sim_dist *time_of(const struct store *s, enum sim_op op)
{
    if (op == SIM_DELETE && s->time[op].kind == SIM_DIST_NONE)
        return &s->time[SIM_WRITE];
    return &s->time[op == SIM_OTHER ? SIM_READ : op];
}

static void start_work(struct sim_node *self, struct sim_station *station, uint32_t job)
{
    struct store *s = (struct store *)self;
    enum sim_op op = sim_call_request(self, station->jobs[job].call)->op;
    sim_station_work(station, job, sim_dist_draw_time(time_of(s, op), &s->streams[op]));
}

static void worked(struct sim_node *self, struct sim_station *station, uint32_t job)
{
    struct store *s = (struct store *)self;
    sim_call_id call = station->jobs[job].call;
    const struct sim_request *request = sim_call_request(self, call);
    struct sim_reply reply = {.status = SIM_OK};
    bool changes = request->op == SIM_WRITE || request->op == SIM_DELETE;
    uint32_t latest = request->space ? sim_latest(request->space, request->key) : 0;
    if (changes && request->if_version > 0 && latest != request->if_version - 1) {
        sim_count(&s->conflicts);
        reply = (struct sim_reply){.status = SIM_CONFLICT, .version = latest};
    } else if (changes) {
        sim_count(&s->writes);
        if (request->space)
            reply.version = sim_commit(self->sim, request->space, request->key);
        if (request->space && request->op == SIM_DELETE)
            sim_whole_drop(data_of(self), request->space, request->key);
        else if (request->space)
            sim_whole_put(data_of(self), request->space, request->key);
    } else {
        sim_count(&s->reads);
        if (request->space) {
            reply.version = latest;
            reply.bytes = sim_value_bytes(request->space, request->key);
        }
    }
    sim_answer(self, call, reply);
    sim_station_leave(station, job);
}

static void serve(struct sim_node *self, sim_call_id call, const struct sim_request *request)
{
    (void)request;
    struct store *s = (struct store *)self;
    if (!sim_station_arrive(&s->station, call))
        sim_answer(self, call, (struct sim_reply){.status = SIM_REFUSED});
}

static int init(struct sim_node *self, struct sim_error *error)
{
    struct store *s = (struct store *)self;
    for (int op = 0; op < SIM_OP_COUNT; op++)
        sim_node_stream(self, sim_op_names[op], &s->streams[op]);
    if (sim_station_init(&s->station, self, s->connections, s->queue_limit, start_work, worked) !=
        0)
        return sim_refuse(error, "out of memory");
    if (self->index == 0 && sim_whole_init(&s->data, self) != 0)
        return sim_refuse(error, "out of memory");
    return 0;
}

static void holds(const struct sim_node *self, sim_copy_visit *visit, void *visitor)
{
    if (self->index == 0)
        sim_whole_visit(data_of(self), visit, visitor);
}

static void fault(struct sim_node *self, enum sim_fault_kind kind)
{
    struct store *s = (struct store *)self;
    if (kind == SIM_FAULT_CRASH)
        sim_station_clear(&s->station);
}

static void changed(struct sim_node *self, const struct sim_param *param)
{
    struct store *s = (struct store *)self;
    if (param->offset == offsetof(struct store, connections))
        sim_station_resize(&s->station, s->connections);
    s->station.queue_limit = s->queue_limit;
}

static void queueing(const void *params, struct sim_queueing *q)
{
    const struct store *s = params;
    q->flow = SIM_FLOW_SAME;
    q->independent = true;
    sim_queueing_servers(q, s->connections);
    q->queue_limit = s->queue_limit;
    for (int op = 0; op < SIM_OP_COUNT; op++)
        q->work[op] = time_of(s, (enum sim_op)op);
}

static void foresee(const void *params, const struct sim_extent *of, struct sim_foreseen *out)
{
    (void)params;
    out->what = "subjects";
    out->count = (double)of->subjects;
    out->each = sizeof(uint32_t);
}

#define OF(member) offsetof(struct store, member)

static const struct sim_param params[] = {
    SIM_ROW(.name = "connections", .kind = SIM_COUNT, .unit = "connections",
            .offset = OF(connections), .by_default = "100", .low = 0, .high = 1e8,
            .flags = SIM_CHANGEABLE,
            .doc = "Requests that each node works on at a time; 0: closed, and requests wait.",
            .source = "PostgreSQL 15 documentation, sec. 20.3.1: max_connections is 100"),
    SIM_ROW(.name = "queue_limit", .kind = SIM_COUNT, .unit = "requests", .offset = OF(queue_limit),
            .by_default = "unlimited", .flags = SIM_CHANGEABLE | SIM_ADMITS,
            .doc = "Requests that may wait for a connection; further ones are refused.",
            .source = "chosen: nothing is refused unless the scenario says so"),
    SIM_ROW(.name = "read_time", .kind = SIM_DISTRIBUTION, .offset = OF(time[SIM_READ]),
            .by_default = "{\"type\":\"exponential\",\"mean\":\"1ms\"}",
            .flags = SIM_CHANGEABLE | SIM_WORK, .doc = "How long a read holds its connection.",
            .source = "chosen: an indexed read, mostly from memory and sometimes from a "
                      "solid-state disk"),
    SIM_ROW(.name = "write_time", .kind = SIM_DISTRIBUTION, .offset = OF(time[SIM_WRITE]),
            .by_default = "{\"type\":\"exponential\",\"mean\":\"5ms\"}",
            .flags = SIM_CHANGEABLE | SIM_WORK,
            .doc = "How long a write holds its connection, to its commit.",
            .source = "chosen: a few times a read, as a commit waits for the log to be on disk"),
    SIM_ROW(.name = "delete_time", .kind = SIM_DISTRIBUTION, .offset = OF(time[SIM_DELETE]),
            .flags = SIM_OPTIONAL | SIM_WORK,
            .doc = "How long a delete holds its connection; default: like a write."),
    SIM_ROW(.name = "scan_time", .kind = SIM_DISTRIBUTION, .offset = OF(time[SIM_SCAN]),
            .by_default = "{\"type\":\"exponential\",\"mean\":\"50ms\"}",
            .flags = SIM_CHANGEABLE | SIM_WORK, .doc = "How long a scan holds its connection.",
            .source = "chosen: some tens of reads"),
    {0},
};

static const struct sim_meter meters[] = {
    SIM_STATION_METERS("", struct store, station),
    SIM_ROW(.name = "reads", .kind = SIM_COUNTER, .unit = "requests", .offset = OF(reads),
            .doc = "Reads and scans done."),
    SIM_ROW(.name = "writes", .kind = SIM_COUNTER, .unit = "requests", .offset = OF(writes),
            .doc = "Writes and deletes committed."),
    SIM_ROW(.name = "conflicts", .kind = SIM_COUNTER, .unit = "requests", .offset = OF(conflicts),
            .flags = SIM_WORSE_HIGH,
            .doc = "Conditional writes that failed because the version had changed."),
    SIM_ROW(.name = "bytes", .kind = SIM_GAUGE, .unit = "B", .offset = OF(data.bytes),
            .flags = SIM_WORSE_HIGH, .doc = "Values held."),
    {0},
};

static const struct sim_usage usages[] = {
    SIM_ROW(.name = "reads", .noun = "read", .meter = "reads", .split = SIM_SPLIT_REQUESTS,
            .doc = "Reads and scans done."),
    SIM_ROW(.name = "writes", .noun = "write", .meter = "writes", .split = SIM_SPLIT_REQUESTS,
            .doc = "Writes and deletes committed."),
    SIM_ROW(.name = "storage", .meter = "bytes", .split = SIM_SPLIT_NONE, .doc = "Values held."),
    {0},
};

const struct sim_model store_model = {
    .name = "store",
    .summary = "A keyed database: connections, service times by kind of request, versions.",
    .source = "Kleinrock 1975 sec. 3.5; Herlihy and Wing 1990; validated against M/M/c",
    .size = sizeof(struct store),
    .suffers = SIM_SUFFERS_SLOW,
    .params = params,
    .meters = meters,
    .usages = usages,
    .init = init,
    .serve = serve,
    .fault = fault,
    .holds = holds,
    .changed = changed,
    .queueing = queueing,
    .foresee = foresee,
};
