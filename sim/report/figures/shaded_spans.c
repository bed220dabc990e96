/* shaded_spans.c - the shaded spans of a timeline: faults as they happened, from each variant's
 * record. A fault of all shown variants is shaded once. A fault of some is shaded for each of them,
 * and the first label names them. A periodic entry of the timeline is labelled once, with the
 * number of times. Random times are those of one replication, the variant's first. */
#include "report/figures/figure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct found {
    const struct sim_plan_fault *fault; /* from the first variant that has it */
    sim_time from, to;
    uint32_t variants; /* one bit each */
};

static bool is_moment(const struct sim_plan_fault *f)
{
    return f->kind == SIM_DO_SET && f->lasts == 0 && f->repaired.kind == SIM_DIST_NONE;
}

static bool is_shown(const struct sim_drawing *d, const struct found *it)
{
    return !(!isnan(d->figure->from) && (double)it->to / 1e9 < d->figure->from) &&
           !(!isnan(d->figure->to) && (double)it->from / 1e9 > d->figure->to);
}

static void add(struct found *all, uint32_t *count, struct found it)
{
    for (uint32_t i = 0; i < *count; i++) {
        if (all[i].from == it.from && all[i].to == it.to &&
            strcmp(all[i].fault->label, it.fault->label) == 0) {
            all[i].variants |= it.variants;
            return;
        }
    }
    all[(*count)++] = it;
}

/* Sorts by time, then by variant. */
static int by_time(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    if (x->to != y->to)
        return x->to < y->to ? -1 : 1;
    if (x->variants != y->variants)
        return x->variants < y->variants ? -1 : 1;
    return strcmp(x->fault->label, y->fault->label);
}

/* Collects the faults of all shown variants; equal ones once. */
static struct found *collect(const struct sim_drawing *d, uint32_t *count)
{
    const struct sim_runs *runs = d->report->runs;
    struct found *all = calloc((size_t)d->variant_count * SIM_FAULT_WINDOWS_MOST + 1, sizeof *all);
    *count = 0;
    for (uint32_t v = 0; all && v < d->variant_count; v++) {
        const struct sim_record *record = sim_runs_sample(runs, d->variants[v].at);
        const struct sim_plan *plan = &runs->cases[d->variants[v].at].plan;
        for (uint32_t i = 0; record && i < record->fault_count; i++) {
            const struct sim_fault_window *w = &record->faults[i];
            const struct sim_plan_fault *fault = &plan->faults[w->fault];
            struct found it = {fault, w->began, is_moment(fault) ? w->began : w->ended, 1u << v};
            if (is_shown(d, &it))
                add(all, count, it);
        }
    }
    if (all)
        qsort(all, *count, sizeof *all, by_time);
    return all;
}

/* The number of spans in `all` that have the same timeline entry and variants as `it`. */
static uint32_t alike(const struct found *all, uint32_t count, const struct found *it)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++)
        n += all[i].variants == it->variants && strcmp(all[i].fault->label, it->fault->label) == 0;
    return n;
}

/* Writes which variants it affects, unless all: by name if these, or the others, are few. */
static void say_whose(const struct sim_drawing *d, uint32_t variants, char *out, size_t size)
{
    uint32_t struck = 0, last = 0, spared = 0;
    for (uint32_t v = 0; v < d->variant_count; v++) {
        if (variants & 1u << v) {
            struck++;
            last = v;
        } else {
            spared = v;
        }
    }
    if (struck == d->variant_count)
        *out = '\0';
    else if (struck == 1)
        snprintf(out, size, ", %s", d->variants[last].name);
    else if (struck + 1 == d->variant_count)
        snprintf(out, size, ", all but %s", d->variants[spared].name);
    else
        snprintf(out, size, ", %u of %u variants", struck, d->variant_count);
}

static void name(const struct sim_drawing *d, const struct found *it, uint32_t times,
                 struct sim_shade *shade)
{
    char often[32] = "", whose[100];
    if (times > 1)
        snprintf(often, sizeof often, ", first of %u", times);
    say_whose(d, it->variants, whose, sizeof whose);
    bool drawn = it->fault->fails.kind != SIM_DIST_NONE && d->report->runs->replications > 1;
    snprintf(shade->label, sizeof shade->label, "%.64s%s%s%s", it->fault->label,
             drawn ? " in one replication" : "", whose, often);
}

int sim_shaded_spans_make(const struct sim_drawing *d, struct sim_shade **out)
{
    uint32_t found, count = 0, everyone = (1u << d->variant_count) - 1;
    struct found *all = collect(d, &found);
    *out = all ? calloc(SIM_SHADES_MOST + 1, sizeof **out) : NULL;
    for (uint32_t i = 0; *out && i < found; i++) {
        const struct found *it = &all[i];
        bool first = alike(all, i, it) == 0;
        for (uint32_t v = 0; v < d->variant_count && count < SIM_SHADES_MOST; v++) {
            if (!(it->variants & 1u << v) || (it->variants == everyone && v > 0))
                continue;
            struct sim_shade *shade = &(*out)[count++];
            shade->from = (double)it->from / 1e9;
            shade->to = (double)it->to / 1e9;
            shade->variant = it->variants == everyone ? 0 : v + 1;
            if (first)
                name(d, it, alike(all, found, it), shade);
            first = false;
        }
    }
    free(all);
    return *out ? (int)count : -1;
}
