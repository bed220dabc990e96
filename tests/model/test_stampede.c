/* test_stampede.c - the study scenarios/ch22-caching/stampede.json can fail: with the mechanism
 * switched off by its cause (the recomputation takes no time, or one reader comes for each key and
 * lifetime), the claims about the herd do not hold, and with less load the herd is smaller by as
 * much as theory says. */
#include "model/harness.h"

static struct sim_scenario *load(const char *variant, const char *path, const char *value)
{
    const struct sim_set set = {path, value};
    const char *variants[] = {variant};
    struct sim_load_options options = {
        .variants = variants, .variant_count = 1, .sets = &set, .set_count = path ? 1 : 0};
    struct sim_diagnostics found = {0};
    struct sim_scenario *s = sim_scenario_load(
        WEIR_SOURCE_DIR "/scenarios/ch22-caching/stampede.json", &options, &found);
    if (!s)
        fail_msg("%s", found.count ? found.items[0].sentence : "not loaded");
    sim_diagnostics_free(&found);
    return s;
}

static double seen(const char *variant, const char *path, const char *value, const char *metric)
{
    struct sim_scenario *s = load(variant, path, value);
    struct sim_record *r = harness_run(&s->variants[0], s->seed, 0);
    double result = harness_metric(r, metric);
    sim_record_free(r);
    sim_scenario_free(s);
    return result;
}

static void without_its_cause_there_is_no_stampede(void **state)
{
    (void)state;
    /* the study expects at least 40 recomputations, a queue of 300 and a wait of 600 ms */
    assert_true(seen("none", NULL, NULL, "db.queue.peak") > 300);
    assert_true(seen("none", "components.db.read_time", "100us", "db.queue.peak") < 10);
    assert_true(seen("none", "components.db.read_time", "100us", "users.latency.p999") < 0.1);
    assert_true(seen("none", "components.users.rate", "1/s", "cache.recomputes_per_episode.mean") <
                1.1);
}

static void the_herd_grows_with_the_load(void **state)
{
    (void)state;
    static const struct {
        const char *rate;
        double herd; /* 1 + rate / 20 keys x 0.2 s */
    } cases[] = {{"500/s", 6}, {"1000/s", 11}, {"2000/s", 21}};
    for (size_t i = 0; i < 3; i++) {
        double herd = seen("ttl-jitter", "components.users.rate", cases[i].rate,
                           "cache.recomputes_per_episode.mean");
        if (!(fabs(herd / cases[i].herd - 1) < 0.1))
            fail_msg("%s: %g recomputations, not about %g", cases[i].rate, herd, cases[i].herd);
    }
}

/* Each protection is its own doing: put another one in its place and its claim fails. */
static void claims_tell_the_protections_apart(void **state)
{
    (void)state;
    const char *path = "components.cache.stampede";
    assert_true(seen("lock", path, "none", "cache.herd.max") > 4);
    assert_true(seen("lock", path, "single-flight", "cache.herd.max") > 1);
    assert_true(seen("xfetch", path, "single-flight", "cache.waiting.peak") > 0);
    assert_true(seen("stale-while-revalidate", path, "lease", "cache.misses.count") > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_its_cause_there_is_no_stampede),
        cmocka_unit_test(the_herd_grows_with_the_load),
        cmocka_unit_test(claims_tell_the_protections_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
