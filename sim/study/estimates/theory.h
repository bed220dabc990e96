/* theory.h - the closed form that applies to each station of a case, beside what was observed; or
 * why none does. */
#ifndef SIM_STUDY_THEORY_H
#define SIM_STUDY_THEORY_H

#include "study/estimates/closed_forms.h"
#include "study/study.h"

/* How a form is held against what was seen. Of each replication there is one value, so that what is
 * alike within a run (a long queue stays long) does no harm: replications are independent. What
 * counts is its mean less what is predicted at the rate that was seen, with Student's t; a
 * replication's own rate is taken out of it by the form's slope (the delta method). It is done only
 * where a run is so long that its mean is nearly normal: fifty times as long as the queues on the
 * way take to forget, with requests enough. With two or three replications hardly anything is
 * found: the quantiles are then far out. */

/* Of each interval that decides whether a form agrees: up to four numbers are judged, so that of a
 * hundred true forms one is found to differ by chance (Bonferroni). */
#define SIM_THEORY_LEVEL 0.9975
/* Of all that are judged in a run, over its cases, stations and numbers (Bonferroni): that one true
 * form of them all misses by chance. */
#define SIM_THEORY_MISS 1e-6

enum sim_theory_standing {
    SIM_THEORY_NONE,
    SIM_THEORY_ROUGH, /* an approximation, or one that rests on a guess: it is not judged */
    SIM_THEORY_EXACT,
};

/* A predicted number beside the observed one; NAN where it is not predicted or was not seen. */
struct sim_theory_number {
    double predicted;
    struct sim_estimate observed;
    double gap; /* observed / predicted - 1 */
};

struct sim_theory {
    const char *component; /* the plan's */
    enum sim_theory_standing standing;
    char form[96]; /* "M/M/1" */
    char why[160]; /* NONE: why; ROUGH: on what it rests; EXACT: "", or what is not exact */
    double rate;   /* of arrivals at each node, observed, per second */
    /* times in s; the whole time at the station: in its queue and at work */
    struct sim_theory_number utilisation, wait, time, blocked;
    /* whether an exact form was held against what was seen (else .unjudged says why not, a clause);
       whether every interval covers what is predicted; whether one is off by more than chance in
       this run would do once in a million */
    bool judged, agrees, misses;
    const char *unjudged;
};

/* One per station of the case's plan, in order of the components. The caller frees *out. 0, or -1
 * when out of memory. O(metrics log components) for each replication, and what the forms take. */
int sim_theory_compare(const struct sim_runs *, uint32_t at, struct sim_theory **out,
                       uint32_t *count);

/* How many of them miss. */
uint32_t sim_theory_misses(const struct sim_theory *, uint32_t count);

/* What is known of a component's station from the plan alone, for a given rate of arrivals at each
 * of its nodes (per second): .standing, .form, .why, and the numbers predicted. Out of memory:
 * none. */
void sim_theory_predict(const struct sim_plan *, uint32_t component, double rate,
                        struct sim_theory *);

#endif
