/* trace_state.h - the spans of the requests that are followed.
 *
 * Whoever carries requests tells the trace what happens to them. The trace asks nobody: it knows
 * components and nodes by their numbers only, and takes the time as an argument. */
#ifndef SIM_BOOKS_TRACE_STATE_H
#define SIM_BOOKS_TRACE_STATE_H

#include "sim/random.h"
#include "sim/request.h"
#include "sim/trace.h"

enum sim__span_kind {
    SIM__SPAN_FREE,
    SIM__SPAN_ROOT, /* a user's request: an operation of one attempt or more */
    SIM__SPAN_OP,   /* an operation of a component that serves another call */
    SIM__SPAN_CALL, /* one attempt, to one node */
    SIM__SPAN_MARK, /* from .sent on its parent spends its time on .status */
};

enum {
    SIM__SPAN_ABANDONED = 1, /* the caller gave it up: it decided nothing */
    SIM__SPAN_HEDGE = 2,     /* CALL: beside another; ROOT, OP: the next attempt is */
    SIM__SPAN_POLICY = 4,    /* ROOT: ends with its operation, not with its one call */
    SIM__SPAN_SAMPLED = 8,   /* ROOT: kept for the trace as one of the sample */
    SIM__SPAN_SLOW = 16,     /* ROOT: kept as one of the slowest */
};

/* One cache line. Names of spans are their index and a generation; 0 is none. */
struct sim__span {
    sim_time sent, ended; /* SIM_NEVER: not yet */
    union {
        struct {
            sim_time arrived, left; /* CALL */
        };
        struct {
            sim_time intended; /* ROOT */
            uint64_t pick;     /* its place in the order of choice; UINT64_MAX: not chosen */
        };
    };
    uint32_t parent, root, child; /* indices; the child sent last */
    union {
        uint32_t sibling; /* the one sent before */
        uint32_t live;    /* ROOT: what may still add to the tree */
    };
    uint32_t component, node; /* ROOT, OP: who calls; CALL: who is called */
    uint8_t kind;             /* enum sim__span_kind */
    uint8_t status;           /* enum sim_status; MARK: enum sim_spent */
    uint8_t flags, op;
    uint16_t attempt; /* CALL: of which; ROOT, OP: under way; from 1 */
    uint16_t generation;
};
_Static_assert(sizeof(struct sim__span) == 64, "a span is one cache line");

#define SIM__SPAN_BITS 22 /* 4 million spans at once; what is over that is not followed */

#define SIM__NO_SOURCE UINT32_MAX /* of a row that was dropped */

/* One followed request that ended well after the warm-up. */
struct sim__row {
    uint64_t pick;
    sim_time latency;
    uint32_t source; /* component; SIM_NOWHERE: the row was dropped */
    uint32_t first, count;
    uint32_t older; /* the row of the same source before it, + 1; 0: none */
};

struct sim__row_part {
    uint32_t key; /* component * SIM_SPENT_CAUSES + cause */
    sim_time spent;
};

/* Requests followed that are kept, at most; then every other goes, and fewer are chosen, of the
 * source that has most. */
#define SIM__ROWS 8192
#define SIM__ROW_PARTS (8 * SIM__ROWS)

/* Who sends: each request is chosen with probability 2^-level, on its own. */
struct sim__source {
    struct sim_stream stream;
    uint64_t left; /* requests until the next that is chosen at .drawn_at */
    unsigned level, drawn_at;
    uint32_t begun;  /* requests chosen at this level, about */
    uint32_t newest; /* of its rows, + 1; 0: it has none */
};

/* Whether a pick is among those chosen with probability 2^-level. */
static inline bool sim__is_chosen(uint64_t pick, unsigned level)
{
    return level == 0 ? pick != UINT64_MAX : pick >> (64 - level) == 0;
}

struct sim__heap {
    uint32_t *spans; /* the root first to make room is at the top */
    uint32_t count;
};

struct sim__trace {
    struct sim__span *spans;
    uint32_t capacity, free;     /* index; 0: none */
    uint32_t linked;             /* spans in use or in the free list: the first ones */
    bool measuring;              /* the warm-up is over */
    struct sim__source *sources; /* by component */
    uint32_t component_count;
    uint32_t *most; /* a tournament of sources by .begun: the first has won */
    uint32_t begun; /* of all sources */
    struct sim__row *rows;
    struct sim__row_part *parts;
    uint32_t row_count, part_count; /* with those of dropped rows, until there is no room */
    uint32_t live_rows, live_parts; /* without */
    sim_time *spent;                /* of the request being divided, by key */
    uint32_t *touched;              /* keys that are not 0 */
    uint32_t touched_count;
    uint64_t divided, unequal; /* requests; whose parts are not the whole: for the audit */
    uint64_t missed;           /* spans for which there was no room */
    uint32_t keep;             /* of each kind for the trace; 0: no trace */
    struct sim__heap sampled, slowest;
};

static inline struct sim__span *sim__span_at(const struct sim__trace *t, uint32_t index)
{
    return &t->spans[index];
}

/* What becomes of a request, a span of it and its attribution, with components by number; whoever
 * writes the record puts in the names. */
struct sim__listed_span {
    enum sim_trace_kind kind;
    uint32_t parent; /* index in the list; of a request its own */
    uint32_t component, node;
    sim_time sent, arrived, left, ended; /* SIM_NEVER: it had not come to that */
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
    double mean; /* s a request */
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
/* A component that sends requests. Returns how many it sends up to the first that is followed. */
uint64_t sim__trace_source(struct sim__trace *, uint32_t component, uint64_t seed,
                           uint64_t replication, const char *name);
/* Keeps so many requests chosen at random, and so many of the slowest, with all their spans: then
 * every request is followed. 0, or -1 when out of memory. */
int sim__trace_keep(struct sim__trace *, uint32_t requests);
/* The warm-up is over. */
void sim__trace_measure(struct sim__trace *);

/* ---- what happens to requests ---------------------------------------------------------------- */

/* A source sends the request that is to be followed: sets its .trace. Returns how many requests it
 * sends up to the next. */
uint64_t sim__trace_request(struct sim__trace *, uint32_t component, uint32_t node, sim_time now,
                            struct sim_request *);
/* A call that may take several attempts begins; the request's .trace is then its span's name. */
void sim__trace_operation(struct sim__trace *, uint32_t component, uint32_t node, sim_time now,
                          struct sim_request *);
void sim__trace_try(struct sim__trace *, uint32_t name, int64_t attempt, bool hedge);
void sim__trace_operation_over(struct sim__trace *, uint32_t name, sim_time now, enum sim_status,
                               bool forgotten);
/* An attempt is sent to a node. Returns the name of its span; 0: it is not followed. */
uint32_t sim__trace_sent(struct sim__trace *, uint32_t parent, uint32_t component, uint32_t node,
                         sim_time now, enum sim_op);
/* The callee has finished with it. */
void sim__trace_left(struct sim__trace *, uint32_t name, sim_time arrived, sim_time now);
/* The caller's half is over. `arrived`: when it is still served, else SIM_NEVER. `live`: the
 * callee's half is not over, and sim__trace_released() will say when it is. */
void sim__trace_ended(struct sim__trace *, uint32_t name, sim_time now, enum sim_status,
                      bool forgotten, sim_time arrived, bool live);
/* Both halves of a call are over. */
void sim__trace_released(struct sim__trace *, uint32_t name);
/* From now on the time under this name is spent on that. */
void sim__trace_mark(struct sim__trace *, uint32_t name, sim_time now, enum sim_spent);

/* ---- the end of the run ---------------------------------------------------------------------- */

/* The spans that were kept, parents first, in a list that the caller frees; NULL and a count of 0
 * where no trace was asked for. 0, or -1 when out of memory. */
int sim__trace_list(struct sim__trace *, struct sim__listed_span **, uint32_t *count);

/* ---- attribution.c --------------------------------------------------------------------------- */

int sim__attribution_make(struct sim__trace *); /* 0, or -1 when out of memory */
void sim__attribution_free(struct sim__trace *);
/* Divides the latency of a request that has just ended, and keeps a row of it. */
void sim__attribution_add(struct sim__trace *, const struct sim__span *root);
/* After .begun of a source grew. O(log sources). */
void sim__attribution_begun(struct sim__trace *, uint32_t source);
/* The source of which most are followed has half as many from now on. */
void sim__attribution_raise(struct sim__trace *);
void sim__attribution_clear(struct sim__trace *); /* drops all rows. O(rows) */
/* Where the latency of each source's requests went. The caller frees both arrays. 0, or -1 when
 * out of memory. */
int sim__attribution_bands(struct sim__trace *, struct sim__bands *);

#endif
