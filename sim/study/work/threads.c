/* threads.c - threads that run jobs, and the loop that takes in what they finish. */
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
    return !atomic_load_explicit(&worker->pool->cancel, memory_order_relaxed);
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

/* Files what a run left, which the run now owns. */
static void keep(struct sim__done *done, struct sim_record *record,
                 const struct sim__worker *worker)
{
    struct sim_run *run = &done->run;
    bool cancelled = atomic_load(&worker->pool->cancel);
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
    if (worker->pool->pack && sim_record_pack(record, &done->packed) != 0)
        out_of_memory(run);
    else if (worker->pool->metrics_only)
        drop_all_but_metrics(record);
}

static void run_one(struct sim__worker *worker, struct sim__done *done)
{
    struct sim__threads *pool = worker->pool;
    struct sim_run *run = &done->run;
    struct sim_error error = {""};
    uint64_t start = uv_hrtime();
    struct sim_plan plan = done->job.it->plan;
    plan.limits.stop = &pool->cancel;
    struct sim_world *world = sim_world_new(&plan, pool->seed, done->job.replication, &error);
    if (!world && atomic_load(&pool->cancel))
        return;
    if (!world) {
        bool memory = strncmp(error.text, "out of memory", 13) == 0;
        run->state = memory ? SIM_RUN_FAULT : SIM_RUN_REFUSED;
        snprintf(run->why, sizeof run->why, "%s", error.text);
        return;
    }
    struct sim_record *record = NULL;
    if (done->job.replication > 0 || pool->trace == 0 || sim_world_trace(world, pool->trace) == 0)
        record = sim_world_run(world, on_window, worker);
    done->took_s = (double)(uv_hrtime() - start) / 1e9;
    keep(done, record, worker);
    sim_world_free(world);
}

/* The next job to do; false: there will be none. */
static bool next_job(struct sim__threads *pool, struct sim__job *job)
{
    bool got = false;
    uv_mutex_lock(&pool->lock);
    while (!atomic_load(&pool->cancel) && !(got = pool->take(pool->self, job)) && !pool->last_job)
        uv_cond_wait(&pool->fed, &pool->lock);
    if (!got) {
        pool->alive--;
        uv_async_send(&pool->ended);
    }
    uv_mutex_unlock(&pool->lock);
    return got;
}

static void work(void *self)
{
    struct sim__worker *worker = self;
    struct sim__threads *pool = worker->pool;
    struct sim__job job;
    while (next_job(pool, &job)) {
        struct sim__done *done = calloc(1, sizeof *done);
        if (done) {
            done->job = job;
            run_one(worker, done);
        }
        uv_mutex_lock(&pool->lock);
        if (done) {
            pool->done_count += done->run.state != SIM_RUN_MISSING;
            pool->done_events += done->run.record ? (double)done->run.record->events : 0;
            *pool->done_end = done;
            pool->done_end = &done->next;
        } else {
            pool->failed = true;
            atomic_store(&pool->cancel, true);
        }
        pool->done_s += seconds(job.it->plan.duration);
        atomic_store(&worker->reached, 0);
        atomic_store(&worker->events, 0);
        uv_async_send(&pool->ended);
        uv_mutex_unlock(&pool->lock);
    }
}

/* ---- the loop's thread --------------------------------------------------------------------- */

static void cancel(struct sim__threads *pool)
{
    uv_mutex_lock(&pool->lock);
    atomic_store(&pool->cancel, true);
    uv_cond_broadcast(&pool->fed);
    uv_mutex_unlock(&pool->lock);
}

static void on_interrupt(void *self)
{
    cancel(self);
}

void sim__threads_feed(struct sim__threads *pool, bool last)
{
    uv_mutex_lock(&pool->lock);
    pool->last_job = pool->last_job || last;
    uv_cond_broadcast(&pool->fed);
    uv_mutex_unlock(&pool->lock);
}

void sim__threads_count(struct sim__threads *pool, const struct sim__done *done)
{
    uv_mutex_lock(&pool->lock);
    pool->done_count++;
    pool->done_s += seconds(done->job.it->plan.duration);
    pool->done_events += done->run.record ? (double)done->run.record->events : 0;
    uv_mutex_unlock(&pool->lock);
}

static void on_tick(uv_timer_t *tick)
{
    struct sim__threads *pool = tick->data;
    uv_mutex_lock(&pool->lock);
    struct sim_progress_state state = {.done_s = pool->done_s,
                                       .total_s = pool->total_s,
                                       .events = pool->done_events,
                                       .finished = pool->done_count,
                                       .runs = pool->total};
    for (unsigned i = 0; i < pool->started; i++) {
        state.done_s += seconds(atomic_load(&pool->workers[i].reached));
        state.events += (double)atomic_load(&pool->workers[i].events);
    }
    uv_mutex_unlock(&pool->lock);
    state.elapsed_s = (double)(uv_hrtime() / 1000000 - pool->start_ms) / 1e3;
    sim_progress_draw(&state);
}

/* Takes in what is done, and ends the loop when nothing more can come. */
static void on_ended(uv_async_t *ended)
{
    struct sim__threads *pool = ended->data;
    uv_mutex_lock(&pool->lock);
    struct sim__done *done = pool->done;
    bool all = pool->alive == 0;
    pool->done = NULL;
    pool->done_end = &pool->done;
    uv_mutex_unlock(&pool->lock);
    if (done && pool->deliver(pool->self, done) != 0) {
        pool->failed = true;
        cancel(pool);
    }
    if (!all || (!atomic_load(&pool->cancel) && pool->waits && pool->waits(pool->self)))
        return;
    uv_close((uv_handle_t *)ended, NULL);
    uv_close((uv_handle_t *)&pool->tick, NULL);
    uv_close((uv_handle_t *)&pool->poll_tick, NULL);
}

static void on_poll(uv_timer_t *tick)
{
    struct sim__threads *pool = tick->data;
    if (pool->poll(pool->self)) {
        if (pool->waits && !pool->waits(pool->self))
            uv_async_send(&pool->ended);
        return;
    }
    cancel(pool);
    uv_async_send(&pool->ended);
}

/* 0, or -1 when not one thread could be started. */
static int start(struct sim__threads *pool)
{
    for (unsigned i = 0; i < pool->jobs; i++) {
        struct sim__worker *worker = &pool->workers[i];
        worker->pool = pool;
        uv_mutex_lock(&pool->lock);
        pool->alive++;
        uv_mutex_unlock(&pool->lock);
        bool fine = uv_thread_create(&worker->thread, work, worker) == 0;
        uv_mutex_lock(&pool->lock);
        pool->alive -= !fine;
        pool->started += fine;
        uv_mutex_unlock(&pool->lock);
        if (!fine)
            break;
    }
    return pool->started > 0 ? 0 : -1;
}

/* Runs the pool on the session's loop until its last worker ends. */
static int serve(struct sim_work_session *session, struct sim__threads *pool)
{
    uv_async_init(&session->loop, &pool->ended, on_ended);
    uv_timer_init(&session->loop, &pool->tick);
    uv_timer_init(&session->loop, &pool->poll_tick);
    pool->ended.data = pool->tick.data = pool->poll_tick.data = pool;
    pool->start_ms = uv_hrtime() / 1000000;
    session->on_interrupt = on_interrupt;
    session->self = pool;
    atomic_store(&pool->cancel, sim_work_session_interrupted(session));
    int status = start(pool);
    if (status == 0 && pool->progress)
        uv_timer_start(&pool->tick, on_tick, DRAW_EVERY_MS, DRAW_EVERY_MS);
    if (status == 0 && pool->poll)
        uv_timer_start(&pool->poll_tick, on_poll, 0, 1);
    if (status != 0)
        atomic_store(&pool->cancel, true);
    uv_async_send(&pool->ended);
    uv_run(&session->loop, UV_RUN_DEFAULT);
    session->on_interrupt = NULL;
    for (unsigned i = 0; i < pool->started; i++)
        uv_thread_join(&pool->workers[i].thread);
    if (pool->progress)
        sim_progress_clear();
    return status;
}

int sim__threads_run(struct sim_work_session *session, struct sim__threads *pool,
                     struct sim_error *error)
{
    pool->workers = calloc(pool->jobs, sizeof *pool->workers);
    pool->done_end = &pool->done;
    if (!pool->workers || uv_mutex_init(&pool->lock) != 0) {
        free(pool->workers);
        snprintf(error->text, sizeof error->text, "out of memory");
        return -1;
    }
    int status = uv_cond_init(&pool->fed);
    if (status == 0) {
        status = serve(session, pool);
        uv_cond_destroy(&pool->fed);
    }
    if (status != 0)
        snprintf(error->text, sizeof error->text, "cannot start a thread");
    else if (pool->failed && !error->text[0])
        snprintf(error->text, sizeof error->text, "out of memory");
    uv_mutex_destroy(&pool->lock);
    free(pool->workers);
    sim__done_free(pool->done);
    return status != 0 || pool->failed ? -1 : 0;
}

unsigned sim_replicate_jobs(unsigned jobs)
{
    if (jobs == 0)
        jobs = uv_available_parallelism();
    return jobs > MOST_JOBS ? MOST_JOBS : jobs;
}
