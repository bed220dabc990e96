/* arrivals_modulated.c - a rate that is the state of a Markov chain: the Markov-modulated Poisson
 * process (Fischer and Meier-Hellstern 1993, "The Markov-modulated Poisson process cookbook").
 *
 * The chain starts in its stationary state, computed by the elimination of Grassmann, Taksar and
 * Heyman (1985, "Regenerative analysis and steady state distributions for Markov chains"), which
 * has no subtractions. It moves by its own stream, independently of when it is looked at, so loads
 * with the same seed see the same states. */
#include "load/arrivals_state.h"

#include <math.h>
#include <string.h>

enum { STATES = 64 }; /* chosen: more than are ever fitted to measurements */

static const struct sim_param turn_params[] = {
    SIM_ROW(.name = "state", .kind = SIM_COUNT, .offset = offsetof(struct sim_arrivals_turn, state),
            .low = 1, .high = STATES, .flags = SIM_REQUIRED,
            .doc = "Which state, from 1, in the order of the list."),
    SIM_ROW(.name = "share", .kind = SIM_FRACTION,
            .offset = offsetof(struct sim_arrivals_turn, share), .flags = SIM_REQUIRED,
            .doc = "How often it is the next."),
    {0},
};

const struct sim_param sim_arrivals_state_params[] = {
    SIM_ROW(.name = "rate", .kind = SIM_RATE, .offset = offsetof(struct sim_arrivals_state, rate),
            .flags = SIM_REQUIRED, .doc = "Requests per second in this state."),
    SIM_ROW(.name = "dwell", .kind = SIM_TIME, .offset = offsetof(struct sim_arrivals_state, dwell),
            .low = 1, .flags = SIM_REQUIRED, .doc = "How long it lasts on average; exponential."),
    SIM_ROW(.name = "next", .kind = SIM_LIST, .offset = offsetof(struct sim_arrivals_state, next),
            .flags = SIM_OPTIONAL, .fields = turn_params, .size = sizeof(struct sim_arrivals_turn),
            .doc = "The states that may follow; left out: the next of the list, the first after "
                   "the last."),
    {0},
};

/* Row `i` of the chain's transition probabilities. */
static void row_of(const struct sim_list *list, size_t i, double row[STATES])
{
    const struct sim_arrivals_state *state = (const struct sim_arrivals_state *)list->items + i;
    const struct sim_arrivals_turn *turns = state->next.items;
    memset(row, 0, STATES * sizeof *row);
    if (state->next.count == 0)
        row[(i + 1) % list->count] = 1;
    for (size_t k = 0; k < state->next.count; k++)
        row[turns[k].state - 1] += turns[k].share;
}

static const char *check_turns(const struct sim_list *list)
{
    const struct sim_arrivals_state *states = list->items;
    for (size_t i = 0; i < list->count; i++) {
        const struct sim_arrivals_turn *turns = states[i].next.items;
        double sum = 0;
        for (size_t k = 0; k < states[i].next.count; k++) {
            if (turns[k].state > (int64_t)list->count)
                return "\"next\" names a state that \"modulated\" does not have: they count from 1";
            sum += turns[k].share;
        }
        if (states[i].next.count > 0 && fabs(sum - 1) > 1e-9)
            return "the shares of each \"next\" must add up to 1";
    }
    return NULL;
}

/* Whether every state leads to every other, by the transitive closure (Warshall 1962). */
static bool connected(const struct sim_list *list)
{
    uint64_t reach[STATES] = {0}, all = ~UINT64_C(0) >> (STATES - list->count);
    double row[STATES];
    for (size_t i = 0; i < list->count; i++) {
        row_of(list, i, row);
        for (size_t k = 0; k < list->count; k++)
            reach[i] |= (uint64_t)(row[k] > 0) << k;
    }
    for (size_t via = 0; via < list->count; via++)
        for (size_t i = 0; i < list->count; i++)
            if (reach[i] >> via & 1)
                reach[i] |= reach[via];
    for (size_t i = 0; i < list->count; i++)
        if (reach[i] != all)
            return false;
    return true;
}

const char *sim__modulated_check(const struct sim_list *list)
{
    if (list->count < 2 || list->count > STATES)
        return "\"modulated\" has from 2 to 64 states: for one take \"rate\"";
    const char *why = check_turns(list);
    if (!why && !connected(list))
        why = "every state of \"modulated\" must lead to every other, by \"next\"";
    return why || sim__modulated_most(list) > 0 ? why : "no state of \"modulated\" has a rate";
}

double sim__modulated_most(const struct sim_list *list)
{
    const struct sim_arrivals_state *states = list->items;
    double most = 0;
    for (size_t i = 0; i < list->count; i++)
        most = fmax(most, states[i].rate);
    return most;
}

/* The stationary probabilities, up to a factor. */
static void stationary(const struct sim_list *list, double weight[STATES])
{
    const struct sim_arrivals_state *states = list->items;
    double flow[STATES][STATES]; /* transitions per ns */
    size_t n = list->count;
    for (size_t i = 0; i < n; i++) {
        row_of(list, i, flow[i]);
        for (size_t k = 0; k < n; k++)
            flow[i][k] /= (double)states[i].dwell;
    }
    for (size_t last = n; last-- > 1;) { /* the chain as seen only outside of state `last` */
        double leaving = 0;
        for (size_t k = 0; k < last; k++)
            leaving += flow[last][k];
        for (size_t i = 0; i < last; i++)
            flow[i][last] /= leaving;
        for (size_t i = 0; i < last; i++)
            for (size_t k = 0; k < last; k++)
                if (k != i)
                    flow[i][k] += flow[i][last] * flow[last][k];
    }
    weight[0] = 1;
    for (size_t i = 1; i < n; i++) {
        weight[i] = 0;
        for (size_t k = 0; k < i; k++)
            weight[i] += weight[k] * flow[k][i];
    }
}

double sim__modulated_mean(const struct sim_list *list)
{
    const struct sim_arrivals_state *states = list->items;
    double weight[STATES], sum = 0, rate = 0;
    if (list->count == 0)
        return 0;
    stationary(list, weight);
    for (size_t i = 0; i < list->count; i++) {
        sum += weight[i];
        rate += weight[i] * states[i].rate;
    }
    return rate / sum;
}

/* Draws an index with probabilities in proportion to the weights. */
static size_t pick(const double *weights, size_t count, struct sim_stream *stream)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += weights[i];
    double u = sum * sim_draw_uniform(stream);
    size_t i = 0;
    while (i + 1 < count && (u >= weights[i] || !(weights[i] > 0)))
        u -= weights[i++];
    return i;
}

static void enter(const struct sim_arrivals *a, struct sim_arrivals_walk *w, size_t state,
                  sim_time at)
{
    const struct sim_arrivals_state *s = (const struct sim_arrivals_state *)a->modulated.items +
                                         state;
    sim_time stay = sim_time_nearest((double)s->dwell * sim_draw_exponential(&w->states));
    w->at = state;
    w->piece = (struct sim_arrivals_piece){at, at < SIM_DRAW_TIME_MAX ? at + stay : SIM_NEVER,
                                           s->rate * 1e-9, 0};
}

void sim__modulated_begin(struct sim_arrivals *a)
{
    double weight[STATES];
    stationary(&a->modulated, weight);
    enter(a, &a->walk, pick(weight, a->modulated.count, &a->walk.states), 0);
}

void sim__modulated_advance(const struct sim_arrivals *a, struct sim_arrivals_walk *w,
                            sim_time from)
{
    const struct sim_arrivals_state *states = a->modulated.items;
    for (uint32_t pieces = 0; w->piece.until <= from; pieces++) {
        if (sim__arrivals_stop(a, pieces)) {
            w->piece.until = SIM_NEVER;
            return;
        }
        size_t next = (w->at + 1) % a->modulated.count;
        if (states[w->at].next.count > 0) {
            double row[STATES];
            row_of(&a->modulated, w->at, row);
            next = pick(row, a->modulated.count, &w->states);
        }
        enter(a, w, next, w->piece.until);
    }
}
