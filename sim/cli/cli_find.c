/* cli_find.c - weir find, map and sensitivity: what is asked, checked, searched, written. */
#include "cli/cli.h"

#include "base/text.h"
#include "report/figures/gnuplot.h"
#include "report/output.h"
#include "report/searches/search.h"
#include "study/store/store.h"
#include "study/work/signal_watch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* chosen: an answer to a fiftieth, in minutes for runs of a few seconds */
#define WITHIN 0.02
#define MOST_RUNS 2000u
#define FIRST_LOOK 10u /* with fewer, Student's t is far wider at the levels find.c asks for */
#define PLAIN_COLUMNS 100u

struct hunt;

/* What sets the three commands apart. */
struct kind {
    const char *figure, *results; /* figures/NAME.*, NAME.json */
    const char *place;            /* out/<scenario name>-PLACE */
    int (*search)(struct hunt *);
    int (*lend)(struct hunt *); /* a rank other than 0 */
    sim_search_print *print;
    sim_search_write *write;
    sim_search_draw *draw;
};

struct hunt {
    const struct sim_cli *cli;
    const struct kind *kind;
    struct sim_scenario *scenario;
    struct sim_asked asked;
    struct sim_search search;
    struct sim__cli_share share;
    struct sim_work_session session;
    struct sim_probe probe;
    struct sim_output output;
    struct sim_case ends[4]; /* what the search's cost is judged by */
    uint32_t end_count;
    double runs;
    bool fault, left; /* left: interrupted, the whole result that was there stays */
    struct sim_store *store;
    char place[SIM_OUTPUT_PATH_BYTES];
    struct sim_find found;
    struct sim_map map;
    struct sim_sensitivity sensitivity;
};

static int fault(const char *why)
{
    sim_tell(stderr, "weir: %s\n", why);
    return SIM_EXIT_FAULT;
}

/* ---- what is asked --------------------------------------------------------------------------- */

static struct sim_scenario *load(const struct sim_cli *cli)
{
    const char *base[] = {"base"};
    struct sim_cli one = *cli;
    if (cli->variant_count > 1) {
        sim__cli_usage(cli->command, "one --variant at a time");
        return NULL;
    }
    if (cli->variant_count == 0) {
        one.variants = base;
        one.variant_count = 1;
    }
    return sim__cli_load(&one, cli->operands[0]);
}

static int ask(struct hunt *hunt, const struct sim_question *question)
{
    struct sim_diagnostics said = {.items = NULL};
    int status = sim_question_read(hunt->scenario, question, &hunt->asked, &said);
    if (!sim__cli_is_hand()) /* rank 0 says it */
        sim_diagnostics_print(&said, stderr);
    sim_diagnostics_free(&said);
    hunt->search.asked = &hunt->asked;
    return status == 0 ? SIM_EXIT_DONE : SIM_EXIT_USAGE;
}

/* The cases at the ends of what is varied: what a search costs lies between them. An end that is
 * no scenario is left out: the search says so. */
static void add_end(struct hunt *hunt, const char *variant, const struct sim_vary *vary,
                    const double *values, uint32_t count)
{
    struct sim_diagnostics said = {.items = NULL};
    struct sim_case *end = &hunt->ends[hunt->end_count];
    if (sim_vary_case(hunt->scenario, variant, vary, values, count, NULL, end, &said) == 0)
        hunt->end_count++;
    sim_diagnostics_free(&said);
}

static void find_ends(struct hunt *hunt)
{
    const struct sim_vary *v = hunt->asked.vary;
    hunt->end_count = 0;
    for (uint32_t i = 0; i < 1u << hunt->asked.vary_count; i++) {
        const double at[2] = {i & 1 ? v[0].high : v[0].low, i & 2 ? v[1].high : v[1].low};
        add_end(hunt, hunt->asked.variant, v, at, hunt->asked.vary_count);
    }
}

/* As many runs as `find` is likely to take: five values, then those that halve the range until it
 * is narrow enough, each looked at twice. */
static double likely_runs(const struct hunt *hunt)
{
    const struct sim_vary *v = &hunt->asked.vary[0];
    double most = hunt->cli->most_runs ? hunt->cli->most_runs : MOST_RUNS;
    double within = hunt->cli->within > 0 ? hunt->cli->within : WITHIN;
    double middle = fabs(v->low + v->high) / 2, gap = (v->high - v->low) / 4;
    double halvings = middle > 0 ? fmax(0, ceil(log2(gap / (within * middle)))) : 0;
    return fmin(most, (5 + halvings) * 2 * hunt->search.replications);
}

static struct sim__cli_load load_of(const struct hunt *hunt)
{
    bool ends = hunt->end_count > 0;
    uint32_t count = ends ? hunt->end_count : 1;
    return (struct sim__cli_load){.scenario = hunt->scenario,
                                  .cases = ends ? hunt->ends : hunt->scenario->variants,
                                  .count = count,
                                  .each = ceil(hunt->runs / count),
                                  .noun = ends ? "ends of the range" : "variant",
                                  .runs = "runs"};
}

/* Refuses what is too large, by the estimates, for so many runs. */
static int size(struct hunt *hunt, double runs)
{
    hunt->runs = runs;
    const struct sim__cli_load load = load_of(hunt);
    return sim__cli_size(hunt->cli, &load);
}

static uint32_t replications(const struct hunt *hunt, uint32_t asked, uint32_t otherwise)
{
    return hunt->cli->replications ? hunt->cli->replications : asked ? asked : otherwise;
}

/* ---- writing --------------------------------------------------------------------------------- */

static int write_one(struct hunt *hunt, const char *name, const char *text, size_t bytes,
                     struct sim_error *error)
{
    FILE *file = sim_output_file(&hunt->output, name, error);
    if (!file)
        return -1;
    fwrite(text, 1, bytes, file);
    return sim_output_file_end(&hunt->output, error);
}

/* The results and the figure's two files, by way of memory. */
static int write_texts(struct hunt *hunt, struct sim_error *error)
{
    char *texts[3] = {NULL}, name[128];
    size_t bytes[3] = {0};
    FILE *files[3];
    int status = 0;
    for (int i = 0; i < 3; i++)
        files[i] = open_memstream(&texts[i], &bytes[i]);
    if (files[0] && files[1] && files[2]) {
        hunt->kind->write(&hunt->search, files[0]);
        hunt->kind->draw(&hunt->search, files[1], files[2]);
    }
    for (int i = 0; i < 3; i++)
        if (!files[i] || fclose(files[i]) != 0)
            status = -1;
    if (status != 0)
        snprintf(error->text, sizeof error->text, "out of memory");
    snprintf(name, sizeof name, "%s.json", hunt->kind->results);
    status = status == 0 ? write_one(hunt, name, texts[0], bytes[0], error) : status;
    snprintf(name, sizeof name, "figures/%s.csv", hunt->kind->figure);
    status = status == 0 ? write_one(hunt, name, texts[1], bytes[1], error) : status;
    snprintf(name, sizeof name, "figures/%s.gp", hunt->kind->figure);
    status = status == 0 ? write_one(hunt, name, texts[2], bytes[2], error) : status;
    for (int i = 0; i < 3; i++)
        free(texts[i]);
    return status;
}

static void draw(struct hunt *hunt)
{
    char figures[SIM_OUTPUT_PATH_BYTES + 16];
    snprintf(figures, sizeof figures, "%s/figures", hunt->output.temporary);
    enum sim_gnuplot_result result = sim_gnuplot_draw(&hunt->session, figures, &hunt->kind->figure,
                                                      1, hunt->cli->format, 1, stderr);
    hunt->fault = result == SIM_GNUPLOT_MISSING || result == SIM_GNUPLOT_FAILED;
    if (result == SIM_GNUPLOT_MISSING)
        sim_tell(stderr,
                 "weir: gnuplot is not installed: the figure was not drawn; all else is in %s.\n"
                 "Install it and draw it with\n"
                 "    apt-get install gnuplot-nox && weir plot %s\n",
                 hunt->place, hunt->place);
}

static int write_all(struct hunt *hunt)
{
    struct sim_error error = {""};
    int status = sim__cli_write_resolved(&hunt->output, hunt->scenario, &error);
    if (status == 0)
        status = write_texts(hunt, &error);
    if (status == 0 && !hunt->cli->no_plot)
        draw(hunt);
    bool interrupted = sim_work_session_interrupted(&hunt->session);
    hunt->left = interrupted && hunt->output.holds_whole;
    if (status == 0 && !hunt->left)
        status = sim_output_commit(&hunt->output, !interrupted, &error);
    else
        sim_output_abandon(&hunt->output);
    return status == 0 ? SIM_EXIT_DONE
                       : sim__cli_not_written(hunt->place, hunt->probe.finished, &error);
}

static void print(struct hunt *hunt)
{
    struct winsize window;
    unsigned columns = PLAIN_COLUMNS;
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 &&
        window.ws_col >= 60)
        columns = window.ws_col < 160 ? window.ws_col : 160;
    if (hunt->cli->json) {
        hunt->kind->write(&hunt->search, stdout);
    } else if (!hunt->cli->quiet) {
        hunt->kind->print(&hunt->search, columns, stdout);
        if (!hunt->left)
            sim_tell(stdout, "Results: %s\n", hunt->place);
    }
}

/* ---- searching ------------------------------------------------------------------------------- */

static int find(struct hunt *hunt)
{
    uint32_t most = hunt->cli->most_runs;
    struct sim_find_settings settings = {.probability = hunt->search.probability,
                                         .within = hunt->search.within,
                                         .most_runs = most ? most : MOST_RUNS};
    hunt->search.found = &hunt->found;
    return sim_probe_find(&hunt->probe, &hunt->asked, &settings, &hunt->found);
}

static int lend_asked(struct hunt *hunt)
{
    const struct sim_asked *asked = &hunt->asked;
    const struct sim_wanted wanted = {asked->criterion.that, asked->criterion.from,
                                      asked->criterion.to};
    return sim_probe_lend(&hunt->probe, asked->variant, asked->vary, asked->vary_count, &wanted);
}

static int map(struct hunt *hunt)
{
    hunt->search.map = &hunt->map;
    return sim_probe_map(&hunt->probe, &hunt->asked, &hunt->map);
}

static int sensitivity(struct hunt *hunt)
{
    hunt->search.sensitivity = &hunt->sensitivity;
    return sim_probe_sensitivity(&hunt->probe, hunt->search.inputs, &hunt->sensitivity);
}

static int lend_inputs(struct hunt *hunt)
{
    const struct sim_sensitivity_asked *asked = hunt->search.inputs;
    const struct sim_wanted wanted = {.that = asked->metric, .from = NAN, .to = NAN};
    return sim_probe_lend(&hunt->probe, asked->variant, asked->vary, asked->vary_count, &wanted);
}

/* The search, on the runs that the store has and those it then gets. */
static int search(struct hunt *hunt)
{
    struct sim_error error = {""};
    struct sim_store *store = sim_store_open(hunt->output.dir, &error);
    if (!store)
        return fault(error.text);
    hunt->probe.options.store = store;
    int status = hunt->kind->search(hunt);
    hunt->search.unit = hunt->probe.unit;
    hunt->probe.options.store = NULL;
    if (status == 0 && hunt->probe.reused > 0 && !hunt->cli->quiet)
        sim_tell(stderr, "weir: %u of %u runs are from %s/store, simulated before\n",
                 hunt->probe.reused, hunt->probe.finished, hunt->place);
    hunt->store = store;
    sim_store_close(store); /* before DIR, which it is in, is exchanged */
    if (status == 0)
        return SIM_EXIT_DONE;
    if (!sim_work_session_interrupted(&hunt->session))
        return fault(hunt->probe.why);
    if (hunt->probe.finished == 0)
        sim_tell(stderr, "weir: interrupted: no run finished: nothing was written\n");
    else
        sim_tell(stderr,
                 "weir: interrupted: no results were written; %u runs are kept in %s/store\n",
                 hunt->probe.finished, hunt->place);
    return SIM_EXIT_INTERRUPTED;
}

/* From an open session and output on. Ends the output. */
static int search_and_write(struct hunt *hunt)
{
    const struct sim__cli_load load = load_of(hunt);
    int status = sim__cli_time(hunt->cli, &hunt->session, &load);
    if (status == SIM_EXIT_DONE)
        status = search(hunt);
    if (status != SIM_EXIT_DONE) {
        sim_output_abandon(&hunt->output);
        return status;
    }
    status = write_all(hunt);
    if (status != SIM_EXIT_DONE)
        return status;
    print(hunt);
    if (sim_work_session_interrupted(&hunt->session)) {
        sim_tell(stderr, "weir: interrupted: the search is done; %u runs are kept in %s/store%s\n",
                 hunt->probe.finished, hunt->place,
                 hunt->left ? "; its results are those of before" : ", the figure was not drawn");
        return SIM_EXIT_INTERRUPTED;
    }
    if (hunt->probe.audit_failed)
        sim_tell(stderr, "weir: the audit of a run failed; `weir run` says where\n");
    return hunt->fault ? SIM_EXIT_FAULT : hunt->probe.audit_failed ? SIM_EXIT_CLAIM : status;
}

static int open_output(struct hunt *hunt)
{
    struct sim_error error = {""};
    const struct sim_cli *cli = hunt->cli;
    if (cli->out)
        snprintf(hunt->place, sizeof hunt->place, "%s", cli->out);
    else
        snprintf(hunt->place, sizeof hunt->place, "out/%s-%s", hunt->scenario->name,
                 hunt->kind->place);
    sim_watch_session(cli->watch, &hunt->session, hunt->place);
    char results[64];
    snprintf(results, sizeof results, "%s.json", hunt->kind->results);
    const char **inputs = sim_scenario_files(hunt->scenario);
    if (!inputs)
        return fault("out of memory");
    const struct sim_output_plan plan = {.files = {"resolved.json", results},
                                         .inputs = inputs,
                                         .figures = &hunt->kind->figure,
                                         .figure_count = 1,
                                         .format = cli->format};
    enum sim_output_problem problem = sim_output_open(&hunt->output, hunt->place, &plan, &error);
    free(inputs);
    switch (problem) {
    case SIM_OUTPUT_FINE: return SIM_EXIT_DONE;
    case SIM_OUTPUT_REFUSED: return sim__cli_usage(cli->command, "%s", error.text);
    case SIM_OUTPUT_FAULT: break;
    }
    return fault(error.text);
}

static int run_rank(struct hunt *hunt, bool leads)
{
    struct sim_error error = {""};
    const struct sim_cli *cli = hunt->cli;
    hunt->search.scenario = hunt->scenario;
    hunt->search.figure_format = cli->format;
    hunt->search.probability = cli->probability;
    hunt->search.within = cli->within > 0 ? cli->within : WITHIN;
    hunt->probe.session = &hunt->session;
    hunt->probe.scenario = hunt->scenario;
    hunt->probe.options = (struct sim_replicate_options){
        .seed = hunt->scenario->seed,
        .replications = hunt->search.replications,
        .jobs = hunt->share.jobs,
        .team = hunt->share.team,
        .fresh = cli->fresh,
        .progress = !cli->quiet && isatty(STDERR_FILENO),
    };
    if (sim_work_session_open(&hunt->session, &error) != 0)
        return fault(error.text);
    int status = SIM_EXIT_DONE;
    if (!leads) {
        bool fine = hunt->kind->lend(hunt) == 0;
        status = fine ? SIM_EXIT_DONE : fault(hunt->probe.why);
    } else {
        status = open_output(hunt);
        if (status == SIM_EXIT_DONE)
            status = search_and_write(hunt);
    }
    sim_store_free(hunt->store);
    sim_work_session_close(&hunt->session);
    return status;
}

static int lead(void *self)
{
    return run_rank(self, true);
}

static int lend(void *self)
{
    return run_rank(self, false);
}

static int run(struct hunt *hunt)
{
    return sim__cli_share(hunt->cli, &hunt->share, lead, lend, hunt);
}

/* ---- the commands ---------------------------------------------------------------------------- */

static const struct kind kinds[] = {
    {"find", "find", "find", find, lend_asked, sim_find_print, sim_find_write, sim_find_draw},
    {"map", "map", "map", map, lend_asked, sim_map_print, sim_map_write, sim_map_draw},
    {"tornado", "sensitivity", "sensitivity", sensitivity, lend_inputs, sim_sensitivity_print,
     sim_sensitivity_write, sim_sensitivity_draw},
};

int sim__cli_find(const struct sim_cli *cli)
{
    struct hunt hunt = {.cli = cli, .kind = &kinds[0]};
    const struct sim_question question = {.vary = {cli->vary, NULL},
                                          .options = {"--vary", NULL},
                                          .criterion = cli->criterion,
                                          .from = cli->from,
                                          .to = cli->to,
                                          .log = {cli->log, false}};
    if (!cli->vary || !cli->criterion)
        return sim__cli_usage(cli->command, "it needs %s%s%s",
                              cli->vary ? "" : "--vary PATH=LO..HI",
                              cli->vary || cli->criterion ? "" : " and ",
                              cli->criterion ? "" : "--while 'METRIC op VALUE'");
    hunt.scenario = load(cli);
    if (!hunt.scenario)
        return SIM_EXIT_USAGE;
    hunt.search.replications = replications(&hunt, 0, FIRST_LOOK);
    int status = ask(&hunt, &question);
    if (status == SIM_EXIT_DONE)
        find_ends(&hunt);
    if (status == SIM_EXIT_DONE)
        status = size(&hunt, likely_runs(&hunt));
    if (status == SIM_EXIT_DONE)
        status = run(&hunt);
    sim_scenario_free(hunt.scenario);
    return status;
}

/* The file's map, or the command line's when it gives one. */
static int ask_map(struct hunt *hunt)
{
    const struct sim_cli *cli = hunt->cli;
    const struct sim_map_asked *map = hunt->scenario->map;
    const struct sim_question question = {.vary = {cli->x, cli->y},
                                          .options = {"--x", "--y"},
                                          .criterion = cli->criterion,
                                          .from = cli->from,
                                          .to = cli->to,
                                          .log = {cli->log_x, cli->log_y},
                                          .steps = true};
    bool given = cli->x || cli->y || cli->criterion || cli->from || cli->to || cli->log_x ||
                 cli->log_y;
    if (given && (!cli->x || !cli->y || !cli->criterion))
        return sim__cli_usage(cli->command, "--x, --y and --while go together: %s is missing",
                              !cli->x   ? "--x"
                              : !cli->y ? "--y"
                                        : "--while");
    if (!given && !map)
        return sim__cli_usage(cli->command,
                              "%s has no \"map\": give --x, --y and --while, or add one",
                              cli->operands[0]);
    hunt->search.replications = replications(hunt, given ? 0 : map->replications,
                                             hunt->scenario->replications);
    if (given)
        return ask(hunt, &question);
    hunt->asked = map->asked;
    if (cli->variant_count > 0)
        hunt->asked.variant = hunt->scenario->variants[0].variant;
    hunt->search.asked = &hunt->asked;
    return SIM_EXIT_DONE;
}

int sim__cli_map(const struct sim_cli *cli)
{
    struct hunt hunt = {.cli = cli, .kind = &kinds[1]};
    hunt.scenario = load(cli);
    if (!hunt.scenario)
        return SIM_EXIT_USAGE;
    int status = ask_map(&hunt);
    if (status == SIM_EXIT_DONE)
        find_ends(&hunt);
    if (status == SIM_EXIT_DONE)
        status = size(&hunt, (double)hunt.search.replications * hunt.asked.vary[0].steps *
                                 hunt.asked.vary[1].steps);
    if (status == SIM_EXIT_DONE)
        status = run(&hunt);
    free(hunt.map.cells);
    sim_scenario_free(hunt.scenario);
    return status;
}

int sim__cli_sensitivity(const struct sim_cli *cli)
{
    struct hunt hunt = {.cli = cli, .kind = &kinds[2]};
    hunt.scenario = load(cli);
    if (!hunt.scenario)
        return SIM_EXIT_USAGE;
    const struct sim_sensitivity_asked *asked = hunt.scenario->sensitivity;
    int status = SIM_EXIT_DONE;
    if (!asked) {
        status = sim__cli_usage(cli->command,
                                "%s has no \"sensitivity\": add { \"vary\": { PATH: { \"low\": 4, "
                                "\"mid\": 8, \"high\": 16 } }, \"metric\": METRIC }",
                                cli->operands[0]);
    } else {
        hunt.search.inputs = asked;
        hunt.search.replications = replications(&hunt, asked->replications,
                                                hunt.scenario->replications);
        status = size(&hunt, hunt.search.replications * (1.0 + 2 * asked->vary_count));
    }
    if (status == SIM_EXIT_DONE)
        status = run(&hunt);
    free(hunt.sensitivity.inputs);
    sim_scenario_free(hunt.scenario);
    return status;
}
