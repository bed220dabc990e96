/* vary.h - what searches ask of a scenario: numbers of the file that change from run to run, the
 * case each value makes, and the question that is put to it. */
#ifndef SIM_SCENARIO_VARY_H
#define SIM_SCENARIO_VARY_H

#include "scenario/scenario.h"

/* A number of the file, such as components.users.rate, and the range it is varied in. Values are in
 * base units of their dimension (times in ns, rates per second). Texts are the scenario's. */
struct sim_vary {
    const char *path;
    const char **segments; /* of the path */
    size_t depth;
    int dimension;                    /* enum sim_dimension */
    double low, high;                 /* low < high */
    const char *low_text, *high_text; /* as they were given */
    double unit;                      /* round values are round in it */
    double mid;                       /* sensitivity only */
    bool log, whole;                  /* steps are factors; only whole numbers will do */
    uint32_t steps;                   /* of a map; 0: not asked for */
};

/* A value as it may stand in a file: "187.5/s", "8". */
struct sim_vary_text {
    char s[48];
};
struct sim_vary_text sim_vary_text(const struct sim_vary *, double value);
/* The nearest value of at most five digits over the range; whole where it has to be. */
double sim_vary_round(const struct sim_vary *, double value);
/* Value i of n from low to high, rounded. n >= 2. */
double sim_vary_step(const struct sim_vary *, uint32_t i, uint32_t n);
/* For figures, in units of results: times in seconds. */
double sim_vary_result(const struct sim_vary *, double value);
const char *sim_vary_unit(const struct sim_vary *); /* "s", "/s", "B", "B/s", "1" */
/* A path without "components." before it, as figures and tables call what is varied. */
const char *sim_path_name(const char *path);
const char *sim_vary_name(const struct sim_vary *);

/* A number that is looked at, between two times, s; where both are NAN, of the whole run. */
struct sim_wanted {
    const char *that;
    double from, to;
};

/* What is asked of a run: a metric on one side of a bound. */
struct sim_criterion {
    const char *text; /* "users.success.mean >= 0.999" */
    const char *that; /* the metric with its statistic */
    double bound;     /* in units of results */
    int direction;    /* +1: at least the bound, -1: at most */
    bool strict;      /* more, less */
    double from, to;  /* s: of the time from .from to .to; NAN: the whole run */
};

/* A question as it stands on the command line, or in the file's "map". */
struct sim_question {
    const char *vary[2];    /* PATH=LO..HI, of a map PATH=LO..HI:N; [1] NULL: only one is varied */
    const char *options[2]; /* what messages call them: "--vary" */
    const char *criterion;  /* NULL: none is wanted */
    const char *from, *to;  /* NULL: not given */
    bool log[2], steps;     /* steps: each has to say into how many */
};

struct sim_asked {
    struct sim_vary vary[2];
    uint32_t vary_count;
    struct sim_criterion criterion;
    const char *variant; /* the scenario's only one */
};

/* The file's "map" and "sensitivity". */
struct sim_map_asked {
    struct sim_asked asked; /* [0]: x, [1]: y */
    uint32_t replications;  /* 0: the file's */
};
struct sim_sensitivity_asked {
    const char *metric, *variant;
    struct sim_vary *vary;
    uint32_t vary_count, replications;
};

/* Reads a question and holds it against the scenario, which has to have one variant: paths, ends,
 * units, metric. Everything that is wrong is said. 0, or -1. */
int sim_question_read(struct sim_scenario *, const struct sim_question *, struct sim_asked *,
                      struct sim_diagnostics *);

/* The case of a variant with values set, which may not be read by two threads at once. Its runs
 * tell what is wanted (NULL: nothing more than every run). The scenario owns what is in it. 0, or
 * -1: said. */
int sim_vary_case(struct sim_scenario *, const char *variant, const struct sim_vary *vary,
                  const double *values, uint32_t count, const struct sim_wanted *,
                  struct sim_case *, struct sim_diagnostics *);

#endif
