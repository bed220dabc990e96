/* threads.c - threads that run jobs, and the loop that collects the results. */
#include "study/work/threads.h"

#include "study/work/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_JOBS = 512 };

enum { DRAW_EVERY_MS = 100 };

static double seconds(sim_time t)
{
    return (double)t / 1e9;
}

void sim__done_free(struct sim__done *done)
{
    while (done) {
        struct sim__done *next = done->next;
        sim_record_free(done->run.record);
        sim_packed_free(&done->packed);
        free(done);
        done = next;
    }
}

/* ---- a worker's thread --------------------------------------------------------------------- */

static bool on_window(void *self, sim_time reached, uint64_t events)
{
    struct sim__worker *worker = self;
    atomic_store_explicit(&worker->reached, reached, memory_order_relaxed);
    atomic_store_explicit(&worker->events, events, memory_order_relaxed);
    return !atomic_load_explicit(&worker->threads->cancel, memory_order_relaxed);
}

/* Drops the series and the distributions. */
static void drop_all_but_metrics(struct sim_record *record)
{
    for (uint32_t i = 0; i < record->series_count; i++)
        free(record->series[i].values);
    for (uint32_t i = 0; i < record->distribution_count; i++)
        sim_tally_free(&record->distributions[i].tally);
    free(record->series);
    free(record->distributions);
    record->series = NULL;
    record->distributions = NULL;
    record->series_count = record->distribution_count = 0;
}

static void out_of_memory(struct sim_run *run)
{
    sim_record_free(run->record);
    run->record = NULL;
    run->state = SIM_RUN_FAULT;
    snprintf(run->why, sizeof run->why, "out of memory");
}

/* Stores the result of a run; `done` owns it from now on. */
static void keep(struct sim__done *done, struct sim_record *record,
                 const struct sim__worker *worker)
{
    struct sim_run *run = &done->run;
    bool cancelled = atomic_load(&worker->threads->cancel);
    if (cancelled && (!record || record->outcome != SIM_REACHED)) {
        sim_record_free(record);
        return;
    }
    if (!record || (record->outcome != SIM_REACHED && record->outcome != SIM_STOPPED)) {
        run->state = SIM_RUN_FAULT;
        snprintf(run->why, sizeof run->why, "%s", record ? record->why : "out of memory");
        sim_record_free(record);
        return;
    }
    run->record = record;
    run->state = SIM_RUN_FINISHED;
    if (worker->threads->pack && sim_record_pack(record, &done->packed) != 0)
        out_of_memory(run);
    else if (worker->threads->metrics_only)
        drop_all_but_metrics(record);
}

static void run_one(struct sim__worker *worker, struct sim__done *done)
{
    struct sim__threads *threads = worker->threads;
    struct sim_run *run = &done->run;
    struct sim_error error = {""};
    uint64_t start = uv_hrtime();
    struct sim_plan plan = done->job.it->plan;
    plan.limits.stop = &threads->cancel;
    struct sim_world *world = sim_world_new(&plan, threads->seed, done->job.replication, &error);
    if (!world && atomic_load(&threads->cancel))
        return;
    if (!world) {
        bool memory = strncmp(error.text, "out of memory", 13) == 0;
        run->state = memory ? SIM_RUN_FAULT : SIM_RUN_REFUSED;
        snprintf(run->why, sizeof run->why, "%s", error.text);
        return;
    }
    struct sim_record *record = NULL;
    if (done->job.replication > 0 || threads->trace == 0 ||
        sim_world_trace(world, threads->trace) == 0)
        record = sim_world_run(world, on_window, worker);
    done->took_s = (double)(uv_hrtime() - start) / 1e9;
    keep(done, record, worker);
    sim_world_free(world);
}

/* Gets the next job, waiting if necessary; false: there are no more. */
static bool next_job(struct sim__threads *threads, struct sim__job *job)
{
    bool got = false;
    uv_mutex_lock(&threads->lock);
    while (!atomic_load(&threads->cancel) && !(got = threads->take(threads->self, job)) &&
           !threads->last_job)
        uv_cond_wait(&threads->fed, &threads->lock);
    if (!got) {
        threads->alive--;
        uv_async_send(&threads->ended);
    }
    uv_mutex_unlock(&threads->lock);
    return got;
}

static void work(void *self)
{
    struct sim__worker *worker = self;
    struct sim__threads *threads = worker->threads;
    struct sim__job job;
    while (next_job(threads, &job)) {
        struct sim__done *done = calloc(1, sizeof *done);
        if (done) {
            done->job = job;
            run_one(worker, done);
        }
        uv_mutex_lock(&threads->lock);
        if (done) {
            threads->done_count += done->run.state != SIM_RUN_MISSING;
            threads->done_events += done->run.record ? (double)done->run.record->events : 0;
            *threads->done_end = done;
            threads->done_end = &done->next;
        } else {
            threads->failed = true;
            atomic_store(&threads->cancel, true);
        }
        threads->done_s += seconds(job.it->plan.duration);
        atomic_store(&worker->reached, 0);
        atomic_store(&worker->events, 0);
        uv_async_send(&threads->ended);
        uv_mutex_unlock(&threads->lock);
    }
}

/* ---- the loop's thread --------------------------------------------------------------------- */

static void cancel(struct sim__threads *threads)
{
    uv_mutex_lock(&threads->lock);
    atomic_store(&threads->cancel, true);
    uv_cond_broadcast(&threads->fed);
    uv_mutex_unlock(&threads->lock);
}

static void on_interrupt(void *self)
{
    cancel(self);
}

void sim__threads_feed(struct sim__threads *threads, bool last)
{
    uv_mutex_lock(&threads->lock);
    threads->last_job = threads->last_job || last;
    uv_cond_broadcast(&threads->fed);
    uv_mutex_unlock(&threads->lock);
}

void sim__threads_count(struct sim__threads *threads, const struct sim__done *done)
{
    uv_mutex_lock(&threads->lock);
    threads->done_count++;
    threads->done_s += seconds(done->job.it->plan.duration);
    threads->done_events += done->run.record ? (double)done->run.record->events : 0;
    uv_mutex_unlock(&threads->lock);
}

static void on_tick(uv_timer_t *tick)
{
    struct sim__threads *threads = tick->data;
    uv_mutex_lock(&threads->lock);
    struct sim_progress_state state = {.done_s = threads->done_s,
                                       .total_s = threads->total_s,
                                       .events = threads->done_events,
                                       .finished = threads->done_count,
                                       .runs = threads->total};
    for (unsigned i = 0; i < threads->started; i++) {
        state.done_s += seconds(atomic_load(&threads->workers[i].reached));
        state.events += (double)atomic_load(&threads->workers[i].events);
    }
    uv_mutex_unlock(&threads->lock);
    state.elapsed_s = (double)(uv_hrtime() / 1000000 - threads->start_ms) / 1e3;
    sim_progress_draw(&state);
}

/* Delivers finished jobs, and ends the loop when no more can come. */
static void on_ended(uv_async_t *ended)
{
    struct sim__threads *threads = ended->data;
    uv_mutex_lock(&threads->lock);
    struct sim__done *done = threads->done;
    bool all = threads->alive == 0;
    threads->done = NULL;
    threads->done_end = &threads->done;
    uv_mutex_unlock(&threads->lock);
    if (done && threads->deliver(threads->self, done) != 0) {
        threads->failed = true;
        cancel(threads);
    }
    if (!all || (!atomic_load(&threads->cancel) && threads->waits && threads->waits(threads->self)))
        return;
    uv_close((uv_handle_t *)ended, NULL);
    uv_close((uv_handle_t *)&threads->tick, NULL);
    uv_close((uv_handle_t *)&threads->poll_tick, NULL);
}

static void on_poll(uv_timer_t *tick)
{
    struct sim__threads *threads = tick->data;
    if (threads->poll(threads->self)) {
        if (threads->waits && !threads->waits(threads->self))
            uv_async_send(&threads->ended);
        return;
    }
    cancel(threads);
    uv_async_send(&threads->ended);
}

/* Starts the threads. 0, or -1 when none could be started. */
static int start(struct sim__threads *threads)
{
    for (unsigned i = 0; i < threads->jobs; i++) {
        struct sim__worker *worker = &threads->workers[i];
        worker->threads = threads;
        uv_mutex_lock(&threads->lock);
        threads->alive++;
        uv_mutex_unlock(&threads->lock);
        bool fine = uv_thread_create(&worker->thread, work, worker) == 0;
        uv_mutex_lock(&threads->lock);
        threads->alive -= !fine;
        threads->started += fine;
        uv_mutex_unlock(&threads->lock);
        if (!fine)
            break;
    }
    return threads->started > 0 ? 0 : -1;
}

/* Runs the session's loop until the last worker ends. */
static int serve(struct sim_work_session *session, struct sim__threads *threads)
{
    uv_async_init(&session->loop, &threads->ended, on_ended);
    uv_timer_init(&session->loop, &threads->tick);
    uv_timer_init(&session->loop, &threads->poll_tick);
    threads->ended.data = threads->tick.data = threads->poll_tick.data = threads;
    threads->start_ms = uv_hrtime() / 1000000;
    session->on_interrupt = on_interrupt;
    session->self = threads;
    atomic_store(&threads->cancel, sim_work_session_interrupted(session));
    int status = start(threads);
    if (status == 0 && threads->progress)
        uv_timer_start(&threads->tick, on_tick, DRAW_EVERY_MS, DRAW_EVERY_MS);
    if (status == 0 && threads->poll)
        uv_timer_start(&threads->poll_tick, on_poll, 0, 1);
    if (status != 0)
        atomic_store(&threads->cancel, true);
    uv_async_send(&threads->ended);
    uv_run(&session->loop, UV_RUN_DEFAULT);
    session->on_interrupt = NULL;
    for (unsigned i = 0; i < threads->started; i++)
        uv_thread_join(&threads->workers[i].thread);
    if (threads->progress)
        sim_progress_clear();
    return status;
}

int sim__threads_run(struct sim_work_session *session, struct sim__threads *threads,
                     struct sim_error *error)
{
    threads->workers = calloc(threads->jobs, sizeof *threads->workers);
    threads->done_end = &threads->done;
    if (!threads->workers || uv_mutex_init(&threads->lock) != 0) {
        free(threads->workers);
        snprintf(error->text, sizeof error->text, "out of memory");
        return -1;
    }
    int status = uv_cond_init(&threads->fed);
    if (status == 0) {
        status = serve(session, threads);
        uv_cond_destroy(&threads->fed);
    }
    if (status != 0)
        snprintf(error->text, sizeof error->text, "cannot start a thread");
    else if (threads->failed && !error->text[0])
        snprintf(error->text, sizeof error->text, "out of memory");
    uv_mutex_destroy(&threads->lock);
    free(threads->workers);
    sim__done_free(threads->done);
    return status != 0 || threads->failed ? -1 : 0;
}

unsigned sim_replicate_jobs(unsigned jobs)
{
    if (jobs == 0)
        jobs = uv_available_parallelism();
    return jobs > MOST_JOBS ? MOST_JOBS : jobs;
}
