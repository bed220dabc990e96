/* arrivals.c - when requests start: the parameters, which of them go together, and the inversion of
 * the integral of a rate.
 *
 * The next arrival is when the integral of the rate has grown by a draw of mean 1 (Cinlar 1975,
 * Introduction to Stochastic Processes, ch. 4.7). The integral of a straight piece is quadratic, so
 * it is inverted exactly. Nothing is thinned, and each arrival costs one draw.
 *
 * To find an arrival, a copy of the walk looks at the rate ahead of the clock. The walk itself will
 * see the same pieces when the clock gets there, whatever was set meanwhile.
 *
 * Times are whole nanoseconds. The growth of the integral between an arrival and the nanosecond
 * that it is rounded to is subtracted from the next draw (or added), so that rounding errors do not
 * add up. Poisson arrivals up to 10M/s do without this: a mean gap of m ns becomes m (1 - 1 / 24
 * m^2), less than 5e-6 off.
 *
 * Stream: "phase", of the component: where evenly spaced arrivals begin. */
#include "fabric/world_state.h"
#include "load/arrivals_state.h"

#include <math.h>

#define PLAIN_MOST 1e7 /* per second; see above */

const char *const sim_arrivals_spacings[] = {"poisson", "constant", NULL};

const struct sim_param sim_arrivals_step_params[] = {
    SIM_ROW(.name = "at", .kind = SIM_TIME, .offset = offsetof(struct sim_arrivals_step, at),
            .flags = SIM_REQUIRED, .doc = "When the rate is reached."),
    SIM_ROW(.name = "rate", .kind = SIM_RATE, .offset = offsetof(struct sim_arrivals_step, rate),
            .flags = SIM_REQUIRED, .doc = "Requests per second from then on."),
    SIM_ROW(.name = "ramp", .kind = SIM_BOOL, .offset = offsetof(struct sim_arrivals_step, ramp),
            .by_default = "false",
            .doc = "Whether the rate moves there in a straight line from the step before.",
            .source = "chosen: loads are mostly given as steps"),
    {0},
};

#define SHARE(json, member, value, ...)                                                            \
    SIM_ROW(.name = json, .kind = SIM_FRACTION,                                                    \
            .offset = offsetof(struct sim_arrivals_mix, member), .by_default = value, .low = 0,    \
            .high = 1, .source = "chosen: reads only, the least that can be asked", __VA_ARGS__)

const struct sim_param sim_arrivals_mix_params[] = {
    SHARE("read", read, "1", .doc = "Share of reads. Left out, or 1: what the other shares leave."),
    SHARE("write", write, "0", .doc = "Share of writes."),
    SHARE("delete", erase, "0", .doc = "Share of deletes."),
    SHARE("scan", scan, "0", .doc = "Share of scans."),
    {0},
};

/* ---- the next arrival ------------------------------------------------------------------------ */

/* Advances a walk until both its piece and its factors hold at `from`. */
static void settle(const struct sim_arrivals *a, struct sim_arrivals_walk *w, sim_time from)
{
    if (from >= w->piece.until)
        a->advance(a, w, from);
    if (a->shaped)
        sim__spikes_advance(a, w, from);
}

/* The nanosecond nearest to an arrival `after` ns after `from`; *units: the growth between the
 * two. */
static sim_time fall(sim_time from, double after, double rate, double *units)
{
    sim_time whole = after > 0 ? sim_time_nearest(after) : 0;
    *units = ((double)whole - after) * rate;
    return from + whole;
}

/* When the integral has grown by *units within a piece, from `from` on; *units is then the growth
 * since. SIM_NEVER: not before `until`; *units is then what is left. */
static sim_time within(double rate, double slope, sim_time from, sim_time until, double *units)
{
    if (until == SIM_NEVER)
        return fall(from, *units / rate, rate, units);
    double span = (double)(until - from);
    double area = (rate + 0.5 * slope * span) * span;
    if (*units < area) {
        /* the smaller root of slope/2 t^2 + rate t = units, in the form without cancellation */
        double root = sqrt(fmax(0, rate * rate + 2 * slope * *units));
        double after = fmin(span, 2 * *units / (rate + root));
        return fall(from, after, rate + slope * after, units);
    }
    *units -= area;
    return SIM_NEVER;
}

/* When the integral has grown by *units from `now` on; *units is then the growth since. SIM_NEVER:
 * not before `limit`, or not in this run; *units is then what is missing. */
static sim_time walk(struct sim_arrivals *a, double set_rate, sim_time now, sim_time limit,
                     double *units)
{
    struct sim_arrivals_walk *w = &a->walk, ahead;
    struct sim_arrivals_piece set = {0, SIM_NEVER, fmax(0, set_rate) * 1e-9, 0};
    bool is_set = set_rate > 0 || set_rate < 0;
    settle(a, w, now);
    uint32_t pieces = 0;
    for (sim_time from = now;;) {
        const struct sim_arrivals_piece *p = is_set ? &set : &w->piece;
        if (p->until == SIM_NEVER && !(p->rate > 0))
            return SIM_NEVER;
        double factor = 1;
        sim_time until = p->until < limit ? p->until : limit;
        if (a->shaped) {
            factor = w->listed * w->random;
            until = until < w->listed_until ? until : w->listed_until;
            until = until < w->random_until ? until : w->random_until;
        }
        double rate = factor * (p->rate + p->slope * (double)(from - p->from));
        if (rate > 0 || until != SIM_NEVER) {
            sim_time when = within(rate, factor * p->slope, from, until, units);
            if (when != SIM_NEVER)
                return when;
        }
        if (until >= a->end || until >= limit || sim__arrivals_stop(a, pieces++))
            return SIM_NEVER;
        from = until;
        if (w == &a->walk) {
            ahead = *w;
            w = &ahead;
        }
        settle(a, w, from);
    }
}

static sim_time await(struct sim_arrivals *a, sim_time now, double units)
{
    a->asked = now;
    a->wanted = units;
    a->pace = a->rate;
    a->due = walk(a, a->rate, now, SIM_NEVER, &units);
    a->grown = a->keeps && a->due != SIM_NEVER ? units : 0;
    return a->due;
}

__attribute__((noinline)) sim_time sim__arrivals_walk(struct sim_arrivals *a, sim_time now,
                                                      struct sim_stream *times)
{
    if (sim_arrivals_replaying(a))
        return sim__replay_next(a, now);
    bool even = a->spacing != SIM_ARRIVALS_POISSON;
    return await(a, now, (even ? 1 : sim_draw_exponential(times)) - a->grown);
}

static void see_rate(struct sim_arrivals *a)
{
    a->plain = a->spacing == SIM_ARRIVALS_POISSON && !a->shaped && a->rate > 0 &&
               a->rate <= PLAIN_MOST;
    a->keeps |= a->rate > PLAIN_MOST;
}

void sim_arrivals_start(struct sim_arrivals *a)
{
    a->grown = a->begun;
    see_rate(a);
}

sim_time sim_arrivals_changed(struct sim_arrivals *a, sim_time now, struct sim_stream *times)
{
    see_rate(a);
    if (a->spacing == SIM_ARRIVALS_POISSON || a->trace) {
        a->grown = 0; /* the memoryless gap starts anew */
        return sim_arrivals_next(a, now, times);
    }
    double left = a->wanted;
    if (a->due == now) /* it is due all the same */
        return now;
    sim_time due = now > a->asked ? walk(a, a->pace, a->asked, now, &left) : SIM_NEVER;
    return await(a, now, due != SIM_NEVER ? 0 : left);
}

static void advance_steps(const struct sim_arrivals *a, struct sim_arrivals_walk *w, sim_time from)
{
    const struct sim_arrivals_step *steps = a->schedule.items;
    size_t last = a->schedule.count - 1;
    if (from < steps[0].at) {
        w->piece = (struct sim_arrivals_piece){0, steps[0].at, 0, 0};
        return;
    }
    while (w->at < last && steps[w->at + 1].at <= from)
        w->at++;
    const struct sim_arrivals_step *step = &steps[w->at], *next = step + 1;
    w->piece = (struct sim_arrivals_piece){step->at, SIM_NEVER, step->rate * 1e-9, 0};
    if (w->at == last)
        return;
    w->piece.until = next->at;
    if (next->ramp)
        w->piece.slope = (next->rate - step->rate) * 1e-9 / (double)(next->at - step->at);
}

/* Without a load, until a rate is set. */
static void advance_nothing(const struct sim_arrivals *a, struct sim_arrivals_walk *w,
                            sim_time from)
{
    (void)a;
    (void)from;
    w->piece = (struct sim_arrivals_piece){0, SIM_NEVER, 0, 0};
}

/* How much of the first gap is over when a node's evenly spaced arrivals begin. */
static double begun_of(const struct sim_arrivals *a, const struct sim_node *node)
{
    struct sim_stream stream;
    const struct sim_world *w = node->world;
    if (a->spacing == SIM_ARRIVALS_POISSON || a->in_step)
        return 0;
    sim_stream_init(&stream, w->seed, w->replication, node->component->plan->name, "phase");
    return 1 - (node->index + sim_draw_uniform(&stream)) / node->count;
}

int sim_arrivals_begin(struct sim_arrivals *a, const struct sim_node *node)
{
    a->shaped = a->spikes.count > 0 || a->random_spikes.every.kind != SIM_DIST_NONE;
    a->trace = a->replay.trace;
    a->end = node->world->plan->duration;
    a->world = node->world;
    a->advance = a->schedule.count > 0    ? advance_steps
                 : a->modulated.count > 0 ? sim__modulated_advance
                 : a->day.period > 0      ? sim__day_advance
                                          : advance_nothing;
    a->begun = begun_of(a, node);
    a->keeps = a->spacing != SIM_ARRIVALS_POISSON || sim_arrivals_offered(a) > PLAIN_MOST;
    sim_arrivals_start(a);
    sim_node_stream(node, "batches", &a->sizes);
    sim_node_stream(node, "modulation", &a->walk.states);
    sim_node_stream(node, "spikes", &a->walk.bursts);
    if (a->modulated.count > 0)
        sim__modulated_begin(a);
    if (a->shaped)
        sim__spikes_begin(a);
    if (a->trace)
        sim__replay_begin(a);
    return a->day.period > 0 ? sim__day_begin(a, node) : 0;
}

/* ---- what goes together ---------------------------------------------------------------------- */

static const char *check_steps(const struct sim_list *list)
{
    const struct sim_arrivals_step *steps = list->items;
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0 && steps[i].at <= steps[i - 1].at)
            return "the schedule's times must increase";
        if (i == 0 && steps[i].ramp)
            return "the schedule's first step has nothing to ramp from";
    }
    return NULL;
}

const char *sim_arrivals_check_count(const struct sim_dist *dist)
{
    static const char *const why = "how many come at once, or in a session, is a whole number from "
                                   "1 to 1000000: a constant, \"geometric\", or \"empirical\" of "
                                   "such numbers";
    bool bad = dist->kind != SIM_DIST_CONSTANT && dist->kind != SIM_DIST_GEOMETRIC &&
               dist->kind != SIM_DIST_EMPIRICAL && dist->kind != SIM_DIST_MIXTURE;
    if (dist->kind == SIM_DIST_MIXTURE)
        for (size_t i = 0; i < dist->count && !bad; i++)
            bad = sim_arrivals_check_count(&dist->components[i]) != NULL;
    size_t count = dist->kind == SIM_DIST_EMPIRICAL  ? dist->count
                   : dist->kind == SIM_DIST_CONSTANT ? 1
                                                     : 0;
    for (size_t i = 0; i < count && !bad; i++) {
        double x = dist->kind == SIM_DIST_EMPIRICAL ? dist->values[i] : dist->scale;
        bad = !(x >= 1 && x <= 1e6) || floor(x) < x;
    }
    return bad || sim_dist_mean(dist) > 1e6 ? why : NULL;
}

int sim_arrivals_loads(const struct sim_arrivals *a)
{
    return sim_arrivals_set(a) + (a->schedule.count > 0) + (a->modulated.count > 0) +
           (a->day.period > 0) + (a->replay.trace != NULL);
}

static const char *check_trace(const struct sim_arrivals *a)
{
    if (a->spikes.count > 0 || a->random_spikes.every.kind != SIM_DIST_NONE)
        return "spikes multiply a rate, and a trace has none: its times are those of the file";
    if (a->batch.kind != SIM_DIST_NONE)
        return "a trace says itself what comes at once: leave \"batch\" out";
    if (a->spacing != SIM_ARRIVALS_POISSON)
        return "a trace says itself when requests come: leave \"arrival\" out";
    return sim__replay_check(&a->replay);
}

const char *sim_arrivals_check(const struct sim_arrivals *a)
{
    const char *why = check_steps(&a->schedule);
    if (!why && a->modulated.count > 0)
        why = sim__modulated_check(&a->modulated);
    if (!why && a->day.period > 0)
        why = sim__day_check(&a->day);
    if (!why)
        why = sim__spikes_check(a);
    if (!why && a->batch.kind != SIM_DIST_NONE)
        why = sim_arrivals_check_count(&a->batch);
    return why || !a->replay.trace ? why : check_trace(a);
}

double sim_arrivals_offered(const struct sim_arrivals *a)
{
    const struct sim_arrivals_step *steps = a->schedule.items;
    double most = fmax(0, a->rate);
    for (size_t i = 0; i < a->schedule.count; i++)
        most = fmax(most, steps[i].rate);
    most = fmax(most, sim__modulated_most(&a->modulated));
    most = fmax(most, sim__day_most(&a->day));
    most *= sim__spikes_most(a);
    if (a->batch.kind != SIM_DIST_NONE)
        most *= sim_dist_mean(&a->batch);
    return a->replay.trace ? fmax(most, sim__replay_rate(&a->replay)) : most;
}

/* The mean rate of steps and ramps over a run. */
static double steps_mean(const struct sim_list *schedule, sim_time duration)
{
    const struct sim_arrivals_step *steps = schedule->items;
    double area = 0;
    for (size_t i = 0; i < schedule->count && steps[i].at < duration; i++) {
        bool last = i + 1 == schedule->count;
        sim_time until = last || steps[i + 1].at > duration ? duration : steps[i + 1].at;
        double span = (double)(until - steps[i].at), rate = steps[i].rate;
        if (!last && steps[i + 1].ramp)
            rate += 0.5 * (steps[i + 1].rate - rate) * span /
                    (double)(steps[i + 1].at - steps[i].at);
        area += rate * span;
    }
    return area / (double)duration;
}

double sim_arrivals_sustained(const struct sim_arrivals *a, sim_time duration)
{
    double mean = fmax(0, a->rate);
    if (!sim_arrivals_set(a))
        mean = steps_mean(&a->schedule, duration) + sim__modulated_mean(&a->modulated) +
               sim__day_mean(&a->day, duration); /* at most one of these loads is given */
    mean *= sim__spikes_mean(a, duration);
    if (a->batch.kind != SIM_DIST_NONE)
        mean *= sim_dist_mean(&a->batch);
    return a->replay.trace && !sim_arrivals_set(a) ? sim__replay_mean(&a->replay, duration) : mean;
}

double sim_arrivals_ticks(const struct sim_arrivals *a)
{
    const struct sim_arrivals_state *states = a->modulated.items;
    const struct sim_arrivals_random_spikes *r = &a->random_spikes;
    double stays = 0, ticks = 0;
    for (size_t i = 0; i < a->modulated.count; i++)
        stays += (double)states[i].dwell;
    if (stays > 0)
        ticks += (double)a->modulated.count * 1e9 / stays;
    if (r->every.kind != SIM_DIST_NONE)
        ticks += 2e9 / (sim_dist_mean(&r->every) + sim_dist_mean(&r->lasts));
    return ticks;
}

const char *sim_arrivals_check_mix(const struct sim_arrivals_mix *mix)
{
    double others = mix->write + mix->erase + mix->scan;
    if (others > 1 + 1e-9 || (mix->read < 1 && fabs(mix->read + others - 1) > 1e-9))
        return "the shares of the mix must add up to 1";
    return NULL;
}
