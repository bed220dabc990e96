/* discipline.c - stations with rules: orders other than that of arrival, processor sharing,
 * priorities, giving up, shedding, and pauses of all servers.
 *
 * Waiting calls are in one doubly linked line for each class of priority; so are the jobs at work.
 * Work interrupted by a pause, or by a more urgent class that takes the server, resumes where it
 * stopped. How work is shared among all who are there is in sharing.c.
 *
 * Streams: "pause". Invariant: busy + free = servers, and no call is in two lines. */
#include "books/trace_state.h"
#include "parts/discipline_state.h"

#include <assert.h>

static bool grow(struct sim_station *s)
{
    struct sim_discipline_state *d = s->more;
    struct work *work = sim_node_grow(s->node, d->work, s->job_count, sizeof *work);
    if (work != NULL)
        d->work = work;
    uint32_t *heap = sim_node_grow(s->node, d->heap, s->job_count, sizeof *heap);
    if (heap != NULL)
        d->heap = heap;
    if (work == NULL || heap == NULL)
        sim_fail_memory(s->node->sim);
    return work != NULL && heap != NULL;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static inline void mark(uint64_t *set, unsigned class, bool some)
{
    uint64_t bit = UINT64_C(1) << class % 64;
    set[class / 64] = some ? set[class / 64] | bit : set[class / 64] & ~bit;
}

/* The most urgent class that is not empty (the lowest number); CLASSES: none. */
static unsigned first_class(const uint64_t *set)
{
    for (unsigned i = 0; i < CLASSES / 64; i++)
        if (set[i] != 0)
            return 64 * i + (unsigned)__builtin_ctzll(set[i]);
    return CLASSES;
}

/* The least urgent class that is not empty, with a number below `limit`; CLASSES: none. */
static unsigned last_class(const uint64_t *set, unsigned limit)
{
    for (unsigned class = limit; class -- > 0;)
        if (set[class / 64] >> class % 64 & 1)
            return class;
    return CLASSES;
}

static struct sim__call *call_at(const struct sim_station *s, uint32_t place)
{
    return sim__call_at(s->node->world, place);
}

static unsigned class_of(const struct sim_station *s, const struct sim__call *call)
{
    int discipline = s->more->rules.discipline;
    bool ranked = discipline == SIM_PRIORITY || discipline == SIM_PREEMPTIVE;
    return ranked ? call->request.priority : 0;
}

/* Puts a call into the line of its class: at the tail, or at the head if its work was
 * interrupted. */
static void line_up(struct sim_station *s, struct sim__call *call, uint32_t job)
{
    struct sim_discipline_state *d = s->more;
    unsigned class = class_of(s, call);
    struct line *line = &d->waiting[class];
    assert(call->stage == SIM__IN_HAND && call->to == s->node);
    uint32_t place = call->index;
    call->job = job;
    call->waits = s->number;
    call->next = job ? line->head : 0;
    call->before = job ? 0 : line->tail;
    if (call->next)
        call_at(s, call->next)->before = place;
    if (call->before)
        call_at(s, call->before)->next = place;
    if (call->next == 0)
        line->tail = place;
    if (call->before == 0)
        line->head = place;
    mark(d->some_wait, class, true);
    sim__own_waits(s, call, 1);
    s->queued++;
    sim_gauge_add(&s->waiting, sim_now(s->node->sim), 1);
    if (call->request.trace != 0)
        sim__trace_mark(s->node->world->trace, call->request.trace, sim_now(s->node->sim),
                        SIM_SPENT_QUEUE);
}

static void step_out(struct sim_station *s, struct sim__call *call)
{
    unsigned class = class_of(s, call);
    struct line *line = &s->more->waiting[class];
    assert(call->waits == s->number && s->queued > 0 && line->head != 0);
    uint32_t next = call->next, before = call->before;
    *(before ? &call_at(s, before)->next : &line->head) = next;
    *(next ? &call_at(s, next)->before : &line->tail) = before;
    mark(s->more->some_wait, class, line->head != 0);
    call->waits = 0;
    sim__own_waits(s, call, -1);
    s->queued--;
    sim_gauge_add(&s->waiting, sim_now(s->node->sim), -1);
    if (call->request.trace != 0)
        sim__trace_mark(s->node->world->trace, call->request.trace, sim_now(s->node->sim),
                        SIM_SPENT_SERVICE);
}

static void work_begins(struct sim_station *s, uint32_t job)
{
    struct sim_discipline_state *d = s->more;
    struct work *w = &d->work[job];
    struct line *line = &d->working[w->class];
    w->at_work = true;
    w->before = 0;
    w->after = line->head;
    *(line->head ? &d->work[line->head - 1].before : &line->tail) = job + 1;
    line->head = job + 1;
    mark(d->some_work, w->class, true);
}

static void work_stops(struct sim_station *s, uint32_t job)
{
    struct sim_discipline_state *d = s->more;
    struct work *w = &d->work[job];
    struct line *line = &d->working[w->class];
    assert(line->head != 0 && w->at_work);
    w->at_work = false;
    *(w->before ? &d->work[w->before - 1].after : &line->head) = w->after;
    *(w->after ? &d->work[w->after - 1].before : &line->tail) = w->before;
    mark(d->some_work, w->class, line->head != 0);
}

/* ---- work ------------------------------------------------------------------------------------ */

static void work_ends(struct sim *sim, void *self, sim_arg arg)
{
    struct sim_station *s = self;
    (void)sim;
    uint32_t job = (uint32_t)arg.u;
    s->jobs[job].timer = SIM_NO_EVENT;
    work_stops(s, job);
    s->worked(s->node, s, job);
}

/* Resumes work whose rest is in .until. */
static void go_on(struct sim_station *s, uint32_t job)
{
    struct work *w = &s->more->work[job];
    assert(w->until >= 0 && s->jobs[job].timer.key == 0 && "work that goes on stood still");
    s->jobs[job].timer = sim_after(s->node->sim, w->until, work_ends, s, (sim_arg){.u = job});
    w->until += sim_now(s->node->sim);
}

/* Whether a job's work ends in this instant, even if the event of its end has not run yet. */
static bool is_done(const struct sim_station *s, uint32_t job)
{
    return s->jobs[job].timer.key != 0 && s->more->work[job].until == sim_now(s->node->sim);
}

static void stand_still(struct sim_station *s, uint32_t job)
{
    assert(s->jobs[job].timer.key != 0 && s->more->work[job].until >= sim_now(s->node->sim));
    sim_cancel(s->node->sim, s->jobs[job].timer);
    s->jobs[job].timer = SIM_NO_EVENT;
    s->more->work[job].until -= sim_now(s->node->sim);
}

/* Lengthens the rest of work that is stopped. */
static void stretch(struct work *w, double times)
{
    w->until = sim_time_nearest((double)w->until * times);
}

/* ---- processor sharing ----------------------------------------------------------------------- */

static void allocate(struct sim_station *);

static bool share_arrive(struct sim_station *s, sim_call_id id, bool again)
{
    const struct sim__call *call = sim__call_in_hand(s->node->world, id);
    int64_t waiting = s->queued - s->own_in_hand.value - s->servers;
    if (waiting >= 0 && waiting >= s->queue_limit && !sim__is_own(call)) {
        if (!again)
            return sim__station_put_off(s, id);
        sim_count(&s->full);
        return false;
    }
    uint32_t job = sim__station_job(s, id);
    if (job == SIM__NO_JOB)
        return true;
    s->queued++;
    sim__share_gauges(s);
    sim_histogram_record(&s->wait, 0);
    s->start(s->node, s, job);
    allocate(s);
    return true;
}

/* ---- pauses ---------------------------------------------------------------------------------- */

static void start_what_may(struct sim_station *s);
static void pause_ends(struct sim *, void *self, sim_arg);

static void pause_begins(struct sim *sim, void *self, sim_arg arg)
{
    (void)arg;
    struct sim_station *s = self;
    struct sim_discipline_state *d = s->more;
    sim__share_until_now(s);
    sim_gauge_set(&s->paused, sim_now(sim), 1);
    if (d->shares)
        sim__share_on(s);
    for (unsigned class = 0; class < CLASSES; class ++)
        for (uint32_t job = d->working[class].head; job != 0; job = d->work[job - 1].after)
            if (!is_done(s, job - 1))
                stand_still(s, job - 1);
    sim_time lasts = sim_dist_draw_time(&d->rules.pause.lasts, &d->pauses);
    d->pause = sim_after(sim, lasts, pause_ends, s, (sim_arg){.u = 0});
}

static void await_pause(struct sim_station *s)
{
    struct sim_discipline_state *d = s->more;
    d->until_pause = d->rules.pause.requests;
    if (d->rules.pause.every.kind == SIM_DIST_NONE)
        return;
    sim_time every = sim_dist_draw_time(&d->rules.pause.every, &d->pauses);
    d->pause = sim_after(s->node->sim, every, pause_begins, s, (sim_arg){.u = 0});
}

static void pause_ends(struct sim *sim, void *self, sim_arg arg)
{
    (void)arg;
    struct sim_station *s = self;
    struct sim_discipline_state *d = s->more;
    sim__share_until_now(s);
    sim_gauge_set(&s->paused, sim_now(sim), 0);
    await_pause(s);
    if (d->shares)
        sim__share_on(s);
    if (d->rules.discipline == SIM_SHARING)
        return;
    for (unsigned class = 0; class < CLASSES; class ++)
        for (uint32_t job = d->working[class].head; job != 0; job = d->work[job - 1].after)
            if (!is_done(s, job - 1))
                go_on(s, job - 1);
    start_what_may(s);
}

/* A request was begun: the memory that it allocates brings the next pause nearer. */
static void allocate(struct sim_station *s)
{
    struct sim_discipline_state *d = s->more;
    if (d->until_pause > 0 && --d->until_pause == 0)
        d->pause = sim_after(s->node->sim, 0, pause_begins, s, (sim_arg){.u = 0});
}

/* ---- who is next ----------------------------------------------------------------------------- */

static bool is_unwanted(const struct sim_station *s, const struct sim__call *call)
{
    if (s->more->rules.abandon == SIM_ABANDON_NEVER)
        return false;
    sim_time deadline = call->request.deadline;
    return !call->awaited || (deadline != 0 && deadline < sim_now(s->node->sim));
}

static void turn_away(struct sim_station *s, struct sim__call *call, struct sim_counter *counter)
{
    sim_count(counter);
    sim_answer(s->node, sim__call_name(call), (struct sim_reply){.status = SIM_REFUSED});
}

/* A call leaves the queue because its time is over. The event is not cancelled when the call's turn
 * comes first: it then finds the call gone, or at work. */
static void give_up(struct sim_station *s, sim_arg arg, struct sim_counter *why)
{
    struct sim__call *call = sim__call_in_hand(s->node->world, (sim_call_id){arg.u});
    if (call == NULL || call->waits != s->number || call->job != 0)
        return;
    step_out(s, call);
    turn_away(s, call, why);
}

/* A deadline passes. */
static void expired(struct sim *sim, void *self, sim_arg arg)
{
    (void)sim;
    struct sim_station *s = self;
    give_up(s, arg, &s->abandoned);
}

static void expires(struct sim *sim, void *self, sim_arg arg)
{
    sim_last(sim, expired, self, arg);
}

/* A call has waited for as long as the limit allows. */
static void waited(struct sim *sim, void *self, sim_arg arg)
{
    (void)sim;
    struct sim_station *s = self;
    give_up(s, arg, &s->late);
}

static void waits_too_long(struct sim *sim, void *self, sim_arg arg)
{
    sim_last(sim, waited, self, arg);
}

static void wait_in_line(struct sim_station *s, struct sim__call *call)
{
    struct sim_discipline_state *d = s->more;
    sim_time deadline = call->request.deadline;
    line_up(s, call, 0);
    if (d->too_long != NULL && !sim__is_own(call))
        sim_after_lane(s->node->sim, d->too_long, waits_too_long, s,
                       (sim_arg){.u = sim__call_name(call).key});
    if (s->more->rules.abandon == SIM_ABANDON_AT_ONCE && deadline != 0 && deadline != SIM_NEVER)
        sim_at(s->node->sim, deadline, expires, s, (sim_arg){.u = sim__call_name(call).key});
}

static struct sim__call *choose(const struct sim_station *s)
{
    const struct sim_discipline_state *d = s->more;
    if (s->queued == 0)
        return NULL;
    const struct line *line = &d->waiting[first_class(d->some_wait)];
    bool newest = d->rules.discipline == SIM_LIFO;
    if (d->rules.shed.by == SIM_SHED_LIFO)
        newest = sim_now(s->node->sim) - call_at(s, line->head)->arrived > d->rules.shed.target;
    return call_at(s, newest ? line->tail : line->head);
}

/* Takes the next call to be worked on out of its line; NULL: none is left. */
static struct sim__call *take_next(struct sim_station *s)
{
    struct sim_discipline_state *d = s->more;
    sim_time now = sim_now(s->node->sim);
    struct sim__call *call;
    while ((call = choose(s)) != NULL) {
        step_out(s, call);
        if (call->job != 0 || sim__is_own(call))
            return call;
        if (is_unwanted(s, call))
            turn_away(s, call, &s->abandoned);
        else if (d->rules.shed.by == SIM_SHED_CODEL &&
                 sim__codel_drops(&d->codel, now, now - call->arrived, s->queued == 0))
            turn_away(s, call, &s->late);
        else
            return call;
    }
    sim__codel_empty(&d->codel);
    return NULL;
}

static void begin(struct sim_station *s, struct sim__call *call)
{
    sim__station_start(s, sim__call_name(call), sim_now(s->node->sim) - call->arrived);
    allocate(s);
}

static void resume(struct sim_station *s, uint32_t job)
{
    sim_gauge_add(&s->busy, sim_now(s->node->sim), 1);
    work_begins(s, job);
    go_on(s, job);
}

static void start_what_may(struct sim_station *s)
{
    struct sim__call *call;
    while (s->paused.value == 0 && s->busy.value < s->servers && (call = take_next(s)) != NULL) {
        if (call->job != 0) {
            call->before = call->job;
            resume(s, call->job - 1);
        } else {
            begin(s, call);
        }
    }
}

/* ---- arrivals -------------------------------------------------------------------------------- */

/* Turns away a request that was begun, and neither waits nor works any more, with its job. */
static void put_out(struct sim_station *s, struct sim__call *call, uint32_t job)
{
    sim__station_free_job(s, job);
    turn_away(s, call, &s->outranked);
}

/* The newest call in the line of a class; NULL: all in it is own work. */
static struct sim__call *newest_call(const struct sim_station *s, unsigned class)
{
    uint32_t at = s->more->waiting[class].tail;
    while (at != 0 && sim__is_own(call_at(s, at)))
        at = call_at(s, at)->before;
    return at != 0 ? call_at(s, at) : NULL;
}

/* The queue is full: the newest of the least urgent class makes room for a more urgent one. If
 * classes take servers from one another, this is so without shedding too, and in a class in which
 * all requests have begun, one loses its work. */
static bool make_room(struct sim_station *s, unsigned class)
{
    struct sim_discipline_state *d = s->more;
    bool preemptive = d->rules.discipline == SIM_PREEMPTIVE;
    if (d->rules.shed.by != SIM_SHED_PRIORITY && !preemptive)
        return false;
    for (unsigned low = last_class(d->some_wait, CLASSES); low != CLASSES && low > class;
         low = last_class(d->some_wait, low)) {
        struct sim__call *call = newest_call(s, low);
        if (call == NULL || (call->job != 0 && !preemptive))
            continue; /* all of its class have begun */
        step_out(s, call);
        if (call->job != 0)
            put_out(s, call, call->job - 1);
        else
            turn_away(s, call, &s->outranked);
        return true;
    }
    return false;
}

/* Takes the server from the newest job of the least urgent class at work, if that class is less
 * urgent and the job does not end in this instant. The job's call goes back into its line, or is
 * turned away if the queue has no room for it. */
static bool preempt(struct sim_station *s, unsigned class, bool room)
{
    struct sim_discipline_state *d = s->more;
    unsigned low = last_class(d->some_work, CLASSES);
    if (d->rules.discipline != SIM_PREEMPTIVE || low == CLASSES || low <= class ||
        s->paused.value > 0)
        return false;
    uint32_t job = d->working[low].head - 1;
    struct sim__call *call = sim__call_in_hand(s->node->world, s->jobs[job].call);
    if (is_done(s, job))
        return false;
    work_stops(s, job);
    stand_still(s, job);
    sim_gauge_add(&s->busy, sim_now(s->node->sim), -1);
    if (room || sim__is_own(call))
        line_up(s, call, job + 1);
    else
        put_out(s, call, job);
    return true;
}

static bool arrive(struct sim_station *s, sim_call_id id, bool again);

/* The queue is full: whether the call is taken all the same, in place of a less urgent one, or is
 * put off to the end of the instant. */
static bool arrive_at_full(struct sim_station *s, sim_call_id id, unsigned class, bool again)
{
    if (!again)
        return sim__station_put_off(s, id);
    if (make_room(s, class))
        return arrive(s, id, again);
    if (preempt(s, class, false)) {
        begin(s, sim__call_in_hand(s->node->world, id));
        return true;
    }
    sim_count(&s->full);
    return false;
}

static bool arrive(struct sim_station *s, sim_call_id id, bool again)
{
    struct sim__call *call = sim__call_in_hand(s->node->world, id);
    call->waits = 0;
    if (call->gone && s->more->rules.on_cancel != SIM_CANCEL_FINISH) {
        sim_count(&s->abandoned);
        return false;
    }
    if (s->more->rules.discipline == SIM_SHARING)
        return share_arrive(s, id, again);
    unsigned class = class_of(s, call);
    bool moves = s->paused.value == 0;
    if (is_unwanted(s, call)) {
        sim_count(&s->abandoned);
        return false;
    }
    if (moves && s->busy.value < s->servers) {
        begin(s, call);
        return true;
    }
    if (sim__calls_queued(s) >= s->queue_limit && !sim__is_own(call))
        return arrive_at_full(s, id, class, again);
    if (preempt(s, class, true))
        begin(s, call);
    else
        wait_in_line(s, call);
    return true;
}

static void work_on(struct sim_station *s, uint32_t job, sim_time duration)
{
    struct sim_discipline_state *d = s->more;
    struct work *w = &d->work[job];
    *w = (struct work){.until = duration};
    if (s->node->slow != 1)
        w->until = sim_time_nearest((double)duration * s->node->slow);
    if (d->shares) {
        sim__share_work(s, job, duration);
        return;
    }
    w->class = (uint8_t)class_of(s, sim__call_in_hand(s->node->world, s->jobs[job].call));
    work_begins(s, job);
    if (s->paused.value == 0)
        go_on(s, job);
}

/* Lengthens all work, including work that is interrupted or stopped by a pause. */
static void slow_down(struct sim_station *s, double times)
{
    struct sim_discipline_state *d = s->more;
    if (d->shares) {
        sim__share_until_now(s);
        d->slow = s->node->slow;
        sim__share_on(s);
        return;
    }
    for (unsigned class = 0; class < CLASSES; class ++) {
        for (uint32_t job = d->working[class].head; job != 0; job = d->work[job - 1].after) {
            bool goes_on = s->paused.value == 0;
            if (is_done(s, job - 1))
                continue;
            if (goes_on)
                stand_still(s, job - 1);
            stretch(&d->work[job - 1], times);
            if (goes_on)
                go_on(s, job - 1);
        }
        for (uint32_t at = d->waiting[class].head; at != 0; at = call_at(s, at)->next)
            if (call_at(s, at)->job != 0)
                stretch(&d->work[call_at(s, at)->job - 1], times);
    }
}

static void next_starts(struct sim_station *s)
{
    if (s->more->rules.discipline != SIM_SHARING) {
        start_what_may(s);
        return;
    }
    assert(s->queued > 0);
    s->queued--;
    sim__share_gauges(s);
}

static void remove_call(struct sim_station *s, struct sim__call *call, uint32_t job)
{
    if (call->waits == s->number) {
        step_out(s, call);
        if (job != 0)
            sim__station_free_job(s, job - 1);
        return;
    }
    assert(job != 0 && s->more->work[job - 1].at_work && "it waits, or it is at work");
    if (s->more->shares) {
        sim__share_stop(s, job - 1);
    } else {
        work_stops(s, job - 1);
        sim_cancel(s->node->sim, s->jobs[job - 1].timer);
        s->jobs[job - 1].timer = SIM_NO_EVENT;
    }
    sim_station_leave(s, job - 1);
}

/* Where requests can be withdrawn from their server: notes in the call which one it has. */
static void start_noted(struct sim_node *node, struct sim_station *s, uint32_t job)
{
    sim__call_in_hand(node->world, s->jobs[job].call)->before = job + 1;
    s->more->start(node, s, job);
}

/* 1 + the index of the job that a call has here, if its work goes on; 0: it has none. */
static uint32_t job_at_work(const struct sim_station *s, const struct sim__call *call)
{
    uint32_t job = call->before;
    bool has_one = job > 0 && job <= s->job_count && s->more->work[job - 1].at_work &&
                   s->jobs[job - 1].call.key == sim__call_name(call).key;
    return has_one ? job : 0;
}

/* Withdraws a request that waits or is at work here. One that holds its server while others are
 * asked, or has left, goes on. */
static void unwanted(struct sim_station *s, sim_call_id id)
{
    struct sim__call *call = sim__call_in_hand(s->node->world, id);
    int how = s->more->rules.on_cancel;
    if (call == NULL || how == SIM_CANCEL_FINISH)
        return;
    bool waits = call->waits == s->number;
    uint32_t job = waits ? call->job : job_at_work(s, call);
    if ((!waits && job == 0) || (job != 0 && how == SIM_CANCEL_QUEUED))
        return;
    remove_call(s, call, job);
    turn_away(s, call, &s->abandoned);
}

static void resize(struct sim_station *s, int64_t servers)
{
    if (s->more->rules.discipline == SIM_SHARING) {
        sim__share_until_now(s);
        s->servers = servers;
        sim__share_gauges(s);
        sim__share_on(s);
        sim__station_capacity(s);
        return;
    }
    s->servers = servers;
    sim__station_capacity(s);
    start_what_may(s);
}

static void clear(struct sim_station *s)
{
    struct sim_discipline_state *d = s->more;
    for (unsigned class = 0; class < CLASSES; class ++)
        d->waiting[class] = d->working[class] = (struct line){0, 0};
    for (unsigned i = 0; i < CLASSES / 64; i++)
        d->some_wait[i] = d->some_work[i] = 0;
    sim_cancel(s->node->sim, d->next_end);
    sim_cancel(s->node->sim, d->pause);
    sim_gauge_set(&s->paused, sim_now(s->node->sim), 0);
    d->at_work = 0;
    d->virtual_now = 0;
    sim__codel_empty(&d->codel);
    await_pause(s);
}

static void walk(const struct sim_station *s, struct sim__station_walked *walked)
{
    const struct sim_discipline_state *d = s->more;
    if (d->rules.discipline == SIM_SHARING) { /* all have a job; those in excess of the servers
                                                 "wait" */
        int64_t waiting = walked->at_work - s->servers;
        walked->waiting = waiting > 0 ? waiting : 0;
        walked->at_work -= walked->waiting;
        return;
    }
    for (unsigned class = 0; class < CLASSES; class ++)
        for (uint32_t at = d->waiting[class].head; at != 0 && walked->waiting <= s->queued;) {
            const struct sim__call *call = call_at(s, at);
            walked->strangers += call->stage != SIM__IN_HAND || call->to != s->node;
            walked->waiting++;
            walked->at_work -= call->job != 0; /* it was interrupted, and waits with its job */
            at = call->next;
        }
}

static const struct sim__discipline_table table = {.arrive = arrive,
                                                   .work = work_on,
                                                   .next = next_starts,
                                                   .clear = clear,
                                                   .resize = resize,
                                                   .walk = walk,
                                                   .slow = slow_down,
                                                   .remove = remove_call,
                                                   .unwanted = unwanted,
                                                   .grow = grow};

int sim_station_manage(struct sim_station *s, const struct sim_station_rules *rules)
{
    bool plain = rules->discipline == SIM_FIFO && rules->abandon == SIM_ABANDON_NEVER &&
                 rules->shed.by == SIM_SHED_NONE && rules->pause.lasts.kind == SIM_DIST_NONE &&
                 rules->speed.law == SIM_SPEED_CONSTANT && rules->wait_limit == 0 &&
                 rules->on_cancel == SIM_CANCEL_FINISH;
    if (plain)
        return 0;
    struct sim_discipline_state *d = sim_node_alloc(s->node, 1, sizeof *d);
    if (d == NULL)
        return -1;
    d->waiting = sim_node_alloc(s->node, CLASSES, sizeof *d->waiting);
    d->working = sim_node_alloc(s->node, CLASSES, sizeof *d->working);
    if (d->waiting == NULL || d->working == NULL)
        return -1;
    d->table = &table;
    d->rules = *rules;
    d->shares = rules->discipline == SIM_SHARING || rules->speed.law != SIM_SPEED_CONSTANT;
    d->slow = s->node->slow;
    d->codel = (struct sim__codel){.target = rules->shed.target, .interval = rules->shed.interval};
    sim_node_stream(s->node, "pause", &d->pauses);
    s->more = d;
    if (rules->on_cancel != SIM_CANCEL_FINISH) {
        s->node->component->hears_cancel = true;
        d->start = s->start;
        s->start = start_noted;
    }
    clear(s);
    if (rules->wait_limit > 0)
        d->too_long = sim_lane(s->node->sim, rules->wait_limit);
    return rules->wait_limit > 0 && d->too_long == NULL ? -1 : 0;
}
