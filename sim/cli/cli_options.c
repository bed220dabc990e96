/* cli_options.c - reads the command line. */
#include "cli/cli.h"

#include "base/text.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct option_row {
    const char *name, *argument; /* argument NULL: none */
    int letter;
    unsigned takes; /* for commands whose set has this bit; 0: for all */
    const char *doc;
};

/* Options of searches; no letters are left for them. */
enum { VARY = 256, X, Y, WHILE, FROM, TO, LOG, LOG_X, LOG_Y, PROBABILITY, WITHIN, MAX_RUNS };

static const struct option_row rows[] = {
    {"variant", "V", 'V', SIM_TAKES_VARIANT, "only this variant; may be repeated"},
    {"vary", "PATH=LO..HI", VARY, SIM_TAKES_FIND,
     "the number to vary, as in components.users.rate=100/s..400/s"},
    {"x", "PATH=LO..HI:N", X, SIM_TAKES_MAP,
     "across: N values, as in components.app.servers=1..8:8"},
    {"y", "PATH=LO..HI:N", Y, SIM_TAKES_MAP, "upwards: the same"},
    {"while", "'METRIC op VALUE'", WHILE, SIM_TAKES_WHILE,
     "the criterion, as in 'users.success.mean >= 0.999'; op: < <= > >="},
    {"from", "TIME", FROM, SIM_TAKES_WHILE, "count only from this time on; default: after warm-up"},
    {"to", "TIME", TO, SIM_TAKES_WHILE, "count only up to this time"},
    {"log", NULL, LOG, SIM_TAKES_FIND, "halve the range by factors, for wide ranges"},
    {"log-x", NULL, LOG_X, SIM_TAKES_MAP, "steps across are factors"},
    {"log-y", NULL, LOG_Y, SIM_TAKES_MAP, "steps up are factors"},
    {"probability", "P", PROBABILITY, SIM_TAKES_FIND,
     "it must hold in this share of the runs, instead of for their mean"},
    {"within", "X%", WITHIN, SIM_TAKES_FIND, "how narrow the answer must be; default 2%"},
    {"max-runs", "N", MAX_RUNS, SIM_TAKES_FIND, "at most this many runs; default 2000"},
    {"set", "PATH=VALUE", 'S', SIM_TAKES_SET,
     "set a value of the file: components.cache.ttl=60s; may be repeated"},
    {"seed", "N", 's', SIM_TAKES_RUN, "seed of all random streams; default: the file's"},
    {"reps", "N", 'r', SIM_TAKES_RUN, "replications; default: the file's"},
    {"jobs", "N", 'j', SIM_TAKES_RUN, "runs at a time; default: one for each processor"},
    {"out", "DIR", 'o', SIM_TAKES_RUN, "directory of results, instead of the one named above"},
    {"out", "FILE", 'o', SIM_TAKES_PAGE, "the page; default DIR/report.html"},
    {"until", "X%", 'u', SIM_TAKES_UNTIL,
     "add replications until every interval is this narrow: \xC2\xB1X% of the mean"},
    {"max-reps", "N", 'm', SIM_TAKES_UNTIL,
     "with --until: at most this many replications; default 1000"},
    {"metric", "C.METER.STAT", 'M', SIM_TAKES_METRIC_UNTIL,
     "with --until: only this one; may be repeated; default: those of the table"},
    {"metric", "C.METER.STAT", 'M', SIM_TAKES_METRIC,
     "only this metric; may be repeated; default: every metric"},
    {"trace", "N", 't', SIM_TAKES_TRACE,
     "keep N random requests and the N slowest of each variant, in trace.json"},
    {"no-plot", NULL, 'n', SIM_TAKES_PLOT,
     "write the figures' data and programs, but draw nothing"},
    {"format", "svg|pdf|png", 'f', SIM_TAKES_FORMAT, "format of the figures; default svg"},
    {"json", NULL, 'J', SIM_TAKES_RUN, "print the results as JSON, instead of as text"},
    {"quiet", NULL, 'q', SIM_TAKES_RUN, "print nothing but errors"},
    {"force", NULL, 'F', SIM_TAKES_RUN, "run it even if it takes long or much memory"},
    {"force", NULL, 'F', SIM_TAKES_FORCE, "accept files that take long or much memory"},
    {"fresh", NULL, 'N', SIM_TAKES_RUN,
     "simulate everything again, also runs in the store of results"},
    {"csv", NULL, 'C', SIM_TAKES_CSV, "print every number of every run, one a line"},
    {"list", NULL, 'l', SIM_TAKES_LIST, "print the plan (cells, events, time), run nothing"},
    {"help", NULL, 'h', 0, "this text"},
};
enum { ROWS = sizeof rows / sizeof *rows };

static bool is_taken(const struct option_row *row, unsigned takes)
{
    return row->takes == 0 || (row->takes & takes) != 0;
}

void sim__cli_print_options(unsigned takes)
{
    for (size_t i = 0; i < ROWS; i++) {
        char left[48];
        if (!is_taken(&rows[i], takes))
            continue;
        snprintf(left, sizeof left, "--%s%s%s", rows[i].name, rows[i].argument ? " " : "",
                 rows[i].argument ? rows[i].argument : "");
        printf("  %-22s %s\n", left, rows[i].doc);
    }
}

int sim__cli_usage(const char *command, const char *format, ...)
{
    va_list arguments;
    if (sim__cli_is_other_rank()) /* rank 0 says it */
        return SIM_EXIT_USAGE;
    sim_tell(stderr, "weir%s%s: ", *command ? " " : "", command);
    va_start(arguments, format);
    sim_tell_list(stderr, format, arguments);
    va_end(arguments);
    sim_tell(stderr, "\nSee `weir help%s%s`.\n", *command ? " " : "", command);
    return SIM_EXIT_USAGE;
}

/* Reads a whole number from `low` to `high`. 0, or -1 after a message. */
static int whole(const struct sim_cli *cli, const char *option, const char *text, uint64_t low,
                 uint64_t high, uint64_t *value)
{
    char *end;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || errno != 0 || v < low || v > high) {
        sim__cli_usage(cli->command, "--%s takes a whole number from %llu to %llu, not \"%s\"",
                       option, (unsigned long long)low, (unsigned long long)high,
                       sim_quote(text).s);
        return -1;
    }
    *value = v;
    return 0;
}

static int take_set(struct sim_cli *cli, char *text)
{
    char *equals = strchr(text, '=');
    if (!equals || equals == text) {
        sim__cli_usage(cli->command,
                       "--set takes PATH=VALUE, as in components.cache.ttl=60s, not \"%s\"",
                       sim_quote(text).s);
        return -1;
    }
    *equals = '\0';
    cli->sets[cli->set_count++] = (struct sim_set){.path = text, .value = equals + 1};
    return 0;
}

static int take_format(struct sim_cli *cli, const char *text)
{
    if (strcmp(text, "svg") != 0 && strcmp(text, "pdf") != 0 && strcmp(text, "png") != 0) {
        sim__cli_usage(cli->command, "--format is svg, pdf or png, not \"%s\"", sim_quote(text).s);
        return -1;
    }
    cli->format = text;
    return 0;
}

static int take_until(struct sim_cli *cli, const char *text)
{
    struct sim_error error;
    if (sim_quantity(text, "fraction", &cli->until, &error) == 0 && cli->until >= 1e-4 &&
        cli->until <= 0.5)
        return 0;
    sim__cli_usage(cli->command, "--until takes a share from 0.01%% to 50%%, as in 2%%, not \"%s\"",
                   sim_quote(text).s);
    return -1;
}

static int take_share(const struct sim_cli *cli, const char *option, const char *text, double low,
                      double high, double *out)
{
    struct sim_error error;
    if (sim_quantity(text, "fraction", out, &error) == 0 && *out >= low && *out <= high)
        return 0;
    sim__cli_usage(cli->command, "--%s takes a share from %.9g to %.9g, not \"%s\"", option, low,
                   high, sim_quote(text).s);
    return -1;
}

static int take_search(struct sim_cli *cli, int letter, char *text)
{
    uint64_t v = 0;
    int status = 0;
    switch (letter) {
    case VARY: cli->vary = text; break;
    case X: cli->x = text; break;
    case Y: cli->y = text; break;
    case WHILE: cli->criterion = text; break;
    case FROM: cli->from = text; break;
    case TO: cli->to = text; break;
    case LOG: cli->log = true; break;
    case LOG_X: cli->log_x = true; break;
    case LOG_Y: cli->log_y = true; break;
    case PROBABILITY: return take_share(cli, "probability", text, 0.01, 0.99, &cli->probability);
    case WITHIN: return take_share(cli, "within", text, 1e-4, 0.5, &cli->within);
    case MAX_RUNS:
        status = whole(cli, "max-runs", text, 50, 1000000, &v);
        cli->most_runs = (uint32_t)v;
        break;
    default: return -1;
    }
    return status;
}

static int take(struct sim_cli *cli, int letter, char *text)
{
    uint64_t v = 0;
    int status = 0;
    switch (letter) {
    case 'V': cli->variants[cli->variant_count++] = text; break;
    case 'S': return take_set(cli, text);
    case 's': cli->has_seed = true; return whole(cli, "seed", text, 0, INT64_MAX, &cli->seed);
    case 'r':
        status = whole(cli, "reps", text, 1, SIM_REPLICATIONS_MOST, &v);
        cli->replications = (uint32_t)v;
        break;
    case 'j':
        status = whole(cli, "jobs", text, 1, 512, &v);
        cli->jobs = (unsigned)v;
        break;
    case 'u': return take_until(cli, text);
    case 'm':
        status = whole(cli, "max-reps", text, SIM_UNTIL_FIRST, SIM_REPLICATIONS_MOST, &v);
        cli->most = (uint32_t)v;
        break;
    case 't':
        status = whole(cli, "trace", text, 1, SIM_TRACE_MOST, &v);
        cli->trace = (uint32_t)v;
        break;
    case 'M': cli->metrics[cli->metric_count++] = text; break;
    case 'o': cli->out = text; break;
    case 'f': return take_format(cli, text);
    case 'n': cli->no_plot = true; break;
    case 'J': cli->json = true; break;
    case 'q': cli->quiet = true; break;
    case 'F': cli->force = true; break;
    case 'N': cli->fresh = true; break;
    case 'C': cli->csv = true; break;
    case 'l': cli->list = true; break;
    case 'h': cli->help = true; break;
    default: return take_search(cli, letter, text);
    }
    return status;
}

/* Reports the error in the option at which getopt_long() stopped. */
static void complain(const struct sim_cli *cli, unsigned takes, int got, const char *text)
{
    char name[64];
    const char *start = text + strspn(text, "-");
    snprintf(name, sizeof name, "%.*s", (int)strcspn(start, "="), start);
    if (got == ':') {
        sim__cli_usage(cli->command, "--%s needs a value", name);
        return;
    }
    struct sim_nearest nearest = sim_nearest(name);
    for (size_t i = 0; i < ROWS; i++) {
        if (!is_taken(&rows[i], takes))
            continue;
        if (strcmp(rows[i].name, name) == 0) {
            sim__cli_usage(cli->command, "--%s takes no value", name);
            return;
        }
        sim_nearest_try(&nearest, rows[i].name);
    }
    char hint[80] = "";
    if (nearest.best)
        snprintf(hint, sizeof hint, " (did you mean --%s?)", nearest.best);
    sim__cli_usage(cli->command, "there is no option \"%s\"%s", sim_quote(text).s, hint);
}

int sim__cli_read(struct sim_cli *cli, unsigned takes, int argc, char **argv)
{
    struct option options[ROWS + 1] = {{0}};
    int count = 0;
    cli->format = "svg";
    cli->probability = NAN;
    cli->variants = calloc((size_t)argc + 1, sizeof *cli->variants);
    cli->metrics = calloc((size_t)argc + 1, sizeof *cli->metrics);
    cli->sets = calloc((size_t)argc + 1, sizeof *cli->sets);
    if (!cli->variants || !cli->metrics || !cli->sets) {
        fputs("weir: out of memory\n", stderr);
        return -1;
    }
    for (size_t i = 0; i < ROWS; i++) {
        if (is_taken(&rows[i], takes))
            options[count++] = (struct option){rows[i].name,
                                               rows[i].argument ? required_argument : no_argument,
                                               NULL, rows[i].letter};
    }
    opterr = 0;
    for (;;) {
        int before = optind > 0 ? optind : 1;
        int got = getopt_long(argc, argv, ":h", options, NULL);
        if (got == -1)
            break;
        if (got == '?' || got == ':') {
            complain(cli, takes, got, optind > before ? argv[optind - 1] : argv[before]);
            return -1;
        }
        if (take(cli, got, optarg) != 0)
            return -1;
    }
    cli->operands = argv + optind;
    cli->operand_count = argc - optind;
    return 0;
}

void sim__cli_free(struct sim_cli *cli)
{
    free(cli->variants);
    free(cli->metrics);
    free(cli->sets);
}

/* Whether at least one case has the metric; else the last case's error. */
static bool known(const struct sim_case *cases, uint32_t count, const char *metric,
                  struct sim_error *error)
{
    for (uint32_t at = 0; at < count; at++) {
        if (sim_scenario_metric(&cases[at].plan, metric, error) == 0)
            return true;
    }
    return false;
}

int sim__cli_until(const struct sim_cli *cli, const struct sim_case *cases, uint32_t count,
                   struct sim_until *until)
{
    struct sim_error error = {""};
    *until = (struct sim_until){.target = cli->until,
                                .most = cli->most ? cli->most : SIM_UNTIL_MOST,
                                .metrics = cli->metrics,
                                .metric_count = (uint32_t)cli->metric_count};
    for (size_t i = 0; i < cli->metric_count; i++) {
        if (known(cases, count, cli->metrics[i], &error))
            continue;
        sim__cli_usage(cli->command, "--metric: %s", error.text);
        return -1;
    }
    return 0;
}

struct sim_scenario *sim__cli_load(const struct sim_cli *cli, const char *file)
{
    struct sim_load_options options = {.variants = cli->variants,
                                       .variant_count = cli->variant_count,
                                       .sets = cli->sets,
                                       .set_count = cli->set_count,
                                       .metrics = cli->metrics,
                                       .metric_count = cli->metric_count,
                                       .seed = cli->seed,
                                       .has_seed = cli->has_seed,
                                       .replications = cli->replications};
    struct sim_diagnostics said = {.items = NULL};
    struct sim_scenario *scenario = sim_scenario_load(file, &options, &said);
    if (!sim__cli_is_other_rank()) /* rank 0 says it */
        sim_diagnostics_print(&said, stderr);
    sim_diagnostics_free(&said);
    return scenario;
}
