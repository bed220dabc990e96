/* run.c - runs a world to its end, window by window. */
#include "policy/policy_state.h"
#include "run/record_state.h"

#include <stdio.h>
#include <string.h>

/* The node whose handler ran last, by its address: stations are inside the memory of their
 * nodes. */
static const char *name_of(const struct sim_world *w, const void *self)
{
    for (uint32_t i = 0; i < w->component_count; i++) {
        const struct sim_component *c = &w->components[i];
        for (uint32_t n = 0; n < c->plan->nodes; n++) {
            const char *node = (const char *)c->nodes[n], *at = self;
            if (at >= node && at < node + c->plan->model->size)
                return c->nodes[n]->name;
        }
    }
    return "the fabric";
}

static void say_why(const struct sim_world *w, struct sim_record *record)
{
    double t = (double)sim_now(w->sim) / 1e9;
    switch (record->outcome) {
    case SIM_REACHED: break;
    case SIM_STOPPED: snprintf(record->why, sizeof record->why, "stopped at %.9g s", t); break;
    case SIM_RUNAWAY:
        snprintf(record->why, sizeof record->why,
                 "more than %llu events within the instant %.9g s; the last was of \"%s\": a loop "
                 "that takes no time",
                 (unsigned long long)(w->plan->limits.instant_events
                                          ? w->plan->limits.instant_events
                                          : SIM_INSTANT_EVENTS),
                 t, name_of(w, sim_last_self(w->sim)));
        break;
    case SIM_EVENT_LIMIT:
        snprintf(record->why, sizeof record->why, "the limit of %llu events was reached at %.9g s",
                 (unsigned long long)w->plan->limits.events, t);
        break;
    case SIM_OUT_OF_MEMORY:
        snprintf(record->why, sizeof record->why, "out of memory at %.9g s", t);
        break;
    }
}

/* Runs to the end of a window, with a stop wherever a span of time that is asked for begins or
 * ends. A stop is no event: the run is the same without it. */
static enum sim_outcome run_window(struct sim_world *w, struct sim__recorder *recorder,
                                   sim_time end)
{
    for (sim_time next; (next = sim__recorder_next(recorder)) < end;) {
        enum sim_outcome outcome = sim_run_until(w->sim, next);
        if (outcome != SIM_REACHED)
            return outcome;
        if (sim__recorder_cut(recorder, next) != 0)
            return SIM_OUT_OF_MEMORY;
    }
    return sim_run_until(w->sim, end);
}

/* Lets the models count what is unfinished. */
static void end(struct sim_world *w)
{
    sim__operations_end(w);
    for (uint32_t i = 0; i < w->component_count; i++) {
        const struct sim_component *c = &w->components[i];
        for (uint32_t n = 0; c->plan->model->ended && n < c->plan->nodes; n++)
            c->plan->model->ended(c->nodes[n]);
    }
}

struct sim_record *sim_world_run(struct sim_world *w, sim_progress *progress, void *self)
{
    struct sim__recorder *recorder = sim__recorder_new(w);
    if (recorder == NULL)
        return NULL;
    enum sim_outcome outcome = SIM_REACHED;
    const struct sim_plan *plan = w->plan;
    for (sim_time now = 0; outcome == SIM_REACHED && now < plan->duration;) {
        sim_time left = plan->duration - now;
        now += left < plan->interval ? left : plan->interval;
        outcome = run_window(w, recorder, now);
        if (outcome != SIM_REACHED)
            break;
        if (now == plan->duration)
            end(w);
        if (sim__recorder_roll(recorder, now) != 0)
            outcome = SIM_OUT_OF_MEMORY;
        else if (progress != NULL && !progress(self, now, sim_event_count(w->sim)))
            outcome = SIM_STOPPED;
    }
    if (outcome != SIM_REACHED && sim__world_stops(w)) {
        sim__recorder_free(recorder);
        return NULL;
    }
    if (outcome != SIM_OUT_OF_MEMORY && sim__recorder_roll(recorder, sim_now(w->sim)) != 0)
        outcome = SIM_OUT_OF_MEMORY; /* the last window of a run cut short */
    struct sim_record *record = sim__recorder_finish(recorder);
    sim__recorder_free(recorder);
    if (record == NULL)
        return NULL;
    record->outcome = outcome;
    say_why(w, record);
    return record;
}
