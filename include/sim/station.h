/* station.h - servers with a queue: who is next, who is turned away, who gives up.
 *
 * A station has `servers` servers and one queue of at most `queue_limit` calls. An arriving call
 * takes a server or waits. When it has a server, `start` runs; the model then works on it
 * (sim_station_work) and leaves (sim_station_leave), at once or later, holding the server while it
 * calls others. Services, connection pools and disks are all stations.
 *
 * Without further rules, a station serves in order of arrival and no one gives up.
 * sim_station_manage() gives it rules; a station without them pays nothing for them. */
#ifndef SIM_STATION_H
#define SIM_STATION_H

#include "sim/fabric.h"
#include "sim/param.h"

struct sim_job {
    union {
        sim_call_id call;
        uint32_t next; /* of the free list: index + 1 */
    };
    sim_id timer; /* of the end of its work; SIM_NO_EVENT while it does not work */
};

struct sim_station;
typedef void sim_job_fn(struct sim_node *self, struct sim_station *, uint32_t job);

#define SIM_NO_LIMIT INT64_MAX

/* Who is next. */
enum sim_discipline {
    SIM_FIFO,
    SIM_LIFO,
    SIM_SHARING,    /* nobody waits: n requests share c servers, each at the rate min(1, c/n) */
    SIM_PRIORITY,   /* the waiting request with the lowest .priority; work under way is finished */
    SIM_PREEMPTIVE, /* the same, and it takes the server of a less urgent one, which goes on
                       later */
};

/* What happens to a waiting request whose caller no longer wants the answer. The station knows the
 * deadline, which comes with the request, and learns at once when a caller gives up. */
enum sim_abandon {
    SIM_ABANDON_NEVER,   /* it is served all the same */
    SIM_ABANDON_REACHED, /* it is dropped when its turn comes */
    SIM_ABANDON_AT_ONCE, /* it leaves the queue at its deadline; if its caller gives up earlier, it
                            is dropped when its turn comes */
};

/* Which requests are turned away under overload, besides those that find the queue full. */
enum sim_shed {
    SIM_SHED_NONE,
    SIM_SHED_CODEL,    /* CoDel turns away requests at the head of the queue after waits have
                          exceeded .target for an .interval */
    SIM_SHED_LIFO,     /* turns nobody away; serves the newest first while the oldest has waited
                          too long */
    SIM_SHED_PRIORITY, /* if the queue is full, the newest request of the least urgent class makes
                          room for a more urgent one */
};

/* The rules of a station. SIM_STATION_RULES makes them parameters of a model. */
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

struct sim_discipline_state;

struct sim_station {
    struct sim_node *node;
    struct sim_part part;
    int64_t servers, queue_limit; /* set by the model from its parameters; may change */
    sim_job_fn *start, *worked;
    struct sim_job *jobs;
    uint32_t job_count, free_job;
    uint32_t queue_head, queue_tail; /* call slots, valid while .queued > 0 */
    int64_t queued;
    struct sim_discipline_state *more; /* NULL: no further rules */
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
/* Gives it rules, which are copied; within init(), after sim_station_init(). 0, or -1 when out of
 * memory. Arrivals, starts and ends of work are then O(1), or O(log n) in the requests at work
 * under processor sharing; a pause is O(n) in them. */
int sim_station_manage(struct sim_station *, const struct sim_station_rules *);
/* Events per second (starts and ends of pauses) at a node that gets `calls` calls per second; for
 * .ticks of struct sim_foreseen. */
double sim_station_rules_ticks(const struct sim_station_rules *, double calls);
/* NULL, or a sentence that says which rules do not go together; for a model's `sound`. */
const char *sim_station_rules_check(const struct sim_station_rules *, int64_t queue_limit);

/* A call arrives. False: nobody wants the answer, and the model is to refuse it. A call that finds
 * the queue full is refused by the station itself, after everything that ends in this instant has
 * ended. */
bool sim_station_arrive(struct sim_station *, sim_call_id);
/* Works on a job for `duration` (longer while the node is slowed down), then runs `worked`. */
void sim_station_work(struct sim_station *, uint32_t job, sim_time duration);
/* Frees the job's server; the next waiting call starts. */
void sim_station_leave(struct sim_station *, uint32_t job);
/* Forgets all jobs and the queue, for a crash; the fabric fails the calls. */
void sim_station_clear(struct sim_station *);
/* Sets the number of servers and starts the calls that can start. */
void sim_station_resize(struct sim_station *, int64_t servers);

/* Rows of a meter table for a struct sim_station member: five meters and the utilisation. */
#define SIM_STATION_METERS(type, member)                                                           \
    SIM_ROW(.name = "busy", .kind = SIM_GAUGE, .unit = "servers",                                  \
            .offset = offsetof(type, member.busy), .flags = SIM_WORSE_HIGH,                        \
            .doc = "Servers at work or held."),                                                    \
        SIM_ROW(.name = "capacity", .kind = SIM_GAUGE, .unit = "servers",                          \
                .offset = offsetof(type, member.capacity), .flags = SIM_WORSE_LOW,                 \
                .doc = "Servers of the nodes that are up."),                                       \
        SIM_ROW(.name = "provisioned", .kind = SIM_GAUGE, .unit = "servers",                       \
                .offset = offsetof(type, member.provisioned),                                      \
                .doc = "All servers, including those of nodes that are down. These are paid "      \
                       "for."),                                                                    \
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
