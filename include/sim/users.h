/* users.h - who sends requests, with which key and of which kind: the arrivals of an open load,
 * sessions of several requests each, or the users of a closed load.
 *
 * A model has a struct sim_users, SIM_USERS_PARAMS in its table of parameters, and a function that
 * sends a request. It reports the end of every request by sim_users_answered(). Users who think
 * then send again; an open load does not wait for answers. */
#ifndef SIM_USERS_H
#define SIM_USERS_H

#include "sim/arrivals.h"
#include "sim/kernel.h"
#include "sim/table.h"

/* A sender: a user of a closed load, a session, or all arrivals of an open load. */
struct sim_user {
    struct sim_stream times, keys, mix; /* times: think times, or times between arrivals */
    uint64_t key;                       /* of the next request */
    sim_id next;                        /* the event of the next request */
    uint64_t left;                      /* requests that the session has not yet finished */
    uint32_t session;                   /* unique within the component; 0: not a session */
    struct sim_user *newer, *older;     /* neighbours in the ring of open sessions; fixed[0] is its
                                           head */
};

/* What each session of an open load does. */
struct sim_users_session {
    struct sim_dist requests, think_time;
};

/* Sends a request, which sim_users_request() makes from the same arguments. */
typedef void sim_users_send(struct sim_node *, struct sim_user *, uint64_t key,
                            const struct sim_trace_request *given);

struct sim_users {
    struct sim_arrivals arrivals;
    int64_t closed; /* users of a closed load; 0: the load is open, SIM_ZERO: no users */
    int64_t names;  /* number of session names drawn for requests; 0: none */
    struct sim_dist think_time;
    struct sim_users_session session;
    struct sim_keyspace *keyspace;
    struct sim_arrivals_mix mix;

    /* state */
    struct sim_node *node;
    sim_users_send *send;
    bool thinks;            /* some users think between requests */
    bool visited;           /* those users are sessions */
    bool mixed;             /* not all requests are reads */
    sim_fn *arrive;         /* the handler of an arrival: for a single random request, or for all
                               other cases */
    struct sim_user *fixed; /* the users of a closed load; of an open load only fixed[0] */
    uint32_t fixed_count;
    struct sim_stream seeds[3], lengths, pick;
    struct sim_table_pool sessions;
    uint64_t begun;          /* sessions, or users of a closed load, that have begun */
    struct sim_gauge active; /* sessions begun and not ended */
};

/* Within init(): prepares, and schedules the first requests. 0, or -1 with the reason. */
int sim_users_init(struct sim_users *, struct sim_node *, sim_users_send *, struct sim_error *);

/* Makes a request of a user and draws its kind. `given`: the trace's request, or NULL. Its size is
 * `bytes` and, for a write, the size of the value. */
static inline struct sim_request sim_users_request(struct sim_users *users, struct sim_user *user,
                                                   uint64_t key,
                                                   const struct sim_trace_request *given,
                                                   int64_t bytes)
{
    struct sim_request request = {.op = SIM_READ,
                                  .session = user->session,
                                  .space = users->keyspace,
                                  .key = users->keyspace ? key : SIM_NO_KEY,
                                  .bytes = bytes,
                                  .intended = sim_now(users->node->sim),
                                  .deadline = SIM_NEVER};
    if (users->mixed)
        request.op = sim_arrivals_op(&users->mix, &user->mix);
    if (given) {
        request.op = users->arrivals.trace->has_ops ? (enum sim_op)given->op : request.op;
        request.session = given->session;
    }
    if (request.op == SIM_WRITE && given && users->arrivals.trace->has_bytes)
        request.bytes += given->bytes;
    else if (request.op == SIM_WRITE && users->keyspace)
        request.bytes += sim_value_bytes(users->keyspace, key);
    if (users->names > 0)
        request.session = 1 + (uint32_t)sim_draw_below(&users->pick, (uint64_t)users->names);
    return request;
}

/* A request of a user has ended, well or not. True: it was the last of its session, and the user
 * record is freed. */
bool sim__users_think(struct sim_users *, struct sim_user *);
static inline bool sim_users_answered(struct sim_users *users, struct sim_user *user)
{
    return users->thinks && sim__users_think(users, user);
}

/* For fault(): forgets the sessions and cancels requests not yet sent. O(users). */
void sim_users_crash(struct sim_users *);
/* For fault(): starts all users again after a crash. O(users). */
void sim_users_start(struct sim_users *);
/* For changed(): a rate that was set holds from now on. */
void sim_users_rate_set(struct sim_users *);
/* For check(): whether each user either thinks or has one of the `waiting` requests. True for an
 * open load. O(users). */
bool sim_users_conserved(const struct sim_users *, uint64_t waiting);
/* For sound(): NULL, or what is wrong with the parameters, as a sentence. */
const char *sim_users_check(const struct sim_users *);
/* For offered(), sustained() and closed() of struct sim_model. */
double sim_users_offered(const struct sim_users *, sim_time duration, double *peak);
/* Bytes of a user who thinks, with the event of its next request. */
#define SIM_USER_BYTES (sizeof(struct sim_user) + 48)
double sim_users_sustained(const struct sim_users *,
                           sim_time duration); /* of sessions: only their first requests */
double sim_users_closed(const struct sim_users *, double *think_ns);

extern const struct sim_param sim_users_session_params[];

/* Rows of a table of parameters for the struct sim_users `member` of `type`. */
#define SIM_USERS_PARAMS(type, member)                                                             \
    SIM_ARRIVALS_PARAMS(type, member.arrivals),                                                    \
        SIM_ROW(.name = "session", .kind = SIM_GROUP, .offset = offsetof(type, member.session),    \
                .flags = SIM_OPTIONAL, .fields = sim_users_session_params,                         \
                .doc = "Open load of sessions: each arrival is a user who sends several "          \
                       "requests and goes."),                                                      \
        SIM_ROW(.name = "users", .kind = SIM_COUNT, .unit = "users",                               \
                .offset = offsetof(type, member.closed), .low = 0, .high = 1e8,                    \
                .flags = SIM_OPTIONAL | SIM_OR_NONE,                                               \
                .doc = "Closed load: how many users, on each node."),                              \
        SIM_ROW(.name = "think_time", .kind = SIM_DISTRIBUTION,                                    \
                .offset = offsetof(type, member.think_time), .flags = SIM_OPTIONAL,                \
                .doc = "Closed load: from an answer to the same user's next request."),            \
        SIM_ROW(.name = "sessions", .kind = SIM_COUNT, .unit = "sessions",                         \
                .offset = offsetof(type, member.names), .low = 1, .high = 4e9,                     \
                .flags = SIM_OPTIONAL,                                                             \
                .doc = "Number of sessions. Each request belongs to one of them, chosen at "       \
                       "random. Left out: each user of a closed load is a session."),              \
        SIM_ROW(.name = "keyspace", .kind = SIM_KEYSPACE,                                          \
                .offset = offsetof(type, member.keyspace), .flags = SIM_OPTIONAL,                  \
                .doc = "The keys asked for."),                                                     \
        SIM_ROW(.name = "mix", .kind = SIM_GROUP, .offset = offsetof(type, member.mix),            \
                .fields = sim_arrivals_mix_params, .doc = "Shares of the kinds of request.")

/* Its row of a table of meters. */
#define SIM_USERS_METERS(type, member)                                                             \
    SIM_ROW(.name = "active", .kind = SIM_GAUGE, .unit = "sessions",                               \
            .offset = offsetof(type, member.active),                                               \
            .doc = "Sessions that have begun and not ended.")

#endif
