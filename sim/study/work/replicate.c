/* replicate.c - runs every replication of every case: takes stored runs from the store and does the
 * rest on threads. Workers take the next missing run, replication by replication over all cases, so
 * that an interrupted study is balanced. A result is stored at its own index, so it does not matter
 * which worker ran it, or when. The loop's thread draws the bar, watches for ^C and writes the runs
 * finished meanwhile into the store, in one transaction. */
#include "study/study_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One call of sim_replicate_more(). */
struct round {
    struct sim_runs *runs;
    const struct sim_replicate_options *options;
    struct sim__threads threads;
    uint32_t first; /* the first replication of this round */
    uint64_t traced, next,
        total; /* jobs, under the lock of .threads; below .traced_end with a trace */
    uint64_t traced_end;
    struct sim_error *error;
};

static struct sim_run *run_at(const struct sim_runs *runs, uint32_t at, uint32_t replication)
{
    return &runs->runs[(size_t)at * runs->replications + replication];
}

/* ---- while the threads run ------------------------------------------------------------------- */

/* Takes the next missing run in [*next, end). */
static bool take_from(struct round *round, uint64_t *next, uint64_t end, struct sim__job *job)
{
    while (*next < end) {
        uint64_t i = (*next)++;
        job->at = (uint32_t)(i % round->runs->case_count);
        job->replication = round->first + (uint32_t)(i / round->runs->case_count);
        job->it = &round->runs->cases[job->at];
        if (run_at(round->runs, job->at, job->replication)->state == SIM_RUN_MISSING)
            return true;
    }
    return false;
}

/* Takes a job for another process. Runs with a trace stay here, because traces are not sent. */
static bool take_for_others(void *self, struct sim__job *job)
{
    struct round *round = self;
    return take_from(round, &round->next, round->total, job);
}

static bool take(void *self, struct sim__job *job)
{
    struct round *round = self;
    return take_from(round, &round->traced, round->traced_end, job) || take_for_others(self, job);
}

static int store_one(struct round *round, const struct sim__done *done)
{
    struct sim_store_run run = {.it = done->job.it,
                                .seed = round->options->seed,
                                .replication = done->job.replication,
                                .took_s = done->took_s,
                                .record = done->run.record,
                                .packed = &done->packed};
    return done->run.state == SIM_RUN_FINISHED
               ? sim_store_put(round->options->store, &run, round->error)
               : 0;
}

static int store_all(struct round *round, const struct sim__done *done)
{
    struct sim_store *store = round->options->store;
    int status = store ? sim_store_begin(store, round->error) : 0;
    for (; store && status == 0 && done; done = done->next)
        status = store_one(round, done);
    if (store && status == 0)
        status = sim_store_end(store, round->error);
    return status;
}

/* Stores finished runs, then adds them to the runs. */
static int deliver(void *self, struct sim__done *done)
{
    struct round *round = self;
    int status = store_all(round, done);
    for (struct sim__done *d = done; d; d = d->next) {
        struct sim_run *run = run_at(round->runs, d->job.at, d->job.replication);
        if (run->state != SIM_RUN_MISSING)
            continue;
        *run = d->run;
        d->run.record = NULL;
    }
    sim__done_free(done);
    return status;
}

/* ---- with other processes -------------------------------------------------------------------- */

/* Takes results of the other ranks and gives them more jobs. */
static bool poll_team(void *self)
{
    struct round *round = self;
    struct sim__done *done;
    int status = sim__team_take(round->options->team, round->runs->names, round->runs->metrics_only,
                                &done, round->error);
    for (struct sim__done *d = done; d; d = d->next) {
        d->job.it = &round->runs->cases[d->job.at];
        sim__threads_count(&round->threads, d);
    }
    if (done && deliver(round, done) != 0)
        status = -1;
    uv_mutex_lock(&round->threads.lock);
    if (status == 0 && sim__team_give(round->options->team, take_for_others, round) != 0) {
        snprintf(round->error->text, sizeof round->error->text, "another rank cannot be reached");
        status = -1;
    }
    uv_mutex_unlock(&round->threads.lock);
    round->threads.failed = round->threads.failed || status != 0;
    return status == 0;
}

static bool waits_for_team(void *self)
{
    const struct round *round = self;
    return round->options->team->away > 0;
}

/* ---- the runs -------------------------------------------------------------------------------- */

static void count_states(struct sim_runs *runs)
{
    size_t total = (size_t)runs->case_count * runs->replications;
    runs->finished = runs->faults = 0;
    for (size_t i = 0; i < total; i++) {
        enum sim_run_state state = runs->runs[i].state;
        runs->finished += state == SIM_RUN_FINISHED;
        runs->faults += state == SIM_RUN_FAULT || state == SIM_RUN_REFUSED;
    }
}

/* Makes room for `more` replications of every case. 0, or -1 when out of memory. */
static int grow(struct sim_runs *runs, uint32_t more)
{
    uint64_t wide = (uint64_t)runs->replications + more, total = wide * runs->case_count;
    struct sim_run *all = total < UINT32_MAX ? calloc(total + 1, sizeof *all) : NULL;
    if (!all)
        return -1;
    for (uint32_t at = 0; runs->runs && at < runs->case_count; at++)
        memcpy(all + at * wide, runs->runs + (size_t)at * runs->replications,
               runs->replications * sizeof *all);
    free(runs->runs);
    runs->runs = all;
    runs->replications = (uint32_t)wide;
    return 0;
}

/* Runs what is still missing. */
static int run_missing(struct sim_work_session *session, struct round *round,
                       struct sim_error *error)
{
    struct sim_runs *runs = round->runs;
    const struct sim_replicate_options *options = round->options;
    struct sim__threads *threads = &round->threads;
    uint64_t missing = 0;
    for (uint32_t at = 0; at < runs->case_count; at++) {
        for (uint32_t r = round->first; r < runs->replications; r++) {
            if (run_at(runs, at, r)->state != SIM_RUN_MISSING)
                continue;
            missing++;
            threads->total_s += (double)runs->cases[at].plan.duration / 1e9;
        }
    }
    if (missing == 0)
        return 0;
    threads->seed = options->seed;
    threads->trace = options->trace;
    threads->total = (uint32_t)missing;
    threads->jobs = sim_replicate_jobs(options->jobs);
    if (threads->jobs > missing)
        threads->jobs = (unsigned)missing;
    threads->progress = options->progress;
    threads->metrics_only = runs->metrics_only;
    threads->pack = options->store != NULL;
    threads->last_job = true;
    threads->self = round;
    threads->take = take;
    threads->deliver = deliver;
    if (options->team) {
        threads->poll = poll_team;
        threads->waits = waits_for_team;
    }
    return sim__threads_run(session, threads, error);
}

int sim_replicate_more(struct sim_work_session *session,
                       const struct sim_replicate_options *options, struct sim_runs *runs,
                       struct sim_error *error)
{
    struct round round = {
        .runs = runs, .options = options, .first = runs->replications, .error = error};
    error->text[0] = '\0';
    if (!runs->names)
        runs->names = sim_names_new();
    if (!runs->names || grow(runs, options->replications) != 0) {
        snprintf(error->text, sizeof error->text, "out of memory for %llu runs",
                 (unsigned long long)runs->case_count * options->replications);
        return -1;
    }
    round.total = (uint64_t)runs->case_count * options->replications;
    if (options->trace > 0 && round.first == 0)
        round.next = round.traced_end = runs->case_count;
    int status = 0;
    if (options->store && !options->fresh)
        status = sim__reuse(options->store, runs, options->seed, round.first, options->trace > 0,
                            error);
    if (status == 0)
        status = run_missing(session, &round, error);
    runs->interrupted = sim_work_session_interrupted(session);
    count_states(runs);
    for (uint32_t at = 0; status == 0 && at < runs->case_count; at++) {
        status = sim__rates_set(runs, at);
        if (status != 0)
            snprintf(error->text, sizeof error->text, "out of memory");
    }
    return status;
}

int sim_replicate(struct sim_work_session *session, const struct sim_case *cases,
                  uint32_t case_count, const struct sim_replicate_options *options,
                  struct sim_runs *runs, struct sim_error *error)
{
    sim_runs_begin(runs, cases, case_count, options->metrics_only);
    int status = sim_replicate_more(session, options, runs, error);
    if (status != 0)
        sim_runs_free(runs);
    return status;
}
