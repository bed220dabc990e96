/* arrivals_day.c - a rate that repeats every day, or in another period: a cosine with its peak at a
 * given hour, or factors at given hours joined by straight lines.
 *
 * Both are made of straight pieces, whose integral is inverted exactly. The cosine has 288 pieces
 * between its exact values, off by at most (2 pi / 288)^2 / 8 = 6e-5 of its amplitude; its mean
 * over the period is exact. */
#include "load/arrivals_state.h"

#include <math.h>

enum { PIECES = 288 }; /* of the cosine; five minutes each, if the period is a day */

static const struct sim_param factor_params[] = {
    SIM_ROW(.name = "at", .kind = SIM_TIME, .offset = offsetof(struct sim_arrivals_factor, at),
            .flags = SIM_REQUIRED, .doc = "When, within the period."),
    SIM_ROW(.name = "factor", .kind = SIM_NUMBER,
            .offset = offsetof(struct sim_arrivals_factor, factor), .flags = SIM_REQUIRED,
            .doc = "The rate there over \"rate\"."),
    {0},
};

const struct sim_param sim_arrivals_day_params[] = {
    SIM_ROW(.name = "rate", .kind = SIM_RATE, .offset = offsetof(struct sim_arrivals_day, rate),
            .flags = SIM_REQUIRED,
            .doc =
                "Requests per second: the mean of a cosine; with factors, the rate at factor 1."),
    SIM_ROW(.name = "peak_to_trough", .kind = SIM_NUMBER,
            .offset = offsetof(struct sim_arrivals_day, peak_to_trough), .low = 1, .high = 1e9,
            .flags = SIM_OPTIONAL,
            .doc = "The cosine's highest rate over its lowest; this or factors."),
    SIM_ROW(.name = "peak_at", .kind = SIM_TIME,
            .offset = offsetof(struct sim_arrivals_day, peak_at), .flags = SIM_OPTIONAL,
            .doc = "The cosine: when it is highest, within the period; left out: as the run "
                   "begins."),
    SIM_ROW(.name = "factors", .kind = SIM_LIST,
            .offset = offsetof(struct sim_arrivals_day, factors), .flags = SIM_OPTIONAL,
            .fields = factor_params, .size = sizeof(struct sim_arrivals_factor),
            .doc = "In place of the cosine: factors, with straight lines between, the last to the "
                   "first."),
    SIM_ROW(.name = "period", .kind = SIM_TIME, .offset = offsetof(struct sim_arrivals_day, period),
            .by_default = "24h", .low = 1e9, .high = 1e18,
            .doc = "After which it repeats; the run begins at its beginning.",
            .source = "chosen: a day, by which most loads of people go"),
    {0},
};

const char *sim__day_check(const struct sim_arrivals_day *day)
{
    const struct sim_arrivals_factor *f = day->factors.items;
    double most = 0;
    if ((day->factors.count > 0) == (day->peak_to_trough > 0))
        return "a day is given by either \"peak_to_trough\" or \"factors\"";
    if (day->factors.count > 0 && day->peak_at > 0)
        return "\"peak_at\" is of the cosine: with \"factors\" leave it out";
    if (day->peak_at >= day->period)
        return "\"peak_at\" must be within the period";
    for (size_t i = 0; i < day->factors.count; i++) {
        if (i > 0 && f[i].at <= f[i - 1].at)
            return "the times of the day's factors must increase";
        if (f[i].at >= day->period)
            return "the times of the day's factors must be within the period";
        most = fmax(most, f[i].factor);
    }
    if (day->factors.count > 0 && !(most > 0))
        return "one of the day's factors must be above 0";
    return NULL;
}

static double amplitude(const struct sim_arrivals_day *day)
{
    return (day->peak_to_trough - 1) / (day->peak_to_trough + 1);
}

double sim__day_most(const struct sim_arrivals_day *day)
{
    const struct sim_arrivals_factor *f = day->factors.items;
    double most = day->factors.count > 0 ? 0 : 1 + amplitude(day);
    for (size_t i = 0; i < day->factors.count; i++)
        most = fmax(most, f[i].factor);
    return day->rate > 0 ? day->rate * most : 0;
}

/* The cosine of an angle in turns, to about 1e-15: its series, on an eighth of a turn to either
 * side. */
static double cosine(double turns)
{
    const double two_pi = 6.283185307179586476925;
    turns = fabs(turns - floor(turns + 0.5)); /* 0 to 1/2 */
    bool far = turns > 0.25;                  /* cos x = -cos(pi - x) */
    double x = two_pi * (far ? 0.5 - turns : turns), term = 1, sum = 1;
    for (int k = 2; k <= 24; k += 2) {
        term *= -x * x / (double)(k * (k - 1));
        sum += term;
    }
    return far ? -sum : sum;
}

/* The i-th knot: its time within the period, and the rate there in requests per ns. */
static sim_time knot(const struct sim_arrivals_day *day, size_t i, double *rate)
{
    const struct sim_arrivals_factor *f = day->factors.items;
    double factor;
    sim_time at;
    if (day->factors.count > 0) {
        at = f[i].at;
        factor = f[i].factor;
    } else {
        int64_t k = (int64_t)i;
        at = day->period / PIECES * k + day->period % PIECES * k / PIECES;
        double turns = (double)k / PIECES - (double)day->peak_at / (double)day->period;
        factor = 1 + amplitude(day) * cosine(turns);
    }
    *rate = day->rate * 1e-9 * factor;
    return at;
}

/* Requests per ns at a time of the period. */
static double rate_at(const struct sim_arrivals_day *day, sim_time phase)
{
    size_t count = day->factors.count > 0 ? day->factors.count : PIECES, i = 0;
    double rate, next_rate;
    while (i < count && knot(day, i, &rate) <= phase)
        i++;
    sim_time from = knot(day, (i + count - 1) % count, &rate);
    sim_time until = knot(day, i % count, &next_rate);
    sim_time length = until > from ? until - from : until - from + day->period;
    sim_time past = phase >= from ? phase - from : phase - from + day->period;
    return rate + (next_rate - rate) * (double)past / (double)length;
}

double sim__day_mean(const struct sim_arrivals_day *day, sim_time duration)
{
    double sum = 0;
    sim_time length = duration < day->period ? duration : day->period;
    for (int i = 0; i < PIECES && day->rate > 0; i++)
        sum += rate_at(day, (sim_time)((double)length * (i + 0.5) / PIECES));
    return sum / PIECES * 1e9;
}

/* Makes the pieces of one period, from 0 on. If the first knot is after 0, the line from the last
 * knot of the period before covers the beginning and the end of the period. */
int sim__day_begin(struct sim_arrivals *a, const struct sim_node *node)
{
    const struct sim_arrivals_day *day = &a->day;
    size_t count = day->factors.count > 0 ? day->factors.count : PIECES, n = 0;
    double first_rate, last_rate;
    sim_time first = knot(day, 0, &first_rate), last = knot(day, count - 1, &last_rate);
    double closing = (first_rate - last_rate) / (double)(first + day->period - last);
    a->knots = sim_node_alloc(node, count + 1, sizeof *a->knots);
    if (!a->knots)
        return -1;
    if (first > 0)
        a->knots[n++] = (struct sim_arrivals_piece){0, first, first_rate - closing * (double)first,
                                                    closing};
    for (size_t i = 0; i < count; i++) {
        struct sim_arrivals_piece *p = &a->knots[n++];
        p->from = knot(day, i, &p->rate);
        p->until = day->period;
        p->slope = closing;
        if (i + 1 == count)
            continue;
        double next_rate;
        p->until = knot(day, i + 1, &next_rate);
        p->slope = (next_rate - p->rate) / (double)(p->until - p->from);
    }
    a->knot_count = n;
    return 0;
}

void sim__day_advance(const struct sim_arrivals *a, struct sim_arrivals_walk *w, sim_time from)
{
    sim_time phase = from % a->day.period, begin = from - phase;
    if (phase < a->knots[w->at].from)
        w->at = 0;
    while (a->knots[w->at].until <= phase)
        w->at++;
    w->piece = a->knots[w->at];
    w->piece.from += begin;
    w->piece.until += begin;
}
