/* service - application servers: a request waits for a server, is worked on, and the service then
 * asks whom it depends on before it answers.
 *
 * Models: `servers` servers behind one queue with a limit, in one of five orders; who gives up and
 * who is turned away; pauses of all servers of a node (all of them the station's, sim/station.h);
 * work of a drawn length; then its dependencies, each asked with the probability of its share: one
 * after another in the order of the scenario, or all at once, or all nodes of each at once. One
 * that fails makes the request fail, at once in turn, when the last has answered in parallel. While
 * it asks, a server is released (an event loop: the station stays M/G/c) or held (a thread for each
 * request).
 * Leaves out: work after the answers, answers that time out within the service itself (timeouts are
 * the caller's and the fabric's).
 * Source: Kleinrock 1975, Queueing Systems I, sec. 3.5 (M/M/m) and 3.6 (blocking), 1976, II, sec.
 * 3.6 (priorities) and 4.4 (processor sharing); Welsh, Culler and Brewer 2001, SEDA, sec. 2
 * (threads held against events); Dean and Barroso 2013, CACM 56(2) (fan-out). Validated by
 * tests/theory/test_models.c, tests/theory/test_stations.c and tests/model/.
 * Streams: work, and route (which dependencies); pause. What a request carries (key, session,
 * deadline, priority) is passed on; what the last dependency answered (version, bytes) is passed
 * back. Invariant: a server is busy exactly while a request has it (the station's own count). */
#include "sim/model.h"

enum { RELEASE, HOLD };
enum { IN_TURN, PARALLEL, EVERY_NODE };

/* A dependency; the `self` of its calls, whose argument says for which request: when servers are
 * released the call, when they are held the job. */
struct step {
    struct service *service;
    uint32_t index;
    double share;
};

/* A request whose dependencies were asked at once. */
struct gathering {
    sim_call_id call;
    uint32_t job, awaited;
    struct sim_reply reply;
};

struct service {
    struct sim_node node;
    struct sim_port to;
    int64_t servers, queue_limit;
    struct sim_dist service_time;
    int while_calling, calls;
    int64_t response_bytes;
    struct sim_station_rules rules;

    struct sim_stream work, route;
    struct sim_station station;
    struct step *steps; /* one per target of `to` */
    struct sim_table_pool gatherings;
};

static void answered(struct sim *, void *self, sim_arg, const struct sim_reply *);

static bool is_asked(struct service *s, uint32_t index)
{
    double share = s->steps[index].share;
    return share >= 1 || sim_draw_chance(&s->route, share);
}

static void done(struct service *s, sim_call_id call, uint32_t job, struct sim_reply reply)
{
    sim_answer(&s->node, call, reply);
    if (s->while_calling == HOLD)
        sim_station_leave(&s->station, job);
}

/* Asks the next dependency from `index` on that the draw picks; when there is none, answers. */
static void proceed(struct service *s, sim_call_id call, sim_arg arg, uint32_t index,
                    struct sim_reply reply)
{
    uint32_t count = s->to.target_count;
    if (reply.status != SIM_OK)
        index = count;
    while (index < count && !is_asked(s, index))
        index++;
    if (index < count)
        sim_call(&s->to, index, sim_call_request(&s->node, call), answered, &s->steps[index], arg);
    else
        done(s, call, (uint32_t)arg.u, reply);
}

static void answered(struct sim *sim, void *self, sim_arg arg, const struct sim_reply *reply)
{
    (void)sim;
    struct step *step = self;
    struct service *s = step->service;
    sim_call_id call = {arg.u};
    if (s->while_calling == HOLD)
        call = s->station.jobs[arg.u].call;
    struct sim_reply passed = *reply;
    if (passed.status != SIM_OK)
        passed = (struct sim_reply){.status = SIM_ERROR};
    proceed(s, call, arg, step->index + 1, passed);
}

static void gathered(struct sim *sim, void *self, sim_arg arg, const struct sim_reply *reply)
{
    (void)sim;
    struct service *s = self;
    struct gathering *g = arg.p;
    if (reply->status != SIM_OK)
        g->reply = (struct sim_reply){.status = SIM_ERROR};
    else if (g->reply.status == SIM_OK)
        g->reply = *reply;
    if (--g->awaited > 0)
        return;
    struct gathering whole = *g;
    sim_table_pool_give(&s->gatherings, g);
    done(s, whole.call, whole.job, whole.reply);
}

static void ask_at_once(struct service *s, sim_call_id call, uint32_t job, struct sim_reply reply)
{
    struct gathering *g = sim_table_pool_take(&s->gatherings);
    if (!g)
        return;
    *g = (struct gathering){.call = call, .job = job, .reply = reply};
    const struct sim_request *request = sim_call_request(&s->node, call);
    for (uint32_t i = 0; i < s->to.target_count; i++) {
        if (!is_asked(s, i))
            continue;
        uint32_t nodes = s->calls == EVERY_NODE ? sim_port_nodes(&s->to, i) : 0;
        g->awaited += nodes ? nodes : 1;
        if (nodes == 0)
            sim_call(&s->to, i, request, gathered, s, (sim_arg){.p = g});
        for (uint32_t n = 0; n < nodes; n++)
            sim_call_node(&s->to, i, n, request, gathered, s, (sim_arg){.p = g});
    }
    if (g->awaited > 0)
        return;
    sim_table_pool_give(&s->gatherings, g);
    done(s, call, job, reply);
}

static void start_work(struct sim_node *self, struct sim_station *station, uint32_t job)
{
    struct service *s = (struct service *)self;
    sim_station_work(station, job, sim_dist_draw_time(&s->service_time, &s->work));
}

static void worked(struct sim_node *self, struct sim_station *station, uint32_t job)
{
    struct service *s = (struct service *)self;
    sim_call_id call = station->jobs[job].call;
    sim_arg arg = {.u = s->while_calling == RELEASE ? call.key : job};
    if (s->while_calling == RELEASE)
        sim_station_leave(station, job);
    struct sim_reply reply = {.status = SIM_OK, .bytes = s->response_bytes};
    if (s->to.target_count == 0)
        done(s, call, job, reply);
    else if (s->calls == IN_TURN)
        proceed(s, call, arg, 0, reply);
    else
        ask_at_once(s, call, job, reply);
}

static void serve(struct sim_node *self, sim_call_id call, const struct sim_request *request)
{
    (void)request;
    struct service *s = (struct service *)self;
    if (!sim_station_arrive(&s->station, call))
        sim_answer(self, call, (struct sim_reply){.status = SIM_REFUSED});
}

static int init(struct sim_node *self, struct sim_error *error)
{
    struct service *s = (struct service *)self;
    sim_node_stream(self, "work", &s->work);
    sim_node_stream(self, "route", &s->route);
    uint32_t count = s->to.target_count;
    s->steps = sim_node_alloc(self, count + 1, sizeof *s->steps);
    sim_table_pool_init(&s->gatherings, self, sizeof(struct gathering));
    if (!s->steps ||
        sim_station_init(&s->station, self, s->servers, s->queue_limit, start_work, worked) != 0 ||
        sim_station_manage(&s->station, &s->rules) != 0)
        return sim_refuse(error, "out of memory");
    for (uint32_t i = 0; i < count; i++)
        s->steps[i] = (struct step){s, i, sim_port_share(&s->to, i)};
    return 0;
}

/* The calls in hand are the fabric's to fail, and so are those made; only the servers are ours. */
static void fault(struct sim_node *self, enum sim_fault_kind kind)
{
    struct service *s = (struct service *)self;
    if (kind != SIM_FAULT_CRASH)
        return;
    sim_station_clear(&s->station);
    sim_table_pool_reset(&s->gatherings);
}

static void changed(struct sim_node *self, const struct sim_param *param)
{
    struct service *s = (struct service *)self;
    if (param->offset == offsetof(struct service, servers))
        sim_station_resize(&s->station, s->servers);
    s->station.queue_limit = s->queue_limit;
}

static int sound(const void *params, struct sim_error *error)
{
    const struct service *s = params;
    const char *why = sim_station_rules_check(&s->rules, s->queue_limit);
    if (!why && s->rules.discipline == SIM_SHARING && s->while_calling == HOLD)
        why = "under processor sharing no request has a server that could be held";
    return why ? sim_refuse(error, why) : 0;
}

static void queueing(const void *params, struct sim_queueing *q)
{
    const struct service *s = params;
    q->flow = SIM_FLOW_SAME;
    q->independent = true;
    q->chooses = s->calls == EVERY_NODE ? SIM_CHOOSES_ALL : SIM_CHOOSES_NOTHING;
    q->at_once = s->calls != IN_TURN;
    sim_queueing_servers(q, s->servers);
    q->queue_limit = s->queue_limit;
    for (int op = 0; op < SIM_OP_COUNT; op++)
        q->work[op] = &s->service_time;
    sim_queueing_rules(q, &s->rules);
    if (s->while_calling == HOLD)
        q->no_form_asking = "a server is held while others are asked";
}

#define OF(member) offsetof(struct service, member)
static const char *const while_calling[] = {"release", "hold", NULL};
static const char *const calls[] = {"in-turn", "parallel", "every-node", NULL};

static const struct sim_param params[] = {
    SIM_ROW(.name = "servers", .kind = SIM_COUNT, .unit = "servers", .offset = OF(servers),
            .low = 0, .high = 1e8, .flags = SIM_REQUIRED | SIM_CHANGEABLE,
            .doc = "Requests that each node works on at a time; 0: closed, and requests wait."),
    SIM_ROW(.name = "queue_limit", .kind = SIM_COUNT, .unit = "requests", .offset = OF(queue_limit),
            .by_default = "unlimited", .flags = SIM_CHANGEABLE | SIM_ADMITS,
            .doc = "Requests that may wait; further ones are refused.",
            .source = "chosen: nothing is refused unless the scenario says so"),
    SIM_ROW(.name = "service_time", .kind = SIM_DISTRIBUTION, .offset = OF(service_time),
            .flags = SIM_REQUIRED | SIM_CHANGEABLE | SIM_WORK,
            .doc = "Time of work on a request, without waiting for dependencies."),
    SIM_ROW(.name = "while_calling", .kind = SIM_CHOICE, .offset = OF(while_calling),
            .by_default = "release", .choices = while_calling,
            .doc = "Whether a server is released or held while dependencies are called.",
            .source = "Welsh, Culler and Brewer 2001, sec. 2: event-driven servers"),
    SIM_ROW(.name = "calls", .kind = SIM_CHOICE, .offset = OF(calls), .by_default = "in-turn",
            .choices = calls,
            .doc = "Whether dependencies are called one after another, all at once, or every node "
                   "of each at once.",
            .source = "chosen: as in a program without threads"),
    SIM_STATION_RULES("", struct service, rules),
    SIM_ROW(.name = "response_bytes", .kind = SIM_BYTES, .offset = OF(response_bytes),
            .by_default = "1KiB",
            .doc =
                "Size of an answer if no dependency was called; otherwise it is that of the last "
                "one's answer.",
            .source = "chosen: a small JSON document"),
    {0},
};

static const struct sim_port_def ports[] = {
    SIM_ROW(.name = "to", .offset = OF(to), .flags = SIM_OPTIONAL | SIM_MANY,
            .doc = "The components that a request needs, in order."),
    {0},
};

static const struct sim_meter meters[] = {
    SIM_STATION_METERS("", struct service, station),
    SIM_STATION_RULE_METERS("", struct service, station),
    {0},
};

static const struct sim_usage usages[] = {
    SIM_ROW(.name = "compute", .noun = "server", .meter = "busy", .split = SIM_SPLIT_WORK,
            .doc = "Servers busy or held."),
    SIM_ROW(.name = "servers", .noun = "server", .meter = "provisioned", .split = SIM_SPLIT_WORK,
            .provisioned = true, .doc = "All servers, including those of nodes that are down."),
    {0},
};

const struct sim_model service_model = {
    .name = "service",
    .summary = "Application servers: a queue, work, and calls to dependencies.",
    .source =
        "Kleinrock 1975 sec. 3.5, 3.6, 1976 sec. 3.6, 4.4; validated against their closed forms",
    .size = sizeof(struct service),
    .suffers = SIM_SUFFERS_SLOW,
    .params = params,
    .ports = ports,
    .meters = meters,
    .usages = usages,
    .init = init,
    .serve = serve,
    .fault = fault,
    .changed = changed,
    .sound = sound,
    .queueing = queueing,
};
