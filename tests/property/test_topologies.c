/* test_topologies.c - whatever can be written runs, adds up, and comes out the same.
 *
 * Topologies drawn from the models' own tables (topology.h) under drawn policies and faults, cycles
 * included. Of each: the loader takes it, or refuses an entry for what no bound of a single value
 * can say; it reaches its end, or stops at a limit by name; the audit holds; it gives the same hash
 * twice, in windows of another length, with a warm-up, with all series kept and none, watched or
 * not, on one thread and on two. Of a calm one, which has no cycles, loses no message for good and
 * whose sources end: no call is left anywhere, so each was answered, and none twice (the audit's
 * "once").
 *
 * The canaries are models that do wrong, found by the same checks.
 *
 * WEIR_PROPERTY_SEED and WEIR_PROPERTY_COUNT ask for others than the fixed cases. A failure says
 * its seed and the commit, and leaves its scenario beside the test. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>
/* cmocka.h wants the above first */
#include <cmocka.h>

#include "fabric/call_state.h"
#include "property/topology.h"
#include "study/study.h"

#include "sim/policy.h"
#include "sim/station.h"

#define WILD_RUN "\"duration\": \"1s\", \"interval\": \"100ms\", \"replications\": 1"
#define CALM_RUN "\"duration\": \"20000s\", \"interval\": \"1000s\", \"replications\": 1"

enum { EVENTS_MOST = 20000, INSTANT_MOST = 5000, REDRAWS_MOST = 600, WHY_BYTES = 400 };

/* ---- one run --------------------------------------------------------------------------------- */

struct outcome {
    enum sim_outcome outcome;
    uint64_t hash, events;
    uint32_t left;       /* records of calls in use at the end */
    double metrics;      /* a sum of the bytes of all of them; NaN is a number like any */
    char why[WHY_BYTES]; /* what is wrong; "" when nothing is */
};

static bool keeps_on(void *self, sim_time reached, uint64_t events)
{
    *(uint64_t *)self += (uint64_t)reached ^ events;
    return true;
}

static uint32_t calls_left(const struct sim_world *w)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < w->calls.slab_count * SIM__CALLS_A_SLAB; i++)
        left += sim__call_at(w, i)->used;
    return left;
}

static void judge(const struct sim_record *r, struct outcome *o)
{
    o->outcome = r->outcome;
    o->hash = r->hash;
    o->events = r->events;
    for (uint32_t i = 0; i < r->metric_count; i++) {
        uint64_t bits;
        memcpy(&bits, &r->metrics[i].value, sizeof bits);
        o->metrics += (double)(sim_mix64(bits) >> 20);
    }
    for (uint32_t i = 0; i < r->audit_count && !o->why[0]; i++)
        if (!r->audit[i].held)
            snprintf(o->why, WHY_BYTES, "audit: %s of %s: %s", r->audit[i].name,
                     r->audit[i].component, r->audit[i].text);
    bool named = r->outcome == SIM_REACHED || r->why[0];
    bool lawful = r->outcome == SIM_REACHED || r->outcome == SIM_EVENT_LIMIT ||
                  r->outcome == SIM_RUNAWAY;
    if (!o->why[0] && !(named && lawful))
        snprintf(o->why, WHY_BYTES, "ended as %d: \"%s\"", (int)r->outcome, r->why);
}

static struct outcome run(const struct sim_plan *plan, bool watched)
{
    struct outcome o = {.why = ""};
    struct sim_error error = {""};
    uint64_t seen = 0;
    struct sim_world *world = sim_world_new(plan, 1, 0, &error);
    if (world == NULL) {
        snprintf(o.why, WHY_BYTES, "would not start: %.300s", error.text);
        return o;
    }
    struct sim_record *record = sim_world_run(world, watched ? keeps_on : NULL, &seen);
    assert_non_null(record);
    judge(record, &o);
    o.left = calls_left(world);
    sim_record_free(record);
    sim_world_free(world);
    return o;
}

/* The first thing that is wrong is what is said. */
static void say_if(struct outcome *o, bool wrong, const char *why)
{
    if (wrong && !o->why[0])
        snprintf(o->why, WHY_BYTES, "%s", why);
}

static bool differ(const struct outcome *a, const struct outcome *b)
{
    return a->hash != b->hash || a->events != b->events || a->left != b->left ||
           memcmp(&a->metrics, &b->metrics, sizeof a->metrics) != 0;
}

/* Runs a plan as it is and otherwise observed. The first outcome, with what is wrong. */
static struct outcome examine(struct sim_plan *plan, bool calm)
{
    sim_time interval = plan->interval, warmup = plan->warmup;
    struct outcome first = run(plan, false), again = run(plan, true);
    say_if(&first, differ(&first, &again), "the second run, which was watched, is another");
    plan->all_series = !plan->all_series;
    again = run(plan, false);
    plan->all_series = !plan->all_series;
    say_if(&first, differ(&first, &again), "keeping all series, or none, changes the run");
    plan->interval = plan->duration / 8;
    plan->warmup = plan->duration / 4;
    again = run(plan, false);
    plan->interval = interval;
    plan->warmup = warmup;
    /* a loop without time is looked for every so many events: it may go on for longer */
    say_if(&first, first.outcome != again.outcome, "other windows and a warm-up change the end");
    say_if(&first, first.outcome != SIM_RUNAWAY && first.hash != again.hash,
           "other windows and a warm-up change the run");
    say_if(&first, again.why[0], again.why);
    say_if(&first, calm && first.outcome == SIM_REACHED && first.left > 0,
           "calls are left when all is calm");
    return first;
}

/* ---- cases ----------------------------------------------------------------------------------- */

struct counts {
    uint32_t cases, reached, limited, runaways, refused, drained;
    uint64_t events;
};

static const char *commit(char *text, size_t bytes)
{
    FILE *git = popen("git -C " WEIR_SOURCE_DIR " describe --always --dirty 2>/dev/null", "r");
    if (git == NULL || fgets(text, (int)bytes, git) == NULL)
        snprintf(text, bytes, "not known");
    text[strcspn(text, "\n")] = '\0';
    if (git != NULL)
        pclose(git);
    return text;
}

static void fail_case(uint64_t seed, const char *text, const char *why)
{
    char name[64], at[80];
    snprintf(name, sizeof name, "property-%llu.json", (unsigned long long)seed);
    FILE *file = fopen(name, "w");
    if (file != NULL) {
        fputs(text, file);
        fclose(file);
    }
    fail_msg("seed %llu, commit %s, weir %s: %s\nthe scenario is in %s", (unsigned long long)seed,
             commit(at, sizeof at), WEIR_VERSION, why, name);
}

static bool names_group(const struct sim_param *table, const char *name)
{
    for (const struct sim_param *p = table; p && p->name; p++)
        if (p->kind == SIM_GROUP && (strcmp(p->name, name) == 0 || names_group(p->fields, name)))
            return true;
    return false;
}

/* What no bound of a single value says, and the loader therefore may refuse. What is refused of a
 * whole component, or of a group, stands at that itself. */
static bool lawful(const struct sim_diagnostic *d)
{
    static const char *const sentences[] = {
        "does no work that could take longer",
        "is not called, and so cannot",
        "holds nothing to flush",
        "there is no component in",
        "this does not apply to the components in",
        "needs two different ends",
        "needs two ends",
        "this sets nothing",
        "has a link already",
        "must be above 0",
        "there is no timeout that could be passed on",
        "needs no link to itself",
        "of type", /* a plug-in: set is a parameter of another type */
    };
    unsigned i;
    int end = 0;
    if (sscanf(d->pointer, "/components/c%u%n", &i, &end) == 1 && d->pointer[end] == '\0')
        return true;
    const char *last = strrchr(d->pointer, '/');
    if (last && names_group(sim_policy_params, last + 1))
        return true;
    for (size_t k = 0; k < sizeof sentences / sizeof sentences[0]; k++)
        if (strstr(d->sentence, sentences[k]))
            return true;
    return false;
}

/* Loads what was drawn, with what is refused drawn again. NULL: it cannot be made lawful. */
static struct sim_scenario *load(struct topology *t, uint64_t seed, const char *section,
                                 char **text, struct counts *counts)
{
    for (int redraws = 0; redraws < REDRAWS_MOST; redraws++) {
        struct sim_diagnostics found = {0};
        struct sim_load_options options = {0};
        char why[WHY_BYTES] = "";
        *text = topology_text(t, section);
        assert_non_null(*text);
        struct sim_scenario *s = sim_scenario_parse("drawn.json", *text, strlen(*text), &options,
                                                    &found);
        if (t->unknown)
            snprintf(why, WHY_BYTES, "topology.h cannot draw \"%s\"", t->unknown);
        char last[64] = "";
        for (size_t i = 0; i < found.count && !s && !why[0]; i++) {
            const struct sim_diagnostic *d = &found.items[i];
            if (d->warning)
                continue;
            counts->refused++;
            if (!lawful(d))
                snprintf(why, WHY_BYTES, "%s is refused: %.250s", d->pointer, d->sentence);
            else if (strncmp(last, d->pointer, sizeof last - 1) != 0 &&
                     !topology_redraw(t, d->pointer))
                snprintf(why, WHY_BYTES, "nothing to draw again at %s", d->pointer);
            snprintf(last, sizeof last, "%s", d->pointer);
        }
        sim_diagnostics_free(&found);
        if (why[0])
            fail_case(seed, *text, why);
        if (s)
            return s;
        free(*text);
    }
    *text = topology_text(t, section);
    fail_case(seed, *text, "nothing lawful was drawn");
    return NULL;
}

/* One thread and two, three replications: the same records. */
static const char *across_threads(const struct sim_scenario *s, const struct outcome *first)
{
    static const unsigned jobs[] = {1, 2};
    struct sim_runs runs[2];
    struct sim_work_session session;
    struct sim_error error;
    const char *why = NULL;
    assert_int_equal(sim_work_session_open(&session, &error), 0);
    for (int i = 0; i < 2; i++) {
        struct sim_replicate_options options = {.seed = 1, .replications = 3, .jobs = jobs[i]};
        assert_int_equal(sim_replicate(&session, s->variants, 1, &options, &runs[i], &error), 0);
    }
    for (uint32_t k = 0; k < 3 && !why; k++) {
        const struct sim_run *a = &runs[0].runs[k], *b = &runs[1].runs[k];
        if (a->state != b->state || strcmp(a->why, b->why) != 0)
            why = "two threads end a run in another way than one";
        else if (a->record && a->record->hash != b->record->hash)
            why = "two threads give another hash than one";
        else if (k == 0 && a->record && a->record->hash != first->hash)
            why = "a replication is not the run of its seed and number";
    }
    sim_runs_free(&runs[0]);
    sim_runs_free(&runs[1]);
    sim_work_session_close(&session);
    return why;
}

static void one_case(uint64_t seed, bool calm, const char *focus, struct counts *counts)
{
    static struct topology t;
    char *text;
    topology_draw(&t, seed, calm, focus);
    const char *section = calm ? CALM_RUN : WILD_RUN;
    struct sim_scenario *s = load(&t, seed, section, &text, counts);
    struct sim_plan *plan = &s->variants[0].plan;
    plan->limits.events = EVENTS_MOST;
    plan->limits.instant_events = INSTANT_MOST;
    struct outcome o = examine(plan, calm);
    const char *threads = o.why[0] || seed % 4 ? NULL : across_threads(s, &o);
    if (o.why[0] || threads)
        fail_case(seed, text, o.why[0] ? o.why : threads);
    counts->cases++;
    counts->events += o.events;
    counts->reached += o.outcome == SIM_REACHED;
    counts->limited += o.outcome == SIM_EVENT_LIMIT;
    counts->runaways += o.outcome == SIM_RUNAWAY;
    sim_scenario_free(s);
    free(text);
}

static uint64_t asked(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

static struct counts cases(bool calm, const char *focus)
{
    struct counts counts = {0};
    uint64_t first = asked("WEIR_PROPERTY_SEED", 1);
    uint64_t count = asked("WEIR_PROPERTY_COUNT", getenv("WEIR_TEST_LONG") ? 4000 : 300);
    for (uint64_t i = 0; i < count; i++)
        one_case(first + i, calm, focus, &counts);
    print_message("%u cases of %llu events: %u reached their end, %u the limit of events, %u that "
                  "of an instant; %u entries were refused\n",
                  counts.cases, (unsigned long long)counts.events, counts.reached, counts.limited,
                  counts.runaways, counts.refused);
    return counts;
}

static void wild_topologies_hold(void **state)
{
    (void)state;
    struct counts counts = cases(false, NULL);
    assert_true(counts.reached > counts.cases / 2); /* else little was looked at */
}

static void calm_topologies_drain(void **state)
{
    (void)state;
    struct counts counts = cases(true, NULL);
    assert_true(counts.reached > counts.cases / 2);
}

/* Every kind of balancer, with checks, ejection, limits and retries elsewhere, under faults. */
static void balancers_hold(void **state)
{
    (void)state;
    struct counts counts = cases(false, "balancer");
    assert_true(counts.reached > counts.cases / 2);
    counts = cases(true, "balancer");
    assert_true(counts.reached > counts.cases / 2);
}

/* ---- canaries -------------------------------------------------------------------------------- */

/* A callee that answers after 1 ms, and at every seventh call does what its kind of wrong is. */
enum wrong { NOTHING, NEVER, TWICE, LEAKS, LEAVES_TWICE, REMEMBERS, LOOKS };

struct canary {
    struct sim_node node;
    struct sim_station station;
    enum wrong wrong;
    uint64_t served;
};

static uint64_t remembered; /* what no model may have: a variable that outlives its run */

static void canary_start(struct sim_node *self, struct sim_station *station, uint32_t job)
{
    struct canary *c = (struct canary *)self;
    sim_time takes = SIM_MILLISECOND;
    if (c->wrong == REMEMBERS)
        takes += (sim_time)(++remembered % 1000);
    if (c->wrong == LOOKS)
        takes += self->world->plan->all_series;
    sim_station_work(station, job, takes);
}

static void canary_worked(struct sim_node *self, struct sim_station *station, uint32_t job)
{
    struct canary *c = (struct canary *)self;
    sim_call_id call = station->jobs[job].call;
    struct sim_reply reply = {.status = SIM_OK};
    bool now = ++c->served % 7 == 0;
    if (!(now && c->wrong == NEVER))
        sim_answer(self, call, reply);
    if (now && c->wrong == TWICE)
        sim_answer(self, call, reply);
    if (!(now && c->wrong == LEAKS))
        sim_station_leave(station, job);
    if (now && c->wrong == LEAVES_TWICE)
        sim_station_leave(station, job);
}

static int canary_init(struct sim_node *self, struct sim_error *error)
{
    struct canary *c = (struct canary *)self;
    (void)error;
    return sim_station_init(&c->station, self, 8, SIM_NO_LIMIT, canary_start, canary_worked);
}

static void canary_serve(struct sim_node *self, sim_call_id call, const struct sim_request *request)
{
    (void)request;
    sim_station_arrive(&((struct canary *)self)->station, call);
}

static const struct sim_meter canary_meters[] = {
    SIM_STATION_METERS("", struct canary, station),
    {.name = NULL},
};

static const struct sim_model canary_model = {
    .name = "canary",
    .size = sizeof(struct canary),
    .meters = canary_meters,
    .init = canary_init,
    .serve = canary_serve,
};

/* What is found wrong with a topology whose callee is a canary. */
static struct outcome sing(enum wrong wrong)
{
    static const char text[] =
        "{\"schema_version\": 1, \"title\": \"canary\", \"run\": {" CALM_RUN "}, \"components\": {"
        "\"users\": {\"model\": \"client\", \"to\": \"bird\", \"rate\": \"300/s\"},"
        "\"bird\": {\"model\": \"service\", \"servers\": 1, \"service_time\": \"1ms\"}},"
        "\"timeline\": [{\"do\": \"crash\", \"target\": \"users\", \"at\": \"300ms\"}]}";
    struct sim_diagnostics found = {0};
    struct sim_load_options options = {0};
    struct canary image = {.wrong = wrong};
    struct sim_scenario *s = sim_scenario_parse("c", text, strlen(text), &options, &found);
    assert_non_null(s);
    struct sim_plan *plan = &s->variants[0].plan;
    plan->components[1].model = &canary_model;
    plan->components[1].image = &image;
    plan->components[1].ports = NULL;
    struct outcome o = examine(plan, true);
    sim_diagnostics_free(&found);
    sim_scenario_free(s);
    return o;
}

static void canaries_are_found(void **state)
{
    (void)state;
    static const struct {
        enum wrong wrong;
        const char *says;
    } birds[] = {
        {NEVER, "calls are left when all is calm"},
        {TWICE, "audit: once of all"},
        {LEAKS, "calls are left when all is calm"},
        {REMEMBERS, "the second run, which was watched, is another"},
        {LOOKS, "keeping all series, or none, changes the run"},
    };
    assert_string_equal(sing(NOTHING).why, "");
    for (size_t i = 0; i < sizeof birds / sizeof birds[0]; i++) {
        struct outcome o = sing(birds[i].wrong);
        if (!strstr(o.why, birds[i].says))
            fail_msg("canary %d: \"%s\" is said, not \"%s\"", (int)i, o.why, birds[i].says);
    }
}

/* An assert of the station finds it where it happens; in a build without them the audit does. */
static void a_server_is_left_once(void **state)
{
    (void)state;
    int status;
    pid_t child = fork();
    if (child == 0) {
        if (freopen("/dev/null", "w", stderr) == NULL)
            _exit(2);
        struct outcome o = sing(LEAVES_TWICE);
        _exit(strstr(o.why, "audit: utilisation of bird") ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true((WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT) ||
                (WIFEXITED(status) && WEXITSTATUS(status) == 0));
}

/* A loop without time is a named end, and not a hang; the same end however the run is cut into
 * windows. It begins at half a second, after thousands of events of others. Of 10^7 requests one
 * leaves it, so that the loader, which refuses a loop that none leaves, lets it pass. */
static void a_cycle_without_time_is_named(void **state)
{
    (void)state;
    static const char text[] =
        "{\"schema_version\": 1, \"title\": \"cycle\","
        " \"run\": {\"duration\": \"1s\", \"replications\": 1}, \"components\": {"
        "\"others\": {\"model\": \"client\", \"to\": \"c\", \"rate\": \"10k/s\"},"
        "\"c\": {\"model\": \"service\", \"servers\": 9, \"service_time\": \"0s\"},"
        "\"users\": {\"model\": \"client\", \"to\": \"a\", \"schedule\": [{\"at\": \"500ms\","
        " \"rate\": \"100/s\"}]},"
        "\"a\": {\"model\": \"service\", \"servers\": 1, \"service_time\": \"0s\", \"to\": \"b\"},"
        "\"b\": {\"model\": \"service\", \"servers\": 1, \"service_time\": \"0s\","
        " \"to\": [{\"to\": \"a\", \"share\": 0.9999999}]}"
        "}}";
    static const sim_time intervals[] = {SIM_SECOND, SIM_SECOND / 10, SIM_SECOND / 1000};
    struct sim_diagnostics found = {0};
    struct sim_load_options options = {0};
    struct sim_error error;
    struct sim_scenario *s = sim_scenario_parse("c", text, strlen(text), &options, &found);
    assert_non_null(s);
    struct sim_plan *plan = &s->variants[0].plan;
    struct sim_record *records[3];
    plan->limits.instant_events = INSTANT_MOST;
    for (int i = 0; i < 3; i++) {
        plan->interval = intervals[i];
        struct sim_world *world = sim_world_new(plan, 1, 0, &error);
        records[i] = sim_world_run(world, NULL, NULL);
        assert_int_equal(records[i]->outcome, SIM_RUNAWAY);
        assert_non_null(strstr(records[i]->why, "a loop that takes no time"));
        assert_true(strstr(records[i]->why, "\"a\"") || strstr(records[i]->why, "\"b\""));
        assert_string_equal(records[i]->why, records[0]->why);
        assert_true(records[i]->events == records[0]->events);
        assert_true(records[i]->hash == records[0]->hash);
        sim_world_free(world);
    }
    for (int i = 0; i < 3; i++)
        sim_record_free(records[i]);
    sim_diagnostics_free(&found);
    sim_scenario_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canaries_are_found),
        cmocka_unit_test(a_server_is_left_once),
        cmocka_unit_test(a_cycle_without_time_is_named),
        cmocka_unit_test(wild_topologies_hold),
        cmocka_unit_test(calm_topologies_drain),
        cmocka_unit_test(balancers_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
