/* store_cost.c - what it costs to keep runs: the same replications with a store and without one.
 *
 *     store_cost FILE RUNS DURATION DIR   with it, in DIR/store, which is emptied behind it
 *     store_cost FILE RUNS DURATION -     without
 *
 * Prints processor time, of all threads, for waiting on a disk is the machine's. */
#include "study/store/store.h"
#include "study/study.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static double processor_s(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static int run(struct sim_scenario *scenario, uint32_t count, const char *dir,
               struct sim_error *error)
{
    struct sim_work_session session;
    struct sim_runs runs;
    struct sim_replicate_options options = {
        .seed = scenario->seed, .replications = count, .jobs = 1, .fresh = true};
    if (sim_work_session_open(&session, error) != 0)
        return -1;
    double start = processor_s();
    bool keeps = strcmp(dir, "-") != 0;
    if (keeps)
        options.store = sim_store_open(dir, error);
    int status = keeps && !options.store ? -1 : 0;
    if (options.store)
        status = sim_store_name(options.store, scenario, NULL, 0, scenario->variants, 1, error);
    if (status == 0)
        status = sim_replicate(&session, scenario->variants, 1, &options, &runs, error);
    sim_store_free(options.store);
    if (status == 0) {
        printf("{\"processor_s\": %.6f, \"runs\": %u}\n", processor_s() - start, runs.finished);
        sim_runs_free(&runs);
    }
    sim_work_session_close(&session);
    return status;
}

int main(int argc, char **argv)
{
    struct sim_diagnostics said = {.items = NULL};
    struct sim_error error = {""};
    if (argc != 5) {
        fputs("usage: store_cost FILE RUNS DURATION DIR|-\n", stderr);
        return 2;
    }
    const struct sim_set duration = {.path = "run.duration", .value = argv[3]};
    const struct sim_load_options options = {.sets = &duration, .set_count = 1};
    struct sim_scenario *scenario = sim_scenario_load(argv[1], &options, &said);
    sim_diagnostics_print(&said, stderr);
    sim_diagnostics_free(&said);
    if (!scenario)
        return 2;
    int status = run(scenario, (uint32_t)strtoul(argv[2], NULL, 10), argv[4], &error);
    if (status != 0)
        fprintf(stderr, "store_cost: %s\n", error.text);
    sim_scenario_free(scenario);
    return status == 0 ? 0 : 3;
}
