/* until.c - replications until intervals are narrow enough. */
#include "study/search/until.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

uint32_t sim_until_next(uint32_t n, uint32_t most)
{
    uint64_t next = n < SIM_UNTIL_FIRST ? SIM_UNTIL_FIRST : n + (n + 1ull) / 2;
    return next > most ? most : (uint32_t)next;
}

static double half_width(const struct sim_estimate *e)
{
    return fmax(e->high - e->mean, e->mean - e->low);
}

/* The half width divided by `to`. INFINITY: there is no interval, or `to` is 0. */
static double relative(const struct sim_estimate *e, double to)
{
    if (e->n < 2 || isnan(e->low))
        return INFINITY;
    bool alike = e->low == e->high ||
                 (e->method == SIM_BY_WILSON && (e->mean == 0 || e->mean == 1));
    if (alike)
        return 0;
    return to != 0 ? half_width(e) / fabs(to) : INFINITY;
}

bool sim_until_narrow(const struct sim_estimate *e, double relative_to, double target)
{
    return relative(e, relative_to) <= target / (1 + target);
}

static void take(struct sim_until_end *end, const struct sim_until *until,
                 const struct sim_estimate *e, double to, uint32_t at, const char *const name[3])
{
    double width = relative(e, to);
    if (e->n == 0) /* never observed: it has no interval to narrow */
        return;
    end->too_few = end->too_few || e->needs > 0;
    end->narrow = end->narrow && sim_until_narrow(e, to, until->target);
    if (end->metric[0] && width <= end->widest)
        return;
    end->widest = width;
    end->at = at;
    snprintf(end->metric, sizeof end->metric, "%s.%s.%s", name[0], name[1], name[2]);
}

static int look_at_cases(const struct sim_runs *runs, const struct sim_until *until,
                         struct sim_until_end *end)
{
    struct sim_aggregate *all = sim_aggregate_runs(runs);
    if (!all)
        return -1;
    for (uint32_t at = 0; at < runs->case_count; at++) {
        const struct sim_record *sample = all[at].sample;
        for (uint32_t m = 0; sample && m < sample->metric_count; m++) {
            bool asked = until->metric_count == 0 && sim_aggregate_is_shown(sample, m);
            for (uint32_t i = 0; i < until->metric_count; i++)
                asked = asked || sim_aggregate_metric(sample, until->metrics[i]) == m;
            const struct sim_metric *metric = &sample->metrics[m];
            const char *const name[3] = {metric->component, metric->meter, metric->stat};
            if (asked)
                take(end, until, &all[at].metrics[m], all[at].metrics[m].mean, at, name);
        }
    }
    sim_aggregate_free(all, runs->case_count);
    return 0;
}

static int look_at_differences(const struct sim_runs *runs, const struct sim_until *until,
                               struct sim_until_end *end)
{
    struct sim_comparison c;
    if (sim_compare_runs(runs, 0, 1, until->metrics, until->metric_count, until->resolution, &c))
        return -1;
    for (uint32_t i = 0; i < c.count; i++) {
        const struct sim_difference *d = &c.items[i];
        const char *const name[3] = {d->component, d->meter, d->stat};
        take(end, until, &d->change, d->a, 1, name);
    }
    sim_compare_free(&c);
    return 0;
}

int sim_until_run(struct sim_work_session *session, const struct sim_replicate_options *options,
                  const struct sim_until *until, struct sim_runs *runs, struct sim_until_end *end,
                  struct sim_error *error)
{
    struct sim_replicate_options more = *options;
    *end = (struct sim_until_end){.narrow = false};
    if (until->target > 0 && more.replications < SIM_UNTIL_FIRST)
        more.replications = sim_until_next(0, until->most);
    for (;;) {
        if (sim_replicate_more(session, &more, runs, error) != 0)
            return -1;
        if (!(until->target > 0) || runs->interrupted || runs->faults > 0)
            return 0;
        *end = (struct sim_until_end){.narrow = true};
        int status = until->compare ? look_at_differences(runs, until, end)
                                    : look_at_cases(runs, until, end);
        if (status != 0) {
            snprintf(error->text, sizeof error->text, "out of memory");
            return -1;
        }
        if (end->narrow || end->too_few || runs->replications >= until->most)
            return 0;
        more.replications = sim_until_next(runs->replications, until->most) - runs->replications;
    }
}
