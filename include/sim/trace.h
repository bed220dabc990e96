/* trace.h - where the time of a request went: by component and cause.
 *
 * A random sample of the requests that users send (calls of components that nobody calls) is
 * followed. Each leaves a tree of spans: calls, their attempts, the calls made while they were
 * served, and waits. When the request ends, its latency is divided among components and causes, to
 * the nanosecond. Following requests changes nothing else in a run: it takes no other stream's
 * draws, no events and no sequence numbers. */
#ifndef SIM_TRACE_H
#define SIM_TRACE_H

#include "sim/types.h"

/* What a moment of a request's latency was spent on. */
enum sim_spent {
    SIM_SPENT_SERVICE, /* worked on */
    SIM_SPENT_QUEUE,   /* waited for a server, a connection, or to be sent at all */
    SIM_SPENT_NETWORK, /* on the way to the component, or back from it */
    SIM_SPENT_LOCK,    /* waited for a lock or lease that another holds */
    SIM_SPENT_REFRESH, /* waited for what another reader is fetching */
    SIM_SPENT_LIMIT,   /* held back by the caller's rate or concurrency limit */
    SIM_SPENT_RETRY,   /* in attempts that failed */
    SIM_SPENT_BACKOFF, /* between attempts */
    SIM_SPENT_HEDGE,   /* in an attempt whose hedge answered first, until the hedge was sent */
    SIM_SPENT_CAUSES
};

/* What a span of a followed request is. */
enum sim_trace_kind { SIM_TRACE_REQUEST, SIM_TRACE_CALLS, SIM_TRACE_CALL, SIM_TRACE_WAIT };

/* As in results, by enum sim_spent. */
extern const char *const sim_spent_names[];

#endif
