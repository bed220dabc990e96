/* vary.h - what a search varies: numbers of the file, the case for each value, and the question to
 * answer. */
#ifndef SIM_SCENARIO_VARY_H
#define SIM_SCENARIO_VARY_H

#include "scenario/scenario.h"

/* A number of the file, such as components.users.rate, and its range. Values are in base units of
 * their dimension (times in ns, rates per second). Texts are the scenario's. */
struct sim_vary {
    const char *path;
    const char **segments; /* of the path */
    size_t depth;
    int dimension;                    /* enum sim_dimension */
    double low, high;                 /* low < high */
    const char *low_text, *high_text; /* as they were given */
    double unit;                      /* the unit in which round values are round */
    double mid;                       /* sensitivity only */
    bool log, whole; /* log: steps are factors; whole: only whole numbers are allowed */
    uint32_t steps;  /* of a map; 0: none */
};

/* A value as it may stand in a file: "187.5/s", "8". */
struct sim_vary_text {
    char s[48];
};
struct sim_vary_text sim_vary_text(const struct sim_vary *, double value);
/* The nearest value with at most five digits over the range; whole if it has to be. */
double sim_vary_round(const struct sim_vary *, double value);
/* Value i of n from low to high, rounded. n >= 2. */
double sim_vary_step(const struct sim_vary *, uint32_t i, uint32_t n);
/* A value in units of results, for figures: times in seconds. */
double sim_vary_result(const struct sim_vary *, double value);
const char *sim_vary_unit(const struct sim_vary *); /* "s", "/s", "B", "B/s", "1" */
/* A path without "components.", as figures and tables show it. */
const char *sim_path_name(const char *path);
const char *sim_vary_name(const struct sim_vary *);

/* A wanted metric, between two times in s; both NAN: of the whole run. */
struct sim_wanted {
    const char *that;
    double from, to;
};

/* A criterion for a run: a metric on one side of a bound. */
struct sim_criterion {
    const char *text; /* "users.success.mean >= 0.999" */
    const char *that; /* the metric with its statistic */
    double bound;     /* in units of results */
    int direction;    /* +1: at least the bound, -1: at most */
    bool strict;      /* the bound itself is excluded */
    double from, to;  /* s: the time that counts; NAN: the whole run */
};

/* A question as written on the command line or in the file's "map". */
struct sim_question {
    const char *vary[2];    /* PATH=LO..HI, for a map PATH=LO..HI:N; [1] NULL: only one is varied */
    const char *options[2]; /* their names in messages: "--vary" */
    const char *criterion;  /* NULL: none */
    const char *from, *to;  /* NULL: not given */
    bool log[2], steps;     /* steps: each range needs a number of steps */
};

struct sim_asked {
    struct sim_vary vary[2];
    uint32_t vary_count;
    struct sim_criterion criterion;
    const char *variant; /* the scenario's only one */
};

/* The sections "map" and "sensitivity" of the file. */
struct sim_map_asked {
    struct sim_asked asked; /* [0]: x, [1]: y */
    uint32_t replications;  /* 0: the file's */
};
struct sim_sensitivity_asked {
    const char *metric, *variant;
    struct sim_vary *vary;
    uint32_t vary_count, replications;
};

/* Reads a question and checks it against the scenario, which must have one variant: paths, ends,
 * units, metric. Reports all errors. 0, or -1. */
int sim_question_read(struct sim_scenario *, const struct sim_question *, struct sim_asked *,
                      struct sim_diagnostics *);

/* Makes the case of a variant with these values. Two threads must not do this at once. Its runs
 * report the `wanted` metrics in addition to the standard ones; NULL: none. The scenario owns the
 * memory. 0, or -1 with the error reported. */
int sim_vary_case(struct sim_scenario *, const char *variant, const struct sim_vary *vary,
                  const double *values, uint32_t count, const struct sim_wanted *,
                  struct sim_case *, struct sim_diagnostics *);

#endif
