/* cli_size.c - estimates the time and memory of a command and refuses commands that are too large.
 * Estimates use the plan only (sim_plan_events(), sim_plan_bytes(), sim_plan_world_bytes()). They
 * err on the high side. So before a command above the time limit is refused, one run is timed if it
 * should be short. The clock decides only whether to refuse. --force accepts everything. */
#include "cli/cli.h"

#include "base/text.h"
#include "report/number.h"

#include <math.h>
#include <uv.h>

#define EVENTS_PER_SECOND 2e6 /* of one core, roughly */
#define MOST_SECONDS 3600.0   /* chosen: for all runs together */
#define TRIAL_SECONDS 60.0    /* chosen: a run may be timed if it is estimated to take no longer */
#define MOST_BYTES 2147483648.0 /* chosen: for one run, on any machine */
#define MOST_OF_MEMORY 0.5 /* chosen: share of the machine's memory, for all simultaneous runs */

/* The sum over all runs, and the case with the largest part of it. */
struct cost {
    double events, largest;
    uint32_t at;
    char most[256];
};

/* The number of cores that `runs` runs can use; each run uses one. */
static double cores_for(const struct sim_cli *cli, double runs)
{
    return fmax(1, fmin(sim_replicate_jobs(cli->jobs), runs));
}

double sim__cli_seconds(const struct sim_cli *cli, double events, double runs)
{
    return events / EVENTS_PER_SECOND / cores_for(cli, runs);
}

static double runs_of(const struct sim__cli_load *load)
{
    return load->count * load->each;
}

/* ---- memory -------------------------------------------------------------------------------- */

static double machine_bytes(void)
{
    uint64_t all = uv_get_total_memory(), allowed = uv_get_constrained_memory();
    return (double)(allowed > 0 && allowed < all ? allowed : all);
}

/* The bytes that a run of a case takes, and the reason as text. */
static double bytes_of(const struct sim_plan *plan, char *why, size_t size)
{
    char queues[200], world[200];
    double waiting = sim_plan_bytes(plan, queues, sizeof queues);
    double there = sim_plan_world_bytes(plan, world, sizeof world);
    snprintf(why, size, "%s%s", waiting > there ? "its queues grow without bound: " : "",
             waiting > there ? queues : world);
    return waiting + there;
}

static int fits(const struct sim_cli *cli, const struct sim__cli_load *load)
{
    double largest = 0, machine = machine_bytes(), at_once = cores_for(cli, runs_of(load));
    char most[320] = "", why[240], limit[160];
    for (uint32_t i = 0; i < load->count; i++) {
        double bytes = bytes_of(&load->cases[i].plan, why, sizeof why);
        if (!(bytes > largest))
            continue;
        largest = bytes;
        snprintf(most, sizeof most, "In \"%.40s\" %s", load->cases[i].name, why);
    }
    bool too_large = largest > MOST_BYTES;
    if (cli->force || (!too_large && largest * at_once <= MOST_OF_MEMORY * machine))
        return SIM_EXIT_DONE;
    if (sim__cli_is_other_rank()) /* rank 0 says it */
        return SIM_EXIT_USAGE;
    if (too_large)
        snprintf(limit, sizeof limit, ",\nand %s is the most of one",
                 sim_number_human(MOST_BYTES, "B").s);
    else
        snprintf(limit, sizeof limit, ", %.0f run%s at a time,\nand this machine has %s", at_once,
                 at_once > 1 ? "s" : "", sim_number_human(machine, "B").s);
    sim_tell(stderr,
             "weir: %s is too large to run unasked: a run takes at least %s of memory%s. %s.\n"
             "Make it smaller, give a queue_limit, lower the rate, make it shorter (--set "
             "run.duration=...),\nor run it all the same with --force.\n",
             load->scenario->file, sim_number_human(largest, "B").s, limit, most);
    return SIM_EXIT_USAGE;
}

/* ---- time ---------------------------------------------------------------------------------- */

static void count(const struct sim__cli_load *load, struct cost *cost)
{
    char arithmetic[256];
    *cost = (struct cost){.largest = -1};
    for (uint32_t i = 0; i < load->count; i++) {
        const char *name = load->cases[i].name;
        double n = sim_plan_events(&load->cases[i].plan, arithmetic, sizeof arithmetic);
        cost->events += n * load->each;
        if (n <= cost->largest)
            continue;
        cost->largest = n;
        cost->at = i;
        if (isinf(n))
            snprintf(cost->most, sizeof cost->most, "\"%.60s\" %.150s", name, arithmetic);
        else
            snprintf(cost->most, sizeof cost->most, "\"%.60s\" alone %.3g: %.150s", name, n,
                     arithmetic);
    }
}

static int refuse_endless(const struct sim__cli_load *load, const struct cost *cost)
{
    sim_tell(stderr,
             "weir: %s would never end: in %s.\nTo run it all the same, and see how far it gets: "
             "--force.\n",
             load->scenario->file, cost->most);
    return SIM_EXIT_USAGE;
}

int sim__cli_size(const struct sim_cli *cli, const struct sim__cli_load *load)
{
    struct cost cost;
    count(load, &cost);
    double s = sim__cli_seconds(cli, cost.events, runs_of(load));
    if (cli->force || s <= MOST_SECONDS || cost.largest <= TRIAL_SECONDS * EVENTS_PER_SECOND)
        return fits(cli, load);
    if (sim__cli_is_other_rank()) /* rank 0 says it */
        return SIM_EXIT_USAGE;
    if (isinf(cost.events))
        return refuse_endless(load, &cost);
    sim_tell(stderr,
             "weir: %s is too large to run unasked: about %.3g events (%u %s x %.0f %s, %s)."
             "\nAt %.0f million events/s on each of %u cores that is %s. Make it smaller (--reps, "
             "--variant,\n--set run.duration=...), or run it all the same with --force.\n",
             load->scenario->file, cost.events, load->count, load->noun, load->each, load->runs,
             cost.most, EVENTS_PER_SECOND / 1e6, sim_replicate_jobs(cli->jobs),
             sim_number_human(s, "s").s);
    return SIM_EXIT_USAGE;
}

/* Runs one case once. Returns its events and seconds; 0 events: it did not finish. */
static double time_one(struct sim_work_session *session, const struct sim__cli_load *load,
                       uint32_t at, double *seconds)
{
    struct sim_error error = {""};
    struct sim_runs runs;
    const struct sim_replicate_options options = {
        .seed = load->scenario->seed, .replications = 1, .jobs = 1, .metrics_only = true};
    uint64_t begun = uv_hrtime();
    if (sim_replicate(session, &load->cases[at], 1, &options, &runs, &error) != 0)
        return 0;
    *seconds = (double)(uv_hrtime() - begun) / 1e9;
    const struct sim_record *record = sim_runs_record(&runs, 0, 0);
    double events = record ? (double)record->events : 0;
    sim_runs_free(&runs);
    return events;
}

int sim__cli_time(const struct sim_cli *cli, struct sim_work_session *session,
                  const struct sim__cli_load *load)
{
    struct cost cost;
    double seconds = 0;
    count(load, &cost);
    if (cli->force || sim__cli_seconds(cli, cost.events, runs_of(load)) <= MOST_SECONDS)
        return SIM_EXIT_DONE;
    double events = time_one(session, load, cost.at, &seconds);
    if (sim_work_session_interrupted(session)) {
        sim_tell(stderr, "weir: interrupted: no run finished: nothing was written\n");
        return SIM_EXIT_INTERRUPTED;
    }
    double all = seconds * (cost.events / cost.largest) / cores_for(cli, runs_of(load));
    /* if it failed, the first real run will report why */
    if (!(events > 0) || all <= MOST_SECONDS)
        return SIM_EXIT_DONE;
    sim_tell(stderr,
             "weir: %s is too large to run unasked: a first run of \"%.60s\" took %s for %.3g "
             "events,\nby which %u %s x %.0f %s take %s on %u cores. Make it smaller (--reps, "
             "--variant,\n--set run.duration=...), or run it all the same with --force.\n",
             load->scenario->file, load->cases[cost.at].name, sim_number_human(seconds, "s").s,
             events, load->count, load->noun, load->each, load->runs, sim_number_human(all, "s").s,
             sim_replicate_jobs(cli->jobs));
    return SIM_EXIT_USAGE;
}
