/* balancer - passes each request on to one node of those behind it, by a policy.
 *
 * Models: the nodes of one or several components; at random, in turn, to the one with the fewest
 * requests out, to the better of d picked at random, or by a ring of hashed keys, with or without a
 * bound on how much more than the mean a node may have; a target's share is the weight of each of
 * its nodes. What is out at a node is what this balancer sent and has no answer to: several
 * balancers know nothing of one another. It takes no time unless `overhead` says so.
 *   health_check       real requests to every node; without them a node that is down is known only
 *                      by the calls that fail, and is asked again at once: one that refuses quickly
 *                      has few requests out and attracts more
 *   outlier_detection  ejects by the outcomes of requests
 *   panic_threshold    with fewer nodes left than that, all are used
 *   slow_start         a node that comes back gets its share little by little
 *   limit              of requests out at each node; more wait before all nodes or before each
 *   retry_at           whether a retry goes to another node
 * Leaves out: connections; sessions that stay at a node; priorities in a queue; requests that move
 * away from a node that is ejected while they are out there; hedges at another node; checks that
 * cost less than a request, or that end an ejection; faster checks while a node is in doubt.
 *
 * Source: Mitzenmacher 2001, IEEE TPDS 12(10) (power of d choices); Karger et al. 1997, STOC
 * (ring); Mirrokni, Thorup and Zadimoghaddam 2018, SODA (bounded loads); Envoy, HAProxy and nginx
 * as each file says. Validated by tests/theory/test_stations.c, test_balancers.c (closed forms) and
 * tests/model/test_balancer.c, test_balancer_nodes.c.
 *
 * Streams: choice (nodes and ties), overhead, checks (their phases). A request without a key goes
 * to a node at random where keys decide. Invariants: requests in hand are out at a node, wait, or
 * back off; requests out are the sum of those at each node; none but used nodes with room are
 * chosen. */
#include "models/balancer/balancer.h"

static void after_overhead(struct sim *sim, void *self, sim_arg arg)
{
    (void)sim;
    struct balancer *b = self;
    if (sim_call_request(&b->node, (sim_call_id){arg.u})) /* else lost in a crash since */
        sim__balancer_pass(b, (sim_call_id){arg.u});
}

static void serve(struct sim_node *self, sim_call_id call, const struct sim_request *request)
{
    (void)request;
    struct balancer *b = (struct balancer *)self;
    if (b->overhead.kind == SIM_DIST_NONE)
        sim__balancer_pass(b, call);
    else
        sim_after(self->sim, sim_dist_draw_time(&b->overhead, &b->takes), after_overhead, b,
                  (sim_arg){.u = call.key});
}

static int init(struct sim_node *self, struct sim_error *error)
{
    struct balancer *b = (struct balancer *)self;
    sim_node_stream(self, "choice", &b->choice);
    sim_node_stream(self, "overhead", &b->takes);
    sim_node_stream(self, "checks", &b->phases);
    sim_table_pool_init(&b->passing, self, sizeof(struct passing));
    sim_table_pool_init(&b->tried, self, sizeof(struct tried));
    b->nodes_changed = sim__balancer_pass_anew;
    b->places_attempts = b->retry_at != SAME_NODE || b->outlier.interval > 0;
    b->picked = sim_node_alloc(self, (size_t)b->choices, sizeof *b->picked);
    if (!b->picked || sim__balancer_nodes_init(b) != 0)
        return sim_refuse(error, "out of memory");
    if (b->limit.per_node > 0 && b->limit.queue == OWN_QUEUE) {
        b->own = sim_node_alloc(self, b->count, sizeof *b->own);
        if (!b->own)
            return sim_refuse(error, "out of memory");
    }
    if (b->policy == CONSISTENT_HASH && sim__balancer_ring_init(b) != 0)
        return sim_refuse(error, "out of memory");
    sim__balancer_checks_start(b);
    sim__balancer_outlier_start(b);
    return 0;
}

/* What was out is forgotten: the answers come to nobody. So is what was known of the nodes. */
static void fault(struct sim_node *self, enum sim_fault_kind kind)
{
    struct balancer *b = (struct balancer *)self;
    if (kind == SIM_FAULT_CRASH) {
        sim__balancer_checks_stop(b);
        sim__balancer_outlier_stop(b);
        sim__balancer_pass_reset(b);
        sim__balancer_nodes_reset(b);
    } else if (kind == SIM_FAULT_RESTART) {
        sim__balancer_checks_start(b);
        sim__balancer_outlier_start(b);
    }
}

static int check(const struct sim_node *self, struct sim_error *error)
{
    const struct balancer *b = (const struct balancer *)self;
    uint64_t waiting = sim__balancer_queue_count(b);
    const char *why = sim__balancer_nodes_check(b);
    if (!why && b->out + waiting + b->resting.count != b->passing.taken)
        why = "requests in hand are not those that are out, wait or back off";
    if (!why && (int64_t)waiting != b->queue.value)
        why = "requests that wait are not those that were counted";
    return why ? sim_refuse(error, why) : 0;
}

static int sound(const void *params, struct sim_error *error)
{
    const struct balancer *b = params;
    if (b->bound > 0 && b->policy != CONSISTENT_HASH)
        return sim_refuse(error, "\"bounded_load\" is for the policy \"consistent-hash\"");
    if (b->replacement && b->policy != POWER_OF_D)
        return sim_refuse(error, "\"replacement\" is for the policy \"power-of-d\"");
    if (b->checks.interval > 0 && b->checks.timeout > b->checks.interval)
        return sim_refuse(error, "a check must be over before the next begins: the timeout of "
                                 "\"health_check\" must not be longer than its interval");
    if (b->outlier.interval > 0 && b->outlier.longest < b->outlier.base)
        return sim_refuse(error, "max_ejection_time (300 s unless the scenario says otherwise) "
                                 "must not be shorter than base_ejection_time");
    if (b->slow_start.window > 0 && b->policy == CONSISTENT_HASH)
        return sim_refuse(error, "\"slow_start\" is not for the policy \"consistent-hash\", where "
                                 "the keys decide");
    if (b->slow_start.window > 0 && b->checks.interval == 0 && b->outlier.interval == 0)
        return sim_refuse(error, "\"slow_start\" begins when a node comes back: it needs a "
                                 "\"health_check\" or \"outlier_detection\"");
    return 0;
}

static void foresee(const void *params, const struct sim_extent *of, struct sim_foreseen *out)
{
    const struct balancer *b = params;
    bool ring = b->policy == CONSISTENT_HASH;
    out->what = ring ? "points of its rings" : "nodes to choose from";
    out->count = (double)of->nodes * (double)of->behind * (ring ? (double)b->points : 1);
    out->each = ring ? sizeof(struct sim_ring_point)
                     : sizeof(struct place) + sizeof(struct condition);
    if (b->checks.interval > 0) /* begun, arrives, is served, answered */
        out->ticks += 4e9 * (double)of->behind / (double)b->checks.interval;
    if (b->outlier.interval > 0)
        out->ticks += 1e9 / (double)b->outlier.interval;
}

static void queueing(const void *params, struct sim_queueing *q)
{
    const struct balancer *b = params;
    q->flow = SIM_FLOW_SAME;
    q->delay = &b->overhead;
    q->chooses = b->policy == RANDOM        ? SIM_CHOOSES_AT_RANDOM
                 : b->policy == ROUND_ROBIN ? SIM_CHOOSES_IN_TURN
                                            : SIM_CHOOSES_OTHERWISE;
    q->why = b->checks.interval > 0     ? "health checks come besides"
             : b->limit.per_node > 0    ? "requests wait for a node with room"
             : b->outlier.interval > 0  ? "nodes are left out by what came of requests"
             : b->retry_at != SAME_NODE ? "a retry goes to another node"
                                        : NULL;
    if (q->why)
        q->flow = SIM_FLOW_OTHER;
}

#define OF(member) offsetof(struct balancer, member)
#define COUNT(json, member, what, ...)                                                             \
    SIM_ROW(.name = json, .kind = SIM_COUNTER, .unit = what, .offset = OF(member), __VA_ARGS__)
static const char *const policies[] = {"random",     "round-robin",     "least-connections",
                                       "power-of-d", "consistent-hash", NULL};
static const char *const retries[] = {"same", "any", "other", NULL};

static const struct sim_param params[] = {
    SIM_ROW(.name = "policy", .kind = SIM_CHOICE, .offset = OF(policy), .flags = SIM_REQUIRED,
            .choices = policies, .doc = "Policy by which a node is chosen."),
    SIM_ROW(.name = "choices", .kind = SIM_COUNT, .unit = "nodes", .offset = OF(choices),
            .by_default = "2", .low = 1, .high = 1000, .doc = "For power-of-d: nodes to compare.",
            .source = "Mitzenmacher 2001: d = 2"),
    SIM_ROW(.name = "replacement", .kind = SIM_BOOL, .offset = OF(replacement),
            .by_default = "false",
            .doc = "For power-of-d: whether one node may be drawn several times (Envoy does so).",
            .source = "chosen: different ones; among many nodes it is the same"),
    SIM_ROW(.name = "virtual_nodes", .kind = SIM_COUNT, .unit = "points", .offset = OF(points),
            .by_default = "100", .low = 1, .high = 100000,
            .doc = "For consistent-hash: points of each node on the ring; with weights, of the "
                   "heaviest node.",
            .source = "chosen: shares then differ by about 10 %"),
    SIM_ROW(.name = "bounded_load", .kind = SIM_NUMBER, .offset = OF(bound), .low = 1, .high = 1e6,
            .flags = SIM_OPTIONAL,
            .doc = "For consistent-hash: the most requests at a node, relative to the mean; others "
                   "go on along the ring."),
    SIM_ROW(.name = "overhead", .kind = SIM_DISTRIBUTION, .offset = OF(overhead),
            .flags = SIM_OPTIONAL, .doc = "Time to pass a request on; default none."),
    SIM_ROW(.name = "retry_at", .kind = SIM_CHOICE, .offset = OF(retry_at), .by_default = "same",
            .choices = retries,
            .doc =
                "Where a retry of the balancer's own policy goes: to the same node, to any node, "
                "chosen anew, or to another node, where the request has not failed yet.",
            .source = "HAProxy 2.x without \"option redispatch\"; any: Envoy; other: nginx"),
    SIM_ROW(.name = "health_check", .kind = SIM_GROUP, .offset = OF(checks), .flags = SIM_OPTIONAL,
            .fields = sim__balancer_check_params,
            .doc = "The balancer's own requests to every node. A node that fails them is not used. "
                   "Default none."),
    SIM_ROW(.name = "outlier_detection", .kind = SIM_GROUP, .offset = OF(outlier),
            .flags = SIM_OPTIONAL, .fields = sim__balancer_outlier_params,
            .doc = "A node where requests fail is not used for a while. Default none."),
    SIM_ROW(.name = "panic_threshold", .kind = SIM_FRACTION, .offset = OF(panic_threshold),
            .by_default = "50%", .low = 0, .high = 1,
            .doc = "If a smaller share of the nodes than this is left, all are used. With 0, every "
                   "request is refused if no node is left.",
            .source = "Envoy, healthy_panic_threshold 50"),
    SIM_ROW(.name = "slow_start", .kind = SIM_GROUP, .offset = OF(slow_start),
            .flags = SIM_OPTIONAL, .fields = sim__balancer_slow_start_params,
            .doc = "A node that comes back gets fewer requests at first. Default none."),
    SIM_ROW(.name = "limit", .kind = SIM_GROUP, .offset = OF(limit), .flags = SIM_OPTIONAL,
            .fields = sim__balancer_limit_params,
            .doc = "Limit of requests out at each node, and the queue before it. Default none."),
    {0},
};

static const struct sim_port_def ports[] = {
    SIM_ROW(.name = "to", .offset = OF(to), .flags = SIM_REQUIRED | SIM_MANY,
            .doc =
                "The component whose nodes it chooses from; a share is the weight of each of the "
                "target's nodes. Without health_check or outlier_detection, nodes that are down "
                "are chosen, too. With least-connections and power-of-d, a node that refuses at "
                "once then attracts most requests. With round-robin, retries of callers take "
                "turns, too, so with two nodes each new request starts at the dead one."),
    {0},
};

static const struct sim_meter meters[] = {
    COUNT("passed", passed, "requests", .doc = "Requests passed on."),
    COUNT("deflected", deflected, "requests", .flags = SIM_WORSE_HIGH,
          .doc = "Requests sent on because their node had no room or was not used."),
    COUNT("retried_elsewhere", retried_elsewhere, "requests", .flags = SIM_WORSE_HIGH,
          .doc = "Retries that went to another node than the attempt before."),
    COUNT("unroutable", unroutable, "requests", .flags = SIM_WORSE_HIGH,
          .doc = "Requests refused because no node was used."),
    SIM_ROW(.name = "healthy", .kind = SIM_GAUGE, .unit = "nodes", .offset = OF(healthy),
            .flags = SIM_WORSE_LOW, .doc = "Nodes that are neither unhealthy nor ejected."),
    COUNT("checks", checked, "checks", .doc = "Checks sent."),
    COUNT("checks_failed", checks_failed, "checks", .flags = SIM_WORSE_HIGH,
          .doc = "Checks not answered OK, or not in time."),
    SIM_ROW(.name = "ejected", .kind = SIM_GAUGE, .unit = "nodes", .offset = OF(ejected),
            .flags = SIM_WORSE_HIGH, .doc = "Nodes ejected by outlier detection."),
    COUNT("ejections", ejections, "ejections", .flags = SIM_WORSE_HIGH,
          .doc = "Ejections of nodes."),
    SIM_ROW(.name = "panic", .kind = SIM_GAUGE, .unit = "1", .offset = OF(panic),
            .flags = SIM_WORSE_HIGH, .doc = "1 while all nodes are used because too few are left."),
    COUNT("panics", panics, "panics", .flags = SIM_WORSE_HIGH, .doc = "How often a panic began."),
    SIM_ROW(.name = "waiting", .kind = SIM_GAUGE, .unit = "requests", .offset = OF(queue),
            .flags = SIM_WORSE_HIGH, .doc = "Requests that wait for a node with room."),
    SIM_ROW(.name = "wait", .kind = SIM_HISTOGRAM, .unit = "s", .offset = OF(wait),
            .flags = SIM_WORSE_HIGH,
            .doc = "Waiting times of requests that had to wait, including those refused then."),
    COUNT("queue_refused", queue_refused, "requests", .flags = SIM_WORSE_HIGH,
          .doc = "Requests refused because the queue was full or the wait too long."),
    {0},
};

const struct sim_model balancer_model = {
    .name = "balancer",
    .summary = "A load balancer: passes each request on to one of many nodes.",
    .source = "Mitzenmacher 2001; Karger et al. 1997; validated against M/M/1, E/M/1, power of two",
    .leaves_out = "connections; sessions that stay at a node; priorities in a queue; requests that "
                  "move away from a node that is ejected while they are out there; hedges at "
                  "another node; checks that cost less than a request, or that end an ejection; "
                  "faster checks while a node is in doubt.",
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
