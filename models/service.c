/* service - application servers: a request waits for a server, is worked on, and the service then
 * asks whom it depends on before it answers.
 *
 * Models: `servers` servers behind one first-come-first-served queue with a limit; work of a drawn
 * length; then its dependencies, one after another in the order of the scenario, each asked with
 * the probability of its share. One that fails makes the request fail. While it asks, a server is
 * released (an event loop: the station stays M/G/c) or held (a thread for each request).
 * Leaves out: priorities, processor sharing, work after the answers, garbage collection, answers
 * that time out within the service itself (timeouts are the caller's and the fabric's).
 *
 * Source: Kleinrock 1975, Queueing Systems I, sec. 3.5 (M/M/m) and 3.6 (blocking); Welsh, Culler
 * and Brewer 2001, SEDA, sec. 2 (threads held against events). Validated by
 * tests/theory/test_models.c (M/M/1, M/M/c, M/M/c/K) and tests/model/test_service.c.
 *
 * Streams: work, and route (which dependencies). What a request carries (key, session, deadline)
 * is passed on; what the last dependency answered (version, bytes) is passed back.
 *
 * Invariant: a server is busy exactly while a request has it (the station's own count). */
#include "sim/model.h"

#include <string.h>

enum { RELEASE, HOLD };

struct service;

/* A dependency; the `self` of its calls, whose argument says for which request: when servers are
 * released the call, when they are held the job. */
struct step {
    struct service *service;
    uint32_t index;
    double share;
};

struct service {
    struct sim_node node;
    struct sim_port to;
    int64_t servers, queue_limit;
    struct sim_dist service_time;
    int while_calling;
    int64_t response_bytes;

    struct sim_stream work, route;
    struct sim_station station;
    struct step *steps; /* one per target of `to` */
};

static void answered(struct sim *, void *self, sim_arg, const struct sim_reply *);

/* Asks the next dependency from `index` on that the draw picks; when there is none, answers. */
static void proceed(struct service *s, sim_call_id call, sim_arg arg, uint32_t index,
                    struct sim_reply reply)
{
    uint32_t count = s->to.target_count;
    if (reply.status != SIM_OK)
        index = count;
    while (index < count && s->steps[index].share < 1 &&
           !sim_draw_chance(&s->route, s->steps[index].share))
        index++;
    if (index < count) {
        sim_call(&s->to, index, sim_call_request(&s->node, call), answered, &s->steps[index], arg);
        return;
    }
    sim_answer(&s->node, call, reply);
    if (s->while_calling == HOLD)
        sim_station_leave(&s->station, (uint32_t)arg.u);
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

static void start_work(struct sim_node *self, struct sim_station *station, uint32_t job)
{
    struct service *s = (struct service *)self;
    sim_station_work(station, job, sim_dist_draw_time(&s->service_time, &s->work));
}

static void worked(struct sim_node *self, struct sim_station *station, uint32_t job)
{
    struct service *s = (struct service *)self;
    sim_call_id call = station->jobs[job].call;
    sim_arg arg = {.u = job};
    if (s->while_calling == RELEASE) {
        arg.u = call.key;
        sim_station_leave(station, job);
    }
    proceed(s, call, arg, 0, (struct sim_reply){.status = SIM_OK, .bytes = s->response_bytes});
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
    if (!s->steps ||
        sim_station_init(&s->station, self, s->servers, s->queue_limit, start_work, worked) != 0)
        return sim_refuse(error, "out of memory");
    for (uint32_t i = 0; i < count; i++)
        s->steps[i] = (struct step){s, i, sim_port_share(&s->to, i)};
    return 0;
}

/* The calls in hand are the fabric's to fail, and so are those made; only the servers are ours. */
static void fault(struct sim_node *self, enum sim_fault_kind kind)
{
    struct service *s = (struct service *)self;
    if (kind == SIM_FAULT_CRASH)
        sim_station_clear(&s->station);
}

static void changed(struct sim_node *self, const struct sim_param *param)
{
    struct service *s = (struct service *)self;
    if (param->offset == offsetof(struct service, servers))
        sim_station_resize(&s->station, s->servers);
    s->station.queue_limit = s->queue_limit;
}

#define OF(member) offsetof(struct service, member)

static const char *const while_calling[] = {"release", "hold", NULL};

static const struct sim_param params[] = {
    {"servers", SIM_COUNT, OF(servers), NULL, 1, 1e8, SIM_REQUIRED | SIM_CHANGEABLE, "servers",
     .doc = "Requests worked on at once by each node."},
    {"queue_limit", SIM_COUNT, OF(queue_limit), "unlimited", .flags = SIM_CHANGEABLE | SIM_ADMITS,
     .unit = "requests", .doc = "Requests that may wait; one more is refused.",
     .source = "chosen: nothing is refused unless the scenario says so"},
    {"service_time", SIM_DISTRIBUTION, OF(service_time),
     .flags = SIM_REQUIRED | SIM_CHANGEABLE | SIM_WORK,
     .doc = "Work on a request, without what it waits for."},
    {"while_calling", SIM_CHOICE, OF(while_calling), "release", .choices = while_calling,
     .doc = "Whether a server is released or held while dependencies are asked.",
     .source = "Welsh, Culler and Brewer 2001, sec. 2: event-driven servers"},
    {"response_bytes", SIM_BYTES, OF(response_bytes), "1KiB",
     .doc = "Size of an answer when no dependency was asked, else it is that of the last one.",
     .source = "chosen: a small JSON document"},
    {0},
};

static const struct sim_port_def ports[] = {
    {"to", OF(to), SIM_OPTIONAL | SIM_MANY, "What a request needs besides, in order."},
    {0},
};

static const struct sim_meter meters[] = {
    SIM_STATION_METERS(struct service, station),
    {0},
};

static const struct sim_usage usages[] = {
    {"compute", "server", "busy", SIM_SPLIT_WORK, false, "Servers at work or held."},
    {"servers", "server", "capacity", SIM_SPLIT_WORK, true, "Servers there are."},
    {0},
};

const struct sim_model service_model = {
    .name = "service",
    .summary = "Application servers: a queue, work, and calls to what they depend on.",
    .source = "Kleinrock 1975 sec. 3.5, 3.6; validated against M/M/1, M/M/c and M/M/c/K",
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
};
