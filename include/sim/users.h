/* users.h - who sends requests: arrivals of an open load, sessions of several requests each, or the
 * users of a closed load; with which key, and of which kind.
 *
 * A model has a struct sim_users, its rows in the table of parameters by SIM_USERS_PARAMS, and a
 * function that sends a request. It tells of every end by sim_users_answered(). Users
 * who think send again then; an open load does not wait. */
#ifndef SIM_USERS_H
#define SIM_USERS_H

#include "sim/arrivals.h"
#include "sim/kernel.h"
#include "sim/table.h"

/* One who sends: a user of a closed load, a session, or the arrivals of an open load. */
struct sim_user {
    struct sim_stream times, keys, mix; /* times: of thinking, or between arrivals */
    uint64_t key;                       /* of the next request */
    sim_id next;                        /* the event of the next request */
    uint64_t left;                      /* requests of a session not yet finished */
    uint32_t session;                   /* a name no other of the component has; 0: nobody's */
    struct sim_user *newer, *older;     /* sessions, in a ring through fixed[0] */
};

/* What each session of an open load does. */
struct sim_users_session {
    struct sim_dist requests, think_time;
};

/* Sends a request, which sim_users_request() makes ready of the same arguments. */
typedef void sim_users_send(struct sim_node *, struct sim_user *, uint64_t key,
                            const struct sim_trace_request *given);

struct sim_users {
    struct sim_arrivals arrivals;
    int64_t closed; /* users of a closed load; 0: it is open, SIM_ZERO: there are none */
    int64_t names;  /* sessions that are only names; 0: none */
    struct sim_dist think_time;
    struct sim_users_session session;
    struct sim_keyspace *keyspace;
    struct sim_arrivals_mix mix;

    /* state */
    struct sim_node *node;
    sim_users_send *send;
    bool thinks, visited;   /* users who think: of a closed load, or sessions; the latter */
    bool mixed;             /* not all are reads */
    sim_fn *arrive;         /* an arrival: of one drawn request, or of more than that */
    struct sim_user *fixed; /* of the closed load; of an open one, fixed[0] */
    uint32_t fixed_count;
    struct sim_stream seeds[3], lengths, pick;
    struct sim_table_pool sessions;
    uint64_t begun;          /* sessions, or users of a closed load */
    struct sim_gauge active; /* sessions begun and not ended */
};

/* Prepares within init() and awaits the first requests. 0, or -1 with the reason. */
int sim_users_init(struct sim_users *, struct sim_node *, sim_users_send *, struct sim_error *);

/* A request of a user made ready; `given`, unless it is NULL, says what the trace has it be. Its
 * bytes are `bytes` and those of the value that a write carries. Draws its kind. */
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

/* A request of a user has ended, well or not. True: it was the last of its session, and the user is
 * gone. */
bool sim__users_think(struct sim_users *, struct sim_user *);
static inline bool sim_users_answered(struct sim_users *users, struct sim_user *user)
{
    return users->thinks && sim__users_think(users, user);
}

/* For fault(): a crash forgets the sessions and cancels what was to be sent; after it all start
 * again. O(users). */
void sim_users_crash(struct sim_users *);
void sim_users_start(struct sim_users *);
/* For changed(): a rate that was set counts from now on. */
void sim_users_rate_set(struct sim_users *);
/* For check(): whether every user who is there thinks, or has one of the `waiting` requests. True
 * of an open load. O(users). */
bool sim_users_conserved(const struct sim_users *, uint64_t waiting);
/* For sound(): NULL, or what is wrong with the parameters, as a sentence. */
const char *sim_users_check(const struct sim_users *);
/* For offered(), sustained() and closed() of struct sim_model. */
double sim_users_offered(const struct sim_users *, sim_time duration, double *peak);
/* Bytes of a user who thinks, with the event of the next request. */
#define SIM_USER_BYTES (sizeof(struct sim_user) + 48)
double sim_users_sustained(const struct sim_users *,
                           sim_time duration); /* of sessions: the first */
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
                .doc = "So many, picked at random; left out, each user of a closed load is one."), \
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
