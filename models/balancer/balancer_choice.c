/* balancer_choice.c - one of the open nodes: at random, in turn, by requests out, or by key.
 *
 * While weights differ (targets of unequal shares, or a slow start): at random in proportion to
 * them; in turn by the smooth weighted round robin of nginx, whose shares are exact over a cycle
 * and which never sends a burst to the heaviest; by requests out, the least of (out + 1) / weight,
 * as HAProxy's leastconn has it; of d nodes drawn by weight, the least of the same. */
#include "models/balancer/balancer.h"

#include <math.h>

static bool by_weight(const struct balancer *b, sim_time now)
{
    return b->uneven || now < b->ramps_until;
}

/* What is compared: requests out, or what they are in proportion to the weight. */
static double load_of(const struct balancer *b, uint32_t place, bool weighed, sim_time now)
{
    double out = b->places[place].out;
    return weighed ? (out + 1) / sim__balancer_weight(b, place, now) : out;
}

/* A position in .open, from `first` on. */
static uint32_t drawn(struct balancer *b, uint32_t first, bool weighed, sim_time now)
{
    if (!weighed)
        return first + (uint32_t)sim_draw_below(&b->choice, b->open_count - first);
    double all = 0;
    for (uint32_t i = first; i < b->open_count; i++)
        all += sim__balancer_weight(b, b->open[i], now);
    double left = all * sim_draw_uniform(&b->choice);
    for (uint32_t i = first; i + 1 < b->open_count; i++) {
        left -= sim__balancer_weight(b, b->open[i], now);
        if (left < 0)
            return i;
    }
    return b->open_count - 1;
}

static void swap(struct balancer *b, uint32_t i, uint32_t j)
{
    uint32_t place = b->open[i];
    b->open[i] = b->open[j];
    b->open[j] = place;
    b->places[b->open[i]].at = i;
    b->places[b->open[j]].at = j;
}

/* The one of fewest requests out; of several, each as likely. O(nodes). */
static uint32_t fewest(struct balancer *b, bool weighed, sim_time now)
{
    uint32_t best = b->open[0], ties = 1;
    double least = load_of(b, best, weighed, now);
    for (uint32_t i = 1; i < b->open_count; i++) {
        double load = load_of(b, b->open[i], weighed, now);
        if (load > least)
            continue;
        ties = load < least ? 1 : ties + 1;
        if (ties == 1 || sim_draw_below(&b->choice, ties) == 0)
            best = b->open[i];
        least = load;
    }
    return best;
}

/* The at-th position of those not yet picked, which are kept in order; it is picked now. */
static uint32_t pick(struct balancer *b, uint32_t at, uint32_t count)
{
    uint32_t k = 0;
    for (; k < count && b->picked[k] <= at; k++)
        at++;
    for (uint32_t j = count; j > k; j--)
        b->picked[j] = b->picked[j - 1];
    b->picked[k] = at;
    return at;
}

/* The best of d, the first picked where they are equal: of different ones, or each drawn from all.
 * O(d^2), while weights differ O(d nodes). */
static uint32_t best_of_d(struct balancer *b, bool weighed, sim_time now)
{
    uint32_t n = b->open_count, d = (uint32_t)b->choices, best = 0;
    if (!b->replacement && d > n)
        d = n;
    for (uint32_t i = 0; i < d; i++) {
        uint32_t at;
        if (b->replacement) {
            at = drawn(b, 0, weighed, now);
        } else if (weighed) {
            swap(b, i, drawn(b, i, true, now));
            at = i;
        } else {
            at = pick(b, (uint32_t)sim_draw_below(&b->choice, n - i), i);
        }
        uint32_t place = b->open[at];
        if (i == 0 || load_of(b, place, weighed, now) < load_of(b, best, weighed, now))
            best = place;
    }
    return best;
}

/* Where its key belongs; when that is not open or has no room by the bound, the first from there on
 * that is and has. (Some has: were all at the bound, more would be out there than are out.) */
static uint32_t by_key(struct balancer *b, const struct sim_request *request)
{
    if (request->space == NULL || request->key == SIM_NO_KEY)
        return b->open[drawn(b, 0, false, 0)];
    uint64_t at = sim_ring_find(&b->ring, sim_ring_hash(request->key)), first = at;
    double most = INFINITY;
    if (b->bound > 0)
        most = ceil(b->bound * (b->out + 1) / b->open_count);
    while (!is_open(b, b->ring.points[at].place) || b->places[b->ring.points[at].place].out >= most)
        at = at + 1 < b->ring.count ? at + 1 : 0;
    sim_count_by(&b->deflected, b->ring.points[at].place != b->ring.points[first].place);
    return b->ring.points[at].place;
}

/* O(1), but for places that are not open. */
static uint32_t next_in_turn(struct balancer *b)
{
    uint32_t turn;
    do {
        turn = b->turn;
        b->turn = turn + 1 < b->count ? turn + 1 : 0;
    } while (!is_open(b, turn));
    return turn;
}

/* Each gains its weight; who has most is next, and pays what all gained. O(nodes). */
static uint32_t next_by_weight(struct balancer *b, sim_time now)
{
    uint32_t best = NO_PLACE;
    double all = 0;
    for (uint32_t i = 0; i < b->count; i++) {
        if (!is_open(b, i))
            continue;
        double weight = sim__balancer_weight(b, i, now);
        all += weight;
        b->turns[i] += weight;
        if (best == NO_PLACE || b->turns[i] > b->turns[best])
            best = i;
    }
    b->turns[best] -= all;
    return best;
}

static uint32_t choose(struct balancer *b, const struct sim_request *request)
{
    sim_time now = sim_now(b->node.sim);
    bool weighed = by_weight(b, now);
    switch (b->policy) {
    case RANDOM: return b->open[drawn(b, 0, weighed, now)];
    case LEAST_CONNECTIONS: return fewest(b, weighed, now);
    case POWER_OF_D: return best_of_d(b, weighed, now);
    case CONSISTENT_HASH: return by_key(b, request);
    default: return weighed ? next_by_weight(b, now) : next_in_turn(b);
    }
}

uint32_t sim__balancer_choose(struct balancer *b, const struct sim_request *request,
                              const struct tried *tried)
{
    uint32_t all = b->open_count, left = all;
    if (all == 0)
        return NO_PLACE;
    for (; tried; tried = tried->next) /* those stand last, and are no longer counted */
        if (b->places[tried->place].at < left)
            swap(b, b->places[tried->place].at, --left);
    b->open_count = left > 0 ? left : all; /* all were tried: it begins anew */
    uint32_t place = choose(b, request);
    b->open_count = all;
    return place;
}

int sim__balancer_ring_init(struct balancer *b)
{
    struct sim_ring_point *points = sim_node_alloc(&b->node, (size_t)b->count * (size_t)b->points,
                                                   sizeof *points);
    const char **names = sim_node_alloc(&b->node, b->count, sizeof *names);
    double *weights = sim_node_alloc(&b->node, b->count, sizeof *weights);
    if (!points || !names || !weights)
        return -1;
    for (uint32_t i = 0; i < b->count; i++) {
        names[i] = sim_port_node_name(&b->to, b->places[i].target, b->places[i].node);
        weights[i] = b->places[i].weight;
    }
    sim_ring_make(&b->ring, points, names, b->uneven ? weights : NULL, b->count,
                  (uint32_t)b->points);
    return 0;
}
