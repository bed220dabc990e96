/* refill.c - recomputations under way, tokens, and reads that wait. */
#include "sim/refill.h"

#include "sim/trace.h"

#include <assert.h>

/* What a store knows of a key. The record exists while a recomputation is under way or a token is
 * valid; after a token expired, until the key is next looked up. */
struct about {
    struct sim_table_link link;
    uint64_t token; /* 0: none */
    sim_time expires;
    uint32_t running;
};

int sim_refill_init(struct sim_refills *r, const struct sim_node *node)
{
    r->last_token = 0;
    return sim_table_map_init(&r->keys, node, sizeof(struct about));
}

static struct about *find_or_add(struct sim_refills *r, uint64_t key)
{
    struct about *about = sim_table_map_find(&r->keys, key);
    return about ? about : sim_table_map_add(&r->keys, key);
}

static void drop_if_idle(struct sim_refills *r, struct about *about)
{
    if (about->running == 0 && about->token == 0)
        sim_table_map_drop(&r->keys, about);
}

uint32_t sim_refill_running(const struct sim_refills *r, uint64_t key)
{
    const struct about *about = sim_table_map_find(&r->keys, key);
    return about ? about->running : 0;
}

uint64_t sim_refill_take(struct sim_refills *r, uint64_t key, sim_time now, sim_time lasts)
{
    struct about *about = find_or_add(r, key);
    if (!about || (about->token != 0 && now < about->expires))
        return 0;
    about->token = ++r->last_token;
    about->expires = now + lasts;
    return about->token;
}

bool sim_refill_holds(const struct sim_refills *r, uint64_t key, uint64_t token, sim_time now)
{
    const struct about *about = sim_table_map_find(&r->keys, key);
    return about && about->token != 0 && (token == 0 || about->token == token) &&
           now < about->expires;
}

void sim_refill_void(struct sim_refills *r, uint64_t key)
{
    struct about *about = sim_table_map_find(&r->keys, key);
    if (!about)
        return;
    about->token = 0;
    drop_if_idle(r, about);
}

void sim_refill_void_all(struct sim_refills *r)
{
    sim_table_map_clear(&r->keys);
}

/* ---- of one node -------------------------------------------------------------------------- */

struct waiter {
    struct waiter *next;
    sim_call_id call;
};

struct crowd {
    struct sim_table_link link;
    struct waiter *first, *last;
};

int sim_refill_node_init(struct sim_refiller *r, struct sim_node *node, struct sim_refills *store,
                         sim_refill_look *look_again)
{
    r->node = node;
    r->store = store;
    r->look_again = look_again;
    r->retry_lane = sim_lane(node->sim, r->retry_wait);
    if (!r->retry_lane)
        return -1;
    sim_table_pool_init(&r->pool, node, sizeof(struct sim_refill));
    sim_table_pool_init(&r->waiters, node, sizeof(struct waiter));
    return sim_table_map_init(&r->crowds, node, sizeof(struct crowd));
}

struct sim_refill *sim_refill_begin(struct sim_refiller *r, uint64_t key, sim_call_id call,
                                    uint64_t token)
{
    struct sim_refill *refill = sim_table_pool_take(&r->pool);
    struct about *about = refill ? find_or_add(r->store, key) : NULL;
    if (!about)
        return NULL;
    sim_time now = sim_now(r->node->sim);
    *refill = (struct sim_refill){r->refills, &r->refills, call, now, key, token, ++about->running};
    if (refill->next)
        refill->next->here = &refill->next;
    r->refills = refill;
    sim_count(&r->recomputes);
    sim_count_by(&r->episodes, refill->running == 1);
    sim_histogram_record(&r->herd, refill->running);
    sim_gauge_add(&r->recomputing, now, 1);
    return refill;
}

static void end_in_store(struct sim_refills *store, const struct sim_refill *refill)
{
    struct about *about = sim_table_map_find(&store->keys, refill->key);
    assert(about != NULL && about->running > 0 && "it is under way until it ends");
    about->running--;
    if (about->token == refill->token)
        about->token = 0;
    drop_if_idle(store, about);
}

static void waits(struct sim_refiller *r, int change)
{
    assert(r->waiting.value + change >= 0);
    sim_gauge_add(&r->waiting, sim_now(r->node->sim), change);
}

static void disperse(struct sim_refiller *r, uint64_t key, struct sim_reply reply)
{
    struct crowd *crowd = sim_table_map_find(&r->crowds, key);
    if (!crowd)
        return;
    struct waiter *waiter = crowd->first;
    sim_table_map_drop(&r->crowds, crowd);
    while (waiter) {
        struct waiter *next = waiter->next;
        waits(r, -1);
        sim_answer(r->node, waiter->call, reply);
        sim_table_pool_give(&r->waiters, waiter);
        waiter = next;
    }
}

void sim_refill_end(struct sim_refiller *r, struct sim_refill *refill, struct sim_reply reply)
{
    assert(*refill->here == refill && r->recomputing.value > 0);
    end_in_store(r->store, refill);
    sim_gauge_add(&r->recomputing, sim_now(r->node->sim), -1);
    *refill->here = refill->next;
    if (refill->next)
        refill->next->here = refill->here;
    if (refill->call.key != 0)
        sim_answer(r->node, refill->call, reply);
    if (r->crowds.pool.taken > 0)
        disperse(r, refill->key, reply);
    sim_table_pool_give(&r->pool, refill);
}

/* Joins the crowd of a key, and returns true; false: there was none, and one is made. */
static bool join(struct sim_refiller *r, uint64_t key, sim_call_id call)
{
    struct crowd *crowd = sim_table_map_find(&r->crowds, key);
    if (!crowd) {
        sim_table_map_add(&r->crowds, key);
        return false;
    }
    struct waiter *waiter = sim_table_pool_take(&r->waiters);
    if (!waiter)
        return true;
    *waiter = (struct waiter){.call = call};
    if (crowd->last)
        crowd->last->next = waiter;
    else
        crowd->first = waiter;
    crowd->last = waiter;
    waits(r, 1);
    sim_spend(r->node, call, SIM_SPENT_REFRESH);
    return true;
}

static void retry(struct sim *sim, void *self, sim_arg arg)
{
    (void)sim;
    struct sim_refiller *r = self;
    sim_call_id call = {arg.u};
    const struct sim_request *request = sim_call_request(r->node, call);
    if (!request) /* the call was lost in a crash meanwhile */
        return;
    waits(r, -1);
    sim_spend(r->node, call, SIM_SPENT_SERVICE);
    r->look_again(r->node, call, request);
}

bool sim_refill_may(struct sim_refiller *r, enum sim_refill_rule rule, uint64_t key,
                    sim_call_id call, uint64_t *token)
{
    *token = 0;
    if (rule == SIM_REFILL_ONE_PER_NODE)
        return !join(r, key, call);
    if (rule == SIM_REFILL_EACH)
        return true;
    *token = sim_refill_take(r->store, key, sim_now(r->node->sim), r->token_ttl);
    if (*token)
        return true;
    waits(r, 1);
    sim_spend(r->node, call, SIM_SPENT_LOCK);
    sim_after_lane(r->node->sim, r->retry_lane, retry, r, (sim_arg){.u = call.key});
    return false;
}

void sim_refill_crash(struct sim_refiller *r)
{
    for (struct sim_refill *refill = r->refills; refill; refill = refill->next) {
        refill->token = UINT64_MAX;
        end_in_store(r->store, refill);
    }
    r->refills = NULL;
    sim_table_pool_reset(&r->pool);
    sim_table_pool_reset(&r->waiters);
    sim_table_map_clear(&r->crowds);
    sim_gauge_set(&r->recomputing, sim_now(r->node->sim), 0);
    sim_gauge_set(&r->waiting, sim_now(r->node->sim), 0);
}

const char *sim_refill_check(const struct sim_refiller *r)
{
    uint32_t under_way = 0;
    for (const struct sim_refill *refill = r->refills; refill; refill = refill->next)
        under_way++;
    if (under_way != r->recomputing.value || under_way != r->pool.taken)
        return "recomputations under way are not those counted";
    if (r->crowds.pool.taken > under_way)
        return "a crowd waits for a recomputation that is not under way";
    if (r->waiting.value < r->waiters.taken)
        return "readers who wait are not those counted";
    return NULL;
}
