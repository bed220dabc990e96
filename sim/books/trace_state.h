/* trace_state.h - the spans of requests that are followed.
 *
 * The rooms that carry requests tell the trace what happens to them. The trace asks nobody: it
 * knows components and nodes by number only, and is passed the time. */
#ifndef SIM_BOOKS_TRACE_STATE_H
#define SIM_BOOKS_TRACE_STATE_H

#include "sim/random.h"
#include "sim/request.h"
#include "sim/trace.h"

enum sim__span_kind {
    SIM__SPAN_FREE,
    SIM__SPAN_ROOT, /* a user's request: one or more attempts */
    SIM__SPAN_OP,   /* a call with several attempts, made while another call is served */
    SIM__SPAN_CALL, /* one attempt, to one node */
    SIM__SPAN_MARK, /* from .sent on, its parent waits for .status (enum sim_spent) */
};

enum {
    SIM__SPAN_ABANDONED = 1, /* the caller gave it up, so it decided nothing */
    SIM__SPAN_HEDGE = 2,     /* CALL: it is a hedge; ROOT, OP: the next attempt will be one */
    SIM__SPAN_POLICY = 4,    /* ROOT: it ends with its operation, not with its only call */
    SIM__SPAN_SAMPLED = 8,   /* ROOT: in the trace, as one of the sample */
    SIM__SPAN_SLOW = 16,     /* ROOT: in the trace, as one of the slowest */
};

/* One cache line. The name of a span is its index and its generation; 0 names none. */
struct sim__span {
    sim_time sent, ended; /* SIM_NEVER: not yet */
    union {
        struct {
            sim_time arrived, left; /* CALL */
        };
        struct {
            sim_time intended; /* ROOT */
            uint64_t pick;     /* random; decides at which levels it is chosen (sim__is_chosen);
                                  UINT64_MAX: at none */
        };
    };
    uint32_t parent, root, child; /* indices; child: the one sent last */
    union {
        uint32_t sibling; /* the sibling sent before */
        uint32_t live;    /* ROOT: spans that can still add to the tree */
    };
    uint32_t component, node; /* ROOT, OP: who calls; CALL: who is called */
    uint8_t kind;             /* enum sim__span_kind */
    uint8_t status;           /* enum sim_status; MARK: enum sim_spent */
    uint8_t flags, op;
    uint16_t attempt; /* CALL: its number; ROOT, OP: the one under way; from 1 */
    uint16_t generation;
};
_Static_assert(sizeof(struct sim__span) == 64, "a span is one cache line");

#define SIM__SPAN_BITS 22 /* 4 million spans at once; requests beyond that are not followed */

#define SIM__NO_SOURCE UINT32_MAX /* the source of a row that was dropped */

/* One followed request that ended well after the warm-up. */
struct sim__row {
    uint64_t pick;
    sim_time latency;
    uint32_t source; /* component; SIM__NO_SOURCE: the row was dropped */
    uint32_t first, count;
    uint32_t older; /* 1 + the previous row of the same source; 0: none */
};

struct sim__row_part {
    uint32_t key; /* component * SIM_SPENT_CAUSES + cause */
    sim_time spent;
};

/* Upper bound on the rows. When it is reached, the source with the most rows loses half of them,
 * and half as many of its requests are chosen from then on. */
#define SIM__ROWS 8192
#define SIM__ROW_PARTS (8 * SIM__ROWS)

/* A component that sends requests. Each request is chosen with probability 2^-level,
 * independently. */
struct sim__source {
    struct sim_stream stream;
    uint64_t left; /* requests until the next one that is chosen at level .drawn_at */
    unsigned level, drawn_at;
    uint32_t begun;  /* about the number of requests chosen at this level */
    uint32_t newest; /* 1 + its newest row; 0: it has none */
};

/* Whether a pick is chosen at a level; the probability is 2^-level. */
static inline bool sim__is_chosen(uint64_t pick, unsigned level)
{
    return level == 0 ? pick != UINT64_MAX : pick >> (64 - level) == 0;
}

struct sim__heap {
    uint32_t *spans; /* at the top is the root that will make room next */
    uint32_t count;
};

struct sim__trace {
    struct sim__span *spans;
    uint32_t capacity, free;     /* index; 0: none */
    uint32_t linked;             /* the first ones are in use or in the free list */
    bool measuring;              /* the warm-up is over */
    struct sim__source *sources; /* by component */
    uint32_t component_count;
    uint32_t *most; /* a tournament of the sources by .begun; its first entry is the winner */
    uint32_t begun; /* of all sources */
    struct sim__row *rows;
    struct sim__row_part *parts;
    uint32_t row_count, part_count; /* including dropped rows, which stay until the room is
                                       needed */
    uint32_t live_rows, live_parts; /* without */
    sim_time *spent;                /* of the request being divided, by key */
    uint32_t *touched;              /* keys that are not 0 */
    uint32_t touched_count;
    uint64_t divided, unequal; /* requests; those whose parts do not sum to the whole: for the
                                  audit */
    uint64_t missed;           /* spans not followed because there was no room */
    uint32_t keep;             /* how many of each kind for the trace; 0: no trace */
    struct sim__heap sampled, slowest;
};

static inline struct sim__span *sim__span_at(const struct sim__trace *t, uint32_t index)
{
    return &t->spans[index];
}

/* A span as the trace lists it, with components by number: the record puts in the names. */
struct sim__listed_span {
    enum sim_trace_kind kind;
    uint32_t parent; /* index in the list; a request's is its own */
    uint32_t component, node;
    sim_time sent, arrived, left, ended; /* SIM_NEVER: it had not happened by the end of the run */
    const char *what, *status;           /* status NULL: not ended, or a wait */
    uint32_t attempt;
    bool hedge, abandoned, slowest, sampled;
};

/* The requests of a source around a percentile. */
struct sim__band {
    uint32_t source;
    const char *stat;
    double percentile, latency; /* s; percentile NAN: the mean of all */
    uint32_t requests, sampled;
    uint32_t first_part, part_count;
};

struct sim__band_part {
    uint32_t component;
    enum sim_spent cause;
    double mean; /* s per request */
};

struct sim__bands {
    struct sim__band *bands;
    struct sim__band_part *parts;
    uint32_t band_count, part_count;
};

/* ---- making ---------------------------------------------------------------------------------- */

/* A trace of so many components; the caller owns it. `measuring`: there is no warm-up. NULL when
 * out of memory. */
struct sim__trace *sim__trace_new(uint32_t component_count, bool measuring);
void sim__trace_free(struct sim__trace *);
/* Adds a component that sends requests. Returns how many it sends up to the first one that is
 * followed. */
uint64_t sim__trace_source(struct sim__trace *, uint32_t component, uint64_t seed,
                           uint64_t replication, const char *name);
/* Keeps that many random requests, and that many of the slowest, with all their spans; every
 * request is then followed. 0, or -1 when out of memory. */
int sim__trace_keep(struct sim__trace *, uint32_t requests);
/* The warm-up is over. */
void sim__trace_measure(struct sim__trace *);

/* ---- what happens to requests ---------------------------------------------------------------- */

/* A source sends the request that is to be followed: sets its .trace. Returns how many requests it
 * sends up to the next such one. */
uint64_t sim__trace_request(struct sim__trace *, uint32_t component, uint32_t node, sim_time now,
                            struct sim_request *);
/* A call that may take several attempts begins. Its span becomes the request's .trace. */
void sim__trace_operation(struct sim__trace *, uint32_t component, uint32_t node, sim_time now,
                          struct sim_request *);
void sim__trace_try(struct sim__trace *, uint32_t name, int64_t attempt, bool hedge);
void sim__trace_operation_over(struct sim__trace *, uint32_t name, sim_time now, enum sim_status,
                               bool forgotten);
/* An attempt is sent to a node. Returns the name of its span; 0: it is not followed. */
uint32_t sim__trace_sent(struct sim__trace *, uint32_t parent, uint32_t component, uint32_t node,
                         sim_time now, enum sim_op);
/* The callee has answered. */
void sim__trace_left(struct sim__trace *, uint32_t name, sim_time arrived, sim_time now);
/* The caller's half is over. `arrived`: when the call arrived, if it is still being served, else
 * SIM_NEVER. `live`: the callee's half is not over; sim__trace_released() will say when it is. */
void sim__trace_ended(struct sim__trace *, uint32_t name, sim_time now, enum sim_status,
                      bool forgotten, sim_time arrived, bool live);
/* Both halves of a call are over. */
void sim__trace_released(struct sim__trace *, uint32_t name);
/* From now on the time of this span is spent on that. */
void sim__trace_mark(struct sim__trace *, uint32_t name, sim_time now, enum sim_spent);

/* ---- the end of the run ---------------------------------------------------------------------- */

/* Lists the spans for the trace, parents before children; the caller frees the list. NULL and a
 * count of 0 if no trace was asked for. 0, or -1 when out of memory. */
int sim__trace_list(struct sim__trace *, struct sim__listed_span **, uint32_t *count);

/* ---- attribution.c --------------------------------------------------------------------------- */

int sim__attribution_make(struct sim__trace *); /* 0, or -1 when out of memory */
void sim__attribution_free(struct sim__trace *);
/* Divides the latency of a request that has just ended, and keeps a row of it. */
void sim__attribution_add(struct sim__trace *, const struct sim__span *root);
/* To be called after a source's .begun grew. O(log sources). */
void sim__attribution_begun(struct sim__trace *, uint32_t source);
/* Raises the level of the source with the most rows: half as many of its requests are followed from
 * now on. */
void sim__attribution_raise(struct sim__trace *);
void sim__attribution_clear(struct sim__trace *); /* drops all rows. O(rows) */
/* Where the latency of each source's requests went. The caller frees both arrays. 0, or -1 when
 * out of memory. */
int sim__attribution_bands(struct sim__trace *, struct sim__bands *);

#endif
