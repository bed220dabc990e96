/* sharing.c - work whose rate depends on how many are at work: processor sharing, where all
 * requests are worked on at once, and stations of any order whose speed follows a
 * law.
 *
 * Virtual time runs at the rate at which each of the n at work is served: min(1, c/n) where the
 * processor is shared, times the speed by the law, or less while a fault slows the node. A request
 * ends when virtual time has advanced by its work (Parekh and Gallager 1993, sec. III, with equal
 * shares). A heap holds these ends, so an event is O(log n), and exact to the nanosecond. */
#include "parts/discipline_state.h"

#include <assert.h>
#include <math.h>

static bool ends_before(const struct sim_discipline_state *d, uint32_t a, uint32_t b)
{
    const struct work *x = &d->work[a], *y = &d->work[b];
    if (x->finish < y->finish || x->finish > y->finish)
        return x->finish < y->finish;
    return x->order < y->order;
}

static void heap_put(struct sim_discipline_state *d, uint32_t at, uint32_t job)
{
    d->heap[at] = job;
    d->work[job].place = at;
}

/* Moves a job from place `at` towards the root, to where it belongs. */
static void heap_up(struct sim_discipline_state *d, uint32_t at, uint32_t job)
{
    for (; at > 0 && ends_before(d, job, d->heap[(at - 1) / 2]); at = (at - 1) / 2)
        heap_put(d, at, d->heap[(at - 1) / 2]);
    heap_put(d, at, job);
}

static void heap_add(struct sim_discipline_state *d, uint32_t job)
{
    d->work[job].at_work = true;
    heap_up(d, d->at_work++, job);
}

/* Takes a job out; the last one of the heap comes into its place. */
static void heap_take(struct sim_discipline_state *d, uint32_t job)
{
    assert(d->at_work > 0 && d->work[job].at_work);
    uint32_t at = d->work[job].place, last = d->heap[--d->at_work];
    d->work[job].at_work = false;
    if (last == job)
        return;
    for (uint32_t child = 2 * at + 1; child < d->at_work; child = 2 * at + 1) {
        if (child + 1 < d->at_work && ends_before(d, d->heap[child + 1], d->heap[child]))
            child++;
        if (!ends_before(d, d->heap[child], last))
            break;
        heap_put(d, at, d->heap[child]);
        at = child;
    }
    heap_up(d, at, last);
}

/* Time per unit of virtual time. */
static double crowding(const struct sim_station *s)
{
    const struct sim_discipline_state *d = s->more;
    double n = (double)d->at_work, slow = d->slow;
    if (d->rules.speed.law != SIM_SPEED_CONSTANT)
        slow /= sim_station_speed(&d->rules, n);
    return d->rules.discipline == SIM_SHARING ? fmax(1, n / (double)s->servers) * slow : slow;
}

/* Advances virtual time to now. */
void sim__share_until_now(struct sim_station *s)
{
    struct sim_discipline_state *d = s->more;
    sim_time now = sim_now(s->node->sim);
    assert(d->virtual_at <= now);
    if (d->at_work > 0 && s->paused.value == 0)
        d->virtual_now += (double)(now - d->virtual_at) / crowding(s);
    d->virtual_at = now;
}

static void share_ends(struct sim *, void *self, sim_arg);

/* Sets the timer of the next end; to be called after anything changed the rate. */
void sim__share_on(struct sim_station *s)
{
    struct sim_discipline_state *d = s->more;
    sim_cancel(s->node->sim, d->next_end);
    d->next_end = SIM_NO_EVENT;
    if (d->at_work == 0)
        d->virtual_now = 0; /* starting again at 0 also drops accumulated rounding errors */
    if (d->at_work == 0 || (s->servers == 0 && d->rules.discipline == SIM_SHARING))
        return;
    double left = fmax(0, d->work[d->heap[0]].finish - d->virtual_now) * crowding(s);
    sim_time wait = sim_time_nearest(left);
    if (s->paused.value == 0 || wait == 0) /* work that is done in this instant ends in it */
        d->next_end = sim_after(s->node->sim, wait, share_ends, s, (sim_arg){.u = 0});
}

static void share_ends(struct sim *sim, void *self, sim_arg arg)
{
    (void)sim;
    (void)arg;
    struct sim_station *s = self;
    struct sim_discipline_state *d = s->more;
    sim__share_until_now(s);
    uint32_t job = d->heap[0];
    heap_take(d, job);
    d->virtual_now = fmax(d->virtual_now, d->work[job].finish);
    sim__share_on(s);
    s->worked(s->node, s, job);
}

/* All requests there are in .queued; as many of them as there are servers count as busy. */
void sim__share_gauges(struct sim_station *s)
{
    sim_time now = sim_now(s->node->sim);
    int64_t present = s->queued;
    int64_t busy = present < s->servers ? present : s->servers;
    sim_gauge_set(&s->busy, now, busy);
    sim_gauge_set(&s->waiting, now, present - busy);
}

void sim__share_work(struct sim_station *s, uint32_t job, sim_time duration)
{
    struct sim_discipline_state *d = s->more;
    struct work *w = &d->work[job];
    sim__share_until_now(s);
    w->finish = d->virtual_now + (double)duration;
    w->order = d->orders++;
    heap_add(d, job);
    sim__share_on(s);
}

void sim__share_stop(struct sim_station *s, uint32_t job)
{
    sim__share_until_now(s);
    heap_take(s->more, job);
    sim__share_on(s);
}
