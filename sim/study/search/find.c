/* find.c - finds a breaking point from noisy observations. */
#include "study/search/find.h"

#include "sim/random.h"

#include <math.h>

#define ERROR                                                                                      \
    (0.05 / (SIM_FIND_POINTS * SIM_FIND_LOOKS)) /* error probability of one look, on one side */
#define SURE_LOOKS 2 /* before this many looks the estimate is too rough to give up */
#define HOPELESS                                                                                   \
    0.4 /* share of the needed distance below which later looks are unlikely to decide */

/* ---- exact binomial tails ------------------------------------------------------------------ */

/* The sum of P(X = i), i from `from` to `to`. */
static double binomial(uint32_t from, uint32_t to, uint32_t n, double p)
{
    double sum = 0;
    if (p <= 0 || p >= 1)
        return (p <= 0 ? from == 0 : to == n) ? 1 : 0;
    for (uint32_t i = from; i <= to; i++)
        sum += sim_exp(sim_log_gamma(n + 1.0) - sim_log_gamma(i + 1.0) -
                       sim_log_gamma(n - i + 1.0) + i * sim_log(p) + (n - i) * sim_log1p(-p));
    return sum > 1 ? 1 : sum;
}

double sim_find_at_most(uint32_t k, uint32_t n, double p)
{
    return binomial(0, k, n, p);
}

double sim_find_at_least(uint32_t k, uint32_t n, double p)
{
    return binomial(k, n, n, p);
}

/* ---- one value ----------------------------------------------------------------------------- */

struct search {
    const struct sim_find_ask *ask;
    struct sim_find *found;
};

static bool is_on(const struct sim_find_ask *ask, double seen)
{
    double over = ask->direction * (seen - ask->bound);
    return ask->strict ? over > 0 : over >= 0;
}

static enum sim_find_verdict judge_share(const struct sim_find_ask *ask,
                                         const struct sim_estimate *e)
{
    if (e->n == 0 || e->needs > 0)
        return SIM_FIND_UNKNOWN;
    uint32_t yes = (uint32_t)(e->mean * e->n + 0.5);
    if (sim_find_at_least(yes, e->n, ask->probability) <= ERROR)
        return SIM_FIND_HOLDS;
    return sim_find_at_most(yes, e->n, ask->probability) <= ERROR ? SIM_FIND_BREAKS
                                                                  : SIM_FIND_UNKNOWN;
}

/* The verdict of an interval; unknown if nothing was observed. */
static enum sim_find_verdict judge(const struct sim_find_ask *ask, const struct sim_estimate *e)
{
    if (!isnan(ask->probability))
        return judge_share(ask, e);
    if (e->n < 2 || isnan(e->low))
        return SIM_FIND_UNKNOWN;
    if (is_on(ask, e->low) && is_on(ask, e->high))
        return SIM_FIND_HOLDS;
    return is_on(ask, e->low) || is_on(ask, e->high) ? SIM_FIND_UNKNOWN : SIM_FIND_BREAKS;
}

/* Whether `more` times as many replications are unlikely to decide, because the interval around the
 * same mean would still be far too wide. The value then stays undecided, which cannot mislead. More
 * replications do not help either if each has too few values for an interval (sample_size.h) or no
 * observation. */
static bool is_hopeless(const struct sim_find_ask *ask, const struct sim_estimate *e, double more)
{
    double bound = isnan(ask->probability) ? ask->bound : ask->probability;
    double half = (e->high - e->low) / 2;
    if (e->needs > 0 || e->n == 0)
        return true;
    return e->n >= 2 && fabs(e->mean - bound) < HOPELESS * half / sqrt(more);
}

static uint32_t left(const struct search *s)
{
    return s->ask->most_runs > s->found->runs ? s->ask->most_runs - s->found->runs : 0;
}

/* Runs more replications at a value until it is decided or no runs are left. */
static void look(struct search *s, struct sim_find_point *point)
{
    const struct sim_find_ask *ask = s->ask;
    uint32_t first = ask->first < SIM_FIND_LEAST ? SIM_FIND_LEAST : ask->first, next = first;
    struct sim_estimate e;
    for (int i = 0; i < SIM_FIND_LOOKS && point->verdict == SIM_FIND_UNKNOWN; i++, next *= 2) {
        uint32_t more = next - point->replications;
        if (i > 0 || !point->grid) {
            s->found->out_of_runs = more > left(s);
            if (s->found->out_of_runs)
                break;
        }
        if (ask->see(ask->self, point->x, next, 1 - 2 * ERROR, &e) != 0) {
            s->found->failed = true;
            return;
        }
        s->found->runs += more;
        point->replications = next;
        point->verdict = judge(ask, &e);
        if (point->verdict == SIM_FIND_UNKNOWN && (i >= SURE_LOOKS || e.needs > 0) &&
            is_hopeless(ask, &e, (double)(1u << (SIM_FIND_LOOKS - 1 - i))))
            break;
    }
    if (point->replications > 0 &&
        ask->see(ask->self, point->x, point->replications, SIM_LEVEL, &point->seen) != 0)
        s->found->failed = true;
}

/* Adds the value x in order and examines it. False: it was examined before, or there is no room or
 * no run left. */
static bool add(struct search *s, double x, bool grid)
{
    struct sim_find *found = s->found;
    uint32_t at = 0;
    while (at < found->point_count && found->points[at].x < x)
        at++;
    if ((at < found->point_count && found->points[at].x == x) ||
        found->point_count == SIM_FIND_POINTS)
        return false;
    struct sim_find_point point = {.x = x, .grid = grid};
    look(s, &point);
    if (found->failed || point.replications == 0)
        return false;
    for (uint32_t i = found->point_count; i > at; i--)
        found->points[i] = found->points[i - 1];
    found->points[at] = point;
    found->point_count++;
    return true;
}

/* ---- the whole ----------------------------------------------------------------------------- */

static double rounded(const struct sim_find_ask *ask, double x)
{
    x = ask->whole ? floor(x + 0.5) : x;
    return ask->round ? ask->round(ask->self, x) : x;
}

static double middle(const struct sim_find_ask *ask, double a, double b)
{
    return rounded(ask, ask->log ? sqrt(a) * sqrt(b) : a + (b - a) / 2);
}

/* The number of changes of the verdict over the range. *before and *after are the values around the
 * change. */
static uint32_t changes(const struct sim_find *found, uint32_t *before, uint32_t *after)
{
    uint32_t count = 0, last = UINT32_MAX;
    for (uint32_t i = 0; i < found->point_count; i++) {
        if (found->points[i].verdict == SIM_FIND_UNKNOWN)
            continue;
        if (last != UINT32_MAX && found->points[i].verdict != found->points[last].verdict) {
            count++;
            *before = last;
            *after = i;
        }
        last = i;
    }
    return count;
}

static enum sim_find_finding without_change(const struct sim_find *found)
{
    enum sim_find_verdict first = found->points[0].verdict;
    enum sim_find_verdict last = found->points[found->point_count - 1].verdict;
    if (first == SIM_FIND_UNKNOWN || last == SIM_FIND_UNKNOWN)
        return SIM_FIND_INCONCLUSIVE;
    return first == SIM_FIND_HOLDS ? SIM_FIND_ALL : SIM_FIND_NONE;
}

/* Chooses the next value: the middle, or if values in between are undecided, the middle of the
 * wider gap beside them. False: the remaining gaps are too narrow. */
static bool choose(const struct search *s, uint32_t before, uint32_t after, double *x)
{
    const struct sim_find *found = s->found;
    double a = found->points[before].x, b = found->points[after].x;
    if (after == before + 1) {
        *x = middle(s->ask, a, b);
        return *x > a && *x < b;
    }
    double inner_a = found->points[before + 1].x, inner_b = found->points[after - 1].x;
    bool low = s->ask->log ? inner_a / a > b / inner_b : inner_a - a > b - inner_b;
    double from = low ? a : inner_b, to = low ? inner_a : b;
    *x = middle(s->ask, from, to);
    bool worth = s->ask->log ? (to / from - 1) * 8 > b / a - 1 : (to - from) * 8 > b - a;
    return worth && *x > from && *x < to;
}

static bool is_narrow(const struct sim_find_ask *ask, double a, double b)
{
    return (ask->whole && b - a <= 1) || b - a <= ask->within * fabs(a + b) / 2;
}

static void bisect(struct search *s)
{
    struct sim_find *found = s->found;
    for (;;) {
        uint32_t before = 0, after = 0;
        double x;
        changes(found, &before, &after);
        found->low = found->points[before].x;
        found->high = found->points[after].x;
        found->holds_below = found->points[before].verdict == SIM_FIND_HOLDS;
        found->narrow = is_narrow(s->ask, found->low, found->high);
        if (found->narrow || !choose(s, before, after, &x) || !add(s, x, false))
            return;
    }
}

struct sim_find sim_find_run(const struct sim_find_ask *ask)
{
    struct sim_find found = {.finding = SIM_FIND_INCONCLUSIVE};
    struct search s = {ask, &found};
    double mid = middle(ask, ask->low, ask->high);
    uint32_t before, after;
    add(&s, ask->low, true);
    add(&s, ask->high, true);
    add(&s, mid, true);
    add(&s, middle(ask, ask->low, mid), true);
    add(&s, middle(ask, mid, ask->high), true);
    if (found.failed)
        return found;
    uint32_t count = changes(&found, &before, &after);
    found.finding = count == 0   ? without_change(&found)
                    : count == 1 ? SIM_FIND_POINT
                                 : SIM_FIND_NOT_MONOTONE;
    if (found.finding == SIM_FIND_POINT)
        bisect(&s);
    return found;
}
