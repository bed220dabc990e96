/* arrivals_spikes.c - times at which the rate of a load is multiplied. Spikes are listed, or
 * random: drawn one after the other, each after a calm time (an alternating renewal process: Cinlar
 * 1975, ch. 9; its mean factor is (E calm + E length E factor) / (E calm + E length)). A load may
 * have both; overlapping spikes multiply. */
#include "load/arrivals_state.h"

#include <math.h>

const struct sim_param sim_arrivals_spike_params[] = {
    SIM_ROW(.name = "at", .kind = SIM_TIME, .offset = offsetof(struct sim_arrivals_spike, at),
            .flags = SIM_REQUIRED, .doc = "When it begins."),
    SIM_ROW(.name = "for", .kind = SIM_TIME, .offset = offsetof(struct sim_arrivals_spike, lasts),
            .low = 1, .flags = SIM_REQUIRED, .doc = "How long it lasts."),
    SIM_ROW(.name = "factor", .kind = SIM_NUMBER,
            .offset = offsetof(struct sim_arrivals_spike, factor), .flags = SIM_REQUIRED,
            .doc = "The rate is multiplied by this; below 1 it is a lull."),
    {0},
};

const struct sim_param sim_arrivals_random_spike_params[] = {
    SIM_ROW(.name = "every", .kind = SIM_DISTRIBUTION,
            .offset = offsetof(struct sim_arrivals_random_spikes, every), .low = 1e3, .high = 1e19,
            .flags = SIM_REQUIRED,
            .doc = "Time from the end of a spike to the start of the next. The first one counts "
                   "from the start of the run."),
    SIM_ROW(.name = "for", .kind = SIM_DISTRIBUTION,
            .offset = offsetof(struct sim_arrivals_random_spikes, lasts), .low = 1e3, .high = 1e19,
            .flags = SIM_REQUIRED, .doc = "How long each lasts."),
    SIM_ROW(.name = "factor", .kind = SIM_NUMBER_DIST,
            .offset = offsetof(struct sim_arrivals_random_spikes, factor), .flags = SIM_REQUIRED,
            .doc = "The rate is multiplied by this, drawn for each spike."),
    {0},
};

const char *sim__spikes_check(const struct sim_arrivals *a)
{
    const struct sim_arrivals_spike *s = a->spikes.items;
    for (size_t i = 1; i < a->spikes.count; i++)
        if (s[i].at < s[i - 1].at)
            return "the spikes must stand in the order of their beginning";
    return NULL;
}

static sim_time end_of(const struct sim_arrivals_spike *s)
{
    bool far = s->at > SIM_DRAW_TIME_MAX || s->lasts > SIM_DRAW_TIME_MAX;
    return far ? SIM_NEVER : s->at + s->lasts;
}

/* The product of the factors in force at `from`, and until when it holds. `over`: how many listed
 * spikes are over by then; starts at 0 and moves on with `from`. Amortised O(spikes that
 * overlap). */
static double listed(const struct sim_arrivals *a, sim_time from, size_t *over, sim_time *until)
{
    const struct sim_arrivals_spike *s = a->spikes.items;
    double factor = 1;
    *until = SIM_NEVER;
    while (*over < a->spikes.count && end_of(&s[*over]) <= from)
        ++*over;
    for (size_t i = *over; i < a->spikes.count; i++) {
        bool begun = s[i].at <= from, on = begun && from < end_of(&s[i]);
        sim_time change = on ? end_of(&s[i]) : s[i].at;
        factor *= on ? s[i].factor : 1;
        if (change > from && change < *until)
            *until = change;
        if (!begun)
            break;
    }
    return factor;
}

double sim__spikes_most(const struct sim_arrivals *a)
{
    const struct sim_arrivals_spike *s = a->spikes.items;
    double most = 1;
    size_t over = 0;
    sim_time ignored;
    for (size_t i = 0; i < a->spikes.count; i++)
        most = fmax(most, listed(a, s[i].at, &over, &ignored));
    if (a->random_spikes.factor.kind == SIM_DIST_NONE)
        return most;
    return most * fmax(1, sim_dist_mean(&a->random_spikes.factor));
}

double sim__spikes_mean(const struct sim_arrivals *a, sim_time duration)
{
    const struct sim_arrivals_random_spikes *r = &a->random_spikes;
    double area = 0, random = 1;
    size_t over = 0;
    for (sim_time from = 0, until; from < duration; from = until) {
        double factor = listed(a, from, &over, &until);
        until = until < duration ? until : duration;
        area += factor * (double)(until - from);
    }
    if (r->every.kind != SIM_DIST_NONE) {
        double calm = sim_dist_mean(&r->every), spike = sim_dist_mean(&r->lasts);
        double share = isinf(calm) ? 0 : isinf(spike) ? 1 : spike / (calm + spike);
        random = share > 0 ? 1 + share * (sim_dist_mean(&r->factor) - 1) : 1;
    }
    return area / (double)duration * random;
}

/* Switches between calm and spike at `at`. */
static void turn(const struct sim_arrivals *a, struct sim_arrivals_walk *w, sim_time at)
{
    const struct sim_arrivals_random_spikes *r = &a->random_spikes;
    w->in_burst = !w->in_burst;
    w->random = w->in_burst ? sim_dist_draw(&r->factor, &w->bursts) : 1;
    sim_time stay = sim_dist_draw_time(w->in_burst ? &r->lasts : &r->every, &w->bursts);
    w->random_until = at < SIM_DRAW_TIME_MAX ? at + stay : SIM_NEVER;
}

void sim__spikes_begin(struct sim_arrivals *a)
{
    struct sim_arrivals_walk *w = &a->walk;
    w->listed_over = 0;
    w->listed = listed(a, 0, &w->listed_over, &w->listed_until);
    w->random = 1;
    w->random_until = SIM_NEVER;
    w->in_burst = true; /* so that the first switch is to calm */
    if (a->random_spikes.every.kind != SIM_DIST_NONE)
        turn(a, w, 0);
}

void sim__spikes_advance(const struct sim_arrivals *a, struct sim_arrivals_walk *w, sim_time from)
{
    if (w->listed_until <= from)
        w->listed = listed(a, from, &w->listed_over, &w->listed_until);
    for (uint32_t turns = 0; w->random_until <= from; turns++) {
        if (sim__arrivals_stop(a, turns)) {
            w->random_until = SIM_NEVER;
            return;
        }
        turn(a, w, w->random_until);
    }
}
