/* client - users who send requests, and hold what comes back against the clock and the truth.
 *
 * Models: an open load (requests come at a rate whatever becomes of them: Poisson or evenly spaced,
 * constant or following steps and ramps) or a closed one (a fixed number of users, each of whom
 * thinks, sends, waits, and thinks again). Keys come from a keyspace, kinds of request from a mix.
 * Latency counts from the moment a user meant to send; in an open load that is the arrival, so
 * nothing hides a stall ("coordinated omission", Tene 2013).
 * Leaves out: users who give up and go away, connection set-up, day curves, batches. Timeouts and
 * retries are the fabric's, the same for every caller.
 *
 * Source: Kleinrock 1975, Queueing Systems I, ch. 2 (Poisson arrivals); 1976, II, ch. 4 (finite
 * populations). Validated: tests/theory/test_models.c (M/M/c, exact MVA), tests/model/.
 *
 * Streams: arrivals, keys and mix have one each, in a closed load for each user, and nothing drawn
 * depends on an answer: variants with the same seed see the same requests.
 * Invariants: every request is finished, in flight, or forgotten in a crash of the client; in a
 * closed load every user thinks or waits, never both. */
#include "sim/model.h"

#include <math.h>
#include <string.h>

enum { POISSON, CONSTANT };

/* One who sends: a user of a closed load, or all of an open one together. */
struct user {
    struct sim_stream times, keys, mix; /* times: of thinking, or between arrivals */
    uint64_t key;                       /* of the next request */
    sim_id next;                        /* the event of the next request */
};

/* A request in flight: the argument of its call. */
struct in_flight {
    sim_time intended;
    uint32_t latest; /* version of its key when it was sent */
    uint32_t user : 31, keyed_read : 1;
};

struct client {
    struct sim_node node;
    struct sim_port to;
    double rate;
    int arrival;
    struct sim_list schedule; /* of struct sim_arrivals_step */
    int64_t users, sessions, request_bytes;
    struct sim_dist think_time;
    struct sim_keyspace *keyspace;
    struct sim_arrivals_mix mix;

    struct user *user; /* of the closed load; of an open one user[0] */
    uint32_t user_count;
    struct sim_stream pick; /* of sessions */
    size_t step;            /* of the schedule, in force */
    struct sim_table_pool in_flight;
    uint64_t forgotten;
    struct sim_counter requests, finished, by_status[SIM_STATUS_COUNT], reads, stale;
    struct sim_histogram latency, versions_behind;
};

static void send_next(struct sim *, void *self, sim_arg user);

/* A user thinks; an arrival of an open load falls where the integral of the rate has grown by a
 * draw of mean 1. */
static void await_next(struct client *c, uint32_t user)
{
    struct user *u = &c->user[user];
    sim_time now = sim_now(c->node.sim), when;
    if (c->users > 0) {
        when = now + sim_dist_draw_time(&c->think_time, &u->times);
    } else {
        double units = c->arrival == POISSON ? sim_draw_exponential(&u->times) : 1;
        when = c->rate > 0 ? now + sim_time_nearest(units * 1e9 / c->rate)
                           : sim_arrivals_when(&c->schedule, &c->step, now, units);
    }
    if (c->keyspace) { /* drawn early, so that memory has time to bring what is known of it */
        u->key = sim_keys_draw(c->keyspace->keys, &u->keys);
        sim_expect_latest(c->keyspace, u->key);
    }
    if (when != SIM_NEVER)
        u->next = sim_at(c->node.sim, when, send_next, c, (sim_arg){.u = user});
}

static void finish(struct sim *sim, void *self, sim_arg arg, const struct sim_reply *reply)
{
    struct client *c = self;
    struct in_flight *f = arg.p;
    uint32_t user = f->user;
    sim_count(&c->finished);
    sim_count(&c->by_status[reply->status]);
    if (reply->status == SIM_OK) {
        sim_histogram_record(&c->latency, sim_now(sim) - f->intended);
        sim_count_by(&c->reads, f->keyed_read);
        if (f->keyed_read && reply->version < f->latest) {
            sim_count(&c->stale);
            sim_histogram_record(&c->versions_behind, f->latest - reply->version);
        }
    }
    sim_table_pool_give(&c->in_flight, f);
    if (c->users > 0)
        await_next(c, user);
}

static void send_next(struct sim *sim, void *self, sim_arg arg)
{
    struct client *c = self;
    struct user *user = &c->user[arg.u];
    uint64_t key = user->key;
    if (c->users == 0)
        await_next(c, 0);
    struct in_flight *f = sim_table_pool_take(&c->in_flight);
    if (!f)
        return;
    struct sim_request request = {.op = sim_arrivals_op(&c->mix, &user->mix),
                                  .space = c->keyspace,
                                  .key = SIM_NO_KEY,
                                  .bytes = c->request_bytes,
                                  .intended = sim_now(sim),
                                  .deadline = SIM_NEVER};
    *f = (struct in_flight){.intended = request.intended, .user = (uint32_t)arg.u & 0x7fffffff};
    if (c->keyspace) {
        request.key = key;
        f->latest = sim_latest(c->keyspace, request.key);
        f->keyed_read = request.op == SIM_READ;
        if (request.op == SIM_WRITE)
            request.bytes += sim_value_bytes(c->keyspace, request.key);
    }
    if (c->sessions > 0)
        request.session = 1 + (uint32_t)sim_draw_below(&c->pick, (uint64_t)c->sessions);
    else if (c->users > 0)
        request.session = 1 + f->user;
    sim_count(&c->requests);
    sim_call(&c->to, 0, &request, finish, c, (sim_arg){.p = f});
}

static int sound(const void *params, struct sim_error *error)
{
    const struct client *c = params;
    int loads = (c->rate > 0) + (c->schedule.count > 0) + (c->users > 0);
    if (loads != 1)
        return sim_refuse(error, loads ? "rate, schedule and users exclude one another: give one"
                                       : "no load: give one of rate, schedule and users");
    if (c->users > 0 && c->think_time.kind == SIM_DIST_NONE)
        return sim_refuse(error, "users need a think_time (\"0s\" for none)");
    const char *schedule = sim_arrivals_check(&c->schedule);
    const char *why = schedule ? schedule : sim_arrivals_check_mix(&c->mix);
    return why ? sim_refuse(error, why) : 0;
}

static void start(struct client *c)
{
    c->step = 0;
    for (uint32_t i = 0; i < c->user_count; i++)
        await_next(c, i);
}

/* Streams for each user from one per purpose, so that users and purposes do not disturb others. */
static void seed_users(struct client *c, const char *purpose, size_t offset)
{
    struct sim_stream seeds;
    sim_node_stream(&c->node, purpose, &seeds);
    for (uint32_t i = 0; i < c->user_count; i++) {
        struct sim_stream *stream = (void *)((char *)&c->user[i] + offset);
        for (int word = 0; word < 4; word++)
            stream->s[word] = sim_draw_bits(&seeds);
    }
}

static int init(struct sim_node *self, struct sim_error *error)
{
    struct client *c = (struct client *)self;
    sim_table_pool_init(&c->in_flight, self, sizeof(struct in_flight));
    c->user_count = c->users > 0 ? (uint32_t)c->users : 1;
    c->user = sim_node_alloc(self, c->user_count, sizeof *c->user);
    if (!c->user)
        return sim_refuse(error, "out of memory");
    seed_users(c, "times", offsetof(struct user, times));
    seed_users(c, "keys", offsetof(struct user, keys));
    seed_users(c, "mix", offsetof(struct user, mix));
    sim_node_stream(self, "sessions", &c->pick);
    start(c);
    return 0;
}

static void fault(struct sim_node *self, enum sim_fault_kind kind)
{
    struct client *c = (struct client *)self;
    if (kind == SIM_FAULT_RESTART)
        start(c);
    if (kind != SIM_FAULT_CRASH)
        return;
    for (uint32_t i = 0; i < c->user_count; i++)
        sim_cancel(self->sim, c->user[i].next);
    c->forgotten += c->in_flight.taken;
    sim_table_pool_reset(&c->in_flight);
}

/* A rate that is set counts from now on; set to 0, the schedule is in force again. */
static void changed(struct sim_node *self, const struct sim_param *param)
{
    struct client *c = (struct client *)self;
    if (param->offset != offsetof(struct client, rate) || c->users > 0 || self->down)
        return;
    sim_cancel(self->sim, c->user[0].next);
    await_next(c, 0);
}

static int check(const struct sim_node *self, struct sim_error *error)
{
    const struct client *c = (const struct client *)self;
    if (c->requests.count != c->finished.count + c->forgotten + c->in_flight.taken)
        return sim_refuse(error, "requests are not those finished, forgotten and in flight");
    int64_t thinking = 0;
    for (uint32_t i = 0; i < c->user_count; i++)
        thinking += sim_is_pending(self->sim, c->user[i].next);
    if (c->users > 0 && !self->down && thinking + c->in_flight.taken != c->users)
        return sim_refuse(error, "not every user either thinks or waits");
    return 0;
}

static double offered(const void *params)
{
    const struct client *c = params;
    if (c->users > 0) /* a cycle shorter than 1 ms is not foreseen */
        return (double)c->users * 1e9 / fmax(1e6, sim_dist_mean(&c->think_time));
    return fmax(c->rate, sim_arrivals_most(&c->schedule));
}

#define OF(member) offsetof(struct client, member)
#define COUNT(name, member, doc)                                                                   \
    {                                                                                              \
        name, SIM_COUNTER, "requests", doc, OF(member), NULL, NULL, 0                              \
    }
static const char *const spacings[] = {"poisson", "constant", NULL};
static const struct sim_param params[] = {
    {"rate", SIM_RATE, OF(rate), .flags = SIM_OPTIONAL | SIM_CHANGEABLE,
     .doc = "Open load: requests per second, from each node."},
    {"arrival", SIM_CHOICE, OF(arrival), "poisson", .choices = spacings,
     .doc = "Open load: how requests are spaced.",
     .source = "Kleinrock 1975, ch. 2: what many independent users amount to"},
    {"schedule", SIM_LIST, OF(schedule), .flags = SIM_OPTIONAL, .fields = sim_arrivals_step_params,
     .size = sizeof(struct sim_arrivals_step),
     .doc = "Open load whose rate changes: steps and ramps; the last one stays."},
    {"users", SIM_COUNT, OF(users), NULL, 1, 1e8, SIM_OPTIONAL, "users",
     .doc = "Closed load: how many users, on each node."},
    {"think_time", SIM_DISTRIBUTION, OF(think_time), .flags = SIM_OPTIONAL,
     .doc = "Closed load: from an answer to the same user's next request."},
    {"sessions", SIM_COUNT, OF(sessions), NULL, 1, 4e9, SIM_OPTIONAL, "sessions",
     .doc = "So many, picked at random; left out, each user of a closed load is one."},
    {"keyspace", SIM_KEYSPACE, OF(keyspace), .flags = SIM_OPTIONAL, .doc = "The keys asked for."},
    {"mix", SIM_GROUP, OF(mix), .fields = sim_arrivals_mix_params,
     .doc = "Shares of the kinds of request."},
    {"request_bytes", SIM_BYTES, OF(request_bytes), "500B", .source = "chosen: an HTTP request",
     .doc = "Size of a request with its headers; a write carries its value besides."},
    {0},
};

static const struct sim_port_def ports[] = {
    {"to", OF(to), SIM_REQUIRED, "Where requests are sent."},
    {0},
};

static const struct sim_meter meters[] = {
    {"latency", SIM_HISTOGRAM, "s", "From the intended sending to the answer, of successes.",
     OF(latency), .flags = SIM_HEADLINE},
    {"success", SIM_RATIO, "1", "Share of finished requests that were answered.", .of = "goodput",
     .by = "finished", .flags = SIM_HEADLINE},
    {"goodput", SIM_COUNTER, "requests", "Requests answered, as a rate.", OF(by_status[SIM_OK]),
     .flags = SIM_HEADLINE},
    COUNT("requests", requests, "Requests started."),
    COUNT("finished", finished, "Requests finished, well or not."),
    COUNT("timed_out", by_status[SIM_TIMEOUT], "Requests without an answer in time."),
    COUNT("refused", by_status[SIM_REFUSED], "Requests turned away."),
    COUNT("errors", by_status[SIM_ERROR], "Requests that failed."),
    COUNT("lost", by_status[SIM_LOST], "Requests lost in a crash."),
    COUNT("reads", reads, "Reads of a key that were answered."),
    COUNT("stale", stale, "Such reads that returned less than the latest version when sent."),
    {"stale_reads", SIM_RATIO, "1", "Share of answered reads that were stale.", .of = "stale",
     .by = "reads", .flags = SIM_HEADLINE},
    {"versions_behind", SIM_HISTOGRAM, "versions", "How far behind, of stale reads only.",
     .offset = OF(versions_behind)},
    {0},
};

const struct sim_model client_model = {
    .name = "client",
    .summary = "Users: an open or closed load of requests, and what becomes of them.",
    .source = "Kleinrock 1975 ch. 2, 1976 ch. 4; validated against M/M/c and exact MVA",
    .size = sizeof(struct client),
    .params = params,
    .ports = ports,
    .meters = meters,
    .init = init,
    .fault = fault,
    .changed = changed,
    .check = check,
    .sound = sound,
    .offered = offered,
};
