/* cli_run.c - weir run and weir sweep: loads, refuses runs that are too large, runs, writes, draws
 * and prints. */
#include "cli/cli.h"

#include "base/text.h"
#include "report/figures/gnuplot.h"
#include "report/number.h"
#include "report/output.h"
#include "report/report.h"
#include "study/store/store.h"
#include "study/work/signal_watch.h"
#include "study/work/team.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PLAIN_COLUMNS 100u

struct job {
    const struct sim_cli *cli;
    struct sim_scenario *scenario;
    const struct sim_case *cases;
    uint32_t case_count;
    char place[SIM_OUTPUT_PATH_BYTES]; /* relative, as the user would write it */
    struct sim_work_session session;
    struct sim_output output;
    struct sim_store *store;
    struct sim__cli_share share;
    struct sim_runs runs;
    struct sim_aggregate *aggregates;
    struct sim_verdict *verdicts;
    struct sim_report report;
    /* loaded without --variant, for the order of all variants; or NULL */
    struct sim_scenario *whole;
    const char **names; /* of its variants */
    struct sim_until until;
    struct sim_until_end until_end;
    bool sweep, fault; /* fault: a run failed */
    bool left;         /* interrupted: the earlier complete result stays */
};

static int fault(const struct sim_error *error)
{
    sim_tell(stderr, "weir: %s\n", error->text);
    return SIM_EXIT_FAULT;
}

/* ---- the plan ------------------------------------------------------------------------------- */

static int count_one(void *self, uint32_t replication, const struct sim_packed *packed)
{
    (void)replication;
    (void)packed;
    ++*(uint32_t *)self;
    return 0;
}

/* weir sweep --list: prints the runs and how many of them the store has. The duration depends on
 * the machine, so it goes to standard error. */
static int list_plan(const struct job *job)
{
    struct sim_error error = {""};
    uint32_t reps = job->scenario->replications;
    uint64_t stored = 0;
    double total = 0, left = 0;
    bool missing;
    struct sim_store *store = sim_store_open_to_read(job->place, &missing, &error);
    if (!store && !missing)
        return fault(&error);
    for (uint32_t i = 0; i < job->case_count; i++) {
        const struct sim_case *it = &job->cases[i];
        double n = sim_plan_events(&it->plan, NULL, 0);
        uint32_t found = 0;
        if (store && sim_store_find(store, it, job->scenario->seed, 0, reps, true, count_one,
                                    &found, &error) != 0) {
            sim_store_free(store);
            return fault(&error);
        }
        sim_tell(stdout, "%-60s %12s events, %u of %u runs in the store\n", it->name,
                 sim_number_human(n * reps, "1").s, found, reps);
        total += n * reps;
        left += n * (reps - found);
        stored += found;
    }
    sim_store_free(store);
    double runs = (double)job->case_count * reps - (double)stored;
    sim_tell(stdout,
             "%u cells x %u replications = %" PRIu64 " runs, about %s events; %" PRIu64
             " runs are in the store\n",
             job->case_count, reps, (uint64_t)job->case_count * reps,
             sim_number_human(total, "1").s, stored);
    sim_tell(stderr, "weir: the rest takes about %s on %u cores\n",
             sim_number_human(sim__cli_seconds(job->cli, left, runs), "s").s,
             sim_replicate_jobs(job->cli->jobs));
    return SIM_EXIT_DONE;
}

/* ---- running ------------------------------------------------------------------------------- */

/* Runs everything and makes estimates of the finished runs. */
static int simulate(struct job *job)
{
    struct sim_error error = {""};
    struct sim_replicate_options options = {
        .seed = job->scenario->seed,
        .replications = job->scenario->replications,
        .jobs = job->share.jobs,
        .team = job->share.team,
        .progress = !job->cli->quiet && isatty(STDERR_FILENO),
        .trace = job->cli->trace,
        .metrics_only = job->sweep,
        .store = job->store,
        .fresh = job->cli->fresh,
    };
    sim_runs_begin(&job->runs, job->cases, job->case_count, job->sweep);
    if (sim_store_name(job->store, job->scenario, job->scenario->sweep_paths,
                       job->scenario->sweep_path_count, job->cases, job->case_count, &error) != 0 ||
        sim_until_run(&job->session, &options, &job->until, &job->runs, &job->until_end, &error) !=
            0)
        return fault(&error);
    job->scenario->replications = job->runs.replications;
    /* the store is in DIR, so it is closed before DIR is exchanged */
    sim_store_close(job->store);
    if (job->runs.reused > 0 && !job->cli->quiet)
        sim_tell(stderr, "weir: %u of %u runs are from %s/store, simulated before\n",
                 job->runs.reused, job->case_count * job->runs.replications, job->place);
    job->fault = job->runs.faults > 0;
    job->aggregates = sim_aggregate_runs(&job->runs);
    uint32_t count = 0;
    if (!job->aggregates ||
        (!job->sweep && sim_expect_judge(job->scenario, &job->runs, &job->verdicts, &count) != 0)) {
        snprintf(error.text, sizeof error.text, "out of memory");
        return fault(&error);
    }
    job->report = (struct sim_report){.scenario = job->scenario,
                                      .runs = &job->runs,
                                      .aggregates = job->aggregates,
                                      .verdicts = job->verdicts,
                                      .verdict_count = count,
                                      .series = sim_series_keep(&job->runs),
                                      .sweep = job->sweep,
                                      .figure_format = job->cli->format,
                                      .until = job->until.target > 0 ? &job->until : NULL,
                                      .until_end = &job->until_end,
                                      .command = job->cli->command,
                                      .asked_variants = job->cli->variants,
                                      .asked_variant_count = job->cli->variant_count,
                                      .sets = job->cli->sets,
                                      .set_count = job->cli->set_count,
                                      .all_variants = job->names,
                                      .all_variant_count = job->names ? job->whole->variant_count
                                                                      : 0};
    return SIM_EXIT_DONE;
}

/* Prints which runs failed; a reason that all replications share is printed once. True if no run
 * could start, so that the scenario is wrong. */
static bool say_faults(const struct job *job)
{
    bool refused = false, other = false;
    for (uint32_t at = 0; at < job->case_count; at++) {
        const char *before = "";
        for (uint32_t r = 0; r < job->runs.replications; r++) {
            const struct sim_run *run = &job->runs.runs[(size_t)at * job->runs.replications + r];
            refused = refused || run->state == SIM_RUN_REFUSED;
            other = other || run->state == SIM_RUN_FINISHED || run->state == SIM_RUN_FAULT;
            if (!run->why[0] || strcmp(run->why, before) == 0)
                continue;
            sim_tell(stderr, "weir: %s, replication %u: %s\n", job->cases[at].name, r, run->why);
            before = run->why;
        }
    }
    return refused && !other;
}

/* ---- writing ------------------------------------------------------------------------------- */

int sim__cli_not_written(const char *place, uint32_t runs, const struct sim_error *error)
{
    sim_tell(stderr,
             "weir: %s\nIts %u finished runs are in %s/store and need not be simulated again.\n",
             error->text, runs, place);
    return SIM_EXIT_FAULT;
}

int sim__cli_write_resolved(struct sim_output *output, const struct sim_scenario *scenario,
                            struct sim_error *error)
{
    char *text = sim_scenario_resolved(scenario);
    FILE *file = sim_output_file(output, "resolved.json", error);
    if (!text)
        snprintf(error->text, sizeof error->text, "out of memory");
    if (file && text) {
        size_t n = strlen(text);
        fputs(text, file);
        if (n > 0 && text[n - 1] != '\n')
            fputc('\n', file);
    }
    free(text);
    int status = file ? sim_output_file_end(output, error) : -1;
    return text ? status : -1;
}

static int write_summary(const struct sim_report *report, FILE *out)
{
    sim_summary_write(report, out);
    return 0;
}

static int write_with(struct job *job, const char *name,
                      int (*writer)(const struct sim_report *, FILE *), struct sim_error *error)
{
    FILE *file = sim_output_file(&job->output, name, error);
    if (!file)
        return -1;
    int status = writer(&job->report, file);
    return sim_output_file_end(&job->output, error) != 0 ? -1 : status;
}

/* Writes a figure's data and program. 1: there is nothing to draw, and both were removed. */
static int write_figure(struct job *job, const struct sim_figure *figure, struct sim_error *error)
{
    char *gp_text = NULL;
    size_t gp_bytes = 0;
    char csv_name[512], gp_name[512];
    snprintf(csv_name, sizeof csv_name, "figures/%s.csv", figure->name);
    snprintf(gp_name, sizeof gp_name, "figures/%s.gp", figure->name);
    FILE *gp = open_memstream(&gp_text, &gp_bytes);
    FILE *csv = gp ? sim_output_file(&job->output, csv_name, error) : NULL;
    int status = -1;
    if (csv) {
        status = sim_figure_write(&job->report, figure, csv, gp);
        if (status < 0)
            snprintf(error->text, sizeof error->text, "out of memory");
        if (sim_output_file_end(&job->output, error) != 0)
            status = -1;
    }
    if (gp && fclose(gp) != 0)
        status = -1;
    if (status == 1)
        sim_output_drop(&job->output, csv_name);
    if (status == 0) {
        FILE *file = sim_output_file(&job->output, gp_name, error);
        if (file)
            fwrite(gp_text, 1, gp_bytes, file);
        status = file ? sim_output_file_end(&job->output, error) : -1;
    }
    free(gp_text);
    return status;
}

/* Writes all figures that apply, and stores the names of those that can be drawn in `names`. */
static int write_figures(struct job *job, const char **names, uint32_t *count,
                         struct sim_error *error)
{
    for (uint32_t i = 0; i < job->scenario->figure_count; i++) {
        const struct sim_figure *figure = &job->scenario->figures[i];
        if (!sim_report_draws(&job->report, figure))
            continue;
        int status = write_figure(job, figure, error);
        if (status < 0)
            return -1;
        if (status == 0)
            names[(*count)++] = figure->name;
        else
            sim_tell(stderr, "weir: nothing was observed for the figure \"%s\"\n", figure->name);
    }
    return 0;
}

static void draw(struct job *job, const char *const *names, uint32_t count)
{
    char figures[SIM_OUTPUT_PATH_BYTES + 16];
    snprintf(figures, sizeof figures, "%s/figures", job->output.temporary);
    unsigned jobs = sim_replicate_jobs(job->cli->jobs);
    switch (
        sim_gnuplot_draw(&job->session, figures, names, count, job->cli->format, jobs, stderr)) {
    case SIM_GNUPLOT_DRAWN:
    case SIM_GNUPLOT_INTERRUPTED: break;
    case SIM_GNUPLOT_MISSING:
        sim_tell(stderr,
                 "weir: gnuplot is not installed: the figures were not drawn; all else is in %s.\n"
                 "Install it and draw them with\n"
                 "    apt-get install gnuplot-nox && weir plot %s\n",
                 job->place, job->place);
        job->fault = true;
        break;
    case SIM_GNUPLOT_FAILED: job->fault = true; break;
    }
}

/* Whether all requested runs finished, and figures were drawn as far as possible. */
static bool is_whole(struct job *job)
{
    return !sim_work_session_interrupted(&job->session) &&
           job->runs.finished == job->case_count * job->runs.replications;
}

/* Puts the results in place of DIR, unless a partial result would replace a complete one. */
static int put_in_place(struct job *job, struct sim_error *error)
{
    job->left = sim_work_session_interrupted(&job->session) && job->output.holds_whole;
    if (!job->left)
        return sim_output_commit(&job->output, is_whole(job), error);
    sim_output_abandon(&job->output);
    return 0;
}

/* Writes everything into the temporary directory and puts it in place of DIR. */
static int write_all(struct job *job)
{
    struct sim_error error = {""};
    uint32_t count = 0;
    const char **names = calloc(job->scenario->figure_count + 1u, sizeof *names);
    int status = names ? 0 : -1;
    if (status == 0)
        status = sim__cli_write_resolved(&job->output, job->scenario, &error);
    if (status == 0)
        status = write_with(job, "summary.json", write_summary, &error);
    if (status == 0)
        status = write_with(job, "series.csv", sim_series_write, &error);
    if (status == 0 && job->cli->trace > 0)
        status = write_with(job, "trace.json", sim_trace_write, &error);
    if (status == 0)
        status = write_figures(job, names, &count, &error);
    if (status == 0 && !job->cli->no_plot && count > 0 &&
        !sim_work_session_interrupted(&job->session))
        draw(job, names, count);
    free(names);
    if (status == 0)
        status = put_in_place(job, &error);
    else
        sim_output_abandon(&job->output);
    if (status == 0)
        return SIM_EXIT_DONE;
    if (!error.text[0])
        snprintf(error.text, sizeof error.text, "out of memory");
    return sim__cli_not_written(job->place, job->runs.finished, &error);
}

/* Loads the names of all variants: a variant's position in the file fixes its colour, even if only
 * it is run. */
static void load_names(struct job *job)
{
    struct sim_cli all = *job->cli;
    all.variant_count = 0;
    if (job->cli->variant_count == 0)
        return;
    job->whole = sim__cli_load(&all, job->cli->operands[0]);
    if (job->whole)
        job->names = calloc(job->whole->variant_count + 1u, sizeof *job->names);
    for (uint32_t i = 0; job->names && i < job->whole->variant_count; i++)
        job->names[i] = job->whole->variants[i].name;
}

/* ---- printing and the whole ---------------------------------------------------------------- */

static void print(const struct job *job)
{
    struct winsize size;
    unsigned columns = PLAIN_COLUMNS;
    bool terminal = isatty(STDOUT_FILENO);
    if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 60)
        columns = size.ws_col < 160 ? size.ws_col : 160;
    if (!job->cli->quiet)
        sim_warmups_print(&job->report, stderr);
    if (job->cli->json)
        sim_summary_write(&job->report, stdout);
    else if (!job->cli->quiet)
        sim_overview_print(&job->report, job->left ? NULL : job->place, columns, terminal, stdout);
    if (!job->cli->quiet)
        sim_comparison_until(&job->report, job->cli->json ? stderr : stdout);
}

static int status_of(struct job *job)
{
    fflush(stdout);
    if (sim_work_session_interrupted(&job->session)) {
        sim_tell(stderr, "weir: interrupted: %u of %" PRIu64 " runs are kept in %s/store%s\n",
                 job->runs.finished, (uint64_t)job->case_count * job->runs.replications, job->place,
                 job->left ? "; its results are those of before" : "");
        return SIM_EXIT_INTERRUPTED;
    }
    if (job->fault)
        return SIM_EXIT_FAULT;
    bool held = sim_report_claims_held(&job->report) && sim_report_audit_held(&job->report);
    return held ? SIM_EXIT_DONE : SIM_EXIT_CLAIM;
}

static struct sim__cli_load load_of(const struct job *job)
{
    return (struct sim__cli_load){.scenario = job->scenario,
                                  .cases = job->cases,
                                  .count = job->case_count,
                                  .each = job->scenario->replications,
                                  .noun = job->sweep ? "cells" : "variants",
                                  .runs = "replications"};
}

/* Runs and writes with an open output, and ends it. */
static int run_and_write(struct job *job)
{
    struct sim_error error = {""};
    const struct sim__cli_load load = load_of(job);
    int timed = sim__cli_time(job->cli, &job->session, &load);
    if (timed != SIM_EXIT_DONE) {
        sim_output_abandon(&job->output);
        return timed;
    }
    job->store = sim_store_open(job->output.dir, &error);
    int status = job->store ? simulate(job) : fault(&error);
    bool refused = status == SIM_EXIT_DONE && say_faults(job);
    if (status == SIM_EXIT_DONE && job->runs.finished == 0) {
        sim_tell(stderr, "weir: %sno run finished: nothing was written\n",
                 job->runs.interrupted ? "interrupted: " : "");
        status = job->runs.interrupted ? SIM_EXIT_INTERRUPTED
                 : refused             ? SIM_EXIT_USAGE
                                       : SIM_EXIT_FAULT;
    }
    if (status != SIM_EXIT_DONE) {
        sim_store_close(job->store);
        sim_output_abandon(&job->output);
        return status;
    }
    status = write_all(job);
    if (status != SIM_EXIT_DONE)
        return status;
    print(job);
    return status_of(job);
}

/* Opens the output with all figures that may be drawn. */
static enum sim_output_problem open_output(struct job *job, struct sim_error *error)
{
    struct sim_output_plan plan = {
        .files = {"resolved.json", "summary.json", "series.csv",
                  job->cli->trace > 0 ? "trace.json" : NULL},
        .format = job->cli->format,
    };
    const char **names = calloc(job->scenario->figure_count + 1u, sizeof *names);
    const char **inputs = sim_scenario_files(job->scenario);
    if (!names || !inputs) {
        snprintf(error->text, sizeof error->text, "out of memory");
        free(names);
        free(inputs);
        return SIM_OUTPUT_FAULT;
    }
    for (uint32_t i = 0; i < job->scenario->figure_count; i++)
        if (sim_report_draws(&(struct sim_report){.sweep = job->sweep, .scenario = job->scenario},
                             &job->scenario->figures[i]))
            names[plan.figure_count++] = job->scenario->figures[i].name;
    plan.figures = names;
    plan.inputs = inputs;
    enum sim_output_problem problem = sim_output_open(&job->output, job->place, &plan, error);
    free(names);
    free(inputs);
    return problem;
}

static int run_scenario(void *self)
{
    struct job *job = self;
    struct sim_error error = {""};
    const struct sim__cli_load load = load_of(job);
    int status = sim__cli_size(job->cli, &load);
    if (status == SIM_EXIT_DONE &&
        sim__cli_until(job->cli, job->cases, job->case_count, &job->until) != 0)
        status = SIM_EXIT_USAGE;
    if (status == SIM_EXIT_DONE && !(job->cli->until > 0) &&
        (job->cli->metric_count > 0 || job->cli->most > 0))
        status = sim__cli_usage(job->cli->command, "--metric and --max-reps go with --until X%%");
    if (status != SIM_EXIT_DONE)
        return status;
    if (sim_work_session_open(&job->session, &error) != 0)
        return fault(&error);
    sim_watch_session(job->cli->watch, &job->session, job->place);
    switch (open_output(job, &error)) {
    case SIM_OUTPUT_FINE: status = run_and_write(job); break;
    case SIM_OUTPUT_FAULT: status = fault(&error); break;
    case SIM_OUTPUT_REFUSED: status = sim__cli_usage(job->cli->command, "%s", error.text); break;
    }
    sim_store_free(job->store);
    free(job->verdicts);
    sim_aggregate_free(job->aggregates, job->case_count);
    sim_runs_free(&job->runs);
    sim_work_session_close(&job->session);
    return status;
}

/* For ranks other than 0: runs jobs for rank 0. */
static int serve_rank_0(void *self)
{
    struct job *job = self;
    const struct sim_team_cases cases = {.cases = job->cases, .count = job->case_count};
    return sim__cli_serve(&job->share, job->scenario->seed, &cases);
}

/* Warns of variants that do not have the swept value or whose cells are all excluded. */
static void say_without_cells(const struct job *job)
{
    const struct sim_scenario *scenario = job->scenario;
    for (uint32_t v = 0; v < scenario->variant_count; v++) {
        const char *name = scenario->variants[v].name;
        uint32_t cells = 0;
        for (uint32_t i = 0; i < scenario->cell_count; i++)
            cells += strcmp(scenario->cells[i].variant, name) == 0;
        if (cells == 0)
            sim_tell(stderr,
                     "weir: the variant \"%s\" has no cells: it lacks the swept value, or all its "
                     "cells are excluded\n",
                     name);
    }
}

int sim__cli_run(const struct sim_cli *cli)
{
    struct job job = {.cli = cli, .sweep = strcmp(cli->command, "sweep") == 0};
    int status;
    job.scenario = sim__cli_load(cli, cli->operands[0]);
    if (!job.scenario)
        return SIM_EXIT_USAGE;
    if (job.sweep && job.scenario->repeat > 0)
        job.scenario->replications = job.scenario->repeat;
    load_names(&job);
    job.cases = job.sweep ? job.scenario->cells : job.scenario->variants;
    job.case_count = job.sweep ? job.scenario->cell_count : job.scenario->variant_count;
    if (cli->out)
        snprintf(job.place, sizeof job.place, "%s", cli->out);
    else
        snprintf(job.place, sizeof job.place, "out/%s%s", job.scenario->name,
                 job.sweep ? "-sweep" : "");
    if (job.sweep && job.case_count > 0 && !cli->quiet && !sim__cli_is_other_rank())
        say_without_cells(&job);
    if (job.case_count == 0)
        status = sim__cli_usage(cli->command, "%s has no \"sweep\"; `weir run` runs its variants",
                                cli->operands[0]);
    else if (cli->list)
        status = sim__cli_is_other_rank() ? SIM_EXIT_DONE : list_plan(&job);
    else
        status = sim__cli_share(cli, &job.share, run_scenario, serve_rank_0, &job);
    free(job.names);
    sim_scenario_free(job.whole);
    sim_scenario_free(job.scenario);
    return status;
}
