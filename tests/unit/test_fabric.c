/* test_fabric.c - calls, policies, links and faults, seen from two models made for looking.
 *
 * `asker` calls at fixed times and notes how each call ended; `worker` answers after a fixed time,
 * from a station. Every expected number follows from the times written in the test. */
#include "sim/policy.h"
#include "sim/station.h"
#include "sim/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ASKED_MOST 64
#define MS SIM_MILLISECOND

struct asker {
    struct sim_node node;
    struct sim_port to;
    sim_time every, deadline;
    int64_t times;
    /* what was seen */
    int64_t asked, ended;
    sim_time ended_at[ASKED_MOST];
    enum sim_status status[ASKED_MOST];
    bool inside, wrong;
};

struct worker {
    struct sim_node node;
    struct sim_station station;
    sim_time takes;
    int64_t servers, queue_limit;
    int64_t restarts, flushes, changes;
};

static void asker_done(struct sim *sim, void *self, sim_arg which, const struct sim_reply *reply)
{
    struct asker *a = self;
    a->wrong |= a->inside || a->ended_at[which.u] != 0;
    a->ended++;
    a->ended_at[which.u] = sim_now(sim);
    a->status[which.u] = reply->status;
}

static void ask(struct sim *sim, void *self, sim_arg arg)
{
    struct asker *a = self;
    struct sim_request request = {.op = SIM_READ, .key = SIM_NO_KEY, .bytes = 1000};
    request.intended = sim_now(sim);
    request.deadline = a->deadline > 0 ? a->deadline : SIM_NEVER;
    a->inside = true;
    sim_call(&a->to, 0, &request, asker_done, a, (sim_arg){.u = (uint64_t)a->asked});
    a->inside = false;
    if (++a->asked < a->times)
        sim_after(sim, a->every, ask, a, arg);
}

static int asker_init(struct sim_node *node, struct sim_error *error)
{
    (void)error;
    sim_after(node->sim, 0, ask, node, (sim_arg){0});
    return 0;
}

static void worker_start(struct sim_node *node, struct sim_station *s, uint32_t job)
{
    sim_station_work(s, job, ((struct worker *)node)->takes);
}

static void worker_worked(struct sim_node *node, struct sim_station *s, uint32_t job)
{
    sim_answer(node, s->jobs[job].call, (struct sim_reply){.status = SIM_OK, .bytes = 500});
    sim_station_leave(s, job);
}

static int worker_init(struct sim_node *node, struct sim_error *error)
{
    struct worker *w = (struct worker *)node;
    (void)error;
    return sim_station_init(&w->station, node, w->servers, w->queue_limit, worker_start,
                            worker_worked);
}

static void worker_serve(struct sim_node *node, sim_call_id call, const struct sim_request *r)
{
    (void)r;
    if (!sim_station_arrive(&((struct worker *)node)->station, call))
        sim_answer(node, call, (struct sim_reply){.status = SIM_REFUSED});
}

static void worker_fault(struct sim_node *node, enum sim_fault_kind kind)
{
    struct worker *w = (struct worker *)node;
    if (kind == SIM_FAULT_CRASH)
        sim_station_clear(&w->station);
    w->restarts += kind == SIM_FAULT_RESTART;
    w->flushes += kind == SIM_FAULT_FLUSH;
}

static void worker_changed(struct sim_node *node, const struct sim_param *param)
{
    (void)param;
    struct worker *w = (struct worker *)node;
    w->changes++;
    if (w->servers != w->station.servers)
        sim_station_resize(&w->station, w->servers);
}

static const struct sim_port_def asker_ports[] = {
    {"to", offsetof(struct asker, to), SIM_REQUIRED, "Whom it asks."},
    {.name = NULL},
};
static const struct sim_meter worker_meters[] = {
    SIM_STATION_METERS("", struct worker, station),
    {.name = NULL},
};
static const struct sim_param worker_params[] = {
    {.name = "takes",
     .kind = SIM_TIME,
     .offset = offsetof(struct worker, takes),
     .flags = SIM_CHANGEABLE},
    {.name = "servers",
     .kind = SIM_COUNT,
     .offset = offsetof(struct worker, servers),
     .flags = SIM_CHANGEABLE},
    {.name = NULL},
};
static const struct sim_model asker_model = {
    .name = "asker", .size = sizeof(struct asker), .ports = asker_ports, .init = asker_init};
static const struct sim_model worker_model = {.name = "worker",
                                              .size = sizeof(struct worker),
                                              .params = worker_params,
                                              .meters = worker_meters,
                                              .init = worker_init,
                                              .serve = worker_serve,
                                              .fault = worker_fault,
                                              .changed = worker_changed};

/* A plan of one asker and one worker, to be altered by each test. */
struct bench {
    struct asker asker;
    struct worker worker;
    struct sim_plan_target target;
    struct sim_plan_port port;
    struct sim_plan_component components[2];
    struct sim_plan_link link;
    struct sim_plan_fault faults[4];
    const char *regions[1];
    struct sim_plan plan;
    struct sim_world *world;
    struct sim_record *record;
};

static void bench_init(struct bench *b)
{
    *b = (struct bench){.asker = {.every = 100 * MS, .times = 10},
                        .worker = {.takes = 10 * MS, .servers = 1, .queue_limit = SIM_NO_LIMIT},
                        .target = {.component = 1, .share = 1},
                        .regions = {"here"}};
    b->port = (struct sim_plan_port){&b->target, 1};
    b->components[0] = (struct sim_plan_component){
        .name = "users", .model = &asker_model, .nodes = 1, .image = &b->asker, .ports = &b->port};
    b->components[0].policy.retry.attempts = 1;
    b->components[1] = (struct sim_plan_component){
        .name = "server", .model = &worker_model, .nodes = 1, .image = &b->worker};
    b->components[1].policy.retry.attempts = 1;
    b->link = (struct sim_plan_link){.a = 0, .b = 0};
    b->plan = (struct sim_plan){.duration = 10 * SIM_SECOND,
                                .interval = SIM_SECOND,
                                .components = b->components,
                                .component_count = 2,
                                .faults = b->faults,
                                .links = &b->link,
                                .regions = b->regions,
                                .region_count = 1};
}

static struct asker *users(const struct bench *b)
{
    return (struct asker *)sim_world_node(b->world, 0, 0);
}

static struct worker *server(const struct bench *b)
{
    return (struct worker *)sim_world_node(b->world, 1, 0);
}

static void bench_run(struct bench *b)
{
    struct sim_error error;
    b->world = sim_world_new(&b->plan, 1, 0, &error);
    assert_non_null(b->world);
    b->record = sim_world_run(b->world, NULL, NULL);
    assert_non_null(b->record);
    assert_int_equal(b->record->outcome, SIM_REACHED);
    for (uint32_t i = 0; i < b->record->audit_count; i++)
        if (!b->record->audit[i].held)
            print_error("%s of %s: %s\n", b->record->audit[i].name, b->record->audit[i].component,
                        b->record->audit[i].text);
    assert_true(b->record->audit_held);
    assert_false(users(b)->wrong);
}

static void bench_end(struct bench *b)
{
    sim_record_free(b->record);
    sim_world_free(b->world);
}

static double metric(const struct bench *b, const char *component, const char *meter,
                     const char *stat)
{
    for (uint32_t i = 0; i < b->record->metric_count; i++) {
        const struct sim_metric *m = &b->record->metrics[i];
        if (!strcmp(m->component, component) && !strcmp(m->meter, meter) && !strcmp(m->stat, stat))
            return m->value;
    }
    fail_msg("no metric %s.%s.%s", component, meter, stat);
    return 0;
}

static void use_link(struct bench *b, double latency_ns, double bandwidth, double loss)
{
    b->plan.link_count = 1;
    sim_dist_constant(&b->link.params.latency, latency_ns, NULL);
    b->link.params.bandwidth = bandwidth;
    b->link.params.loss = loss;
}

static void test_plain_call(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    use_link(&b, 2e6, 0, 0);
    bench_run(&b);
    assert_int_equal(users(&b)->ended, 10);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(users(&b)->status[i], SIM_OK);
        assert_int_equal(users(&b)->ended_at[i], (100 * i + 14) * MS);
    }
    assert_true(metric(&b, "server", "sojourn", "max") == 0.01);
    assert_true(metric(&b, "server", "rate", "count") == 10);
    assert_true(metric(&b, "server", "utilisation", "mean") == 0.01);
    bench_end(&b);
}

/* 1000 B at 100 kB/s leave in 10 ms, one after another; answers of 500 B in 5 ms. */
static void test_bandwidth(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    b.asker.every = 1;
    b.asker.times = 3;
    b.worker.takes = 0;
    use_link(&b, 1e6, 1e5, 0);
    bench_run(&b);
    assert_int_equal(users(&b)->ended_at[0], (10 + 1 + 5 + 1) * MS);
    assert_int_equal(users(&b)->ended_at[1], (20 + 1 + 5 + 1) * MS);
    assert_int_equal(users(&b)->ended_at[2], (30 + 1 + 5 + 1) * MS);
    bench_end(&b);
}

/* Two askers in one region share the line to the other: 1000 B of each at 100 kB/s leave one after
 * the other. */
static void test_regions_share_a_line(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    static const char *regions[] = {"here", "there"};
    struct sim_plan_component all[3] = {b.components[0], b.components[1], b.components[0]};
    b.worker.takes = 0;
    b.asker.times = 1;
    all[1].region = 1;
    all[2].name = "others";
    b.plan.components = all;
    b.plan.component_count = 3;
    b.plan.regions = regions;
    b.plan.region_count = 2;
    b.link = (struct sim_plan_link){.a = 1, .b = 0};
    use_link(&b, 1e6, 1e5, 0);
    bench_run(&b);
    const struct asker *others = (struct asker *)sim_world_node(b.world, 2, 0);
    assert_int_equal(users(&b)->ended_at[0], (10 + 1 + 5 + 1) * MS);
    assert_int_equal(others->ended_at[0], (20 + 1 + 5 + 1) * MS);
    bench_end(&b);
}

/* The server takes 30 ms, the caller waits 20: every call times out, every answer is wasted, and
 * the server works as if nothing had happened. */
static void test_timeout_leaves_the_work(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    b.worker.takes = 30 * MS;
    b.components[0].policy.timeout = 20 * MS;
    bench_run(&b);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(users(&b)->status[i], SIM_TIMEOUT);
        assert_int_equal(users(&b)->ended_at[i], (100 * i + 20) * MS);
    }
    assert_true(metric(&b, "server", "wasted", "count") == 10);
    assert_true(metric(&b, "server", "answered", "count") == 10);
    assert_true(metric(&b, "users", "timeouts", "count") == 10);
    bench_end(&b);
}

static void test_answer_at_the_timeout_is_in_time(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    b.components[0].policy.timeout = 10 * MS;
    bench_run(&b);
    assert_int_equal(users(&b)->status[0], SIM_OK);
    bench_end(&b);
    bench_init(&b);
    b.components[0].policy.timeout = 10 * MS - 1;
    bench_run(&b);
    assert_int_equal(users(&b)->status[0], SIM_TIMEOUT);
    bench_end(&b);
}

/* Three attempts of 20 ms with 5 and 10 ms between them: over at 20 + 5 + 20 + 10 + 20 = 75 ms. */
static void test_retries(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    b.asker.every = SIM_SECOND;
    b.asker.times = 2;
    b.worker.takes = 500 * MS;
    b.worker.servers = 10;
    b.components[0].policy.timeout = 20 * MS;
    b.components[0].policy.retry.attempts = 3;
    b.components[0].policy.retry.backoff = 5 * MS;
    b.components[0].policy.retry.cap = SIM_SECOND;
    b.components[0].policy.retry.growth = SIM_BACKOFF_EXPONENTIAL;
    bench_run(&b);
    assert_int_equal(users(&b)->ended_at[0], 75 * MS);
    assert_int_equal(users(&b)->status[0], SIM_TIMEOUT);
    assert_true(metric(&b, "users", "attempts", "count") == 6);
    assert_true(metric(&b, "users", "retries", "count") == 4);
    assert_true(metric(&b, "users", "calls", "count") == 2);
    assert_true(metric(&b, "server", "wasted", "count") == 6);
    bench_end(&b);
}

/* The deadline is the whole call's: it cuts the second attempt short, and a retry that could not
 * begin before it is not made. */
static void test_deadline(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    b.asker.times = 1;
    b.worker.takes = 500 * MS;
    b.worker.servers = 10;
    b.components[0].policy.timeout = 20 * MS;
    b.components[0].policy.deadline = 35 * MS;
    b.components[0].policy.retry.attempts = 5;
    b.components[0].policy.retry.backoff = 5 * MS;
    b.components[0].policy.retry.cap = SIM_SECOND;
    bench_run(&b);
    assert_int_equal(users(&b)->ended_at[0], 35 * MS);
    assert_true(metric(&b, "users", "attempts", "count") == 2);
    bench_end(&b);
}

static void fault(struct bench *b, int kind, sim_time at, sim_time lasts)
{
    b->faults[b->plan.fault_count++] = (struct sim_plan_fault){
        .at = at,
        .lasts = lasts,
        .kind = kind,
        .on = {.index = 1, .node = SIM_ALL_NODES},
        .factor = 2};
}

/* Two crashes that overlap: down from 120 to 340 ms. The call of 100 ms, in hand, is lost at 120;
 * those of 200 and 300 ms are turned away. */
static void test_crashes_compose(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    b.worker.takes = 50 * MS;
    fault(&b, SIM_DO_CRASH, 120 * MS, 100 * MS);
    fault(&b, SIM_DO_CRASH, 150 * MS, 190 * MS);
    bench_run(&b);
    assert_int_equal(users(&b)->status[0], SIM_OK);
    assert_int_equal(users(&b)->status[1], SIM_LOST); /* in hand at the crash */
    assert_int_equal(users(&b)->ended_at[1], 120 * MS);
    assert_int_equal(users(&b)->status[2], SIM_REFUSED);
    assert_int_equal(users(&b)->ended_at[2], 200 * MS);
    assert_int_equal(users(&b)->status[3], SIM_REFUSED);
    assert_int_equal(users(&b)->status[4], SIM_OK);
    assert_int_equal(server(&b)->restarts, 1);
    assert_true(metric(&b, "server", "lost", "count") == 1);
    assert_true(metric(&b, "server", "refused", "count") == 2);
    assert_true(metric(&b, "server", "rate", "count") == metric(&b, "users", "attempts", "count"));
    assert_true(metric(&b, "server", "down", "peak") == 1);
    assert_true(metric(&b, "server", "capacity", "peak") == 1);
    bench_end(&b);
}

static void test_silent_crash(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    b.components[0].policy.timeout = 50 * MS;
    fault(&b, SIM_DO_CRASH, 105 * MS, 100 * MS);
    b.faults[0].silent = true;
    bench_run(&b);
    assert_int_equal(users(&b)->status[1], SIM_TIMEOUT); /* in hand */
    assert_int_equal(users(&b)->ended_at[1], 150 * MS);
    assert_int_equal(users(&b)->status[2], SIM_TIMEOUT); /* nobody there */
    assert_int_equal(users(&b)->status[3], SIM_OK);
    bench_end(&b);
}

/* Twice slower twice over, then once, then not. Slowness is that at the start of the work. */
static void test_slowness_composes(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    fault(&b, SIM_DO_SLOW, 50 * MS, 300 * MS);
    fault(&b, SIM_DO_SLOW, 150 * MS, 100 * MS);
    bench_run(&b);
    static const int64_t took[] = {10, 20, 40, 20, 10};
    for (int i = 0; i < 5; i++)
        assert_int_equal(users(&b)->ended_at[i], (100 * i + took[i]) * MS);
    bench_end(&b);
}

/* A later setting hides an earlier one while it lasts, and gives back what is still in force. */
static void test_settings_compose(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    sim_time first = 30 * MS, second = 50 * MS;
    fault(&b, SIM_DO_SET, 50 * MS, 300 * MS);
    fault(&b, SIM_DO_SET, 150 * MS, 100 * MS);
    b.faults[0].param = b.faults[1].param = &worker_params[0];
    b.faults[0].value = &first;
    b.faults[1].value = &second;
    bench_run(&b);
    static const int64_t took[] = {10, 30, 50, 30, 10};
    for (int i = 0; i < 5; i++)
        assert_int_equal(users(&b)->ended_at[i], (100 * i + took[i]) * MS);
    assert_int_equal(server(&b)->changes, 4);
    bench_end(&b);
}

/* A queue of one before one server of 250 ms: of calls every 100 ms some are refused at once. */
static void test_queue_limit(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    b.worker.takes = 250 * MS;
    b.worker.queue_limit = 1;
    bench_run(&b);
    assert_int_equal(users(&b)->status[2], SIM_REFUSED);
    assert_int_equal(users(&b)->ended_at[2], 200 * MS);
    assert_int_equal(users(&b)->ended, 10);
    bench_end(&b);
}

/* Half the messages are lost both ways: about a quarter of the calls come back, the rest time out,
 * and each ends once. 60 calls at p = 1/4: outside 2..32 with probability below 1e-6. */
static void test_loss(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    b.asker.times = 60;
    b.components[0].policy.timeout = 50 * MS;
    use_link(&b, 1e6, 0, 0.5);
    bench_run(&b);
    int ok = 0;
    for (int i = 0; i < 60; i++)
        ok += users(&b)->status[i] == SIM_OK;
    assert_int_equal(users(&b)->ended, 60);
    assert_in_range(ok, 2, 32);
    bench_end(&b);
}

/* Two of three servers are taken away at work: those at work are there until they have left, so no
 * more are ever busy than there are, and the audit of utilisation holds. */
static void test_servers_leave_when_done(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    b.asker.every = 10 * MS;
    b.asker.times = 60;
    b.worker.takes = 25 * MS;
    b.worker.servers = 3;
    int64_t one = 1;
    fault(&b, SIM_DO_SET, 105 * MS, 0);
    b.faults[0].param = &worker_params[1];
    b.faults[0].value = &one;
    bench_run(&b);
    assert_true(metric(&b, "server", "utilisation", "mean") <= 1);
    assert_int_equal(users(&b)->ended, 60);
    bench_end(&b);
}

/* A caller whose request carries a deadline that is past sends nothing, and is told so at once. */
static void test_a_deadline_past_sends_nothing(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    b.asker.times = 2;
    b.asker.deadline = 1; /* ns from time 0: past for the second request */
    bench_run(&b);
    assert_int_equal(users(&b)->status[1], SIM_TIMEOUT);
    assert_int_equal(users(&b)->ended_at[1], 100 * MS);
    assert_true(metric(&b, "users", "attempts", "count") == 1);
    bench_end(&b);
}

/* 10^8 servers x 1000 s are over 2^63 ns: the mean of the gauge must not notice. */
static void test_gauges_of_any_size(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    b.worker.servers = 100000000;
    b.plan.duration = b.plan.interval = 1000 * SIM_SECOND;
    bench_run(&b);
    assert_true(metric(&b, "server", "capacity", "mean") == 1e8);
    bench_end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_call),
        cmocka_unit_test(test_bandwidth),
        cmocka_unit_test(test_regions_share_a_line),
        cmocka_unit_test(test_timeout_leaves_the_work),
        cmocka_unit_test(test_answer_at_the_timeout_is_in_time),
        cmocka_unit_test(test_retries),
        cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_crashes_compose),
        cmocka_unit_test(test_silent_crash),
        cmocka_unit_test(test_slowness_composes),
        cmocka_unit_test(test_settings_compose),
        cmocka_unit_test(test_queue_limit),
        cmocka_unit_test(test_loss),
        cmocka_unit_test(test_servers_leave_when_done),
        cmocka_unit_test(test_a_deadline_past_sends_nothing),
        cmocka_unit_test(test_gauges_of_any_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
