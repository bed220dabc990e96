/* users.c - who sends requests, with which keys and of which kinds.
 *
 * Arrivals, keys and kinds have a stream each: in a closed load for every user, in an open load for
 * every session, named by its number. No draw depends on an answer, so variants with the same seed
 * see the same requests. */
#include "sim/users.h"

#include "fabric/world_state.h"

const struct sim_param sim_users_session_params[] = {
    SIM_ROW(.name = "requests", .kind = SIM_NUMBER_DIST,
            .offset = offsetof(struct sim_users_session, requests), .flags = SIM_REQUIRED,
            .doc = "How many requests each sends."),
    SIM_ROW(.name = "think_time", .kind = SIM_DISTRIBUTION,
            .offset = offsetof(struct sim_users_session, think_time), .flags = SIM_REQUIRED,
            .doc = "From an answer to the same session's next request."),
    {0},
};

/* ---- sending --------------------------------------------------------------------------------- */

/* Keys are drawn early, so that there is time to fetch the memory of what is known of them. */
static void choose_key(struct sim_users *users, struct sim_user *u)
{
    u->key = sim_keys_draw(users->keyspace->keys, &u->keys);
    sim_expect_latest(users->keyspace, u->key);
}

static void send_next(struct sim *sim, void *self, sim_arg arg)
{
    (void)sim;
    struct sim_users *users = self;
    struct sim_user *user = arg.p;
    users->send(users->node, user, user->key, NULL);
}

/* ---- users who think ------------------------------------------------------------------------- */

/* Makes a user's streams from one seed stream for each purpose, so that users and purposes are
 * independent. */
static void seed(struct sim_users *users, struct sim_user *user)
{
    struct sim_stream *streams[3] = {&user->times, &user->keys, &user->mix};
    for (int purpose = 0; purpose < 3; purpose++)
        for (int word = 0; word < 4; word++)
            streams[purpose]->s[word] = sim_draw_bits(&users->seeds[purpose]);
}

/* Whether the world is told to stop; checked once every 4096 users or requests. */
static bool stops_at(const struct sim_users *users, uint64_t at)
{
    return at % 4096 == 0 && sim__world_stops(users->node->world);
}

static uint32_t name_next(struct sim_users *users)
{
    return 1 + (uint32_t)(users->begun++ * users->node->count + users->node->index);
}

static void count_sessions(struct sim_users *users)
{
    sim_gauge_set(&users->active, sim_now(users->node->sim), users->sessions.taken);
}

/* A session begins with its first request. */
static void visit(struct sim_users *users)
{
    struct sim_user *user = sim_table_pool_take(&users->sessions), *ring = &users->fixed[0];
    if (!user)
        return;
    *user = (struct sim_user){.session = name_next(users), .older = ring, .newer = ring->newer};
    ring->newer->older = user;
    ring->newer = user;
    seed(users, user);
    user->left = (uint64_t)sim_dist_draw(&users->session.requests, &users->lengths);
    count_sessions(users);
    if (users->keyspace)
        choose_key(users, user);
    users->send(users->node, user, user->key, NULL);
}

static void leave(struct sim_users *users, struct sim_user *user)
{
    user->older->newer = user->newer;
    user->newer->older = user->older;
    sim_table_pool_give(&users->sessions, user);
    count_sessions(users);
}

/* Called after an answer, and at the start of a closed load. */
bool sim__users_think(struct sim_users *users, struct sim_user *user)
{
    if (users->visited && --user->left == 0) {
        leave(users, user);
        return true;
    }
    const struct sim_dist *time = users->visited ? &users->session.think_time : &users->think_time;
    user->next = sim_after(users->node->sim, sim_dist_draw_time(time, &user->times), send_next,
                           users, (sim_arg){.p = user});
    if (users->keyspace)
        choose_key(users, user);
    return false;
}

/* ---- arrivals -------------------------------------------------------------------------------- */

static inline void await_at(struct sim_users *users, sim_time when, bool plain)
{
    struct sim_user *u = &users->fixed[0];
    struct sim_arrivals *a = &users->arrivals;
    if (when == SIM_NEVER)
        return;
    if (!plain && sim_arrivals_replaying(a) && a->trace->has_keys)
        u->key = sim_arrivals_due(a)->key;
    else if (users->keyspace && (plain || !users->visited))
        choose_key(users, u);
    u->next = sim_at(users->node->sim, when, users->arrive, users, (sim_arg){0});
}

static inline sim_time next_arrival(struct sim_users *users)
{
    return sim_arrivals_next(&users->arrivals, sim_now(users->node->sim), &users->fixed[0].times);
}

static void await_arrival(struct sim_users *users)
{
    await_at(users, next_arrival(users), false);
}

/* An arrival of a batch, a session, or a request of the trace. The next arrival is scheduled first:
 * it does not depend on this one. */
static void arrive(struct sim *sim, void *self, sim_arg arg)
{
    (void)sim;
    (void)arg;
    struct sim_users *users = self;
    struct sim_arrivals *a = &users->arrivals;
    struct sim_user *u = &users->fixed[0];
    uint64_t key = u->key;
    const struct sim_trace_request *given = sim_arrivals_replaying(a) ? sim_arrivals_take(a) : NULL;
    await_arrival(users);
    for (uint64_t left = sim_arrivals_size(a); left > 0 && !stops_at(users, left); left--) {
        if (users->visited)
            visit(users);
        else
            users->send(users->node, u, key, given);
        if (left > 1 && users->keyspace && !users->visited)
            key = sim_keys_draw(users->keyspace->keys, &u->keys);
    }
}

/* An arrival of one request in an open load without a trace: the most common case. */
static void arrive_one(struct sim *sim, void *self, sim_arg arg)
{
    (void)sim;
    (void)arg;
    struct sim_users *users = self;
    struct sim_user *u = &users->fixed[0];
    uint64_t key = u->key;
    await_at(users, next_arrival(users), true);
    users->send(users->node, u, key, NULL);
}

/* ---- for the model --------------------------------------------------------------------------- */

void sim_users_start(struct sim_users *users)
{
    if (users->closed == 0) {
        sim_arrivals_start(&users->arrivals);
        await_arrival(users);
    }
    for (uint32_t i = 0; users->closed > 0 && i < users->fixed_count && !stops_at(users, i); i++)
        sim__users_think(users, &users->fixed[i]);
}

static void close_ring(struct sim_users *users)
{
    users->fixed[0].newer = users->fixed[0].older = &users->fixed[0];
}

int sim_users_init(struct sim_users *users, struct sim_node *node, sim_users_send *send_request,
                   struct sim_error *error)
{
    static const char *const purposes[] = {"times", "keys", "mix"};
    const struct sim_trace *trace = users->arrivals.replay.trace;
    if (trace && trace->has_keys && (!users->keyspace || users->keyspace->count < trace->keys))
        return sim_refuse(error, "the trace names more keys than there are in its keyspace");
    users->node = node;
    users->send = send_request;
    users->visited = users->session.requests.kind != SIM_DIST_NONE;
    users->thinks = users->visited || users->closed > 0;
    bool more = users->visited || trace || users->arrivals.batch.kind != SIM_DIST_NONE;
    users->arrive = more ? arrive : arrive_one;
    users->mixed = users->mix.write + users->mix.erase + users->mix.scan > 0;
    users->fixed_count = users->closed > 0 ? (uint32_t)users->closed : 1;
    users->fixed = sim_node_alloc(node, users->fixed_count, sizeof *users->fixed);
    if (!users->fixed || sim_arrivals_begin(&users->arrivals, node))
        return sim_refuse(error, "out of memory");
    for (int purpose = 0; purpose < 3; purpose++)
        sim_node_stream(node, purposes[purpose], &users->seeds[purpose]);
    sim_node_stream(node, "session lengths", &users->lengths);
    sim_node_stream(node, "sessions", &users->pick);
    sim_table_pool_init(&users->sessions, node, sizeof(struct sim_user));
    for (uint32_t i = 0; i < users->fixed_count && !stops_at(users, i); i++) {
        seed(users, &users->fixed[i]);
        users->fixed[i].session = users->closed > 0 ? name_next(users) : 0;
    }
    close_ring(users);
    sim_users_start(users);
    return 0;
}

void sim_users_crash(struct sim_users *users)
{
    struct sim *sim = users->node->sim;
    for (uint32_t i = 0; i < users->fixed_count; i++)
        sim_cancel(sim, users->fixed[i].next);
    for (struct sim_user *u = users->fixed[0].newer; u != &users->fixed[0]; u = u->newer)
        sim_cancel(sim, u->next);
    close_ring(users);
    sim_table_pool_reset(&users->sessions);
    count_sessions(users);
}

void sim_users_rate_set(struct sim_users *users)
{
    if (users->closed != 0 || users->node->down)
        return;
    struct sim *sim = users->node->sim;
    struct sim_user *u = &users->fixed[0];
    sim_cancel(sim, u->next);
    await_at(users, sim_arrivals_changed(&users->arrivals, sim_now(sim), &u->times), false);
}

bool sim_users_conserved(const struct sim_users *users, uint64_t waiting)
{
    const struct sim *sim = users->node->sim;
    uint64_t there = users->closed > 0 ? (uint64_t)users->closed : users->sessions.taken;
    uint64_t thinking = 0;
    for (uint32_t i = 0; users->closed > 0 && i < users->fixed_count; i++)
        thinking += sim_is_pending(sim, users->fixed[i].next);
    for (struct sim_user *u = users->fixed[0].newer; u != &users->fixed[0]; u = u->newer)
        thinking += sim_is_pending(sim, u->next);
    return !users->thinks || users->node->down || thinking + waiting == there;
}

/* ---- what goes together ---------------------------------------------------------------------- */

static const char *check_closed(const struct sim_users *users)
{
    const struct sim_arrivals *a = &users->arrivals;
    if (users->think_time.kind == SIM_DIST_NONE)
        return "users need a think_time (\"0s\" for none)";
    if (a->spikes.count > 0 || a->random_spikes.every.kind != SIM_DIST_NONE)
        return "spikes multiply the rate of an open load, and users are a closed one";
    if (a->batch.kind != SIM_DIST_NONE)
        return "a batch is of an open load, and users are a closed one";
    if (users->session.requests.kind != SIM_DIST_NONE)
        return "a session is of an open load, and users are a closed one: each is one session";
    return NULL;
}

static const char *check_trace(const struct sim_users *users)
{
    const struct sim_trace *trace = users->arrivals.replay.trace;
    if (users->session.requests.kind != SIM_DIST_NONE)
        return "a trace says itself who sends when: leave \"session\" out";
    if (trace->has_sessions && users->names > 0)
        return "the trace names its sessions: leave \"sessions\" out";
    if (trace->has_ops && users->mix.write + users->mix.erase + users->mix.scan > 0)
        return "the trace says what each request is: leave \"mix\" out";
    return NULL;
}

const char *sim_users_check(const struct sim_users *users)
{
    int loads = sim_arrivals_loads(&users->arrivals) + (users->closed != 0);
    const char *why = NULL;
    if (loads != 1)
        return loads ? "rate, schedule, day, modulated, trace and users exclude one another: give "
                       "one"
                     : "no load: give one of rate, schedule, day, modulated, trace and users";
    if (users->closed != 0)
        why = check_closed(users);
    else if (users->think_time.kind != SIM_DIST_NONE)
        why = "think_time is of users: in an open load it stands in \"session\"";
    else if (users->arrivals.replay.trace)
        why = check_trace(users);
    if (!why && users->session.requests.kind != SIM_DIST_NONE)
        why = users->names > 0 ? "session names each session itself: leave \"sessions\" out"
                               : sim_arrivals_check_count(&users->session.requests);
    why = why ? why : sim_arrivals_check(&users->arrivals);
    return why ? why : sim_arrivals_check_mix(&users->mix);
}

double sim_users_offered(const struct sim_users *users, sim_time duration, double *peak)
{
    bool visited = users->session.requests.kind != SIM_DIST_NONE;
    double each = visited ? sim_dist_mean(&users->session.requests) : 1;
    *peak = sim_arrivals_offered(&users->arrivals) * each;
    return sim_arrivals_sustained(&users->arrivals, duration) * each;
}

double sim_users_sustained(const struct sim_users *users, sim_time duration)
{
    return sim_arrivals_sustained(&users->arrivals, duration);
}

double sim_users_closed(const struct sim_users *users, double *think_ns)
{
    *think_ns = users->closed > 0 ? sim_dist_mean(&users->think_time) : 0;
    return users->closed > 0 ? (double)users->closed : 0;
}
