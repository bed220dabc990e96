/* request.h - what a call carries: the request, the reply, and the words for both. */
#ifndef SIM_REQUEST_H
#define SIM_REQUEST_H

#include "sim/types.h"

struct sim_keyspace;

/* One byte, as every request carries one. */
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
 * inherit its cause. The first cause other than SIM_USER stays (sim_cause_of). */
enum __attribute__((packed)) sim_cause {
    SIM_USER,        /* a user waits for it; the first try */
    SIM_RETRY,       /* a new attempt after a failed one */
    SIM_HEDGE,       /* an attempt beside one that may still answer */
    SIM_REFRESH,     /* to renew cached data; nobody waits */
    SIM_REPLICATION, /* to bring a copy up to date */
    SIM_BACKUP,      /* to protect against loss */
    SIM_CAUSES
};

extern const char *const sim_cause_names[]; /* by enum sim_cause, NULL-terminated */

/* The cause of a call made for the reason `why` while a request with the cause `first` is
 * served. */
static inline enum sim_cause sim_cause_of(enum sim_cause first, enum sim_cause why)
{
    return first != SIM_USER ? first : why;
}

enum sim_status {
    SIM_OK,
    SIM_ERROR,    /* the callee failed while serving */
    SIM_REFUSED,  /* turned away unserved: by the callee, by the fabric for a callee that is down,
                     or by the caller's own policy */
    SIM_TIMEOUT,  /* no answer within the attempt's timeout or the deadline */
    SIM_LOST,     /* the callee crashed while it had the call in hand */
    SIM_CONFLICT, /* a conditional write found another version, which the reply has */
    SIM_STATUS_COUNT
};

extern const char *const sim_status_names[]; /* by enum sim_status, NULL-terminated */

#define SIM_NO_KEY UINT64_MAX

struct sim_request {
    enum sim_op op;
    enum sim_cause cause;
    uint8_t priority;           /* 0 is served first, if the callee heeds priorities */
    uint32_t session;           /* whose reads and writes are compared (sessions.h); 0: nobody's */
    struct sim_keyspace *space; /* NULL: no key */
    uint64_t key;               /* SIM_NO_KEY when .space is NULL */
    int64_t bytes;              /* carried to the callee */
    sim_time intended;          /* when the user wanted to send it; latency is counted from here */
    sim_time deadline;          /* nobody wants an answer after this; SIM_NEVER: no deadline */
    uint32_t if_version;        /* write, delete: 1 + the version that must be the latest, else
                                   SIM_CONFLICT; 0: no condition */
    uint32_t trace;             /* the trace's: the span it belongs to; 0: it is not followed */
};

/* The earlier of `deadline` and now + within. Never 0, which would mean no deadline: at time 0, a
 * deadline of now is SIM_ZERO, which has passed. */
static inline sim_time sim_deadline_within(sim_time now, sim_time within, sim_time deadline)
{
    if (within < SIM_NEVER - now && now + within < deadline)
        deadline = now + within;
    return deadline != 0 ? deadline : SIM_ZERO;
}

struct sim_reply {
    enum sim_status status;
    uint32_t version; /* of the key read or written; 0: it was never written */
    int64_t bytes;    /* carried back */
};

#endif
