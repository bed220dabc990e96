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
         SIM_TAKES_UNTIL | SIM_TAKES_TRACE,
     sim__cli_run, "run every variant of a scenario and draw its figures",
     "Prints the headline numbers side by side and whether what the file expects held. Results go\n"
     "to --out: resolved.json, summary.json, series.csv and figures/. They are the same bytes for\n"
     "the same file, seed and version, whatever --jobs. What --out has of them from before\n"
     "is not simulated again.\n"},
    {"sweep", "FILE", 1, 1,
     SIM_TAKES_VARIANT | SIM_TAKES_SET | SIM_TAKES_RUN | SIM_TAKES_PLOT | SIM_TAKES_FORMAT |
         SIM_TAKES_LIST | SIM_TAKES_UNTIL,
     sim__cli_run, "run every cell of a scenario's sweep and draw its curves",
     "As `weir run`, over the cells of \"sweep\". Results go to out/<scenario name>-sweep.\n"
     "Started again after it was killed, it goes on where it was.\n"},
    {"compare", "FILE A B", 3, 3, SIM_TAKES_SET | SIM_TAKES_RUN | SIM_TAKES_UNTIL, sim__cli_compare,
     "say by how much variant B differs from variant A",
     "Replication k of both has the same load, so that they are compared pair by pair. \"base\"\n"
     "is the file without a variant. Of every metric: a difference with an interval, or how many\n"
     "replications would show one of 2 % (with --until X% that is X). All intervals hold together\n"
     "with 95 %. Runs are taken from the store of out/<scenario name> and kept there, as those of\n"
     "`weir run` are. Results are written only where --out says, with a store of their own:\n"
     "comparison.json, summary.json and resolved.json.\n"},
    {"find", "FILE", 1, 1,
     SIM_TAKES_VARIANT | SIM_TAKES_SET | SIM_TAKES_RUN | SIM_TAKES_PLOT | SIM_TAKES_FORMAT |
         SIM_TAKES_FIND | SIM_TAKES_WHILE,
     sim__cli_find, "find the value at which something stops to hold",
     "The breaking point as an interval with 95 % confidence, and every value that was looked at.\n"
     "--reps is how many runs a value gets at first (10 otherwise); when they cannot tell it gets\n"
     "up to 32 times as many. With --from and --to it is judged after a fault of the timeline: up\n"
     "to which load does it come back? Results go to out/<scenario name>-find: find.json and\n"
     "figures/find.*. Started again after it was killed, it goes on where it was.\n"},
    {"map", "FILE", 1, 1,
     SIM_TAKES_VARIANT | SIM_TAKES_SET | SIM_TAKES_RUN | SIM_TAKES_PLOT | SIM_TAKES_FORMAT |
         SIM_TAKES_MAP | SIM_TAKES_WHILE,
     sim__cli_map, "draw the probability of an outcome over two numbers of a scenario",
     "What the file's \"map\" asks for, or --x, --y and --while. Results go to\n"
     "out/<scenario name>-map: map.json and figures/map.*. Started again after it was killed, it\n"
     "goes on where it was.\n"},
    {"sensitivity", "FILE", 1, 1, SIM_TAKES_SET | SIM_TAKES_RUN | SIM_TAKES_PLOT | SIM_TAKES_FORMAT,
     sim__cli_sensitivity, "rank the inputs of a scenario by how much they move a metric",
     "What the file's \"sensitivity\" asks for: each input goes to its low and its high value,\n"
     "the others at mid, pair by pair on the same load. Results go to\n"
     "out/<scenario name>-sensitivity: sensitivity.json and figures/tornado.*.\n"},
    {"check", "FILE...", 1, -1, SIM_TAKES_VARIANT | SIM_TAKES_SET | SIM_TAKES_FORCE, sim__cli_check,
     "say every error of scenario files at once",
     "Also what `weir run` would refuse as too large, by estimates: nothing is run.\n"},
    {"plot", "DIR...", 1, -1, SIM_TAKES_FORMAT, sim__cli_plot, "draw the figures of results again",
     "DIR is what `weir run` was given as --out.\n"},
    {"results", "DIR", 1, 1, SIM_TAKES_CSV, sim__cli_results,
     "list the runs that the store of a result directory holds",
     "DIR is what a command that simulates was given as --out, or its own: out/<scenario name>\n"
     "and, behind it, -sweep, -find, -map or -sensitivity.\n"},
    {"report", "DIR", 1, 1, SIM_TAKES_PAGE, sim__cli_report,
     "make one HTML page of results, which needs no network",
     "DIR is what `weir run` or `weir sweep` was given as --out. The page is DIR/report.html:\n"
     "what was asked, what differs between the variants, numbers with intervals, figures, what\n"
     "was expected, the audit, and how to get it again. The same bytes for the same results.\n"},
    {"models", "[NAME]", 0, 1, 0, sim__cli_models,
     "list the models, or describe one: parameters, ports, meters", ""},
    {"schema", "", 0, 0, 0, sim__cli_schema, "print the JSON Schema of scenario files", ""},
    {"explain", "FILE [PATH]", 1, 2, SIM_TAKES_VARIANT | SIM_TAKES_SET, sim__cli_explain,
     "say where each value of a scenario comes from",
     "PATH is as in components.cache.ttl; all values without one.\n"},
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
    fputs("weir - a simulator of data-system architectures: what if, before production does\n\n",
          out);
    for (size_t i = 0; i < COMMANDS; i++) {
        char left[48];
        snprintf(left, sizeof left, "%s %s", commands[i].name, commands[i].operands);
        fprintf(out, "  weir %-20s %s\n", left, commands[i].summary);
    }
    fputs("  weir help COMMAND         the options of a command\n"
          "  weir --version\n\n"
          "Exit status: 0 done; 1 an expectation or the audit failed; 2 usage or an invalid\n"
          "scenario; 3 a fault while running, with what was finished kept; 130 interrupted.\n",
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

/* What was printed has to have arrived. */
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
    if (!shares && sim__cli_is_other_rank()) /* rank 0 does it */
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

/* A descriptor 0, 1 or 2 that the caller closed would be given to the next file opened. It is
 * opened for reading only, so that printing to it fails. */
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
    signal(SIGXFSZ, SIG_IGN); /* a file too large is an error of write(), which is reported */
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
