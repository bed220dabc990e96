/* cache.h - what the files of the cache share; nothing outside of this folder includes it.
 *
 *   cache.c           the model's table: parameters, meters, hooks; which way a request goes
 *   cache_read.c      a read is looked up: hit, miss, recomputed early
 *   cache_write.c     what is passed on to the origin, and what a write drops when it returns
 *   cache_stampede.c  who recomputes a key that is missed, and who is served an expired value */
#ifndef MODELS_CACHE_H
#define MODELS_CACHE_H

#include "sim/model.h"

enum { NONE, SINGLE_FLIGHT, LOCK, LEASE, XFETCH, REVALIDATE }; /* stampede */
enum { INVALIDATE, IGNORE };                                   /* on_write */

struct cache {
    struct sim_node node;
    struct sim_port origin;
    struct sim_entries kept;
    struct sim_refiller refiller;
    int stampede, on_write;
    double beta;
    struct sim_dist lookup_time;
    bool lease_stale;

    struct sim_stream times, early;
    struct sim_lane *lookup_lane; /* NULL unless lookup_time is constant and above 0 */
    struct sim_counter lookups, hits, misses, recomputed_early, stale_served, sets_dropped,
        forwarded;
    struct sim_histogram earliness;
};

/* ---- cache_read.c ---------------------------------------------------------------------------- */

/* A read of a key that the cache covers arrives. Lookup_time later it is a hit, a miss or early. */
void sim__cache_read(struct cache *, sim_call_id, const struct sim_request *);
/* A read that waited for a token is looked up again; it is not counted once more. */
void sim__cache_look_again(struct sim_node *, sim_call_id, const struct sim_request *);

/* ---- cache_write.c --------------------------------------------------------------------------- */

/* Passes a request to the origin and its answer back. */
void sim__cache_forward(struct cache *, sim_call_id, const struct sim_request *);

/* ---- cache_stampede.c ------------------------------------------------------------------------ */

/* A read misses: it recomputes the key, or waits for another that does, as `stampede` has it. */
void sim__cache_miss(struct cache *, sim_call_id, const struct sim_request *);
/* XFetch: whether a read that found a fresh value, `left` before its expiry, recomputes it. If so,
 * the recomputation has begun. */
bool sim__cache_recomputes_early(struct cache *, uint32_t place, sim_time left, sim_call_id,
                                 const struct sim_request *);
/* Whether a value may be given to a reader that long after its expiry. Starts a refresh where one
 * is due. */
bool sim__cache_serves_stale(struct cache *, const struct sim_request *, sim_time expired_for);

#endif
