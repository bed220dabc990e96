/* call_record.h - the records of calls, and the totals that the audit checks. */
#ifndef SIM_FABRIC_CALL_RECORD_H
#define SIM_FABRIC_CALL_RECORD_H

#include "fabric/owned_state.h"
#include "sim/fabric.h"

struct sim__link;

/* Where a call is. The record lives until both halves are over. */
enum sim__stage {
    SIM__OUTBOUND, /* on its way to the callee */
    SIM__IN_HAND,  /* at the callee, unanswered */
    SIM__INBOUND,  /* the answer is on its way */
    SIM__ENDED,    /* the callee's half is over */
};

struct sim__call {
    uint32_t index, generation;
    uint32_t next; /* index in the free list, or in the callee's queue; 0: last */
    uint8_t stage; /* enum sim__stage */
    bool awaited;  /* the caller's half is open */
    bool used;
    uint8_t waits : 6; /* the number of the station with rules in whose queue it is, where .before
                          and .job are used; 0: none */
    bool told : 1;     /* a message is on its way that nobody waits for the answer any more */
    bool gone : 1;     /* that message came before the call did */
    uint32_t before;   /* as .next, but towards the head */
    uint32_t job;      /* 1 + index of its job, if its work was interrupted; 0: its work has not
                        begun */
    struct sim_node *from, *to;
    struct sim__link *back;
    sim_done *done;
    void *self;
    sim_arg arg;
    sim_id timer;
    sim_time arrived;
    union {
        struct sim_request request; /* until it is answered */
        struct sim_reply reply;     /* from then on */
    };
};

#define SIM__CALLS_A_SLAB 512

struct sim__calls {
    struct sim__call **slabs;
    uint32_t slab_count, slab_capacity;
    uint32_t free;                /* index; 0: none, as record 0 is never used */
    struct sim__owned made, held; /* calls by their caller, and by their callee */
};

/* Counted as calls go on. The audit compares these with what it counts by walking the records. A
 * call without trouble touches only the first three. */
struct sim__totals {
    uint64_t begun, ended, late_causes;
    uint64_t timed_out, forgotten;        /* callers' halves that ended without an answer: by
                                             timeout, or given up */
    uint64_t unwanted;                    /* answers that arrived when nobody waited */
    uint64_t unheard;                     /* requests to a node that is down and does not refuse */
    uint64_t told;                        /* answers sent for a node that crashed */
    uint64_t stale;                       /* answers to calls that were not in hand */
    uint64_t requests_lost, answers_lost; /* lost on a link */
};

#endif
