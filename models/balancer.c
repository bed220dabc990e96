/* balancer - passes each request on to one node of those behind it, by a policy.
 *
 * Models: the nodes of one or several components; at random, in turn, to the one with the fewest
 * requests out, to the better of d picked at random, or by a ring of hashed keys, with or without a
 * bound on how much more than the mean a node may have. What is out at a node is what this balancer
 * sent and has no answer to: several balancers know nothing of one another. It takes no time unless
 * `overhead` says so, and never queues.
 * Leaves out: health checks. A node that is down is known only by the calls that fail, and is asked
 * again at once: one that refuses quickly has few requests out and attracts more. Also slow starts,
 * weights, connections, retries at another node (a retry of its policy goes to the same).
 *
 * Source: Mitzenmacher 2001, IEEE TPDS 12(10) (power of d choices); Karger et al. 1997, STOC
 * (ring); Mirrokni, Thorup and Zadimoghaddam 2018, SODA (bounded loads). Validated by
 * tests/theory/test_stations.c (random, in turn, d = 2 of 100) and tests/model/test_balancer.c.
 *
 * Streams: choice (nodes and ties), overhead. A request without a key goes to a node at random
 * where keys decide. Invariant: requests out are the sum of those out at each node. */
#include "sim/model.h"

#include <math.h>

enum { RANDOM, ROUND_ROBIN, LEAST_CONNECTIONS, POWER_OF_D, CONSISTENT_HASH };

struct place {
    uint32_t target, node;
    uint32_t out; /* requests sent and not yet answered */
};

struct passing {
    sim_call_id call;
    uint32_t place;
};

struct balancer {
    struct sim_node node;
    struct sim_port to;
    int policy;
    int64_t choices, points;
    double bound;
    struct sim_dist overhead;

    struct sim_stream choice, takes;
    struct place *places;
    uint32_t count, turn, out;
    uint32_t *picked; /* of `choices` */
    struct sim_ring ring;
    struct sim_table_pool passing;
    struct sim_counter passed, deflected;
};

/* The one of fewest requests out; of several, each as likely. O(nodes). */
static uint32_t fewest(struct balancer *b)
{
    uint32_t best = 0, ties = 1;
    for (uint32_t i = 1; i < b->count; i++) {
        if (b->places[i].out > b->places[best].out)
            continue;
        ties = b->places[i].out < b->places[best].out ? 1 : ties + 1;
        if (ties == 1 || sim_draw_below(&b->choice, ties) == 0)
            best = i;
    }
    return best;
}

/* The best of d different ones, the first picked where they are equal. O(d^2). */
static uint32_t best_of_d(struct balancer *b)
{
    uint32_t d = (uint32_t)b->choices < b->count ? (uint32_t)b->choices : b->count, best = 0;
    for (uint32_t i = 0; i < d; i++) {
        uint32_t at = (uint32_t)sim_draw_below(&b->choice, b->count - i), k = 0;
        /* the at-th of those not yet picked, which are kept in order */
        for (; k < i && b->picked[k] <= at; k++)
            at++;
        for (uint32_t j = i; j > k; j--)
            b->picked[j] = b->picked[j - 1];
        b->picked[k] = at;
        if (i == 0 || b->places[at].out < b->places[best].out)
            best = at;
    }
    return best;
}

/* Where its key belongs; with a bound, the first from there on that has room. */
static uint32_t by_key(struct balancer *b, const struct sim_request *request)
{
    if (request->space == NULL || request->key == SIM_NO_KEY)
        return (uint32_t)sim_draw_below(&b->choice, b->count);
    uint64_t at = sim_ring_find(&b->ring, sim_ring_hash(request->key)), first = at;
    if (b->bound > 0) {
        double most = ceil(b->bound * (b->out + 1) / b->count);
        while (b->places[b->ring.points[at].place].out >= most)
            at = at + 1 < b->ring.count ? at + 1 : 0;
        sim_count_by(&b->deflected, b->ring.points[at].place != b->ring.points[first].place);
    }
    return b->ring.points[at].place;
}

static uint32_t choose(struct balancer *b, const struct sim_request *request)
{
    switch (b->policy) {
    case RANDOM: return (uint32_t)sim_draw_below(&b->choice, b->count);
    case LEAST_CONNECTIONS: return fewest(b);
    case POWER_OF_D: return best_of_d(b);
    case CONSISTENT_HASH: return by_key(b, request);
    default: break;
    }
    uint32_t turn = b->turn;
    b->turn = turn + 1 < b->count ? turn + 1 : 0;
    return turn;
}

static void answered(struct sim *sim, void *self, sim_arg arg, const struct sim_reply *reply)
{
    (void)sim;
    struct balancer *b = self;
    struct passing *p = arg.p;
    sim_call_id call = p->call;
    b->places[p->place].out--;
    b->out--;
    sim_table_pool_give(&b->passing, p);
    struct sim_reply passed = *reply;
    if (passed.status == SIM_TIMEOUT || passed.status == SIM_LOST)
        passed = (struct sim_reply){.status = SIM_ERROR};
    sim_answer(&b->node, call, passed);
}

static void pass(struct balancer *b, sim_call_id call, const struct sim_request *request)
{
    struct passing *p = sim_table_pool_take(&b->passing);
    if (!p)
        return;
    *p = (struct passing){call, choose(b, request)};
    struct place *place = &b->places[p->place];
    place->out++;
    b->out++;
    sim_count(&b->passed);
    sim_call_node(&b->to, place->target, place->node, request, answered, b, (sim_arg){.p = p});
}

static void after_overhead(struct sim *sim, void *self, sim_arg arg)
{
    (void)sim;
    struct balancer *b = self;
    const struct sim_request *request = sim_call_request(&b->node, (sim_call_id){arg.u});
    if (request) /* else lost in a crash since */
        pass(b, (sim_call_id){arg.u}, request);
}

static void serve(struct sim_node *self, sim_call_id call, const struct sim_request *request)
{
    struct balancer *b = (struct balancer *)self;
    if (b->overhead.kind == SIM_DIST_NONE)
        pass(b, call, request);
    else
        sim_after(self->sim, sim_dist_draw_time(&b->overhead, &b->takes), after_overhead, b,
                  (sim_arg){.u = call.key});
}

static int ring_init(struct balancer *b)
{
    struct sim_ring_point *points = sim_node_alloc(&b->node, (size_t)b->count * (size_t)b->points,
                                                   sizeof *points);
    const char **names = sim_node_alloc(&b->node, b->count, sizeof *names);
    if (!points || !names)
        return -1;
    for (uint32_t i = 0; i < b->count; i++)
        names[i] = sim_port_node_name(&b->to, b->places[i].target, b->places[i].node);
    sim_ring_make(&b->ring, points, names, b->count, (uint32_t)b->points);
    return 0;
}

static int init(struct sim_node *self, struct sim_error *error)
{
    struct balancer *b = (struct balancer *)self;
    sim_node_stream(self, "choice", &b->choice);
    sim_node_stream(self, "overhead", &b->takes);
    sim_table_pool_init(&b->passing, self, sizeof(struct passing));
    for (uint32_t t = 0; t < b->to.target_count; t++)
        b->count += sim_port_nodes(&b->to, t);
    b->places = sim_node_alloc(self, b->count, sizeof *b->places);
    b->picked = sim_node_alloc(self, (size_t)b->choices, sizeof *b->picked);
    if (!b->places || !b->picked)
        return sim_refuse(error, "out of memory");
    uint32_t at = 0;
    for (uint32_t t = 0; t < b->to.target_count; t++)
        for (uint32_t n = 0; n < sim_port_nodes(&b->to, t); n++)
            b->places[at++] = (struct place){t, n, 0};
    if (b->policy == CONSISTENT_HASH && ring_init(b) != 0)
        return sim_refuse(error, "out of memory");
    return 0;
}

/* What was out is forgotten: the answers come to nobody. */
static void fault(struct sim_node *self, enum sim_fault_kind kind)
{
    struct balancer *b = (struct balancer *)self;
    if (kind != SIM_FAULT_CRASH)
        return;
    sim_table_pool_reset(&b->passing);
    for (uint32_t i = 0; i < b->count; i++)
        b->places[i].out = 0;
    b->out = b->turn = 0;
}

static int check(const struct sim_node *self, struct sim_error *error)
{
    const struct balancer *b = (const struct balancer *)self;
    uint64_t out = 0;
    for (uint32_t i = 0; i < b->count; i++)
        out += b->places[i].out;
    if (out != b->out || out != (uint64_t)b->passing.taken)
        return sim_refuse(error, "requests out are not those out at each node");
    return 0;
}

static int sound(const void *params, struct sim_error *error)
{
    const struct balancer *b = params;
    if (b->bound > 0 && b->policy != CONSISTENT_HASH)
        return sim_refuse(error, "\"bounded_load\" is for the policy \"consistent-hash\"");
    return 0;
}

static void foresee(const void *params, const struct sim_extent *of, struct sim_foreseen *out)
{
    const struct balancer *b = params;
    bool ring = b->policy == CONSISTENT_HASH;
    out->what = ring ? "points of its rings" : "nodes to choose from";
    out->count = (double)of->nodes * (double)of->behind * (ring ? (double)b->points : 1);
    out->each = ring ? sizeof(struct sim_ring_point) : sizeof(struct place);
}

static void queueing(const void *params, struct sim_queueing *q)
{
    const struct balancer *b = params;
    q->flow = SIM_FLOW_SAME;
    q->delay = &b->overhead;
    q->chooses = b->policy == RANDOM        ? SIM_CHOOSES_AT_RANDOM
                 : b->policy == ROUND_ROBIN ? SIM_CHOOSES_IN_TURN
                                            : SIM_CHOOSES_OTHERWISE;
}

#define OF(member) offsetof(struct balancer, member)
static const char *const policies[] = {"random",     "round-robin",     "least-connections",
                                       "power-of-d", "consistent-hash", NULL};

static const struct sim_param params[] = {
    SIM_ROW(.name = "policy", .kind = SIM_CHOICE, .offset = OF(policy), .flags = SIM_REQUIRED,
            .choices = policies, .doc = "Policy by which a node is chosen."),
    SIM_ROW(.name = "choices", .kind = SIM_COUNT, .unit = "nodes", .offset = OF(choices),
            .by_default = "2", .low = 1, .high = 1000, .doc = "For power-of-d: nodes to compare.",
            .source = "Mitzenmacher 2001: d = 2"),
    SIM_ROW(.name = "virtual_nodes", .kind = SIM_COUNT, .unit = "points", .offset = OF(points),
            .by_default = "100", .low = 1, .high = 100000,
            .doc = "For consistent-hash: points of each node on the ring.",
            .source = "chosen: shares then differ by about 10 %"),
    SIM_ROW(.name = "bounded_load", .kind = SIM_NUMBER, .offset = OF(bound), .low = 1, .high = 1e6,
            .flags = SIM_OPTIONAL,
            .doc = "For consistent-hash: the most requests at a node, relative to the mean. "
                   "Further ones go to the next node on the ring."),
    SIM_ROW(.name = "overhead", .kind = SIM_DISTRIBUTION, .offset = OF(overhead),
            .flags = SIM_OPTIONAL, .doc = "Time to pass a request on. Left out: none."),
    {0},
};

static const struct sim_port_def ports[] = {
    SIM_ROW(.name = "to", .offset = OF(to), .flags = SIM_REQUIRED | SIM_MANY,
            .doc =
                "The component whose nodes it chooses from, including nodes that are down. With "
                "least-connections and power-of-d, a node that refuses at once attracts most "
                "requests. With round-robin, a retry also takes a turn. So with two nodes, one of "
                "them dead, every new request goes to the dead one first."),
    {0},
};

static const struct sim_meter meters[] = {
    SIM_ROW(.name = "passed", .kind = SIM_COUNTER, .unit = "requests", .offset = OF(passed),
            .doc = "Requests passed on."),
    SIM_ROW(.name = "deflected", .kind = SIM_COUNTER, .unit = "requests", .offset = OF(deflected),
            .flags = SIM_WORSE_HIGH, .doc = "Requests sent on because their node had no room."),
    {0},
};

const struct sim_model balancer_model = {
    .name = "balancer",
    .summary = "A load balancer: passes each request on to one of many nodes.",
    .source = "Mitzenmacher 2001; Karger et al. 1997; validated against M/M/1, E/M/1, power of two",
    .size = sizeof(struct balancer),
    .params = params,
    .ports = ports,
    .meters = meters,
    .init = init,
    .serve = serve,
    .fault = fault,
    .check = check,
    .sound = sound,
    .queueing = queueing,
    .foresee = foresee,
};
