/* test_audit.c - each check of the audit fails of the mistake it is there for, and of no other.
 *
 * A mistake is planted into a run that is otherwise sound, before its last window; expected is the
 * list of the lines that then fail. Others are planted elsewhere: messages in
 * tests/model/test_faults.c, calls under a policy in tests/model/test_policy.c, ledger and copies
 * in tests/unit/test_ledger.c, models that do wrong in tests/property/test_topologies.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the above first */
#include <cmocka.h>

#include "parts/station_state.h"
#include "report/report.h"
#include "scenario/scenario.h"

#include "sim/station.h"

#include <stdio.h>
#include <string.h>

/* The scenario: users at 100/s call "work", of one server whose work takes 9 to 11 ms, so that
 * there is always a queue; and "work" is a test's model, so that the test reaches into it. */
struct work {
    struct sim_node node;
    struct sim_station station;
    uint64_t served, answered, in_hand;
    uint64_t answers_twice; /* how often yet */
    uint64_t cleaned;       /* pieces of own work */
};

static void work_start(struct sim_node *self, struct sim_station *s, uint32_t job)
{
    sim_station_work(s, job, (9 + (sim_time)(((struct work *)self)->served % 3)) * SIM_MILLISECOND);
}

static void work_worked(struct sim_node *self, struct sim_station *s, uint32_t job)
{
    struct work *w = (struct work *)self;
    sim_call_id call = s->jobs[job].call;
    sim_answer(self, call, (struct sim_reply){.status = SIM_OK});
    if (w->answers_twice > 0) {
        w->answers_twice--;
        sim_answer(self, call, (struct sim_reply){.status = SIM_OK});
    }
    w->answered++;
    w->in_hand--;
    sim_station_leave(s, job);
}

static void work_serve(struct sim_node *self, sim_call_id call, const struct sim_request *r)
{
    struct work *w = (struct work *)self;
    (void)r;
    w->served++;
    w->in_hand++;
    sim_station_arrive(&w->station, call);
}

static void work_cleaned(struct sim *sim, void *self, sim_arg arg)
{
    (void)sim;
    (void)self;
    (void)arg;
}

/* A millisecond of own work every 100 ms, in two classes by turns. */
static void work_cleans(struct sim *sim, void *self, sim_arg arg)
{
    struct work *w = self;
    sim_station_submit(&w->station, SIM_BACKUP, (uint8_t)(w->cleaned++ % 2), SIM_MILLISECOND,
                       work_cleaned, arg);
    sim_after(sim, 100 * SIM_MILLISECOND, work_cleans, self, arg);
}

static int work_init(struct sim_node *self, struct sim_error *error)
{
    struct work *w = (struct work *)self;
    (void)error;
    sim_after(self->sim, 0, work_cleans, w, (sim_arg){.u = 0});
    if (sim_station_init(&w->station, self, 1, SIM_NO_LIMIT, work_start, work_worked) != 0)
        return -1;
    return sim_station_own_work(&w->station);
}

static int work_check(const struct sim_node *self, struct sim_error *error)
{
    const struct work *w = (const struct work *)self;
    if (w->served == w->answered + w->in_hand)
        return 0;
    snprintf(error->text, sizeof error->text, "served is not answered and in hand");
    return -1;
}

static const struct sim_meter work_meters[] = {
    SIM_STATION_METERS("", struct work, station),
    SIM_STATION_OWN_METERS("", struct work, station),
    {.name = NULL},
};

static const struct sim_model work_model = {
    .name = "work",
    .size = sizeof(struct work),
    .meters = work_meters,
    .init = work_init,
    .serve = work_serve,
    .check = work_check,
};

static struct work *work_of(struct sim_world *w)
{
    return (struct work *)sim_world_node(w, 1, 0);
}

/* ---- what is planted ------------------------------------------------------------------------- */

static void plant_nothing(struct sim_world *w)
{
    (void)w;
}

static void plant_answer_uncounted(struct sim_world *w)
{
    work_of(w)->node.station->by_status[SIM_OK].count--;
    w->totals.told++; /* so that the answers' own line is none the wiser */
}

static void plant_sojourn(struct sim_world *w)
{
    sim_histogram_record(&work_of(w)->node.station->latency, SIM_SECOND);
}

static void plant_in_flight(struct sim_world *w)
{
    sim_gauge_add(&work_of(w)->node.station->in_flight, sim_now(w->sim), 1);
}

/* A call that a node that is down turned away: arrived, and not refused. */
static void plant_refusal_uncounted(struct sim_world *w)
{
    sim_count(&work_of(w)->node.station->rate);
    w->totals.unheard--; /* as above, of the requests' line */
}

static void plant_refusal_unseen(struct sim_world *w)
{
    sim_count(&work_of(w)->node.station->by_status[SIM_REFUSED]);
    w->totals.told--;
}

static void plant_begun(struct sim_world *w)
{
    w->totals.begun++;
    w->totals.unheard++; /* as above, of the requests' line */
}

static void plant_from_the_future(struct sim_world *w)
{
    for (uint32_t i = 1; i < w->calls.slab_count * SIM__CALLS_A_SLAB; i++)
        if (sim__call_at(w, i)->used && sim__call_at(w, i)->stage == SIM__OUTBOUND)
            sim__call_at(w, i)->arrived = SIM_NEVER;
}

static void plant_leak(struct sim_world *w)
{
    struct sim__call *call = sim__call_at(w, w->calls.free);
    w->calls.free = call->next;
    call->used = true;
    call->stage = SIM__ENDED;
}

static void plant_second_answers(struct sim_world *w)
{
    work_of(w)->answers_twice = 3;
}

/* Ten seconds' work of a server that there is not. */
static void plant_work(struct sim_world *w)
{
    work_of(w)->station.busy.changes -= 10 * SIM_SECOND;
}

/* A node whose servers count though it is down; and one that is up and counts as down. */
static void plant_capacity_of_what_is_down(struct sim_world *w)
{
    struct work *work = work_of(w);
    sim_station_clear(&work->station);
    work->node.down = true;
    sim_gauge_set(&work->node.station->down, sim_now(w->sim), 1);
}

static void plant_down(struct sim_world *w)
{
    sim_gauge_set(&work_of(w)->node.station->down, sim_now(w->sim), 1);
}

static void plant_servers_unpaid(struct sim_world *w)
{
    sim_gauge_set(&work_of(w)->station.provisioned, sim_now(w->sim), 0);
}

static void plant_free_job(struct sim_world *w)
{
    struct sim_station *s = &work_of(w)->station;
    uint32_t job = 0;
    while (s->jobs[job].timer.key == 0) /* one at work … */
        job++;
    s->jobs[s->job_count - 1].next = job + 1; /* … that the free list has as well */
}

static void plant_lost_waiter(struct sim_world *w)
{
    struct sim_station *s = &work_of(w)->station;
    s->queue_head = sim__call_at(w, (uint32_t)s->queue_head)->next;
}

static void plant_stranger(struct sim_world *w)
{
    struct sim_station *s = &work_of(w)->station;
    sim__call_at(w, (uint32_t)s->queue_tail)->to = sim_world_node(w, 0, 0);
}

static void plant_own_done(struct sim_world *w)
{
    work_of(w)->station.own->classes[1]->done++;
}

static void plant_own_sojourn(struct sim_world *w)
{
    work_of(w)->station.own->classes[0]->time += SIM_SECOND;
}

/* A piece of own work that the station has forgotten. */
static void plant_own_forgotten(struct sim_world *w)
{
    struct sim_own_work *own = work_of(w)->station.own;
    own->newest = own->newest->older;
}

static void plant_own_record(struct sim_world *w)
{
    sim_gauge_add(&work_of(w)->station.own_in_hand, sim_now(w->sim), 1);
}

static void plant_miscount(struct sim_world *w)
{
    work_of(w)->served++;
}

/* ---- running --------------------------------------------------------------------------------- */

struct planting {
    struct sim_world *world;
    void (*plant)(struct sim_world *);
    sim_time at;
};

static bool plant_at(void *self, sim_time reached, uint64_t events)
{
    struct planting *p = self;
    (void)events;
    if (reached == p->at)
        p->plant(p->world);
    return true;
}

static struct sim_scenario *scenario(void)
{
    static const char text[] =
        "{\"schema_version\": 1, \"title\": \"t\", \"run\": {\"duration\": \"4s\","
        " \"replications\": 1}, \"links\": [{\"between\": [\"users\", \"work\"], \"latency\":"
        " \"20ms\"}], \"components\": {"
        "\"users\": {\"model\": \"client\", \"to\": \"work\", \"rate\": \"110/s\"},"
        "\"work\": {\"model\": \"service\", \"servers\": 1, \"service_time\": \"10ms\"}}}";
    static struct work image;
    struct sim_diagnostics found = {0};
    struct sim_load_options options = {0};
    struct sim_scenario *s = sim_scenario_parse("t", text, strlen(text), &options, &found);
    sim_diagnostics_print(&found, stderr);
    assert_non_null(s);
    sim_diagnostics_free(&found);
    s->variants[0].plan.components[1].model = &work_model;
    s->variants[0].plan.components[1].image = &image;
    s->variants[0].plan.components[1].ports = NULL;
    return s;
}

/* The names of the lines that failed, each once, with a blank after it. */
static void failed_lines(const struct sim_record *r, char *out, size_t bytes)
{
    *out = '\0';
    for (uint32_t i = 0; i < r->audit_count; i++) {
        const struct sim_audit_line *l = &r->audit[i];
        if (l->held)
            continue;
        assert_string_not_equal(l->text, "");
        assert_true(strcmp(l->component, "work") == 0 || strcmp(l->component, "all") == 0);
        if (!strstr(out, l->name))
            snprintf(out + strlen(out), bytes - strlen(out), "%s ", l->name);
    }
    assert_int_equal(r->audit_held, *out == '\0');
}

static void each_check_finds_its_mistake(void **state)
{
    (void)state;
    static const struct {
        void (*plant)(struct sim_world *);
        int at; /* s */
        const char *fails;
    } cases[] = {
        {plant_nothing, 4, ""},
        {plant_answer_uncounted, 4, "conservation "},
        {plant_refusal_uncounted, 4, "conservation "},
        {plant_refusal_unseen, 4, "conservation "},
        {plant_sojourn, 3, "little "},
        {plant_in_flight, 3, "little "},
        {plant_begun, 4, "calls "},
        {plant_from_the_future, 3, "causality "},
        {plant_leak, 4, "records "},
        {plant_second_answers, 3, "once "},
        {plant_work, 3, "utilisation "},
        {plant_capacity_of_what_is_down, 4, "servers "},
        {plant_down, 4, "servers "},
        {plant_servers_unpaid, 4, "servers "},
        {plant_free_job, 4, "servers "},
        {plant_lost_waiter, 4, "servers "},
        {plant_stranger, 4, "conservation little servers "},
        {plant_own_done, 4, "own work "},
        {plant_own_sojourn, 4, "own work "},
        {plant_own_forgotten, 4, "own work "},
        {plant_own_record, 4, "own work "},
        {plant_miscount, 4, "invariants "},
    };
    struct sim_scenario *s = scenario();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sim_error error;
        char failed[400];
        struct sim_world *w = sim_world_new(&s->variants[0].plan, 1, 0, &error);
        struct planting p = {w, cases[i].plant, cases[i].at * SIM_SECOND};
        struct sim_record *r = sim_world_run(w, plant_at, &p);
        failed_lines(r, failed, sizeof failed);
        if (strcmp(failed, cases[i].fails) != 0)
            fail_msg("case %zu: \"%s\" failed, not \"%s\"", i, failed, cases[i].fails);
        sim_record_free(r);
        sim_world_free(w);
    }
    sim_scenario_free(s);
}

/* A failed audit fails the run: of one replication of one variant it fails the report, from which
 * the command takes its exit status. */
static void a_failed_audit_fails_the_report(void **state)
{
    (void)state;
    struct sim_runs runs = {.case_count = 2};
    struct sim_aggregate aggregates[2] = {{.audit_held = true}, {.audit_held = true}};
    struct sim_report report = {.runs = &runs, .aggregates = aggregates};
    assert_true(sim_report_audit_held(&report));
    aggregates[1].audit_held = false;
    assert_false(sim_report_audit_held(&report));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_check_finds_its_mistake),
        cmocka_unit_test(a_failed_audit_fails_the_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
