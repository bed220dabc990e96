/* client - users who send requests, and hold what comes back against the clock and the truth.
 *
 * Models: an open load (requests come whatever becomes of them: at a rate that is constant, steps,
 * a curve over the day or Markov-modulated, with spikes and in batches, or from a trace), an open
 * load of sessions (each arrival is a user who sends several requests, thinking in between, and
 * goes), or a closed one (a fixed number of users, each of whom thinks, sends, waits, and thinks
 * again). Keys come from a keyspace, kinds of request from a mix, or both from the trace. Latency
 * counts from the moment a user meant to send; in an open load that is the arrival, so nothing
 * hides a stall ("coordinated omission", Tene 2013).
 * Leaves out: users who give up and go away, connection set-up. Timeouts and retries are the
 * fabric's, the same for every caller; who sends when is
 * sim/users.h's, at what rate sim/arrivals.h's.
 *
 * Source: Kleinrock 1975, Queueing Systems I, ch. 2 (Poisson arrivals); 1976, II, ch. 4 (finite
 * populations). Validated: tests/theory/test_models.c (M/M/c, exact MVA), test_arrivals.c (each
 * kind of load), tests/model/.
 *
 * Streams: arrivals, keys and mix have one each, as every user of a closed load and every session
 * does, and nothing drawn depends on an answer: variants with the same seed see the same requests.
 * Invariants: every request is finished, in flight, or forgotten in a crash of the client; a user
 * of a closed load or of a session thinks or waits, never both. What is unfinished when the run
 * ends is counted then; of it, what is past its timeout has failed. */
#include "sim/model.h"

/* A request in flight: the argument of its call. */
struct in_flight {
    sim_time intended;
    struct sim_user *user;
    struct asked {
        uint64_t key;
        uint32_t session;
        enum sim_op op;
        struct sim_session_floor floor; /* what its session knew of the key when it was sent */
    } asked[];                          /* one, where there is a keyspace */
};

struct client {
    struct sim_node node;
    struct sim_port to;
    struct sim_users users;
    int64_t request_bytes, priority;
    struct sim_dist patience;

    struct sim_stream waits; /* of patience */
    struct sim_table_pool in_flight;
    uint64_t forgotten;
    struct sim_truth_meters truth;
    struct sim_sessions sessions;
    struct sim_counter requests, finished, by_status[SIM_STATUS_COUNT];
    struct sim_counter judged;              /* finished, or overdue when the run ended */
    struct sim_counter unfinished, overdue; /* when it ended */
    struct sim_histogram latency;
};

/* What an answer is worth: held against the truth, and against what its session knew. */
static void judge(struct client *c, const struct in_flight *f, uint32_t version)
{
    const struct asked *a = f->asked;
    if (a->op == SIM_READ) {
        sim_truth_read(&c->truth, c->users.keyspace, a->key, version, f->intended);
        if (a->session)
            sim_session_read(&c->sessions, a->session, a->key, a->floor, version);
    } else if (a->session && (a->op == SIM_WRITE || a->op == SIM_DELETE)) {
        sim_session_wrote(&c->sessions, a->session, a->key, version);
    }
}

static void finish(struct sim *sim, void *self, sim_arg arg, const struct sim_reply *reply)
{
    struct client *c = self;
    struct in_flight *f = arg.p;
    sim_count(&c->finished);
    sim_count(&c->judged);
    sim_count(&c->by_status[reply->status]);
    if (reply->status == SIM_OK) {
        sim_histogram_record(&c->latency, sim_now(sim) - f->intended);
        if (c->users.keyspace)
            judge(c, f, reply->version);
    }
    struct sim_user *user = f->user;
    uint32_t session = user->session;
    sim_table_pool_give(&c->in_flight, f);
    if (sim_users_answered(&c->users, user))
        sim_session_end(&c->sessions, session);
}

static void send(struct sim_node *self, struct sim_user *user, uint64_t key,
                 const struct sim_trace_request *given)
{
    struct client *c = (struct client *)self;
    struct in_flight *f = sim_table_pool_take(&c->in_flight);
    if (!f)
        return;
    struct sim_request request = sim_users_request(&c->users, user, key, given, c->request_bytes);
    f->intended = request.intended;
    f->user = user;
    request.priority = (uint8_t)c->priority;
    if (c->patience.kind != SIM_DIST_NONE)
        request.deadline = sim_deadline_within(
            request.intended, sim_dist_draw_time(&c->patience, &c->waits), SIM_NEVER);
    if (request.space) {
        uint32_t session = request.space->count < UINT32_MAX ? request.session : 0;
        f->asked[0] = (struct asked){.key = key, .session = session, .op = request.op};
        if (session)
            f->asked[0].floor = sim_session_expect(&c->sessions, session, key);
    }
    sim_count(&c->requests);
    sim_call(&c->to, 0, &request, finish, c, (sim_arg){.p = f});
}

static int sound(const void *params, struct sim_error *error)
{
    const char *why = sim_users_check(&((const struct client *)params)->users);
    return why ? sim_refuse(error, why) : 0;
}

static int init(struct sim_node *self, struct sim_error *error)
{
    struct client *c = (struct client *)self;
    sim_table_pool_init(&c->in_flight, self,
                        sizeof(struct in_flight) + (c->users.keyspace ? sizeof(struct asked) : 0));
    if (sim_sessions_init(&c->sessions, self))
        return sim_refuse(error, "out of memory");
    sim_node_stream(self, "patience", &c->waits);
    return sim_users_init(&c->users, self, send, error);
}

static void fault(struct sim_node *self, enum sim_fault_kind kind)
{
    struct client *c = (struct client *)self;
    if (kind == SIM_FAULT_RESTART)
        sim_users_start(&c->users);
    if (kind != SIM_FAULT_CRASH)
        return;
    sim_users_crash(&c->users);
    c->forgotten += c->in_flight.taken;
    sim_table_pool_reset(&c->in_flight);
}

static void changed(struct sim_node *self, const struct sim_param *param)
{
    struct client *c = (struct client *)self;
    if (param->offset == offsetof(struct client, users.arrivals.rate))
        sim_users_rate_set(&c->users);
}

static void overdue(struct sim_node *self)
{
    struct client *c = (struct client *)self;
    sim_count(&c->overdue);
    sim_count(&c->judged);
}

static void ended(struct sim_node *self)
{
    struct client *c = (struct client *)self;
    sim_count_by(&c->unfinished, c->in_flight.taken);
}

static int check(const struct sim_node *self, struct sim_error *error)
{
    const struct client *c = (const struct client *)self;
    if (c->requests.count != c->finished.count + c->forgotten + c->in_flight.taken)
        return sim_refuse(error, "requests are not those finished, forgotten and in flight");
    if (!sim_users_conserved(&c->users, c->in_flight.taken))
        return sim_refuse(error, "not every user either thinks or waits");
    return 0;
}

static double offered(const void *params, sim_time duration, double *peak)
{
    return sim_users_offered(&((const struct client *)params)->users, duration, peak);
}

static void foresee(const void *params, const struct sim_extent *of, struct sim_foreseen *out)
{
    const struct sim_users *users = &((const struct client *)params)->users;
    out->ticks = sim_arrivals_ticks(&users->arrivals);
    out->what = "users";
    out->count = (double)users->closed * of->nodes;
    out->each = SIM_USER_BYTES;
}

static double sustained(const void *params, sim_time duration)
{
    return sim_users_sustained(&((const struct client *)params)->users, duration);
}

static double closed(const void *params, double *think_ns)
{
    return sim_users_closed(&((const struct client *)params)->users, think_ns);
}

static void queueing(const void *params, struct sim_queueing *q)
{
    const struct client *c = params;
    const struct sim_arrivals *a = &c->users.arrivals;
    const struct sim_arrivals_mix *mix = &c->users.mix;
    bool spikes = a->spikes.count > 0 || a->random_spikes.every.kind != SIM_DIST_NONE;
    q->why = c->users.closed > 0                               ? "the load is closed"
             : !(a->rate > 0) || spikes                        ? "the arrival rate changes"
             : a->batch.kind != SIM_DIST_NONE                  ? "requests come in batches"
             : a->spacing != SIM_ARRIVALS_POISSON              ? "requests are evenly spaced"
             : c->users.session.requests.kind != SIM_DIST_NONE ? "requests come in sessions"
                                                               : NULL;
    q->flow = q->why ? SIM_FLOW_OTHER : SIM_FLOW_POISSON;
    q->mix[SIM_WRITE] = mix->write;
    q->mix[SIM_DELETE] = mix->erase;
    q->mix[SIM_SCAN] = mix->scan;
    q->mix[SIM_READ] = 1 - mix->write - mix->erase - mix->scan;
}

#define OF(member) offsetof(struct client, member)
#define COUNT(json, member, ...)                                                                   \
    SIM_ROW(.name = json, .kind = SIM_COUNTER, .unit = "requests", .offset = OF(member),           \
            __VA_ARGS__)
static const struct sim_param params[] = {
    SIM_USERS_PARAMS(struct client, users),
    SIM_ROW(.name = "request_bytes", .kind = SIM_BYTES, .offset = OF(request_bytes),
            .by_default = "500B",
            .doc = "Size of a request with its headers; for a write, the value is added.",
            .source = "chosen: an HTTP request"),
    SIM_ROW(.name = "patience", .kind = SIM_DISTRIBUTION, .offset = OF(patience),
            .flags = SIM_OPTIONAL | SIM_OR_NONE | SIM_DEADLINE,
            .doc = "How long a user waits for an answer: the deadline of each request."),
    SIM_ROW(.name = "priority", .kind = SIM_COUNT, .offset = OF(priority), .by_default = "0",
            .low = 0, .high = 255, .flags = SIM_CHANGEABLE,
            .doc = "Class of its requests; 0 has the highest priority.",
            .source = "chosen: all are alike"),
    {0},
};

static const struct sim_port_def ports[] = {
    SIM_ROW(.name = "to", .offset = OF(to), .flags = SIM_REQUIRED,
            .doc = "The component to which requests are sent."),
    {0},
};

static const struct sim_meter meters[] = {
    SIM_ROW(.name = "latency", .kind = SIM_HISTOGRAM, .unit = "s", .offset = OF(latency),
            .flags = SIM_HEADLINE | SIM_WORSE_HIGH,
            .doc = "Time from the intended sending to the answer, of successful requests."),
    SIM_ROW(.name = "success", .kind = SIM_RATIO, .unit = "1", .of = "goodput", .by = "judged",
            .flags = SIM_HEADLINE | SIM_SHARE | SIM_WORSE_LOW,
            .doc = "Share of successful requests, among those finished or overdue at the end."),
    SIM_ROW(.name = "goodput", .kind = SIM_COUNTER, .unit = "requests",
            .offset = OF(by_status[SIM_OK]),
            .flags = SIM_HEADLINE | SIM_USER_SUCCESS | SIM_WORSE_LOW,
            .doc = "Successful requests, as a rate."),
    COUNT("requests", requests, .doc = "Requests started."),
    COUNT("finished", finished, .doc = "Requests finished, successful or not."),
    COUNT("judged", judged, .doc = "Requests finished, or overdue when the run ended."),
    COUNT("unfinished", unfinished, .doc = "Requests still in progress when the run ended."),
    COUNT("overdue", overdue, .flags = SIM_WORSE_HIGH,
          .doc = "Unfinished requests that were past their timeout by then."),
    COUNT("timed_out", by_status[SIM_TIMEOUT], .flags = SIM_WORSE_HIGH,
          .doc = "Requests without an answer in time."),
    COUNT("refused", by_status[SIM_REFUSED], .flags = SIM_WORSE_HIGH, .doc = "Requests refused."),
    COUNT("errors", by_status[SIM_ERROR], .flags = SIM_WORSE_HIGH, .doc = "Requests that failed."),
    COUNT("lost", by_status[SIM_LOST], .flags = SIM_WORSE_HIGH, .doc = "Requests lost in a crash."),
    SIM_TRUTH_METERS(struct client, truth, "reads", SIM_HEADLINE),
    SIM_SESSION_METERS(struct client, sessions),
    SIM_USERS_METERS(struct client, users),
    {0},
};

const struct sim_model client_model = {
    .name = "client",
    .summary = "Users: an open or closed load of requests, and their outcomes.",
    .source = "Kleinrock 1975 ch. 2, 1976 ch. 4; validated against M/M/c and exact MVA",
    .size = sizeof(struct client),
    .params = params,
    .ports = ports,
    .meters = meters,
    .init = init,
    .fault = fault,
    .changed = changed,
    .overdue = overdue,
    .ended = ended,
    .check = check,
    .sound = sound,
    .offered = offered,
    .foresee = foresee,
    .sustained = sustained,
    .queueing = queueing,
    .closed = closed,
};
