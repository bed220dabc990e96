/* cli_compare.c - weir compare: two variants, pair by pair. */
#include "cli/cli.h"

#include "base/text.h"
#include "report/output.h"
#include "report/report.h"
#include "study/store/store.h"
#include "study/work/signal_watch.h"
#include "study/work/team.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define RESOLUTION 0.02 /* chosen: differences that matter by default */
#define PLAIN_COLUMNS 100u

struct pair {
    const struct sim_cli *cli;
    struct sim_scenario *scenario;
    struct sim_case cases[2]; /* A and B; the scenario owns their contents */
    struct sim_until until;
    struct sim_until_end until_end;
    struct sim__cli_share share;
    struct sim_work_session session;
    struct sim_output output;
    struct sim_store *store;
    char place[SIM_OUTPUT_PATH_BYTES]; /* relative, as the user would write it */
    struct sim_runs runs;
    struct sim_aggregate *aggregates;
    struct sim_comparison comparison;
    struct sim_report report;
    bool left; /* interrupted: the earlier complete result stays */
};

static int fault(const struct sim_error *error)
{
    sim_tell(stderr, "weir: %s\n", error->text);
    return SIM_EXIT_FAULT;
}

/* ---- what is compared ---------------------------------------------------------------------- */

static struct sim__cli_load load_of(const struct pair *pair)
{
    return (struct sim__cli_load){.scenario = pair->scenario,
                                  .cases = pair->cases,
                                  .count = 2,
                                  .each = pair->scenario->replications,
                                  .noun = "variants",
                                  .runs = "replications"};
}

static int load(struct pair *pair)
{
    const struct sim_cli *cli = pair->cli;
    const char *names[2] = {cli->operands[1], cli->operands[2]};
    struct sim_cli both = *cli;
    if (strcmp(names[0], names[1]) == 0)
        return sim__cli_usage(cli->command, "\"%s\" compared with itself: name two variants",
                              names[0]);
    both.variants = names;
    both.variant_count = 2;
    pair->scenario = sim__cli_load(&both, cli->operands[0]);
    if (!pair->scenario)
        return SIM_EXIT_USAGE;
    for (uint32_t i = 0; i < pair->scenario->variant_count; i++) {
        const struct sim_case *c = &pair->scenario->variants[i];
        pair->cases[strcmp(c->name, names[1]) == 0] = *c;
    }
    const struct sim__cli_load size = load_of(pair);
    int status = sim__cli_size(cli, &size);
    if (status != SIM_EXIT_DONE)
        return status;
    if (sim__cli_until(cli, pair->cases, 2, &pair->until) != 0)
        return SIM_EXIT_USAGE;
    if (cli->most > 0 && !(cli->until > 0))
        return sim__cli_usage(cli->command, "--max-reps goes with --until X%%");
    pair->until.compare = true;
    pair->until.resolution = cli->until > 0 ? cli->until : RESOLUTION;
    return SIM_EXIT_DONE;
}

/* ---- running and writing ------------------------------------------------------------------- */

static int simulate(struct pair *pair)
{
    struct sim_error error = {""};
    struct sim_replicate_options options = {
        .seed = pair->scenario->seed,
        .replications = pair->scenario->replications,
        .jobs = pair->share.jobs,
        .team = pair->share.team,
        .progress = !pair->cli->quiet && isatty(STDERR_FILENO),
        .store = pair->store,
        .fresh = pair->cli->fresh,
    };
    sim_runs_begin(&pair->runs, pair->cases, 2, false);
    if (sim_store_name(pair->store, pair->scenario, NULL, 0, pair->cases, 2, &error) != 0 ||
        sim_until_run(&pair->session, &options, &pair->until, &pair->runs, &pair->until_end,
                      &error) != 0)
        return fault(&error);
    pair->scenario->replications = pair->runs.replications;
    /* the store is in DIR, so it is closed before DIR is exchanged */
    sim_store_close(pair->store);
    if (pair->runs.reused > 0 && !pair->cli->quiet)
        sim_tell(stderr, "weir: %u of %u runs are from %s/store, simulated before\n",
                 pair->runs.reused, 2 * pair->runs.replications, pair->place);
    pair->aggregates = sim_aggregate_runs(&pair->runs);
    if (!pair->aggregates ||
        sim_compare_runs(&pair->runs, 0, 1, pair->until.metrics, pair->until.metric_count,
                         pair->until.resolution, &pair->comparison) != 0) {
        snprintf(error.text, sizeof error.text, "out of memory");
        return fault(&error);
    }
    pair->report = (struct sim_report){.scenario = pair->scenario,
                                       .runs = &pair->runs,
                                       .aggregates = pair->aggregates,
                                       .figure_format = "svg",
                                       .until = pair->until.target > 0 ? &pair->until : NULL,
                                       .until_end = &pair->until_end};
    return SIM_EXIT_DONE;
}

static int write_all(struct pair *pair)
{
    struct sim_error error = {""};
    struct sim_output *output = &pair->output;
    int status = sim__cli_write_resolved(output, pair->scenario, &error);
    FILE *file = status == 0 ? sim_output_file(output, "summary.json", &error) : NULL;
    if (file) {
        sim_summary_write(&pair->report, file);
        status = sim_output_file_end(output, &error);
    }
    file = file && status == 0 ? sim_output_file(output, "comparison.json", &error) : NULL;
    if (file) {
        sim_comparison_write(&pair->report, &pair->comparison, file);
        status = sim_output_file_end(output, &error);
    }
    pair->left = sim_work_session_interrupted(&pair->session) && output->holds_whole;
    if (file && status == 0 && !pair->left)
        status = sim_output_commit(output, !sim_work_session_interrupted(&pair->session), &error);
    else
        sim_output_abandon(output);
    return file && status == 0 ? SIM_EXIT_DONE
                               : sim__cli_not_written(pair->place, pair->runs.finished, &error);
}

/* Prints which runs failed, each reason once. */
static void say_faults(const struct pair *pair)
{
    const char *before = "";
    for (uint32_t i = 0; i < 2 * pair->runs.replications; i++) {
        const struct sim_run *run = &pair->runs.runs[i];
        if (run->why[0] && strcmp(run->why, before) != 0)
            sim_tell(stderr, "weir: %s: %s\n", pair->cases[i / pair->runs.replications].name,
                     run->why);
        before = run->why[0] ? run->why : before;
    }
}

static void print(const struct pair *pair)
{
    struct winsize size;
    unsigned columns = PLAIN_COLUMNS;
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 60)
        columns = size.ws_col < 160 ? size.ws_col : 160;
    if (!pair->cli->quiet)
        sim_warmups_print(&pair->report, stderr);
    if (pair->cli->json) {
        sim_comparison_write(&pair->report, &pair->comparison, stdout);
        sim_comparison_until(&pair->report, stderr);
    } else if (!pair->cli->quiet) {
        sim_comparison_print(&pair->report, &pair->comparison, columns, stdout);
    }
}

static int status_of(struct pair *pair)
{
    if (sim_work_session_interrupted(&pair->session)) {
        sim_tell(stderr,
                 "weir: interrupted: %u pairs were finished; %u runs are kept in %s/store%s\n",
                 pair->comparison.pairs, pair->runs.finished, pair->place,
                 pair->left ? "; its results are those of before" : "");
        return SIM_EXIT_INTERRUPTED;
    }
    if (pair->runs.faults > 0)
        return SIM_EXIT_FAULT;
    if (sim_report_audit_held(&pair->report))
        return SIM_EXIT_DONE;
    sim_tell(stderr, "weir: the audit failed; `weir run` says where\n");
    return SIM_EXIT_CLAIM;
}

/* Runs and writes with an open output, and ends it. */
static int run(struct pair *pair)
{
    struct sim_error error = {""};
    const struct sim__cli_load size = load_of(pair);
    int timed = sim__cli_time(pair->cli, &pair->session, &size);
    if (timed != SIM_EXIT_DONE) {
        sim_output_abandon(&pair->output);
        return timed;
    }
    pair->store = sim_store_open(pair->output.dir, &error);
    int status = pair->store ? simulate(pair) : fault(&error);
    if (status == SIM_EXIT_DONE)
        say_faults(pair);
    if (status == SIM_EXIT_DONE && pair->comparison.pairs == 0) {
        bool refused = pair->runs.finished == 0;
        for (uint32_t i = 0; i < 2 * pair->runs.replications; i++)
            refused = refused && pair->runs.runs[i].state != SIM_RUN_FAULT;
        sim_tell(stderr, "weir: %sno pair of runs finished: there is nothing to compare\n",
                 pair->runs.interrupted ? "interrupted: " : "");
        status = pair->runs.interrupted ? SIM_EXIT_INTERRUPTED
                 : refused              ? SIM_EXIT_USAGE
                                        : SIM_EXIT_FAULT;
    }
    if (status == SIM_EXIT_DONE && pair->cli->out)
        status = write_all(pair);
    else {
        sim_store_close(pair->store);
        sim_output_abandon(&pair->output);
    }
    if (status != SIM_EXIT_DONE)
        return status;
    print(pair);
    return status_of(pair);
}

static int open_and_run(struct pair *pair)
{
    struct sim_error error = {""};
    if (pair->cli->out)
        snprintf(pair->place, sizeof pair->place, "%s", pair->cli->out);
    else
        snprintf(pair->place, sizeof pair->place, "out/%s", pair->scenario->name);
    sim_watch_session(pair->cli->watch, &pair->session, pair->place);
    const char **inputs = sim_scenario_files(pair->scenario);
    struct sim_output_plan plan = {.inputs = inputs};
    if (!inputs) {
        snprintf(error.text, sizeof error.text, "out of memory");
        return fault(&error);
    }
    if (pair->cli->out)
        plan = (struct sim_output_plan){
            .files = {"resolved.json", "summary.json", "comparison.json"}, .inputs = inputs};
    enum sim_output_problem problem = sim_output_open(&pair->output, pair->place, &plan, &error);
    free(inputs);
    switch (problem) {
    case SIM_OUTPUT_FINE: return run(pair);
    case SIM_OUTPUT_REFUSED: return sim__cli_usage(pair->cli->command, "%s", error.text);
    case SIM_OUTPUT_FAULT: break;
    }
    return fault(&error);
}

static int run_rank_0(void *self)
{
    struct pair *pair = self;
    struct sim_error error = {""};
    if (sim_work_session_open(&pair->session, &error) != 0)
        return fault(&error);
    int status = open_and_run(pair);
    sim_store_free(pair->store);
    sim_compare_free(&pair->comparison);
    sim_aggregate_free(pair->aggregates, 2);
    sim_runs_free(&pair->runs);
    sim_work_session_close(&pair->session);
    return status;
}

/* For ranks other than 0: runs jobs for rank 0. */
static int serve(void *self)
{
    struct pair *pair = self;
    const struct sim_team_cases cases = {.cases = pair->cases, .count = 2};
    return sim__cli_serve(&pair->share, pair->scenario->seed, &cases);
}

int sim__cli_compare(const struct sim_cli *cli)
{
    struct pair pair = {.cli = cli};
    int status = load(&pair);
    if (status == SIM_EXIT_DONE)
        status = sim__cli_share(cli, &pair.share, run_rank_0, serve, &pair);
    sim_scenario_free(pair.scenario);
    return status;
}
