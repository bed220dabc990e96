/* station.c - servers and the queue before them, first come, first served. Other rules are in
 * discipline.c.
 *
 * The queue links the calls themselves, so it takes no memory of its own. Validated against M/M/1,
 * M/M/c, Erlang B and M/M/c/K (tests/theory, scenarios/validation). Invariant: a call waits only
 * while every server is taken. */
#include "books/trace_state.h"
#include "parts/station_state.h"
#include "sim/plugin.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Whether a table of meters, whose offsets count from `base`, has a histogram. */
static bool is_in_table(const struct sim_meter *m, const void *base, const struct sim_histogram *h)
{
    for (; m != NULL && m->name != NULL; m++)
        if (m->kind == SIM_HISTOGRAM && (const char *)base + m->offset == (const char *)h)
            return true;
    return false;
}

/* Whether a histogram of a node is in the table of meters of its model or of a plug-in. The table
 * creates it. */
static bool is_metered(const struct sim_node *node, const struct sim_histogram *h)
{
    const struct sim_param *row = sim_plugin_next(node->model->params);
    bool found = is_in_table(node->model->meters, node, h);
    for (; row != NULL && !found; row = sim_plugin_next(row + 1)) {
        const struct sim_plugin *plugin = sim_plugin_at(row, node);
        found = plugin->type != NULL && is_in_table(plugin->type->meters, plugin->self, h);
    }
    return found;
}

bool sim__station_metered(struct sim_node *node, const struct sim_histogram *h, const char *what,
                          const char *rows)
{
    if (is_metered(node, h))
        return true;
    char why[SIM_ERROR_TEXT_BYTES];
    snprintf(why, sizeof why,
             "the model \"%.60s\": %s whose meters stand in no table: put "
             "SIM_STATION_%s(prefix, struct, member) among its meters",
             node->model->name, what, rows);
    sim__world_refuse(node->world, why);
    return false;
}

int sim_station_init(struct sim_station *s, struct sim_node *node, int64_t servers,
                     int64_t queue_limit, sim_job_fn *start, sim_job_fn *worked)
{
    assert(servers >= 0 && queue_limit >= 0 && start != NULL);
    if (!sim__station_metered(node, &s->wait, "it has a station", "METERS"))
        return -1;
    unsigned number = 1;
    for (const struct sim_part *part = node->parts; part != NULL; part = part->older)
        number += part->kind == &sim__station_part;
    assert(number < 64 && "a node has 63 stations at most");
    s->number = number & 63;
    s->node = node;
    s->servers = servers;
    s->queue_limit = queue_limit;
    s->start = start;
    s->worked = worked;
    s->job_count = 0;
    s->free_job = 0;
    sim_part_join(&s->part, &sim__station_part, node);
    sim__station_capacity(s);
    return 0;
}

/* Jobs are made when they are needed: a station with a million servers may never use them all. */
bool sim__station_grow(struct sim_station *s)
{
    uint32_t count = s->job_count ? 2 * s->job_count : 16;
    struct sim_job *jobs = sim_node_grow(s->node, s->jobs, count, sizeof *jobs);
    if (jobs == NULL) {
        sim_fail_memory(s->node->sim);
        return false;
    }
    for (uint32_t i = count; i > s->job_count; i--) {
        jobs[i - 1] = (struct sim_job){.next = s->free_job};
        s->free_job = i;
    }
    s->jobs = jobs;
    s->job_count = count;
    return s->more == NULL || sim__rules_of(s)->grow(s);
}

/* This is a separate function so that the path of untraced calls stays short. */
static __attribute__((noinline)) bool waits_followed(struct sim_world *w, struct sim__call *call)
{
    sim__trace_mark(w->trace, call->request.trace, sim_now(w->sim), SIM_SPENT_QUEUE);
    return true;
}

/* Whether a queue that is too long for its limit is so because of own work, or own work comes. */
static __attribute__((noinline)) bool has_room(const struct sim_station *s,
                                               const struct sim__call *call)
{
    return sim__is_own(call) || sim__calls_queued(s) < s->queue_limit;
}

static inline bool arrive(struct sim_station *s, sim_call_id id, bool again)
{
    assert(s->node != NULL && "sim_station_init() makes a station, within init()");
    assert(sim__call_in_hand(s->node->world, id) != NULL &&
           "what arrives at a station is a call that the node has in hand");
    if (__builtin_expect(s->more != NULL, 0))
        return sim__rules_of(s)->arrive(s, id, again);
    if (s->busy.value < s->servers) {
        sim__station_start(s, id, 0);
        return true;
    }
    struct sim_world *w = s->node->world;
    struct sim__call *call = sim__call_in_hand(w, id);
    if (s->queued >= s->queue_limit && !has_room(s, call)) {
        if (!again)
            return sim__station_put_off(s, id);
        sim_count(&s->full);
        return false;
    }
    call->next = 0;
    if (s->queued == 0)
        s->queue_head = call->index;
    else
        sim__call_at(w, s->queue_tail)->next = call->index;
    s->queue_tail = call->index;
    s->queued++;
    sim_gauge_add(&s->waiting, sim_now(s->node->sim), 1);
    if (__builtin_expect(call->request.trace != 0, 0))
        return waits_followed(w, call);
    return true;
}

bool sim_station_arrive(struct sim_station *s, sim_call_id id)
{
    return arrive(s, id, false);
}

bool sim__station_admit(struct sim_station *s, sim_call_id id, bool again)
{
    return arrive(s, id, again);
}

static void arrives_again(struct sim *sim, void *self, sim_arg arg)
{
    (void)sim;
    struct sim_station *s = self;
    sim_call_id id = {arg.u};
    if (sim__call_in_hand(s->node->world, id) != NULL && !arrive(s, id, true))
        sim_answer(s->node, id, (struct sim_reply){.status = SIM_REFUSED});
}

__attribute__((noinline)) bool sim__station_put_off(struct sim_station *s, sim_call_id id)
{
    sim_last(s->node->sim, arrives_again, s, (sim_arg){.u = id.key});
    return true;
}

/* Takes the first call out of the queue. */
static inline struct sim__call *first_of_queue(struct sim_station *s, sim_time now)
{
    struct sim_world *w = s->node->world;
    struct sim__call *call = sim__call_at(w, s->queue_head);
    assert(s->queued > 0 && call->stage == SIM__IN_HAND && call->to == s->node);
    s->queue_head = call->next;
    s->queued--;
    sim_gauge_add(&s->waiting, now, -1);
    if (__builtin_expect(call->request.trace != 0, 0))
        sim__trace_mark(w->trace, call->request.trace, sim_now(w->sim), SIM_SPENT_SERVICE);
    return call;
}

static __attribute__((noinline)) void start_next(struct sim_station *s)
{
    if (__builtin_expect(s->more != NULL, 0)) {
        sim__rules_of(s)->next(s);
        return;
    }
    sim_time now = sim_now(s->node->sim);
    assert(s->busy.value < s->servers && "a call waits only while every server is taken");
    struct sim__call *call = first_of_queue(s, now);
    sim__station_start(s, sim__call_name(call), now - call->arrived);
}

/* Passes a server, with its job, directly from one call to the next. */
static __attribute__((noinline)) void pass_on(struct sim_station *s, uint32_t job)
{
    sim_time now = sim_now(s->node->sim);
    assert(s->busy.value <= s->servers && "a server taken away passes to nobody");
    struct sim__call *call = first_of_queue(s, now);
    sim_histogram_record(&s->wait, now - call->arrived);
    s->jobs[job] = (struct sim_job){.call = sim__call_name(call)};
    s->start(s->node, s, job);
}

static void work_ends(struct sim *sim, void *self, sim_arg job)
{
    struct sim_station *s = self;
    (void)sim;
    assert(job.u < s->job_count && s->jobs[job.u].timer.key != 0);
    s->jobs[job.u].timer = SIM_NO_EVENT;
    s->worked(s->node, s, (uint32_t)job.u);
}

/* Counts work of known length, for the ledger. */
static inline void book(struct sim_station *s, uint32_t job, sim_time duration)
{
    struct sim_station_meters *m = s->node->station;
    m->work += (uint64_t)duration;
    /* some requests are retries, hedges or refreshes, so work is counted by cause */
    if (m->by_cause[SIM_USER] != m->rate.count)
        m->work_by_cause[sim_call_request(s->node, s->jobs[job].call)->cause] += (uint64_t)duration;
}

/* The length of work that a fault slows down or rules may interrupt; -1: the rules do the work. */
static __attribute__((noinline)) sim_time work_unusually(struct sim_station *s, uint32_t job,
                                                         sim_time duration)
{
    sim_time lasts = duration;
    if (s->node->slow != 1)
        lasts = sim_time_nearest((double)duration * s->node->slow);
    if (s->more == NULL)
        return lasts;
    book(s, job, lasts);
    sim__rules_of(s)->work(s, job, duration);
    return -1;
}

void sim_station_work(struct sim_station *s, uint32_t job, sim_time duration)
{
    assert(job < s->job_count && duration >= 0);
    assert(s->jobs[job].timer.key == 0 && "a job does one piece of work at a time");
    if (__builtin_expect(s->more != NULL || s->node->slow != 1, 0)) {
        duration = work_unusually(s, job, duration);
        if (duration < 0)
            return;
    }
    book(s, job, duration);
    s->jobs[job].timer = sim_after(s->node->sim, duration, work_ends, s, (sim_arg){.u = job});
}

/* Lengthens the rest of each job. The work that was counted stays as it was. */
static void slow_down(struct sim_part *part, double times)
{
    struct sim_station *s = sim__station_of(part);
    if (s->more != NULL) {
        sim__rules_of(s)->slow(s, times);
        return;
    }
    struct sim *sim = s->node->sim;
    for (uint32_t i = 0; i < s->job_count; i++) {
        sim_time due = sim_due(sim, s->jobs[i].timer);
        if (due == SIM_NEVER)
            continue;
        sim_time rest = sim_time_nearest((double)(due - sim_now(sim)) * times);
        sim_cancel(sim, s->jobs[i].timer);
        s->jobs[i].timer = sim_after(sim, rest, work_ends, s, (sim_arg){.u = i});
    }
}

/* The number of servers. Servers that are removed while at work count until they have finished. */
void sim__station_capacity(struct sim_station *s)
{
    sim_time now = sim_now(s->node->sim);
    int64_t there = s->busy.value > s->servers ? s->busy.value : s->servers;
    sim_gauge_set(&s->provisioned, now, there);
    sim_gauge_set(&s->capacity, now, s->node->down ? s->busy.value : there);
}

static void up_or_down(struct sim_part *part)
{
    sim__station_capacity(sim__station_of(part));
}

static void unwanted(struct sim_part *part, sim_call_id call)
{
    struct sim_station *s = sim__station_of(part);
    if (s->more != NULL)
        sim__rules_of(s)->unwanted(s, call);
}

const struct sim_part_kind sim__station_part = {
    .slowed = slow_down, .up_or_down = up_or_down, .unwanted = unwanted};

void sim_station_leave(struct sim_station *s, uint32_t job)
{
    assert(job < s->job_count && s->busy.value > 0 && "who leaves has a server");
    assert(s->jobs[job].timer.key == 0 && "a job leaves when its work is done");
    if (s->queued > 0 && s->busy.value <= s->servers && s->more == NULL) {
        pass_on(s, job);
        return;
    }
    sim__station_free_job(s, job);
    sim_gauge_add(&s->busy, sim_now(s->node->sim), -1);
    if (__builtin_expect(s->capacity.value > s->servers, 0))
        sim__station_capacity(s);
    if (s->queued > 0 && s->busy.value < s->servers)
        start_next(s);
}

/* Takes a call out of the middle of the queue. */
static void unlink_call(struct sim_station *s, const struct sim__call *call)
{
    struct sim_world *w = s->node->world;
    uint32_t before = 0, at = s->queue_head;
    assert(s->queued > 0);
    for (; at != call->index; at = sim__call_at(w, at)->next)
        before = at;
    *(before != 0 ? &sim__call_at(w, before)->next : &s->queue_head) = call->next;
    if (s->queue_tail == at)
        s->queue_tail = before;
    s->queued--;
    sim_gauge_add(&s->waiting, sim_now(s->node->sim), -1);
}

void sim__station_remove(struct sim_station *s, struct sim__call *call, uint32_t job)
{
    if (s->more != NULL) {
        sim__rules_of(s)->remove(s, call, job);
    } else if (job == 0) {
        unlink_call(s, call);
    } else {
        sim_cancel(s->node->sim, s->jobs[job - 1].timer);
        s->jobs[job - 1].timer = SIM_NO_EVENT;
        sim_station_leave(s, job - 1);
    }
}

void sim_station_clear(struct sim_station *s)
{
    sim_time now = sim_now(s->node->sim);
    if (s->own != NULL)
        s->own->lose(s);
    s->free_job = 0;
    for (uint32_t i = s->job_count; i > 0; i--) {
        sim_cancel(s->node->sim, s->jobs[i - 1].timer);
        s->jobs[i - 1] = (struct sim_job){.next = s->free_job};
        s->free_job = i;
    }
    s->queued = 0;
    if (s->more != NULL)
        sim__rules_of(s)->clear(s);
    sim_gauge_set(&s->busy, now, 0);
    sim_gauge_set(&s->waiting, now, 0);
    sim__station_capacity(s);
}

void sim_station_resize(struct sim_station *s, int64_t servers)
{
    assert(servers >= 0);
    if (s->more != NULL) {
        sim__rules_of(s)->resize(s, servers);
        return;
    }
    s->servers = servers;
    sim__station_capacity(s);
    while (s->queued > 0 && s->busy.value < s->servers)
        start_next(s);
}

struct sim__station_walked sim__station_walk(const struct sim_station *s)
{
    struct sim__station_walked walked = {.at_work = s->job_count};
    /* the walk ends if the list is longer than it can be (it is a circle), or leaves the jobs */
    uint32_t job = s->free_job;
    for (; job != 0 && job <= s->job_count && walked.at_work >= 0; job = s->jobs[job - 1].next)
        walked.at_work--;
    walked.strangers += job > s->job_count;
    if (s->more != NULL) {
        sim__rules_of(s)->walk(s, &walked);
        return walked;
    }
    uint32_t at = s->queued > 0 ? s->queue_head : 0;
    for (; at != 0 && walked.waiting <= s->queued; at = sim__call_at(s->node->world, at)->next) {
        const struct sim__call *call = sim__call_at(s->node->world, at);
        walked.strangers += call->stage != SIM__IN_HAND || call->to != s->node;
        walked.waiting++;
    }
    return walked;
}
