/* test_own_jobs.c - work of a node's own in small cases whose result can be said exactly: who waits
 * for whom, withdrawal, crashes, slower nodes, the limit of the queue, the bill. */
#include "model/box.h"

static const int disciplines[] = {SIM_FIFO, SIM_LIFO, SIM_SHARING, SIM_PRIORITY, SIM_PREEMPTIVE};

#define TEXT(run, users, more)                                                                     \
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '" run                                \
    "', 'replications': 1}, 'components': {'users': {'model': 'client', 'to': 'app', " IN_STEP     \
    ", " users "}, 'app': {'model': 'service', 'servers': 1, 'service_time': '1s'}}" more "}"
#define CRASH ", 'timeline': [{'at': '4s', 'for': '2s', 'do': 'crash', 'target': 'app'}]"
#define SLOW ", 'timeline': [{'at': '1s', 'do': 'slow', 'factor': 3, 'target': 'app'}]"
#define RARE "'rate': '0.001/s'"

static struct sim_scenario *made;

/* One run in which "app" is this box. */
static struct sim_record *box_run(const char *text, struct box *image)
{
    made = harness_scenario(text);
    box_put(made, 1, image);
    return harness_run(&made->variants[0], 1, 0);
}

static void box_free(struct sim_record *r)
{
    sim_record_free(r);
    sim_scenario_free(made);
}

static void submit(struct box *b, double seconds)
{
    sim_station_submit(&b->cpu, SIM_BACKUP, 3, (sim_time)(seconds * 1e9), box_own_done,
                       (sim_arg){.u = 0});
}

static void two_pieces(struct box *b)
{
    submit(b, 1);
    submit(b, 2);
}

/* Pieces of 1 s and 2 s: shared, the first ends after 2 s and the second after 3 s. */
static void pieces_wait_for_one_another(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof disciplines / sizeof *disciplines; i++) {
        struct box box = {.cpu_mean = 1, .begins = two_pieces};
        box.rules.discipline = disciplines[i];
        struct sim_record *r = box_run(TEXT("10s", RARE, ""), &box);
        bool shared = disciplines[i] == SIM_SHARING;
        harness_is(r, "app.own_done.count", 2);
        harness_is(r, "app.own_latency.mean", shared ? 2.5 : 2);
        harness_is(r, "app.own_wait.max", shared ? 0 : 1);
        harness_is(r, "app.busy.mean", 0.3);
        harness_is(r, "app.rate.count", 0);
        box_free(r);
    }
}

/* Slowed down three times after 1 s: what is left takes three times as long. */
static void pieces_are_slowed_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof disciplines / sizeof *disciplines; i++) {
        struct box box = {.cpu_mean = 1, .begins = two_pieces};
        box.rules.discipline = disciplines[i];
        struct sim_record *r = box_run(TEXT("20s", RARE, SLOW), &box);
        harness_is(r, "app.own_latency.max", 1 + 2 * 3);
        box_free(r);
    }
}

/* At 4 s the node crashes; a piece of 1 s and one of 2 s are done, and one of 3 s is at work. After
 * 6 s the model submits all three again. */
static void three_pieces(struct box *b)
{
    two_pieces(b);
    submit(b, 3);
}

static void a_crash_loses_what_is_in_hand(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof disciplines / sizeof *disciplines; i++) {
        struct box box = {.cpu_mean = 1, .begins = three_pieces};
        box.rules.discipline = disciplines[i];
        struct sim_record *r = box_run(TEXT("20s", RARE, CRASH), &box);
        /* shared: the first ends at 3 s; lifo: 1 s, then 3 s, which ends at 4 s, after the crash */
        bool one = disciplines[i] == SIM_SHARING || disciplines[i] == SIM_LIFO;
        harness_is(r, "app.own_submitted.count", 6);
        harness_is(r, "app.own_lost.count", one ? 2 : 1);
        harness_is(r, "app.own_done.count", one ? 4 : 5);
        box_free(r);
    }
}

static sim_job_id first, second;

static void withdraw_second(struct sim *sim, void *self, sim_arg arg)
{
    struct box *b = self;
    (void)sim;
    assert_true(sim_station_withdraw(&b->cpu, arg.u == 1 ? first : second));
    assert_false(sim_station_withdraw(&b->cpu, arg.u == 1 ? first : second));
    assert_false(sim_station_withdraw(&b->disk, arg.u == 1 ? second : first));
}

static void withdraws(struct box *b, uint64_t which)
{
    sim_arg none = {.u = 0};
    first = sim_station_submit(&b->cpu, SIM_BACKUP, 3, SIM_SECOND, box_own_done, none);
    second = sim_station_submit(&b->cpu, SIM_BACKUP, 3, 2 * SIM_SECOND, box_own_done, none);
    submit(b, 3);
    sim_after(b->node.sim, SIM_SECOND / 2, withdraw_second, b, (sim_arg){.u = which});
}

static void withdraws_first(struct box *b)
{
    withdraws(b, 1);
}

static void withdraws_second(struct box *b)
{
    withdraws(b, 2);
}

/* Of pieces of 1, 2 and 3 s one is withdrawn after half a second, at work or waiting. */
static void pieces_are_withdrawn(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof disciplines / sizeof *disciplines; i++) {
        int d = disciplines[i];
        struct box box = {.cpu_mean = 1, .begins = withdraws_first};
        box.rules.discipline = d;
        struct sim_record *r = box_run(TEXT("10s", RARE, ""), &box);
        double lost = d == SIM_SHARING ? 1.0 / 6 : 0.5; /* s of the work withdrawn */
        harness_is(r, "app.own_withdrawn.count", 1);
        harness_is(r, "app.own_done.count", 2);
        harness_is(r, "app.busy.mean", (5 + lost) / 10);
        harness_is(r, "app.own_latency.max", 5 + lost);
        box_free(r);
        box.begins = withdraws_second;
        r = box_run(TEXT("10s", RARE, ""), &box);
        harness_is(r, "app.own_withdrawn.count", 1);
        harness_is(r, "app.own_latency.max", d == SIM_SHARING ? 4 + 1.0 / 6 : 4);
        harness_is(r, "app.queue.peak", 2);
        box_free(r);
    }
}

/* A piece of 20 s; requests of 1 s come each second from 1 s on, and one may wait. With one server
 * first come, first served the others are refused; own work takes no room. */
static void long_piece(struct box *b)
{
    submit(b, 20);
    submit(b, 1);
}

static void own_work_takes_no_room_of_the_limit(void **state)
{
    (void)state;
    struct box box = {.cpu_mean = 1, .constant = true, .begins = long_piece, .queue_limit = 1};
    struct sim_record *r = box_run(TEXT("10s", "'rate': '1/s'", ""), &box);
    harness_is(r, "app.refused_full.count", harness_metric(r, "app.rate.count") - 1);
    harness_is(r, "app.queue.peak", 2);
    box_free(r);
    /* urgent requests go ahead of it; it goes on between them, and is never turned away */
    box.rules.discipline = SIM_PREEMPTIVE;
    r = box_run(TEXT("100s", "'rate': '0.5/s'", ""), &box);
    harness_is(r, "users.latency.max", 1);
    harness_is(r, "app.own_done.count", 2);
    harness_is(r, "app.own_latency.max", 40); /* 21 s of it, and requests at 2 s, 4 s, … 38 s */
    box_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_wait_for_one_another),
        cmocka_unit_test(pieces_are_slowed_down),
        cmocka_unit_test(a_crash_loses_what_is_in_hand),
        cmocka_unit_test(pieces_are_withdrawn),
        cmocka_unit_test(own_work_takes_no_room_of_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
