/* test_policy.c - resilience policies in small cases whose result can be said exactly.
 *
 * Every number follows from the times in the text. Arrivals are evenly spaced: 10/s come at .1 s,
 * .2 s, … */
#include "harness.h"
#include "policy/policy_state.h"

#define RUN(seconds)                                                                               \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '" seconds "', 'replications': 1}, "
#define USERS(r, policy)                                                                           \
    "'components': {'users': {'model': 'client', 'to': 'app', " IN_STEP ", 'rate': '" r            \
    "', " policy "}, "
#define APP(more) "'app': {'model': 'service', 'servers': 1000, " more "}}}"

/* Node 0 takes 1 s, node 1 takes .1 s; calls alternate, one a second. The first is hedged after
 * .2 s: .3 s, not min(1, .1). Its hedge took node 1's turn, so the next begins at node 0 again. */
static void hedged_latency_has_the_wait_before_the_second(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        RUN("100s") "'timeline': ["
                    "{'at': '0s', 'do': 'slow',"
                    " 'target': 'app/0', 'factor': 10}"
                    "], " USERS("1/s", "'hedge': {'delay': '200ms'}")
                        APP("'nodes': 2, 'spread': 'round-robin', 'service_time': '100ms'"));
    harness_is(r, "users.latency.max", 0.3);
    harness_is(r, "users.latency.mean", 0.3);
    harness_is(r, "users.hedges.count", 99);
    harness_is(r, "users.hedges_won.count", 99);
    harness_is(r, "users.abandoned.count", 99);
    harness_is(r, "app.wasted.count", 98); /* the last one's is still at work */
    /* one request each, however many legs it has */
    harness_is(r, "users.requests.count", 99);
    harness_is(r, "users.calls.count", 99);
    harness_is(r, "users.attempts.count", 198);
    harness_is(r, "users.success.mean", 1);
    harness_free(r);
}

static void writes_are_hedged_only_when_that_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double hedges;
    } cases[] = {
        {RUN("100s") "'keyspaces': {'k': {'keys': 1, 'popularity': 'uniform'}}," USERS(
             "1/s", "'keyspace': 'k', 'mix': {'write': 1}, 'hedge': {'delay': '200ms'}")
             APP("'service_time': '300ms'"),
         0},
        {RUN("100s") "'keyspaces': {'k': {'keys': 1, 'popularity': 'uniform'}}," USERS(
             "1/s", "'keyspace': 'k', 'mix': {'write': 1}, 'hedge': {'delay': '200ms',"
                    " 'writes': true}") APP("'service_time': '300ms'"),
         99},
    };
    for (size_t i = 0; i < 2; i++) {
        struct sim_record *r = harness_once(cases[i].text);
        harness_is(r, "users.hedges.count", cases[i].hedges);
        harness_is(r, "users.hedges_won.count", 0);
        harness_free(r);
    }
}

/* The first 2 s everything takes 10 s; a request at 1 s times out at 1.3, 1.6 and 1.9, and is then
 * tried anew with a timeout of its own: .1 s later .001 of .1 s of work is done, and it is answered
 * at 2.099. Had the retry kept the first start, it would never succeed. In the second case attempts
 * begin at 0, .35 and .7 s, and the deadline ends the call at 1 s sharp, amid the third; the user
 * asks again at once. */
static void timeouts_are_each_attempts_and_the_deadline_is_the_calls(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(RUN("3s") "'timeline': ["
                                                  "{'at': '0s', 'for': '2s', 'do': 'slow',"
                                                  " 'target': 'app', 'factor': 100}"
                                                  "], " USERS("1/s", "'timeout': '300ms',"
                                                                     " 'retry': {'attempts': 10}")
                                                      APP("'service_time': '100ms'"));
    harness_is(r, "users.latency.max", 1.099);
    harness_is(r, "users.timeouts.count", 3);
    harness_free(r);
    r = harness_once(
        RUN("100s") "'components': {'users': {'model': 'client', 'to': 'app',"
                    " 'users': 1, 'think_time': '0s', 'timeout': '350ms',"
                    " 'deadline': '1s', 'retry': {'attempts': 9}}, " APP("'service_time': '10s'"));
    harness_is(r, "users.finished.count", 99);
    harness_is(r, "users.timed_out.count", 99);
    harness_is(r, "users.attempts.count", 300);
    harness_free(r);
}

/* Users who think for 5 s all ask at 5 s: of 50, the burst passes. The bucket has a token again
 * after .1 s, so the seven and the one after it do not meet: at 10 s all 50 ask again. */
static void a_burst_is_exact(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        RUN("12s") "'components': {'users': {'model': 'client', 'to': 'app', 'users': 50,"
                   " 'think_time': '5s', 'rate_limit': {'rate': '10/s', 'burst': 7}}, " APP(
                       "'service_time': '0s'"));
    harness_is(r, "users.goodput.count", 14);
    harness_is(r, "users.rate_refused.count", 86);
    /* what the caller's own policy turns away is a failure of the user's, and never sent */
    harness_is(r, "users.success.mean", 0.14);
    harness_is(r, "users.refused.count", 86);
    harness_is(r, "users.attempts.count", 14);
    harness_is(r, "app.rate.count", 14);
    harness_free(r);
    /* each may wait 1 s: ten more, the last at 6 s; then they think until 10 s, and those that
     * passed later come later, by when the bucket has filled for them */
    r = harness_once(RUN("9s") "'components': {'users': {'model': 'client', 'to': 'app',"
                               " 'users': 50, 'think_time': '5s',"
                               " 'rate_limit': {'rate': '10/s',"
                               " 'burst': 7, 'wait': '1s'}}, " APP("'service_time': '0s'"));
    harness_is(r, "users.goodput.count", 17);
    harness_is(r, "users.latency.max", 1);
    harness_is(r, "users.held_back.peak", 10);
    harness_free(r);
}

/* 100 users ask at 5 s, of whom ten get a slot for 1 s; five wait .5 s in vain, the rest is refused
 * at once. */
static void a_wait_for_a_slot_is_bounded(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        RUN("8s") "'components': {'users': {'model': 'client', 'to': 'app', 'users': 100,"
                  " 'think_time': '5s', 'concurrency': {'limit': 10, 'wait': '500ms',"
                  " 'queue': 5}}, " APP("'service_time': '1s'"));
    harness_is(r, "users.concurrency.peak", 10);
    harness_is(r, "users.concurrency_limit.mean", 10);
    harness_is(r, "users.held_back.peak", 5);
    harness_is(r, "users.goodput.count", 10);
    harness_is(r, "users.concurrency_refused.count", 90);
    harness_free(r);
    /* who may wait 1.5 s has the second turn; the deadline of 1.2 s comes before its end */
    r = harness_once(
        RUN("8s") "'components': {'users': {'model': 'client', 'to': 'app', 'users': 100,"
                  " 'think_time': '5s', 'deadline': '1200ms', 'concurrency': {'limit': 10,"
                  " 'wait': '1500ms', 'queue': 25}}, " APP("'service_time': '1s'"));
    harness_is(r, "users.goodput.count", 10);
    harness_is(r, "users.timed_out.count", 25);
    harness_is(r, "users.timeouts.count", 10);
    harness_is(r, "users.concurrency_refused.count", 65);
    harness_free(r);
}

/* Ten calls a second; from 10.05 s on the callee is down for 10 s and says so. Within a window of
 * 1 s half have failed at 10.5 s (10.1 … 10.5 against 9.6 … 10). It opens, and probes at 11.5 s and
 * every second after; the ninth probe, at 19.5 s, is in vain, and the tenth closes it. */
static void a_breaker_opens_probes_and_closes(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(
        RUN("30s") "'timeline': ["
                   "{'at': '10.05s', 'for': '10s',"
                   " 'do': 'crash', 'target': 'app'}"
                   "], " USERS("10/s", "'breaker': {'window': '1s', 'calls': 10, 'open': '1s'}")
                       APP("'service_time': '0s'"));
    harness_is(r, "users.refused.count", 5 + 9 + 10 * 9); /* by the callee; by the breaker */
    harness_is(r, "app.refused.count", 5 + 9);
    harness_is(r, "users.breaker_refused.count", 10 * 9);
    harness_is(r, "users.breaker_open.mean", 10.0 / 30);
    harness_is(r, "users.attempts.count", 299 - 90);
    harness_is(r, "users.success.mean", (299.0 - 90 - 14) / 299);
    harness_free(r);
    /* a refusal is tried again after a backoff, unless it is said to be final */
    const char *again =
        RUN("30s") "'timeline': ["
                   "{'at': '0s', 'do': 'crash', 'target': 'app'}"
                   "], " USERS("1/s",
                               "'retry': {'attempts': 3, 'backoff': '100ms', 'growth': 'constant'},"
                               " 'breaker': {'consecutive': 1,"
                               " 'open': '1000s'}") APP("'service_time': '0s'");
    r = harness_once(again);
    harness_is(r, "users.attempts.count", 1);
    harness_is(r, "users.breaker_refused.count", 2 + 28 * 3);
    harness_free(r);
    r = harness_once(RUN(
        "30s") "'timeline': ["
               "{'at': '0s', 'do': 'crash', 'target': 'app'}"
               "], " USERS("1/s",
                           "'retry': {'attempts': 3, 'backoff': '100ms', 'refused_is_final': true},"
                           " 'breaker': {'consecutive': 1,"
                           " 'open': '1000s'}") APP("'service_time': '0s'"));
    harness_is(r, "users.attempts.count", 1);
    harness_is(r, "users.breaker_refused.count", 1 + 28);
    harness_free(r);
}

/* The caller crashes with attempts in every state; harness_run() holds the audit, which counts
 * calls, slots and what is stuck. After it the limits are as new. */
static void a_crash_of_the_caller_forgets_everything(void **state)
{
    (void)state;
    struct sim_record *r = harness_once(RUN(
        "60s") "'timeline': ["
               "{'at': '10.05s', 'for': '1s', 'do': 'crash',"
               " 'target': 'front'}, "
               "{'at': '20.05s', 'for': '1s', 'do': 'crash',"
               " 'target': 'app'}, "
               "{'at': '20.55s', 'for': '2s', 'do': 'crash',"
               " 'target': 'front'}"
               "], "
               "'components': {'users': {'model': 'client', 'to': 'front', 'rate': '100/s',"
               " 'timeout': '2s'}, 'front': {'model': 'service', 'to': 'app', 'servers': 1000,"
               " 'service_time': '1ms', 'timeout': '400ms', 'deadline': '3s',"
               " 'retry': {'attempts': 4,"
               " 'backoff': '100ms', 'jitter': 'full', 'budget': {'ratio': 0.5}},"
               " 'hedge': {'percentile': 0.9, 'window': '3s', 'extra': 2},"
               " 'breaker': {'calls': 50, 'window': '1s', 'open': '500ms', 'probes': 3},"
               " 'concurrency': {'limit': 20, 'kind': 'gradient', 'least': 18, 'wait': '300ms'},"
               " 'rate_limit': {'rate': '200/s', 'burst': 10, 'wait': '200ms'}}, " APP(
                   "'service_time': {'type': 'exponential', 'mean': '150ms'}"));
    static const char *const happened[] = {"front.hedges.count",    "front.hedges_won.count",
                                           "front.retries.count",   "front.breaker_refused.count",
                                           "front.abandoned.count", "front.concurrency.peak",
                                           "front.held_back.peak"};
    for (size_t i = 0; i < sizeof happened / sizeof *happened; i++)
        if (!(harness_metric(r, happened[i]) > 0))
            fail_msg("%s is 0", happened[i]);
    harness_free(r);
}

/* ---- giving up ------------------------------------------------------------------------------- */

/* Asks at 0 s and gives up after `patience`; and once more, in vain, at 10 s. */
struct quitter {
    struct sim_node node;
    struct sim_port to;
    sim_time patience;
    sim_call_id call;
    int64_t ended, given_up, too_late;
};

static void quitter_done(struct sim *sim, void *self, sim_arg arg, const struct sim_reply *reply)
{
    (void)sim;
    (void)arg;
    (void)reply;
    ((struct quitter *)self)->ended++;
}

static void give_up(struct sim *sim, void *self, sim_arg arg)
{
    (void)sim;
    (void)arg;
    struct quitter *q = self;
    bool open = sim_abandon(&q->node, q->call);
    q->given_up += open;
    q->too_late += !open;
}

static int quitter_init(struct sim_node *self, struct sim_error *error)
{
    (void)error;
    struct quitter *q = (struct quitter *)self;
    struct sim_request request = {.op = SIM_READ, .key = SIM_NO_KEY};
    q->call = sim_call(&q->to, 0, &request, quitter_done, q, (sim_arg){0});
    sim_after(self->sim, q->patience, give_up, q, (sim_arg){0});
    sim_after(self->sim, 10 * SIM_SECOND, give_up, q, (sim_arg){0});
    return 0;
}

static const struct sim_port_def quitter_ports[] = {
    {"to", offsetof(struct quitter, to), SIM_REQUIRED, "Whom it asks."}, {0}};
static const struct sim_model quitter_model = {.name = "quitter",
                                               .size = sizeof(struct quitter),
                                               .ports = quitter_ports,
                                               .init = quitter_init};

/* The callee takes 1 s. Plainly, hedged, waiting for a retry, and waiting for a slot: given up at
 * `patience`, never told, and the callees work on. */
static void a_call_can_be_given_up(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct sim_policy policy;
        sim_time patience;
        double given_up, attempts, wasted;
    } cases[] = {
        {"plain", {.retry.attempts = 1}, SIM_SECOND / 2, 1, 1, 1},
        {"answered", {.retry.attempts = 1}, 2 * SIM_SECOND, 0, 1, 0},
        {"hedged",
         {.retry.attempts = 1, .hedge = {.extra = 1, .delay = SIM_SECOND / 4}},
         SIM_SECOND / 2,
         1,
         2,
         2},
        {"hedged, answered",
         {.retry.attempts = 1, .hedge = {.extra = 1, .delay = SIM_SECOND / 4}},
         2 * SIM_SECOND,
         0,
         2,
         1},
        {"between attempts",
         {.timeout = SIM_SECOND / 4,
          .retry = {.attempts = 9, .backoff = SIM_SECOND, .cap = SIM_SECOND}},
         SIM_SECOND / 2,
         1,
         1,
         1},
        {"within a retry",
         {.timeout = SIM_SECOND / 4,
          .retry = {.attempts = 9, .backoff = SIM_SECOND / 4, .cap = SIM_SECOND}},
         SIM_SECOND * 5 / 8,
         1,
         2,
         2},
    };
    struct sim_scenario *s = harness_scenario(RUN("20s") USERS("1/s", "'timeout': '1s'")
                                                  APP("'service_time': '1s'"));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct quitter image = {.patience = cases[i].patience};
        struct sim_plan plan = s->variants[0].plan;
        struct sim_plan_component components[2] = {plan.components[0], plan.components[1]};
        components[0].model = &quitter_model;
        components[0].image = &image;
        components[0].policy = cases[i].policy;
        plan.components = components;
        struct sim_error error;
        struct sim_world *w = sim_world_new(&plan, 1, 0, &error);
        struct sim_record *r = sim_world_run(w, NULL, NULL);
        const struct quitter *q = (const struct quitter *)sim_world_node(w, 0, 0);
        print_message("%s\n", cases[i].name);
        assert_true(r->audit_held);
        assert_int_equal(q->given_up, (int64_t)cases[i].given_up);
        assert_int_equal(q->too_late, 2 - q->given_up);
        assert_int_equal(q->ended, 1 - q->given_up);
        harness_is(r, "users.attempts.count", cases[i].attempts);
        harness_is(r, "app.wasted.count", cases[i].wasted);
        sim_record_free(r);
        sim_world_free(w);
    }
    sim_scenario_free(s);
}

/* ---- learning limits, sample by sample ------------------------------------------------------- */

struct bare {
    struct sim_policy policy;
    struct sim_caller_meters meters;
    struct sim_node node;
    struct sim_guard guard;
};

static void bare_init(struct bare *b, int kind, int64_t limit)
{
    *b = (struct bare){.policy.concurrency = {
                           .kind = kind, .limit = limit, .least = 2, .most = 40, .decrease = 0.9}};
    b->node = (struct sim_node){.sim = sim_new(NULL), .caller = &b->meters};
    b->guard = (struct sim_guard){.from = &b->node, .policy = &b->policy};
    sim__limiter_reset(&b->guard);
}

static void learn(struct bare *b, int64_t out, sim_time latency, enum sim_status status)
{
    sim_run_until(b->node.sim, sim_now(b->node.sim) + latency);
    struct sim__try attempt = {.out = out, .sent = sim_now(b->node.sim) - latency};
    sim__limiter_learn(&b->guard, &attempt, status);
    assert_true(b->meters.concurrency_limit.value == b->guard.limiter.limit);
}

static void adaptive_limits_follow_their_formula(void **state)
{
    (void)state;
    struct bare b;
    bare_init(&b, SIM_CONCURRENCY_AIMD, 20);
    learn(&b, 10, 1, SIM_OK); /* half in use: one more */
    assert_int_equal(b.guard.limiter.limit, 21);
    learn(&b, 10, 1, SIM_OK); /* less than half */
    assert_int_equal(b.guard.limiter.limit, 21);
    learn(&b, 10, 1, SIM_REFUSED); /* floor(18.9) */
    assert_int_equal(b.guard.limiter.limit, 18);
    learn(&b, 10, 1, SIM_ERROR); /* says nothing of the load */
    assert_int_equal(b.guard.limiter.limit, 18);
    for (int i = 0; i < 50; i++)
        learn(&b, 1, 1, SIM_TIMEOUT);
    assert_int_equal(b.guard.limiter.limit, 2);
    sim_free(b.node.sim);

    bare_init(&b, SIM_CONCURRENCY_GRADIENT, 20);
    learn(&b, 10, 1000, SIM_OK); /* gradient 1: 20 + .2 x 4 */
    assert_true(fabs(b.guard.limiter.estimate - 20.8) < 1e-12);
    learn(&b, 11, 3000, SIM_OK); /* average 2000: .8 x 20.8 + .2 (20.8 x 2/3 + 4) */
    assert_true(fabs(b.guard.limiter.estimate - (16.64 + 0.2 * (20.8 * 2 / 3 + 4))) < 1e-12);
    double before = b.guard.limiter.estimate;
    learn(&b, 1, 2000, SIM_OK); /* hardly in use */
    assert_true(b.guard.limiter.estimate >= before && b.guard.limiter.estimate <= before);
    for (int i = 0; i < 200; i++)
        learn(&b, 40, 2000, SIM_OK);
    assert_int_equal(b.guard.limiter.limit, 40);
    sim_free(b.node.sim);
}

/* ---- planted: each check of the audit of calls under a policy can fail ----------------------- */

static const struct sim_audit_line *audited(const struct sim_record *r, const char *name)
{
    for (uint32_t i = 0; i < r->audit_count; i++)
        if (strcmp(r->audit[i].name, name) == 0)
            return &r->audit[i];
    fail_msg("no audit of %s", name);
    return NULL;
}

static void spoil_nothing(struct sim_world *w)
{
    (void)w;
}
static void spoil_count(struct sim_world *w)
{
    w->operations->ended++;
}
static void spoil_timer(struct sim_world *w)
{
    struct sim__operation *op = w->operations->slabs[0];
    while (!op->live || op->tries == NULL)
        op++;
    op->tries->state = SIM__TRY_UNSENT;
}
static void spoil_slot(struct sim_world *w)
{
    ((struct sim_port *)(void *)((char *)sim_world_node(w, 0, 0) +
                                 sim_world_node(w, 0, 0)->model->ports[0].offset))
        ->guards[0]
        .limiter.out++;
}

static bool spoil_at_the_end(void *self, sim_time reached, uint64_t events)
{
    (void)events;
    void **pair = self;
    void (*spoil)(struct sim_world *);
    memcpy(&spoil, pair[1], sizeof spoil);
    if (reached == 10 * SIM_SECOND)
        spoil(pair[0]);
    return true;
}

static void the_audit_finds_what_is_lost(void **state)
{
    (void)state;
    static const struct {
        void (*spoil)(struct sim_world *);
        const char *fails;
    } cases[] = {{spoil_nothing, ""},
                 {spoil_count, "operations"},
                 {spoil_timer, "stuck"},
                 {spoil_slot, "slots"}};
    static const char *const names[] = {"operations", "stuck", "slots"};
    struct sim_scenario *s = harness_scenario(
        RUN("10s") USERS("2/s", "'concurrency': {'limit': 10}") APP("'service_time': '3s'"));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sim_error error;
        struct sim_world *w = sim_world_new(&s->variants[0].plan, 1, 0, &error);
        void (*spoil)(struct sim_world *) = cases[i].spoil;
        void *pair[] = {w, &spoil};
        struct sim_record *r = sim_world_run(w, spoil_at_the_end, pair);
        for (size_t k = 0; k < 3; k++) {
            bool held = audited(r, names[k])->held;
            bool wanted = strcmp(names[k], cases[i].fails) != 0 &&
                          !(cases[i].spoil == spoil_timer && k == 2);
            if (held != wanted)
                fail_msg("%s %s though %s was spoilt", names[k], held ? "held" : "failed",
                         cases[i].fails);
        }
        sim_record_free(r);
        sim_world_free(w);
    }
    sim_scenario_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hedged_latency_has_the_wait_before_the_second),
        cmocka_unit_test(writes_are_hedged_only_when_that_is_said),
        cmocka_unit_test(timeouts_are_each_attempts_and_the_deadline_is_the_calls),
        cmocka_unit_test(a_burst_is_exact),
        cmocka_unit_test(a_wait_for_a_slot_is_bounded),
        cmocka_unit_test(a_breaker_opens_probes_and_closes),
        cmocka_unit_test(a_crash_of_the_caller_forgets_everything),
        cmocka_unit_test(a_call_can_be_given_up),
        cmocka_unit_test(adaptive_limits_follow_their_formula),
        cmocka_unit_test(the_audit_finds_what_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
