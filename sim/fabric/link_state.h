/* link_state.h - one direction of a link, and how messages go along it. */
#ifndef SIM_FABRIC_LINK_STATE_H
#define SIM_FABRIC_LINK_STATE_H

#include "fabric/world_state.h"

/* Where messages queue to leave. */
struct sim__line {
    sim_time free_at; /* when what was sent before has left the sender, to the nearest ns */
    double part;      /* what that leaves out */
};

/* One direction of a link. While faults act on it, .lane is hidden and .params is not NULL, so that
 * every message takes the slow path, which checks for faults; a healthy link never checks. */
struct sim__link {
    const struct sim_link_params *params;     /* NULL: no link was declared; nothing takes time */
    struct sim_lane *lane;                    /* constant latency, no bandwidth, no loss; or NULL */
    const struct sim_link_params *own_params; /* what they are without faults */
    struct sim_lane *own_lane;
    bool impaired;
    uint32_t from, to;                     /* components */
    struct sim__link *next_from, *next_to; /* with the same .from, with the same .to */
    struct sim_stream stream;
    struct sim__line *line, own_line;
    int64_t bytes[SIM_CAUSES]; /* sent, whether they arrived or not; for the ledger */
};

/* A message is sent: so many bytes more, because of that. */
static inline void sim__link_carries(struct sim__link *link, enum sim_cause cause, int64_t bytes)
{
    link->bytes[cause] += bytes;
}
/* Carries a message of the call arg.p: fn(sim, self, arg) runs when it arrives. False: it was
 * lost. */
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
/* Keeps by their ends what links the plan declares. 0, or -1 when out of memory. */
int sim__links_declare(struct sim_world *);
void sim__links_free(struct sim_world *);
/* The link declared for a pair, of the components before that of their regions; NULL: none. O(links
 * of the plan). */
const struct sim_plan_link *sim__link_declared(const struct sim_plan *, uint32_t a, uint32_t b);

/* Works out which way messages take after faults have begun or ended. */
void sim__link_impair(struct sim__link *, bool impaired);

#endif
