/* box.h - a test's model: a node with a CPU and a disk, and with work of its own at either.
 *
 * A request has the CPU, then the disk, then it is answered; without a disk time it has the CPU
 * only. Own work comes at random moments, so often a second, and is of an exponential length. */
#ifndef TESTS_MODEL_BOX_H
#define TESTS_MODEL_BOX_H

#include "model/harness.h"
#include "sim/model.h"

struct box {
    struct sim_node node;
    struct sim_station cpu, disk;
    struct sim_stream work, own;
    struct sim_station_rules rules; /* of both */
    double cpu_mean, disk_mean;     /* s, exponential; 0: no disk */
    double own_rate, own_mean;      /* per second; s */
    bool own_at_disk, constant;     /* constant: all work is of the mean length */
    uint8_t own_class;
    int cause;
    int64_t servers, queue_limit;
    void (*begins)(struct box *); /* at the end of init, and when the node is back; or NULL */
    uint64_t done;                /* pieces of own work */
};

static inline sim_time box_draw(const struct box *b, struct sim_stream *stream, double mean)
{
    double x = b->constant ? 1 : sim_draw_exponential(stream);
    return (sim_time)(x * mean * 1e9 + 0.5);
}

static inline struct sim_station *box_place(struct box *b)
{
    return b->own_at_disk ? &b->disk : &b->cpu;
}

static inline void box_own_done(struct sim *sim, void *self, sim_arg arg)
{
    (void)sim;
    (void)arg;
    ((struct box *)self)->done++;
}

static inline void box_own_comes(struct sim *sim, void *self, sim_arg arg)
{
    struct box *b = self;
    sim_time demand = box_draw(b, &b->own, b->own_mean);
    sim_station_submit(box_place(b), (enum sim_cause)b->cause, b->own_class, demand, box_own_done,
                       arg);
    sim_after(sim, (sim_time)(sim_draw_exponential(&b->own) * 1e9 / b->own_rate), box_own_comes, b,
              arg);
}

static inline void box_start(struct sim_node *self, struct sim_station *s, uint32_t job)
{
    struct box *b = (struct box *)self;
    double mean = s == &b->cpu ? b->cpu_mean : b->disk_mean;
    sim_station_work(s, job, box_draw(b, &b->work, mean));
}

static inline void box_worked(struct sim_node *self, struct sim_station *s, uint32_t job)
{
    struct box *b = (struct box *)self;
    sim_call_id call = s->jobs[job].call;
    sim_station_leave(s, job);
    bool more = s == &b->cpu && b->disk_mean > 0;
    if (!more)
        sim_answer(self, call, (struct sim_reply){.status = SIM_OK});
    else if (!sim_station_arrive(&b->disk, call))
        sim_answer(self, call, (struct sim_reply){.status = SIM_REFUSED});
}

static inline void box_serve(struct sim_node *self, sim_call_id call, const struct sim_request *r)
{
    (void)r;
    if (!sim_station_arrive(&((struct box *)self)->cpu, call))
        sim_answer(self, call, (struct sim_reply){.status = SIM_REFUSED});
}

static inline int box_init(struct sim_node *self, struct sim_error *error)
{
    struct box *b = (struct box *)self;
    struct sim_station *both[] = {&b->cpu, &b->disk};
    sim_node_stream(self, "work", &b->work);
    sim_node_stream(self, "own", &b->own);
    for (int i = 0; i < 2; i++)
        if (sim_station_init(both[i], self, b->servers ? b->servers : 1,
                             b->queue_limit ? b->queue_limit : SIM_NO_LIMIT, box_start,
                             box_worked) != 0 ||
            sim_station_manage(both[i], &b->rules) != 0 || sim_station_own_work(both[i]) != 0)
            return sim_refuse(error, "out of memory");
    if (b->own_rate > 0)
        sim_after(self->sim, 0, box_own_comes, b, (sim_arg){.u = 0});
    if (b->begins != NULL)
        b->begins(b);
    return 0;
}

static inline void box_fault(struct sim_node *self, enum sim_fault_kind kind)
{
    struct box *b = (struct box *)self;
    if (kind == SIM_FAULT_CRASH) {
        sim_station_clear(&b->cpu);
        sim_station_clear(&b->disk);
    } else if (kind == SIM_FAULT_RESTART && b->begins != NULL) {
        b->begins(b);
    }
}

static const struct sim_meter box_meters[] = {
    SIM_STATION_METERS("", struct box, cpu),
    SIM_STATION_RULE_METERS("", struct box, cpu),
    SIM_STATION_OWN_METERS("", struct box, cpu),
    SIM_STATION_METERS("disk_", struct box, disk),
    SIM_STATION_OWN_METERS("disk_", struct box, disk),
    {.name = NULL},
};

static const struct sim_model box_model = {
    .name = "box",
    .size = sizeof(struct box),
    .meters = box_meters,
    .init = box_init,
    .serve = box_serve,
    .fault = box_fault,
};

/* Puts a box in the place of the component that follows the first ones. */
static inline void box_put(struct sim_scenario *s, uint32_t component, struct box *image)
{
    struct sim_plan_component *c = &s->variants[0].plan.components[component];
    c->model = &box_model;
    c->image = image;
    c->ports = NULL;
}

#endif
