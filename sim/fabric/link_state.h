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
    uint32_t from, to; /* components */
    uint32_t from_site, to_site;
    struct sim__link *next_from, *next_to; /* with the same .from, with the same .to */
    struct sim_stream stream;
    struct sim__line *line, own_line;
    int64_t bytes[SIM_CAUSES]; /* sent, whether or not they arrived; for the ledger */
    int64_t placed;            /* bytes of requests to components of several sites; for the audit */
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
/* The directed link between two sites, made when first asked for. NULL when out of memory. */
struct sim__link *sim__link_between(struct sim_world *, uint32_t from_site, uint32_t to_site);
void sim__links_free(struct sim_world *);
/* Indexes the links that a plan declares. 0, or -1 when out of memory. */
int sim__declared_make(struct sim__declared *, const struct sim_plan *);
void sim__declared_free(struct sim__declared *);
/* The link declared between the components of two sites, or else between their zones, or else
 * between their regions; NULL: none. O(1). */
const struct sim_plan_link *sim__declared_between(const struct sim__declared *,
                                                  const struct sim_plan *, const struct sim__site *,
                                                  const struct sim__site *);

/* The links between two components, one for each pair of their sites, with *pair from 0; *link
 * NULL: none is declared. False past the last pair. O(1). */
bool sim__declared_next(const struct sim__declared *, const struct sim_plan *, uint32_t from,
                        uint32_t to, uint32_t *pair, const struct sim_plan_link **link);

/* Makes messages take the slow path, which checks for faults, or the fast one. */
void sim__link_impair(struct sim__link *, bool impaired);

#endif
