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
#include "sim/kernel.h"
#include "sim/param.h"

/* A server at work. Models see only jobs that are calls. */
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

/* What a node does when a message says that the caller of a request no longer waits. */
enum sim_cancel {
    SIM_CANCEL_FINISH,   /* the request is served all the same, and no message is sent */
    SIM_CANCEL_QUEUED,   /* it is withdrawn if its work has not begun */
    SIM_CANCEL_WITHDRAW, /* it is withdrawn, and if it is at work its server is freed */
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

/* How the speed of one at work depends on how many are. */
enum sim_speed {
    SIM_SPEED_CONSTANT,
    SIM_SPEED_USL,       /* the Universal Scalability Law */
    SIM_SPEED_THRASHING, /* memory for `knee` of them; beyond it some of what is touched is not
                            there */
};

/* The rules of a station. SIM_STATION_RULES makes them parameters of a model. */
struct sim_station_rules {
    int discipline, abandon; /* enum sim_discipline, enum sim_abandon */
    int on_cancel;           /* enum sim_cancel */
    sim_time wait_limit;     /* who has waited so long is turned away; 0: nobody is */
    struct {
        int by; /* enum sim_shed */
        sim_time target, interval;
    } shed;
    struct {
        struct sim_dist every, lasts; /* .kind NONE: not given */
        int64_t requests;
    } pause;
    struct {
        int law; /* enum sim_speed */
        double contention, coherency;
        int64_t knee;
        double penalty;
    } speed;
};

struct sim_discipline_state;

struct sim_station {
    struct sim_node *node;
    struct sim_part part;
    int64_t servers, queue_limit; /* set by the model from its parameters; may change */
    sim_job_fn *start, *worked;
    uint8_t number : 6; /* among the stations of its node, from 1 */
    struct sim_job *jobs;
    uint32_t job_count, free_job;
    uint32_t queue_head, queue_tail; /* call slots, valid while .queued > 0 */
    int64_t queued;
    struct sim_discipline_state *more; /* NULL: no further rules */
    struct sim_own_work *own;          /* NULL: it takes calls only */
    /* meters; name them in the model's table with SIM_STATION_METERS */
    struct sim_gauge busy, waiting, capacity, provisioned;
    struct sim_histogram wait; /* arrival to start of service, ns */
    /* and with SIM_STATION_RULE_METERS */
    struct sim_counter full, late, outranked, abandoned;
    struct sim_gauge paused;
    /* and with SIM_STATION_OWN_METERS */
    struct sim_counter own_submitted, own_done, own_withdrawn, own_lost;
    struct sim_gauge own_in_hand;
    struct sim_histogram own_wait, own_latency;
};

/* Prepares a station within init(). 0, or -1 when out of memory. */
int sim_station_init(struct sim_station *, struct sim_node *, int64_t servers, int64_t queue_limit,
                     sim_job_fn *start, sim_job_fn *worked);
/* Gives it rules, which are copied; within init(), after sim_station_init(). 0, or -1 when out of
 * memory. Arrivals, starts and ends of work are then O(1), or O(log n) in the requests at work
 * under processor sharing and with a law of speed; a pause is O(n) in them. */
int sim_station_manage(struct sim_station *, const struct sim_station_rules *);
/* The speed of each of n at work, relative to one that is alone with a server of its own. */
double sim_station_speed(const struct sim_station_rules *, double n);
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
/* Forgets all jobs and the queue, for a crash; the fabric fails the calls. Work of the node's own
 * is lost: its function does not run, and the model may submit it again when the node is back. */
void sim_station_clear(struct sim_station *);
/* Sets the number of servers and starts the calls that can start. */
void sim_station_resize(struct sim_station *, int64_t servers);

/* ---- work of the node's own ------------------------------------------------------------------ */

/* Names a job that nobody called for. All zero names none; a stale name is harmless. */
typedef struct {
    uint64_t key;
} sim_job_id;

/* Lets a station take work of the node's own, such as compaction or a backup; within init(), after
 * sim_station_init() and sim_station_manage(). The model's meters must have SIM_STATION_OWN_METERS.
 * 0, or -1 when out of memory, or when they do not. */
int sim_station_own_work(struct sim_station *);
/* Asks the station for `demand` of work. It is queued with the calls by the station's discipline
 * (.priority of a call is what `class` is here), is slowed down and stopped by faults as calls are,
 * and is counted with them in the gauges of the station. It is not turned away, and takes no room
 * of `queue_limit`. When it is done its server is free, and fn(sim, node, arg) runs. A node that is
 * down takes none: the id is then all zero, and so it is when out of memory. O(1), or as long as
 * the arrival of a call. */
sim_job_id sim_station_submit(struct sim_station *, enum sim_cause, uint8_t class, sim_time demand,
                              sim_fn *, sim_arg);
/* Takes such a job out of the station, whether it waits or is at work; its function does not run.
 * The work that was booked for it stays booked. False: it is not there. O(1) at work, O(calls
 * waiting) in the queue; with rules O(1), or O(log n) under processor sharing. */
bool sim_station_withdraw(struct sim_station *, sim_job_id);

/* ---- tables ---------------------------------------------------------------------------------- */

/* The parameters of a station with a name of its own, such as a disk beside the CPU. */
struct sim_station_params {
    int64_t servers, queue_limit;
};

/* Rows of a parameter table for a struct sim_station_params member. `prefix` is "" or, where a node
 * has several stations, such as "disk_". */
#define SIM_STATION_PARAMS(prefix, type, member)                                                   \
    SIM_ROW(.name = prefix "servers", .kind = SIM_COUNT, .unit = "servers",                        \
            .offset = offsetof(type, member.servers), .by_default = "1", .low = 0, .high = 1e8,    \
            .flags = SIM_CHANGEABLE, .doc = "Pieces of work that are done at a time.",             \
            .source = "chosen: one device"),                                                       \
        SIM_ROW(.name = prefix "queue_limit", .kind = SIM_COUNT, .unit = "requests",               \
                .offset = offsetof(type, member.queue_limit), .by_default = "unlimited",           \
                .flags = SIM_CHANGEABLE | SIM_ADMITS,                                              \
                .doc = "Requests that may wait; further ones are refused.",                        \
                .source = "chosen: nothing is refused unless the scenario says so")

/* Rows of a meter table for a struct sim_station member: five meters and the utilisation. */
#define SIM_STATION_METERS(prefix, type, member)                                                   \
    SIM_ROW(.name = prefix "busy", .kind = SIM_GAUGE, .unit = "servers",                           \
            .offset = offsetof(type, member.busy), .flags = SIM_WORSE_HIGH,                        \
            .doc = "Servers at work or held."),                                                    \
        SIM_ROW(.name = prefix "capacity", .kind = SIM_GAUGE, .unit = "servers",                   \
                .offset = offsetof(type, member.capacity), .flags = SIM_WORSE_LOW,                 \
                .doc = "Servers of the nodes that are up."),                                       \
        SIM_ROW(.name = prefix "provisioned", .kind = SIM_GAUGE, .unit = "servers",                \
                .offset = offsetof(type, member.provisioned),                                      \
                .doc = "All servers, including those of nodes that are down. These are paid "      \
                       "for."),                                                                    \
        SIM_ROW(.name = prefix "queue", .kind = SIM_GAUGE, .unit = "requests",                     \
                .offset = offsetof(type, member.waiting), .flags = SIM_HEADLINE | SIM_WORSE_HIGH,  \
                .doc = "Calls waiting for a server."),                                             \
        SIM_ROW(.name = prefix "wait", .kind = SIM_HISTOGRAM, .unit = "s",                         \
                .offset = offsetof(type, member.wait), .flags = SIM_WORSE_HIGH,                    \
                .doc = "Time from arrival to the start of service."),                              \
        SIM_ROW(.name = prefix "utilisation", .kind = SIM_RATIO, .unit = "1", .of = prefix "busy", \
                .by = prefix "capacity",                                                           \
                .flags = SIM_HEADLINE | SIM_SHARE | SIM_WORSE_HIGH | SIM_BY_NODE,                  \
                .doc = "Servers busy over servers that are up.")

extern const char *const sim_discipline_names[], *const sim_abandon_names[],
                                                     *const sim_cancel_names[];
extern const struct sim_param sim_station_shed_params[], sim_station_pause_params[],
    sim_station_speed_params[];

/* Rows of a parameter table for a struct sim_station_rules member. */
#define SIM_STATION_RULES(prefix, type, member)                                                    \
    SIM_ROW(.name = prefix "discipline", .kind = SIM_CHOICE,                                       \
            .offset = offsetof(type, member.discipline), .by_default = "fifo",                     \
            .choices = sim_discipline_names, .doc = "Which request is worked on next.",            \
            .source = "Kleinrock 1975, sec. 3.5: the usual assumption"),                           \
        SIM_ROW(.name = prefix "abandon", .kind = SIM_CHOICE,                                      \
                .offset = offsetof(type, member.abandon), .by_default = "never",                   \
                .choices = sim_abandon_names,                                                      \
                .doc = "Whether a waiting request is dropped when nobody wants its answer any "    \
                       "more: when its turn comes, or at once when its deadline passes.",          \
                .source = "Maurer 2015, ACM Queue 13(8): servers work on what nobody waits for"),  \
        SIM_ROW(.name = prefix "on_cancel", .kind = SIM_CHOICE,                                    \
                .offset = offsetof(type, member.on_cancel), .flags = SIM_OPTIONAL,                 \
                .choices = sim_cancel_names,                                                       \
                .doc = "What becomes of a request whose caller stops waiting: it is finished; "    \
                       "or the caller sends a message, which withdraws it from the queue, or "     \
                       "from its server too. Left out, it is finished."),                          \
        SIM_ROW(.name = prefix "wait_limit", .kind = SIM_TIME,                                     \
                .offset = offsetof(type, member.wait_limit), .low = 1, .high = 1e18,               \
                .flags = SIM_OPTIONAL,                                                             \
                .doc = "A request that has waited so long for a server is refused; left out, it "  \
                       "waits on."),                                                               \
        SIM_ROW(.name = prefix "shed", .kind = SIM_GROUP, .offset = offsetof(type, member.shed),   \
                .fields = sim_station_shed_params,                                                 \
                .doc = "Whom an overloaded server turns away, besides those who find the queue "   \
                       "full."),                                                                   \
        SIM_ROW(.name = prefix "pause", .kind = SIM_GROUP, .offset = offsetof(type, member.pause), \
                .fields = sim_station_pause_params,                                                \
                .doc = "Times in which every server of a node stands still, such as for "          \
                       "collecting garbage."),                                                     \
        SIM_ROW(.name = prefix "speed", .kind = SIM_GROUP, .offset = offsetof(type, member.speed), \
                .fields = sim_station_speed_params, .flags = SIM_OPTIONAL,                         \
                .doc = "How fast each request is worked on when several are, such as for locks "   \
                       "and memory that they share; left out, as fast as one alone.")

/* Rows of a meter table for the same station's rules. */
#define SIM_STATION_RULE_METERS(prefix, type, member)                                              \
    SIM_ROW(.name = prefix "refused_full", .kind = SIM_COUNTER, .unit = "requests",                \
            .offset = offsetof(type, member.full), .flags = SIM_WORSE_HIGH,                        \
            .doc = "Calls that found the queue full."),                                            \
        SIM_ROW(.name = prefix "refused_late", .kind = SIM_COUNTER, .unit = "requests",            \
                .offset = offsetof(type, member.late), .flags = SIM_WORSE_HIGH,                    \
                .doc = "Calls that had waited too long: by CoDel, or for \"wait_limit\"."),        \
        SIM_ROW(.name = prefix "refused_outranked", .kind = SIM_COUNTER, .unit = "requests",       \
                .offset = offsetof(type, member.outranked), .flags = SIM_WORSE_HIGH,               \
                .doc = "Waiting calls that made room for a higher class."),                        \
        SIM_ROW(.name = prefix "expired", .kind = SIM_COUNTER, .unit = "requests",                 \
                .offset = offsetof(type, member.abandoned), .flags = SIM_WORSE_HIGH,               \
                .doc = "Calls dropped or withdrawn because nobody wanted the answer any more."),   \
        SIM_ROW(.name = prefix "paused", .kind = SIM_GAUGE, .unit = "nodes",                       \
                .offset = offsetof(type, member.paused), .flags = SIM_WORSE_HIGH,                  \
                .doc = "Nodes whose servers stand still.")

/* Rows of a meter table for the work of the node's own at the same station. */
#define SIM_STATION_OWN_METERS(prefix, type, member)                                               \
    SIM_ROW(.name = prefix "own_submitted", .kind = SIM_COUNTER, .unit = "jobs",                   \
            .offset = offsetof(type, member.own_submitted),                                        \
            .doc = "Pieces of the node's own work that were begun or queued."),                    \
        SIM_ROW(.name = prefix "own_done", .kind = SIM_COUNTER, .unit = "jobs",                    \
                .offset = offsetof(type, member.own_done),                                         \
                .doc = "Pieces of the node's own work that were done."),                           \
        SIM_ROW(.name = prefix "own_withdrawn", .kind = SIM_COUNTER, .unit = "jobs",               \
                .offset = offsetof(type, member.own_withdrawn),                                    \
                .doc = "Pieces of the node's own work that were withdrawn."),                      \
        SIM_ROW(.name = prefix "own_lost", .kind = SIM_COUNTER, .unit = "jobs",                    \
                .offset = offsetof(type, member.own_lost), .flags = SIM_WORSE_HIGH,                \
                .doc = "Pieces of the node's own work that were lost in a crash."),                \
        SIM_ROW(.name = prefix "own_in_hand", .kind = SIM_GAUGE, .unit = "jobs",                   \
                .offset = offsetof(type, member.own_in_hand), .flags = SIM_WORSE_HIGH,             \
                .doc = "Pieces of the node's own work that wait or are at work."),                 \
        SIM_ROW(.name = prefix "own_wait", .kind = SIM_HISTOGRAM, .unit = "s",                     \
                .offset = offsetof(type, member.own_wait), .flags = SIM_WORSE_HIGH,                \
                .doc = "Time that the node's own work waited for a server."),                      \
        SIM_ROW(.name = prefix "own_latency", .kind = SIM_HISTOGRAM, .unit = "s",                  \
                .offset = offsetof(type, member.own_latency), .flags = SIM_WORSE_HIGH,             \
                .doc = "Time from the submission of the node's own work to its end.")

#endif
