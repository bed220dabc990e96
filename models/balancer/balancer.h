/* balancer.h - what the files of the balancer share; nothing outside of this folder includes it.
 *
 *   balancer.c          the model's table: parameters, meters, hooks
 *   balancer_pass.c     a request's way: to a node, into a queue, to another node, back
 *   balancer_queue.c    requests that wait for a node with room
 *   balancer_checks.c   active checks: requests of the balancer's own
 *   balancer_outlier.c  what the outcomes of requests say of a node; ejection
 *   balancer_choice.c   one of the nodes that are used is chosen
 *   balancer_nodes.c    which nodes are used: healthy, not ejected, with room; panic, slow start
 *
 * Calls run down this list. Of what stands above, balancer_nodes.c calls only .nodes_changed. */
#ifndef MODELS_BALANCER_H
#define MODELS_BALANCER_H

#include "sim/model.h"

enum { RANDOM, ROUND_ROBIN, LEAST_CONNECTIONS, POWER_OF_D, CONSISTENT_HASH }; /* policy */
enum { SAME_NODE, ANY_NODE, OTHER_NODE };                                     /* retry_at */
enum { SHARED_QUEUE, OWN_QUEUE };                                             /* limit.queue */

#define NO_PLACE UINT32_MAX

/* A node that requests can go to. */
struct place {
    uint32_t target, node;
    uint32_t out; /* requests sent and not yet answered */
    uint32_t at;  /* where it stands in .open; NO_PLACE: it is not open */
    double weight;
};

/* What is known of such a node. */
struct condition {
    sim_id check, back; /* when it is checked again; when its ejection ends */
    bool unhealthy, ejected;
    int64_t against;     /* checks in a row that say the opposite of .unhealthy */
    sim_time ramps_from; /* when it came back; -1: it was never away */
    int64_t failures;    /* requests in a row that failed */
    int64_t multiplier;  /* of its next ejection, less one */
    uint64_t good, all;  /* requests that ended since the last sweep */
};

struct checks {
    sim_time interval, timeout; /* interval 0: there are none; timeout 0: the interval */
    int64_t unhealthy, healthy, bytes;
};

struct outlier {
    sim_time interval, base, longest; /* interval 0: there is none */
    int64_t failures, nodes, requests;
    double most, deviations;
};

struct limit {
    int64_t per_node; /* 0: there is none */
    int queue;
    int64_t most;
    sim_time wait; /* 0: as long as it takes */
};

struct slow_start {
    sim_time window; /* 0: there is none */
    double least, aggression;
};

/* A node at which a request has failed. */
struct tried {
    uint32_t place;
    struct tried *next;
};

/* A request in hand. It is out at a node, or in one of the lines. */
struct passing {
    sim_call_id call;
    uint32_t place; /* where it is out, or was last; NO_PLACE: nowhere yet */
    bool late;      /* its wait ends in this instant */
    struct sim_placed placed;
    struct tried *tried;
    sim_time since; /* when it began to wait for room; -1: it does not */
    sim_id timer;   /* of that wait, or of the backoff */
    struct line *line;
    struct passing *before, *behind;
};

struct line {
    struct passing *first, *last;
    uint32_t count;
};

struct balancer {
    struct sim_node node;
    struct sim_port to;
    int policy, retry_at;
    int64_t choices, points;
    bool replacement;
    double bound, panic_threshold;
    struct sim_dist overhead;
    struct checks checks;
    struct outlier outlier;
    struct limit limit;
    struct slow_start slow_start;

    struct sim_stream choice, takes, phases;
    struct place *places;
    struct condition *conditions; /* by place */
    double *turns;                /* by place: for turns by weight */
    struct line *own;             /* by place; NULL: no queues of their own */
    struct line shared, resting;  /* who waits for any node; who backs off */
    uint32_t count, turn, out;
    uint32_t *open; /* places that can be chosen */
    uint32_t open_count;
    uint32_t used_count;    /* places that would be open, if they had room */
    bool panicking, uneven; /* uneven: weights differ */
    bool places_attempts;   /* not the policy: retries go elsewhere, or outcomes are watched */
    sim_time ramps_until;   /* when the last slow start ends */
    sim_id sweep;
    uint32_t *picked; /* of `choices` */
    struct sim_ring ring;
    struct sim_table_pool passing, tried;
    void (*nodes_changed)(struct balancer *);

    struct sim_counter passed, deflected, unroutable, queue_refused, retried_elsewhere;
    struct sim_counter checked, checks_failed, ejections, panics;
    struct sim_gauge healthy, ejected, panic, queue;
    struct sim_histogram wait;
};

static inline bool is_open(const struct balancer *b, uint32_t place)
{
    return b->places[place].at < b->open_count;
}

extern const struct sim_param sim__balancer_check_params[], sim__balancer_outlier_params[],
    sim__balancer_limit_params[], sim__balancer_slow_start_params[];

/* ---- balancer_choice.c ----------------------------------------------------------------------- */

/* The place for a request, none of `tried` where another is open. NO_PLACE: none is open. O(1) at
 * random and in turn; O(nodes) for fewest requests, and while weights differ. */
uint32_t sim__balancer_choose(struct balancer *, const struct sim_request *, const struct tried *);
/* 0, or -1 when out of memory. */
int sim__balancer_ring_init(struct balancer *);

/* ---- balancer_nodes.c ------------------------------------------------------------------------ */

/* The nodes behind the ports, all of them healthy. 0, or -1 when out of memory. */
int sim__balancer_nodes_init(struct balancer *);
/* The same after a crash: nothing is out, nothing is known. */
void sim__balancer_nodes_reset(struct balancer *);
/* Says that a place is healthy or not, ejected or not; tells .nodes_changed. O(nodes). */
void sim__balancer_judge(struct balancer *, uint32_t place, bool unhealthy, bool ejected);
/* A request more or less is out there. */
void sim__balancer_out(struct balancer *, uint32_t place, int change);
/* What a place's weight is now: in a slow start, a part of it. */
double sim__balancer_weight(const struct balancer *, uint32_t place, sim_time now);
/* NULL, or what does not hold. */
const char *sim__balancer_nodes_check(const struct balancer *);

/* ---- balancer_outlier.c, balancer_checks.c --------------------------------------------------- */

void sim__balancer_outlier_start(struct balancer *);
void sim__balancer_outlier_stop(struct balancer *);
/* A request that was sent to this place has ended. */
void sim__balancer_outcome(struct balancer *, uint32_t place, bool good);
void sim__balancer_checks_start(struct balancer *);
void sim__balancer_checks_stop(struct balancer *);

/* ---- balancer_queue.c ------------------------------------------------------------------------ */

void sim__balancer_line_put(struct line *, struct passing *);
void sim__balancer_line_take(struct passing *);
/* Waits in a line until it is taken out; `over` runs if that takes too long. False: no room. */
bool sim__balancer_queue_put(struct balancer *, struct line *, struct passing *, sim_fn *over);
/* Out of the line it is in; it may be put into another and has then waited all the while. */
void sim__balancer_queue_take(struct balancer *, struct passing *);
/* Its wait is over, if it waited: counted. */
void sim__balancer_queue_over(struct balancer *, struct passing *);
/* How many wait. O(nodes). */
uint64_t sim__balancer_queue_count(const struct balancer *);

/* ---- balancer_pass.c ------------------------------------------------------------------------- */

void sim__balancer_pass(struct balancer *, sim_call_id);
/* Other nodes are used than before: who waits is given what there is. */
void sim__balancer_pass_anew(struct balancer *);
/* Nothing is in hand any more. */
void sim__balancer_pass_reset(struct balancer *);

#endif
