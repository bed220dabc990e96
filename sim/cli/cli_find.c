/* cli_find.c - weir find, map and sensitivity: reads the question, checks the size, searches and
 * writes. */
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

/* chosen: an answer to 2 % takes minutes with runs of a few seconds */
#define WITHIN 0.02
#define MOST_RUNS 2000u
#define FIRST_LOOK 10u /* with fewer, Student's t is much wider at the levels of find.c */
#define PLAIN_COLUMNS 100u

struct job;

/* The differences between the three commands. */
struct kind {
    const char *figure, *results; /* figures/NAME.*, NAME.json */
    const char *place;            /* out/<scenario name>-PLACE */
    int (*search)(struct job *);
    int (*serve)(struct job *); /* for ranks other than 0 */
    sim_search_print *print;
    sim_search_write *write;
    sim_search_draw *draw;
};

struct job {
    const struct sim_cli *cli;
    const struct kind *kind;
    struct sim_scenario *scenario;
    struct sim_asked asked;
    struct sim_search search;
    struct sim__cli_share share;
    struct sim_work_session session;
    struct sim_probe probe;
    struct sim_output output;
    struct sim_case ends[4]; /* used to estimate the cost of the search */
    uint32_t end_count;
    double runs;
    bool fault, left; /* left: interrupted, and the earlier complete result stays */
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

static int ask(struct job *job, const struct sim_question *question)
{
    struct sim_diagnostics said = {.items = NULL};
    int status = sim_question_read(job->scenario, question, &job->asked, &said);
    if (!sim__cli_is_other_rank()) /* rank 0 prints it */
        sim_diagnostics_print(&said, stderr);
    sim_diagnostics_free(&said);
    job->search.asked = &job->asked;
    return status == 0 ? SIM_EXIT_DONE : SIM_EXIT_USAGE;
}

/* Adds a case at an end of the ranges; the cost of a search lies between those of its ends. An end
 * that is not a valid scenario is left out; the search will report it. */
static void add_end(struct job *job, const char *variant, const struct sim_vary *vary,
                    const double *values, uint32_t count)
{
    struct sim_diagnostics said = {.items = NULL};
    struct sim_case *end = &job->ends[job->end_count];
    if (sim_vary_case(job->scenario, variant, vary, values, count, NULL, end, &said) == 0)
        job->end_count++;
    sim_diagnostics_free(&said);
}

static void find_ends(struct job *job)
{
    const struct sim_vary *v = job->asked.vary;
    job->end_count = 0;
    for (uint32_t i = 0; i < 1u << job->asked.vary_count; i++) {
        const double at[2] = {i & 1 ? v[0].high : v[0].low, i & 2 ? v[1].high : v[1].low};
        add_end(job, job->asked.variant, v, at, job->asked.vary_count);
    }
}

/* The likely number of runs of `find`: five values, then halving until the range is narrow enough,
 * with two looks each. */
static double likely_runs(const struct job *job)
{
    const struct sim_vary *v = &job->asked.vary[0];
    double most = job->cli->most_runs ? job->cli->most_runs : MOST_RUNS;
    double within = job->cli->within > 0 ? job->cli->within : WITHIN;
    double middle = fabs(v->low + v->high) / 2, gap = (v->high - v->low) / 4;
    double halvings = middle > 0 ? fmax(0, ceil(log2(gap / (within * middle)))) : 0;
    return fmin(most, (5 + halvings) * 2 * job->search.replications);
}

static struct sim__cli_load load_of(const struct job *job)
{
    bool ends = job->end_count > 0;
    uint32_t count = ends ? job->end_count : 1;
    return (struct sim__cli_load){.scenario = job->scenario,
                                  .cases = ends ? job->ends : job->scenario->variants,
                                  .count = count,
                                  .each = ceil(job->runs / count),
                                  .noun = ends ? "ends of the range" : "variant",
                                  .runs = "runs"};
}

/* Refuses a search that is too large with this number of runs, judged by estimates. */
static int size(struct job *job, double runs)
{
    job->runs = runs;
    const struct sim__cli_load load = load_of(job);
    return sim__cli_size(job->cli, &load);
}

static uint32_t replications(const struct job *job, uint32_t asked, uint32_t otherwise)
{
    return job->cli->replications ? job->cli->replications : asked ? asked : otherwise;
}

/* ---- writing --------------------------------------------------------------------------------- */

static int write_one(struct job *job, const char *name, const char *text, size_t bytes,
                     struct sim_error *error)
{
    FILE *file = sim_output_file(&job->output, name, error);
    if (!file)
        return -1;
    fwrite(text, 1, bytes, file);
    return sim_output_file_end(&job->output, error);
}

/* Writes the results and the figure's two files, first into memory. */
static int write_texts(struct job *job, struct sim_error *error)
{
    char *texts[3] = {NULL}, name[128];
    size_t bytes[3] = {0};
    FILE *files[3];
    int status = 0;
    for (int i = 0; i < 3; i++)
        files[i] = open_memstream(&texts[i], &bytes[i]);
    if (files[0] && files[1] && files[2]) {
        job->kind->write(&job->search, files[0]);
        job->kind->draw(&job->search, files[1], files[2]);
    }
    for (int i = 0; i < 3; i++)
        if (!files[i] || fclose(files[i]) != 0)
            status = -1;
    if (status != 0)
        snprintf(error->text, sizeof error->text, "out of memory");
    snprintf(name, sizeof name, "%s.json", job->kind->results);
    status = status == 0 ? write_one(job, name, texts[0], bytes[0], error) : status;
    snprintf(name, sizeof name, "figures/%s.csv", job->kind->figure);
    status = status == 0 ? write_one(job, name, texts[1], bytes[1], error) : status;
    snprintf(name, sizeof name, "figures/%s.gp", job->kind->figure);
    status = status == 0 ? write_one(job, name, texts[2], bytes[2], error) : status;
    for (int i = 0; i < 3; i++)
        free(texts[i]);
    return status;
}

static void draw(struct job *job)
{
    char figures[SIM_OUTPUT_PATH_BYTES + 16];
    snprintf(figures, sizeof figures, "%s/figures", job->output.temporary);
    enum sim_gnuplot_result result = sim_gnuplot_draw(&job->session, figures, &job->kind->figure, 1,
                                                      job->cli->format, 1, stderr);
    job->fault = result == SIM_GNUPLOT_MISSING || result == SIM_GNUPLOT_FAILED;
    if (result == SIM_GNUPLOT_MISSING)
        sim_tell(stderr,
                 "weir: gnuplot is not installed: the figure was not drawn; all else is in %s.\n"
                 "Install it and draw it with\n"
                 "    apt-get install gnuplot-nox && weir plot %s\n",
                 job->place, job->place);
}

static int write_all(struct job *job)
{
    struct sim_error error = {""};
    int status = sim__cli_write_resolved(&job->output, job->scenario, &error);
    if (status == 0)
        status = write_texts(job, &error);
    if (status == 0 && !job->cli->no_plot)
        draw(job);
    bool interrupted = sim_work_session_interrupted(&job->session);
    job->left = interrupted && job->output.holds_whole;
    if (status == 0 && !job->left)
        status = sim_output_commit(&job->output, !interrupted, &error);
    else
        sim_output_abandon(&job->output);
    return status == 0 ? SIM_EXIT_DONE
                       : sim__cli_not_written(job->place, job->probe.finished, &error);
}

static void print(struct job *job)
{
    struct winsize window;
    unsigned columns = PLAIN_COLUMNS;
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 &&
        window.ws_col >= 60)
        columns = window.ws_col < 160 ? window.ws_col : 160;
    if (job->cli->json) {
        job->kind->write(&job->search, stdout);
    } else if (!job->cli->quiet) {
        job->kind->print(&job->search, columns, stdout);
        if (!job->left)
            sim_tell(stdout, "Results: %s\n", job->place);
    }
}

/* ---- searching ------------------------------------------------------------------------------- */

static int find(struct job *job)
{
    uint32_t most = job->cli->most_runs;
    struct sim_find_settings settings = {.probability = job->search.probability,
                                         .within = job->search.within,
                                         .most_runs = most ? most : MOST_RUNS};
    job->search.found = &job->found;
    return sim_probe_find(&job->probe, &job->asked, &settings, &job->found);
}

static int serve_asked(struct job *job)
{
    const struct sim_asked *asked = &job->asked;
    const struct sim_wanted wanted = {asked->criterion.that, asked->criterion.from,
                                      asked->criterion.to};
    return sim_probe_serve(&job->probe, asked->variant, asked->vary, asked->vary_count, &wanted);
}

static int map(struct job *job)
{
    job->search.map = &job->map;
    return sim_probe_map(&job->probe, &job->asked, &job->map);
}

static int sensitivity(struct job *job)
{
    job->search.sensitivity = &job->sensitivity;
    return sim_probe_sensitivity(&job->probe, job->search.inputs, &job->sensitivity);
}

static int serve_inputs(struct job *job)
{
    const struct sim_sensitivity_asked *asked = job->search.inputs;
    const struct sim_wanted wanted = {.that = asked->metric, .from = NAN, .to = NAN};
    return sim_probe_serve(&job->probe, asked->variant, asked->vary, asked->vary_count, &wanted);
}

/* Searches, with stored runs and new ones. */
static int search(struct job *job)
{
    struct sim_error error = {""};
    struct sim_store *store = sim_store_open(job->output.dir, &error);
    if (!store)
        return fault(error.text);
    job->probe.options.store = store;
    int status = job->kind->search(job);
    job->search.unit = job->probe.unit;
    job->probe.options.store = NULL;
    if (status == 0 && job->probe.reused > 0 && !job->cli->quiet)
        sim_tell(stderr, "weir: %u of %u runs are from %s/store, simulated before\n",
                 job->probe.reused, job->probe.finished, job->place);
    job->store = store;
    sim_store_close(store); /* before DIR, which it is in, is exchanged */
    if (status == 0)
        return SIM_EXIT_DONE;
    if (!sim_work_session_interrupted(&job->session))
        return fault(job->probe.why);
    if (job->probe.finished == 0)
        sim_tell(stderr, "weir: interrupted: no run finished: nothing was written\n");
    else
        sim_tell(stderr,
                 "weir: interrupted: no results were written; %u runs are kept in %s/store\n",
                 job->probe.finished, job->place);
    return SIM_EXIT_INTERRUPTED;
}

/* Searches and writes with an open session and output, and ends the output. */
static int search_and_write(struct job *job)
{
    const struct sim__cli_load load = load_of(job);
    int status = sim__cli_time(job->cli, &job->session, &load);
    if (status == SIM_EXIT_DONE)
        status = search(job);
    if (status != SIM_EXIT_DONE) {
        sim_output_abandon(&job->output);
        return status;
    }
    status = write_all(job);
    if (status != SIM_EXIT_DONE)
        return status;
    print(job);
    if (sim_work_session_interrupted(&job->session)) {
        sim_tell(stderr, "weir: interrupted: the search is done; %u runs are kept in %s/store%s\n",
                 job->probe.finished, job->place,
                 job->left ? "; its results are those of before" : ", the figure was not drawn");
        return SIM_EXIT_INTERRUPTED;
    }
    if (job->probe.audit_failed)
        sim_tell(stderr, "weir: the audit of a run failed; `weir run` says where\n");
    return job->fault ? SIM_EXIT_FAULT : job->probe.audit_failed ? SIM_EXIT_CLAIM : status;
}

static int open_output(struct job *job)
{
    struct sim_error error = {""};
    const struct sim_cli *cli = job->cli;
    if (cli->out)
        snprintf(job->place, sizeof job->place, "%s", cli->out);
    else
        snprintf(job->place, sizeof job->place, "out/%s-%s", job->scenario->name, job->kind->place);
    sim_watch_session(cli->watch, &job->session, job->place);
    char results[64];
    snprintf(results, sizeof results, "%s.json", job->kind->results);
    const char **inputs = sim_scenario_files(job->scenario);
    if (!inputs)
        return fault("out of memory");
    const struct sim_output_plan plan = {.files = {"resolved.json", results},
                                         .inputs = inputs,
                                         .figures = &job->kind->figure,
                                         .figure_count = 1,
                                         .format = cli->format};
    enum sim_output_problem problem = sim_output_open(&job->output, job->place, &plan, &error);
    free(inputs);
    switch (problem) {
    case SIM_OUTPUT_FINE: return SIM_EXIT_DONE;
    case SIM_OUTPUT_REFUSED: return sim__cli_usage(cli->command, "%s", error.text);
    case SIM_OUTPUT_FAULT: break;
    }
    return fault(error.text);
}

static int run_rank(struct job *job, bool leads)
{
    struct sim_error error = {""};
    const struct sim_cli *cli = job->cli;
    job->search.scenario = job->scenario;
    job->search.figure_format = cli->format;
    job->search.probability = cli->probability;
    job->search.within = cli->within > 0 ? cli->within : WITHIN;
    job->probe.session = &job->session;
    job->probe.scenario = job->scenario;
    job->probe.options = (struct sim_replicate_options){
        .seed = job->scenario->seed,
        .replications = job->search.replications,
        .jobs = job->share.jobs,
        .team = job->share.team,
        .fresh = cli->fresh,
        .progress = !cli->quiet && isatty(STDERR_FILENO),
    };
    if (sim_work_session_open(&job->session, &error) != 0)
        return fault(error.text);
    int status = SIM_EXIT_DONE;
    if (!leads) {
        bool fine = job->kind->serve(job) == 0;
        status = fine ? SIM_EXIT_DONE : fault(job->probe.why);
    } else {
        status = open_output(job);
        if (status == SIM_EXIT_DONE)
            status = search_and_write(job);
    }
    sim_store_free(job->store);
    sim_work_session_close(&job->session);
    return status;
}

static int run_rank_0(void *self)
{
    return run_rank(self, true);
}

static int serve(void *self)
{
    return run_rank(self, false);
}

static int run(struct job *job)
{
    return sim__cli_share(job->cli, &job->share, run_rank_0, serve, job);
}

/* ---- the commands ---------------------------------------------------------------------------- */

static const struct kind kinds[] = {
    {"find", "find", "find", find, serve_asked, sim_find_print, sim_find_write, sim_find_draw},
    {"map", "map", "map", map, serve_asked, sim_map_print, sim_map_write, sim_map_draw},
    {"tornado", "sensitivity", "sensitivity", sensitivity, serve_inputs, sim_sensitivity_print,
     sim_sensitivity_write, sim_sensitivity_draw},
};

int sim__cli_find(const struct sim_cli *cli)
{
    struct job job = {.cli = cli, .kind = &kinds[0]};
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
    job.scenario = load(cli);
    if (!job.scenario)
        return SIM_EXIT_USAGE;
    job.search.replications = replications(&job, 0, FIRST_LOOK);
    int status = ask(&job, &question);
    if (status == SIM_EXIT_DONE)
        find_ends(&job);
    if (status == SIM_EXIT_DONE)
        status = size(&job, likely_runs(&job));
    if (status == SIM_EXIT_DONE)
        status = run(&job);
    sim_scenario_free(job.scenario);
    return status;
}

/* Reads the map of the command line, or else that of the file. */
static int ask_map(struct job *job)
{
    const struct sim_cli *cli = job->cli;
    const struct sim_map_asked *map = job->scenario->map;
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
    job->search.replications = replications(job, given ? 0 : map->replications,
                                            job->scenario->replications);
    if (given)
        return ask(job, &question);
    job->asked = map->asked;
    if (cli->variant_count > 0)
        job->asked.variant = job->scenario->variants[0].variant;
    job->search.asked = &job->asked;
    return SIM_EXIT_DONE;
}

int sim__cli_map(const struct sim_cli *cli)
{
    struct job job = {.cli = cli, .kind = &kinds[1]};
    job.scenario = load(cli);
    if (!job.scenario)
        return SIM_EXIT_USAGE;
    int status = ask_map(&job);
    if (status == SIM_EXIT_DONE)
        find_ends(&job);
    if (status == SIM_EXIT_DONE)
        status = size(&job, (double)job.search.replications * job.asked.vary[0].steps *
                                job.asked.vary[1].steps);
    if (status == SIM_EXIT_DONE)
        status = run(&job);
    free(job.map.cells);
    sim_scenario_free(job.scenario);
    return status;
}

int sim__cli_sensitivity(const struct sim_cli *cli)
{
    struct job job = {.cli = cli, .kind = &kinds[2]};
    job.scenario = load(cli);
    if (!job.scenario)
        return SIM_EXIT_USAGE;
    const struct sim_sensitivity_asked *asked = job.scenario->sensitivity;
    int status = SIM_EXIT_DONE;
    if (!asked) {
        status = sim__cli_usage(cli->command,
                                "%s has no \"sensitivity\": add { \"vary\": { PATH: { \"low\": 4, "
                                "\"mid\": 8, \"high\": 16 } }, \"metric\": METRIC }",
                                cli->operands[0]);
    } else {
        job.search.inputs = asked;
        job.search.replications = replications(&job, asked->replications,
                                               job.scenario->replications);
        status = size(&job, job.search.replications * (1.0 + 2 * asked->vary_count));
    }
    if (status == SIM_EXIT_DONE)
        status = run(&job);
    free(job.sensitivity.inputs);
    sim_scenario_free(job.scenario);
    return status;
}
