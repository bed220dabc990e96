/* theory.h - compares each station of a case with the closed form that applies to it, or says why
 * none does. */
#ifndef SIM_STUDY_THEORY_H
#define SIM_STUDY_THEORY_H

#include "study/estimates/closed_forms.h"
#include "study/study.h"

/* How a form is compared with observations. Each replication gives one value, so correlation within
 * a run does not matter: replications are independent. The mean difference from the prediction at
 * the observed rate is tested with Student's t; the form's slope corrects for each replication's
 * own rate (the delta method). This is done only if runs are so long that their means are nearly
 * normal: fifty times the relaxation time of the queues on the way, with enough requests. Two or
 * three replications show hardly any difference, because their quantiles are very large. */

/* The level of each interval that decides whether a form agrees. Up to four numbers are judged, so
 * about one of a hundred true forms seems to differ by chance (Bonferroni). */
#define SIM_THEORY_LEVEL 0.9975
/* The probability that a study reports a miss although every form is true, for all its cases,
 * stations and numbers together (Bonferroni). */
#define SIM_THEORY_MISS 1e-6

enum sim_theory_standing {
    SIM_THEORY_NONE,
    SIM_THEORY_ROUGH, /* an approximation, or based on an assumption: it is not judged */
    SIM_THEORY_EXACT,
};

/* A predicted and an observed number; NAN if it is not predicted or was not observed. */
struct sim_theory_number {
    double predicted;
    struct sim_estimate observed;
    double gap; /* observed / predicted - 1 */
};

struct sim_theory {
    const char *component; /* owned by the plan */
    enum sim_theory_standing standing;
    char form[96]; /* "M/M/1" */
    char why[160]; /* NONE: the reason; ROUGH: the assumption; EXACT: "", or what is not exact */
    double rate;   /* observed arrival rate at each node, per second */
    /* times in s; .time is the whole time at the station, in its queue and in service */
    struct sim_theory_number utilisation, wait, time, blocked;
    /* judged: an exact form was compared with observations (else .unjudged is a clause that says
     * why not); agrees: every interval covers the prediction; misses: one number differs so much
     * that chance would do it once in a million runs */
    bool judged, agrees, misses;
    const char *unjudged;
};

/* One result for each station of the case's plan, in order of the components. The caller frees
 * *out. 0, or -1 when out of memory. O(metrics log components) for each replication, and the cost
 * of the forms. */
int sim_theory_compare(const struct sim_runs *, uint32_t at, struct sim_theory **out,
                       uint32_t *count);

/* How many of them miss. */
uint32_t sim_theory_misses(const struct sim_theory *, uint32_t count);

/* The prediction for a component's station from the plan alone, for a given arrival rate at each of
 * its nodes (per second): .standing, .form, .why and the predicted numbers. When out of memory,
 * there is no form. */
void sim_theory_predict(const struct sim_plan *, uint32_t component, double rate,
                        struct sim_theory *);

#endif
