/* arrivals_replay.c - requests replayed from a file at its own times, divided by the speed. */
#include "load/arrivals_state.h"

#include <math.h>

const struct sim_param sim_arrivals_replay_params[] = {
    SIM_ROW(.name = "file", .kind = SIM_TRACE,
            .offset = offsetof(struct sim_arrivals_replay, trace), .flags = SIM_REQUIRED,
            .doc = "A .csv file with the columns t_s and, each if wanted, op, key, bytes, "
                   "session, others being left aside; or a .bin file of 24-byte records. Its path "
                   "is from the scenario's folder."),
    SIM_ROW(.name = "from", .kind = SIM_TIME, .offset = offsetof(struct sim_arrivals_replay, from),
            .by_default = "0s", .doc = "Time of the file at which the run begins.",
            .source = "chosen: a file's times are those of the run"),
    SIM_ROW(.name = "speed", .kind = SIM_NUMBER,
            .offset = offsetof(struct sim_arrivals_replay, speed), .by_default = "1", .low = 1e-6,
            .high = 1e6, .doc = "How many times faster than in the file requests come.",
            .source = "chosen: as they came"),
    SIM_ROW(.name = "repeat", .kind = SIM_COUNT, .unit = "times",
            .offset = offsetof(struct sim_arrivals_replay, repeat), .by_default = "1",
            .doc = "How often it is played; each time begins a mean gap after the last request.",
            .source = "chosen: a trace is played once"),
    {0},
};

/* The time in the run's first round of a time in the file, in ns with fractions. */
static double scaled(const struct sim_arrivals_replay *r, double at)
{
    return (at - (double)r->from) / r->speed;
}

/* The first request that is replayed. */
static size_t first_of(const struct sim_arrivals_replay *r)
{
    size_t low = 0, high = r->trace->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (r->trace->requests[middle].at < r->from)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* From the start of one round to the start of the next, ns; 0: all requests come at once. */
static double round_of(const struct sim_arrivals_replay *r, size_t first)
{
    const struct sim_trace_request *q = r->trace->requests;
    size_t last = r->trace->count - 1;
    double span = (double)(q[last].at - q[first].at);
    return scaled(r, (double)q[last].at + (last > first ? span / (double)(last - first) : 0));
}

const char *sim__replay_check(const struct sim_arrivals_replay *r)
{
    size_t first = first_of(r);
    if (r->repeat < 1)
        return "\"repeat\" of a trace is at least 1: how often it is played";
    if (first == r->trace->count)
        return "the trace has no request at \"from\" or later";
    if (r->repeat > 1 && !(round_of(r, first) > 0))
        return "a trace whose requests all come at once cannot be repeated";
    return NULL;
}

double sim__replay_rate(const struct sim_arrivals_replay *r)
{
    size_t first = first_of(r);
    double seconds = round_of(r, first) / 1e9;
    return (double)(r->trace->count - first) / (r->repeat > 1 ? seconds : fmax(1, seconds));
}

double sim__replay_mean(const struct sim_arrivals_replay *r, sim_time duration)
{
    double rounds = round_of(r, first_of(r)) * (double)r->repeat;
    return sim__replay_rate(r) * fmin(1, fmax(rounds, 1e9) / (double)duration);
}

void sim__replay_begin(struct sim_arrivals *a)
{
    a->first = a->next = first_of(&a->replay);
    a->round_ns = round_of(&a->replay, a->first);
}

static sim_time due_at(const struct sim_arrivals *a)
{
    const struct sim_arrivals_replay *r = &a->replay;
    sim_time at = a->trace->requests[a->next].at;
    if (fabs(r->speed - 1) > 0)
        return a->round_from + sim_time_nearest(fmax(0, scaled(r, (double)at) + a->round_part));
    return a->round_from + (at - r->from); /* fractions of a nanosecond do not matter here */
}

static void next_round(struct sim_arrivals *a)
{
    double length = a->round_part + a->round_ns;
    sim_time whole = sim_time_nearest(length);
    a->next = a->first;
    a->rounds++;
    a->round_from += whole;
    a->round_part = length - (double)whole;
}

/* Skips requests that were due before now, as the node was down or a rate was set. But not those
 * that rounding put one nanosecond earlier: the first of a round may come with the last of the
 * round before. */
sim_time sim__replay_next(struct sim_arrivals *a, sim_time now)
{
    while (a->rounds < a->replay.repeat) {
        for (; a->next < a->trace->count; a->next++) {
            sim_time due = due_at(a);
            if (due >= now - 1)
                return due > now ? due : now;
        }
        next_round(a);
    }
    return SIM_NEVER;
}

const struct sim_trace_request *sim_arrivals_take(struct sim_arrivals *a)
{
    return &a->trace->requests[a->next++];
}
