/* station.h - servers and a queue before them: who is next, who is turned away, who gives up.
 *
 * A station has `servers` servers and one queue of at most `queue_limit` calls. A call that arrives
 * takes a server or waits; `start` runs when it has one; the model then works (sim_station_work)
 * and leaves (sim_station_leave), or leaves later, holding the server while it calls others.
 * Service, connection pool and disk are all stations.
 *
 * As it is made, a station serves in order of arrival and no one gives up. sim_station_manage()
 * gives it other rules; a station without them pays nothing for them. */
#ifndef SIM_STATION_H
#define SIM_STATION_H

#include "sim/fabric.h"
#include "sim/param.h"

struct sim_job {
    union {
        sim_call_id call;
        uint32_t next; /* of the free list: index + 1 */
    };
    sim_id timer; /* of its work; SIM_NO_EVENT while it has none */
};

struct sim_station;
typedef void sim_job_fn(struct sim_node *self, struct sim_station *, uint32_t job);

#define SIM_NO_LIMIT INT64_MAX

/* Who is next. */
enum sim_discipline {
    SIM_FIFO,
    SIM_LIFO,
    SIM_SHARING,    /* nobody waits: n requests share c servers, each at the rate min(1, c/n) */
    SIM_PRIORITY,   /* the lowest .priority of the requests that wait; work begun is finished */
    SIM_PREEMPTIVE, /* the same, and takes the server from a lower one, which goes on later */
};

/* What becomes of a waiting request whose caller no longer wants its answer. A deadline comes with
 * the request; that a caller has given up is known here as if its word took no time. */
enum sim_abandon {
    SIM_ABANDON_NEVER,   /* it is worked on: the server does not know */
    SIM_ABANDON_REACHED, /* it is dropped when its turn comes */
    SIM_ABANDON_AT_ONCE, /* it leaves the queue at its deadline; else as above */
};

/* Who is turned away under overload, besides those who find the queue full. */
enum sim_shed {
    SIM_SHED_NONE,
    SIM_SHED_CODEL,    /* requests that reach a server after a queue too long for too long */
    SIM_SHED_LIFO,     /* nobody; while the oldest has waited too long, the newest goes first */
    SIM_SHED_PRIORITY, /* the newest of the lowest class, for a higher one, in a full queue */
};

/* A model that has these as parameters names them with SIM_STATION_RULES. */
struct sim_station_rules {
    int discipline, abandon; /* enum sim_discipline, enum sim_abandon */
    struct {
        int by; /* enum sim_shed */
        sim_time target, interval;
    } shed;
    struct {
        struct sim_dist every, lasts; /* .kind NONE: not given */
        int64_t requests;
    } pause;
};

struct sim__discipline;

struct sim_station {
    struct sim_node *node;
    struct sim_part part;
    int64_t servers, queue_limit; /* set by the model from its parameters; may change */
    sim_job_fn *start, *worked;
    struct sim_job *jobs;
    uint32_t job_count, free_job;
    uint32_t queue_head, queue_tail; /* call slots, while `queued` */
    int64_t queued;
    struct sim__discipline *more; /* NULL: no rules but the order of arrival */
    /* meters; name them in the model's table with SIM_STATION_METERS */
    struct sim_gauge busy, waiting, capacity, provisioned;
    struct sim_histogram wait; /* arrival to start of service, ns */
    /* and with SIM_STATION_RULE_METERS */
    struct sim_counter full, late, outranked, abandoned;
    struct sim_gauge paused;
};

/* Prepares a station within init(). 0, or -1 when out of memory. */
int sim_station_init(struct sim_station *, struct sim_node *, int64_t servers, int64_t queue_limit,
                     sim_job_fn *start, sim_job_fn *worked);
/* Gives it rules, within init() and after sim_station_init(); they are copied. 0, or -1 when out of
 * memory. Then an arrival, a start and the end of work are O(1), under processor sharing O(log n)
 * in the requests at work; a pause is O(n) in them. */
int sim_station_manage(struct sim_station *, const struct sim_station_rules *);
/* NULL, or which of the rules do not go together, as a sentence; for a model's `sound`. */
/* Beginnings and ends of pauses per second of a node to which so many calls per second come; for
 * `ticks`. */
double sim_station_rules_ticks(const struct sim_station_rules *, double calls);
const char *sim_station_rules_check(const struct sim_station_rules *, int64_t queue_limit);

/* A call arrives. False: the model refuses it (nobody wants the answer). One that finds the queue
 * full is refused by the station, when all that ends in this instant has ended. */
bool sim_station_arrive(struct sim_station *, sim_call_id);
/* Works on a job for `duration`, longer while the node is slowed down, then runs `worked`. */
void sim_station_work(struct sim_station *, uint32_t job, sim_time duration);
/* Frees the job's server; the next waiting call starts. */
void sim_station_leave(struct sim_station *, uint32_t job);
/* Forgets all jobs and the queue, as a crash does; the fabric fails the calls. */
void sim_station_clear(struct sim_station *);
/* After .servers changed: starts what may start. */
void sim_station_resize(struct sim_station *, int64_t servers);

/* Rows of a meter table for a struct sim_station member: five meters and the utilisation. */
#define SIM_STATION_METERS(type, member)                                                           \
    SIM_ROW(.name = "busy", .kind = SIM_GAUGE, .unit = "servers",                                  \
            .offset = offsetof(type, member.busy), .flags = SIM_WORSE_HIGH,                        \
            .doc = "Servers at work or held."),                                                    \
        SIM_ROW(.name = "capacity", .kind = SIM_GAUGE, .unit = "servers",                          \
                .offset = offsetof(type, member.capacity), .flags = SIM_WORSE_LOW,                 \
                .doc = "Servers there are, of nodes that are up."),                                \
        SIM_ROW(.name = "provisioned", .kind = SIM_GAUGE, .unit = "servers",                       \
                .offset = offsetof(type, member.provisioned),                                      \
                .doc = "Servers there are, of nodes that are down too: what is paid for."),        \
        SIM_ROW(.name = "queue", .kind = SIM_GAUGE, .unit = "requests",                            \
                .offset = offsetof(type, member.waiting), .flags = SIM_HEADLINE | SIM_WORSE_HIGH,  \
                .doc = "Calls waiting for a server."),                                             \
        SIM_ROW(.name = "wait", .kind = SIM_HISTOGRAM, .unit = "s",                                \
                .offset = offsetof(type, member.wait), .flags = SIM_WORSE_HIGH,                    \
                .doc = "Time from arrival to the start of service."),                              \
        SIM_ROW(.name = "utilisation", .kind = SIM_RATIO, .unit = "1", .of = "busy",               \
                .by = "capacity",                                                                  \
                .flags = SIM_HEADLINE | SIM_SHARE | SIM_WORSE_HIGH | SIM_BY_NODE,                  \
                .doc = "Servers busy over servers that are up.")

extern const char *const sim_discipline_names[], *const sim_abandon_names[];
extern const struct sim_param sim_station_shed_params[], sim_station_pause_params[];

/* Rows of a parameter table for a struct sim_station_rules member. */
#define SIM_STATION_RULES(type, member)                                                            \
    SIM_ROW(.name = "discipline", .kind = SIM_CHOICE, .offset = offsetof(type, member.discipline), \
            .by_default = "fifo", .choices = sim_discipline_names,                                 \
            .doc = "Which request is worked on next.",                                             \
            .source = "Kleinrock 1975, sec. 3.5: the usual assumption"),                           \
        SIM_ROW(.name = "abandon", .kind = SIM_CHOICE, .offset = offsetof(type, member.abandon),   \
                .by_default = "never", .choices = sim_abandon_names,                               \
                .doc = "Whether a waiting request is dropped when nobody wants its answer any "    \
                       "more: when its turn comes, or at once when its deadline passes.",          \
                .source = "Maurer 2015, ACM Queue 13(8): servers work on what nobody waits for"),  \
        SIM_ROW(.name = "shed", .kind = SIM_GROUP, .offset = offsetof(type, member.shed),          \
                .fields = sim_station_shed_params,                                                 \
                .doc = "Whom an overloaded server turns away, besides those who find the queue "   \
                       "full."),                                                                   \
        SIM_ROW(.name = "pause", .kind = SIM_GROUP, .offset = offsetof(type, member.pause),        \
                .fields = sim_station_pause_params,                                                \
                .doc = "Times in which every server of a node stands still, such as for "          \
                       "collecting garbage.")

/* Rows of a meter table for the same station's rules. */
#define SIM_STATION_RULE_METERS(type, member)                                                      \
    SIM_ROW(.name = "refused_full", .kind = SIM_COUNTER, .unit = "requests",                       \
            .offset = offsetof(type, member.full), .flags = SIM_WORSE_HIGH,                        \
            .doc = "Calls that found the queue full."),                                            \
        SIM_ROW(.name = "refused_late", .kind = SIM_COUNTER, .unit = "requests",                   \
                .offset = offsetof(type, member.late), .flags = SIM_WORSE_HIGH,                    \
                .doc = "Calls that CoDel turned away."),                                           \
        SIM_ROW(.name = "refused_outranked", .kind = SIM_COUNTER, .unit = "requests",              \
                .offset = offsetof(type, member.outranked), .flags = SIM_WORSE_HIGH,               \
                .doc = "Waiting calls that made room for a higher class."),                        \
        SIM_ROW(.name = "expired", .kind = SIM_COUNTER, .unit = "requests",                        \
                .offset = offsetof(type, member.abandoned), .flags = SIM_WORSE_HIGH,               \
                .doc = "Waiting calls dropped because nobody wanted the answer any more."),        \
        SIM_ROW(.name = "paused", .kind = SIM_GAUGE, .unit = "nodes",                              \
                .offset = offsetof(type, member.paused), .flags = SIM_WORSE_HIGH,                  \
                .doc = "Nodes whose servers stand still.")

#endif
