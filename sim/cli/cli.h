/* cli.h - the commands, and their options after reading. */
#ifndef SIM_CLI_H
#define SIM_CLI_H

#include "study/search/until.h"

/* Exit statuses. Other tools depend on them. */
enum {
    SIM_EXIT_DONE = 0,
    SIM_EXIT_CLAIM = 1, /* an expectation or the audit failed */
    SIM_EXIT_USAGE = 2, /* or an invalid scenario */
    SIM_EXIT_FAULT = 3, /* a failure while running; finished runs are kept */
    SIM_EXIT_INTERRUPTED = 130,
};

struct sim_cli {
    const char *command;
    const char **variants, **metrics;
    struct sim_set *sets;
    size_t variant_count, metric_count, set_count;
    uint64_t seed;
    uint32_t replications; /* 0: as in the file */
    uint32_t most;         /* --max-reps; 0: SIM_UNTIL_MOST */
    uint32_t trace;        /* requests to trace; 0: none */
    unsigned jobs;         /* 0: one for each processor */
    double until;          /* relative half width; 0: not given */
    const char *out, *format;
    /* searches; NULL, NAN and 0: not given */
    const char *vary, *x, *y, *criterion, *from, *to;
    double probability, within;
    uint32_t most_runs;
    bool log, log_x, log_y;
    bool has_seed, no_plot, quiet, json, force, fresh, list, csv, help;
    struct sim_watch *watch; /* for ^C */
    char **operands;
    int operand_count;
};

struct sim_output;
struct sim_team;

/* Each returns an exit status. */
int sim__cli_run(const struct sim_cli *); /* run and sweep */
int sim__cli_compare(const struct sim_cli *);
int sim__cli_find(const struct sim_cli *);
int sim__cli_map(const struct sim_cli *);
int sim__cli_sensitivity(const struct sim_cli *);
int sim__cli_check(const struct sim_cli *);
int sim__cli_plot(const struct sim_cli *);
int sim__cli_results(const struct sim_cli *);
int sim__cli_report(const struct sim_cli *);
int sim__cli_models(const struct sim_cli *);
int sim__cli_schema(const struct sim_cli *);
int sim__cli_explain(const struct sim_cli *);
int sim__cli_list(const struct sim_cli *);

/* Reads the options in argv[1…] into *cli. `takes` is the set of options of the command, from the
 * bits below. 0, or -1 after a message on standard error. The caller frees with sim__cli_free(). */
enum {
    SIM_TAKES_VARIANT = 1,
    SIM_TAKES_SET = 2,
    SIM_TAKES_RUN = 4, /* --seed --reps --jobs --out --no-plot --json --quiet --force --fresh */
    SIM_TAKES_FORMAT = 8,
    SIM_TAKES_LIST = 16,
    SIM_TAKES_UNTIL = 32, /* --until --max-reps */
    SIM_TAKES_PLOT = 64,  /* --no-plot */
    SIM_TAKES_CSV = 128,
    SIM_TAKES_PAGE = 256,             /* --out FILE */
    SIM_TAKES_FIND = 1 << 16,         /* --vary --log --probability --within --max-runs */
    SIM_TAKES_MAP = 1 << 17,          /* --x --y --log-x --log-y */
    SIM_TAKES_WHILE = 1 << 18,        /* --while --from --to */
    SIM_TAKES_TRACE = 512,            /* --trace */
    SIM_TAKES_FORCE = 1 << 19,        /* --force, for commands without SIM_TAKES_RUN */
    SIM_TAKES_METRIC_UNTIL = 1 << 20, /* --metric, with --until only */
    SIM_TAKES_METRIC = 1 << 21,       /* --metric */
};
int sim__cli_read(struct sim_cli *, unsigned takes, int argc, char **argv);
void sim__cli_free(struct sim_cli *);
/* Prints the options of a set, for help. */
void sim__cli_print_options(unsigned takes);

/* Loads a scenario with the command's options; errors and warnings go to standard error. NULL:
 * there were errors. */
struct sim_scenario *sim__cli_load(const struct sim_cli *, const char *file);

/* The runs of a command: `each` runs of each case. The nouns are for messages. */
struct sim__cli_load {
    const struct sim_scenario *scenario;
    const struct sim_case *cases;
    uint32_t count;
    double each;
    const char *noun, *runs; /* "cells", "replications" */
};

/* Refuses runs that take too much memory or more than an hour, judged by estimates, and prints the
 * calculation (cli_size.c has the limits). Runs above an hour that are short enough to time one are
 * left to sim__cli_time(). SIM_EXIT_DONE: not refused. O(components) for each case. */
int sim__cli_size(const struct sim_cli *, const struct sim__cli_load *);
/* If the estimate is above an hour: runs the largest case once, discards the result, and refuses if
 * its measured time gives more than an hour. Returns an exit status; SIM_EXIT_DONE: not refused. */
int sim__cli_time(const struct sim_cli *, struct sim_work_session *, const struct sim__cli_load *);
/* About how long, in s, this many events in this many runs take. */
double sim__cli_seconds(const struct sim_cli *, double events, double runs);

/* Reads --until, --max-reps and --metric. 0, or -1 after a message: a metric is in no case. */
int sim__cli_until(const struct sim_cli *, const struct sim_case *, uint32_t count,
                   struct sim_until *);

/* For mpirun (cli_team.c). sim__cli_is_other_rank(): whether this is a rank other than 0.
 * sim__cli_team(): the team; NULL when there is none, or with the reason in *error when it cannot
 * be made. sim__cli_supervise(): whether another program did all the work, with its exit status in
 * *status. */
bool sim__cli_is_other_rank(void);
struct sim_team *sim__cli_team(struct sim_error *error);
bool sim__cli_supervise(char **argv, int *status);

/* The part of a process in the work: alone, or as one of several. */
struct sim__cli_share {
    struct sim_team *team; /* NULL: alone */
    /* threads of this process; under mpirun one, unless --jobs says otherwise */
    unsigned jobs;
};
/* Joins the team, if there is one. Calls run_rank_0(self) on rank 0 or without a team, and
 * serve(self) on other ranks. Returns its result. */
int sim__cli_share(const struct sim_cli *, struct sim__cli_share *, int (*run_rank_0)(void *self),
                   int (*serve)(void *self), void *self);
/* For ranks other than 0: runs jobs for rank 0. */
struct sim_team_cases;
int sim__cli_serve(const struct sim__cli_share *, uint64_t seed, const struct sim_team_cases *);

/* Writes resolved.json. 0, or -1 with the reason. */
int sim__cli_write_resolved(struct sim_output *, const struct sim_scenario *, struct sim_error *);

/* Prints why no results were put into `place`, and that `runs` runs are in its store. Returns
 * SIM_EXIT_FAULT. */
int sim__cli_not_written(const char *place, uint32_t runs, const struct sim_error *);

/* Prints "weir COMMAND: …" and how to get help. Returns SIM_EXIT_USAGE. */
int sim__cli_usage(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
