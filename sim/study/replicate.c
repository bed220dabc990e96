/* replicate.c - every replication of every case, on threads.
 *
 * Workers take the next run from one counter, replication by replication over all cases, so that an
 * interrupted study is balanced. A run's result goes to its own place; which thread ran it leaves
 * no trace. The loop's thread only draws the bar and listens for ^C. */
#include "study/study_state.h"

#include "study/progress.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DRAW_EVERY_MS = 100, MOST_JOBS = 512 };

struct pool;

struct worker {
    struct pool *pool;
    uv_thread_t thread;
    atomic_llong reached; /* simulated ns of the run in hand */
    atomic_ullong events; /* of the run in hand */
    bool stopped;         /* the run in hand was told to end */
};

struct pool {
    struct sim_runs *runs;
    const struct sim_replicate_options *options;
    struct worker *workers;
    unsigned started;
    uint32_t first;  /* the replication to begin with */
    uv_mutex_t lock; /* over the six below */
    uint32_t next, total;
    unsigned alive;
    double done_s, done_events;
    uint32_t done;
    atomic_bool cancel;
    uv_async_t ended; /* a worker has */
    uv_timer_t tick;
    uint64_t start_ms;
    double total_s;
};

unsigned sim_replicate_jobs(unsigned jobs)
{
    if (jobs == 0)
        jobs = uv_available_parallelism();
    return jobs > MOST_JOBS ? MOST_JOBS : jobs;
}

static double seconds(sim_time t)
{
    return (double)t / 1e9;
}

/* ---- a worker's thread --------------------------------------------------------------------- */

static bool on_window(void *self, sim_time reached, uint64_t events)
{
    struct worker *worker = self;
    atomic_store_explicit(&worker->reached, reached, memory_order_relaxed);
    atomic_store_explicit(&worker->events, events, memory_order_relaxed);
    if (atomic_load_explicit(&worker->pool->cancel, memory_order_relaxed))
        worker->stopped = true;
    return !worker->stopped;
}

static void *copy_array(const void *from, size_t count, size_t size)
{
    void *to = malloc(count * size + 1);
    if (to && count > 0)
        memcpy(to, from, count * size);
    return to;
}

/* What is left of a record when its series and distributions are dropped. NULL: out of memory. */
static struct sim_record *metrics_of(const struct sim_record *whole)
{
    struct sim_record *record = malloc(sizeof *record);
    if (!record)
        return NULL;
    *record = *whole;
    record->series = NULL;
    record->distributions = NULL;
    record->series_count = record->distribution_count = 0;
    record->metrics = copy_array(whole->metrics, whole->metric_count, sizeof *whole->metrics);
    record->audit = copy_array(whole->audit, whole->audit_count, sizeof *whole->audit);
    if (!record->metrics || !record->audit) {
        free(record->metrics);
        free(record->audit);
        free(record);
        return NULL;
    }
    return record;
}

static void record_free(struct sim_record *record, bool metrics_only)
{
    if (!metrics_only) {
        sim_record_free(record);
        return;
    }
    free(record->metrics);
    free(record->audit);
    free(record);
}

/* Files what a run left, which the run now owns. */
static void keep(struct sim_run *run, struct sim_record *record, const struct worker *worker)
{
    if (record && record->outcome == SIM_STOPPED && worker->stopped) {
        sim_record_free(record);
        return;
    }
    if (!record || (record->outcome != SIM_REACHED && record->outcome != SIM_STOPPED)) {
        run->state = SIM_RUN_FAULT;
        snprintf(run->why, sizeof run->why, "%s", record ? record->why : "out of memory");
        if (record)
            sim_record_free(record);
        return;
    }
    if (worker->pool->runs->metrics_only) {
        struct sim_record *less = metrics_of(record);
        sim_record_free(record);
        record = less;
    }
    run->record = record;
    run->state = record ? SIM_RUN_FINISHED : SIM_RUN_FAULT;
    if (!record)
        snprintf(run->why, sizeof run->why, "out of memory");
}

static void run_one(struct worker *worker, uint32_t job)
{
    struct pool *pool = worker->pool;
    uint32_t at = job % pool->runs->case_count;
    uint32_t replication = pool->first + job / pool->runs->case_count;
    const struct sim_plan *plan = &pool->runs->cases[at].plan;
    struct sim_run *run = &pool->runs->runs[(size_t)at * pool->runs->replications + replication];
    struct sim_error error = {""};
    uint64_t events = 0;
    worker->stopped = false;
    struct sim_world *world = sim_world_new(plan, pool->options->seed, replication, &error);
    if (!world) {
        bool memory = strncmp(error.text, "out of memory", 13) == 0;
        run->state = memory ? SIM_RUN_FAULT : SIM_RUN_REFUSED;
        snprintf(run->why, sizeof run->why, "%s", error.text);
    } else {
        struct sim_record *record = sim_world_run(world, on_window, worker);
        events = record ? record->events : 0;
        keep(run, record, worker);
        sim_world_free(world);
    }
    uv_mutex_lock(&pool->lock);
    pool->done += run->state != SIM_RUN_MISSING;
    pool->done_s += seconds(plan->duration);
    pool->done_events += (double)events;
    atomic_store(&worker->reached, 0);
    atomic_store(&worker->events, 0);
    uv_mutex_unlock(&pool->lock);
}

static void work(void *self)
{
    struct worker *worker = self;
    struct pool *pool = worker->pool;
    for (;;) {
        uv_mutex_lock(&pool->lock);
        bool more = pool->next < pool->total && !atomic_load(&pool->cancel);
        uint32_t job = more ? pool->next++ : 0;
        if (!more) {
            pool->alive--;
            uv_async_send(&pool->ended);
        }
        uv_mutex_unlock(&pool->lock);
        if (!more)
            return;
        run_one(worker, job);
    }
}

/* ---- the loop's thread --------------------------------------------------------------------- */

static void on_interrupt(void *self)
{
    struct pool *pool = self;
    atomic_store(&pool->cancel, true);
}

static void draw(struct pool *pool)
{
    uv_mutex_lock(&pool->lock);
    struct sim_progress_state state = {.done_s = pool->done_s,
                                       .total_s = pool->total_s,
                                       .events = pool->done_events,
                                       .finished = pool->done,
                                       .runs = pool->total};
    for (unsigned i = 0; i < pool->started; i++) {
        state.done_s += seconds(atomic_load(&pool->workers[i].reached));
        state.events += (double)atomic_load(&pool->workers[i].events);
    }
    uv_mutex_unlock(&pool->lock);
    state.elapsed_s = (double)(uv_hrtime() / 1000000 - pool->start_ms) / 1e3;
    sim_progress_draw(&state);
}

static void on_tick(uv_timer_t *tick)
{
    draw(tick->data);
}

static void on_ended(uv_async_t *ended)
{
    struct pool *pool = ended->data;
    uv_mutex_lock(&pool->lock);
    bool all = pool->alive == 0;
    uv_mutex_unlock(&pool->lock);
    if (all) {
        uv_close((uv_handle_t *)ended, NULL);
        uv_close((uv_handle_t *)&pool->tick, NULL);
    }
}

/* Starts the threads; at least one must start. 0, or -1. */
static int start(struct pool *pool, unsigned jobs)
{
    for (unsigned i = 0; i < jobs; i++) {
        struct worker *worker = &pool->workers[i];
        worker->pool = pool;
        uv_mutex_lock(&pool->lock);
        pool->alive++;
        uv_mutex_unlock(&pool->lock);
        if (uv_thread_create(&worker->thread, work, worker) != 0) {
            uv_mutex_lock(&pool->lock);
            pool->alive--;
            uv_mutex_unlock(&pool->lock);
            break;
        }
        uv_mutex_lock(&pool->lock);
        pool->started++;
        uv_mutex_unlock(&pool->lock);
    }
    return pool->started > 0 ? 0 : -1;
}

/* Runs the pool on the session's loop until its last worker ends. 0, or -1: no thread started. */
static int serve(struct sim_session *session, struct pool *pool, unsigned jobs)
{
    uv_async_init(&session->loop, &pool->ended, on_ended);
    uv_timer_init(&session->loop, &pool->tick);
    pool->ended.data = pool->tick.data = pool;
    pool->start_ms = uv_hrtime() / 1000000;
    session->on_interrupt = on_interrupt;
    session->self = pool;
    atomic_store(&pool->cancel, session->interrupted);
    int status = start(pool, jobs);
    if (status == 0 && pool->options->progress)
        uv_timer_start(&pool->tick, on_tick, DRAW_EVERY_MS, DRAW_EVERY_MS);
    if (status != 0)
        uv_async_send(&pool->ended);
    uv_run(&session->loop, UV_RUN_DEFAULT);
    session->on_interrupt = NULL;
    for (unsigned i = 0; i < pool->started; i++)
        uv_thread_join(&pool->workers[i].thread);
    if (pool->options->progress)
        sim_progress_clear();
    return status;
}

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

void sim_runs_begin(struct sim_runs *runs, const struct sim_case *cases, uint32_t case_count,
                    bool metrics_only)
{
    *runs = (struct sim_runs){
        .cases = cases, .case_count = case_count, .metrics_only = metrics_only};
}

static int run_all(struct sim_session *session, struct pool *pool, struct sim_error *error)
{
    unsigned jobs = sim_replicate_jobs(pool->options->jobs);
    if (jobs > pool->total)
        jobs = pool->total > 0 ? pool->total : 1;
    pool->workers = calloc(jobs, sizeof *pool->workers);
    if (!pool->workers || uv_mutex_init(&pool->lock) != 0) {
        free(pool->workers);
        snprintf(error->text, sizeof error->text, "out of memory");
        return -1;
    }
    for (uint32_t i = 0; i < pool->runs->case_count; i++)
        pool->total_s += seconds(pool->runs->cases[i].plan.duration) * pool->options->replications;
    int status = serve(session, pool, jobs);
    if (status != 0)
        snprintf(error->text, sizeof error->text, "cannot start a thread");
    uv_mutex_destroy(&pool->lock);
    free(pool->workers);
    return status;
}

int sim_replicate_more(struct sim_session *session, const struct sim_replicate_options *options,
                       struct sim_runs *runs, struct sim_error *error)
{
    struct pool pool = {.runs = runs, .options = options, .first = runs->replications};
    if (grow(runs, options->replications) != 0) {
        snprintf(error->text, sizeof error->text, "out of memory for %llu runs",
                 (unsigned long long)runs->case_count * options->replications);
        return -1;
    }
    pool.total = runs->case_count * options->replications;
    int status = run_all(session, &pool, error);
    runs->interrupted = session->interrupted;
    count_states(runs);
    for (uint32_t at = 0; status == 0 && at < runs->case_count; at++) {
        status = sim__rates_set(runs, at);
        if (status != 0)
            snprintf(error->text, sizeof error->text, "out of memory");
    }
    return status;
}

int sim_replicate(struct sim_session *session, const struct sim_case *cases, uint32_t case_count,
                  const struct sim_replicate_options *options, struct sim_runs *runs,
                  struct sim_error *error)
{
    sim_runs_begin(runs, cases, case_count, options->metrics_only);
    int status = sim_replicate_more(session, options, runs, error);
    if (status != 0)
        sim_runs_free(runs);
    return status;
}

void sim_runs_free(struct sim_runs *runs)
{
    size_t total = (size_t)runs->case_count * runs->replications;
    for (size_t i = 0; runs->runs && i < total; i++) {
        if (runs->runs[i].record)
            record_free(runs->runs[i].record, runs->metrics_only);
    }
    while (runs->units) {
        struct sim__unit *next = runs->units->next;
        free(runs->units);
        runs->units = next;
    }
    free(runs->runs);
    *runs = (struct sim_runs){.runs = NULL};
}

const struct sim_record *sim_runs_record(const struct sim_runs *runs, uint32_t at,
                                         uint32_t replication)
{
    return runs->runs[(size_t)at * runs->replications + replication].record;
}

const struct sim_record *sim_runs_sample(const struct sim_runs *runs, uint32_t at)
{
    for (uint32_t r = 0; r < runs->replications; r++) {
        if (sim_runs_record(runs, at, r))
            return sim_runs_record(runs, at, r);
    }
    return NULL;
}

uint32_t sim_runs_find(const struct sim_runs *runs, const char *name)
{
    for (uint32_t i = 0; i < runs->case_count; i++) {
        if (strcmp(runs->cases[i].name, name) == 0)
            return i;
    }
    return UINT32_MAX;
}
