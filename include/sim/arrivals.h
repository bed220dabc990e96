/* arrivals.h - for models that start requests: when the next one starts, how many start with it,
 * and mixes of kinds of request.
 *
 * An open load is a rate over time. The next arrival is when the integral of the rate has grown by
 * a draw of mean 1. The rate is constant, in steps and ramps, a curve over the day, or modulated by
 * a Markov chain. Spikes multiply it, and batches make several requests of each arrival. Or a trace
 * gives all arrivals. A model has a struct sim_arrivals, puts SIM_ARRIVALS_PARAMS into its table of
 * parameters, and calls sim_arrivals_next(). */
#ifndef SIM_ARRIVALS_H
#define SIM_ARRIVALS_H

#include "sim/fabric.h"
#include "sim/param.h"

/* ---- parameters ------------------------------------------------------------------------------ */

/* How arrivals are spaced: the integral grows by an exponential draw, or always by 1. With even
 * spacing, the first arrival falls within the first gap: at node i of n after (i + u) / n of the
 * gap, with u drawn from [0, 1) once for the component, so that the nodes share the gap evenly and
 * components are independent. With `in_step` it falls at the end of the gap at every node. */
enum sim_arrivals_spacing { SIM_ARRIVALS_POISSON, SIM_ARRIVALS_CONSTANT };

/* From `at` until the next step the rate is `rate` per second. With `ramp` it moves to `rate` in a
 * straight line from the step before. Before the first step it is 0; after the last it stays. */
struct sim_arrivals_step {
    sim_time at;
    double rate;
    bool ramp;
};

/* A state of a Markov-modulated rate. It lasts an exponential time of mean `dwell`. The next state
 * is the next in the list (after the last, the first), or is drawn from `next`. */
struct sim_arrivals_state {
    double rate; /* per second */
    sim_time dwell;
    struct sim_list next; /* of struct sim_arrivals_turn */
};

struct sim_arrivals_turn {
    int64_t state; /* from 1, in the order of the list */
    double share;
};

/* A curve that repeats: a cosine around `rate`, or `rate` times factors joined by lines. */
struct sim_arrivals_day {
    double rate; /* per second */
    double peak_to_trough;
    sim_time peak_at, period; /* .period 0: no such load */
    struct sim_list factors;  /* of struct sim_arrivals_factor */
};

struct sim_arrivals_factor {
    sim_time at; /* within the period */
    double factor;
};

/* The rate is multiplied by `factor`. Overlapping spikes multiply one another. */
struct sim_arrivals_spike {
    sim_time at, lasts;
    double factor;
};

/* Random spikes, each after a calm time drawn from .every; .every.kind is NONE: there are none. */
struct sim_arrivals_random_spikes {
    struct sim_dist every, lasts, factor;
};

/* A request of a trace. */
struct sim_trace_request {
    sim_time at; /* never less than that of the request before */
    uint64_t key;
    int64_t bytes;    /* of the value */
    uint32_t session; /* from 1 */
    uint8_t op;       /* enum sim_op */
};

/* A file of requests as the loader read it; read-only, shared by all replications. */
struct sim_trace {
    const char *name;
    const struct sim_trace_request *requests;
    size_t count;  /* >= 1 */
    uint64_t keys; /* the number of keys: 0 .. keys - 1, in the order of their first requests */
    bool has_keys, has_ops, has_bytes, has_sessions; /* what the file says of each request */
    uint64_t hash;                                   /* of its bytes */
};

struct sim_arrivals_replay {
    const struct sim_trace *trace; /* NULL: none */
    double speed;
    int64_t repeat;
    sim_time from; /* the file's time at which the run begins */
};

/* ---- the source ------------------------------------------------------------------------------ */

/* A straight piece of a rate: .rate per ns at .from, changing by .slope per ns in each ns. */
struct sim_arrivals_piece {
    sim_time from, until;
    double rate, slope;
};

/* A position in a rate. It is copied to look ahead. */
struct sim_arrivals_walk {
    struct sim_arrivals_piece piece;
    size_t at;                           /* step, state or knot the piece belongs to */
    struct sim_stream states;            /* of the chain */
    struct sim_stream bursts;            /* of random spikes */
    sim_time listed_until, random_until; /* until when the two factors below hold */
    double listed, random;
    size_t listed_over; /* how many listed spikes are over */
    bool in_burst;
};

struct sim_arrivals {
    double rate; /* per second; SIM_ZERO: no arrivals; unless it is 0 it replaces the rates below */
    int spacing;
    bool in_step;
    struct sim_list schedule, modulated, spikes; /* of steps, states, spikes */
    struct sim_arrivals_day day;
    struct sim_arrivals_random_spikes random_spikes;
    struct sim_dist batch;
    struct sim_arrivals_replay replay;

    /* state */
    bool plain;   /* Poisson at a constant rate, low enough that two arrivals rarely fall in one
                     nanosecond */
    bool shaped;  /* spikes: the rate changes even where it is constant */
    bool keeps;   /* the error of rounding to whole nanoseconds, so that the rate is exact in the
                     long run */
    double begun; /* even spacing: how much of the first gap is over at the start */
    double grown; /* how much of the next growth is over already, because of the rounding */
    sim_time asked, due; /* when an arrival was last asked for, and when it falls */
    double wanted, pace; /* by how much the integral was to grow for it, and the rate that was set
                            then */
    sim_time end;        /* of the run: rates after it are not looked at */
    const struct sim_world *world; /* to see whether it is told to stop */
    void (*advance)(const struct sim_arrivals *, struct sim_arrivals_walk *, sim_time);
    struct sim_arrivals_walk walk;
    struct sim_arrivals_piece *knots; /* of the day: one period */
    size_t knot_count;
    struct sim_stream sizes;       /* of batches */
    const struct sim_trace *trace; /* the parameter, for the fast path */
    size_t next, first;            /* of the trace's requests */
    int64_t rounds;
    sim_time round_from;
    double round_ns, round_part; /* length of a round; the fraction of a nanosecond left over */
};

/* Prepares the source within init(). 0, or -1 when out of memory. */
int sim_arrivals_begin(struct sim_arrivals *, const struct sim_node *);

/* The time of the next arrival after `now`, which never goes back; SIM_NEVER: there is none. Draws
 * from `times`. With even spacing, and with high rates, the error of rounding to whole nanoseconds
 * is carried on, so that the rate is exact in the long run. Each call draws again, even if the last
 * arrival was not used. Amortised O(changes of the rate passed). */
sim_time sim__arrivals_walk(struct sim_arrivals *, sim_time now, struct sim_stream *times);
static inline sim_time sim_arrivals_next(struct sim_arrivals *a, sim_time now,
                                         struct sim_stream *times)
{
    if (a->plain) /* no draw waits for a division */
        return now + sim_time_nearest(sim_draw_exponential(times) * (1e9 / a->rate));
    return sim__arrivals_walk(a, now, times);
}

/* To be called before the first arrival, and before the first one after a crash. */
void sim_arrivals_start(struct sim_arrivals *);
/* As sim_arrivals_next(), after a rate was set and the arrival awaited was cancelled. With even
 * spacing, the part of the gap that has passed counts. */
sim_time sim_arrivals_changed(struct sim_arrivals *, sim_time now, struct sim_stream *times);

/* Whether a rate is set that replaces the rest of the load. */
static inline bool sim_arrivals_set(const struct sim_arrivals *a)
{
    return a->rate > 0 || a->rate < 0;
}

/* Whether the arrivals are those of the trace: not while a rate replaces it. */
static inline bool sim_arrivals_replaying(const struct sim_arrivals *a)
{
    return a->trace && !sim_arrivals_set(a);
}

/* Takes the request of the trace that is due, at its arrival. Only while replaying. */
const struct sim_trace_request *sim_arrivals_take(struct sim_arrivals *);
/* The request that will be due, after sim_arrivals_next() and before its arrival. */
static inline const struct sim_trace_request *sim_arrivals_due(const struct sim_arrivals *a)
{
    return &a->trace->requests[a->next];
}

/* How many requests the arrival has. */
static inline uint64_t sim_arrivals_size(struct sim_arrivals *a)
{
    return a->batch.kind == SIM_DIST_NONE ? 1 : (uint64_t)sim_dist_draw(&a->batch, &a->sizes);
}

/* ---- for tables, sound() and offered() ------------------------------------------------------- */

/* How many loads are given, of those that exclude one another. */
int sim_arrivals_loads(const struct sim_arrivals *);
/* NULL, or what is wrong with the parameters, as a sentence. O(states^2 + items of lists). */
const char *sim_arrivals_check(const struct sim_arrivals *);
/* NULL, or what is wrong with a distribution of counts: each value must be a whole number from 1 to
 * a million. */
const char *sim_arrivals_check_count(const struct sim_dist *);
/* The greatest rate of requests per second, with batches and random spikes at their means; of a
 * trace the mean rate. */
double sim_arrivals_offered(const struct sim_arrivals *);
/* The mean rate over a run of that length. An approximation where both rate and spikes change: it
 * takes them as independent. O(states^2 + items of lists; for spikes, those that overlap). */
double sim_arrivals_sustained(const struct sim_arrivals *, sim_time duration);
/* Random changes of the rate per second: of states, and of random spikes. */
double sim_arrivals_ticks(const struct sim_arrivals *);

extern const struct sim_param sim_arrivals_step_params[], sim_arrivals_state_params[],
    sim_arrivals_day_params[], sim_arrivals_spike_params[], sim_arrivals_random_spike_params[],
    sim_arrivals_replay_params[];
extern const char *const sim_arrivals_spacings[];

/* Rows of a table of parameters for the struct sim_arrivals `member` of `type`. */
#define SIM_ARRIVALS_PARAMS(type, member)                                                          \
    SIM_ROW(.name = "rate", .kind = SIM_RATE, .offset = offsetof(type, member.rate),               \
            .flags = SIM_OPTIONAL | SIM_OR_NONE | SIM_CHANGEABLE,                                  \
            .doc = "Open load: requests per second, from each node."),                             \
        SIM_ROW(.name = "arrival", .kind = SIM_CHOICE, .offset = offsetof(type, member.spacing),   \
                .by_default = "poisson", .choices = sim_arrivals_spacings,                         \
                .doc = "Open load: how requests are spaced.",                                      \
                .source = "Kleinrock 1975, ch. 2: what many independent users amount to"),         \
        SIM_ROW(.name = "in_step", .kind = SIM_BOOL, .offset = offsetof(type, member.in_step),     \
                .by_default = "false",                                                             \
                .doc = "Evenly spaced load: whether all nodes send in the same instants, first "   \
                       "after a whole gap; else node i of n begins at (i + u) / n of a gap, u "    \
                       "drawn for each component.",                                                \
                .source = "chosen: no clock makes machines send in the same nanosecond"),          \
        SIM_ROW(.name = "schedule", .kind = SIM_LIST, .offset = offsetof(type, member.schedule),   \
                .flags = SIM_OPTIONAL, .fields = sim_arrivals_step_params,                         \
                .size = sizeof(struct sim_arrivals_step),                                          \
                .doc = "Open load whose rate changes: steps and ramps; the last one stays."),      \
        SIM_ROW(.name = "day", .kind = SIM_GROUP, .offset = offsetof(type, member.day),            \
                .flags = SIM_OPTIONAL, .fields = sim_arrivals_day_params,                          \
                .doc = "Open load that follows a curve over the day."),                            \
        SIM_ROW(.name = "modulated", .kind = SIM_LIST, .offset = offsetof(type, member.modulated), \
                .flags = SIM_OPTIONAL, .fields = sim_arrivals_state_params,                        \
                .size = sizeof(struct sim_arrivals_state),                                         \
                .doc = "Open load whose rate is that of the state of a Markov chain."),            \
        SIM_ROW(.name = "spikes", .kind = SIM_LIST, .offset = offsetof(type, member.spikes),       \
                .flags = SIM_OPTIONAL, .fields = sim_arrivals_spike_params,                        \
                .size = sizeof(struct sim_arrivals_spike),                                         \
                .doc = "Times at which the rate of an open load is multiplied."),                  \
        SIM_ROW(.name = "random_spikes", .kind = SIM_GROUP,                                        \
                .offset = offsetof(type, member.random_spikes), .flags = SIM_OPTIONAL,             \
                .fields = sim_arrivals_random_spike_params, .doc = "The same at drawn times."),    \
        SIM_ROW(.name = "batch", .kind = SIM_NUMBER_DIST, .offset = offsetof(type, member.batch),  \
                .flags = SIM_OPTIONAL,                                                             \
                .doc = "Open load: how many come at once at each arrival; left out: one."),        \
        SIM_ROW(.name = "trace", .kind = SIM_GROUP, .offset = offsetof(type, member.replay),       \
                .flags = SIM_OPTIONAL, .fields = sim_arrivals_replay_params,                       \
                .doc = "Open load replayed from a file of requests.")

/* ---- mixes ----------------------------------------------------------------------------------- */

/* Shares of the kinds of request. A read share of 1 means whatever the others leave. */
struct sim_arrivals_mix {
    double read, write, erase, scan;
};

/* Fields of a SIM_GROUP of shares. */
extern const struct sim_param sim_arrivals_mix_params[];

/* NULL, or what is wrong with the shares, as a sentence. */
const char *sim_arrivals_check_mix(const struct sim_arrivals_mix *);

/* Draws a kind, with one draw of bits; with none if all are reads. */
static inline enum sim_op sim_arrivals_op(const struct sim_arrivals_mix *mix,
                                          struct sim_stream *stream)
{
    if (mix->write + mix->erase + mix->scan <= 0)
        return SIM_READ;
    double u = sim_draw_uniform(stream);
    if (u < mix->write)
        return SIM_WRITE;
    u -= mix->write;
    return u < mix->erase ? SIM_DELETE : u < mix->erase + mix->scan ? SIM_SCAN : SIM_READ;
}

#endif
