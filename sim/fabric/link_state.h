/* link_state.h - one direction of a link, and sending messages along it. */
#ifndef SIM_FABRIC_LINK_STATE_H
#define SIM_FABRIC_LINK_STATE_H

#include "fabric/world_state.h"

/* A queue of messages that wait to leave, for bandwidth. */
struct sim__line {
    sim_time free_at; /* when all earlier messages have left, to the nearest ns */
    double part;      /* the error of that rounding */
};

/* One direction of a link. While faults act on it, .lane is hidden and .params is not NULL, so that
 * every message takes the slow path, which checks for faults; a healthy link never checks. */
struct sim__link {
    const struct sim_link_params *params;     /* NULL: no link was declared; nothing takes time */
    struct sim_lane *lane;                    /* constant latency, no bandwidth, no loss; or NULL */
    const struct sim_link_params *own_params; /* the same without faults */
    struct sim_lane *own_lane;
    bool impaired;
    uint32_t from, to;                     /* components */
    struct sim__link *next_from, *next_to; /* with the same .from, with the same .to */
    struct sim_stream stream;
    struct sim__line *line, own_line;
    int64_t bytes[SIM_CAUSES]; /* sent, whether or not they arrived; for the ledger */
};

/* Counts the bytes of a message that is sent. */
static inline void sim__link_carries(struct sim__link *link, enum sim_cause cause, int64_t bytes)
{
    link->bytes[cause] += bytes;
}
/* Sends a message of the call arg.p; fn(sim, self, arg) runs when it arrives. False: it is lost. */
bool sim__link_send_far(struct sim_world *, struct sim__link *, int64_t bytes, sim_fn *, void *self,
                        sim_arg);
static inline bool sim__link_send(struct sim_world *w, struct sim__link *link, int64_t bytes,
                                  sim_fn *fn, void *self, sim_arg arg)
{
    if (link->lane != NULL)
        sim_after_lane(w->sim, link->lane, fn, self, arg);
    else if (link->params == NULL)
        sim_soon(w->sim, fn, self, arg);
    else
        return sim__link_send_far(w, link, bytes, fn, self, arg);
    return true;
}
/* The directed link between two components, made when first asked for. NULL when out of memory. */
struct sim__link *sim__link_between(struct sim_world *, uint32_t from, uint32_t to);
/* Indexes the links that the plan declares by their ends. 0, or -1 when out of memory. */
int sim__links_declare(struct sim_world *);
void sim__links_free(struct sim_world *);
/* The link declared for two components, or else for their regions; NULL: none. O(links of the
 * plan). */
const struct sim_plan_link *sim__link_declared(const struct sim_plan *, uint32_t a, uint32_t b);

/* Makes messages take the slow path, which checks for faults, or the fast one. */
void sim__link_impair(struct sim__link *, bool impaired);

#endif
