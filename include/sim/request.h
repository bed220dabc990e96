/* request.h - what a call carries: the request, the reply, and the words for both. */
#ifndef SIM_REQUEST_H
#define SIM_REQUEST_H

#include "sim/types.h"

struct sim_keyspace;

/* Of one byte each, as every request carries both. */
enum __attribute__((packed)) sim_op {
    SIM_READ,
    SIM_WRITE,
    SIM_DELETE,
    SIM_SCAN,
    SIM_OTHER,
    SIM_OP_COUNT
};

extern const char *const sim_op_names[]; /* by enum sim_op, NULL-terminated */

/* Why a request is made; its cost is charged to that cause. Calls made while a request is served
 * carry its cause on, and the first cause other than the user's stays (sim_cause_of). */
enum __attribute__((packed)) sim_cause {
    SIM_USER,        /* somebody waits for it, for the first time */
    SIM_RETRY,       /* it was tried before */
    SIM_HEDGE,       /* a second one beside a first that may still answer */
    SIM_REFRESH,     /* to renew what is kept; nobody waits */
    SIM_REPLICATION, /* to bring a copy up to date */
    SIM_BACKUP,      /* to keep what may be lost */
    SIM_CAUSES
};

extern const char *const sim_cause_names[]; /* by enum sim_cause, NULL-terminated */

/* The cause of what is done for `why` because of a request that has the cause `first`. */
static inline enum sim_cause sim_cause_of(enum sim_cause first, enum sim_cause why)
{
    return first != SIM_USER ? first : why;
}

enum sim_status {
    SIM_OK,
    SIM_ERROR,    /* the callee failed while serving */
    SIM_REFUSED,  /* turned away unserved: by the callee, by the fabric for a callee that is down,
                     or by a policy of the caller's */
    SIM_TIMEOUT,  /* no answer within the attempt's timeout or the deadline */
    SIM_LOST,     /* the callee crashed with it in hand */
    SIM_CONFLICT, /* a conditional write came too late: the reply has the version there is now */
    SIM_STATUS_COUNT
};

extern const char *const sim_status_names[]; /* by enum sim_status, NULL-terminated */

#define SIM_NO_KEY UINT64_MAX

struct sim_request {
    enum sim_op op;
    enum sim_cause cause;
    uint8_t priority;           /* 0 is served first, where the callee heeds it */
    uint32_t session;           /* who asks, for read-your-writes; 0: nobody in particular */
    struct sim_keyspace *space; /* NULL: no key */
    uint64_t key;               /* SIM_NO_KEY when .space is NULL */
    int64_t bytes;              /* carried to the callee */
    sim_time intended;          /* when the user meant to send it; latency counts from here */
    sim_time deadline;          /* nobody wants an answer after this; SIM_NEVER: no deadline */
    uint32_t if_version;        /* of a write or delete: 1 + the version that must still be the
                                   latest, else SIM_CONFLICT; 0: whichever it is */
    uint32_t trace;             /* the fabric's: on whose behalf, if that is followed; else 0 */
};

/* The deadline of a request that may take so long from now, or the one it has if that comes first.
 * Never 0, which says that there is none: at the start of a run no time is SIM_ZERO, long gone. */
static inline sim_time sim_deadline_within(sim_time now, sim_time within, sim_time deadline)
{
    if (within < SIM_NEVER - now && now + within < deadline)
        deadline = now + within;
    return deadline != 0 ? deadline : SIM_ZERO;
}

struct sim_reply {
    enum sim_status status;
    uint32_t version; /* of the key read or written: 0 is the version before any write */
    int64_t bytes;    /* carried back */
};

#endif
