/* team.c - gives runs to other processes and takes the results back. */
#include "study/work/team.h"

#include "base/text.h"
#include "study/study_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A job in a message; the values of a search's case follow. All ranks run the same program. */
struct order {
    uint32_t at, replication;
};

/* The header before the parts of a packed record. */
struct head {
    struct order order;
    uint32_t state;
    double took_s;
    uint64_t lengths[SIM_RECORD_PARTS];
    char why[SIM_ERROR_TEXT_BYTES];
};

/* ---- rank 0 ---------------------------------------------------------------------------------- */

static int send_job(struct sim_team *team, int rank, const struct sim__job *job)
{
    struct order order = {job->at, job->replication};
    struct sim_buffer out = {0};
    sim_buffer_add(&out, (const char *)&order, sizeof order);
    if (job->it->varied_count > 0)
        sim_buffer_add(&out, (const char *)job->it->varied,
                       job->it->varied_count * sizeof *job->it->varied);
    int status = out.failed ? -1 : team->send(team, rank, SIM_TEAM_JOB, out.text, out.length);
    sim_buffer_free(&out);
    return status;
}

int sim__team_give(struct sim_team *team, bool (*take)(void *, struct sim__job *), void *self)
{
    for (int rank = 1; rank < team->size; rank++) {
        struct sim__job job;
        while (team->room[rank] > 0 && take(self, &job)) {
            if (send_job(team, rank, &job) != 0)
                return -1;
            team->room[rank]--;
            team->away++;
        }
    }
    return 0;
}

/* Reads a finished job from a message; NULL with the reason. */
static struct sim__done *done_of(const unsigned char *bytes, size_t length, struct sim_names *names,
                                 bool numbers_only, struct sim_error *error)
{
    struct head head;
    struct sim__done *done = calloc(1, sizeof *done);
    if (!done || length < sizeof head) {
        snprintf(error->text, sizeof error->text,
                 done ? "a message was cut short" : "out of memory");
        free(done);
        return NULL;
    }
    memcpy(&head, bytes, sizeof head);
    done->job = (struct sim__job){head.order.at, head.order.replication, NULL};
    done->took_s = head.took_s;
    done->run.state = (enum sim_run_state)head.state;
    memcpy(done->run.why, head.why, sizeof head.why);
    size_t at = sizeof head;
    for (int part = 0; part < SIM_RECORD_PARTS; part++) {
        struct sim_bytes *to = &done->packed.parts[part];
        to->length = (size_t)head.lengths[part];
        to->data = to->length <= length - at ? malloc(to->length + 1) : NULL;
        if (!to->data) {
            snprintf(error->text, sizeof error->text, "out of memory");
            sim__done_free(done);
            return NULL;
        }
        memcpy(to->data, bytes + at, to->length);
        at += to->length;
    }
    struct sim_packed wanted = done->packed;
    for (int part = SIM_RECORD_SERIES; numbers_only && part < SIM_RECORD_PARTS; part++)
        wanted.parts[part].length = 0;
    if (done->run.state == SIM_RUN_FINISHED)
        done->run.record = sim_record_unpack(&wanted, names, error);
    if (done->run.state == SIM_RUN_FINISHED && !done->run.record) {
        sim__done_free(done);
        return NULL;
    }
    return done;
}

int sim__team_take(struct sim_team *team, struct sim_names *names, bool numbers_only,
                   struct sim__done **done, struct sim_error *error)
{
    unsigned char *bytes = NULL;
    size_t length = 0;
    int from, status;
    enum sim_team_tag tag;
    struct sim__done **end = done;
    *done = NULL;
    while ((status = team->receive(team, &from, &tag, &bytes, &length)) > 0) {
        uint32_t room;
        if (tag == SIM_TEAM_ROOM && length == sizeof room) {
            memcpy(&room, bytes, sizeof room);
            team->room[from] += room;
        } else if (tag == SIM_TEAM_DONE) {
            *end = done_of(bytes, length, names, numbers_only, error);
            if (!*end) {
                free(bytes);
                return -1;
            }
            end = &(*end)->next;
            team->room[from]++;
            team->away--;
        }
        free(bytes);
    }
    if (status < 0)
        snprintf(error->text, sizeof error->text, "the connection to another rank is lost");
    return status;
}

void sim_team_end(struct sim_team *team)
{
    for (int rank = 1; rank < team->size; rank++)
        team->send(team, rank, SIM_TEAM_END, "", 0);
}

/* ---- the others ------------------------------------------------------------------------------ */

struct rank {
    struct sim_team *team;
    struct sim__threads threads;
    struct sim_error *error;
    const struct sim_team_cases *cases;
    struct sim__job *jobs; /* jobs given by rank 0 and not started yet */
    uint32_t first, count, room;
    bool ended;
};

static bool take(void *self, struct sim__job *job)
{
    struct rank *rank = self;
    if (rank->count == 0)
        return false;
    *job = rank->jobs[rank->first];
    rank->first = (rank->first + 1) % rank->room;
    rank->count--;
    return true;
}

static int send_one(struct rank *rank, const struct sim__done *done)
{
    struct head head = {.order = {done->job.at, done->job.replication},
                        .state = (uint32_t)done->run.state,
                        .took_s = done->took_s};
    struct sim_buffer out = {0};
    memcpy(head.why, done->run.why, sizeof head.why);
    for (int part = 0; part < SIM_RECORD_PARTS; part++)
        head.lengths[part] = done->packed.parts[part].length;
    sim_buffer_add(&out, (const char *)&head, sizeof head);
    for (int part = 0; part < SIM_RECORD_PARTS; part++)
        sim_buffer_add(&out, (const char *)done->packed.parts[part].data,
                       done->packed.parts[part].length);
    int status = out.failed ? -1
                            : rank->team->send(rank->team, 0, SIM_TEAM_DONE, out.text, out.length);
    if (status != 0)
        snprintf(rank->error->text, sizeof rank->error->text, "cannot send a result to rank 0");
    sim_buffer_free(&out);
    return status;
}

static int deliver(void *self, struct sim__done *done)
{
    struct rank *rank = self;
    int status = 0;
    for (const struct sim__done *d = done; status == 0 && d && !rank->ended; d = d->next)
        status = send_one(rank, d);
    sim__done_free(done);
    return status;
}

/* Queues a job from a message, or answers that it cannot be done. False: the message is not a
 * job. */
static bool take_order(struct rank *rank, const unsigned char *bytes, size_t length)
{
    const struct sim_team_cases *cases = rank->cases;
    struct order order;
    if (length < sizeof order)
        return false;
    memcpy(&order, bytes, sizeof order);
    struct sim__job job = {order.at, order.replication, NULL};
    size_t count = (length - sizeof order) / sizeof(double);
    if (cases->make) {
        double *values = malloc((count + 1) * sizeof *values);
        if (values)
            memcpy(values, bytes + sizeof order, count * sizeof *values);
        job.it = values ? cases->make(cases->self, values, (uint32_t)count) : NULL;
        free(values);
    } else if (job.at < cases->count) {
        job.it = &cases->cases[job.at];
    }
    if (!job.it) {
        struct sim__done done = {.job = job, .run = {.state = SIM_RUN_FAULT}};
        snprintf(done.run.why, sizeof done.run.why, "another rank cannot make the case");
        return send_one(rank, &done) == 0;
    }
    uv_mutex_lock(&rank->threads.lock);
    bool fits = rank->count < rank->room;
    if (fits)
        rank->jobs[(rank->first + rank->count++) % rank->room] = job;
    uv_mutex_unlock(&rank->threads.lock);
    sim__threads_feed(&rank->threads, false);
    return fits;
}

static bool poll_messages(void *self)
{
    struct rank *rank = self;
    unsigned char *bytes = NULL;
    size_t length;
    int from, status;
    enum sim_team_tag tag;
    while (!rank->ended &&
           (status = rank->team->receive(rank->team, &from, &tag, &bytes, &length)) != 0) {
        rank->ended = status < 0 || tag == SIM_TEAM_END;
        bool fine = rank->ended || take_order(rank, bytes, length);
        if (status > 0)
            free(bytes);
        if (!fine)
            return false;
    }
    if (rank->ended)
        sim__threads_feed(&rank->threads, true);
    return !rank->ended;
}

int sim_team_serve(struct sim_work_session *session, struct sim_team *team,
                   const struct sim_team_cases *cases, const struct sim_replicate_options *options,
                   struct sim_error *error)
{
    struct rank rank = {.team = team, .error = error, .cases = cases};
    unsigned jobs = sim_replicate_jobs(options->jobs);
    rank.room = jobs + 1; /* one job waits while the others run */
    rank.jobs = calloc(rank.room, sizeof *rank.jobs);
    if (!rank.jobs || team->send(team, 0, SIM_TEAM_ROOM, &rank.room, sizeof rank.room) != 0) {
        snprintf(error->text, sizeof error->text,
                 rank.jobs ? "rank 0 cannot be reached" : "out of memory");
        free(rank.jobs);
        return -1;
    }
    rank.threads = (struct sim__threads){.seed = options->seed,
                                         .jobs = jobs,
                                         .pack = true,
                                         .metrics_only = true,
                                         .self = &rank,
                                         .take = take,
                                         .deliver = deliver,
                                         .poll = poll_messages};
    int status = sim__threads_run(session, &rank.threads, error);
    free(rank.jobs);
    return status;
}
