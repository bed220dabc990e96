/* probe.c - the breaking point of a scenario: runs the replications that find.c needs. */
#include "study/search/probe_state.h"

#include "study/estimates/sample_size.h"
#include "study/estimates/wilson.h"
#include "study/store/store.h"
#include "study/study_state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An examined value with its runs. */
struct place {
    double x;
    struct sim_case it;
    struct sim_runs runs;
};

struct finder {
    struct sim_probe *probe;
    const struct sim_asked *asked;
    struct sim_expect expect; /* what is observed */
    double probability;
    struct place places[SIM_FIND_POINTS];
    uint32_t place_count;
    double *values; /* room for one per replication; owned */
};

/* ---- what all searches share --------------------------------------------------------------- */

int sim__probe_failed(struct sim_probe *probe, const char *why)
{
    snprintf(probe->why, sizeof probe->why, "%s", why);
    return -1;
}

int sim__probe_case(struct sim_probe *probe, const char *variant, const struct sim_vary *vary,
                    const double *values, uint32_t count, const struct sim_wanted *wanted,
                    struct sim_case *out)
{
    struct sim_diagnostics said = {.items = NULL};
    int status = sim_vary_case(probe->scenario, variant, vary, values, count, wanted, out, &said);
    out->cell = ++probe->cases;
    if (status != 0)
        snprintf(probe->why, sizeof probe->why, "%.150s: %.300s", out->name ? out->name : "",
                 said.count > 0 ? said.items[0].sentence : "out of memory");
    sim_diagnostics_free(&said);
    return status;
}

/* Registers the cases with their names in the store. */
static int name_cases(struct sim_probe *probe, const struct sim_vary *vary,
                      const struct sim_runs *runs, struct sim_error *error)
{
    uint32_t count = runs->cases[0].varied_count;
    const char **paths = calloc(count + 1u, sizeof *paths);
    for (uint32_t i = 0; paths && i < count; i++)
        paths[i] = vary[i].path;
    int status = paths ? sim_store_name(probe->options.store, probe->scenario, paths, count,
                                        runs->cases, runs->case_count, error)
                       : -1;
    if (!paths)
        snprintf(error->text, sizeof error->text, "out of memory");
    free(paths);
    return status;
}

int sim__probe_run(struct sim_probe *probe, const struct sim_vary *vary, struct sim_runs *runs,
                   uint32_t more)
{
    struct sim_replicate_options options = probe->options;
    struct sim_error error = {""};
    options.replications = more;
    options.metrics_only = runs->metrics_only;
    uint32_t first = runs->replications, finished = runs->finished, reused = runs->reused;
    if (options.store && first == 0 && name_cases(probe, vary, runs, &error) != 0)
        return sim__probe_failed(probe, error.text);
    int status = sim_replicate_more(probe->session, &options, runs, &error);
    probe->finished += runs->finished - finished;
    probe->reused += runs->reused - reused;
    if (status != 0)
        return sim__probe_failed(probe, error.text);
    for (uint32_t at = 0; at < runs->case_count; at++) {
        for (uint32_t r = first; r < runs->replications; r++) {
            const struct sim_run *run = &runs->runs[(size_t)at * runs->replications + r];
            if (run->state == SIM_RUN_FAULT || run->state == SIM_RUN_REFUSED) {
                snprintf(probe->why, sizeof probe->why, "%.150s, replication %u: %.300s",
                         runs->cases[at].name, r, run->why);
                return -1;
            }
            probe->audit_failed = probe->audit_failed || (run->record && !run->record->audit_held);
        }
    }
    return runs->interrupted ? sim__probe_failed(probe, "interrupted") : 0;
}

struct sim_expect sim__probe_expect(const struct sim_criterion *c)
{
    return (struct sim_expect){.that = c->that,
                               .at_most = NAN,
                               .at_least = NAN,
                               .equals = NAN,
                               .within = NAN,
                               .confidence = SIM_LEVEL,
                               .from = c->from,
                               .to = c->to};
}

bool sim__probe_says(const struct sim_criterion *c, double seen)
{
    double over = c->direction * (seen - c->bound); /* NAN (not observed) counts as no */
    return c->strict ? over > 0 : over >= 0;
}

void sim__probe_unit(struct sim_probe *probe, const struct sim_runs *runs,
                     const struct sim_wanted *wanted)
{
    for (uint32_t at = 0; at < runs->case_count; at++) {
        const struct sim_record *sample = sim_runs_sample(runs, at);
        const struct sim_metric *m =
            sample ? sim_aggregate_over(sample, wanted->that, wanted->from, wanted->to) : NULL;
        if (m)
            snprintf(probe->unit, sizeof probe->unit, "%s", m->unit);
    }
}

struct sim_wanted sim__probe_wanted(const struct sim_criterion *c)
{
    return (struct sim_wanted){.that = c->that, .from = c->from, .to = c->to};
}

void sim__probe_carry(const struct sim_criterion *c, const struct sim_runs *runs, uint32_t at,
                      struct sim_estimate *share)
{
    struct sim_expect expect = sim__probe_expect(c);
    const struct sim_record *sample = sim_runs_sample(runs, at);
    const struct sim_metric *m = sample ? sim_aggregate_over(sample, c->that, c->from, c->to)
                                        : NULL;
    double p = m ? sim_percentile_of(m->stat) : (double)NAN;
    struct sim_estimate one = {.n = 1};
    if (isnan(p) || share->n == 0)
        return;
    sim_carry_percentile(&one, p, sim__expect_values(&expect, runs, at), SIM_LEVEL);
    if (!(one.needs > 0))
        return;
    share->low = share->high = NAN;
    share->has = one.has;
    share->needs = one.needs;
}

/* ---- the breaking point -------------------------------------------------------------------- */

static struct place *place_at(struct finder *f, double x)
{
    for (uint32_t i = 0; i < f->place_count; i++) {
        if (f->places[i].x == x)
            return &f->places[i];
    }
    struct place *p = &f->places[f->place_count];
    p->x = x;
    const struct sim_wanted wanted = sim__probe_wanted(&f->asked->criterion);
    if (sim__probe_case(f->probe, f->asked->variant, f->asked->vary, &x, 1, &wanted, &p->it) != 0)
        return NULL;
    sim_runs_begin(&p->runs, &p->it, 1, true);
    f->place_count++;
    return p;
}

static struct sim_estimate share(const struct finder *f, const struct sim_runs *runs, double level)
{
    uint32_t yes = 0, trials = 0;
    for (uint32_t r = 0; r < runs->replications; r++) {
        double seen = sim_expect_observe(&f->expect, sim_runs_record(runs, 0, r));
        trials += isnan(seen) ? 0 : 1;
        yes += sim__probe_says(&f->asked->criterion, seen);
    }
    struct sim_estimate e = sim_wilson_trials(yes, trials, level);
    sim__probe_carry(&f->asked->criterion, runs, 0, &e);
    return e;
}

static int see(void *self, double x, uint32_t replications, double level, struct sim_estimate *e)
{
    struct finder *f = self;
    struct place *p = place_at(f, x);
    if (!p)
        return -1;
    if (replications > p->runs.replications &&
        sim__probe_run(f->probe, f->asked->vary, &p->runs, replications - p->runs.replications) !=
            0)
        return -1;
    double *values = realloc(f->values, replications * sizeof *values);
    if (!values)
        return sim__probe_failed(f->probe, "out of memory");
    f->values = values;
    f->expect.confidence = level;
    *e = isnan(f->probability) ? sim_expect_estimate(&f->expect, &p->runs, 0, values)
                               : share(f, &p->runs, level);
    const struct sim_wanted wanted = sim__probe_wanted(&f->asked->criterion);
    sim__probe_unit(f->probe, &p->runs, &wanted);
    return 0;
}

static double round_to(void *self, double x)
{
    const struct finder *f = self;
    return sim_vary_round(&f->asked->vary[0], x);
}

int sim_probe_find(struct sim_probe *probe, const struct sim_asked *asked,
                   const struct sim_find_settings *settings, struct sim_find *found)
{
    struct finder *f = calloc(1, sizeof *f);
    const struct sim_vary *v = &asked->vary[0];
    if (!f)
        return sim__probe_failed(probe, "out of memory");
    *f = (struct finder){.probe = probe,
                         .asked = asked,
                         .expect = sim__probe_expect(&asked->criterion),
                         .probability = settings->probability};
    struct sim_find_ask ask = {.low = v->low,
                               .high = v->high,
                               .log = v->log,
                               .whole = v->whole,
                               .bound = asked->criterion.bound,
                               .direction = asked->criterion.direction,
                               .strict = asked->criterion.strict,
                               .probability = settings->probability,
                               .first = probe->options.replications,
                               .most_runs = settings->most_runs,
                               .within = settings->within,
                               .round = round_to,
                               .see = see,
                               .self = f};
    *found = sim_find_run(&ask);
    for (uint32_t i = 0; i < f->place_count; i++)
        sim_runs_free(&f->places[i].runs);
    free(f->values);
    free(f);
    return found->failed ? -1 : 0;
}
