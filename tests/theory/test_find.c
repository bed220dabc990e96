/* test_find.c - the breaking point: is it in the interval as often as is said? Maps, sensitivity.
 *
 * Most experiments are on an oracle with the interface of a scenario's runs, whose breaking point
 * is known exactly: replication k at x sees the mean sojourn time of an M/M/1 queue, 1/(mu - x)
 * (Kleinrock 1975, 3.2), times a noise of mean 1. "At most w" then breaks at x = mu - 1/w. A few
 * are on the queue itself. All are of fixed seeds; the rates of false alarm are said at each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the above first */
#include <cmocka.h>

#include "sim/random.h"
#include "study/estimates/wilson.h"
#include "study/search/find.h"
#include "study/search/probe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MU 1000.0
#define BOUND 0.005 /* s: breaks at 800/s */
#define TRUTH (MU - 1 / BOUND)
#define BOUND_OF(truth) (1 / (MU - (truth)))

enum { EXPERIMENTS = 400 };

enum noise { NORMAL, EXPONENTIAL };

struct oracle {
    uint64_t experiment;
    double truth;
    enum noise noise;
    double spread; /* standard deviation, normal: by the mean */
    bool common;   /* the same streams at every x */
    bool step;     /* a share instead: yes with probability 1 / (1 + exp((x - truth) / 20)) */
    bool hump;     /* holds, breaks, holds */
    uint32_t runs;
};

static double draw(const struct oracle *o, double x, uint32_t replication)
{
    char name[96];
    struct sim_stream rng;
    snprintf(name, sizeof name, "%.9g", o->common ? 0 : x);
    sim_stream_init(&rng, o->experiment, replication, "oracle", name);
    if (o->step)
        return sim_draw_uniform(&rng) < 1 / (1 + sim_exp((x - o->truth) / 20));
    double mean = o->hump ? BOUND * (x > 700 && x < 900 ? 1.5 : 0.5) : 1 / (MU - x);
    return o->noise == NORMAL ? mean * (1 + o->spread * sim_draw_normal(&rng))
                              : mean * sim_draw_exponential(&rng);
}

static int see(void *self, double x, uint32_t replications, double level, struct sim_estimate *e)
{
    struct oracle *o = self;
    double *values = malloc(replications * sizeof *values), yes = 0;
    assert_non_null(values);
    for (uint32_t r = 0; r < replications; r++) {
        values[r] = draw(o, x, r);
        yes += values[r];
    }
    *e = o->step ? sim_wilson_trials((uint64_t)yes, replications, level)
                 : sim_estimate_mean(values, replications, level);
    free(values);
    o->runs++;
    return 0;
}

static struct sim_find_ask ask_of(struct oracle *o)
{
    return (struct sim_find_ask){.low = 500,
                                 .high = 950,
                                 .bound = BOUND,
                                 .direction = -1,
                                 .probability = NAN,
                                 .first = 10,
                                 .most_runs = 5000,
                                 .within = 0.02,
                                 .see = see,
                                 .self = o};
}

/* Of EXPERIMENTS, each with a truth of its own between 600 and 900, so that no experiment's values
 * lie where another's do, how many intervals cover it, and how many cover it shifted by 3 %; their
 * mean width. */
static void cover(struct oracle *o, struct sim_find_ask ask, uint32_t *truth, uint32_t *shifted,
                  double *width)
{
    *truth = *shifted = 0;
    *width = 0;
    for (uint64_t i = 0; i < EXPERIMENTS; i++) {
        o->experiment = 1000 + i;
        o->truth = 600 + 300 * ((double)i + 0.5) / EXPERIMENTS;
        ask.bound = BOUND_OF(o->truth);
        struct sim_find f = sim_find_run(&ask);
        if (f.finding != SIM_FIND_POINT || !f.holds_below)
            continue;
        *truth += f.low <= o->truth && o->truth <= f.high;
        *shifted += f.low <= 1.03 * o->truth && 1.03 * o->truth <= f.high;
        *width += (f.high - f.low) / EXPERIMENTS / o->truth;
    }
}

/* 0.95 is promised; of 400 experiments at exactly 0.95, fewer than 363 cover the truth once in
 * about 2000 times (binomial). */
enum { ENOUGH = 363 };

static void normal_noise_is_covered(void **state)
{
    (void)state;
    uint32_t truth, shifted;
    double width;
    for (int common = 0; common < 2; common++) {
        struct oracle o = {.noise = NORMAL, .spread = 0.1, .common = common};
        cover(&o, ask_of(&o), &truth, &shifted, &width);
        print_message("normal, %s streams: %u of %d, shifted %u, width %.4f\n",
                      common ? "common" : "own", truth, EXPERIMENTS, shifted, width);
        assert_true(truth >= ENOUGH);
        assert_true(shifted < EXPERIMENTS / 4);
        assert_true(width < 0.03);
    }
}

/* Replications whose values are exponential: their means are far from normal at first. */
static void skewed_noise_is_covered(void **state)
{
    (void)state;
    uint32_t truth, shifted;
    double width;
    struct oracle o = {.noise = EXPONENTIAL};
    struct sim_find_ask ask = ask_of(&o);
    ask.first = 40;
    ask.most_runs = 20000;
    cover(&o, ask, &truth, &shifted, &width);
    print_message("exponential: %u of %d, shifted %u, width %.4f\n", truth, EXPERIMENTS, shifted,
                  width);
    assert_true(truth >= ENOUGH);
    /* 1280 replications tell 10 % of the mean (3.6 standard errors of 1/sqrt(1280)) from the bound,
     * which is 7 % of the rate where the mean is flattest, at 600: half the width at most */
    assert_true(width < 0.15);
}

/* A yes or no per replication: P = 1/2 at the truth. */
static void probabilities_are_covered(void **state)
{
    (void)state;
    uint32_t truth, shifted;
    double width;
    struct oracle o = {.step = true};
    struct sim_find_ask ask = ask_of(&o);
    ask.probability = 0.5;
    cover(&o, ask, &truth, &shifted, &width);
    print_message("share: %u of %d, shifted %u, width %.4f\n", truth, EXPERIMENTS, shifted, width);
    assert_true(truth >= ENOUGH);
    assert_true(shifted < EXPERIMENTS / 4);
}

/* The same search that believes every mean, as if there were no noise, covers far less: the tests
 * at each value are what the coverage comes from. */
static int see_without_doubt(void *self, double x, uint32_t replications, double level,
                             struct sim_estimate *e)
{
    int status = see(self, x, replications, level, e);
    e->low = e->high = e->mean;
    return status;
}

static void believing_every_mean_covers_less(void **state)
{
    (void)state;
    uint32_t truth, shifted;
    double width;
    struct oracle o = {.noise = NORMAL, .spread = 0.3};
    struct sim_find_ask ask = ask_of(&o);
    ask.see = see_without_doubt;
    cover(&o, ask, &truth, &shifted, &width);
    print_message("believing: %u of %d\n", truth, EXPERIMENTS);
    assert_true(truth < EXPERIMENTS * 8 / 10);
}

static void what_is_no_point_is_said(void **state)
{
    (void)state;
    struct oracle o = {.noise = NORMAL, .spread = 0.05};
    struct sim_find_ask ask = ask_of(&o);
    ask.high = 700;
    assert_int_equal(sim_find_run(&ask).finding, SIM_FIND_ALL);
    ask.low = 850;
    ask.high = 950;
    assert_int_equal(sim_find_run(&ask).finding, SIM_FIND_NONE);
    ask.direction = 1;
    assert_int_equal(sim_find_run(&ask).finding, SIM_FIND_ALL);
    ask.low = 500;
    struct sim_find f = sim_find_run(&ask);
    assert_int_equal(f.finding, SIM_FIND_POINT);
    assert_false(f.holds_below);
    o.hump = true;
    ask.direction = -1;
    ask.low = 300;
    ask.high = 1200;
    assert_int_equal(sim_find_run(&ask).finding, SIM_FIND_NOT_MONOTONE);
    o.hump = false;
    o.spread = 50;
    ask.high = 950;
    assert_int_equal(sim_find_run(&ask).finding, SIM_FIND_INCONCLUSIVE);
}

/* Nothing is ever seen at 300 and below. */
static int see_above(void *self, double x, uint32_t replications, double level,
                     struct sim_estimate *e)
{
    if (x > 300)
        return see(self, x, replications, level, e);
    *e = (struct sim_estimate){.mean = NAN, .low = NAN, .high = NAN};
    return 0;
}

/* Where nothing is seen there is no verdict, and few runs are spent on it. */
static void what_is_not_seen_is_not_judged(void **state)
{
    (void)state;
    struct oracle o = {.noise = NORMAL, .spread = 0.05};
    struct sim_find_ask ask = ask_of(&o);
    ask.see = see_above;
    ask.low = 300;
    ask.high = 950;
    struct sim_find f = sim_find_run(&ask);
    assert_int_equal(f.finding, SIM_FIND_POINT);
    assert_true(f.holds_below);
    assert_int_equal(f.points[0].verdict, SIM_FIND_UNKNOWN);
    assert_int_equal(f.points[0].seen.n, 0);
    assert_true(f.points[0].replications <= 4 * ask.first);
    ask.high = 700; /* it holds there, and what the low end is nobody knows */
    assert_int_equal(sim_find_run(&ask).finding, SIM_FIND_INCONCLUSIVE);
}

/* Neighbouring whole numbers are as narrow as can be; factors reach far: 10⁻³ to 10³. */
static void whole_numbers_and_wide_ranges(void **state)
{
    (void)state;
    struct oracle o = {.noise = NORMAL, .spread = 0.001};
    struct sim_find_ask ask = ask_of(&o);
    ask.low = 1;
    ask.high = 950;
    ask.whole = true;
    ask.within = 1e-6;
    ask.bound = BOUND_OF(612.5);
    struct sim_find f = sim_find_run(&ask);
    assert_int_equal(f.finding, SIM_FIND_POINT);
    assert_true(f.low == 612 && f.high == 613 && f.narrow);
    ask.whole = false;
    ask.log = true;
    ask.low = 1e-3;
    ask.high = 999;
    ask.within = 0.01;
    ask.bound = BOUND_OF(5);
    o.spread = 1e-6;
    f = sim_find_run(&ask);
    assert_true(f.finding == SIM_FIND_POINT && f.narrow);
    assert_true(f.low <= 5 && 5 <= f.high && f.point_count < 25);
}

/* Runs are counted, and there are no more than allowed. */
static void runs_are_bounded(void **state)
{
    (void)state;
    struct oracle o = {.noise = NORMAL, .spread = 1};
    struct sim_find_ask ask = ask_of(&o);
    ask.most_runs = 300;
    struct sim_find f = sim_find_run(&ask);
    uint32_t sum = 0;
    for (uint32_t i = 0; i < f.point_count; i++)
        sum += f.points[i].replications;
    assert_int_equal(sum, f.runs);
    assert_true(f.runs <= 300);
}

/* P(X <= 2) of 10 at 0.3 is 0.382783 (tables: Abramowitz and Stegun 1964, 26.1); tails add up. */
static void binomial_tails_are_exact(void **state)
{
    (void)state;
    assert_true(fabs(sim_find_at_most(2, 10, 0.3) - 0.3827827864) < 1e-9);
    assert_true(fabs(sim_find_at_least(10, 10, 0.5) - 1.0 / 1024) < 1e-12);
    for (uint32_t k = 0; k < 200; k++)
        assert_true(fabs(sim_find_at_most(k, 200, 0.07) + sim_find_at_least(k + 1, 200, 0.07) - 1) <
                    1e-9);
}

/* ---- the queue itself ------------------------------------------------------------------------ */

static const char queue[] =
    "{\"schema_version\": 1, \"title\": \"M/M/1\",\n"
    " \"run\": {\"duration\": \"11s\", \"warmup\": \"1s\", \"interval\": \"1s\"},\n"
    " \"components\": {\"users\": {\"model\": \"client\", \"to\": \"app\", \"rate\": \"500/s\"},\n"
    "  \"app\": {\"model\": \"service\", \"servers\": 1, \"service_time\":\n"
    "          {\"type\": \"exponential\", \"mean\": \"1ms\"}}}}\n";

/* A scenario, its session, and a probe of it. */
struct bench {
    struct sim_scenario *scenario;
    struct sim_work_session session;
    struct sim_probe probe;
};

static void set_up(struct bench *b, struct sim_scenario *scenario, uint64_t seed, uint32_t n)
{
    struct sim_error error;
    assert_non_null(scenario);
    b->scenario = scenario;
    assert_int_equal(sim_work_session_open(&b->session, &error), 0);
    b->probe = (struct sim_probe){.session = &b->session,
                                  .scenario = scenario,
                                  .options = {.seed = seed, .replications = n, .jobs = 2}};
}

static void tear_down(struct bench *b)
{
    sim_work_session_close(&b->session);
    sim_scenario_free(b->scenario);
}

static struct sim_scenario *parse(const char *text)
{
    struct sim_diagnostics said = {.items = NULL};
    struct sim_scenario *scenario = sim_scenario_parse("text", text, strlen(text), NULL, &said);
    sim_diagnostics_print(&said, stderr);
    sim_diagnostics_free(&said);
    return scenario;
}

static struct sim_asked asked_of(struct sim_scenario *scenario, struct sim_question question)
{
    struct sim_diagnostics said = {.items = NULL};
    struct sim_asked asked;
    question.options[0] = question.options[0] ? question.options[0] : "--vary";
    int status = sim_question_read(scenario, &question, &asked, &said);
    sim_diagnostics_print(&said, stderr);
    sim_diagnostics_free(&said);
    assert_int_equal(status, 0);
    return asked;
}

/* Mean sojourn 5 ms at mu = 1000/s is exceeded above 800/s. Each interval misses it with
 * probability 0.05 at most; two or more of eight do so with 0.057, three or more with 0.006. */
static void a_queue_breaks_where_theory_says(void **state)
{
    (void)state;
    const struct sim_find_settings settings = {
        .probability = NAN, .within = 0.03, .most_runs = 1500};
    uint32_t covered = 0, shifted = 0;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct bench b;
        struct sim_find f;
        set_up(&b, parse(queue), seed, 10);
        struct sim_asked asked = asked_of(
            b.scenario, (struct sim_question){.vary = {"components.users.rate=500/s..950/s"},
                                              .criterion = "users.latency.mean <= 5ms"});
        assert_int_equal(sim_probe_find(&b.probe, &asked, &settings, &f), 0);
        assert_int_equal(f.finding, SIM_FIND_POINT);
        assert_string_equal(b.probe.unit, "s");
        covered += f.low <= TRUTH && TRUTH <= f.high;
        shifted += f.low <= 1.03 * TRUTH && 1.03 * TRUTH <= f.high;
        tear_down(&b);
    }
    assert_true(covered >= 6);
    assert_true(shifted <= 2);
}

/* Bronson, Aghayev, Charapko and Zhu 2021, sec. 2.1: capacity 300/s, timeout 1 s; with r tries
 * what an outage leaves is worked off only below 300/r. That is for ever after; by some time after
 * it, of the outage's 10 s a backlog of rate x (10 + 9 + ... r terms), a try a second, has to be
 * worked off at 300 - r x rate. Success is at least 0.9 over the windows from 80 s to 100 s if that
 * is done by 82 s, 52 s after the outage. A second of those is 2 %, in which tries come and go. */
static void an_outage_is_overcome_below_a_load(void **state)
{
    (void)state;
    static const char *const tries[] = {"2", "3"};
    const struct sim_find_settings settings = {
        .probability = 0.5, .within = 0.02, .most_runs = 800};
    for (int i = 0; i < 2; i++) {
        const char *variant = "280-two-tries";
        struct sim_set sets[] = {{"components.users.retry.attempts", tries[i]},
                                 {"run.duration", "100s"},
                                 {"run.warmup", "0s"}};
        const struct sim_load_options options = {
            .variants = &variant, .variant_count = 1, .sets = sets, .set_count = 3};
        struct sim_diagnostics said = {.items = NULL};
        struct bench b;
        struct sim_find f;
        set_up(&b,
               sim_scenario_load(WEIR_SOURCE_DIR "/scenarios/validation/retry-storm.json", &options,
                                 &said),
               1, 10);
        struct sim_asked asked = asked_of(
            b.scenario, (struct sim_question){.vary = {"components.users.rate=20/s..280/s"},
                                              .criterion = "users.success.mean >= 0.9",
                                              .from = "80s",
                                              .to = "100s"});
        assert_int_equal(sim_probe_find(&b.probe, &asked, &settings, &f), 0);
        assert_int_equal(f.finding, SIM_FIND_POINT);
        double r = i + 2, backlog = i == 0 ? 19 : 27, truth = 300 * 52 / (r * 52 + backlog);
        print_message("%s tries: %.2f to %.2f, theory %.2f\n", tries[i], f.low, f.high, truth);
        assert_true(f.low <= 1.02 * truth && 0.98 * truth <= f.high);
        assert_true(f.high < 1.06 * truth && 0.94 * truth < f.low);
        assert_true(f.high < 300 / r);
        tear_down(&b);
        sim_diagnostics_free(&said);
    }
}

/* ---- maps ------------------------------------------------------------------------------------ */

/* No request in 10 s has probability exp(-10 s x rate). Of 8 intervals of 0.95, three or more miss
 * with probability 0.006; shifted by 10 points, what is not near 0 or 1 is missed. */
static void a_map_has_the_probabilities(void **state)
{
    (void)state;
    struct bench b;
    struct sim_map map;
    uint32_t covered = 0, shifted = 0;
    set_up(&b, parse(queue), 3, 400);
    struct sim_asked asked = asked_of(
        b.scenario, (struct sim_question){.vary = {"components.users.rate=0.05/s..0.2/s:4",
                                                   "components.app.servers=1..2:2"},
                                          .options = {"--x", "--y"},
                                          .criterion = "users.attempts.count < 1",
                                          .steps = true});
    assert_int_equal(sim_probe_map(&b.probe, &asked, &map), 0);
    assert_true(map.columns == 4 && map.rows == 2 && map.finished == 8);
    for (uint32_t i = 0; i < 8; i++) {
        const struct sim_map_cell *cell = &map.cells[i];
        double truth = exp(-10 * cell->x);
        assert_int_equal(cell->trials, 400);
        assert_true(fabs(cell->x - 0.05 * (i % 4 + 1)) < 1e-9);
        assert_true(cell->y == 1 + (i >= 4));
        covered += cell->share.low <= truth && truth <= cell->share.high;
        shifted += cell->share.low <= truth + 0.1 && truth + 0.1 <= cell->share.high;
    }
    assert_true(covered >= 6);
    assert_int_equal(shifted, 0);
    free(map.cells);
    tear_down(&b);
}

/* ---- sensitivity ----------------------------------------------------------------------------- */

static const char inputs[] =
    "{\"schema_version\": 1, \"title\": \"M/M/1\",\n"
    " \"run\": {\"duration\": \"31s\", \"warmup\": \"1s\", \"interval\": \"1s\"},\n"
    " \"components\": {\"users\": {\"model\": \"client\", \"to\": \"app\", \"rate\": \"500/s\"},\n"
    "  \"app\": {\"model\": \"service\", \"servers\": 1, \"service_time\":\n"
    "          {\"type\": \"exponential\", \"mean\": \"1ms\"}}},\n"
    " \"sensitivity\": {\"metric\": \"users.latency.mean\", \"vary\": {\n"
    "  \"components.app.queue_limit\": {\"low\": 1000, \"mid\": 2000, \"high\": 3000},\n"
    "  \"components.users.rate\": {\"low\": \"400/s\", \"mid\": \"500/s\", \"high\": \"600/s\"},\n"
    "  \"components.app.service_time.mean\": {\"low\": \"0.5ms\", \"mid\": \"1ms\", \"high\":\n"
    "     \"1.2ms\"}}}}\n";

/* W = 1/(mu - rate): 2 ms at mid; 1.667 ms to 2.5 ms as the rate goes from low to high, 1/1500 s to
 * 3 ms as the service time does (mu = 2000/s, 833.3/s); a queue of a thousand is never full. Each
 * swing's interval is of 0.983: of 40, five or more miss with probability 0.0005. */
static void inputs_move_what_theory_says(void **state)
{
    (void)state;
    const double by_rate = 1.0 / 400 - 1.0 / 600, by_service = 1 / (1000 / 1.2 - 500) - 1.0 / 1500;
    uint32_t covered = 0, shifted = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct bench b;
        struct sim_sensitivity s;
        set_up(&b, parse(inputs), seed, 8);
        assert_int_equal(sim_probe_sensitivity(&b.probe, b.scenario->sensitivity, &s), 0);
        assert_int_equal(s.count, 3);
        assert_string_equal(s.inputs[0].vary->path, "components.app.service_time.mean");
        assert_string_equal(s.inputs[1].vary->path, "components.users.rate");
        assert_true(s.inputs[0].clear && s.inputs[1].clear && !s.inputs[2].clear);
        assert_true(s.inputs[0].more_than_next && s.inputs[1].more_than_next);
        assert_true(s.inputs[2].swing.mean == 0);
        const double truth[] = {by_service, by_rate};
        for (int i = 0; i < 2; i++) {
            const struct sim_estimate *e = &s.inputs[i].swing;
            covered += e->low <= truth[i] && truth[i] <= e->high;
            shifted += e->low <= 1.2 * truth[i] && 1.2 * truth[i] <= e->high;
        }
        free(s.inputs);
        tear_down(&b);
    }
    print_message("swings: %u of 40, shifted by a fifth %u\n", covered, shifted);
    assert_true(covered >= 36);
    assert_true(shifted < 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normal_noise_is_covered),
        cmocka_unit_test(skewed_noise_is_covered),
        cmocka_unit_test(probabilities_are_covered),
        cmocka_unit_test(believing_every_mean_covers_less),
        cmocka_unit_test(what_is_no_point_is_said),
        cmocka_unit_test(what_is_not_seen_is_not_judged),
        cmocka_unit_test(whole_numbers_and_wide_ranges),
        cmocka_unit_test(runs_are_bounded),
        cmocka_unit_test(binomial_tails_are_exact),
        cmocka_unit_test(a_queue_breaks_where_theory_says),
        cmocka_unit_test(an_outage_is_overcome_below_a_load),
        cmocka_unit_test(a_map_has_the_probabilities),
        cmocka_unit_test(inputs_move_what_theory_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
