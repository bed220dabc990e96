/* test_log_disk.c - a log on a disk that its appends and its compaction share: how a model uses
 * sim/log.h. Three models and a plan, written in C. */
#include "sim/model.h"
#include "sim/world.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- a disk: one request after another, a microsecond for each byte ------------------------- */

struct disk {
    struct sim_node node;
    struct sim_station station;
};

static void disk_start(struct sim_node *self, struct sim_station *station, uint32_t job)
{
    int64_t bytes = sim_call_request(self, station->jobs[job].call)->bytes;
    sim_station_work(station, job, bytes * SIM_MICROSECOND);
}

static void disk_worked(struct sim_node *self, struct sim_station *station, uint32_t job)
{
    sim_answer(self, station->jobs[job].call, (struct sim_reply){.status = SIM_OK});
    sim_station_leave(station, job);
}

static void disk_serve(struct sim_node *self, sim_call_id call, const struct sim_request *request)
{
    (void)request;
    sim_station_arrive(&((struct disk *)self)->station, call);
}

static int disk_init(struct sim_node *self, struct sim_error *error)
{
    (void)error;
    return sim_station_init(&((struct disk *)self)->station, self, 1, SIM_NO_LIMIT, disk_start,
                            disk_worked);
}

static const struct sim_meter disk_meters[] = {SIM_STATION_METERS("", struct disk, station), {0}};

static const struct sim_model disk_model = {
    .name = "disk",
    .summary = "Takes a microsecond for each byte.",
    .source = "this test",
    .size = sizeof(struct disk),
    .meters = disk_meters,
    .init = disk_init,
    .serve = disk_serve,
};

/* ---- a log: a write is answered when the disk has it; compaction goes on beside ------------- */

enum { RECORD = 100, PASSES = 1000 };

struct keeper {
    struct sim_node node;
    struct sim_port disk;
    uint64_t keys, step; /* parameters: keys are written in turn; bytes of a step, 0: none */
    double dirty;        /* a pass begins when this share of the closed bytes is dirty */

    struct sim_log log;
    struct sim_log_cleaner cleaner;
    uint64_t written;        /* the records below are on the disk */
    uint64_t next, answered; /* key */
    struct sim_log_amount lost;
    uint64_t appended, read, rewritten; /* bytes */
    struct sim_log_work passes[PASSES], pass;
    uint32_t pass_count;
};

static void on_disk(struct keeper *k, uint64_t bytes, sim_done *done, sim_arg arg)
{
    struct sim_request request = {.op = SIM_OTHER,
                                  .key = SIM_NO_KEY,
                                  .bytes = (int64_t)bytes,
                                  .intended = sim_now(k->node.sim),
                                  .deadline = SIM_NEVER};
    sim_call(&k->disk, 0, &request, done, k, arg);
}

/* The next step of the pass under way: the disk has done the work of the one before. */
static void compact(struct sim *sim, void *self, sim_arg arg, const struct sim_reply *reply)
{
    (void)arg, (void)reply;
    struct keeper *k = self;
    struct sim_log_work work = sim_log_cleaner_step(&k->cleaner, sim_now(sim), k->step);
    k->pass.read += work.read;
    k->pass.written += work.written;
    if (!work.done) {
        on_disk(k, work.read + work.written, compact, (sim_arg){0});
        return;
    }
    assert_true(k->pass_count < PASSES);
    k->passes[k->pass_count++] = k->pass;
    k->read += k->pass.read;
    k->rewritten += k->pass.written;
    k->pass = (struct sim_log_work){0, 0, false};
}

static void compact_if_dirty(struct keeper *k)
{
    sim_time now = sim_now(k->node.sim);
    if (k->step == 0 || k->cleaner.log)
        return;
    uint64_t dirty = sim_log_cleaner_dirty(&k->log, k->log.durable).bytes;
    uint64_t clean = sim_log_between(&k->log, k->log.first, k->log.cleaned).bytes;
    if ((double)dirty < k->dirty * (double)(dirty + clean))
        return;
    if (sim_log_cleaner_begin(&k->cleaner, &k->log, k->log.durable, now, 0))
        compact(k->node.sim, k, (sim_arg){0}, NULL);
}

static void is_written(struct sim *sim, void *self, sim_arg call, const struct sim_reply *reply)
{
    (void)sim, (void)reply;
    struct keeper *k = self;
    sim_log_synced(&k->log, ++k->written);
    k->answered++;
    sim_answer(&k->node, (sim_call_id){call.u}, (struct sim_reply){.status = SIM_OK});
    compact_if_dirty(k);
}

static void keeper_serve(struct sim_node *self, sim_call_id call, const struct sim_request *request)
{
    (void)request;
    struct keeper *k = (struct keeper *)self;
    struct sim_log_record record = {.key = k->next++ % k->keys, .bytes = RECORD};
    sim_log_append(&k->log, sim_now(self->sim), &record);
    k->appended += RECORD;
    on_disk(k, RECORD, is_written, (sim_arg){.u = call.key});
}

/* What it asked of the disk before is answered to nobody. */
static void keeper_fault(struct sim_node *self, enum sim_fault_kind kind)
{
    struct keeper *k = (struct keeper *)self;
    if (kind != SIM_FAULT_CRASH)
        return;
    sim_log_cleaner_stop(&k->cleaner);
    k->pass = (struct sim_log_work){0, 0, false};
    struct sim_log_amount lost = sim_log_crash(&k->log);
    k->lost.records += lost.records;
    k->lost.bytes += lost.bytes;
    k->next -= lost.records; /* they were never answered, and are written again */
}

static int keeper_init(struct sim_node *self, struct sim_error *error)
{
    (void)error;
    struct keeper *k = (struct keeper *)self;
    k->log.segment_bytes = 10 * RECORD;
    return sim_log_init(&k->log, self) + sim_log_cleaner_init(&k->cleaner, self);
}

static struct keeper seen; /* as it was at the end */

static int keeper_check(const struct sim_node *self, struct sim_error *error)
{
    const struct keeper *k = (const struct keeper *)self;
    seen = *k;
    const char *broken = sim_log_check(&k->log);
    if (!broken && k->log.durable != k->answered)
        broken = "writes answered are not those that are durable";
    return broken ? sim_refuse(error, broken) : 0;
}

static const struct sim_port_def keeper_ports[] = {
    {"disk", offsetof(struct keeper, disk), SIM_REQUIRED, "Where the log is."},
    {0},
};

static const struct sim_model keeper_model = {
    .name = "keeper",
    .summary = "Appends what is written to a log, and compacts it.",
    .source = "this test",
    .size = sizeof(struct keeper),
    .ports = keeper_ports,
    .init = keeper_init,
    .serve = keeper_serve,
    .fault = keeper_fault,
    .check = keeper_check,
};

/* ---- a write each millisecond --------------------------------------------------------------- */

struct writer {
    struct sim_node node;
    struct sim_port to;
    uint64_t sent, answered, lost;
};

static void ended(struct sim *sim, void *self, sim_arg arg, const struct sim_reply *reply)
{
    (void)sim, (void)arg;
    struct writer *w = self;
    w->answered += reply->status == SIM_OK;
    w->lost += reply->status == SIM_LOST;
}

static void write_next(struct sim *sim, void *self, sim_arg arg)
{
    struct writer *w = self;
    struct sim_request request = {
        .op = SIM_WRITE, .key = SIM_NO_KEY, .intended = sim_now(sim), .deadline = SIM_NEVER};
    w->sent++;
    sim_call(&w->to, 0, &request, ended, w, arg);
    sim_after(sim, SIM_MILLISECOND, write_next, w, arg);
}

static int writer_init(struct sim_node *self, struct sim_error *error)
{
    (void)error;
    sim_after(self->sim, SIM_MILLISECOND, write_next, self, (sim_arg){0});
    return 0;
}

static struct writer seen_writer;

static int writer_check(const struct sim_node *self, struct sim_error *error)
{
    (void)error;
    seen_writer = *(const struct writer *)self;
    return 0;
}

static const struct sim_port_def writer_ports[] = {
    {"to", offsetof(struct writer, to), SIM_REQUIRED, "Whom it writes to."},
    {0},
};

static const struct sim_model writer_model = {
    .name = "writer",
    .summary = "Writes each millisecond.",
    .source = "this test",
    .size = sizeof(struct writer),
    .ports = writer_ports,
    .init = writer_init,
    .check = writer_check,
};

static struct sim_record *run(uint64_t keys, uint64_t step, double dirty,
                              struct sim_plan_fault *fault)
{
    struct writer writer = {.sent = 0};
    struct keeper keeper = {.keys = keys, .step = step, .dirty = dirty};
    struct disk disk = {.station.servers = 1};
    struct sim_plan_target targets[] = {{.component = 1, .share = 1}, {.component = 2, .share = 1}};
    struct sim_plan_port ports[] = {{.targets = &targets[0], .count = 1},
                                    {.targets = &targets[1], .count = 1}};
    struct sim_plan_component components[] = {
        {.name = "writer", .model = &writer_model, .image = &writer, .ports = &ports[0]},
        {.name = "keeper", .model = &keeper_model, .image = &keeper, .ports = &ports[1]},
        {.name = "disk", .model = &disk_model, .image = &disk},
    };
    for (int i = 0; i < 3; i++) {
        components[i].region = SIM_NOWHERE;
        components[i].nodes = 1;
        components[i].policy.retry.attempts = 1;
    }
    struct sim_plan plan = {.title = "log",
                            .duration = 60 * SIM_SECOND,
                            .interval = SIM_SECOND,
                            .components = components,
                            .component_count = 3,
                            .faults = fault,
                            .fault_count = fault != NULL};
    struct sim_error error = {""};
    struct sim_world *world = sim_world_new(&plan, 1, 0, &error);
    if (!world)
        fail_msg("%s", error.text);
    struct sim_record *record = sim_world_run(world, NULL, NULL);
    assert_non_null(record);
    for (uint32_t i = 0; i < record->audit_count; i++)
        if (!record->audit[i].held)
            fail_msg("%s: %s", record->audit[i].name, record->audit[i].text);
    sim_world_free(world);
    return record;
}

static double metric(const struct sim_record *r, const char *component, const char *meter,
                     const char *stat)
{
    for (uint32_t i = 0; i < r->metric_count; i++)
        if (strcmp(r->metrics[i].component, component) == 0 &&
            strcmp(r->metrics[i].meter, meter) == 0 && strcmp(r->metrics[i].stat, stat) == 0)
            return r->metrics[i].value;
    fail_msg("no metric %s.%s.%s", component, meter, stat);
    return NAN;
}

/* ---- tests ---------------------------------------------------------------------------------- */

/* By hand: C bytes are clean, those of all keys, and a pass begins when D are dirty. It reads D to
 * know the newest records, then C + D, and writes C. With r = D / (C + D) that is 2 / r bytes for
 * each byte appended, and the disk does 1 + 2 / r. */
static void compaction_takes_its_share_of_the_disk(void **state)
{
    (void)state;
    static const double dirty[] = {0.5, 0.25, 0.75}; /* D is whole segments */
    for (int i = 0; i < 3; i++) {
        struct sim_record *r = run(900, 2000, dirty[i], NULL);
        assert_true(seen.pass_count > 10);
        struct sim_log_work last = seen.passes[seen.pass_count - 1];
        double clean = 900 * RECORD, begins = clean * dirty[i] / (1 - dirty[i]);
        double times = (double)(last.read + last.written) / begins;
        assert_true(fabs(times / (2 / dirty[i]) - 1) < 1e-9);
        assert_true(last.written == 900 * RECORD);
        double done = (double)(seen.answered * RECORD + seen.read + seen.rewritten +
                               seen.pass.read + seen.pass.written);
        double busy = metric(r, "disk", "utilisation", "mean") * 60e6;
        assert_true(fabs(busy - done) <= 2 * 2100 + 10 * RECORD); /* what is under way */
        sim_record_free(r);
    }
}

/* Alone a write takes its 100 us. Beside compaction it waits for the step that is under way: for
 * reading and writing its bytes and one record more of each, and for writes that wait as well. */
static void writes_wait_for_a_step_at_most(void **state)
{
    (void)state;
    struct sim_record *r = run(1000, 0, 0.5, NULL);
    assert_true(fabs(metric(r, "keeper", "sojourn", "mean") - 100e-6) < 1e-9);
    sim_record_free(r);
    static const uint64_t steps[] = {500, 2000};
    double mean[2];
    for (int i = 0; i < 2; i++) {
        r = run(1000, steps[i], 0.5, NULL);
        double most = 2 * (double)(steps[i] + RECORD) * 1e-6;
        double longest = metric(r, "keeper", "sojourn", "max");
        assert_true(longest > 100e-6 + most / 4 && longest < most + 500e-6);
        mean[i] = metric(r, "keeper", "sojourn", "mean");
        sim_record_free(r);
    }
    assert_true(mean[0] > 110e-6 && mean[1] > 1.5 * mean[0]);
}

/* It crashes in a pass and while a write is on its way to the disk. */
static void a_crash_takes_what_is_not_durable(void **state)
{
    (void)state;
    struct sim_plan_fault crash = {.at = 30 * SIM_SECOND + 50 * SIM_MICROSECOND,
                                   .lasts = 5 * SIM_SECOND,
                                   .kind = SIM_DO_CRASH,
                                   .on = {.index = 1, .node = SIM_ALL_NODES},
                                   .factor = 1,
                                   .label = "crash"};
    struct sim_record *r = run(1000, 2000, 0.5, &crash);
    assert_in_range(seen.lost.records, 1, 5);
    assert_int_equal(seen.lost.bytes, seen.lost.records * RECORD);
    assert_int_equal(seen_writer.lost, seen.lost.records); /* nobody was told that they are there */
    assert_int_equal(seen.appended, (seen.log.end + seen.lost.records) * RECORD);
    assert_true(seen.pass_count > 40 && seen.log.cleaned + 1100 > seen.log.end);
    sim_record_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compaction_takes_its_share_of_the_disk),
        cmocka_unit_test(writes_wait_for_a_step_at_most),
        cmocka_unit_test(a_crash_takes_what_is_not_durable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
