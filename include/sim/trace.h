/* trace.h - where the time of a request went: by component and cause.
 *
 * Of the requests that users send (calls of components that nobody calls) a random sample is
 * followed. Each leaves a tree of spans: calls, their attempts, the calls made while they were
 * served, and what they waited for. When it ends, its latency is divided among components and
 * causes, to the nanosecond. Following one takes no draw of anybody else's, no event and no
 * sequence number. */
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
    SIM_SPENT_LIMIT,   /* held back by a rate or concurrency limit of the caller's */
    SIM_SPENT_RETRY,   /* in attempts that came to nothing */
    SIM_SPENT_BACKOFF, /* between attempts */
    SIM_SPENT_HEDGE,   /* in the attempt that was overtaken, until its hedge was sent */
    SIM_SPENT_CAUSES
};

/* What a span of a followed request is. */
enum sim_trace_kind { SIM_TRACE_REQUEST, SIM_TRACE_CALLS, SIM_TRACE_CALL, SIM_TRACE_WAIT };

/* As in results, by enum sim_spent. */
extern const char *const sim_spent_names[];

#endif
