/* main.c - the commands of weir. */
#include "cli/cli.h"

#include "base/text.h"
#include "study/work/signal_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct command {
    const char *name, *operands;
    int least, most; /* operands; most -1: any number */
    unsigned takes;
    int (*run)(const struct sim_cli *);
    const char *summary, *more;
};

static const struct command commands[] = {
    {"run", "FILE", 1, 1,
     SIM_TAKES_VARIANT | SIM_TAKES_SET | SIM_TAKES_RUN | SIM_TAKES_PLOT | SIM_TAKES_FORMAT |
         SIM_TAKES_UNTIL | SIM_TAKES_METRIC_UNTIL | SIM_TAKES_TRACE,
     sim__cli_run, "run every variant of a scenario and draw its figures",
     "Prints the headline metrics side by side and whether the expectations hold. Results go to\n"
     "out/<scenario name>: resolved.json, summary.json (--json prints it), series.csv and\n"
     "figures/. They are the same bytes for the same file, seed and version, whatever --jobs.\n"
     "Runs that this directory has already are not simulated again.\n"},
    {"sweep", "FILE", 1, 1,
     SIM_TAKES_VARIANT | SIM_TAKES_SET | SIM_TAKES_RUN | SIM_TAKES_PLOT | SIM_TAKES_FORMAT |
         SIM_TAKES_LIST | SIM_TAKES_UNTIL | SIM_TAKES_METRIC_UNTIL,
     sim__cli_run, "run every cell of a scenario's sweep and draw its curves",
     "Like `weir run`, over the cells of \"sweep\". Results go to out/<scenario name>-sweep.\n"
     "After it was killed, the same command goes on where it stopped.\n"},
    {"compare", "FILE A B", 3, 3,
     SIM_TAKES_SET | SIM_TAKES_RUN | SIM_TAKES_UNTIL | SIM_TAKES_METRIC, sim__cli_compare,
     "estimate by how much variant B differs from variant A",
     "Replication k of both has the same load, so they are compared pair by pair. \"base\" is the\n"
     "file without a variant. For every metric it prints a difference with an interval, or the\n"
     "number of replications that would show a difference of 2 % (of X% with --until X%). All\n"
     "intervals hold together with 95 %. Runs are taken from the store of out/<scenario name>\n"
     "and kept there, as those of `weir run` are; no results are written. With --out, the store\n"
     "is in that directory, and results are written there: comparison.json (--json prints it),\n"
     "summary.json and resolved.json.\n"},
    {"find", "FILE", 1, 1,
     SIM_TAKES_VARIANT | SIM_TAKES_SET | SIM_TAKES_RUN | SIM_TAKES_PLOT | SIM_TAKES_FORMAT |
         SIM_TAKES_FIND | SIM_TAKES_WHILE,
     sim__cli_find, "find the value at which a criterion stops holding",
     "Prints the breaking point as an interval with 95 % confidence, and every value examined.\n"
     "--reps is the number of runs of each value at first (default 10); a value that they do not\n"
     "decide gets up to 32 times as many. With --from and --to only the time after a fault\n"
     "counts, to find the load up to which a system recovers. Results go to\n"
     "out/<scenario name>-find: find.json (--json prints it) and figures/find.*. After it was\n"
     "killed, the same command goes on where it stopped.\n"},
    {"map", "FILE", 1, 1,
     SIM_TAKES_VARIANT | SIM_TAKES_SET | SIM_TAKES_RUN | SIM_TAKES_PLOT | SIM_TAKES_FORMAT |
         SIM_TAKES_MAP | SIM_TAKES_WHILE,
     sim__cli_map, "draw the probability of an outcome over two numbers of a scenario",
     "The map is the file's \"map\", or --x, --y and --while. Results go to\n"
     "out/<scenario name>-map: map.json (--json prints it) and figures/map.*. After it was\n"
     "killed, the same command goes on where it stopped.\n"},
    {"sensitivity", "FILE", 1, 1, SIM_TAKES_SET | SIM_TAKES_RUN | SIM_TAKES_PLOT | SIM_TAKES_FORMAT,
     sim__cli_sensitivity, "rank the inputs of a scenario by how much they move a metric",
     "The inputs are in the file's \"sensitivity\". Each one goes to its low and its high value,\n"
     "with the others at mid, and is compared pair by pair on the same load. Results go to\n"
     "out/<scenario name>-sensitivity: sensitivity.json (--json prints it) and\n"
     "figures/tornado.*.\n"},
    {"check", "FILE...", 1, -1, SIM_TAKES_VARIANT | SIM_TAKES_SET | SIM_TAKES_FORCE, sim__cli_check,
     "report all errors of scenario files at once",
     "Also reports runs that `weir run` would refuse as too large. Nothing is run.\n"},
    {"plot", "DIR...", 1, -1, SIM_TAKES_FORMAT, sim__cli_plot, "draw the figures of results again",
     "DIR is the --out of a `weir run`, or its default.\n"},
    {"results", "DIR", 1, 1, SIM_TAKES_CSV, sim__cli_results,
     "list the runs that the store of a result directory holds",
     "DIR is the --out of a simulating command, or its default: out/<scenario name>, with -sweep,\n"
     "-find, -map or -sensitivity at the end for these commands.\n"},
    {"report", "DIR", 1, 1, SIM_TAKES_PAGE, sim__cli_report,
     "make one HTML page of results; it needs no network",
     "DIR is the --out of a `weir run` or `weir sweep`. The page is DIR/report.html: the options,\n"
     "the differences between variants, metrics with intervals, figures, expectations, the audit,\n"
     "and the commands to get it again. The same results give the same bytes.\n"},
    {"models", "[NAME]", 0, 1, 0, sim__cli_models,
     "list the models, or describe one: parameters, ports, meters", ""},
    {"schema", "", 0, 0, 0, sim__cli_schema, "print the JSON Schema of scenario files", ""},
    {"explain", "FILE [PATH]", 1, 2, SIM_TAKES_VARIANT | SIM_TAKES_SET, sim__cli_explain,
     "print where each value of a scenario comes from",
     "PATH is like components.cache.ttl; without PATH, all values.\n"},
    {"list", "[DIR]", 0, 1, 0, sim__cli_list, "list the scenarios below DIR, or below scenarios/",
     ""},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

static int unknown(const char *name)
{
    struct sim_nearest nearest = sim_nearest(name);
    for (size_t i = 0; i < COMMANDS; i++)
        sim_nearest_try(&nearest, commands[i].name);
    return sim__cli_usage("", "there is no command \"%s\"%s", sim_quote(name).s,
                          sim_nearest_hint(&nearest).s);
}

static void help_command(const struct command *c)
{
    printf("weir %s %s\n\n%c%s.\n%s", c->name, c->operands, c->summary[0] - 'a' + 'A',
           c->summary + 1, c->more);
    puts("\nOptions:");
    sim__cli_print_options(c->takes);
}

static void help_all(FILE *out)
{
    fputs("weir - a simulator of data-system architectures\n\n", out);
    for (size_t i = 0; i < COMMANDS; i++) {
        char left[48];
        snprintf(left, sizeof left, "%s %s", commands[i].name, commands[i].operands);
        fprintf(out, "  weir %-20s %s\n", left, commands[i].summary);
    }
    fputs("  weir help COMMAND         the options of a command\n"
          "  weir --version\n\n"
          "Exit status: 0 done; 1 an expectation or the audit failed; 2 usage or an invalid\n"
          "scenario; 3 a failure while running, finished runs are kept; 130 interrupted.\n",
          out);
}

static int help(int argc, char **argv)
{
    const struct command *c = argc > 2 ? find(argv[2]) : NULL;
    if (argc > 2 && !c)
        return unknown(argv[2]);
    if (c)
        help_command(c);
    else
        help_all(stdout);
    return SIM_EXIT_DONE;
}

/* Checks that all output was written. */
static int flushed(int status)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    bool closed = (fcntl(STDOUT_FILENO, F_GETFL) & O_ACCMODE) == O_RDONLY;
    sim_tell(stderr, "weir: cannot write to standard output: %s\n",
             closed  ? "it is closed"
             : errno ? strerror(errno)
                     : "a part of what was printed is lost");
    return status == SIM_EXIT_INTERRUPTED ? status : SIM_EXIT_FAULT;
}

static int run_read(const struct command *c, struct sim_cli *cli)
{
    if (cli->help) {
        help_command(c);
        return SIM_EXIT_DONE;
    }
    if (cli->operand_count < c->least)
        return sim__cli_usage(c->name, "it needs %s", c->operands);
    if (c->most >= 0 && cli->operand_count > c->most)
        return sim__cli_usage(c->name, "\"%s\" is one too many: it takes %s",
                              sim_quote(cli->operands[c->most]).s,
                              c->most > 0 ? c->operands : "options only");
    return c->run(cli);
}

static int run_command(const struct command *c, int argc, char **argv)
{
    struct sim_watch watch;
    struct sim_cli cli = {.command = c->name, .watch = &watch};
    int status = SIM_EXIT_USAGE;
    bool shares = (c->takes & SIM_TAKES_RUN) != 0;
    if (!shares && sim__cli_is_other_rank()) /* rank 0 does the work */
        return SIM_EXIT_DONE;
    if (shares && sim__cli_supervise(argv, &status))
        return status;
    sim_watch_begin(&watch, SIM_EXIT_INTERRUPTED, sim__cli_is_other_rank());
    if (sim__cli_read(&cli, c->takes, argc - 1, argv + 1) == 0)
        status = run_read(c, &cli);
    sim__cli_free(&cli);
    status = flushed(status);
    sim_watch_end(&watch);
    return status;
}

/* If the caller closed descriptor 0, 1 or 2, the next opened file would get it. It is opened for
 * reading only, so that printing to it fails. */
static void fill_standard_files(void)
{
    while (true) {
        int fd = open("/dev/null", O_RDONLY);
        if (fd < 0 || fd > STDERR_FILENO) {
            if (fd >= 0)
                close(fd);
            return;
        }
    }
}

int main(int argc, char **argv)
{
    fill_standard_files();
    /* write() then fails for a file that is too large, which is reported */
    signal(SIGXFSZ, SIG_IGN);
    if (argc < 2) {
        help_all(stderr);
        return SIM_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
        printf("weir %s\n", WEIR_VERSION);
        return flushed(SIM_EXIT_DONE);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0)
        return flushed(help(argc, argv));
    const struct command *c = find(argv[1]);
    return c ? run_command(c, argc, argv) : flushed(unknown(argv[1]));
}
