/* template - the shortest useful model, made to be copied: one server that takes `delay` for each
 * request. Rename it, and say here:
 *
 * what it models; what it leaves out; its source (author, year, section); how it is validated;
 * its invariants. models/README.md walks through this file line by line.
 *
 * Models: a request is answered `delay` after it arrives, however many there are at once.
 * Leaves out: queueing. Source: Kleinrock 1975, sec. 3.4, M/M/infinity. Validated by
 * tests/model/test_template.c: mean in flight = arrival rate x delay, whatever the distribution.
 * Invariant: every request that is not lost in a crash is answered once. */
#include "sim/model.h"

/* One struct is the whole state of one node. The loader fills in parameters and ports, the
 * recorder reads meters, the rest starts as zero. `struct sim_node node` comes first. */
struct template
{
    struct sim_node node;

    struct sim_dist delay; /* parameters */

    struct sim_stream draws; /* state */

    struct sim_counter answered; /* meters */
};

/* An event: the argument says which call it is about. */
static void done(struct sim *sim, void *self, sim_arg arg)
{
    (void)sim;
    struct template *t = self;
    sim_call_id call = {arg.u};
    if (!sim_call_request(&t->node, call)) /* lost in a crash since */
        return;
    sim_count(&t->answered);
    sim_answer(&t->node, call, (struct sim_reply){.status = SIM_OK});
}

/* A request arrives: answer it now or later, but once. */
static void serve(struct sim_node *self, sim_call_id call, const struct sim_request *request)
{
    (void)request;
    struct template *t = (struct template *)self;
    sim_time delay = sim_dist_draw_time(&t->delay, &t->draws);
    sim_after(self->sim, delay, done, t, (sim_arg){.u = call.key});
}

/* Before time 0: name the streams, get the tables, schedule what starts of itself. */
static int init(struct sim_node *self, struct sim_error *error)
{
    struct template *t = (struct template *)self;
    sim_node_stream(self, "delay", &t->draws);
    if (sim_dist_mean(&t->delay) > 3600e9)
        return sim_refuse(error, "a delay of more than an hour is hardly meant");
    return 0;
}

/* A row names its fields: name, kind, place in the struct, default; bounds and flags where there
 * are any; a sentence, and where the default comes from. `weir models template`, the schema and
 * every check come from here. */
static const struct sim_param params[] = {
    SIM_ROW(.name = "delay", .kind = SIM_DISTRIBUTION, .offset = offsetof(struct template, delay),
            .by_default = "1ms", .flags = SIM_CHANGEABLE | SIM_WORK,
            .doc = "From a request's arrival to its answer.", .source = "chosen: a round number"),
    {0},
};

static const struct sim_meter meters[] = {
    SIM_ROW(.name = "served", .kind = SIM_COUNTER, .unit = "requests",
            .offset = offsetof(struct template, answered), .flags = SIM_HEADLINE,
            .doc = "Requests answered."),
    {0},
};

/* To be found by scenarios it needs one line in models/models.def: SIM_MODEL(template) */
const struct sim_model template_model = {
    .name = "template",
    .summary = "Answers every request after a delay.",
    .source = "Kleinrock 1975 sec. 3.4 (M/M/infinity)",
    .size = sizeof(struct template),
    .params = params,
    .meters = meters,
    .init = init,
    .serve = serve,
};
