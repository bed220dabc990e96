/* trace_state.h - the spans of the requests that are followed; for the fabric's own files. */
#ifndef SIM_FABRIC_TRACE_STATE_H
#define SIM_FABRIC_TRACE_STATE_H

#include "fabric/world_state.h"

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
    const struct sim_node *node; /* ROOT, OP: who calls; CALL: who is called */
    uint8_t kind;                /* enum sim__span_kind */
    uint8_t status;              /* enum sim_status; MARK: enum sim_spent */
    uint8_t flags, op;
    uint16_t attempt; /* CALL: of which; ROOT, OP: under way; from 1 */
    uint16_t generation;
};
_Static_assert(sizeof(struct sim__span) == 64, "a span is one cache line");

#define SIM__SPAN_BITS 22 /* 4 million spans at once; what is over that is not followed */

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
    uint32_t *most;              /* a tournament of sources by .begun: the first has won */
    uint32_t begun;              /* of all sources */
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

/* attribution.c */
int sim__attribution_make(struct sim_world *); /* 0, or -1 when out of memory */
/* Divides the latency of a request that has just ended, and keeps a row of it. */
void sim__attribution_add(struct sim_world *, const struct sim__span *root);
/* Drops the rows of a source that are not chosen at its present level. O(its rows). */
void sim__attribution_thin(struct sim__trace *, struct sim__source *);
void sim__attribution_clear(struct sim__trace *); /* drops all rows. O(rows) */
/* trace.c: the source of which most are followed has half as many from now on. */
void sim__trace_raise(struct sim_world *);

#endif
