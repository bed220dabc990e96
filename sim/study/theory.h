/* theory.h - the closed form that applies to each station of a case, beside what was observed; or
 * why none does. */
#ifndef SIM_STUDY_THEORY_H
#define SIM_STUDY_THEORY_H

#include "study/closed_forms.h"
#include "study/study.h"

/* Of each interval that a form is held against: up to four numbers are, so that of a hundred true
 * forms one is found to differ by chance (Bonferroni). */
#define SIM_THEORY_LEVEL 0.9975

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
    char why[160]; /* NONE: why; ROUGH: on what it rests; EXACT: "" or how arrivals come */
    double rate;   /* of arrivals at each node, observed, per second */
    /* times in s; the whole time at the station: in its queue and at work */
    struct sim_theory_number utilisation, wait, time, blocked;
    bool judged, agrees; /* every interval of an exact form covers what is predicted */
};

/* One per station of the case's plan, in order of the components. The caller frees *out. 0, or -1
 * when out of memory. */
int sim_theory_compare(const struct sim_runs *, uint32_t at, struct sim_theory **out,
                       uint32_t *count);

/* What is known of a component's station from the plan alone, for a given rate of arrivals at each
 * of its nodes (per second): .standing, .form, .why, and the numbers predicted. */
void sim_theory_predict(const struct sim_plan *, uint32_t component, double rate,
                        struct sim_theory *);

#endif
