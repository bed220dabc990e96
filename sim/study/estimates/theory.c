/* theory.c - which closed form applies to a station, and what it predicts at the observed rate. It
 * is chosen by what the models declare (sim/queueing.h) and by how requests arrive (flows.h). A
 * form counts as exact only if its conditions are proved to hold. */
#include "study/estimates/theory.h"

#include "study/estimates/flows.h"
#include "study/estimates/student.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_QUEUE = 10000000 };

/* ---- the form -------------------------------------------------------------------------------- */

enum formula { MMC, MMCK, MG1, GGC, EKM1 };

struct station {
    const struct sim_queueing *q;
    const struct sim_flow_in *in;
    double rate, work, scv; /* at each node; s */
    bool exponential;
    enum formula formula;
};

static void none(struct sim_theory *t, const char *why)
{
    t->standing = SIM_THEORY_NONE;
    snprintf(t->form, sizeof t->form, "%s", "none");
    snprintf(t->why, sizeof t->why, "%s", why);
}

static void rough(struct sim_theory *t, const char *why)
{
    t->standing = SIM_THEORY_ROUGH;
    snprintf(t->why, sizeof t->why, "%s", why);
}

static struct sim_form form_at(const struct station *s, double rate)
{
    int64_t servers = s->q->servers;
    double arrivals = s->in->turn > 1 ? 1.0 / s->in->turn : 1;
    switch (s->formula) {
    case MMC: break;
    case MMCK: return sim_form_mmck(rate, s->work, servers, s->q->queue_limit);
    case MG1: return sim_form_mg1(rate, s->work, s->scv);
    case GGC: return sim_form_ggc(rate, arrivals, s->work, s->scv, servers);
    case EKM1: return sim_form_ekm1(rate, s->in->turn, s->work);
    }
    return sim_form_mmc(rate, s->work, servers);
}

static void with_a_limit(struct station *s, struct sim_theory *t)
{
    long long servers = s->q->servers, limit = s->q->queue_limit;
    bool any = limit == 0 || s->q->discipline == SIM_SHARING;
    s->formula = MMCK;
    if (!any && !s->exponential)
        none(t, "no form for a limited queue unless work is exponential");
    else if (s->q->discipline == SIM_PREEMPTIVE)
        none(t, "no form for a limited queue in which classes interrupt one another");
    else if (limit > LONGEST_QUEUE)
        none(t, "the queue's limit is too long to sum over");
    else
        snprintf(t->form, sizeof t->form, "M/%s/%lld/%lld%s", s->exponential ? "M" : "G", servers,
                 servers + limit, limit == 0 ? " (Erlang B)" : "");
}

static void without_a_limit(struct station *s, struct sim_theory *t)
{
    bool shares = s->q->discipline == SIM_SHARING;
    snprintf(t->form, sizeof t->form, "M/%s/%lld%s",
             shares           ? "G"
             : s->exponential ? "M"
             : s->scv < 1e-9  ? "D"
                              : "G",
             (long long)s->q->servers, shares ? ", processor sharing" : "");
    if (s->exponential || shares) {
        s->formula = MMC;
    } else if (s->q->discipline == SIM_PREEMPTIVE) {
        none(t, "classes interrupt one another, and work is not exponential");
    } else if (s->q->servers == 1) {
        s->formula = MG1;
    } else {
        s->formula = GGC;
        rough(t, "by Allen and Cunneen");
    }
}

/* Round-robin: each node gets every n-th of Poisson arrivals. */
static void dealt_in_turn(struct station *s, struct sim_theory *t)
{
    s->formula = s->exponential && s->q->servers == 1 ? EKM1 : GGC;
    snprintf(t->form, sizeof t->form, "E%u/%s/%lld", s->in->turn, s->exponential ? "M" : "G",
             (long long)s->q->servers);
    if (s->formula == GGC)
        rough(t, "by Allen and Cunneen");
}

static void choose(struct station *s, struct sim_theory *t)
{
    bool limited = s->q->queue_limit != SIM_NO_LIMIT;
    t->standing = SIM_THEORY_EXACT;
    if (!limited && !(s->rate * s->work < (double)s->q->servers))
        none(t, "more work comes than the servers can do");
    else if (s->in->turn > 1 && limited)
        none(t, "no form for a limited queue whose requests are dealt in turn");
    else if (s->in->turn > 1)
        dealt_in_turn(s, t);
    else if (limited)
        with_a_limit(s, t);
    else
        without_a_limit(s, t);
}

/* Whether the mix of kinds of request is unknown and their work differs. */
static bool kinds_matter(const struct station *s)
{
    bool differ = false;
    for (int op = 1; op < SIM_OP_COUNT; op++)
        differ |= s->q->work[op] != s->q->work[0];
    return s->in->mixed && differ;
}

/* Adds the assumptions of the form that are not proved. */
static void qualify(const struct station *s, struct sim_theory *t)
{
    char why[sizeof t->why];
    if (t->standing == SIM_THEORY_NONE)
        return;
    if (s->in->flow == SIM_FLOW_UNKNOWN) {
        snprintf(why, sizeof why, "if arrivals were Poisson: %.90s (%.30s)", s->in->why,
                 s->in->who);
        rough(t, why);
    } else if (s->in->again && t->standing == SIM_THEORY_EXACT) {
        snprintf(t->why, sizeof t->why, "%s",
                 "requests may come back, as in a Jackson network: only the means are exact");
    }
}

static void predict(const struct sim_flows *flows, uint32_t component, double rate,
                    struct station *s, struct sim_theory *t)
{
    char why[sizeof t->why];
    const struct sim_queueing *q = &flows->about[component];
    *s = (struct station){.q = q, .in = &flows->in[component], .rate = rate};
    t->component = flows->plan->components[component].name;
    t->rate = rate;
    t->utilisation.predicted = t->wait.predicted = t->time.predicted = t->blocked.predicted = NAN;
    bool known = sim_flows_work(q, s->in, &s->work, &s->scv);
    s->work *= 1e-9;
    s->exponential = sim_flows_exponential(q, s->in);
    if (flows->plan->fault_count > 0) {
        none(t, "there are faults on the timeline");
    } else if (q->no_form || !q->independent) {
        none(t, q->no_form ? q->no_form : "its model does not say how it works on requests");
    } else if (s->in->flow == SIM_FLOW_OTHER) {
        snprintf(why, sizeof why, "%.120s (%.30s)", s->in->why, s->in->who);
        none(t, why);
    } else if (!(rate > 0)) {
        none(t, "nothing arrived");
    } else if (kinds_matter(s)) {
        none(t, "callers differ in what they ask");
    } else if (!known) {
        none(t, "its work takes no time, or has no finite variance");
    } else {
        choose(s, t);
        qualify(s, t);
    }
    if (t->standing == SIM_THEORY_NONE)
        return;
    struct sim_form form = form_at(s, rate);
    t->utilisation.predicted = form.utilisation;
    t->wait.predicted = form.wait;
    t->time.predicted = form.time;
    t->blocked.predicted = form.blocked;
}

void sim_theory_predict(const struct sim_plan *plan, uint32_t component, double rate,
                        struct sim_theory *t)
{
    struct station s;
    struct sim_flows *flows = sim_flows_new(plan, NULL);
    if (flows)
        predict(flows, component, rate, &s, t);
    else
        none(t, "out of memory");
    sim_flows_free(flows);
}

/* ---- what was observed ----------------------------------------------------------------------- */

enum meter { RATE, REFUSED, BUSY, QUEUE, UTILISATION, WAIT, METERS };
static const char *const meter_names[METERS] = {"rate",  "refused",     "busy",
                                                "queue", "utilisation", "wait"};

struct named {
    const char *name;
    uint32_t station; /* index of the station in the case */
};

/* The stations of a case and their observed values in each replication. */
struct seen {
    const struct sim_plan *plan;
    struct sim_flows *flows;
    uint32_t stations, replications, cases;
    uint32_t *components;  /* by station */
    struct named *by_name; /* sorted */
    double *values;        /* [(station * METERS + meter) * most + replication] */
    double *rates;         /* by component, at each node */
    double *settles;       /* by component, s; later the longest of it and all before it */
    uint32_t most;
};

static int compare_names(const void *x, const void *y)
{
    return strcmp(((const struct named *)x)->name, ((const struct named *)y)->name);
}

static double *values_of(const struct seen *seen, uint32_t station, enum meter m)
{
    return seen->values + ((size_t)station * METERS + m) * seen->most;
}

static void read_record(struct seen *seen, const struct sim_record *record)
{
    const struct named *at = NULL;
    const char *last = NULL;
    uint32_t r = seen->replications++;
    for (uint32_t k = 0; k < seen->stations; k++)
        for (int m = 0; m < METERS; m++)
            values_of(seen, k, (enum meter)m)[r] = NAN;
    for (uint32_t i = 0; i < record->metric_count; i++) {
        const struct sim_metric *it = &record->metrics[i];
        int m = 0;
        if (strcmp(it->stat, "mean") != 0)
            continue;
        while (m < METERS && strcmp(meter_names[m], it->meter) != 0)
            m++;
        if (m == METERS)
            continue;
        struct named key = {it->component, 0};
        if (it->component != last)
            at = bsearch(&key, seen->by_name, seen->stations, sizeof key, compare_names);
        last = it->component;
        if (at)
            values_of(seen, at->station, (enum meter)m)[r] = it->value;
    }
}

/* Converts the values of meters into the quantities of the forms. */
static void convert(struct seen *seen, uint32_t station)
{
    uint32_t nodes = seen->plan->components[seen->components[station]].nodes;
    double *rate = values_of(seen, station, RATE), *refused = values_of(seen, station, REFUSED);
    double *busy = values_of(seen, station, BUSY), *queue = values_of(seen, station, QUEUE);
    double sum = 0;
    for (uint32_t r = 0; r < seen->replications; r++) {
        busy[r] = (busy[r] + queue[r]) /
                  (rate[r] - refused[r]); /* Little's law: the time at the station */
        refused[r] /= rate[r];
        rate[r] /= nodes;
        sum += rate[r];
    }
    double mean = seen->replications ? sum / seen->replications : 0;
    seen->rates[seen->components[station]] = mean > 0 ? mean : 0;
}

static void seen_free(struct seen *seen)
{
    sim_flows_free(seen->flows);
    free(seen->components);
    free(seen->by_name);
    free(seen->values);
    free(seen->rates);
    free(seen->settles);
}

static uint32_t count_stations(const struct sim_plan *plan, uint32_t *components)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < plan->component_count; i++) {
        struct sim_queueing q = {0};
        if (plan->components[i].model->queueing)
            plan->components[i].model->queueing(plan->components[i].image, &q);
        if (q.servers > 0 && components)
            components[count] = i;
        count += q.servers > 0;
    }
    return count;
}

static int look(struct seen *seen, const struct sim_runs *runs, uint32_t at)
{
    const struct sim_plan *plan = seen->plan = &runs->cases[at].plan;
    seen->stations = count_stations(plan, NULL);
    seen->cases = runs->case_count;
    seen->most = runs->replications + 1;
    seen->components = calloc(seen->stations + 1u, sizeof *seen->components);
    seen->by_name = calloc(seen->stations + 1u, sizeof *seen->by_name);
    seen->values = calloc(((size_t)seen->stations + 1) * METERS * seen->most, sizeof(double));
    seen->rates = calloc(plan->component_count + 1u, sizeof(double));
    seen->settles = calloc(plan->component_count + 1u, sizeof(double));
    if (!seen->components || !seen->by_name || !seen->values || !seen->rates || !seen->settles)
        return -1;
    count_stations(plan, seen->components);
    for (uint32_t k = 0; k < seen->stations; k++)
        seen->by_name[k] = (struct named){plan->components[seen->components[k]].name, k};
    qsort(seen->by_name, seen->stations, sizeof *seen->by_name, compare_names);
    for (uint32_t r = 0; r < runs->replications; r++)
        if (sim_runs_record(runs, at, r))
            read_record(seen, sim_runs_record(runs, at, r));
    for (uint32_t k = 0; k < seen->stations; k++)
        convert(seen, k);
    seen->flows = sim_flows_new(plan, seen->rates);
    return seen->flows ? 0 : -1;
}

/* ---- whether a run can carry a verdict ------------------------------------------------------- */

/* About how long a queue remembers its state, s: the relaxation time of M/M/c and M/M/c/K (Cohen
 * 1982, sec. II.2.1), longer where work varies more. */
static double settles(const struct station *s)
{
    double c = (double)s->q->servers, top = c / s->work, apart = sqrt(top) - sqrt(s->rate);
    double gap = apart * apart;
    if (s->q->queue_limit != SIM_NO_LIMIT) {
        double places = c + (double)s->q->queue_limit + 1;
        gap += 9.87 * sqrt(s->rate * top) / (places * places); /* pi^2 */
    }
    double varies = s->q->discipline == SIM_SHARING ? 1 + s->scv : fmax(1, (1 + s->scv) / 2);
    return fmax(s->work, 1 / gap) * varies;
}

static int find_settles(struct seen *seen)
{
    double *alone = calloc(seen->plan->component_count + 1u, sizeof *alone);
    if (!alone)
        return -1;
    for (uint32_t c = 0; c < seen->plan->component_count; c++)
        alone[c] = seen->flows->in[c].delay * 1e-9;
    for (uint32_t k = 0; k < seen->stations; k++) {
        uint32_t c = seen->components[k];
        struct station s = {.q = &seen->flows->about[c], .in = &seen->flows->in[c]};
        s.rate = seen->rates[c];
        if (!sim_flows_work(s.q, s.in, &s.work, &s.scv))
            continue;
        s.work *= 1e-9;
        alone[c] = fmax(alone[c], settles(&s));
    }
    int result = sim_flows_largest_before(seen->flows, alone, seen->settles);
    free(alone);
    return result;
}

/* Whether the fourth moment is finite. If not, no sample shows the variance of waits. */
static bool has_light_tail(const struct sim_dist *d)
{
    if (d->kind == SIM_DIST_PARETO)
        return d->shape > 4;
    for (size_t i = 0; d->kind == SIM_DIST_MIXTURE && i < d->count; i++)
        if (!has_light_tail(&d->components[i]))
            return false;
    return true;
}

/* NULL, or a clause that says why means over replications are not enough for a verdict. */
static const char *too_little(const struct seen *seen, const struct station *s, uint32_t component)
{
    double length = (double)(seen->plan->duration - seen->plan->warmup) * 1e-9;
    double varies = 1 + s->scv, requests = s->rate * length;
    for (int op = 0; op < SIM_OP_COUNT; op++)
        if (s->q->work[op] && s->in->mix[op] > 0 && !has_light_tail(s->q->work[op]))
            return "its work varies too much for a sample to show";
    if (seen->replications < 2)
        return "one replication says nothing about chance";
    if (!(length >= 50 * seen->settles[component]))
        return "the run is not long beside the time in which queues forget";
    if (!(requests >= 100 * varies * varies * varies * varies))
        return "too few requests came";
    return NULL;
}

/* ---- the verdict ----------------------------------------------------------------------------- */

/* The half width, in standard errors, of an interval that a true form leaves with probability
 * `level`. */
static double reach(double level, uint32_t n)
{
    return sim_student_quantile(1 - fmax(level, 1e-12), n - 1);
}

struct verdict {
    const struct seen *seen;
    const struct station *s;
    uint32_t station;
    double agree, miss; /* standard errors */
    double slack;       /* share of what is predicted */
    bool judged;
};

/* `slope`: the derivative of the prediction by the rate. `often`: whether the number is based on
 * enough events. */
static void hold(struct sim_theory *t, struct sim_theory_number *n, const struct verdict *v,
                 enum meter m, double slope, bool often)
{
    uint32_t count = v->seen->replications;
    const double *values = values_of(v->seen, v->station, m);
    const double *rates = values_of(v->seen, v->station, RATE);
    n->observed = sim_estimate_mean(values, count, SIM_THEORY_LEVEL);
    sim_estimate_not_below_zero(&n->observed);
    n->gap = n->predicted > 0 ? n->observed.mean / n->predicted - 1 : (double)NAN;
    if (isnan(n->predicted) || !v->judged || !often || n->observed.n < count)
        return;
    double squares = 0;
    for (uint32_t r = 0; r < count; r++) {
        double off = values[r] - n->observed.mean - slope * (rates[r] - v->s->rate);
        squares += off * off;
    }
    double error = sqrt(squares / (count - 1.0) / count);
    double off = fabs(n->observed.mean - n->predicted) - v->slack * fabs(n->predicted) - 1e-9;
    t->judged = true;
    t->agrees &= !(off > v->agree * error);
    t->misses |= off > v->miss * error;
}

/* The relative error of a number because times are whole nanoseconds and queues are empty at the
 * start. */
static double slack_of(const struct seen *seen, const struct station *s, uint32_t component,
                       double utilisation)
{
    double work = s->work * 1e9, gap = 1e9 / s->rate, settles = seen->settles[component];
    double warmup = (double)seen->plan->warmup * 1e-9;
    double length = (double)(seen->plan->duration - seen->plan->warmup) * 1e-9;
    double clock = (1 / (work * work) + 1 / (gap * gap)) / fmax(1e-6, 1 - utilisation);
    return 1e-9 + clock + settles / length * exp(-warmup / settles);
}

/* Waits and refusals come in clusters; fewer than some hundred clusters are too few. */
static bool is_often(const struct verdict *v, double events, double utilisation)
{
    double length = (double)(v->seen->plan->duration - v->seen->plan->warmup) * 1e-9;
    double free = fmax(1 - utilisation, 0.01);
    return v->s->rate * length * events * free >= 400;
}

static void hold_all(struct sim_theory *t, struct verdict *v)
{
    const struct station *s = v->s;
    double load = s->rate * s->work / (double)s->q->servers;
    double h = s->rate * fmin(1e-4, load < 1 ? (1 - load) / 4 : 1e-4);
    struct sim_form slope = {0, 0, 0, 0};
    if (v->judged) {
        struct sim_form up = form_at(s, s->rate + h), down = form_at(s, s->rate - h);
        slope.utilisation = (up.utilisation - down.utilisation) / (2 * h);
        slope.wait = (up.wait - down.wait) / (2 * h);
        slope.time = (up.time - down.time) / (2 * h);
        slope.blocked = (up.blocked - down.blocked) / (2 * h);
    }
    double free = fmax(1 - load, 0.01);
    double waits = fmin(1, t->wait.predicted / s->work * (double)s->q->servers * free);
    bool often = is_often(v, waits, load);
    if (s->q->discipline == SIM_SHARING || s->q->discipline == SIM_PREEMPTIVE)
        t->wait.predicted = NAN; /* the wait before work begins is not the whole wait */
    hold(t, &t->utilisation, v, UTILISATION, slope.utilisation, true);
    hold(t, &t->wait, v, WAIT, slope.wait, often);
    hold(t, &t->time, v, BUSY, slope.time, true);
    if (s->q->queue_limit != SIM_NO_LIMIT)
        hold(t, &t->blocked, v, REFUSED, slope.blocked, is_often(v, t->blocked.predicted, 0));
}

/* The probability of a miss is divided among all stations of the case. */
static void compare_station(const struct seen *seen, uint32_t station, struct sim_theory *t)
{
    struct station s;
    uint32_t component = seen->components[station];
    double share = 1.0 / (4.0 * seen->stations) / seen->cases;
    *t = (struct sim_theory){.agrees = true};
    predict(seen->flows, component, seen->rates[component], &s, t);
    struct verdict v = {.seen = seen, .s = &s, .station = station};
    if (t->standing == SIM_THEORY_EXACT)
        t->unjudged = too_little(seen, &s, component);
    v.judged = t->standing == SIM_THEORY_EXACT && !t->unjudged;
    if (v.judged) {
        v.agree = reach(1 - SIM_THEORY_LEVEL, seen->replications);
        v.miss = reach(SIM_THEORY_MISS * share, seen->replications);
        v.slack = slack_of(seen, &s, component, t->utilisation.predicted);
    }
    if (t->standing != SIM_THEORY_NONE)
        hold_all(t, &v);
    t->agrees &= t->judged;
}

int sim_theory_compare(const struct sim_runs *runs, uint32_t at, struct sim_theory **out,
                       uint32_t *count)
{
    struct seen seen = {0};
    *count = 0;
    *out = NULL;
    if (look(&seen, runs, at) == 0 && find_settles(&seen) == 0)
        *out = calloc(seen.stations + 1u, sizeof **out);
    for (; *out && *count < seen.stations; ++*count)
        compare_station(&seen, *count, &(*out)[*count]);
    seen_free(&seen);
    return *out ? 0 : -1;
}

uint32_t sim_theory_misses(const struct sim_theory *all, uint32_t count)
{
    uint32_t misses = 0;
    for (uint32_t i = 0; i < count; i++)
        misses += all[i].misses;
    return misses;
}
