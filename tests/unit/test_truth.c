/* test_truth.c - versions and commit times against a list kept by brute force, past the point where
 * the ring of commits starts anew; reads held against them; sessions. */
#include "model/harness.h"

#include "sim/sessions.h"
#include "sim/truth.h"

enum { KEYS = 50 };

static const char *const world_text =
    "{'schema_version': 1, 'title': 't', 'run': {'duration': '1s'},"
    " 'keyspaces': {'items': {'keys': 50, 'value_bytes': 1}},"
    " 'components': {'users': {'model': 'client', 'to': 'db', 'rate': '1/s', 'keyspace': 'items'},"
    "  'db': {'model': 'store'}}}";

struct fixture {
    struct sim_scenario *scenario;
    struct sim_world *world;
    struct sim_keyspace *space;
    struct sim *sim;
};

/* The keyspace as the client's parameter has it. */
static void fixture_open(struct fixture *f)
{
    struct sim_error error = {""};
    f->scenario = harness_scenario(world_text);
    f->world = sim_world_new(&f->scenario->variants[0].plan, 1, 0, &error);
    assert_non_null(f->world);
    f->sim = sim_world_sim(f->world);
    struct sim_node *client = sim_world_node(f->world, 0, 0);
    for (const struct sim_param *p = client->model->params; p->name; p++)
        if (p->kind == SIM_KEYSPACE)
            memcpy(&f->space, (char *)client + p->offset, sizeof f->space);
    assert_non_null(f->space);
}

static void fixture_close(struct fixture *f)
{
    sim_world_free(f->world);
    sim_scenario_free(f->scenario);
}

struct history {
    sim_time *when[KEYS]; /* of version 1, 2, ... */
    uint32_t count[KEYS], room[KEYS];
};

static void remember(struct history *h, uint64_t key, sim_time when)
{
    if (h->count[key] == h->room[key]) {
        h->room[key] = h->room[key] ? 2 * h->room[key] : 16;
        h->when[key] = realloc(h->when[key], h->room[key] * sizeof(sim_time));
        assert_non_null(h->when[key]);
    }
    h->when[key][h->count[key]++] = when;
}

struct writer {
    struct fixture *f;
    struct history *history;
    struct sim_stream stream;
    uint64_t left;
};

/* Writes a key, the lower ones much more often, and sometimes several in one instant. */
static void write_one(struct sim *sim, void *self, sim_arg arg)
{
    struct writer *w = self;
    (void)arg;
    double u = sim_draw_uniform(&w->stream);
    uint64_t key = (uint64_t)(u * u * u * KEYS);
    remember(w->history, key, sim_now(sim));
    assert_int_equal(sim_commit(sim, w->f->space, key), w->history->count[key]);
    if (--w->left > 0)
        sim_after(sim, (sim_time)sim_draw_below(&w->stream, 3), write_one, w, (sim_arg){0});
}

/* By brute force: a binary search in the whole history. */
static uint32_t version_at(const struct history *h, uint64_t key, sim_time when)
{
    uint32_t low = 0, high = h->count[key];
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (h->when[key][middle] <= when)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void check_key(const struct writer *w, uint64_t key, uint32_t back)
{
    const struct history *h = w->history;
    uint32_t latest = h->count[key];
    assert_int_equal(sim_latest(w->f->space, key), latest);
    assert_int_equal(sim_overwritten_at(w->f->space, key, latest), SIM_NEVER);
    if (latest == 0)
        return;
    uint32_t version = latest > back ? latest - back : 1;
    sim_time when = h->when[key][version - 1];
    assert_int_equal(sim_overwritten_at(w->f->space, key, version - 1), when);
    assert_int_equal(sim_version_at(w->f->space, key, when), version_at(h, key, when));
    if (when > 0)
        assert_int_equal(sim_version_at(w->f->space, key, when - 1), version_at(h, key, when - 1));
}

static void commits_are_remembered(uint64_t writes, bool all)
{
    struct fixture f;
    struct history history = {.count = {0}};
    fixture_open(&f);
    struct writer w = {.f = &f, .history = &history, .left = writes};
    sim_stream_init(&w.stream, 1, 0, "test", "truth");
    for (uint64_t key = 0; key < KEYS; key++)
        check_key(&w, key, 0);
    sim_at(f.sim, 0, write_one, &w, (sim_arg){0});
    while (w.left > 0)
        assert_int_equal(sim_run_until(f.sim, sim_now(f.sim) + 1000), SIM_REACHED);
    for (int i = 0; i < 20000; i++) {
        uint64_t key = sim_draw_below(&w.stream, KEYS);
        uint32_t most = all ? history.count[key] : history.count[key] / 2;
        check_key(&w, key, (uint32_t)sim_draw_below(&w.stream, 1 + (uint64_t)most));
    }
    if (!all) { /* version 0 of a key written often: some time later than the truth, not NEVER */
        sim_time said = sim_overwritten_at(f.space, 0, 0);
        assert_true(said >= history.when[0][0] && said <= sim_now(f.sim));
    }
    for (uint64_t key = 0; key < KEYS; key++)
        free(history.when[key]);
    fixture_close(&f);
}

static void test_commits(void **state)
{
    (void)state;
    commits_are_remembered(3000, true);
    commits_are_remembered(200000, true);
    commits_are_remembered(6000000, false); /* the ring holds 4,194,304 */
}

static void write_key(struct sim *sim, void *self, sim_arg key)
{
    sim_commit(sim, self, key.u);
}

static void test_reads(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    for (sim_time t = 10; t <= 40; t += 10)
        sim_at(f.sim, t, write_key, f.space, (sim_arg){.u = 7});
    sim_run_until(f.sim, 50);
    struct sim_truth_meters m = {.reads = {0}};
    sim_histogram_init(&m.versions_behind);
    sim_histogram_init(&m.stale_age);
    sim_truth_read(&m, f.space, 7, 4, 45); /* fresh */
    sim_truth_read(&m, f.space, 7, 3, 35); /* overwritten while it was read: not stale */
    assert_int_equal(m.stale.count, 0);
    sim_truth_read(&m, f.space, 7, 1, 45); /* 3 behind; overwritten at 20, 25 before it was asked */
    sim_truth_read(&m, f.space, 7, 1, 35); /* 2 behind when asked, for 15 */
    assert_int_equal(m.reads.count, 4);
    assert_int_equal(m.stale.count, 2);
    assert_int_equal(m.versions_behind.high, 3);
    assert_int_equal(m.versions_behind.low, 2);
    assert_int_equal(m.stale_age.high, 25);
    assert_int_equal(m.stale_age.low, 15);
    sim_histogram_free(&m.versions_behind);
    sim_histogram_free(&m.stale_age);
    fixture_close(&f);
}

static void test_sessions(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct sim_sessions s = {0};
    assert_int_equal(sim_sessions_init(&s, sim_world_node(f.world, 0, 0)), 0);
    struct sim_session_floor none = sim_session_expect(&s, 1, 7);
    assert_true(none.written == 0 && none.seen == 0);
    sim_session_wrote(&s, 1, 7, 5);
    struct sim_session_floor wrote = sim_session_expect(&s, 1, 7);
    assert_int_equal(wrote.written, 5);
    assert_int_equal(sim_session_expect(&s, 2, 7).written, 0); /* another session */
    assert_int_equal(sim_session_expect(&s, 1, 8).written, 0); /* another key */
    sim_session_read(&s, 1, 7, wrote, 4);                      /* not its own write */
    sim_session_read(&s, 1, 7, wrote, 6);
    sim_session_read(&s, 1, 7, sim_session_expect(&s, 1, 7), 5); /* its own, but saw 6 before */
    assert_int_equal(s.own.count, 3);
    assert_int_equal(s.own_violated.count, 1);
    assert_int_equal(s.again.count, 1);
    assert_int_equal(s.again_violated.count, 1);
    /* two reads at once: the second was sent before the first came back, and may be older */
    struct sim_session_floor first = sim_session_expect(&s, 3, 7);
    struct sim_session_floor second = sim_session_expect(&s, 3, 7);
    sim_session_read(&s, 3, 7, first, 6);
    sim_session_read(&s, 3, 7, second, 2);
    assert_int_equal(s.again_violated.count, 1);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commits),
        cmocka_unit_test(test_reads),
        cmocka_unit_test(test_sessions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
