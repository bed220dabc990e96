/* test_kernel.c - order, cancelling, lanes and limits of the event loop.
 *
 * The order of dispatch must be strictly increasing in (time, sequence), and every event must run
 * once or be cancelled: together these leave no room for a wrong queue. The tests draw increments
 * from laws that drive a ladder queue through all its parts. */
#include "sim/kernel.h"
#include "sim/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum law { EXPONENTIAL, TIES, BURSTS, BIMODAL, HEAVY, GROWING, LAWS };

struct trial {
    struct sim_stream stream;
    enum law law;
    struct sim_lane *lanes[4];
    uint64_t scheduled, ran, cancelled, wanted, target;
    sim_time last_time;
    uint64_t last_order;
    sim_id *ids;     /* by order */
    sim_time *times; /* by order: when it is to run */
    bool wrong;
};

static void trial_event(struct sim *sim, void *self, sim_arg order);

static sim_time increment(struct trial *t)
{
    double x = sim_draw_exponential(&t->stream);
    switch (t->law) {
    case TIES: return (sim_time)sim_draw_below(&t->stream, 3);
    case BURSTS: return (sim_time)(x * 3) * 1000000;
    case BIMODAL:
        return sim_draw_below(&t->stream, 10) == 0 ? (sim_time)(1e12 * x) : (sim_time)(10 * x);
    case HEAVY: return (sim_time)(100 / (1e-12 + sim_draw_uniform(&t->stream)));
    case GROWING: return (sim_time)(x * (double)(1 + t->ran));
    default: return (sim_time)(x * 1e6);
    }
}

static void schedule(struct sim *sim, struct trial *t)
{
    uint64_t order = t->scheduled++, way = sim_draw_below(&t->stream, 8);
    sim_arg arg = {.u = order};
    if (way == 0) {
        sim_soon(sim, trial_event, t, arg);
        t->ids[order] = SIM_NO_EVENT;
        t->times[order] = sim_now(sim);
    } else if (way == 1) {
        uint64_t lane = sim_draw_below(&t->stream, 4);
        t->ids[order] = sim_after_lane(sim, t->lanes[lane], trial_event, t, arg);
        t->times[order] = sim_now(sim) + (sim_time)(lane * 977);
    } else {
        sim_time delay = increment(t);
        t->ids[order] = sim_after(sim, delay, trial_event, t, arg);
        t->times[order] = sim_now(sim) + delay;
    }
}

static void trial_event(struct sim *sim, void *self, sim_arg order)
{
    struct trial *t = self;
    sim_time now = sim_now(sim);
    t->wrong |= now != t->times[order.u] || t->times[order.u] < 0;
    bool same = now == t->last_time && t->ran > 0;
    t->wrong |= now < t->last_time || (same && order.u <= t->last_order);
    t->last_time = now;
    t->last_order = order.u;
    t->times[order.u] = -1;
    t->ran++;
    t->wrong |= sim_cancel(sim, t->ids[order.u]); /* a stale id */
    uint64_t pending = t->scheduled - t->ran - t->cancelled;
    int more = pending < t->target ? 2 : pending > 2 * t->target ? 0 : 1;
    for (int i = 0; i < more && t->scheduled < t->wanted; i++)
        schedule(sim, t);
    uint64_t other = sim_draw_below(&t->stream, t->scheduled);
    if (sim_draw_below(&t->stream, 3) == 0 && t->times[other] >= 0 &&
        sim_is_pending(sim, t->ids[other])) {
        t->wrong |= !sim_cancel(sim, t->ids[other]) || sim_is_pending(sim, t->ids[other]);
        t->times[other] = -2;
        t->cancelled++;
    }
}

static void run_trial(enum law law, uint64_t target, uint64_t wanted)
{
    struct trial t = {.law = law, .target = target, .wanted = wanted};
    struct sim *sim = sim_new(NULL);
    assert_non_null(sim);
    sim_stream_init(&t.stream, (uint64_t)law, target, "kernel", "trial");
    t.ids = calloc(wanted, sizeof *t.ids);
    t.times = calloc(wanted, sizeof *t.times);
    for (int i = 0; i < 4; i++)
        t.lanes[i] = sim_lane(sim, 977 * i);
    assert_ptr_equal(t.lanes[2], sim_lane(sim, 2 * 977));
    schedule(sim, &t);
    for (uint64_t i = 1; i < target && i < wanted; i++)
        schedule(sim, &t);
    while (t.ran + t.cancelled < t.scheduled) {
        assert_int_equal(sim_pending_count(sim), t.scheduled - t.ran - t.cancelled);
        assert_int_equal(sim_run_until(sim, sim_now(sim) + 100000000000), SIM_REACHED);
        assert_false(t.wrong);
    }
    assert_int_equal(sim_pending_count(sim), 0);
    assert_int_equal(sim_event_count(sim), t.ran);
    for (uint64_t i = 0; i < t.scheduled; i++)
        assert_true(t.times[i] < 0);
    free(t.ids);
    free(t.times);
    sim_free(sim);
}

static void test_order(void **state)
{
    (void)state;
    static const uint64_t targets[] = {1, 3, 40, 100, 1000, 30000};
    for (int law = 0; law < LAWS; law++)
        for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
            run_trial((enum law)law, targets[i], 20 * targets[i] + 5000);
}

static void count_event(struct sim *sim, void *self, sim_arg arg)
{
    (void)sim;
    (void)arg;
    ++*(uint64_t *)self;
}

static void test_until_is_exclusive(void **state)
{
    (void)state;
    struct sim *sim = sim_new(NULL);
    uint64_t ran = 0;
    sim_at(sim, 10, count_event, &ran, (sim_arg){0});
    assert_int_equal(sim_run_until(sim, 10), SIM_REACHED);
    assert_int_equal(ran, 0);
    assert_int_equal(sim_now(sim), 10);
    assert_int_equal(sim_run_until(sim, 11), SIM_REACHED);
    assert_int_equal(ran, 1);
    sim_free(sim);
}

/* Nearly all of many timers cancelled: what the queue holds must not grow with their number. */
static void test_cancelled_are_swept(void **state)
{
    (void)state;
    struct sim *sim = sim_new(NULL);
    uint64_t ran = 0;
    for (int i = 0; i < 3000000; i++)
        assert_true(
            sim_cancel(sim, sim_after(sim, 1000000 + i % 977, count_event, &ran, (sim_arg){0})));
    assert_int_equal(sim_pending_count(sim), 0);
    sim_after(sim, 5, count_event, &ran, (sim_arg){0});
    assert_int_equal(sim_run_until(sim, 10000000), SIM_REACHED);
    assert_int_equal(ran, 1);
    assert_false(sim_cancel(sim, SIM_NO_EVENT));
    sim_free(sim);
}

static void again(struct sim *sim, void *self, sim_arg arg)
{
    sim_soon(sim, again, self, arg);
}

static void stop(struct sim *sim, void *self, sim_arg arg)
{
    (void)self;
    (void)arg;
    sim_stop(sim);
}

static void test_outcomes(void **state)
{
    (void)state;
    struct sim *sim = sim_new(&(struct sim_limits){.instant_events = 1000});
    int whom;
    sim_at(sim, 7, again, &whom, (sim_arg){0});
    assert_int_equal(sim_run_until(sim, 100), SIM_RUNAWAY);
    assert_int_equal(sim_now(sim), 7);
    assert_ptr_equal(sim_last_self(sim), &whom);
    sim_free(sim);

    sim = sim_new(&(struct sim_limits){.events = 3});
    uint64_t ran = 0;
    for (int i = 0; i < 5; i++)
        sim_at(sim, i, count_event, &ran, (sim_arg){0});
    assert_int_equal(sim_run_until(sim, 100), SIM_EVENT_LIMIT);
    assert_int_equal(ran, 3);
    sim_free(sim);

    sim = sim_new(NULL);
    sim_at(sim, 5, stop, NULL, (sim_arg){0});
    sim_at(sim, 5, count_event, &ran, (sim_arg){0});
    assert_int_equal(sim_run_until(sim, 100), SIM_STOPPED);
    assert_int_equal(ran, 3);
    assert_int_equal(sim_run_until(sim, 100), SIM_REACHED);
    assert_int_equal(ran, 4);
    sim_free(sim);
}

/* The hash sees order and time: it changes when either does, and only then. */
/* Each way to go on for ever: within an instant, from one to the next, by a lane. */
struct endless {
    atomic_bool stop;
    uint64_t ran, set_after;
    sim_time every;
    struct sim_lane *lane;
};

static void go_on(struct sim *sim, void *self, sim_arg arg)
{
    struct endless *e = self;
    if (++e->ran == e->set_after)
        atomic_store(&e->stop, true);
    if (e->lane != NULL)
        sim_after_lane(sim, e->lane, go_on, e, arg);
    else if (e->every > 0)
        sim_after(sim, e->every, go_on, e, arg);
    else
        sim_soon(sim, go_on, e, arg);
}

/* Whoever sets the flag ends the run within 4096 events; one that is never set changes nothing. */
static void test_told_from_outside(void **state)
{
    (void)state;
    for (int way = 0; way < 3; way++) {
        uint64_t hashes[2];
        for (int watched = 0; watched < 2; watched++) {
            struct endless e = {.set_after = watched ? UINT64_MAX : 100000, .every = way == 1};
            struct sim_limits limits = {.stop = &e.stop, .events = 200000};
            struct sim *sim = sim_new(&limits);
            e.lane = way == 2 ? sim_lane(sim, 1) : NULL;
            sim_at(sim, 0, go_on, &e, (sim_arg){0});
            assert_int_equal(sim_run_until(sim, SIM_SECOND),
                             watched ? SIM_EVENT_LIMIT : SIM_STOPPED);
            assert_true(watched || (e.ran >= 100000 && e.ran <= 100000 + 4096));
            assert_true(watched || sim_run_until(sim, SIM_SECOND) == SIM_STOPPED);
            hashes[0] = sim_event_hash(sim);
            sim_free(sim);
            if (!watched)
                continue;
            limits.stop = NULL;
            e = (struct endless){.set_after = UINT64_MAX, .every = way == 1};
            sim = sim_new(&limits);
            e.lane = way == 2 ? sim_lane(sim, 1) : NULL;
            sim_at(sim, 0, go_on, &e, (sim_arg){0});
            assert_int_equal(sim_run_until(sim, SIM_SECOND), SIM_EVENT_LIMIT);
            hashes[1] = sim_event_hash(sim);
            sim_free(sim);
            assert_true(hashes[0] == hashes[1]);
        }
    }
}

static void test_hash(void **state)
{
    (void)state;
    uint64_t hashes[3], ran = 0;
    for (int k = 0; k < 3; k++) {
        struct sim *sim = sim_new(NULL);
        for (int i = 0; i < 100; i++)
            sim_at(sim, (i * 37) % 50 + (k == 2 && i == 77), count_event, &ran, (sim_arg){0});
        sim_run_until(sim, 100);
        hashes[k] = sim_event_hash(sim);
        sim_free(sim);
    }
    assert_true(hashes[0] == hashes[1]);
    assert_true(hashes[0] != hashes[2]);
}

/* What an instant has to say, letter by letter. */
static void say(struct sim *sim, void *self, sim_arg arg)
{
    (void)sim;
    char *said = self;
    said[strlen(said)] = (char)arg.u;
}

static void say_last(struct sim *sim, void *self, sim_arg arg)
{
    sim_last(sim, say, self, arg);
    sim_soon(sim, say, self, (sim_arg){.u = (uint64_t)'s'});
}

/* First what was scheduled to be, in order; then the rest; and last what was put off, however late
 * the others came. */
static void test_first_and_last(void **state)
{
    (void)state;
    char said[32] = "";
    struct sim *sim = sim_new(NULL);
    struct sim_lane *lane = sim_lane(sim, 10);
    sim_after(sim, 10, say_last, said, (sim_arg){.u = (uint64_t)'Y'});
    sim_after_lane(sim, lane, say_last, said, (sim_arg){.u = (uint64_t)'Z'});
    sim_after(sim, 10, say, said, (sim_arg){.u = (uint64_t)'m'});
    sim_after(sim, 11, say, said, (sim_arg){.u = (uint64_t)'!'});
    sim_first(sim, 11, say, said, (sim_arg){.u = (uint64_t)'c'});
    sim_first(sim, 10, say, said, (sim_arg){.u = (uint64_t)'a'});
    sim_first(sim, 10, say, said, (sim_arg){.u = (uint64_t)'b'});
    assert_int_equal(sim_run_until(sim, 10), SIM_REACHED);
    assert_string_equal(said, "");
    assert_int_equal(sim_run_until(sim, 11), SIM_REACHED);
    assert_string_equal(said, "abmssYZ");
    assert_int_equal(sim_run_until(sim, 12), SIM_REACHED);
    assert_string_equal(said, "abmssYZc!");
    assert_int_equal(sim_event_count(sim), 9); /* what is put off belongs to its event */
    assert_int_equal(sim_pending_count(sim), 0);
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_first_and_last),
        cmocka_unit_test(test_until_is_exclusive),
        cmocka_unit_test(test_cancelled_are_swept),
        cmocka_unit_test(test_outcomes),
        cmocka_unit_test(test_told_from_outside),
        cmocka_unit_test(test_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
