/* own_work.c - work of a node's own at a station: compaction, backup, rebuild.
 *
 * A piece of it is a record of a call without a caller, so it waits in the same queue as calls, in
 * the same order, and what interrupts calls interrupts it. Once a station takes own work, its
 * functions `start` and `worked` are those of this file, which pass on what is a call; stations
 * without own work do not come here.
 *
 * Validated against Cobham's formula for two classes (tests/theory/test_own_work.c). Invariant:
 * submitted = done + withdrawn + lost + in hand, for each class. */
#include "parts/station_state.h"

#include <assert.h>

static struct sim__own_class *class_of(const struct sim_station *s, const struct sim__call *record)
{
    return s->own->classes[record->request.priority];
}

static struct sim__call *record_of(const struct sim_station *s, uint32_t job)
{
    return sim__call_in_hand(s->node->world, s->jobs[job].call);
}

/* The work of a fault-free second may last longer; the ledger books what it lasts. */
static void start_own(struct sim_station *s, struct sim__call *record, uint32_t job)
{
    struct sim_station_meters *m = s->node->station;
    struct sim__own_job *own = sim__own_of(record);
    bool split = m->by_cause[SIM_USER] != m->rate.count; /* then it is booked by cause already */
    uint64_t before = m->work;
    own->job = job + 1;
    sim_histogram_record(&s->own_wait, sim_now(s->node->sim) - record->arrived);
    sim_station_work(s, job, own->demand);
    if (!split)
        m->work_by_cause[record->request.cause] += m->work - before;
}

static void start(struct sim_node *node, struct sim_station *s, uint32_t job)
{
    struct sim__call *record = record_of(s, job);
    if (!sim__is_own(record)) {
        s->own->start(node, s, job);
        return;
    }
    if (record->waits) { /* it comes from the queue of a station without rules */
        record->waits = 0;
        s->own->waiting--;
    }
    start_own(s, record, job);
}

/* Ends a piece of work, which is no longer in the station. */
static void release(struct sim_station *s, struct sim__call *record)
{
    struct sim__own_job *own = sim__own_of(record);
    struct sim__own_class *class = class_of(s, record);
    sim_time now = sim_now(s->node->sim), was_there = now - record->arrived;
    assert(own->station == s && s->own_in_hand.value > 0 && "a piece of work ends once");
    *(own->newer != NULL ? &own->newer->older : &s->own->newest) = own->older;
    if (own->older != NULL)
        own->older->newer = own->newer;
    sim_gauge_add(&s->own_in_hand, now, -1);
    sim_gauge_add(&class->in_hand, now, -1);
    class->time += was_there;
    record->awaited = false;
    sim__call_drop(s->node->world, record);
    sim_table_pool_give(&s->own->pool, own);
}

static void worked(struct sim_node *node, struct sim_station *s, uint32_t job)
{
    struct sim__call *record = record_of(s, job);
    if (!sim__is_own(record)) {
        s->own->worked(node, s, job);
        return;
    }
    sim_fn *fn = sim__own_of(record)->fn;
    sim_arg arg = sim__own_of(record)->arg;
    sim_count(&s->own_done);
    class_of(s, record)->done++;
    sim_histogram_record(&s->own_latency, sim_now(node->sim) - record->arrived);
    release(s, record);
    sim_station_leave(s, job);
    fn(node->sim, node, arg);
}

static void lose(struct sim_station *s)
{
    while (s->own->newest != NULL) {
        struct sim__call *record = sim__call_at(s->node->world,
                                                (uint32_t)s->own->newest->record.key);
        sim_count(&s->own_lost);
        class_of(s, record)->lost++;
        release(s, record);
    }
    s->own->waiting = 0;
}

int sim_station_own_work(struct sim_station *s)
{
    assert(s->node != NULL && "sim_station_init() makes a station, within init()");
    if (s->node->station == NULL)
        return sim__world_refuse(s->node->world, "own work is for models that serve calls");
    if (!sim__station_metered(s->node, &s->own_wait, "it has own work", "OWN_METERS"))
        return -1;
    struct sim_own_work *own = sim_node_alloc(s->node, 1, sizeof *own);
    if (own == NULL)
        return -1;
    *own = (struct sim_own_work){.lose = lose, .start = s->start, .worked = s->worked};
    sim_table_pool_init(&own->pool, s->node, sizeof(struct sim__own_job));
    s->own = own;
    s->start = start;
    s->worked = worked;
    return 0;
}

/* Makes the record of a piece of work. NULL when out of memory. */
static struct sim__call *record_new(struct sim_station *s, enum sim_cause cause, uint8_t class)
{
    struct sim_world *w = s->node->world;
    struct sim__own_class **of = &s->own->classes[class];
    if (*of == NULL && (*of = sim_node_alloc(s->node, 1, sizeof **of)) == NULL) {
        sim_fail_memory(w->sim);
        return NULL;
    }
    struct sim__own_job *own = sim_table_pool_take(&s->own->pool);
    struct sim__call *record = own != NULL ? sim__call_new(w) : NULL;
    if (record == NULL)
        return NULL;
    record->stage = SIM__IN_HAND;
    record->awaited = true;
    record->waits = 0;
    record->from = NULL;
    record->to = s->node;
    record->self = own;
    record->timer = SIM_NO_EVENT;
    record->arrived = sim_now(w->sim);
    record->job = 0;
    record->request = (struct sim_request){.op = SIM_OTHER,
                                           .cause = cause,
                                           .priority = class,
                                           .key = SIM_NO_KEY,
                                           .deadline = SIM_NEVER};
    return record;
}

sim_job_id sim_station_submit(struct sim_station *s, enum sim_cause cause, uint8_t class,
                              sim_time demand, sim_fn *fn, sim_arg arg)
{
    assert(s->own != NULL && "sim_station_own_work() lets a station take own work, within init()");
    assert(demand >= 0 && fn != NULL && cause < SIM_CAUSES);
    struct sim__call *record = s->node->down ? NULL : record_new(s, cause, class);
    if (record == NULL)
        return (sim_job_id){0};
    sim_time now = sim_now(s->node->sim);
    struct sim__own_job *own = sim__own_of(record), *older = s->own->newest;
    sim_call_id id = sim__call_name(record);
    *own = (struct sim__own_job){
        .older = older, .station = s, .record = id, .fn = fn, .arg = arg, .demand = demand};
    if (older != NULL)
        older->newer = own;
    s->own->newest = own;
    sim_count(&s->own_submitted);
    s->own->classes[class]->submitted++;
    sim_gauge_add(&s->own_in_hand, now, 1);
    sim_gauge_add(&s->own->classes[class]->in_hand, now, 1);
    sim__station_admit(s, id, true);
    if (s->more == NULL && own->job == 0) {
        record->waits = s->number;
        s->own->waiting++;
    }
    return (sim_job_id){id.key};
}

bool sim_station_withdraw(struct sim_station *s, sim_job_id id)
{
    struct sim__call *record = sim__call_in_hand(s->node->world, (sim_call_id){id.key});
    if (id.key == 0 || record == NULL || !sim__is_own(record) || sim__own_of(record)->station != s)
        return false;
    if (s->more == NULL && record->waits) {
        record->waits = 0;
        s->own->waiting--;
    }
    sim__station_remove(s, record, sim__own_of(record)->job);
    sim_count(&s->own_withdrawn);
    class_of(s, record)->withdrawn++;
    release(s, record);
    return true;
}

/* What the station's list has of a class: how many pieces, and how long they have been there. */
static int64_t in_list(const struct sim_station *s, unsigned class, double *time)
{
    sim_time now = sim_now(s->node->sim);
    int64_t count = 0;
    for (const struct sim__own_job *own = s->own->newest; own != NULL; own = own->older) {
        const struct sim__call *record = sim__call_in_hand(s->node->world, own->record);
        if (record == NULL || record->request.priority != class)
            continue;
        count++;
        *time += (double)(now - record->arrived);
    }
    return count;
}

const char *sim__own_work_check(const struct sim_station *s, double *expected, double *observed)
{
    sim_time now = sim_now(s->node->sim);
    uint64_t submitted = 0;
    for (unsigned i = 0; i < 256; i++) {
        const struct sim__own_class *c = s->own->classes[i];
        if (c == NULL)
            continue;
        double time = (double)c->time;
        int64_t there = in_list(s, i, &time);
        submitted += c->submitted;
        *expected = (double)c->submitted;
        *observed = (double)(c->done + c->withdrawn + c->lost) + (double)there;
        if (*expected < *observed || *expected > *observed)
            return "own work submitted = done + withdrawn + lost + in hand";
        *expected = (double)sim_gauge_area(&c->in_hand, now);
        *observed = time;
        if (*expected < time - 1e-9 * time - 1 || *expected > time + 1e-9 * time + 1)
            return "own work in hand x time = sum of the times in hand";
    }
    *expected = (double)s->own_submitted.count;
    *observed = (double)submitted;
    if (*expected < *observed || *expected > *observed)
        return "own work submitted = that of all classes";
    return NULL;
}
